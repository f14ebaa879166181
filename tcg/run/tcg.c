/* SPDX-License-Identifier: MIT */
/* Making translators and CPUs, and carrying them across fork. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tcg/opt/graph.h"
#include "tcg/opt/opt.h"
#include "tcg/run/run.h"

enum { DEFAULT_CACHE = 256 << 20, DEFAULT_HOT = 16384 };

static void *map_zero(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static bool arena_map(struct tcg_arena *a, size_t size)
{
    *a = (struct tcg_arena){.base = map_zero(size), .size = size};
    return a->base != NULL;
}

enum { FILTER_BYTES = (2 * TCG_FILTER_BLOCKS + 1) * (TCG_FILTER_BLOCK / 8) };

/* The counts lie in front of the code, so that it reaches them without a register. */
enum { HEAT_BYTES = 2 * TCG_MAX_REGIONS * sizeof(int32_t) };
static const uint32_t HEAT_FULL = UINT32_C(1) << 31;

static bool map_code(struct tcg *tcg, size_t size)
{
    struct tcg_arena all;
    if (!arena_map(&all, HEAT_BYTES + size))
        return false;
    tcg->heat = (int32_t *)(void *)all.base;
    tcg->code = (struct tcg_arena){.base = all.base + HEAT_BYTES, .size = size};
    return !mprotect(tcg->code.base, size, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static bool make_memory(struct tcg *tcg)
{
    size_t size = tcg->opt.cache_bytes ? tcg->opt.cache_bytes : DEFAULT_CACHE;
    tcg->by_id = map_zero(TCG_MAX_REGIONS * sizeof *tcg->by_id);
    tcg->pages = map_zero(sizeof *tcg->pages << TCG_PAGE_HASH_BITS);
    tcg->filter = map_zero(FILTER_BYTES);
    return tcg->by_id && tcg_hash_grow(tcg) && tcg->pages && tcg->filter && map_code(tcg, size) &&
           arena_map(&tcg->data, size);
}

static unsigned hot_after(const struct tcg *tcg)
{
    return tcg->opt.hot ? tcg->opt.hot : DEFAULT_HOT;
}

/* Less than the default asks for counts that begin nearly full, not for greater steps: where nothing can
 * be made of it a loop leaves emitted code the first time so early, and then as seldom as ever. */
void tcg_heat_begin(struct tcg *tcg, uint32_t region)
{
    const uint32_t jumps = hot_after(tcg) * (uint32_t)tcg->cg.heat_step;
    const uint32_t entries = 4 * hot_after(tcg) * (uint32_t)tcg->cg.entry_step;
    if (hot_after(tcg) >= DEFAULT_HOT)
        return; /* 0, as they are: most of the counts' pages remain untouched */
    tcg->heat[region] = (int32_t)(HEAT_FULL - jumps);
    tcg->heat[TCG_MAX_REGIONS + region] = (int32_t)(HEAT_FULL - entries);
}

void tcg_cg_init(const struct tcg *tcg, struct cg *cg)
{
    cg_init(cg, tcg->host);
    cg->mem_base = tcg->mem.base;
    cg->cache = tcg->code.base;
    cg->heat = tcg->heat;
    cg->count = tcg->counts != NULL;
    cg->count_polls = tcg->opt.accel == TCG_ACCEL_LOCKSTEP;
    cg->address_bits = tcg->mem.address_bits;
    cg->routines = tcg->routines;
    cg->record = tcg->opt.relocations;
    cg->heat_step = (int32_t)(HEAT_FULL / (hot_after(tcg) < DEFAULT_HOT ? DEFAULT_HOT : hot_after(tcg)));
    cg->entry_step = cg->heat_step / 4 + 1;
}

static bool make_host(struct tcg *tcg)
{
    const char *why = NULL;
    if (tcg->host->init(&why)) {
        fprintf(stderr, "dragoman: this CPU cannot run it: %s\n", why);
        errno = ENOTSUP;
        return false;
    }
    tcg->fp_traps = tcg->opt.accel != TCG_ACCEL_INTERP && tcg->host->traps_invalid();
    tcg_cg_init(tcg, &tcg->cg);
    tcg->cg.p = tcg->cg.start = tcg->code.base;
    tcg->cg.end = tcg->code.base + tcg->code.size;
    tcg->code_runtime = tcg->code.used = tcg->host->emit_runtime(&tcg->cg);
    return tcg->code_runtime != 0;
}

struct tcg *tcg_new(const struct guest *guest, const struct tcg_mem_ops *mem,
                    const struct tcg_options *options)
{
    struct tcg *tcg = calloc(1, sizeof *tcg);
    if (!tcg)
        return NULL;
    tcg->guest = guest;
    tcg->host = tcg_native_host;
    tcg->mem = *mem;
    tcg->opt = *options;
    tcg->opt.no_cold |= options->tier != TCG_TIER_AUTO;
    tcg->opt.no_chain |= options->accel == TCG_ACCEL_LOCKSTEP;
    tcg->opt.fp_strict |= options->accel == TCG_ACCEL_LOCKSTEP; /* both sides are to agree */
    if (tcg->opt.fp_strict) /* FP status may show rounds that did not come about */
        tcg->opt.disabled_passes |= 1u << OPT_lanes;
    if (options->accel == TCG_ACCEL_LOCKSTEP) /* it counts rounds by polls */
        tcg->opt.disabled_passes |= 1u << OPT_search;
    if (!tcg->opt.log_file)
        tcg->opt.log_file = stderr;
    pthread_mutex_init(&tcg->lock, NULL);
    pthread_cond_init(&tcg->stopped, NULL);
    pthread_cond_init(&tcg->resumed, NULL);
    ir_init(&tcg->ir, guest);
    tcg->helper_table = calloc(guest->n_helpers + 1, sizeof *tcg->helper_table);
    if (tcg->opt.log & TCG_LOG_STATS)
        tcg->counts = calloc(CG_COUNT_HELPERS + guest->n_helpers, sizeof *tcg->counts);
    if (tcg->opt.log & TCG_LOG_STATS)
        tcg->insns = calloc(1, sizeof *tcg->insns);
    if (!tcg->helper_table || !make_memory(tcg) || !make_host(tcg) ||
        !tcg_worker_new(tcg)) {
        const int error = errno;
        tcg_free(tcg);
        errno = error;
        return NULL;
    }
    for (unsigned k = 0; k < guest->n_helpers; k++)
        tcg->helper_table[k] = guest->helpers[k].fn;
    tcg_perf_open(tcg);
    return tcg;
}

void tcg_free(struct tcg *tcg)
{
    tcg_worker_free(tcg);
    if (tcg->opt.log & TCG_LOG_STATS)
        tcg_log_stats(tcg);
    if (tcg->perf)
        tcg_perf_close(tcg);
    for (unsigned k = 0; tcg->opt.accel != TCG_ACCEL_JIT && k < tcg->n_regions; k++)
        tcg_free_ir(tcg->by_id[k]);
    if (tcg->heat)
        munmap(tcg->heat, HEAT_BYTES + tcg->code.size);
    if (tcg->data.base)
        munmap(tcg->data.base, tcg->data.size);
    if (tcg->by_id)
        munmap(tcg->by_id, TCG_MAX_REGIONS * sizeof *tcg->by_id);
    free(tcg->hash);
    if (tcg->pages)
        munmap(tcg->pages, sizeof *tcg->pages << TCG_PAGE_HASH_BITS);
    if (tcg->filter)
        munmap(tcg->filter, FILTER_BYTES);
    cg_free(&tcg->cg);
    ir_free(&tcg->ir);
    if (tcg->graph)
        free(tcg->graph->ops);
    free(tcg->graph);
    free(tcg->helper_table);
    free(tcg->counts);
    if (tcg->insns)
        free(tcg->insns->row);
    free(tcg->insns);
    free(tcg);
}

/* --- CPUs -------------------------------------------------------------------------------------- */

/* The return stack: as many calls as a guest stack of 8 MiB has room for.  Pages are touched as they are
 * needed.  Its bottom entry is not at the very end. */
enum { RETS_BYTES = 4 << 20, RETS_GUARD = 64 << 10 };

enum { JUMPS_BYTES = TCG_JUMP_SIZE * sizeof(struct tcg_jump) };

static bool map_tables(struct tcg_cpu *cpu)
{
    char *rets = map_zero(RETS_GUARD + RETS_BYTES);
    cpu->jump_cache = map_zero(JUMPS_BYTES);
    if (rets && cpu->jump_cache && !mprotect(rets, RETS_GUARD, PROT_NONE)) {
        cpu->ret_limit = rets + RETS_GUARD;
        cpu->ret_bottom = rets + RETS_GUARD + RETS_BYTES - 64;
        return true;
    }
    if (rets)
        munmap(rets, RETS_GUARD + RETS_BYTES);
    if (cpu->jump_cache)
        munmap(cpu->jump_cache, JUMPS_BYTES);
    return false;
}

/* NULL: no memory. */
static struct tcg_cpu *cpu_alloc(struct tcg *tcg)
{
    size_t size = (tcg->guest->cpu_size + 63) & ~(size_t)63;
    struct tcg_cpu *cpu = aligned_alloc(64, size);
    struct tcg_cpu_node *n = calloc(1, sizeof *n);
    if (cpu)
        memset(cpu, 0, size);
    if (!cpu || !n || !map_tables(cpu)) {
        free(cpu);
        free(n);
        return NULL;
    }
    cpu->tcg = tcg;
    cpu->thread = &n->thread;
    cpu->jump_mask = (TCG_JUMP_FEW - 1) << 2;
    cpu->helpers = tcg->helper_table;
    cpu->counts = tcg->counts;
    cpu->mem_base = tcg->mem.base;
    cpu->excl_addr = UINT64_MAX;
    cpu->host_table = (void *const *)tcg->routines;
    n->thread.cpu = cpu;
    tcg_jump_flush(cpu);
    return cpu;
}

static void cpu_enlist(struct tcg_cpu *cpu)
{
    struct tcg *tcg = cpu->tcg;
    struct tcg_cpu_node *n = (struct tcg_cpu_node *)cpu->thread;
    pthread_mutex_lock(&tcg->lock);
    n->next = tcg->cpus;
    tcg->cpus = n;
    pthread_mutex_unlock(&tcg->lock);
}

struct tcg_cpu *tcg_cpu_new(struct tcg *tcg)
{
    struct tcg_cpu *cpu = cpu_alloc(tcg);
    if (!cpu)
        return NULL;
    tcg->guest->reset(cpu);
    cpu->run_mode = tcg->opt.one_insn ? TCG_RUN_ONE_INSN : 0;
    cpu->run_mode |= tcg->opt.fp_strict ? TCG_RUN_FPSTRICT : 0;
    cpu->thread->jump_mode = cpu->mode;
    cpu->thread->jump_run_mode = cpu->run_mode;
    cpu_enlist(cpu);
    return cpu;
}

struct tcg_cpu *tcg_cpu_clone(const struct tcg_cpu *from)
{
    struct tcg_cpu *cpu = cpu_alloc(from->tcg);
    if (!cpu)
        return NULL;
    struct tcg_cpu own = *cpu;
    memcpy(cpu, from, from->tcg->guest->cpu_size);
    cpu->thread = own.thread;
    cpu->jump_cache = own.jump_cache;
    cpu->jump_mask = own.jump_mask;
    cpu->ret_limit = own.ret_limit;
    cpu->ret_bottom = own.ret_bottom;
    cpu->ret_sp = own.ret_sp;
    cpu->exit_request = 0;
    cpu->excl_addr = UINT64_MAX;
    cpu->link = NULL;
    cpu->os = NULL;
    cpu->thread->jump_mode = cpu->mode;
    cpu->thread->jump_run_mode = cpu->run_mode;
    cpu->thread->vfork = from->thread->vfork;
    cpu_enlist(cpu);
    return cpu;
}

struct tcg_cpu *tcg_cpu_vfork(const struct tcg_cpu *from)
{
    struct tcg_cpu *cpu = tcg_cpu_clone(from);
    if (cpu)
        cpu->thread->vfork = true;
    return cpu;
}

static void cpu_release(struct tcg_cpu *cpu)
{
    free(cpu->thread->vals);
    tcg_lockstep_free(cpu->thread);
    if (cpu->thread->step.guest)
        ir_free(&cpu->thread->step);
    munmap((char *)cpu->ret_limit - RETS_GUARD, RETS_GUARD + RETS_BYTES);
    munmap(cpu->jump_cache, JUMPS_BYTES);
    free(cpu->thread);
    free(cpu);
}

void tcg_cpu_free(struct tcg_cpu *cpu)
{
    struct tcg *tcg = cpu->tcg;
    pthread_mutex_lock(&tcg->lock);
    struct tcg_cpu_node **p = &tcg->cpus;
    while (&(*p)->thread != cpu->thread)
        p = &(*p)->next;
    *p = (*p)->next;
    pthread_mutex_unlock(&tcg->lock);
    cpu_release(cpu);
}

/* --- fork ----------------------------------------------------------------------------------------- */

void tcg_fork_prepare(struct tcg *tcg)
{
    pthread_mutex_lock(&tcg->lock);
    tcg_worker_fork_prepare(tcg);
}

void tcg_fork_parent(struct tcg *tcg)
{
    pthread_mutex_unlock(&tcg->lock);
}

void tcg_fork_child(struct tcg *tcg, struct tcg_cpu *self)
{
    struct tcg_cpu_node **p = &tcg->cpus;
    while (*p) {
        struct tcg_cpu_node *n = *p;
        if (n->thread.cpu == self) {
            p = &n->next;
            continue;
        }
        *p = n->next;
        cpu_release(n->thread.cpu);
    }
    self->thread->vfork = false;
    if (tcg->perf)
        tcg_perf_fork_child(tcg);
    tcg_worker_fork_child(tcg);
    atomic_store(&tcg->stop, 0);
    pthread_mutex_init(&tcg->lock, NULL);
    pthread_cond_init(&tcg->stopped, NULL);
    pthread_cond_init(&tcg->resumed, NULL);
}
