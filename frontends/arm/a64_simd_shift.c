/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD shifts (ARM ARM C7.2; encodings C4.1.96): by immediate, by register, with and
 * without rounding, saturation, narrowing, widening, insertion.
 *
 * immh:immb holds the element size (its highest set bit) and the amount: esize + amount of a left
 * shift, 2 * esize - amount of a right shift.
 */
#include "frontends/arm/a64_simd.h"

/* --- by register: <op> Vd.T, Vn.T, Vm.T and <op> Bd, Bn, Bm ... Dd, Dn, Dm -------------------- */

#define VLANE a64_vlane(a->q, a->size, SIZE_BHSD)
#define D_SCALAR IR_LANE(IR_LANE_D, IR_LANES_1)

#define SHIFT_D(NAME, op)                                                                          \
    TRANS(NAME##_v) { return a64_do_nm(s, VLANE, a->rd, a->rn, a->rm, op); }                       \
    TRANS(NAME##_s) { return a64_do_nm(s, D_SCALAR, a->rd, a->rn, a->rm, op); }
#define SHIFT_SATURATING(NAME, op)                                                                 \
    TRANS(NAME##_v) { return a64_do_nm(s, VLANE, a->rd, a->rn, a->rm, op); }                       \
    TRANS(NAME##_s)                                                                                \
    {                                                                                              \
        return a64_do_nm(s, a64_slane(a->size, SIZE_BHSD), a->rd, a->rn, a->rm, op);               \
    }

SHIFT_D(SSHL, ir_vsshl)
SHIFT_D(USHL, ir_vushl)
SHIFT_D(SRSHL, ir_vsrshl)
SHIFT_D(URSHL, ir_vurshl)
SHIFT_SATURATING(SQSHL, ir_vsqshl)
SHIFT_SATURATING(UQSHL, ir_vuqshl)
SHIFT_SATURATING(SQRSHL, ir_vsqrshl)
SHIFT_SATURATING(UQRSHL, ir_vuqrshl)

/* --- by immediate ----------------------------------------------------------------------------- */

/* What immh:immb say; lane is A64_RESERVED where a vector of one doubleword would result. */
struct shift {
    uint8_t lane;
    unsigned left, right;
};

static struct shift decode(uint8_t lanes, unsigned immh, unsigned immb)
{
    const unsigned size = immh & 8 ? 3 : immh & 4 ? 2 : immh & 2 ? 1 : 0;
    const unsigned esize = 8u << size, imm = immh << 3 | immb;
    return (struct shift){
        .lane = size == IR_LANE_D && lanes == IR_LANES_64 ? A64_RESERVED : IR_LANE(size, lanes),
        .left = imm - esize,
        .right = 2 * esize - imm,
    };
}
#define V_SHIFT decode(a->q ? IR_LANES_128 : IR_LANES_64, a->immh, a->immb)
#define S_SHIFT decode(IR_LANES_1, a->immh, a->immb)

/* rd = op(rn, amount) */
static bool shift_n(struct a64_lift *s, uint8_t lane, unsigned amount, unsigned rd, unsigned rn,
                    a64_opi *op)
{
    if (lane == A64_RESERVED) {
        return false;
    }
    a64_put_lane(s, rd, lane, op(s->ir, lane, a64_v(s, rn), amount));
    return true;
}

/* rd = op(rd, rn, amount) */
static bool shift_dn(struct a64_lift *s, uint8_t lane, unsigned amount, unsigned rd, unsigned rn,
                     a64_op2i *op)
{
    if (lane == A64_RESERVED) {
        return false;
    }
    a64_put_lane(s, rd, lane, op(s->ir, lane, a64_v(s, rd), a64_v(s, rn), amount));
    return true;
}

static ir_ref ssra(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, int64_t imm)
{
    return ir_vadd(ir, lane, d, ir_vsshr(ir, lane, n, imm));
}
static ir_ref usra(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, int64_t imm)
{
    return ir_vadd(ir, lane, d, ir_vushr(ir, lane, n, imm));
}
static ir_ref srsra(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, int64_t imm)
{
    return ir_vadd(ir, lane, d, ir_vsrshr(ir, lane, n, imm));
}
static ir_ref ursra(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, int64_t imm)
{
    return ir_vadd(ir, lane, d, ir_vurshr(ir, lane, n, imm));
}
/* The register forms, with the amount in each element. */
static ir_ref amounts(struct ir *ir, int64_t imm)
{
    const uint64_t bytes = UINT64_C(0x0101010101010101) * (uint64_t)imm;
    return ir_vconst(ir, bytes, bytes);
}
static ir_ref sqshl(struct ir *ir, uint8_t lane, ir_ref n, int64_t imm)
{
    return ir_vsqshl(ir, lane, n, amounts(ir, imm));
}
static ir_ref uqshl(struct ir *ir, uint8_t lane, ir_ref n, int64_t imm)
{
    return ir_vuqshl(ir, lane, n, amounts(ir, imm));
}

/* <op> Vd.T, Vn.T, #imm and <op> Dd, Dn, #imm.  Scalars have immh = 1xxx: imm is the rest. */
#define RIGHT(NAME, shape, op)                                                                     \
    TRANS(NAME##_vi)                                                                               \
    {                                                                                              \
        const struct shift i = V_SHIFT;                                                            \
        return shape(s, i.lane, i.right, a->rd, a->rn, op);                                        \
    }                                                                                              \
    TRANS(NAME##_si) { return shape(s, D_SCALAR, 64 - a->imm, a->rd, a->rn, op); }
#define LEFT(NAME, shape, op)                                                                      \
    TRANS(NAME##_vi)                                                                               \
    {                                                                                              \
        const struct shift i = V_SHIFT;                                                            \
        return shape(s, i.lane, i.left, a->rd, a->rn, op);                                         \
    }                                                                                              \
    TRANS(NAME##_si) { return shape(s, D_SCALAR, a->imm, a->rd, a->rn, op); }
/* the same, scalars of any size: <op> Bd, Bn, #imm ... Dd, Dn, #imm */
#define LEFT_SATURATING(NAME, op)                                                                  \
    TRANS(NAME##_vi)                                                                               \
    {                                                                                              \
        const struct shift i = V_SHIFT;                                                            \
        return shift_n(s, i.lane, i.left, a->rd, a->rn, op);                                       \
    }                                                                                              \
    TRANS(NAME##_si)                                                                               \
    {                                                                                              \
        const struct shift i = S_SHIFT;                                                            \
        return shift_n(s, i.lane, i.left, a->rd, a->rn, op);                                       \
    }

RIGHT(SSHR, shift_n, ir_vsshr)
RIGHT(USHR, shift_n, ir_vushr)
RIGHT(SRSHR, shift_n, ir_vsrshr)
RIGHT(URSHR, shift_n, ir_vurshr)
RIGHT(SSRA, shift_dn, ssra)
RIGHT(USRA, shift_dn, usra)
RIGHT(SRSRA, shift_dn, srsra)
RIGHT(URSRA, shift_dn, ursra)
RIGHT(SRI, shift_dn, ir_vsri)
LEFT(SLI, shift_dn, ir_vsli)
LEFT(SHL, shift_n, ir_vshl)
LEFT_SATURATING(SQSHL, sqshl)
LEFT_SATURATING(UQSHL, uqshl)
LEFT_SATURATING(SQSHLU, ir_vsqshlu)

/* --- narrowing: shifted as the wide elements, then narrowed ----------------------------------- */

/* <op>{2} Vd.Tb, Vn.Ta, #imm */
static bool narrow(struct a64_lift *s, const struct a64_args_immb_immh_q_rd_rn *a, a64_opi *shift,
                   a64_op1 *narrowing)
{
    const struct shift i = decode(IR_LANES_128, a->immh, a->immb);
    if ((i.lane & 3) == IR_LANE_D) {
        return false;
    }
    const uint8_t wide = a64_wider(i.lane);
    const ir_ref v = shift(s->ir, wide, a64_v(s, a->rn), i.right);
    a64_put_half(s, a->q, a->rd, narrowing(s->ir, wide, v));
    return true;
}

/* <op> Vbd, Van, #imm */
static bool narrow_scalar(struct a64_lift *s, const struct a64_args_immb_immh_rd_rn *a,
                          a64_opi *shift, a64_op1 *narrowing)
{
    const struct shift i = S_SHIFT;
    if ((i.lane & 3) == IR_LANE_D) {
        return false;
    }
    const uint8_t wide = a64_wider(i.lane);
    const ir_ref v = shift(s->ir, wide, a64_v(s, a->rn), i.right);
    a64_put_lane(s, a->rd, i.lane, narrowing(s->ir, wide, v));
    return true;
}

#define NARROW(NAME, shift, narrowing)                                                             \
    TRANS(NAME##_vi) { return narrow(s, a, shift, narrowing); }
#define NARROW_SATURATING(NAME, shift, narrowing)                                                  \
    NARROW(NAME, shift, narrowing)                                                                 \
    TRANS(NAME##_si) { return narrow_scalar(s, a, shift, narrowing); }

NARROW(SHRN, ir_vushr, ir_vxtn)
NARROW(RSHRN, ir_vurshr, ir_vxtn)
NARROW_SATURATING(SQSHRN, ir_vsshr, ir_vsqxtn)
NARROW_SATURATING(SQRSHRN, ir_vsrshr, ir_vsqxtn)
NARROW_SATURATING(UQSHRN, ir_vushr, ir_vuqxtn)
NARROW_SATURATING(UQRSHRN, ir_vurshr, ir_vuqxtn)
NARROW_SATURATING(SQSHRUN, ir_vsshr, ir_vsqxtun)
NARROW_SATURATING(SQRSHRUN, ir_vsrshr, ir_vsqxtun)

/* --- widening: SSHLL, USHLL{2} Vd.Ta, Vn.Tb, #imm; SXTL and UXTL are those by 0 --------------- */

static bool lengthen(struct a64_lift *s, const struct a64_args_immb_immh_q_rd_rn *a, a64_op1 *widen)
{
    const struct shift i = decode(IR_LANES_128, a->immh, a->immb);
    if ((i.lane & 3) == IR_LANE_D) {
        return false;
    }
    ir_ref v = widen(s->ir, i.lane, a64_half(s, a->q, a->rn));
    if (i.left) {
        v = ir_vshl(s->ir, a64_wider(i.lane), v, i.left);
    }
    a64_put_v(s, a->rd, v);
    return true;
}
TRANS(SSHLL_vi) { return lengthen(s, a, ir_vsxtl); }
TRANS(USHLL_vi) { return lengthen(s, a, ir_vuxtl); }
