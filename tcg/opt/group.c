/* SPDX-License-Identifier: MIT */
/*
 * Slots that overlap (A32's S, D and Q registers): in each region every group gets one width, that
 * which costs least, and gets and puts of other widths become operations on slots of that width.  So
 * no two slots of later IR overlap.  Runs on the IR as lifted, where nothing is promoted yet; costs
 * nothing for a guest without groups, and a walk over the region where each group is used in one
 * width.  Groups are of vector slots: 16 bytes, aligned, of members of 4, 8 and 16 bytes.
 *
 * A get of a member that starts a slot is that slot's value as it is: what lies above the low lanes
 * does not matter (tcg_slot.bytes).  Within a block what a member or a slot holds is remembered, so
 * that d0 and d1 put one after the other are one vzip1 and one put of q0.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/guest.h"
#include "tcg/opt/opt.h"

enum { MAX_GROUPS = 64, WIDTHS = 3, PARTS = 4 };

/* The width of a group's slots in this region: 4 << index bytes. */
static unsigned width_index(unsigned bytes) { return bytes == 4 ? 0 : bytes == 8 ? 1 : 2; }

struct use {
    uint8_t touched;        /* bits 1 << width_index */
    uint32_t cost[WIDTHS];  /* ops that the region needs more if the group has that width */
};

/* One group while the region is written anew. */
struct members {
    uint8_t bytes;                  /* its slots' width; 0: nothing changes */
    uint16_t slot[WIDTHS][PARTS];   /* by width and place, in units of the width */
    ir_ref whole[PARTS];            /* what the slot that begins at a part holds; 0: not known */
    ir_ref part[PARTS];             /* what a narrower member that begins there holds */
    uint8_t part_bytes[PARTS];
    ir_ref put[PARTS];              /* the last put of the slot that begins there, unless an exit came */
};

struct regroup {
    struct ir *ir;
    struct ir_op *ops;              /* the new ones */
    uint32_t n, cap;
    ir_ref *map;                    /* by old op: its value now */
    struct members group[MAX_GROUPS + 1];
};

/* --- which width ---------------------------------------------------------------------------------- */

static void count(struct use *u, const struct tcg_slot *s, bool put)
{
    const unsigned bytes = tcg_slot_bytes(s);
    u->touched |= (uint8_t)(1 << width_index(bytes));
    for (unsigned k = 0; k < WIDTHS; k++) {
        const unsigned width = 4u << k;
        if (width > bytes)
            u->cost[k] += put ? 2 : s->offset % width != 0;
        else if (width < bytes)
            u->cost[k] += bytes / width - 1 + put;
    }
}

static unsigned cheapest(const struct use *u)
{
    unsigned best = WIDTHS;
    for (unsigned k = WIDTHS; k-- > 0;)
        if (u->touched >> k & 1 && (best == WIDTHS || u->cost[k] < u->cost[best]))
            best = k;
    return 4u << best;
}

/* Fills in the width of each group that is used in more than one; false if none is. */
static bool choose(const struct ir *ir, struct regroup *g)
{
    struct use use[MAX_GROUPS + 1] = {{0}};
    bool mixed = false;
    for (ir_ref r = 1; r < ir->n; r++) {
        const struct ir_op *op = &ir->ops[r];
        if (op->opc != IR_get && op->opc != IR_put)
            continue;
        const struct tcg_slot *s = &ir->guest->slots[op->imm];
        if (s->group)
            count(&use[s->group], s, op->opc == IR_put);
    }
    for (unsigned k = 1; k <= ir->guest->n_groups; k++)
        if (use[k].touched & (use[k].touched - 1)) {
            g->group[k].bytes = (uint8_t)cheapest(&use[k]);
            mixed = true;
        }
    return mixed;
}

static void list_members(const struct guest *guest, struct regroup *g)
{
    for (unsigned k = 0; k < guest->n_slots; k++) {
        const struct tcg_slot *s = &guest->slots[k];
        const unsigned bytes = tcg_slot_bytes(s);
        if (s->group)
            g->group[s->group].slot[width_index(bytes)][s->offset % 16 / bytes] = (uint16_t)k;
    }
}

/* --- writing the region anew ------------------------------------------------------------------------ */

static ir_ref add(struct regroup *g, struct ir_op op)
{
    if (g->n == g->cap) {
        g->cap *= 2;
        g->ops = realloc(g->ops, g->cap * sizeof *g->ops);
        if (!g->ops)
            abort();
    }
    g->ops[g->n] = op;
    return g->n++;
}

static ir_ref vec(struct regroup *g, enum ir_opc opc, uint8_t lane, ir_ref a, ir_ref b, int64_t imm)
{
    return add(g, (struct ir_op){.opc = (uint16_t)opc, .type = IR_V128, .lane = lane, .arg = {a, b},
                                 .imm = imm, .mod = IR_ROUND_DYN});
}

/* The slot of the group's width that holds `part`. */
static unsigned slot_at(const struct members *m, unsigned part)
{
    return m->slot[width_index(m->bytes)][part * 4 / m->bytes];
}

static ir_ref whole_at(struct regroup *g, struct members *m, unsigned part)
{
    if (!m->whole[part])
        m->whole[part] = add(g, (struct ir_op){.opc = IR_get, .type = IR_V128,
                                               .imm = slot_at(m, part)});
    return m->whole[part];
}

/* The slot that begins at `part` holds v.  A put before it that nobody can have seen is none. */
static void put_whole(struct regroup *g, struct members *m, unsigned part, ir_ref v)
{
    if (m->put[part])
        g->ops[m->put[part]] = (struct ir_op){.opc = IR_NOP};
    m->put[part] = add(g, (struct ir_op){.opc = IR_put, .type = IR_V128, .arg = {v},
                                         .imm = slot_at(m, part)});
    m->whole[part] = v;
}

/* Bytes of the group, from `part` on, get a new value. */
static void forget(struct members *m, unsigned part, unsigned bytes)
{
    for (unsigned k = 0; k < PARTS; k++)
        if (k * 4 < part * 4 + bytes && k * 4 + m->part_bytes[k] > part * 4)
            m->part_bytes[k] = 0;
}

static ir_ref get_narrow(struct regroup *g, struct members *m, unsigned part, unsigned bytes)
{
    if (m->part_bytes[part] >= bytes)
        return m->part[part];
    const unsigned in = part * 4 % m->bytes, whole = part - in / 4;
    ir_ref v = whole_at(g, m, whole);
    if (in)
        v = bytes == 8 ? vec(g, IR_vhi64, IR_LANE_D, v, 0, 0)
                       : vec(g, IR_vdupl, IR_LANE_S, v, 0, in / 4);
    m->part[part] = v;
    m->part_bytes[part] = (uint8_t)bytes;
    return v;
}

static ir_ref get_wide(struct regroup *g, struct members *m, unsigned part, unsigned bytes)
{
    if (bytes == m->bytes)
        return whole_at(g, m, part);
    const ir_ref low = get_wide(g, m, part, bytes / 2);
    const ir_ref high = get_wide(g, m, part + bytes / 8, bytes / 2);
    return vec(g, IR_vzip1, bytes == 16 ? IR_LANE_D : IR_LANE_S, low, high, 0);
}

/* Both halves of a vector have been put: it is made of them. */
static ir_ref insert(struct regroup *g, ir_ref whole, ir_ref v, unsigned bytes, unsigned place)
{
    const struct ir_op w = g->ops[whole];
    if (bytes == 8 && w.opc == IR_vinsl && w.lane == IR_LANE_D && !w.imm2 && w.imm != place)
        return place ? vec(g, IR_vzip1, IR_LANE_D, w.arg[1], v, 0)
                     : vec(g, IR_vzip1, IR_LANE_D, v, w.arg[1], 0);
    return vec(g, IR_vinsl, bytes == 8 ? IR_LANE_D : IR_LANE_S, whole, v, place);
}

static void put_narrow(struct regroup *g, struct members *m, unsigned part, unsigned bytes, ir_ref v)
{
    const unsigned in = part * 4 % m->bytes, whole = part - in / 4;
    put_whole(g, m, whole, insert(g, whole_at(g, m, whole), v, bytes, in / bytes));
    forget(m, part, bytes);
    m->part[part] = v;
    m->part_bytes[part] = (uint8_t)bytes;
}

static void put_wide(struct regroup *g, struct members *m, unsigned part, unsigned bytes, ir_ref v)
{
    forget(m, part, bytes);
    for (unsigned k = 0; k < bytes / m->bytes; k++) {
        ir_ref piece = v;
        if (k)
            piece = m->bytes == 8 ? vec(g, IR_vhi64, IR_LANE_D, v, 0, 0)
                                  : vec(g, IR_vdupl, IR_LANE_S, v, 0, k);
        put_whole(g, m, part + k * m->bytes / 4, piece);
    }
}

/* Op r, its operands renamed, is a get or a put of a member of m. */
static void rewrite(struct regroup *g, struct members *m, ir_ref r, const struct ir_op *op)
{
    const struct tcg_slot *s = &g->ir->guest->slots[op->imm];
    const unsigned bytes = tcg_slot_bytes(s), part = s->offset % 16 / 4;
    if (op->opc == IR_get)
        g->map[r] = bytes < m->bytes ? get_narrow(g, m, part, bytes) : get_wide(g, m, part, bytes);
    else if (bytes < m->bytes)
        put_narrow(g, m, part, bytes, op->arg[0]);
    else
        put_wide(g, m, part, bytes, op->arg[0]);
}

/* Somebody may look at state, or (`all`) change it. */
static void seen(struct regroup *g, bool all)
{
    for (unsigned k = 1; k <= g->ir->guest->n_groups; k++) {
        struct members *m = &g->group[k];
        if (!m->bytes)
            continue;
        memset(m->put, 0, sizeof m->put);
        if (all) {
            memset(m->whole, 0, sizeof m->whole);
            memset(m->part_bytes, 0, sizeof m->part_bytes);
        }
    }
}

static void copy_block(struct regroup *g, struct ir_block *b)
{
    const ir_ref first = b->first, last = b->last;
    seen(g, true);
    b->first = g->n;
    for (ir_ref r = first; r <= last; r++) {
        struct ir_op op = g->ir->ops[r];
        for (unsigned k = 0; k < 4; k++)
            op.arg[k] = op.arg[k] ? g->map[op.arg[k]] : 0;
        if (ir_opinfo[op.opc].flags & IRF_EXIT)
            seen(g, op.opc == IR_call || op.opc == IR_vcall);
        struct members *m = op.opc == IR_get || op.opc == IR_put
                                ? &g->group[g->ir->guest->slots[op.imm].group] : &g->group[0];
        if (m->bytes)
            rewrite(g, m, r, &op);
        else
            g->map[r] = add(g, op);
    }
    b->last = g->n - 1;
}

static bool uses_groups(const struct ir *ir)
{
    const struct tcg_slot *slots = ir->guest->slots;
    for (ir_ref r = 1; ir->guest->n_groups && r < ir->n; r++) {
        const struct ir_op *op = &ir->ops[r];
        if ((op->opc == IR_get || op->opc == IR_put) && slots[op->imm].group)
            return true;
    }
    return false;
}

static void regroup(struct ir *ir)
{
    struct regroup g = {.ir = ir};
    if (!choose(ir, &g))
        return;
    list_members(ir->guest, &g);
    g.cap = ir->n * 2 + 1;
    g.ops = malloc(g.cap * sizeof *g.ops);
    g.map = calloc(ir->n, sizeof *g.map);
    if (!g.ops || !g.map)
        abort();
    add(&g, (struct ir_op){.opc = IR_NOP});
    for (uint32_t k = 0; k < ir->n_blocks; k++)
        copy_block(&g, &ir->blocks[k]);
    for (uint32_t k = 0; k < ir->n_edge_args; k++)
        ir->edge_args[k] = g.map[ir->edge_args[k]];
    free(ir->ops);
    free(g.map);
    ir->ops = g.ops;
    ir->n = g.n;
    ir->cap = g.cap;
    ir->mark = realloc(ir->mark, (ir->cap / 64 + 1) * sizeof *ir->mark);
    if (!ir->mark)
        abort();
}

void opt_group(struct ir *ir)
{
    if (uses_groups(ir)) /* most regions do not: what the rest needs is not even cleared */
        regroup(ir);
}
