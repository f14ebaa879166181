/* SPDX-License-Identifier: MIT */
/*
 * The optimiser: linear passes over a region, listed in passes.def.  opt.c runs them; forward.c
 * holds those that one forward walk does together, dce.c the backward one.  Includes ir/ and
 * interp/eval.h (constant folding uses the ops' own definition).
 *
 * A replaced op becomes IR_NOP with the value that replaces it in arg[0], until the walk is over.
 */
#ifndef TCG_OPT_OPT_H
#define TCG_OPT_OPT_H

#include "tcg/ir/ir.h"

enum opt_pass {
#define PASS(name, help) OPT_##name,
#include "tcg/opt/passes.def"
    OPT_PASS_COUNT
};
extern const struct opt_pass_info { const char *name, *help; } opt_passes[OPT_PASS_COUNT];

/* Runs every pass that is not in the mask `disabled` (bits 1 << OPT_*); verify: checks the IR after
 * each stage. */
void opt_run(struct ir *ir, unsigned disabled, bool verify);

/* group.c.  First, and always: what follows knows nothing of slots that overlap. */
void opt_group(struct ir *ir);
void opt_forward(struct ir *ir, unsigned disabled);
void opt_dce(struct ir *ir);
/* lanes.c.  Regions of tier 2; sets ir->batches if it found something. */
void opt_lanes(struct ir *ir);
/* search.c.  The same. */
void opt_search(struct ir *ir);
/* Tries to replace or simplify op r in place, its operands being final.  fold.c, vector.c, narrow.c */
void opt_fold_op(struct ir *ir, ir_ref r);
void opt_fold_vector(struct ir *ir, ir_ref r);
void opt_narrow_op(struct ir *ir, ir_ref r);

/* Opcodes that opt_fold_vector() has something for. */
extern const bool opt_vector_folds[];

/* Is there anything in opt_fold_op() for ops of this opcode? */
static inline bool opt_folds(uint16_t opc)
{
    return ir_opinfo[opc].flags & (IRF_FOLD | IRF_MEM) || opc == IR_flags_add || opc == IR_flags_and ||
           opt_vector_folds[opc];
}

/* Where a region has merges of flags (fold.c): a merge itself, and what may use one. */
void opt_fold_merge(struct ir *ir, ir_ref r);
void opt_fold_flags_use(struct ir *ir, struct ir_op *op);

/* A side exit, its flags final. */
void opt_fold_exit(struct ir *ir, struct ir_op *op);

/* Op r is the same as value v. */
static inline void opt_replace(struct ir *ir, ir_ref r, ir_ref v)
{
    struct ir_op *op = &ir->ops[r]; /* what else a NOP says does not matter */
    op->opc = IR_NOP;
    op->arg[0] = v;
    op->arg[1] = op->arg[2] = op->arg[3] = 0;
    ir->replaced = true;
}

#endif
