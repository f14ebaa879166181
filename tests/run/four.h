/* SPDX-License-Identifier: MIT */
/* A guest of four registers for the tests of the run time; one helper holds whoever calls it. */
#ifndef TESTS_RUN_FOUR_H
#define TESTS_RUN_FOUR_H

#include <inttypes.h>
#include <semaphore.h>

#include "tcg/run/run.h"

struct cpu {
    struct tcg_cpu tcg;
    uint64_t r[4];
};
enum { SLOT_R, N_SLOTS = 4, EXC_HALT = TCG_EXC_GUEST };
/* op << 24 | register << 16 | constant: r = c; r += c; helper `wait` where r != 0; go to pc + 4 * c;
 * the same if r != 0; the same, and a region ends there */
enum { OP_HALT, OP_SET, OP_ADD, OP_WAIT, OP_JUMP, OP_LOOP, OP_CALL };
#define INSN(op, r, c) ((uint32_t)(op) << 24 | (uint32_t)(r) << 16 | ((uint32_t)(c) & 0xffff))

static sem_t inside, go_on; /* someone is held in the helper; it may go on */

static void hold(sem_t *until)
{
    sem_post(&inside);
    while (sem_wait(until))
        ;
}

static uint64_t h_wait(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)cpu, (void)b, (void)c, (void)d;
    if (a)
        hold(&go_on);
    return 0;
}

static const struct tcg_helper helpers[] = {{"wait", (void *)h_wait, 0, IR_NONE, 1}};

#define R(n) {"r" #n, offsetof(struct cpu, r) + 8 * n, IR_I64, 0, 0}
static const struct tcg_slot slots[N_SLOTS] = {R(0), R(1), R(2), R(3)};

static void lift(struct tcg_lift *l)
{
    uint32_t word;
    struct ir *ir = l->ir;
    if (!tcg_lift_fetch(l, l->pc, &word, sizeof word))
        return;
    const unsigned r = SLOT_R + (word >> 16 & 3);
    const int64_t c = (int16_t)word;
    switch (word >> 24) {
    case OP_SET: ir_put(ir, r, ir_const(ir, IR_I64, c)); break;
    case OP_ADD: ir_put(ir, r, ir_add(ir, IR_I64, ir_get(ir, r), ir_const(ir, IR_I64, c))); break;
    case OP_WAIT: ir_call(ir, 0, ir_get(ir, r), 0, 0, 0); break;
    case OP_JUMP: tcg_lift_goto(l, l->pc + (uint64_t)(4 * c)); break;
    case OP_LOOP:
        tcg_lift_branch(l, IR_NE,
                        ir_flags_sub(ir, IR_I64, ir_get(ir, r), ir_const(ir, IR_I64, 0)),
                        l->pc + (uint64_t)(4 * c));
        break;
    case OP_CALL: tcg_lift_call(l, l->pc + (uint64_t)(4 * c)); break;
    default: tcg_lift_raise(l, EXC_HALT, 0, l->pc); break;
    }
}

static void reset(struct tcg_cpu *cpu) { (void)cpu; }
static uint64_t clean_address(uint64_t address) { return address; }
static void dump(const struct tcg_cpu *cpu, FILE *out)
{
    fprintf(out, "pc %" PRIx64 "\n", cpu->pc);
}

static const struct guest guest = {
    .name = "threads", .slots = slots, .n_slots = N_SLOTS, .helpers = helpers, .n_helpers = 1,
    .cpu_size = sizeof(struct cpu), .insn_align = 4, .max_insn_bytes = 4, .capstone_arch = -1,
    .lift = lift, .clean_address = clean_address, .reset = reset, .dump = dump,
};

/* --- what a test says ------------------------------------------------------------------------------- */

static const char *why; /* the first check of the test that failed; NULL: none */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition) && !why)                                                                  \
            why = #condition;                                                                      \
    } while (0)

#endif
