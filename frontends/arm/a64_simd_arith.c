/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD integer arithmetic, comparison and logic (ARM ARM C7.2; encodings C4.1.96): three
 * same, three different, two-register miscellaneous, across lanes, pairwise, by element.
 * Shifts are in a64_simd_shift.c, FP in a64_simd_fp.c.
 *
 * A macro for each form of operands makes the functions of the rows; its comment gives the syntax.
 */
#include "frontends/arm/a64_simd.h"

#define VLANE(sizes) a64_vlane(a->q, a->size, sizes)
#define SLANE(sizes) a64_slane(a->size, sizes)
#define D_SCALAR IR_LANE(IR_LANE_D, IR_LANES_1)
/* For rows without a size field, bits or bytes. */
#define B_VECTOR a64_vlane(a->q, IR_LANE_B, SIZE_B)

/* --- operations that are more than one op ----------------------------------------------------- */

static ir_ref cmlt0(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vcmpgt(ir, lane, ir_vconst(ir, 0, 0), n);
}
static ir_ref cmle0(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vcmpge(ir, lane, ir_vconst(ir, 0, 0), n);
}
static ir_ref cmgt0(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vcmpgt(ir, lane, n, ir_vconst(ir, 0, 0));
}
static ir_ref cmge0(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vcmpge(ir, lane, n, ir_vconst(ir, 0, 0));
}
static ir_ref cmeq0(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vcmpeq(ir, lane, n, ir_vconst(ir, 0, 0));
}
static ir_ref rev16(struct ir *ir, uint8_t lane, ir_ref n) { return ir_vrev(ir, lane, n, 2); }
static ir_ref rev32(struct ir *ir, uint8_t lane, ir_ref n) { return ir_vrev(ir, lane, n, 4); }
static ir_ref rev64(struct ir *ir, uint8_t lane, ir_ref n) { return ir_vrev(ir, lane, n, 8); }
/* ORR Vd, Vn, Vn is how MOV is encoded. */
static ir_ref orr(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return n == m ? n : ir_vor(ir, lane, n, m);
}
static ir_ref bit(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vbsl(ir, lane, m, n, d);
}
static ir_ref bif(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vbsl(ir, lane, m, d, n);
}
static ir_ref saba(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vadd(ir, lane, d, ir_vsabd(ir, lane, n, m));
}
static ir_ref uaba(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vadd(ir, lane, d, ir_vuabd(ir, lane, n, m));
}
static ir_ref mla(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vadd(ir, lane, d, ir_vmul(ir, lane, n, m));
}
static ir_ref mls(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vsub(ir, lane, d, ir_vmul(ir, lane, n, m));
}

/* --- three same: <op> Vd.T, Vn.T, Vm.T and <op> Bd, Bn, Bm ... Dd, Dn, Dm --------------------- */

#define V_NM(NAME, sizes, op)                                                                      \
    TRANS(NAME##_v) { return a64_do_nm(s, VLANE(sizes), a->rd, a->rn, a->rm, op); }
#define S_NM(NAME, sizes, op)                                                                      \
    TRANS(NAME##_s) { return a64_do_nm(s, SLANE(sizes), a->rd, a->rn, a->rm, op); }
#define D_NM(NAME, op)                                                                             \
    TRANS(NAME##_s) { return a64_do_nm(s, D_SCALAR, a->rd, a->rn, a->rm, op); }
#define V_DNM(NAME, sizes, op)                                                                     \
    TRANS(NAME##_v) { return a64_do_dnm(s, VLANE(sizes), a->rd, a->rn, a->rm, op); }
#define V_PAIRS(NAME, sizes, op)                                                                   \
    TRANS(NAME##_v) { return a64_do_pairs(s, VLANE(sizes), a->rd, a->rn, a->rm, op); }
#define B_NM(NAME, op)                                                                             \
    TRANS(NAME##_v) { return a64_do_nm(s, B_VECTOR, a->rd, a->rn, a->rm, op); }
#define B_DNM(NAME, op)                                                                            \
    TRANS(NAME##_v) { return a64_do_dnm(s, B_VECTOR, a->rd, a->rn, a->rm, op); }

V_NM(ADD, SIZE_BHSD, ir_vadd)
V_NM(SUB, SIZE_BHSD, ir_vsub)
V_NM(MUL, SIZE_BHS, ir_vmul)
V_NM(PMUL, SIZE_B, ir_vpmul)
V_DNM(MLA, SIZE_BHS, mla)
V_DNM(MLS, SIZE_BHS, mls)
V_NM(SHADD, SIZE_BHS, ir_vshadd)
V_NM(UHADD, SIZE_BHS, ir_vuhadd)
V_NM(SRHADD, SIZE_BHS, ir_vsrhadd)
V_NM(URHADD, SIZE_BHS, ir_vurhadd)
V_NM(SHSUB, SIZE_BHS, ir_vshsub)
V_NM(UHSUB, SIZE_BHS, ir_vuhsub)
V_NM(SMAX, SIZE_BHS, ir_vsmax)
V_NM(SMIN, SIZE_BHS, ir_vsmin)
V_NM(UMAX, SIZE_BHS, ir_vumax)
V_NM(UMIN, SIZE_BHS, ir_vumin)
V_NM(SABD, SIZE_BHS, ir_vsabd)
V_NM(UABD, SIZE_BHS, ir_vuabd)
V_DNM(SABA, SIZE_BHS, saba)
V_DNM(UABA, SIZE_BHS, uaba)
V_NM(CMGT, SIZE_BHSD, ir_vcmpgt)
V_NM(CMGE, SIZE_BHSD, ir_vcmpge)
V_NM(CMHI, SIZE_BHSD, ir_vcmphi)
V_NM(CMHS, SIZE_BHSD, ir_vcmphs)
V_NM(CMEQ, SIZE_BHSD, ir_vcmpeq)
V_NM(CMTST, SIZE_BHSD, ir_vtst)
V_PAIRS(SMAXP, SIZE_BHS, ir_vsmax)
V_PAIRS(SMINP, SIZE_BHS, ir_vsmin)
V_PAIRS(UMAXP, SIZE_BHS, ir_vumax)
V_PAIRS(UMINP, SIZE_BHS, ir_vumin)
V_NM(SQADD, SIZE_BHSD, ir_vsqadd)
V_NM(UQADD, SIZE_BHSD, ir_vuqadd)
V_NM(SQSUB, SIZE_BHSD, ir_vsqsub)
V_NM(UQSUB, SIZE_BHSD, ir_vuqsub)
V_NM(SQDMULH, SIZE_HS, ir_vsqdmulh)
V_NM(SQRDMULH, SIZE_HS, ir_vsqrdmulh)
V_DNM(SQRDMLAH, SIZE_HS, ir_vsqrdmlah)
V_DNM(SQRDMLSH, SIZE_HS, ir_vsqrdmlsh)

B_NM(AND, ir_vand)
B_NM(BIC, ir_vandn)
B_NM(ORR, orr)
B_NM(ORN, ir_vorn)
B_NM(EOR, ir_vxor)
B_DNM(BSL, ir_vbsl)
B_DNM(BIT, bit)
B_DNM(BIF, bif)

D_NM(ADD, ir_vadd)
D_NM(SUB, ir_vsub)
D_NM(CMGT, ir_vcmpgt)
D_NM(CMGE, ir_vcmpge)
D_NM(CMHI, ir_vcmphi)
D_NM(CMHS, ir_vcmphs)
D_NM(CMEQ, ir_vcmpeq)
D_NM(CMTST, ir_vtst)
S_NM(SQADD, SIZE_BHSD, ir_vsqadd)
S_NM(UQADD, SIZE_BHSD, ir_vuqadd)
S_NM(SQSUB, SIZE_BHSD, ir_vsqsub)
S_NM(UQSUB, SIZE_BHSD, ir_vuqsub)
S_NM(SQDMULH, SIZE_HS, ir_vsqdmulh)
S_NM(SQRDMULH, SIZE_HS, ir_vsqrdmulh)
TRANS(SQRDMLAH_s) { return a64_do_dnm(s, SLANE(SIZE_HS), a->rd, a->rn, a->rm, ir_vsqrdmlah); }
TRANS(SQRDMLSH_s) { return a64_do_dnm(s, SLANE(SIZE_HS), a->rd, a->rn, a->rm, ir_vsqrdmlsh); }

/* ADDP Vd.T, Vn.T, Vm.T (C7.2.7) */
TRANS(ADDP_v)
{
    const uint8_t lane = VLANE(SIZE_BHSD);
    if (lane == A64_RESERVED) {
        return false;
    }
    ir_ref n = a64_v(s, a->rn), m = a64_v(s, a->rm);
    if (!a->q) {
        n = m = ir_vzip1(s->ir, IR_LANE_D, n, m);
    }
    a64_put_lane(s, a->rd, lane, ir_vaddp(s->ir, lane, n, m));
    return true;
}

/* ADDP Dd, Vn.2D (C7.2.6) */
TRANS(ADDP_s)
{
    const ir_ref n = a64_v(s, a->rn);
    a64_put_lane(s, a->rd, D_SCALAR,
                 ir_vadd(s->ir, IR_LANE_D, n, ir_vhi64(s->ir, IR_LANE_D, n)));
    return true;
}

/* SDOT, UDOT Vd.Ta, Vn.Tb, Vm.Tb: lanes of the sums */
#define DOT_LANE a64_vlane(a->q, IR_LANE_S, SIZE_S)
TRANS(SDOT_v) { return a64_do_dnm(s, DOT_LANE, a->rd, a->rn, a->rm, ir_vsdot); }
TRANS(UDOT_v) { return a64_do_dnm(s, DOT_LANE, a->rd, a->rn, a->rm, ir_vudot); }

/* --- two-register miscellaneous: <op> Vd.T, Vn.T{, #0} and <op> Dd, Dn{, #0} ------------------ */

#define V_N(NAME, sizes, op)                                                                       \
    TRANS(NAME) { return a64_do_n(s, VLANE(sizes), a->rd, a->rn, op); }
#define B_N(NAME, op)                                                                              \
    TRANS(NAME) { return a64_do_n(s, B_VECTOR, a->rd, a->rn, op); }
#define S_N(NAME, sizes, op)                                                                       \
    TRANS(NAME) { return a64_do_n(s, SLANE(sizes), a->rd, a->rn, op); }
#define D_N(NAME, op)                                                                              \
    TRANS(NAME) { return a64_do_n(s, D_SCALAR, a->rd, a->rn, op); }

V_N(REV64_v, SIZE_BHS, rev64)
V_N(REV32_v, SIZE_B | SIZE_H, rev32)
V_N(REV16_v, SIZE_B, rev16)
V_N(CLS_v, SIZE_BHS, ir_vcls)
V_N(CLZ_v, SIZE_BHS, ir_vclz)
B_N(CNT_v, ir_vcnt)
B_N(NOT_v, ir_vnot)
B_N(RBIT_v, ir_vrbit)
V_N(ABS_v, SIZE_BHSD, ir_vabs)
V_N(NEG_v, SIZE_BHSD, ir_vneg)
V_N(SQABS_v, SIZE_BHSD, ir_vsqabs)
V_N(SQNEG_v, SIZE_BHSD, ir_vsqneg)
V_N(CMGT_vz, SIZE_BHSD, cmgt0)
V_N(CMGE_vz, SIZE_BHSD, cmge0)
V_N(CMEQ_vz, SIZE_BHSD, cmeq0)
V_N(CMLE_vz, SIZE_BHSD, cmle0)
V_N(CMLT_vz, SIZE_BHSD, cmlt0)
V_N(SADDLP_v, SIZE_BHS, ir_vsaddlp)
V_N(UADDLP_v, SIZE_BHS, ir_vuaddlp)
D_N(ABS_s, ir_vabs)
D_N(NEG_s, ir_vneg)
D_N(CMGT_sz, cmgt0)
D_N(CMGE_sz, cmge0)
D_N(CMEQ_sz, cmeq0)
D_N(CMLE_sz, cmle0)
D_N(CMLT_sz, cmlt0)
S_N(SQABS_s, SIZE_BHSD, ir_vsqabs)
S_N(SQNEG_s, SIZE_BHSD, ir_vsqneg)

TRANS(URECPE_v) { return a64_do_n(s, a64_vlane(a->q, 2, SIZE_S), a->rd, a->rn, ir_vurecpe); }
TRANS(URSQRTE_v) { return a64_do_n(s, a64_vlane(a->q, 2, SIZE_S), a->rd, a->rn, ir_vursqrte); }

/* SUQADD, USQADD: Vd is an operand too */
TRANS(SUQADD_v) { return a64_do_dn(s, VLANE(SIZE_BHSD), a->rd, a->rn, ir_vsuqadd); }
TRANS(USQADD_v) { return a64_do_dn(s, VLANE(SIZE_BHSD), a->rd, a->rn, ir_vusqadd); }
TRANS(SUQADD_s) { return a64_do_dn(s, SLANE(SIZE_BHSD), a->rd, a->rn, ir_vsuqadd); }
TRANS(USQADD_s) { return a64_do_dn(s, SLANE(SIZE_BHSD), a->rd, a->rn, ir_vusqadd); }

/* SADALP, UADALP Vd.Ta, Vn.Tb */
static ir_ref sadalp(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n)
{
    return ir_vadd(ir, a64_wider(lane), d, ir_vsaddlp(ir, lane, n));
}
static ir_ref uadalp(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n)
{
    return ir_vadd(ir, a64_wider(lane), d, ir_vuaddlp(ir, lane, n));
}
TRANS(SADALP_v) { return a64_do_dn(s, VLANE(SIZE_BHS), a->rd, a->rn, sadalp); }
TRANS(UADALP_v) { return a64_do_dn(s, VLANE(SIZE_BHS), a->rd, a->rn, uadalp); }

/* XTN, SQXTN, UQXTN, SQXTUN{2} Vd.Tb, Vn.Ta; `size` is that of the result */
static bool narrow(struct a64_lift *s, const struct a64_args_q_rd_rn_size *a, a64_op1 *op)
{
    if (a->size == IR_LANE_D) {
        return false;
    }
    const uint8_t source = IR_LANE(a->size + 1, IR_LANES_128);
    a64_put_half(s, a->q, a->rd, op(s->ir, source, a64_v(s, a->rn)));
    return true;
}
TRANS(XTN_v) { return narrow(s, a, ir_vxtn); }
TRANS(SQXTN_v) { return narrow(s, a, ir_vsqxtn); }
TRANS(UQXTN_v) { return narrow(s, a, ir_vuqxtn); }
TRANS(SQXTUN_v) { return narrow(s, a, ir_vsqxtun); }

/* SQXTN, UQXTN, SQXTUN Vbd, Van: scalars */
static bool narrow_scalar(struct a64_lift *s, const struct a64_args_rd_rn_size *a, a64_op1 *op)
{
    if (a->size == IR_LANE_D) {
        return false;
    }
    const ir_ref v = op(s->ir, IR_LANE(a->size + 1, IR_LANES_1), a64_v(s, a->rn));
    a64_put_lane(s, a->rd, SLANE(SIZE_BHS), v);
    return true;
}
TRANS(SQXTN_s) { return narrow_scalar(s, a, ir_vsqxtn); }
TRANS(UQXTN_s) { return narrow_scalar(s, a, ir_vuqxtn); }
TRANS(SQXTUN_s) { return narrow_scalar(s, a, ir_vsqxtun); }

/* SHLL{2} Vd.Ta, Vn.Tb, #esize */
TRANS(SHLL_v)
{
    if (a->size == IR_LANE_D) {
        return false;
    }
    const uint8_t lane = (uint8_t)a->size;
    const ir_ref wide = ir_vuxtl(s->ir, lane, a64_half(s, a->q, a->rn));
    a64_put_v(s, a->rd, ir_vshl(s->ir, a64_wider(lane), wide, a64_esize(lane)));
    return true;
}

/* --- across lanes: <op> Vd, Vn.T -------------------------------------------------------------- */

static bool across(struct a64_lift *s, const struct a64_args_q_rd_rn_size *a, a64_op1 *op)
{
    const uint8_t lane = VLANE(SIZE_BHS);
    if (lane == A64_RESERVED || (a->size == IR_LANE_S && !a->q)) {
        return false;
    }
    a64_put_v(s, a->rd, op(s->ir, lane, a64_v(s, a->rn)));
    return true;
}
TRANS(ADDV_v) { return across(s, a, ir_vaddv); }
TRANS(SADDLV_v) { return across(s, a, ir_vsaddlv); }
TRANS(UADDLV_v) { return across(s, a, ir_vuaddlv); }
TRANS(SMAXV_v) { return across(s, a, ir_vsmaxv); }
TRANS(SMINV_v) { return across(s, a, ir_vsminv); }
TRANS(UMAXV_v) { return across(s, a, ir_vumaxv); }
TRANS(UMINV_v) { return across(s, a, ir_vuminv); }

/* --- three different -------------------------------------------------------------------------- */

typedef struct a64_args_q_rd_rm_rn_size diff_args;

/* SADDL, UADDL, SSUBL, USUBL{2} Vd.Ta, Vn.Tb, Vm.Tb */
static bool long_nm(struct a64_lift *s, const diff_args *a, a64_op1 *widen, a64_op2 *op)
{
    if (a->size == IR_LANE_D) {
        return false;
    }
    const uint8_t lane = (uint8_t)a->size;
    const ir_ref n = widen(s->ir, lane, a64_half(s, a->q, a->rn));
    const ir_ref m = widen(s->ir, lane, a64_half(s, a->q, a->rm));
    a64_put_v(s, a->rd, op(s->ir, a64_wider(lane), n, m));
    return true;
}
TRANS(SADDL_v) { return long_nm(s, a, ir_vsxtl, ir_vadd); }
TRANS(UADDL_v) { return long_nm(s, a, ir_vuxtl, ir_vadd); }
TRANS(SSUBL_v) { return long_nm(s, a, ir_vsxtl, ir_vsub); }
TRANS(USUBL_v) { return long_nm(s, a, ir_vuxtl, ir_vsub); }

/* SADDW, UADDW, SSUBW, USUBW{2} Vd.Ta, Vn.Ta, Vm.Tb */
static bool wide_nm(struct a64_lift *s, const diff_args *a, a64_op1 *widen, a64_op2 *op)
{
    if (a->size == IR_LANE_D) {
        return false;
    }
    const uint8_t lane = (uint8_t)a->size;
    const ir_ref m = widen(s->ir, lane, a64_half(s, a->q, a->rm));
    a64_put_v(s, a->rd, op(s->ir, a64_wider(lane), a64_v(s, a->rn), m));
    return true;
}
TRANS(SADDW_v) { return wide_nm(s, a, ir_vsxtl, ir_vadd); }
TRANS(UADDW_v) { return wide_nm(s, a, ir_vuxtl, ir_vadd); }
TRANS(SSUBW_v) { return wide_nm(s, a, ir_vsxtl, ir_vsub); }
TRANS(USUBW_v) { return wide_nm(s, a, ir_vuxtl, ir_vsub); }

/* ADDHN, RADDHN, SUBHN, RSUBHN{2} Vd.Tb, Vn.Ta, Vm.Ta: the high half.  A rounding carry out of
 * the wide element is lost in the narrowing either way. */
static bool high_narrow(struct a64_lift *s, const diff_args *a, a64_op2 *op, a64_opi *shift)
{
    if (a->size == IR_LANE_D) {
        return false;
    }
    const uint8_t wide = (uint8_t)(a->size + 1);
    const ir_ref v = op(s->ir, wide, a64_v(s, a->rn), a64_v(s, a->rm));
    const ir_ref high = shift(s->ir, wide, v, a64_esize((uint8_t)a->size));
    a64_put_half(s, a->q, a->rd, ir_vxtn(s->ir, wide, high));
    return true;
}
TRANS(ADDHN_v) { return high_narrow(s, a, ir_vadd, ir_vushr); }
TRANS(RADDHN_v) { return high_narrow(s, a, ir_vadd, ir_vurshr); }
TRANS(SUBHN_v) { return high_narrow(s, a, ir_vsub, ir_vushr); }
TRANS(RSUBHN_v) { return high_narrow(s, a, ir_vsub, ir_vurshr); }

/* Absolute differences, twice as wide: the difference fits the narrow element, unsigned. */
static ir_ref sabdl(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return ir_vuxtl(ir, lane, ir_vsabd(ir, lane, n, m));
}
static ir_ref uabdl(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return ir_vuxtl(ir, lane, ir_vuabd(ir, lane, n, m));
}

/* rd = fold(rd, op(n, m)), op making elements twice as wide from `lane`; just op(n, m) without a
 * fold. */
static bool do_long(struct a64_lift *s, uint8_t lane, unsigned rd, ir_ref n, ir_ref m, a64_op2 *op,
                    a64_op2 *fold)
{
    const uint8_t wide = IR_LANE((lane & 3) + 1, lane & IR_LANES_1);
    ir_ref v = op(s->ir, lane, n, m);
    if (fold) {
        v = fold(s->ir, wide, a64_v(s, rd), v);
    }
    a64_put_lane(s, rd, wide, v);
    return true;
}

/* <op>{2} Vd.Ta, Vn.Tb, Vm.Tb */
static bool long_dnm(struct a64_lift *s, const diff_args *a, unsigned sizes, a64_op2 *op,
                     a64_op2 *fold)
{
    if (!(sizes >> a->size & 1)) {
        return false;
    }
    return do_long(s, IR_LANE(a->size, IR_LANES_64), a->rd, a64_half(s, a->q, a->rn),
                   a64_half(s, a->q, a->rm), op, fold);
}
TRANS(SABDL_v) { return long_dnm(s, a, SIZE_BHS, sabdl, NULL); }
TRANS(UABDL_v) { return long_dnm(s, a, SIZE_BHS, uabdl, NULL); }
TRANS(SABAL_v) { return long_dnm(s, a, SIZE_BHS, sabdl, ir_vadd); }
TRANS(UABAL_v) { return long_dnm(s, a, SIZE_BHS, uabdl, ir_vadd); }
TRANS(SMULL_v) { return long_dnm(s, a, SIZE_BHS, ir_vsmull, NULL); }
TRANS(UMULL_v) { return long_dnm(s, a, SIZE_BHS, ir_vumull, NULL); }
TRANS(SMLAL_v) { return long_dnm(s, a, SIZE_BHS, ir_vsmull, ir_vadd); }
TRANS(UMLAL_v) { return long_dnm(s, a, SIZE_BHS, ir_vumull, ir_vadd); }
TRANS(SMLSL_v) { return long_dnm(s, a, SIZE_BHS, ir_vsmull, ir_vsub); }
TRANS(UMLSL_v) { return long_dnm(s, a, SIZE_BHS, ir_vumull, ir_vsub); }
TRANS(SQDMULL_v) { return long_dnm(s, a, SIZE_HS, ir_vsqdmull, NULL); }
TRANS(SQDMLAL_v) { return long_dnm(s, a, SIZE_HS, ir_vsqdmull, ir_vsqadd); }
TRANS(SQDMLSL_v) { return long_dnm(s, a, SIZE_HS, ir_vsqdmull, ir_vsqsub); }

/* SQDMULL, SQDMLAL, SQDMLSL Sd, Hn, Hm and Dd, Sn, Sm */
static bool long_scalar(struct a64_lift *s, const struct a64_args_rd_rm_rn_size *a, a64_op2 *fold)
{
    const uint8_t lane = SLANE(SIZE_HS);
    return lane != A64_RESERVED && do_long(s, lane, a->rd, a64_v(s, a->rn), a64_v(s, a->rm),
                                           ir_vsqdmull, fold);
}
TRANS(SQDMULL_s) { return long_scalar(s, a, NULL); }
TRANS(SQDMLAL_s) { return long_scalar(s, a, ir_vsqadd); }
TRANS(SQDMLSL_s) { return long_scalar(s, a, ir_vsqsub); }

/* PMULL{2} Vd.8H, Vn.Tb, Vm.Tb and Vd.1Q, Vn.Tb, Vm.Tb */
static bool pmull(struct a64_lift *s, uint8_t lane, unsigned q, unsigned rd, unsigned rn,
                  unsigned rm)
{
    a64_put_v(s, rd, ir_vpmull(s->ir, lane, a64_half(s, q, rn), a64_half(s, q, rm)));
    return true;
}
TRANS(PMULL_v) { return pmull(s, IR_LANE_B, a->q, a->rd, a->rn, a->rm); }
TRANS(PMULL_vd) { return pmull(s, IR_LANE_D, a->q, a->rd, a->rn, a->rm); }

/* --- by element: <op> Vd.T, Vn.T, Vm.Ts[index] ------------------------------------------------ */

TRANS(MUL_ve) { return a64_do_nv(s, VLANE(SIZE_HS), a->rd, a->rn, ELEMENT(a->size), ir_vmul); }
TRANS(MLA_ve) { return a64_do_dnv(s, VLANE(SIZE_HS), a->rd, a->rn, ELEMENT(a->size), mla); }
TRANS(MLS_ve) { return a64_do_dnv(s, VLANE(SIZE_HS), a->rd, a->rn, ELEMENT(a->size), mls); }

#define E_NV(NAME, op)                                                                             \
    TRANS(NAME##_ve) { return a64_do_nv(s, VLANE(SIZE_HS), a->rd, a->rn, ELEMENT(a->size), op); }  \
    TRANS(NAME##_se) { return a64_do_nv(s, SLANE(SIZE_HS), a->rd, a->rn, ELEMENT(a->size), op); }
#define E_DNV(NAME, op)                                                                            \
    TRANS(NAME##_ve) { return a64_do_dnv(s, VLANE(SIZE_HS), a->rd, a->rn, ELEMENT(a->size), op); } \
    TRANS(NAME##_se) { return a64_do_dnv(s, SLANE(SIZE_HS), a->rd, a->rn, ELEMENT(a->size), op); }
E_NV(SQDMULH, ir_vsqdmulh)
E_NV(SQRDMULH, ir_vsqrdmulh)
E_DNV(SQRDMLAH, ir_vsqrdmlah)
E_DNV(SQRDMLSH, ir_vsqrdmlsh)

/* <op>{2} Vd.Ta, Vn.Tb, Vm.Ts[index] */
static bool long_element(struct a64_lift *s, const struct a64_args_h_l_m_q_rd_rm_rn_size *a,
                         a64_op2 *op, a64_op2 *fold)
{
    if (!(SIZE_HS >> a->size & 1)) {
        return false;
    }
    return do_long(s, IR_LANE(a->size, IR_LANES_64), a->rd, a64_half(s, a->q, a->rn),
                   ELEMENT(a->size), op, fold);
}
TRANS(SMULL_ve) { return long_element(s, a, ir_vsmull, NULL); }
TRANS(UMULL_ve) { return long_element(s, a, ir_vumull, NULL); }
TRANS(SMLAL_ve) { return long_element(s, a, ir_vsmull, ir_vadd); }
TRANS(UMLAL_ve) { return long_element(s, a, ir_vumull, ir_vadd); }
TRANS(SMLSL_ve) { return long_element(s, a, ir_vsmull, ir_vsub); }
TRANS(UMLSL_ve) { return long_element(s, a, ir_vumull, ir_vsub); }
TRANS(SQDMULL_ve) { return long_element(s, a, ir_vsqdmull, NULL); }
TRANS(SQDMLAL_ve) { return long_element(s, a, ir_vsqdmull, ir_vsqadd); }
TRANS(SQDMLSL_ve) { return long_element(s, a, ir_vsqdmull, ir_vsqsub); }

/* SQDMULL, SQDMLAL, SQDMLSL Sd, Hn, Vm.H[index] and Dd, Sn, Vm.S[index] */
static bool long_scalar_element(struct a64_lift *s, const struct a64_args_h_l_m_rd_rm_rn_size *a,
                                a64_op2 *fold)
{
    const uint8_t lane = SLANE(SIZE_HS);
    return lane != A64_RESERVED && do_long(s, lane, a->rd, a64_v(s, a->rn), ELEMENT(a->size),
                                           ir_vsqdmull, fold);
}
TRANS(SQDMULL_se) { return long_scalar_element(s, a, NULL); }
TRANS(SQDMLAL_se) { return long_scalar_element(s, a, ir_vsqadd); }
TRANS(SQDMLSL_se) { return long_scalar_element(s, a, ir_vsqsub); }

/* SDOT, UDOT Vd.Ta, Vn.Tb, Vm.4B[index] */
TRANS(SDOT_ve) { return a64_do_dnv(s, DOT_LANE, a->rd, a->rn, ELEMENT(IR_LANE_S), ir_vsdot); }
TRANS(UDOT_ve) { return a64_do_dnv(s, DOT_LANE, a->rd, a->rn, ELEMENT(IR_LANE_S), ir_vudot); }
