/* SPDX-License-Identifier: MIT */
/*
 * Before allocation, backwards: which uses of flags find them in the host's flags register, which
 * flags (and zero extensions) need no location of their own, and until where each value is needed,
 * exits and faults included.
 */
#include <string.h>

#include "tcg/codegen/cg.h"
#include "tcg/guest.h"

/* --- flags ------------------------------------------------------------------------------------- */

static bool lazy_producer(uint16_t opc)
{
    return opc == IR_flags_add || opc == IR_flags_sub || opc == IR_flags_and || opc == IR_fcmp;
}

/* The operand of op that is a flags value and may be in host flags; -1 if none. */
int cg_flags_arg(const struct ir_op *op)
{
    switch (op->opc) {
    case IR_cc: case IR_exit_if: case IR_branch: case IR_flags_sel: case IR_flags_merge:
    case IR_nzcv:
        return 0;
    case IR_sel: case IR_adc: case IR_sbc: case IR_flags_adc: case IR_flags_sbc:
        return 2;
    default:
        return -1;
    }
}

struct fuse {
    struct cg *cg;
    ir_ref flags;      /* value that the uses in `use` take from host flags, 0: none */
    ir_ref use[16];
    unsigned n;
};

static void give_up(struct fuse *f)
{
    for (unsigned k = 0; k < f->n; k++)
        f->cg->priv->ir->ops[f->use[k]].pass &= (uint16_t)~CG_FUSED;
    f->n = 0;
    f->flags = 0;
}

static bool clobbers(const struct fuse *f, const struct ir_op *op)
{
    switch (op->opc) {
    case IR_get: /* of a slot that was put before (not promoted): the slot is written back first */
        return f->cg->priv->slot[op->imm].value < (ir_ref)(op - f->cg->ir->ops);
    case IR_NOP: case IR_put: case IR_insn: case IR_const: case IR_vconst: case IR_param:
        return false;
    case IR_exit_if:
        return false; /* its out-of-line part leaves */
    default:
        return f->cg->host->ops[op->opc].flags & (H_CLOBBERS | H_SPILL_ALL);
    }
}

static uint16_t twin_of(uint16_t opc)
{
    return opc == IR_flags_add ? IR_add : opc == IR_flags_sub ? IR_sub :
           opc == IR_flags_and ? IR_and : IR_NOP;
}

/* The arithmetic op just before flags op r that has the same operands, 0 if none. */
static ir_ref find_twin(struct fuse *f, ir_ref r, ir_ref first)
{
    const struct ir *ir = f->cg->ir;
    const struct ir_op *fl = &ir->ops[r];
    for (ir_ref t = r - 1; t >= first && t + 8 > r; t--) {
        const struct ir_op *op = &ir->ops[t];
        if (op->opc == twin_of(fl->opc) && op->type == fl->type && op->arg[0] == fl->arg[0] &&
            op->arg[1] == fl->arg[1] && twin_of(fl->opc) != IR_NOP)
            return t;
        if (clobbers(f, op))
            return 0;
    }
    return 0;
}

static void producer(struct fuse *f, ir_ref r, ir_ref first)
{
    struct ir *ir = f->cg->priv->ir;
    struct ir_op *op = &ir->ops[r];
    if (f->flags == r) {
        ir_ref twin = find_twin(f, r, first);
        if (twin)
            ir->ops[twin].pass |= CG_SETS;
        else
            op->pass |= CG_COMPARES;
        op->pass |= CG_VIRTUAL;
        f->flags = 0;
        f->n = 0;
        if (!twin)
            return;
        for (ir_ref t = twin + 1; t < r; t++)
            ir->ops[t].pass |= CG_HOLDS;
        return;
    }
    if (op->opc == IR_fcmp) {
        op->pass |= CG_PACKED;
        give_up(f);
    } else {
        op->pass |= CG_VIRTUAL;
    }
}

static void use(struct fuse *f, ir_ref r, ir_ref value)
{
    struct ir *ir = f->cg->priv->ir;
    bool lazy = lazy_producer(ir->ops[value].opc);
    if (!lazy || f->flags != value || clobbers(f, &ir->ops[r]) || f->n == 16) {
        give_up(f); /* recomputing, or the op itself, changes the host's flags */
        if (!lazy)
            return;
    }
    f->flags = value;
    f->use[f->n++] = r;
    ir->ops[r].pass |= CG_FUSED;
}

/* Does the end of block b store flags to state?  That would change the host's flags. */
static bool packs_at_end(const struct ir *ir, const struct ir_block *b)
{
    for (ir_ref r = b->first; r <= b->last; r++)
        if (ir->ops[r].opc == IR_put && ir->ops[r].type == IR_FLAGS &&
            cg_flush_at_end(ir, b, (unsigned)ir->ops[r].imm))
            return true;
    return false;
}

static void lower_block(struct cg *cg, const struct ir_block *b)
{
    struct fuse f = {.cg = cg};
    struct ir *ir = cg->priv->ir;
    bool branch_fuses = ir->ops[b->last].opc == IR_branch && !packs_at_end(ir, b);
    for (ir_ref r = b->last; r >= b->first; r--) {
        struct ir_op *op = &ir->ops[r];
        int k = cg_flags_arg(op);
        if (lazy_producer(op->opc)) {
            producer(&f, r, b->first);
            continue;
        }
        if (op->opc == IR_branch && !branch_fuses)
            continue;
        if (k >= 0)
            use(&f, r, op->arg[k]);
        else if (clobbers(&f, op))
            give_up(&f);
        if (f.flags && k < 0)
            op->pass |= CG_HOLDS;
        if (op->opc == IR_flags_adc || op->opc == IR_flags_sbc || op->opc == IR_flags_sel ||
            op->opc == IR_flags_merge || op->opc == IR_flags_nzcv)
            op->pass |= CG_PACKED;
    }
    give_up(&f);
}

void cg_lower_flags(struct cg *cg)
{
    struct ir *ir = cg->priv->ir;
    for (unsigned s = 0; s < ir->guest->n_slots; s++)
        cg->priv->slot[s].value = CG_NEVER; /* its first put, for clobbers(); until allocation */
    for (ir_ref r = ir->n - 1; r > 0; r--) {
        ir->ops[r].pass = 0;
        if (ir->ops[r].opc == IR_put)
            cg->priv->slot[ir->ops[r].imm].value = r;
    }
    for (uint32_t k = 0; k < ir->n_blocks; k++)
        lower_block(cg, &ir->blocks[k]);
}

/* --- liveness ------------------------------------------------------------------------------------ */

/* Must guest state be exact at op? */
static bool exact_at(const struct cg *cg, const struct ir_op *op)
{
    if (!(ir_opinfo[op->opc].flags & IRF_EXIT))
        return false;
    if (op->opc == IR_call || op->opc == IR_vcall)
        return cg->ir->guest->helpers[op->mod].flags & CG_H_STATE;
    return true;
}

static bool head_puts(const struct ir *ir, uint32_t block, unsigned slot)
{
    const struct ir_block *b = &ir->blocks[block];
    for (ir_ref r = b->first + b->n_params; r <= b->last; r++) {
        const struct ir_op *op = &ir->ops[r];
        if (op->opc == IR_put && (unsigned)op->imm == slot)
            return true;
        if (op->opc != IR_put && op->opc != IR_NOP &&
            (op->opc == IR_get || !(ir_opinfo[op->opc].flags & IRF_PURE)))
            return false;
    }
    return false;
}

/* Must slot's memory be right at the end of block b? */
bool cg_flush_at_end(const struct ir *ir, const struct ir_block *b, unsigned slot)
{
    if (b->succ[0] == UINT32_MAX)
        return true;
    return !head_puts(ir, b->succ[0], slot) ||
           (b->succ[1] != UINT32_MAX && !head_puts(ir, b->succ[1], slot));
}

struct live {
    struct cg *cg;
    const struct ir *ir;
    struct cg_val *val;
    uint32_t slot_next[CG_MAX_SLOTS]; /* position of the next put of a slot, or of the block's end */
    uint32_t slot_read[CG_MAX_SLOTS]; /* position of the next get; only if slots are not promoted */
};

static void need_until(struct cg_val *v, uint32_t p)
{
    if (v->end < p)
        v->end = p;
}

static void real_use(struct live *l, ir_ref a, ir_ref r, uint32_t *next)
{
    struct cg_val *v = &l->val[a];
    need_until(v, r);
    *next = v->next;
    v->next = r;
}

/* Operands of a flags value that is recomputed at r. */
static void flags_use(struct live *l, ir_ref f, ir_ref r)
{
    const struct ir_op *op = &l->ir->ops[f];
    uint32_t ignore;
    if (!(op->pass & CG_VIRTUAL)) {
        real_use(l, f, r, &ignore);
        return;
    }
    for (unsigned k = 0; k < 2; k++)
        if (op->arg[k])
            real_use(l, op->arg[k], r, &ignore);
}

static void use_args(struct live *l, ir_ref r)
{
    const struct ir_op *op = &l->ir->ops[r];
    int fk = cg_flags_arg(op);
    for (int k = 3; k >= 0; k--) {
        ir_ref a = op->arg[k];
        if (!a)
            continue;
        bool flags = ir_result_type(l->ir, a) == IR_FLAGS;
        if (flags && k == fk && (op->pass & CG_FUSED))
            continue;
        if (flags)
            flags_use(l, a, r);
        else
            real_use(l, a, r, &l->cg->priv->next_use[r][k]);
    }
}

static void live_put(struct live *l, ir_ref r, struct ir_op *op)
{
    const uint32_t *last_exit = l->cg->priv->last_exit;
    uint32_t next = l->slot_next[op->imm];
    uint32_t until = last_exit[next], read = l->slot_read[op->imm];
    if (until < read)
        until = read;
    l->slot_read[op->imm] = 0;
    l->slot_next[op->imm] = r - 1; /* an exit before r is the last that an earlier put serves */
    if (until <= r) {
        op->pass |= CG_UNSEEN; /* overwritten before anyone could see it */
        return;
    }
    need_until(&l->val[op->arg[0]], until);
}

static void live_op(struct live *l, ir_ref r)
{
    struct ir_op *op = &l->cg->priv->ir->ops[r];
    struct cg_val *v = &l->val[r];
    switch (op->opc) {
    case IR_NOP: case IR_const: case IR_vconst: case IR_insn: case IR_param:
        return;
    case IR_get:
        l->slot_read[op->imm] = r;
        return;
    case IR_put:
        live_put(l, r, op);
        return;
    default:
        break;
    }
    if ((op->opc == IR_vzext || op->opc == IR_zext64) && v->next == CG_NEVER)
        op->pass |= CG_VIRTUAL; /* only slots hold it: extended when it is stored */
    if (op->pass & CG_VIRTUAL) {
        for (unsigned k = 0; k < 2; k++)
            if (op->arg[k]) {
                struct cg_val *a = &l->val[op->arg[k]];
                need_until(a, v->end);
                if (a->next == CG_NEVER && v->end > r && op->opc != IR_vzext && op->opc != IR_zext64)
                    a->next = v->end; /* recomputing the flags reads it: it needs a place */
            }
        if (!(op->pass & CG_COMPARES))
            return;
    }
    if ((op->opc == IR_call || op->opc == IR_vcall) &&
        (l->ir->guest->helpers[op->mod].flags & CG_H_STATE))
        for (unsigned s = 0; s < l->ir->guest->n_slots; s++)
            l->slot_next[s] = r;
    use_args(l, r);
}

/* A value that lives into a loop lives to its end. */
static void extend_loops(struct live *l)
{
    const struct ir *ir = l->ir;
    for (bool changed = ir->n_blocks > 1; changed;) {
        changed = false;
        for (uint32_t k = 0; k < ir->n_blocks; k++)
            for (int e = 0; e < 2; e++) {
                uint32_t h = ir->blocks[k].succ[e];
                if (h == UINT32_MAX || h > k)
                    continue;
                uint32_t first = ir->blocks[h].first, last = ir->blocks[k].last;
                for (ir_ref v = 1; v < first; v++)
                    if (l->val[v].end >= first && l->val[v].end < last) {
                        l->val[v].end = last;
                        changed = true;
                    }
            }
    }
}

static void prefix_exits(struct cg *cg)
{
    const struct ir *ir = cg->ir;
    uint32_t last = 0;
    for (ir_ref r = 0; r < ir->n; r++) {
        if (exact_at(cg, &ir->ops[r]) || ir->ops[r].opc == IR_jump || ir->ops[r].opc == IR_branch)
            last = r;
        cg->priv->last_exit[r] = last;
    }
}

static void live_block(struct live *l, uint32_t k)
{
    const struct ir *ir = l->ir;
    const struct ir_block *b = &ir->blocks[k];
    memset(l->slot_read, 0, sizeof l->slot_read);
    for (unsigned s = 0; s < ir->guest->n_slots; s++)
        l->slot_next[s] = cg_flush_at_end(ir, b, s) ? b->last : b->last - 1;
    for (int e = 0; e < 2; e++)
        if (b->succ[e] != UINT32_MAX)
            for (unsigned i = 0; i < ir->blocks[b->succ[e]].n_params; i++) {
                struct cg_val *v = &l->val[ir->edge_args[b->edge[e] + i]];
                need_until(v, b->last);
                v->next = b->last;
            }
    for (ir_ref r = b->last; r >= b->first; r--)
        live_op(l, r);
}

void cg_liveness(struct cg *cg)
{
    struct live l = {.cg = cg, .ir = cg->ir, .val = cg->priv->val};
    for (ir_ref r = 0; r < cg->ir->n; r++)
        l.val[r] = (struct cg_val){.next = CG_NEVER, .reg = CG_NO_REG};
    memset(cg->priv->next_use, 0xff, cg->ir->n * sizeof *cg->priv->next_use);
    prefix_exits(cg);
    for (uint32_t k = cg->ir->n_blocks; k-- > 0;)
        live_block(&l, k);
    extend_loops(&l);
}
