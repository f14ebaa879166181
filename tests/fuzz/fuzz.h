/* SPDX-License-Identifier: MIT */
/*
 * Parts of the fuzzer of A64 rows.  In the order in which to read: rows.h (the decode tables),
 * values.c (operands), gen.c (a case), memory.c and special.c (what must be arranged for
 * a row to be well defined), compare.c (two results), run.c (runners), fuzz.c (main, minimiser).
 * Everything about case N follows from the seed and N.  One thread.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/fuzz/format.h"
#include "tests/fuzz/rows.h"

/* --- values.c: random operands ------------------------------------------------------------------- */

/* An integer, mostly one at a boundary. */
uint64_t value_int(struct rng *rng);
/* What a vector may hold: lanes of an FP format, integers, bytes like those of a picture, noise. */
enum theme { THEME_H, THEME_S, THEME_D, THEME_INT, THEME_PIXELS, THEME_NOISE, THEME_ANY };
void value_vector(struct rng *rng, uint64_t v[2], enum theme theme);
/* The same bits but for a sign, or the last place, of some lanes. */
void value_neighbour(struct rng *rng, uint64_t v[2], enum theme theme);
/* FPCR: RMode, FZ, FZ16, DN and AHP varied. */
uint64_t value_fpcr(struct rng *rng);
/* FPSR: QC and the cumulative flags varied. */
uint64_t value_fpsr(struct rng *rng);

/* --- gen.c: a case ---------------------------------------------------------------------------- */

enum { BLOCK_MAX = FUZZ_LITERALS - 2, NO_ROW = 0xffff };

/* Words 1 to n of the slot are the case's instructions; before them is the entry, after them the
 * jump to FUZZ_EXIT. */
struct block {
    struct fuzz_state state;
    uint32_t code[FUZZ_SLOT_WORDS];
    unsigned n;
    struct {
        uint16_t row;
        uint8_t group; /* instructions of one group make sense together only */
        bool maybe;    /* a branch may skip it */
    } at[FUZZ_LITERALS];
};

/* Register sets: bits 0..30, and bit 31 for SP. */
struct gen {
    struct rng rng;
    struct block *block;
    uint64_t address; /* of the slot */
    unsigned pool[6]; /* registers that are used more often than others */
    uint32_t dirty;   /* may not have their initial value any more */
    uint32_t pinned;  /* the initial value matters and is set */
    unsigned groups;
    bool fpsr;        /* FPSR may be read and written */
    bool loop;        /* the block is run more than once */
    bool monitor;     /* an exclusive load may have set the monitor */
    struct {
        uint8_t at, reg; /* reg: which holds the target, or NOT_REG for a direct branch */
    } fixups[FUZZ_LITERALS];
    unsigned n_fixups;
};
enum { NOT_REG = 32 };

/* Makes case `number` of `seed`.  fpsr: it reads FPSR first. */
void gen_block(struct block *block, uint64_t seed, uint64_t number, bool fpsr);

/* For memory.c and special.c.  Fields at random, of a word that belongs to the row. */
uint32_t gen_word(struct gen *g, const struct row *row);
/* A register out of `0..30` (and SP, with `sp`) with its initial value, not pinned, not one of
 * `without`; -1 if there is none. */
int gen_clean(struct gen *g, uint32_t without, bool sp);
void gen_pin(struct gen *g, unsigned reg, uint64_t value);
/* Appends an instruction.  False if there is no room, or it would spoil a pinned register of a
 * loop. */
bool gen_emit(struct gen *g, const struct row *row, uint32_t word);
/* The same for several, of one group: all or none. */
bool gen_emit_group(struct gen *g, const uint32_t *words, unsigned n);
/* The last instruction is a branch whose target is yet to be chosen. */
void gen_fixup(struct gen *g, unsigned reg);

/* --- memory.c, special.c ---------------------------------------------------------------------- */

/* Emits a load or store with an address that is fit for it; false if it cannot be done here. */
bool memory_emit(struct gen *g, const struct row *row);
bool memory_is(const struct row *row);
/* Some address in writable memory, a multiple of align. */
uint64_t memory_target(struct rng *rng, unsigned align);
/* X registers, SP as bit 31, that a load or store may write. */
uint32_t memory_writes(const struct row *row, uint32_t word);

struct special {
    const char *row;
    bool (*emit)(struct gen *g, const struct row *row);
    const char *why;
};
const struct special *special_find(const char *row);
/* A word of the row that peers may execute although it is undefined here, or the like; the
 * reasons are in the table. */
bool special_avoid(const struct row *row, uint32_t word);

/* Known faults of peers before this version: true if the block has one of their rows. */
enum { SPECIAL_NEW_PEER = 11 };
bool special_peer_wrong(const struct block *block);

/* --- compare.c -------------------------------------------------------------------------------- */

/* The number of differences, apart from those that the architecture leaves open. */
unsigned compare(const struct block *block, const struct fuzz_result *peer,
                 const struct fuzz_result *ours);
/* The code, both states with a mark at each difference, and the operands. */
void compare_print(FILE *out, const struct block *block, uint64_t address,
                   const struct fuzz_result *peer, const struct fuzz_result *ours);
void compare_print_code(FILE *out, const struct block *block, uint64_t address);

/* --- run.c ------------------------------------------------------------------------------------ */

enum { BATCH = 512 };

struct batch {
    int fd;
    struct fuzz_header *head; /* the mapped file */
    struct fuzz_state *cases;
    uint32_t *code;
    size_t bytes;
};

struct results {
    int fd;
    struct fuzz_result *r; /* [BATCH], mapped */
};

void batch_open(struct batch *b);
void results_open(struct results *r);
/* Writes case k from a block. */
void batch_put(struct batch *b, unsigned k, const struct block *block);

/* Starts `argv guest` on cases [first, count), with the variable NAME=VALUE set unless it is
 * empty; returns its process. */
int run_start(char *const *argv, const char *environment, const char *guest,
              const struct batch *b, struct results *r, unsigned first, unsigned count);
/* Waits; returns the wait status, or -1 if it had to be killed after `seconds`. */
int run_wait(int pid, unsigned seconds);
/* How many results from `first` on are there. */
unsigned results_done(const struct results *r, unsigned first, unsigned count);

#endif
