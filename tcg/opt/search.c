/* SPDX-License-Identifier: MIT */
/*
 * Several rounds of a loop that looks for something at once: where one block is a loop that loads words or
 * bytes at addresses that go on, computes with them and leaves if it has found what it wants, some rounds
 * (4, 8 or 16) become lanes of vectors in blocks beside it.  strlen(), strchr(), memchr(), strcmp() and the
 * like of every C library, and loops as programs have them.  Includes rounds.h alone.
 *
 * The loop B becomes
 *
 *     B:     as it was, one round; the ways in; goes on in GUARD
 *     GUARD: polls; all loads of those rounds within pages that the first round's are in?  LOOK, else B
 *     LOOK:  does one of the rounds leave?  LAST, else PASS
 *     PASS:  state behind the rounds; GUARD
 *     LAST:  B once more, going round by itself: until it leaves, in one of them
 *
 * LOOK changes nothing, so the state at its head is exact throughout.  A round may leave before it comes to
 * its loads, so one of LOOK's may fault for nothing, or earlier than its turn: tcg_run() then goes on with
 * one instruction by the interpreter (ir.batches), as for lanes.c.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/opt/rounds.h"

enum { LANES = 4, PAGE = 4096, MAX_STRIDE = 128, MAX_SPAN = 1024, MAX_WANTED = 24 };
enum { B, GUARD, LOOK, PASS, LAST, ADDED = LAST }; /* behind l->block */

/* --- what the block is ----------------------------------------------------------------------------- */

/* The vector op of 4-byte lanes that does what an integer op does; IR_NOP: none does. */
static uint16_t vector_op(uint16_t opc)
{
    switch (opc) {
    case IR_add: return IR_vadd;
    case IR_sub: return IR_vsub;
    case IR_and: return IR_vand;
    case IR_or: return IR_vor;
    case IR_xor: return IR_vxor;
    case IR_andn: return IR_vandn;
    case IR_orn: return IR_vorn;
    case IR_not: return IR_vnot;
    case IR_neg: return IR_vneg;
    case IR_shl: return IR_vshl;
    case IR_shr: return IR_vushr;
    case IR_sar: return IR_vsshr;
    case IR_zext: return IR_vand;
    default: return IR_NOP;
    }
}

static bool shift(uint16_t opc) { return opc == IR_shl || opc == IR_shr || opc == IR_sar; }

/* Byte by byte, halfword by halfword or word by word, whatever is in other lanes. */
static bool lanewise(const struct ir_op *op)
{
    switch (op->opc) {
    case IR_vand: case IR_vor: case IR_vxor: case IR_vandn: case IR_vorn: case IR_vnot: case IR_vbsl:
        return true;
    case IR_vadd: case IR_vsub: case IR_vcmpeq: case IR_vcmpgt: case IR_vcmpge: case IR_vcmphi:
    case IR_vcmphs: case IR_vtst: case IR_vsmin: case IR_vsmax: case IR_vumin: case IR_vumax:
    case IR_vshadd: case IR_vuhadd: case IR_vshsub: case IR_vuhsub:
        return !(op->lane & IR_LANES_1) && ir_lane_bytes(op->lane) <= 4;
    default:
        return false;
    }
}

/* Can an op be done for all rounds at once, if its operands can? */
static bool can_be_wide(const struct rounds *l, const struct ir_op *op)
{
    const struct ir_op *by;
    switch (op->opc) {
    case IR_vfromi: return op->type == IR_I32;
    case IR_vtoi: return op->type == IR_I32 && op->lane == IR_LANE_S && !op->imm;
    default: break;
    }
    if (vector_op(op->opc) == IR_NOP)
        return lanewise(op);
    by = op->arg[1] ? rounds_op(l, op->arg[1]) : NULL;
    return op->type == IR_I32 && (!shift(op->opc) || (by->opc == IR_const && by->imm > 0 && by->imm < 32));
}

/* Of an op without effects. */
static enum rounds_kind pure_kind(const struct rounds *l, ir_ref r)
{
    const struct ir_op *op = rounds_op(l, r);
    const ir_ref base = l->base[rounds_at(l, r)];
    const enum rounds_kind a = op->arg[0] ? rounds_kind(l, op->arg[0]) : FIXED;
    if (base && rounds_kind(l, base) == STEPS)
        return STEPS;
    if (op->opc == IR_trunc && (a == PAIR || a == HIGH))
        return WIDE;
    if (op->opc == IR_shr && a == PAIR && ir_is_const(l->ir, op->arg[1]) && rounds_op(l, op->arg[1])->imm == 32)
        return HIGH;
    const enum rounds_kind k = rounds_of_operands(l, op);
    bool wide = can_be_wide(l, op), scalar = true;
    if (k == FIXED || k == NOT_KNOWN)
        return k;
    for (unsigned i = 0; i < ir_arg_count[op->opc]; i++)
        if (op->arg[i]) {
            const enum rounds_kind x = rounds_kind(l, op->arg[i]);
            wide &= x != SCALAR;
            scalar &= x != WIDE || ir_result_type(l->ir, op->arg[i]) == IR_I32;
        }
    return wide ? WIDE : scalar ? SCALAR : NOT_KNOWN;
}

/* By how much the address of a load grows in a round. */
static int64_t stride(const struct rounds *l, const struct ir_op *op)
{
    const unsigned scale = op->mod >> IR_MEM_SCALE_SHIFT & 3;
    return rounds_step(l, op->arg[0]) + (op->arg[1] ? rounds_step(l, op->arg[1]) * (1 << scale) : 0);
}

/* Bytes and halfwords side by side, words and doublewords at any distance forwards. */
static bool load_fits(const struct rounds *l, const struct ir_op *op)
{
    const unsigned size = 1u << (op->mod & IR_MEM_SIZE);
    const int64_t by = stride(l, op);
    for (unsigned i = 0; i < 2; i++)
        if (op->arg[i] && rounds_kind(l, op->arg[i]) != FIXED && rounds_kind(l, op->arg[i]) != STEPS)
            return false;
    if (op->mod & ~(IR_MEM_SIZE | 3u << IR_MEM_SCALE_SHIFT) || op->type != (size == 8 ? IR_I64 : IR_I32))
        return false;
    return size < 4 ? by == size : by >= size && by <= MAX_STRIDE;
}

/* False: several rounds cannot be done without this op, nor with it. */
static bool classify(struct rounds *l, ir_ref r)
{
    const struct ir_op *op = rounds_op(l, r);
    uint8_t *k = &l->kind[rounds_at(l, r)];
    switch (op->opc) {
    case IR_NOP: case IR_insn: case IR_put: case IR_exit_if:
        return true;
    case IR_param:
        *k = (uint8_t)rounds_param_kind(l, r);
        if (*k == NOT_KNOWN && op->type == IR_I32 && rounds_inside(l, rounds_next(l, r)))
            *k = WIDE; /* carried() will tell */
        return true;
    case IR_const: case IR_vconst:
        *k = FIXED;
        return true;
    case IR_get:
        *k = (uint8_t)rounds_get_kind(l, op);
        return true;
    case IR_poll:
        return r + 1 == l->body;
    case IR_load:
        *k = op->type == IR_I64 ? PAIR : WIDE;
        if (l->n_loads == ROUNDS_LOADS || !load_fits(l, op))
            return false;
        l->load[l->n_loads++] = r;
        return true;
    default:
        break;
    }
    if (ir_opinfo[op->opc].flags != (ir_opinfo[op->opc].flags & (IRF_PURE | IRF_COMM | IRF_FOLD)))
        return false;
    *k = (uint8_t)pure_kind(l, r);
    return true;
}

/* What a round takes from the one before is made there of what it loads, not of what it took itself.
 * seen: 1 while r is looked at, 2 behind that. */
static bool carried(const struct rounds *l, ir_ref r, uint8_t *seen)
{
    const struct ir_op *op = rounds_op(l, r);
    const enum rounds_kind k = rounds_kind(l, r);
    uint8_t *s = &seen[rounds_at(l, r)];
    bool ok = true;
    if (*s || (k != WIDE && k != SCALAR))
        return *s != 1 && k != NOT_KNOWN;
    *s = 1;
    if (op->opc == IR_param)
        ok = rounds_kind(l, rounds_next(l, r)) == WIDE && carried(l, rounds_next(l, r), seen);
    else if (op->opc != IR_load)
        for (unsigned i = 0; i < ir_arg_count[op->opc]; i++)
            ok = ok && (!op->arg[i] || rounds_kind(l, op->arg[i]) >= PAIR || carried(l, op->arg[i], seen));
    *s = 2;
    return ok;
}

/* Is r known as of the last round? */
static bool known(const struct rounds *l, ir_ref r, uint8_t *seen)
{
    const enum rounds_kind k = rounds_kind(l, r);
    return k != NOT_KNOWN && k < PAIR && (k != WIDE || ir_result_type(l->ir, r) == IR_I32) &&
           carried(l, r, seen);
}

/* What next() finds: a way out of a round, by cond of flags. */
struct way_out { ir_ref flags; uint16_t cond; };

/* The first way out at r or behind it; 0: none, else where the next may be. */
static ir_ref next_way_out(const struct rounds *l, ir_ref r, struct way_out *w)
{
    for (; r <= l->b.last; r++) {
        const struct ir_op *op = rounds_op(l, r);
        if (op->opc == IR_exit_if || op->opc == IR_branch) {
            *w = (struct way_out){op->arg[0], op->mod ^ (op->opc == IR_branch && l->back == 0)};
            return r + 1;
        }
    }
    return 0;
}

/* Flags that a second comparison has set unless the first one has decided already: the way out is taken if
 * either says so (CMP, CMPNE, BEQ). */
static bool either(const struct ir_op *f, uint16_t cond)
{
    return f->opc == IR_flags_sel && cond == IR_EQ && f->mod == IR_NE && (f->imm == IR_KEEP || f->imm & 4);
}

static bool can_look(const struct rounds *l, struct way_out w, uint8_t *seen)
{
    if (!rounds_inside(l, w.flags))
        return false;
    const struct ir_op *f = rounds_op(l, w.flags);
    if (either(f, w.cond))
        return can_look(l, (struct way_out){f->arg[0], IR_EQ}, seen) &&
               can_look(l, (struct way_out){f->arg[1], IR_EQ}, seen);
    if (f->type != IR_I32 || (f->opc != IR_flags_sub && f->opc != IR_flags_and) || w.cond >= IR_AL ||
        w.cond == IR_VS || w.cond == IR_VC)
        return false;
    for (unsigned i = 0; i < 2; i++) {
        const enum rounds_kind k = rounds_kind(l, f->arg[i]);
        if ((k != FIXED && k != STEPS && k != WIDE) || !carried(l, f->arg[i], seen))
            return false;
    }
    return f->opc == IR_flags_sub || w.cond < IR_CS || w.cond == IR_MI || w.cond == IR_PL;
}

static bool fits(struct rounds *l)
{
    uint8_t seen[ROUNDS_BLOCK] = {0};
    struct way_out w;
    unsigned n = 0;
    for (ir_ref r = l->b.first; r < l->b.last; r++)
        if (!classify(l, r))
            return false;
    for (ir_ref r = l->body; (r = next_way_out(l, r, &w)); n++)
        if (!can_look(l, w, seen))
            return false;
    for (ir_ref r = l->body; r < l->b.last; r++)
        if (rounds_last_put(l, r) && !known(l, rounds_op(l, r)->arg[0], seen))
            return false;
    for (unsigned k = 0; k < l->b.n_params; k++)
        if (!known(l, rounds_next(l, l->b.first + k), seen))
            return false;
    return n && l->n_loads;
}

/* --- loads ----------------------------------------------------------------------------------------- */

/* Where load r is in the first round, from where its base is. */
static int64_t place(const struct rounds *l, ir_ref r)
{
    const struct ir_op *op = rounds_op(l, r);
    return l->offset[rounds_at(l, op->arg[0])] + op->imm;
}

/* Are two loads always as far from each other as their places are? */
static bool same_base(const struct rounds *l, ir_ref r, ir_ref other)
{
    const struct ir_op *a = rounds_op(l, r), *b = rounds_op(l, other);
    const ir_ref x = l->base[rounds_at(l, a->arg[0])], y = l->base[rounds_at(l, b->arg[0])];
    return (x ? x == y : !y && a->arg[0] == b->arg[0]) && a->arg[1] == b->arg[1] &&
           !((a->mod ^ b->mod) >> IR_MEM_SCALE_SHIFT & 3);
}

/* Bytes from the first place to behind the last one of all loads with r's base, in all rounds; 0: r's is
 * not the first. */
static int64_t span(const struct rounds *l, ir_ref r)
{
    int64_t last = 0;
    for (unsigned k = 0; k < l->n_loads; k++) {
        const ir_ref x = l->load[k];
        const struct ir_op *op = rounds_op(l, x);
        if (!same_base(l, r, x))
            continue;
        const int64_t at = place(l, x) - place(l, r);
        const int64_t end = at + (1 << (op->mod & IR_MEM_SIZE)) + ((int64_t)l->n - 1) * stride(l, op);
        if (at < 0 || (at == 0 && x < r))
            return 0;
        last = end > last ? end : last;
    }
    return last;
}

/* How many rounds at once: of long ones few, for a round that leaves is done again from the first on. */
static bool spans_fit(struct rounds *l)
{
    int64_t most = 0;
    for (unsigned k = 0; k < l->n_loads; k++) {
        const int64_t by = stride(l, rounds_op(l, l->load[k]));
        most = by > most ? by : most;
    }
    l->n = LANES * (most < 4 ? 4 : most <= 8 ? 2 : 1);
    for (unsigned k = 0; k < l->n_loads; k++)
        if (span(l, l->load[k]) > MAX_SPAN)
            return false;
    return true;
}

/* The address of load r in the first round. */
static ir_ref address(struct rounds *l, ir_ref r)
{
    const struct ir_op *op = rounds_op(l, r);
    const enum ir_type t = (enum ir_type)rounds_op(l, op->arg[0])->type;
    const unsigned scale = op->mod >> IR_MEM_SCALE_SHIFT & 3;
    ir_ref a = rounds_first(l, op->arg[0]);
    if (op->arg[1]) {
        ir_ref x = rounds_first(l, op->arg[1]);
        if (scale)
            x = ir_shl(l->out, t, x, ir_const(l->out, t, scale));
        a = ir_add(l->out, t, a, x);
    }
    return op->imm ? ir_add(l->out, t, a, ir_const(l->out, t, op->imm)) : a;
}

/* 1 << log2 bytes of load r, and of what is behind it, as of round `round`. */
static ir_ref load(struct rounds *l, ir_ref r, unsigned log2, int64_t round)
{
    struct ir_op op = *rounds_op(l, r);
    op.imm += round * stride(l, &op);
    op.pass = 0;
    op.type = IR_V128;
    op.arg[0] = rounds_first(l, op.arg[0]);
    op.arg[1] = op.arg[1] ? rounds_first(l, op.arg[1]) : 0;
    op.mod = (uint16_t)((op.mod & ~IR_MEM_SIZE) | log2);
    return ir_emit(l->out, op);
}

/* Load r of two rounds, in the low half or, if it is of 8 bytes, all of a vector. */
static ir_ref two_loads(struct rounds *l, ir_ref r, unsigned log2, int64_t round)
{
    if (stride(l, rounds_op(l, r)) == 1 << log2)
        return load(l, r, log2 + 1, round);
    const ir_ref a = load(l, r, log2, round), b = load(l, r, log2, round + 1);
    return ir_vzip1(l->out, (uint8_t)log2, a, b);
}

/* Load r of the LANES rounds from l->round on. */
static void wide_load(struct rounds *l, ir_ref r)
{
    const int64_t first = l->round;
    const struct ir_op *op = rounds_op(l, r);
    const unsigned log2 = op->mod & IR_MEM_SIZE;
    ir_ref *m = &l->wide[rounds_at(l, r)];
    if (log2 == 3) {
        const ir_ref a = two_loads(l, r, 3, first), b = two_loads(l, r, 3, first + 2);
        *m = ir_vuzp1(l->out, IR_LANE_S, a, b);
        l->high[rounds_at(l, r)] = ir_vuzp2(l->out, IR_LANE_S, a, b);
    } else if (log2 == 2 && stride(l, op) != 4) {
        const ir_ref a = two_loads(l, r, 2, first), b = two_loads(l, r, 2, first + 2);
        *m = ir_vzip1(l->out, IR_LANE_D, a, b);
    } else {
        *m = load(l, r, log2 + 2, first);
        for (unsigned k = log2; k < 2; k++)
            *m = ir_vuxtl(l->out, IR_LANE(k, IR_LANES_64), *m);
    }
}

/* --- values of several rounds ------------------------------------------------------------------------ */

static ir_ref vector_const(struct rounds *l, uint32_t x)
{
    return ir_vconst(l->out, x * UINT64_C(0x100000001), x * UINT64_C(0x100000001));
}

static ir_ref last_lane(struct rounds *l, ir_ref r)
{
    return ir_vtoi(l->out, IR_I32, IR_LANE_S, l->wide[rounds_at(l, r)], LANES - 1);
}

static ir_ref wide_value(struct rounds *l, ir_ref r);

/* The same in all rounds. */
static ir_ref fixed(struct rounds *l, ir_ref r)
{
    const struct ir_op *op = rounds_op(l, r);
    if (op->opc == IR_const && !op->mod)
        return vector_const(l, (uint32_t)op->imm);
    if (op->opc == IR_vfromi)
        return wide_value(l, op->arg[0]);
    if (ir_result_type(l->ir, r) == IR_V128)
        return ir_vdupl(l->out, IR_LANE_S, rounds_value(l, r), 0);
    return ir_vdup(l->out, IR_I32, IR_LANE_S, rounds_value(l, r));
}

static ir_ref stepping(struct rounds *l, ir_ref r)
{
    const uint32_t by = (uint32_t)rounds_step(l, r), first = (uint32_t)l->round * by;
    const ir_ref more = ir_vconst(l->out, (uint64_t)(first + by) << 32 | first,
                                  (uint64_t)(first + 3 * by) << 32 | (first + 2 * by));
    return ir_vadd(l->out, IR_LANE_S, ir_vdup(l->out, IR_I32, IR_LANE_S, rounds_first(l, r)), more);
}

/* A parameter: what it is at first, or the last of the rounds before has passed on, then what each round
 * passes to the next. */
static ir_ref from_before(struct rounds *l, ir_ref r)
{
    const ir_ref next = rounds_next(l, r);
    const ir_ref before = l->round ? l->before[rounds_at(l, next)]
                                   : ir_vdup(l->out, IR_I32, IR_LANE_S, l->head[rounds_at(l, r)]);
    return ir_vext(l->out, IR_LANE_B, before, wide_value(l, next), 12);
}

static ir_ref computed(struct rounds *l, ir_ref r)
{
    const struct ir_op *op = rounds_op(l, r);
    const uint16_t v = vector_op(op->opc);
    if (v == IR_NOP) {
        const ir_ref m = rounds_copy_op(l, r, wide_value);
        l->out->ops[m].lane &= 3;
        return m;
    }
    const ir_ref a = wide_value(l, op->arg[0]);
    ir_ref b = 0;
    int64_t imm = 0;
    if (shift(op->opc))
        imm = rounds_op(l, op->arg[1])->imm;
    else if (op->opc == IR_zext)
        b = vector_const(l, (UINT32_C(2) << (op->imm - 1)) - 1);
    else if (op->arg[1])
        b = wide_value(l, op->arg[1]);
    return ir_mk(l->out, v, IR_V128, IR_LANE_S, a, b, 0, imm, 0, IR_ROUND_DYN);
}

static ir_ref wide_value(struct rounds *l, ir_ref r)
{
    const struct ir_op *op = rounds_op(l, r);
    ir_ref m = l->wide[rounds_at(l, r)];
    if (m)
        return m;
    if (rounds_kind(l, r) == FIXED)
        m = fixed(l, r);
    else if (rounds_kind(l, r) == STEPS)
        m = stepping(l, r);
    else if (op->opc == IR_param)
        m = from_before(l, r);
    else if (op->opc == IR_vfromi || op->opc == IR_vtoi)
        m = wide_value(l, op->arg[0]);
    else if (op->opc == IR_trunc && rounds_kind(l, op->arg[0]) == HIGH)
        m = l->high[rounds_at(l, rounds_op(l, op->arg[0])->arg[0])];
    else if (op->opc == IR_trunc)
        m = l->wide[rounds_at(l, op->arg[0])];
    else
        m = computed(l, r);
    return l->wide[rounds_at(l, r)] = m;
}

/* Lanes that are not 0 where cond holds of a - b. */
static ir_ref compared(struct rounds *l, uint16_t cond, ir_ref a, ir_ref b)
{
    struct ir *out = l->out;
    switch (cond) {
    case IR_EQ: return ir_vcmpeq(out, IR_LANE_S, a, b);
    case IR_NE: return ir_vxor(out, IR_LANE_S, a, b);
    case IR_CS: return ir_vcmphs(out, IR_LANE_S, a, b);
    case IR_CC: return ir_vcmphi(out, IR_LANE_S, b, a);
    case IR_HI: return ir_vcmphi(out, IR_LANE_S, a, b);
    case IR_LS: return ir_vcmphs(out, IR_LANE_S, b, a);
    case IR_GE: return ir_vcmpge(out, IR_LANE_S, a, b);
    case IR_LT: return ir_vcmpgt(out, IR_LANE_S, b, a);
    case IR_GT: return ir_vcmpgt(out, IR_LANE_S, a, b);
    case IR_LE: return ir_vcmpge(out, IR_LANE_S, b, a);
    case IR_MI: return ir_vcmpgt(out, IR_LANE_S, vector_const(l, 0), ir_vsub(out, IR_LANE_S, a, b));
    default: return ir_vcmpge(out, IR_LANE_S, ir_vsub(out, IR_LANE_S, a, b), vector_const(l, 0)); /* PL */
    }
}

/* Lanes that are not 0 where a round leaves. */
static ir_ref leaving(struct rounds *l, struct way_out w)
{
    const struct ir_op *f = rounds_op(l, w.flags);
    if (f->opc == IR_flags_sel) {
        const ir_ref first = leaving(l, (struct way_out){f->arg[0], IR_EQ});
        return ir_vor(l->out, IR_LANE_S, first, leaving(l, (struct way_out){f->arg[1], IR_EQ}));
    }
    ir_ref a = wide_value(l, f->arg[0]), b = wide_value(l, f->arg[1]);
    if (f->opc == IR_flags_and) {
        a = a == b ? a : ir_vand(l->out, IR_LANE_S, a, b);
        if (w.cond == IR_NE)
            return a;
        b = vector_const(l, 0);
    } else if (w.cond == IR_NE && ir_is_const(l->ir, f->arg[1]) && !rounds_op(l, f->arg[1])->imm) {
        return a;
    }
    return compared(l, w.cond, a, b);
}

/* --- blocks ---------------------------------------------------------------------------------------- */

static void make_guard(struct rounds *l)
{
    ir_ref beyond = 0;
    enum ir_type t = IR_I32;
    rounds_block(l, true, l->b.loop_depth, 0);
    for (unsigned k = 0; k < l->n_loads; k++) {
        const int64_t bytes = span(l, l->load[k]);
        if (!bytes)
            continue;
        const ir_ref a = address(l, l->load[k]);
        t = ir_result_type(l->out, a);
        const ir_ref in_page = ir_and(l->out, t, a, ir_const(l->out, t, PAGE - 1));
        const ir_ref left = ir_sub(l->out, t, ir_const(l->out, t, PAGE - bytes), in_page);
        beyond = beyond ? ir_or(l->out, t, beyond, left) : left;
    }
    ir_branch(l->out, IR_MI, ir_flags_and(l->out, t, beyond, beyond), l->block + B, l->head, l->b.n_params,
              l->block + LOOK, l->head, l->b.n_params);
}

/* What of vectors PASS wants. */
struct wanted { ir_ref what[MAX_WANTED]; unsigned n; uint8_t seen[ROUNDS_BLOCK]; };

static void want(struct rounds *l, ir_ref r, struct wanted *w)
{
    const struct ir_op *op = rounds_op(l, r);
    uint8_t *seen = &w->seen[rounds_at(l, r)];
    if (*seen)
        return;
    *seen = 1;
    if (rounds_kind(l, r) == WIDE && w->n++ < MAX_WANTED)
        w->what[w->n - 1] = r;
    else if (rounds_kind(l, r) == SCALAR)
        for (unsigned i = 0; i < ir_arg_count[op->opc]; i++)
            if (op->arg[i])
                want(l, op->arg[i], w);
}

/* r is 0 in a round that does not leave. */
static void settle(struct rounds *l, ir_ref r, struct wanted *w)
{
    const struct ir_op *op = rounds_op(l, r);
    if (rounds_kind(l, r) != WIDE || w->seen[rounds_at(l, r)])
        return;
    w->seen[rounds_at(l, r)] = 2;
    if (op->opc == IR_or)
        for (unsigned i = 0; i < 2; i++)
            settle(l, op->arg[i], w);
}

/* What PASS need not be told, as the rounds have not left; then what it wants.  False: too much. */
static bool want_all(struct rounds *l, struct wanted *w)
{
    struct way_out way;
    memset(w, 0, sizeof *w);
    for (ir_ref r = l->body; (r = next_way_out(l, r, &way));) {
        const struct ir_op *f = rounds_op(l, way.flags);
        const bool zero = f->opc == IR_flags_and ? f->arg[0] == f->arg[1]
                        : f->opc == IR_flags_sub && ir_is_const(l->ir, f->arg[1]) && !rounds_op(l, f->arg[1])->imm;
        if (way.cond == IR_NE && zero)
            settle(l, f->arg[0], w);
    }
    for (ir_ref r = l->body; r < l->b.last; r++)
        if (rounds_last_put(l, r))
            want(l, rounds_op(l, r)->arg[0], w);
    for (unsigned k = 0; k < l->b.n_params; k++)
        want(l, rounds_next(l, l->b.first + k), w);
    return w->n <= MAX_WANTED;
}

/* Lanes that are not 0, besides those of `any`, where one of the LANES rounds from l->round on leaves; and
 * what PASS wants of the last of them. */
static ir_ref look(struct rounds *l, const struct wanted *w, ir_ref any)
{
    struct way_out way;
    memcpy(l->before, l->wide, sizeof l->wide);
    for (unsigned i = 0; i <= l->b.last - l->b.first; i++)
        if (l->kind[i] != FIXED)
            l->wide[i] = 0;
    for (unsigned k = 0; k < l->n_loads; k++)
        wide_load(l, l->load[k]);
    for (ir_ref r = l->body; (r = next_way_out(l, r, &way));) {
        const ir_ref one = leaving(l, way);
        any = any ? ir_vor(l->out, IR_LANE_S, any, one) : one;
    }
    for (unsigned k = 0; k < w->n; k++)
        wide_value(l, w->what[k]);
    return any;
}

static void make_look(struct rounds *l, const struct wanted *w)
{
    ir_ref args[ROUNDS_PARAMS + MAX_WANTED], any = 0;
    const unsigned n = l->b.n_params;
    rounds_block(l, false, l->b.loop_depth, 0);
    ir_emit(l->out, *rounds_op(l, l->body));
    for (; l->round < l->n; l->round += LANES)
        any = look(l, w, any);
    memcpy(args, l->head, n * sizeof *args);
    for (unsigned k = 0; k < w->n; k++)
        args[n + k] = l->wide[rounds_at(l, w->what[k])];
    any = ir_vor(l->out, IR_LANE_S, any, ir_vhi64(l->out, IR_LANE_D, any));
    any = ir_vtoi(l->out, IR_I64, IR_LANE_D, any, 0);
    ir_branch(l->out, IR_NE, ir_flags_and(l->out, IR_I64, any, any), l->block + LAST, l->head, n,
              l->block + PASS, args, n + w->n);
}

static void make_pass(struct rounds *l, const struct wanted *w)
{
    ir_ref args[ROUNDS_PARAMS];
    const unsigned n = l->b.n_params;
    rounds_block(l, false, l->b.loop_depth, w->n);
    memset(l->map, 0, sizeof l->map); /* those were of the first round */
    l->round = l->n - 1;
    for (unsigned k = 0; k < w->n; k++)
        l->wide[rounds_at(l, w->what[k])] = ir_block_param(l->out, l->block + PASS, n + k);
    for (unsigned i = 0; i < l->b.last - l->b.first; i++)
        if (w->seen[i] == 2)
            l->map[i] = ir_const(l->out, IR_I32, 0);
    rounds_puts(l);
    rounds_args(l, args);
    ir_jump(l->out, l->block + GUARD, args, n);
}

static void make(struct rounds *l, ir_ref *map)
{
    struct wanted w;
    l->last_lane = last_lane;
    want_all(l, &w); /* no more than opt_search() has found */
    rounds_copy_block(l, l->block, ADDED, l->block + GUARD, map);
    make_guard(l);
    make_look(l, &w);
    make_pass(l, &w);
    rounds_copy_block(l, l->block, ADDED, l->block + LAST, map);
}

void opt_search(struct ir *ir)
{
    if (!ir->local)
        return;
    for (uint32_t k = 1; k < ir->n_blocks && ir->n_blocks + ADDED <= IR_MAX_BLOCKS; k++) {
        struct rounds *l = calloc(1, sizeof *l);
        if (!l)
            abort();
        struct wanted w;
        if (rounds_begin(l, ir, k) && fits(l) && spans_fit(l) && want_all(l, &w)) {
            rounds_rewrite(l, ADDED, make);
            k += ADDED;
        }
        free(l);
    }
}
