/* SPDX-License-Identifier: MIT */
/*
 * Frame of the A32 and T32 integer tests, see ../a64/insn.h.  Each line I("...") of a file is one
 * instruction (a few, where flags are to be seen), run on boundary operands.  The programs are
 * compiled twice, for A32 and for T32, and must print the same.
 *
 * Operands: r0 to r3, APSR with Q and GE; r4 points into `memory`, r5 is a small index.  Results:
 * r0 to r3, r4's change, APSR, memory.
 */
#ifndef TESTS_INSN_A32_FRAME_H
#define TESTS_INSN_A32_FRAME_H

#include "../a64/insn.h"

static struct {
    u32 r[6], apsr;
} state;

static u64 memory[32] __attribute__((aligned(32))); /* r4 points to its middle */

static const u32 values[] = {0, 1, 2, 31, 32, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x12345678,
                             0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x7fff8000,
                             0x80007fff, 0x807fff01};
enum { N_VALUES = sizeof values / sizeof values[0] };

static void prepare(int i, int j)
{
    const u32 number = (u32)(i * N_VALUES + j);
    state.r[0] = values[(i + 2 * j) % N_VALUES];
    state.r[1] = values[i];
    state.r[2] = values[j];
    state.r[3] = values[(i * 3 + j + 5) % N_VALUES];
    state.r[4] = (u32)&memory[16];
    state.r[5] = number % 13;
    state.apsr = (number * 11 & 31) << 27 | (number * 7 & 15) << 16;
    for (unsigned k = 0; k < sizeof memory / 8; k++)
        memory[k] = (k + 1) * 0x9e3779b97f4a7c15;
}

static void note(void)
{
    u64 hash = 0;
    for (unsigned k = 0; k < sizeof memory / 8; k++)
        hash = (hash ^ memory[k]) * 0x100000001b3;
    const u64 all[] = {(u64)state.r[1] << 32 | state.r[0], (u64)state.r[3] << 32 | state.r[2],
                       (u64)(state.r[4] - (u32)&memory[16]) << 32 | (state.apsr & 0xf80f0000),
                       hash};
    results_seen += results_seen == 1 ? 2 : 0; /* the first is printed, all count in the hash */
    result(all, sizeof all / 8);
}

#define RUN(text)                                                                                  \
    do {                                                                                           \
        register void *base __asm__("r10") = &state;                                               \
        __asm__ volatile(".syntax unified\n\tmov r8, r10\n\tldmia r8!, {r0-r5}\n\t"               \
                         "ldr r6, [r8]\n\tmsr APSR_nzcvqg, r6\n\t" text "\n\tmrs r12, APSR\n\t"    \
                         "mov r8, r10\n\t"                                                         \
                         "stmia r8!, {r0-r5}\n\tstr r12, [r8]"                                     \
                         :                                                                         \
                         : "r"(base)                                                               \
                         : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r12", "memory", "cc"); \
    } while (0)

#define I(text)                                                                                    \
    do {                                                                                           \
        begin(text);                                                                               \
        for (int i = 0; i < N_VALUES; i++) {                                                       \
            for (int j = 0; j < N_VALUES; j++) {                                                   \
                prepare(i, j);                                                                     \
                RUN(text);                                                                         \
                note();                                                                            \
            }                                                                                      \
        }                                                                                          \
        put_text(" #");                                                                            \
        put_hex(hash_state);                                                                       \
        hash_state = 0; /* the second hash is that of floating point's status */                   \
        end();                                                                                     \
    } while (0)

#endif
