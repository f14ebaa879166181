/* SPDX-License-Identifier: MIT */
/*
 * Add, subtract, multiply, divide, square root and the fused forms.  Each is written once, on
 * parts; the list at the end gives each format its functions.
 */
#include "tcg/fp/parts.h"

/* The sum is exactly zero although the operands were not both zeros of that sign. */
static struct fp_parts exact_zero(const struct fp_env *env)
{
    return fp_parts_of(FPC_ZERO, env->round == FP_RM);
}

/* a + b; each is finite or zero, with at least one free bit at the bottom of its fraction. */
static struct fp_parts add_finite(struct fp_parts a, struct fp_parts b, const struct fp_env *env)
{
    if (a.cls == FPC_ZERO && b.cls == FPC_ZERO) {
        return a.sign == b.sign ? a : exact_zero(env);
    }
    if (a.cls == FPC_ZERO || b.cls == FPC_ZERO) {
        return a.cls == FPC_ZERO ? b : a;
    }
    if (a.exp < b.exp || (a.exp == b.exp && a.frac < b.frac)) {
        struct fp_parts swap = a;
        a = b;
        b = swap;
    }
    /*
     * One bit of headroom for the carry.  Stickiness cannot spoil a difference: bits are lost only
     * if the exponents differ by more than one, and then at most one leading bit cancels.
     */
    a.frac >>= 1;
    b.frac = fp_shift_right_sticky(b.frac >> 1, a.exp - b.exp);
    a.exp += 1;
    a.frac = a.sign == b.sign ? a.frac + b.frac : a.frac - b.frac;
    return a.frac == 0 ? exact_zero(env) : fp_normalise(a);
}

static struct fp_parts add_parts(struct fp_parts a, struct fp_parts b, struct fp_env *env)
{
    if (fp_is_nan(a) || fp_is_nan(b)) {
        return fp_choose_nan((const struct fp_parts[]){a, b}, 2, env);
    }
    if (a.cls == FPC_INF && b.cls == FPC_INF && a.sign != b.sign) {
        return fp_invalid(env);
    }
    fp_report_denormal(a.denormal || b.denormal, env);
    if (a.cls == FPC_INF || b.cls == FPC_INF) {
        return a.cls == FPC_INF ? a : b;
    }
    return add_finite(a, b, env);
}

/* The exact product of two finite numbers, whose fractions have 64 bits at most. */
static struct fp_parts mul_finite(struct fp_parts a, struct fp_parts b)
{
    struct fp_parts p = fp_parts_of(FPC_FINITE, a.sign != b.sign);
    p.frac = (fp_u128)(uint64_t)(a.frac >> 64) * (uint64_t)(b.frac >> 64);
    p.exp = a.exp + b.exp + 1;
    if (!(p.frac >> 127)) {
        p.frac <<= 1;
        p.exp -= 1;
    }
    return p;
}

static bool is_inf_times_zero(struct fp_parts a, struct fp_parts b)
{
    return (a.cls == FPC_INF && b.cls == FPC_ZERO) || (a.cls == FPC_ZERO && b.cls == FPC_INF);
}

static struct fp_parts mul_parts(struct fp_parts a, struct fp_parts b, bool extended,
                                 struct fp_env *env)
{
    const bool sign = a.sign != b.sign;

    if (fp_is_nan(a) || fp_is_nan(b)) {
        return fp_choose_nan((const struct fp_parts[]){a, b}, 2, env);
    }
    if (is_inf_times_zero(a, b)) {
        return extended ? fp_parts_small(2, 0, sign) : fp_invalid(env);
    }
    fp_report_denormal(a.denormal || b.denormal, env);
    if (a.cls == FPC_INF || b.cls == FPC_INF) {
        return fp_parts_of(FPC_INF, sign);
    }
    if (a.cls == FPC_ZERO || b.cls == FPC_ZERO) {
        return fp_parts_of(FPC_ZERO, sign);
    }
    return mul_finite(a, b);
}

/* The quotient has 63 bits or more and a sticky bit below: enough for binary64's 53. */
static struct fp_parts div_finite(struct fp_parts a, struct fp_parts b)
{
    struct fp_parts p = fp_parts_of(FPC_FINITE, a.sign != b.sign);
    uint64_t divisor = (uint64_t)(b.frac >> 64);
    fp_u128 dividend = a.frac >> 1;
    uint64_t quotient = (uint64_t)(dividend / divisor);

    p.frac = (fp_u128)quotient << 64 | ((fp_u128)quotient * divisor != dividend);
    p.exp = a.exp - b.exp;
    return fp_normalise(p);
}

static struct fp_parts div_parts(struct fp_parts a, struct fp_parts b, struct fp_env *env)
{
    const bool sign = a.sign != b.sign;

    if (fp_is_nan(a) || fp_is_nan(b)) {
        return fp_choose_nan((const struct fp_parts[]){a, b}, 2, env);
    }
    if (a.cls == b.cls && a.cls != FPC_FINITE) {
        return fp_invalid(env); /* 0/0 or inf/inf */
    }
    if (a.cls == FPC_FINITE && b.cls == FPC_ZERO) {
        env->flags |= FP_DZC;
        return fp_parts_of(FPC_INF, sign);
    }
    fp_report_denormal(a.denormal || b.denormal, env);
    if (a.cls == FPC_INF || b.cls == FPC_ZERO) {
        return fp_parts_of(FPC_INF, sign);
    }
    if (a.cls == FPC_ZERO || b.cls == FPC_INF) {
        return fp_parts_of(FPC_ZERO, sign);
    }
    return div_finite(a, b);
}

/*
 * Digit by digit, two bits of the radicand for each bit of the root.  The radicand is scaled to
 * [1, 4), so that the root's first bit is a one.  `bits` of the root, at most 61, are made; that
 * uses up the radicand, whose precision is at most 63 bits and less than twice `bits`.
 */
static struct fp_parts sqrt_finite(struct fp_parts a, unsigned bits)
{
    const bool odd = a.exp & 1;
    uint64_t radicand = (uint64_t)(a.frac >> (odd ? 64 : 65));
    uint64_t root = 0, rest = 0;

    for (unsigned i = 0; i < bits; i++) {
        rest = rest << 2 | radicand >> 62;
        radicand <<= 2;
        uint64_t trial = root << 2 | 1;
        uint64_t digit = rest >= trial;
        rest -= trial & -digit; /* a branch would be mispredicted every other time */
        root = root << 1 | digit;
    }
    a.frac = (fp_u128)root << (128 - bits) | (rest != 0);
    a.exp = (a.exp - odd) / 2;
    return a;
}

static struct fp_parts sqrt_parts(const struct fp_format *f, struct fp_parts a, struct fp_env *env)
{
    if (fp_is_nan(a)) {
        return fp_choose_nan(&a, 1, env);
    }
    if (a.cls == FPC_ZERO) {
        return a;
    }
    if (a.sign) {
        return fp_invalid(env);
    }
    fp_report_denormal(a.denormal, env);
    return a.cls == FPC_INF ? a : sqrt_finite(a, f->frac_bits + 3u);
}

struct fp_parts fp_muladd_finite(struct fp_parts a, struct fp_parts b, struct fp_parts c,
                                 const struct fp_env *env)
{
    /* A product of binary64 leaves 22 bits free at the bottom, as add_finite() needs. */
    bool zero = a.cls == FPC_ZERO || b.cls == FPC_ZERO;
    struct fp_parts product = zero ? fp_parts_of(FPC_ZERO, a.sign != b.sign) : mul_finite(a, b);
    return add_finite(product, c, env);
}

struct fp_parts fp_muladd_parts(struct fp_parts a, struct fp_parts b, struct fp_parts c,
                                struct fp_env *env)
{
    const struct fp_rule_row *rules = fp_rules_of(env);
    const bool sign = a.sign != b.sign;

    if (is_inf_times_zero(a, b) && (c.cls < FPC_QNAN || !rules->quiet_addend_hides)) {
        /* FPMulAdd: a quiet NaN as addend does not prevail, a signalling one does. */
        if (c.cls != FPC_SNAN) {
            return fp_invalid(env);
        }
    }
    if (fp_is_nan(a) || fp_is_nan(b) || fp_is_nan(c)) {
        return rules->addend_first ? fp_choose_nan((const struct fp_parts[]){c, a, b}, 3, env)
                                   : fp_choose_nan((const struct fp_parts[]){a, b, c}, 3, env);
    }
    bool product_inf = a.cls == FPC_INF || b.cls == FPC_INF;
    if (product_inf && c.cls == FPC_INF && c.sign != sign) {
        return fp_invalid(env);
    }
    fp_report_denormal(a.denormal || b.denormal || c.denormal, env);
    if (product_inf) {
        return fp_parts_of(FPC_INF, sign);
    }
    return c.cls == FPC_INF ? c : fp_muladd_finite(a, b, c, env);
}

/*
 * FPRecipStepFused and FPRSqrtStepFused: (constant - a * b) * 2^scale.  The operand is negated
 * before NaNs are looked at, so a NaN from a comes out with its sign inverted.
 */
static struct fp_parts step_parts(struct fp_parts a, struct fp_parts b, unsigned constant,
                                  int32_t scale, struct fp_env *env)
{
    struct fp_parts c = fp_parts_small(constant, 0, false);

    a.sign = !a.sign;
    if (fp_is_nan(a) || fp_is_nan(b)) {
        return fp_choose_nan((const struct fp_parts[]){a, b}, 2, env);
    }
    struct fp_parts result;
    if (is_inf_times_zero(a, b)) {
        result = c;
    } else if (a.cls == FPC_INF || b.cls == FPC_INF) {
        result = fp_parts_of(FPC_INF, a.sign != b.sign);
    } else {
        result = fp_muladd_finite(a, b, c, env);
    }
    result.exp += scale;
    return result;
}

#define BINARY(N, name, expression)                                                                \
    uint##N##_t fp##N##_##name(uint##N##_t a_bits, uint##N##_t b_bits, struct fp_env *env)         \
    {                                                                                              \
        struct fp_parts a = fp_unpack(&fp_format_##N, a_bits, env);                                \
        struct fp_parts b = fp_unpack(&fp_format_##N, b_bits, env);                                \
        return (uint##N##_t)fp_round_pack(&fp_format_##N, expression, env->round, env);            \
    }

/* The sign of b as of -b, unless it is a NaN's. */
static struct fp_parts minus(struct fp_parts b)
{
    b.sign ^= !fp_is_nan(b);
    return b;
}

#define DEFINE_ARITH(N)                                                                            \
    BINARY(N, add, add_parts(a, b, env))                                                           \
    BINARY(N, sub, add_parts(a, minus(b), env))                                                    \
    BINARY(N, mul, mul_parts(a, b, false, env))                                                    \
    BINARY(N, mulx, mul_parts(a, b, true, env))                                                    \
    BINARY(N, div, div_parts(a, b, env))                                                           \
    BINARY(N, recps, step_parts(a, b, 2, 0, env))                                                  \
    BINARY(N, rsqrts, step_parts(a, b, 3, -1, env))                                                \
                                                                                                   \
    uint##N##_t fp##N##_sqrt(uint##N##_t a_bits, struct fp_env *env)                               \
    {                                                                                              \
        struct fp_parts a = fp_unpack(&fp_format_##N, a_bits, env);                                \
        a = sqrt_parts(&fp_format_##N, a, env);                                                    \
        return (uint##N##_t)fp_round_pack(&fp_format_##N, a, env->round, env);                     \
    }                                                                                              \
                                                                                                   \
    uint##N##_t fp##N##_muladd(uint##N##_t a_bits, uint##N##_t b_bits, uint##N##_t c_bits,         \
                               struct fp_env *env)                                                 \
    {                                                                                              \
        struct fp_parts a = fp_unpack(&fp_format_##N, a_bits, env);                                \
        struct fp_parts b = fp_unpack(&fp_format_##N, b_bits, env);                                \
        struct fp_parts c = fp_unpack(&fp_format_##N, c_bits, env);                                \
        a = fp_muladd_parts(a, b, c, env);                                                         \
        return (uint##N##_t)fp_round_pack(&fp_format_##N, a, env->round, env);                     \
    }

DEFINE_ARITH(16)
DEFINE_ARITH(32)
DEFINE_ARITH(64)
