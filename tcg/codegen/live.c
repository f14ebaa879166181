/* SPDX-License-Identifier: MIT */
/*
 * Before allocation, one walk backwards: which ops nobody needs, which uses of flags find them in the
 * host's flags register, which flags (and zero extensions) need no location of their own, and until
 * where each value is needed, exits and faults included.
 */
#include <string.h>

#include "tcg/codegen/cg.h"
#include "tcg/guest.h"

/* The operand that is a flags value and may be in host flags, plus 1; 0: none. */
const uint8_t cg_flags_operand[IR_OPC_COUNT] = {
    [IR_cc] = 1, [IR_exit_if] = 1, [IR_branch] = 1, [IR_flags_sel] = 1, [IR_flags_merge] = 1,
    [IR_nzcv] = 1, [IR_sel] = 3, [IR_adc] = 3, [IR_sbc] = 3, [IR_flags_adc] = 3, [IR_flags_sbc] = 3,
};

/* slot_until[]: an exit is yet to be met that sees what is put before here. */
enum { PENDING = 1 };

struct live {
    struct cg *cg;
    struct ir *ir;
    struct cg_val *val;
    const struct ir_block *block;
    ir_ref fused;            /* flags value that is in the host's flags register here; 0: none */
    /* Of each slot, what a put of it before here must last for: the last position that sees it.  Valid
     * where stamp is epoch; else it is all_until, or if that is 0 follows from the block's end. */
    uint32_t slot_until[CG_MAX_SLOTS];
    uint16_t stamp[CG_MAX_SLOTS], epoch;
    uint32_t all_until;
    uint32_t inner_exit;     /* the last exit before the block's end; 0: none yet */
    uint16_t pending[CG_MAX_SLOTS];
    unsigned n_pending;
    uint32_t slot_read[CG_MAX_SLOTS]; /* the next get; only if slots are not promoted */
};

/* --- which flags are fused -------------------------------------------------------------------------- */

static bool lazy_producer(uint16_t opc)
{
    return opc == IR_flags_add || opc == IR_flags_sub || opc == IR_flags_and || opc == IR_fcmp;
}

/* Is flags value f an argument of an edge, so that it must be a packed word?  Only then does a flags
 * value that could be made again have a next use of its own. */
static bool goes_on(const struct live *l, ir_ref f)
{
    return l->val[f].next != CG_NEVER;
}

/* Could flags value f be made again from its operands?  With a carry only if that is the carry of two
 * operands itself, as in the second half of a 64-bit addition or comparison. */
static bool is_lazy(const struct live *l, ir_ref f)
{
    const struct ir_op *op = &l->ir->ops[f];
    if (!cg_with_carry(op->opc))
        return lazy_producer(op->opc);
    const uint16_t c = l->ir->ops[op->arg[2]].opc;
    return (c == IR_flags_add || c == IR_flags_sub) && !goes_on(l, f) && !goes_on(l, op->arg[2]);
}

static bool clobbers(const struct live *l, const struct ir_op *op)
{
    switch (op->opc) {
    case IR_get: /* of a slot that was put before (not promoted): the slot is written back first */
        return !l->ir->promoted;
    case IR_NOP: case IR_put: case IR_insn: case IR_const: case IR_vconst: case IR_param:
        return false;
    case IR_exit_if:
        return false; /* its out-of-line part leaves */
    default:
        return l->cg->host->ops[op->opc].flags & (H_CLOBBERS | H_SPILL_ALL);
    }
}

/* Can flags value f pass op, which comes after it, in the host's flags register? */
static bool passes(const struct live *l, ir_ref f, const struct ir_op *op)
{
    const int k = cg_flags_arg(op);
    if (lazy_producer(op->opc))
        return op->opc != IR_fcmp; /* others are made where they are used */
    if (cg_with_carry(op->opc) && is_lazy(l, (ir_ref)(op - l->ir->ops)))
        return true;
    if (k >= 0 && op->arg[k] != f)
        return false; /* those would be made again there */
    return !clobbers(l, op);
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

static bool may_fuse(const struct live *l, ir_ref r)
{
    return l->ir->ops[r].opc != IR_branch || !packs_at_end(l->ir, l->block);
}

/* The flags operand of op r: does it find them in the host's flags register? */
static void lower_use(struct live *l, ir_ref r, ir_ref f)
{
    const struct ir_op *ops = l->ir->ops;
    if (l->fused != f) {
        l->fused = 0;
        if (f < l->block->first || !is_lazy(l, f) || !may_fuse(l, r))
            return;
        for (ir_ref t = r - 1; t > f; t--)
            if (!passes(l, f, &ops[t]))
                return;
        l->fused = f;
    }
    l->ir->ops[r].pass |= CG_FUSED;
}

static uint16_t twin_of(uint16_t opc)
{
    return opc == IR_flags_add ? IR_add : opc == IR_flags_sub ? IR_sub :
           opc == IR_flags_and ? IR_and : opc == IR_flags_adc ? IR_adc :
           opc == IR_flags_sbc ? IR_sbc : IR_NOP;
}

/* Does anybody ask for value v, made shortly before r?  What comes after r has been seen. */
static bool wanted(const struct live *l, ir_ref v, ir_ref r)
{
    for (ir_ref t = v + 1; t < r; t++)
        for (unsigned k = 0, n = ir_arg_count[l->ir->ops[t].opc]; k < n; k++)
            if (l->ir->ops[t].arg[k] == v)
                return true;
    return l->val[v].end;
}

/* The arithmetic op just before flags op r that has the same operands, 0 if none. */
static ir_ref find_twin(const struct live *l, ir_ref r)
{
    const struct ir_op *fl = &l->ir->ops[r];
    const uint16_t opc = twin_of(fl->opc);
    if (opc == IR_NOP)
        return 0;
    for (ir_ref t = r - 1; t >= l->block->first && t + 8 > r; t--) {
        const struct ir_op *op = &l->ir->ops[t];
        if (op->opc == opc && op->type == fl->type && op->arg[0] == fl->arg[0] &&
            op->arg[1] == fl->arg[1] && op->arg[2] == fl->arg[2])
            return wanted(l, t, r) ? t : 0;
        if (clobbers(l, op) || cg_flags_arg(op) >= 0) /* others may be in the host's flags register */
            return 0;
    }
    return 0;
}

static void lower_producer(struct live *l, ir_ref r)
{
    struct ir_op *ops = l->ir->ops;
    if (goes_on(l, r)) {
        if (l->fused == r) {
            l->fused = 0;
            ops[r].pass |= CG_SETS; /* wanted both ways */
        }
        return;
    }
    if (l->fused != r) {
        if (ops[r].opc != IR_fcmp) /* that is kept as a packed word */
            ops[r].pass |= CG_VIRTUAL;
        return;
    }
    l->fused = 0;
    ops[r].pass |= CG_VIRTUAL;
    const ir_ref twin = find_twin(l, r);
    if (!twin) {
        ops[r].pass |= CG_COMPARES;
        return;
    }
    ops[twin].pass |= CG_SETS;
    for (ir_ref t = twin + 1; t < r; t++)
        ops[t].pass |= CG_HOLDS;
}

static void lower_flags(struct live *l, ir_ref r, struct ir_op *op)
{
    const int k = cg_flags_arg(op);
    if (ir_result_kind[op->opc] == IR_FLAGS && is_lazy(l, r)) {
        lower_producer(l, r);
        if (k >= 0 && op->pass & CG_COMPARES)
            lower_use(l, r, op->arg[k]);
        return;
    }
    if (k >= 0)
        lower_use(l, r, op->arg[k]);
    else if (l->fused)
        op->pass |= CG_HOLDS;
}

/* Will flags value f, which comes before here, be made again where it is used?  An fcmp is, if the first
 * that uses it finds it in the host's flags register. */
static bool made_again(const struct live *l, ir_ref f)
{
    const struct ir_op *ops = l->ir->ops;
    if (goes_on(l, f))
        return false;
    if (ops[f].opc != IR_fcmp || f == l->fused)
        return is_lazy(l, f);
    for (ir_ref t = f + 1; t < l->ir->n; t++) {
        const int k = cg_flags_arg(&ops[t]);
        if (ops[t].opc == IR_branch || ops[t].opc == IR_jump)
            return t == l->block->last && ops[t].arg[0] == f && may_fuse(l, t);
        if (k >= 0 && ops[t].arg[k] == f)
            return true;
        if (!passes(l, f, &ops[t]))
            return false;
    }
    return false;
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

/* A flags value that is not in the host's flags register at r: its word, or its operands. */
static void flags_use(struct live *l, ir_ref f, ir_ref r)
{
    const struct ir_op *op = &l->ir->ops[f];
    uint32_t ignore;
    need_until(&l->val[f], r);
    if (!made_again(l, f)) {
        real_use(l, f, r, &ignore);
        return;
    }
    for (unsigned k = 0; k < 2; k++)
        if (op->arg[k])
            real_use(l, op->arg[k], r, &ignore);
    if (cg_with_carry(op->opc))
        flags_use(l, op->arg[2], r);
}

static void use_args(struct live *l, ir_ref r, const struct ir_op *op)
{
    uint32_t *next = l->cg->priv->next_use[r];
    const int fk = cg_flags_arg(op);
    for (int k = ir_arg_count[op->opc] - 1; k >= 0; k--) {
        const ir_ref a = op->arg[k];
        next[k] = CG_NEVER;
        if (!a || (k == fk && op->pass & CG_FUSED))
            continue;
        if (fk >= 0 && ir_result_type(l->ir, a) == IR_FLAGS)
            flags_use(l, a, r);
        else
            real_use(l, a, r, &next[k]);
    }
}

static uint32_t slot_until(struct live *l, unsigned s)
{
    if (l->stamp[s] == l->epoch)
        return l->slot_until[s];
    l->stamp[s] = l->epoch;
    return l->all_until ? l->all_until :
           cg_flush_at_end(l->ir, l->block, s) ? l->block->last : l->inner_exit;
}

static void live_put(struct live *l, ir_ref r, struct ir_op *op)
{
    const unsigned s = (unsigned)op->imm;
    uint32_t until = slot_until(l, s);
    if (until != PENDING)
        l->pending[l->n_pending++] = (uint16_t)s;
    l->slot_until[s] = PENDING;
    if (!l->ir->promoted) {
        if (until < l->slot_read[s])
            until = l->slot_read[s];
        l->slot_read[s] = 0;
    }
    if (until <= r)
        op->pass |= CG_UNSEEN; /* overwritten before anyone could see it */
    else
        need_until(&l->val[op->arg[0]], until);
}

/* Op r needs exact state: slots put before it are needed until here. */
static void live_exit(struct live *l, ir_ref r, const struct ir_op *op)
{
    while (l->n_pending)
        l->slot_until[l->pending[--l->n_pending]] = r;
    if (!l->inner_exit && r != l->block->last)
        l->inner_exit = r;
    if (op->opc == IR_call || op->opc == IR_vcall) { /* it leaves all slots in memory */
        l->epoch++;
        l->all_until = r;
    }
}

/* Op r has no location: its operands must last as long.  Recomputing flags reads them: they need a
 * place. */
static void live_virtual(struct live *l, ir_ref r, const struct ir_op *op)
{
    const uint32_t end = l->val[r].end;
    for (unsigned k = 0; k < 2; k++) {
        struct cg_val *a = &l->val[op->arg[k]];
        need_until(a, end);
        if (a->next == CG_NEVER && end > r && !cg_made_at_store(op->opc))
            a->next = end;
    }
    if (cg_with_carry(op->opc))
        need_until(&l->val[op->arg[2]], end);
}

/* Does nobody ask for what op r makes, which it is only there for? */
static bool dead(const struct live *l, ir_ref r, const struct ir_op *op)
{
    return !l->val[r].end && l->fused != r && !(op->pass & CG_SETS) &&
           (ir_opinfo[op->opc].flags & IRF_PURE ||
            (op->opc == IR_call && l->ir->guest->helpers[op->mod].flags & TCG_H_PURE));
}

static void live_op(struct live *l, ir_ref r, struct ir_op *op)
{
    if (dead(l, r, op)) {
        op->opc = IR_NOP;
        return;
    }
    lower_flags(l, r, op);
    if (cg_made_at_store(op->opc) && l->val[r].next == CG_NEVER)
        op->pass |= CG_VIRTUAL; /* only slots hold it: extended when it is stored */
    if (exact_at(l->cg, op))
        live_exit(l, r, op);
    if (op->pass & CG_VIRTUAL) {
        live_virtual(l, r, op);
        if (!(op->pass & CG_COMPARES))
            return;
    }
    use_args(l, r, op);
}

/* A value that lives into a loop lives to its end. */
static void extend_loops(struct live *l)
{
    const struct ir *ir = l->ir;
    for (bool changed = ir->n_blocks > 1 && !ir->local; changed;) {
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

static void block_begin(struct live *l, const struct ir_block *b)
{
    const struct ir *ir = l->ir;
    l->block = b;
    l->fused = 0;
    l->epoch++;
    l->all_until = l->inner_exit = 0;
    l->n_pending = 0;
    if (!ir->promoted)
        memset(l->slot_read, 0, sizeof l->slot_read);
    for (int e = 0; e < 2; e++)
        if (b->succ[e] != UINT32_MAX)
            for (unsigned i = 0; i < ir->blocks[b->succ[e]].n_params; i++) {
                struct cg_val *v = &l->val[ir->edge_args[b->edge[e] + i]];
                need_until(v, b->last);
                v->next = b->last;
            }
}

static void live_block(struct live *l, const struct ir_block *b)
{
    block_begin(l, b);
    struct ir_op *op = &l->ir->ops[b->last];
    for (ir_ref r = b->last; r >= b->first; r--, op--) {
        switch (op->opc) {
        case IR_NOP: case IR_const: case IR_vconst: case IR_insn: case IR_param:
            break;
        case IR_get:
            if (l->val[r].end)
                l->slot_read[op->imm] = r;
            else
                op->opc = IR_NOP;
            break;
        case IR_put:
            live_put(l, r, op);
            break;
        default:
            live_op(l, r, op);
        }
    }
}

void cg_liveness(struct cg *cg)
{
    static const struct cg_val unknown = {.next = CG_NEVER, .reg = CG_NO_REG, .hint = CG_NO_REG};
    struct live l;
    struct ir_op *ops = cg->priv->ir->ops;
    struct cg_val *val = cg->priv->val;
    l.cg = cg;
    l.ir = cg->priv->ir;
    l.val = val;
    l.epoch = 0;
    memset(l.stamp, 0, l.ir->guest->n_slots * sizeof l.stamp[0]);
    const ir_ref n = l.ir->n;
#pragma GCC unroll 8
    for (ir_ref r = 0; r < n; r++)
        memcpy(&val[r], &unknown, sizeof unknown); /* one store of 16 bytes */
#pragma GCC unroll 8
    for (ir_ref r = 0; r < n; r++)
        ops[r].pass = 0;
    for (uint32_t k = l.ir->n_blocks; k-- > 0;)
        live_block(&l, &l.ir->blocks[k]);
    extend_loops(&l);
}
