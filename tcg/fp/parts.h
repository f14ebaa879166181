/* SPDX-License-Identifier: MIT */
/*
 * Inside soft-float: the unpacked form of a number, the descriptors of formats and of the
 * architectures' rules, and the two ends of every operation, fp_unpack() and fp_round_pack().
 *
 * An operation works on unpacked numbers alone and so is written once for all formats; another
 * format (x87's 80 bits) needs a descriptor and its own way in and out of memory.
 *
 * Private to tcg/fp/.
 */
#ifndef DRAGOMAN_TCG_FP_PARTS_H
#define DRAGOMAN_TCG_FP_PARTS_H

#include "tcg/fp/softfloat.h"

__extension__ typedef unsigned __int128 fp_u128;

enum fp_class { FPC_ZERO, FPC_FINITE, FPC_INF, FPC_QNAN, FPC_SNAN };

/*
 * FINITE: (-1)^sign * frac * 2^(exp - 127), where bit 127 of frac is set.  As the outcome of an
 *         operation, bit 0 stands for everything below it ("sticky").
 * NaNs:   frac is the payload, with the quiet bit at bit 126.
 */
struct fp_parts {
    fp_u128 frac;
    int32_t exp;
    uint8_t cls; /* enum fp_class */
    bool sign;
    bool denormal; /* was unpacked from a denormal: x86 reports that */
};

enum fp_flush { FLUSH_FZ, FLUSH_FZ16, FLUSH_NEVER };

struct fp_format {
    uint8_t frac_bits; /* without the leading one */
    uint8_t exp_bits;
    uint8_t flush;   /* enum fp_flush: the control bit that flushes denormals */
    bool alternative; /* ARM's alternative half precision: no infinities, no NaNs */
};

static const struct fp_format fp_format_16 = {10, 5, FLUSH_FZ16, false};
static const struct fp_format fp_format_32 = {23, 8, FLUSH_FZ, false};
static const struct fp_format fp_format_64 = {52, 11, FLUSH_FZ, false};

/* FPUnpackCV and FPRoundCV: conversions between formats clear FZ16 and honour AHP. */
static const struct fp_format fp_format_16_cv = {10, 5, FLUSH_NEVER, false};
static const struct fp_format fp_format_16_alt = {10, 5, FLUSH_NEVER, true};

/* Which NaN operand an operation returns. */
enum fp_nan_choice {
    NAN_SIGNALLING_FIRST, /* the first signalling one, else the first quiet one */
    NAN_FIRST,            /* the first one */
    NAN_DEFAULT_IF_SIGNALLING,
};

/* What an integer conversion returns for what does not fit. */
enum fp_int_invalid { INT_SATURATE, INT_INDEFINITE, INT_MAX_POSITIVE };

/* One row per enum fp_rules. */
struct fp_rule_row {
    uint8_t nan_choice;      /* enum fp_nan_choice */
    uint8_t int_invalid;     /* enum fp_int_invalid */
    bool nan_negative;       /* sign of the default NaN */
    bool quiet_is_zero;      /* a quiet NaN has the quiet bit clear */
    bool addend_first;       /* NaN order of muladd: c, a, b; else a, b, c */
    bool quiet_addend_hides; /* infinity * zero + quiet NaN is not invalid */
    bool tiny_after;         /* underflow is detected after rounding */
    bool flush_is_inexact;   /* a flushed result raises FP_IXC as well as FP_UFC */
    bool reports_denormals;  /* FP_IDC on use of a denormal (x86), not on flushing one (ARM) */
    bool separate_daz;       /* operands are flushed by env->daz, not by fz */
    bool min_is_select;      /* min(a, b) is a < b ? a : b */
    bool min_is_number;      /* min is minnm */
};

extern const struct fp_rule_row fp_rule_rows[];

static inline const struct fp_rule_row *fp_rules_of(const struct fp_env *env)
{
    return &fp_rule_rows[env->rules];
}

static inline int32_t fp_bias(const struct fp_format *f)
{
    return (1 << (f->exp_bits - 1)) - 1;
}

/* The exponent of the smallest normal number. */
static inline int32_t fp_min_exp(const struct fp_format *f)
{
    return 1 - fp_bias(f);
}

static inline uint64_t fp_frac_mask(const struct fp_format *f)
{
    return (UINT64_C(1) << f->frac_bits) - 1;
}

static inline uint64_t fp_sign_bit(const struct fp_format *f, bool sign)
{
    return (uint64_t)sign << (f->frac_bits + f->exp_bits);
}

static inline bool fp_is_nan(struct fp_parts p)
{
    return p.cls >= FPC_QNAN;
}

static inline struct fp_parts fp_parts_of(enum fp_class cls, bool sign)
{
    return (struct fp_parts){.cls = (uint8_t)cls, .sign = sign};
}

/* m * 2^exp for a small m > 0. */
static inline struct fp_parts fp_parts_small(uint64_t m, int32_t exp, bool sign)
{
    int shift = __builtin_clzll(m);
    return (struct fp_parts){
        .frac = (fp_u128)(m << shift) << 64,
        .exp = exp + 63 - shift,
        .cls = FPC_FINITE,
        .sign = sign,
    };
}

/* Shift right by n >= 0, keeping in bit 0 whether ones were lost. */
static inline fp_u128 fp_shift_right_sticky(fp_u128 v, int32_t n)
{
    if (n >= 128) {
        return v != 0;
    }
    fp_u128 lost = v & (((fp_u128)1 << n) - 1);
    return v >> n | (lost != 0);
}

/* Make bit 127 of p.frac, which is not zero, the leading one. */
static inline struct fp_parts fp_normalise(struct fp_parts p)
{
    uint64_t high = (uint64_t)(p.frac >> 64);
    int shift = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)p.frac);
    p.frac <<= shift;
    p.exp -= shift;
    return p;
}

/* x86's "denormal operand"; to be called once NaNs and invalid operations are out of the way. */
static inline void fp_report_denormal(bool denormal, struct fp_env *env)
{
    if (denormal && fp_rules_of(env)->reports_denormals) {
        env->flags |= FP_IDC;
    }
}

/* Split `bits`; may flush a denormal (ARM: FPUnpack). */
struct fp_parts fp_unpack(const struct fp_format *f, uint64_t bits, struct fp_env *env);

/* Round by `round` and assemble; raises overflow, underflow, inexact (ARM: FPRound). */
uint64_t fp_round_pack(const struct fp_format *f, struct fp_parts p, enum fp_round round,
                       struct fp_env *env);

/*
 * frac / 2^shift as an integer, rounded; shift >= 0 may exceed 128.  *inexact is set, never
 * cleared, if bits were lost.
 */
fp_u128 fp_round_shift(fp_u128 frac, int32_t shift, enum fp_round round, bool sign, bool *inexact);

/* Whether overflow gives infinity (else the largest number) in rounding mode `round`. */
bool fp_overflows_to_inf(enum fp_round round, bool sign);

/* The largest finite number. */
uint64_t fp_max_normal(const struct fp_format *f, bool sign);

/* The default NaN. */
struct fp_parts fp_default_nan(const struct fp_env *env);

/* The default NaN, for an invalid operation: raises FP_IOC. */
struct fp_parts fp_invalid(struct fp_env *env);

/*
 * The NaN that an operation returns whose operands are p[0..n-1], at least one a NaN, in the
 * order of preference; raises FP_IOC for a signalling one (ARM: FPProcessNaN, FPProcessNaNs,
 * FPProcessNaNs3).
 */
struct fp_parts fp_choose_nan(const struct fp_parts *p, unsigned n, struct fp_env *env);

/* a * b + c before rounding, with the NaN rules of muladd. */
struct fp_parts fp_muladd_parts(struct fp_parts a, struct fp_parts b, struct fp_parts c,
                                struct fp_env *env);

/* a * b + c for finite or zero operands, exact up to stickiness. */
struct fp_parts fp_muladd_finite(struct fp_parts a, struct fp_parts b, struct fp_parts c,
                                 const struct fp_env *env);

#endif
