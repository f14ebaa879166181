/* SPDX-License-Identifier: MIT */
/*
 * See rounds.h: what a loop of one block is, and how blocks beside it are written.  Includes rounds.h alone.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/opt/rounds.h"

int64_t rounds_step(const struct rounds *l, ir_ref r)
{
    const ir_ref base = l->base[rounds_at(l, r)];
    return rounds_kind(l, r) == STEPS ? l->offset[rounds_at(l, rounds_next(l, base))] : 0;
}

/* --- what the block is ----------------------------------------------------------------------------- */

/* A loop by itself: the number of its edge to itself, or -1. */
static int self_edge(const struct ir_block *b, uint32_t k)
{
    if (b->succ[0] == b->succ[1])
        return -1;
    return b->succ[0] == k ? 0 : b->succ[1] == k ? 1 : -1;
}

static bool find_body(struct rounds *l)
{
    for (ir_ref r = l->b.first + l->b.n_params; r < l->b.last; r++) {
        const uint16_t opc = rounds_op(l, r)->opc;
        if (opc == IR_poll)
            l->body = r + 1;
        if (ir_opinfo[opc].flags & (IRF_MEM | IRF_FPFX | IRF_EXIT))
            break;
    }
    return l->body && rounds_op(l, l->body)->opc == IR_insn;
}

/* A constant that is added, of op r that adds to *a. */
static bool addend(const struct rounds *l, const struct ir_op *op, ir_ref *a, int64_t *c)
{
    if (op->opc != IR_add && op->opc != IR_sub)
        return false;
    const struct ir_op *x = rounds_op(l, op->arg[0]), *y = rounds_op(l, op->arg[1]);
    if (y->opc == IR_const && !y->mod) {
        *a = op->arg[0];
        *c = op->opc == IR_add ? y->imm : -y->imm;
    } else if (op->opc == IR_add && x->opc == IR_const && !x->mod) {
        *a = op->arg[1];
        *c = x->imm;
    } else {
        return false;
    }
    return true;
}

static void find_bases(struct rounds *l)
{
    for (ir_ref r = l->b.first; r <= l->b.last; r++) {
        const struct ir_op *op = rounds_op(l, r);
        const unsigned i = rounds_at(l, r);
        ir_ref a;
        int64_t c;
        l->base[i] = 0;
        l->offset[i] = 0;
        if (op->opc == IR_param && (op->type == IR_I32 || op->type == IR_I64)) {
            l->base[i] = r;
        } else if (addend(l, op, &a, &c) && rounds_inside(l, a) && l->base[rounds_at(l, a)]) {
            l->base[i] = l->base[rounds_at(l, a)];
            l->offset[i] = l->offset[rounds_at(l, a)] + c;
        }
    }
}

bool rounds_begin(struct rounds *l, struct ir *ir, uint32_t k)
{
    const int back = self_edge(&ir->blocks[k], k);
    l->ir = ir;
    l->b = ir->blocks[k];
    l->block = k;
    l->back = (unsigned)back;
    if (back < 0 || l->b.last - l->b.first >= ROUNDS_BLOCK || l->b.n_params > ROUNDS_PARAMS || !find_body(l))
        return false;
    find_bases(l);
    return true;
}

enum rounds_kind rounds_param_kind(const struct rounds *l, ir_ref r)
{
    const ir_ref next = rounds_next(l, r);
    if (next == r)
        return FIXED;
    if (!rounds_inside(l, next) || l->base[rounds_at(l, next)] != r || !l->base[rounds_at(l, r)])
        return NOT_KNOWN;
    const int64_t step = l->offset[rounds_at(l, next)];
    return step && step <= ROUNDS_STEP && step >= -ROUNDS_STEP ? STEPS : NOT_KNOWN;
}

enum rounds_kind rounds_get_kind(const struct rounds *l, const struct ir_op *op)
{
    for (ir_ref r = l->b.first; r <= l->b.last; r++)
        if (rounds_op(l, r)->opc == IR_put && rounds_op(l, r)->imm == op->imm)
            return NOT_KNOWN;
    return FIXED;
}

enum rounds_kind rounds_of_operands(const struct rounds *l, const struct ir_op *op)
{
    enum rounds_kind k = FIXED;
    for (unsigned i = 0; i < ir_arg_count[op->opc]; i++) {
        if (!op->arg[i])
            continue;
        const enum rounds_kind a = rounds_kind(l, op->arg[i]);
        if (a == NOT_KNOWN || a == PAIR || a == HIGH)
            return NOT_KNOWN;
        if (a == WIDE)
            k = WIDE;
        else if (a != FIXED && k == FIXED)
            k = SCALAR;
    }
    return k;
}

/* --- writing --------------------------------------------------------------------------------------- */

ir_ref rounds_copy_op(struct rounds *l, ir_ref r, rounds_value_fn *value)
{
    struct ir_op op = *rounds_op(l, r);
    op.pass = 0;
    for (unsigned k = 0; k < 4; k++)
        op.arg[k] = op.arg[k] ? value(l, op.arg[k]) : 0;
    return ir_emit(l->out, op);
}

ir_ref rounds_value(struct rounds *l, ir_ref r)
{
    ir_ref *m = &l->map[rounds_at(l, r)];
    const struct ir_op *op = rounds_op(l, r);
    if (*m)
        return *m;
    if (rounds_kind(l, r) == WIDE) {
        *m = l->last_lane(l, r);
    } else if (op->opc == IR_param || rounds_kind(l, r) == STEPS) {
        const ir_ref base = op->opc == IR_param ? r : l->base[rounds_at(l, r)];
        const int64_t by = l->offset[rounds_at(l, r)] + rounds_step(l, r) * l->round;
        *m = l->head[rounds_at(l, base)];
        if (by)
            *m = ir_add(l->out, (enum ir_type)op->type, *m, rounds_number(l, op, by));
    } else {
        *m = rounds_copy_op(l, r, rounds_value);
    }
    return *m;
}

ir_ref rounds_first(struct rounds *l, ir_ref r)
{
    if (rounds_kind(l, r) != STEPS)
        return rounds_value(l, r);
    const ir_ref base = l->base[rounds_at(l, r)];
    const int64_t c = l->offset[rounds_at(l, r)];
    const ir_ref v = l->head[rounds_at(l, base)];
    const struct ir_op *p = rounds_op(l, base);
    return c ? ir_add(l->out, (enum ir_type)p->type, v, rounds_number(l, p, c)) : v;
}

void rounds_block(struct rounds *l, bool poll, unsigned depth, unsigned n_more)
{
    uint8_t types[2 * ROUNDS_PARAMS];
    for (unsigned k = 0; k < l->b.n_params; k++)
        types[k] = rounds_op(l, l->b.first + k)->type;
    memset(types + l->b.n_params, IR_V128, n_more);
    const uint32_t k = ir_block_begin(l->out, l->b.n_params + n_more, types);
    l->out->blocks[k].loop_depth = (uint16_t)depth;
    memset(l->map, 0, sizeof l->map);
    memset(l->wide, 0, sizeof l->wide);
    for (unsigned i = 0; i < l->b.n_params; i++) {
        l->map[i] = l->head[i] = ir_block_param(l->out, k, i);
        l->out->ops[l->head[i]] = *rounds_op(l, l->b.first + i);
        l->out->ops[l->head[i]].pass = 0;
    }
    l->round = 0;
    for (ir_ref r = l->b.first + l->b.n_params; r < l->body; r++)
        if (rounds_op(l, r)->opc == IR_put || (rounds_op(l, r)->opc == IR_poll && poll))
            rounds_copy_op(l, r, rounds_value);
}

bool rounds_last_put(const struct rounds *l, ir_ref r)
{
    const struct ir_op *op = rounds_op(l, r);
    bool last = op->opc == IR_put;
    for (ir_ref k = r + 1; last && k < l->b.last; k++)
        last = rounds_op(l, k)->opc != IR_put || rounds_op(l, k)->imm != op->imm;
    return last;
}

void rounds_puts(struct rounds *l)
{
    for (ir_ref r = l->body; r < l->b.last; r++)
        if (rounds_last_put(l, r))
            rounds_copy_op(l, r, rounds_value);
}

void rounds_args(struct rounds *l, ir_ref *args)
{
    for (unsigned k = 0; k < l->b.n_params; k++)
        args[k] = rounds_value(l, rounds_next(l, l->b.first + k));
}

void rounds_copy_block(const struct rounds *l, uint32_t k, uint32_t added, uint32_t self, ir_ref *map)
{
    const struct ir_block *old = &l->ir->blocks[k];
    struct ir *out = l->out;
    uint8_t none = 0;
    const uint32_t n = ir_block_begin(out, 0, &none);
    out->blocks[n].n_params = old->n_params;
    out->blocks[n].loop_depth = old->loop_depth;
    for (ir_ref r = old->first; r <= old->last; r++) {
        struct ir_op op = l->ir->ops[r];
        op.pass = 0;
        if (op.opc == IR_NOP)
            continue;
        for (unsigned i = 0; i < 4; i++)
            op.arg[i] = op.arg[i] ? map[op.arg[i]] : 0;
        map[r] = ir_emit(out, op);
    }
    struct ir_block *b = &out->blocks[n];
    struct ir_op *last = &out->ops[out->n - 1];
    b->last = out->n - 1;
    for (int e = 0; e < 2; e++) {
        const uint32_t to = old->succ[e];
        if (to == UINT32_MAX)
            continue;
        const uint32_t moved = to > l->block ? to + added : to == l->block && k == l->block ? self : to;
        const ir_ref from = old->edge[e];
        b->succ[e] = moved;
        *(e ? &last->imm2 : &last->imm) = moved;
        b->edge[e] = ir_add_edge(out, l->ir->edge_args + from, l->ir->blocks[to].n_params);
        for (unsigned i = 0; i < l->ir->blocks[to].n_params; i++)
            out->edge_args[b->edge[e] + i] = map[out->edge_args[b->edge[e] + i]];
    }
}

void rounds_rewrite(struct rounds *l, uint32_t added, rounds_make_fn *make)
{
    struct ir *ir = l->ir, out = {0};
    ir_ref *map = calloc(ir->n, sizeof *map);
    if (!map)
        abort();
    ir_init(&out, ir->guest);
    l->out = &out;
    out.entry_pc = ir->entry_pc;
    out.mode = ir->mode;
    out.run_mode = ir->run_mode;
    out.promoted = ir->promoted;
    out.local = ir->local;
    out.batches = true;
    for (uint32_t k = 0; k < ir->n_blocks; k++) {
        if (k == l->block)
            make(l, map);
        else
            rounds_copy_block(l, k, added, 0, map);
    }
    free(map);
    ir_free(ir);
    *ir = out;
}
