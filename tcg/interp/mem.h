/* SPDX-License-Identifier: MIT */
/*
 * The interpreter's memory ops.  Internal to tcg/interp.  Includes eval.h.
 *
 * Each performs one op at guest address `addr`, with the size, byte order, atomicity and ordering
 * that op->mod asks for.  False: the alignment is wrong; cpu->exc, fault_addr and fault_write say
 * so and nothing was accessed.  A host fault may end any of them.
 * Where cpu->stores is set, what a store overwrote is noted there.
 */
#ifndef TCG_INTERP_MEM_H
#define TCG_INTERP_MEM_H

#include "tcg/interp/eval.h"

/* What was stored, in order: for running a region a second time from the same memory. */
struct interp_store {
    void *host;
    unsigned size;
    tcg_v128 before, after; /* after: lockstep.c's */
};
struct interp_stores {
    struct interp_store *at;
    uint32_t n, room;
};

bool interp_load(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr, union ir_val *d);
bool interp_store(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr,
                  const union ir_val *value);
bool interp_load_excl(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr, union ir_val *d);
bool interp_store_excl(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr,
                       const union ir_val *value, union ir_val *d);
bool interp_rmw(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr,
                const union ir_val *value, union ir_val *d);
bool interp_cas(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr,
                const union ir_val *expected, const union ir_val *value, union ir_val *d);
void interp_clear_excl(struct tcg_cpu *cpu);
void interp_fence(const struct ir_op *op);

#endif
