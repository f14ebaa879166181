/* SPDX-License-Identifier: MIT */
/*
 * Parts of the fuzzer of A32, T16 and T32 rows.  In the order in which to read: rows.c (the decode
 * tables), gen.c (a case: a state and a block of rows), fuzz.c (main: runs batches under two runners,
 * compares, makes a case that differs smaller).  Everything about case N follows from the seed and N.
 */
#ifndef TESTS_FUZZ_ARM_FUZZ_H
#define TESTS_FUZZ_ARM_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/fuzz-arm/format.h"

/* --- rows.c ----------------------------------------------------------------------------------- */

enum table { TABLE_A32, TABLE_T16, TABLE_T32, TABLE_VFP, TABLE_COUNT };

struct field {
    char name[12];
    uint8_t n_pieces;
    struct {
        uint8_t shift, width;
    } piece[4];
};

struct row {
    char name[24];
    enum table table;
    uint32_t mask, value;
    uint8_t n_fields, n_exclusions;
    struct field fields[12];
    struct {
        uint32_t mask, value;
    } exclusions[8];
    uint64_t executed;
};

extern struct row *rows;
extern unsigned n_rows, first_row[TABLE_COUNT + 1];

/* Reads the output of `decodegen.py --list --table ...`.  Exits with a message when it cannot. */
void rows_read(const char *path);
const struct field *row_field(const struct row *row, const char *name);
unsigned field_width(const struct field *f);
uint32_t field_get(const struct field *f, uint32_t word);
void field_set(const struct field *f, uint32_t *word, uint32_t value);

/* --- gen.c ------------------------------------------------------------------------------------ */

struct rng {
    uint64_t state;
};
uint64_t rng_next(struct rng *rng);
unsigned rng_below(struct rng *rng, unsigned n);
bool rng_chance(struct rng *rng, unsigned percent);

enum { BLOCK_MAX = 40 };

/* One instruction of a block. */
struct insn {
    uint32_t word; /* T16: in the upper half */
    uint8_t bytes;
    int16_t row;     /* -1: arranged for another */
    uint8_t skip;    /* a branch: how many instructions it may leave out; its offset is set last */
};

struct block {
    struct fuzz_case state;
    struct insn insn[BLOCK_MAX];
    unsigned n;
    bool thumb;
    uint8_t counter; /* the block runs as often as this register says; NO_COUNTER: once */
};
enum { NO_COUNTER = 16 };

/* Case `number` of rows of table `table`. */
void gen_block(struct block *block, uint64_t seed, uint64_t number, enum table table);
/* The block's bytes, for address FUZZ_CODE + slot * FUZZ_SLOT_BYTES. */
void gen_code(const struct block *block, unsigned slot, uint8_t code[FUZZ_SLOT_BYTES]);

#endif
