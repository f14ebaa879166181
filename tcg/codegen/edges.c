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

/* The first value that is not looked at for where it lives on: none need be if all are local. */
static ir_ref first_local(const struct cg *cg, const struct ir_block *t)
{
    return cg->ir->local ? 1 : t->first;
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
    return (struct cg_operand){.kind = pl->mem, .disp = pl->disp};
}

static void add_place(struct cg *cg, struct cg_block_in *in, struct cg_place place)
{
    struct cg_priv *p = cg->priv;
    p->places = cg_grow(p->places, &p->cap_places, p->n_places + 1, sizeof *p->places);
    p->places[p->n_places++] = place;
    in->n++;
}

static void add_reg(struct cg *cg, struct cg_block_in *in, ir_ref v, uint8_t reg)
{
    add_place(cg, in, (struct cg_place){.value = v, .reg = reg, .mem = CG_NONE});
}

static void add_stack(struct cg *cg, struct cg_block_in *in, ir_ref v, int32_t disp)
{
    add_place(cg, in, (struct cg_place){.value = v, .reg = CG_NO_REG, .mem = CG_STACK, .disp = disp});
}

/* The slot whose memory holds parameter v too, plus 1; 0: none. */
static unsigned copy_of(const struct cg *cg, ir_ref v)
{
    return cg->ir->ops[v].imm2 > 0 ? (unsigned)cg->ir->ops[v].imm2 : 0;
}

/* The slot that parameter v is the value of, so that it may come in that slot's memory, plus 1; 0: none. */
static unsigned home_of(const struct cg *cg, ir_ref v)
{
    const int64_t s = cg->ir->ops[v].imm2;
    if (s >= 0)
        return (unsigned)s;
    return tcg_slot_narrow(&cg->ir->guest->slots[-s - 1]) ? 0 : (unsigned)-s;
}

static void add_state(struct cg *cg, struct cg_block_in *in, ir_ref v)
{
    int32_t disp = (int32_t)cg->ir->guest->slots[home_of(cg, v) - 1].offset;
    add_place(cg, in, (struct cg_place){.value = v, .reg = CG_NO_REG, .mem = CG_STATE, .disp = disp});
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

/* Registers that parameters leave to what is computed in the block. */
static const unsigned spare[2] = {2, 2};

/* Where parameter v goes, whose first argument is a (0: not known yet): to a's register, to another
 * one, to memory.  What the slot's memory holds anyway is loaded ahead for a loop alone. */
static void decide_param(struct cg *cg, struct cg_block_in *in, ir_ref v, ir_ref a, bool loop,
                         uint32_t used[2], uint64_t *stack)
{
    struct cg_priv *p = cg->priv;
    enum cg_class c;
    cg_value_class(cg->ir, v, &c);
    uint8_t reg = a ? p->val[a].reg : p->val[v].hint;
    const bool wanted = p->val[v].next != CG_NEVER;
    const uint32_t can = cg->host->allocatable[c] & ~used[c];
    if (copy_of(cg, v) && (reg == CG_NO_REG || used[c] >> reg & 1) && !(loop && wanted)) {
        add_state(cg, in, v);
        return;
    }
    if (reg == CG_NO_REG || used[c] >> reg & 1)
        reg = (unsigned)__builtin_popcount(can) > spare[c] ? (uint8_t)__builtin_ctz(can) : CG_NO_REG;
    if (reg != CG_NO_REG) {
        used[c] |= 1u << reg;
        add_reg(cg, in, v, reg);
    } else if (home_of(cg, v)) {
        add_state(cg, in, v);
    } else {
        add_stack(cg, in, v, free_stack(cg, stack));
    }
}

static bool loop_head(const struct ir *ir, uint32_t block)
{
    for (uint32_t k = block; k < ir->n_blocks; k++)
        if (ir->blocks[k].succ[0] == block || ir->blocks[k].succ[1] == block)
            return true;
    return false;
}

/* Block `block` is made before any that leads to it: its parameters go to where its successors want what
 * is for the same slots. */
static void hint_params(struct cg *cg, uint32_t block)
{
    struct cg_priv *p = cg->priv;
    const struct ir_block *t = &cg->ir->blocks[block];
    for (int e = 0; e < 2; e++) {
        if (t->succ[e] == UINT32_MAX || !p->in[t->succ[e]].known)
            continue;
        const struct cg_block_in *in = &p->in[t->succ[e]];
        for (uint32_t i = 0; i < in->n; i++) {
            const struct cg_place *pl = &p->places[in->first + i];
            for (unsigned k = 0; k < t->n_params; k++)
                if (pl->reg != CG_NO_REG && cg->ir->ops[t->first + k].mod &&
                    cg->ir->ops[t->first + k].mod == cg->ir->ops[pl->value].mod)
                    p->val[t->first + k].hint = pl->reg;
        }
    }
}

/* Chooses the places of block t from where values are now; args: NULL if no edge to it is made yet. */
static void decide(struct cg *cg, uint32_t block, const ir_ref *args)
{
    struct cg_priv *p = cg->priv;
    const struct ir_block *t = &cg->ir->blocks[block];
    struct cg_block_in *in = &p->in[block];
    uint32_t used[2] = {0, 0};
    uint64_t stack = 0;
    in->known = true;
    in->first = p->n_places;
    for (ir_ref v = 1; v < first_local(cg, t); v++)
        if (lives_into(cg, v, t) && p->val[v].reg == CG_NO_REG && p->val[v].mem == CG_STACK)
            stack |= 1ull << (p->val[v].disp / 16);
    for (ir_ref v = 1; v < first_local(cg, t); v++) {
        if (!lives_into(cg, v, t))
            continue;
        enum cg_class c;
        cg_value_class(cg->ir, v, &c);
        if (p->val[v].reg != CG_NO_REG) {
            used[c] |= 1u << p->val[v].reg;
            add_reg(cg, in, v, p->val[v].reg);
        } else {
            add_stack(cg, in, v, p->val[v].mem == CG_STACK ? p->val[v].disp : free_stack(cg, &stack));
        }
    }
    const bool loop = loop_head(cg->ir, block);
    for (unsigned k = 0; k < t->n_params; k++)
        decide_param(cg, in, t->first + k, args ? args[k] : 0, loop, used, &stack);
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

/* A vector constant to memory. */
static void store_vconst(struct cg *cg, struct cg_operand to, const struct ir_op *op)
{
    const struct cg_operand lo = {.kind = CG_IMM, .imm = op->imm}, hi = {.kind = CG_IMM, .imm = op->imm2};
    cg->host->move(cg, IR_I64, &to, &lo);
    to.disp += 8;
    cg->host->move(cg, IR_I64, &to, &hi);
}

static void emit_move(struct cg *cg, struct cg_move *m)
{
    if (m->remat && m->to.kind != CG_REG) {
        store_vconst(cg, m->to, &cg->ir->ops[m->remat]);
    } else if (m->remat) { /* it is in no register */
        struct cg_inst i = {.op = &cg->ir->ops[m->remat], .d = m->to};
        cg->host->ops[IR_vconst].emit(cg, &i);
    } else if (!same(&m->from, &m->to)) {
        cg->host->move(cg, m->type, &m->to, &m->from);
    }
    m->done = true;
}

/* Where to put the value of m[k] to open a cycle: the scratch register, unless other moves need that. */
static struct cg_operand cycle_temp(const struct cg *cg, const struct cg_move *m, unsigned n, unsigned k)
{
    for (unsigned i = 0; i < n; i++)
        if (!m[i].done && (m[i].from.kind != CG_REG || m[i].to.kind != CG_REG))
            return (struct cg_operand){.kind = CG_STACK, .disp = 63 * 16};
    return (struct cg_operand){.kind = CG_REG,
                               .reg = cg->host->scratch[m[k].type == IR_V128 ? CG_VEC : CG_INT]};
}

static void parallel_move(struct cg *cg, struct cg_move *m, unsigned n)
{
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
        const struct cg_operand temp = cycle_temp(cg, m, n, left);
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
        if (!param || pl.mem != CG_STATE || !copy_of(cg, pl.value)) /* else it is there by now */
            add_move(cg, param ? args[pl.value - t->first] : pl.value, &pl);
    }
    e.n = p->n_moves - e.first;
    return e;
}

/* next: the block that is emitted right behind, if any. */
static void emit_edge(struct cg *cg, struct edge e, uint32_t next)
{
    parallel_move(cg, cg->priv->moves + e.first, e.n);
    if (e.block != next)
        cg->host->jump(cg, &cg->priv->in[e.block].label);
}

static void emit_edge_ool(struct cg *cg, struct cg_ool *o)
{
    cg->host->bind(cg, &o->from);
    emit_edge(cg, (struct edge){(uint32_t)o->data[0], (uint32_t)o->data[1], (uint32_t)(o->data[1] >> 32)},
              UINT32_MAX);
}

static bool nothing_to_move(const struct cg *cg, struct edge e)
{
    for (uint32_t k = e.first; k < e.first + e.n; k++)
        if (!same(&cg->priv->moves[k].from, &cg->priv->moves[k].to))
            return false;
    return true;
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
    emit_edge(cg, make_edge(cg, (uint32_t)op->imm, cg->ir->edge_args + b->edge[0]),
              cg->priv->cur_block + 1);
}

/* A loop's way back whose moves stand behind the branch: out of line it would be two jumps a round. */
static void emit_loop_edge(struct cg *cg, struct cg_inst *i, struct edge back, struct edge out)
{
    struct ir_op turned = *i->op;
    struct cg_label past = {0};
    turned.mod ^= 1;
    i->op = &turned;
    i->label = &past;
    cg->host->ops[IR_branch].emit(cg, i);
    emit_edge(cg, back, UINT32_MAX);
    cg->host->bind(cg, &past);
    emit_edge(cg, out, cg->priv->cur_block + 1);
}

/* Operands of a flags value that is made again. */
static void need_lazy(struct cg *cg, ir_ref f)
{
    const struct ir_op *op = &cg->ir->ops[f];
    if (!(op->pass & CG_VIRTUAL))
        return;
    for (unsigned k = 0; k < 2; k++)
        if (op->arg[k] && !rematerialises(cg, op->arg[k]))
            cg_need(cg, op->arg[k]);
    if (cg_with_carry(op->opc))
        need_lazy(cg, op->arg[2]);
}

void cg_emit_branch(struct cg *cg, ir_ref r)
{
    const struct ir_op *op = &cg->ir->ops[r];
    const struct ir_block *b = &cg->ir->blocks[cg->priv->cur_block];
    struct cg_inst i = {.op = op};
    flush_slots(cg);
    if (!(op->pass & CG_FUSED))
        need_lazy(cg, op->arg[0]);
    i.fl = cg_flags_at(cg, op->arg[0], op->pass & CG_FUSED);
    struct edge then = make_edge(cg, (uint32_t)op->imm, cg->ir->edge_args + b->edge[0]);
    struct edge other = make_edge(cg, (uint32_t)op->imm2, cg->ir->edge_args + b->edge[1]);
    const uint32_t next = cg->priv->cur_block + 1;
    struct ir_op turned = *op;
    if (then.block == next || (other.block != next && nothing_to_move(cg, other))) {
        const struct edge e = then;
        turned.mod ^= 1;
        then = other;
        other = e;
        i.op = &turned;
    }
    if (then.block <= cg->priv->cur_block && other.block == next && !nothing_to_move(cg, then)) {
        emit_loop_edge(cg, &i, then, other);
        return;
    }
    if (nothing_to_move(cg, then)) {
        i.label = &cg->priv->in[then.block].label;
    } else {
        struct cg_ool *o = cg_ool(cg, emit_edge_ool, NULL);
        o->data[0] = then.block;
        o->data[1] = then.first | (uint64_t)then.n << 32;
        i.label = &o->from;
    }
    cg->host->ops[IR_branch].emit(cg, &i);
    emit_edge(cg, other, next);
}

/* A result that goes to where a block that is already made wants it need not be moved there. */
static void give_hints(struct cg *cg, const struct ir_block *b)
{
    struct cg_priv *p = cg->priv;
    p->wanted[0] = p->wanted[1] = 0;
    for (int e = 0; e < 2; e++) {
        if (b->succ[e] == UINT32_MAX || !p->in[b->succ[e]].known)
            continue;
        const struct cg_block_in *in = &p->in[b->succ[e]];
        const struct ir_block *t = &cg->ir->blocks[b->succ[e]];
        for (uint32_t k = 0; k < in->n; k++) {
            const struct cg_place *pl = &p->places[in->first + k];
            if (pl->reg == CG_NO_REG || pl->value < t->first)
                continue;
            ir_ref v = cg->ir->edge_args[b->edge[e] + pl->value - t->first];
            enum cg_class c;
            cg_value_class(cg->ir, v, &c);
            p->val[v].hint = pl->reg;
            if (v >= b->first + b->n_params)
                p->wanted[c] |= 1u << pl->reg;
        }
    }
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
    if (!p->in[block].known) {
        hint_params(cg, block);
        decide(cg, block, NULL);
    }
    for (ir_ref v = 1; v < first_local(cg, b); v++) {
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
            cg_hold(p, c, pl->reg, pl->value);
        else if (pl->mem == CG_STACK)
            cg_stack_take(p, (unsigned)pl->disp / 16, pl->value);
        if (pl->value >= b->first && (copy_of(cg, pl->value) || pl->mem == CG_STATE)) {
            const unsigned s = home_of(cg, pl->value) - 1;
            p->val[pl->value].mem = CG_STATE;
            p->val[pl->value].bytes = cg->ir->guest->slots[s].bytes;
            p->val[pl->value].disp = (int32_t)cg->ir->guest->slots[s].offset;
            p->slot[s].home_of = pl->value;
        }
    }
    give_hints(cg, b);
    cg->host->bind(cg, &p->in[block].label);
}
