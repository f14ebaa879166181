/* SPDX-License-Identifier: MIT */
/*
 * The signal frame of AArch64 Linux, as in its asm/sigcontext.h and asm/ucontext.h: written on
 * delivery, read back by rt_sigreturn.
 */
#include "linux-user/aarch64/abi.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "linux-user/signal.h"

enum {
    FPSIMD_MAGIC = 0x46508001,
    ESR_MAGIC = 0x45535201,
};

struct record {
    uint32_t magic, size;
};

struct fpsimd_record {
    struct record head;
    uint32_t fpsr, fpcr;
    tcg_v128 v[32];
};

struct esr_record {
    struct record head;
    uint64_t esr;
};

struct a64_sigcontext {
    uint64_t fault_address, x[31], sp, pc, pstate;
    _Alignas(16) uint8_t reserved[4096];
};

struct guest_ucontext {
    uint64_t flags, link;
    struct {
        uint64_t sp;
        int32_t flags, pad;
        uint64_t size;
    } stack;
    uint64_t mask;
    uint8_t unused[120];
    struct a64_sigcontext mcontext;
};

struct frame {
    siginfo_t info;
    struct guest_ucontext uc;
};

/* What x29 points to while the handler runs, so that unwinders cross the frame. */
struct frame_record {
    uint64_t fp, lr;
};

_Static_assert(offsetof(struct guest_ucontext, mcontext) == 176, "asm/ucontext.h");
_Static_assert(sizeof(struct fpsimd_record) == 528, "asm/sigcontext.h");
_Static_assert(sizeof(struct frame) == 4688, "arch/arm64/kernel/signal.c");

/* ESR_EL1 of a fault, as far as Linux tells it (ARM ARM D17.2.37). */
static uint64_t syndrome(struct lu_task *t, int sig, const siginfo_t *info)
{
    enum {
        IL = 1 << 25,
        TRANSLATION_L3 = 7,
        PERMISSION_L3 = 15,
        ALIGNMENT = 0x21,
        SYNC_EXT = 0x10
    };
    uint64_t status = sig == SIGBUS ? (info->si_code == BUS_ADRALN ? ALIGNMENT : SYNC_EXT)
                      : info->si_code == SEGV_ACCERR ? PERMISSION_L3
                                                     : TRANSLATION_L3;
    if (sig == SIGILL)
        return IL; /* unknown reason */
    if (sig == SIGTRAP)
        return 0x3cull << 26 | IL | (uint16_t)t->cpu->exc_arg;
    if (t->cpu->exc == TCG_EXC_FETCH)
        return 0x20ull << 26 | IL | status;
    return 0x24ull << 26 | IL | status | (t->cpu->fault_write ? 1 << 6 : 0);
}

/* Did the guest cause it itself?  Then the frame tells address and syndrome. */
static bool is_fault(int sig, const siginfo_t *info)
{
    return info->si_code > 0 && info->si_code != SI_KERNEL &&
           (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGTRAP);
}

static void fill_context(struct lu_task *t, struct frame *f, int sig)
{
    struct a64_cpu *cpu = a64_of(t);
    struct a64_sigcontext *sc = &f->uc.mcontext;
    memcpy(sc->x, cpu->x, sizeof sc->x);
    sc->sp = cpu->x[31];
    sc->pc = cpu->tcg.pc;
    sc->pstate = a64_pstate_nzcv(cpu);

    uint8_t *at = sc->reserved;
    struct fpsimd_record fpsimd = {
        {FPSIMD_MAGIC, sizeof fpsimd}, a64_fpsr(cpu), a64_fpcr(cpu), {{{0}}}};
    memcpy(fpsimd.v, cpu->v, sizeof fpsimd.v);
    memcpy(at, &fpsimd, sizeof fpsimd);
    at += sizeof fpsimd;
    if (is_fault(sig, &f->info)) {
        struct esr_record esr = {{ESR_MAGIC, sizeof esr}, syndrome(t, sig, &f->info)};
        memcpy(at, &esr, sizeof esr);
        sc->fault_address = (uintptr_t)f->info.si_addr;
    }
}

static void fill_stack(struct lu_task *t, struct frame *f)
{
    f->uc.stack.sp = t->sig.alt_sp;
    f->uc.stack.size = t->sig.alt_size;
    f->uc.stack.flags = t->sig.alt_flags;
    if (t->sig.alt_flags & LU_SS_AUTODISARM) {
        t->sig.alt_sp = t->sig.alt_size = 0;
        t->sig.alt_flags = SS_DISABLE;
    }
}

bool a64_signal_frame(struct lu_task *t, int sig, const siginfo_t *info,
                      const struct lu_sigaction *action, uint64_t saved_mask)
{
    enum { GUEST_SA_RESTORER = 0x04000000 };
    struct a64_cpu *cpu = a64_of(t);
    struct frame f;
    uint64_t sp = lu_signal_stack(t, action, cpu->x[31]);
    uint64_t record_at = (sp - sizeof(struct frame_record)) & -16ull;
    uint64_t frame_at = record_at - sizeof f;
    /* A handler that has outgrown the alternate stack is not to run into what lies below it. */
    if (lu_on_altstack(t, cpu->x[31]) && !lu_on_altstack(t, frame_at))
        return false;
    memset(&f, 0, sizeof f);
    f.info = *info;
    fill_context(t, &f, sig);
    fill_stack(t, &f);
    f.uc.mask = saved_mask;
    struct frame_record record = {cpu->x[29], cpu->x[30]};
    if (lu_copy_to(t, record_at, &record, sizeof record) || lu_copy_to(t, frame_at, &f, sizeof f))
        return false;

    cpu->x[0] = sig;
    if (action->flags & SA_SIGINFO) {
        cpu->x[1] = frame_at + offsetof(struct frame, info);
        cpu->x[2] = frame_at + offsetof(struct frame, uc);
    }
    cpu->x[29] = record_at;
    cpu->x[30] = action->flags & GUEST_SA_RESTORER ? action->restorer : lu.trampoline;
    cpu->x[31] = frame_at;
    cpu->tcg.pc = action->handler;
    cpu->tcg.excl_addr = UINT64_MAX; /* as an exception return does */
    return true;
}

size_t a64_trampoline(void *to)
{
    /* Unwinders (libgcc, gdb) recognise these two instructions: mov x8, #139; svc #0. */
    static const uint32_t code[] = {0xd2801168, 0xd4000001};
    memcpy(to, code, sizeof code);
    return sizeof code;
}

/* Walks the records; false if they are not well-formed or FP state is missing. */
static bool restore_records(struct a64_cpu *cpu, const struct a64_sigcontext *sc)
{
    size_t at = 0;
    bool fpsimd = false;
    while (at + sizeof(struct record) <= sizeof sc->reserved) {
        struct record r;
        memcpy(&r, sc->reserved + at, sizeof r);
        if (!r.magic && !r.size)
            return fpsimd;
        if (r.size < sizeof r || r.size % 16 || r.size > sizeof sc->reserved - at)
            return false;
        if (r.magic == FPSIMD_MAGIC) {
            struct fpsimd_record fp;
            if (r.size < sizeof fp || fpsimd)
                return false;
            memcpy(&fp, sc->reserved + at, sizeof fp);
            memcpy(cpu->v, fp.v, sizeof cpu->v);
            a64_set_fpcr(cpu, fp.fpcr);
            a64_set_fpsr(cpu, fp.fpsr);
            fpsimd = true;
        } else if (r.magic != ESR_MAGIC) {
            return false;
        }
        at += r.size;
    }
    return false;
}

int64_t a64_sigreturn(struct lu_task *t, bool rt)
{
    (void)rt;
    struct a64_cpu *cpu = a64_of(t);
    const struct a64_sigcontext *sc;
    struct frame f;
    uint64_t sp = cpu->x[31];
    if (lu_signal_block_all(t))
        return -LU_ERESTARTNOINTR;
    if (sp & 15 || lu_copy_from(t, &f, sp, sizeof f))
        goto bad;
    lu_signal_set_mask(t, f.uc.mask);
    sc = &f.uc.mcontext;
    memcpy(cpu->x, sc->x, sizeof sc->x);
    cpu->x[31] = sc->sp;
    cpu->tcg.pc = sc->pc;
    cpu->tcg.excl_addr = UINT64_MAX;
    a64_set_pstate_nzcv(cpu, sc->pstate);
    if (!restore_records(cpu, sc))
        goto bad;
    lu_set_altstack(t, f.uc.stack.sp, f.uc.stack.flags, f.uc.stack.size);
    return -LU_ENORESULT;
bad:
    lu_signal_set_mask(t, t->sig.mask);
    lu_signal_fault(t, SIGSEGV, SEGV_MAPERR, sp);
    return -LU_ENORESULT;
}
