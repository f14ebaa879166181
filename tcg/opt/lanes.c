/* SPDX-License-Identifier: MIT */
/*
 * Several rounds of a loop at once: where one block is a loop that loads scalars, computes with them lane
 * by lane and stores one result a round, all at addresses that go on by an element a round, as many rounds
 * as a vector has lanes become one round of a block before it.  A guest whose compiler may not use
 * vectors (A32's flush to zero) or did not is full of such loops.  Includes rounds.h alone.
 *
 * The loop B becomes
 *
 *     G: the ways in; enough rounds to go, and no load behind the store?  V, else B
 *     V: a vector's rounds; enough to go?  V, else B
 *     B: as it was: what is left, one round at least, and the ways out
 *
 * State is exact at V's head alone, as after some number of whole rounds.  So V polls there, and a fault
 * in V finds the state before its rounds: nothing is stored before the last access of a round that can
 * fault.  tcg_run() then goes on with one instruction by the interpreter, for the fault is that of a
 * later one (ir.batches).  FP status, which only gathers, may have what rounds behind the fault raise.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/opt/rounds.h"

/* --- what the block is ----------------------------------------------------------------------------- */

/* How it goes round: by a branch, or by a jump behind a way out. */
static bool find_end(struct rounds *l)
{
    ir_ref r = l->b.last;
    if (rounds_op(l, r)->opc == IR_jump)
        do
            r--;
        while (r > l->body && rounds_op(l, r)->opc == IR_NOP);
    const struct ir_op *op = rounds_op(l, r);
    l->end = r;
    if (op->opc == IR_branch)
        l->cond = op->mod ^ (l->back == 1);
    else if (op->opc == IR_exit_if)
        l->cond = op->mod ^ 1;
    else
        return false;
    return rounds_inside(l, op->arg[0]);
}

/* Lane by lane alike, whatever is in other lanes. */
static bool lanewise(const struct ir_op *op)
{
    switch (op->opc) {
    case IR_vfadd: case IR_vfsub: case IR_vfmul: case IR_vfdiv: case IR_vfma: case IR_vfsqrt: case IR_vfdn:
    case IR_vzext:
        return true;
    default:
        return false;
    }
}

static bool bitwise(const struct ir_op *op)
{
    switch (op->opc) {
    case IR_vand: case IR_vor: case IR_vxor: case IR_vandn: case IR_vorn:
        return true;
    default:
        return false;
    }
}

/* An access to one element, at an address that steps by one. */
static bool access_fits(struct rounds *l, const struct ir_op *op)
{
    const unsigned size = 1u << (op->mod & IR_MEM_SIZE), scale = op->mod >> IR_MEM_SCALE_SHIFT & 3;
    const enum rounds_kind a = rounds_kind(l, op->arg[0]), b = op->arg[1] ? rounds_kind(l, op->arg[1]) : FIXED;
    if (op->type != IR_V128 || op->mod & ~(IR_MEM_SIZE | 3u << IR_MEM_SCALE_SHIFT) ||
        (size != 4 && size != 8) || (l->bytes && l->bytes != size))
        return false;
    if ((a != FIXED && a != STEPS) || (b != FIXED && b != STEPS))
        return false;
    const int64_t step = rounds_step(l, op->arg[0]) + (op->arg[1] ? rounds_step(l, op->arg[1]) * (1 << scale) : 0);
    l->bytes = size;
    return step == size;
}

/* Of an op that computes vectors of vectors: WIDE where V can do it with all lanes. */
static enum rounds_kind vector_kind(const struct rounds *l, const struct ir_op *op)
{
    const enum rounds_kind k = rounds_of_operands(l, op);
    const bool element = (op->lane & IR_LANES_1) && ir_lane_bytes(op->lane) == l->bytes;
    bool wide = (lanewise(op) && element) || bitwise(op);
    if (k != WIDE)
        return k;
    for (unsigned i = 0; i < ir_arg_count[op->opc]; i++)
        wide &= !op->arg[i] || rounds_kind(l, op->arg[i]) == WIDE || rounds_kind(l, op->arg[i]) == FIXED;
    if (wide)
        return WIDE;
    return ir_opinfo[op->opc].flags & IRF_PURE ? SCALAR : NOT_KNOWN;
}

/* False: V cannot do without this op, nor do it. */
static bool classify(struct rounds *l, ir_ref r)
{
    const struct ir_op *op = rounds_op(l, r);
    const uint16_t flags = ir_opinfo[op->opc].flags;
    uint8_t *k = &l->kind[rounds_at(l, r)];
    switch (op->opc) {
    case IR_NOP: case IR_insn: case IR_put:
        return true;
    case IR_param:
        *k = (uint8_t)rounds_param_kind(l, r);
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
        *k = WIDE;
        if (l->store || l->n_loads == ROUNDS_LOADS || !access_fits(l, op))
            return false;
        l->load[l->n_loads++] = r;
        return true;
    case IR_store:
        if (l->store || !access_fits(l, op))
            return false;
        l->store = r;
        return rounds_kind(l, op->arg[2]) == WIDE || rounds_kind(l, op->arg[2]) == FIXED;
    default:
        break;
    }
    if (r >= l->end)
        return true;
    *k = (uint8_t)vector_kind(l, op);
    if (flags & IRF_FPFX)
        return lanewise(op) && !l->store && (*k == WIDE || *k == FIXED);
    if (!(flags & IRF_PURE))
        return false;
    if (l->base[rounds_at(l, r)] && rounds_kind(l, l->base[rounds_at(l, r)]) == STEPS)
        *k = STEPS;
    else if (*k == WIDE && ir_result_type(l->ir, r) != IR_V128)
        *k = SCALAR;
    return true;
}

/* cond of b - a where that of a - b was asked for; IR_AL: no order. */
static uint16_t swapped(uint16_t cond)
{
    static const uint8_t other[16] = {[IR_NE] = IR_NE, [IR_CC] = IR_HI, [IR_HI] = IR_CC, [IR_CS] = IR_LS,
                                      [IR_LS] = IR_CS, [IR_LT] = IR_GT, [IR_GT] = IR_LT, [IR_GE] = IR_LE,
                                      [IR_LE] = IR_GE};
    return cond != IR_EQ && other[cond] ? other[cond] : IR_AL;
}

static bool is_signed(uint16_t cond) { return cond >= IR_GE; }

/* Something that steps goes towards what it is compared with. */
static bool towards(uint16_t cond, int64_t step)
{
    switch (cond) {
    case IR_NE: return true;
    case IR_CC: case IR_LS: case IR_LT: case IR_LE: return step > 0;
    case IR_HI: case IR_CS: case IR_GT: case IR_GE: return step < 0;
    default: return false;
    }
}

/* Does the loop go round until something that steps reaches its bound? */
static bool counts(struct rounds *l)
{
    const struct ir_op *f = rounds_op(l, rounds_op(l, l->end)->arg[0]);
    if (f->opc != IR_flags_sub)
        return false;
    for (int e = 0; e < 2; e++)
        if (rounds_kind(l, f->arg[e]) == STEPS && rounds_kind(l, f->arg[!e]) == FIXED) {
            l->count = f->arg[e];
            l->bound = f->arg[!e];
            l->cond = e ? swapped(l->cond) : l->cond;
            return towards(l->cond, rounds_step(l, l->count));
        }
    return false;
}

/* What the next rounds want of the last one of V's: parameters and slots. */
static bool known_after(const struct rounds *l)
{
    for (unsigned k = 0; k < l->b.n_params; k++)
        if (rounds_kind(l, rounds_next(l, l->b.first + k)) == NOT_KNOWN)
            return false;
    for (ir_ref r = l->body; r < l->b.last; r++)
        if (rounds_op(l, r)->opc == IR_put && rounds_kind(l, rounds_op(l, r)->arg[0]) == NOT_KNOWN)
            return false;
    return true;
}

static bool fits(struct rounds *l)
{
    if (!find_end(l))
        return false;
    for (ir_ref r = l->b.first; r < l->b.last; r++)
        if (!classify(l, r))
            return false;
    if (!l->store || !counts(l) || !known_after(l))
        return false;
    l->n = ROUNDS_VECTOR / l->bytes;
    return true;
}

/* --- writing --------------------------------------------------------------------------------------- */

static uint8_t all_lanes(const struct rounds *l) { return l->bytes == 4 ? IR_LANE_S : IR_LANE_D; }

static ir_ref wide_value(struct rounds *l, ir_ref r)
{
    ir_ref *m = &l->wide[rounds_at(l, r)];
    if (*m)
        return *m;
    const struct ir_op *op = rounds_op(l, r);
    if (op->opc == IR_vconst) {
        const uint64_t x = l->bytes == 8 ? (uint64_t)op->imm : (uint32_t)op->imm * UINT64_C(0x100000001);
        *m = ir_vconst(l->out, x, x);
    } else if (rounds_kind(l, r) != WIDE) {
        *m = ir_vdupl(l->out, all_lanes(l), rounds_value(l, r), 0);
    } else if (op->opc == IR_vzext) {
        *m = wide_value(l, op->arg[0]);
    } else {
        *m = rounds_copy_op(l, r, wide_value);
        l->out->ops[*m].lane = all_lanes(l);
    }
    return *m;
}

/* The last round's value, with zeros above as behind every op on scalars; bits are computed again, for what
 * is FIXED may have some above. */
static ir_ref last_lane(struct rounds *l, ir_ref r)
{
    if (bitwise(rounds_op(l, r)))
        return rounds_copy_op(l, r, rounds_value);
    const ir_ref zero = ir_vconst(l->out, 0, 0);
    return ir_vext(l->out, IR_LANE_B, wide_value(l, r), zero, ROUNDS_VECTOR - (int)l->bytes);
}

/* The vector's access for that of the first round. */
static ir_ref wide_access(struct rounds *l, ir_ref r)
{
    struct ir_op op = *rounds_op(l, r);
    op.pass = 0;
    op.arg[0] = rounds_first(l, op.arg[0]);
    op.arg[1] = op.arg[1] ? rounds_first(l, op.arg[1]) : 0;
    op.arg[2] = op.arg[2] ? wide_value(l, op.arg[2]) : 0;
    op.mod = (uint16_t)((op.mod & ~IR_MEM_SIZE) | 4);
    return ir_emit(l->out, op);
}

/* How far from `bound` the count is in the first of the rounds from `round` on, modulo 2^32 or 2^64; 0 if
 * it is beyond the bound. */
static ir_ref rounds_left(struct rounds *l)
{
    const struct ir_op *p = rounds_op(l, l->base[rounds_at(l, l->count)]);
    const enum ir_type t = (enum ir_type)p->type;
    const int64_t step = rounds_step(l, l->count), c = l->offset[rounds_at(l, l->count)] + l->round * step;
    ir_ref v = l->head[rounds_at(l, l->base[rounds_at(l, l->count)])];
    ir_ref bound = rounds_value(l, l->bound);
    if (c)
        v = ir_add(l->out, t, v, rounds_number(l, p, c));
    const ir_ref left = step > 0 ? ir_sub(l->out, t, bound, v) : ir_sub(l->out, t, v, bound);
    if (l->cond == IR_NE)
        return left;
    const enum ir_cond below = is_signed(l->cond) ? IR_LT : IR_CC, above = is_signed(l->cond) ? IR_GT : IR_HI;
    return ir_sel(l->out, t, step > 0 ? below : above, ir_flags_sub(l->out, t, v, bound), left,
                  rounds_number(l, p, 0));
}

/* Goes on in V if so many rounds are left that V's are not the last ones. */
static void end_counted(struct rounds *l, ir_ref left, const ir_ref *args)
{
    const struct ir_op *p = rounds_op(l, l->base[rounds_at(l, l->count)]);
    const int64_t step = rounds_step(l, l->count);
    const ir_ref most = rounds_number(l, p, (step < 0 ? -step : step) * ((int64_t)l->n - 1));
    const ir_ref f = ir_flags_sub(l->out, (enum ir_type)p->type, left, most);
    ir_branch(l->out, IR_HI, f, l->block + 1, args, l->b.n_params, l->block + 2, args, l->b.n_params);
}

/* The address of access r in the first round. */
static ir_ref address(struct rounds *l, ir_ref r)
{
    const struct ir_op *op = rounds_op(l, r);
    const enum ir_type t = (enum ir_type)rounds_op(l, op->arg[0])->type;
    ir_ref a = rounds_first(l, op->arg[0]);
    if (op->arg[1]) {
        ir_ref x = rounds_first(l, op->arg[1]);
        const unsigned scale = op->mod >> IR_MEM_SCALE_SHIFT & 3;
        if (scale)
            x = ir_shl(l->out, t, x, ir_const(l->out, t, scale));
        a = ir_add(l->out, t, a, x);
    }
    return op->imm ? ir_add(l->out, t, a, ir_const(l->out, t, op->imm)) : a;
}

/* Are the two accesses always as far from each other as they are in the text of the program? */
static bool same_place(const struct rounds *l, ir_ref x, ir_ref y, int64_t *apart)
{
    const struct ir_op *a = rounds_op(l, x), *b = rounds_op(l, y);
    const unsigned i = rounds_at(l, a->arg[0]), k = rounds_at(l, b->arg[0]);
    const bool same_scale = !((a->mod ^ b->mod) >> IR_MEM_SCALE_SHIFT & 3);
    if (!l->base[i] || l->base[i] != l->base[k] || a->arg[1] != b->arg[1] || !same_scale)
        return false;
    *apart = l->offset[i] + a->imm - l->offset[k] - b->imm;
    return true;
}

/* 0 if a load of later rounds of V may read what the store of an earlier one writes: if the store is
 * ahead of it by less than a vector; else `left`. */
static ir_ref unless_behind(struct rounds *l, ir_ref load, ir_ref left)
{
    const enum ir_type t = (enum ir_type)rounds_op(l, rounds_op(l, load)->arg[0])->type;
    const enum ir_type tl = ir_result_type(l->out, left);
    const unsigned tag = l->ir->guest->clean_address ? 8 : 0; /* upper bits that are no address */
    int64_t apart;
    if (same_place(l, l->store, load, &apart))
        return apart > 0 && apart < ROUNDS_VECTOR ? ir_const(l->out, tl, 0) : left;
    ir_ref d = ir_sub(l->out, t, address(l, l->store), address(l, load));
    if (tag)
        d = ir_shl(l->out, t, d, ir_const(l->out, t, tag));
    d = ir_sub(l->out, t, d, ir_const(l->out, t, INT64_C(1) << tag));
    const ir_ref f = ir_flags_sub(l->out, t, d, ir_const(l->out, t, (int64_t)(ROUNDS_VECTOR - 1) << tag));
    return ir_sel(l->out, tl, IR_CS, f, left, ir_const(l->out, tl, 0));
}

static void make_guard(struct rounds *l)
{
    rounds_block(l, false, l->b.loop_depth ? l->b.loop_depth - 1u : 0, 0);
    ir_ref left = rounds_left(l);
    for (unsigned k = 0; k < l->n_loads; k++)
        left = unless_behind(l, l->load[k], left);
    end_counted(l, left, l->head);
}

static void make_rounds(struct rounds *l)
{
    ir_ref args[ROUNDS_PARAMS];
    rounds_block(l, true, l->b.loop_depth, 0);
    memset(l->map, 0, sizeof l->map); /* those were of the first round */
    ir_emit(l->out, *rounds_op(l, l->body));
    l->round = (int64_t)l->n - 1;
    for (unsigned k = 0; k < l->n_loads; k++)
        l->wide[rounds_at(l, l->load[k])] = wide_access(l, l->load[k]);
    for (ir_ref r = l->body; r < l->store; r++)
        if (ir_opinfo[rounds_op(l, r)->opc].flags & IRF_FPFX) {
            if (rounds_kind(l, r) == WIDE)
                wide_value(l, r);
            else
                rounds_value(l, r);
        }
    wide_access(l, l->store);
    rounds_puts(l);
    rounds_args(l, args);
    l->round = l->n;
    end_counted(l, rounds_left(l), args);
}

static void make(struct rounds *l, ir_ref *map)
{
    l->last_lane = last_lane;
    make_guard(l);
    make_rounds(l);
    rounds_copy_block(l, l->block, 2, l->block + 2, map);
}

void opt_lanes(struct ir *ir)
{
    if (!ir->local)
        return;
    for (uint32_t k = 1; k < ir->n_blocks && ir->n_blocks + 2 <= IR_MAX_BLOCKS; k++) {
        struct rounds *l = calloc(1, sizeof *l);
        if (!l)
            abort();
        if (rounds_begin(l, ir, k) && fits(l)) {
            rounds_rewrite(l, 2, make);
            k += 2;
        }
        free(l);
    }
}
