/* SPDX-License-Identifier: MIT */
/*
 * Saturating arithmetic, SIMD within a register, packing, extension, bit fields, CRC-32 of A32, T16
 * and T32 (ARM DDI 0487, F2.4.6 to F2.4.10).  Includes a32_lift.h alone.  pc as a register is
 * UNPREDICTABLE, and UNDEFINED here.
 */
#include "frontends/arm/a32_lift.h"

static bool has_pc(const a32_arg_QADD *a) { return a->rd == 15 || a->rn == 15 || a->rm == 15; }

/* --- saturating addition ------------------------------------------------------------------------------- */

/* x + y or x - y, saturated; *q is 1 if it was. */
static ir_ref saturating(struct a32_lift *s, ir_ref x, ir_ref y, bool subtract, ir_ref *q)
{
    struct ir *ir = s->ir;
    ir_ref v = (subtract ? ir_sub : ir_add)(ir, IR_I32, x, y);
    ir_ref f = (subtract ? ir_flags_sub : ir_flags_add)(ir, IR_I32, x, y);
    ir_ref sign = ir_sar(ir, IR_I32, v, a32_imm(s, 31));
    ir_ref limit = ir_xor(ir, IR_I32, sign, a32_imm(s, UINT32_C(1) << 31));
    *q = ir_cc(ir, IR_I32, IR_VS, f);
    return ir_sel(ir, IR_I32, IR_VS, f, limit, v);
}

static bool saturating_add(struct a32_lift *s, const a32_arg_QADD *a, bool doubled, bool subtract)
{
    if (has_pc(a)) {
        return false;
    }
    ir_ref n = a32_r(s, a->rn), m = a32_r(s, a->rm), q, q_double = 0;
    if (doubled) {
        n = saturating(s, n, n, false, &q_double);
    }
    ir_ref d = saturating(s, m, n, subtract, &q);
    a32_or_q(s, doubled ? ir_or(s->ir, IR_I32, q, q_double) : q);
    a32_put_r(s, a->rd, d);
    return true;
}

/* QADD<c> <Rd>, <Rm>, <Rn>; QSUB, QDADD, QDSUB */
TRANS(QADD) { return saturating_add(s, a, false, false); }
TRANS(QSUB) { return saturating_add(s, a, false, true); }
TRANS(QDADD) { return saturating_add(s, a, true, false); }
TRANS(QDSUB) { return saturating_add(s, a, true, true); }

/* --- saturation to a width ----------------------------------------------------------------------------- */

/* x within [low, high], signed. */
static ir_ref clamp(struct a32_lift *s, ir_ref x, int32_t low, int32_t high)
{
    struct ir *ir = s->ir;
    ir_ref least = a32_imm(s, (uint32_t)low), most = a32_imm(s, (uint32_t)high);
    ir_ref d = ir_sel(ir, IR_I32, IR_GT, ir_flags_sub(ir, IR_I32, x, most), most, x);
    return ir_sel(ir, IR_I32, IR_LT, ir_flags_sub(ir, IR_I32, x, least), least, d);
}

static ir_ref differ(struct a32_lift *s, ir_ref x, ir_ref y)
{
    return ir_cc(s->ir, IR_I32, IR_NE, ir_flags_sub(s->ir, IR_I32, x, y));
}

static ir_ref clamp_to(struct a32_lift *s, ir_ref x, unsigned bits, bool is_signed)
{
    int32_t high = (int32_t)((INT64_C(1) << bits) - 1);
    return clamp(s, x, is_signed ? -high - 1 : 0, high);
}

/* bits: of the result without its sign. */
static bool saturate_halves(struct a32_lift *s, const a32_arg_SSAT *a, unsigned bits, bool is_signed)
{
    struct ir *ir = s->ir;
    if (a->rd == 15 || a->rn == 15 || bits > 15) {
        return false;
    }
    ir_ref n = a32_r(s, a->rn);
    ir_ref low = ir_sext(ir, IR_I32, n, 16), high = ir_sar(ir, IR_I32, n, a32_imm(s, 16));
    ir_ref d_low = clamp_to(s, low, bits, is_signed), d_high = clamp_to(s, high, bits, is_signed);
    a32_or_q(s, ir_or(ir, IR_I32, differ(s, low, d_low), differ(s, high, d_high)));
    a32_put_r(s, a->rd, ir_bfi(ir, IR_I32, d_low, d_high, 16, 16));
    return true;
}

static bool saturate(struct a32_lift *s, const a32_arg_SSAT *a, bool is_signed)
{
    if (s->thumb && a->sh && a->imm5 == 0) { /* SSAT16, USAT16 */
        return saturate_halves(s, a, a->imm, is_signed);
    }
    if (a->rd == 15 || a->rn == 15) {
        return false;
    }
    ir_ref x = a32_shifted(s, a->rn, a->sh ? 2 : 0, a->imm5);
    ir_ref d = clamp_to(s, x, a->imm, is_signed);
    a32_or_q(s, differ(s, x, d));
    a32_put_r(s, a->rd, d);
    return true;
}

/* SSAT<c> <Rd>, #<imm>, <Rn>{, <shift>}; USAT */
TRANS(SSAT) { return saturate(s, a, true); }
TRANS(USAT) { return saturate(s, a, false); }
/* SSAT16<c> <Rd>, #<imm>, <Rn>; USAT16 */
TRANS(SSAT16) { return saturate_halves(s, a, a->imm, true); }
TRANS(USAT16) { return saturate_halves(s, a, a->imm, false); }

/* --- parallel addition and subtraction ----------------------------------------------------------------- */

enum kind { KIND_S, KIND_Q, KIND_SH, KIND_U, KIND_UQ, KIND_UH };
enum { ADD16, ASX, SAX, SUB16, ADD8, SUB8 };
typedef ir_ref vector_fn(struct ir *, uint8_t, ir_ref, ir_ref);

/* n + m or n - m of unsigned lanes, m cut to what fits. */
static ir_ref unsigned_lanes(struct a32_lift *s, uint8_t lane, bool subtract, ir_ref n, ir_ref m)
{
    struct ir *ir = s->ir;
    if (subtract) {
        return ir_vsub(ir, lane, n, ir_vumin(ir, lane, n, m));
    }
    return ir_vadd(ir, lane, n, ir_vumin(ir, lane, ir_vnot(ir, lane, n), m));
}

/* Lanes added or subtracted with twice their width, then clamped to it again.  (The saturating vector
 * ops would set FPSCR.QC.) */
static ir_ref signed_lanes(struct a32_lift *s, uint8_t size, bool subtract, ir_ref n, ir_ref m)
{
    struct ir *ir = s->ir;
    const uint8_t narrow = IR_LANE(size, IR_LANES_64), wide = IR_LANE(size + 1, IR_LANES_128);
    const uint32_t high = (1u << ((8u << size) - 1)) - 1;
    ir_ref x = ir_vsxtl(ir, narrow, n), y = ir_vsxtl(ir, narrow, m);
    ir_ref v = (subtract ? ir_vsub : ir_vadd)(ir, wide, x, y);
    v = ir_vsmax(ir, wide, v, ir_vdup(ir, IR_I32, wide, a32_imm(s, ~high)));
    v = ir_vsmin(ir, wide, v, ir_vdup(ir, IR_I32, wide, a32_imm(s, high)));
    return ir_vxtn(ir, wide, v);
}

static ir_ref lanes(struct a32_lift *s, enum kind kind, uint8_t size, bool subtract, ir_ref n, ir_ref m)
{
    const uint8_t lane = IR_LANE(size, IR_LANES_64);
    vector_fn *op = subtract ? ir_vsub : ir_vadd;
    switch (kind) {
    case KIND_Q: return signed_lanes(s, size, subtract, n, m);
    case KIND_UQ: return unsigned_lanes(s, lane, subtract, n, m);
    case KIND_SH: op = subtract ? ir_vshsub : ir_vshadd; break;
    case KIND_UH: op = subtract ? ir_vuhsub : ir_vuhadd; break;
    default: break;
    }
    return op(s->ir, lane, n, m);
}

/* GE: all ones where the exact result is not negative (S), carried (U ADD) or did not borrow. */
static ir_ref ge_lanes(struct a32_lift *s, enum kind kind, uint8_t size, bool subtract, ir_ref n, ir_ref m)
{
    struct ir *ir = s->ir;
    const uint8_t lane = IR_LANE(size, IR_LANES_64);
    if (kind == KIND_S) {
        ir_ref half = (subtract ? ir_vshsub : ir_vshadd)(ir, lane, n, m);
        return ir_vcmpge(ir, lane, half, ir_vconst(ir, 0, 0));
    }
    return subtract ? ir_vcmphs(ir, lane, n, m) : ir_vcmphi(ir, lane, n, ir_vadd(ir, lane, n, m));
}

static ir_ref word(struct a32_lift *s, ir_ref v) { return ir_vtoi(s->ir, IR_I32, IR_LANE_S, v, 0); }

typedef ir_ref lanes_fn(struct a32_lift *, enum kind, uint8_t, bool, ir_ref, ir_ref);

/* fn on all lanes as op says: ASX subtracts in the low half and adds in the high one. */
static ir_ref by_op(struct a32_lift *s, lanes_fn *fn, const a32_arg_PARALLEL *a, ir_ref n, ir_ref m)
{
    const uint8_t size = a->op >= ADD8 ? 0 : 1;
    if (a->op != ASX && a->op != SAX) {
        return word(s, fn(s, a->kind, size, a->op == SUB16 || a->op == SUB8, n, m));
    }
    ir_ref low = word(s, fn(s, a->kind, size, a->op == ASX, n, m));
    ir_ref high = word(s, fn(s, a->kind, size, a->op == SAX, n, m));
    return ir_bfi(s->ir, IR_I32, high, low, 0, 16);
}

/* <prefix>ADD16<c> <Rd>, <Rn>, <Rm> and its 35 fellows */
TRANS(PARALLEL)
{
    struct ir *ir = s->ir;
    if (a->rd == 15 || a->rn == 15 || a->rm == 15) {
        return false;
    }
    ir_ref rm = a32_r(s, a->rm);
    if (a->op == ASX || a->op == SAX) {
        rm = ir_ror(ir, IR_I32, rm, a32_imm(s, 16));
    }
    ir_ref n = ir_vfromi(ir, IR_I32, IR_LANE_S, a32_r(s, a->rn));
    ir_ref m = ir_vfromi(ir, IR_I32, IR_LANE_S, rm);
    ir_ref d = by_op(s, lanes, a, n, m);
    if (a->kind == KIND_S || a->kind == KIND_U) {
        a32_put_slot(s, A32_SLOT_GE, by_op(s, ge_lanes, a, n, m));
    }
    a32_put_r(s, a->rd, d);
    return true;
}

/* SEL<c> <Rd>, <Rn>, <Rm>: bytes by GE */
TRANS(SEL)
{
    struct ir *ir = s->ir;
    if (has_pc(a)) {
        return false;
    }
    ir_ref ge = ir_get(ir, A32_SLOT_GE);
    ir_ref n = ir_and(ir, IR_I32, a32_r(s, a->rn), ge), m = ir_andn(ir, IR_I32, a32_r(s, a->rm), ge);
    a32_put_r(s, a->rd, ir_or(ir, IR_I32, n, m));
    return true;
}

/* --- packing, extension -------------------------------------------------------------------------------- */

/* PKHBT<c> <Rd>, <Rn>, <Rm>{, LSL #<imm>} */
TRANS(PKHBT)
{
    if (a->rd == 15 || a->rn == 15 || a->rm == 15) {
        return false;
    }
    ir_ref m = a32_shifted(s, a->rm, 0, a->imm5);
    a32_put_r(s, a->rd, ir_bfi(s->ir, IR_I32, m, a32_r(s, a->rn), 0, 16));
    return true;
}

/* PKHTB<c> <Rd>, <Rn>, <Rm>{, ASR #<imm>} */
TRANS(PKHTB)
{
    if (a->rd == 15 || a->rn == 15 || a->rm == 15) {
        return false;
    }
    ir_ref m = a32_shifted(s, a->rm, 2, a->imm5);
    a32_put_r(s, a->rd, ir_bfi(s->ir, IR_I32, a32_r(s, a->rn), m, 0, 16));
    return true;
}

static ir_ref rotated(struct a32_lift *s, const a32_arg_SXTAB *a)
{
    ir_ref m = a32_r(s, a->rm);
    return a->rot ? ir_ror(s->ir, IR_I32, m, a32_imm(s, a->rot)) : m;
}

static bool put_extended(struct a32_lift *s, const a32_arg_SXTAB *a, ir_ref v)
{
    if (a->rd == 15 || a->rm == 15) {
        return false;
    }
    a32_put_r(s, a->rd, a->rn == 15 ? v : ir_add(s->ir, IR_I32, a32_r(s, a->rn), v));
    return true;
}

/* SXTAB<c> <Rd>, <Rn>, <Rm>{, ROR #<amount>}; without Rn: SXTB */
TRANS(SXTAB) { return put_extended(s, a, ir_sext(s->ir, IR_I32, rotated(s, a), 8)); }
TRANS(SXTAH) { return put_extended(s, a, ir_sext(s->ir, IR_I32, rotated(s, a), 16)); }
TRANS(UXTAB) { return put_extended(s, a, ir_zext(s->ir, IR_I32, rotated(s, a), 8)); }
TRANS(UXTAH) { return put_extended(s, a, ir_zext(s->ir, IR_I32, rotated(s, a), 16)); }

/* Bytes 0 and 2 become halfwords, each added to one of Rn. */
static bool extend_two(struct a32_lift *s, const a32_arg_SXTAB16 *a, bool is_signed)
{
    struct ir *ir = s->ir;
    if (a->rd == 15 || a->rm == 15) {
        return false;
    }
    ir_ref m = rotated(s, a);
    ir_ref low = (is_signed ? ir_sext : ir_zext)(ir, IR_I32, m, 8);
    ir_ref high = (is_signed ? ir_sbfx : ir_ubfx)(ir, IR_I32, m, 16, 8);
    if (a->rn != 15) {
        ir_ref n = a32_r(s, a->rn);
        low = ir_add(ir, IR_I32, low, n);
        high = ir_add(ir, IR_I32, high, ir_shr(ir, IR_I32, n, a32_imm(s, 16)));
    }
    a32_put_r(s, a->rd, ir_bfi(ir, IR_I32, low, high, 16, 16));
    return true;
}

/* SXTAB16<c> <Rd>, <Rn>, <Rm>{, ROR #<amount>}; UXTAB16 */
TRANS(SXTAB16) { return extend_two(s, a, true); }
TRANS(UXTAB16) { return extend_two(s, a, false); }

/* --- one operand --------------------------------------------------------------------------------------- */

static bool put_unary(struct a32_lift *s, const a32_arg_REV *a,
                      ir_ref (*op)(struct ir *, enum ir_type, ir_ref))
{
    if (a->rd == 15 || a->rm == 15) {
        return false;
    }
    a32_put_r(s, a->rd, op(s->ir, IR_I32, a32_r(s, a->rm)));
    return true;
}

/* REV<c> <Rd>, <Rm>; REV16, RBIT, CLZ */
TRANS(REV) { return put_unary(s, a, ir_bswap); }
TRANS(REV16) { return put_unary(s, a, ir_bswap16); }
TRANS(RBIT) { return put_unary(s, a, ir_rbit); }
TRANS(CLZ)
{
    if (!put_unary(s, a, ir_clz)) {
        return false;
    }
    a32_divide_steps(s, a->rd, a->rm);
    return true;
}

/* REVSH<c> <Rd>, <Rm> */
TRANS(REVSH)
{
    if (a->rd == 15 || a->rm == 15) {
        return false;
    }
    ir_ref swapped = ir_bswap16(s->ir, IR_I32, a32_r(s, a->rm));
    a32_put_r(s, a->rd, ir_sext(s->ir, IR_I32, swapped, 16));
    return true;
}

/* --- bit fields ---------------------------------------------------------------------------------------- */

static bool extract(struct a32_lift *s, const a32_arg_SBFX *a, bool is_signed)
{
    if (a->rd == 15 || a->rn == 15 || a->lsb + a->width + 1 > 32) {
        return false;
    }
    ir_ref n = a32_r(s, a->rn);
    a32_put_r(s, a->rd, (is_signed ? ir_sbfx : ir_ubfx)(s->ir, IR_I32, n, a->lsb, a->width + 1));
    return true;
}

/* SBFX<c> <Rd>, <Rn>, #<lsb>, #<width>; UBFX */
TRANS(SBFX) { return extract(s, a, true); }
TRANS(UBFX) { return extract(s, a, false); }

/* BFI<c> <Rd>, <Rn>, #<lsb>, #<width>; Rn = 15: BFC */
TRANS(BFI)
{
    if (a->rd == 15 || a->msb < a->lsb) {
        return false;
    }
    ir_ref n = a->rn == 15 ? a32_imm(s, 0) : a32_r(s, a->rn);
    a32_put_r(s, a->rd,
              ir_bfi(s->ir, IR_I32, a32_r(s, a->rd), n, a->lsb, a->msb - a->lsb + 1));
    return true;
}

/* --- CRC-32 -------------------------------------------------------------------------------------------- */

static bool crc32(struct a32_lift *s, const a32_arg_CRC32 *a, bool castagnoli)
{
    if (a->rd == 15 || a->rn == 15 || a->rm == 15) {
        return false;
    }
    ir_ref data = ir_zext64(s->ir, a32_r(s, a->rm));
    a32_put_r(s, a->rd, ir_crc32(s->ir, a32_r(s, a->rn), data, 1u << a->sz, castagnoli));
    return true;
}

/* CRC32B, CRC32H, CRC32W <Rd>, <Rn>, <Rm>; CRC32C */
TRANS(CRC32) { return crc32(s, a, false); }
TRANS(CRC32C) { return crc32(s, a, true); }
