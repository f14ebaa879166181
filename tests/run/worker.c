/* SPDX-License-Identifier: MIT */
/*
 * Tier 2 on a thread of its own: what is queued becomes a region, unless its code has changed or the
 * cache was emptied meanwhile; the thread is gone when it must be; a child of fork() has its own.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/run/four.h"

/* The loops behind the first LOOPS are those that are not left to the worker. */
enum { LOOPS = 20, ALL_LOOPS = LOOPS + TCG_WORKER_AFTER, APART = 16, HOT = 5000 };
static uint32_t code[ALL_LOOPS * APART];
static struct tcg *tcg;
static struct cpu *cpu;

static const uint8_t *fetch(void *opaque, uint64_t address, uint64_t *avail, int *sig, int *why)
{
    (void)opaque, (void)sig, (void)why;
    *avail = 4096 - (address & 4095);
    return (const uint8_t *)(uintptr_t)address;
}

static uint64_t pc_of(unsigned loop) { return (uintptr_t)(code + loop * APART); }

/* Loop k adds k + 1 to r2 r1 times. */
static void make_code(void)
{
    for (unsigned k = 0; k < ALL_LOOPS; k++) {
        uint32_t *at = code + k * APART;
        at[0] = INSN(OP_ADD, 2, k + 1);
        at[1] = INSN(OP_ADD, 1, -1);
        at[2] = INSN(OP_LOOP, 1, -2);
        at[3] = INSN(OP_HALT, 0, 0);
    }
}

static uint64_t run(unsigned loop, uint64_t times)
{
    cpu->tcg.pc = pc_of(loop);
    cpu->r[1] = times;
    cpu->r[2] = 0;
    while (tcg_run(&cpu->tcg) == TCG_EXC_INTERRUPT)
        ;
    return cpu->r[2];
}

static const struct tcg_region *region(unsigned loop)
{
    pthread_mutex_lock(&tcg->lock);
    const struct tcg_region *r = tcg_lookup(tcg, pc_of(loop), cpu->tcg.mode, cpu->tcg.run_mode);
    pthread_mutex_unlock(&tcg->lock);
    return r;
}

static bool becomes_graph(unsigned loop)
{
    for (int k = 0; k < 5000; k++, usleep(1000)) {
        const struct tcg_region *r = region(loop);
        if (r && r->tier == 2)
            return true;
    }
    return false;
}

/* With the lock. */
static enum tcg_queued queue(unsigned loop)
{
    struct tcg_region *r = tcg_lookup(tcg, pc_of(loop), cpu->tcg.mode, cpu->tcg.run_mode);
    cpu->tcg.pc = pc_of(loop);
    return tcg_worker_queue(&cpu->tcg, r);
}

static unsigned n_threads(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/task");
    for (struct dirent *e; d && (e = readdir(d));)
        n += e->d_name[0] != '.';
    if (d)
        closedir(d);
    return n;
}

/* --- tests ------------------------------------------------------------------------------------------ */

/* Everything of tier 2 was made by another thread than this one: there is one. */
static void test_made(void)
{
    CHECK(run(0, HOT) == HOT);
    CHECK(n_threads() == 2);
    CHECK(becomes_graph(0));
    CHECK(run(0, 3 * HOT) == 3 * HOT);
    CHECK(tcg->stats.tier[2].regions == TCG_WORKER_AFTER + 1);
}

/* Jobs are done in the order in which they come: when the second is, the first was looked at. */
static void test_changed(void)
{
    run(0, 10), run(1, 10), run(2, 10);
    pthread_mutex_lock(&tcg->lock);
    CHECK(queue(0) == TCG_QUEUED && queue(1) == TCG_QUEUED);
    code[0] = INSN(OP_ADD, 2, 77);
    tcg_worker_invalidate(tcg, pc_of(0), pc_of(0) + 3);
    pthread_mutex_unlock(&tcg->lock);
    CHECK(becomes_graph(1));
    CHECK(region(0)->tier == 1);
    tcg_invalidate(tcg, pc_of(0), 4);
    CHECK(!region(0) && run(0, 3 * HOT) == 77 * 3 * HOT);

    pthread_mutex_lock(&tcg->lock);
    CHECK(queue(2) == TCG_QUEUED);
    pthread_mutex_unlock(&tcg->lock);
    code[2 * APART] = INSN(OP_ADD, 2, 5); /* as a guest does it, whatever the worker is at */
    tcg_invalidate(tcg, pc_of(2), 4);
    CHECK(run(2, 3 * HOT) == 5 * 3 * HOT);
}

static void test_flushed(void)
{
    run(0, 10), run(1, 10);
    pthread_mutex_lock(&tcg->lock);
    CHECK(queue(0) == TCG_QUEUED);
    tcg_flush(tcg, &cpu->tcg);
    pthread_mutex_unlock(&tcg->lock);
    run(0, 10), run(1, 10); /* what was there is another region now */
    pthread_mutex_lock(&tcg->lock);
    CHECK(queue(1) == TCG_QUEUED);
    pthread_mutex_unlock(&tcg->lock);
    CHECK(becomes_graph(1) && region(0)->tier == 1);
    CHECK(run(0, HOT) == HOT && run(1, HOT) == 2 * HOT);
}

/* The queue has an end; who comes too late is not forgotten. */
static void test_full(void)
{
    unsigned last = 0;
    for (unsigned k = 0; k < LOOPS; k++)
        run(k, 10);
    pthread_mutex_lock(&tcg->lock);
    for (last = 0; last < LOOPS && queue(last) == TCG_QUEUED; last++)
        ;
    pthread_mutex_unlock(&tcg->lock);
    CHECK(last > 1 && last < LOOPS);
    CHECK(becomes_graph(last - 1));
    CHECK(run(last, HOT) == HOT * (last + 1) && becomes_graph(last));
}

static void test_settled(void)
{
    CHECK(run(0, HOT) == HOT && n_threads() == 2);
    tcg_settle(&cpu->tcg);
    CHECK(n_threads() == 1);
    tcg_settle(&cpu->tcg);
    CHECK(run(1, HOT) == 2 * HOT && becomes_graph(1) && becomes_graph(0)); /* what was left over too */
    for (int k = 0; k < 5000 && n_threads() > 1; k++)
        usleep(1000);
    CHECK(n_threads() == 1); /* after a while without work */
}

/* A child in the middle of the worker's work: what was queued is not lost for it. */
static void test_forked(void)
{
    for (unsigned k = 0; k < 8; k++)
        run(k, 10);
    pthread_mutex_lock(&tcg->lock);
    for (unsigned k = 0; k < 8; k++)
        CHECK(queue(k) == TCG_QUEUED);
    pthread_mutex_unlock(&tcg->lock);
    tcg_fork_prepare(tcg);
    const pid_t pid = fork();
    if (pid == 0) {
        alarm(20);
        tcg_fork_child(tcg, &cpu->tcg);
        bool good = n_threads() == 1;
        for (unsigned k = 0; k < 8; k++)
            good &= run(k, 2 * HOT) == 2 * HOT * (k + 1) && becomes_graph(k);
        tcg_settle(&cpu->tcg);
        _exit(good && n_threads() == 1 ? 42 : 1);
    }
    tcg_fork_parent(tcg);
    int status = 0;
    waitpid(pid, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
    CHECK(becomes_graph(7));
}

/* A process that shares our memory makes its regions itself, and lets our thread be. */
static void test_vfork(void)
{
    struct cpu *const ours = cpu;
    cpu = (struct cpu *)tcg_cpu_vfork(&ours->tcg);
    CHECK(run(0, HOT) == HOT && region(0)->tier == 2 && n_threads() == 1);
    struct cpu *const child = cpu;
    cpu = ours;
    CHECK(run(1, HOT) == 2 * HOT && n_threads() == 2);
    tcg_settle(&child->tcg);
    CHECK(n_threads() == 2);
    tcg_settle(&ours->tcg);
    CHECK(n_threads() == 1);
    cpu = (struct cpu *)tcg_cpu_clone(&child->tcg); /* a thread of that process */
    CHECK(run(2, HOT) == 3 * HOT && region(2)->tier == 2 && n_threads() == 1);
}

static void test_one_cpu(void)
{
    cpu_set_t one, all;
    sched_getaffinity(0, sizeof all, &all);
    CPU_ZERO(&one);
    for (int k = 0; k < CPU_SETSIZE && !CPU_COUNT(&one); k++)
        if (CPU_ISSET(k, &all))
            CPU_SET(k, &one);
    CHECK(!sched_setaffinity(0, sizeof one, &one));
    CHECK(run(0, HOT) == HOT && region(0)->tier == 2 && n_threads() == 1);
}

/* The first regions are made here, at once. */
static void begin(void)
{
    for (unsigned k = LOOPS; k < ALL_LOOPS; k++)
        CHECK(run(k, HOT) == HOT * (k + 1) && region(k)->tier == 2);
    CHECK(n_threads() == 1);
}

static bool open_tcg(void)
{
    const struct tcg_mem_ops mem = {.code = fetch, .address_bits = 64};
    const struct tcg_options options = {.no_cold = true, .verify = true, .hot = 4096};
    tcg = tcg_new(&guest, &mem, &options);
    cpu = tcg ? (struct cpu *)tcg_cpu_new(tcg) : NULL;
    return cpu;
}

int main(void)
{
    static const struct test {
        const char *name;
        bool worker; /* needs a second CPU */
        void (*run)(void);
    } tests[] = {
        {"a hot loop becomes a graph", true, test_made},
        {"code that changes while it is queued", true, test_changed},
        {"the cache emptied meanwhile", true, test_flushed},
        {"a full queue", true, test_full},
        {"no thread after tcg_settle()", true, test_settled},
        {"fork", true, test_forked},
        {"vfork", true, test_vfork},
        {"one CPU", false, test_one_cpu},
    };
    unsigned failed = 0;
    cpu_set_t cpus;
    const bool alone = sched_getaffinity(0, sizeof cpus, &cpus) || CPU_COUNT(&cpus) < 2;
    for (unsigned k = 0; k < sizeof tests / sizeof tests[0]; k++) {
        int status = 0;
        fflush(stdout);
        if (alone && tests[k].worker) {
            printf("ok %s # SKIP one CPU\n", tests[k].name);
            continue;
        }
        pid_t pid = fork();
        if (pid == 0) {
            alarm(60);
            make_code();
            if (open_tcg()) {
                begin();
                tests[k].run();
            } else {
                why = "no translator";
            }
            if (tcg)
                tcg_free(tcg);
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
