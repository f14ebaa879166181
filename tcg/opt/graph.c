/* SPDX-License-Identifier: MIT */
/*
 * From a graph of guest code to a plan of blocks: what does not lead back to a loop's head goes,
 * nodes that only follow one another are one block, and data flow over slots (not values: there are
 * few slots) says which of them each block gets as parameters.  Includes graph.h.
 *
 * A slot is carried into a block if some way on from there reads it, or puts it again while what it
 * holds by now is not in memory yet: storing it now would be for nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/guest.h"
#include "tcg/opt/graph.h"
#include "tcg/opt/opt.h"

enum { MAX_PEELED = 200 };

/* --- trimming and order --------------------------------------------------------------------------- */

/* Nodes from which node 0 is reached again; all, if none is: then it returns false.  The rest of an
 * instruction whose condition mostly fails, as the way out of code that a JIT has made, goes too: the region is
 * left before the instruction, for a region that begins with it. */
static bool keep_loop(struct opt_graph *g)
{
    bool loop = false;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t k = 0; k < g->n_nodes; k++) {
            struct opt_node *n = &g->node[k];
            for (int e = 0; e < 2 && !n->keep; e++)
                if (n->succ[e] != OPT_NONE && (n->succ[e] == 0 || g->node[n->succ[e]].keep))
                    n->keep = changed = loop = true;
        }
    }
    for (uint32_t k = 0; k < g->n_nodes; k++) {
        struct opt_node *n = &g->node[k];
        n->keep |= !loop;
        if (!n->keep)
            continue;
        for (int e = 0; e < 2; e++) {
            struct opt_node *s = n->succ[e] == OPT_NONE ? NULL : &g->node[n->succ[e]];
            if (s && ((s->part && (g->keep_parts || n->to[e] == g->entry_pc)) || s->context == OPT_NONE))
                s->keep = true; /* the way out is behind it */
            if (loop && s && n->succ[e] != 0 && !s->keep)
                n->succ[e] = OPT_NONE;
        }
    }
    return loop;
}

struct order {
    const struct opt_graph *g;
    bool seen[OPT_MAX_NODES];
    uint32_t post[OPT_MAX_NODES], n;
};

/* Depth is bounded by OPT_MAX_NODES. */
static void visit(struct order *o, uint32_t k)
{
    const struct opt_node *n = &o->g->node[k];
    o->seen[k] = true;
    for (int e = 0; e < 2; e++)
        if (n->succ[e] != OPT_NONE && !o->seen[n->succ[e]])
            visit(o, n->succ[e]);
    o->post[o->n++] = k;
}

static void count_preds(const struct opt_graph *g, const struct order *o, unsigned *preds)
{
    memset(preds, 0, g->n_nodes * sizeof *preds);
    preds[0] = 2; /* the way in: begins a block */
    for (uint32_t i = 0; i < o->n; i++)
        for (int e = 0; e < 2; e++)
            if (g->node[o->post[i]].succ[e] != OPT_NONE)
                preds[g->node[o->post[i]].succ[e]]++;
}

static uint32_t only_succ(const struct opt_node *n)
{
    if (n->succ[0] == OPT_NONE || n->succ[0] == n->succ[1])
        return n->succ[1];
    return n->succ[1] == OPT_NONE ? n->succ[0] : OPT_NONE;
}

/* Does block b put flags, in not too many ops? */
static bool puts_flags(const struct opt_plan *p, const struct opt_block *b)
{
    const struct opt_graph *g = p->g;
    uint32_t n = 0;
    bool puts = false;
    for (uint32_t k = b->first; k != OPT_NONE; k = p->next[k]) {
        n += g->node[k].n;
        for (uint32_t r = g->node[k].first; r < g->node[k].first + g->node[k].n; r++)
            puts |= g->ops[r].opc == IR_put && g->ops[r].type == IR_FLAGS;
    }
    return puts && n <= MAX_PEELED;
}

/* The way into a loop: a block of its own.  Flags come in as a word in memory, but should go round as
 * the operands of what makes them, so if the loop's first block makes some, the way in is a copy of
 * that. */
static void make_entry(struct opt_plan *p)
{
    p->block[0] = (struct opt_block){.first = OPT_NONE, .last = OPT_NONE, .succ = {1, OPT_NONE}};
    if (puts_flags(p, &p->block[1]))
        p->block[0] = p->block[1];
}

/* Blocks in reverse postorder.  Block 0 is for the way in alone if node 0 has other ways to it. */
static bool make_blocks(struct opt_plan *p, const struct order *o)
{
    const struct opt_graph *g = p->g;
    unsigned preds[OPT_MAX_NODES];
    count_preds(g, o, preds);
    memset(p->block_of, 0xff, sizeof p->block_of);
    p->n_blocks = preds[0] > 2;
    for (uint32_t i = o->n; i-- > 0;) {
        uint32_t k = o->post[i];
        if (p->block_of[k] != OPT_NONE)
            continue; /* follows another in its block */
        if (p->n_blocks == IR_MAX_BLOCKS)
            return false;
        struct opt_block *b = &p->block[p->n_blocks];
        *b = (struct opt_block){.first = k};
        for (;;) {
            uint32_t next = only_succ(&g->node[k]);
            p->block_of[k] = p->n_blocks;
            p->next[k] = OPT_NONE;
            if (next == OPT_NONE || preds[next] != (g->node[k].succ[0] == g->node[k].succ[1] ? 2u : 1u))
                break;
            p->next[k] = next;
            k = next;
        }
        b->last = k;
        p->n_blocks++;
    }
    if (preds[0] > 2)
        make_entry(p);
    return true;
}

static void connect_blocks(struct opt_plan *p)
{
    for (uint32_t k = 0; k < p->n_blocks; k++) {
        struct opt_block *b = &p->block[k];
        if (b->first == OPT_NONE)
            continue;
        for (int e = 0; e < 2; e++) {
            uint32_t s = p->g->node[b->last].succ[e];
            b->succ[e] = s == OPT_NONE ? OPT_NONE : p->block_of[s];
            if (b->succ[e] != OPT_NONE && b->succ[e] <= k)
                p->block[b->succ[e]].loop_head = true;
        }
    }
}

/* Does an edge from block k to block h, a loop by itself, come from elsewhere?  The way into the region is
 * a copy of the loop already. */
static bool from_elsewhere(const struct opt_plan *p, uint32_t k, uint32_t h)
{
    return (p->block[k].succ[0] == h || p->block[k].succ[1] == h) && k != h &&
           !(k == 0 && h == 1 && p->block[0].first == p->block[1].first);
}

/* Block h, a loop by itself, is made twice: what comes from elsewhere goes to a copy before it. */
static void peel(struct opt_plan *p, uint32_t h)
{
    bool elsewhere[IR_MAX_BLOCKS] = {false};
    bool again = false;
    for (uint32_t k = 0; k < p->n_blocks; k++) {
        elsewhere[k < h ? k : k + 1] = from_elsewhere(p, k, h);
        again |= k > h && from_elsewhere(p, k, h);
    }
    memmove(&p->block[h + 1], &p->block[h], (p->n_blocks - h) * sizeof *p->block);
    p->n_blocks++;
    p->block[h].loop_head = again;
    for (uint32_t k = 0; k < p->n_blocks; k++)
        for (int e = 0; e < 2; e++) {
            uint32_t *s = &p->block[k].succ[e];
            if (*s != OPT_NONE && (*s > h || (*s == h && !elsewhere[k])))
                ++*s;
        }
}

/* Loops within the loop: as for the way in (make_entry), flags should go round as operands, though what
 * comes in has others, or has them in memory.  Only where the loop is one block: larger ones, of few
 * rounds, lose. */
static void peel_inner_loops(struct opt_plan *p)
{
    for (uint32_t h = p->n_blocks; h-- > 1;) {
        const struct opt_block *b = &p->block[h];
        bool needed = false;
        for (uint32_t k = 0; k < p->n_blocks; k++)
            needed |= from_elsewhere(p, k, h);
        if (needed && (b->succ[0] == h || b->succ[1] == h) && p->n_blocks < IR_MAX_BLOCKS &&
            puts_flags(p, b))
            peel(p, h);
    }
}

/* Blocks of the loop of head h: those from which it is reached without passing h. */
static void deepen(struct opt_plan *p, uint32_t h)
{
    uint64_t in = UINT64_C(1) << h;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t k = h; k < p->n_blocks; k++)
            for (int e = 0; e < 2; e++) {
                uint32_t s = p->block[k].succ[e];
                bool back = s == h || (s != OPT_NONE && s > h && in >> s & 1);
                if (back && (!(in >> k & 1))) {
                    in |= UINT64_C(1) << k;
                    changed = true;
                }
            }
    }
    for (uint32_t k = h; k < p->n_blocks; k++)
        p->block[k].depth += in >> k & 1;
}

/* --- data flow over slots ------------------------------------------------------------------------- */

static void scan_block(struct opt_plan *p, struct opt_block *b)
{
    const struct opt_graph *g = p->g;
    const uint32_t weight = 1u << (b->depth < 5 ? 3 * b->depth : 15);
    for (uint32_t k = b->first; k != OPT_NONE; k = p->next[k])
        for (uint32_t r = g->node[k].first; r < g->node[k].first + g->node[k].n; r++) {
            const struct ir_op *op = &g->ops[r];
            if (op->opc != IR_get && op->opc != IR_put)
                continue;
            unsigned s = (unsigned)op->imm;
            p->weight[s] += weight;
            if (op->opc == IR_put)
                opt_add(&b->put, s);
            else if (!opt_in(&b->put, s))
                opt_add(&b->use, s);
        }
}

enum { WORDS = OPT_MAX_SLOTS / 64 };

/* live and later, backwards. */
static void flow_back(struct opt_plan *p)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t k = p->n_blocks; k-- > 0;) {
            struct opt_block *b = &p->block[k];
            for (unsigned w = 0; w < WORDS; w++) {
                uint64_t live = 0, later = 0;
                for (int e = 0; e < 2; e++)
                    if (b->succ[e] != OPT_NONE) {
                        live |= p->block[b->succ[e]].live.w[w];
                        later |= p->block[b->succ[e]].later.w[w];
                    }
                live = b->use.w[w] | (live & ~b->put.w[w]);
                later |= b->put.w[w];
                changed |= live != b->live.w[w] || later != b->later.w[w];
                b->live.w[w] = live;
                b->later.w[w] = later;
            }
        }
    }
}

/* dirty and carry, forwards. */
static void flow_dirty(struct opt_plan *p)
{
    for (uint32_t k = 0; k < p->n_blocks; k++)
        p->block[k].dirty = p->block[k].carry = (struct opt_set){{0}};
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t k = 0; k < p->n_blocks; k++) {
            struct opt_block *b = &p->block[k];
            for (unsigned w = 0; w < WORDS; w++) {
                uint64_t held = b->live.w[w] | (b->dirty.w[w] & b->later.w[w]);
                b->carry.w[w] = k ? held & ~b->memory.w[w] : 0;
                uint64_t out = (b->dirty.w[w] & b->carry.w[w]) | b->put.w[w];
                for (int e = 0; e < 2; e++) {
                    if (b->succ[e] == OPT_NONE)
                        continue;
                    struct opt_block *s = &p->block[b->succ[e]];
                    uint64_t in = s->dirty.w[w] | (out & ~s->memory.w[w]);
                    changed |= in != s->dirty.w[w];
                    s->dirty.w[w] = in;
                }
            }
        }
    }
}

/* --- shapes ------------------------------------------------------------------------------------- */

bool opt_same_shape(const struct opt_shape *a, const struct opt_shape *b)
{
    return a->kind == b->kind && a->type == b->type && a->lane == b->lane && a->opc == b->opc &&
           a->mod == b->mod && a->same == b->same && a->slot[0] == b->slot[0] && a->slot[1] == b->slot[1] &&
           a->is_const[0] == b->is_const[0] && a->is_const[1] == b->is_const[1] &&
           a->imm[0] == b->imm[0] && a->imm[1] == b->imm[1];
}

static bool fits_extended(const struct opt_shape *c, const struct opt_shape *e)
{
    return c->kind == OPT_CONST && e->kind == OPT_EXTENDED && e->opc == IR_zext64 && !c->mod &&
           (uint64_t)c->imm[0] <= UINT32_MAX;
}

/* A vector with zeros above a lane that is no larger. */
static bool fits_zeros(const struct opt_shape *z, const struct opt_shape *e)
{
    return e->kind == OPT_EXTENDED && e->opc == IR_vzext && z->opc == IR_vzext &&
           (z->kind == OPT_PLAIN || z->kind == OPT_EXTENDED) && (z->lane & 3) <= (e->lane & 3);
}

static void general_operands(struct opt_shape *s)
{
    s->same = false;
    for (int k = 0; k < 2; k++) {
        s->is_const[k] = false;
        s->slot[k] = 0;
        s->imm[k] = 0;
    }
}

/* One op that can make the flags of both: those of a & b are those of (a & b) + 0, and those of 32 bits
 * are those of the upper half of 64 (join.c). */
static bool common_op(struct opt_shape *a, const struct opt_shape *b)
{
    const bool and_add = (a->opc == IR_flags_and && b->opc == IR_flags_add) ||
                         (a->opc == IR_flags_add && b->opc == IR_flags_and);
    if (a->opc != b->opc && !and_add)
        return false;
    if (and_add)
        a->opc = IR_flags_add;
    if (and_add || a->type != b->type)
        general_operands(a);
    if (a->type != b->type)
        a->type = IR_I64;
    return true;
}

/* Flags of one op: an operand that is not the same constant on both ways is a parameter. */
static bool meet_flags(struct opt_shape *a, const struct opt_shape *b)
{
    if (!common_op(a, b))
        return false;
    a->same = a->same && b->same;
    for (int k = 0; k < 2; k++) {
        if (a->is_const[k] && (!b->is_const[k] || a->imm[k] != b->imm[k])) {
            a->is_const[k] = false;
            a->imm[k] = 0;
        }
        if (a->slot[k] != b->slot[k])
            a->slot[k] = 0;
    }
    return true;
}

static bool meet(struct opt_shape *a, const struct opt_shape *b, bool flags)
{
    const struct opt_shape was = *a;
    if (b->kind == OPT_ANY || opt_same_shape(a, b))
        return false;
    if (a->kind == OPT_ANY || fits_extended(a, b) || fits_zeros(a, b))
        *a = *b;
    else if (a->kind == OPT_FLAGS && b->kind == OPT_FLAGS && meet_flags(a, b))
        ;
    else if (flags || a->kind == OPT_NOWHERE || b->kind == OPT_NOWHERE)
        *a = (struct opt_shape){.kind = OPT_NOWHERE};
    else if (!fits_extended(b, a) && !fits_zeros(b, a))
        *a = (struct opt_shape){.kind = OPT_PLAIN};
    return !opt_same_shape(a, &was);
}

struct shapes {
    struct opt_plan *p;
    struct opt_shape *out;   /* of the last put of a slot: [b * n_slots + s] */
};

/* What slot s holds at the end of block k. */
static struct opt_shape shape_out(const struct shapes *x, uint32_t k, unsigned s)
{
    const struct opt_plan *p = x->p;
    const struct opt_block *b = &p->block[k];
    struct opt_shape sh = {.kind = OPT_PLAIN}; /* read from memory */
    if (opt_in(&b->put, s))
        return x->out[k * p->n_slots + s];
    if (opt_in(&b->carry, s))
        sh = p->shape[k * p->n_slots + s];
    for (int i = 0; i < 2; i++)
        if (sh.slot[i] && opt_in(&b->put, sh.slot[i] - 1u))
            sh.slot[i] = 0; /* the slot has another value by now */
    return sh;
}

/* Where slot s was read that operand k of the flags put by op `put` is the value of. */
static uint32_t read_at(const struct opt_graph *g, uint32_t put, int k)
{
    const uint32_t operand = g->ops[g->ops[put].arg[0]].arg[k];
    return g->ops[operand].opc == IR_trunc ? g->ops[operand].arg[0] : operand;
}

/* Slot s is put: no flags put before have what it holds as an operand any more. */
static void slot_changes(const struct opt_plan *p, struct opt_shape *out, unsigned s)
{
    OPT_EACH(f, &p->all_flags)
        for (int k = 0; k < 2; k++)
            if (out[f].slot[k] == s + 1)
                out[f].slot[k] = 0;
}

/* A slot that a node, whose last puts are given, puts value v to, plus 1; or 0. */
static uint16_t put_too(const struct opt_graph *g, const struct opt_node *n, const uint32_t *last_put, ir_ref v)
{
    for (uint32_t r = n->first; r < n->first + n->n; r++) {
        const struct ir_op *op = &g->ops[r];
        if (op->opc == IR_put && last_put[op->imm] == r &&
            (op->arg[0] == v || (g->ops[op->arg[0]].opc == IR_zext64 && g->ops[op->arg[0]].arg[0] == v)))
            return (uint16_t)(op->imm + 1);
    }
    return 0;
}

/* Operands of flags that the node puts to a slot as well, as ANDS does. */
static void find_results(const struct opt_graph *g, const struct opt_node *n, const uint32_t *last_put,
                         struct opt_shape *out)
{
    for (uint32_t r = n->first; r < n->first + n->n; r++) {
        const struct ir_op *op = &g->ops[r];
        if (op->opc != IR_put || last_put[op->imm] != r || out[op->imm].kind != OPT_FLAGS)
            continue;
        for (int k = 0; k < 2; k++)
            if (!out[op->imm].slot[k] && !out[op->imm].is_const[k])
                out[op->imm].slot[k] = put_too(g, n, last_put, g->ops[op->arg[0]].arg[k]);
    }
}

/* Shapes of what block b puts last. */
static void find_puts(struct shapes *x, uint32_t block)
{
    const struct opt_plan *p = x->p;
    const struct opt_graph *g = p->g;
    struct opt_shape *out = x->out + block * p->n_slots;
    for (uint32_t k = p->block[block].first; k != OPT_NONE; k = p->next[k]) {
        uint32_t last_put[OPT_MAX_SLOTS] = {0}; /* in this node */
        for (uint32_t r = g->node[k].first; r < g->node[k].first + g->node[k].n; r++) {
            if (g->ops[r].opc != IR_put)
                continue;
            const unsigned s = (unsigned)g->ops[r].imm;
            slot_changes(p, out, s);
            out[s] = opt_shape_of(g, g->ops[r].arg[0]);
            last_put[s] = r;
            for (int i = 0; i < 2; i++)
                if (out[s].slot[i] && last_put[out[s].slot[i] - 1] > read_at(g, r, i))
                    out[s].slot[i] = 0; /* it has changed since it was read */
        }
        find_results(g, &g->node[k], last_put, out);
    }
}

/* An operand of flags can be taken from a slot where that is carried in too. */
static void need_carried(const struct opt_block *b, struct opt_shape *sh)
{
    for (int i = 0; i < 2; i++)
        if (sh->slot[i] && !opt_in(&b->carry, sh->slot[i] - 1u))
            sh->slot[i] = 0;
}

/* Shapes as they go round; true if a slot turned out to need memory that was not known to. */
static bool flow_shapes(struct shapes *x)
{
    struct opt_plan *p = x->p;
    bool found = false;
    memset(p->shape, 0, p->n_blocks * p->n_slots * sizeof *p->shape);
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t k = 0; k < p->n_blocks; k++)
            for (int e = 0; e < 2; e++) {
                uint32_t t = p->block[k].succ[e];
                if (t == OPT_NONE)
                    continue;
                OPT_EACH(s, &p->block[t].carry) {
                    struct opt_shape out = shape_out(x, k, s);
                    need_carried(&p->block[t], &out);
                    changed |= meet(&p->shape[t * p->n_slots + s], &out,
                                    p->g->guest->slots[s].type == IR_FLAGS);
                }
            }
    }
    for (uint32_t k = 0; k < p->n_blocks; k++)
        OPT_EACH(s, &p->block[k].carry)
            if (p->shape[k * p->n_slots + s].kind == OPT_NOWHERE) {
                opt_add(&p->block[k].memory, s);
                found = true;
            }
    return found;
}

/* --- flags in several slots ------------------------------------------------------------------------ */

/* Does slot s hold the same flags as slot p->flags at the end of block k? */
static bool twin_out(const struct opt_plan *p, uint32_t k, unsigned s)
{
    const struct opt_block *b = &p->block[k];
    const struct opt_graph *g = p->g;
    uint32_t value[2] = {0, 0};
    if (!opt_in(&b->put, s) && !opt_in(&b->put, p->flags))
        return opt_in(&b->twin, s);
    for (uint32_t n = b->first; n != OPT_NONE; n = p->next[n])
        for (uint32_t r = g->node[n].first; r < g->node[n].first + g->node[n].n; r++)
            if (g->ops[r].opc == IR_put && (g->ops[r].imm == p->flags || g->ops[r].imm == s))
                value[g->ops[r].imm == s] = g->ops[r].arg[0];
    return value[0] == value[1];
}

/* A guest whose flags are in several slots mostly writes all at once: they are carried once. */
static void flow_twins(struct opt_plan *p)
{
    const unsigned first = opt_next(&p->all_flags, 0);
    p->flags = first < p->n_slots ? first : p->n_slots;
    for (unsigned s = opt_next(&p->all_flags, first + 1); s < OPT_MAX_SLOTS; s = opt_next(&p->all_flags, s + 1)) {
        for (uint32_t k = 1; k < p->n_blocks; k++)
            opt_add(&p->block[k].twin, s);
        for (bool changed = true; changed;) {
            changed = false;
            for (uint32_t k = 0; k < p->n_blocks; k++)
                for (int e = 0; e < 2; e++) {
                    const uint32_t t = p->block[k].succ[e];
                    if (t == OPT_NONE || !opt_in(&p->block[t].twin, s) || twin_out(p, k, s))
                        continue;
                    opt_remove(&p->block[t].twin, s);
                    changed = true;
                }
        }
    }
}

/* What is too much to carry goes through memory: first what memory holds anyway (a use of it is a memory
 * operand), then what nobody reads, then what is used least.  Flags do not: their operands mostly are
 * carried anyway, and packing them takes five instructions. */
static bool too_many(struct opt_plan *p, struct opt_block *b, enum ir_type class, unsigned limit)
{
    unsigned n = 0, worst = 0;
    uint64_t worst_weight = UINT64_MAX;
    OPT_EACH(s, &b->carry) {
        bool vector = p->g->guest->slots[s].type == IR_V128;
        if (vector != (class == IR_V128) ||
            p->g->guest->slots[s].type == IR_FLAGS)
            continue;
        const uint64_t weight = p->weight[s] + (opt_in(&b->live, s) ? UINT64_C(1) << 40 : 0) +
                                (opt_in(&b->dirty, s) ? UINT64_C(1) << 41 : 0);
        n++;
        if (weight < worst_weight) {
            worst_weight = weight;
            worst = s;
        }
    }
    if (n <= limit || worst_weight == UINT64_MAX)
        return false;
    opt_add(&b->memory, worst);
    opt_remove(&b->carry, worst);
    return true;
}

enum { MAX_INT = 14, MAX_VEC = 16 };

static bool limit_carried(struct opt_plan *p)
{
    bool changed = false;
    for (uint32_t k = 1; k < p->n_blocks; k++) {
        while (too_many(p, &p->block[k], IR_I64, MAX_INT))
            changed = true;
        while (too_many(p, &p->block[k], IR_V128, MAX_VEC))
            changed = true;
    }
    return changed;
}

static void analyse(struct opt_plan *p)
{
    struct shapes x = {.p = p};
    for (uint32_t k = p->n_blocks; k-- > 0;)
        if (p->block[k].loop_head)
            deepen(p, k);
    for (uint32_t k = 0; k < p->n_blocks; k++)
        if (p->block[k].first != OPT_NONE)
            scan_block(p, &p->block[k]);
    for (unsigned s = 0; s < p->n_slots; s++)
        if (p->g->guest->slots[s].type == IR_FLAGS)
            opt_add(&p->all_flags, s);
    x.out = calloc((size_t)p->n_blocks * p->n_slots * 2, sizeof *x.out);
    if (!x.out)
        abort();
    p->shape = x.out + p->n_blocks * p->n_slots;
    for (uint32_t k = 0; k < p->n_blocks; k++)
        find_puts(&x, k);
    flow_back(p);
    flow_twins(p);
    do
        flow_dirty(p);
    while (limit_carried(p) || flow_shapes(&x));
}

/* Slots that overlap get one width each in the whole region: the nodes as blocks of IR. */
static void regroup(struct opt_graph *g)
{
    struct ir_block block[OPT_MAX_NODES];
    ir_ref flags[OPT_MAX_NODES];
    struct ir ir = {.guest = g->guest, .ops = g->ops, .n = g->n_ops, .cap = g->cap_ops,
                    .blocks = block, .n_blocks = g->n_nodes, .edge_args = flags,
                    .n_edge_args = g->n_nodes};
    if (!g->guest->n_groups)
        return;
    for (uint32_t k = 0; k < g->n_nodes; k++) {
        const struct opt_node *n = &g->node[k];
        block[k] = (struct ir_block){.first = n->first, .last = n->first + n->n - 1};
        flags[k] = n->end == OPT_BRANCH ? n->flags : 0;
    }
    opt_group(&ir);
    for (uint32_t k = 0; k < g->n_nodes; k++) {
        g->node[k].first = block[k].first;
        g->node[k].n = block[k].last + 1 - block[k].first;
        g->node[k].flags = flags[k];
    }
    g->ops = ir.ops;
    g->n_ops = ir.n;
    g->cap_ops = ir.cap;
}

enum opt_result opt_graph_region(struct opt_graph *g, struct ir *ir)
{
    regroup(g);
    if (!keep_loop(g) && g->loops_only)
        return OPT_NO_LOOP;
    struct opt_plan *p = calloc(1, sizeof *p);
    struct order o = {.g = g};
    enum opt_result result = OPT_MADE;
    if (!p)
        abort();
    p->g = g;
    p->n_slots = g->guest->n_slots;
    visit(&o, 0);
    if (p->n_slots > OPT_MAX_SLOTS || !make_blocks(p, &o))
        result = OPT_TOO_LARGE;
    if (result == OPT_MADE) {
        connect_blocks(p);
        for (uint32_t k = 0; k < p->n_blocks; k++) {
            p->block[k].polls = p->block[k].loop_head;
            if (p->block[k].polls)
                g->node[p->block[k].first].polls = true;
        }
        g->entry_polls = p->block[0].first == OPT_NONE;
        peel_inner_loops(p);
        analyse(p);
        opt_join(p, ir);
        free(p->shape - p->n_blocks * p->n_slots);
    }
    free(p);
    return result;
}
