/* SPDX-License-Identifier: MIT */
/*
 * Guest addresses, shared by mem.c and atomic.c.  Includes x64.h.
 */
#ifndef BACKENDS_X86_64_MEM_H
#define BACKENDS_X86_64_MEM_H

#include "backends/x86_64/x64.h"

/* The host address of a memory op as an operand; RCX and RAX may be part of it. */
struct x64_mem x64_address(struct cg *cg, const struct cg_inst *i);
/* RCX = the guest address; x64_host_address(cg) makes it the host's. */
void x64_guest_address(struct cg *cg, const struct cg_inst *i);
void x64_host_address(struct cg *cg);
/* Raises TCG_EXC_ALIGN if IR_MEM_ALIGN is set and the address is not aligned. */
void x64_check_align(struct cg *cg, const struct cg_inst *i);
/* The next instruction accesses guest memory. */
static inline void x64_fault_here(struct cg *cg, const struct cg_inst *i)
{
    cg_fault_point(cg, i, cg->p);
}
static inline unsigned x64_mem_log2(const struct ir_op *op) { return op->mod & IR_MEM_SIZE; }
/* d = r, zero (or, for `sign`, sign to op's type) extended from 2^log2 bytes; byte order undone. */
void x64_extend(struct cg *cg, const struct ir_op *op, unsigned d, unsigned r, bool sign);
/* Byte order of a store's or an operand's value: r = the bytes of r reversed. */
void x64_swap_value(struct cg *cg, unsigned log2, unsigned r);

#endif
