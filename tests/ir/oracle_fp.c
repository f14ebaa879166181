/* SPDX-License-Identifier: MIT */
/*
 * Oracles of the FP ops.  "soft-float": the op is what tcg/fp says of each lane (tests/fp checks
 * that against other implementations); this ties down lanes, operand order, modifiers and flags.
 * "host": what the host's FPU computes, with ARM's NaNs (oracle_host_fp.c).
 */
#include <string.h>

#include "tests/ir/rows.h"

#define ORACLE(name)                                                         \
    static void o_##name(const struct ir_desc *op, const union ir_val in[3], \
                         const struct fp_env *env, struct expect *e)

/* One lane: operands of `bits` bits in x[], its number i for ops on pairs. */
struct lane {
    const struct ir_desc *op;
    uint64_t x[3];
    unsigned bits;
    enum fp_round round;
    struct fp_env env;
};
typedef uint64_t lane_fn(struct lane *l);

static enum fp_round round_of(const struct ir_desc *op, const struct fp_env *env)
{
    return (enum fp_round)((op->mod & 7) == 7 ? env->round : op->mod & 7);
}

static void each_lane(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env,
                      struct expect *e, lane_fn *fn)
{
    const unsigned bits = lane_bits(op), count = ir_lane_count(op->lane);
    struct lane l = {.op = op, .bits = bits, .round = round_of(op, env), .env = *env};

    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < 3; k++)
            l.x[k] = get_lane(&in[k].v, bits, i);
        set_lane(&e->d.v, bits, i, fn(&l));
    }
    e->undefined = (uint16_t)(0xffffffff << count * bits / 8);
    e->fp_flags = l.env.flags;
}

#define CHOOSE(l, h, s, d) ((l)->bits == 16 ? (uint64_t)(h) : (l)->bits == 32 ? (uint64_t)(s) : (d))
#define EACH(name, expr16, expr32, expr64)                                                     \
    static uint64_t fn_##name(struct lane *l)                                                  \
    {                                                                                          \
        const uint16_t h = (uint16_t)l->x[0], h2 = (uint16_t)l->x[1], h3 = (uint16_t)l->x[2];  \
        const uint32_t s = (uint32_t)l->x[0], s2 = (uint32_t)l->x[1], s3 = (uint32_t)l->x[2];  \
        const uint64_t d = l->x[0], d2 = l->x[1], d3 = l->x[2];                                \
        struct fp_env *env = &l->env;                                                          \
        (void)h, (void)h2, (void)h3, (void)s, (void)s2, (void)s3, (void)d, (void)d2, (void)d3; \
        (void)env;                                                                             \
        return CHOOSE(l, expr16, expr32, expr64);                                              \
    }                                                                                          \
    ORACLE(name)                                                                               \
    {                                                                                          \
        each_lane(op, in, env, e, fn_##name);                                                  \
    }
#define EACH1(name, fn) EACH(name, fp16_##fn(h, env), fp32_##fn(s, env), fp64_##fn(d, env))
#define EACH2(name, fn) \
    EACH(name, fp16_##fn(h, h2, env), fp32_##fn(s, s2, env), fp64_##fn(d, d2, env))
EACH2(vfadd, add)
EACH2(vfsub, sub)
EACH2(vfmul, mul)
EACH2(vfdiv, div)
EACH2(vfmulx, mulx)
EACH2(vfmax, max)
EACH2(vfmin, min)
EACH2(vfmaxnm, maxnm)
EACH2(vfminnm, minnm)
EACH1(vfsqrt, sqrt)
EACH1(vfrecpe, recpe)
EACH1(vfrsqrte, rsqrte)
EACH2(vfrecps, recps)
EACH2(vfrsqrts, rsqrts)
EACH1(vfrecpx, recpx)

#define EXACT (l->op->mod & IR_RINT_EXACT)
EACH(vfrint, fp16_rint(h, l->round, EXACT, env), fp32_rint(s, l->round, EXACT, env),
     fp64_rint(d, l->round, EXACT, env))
#define MASK(cond)              ((cond) ? ~(uint64_t)0 : 0)
#define LESS_OR_EQUAL(fn, x, y) (fn(y, x, true, env) == FP_LT || fn(x, y, false, env) == FP_EQ)
EACH(vfcmeq, MASK(fp16_cmp(h, h2, false, env) == FP_EQ), MASK(fp32_cmp(s, s2, false, env) == FP_EQ),
     MASK(fp64_cmp(d, d2, false, env) == FP_EQ))
EACH(vfcmgt, MASK(fp16_cmp(h2, h, true, env) == FP_LT), MASK(fp32_cmp(s2, s, true, env) == FP_LT),
     MASK(fp64_cmp(d2, d, true, env) == FP_LT))
EACH(vfcmge, MASK(LESS_OR_EQUAL(fp16_cmp, h, h2)), MASK(LESS_OR_EQUAL(fp32_cmp, s, s2)),
     MASK(LESS_OR_EQUAL(fp64_cmp, d, d2)))

#define FBITS (unsigned)l->op->imm
EACH(vftos, fp16_to_sint(h, 16, FBITS, l->round, env), fp32_to_sint(s, 32, FBITS, l->round, env),
     (uint64_t)fp64_to_sint(d, 64, FBITS, l->round, env))
EACH(vftou, fp16_to_uint(h, 16, FBITS, l->round, env), fp32_to_uint(s, 32, FBITS, l->round, env),
     fp64_to_uint(d, 64, FBITS, l->round, env))
EACH(vstof, fp16_from_sint((int16_t)h, FBITS, env), fp32_from_sint((int32_t)s, FBITS, env),
     fp64_from_sint((int64_t)d, FBITS, env))
EACH(vutof, fp16_from_uint(h, FBITS, env), fp32_from_uint(s, FBITS, env),
     fp64_from_uint(d, FBITS, env))

/* --- fused, complex ----------------------------------------------------------------------------- */

static uint64_t negated(uint64_t x, unsigned bits, bool yes)
{
    return yes ? x ^ (uint64_t)1 << (bits - 1) : x;
}

static uint64_t muladd(struct lane *l, uint64_t addend, uint64_t x, uint64_t y)
{
    return CHOOSE(l, fp16_muladd((uint16_t)x, (uint16_t)y, (uint16_t)addend, &l->env),
                  fp32_muladd((uint32_t)x, (uint32_t)y, (uint32_t)addend, &l->env),
                  fp64_muladd(x, y, addend, &l->env));
}

static uint64_t fn_vfma(struct lane *l)
{
    const uint64_t a = negated(l->x[0], l->bits, l->op->mod & IR_FMA_NEGA);
    const uint64_t b = negated(l->x[1], l->bits, l->op->mod & IR_FMA_NEGB);

    return muladd(l, a, b, l->x[2]);
}
ORACLE(vfma)
{
    each_lane(op, in, env, e, fn_vfma);
}

/* A half as a single: by arithmetic on its fields, NaNs with their quiet bit as it is. */
static uint32_t widen(uint16_t x)
{
    const uint32_t sign = (uint32_t)(x >> 15) << 31;
    int exponent = x >> 10 & 31;
    uint32_t fraction = x & 1023;

    if (exponent == 31)
        return sign | 0xffu << 23 | fraction << 13;
    if (exponent == 0) {
        if (fraction == 0)
            return sign;
        for (exponent = 1; fraction < 1024; exponent--)
            fraction *= 2;
    }
    return sign | (uint32_t)(exponent + 112) << 23 | (fraction & 1023) << 13;
}

/* lane = that of the singles. */
ORACLE(vfmlal)
{
    const unsigned count = ir_lane_count(op->lane);
    struct lane l = {.op = op, .bits = 32, .env = *env};

    e->skip = op->mod & IR_FMA_NEGA; /* not a form of this op */
    for (unsigned i = 0; i < count; i++)
        e->d.v.s[i] = (uint32_t)muladd(&l, in[0].v.s[i],
                                       negated(widen(in[1].v.h[i]), 32, op->mod & IR_FMA_NEGB),
                                       widen(in[2].v.h[i]));
    e->undefined = (uint16_t)(0xffffffff << count * 4);
    e->fp_flags = l.env.flags;
}

/* --- to other sizes ------------------------------------------------------------------------------ */

static uint64_t converted(uint64_t x, unsigned from, unsigned to, struct fp_env *env)
{
    if (from == 16)
        return to == 32 ? fp16_to_fp32((uint16_t)x, env) : fp16_to_fp64((uint16_t)x, env);
    if (from == 32)
        return to == 16 ? fp32_to_fp16((uint32_t)x, env) : fp32_to_fp64((uint32_t)x, env);
    return to == 16 ? fp64_to_fp16(x, env) : fp64_to_fp32(x, env);
}

ORACLE(vfcvt)
{
    const unsigned from = lane_bits(op), to = 8u << op->imm;
    struct fp_env with = *env;

    with.round = (uint8_t)round_of(op, env);
    for (unsigned i = 0; i < ir_lane_count(op->lane) && i < 128 / to; i++)
        set_lane(&e->d.v, to, i, converted(get_lane(&in[0].v, from, i), from, to, &with));
    /* Wider: only the lanes that were asked for are defined. */
    if (to > from && ir_lane_count(op->lane) * to < 128)
        e->undefined = (uint16_t)(0xffffffff << ir_lane_count(op->lane) * to / 8);
    e->fp_flags = with.flags;
}

#define TO_INT(name, fn)                                                                  \
    ORACLE(name)                                                                          \
    {                                                                                     \
        struct lane l = {.bits = lane_bits(op), .round = round_of(op, env), .env = *env}; \
        const unsigned bits = op->type == IR_I64 ? 64 : 32, fbits = (unsigned)op->imm;    \
        const uint64_t r =                                                                \
            CHOOSE(&l, fp16_##fn(in[0].v.h[0], bits, fbits, l.round, &l.env),             \
                   fp32_##fn(in[0].v.s[0], bits, fbits, l.round, &l.env),                 \
                   (uint64_t)fp64_##fn(in[0].v.d[0], bits, fbits, l.round, &l.env));      \
        e->d.l = bits == 32 ? r & 0xffffffff : r;                                         \
        e->fp_flags = l.env.flags;                                                        \
    }
TO_INT(ftos, to_sint)
TO_INT(ftou, to_uint)

#define FROM_INT(name, fn, x)                                                              \
    ORACLE(name)                                                                           \
    {                                                                                      \
        struct lane l = {.bits = lane_bits(op), .env = *env};                              \
        const unsigned fbits = (unsigned)op->imm;                                          \
        e->d.v.d[0] = CHOOSE(&l, fp16_##fn(x, fbits, &l.env), fp32_##fn(x, fbits, &l.env), \
                             fp64_##fn(x, fbits, &l.env));                                 \
        e->undefined = (uint16_t)(0xffffffff << l.bits / 8);                               \
        e->fp_flags = l.env.flags;                                                         \
    }
FROM_INT(stof, from_sint, op->type == IR_I64 ? (int64_t)in[0].l : (int32_t)in[0].w)
FROM_INT(utof, from_uint, in[0].l)

ORACLE(fjcvt)
{
    struct fp_env with = *env;
    bool exact;

    (void)op;
    e->d.l = fp64_to_jsint(in[0].v.d[0], &with, &exact);
    e->d.l += exact ? (uint64_t)1 << 32 : 0;
    e->fp_flags = with.flags;
}

ORACLE(fcmp)
{
    struct lane l = {.bits = lane_bits(op), .env = *env};
    const bool signalling = op->mod & IR_FCMP_SIGNAL;
    const uint64_t relation = CHOOSE(&l, fp16_cmp(in[0].v.h[0], in[1].v.h[0], signalling, &l.env),
                                     fp32_cmp(in[0].v.s[0], in[1].v.s[0], signalling, &l.env),
                                     fp64_cmp(in[0].v.d[0], in[1].v.d[0], signalling, &l.env));

    e->d.l = relation == FP_LT   ? 1u << 15
             : relation == FP_EQ ? 1u << 14 | 1u << 8
             : relation == FP_GT ? 1u << 8
                                 : 1u << 8 | 1u;
    e->fp_flags = l.env.flags;
}

#define ESTIMATE(name, fn)                  \
    ORACLE(name)                            \
    {                                       \
        (void)op, (void)env;                \
        for (unsigned i = 0; i < 4; i++)    \
            e->d.v.s[i] = fn(in[0].v.s[i]); \
    }
ESTIMATE(vurecpe, urecpe)
ESTIMATE(vursqrte, ursqrte)

/* --- rows ----------------------------------------------------------------------------------------- */

#define ROW(name, lanes, imms, mods)                                    \
    {                                                                   \
        IR_##name, "v", lanes, imms, mods, true, o_##name, "soft-float" \
    }
#define ROW_T(name, types, lanes, imms, mods, fp)                       \
    {                                                                   \
        IR_##name, types, lanes, imms, mods, fp, o_##name, "soft-float" \
    }
const struct row rows_fp[] = {
    ROW(vfadd, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfsub, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfmul, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfdiv, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfmulx, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfmax, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfmin, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfmaxnm, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfminnm, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfma, "hsdQD1", IMM_NONE, MOD_FMA),
    ROW(vfsqrt, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfrint, "hsdQD1", IMM_NONE, MOD_RINT),
    ROW(vfcmeq, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfcmgt, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfcmge, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfcvt, "hsdQD1", IMM_FORMAT, MOD_CVT),
    ROW(vftos, "hsdQD1", IMM_FBITS, MOD_ROUND),
    ROW(vftou, "hsdQD1", IMM_FBITS, MOD_ROUND),
    ROW_T(vstof, "v", "hsdQD1", IMM_FBITS, MOD_NONE, false),
    ROW_T(vutof, "v", "hsdQD1", IMM_FBITS, MOD_NONE, false),
    ROW_T(ftos, "wl", "hsd1", IMM_FBITS_T, MOD_ROUND, true),
    ROW_T(ftou, "wl", "hsd1", IMM_FBITS_T, MOD_ROUND, true),
    ROW_T(stof, "wl", "hsd1", IMM_FBITS_T, MOD_NONE, false),
    ROW_T(utof, "wl", "hsd1", IMM_FBITS_T, MOD_NONE, false),
    ROW_T(fjcvt, "l", "d1", IMM_NONE, MOD_NONE, true),
    ROW_T(fcmp, "v", "hsd1", IMM_NONE, MOD_FCMP, true),
    ROW(vfrecpe, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfrsqrte, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfrecps, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfrsqrts, "hsdQD1", IMM_NONE, MOD_NONE),
    ROW(vfrecpx, "hsd1", IMM_NONE, MOD_NONE),
    ROW_T(vurecpe, "v", "sQ", IMM_NONE, MOD_NONE, false),
    ROW_T(vursqrte, "v", "sQ", IMM_NONE, MOD_NONE, false),
    ROW(vfmlal, "sQD", IMM_NONE, MOD_FMA),
    {0},
};
