/* SPDX-License-Identifier: MIT */
/*
 * Frame of the A32 and T32 floating-point and Advanced SIMD tests, see ../a64/insn.h.  Each line
 * I("...") of a file is one instruction, run on operands full of special values of every format, in
 * all rounding modes, flush-to-zero, default-NaN and alternative-half-precision modes.  The programs
 * are compiled twice, for A32 and for T32, and must print the same.
 *
 * Operands: q0 to q3, r0 to r2, APSR.  Results: q0, r0, r1, APSR, FPSCR.  M("...") is an instruction
 * that accesses memory at r4, with an increment in r5; q1 to q3, q15, r4 and the memory are results
 * too.
 *
 * A line's first hash and the results before it leave out FPSCR's cumulative flags, which are exact
 * with -fp-strict alone, and for the interpreter; the second has them.
 *
 * Recorded with QEMU 11.
 */
#ifndef TESTS_INSN_A32_SIMD_SIMD_H
#define TESTS_INSN_A32_SIMD_SIMD_H

#include "../a64-simd/vectors.h"

static struct {
    u64 q[4][2], q15[2];
    u32 r[6];
    u32 apsr, fpscr;
} state;

static u64 memory[80] __attribute__((aligned(32))); /* r4 points to its middle */

static void prepare(int i, int step)
{
    const int j = partner(i, step), number = i * STEPS + step;
    set_operands(state.q, i, step);
    for (int half = 0; half < 2; half++)
        state.q15[half] = ~vectors[i][half];
    state.r[0] = 0x11223344;
    state.r[1] = (u32)vectors[i][step & 1];
    state.r[2] = (u32)(vectors[j][step & 1] >> 32);
    state.r[4] = (u32)&memory[40];
    state.r[5] = (u32)number % 33;
    state.apsr = (u32)(number * 7 & 15) << 28;
    state.fpscr = (u32)fpcr_modes[number % N_MODES];
}

static u64 status_hash;

static void note_registers(void)
{
    const u64 all[] = {state.q[0][1], state.q[0][0], (u64)state.r[1] << 32 | state.r[0],
                       (u64)(state.apsr & 0xf0000000) << 32 | (state.fpscr & 0xf8000000)};
    note(all, sizeof all / 8);
    status_hash = (status_hash ^ (state.fpscr & 0x9f)) * 0x100000001b3;
}

__attribute__((unused)) static void note_memory(void)
{
    const u64 hash = hash_all(memory, sizeof memory / 8, state.q, 4);
    const u64 all[] = {hash, state.q15[0] ^ state.q15[1], state.r[4] - (u32)&memory[40]};
    note_registers();
    note(all, sizeof all / 8);
}

#define RUN(text)                                                                                  \
    do {                                                                                           \
        register void *base __asm__("r10") = &state;                                               \
        __asm__ volatile("mov r8, r10\n\tvldmia r8!, {d0-d7}\n\tvldmia r8!, {d30-d31}\n\t"         \
                         "ldmia r8!, {r0-r5}\n\tldr r6, [r8]\n\tmsr APSR_nzcvq, r6\n\t"            \
                         "ldr r6, [r8, #4]\n\tvmsr fpscr, r6\n\t" text "\n\t"                      \
                         "vmrs r6, fpscr\n\tmrs r12, APSR\n\tmov r8, r10\n\t"                      \
                         "vstmia r8!, {d0-d7}\n\tvstmia r8!, {d30-d31}\n\tstmia r8!, {r0-r5}\n\t"  \
                         "str r12, [r8]\n\tstr r6, [r8, #4]\n\tmov r6, #0\n\tvmsr fpscr, r6"       \
                         :                                                                         \
                         : "r"(base)                                                               \
                         : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r12", "d0", "d1",      \
                           "d2", "d3", "d4", "d5", "d6", "d7", "d30", "d31", "memory", "cc");      \
    } while (0)

/* A second hash is that of the cumulative flags. */
static void end_line(void)
{
    put_text(" #");
    put_hex(hash_state);
    hash_state = status_hash;
    status_hash = 0;
    end();
}

#define I(text) EACH(text, (void)0, note_registers(), end_line())
#define M(text) EACH(text, fill_memory(memory, sizeof memory / 8), note_memory(), end_line())

#endif
