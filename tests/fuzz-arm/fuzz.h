/* SPDX-License-Identifier: MIT */
/*
 * Parts of the fuzzer of A32, T16 and T32 rows.  In the order in which to read: tests/fuzz/rows.h (the
 * decode tables), gen.c (a case: a state and a block of rows; gen.h), arrange.c (what loads, stores and
 * branches need before them), layout.c (its bytes), cover.c (what has run), fuzz.c (main: runs batches
 * under two runners, compares, makes a case that differs smaller).  Everything about case N follows
 * from the seed and N.
 */
#ifndef TESTS_FUZZ_ARM_FUZZ_H
#define TESTS_FUZZ_ARM_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/fuzz-arm/format.h"
#include "tests/fuzz/rows.h"

enum table { TABLE_A32, TABLE_T16, TABLE_T32, TABLE_VFP, TABLE_COUNT };

/* --- gen.c ------------------------------------------------------------------------------------ */

enum { BLOCK_MAX = 52 };

/* insn.row of what is no row's turn: part of the preparation of one (no branch leads behind it, into
 * the rest), or a NOP by itself. */
enum { ROW_PREPARES = -1, ROW_FILLER = -2 };

/* How an instruction goes elsewhere. */
enum flow {
    FLOW_NONE,
    FLOW_DIRECT,   /* B, BL: an offset, in the same set */
    FLOW_COMPARE,  /* CBZ: forwards only */
    FLOW_EXCHANGE, /* BLX <label>: an offset, into the other set */
    FLOW_REGISTER, /* BX, BXJ, BLX Rm */
    FLOW_TABLE,    /* TBB, TBH */
    FLOW_LOAD,     /* LDR to PC */
    FLOW_LIST,     /* LDM, POP with PC */
    FLOW_ALU,      /* data processing with Rd = PC */
    FLOW_COUNT
};

/* What MOVW and MOVT load of the target of the branch that is instruction `of`: ((value * sign) + add)
 * ^ eor, its lower or upper half. */
enum load {
    LOAD_NONE,
    LOAD_ADDRESS,
    LOAD_OFFSET,
    LOAD_HALFWORDS
}; /* from the PC value; of that half */

/* One instruction of a block. */
struct insn {
    uint32_t word; /* T16: in the upper half */
    uint8_t bytes;
    bool thumb;
    bool switches; /* what follows is of the other set */
    uint8_t flow;  /* enum flow; its offset is set last */
    uint8_t skip;  /* a branch: how many instructions it may leave out */
    uint8_t it;    /* ITSTATE, 0 outside of IT blocks */
    int16_t row;   /* or ROW_* */
    uint8_t load;  /* enum load, and which half */
    bool upper;
    int8_t of, sign;
    uint32_t add, eor;
};
enum { OF_NEXT_BRANCH = -1 };

struct block {
    struct fuzz_case state;
    struct insn insn[BLOCK_MAX];
    unsigned n;
    bool thumb, ends_thumb; /* the first instruction; what follows the last */
    bool big;               /* data is big-endian */
    uint8_t counter;        /* the block runs as often as this register says; NO_COUNTER: once */
};
enum { NO_COUNTER = 16 };

/* Case `number` of rows of table `table`. */
void gen_block(struct block *block, uint64_t seed, uint64_t number, enum table table);

/* --- layout.c --------------------------------------------------------------------------------- */

/* Does something begin at instruction k, with what prepares it (an IT block as a whole)? */
bool layout_is_start(const struct block *block, unsigned k);
/* Where each instruction of the block is, from the slot's begin; at[n] is its end. */
void layout_places(const struct block *block, unsigned at[BLOCK_MAX + 1]);
/* The block's bytes, for address FUZZ_CODE + slot * FUZZ_SLOT_BYTES; returns how many. */
unsigned layout_code(const struct block *block, unsigned slot, uint8_t code[FUZZ_SLOT_BYTES]);
/* MOVW (or MOVT) reg, #half. */
uint32_t layout_mov(bool thumb, bool top, unsigned reg, uint32_t half);

/* --- cover.c ---------------------------------------------------------------------------------- */

/* Counts what a block that ran to its end has had: rows, conditions, IT states, branches. */
void cover_block(const struct block *block);
/* The same for a block that BKPT or UDF at pc ended: it counts that one alone. */
void cover_trap(const struct block *block, uint32_t pc);
/* Why a row is not run; NULL for all but the exceptions. */
const char *cover_excepted(const char *row);
/* Prints the counts; returns how many things that there are in `tables` (a bit of each) never ran. */
unsigned cover_report(unsigned tables);

#endif
