/* SPDX-License-Identifier: MIT */
/* Comparison, minimum and maximum. */
#include "tcg/fp/parts.h"

/* The order of two numbers, neither a NaN. */
static enum fp_relation order(struct fp_parts a, struct fp_parts b)
{
    if (a.cls == FPC_ZERO && b.cls == FPC_ZERO) {
        return FP_EQ;
    }
    if (a.cls == FPC_ZERO || b.cls == FPC_ZERO) {
        bool less = a.cls == FPC_ZERO ? !b.sign : a.sign;
        return less ? FP_LT : FP_GT;
    }
    if (a.sign != b.sign) {
        return a.sign ? FP_LT : FP_GT;
    }
    bool larger; /* in magnitude */
    if (a.cls != b.cls) {
        larger = a.cls == FPC_INF;
    } else if (a.cls == FPC_INF || (a.exp == b.exp && a.frac == b.frac)) {
        return FP_EQ;
    } else {
        larger = a.exp != b.exp ? a.exp > b.exp : a.frac > b.frac;
    }
    return larger != a.sign ? FP_GT : FP_LT;
}

static enum fp_relation cmp_parts(struct fp_parts a, struct fp_parts b, bool signalling,
                                  struct fp_env *env)
{
    if (fp_is_nan(a) || fp_is_nan(b)) {
        if (signalling || a.cls == FPC_SNAN || b.cls == FPC_SNAN) {
            env->flags |= FP_IOC;
        }
        return FP_UN;
    }
    fp_report_denormal(a.denormal || b.denormal, env);
    return order(a, b);
}

/* MINSS and MAXSS: a comparison and a choice; the chosen operand passes through. */
static struct fp_parts select_parts(struct fp_parts a, struct fp_parts b, bool max,
                                    struct fp_env *env)
{
    enum fp_relation relation = cmp_parts(a, b, true, env);
    return relation == (max ? FP_GT : FP_LT) ? a : b;
}

/* FPMax, FPMin. */
static struct fp_parts minmax_parts(struct fp_parts a, struct fp_parts b, bool max,
                                    struct fp_env *env)
{
    if (fp_is_nan(a) || fp_is_nan(b)) {
        return fp_choose_nan((const struct fp_parts[]){a, b}, 2, env);
    }
    if (a.cls == FPC_ZERO && b.cls == FPC_ZERO) {
        return fp_parts_of(FPC_ZERO, max ? a.sign && b.sign : a.sign || b.sign);
    }
    fp_report_denormal(a.denormal || b.denormal, env);
    return (order(a, b) == FP_GT) == max ? a : b;
}

/* FPMaxNum, FPMinNum: one quiet NaN counts as the infinity that loses. */
static struct fp_parts minmax_number_parts(struct fp_parts a, struct fp_parts b, bool max,
                                           struct fp_env *env)
{
    if (a.cls == FPC_QNAN && b.cls != FPC_QNAN) {
        a = fp_parts_of(FPC_INF, max);
    } else if (b.cls == FPC_QNAN && a.cls != FPC_QNAN) {
        b = fp_parts_of(FPC_INF, max);
    }
    return minmax_parts(a, b, max, env);
}

static struct fp_parts minmax_by_rules(struct fp_parts a, struct fp_parts b, bool max,
                                       struct fp_env *env)
{
    const struct fp_rule_row *rules = fp_rules_of(env);

    if (rules->min_is_select) {
        return select_parts(a, b, max, env);
    }
    return rules->min_is_number ? minmax_number_parts(a, b, max, env)
                                : minmax_parts(a, b, max, env);
}

/* Back to the bits it had: x86's FTZ flushes results of arithmetic, not an operand chosen here. */
static uint64_t pack_operand(struct fp_format f, struct fp_parts p, struct fp_env *env)
{
    f.flush = FLUSH_NEVER;
    return fp_round_pack(&f, p, FP_RZ, env);
}

#define DEFINE_MINMAX(N, name, function, max)                                                      \
    uint##N##_t fp##N##_##name(uint##N##_t a_bits, uint##N##_t b_bits, struct fp_env *env)         \
    {                                                                                              \
        struct fp_parts a = fp_unpack(&fp_format_##N, a_bits, env);                                \
        struct fp_parts b = fp_unpack(&fp_format_##N, b_bits, env);                                \
        a = function(a, b, max, env);                                                              \
        return (uint##N##_t)pack_operand(fp_format_##N, a, env);                                   \
    }

#define DEFINE_COMPARE(N)                                                                          \
    DEFINE_MINMAX(N, min, minmax_by_rules, false)                                                  \
    DEFINE_MINMAX(N, max, minmax_by_rules, true)                                                   \
    DEFINE_MINMAX(N, minnm, minmax_number_parts, false)                                            \
    DEFINE_MINMAX(N, maxnm, minmax_number_parts, true)                                             \
                                                                                                   \
    enum fp_relation fp##N##_cmp(uint##N##_t a_bits, uint##N##_t b_bits, bool signalling,          \
                                 struct fp_env *env)                                               \
    {                                                                                              \
        struct fp_parts a = fp_unpack(&fp_format_##N, a_bits, env);                                \
        struct fp_parts b = fp_unpack(&fp_format_##N, b_bits, env);                                \
        return cmp_parts(a, b, signalling, env);                                                   \
    }

DEFINE_COMPARE(16)
DEFINE_COMPARE(32)
DEFINE_COMPARE(64)
