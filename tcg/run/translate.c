/* SPDX-License-Identifier: MIT */
/* From a pc to a region that can run: tcg_translate() names every stage. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcg/opt/opt.h"
#include "tcg/run/run.h"

static void check(struct tcg *tcg, struct ir *ir, const char *stage)
{
    if (tcg->opt.verify)
        ir_verify(ir, stage);
}

static void log_ir(struct tcg *tcg, const struct ir *ir, unsigned item)
{
    if (tcg_log_wanted(tcg, ir->entry_pc, item))
        ir_print(ir, tcg->opt.log_file);
}

/* A copy of what the interpreter needs, trimmed. */
static struct ir *keep_ir(const struct ir *from)
{
    struct ir *to = malloc(sizeof *to);
    if (!to)
        abort();
    *to = *from;
    to->ops = malloc(from->n * sizeof *to->ops);
    to->blocks = malloc(from->n_blocks * sizeof *to->blocks);
    to->edge_args = malloc((from->n_edge_args + 1) * sizeof *to->edge_args);
    to->mark = malloc((from->n / 64 + 1) * sizeof *to->mark);
    if (!to->ops || !to->blocks || !to->edge_args || !to->mark)
        abort();
    memcpy(to->ops, from->ops, from->n * sizeof *to->ops);
    memcpy(to->blocks, from->blocks, from->n_blocks * sizeof *to->blocks);
    if (from->n_edge_args)
        memcpy(to->edge_args, from->edge_args, from->n_edge_args * sizeof *to->edge_args);
    to->cap = from->n;
    return to;
}

bool tcg_region_keep(struct tcg *tcg, struct tcg_region *r, const struct cg_output *out)
{
    uint8_t *snap = tcg_arena_alloc(&tcg->data, out->snap_size);
    r->edges = tcg_arena_alloc(&tcg->data, out->n_links * sizeof *r->edges);
    struct cg_reloc *relocs = tcg_arena_alloc(&tcg->data, out->n_relocs * sizeof *relocs);
    if (!snap || !r->edges || !relocs || !tcg_pages_fit(tcg, r))
        return false;
    if (out->n_relocs)
        memcpy(relocs, out->relocs, out->n_relocs * sizeof *relocs);
    r->relocs = relocs;
    r->n_relocs = out->n_relocs;
    memcpy(snap, out->snap, out->snap_size);
    for (uint32_t k = 0; k < out->n_links; k++)
        r->edges[k] = (struct tcg_edge){.pc = out->links[k].pc, .at = out->links[k].at,
                                         .unchained = out->links[k].unchained,
                                         .call = out->links[k].call,
                                         .call_return = out->links[k].call_return, .from = r};
    r->n_edges = (uint16_t)out->n_links; /* two at most for each instruction */
    r->snap = snap;
    r->snap_size = out->snap_size;
    r->code = out->code;
    r->code_size = out->code_size;
    r->main_size = out->main_size;
    return true;
}

static int generate(struct tcg *tcg, struct tcg_region *r)
{
    struct cg_output out;
    struct tcg_arena *code = &tcg->code;
    uint8_t *at = tcg_arena_alloc(code, 0);
    tcg->cg.fp_status = atomic_load_explicit(&tcg->fp_status, memory_order_relaxed);
    int err = cg_region(&tcg->cg, &tcg->ir, at, code->base + code->size, r->id, tcg->opt.ra_seed,
                        &out);
    if (err)
        return err;
    if (!tcg_region_keep(tcg, r, &out))
        return -ENOSPC;
    tcg_arena_alloc(code, out.code_size);
    tcg->host->flush_icache(out.code, out.code_size);
    return 0;
}

/* The generator finds out itself what is dead: the pass is for who reads the IR. */
static unsigned disabled_passes(const struct tcg *tcg, uint64_t pc)
{
    const bool read = tcg->opt.accel == TCG_ACCEL_INTERP || tcg_log_wanted(tcg, pc, TCG_LOG_IR_OPT);
    return tcg->opt.disabled_passes | (read ? 0 : 1u << OPT_dce);
}

/* The IR of the region at the CPU's pc, as lifted.  False: there is none of tier 2. */
static bool lift(struct tcg *tcg, const struct tcg_cpu *cpu, unsigned tier, unsigned max_insns,
                 struct tcg_lifted *lifted)
{
    const struct tcg_path *path = &cpu->thread->path;
    const struct tcg_lift_how line = {.line = TCG_LINE, .max_insns = max_insns,
                                      .path = path->n ? path : NULL};
    if (tier == 2)
        return tcg_lift_graph(tcg, cpu, lifted);
    tcg_lift_region(tcg, &tcg->ir, cpu, cpu->pc, &line, lifted);
    return true;
}

struct tcg_region *tcg_region_new(struct tcg *tcg, const struct tcg_region_key *key, unsigned tier,
                                  const struct tcg_lifted *lifted)
{
    if (tcg->data.size - tcg->data.used < TCG_DATA_ROOM)
        return NULL;
    struct tcg_region *r = tcg_region_alloc(tcg);
    struct tcg_range64 *range = tcg_arena_alloc(&tcg->data, lifted->n_ranges * sizeof *range);
    if (!r || !range)
        return NULL;
    memcpy(range, lifted->range, lifted->n_ranges * sizeof *range);
    r->range = range;
    r->n_ranges = (uint8_t)lifted->n_ranges;
    r->tier = (uint8_t)tier;
    r->loops = tier == 2;
    r->pc = key->pc;
    r->mode = key->mode;
    r->run_mode = key->run_mode;
    r->id = tcg->n_regions;
    tcg_heat_begin(tcg, r->id);
    r->n_insns = (uint16_t)lifted->n_insns;
    r->code_hash = tier == 1 ? lifted->code_hash : 0;
    return r;
}

/* Tier 2 only where a region may go round without the CPU loop's seeing it. */
static bool may_loop(const struct tcg *tcg, const struct tcg_cpu *cpu)
{
    return tcg->opt.accel != TCG_ACCEL_INTERP && tcg->opt.tier != TCG_TIER_1 &&
           (!tcg->opt.no_chain || tcg->opt.accel == TCG_ACCEL_LOCKSTEP) &&
           !(cpu->run_mode & TCG_RUN_ONE_INSN);
}

/* One region at the CPU's pc.  0 or -ENOSPC (an arena is full), -E2BIG (fewer instructions, or a
 * lower tier). */
static int tcg_translate(struct tcg *tcg, const struct tcg_cpu *cpu, unsigned tier,
                         unsigned max_insns, struct tcg_region **made)
{
    struct tcg_lifted lifted;
    struct ir *ir = &tcg->ir;
    if (!lift(tcg, cpu, tier, max_insns, &lifted))
        return -E2BIG;
    const struct tcg_region_key key = {cpu->pc, cpu->mode, cpu->run_mode};
    struct tcg_region *r = tcg_region_new(tcg, &key, tier, &lifted);
    if (!r)
        return -ENOSPC;
    if (tcg_log_wanted(tcg, cpu->pc, TCG_LOG_IN_ASM))
        tcg_log_in_asm(tcg, &lifted, cpu->pc);
    log_ir(tcg, ir, TCG_LOG_IR);
    check(tcg, ir, "lift");
    if (tcg->opt.accel == TCG_ACCEL_LOCKSTEP) {
        r->ir = keep_ir(ir);
        r->walk = tier == 2 ? tcg_lockstep_walk(tcg->graph) : NULL;
    }
    opt_run(ir, disabled_passes(tcg, cpu->pc), tcg->opt.verify);
    r->batches = ir->batches;
    log_ir(tcg, ir, TCG_LOG_IR_OPT);
    tcg->cg.count_jumps = tier == 1 && may_loop(tcg, cpu);
    tcg->cg.count_entries = tcg->cg.count_jumps && !cpu->thread->path.n && tcg_trace_head(cpu);
    int err;
    if (tcg->opt.accel == TCG_ACCEL_INTERP) {
        r->ir = keep_ir(ir);
        r->code = tcg_arena_alloc(&tcg->code, 1); /* a distinct address, for look-up alone */
        err = r->code ? 0 : -ENOSPC;
    } else {
        err = generate(tcg, r);
    }
    if (err) {
        tcg_free_ir(r);
        return err;
    }
    if (tcg->opt.accel != TCG_ACCEL_INTERP) {
        if (tcg_log_wanted(tcg, r->pc, TCG_LOG_OUT_ASM))
            tcg_log_out_asm(tcg, r);
        if (tcg_log_wanted(tcg, r->pc, TCG_LOG_RA))
            cg_dump_snap(r->snap, r->snap_size, tcg->guest, tcg->opt.log_file);
    }
    tcg_publish(tcg, r);
    *made = r;
    return 0;
}

static struct tcg_region *make(struct tcg_cpu *cpu, unsigned tier)
{
    struct tcg *tcg = cpu->tcg;
    struct tcg_region *r = NULL;
    unsigned max_insns = cpu->run_mode & TCG_RUN_ONE_INSN ? 1 : TCG_MAX_INSNS;
    const uint64_t start = tcg_log_clock(tcg);
    if (tier == 1 && (r = tcg_revive(tcg, cpu)))
        return r;
    for (int tries = 0; !r; tries++) {
        int err = tcg_translate(tcg, cpu, tier, max_insns, &r);
        if (err == -E2BIG && tier > 1)
            tier = 1;
        else if (err == -E2BIG && max_insns > 1)
            max_insns /= 2;
        else if (err == -ENOSPC && tries < 8)
            tcg_flush(tcg, cpu);
        else if (err) {
            fprintf(stderr, "dragoman: the region at %#llx cannot be translated (%d)\n",
                    (unsigned long long)cpu->pc, err);
            ir_print(&tcg->ir, stderr);
            abort();
        }
    }
    tcg->stats.tier[r->tier].ns += tcg_log_clock(tcg) - start;
    tcg_log_insns(tcg, &tcg->ir, true);
    return r;
}

/* Two thirds of the instructions of a short run execute once: they are lifted and interpreted, which
 * costs a third of compiling them.  True: thread->step is to be run. */
static bool lift_cold(struct tcg_cpu *cpu)
{
    struct tcg *tcg = cpu->tcg;
    struct tcg_thread *t = cpu->thread;
    struct tcg_lifted lifted;
    if (tcg_seen(tcg, cpu->pc, cpu->mode, cpu->run_mode))
        return false;
    tcg_see(tcg, cpu->pc, cpu->mode);
    if (!t->step.guest)
        ir_init(&t->step, tcg->guest);
    const struct tcg_lift_how how = {.line = TCG_LINE_TO_BRANCH, .max_insns = TCG_MAX_INSNS};
    tcg_lift_region(tcg, &t->step, cpu, cpu->pc, &how, &lifted);
    tcg->stats.cold++;
    tcg->stats.cold_insns += lifted.n_insns;
    return true;
}

/* Region r follows where the CPU left emitted code. */
static void connect(struct tcg_cpu *cpu, struct tcg_region *r)
{
    if (cpu->link) {
        tcg_chain(cpu->tcg, cpu->link, r);
        return;
    }
    if (cpu->thread->from != TCG_FROM_EMITTED)
        return; /* emitted code may never look for it: most of the table's pages remain untouched */
    struct tcg_jump *j = tcg_jump_of(cpu, r->pc);
    if (++cpu->thread->n_jumps == TCG_JUMP_FEW)
        cpu->jump_mask = (TCG_JUMP_SIZE - 1) << 2; /* what is not where it belongs now is never found */
    j->code = r->code;
    __atomic_store_n(&j->pc, r->pc, __ATOMIC_RELEASE);
}

/* The CPU came to r by a jump backwards that has become hot: the loop is to be one region.  Returns what
 * to run meanwhile. */
static struct tcg_region *heat_up(struct tcg_cpu *cpu, struct tcg_region *r)
{
    struct tcg *tcg = cpu->tcg;
    struct tcg_region *hot = NULL;
    tcg->heat[cpu->link->from->id] = 0;
    const bool late = r->lukewarm && tcg->worker && tcg_worker_late(tcg, r);
    if ((r->lukewarm && !late) || !may_loop(tcg, cpu))
        return r;
    const enum tcg_queued queued = late ? TCG_NO_WORKER : tcg_worker_queue(cpu, r);
    r->lukewarm = queued != TCG_NOT_NOW;
    if (queued != TCG_NO_WORKER)
        return r;
    const uint64_t start = tcg_log_clock(tcg);
    const int err = tcg_translate(tcg, cpu, 2, 0, &hot);
    tcg->stats.tier[2].ns += tcg_log_clock(tcg) - start;
    if (err)
        return r; /* it has no loop, or there is no room */
    hot->lukewarm = true;
    tcg_forget(tcg, r);
    return hot;
}

void tcg_translate_path(struct tcg_cpu *cpu)
{
    struct tcg *tcg = cpu->tcg;
    const uint64_t pc = cpu->pc;
    struct tcg_region *trace;
    cpu->pc = cpu->thread->path.pc[0];
    struct tcg_region *line = tcg_lookup(tcg, cpu->pc, cpu->mode, cpu->run_mode);
    if (line && line->tier == 1 && !tcg_worker_has(tcg, line) && may_loop(tcg, cpu)) {
        const uint64_t start = tcg_log_clock(tcg);
        if (!tcg_translate(tcg, cpu, 1, TCG_TRACE_INSNS, &trace)) {
            trace->trace = true;
            trace->lukewarm = line->lukewarm;
            trace->graph_tries = line->graph_tries;
            tcg_forget(tcg, line);
        }
        tcg->stats.tier[1].ns += tcg_log_clock(tcg) - start;
    }
    cpu->pc = pc;
}

/* NULL: to be interpreted. */
static struct tcg_region *make_or_lift(struct tcg_cpu *cpu)
{
    struct tcg *tcg = cpu->tcg;
    const uint64_t start = tcg_log_clock(tcg);
    if (!lift_cold(cpu))
        return make(cpu, tcg->opt.tier == TCG_TIER_2 && may_loop(tcg, cpu) ? 2 : 1);
    tcg->stats.cold_ns += tcg_log_clock(tcg) - start;
    tcg_log_insns(tcg, &cpu->thread->step, false);
    return NULL;
}

struct tcg_region *tcg_find(struct tcg_cpu *cpu)
{
    struct tcg *tcg = cpu->tcg;
    pthread_mutex_lock(&tcg->lock);
    while (atomic_load(&tcg->stop))
        pthread_cond_wait(&tcg->resumed, &tcg->lock);
    const bool recording = cpu->thread->path.n && tcg_trace_go_on(cpu);
    struct tcg_region *r = tcg_lookup(tcg, cpu->pc, cpu->mode, cpu->run_mode);
    tcg->stats.lookups++;
    tcg->stats.found[cpu->link ? TCG_FROM_LINK : cpu->thread->from]++;
    if (recording)
        r = NULL;
    else if (!r)
        r = make_or_lift(cpu);
    else if (cpu->link && tcg->heat[cpu->link->from->id] < 0)
        r = heat_up(cpu, r);
    else if (!cpu->link && tcg_trace_begin(cpu, r))
        r = NULL;
    if (r && !tcg->opt.no_chain)
        connect(cpu, r);
    cpu->link = NULL;
    atomic_store(&cpu->thread->in_code, 1);
    pthread_mutex_unlock(&tcg->lock);
    return r;
}
