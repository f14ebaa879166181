/* SPDX-License-Identifier: MIT */
/*
 * Oracles of the vector ops on bits and integers.  Lane-wise ones are functions on unbounded
 * integers, of which the result keeps what fits a lane, or the nearest that fits; moving ones are
 * spelt out on arrays of lanes.
 */
#include <string.h>

#include "tests/ir/rows.h"

typedef __int128 wide;

/* The cases of one lane: operands as numbers, and the op's description. */
struct lane {
    wide x, y, z;
    int bits;
    int64_t imm;
};
typedef wide lane_fn(const struct lane *l);

enum { TRUNCATE, SATURATE_SIGNED, SATURATE_UNSIGNED };

static wide power(int n)
{
    return (wide)1 << n;
}

static wide floor_div(wide x, wide y)
{
    const wide q = x / y;

    return q * y > x ? q - 1 : q;
}

static wide number(const tcg_v128 *v, unsigned bits, unsigned i, bool is_signed)
{
    return is_signed ? (wide)get_signed_lane(v, bits, i) : (wide)get_lane(v, bits, i);
}

/* Stores x to lane i of the result as `how` says. */
static void store(struct expect *e, unsigned bits, unsigned i, wide x, int how, bool counts)
{
    const wide max = how == SATURATE_SIGNED ? power(bits - 1) - 1 : power(bits) - 1;
    const wide min = how == SATURATE_SIGNED ? -power(bits - 1) : 0;

    if (how != TRUNCATE && (x > max || x < min)) {
        x = x > max ? max : min;
        e->qc |= counts;
    }
    set_lane(&e->d.v, bits, i, (uint64_t)x);
}

/* --- lane by lane ------------------------------------------------------------------------------- */

static void lanewise(const struct ir_desc *op, const union ir_val in[3], struct expect *e,
                     lane_fn *fn, bool x_signed, bool y_signed, int how)
{
    const unsigned bits = lane_bits(op);

    for (unsigned i = 0; i < 128 / bits; i++) {
        const struct lane l = {number(&in[0].v, bits, i, x_signed),
                               number(&in[1].v, bits, i, y_signed),
                               number(&in[2].v, bits, i, x_signed), (int)bits, op->imm};
        store(e, bits, i, fn(&l), how, i < ir_lane_count(op->lane));
    }
}

/* s, u: signedness of both operands; su, us: of x and y. */
enum {
    s_X = true,
    s_Y = true,
    u_X = false,
    u_Y = false,
    su_X = true,
    su_Y = false,
    us_X = false,
    us_Y = true
};
#define LANES(name, sign, how, expr)                                         \
    static wide fn_##name(const struct lane *l)                              \
    {                                                                        \
        const wide x = l->x, y = l->y, z = l->z;                             \
        const int bits = l->bits, imm = (int)l->imm;                         \
        (void)x, (void)y, (void)z, (void)bits, (void)imm;                    \
        return (expr);                                                       \
    }                                                                        \
    static void o_##name(const struct ir_desc *op, const union ir_val in[3], \
                         const struct fp_env *env, struct expect *e)         \
    {                                                                        \
        (void)env;                                                           \
        lanewise(op, in, e, fn_##name, sign##_X, sign##_Y, how);             \
    }

static wide absolute(wide x)
{
    return x < 0 ? -x : x;
}

/* x * 2^n for n of either sign, step by step; what no lane can hold stops growing. */
static wide scaled(wide x, int n, bool rounded)
{
    for (; n > 0; n--)
        x = absolute(x) < power(100) ? 2 * x : x;
    if (n == 0)
        return x;
    for (; n < -1; n++) {
        /* Halving downwards keeps the next bit to be lost exact. */
        x = floor_div(x, 2);
    }
    return floor_div(x + (rounded ? 1 : 0), 2);
}

/* Modular left shifts need the low bits instead. */
static wide shifted(wide x, int n, bool rounded)
{
    if (n <= 0)
        return scaled(x, n, rounded);
    for (; n > 0; n--)
        x = 2 * x % power(64);
    return x;
}

static int low_byte(wide y)
{
    return (int)get_signed_lane(&(tcg_v128){{(uint64_t)y}}, 8, 0);
}

static wide count_ones(wide x, int bits)
{
    wide n = 0;

    for (int k = 0; k < bits; k++)
        n += x >> k & 1;
    return n;
}

/* How many bits from the top down equal `value`, `from` the first that counts. */
static wide run_length(wide x, int from, int value)
{
    int n = 0;

    while (from - n >= 0 && (x >> (from - n) & 1) == value)
        n++;
    return n;
}

static wide mirrored(wide x, int bits)
{
    wide r = 0;

    for (int k = 0; k < bits; k++)
        r += (x >> k & 1) * power(bits - 1 - k);
    return r;
}

static wide carryless(wide x, wide y, int bits)
{
    wide r = 0;

    for (int k = 0; k < bits; k++)
        r ^= (y >> k & 1) * (x << k);
    return r;
}

LANES(vadd, s, TRUNCATE, x + y)
LANES(vsub, s, TRUNCATE, x - y)
LANES(vmul, s, TRUNCATE, x *y)
LANES(vneg, s, TRUNCATE, -x)
LANES(vabs, s, TRUNCATE, absolute(x))
LANES(vcmpeq, s, TRUNCATE, x == y ? -1 : 0)
LANES(vcmpgt, s, TRUNCATE, x > y ? -1 : 0)
LANES(vcmpge, s, TRUNCATE, x >= y ? -1 : 0)
LANES(vcmphi, u, TRUNCATE, x > y ? -1 : 0)
LANES(vcmphs, u, TRUNCATE, x >= y ? -1 : 0)
LANES(vtst, u, TRUNCATE, (x & y) ? -1 : 0)
LANES(vsmin, s, TRUNCATE, x < y ? x : y)
LANES(vsmax, s, TRUNCATE, x < y ? y : x)
LANES(vumin, u, TRUNCATE, x < y ? x : y)
LANES(vumax, u, TRUNCATE, x < y ? y : x)
LANES(vsabd, s, TRUNCATE, absolute(x - y))
LANES(vuabd, u, TRUNCATE, absolute(x - y))
LANES(vshadd, s, TRUNCATE, floor_div(x + y, 2))
LANES(vuhadd, u, TRUNCATE, floor_div(x + y, 2))
LANES(vsrhadd, s, TRUNCATE, floor_div(x + y + 1, 2))
LANES(vurhadd, u, TRUNCATE, floor_div(x + y + 1, 2))
LANES(vshsub, s, TRUNCATE, floor_div(x - y, 2))
LANES(vuhsub, u, TRUNCATE, floor_div(x - y, 2))
LANES(vshl, u, TRUNCATE, x *power(imm))
LANES(vsshr, s, TRUNCATE, floor_div(x, power(imm)))
LANES(vushr, u, TRUNCATE, floor_div(x, power(imm)))
LANES(vsrshr, s, TRUNCATE, floor_div(x + power(imm - 1), power(imm)))
LANES(vurshr, u, TRUNCATE, floor_div(x + power(imm - 1), power(imm)))
LANES(vsli, u, TRUNCATE, x % power(imm) + y % power(bits - imm) * power(imm))
LANES(vsri, u, TRUNCATE, x - x % power(bits - imm) + floor_div(y, power(imm)))
LANES(vsshl, s, TRUNCATE, shifted(x, low_byte(y), false))
LANES(vushl, u, TRUNCATE, shifted(x, low_byte(y), false))
LANES(vsrshl, s, TRUNCATE, shifted(x, low_byte(y), true))
LANES(vurshl, u, TRUNCATE, shifted(x, low_byte(y), true))
LANES(vclz, u, TRUNCATE, run_length(x, bits - 1, 0))
LANES(vcls, u, TRUNCATE, run_length(x, bits - 1, (int)(x >> (bits - 1))) - 1)
LANES(vcnt, u, TRUNCATE, count_ones(x, bits))
LANES(vrbit, u, TRUNCATE, mirrored(x, bits))
LANES(vpmul, u, TRUNCATE, carryless(x, y, bits))

LANES(vsqadd, s, SATURATE_SIGNED, x + y)
LANES(vuqadd, u, SATURATE_UNSIGNED, x + y)
LANES(vsqsub, s, SATURATE_SIGNED, x - y)
LANES(vuqsub, u, SATURATE_UNSIGNED, x - y)
LANES(vsuqadd, su, SATURATE_SIGNED, x + y)
LANES(vusqadd, us, SATURATE_UNSIGNED, x + y)
LANES(vsqabs, s, SATURATE_SIGNED, absolute(x))
LANES(vsqneg, s, SATURATE_SIGNED, -x)
LANES(vsqshl, s, SATURATE_SIGNED, scaled(x, low_byte(y), false))
LANES(vuqshl, u, SATURATE_UNSIGNED, scaled(x, low_byte(y), false))
LANES(vsqrshl, s, SATURATE_SIGNED, scaled(x, low_byte(y), true))
LANES(vuqrshl, u, SATURATE_UNSIGNED, scaled(x, low_byte(y), true))
LANES(vsqshlu, s, SATURATE_UNSIGNED, scaled(x, imm, false))
LANES(vsqdmulh, s, SATURATE_SIGNED, floor_div(2 * x * y, power(bits)))
LANES(vsqrdmulh, s, SATURATE_SIGNED, floor_div(2 * x * y + power(bits - 1), power(bits)))
LANES(vsqrdmlah, s, SATURATE_SIGNED,
      floor_div(x *power(bits) + 2 * y * z + power(bits - 1), power(bits)))
LANES(vsqrdmlsh, s, SATURATE_SIGNED,
      floor_div(x *power(bits) - 2 * y * z + power(bits - 1), power(bits)))

/* --- halves, doubles, pairs -------------------------------------------------------------------- */

#define ORACLE(name)                                                         \
    static void o_##name(const struct ir_desc *op, const union ir_val in[3], \
                         const struct fp_env *env, struct expect *e)
#define ORACLE_ARGS ((void)op, (void)in, (void)env, (void)e)

#define NARROW(name, is_signed, how)                                         \
    ORACLE(name)                                                             \
    {                                                                        \
        const unsigned bits = lane_bits(op);                                 \
        (void)env;                                                           \
        for (unsigned i = 0; i < 128 / bits; i++)                            \
            store(e, bits / 2, i, number(&in[0].v, bits, i, is_signed), how, \
                  i < ir_lane_count(op->lane));                              \
    }
NARROW(vxtn, false, TRUNCATE)
NARROW(vsqxtn, true, SATURATE_SIGNED)
NARROW(vuqxtn, false, SATURATE_UNSIGNED)
NARROW(vsqxtun, true, SATURATE_UNSIGNED)

/* Lane i, of twice the size, = expr of x, y, z, w: lanes from + i of a and b, and 2i and 2i + 1 of a. */
#define DOUBLE(name, is_signed, how, expr) DOUBLE_FROM(name, 0, is_signed, how, expr)
#define DOUBLE_FROM(name, from, is_signed, how, expr)                      \
    ORACLE(name)                                                           \
    {                                                                      \
        const unsigned bits = lane_bits(op);                               \
        (void)env;                                                         \
        for (unsigned i = 0; i < 64 / bits; i++) {                         \
            const wide x = number(&in[0].v, bits, (from) + i, is_signed);  \
            const wide y = number(&in[1].v, bits, (from) + i, is_signed);  \
            const wide z = number(&in[0].v, bits, 2 * i, is_signed);       \
            const wide w = number(&in[0].v, bits, 2 * i + 1, is_signed);   \
            (void)x, (void)y, (void)z, (void)w;                            \
            store(e, 2 * bits, i, expr, how, i < ir_lane_count(op->lane)); \
        }                                                                  \
    }
DOUBLE(vsxtl, true, TRUNCATE, x)
DOUBLE(vuxtl, false, TRUNCATE, x)
DOUBLE(vsmull, true, TRUNCATE, x *y)
DOUBLE(vumull, false, TRUNCATE, x *y)
DOUBLE_FROM(vsxtl2, 64 / bits, true, TRUNCATE, x)
DOUBLE_FROM(vuxtl2, 64 / bits, false, TRUNCATE, x)
DOUBLE_FROM(vsmull2, 64 / bits, true, TRUNCATE, x *y)
DOUBLE_FROM(vumull2, 64 / bits, false, TRUNCATE, x *y)
DOUBLE(vsaddlp, true, TRUNCATE, z + w)
DOUBLE(vuaddlp, false, TRUNCATE, z + w)
DOUBLE(vsqdmull, true, SATURATE_SIGNED, 2 * x * y)

static void polynomial(const struct ir_desc *op, const union ir_val in[3], unsigned from,
                       struct expect *e)
{
    const unsigned bits = lane_bits(op);

    /* Bit k of each product is the parity of the pairs of bits whose places add up to k. */
    for (unsigned i = 0; i < 64 / bits; i++)
        for (unsigned j = 0; j < bits; j++)
            for (unsigned k = 0; k < bits; k++)
                if ((get_lane(&in[0].v, bits, from + i) >> j & 1) &&
                    (get_lane(&in[1].v, bits, from + i) >> k & 1))
                    e->d.v.b[(2 * bits * i + j + k) / 8] ^= (uint8_t)(1 << (j + k) % 8);
}
ORACLE(vpmull)
{
    ORACLE_ARGS;
    polynomial(op, in, 0, e);
}
ORACLE(vpmull2)
{
    ORACLE_ARGS;
    polynomial(op, in, 64 / lane_bits(op), e);
}

ORACLE(vaddp)
{
    const unsigned bits = lane_bits(op), n = 128 / bits;

    ORACLE_ARGS;
    for (unsigned i = 0; i < n / 2; i++) {
        for (unsigned k = 0; k < 2; k++)
            set_lane(&e->d.v, bits, i + k * n / 2,
                     get_lane(&in[k].v, bits, 2 * i) + get_lane(&in[k].v, bits, 2 * i + 1));
    }
}

/* --- across ------------------------------------------------------------------------------------ */

#define ACROSS(name, is_signed, scale, expr)                                       \
    ORACLE(name)                                                                   \
    {                                                                              \
        const unsigned bits = lane_bits(op);                                       \
        wide all = number(&in[0].v, bits, ir_lane_count(op->lane) - 1, is_signed); \
        (void)env;                                                                 \
        for (unsigned i = ir_lane_count(op->lane) - 1; i-- > 0;) {                 \
            const wide x = number(&in[0].v, bits, i, is_signed);                   \
            all = (expr);                                                          \
        }                                                                          \
        set_lane(&e->d.v, bits *scale, 0, (uint64_t)all);                          \
    }
ACROSS(vaddv, false, 1, x + all)
ACROSS(vsaddlv, true, 2, x + all)
ACROSS(vuaddlv, false, 2, x + all)
ACROSS(vsmaxv, true, 1, x < all ? all : x)
ACROSS(vsminv, true, 1, x < all ? x : all)
ACROSS(vumaxv, false, 1, x < all ? all : x)
ACROSS(vuminv, false, 1, x < all ? x : all)

#define DOT(name, is_signed)                                                                  \
    ORACLE(name)                                                                              \
    {                                                                                         \
        ORACLE_ARGS;                                                                          \
        for (unsigned i = 0; i < 4; i++) {                                                    \
            wide sum = number(&in[0].v, 32, i, is_signed);                                    \
            for (unsigned k = 4 * i; k < 4 * i + 4; k++)                                      \
                sum += number(&in[1].v, 8, k, is_signed) * number(&in[2].v, 8, k, is_signed); \
            store(e, 32, i, sum, TRUNCATE, true);                                             \
        }                                                                                     \
    }
DOT(vsdot, true)
DOT(vudot, false)

/* --- moving ------------------------------------------------------------------------------------ */

/* Lanes of both operands, a's first, and of the result. */
struct lanes {
    uint64_t in[32], out[16];
    unsigned n; /* in one vector */
};

typedef void move_fn(struct lanes *l, const struct ir_desc *op);

static void move(const struct ir_desc *op, const union ir_val in[3], struct expect *e, move_fn *fn)
{
    const unsigned bits = lane_bits(op);
    struct lanes l = {.n = 128 / bits};

    for (unsigned i = 0; i < l.n; i++) {
        l.in[i] = get_lane(&in[0].v, bits, i);
        l.in[l.n + i] = get_lane(&in[1].v, bits, i);
    }
    fn(&l, op);
    for (unsigned i = 0; i < l.n; i++)
        set_lane(&e->d.v, bits, i, l.out[i]);
}

#define MOVE(name, ...)                                                    \
    static void fn_##name(struct lanes *l, const struct ir_desc *op)       \
    {                                                                      \
        const unsigned n = l->n;                                           \
        const uint64_t *a = l->in, *b = l->in + n;                         \
        uint64_t *d = l->out;                                              \
        const unsigned imm = (unsigned)op->imm, imm2 = (unsigned)op->imm2; \
        (void)a, (void)b, (void)imm, (void)imm2;                           \
        __VA_ARGS__                                                        \
    }                                                                      \
    ORACLE(name)                                                           \
    {                                                                      \
        (void)env;                                                         \
        move(op, in, e, fn_##name);                                        \
    }
MOVE(vdupl, for (unsigned i = 0; i < n; i++) d[i] = a[imm];)
MOVE(vinsl, memcpy(d, a, 8 * n); d[imm] = b[imm2];)
MOVE(vzext, d[0] = a[0];)
MOVE(vfdn, for (unsigned i = 0; i < n; i++) {
    const unsigned bits = 128 / n, fraction = bits == 64 ? 52 : 23;
    const uint64_t exponent = (UINT64_C(1) << (bits - 1)) - (UINT64_C(1) << fraction);
    const bool nan = (a[i] & exponent) == exponent && a[i] << (64 - fraction);
    d[i] = nan ? exponent | UINT64_C(1) << (fraction - 1) : a[i];
})
MOVE(vzip1, for (unsigned i = 0; i < n / 2; i++) d[2 * i] = a[i], d[2 * i + 1] = b[i];)
MOVE(vzip2, for (unsigned i = 0; i < n / 2; i++) d[2 * i] = a[n / 2 + i],
     d[2 * i + 1] = b[n / 2 + i];)
MOVE(vuzp1, for (unsigned i = 0; i < n; i++) d[i] = l->in[2 * i];)
MOVE(vuzp2, for (unsigned i = 0; i < n; i++) d[i] = l->in[2 * i + 1];)
MOVE(vtrn1, for (unsigned i = 0; i < n; i += 2) d[i] = a[i], d[i + 1] = b[i];)
MOVE(vtrn2, for (unsigned i = 0; i < n; i += 2) d[i] = a[i + 1], d[i + 1] = b[i + 1];)
MOVE(
    vrev, const unsigned unit = imm * n / 16; for (unsigned i = 0; i < n; i += unit) {
        for (unsigned k = 0; k < unit; k++)
            d[i + k] = a[i + unit - 1 - k];
    })
MOVE(vext, for (unsigned i = 0; i < n; i++) d[i] = l->in[i + imm];)
MOVE(vtbl, for (unsigned i = 0; i < n; i++) d[i] = b[i] < n ? a[b[i]] : 0;)
MOVE(vand, for (unsigned i = 0; i < n; i++) d[i] = a[i] & b[i];)
MOVE(vor, for (unsigned i = 0; i < n; i++) d[i] = a[i] | b[i];)
MOVE(vxor, for (unsigned i = 0; i < n; i++) d[i] = a[i] ^ b[i];)
MOVE(vandn, for (unsigned i = 0; i < n; i++) d[i] = a[i] & ~b[i];)
MOVE(vorn, for (unsigned i = 0; i < n; i++) d[i] = a[i] | ~b[i];)
MOVE(vnot, for (unsigned i = 0; i < n; i++) d[i] = ~a[i];)
MOVE(vhi64, d[0] = a[1];)

ORACLE(vtbx)
{
    ORACLE_ARGS;
    e->d = in[0];
    for (unsigned i = 0; i < 16; i++)
        for (unsigned k = 0; k < 16; k++)
            if (in[2].v.b[i] == k)
                e->d.v.b[i] = in[1].v.b[k];
}

ORACLE(vbsl)
{
    ORACLE_ARGS;
    for (unsigned k = 0; k < 128; k++) {
        const unsigned from = in[0].v.b[k / 8] >> k % 8 & 1 ? 1 : 2;
        e->d.v.b[k / 8] |= (uint8_t)(in[from].v.b[k / 8] & 1 << k % 8);
    }
}

ORACLE(vfromi)
{
    ORACLE_ARGS;
    e->d.l = in[0].l;
}

ORACLE(vtoi)
{
    ORACLE_ARGS;
    const uint64_t x = get_lane(&in[0].v, lane_bits(op), (unsigned)op->imm);

    e->d.l = op->type == IR_I32 ? x & 0xffffffff : x;
}

ORACLE(vtois)
{
    ORACLE_ARGS;
    const uint64_t x = (uint64_t)get_signed_lane(&in[0].v, lane_bits(op), (unsigned)op->imm);

    e->d.l = op->type == IR_I32 ? x & 0xffffffff : x;
}

ORACLE(vdup)
{
    ORACLE_ARGS;
    for (unsigned i = 0; i < 128 / lane_bits(op); i++)
        set_lane(&e->d.v, lane_bits(op), i, in[0].l);
}

ORACLE(vins)
{
    ORACLE_ARGS;
    e->d = in[0];
    set_lane(&e->d.v, lane_bits(op), (unsigned)op->imm, in[1].l);
}

ORACLE(vrax1)
{
    ORACLE_ARGS;
    for (unsigned i = 0; i < 2; i++)
        e->d.v.d[i] = in[0].v.d[i] ^ (in[1].v.d[i] * 2 + (in[1].v.d[i] >> 63));
}

ORACLE(vxar)
{
    ORACLE_ARGS;
    for (unsigned k = 0; k < 128; k++) {
        const unsigned from = (k & 64) + (k + (unsigned)op->imm) % 64;
        const uint8_t x = in[0].v.b[from / 8] ^ in[1].v.b[from / 8];
        e->d.v.b[k / 8] |= (uint8_t)((x >> from % 8 & 1) << k % 8);
    }
}

/* --- rows -------------------------------------------------------------------------------------- */

#define ROW(name, lanes, imms)                                          \
    {                                                                   \
        IR_##name, "v", lanes, imms, MOD_NONE, false, o_##name, "lanes" \
    }
#define ROW_T(name, types, lanes, imms)                                   \
    {                                                                     \
        IR_##name, types, lanes, imms, MOD_NONE, false, o_##name, "lanes" \
    }
const struct row rows_vec[] = {
    ROW_T(vfromi, "wl", "dQ", IMM_NONE),
    ROW_T(vtoi, "w", "bhsQ", IMM_LANE),
    ROW_T(vtoi, "l", "bhsdQ", IMM_LANE),
    ROW_T(vtois, "w", "bhsQ", IMM_LANE),
    ROW_T(vtois, "l", "bhsdQ", IMM_LANE),
    ROW_T(vdup, "w", "bhsQ", IMM_NONE),
    ROW_T(vdup, "l", "bhsdQ", IMM_NONE),
    ROW_T(vins, "w", "bhsQ", IMM_LANE),
    ROW_T(vins, "l", "bhsdQ", IMM_LANE),
    ROW(vdupl, "bhsdQ", IMM_LANE),
    ROW(vinsl, "bhsdQ", IMM_LANES),
    ROW(vzext, "bhsdQ", IMM_NONE),
    ROW(vext, "bQ", IMM_BYTE),
    ROW(vhi64, "dQ", IMM_NONE),
    ROW(vfdn, "sdQ", IMM_NONE),
    ROW(vzip1, "bhsdQ", IMM_NONE),
    ROW(vzip2, "bhsdQ", IMM_NONE),
    ROW(vuzp1, "bhsdQ", IMM_NONE),
    ROW(vuzp2, "bhsdQ", IMM_NONE),
    ROW(vtrn1, "bhsdQ", IMM_NONE),
    ROW(vtrn2, "bhsdQ", IMM_NONE),
    ROW(vrev, "bhsQ", IMM_UNIT),
    ROW(vtbl, "bQ", IMM_NONE),
    ROW(vtbx, "bQ", IMM_NONE),
    ROW(vand, "dQ", IMM_NONE),
    ROW(vor, "dQ", IMM_NONE),
    ROW(vxor, "dQ", IMM_NONE),
    ROW(vandn, "dQ", IMM_NONE),
    ROW(vorn, "dQ", IMM_NONE),
    ROW(vnot, "dQ", IMM_NONE),
    ROW(vbsl, "dQ", IMM_NONE),
    ROW(vadd, "bhsdQD1", IMM_NONE),
    ROW(vsub, "bhsdQD1", IMM_NONE),
    ROW(vmul, "bhsQ", IMM_NONE),
    ROW(vneg, "bhsdQ", IMM_NONE),
    ROW(vabs, "bhsdQ", IMM_NONE),
    ROW(vcmpeq, "bhsdQ", IMM_NONE),
    ROW(vcmpgt, "bhsdQ", IMM_NONE),
    ROW(vcmpge, "bhsdQ", IMM_NONE),
    ROW(vcmphi, "bhsdQ", IMM_NONE),
    ROW(vcmphs, "bhsdQ", IMM_NONE),
    ROW(vtst, "bhsdQ", IMM_NONE),
    ROW(vsmin, "bhsQ", IMM_NONE),
    ROW(vsmax, "bhsQ", IMM_NONE),
    ROW(vumin, "bhsQ", IMM_NONE),
    ROW(vumax, "bhsQ", IMM_NONE),
    ROW(vsabd, "bhsQ", IMM_NONE),
    ROW(vuabd, "bhsQ", IMM_NONE),
    ROW(vshadd, "bhsQ", IMM_NONE),
    ROW(vuhadd, "bhsQ", IMM_NONE),
    ROW(vsrhadd, "bhsQ", IMM_NONE),
    ROW(vurhadd, "bhsQ", IMM_NONE),
    ROW(vshsub, "bhsQ", IMM_NONE),
    ROW(vuhsub, "bhsQ", IMM_NONE),
    ROW(vshl, "bhsdQ", IMM_LEFT),
    ROW(vsshr, "bhsdQ", IMM_RIGHT),
    ROW(vushr, "bhsdQ", IMM_RIGHT),
    ROW(vsrshr, "bhsdQ", IMM_RIGHT),
    ROW(vurshr, "bhsdQ", IMM_RIGHT),
    ROW(vsli, "bhsdQ", IMM_LEFT),
    ROW(vsri, "bhsdQ", IMM_RIGHT),
    ROW(vsshl, "bhsdQ", IMM_NONE),
    ROW(vushl, "bhsdQ", IMM_NONE),
    ROW(vsrshl, "bhsdQ", IMM_NONE),
    ROW(vurshl, "bhsdQ", IMM_NONE),
    ROW(vxtn, "hsdQ", IMM_NONE),
    ROW(vsxtl, "bhsQD", IMM_NONE),
    ROW(vuxtl, "bhsQD", IMM_NONE),
    ROW(vsmull, "bhsQD", IMM_NONE),
    ROW(vumull, "bhsQD", IMM_NONE),
    ROW(vpmul, "bQ", IMM_NONE),
    ROW(vpmull, "bdQ", IMM_NONE),
    ROW(vsxtl2, "bhsQ", IMM_NONE),
    ROW(vuxtl2, "bhsQ", IMM_NONE),
    ROW(vsmull2, "bhsQ", IMM_NONE),
    ROW(vumull2, "bhsQ", IMM_NONE),
    ROW(vpmull2, "bdQ", IMM_NONE),
    ROW(vsaddlp, "bhsQ", IMM_NONE),
    ROW(vuaddlp, "bhsQ", IMM_NONE),
    ROW(vaddp, "bhsdQ", IMM_NONE),
    ROW(vaddv, "bhsQD", IMM_NONE),
    ROW(vsaddlv, "bhsQD", IMM_NONE),
    ROW(vuaddlv, "bhsQD", IMM_NONE),
    ROW(vsmaxv, "bhsQD", IMM_NONE),
    ROW(vsminv, "bhsQD", IMM_NONE),
    ROW(vumaxv, "bhsQD", IMM_NONE),
    ROW(vuminv, "bhsQD", IMM_NONE),
    ROW(vcnt, "bQ", IMM_NONE),
    ROW(vclz, "bhsQ", IMM_NONE),
    ROW(vcls, "bhsQ", IMM_NONE),
    ROW(vrbit, "bQ", IMM_NONE),
    ROW(vsdot, "bQ", IMM_NONE),
    ROW(vudot, "bQ", IMM_NONE),
    ROW(vsqadd, "bhsdQD1", IMM_NONE),
    ROW(vuqadd, "bhsdQD1", IMM_NONE),
    ROW(vsqsub, "bhsdQD1", IMM_NONE),
    ROW(vuqsub, "bhsdQD1", IMM_NONE),
    ROW(vsuqadd, "bhsdQD1", IMM_NONE),
    ROW(vusqadd, "bhsdQD1", IMM_NONE),
    ROW(vsqabs, "bhsdQD1", IMM_NONE),
    ROW(vsqneg, "bhsdQD1", IMM_NONE),
    ROW(vsqshl, "bhsdQD1", IMM_NONE),
    ROW(vuqshl, "bhsdQD1", IMM_NONE),
    ROW(vsqrshl, "bhsdQD1", IMM_NONE),
    ROW(vuqrshl, "bhsdQD1", IMM_NONE),
    ROW(vsqshlu, "bhsdQD1", IMM_LEFT),
    ROW(vsqxtn, "hsdQ1", IMM_NONE),
    ROW(vuqxtn, "hsdQ1", IMM_NONE),
    ROW(vsqxtun, "hsdQ1", IMM_NONE),
    ROW(vsqdmulh, "hsQD1", IMM_NONE),
    ROW(vsqrdmulh, "hsQD1", IMM_NONE),
    ROW(vsqrdmlah, "hsQD1", IMM_NONE),
    ROW(vsqrdmlsh, "hsQD1", IMM_NONE),
    ROW(vsqdmull, "hsD1", IMM_NONE),
    ROW(vrax1, "dQ", IMM_NONE),
    ROW(vxar, "dQ", IMM_63),
    {0},
};
