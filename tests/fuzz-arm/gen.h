/* SPDX-License-Identifier: MIT */
/*
 * What gen.c and arrange.c share: a block in the making.
 */
#ifndef TESTS_FUZZ_ARM_GEN_H
#define TESTS_FUZZ_ARM_GEN_H

#include "tests/fuzz-arm/fuzz.h"

struct gen {
    struct rng rng;
    struct block *b;
    /* In an IT block, what prepares its instructions goes here, before the IT; else the same as b. */
    struct block *before;
    bool thumb;
    uint8_t it;        /* ITSTATE of what comes next */
    bool last_in_it;   /* ..., which ends its IT block */
    bool may_switch;   /* to the other instruction set */
    uint16_t reserved; /* registers that were prepared in this IT block */
    uint16_t named;    /* ... and that its instructions so far have named */
    uint8_t pool[5];
};

/* --- gen.c ------------------------------------------------------------------------------------ */

bool gen_starts(const char *name, const char *with);
bool gen_is_register(const char *field);
/* Loads, stores and SVC, which need registers prepared. */
bool gen_is_prepared(const struct row *row);
/* Appends an instruction (insn.thumb and .it are set here); NULL when the block is full. */
struct insn *gen_append(struct gen *g, uint32_t word, unsigned bytes, int row);
/* Registers that a row's word names. */
uint32_t gen_registers(const struct row *row, uint32_t word);

/* --- arrange.c -------------------------------------------------------------------------------- */

bool arrange_is_memory(const struct row *row);
/* How a row branches by itself; FLOW_NONE also for what does so only with PC as destination. */
enum flow arrange_flow(const struct row *row);
/* Each appends one row with what it needs before it, or nothing where it cannot be arranged. */
void arrange_memory(struct gen *g, int index, uint32_t word, unsigned bytes);
void arrange_branch(struct gen *g, int index, uint32_t word, unsigned bytes, enum flow flow);
/* Makes of a row's word one with PC as destination, if there is such a form; what that is. */
enum flow arrange_pc_form(struct gen *g, const struct row *row, uint32_t *word);
/* SVC, MRC, MCR, MRRC, VMRS, VMSR: of what program and both runners agree on; true: appended. */
bool arrange_system(struct gen *g, int index, uint32_t word, unsigned bytes);

#endif
