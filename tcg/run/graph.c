/* SPDX-License-Identifier: MIT */
/*
 * Finding a region of tier 2: from a hot entry along all that has run so far, as a graph of basic
 * blocks; direct calls are followed into callees that are short and only return, each call into a copy
 * of its own, so that their return is a plain jump.  Includes run.h, opt/graph.h.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/opt/graph.h"
#include "tcg/run/run.h"

enum {
    MAX_INSNS = 120,        /* of a region; half of it where that has too many blocks */
    MAX_CALLEE_INSNS = 60,  /* of a followed call, with what it calls */
    MAX_DEPTH = 4,          /* of followed calls */
};

struct growth {
    struct tcg *tcg;
    const struct tcg_cpu *cpu;
    struct opt_graph *g;
    struct tcg_lifted *out;  /* what it was made from */
    unsigned max_insns;
    uint32_t end_of;         /* where the end of the node is that is being connected: it may be cut */
};

bool tcg_graph_leader(const struct opt_graph *g, uint32_t context, uint64_t pc)
{
    for (uint32_t k = 0; k < g->n_nodes; k++)
        if (g->node[k].pc == pc && g->node[k].context == context && !g->node[k].part)
            return true;
    return false;
}

/* --- nodes ---------------------------------------------------------------------------------------- */

static void copy_ops(struct opt_graph *g, const struct ir *ir, ir_ref first, ir_ref end)
{
    const uint32_t at = g->n_ops;
    if (g->n_ops + (end - first) > g->cap_ops) {
        g->cap_ops = 2 * (g->n_ops + (end - first)) + 1024;
        g->ops = realloc(g->ops, g->cap_ops * sizeof *g->ops);
        if (!g->ops)
            abort();
    }
    for (ir_ref r = first; r < end; r++) {
        struct ir_op op = ir->ops[r];
        for (unsigned k = 0; k < 4; k++)
            if (op.arg[k])
                op.arg[k] = op.arg[k] - first + at;
        g->ops[g->n_ops++] = op;
    }
}

/* Could an instruction at this address be in the node, but not the first?  A node's instructions follow one
 * another, and each has an op at least. */
static bool reaches(const struct guest *guest, const struct opt_node *n, uint64_t address)
{
    const uint64_t first = guest_code_address(guest, n->pc);
    return address > first && address - first < (uint64_t)n->n * guest->max_insn_bytes;
}

/* The node of the context in which an instruction at pc is, but not the first; k + 1, or 0. */
static uint32_t inside(const struct opt_graph *g, uint32_t context, uint64_t pc, uint32_t *at)
{
    const uint64_t address = guest_code_address(g->guest, pc);
    for (uint32_t k = 0; k < g->n_nodes; k++) {
        const struct opt_node *n = &g->node[k];
        if (n->context != context || !n->lifted || n->part || !reaches(g->guest, n, address))
            continue;
        for (uint32_t r = n->first + 1; r < n->first + n->n; r++)
            if (g->ops[r].opc == IR_insn && (uint64_t)g->ops[r].imm == pc) {
                *at = r;
                return k + 1;
            }
    }
    return 0;
}

/* Cuts node k before op `at`; the new node is the second part. */
static uint32_t split(struct opt_graph *g, uint32_t k, uint32_t at)
{
    struct opt_node *a = &g->node[k], *b = &g->node[g->n_nodes];
    *b = *a;
    b->pc = (uint64_t)g->ops[at].imm;
    b->first = at;
    b->n = a->first + a->n - at;
    a->n = at - a->first;
    a->end = OPT_GOTO;
    a->to[0] = b->pc;
    a->succ[0] = g->n_nodes;
    a->succ[1] = OPT_NONE;
    return g->n_nodes++;
}

/* The node at pc, perhaps one to be lifted yet; OPT_NONE if it is not to be in the region. */
static uint32_t node_at(struct growth *w, uint64_t pc, uint32_t context)
{
    struct opt_graph *g = w->g;
    uint32_t at;
    for (uint32_t k = 0; k < g->n_nodes; k++)
        if (g->node[k].pc == pc && g->node[k].context == context && !g->node[k].part)
            return k;
    if (g->n_nodes == OPT_MAX_NODES)
        return OPT_NONE;
    uint32_t k = inside(g, context, pc, &at);
    if (k) {
        uint32_t second = split(g, k - 1, at);
        if (w->end_of == k - 1)
            w->end_of = second;
        return second;
    }
    if (g->n_insns >= w->max_insns || !tcg_seen(w->tcg, pc, w->cpu->mode, w->cpu->run_mode))
        return OPT_NONE;
    g->node[g->n_nodes] = (struct opt_node){.pc = pc, .context = context, .succ = {OPT_NONE, OPT_NONE}};
    return g->n_nodes++;
}

/* --- lifting -------------------------------------------------------------------------------------- */

static bool cover(struct tcg_lifted *o, const struct tcg_lifted *add)
{
    for (unsigned k = 0; k < add->n_ranges; k++) {
        const struct tcg_range64 *r = &add->range[k];
        unsigned i = 0;
        while (i < o->n_ranges && (r->start > o->range[i].end || r->end < o->range[i].start))
            i++;
        if (i == o->n_ranges) {
            if (o->n_ranges == TCG_MAX_RANGES)
                return false;
            o->range[o->n_ranges++] = *r;
            continue;
        }
        if (r->start < o->range[i].start)
            o->range[i].start = r->start;
        if (r->end > o->range[i].end)
            o->range[i].end = r->end;
    }
    return true;
}

/* The first instruction that cannot be in a region with others: a helper in it changes slots, or it
 * has blocks of its own. */
static ir_ref unfit(const struct ir *ir)
{
    ir_ref insn = 0;
    if (ir->n_blocks != 1)
        return 1;
    for (ir_ref r = 1; r < ir->n; r++) {
        const struct ir_op *op = &ir->ops[r];
        if (op->opc == IR_insn)
            insn = r;
        else if ((op->opc == IR_call || op->opc == IR_vcall) &&
                 ir->guest->helpers[op->mod].flags & TCG_H_WRITES)
            return insn;
    }
    return 0;
}

/* How the ops in ir end; returns how many of them are the node's. */
static ir_ref read_end(struct opt_node *n, const struct ir *ir, ir_ref bad)
{
    const struct ir_op *last = &ir->ops[ir->n - 1];
    if (bad) {
        n->end = OPT_GOTO;
        n->to[0] = (uint64_t)ir->ops[bad].imm;
        return bad;
    }
    if (last->opc != IR_goto_pc) {
        n->end = OPT_LEAVE;
        return ir->n;
    }
    n->end = OPT_GOTO;
    n->to[0] = (uint64_t)last->imm;
    if (last->mod == IR_IND_CALL) {
        n->end = OPT_CALL;
        n->to[1] = (uint64_t)last->imm2;
    } else if (last[-1].opc == IR_exit_if) {
        n->end = OPT_BRANCH;
        n->cond = (uint8_t)last[-1].mod;
        n->to[1] = n->to[0];
        n->to[0] = (uint64_t)last[-1].imm;
        n->flags = last[-1].arg[0];
        return ir->n - 2;
    }
    return ir->n - 1;
}

static uint32_t add_op(struct opt_graph *g, struct ir_op op)
{
    struct ir_op ops[2] = {{0}, op};
    struct ir one = {.ops = ops};
    copy_ops(g, &one, 1, 2);
    g->ops[g->n_ops - 1] = op;
    return g->n_ops - 1;
}

/* Adds ops [first, end) again; what they use of [head, behind) is `by` further on, of what comes later
 * `later`. */
static void add_again(struct opt_graph *g, uint32_t first, uint32_t end, uint32_t head,
                      uint32_t behind, uint32_t by, uint32_t later)
{
    for (uint32_t r = first; r < end; r++) {
        struct ir_op op = g->ops[r];
        for (unsigned i = 0; i < 4; i++)
            if (op.arg[i] >= head)
                op.arg[i] += op.arg[i] < behind ? by : later;
        add_op(g, op);
    }
}

/* If node k has an instruction whose head tests a condition (tcg_lift_skip()) it ends there, and what
 * depends on it becomes a node of its own, with the instruction's head again.  Returns that, or
 * OPT_NONE. */
static uint32_t cut_at_skip(struct opt_graph *g, uint32_t k)
{
    struct opt_node *n = &g->node[k];
    const uint32_t end = n->first + n->n;
    uint32_t r = n->first, head = r;
    while (r < end && g->ops[r].opc != IR_exit_if) {
        if (g->ops[r].opc == IR_insn)
            head = r;
        r++;
    }
    if (r == end || g->n_nodes == OPT_MAX_NODES) {
        n->part |= r < end; /* it cannot be cut anywhere */
        return OPT_NONE;
    }
    struct opt_node *part = &g->node[g->n_nodes];
    const struct ir_op skip = g->ops[r];
    const uint32_t first = g->n_ops, by = first - head, later = by - 1;
    *part = *n;
    part->part = true;
    part->connected = false;
    part->first = first;
    part->n = end - head - 1;
    if (part->end == OPT_BRANCH)
        part->flags += part->flags < r ? by : later;
    add_again(g, head, r, head, r, by, later);
    add_again(g, r + 1, end, head, r, by, later);
    n->n = r - n->first;
    n->end = OPT_BRANCH;
    n->cond = (uint8_t)skip.mod;
    n->flags = skip.arg[0];
    n->to[0] = (uint64_t)skip.imm;
    n->to[1] = (uint64_t)g->ops[head].imm;
    n->succ[1] = g->n_nodes;
    return g->n_nodes++;
}

/* False: the region is to end before it. */
static bool lift_node(struct growth *w, uint32_t k)
{
    struct opt_graph *g = w->g;
    struct opt_node *n = &g->node[k];
    struct ir *ir = &w->tcg->ir;
    struct tcg_lifted l;
    const struct tcg_lift_how how = {.line = TCG_LINE_BLOCK, .max_insns = TCG_MAX_INSNS, .graph = g,
                                     .context = n->context};
    tcg_lift_region(w->tcg, ir, w->cpu, n->pc, &how, &l);
    ir_ref bad = unfit(ir), end = read_end(n, ir, bad);
    n->lifted = true;
    if (!cover(w->out, &l)) {
        end = 1;
        n->end = OPT_GOTO;
        n->to[0] = n->pc;
        bad = 1;
    }
    if (n->end == OPT_BRANCH)
        n->flags = n->flags - 1 + g->n_ops;
    n->first = g->n_ops;
    n->n = end - 1;
    copy_ops(g, ir, 1, end);
    g->n_insns += l.n_insns;
    while (k != OPT_NONE)
        k = cut_at_skip(g, k);
    return !bad;
}

/* --- calls ------------------------------------------------------------------------------------------ */

static void explore(struct growth *w, uint32_t from);

/* The get whose value the indirect jump at op r goes to, 0 if it is no such thing. */
static uint32_t target_get(const struct opt_graph *g, uint32_t r)
{
    uint32_t v = g->ops[r].arg[0];
    if (g->ops[v].opc == IR_zext64)
        v = g->ops[v].arg[0];
    return g->ops[v].opc == IR_get ? v : 0;
}

static bool returns(const struct opt_graph *g, const struct opt_node *n)
{
    if (n->end != OPT_LEAVE || !n->n)
        return false;
    const uint32_t r = n->first + n->n - 1;
    return g->ops[r].opc == IR_goto_ind && g->ops[r].mod == IR_IND_RET && target_get(g, r);
}

/* Is the callee in nodes `from` and on one that always comes back, as far as it has run? */
static bool worth_following(const struct opt_graph *g, uint32_t from, uint32_t context)
{
    bool back = false;
    for (uint32_t k = from; k < g->n_nodes; k++) {
        const struct opt_node *n = &g->node[k];
        if (n->end == OPT_CALL)
            return false;
        if (n->context != context)
            continue;
        if (returns(g, n))
            back = true;
        else if (n->end == OPT_LEAVE ||
                 (n->succ[0] == OPT_NONE && (n->end != OPT_BRANCH || n->succ[1] == OPT_NONE)))
            return false;
    }
    return back;
}

/* Does anything in nodes `from` and on change slot s? */
static bool changes(const struct opt_graph *g, uint32_t from, unsigned s)
{
    for (uint32_t r = g->node[from].first; r < g->n_ops; r++)
        if (g->ops[r].opc == IR_put && (unsigned)g->ops[r].imm == s)
            return true;
    return false;
}

/* The address of the instruction that ends with the return at op `last`, if it does nothing else, so that the
 * region can be left before it; else 0. */
static uint64_t only_return(const struct opt_graph *g, const struct opt_node *n, uint32_t last)
{
    for (uint32_t r = last; r-- > n->first;)
        if (g->ops[r].opc == IR_insn)
            return (uint64_t)g->ops[r].imm;
        else if (g->ops[r].opc != IR_get && g->ops[r].opc != IR_zext64)
            break;
    return 0;
}

/* A node that jumps to what is in the slot of `get`, as `leave` does. */
static uint32_t add_leave(struct opt_graph *g, uint64_t pc, struct ir_op get, struct ir_op leave)
{
    struct opt_node *n = &g->node[g->n_nodes];
    *n = (struct opt_node){.pc = pc, .context = OPT_NONE, .first = g->n_ops, .n = 2, .end = OPT_LEAVE,
                           .lifted = true, .succ = {OPT_NONE, OPT_NONE}};
    uint32_t v = add_op(g, get);
    if (get.type == IR_I32) {
        v = add_op(g, (struct ir_op){.opc = IR_zext64, .type = IR_I64, .arg = {v}});
        n->n++;
    }
    add_op(g, (struct ir_op){.opc = IR_goto_ind, .type = leave.type, .mod = leave.mod, .arg = {v}});
    return g->n_nodes++;
}

/* A return whose address may have changed: it is compared with where the call returns to.  The node
 * must be the last that was lifted, or have room behind it: its ops are made again. */
static bool guard_return(struct growth *w, uint32_t k, uint64_t ret, uint32_t to)
{
    struct opt_graph *g = w->g;
    struct opt_node *n = &g->node[k];
    if (g->n_nodes == OPT_MAX_NODES)
        return false;
    const uint32_t first = g->n_ops, old = n->first, last = old + n->n - 1;
    const uint32_t target = target_get(g, last);
    const struct ir_op leave = g->ops[last], get = g->ops[target];
    const uint64_t pc = only_return(g, n, last);
    add_again(g, old, last, old, last, first - old, 0);
    struct ir_op expected = {.opc = IR_const, .type = get.type, .mod = IR_SYM, .imm = (int64_t)ret};
    if (get.type == IR_I32)
        expected.imm = (int32_t)ret;
    const uint32_t e = add_op(g, expected);
    n->flags = add_op(g, (struct ir_op){.opc = IR_flags_sub, .type = get.type,
                                        .arg = {target - old + first, e}});
    n->first = first;
    n->n = g->n_ops - first;
    n->end = OPT_BRANCH;
    n->cond = IR_EQ;
    n->succ[0] = to;
    n->to[0] = ret;
    n->succ[1] = pc ? OPT_NONE : add_leave(g, n->pc, get, leave);
    n->to[1] = pc;
    return true;
}

/* Does slot s hold the return address when node k calls? */
static bool links(const struct opt_graph *g, uint32_t k, unsigned s)
{
    const struct opt_node *n = &g->node[k];
    for (uint32_t r = n->first + n->n; r-- > n->first;) {
        const struct ir_op *op = &g->ops[r];
        if (op->opc != IR_put || (unsigned)op->imm != s)
            continue;
        const struct ir_op *v = &g->ops[op->arg[0]];
        return v->opc == IR_const && (v->type == IR_I32 ? (uint32_t)v->imm == n->to[1]
                                                        : (uint64_t)v->imm == n->to[1]);
    }
    return false;
}

/* The callee's returns lead to where the call of node `call` goes on. */
static void connect_returns(struct growth *w, uint32_t from, uint32_t context, uint32_t call)
{
    struct opt_graph *g = w->g;
    const uint32_t caller = g->node[call].context;
    const uint64_t ret = g->context[context].ret;
    const uint32_t end = g->n_nodes, to = node_at(w, ret, caller);
    for (uint32_t k = from; k < end; k++) {
        struct opt_node *n = &g->node[k];
        if (n->context != context || !returns(g, n))
            continue;
        const unsigned link = (unsigned)g->ops[target_get(g, n->first + n->n - 1)].imm;
        if (!links(g, call, link) || changes(g, from, link)) {
            if (to != OPT_NONE)
                guard_return(w, k, ret, to);
            continue;
        }
        n->n--; /* the jump itself */
        n->end = OPT_GOTO;
        n->to[0] = ret;
        n->succ[0] = to;
    }
}

static bool may_follow(const struct growth *w, uint32_t context, uint64_t callee)
{
    const struct opt_graph *g = w->g;
    unsigned depth = 0;
    for (uint32_t c = context; c; c = g->context[c].parent, depth++)
        if (g->context[c].entry == callee)
            return false;
    return depth < MAX_DEPTH && callee != g->entry_pc && g->n_contexts < OPT_MAX_CONTEXTS &&
           g->n_nodes < OPT_MAX_NODES && g->n_insns < w->max_insns;
}

/* Node k calls: tries to make the callee part of the region. */
static void follow_call(struct growth *w, uint32_t k)
{
    struct opt_graph *g = w->g;
    struct opt_node *n = &g->node[k];
    const uint32_t caller = n->context, from = g->n_nodes, n_ops = g->n_ops;
    const uint32_t context = g->n_contexts;
    const unsigned n_insns = g->n_insns, n_ranges = w->out->n_ranges;
    if (!may_follow(w, caller, n->to[0]))
        return;
    g->context[g->n_contexts++] = (struct opt_context){caller, n->to[0], n->to[1]};
    uint32_t entry = node_at(w, n->to[0], context);
    if (entry != OPT_NONE) {
        explore(w, from);
        if (g->n_insns - n_insns <= MAX_CALLEE_INSNS && worth_following(g, from, context)) {
            n->end = OPT_GOTO;
            n->succ[0] = entry;
            connect_returns(w, from, context, k);
            return;
        }
    }
    g->n_nodes = from;
    g->n_contexts = context;
    g->n_ops = n_ops;
    g->n_insns = n_insns;
    w->out->n_ranges = n_ranges; /* those that grew cover too much: harmless */
}

/* Lifts nodes `from` and on, and what they lead to. */
static void explore(struct growth *w, uint32_t from)
{
    struct opt_graph *g = w->g;
    const unsigned start = g->n_insns;
    for (uint32_t k = from; k < g->n_nodes; k++) {
        struct opt_node *n = &g->node[k];
        if (n->connected)
            continue;
        n->connected = true;
        if ((!n->lifted && !lift_node(w, k)) || n->end == OPT_LEAVE)
            continue;
        if (n->context && g->n_insns - start > MAX_CALLEE_INSNS)
            return; /* it will not be followed */
        if (n->end == OPT_CALL) {
            follow_call(w, k);
            continue;
        }
        const uint64_t to[2] = {n->to[0], n->to[1]};
        const unsigned n_succ = n->end == OPT_BRANCH ? 2 : 1;
        w->end_of = k;
        for (unsigned e = 0; e < n_succ; e++) {
            if (g->node[w->end_of].succ[e] != OPT_NONE)
                continue; /* the rest of an instruction */
            uint32_t s = node_at(w, to[e], n->context);
            g->node[w->end_of].succ[e] = s;
        }
    }
}

bool tcg_grow_graph(struct tcg *tcg, const struct tcg_cpu *cpu, struct opt_graph *g, unsigned tries,
                    struct tcg_lifted *out)
{
    struct growth w = {.tcg = tcg, .cpu = cpu, .g = g, .out = out, .max_insns = MAX_INSNS >> tries};
    g->guest = tcg->guest;
    g->loops_only = tcg->opt.tier != TCG_TIER_2;
    g->keep_parts = tcg->opt.accel == TCG_ACCEL_LOCKSTEP; /* which walks by instructions */
    g->entry_pc = cpu->pc;
    g->mode = cpu->mode;
    g->run_mode = cpu->run_mode;
    g->n_ops = 1; /* 0 is no op */
    if (!g->ops)
        copy_ops(g, &tcg->ir, 0, 0);
    g->n_nodes = g->n_insns = 0;
    g->n_contexts = 1;
    g->context[0] = (struct opt_context){0};
    out->n_ranges = 0;
    g->node[g->n_nodes++] = (struct opt_node){.pc = g->entry_pc, .succ = {OPT_NONE, OPT_NONE}};
    explore(&w, 0);
    out->n_insns = g->n_insns;
    return g->node[0].n != 0;
}

bool tcg_lift_graph(struct tcg *tcg, const struct tcg_cpu *cpu, struct tcg_lifted *out)
{
    if (!tcg->graph && !(tcg->graph = calloc(1, sizeof *tcg->graph)))
        abort();
    for (unsigned tries = 0; tries <= TCG_GRAPH_TRIES; tries++) {
        if (!tcg_grow_graph(tcg, cpu, tcg->graph, tries, out))
            return false;
        const enum opt_result result = opt_graph_region(tcg->graph, &tcg->ir);
        if (result != OPT_TOO_LARGE)
            return result == OPT_MADE;
    }
    return false;
}
