/* SPDX-License-Identifier: MIT */
/*
 * Traces: a line whose entry has become hot is made again along the way that the guest takes from there.
 * Lines are made as code is reached, and end where another begins; so code full of branches becomes
 * lines of a few instructions, each of which stores what it has changed.  From a hot entry the guest is
 * interpreted, block by block, and where it goes is written down; a line made along that path runs over
 * others, and takes its branches as the guest did.
 *
 * All with tcg->lock.  Includes run.h.
 */
#include "tcg/run/run.h"

/* Has the interpreted line ended by a call, a return or an indirect jump? */
static bool went_far(const struct tcg_thread *t)
{
    const struct ir_op *op = &t->step.ops[t->step.n - 1];
    return !t->by_exit && (op->opc != IR_goto_pc || op->mod == IR_IND_CALL);
}

static bool may_trace(const struct tcg *tcg)
{
    return tcg->guest->traces && tcg->opt.accel == TCG_ACCEL_JIT && tcg->opt.tier == TCG_TIER_AUTO;
}

/* Counting each entry of each line costs a program with a flat profile (cc1) a seventh of its speed.  So
 * paths begin where calls, returns and indirect jumps lead, and where another path has been left. */
bool tcg_trace_head(const struct tcg_cpu *cpu)
{
    const struct tcg *tcg = cpu->tcg;
    const struct tcg_edge *link = cpu->link;
    if (!may_trace(tcg))
        return false;
    if (link)
        return link->call || link->call_return || link->from->trace;
    return cpu->thread->from == TCG_FROM_EMITTED ||
           (cpu->thread->from == TCG_FROM_COLD && went_far(cpu->thread));
}

/* The block at the CPU's pc joins the path and is lifted into thread->step. */
static void record(struct tcg_cpu *cpu)
{
    struct tcg_thread *t = cpu->thread;
    struct tcg_lifted lifted;
    const struct tcg_lift_how how = {.line = TCG_LINE_TO_BRANCH, .max_insns = TCG_MAX_INSNS};
    t->path.by_exit[t->path.n] = t->by_exit;
    t->path.pc[t->path.n++] = cpu->pc;
    if (!t->step.guest)
        ir_init(&t->step, cpu->tcg->guest);
    tcg_lift_region(cpu->tcg, &t->step, cpu, cpu->pc, &how, &lifted);
}

bool tcg_trace_begin(struct tcg_cpu *cpu, struct tcg_region *r)
{
    struct tcg *tcg = cpu->tcg;
    int32_t *entries = &tcg->heat[TCG_MAX_REGIONS + r->id];
    if (*entries >= 0)
        return false;
    *entries = 0;
    if (r->tier != 1 || tcg_worker_has(tcg, r))
        return false;
    cpu->thread->path.mode = cpu->mode;
    cpu->thread->path.run_mode = cpu->run_mode;
    record(cpu);
    return true;
}

/* Does the path end before the CPU's pc? */
static bool at_end(const struct tcg_cpu *cpu)
{
    const struct tcg_path *p = &cpu->thread->path;
    return p->n == TCG_PATH || went_far(cpu->thread) ||
           p->mode != cpu->mode || p->run_mode != cpu->run_mode;
}

bool tcg_trace_go_on(struct tcg_cpu *cpu)
{
    struct tcg_path *p = &cpu->thread->path;
    if (!at_end(cpu)) {
        record(cpu);
        return true;
    }
    if (p->mode == cpu->mode && p->run_mode == cpu->run_mode)
        tcg_translate_path(cpu);
    p->n = 0;
    return false;
}
