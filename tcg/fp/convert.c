/* SPDX-License-Identifier: MIT */
/* Conversions: to integral values, to and from integers, and between formats. */
#include "tcg/fp/parts.h"

/* The magnitude of a finite number as an integer, rounded.  p.exp is below 127. */
static fp_u128 round_to_integer(struct fp_parts p, enum fp_round round, bool *inexact)
{
    return fp_round_shift(p.frac, 127 - p.exp, round, p.sign, inexact);
}

/* Back to parts; the sign survives even where the magnitude is zero. */
static struct fp_parts parts_of_integer(fp_u128 magnitude, bool sign, int32_t exp)
{
    if (magnitude == 0) {
        return fp_parts_of(FPC_ZERO, sign);
    }
    struct fp_parts p = {
        .frac = magnitude, .exp = 127 + exp, .cls = FPC_FINITE, .sign = sign};
    return fp_normalise(p);
}

/* FPRoundInt. */
static struct fp_parts rint_parts(struct fp_parts p, enum fp_round round, bool exact,
                                  struct fp_env *env)
{
    if (fp_is_nan(p)) {
        return fp_choose_nan(&p, 1, env);
    }
    if (p.cls != FPC_FINITE || p.exp >= 64) {
        return p; /* no format here has fractions at this size */
    }
    bool inexact = false;
    fp_u128 magnitude = round_to_integer(p, round, &inexact);
    if (inexact && exact) {
        env->flags |= FP_IXC;
    }
    return parts_of_integer(magnitude, p.sign, 0);
}

/* The largest magnitude that an integer of that width, signedness and sign can have. */
static uint64_t integer_limit(unsigned intbits, bool is_signed, bool negative)
{
    if (is_signed) {
        return (UINT64_C(1) << (intbits - 1)) - !negative;
    }
    return negative ? 0 : UINT64_MAX >> (64 - intbits);
}

/* FPRoundIntN. */
static struct fp_parts rintn_parts(struct fp_parts p, unsigned intbits, enum fp_round round,
                                   struct fp_env *env)
{
    bool inexact = false;
    fp_u128 magnitude = 0;

    if (p.cls == FPC_ZERO) {
        return p;
    }
    if (p.cls == FPC_FINITE && p.exp < 64) {
        magnitude = round_to_integer(p, round, &inexact);
    }
    if (p.cls != FPC_FINITE || p.exp >= 64 || magnitude > integer_limit(intbits, true, p.sign)) {
        env->flags |= FP_IOC;
        return fp_parts_small(1, (int32_t)intbits - 1, true);
    }
    env->flags |= inexact ? FP_IXC : 0;
    return parts_of_integer(magnitude, p.sign, 0);
}

/* What does not fit; two's complement in 64 bits. */
static uint64_t invalid_integer(struct fp_parts p, unsigned intbits, bool is_signed,
                                struct fp_env *env)
{
    env->flags |= FP_IOC;
    switch ((enum fp_int_invalid)fp_rules_of(env)->int_invalid) {
    case INT_INDEFINITE:
        return is_signed ? -integer_limit(intbits, true, true)
                         : integer_limit(intbits, false, false);
    case INT_MAX_POSITIVE:
        return integer_limit(intbits, is_signed, false);
    case INT_SATURATE:
        break;
    }
    if (fp_is_nan(p)) {
        return 0;
    }
    uint64_t limit = integer_limit(intbits, is_signed, p.sign);
    return p.sign ? -limit : limit;
}

/* FPToFixed. */
static uint64_t to_integer(struct fp_parts p, unsigned intbits, bool is_signed, unsigned fbits,
                           enum fp_round round, struct fp_env *env)
{
    if (p.cls == FPC_ZERO) {
        return 0;
    }
    p.exp += (int32_t)fbits;
    if (p.cls != FPC_FINITE || p.exp >= 64) {
        return invalid_integer(p, intbits, is_signed, env);
    }
    bool inexact = false;
    fp_u128 magnitude = round_to_integer(p, round, &inexact);
    if (magnitude > integer_limit(intbits, is_signed, p.sign)) {
        return invalid_integer(p, intbits, is_signed, env);
    }
    env->flags |= inexact ? FP_IXC : 0;
    return p.sign ? -(uint64_t)magnitude : (uint64_t)magnitude;
}

/* FPToFixedJS. */
uint32_t fp64_to_jsint(uint64_t a, struct fp_env *env, bool *exact)
{
    struct fp_parts p = fp_unpack(&fp_format_64, a, env);
    bool inexact = false;
    fp_u128 magnitude = 0;

    if (p.cls == FPC_ZERO) {
        *exact = a == 0; /* neither -0 nor a denormal that was flushed */
        return 0;
    }
    if (p.cls == FPC_FINITE && p.exp < 127) {
        magnitude = round_to_integer(p, FP_RZ, &inexact);
    }
    bool fits = p.cls == FPC_FINITE && p.exp < 127
                && magnitude <= integer_limit(32, true, p.sign);
    if (!fits) {
        env->flags |= FP_IOC;
    } else if (inexact) {
        env->flags |= FP_IXC;
    }
    *exact = fits && !inexact;
    return p.sign ? -(uint32_t)magnitude : (uint32_t)magnitude;
}

/* FPConvert between two formats. */
static uint64_t convert(const struct fp_format *from, const struct fp_format *to, uint64_t bits,
                        struct fp_env *env)
{
    struct fp_parts p = fp_unpack(from, bits, env);

    if (to->alternative && p.cls != FPC_FINITE && p.cls != FPC_ZERO) {
        env->flags |= FP_IOC;
        return fp_is_nan(p) ? fp_sign_bit(to, p.sign) : fp_max_normal(to, p.sign);
    }
    if (fp_is_nan(p)) {
        p = fp_choose_nan(&p, 1, env);
    }
    fp_report_denormal(p.denormal, env);
    return fp_round_pack(to, p, env->round, env);
}

static const struct fp_format *half_format(const struct fp_env *env)
{
    return env->ahp ? &fp_format_16_alt : &fp_format_16_cv;
}

uint32_t fp16_to_fp32(uint16_t a, struct fp_env *env)
{
    return (uint32_t)convert(half_format(env), &fp_format_32, a, env);
}

uint64_t fp16_to_fp64(uint16_t a, struct fp_env *env)
{
    return convert(half_format(env), &fp_format_64, a, env);
}

uint16_t fp32_to_fp16(uint32_t a, struct fp_env *env)
{
    return (uint16_t)convert(&fp_format_32, half_format(env), a, env);
}

uint64_t fp32_to_fp64(uint32_t a, struct fp_env *env)
{
    return convert(&fp_format_32, &fp_format_64, a, env);
}

uint16_t fp64_to_fp16(uint64_t a, struct fp_env *env)
{
    return (uint16_t)convert(&fp_format_64, half_format(env), a, env);
}

uint32_t fp64_to_fp32(uint64_t a, struct fp_env *env)
{
    return (uint32_t)convert(&fp_format_64, &fp_format_32, a, env);
}

#define DEFINE_CONVERT(N)                                                                          \
    uint##N##_t fp##N##_rint(uint##N##_t a, enum fp_round round, bool exact, struct fp_env *env)   \
    {                                                                                              \
        struct fp_parts p = fp_unpack(&fp_format_##N, a, env);                                     \
        p = rint_parts(p, round, exact, env);                                                      \
        return (uint##N##_t)fp_round_pack(&fp_format_##N, p, FP_RZ, env);                          \
    }                                                                                              \
                                                                                                   \
    uint##N##_t fp##N##_rintn(uint##N##_t a, unsigned intbits, enum fp_round round,                \
                              struct fp_env *env)                                                  \
    {                                                                                              \
        struct fp_parts p = fp_unpack(&fp_format_##N, a, env);                                     \
        p = rintn_parts(p, intbits, round, env);                                                   \
        return (uint##N##_t)fp_round_pack(&fp_format_##N, p, FP_RZ, env);                          \
    }                                                                                              \
                                                                                                   \
    int64_t fp##N##_to_sint(uint##N##_t a, unsigned intbits, unsigned fbits, enum fp_round round,  \
                            struct fp_env *env)                                                    \
    {                                                                                              \
        struct fp_parts p = fp_unpack(&fp_format_##N, a, env);                                     \
        return (int64_t)to_integer(p, intbits, true, fbits, round, env);                           \
    }                                                                                              \
                                                                                                   \
    uint64_t fp##N##_to_uint(uint##N##_t a, unsigned intbits, unsigned fbits, enum fp_round round, \
                             struct fp_env *env)                                                   \
    {                                                                                              \
        struct fp_parts p = fp_unpack(&fp_format_##N, a, env);                                     \
        return to_integer(p, intbits, false, fbits, round, env);                                   \
    }                                                                                              \
                                                                                                   \
    uint##N##_t fp##N##_from_sint(int64_t v, unsigned fbits, struct fp_env *env)                   \
    {                                                                                              \
        uint64_t magnitude = v < 0 ? -(uint64_t)v : (uint64_t)v;                                   \
        struct fp_parts p = parts_of_integer(magnitude, v < 0, -(int32_t)fbits);                   \
        return (uint##N##_t)fp_round_pack(&fp_format_##N, p, env->round, env);                     \
    }                                                                                              \
                                                                                                   \
    uint##N##_t fp##N##_from_uint(uint64_t v, unsigned fbits, struct fp_env *env)                  \
    {                                                                                              \
        struct fp_parts p = parts_of_integer(v, false, -(int32_t)fbits);                           \
        return (uint##N##_t)fp_round_pack(&fp_format_##N, p, env->round, env);                     \
    }

DEFINE_CONVERT(16)
DEFINE_CONVERT(32)
DEFINE_CONVERT(64)
