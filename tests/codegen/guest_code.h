/* SPDX-License-Identifier: MIT */
/*
 * Rows of A64, A32 and T32 code (tests/codegen/pinned.def, bench/kernels.def) and a CPU to run them on.
 * Includes tcg/ and frontends/arm/a64.h, a32.h.
 */
#ifndef TESTS_CODEGEN_GUEST_CODE_H
#define TESTS_CODEGEN_GUEST_CODE_H

#include "frontends/arm/a32.h"
#include "frontends/arm/a64.h"
#include "tcg/tcg.h"

enum { ROW_MAX_WORDS = 64 };

enum row_isa { ROW_A64, ROW_A32, ROW_T32 };

/* `kind | assembly | words | figures`; texts without the blanks around them.  A kind that begins with `a32 `
 * or `t32 ` is of that instruction set, others are of A64. */
struct row {
    enum row_isa isa;
    char kind[32], text[512], figures[64];
    uint32_t word[ROW_MAX_WORDS];
    unsigned n_words;
};

/* All rows of the file, in order, to be freed; *n how many.  Ends the process if the file is not well formed. */
struct row *rows_read(const char *path, unsigned *n);

/* A translator for the row's instruction set and its one CPU, in *cpu, to be closed by row_close().  Ends the
 * process if there is none. */
struct tcg *row_open(const struct row *row, const struct tcg_options *options, struct tcg_cpu **cpu);
void row_close(struct tcg *tcg, struct tcg_cpu *cpu);
/* As guest_set(); in A32 and T32 R0 = count, R1 the memory, R2..R12 small odd numbers, SP, and so on. */
void row_set(const struct row *row, struct tcg_cpu *cpu, uint64_t at, uint64_t count);
/* As guest_run(). */
void row_run(struct tcg_cpu *cpu);

/* The same for A64 code alone. */
/* A translator and its one CPU, in *cpu.  Ends the process if there is none. */
struct tcg *guest_open(const struct tcg_options *options, struct a64_cpu **cpu);
void guest_close(struct tcg *tcg, struct a64_cpu *cpu);

/* Puts `copies` copies of the words into guest memory that held no code before, SVC behind them;
 * returns the address. */
uint64_t guest_place(const struct row *row, unsigned copies);

/* Registers as every row finds them: X0 = x0, X1 the middle of 64 KiB of memory, X2..X28 small odd
 * numbers, SP in that memory, V registers of small floating-point numbers (as doubles and as
 * singles).  pc = at. */
void guest_set(struct a64_cpu *cpu, uint64_t at, uint64_t x0);

/* Runs to SVC; ends the process if something else comes. */
void guest_run(struct a64_cpu *cpu);

#endif
