/* SPDX-License-Identifier: MIT */
/*
 * Runs a batch of cases (format.h), each from a full initial state to a full final one, those
 * that end with a signal included.  Needs of the system: mmap, mprotect, sigaltstack,
 * rt_sigaction, sigreturn.  Built without libc: only general registers, nothing before main.
 */
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>
#include <asm/unistd.h>

#include "format.h"

long fuzz_syscall(long number, ...);
void fuzz_run(const struct fuzz_state *c, const void *code);
extern const char fuzz_exit[], fuzz_recover[];

struct fuzz_result *fuzz_now; /* of the case that runs; guest.S writes it at the case's end */
uint64_t fuzz_now_flags;
static uint64_t now_code; /* where its slot is */

static uint64_t alternate_stack[8192];

enum { READ = 1, WRITE = 2, EXEC = 4, MAP_SHARED_ = 1, MAP_PRIVATE_ = 2, FIXED = 16, ANON = 32 };

static char *map(uint64_t at, uint64_t bytes, int protection, int flags, int fd, uint64_t offset)
{
    long got = fuzz_syscall(__NR_mmap, at, bytes, protection, flags | (at ? FIXED : 0), fd, offset);
    if (got < 0 && got > -4096)
        fuzz_syscall(__NR_exit_group, 3L);
    return (char *)got;
}

static void copy(void *to, const void *from, uint64_t bytes)
{
    uint64_t *t = to;
    const uint64_t *f = from;
    for (uint64_t k = 0; k < bytes / 8; k++)
        t[k] = f[k];
}

/* --- a case that ends with a signal ----------------------------------------------------------- */

static const struct fpsimd_context *fp_context(struct sigcontext *context)
{
    char *at = (char *)context->__reserved;
    for (;;) {
        struct _aarch64_ctx *head = (struct _aarch64_ctx *)at;
        if (head->magic == FPSIMD_MAGIC)
            return (const struct fpsimd_context *)head;
        if (!head->magic || !head->size)
            fuzz_syscall(__NR_exit_group, 4L);
        at += head->size;
    }
}

static void record(const siginfo_t *info, struct sigcontext *context)
{
    const struct fpsimd_context *fp = fp_context(context);
    struct fuzz_state *s = &fuzz_now->state;
    fuzz_now->signal = (uint32_t)info->si_signo;
    fuzz_now->signal_code = (uint32_t)info->si_code;
    fuzz_now->fault_address = (uint64_t)info->si_addr;
    fuzz_now->pc = context->pc;
    copy(s->x, context->regs, sizeof s->x);
    s->sp = context->sp;
    s->nzcv = context->pstate & 0xf0000000;
    s->fpcr = fp->fpcr;
    s->fpsr = fp->fpsr;
    copy(s->v, fp->vregs, sizeof s->v);
}

static void handler(int number, siginfo_t *info, void *context)
{
    struct sigcontext *c = &((struct ucontext *)context)->uc_mcontext;
    uint64_t word = (c->pc - now_code) / 4;
    if (number == SIGILL && word < FUZZ_LITERALS && fuzz_now_flags >> FUZZ_SKIP_ILL_BIT & 1) {
        fuzz_now->ill_mask |= UINT64_C(1) << word;
        c->pc += 4;
        return;
    }
    record(info, c);
    c->pc = (uint64_t)fuzz_recover;
}

struct kernel_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

static void catch_signals(void)
{
    static const int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
    stack_t stack = {.ss_sp = alternate_stack, .ss_size = sizeof alternate_stack};
    struct kernel_action action = {handler, SA_SIGINFO | SA_ONSTACK, 0, 0};
    fuzz_syscall(__NR_sigaltstack, &stack, 0L);
    for (unsigned k = 0; k < sizeof signals / sizeof signals[0]; k++)
        fuzz_syscall(__NR_rt_sigaction, (long)signals[k], &action, 0L, 8L);
}

/* --- the batch -------------------------------------------------------------------------------- */

static void map_data(void)
{
    map(FUZZ_DATA, 2 * FUZZ_PAGE, READ | WRITE, MAP_PRIVATE_ | ANON, -1, 0);
    map(FUZZ_DATA + 3 * FUZZ_PAGE, FUZZ_PAGE, READ | WRITE, MAP_PRIVATE_ | ANON, -1, 0);
    map(FUZZ_ZVA_AT, FUZZ_PAGE, READ | WRITE, MAP_PRIVATE_ | ANON, -1, 0);
    uint64_t *readonly = (uint64_t *)map(FUZZ_READONLY_AT, FUZZ_PAGE, READ | WRITE,
                                         MAP_PRIVATE_ | ANON, -1, 0);
    for (unsigned k = 0; k < FUZZ_PAGE / 8; k++)
        readonly[k] = k * UINT64_C(0x9e3779b97f4a7c15);
    fuzz_syscall(__NR_mprotect, readonly, (long)FUZZ_PAGE, (long)READ);
}

static void run_case(const struct fuzz_state *c, struct fuzz_result *result, uint64_t code)
{
    const uint8_t *m = c->memory;
    uint8_t *to = result->state.memory;
    copy((void *)FUZZ_WINDOW_AT, m, FUZZ_WINDOW);
    copy((void *)FUZZ_EDGE_AT, m + FUZZ_WINDOW, FUZZ_EDGE);
    copy((void *)FUZZ_ZVA_AT, m + FUZZ_WINDOW + FUZZ_EDGE, FUZZ_ZVA);
    fuzz_now = result;
    fuzz_now_flags = c->flags;
    now_code = code;
    fuzz_run(c, (const void *)code);
    copy(to, (void *)FUZZ_WINDOW_AT, FUZZ_WINDOW);
    copy(to + FUZZ_WINDOW, (void *)FUZZ_EDGE_AT, FUZZ_EDGE);
    copy(to + FUZZ_WINDOW + FUZZ_EDGE, (void *)FUZZ_ZVA_AT, FUZZ_ZVA);
}

int fuzz_main(void);
int fuzz_main(void)
{
    if ((uint64_t)fuzz_exit != FUZZ_EXIT)
        return 5;
    struct fuzz_header head = *(struct fuzz_header *)map(0, FUZZ_PAGE, READ, MAP_PRIVATE_, 3, 0);
    if (head.magic != FUZZ_MAGIC)
        return 6;
    const char *batch = map(0, head.file_bytes, READ, MAP_PRIVATE_, 3, 0);
    const struct fuzz_state *cases = (const struct fuzz_state *)(batch + FUZZ_CASES_OFFSET);
    struct fuzz_result *results = (struct fuzz_result *)map(
        0, head.count * sizeof *results, READ | WRITE, MAP_SHARED_, 4, 0);
    map(FUZZ_CODE, head.code_bytes, READ | EXEC, MAP_PRIVATE_, 3, head.code_offset);
    map_data();
    catch_signals();
    for (uint32_t k = head.first; k < head.count; k++) {
        for (uint64_t n = cases[k].flags >> FUZZ_REPEAT_BIT; n; n--)
            run_case(&cases[k], &results[k], FUZZ_CODE + k * FUZZ_SLOT_BYTES);
        results[k].done = 1;
    }
    return 0;
}
