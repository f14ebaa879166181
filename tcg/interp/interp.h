/* SPDX-License-Identifier: MIT */
/*
 * The IR interpreter: runs a region, one op after the other, on a CPU's state.  It is the portable
 * back end, and what the others are compared with.  Includes eval.h.
 */
#ifndef TCG_INTERP_INTERP_H
#define TCG_INTERP_INTERP_H

#include "tcg/interp/eval.h"

/* How a region was left. */
enum ir_left {
    IR_LEFT_GOTO, /* goto_pc, goto_ind: go on at cpu->pc */
    IR_LEFT_EXIT, /* exit_if: go on at cpu->pc */
    IR_LEFT_EXC,  /* cpu->exc, cpu->exc_arg; for TCG_EXC_ALIGN also cpu->fault_addr, fault_write */
};

/* How many values ir_interp() needs room for. */
static inline size_t ir_interp_vals(const struct ir *ir)
{
    return ir->n + ir->n_edge_args;
}

/*
 * Runs the region from its first op.  vals: room for ir_interp_vals(ir) values, contents of no
 * matter before or after; a thread keeps one array for all regions.
 *
 * Effects are applied strictly in order: each put is stored where it stands, and cpu->pc is that of
 * the current guest instruction from its `insn` on.  So the state is exact whenever a helper or the
 * handler of a host fault at a guest access leaves by longjmp.  Guest memory is accessed at
 * cpu->mem_base + address; tags and unmapped pages are left to the host's fault.
 *
 * The exclusive monitor's value, cpu->excl_val, is the bytes as the host's loads see them, whatever
 * IR_MEM_BSWAP; bytes past the access's size do not matter.
 *
 * Thread rule: that of cpu.  The region must have passed ir_verify().  Does not poll
 * cpu->exit_request: a region with a loop that never leaves it is the caller's to avoid.
 */
enum ir_left ir_interp(struct tcg_cpu *cpu, const struct ir *ir, union ir_val *vals);

#endif
