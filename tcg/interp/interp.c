/* SPDX-License-Identifier: MIT */
/*
 * The IR interpreter, see interp.h.  Ops with a function in ir_eval are called through it; the
 * others, which touch state, memory or control flow, have one step function each here.
 */
#include "tcg/interp/interp.h"

#include <string.h>

#include "tcg/guest.h"
#include "tcg/interp/mem.h"

struct interp {
    struct tcg_cpu *cpu;
    const struct ir *ir;
    union ir_val *vals;
    ir_ref at;         /* the op to run next */
    enum ir_left left; /* set by a step that leaves */
};

/* One op, *d its result.  False: the region has been left. */
typedef bool step_fn(struct interp *in, const struct ir_op *op, union ir_val *d);
#define STEP(name) \
    static bool step_##name(struct interp *in, const struct ir_op *op, union ir_val *d)
#define STEP_ARGS ((void)in, (void)op, (void)d)

static union ir_val *operand(const struct interp *in, const struct ir_op *op, unsigned k)
{
    return &in->vals[op->arg[k]];
}

static bool leave(struct interp *in, enum ir_left how)
{
    in->left = how;
    return false;
}

static bool leave_to(struct interp *in, enum ir_left how, uint64_t pc)
{
    in->cpu->pc = pc;
    return leave(in, how);
}

/* --- constants and state ---------------------------------------------------------------------- */

STEP(nothing)
{
    STEP_ARGS;
    return true;
}

STEP(const)
{
    STEP_ARGS;
    d->l = op->type == IR_I64 ? (uint64_t)op->imm : (uint32_t)op->imm;
    return true;
}

STEP(vconst)
{
    STEP_ARGS;
    d->v = (tcg_v128){{(uint64_t)op->imm, (uint64_t)op->imm2}};
    return true;
}

static const struct tcg_slot *slot_of(const struct interp *in, const struct ir_op *op)
{
    return &in->ir->guest->slots[op->imm];
}

/* Sizes one by one: of an unknown one compilers make a string instruction, which takes longer than the
 * rest of the step. */
STEP(get)
{
    const struct tcg_slot *slot = slot_of(in, op);
    const char *from = (const char *)in->cpu + slot->offset;
    d->v = (tcg_v128){{0, 0}};
    switch (tcg_slot_bytes(slot)) {
    case 4: memcpy(d, from, 4); break;
    case 8: memcpy(d, from, 8); break;
    case 16: memcpy(d, from, 16); break;
    default: memcpy(d, from, tcg_slot_bytes(slot));
    }
    return true;
}

STEP(put)
{
    STEP_ARGS;
    const struct tcg_slot *slot = slot_of(in, op);
    const union ir_val *from = operand(in, op, 0);
    char *to = (char *)in->cpu + slot->offset;
    switch (tcg_slot_bytes(slot)) {
    case 4: memcpy(to, from, 4); break;
    case 8: memcpy(to, from, 8); break;
    case 16: memcpy(to, from, 16); break;
    default: memcpy(to, from, tcg_slot_bytes(slot));
    }
    return true;
}

STEP(insn)
{
    STEP_ARGS;
    in->cpu->pc = (uint64_t)op->imm;
    return true;
}

/* --- memory ----------------------------------------------------------------------------------- */

/* The barrier for the compiler keeps state exact for the handler of a fault. */
static uint64_t wrapped(const struct interp *in, uint64_t address)
{
    return in->ir->guest->address_bits == 32 ? (uint32_t)address : address;
}

static uint64_t address(const struct interp *in, const struct ir_op *op)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return wrapped(in, operand(in, op, 0)->l + (uint64_t)op->imm);
}

static uint64_t indexed_address(const struct interp *in, const struct ir_op *op)
{
    const uint64_t index = op->arg[1] ? operand(in, op, 1)->l : 0;

    return wrapped(in, address(in, op) + (index << (op->mod >> IR_MEM_SCALE_SHIFT & 3)));
}

static bool accessed(struct interp *in, bool done)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return done || leave(in, IR_LEFT_EXC);
}

STEP(load)
{
    return accessed(in, interp_load(in->cpu, op, indexed_address(in, op), d));
}

STEP(store)
{
    STEP_ARGS;
    return accessed(in, interp_store(in->cpu, op, indexed_address(in, op), operand(in, op, 2)));
}

STEP(load_excl)
{
    return accessed(in, interp_load_excl(in->cpu, op, address(in, op), d));
}

STEP(store_excl)
{
    return accessed(in, interp_store_excl(in->cpu, op, address(in, op), operand(in, op, 2), d));
}

STEP(clear_excl)
{
    STEP_ARGS;
    interp_clear_excl(in->cpu);
    return true;
}

STEP(rmw)
{
    return accessed(in, interp_rmw(in->cpu, op, address(in, op), operand(in, op, 2), d));
}

STEP(cas)
{
    return accessed(
        in, interp_cas(in->cpu, op, address(in, op), operand(in, op, 1), operand(in, op, 2), d));
}

STEP(fence)
{
    STEP_ARGS;
    interp_fence(op);
    return true;
}

/* --- control flow ----------------------------------------------------------------------------- */

static bool holds(const struct interp *in, const struct ir_op *op)
{
    return ir_cond_holds((enum ir_cond)op->mod, operand(in, op, 0)->w);
}

/* Goes on in block `target`.  Its parameters are set all at once, as an argument may itself be one
 * of them (the room past the region's own values holds what was read). */
static bool enter_block(struct interp *in, uint32_t target, uint32_t edge)
{
    const struct ir *ir = in->ir;
    const struct ir_block *block = &ir->blocks[target];
    union ir_val *copy = in->vals + ir->n;

    for (unsigned k = 0; k < block->n_params; k++)
        copy[k] = in->vals[ir->edge_args[edge + k]];
    if (block->n_params)
        memcpy(&in->vals[block->first], copy, block->n_params * sizeof *copy);
    in->at = block->first + block->n_params;
    return true;
}

/* The block that a terminator ends. */
static const struct ir_block *block_of(const struct interp *in, const struct ir_op *op)
{
    const struct ir *ir = in->ir;
    const ir_ref r = (ir_ref)(op - ir->ops);
    uint32_t low = 0, high = ir->n_blocks;

    while (high - low > 1) {
        const uint32_t middle = (low + high) / 2;
        if (ir->blocks[middle].first <= r)
            low = middle;
        else
            high = middle;
    }
    return &ir->blocks[low];
}

STEP(jump)
{
    STEP_ARGS;
    return enter_block(in, (uint32_t)op->imm, block_of(in, op)->edge[0]);
}

STEP(branch)
{
    STEP_ARGS;
    const struct ir_block *block = block_of(in, op);

    return holds(in, op) ? enter_block(in, (uint32_t)op->imm, block->edge[0])
                         : enter_block(in, (uint32_t)op->imm2, block->edge[1]);
}

STEP(exit_if)
{
    STEP_ARGS;
    return !holds(in, op) || leave_to(in, IR_LEFT_EXIT, (uint64_t)op->imm);
}

STEP(poll)
{
    STEP_ARGS;
    return !__atomic_load_n(&in->cpu->exit_request, __ATOMIC_ACQUIRE) ||
           leave_to(in, IR_LEFT_EXIT, (uint64_t)op->imm);
}

STEP(goto_pc)
{
    STEP_ARGS;
    return leave_to(in, IR_LEFT_GOTO, (uint64_t)op->imm);
}

STEP(goto_ind)
{
    STEP_ARGS;
    return leave_to(in, IR_LEFT_GOTO, operand(in, op, 0)->l);
}

STEP(raise)
{
    STEP_ARGS;
    in->cpu->exc = op->mod;
    in->cpu->exc_arg = op->imm;
    return leave_to(in, IR_LEFT_EXC, (uint64_t)op->imm2);
}

/* --- helpers ---------------------------------------------------------------------------------- */

typedef uint64_t helper_fn(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
typedef void vector_helper_fn(struct tcg_cpu *cpu, tcg_v128 *d, const tcg_v128 *a,
                              const tcg_v128 *b, const tcg_v128 *c, uint64_t imm);

STEP(call)
{
    helper_fn *fn = (helper_fn *)in->ir->guest->helpers[op->mod].fn;
    uint64_t x[4];

    for (unsigned k = 0; k < 4; k++)
        x[k] = op->arg[k] ? operand(in, op, k)->l : 0;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    const uint64_t r = fn(in->cpu, x[0], x[1], x[2], x[3]);
    d->l = op->type == IR_I64 ? r : (uint32_t)r;
    return true;
}

STEP(vcall)
{
    vector_helper_fn *fn = (vector_helper_fn *)in->ir->guest->helpers[op->mod].fn;

    fn(in->cpu, &d->v, &operand(in, op, 0)->v, &operand(in, op, 1)->v, &operand(in, op, 2)->v,
       (uint64_t)op->imm);
    return true;
}

/* --- the loop --------------------------------------------------------------------------------- */

static step_fn *const step[IR_OPC_COUNT] = {
    [IR_NOP] = step_nothing,
    [IR_param] = step_nothing,
    [IR_const] = step_const,
    [IR_vconst] = step_vconst,
    [IR_get] = step_get,
    [IR_put] = step_put,
    [IR_insn] = step_insn,
    [IR_load] = step_load,
    [IR_store] = step_store,
    [IR_load_excl] = step_load_excl,
    [IR_store_excl] = step_store_excl,
    [IR_clear_excl] = step_clear_excl,
    [IR_rmw] = step_rmw,
    [IR_cas] = step_cas,
    [IR_fence] = step_fence,
    [IR_exit_if] = step_exit_if,
    [IR_poll] = step_poll,
    [IR_jump] = step_jump,
    [IR_branch] = step_branch,
    [IR_goto_pc] = step_goto_pc,
    [IR_goto_ind] = step_goto_ind,
    [IR_raise] = step_raise,
    [IR_call] = step_call,
    [IR_vcall] = step_vcall,
};

enum ir_left ir_interp(struct tcg_cpu *cpu, const struct ir *ir, union ir_val *vals)
{
    struct interp in = {.cpu = cpu, .ir = ir, .vals = vals, .at = 1};

    for (;;) {
        const ir_ref r = in.at++;
        const struct ir_op *op = &ir->ops[r];
        ir_eval_fn *eval = ir_eval[op->opc];

        if (eval) {
            const struct ir_desc desc = {.opc = op->opc,
                                         .type = op->type,
                                         .lane = op->lane,
                                         .mod = op->mod,
                                         .imm = op->imm,
                                         .imm2 = op->imm2};
            eval(cpu, &desc, &vals[r], &vals[op->arg[0]], &vals[op->arg[1]], &vals[op->arg[2]]);
        } else if (!step[op->opc](&in, op, &vals[r])) {
            cpu->left_at = r;
            return in.left;
        }
    }
}
