/* SPDX-License-Identifier: MIT */
/*
 * The two ends of every operation: bits to parts, and parts to bits with rounding, overflow,
 * underflow and flushing to zero.  Also the choice of NaNs.
 */
#include "tcg/fp/parts.h"

#define QUIET_BIT ((fp_u128)1 << 126)

static bool flushes_results(const struct fp_format *f, const struct fp_env *env)
{
    return f->flush == FLUSH_FZ ? env->fz : f->flush == FLUSH_FZ16 && env->fz16;
}

/* Whether a denormal operand of format f becomes zero, and FP_IDC if that is to be told. */
static bool flush_operand(const struct fp_format *f, struct fp_env *env)
{
    if (fp_rules_of(env)->separate_daz) {
        return f->flush != FLUSH_NEVER && env->daz;
    }
    if (!flushes_results(f, env)) {
        return false;
    }
    /* FPUnpackBase: flushing a half-precision operand is not reported. */
    if (f->flush == FLUSH_FZ) {
        env->flags |= FP_IDC;
    }
    return true;
}

static struct fp_parts unpack_denormal(const struct fp_format *f, uint64_t frac, bool sign,
                                       struct fp_env *env)
{
    if (frac == 0 || flush_operand(f, env)) {
        return fp_parts_of(FPC_ZERO, sign);
    }
    struct fp_parts p = fp_parts_small(frac, fp_min_exp(f) - f->frac_bits, sign);
    /* VCVTPH2PS does not report denormals, and neither does anything else in binary16. */
    p.denormal = f->flush == FLUSH_FZ;
    return p;
}

struct fp_parts fp_unpack(const struct fp_format *f, uint64_t bits, struct fp_env *env)
{
    const uint64_t exp_mask = (UINT64_C(1) << f->exp_bits) - 1;
    uint64_t frac = bits & fp_frac_mask(f);
    uint64_t exp = bits >> f->frac_bits & exp_mask;
    bool sign = bits >> (f->frac_bits + f->exp_bits) & 1;

    if (exp == 0) {
        return unpack_denormal(f, frac, sign, env);
    }
    struct fp_parts p = {.frac = (fp_u128)frac << (127 - f->frac_bits), .sign = sign};
    if (exp < exp_mask || f->alternative) {
        p.cls = FPC_FINITE;
        p.frac |= (fp_u128)1 << 127;
        p.exp = (int32_t)exp - fp_bias(f);
    } else if (frac == 0) {
        p.cls = FPC_INF;
    } else {
        bool quiet = ((p.frac & QUIET_BIT) != 0) != fp_rules_of(env)->quiet_is_zero;
        p.cls = quiet ? FPC_QNAN : FPC_SNAN;
    }
    return p;
}

fp_u128 fp_round_shift(fp_u128 frac, int32_t shift, enum fp_round round, bool sign, bool *inexact)
{
    if (shift == 0) {
        return frac;
    }
    if (shift > 128) {
        frac = frac != 0; /* below one half, whatever it was */
        shift = 128;
    }
    fp_u128 result = shift == 128 ? 0 : frac >> shift;
    fp_u128 rest = frac << (128 - shift); /* as a fraction of 2^128 */
    const fp_u128 half = (fp_u128)1 << 127;

    if (rest == 0) {
        return result;
    }
    *inexact = true;
    switch (round) {
    case FP_RNE:
        return result + (rest > half || (rest == half && (result & 1)));
    case FP_RNA:
        return result + (rest >= half);
    case FP_RP:
        return result + !sign;
    case FP_RM:
        return result + sign;
    case FP_RODD:
        return result | 1;
    case FP_RZ:
        break;
    }
    return result;
}

bool fp_overflows_to_inf(enum fp_round round, bool sign)
{
    switch (round) {
    case FP_RP:
        return !sign;
    case FP_RM:
        return sign;
    case FP_RZ:
    case FP_RODD:
        return false;
    case FP_RNE:
    case FP_RNA:
        break;
    }
    return true;
}

static uint64_t pack_inf(const struct fp_format *f, bool sign)
{
    return fp_sign_bit(f, sign) | (fp_sign_bit(f, 1) - (UINT64_C(1) << f->frac_bits));
}

uint64_t fp_max_normal(const struct fp_format *f, bool sign)
{
    return f->alternative ? fp_sign_bit(f, sign) | (fp_sign_bit(f, 1) - 1) : pack_inf(f, sign) - 1;
}

static uint64_t pack_nan(const struct fp_format *f, struct fp_parts p, const struct fp_env *env)
{
    uint64_t frac = (uint64_t)(p.frac >> (127 - f->frac_bits)) & fp_frac_mask(f);
    /* Only where quiet NaNs have the quiet bit clear can narrowing lose all of the payload. */
    if (frac == 0) {
        return pack_nan(f, fp_default_nan(env), env);
    }
    return pack_inf(f, p.sign) | frac;
}

static uint64_t overflow(const struct fp_format *f, bool sign, enum fp_round round,
                         struct fp_env *env)
{
    if (f->alternative) {
        env->flags |= FP_IOC;
        return fp_max_normal(f, sign);
    }
    env->flags |= FP_OFC | FP_IXC;
    return fp_overflows_to_inf(round, sign) ? pack_inf(f, sign) : fp_max_normal(f, sign);
}

/* Whether p is below the smallest normal number, before or after rounding as the rules have it. */
static bool is_tiny(const struct fp_format *f, struct fp_parts p, enum fp_round round,
                    const struct fp_env *env)
{
    if (p.exp >= fp_min_exp(f)) {
        return false;
    }
    if (!fp_rules_of(env)->tiny_after || p.exp < fp_min_exp(f) - 1) {
        return true;
    }
    bool inexact = false;
    fp_u128 mant = fp_round_shift(p.frac, 127 - f->frac_bits, round, p.sign, &inexact);
    return mant >> (f->frac_bits + 1) == 0; /* did not round up to the smallest normal number */
}

static uint64_t pack_finite(const struct fp_format *f, struct fp_parts p, enum fp_round round,
                            struct fp_env *env)
{
    const uint64_t sign = fp_sign_bit(f, p.sign);
    bool tiny = is_tiny(f, p, round, env);

    if (tiny && flushes_results(f, env)) {
        env->flags |= FP_UFC | (fp_rules_of(env)->flush_is_inexact ? FP_IXC : 0);
        return sign;
    }
    int32_t below = fp_min_exp(f) - p.exp;
    int32_t shift = 127 - f->frac_bits + (below > 0 ? below : 0);
    bool inexact = false;
    uint64_t mant = (uint64_t)fp_round_shift(p.frac, shift, round, p.sign, &inexact);

    /*
     * A normal mantissa has its leading one at bit frac_bits, which adds one to the exponent
     * below; so does the carry of rounding up to the next power of two.
     */
    uint64_t exp = below > 0 ? 0 : (uint64_t)-below;
    uint64_t bits = (exp << f->frac_bits) + mant;
    if (bits >= (f->alternative ? fp_sign_bit(f, 1) : pack_inf(f, 0))) {
        return overflow(f, p.sign, round, env);
    }
    if (inexact) {
        env->flags |= FP_IXC | (tiny ? FP_UFC : 0);
    }
    return sign | bits;
}

uint64_t fp_round_pack(const struct fp_format *f, struct fp_parts p, enum fp_round round,
                       struct fp_env *env)
{
    switch ((enum fp_class)p.cls) {
    case FPC_FINITE:
        return pack_finite(f, p, round, env);
    case FPC_INF:
        return pack_inf(f, p.sign);
    case FPC_QNAN:
    case FPC_SNAN:
        return pack_nan(f, p, env);
    case FPC_ZERO:
        break;
    }
    return fp_sign_bit(f, p.sign);
}

struct fp_parts fp_default_nan(const struct fp_env *env)
{
    const struct fp_rule_row *rules = fp_rules_of(env);
    struct fp_parts p = fp_parts_of(FPC_QNAN, rules->nan_negative);
    p.frac = rules->quiet_is_zero ? QUIET_BIT - 1 : QUIET_BIT;
    return p;
}

struct fp_parts fp_invalid(struct fp_env *env)
{
    env->flags |= FP_IOC;
    return fp_default_nan(env);
}

struct fp_parts fp_choose_nan(const struct fp_parts *p, unsigned n, struct fp_env *env)
{
    const struct fp_rule_row *rules = fp_rules_of(env);
    const struct fp_parts *quiet = 0, *signalling = 0;

    for (unsigned i = n; i-- > 0;) {
        if (p[i].cls == FPC_SNAN) {
            signalling = &p[i];
        } else if (p[i].cls == FPC_QNAN) {
            quiet = &p[i];
        }
    }
    if (signalling) {
        env->flags |= FP_IOC;
    }
    if (env->dn || (signalling && rules->nan_choice == NAN_DEFAULT_IF_SIGNALLING)) {
        return fp_default_nan(env);
    }
    struct fp_parts result;
    if (signalling && quiet && rules->nan_choice == NAN_FIRST) {
        result = quiet < signalling ? *quiet : *signalling;
    } else {
        result = signalling ? *signalling : *quiet;
    }
    if (!rules->quiet_is_zero) {
        result.frac |= QUIET_BIT;
    }
    result.cls = FPC_QNAN;
    return result;
}
