/* SPDX-License-Identifier: MIT */
/*
 * Oracles of the FP ops that ask the host's FPU, on x86-64: binary32 and binary64, all four
 * rounding modes, results and flags.  What ARM decides otherwise (which NaN, zeros in minima,
 * saturation) is written out here.
 */
#include <math.h>
#include <string.h>

#include "tests/ir/rows.h"

#if !defined(__x86_64__)
const struct row rows_host_fp[] = {{0}};
#else

#define ORACLE(name)                                                         \
    static void o_##name(const struct ir_desc *op, const union ir_val in[3], \
                         const struct fp_env *env, struct expect *e)

/* --- the host's FPU ---------------------------------------------------------------------------- */

/* MXCSR with every exception masked, and ARM's rounding mode (RNE, RP, RM, RZ). */
static void begin(unsigned round)
{
    static const uint32_t rc[] = {0, 2, 1, 3};
    const uint32_t mxcsr = 0x1f80 | rc[round] << 13;

    __asm__ volatile("ldmxcsr %0" : : "m"(mxcsr));
}

static uint32_t end(void)
{
    const uint32_t standard = 0x1f80;
    uint32_t mxcsr;

    __asm__ volatile("stmxcsr %0; ldmxcsr %1" : "=m"(mxcsr) : "m"(standard));
    return (mxcsr & 1 ? FP_IOC : 0) | (mxcsr & 4 ? FP_DZC : 0) | (mxcsr & 8 ? FP_OFC : 0) |
           (mxcsr & 16 ? FP_UFC : 0) | (mxcsr & 32 ? FP_IXC : 0);
}

#define HOST2(name, insn)                                                   \
    static uint64_t name(uint64_t x, uint64_t y, uint64_t z, unsigned bits) \
    {                                                                       \
        (void)z;                                                            \
        if (bits == 32)                                                     \
            __asm__ volatile("movd %k0, %%xmm0; movd %k1, %%xmm1; " insn    \
                             "ss %%xmm1, %%xmm0; movd %%xmm0, %k0"          \
                             : "+r"(x)                                      \
                             : "r"(y)                                       \
                             : "xmm0", "xmm1");                             \
        else                                                                \
            __asm__ volatile("movq %0, %%xmm0; movq %1, %%xmm1; " insn      \
                             "sd %%xmm1, %%xmm0; movq %%xmm0, %0"           \
                             : "+r"(x)                                      \
                             : "r"(y)                                       \
                             : "xmm0", "xmm1");                             \
        return x;                                                           \
    }
HOST2(host_add, "add")
HOST2(host_sub, "sub")
HOST2(host_mul, "mul")
HOST2(host_div, "div")

static uint64_t host_sqrt(uint64_t x, uint64_t y, uint64_t z, unsigned bits)
{
    (void)y, (void)z;
    if (bits == 32)
        __asm__ volatile("movd %k0, %%xmm0; sqrtss %%xmm0, %%xmm0; movd %%xmm0, %k0"
                         : "+r"(x)
                         :
                         : "xmm0");
    else
        __asm__ volatile("movq %0, %%xmm0; sqrtsd %%xmm0, %%xmm0; movq %%xmm0, %0"
                         : "+r"(x)
                         :
                         : "xmm0");
    return x;
}

/* x + y * z */
static uint64_t host_fma(uint64_t x, uint64_t y, uint64_t z, unsigned bits)
{
    if (bits == 32)
        __asm__ volatile("vmovd %k0, %%xmm0; vmovd %k1, %%xmm1; vmovd %k2, %%xmm2;"
                         "vfmadd231ss %%xmm2, %%xmm1, %%xmm0; vmovd %%xmm0, %k0"
                         : "+r"(x)
                         : "r"(y), "r"(z)
                         : "xmm0", "xmm1", "xmm2");
    else
        __asm__ volatile("vmovq %0, %%xmm0; vmovq %1, %%xmm1; vmovq %2, %%xmm2;"
                         "vfmadd231sd %%xmm2, %%xmm1, %%xmm0; vmovq %%xmm0, %0"
                         : "+r"(x)
                         : "r"(y), "r"(z)
                         : "xmm0", "xmm1", "xmm2");
    return x;
}

/* --- numbers by their bits --------------------------------------------------------------------- */

static unsigned fraction_bits(unsigned bits)
{
    return bits == 32 ? 23 : 52;
}
static uint64_t sign_bit(unsigned bits)
{
    return (uint64_t)1 << (bits - 1);
}
static uint64_t infinity(unsigned bits)
{
    return bits == 32 ? 0x7f800000 : 0x7ffull << 52;
}
static uint64_t quiet_bit(unsigned bits)
{
    return (uint64_t)1 << (fraction_bits(bits) - 1);
}
static uint64_t default_nan(unsigned bits)
{
    return infinity(bits) | quiet_bit(bits);
}
static uint64_t magnitude(uint64_t x, unsigned bits)
{
    return x & ~sign_bit(bits);
}
static bool is_nan(uint64_t x, unsigned bits)
{
    return magnitude(x, bits) > infinity(bits);
}
static bool is_signalling(uint64_t x, unsigned bits)
{
    return is_nan(x, bits) && !(x & quiet_bit(bits));
}

static double to_double(uint64_t x, unsigned bits)
{
    const uint32_t x32 = (uint32_t)x;
    float f;
    double d;

    memcpy(&f, &x32, 4);
    memcpy(&d, &x, 8);
    return bits == 32 ? f : d;
}

static uint64_t from_double(double d, unsigned bits)
{
    const float f = (float)d;
    uint32_t x32;
    uint64_t x;

    memcpy(&x32, &f, 4);
    memcpy(&x, &d, 8);
    return bits == 32 ? x32 : x;
}

/* In the order of the numbers; zeros are equal, NaNs must not come. */
static int64_t rank(uint64_t x, unsigned bits)
{
    return x & sign_bit(bits) ? -(int64_t)magnitude(x, bits) : (int64_t)x;
}

/* ARM ARM FPProcessNaNs(): true if one of n operands is a NaN. */
static bool process_nans(const uint64_t *x, unsigned n, unsigned bits, uint64_t *r, uint32_t *flags)
{
    for (unsigned k = 0; k < n; k++) {
        if (is_signalling(x[k], bits)) {
            *flags |= FP_IOC;
            *r = x[k] | quiet_bit(bits);
            return true;
        }
    }
    for (unsigned k = 0; k < n; k++) {
        if (is_nan(x[k], bits)) {
            *r = x[k];
            return true;
        }
    }
    return false;
}

/* --- arithmetic -------------------------------------------------------------------------------- */

typedef uint64_t host_fn(uint64_t x, uint64_t y, uint64_t z, unsigned bits);

/* ARM tells tininess before rounding, x86 after: they differ if the result is the smallest normal. */
static uint64_t arithmetic(host_fn *fn, const uint64_t x[3], unsigned n, unsigned bits,
                           unsigned round, struct expect *e)
{
    uint64_t r;

    if (process_nans(x, n, bits, &r, &e->fp_flags))
        return r;
    begin(round);
    r = fn(x[0], x[1], x[2], bits);
    e->fp_flags |= end();
    if (magnitude(r, bits) == (uint64_t)1 << fraction_bits(bits))
        e->fp_flags_free |= FP_UFC;
    return is_nan(r, bits) ? default_nan(bits) : r;
}

static void each_lane(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env,
                      struct expect *e, host_fn *fn, unsigned n)
{
    const unsigned bits = lane_bits(op), count = ir_lane_count(op->lane);

    for (unsigned i = 0; i < count; i++) {
        const uint64_t x[3] = {get_lane(&in[0].v, bits, i), get_lane(&in[1].v, bits, i),
                               get_lane(&in[2].v, bits, i)};
        set_lane(&e->d.v, bits, i, arithmetic(fn, x, n, bits, env->round, e));
    }
    e->undefined = (uint16_t)(0xffffffff << count * bits / 8);
}

ORACLE(vfadd)
{
    each_lane(op, in, env, e, host_add, 2);
}
ORACLE(vfsub)
{
    each_lane(op, in, env, e, host_sub, 2);
}
ORACLE(vfmul)
{
    each_lane(op, in, env, e, host_mul, 2);
}
ORACLE(vfdiv)
{
    each_lane(op, in, env, e, host_div, 2);
}
ORACLE(vfsqrt)
{
    each_lane(op, in, env, e, host_sqrt, 1);
}

/* Infinity times zero is invalid even if the addend is a quiet NaN. */
static bool invalid_product(const uint64_t x[3], unsigned bits)
{
    const uint64_t y = magnitude(x[1], bits), z = magnitude(x[2], bits);

    return (y == 0 && z == infinity(bits)) || (z == 0 && y == infinity(bits));
}

ORACLE(vfma)
{
    const unsigned bits = lane_bits(op), count = ir_lane_count(op->lane);

    e->skip = !__builtin_cpu_supports("fma");
    for (unsigned i = 0; i < count && !e->skip; i++) {
        const uint64_t x[3] = {
            get_lane(&in[0].v, bits, i) ^ (op->mod & IR_FMA_NEGA ? sign_bit(bits) : 0),
            get_lane(&in[1].v, bits, i) ^ (op->mod & IR_FMA_NEGB ? sign_bit(bits) : 0),
            get_lane(&in[2].v, bits, i)};
        uint64_t r = arithmetic(host_fma, x, 3, bits, env->round, e);
        if (invalid_product(x, bits) && !is_signalling(x[0], bits)) {
            e->fp_flags |= FP_IOC;
            r = default_nan(bits);
        }
        set_lane(&e->d.v, bits, i, r);
    }
    e->undefined = (uint16_t)(0xffffffff << count * bits / 8);
}

/* --- comparison -------------------------------------------------------------------------------- */

/* Smaller (want = -1) or larger (1) of two; -0 is below +0. */
static void extremes(const struct ir_desc *op, const union ir_val in[3], struct expect *e, int want,
                     bool numbers_win)
{
    const unsigned bits = lane_bits(op), count = ir_lane_count(op->lane);

    for (unsigned i = 0; i < count; i++) {
        uint64_t x[2] = {get_lane(&in[0].v, bits, i), get_lane(&in[1].v, bits, i)}, r;
        const bool quiet[2] = {is_nan(x[0], bits) && !is_signalling(x[0], bits),
                               is_nan(x[1], bits) && !is_signalling(x[1], bits)};
        if (numbers_win && quiet[0] && !is_nan(x[1], bits))
            r = x[1];
        else if (numbers_win && quiet[1] && !is_nan(x[0], bits))
            r = x[0];
        else if (!process_nans(x, 2, bits, &r, &e->fp_flags)) {
            const int64_t m = rank(x[0], bits), n = rank(x[1], bits);
            const bool negative = x[0] & sign_bit(bits);
            r = m != n ? x[(m < n) == (want > 0)] : x[negative == (want > 0)];
        }
        set_lane(&e->d.v, bits, i, r);
    }
    e->undefined = (uint16_t)(0xffffffff << count * bits / 8);
}

ORACLE(vfmin)
{
    (void)env, extremes(op, in, e, -1, false);
}
ORACLE(vfmax)
{
    (void)env, extremes(op, in, e, 1, false);
}
ORACLE(vfminnm)
{
    (void)env, extremes(op, in, e, -1, true);
}
ORACLE(vfmaxnm)
{
    (void)env, extremes(op, in, e, 1, true);
}

/* *ordered, and the sign of x - y; flags if a NaN is there. */
static int compare(uint64_t x, uint64_t y, unsigned bits, bool signalling, bool *ordered,
                   struct expect *e)
{
    *ordered = !is_nan(x, bits) && !is_nan(y, bits);
    if (is_signalling(x, bits) || is_signalling(y, bits) || (signalling && !*ordered))
        e->fp_flags |= FP_IOC;
    return (rank(x, bits) > rank(y, bits)) - (rank(x, bits) < rank(y, bits));
}

#define COMPARE(name, signalling, expr)                                                           \
    ORACLE(name)                                                                                  \
    {                                                                                             \
        const unsigned bits = lane_bits(op), count = ir_lane_count(op->lane);                     \
        (void)env;                                                                                \
        for (unsigned i = 0; i < count; i++) {                                                    \
            bool ordered;                                                                         \
            const int c = compare(get_lane(&in[0].v, bits, i), get_lane(&in[1].v, bits, i), bits, \
                                  signalling, &ordered, e);                                       \
            set_lane(&e->d.v, bits, i, ordered && (expr) ? ~(uint64_t)0 : 0);                     \
        }                                                                                         \
        e->undefined = (uint16_t)(0xffffffff << count * bits / 8);                                \
    }
COMPARE(vfcmeq, false, c == 0)
COMPARE(vfcmgt, true, c > 0)
COMPARE(vfcmge, true, c >= 0)

ORACLE(fcmp)
{
    const unsigned bits = lane_bits(op);
    bool ordered;
    const int c = compare(get_lane(&in[0].v, bits, 0), get_lane(&in[1].v, bits, 0), bits,
                          op->mod & IR_FCMP_SIGNAL, &ordered, e);

    (void)env;
    e->d.l = !ordered ? 0x101 : c < 0 ? 0x8000 : c > 0 ? 0x100 : 0x4100;
}

/* --- integral values --------------------------------------------------------------------------- */

static unsigned round_of(const struct ir_desc *op, const struct fp_env *env)
{
    return (op->mod & 7) == 7 ? env->round : op->mod & 7u;
}

/* x is exact in long double, and so is its distance from an integer. */
static long double integral(long double x, unsigned round)
{
    const long double low = floorl(x), above = x - low;

    switch (round) {
    case FP_RP: return ceill(x);
    case FP_RM: return low;
    case FP_RZ: return truncl(x);
    case FP_RNA: return above > 0.5L || (above == 0.5L && x > 0) ? low + 1 : low;
    default: return above > 0.5L || (above == 0.5L && fmodl(low, 2) != 0) ? low + 1 : low;
    }
}

ORACLE(vfrint)
{
    const unsigned bits = lane_bits(op), count = ir_lane_count(op->lane);

    for (unsigned i = 0; i < count; i++) {
        const uint64_t x = get_lane(&in[0].v, bits, i);
        uint64_t r = x;
        if (!process_nans(&x, 1, bits, &r, &e->fp_flags) && magnitude(x, bits) != infinity(bits)) {
            const double d = to_double(x, bits);
            r = from_double(copysign((double)integral(d, round_of(op, env)), d), bits);
            e->fp_flags |= (op->mod & IR_RINT_EXACT) && r != x ? FP_IXC : 0;
        }
        set_lane(&e->d.v, bits, i, r);
    }
    e->undefined = (uint16_t)(0xffffffff << count * bits / 8);
}

/* x * 2^fbits to n bits, saturated; NaN is 0. */
static uint64_t to_int(uint64_t x, unsigned bits, unsigned n, unsigned fbits, bool is_signed,
                       unsigned round, struct expect *e)
{
    const long double max = ldexpl(1, (int)(n - is_signed)), min = is_signed ? -max : 0;

    if (is_nan(x, bits)) {
        e->fp_flags |= FP_IOC;
        return 0;
    }
    const long double exact = ldexpl(to_double(x, bits), (int)fbits);
    const long double r = magnitude(x, bits) == infinity(bits) ? exact : integral(exact, round);
    if (r < min || r >= max) {
        e->fp_flags |= FP_IOC;
        return r < 0 ? (is_signed ? (uint64_t)1 << (n - 1) : 0)
                     : ~(uint64_t)0 >> (64 - n + is_signed);
    }
    e->fp_flags |= r != exact ? FP_IXC : 0;
    return (r < 0 ? (uint64_t)(int64_t)r : (uint64_t)r) & ~(uint64_t)0 >> (64 - n);
}

#define TO_INT(name, is_signed)                                                                    \
    ORACLE(vf##name)                                                                               \
    {                                                                                              \
        const unsigned bits = lane_bits(op), count = ir_lane_count(op->lane);                      \
        for (unsigned i = 0; i < count; i++)                                                       \
            set_lane(&e->d.v, bits, i,                                                             \
                     to_int(get_lane(&in[0].v, bits, i), bits, bits, (unsigned)op->imm, is_signed, \
                            round_of(op, env), e));                                                \
        e->undefined = (uint16_t)(0xffffffff << count * bits / 8);                                 \
    }                                                                                              \
    ORACLE(f##name)                                                                                \
    {                                                                                              \
        const unsigned bits = lane_bits(op);                                                       \
        e->d.l = to_int(get_lane(&in[0].v, bits, 0), bits, op->type == IR_I64 ? 64 : 32,           \
                        (unsigned)op->imm, is_signed, round_of(op, env), e);                       \
    }
TO_INT(tos, true)
TO_INT(tou, false)

/* A number of 64 bits, halved if it needs all of them: the lost bit stays sticky. */
static uint64_t host_from_int(uint64_t v, uint64_t is_unsigned, uint64_t z, unsigned bits)
{
    const bool halve = is_unsigned && v >> 63;
    uint64_t r = halve ? v >> 1 | (v & 1) : v;

    (void)z;
    if (bits == 32)
        __asm__ volatile("pxor %%xmm0, %%xmm0; cvtsi2ssq %0, %%xmm0; movd %%xmm0, %k0"
                         : "+r"(r)
                         :
                         : "xmm0");
    else
        __asm__ volatile("pxor %%xmm0, %%xmm0; cvtsi2sdq %0, %%xmm0; movq %%xmm0, %0"
                         : "+r"(r)
                         :
                         : "xmm0");
    return halve ? r + ((uint64_t)1 << fraction_bits(bits)) : r;
}

/* / 2^fbits is exact: the exponent has room. */
static uint64_t from_int(uint64_t v, bool is_unsigned, unsigned fbits, unsigned bits,
                         unsigned round, struct expect *e)
{
    begin(round);
    const uint64_t r = host_from_int(v, is_unsigned, 0, bits);
    e->fp_flags |= end();
    return r ? r - ((uint64_t)fbits << fraction_bits(bits)) : 0;
}

#define FROM_INT(name, is_unsigned, get, scalar)                                                \
    ORACLE(v##name)                                                                             \
    {                                                                                           \
        const unsigned bits = lane_bits(op), count = ir_lane_count(op->lane);                   \
        for (unsigned i = 0; i < count; i++)                                                    \
            set_lane(&e->d.v, bits, i,                                                          \
                     from_int((uint64_t)get(&in[0].v, bits, i), is_unsigned, (unsigned)op->imm, \
                              bits, env->round, e));                                            \
        e->undefined = (uint16_t)(0xffffffff << count * bits / 8);                              \
    }                                                                                           \
    ORACLE(name)                                                                                \
    {                                                                                           \
        const unsigned bits = lane_bits(op);                                                    \
        e->d.l = from_int(scalar, is_unsigned, (unsigned)op->imm, bits, env->round, e);         \
        e->undefined = (uint16_t)(0xffffffff << bits / 8);                                      \
    }
FROM_INT(stof, false, get_signed_lane,
         op->type == IR_I64 ? in[0].l : (uint64_t)(int64_t)(int32_t)in[0].w)
FROM_INT(utof, true, get_lane, in[0].l)

/* --- formats ----------------------------------------------------------------------------------- */

static uint64_t host_narrow(uint64_t x, uint64_t y, uint64_t z, unsigned bits)
{
    (void)y, (void)z, (void)bits;
    __asm__ volatile("movq %0, %%xmm0; cvtsd2ss %%xmm0, %%xmm0; movd %%xmm0, %k0"
                     : "+r"(x)
                     :
                     : "xmm0");
    return (uint32_t)x;
}

static uint64_t host_widen(uint64_t x, uint64_t y, uint64_t z, unsigned bits)
{
    (void)y, (void)z, (void)bits;
    __asm__ volatile("movd %k0, %%xmm0; cvtss2sd %%xmm0, %%xmm0; movq %%xmm0, %0"
                     : "+r"(x)
                     :
                     : "xmm0");
    return x;
}

/* Between single and double; the host's NaNs are ARM's here. */
ORACLE(vfcvt)
{
    const unsigned from = lane_bits(op), to = 8u << op->imm, count = ir_lane_count(op->lane);

    e->skip = to == 16;
    for (unsigned i = 0; i < count && i < 128 / to && i < 2; i++) {
        const uint64_t x = get_lane(&in[0].v, from, i);
        begin(round_of(op, env));
        const uint64_t r = from == 32 ? host_widen(x, 0, 0, 32) : host_narrow(x, 0, 0, 64);
        e->fp_flags |= end();
        if (from == 64 && magnitude(r, 32) == 1u << 23)
            e->fp_flags_free |= FP_UFC;
        set_lane(&e->d.v, to, i, r);
    }
    if (to > from && count * to < 128)
        e->undefined = (uint16_t)(0xffffffff << count * to / 8);
}

/* --- rows -------------------------------------------------------------------------------------- */

#define ROW(name, imms, mods)                                       \
    {                                                               \
        IR_##name, "v", "sdQD1", imms, mods, true, o_##name, "host" \
    }
#define ROW_T(name, types, lanes, imms, mods, fp)                 \
    {                                                             \
        IR_##name, types, lanes, imms, mods, fp, o_##name, "host" \
    }
const struct row rows_host_fp[] = {
    ROW(vfadd, IMM_NONE, MOD_NONE),
    ROW(vfsub, IMM_NONE, MOD_NONE),
    ROW(vfmul, IMM_NONE, MOD_NONE),
    ROW(vfdiv, IMM_NONE, MOD_NONE),
    ROW(vfsqrt, IMM_NONE, MOD_NONE),
    ROW(vfma, IMM_NONE, MOD_FMA),
    ROW(vfmin, IMM_NONE, MOD_NONE),
    ROW(vfmax, IMM_NONE, MOD_NONE),
    ROW(vfminnm, IMM_NONE, MOD_NONE),
    ROW(vfmaxnm, IMM_NONE, MOD_NONE),
    ROW(vfcmeq, IMM_NONE, MOD_NONE),
    ROW(vfcmgt, IMM_NONE, MOD_NONE),
    ROW(vfcmge, IMM_NONE, MOD_NONE),
    ROW_T(fcmp, "v", "sd1", IMM_NONE, MOD_FCMP, true),
    ROW(vfrint, IMM_NONE, MOD_RINT),
    ROW(vftos, IMM_FBITS, MOD_ROUND),
    ROW(vftou, IMM_FBITS, MOD_ROUND),
    ROW_T(ftos, "wl", "sd1", IMM_FBITS_T, MOD_ROUND, true),
    ROW_T(ftou, "wl", "sd1", IMM_FBITS_T, MOD_ROUND, true),
    ROW_T(vstof, "v", "sdQD1", IMM_FBITS, MOD_NONE, false),
    ROW_T(vutof, "v", "sdQD1", IMM_FBITS, MOD_NONE, false),
    ROW_T(stof, "wl", "sd1", IMM_FBITS_T, MOD_NONE, false),
    ROW_T(utof, "wl", "sd1", IMM_FBITS_T, MOD_NONE, false),
    ROW(vfcvt, IMM_FORMAT, MOD_CVT),
    {0},
};
#endif
