/* SPDX-License-Identifier: MIT */
/*
 * Edges between blocks.  The first edge that reaches a block decides where the values that live
 * into it (and its parameters) are; later edges move them there, as one parallel move.  On an edge
 * a value is in a register or a stack slot, never in a state slot's memory alone: that memory may
 * change on the way round a loop.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/codegen/cg.h"

static bool rematerialises(const struct cg *cg, ir_ref v)
{
    return cg->ir->ops[v].opc == IR_const || cg->ir->ops[v].opc == IR_vconst;
}

static bool lives_into(const struct cg *cg, ir_ref v, const struct ir_block *t)
{
    const struct ir_op *op = &cg->ir->ops[v];
    return v < t->first && cg->priv->val[v].end >= t->first && !rematerialises(cg, v) &&
           !(op->pass & CG_VIRTUAL) && op->opc != IR_NOP &&
           ir_result_type(cg->ir, v) != IR_NONE;
}

static struct cg_operand place_operand(const struct cg_place *pl)
{
    if (pl->reg != CG_NO_REG)
        return (struct cg_operand){.kind = CG_REG, .reg = pl->reg};
    return (struct cg_operand){.kind = CG_STACK, .disp = pl->disp};
}

static void add_place(struct cg *cg, struct cg_block_in *in, ir_ref v, uint8_t reg, int32_t disp)
{
    struct cg_priv *p = cg->priv;
    p->places = cg_grow(p->places, &p->cap_places, p->n_places + 1, sizeof *p->places);
    p->places[p->n_places++] =
        (struct cg_place){.value = v, .reg = reg, .mem = reg == CG_NO_REG ? CG_STACK : CG_NONE,
                          .disp = disp};
    in->n++;
}

static int32_t free_stack(struct cg *cg, uint64_t *used)
{
    for (unsigned k = 0; k < 63 && (k + 1) * 16 < cg->host->spill_bytes; k++)
        if (!(*used >> k & 1)) {
            *used |= 1ull << k;
            return (int32_t)k * 16;
        }
    cg->overflow = cg->priv->no_spill = true;
    return 0;
}

/* Chooses the places of block t from where values are now. */
static void decide(struct cg *cg, uint32_t block, const ir_ref *args)
{
    struct cg_priv *p = cg->priv;
    const struct ir_block *t = &cg->ir->blocks[block];
    struct cg_block_in *in = &p->in[block];
    uint32_t used[2] = {0, 0};
    uint64_t stack = 0;
    in->known = true;
    in->first = p->n_places;
    for (ir_ref v = 1; v < t->first; v++)
        if (lives_into(cg, v, t) && p->val[v].reg == CG_NO_REG && p->val[v].mem == CG_STACK)
            stack |= 1ull << (p->val[v].disp / 16);
    for (ir_ref v = 1; v < t->first; v++) {
        if (!lives_into(cg, v, t))
            continue;
        enum cg_class c;
        cg_value_class(cg->ir, v, &c);
        if (p->val[v].reg != CG_NO_REG) {
            used[c] |= 1u << p->val[v].reg;
            add_place(cg, in, v, p->val[v].reg, 0);
        } else if (p->val[v].mem == CG_STACK) {
            add_place(cg, in, v, CG_NO_REG, p->val[v].disp);
        } else {
            add_place(cg, in, v, CG_NO_REG, free_stack(cg, &stack));
        }
    }
    for (unsigned k = 0; k < t->n_params; k++) {
        ir_ref v = t->first + k, a = args[k];
        enum cg_class c;
        cg_value_class(cg->ir, v, &c);
        uint8_t reg = p->val[a].reg;
        if (reg == CG_NO_REG || used[c] >> reg & 1) {
            uint32_t can = cg->host->allocatable[c] & ~used[c];
            reg = can ? (uint8_t)__builtin_ctz(can) : CG_NO_REG;
        }
        if (reg != CG_NO_REG) {
            used[c] |= 1u << reg;
            add_place(cg, in, v, reg, 0);
        } else {
            add_place(cg, in, v, CG_NO_REG, free_stack(cg, &stack));
        }
    }
}

/* --- parallel moves ------------------------------------------------------------------------------ */

static bool same(const struct cg_operand *a, const struct cg_operand *b)
{
    return a->kind == b->kind && (a->kind == CG_REG ? a->reg == b->reg : a->disp == b->disp) &&
           a->kind != CG_IMM;
}

static bool same_class(const struct cg_move *a, const struct cg_move *b)
{
    return (a->type == IR_V128) == (b->type == IR_V128);
}

static bool blocked(const struct cg_move *m, unsigned n, unsigned k)
{
    for (unsigned j = 0; j < n; j++)
        if (j != k && !m[j].done && same(&m[j].from, &m[k].to) &&
            (m[k].to.kind != CG_REG || same_class(&m[j], &m[k])))
            return true;
    return false;
}

static void emit_move(struct cg *cg, struct cg_move *m)
{
    if (m->remat) { /* a vector constant in no register */
        struct cg_inst i = {.op = &cg->ir->ops[m->remat], .d = m->to};
        cg->host->ops[IR_vconst].emit(cg, &i);
    } else if (!same(&m->from, &m->to)) {
        cg->host->move(cg, m->type, &m->to, &m->from);
    }
    m->done = true;
}

static void parallel_move(struct cg *cg, struct cg_move *m, unsigned n)
{
    struct cg_operand temp = {.kind = CG_STACK, .disp = 63 * 16};
    for (unsigned k = 0; k < n; k++)
        if (same(&m[k].from, &m[k].to))
            m[k].done = true;
    for (;;) {
        bool moved = false;
        unsigned left = n;
        for (unsigned k = 0; k < n; k++) {
            if (m[k].done)
                continue;
            left = k;
            if (!blocked(m, n, k)) {
                emit_move(cg, &m[k]);
                moved = true;
            }
        }
        if (left == n)
            return;
        if (moved)
            continue;
        cg->host->move(cg, m[left].type, &temp, &m[left].from); /* a cycle: open it */
        struct cg_operand old = m[left].from;
        for (unsigned k = 0; k < n; k++)
            if (!m[k].done && same(&m[k].from, &old) && same_class(&m[k], &m[left]))
                m[k].from = temp;
    }
}

static void add_move(struct cg *cg, ir_ref from, const struct cg_place *to)
{
    struct cg_priv *p = cg->priv;
    p->moves = cg_grow(p->moves, &p->cap_moves, p->n_moves + 1, sizeof *p->moves);
    struct cg_move *m = &p->moves[p->n_moves++];
    *m = (struct cg_move){.type = (uint8_t)cg_move_type(cg, to->value), .to = place_operand(to)};
    m->from = cg_where(cg, from);
    if (m->from.kind == CG_NONE)
        m->remat = from;
}

struct edge { uint32_t block, first, n; };

static struct edge make_edge(struct cg *cg, uint32_t block, const ir_ref *args)
{
    struct cg_priv *p = cg->priv;
    struct edge e = {.block = block, .first = p->n_moves};
    const struct ir_block *t = &cg->ir->blocks[block];
    if (!p->in[block].known)
        decide(cg, block, args);
    for (uint32_t k = 0; k < p->in[block].n; k++) {
        const struct cg_place pl = p->places[p->in[block].first + k];
        bool param = pl.value >= t->first;
        add_move(cg, param ? args[pl.value - t->first] : pl.value, &pl);
    }
    e.n = p->n_moves - e.first;
    return e;
}

static void emit_edge(struct cg *cg, struct edge e)
{
    parallel_move(cg, cg->priv->moves + e.first, e.n);
    cg->host->jump(cg, &cg->priv->in[e.block].label);
}

static void emit_edge_ool(struct cg *cg, struct cg_ool *o)
{
    cg->host->bind(cg, &o->from);
    emit_edge(cg, (struct edge){(uint32_t)o->data[0], o->exit, (uint32_t)o->data[1]});
}

/* Slots that the successors do not take over by puts at their heads go to memory. */
static void flush_slots(struct cg *cg)
{
    struct cg_priv *p = cg->priv;
    const struct ir_block *b = &cg->ir->blocks[p->cur_block];
    for (unsigned k = 0; k < p->n_dirty; k++) {
        unsigned s = p->dirty[k];
        if (!cg_flush_at_end(cg->ir, b, s))
            p->slot[s].dirty = false;
    }
    cg_write_back(cg, cg_exit_record(cg));
}

void cg_emit_jump(struct cg *cg, ir_ref r)
{
    const struct ir_op *op = &cg->ir->ops[r];
    const struct ir_block *b = &cg->ir->blocks[cg->priv->cur_block];
    flush_slots(cg);
    emit_edge(cg, make_edge(cg, (uint32_t)op->imm, cg->ir->edge_args + b->edge[0]));
}

void cg_emit_branch(struct cg *cg, ir_ref r)
{
    const struct ir_op *op = &cg->ir->ops[r];
    const struct ir_block *b = &cg->ir->blocks[cg->priv->cur_block];
    struct cg_inst i = {.op = op};
    flush_slots(cg);
    if (!(op->pass & CG_FUSED))
        for (unsigned k = 0; k < 2; k++) {
            ir_ref a = cg->ir->ops[op->arg[0]].arg[k];
            if (cg->ir->ops[op->arg[0]].pass & CG_VIRTUAL && a && !rematerialises(cg, a))
                cg_need(cg, a);
        }
    i.fl = cg_flags_at(cg, op->arg[0], op->pass & CG_FUSED);
    struct edge then = make_edge(cg, (uint32_t)op->imm, cg->ir->edge_args + b->edge[0]);
    struct edge other = make_edge(cg, (uint32_t)op->imm2, cg->ir->edge_args + b->edge[1]);
    struct cg_ool *o = cg_ool(cg, emit_edge_ool, NULL);
    o->data[0] = then.block;
    o->exit = then.first;
    o->data[1] = then.n;
    i.label = &o->from;
    cg->host->ops[IR_branch].emit(cg, &i);
    emit_edge(cg, other);
}

void cg_block_enter(struct cg *cg, uint32_t block)
{
    struct cg_priv *p = cg->priv;
    const struct ir_block *b = &cg->ir->blocks[block];
    if (block == 0 && !p->in[0].known) {
        cg->host->bind(cg, &p->in[0].label);
        p->in[0].known = true;
        return;
    }
    for (ir_ref v = 1; v < b->first; v++) {
        p->val[v].reg = CG_NO_REG;
        if (!rematerialises(cg, v))
            p->val[v].mem = CG_NONE;
    }
    cg_alloc_reset(cg);
    cg_snap_block(cg);
    p->pos = b->first;
    for (uint32_t k = 0; k < p->in[block].n; k++) {
        const struct cg_place *pl = &p->places[p->in[block].first + k];
        enum cg_class c;
        cg_value_class(cg->ir, pl->value, &c);
        p->val[pl->value].reg = pl->reg;
        p->val[pl->value].mem = pl->mem;
        p->val[pl->value].disp = pl->disp;
        if (pl->reg != CG_NO_REG)
            p->reg_val[c][pl->reg] = pl->value;
        else
            p->stack_val[pl->disp / 16] = pl->value;
    }
    cg->host->bind(cg, &p->in[block].label);
}
