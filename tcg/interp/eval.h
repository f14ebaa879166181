/* SPDX-License-Identifier: MIT */
/*
 * The meaning of every IR op in portable C, one function per op.  Read this file first: the
 * functions live in eval_int.c, eval_flags.c, eval_vec.c, eval_sat.c, eval_crypto.c and eval_fp.c,
 * and the order of their rows is that of ops.def.  The interpreter (interp.h) runs whole regions
 * with them, the folding pass evaluates constants with them, and back ends call them out of line
 * for what they do not emit themselves.  Includes ir/ and cpu.h.
 */
#ifndef TCG_INTERP_EVAL_H
#define TCG_INTERP_EVAL_H

#include "tcg/cpu.h"
#include "tcg/ir/ir.h"

/* A value of any type.  i32: bits 63..32 of `l` are zero.  Flags: `w` in the canonical format of
 * guest.h, bits 63..32 of `l` zero. */
union ir_val {
    uint32_t w;
    uint64_t l;
    tcg_v128 v;
};

/* What an op's meaning depends on besides its operands: the fields of struct ir_op of these names.
 * Holds no pointers, so that back ends can place it beside emitted code. */
struct ir_desc {
    uint16_t opc;
    uint8_t type, lane;
    uint16_t mod;
    int64_t imm, imm2;
};

/* *d = op(*a, *b, *c).  Operands that the op does not have may be NULL.  d may be one of a, b, c.
 * Effects: FP ops read cpu->fp (or cpu->fp_std, see IR_FPC1) and add to its flags; saturating ops
 * set bits in cpu->qc; other ops do not touch cpu, which may be NULL for them.  Never fails, never
 * uses the host's FPU.  Thread rule: that of cpu. */
typedef void ir_eval_fn(struct tcg_cpu *cpu, const struct ir_desc *op, union ir_val *d,
                        const union ir_val *a, const union ir_val *b, const union ir_val *c);

/* By opcode.  NULL for ops of structure, state, memory and leaving: only a region gives those a
 * meaning (interp.c). */
extern ir_eval_fn *const ir_eval[IR_OPC_COUNT];

/* Does cond hold for flags in the canonical format?  IR_AL and IR_NV always do. */
bool ir_cond_holds(enum ir_cond cond, uint32_t flags);

/* The functions of the table.  Those of ops whose shape is CUSTOM are named one by one; an op that
 * is in neither list nor in the list of ops without a function (eval_int.c) fails the build. */
#define IR_EVAL_FN(name)                                                                \
    void ir_eval_##name(struct tcg_cpu *cpu, const struct ir_desc *op, union ir_val *d, \
                        const union ir_val *a, const union ir_val *b, const union ir_val *c)
/* For the head of such a function that does not use all of its arguments. */
#define IR_EVAL_ARGS ((void)cpu, (void)op, (void)a, (void)b, (void)c)

#endif
