/* SPDX-License-Identifier: MIT */
/*
 * Cryptographic vector ops: the A64 instructions of the same names, after the ARM ARM's pseudocode
 * (shared/functions/crypto) and FIPS 197 and 180-4.  Includes eval.h alone.
 */
#include "tcg/interp/eval.h"

/* --- AES ------------------------------------------------------------------------------------ */

/* FIPS 197, figure 7: the inverse in GF(2^8), then an affine map. */
static const uint8_t sbox[256] = {
    0x63, 0x7c, 0x77, 0x7b, 0xf2, 0x6b, 0x6f, 0xc5, 0x30, 0x01, 0x67, 0x2b, 0xfe, 0xd7, 0xab, 0x76,
    0xca, 0x82, 0xc9, 0x7d, 0xfa, 0x59, 0x47, 0xf0, 0xad, 0xd4, 0xa2, 0xaf, 0x9c, 0xa4, 0x72, 0xc0,
    0xb7, 0xfd, 0x93, 0x26, 0x36, 0x3f, 0xf7, 0xcc, 0x34, 0xa5, 0xe5, 0xf1, 0x71, 0xd8, 0x31, 0x15,
    0x04, 0xc7, 0x23, 0xc3, 0x18, 0x96, 0x05, 0x9a, 0x07, 0x12, 0x80, 0xe2, 0xeb, 0x27, 0xb2, 0x75,
    0x09, 0x83, 0x2c, 0x1a, 0x1b, 0x6e, 0x5a, 0xa0, 0x52, 0x3b, 0xd6, 0xb3, 0x29, 0xe3, 0x2f, 0x84,
    0x53, 0xd1, 0x00, 0xed, 0x20, 0xfc, 0xb1, 0x5b, 0x6a, 0xcb, 0xbe, 0x39, 0x4a, 0x4c, 0x58, 0xcf,
    0xd0, 0xef, 0xaa, 0xfb, 0x43, 0x4d, 0x33, 0x85, 0x45, 0xf9, 0x02, 0x7f, 0x50, 0x3c, 0x9f, 0xa8,
    0x51, 0xa3, 0x40, 0x8f, 0x92, 0x9d, 0x38, 0xf5, 0xbc, 0xb6, 0xda, 0x21, 0x10, 0xff, 0xf3, 0xd2,
    0xcd, 0x0c, 0x13, 0xec, 0x5f, 0x97, 0x44, 0x17, 0xc4, 0xa7, 0x7e, 0x3d, 0x64, 0x5d, 0x19, 0x73,
    0x60, 0x81, 0x4f, 0xdc, 0x22, 0x2a, 0x90, 0x88, 0x46, 0xee, 0xb8, 0x14, 0xde, 0x5e, 0x0b, 0xdb,
    0xe0, 0x32, 0x3a, 0x0a, 0x49, 0x06, 0x24, 0x5c, 0xc2, 0xd3, 0xac, 0x62, 0x91, 0x95, 0xe4, 0x79,
    0xe7, 0xc8, 0x37, 0x6d, 0x8d, 0xd5, 0x4e, 0xa9, 0x6c, 0x56, 0xf4, 0xea, 0x65, 0x7a, 0xae, 0x08,
    0xba, 0x78, 0x25, 0x2e, 0x1c, 0xa6, 0xb4, 0xc6, 0xe8, 0xdd, 0x74, 0x1f, 0x4b, 0xbd, 0x8b, 0x8a,
    0x70, 0x3e, 0xb5, 0x66, 0x48, 0x03, 0xf6, 0x0e, 0x61, 0x35, 0x57, 0xb9, 0x86, 0xc1, 0x1d, 0x9e,
    0xe1, 0xf8, 0x98, 0x11, 0x69, 0xd9, 0x8e, 0x94, 0x9b, 0x1e, 0x87, 0xe9, 0xce, 0x55, 0x28, 0xdf,
    0x8c, 0xa1, 0x89, 0x0d, 0xbf, 0xe6, 0x42, 0x68, 0x41, 0x99, 0x2d, 0x0f, 0xb0, 0x54, 0xbb, 0x16,
};

/* FIPS 197, figure 14. */
static const uint8_t inverse_sbox[256] = {
    0x52, 0x09, 0x6a, 0xd5, 0x30, 0x36, 0xa5, 0x38, 0xbf, 0x40, 0xa3, 0x9e, 0x81, 0xf3, 0xd7, 0xfb,
    0x7c, 0xe3, 0x39, 0x82, 0x9b, 0x2f, 0xff, 0x87, 0x34, 0x8e, 0x43, 0x44, 0xc4, 0xde, 0xe9, 0xcb,
    0x54, 0x7b, 0x94, 0x32, 0xa6, 0xc2, 0x23, 0x3d, 0xee, 0x4c, 0x95, 0x0b, 0x42, 0xfa, 0xc3, 0x4e,
    0x08, 0x2e, 0xa1, 0x66, 0x28, 0xd9, 0x24, 0xb2, 0x76, 0x5b, 0xa2, 0x49, 0x6d, 0x8b, 0xd1, 0x25,
    0x72, 0xf8, 0xf6, 0x64, 0x86, 0x68, 0x98, 0x16, 0xd4, 0xa4, 0x5c, 0xcc, 0x5d, 0x65, 0xb6, 0x92,
    0x6c, 0x70, 0x48, 0x50, 0xfd, 0xed, 0xb9, 0xda, 0x5e, 0x15, 0x46, 0x57, 0xa7, 0x8d, 0x9d, 0x84,
    0x90, 0xd8, 0xab, 0x00, 0x8c, 0xbc, 0xd3, 0x0a, 0xf7, 0xe4, 0x58, 0x05, 0xb8, 0xb3, 0x45, 0x06,
    0xd0, 0x2c, 0x1e, 0x8f, 0xca, 0x3f, 0x0f, 0x02, 0xc1, 0xaf, 0xbd, 0x03, 0x01, 0x13, 0x8a, 0x6b,
    0x3a, 0x91, 0x11, 0x41, 0x4f, 0x67, 0xdc, 0xea, 0x97, 0xf2, 0xcf, 0xce, 0xf0, 0xb4, 0xe6, 0x73,
    0x96, 0xac, 0x74, 0x22, 0xe7, 0xad, 0x35, 0x85, 0xe2, 0xf9, 0x37, 0xe8, 0x1c, 0x75, 0xdf, 0x6e,
    0x47, 0xf1, 0x1a, 0x71, 0x1d, 0x29, 0xc5, 0x89, 0x6f, 0xb7, 0x62, 0x0e, 0xaa, 0x18, 0xbe, 0x1b,
    0xfc, 0x56, 0x3e, 0x4b, 0xc6, 0xd2, 0x79, 0x20, 0x9a, 0xdb, 0xc0, 0xfe, 0x78, 0xcd, 0x5a, 0xf4,
    0x1f, 0xdd, 0xa8, 0x33, 0x88, 0x07, 0xc7, 0x31, 0xb1, 0x12, 0x10, 0x59, 0x27, 0x80, 0xec, 0x5f,
    0x60, 0x51, 0x7f, 0xa9, 0x19, 0xb5, 0x4a, 0x0d, 0x2d, 0xe5, 0x7a, 0x9f, 0x93, 0xc9, 0x9c, 0xef,
    0xa0, 0xe0, 0x3b, 0x4d, 0xae, 0x2a, 0xf5, 0xb0, 0xc8, 0xeb, 0xbb, 0x3c, 0x83, 0x53, 0x99, 0x61,
    0x17, 0x2b, 0x04, 0x7e, 0xba, 0x77, 0xd6, 0x26, 0xe1, 0x69, 0x14, 0x63, 0x55, 0x21, 0x0c, 0x7d,
};

/* Byte i of the state is in column i / 4; ShiftRows takes row r of column k from column k + r. */
static tcg_v128 shift_rows_and_substitute(tcg_v128 x, const uint8_t *box, unsigned direction)
{
    tcg_v128 r;

    for (unsigned i = 0; i < 16; i++)
        r.b[i] = box[x.b[(i + direction * 4 * (i % 4)) % 16]];
    return r;
}

static tcg_v128 xor
    (const union ir_val *a, const union ir_val *b) {
        return (tcg_v128){{a->v.d[0] ^ b->v.d[0], a->v.d[1] ^ b->v.d[1]}};
    }

    IR_EVAL_FN(vaese)
{
    IR_EVAL_ARGS;
    d->v = shift_rows_and_substitute(xor(a, b), sbox, 1);
}

IR_EVAL_FN(vaesd)
{
    IR_EVAL_ARGS;
    d->v = shift_rows_and_substitute(xor(a, b), inverse_sbox, 3);
}

/* Product in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
static uint8_t gf_mul(uint8_t x, uint8_t y)
{
    uint8_t r = 0;

    for (; y; y >>= 1) {
        if (y & 1)
            r ^= x;
        x = (uint8_t)(x << 1 ^ (x & 0x80 ? 0x1b : 0));
    }
    return r;
}

/* Each column times the polynomial whose coefficient k is factor[k] (FIPS 197, 4.3). */
static tcg_v128 mix_columns(const tcg_v128 *x, const uint8_t factor[4])
{
    tcg_v128 r = {{0, 0}};

    for (unsigned i = 0; i < 16; i++)
        for (unsigned k = 0; k < 4; k++)
            r.b[i] ^= gf_mul(x->b[i / 4 * 4 + (i + k) % 4], factor[k]);
    return r;
}

IR_EVAL_FN(vaesmc)
{
    IR_EVAL_ARGS;
    static const uint8_t factor[4] = {2, 3, 1, 1};

    d->v = mix_columns(&a->v, factor);
}

IR_EVAL_FN(vaesimc)
{
    IR_EVAL_ARGS;
    static const uint8_t factor[4] = {0x0e, 0x0b, 0x0d, 0x09};

    d->v = mix_columns(&a->v, factor);
}

#define THEN(name, first, second)             \
    IR_EVAL_FN(name)                          \
    {                                         \
        ir_eval_##first(cpu, op, d, a, b, c); \
        ir_eval_##second(cpu, op, d, d, b, c); \
    }
THEN(vaesemc, vaese, vaesmc)
THEN(vaesdimc, vaesd, vaesimc)

/* --- SHA-1 ---------------------------------------------------------------------------------- */

static uint32_t rol32(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}
static uint32_t ror32(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}
static uint64_t ror64(uint64_t x, unsigned n)
{
    return n ? x >> n | x << (64 - n) : x;
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) ^ (~x & z);
}
static uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
    return x ^ y ^ z;
}
static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) ^ (x & z) ^ (y & z);
}

/* Four rounds: a, b, c, d of the hash in x, e in lane 0 of y, schedule plus constant in w. */
static tcg_v128 sha1_rounds(tcg_v128 x, const tcg_v128 *y, const tcg_v128 *w,
                            uint32_t (*f)(uint32_t, uint32_t, uint32_t))
{
    uint32_t e = y->s[0];

    for (unsigned i = 0; i < 4; i++) {
        const uint32_t t = e + rol32(x.s[0], 5) + f(x.s[1], x.s[2], x.s[3]) + w->s[i];

        e = x.s[3];
        x.s[3] = x.s[2];
        x.s[2] = rol32(x.s[1], 30);
        x.s[1] = x.s[0];
        x.s[0] = t;
    }
    return x;
}

#define SHA1_ROUNDS(name, f)                       \
    IR_EVAL_FN(name)                               \
    {                                              \
        IR_EVAL_ARGS;                              \
        d->v = sha1_rounds(a->v, &b->v, &c->v, f); \
    }
SHA1_ROUNDS(vsha1c, choose)
SHA1_ROUNDS(vsha1p, parity)
SHA1_ROUNDS(vsha1m, majority)

IR_EVAL_FN(vsha1h)
{
    IR_EVAL_ARGS;
    d->v = (tcg_v128){{rol32(a->v.s[0], 30), 0}};
}

IR_EVAL_FN(vsha1su0)
{
    IR_EVAL_ARGS;
    d->v = (tcg_v128){{a->v.d[1] ^ a->v.d[0] ^ c->v.d[0], b->v.d[0] ^ a->v.d[1] ^ c->v.d[1]}};
}

IR_EVAL_FN(vsha1su1)
{
    IR_EVAL_ARGS;
    tcg_v128 r;

    for (unsigned i = 0; i < 3; i++)
        r.s[i] = rol32(a->v.s[i] ^ b->v.s[i + 1], 1);
    r.s[3] = rol32(a->v.s[3], 1) ^ rol32(r.s[0], 1); /* word 16 needs the new word 13 */
    d->v = r;
}

/* --- SHA-256 -------------------------------------------------------------------------------- */

/* n rounds on x = a, b, c, d and y = e, f, g, h of the hash. */
static void sha256_rounds(tcg_v128 *x, tcg_v128 *y, const tcg_v128 *w, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        const uint32_t sigma1 = ror32(y->s[0], 6) ^ ror32(y->s[0], 11) ^ ror32(y->s[0], 25);
        const uint32_t sigma0 = ror32(x->s[0], 2) ^ ror32(x->s[0], 13) ^ ror32(x->s[0], 22);
        const uint32_t t1 = y->s[3] + sigma1 + choose(y->s[0], y->s[1], y->s[2]) + w->s[i];
        const uint32_t t2 = sigma0 + majority(x->s[0], x->s[1], x->s[2]);

        *y = (tcg_v128){.s = {x->s[3] + t1, y->s[0], y->s[1], y->s[2]}};
        *x = (tcg_v128){.s = {t1 + t2, x->s[0], x->s[1], x->s[2]}};
    }
}

IR_EVAL_FN(vsha256h)
{
    IR_EVAL_ARGS;
    tcg_v128 x = a->v, y = b->v;

    sha256_rounds(&x, &y, &c->v, 4);
    d->v = x;
}

/* Operand a is the half that changes: e to h here. */
IR_EVAL_FN(vsha256h2)
{
    IR_EVAL_ARGS;
    tcg_v128 x = b->v, y = a->v;

    sha256_rounds(&x, &y, &c->v, 4);
    d->v = y;
}

IR_EVAL_FN(vsha256r2)
{
    IR_EVAL_ARGS;
    tcg_v128 x = {.s = {b->v.s[3], b->v.s[2], a->v.s[3], a->v.s[2]}};
    tcg_v128 y = {.s = {b->v.s[1], b->v.s[0], a->v.s[1], a->v.s[0]}};

    sha256_rounds(&x, &y, &c->v, 2);
    d->v = (tcg_v128){.s = {y.s[1], y.s[0], x.s[1], x.s[0]}};
}

IR_EVAL_FN(vsha256su0)
{
    IR_EVAL_ARGS;
    tcg_v128 r;

    for (unsigned i = 0; i < 4; i++) {
        const uint32_t next = i < 3 ? a->v.s[i + 1] : b->v.s[0];
        r.s[i] = a->v.s[i] + (ror32(next, 7) ^ ror32(next, 18) ^ next >> 3);
    }
    d->v = r;
}

IR_EVAL_FN(vsha256su1)
{
    IR_EVAL_ARGS;
    tcg_v128 r;

    for (unsigned i = 0; i < 4; i++) {
        const uint32_t w14 = i < 2 ? c->v.s[i + 2] : r.s[i - 2];
        const uint32_t w9 = i < 3 ? b->v.s[i + 1] : c->v.s[0];
        r.s[i] = a->v.s[i] + w9 + (ror32(w14, 17) ^ ror32(w14, 19) ^ w14 >> 10);
    }
    d->v = r;
}

/* --- SHA-512 and SHA-3 ---------------------------------------------------------------------- */

static uint64_t choose64(uint64_t x, uint64_t y, uint64_t z)
{
    return (x & y) ^ (~x & z);
}
static uint64_t majority64(uint64_t x, uint64_t y, uint64_t z)
{
    return (x & y) ^ (x & z) ^ (y & z);
}
static uint64_t xor_rotated(uint64_t x, unsigned i, unsigned j, unsigned k)
{
    return ror64(x, i) ^ ror64(x, j) ^ ror64(x, k);
}

IR_EVAL_FN(vsha512h)
{
    IR_EVAL_ARGS;
    const tcg_v128 w = a->v, x = b->v, y = c->v;
    const uint64_t first =
        choose64(y.d[1], x.d[0], x.d[1]) + xor_rotated(y.d[1], 14, 18, 41) + w.d[1];
    const uint64_t e = first + y.d[0];

    d->v = (tcg_v128){{choose64(e, y.d[1], x.d[0]) + xor_rotated(e, 14, 18, 41) + w.d[0], first}};
}

IR_EVAL_FN(vsha512h2)
{
    IR_EVAL_ARGS;
    const tcg_v128 w = a->v, x = b->v, y = c->v;
    const uint64_t first =
        majority64(x.d[0], y.d[1], y.d[0]) + xor_rotated(y.d[0], 28, 34, 39) + w.d[1];

    d->v = (tcg_v128){
        {majority64(first, y.d[0], y.d[1]) + xor_rotated(first, 28, 34, 39) + w.d[0], first}};
}

static uint64_t sigma512_0(uint64_t x)
{
    return ror64(x, 1) ^ ror64(x, 8) ^ x >> 7;
}
static uint64_t sigma512_1(uint64_t x)
{
    return ror64(x, 19) ^ ror64(x, 61) ^ x >> 6;
}

IR_EVAL_FN(vsha512su0)
{
    IR_EVAL_ARGS;
    d->v = (tcg_v128){{a->v.d[0] + sigma512_0(a->v.d[1]), a->v.d[1] + sigma512_0(b->v.d[0])}};
}

IR_EVAL_FN(vsha512su1)
{
    IR_EVAL_ARGS;
    d->v = (tcg_v128){{a->v.d[0] + sigma512_1(b->v.d[0]) + c->v.d[0],
                       a->v.d[1] + sigma512_1(b->v.d[1]) + c->v.d[1]}};
}

IR_EVAL_FN(vrax1)
{
    IR_EVAL_ARGS;
    d->v = (tcg_v128){{a->v.d[0] ^ ror64(b->v.d[0], 63), a->v.d[1] ^ ror64(b->v.d[1], 63)}};
}

IR_EVAL_FN(vxar)
{
    IR_EVAL_ARGS;
    const unsigned n = (unsigned)op->imm;

    d->v = (tcg_v128){{ror64(a->v.d[0] ^ b->v.d[0], n), ror64(a->v.d[1] ^ b->v.d[1], n)}};
}
