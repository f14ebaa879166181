/* SPDX-License-Identifier: MIT */
/*
 * Lanes of a 128-bit value by number, and the templates of the vector rows of eval_vec.c and
 * eval_sat.c.  Internal to tcg/interp.  Includes eval.h alone.
 *
 * `s` is the log2 of a lane's bytes; lane 0 is the least significant (hosts are
 * little-endian).  Each template makes one loop per lane size, in which s is a constant, so that
 * the switches below fold away.
 */
#ifndef TCG_INTERP_LANES_H
#define TCG_INTERP_LANES_H

#include "tcg/interp/eval.h"

typedef __int128 wide; /* every sum and product of two lanes, exactly */

static inline __attribute__((always_inline)) uint64_t lane_u(const tcg_v128 *v, unsigned s,
                                                             unsigned i)
{
    switch (s) {
    case 0: return v->b[i];
    case 1: return v->h[i];
    case 2: return v->s[i];
    default: return v->d[i];
    }
}

static inline __attribute__((always_inline)) int64_t lane_s(const tcg_v128 *v, unsigned s,
                                                            unsigned i)
{
    switch (s) {
    case 0: return v->sb[i];
    case 1: return v->sh[i];
    case 2: return v->ss[i];
    default: return v->sd[i];
    }
}

static inline __attribute__((always_inline)) void lane_put(tcg_v128 *v, unsigned s, unsigned i,
                                                           uint64_t x)
{
    switch (s) {
    case 0: v->b[i] = (uint8_t)x; break;
    case 1: v->h[i] = (uint16_t)x; break;
    case 2: v->s[i] = (uint32_t)x; break;
    default: v->d[i] = x; break;
    }
}

/* One function of lane size s for op `name`: `body` sets r, a tcg_v128 that starts as zeros, from
 * va, vb, vc. */
#define VEC_BODY(name, ...)                                                                \
    static inline __attribute__((always_inline))                                           \
    tcg_v128 name##_lanes(const unsigned s, struct tcg_cpu *cpu, const struct ir_desc *op, \
                          const tcg_v128 *va, const tcg_v128 *vb, const tcg_v128 *vc)      \
    {                                                                                      \
        const unsigned n = 16u >> s, bits = 8u << s;                                       \
        const int64_t imm = op->imm;                                                       \
        tcg_v128 r = {{0, 0}};                                                             \
        (void)n, (void)bits, (void)imm, (void)cpu, (void)va, (void)vb, (void)vc;           \
        __VA_ARGS__                                                                        \
        return r;                                                                          \
    }
#define VEC_FN(name, ...)                                                           \
    VEC_BODY(name, __VA_ARGS__)                                                     \
    IR_EVAL_FN(name)                                                                \
    {                                                                               \
        const tcg_v128 *va = (const tcg_v128 *)a, *vb = (const tcg_v128 *)b;        \
        const tcg_v128 *vc = (const tcg_v128 *)c; /* absent operands may be NULL */ \
        switch (op->lane & 3) {                                                     \
        case 0: d->v = name##_lanes(0, cpu, op, va, vb, vc); break;                 \
        case 1: d->v = name##_lanes(1, cpu, op, va, vb, vc); break;                 \
        case 2: d->v = name##_lanes(2, cpu, op, va, vb, vc); break;                 \
        default: d->v = name##_lanes(3, cpu, op, va, vb, vc); break;                \
        }                                                                           \
    }

/* Lane i of r = expr: of x and y, lanes i of a and b, signed, and ux and uy, unsigned. */
#define VEC_EACH(expr)                                               \
    for (unsigned i = 0; i < n; i++) {                               \
        const int64_t x = lane_s(va, s, i), y = lane_s(vb, s, i);    \
        const uint64_t ux = lane_u(va, s, i), uy = lane_u(vb, s, i); \
        (void)x, (void)y, (void)ux, (void)uy;                        \
        lane_put(&r, s, i, (uint64_t)(expr));                        \
    }
#define VEC_EACH1(expr)                       \
    for (unsigned i = 0; i < n; i++) {        \
        const int64_t x = lane_s(va, s, i);   \
        const uint64_t ux = lane_u(va, s, i); \
        (void)x, (void)ux;                    \
        lane_put(&r, s, i, (uint64_t)(expr)); \
    }
#define VEC_OP1(name, expr) VEC_FN(name, VEC_EACH1(expr))
#define VEC_OP2(name, expr) VEC_FN(name, VEC_EACH(expr))

/* x shifted left by n, or right by -n (rounded: with half of the last bit lost added), as the
 * manual's unbounded integers are, but that what exceeds any lane is only that large.  |x| < 2^64,
 * -128 <= n <= 127. */
static inline wide shift_by(wide x, int n, bool rounded)
{
    const wide huge = (wide)1 << 100;

    if (n >= 64)
        return x == 0 ? 0 : x < 0 ? -huge : huge;
    if (n >= 0)
        return x * ((wide)1 << n);
    if (n < -65) /* |x| is less than half of 2^-n */
        return rounded || x >= 0 ? 0 : -1;
    return (x + (rounded ? (wide)1 << (-n - 1) : 0)) >> -n;
}

static inline uint64_t lane_ones(unsigned bits)
{
    return ~(uint64_t)0 >> (64 - bits);
}

#endif
