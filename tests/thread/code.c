/* SPDX-License-Identifier: MIT */
/* Code that changes, goes away or is made while threads run it, and processes that fork meanwhile. */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

#include "encode.h" /* the architecture's words */

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE, RX = PROT_READ | PROT_EXEC, RWX = RW | PROT_EXEC };
static uint32_t *code_pages(unsigned n, int prot)
{
    return mmap(NULL, n * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void publish(uint32_t *code, unsigned n) { __builtin___clear_cache((char *)code, (char *)(code + n)); }

static void write_constant(uint32_t *code, unsigned k)
{
    code[0] = move(k);
    code[1] = RET;
    publish(code, 2);
}

#include "code.h" /* the architecture's programs */

/* ---- chained jumps --------------------------------------------------------------------------------- */

/* Jumps from many places to one that is rewritten; each is taken often before, so that nothing but
 * the jump itself is between the two. */
static void test_chained(void)
{
    enum { FROM = 20, AWAY = 2 * PAGE / 4 };
    uint32_t *from = code_pages(3, RWX), *to = from + AWAY;
    write_constant(to, 1);
    CHECK(call(to, 0, 0) == 1); /* known before what jumps to it is, so a region of its own */
    for (unsigned k = 0; k < FROM; k++) {
        uint32_t *f = from + 8 * k;
        f[0] = k & 1 ? branch_if(f, to) : branch(f, to);
        f[1] = move(77);
        f[2] = RET;
    }
    publish(from, 8 * FROM);
    for (unsigned round = 2; round < 60; round++) {
        for (unsigned k = 0; k < FROM; k++)
            for (int n = 0; n < 5; n++)
                CHECK(call(from + 8 * k, 0, 1) == round - 1);
        write_constant(to, round);
        if (round % 3 == 0)
            CHECK(call(to, 0, 0) == round);
    }
    CHECK(call(from + 8, 0, 0) == 77);
}

/* A chain of three, whose middle is rewritten to lead elsewhere, and whose beginning is. */
static void test_chain_of_three(void)
{
    uint32_t *a = code_pages(5, RWX), *b = a + PAGE / 4, *c = b + PAGE / 4, *d = c + PAGE / 4;
    write_constant(c, 3);
    write_constant(d, 4);
    call(c, 0, 0);
    call(d, 0, 0);
    for (unsigned round = 0; round < 40; round++) {
        b[0] = branch(b, round & 1 ? d : c);
        publish(b, 1);
        CHECK(call(b, 0, 0) == 3 + (round & 1));
        a[0] = round & 2 ? branch(a, b) : NOP;
        a[1] = branch(a + 1, b);
        publish(a, 2);
        for (int n = 0; n < 4; n++)
            CHECK(call(a, 0, 0) == 3 + (round & 1));
    }
}

/* A loop that rewrites itself as it goes: each pass through makes the next instruction of it. */
static void test_loop_rewrites(void)
{
    uint32_t *p = code_pages(1, RWX);
    memcpy(p, rewriting, REWRITING_BYTES);
    publish(p, PAGE / 4);
    CHECK(call(p, REWRITES, (uintptr_t)p + REWRITING_HERE) == REWRITES * (REWRITES - 1) / 2);
}

/* ---- rewritten by another thread --------------------------------------------------------------------- */

/* The entry is a branch to one of 256 places: what may be changed while it is executed (ARM DDI
 * 0487, B2.2.5).  Who has seen generation g, and executed ISB, finds that one or a later one. */
static struct {
    uint32_t *entry, *caller, *place;
    atomic_ulong generation;
    atomic_bool stop;
} shared;

static void write_entry(unsigned long g)
{
    __atomic_store_n(shared.entry, branch(shared.entry, shared.place + g % 256 * 4), __ATOMIC_RELAXED);
    publish(shared.entry, 1);
    atomic_store_explicit(&shared.generation, g, memory_order_release);
}

static void *run_generations(void *arg)
{
    const uint32_t *code = arg;
    long wrong = 0;
    while (!atomic_load_explicit(&shared.stop, memory_order_relaxed)) {
        unsigned long before = atomic_load_explicit(&shared.generation, memory_order_acquire);
        __asm__ volatile("isb" ::: "memory");
        unsigned long is = call(code, 0, 0);
        __asm__ volatile("dmb ish" ::: "memory");
        unsigned long after = atomic_load_explicit(&shared.generation, memory_order_acquire) + 1;
        /* as a distance: places repeat every 256 generations */
        wrong += after - before < 200 && ((is - before) & 255) > after - before;
    }
    return (void *)wrong;
}

static void test_rewritten_by_other(void)
{
    pthread_t t[2];
    shared.entry = code_pages(3, RWX);
    shared.caller = shared.entry + PAGE / 4;
    /* A word further on, so that T32's branches to all of them have the same first half: who runs one may see a
     * half of an older one (as in signal/arm/encode.h). */
    shared.place = shared.caller + PAGE / 4 + 1;
    for (unsigned k = 0; k < 256; k++) {
        shared.place[4 * k] = move(k);
        shared.place[4 * k + 1] = RET;
    }
    publish(shared.place, 4 * 256 - 2);
    uint32_t *c = shared.caller;
    c[0] = SAVE_LINK;
    c[1] = branch_link(c + 1, shared.entry);
    c[2] = RESTORE_LINK;
    c[3] = RET;
    publish(c, 4);
    write_entry(0);
    pthread_create(&t[0], NULL, run_generations, shared.entry);
    pthread_create(&t[1], NULL, run_generations, shared.caller);
    for (long g = 1; g < scaled(20000); g++) {
        write_entry(g);
        for (int k = 0; k < (g & 15) * 20; k++)
            __asm__ volatile("yield");
    }
    atomic_store(&shared.stop, true);
    for (int k = 0; k < 2; k++) {
        void *wrong;
        pthread_join(t[k], &wrong);
        CHECK(wrong == NULL);
    }
}

/* ---- taken away from a thread that runs it -------------------------------------------------------- */

static struct {
    uint32_t *code;
    atomic_bool running;
    int signal, code_of_signal;
    void *address;
    reg result;
} victim;
static sigjmp_buf out;

static void caught(int sig, siginfo_t *info, void *context)
{
    (void)context;
    victim.signal = sig;
    victim.code_of_signal = info->si_code;
    victim.address = info->si_addr;
    siglongjmp(out, 1);
}

static void *run_victim(void *arg)
{
    (void)arg;
    victim.signal = 0;
    if (!sigsetjmp(out, 1)) {
        atomic_store(&victim.running, true);
        victim.result = call(victim.code, 0, 1);
    }
    return NULL;
}

enum { FORMS = 3 };

/* A loop of one of several forms, that another thread is in when this returns. */
static pthread_t start_victim(unsigned form)
{
    pthread_t t;
    uint32_t *c = victim.code = code_pages(2, RWX);
    if (form == 0) {
        c[0] = branch(c, c);
    } else if (form == 1) { /* through two regions */
        c[0] = NOP;
        c[1] = branch_if(c + 1, c + 100);
        c[100] = branch(c + 100, c);
    } else { /* through an indirect branch */
        c[0] = INDIRECT_1;
        c[1] = INDIRECT_2;
    }
    publish(c, PAGE / 4);
    atomic_store(&victim.running, false);
    pthread_create(&t, NULL, run_victim, NULL);
    while (!atomic_load(&victim.running))
        sched_yield();
    usleep(3000);
    return t;
}

static bool in_victim(void) { return (uintptr_t)victim.address - (uintptr_t)victim.code < 2 * PAGE; }

static void test_unmapped(void)
{
    handle(SIGSEGV, caught, 0);
    for (unsigned k = 0; k < 12; k++) {
        pthread_t t = start_victim(k % FORMS);
        munmap(victim.code, 2 * PAGE);
        pthread_join(t, NULL);
        CHECK(victim.signal == SIGSEGV && victim.code_of_signal == SEGV_MAPERR && in_victim());
    }
}

static void test_protected(void)
{
    handle(SIGSEGV, caught, 0);
    for (unsigned k = 0; k < 12; k++) {
        pthread_t t = start_victim(k % FORMS);
        mprotect(victim.code, PAGE, k & 1 ? PROT_NONE : RW);
        pthread_join(t, NULL);
        CHECK(victim.signal == SIGSEGV && victim.code_of_signal == SEGV_ACCERR && in_victim());
        munmap(victim.code, 2 * PAGE);
    }
}

/* Every word of the new page leads to the end. */
static void fill_page(uint32_t *p, unsigned k)
{
    for (unsigned n = 0; n < PAGE / 4 - 2; n++)
        p[n] = NOP;
    p[PAGE / 4 - 2] = move(k);
    p[PAGE / 4 - 1] = RET;
}

static void test_mapped_over(void)
{
    for (unsigned k = 0; k < 12; k++) {
        pthread_t t = start_victim(k % FORMS);
        if (k & 1) { /* by mremap */
            uint32_t *p = code_pages(1, RWX);
            fill_page(p, k);
            CHECK(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, victim.code) == victim.code);
        } else { /* by mmap */
            int fd = memfd_create("code", 0);
            uint32_t page[PAGE / 4];
            fill_page(page, k);
            CHECK(write(fd, page, PAGE) == PAGE);
            CHECK(mmap(victim.code, PAGE, RX, MAP_SHARED | MAP_FIXED, fd, 0) == victim.code);
            close(fd);
        }
        pthread_join(t, NULL);
        CHECK(victim.result == k);
        munmap(victim.code, 2 * PAGE);
    }
}

/* Written through another mapping of the same memory, and maintained through the one that runs. */
static void test_written_elsewhere(void)
{
    for (unsigned k = 0; k < 12; k++) {
        int fd = memfd_create("code", 0);
        CHECK(ftruncate(fd, PAGE) == 0);
        uint32_t *w = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
        pthread_t t = start_victim(k % FORMS);
        memcpy(w, victim.code, PAGE);
        mmap(victim.code, PAGE, RX, MAP_SHARED | MAP_FIXED, fd, 0); /* the same, now shared */
        usleep(2000);
        fill_page(w, k);
        publish(victim.code, PAGE / 4);
        pthread_join(t, NULL);
        CHECK(victim.result == k);
        munmap(victim.code, 2 * PAGE);
        munmap(w, PAGE);
        close(fd);
    }
}

/* ---- made while others run --------------------------------------------------------------------------- */

/* New code of some length: its argument * 2 + 1 in n steps of several instructions, with jumps between. */
static void write_program(uint32_t *c, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        *c++ = DOUBLE;
        *c++ = INCREMENT;
        c[0] = branch_if(c, c + 2);
        c[1] = UNDEFINED;
        c += 2;
    }
    *c = RET;
}
enum { PROGRAM_STEPS = 8, PROGRAM_WORDS = 4 * PROGRAM_STEPS + 1 };

static bool run_program(uint32_t *c, reg start)
{
    reg expected = start;
    for (unsigned k = 0; k < PROGRAM_STEPS; k++)
        expected = expected * 2 + 1;
    write_program(c, PROGRAM_STEPS);
    publish(c, PROGRAM_WORDS);
    return call(c, start, 1) == expected;
}

static atomic_bool stop_making;

/* Code in new places all the time. */
static void *make_code(void *arg)
{
    enum { PAGES = 64 };
    long wrong = 0, made = 0;
    (void)arg;
    while (!atomic_load_explicit(&stop_making, memory_order_relaxed)) {
        uint32_t *p = code_pages(PAGES, RWX);
        for (unsigned at = 0; at + PROGRAM_WORDS < PAGES * PAGE / 4 && !stop_making; at += 64, made++)
            wrong += !run_program(p + at, at);
        munmap(p, PAGES * PAGE);
    }
    return (void *)wrong;
}

/* A child's work: code that exists, code of its own, another thread. */
static void child(uint32_t *p)
{
    pthread_t t;
    void *wrong = (void *)1;
    bool good = call(p, 0, 0) == 9 && run_program(p + 64, 5);
    atomic_store(&stop_making, false);
    if (pthread_create(&t, NULL, make_code, NULL) == 0) {
        usleep(500);
        atomic_store(&stop_making, true);
        pthread_join(t, &wrong);
    }
    _exit(good && !wrong ? 42 : 1);
}

static void test_fork_storm(void)
{
    pthread_t t[3];
    void *wrong;
    uint32_t *p = code_pages(1, RWX);
    write_constant(p, 9);
    call(p, 0, 0);
    for (int k = 0; k < 3; k++)
        pthread_create(&t[k], NULL, make_code, NULL);
    for (long k = 0; k < scaled(80); k++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            alarm(60); /* a deadlock kills */
            child(p);
        }
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    }
    atomic_store(&stop_making, true);
    for (int k = 0; k < 3; k++) {
        pthread_join(t[k], &wrong);
        CHECK(!wrong);
    }
}

/* Threads stay in a loop of their own, and know what it computes, while others make code.  Where
 * the cache is small it is full all the time, and what is dropped may not be what runs. */
static void *run_long(void *arg)
{
    uint32_t *p = code_pages(1, RWX);
    long wrong = 0;
    (void)arg;
    memcpy(p, lasting, LASTING_BYTES);
    publish(p, PAGE / 4);
    while (!atomic_load_explicit(&stop_making, memory_order_relaxed)) {
        reg expected = 0, rounds = 3000;
        for (reg k = 0; k < rounds; k++)
            expected = expected * 5 + 1;
        wrong += call(p, rounds, 0) != expected;
    }
    return (void *)wrong;
}

static void test_freed(void)
{
    pthread_t t[4];
    for (int k = 0; k < 4; k++)
        pthread_create(&t[k], NULL, k & 1 ? make_code : run_long, NULL);
    usleep(scaled(3000000));
    atomic_store(&stop_making, true);
    for (int k = 0; k < 4; k++) {
        void *wrong;
        pthread_join(t[k], &wrong);
        CHECK(!wrong);
    }
}

/* Functions that one thread makes and another runs, in memory that is used again and again. */
enum { RING = 16, RING_WORDS = 64 };
static struct {
    uint32_t *code;
    atomic_long made, run;
} ring;

static void *run_ring(void *arg)
{
    long wrong = 0;
    for (long k = 0; k < (long)(intptr_t)arg; k++) {
        while (atomic_load_explicit(&ring.made, memory_order_acquire) <= k)
            sched_yield();
        __asm__ volatile("isb" ::: "memory");
        wrong += call(ring.code + k % RING * RING_WORDS, 0, 0) != (reg)(k & 0xffff);
        atomic_store_explicit(&ring.run, k + 1, memory_order_release);
    }
    return (void *)wrong;
}

static void test_ring(void)
{
    pthread_t t;
    void *wrong;
    long n = scaled(30000);
    ring.code = code_pages(1, RWX);
    pthread_create(&t, NULL, run_ring, (void *)(intptr_t)n);
    for (long k = 0; k < n; k++) {
        while (atomic_load_explicit(&ring.run, memory_order_acquire) + RING <= k)
            sched_yield();
        write_constant(ring.code + k % RING * RING_WORDS, k);
        atomic_store_explicit(&ring.made, k + 1, memory_order_release);
    }
    pthread_join(t, &wrong);
    CHECK(!wrong);
}

#if defined __arm__ && !defined __thumb__
/* ---- code made writable and executable again ------------------------------------------------------- */

/* add r0, r0, #k under a condition, or a jump over the next instruction; flags are of cmp r1, #0. */
struct step {
    unsigned cond; /* EQ, NE, AL: the manual's */
    bool jump;
    unsigned k;
};

static struct step random_step(uint32_t *seed)
{
    static const unsigned conds[] = {0, 1, 0, 1, 14};
    *seed = *seed * 1664525 + 1013904223;
    return (struct step){conds[(*seed >> 8) % 5], (*seed >> 16) % 4 == 0, *seed >> 24};
}

static uint32_t step_word(struct step s)
{
    return s.cond << 28 | (s.jump ? 0x0a000000 : 0x02800000 | s.k);
}

static reg steps_do(const struct step *step, unsigned n, bool equal)
{
    reg sum = 0;
    for (unsigned k = 0; k < n; k++) {
        const bool holds = step[k].cond == 14 || step[k].cond == !equal;
        if (holds && step[k].jump)
            k++;
        else if (holds)
            sum += step[k].k;
    }
    return sum;
}

/* A word changes each round, and most of what was translated is as it was: also what has only been looked
 * at, to see which instructions have a condition in common. */
static void test_toggled(void)
{
    enum { STEPS = 14, ROUNDS = 4000, EACH = 5 };
    uint32_t *code = code_pages(1, RW), seed = 1;
    struct step step[STEPS];
    for (unsigned round = 0; round < ROUNDS; round++) {
        mprotect(code, PAGE, RW);
        code[0] = 0xe3510000; /* cmp r1, #0 */
        for (unsigned k = 0; k < STEPS; k++)
            if (!round || k == round * 5 % STEPS) {
                step[k] = random_step(&seed);
                code[1 + k] = step_word(step[k]);
            }
        code[1 + STEPS] = NOP; /* jumped over */
        code[2 + STEPS] = RET;
        mprotect(code, PAGE, RX);
        publish(code, 3 + STEPS);
        for (unsigned k = 0; k < 2 * EACH; k++)
            CHECK(call(code, 0, k / EACH) == steps_do(step, STEPS, k < EACH));
    }
}
#endif

int main(void)
{
    run("chained jumps to rewritten code", test_chained);
    run("a chain of three", test_chain_of_three);
    run("a loop that rewrites itself", test_loop_rewrites);
    run("code rewritten by another thread", test_rewritten_by_other);
    run("code unmapped under a thread", test_unmapped);
    run("code protected under a thread", test_protected);
    run("code mapped over under a thread", test_mapped_over);
    run("code written through another mapping under a thread", test_written_elsewhere);
    run("forks while threads make code", test_fork_storm);
    run("code dropped while threads run it", test_freed);
    run("code made by one thread for another", test_ring);
#if defined __arm__ && !defined __thumb__
    run("code made writable and executable again", test_toggled);
#endif
    return finish();
}
