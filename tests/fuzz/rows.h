/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzers of A64 and of 32-bit ARM rows have in common: the rows of the decode tables, and
 * random numbers.  Includes libc alone.  One thread.
 */
#ifndef TESTS_FUZZ_ROWS_H
#define TESTS_FUZZ_ROWS_H

#include <stdbool.h>
#include <stdint.h>

/* --- rows ------------------------------------------------------------------------------------- */

struct field {
    char name[12];
    uint8_t width, n_pieces;
    struct {
        uint8_t shift, width;
    } piece[4]; /* the uppermost bits first */
};

struct row {
    char name[24];
    unsigned table; /* which of those that rows_read() was given */
    uint32_t mask, value;
    uint8_t n_fields, n_exclusions;
    struct field fields[12];
    struct {
        uint32_t mask, value;
    } exclusions[8];
    const struct special *special;   /* the A64 fuzzer's; NULL: its class says all */
    uint64_t executed, executed_big; /* how often it ran to its end; with big-endian data */
};

enum { ROWS_MAX_TABLES = 8 };

extern struct row *rows;
extern unsigned n_rows, first_row[ROWS_MAX_TABLES + 1];

/* Reads the output of `decodegen.py --list`: of one table (tables NULL), or the named ones, in that order.
 * Exits with a message when it cannot. */
void rows_read(const char *path, const char *const *tables, unsigned n_tables);
/* The row of that name; NULL if there is none. */
struct row *rows_find(const char *name);
/* The row that matches word, -1 if none does.  Of one table. */
int rows_match(uint32_t word);
/* Does one of the row's exclusions hold for word? */
bool row_excludes(const struct row *row, uint32_t word);
const struct field *row_field(const struct row *row, const char *name);
/* A field of word; `missing` if the row has no such field. */
uint32_t field_get(const struct row *row, uint32_t word, const char *name, uint32_t missing);
/* Sets a field, if the row has it. */
void field_set(const struct row *row, uint32_t *word, const char *name, uint32_t value);
uint32_t field_value(const struct field *f, uint32_t word);
void field_put(const struct field *f, uint32_t *word, uint32_t value);

/* --- random numbers --------------------------------------------------------------------------- */

struct rng {
    uint64_t state;
};

uint64_t rng_next(struct rng *rng);
/* 0 <= result < n */
unsigned rng_below(struct rng *rng, unsigned n);
/* true in `percent` of 100 cases */
bool rng_chance(struct rng *rng, unsigned percent);

#endif
