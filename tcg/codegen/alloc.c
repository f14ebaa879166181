/* SPDX-License-Identifier: MIT */
/*
 * Where values are.  See cg.h for the scheme.  Invariant: a value whose only copy is the memory of
 * state slot s is what s holds by now (or what it held on entry); before a put of s it moves.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/codegen/cg.h"
#include "tcg/guest.h"

enum { N_STACK = 64, TEMP_STACK = N_STACK - 1 };

bool cg_value_class(const struct ir *ir, ir_ref v, enum cg_class *c)
{
    enum ir_type t = ir_result_type(ir, v);
    *c = t == IR_V128 ? CG_VEC : CG_INT;
    return t != IR_NONE;
}

static enum cg_class class_of(const struct cg *cg, ir_ref v)
{
    return ir_result_type(cg->ir, v) == IR_V128 ? CG_VEC : CG_INT;
}

enum ir_type cg_move_type(const struct cg *cg, ir_ref v)
{
    enum ir_type t = ir_result_type(cg->ir, v);
    return t == IR_FLAGS ? IR_I32 : t;
}

void cg_alloc_reset(struct cg *cg)
{
    struct cg_priv *p = cg->priv;
    for (int c = 0; c < 2; c++) {
        memset(p->reg_val[c], 0, cg->host->n_regs[c] * sizeof p->reg_val[c][0]);
        memset(p->reg_until[c], 0, cg->host->n_regs[c] * sizeof p->reg_until[c][0]);
    }
    memset(p->slot, 0, cg->ir->guest->n_slots * sizeof p->slot[0]);
    memset(p->stack_val, 0, p->n_stack * sizeof p->stack_val[0]);
    p->n_stack = 0;
    p->n_dirty = 0;
    p->host_flags = 0;
    p->wanted[0] = p->wanted[1] = 0;
}

static struct cg_operand reg_operand(unsigned reg)
{
    return (struct cg_operand){.kind = CG_REG, .reg = (uint8_t)reg};
}

struct cg_operand cg_where_else(struct cg *cg, ir_ref v)
{
    const struct cg_val *val = &cg->priv->val[v];
    const struct ir_op *op = &cg->ir->ops[v];
    if (op->opc == IR_const)
        return (struct cg_operand){.kind = CG_IMM, .imm = op->imm, .sym = op->mod & IR_SYM};
    if (val->mem == CG_NONE && op->opc != IR_vconst) {
        fprintf(stderr, "dragoman: value %%%u is nowhere at %%%u\n", v, cg->priv->pos);
        ir_print(cg->ir, stderr);
        abort();
    }
    return (struct cg_operand){.kind = val->mem, .disp = val->disp,
                               .bytes = val->mem == CG_STATE ? val->bytes : 0};
}

/* --- memory ------------------------------------------------------------------------------------- */

static bool take_stack(struct cg *cg, ir_ref v)
{
    struct cg_priv *p = cg->priv;
    for (unsigned k = 0; k < TEMP_STACK && (k + 1) * 16 < cg->host->spill_bytes; k++) {
        ir_ref u = p->stack_val[k];
        if (u && p->val[u].end >= p->pos && p->val[u].mem == CG_STACK &&
            p->val[u].disp == (int32_t)k * 16)
            continue;
        cg_stack_take(p, k, v);
        p->val[v].mem = CG_STACK;
        p->val[v].disp = (int32_t)k * 16;
        return true;
    }
    cg->overflow = p->no_spill = true;
    p->val[v].mem = CG_STACK;
    p->val[v].disp = 0;
    return false;
}

/* The slot that holds v by now and whose memory may therefore take it; -1 if none.  A slot that
 * holds v zero extended takes v's register as it is.  One that holds a part of it does not do. */
static int home_slot(const struct cg *cg, ir_ref v)
{
    const struct cg_priv *p = cg->priv;
    for (unsigned k = 0; k < p->n_dirty; k++) {
        const struct cg_slot *s = &p->slot[p->dirty[k]];
        const struct ir_op *op = &cg->ir->ops[s->value];
        if (s->dirty && !tcg_slot_narrow(&cg->ir->guest->slots[p->dirty[k]]) &&
            (s->value == v ||
             (op->opc == IR_zext64 && op->pass & CG_VIRTUAL && op->arg[0] == v)))
            return p->dirty[k];
    }
    return -1;
}

static bool rematerialises(const struct cg *cg, ir_ref v)
{
    return cg->ir->ops[v].opc == IR_const || cg->ir->ops[v].opc == IR_vconst;
}

/* Stores v's register to memory, unless memory has it. */
static void save(struct cg *cg, ir_ref v)
{
    struct cg_priv *p = cg->priv;
    struct cg_val *val = &p->val[v];
    struct cg_operand from = reg_operand(val->reg);
    if (val->mem != CG_NONE || rematerialises(cg, v))
        return;
    int s = home_slot(cg, v);
    if (s >= 0) {
        val->mem = CG_STATE;
        val->bytes = 0;
        val->disp = (int32_t)cg->ir->guest->slots[s].offset;
        p->slot[s].dirty = false;
        p->slot[s].home_of = v;
    } else {
        take_stack(cg, v);
    }
    struct cg_operand to = {.kind = val->mem, .disp = val->disp};
    enum ir_type t = s >= 0 ? (enum ir_type)cg->ir->guest->slots[s].type : cg_move_type(cg, v);
    cg->host->move(cg, t == IR_FLAGS ? IR_I32 : t, &to, &from);
}

void cg_evict(struct cg *cg, enum cg_class c, unsigned reg)
{
    struct cg_priv *p = cg->priv;
    ir_ref v = p->reg_val[c][reg];
    if (!v)
        return;
    if (p->val[v].end >= p->pos)
        save(cg, v);
    p->val[v].reg = CG_NO_REG;
    cg_hold(p, c, reg, 0);
}

/* --- registers ------------------------------------------------------------------------------------ */

static void set_reg(struct cg *cg, ir_ref v, enum cg_class c, unsigned reg)
{
    cg_hold(cg->priv, c, reg, v);
    cg->priv->val[v].reg = (uint8_t)reg;
}

static unsigned rotate_seed(struct cg_priv *p, unsigned n)
{
    if (!p->seed)
        return 0;
    p->seed = p->seed * 1664525u + 1013904223u;
    return (p->seed >> 16) % n;
}

/* The registers of `can`, in the order in which they are tried. */
static inline unsigned take_next(uint32_t *can, uint32_t first)
{
    const unsigned reg = (unsigned)__builtin_ctz(*can & first ? *can & first : *can);
    *can &= ~(1u << reg);
    return reg;
}

/* Of `can` the first register that holds nothing needed at `dead_at` or later, rather one that no value to
 * come wants; CG_NO_REG: none. */
static unsigned pick_free(const struct cg_priv *p, enum cg_class c, uint32_t can, uint32_t first,
                          uint32_t dead_at)
{
    const uint32_t *const until = p->reg_until[c];
    unsigned wanted = CG_NO_REG;
    while (can) {
        const unsigned reg = take_next(&can, first);
        if (until[reg] >= dead_at)
            continue;
        if (!(p->wanted[c] >> reg & 1))
            return reg;
        wanted = reg;
    }
    return wanted;
}

/* Of `can`, none of which is free, the one whose value is used last, or was it in memory anyway. */
static unsigned pick_last(const struct cg *cg, enum cg_class c, uint32_t can, uint32_t first)
{
    const struct cg_priv *p = cg->priv;
    unsigned best = CG_NO_REG;
    uint64_t best_next = 0;
    while (can) {
        const unsigned reg = take_next(&can, first);
        const ir_ref v = p->reg_val[c][reg];
        const uint64_t next = (uint64_t)p->val[v].next * 2 + (p->val[v].mem != CG_NONE || rematerialises(cg, v));
        if (best == CG_NO_REG || next > best_next) {
            best = reg;
            best_next = next;
        }
    }
    return best;
}

/* A register of class c, free or made free; values needed at `dead_at` or later keep theirs if any
 * other can be had. */
static unsigned pick(struct cg *cg, enum cg_class c, uint32_t avoid, uint32_t dead_at)
{
    struct cg_priv *p = cg->priv;
    const uint32_t can = cg->host->allocatable[c] & ~avoid & ~p->locked[c];
    const uint32_t first = ~0u << rotate_seed(p, cg->host->n_regs[c]);
    unsigned reg = pick_free(p, c, can, first, dead_at);
    if (reg != CG_NO_REG) {
        if (p->reg_val[c][reg])
            p->val[p->reg_val[c][reg]].reg = CG_NO_REG;
        cg_hold(p, c, reg, 0);
        return reg;
    }
    reg = pick_last(cg, c, can, first);
    if (reg == CG_NO_REG) {
        fprintf(stderr, "dragoman: no register of class %d at %%%u\n", c, p->pos);
        ir_print(cg->ir, stderr);
        abort();
    }
    cg_evict(cg, c, reg);
    return reg;
}

static void load(struct cg *cg, ir_ref v, unsigned reg)
{
    struct cg_operand to = reg_operand(reg), from;
    if (cg->ir->ops[v].opc == IR_vconst && cg->priv->val[v].mem == CG_NONE) {
        struct cg_inst i = {.op = &cg->ir->ops[v], .d = to, .flags_live = true};
        cg->host->ops[IR_vconst].emit(cg, &i);
        return;
    }
    from = cg_where(cg, v);
    cg->host->move(cg, cg_move_type(cg, v), &to, &from);
}

void cg_need(struct cg *cg, ir_ref v)
{
    struct cg_priv *p = cg->priv;
    enum cg_class c = class_of(cg, v);
    if (p->val[v].reg == CG_NO_REG) {
        unsigned reg = pick(cg, c, 0, p->pos);
        load(cg, v, reg);
        set_reg(cg, v, c, reg);
    }
    p->locked[c] |= 1u << p->val[v].reg;
}

/* May a result have register reg, which is free or has nothing that is needed any more? */
static bool fits(const struct cg *cg, enum cg_class c, unsigned reg, uint32_t avoid, bool early)
{
    const struct cg_priv *p = cg->priv;
    const ir_ref holds = p->reg_val[c][reg];
    return !((p->locked[c] | avoid) >> reg & 1) && cg->host->allocatable[c] >> reg & 1 &&
           (!holds || p->val[holds].end < p->pos + !early);
}

uint8_t cg_result(struct cg *cg, ir_ref v, uint8_t hint, uint32_t avoid)
{
    struct cg_priv *p = cg->priv;
    enum cg_class c = class_of(cg, v);
    uint32_t locked = p->locked[c];
    bool early = avoid != 0;
    unsigned reg;
    if (!early) {
        p->locked[c] = 0;
        /* operands that live on keep their registers; those that end here may give them up */
        for (uint32_t left = locked; left; left &= left - 1) {
            const unsigned k = (unsigned)__builtin_ctz(left);
            if (p->reg_val[c][k] && p->val[p->reg_val[c][k]].end > p->pos)
                p->locked[c] |= 1u << k;
        }
    }
    if (p->val[v].hint != CG_NO_REG)
        p->wanted[c] &= ~(1u << p->val[v].hint);
    if (p->val[v].hint != CG_NO_REG && fits(cg, c, p->val[v].hint, early ? avoid : 0, early)) {
        reg = p->val[v].hint;
        if (p->reg_val[c][reg])
            p->val[p->reg_val[c][reg]].reg = CG_NO_REG;
    } else if (!early && hint != CG_NO_REG && fits(cg, c, hint, 0, false)) {
        reg = hint;
        if (p->reg_val[c][reg])
            p->val[p->reg_val[c][reg]].reg = CG_NO_REG;
    } else {
        reg = pick(cg, c, early ? avoid : 0, early ? p->pos : p->pos + 1);
    }
    p->locked[c] = locked | 1u << reg;
    set_reg(cg, v, c, reg);
    return (uint8_t)reg;
}

/* --- slots ------------------------------------------------------------------------------------- */

/* Slot s's memory is about to stop being v's home. */
void cg_relocate_homes(struct cg *cg, unsigned s)
{
    struct cg_priv *p = cg->priv;
    ir_ref v = p->slot[s].home_of;
    p->slot[s].home_of = 0;
    if (!v || p->val[v].mem != CG_STATE ||
        p->val[v].disp != (int32_t)cg->ir->guest->slots[s].offset)
        return;
    if (p->val[v].end > p->pos && p->val[v].reg == CG_NO_REG)
        cg_need(cg, v);
    p->val[v].mem = CG_NONE;
}

void cg_put(struct cg *cg, unsigned s, ir_ref v)
{
    struct cg_priv *p = cg->priv;
    struct cg_slot *slot = &p->slot[s];
    bool listed = slot->value != 0;
    if (slot->home_of == v && p->val[v].mem == CG_STATE &&
        p->val[v].disp == (int32_t)cg->ir->guest->slots[s].offset) {
        slot->value = v; /* memory holds it already */
        slot->dirty = false;
    } else {
        cg_relocate_homes(cg, s);
        slot->value = v;
        slot->dirty = true;
    }
    if (!listed)
        p->dirty[p->n_dirty++] = (uint16_t)s;
}

/* Every register is about to be lost; writes_state: slots' memory too. */
void cg_spill_all(struct cg *cg, bool writes_state)
{
    struct cg_priv *p = cg->priv;
    for (int c = 0; c < 2; c++)
        for (unsigned k = 0; k < cg->host->n_regs[c]; k++) {
            ir_ref v = p->reg_val[c][k];
            if (!v)
                continue;
            if (p->val[v].end > p->pos)
                save(cg, v);
        }
    for (unsigned s = 0; writes_state && s < cg->ir->guest->n_slots; s++) {
        ir_ref v = p->slot[s].home_of;
        if (v && p->val[v].end > p->pos && p->val[v].mem == CG_STATE) {
            struct cg_operand from = cg_where(cg, v), to;
            take_stack(cg, v);
            to = (struct cg_operand){.kind = CG_STACK, .disp = p->val[v].disp};
            cg->host->move(cg, cg_move_type(cg, v), &to, &from);
        }
        p->slot[s].home_of = 0;
        p->slot[s].dirty = false; /* it stays listed: the side table is to tell */
    }
}

/* Forget all registers (after a call). */
void cg_forget_registers(struct cg *cg)
{
    struct cg_priv *p = cg->priv;
    for (int c = 0; c < 2; c++)
        for (unsigned k = 0; k < cg->host->n_regs[c]; k++)
            if (p->reg_val[c][k]) {
                p->val[p->reg_val[c][k]].reg = CG_NO_REG;
                cg_hold(p, (enum cg_class)c, k, 0);
            }
}

/* --- flags -------------------------------------------------------------------------------------- */

struct cg_flags cg_flags_at(struct cg *cg, ir_ref f, bool fused)
{
    const struct ir_op *op = &cg->ir->ops[f];
    struct cg_flags fl = {.op = op};
    if (fused) {
        fl.in_host_flags = true;
        return fl;
    }
    if (!(op->pass & CG_VIRTUAL)) {
        fl.packed = true;
        fl.a[0] = cg_where(cg, f);
        return fl;
    }
    const struct ir_op *from[2] = {op, cg_with_carry(op->opc) ? &cg->ir->ops[op->arg[2]] : NULL};
    for (unsigned k = 0; k < 4; k++)
        if (from[k >> 1] && from[k >> 1]->arg[k & 1])
            fl.a[k] = cg_where(cg, from[k >> 1]->arg[k & 1]);
    return fl;
}
