/* SPDX-License-Identifier: MIT */
/*
 * Rows of A64 code (tests/codegen/pinned.def, bench/kernels.def) and a CPU to run them on.  Includes
 * tcg/ and frontends/arm/a64.h.
 */
#ifndef TESTS_CODEGEN_GUEST_CODE_H
#define TESTS_CODEGEN_GUEST_CODE_H

#include "frontends/arm/a64.h"
#include "tcg/tcg.h"

enum { ROW_MAX_WORDS = 64 };

/* `kind | assembly | words | figures`; texts without the blanks around them. */
struct row {
    char kind[32], text[512], figures[64];
    uint32_t word[ROW_MAX_WORDS];
    unsigned n_words;
};

/* All rows of the file, in order, to be freed; *n how many.  Ends the process if the file is not well formed. */
struct row *rows_read(const char *path, unsigned *n);

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
