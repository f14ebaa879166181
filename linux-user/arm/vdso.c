/* SPDX-License-Identifier: MIT */
/*
 * The vDSO's functions for 32-bit ARM, as Linux's arch/arm/vdso exports them.  They read clocks by
 * the private helper at A32_KUSER_READ_CLOCK (frontends/arm/a32.h), which needs no system call: r0
 * says which clock; r1:r0 are its seconds and r2 the nanoseconds, and r1 < 0 if the helper has no
 * answer, which leaves it to the system call.  A32 code of ARMv5TE.
 */
#include "linux-user/arm/abi.h"

#include "linux-user/vdso.h"

enum { GETTIME64 = 0, GETTIME = 21, GETTIMEOFDAY = 39, GETRES = 67, END = 72 };

#define READ_CLOCK                          \
    0xe3e0c0df,     /* mvn ip, #0xdf */     \
        0xe3ccca0f, /* bic ip, ip, #0xf000: A32_KUSER_READ_CLOCK */ \
        0xe12fff3c, /* blx ip */            \
        0xe3510000  /* cmp r1, #0 */
#define ENTER 0xe92d4083                      /* push {r0, r1, r7, lr} */
#define LEAVE 0xe28dd008, 0xe8bd8080          /* add sp, sp, #8; pop {r7, pc} */
#define ARGUMENTS 0xe1cd00d0                  /* ldrd r0, [sp] */
#define SVC 0xef000000                        /* svc 0 */
#define STR(r, at) (0xe58c0000 + ((r) << 12) + (at)) /* str r, [ip, #at] */

/* high_first: 4 if the upper half of 64 bits comes first in memory, else 0. */
#define CODE(high_first)                                                                          \
    {                                                                                             \
        ENTER,                                                                                    \
        READ_CLOCK,                                                                               \
        0xba000008, /* blt ARGUMENTS */                                                           \
        0xe59dc004, /* ldr ip, [sp, #4] */                                                        \
        STR(0, 0 ^ (high_first)),                                                                 \
        STR(1, 4 ^ (high_first)),                                                                 \
        STR(2, 8 ^ (high_first)),                                                                 \
        0xe3a01000, /* mov r1, #0 */                                                              \
        STR(1, 12 ^ (high_first)),                                                                \
        0xe3a00000, /* mov r0, #0 */                                                              \
        LEAVE,                                                                                    \
        ARGUMENTS,                                                                                \
        0xe3a07e19, /* mov r7, #400 */                                                            \
        0xe2877003, /* add r7, r7, #3: clock_gettime64 */                                         \
        SVC,                                                                                      \
        LEAVE,                                                                                    \
                                                                                                  \
        ENTER,                                                                                    \
        READ_CLOCK,                                                                               \
        0xba000005, /* blt ARGUMENTS */                                                           \
        0xe59dc004, /* ldr ip, [sp, #4] */                                                        \
        STR(0, 0),                                                                                \
        STR(2, 4),                                                                                \
        0xe3a00000, /* mov r0, #0 */                                                              \
        LEAVE,                                                                                    \
        ARGUMENTS,                                                                                \
        0xe3a07f41, /* mov r7, #260 */                                                            \
        0xe2877003, /* add r7, r7, #3: clock_gettime */                                           \
        SVC,                                                                                      \
        LEAVE,                                                                                    \
                                                                                                  \
        ENTER,                                                                                    \
        0xe3510000, /* cmp r1, #0: the time zone is the system call's */                          \
        0x1a000013, /* bne ARGUMENTS */                                                           \
        0xe3500000, /* cmp r0, #0 */                                                              \
        0x0a000011, /* beq ARGUMENTS */                                                           \
        0xe3a00000, /* mov r0, #CLOCK_REALTIME */                                                 \
        READ_CLOCK,                                                                               \
        0xba00000b, /* blt ARGUMENTS */                                                           \
        0xe3a07201, /* mov r7, #0x10000000 */                                                     \
        0xe3877862, /* orr r7, r7, #0x620000 */                                                   \
        0xe3877c4d, /* orr r7, r7, #0x4d00 */                                                     \
        0xe38770d3, /* orr r7, r7, #0xd3: 2^38 / 1000, rounded up */                              \
        0xe0831792, /* umull r1, r3, r2, r7 */                                                    \
        0xe1a03323, /* lsr r3, r3, #6 */                                                          \
        0xe59dc000, /* ldr ip, [sp] */                                                            \
        STR(0, 0),                                                                                \
        STR(3, 4),                                                                                \
        0xe3a00000, /* mov r0, #0 */                                                              \
        LEAVE,                                                                                    \
        ARGUMENTS,                                                                                \
        0xe3a0704e, /* mov r7, #78: gettimeofday */                                               \
        SVC,                                                                                      \
        LEAVE,                                                                                    \
                                                                                                  \
        0xe1a0c007, /* mov ip, r7 */                                                              \
        0xe3a07f42, /* mov r7, #264: clock_getres */                                              \
        SVC,                                                                                      \
        0xe1a0700c, /* mov r7, ip */                                                              \
        0xe12fff1e, /* bx lr */                                                                   \
    }

static const uint32_t little[] = CODE(0), big[] = CODE(4);
_Static_assert(sizeof little == 4 * END, "the functions' places");

#define SYMBOLS                                                                                   \
    .n_code = END, .version = "LINUX_2.6", .n_symbols = 4,                                        \
    .symbols = {{"__vdso_clock_gettime64", GETTIME64, GETTIME - GETTIME64},                       \
                {"__vdso_clock_gettime", GETTIME, GETTIMEOFDAY - GETTIME},                        \
                {"__vdso_gettimeofday", GETTIMEOFDAY, GETRES - GETTIMEOFDAY},                     \
                {"__vdso_clock_getres", GETRES, END - GETRES}}

const struct lu_vdso a32_vdso = {.code = little, SYMBOLS};
const struct lu_vdso a32_vdso_be = {.code = big, SYMBOLS};
