/* SPDX-License-Identifier: MIT */
/*
 * Host signals at guest accesses.  Three places can fault: emitted code (the side table has an
 * entry for the instruction), a helper below emitted code (an entry for the call's return
 * address), and C that announced itself (the interpreter, tcg_copy_*).  No locks here.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/run/run.h"

static bool restore(struct tcg_cpu *cpu, uintptr_t host_pc, const void *ucontext, uintptr_t stack)
{
    struct tcg *tcg = cpu->tcg;
    const struct tcg_region *r = tcg_region_of_code(tcg, host_pc);
    cpu->thread->batched = r && r->batches;
    return r && cg_restore(cpu, tcg->host, tcg->guest, r->snap, r->snap_size, r->pc,
                           (uint32_t)(host_pc - (uintptr_t)r->code), ucontext, stack);
}

/* From C: state is in memory; go back to tcg_run(). */
static _Noreturn void recover(struct tcg_cpu *cpu)
{
    struct tcg_thread *t = cpu->thread;
    if (t->recovering)
        siglongjmp(t->recover, 1);
    cpu->tcg->host->leave_from_c(cpu);
    abort();
}

/* In a helper below emitted code: state as of the call. */
static bool restore_call(struct tcg_cpu *cpu)
{
    struct tcg *tcg = cpu->tcg;
    return restore(cpu, tcg->host->call_site(cpu), NULL, tcg->host->call_stack(cpu));
}

void tcg_leave_from_c(struct tcg_cpu *cpu)
{
    if (!cpu->thread->recovering && !restore_call(cpu)) {
        fprintf(stderr, "dragoman: a helper raised %u where no state is recorded\n", cpu->exc);
        abort();
    }
    recover(cpu);
}

static void describe(struct tcg_cpu *cpu, int sig, const siginfo_t *info)
{
    uint64_t address = (uint64_t)(uintptr_t)info->si_addr - cpu->tcg->mem.base;
    cpu->fault_sig = sig;
    cpu->fault_code = info->si_code;
    if (!cpu->clean_address || info->si_code != SI_KERNEL)
        cpu->fault_addr = address; /* else it is what the interpreter says */
    cpu->exc = TCG_EXC_MEM;
    cpu->exc_arg = 0;
}

static void lift_again(struct tcg_cpu *cpu)
{
    siglongjmp(cpu->tcg->lift_recover, 1);
}

/* While guest code was read for translation. */
static bool lift_fault(struct tcg_cpu *cpu, const siginfo_t *info, void *ucontext)
{
    struct tcg *tcg = cpu->tcg;
    uint64_t page = ((uint64_t)(uintptr_t)info->si_addr - tcg->mem.base) >> TCG_PAGE_BITS;
    if (__atomic_load_n(&tcg->lifting, __ATOMIC_ACQUIRE) != cpu->thread || page == tcg->lift_bad)
        return false;
    tcg->lift_bad = page;
    tcg->host->frame_call(ucontext, lift_again, cpu);
    return true;
}

/* The last one that is allowed asks the CPU to come out, for code that checks. */
static bool fp_trap(struct tcg_cpu *cpu, void *ucontext)
{
    const struct host *host = cpu->tcg->host;
    const struct tcg_region *r = tcg_region_of_code(cpu->tcg, host->frame_pc(ucontext));
    if (!cpu->thread->emitted || !r || !(r->run_mode & TCG_RUN_FPTRAP) ||
        !host->frame_fp_trap(ucontext, cpu, r->code, r->code_size))
        return false;
    if (++cpu->thread->n_fp_traps >= TCG_FP_TRAPS + cpu->tcg->n_regions && !cpu->thread->fp_traps_over) {
        cpu->thread->fp_traps_over = true;
        tcg_kick(cpu);
    }
    return true;
}

bool tcg_host_fault(struct tcg_cpu *cpu, int sig, siginfo_t *info, void *ucontext)
{
    const struct tcg *tcg = cpu->tcg;
    struct tcg_thread *t = cpu->thread;
    if (sig == SIGFPE)
        return fp_trap(cpu, ucontext);
    if (sig != SIGSEGV && sig != SIGBUS)
        return false;
    if (t->emitted && tcg_in_code(tcg, tcg->host->frame_pc(ucontext)) &&
        tcg->host->frame_rets_full(ucontext, cpu, info->si_addr))
        return true;
    if (lift_fault(cpu, info, ucontext))
        return true;
    if (t->recovering && (t->in_code || t->recovering == 2)) {
        describe(cpu, sig, info);
        tcg->host->frame_call(ucontext, recover, cpu);
        return true;
    }
    if (!t->emitted)
        return false;
    uintptr_t pc = tcg->host->frame_pc(ucontext);
    if (tcg_in_code(tcg, pc)) {
        if (!restore(cpu, pc, ucontext, 0))
            return false;
        describe(cpu, sig, info);
        tcg->host->frame_leave(ucontext, cpu);
        return true;
    }
    if (!restore_call(cpu))
        return false;
    describe(cpu, sig, info);
    tcg->host->frame_call(ucontext, recover, cpu);
    return true;
}

bool tcg_in_code(const struct tcg *tcg, uintptr_t host_pc)
{
    return host_pc - (uintptr_t)tcg->code.base < tcg->code.size;
}

/* --- copies by the OS layer ---------------------------------------------------------------------- */

static int copy(struct tcg_cpu *cpu, void *to, const void *from, size_t n)
{
    struct tcg_thread *t = cpu->thread;
    if (sigsetjmp(t->recover, 0)) {
        t->recovering = 0;
        return -1;
    }
    t->recovering = 2;
    __asm__ volatile("" ::: "memory");
    memcpy(to, from, n);
    __asm__ volatile("" ::: "memory");
    t->recovering = 0;
    return 0;
}

int tcg_copy_from_guest(struct tcg_cpu *cpu, void *to, uint64_t guest, size_t n)
{
    return copy(cpu, to, (const void *)(uintptr_t)(cpu->mem_base + guest), n);
}

int tcg_copy_to_guest(struct tcg_cpu *cpu, uint64_t guest, const void *from, size_t n)
{
    return copy(cpu, (void *)(uintptr_t)(cpu->mem_base + guest), from, n);
}
