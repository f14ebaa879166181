/* SPDX-License-Identifier: MIT */
/* Words of A32 or T32 code, as the compiler makes it, and how to run them.  A word of T32 is an
 * instruction of 32 bits, or one of 16 and a NOP. */
#ifndef ENCODE_H
#define ENCODE_H

#include <stdint.h>

typedef uint32_t reg;

#ifdef __thumb__

#define NARROW(insn) (0xbf000000 | (insn))
#define WIDE(first, second) ((uint32_t)(second) << 16 | (first))
#define CODE_BIT 1u
#define NOP WIDE(0xf3af, 0x8000)
#define RET NARROW(0x4770)          /* bx lr */
#define UNDEFINED NARROW(0xde00)    /* udf #0 */
#define SAVE_LINK NARROW(0x46f4)    /* mov r12, lr */
#define RESTORE_LINK NARROW(0x46e6)
#define DOUBLE WIDE(0xeb00, 0x0000) /* add.w r0, r0, r0 */
#define INCREMENT WIDE(0xf100, 0x0001)
/* sub.w r12, pc, #4; mov pc, r12: a loop through an indirect branch */
#define INDIRECT_1 WIDE(0xf2af, 0x0c04)
#define INDIRECT_2 NARROW(0x46e7)

static inline uint32_t move(unsigned k) /* movw r0, #k */
{
    return WIDE(0xf240 | (k >> 12 & 15) | (k >> 11 & 1) << 10, (k >> 8 & 7) << 12 | (k & 255));
}

/* As move(), k < 256, but changes flags and is one unit that is fetched: who runs code that is being
 * written may see either half of a wide instruction without the other (DDI 0487, B2.2.5). */
static inline uint32_t move_at_once(unsigned k) { return NARROW(0x2000 | (k & 255)); } /* movs r0, #k */

static inline uint32_t branch_t4(const uint32_t *from, const uint32_t *to, unsigned second)
{
    const uint32_t offset = (uint32_t)((uintptr_t)to - (uintptr_t)from - 4);
    const uint32_t s = offset >> 24 & 1, j1 = !((offset >> 23 & 1) ^ s), j2 = !((offset >> 22 & 1) ^ s);
    return WIDE(0xf000 | s << 10 | (offset >> 12 & 0x3ff),
                second | j1 << 13 | j2 << 11 | (offset >> 1 & 0x7ff));
}
static inline uint32_t branch(const uint32_t *from, const uint32_t *to) { return branch_t4(from, to, 0x9000); }
static inline uint32_t branch_link(const uint32_t *from, const uint32_t *to)
{
    return branch_t4(from, to, 0xd000);
}
/* If the second argument of call() is not 0, and flags have not been changed: BNE.W */
static inline uint32_t branch_if(const uint32_t *from, const uint32_t *to)
{
    const uint32_t offset = (uint32_t)((uintptr_t)to - (uintptr_t)from - 4);
    return WIDE(0xf040 | (offset >> 20 & 1) << 10 | (offset >> 12 & 0x3f),
                0x8000 | (offset >> 18 & 1) << 13 | (offset >> 19 & 1) << 11 | (offset >> 1 & 0x7ff));
}

#else

#define CODE_BIT 0u
#define NOP 0xe320f000u
#define RET 0xe12fff1eu          /* bx lr */
#define UNDEFINED 0xe7f000f0u    /* udf #0 */
#define SAVE_LINK 0xe1a0c00eu    /* mov r12, lr */
#define RESTORE_LINK 0xe1a0e00cu
#define DOUBLE 0xe0800000u       /* add r0, r0, r0 */
#define INCREMENT 0xe2800001u
/* sub r12, pc, #8; bx r12: a loop through an indirect branch */
#define INDIRECT_1 0xe24fc008u
#define INDIRECT_2 0xe12fff1cu

static inline uint32_t move(unsigned k) /* movw r0, #k */
{
    return 0xe3000000 | (k & 0xf000) << 4 | (k & 0xfff);
}

static inline uint32_t move_at_once(unsigned k) { return move(k & 255); }

static inline uint32_t offset_a1(const uint32_t *from, const uint32_t *to)
{
    return (uint32_t)(to - from - 2) & 0xffffff;
}
static inline uint32_t branch(const uint32_t *from, const uint32_t *to) { return 0xea000000 | offset_a1(from, to); }
static inline uint32_t branch_link(const uint32_t *from, const uint32_t *to)
{
    return 0xeb000000 | offset_a1(from, to);
}
/* If the second argument of call() is not 0, and flags have not been changed: BNE */
static inline uint32_t branch_if(const uint32_t *from, const uint32_t *to)
{
    return 0x1a000000 | offset_a1(from, to);
}

#endif

static inline reg call(const void *code, reg a, reg b)
{
    register reg r0 __asm__("r0") = a, r1 __asm__("r1") = b;
    __asm__ volatile("cmp r1, #0\n blx %2"
                     : "+r"(r0), "+r"(r1) : "r"((uint32_t)(uintptr_t)code | CODE_BIT)
                     : "r2", "r3", "r12", "lr", "cc", "memory");
    return r0;
}

#endif
