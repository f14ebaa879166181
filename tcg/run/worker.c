/* SPDX-License-Identifier: MIT */
/*
 * Regions of tier 2 made by a thread of their own.  The guest's thread lifts the graph (it alone may
 * read guest code) and queues it; the worker makes code of it in a corner of the cache, without the
 * lock, and with the lock moves it to where the cache has grown to and puts it in the place of the
 * line that became hot.  What has changed meanwhile drops the job.
 *
 * The first regions of a process are made by the guest's thread (TCG_WORKER_AFTER): most programs are
 * short.  Then the worker is there while there is work, and a little longer: a process that forks, or
 * changes its credentials or namespaces, finds none (tcg_settle).  Without a second CPU, or where no
 * thread can be made, the guest's thread compiles.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tcg/opt/graph.h"
#include "tcg/opt/opt.h"
#include "tcg/run/run.h"

enum {
    MAX_JOBS = 16,           /* queued; a loop that comes when there are so many is counted anew */
    SCRATCH = 256 << 10,     /* bytes at the end of the code cache */
    STACK = 1 << 20,
    IDLE_NS = 50000000,      /* then the thread ends */
    LATE_NS = 500000,        /* a loop that is still queued after so long: there is no free CPU */
};

struct tcg_job {
    struct tcg_job *next;
    struct opt_graph graph;
    struct tcg_lifted lifted;
    struct tcg_region *line; /* whose place the new region takes */
    uint64_t queued_at;      /* ns */
    uint64_t flushes;        /* line is valid while no more have been */
    bool dropped;            /* the guest's code has changed */
    enum opt_result result;
};

enum state { NONE, RUNNING, ENDED };

struct tcg_worker {
    enum state state;        /* ENDED: to be joined */
    pthread_t thread;
    bool quit, hold;         /* hold: no job is begun */
    pthread_cond_t work, idle;
    struct tcg_job *queue, *now, *unused;
    unsigned n_queued;
    unsigned n_asked;        /* up to TCG_WORKER_AFTER */
    struct cg cg;
    struct ir ir;
    uint8_t *scratch;
};

/* --- making one --------------------------------------------------------------------------------- */

static void init_conds(struct tcg_worker *w)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &attr);
    pthread_cond_init(&w->idle, NULL);
    pthread_condattr_destroy(&attr);
}

bool tcg_worker_new(struct tcg *tcg)
{
    const unsigned whole = TCG_LOG_STATS | TCG_LOG_UNIMP; /* what can be logged: regions cannot */
    if (tcg->opt.accel != TCG_ACCEL_JIT || tcg->opt.tier != TCG_TIER_AUTO || tcg->opt.foreground ||
        tcg->opt.log & ~whole || tcg->mem.code_pages || tcg->code.size < 16 * SCRATCH)
        return true;
    struct tcg_worker *w = calloc(1, sizeof *w);
    if (!w)
        return false;
    tcg->code.size -= SCRATCH;
    w->scratch = tcg->code.base + tcg->code.size;
    init_conds(w);
    tcg->worker = w;
    return true;
}

static void end_thread(struct tcg *tcg)
{
    struct tcg_worker *w = tcg->worker;
    pthread_mutex_lock(&tcg->lock);
    while (w->quit)
        pthread_cond_wait(&w->idle, &tcg->lock);
    if (w->state != NONE) {
        w->quit = true;
        pthread_cond_signal(&w->work);
        pthread_mutex_unlock(&tcg->lock);
        pthread_join(w->thread, NULL);
        pthread_mutex_lock(&tcg->lock);
        w->state = NONE;
        w->quit = false;
        pthread_cond_broadcast(&w->idle);
    }
    pthread_mutex_unlock(&tcg->lock);
}

static void free_jobs(struct tcg_job *j)
{
    while (j) {
        struct tcg_job *next = j->next;
        free(j->graph.ops);
        free(j);
        j = next;
    }
}

void tcg_worker_free(struct tcg *tcg)
{
    struct tcg_worker *w = tcg->worker;
    if (!w)
        return;
    end_thread(tcg);
    free_jobs(w->queue);
    free_jobs(w->unused);
    if (w->cg.priv) {
        cg_free(&w->cg);
        ir_free(&w->ir);
    }
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->idle);
    tcg->code.size += SCRATCH;
    free(w);
    tcg->worker = NULL;
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void put_away(struct tcg_worker *w, struct tcg_job *j)
{
    j->next = w->unused;
    w->unused = j;
}

/* --- the worker's side -------------------------------------------------------------------------- */

/* Code made at out->code, moved to r->code. */
static void move_code(const struct cg_output *out, const struct tcg_region *r, uint8_t *to)
{
    memcpy(to, out->code, out->code_size);
    for (uint32_t k = 0; k < out->n_relocs; k++) {
        const struct cg_reloc *reloc = &out->relocs[k];
        uint8_t *at = to + reloc->offset;
        uint32_t value;
        if (reloc->kind == CG_RELOC_GUEST || reloc->kind == CG_RELOC_GUEST32)
            continue;
        memcpy(&value, at, sizeof value);
        value = reloc->kind == CG_RELOC_REGION ? r->id : value + (uint32_t)(out->code - to);
        memcpy(at, &value, sizeof value);
    }
}

/* Still as when it was queued? */
static bool valid(const struct tcg *tcg, const struct tcg_job *j)
{
    return !j->dropped && j->flushes == tcg->stats.flushes && !j->line->dead;
}

/* With the lock: the new region takes the line's place. */
static void finish(struct tcg *tcg, struct tcg_job *j, struct cg_output *out)
{
    const struct tcg_region_key key = {j->graph.entry_pc, j->graph.mode, j->graph.run_mode};
    struct tcg_region *r = tcg_region_new(tcg, &key, 2, &j->lifted);
    uint8_t *to = r ? tcg_arena_alloc(&tcg->code, out->code_size) : NULL;
    if (!to)
        return; /* the cache is full: whoever wants a line next empties it */
    move_code(out, r, to);
    out->code = to;
    if (!tcg->opt.relocations)
        out->n_relocs = 0;
    if (!tcg_region_keep(tcg, r, out))
        return;
    tcg->host->flush_icache(out->code, out->code_size);
    r->lukewarm = true;
    r->batches = tcg->worker->ir.batches;
    tcg_publish(tcg, r);
    tcg_forget(tcg, j->line);
}

/* Without the lock. */
static bool compile(struct tcg *tcg, struct tcg_job *j, struct cg_output *out)
{
    struct tcg_worker *w = tcg->worker;
    j->result = opt_graph_region(&j->graph, &w->ir);
    if (j->result != OPT_MADE)
        return false;
    if (tcg->opt.verify)
        ir_verify(&w->ir, "graph");
    opt_run(&w->ir, tcg->opt.disabled_passes | 1u << OPT_dce, tcg->opt.verify);
    w->cg.fp_status = atomic_load_explicit(&tcg->fp_status, memory_order_relaxed);
    return !cg_region(&w->cg, &w->ir, w->scratch, w->scratch + SCRATCH, 0, tcg->opt.ra_seed, out);
}

static void run_job(struct tcg *tcg, struct tcg_job *j)
{
    struct tcg_worker *w = tcg->worker;
    struct cg_output out;
    w->now = j;
    pthread_mutex_unlock(&tcg->lock);
    const uint64_t start = tcg_log_clock(tcg);
    const bool made = compile(tcg, j, &out);
    pthread_mutex_lock(&tcg->lock);
    if (made && valid(tcg, j))
        finish(tcg, j, &out);
    else if (j->result == OPT_TOO_LARGE && valid(tcg, j))
        j->line->lukewarm = j->line->graph_tries++ >= TCG_GRAPH_TRIES;
    tcg->stats.tier[2].ns += tcg_log_clock(tcg) - start;
    w->now = NULL;
    put_away(w, j);
    pthread_cond_broadcast(&w->idle);
}

/* False: there was none for a while. */
static bool wait_for_work(struct tcg *tcg)
{
    struct tcg_worker *w = tcg->worker;
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += IDLE_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    while ((!w->queue || w->hold) && !w->quit)
        if (pthread_cond_timedwait(&w->work, &tcg->lock, &until))
            break;
    return w->queue && !w->hold && !w->quit;
}

static void *worker_main(void *opaque)
{
    struct tcg *tcg = opaque;
    struct tcg_worker *w = tcg->worker;
    pthread_mutex_lock(&tcg->lock);
    while (wait_for_work(tcg)) {
        struct tcg_job *j = w->queue;
        w->queue = j->next;
        j->next = NULL;
        w->n_queued--;
        run_job(tcg, j);
    }
    w->state = ENDED;
    pthread_mutex_unlock(&tcg->lock);
    return NULL;
}

/* --- the guest threads' side; with the lock ------------------------------------------------------ */

static bool start(struct tcg *tcg)
{
    struct tcg_worker *w = tcg->worker;
    cpu_set_t cpus;
    pthread_attr_t attr;
    sigset_t all, old;
    if (w->quit)
        return false;
    if (w->state == RUNNING)
        return true;
    if (sched_getaffinity(0, sizeof cpus, &cpus) || CPU_COUNT(&cpus) < 2)
        return false;
    if (w->state == ENDED)
        pthread_join(w->thread, NULL);
    if (!w->cg.priv) {
        tcg_cg_init(tcg, &w->cg);
        w->cg.record = true;
        ir_init(&w->ir, tcg->guest);
    }
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* signals are for the guest's threads */
    const int err = pthread_create(&w->thread, &attr, worker_main, tcg);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    w->state = err ? NONE : RUNNING;
    return !err;
}

static struct tcg_job *new_job(struct tcg_worker *w)
{
    struct tcg_job *j = w->unused;
    if (j)
        w->unused = j->next;
    else if (!(j = calloc(1, sizeof *j)))
        abort();
    j->dropped = false;
    return j;
}

static bool touches(const struct tcg_job *j, uint64_t start, uint64_t last)
{
    for (unsigned k = 0; k < j->lifted.n_ranges; k++)
        if (j->lifted.range[k].start <= last && j->lifted.range[k].end > start)
            return true;
    return false;
}

/* Is the instruction at pc in a region that is being made?  Of loops in loops all heads become hot, and the
 * region of one has the others. */
static bool expected(const struct tcg *tcg, uint64_t pc)
{
    const struct tcg_worker *w = tcg->worker;
    pc = guest_code_address(tcg->guest, pc);
    for (const struct tcg_job *j = w->queue; j; j = j->next)
        if (valid(tcg, j) && touches(j, pc, pc))
            return true;
    return w->now && valid(tcg, w->now) && touches(w->now, pc, pc);
}

enum tcg_queued tcg_worker_queue(struct tcg_cpu *cpu, struct tcg_region *line)
{
    struct tcg *tcg = cpu->tcg;
    struct tcg_worker *w = tcg->worker;
    if (!w || cpu->thread->vfork)
        return TCG_NO_WORKER;
    if (w->n_asked < TCG_WORKER_AFTER) {
        w->n_asked++;
        return TCG_NO_WORKER;
    }
    if (!start(tcg))
        return TCG_NO_WORKER;
    if (w->n_queued == MAX_JOBS || expected(tcg, cpu->pc))
        return TCG_NOT_NOW;
    struct tcg_job *j = new_job(w);
    j->line = line;
    j->flushes = tcg->stats.flushes;
    j->queued_at = now();
    if (!tcg_grow_graph(tcg, cpu, &j->graph, line->graph_tries, &j->lifted)) {
        put_away(w, j);
        return TCG_QUEUED; /* there is no region to be made */
    }
    struct tcg_job **end = &w->queue;
    while (*end)
        end = &(*end)->next;
    j->next = NULL;
    *end = j;
    w->n_queued++;
    pthread_cond_signal(&w->work);
    return TCG_QUEUED;
}

bool tcg_worker_late(struct tcg *tcg, const struct tcg_region *line)
{
    struct tcg_worker *w = tcg->worker;
    struct tcg_job **p = &w->queue;
    while (*p && !((*p)->line == line && valid(tcg, *p)))
        p = &(*p)->next;
    struct tcg_job *j = *p;
    if (!j || now() - j->queued_at < LATE_NS)
        return false;
    *p = j->next;
    w->n_queued--;
    put_away(w, j);
    return true;
}

bool tcg_worker_has(const struct tcg *tcg, const struct tcg_region *line)
{
    const struct tcg_worker *w = tcg->worker;
    const struct tcg_job *j = w ? w->queue : NULL;
    while (j && !(j->line == line && valid(tcg, j)))
        j = j->next;
    return j || (w && w->now && w->now->line == line && valid(tcg, w->now));
}

/* A line that is as it was may come back (tcg_revive()): it can become hot again. */
static void drop(const struct tcg *tcg, struct tcg_job *j, uint64_t start, uint64_t last)
{
    for (; j; j = j->next) {
        if (j->dropped || !touches(j, start, last))
            continue;
        j->dropped = true;
        if (j->flushes == tcg->stats.flushes)
            j->line->lukewarm = false;
    }
}

void tcg_worker_invalidate(struct tcg *tcg, uint64_t start, uint64_t last)
{
    struct tcg_worker *w = tcg->worker;
    if (!w)
        return;
    drop(tcg, w->queue, start, last);
    drop(tcg, w->now, start, last);
}

void tcg_worker_fork_prepare(struct tcg *tcg)
{
    struct tcg_worker *w = tcg->worker;
    if (!w || !w->now)
        return;
    w->hold = true;
    while (w->now)
        pthread_cond_wait(&w->idle, &tcg->lock);
    w->hold = false;
    pthread_cond_signal(&w->work);
}

void tcg_worker_fork_child(struct tcg *tcg)
{
    struct tcg_worker *w = tcg->worker;
    if (!w)
        return;
    for (struct tcg_job *j = w->queue; j; j = w->queue) {
        w->queue = j->next;
        if (valid(tcg, j))
            j->line->lukewarm = false;
        put_away(w, j);
    }
    w->n_queued = 0;
    w->state = NONE;
    w->quit = w->hold = false;
    init_conds(w);
}

void tcg_settle(struct tcg_cpu *self)
{
    if (self->tcg->worker && !self->thread->vfork)
        end_thread(self->tcg);
}
