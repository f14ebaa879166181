/* SPDX-License-Identifier: MIT */
/*
 * The translator library's interface to those who run guests (linux-user, system, tests).
 * Includes cpu.h and guest.h.
 *
 * Life of a program: tcg_new(), one tcg_cpu_new() per guest thread, tcg_run() in a loop on the
 * thread that owns the CPU.  Functions are thread safe unless they take a cpu, which belongs to
 * its thread (but tcg_kick()).
 */
#ifndef TCG_TCG_H
#define TCG_TCG_H

#include <signal.h>
#include <stdio.h>

#include "tcg/guest.h"

struct tcg_mem_ops {
    /* Host pointer to the code at guest address `addr`, and in *avail how many bytes from there may
     * be executed (whole pages).  NULL if none: *sig and *code say how the guest is told (SIGSEGV /
     * SEGV_MAPERR, SEGV_ACCERR; SIGBUS / BUS_ADRERR).  Called with the translator's lock held.  The
     * answer may be kept until tcg_invalidate() is called for a part of the page. */
    const uint8_t *(*code)(void *opaque, uint64_t addr, uint64_t *avail, int *sig, int *code);
    /* Pages of [addr, addr + len) got their first translation, or lost their last one.  For guests
     * whose code changes unannounced the owner write-protects them.  May be NULL. */
    void (*code_pages)(void *opaque, uint64_t addr, uint64_t len, bool translated);
    void *opaque;
    uint64_t base;          /* host address of guest address 0; 0 is identity */
    unsigned address_bits;  /* 32 or 64 */
};

/* LOCKSTEP: regions run by both, the results compared; see run/lockstep.c. */
enum tcg_accel { TCG_ACCEL_JIT, TCG_ACCEL_INTERP, TCG_ACCEL_LOCKSTEP };

/* AUTO: code is interpreted once, then compiled as a line (tier 1), and again with its loops (tier 2)
 * when it has come round often.  1: as a line at once, and never again.  2: with its loops at once. */
enum tcg_tier { TCG_TIER_AUTO, TCG_TIER_1, TCG_TIER_2 };

struct tcg_options {
    enum tcg_accel accel;
    enum tcg_tier tier;
    bool one_insn;              /* one guest instruction a region */
    bool fp_strict;             /* every NaN of a fused operation and every underflow flag is exact */
    bool verify;                /* run the IR verifier between stages */
    unsigned log;               /* TCG_LOG_* */
    FILE *log_file;
    const struct tcg_range { uint64_t first, last; } *dfilter; /* log only regions in these */
    unsigned n_dfilter;
    unsigned disabled_passes;   /* bit k: pass k of tcg/opt/passes.def is skipped */
    size_t cache_bytes;         /* 0: the default */
    uint32_t ra_seed;           /* nonzero: allocation order is shuffled by it, to flush out bugs */
    bool no_chain;              /* every region is left to the CPU loop, so that the log has it */
    bool foreground;            /* no thread of the translator's own: whoever finds a hot loop compiles it */
    unsigned hot;               /* a loop is compiled again after so many jumps back, a line along the way
                                   that the guest takes after four times as many entries; 1 to 2^28;
                                   0: the default */
    bool no_cold;               /* code is compiled on its first execution, not interpreted */
    bool relocations;           /* regions keep lists of what in their code depends on where things are */
    bool perfmap, jitdump;      /* tell perf of every region (run/perf.c) */
    /* Moves a descriptor that the translator keeps out of the guest's way and returns where to
     * (NULL: it stays where it is). */
    int (*keep_fd)(int fd);
    /* The guest function around pc, for perf: its name (valid until the next call) and where it
     * begins; NULL if it is not known.  With the translator's lock held.  May be NULL. */
    const char *(*symbol)(uint64_t pc, uint64_t *start);
    /* Disassembles n bytes of code for the log (NULL: hex bytes); arch and mode are capstone's. */
    void (*disas)(FILE *out, int arch, int mode, const void *code, size_t n, uint64_t address);
};
enum { TCG_LOG_IN_ASM = 1, TCG_LOG_IR = 2, TCG_LOG_IR_OPT = 4, TCG_LOG_RA = 8, TCG_LOG_OUT_ASM = 16,
       TCG_LOG_EXEC = 32, TCG_LOG_CPU = 64, TCG_LOG_STATS = 128, TCG_LOG_UNIMP = 256 };

/* NULL and errno on failure (no memory for the cache, host CPU too old). */
struct tcg *tcg_new(const struct guest *guest, const struct tcg_mem_ops *mem,
                    const struct tcg_options *options);
void tcg_free(struct tcg *tcg);

/* A CPU in the guest's reset state; must be run by one thread.  tcg_cpu_clone: the same registers
 * (for a new guest thread).  tcg_cpu_vfork: the same for a process of its own that shares our memory, as by
 * vfork(): the translator's own thread is not that process's, which neither starts nor joins one.  NULL: no
 * memory. */
struct tcg_cpu *tcg_cpu_new(struct tcg *tcg);
struct tcg_cpu *tcg_cpu_vfork(const struct tcg_cpu *cpu);
struct tcg_cpu *tcg_cpu_clone(const struct tcg_cpu *cpu);
void tcg_cpu_free(struct tcg_cpu *cpu);

/* Runs until something needs the caller: returns enum tcg_exc or the guest's exception number;
 * cpu->exc_arg and cpu->fault_* hold its details, cpu->pc the guest's pc: for TCG_EXC_MEM, FETCH,
 * ALIGN and ILLEGAL that of the instruction, for others what the guest's front end says. */
unsigned tcg_run(struct tcg_cpu *cpu);

/* Makes the CPU's tcg_run() return TCG_EXC_INTERRUPT soon.  Any thread, async-signal-safe. */
void tcg_kick(struct tcg_cpu *cpu);

/* For the process's SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGTRAP handler.  If the fault happened in
 * emitted code or at a guest access made by the translator, arranges that on return from the
 * handler tcg_run() comes back with TCG_EXC_MEM (or goes on, if it was no fault of the guest's) and
 * returns true.  False: not ours.  Async-signal-safe, takes no lock.  Handlers of these signals run on
 * an alternate stack (SA_ONSTACK): in emitted code the stack pointer is the return stack's. */
bool tcg_host_fault(struct tcg_cpu *cpu, int sig, siginfo_t *info, void *ucontext);

/* True if host pc is inside emitted code (for handlers of asynchronous signals). */
bool tcg_in_code(const struct tcg *tcg, uintptr_t host_pc);

/* Guest memory accesses by the OS layer that go through the translator's own fault recovery:
 * returns 0, or -1 if it would fault.  Async-signal-unsafe. */
int tcg_copy_from_guest(struct tcg_cpu *cpu, void *to, uint64_t guest, size_t n);
int tcg_copy_to_guest(struct tcg_cpu *cpu, uint64_t guest, const void *from, size_t n);

/* Code in [start, start + len) changed or went away: its regions go; other threads stop using
 * them at their next poll at the latest. */
void tcg_invalidate(struct tcg *tcg, uint64_t start, uint64_t len);

/* Ends the translator's own thread, if there is one, and waits for its end: before the process changes
 * what threads share or inherit (credentials, namespaces).  Later work starts one anew.  self: the calling
 * thread's. */
void tcg_settle(struct tcg_cpu *self);

/* Around fork(): prepare takes the translator's locks, parent and child release them; the child
 * keeps only the calling thread's CPU. */
void tcg_fork_prepare(struct tcg *tcg);
void tcg_fork_parent(struct tcg *tcg);
void tcg_fork_child(struct tcg *tcg, struct tcg_cpu *self);

#endif
