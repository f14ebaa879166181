/* SPDX-License-Identifier: MIT */
/*
 * Floating-point ops: lanes taken apart, soft-float called, lanes put together.  Lanes past
 * `count`, which the IR leaves undefined, are those of operand a, or zeros where lanes change
 * size or kind.  Includes guest.h, eval.h and fp/.
 */
#include <string.h>

#include "tcg/fp/softfloat.h"
#include "tcg/guest.h"
#include "tcg/interp/eval.h"

static struct fp_env *env_of(struct tcg_cpu *cpu, const struct ir_desc *op)
{
    return op->mod & IR_FPC1 ? &cpu->fp_std : &cpu->fp;
}

static enum fp_round rounding(const struct ir_desc *op, const struct fp_env *env)
{
    const unsigned round = op->mod & IR_ROUND_MASK;

    return (enum fp_round)(round == IR_ROUND_DYN ? env->round : round);
}

/* Lane i of r = EXPR(N, f, fn): N bits, f the member of tcg_v128, fn passed through. */
#define FP_OP(name, EXPR, fn)                                          \
    IR_EVAL_FN(name)                                                   \
    {                                                                  \
        IR_EVAL_ARGS;                                                  \
        struct fp_env *env = env_of(cpu, op);                          \
        const enum fp_round round = rounding(op, env);                 \
        const unsigned n = ir_lane_count(op->lane);                    \
        tcg_v128 r = a->v;                                             \
        (void)round;                                                   \
        for (unsigned i = 0; i < n; i++) {                             \
            switch (op->lane & 3) {                                    \
            case IR_LANE_H: r.h[i] = (uint16_t)EXPR(16, h, fn); break; \
            case IR_LANE_S: r.s[i] = (uint32_t)EXPR(32, s, fn); break; \
            case IR_LANE_D: r.d[i] = (uint64_t)EXPR(64, d, fn); break; \
            default: break;                                            \
            }                                                          \
        }                                                              \
        d->v = r;                                                      \
    }

/* --- arithmetic ----------------------------------------------------------------------------- */

#define UNARY(N, f, fn)  fp##N##_##fn(a->v.f[i], env)
#define BINARY(N, f, fn) fp##N##_##fn(a->v.f[i], b->v.f[i], env)
FP_OP(vfadd, BINARY, add)
FP_OP(vfsub, BINARY, sub)
FP_OP(vfmul, BINARY, mul)
FP_OP(vfdiv, BINARY, div)
FP_OP(vfmulx, BINARY, mulx)
FP_OP(vfmax, BINARY, max)
FP_OP(vfmin, BINARY, min)
FP_OP(vfmaxnm, BINARY, maxnm)
FP_OP(vfminnm, BINARY, minnm)
FP_OP(vfsqrt, UNARY, sqrt)
FP_OP(vfrecpe, UNARY, recpe)
FP_OP(vfrsqrte, UNARY, rsqrte)
FP_OP(vfrecps, BINARY, recps)
FP_OP(vfrsqrts, BINARY, rsqrts)
FP_OP(vfrecpx, UNARY, recpx)

IR_EVAL_FN(vfdn)
{
    static const struct { uint64_t infinity, nan; } formats[] = {
        [IR_LANE_S] = {0x7f800000, 0x7fc00000},
        [IR_LANE_D] = {0x7ff0000000000000, 0x7ff8000000000000},
    };
    IR_EVAL_ARGS;
    const unsigned bytes = ir_lane_bytes(op->lane);
    tcg_v128 r = a->v;
    for (unsigned at = 0; at < 16; at += bytes) {
        uint64_t x = 0;
        memcpy(&x, r.b + at, bytes);
        if ((x & ~(UINT64_C(1) << (8 * bytes - 1))) > formats[op->lane & 3].infinity)
            memcpy(r.b + at, &formats[op->lane & 3].nan, bytes);
    }
    d->v = r;
}


/* Flips the sign of an N-bit number if `yes`. */
#define FLIP(N, x, yes) ((uint##N##_t)((x) ^ (uint##N##_t)((uint64_t) !!(yes) << (N - 1))))

#define FMA(N, f, fn)                                                   \
    fp##N##_muladd(FLIP(N, b->v.f[i], op->mod &IR_FMA_NEGB), c->v.f[i], \
                   FLIP(N, a->v.f[i], op->mod &IR_FMA_NEGA), env)
FP_OP(vfma, FMA, )

#define RINT(N, f, fn) fp##N##_rint(a->v.f[i], round, op->mod &IR_RINT_EXACT, env)
FP_OP(vfrint, RINT, )

/* Widens without looking at NaNs, which stay signalling for the multiplication to find (ARM ARM
 * FPProcessNaNs3H); alternative half precision does not apply. */
static uint32_t widened(uint16_t x, const struct fp_env *env)
{
    const uint32_t sign = (uint32_t)(x & 0x8000) << 16, fraction = x & 0x3ff;
    struct fp_env exact = {.round = FP_RNE, .rules = env->rules};

    if ((x & 0x7c00) == 0x7c00)
        return sign | 0x7f800000 | fraction << 13;
    if ((x & 0x7c00) == 0 && env->fz16)
        return sign;
    return fp16_to_fp32(x, &exact);
}

IR_EVAL_FN(vfmlal)
{
    IR_EVAL_ARGS;
    struct fp_env *env = env_of(cpu, op);
    tcg_v128 r = a->v;

    for (unsigned i = 0; i < ir_lane_count(op->lane) && i < 4; i++)
        r.s[i] = fp32_muladd(widened((uint16_t)FLIP(16, b->v.h[i], op->mod & IR_FMA_NEGB), env),
                             widened(c->v.h[i], env), a->v.s[i], env);
    d->v = r;
}

/* --- comparison ----------------------------------------------------------------------------- */

#define ONES_IF(cond)   (0 - (uint64_t)(cond))
#define CMPEQ(N, f, fn) ONES_IF(fp##N##_cmp(a->v.f[i], b->v.f[i], false, env) == FP_EQ)
#define CMPGT(N, f, fn) ONES_IF(fp##N##_cmp(a->v.f[i], b->v.f[i], true, env) == FP_GT)
#define CMPGE(N, f, fn) ONES_IF(at_least(fp##N##_cmp(a->v.f[i], b->v.f[i], true, env)))
static bool at_least(enum fp_relation relation)
{
    return relation == FP_GT || relation == FP_EQ;
}
FP_OP(vfcmeq, CMPEQ, )
FP_OP(vfcmgt, CMPGT, )
FP_OP(vfcmge, CMPGE, )

/* ARM ARM FPCompare(). */
IR_EVAL_FN(fcmp)
{
    IR_EVAL_ARGS;
    static const uint32_t flags[] = {[FP_LT] = TCG_FLAG_N,
                                     [FP_EQ] = TCG_FLAG_Z | TCG_FLAG_C,
                                     [FP_GT] = TCG_FLAG_C,
                                     [FP_UN] = TCG_FLAG_C | TCG_FLAG_V};
    struct fp_env *env = env_of(cpu, op);
    const bool signalling = op->mod & IR_FCMP_SIGNAL;

    switch (op->lane & 3) {
    case IR_LANE_H: d->l = flags[fp16_cmp(a->v.h[0], b->v.h[0], signalling, env)]; break;
    case IR_LANE_S: d->l = flags[fp32_cmp(a->v.s[0], b->v.s[0], signalling, env)]; break;
    default: d->l = flags[fp64_cmp(a->v.d[0], b->v.d[0], signalling, env)]; break;
    }
}

/* --- conversion ----------------------------------------------------------------------------- */

#define TO_INT(N, f, fn)    fp##N##_##fn(a->v.f[i], N, (unsigned)op->imm, round, env)
#define FROM_INT(N, f, fn)  fp##N##_##fn(a->v.s##f[i], (unsigned)op->imm, env)
#define FROM_UINT(N, f, fn) fp##N##_##fn(a->v.f[i], (unsigned)op->imm, env)
FP_OP(vftos, TO_INT, to_sint)
FP_OP(vftou, TO_INT, to_uint)
FP_OP(vstof, FROM_INT, from_sint)
FP_OP(vutof, FROM_UINT, from_uint)

/* Lane i of x, of 2^from bytes, to a format of 2^to bytes. */
static uint64_t convert(const tcg_v128 *x, unsigned i, unsigned from, unsigned to,
                        struct fp_env *env)
{
    switch (from << 2 | to) {
    case IR_LANE_H << 2 | IR_LANE_S: return fp16_to_fp32(x->h[i], env);
    case IR_LANE_H << 2 | IR_LANE_D: return fp16_to_fp64(x->h[i], env);
    case IR_LANE_S << 2 | IR_LANE_H: return fp32_to_fp16(x->s[i], env);
    case IR_LANE_S << 2 | IR_LANE_D: return fp32_to_fp64(x->s[i], env);
    case IR_LANE_D << 2 | IR_LANE_H: return fp64_to_fp16(x->d[i], env);
    case IR_LANE_D << 2 | IR_LANE_S: return fp64_to_fp32(x->d[i], env);
    default: return 0;
    }
}

IR_EVAL_FN(vfcvt)
{
    IR_EVAL_ARGS;
    struct fp_env *env = env_of(cpu, op), rounded = *env;
    const unsigned from = op->lane & 3, to = (unsigned)op->imm;
    const unsigned room = 16u >> (to > from ? to : from), count = ir_lane_count(op->lane);
    tcg_v128 r = {{0, 0}};

    rounded.round = (uint8_t)rounding(op, env);
    for (unsigned i = 0; i < room && i < count; i++) {
        const uint64_t x = convert(&a->v, i, from, to, &rounded);

        if (to == IR_LANE_H)
            r.h[i] = (uint16_t)x;
        else if (to == IR_LANE_S)
            r.s[i] = (uint32_t)x;
        else
            r.d[i] = x;
    }
    env->flags = rounded.flags;
    d->v = r;
}

/* Lane 0 to an integer of the op's type. */
#define SCALAR_TO_INT(name, fn)                                                             \
    IR_EVAL_FN(name)                                                                        \
    {                                                                                       \
        IR_EVAL_ARGS;                                                                       \
        struct fp_env *env = env_of(cpu, op);                                               \
        const enum fp_round round = rounding(op, env);                                      \
        const unsigned bits = op->type == IR_I64 ? 64 : 32, fbits = (unsigned)op->imm;      \
        uint64_t r = 0;                                                                     \
        switch (op->lane & 3) {                                                             \
        case IR_LANE_H: r = (uint64_t)fp16_##fn(a->v.h[0], bits, fbits, round, env); break; \
        case IR_LANE_S: r = (uint64_t)fp32_##fn(a->v.s[0], bits, fbits, round, env); break; \
        default: r = (uint64_t)fp64_##fn(a->v.d[0], bits, fbits, round, env); break;        \
        }                                                                                   \
        d->l = bits == 64 ? r : (uint32_t)r;                                                \
    }
SCALAR_TO_INT(ftos, to_sint)
SCALAR_TO_INT(ftou, to_uint)

/* An integer of the op's type, `x`, to lane 0. */
#define SCALAR_FROM_INT(name, fn, x)                               \
    IR_EVAL_FN(name)                                               \
    {                                                              \
        IR_EVAL_ARGS;                                              \
        struct fp_env rounded = *env_of(cpu, op), *env = &rounded; \
        const unsigned fbits = (unsigned)op->imm;                  \
        uint64_t r = 0;                                            \
        env->round = (uint8_t)rounding(op, env);                   \
        switch (op->lane & 3) {                                    \
        case IR_LANE_H: r = fp16_##fn(x, fbits, env); break;       \
        case IR_LANE_S: r = fp32_##fn(x, fbits, env); break;       \
        default: r = fp64_##fn(x, fbits, env); break;              \
        }                                                          \
        env_of(cpu, op)->flags = env->flags;                       \
        d->v = (tcg_v128){{r, 0}};                                 \
    }
SCALAR_FROM_INT(stof, from_sint, op->type == IR_I64 ? (int64_t)a->l : (int32_t)a->w)
SCALAR_FROM_INT(utof, from_uint, op->type == IR_I64 ? a->l : a->w)

IR_EVAL_FN(fjcvt)
{
    IR_EVAL_ARGS;
    bool exact;
    const uint32_t r = fp64_to_jsint(a->v.d[0], env_of(cpu, op), &exact);

    d->l = r | (uint64_t)exact << 32;
}

/* --- estimates of fixed-point numbers ------------------------------------------------------- */

#define ESTIMATE(name, fn)               \
    IR_EVAL_FN(name)                     \
    {                                    \
        IR_EVAL_ARGS;                    \
        tcg_v128 r;                      \
        for (unsigned i = 0; i < 4; i++) \
            r.s[i] = fn(a->v.s[i]);      \
        d->v = r;                        \
    }
ESTIMATE(vurecpe, urecpe)
ESTIMATE(vursqrte, ursqrte)
