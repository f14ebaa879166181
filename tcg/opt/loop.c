/* SPDX-License-Identifier: MIT */
/*
 * A line that goes back to its own entry becomes a loop: its first time round is peeled off as block
 * 0, block 1 is the loop, block 2 what follows it.  What slots hold goes round in parameters, so
 * that it stays in registers, and is put again at the head of blocks 1 and 2, so that nothing is
 * stored on the way.  Runs on the IR as lifted, where values pass from one guest instruction to the
 * next through slots alone; the forward walk then promotes them.
 *
 * Flags go round as the operands of the op that makes them, where that can be: at the head of a block
 * the op is made again, which costs nothing until somebody asks.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/guest.h"
#include "tcg/opt/opt.h"

enum { MAX_PARAMS = 24, MAX_BODY = 400, MAX_SLOTS = 256 };

struct loop {
    const struct ir *old;
    struct ir new;
    ir_ref back;               /* the op that goes back to the entry */
    ir_ref slot[MAX_SLOTS];    /* what the body's last put of each slot put */
    ir_ref base[MAX_PARAMS];   /* values that go round */
    uint8_t type[MAX_PARAMS];
    unsigned n;
    ir_ref *first, *again;     /* copies of the body's values in blocks 0 and 1 */
};

static bool is_const(const struct loop *l, ir_ref v)
{
    return l->old->ops[v].opc == IR_const || l->old->ops[v].opc == IR_vconst;
}

static bool lazy_flags(uint16_t opc)
{
    return opc == IR_flags_add || opc == IR_flags_sub || opc == IR_flags_and;
}

/* --- what goes round ---------------------------------------------------------------------------- */

static bool carry(struct loop *l, ir_ref v)
{
    if (is_const(l, v))
        return true;
    for (unsigned k = 0; k < l->n; k++)
        if (l->base[k] == v)
            return true;
    if (l->n == MAX_PARAMS)
        return false;
    l->type[l->n] = (uint8_t)ir_result_type(l->old, v);
    l->base[l->n++] = v;
    return true;
}

/* An extension is made again at the head: its operand goes round. */
static bool extends(const struct loop *l, ir_ref v)
{
    const struct ir_op *op = &l->old->ops[v];
    return (op->opc == IR_zext64 || op->opc == IR_vzext || op->opc == IR_vfdn) && !is_const(l, op->arg[0]);
}

static bool carry_slot(struct loop *l, ir_ref v)
{
    const struct ir_op *op = &l->old->ops[v];
    if (ir_result_type(l->old, v) != IR_FLAGS)
        return carry(l, extends(l, v) ? op->arg[0] : v);
    if (lazy_flags(op->opc))
        return carry(l, op->arg[0]) && carry(l, op->arg[1]);
    /* as a packed word; those of fcmp may be in the host's flags alone */
    return (op->opc == IR_flags_sel || op->opc == IR_flags_merge || op->opc == IR_flags_adc || op->opc == IR_flags_sbc ||
            op->opc == IR_flags_nzcv) && carry(l, v);
}

/* Can the body be made twice? */
static bool may_loop(struct loop *l)
{
    for (ir_ref r = 1; r < l->back; r++) {
        const struct ir_op *op = &l->old->ops[r];
        switch (op->opc) {
        case IR_call: case IR_vcall: case IR_load_excl: case IR_store_excl: case IR_param:
            return false;
        case IR_put:
            l->slot[op->imm] = op->arg[0];
            break;
        default:
            break;
        }
    }
    for (unsigned s = 0; s < l->old->guest->n_slots; s++)
        if (l->slot[s] && !carry_slot(l, l->slot[s]))
            return false;
    for (ir_ref r = l->back + 1; r < l->old->n; r++)
        for (unsigned k = 0; k < 4; k++)
            if (l->old->ops[r].arg[k] && l->old->ops[r].arg[k] <= l->back)
                return false;
    return true;
}

ir_ref opt_loop_back(const struct ir *ir)
{
    const ir_ref last = ir->blocks[0].last;
    for (ir_ref r = 1; r <= last && r < MAX_BODY; r++) {
        const struct ir_op *op = &ir->ops[r];
        if ((op->opc == IR_exit_if || (op->opc == IR_goto_pc && op->mod != IR_IND_CALL)) &&
            (uint64_t)op->imm == ir->entry_pc)
            return r;
    }
    return 0;
}

/* --- building ------------------------------------------------------------------------------------- */

/* A value of the body at the head of `block`. */
static ir_ref head_value(struct loop *l, uint32_t block, ir_ref v)
{
    if (is_const(l, v))
        return ir_emit(&l->new, l->old->ops[v]);
    for (unsigned k = 0; k < l->n; k++)
        if (l->base[k] == v)
            return ir_block_param(&l->new, block, k);
    abort();
}

static void begin_block(struct loop *l)
{
    const uint32_t block = ir_block_begin(&l->new, l->n, l->type);
    for (unsigned s = 0; s < l->old->guest->n_slots; s++) {
        if (!l->slot[s])
            continue;
        struct ir_op op = l->old->ops[l->slot[s]];
        ir_ref v;
        if (extends(l, l->slot[s]) || lazy_flags(op.opc)) {
            for (unsigned k = 0; k < 2; k++)
                if (op.arg[k])
                    op.arg[k] = head_value(l, block, op.arg[k]);
            v = ir_emit(&l->new, op);
        } else {
            v = head_value(l, block, l->slot[s]);
        }
        ir_put(&l->new, s, v);
    }
}

/* Ops before the one that goes back; map: where their copies are. */
static void copy_body(struct loop *l, ir_ref *map)
{
    for (ir_ref r = 1; r < l->back; r++) {
        struct ir_op op = l->old->ops[r];
        if (map == l->again && op.opc == IR_get && !l->slot[op.imm]) {
            map[r] = l->first[r]; /* the loop does not change it */
            continue;
        }
        for (unsigned k = 0; k < 4; k++)
            op.arg[k] = op.arg[k] ? map[op.arg[k]] : 0;
        map[r] = ir_emit(&l->new, op);
    }
}

static void end_body(struct loop *l, const ir_ref *map)
{
    const struct ir_op *op = &l->old->ops[l->back];
    ir_ref args[MAX_PARAMS];
    for (unsigned k = 0; k < l->n; k++)
        args[k] = map[l->base[k]];
    if (op->opc == IR_goto_pc)
        ir_jump(&l->new, 1, args, l->n);
    else
        ir_branch(&l->new, (enum ir_cond)op->mod, map[op->arg[0]], 1, args, l->n, 2, args, l->n);
}

static void copy_rest(struct loop *l)
{
    const ir_ref shift = l->new.n - (l->back + 1);
    for (ir_ref r = l->back + 1; r < l->old->n; r++) {
        struct ir_op op = l->old->ops[r];
        for (unsigned k = 0; k < 4; k++)
            if (op.arg[k])
                op.arg[k] += shift;
        if (op.opc == IR_goto_pc && op.mod == IR_IND_CALL)
            ir_call_pc(&l->new, (uint64_t)op.imm, (uint64_t)op.imm2);
        else if (op.opc == IR_goto_pc)
            ir_goto_pc(&l->new, (uint64_t)op.imm);
        else if (op.opc == IR_goto_ind && op.mod == IR_IND_CALL)
            ir_call_ind(&l->new, op.arg[0], (uint64_t)op.imm);
        else if (op.opc == IR_goto_ind)
            ir_goto_ind(&l->new, op.arg[0], (enum ir_ind)op.mod);
        else if (op.opc == IR_raise)
            ir_raise(&l->new, op.mod, op.imm, (uint64_t)op.imm2);
        else
            ir_emit(&l->new, op);
    }
}

static void build(struct loop *l)
{
    struct ir *n = &l->new;
    n->entry_pc = l->old->entry_pc;
    n->mode = l->old->mode;
    n->run_mode = l->old->run_mode;
    ir_block_begin(n, 0, NULL);
    copy_body(l, l->first);
    end_body(l, l->first);
    begin_block(l);
    ir_emit(n, (struct ir_op){.opc = IR_poll, .imm = (int64_t)n->entry_pc});
    copy_body(l, l->again);
    end_body(l, l->again);
    if (l->old->ops[l->back].opc == IR_goto_pc)
        return;
    begin_block(l);
    copy_rest(l);
}

void opt_loop(struct ir *ir)
{
    struct loop l = {.old = ir};
    if (ir->n_blocks != 1 || ir->guest->n_slots > MAX_SLOTS || !(l.back = opt_loop_back(ir)) ||
        !may_loop(&l))
        return;
    ir_init(&l.new, ir->guest);
    ir_reset(&l.new);
    l.first = calloc((size_t)l.back * 2, sizeof *l.first);
    if (!l.first)
        abort();
    l.again = l.first + l.back;
    build(&l);
    free(l.first);
    const struct ir was = *ir;
    *ir = l.new;
    l.new = was;
    ir_free(&l.new);
}
