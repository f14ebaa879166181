/* SPDX-License-Identifier: MIT */
/* Pure ops whose result nobody reads go. */
#include "tcg/opt/opt.h"

static bool mark_args(struct ir *ir, const struct ir_op *op)
{
    bool changed = false;
    for (unsigned k = 0; k < 4; k++)
        if (op->arg[k]) {
            changed |= !ir->ops[op->arg[k]].pass;
            ir->ops[op->arg[k]].pass = 1;
        }
    return changed;
}

static bool mark_edges(struct ir *ir, const struct ir_block *b)
{
    bool changed = false;
    for (int e = 0; e < 2; e++) {
        if (b->succ[e] == UINT32_MAX)
            continue;
        for (unsigned k = 0; k < ir->blocks[b->succ[e]].n_params; k++) {
            struct ir_op *a = &ir->ops[ir->edge_args[b->edge[e] + k]];
            changed |= !a->pass;
            a->pass = 1;
        }
    }
    return changed;
}

void opt_dce(struct ir *ir)
{
    for (ir_ref r = 1; r < ir->n; r++)
        ir->ops[r].pass = !(ir_opinfo[ir->ops[r].opc].flags & IRF_PURE);
    bool again = true;
    while (again) { /* once, unless a loop carries a value backwards */
        again = false;
        for (uint32_t k = ir->n_blocks; k-- > 0;) {
            const struct ir_block *b = &ir->blocks[k];
            bool edges = mark_edges(ir, b);
            for (ir_ref r = b->last; r >= b->first; r--)
                if (ir->ops[r].pass && ir->ops[r].opc != IR_NOP)
                    mark_args(ir, &ir->ops[r]);
            again |= edges && ir->n_blocks > 1;
        }
    }
    for (ir_ref r = 1; r < ir->n; r++)
        if (!ir->ops[r].pass && ir->ops[r].opc != IR_param)
            ir->ops[r].opc = IR_NOP;
}
