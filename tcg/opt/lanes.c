/* SPDX-License-Identifier: MIT */
/*
 * Several rounds of a loop at once: where one block is a loop that loads scalars, computes with them lane
 * by lane and stores one result a round, all at addresses that go on by an element a round, as many rounds
 * as a vector has lanes become one round of a block before it.  A guest whose compiler may not use
 * vectors (A32's flush to zero) or did not is full of such loops.  Includes opt.h alone.
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

#include "tcg/guest.h"
#include "tcg/opt/opt.h"

enum { VECTOR = 16, MAX_LOADS = 6, MAX_BLOCK = 400, MAX_STEP = 4096, MAX_LANE_PARAMS = 192 };

/* What the value of an op of B is, over the rounds. */
enum kind {
    NOT_KNOWN,  /* nothing that is known but for the first round */
    FIXED,      /* the same in all */
    STEPS,      /* base + offset, base a parameter that grows by step[base] */
    SCALAR,     /* computed of others by ops without effects */
    WIDE,       /* one lane of V's vector each */
};

struct lanes {
    struct ir *ir, *out;
    struct ir_block b;
    uint32_t block;              /* B's number in ir */
    unsigned back;               /* which of B's edges goes to B */
    unsigned bytes, n;           /* of an element; rounds at once.  bytes 0: not known yet */
    ir_ref body, end;            /* the op behind the poll; the branch or exit */
    ir_ref store, load[MAX_LOADS];
    unsigned n_loads;
    ir_ref count, bound;         /* B goes round while cond holds of count - bound */
    uint16_t cond;
    uint8_t kind[MAX_BLOCK];     /* by op of B, from b.first on */
    ir_ref base[MAX_BLOCK];
    int64_t offset[MAX_BLOCK];
    /* While a block is written: what ops of B are there. */
    int64_t round;               /* which round scalars are of */
    ir_ref head[MAX_LANE_PARAMS]; /* B's parameters */
    ir_ref map[MAX_BLOCK], wide[MAX_BLOCK];
};

static bool inside(const struct lanes *l, ir_ref r) { return r >= l->b.first && r <= l->b.last; }
static unsigned at(const struct lanes *l, ir_ref r) { return r - l->b.first; }
static enum kind kind_of(const struct lanes *l, ir_ref r)
{
    return inside(l, r) ? (enum kind)l->kind[at(l, r)] : NOT_KNOWN;
}
static const struct ir_op *op_at(const struct lanes *l, ir_ref r) { return &l->ir->ops[r]; }

/* What parameter r is in the next round. */
static ir_ref next_round(const struct lanes *l, ir_ref r)
{
    return l->ir->edge_args[l->b.edge[l->back] + (r - l->b.first)];
}

static int64_t step_of(const struct lanes *l, ir_ref r)
{
    const ir_ref base = l->base[at(l, r)];
    return kind_of(l, r) == STEPS ? l->offset[at(l, next_round(l, base))] : 0;
}

/* --- what the block is ----------------------------------------------------------------------------- */

/* A loop by itself: the number of its edge to itself, or -1. */
static int self_edge(const struct ir *ir, uint32_t k)
{
    const struct ir_block *b = &ir->blocks[k];
    if (b->succ[0] == b->succ[1])
        return -1;
    return b->succ[0] == k ? 0 : b->succ[1] == k ? 1 : -1;
}

static bool find_body(struct lanes *l)
{
    for (ir_ref r = l->b.first + l->b.n_params; r < l->b.last; r++) {
        const uint16_t opc = op_at(l, r)->opc;
        if (opc == IR_poll)
            l->body = r + 1;
        if (ir_opinfo[opc].flags & (IRF_MEM | IRF_FPFX | IRF_EXIT))
            break;
    }
    return l->body && op_at(l, l->body)->opc == IR_insn;
}

/* How it goes round: by a branch, or by a jump behind a way out. */
static bool find_end(struct lanes *l)
{
    ir_ref r = l->b.last;
    if (op_at(l, r)->opc == IR_jump)
        do
            r--;
        while (r > l->body && op_at(l, r)->opc == IR_NOP);
    const struct ir_op *op = op_at(l, r);
    l->end = r;
    if (op->opc == IR_branch)
        l->cond = op->mod ^ (l->back == 1);
    else if (op->opc == IR_exit_if)
        l->cond = op->mod ^ 1;
    else
        return false;
    return inside(l, op->arg[0]);
}

static bool put_inside(const struct lanes *l, int64_t slot)
{
    for (ir_ref r = l->b.first; r <= l->b.last; r++)
        if (op_at(l, r)->opc == IR_put && op_at(l, r)->imm == slot)
            return true;
    return false;
}

/* A constant that is added, of op r that adds to *a. */
static bool addend(const struct lanes *l, const struct ir_op *op, ir_ref *a, int64_t *c)
{
    if (op->opc != IR_add && op->opc != IR_sub)
        return false;
    const struct ir_op *x = op_at(l, op->arg[0]), *y = op_at(l, op->arg[1]);
    if (y->opc == IR_const && !y->mod) {
        *a = op->arg[0];
        *c = op->opc == IR_add ? y->imm : -y->imm;
    } else if (op->opc == IR_add && x->opc == IR_const && !x->mod) {
        *a = op->arg[1];
        *c = x->imm;
    } else {
        return false;
    }
    return true;
}

static void find_bases(struct lanes *l)
{
    for (ir_ref r = l->b.first; r <= l->b.last; r++) {
        const struct ir_op *op = op_at(l, r);
        ir_ref a;
        int64_t c;
        l->base[at(l, r)] = 0;
        l->offset[at(l, r)] = 0;
        if (op->opc == IR_param && (op->type == IR_I32 || op->type == IR_I64)) {
            l->base[at(l, r)] = r;
        } else if (addend(l, op, &a, &c) && inside(l, a) && l->base[at(l, a)]) {
            l->base[at(l, r)] = l->base[at(l, a)];
            l->offset[at(l, r)] = l->offset[at(l, a)] + c;
        }
    }
}

static enum kind param_kind(const struct lanes *l, ir_ref r)
{
    const ir_ref next = next_round(l, r);
    if (next == r)
        return FIXED;
    if (!inside(l, next) || l->base[at(l, next)] != r || !l->base[at(l, r)])
        return NOT_KNOWN;
    const int64_t step = l->offset[at(l, next)];
    return step && step <= MAX_STEP && step >= -MAX_STEP ? STEPS : NOT_KNOWN;
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
static bool access_fits(struct lanes *l, const struct ir_op *op)
{
    const unsigned size = 1u << (op->mod & IR_MEM_SIZE), scale = op->mod >> IR_MEM_SCALE_SHIFT & 3;
    const enum kind a = kind_of(l, op->arg[0]), b = op->arg[1] ? kind_of(l, op->arg[1]) : FIXED;
    if (op->type != IR_V128 || op->mod & ~(IR_MEM_SIZE | 3u << IR_MEM_SCALE_SHIFT) ||
        (size != 4 && size != 8) || (l->bytes && l->bytes != size))
        return false;
    if ((a != FIXED && a != STEPS) || (b != FIXED && b != STEPS))
        return false;
    const int64_t step = step_of(l, op->arg[0]) + (op->arg[1] ? step_of(l, op->arg[1]) * (1 << scale) : 0);
    l->bytes = size;
    return step == size;
}

/* The kind of an op by those of its operands; NOT_KNOWN if one of them is not. */
static enum kind of_operands(const struct lanes *l, const struct ir_op *op)
{
    enum kind k = FIXED;
    for (unsigned i = 0; i < ir_arg_count[op->opc]; i++) {
        if (!op->arg[i])
            continue;
        const enum kind a = kind_of(l, op->arg[i]);
        if (a == NOT_KNOWN)
            return NOT_KNOWN;
        if (a == WIDE)
            k = WIDE;
        else if (a != FIXED && k == FIXED)
            k = SCALAR;
    }
    return k;
}

/* Of an op that computes vectors of vectors: WIDE where V can do it with all lanes. */
static enum kind vector_kind(const struct lanes *l, const struct ir_op *op)
{
    const enum kind k = of_operands(l, op);
    const bool element = (op->lane & IR_LANES_1) && ir_lane_bytes(op->lane) == l->bytes;
    bool wide = (lanewise(op) && element) || bitwise(op);
    if (k != WIDE)
        return k;
    for (unsigned i = 0; i < ir_arg_count[op->opc]; i++)
        wide &= !op->arg[i] || kind_of(l, op->arg[i]) == WIDE || kind_of(l, op->arg[i]) == FIXED;
    if (wide)
        return WIDE;
    return ir_opinfo[op->opc].flags & IRF_PURE ? SCALAR : NOT_KNOWN;
}

/* False: V cannot do without this op, nor do it. */
static bool classify(struct lanes *l, ir_ref r)
{
    const struct ir_op *op = op_at(l, r);
    const uint16_t flags = ir_opinfo[op->opc].flags;
    uint8_t *k = &l->kind[at(l, r)];
    switch (op->opc) {
    case IR_NOP: case IR_insn: case IR_put:
        return true;
    case IR_param:
        *k = (uint8_t)param_kind(l, r);
        return true;
    case IR_const: case IR_vconst:
        *k = FIXED;
        return true;
    case IR_get:
        *k = put_inside(l, op->imm) ? NOT_KNOWN : FIXED;
        return true;
    case IR_poll:
        return r + 1 == l->body;
    case IR_load:
        *k = WIDE;
        if (l->store || l->n_loads == MAX_LOADS || !access_fits(l, op))
            return false;
        l->load[l->n_loads++] = r;
        return true;
    case IR_store:
        if (l->store || !access_fits(l, op))
            return false;
        l->store = r;
        return kind_of(l, op->arg[2]) == WIDE || kind_of(l, op->arg[2]) == FIXED;
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
    if (l->base[at(l, r)] && kind_of(l, l->base[at(l, r)]) == STEPS)
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
static bool counts(struct lanes *l)
{
    const struct ir_op *f = op_at(l, op_at(l, l->end)->arg[0]);
    if (f->opc != IR_flags_sub)
        return false;
    for (int e = 0; e < 2; e++)
        if (kind_of(l, f->arg[e]) == STEPS && kind_of(l, f->arg[!e]) == FIXED) {
            l->count = f->arg[e];
            l->bound = f->arg[!e];
            l->cond = e ? swapped(l->cond) : l->cond;
            return towards(l->cond, step_of(l, l->count));
        }
    return false;
}

/* What the next rounds want of the last one of V's: parameters and slots. */
static bool known_after(const struct lanes *l)
{
    for (unsigned k = 0; k < l->b.n_params; k++)
        if (kind_of(l, next_round(l, l->b.first + k)) == NOT_KNOWN)
            return false;
    for (ir_ref r = l->body; r < l->b.last; r++)
        if (op_at(l, r)->opc == IR_put && kind_of(l, op_at(l, r)->arg[0]) == NOT_KNOWN)
            return false;
    return true;
}

static bool fits(struct lanes *l)
{
    if (l->b.last - l->b.first >= MAX_BLOCK || l->b.n_params > MAX_LANE_PARAMS || !find_body(l) ||
        !find_end(l))
        return false;
    find_bases(l);
    for (ir_ref r = l->b.first; r < l->b.last; r++)
        if (!classify(l, r))
            return false;
    if (!l->store || !counts(l) || !known_after(l))
        return false;
    l->n = VECTOR / l->bytes;
    return true;
}

/* --- writing --------------------------------------------------------------------------------------- */

static ir_ref emit(struct lanes *l, struct ir_op op) { return ir_emit(l->out, op); }

static ir_ref number(struct lanes *l, const struct ir_op *like, int64_t c)
{
    return ir_const(l->out, (enum ir_type)like->type, c);
}

/* Op r of B with its operands from `value`. */
typedef ir_ref value_fn(struct lanes *, ir_ref);
static ir_ref copy_op(struct lanes *l, ir_ref r, value_fn *value)
{
    struct ir_op op = *op_at(l, r);
    op.pass = 0;
    for (unsigned k = 0; k < 4; k++)
        op.arg[k] = op.arg[k] ? value(l, op.arg[k]) : 0;
    return emit(l, op);
}

static ir_ref wide_value(struct lanes *l, ir_ref r);

/* A value as of round `round`: of WIDE ones, the vector's last lane, with zeros above as behind every op
 * on scalars; bits are computed again, for what is FIXED may have some above. */
static ir_ref value_at(struct lanes *l, ir_ref r)
{
    ir_ref *m = &l->map[at(l, r)];
    const struct ir_op *op = op_at(l, r);
    if (*m)
        return *m;
    if (op->opc == IR_param || kind_of(l, r) == STEPS) {
        const ir_ref base = op->opc == IR_param ? r : l->base[at(l, r)];
        const int64_t by = l->offset[at(l, r)] + step_of(l, r) * l->round;
        *m = l->head[at(l, base)];
        if (by)
            *m = ir_add(l->out, (enum ir_type)op->type, *m, number(l, op, by));
    } else if (kind_of(l, r) == WIDE && !bitwise(op)) {
        const ir_ref zero = ir_vconst(l->out, 0, 0);
        *m = ir_vext(l->out, IR_LANE_B, wide_value(l, r), zero, VECTOR - (int)l->bytes);
    } else {
        *m = copy_op(l, r, value_at);
    }
    return *m;
}

/* Parameter `base` + c at the head of the block that is written. */
static ir_ref first_value(struct lanes *l, ir_ref r)
{
    if (kind_of(l, r) != STEPS)
        return value_at(l, r);
    const ir_ref base = l->base[at(l, r)];
    const int64_t c = l->offset[at(l, r)];
    const ir_ref v = l->head[at(l, base)];
    return c ? ir_add(l->out, (enum ir_type)op_at(l, base)->type, v, number(l, op_at(l, base), c)) : v;
}

static uint8_t all_lanes(const struct lanes *l) { return l->bytes == 4 ? IR_LANE_S : IR_LANE_D; }

static ir_ref wide_value(struct lanes *l, ir_ref r)
{
    ir_ref *m = &l->wide[at(l, r)];
    if (*m)
        return *m;
    const struct ir_op *op = op_at(l, r);
    if (op->opc == IR_vconst) {
        const uint64_t x = l->bytes == 8 ? (uint64_t)op->imm : (uint32_t)op->imm * UINT64_C(0x100000001);
        *m = ir_vconst(l->out, x, x);
    } else if (kind_of(l, r) != WIDE) {
        *m = ir_vdupl(l->out, all_lanes(l), value_at(l, r), 0);
    } else if (op->opc == IR_vzext) {
        *m = wide_value(l, op->arg[0]);
    } else {
        *m = copy_op(l, r, wide_value);
        l->out->ops[*m].lane = all_lanes(l);
    }
    return *m;
}

/* The vector's access for that of the first round. */
static ir_ref wide_access(struct lanes *l, ir_ref r)
{
    struct ir_op op = *op_at(l, r);
    op.pass = 0;
    op.arg[0] = first_value(l, op.arg[0]);
    op.arg[1] = op.arg[1] ? first_value(l, op.arg[1]) : 0;
    op.arg[2] = op.arg[2] ? wide_value(l, op.arg[2]) : 0;
    op.mod = (uint16_t)((op.mod & ~IR_MEM_SIZE) | 4);
    return emit(l, op);
}

/* A block with B's parameters, and the puts at its head. */
static void begin_like(struct lanes *l, bool poll, unsigned depth)
{
    uint8_t types[MAX_LANE_PARAMS];
    for (unsigned k = 0; k < l->b.n_params; k++)
        types[k] = op_at(l, l->b.first + k)->type;
    const uint32_t k = ir_block_begin(l->out, l->b.n_params, types);
    l->out->blocks[k].loop_depth = (uint16_t)depth;
    memset(l->map, 0, sizeof l->map);
    memset(l->wide, 0, sizeof l->wide);
    for (unsigned i = 0; i < l->b.n_params; i++) {
        l->head[i] = ir_block_param(l->out, k, i);
        l->out->ops[l->head[i]] = *op_at(l, l->b.first + i);
        l->out->ops[l->head[i]].pass = 0;
    }
    l->round = 0;
    for (ir_ref r = l->b.first + l->b.n_params; r < l->body; r++)
        if (op_at(l, r)->opc == IR_put || (op_at(l, r)->opc == IR_poll && poll))
            copy_op(l, r, value_at);
}

/* How far from `bound` the count is in the first of the rounds from `round` on, modulo 2^32 or 2^64; 0 if
 * it is beyond the bound. */
static ir_ref rounds_left(struct lanes *l)
{
    const struct ir_op *p = op_at(l, l->base[at(l, l->count)]);
    const enum ir_type t = (enum ir_type)p->type;
    const int64_t step = step_of(l, l->count), c = l->offset[at(l, l->count)] + l->round * step;
    ir_ref v = l->head[at(l, l->base[at(l, l->count)])];
    ir_ref bound = value_at(l, l->bound);
    if (c)
        v = ir_add(l->out, t, v, number(l, p, c));
    const ir_ref left = step > 0 ? ir_sub(l->out, t, bound, v) : ir_sub(l->out, t, v, bound);
    if (l->cond == IR_NE)
        return left;
    const enum ir_cond below = is_signed(l->cond) ? IR_LT : IR_CC, above = is_signed(l->cond) ? IR_GT : IR_HI;
    return ir_sel(l->out, t, step > 0 ? below : above, ir_flags_sub(l->out, t, v, bound), left,
                  number(l, p, 0));
}

/* Goes on in V if so many rounds are left that V's are not the last ones. */
static void end_counted(struct lanes *l, ir_ref left, const ir_ref *args)
{
    const struct ir_op *p = op_at(l, l->base[at(l, l->count)]);
    const int64_t step = step_of(l, l->count);
    const ir_ref most = number(l, p, (step < 0 ? -step : step) * ((int64_t)l->n - 1));
    const ir_ref f = ir_flags_sub(l->out, (enum ir_type)p->type, left, most);
    ir_branch(l->out, IR_HI, f, l->block + 1, args, l->b.n_params, l->block + 2, args, l->b.n_params);
}

/* The address of access r in the first round. */
static ir_ref address(struct lanes *l, ir_ref r)
{
    const struct ir_op *op = op_at(l, r);
    const enum ir_type t = (enum ir_type)op_at(l, op->arg[0])->type;
    ir_ref a = first_value(l, op->arg[0]);
    if (op->arg[1]) {
        ir_ref x = first_value(l, op->arg[1]);
        const unsigned scale = op->mod >> IR_MEM_SCALE_SHIFT & 3;
        if (scale)
            x = ir_shl(l->out, t, x, ir_const(l->out, t, scale));
        a = ir_add(l->out, t, a, x);
    }
    return op->imm ? ir_add(l->out, t, a, ir_const(l->out, t, op->imm)) : a;
}

/* Are the two accesses always as far from each other as they are in the text of the program? */
static bool same_place(const struct lanes *l, ir_ref x, ir_ref y, int64_t *apart)
{
    const struct ir_op *a = op_at(l, x), *b = op_at(l, y);
    const unsigned i = at(l, a->arg[0]), k = at(l, b->arg[0]);
    const bool same_scale = !((a->mod ^ b->mod) >> IR_MEM_SCALE_SHIFT & 3);
    if (!l->base[i] || l->base[i] != l->base[k] || a->arg[1] != b->arg[1] || !same_scale)
        return false;
    *apart = l->offset[i] + a->imm - l->offset[k] - b->imm;
    return true;
}

/* 0 if a load of later rounds of V may read what the store of an earlier one writes: if the store is
 * ahead of it by less than a vector; else `left`. */
static ir_ref unless_behind(struct lanes *l, ir_ref load, ir_ref left)
{
    const enum ir_type t = (enum ir_type)op_at(l, op_at(l, load)->arg[0])->type;
    const enum ir_type tl = ir_result_type(l->out, left);
    const unsigned tag = l->ir->guest->clean_address ? 8 : 0; /* upper bits that are no address */
    int64_t apart;
    if (same_place(l, l->store, load, &apart))
        return apart > 0 && apart < VECTOR ? ir_const(l->out, tl, 0) : left;
    ir_ref d = ir_sub(l->out, t, address(l, l->store), address(l, load));
    if (tag)
        d = ir_shl(l->out, t, d, ir_const(l->out, t, tag));
    d = ir_sub(l->out, t, d, ir_const(l->out, t, INT64_C(1) << tag));
    const ir_ref f = ir_flags_sub(l->out, t, d, ir_const(l->out, t, (int64_t)(VECTOR - 1) << tag));
    return ir_sel(l->out, tl, IR_CS, f, left, ir_const(l->out, tl, 0));
}

static void make_guard(struct lanes *l)
{
    begin_like(l, false, l->b.loop_depth ? l->b.loop_depth - 1u : 0);
    ir_ref left = rounds_left(l);
    for (unsigned k = 0; k < l->n_loads; k++)
        left = unless_behind(l, l->load[k], left);
    end_counted(l, left, l->head);
}

/* The slots that B puts, as of the last round. */
static void last_puts(struct lanes *l)
{
    for (ir_ref r = l->body; r < l->end; r++) {
        const struct ir_op *op = op_at(l, r);
        bool last = op->opc == IR_put;
        for (ir_ref k = r + 1; last && k < l->end; k++)
            last = op_at(l, k)->opc != IR_put || op_at(l, k)->imm != op->imm;
        if (last)
            copy_op(l, r, value_at);
    }
}

static void make_rounds(struct lanes *l)
{
    ir_ref args[MAX_LANE_PARAMS];
    begin_like(l, true, l->b.loop_depth);
    memset(l->map, 0, sizeof l->map); /* those were of the first round */
    emit(l, *op_at(l, l->body));
    l->round = (int64_t)l->n - 1;
    for (unsigned k = 0; k < l->n_loads; k++)
        l->wide[at(l, l->load[k])] = wide_access(l, l->load[k]);
    for (ir_ref r = l->body; r < l->store; r++)
        if (ir_opinfo[op_at(l, r)->opc].flags & IRF_FPFX) {
            if (kind_of(l, r) == WIDE)
                wide_value(l, r);
            else
                value_at(l, r);
        }
    wide_access(l, l->store);
    last_puts(l);
    for (unsigned k = 0; k < l->b.n_params; k++)
        args[k] = value_at(l, next_round(l, l->b.first + k));
    l->round = l->n;
    end_counted(l, rounds_left(l), args);
}

/* --- the region ------------------------------------------------------------------------------------ */

/* Block k of the old region, its ops mapped by `map`; blocks behind B have moved by two. */
static void copy_block(const struct lanes *l, uint32_t k, ir_ref *map)
{
    const struct ir_block *old = &l->ir->blocks[k];
    struct ir *out = l->out;
    uint8_t none = 0;
    const uint32_t n = ir_block_begin(out, 0, &none);
    out->blocks[n].n_params = old->n_params;
    out->blocks[n].loop_depth = old->loop_depth;
    for (ir_ref r = old->first; r <= old->last; r++) {
        struct ir_op op = l->ir->ops[r];
        op.pass = 0;
        if (op.opc == IR_NOP)
            continue;
        for (unsigned i = 0; i < 4; i++)
            op.arg[i] = op.arg[i] ? map[op.arg[i]] : 0;
        map[r] = ir_emit(out, op);
    }
    struct ir_block *b = &out->blocks[n];
    struct ir_op *last = &out->ops[out->n - 1];
    b->last = out->n - 1;
    for (int e = 0; e < 2; e++) {
        const uint32_t to = old->succ[e];
        if (to == UINT32_MAX)
            continue;
        const uint32_t moved = to + (to > l->block || (to == l->block && k == l->block) ? 2 : 0);
        const ir_ref from = old->edge[e];
        b->succ[e] = moved;
        *(e ? &last->imm2 : &last->imm) = moved;
        b->edge[e] = ir_add_edge(out, l->ir->edge_args + from, l->ir->blocks[to].n_params);
        for (unsigned i = 0; i < l->ir->blocks[to].n_params; i++)
            out->edge_args[b->edge[e] + i] = map[out->edge_args[b->edge[e] + i]];
    }
}

static void rewrite(struct lanes *l)
{
    struct ir *ir = l->ir, out = {0};
    ir_ref *map = calloc(ir->n, sizeof *map);
    if (!map)
        abort();
    ir_init(&out, ir->guest);
    l->out = &out;
    out.entry_pc = ir->entry_pc;
    out.mode = ir->mode;
    out.run_mode = ir->run_mode;
    out.promoted = ir->promoted;
    out.local = ir->local;
    out.batches = true;
    for (uint32_t k = 0; k < ir->n_blocks; k++) {
        if (k == l->block) {
            make_guard(l);
            make_rounds(l);
        }
        copy_block(l, k, map);
    }
    free(map);
    ir_free(ir);
    *ir = out;
}

void opt_lanes(struct ir *ir)
{
    if (!ir->local)
        return;
    for (uint32_t k = 1; k < ir->n_blocks && ir->n_blocks + 2 <= IR_MAX_BLOCKS; k++) {
        const int back = self_edge(ir, k);
        if (back < 0)
            continue;
        struct lanes *l = calloc(1, sizeof *l);
        if (!l)
            abort();
        l->ir = ir;
        l->b = ir->blocks[k];
        l->block = k;
        l->back = (unsigned)back;
        if (fits(l)) {
            rewrite(l);
            k += 2;
        }
        free(l);
    }
}
