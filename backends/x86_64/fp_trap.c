/* SPDX-License-Identifier: MIT */
/*
 * Floating point with Invalid unmasked (TCG_RUN_FPTRAP): instructions whose answer could be wrong
 * raise it, without exception, so that emitted code checks nothing.  The signal handler sends a
 * trapping instruction to its evaluation out of line, found in a table at the end of the region's
 * code.  While such code runs MXCSR.IE is 0, and the guest's own flag is in cpu->fp.flags.
 *
 * The table, sorted by the first field: struct trap for each instruction that may trap, then their
 * number and TABLE_MAGIC.  An entry stands for all code up to the next one's.  Includes x64.h.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>
#include <xmmintrin.h>

#include "backends/x86_64/x64.h"

enum { TABLE_MAGIC = 0x54505046, MAX_TRAPS = 1024, MXCSR_IE = 1, MXCSR_IM = 0x80 };

/* Offsets from the region's first byte.  TO_FLAGS: a comparison; it was unordered, go on at `to`. */
struct trap { uint32_t at, to; };
enum { TO_FLAGS = 1u << 31 };

/* --- the table ----------------------------------------------------------------------------------------- */

/* Of the region that this thread emits now. */
static _Thread_local struct {
    uint32_t n;
    struct { const uint8_t *at, *next; struct cg_ool *slow; } trap[MAX_TRAPS];
} pending;

void x64_trap_table(struct cg *cg)
{
    if (!cg->host_began)
        return;
    if (cg->end - cg->p < (ptrdiff_t)(pending.n + 2) * 8) {
        cg->overflow = true;
        return;
    }
    x64_align(cg, 0, 4);
    for (uint32_t k = 0; k < pending.n; k++) {
        const struct cg_ool *slow = pending.trap[k].slow;

        x64_u32(cg, (uint32_t)(pending.trap[k].at - cg->start));
        x64_u32(cg, slow ? (uint32_t)(slow->from.at - cg->start)
                         : (uint32_t)(pending.trap[k].next - cg->start) | TO_FLAGS);
    }
    x64_u32(cg, pending.n);
    x64_u32(cg, TABLE_MAGIC);
}

static void add(struct cg *cg, const uint8_t *at, const uint8_t *next, struct cg_ool *slow)
{
    if (!cg->host_began) {
        cg->host_began = true;
        pending.n = 0;
    }
    if (pending.n == MAX_TRAPS) {
        cg->overflow = true;
        return;
    }
    pending.trap[pending.n].at = at;
    pending.trap[pending.n].next = next;
    pending.trap[pending.n++].slow = slow;
}

void x64_trap_here(struct cg *cg, struct cg_ool *slow)
{
    if (x64_traps(cg))
        add(cg, cg->p, NULL, slow);
}

void x64_trap_flags(struct cg *cg, const uint8_t *at)
{
    if (x64_traps(cg))
        add(cg, at, cg->p, NULL);
}

/* --- the signal -------------------------------------------------------------------------------------------- */

static const struct trap *find(const uint8_t *code, size_t size, uint32_t offset)
{
    const uint32_t *tail = (const uint32_t *)(const void *)(code + size) - 2;
    const struct trap *t = NULL, *found = NULL;

    if (size < 16 || (uintptr_t)tail % 4 || tail[1] != TABLE_MAGIC)
        return NULL;
    t = (const struct trap *)(const void *)tail - tail[0];
    for (uint32_t k = 0; k < tail[0] && t[k].at <= offset; k++)
        found = &t[k];
    return found;
}

bool x64_frame_fp_trap(void *ucontext, struct tcg_cpu *cpu, const uint8_t *code, size_t size)
{
    ucontext_t *uc = ucontext;
    greg_t *regs = uc->uc_mcontext.gregs;
    const struct trap *t = find(code, size, (uint32_t)(regs[REG_RIP] - (greg_t)(uintptr_t)code));

    if (!t)
        return false;
    uc->uc_mcontext.fpregs->mxcsr &= ~(uint32_t)MXCSR_IE;
    regs[REG_RIP] = (greg_t)(uintptr_t)(code + (t->to & ~(uint32_t)TO_FLAGS));
    if (t->to & TO_FLAGS) { /* SDM, UCOMISD: unordered is ZF PF CF; OF SF AF are clear */
        cpu->fp.flags |= FP_IOC;
        regs[REG_EFL] = (regs[REG_EFL] & ~0x8d5) | 0x45;
    }
    return true;
}

/* --- is it so on this machine? ------------------------------------------------------------------------------ */

static volatile sig_atomic_t probe_trapped;

static void probe_handler(int sig, siginfo_t *info, void *ucontext)
{
    (void)sig, (void)info;
    ((ucontext_t *)ucontext)->uc_mcontext.fpregs->mxcsr |= MXCSR_IM;
    probe_trapped = 1;
}

/* Some emulators and checkers never trap.  Runs once, before there are threads. */
bool x64_probe_traps(void)
{
    struct sigaction action = {.sa_sigaction = probe_handler, .sa_flags = SA_SIGINFO}, old_action;
    const uint32_t old_csr = _mm_getcsr();
    sigset_t fpe, old_mask;

    if (probe_trapped)
        return true;
    sigemptyset(&fpe);
    sigaddset(&fpe, SIGFPE);
    if (sigaction(SIGFPE, &action, &old_action) != 0)
        return false;
    sigprocmask(SIG_UNBLOCK, &fpe, &old_mask);
    _mm_setcsr(X64_MXCSR_DEFAULT & ~MXCSR_IM);
    __asm__ volatile("pxor %%xmm0, %%xmm0\n\tdivsd %%xmm0, %%xmm0" : : : "xmm0");
    _mm_setcsr(old_csr);
    sigprocmask(SIG_SETMASK, &old_mask, NULL);
    sigaction(SIGFPE, &old_action, NULL);
    return probe_trapped;
}
