/* SPDX-License-Identifier: MIT */
/* Leaving a region with exact state, and the out-of-line queue. */
#include <stdlib.h>
#include <string.h>

#include "tcg/codegen/cg.h"

static void record_flags(struct cg *cg, unsigned s, ir_ref v, struct cg_exit *e)
{
    struct cg_priv *p = cg->priv;
    struct cg_exit_flags *x = p->exit_flags + e->first_flags, *end = x + e->n_flags;
    while (x < end && (x->value != v || x->n == CG_FLAGS_SLOTS))
        x++;
    if (x == end) {
        p->exit_flags = cg_grow(p->exit_flags, &p->cap_exit_flags, p->n_exit_flags + 1,
                                sizeof *p->exit_flags);
        x = &p->exit_flags[p->n_exit_flags++];
        e->n_flags++;
        x->value = v;
        x->n = 0;
        x->fl = cg_flags_at(cg, v, p->host_flags == v);
    }
    x->to[x->n++] = cg_slot_operand(cg, s);
}

/* What a dirty slot's memory is to become. */
static inline void record_slot(struct cg *cg, unsigned s, struct cg_exit *e)
{
    struct cg_priv *p = cg->priv;
    const ir_ref v = p->slot[s].value;
    const struct ir_op *op = &cg->ir->ops[v];
    const uint8_t type = cg->ir->guest->slots[s].type;
    if (type == IR_FLAGS) {
        record_flags(cg, s, v, e);
        return;
    }
    p->exits = cg_grow(p->exits, &p->cap_exits, p->n_exits + 1, sizeof *p->exits);
    struct cg_exit_slot *x = &p->exits[p->n_exits++];
    e->n++;
    x->slot = (uint16_t)s;
    x->type = type;
    x->lane = op->lane;
    x->made = op->pass & CG_VIRTUAL;
    x->value = v;
    x->from = cg_where(cg, x->made ? op->arg[0] : v);
}

static struct cg_exit begin(const struct cg_priv *p)
{
    return (struct cg_exit){.first = p->n_exits, .first_flags = p->n_exit_flags};
}

struct cg_exit cg_exit_record(struct cg *cg)
{
    struct cg_priv *p = cg->priv;
    struct cg_exit e = begin(p);
    for (unsigned k = 0; k < p->n_dirty; k++)
        if (p->slot[p->dirty[k]].value && p->slot[p->dirty[k]].dirty)
            record_slot(cg, p->dirty[k], &e);
    return e;
}

struct cg_exit cg_exit_record_slot(struct cg *cg, unsigned s)
{
    struct cg_exit e = begin(cg->priv);
    record_slot(cg, s, &e);
    return e;
}

static void store_vconst(struct cg *cg, struct cg_operand to, const struct ir_op *op)
{
    const unsigned bytes = to.bytes;
    struct cg_operand lo = {.kind = CG_IMM, .imm = op->imm}, hi = {.kind = CG_IMM, .imm = op->imm2};
    to.bytes = 0;
    cg->host->move(cg, bytes == 4 ? IR_I32 : IR_I64, &to, &lo);
    if (bytes)
        return;
    to.disp += 8;
    cg->host->move(cg, IR_I64, &to, &hi);
}

/* A vzext of a vector constant that no register holds. */
static void store_vconst_zext(struct cg *cg, struct cg_operand to, const struct ir_op *op,
                              uint8_t lane)
{
    struct ir_op c = *op;
    if (ir_lane_bytes(lane) < 8)
        c.imm &= (1ll << 8 * ir_lane_bytes(lane)) - 1;
    c.imm2 = 0;
    store_vconst(cg, to, &c);
}

/* An i32 as the 64 bits of a slot.  In a register its upper half is clear. */
static void store_zext64(struct cg *cg, struct cg_operand to, const struct cg_operand *from)
{
    struct cg_operand zero = {.kind = CG_IMM};
    if (from->kind == CG_REG) {
        cg->host->move(cg, IR_I64, &to, from);
        return;
    }
    cg->host->move(cg, IR_I32, &to, from);
    to.disp += 4;
    cg->host->move(cg, IR_I32, &to, &zero);
}

/* What is not simply moved. */
static void make_slot(struct cg *cg, const struct cg_exit_slot *x)
{
    const struct cg_operand to = cg_slot_operand(cg, x->slot);
    const struct ir_op *op = &cg->ir->ops[x->value];
    if (!x->made)
        store_vconst(cg, to, op);
    else if (op->opc == IR_zext64)
        store_zext64(cg, to, &x->from);
    else if (op->opc == IR_vfdn)
        cg->host->store_default_nan(cg, &to, &x->from, x->lane);
    else if (x->from.kind == CG_NONE)
        store_vconst_zext(cg, to, &cg->ir->ops[op->arg[0]], x->lane);
    else
        cg->host->store_zext(cg, &to, &x->from, x->lane);
}

/* Flags first, for packing them needs scratch; and first of all those that are still in the host's
 * flags register. */
void cg_write_back(struct cg *cg, struct cg_exit e)
{
    const struct cg_exit_slot *x = cg->priv->exits + e.first;
    const struct cg_exit_flags *f = cg->priv->exit_flags + e.first_flags;
    for (int in_host = 1; in_host >= 0; in_host--)
        for (uint32_t k = 0; k < e.n_flags; k++)
            if (f[k].fl.in_host_flags == in_host)
                cg->host->pack_flags(cg, f[k].to, f[k].n, &f[k].fl);
    for (uint32_t k = 0; k < e.n; k++) {
        const struct cg_operand to = cg_slot_operand(cg, x[k].slot);
        if (x[k].made || x[k].from.kind == CG_NONE)
            make_slot(cg, &x[k]);
        else
            cg->host->move(cg, x[k].type, &to, &x[k].from);
    }
}

uint32_t cg_new_link(struct cg *cg, uint64_t pc)
{
    struct cg_priv *p = cg->priv;
    p->links = cg_grow(p->links, &p->cap_links, p->n_links + 1, sizeof *p->links);
    p->links[p->n_links] = (struct cg_link){.pc = pc};
    return p->n_links++;
}

void cg_link_at(struct cg *cg, uint32_t link, uint8_t *at)
{
    cg->priv->links[link].at = (uint32_t)(at - cg->start);
}

struct cg_label *cg_unchained(struct cg *cg, uint32_t link)
{
    return &cg->priv->links[link].label;
}

void cg_region_end(struct cg *cg)
{
    struct cg_priv *p = cg->priv;
    if ((size_t)(cg->end - cg->p) < (size_t)cg->host->unchained_bytes * (p->n_links + 1)) {
        cg->overflow = true;
        return;
    }
    cg->host->region_end(cg, p->n_links);
    for (uint32_t k = 0; k < p->n_links; k++)
        p->links[k].unchained = (uint32_t)(p->links[k].label.at - cg->start);
}

/* --- out of line --------------------------------------------------------------------------------- */

struct cg_ool *cg_ool(struct cg *cg, void (*emit)(struct cg *, struct cg_ool *),
                      const struct cg_inst *i)
{
    struct cg_priv *p = cg->priv;
    p->ool = cg_grow(p->ool, &p->cap_ool, p->n_ool + 1, sizeof *p->ool);
    if (p->n_ool == p->made_ool) {
        p->ool[p->n_ool] = malloc(sizeof **p->ool);
        if (!p->ool[p->n_ool])
            abort();
        p->made_ool++;
    }
    struct cg_ool *o = p->ool[p->n_ool++];
    o->emit = emit;
    if (i)
        o->inst = *i;
    o->from = o->back = (struct cg_label){NULL, 0};
    o->data[0] = o->data[1] = 0;
    o->ref = p->pos;
    return o;
}

void cg_flush_ool(struct cg *cg)
{
    struct cg_priv *p = cg->priv;
    p->in_ool = true;
    for (uint32_t k = 0; k < p->n_ool && !cg->overflow; k++) {
        if ((size_t)(cg->end - cg->p) < cg->host->max_op_bytes) {
            cg->overflow = true;
            break;
        }
        p->ool[k]->emit(cg, p->ool[k]);
    }
    p->in_ool = false;
}

static void emit_exit(struct cg *cg, struct cg_ool *o)
{
    cg->host->bind(cg, &o->from);
    cg_write_back(cg, o->exit);
    cg_count_exit(cg, CG_EXIT_DIRECT);
    cg->host->goto_pc(cg, cg_new_link(cg, o->data[0]), o->data[1]);
}

void cg_count_exit(struct cg *cg, enum cg_exit_kind kind)
{
    if (cg->count)
        cg->host->count(cg, CG_COUNT_EXITS + kind);
}

/* Graphs follow jumps backwards and calls, so the instruction that leaves says nothing: a way through regions
 * that nowhere polls is to lead to ever higher addresses, and ends. */
bool cg_goes_back(const struct cg *cg, uint64_t pc)
{
    return guest_code_address(cg->ir->guest, pc) <= cg->priv->top;
}

struct cg_label *cg_exit_stub(struct cg *cg, uint64_t pc)
{
    struct cg_ool *o = cg_ool(cg, emit_exit, NULL);
    o->data[0] = pc;
    o->data[1] = cg_goes_back(cg, pc);
    o->exit = cg_exit_record(cg);
    return &o->from;
}

static void emit_raise(struct cg *cg, struct cg_ool *o)
{
    struct cg_operand to = {.kind = CG_STATE, .disp = offsetof(struct tcg_cpu, fault_addr)};
    cg->host->bind(cg, &o->from);
    cg->host->move(cg, IR_I64, &to, &o->inst.a[0]);
    cg_write_back(cg, o->exit);
    cg_count_exit(cg, CG_EXIT_RAISE);
    cg->host->raise(cg, (unsigned)o->data[1], o->inst.a[1].imm, o->data[0]);
}

struct cg_label *cg_raise_label(struct cg *cg, const struct cg_inst *i, unsigned exc,
                                const struct cg_operand *addr, int64_t arg)
{
    struct cg_ool *o = cg_ool(cg, emit_raise, i);
    o->inst.a[0] = *addr;
    o->inst.a[1].imm = arg;
    o->data[0] = cg->priv->insn_pc;
    o->data[1] = exc;
    o->exit = cg_exit_record(cg);
    return &o->from;
}
