/* SPDX-License-Identifier: MIT */
/* Operands, modes and the frame of a line, of the floating-point and Advanced SIMD tests of A64 and of
 * 32-bit ARM. */
#ifndef TESTS_INSN_A64_SIMD_VECTORS_H
#define TESTS_INSN_A64_SIMD_VECTORS_H

#include "../a64/insn.h"

/* Pairs: the halves of a vector. */
static const u64 vectors[][2] = {
    /* doubles: 1 and -0, infinities, quiet and signalling NaNs, denormals, limits of integers */
    {0x3ff0000000000000, 0x8000000000000000}, {0x7ff0000000000000, 0xfff0000000000000},
    {0x7ff8000000000001, 0xfff4000000000123}, {0x0000000000000001, 0x800fffffffffffff},
    {0x7fefffffffffffff, 0x3fe0000000000000}, {0x41dfffffffc00000, 0xc3e0000000000000},
    {0x3690000000000001, 0x36a0000000000001}, {0xbff8000000000000, 0x4330000000000001},
    /* singles: the same */
    {0x3f80000080000000, 0x7f800000ff800000}, {0x7fc00001ffa12345, 0x00000001807fffff},
    {0x7f7fffff3f000000, 0x4effffffcf000000}, {0x33000001387fc000, 0xbfc000004b000001},
    {0x477fe000477ff000, 0x5f80000000800000}, {0x3fffffffc0490fdb, 0x2f8000002f800001},
    /* halves: the same */
    {0x3c008000fc007c00, 0x7e01fd23000183ff}, {0x7bff380077ffc500, 0x3e00640104000200},
    {0x1400bc0056402e66, 0x7a12f80042003555},
    /* integers */
    {0x0000000000000000, 0xffffffffffffffff}, {0x7fffffff80000000, 0x00007fff80008001},
    {0x7f80817f01ff0080, 0x8000000000000000}, {0x0008f80210201ff0, 0x0040ffc000070009},
    {0x123456789abcdef0, 0xfedcba9876543210}, {0x7fffffffffffffff, 0x5555aaaa5555aaaa},
    {0x0f0e0d0c0b0a0908, 0x1f17fe3020100010},
};
enum { N_VECTORS = sizeof vectors / sizeof vectors[0] };

/* Modes: FPCR.AHP, DN, FZ, RMode, FZ16. */
static const u64 fpcr_modes[] = {
    0, 1 << 22, 2 << 22, 3 << 22, 1 << 24, 1 << 25, 1 << 24 | 1 << 19 | 3 << 22, 1 << 26, 0,
    1 << 26 | 1 << 25 | 2 << 22, 1 << 19 | 1 << 22,
};
enum { N_MODES = sizeof fpcr_modes / sizeof fpcr_modes[0] };

enum { STEPS = 5 }; /* third of the vectors that each is paired with */

static int partner(int i, int step) { return (i + step * 5) % N_VECTORS; }

/* The first four vector registers of a run. */
static void set_operands(u64 v[][2], int i, int step)
{
    const int j = partner(i, step), k = (i * 7 + step + 3) % N_VECTORS;
    for (int half = 0; half < 2; half++) {
        v[0][half] = vectors[k][half];
        v[1][half] = vectors[i][half];
        v[2][half] = vectors[j][half ^ (step & 1)];
        v[3][half] = vectors[(k + 9) % N_VECTORS][half];
    }
}

/* The first result is printed in full, all count in the hash (result() prints three). */
static void note(const u64 *values, unsigned n)
{
    results_seen += results_seen == 1 ? 2 : 0;
    result(values, n);
}

__attribute__((unused)) static void fill_memory(u64 *memory, unsigned n)
{
    for (unsigned k = 0; k < n; k++)
        memory[k] = (k + 1) * 0x9e3779b97f4a7c15;
}

/* The hash of memory and of the registers v[1] to v[n_registers - 1]. */
__attribute__((unused)) static u64 hash_all(const u64 *memory, unsigned n, u64 v[][2], int n_registers)
{
    u64 hash = 0;
    for (unsigned k = 0; k < n; k++) {
        hash = (hash ^ memory[k]) * 0x100000001b3;
        hash ^= hash >> 31;
    }
    for (int k = 1; k < n_registers; k++) {
        hash = (hash ^ v[k][0]) * 0x100000001b3 ^ v[k][1];
        hash ^= hash >> 27;
    }
    return hash;
}

/* One line: prepare() and RUN() are those of the instruction set. */
#define EACH(text, prepare_memory, note_results, end_line)                                         \
    do {                                                                                           \
        begin(text);                                                                               \
        for (int i = 0; i < N_VECTORS; i++) {                                                      \
            for (int step = 0; step < STEPS; step++) {                                             \
                prepare(i, step);                                                                  \
                prepare_memory;                                                                    \
                RUN(text);                                                                         \
                note_results;                                                                      \
            }                                                                                      \
        }                                                                                          \
        end_line;                                                                                  \
    } while (0)

#endif
