/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 Advanced SIMD floating point (ARM ARM F6.1).  All of it takes the standard FPSCR: rounds
 * to nearest, flushes to zero, makes default NaNs.
 */
#include "frontends/arm/a32_neon.h"

/* --- operations by the standard FPSCR ----------------------------------------------------------------- */

#define STD1(name, op)                                                                             \
    static ir_ref name(struct ir *ir, uint8_t lane, ir_ref m) { return neon_std(ir, op(ir, lane, m)); }
#define STD2(name, op)                                                                             \
    static ir_ref name(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)                            \
    {                                                                                              \
        return neon_std(ir, op(ir, lane, n, m));                                                   \
    }
/* Arithmetic of single precision: which NaN results does not matter until somebody looks. */
static ir_ref arith(struct ir *ir, uint8_t lane, ir_ref v)
{
    neon_std(ir, v);
    if ((lane & 3) != IR_LANE_S) {
        return v;
    }
    ir->ops[v].mod |= IR_NAN_ANY;
    return ir_vfdn(ir, IR_LANE_S, v);
}
#define ARITH(name, op)                                                                            \
    static ir_ref name(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)                            \
    {                                                                                              \
        return arith(ir, lane, op(ir, lane, n, m));                                                \
    }
ARITH(add, ir_vfadd)
ARITH(sub, ir_vfsub)
ARITH(mul, ir_vfmul)
STD2(max, ir_vfmax)
STD2(min, ir_vfmin)
STD2(maxnm, ir_vfmaxnm)
STD2(minnm, ir_vfminnm)
STD2(ceq, ir_vfcmeq)
STD2(cge, ir_vfcmge)
STD2(cgt, ir_vfcmgt)
STD1(frecpe, ir_vfrecpe)
STD1(frsqrte, ir_vfrsqrte)

static ir_ref acge(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return cge(ir, lane, a64_fabs(ir, lane, n), a64_fabs(ir, lane, m));
}
static ir_ref acgt(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return cgt(ir, lane, a64_fabs(ir, lane, n), a64_fabs(ir, lane, m));
}
static ir_ref abd(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return a64_fabs(ir, lane, sub(ir, lane, n, m));
}
/* Products are rounded before they are added. */
static ir_ref mla(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return add(ir, lane, d, mul(ir, lane, n, m));
}
static ir_ref mls(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return sub(ir, lane, d, mul(ir, lane, n, m));
}
static ir_ref fmadd(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return arith(ir, lane, ir_vfma(ir, lane, d, n, m, 0));
}
static ir_ref fmsub(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return arith(ir, lane, ir_vfma(ir, lane, d, n, m, IR_FMA_NEGB));
}

static ir_ref splat(struct ir *ir, uint8_t lane, uint64_t half, uint64_t single)
{
    const uint64_t bits = (lane & 3) == IR_LANE_H ? half * UINT64_C(0x0001000100010001)
                                                  : single * UINT64_C(0x100000001);
    return ir_vconst(ir, bits, bits);
}

/* All ones where n is zero (as a single precision denormal is) and m infinite. */
static ir_ref zero_infinity(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    const ir_ref zero = ir_vcmphi(ir, lane, splat(ir, lane, 1, 0x800000), n);
    return ir_vand(ir, lane, zero, ir_vcmpeq(ir, lane, m, splat(ir, lane, 0x7c00, 0x7f800000)));
}

/* n * m, but zero times infinity is zero and raises nothing (FPRecipStep, FPRSqrtStep of AArch32, which
 * are not fused): infinities become zeros there. */
static ir_ref step_product(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    const ir_ref an = a64_fabs(ir, lane, n), am = a64_fabs(ir, lane, m);
    return mul(ir, lane, ir_vandn(ir, lane, n, zero_infinity(ir, lane, am, an)),
               ir_vandn(ir, lane, m, zero_infinity(ir, lane, an, am)));
}
static ir_ref recps(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return sub(ir, lane, splat(ir, lane, 0x4000, 0x40000000), step_product(ir, lane, n, m));
}
/* Halving is exact: 3 - x is no small number. */
static ir_ref rsqrts(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    const ir_ref v = sub(ir, lane, splat(ir, lane, 0x4200, 0x40400000), step_product(ir, lane, n, m));
    return mul(ir, lane, v, splat(ir, lane, 0x3800, 0x3f000000));
}

/* --- three of the same length: <op>.F32|F16 Qd, Qn, Qm; Dd, Dn, Dm -------------------------------------- */

#define LANE neon_fp_lane(s, a->q, a->h)
#define NM(NAME, op)                                                                               \
    TRANS(NAME) { return neon_nm(s, a->q, LANE, D_VD, D_VN, D_VM, op); }
#define DNM(NAME, op)                                                                              \
    TRANS(NAME) { return neon_dnm(s, a->q, LANE, D_VD, D_VN, D_VM, op); }
#define PAIRS(NAME, op)                                                                            \
    TRANS(NAME) { return !a->q && neon_pairs(s, LANE, D_VD, D_VN, D_VM, op); }
NM(VADD_v, add)
NM(VSUB_v, sub)
NM(VMUL_v, mul)
NM(VABD_v, abd)
NM(VMAX_v, max)
NM(VMIN_v, min)
NM(VMAXNM_v, maxnm)
NM(VMINNM_v, minnm)
NM(VCEQ_v, ceq)
NM(VCGE_v, cge)
NM(VCGT_v, cgt)
NM(VACGE, acge)
NM(VACGT, acgt)
NM(VRECPS, recps)
NM(VRSQRTS, rsqrts)
DNM(VMLA_v, mla)
DNM(VMLS_v, mls)
DNM(VFMA_v, fmadd)
DNM(VFMS_v, fmsub)
PAIRS(VPADD_v, add)
PAIRS(VPMAX_v, max)
PAIRS(VPMIN_v, min)

/* <op>.F32|F16 Qd, Qn, Dm[x] */
#define LANE_E neon_fp_size(s, a->q, a->size)
#define ELEMENT neon_element(s, a->size, a->m, a->vm)
TRANS(VMLA_ve) { return neon_dne(s, a->q, LANE_E, D_VD, D_VN, ELEMENT, mla); }
TRANS(VMLS_ve) { return neon_dne(s, a->q, LANE_E, D_VD, D_VN, ELEMENT, mls); }
TRANS(VMUL_ve) { return neon_ne(s, a->q, LANE_E, D_VD, D_VN, ELEMENT, mul); }

/* --- two registers: <op>.F32|F16 Qd, Qm; Dd, Dm ------------------------------------------------------------ */

#define RINT(NAME, name, mode)                                                                     \
    static ir_ref name(struct ir *ir, uint8_t lane, ir_ref m)                                      \
    {                                                                                              \
        return neon_std(ir, ir_vfrint(ir, lane, m, mode));                                         \
    }                                                                                              \
    TRANS(NAME) { return neon_m(s, a->q, LANE_E, D_VD, D_VM, name); }
RINT(VRINTN_v, rintn, FP_RNE)
RINT(VRINTA_v, rinta, FP_RNA)
RINT(VRINTZ_v, rintz, FP_RZ)
RINT(VRINTM_v, rintm, FP_RM)
RINT(VRINTP_v, rintp, FP_RP)
RINT(VRINTX_v, rintx, FP_RNE | IR_RINT_EXACT)

/* VRECPE, VRSQRTE.U32|F32|F16 */
TRANS(VRECPE)
{
    const uint8_t lane = a->f ? LANE_E : neon_lane(a->q, a->size, SIZE_S);
    return neon_m(s, a->q, lane, D_VD, D_VM, a->f ? frecpe : ir_vurecpe);
}
TRANS(VRSQRTE)
{
    const uint8_t lane = a->f ? LANE_E : neon_lane(a->q, a->size, SIZE_S);
    return neon_m(s, a->q, lane, D_VD, D_VM, a->f ? frsqrte : ir_vursqrte);
}

/* --- conversion ---------------------------------------------------------------------------------------------- */

/* By the fields u (unsigned) and to (to integers); fbits of fixed point numbers. */
static bool convert(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vm, bool to,
                    bool is_unsigned, unsigned fbits, enum fp_round round)
{
    if (lane == A32_RESERVED || !a32_dq_ok(s, q, vd, vm)) {
        return false;
    }
    a32_guard(s);
    const ir_ref m = a32_dq(s, q, vm);
    ir_ref v;
    if (to) {
        v = is_unsigned ? ir_vftou(s->ir, lane, m, fbits, round) : ir_vftos(s->ir, lane, m, fbits, round);
    } else {
        v = is_unsigned ? ir_vutof(s->ir, lane, m, fbits) : ir_vstof(s->ir, lane, m, fbits);
    }
    a32_put_dq(s, q, vd, neon_std(s->ir, v));
    return true;
}

/* VCVT.<dt>.<dt> Qd, Qm */
TRANS(VCVT_v) { return convert(s, a->q, LANE_E, D_VD, D_VM, a->to, a->u, 0, FP_RZ); }

/* VCVT.<dt>.<dt> Qd, Qm, #fbits; s: single precision */
TRANS(VCVT_vx)
{
    if (!(a->imm6 & 32)) {
        return false;
    }
    const uint8_t lane = neon_fp_lane(s, a->q, !a->s);
    if (!a->s && 64 - a->imm6 > 16) {
        return false;
    }
    return convert(s, a->q, lane, D_VD, D_VM, a->to, a->u, 64 - a->imm6, FP_RZ);
}

/* VCVTA, VCVTN, VCVTP, VCVTM.<dt>.<dt> Qd, Qm */
TRANS(VCVT_vrm)
{
    static const uint8_t rounding[4] = {FP_RNA, FP_RNE, FP_RP, FP_RM};
    return convert(s, a->q, LANE_E, D_VD, D_VM, true, a->u, 0, (enum fp_round)rounding[a->rm]);
}

/* VCVT.F16.F32 Dd, Qm; VCVT.F32.F16 Qd, Dm */
TRANS(VCVT_hv)
{
    if (!a32_dq_ok(s, 1, D_VM, 0)) {
        return false;
    }
    a32_guard(s);
    const ir_ref v = ir_vfcvt(s->ir, IR_LANE_S, a32_dq(s, 1, D_VM), IR_LANE_H, IR_ROUND_DYN);
    a32_put_d(s, D_VD, neon_std(s->ir, v));
    return true;
}
TRANS(VCVT_vh)
{
    if (!a32_dq_ok(s, 1, D_VD, 0)) {
        return false;
    }
    a32_guard(s);
    const ir_ref v = ir_vfcvt(s->ir, IR_LANE(IR_LANE_H, IR_LANES_64), a32_d(s, D_VM), IR_LANE_S,
                              IR_ROUND_DYN);
    a32_put_dq(s, 1, D_VD, neon_std(s->ir, v));
    return true;
}

/* --- complex numbers: s single precision, else half --------------------------------------------------------------- */

/* VCADD.<dt> Qd, Qn, Qm, #90|270 */
static ir_ref cadd90(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return arith(ir, lane, simd_fcadd(ir, lane, n, m, 0));
}
static ir_ref cadd270(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return arith(ir, lane, simd_fcadd(ir, lane, n, m, 1));
}
TRANS(VCADD)
{
    return neon_nm(s, a->q, neon_fp_lane(s, a->q, !a->s), D_VD, D_VN, D_VM, a->rot ? cadd270 : cadd90);
}

#define CMLA(rotation)                                                                             \
    static ir_ref cmla##rotation(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)        \
    {                                                                                              \
        return arith(ir, lane, simd_fcmla(ir, lane, d, n, m, rotation / 90));                      \
    }
CMLA(0)
CMLA(90)
CMLA(180)
CMLA(270)
static a32_op3 *const cmla[4] = {cmla0, cmla90, cmla180, cmla270};

/* VCMLA.<dt> Qd, Qn, Qm, #rotation; Qd, Qn, Dm[x], #rotation */
TRANS(VCMLA)
{
    return neon_dnm(s, a->q, neon_fp_lane(s, a->q, !a->s), D_VD, D_VN, D_VM, cmla[a->rot]);
}
TRANS(VCMLA_e)
{
    const ir_ref e = a->s ? ir_vdupl(s->ir, IR_LANE_D, a32_d(s, D_VM), 0)
                          : ir_vdupl(s->ir, IR_LANE_S, a32_d(s, a->vm), a->m);
    return neon_dne(s, a->q, neon_fp_lane(s, a->q, !a->s), D_VD, D_VN, e, cmla[a->rot]);
}

/* --- widened products of halves ------------------------------------------------------------------------------------- */

/* n, m: halves in the low lanes, as many as Vd has singles. */
static bool fmlal(struct a32_lift *s, unsigned q, unsigned vd, bool subtract, ir_ref n, ir_ref m)
{
    if (!a32_dq_ok(s, q, vd, 0)) {
        return false;
    }
    a32_guard(s);
    const ir_ref v = ir_vfmlal(s->ir, neon_lane(q, IR_LANE_S, SIZE_S), a32_dq(s, q, vd), n, m,
                               subtract ? IR_FMA_NEGB : 0);
    a32_put_dq(s, q, vd, neon_std(s->ir, v));
    return true;
}

/* VFMAL, VFMSL.F16 Qd, Dn, Dm; Dd, Sn, Sm */
TRANS(VFMAL)
{
    return a->q ? fmlal(s, 1, D_VD, a->s, a32_d(s, D_VN), a32_d(s, D_VM))
                : fmlal(s, 0, D_VD, a->s, a32_s(s, S_VN), a32_s(s, S_VM));
}
/* VFMAL, VFMSL.F16 Qd, Dn, Dm[x]; Dd, Sn, Sm[x] */
TRANS(VFMAL_e)
{
    if (a->q) {
        const ir_ref e = ir_vdupl(s->ir, IR_LANE_H, a32_d(s, a->vm & 7), a->m << 1 | a->vm >> 3);
        return fmlal(s, 1, D_VD, a->s, a32_d(s, D_VN), e);
    }
    const ir_ref e = ir_vdupl(s->ir, IR_LANE_H, a32_s(s, (a->vm & 7) << 1 | a->m), a->vm >> 3);
    return fmlal(s, 0, D_VD, a->s, a32_s(s, S_VN), e);
}
