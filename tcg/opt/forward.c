/* SPDX-License-Identifier: MIT */
/*
 * The forward walk: operands are renamed to what replaced them, slots are promoted to values, and
 * each op is simplified once its operands are final.
 */
#include <string.h>

#include "tcg/guest.h"
#include "tcg/opt/opt.h"

enum { MAX_SLOTS = 256 };

struct walk {
    struct ir *ir;
    bool promote, narrow, fold;
    bool slots;             /* gets may yet be of what is known: not all were left out when the region was built */
    bool vzext;             /* there is one, or a vfdn: else nothing is to be narrowed */
    bool merge;             /* there is a flags_merge that did not fold */
    ir_ref slot[MAX_SLOTS]; /* what each slot holds, as far as this block knows */
};

static inline void rename_args(struct ir *ir, struct ir_op *op)
{
    if (!ir->replaced)
        return;
    for (unsigned k = 0, n = ir_arg_count[op->opc]; k < n; k++)
        if (ir->ops[op->arg[k]].opc == IR_NOP) /* op 0 is one, in favour of 0 */
            op->arg[k] = ir->ops[op->arg[k]].arg[0];
}

static void promote(struct walk *w, ir_ref r, struct ir_op *op)
{
    switch (op->opc) {
    case IR_get:
        if (w->slot[op->imm])
            opt_replace(w->ir, r, w->slot[op->imm]);
        else
            w->slot[op->imm] = r;
        break;
    case IR_put:
        w->slot[op->imm] = op->arg[0];
        break;
    case IR_call:
    case IR_vcall:
        if (w->ir->guest->helpers[op->mod].flags & TCG_H_WRITES)
            memset(w->slot, 0, sizeof w->slot);
        break;
    default:
        break;
    }
}

/* Both halves of a guest's registers are read all the time: one trunc of a value serves all. */
static void share_trunc(struct ir *ir, ir_ref r, ir_ref first)
{
    struct ir_op *op = &ir->ops[r], *a = &ir->ops[op->arg[0]];
    if (op->arg[0] < first)
        return;
    if (a->pass)
        opt_replace(ir, r, a->pass);
    else if (r <= UINT16_MAX)
        a->pass = (uint16_t)r;
}

static void simplify(struct walk *w, ir_ref r, struct ir_op *op, ir_ref first)
{
    w->vzext |= op->opc == IR_vzext || op->opc == IR_vfdn;
    if (w->fold && op->opc == IR_flags_merge) {
        opt_fold_merge(w->ir, r);
        w->merge |= op->opc == IR_flags_merge;
    }
    if (w->merge)
        opt_fold_flags_use(w->ir, op);
    if (w->vzext && w->narrow)
        opt_narrow_op(w->ir, r);
    if (w->fold && opt_folds(op->opc))
        opt_fold_op(w->ir, r);
    if (w->promote && op->opc == IR_trunc)
        share_trunc(w->ir, r, first);
}

static void walk_block(struct walk *w, struct ir_block *b)
{
    struct ir *ir = w->ir;
    if (w->slots)
        memset(w->slot, 0, w->ir->guest->n_slots * sizeof w->slot[0]);
    struct ir_op *op = &ir->ops[b->first];
    for (ir_ref r = b->first; r <= b->last; r++, op++) {
        switch (op->opc) {
        case IR_NOP: case IR_insn: case IR_const:
            rename_args(ir, op);
            break;
        case IR_exit_if:
            rename_args(ir, op);
            if (w->merge)
                opt_fold_flags_use(ir, op);
            if (w->fold)
                opt_fold_exit(ir, op);
            break;
        case IR_get: case IR_put: case IR_call: case IR_vcall:
            rename_args(ir, op);
            if (w->slots)
                promote(w, r, op);
            break;
        default:
            rename_args(ir, op);
            simplify(w, r, op, b->first);
        }
    }
    for (int e = 0; e < 2; e++) {
        if (b->succ[e] == UINT32_MAX)
            continue;
        for (unsigned k = 0; k < ir->blocks[b->succ[e]].n_params; k++) {
            ir_ref *a = &ir->edge_args[b->edge[e] + k];
            if (ir->ops[*a].opc == IR_NOP)
                *a = ir->ops[*a].arg[0];
        }
    }
}

void opt_forward(struct ir *ir, unsigned disabled)
{
    struct walk w;
    w.ir = ir;
    w.promote = !(disabled >> OPT_promote & 1);
    w.slots = w.promote && (!ir->promotes || ir->groups);
    w.narrow = !(disabled >> OPT_narrow & 1);
    w.fold = !(disabled >> OPT_fold & 1);
    w.vzext = w.merge = false;
    ir->promoted = w.promote;
    for (uint32_t k = 0; k < ir->n_blocks; k++)
        walk_block(&w, &ir->blocks[k]);
}
