/* SPDX-License-Identifier: MIT */
/*
 * What the IR tests share: a guest that is nothing but slots, the engines that can run a region,
 * random operands, and counting.  Read this file first.  A test is a table of cases; each case
 * builds a region, which an engine compiles once and runs with many operands.
 */
#ifndef DRAGOMAN_TESTS_IR_HARNESS_H
#define DRAGOMAN_TESTS_IR_HARNESS_H

#include <inttypes.h>
#include <stdio.h>

#include "tcg/guest.h"
#include "tcg/interp/interp.h"

/* --- the guest ------------------------------------------------------------------------------ */

enum { TEST_L = 8, TEST_W = 8, TEST_V = 8, TEST_F = 4, TEST_G = 4 };
struct test_cpu {
    struct tcg_cpu tcg;
    uint64_t l[TEST_L];
    uint32_t w[TEST_W];
    tcg_v128 v[TEST_V];
    uint32_t f[TEST_F];
    tcg_v128 g[TEST_G]; /* whole, in halves and in quarters: groups of slots that overlap */
};
/* Slot numbers: SLOT_L + k is l[k]; SLOT_G1 + k is g[k], SLOT_G2 its halves, SLOT_G4 its quarters. */
enum {
    SLOT_L = 0,
    SLOT_W = SLOT_L + TEST_L,
    SLOT_V = SLOT_W + TEST_W,
    SLOT_F = SLOT_V + TEST_V,
    SLOT_G1 = SLOT_F + TEST_F,
    SLOT_G2 = SLOT_G1 + TEST_G,
    SLOT_G4 = SLOT_G2 + 2 * TEST_G,
    TEST_SLOTS = SLOT_G4 + 4 * TEST_G
};
enum { HELPER_MIX, HELPER_MIX_W, HELPER_COUNT_UP, HELPER_VMIX, TEST_HELPERS };
extern const struct guest test_guest;

/* The first slot of a type; further ones follow. */
unsigned test_slot(enum ir_type t);
/* A CPU with all slots random, memory at host addresses, FP as A64 resets it. */
void test_cpu_reset(struct test_cpu *cpu);
union ir_val test_read_slot(const struct test_cpu *cpu, enum ir_type t, unsigned k);
void test_write_slot(struct test_cpu *cpu, enum ir_type t, unsigned k, const union ir_val *v);

/* --- engines -------------------------------------------------------------------------------- */

struct engine;                           /* engines.h */
extern const struct engine *test_engine; /* chosen by test_start() */

/* Makes code of a region, which must stay as it is until the code is released. */
void *test_compile(struct ir *ir);
/* Any thread; one that is about to end calls test_thread_end().  A side exit counts as
 * IR_LEFT_GOTO; a host fault in the region as TCG_EXC_MEM. */
enum ir_left test_run(struct test_cpu *cpu, void *code);
void test_release(void *code);
void test_thread_end(void);
/* cpu->mem_base may be chosen for each run; else it is 0. */
bool test_any_base(void);
/* Does the guest have addresses of 32 bits, in i32 values? */
bool test_narrow(void);
/* TEST_ARENA bytes that such a guest can address, and the host address of guest address 0. */
enum { TEST_ARENA = 65536 };
extern uint8_t *test_arena;
extern uint64_t test_base;

/* --- operands ------------------------------------------------------------------------------- */

uint64_t test_random(void);
/* A number of `bits` bits: any, a boundary value, a small one of either sign, or a run of ones. */
uint64_t test_integer(unsigned bits);
/* A value of type t; the lanes of a vector are of 2^log2 bytes, FP numbers if `fp`. */
union ir_val test_value(enum ir_type t, unsigned log2, bool fp);

/* --- counting ------------------------------------------------------------------------------- */

/* argv: [--engine NAME] [--seed N] [--only TEXT].  Prints the seed. */
void test_start(int argc, char **argv);
/* Whether the row of that name is wanted. */
bool test_wanted(const char *name);
/* One case of the current row; a wrong one is described if this returns true. */
bool test_case_wrong(bool right);
/* A case that this machine cannot check; a row of nothing else counts as skipped. */
void test_case_skipped(void);
/* Ends a row; test_end() prints the sums and returns the exit status. */
void test_row(const char *name);
int test_end(void);
void test_print_value(const char *name, enum ir_type t, const union ir_val *v);

#endif
