/* SPDX-License-Identifier: MIT */
/* The toy guest's front end: one function an instruction, found by a table. */
#include "toy.h"

#include <inttypes.h>
#include <string.h>

enum { SLOT_R0, SLOT_FLAGS = 8, N_SLOTS };

#define R(n) {"r" #n, offsetof(struct toy_cpu, r) + 8 * n, IR_I64, 0, 0}
static const struct tcg_slot slots[N_SLOTS] = {
    R(0), R(1), R(2), R(3), R(4), R(5), R(6), R(7),
    {"flags", offsetof(struct toy_cpu, flags), IR_FLAGS, 0, 0},
};

struct insn { uint8_t op, a, b; int8_t c; };

static ir_ref get(struct tcg_lift *l, unsigned r) { return ir_get(l->ir, SLOT_R0 + (r & 7)); }
static void put(struct tcg_lift *l, unsigned r, ir_ref v) { ir_put(l->ir, SLOT_R0 + (r & 7), v); }
static ir_ref imm(struct tcg_lift *l, int64_t v) { return ir_const(l->ir, IR_I64, v); }
static uint64_t target(const struct tcg_lift *l, const struct insn *i)
{
    return l->pc + (uint64_t)((int64_t)i->c * 4);
}

static void lift_halt(struct tcg_lift *l, const struct insn *i)
{
    (void)i;
    tcg_lift_raise(l, TOY_EXC_HALT, 0, l->pc);
}
static void lift_print(struct tcg_lift *l, const struct insn *i)
{
    tcg_lift_raise(l, TOY_EXC_PRINT, i->a & 7, l->next_pc);
}
static void lift_li(struct tcg_lift *l, const struct insn *i)
{
    put(l, i->a, imm(l, i->b << 8 | (uint8_t)i->c));
}
static void lift_add(struct tcg_lift *l, const struct insn *i)
{
    put(l, i->a, ir_add(l->ir, IR_I64, get(l, i->b), get(l, (unsigned)i->c)));
}
static void lift_sub(struct tcg_lift *l, const struct insn *i)
{
    ir_ref x = get(l, i->b), y = get(l, (unsigned)i->c);
    put(l, i->a, ir_sub(l->ir, IR_I64, x, y));
    ir_put(l->ir, SLOT_FLAGS, ir_flags_sub(l->ir, IR_I64, x, y));
}
static void lift_mul(struct tcg_lift *l, const struct insn *i)
{
    put(l, i->a, ir_mul(l->ir, IR_I64, get(l, i->b), get(l, (unsigned)i->c)));
}
static void lift_addi(struct tcg_lift *l, const struct insn *i)
{
    put(l, i->a, ir_add(l->ir, IR_I64, get(l, i->b), imm(l, i->c)));
}
static void lift_ld(struct tcg_lift *l, const struct insn *i)
{
    put(l, i->a, ir_load(l->ir, IR_I64, 3, get(l, i->b), i->c * 8));
}
static void lift_st(struct tcg_lift *l, const struct insn *i)
{
    ir_store(l->ir, 3, get(l, i->b), i->c * 8, get(l, i->a));
}
static void lift_bne(struct tcg_lift *l, const struct insn *i)
{
    tcg_lift_branch(l, IR_NE, ir_get(l->ir, SLOT_FLAGS), target(l, i));
}
static void lift_blt(struct tcg_lift *l, const struct insn *i)
{
    tcg_lift_branch(l, IR_LT, ir_get(l->ir, SLOT_FLAGS), target(l, i));
}
static void lift_jmp(struct tcg_lift *l, const struct insn *i)
{
    tcg_lift_goto(l, target(l, i));
}
static void lift_call(struct tcg_lift *l, const struct insn *i)
{
    put(l, i->a, ir_const_pc(l->ir, l->next_pc));
    tcg_lift_call(l, target(l, i));
}
static void lift_ret(struct tcg_lift *l, const struct insn *i)
{
    tcg_lift_indirect(l, get(l, i->a), IR_IND_RET);
}

static void (*const lifts[TOY_OPS])(struct tcg_lift *, const struct insn *) = {
    [TOY_HALT] = lift_halt, [TOY_PRINT] = lift_print, [TOY_LI] = lift_li, [TOY_ADD] = lift_add,
    [TOY_SUB] = lift_sub, [TOY_MUL] = lift_mul, [TOY_ADDI] = lift_addi, [TOY_LD] = lift_ld,
    [TOY_ST] = lift_st, [TOY_BNE] = lift_bne, [TOY_BLT] = lift_blt, [TOY_JMP] = lift_jmp,
    [TOY_CALL] = lift_call, [TOY_RET] = lift_ret,
};

static void lift(struct tcg_lift *l)
{
    struct insn i;
    if (!tcg_lift_fetch(l, l->pc, &i, sizeof i))
        return;
    if (i.op < TOY_OPS)
        lifts[i.op](l, &i);
    else
        tcg_lift_raise(l, TCG_EXC_ILLEGAL, i.op, l->pc);
}

static void reset(struct tcg_cpu *cpu)
{
    struct toy_cpu *c = (struct toy_cpu *)cpu;
    memset(c->r, 0, sizeof c->r);
    c->flags = 0;
}

static uint64_t clean_address(uint64_t address) { return address; }

static void dump(const struct tcg_cpu *cpu, FILE *out)
{
    const struct toy_cpu *c = (const struct toy_cpu *)cpu;
    for (int k = 0; k < 8; k++)
        fprintf(out, "r%d=%" PRIx64 " ", k, c->r[k]);
    fprintf(out, "pc=%" PRIx64 "\n", cpu->pc);
}

static const struct tcg_helper no_helpers[1];

const struct guest toy_guest = {
    .name = "toy", .slots = slots, .n_slots = N_SLOTS, .helpers = no_helpers, .n_helpers = 0,
    .cpu_size = sizeof(struct toy_cpu), .insn_align = 4, .max_insn_bytes = 4, .capstone_arch = -1,
    .lift = lift, .clean_address = clean_address, .reset = reset, .dump = dump,
};
