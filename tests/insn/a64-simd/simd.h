/* SPDX-License-Identifier: MIT */
/*
 * Frame of the A64 floating-point and Advanced SIMD tests, see ../a64/insn.h.  Each line I("...")
 * of a file is one instruction, run on operands full of special values of every format, in
 * all rounding modes, flush-to-zero, default-NaN and alternative-half-precision modes.
 *
 * Operands: v0 to v3, x0 to x2, NZCV.  Results: v0, x0, NZCV, FPSR.  M("...") is an instruction that
 * accesses memory at x4, with an index or increment in x5; v1 to v3, v30, v31, x4 and the memory are
 * results too.
 *
 * Recorded with QEMU 11.  QEMU 7.2 is wrong about FJCVTZS (Z of denormals) and FCVTZS Hd, Hn, #fbits
 * (bits above the half).
 */
#ifndef TESTS_INSN_A64_SIMD_SIMD_H
#define TESTS_INSN_A64_SIMD_SIMD_H

#include "vectors.h"

static struct {
    u64 v[8][2]; /* v0 to v3; v30 and v31 */
    u64 x[6];
    u64 nzcv, fpcr, fpsr, unused;
} state;

static u64 memory[160]; /* x4 points to its middle */

static void prepare(int i, int step)
{
    const int j = partner(i, step), number = i * STEPS + step;
    set_operands(state.v, i, step);
    for (int half = 0; half < 2; half++) {
        state.v[4][half] = ~vectors[i][half];
        state.v[5][half] = ~vectors[j][half];
    }
    state.x[0] = 0x1122334455667788;
    state.x[1] = vectors[i][step & 1];
    state.x[2] = vectors[j][step & 1];
    state.x[4] = (u64)&memory[80];
    state.x[5] = (u64)number % 33;
    state.nzcv = (u64)(number * 7 & 15) << 28;
    state.fpcr = fpcr_modes[number % N_MODES];
}

static void note_registers(void)
{
    const u64 all[] = {state.v[0][1], state.v[0][0], state.x[0],
                       (state.nzcv & 0xf0000000) | (state.fpsr & 0x0800009f)};
    note(all, sizeof all / 8);
}

__attribute__((unused)) static void note_memory(void)
{
    const u64 hash = hash_all(memory, sizeof memory / 8, state.v, 6);
    const u64 all[] = {hash, state.x[4] - (u64)&memory[80]};
    note_registers();
    note(all, sizeof all / 8);
}

#define RUN(text)                                                                                  \
    __asm__ volatile("mov x9, %0\n\t"                                                              \
                     "ldp q0, q1, [x9]\n\tldp q2, q3, [x9, #32]\n\tldp q30, q31, [x9, #64]\n\t"   \
                     "ldp x0, x1, [x9, #128]\n\tldp x2, x3, [x9, #144]\n\t"                        \
                     "ldp x4, x5, [x9, #160]\n\tldp x6, x7, [x9, #176]\n\t"                        \
                     "msr nzcv, x6\n\tmsr fpcr, x7\n\tmsr fpsr, xzr\n\t" text "\n\t"               \
                     "mrs x6, nzcv\n\tmrs x7, fpsr\n\tmsr fpcr, xzr\n\t"                           \
                     "stp q0, q1, [x9]\n\tstp q2, q3, [x9, #32]\n\tstp q30, q31, [x9, #64]\n\t"   \
                     "str x0, [x9, #128]\n\tstr x4, [x9, #160]\n\t"                                \
                     "str x6, [x9, #176]\n\tstr x7, [x9, #192]"                                    \
                     :                                                                             \
                     : "r"(&state)                                                                 \
                     : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x9", "v0", "v1", "v2",    \
                       "v3", "v30", "v31", "memory", "cc")

#define I(text) EACH(text, (void)0, note_registers(), end())
#define M(text) EACH(text, fill_memory(memory, sizeof memory / 8), note_memory(), end())

#endif
