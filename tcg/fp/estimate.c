/* SPDX-License-Identifier: MIT */
/*
 * ARM's reciprocal and square-root estimates.  The results are architected to the bit; the manual
 * gives them by the arithmetic below, on nine bits.
 */
#include "tcg/fp/parts.h"

/* RecipEstimate: a is 256..511 for [0.5, 1.0), the result 256..511 for [1.0, 2.0). */
static unsigned recip_estimate(unsigned a)
{
    a = a * 2 + 1;
    unsigned b = (1u << 19) / a;
    return (b + 1) / 2;
}

/*
 * RecipSqrtEstimate: a is 128..511 for [0.25, 1.0), the result 256..511 for [1.0, 2.0).  The
 * manual counts b up from 512 while a * (b + 1)^2 < 2^28; here b is found by bits.
 */
static unsigned recip_sqrt_estimate(unsigned a)
{
    a = a < 256 ? a * 2 + 1 : ((a >> 1 << 1) + 1) * 2;
    unsigned b = 512;
    for (unsigned bit = 256; bit; bit >>= 1) {
        unsigned next = b | bit;
        if ((uint64_t)a * next * next < 1u << 28) {
            b = next;
        }
    }
    return (b + 1) / 2;
}

/* FPRecipEstimate. */
static uint64_t recpe(const struct fp_format *f, uint64_t bits, struct fp_env *env)
{
    struct fp_parts p = fp_unpack(f, bits, env);

    if (fp_is_nan(p)) {
        p = fp_choose_nan(&p, 1, env);
    } else if (p.cls == FPC_INF) {
        p.cls = FPC_ZERO;
    } else if (p.cls == FPC_ZERO) {
        env->flags |= FP_DZC;
        p.cls = FPC_INF;
    } else if (p.exp < fp_min_exp(f) - 2) {
        env->flags |= FP_OFC | FP_IXC;
        if (!fp_overflows_to_inf(env->round, p.sign)) {
            return fp_max_normal(f, p.sign);
        }
        p.cls = FPC_INF;
    } else {
        unsigned estimate = recip_estimate((unsigned)(p.frac >> 119));
        p = fp_parts_small(estimate, -p.exp - 9, p.sign);
        /* A denormal result fits the format exactly, so only flushing can still change it. */
    }
    return fp_round_pack(f, p, env->round, env);
}

/* FPRSqrtEstimate. */
static uint64_t rsqrte(const struct fp_format *f, uint64_t bits, struct fp_env *env)
{
    struct fp_parts p = fp_unpack(f, bits, env);

    if (fp_is_nan(p)) {
        p = fp_choose_nan(&p, 1, env);
    } else if (p.cls == FPC_ZERO) {
        env->flags |= FP_DZC;
        p.cls = FPC_INF;
    } else if (p.sign) {
        p = fp_invalid(env);
    } else if (p.cls == FPC_INF) {
        p.cls = FPC_ZERO;
    } else {
        /* The bias is odd, so an even exponent field is an odd exponent. */
        bool odd = p.exp & 1;
        unsigned estimate = recip_sqrt_estimate((unsigned)(p.frac >> (odd ? 119 : 120)));
        p = fp_parts_small(estimate, -((p.exp - odd) / 2) - 9, false);
    }
    return fp_round_pack(f, p, env->round, env);
}

/* FPRecpX. */
static uint64_t recpx(const struct fp_format *f, uint64_t bits, struct fp_env *env)
{
    struct fp_parts p = fp_unpack(f, bits, env);
    const uint64_t exp_mask = (UINT64_C(1) << f->exp_bits) - 1;
    uint64_t exp = bits >> f->frac_bits & exp_mask;

    if (fp_is_nan(p)) {
        return fp_round_pack(f, fp_choose_nan(&p, 1, env), env->round, env);
    }
    uint64_t inverted = exp == 0 ? exp_mask - 1 : ~exp & exp_mask;
    return fp_sign_bit(f, p.sign) | inverted << f->frac_bits;
}

uint32_t urecpe(uint32_t a)
{
    return a >> 31 ? recip_estimate(a >> 23) << 23 : UINT32_MAX;
}

uint32_t ursqrte(uint32_t a)
{
    return a >> 30 ? recip_sqrt_estimate(a >> 23) << 23 : UINT32_MAX;
}

#define DEFINE_ESTIMATE(N)                                                                         \
    uint##N##_t fp##N##_recpe(uint##N##_t a, struct fp_env *env)                                   \
    {                                                                                              \
        return (uint##N##_t)recpe(&fp_format_##N, a, env);                                         \
    }                                                                                              \
    uint##N##_t fp##N##_rsqrte(uint##N##_t a, struct fp_env *env)                                  \
    {                                                                                              \
        return (uint##N##_t)rsqrte(&fp_format_##N, a, env);                                        \
    }                                                                                              \
    uint##N##_t fp##N##_recpx(uint##N##_t a, struct fp_env *env)                                   \
    {                                                                                              \
        return (uint##N##_t)recpx(&fp_format_##N, a, env);                                         \
    }

DEFINE_ESTIMATE(16)
DEFINE_ESTIMATE(32)
DEFINE_ESTIMATE(64)
