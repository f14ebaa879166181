/* SPDX-License-Identifier: MIT */
/*
 * The ARM EABI of Linux: how programs and threads start, what each exception of the CPU means, and
 * the calls of the architecture's own.
 */
#define _GNU_SOURCE
#include "linux-user/arm/abi.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "linux-user/convert.h"

enum { R7 = 7, SP = 13 };

uint32_t a32_endian_bit(void)
{
    return lu.abi->elf_data == ELFDATA2MSB ? A32_CPSR_E : 0;
}

/* The address and, in bit 0, the instruction set of code that is entered from outside. */
static void enter(struct a32_cpu *cpu, uint32_t target)
{
    a32_set_pc_cpsr(cpu, target & ~1u,
                    A32_CPSR_USR | a32_endian_bit() | (target & 1 ? A32_CPSR_T : 0));
}

static void start(struct tcg_cpu *tcg, uint64_t pc, uint64_t sp)
{
    struct a32_cpu *cpu = (struct a32_cpu *)tcg;
    enter(cpu, pc - lu.base);
    cpu->r[SP] = sp - lu.base;
}

static void child(struct tcg_cpu *tcg, uint64_t sp, bool set_tls, uint64_t tls)
{
    struct a32_cpu *cpu = (struct a32_cpu *)tcg;
    cpu->r[0] = 0;
    if (sp)
        cpu->r[SP] = sp - lu.base;
    if (set_tls)
        cpu->tpidruro = tls;
    tcg->excl_addr = UINT64_MAX;
}

static uint64_t sp(const struct tcg_cpu *cpu)
{
    return ((const struct a32_cpu *)cpu)->r[SP] + lu.base;
}

static uint64_t hwcap(unsigned which)
{
    return which == 1 ? a32_hwcap() : a32_hwcap2();
}

/* "v7l" and "armv7l", as they are named for CPU and byte order; see prepare(). */
static char platform[8], machine[16];

static void cpuinfo(FILE *out, unsigned n_cpus)
{
    uint32_t midr = a32_midr();
    for (unsigned k = 0; k < n_cpus; k++)
        fprintf(out,
                "processor\t: %u\nmodel name\t: ARMv%u Processor rev %u (%s)\nBogoMIPS\t: 100.00\n"
                "Features\t: %s\nCPU implementer\t: 0x%02x\nCPU architecture: %u\n"
                "CPU variant\t: 0x%x\nCPU part\t: 0x%03x\nCPU revision\t: %u\n\n",
                k, a32_architecture(), midr & 15, lu.abi->platform, a32_cpuinfo_features(),
                midr >> 24, a32_architecture(), midr >> 20 & 15, midr >> 4 & 0xfff, midr & 15);
    fprintf(out, "Hardware\t: Dragoman\nRevision\t: 0000\nSerial\t\t: 0000000000000000\n");
}

/* The page of the kernel's helpers: their code is known to the front end, so what is to be read there
 * is the version alone (how many helpers there are: five). */
static void map_vectors(void)
{
    enum { VERSION_AT = 0xffc, N_HELPERS = 5 };
    uint64_t page = lu.base + A32_KUSER_PAGE;
    int64_t at = lu_mmap(page, LU_PAGE_SIZE, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (at != (int64_t)page)
        lu_fatal(1, "the page of the kernel's helpers cannot be mapped");
    lu_store(lu_ptr(page + VERSION_AT), N_HELPERS, 4);
    lu_mprotect(page, LU_PAGE_SIZE, PROT_READ | PROT_EXEC);
    lu_mm_set_kind(page, LU_PAGE_SIZE, LU_MAP_VECTORS);
}

static void restart_syscall(struct lu_task *t)
{
    struct a32_cpu *cpu = a32_of(t);
    uint32_t cpsr = a32_cpsr(cpu);
    a32_set_pc_cpsr(cpu, a32_pc(cpu) - (cpsr & A32_CPSR_T ? 2 : 4), cpsr);
} /* r0 is not overwritten yet */

static void set_result(struct lu_task *t, int64_t result)
{
    a32_of(t)->r[0] = result;
}

/* ---- system calls ------------------------------------------------------------------------------ */

/* SVC of A32 with an immediate is a call of the old ABI, whose arguments lie otherwise; unless it names
 * the call that r7 does, as the kernel's own code for sigreturn.  Thumb's immediate does not count. */
static bool is_old_abi(const struct a32_cpu *cpu)
{
    enum { OABI_BASE = 0x900000 };
    uint32_t imm = cpu->tcg.exc_arg;
    return imm && !(cpu->tcg.pc & A32_PC_T) && imm != OABI_BASE + cpu->r[R7];
}

static void system_call(struct lu_task *t)
{
    struct a32_cpu *cpu = a32_of(t);
    uint64_t reg[8];
    if (t->sig.pending) { /* first the handler, then the call, as if the signal came before it */
        restart_syscall(t);
        return;
    }
    if (is_old_abi(cpu)) {
        lu_log(TCG_LOG_UNIMP, "system call %#llx of the old ABI is not implemented",
               (unsigned long long)cpu->tcg.exc_arg);
        set_result(t, -ENOSYS);
        return;
    }
    for (unsigned k = 0; k < 7; k++)
        reg[k] = cpu->r[k];
    reg[7] = 0;
    lu_syscall_done(t, lu_syscall(t, cpu->r[R7], reg));
}

/* asm/unistd.h: numbers from 0xf0000 on. */
static int64_t private_call(struct lu_task *t, const uint64_t arg[6])
{
    enum { BREAKPOINT = 0xf0001, CACHEFLUSH, USR26, USR32, SET_TLS, GET_TLS };
    struct a32_cpu *cpu = a32_of(t);
    uint32_t first = arg[0], last = arg[1];
    switch (t->syscall_nr) {
    case BREAKPOINT:
        lu_signal_fault(t, SIGTRAP, TRAP_BRKPT, lu.base + a32_pc(cpu) - 4);
        return -LU_ENORESULT;
    case CACHEFLUSH:
        if (last < first || (uint32_t)arg[2])
            return -EINVAL;
        tcg_invalidate(lu.tcg, first, last - first);
        return 0;
    case SET_TLS: cpu->tpidruro = arg[0]; return 0;
    case GET_TLS: return cpu->tpidruro;
    default: /* 26-bit mode has not been since ARMv3 */ return -ENOSYS;
    }
}

/* ---- exceptions -------------------------------------------------------------------------------- */

static uint64_t pc_of(struct lu_task *t)
{
    return lu.base + a32_pc(a32_of(t));
}

static void memory_fault(struct lu_task *t)
{
    struct tcg_cpu *cpu = t->cpu;
    uint64_t address = lu.base + (uint32_t)cpu->fault_addr;
    int code = cpu->fault_code == SI_KERNEL ? SEGV_MAPERR : cpu->fault_code;
    /* What we only keep reserved is not mapped. */
    if (lu.base && cpu->fault_sig == SIGSEGV && !lu_mm_owned(address, 1))
        code = SEGV_MAPERR;
    lu_signal_fault(t, cpu->fault_sig, code, address);
}

/* The kernel takes some undefined instructions for breakpoints (arch/arm64/kernel/debug-monitors.c,
 * arch/arm's ptrace.c): gdb's. */
static bool is_breakpoint(struct lu_task *t)
{
    struct a32_cpu *cpu = a32_of(t);
    uint8_t code[4] = {0};
    uint32_t word;
    bool thumb = a32_cpsr(cpu) & A32_CPSR_T;
    if (lu_copy_from(t, code, pc_of(t), thumb ? 2 : 4))
        return false;
    memcpy(&word, code, 4); /* instructions are little-endian */
    if (!thumb)
        return (word & 0x0fffffff) == 0x07f001f0;
    if (word == 0xf7f0)
        return !lu_copy_from(t, code, pc_of(t) + 2, 2) && code[0] == 0x00 && code[1] == 0xa0;
    return word == 0xde01;
}

static void undefined(struct lu_task *t)
{
    if (is_breakpoint(t))
        lu_signal_fault(t, SIGTRAP, TRAP_BRKPT, pc_of(t));
    else
        lu_signal_fault(t, SIGILL, ILL_ILLOPC, pc_of(t));
}

static void exception(struct lu_task *t, unsigned exc)
{
    switch (exc) {
    case A32_EXC_SVC: system_call(t); break;
    case TCG_EXC_MEM:
    case TCG_EXC_FETCH: memory_fault(t); break;
    case TCG_EXC_ALIGN:
        lu_signal_fault(t, SIGBUS, BUS_ADRALN, lu.base + (uint32_t)t->cpu->fault_addr);
        break;
    case A32_EXC_PC_ALIGN: lu_signal_fault(t, SIGBUS, BUS_ADRALN, pc_of(t)); break;
    case TCG_EXC_ILLEGAL: undefined(t); break;
    case A32_EXC_BKPT: lu_signal_fault(t, SIGTRAP, TRAP_BRKPT, pc_of(t)); break;
    default: break;
    }
}

/* ---- the ABIs ------------------------------------------------------------------------------------ */

/* uname's machine is "arm" and the kernel's elf_platform, but for v5's longer name. */
static void prepare(void)
{
    snprintf(platform, sizeof platform, "%s", a32_platform());
    if (lu.abi->elf_data == ELFDATA2MSB)
        platform[strlen(platform) - 1] = 'b';
    snprintf(machine, sizeof machine, "arm%s", a32_architecture() == 5 ? "v5tejl" : platform);
    if (lu.abi->elf_data == ELFDATA2MSB)
        machine[strlen(machine) - 1] = 'b';
    map_vectors();
}

/* asm/processor.h, asm/memory.h: a 32-bit process on a 64-bit kernel. */
#define EABI(byte_order, abi_name, its_vdso)                                                              \
    {                                                                                           \
        .name = abi_name, .machine = machine, .platform = platform, .elf_machine = EM_ARM,      \
        .elf_class = ELFCLASS32, .elf_data = byte_order, .narrow = true, .align64 = 8,          \
        .pairs_aligned = true, .stack_top = 0xffff0000, .task_size = 0xfffff000,                \
        .guest = &a32_guest, .select_cpu = a32_select_cpu, .cpu_model = a32_cpu_model,          \
        .hwcap = hwcap, .prepare = prepare, .cpuinfo = cpuinfo, .start = start, .child = child, \
        .sp = sp, .exception = exception, .restart_syscall = restart_syscall,                   \
        .set_result = set_result, .signal_frame = a32_signal_frame, .sigreturn = a32_sigreturn, \
        .private_call = private_call, .trampoline = a32_trampoline, .vdso = &(its_vdso),        \
        .clone_tls_arg = 3, .min_altstack = 2048, .frame_size = A32_FRAME_SIZE,                 \
    }

const struct lu_abi lu_abi_arm = EABI(ELFDATA2LSB, "arm", a32_vdso);
const struct lu_abi lu_abi_armeb = EABI(ELFDATA2MSB, "armeb", a32_vdso_be);
