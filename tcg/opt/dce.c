/* SPDX-License-Identifier: MIT */
/* Pure ops whose result nobody reads go. */
#include <string.h>

#include "tcg/guest.h"
#include "tcg/opt/opt.h"

static bool marked(const struct ir *ir, ir_ref r)
{
    return ir->mark[r / 64] >> r % 64 & 1;
}

static void mark(struct ir *ir, ir_ref r)
{
    ir->mark[r / 64] |= UINT64_C(1) << r % 64;
}

static bool pure(const struct ir *ir, const struct ir_op *op)
{
    return ir_opinfo[op->opc].flags & IRF_PURE ||
           (op->opc == IR_call && ir->guest->helpers[op->mod].flags & TCG_H_PURE);
}

/* Marks what block b needs; drop: what it does not need goes, nothing that comes later will ask. */
static void walk_block(struct ir *ir, const struct ir_block *b, bool drop)
{
    for (ir_ref r = b->last; r >= b->first; r--) {
        struct ir_op *op = &ir->ops[r];
        if (!marked(ir, r) && pure(ir, op)) {
            if (drop && op->opc != IR_param)
                op->opc = IR_NOP;
            continue;
        }
        for (unsigned k = 0, n = ir_arg_count[op->opc]; k < n; k++)
            mark(ir, op->arg[k]);
    }
}

static bool mark_edges(struct ir *ir, const struct ir_block *b)
{
    bool changed = false;
    for (int e = 0; e < 2; e++) {
        if (b->succ[e] == UINT32_MAX)
            continue;
        for (unsigned k = 0; k < ir->blocks[b->succ[e]].n_params; k++) {
            const ir_ref a = ir->edge_args[b->edge[e] + k];
            changed |= !marked(ir, a);
            mark(ir, a);
        }
    }
    return changed;
}

void opt_dce(struct ir *ir)
{
    memset(ir->mark, 0, (ir->n / 64 + 1) * sizeof *ir->mark);
    bool again = ir->n_blocks > 1;
    while (again) { /* a loop carries values backwards */
        again = false;
        for (uint32_t k = ir->n_blocks; k-- > 0;) {
            again |= mark_edges(ir, &ir->blocks[k]);
            walk_block(ir, &ir->blocks[k], false);
        }
    }
    for (uint32_t k = ir->n_blocks; k-- > 0;)
        walk_block(ir, &ir->blocks[k], true);
}
