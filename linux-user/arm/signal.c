/* SPDX-License-Identifier: MIT */
/*
 * The signal frames of ARM Linux, as in its asm/sigcontext.h and asm/ucontext.h: written on delivery,
 * read back by sigreturn and rt_sigreturn.
 */
#include "linux-user/arm/abi.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "linux-user/narrow.h"
#include "linux-user/signal.h"

enum { R0 = 0, SP = 13, LR = 14, PC = 15 };
enum { UC_FLAGS = 0x5ac3c35a, VFP_MAGIC = 0x56465001, VFP_SIZE = 288, FPEXC_EN = 1 << 30 };

/* All are words in the guest's byte order; store() and load() convert. */
struct frame {
    uint32_t flags, link;
    uint32_t stack_sp, stack_flags, stack_size;
    uint32_t trap_no, error_code, old_mask;
    uint32_t reg[16], cpsr, fault_address;
    uint32_t mask[2], unused[30];
    uint32_t vfp_magic, vfp_size;
    uint32_t d[32][2];
    uint32_t fpscr, pad, fpexc, fpinst, fpinst2, pad2;
    uint32_t end_magic, rest[55];
    uint32_t retcode[4];
};

struct rt_frame {
    uint8_t info[LU_SIGINFO_SIZE];
    struct frame f;
};

_Static_assert(offsetof(struct frame, reg) == 32, "asm/sigcontext.h");
_Static_assert(offsetof(struct frame, mask) == 104, "asm/ucontext.h");
_Static_assert(offsetof(struct frame, vfp_magic) == 232, "uc_regspace");
_Static_assert(offsetof(struct frame, end_magic) - offsetof(struct frame, vfp_magic) == VFP_SIZE,
               "struct vfp_sigframe");
_Static_assert(sizeof(struct frame) == 760 && sizeof(struct rt_frame) == 888,
               "arch/arm/kernel/signal.h");

static void store(uint32_t *to, uint32_t value)
{
    lu_store(to, value, 4);
}

static uint32_t load(const uint32_t *from)
{
    return lu_load(from, 4);
}

/* FSR as the kernel keeps it for the frame (ARM ARM, short-descriptor DFSR): what kind of fault. */
static uint32_t fault_status(struct lu_task *t, int sig, const siginfo_t *info)
{
    enum { ALIGNMENT = 1, TRANSLATION = 7, PERMISSION = 15, EXTERNAL = 8, WRITE = 1 << 11 };
    uint32_t status = sig == SIGBUS ? (info->si_code == BUS_ADRALN ? ALIGNMENT : EXTERNAL)
                      : info->si_code == SEGV_ACCERR ? PERMISSION
                                                     : TRANSLATION;
    return status | (t->cpu->fault_write ? WRITE : 0);
}

static bool is_fault(int sig, const siginfo_t *info)
{
    return info->si_code > 0 && info->si_code != SI_KERNEL && (sig == SIGSEGV || sig == SIGBUS);
}

static void fill_vfp(struct a32_cpu *cpu, struct frame *f)
{
    store(&f->vfp_magic, VFP_MAGIC);
    store(&f->vfp_size, VFP_SIZE);
    for (unsigned k = 0; k < 32; k++) {
        uint64_t d;
        memcpy(&d, (const uint8_t *)cpu->q + 8 * k, sizeof d);
        lu_store(f->d[k], d, 8);
    }
    store(&f->fpscr, a32_fpscr(cpu));
    store(&f->fpexc, FPEXC_EN);
}

static void fill(struct lu_task *t, struct frame *f, int sig, const siginfo_t *info, uint64_t mask)
{
    enum { TRAP_PAGE_FAULT = 14, TRAP_UNDEFINED = 6 };
    struct a32_cpu *cpu = a32_of(t);
    struct lu_signals *s = &t->sig;

    store(&f->stack_sp, s->alt_size ? s->alt_sp - lu.base : 0);
    store(&f->stack_flags, s->alt_flags);
    store(&f->stack_size, s->alt_size);
    if (s->alt_flags & LU_SS_AUTODISARM) {
        s->alt_sp = s->alt_size = 0;
        s->alt_flags = SS_DISABLE;
    }
    for (unsigned k = 0; k < 15; k++)
        store(&f->reg[k], cpu->r[k]);
    store(&f->reg[PC], a32_pc(cpu));
    store(&f->cpsr, a32_cpsr(cpu));
    if (is_fault(sig, info)) {
        store(&f->trap_no, TRAP_PAGE_FAULT);
        store(&f->error_code, fault_status(t, sig, info));
        store(&f->fault_address, (uintptr_t)info->si_addr - lu.base);
    } else if (sig == SIGILL && info->si_code > 0) {
        store(&f->trap_no, TRAP_UNDEFINED);
    }
    store(&f->old_mask, mask);
    store(&f->mask[0], mask);
    store(&f->mask[1], mask >> 32);
    fill_vfp(cpu, f);
}

/* ---- what the handler returns to ----------------------------------------------------------------- */

/* Two words for each of sigreturn and rt_sigreturn in A32 and in T32, as in the kernel's
 * sigreturn_codes.S, which unwinders know: mov r7, #nr; svc #nr. */
enum { CODE_A32 = 0, CODE_T32 = 2, CODE_RT = 4, N_CODES = 8 };
static const uint32_t codes[N_CODES] = {
    [CODE_A32] = 0xe3a07077,           0xef900077, [CODE_T32] = 0xdf002777,           0,
    [CODE_RT + CODE_A32] = 0xe3a070ad, 0xef9000ad, [CODE_RT + CODE_T32] = 0xdf0027ad, 0};

size_t a32_trampoline(void *to)
{
    memcpy(to, codes, sizeof codes); /* code is little-endian in BE-8 too */
    return sizeof codes;
}

/* The address, with the instruction set in bit 0. */
static uint32_t return_code(const struct lu_sigaction *action, bool rt, uint32_t retcode[4])
{
    enum { GUEST_SA_RESTORER = 0x04000000 };
    bool thumb = action->handler & 1;
    unsigned k = (rt ? CODE_RT : 0) + (thumb ? CODE_T32 : CODE_A32);
    memcpy(retcode, &codes[k], 2 * sizeof codes[0]);
    if (action->flags & GUEST_SA_RESTORER)
        return action->restorer;
    return lu.trampoline - lu.base + k * sizeof codes[0] + thumb;
}

/* ---- delivery ------------------------------------------------------------------------------------ */

bool a32_signal_frame(struct lu_task *t, int sig, const siginfo_t *info,
                      const struct lu_sigaction *action, uint64_t saved_mask)
{
    struct a32_cpu *cpu = a32_of(t);
    bool rt = action->flags & SA_SIGINFO;
    uint64_t old_sp = lu.base + cpu->r[SP], at = lu_signal_stack(t, action, old_sp);
    size_t size = rt ? sizeof(struct rt_frame) : sizeof(struct frame);
    struct rt_frame f;

    if (at - lu.base < size + 8)
        return false;
    at = lu.base + ((at - lu.base - size) & -8ull);
    /* A handler that has outgrown the alternate stack is not to run into what lies below it. */
    if (lu_on_altstack(t, old_sp) && !lu_on_altstack(t, at))
        return false;
    memset(&f, 0, sizeof f);
    lu_siginfo_to_guest(f.info, info);
    fill(t, &f.f, sig, info, saved_mask);
    if (!rt)
        store(&f.f.flags, UC_FLAGS);
    uint32_t lr = return_code(action, rt, f.f.retcode);
    if (lu_copy_to(t, at, rt ? (void *)&f : (void *)&f.f, size))
        return false;

    uint32_t frame_at = at - lu.base;
    cpu->r[R0] = sig;
    if (rt) {
        cpu->r[1] = frame_at + offsetof(struct rt_frame, info);
        cpu->r[2] = frame_at + offsetof(struct rt_frame, f);
    }
    cpu->r[SP] = frame_at;
    cpu->r[LR] = lr;
    /* Flags and GE stay; IT state does not, and the byte order is the program's. */
    uint32_t cpsr = a32_cpsr(cpu) & ~(uint32_t)(A32_CPSR_E | A32_CPSR_T | 0x0600fc00);
    a32_set_pc_cpsr(cpu, (uint32_t)action->handler & (action->handler & 1 ? ~1u : ~0u),
                    cpsr | a32_endian_bit() | (action->handler & 1 ? A32_CPSR_T : 0));
    cpu->tcg.excl_addr = UINT64_MAX; /* as an exception return does */
    return true;
}

static bool restore_vfp(struct a32_cpu *cpu, const struct frame *f)
{
    if (load(&f->vfp_magic) != VFP_MAGIC || load(&f->vfp_size) != VFP_SIZE)
        return false;
    for (unsigned k = 0; k < 32; k++) {
        uint64_t d = lu_load(f->d[k], 8);
        memcpy((uint8_t *)cpu->q + 8 * k, &d, sizeof d);
    }
    a32_set_fpscr(cpu, load(&f->fpscr));
    return true;
}

static bool restore(struct lu_task *t, const struct frame *f)
{
    struct a32_cpu *cpu = a32_of(t);

    lu_signal_set_mask(t, load(&f->mask[0]) | (uint64_t)load(&f->mask[1]) << 32);
    for (unsigned k = 0; k < 15; k++)
        cpu->r[k] = load(&f->reg[k]);
    a32_set_pc_cpsr(cpu, load(&f->reg[PC]), load(&f->cpsr));
    cpu->tcg.excl_addr = UINT64_MAX;
    return restore_vfp(cpu, f);
}

int64_t a32_sigreturn(struct lu_task *t, bool rt)
{
    uint32_t sp = a32_of(t)->r[SP];
    struct frame f;

    if (lu_signal_block_all(t))
        return -LU_ERESTARTNOINTR;
    if (sp & 7 ||
        lu_copy_from(t, &f, lu.base + sp + (rt ? offsetof(struct rt_frame, f) : 0), sizeof f))
        goto bad;
    if (!restore(t, &f))
        goto bad;
    if (rt) {
        uint32_t stack = load(&f.stack_sp);
        lu_set_altstack(t, stack ? stack + lu.base : 0, load(&f.stack_flags), load(&f.stack_size));
    }
    return -LU_ENORESULT;
bad:
    lu_signal_set_mask(t, t->sig.mask);
    lu_signal_fault(t, SIGSEGV, SEGV_MAPERR, lu.base + sp);
    return -LU_ENORESULT;
}
