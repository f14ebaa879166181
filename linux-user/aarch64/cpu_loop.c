/* SPDX-License-Identifier: MIT */
/*
 * The AArch64 Linux ABI: how programs and threads start, and what each exception of the CPU means.
 */
#define _GNU_SOURCE
#include "linux-user/aarch64/abi.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

static void a64_start(struct tcg_cpu *cpu, uint64_t pc, uint64_t sp)
{
    cpu->pc = pc;
    ((struct a64_cpu *)cpu)->x[31] = sp;
}

static void a64_child(struct tcg_cpu *tcg, uint64_t sp, bool set_tls, uint64_t tls)
{
    struct a64_cpu *cpu = (struct a64_cpu *)tcg;
    cpu->x[0] = 0;
    if (sp)
        cpu->x[31] = sp;
    if (set_tls)
        cpu->tpidr_el0 = tls;
    tcg->excl_addr = UINT64_MAX;
}

static uint64_t a64_sp(const struct tcg_cpu *cpu)
{
    return ((const struct a64_cpu *)cpu)->x[31];
}

static uint64_t a64_hwcap_word(unsigned which)
{
    return which == 1 ? a64_hwcap() : a64_hwcap2();
}

static void a64_cpuinfo(FILE *out, unsigned n_cpus)
{
    uint32_t midr = a64_midr();
    for (unsigned k = 0; k < n_cpus; k++)
        fprintf(out,
                "processor\t: %u\nBogoMIPS\t: 100.00\nFeatures\t: %s\nCPU implementer\t: 0x%02x\n"
                "CPU architecture: 8\nCPU variant\t: 0x%x\nCPU part\t: 0x%03x\n"
                "CPU revision\t: %u\n\n",
                k, a64_cpuinfo_features(), midr >> 24, midr >> 20 & 15, midr >> 4 & 0xfff,
                midr & 15);
}

/* Bits 63..56 are the tag that addresses ignore; si_addr is without it. */
static uint64_t untagged(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 8) >> 8);
}

static void a64_restart_syscall(struct lu_task *t)
{
    t->cpu->pc -= 4;
} /* x0 is not overwritten yet */

static void a64_set_result(struct lu_task *t, int64_t result)
{
    a64_of(t)->x[0] = result;
}

static void system_call(struct lu_task *t)
{
    struct a64_cpu *cpu = a64_of(t);
    if (t->sig.pending) { /* first the handler, then the call, as if the signal came before it */
        a64_restart_syscall(t);
        return;
    }
    uint64_t arg[6];
    memcpy(arg, cpu->x, sizeof arg);
    lu_syscall_done(t, lu_syscall(t, cpu->x[8], arg));
}

static void memory_fault(struct lu_task *t)
{
    struct tcg_cpu *cpu = t->cpu;
    int code = cpu->fault_code == SI_KERNEL ? SEGV_MAPERR : cpu->fault_code;
    lu_signal_fault(t, cpu->fault_sig, code, untagged(cpu->fault_addr));
}

static void a64_exception(struct lu_task *t, unsigned exc)
{
    switch (exc) {
    case A64_EXC_SVC: system_call(t); break;
    case TCG_EXC_MEM:
    case TCG_EXC_FETCH: memory_fault(t); break;
    case TCG_EXC_ALIGN: lu_signal_fault(t, SIGBUS, BUS_ADRALN, untagged(t->cpu->fault_addr)); break;
    case A64_EXC_PC_ALIGN: lu_signal_fault(t, SIGBUS, BUS_ADRALN, t->cpu->pc); break;
    case TCG_EXC_ILLEGAL: lu_signal_fault(t, SIGILL, ILL_ILLOPC, t->cpu->pc); break;
    case A64_EXC_BRK: lu_signal_fault(t, SIGTRAP, TRAP_BRKPT, t->cpu->pc); break;
    default: break;
    }
}

const struct lu_abi lu_abi_aarch64 = {
    .name = "aarch64",
    .machine = "aarch64",
    .elf_machine = EM_AARCH64,
    .elf_class = ELFCLASS64,
    .elf_data = ELFDATA2LSB,
    .guest = &a64_guest,
    .select_cpu = a64_select_cpu,
    .cpu_model = a64_cpu_model,
    .hwcap = a64_hwcap_word,
    .cpuinfo = a64_cpuinfo,
    .start = a64_start,
    .child = a64_child,
    .sp = a64_sp,
    .exception = a64_exception,
    .restart_syscall = a64_restart_syscall,
    .set_result = a64_set_result,
    .signal_frame = a64_signal_frame,
    .sigreturn = a64_sigreturn,
    .trampoline = a64_trampoline,
    .clone_tls_arg = 3,
    .min_altstack = 5120,
    .frame_size = A64_FRAME_SIZE,
};
