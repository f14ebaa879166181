/* SPDX-License-Identifier: MIT */
/*
 * Division by shifting and subtracting, as libgcc has it for CPUs without UDIV, and so every program that
 * is built for ARMv7 or older without it: what its steps come to is one division.  The code is compared halfword by
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
    return (s->thumb ? !s->it : s->insn >> 28 == IR_AL) && !(s->l->run_mode & TCG_RUN_ONE_INSN);
}

static bool distinct(uint32_t registers, unsigned n)
{
    return (unsigned)__builtin_popcount(registers) == n && !(registers & (1u << 13 | 1u << 15));
}

/* Where cond holds the guest's own code runs from address on. */
static void unless(struct a32_lift *s, enum ir_cond cond, ir_ref flags, uint32_t address)
{
    a32_skip_if(s, cond, flags, address | (s->thumb ? A32_PC_T : 0));
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

/* 0 < m <= n, as it is where the divisor is no power of two and not the larger one; else the guest's own
 * code runs from `next` on. */
static void check_operands(struct a32_lift *s, unsigned n, unsigned m, uint32_t next)
{
    ir_ref below = ir_sub(s->ir, IR_I32, a32_r(s, m), a32_imm(s, 1));
    unless(s, IR_CS, ir_flags_sub(s->ir, IR_I32, below, a32_r(s, n)), next);
}

/* What the steps leave in n and the flags; the quotient.  The last one compares what the remainder was
 * before it: that, or m more. */
static ir_ref put_rest(struct a32_lift *s, unsigned n_reg, unsigned m_reg)
{
    struct ir *ir = s->ir;
    ir_ref n = a32_r(s, n_reg), m = a32_r(s, m_reg);
    ir_ref q = ir_divu(ir, IR_I32, n, m);
    ir_ref rest = ir_sub(ir, IR_I32, n, ir_mul(ir, IR_I32, q, m));
    ir_ref odd = ir_and(ir, IR_I32, q, a32_imm(s, 1));
    ir_ref before = ir_add(ir, IR_I32, rest, ir_mul(ir, IR_I32, odd, m));
    a32_put_flags(s, ir_flags_sub(ir, IR_I32, before, m));
    a32_put_r(s, n_reg, rest);
    return q;
}

static void put_division(struct a32_lift *s, const struct steps *r, uint32_t steps)
{
    struct ir *ir = s->ir;
    ir_ref rounds = ir_sub(ir, IR_I32, ir_clz(ir, IR_I32, a32_r(s, r->m)),
                           ir_clz(ir, IR_I32, a32_r(s, r->n)));
    ir_ref skipped = ir_sub(ir, IR_I32, a32_imm(s, 31), rounds);
    a32_put_r(s, r->t, ir_add(ir, IR_I32, ir_shl(ir, IR_I32, skipped, a32_imm(s, 4)),
                              ir_const_pc(ir, steps)));
    a32_put_r(s, r->q, put_rest(s, r->n, r->m));
}

/* --- the same as A32 code ---------------------------------------------------------------------------- */

/* Registers: dividend and remainder n, divisor m, their leading zeros zn and zm, the difference d of
 * these, 31 less that in k, which the jump multiplies; the quotient q where there is one (__udivsi3 and
 * __divsi3; __umodsi3 and __modsi3 have none). */
struct a32_steps { unsigned n, m, zn, zm, d, k, q; bool quotient; };

enum { A32_NOP = 0xe1a00000 };

static void word(struct code *c, uint32_t w) { two(c, w & 0xffff, w >> 16); }

static uint32_t word_at(const uint16_t *half, unsigned k)
{
    return half[2 * k] | (uint32_t)half[2 * k + 1] << 16;
}

/* From RSBS k, d, #31 on. */
static void expect_a32_steps(struct code *c, const struct a32_steps *r)
{
    word(c, 0xe270001f | r->d << 16 | r->k << 12);                           /* RSBS k, d, #31 */
    if (r->quotient) {
        word(c, 0x10800080 | r->k << 16 | r->k << 12 | r->k);                /* ADDNE k, k, k, LSL #1 */
        word(c, 0xe3a00000 | r->q << 12);                                    /* MOV q, #0 */
    }
    word(c, (r->quotient ? 0x108ff100 : 0x108ff180) | r->k);                 /* ADDNE pc, pc, k, LSL #2 or 3 */
    word(c, A32_NOP);
    for (unsigned by = 32; by-- > 0;) {
        word(c, 0xe1500000 | r->n << 16 | by << 7 | r->m);                   /* CMP n, m, LSL #by */
        if (r->quotient)
            word(c, 0xe0a00000 | r->q << 16 | r->q << 12 | r->q);            /* ADC q, q, q */
        word(c, 0x20400000 | r->n << 16 | r->n << 12 | by << 7 | r->m);      /* SUBCS n, n, m, LSL #by */
    }
}

/* Behind CLZ rd, rm: CLZ of the other operand, and the difference, which tells which is which. */
static bool find_a32_steps(struct a32_lift *s, unsigned rd, unsigned rm, struct a32_steps *r)
{
    enum { CLZ2, SUB, RSBS, ADDNE, MOV, WORDS };
    uint16_t half[2 * WORDS];
    if (!tcg_lift_peek(s->l, s->pc + 4, half, sizeof half)) {
        return false;
    }
    const uint32_t clz = word_at(half, CLZ2), sub = word_at(half, SUB);
    if ((clz & 0xffff0ff0) != 0xe16f0f10 || (sub & 0xfff00ff0) != 0xe0400000) {
        return false;
    }
    const bool n_first = rd == (sub & 15);
    const unsigned rd2 = clz >> 12 & 15, rm2 = clz & 15;
    *r = (struct a32_steps){.n = n_first ? rm : rm2, .m = n_first ? rm2 : rm, .zn = sub & 15,
                            .zm = sub >> 16 & 15, .d = sub >> 12 & 15,
                            .k = word_at(half, RSBS) >> 12 & 15, .q = word_at(half, MOV) >> 12 & 15};
    r->quotient = (word_at(half, ADDNE) & 0xf000) != 0xf000;
    const uint32_t operands = 1u << r->n | 1u << r->m;
    const uint32_t others = 1u << r->zn | 1u << r->zm | 1u << r->d | 1u << r->k;
    return r->zn == (n_first ? rd : rd2) && r->zm == (n_first ? rd2 : rd) && distinct(operands, 2) &&
           distinct(1u << r->zn | 1u << r->zm, 2) && !((operands | 1u << 13 | 1u << 15) & others) &&
           (!r->quotient || distinct(operands | 1u << r->k | 1u << r->q, 4));
}

static void put_a32_steps(struct a32_lift *s, const struct a32_steps *r)
{
    struct ir *ir = s->ir;
    ir_ref zn = ir_clz(ir, IR_I32, a32_r(s, r->n)), zm = ir_clz(ir, IR_I32, a32_r(s, r->m));
    ir_ref d = ir_sub(ir, IR_I32, zm, zn);
    ir_ref k = ir_sub(ir, IR_I32, a32_imm(s, 31), d);
    a32_put_r(s, r->zn, zn);
    a32_put_r(s, r->zm, zm);
    a32_put_r(s, r->d, d);
    a32_put_r(s, r->k, r->quotient ? ir_mul(ir, IR_I32, k, a32_imm(s, 3)) : k);
    ir_ref q = put_rest(s, r->n, r->m);
    if (r->quotient) {
        a32_put_r(s, r->q, q);
    }
}

static void a32_steps(struct a32_lift *s, unsigned rd, unsigned rm)
{
    struct a32_steps r;
    if (!find_a32_steps(s, rd, rm, &r)) {
        return;
    }
    struct code c = {.address = s->pc + 12};
    expect_a32_steps(&c, &r);
    if (!is_there(s, &c)) {
        return;
    }
    check_operands(s, r.n, r.m, s->pc + 4);
    put_a32_steps(s, &r);
    tcg_lift_goto(s->l, c.address + 2 * c.n);
}

/* --- as Thumb code ---------------------------------------------------------------------------------------- */

static void t32_steps(struct a32_lift *s, unsigned rd, unsigned rm)
{
    const uint32_t next = s->pc + 4, steps = ((s->pc + 20) & ~3u) + 16;
    uint16_t half[2];
    if (!tcg_lift_peek(s->l, next, half, sizeof half) ||
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
    check_operands(s, r.n, r.m, next);
    put_division(s, &r, steps);
    tcg_lift_goto(s->l, (steps + 32 * 16) | A32_PC_T);
}

void a32_divide_steps(struct a32_lift *s, unsigned rd, unsigned rm)
{
    if (!may_replace(s)) {
        return;
    }
    if (s->thumb) {
        t32_steps(s, rd, rm);
    } else {
        a32_steps(s, rd, rm);
    }
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
    if (target != s->pc + HEAD || !s->thumb || !may_replace(s) ||
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
