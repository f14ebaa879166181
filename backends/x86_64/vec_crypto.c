/* SPDX-License-Identifier: MIT */
/*
 * Cryptography and checksums: by the host's instructions where it has them.  Includes vec.h.
 */
#include "backends/x86_64/vec.h"

#define D (i->d.reg)
#define A (i->a[0].reg)
#define B (i->a[1].reg)
#define C (i->a[2].reg)

/* --- AES ------------------------------------------------------------------------------------------------- */

/* A64's first step is the addition of the round key, the host's the last: a key of zeros there. */
void x64_emit_vaese(struct cg *cg, const struct cg_inst *i)
{
    const uint16_t opc = i->op->opc;
    const struct x64_mem zero = x64_constant(cg, X64_K_ZERO);

    if (!X64_HAS(AES)) {
        x64_emit_eval(cg, i);
        return;
    }
    x64_v3(cg, V_PXOR, T0, A, B);
    x64_v3m(cg, opc == IR_vaese ? V_AESENCLAST : opc == IR_vaesd ? V_AESDECLAST :
            opc == IR_vaesemc ? V_AESENC : V_AESDEC, D, T0, &zero);
}

/* MixColumns alone: AESENC after the inverses of its other steps. */
void x64_emit_vaesmc(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem zero = x64_constant(cg, X64_K_ZERO);

    if (!X64_HAS(AES)) {
        x64_emit_eval(cg, i);
        return;
    }
    x64_v3m(cg, V_AESDECLAST, T0, A, &zero);
    x64_v3m(cg, V_AESENC, D, T0, &zero);
}

void x64_emit_vaesimc(struct cg *cg, const struct cg_inst *i)
{
    if (X64_HAS(AES))
        x64_v2(cg, V_AESIMC, D, A);
    else
        x64_emit_eval(cg, i);
}

/* --- SHA-1 ------------------------------------------------------------------------------------------------ */

/* d = the lanes of s in reverse: the host keeps A in the highest lane. */
static void reverse(struct cg *cg, unsigned d, unsigned s) { x64_v2i(cg, V_PSHUFD, d, s, 0x1b); }

/* SHA1RNDS4 adds the round constant that A64's third operand has already. */
void x64_emit_vsha1round(struct cg *cg, const struct cg_inst *i)
{
    static const uint32_t k[3] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc};
    const unsigned what = i->op->opc == IR_vsha1c ? 0 : i->op->opc == IR_vsha1p ? 1 : 2;
    struct x64_mem constant;

    if (!X64_HAS(SHA)) {
        x64_emit_eval(cg, i);
        return;
    }
    constant = x64_pool_splat(cg, IR_LANE_S, k[what]);
    x64_v3m(cg, V_PSUBD, T0, C, &constant);
    reverse(cg, T0, T0);
    x64_vshift(cg, V_PSHIFTQ, 7, T1, B, 12); /* E, to be added to the first word */
    x64_v3(cg, V_PADDD, T0, T0, T1);
    reverse(cg, T1, A);
    x64_rr(cg, V_SHA1RNDS4, T1, T0);
    x64_u8(cg, what);
    reverse(cg, D, T1);
}

void x64_emit_vsha1h(struct cg *cg, const struct cg_inst *i)
{
    x64_v2(cg, V_MOVD_ST, A, RAX);
    x64_shift_ri(cg, 0, SH_ROL, RAX, 30);
    x64_v2(cg, V_MOVD, D, RAX);
}

/* b's low half above a's high half, ^ a ^ c */
void x64_emit_vsha1su0(struct cg *cg, const struct cg_inst *i)
{
    x64_v3i(cg, V_PALIGNR, T0, B, A, 8);
    x64_v3(cg, V_PXOR, T0, T0, A);
    x64_v3(cg, V_PXOR, D, T0, C);
}

/* d = d rotated left by 1 in lanes of 4 bytes; t is lost. */
static void rotate1(struct cg *cg, unsigned d, unsigned t)
{
    x64_lane_shift(cg, VSHR, IR_LANE_S, t, d, 31);
    x64_lane_shift(cg, VSHL, IR_LANE_S, d, d, 1);
    x64_v3(cg, V_POR, d, d, t);
}

/* (a ^ b one lane down) rotated by 1; the highest lane also gets the lowest one rotated by 2. */
void x64_emit_vsha1su1(struct cg *cg, const struct cg_inst *i)
{
    x64_bytes_down(cg, T0, B, 4);
    x64_v3(cg, V_PXOR, T0, T0, A);
    rotate1(cg, T0, T1);
    x64_vshift(cg, V_PSHIFTQ, 7, D, T0, 12); /* H_EARLY */
    rotate1(cg, D, T1);
    x64_v3(cg, V_PXOR, D, D, T0);
}

/* --- SHA-256 ------------------------------------------------------------------------------------------------ */

/* A64 keeps ABCD and EFGH, the host ABEF and CDGH, highest lane first.  Two rounds an instruction:
 * what was ABEF before is CDGH after. */
void x64_emit_vsha256h(struct cg *cg, const struct cg_inst *i)
{
    const bool second = i->op->opc == IR_vsha256h2;
    const unsigned abcd = second ? B : A, efgh = second ? A : B;

    if (!X64_HAS(SHA)) {
        x64_emit_eval(cg, i);
        return;
    }
    reverse(cg, T0, abcd);
    reverse(cg, D, efgh); /* H_EARLY */
    x64_v3(cg, V_PUNPCKLQDQ, T1, D, T0); /* CDGH */
    x64_v3(cg, V_PUNPCKHQDQ, D, D, T0);  /* ABEF */
    x64_movaps(cg, T0, C);               /* SHA256RNDS2 takes its words from xmm0 */
    x64_rr(cg, V_SHA256RNDS2, T1, D);
    x64_v2i(cg, V_PSHUFD, T0, T0, 0x0e);
    x64_rr(cg, V_SHA256RNDS2, D, T1);
    x64_v3(cg, second ? V_PUNPCKLQDQ : V_PUNPCKHQDQ, T1, T1, D);
    reverse(cg, D, T1);
}

/* SHA256RNDS2 changes its first operand and takes its words from xmm0. */
void x64_emit_vsha256r2(struct cg *cg, const struct cg_inst *i)
{
    const unsigned t = D == B ? T1 : D;

    if (!X64_HAS(SHA)) {
        x64_emit_eval(cg, i);
        return;
    }
    x64_movaps(cg, T0, C);
    x64_movaps(cg, t, A);
    x64_rr(cg, V_SHA256RNDS2, t, B);
    x64_movaps(cg, D, t);
}

void x64_emit_vsha256su0(struct cg *cg, const struct cg_inst *i)
{
    if (!X64_HAS(SHA)) {
        x64_emit_eval(cg, i);
        return;
    }
    x64_movaps(cg, T0, A);
    x64_rr(cg, V_SHA256MSG1, T0, B);
    x64_movaps(cg, D, T0);
}

void x64_emit_vsha256su1(struct cg *cg, const struct cg_inst *i)
{
    if (!X64_HAS(SHA)) {
        x64_emit_eval(cg, i);
        return;
    }
    x64_v3i(cg, V_PALIGNR, T0, C, B, 4);
    x64_v3(cg, V_PADDD, T0, T0, A);
    x64_rr(cg, V_SHA256MSG2, T0, C);
    x64_movaps(cg, D, T0);
}

/* --- SHA-512 ------------------------------------------------------------------------------------------------ */

/* In registers 16 and up, with rotations and three-operand logic: d = s rotated right by three counts,
 * XORed; X and Y are lost. */
enum { X = X64_VHIGH, Y, E, F, G, H };
static void rotated(struct cg *cg, unsigned d, unsigned s, const uint8_t n[3])
{
    for (unsigned k = 0; k < 3; k++) {
        x64_evex_rr(cg, V_EV_PRORQ, 0, k == 0 ? X : k == 1 ? Y : d, s, 0);
        x64_u8(cg, n[k]);
    }
    x64_evex_rr(cg, V_EV_PTERNLOGD, d, X, Y, 0);
    x64_u8(cg, 0x96);
}

static void add64(struct cg *cg, unsigned d, unsigned a, unsigned b)
{
    x64_evex_rr(cg, V_PADDQ | X_WEV, d, a, b, 0);
}

/* d = the high 64 bits of s twice. */
static void high_half(struct cg *cg, unsigned d, unsigned s)
{
    x64_evex_rr(cg, V_PUNPCKHQDQ | X_WEV, d, s, s, 0);
}

static const uint8_t upper1[3] = {14, 18, 41}, upper0[3] = {28, 34, 39};

/* VPTERNLOG's tables: by the second operand the first or the third; the same with them swapped; majority */
enum { SECOND_CHOOSES_THIRD = 0xb8, SECOND_CHOOSES_FIRST = 0xe2, MAJORITY = 0xe8 };

/* The first sum in the low half of E, from which comes the second in F. */
static void sha512h_avx512(struct cg *cg, const struct cg_inst *i)
{
    high_half(cg, F, C); /* y[1] */
    high_half(cg, E, B); /* x[1] */
    x64_evex_rr(cg, V_EV_PTERNLOGD, E, F, B, 0);
    x64_u8(cg, SECOND_CHOOSES_THIRD);
    rotated(cg, G, F, upper1);
    add64(cg, E, E, G);
    high_half(cg, G, A);
    add64(cg, E, E, G);
    add64(cg, G, E, C); /* e */
    x64_evex_rr(cg, V_EV_PTERNLOGD, F, G, B, 0);
    x64_u8(cg, SECOND_CHOOSES_FIRST);
    rotated(cg, H, G, upper1);
}

static void sha512h2_avx512(struct cg *cg, const struct cg_inst *i)
{
    high_half(cg, F, C); /* y[1] */
    x64_evex_rr(cg, V_PUNPCKLQDQ | X_WEV, E, B, B, 0);
    x64_evex_rr(cg, V_EV_PTERNLOGD, E, F, C, 0);
    x64_u8(cg, MAJORITY);
    rotated(cg, G, C, upper0);
    add64(cg, E, E, G);
    high_half(cg, G, A);
    add64(cg, E, E, G);
    x64_evex_rr(cg, V_EV_PTERNLOGD, F, E, C, 0);
    x64_u8(cg, MAJORITY);
    rotated(cg, H, E, upper0);
}

/* RCX = RAX rotated right by three counts, XORed; RDX is lost. */
static void rotated_int(struct cg *cg, const uint8_t n[3])
{
    for (unsigned k = 0; k < 3; k++) {
        x64_vex_rr(cg, X_RORX | X_W, k ? RDX : RCX, 0, RAX);
        x64_u8(cg, n[k]);
        if (k)
            x64_alu_rr(cg, X_W, ALU_XOR, RCX, RDX);
    }
}

/* The low half of t += the low half of s, rotated. */
static void add_rotated(struct cg *cg, unsigned t, unsigned s, const uint8_t n[3], unsigned lost)
{
    x64_v2(cg, V_MOVD_ST | X_W, s, RAX);
    rotated_int(cg, n);
    x64_v2(cg, V_MOVD | X_W, lost, RCX);
    x64_v3(cg, V_PADDQ, t, t, lost);
}

/* Without AVX-512, rotations are of integers.  The first sum in T0, the second in D (H_EARLY). */
static void sha512h_avx(struct cg *cg, const struct cg_inst *i)
{
    x64_v3(cg, V_PUNPCKHQDQ, T0, B, B); /* x[1] ^ ((x[0] ^ x[1]) & y[1]) */
    x64_v3(cg, V_PXOR, T1, T0, B);
    x64_v3(cg, V_PUNPCKHQDQ, D, C, C);
    x64_v3(cg, V_PAND, T1, T1, D);
    x64_v3(cg, V_PXOR, T0, T0, T1);
    add_rotated(cg, T0, D, upper1, T1);
    x64_v3(cg, V_PUNPCKHQDQ, D, A, A);
    x64_v3(cg, V_PADDQ, T0, T0, D);
    x64_v3(cg, V_PADDQ, T1, T0, C); /* e */
    x64_v3(cg, V_PUNPCKHQDQ, D, C, C); /* x[0] ^ ((y[1] ^ x[0]) & e) */
    x64_v3(cg, V_PXOR, D, D, B);
    x64_v3(cg, V_PAND, D, D, T1);
    x64_v3(cg, V_PXOR, D, D, B);
    add_rotated(cg, D, T1, upper1, T1);
}

/* d = the majority of a, b and c: a & b | (a | b) & c; t is lost, d and t are none of them. */
static void majority(struct cg *cg, unsigned d, unsigned a, unsigned b, unsigned c, unsigned t)
{
    x64_v3(cg, V_POR, t, a, b);
    x64_v3(cg, V_PAND, t, t, c);
    x64_v3(cg, V_PAND, d, a, b);
    x64_v3(cg, V_POR, d, d, t);
}

static void sha512h2_avx(struct cg *cg, const struct cg_inst *i)
{
    x64_v3(cg, V_PUNPCKHQDQ, D, C, C);
    majority(cg, T0, B, C, D, T1);
    add_rotated(cg, T0, C, upper0, T1);
    x64_v3(cg, V_PUNPCKHQDQ, D, A, A);
    x64_v3(cg, V_PADDQ, T0, T0, D);
    x64_v3(cg, V_PUNPCKHQDQ, T1, C, C);
    x64_v3(cg, V_POR, D, T1, C); /* majority of y[1], y[0] and the sum */
    x64_v3(cg, V_PAND, D, D, T0);
    x64_v3(cg, V_PAND, T1, T1, C);
    x64_v3(cg, V_POR, D, D, T1);
    add_rotated(cg, D, T0, upper0, T1);
}

void x64_emit_vsha512h(struct cg *cg, const struct cg_inst *i)
{
    const bool second = i->op->opc == IR_vsha512h2;

    if (X64_HAS(AVX512VL)) {
        if (second)
            sha512h2_avx512(cg, i);
        else
            sha512h_avx512(cg, i);
        add64(cg, F, F, H);
        add64(cg, F, F, A);
        x64_evex_rr(cg, V_PUNPCKLQDQ | X_WEV, D, F, E, 0);
    } else if (X64_HAS(AVX) && X64_HAS(BMI2)) {
        if (second)
            sha512h2_avx(cg, i);
        else
            sha512h_avx(cg, i);
        x64_v3(cg, V_PADDQ, D, D, A);
        x64_v3(cg, V_PUNPCKLQDQ, D, D, T0);
    } else {
        x64_emit_eval(cg, i);
    }
}

/* d ^= s rotated right by n in lanes of 8 bytes; t is lost. */
static void xor_rotated(struct cg *cg, unsigned d, unsigned s, unsigned n, unsigned t)
{
    if (X64_HAS(AVX512VL)) {
        x64_evex_rr(cg, V_EV_PRORQ, 0, t, s, 0);
        x64_u8(cg, n);
    } else {
        x64_lane_shift(cg, VSHL, IR_LANE_D, t, s, 64 - n);
        x64_v3(cg, V_PXOR, d, d, t);
        x64_lane_shift(cg, VSHR, IR_LANE_D, t, s, n);
    }
    x64_v3(cg, V_PXOR, d, d, t);
}

/* SU0: a + sigma0 of the doublewords between a and b; SU1: a + sigma1 of b's + c. */
void x64_emit_vsha512su(struct cg *cg, const struct cg_inst *i)
{
    const bool one = i->op->opc == IR_vsha512su1;
    const unsigned s = one ? B : T0;

    if (!one)
        x64_v3i(cg, V_PALIGNR, T0, B, A, 8);
    x64_lane_shift(cg, VSHR, IR_LANE_D, D, s, one ? 6 : 7); /* H_EARLY */
    xor_rotated(cg, D, s, one ? 19 : 1, T1);
    xor_rotated(cg, D, s, one ? 61 : 8, T1);
    x64_v3(cg, V_PADDQ, D, D, A);
    if (one)
        x64_v3(cg, V_PADDQ, D, D, C);
}

/* --- SHA-3's helpers ------------------------------------------------------------------------------------------ */

/* d = s rotated right by n in lanes of 8 bytes; d is not s; t is lost. */
static void rotate64(struct cg *cg, unsigned d, unsigned s, unsigned n, unsigned t)
{
    if (X64_HAS(AVX512VL)) {
        x64_evex_rr(cg, V_EV_PRORQ, 0, d, s, 0);
        x64_u8(cg, n);
        return;
    }
    x64_lane_shift(cg, VSHL, IR_LANE_D, t, s, 64 - n);
    x64_lane_shift(cg, VSHR, IR_LANE_D, d, s, n);
    x64_v3(cg, V_POR, d, d, t);
}

void x64_emit_vrax1(struct cg *cg, const struct cg_inst *i)
{
    rotate64(cg, T0, B, 63, T1);
    x64_v3(cg, V_PXOR, D, T0, A);
}

void x64_emit_vxar(struct cg *cg, const struct cg_inst *i)
{
    const unsigned n = (unsigned)i->op->imm & 63;

    x64_v3(cg, V_PXOR, T0, A, B);
    if (n == 0)
        x64_movaps(cg, D, T0);
    else
        rotate64(cg, D, T0, n, T1);
}

/* --- CRC-32 ------------------------------------------------------------------------------------------------------ */

/* The zlib polynomial P by carry-less multiplication (Barrett).  RAX holds the bytes, as the 64-bit
 * reflection of a polynomial X; the quotient of X * x^32 by P is X + the high half of X * mu, where
 * x^64 + mu = x^96 / P; the remainder is the low 32 coefficients of quotient * P. */
static void crc32_zlib(struct cg *cg)
{
    const struct x64_mem mu = x64_constant(cg, X64_K_CRC32_MU), poly = x64_constant(cg, X64_K_CRC32_P);
    struct x64_mem m;

    x64_v2(cg, V_MOVD | X_W, T0, RAX);
    x64_movaps(cg, T1, T0);
    m = mu;
    m.tail = 1;
    x64_v3m(cg, V_PCLMULQDQ, T0, T0, &m);
    x64_u8(cg, 0);
    x64_lane_shift(cg, VSHL, IR_LANE_D, T0, T0, 1); /* reflected products are one bit short */
    x64_v3(cg, V_PXOR, T0, T0, T1);
    m = poly;
    m.tail = 1;
    x64_v3m(cg, V_PCLMULQDQ, T0, T0, &m);
    x64_u8(cg, 0);
    x64_v2i(cg, V_PEXTRD, T0, RAX, 2);
}

/* SSE4.2's CRC32 is A64's CRC32C. */
static void crc32_castagnoli(struct cg *cg, const struct cg_inst *i)
{
    const unsigned b = i->a[1].reg;

    x64_mov_rr(cg, 0, RAX, i->a[0].reg);
    switch (i->op->imm) {
    case 1:
        x64_rr(cg, X_CRC32_8, RAX, b);
        break;
    case 2:
        x64_u8(cg, 0x66);
        x64_rr(cg, X_CRC32, RAX, b);
        break;
    default:
        x64_rr(cg, X_CRC32 | (i->op->imm == 8 ? X_W : 0), RAX, b);
    }
}

void x64_emit_crc32(struct cg *cg, const struct cg_inst *i)
{
    const unsigned bits = 8 * (unsigned)i->op->imm;

    if (i->op->mod & IR_CRC32C) {
        crc32_castagnoli(cg, i);
    } else if (!X64_HAS(PCLMUL)) {
        x64_emit_eval(cg, i);
        return;
    } else {
        x64_mov_rr(cg, X_W, RAX, i->a[1].reg);
        x64_alu_rr(cg, X_W, ALU_XOR, RAX, i->a[0].reg);
        if (bits < 64)
            x64_shift_ri(cg, X_W, SH_SHL, RAX, 64 - bits);
        crc32_zlib(cg);
        if (bits < 32) {
            x64_mov_rr(cg, 0, RCX, i->a[0].reg);
            x64_shift_ri(cg, 0, SH_SHR, RCX, bits);
            x64_alu_rr(cg, 0, ALU_XOR, RAX, RCX);
        }
    }
    x64_mov_rr(cg, 0, i->d.reg, RAX);
}

/* --- polynomials of bytes ------------------------------------------------------------------------------------ */

/* Bit by bit from the top: d = 2 d, plus a where b has the bit. */
void x64_emit_vpmul(struct cg *cg, const struct cg_inst *i)
{
    const unsigned d = i->d.reg, a = i->a[0].reg;

    x64_movaps(cg, T0, i->a[1].reg);
    for (unsigned bit = 8; bit-- > 0;) {
        if (bit == 7)
            x64_zero(cg, d);
        else
            x64_v3(cg, V_PADDB, d, d, d);
        x64_zero(cg, T1);
        x64_v3(cg, V_PCMPGTB, T1, T1, T0); /* bit 7 of b */
        x64_v3(cg, V_PAND, T1, T1, a);
        x64_v3(cg, V_PXOR, d, d, T1);
        if (bit)
            x64_v3(cg, V_PADDB, T0, T0, T0);
    }
}
