/* SPDX-License-Identifier: MIT */
/*
 * Vector ops on bits and integers, but for the saturating ones.  Each op is one row or one short
 * body, see lanes.h.  Includes lanes.h alone.
 */
#include "tcg/interp/lanes.h"

/* --- moving bits ---------------------------------------------------------------------------- */

IR_EVAL_FN(vfromi)
{
    IR_EVAL_ARGS;
    d->v = (tcg_v128){{op->type == IR_I64 ? a->l : a->w, 0}};
}

static uint64_t of_type(const struct ir_desc *op, uint64_t x)
{
    return op->type == IR_I64 ? x : (uint32_t)x;
}

IR_EVAL_FN(vtoi)
{
    IR_EVAL_ARGS;
    d->l = of_type(op, lane_u(&a->v, op->lane & 3, (unsigned)op->imm));
}

IR_EVAL_FN(vtois)
{
    IR_EVAL_ARGS;
    d->l = of_type(op, (uint64_t)lane_s(&a->v, op->lane & 3, (unsigned)op->imm));
}

IR_EVAL_FN(vdup)
{
    IR_EVAL_ARGS;
    tcg_v128 r;

    for (unsigned i = 0; i < 16u >> (op->lane & 3); i++)
        lane_put(&r, op->lane & 3, i, a->l);
    d->v = r;
}

IR_EVAL_FN(vins)
{
    IR_EVAL_ARGS;
    tcg_v128 r = a->v;

    lane_put(&r, op->lane & 3, (unsigned)op->imm, b->l);
    d->v = r;
}

IR_EVAL_FN(vinsl)
{
    IR_EVAL_ARGS;
    tcg_v128 r = a->v;

    lane_put(&r, op->lane & 3, (unsigned)op->imm, lane_u(&b->v, op->lane & 3, (unsigned)op->imm2));
    d->v = r;
}

VEC_OP1(vdupl, ((void)ux, lane_u(va, s, (unsigned)imm)))
VEC_FN(vzext, lane_put(&r, s, 0, lane_u(va, s, 0));)

IR_EVAL_FN(vext)
{
    IR_EVAL_ARGS;
    tcg_v128 r;

    for (unsigned i = 0; i < 16; i++) {
        const unsigned from = i + (unsigned)op->imm;
        r.b[i] = from < 16 ? a->v.b[from] : b->v.b[from - 16];
    }
    d->v = r;
}

IR_EVAL_FN(vhi64)
{
    IR_EVAL_ARGS;
    d->v = (tcg_v128){{a->v.d[1], 0}};
}

/* Lane i of r = lane `index` of a or, if `second`, of b. */
#define VEC_PICK(name, second, index)             \
    VEC_FN(name, for (unsigned i = 0; i < n; i++) \
                     lane_put(&r, s, i, lane_u((second) ? vb : va, s, (index)));)
VEC_PICK(vzip1, i & 1, i / 2)
VEC_PICK(vzip2, i & 1, (i + n) / 2)
VEC_PICK(vuzp1, i >= n / 2, 2 * i % n)
VEC_PICK(vuzp2, i >= n / 2, 2 * i % n + 1)
VEC_PICK(vtrn1, i & 1, i & ~1u)
VEC_PICK(vtrn2, i & 1, i | 1u)
VEC_PICK(vrev, false, i ^ (((unsigned)imm >> s) - 1))

IR_EVAL_FN(vtbl)
{
    IR_EVAL_ARGS;
    tcg_v128 r;

    for (unsigned i = 0; i < 16; i++)
        r.b[i] = b->v.b[i] > 15 ? 0 : a->v.b[b->v.b[i]];
    d->v = r;
}

IR_EVAL_FN(vtbx)
{
    IR_EVAL_ARGS;
    tcg_v128 r;

    for (unsigned i = 0; i < 16; i++)
        r.b[i] = c->v.b[i] > 15 ? a->v.b[i] : b->v.b[c->v.b[i]];
    d->v = r;
}

/* x, y, z: halves of a, b, c. */
#define VEC_LOGIC(name, expr, y_, z_)                     \
    IR_EVAL_FN(name)                                      \
    {                                                     \
        IR_EVAL_ARGS;                                     \
        tcg_v128 r;                                       \
        for (unsigned i = 0; i < 2; i++) {                \
            const uint64_t x = a->v.d[i], y = y_, z = z_; \
            (void)y, (void)z;                             \
            r.d[i] = (expr);                              \
        }                                                 \
        d->v = r;                                         \
    }
VEC_LOGIC(vand, (x & y), b->v.d[i], 0)
VEC_LOGIC(vor, x | y, b->v.d[i], 0)
VEC_LOGIC(vxor, x ^ y, b->v.d[i], 0)
VEC_LOGIC(vandn, x & ~y, b->v.d[i], 0)
VEC_LOGIC(vorn, x | ~y, b->v.d[i], 0)
VEC_LOGIC(vnot, ~x, 0, 0)
VEC_LOGIC(vbsl, (x & y) | (~x & z), b->v.d[i], c->v.d[i])

/* --- lane by lane --------------------------------------------------------------------------- */

VEC_OP2(vadd, ux + uy)
VEC_OP2(vsub, ux - uy)
VEC_OP2(vmul, (ux * uy))
VEC_OP1(vneg, 0 - ux)
VEC_OP1(vabs, x < 0 ? 0 - ux : ux)
VEC_OP2(vcmpeq, 0 - (uint64_t)(ux == uy))
VEC_OP2(vcmpgt, 0 - (uint64_t)(x > y))
VEC_OP2(vcmpge, 0 - (uint64_t)(x >= y))
VEC_OP2(vcmphi, 0 - (uint64_t)(ux > uy))
VEC_OP2(vcmphs, 0 - (uint64_t)(ux >= uy))
VEC_OP2(vtst, 0 - (uint64_t)((ux & uy) != 0))
VEC_OP2(vsmin, x < y ? x : y)
VEC_OP2(vsmax, x > y ? x : y)
VEC_OP2(vumin, ux < uy ? ux : uy)
VEC_OP2(vumax, ux > uy ? ux : uy)
VEC_OP2(vsabd, x > y ? ux - uy : uy - ux)
VEC_OP2(vuabd, ux > uy ? ux - uy : uy - ux)
VEC_OP2(vshadd, ((wide)x + y) >> 1)
VEC_OP2(vuhadd, ((wide)ux + uy) >> 1)
VEC_OP2(vsrhadd, ((wide)x + y + 1) >> 1)
VEC_OP2(vurhadd, ((wide)ux + uy + 1) >> 1)
VEC_OP2(vshsub, ((wide)x - y) >> 1)
VEC_OP2(vuhsub, ((wide)ux - uy) >> 1)

/* Shifts by an immediate; one of a whole lane loses all but the sign. */
VEC_OP1(vshl, ux << imm)
VEC_OP1(vsshr, x >> (imm < 63 ? imm : 63))
VEC_OP1(vushr, imm < bits ? ux >> imm : 0)
VEC_OP1(vsrshr, ((wide)x + ((wide)1 << (imm - 1))) >> imm)
VEC_OP1(vurshr, ((wide)ux + ((wide)1 << (imm - 1))) >> imm)
VEC_OP2(vsli, (ux & ~(lane_ones(bits) << imm)) | uy << imm)
VEC_OP2(vsri, imm == bits ? ux : (ux & ~(lane_ones(bits) >> imm)) | uy >> imm)

/* Shifts by a register: the signed low byte of each lane. */
VEC_OP2(vsshl, shift_by(x, (int8_t)y, false))
VEC_OP2(vushl, shift_by(ux, (int8_t)y, false))
VEC_OP2(vsrshl, shift_by(x, (int8_t)y, true))
VEC_OP2(vurshl, shift_by(ux, (int8_t)y, true))

static inline uint64_t leading_zeros(uint64_t x, unsigned bits)
{
    return x ? (unsigned)__builtin_clzll(x) - (64 - bits) : bits;
}

static inline uint64_t reversed_byte(uint64_t x)
{
    x = (x >> 4 & 0x0f) | (x << 4 & 0xf0);
    x = (x >> 2 & 0x33) | (x << 2 & 0xcc);
    return (x >> 1 & 0x55) | (x << 1 & 0xaa);
}

/* GF(2)[x] product of the low `bits` bits of y with x; at most 64 bits of it. */
static inline uint64_t polynomial_product(uint64_t x, uint64_t y, unsigned bits)
{
    uint64_t r = 0;

    for (unsigned i = 0; i < bits; i++)
        r ^= y >> i & 1 ? x << i : 0;
    return r;
}

VEC_OP1(vclz, leading_zeros(ux, bits))
VEC_OP1(vcls, leading_zeros((uint64_t)(x ^ x >> 1) & lane_ones(bits), bits) - 1)
VEC_OP1(vcnt, __builtin_popcountll(ux))
VEC_OP1(vrbit, reversed_byte(ux))
VEC_OP2(vpmul, polynomial_product(ux, uy, bits))

/* --- narrower and wider lanes --------------------------------------------------------------- */

VEC_FN(vxtn, if (s > 0) for (unsigned i = 0; i < n; i++) lane_put(&r, s - 1, i, lane_u(va, s, i));)
VEC_FN(vsxtl, if (s < 3) for (unsigned i = 0; i < n / 2; i++)
                  lane_put(&r, s + 1, i, (uint64_t)lane_s(va, s, i));)
VEC_FN(vuxtl,
       if (s < 3) for (unsigned i = 0; i < n / 2; i++) lane_put(&r, s + 1, i, lane_u(va, s, i));)
VEC_FN(vsmull, if (s < 3) for (unsigned i = 0; i < n / 2; i++)
                   lane_put(&r, s + 1, i, (uint64_t)(lane_s(va, s, i) * lane_s(vb, s, i)));)
VEC_FN(vumull, if (s < 3) for (unsigned i = 0; i < n / 2; i++)
                   lane_put(&r, s + 1, i, lane_u(va, s, i) * lane_u(vb, s, i));)
/* The same of the high halves. */
VEC_FN(vsxtl2, if (s < 3) for (unsigned i = 0; i < n / 2; i++)
                   lane_put(&r, s + 1, i, (uint64_t)lane_s(va, s, n / 2 + i));)
VEC_FN(vuxtl2, if (s < 3) for (unsigned i = 0; i < n / 2; i++)
                   lane_put(&r, s + 1, i, lane_u(va, s, n / 2 + i));)
VEC_FN(vsmull2, if (s < 3) for (unsigned i = 0; i < n / 2; i++) lane_put(
                    &r, s + 1, i, (uint64_t)(lane_s(va, s, n / 2 + i) * lane_s(vb, s, n / 2 + i)));)
VEC_FN(vumull2, if (s < 3) for (unsigned i = 0; i < n / 2; i++)
                    lane_put(&r, s + 1, i, lane_u(va, s, n / 2 + i) * lane_u(vb, s, n / 2 + i));)
VEC_FN(vsaddlp,
       if (s < 3) for (unsigned i = 0; i < n / 2; i++)
           lane_put(&r, s + 1, i, (uint64_t)(lane_s(va, s, 2 * i) + lane_s(va, s, 2 * i + 1)));)
VEC_FN(vuaddlp, if (s < 3) for (unsigned i = 0; i < n / 2; i++)
                    lane_put(&r, s + 1, i, lane_u(va, s, 2 * i) + lane_u(va, s, 2 * i + 1));)
VEC_FN(
    vaddp, for (unsigned i = 0; i < n; i++) {
        const tcg_v128 *from = i < n / 2 ? va : vb;
        lane_put(&r, s, i, lane_u(from, s, 2 * i % n) + lane_u(from, s, 2 * i % n + 1));
    })

static tcg_v128 polynomial_product_64(uint64_t x, uint64_t y)
{
    tcg_v128 r = {{0, 0}};

    for (unsigned i = 0; i < 64; i++) {
        if (y >> i & 1) {
            r.d[0] ^= x << i;
            r.d[1] ^= i ? x >> (64 - i) : 0;
        }
    }
    return r;
}

IR_EVAL_FN(vpmull)
{
    IR_EVAL_ARGS;
    tcg_v128 r;

    if ((op->lane & 3) == IR_LANE_D) {
        d->v = polynomial_product_64(a->v.d[0], b->v.d[0]);
        return;
    }
    for (unsigned i = 0; i < 8; i++)
        r.h[i] = (uint16_t)polynomial_product(a->v.b[i], b->v.b[i], 8);
    d->v = r;
}

IR_EVAL_FN(vpmull2)
{
    const union ir_val x = {.v = {{a->v.d[1], 0}}}, y = {.v = {{b->v.d[1], 0}}};

    ir_eval_vpmull(cpu, op, d, &x, &y, c);
}

/* --- across lanes --------------------------------------------------------------------------- */

/* acc starts as lane 0; x is each further one of `count` lanes; acc goes to lane 0 of size s + up. */
#define VEC_ACROSS(name, T, lane_of, up, expr)                   \
    VEC_FN(name, {                                               \
        T acc = lane_of(va, s, 0);                               \
        for (unsigned i = 1; i < ir_lane_count(op->lane); i++) { \
            const T x = lane_of(va, s, i);                       \
            acc = (expr);                                        \
        }                                                        \
        lane_put(&r, s + up, 0, (uint64_t)acc);                  \
    })
VEC_ACROSS(vaddv, uint64_t, lane_u, 0, acc + x)
VEC_ACROSS(vsaddlv, int64_t, lane_s, 1, acc + x)
VEC_ACROSS(vuaddlv, uint64_t, lane_u, 1, acc + x)
VEC_ACROSS(vsmaxv, int64_t, lane_s, 0, acc > x ? acc : x)
VEC_ACROSS(vsminv, int64_t, lane_s, 0, acc < x ? acc : x)
VEC_ACROSS(vumaxv, uint64_t, lane_u, 0, acc > x ? acc : x)
VEC_ACROSS(vuminv, uint64_t, lane_u, 0, acc < x ? acc : x)

#define VEC_DOT(name, byte)                                        \
    IR_EVAL_FN(name)                                               \
    {                                                              \
        IR_EVAL_ARGS;                                              \
        tcg_v128 r = a->v;                                         \
        for (unsigned i = 0; i < 16; i++)                          \
            r.s[i / 4] += (uint32_t)(b->v.byte[i] * c->v.byte[i]); \
        d->v = r;                                                  \
    }
VEC_DOT(vsdot, sb)
VEC_DOT(vudot, b)
