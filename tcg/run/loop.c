/* SPDX-License-Identifier: MIT */
/* The CPU loop: find a region, run it, see why it left. */
#include <stdlib.h>

#include "tcg/run/run.h"

/* run_mode follows what the options and the FP control word ask for. */
static void update_mode(struct tcg_cpu *cpu)
{
    struct tcg_thread *t = cpu->thread;
    bool exact = cpu->fp.fz && cpu->run_mode & TCG_RUN_FPSTRICT;
    bool trap = !exact && cpu->tcg->fp_traps && !t->fp_traps_over;
    cpu->run_mode &= ~(uint32_t)(TCG_RUN_FPEXACT | TCG_RUN_FPFLUSH | TCG_RUN_FPTRAP |
                                 TCG_RUN_FPDN | TCG_RUN_FPHALF);
    cpu->run_mode |= exact ? TCG_RUN_FPEXACT : cpu->fp.fz ? TCG_RUN_FPFLUSH : 0;
    cpu->run_mode |= cpu->fp.dn ? TCG_RUN_FPDN : 0;
    cpu->run_mode |= cpu->fp.fz16 || cpu->fp.ahp ? TCG_RUN_FPHALF : 0;
    cpu->run_mode |= trap ? TCG_RUN_FPTRAP : 0;
    if (t->jump_mode != cpu->mode || t->jump_run_mode != cpu->run_mode) {
        tcg_jump_flush(cpu);
        t->jump_mode = cpu->mode;
        t->jump_run_mode = cpu->run_mode;
        cpu->link = NULL;
    }
}

void tcg_run_interp(struct tcg_cpu *cpu, const struct ir *ir)
{
    struct tcg_thread *t = cpu->thread;
    const size_t need = ir_interp_vals(ir);
    if (t->n_vals < need) {
        free(t->vals);
        t->n_vals = (uint32_t)need * 2;
        t->vals = aligned_alloc(16, t->n_vals * sizeof *t->vals);
        if (!t->vals)
            abort();
    }
    t->by_exit = ir_interp(cpu, ir, t->vals) == IR_LEFT_EXIT;
    cpu->link = NULL;
}

/* Emitted code has left by a link; from here on no flush takes that away unseen.  Who was kicked is to go
 * elsewhere. */
static void left_by_link(struct tcg_cpu *cpu)
{
    const struct tcg_exit_data *exit = cpu->exit_data;
    const struct tcg_edge *e = &cpu->tcg->by_id[exit->region]->edges[exit->first + cpu->exit_link];
    cpu->pc = e->pc;
    if (!__atomic_load_n(&cpu->exit_request, __ATOMIC_RELAXED))
        cpu->link = e;
}

void tcg_run_emitted(struct tcg_cpu *cpu, const struct tcg_region *r)
{
    const struct host *host = cpu->tcg->host;
    cpu->host_fpcr = host->fpcr(&cpu->fp, cpu->run_mode);
    cpu->host_fpcr_std = host->fpcr(&cpu->fp_std, 0);
    cpu->host_fpcr_saved = 0;
    cpu->fp_std_now = 0;
    atomic_store_explicit(&cpu->thread->emitted, 1, memory_order_relaxed);
    cpu->exit_data = NULL;
    host->enter(cpu, r->code);
    if (cpu->exit_data)
        left_by_link(cpu);
    atomic_store_explicit(&cpu->thread->emitted, 0, memory_order_relaxed);
}

static void run_region(struct tcg_cpu *cpu, const struct tcg_region *r)
{
    struct tcg *tcg = cpu->tcg;
    if (tcg->opt.log & TCG_LOG_EXEC && tcg_log_wanted(tcg, r->pc, TCG_LOG_EXEC))
        fprintf(tcg->opt.log_file, "exec %#llx\n", (unsigned long long)r->pc);
    if (tcg->opt.log & TCG_LOG_CPU && tcg_log_wanted(tcg, r->pc, TCG_LOG_CPU))
        tcg->guest->dump(cpu, tcg->opt.log_file);
    switch (tcg->opt.accel) {
    case TCG_ACCEL_JIT: tcg_run_emitted(cpu, r); break;
    case TCG_ACCEL_INTERP: tcg_run_interp(cpu, r->ir); break;
    case TCG_ACCEL_LOCKSTEP: tcg_lockstep(cpu, r); break;
    }
}

/* Why the code at exc_arg cannot be fetched.  If by now it can, tcg_run() is to go on. */
static void fetch_fault(struct tcg_cpu *cpu)
{
    const struct tcg_mem_ops *mem = &cpu->tcg->mem;
    uint64_t avail;
    cpu->fault_addr = (uint64_t)cpu->exc_arg;
    cpu->fault_write = false;
    uint8_t byte;
    if (mem->code(mem->opaque, cpu->fault_addr, &avail, &cpu->fault_sig, &cpu->fault_code)) {
        if (tcg_copy_from_guest(cpu, &byte, cpu->fault_addr, 1)) {
            cpu->exc = TCG_EXC_FETCH; /* it is mapped, but cannot be read: fault_* say why */
            return;
        }
        tcg_invalidate(cpu->tcg, guest_code_address(cpu->tcg->guest, cpu->pc), 1); /* the region that raises */
        cpu->exc = TCG_EXC_INTERRUPT;
    }
}

/* After a fault whose address the host does not tell (x86-64: it is not canonical, as a tagged
 * pointer), or of code that does several rounds of a loop at once: interprets the instruction, in the
 * first case with its addresses as the guest's memory sees them.  True if tcg_run() is to go on. */
static bool step_again(struct tcg_cpu *cpu)
{
    struct tcg *tcg = cpu->tcg;
    struct tcg_thread *t = cpu->thread;
    struct tcg_lifted lifted;
    const bool batched = t->batched, clean = cpu->fault_code == SI_KERNEL && tcg->guest->clean_address;
    t->batched = false;
    if (cpu->exc != TCG_EXC_MEM || (!clean && !batched))
        return false;
    if (!t->step.guest)
        ir_init(&t->step, tcg->guest);
    pthread_mutex_lock(&tcg->lock);
    tcg_lift_region(tcg, &t->step, cpu, cpu->pc,
                    &(struct tcg_lift_how){.line = TCG_LINE, .max_insns = 1}, &lifted);
    pthread_mutex_unlock(&tcg->lock);
    cpu->exc = TCG_EXC_NONE;
    cpu->clean_address = clean ? tcg->guest->clean_address : NULL;
    if (!sigsetjmp(t->recover, 0)) {
        t->recovering = 2;
        tcg_run_interp(cpu, &t->step);
    }
    t->recovering = 0;
    cpu->clean_address = NULL;
    return cpu->exc == TCG_EXC_NONE;
}

/* Interprets what tcg_find() lifted into thread->step. */
static void run_cold(struct tcg_cpu *cpu)
{
    struct tcg_thread *t = cpu->thread;
    if (!sigsetjmp(t->recover, 0)) {
        t->recovering = 2;
        tcg_run_interp(cpu, &t->step);
    }
    t->recovering = 0;
}

static void run_loop(struct tcg_cpu *cpu)
{
    struct tcg_thread *t = cpu->thread;
    bool interp = cpu->tcg->opt.accel == TCG_ACCEL_INTERP;
    cpu->exc = TCG_EXC_NONE;
    t->from = TCG_FROM_CALLER;
    if (interp) {
        sigsetjmp(t->recover, 0);
        t->recovering = 1;
    }
    while (cpu->exc == TCG_EXC_NONE) {
        if (__atomic_load_n(&cpu->exit_request, __ATOMIC_ACQUIRE)) {
            __atomic_store_n(&cpu->exit_request, 0, __ATOMIC_RELEASE);
            cpu->exc = TCG_EXC_INTERRUPT;
            break;
        }
        update_mode(cpu);
        const struct tcg_region *r = tcg_find(cpu);
        if (r)
            run_region(cpu, r);
        else
            run_cold(cpu);
        t->from = r ? TCG_FROM_EMITTED : TCG_FROM_COLD;
        tcg_leave_code(cpu);
    }
    t->recovering = 0;
    atomic_store(&t->in_code, 0);
}

unsigned tcg_run(struct tcg_cpu *cpu)
{
    do
        run_loop(cpu);
    while (step_again(cpu));
    if (cpu->exc == TCG_EXC_ALIGN)
        cpu->fault_write = cpu->exc_arg;
    else if (cpu->exc == TCG_EXC_FETCH)
        fetch_fault(cpu);
    return cpu->exc;
}

void tcg_kick(struct tcg_cpu *cpu)
{
    __atomic_store_n(&cpu->exit_request, 1, __ATOMIC_RELEASE);
}

void tcg_fp_status_read(struct tcg_cpu *cpu)
{
    atomic_store_explicit(&cpu->tcg->fp_status, true, memory_order_relaxed);
}

void tcg_fp_sync(struct tcg_cpu *cpu)
{
    if (cpu->thread->emitted)
        cpu->tcg->host->fp_sync(cpu);
}

void tcg_fp_load(struct tcg_cpu *cpu)
{
    if (cpu->thread->emitted)
        cpu->tcg->host->fp_load(cpu);
}

void tcg_raise(struct tcg_cpu *cpu, unsigned exc, int64_t arg)
{
    cpu->exc = exc;
    cpu->exc_arg = arg;
    tcg_leave_from_c(cpu);
}
