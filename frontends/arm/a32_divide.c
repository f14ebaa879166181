/* SPDX-License-Identifier: MIT */
/*
 * Division by shifting and subtracting, as libgcc has it for CPUs without UDIV, and so every program that
 * is built for ARMv7 without it: what its steps come to is one division.  The code is compared halfword by
 * halfword; all registers and flags become what the steps leave, and where the operands are not as libgcc's
 * callers have them the guest's own code runs.  Not where instructions are stepped through one by one.
 * Includes a32_lift.h alone.
 */
#include "frontends/arm/a32_lift.h"

enum { MAX_HALVES = 288 };

/* Code as it must be, from `address` on. */
struct code {
    uint32_t address;
    unsigned n;
    uint16_t half[MAX_HALVES];
};

static void one(struct code *c, unsigned half) { c->half[c->n++] = (uint16_t)half; }

static void two(struct code *c, unsigned first, unsigned second)
{
    one(c, first);
    one(c, second);
}

static bool is_there(struct a32_lift *s, const struct code *c)
{
    for (unsigned k = 0; k < c->n; k++) {
        uint16_t half;
        if (!tcg_lift_peek(s->l, c->address + 2 * k, &half, sizeof half) || half != c->half[k]) {
            return false;
        }
    }
    return true;
}

static bool may_replace(const struct a32_lift *s)
{
    return s->thumb && !s->it && !(s->l->run_mode & TCG_RUN_ONE_INSN);
}

static bool distinct(uint32_t registers, unsigned n)
{
    return (unsigned)__builtin_popcount(registers) == n && !(registers & (1u << 13 | 1u << 15));
}

/* Where cond holds the guest's own code runs from address on. */
static void unless(struct a32_lift *s, enum ir_cond cond, ir_ref flags, uint32_t address)
{
    a32_skip_if(s, cond, flags, address | A32_PC_T);
}

/* --- 32 bits: lib1funcs.S, __udivsi3 and __divsi3 ------------------------------------------------------ */

/* Registers of the code: dividend and remainder n, divisor m, quotient q, the place to jump to t. */
struct steps { unsigned n, m, q, t; };

/* Behind CLZ t, n: the jump into the steps. */
static void expect_jump(struct code *c, const struct steps *r)
{
    two(c, 0xfab0 | r->m, 0xf080 | r->q << 8 | r->m);    /* CLZ q, m */
    two(c, 0xeba0 | r->q, r->t << 8 | r->t);             /* SUB t, q, t */
    two(c, 0xf1c0 | r->t, r->t << 8 | 31);               /* RSB t, t, #31 */
    one(c, 0xa000 | r->q << 8 | 4);                      /* ADR q, steps */
    two(c, 0xeb00 | r->q, 0x1000 | r->t << 8 | r->t);    /* ADD t, q, t, LSL #4 */
    two(c, 0xf04f, r->q << 8);                           /* MOV q, #0 */
    one(c, 0x4687 | r->t << 3);                          /* MOV pc, t */
}

static void expect_steps(struct code *c, const struct steps *r)
{
    for (unsigned by = 32; by-- > 0;) {
        const unsigned shifted = (by >> 2) << 12 | (by & 3) << 6 | r->m;
        two(c, 0xebb0 | r->n, 0xf00 | shifted);          /* CMP n, m, LSL #by */
        one(c, 0xbf00);                                  /* NOP */
        two(c, 0xeb40 | r->q, r->q << 8 | r->q);         /* ADC q, q, q */
        one(c, 0xbf28);                                  /* IT CS */
        two(c, 0xeba0 | r->n, r->n << 8 | shifted);      /* SUBCS n, n, m, LSL #by */
    }
}

/* What the steps leave.  The last one compares what the remainder was before it: that, or m more. */
static void put_division(struct a32_lift *s, const struct steps *r, uint32_t steps)
{
    struct ir *ir = s->ir;
    ir_ref n = a32_r(s, r->n), m = a32_r(s, r->m);
    ir_ref q = ir_divu(ir, IR_I32, n, m);
    ir_ref rest = ir_sub(ir, IR_I32, n, ir_mul(ir, IR_I32, q, m));
    ir_ref odd = ir_and(ir, IR_I32, q, a32_imm(s, 1));
    ir_ref before = ir_add(ir, IR_I32, rest, ir_mul(ir, IR_I32, odd, m));
    ir_ref rounds = ir_sub(ir, IR_I32, ir_clz(ir, IR_I32, m), ir_clz(ir, IR_I32, n));
    ir_ref skipped = ir_sub(ir, IR_I32, a32_imm(s, 31), rounds);
    a32_put_flags(s, ir_flags_sub(ir, IR_I32, before, m));
    a32_put_r(s, r->t, ir_add(ir, IR_I32, ir_shl(ir, IR_I32, skipped, a32_imm(s, 4)),
                              ir_const_pc(ir, steps)));
    a32_put_r(s, r->n, rest);
    a32_put_r(s, r->q, q);
}

void a32_divide_steps(struct a32_lift *s, unsigned rd, unsigned rm)
{
    const uint32_t next = s->pc + 4, steps = ((s->pc + 20) & ~3u) + 16;
    uint16_t half[2];
    if (!may_replace(s) || !tcg_lift_peek(s->l, next, half, sizeof half) ||
        (half[0] & 0xfff0) != 0xfab0 || (half[1] & 0xf0f0) != 0xf080) {
        return;
    }
    const struct steps r = {.n = rm, .m = half[0] & 15, .q = half[1] >> 8 & 15, .t = rd};
    struct code jump = {.address = next}, table = {.address = steps};
    expect_jump(&jump, &r);
    if (!distinct(1u << r.n | 1u << r.m | 1u << r.q | 1u << r.t, 4) || r.q > 7 || r.t > 7 ||
        !is_there(s, &jump)) {
        return;
    }
    expect_steps(&table, &r);
    if (!is_there(s, &table)) {
        return;
    }
    /* 0 < m <= n, as it is where the divisor is no power of two and not the larger one */
    ir_ref m = ir_sub(s->ir, IR_I32, a32_r(s, r.m), a32_imm(s, 1));
    unless(s, IR_CS, ir_flags_sub(s->ir, IR_I32, m, a32_r(s, r.n)), next);
    put_division(s, &r, steps);
    tcg_lift_goto(s->l, (steps + 32 * 16) | A32_PC_T);
}

/* --- 64 bits: the loop of __udivmoddi4 as GCC compiles it ------------------------------------------------- */

/* n = n >= y ? (n - y) * 2 + 1 : n * 2, k times.  t: the upper half of n - y. */
struct loop { unsigned n_low, n_high, y_low, y_high, k, t; };

static void expect_loop(struct code *c, const struct loop *r)
{
    const unsigned twice_low = 0x1800 | r->n_low << 6 | r->n_low << 3 | r->n_low;
    one(c, 0x1a00 | r->y_low << 6 | r->n_low << 3 | r->n_low);  /* SUBS n_low, n_low, y_low */
    two(c, 0xeb60 | r->n_high, r->n_high << 8 | r->y_high);     /* SBC n_high, n_high, y_high */
    one(c, twice_low);                                          /* ADDS n_low, n_low, n_low */
    one(c, 0x4140 | r->n_high << 3 | r->n_high);                /* ADCS n_high, n_high */
    one(c, 0x3001 | r->n_low << 8);                             /* ADDS n_low, #1 */
    two(c, 0xf140 | r->n_high, r->n_high << 8);                 /* ADC n_high, n_high, #0 */
    two(c, 0xf1b0 | r->k, r->k << 8 | 1);                       /* SUBS k, k, #1 */
    one(c, 0xd008);                                             /* BEQ end */
    one(c, 0x4280 | r->y_low << 3 | r->n_low);                  /* head: CMP n_low, y_low */
    two(c, 0xeb70 | r->n_high, r->t << 8 | r->y_high);          /* SBCS t, n_high, y_high */
    one(c, 0xd2f0);                                             /* BCS to the first of these */
    one(c, twice_low);
    one(c, 0x4140 | r->n_high << 3 | r->n_high);
    two(c, 0xf1b0 | r->k, r->k << 8 | 1);
    one(c, 0xd1f6);                                             /* BNE head */
}

static ir_ref imm64(struct a32_lift *s, int64_t v) { return ir_const(s->ir, IR_I64, v); }

static ir_ref joined(struct a32_lift *s, unsigned low, unsigned high)
{
    struct ir *ir = s->ir;
    return ir_or(ir, IR_I64, ir_zext64(ir, a32_r(s, low)),
                 ir_shl(ir, IR_I64, ir_zext64(ir, a32_r(s, high)), imm64(s, 32)));
}

static ir_ref upper(struct a32_lift *s, ir_ref v)
{
    return ir_trunc(s->ir, ir_shr(s->ir, IR_I64, v, imm64(s, 32)));
}

/* 0 if the loop divides n by d = y >> by, and all of it fits: 0 <= by <= 62, y = d << by < 1 << 63, and
 * n < 2 * y, so that there are by + 1 bits of quotient. */
static ir_ref unfit(struct a32_lift *s, ir_ref n, ir_ref y, ir_ref by, ir_ref d)
{
    struct ir *ir = s->ir;
    ir_ref lost = ir_xor(ir, IR_I64, y, ir_shl(ir, IR_I64, d, by));
    ir_ref top = ir_shr(ir, IR_I64, y, imm64(s, 63));
    ir_ref large = ir_flags_sub(ir, IR_I64, n, ir_shl(ir, IR_I64, y, imm64(s, 1)));
    ir_ref many = ir_flags_sub(ir, IR_I64, by, imm64(s, 62));
    return ir_or(ir, IR_I64, ir_or(ir, IR_I64, lost, top),
                 ir_or(ir, IR_I64, ir_cc(ir, IR_I64, IR_CS, large), ir_cc(ir, IR_I64, IR_HI, many)));
}

/* What the rounds leave: remainder and quotient side by side, and in t what the last comparison left. */
static void put_rounds(struct a32_lift *s, const struct loop *r, ir_ref n, ir_ref y, ir_ref by, ir_ref d)
{
    struct ir *ir = s->ir;
    ir_ref q = ir_divu(ir, IR_I64, n, d), one_bit = imm64(s, 1);
    ir_ref rest = ir_sub(ir, IR_I64, n, ir_mul(ir, IR_I64, q, d));
    ir_ref above = ir_shl(ir, IR_I64, ir_shl(ir, IR_I64, rest, by), one_bit);
    ir_ref result = ir_or(ir, IR_I64, above, q);
    ir_ref even = ir_sub(ir, IR_I64, ir_and(ir, IR_I64, result, one_bit), one_bit);
    ir_ref compared = ir_sub(ir, IR_I64, ir_shr(ir, IR_I64, result, one_bit),
                             ir_and(ir, IR_I64, y, even));
    ir_ref last = a32_imm(s, 1);
    a32_put_flags(s, ir_flags_sub(ir, IR_I32, last, last)); /* SUBS k, k, #1 */
    a32_put_r(s, r->k, a32_imm(s, 0));
    a32_put_r(s, r->t, upper(s, compared));
    a32_put_r(s, r->n_low, ir_trunc(ir, result));
    a32_put_r(s, r->n_high, upper(s, result));
}

bool a32_divide_loop(struct a32_lift *s, uint32_t target)
{
    enum { HEAD = 24, END = 42 }; /* from the branch on */
    uint16_t half[MAX_HALVES];
    if (target != s->pc + HEAD || !may_replace(s) ||
        !tcg_lift_peek(s->l, s->pc + 2, half, END - 2)) {
        return false;
    }
    const struct loop r = {.n_low = half[0] & 7, .n_high = half[1] & 15, .y_low = half[0] >> 6 & 7,
                           .y_high = half[2] & 15, .k = half[8] & 15, .t = half[13] >> 8 & 15};
    struct code c = {.address = s->pc + 2};
    expect_loop(&c, &r);
    if (r.n_high > 7 || !distinct(1u << r.n_low | 1u << r.n_high | 1u << r.y_low | 1u << r.y_high |
                                  1u << r.k | 1u << r.t, 6) || !is_there(s, &c)) {
        return false;
    }
    struct ir *ir = s->ir;
    ir_ref n = joined(s, r.n_low, r.n_high), y = joined(s, r.y_low, r.y_high);
    ir_ref by = ir_zext64(ir, ir_sub(ir, IR_I32, a32_r(s, r.k), a32_imm(s, 1)));
    ir_ref d = ir_shr(ir, IR_I64, y, by);
    ir_ref bad = unfit(s, n, y, by, d);
    unless(s, IR_NE, ir_flags_and(ir, IR_I64, bad, bad), target);
    put_rounds(s, &r, n, y, by, d);
    tcg_lift_goto(s->l, (s->pc + END) | A32_PC_T);
    return true;
}
