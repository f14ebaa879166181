/* SPDX-License-Identifier: MIT */
/*
 * Inside the translator's run time.  Read in this order: tcg.c (making one), loop.c (the CPU
 * loop), translate.c (one function names every stage), lift.c, trace.c, graph.c (finding a region),
 * cache.c (regions: look-up, chaining, invalidation, flushing), worker.c (tier 2 on a thread of its own),
 * fault.c (host signals), lockstep.c (emitted code against the interpreter), log.c, perf.c (what perf is
 * told).
 *
 * Locks: tcg->lock guards everything but what is said to be read without it.  Code and regions
 * live in two arenas that only grow until a flush, which waits until no CPU is in emitted code;
 * so a region that tcg_find() returned stays valid until its CPU calls tcg_leave_code().
 */
#ifndef TCG_RUN_RUN_H
#define TCG_RUN_RUN_H

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>

#include "tcg/codegen/codegen.h"
#include "tcg/interp/interp.h"
#include "tcg/tcg.h"

enum { TCG_MAX_RANGES = 32, TCG_LINE_RANGES = 4, TCG_TRACE_RANGES = 16, TCG_MAX_INSNS = 64,
       TCG_TRACE_INSNS = 160, TCG_PAGE_BITS = 12 };

struct tcg_range64 { uint64_t start, end; };
struct tcg_region_key { uint64_t pc; uint32_t mode, run_mode; };

/* What look-up, chaining and leaving ask comes first, in one line of the host's cache (tcg_region_alloc()). */
struct tcg_region {
    uint64_t pc;
    uint32_t mode, run_mode;
    struct tcg_region *hash_next;
    const uint8_t *code;
    struct tcg_edge *incoming;      /* edges of other regions that are chained to this one */
    struct tcg_edge *edges;         /* exits to known pcs */
    uint32_t id;
    uint16_t n_edges, n_insns;
    uint8_t tier;                   /* enum tcg_tier, never AUTO: 1 a line, 2 a graph */
    uint8_t n_ranges;
    bool dead;
    bool loops;                     /* can go round without leaving: kicked when it goes */
    bool trace;                     /* along a path (trace.c) */
    bool batches;                   /* a fault in it may be that of a later round (opt/lanes.c) */
    bool lukewarm;                  /* a jump backwards to it makes no region of tier 2 any more */
    uint8_t graph_tries;            /* regions of tier 2 that would have been too large */
    const struct tcg_range64 *range; /* guest code it was made from */
    uint64_t code_hash;             /* tcg_code_hash() of that code; 0: not known */
    const uint8_t *snap;
    uint32_t snap_size;
    uint32_t code_size, main_size;  /* main_size: without what is out of line, behind it */
    uint32_t n_relocs;
    const struct cg_reloc *relocs;  /* of `code`; none without the option */
    struct ir *ir;                  /* what the interpreter runs; NULL with emitted code alone */
    struct tcg_walk *walk;          /* lockstep.c: of tier 2 */
};
_Static_assert(sizeof(struct tcg_region) == 128, "two lines of the host's cache");
struct tcg_edge {
    uint64_t pc;                    /* where it leads */
    uint32_t at, unchained;         /* as in struct cg_link */
    bool call;                      /* taken by a call */
    bool call_return;               /* taken when the call by which the region ends returns */
    struct tcg_region *from, *to;   /* to: NULL while unchained */
    struct tcg_edge *next_in;
};

struct tcg_page_ref { struct tcg_region *region; struct tcg_page_ref *next; };
struct tcg_page { uint64_t page; struct tcg_page_ref *refs; struct tcg_page *next; };

struct tcg_arena { uint8_t *base; size_t size, used; };

enum {
    TCG_HASH_BITS = 10, TCG_HASH_MAX_BITS = 20, /* of the table of regions: at first, at most */
    TCG_PAGE_HASH_BITS = 11,
    TCG_DATA_ROOM = 65536, /* of the data arena: with less left no region is begun */
    TCG_ARENA_ALIGN = 16,
    TCG_FILTER_BLOCK = 4096, TCG_FILTER_BLOCKS = 2048, /* bits of a block of known[] and seen[]; blocks of each */
};

/* Where a CPU comes from when it looks for a region: an exit to a known pc (not yet chained), any other
 * exit of emitted code, interpreted code, the caller of tcg_run(). */
enum tcg_from { TCG_FROM_LINK, TCG_FROM_EMITTED, TCG_FROM_COLD, TCG_FROM_CALLER, TCG_FROM_COUNT };
/* Times: with -d stats alone. */
struct tcg_tier_stats { uint64_t regions, insns, code_bytes, snap_bytes, ns; };
struct tcg_stats {
    struct tcg_tier_stats tier[TCG_TIER_2 + 1]; /* by enum tcg_tier; 0 unused */
    uint64_t flushes, invalidated, revived, chained, lookups, cold, cold_insns, cold_ns;
    uint64_t found[TCG_FROM_COUNT];        /* look-ups by where the CPU came from */
};

/* Guest instructions, each once: an open hash table.  Of -d stats alone. */
struct tcg_insn_row { uint64_t pc; bool used, compiled; };
struct tcg_insn_set { struct tcg_insn_row *row; uint64_t n, n_compiled, n_rows; };

/* Guest code that can be read: a page of it.  bytes NULL: none.  Whatever takes it away tells tcg_invalidate(). */
struct tcg_code_page { uint64_t page; const uint8_t *bytes; };
enum { TCG_CODE_PAGES = 64 };

struct tcg {
    const struct guest *guest;
    const struct host *host;
    struct tcg_mem_ops mem;
    struct tcg_options opt;
    pthread_mutex_t lock;
    struct tcg_arena code, data;
    size_t code_runtime;            /* bytes of entry and exit routines at the start of `code` */
    uint8_t *routines[32];          /* host's own routines */
    void **helper_table;
    struct tcg_region **by_id;      /* in order of code address too; read without the lock */
    atomic_uint n_regions;
    int32_t *heat;                  /* by region, see struct cg; negative: it has become hot */
    struct tcg_region **hash;       /* 1 << hash_bits lists; grows with the number of regions */
    unsigned hash_bits;
    uint16_t known[TCG_FILTER_BLOCKS]; /* filter in front of hash: blocks of filter[] */
    uint16_t seen[TCG_FILTER_BLOCKS];  /* addresses (hashed) that were interpreted once */
    uint8_t (*filter)[TCG_FILTER_BLOCK / 8]; /* block 0 has no bit: of whoever has none of its own yet */
    uint16_t n_filter_blocks;          /* besides block 0 */
    struct tcg_page **pages;
    struct cg cg;
    struct ir ir;
    struct tcg_cpu_node *cpus;
    atomic_uint stop;               /* a flush wants every CPU out of emitted code */
    pthread_cond_t stopped, resumed;
    struct tcg_stats stats;
    uint64_t *counts;               /* of the CPUs (cpu.h); NULL without -d stats */
    struct tcg_insn_set *insns;     /* log.c: instructions lifted so far; NULL without -d stats */
    struct tcg_perf *perf;          /* perf.c; NULL if it is off */
    struct opt_graph *graph;        /* graph.c; NULL until the first region of tier 2 */
    struct tcg_worker *worker;      /* worker.c; NULL if tier 2 is made where it is found */
    bool fp_traps;                  /* TCG_RUN_FPTRAP may be used */
    atomic_bool fp_status;          /* the guest has read its FP status */
    /* Code that cannot be read though mem.code() gave it: a lift begins again without that page. */
    const struct tcg_thread *lifting; /* whose thread lifts now; NULL if none */
    struct tcg_code_page code_page[TCG_CODE_PAGES]; /* what mem.code() said of late; by page number */
    uint64_t lift_bad;                /* the page; UINT64_MAX if none */
    uint8_t ahead[TCG_AHEAD];         /* see struct tcg_lift */
    sigjmp_buf lift_recover;
};

/* A trap costs about 2 us: a program that has had so many, and one for each region that there is (each is
 * made again then, and costs more), gets code that checks instead. */
enum { TCG_FP_TRAPS = 1000 };

/* Where the guest went from a hot line: the first pcs of blocks. */
enum { TCG_PATH = 24 };
struct tcg_path {
    uint64_t pc[TCG_PATH];
    bool by_exit[TCG_PATH];         /* the guest came there by a side exit */
    unsigned n;                     /* 0: nothing is being recorded */
    uint32_t mode, run_mode;
};

/* A CPU's run-time side; cpu->thread points here. */
struct tcg_thread {
    struct tcg_cpu *cpu;
    atomic_uint in_code;            /* inside emitted code or the interpreter */
    atomic_uint emitted;            /* inside host->enter() */
    uint32_t jump_mode, jump_run_mode; /* what the jump cache is valid for */
    uint32_t n_jumps;               /* entries of it that were written so far */
    sigjmp_buf recover;             /* where a fault in C lands */
    bool batched;                   /* the fault was in a region that may have run ahead */
    volatile sig_atomic_t recovering; /* recover is set: interpreter or tcg_copy_* */
    union ir_val *vals;
    uint32_t n_vals;
    enum tcg_from from;             /* TCG_FROM_LINK: see cpu->link */
    unsigned n_fp_traps;            /* Invalid raised so far */
    volatile bool fp_traps_over;    /* they are too many: TCG_FP_TRAPS */
    struct ir step;                 /* loop.c: one instruction that is interpreted */
    bool vfork;                     /* of another process than the translator's: it has no threads here */
    bool by_exit;                   /* what was interpreted last was left by a side exit */
    struct tcg_path path;           /* trace.c */
    struct tcg_lockstep *lockstep;  /* lockstep.c; NULL until it is needed */
};
struct tcg_cpu_node { struct tcg_thread thread; struct tcg_cpu_node *next; };

/* translate.c: the region at the CPU's pc, made if need be; NULL: code that is reached for the first
 * time, lifted into thread->step as far as its first branch, to be interpreted.  Takes the lock; on
 * return the CPU counts as in code, so that no flush takes the region away until
 * tcg_leave_code(). */
struct tcg_region *tcg_find(struct tcg_cpu *cpu);
struct tcg_lifted {
    struct tcg_range64 range[TCG_MAX_RANGES];
    unsigned n_ranges, n_insns;
    uint64_t code_hash;             /* of a line: see struct tcg_region */
};
/* A region, described but without code, not yet published; NULL: the data arena is full.  Then its
 * code; false: the same. */
struct tcg_region *tcg_region_new(struct tcg *tcg, const struct tcg_region_key *key, unsigned tier,
                                  const struct tcg_lifted *lifted);
bool tcg_region_keep(struct tcg *tcg, struct tcg_region *r, const struct cg_output *out);
/* trace.c; with the lock.  head: is the line at the CPU's pc, about to be made, one from which a path may
 * be worth it?  begin: region r is about to run at the CPU's pc; true: it has become hot, and a
 * path is recorded from here.  go_on: while thread->path.n; false: the path has ended, and a line along it
 * has taken the place of the hot one.  While they are true thread->step is to be interpreted. */
bool tcg_trace_head(const struct tcg_cpu *cpu);
bool tcg_trace_begin(struct tcg_cpu *cpu, struct tcg_region *r);
bool tcg_trace_go_on(struct tcg_cpu *cpu);
/* translate.c: makes the line along thread->path. */
void tcg_translate_path(struct tcg_cpu *cpu);

/* lift.c: fills ir with the line at pc.  With the lock. */
enum tcg_line {
    TCG_LINE,                       /* along direct jumps and past side exits */
    TCG_LINE_TO_BRANCH,             /* nothing behind the first side exit */
    TCG_LINE_BLOCK,                 /* nothing behind the first branch of any kind, or a leader */
};
struct tcg_lift_how {
    enum tcg_line line;
    unsigned max_insns;
    const struct tcg_path *path;    /* TCG_LINE: which way to go; NULL: as the code stands */
    const struct opt_graph *graph;  /* TCG_LINE_BLOCK: whose leaders, */
    uint32_t context;               /* in which context */
};
/* Is the code that r was made from still the same?  With the lock. */
bool tcg_code_unchanged(struct tcg *tcg, const struct tcg_cpu *cpu, const struct tcg_region *r);
void tcg_lift_region(struct tcg *tcg, struct ir *ir, const struct tcg_cpu *cpu, uint64_t pc,
                     const struct tcg_lift_how *how, struct tcg_lifted *out);
/* graph.c; with the lock.  Fills g with what is to be a region of tier 2 at the CPU's pc, the smaller
 * the more tries have failed (up to TCG_GRAPH_TRIES).  False: there is none. */
enum { TCG_GRAPH_TRIES = 2 };
bool tcg_grow_graph(struct tcg *tcg, const struct tcg_cpu *cpu, struct opt_graph *g, unsigned tries,
                    struct tcg_lifted *out);
/* Fills tcg->ir with that region.  False: there is none. */
bool tcg_lift_graph(struct tcg *tcg, const struct tcg_cpu *cpu, struct tcg_lifted *out);
/* Does a node of the context begin at pc? */
bool tcg_graph_leader(const struct opt_graph *g, uint32_t context, uint64_t pc);

/* cache.c; all with the lock unless said. */
struct tcg_region *tcg_lookup(struct tcg *tcg, uint64_t pc, uint32_t mode, uint32_t run_mode);
static inline uint64_t tcg_key_mix(uint64_t pc, uint32_t mode, uint32_t run_mode)
{
    return (pc ^ (uint64_t)mode << 40 ^ (uint64_t)run_mode << 52) * 0x9e3779b97f4a7c15u;
}

/* Bit sets of addresses, for known[] and seen[]: a block of them is as many instructions in a row, so that
 * asking at each instruction of a line stays in the host's caches; blocks lie close together, so that few
 * pages are ever touched.  Rarely says yes of an address that is not there. */
static inline uint32_t tcg_filter_bit(const struct tcg *tcg, uint64_t pc, uint32_t mode)
{
    const struct guest *g = tcg->guest;
    const uint64_t beyond = g->address_bits == 32 ? pc >> 32 : 0; /* no address: it makes no blocks */
    const uint64_t unit = (g->address_bits == 32 ? (uint32_t)pc : pc) >> __builtin_ctz(g->insn_align);
    const uint32_t block = (uint32_t)(tcg_key_mix(unit / TCG_FILTER_BLOCK, mode, 0) >> 40);
    return block % TCG_FILTER_BLOCKS * TCG_FILTER_BLOCK + (unit ^ beyond * 0x4e3) % TCG_FILTER_BLOCK;
}
static inline bool tcg_filter_has(const struct tcg *tcg, const uint16_t *set, uint64_t pc, uint32_t mode)
{
    const uint32_t bit = tcg_filter_bit(tcg, pc, mode);
    const uint8_t *block = tcg->filter[set[bit / TCG_FILTER_BLOCK]];
    return block[bit % TCG_FILTER_BLOCK / 8] >> bit % 8 & 1;
}

/* Has the line at pc been interpreted (tcg_see() said so)?  Always true if nothing ever is.  Rarely
 * true of others. */
static inline bool tcg_seen(const struct tcg *tcg, uint64_t pc, uint32_t mode, uint32_t run_mode)
{
    return tcg->opt.accel != TCG_ACCEL_JIT || tcg->opt.no_cold || run_mode & TCG_RUN_ONE_INSN ||
           tcg_filter_has(tcg, tcg->seen, pc, mode);
}
void tcg_see(struct tcg *tcg, uint64_t pc, uint32_t mode);
struct tcg_region *tcg_region_alloc(struct tcg *tcg);
void *tcg_arena_alloc(struct tcg_arena *a, size_t n); /* NULL if full; aligned to TCG_ARENA_ALIGN */
bool tcg_hash_grow(struct tcg *tcg); /* makes the table, or a larger one; false: no memory */
/* Is there room in the data arena to list the region on the pages of its code, as publishing it does? */
bool tcg_pages_fit(const struct tcg *tcg, const struct tcg_region *r);
void tcg_publish(struct tcg *tcg, struct tcg_region *r);
void tcg_chain(struct tcg *tcg, const struct tcg_edge *exit, struct tcg_region *to);
/* The line at the CPU's pc that was invalidated, but whose code is what it was when it was made (a guest that
 * makes its code writable and then executable again, or writes next to it): known again.  NULL: none. */
struct tcg_region *tcg_revive(struct tcg *tcg, const struct tcg_cpu *cpu);
void tcg_forget(struct tcg *tcg, struct tcg_region *r); /* out of all tables; its code remains */
void tcg_flush(struct tcg *tcg, struct tcg_cpu *self);
void tcg_jump_flush(struct tcg_cpu *cpu);
/* pc's entry in the CPU's table of indirect branches. */
static inline struct tcg_jump *tcg_jump_of(const struct tcg_cpu *cpu, uint64_t pc)
{
    return &cpu->jump_cache[(pc & cpu->jump_mask) >> 2];
}
struct tcg_region *tcg_region_of_code(const struct tcg *tcg, uintptr_t host_pc); /* no lock */

void tcg_leave_code(struct tcg_cpu *cpu);

/* fault.c: from a helper or the interpreter back to tcg_run(); cpu->exc says why. */
_Noreturn void tcg_leave_from_c(struct tcg_cpu *cpu);

/* worker.c; with the lock, but new, free.  NOT_NOW: too many wait, or the line is in a region that is being
 * made; NO_WORKER: the caller is to make it. */
enum { TCG_WORKER_AFTER = 8 }; /* regions: the first ones are made where they are found, for a short program a
                                  thread costs more than it saves */
enum tcg_queued { TCG_QUEUED, TCG_NOT_NOW, TCG_NO_WORKER };
/* Has the region of tier 2 made that is to take the line's place; the CPU is at its pc. */
enum tcg_queued tcg_worker_queue(struct tcg_cpu *cpu, struct tcg_region *line);
/* Takes the line's job back if it has waited long: the other CPUs are busy. */
bool tcg_worker_late(struct tcg *tcg, const struct tcg_region *line);
/* Is a region to come in the line's place? */
bool tcg_worker_has(const struct tcg *tcg, const struct tcg_region *line);
bool tcg_worker_new(struct tcg *tcg); /* false: no memory */
void tcg_worker_free(struct tcg *tcg);
/* Guest code in [start, last] has changed. */
void tcg_worker_invalidate(struct tcg *tcg, uint64_t start, uint64_t last);
/* Waits until the worker holds nothing of libc's; the child has none. */
void tcg_worker_fork_prepare(struct tcg *tcg);
void tcg_worker_fork_child(struct tcg *tcg);

/* tcg.c: a generator for this translator's regions. */
void tcg_cg_init(const struct tcg *tcg, struct cg *cg);
/* The counts of a region that is about to be made begin. */
void tcg_heat_begin(struct tcg *tcg, uint32_t region);

/* loop.c: run one region, by the interpreter or as emitted code. */
void tcg_run_interp(struct tcg_cpu *cpu, const struct ir *ir);
void tcg_run_emitted(struct tcg_cpu *cpu, const struct tcg_region *r);

/* lockstep.c: runs the region by both; aborts if the results differ. */
void tcg_lockstep(struct tcg_cpu *cpu, const struct tcg_region *r);
void tcg_lockstep_free(struct tcg_thread *t);
struct tcg_walk *tcg_lockstep_walk(const struct opt_graph *g); /* malloc()ed */

/* cache.c: the IR that a region keeps. */
void tcg_free_ir(struct tcg_region *r);

/* The back end for the machine that this was built for (backends/). */
extern const struct host *const tcg_native_host;

/* log.c */
bool tcg_log_wanted(const struct tcg *tcg, uint64_t pc, unsigned item);
void tcg_log_in_asm(struct tcg *tcg, const struct tcg_lifted *l, uint64_t pc);
void tcg_log_out_asm(struct tcg *tcg, const struct tcg_region *r);
void tcg_log_stats(const struct tcg *tcg);
uint64_t tcg_log_clock(const struct tcg *tcg); /* ns; 0 without -d stats */
/* With -d stats: counts the instructions of ir, each once, as compiled or only interpreted. */
void tcg_log_insns(struct tcg *tcg, const struct ir *ir, bool compiled);

/* perf.c; with the lock, and only if tcg->perf.  open: sets it if the options ask for it. */
void tcg_perf_open(struct tcg *tcg);
void tcg_perf_region(struct tcg *tcg, const struct tcg_region *r);
void tcg_perf_flush(struct tcg *tcg);
void tcg_perf_fork_child(struct tcg *tcg);
void tcg_perf_close(struct tcg *tcg);

#endif
