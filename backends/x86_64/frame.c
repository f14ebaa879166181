/* SPDX-License-Identifier: MIT */
/*
 * Signal frames: registers of emitted code at a signal, and where to go on after it.  Linux's
 * ucontext.  All are async-signal-safe.  Includes x64.h.
 */
#define _GNU_SOURCE
#include <ucontext.h>

#include "backends/x86_64/x64.h"

/* General registers in the order of their numbers. */
static const uint8_t greg[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                 REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                 REG_R12, REG_R13, REG_R14, REG_R15};

static uint64_t get(const void *ucontext, int reg)
{
    return (uint64_t)((const ucontext_t *)ucontext)->uc_mcontext.gregs[reg];
}
static void set(void *ucontext, int reg, uint64_t value)
{
    ((ucontext_t *)ucontext)->uc_mcontext.gregs[reg] = (greg_t)value;
}

uintptr_t x64_frame_pc(const void *ucontext) { return get(ucontext, REG_RIP); }

/* At LOCK CMPXCHG16B [RDI] (atomic.c) the values of RBX and RDI are in the frame of emitted code. */
static bool at_pair(const void *ucontext)
{
    static const uint8_t insn[5] = {0xf0, 0x48, 0x0f, 0xc7, 0x0f};

    return memcmp((const void *)x64_frame_pc(ucontext), insn, sizeof insn) == 0;
}

uint64_t x64_frame_int(const void *ucontext, unsigned reg)
{
    const uint64_t frame = x64_frame_stack(ucontext) - X64_FRAME_SPILL;

    if ((reg == RBX || reg == RDI) && at_pair(ucontext))
        return *(const uint64_t *)(frame + (reg == RBX ? X64_FRAME_PAIR_RBX : X64_FRAME_PAIR_RDI));
    return get(ucontext, greg[reg]);
}

tcg_v128 x64_frame_vec(const void *ucontext, unsigned reg)
{
    tcg_v128 v;

    memcpy(&v, &((const ucontext_t *)ucontext)->uc_mcontext.fpregs->_xmm[reg], sizeof v);
    return v;
}

uint64_t x64_frame_state(const void *ucontext) { return get(ucontext, REG_RBP); }
uint64_t x64_frame_stack(const void *ucontext)
{
    return get(ucontext, REG_RBP) - X64_BIAS + offsetof(struct tcg_cpu, host_frame) +
           X64_FRAME_SPILL;
}
uint32_t x64_frame_fp_flags(const void *ucontext)
{
    return x64_fp_flags(((const ucontext_t *)ucontext)->uc_mcontext.fpregs->mxcsr);
}

/* MXCSR comes back with the frame, and R_EXIT takes the flags from it. */
void x64_frame_leave(void *ucontext, struct tcg_cpu *cpu)
{
    set(ucontext, REG_RBP, (uint64_t)(uintptr_t)cpu + X64_BIAS);
    set(ucontext, REG_RIP, (uint64_t)(uintptr_t)cpu->host_table[X64_R_EXIT]);
    set(ucontext, REG_EFL, get(ucontext, REG_EFL) & ~(uint64_t)0x400); /* DF */
}

/* 128 bytes below rsp are the red zone of what was interrupted. */
void x64_frame_call(void *ucontext, void (*fn)(struct tcg_cpu *), struct tcg_cpu *cpu)
{
    set(ucontext, REG_RSP, ((get(ucontext, REG_RSP) - 128) & ~(uint64_t)15) - 8);
    set(ucontext, REG_RDI, (uint64_t)(uintptr_t)cpu);
    set(ucontext, REG_RIP, (uint64_t)(uintptr_t)fn);
    set(ucontext, REG_EFL, get(ucontext, REG_EFL) & ~(uint64_t)0x400);
}

bool x64_frame_rets_full(void *ucontext, struct tcg_cpu *cpu, const void *address)
{
    const uint64_t rsp = get(ucontext, REG_RSP);

    if (rsp != (uint64_t)(uintptr_t)cpu->ret_limit || (uint64_t)(uintptr_t)address != rsp - 8)
        return false;
    set(ucontext, REG_RSP, (uint64_t)(uintptr_t)cpu->ret_bottom);
    return true;
}
