/* SPDX-License-Identifier: MIT */
/*
 * Runs a batch of cases (format.h), each from a full initial state to a full final one, those that
 * end with a signal included.  Needs of the system: mmap2, sigaltstack, rt_sigaction, sigreturn.
 * Built without libc.
 */
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/unistd.h>

#include "format.h"

long fuzz_syscall(long number, ...);
void fuzz_run(const struct fuzz_case *c, uint32_t entry);
extern const char fuzz_exit[], fuzz_exit_t[], fuzz_recover[];

struct fuzz_result *fuzz_now; /* of the case that runs; guest.S writes it at the case's end */

static uint64_t alternate_stack[8192];

/* As the kernel has it. */
struct ucontext {
    unsigned long flags;
    struct ucontext *link;
    stack_t stack;
    struct sigcontext uc_mcontext;
};

enum { READ = 1, WRITE = 2, EXEC = 4, SHARED = 1, PRIVATE = 2, FIXED = 16, ANON = 32 };
enum { CPSR_EXECUTION = 0x0600fe20 /* T, E, IT */ };

static char *map(uint32_t at, uint32_t bytes, int protection, int flags, int fd, uint32_t offset)
{
    long got = fuzz_syscall(__NR_mmap2, at, bytes, protection, flags | (at ? FIXED : 0), fd,
                            offset / FUZZ_PAGE);
    if (got < 0 && got > -4096)
        fuzz_syscall(__NR_exit_group, 3L);
    return (char *)got;
}

static void handler(int number, siginfo_t *info, void *context)
{
    struct sigcontext *c = &((struct ucontext *)context)->uc_mcontext;
    const unsigned long *from = &c->arm_r0;
    (void)number;
    for (unsigned k = 0; k < 15; k++)
        fuzz_now->r[k] = from[k];
    fuzz_now->cpsr = c->arm_cpsr;
    fuzz_now->pc = c->arm_pc;
    fuzz_now->signal = (uint32_t)info->si_signo;
    fuzz_now->signal_code = (uint32_t)info->si_code;
    fuzz_now->fault_address = (uint32_t)info->si_addr;
    c->arm_pc = (unsigned long)fuzz_recover;
    c->arm_cpsr &= ~(unsigned long)CPSR_EXECUTION;
}

struct kernel_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint32_t mask[2];
};

static void catch_signals(void)
{
    static const int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
    stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof alternate_stack};
    struct kernel_action action = {handler, SA_SIGINFO | SA_ONSTACK, 0, {0, 0}};
    fuzz_syscall(__NR_sigaltstack, &stack, 0L);
    for (unsigned k = 0; k < sizeof signals / sizeof signals[0]; k++)
        fuzz_syscall(__NR_rt_sigaction, (long)signals[k], &action, 0L, 8L);
}

static void fill(uint32_t seed)
{
    uint32_t *m = (uint32_t *)FUZZ_DATA;
    for (uint32_t k = 0; k < FUZZ_DATA_BYTES / 4; k++) {
        seed = seed * 1664525 + 1013904223;
        m[k] = seed >> 13 & 3 ? seed : seed & 0x80ff7f01;
    }
    for (uint32_t k = 0; k < FUZZ_CELLS_USED / 4; k++)
        ((uint32_t *)FUZZ_CELLS)[k] = 0;
}

static uint32_t hash(void)
{
    const uint32_t *m = (const uint32_t *)FUZZ_DATA;
    uint32_t h = 1;
    for (uint32_t k = 0; k < FUZZ_DATA_BYTES / 4; k++)
        h = (h ^ m[k]) * 16777619 + (h >> 27);
    return h;
}

int fuzz_main(void);
int fuzz_main(void)
{
    if ((uint32_t)fuzz_exit != FUZZ_EXIT || ((uint32_t)fuzz_exit_t & ~1u) != FUZZ_EXIT_T)
        return 5;
    struct fuzz_header head = *(struct fuzz_header *)map(0, FUZZ_PAGE, READ, PRIVATE, 3, 0);
    if (head.magic != FUZZ_MAGIC)
        return 6;
    const char *batch = map(0, head.file_bytes, READ, PRIVATE, 3, 0);
    const struct fuzz_case *cases = (const struct fuzz_case *)(batch + FUZZ_CASES_OFFSET);
    struct fuzz_result *results = (struct fuzz_result *)map(0, head.count * sizeof *results,
                                                            READ | WRITE, SHARED, 4, 0);
    map(FUZZ_CODE, head.code_bytes, READ | EXEC, PRIVATE, 3, head.code_offset);
    map(FUZZ_DATA, FUZZ_DATA_BYTES, READ | WRITE, PRIVATE | ANON, -1, 0);
    map(FUZZ_CELLS, FUZZ_PAGE, READ | WRITE, PRIVATE | ANON, -1, 0);
    catch_signals();
    fuzz_syscall(__ARM_NR_set_tls, 0x12345678L); /* TPIDRURO */
    for (uint32_t k = head.first; k < head.count; k++) {
        for (uint32_t n = cases[k].repeat; n; n--) {
            fill(cases[k].memory_seed);
            fuzz_now = &results[k];
            fuzz_run(&cases[k], (FUZZ_CODE + k * FUZZ_SLOT_BYTES) | cases[k].thumb);
        }
        results[k].hash = hash();
        results[k].done = 1;
    }
    return 0;
}
