/* SPDX-License-Identifier: MIT */
/*
 * A64 data processing with an immediate (ARM DDI 0487, C4.1.92): address generation, add and
 * subtract, logical, move wide, bitfield, extract.  Includes a64_lift.h alone.
 */
#include "frontends/arm/a64_lift.h"

/* ADR <Xd>, <label> */
TRANS(ADR)
{
    int64_t offset = (int64_t)a->immhi * 4 + a->immlo;
    a64_put_x(s, a->rd, ir_const_pc(s->ir, s->pc + (uint64_t)offset));
    return true;
}

/* ADRP <Xd>, <label> */
TRANS(ADRP)
{
    int64_t pages = (int64_t)a->immhi * 4 + a->immlo;
    a64_put_x(s, a->rd, ir_const_pc(s->ir, (s->pc & ~UINT64_C(0xfff)) + (uint64_t)pages * 4096));
    return true;
}

/* --- add, subtract ------------------------------------------------------------------------------ */

static ir_ref imm12(struct a64_lift *s, const a64_arg_ADD_imm *a)
{
    return a64_imm_t(s, a->sf, (int64_t)a->imm12 << (a->sh ? 12 : 0));
}

/* ADD <Xd|SP>, <Xn|SP>, #<imm>{, LSL #12} */
TRANS(ADD_imm)
{
    ir_ref n = a64_r_sp(s, a->sf, a->rn);
    bool move = a->imm12 == 0;
    a64_put_r_sp(s, a->sf, a->rd, move ? n : ir_add(s->ir, a64_type(a->sf), n, imm12(s, a)));
    return true;
}

/* ADDS <Xd>, <Xn|SP>, #<imm>{, LSL #12} */
TRANS(ADDS_imm)
{
    enum ir_type t = a64_type(a->sf);
    ir_ref n = a64_r_sp(s, a->sf, a->rn), m = imm12(s, a);
    if (a->rd != 31) {
        a64_put_r(s, a->sf, a->rd, ir_add(s->ir, t, n, m));
    }
    a64_put_flags(s, ir_flags_add(s->ir, t, n, m));
    return true;
}

/* SUB <Xd|SP>, <Xn|SP>, #<imm>{, LSL #12} */
TRANS(SUB_imm)
{
    ir_ref n = a64_r_sp(s, a->sf, a->rn);
    a64_put_r_sp(s, a->sf, a->rd, ir_sub(s->ir, a64_type(a->sf), n, imm12(s, a)));
    return true;
}

/* SUBS <Xd>, <Xn|SP>, #<imm>{, LSL #12} */
TRANS(SUBS_imm)
{
    enum ir_type t = a64_type(a->sf);
    ir_ref n = a64_r_sp(s, a->sf, a->rn), m = imm12(s, a);
    if (a->rd != 31) {
        a64_put_r(s, a->sf, a->rd, ir_sub(s->ir, t, n, m));
    }
    a64_put_flags(s, ir_flags_sub(s->ir, t, n, m));
    return true;
}

/* --- logical ---------------------------------------------------------------------------------------- */

/* The pseudocode's DecodeBitMasks(): a run of ones, rotated, replicated. */
bool a64_bitmask_imm(unsigned sf, unsigned n, unsigned imms, unsigned immr, uint64_t *value)
{
    unsigned select = n << 6 | (~imms & 0x3f);
    if ((!sf && n) || select <= 1) {
        return false;
    }
    unsigned size = 1u << (31 - __builtin_clz(select)); /* of the element, 2 to 64 bits */
    unsigned ones = (imms & (size - 1)) + 1, rotate = immr & (size - 1);
    if (ones == size) {
        return false;
    }
    uint64_t element = (UINT64_C(1) << ones) - 1;
    uint64_t mask = size == 64 ? UINT64_MAX : (UINT64_C(1) << size) - 1;
    if (rotate) {
        element = (element >> rotate | element << (size - rotate)) & mask;
    }
    for (; size < 64; size *= 2) {
        element |= element << size;
    }
    *value = sf ? element : (uint32_t)element;
    return true;
}

typedef ir_ref binary_fn(struct ir *, enum ir_type, ir_ref, ir_ref);

static bool logical(struct a64_lift *s, const a64_arg_AND_imm *a, binary_fn *op)
{
    uint64_t mask;
    if (!a64_bitmask_imm(a->sf, a->n, a->imms, a->immr, &mask)) {
        return false;
    }
    ir_ref m = a64_imm_t(s, a->sf, (int64_t)mask);
    a64_put_r_sp(s, a->sf, a->rd, op(s->ir, a64_type(a->sf), a64_r(s, a->sf, a->rn), m));
    return true;
}

/* AND <Xd|SP>, <Xn>, #<imm> */
TRANS(AND_imm) { return logical(s, a, ir_and); }

/* EOR <Xd|SP>, <Xn>, #<imm> */
TRANS(EOR_imm) { return logical(s, a, ir_xor); }

/* ORR <Xd|SP>, <Xn>, #<imm>; MOV <Xd|SP>, #<imm> is ORR with XZR */
TRANS(ORR_imm)
{
    uint64_t mask;
    if (a->rn != 31) {
        return logical(s, a, ir_or);
    }
    if (!a64_bitmask_imm(a->sf, a->n, a->imms, a->immr, &mask)) {
        return false;
    }
    a64_put_x_sp(s, a->rd, a64_imm(s, (int64_t)mask));
    return true;
}

/* ANDS <Xd>, <Xn>, #<imm> */
TRANS(ANDS_imm)
{
    uint64_t mask;
    if (!a64_bitmask_imm(a->sf, a->n, a->imms, a->immr, &mask)) {
        return false;
    }
    enum ir_type t = a64_type(a->sf);
    ir_ref n = a64_r(s, a->sf, a->rn), m = a64_imm_t(s, a->sf, (int64_t)mask);
    if (a->rd != 31) {
        a64_put_r(s, a->sf, a->rd, ir_and(s->ir, t, n, m));
    }
    a64_put_flags(s, ir_flags_and(s->ir, t, n, m));
    return true;
}

/* --- move wide ---------------------------------------------------------------------------------------- */

/* MOVN <Xd>, #<imm16>{, LSL #<16 * hw>} */
TRANS(MOVN)
{
    if (!a->sf && a->hw > 1) {
        return false;
    }
    uint64_t value = ~((uint64_t)a->imm16 << (16 * a->hw));
    a64_put_x(s, a->rd, a64_imm(s, (int64_t)(a->sf ? value : (uint32_t)value)));
    return true;
}

/* MOVZ <Xd>, #<imm16>{, LSL #<16 * hw>} */
TRANS(MOVZ)
{
    if (!a->sf && a->hw > 1) {
        return false;
    }
    a64_put_x(s, a->rd, a64_imm(s, (int64_t)((uint64_t)a->imm16 << (16 * a->hw))));
    return true;
}

/* MOVK <Xd>, #<imm16>{, LSL #<16 * hw>} */
TRANS(MOVK)
{
    if (!a->sf && a->hw > 1) {
        return false;
    }
    ir_ref imm = a64_imm_t(s, a->sf, a->imm16);
    a64_put_r(s, a->sf, a->rd,
              ir_bfi(s->ir, a64_type(a->sf), a64_r(s, a->sf, a->rd), imm, 16 * a->hw, 16));
    return true;
}

/* --- bitfield --------------------------------------------------------------------------------------- */

static unsigned width(const a64_arg_SBFM *a) { return a->sf ? 64 : 32; }

static bool bitfield_reserved(const a64_arg_SBFM *a)
{
    return a->n != a->sf || (!a->sf && (a->immr > 31 || a->imms > 31));
}

/* SBFM <Xd>, <Xn>, #<immr>, #<imms>: ASR, SXTB, SXTH, SXTW, SBFX, SBFIZ */
TRANS(SBFM)
{
    if (bitfield_reserved(a)) {
        return false;
    }
    enum ir_type t = a64_type(a->sf);
    unsigned w = width(a);
    ir_ref n = a64_r(s, a->sf, a->rn), d;
    if (a->imms == w - 1) {
        d = ir_sar(s->ir, t, n, a64_imm_t(s, a->sf, a->immr));
    } else if (a->immr == 0) {
        d = ir_sext(s->ir, t, n, a->imms + 1);
    } else if (a->imms >= a->immr) {
        d = ir_sbfx(s->ir, t, n, a->immr, a->imms - a->immr + 1);
    } else {
        d = ir_shl(s->ir, t, ir_sext(s->ir, t, n, a->imms + 1),
                   a64_imm_t(s, a->sf, w - a->immr));
    }
    a64_put_r(s, a->sf, a->rd, d);
    return true;
}

/* UBFM <Xd>, <Xn>, #<immr>, #<imms>: LSL, LSR, UXTB, UXTH, UBFX, UBFIZ */
TRANS(UBFM)
{
    if (bitfield_reserved(a)) {
        return false;
    }
    enum ir_type t = a64_type(a->sf);
    unsigned w = width(a);
    ir_ref n = a64_r(s, a->sf, a->rn), d;
    if (a->imms == w - 1) {
        d = ir_shr(s->ir, t, n, a64_imm_t(s, a->sf, a->immr));
    } else if (a->immr == 0) {
        d = ir_zext(s->ir, t, n, a->imms + 1);
    } else if (a->imms >= a->immr) {
        d = ir_ubfx(s->ir, t, n, a->immr, a->imms - a->immr + 1);
    } else {
        /* LSL drops the bits above imms by itself. */
        ir_ref low = a->imms + 1 == a->immr ? n : ir_zext(s->ir, t, n, a->imms + 1);
        d = ir_shl(s->ir, t, low, a64_imm_t(s, a->sf, w - a->immr));
    }
    a64_put_r(s, a->sf, a->rd, d);
    return true;
}

/* BFM <Xd>, <Xn>, #<immr>, #<imms>: BFI, BFXIL, BFC */
TRANS(BFM)
{
    if (bitfield_reserved(a)) {
        return false;
    }
    enum ir_type t = a64_type(a->sf);
    ir_ref n = a64_r(s, a->sf, a->rn), old = a64_r(s, a->sf, a->rd), d;
    if (a->imms >= a->immr) {
        unsigned count = a->imms - a->immr + 1;
        ir_ref field = a->immr ? ir_shr(s->ir, t, n, a64_imm_t(s, a->sf, a->immr)) : n;
        d = count == width(a) ? field : ir_bfi(s->ir, t, old, field, 0, count);
    } else {
        d = ir_bfi(s->ir, t, old, n, width(a) - a->immr, a->imms + 1);
    }
    a64_put_r(s, a->sf, a->rd, d);
    return true;
}

/* EXTR <Xd>, <Xn>, <Xm>, #<lsb>; ROR <Xd>, <Xs>, #<shift> if Xn is Xm */
TRANS(EXTR)
{
    if (a->n != a->sf || (!a->sf && a->imms > 31)) {
        return false;
    }
    enum ir_type t = a64_type(a->sf);
    ir_ref n = a64_r(s, a->sf, a->rn), d;
    if (a->rn == a->rm) {
        d = ir_ror(s->ir, t, n, a64_imm_t(s, a->sf, a->imms));
    } else {
        d = ir_extr(s->ir, t, n, a64_r(s, a->sf, a->rm), a->imms);
    }
    a64_put_r(s, a->sf, a->rd, d);
    return true;
}
