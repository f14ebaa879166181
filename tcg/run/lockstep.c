/* SPDX-License-Identifier: MIT */
/*
 * TCG_ACCEL_LOCKSTEP: every region is run twice from the same state, by the interpreter as it was
 * lifted and then as emitted code, and what both leave behind is compared.  The first difference
 * ends the process with the region's code, its IR and both states.  Includes run.h.
 *
 * A region of tier 2 is walked through one instruction after the other, by its graph.
 *
 * Promises exactness for a guest with one thread whose memory nobody else writes meanwhile: with
 * more threads regions are not compared.  Stores that emitted code makes and the interpreter does
 * not are seen by what reads them alone.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/interp/mem.h"
#include "tcg/opt/graph.h"
#include "tcg/opt/opt.h"
#include "tcg/run/run.h"

struct tcg_lockstep {
    struct interp_stores stores;
    char *before, *interpreted; /* guest->cpu_size bytes each: the state at entry; the interpreter's */
};

static struct tcg_lockstep *lockstep_of(struct tcg_cpu *cpu)
{
    struct tcg_thread *t = cpu->thread;
    const size_t size = (cpu->tcg->guest->cpu_size + 63) & ~(size_t)63;
    if (t->lockstep)
        return t->lockstep;
    struct tcg_lockstep *s = calloc(1, sizeof *s);
    if (!s || !(s->before = aligned_alloc(64, size)) || !(s->interpreted = aligned_alloc(64, size)))
        abort();
    t->lockstep = s;
    return s;
}

void tcg_lockstep_free(struct tcg_thread *t)
{
    if (!t->lockstep)
        return;
    free(t->lockstep->before);
    free(t->lockstep->interpreted);
    free(t->lockstep->stores.at);
    free(t->lockstep);
}

/* Whether two runs of the region may differ: a helper says so. */
static bool varies(const struct ir *ir)
{
    for (ir_ref r = 1; r < ir->n; r++) {
        const struct ir_op *op = &ir->ops[r];
        if ((op->opc == IR_call || op->opc == IR_vcall) &&
            ir->guest->helpers[op->mod].flags & TCG_H_VARIES)
            return true;
    }
    return false;
}

/* --- the interpreter's run, and back ------------------------------------------------------------- */

enum { MAX_STEPS = 20000 };

/* The graph of a region of tier 2, as far as it matters which way a CPU takes through it. */
struct tcg_walk {
    struct {
        uint64_t pc, last; /* of its first and last instruction */
        uint64_t second;   /* part: of that behind the one in which it begins */
        bool part;
        uint32_t succ[2];
        bool polls;
    } node[OPT_MAX_NODES];
    bool entry_polls;
};

struct tcg_walk *tcg_lockstep_walk(const struct opt_graph *g)
{
    struct tcg_walk *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    for (uint32_t k = 0; k < g->n_nodes; k++) {
        const struct opt_node *n = &g->node[k];
        w->node[k].pc = n->context == UINT32_MAX ? UINT64_MAX : n->pc;
        w->node[k].polls = n->polls;
        w->node[k].last = UINT64_MAX; /* empty: the way leads out */
        w->node[k].part = n->part;
        w->node[k].second = UINT64_MAX;
        for (uint32_t r = n->first; r < n->first + n->n; r++) {
            if (g->ops[r].opc != IR_insn)
                continue;
            w->node[k].last = (uint64_t)g->ops[r].imm;
            if (r > n->first && w->node[k].second == UINT64_MAX)
                w->node[k].second = w->node[k].last;
        }
        for (int e = 0; e < 2; e++)
            w->node[k].succ[e] = n->succ[e];
    }
    w->entry_polls = g->entry_polls;
    return w;
}

/* From the instruction at `at`, node *k's last, to pc: *k is the node there.  False: none is. */
static bool leads_to(const struct tcg_walk *w, uint32_t *k, uint64_t at, uint64_t pc)
{
    for (int e = 0; e < 2; e++) {
        uint32_t s = w->node[*k].succ[e];
        if (s == OPT_NONE)
            continue;
        if (w->node[s].part && w->node[s].last == at) {
            if (!leads_to(w, &s, at, pc))
                continue;
        } else if ((w->node[s].part ? w->node[s].second : w->node[s].pc) != pc) {
            continue;
        }
        *k = s;
        return w->node[s].last != UINT64_MAX;
    }
    return false;
}

/* From an instruction at `at` in node *k to the CPU's pc: is that in the region?  *jumped: by a jump
 * from node to node. */
static bool stays(const struct tcg_cpu *cpu, const struct tcg_walk *w, uint32_t *k, uint64_t at,
                  bool *jumped)
{
    *jumped = false;
    if (cpu->exc != TCG_EXC_NONE)
        return false;
    const struct guest *guest = cpu->tcg->guest;
    if (at != w->node[*k].last)
        return guest_code_address(guest, cpu->pc) > guest_code_address(guest, at) &&
               guest_code_address(guest, cpu->pc) <= guest_code_address(guest, w->node[*k].last);
    *jumped = true;
    return leads_to(w, k, at, cpu->pc);
}

/* One instruction after the other, lifted afresh.  Returns how many polls there were on the way; after
 * many steps it ends at the next one. */
static int32_t walk(struct tcg_cpu *cpu, const struct tcg_region *r)
{
    struct tcg *tcg = cpu->tcg;
    struct tcg_thread *t = cpu->thread;
    const struct tcg_lift_how one = {.line = TCG_LINE, .max_insns = 1};
    struct tcg_lifted lifted;
    int32_t polls = r->walk->entry_polls;
    uint32_t k = 0;
    bool jumped = false;
    if (!t->step.guest)
        ir_init(&t->step, tcg->guest);
    for (unsigned n = 0;; n++) {
        const uint64_t at = cpu->pc;
        pthread_mutex_lock(&tcg->lock);
        tcg_lift_region(tcg, &t->step, cpu, at, &one, &lifted);
        pthread_mutex_unlock(&tcg->lock);
        tcg_run_interp(cpu, &t->step);
        if (!stays(cpu, r->walk, &k, at, &jumped))
            return polls + 1;
        if (!jumped || !r->walk->node[k].polls)
            continue;
        if (n > MAX_STEPS)
            return polls;
        polls++;
    }
}

/* Returns how many polls emitted code may pass. */
static int32_t interpret(struct tcg_cpu *cpu, const struct tcg_region *r, struct tcg_lockstep *s)
{
    struct tcg_thread *t = cpu->thread;
    volatile int32_t polls = INT32_MAX;
    s->stores.n = 0;
    cpu->stores = &s->stores;
    if (!sigsetjmp(t->recover, 0)) {
        t->recovering = 1;
        if (r->walk)
            polls = walk(cpu, r);
        else
            tcg_run_interp(cpu, r->ir);
    }
    t->recovering = 0;
    cpu->stores = NULL;
    return polls;
}

static void undo_stores(struct interp_stores *stores)
{
    for (uint32_t k = 0; k < stores->n; k++)
        memcpy(&stores->at[k].after, stores->at[k].host, stores->at[k].size);
    for (uint32_t k = stores->n; k-- > 0;)
        memcpy(stores->at[k].host, &stores->at[k].before, stores->at[k].size);
}

/* exit_request, the first member, is other threads' to write. */
static void restore_state(struct tcg_cpu *cpu, const char *state)
{
    const size_t skip = offsetof(struct tcg_cpu, mode);
    memcpy((char *)cpu + skip, state + skip, cpu->tcg->guest->cpu_size - skip);
}

/* --- comparison ------------------------------------------------------------------------------------ */

struct comparison {
    const struct guest *guest;
    const struct tcg_cpu *interpreted, *emitted;
    unsigned differences;
};

static void differ(struct comparison *c, const char *what, uint64_t interpreted, uint64_t emitted)
{
    if (interpreted == emitted)
        return;
    if (!c->differences++)
        fprintf(stderr, "dragoman: lockstep: emitted code differs from the interpreter:\n");
    fprintf(stderr, "  %s: interpreted %#llx, emitted %#llx\n", what,
            (unsigned long long)interpreted, (unsigned long long)emitted);
}

static void compare_slots(struct comparison *c)
{
    for (unsigned k = 0; k < c->guest->n_slots; k++) {
        const struct tcg_slot *slot = &c->guest->slots[k];
        const size_t all = tcg_slot_bytes(slot), bytes = all < 8 ? all : 8;
        const unsigned words = all == 16 ? 2 : 1;
        for (unsigned w = 0; w < words; w++) {
            uint64_t a = 0, b = 0;
            memcpy(&a, (const char *)c->interpreted + slot->offset + 8 * w, bytes);
            memcpy(&b, (const char *)c->emitted + slot->offset + 8 * w, bytes);
            differ(c, slot->name, a, b);
        }
    }
}

static void compare_cpus(struct comparison *c)
{
    const struct tcg_cpu *a = c->interpreted, *b = c->emitted;
    differ(c, "pc", a->pc, b->pc);
    differ(c, "mode", a->mode, b->mode);
    differ(c, "run mode", a->run_mode, b->run_mode);
    differ(c, "exception", a->exc, b->exc);
    if (a->exc >= TCG_EXC_GUEST || a->exc == TCG_EXC_ALIGN)
        differ(c, "its argument", (uint64_t)a->exc_arg, (uint64_t)b->exc_arg);
    if (a->exc == TCG_EXC_MEM || a->exc == TCG_EXC_ALIGN)
        differ(c, "fault address", a->fault_addr, b->fault_addr);
    differ(c, "exclusive monitor", a->excl_addr, b->excl_addr);
    differ(c, "saturation", (a->qc.d[0] | a->qc.d[1]) != 0, (b->qc.d[0] | b->qc.d[1]) != 0);
    differ(c, "FP flags", a->fp.flags, b->fp.flags);
}

static void compare_stores(struct comparison *c, const struct interp_stores *stores)
{
    for (uint32_t k = 0; k < stores->n; k++) {
        const struct interp_store *s = &stores->at[k];
        uint64_t now[2] = {0, 0}, after[2] = {0, 0};
        char what[40];
        memcpy(now, s->host, s->size);
        memcpy(after, &s->after, s->size);
        snprintf(what, sizeof what, "%u bytes at %p", s->size, s->host);
        differ(c, what, after[0], now[0]);
        differ(c, what, after[1], now[1]);
    }
}

static _Noreturn void explain(struct tcg_cpu *cpu, const struct tcg_region *r,
                              const struct tcg_lockstep *s)
{
    struct tcg *tcg = cpu->tcg;
    struct tcg_lifted guest_code = {.n_ranges = r->n_ranges, .n_insns = r->n_insns};
    memcpy(guest_code.range, r->range, r->n_ranges * sizeof *r->range);
    fflush(tcg->opt.log_file);
    tcg->opt.log_file = stderr;
    fprintf(stderr, "\nRegion %#llx, run mode %#x.  State before:\n", (unsigned long long)r->pc,
            r->run_mode);
    tcg->guest->dump((const struct tcg_cpu *)s->before, stderr);
    fprintf(stderr, "Interpreted:\n");
    tcg->guest->dump((const struct tcg_cpu *)s->interpreted, stderr);
    fprintf(stderr, "Emitted:\n");
    tcg->guest->dump(cpu, stderr);
    tcg_log_in_asm(tcg, &guest_code, r->pc);
    fprintf(stderr, "IR as interpreted:\n");
    ir_print(r->ir, stderr);
    opt_run(r->ir, tcg->opt.disabled_passes, false);
    fprintf(stderr, "IR as emitted:\n");
    ir_print(r->ir, stderr);
    tcg_log_out_asm(tcg, r);
    abort();
}

void tcg_lockstep(struct tcg_cpu *cpu, const struct tcg_region *r)
{
    const struct guest *guest = cpu->tcg->guest;
    if (cpu->tcg->cpus->next || varies(r->ir)) {
        cpu->polls_left = INT32_MAX;
        tcg_run_emitted(cpu, r);
        return;
    }
    struct tcg_lockstep *s = lockstep_of(cpu);
    memcpy(s->before, cpu, guest->cpu_size);
    const int32_t polls = interpret(cpu, r, s);
    undo_stores(&s->stores);
    memcpy(s->interpreted, cpu, guest->cpu_size);
    restore_state(cpu, s->before);
    cpu->polls_left = polls;
    tcg_run_emitted(cpu, r);
    struct comparison c = {.guest = guest,
                           .interpreted = (const struct tcg_cpu *)s->interpreted,
                           .emitted = cpu};
    compare_slots(&c);
    compare_cpus(&c);
    compare_stores(&c, &s->stores);
    if (c.differences)
        explain(cpu, r, s);
}
