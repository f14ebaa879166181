/* SPDX-License-Identifier: MIT */
/*
 * Regions once made: the arenas they live in, look-up by key and by host address, chaining of
 * direct exits, invalidation by guest address, and flushing everything when an arena is full.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tcg/run/run.h"

void *tcg_arena_alloc(struct tcg_arena *a, size_t n)
{
    size_t at = (a->used + TCG_ARENA_ALIGN - 1) & ~(size_t)(TCG_ARENA_ALIGN - 1);
    if (n > a->size || at > a->size - n)
        return NULL;
    a->used = at + n;
    return a->base + at;
}

static uint32_t key_hash(const struct tcg *tcg, uint64_t pc, uint32_t mode, uint32_t run_mode)
{
    return (uint32_t)(tcg_key_mix(pc, mode, run_mode) >> (64 - tcg->hash_bits));
}

static void hash_add(struct tcg *tcg, struct tcg_region *r)
{
    struct tcg_region **head = &tcg->hash[key_hash(tcg, r->pc, r->mode, r->run_mode)];
    r->hash_next = *head;
    *head = r;
}

bool tcg_hash_grow(struct tcg *tcg)
{
    const unsigned bits = tcg->hash ? tcg->hash_bits + 2 : TCG_HASH_BITS;
    struct tcg_region **hash = calloc((size_t)1 << bits, sizeof *hash);
    if (!hash)
        return false;
    free(tcg->hash);
    tcg->hash = hash;
    tcg->hash_bits = bits;
    for (unsigned k = 0; k < tcg->n_regions; k++)
        if (!tcg->by_id[k]->dead)
            hash_add(tcg, tcg->by_id[k]);
    return true;
}

static void filter_add(struct tcg *tcg, uint16_t *set, uint32_t bit)
{
    uint16_t *block = &set[bit / TCG_FILTER_BLOCK];
    if (!*block)
        *block = ++tcg->n_filter_blocks;
    tcg->filter[*block][bit % TCG_FILTER_BLOCK / 8] |= (uint8_t)(1u << bit % 8);
}

static void filter_clear(struct tcg *tcg, const uint16_t *set)
{
    for (unsigned k = 0; k < TCG_FILTER_BLOCKS; k++)
        if (set[k])
            memset(tcg->filter[set[k]], 0, sizeof *tcg->filter);
}

struct tcg_region *tcg_lookup(struct tcg *tcg, uint64_t pc, uint32_t mode, uint32_t run_mode)
{
    if (!tcg_filter_has(tcg, tcg->known, pc, mode))
        return NULL;
    struct tcg_region *r = tcg->hash[key_hash(tcg, pc, mode, run_mode)];
    while (r && (r->dead || !(r->pc == pc && r->mode == mode && r->run_mode == run_mode)))
        r = r->hash_next;
    return r;
}

void tcg_see(struct tcg *tcg, uint64_t pc, uint32_t mode)
{
    filter_add(tcg, tcg->seen, tcg_filter_bit(tcg, pc, mode));
}

struct tcg_region *tcg_region_alloc(struct tcg *tcg)
{
    enum { LINE = 64 }; /* of the host's cache */
    tcg->data.used = (tcg->data.used + LINE - 1) & ~(size_t)(LINE - 1); /* there is room: TCG_DATA_ROOM */
    struct tcg_region *r = tcg_arena_alloc(&tcg->data, sizeof *r);
    if (!r || tcg->n_regions >= TCG_MAX_REGIONS)
        return NULL;
    memset(r, 0, sizeof *r);
    return r;
}

void tcg_free_ir(struct tcg_region *r)
{
    if (r->ir)
        ir_free(r->ir);
    free(r->ir);
    free(r->walk);
    r->ir = NULL;
    r->walk = NULL;
}

struct tcg_region *tcg_region_of_code(const struct tcg *tcg, uintptr_t host_pc)
{
    unsigned lo = 0, hi = atomic_load_explicit(&tcg->n_regions, memory_order_acquire);
    while (lo < hi) {
        unsigned mid = lo + (hi - lo) / 2;
        if ((uintptr_t)tcg->by_id[mid]->code <= host_pc)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (!lo)
        return NULL;
    struct tcg_region *r = tcg->by_id[lo - 1];
    return host_pc <= (uintptr_t)r->code + r->code_size ? r : NULL;
}

/* --- guest pages ------------------------------------------------------------------------------- */

static struct tcg_page **page_head(const struct tcg *tcg, uint64_t page)
{
    return &tcg->pages[(page * 0x9e3779b97f4a7c15u) >> (64 - TCG_PAGE_HASH_BITS)];
}

static struct tcg_page *page_find(const struct tcg *tcg, uint64_t page)
{
    struct tcg_page *p = *page_head(tcg, page);
    while (p && p->page != page)
        p = p->next;
    return p;
}

static bool listed(const struct tcg_page *p, const struct tcg_region *r)
{
    const struct tcg_page_ref *ref = p ? p->refs : NULL;
    while (ref && ref->region != r)
        ref = ref->next;
    return ref;
}

/* again: the region may be on the page's list already (tcg_revive()). */
static bool page_add(struct tcg *tcg, uint64_t page, struct tcg_region *r, bool again)
{
    struct tcg_page *p = page_find(tcg, page);
    if (again && listed(p, r))
        return true;
    struct tcg_page_ref *ref = tcg_arena_alloc(&tcg->data, sizeof *ref);
    if (!ref)
        return false;
    if (!p) {
        p = tcg_arena_alloc(&tcg->data, sizeof *p);
        if (!p)
            return false;
        *p = (struct tcg_page){.page = page, .next = *page_head(tcg, page)};
        *page_head(tcg, page) = p;
    }
    if (!p->refs && tcg->mem.code_pages)
        tcg->mem.code_pages(tcg->mem.opaque, page << TCG_PAGE_BITS, 1u << TCG_PAGE_BITS, true);
    *ref = (struct tcg_page_ref){r, p->refs};
    p->refs = ref;
    return true;
}

static uint64_t first_page(const struct tcg_range64 *r) { return r->start >> TCG_PAGE_BITS; }
static uint64_t last_page(const struct tcg_range64 *r) { return (r->end - 1) >> TCG_PAGE_BITS; }

bool tcg_pages_fit(const struct tcg *tcg, const struct tcg_region *r)
{
    const size_t each = sizeof(struct tcg_page_ref) + sizeof(struct tcg_page) + 2 * TCG_ARENA_ALIGN;
    uint64_t n = 0;
    for (unsigned k = 0; k < r->n_ranges; k++)
        if (r->range[k].end > r->range[k].start) /* not round the end of memory */
            n += last_page(&r->range[k]) - first_page(&r->range[k]) + 1;
    return n <= (tcg->data.size - tcg->data.used) / each;
}

/* They fit (tcg_pages_fit()). */
static void pages_add(struct tcg *tcg, struct tcg_region *r, bool again)
{
    for (unsigned k = 0; k < r->n_ranges; k++)
        for (uint64_t p = first_page(&r->range[k]); p <= last_page(&r->range[k]); p++)
            if (!page_add(tcg, p, r, again))
                abort();
}

void tcg_publish(struct tcg *tcg, struct tcg_region *r)
{
    if (r->id >> tcg->hash_bits && tcg->hash_bits < TCG_HASH_MAX_BITS)
        tcg_hash_grow(tcg); /* without memory lists become longer */
    hash_add(tcg, r);
    filter_add(tcg, tcg->known, tcg_filter_bit(tcg, r->pc, r->mode));
    pages_add(tcg, r, false);
    tcg->by_id[r->id] = r;
    atomic_store_explicit(&tcg->n_regions, r->id + 1, memory_order_release);
    struct tcg_tier_stats *t = &tcg->stats.tier[r->tier];
    t->regions++;
    t->insns += r->n_insns;
    t->code_bytes += r->code_size;
    t->snap_bytes += r->snap_size;
    if (tcg->perf)
        tcg_perf_region(tcg, r);
}

/* --- chaining ---------------------------------------------------------------------------------- */

/* The exit leads to `to`, which is in the cache. */
static void point(const struct tcg *tcg, const struct tcg_edge *e, const uint8_t *to)
{
    tcg->host->chain(tcg->code.base + (e->from->code - tcg->code.base) + e->at, to);
}

void tcg_chain(struct tcg *tcg, const struct tcg_edge *exit, struct tcg_region *to)
{
    const struct tcg_region *from = exit->from;
    struct tcg_edge *e = &from->edges[exit - from->edges];
    if (from->dead || to->dead || e->to || e->pc != to->pc || from->mode != to->mode ||
        from->run_mode != to->run_mode)
        return;
    e->to = to;
    e->next_in = to->incoming;
    to->incoming = e;
    point(tcg, e, to->code);
    tcg->stats.chained++;
}

static void unchain_incoming(const struct tcg *tcg, struct tcg_region *r)
{
    for (struct tcg_edge *e = r->incoming; e; e = e->next_in) {
        e->to = NULL;
        point(tcg, e, e->from->code + e->unchained);
    }
    r->incoming = NULL;
}

static void unchain_outgoing(const struct tcg *tcg, struct tcg_region *r)
{
    for (uint32_t k = 0; k < r->n_edges; k++) {
        struct tcg_edge *e = &r->edges[k];
        if (!e->to)
            continue;
        struct tcg_edge **p = &e->to->incoming;
        while (*p != e)
            p = &(*p)->next_in;
        *p = e->next_in;
        e->to = NULL;
        point(tcg, e, r->code + e->unchained); /* calls may yet return to the region */
    }
}

/* --- invalidation ------------------------------------------------------------------------------ */

/* An empty entry has a pc that belongs into another one: 0, and in entry 0 one of entry 1.  So a table
 * of zero pages, most of which are never touched, is nearly empty. */
static uint64_t no_pc(const struct tcg_cpu *cpu, const struct tcg_jump *j)
{
    return j == cpu->jump_cache ? 4 : 0;
}

void tcg_jump_flush(struct tcg_cpu *cpu)
{
    if (madvise(cpu->jump_cache, TCG_JUMP_SIZE * sizeof *cpu->jump_cache, MADV_DONTNEED) != 0)
        memset(cpu->jump_cache, 0, TCG_JUMP_SIZE * sizeof *cpu->jump_cache);
    cpu->jump_cache[0].pc = no_pc(cpu, &cpu->jump_cache[0]);
    cpu->tcg->host->rets_reset(cpu);
}

void tcg_forget(struct tcg *tcg, struct tcg_region *r)
{
    struct tcg_region **p = &tcg->hash[key_hash(tcg, r->pc, r->mode, r->run_mode)];
    while (*p != r)
        p = &(*p)->hash_next;
    *p = r->hash_next;
    r->dead = true;
    unchain_incoming(tcg, r);
    unchain_outgoing(tcg, r);
    for (struct tcg_cpu_node *n = tcg->cpus; n; n = n->next) {
        struct tcg_jump *j = tcg_jump_of(n->thread.cpu, r->pc);
        if (__atomic_load_n(&j->pc, __ATOMIC_RELAXED) == r->pc)
            __atomic_store_n(&j->pc, no_pc(n->thread.cpu, j), __ATOMIC_RELAXED);
    }
    for (struct tcg_cpu_node *n = tcg->cpus; n && r->loops; n = n->next)
        tcg_kick(n->thread.cpu);
    tcg->stats.invalidated++;
}

static bool overlaps(const struct tcg_region *r, uint64_t start, uint64_t last)
{
    for (unsigned k = 0; k < r->n_ranges; k++)
        if (r->range[k].start <= last && r->range[k].end > start)
            return true;
    return false;
}

static void page_invalidate(struct tcg *tcg, struct tcg_page *p, uint64_t start, uint64_t last)
{
    struct tcg_page_ref **ref = &p->refs;
    bool had = p->refs;
    while (*ref) {
        struct tcg_region *r = (*ref)->region;
        if (!r->dead && overlaps(r, start, last)) {
            tcg_forget(tcg, r);
            if (r->code_hash)
                hash_add(tcg, r); /* for tcg_revive() */
        }
        if (r->dead)
            *ref = (*ref)->next;
        else
            ref = &(*ref)->next;
    }
    if (had && !p->refs && tcg->mem.code_pages)
        tcg->mem.code_pages(tcg->mem.opaque, p->page << TCG_PAGE_BITS, 1u << TCG_PAGE_BITS, false);
}

struct tcg_region *tcg_revive(struct tcg *tcg, const struct tcg_cpu *cpu)
{
    struct tcg_region **p = &tcg->hash[key_hash(tcg, cpu->pc, cpu->mode, cpu->run_mode)], *r;
    if (!tcg_filter_has(tcg, tcg->known, cpu->pc, cpu->mode))
        return NULL;
    while ((r = *p)) {
        if (!r->dead || r->pc != cpu->pc || r->mode != cpu->mode || r->run_mode != cpu->run_mode) {
            p = &r->hash_next;
        } else if (!tcg_pages_fit(tcg, r) || !tcg_code_unchanged(tcg, cpu, r)) {
            *p = r->hash_next; /* it will hardly come back */
        } else {
            r->dead = false;
            pages_add(tcg, r, true);
            tcg->stats.revived++;
            return r;
        }
    }
    return NULL;
}

static void invalidate(struct tcg *tcg, uint64_t start, uint64_t last)
{
    uint64_t first = start >> TCG_PAGE_BITS, end = last >> TCG_PAGE_BITS;
    if (end - first < 1u << TCG_PAGE_HASH_BITS) {
        for (uint64_t k = first; k <= end; k++) {
            struct tcg_page *p = page_find(tcg, k);
            if (p)
                page_invalidate(tcg, p, start, last);
        }
        return;
    }
    for (unsigned h = 0; h < 1u << TCG_PAGE_HASH_BITS; h++)
        for (struct tcg_page *p = tcg->pages[h]; p; p = p->next)
            if (p->page >= first && p->page <= end)
                page_invalidate(tcg, p, start, last);
}

void tcg_invalidate(struct tcg *tcg, uint64_t start, uint64_t len)
{
    if (!len)
        return;
    uint64_t last = start + (len - 1) < start ? UINT64_MAX : start + (len - 1);
    pthread_mutex_lock(&tcg->lock);
    memset(tcg->code_page, 0, sizeof tcg->code_page);
    invalidate(tcg, start, last);
    tcg_worker_invalidate(tcg, start, last);
    pthread_mutex_unlock(&tcg->lock);
}

/* --- flushing ---------------------------------------------------------------------------------- */

void tcg_leave_code(struct tcg_cpu *cpu)
{
    atomic_store(&cpu->thread->in_code, 0);
    if (atomic_load(&cpu->tcg->stop)) {
        pthread_mutex_lock(&cpu->tcg->lock);
        pthread_cond_broadcast(&cpu->tcg->stopped);
        pthread_mutex_unlock(&cpu->tcg->lock);
    }
}

static bool others_in_code(const struct tcg *tcg, const struct tcg_cpu *self)
{
    for (struct tcg_cpu_node *n = tcg->cpus; n; n = n->next)
        if (n->thread.cpu != self && atomic_load(&n->thread.in_code))
            return true;
    return false;
}

/* Waits until no other CPU is in emitted code, then drops every region.  The caller is not in
 * emitted code itself. */
void tcg_flush(struct tcg *tcg, struct tcg_cpu *self)
{
    atomic_fetch_add(&tcg->stop, 1);
    for (struct tcg_cpu_node *n = tcg->cpus; n; n = n->next)
        if (n->thread.cpu != self && atomic_load(&n->thread.in_code))
            tcg_kick(n->thread.cpu);
    while (others_in_code(tcg, self))
        pthread_cond_wait(&tcg->stopped, &tcg->lock);
    for (unsigned h = 0; h < 1u << TCG_PAGE_HASH_BITS; h++)
        for (struct tcg_page *p = tcg->pages[h]; p; p = p->next)
            if (p->refs && tcg->mem.code_pages)
                tcg->mem.code_pages(tcg->mem.opaque, p->page << TCG_PAGE_BITS, 1u << TCG_PAGE_BITS,
                                    false);
    memset(tcg->pages, 0, sizeof *tcg->pages << TCG_PAGE_HASH_BITS);
    memset(tcg->hash, 0, sizeof *tcg->hash << tcg->hash_bits);
    filter_clear(tcg, tcg->known);
    for (unsigned k = 0; tcg->opt.accel != TCG_ACCEL_JIT && k < tcg->n_regions; k++)
        tcg_free_ir(tcg->by_id[k]);
    memset(tcg->heat, 0, tcg->n_regions * sizeof *tcg->heat);
    memset(tcg->heat + TCG_MAX_REGIONS, 0, tcg->n_regions * sizeof *tcg->heat);
    atomic_store(&tcg->n_regions, 0);
    for (struct tcg_cpu_node *n = tcg->cpus; n; n = n->next) {
        tcg_jump_flush(n->thread.cpu);
        n->thread.cpu->link = NULL; /* the exit that it left by is gone */
    }
    madvise(tcg->data.base, tcg->data.used, MADV_DONTNEED);
    tcg->data.used = 0;
    tcg->code.used = tcg->code_runtime;
    tcg->stats.flushes++;
    if (tcg->perf)
        tcg_perf_flush(tcg);
    atomic_fetch_sub(&tcg->stop, 1);
    pthread_cond_broadcast(&tcg->resumed);
}
