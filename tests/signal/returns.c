/* SPDX-License-Identifier: MIT */
/*
 * Calls and returns that do not pair: recursion deeper than any return stack, longjmp, coroutines,
 * changed return addresses, callers whose code changes under way, fork; alone and under signals.
 * Each routine's result is known by arithmetic.
 */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/time.h>

#define NOINLINE __attribute__((noinline, noclone, optimize("no-optimize-sibling-calls")))

/* --- recursion ------------------------------------------------------------------------------------ */

/* 1 + ... + n */
static NOINLINE uint64_t sum(uint64_t n)
{
    return n ? sum(n - 1) + n : 0;
}

static uint64_t triangle(uint64_t n) { return n * (n + 1) / 2; }

static void *recurse(void *depth)
{
    const uint64_t n = (uint64_t)(uintptr_t)depth;
    for (int k = 0; k < 3; k++)
        CHECK(sum(n) == triangle(n));
    for (uint64_t k = 0; k < 40; k++)
        CHECK(sum(k) == triangle(k));
    return NULL;
}

/* On threads with enough stack. */
static void deep(void)
{
    const long n = scaled(1000000);
    pthread_attr_t attr;
    pthread_t thread[2];
    pthread_attr_init(&attr);
    CHECK(pthread_attr_setstacksize(&attr, (size_t)n * 64 + (1 << 20)) == 0);
    for (int k = 0; k < 2; k++)
        CHECK(pthread_create(&thread[k], &attr, recurse, (void *)(uintptr_t)n) == 0);
    for (int k = 0; k < 2; k++)
        pthread_join(thread[k], NULL);
}

/* --- longjmp -------------------------------------------------------------------------------------- */

static NOINLINE uint64_t jump_out(jmp_buf to, uint64_t n)
{
    if (!n)
        longjmp(to, 7);
    return n < 1000 ? jump_out(to, n - 1) + 1 : 0;
}

/* At each level of `outer`, out of `inner` more. */
static NOINLINE uint64_t jumps(uint64_t outer, uint64_t inner)
{
    jmp_buf here;
    if (!outer)
        return 0;
    volatile uint64_t below = jumps(outer - 1, inner);
    const int value = setjmp(here);
    if (value == 0)
        jump_out(here, inner);
    return below + (uint64_t)value + sum(3);
}

static void leave_by_longjmp(void)
{
    for (uint64_t outer = 1; outer < 40; outer += 3)
        for (uint64_t inner = 0; inner < 40; inner++)
            CHECK(jumps(outer, inner) == outer * (7 + 6));
    for (long k = 0; k < scaled(20000); k++)
        CHECK(jumps(1, 100) == 13);
}

/* --- coroutines ----------------------------------------------------------------------------------- */

void *switch_stack(void **from, void *to, void *value);
void start_coroutine(void);
__asm__(".text\n.globl switch_stack, start_coroutine\n"
        "switch_stack:\n"
        "stp x29, x30, [sp, #-160]!\n stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n"
        "stp x23, x24, [sp, #48]\n stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n"
        "stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n stp d12, d13, [sp, #128]\n"
        "stp d14, d15, [sp, #144]\n"
        "mov x9, sp\n str x9, [x0]\n mov sp, x1\n mov x0, x2\n"
        "ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n"
        "ldp x23, x24, [sp, #48]\n ldp x25, x26, [sp, #64]\n ldp x27, x28, [sp, #80]\n"
        "ldp d8, d9, [sp, #96]\n ldp d10, d11, [sp, #112]\n ldp d12, d13, [sp, #128]\n"
        "ldp d14, d15, [sp, #144]\n ldp x29, x30, [sp], #160\n ret\n"
        "start_coroutine: blr x19\n brk #1\n");

enum { COROUTINES = 5, STACK = 256 << 10 };
struct coroutine {
    void *sp, *main_sp;
    uint64_t depth, value;
    char *stack;
};

/* Goes down `depth` frames, hands its number to the main routine there, and comes back. */
static NOINLINE uint64_t yield_at(struct coroutine *c, uint64_t depth)
{
    if (depth)
        return yield_at(c, depth - 1) + 1;
    switch_stack(&c->sp, c->main_sp, NULL);
    return 0;
}

static void coroutine_main(struct coroutine *c)
{
    for (;;) {
        const uint64_t depth = c->depth;
        c->value = yield_at(c, depth) == depth ? c->value + sum(depth) : 0;
        c->depth = (depth * 5 + 3) % 64;
    }
}

static void coroutine_begin(struct coroutine *c)
{
    c->stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t *frame = (uint64_t *)(c->stack + STACK) - 20;
    frame[1] = (uint64_t)start_coroutine;
    frame[2] = (uint64_t)coroutine_main;
    c->sp = frame;
}

static NOINLINE void resume_at(struct coroutine *c, uint64_t depth)
{
    if (depth)
        resume_at(c, depth - 1);
    else
        switch_stack(&c->main_sp, c->sp, c);
    __asm__ volatile("" ::: "memory");
}

static void switch_often(void)
{
    struct coroutine c[COROUTINES] = {0};
    uint64_t expected[COROUTINES] = {0}, depth[COROUTINES];
    for (int k = 0; k < COROUTINES; k++) {
        coroutine_begin(&c[k]);
        c[k].depth = depth[k] = (uint64_t)k * 7;
        resume_at(&c[k], 0); /* as far as its first switch */
    }
    for (long k = 0; k < scaled(100000); k++) {
        const int n = (int)(k * 7 % 11 % COROUTINES);
        resume_at(&c[n], (uint64_t)k % 23);
        expected[n] += triangle(depth[n]);
        depth[n] = (depth[n] * 5 + 3) % 64;
        CHECK(c[n].value == expected[n] && c[n].depth == depth[n]);
    }
    for (int k = 0; k < COROUTINES; k++)
        munmap(c[k].stack, STACK);
}

/* --- other return addresses ------------------------------------------------------------------------- */

uint64_t return_past(uint64_t n), return_twice(uint64_t n), return_by_jump(uint64_t n);
__asm__(".text\n.globl return_past, return_twice, return_by_jump\n"
        /* The callee returns n instructions further than where it was called from. */
        "return_past: stp x29, x30, [sp, #-16]!\n mov x1, #0\n bl 1f\n"
        ".rept 16\n add x1, x1, #1\n .endr\n"
        "mov x0, x1\n ldp x29, x30, [sp], #16\n ret\n"
        "1: add x30, x30, x0, lsl #2\n ret\n"
        /* The callee's callee returns to the callee's caller. */
        "return_twice: stp x29, x30, [sp, #-16]!\n bl 1f\n add x0, x0, #1\n"
        "ldp x29, x30, [sp], #16\n ret\n"
        "1: mov x9, x30\n bl 2f\n mov x0, #0\n ret\n"
        "2: mov x30, x9\n ret\n"
        /* Calls that are jumps, returns that are jumps, and a call that only asks for the pc. */
        "return_by_jump: mov x9, x30\n adr x30, 2f\n b 1f\n brk #1\n"
        "2: add x0, x0, #3\n bl 3f\n br x9\n"
        "1: add x0, x0, #2\n br x30\n"
        "3: adr x10, 3b\n cmp x10, x30\n add x11, x30, #4\n csel x0, xzr, x0, ne\n"
        "adr x11, 4f\n mov x30, x11\n ret\n"
        "4: add x0, x0, #10\n br x9\n");

static void other_addresses(void)
{
    for (long k = 0; k < scaled(20000); k++) {
        CHECK(return_past((uint64_t)k % 17) == 16 - (uint64_t)k % 17);
        CHECK(return_twice((uint64_t)k) == (uint64_t)k + 1);
        CHECK(return_by_jump((uint64_t)k) == 10);
        CHECK(sum(5) == 15);
    }
}

/* --- the caller's code changes before the return ------------------------------------------------------ */

enum { MOV_X0_1 = 0xd2800020, RET = 0xd65f03c0 };
static uint32_t *caller; /* stp; blr x0; mov x0, #n; ldp; ret */

static NOINLINE void change_caller(void)
{
    static unsigned n;
    caller[2] = MOV_X0_1 & ~0x1fffe0u;
    caller[2] |= (++n % 1000) << 5;
    __builtin___clear_cache((char *)(caller + 2), (char *)(caller + 3));
}

static void caller_changes(void)
{
    caller = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    caller[0] = 0xa9bf7bfd; /* stp x29, x30, [sp, #-16]! */
    caller[1] = 0xd63f0000; /* blr x0 */
    caller[2] = MOV_X0_1;
    caller[3] = 0xa8c17bfd; /* ldp x29, x30, [sp], #16 */
    caller[4] = RET;
    __builtin___clear_cache((char *)caller, (char *)(caller + 5));
    uint64_t (*call)(void (*)(void)) = (uint64_t (*)(void (*)(void)))caller;
    for (unsigned k = 1; k < (unsigned)scaled(4000); k++)
        CHECK(call(change_caller) == k % 1000);
}

/* --- fork ------------------------------------------------------------------------------------------- */

static NOINLINE uint64_t fork_at(uint64_t n)
{
    return n ? fork_at(n - 1) + n : (uint64_t)fork() * 0;
}

static void fork_below(void)
{
    const pid_t parent = getpid();
    int status = -1;
    CHECK(fork_at(500) == triangle(500));
    CHECK(sum(100) == triangle(100));
    if (getpid() != parent)
        _exit(check_why != NULL);
    CHECK(wait(&status) > 0 && status == 0);
}

/* --- all of it under signals -------------------------------------------------------------------------- */

static volatile long signals;
static jmp_buf before_signal;
static volatile sig_atomic_t armed;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info, (void)context;
    signals++;
    CHECK(sum((uint64_t)signals % 20) == triangle((uint64_t)signals % 20));
    if (armed) {
        armed = 0;
        siglongjmp(before_signal, 1);
    }
}

static void out_of_handlers(void)
{
    for (int k = 0; k < 50; k++) {
        volatile uint64_t n = 0;
        if (!sigsetjmp(before_signal, 1)) {
            armed = 1;
            for (;;)
                n += sum(30);
        }
        CHECK(sum(60) == triangle(60) && n % triangle(30) < triangle(30));
    }
}

static void under_signals(void)
{
    const struct itimerval each = {{0, 200}, {0, 200}}, none = {{0, 0}, {0, 0}};
    handle(SIGALRM, on_signal, SA_RESTART);
    setitimer(ITIMER_REAL, &each, NULL);
    leave_by_longjmp();
    switch_often();
    other_addresses();
    caller_changes();
    out_of_handlers();
    for (int k = 0; k < 20; k++)
        CHECK(sum(20000) == triangle(20000));
    setitimer(ITIMER_REAL, &none, NULL);
    CHECK(signals > 50);
}

int main(void)
{
    run("a million frames deep", deep);
    run("longjmp", leave_by_longjmp);
    run("coroutines", switch_often);
    run("other return addresses", other_addresses);
    run("the caller's code changes", caller_changes);
    run("fork in the middle", fork_below);
    run("under signals", under_signals);
    return finish();
}
