/* SPDX-License-Identifier: MIT */
/* Random numbers, and operands that are near where instructions change their mind. */
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* splitmix64 */
uint64_t value_int(struct rng *rng)
{
    static const uint64_t special[] = {
        0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff,
        0x10000, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
        0x8000000000000000, 0xfffffffffffffffe, 0xffffffffffffffff, 0x5555555555555555,
        0xaaaaaaaaaaaaaaaa, 0xffffffff00000000, 0xffffffff80000000, 0xffffffff7fffffff,
        0x00000000fffffffe, 0x0101010101010101, 0x8080808080808080, 0x0123456789abcdef,
    };
    uint64_t v = rng_next(rng);
    switch (rng_below(rng, 8)) {
    case 0:
    case 1:
    case 2: return special[v % COUNT(special)];
    case 3: return special[v % COUNT(special)] + (uint64_t)rng_below(rng, 5) - 2;
    case 4: return v >> (v & 63);                           /* any length */
    case 5: return (uint64_t)((int64_t)v >> (v & 63));      /* and sign */
    case 6: return UINT64_C(1) << (v & 63);
    default: return v;
    }
}

/* --- floating point --------------------------------------------------------------------------- */

/* Bits of an IEEE format: fraction and exponent. */
struct format {
    unsigned fraction, exponent;
};
static const struct format formats[] = {{10, 5}, {23, 8}, {52, 11}};

/* A number of exponent e (unbiased) with fraction bits f. */
static uint64_t number(const struct format *m, int e, uint64_t f)
{
    int bias = (1 << (m->exponent - 1)) - 1, biased = e + bias;
    biased = biased < 0 ? 0 : biased > 2 * bias + 1 ? 2 * bias + 1 : biased;
    return (uint64_t)biased << m->fraction | (f & ((UINT64_C(1) << m->fraction) - 1));
}

static uint64_t fp_special(struct rng *rng, const struct format *m)
{
    uint64_t one = UINT64_C(1) << m->fraction, top = one >> 1; /* of the fraction */
    uint64_t inf = ((UINT64_C(1) << m->exponent) - 1) << m->fraction, r = rng_next(rng);
    switch (rng_below(rng, 18)) {
    case 0: return 0;
    case 1: return inf;
    case 2: return inf | top;                                   /* default NaN */
    case 3: return inf | top | (r & (top - 1));                 /* quiet, payload */
    case 4: return inf | (r & (top - 1)) | 1;                   /* signalling, payload */
    case 5: return inf | 1;
    case 6: return 1;                                           /* least denormal */
    case 7: return r & (one - 1);                               /* denormal */
    case 8: return one - 1;                                     /* greatest denormal */
    case 9: return one + (r & 3);                               /* least normal */
    case 10: return inf - 1 - (r & 3);                          /* greatest */
    case 11: return number(m, 0, r & 1 ? 0 : top);              /* 1, 1.5 */
    case 12: return number(m, -1, 0) + (r & 3) - 1;             /* around a half */
    case 13: return number(m, (int)(r % (m->fraction + 3)), r >> 8 & ~(top >> (r % m->fraction)));
    case 14: {                                                  /* around a power of two where */
        static const int edge[] = {7, 8, 15, 16, 31, 32, 63, 64, 23, 24, 52, 53, 10, 11};
        return number(m, edge[r % COUNT(edge)], 0) + (r >> 32 & 3) - 2; /* conversions saturate */
    }
    case 15: {                                                  /* an integer and a half */
        int e = 1 + (int)(r % (m->fraction - 1));
        return number(m, e, (r >> 20 | 1) << (m->fraction - (unsigned)e - 1));
    }
    case 16: return number(m, 0, r & 7);
    default: return number(m, (int)(r & 3) - 1, one - 1 - (r >> 8 & 7));
    }
}

static uint64_t fp_value(struct rng *rng, const struct format *m)
{
    unsigned sign = m->fraction + m->exponent;
    uint64_t v, r = rng_next(rng);
    int bias = (1 << (m->exponent - 1)) - 1;
    switch (rng_below(rng, 8)) {
    case 0:
    case 1:
    case 2:
    case 3: v = fp_special(rng, m); break;
    case 4: v = number(m, (int)(r & 15) - 8, rng_next(rng)); break;        /* of middling size */
    case 5: v = number(m, -bias + (int)(r & 15) - 2, rng_next(rng)); break; /* tiny */
    case 6: v = number(m, bias - (int)(r & 15), rng_next(rng)); break;     /* huge */
    default: v = r; break;
    }
    v &= (UINT64_C(1) << sign) - 1;
    return v | (uint64_t)(rng_next(rng) & 1) << sign;
}

/* --- vectors ---------------------------------------------------------------------------------- */

static void put_lane(uint64_t v[2], unsigned bits, unsigned lane, uint64_t value)
{
    unsigned at = lane * bits;
    v[at / 64] |= value << at % 64;
}

static void fp_lanes(struct rng *rng, uint64_t v[2], unsigned which)
{
    unsigned bits = 16u << which;
    uint64_t value = fp_value(rng, &formats[which]);
    for (unsigned k = 0; k < 128 / bits; k++) {
        put_lane(v, bits, k, value);
        if (!rng_chance(rng, 15)) /* lanes that are alike, now and then */
            value = fp_value(rng, &formats[which]);
    }
}

static void int_lanes(struct rng *rng, uint64_t v[2])
{
    unsigned bits = 8u << rng_below(rng, 4);
    for (unsigned k = 0; k < 128 / bits; k++) {
        uint64_t value = value_int(rng);
        /* The boundaries of a lane: the same pattern at its size. */
        if (bits < 64 && rng_chance(rng, 50))
            value >>= 64 - bits;
        put_lane(v, bits, k, bits < 64 ? value & ((UINT64_C(1) << bits) - 1) : value);
    }
}

static void pixels(struct rng *rng, uint64_t v[2])
{
    uint8_t *bytes = (uint8_t *)v;
    unsigned base = rng_below(rng, 256);
    for (unsigned k = 0; k < 16; k++) {
        int x = (int)base + (int)rng_below(rng, 32) - 16;
        bytes[k] = (uint8_t)(x < 0 ? 0 : x > 255 ? 255 : x);
    }
}

void value_vector(struct rng *rng, uint64_t v[2], enum theme theme)
{
    v[0] = v[1] = 0;
    if (theme == THEME_ANY)
        theme = rng_below(rng, THEME_ANY);
    switch (theme) {
    case THEME_H:
    case THEME_S:
    case THEME_D: fp_lanes(rng, v, theme - THEME_H); break;
    case THEME_PIXELS: pixels(rng, v); break;
    case THEME_INT: int_lanes(rng, v); break;
    default: v[0] = rng_next(rng), v[1] = rng_next(rng); break;
    }
}

void value_neighbour(struct rng *rng, uint64_t v[2], enum theme theme)
{
    unsigned bits = theme <= THEME_D ? 16u << theme : 8u << rng_below(rng, 4);
    for (unsigned at = 0; at < 128; at += bits) {
        uint64_t one = UINT64_C(1) << at % 64, sign = one << (bits - 1);
        switch (rng_below(rng, 6)) {
        case 0: v[at / 64] ^= sign; break;
        case 1: v[at / 64] ^= one; break;
        case 2: v[at / 64] += one; break; /* may carry into the next lane, which is as good */
        }
    }
}

/* --- FP control and status -------------------------------------------------------------------- */

uint64_t value_fpcr(struct rng *rng)
{
    enum { FZ16 = 1 << 19, RMODE = 22, FZ = 1 << 24, DN = 1 << 25, AHP = 1 << 26 };
    static const unsigned bits[] = {FZ16, FZ, DN, AHP};
    uint64_t v = 0;
    if (rng_chance(rng, 40))
        return 0;
    if (rng_chance(rng, 60))
        v |= (uint64_t)rng_below(rng, 4) << RMODE;
    for (unsigned k = 0; k < COUNT(bits); k++) {
        if (rng_chance(rng, 25))
            v |= bits[k];
    }
    return v;
}

uint64_t value_fpsr(struct rng *rng)
{
    return rng_chance(rng, 70) ? 0 : rng_next(rng) & 0x0800009f; /* QC, IDC, IXC UFC OFC DZC IOC */
}
