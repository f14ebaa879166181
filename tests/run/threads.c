/* SPDX-License-Identifier: MIT */
/*
 * What the run time promises to threads, each with one held at the very place that matters: in the
 * middle of a translation while another wants to fork, in emitted code while another needs the
 * cache emptied, in a region whose successor another rewrites.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/run/four.h"
#include "tests/tier.h"

/* --- threads ---------------------------------------------------------------------------------------- */

enum { WORDS = 1 << 18 };
static uint32_t *code; /* WORDS of them */
static struct tcg *tcg;
static sem_t fetch_on; /* who is held while fetching code may go on */
/* Who fetches code from held_at is held, in the middle of a translation; or who finds the cache so
 * full that this translation will empty it. */
static uint32_t *held_at;
static bool held_when_full;

static const uint8_t *fetch(void *opaque, uint64_t address, uint64_t *avail, int *sig, int *why)
{
    (void)opaque, (void)sig, (void)why;
    if (held_at && address == (uintptr_t)held_at) {
        held_at = NULL;
        hold(&fetch_on);
    }
    if (held_when_full && tcg->data.size - tcg->data.used < 65536) {
        held_when_full = false;
        hold(&fetch_on);
    }
    *avail = 4; /* not the page, which would not be asked for again */
    return (const uint8_t *)(uintptr_t)address;
}

struct runner {
    pthread_t thread;
    struct cpu *cpu;
    uint32_t *start;
    atomic_ulong interrupts;
    atomic_bool done;
};

static unsigned run_here(struct cpu *cpu, const uint32_t *start, atomic_ulong *interrupts)
{
    unsigned exc;
    cpu->tcg.pc = (uintptr_t)start;
    while ((exc = tcg_run(&cpu->tcg)) == TCG_EXC_INTERRUPT)
        atomic_fetch_add(interrupts, 1);
    return exc;
}

static void *run_thread(void *arg)
{
    struct runner *r = arg;
    if (run_here(r->cpu, r->start, &r->interrupts) != EXC_HALT)
        abort();
    atomic_store(&r->done, true);
    return NULL;
}

static void start(struct runner *r, uint32_t *at, uint64_t r0, uint64_t r1)
{
    memset(r, 0, sizeof *r);
    r->cpu = (struct cpu *)tcg_cpu_new(tcg);
    r->cpu->r[0] = r0;
    r->cpu->r[1] = r1;
    r->start = at;
    pthread_create(&r->thread, NULL, run_thread, r);
}

static void finish(struct runner *r)
{
    pthread_join(r->thread, NULL);
    tcg_cpu_free(&r->cpu->tcg);
}

static bool open_tcg(size_t cache)
{
    const struct tcg_mem_ops mem = {.code = fetch, .address_bits = 64};
    const struct tcg_options options = {
        .cache_bytes = cache, .no_cold = true, .verify = true, .tier = test_tier()};
    tcg = tcg_new(&guest, &mem, &options);
    sem_init(&inside, 0, 0);
    sem_init(&go_on, 0, 0);
    sem_init(&fetch_on, 0, 0);
    return tcg != NULL;
}

static bool stays_false(atomic_bool *b)
{
    for (int k = 0; k < 20; k++) {
        if (atomic_load(b))
            return false;
        usleep(5000);
    }
    return true;
}

/* --- tests ------------------------------------------------------------------------------------------ */

static atomic_bool prepared;

static void *fork_thread(void *arg)
{
    int status = 0;
    tcg_fork_prepare(tcg);
    atomic_store(&prepared, true);
    pid_t pid = fork();
    if (pid == 0) { /* translates code of its own, and what another thread was at */
        struct cpu *cpu = arg;
        atomic_ulong n = 0;
        alarm(20);
        tcg_fork_child(tcg, &cpu->tcg);
        bool good = run_here(cpu, code, &n) == EXC_HALT && cpu->r[2] == 7;
        good &= run_here(cpu, code + 500, &n) == EXC_HALT && cpu->r[2] == 8;
        _exit(good ? 42 : 1);
    }
    tcg_fork_parent(tcg);
    waitpid(pid, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    return NULL;
}

static void test_fork(void)
{
    struct runner a;
    pthread_t forker;
    struct cpu *cpu = (struct cpu *)tcg_cpu_new(tcg);
    code[0] = INSN(OP_SET, 2, 7);
    code[500] = INSN(OP_SET, 2, 8);
    held_at = code;
    start(&a, code, 0, 0);
    sem_wait(&inside);
    pthread_create(&forker, NULL, fork_thread, cpu);
    CHECK(stays_false(&prepared));
    sem_post(&fetch_on);
    pthread_join(forker, NULL);
    finish(&a);
    CHECK(atomic_load(&prepared));
    tcg_cpu_free(&cpu->tcg);
}

/* Straight code that is more than the cache holds. */
static void write_much(uint32_t *at)
{
    for (unsigned k = 0; k < WORDS / 2; k++)
        at[k] = INSN(OP_ADD, k & 3, k & 0xff);
    at[WORDS / 2] = INSN(OP_HALT, 0, 0);
}

static void test_flush(void)
{
    struct runner a, b;
    uint64_t flushes;
    uint32_t *much = code + 1000;
    code[0] = INSN(OP_ADD, 2, 1);
    code[1] = INSN(OP_WAIT, 0, 0);
    code[2] = INSN(OP_ADD, 2, 2);
    code[3] = INSN(OP_ADD, 1, -1);
    code[4] = INSN(OP_LOOP, 1, -4); /* kicked, it leaves here; the rest is translated anew */
    code[5] = INSN(OP_ADD, 2, 1000);
    write_much(much);
    start(&a, code, 1, 3); /* holds three times */
    sem_wait(&inside);
    flushes = tcg->stats.flushes;
    start(&b, much, 0, 0);
    for (unsigned k = 0; k < 20000 && !atomic_load(&tcg->stop); k++)
        usleep(1000); /* until b has filled the cache, however slow this machine is */
    CHECK(stays_false(&b.done));
    CHECK(tcg->stats.flushes == flushes && atomic_load(&tcg->stop)); /* b waits for a */
    for (int k = 0; k < 3; k++) {
        sem_post(&go_on);
        if (k < 2)
            sem_wait(&inside);
    }
    pthread_join(a.thread, NULL);
    CHECK(a.cpu->r[2] == 3 * 3 + 1000);
    CHECK(a.interrupts > 0);
    tcg_cpu_free(&a.cpu->tcg);
    finish(&b);
    CHECK(tcg->stats.flushes > flushes);
}

/* A has left by an exit, and waits for the lock to go on, while the cache is emptied and filled
 * again: the exit that A would chain is no more, and another's is in its place. */
static void test_flush_of_exit(void)
{
    enum { FAR = WORDS - 100 };
    struct runner a, b;
    uint64_t sum = 0;
    code[0] = INSN(OP_WAIT, 0, 0);
    for (unsigned k = 1; k < 60; k++) /* longer than what will be in its place, but for the exit */
        code[k] = k & 1 ? INSN(OP_ADD, 2, k) : INSN(OP_WAIT, 3, 0);
    code[60] = INSN(OP_CALL, 0, 5);
    code[65] = INSN(OP_SET, 3, 666);
    for (unsigned k = 100; k < FAR; k += 2) { /* many short regions */
        code[k] = INSN(OP_ADD, 1, k & 0xff);
        code[k + 1] = INSN(OP_CALL, 0, 1);
        sum += k & 0xff;
    }
    code[FAR] = INSN(OP_HALT, 0, 0);
    start(&a, code, 1, 0);
    sem_wait(&inside);
    held_when_full = true;
    start(&b, code + 100, 0, 0);
    sem_wait(&inside);
    sem_post(&go_on);
    usleep(50000); /* A comes to the lock, which B has */
    sem_post(&fetch_on);
    pthread_join(a.thread, NULL);
    pthread_join(b.thread, NULL);
    CHECK(tcg->stats.flushes > 0);
    CHECK(a.cpu->r[3] == 666 && a.cpu->r[2] == 30 * 30);
    CHECK(b.cpu->r[1] == sum && b.cpu->r[3] == 0);
}

static void test_flush_result(void)
{
    struct cpu *cpu = (struct cpu *)tcg_cpu_new(tcg);
    uint64_t sums[4] = {0};
    atomic_ulong n = 0;
    write_much(code);
    for (unsigned k = 0; k < WORDS / 2; k++)
        sums[k & 3] += k & 0xff;
    CHECK(run_here(cpu, code, &n) == EXC_HALT);
    CHECK(!memcmp(cpu->r, sums, sizeof sums));
    CHECK(tcg->stats.flushes > 0);
    tcg_cpu_free(&cpu->tcg);
}

/* What describes a region leaves ever less of the data arena: it is refused before there is no room to list
 * it on the pages of its code. */
static void test_full_data(void)
{
    static const uint8_t snap[TCG_DATA_ROOM];
    struct cg_output out = {.code = tcg->code.base + tcg->code.used, .code_size = 1, .snap = snap};
    unsigned kept = 0, refused = 0;
    pthread_mutex_lock(&tcg->lock);
    for (unsigned left = 0; left < 2048; left += 16) {
        const struct tcg_region_key key = {.pc = (UINT64_C(1) << 40) + ((uint64_t)left << 20)};
        struct tcg_lifted lifted = {.n_ranges = 3, .n_insns = 3};
        for (unsigned k = 0; k < 3; k++) /* each across a page's end */
            lifted.range[k] = (struct tcg_range64){key.pc + (k << 16) + 4092, key.pc + (k << 16) + 4100};
        tcg->data.size = tcg->data.used + TCG_DATA_ROOM + 16;
        struct tcg_region *r = tcg_region_new(tcg, &key, 1, &lifted);
        CHECK(r);
        out.snap_size = (uint32_t)(tcg->data.size - tcg->data.used - left);
        if (r && tcg_region_keep(tcg, r, &out)) {
            tcg_publish(tcg, r);
            kept++;
        } else {
            refused++;
        }
    }
    pthread_mutex_unlock(&tcg->lock);
    CHECK(kept && refused);
}

/* A goes round in a loop of two regions, chained; its second one is rewritten while it is held in
 * the first, and must be found as it is now when it goes on or, in tier 2, a round later. */
static void test_rewritten(void)
{
    struct runner a;
    struct cpu *cpu = (struct cpu *)tcg_cpu_new(tcg);
    atomic_ulong n = 0;
    uint32_t *second = code + 2000;
    code[0] = INSN(OP_WAIT, 0, 0);
    code[1] = INSN(OP_JUMP, 0, second - (code + 1));
    second[0] = INSN(OP_ADD, 2, 1);
    second[1] = INSN(OP_ADD, 1, -1);
    second[2] = INSN(OP_LOOP, 1, code - (second + 2));
    second[3] = INSN(OP_HALT, 0, 0);
    cpu->r[1] = 1;
    run_here(cpu, second, &n); /* known first, so that it is a region of its own */
    cpu->r[0] = 0, cpu->r[1] = 100, cpu->r[2] = 0;
    CHECK(run_here(cpu, code, &n) == EXC_HALT && cpu->r[2] == 100);
    CHECK(tcg->stats.chained >= 2 || test_tier() == TCG_TIER_2); /* one region then */
    start(&a, code, 1, 10);
    for (int k = 0; k < 10; k++) {
        sem_wait(&inside);
        second[0] = INSN(OP_ADD, 2, 1 << k);
        tcg_invalidate(tcg, (uintptr_t)second, 4);
        sem_post(&go_on);
    }
    pthread_join(a.thread, NULL);
    /* 1 + 2 + ... + 512.  A region that holds both of them may go on to its end before it is left: then
     * each round has what was there a round before, 1 + 1 + 2 + ... + 256. */
    CHECK(a.cpu->r[2] == 1023 || (test_tier() != TCG_TIER_1 && a.cpu->r[2] >= 512));
    tcg_cpu_free(&a.cpu->tcg);
    tcg_cpu_free(&cpu->tcg);
}

/* A kick reaches a thread that never leaves its code. */
static void test_kick(void)
{
    struct runner a;
    code[0] = INSN(OP_ADD, 2, 1);
    code[1] = INSN(OP_JUMP, 0, -1);
    start(&a, code, 0, 0);
    usleep(20000);
    for (int k = 0; k < 5; k++) {
        tcg_kick(&a.cpu->tcg);
        usleep(10000);
    }
    CHECK(atomic_load(&a.interrupts) > 0); /* before the region is left for another reason */
    code[1] = INSN(OP_HALT, 0, 0);
    tcg_invalidate(tcg, (uintptr_t)code, 8);
    finish(&a);
}

/* CPUs until there is no more memory: an error, not the end. */
static void test_many_cpus(void)
{
    enum { MOST = 64 };
    struct tcg_cpu *cpus[MOST];
    struct rlimit little = {64 << 20, RLIM_INFINITY};
    unsigned n = 0;
    struct tcg_cpu *first = tcg_cpu_new(tcg);
    setrlimit(RLIMIT_AS, &little); /* less than there is already: nothing more is mapped */
    while (n < MOST && (cpus[n] = n % 2 ? tcg_cpu_clone(first) : tcg_cpu_vfork(first)))
        n++;
    CHECK(n < MOST && !tcg_cpu_new(tcg));
    little.rlim_cur = RLIM_INFINITY;
    setrlimit(RLIMIT_AS, &little);
    while (n)
        tcg_cpu_free(cpus[--n]);
    CHECK((cpus[0] = tcg_cpu_new(tcg)) != NULL);
    tcg_cpu_free(cpus[0]);
    tcg_cpu_free(first);
}

int main(void)
{
    static const struct test {
        const char *name;
        size_t cache;
        void (*run)(void);
    } tests[] = {
        {"fork waits for a translation", 0, test_fork},
        {"a flush waits for who is in code", 1 << 19, test_flush},
        {"a flush while an exit waits", 1 << 19, test_flush_of_exit},
        {"code that the cache cannot hold", 1 << 19, test_flush_result},
        {"a region that fills the data arena", 0, test_full_data},
        {"a chained region rewritten", 0, test_rewritten},
        {"a kick", 0, test_kick},
        {"more CPUs than there is memory for", 0, test_many_cpus},
    };
    unsigned failed = 0;
    code = mmap(NULL, WORDS * 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED)
        return 99;
    for (unsigned k = 0; k < sizeof tests / sizeof tests[0]; k++) {
        fflush(stdout);
        pid_t pid = fork();
        int status = 0;
        if (pid == 0) {
            alarm(60);
            if (open_tcg(tests[k].cache))
                tests[k].run();
            else
                why = "no translator";
            printf("%sok %s%s%s\n", why ? "not " : "", tests[k].name, why ? " - " : "", why ? why : "");
            fflush(stdout);
            _exit(why != NULL);
        }
        waitpid(pid, &status, 0);
        if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
            printf("not ok %s - wait status %#x\n", tests[k].name, (unsigned)status);
        failed += status != 0;
    }
    return failed != 0;
}
