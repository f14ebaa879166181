/* SPDX-License-Identifier: MIT */
/*
 * A64 scalar floating point (ARM ARM C6.2, C7.2; encodings C4.1.96, "Conversion between
 * floating-point and ..." to "Floating-point data-processing (3 source)").  A row of single and
 * double precision has `sz`; the row of the same name with an h at its end is half precision.
 */
#include "frontends/arm/a64_simd.h"

uint64_t a64_fp_imm(unsigned size, unsigned imm8)
{
    const unsigned exponent_bits = size == IR_LANE_D ? 11 : size == IR_LANE_S ? 8 : 5;
    const unsigned fraction_bits = (8u << size) - 1 - exponent_bits;
    const uint64_t sign = imm8 >> 7 & 1, b = imm8 >> 6 & 1, cd = imm8 >> 4 & 3, efgh = imm8 & 15;
    const uint64_t exponent = (b ? (UINT64_C(1) << (exponent_bits - 3)) - 1 : 0) << 2 |
                              (b ^ 1) << (exponent_bits - 1) | cd;
    return sign << ((8u << size) - 1) | exponent << fraction_bits | efgh << (fraction_bits - 4);
}

/* --- one, two and three sources: <op> Vd, Vn{, Vm{, Va}} -------------------------------------- */

#define F1(NAME, op)                                                                               \
    TRANS(NAME##_f) { return a64_do_n(s, FP_SLANE, a->rd, a->rn, op); }                            \
    TRANS(NAME##_fh) { return a64_do_n(s, FP_SLANE_H, a->rd, a->rn, op); }
#define F2(NAME, op)                                                                               \
    TRANS(NAME##_f) { return a64_do_nm(s, FP_SLANE, a->rd, a->rn, a->rm, op); }                    \
    TRANS(NAME##_fh) { return a64_do_nm(s, FP_SLANE_H, a->rd, a->rn, a->rm, op); }

static ir_ref fmov(struct ir *ir, uint8_t lane, ir_ref n)
{
    (void)ir, (void)lane; /* a64_put_lane clears what is above */
    return n;
}
static ir_ref fnmul(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return a64_fneg(ir, lane, ir_vfmul(ir, lane, n, m));
}

F1(FMOV, fmov)
F1(FABS, a64_fabs)
F1(FNEG, a64_fneg)
F1(FSQRT, ir_vfsqrt)
F1(FRINTN, a64_frintn)
F1(FRINTP, a64_frintp)
F1(FRINTM, a64_frintm)
F1(FRINTZ, a64_frintz)
F1(FRINTA, a64_frinta)
F1(FRINTX, a64_frintx)
F1(FRINTI, a64_frinti)
F2(FADD, ir_vfadd)
F2(FSUB, ir_vfsub)
F2(FMUL, ir_vfmul)
F2(FNMUL, fnmul)
F2(FDIV, ir_vfdiv)
F2(FMAX, ir_vfmax)
F2(FMIN, ir_vfmin)
F2(FMAXNM, ir_vfmaxnm)
F2(FMINNM, ir_vfminnm)

/* FMADD: a + n * m; FMSUB: a - n * m; FNMADD: -a - n * m; FNMSUB: -a + n * m.  Operands are
 * negated, not results (FPMulAdd): it shows in NaNs and when rounding. */
static bool fma_f(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, unsigned rm,
                  unsigned ra, unsigned mod)
{
    const ir_ref v = ir_vfma(s->ir, lane, a64_v(s, ra), a64_v(s, rn), a64_v(s, rm), mod);
    a64_put_lane(s, rd, lane, v);
    return true;
}
#define F3(NAME, mod)                                                                              \
    TRANS(NAME##_f) { return fma_f(s, FP_SLANE, a->rd, a->rn, a->rm, a->ra, mod); }                \
    TRANS(NAME##_fh) { return fma_f(s, FP_SLANE_H, a->rd, a->rn, a->rm, a->ra, mod); }
F3(FMADD, 0)
F3(FMSUB, IR_FMA_NEGB)
F3(FNMADD, IR_FMA_NEGA | IR_FMA_NEGB)
F3(FNMSUB, IR_FMA_NEGA)

/* FCVT Vd, Vn: between formats */
TRANS(FCVT_f)
{
    static const int8_t sizes[4] = {IR_LANE_S, IR_LANE_D, -1, IR_LANE_H};
    const int from = sizes[a->ftype], to = sizes[a->opc];
    if (from < 0 || to < 0 || from == to) {
        return false;
    }
    const uint8_t source = IR_LANE((unsigned)from, IR_LANES_1);
    const ir_ref v = ir_vfcvt(s->ir, source, a64_v(s, a->rn), to, IR_ROUND_DYN);
    a64_put_v_scalar(s, a->rd, (uint8_t)to, v);
    return true;
}

/* FMOV Vd, #imm */
static bool fmov_imm(struct a64_lift *s, unsigned size, unsigned rd, unsigned imm8)
{
    a64_put_v(s, rd, ir_vconst(s->ir, a64_fp_imm(size, imm8), 0));
    return true;
}
TRANS(FMOVI_f) { return fmov_imm(s, IR_LANE_S + a->sz, a->rd, a->imm8); }
TRANS(FMOVI_fh) { return fmov_imm(s, IR_LANE_H, a->rd, a->imm8); }

/* --- comparison and selection ----------------------------------------------------------------- */

/* FCMP, FCMPE Vn, Vm; FCMP, FCMPE Vn, #0.0 */
static bool fcmp(struct a64_lift *s, uint8_t lane, unsigned rn, unsigned rm, unsigned zero,
                 unsigned signalling)
{
    const ir_ref m = zero ? ir_vconst(s->ir, 0, 0) : a64_v(s, rm);
    a64_put_flags(s, ir_fcmp(s->ir, lane, a64_v(s, rn), m, signalling));
    return true;
}
TRANS(FCMP_f) { return fcmp(s, FP_SLANE, a->rn, a->rm, a->z, a->e); }
TRANS(FCMP_fh) { return fcmp(s, FP_SLANE_H, a->rn, a->rm, a->z, a->e); }

/* FCCMP, FCCMPE Vn, Vm, #nzcv, cond.  If the condition does not hold, nothing is compared and no
 * exception raised: zeros take the operands' places. */
static bool fccmp(struct a64_lift *s, uint8_t lane, unsigned rn, unsigned rm, enum ir_cond cond,
                  unsigned nzcv, unsigned signalling)
{
    ir_ref n = a64_v(s, rn), m = a64_v(s, rm);
    if (cond >= IR_AL) {
        a64_put_flags(s, ir_fcmp(s->ir, lane, n, m, signalling));
        return true;
    }
    const ir_ref flags = a64_flags(s), zero = ir_vconst(s->ir, 0, 0);
    n = ir_sel(s->ir, IR_V128, cond, flags, n, zero);
    m = ir_sel(s->ir, IR_V128, cond, flags, m, zero);
    const ir_ref compared = ir_fcmp(s->ir, lane, n, m, signalling);
    a64_put_flags(s, ir_flags_sel(s->ir, cond, flags, compared, nzcv));
    return true;
}
TRANS(FCCMP_f) { return fccmp(s, FP_SLANE, a->rn, a->rm, a->cond, a->nzcv, a->e); }
TRANS(FCCMP_fh) { return fccmp(s, FP_SLANE_H, a->rn, a->rm, a->cond, a->nzcv, a->e); }

/* FCSEL Vd, Vn, Vm, cond */
static bool fcsel(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, unsigned rm,
                  enum ir_cond cond)
{
    ir_ref v = a64_v(s, rn);
    if (cond < IR_AL) {
        v = ir_sel(s->ir, IR_V128, cond, a64_flags(s), v, a64_v(s, rm));
    }
    a64_put_lane(s, rd, lane, v);
    return true;
}
TRANS(FCSEL_f) { return fcsel(s, FP_SLANE, a->rd, a->rn, a->rm, a->cond); }
TRANS(FCSEL_fh) { return fcsel(s, FP_SLANE_H, a->rd, a->rn, a->rm, a->cond); }

/* --- to and from general registers ------------------------------------------------------------ */

/* The builder ir_ftos or ir_ftou, ir_stof or ir_utof. */
typedef ir_ref to_int_op(struct ir *ir, enum ir_type t, uint8_t lane, ir_ref v, int64_t fbits,
                         unsigned round);
typedef ir_ref from_int_op(struct ir *ir, enum ir_type t, uint8_t lane, ir_ref x, int64_t fbits);

static bool to_int(struct a64_lift *s, uint8_t lane, unsigned sf, unsigned rd, unsigned rn,
                   unsigned fbits, to_int_op *op, enum fp_round round)
{
    if (fbits > (sf ? 64 : 32)) {
        return false;
    }
    a64_put_r(s, sf, rd, op(s->ir, a64_type(sf), lane, a64_v(s, rn), fbits, round));
    return true;
}

static bool from_int(struct a64_lift *s, uint8_t lane, unsigned sf, unsigned rd, unsigned rn,
                     unsigned fbits, from_int_op *op)
{
    if (fbits > (sf ? 64 : 32)) {
        return false;
    }
    a64_put_lane(s, rd, lane, op(s->ir, a64_type(sf), lane, a64_r(s, sf, rn), fbits));
    return true;
}

/* <op> Rd, Vn */
#define TO_INT(NAME, op, round)                                                                    \
    TRANS(NAME##_x) { return to_int(s, FP_SLANE, a->sf, a->rd, a->rn, 0, op, round); }             \
    TRANS(NAME##_xh) { return to_int(s, FP_SLANE_H, a->sf, a->rd, a->rn, 0, op, round); }
/* <op> Rd, Vn, #fbits */
#define TO_FIXED(NAME, op)                                                                         \
    TRANS(NAME##_xi)                                                                               \
    {                                                                                              \
        return to_int(s, FP_SLANE, a->sf, a->rd, a->rn, 64 - a->scale, op, FP_RZ);                 \
    }                                                                                              \
    TRANS(NAME##_xih)                                                                              \
    {                                                                                              \
        return to_int(s, FP_SLANE_H, a->sf, a->rd, a->rn, 64 - a->scale, op, FP_RZ);               \
    }
/* <op> Vd, Rn and <op> Vd, Rn, #fbits */
#define FROM_INT(NAME, op)                                                                         \
    TRANS(NAME##_x) { return from_int(s, FP_SLANE, a->sf, a->rd, a->rn, 0, op); }                  \
    TRANS(NAME##_xh) { return from_int(s, FP_SLANE_H, a->sf, a->rd, a->rn, 0, op); }               \
    TRANS(NAME##_xi) { return from_int(s, FP_SLANE, a->sf, a->rd, a->rn, 64 - a->scale, op); }     \
    TRANS(NAME##_xih) { return from_int(s, FP_SLANE_H, a->sf, a->rd, a->rn, 64 - a->scale, op); }

TO_INT(FCVTNS, ir_ftos, FP_RNE)
TO_INT(FCVTNU, ir_ftou, FP_RNE)
TO_INT(FCVTPS, ir_ftos, FP_RP)
TO_INT(FCVTPU, ir_ftou, FP_RP)
TO_INT(FCVTMS, ir_ftos, FP_RM)
TO_INT(FCVTMU, ir_ftou, FP_RM)
TO_INT(FCVTZS, ir_ftos, FP_RZ)
TO_INT(FCVTZU, ir_ftou, FP_RZ)
TO_INT(FCVTAS, ir_ftos, FP_RNA)
TO_INT(FCVTAU, ir_ftou, FP_RNA)
TO_FIXED(FCVTZS, ir_ftos)
TO_FIXED(FCVTZU, ir_ftou)
FROM_INT(SCVTF, ir_stof)
FROM_INT(UCVTF, ir_utof)

/* FJCVTZS Wd, Dn: Z says that nothing was lost; N, C and V are 0 */
TRANS(FJCVTZS)
{
    const ir_ref r = ir_fjcvt(s->ir, IR_LANE(IR_LANE_D, IR_LANES_1), a64_v(s, a->rn));
    const ir_ref z = ir_ubfx(s->ir, IR_I64, r, 32, 1);
    const ir_ref nzcv = ir_shl(s->ir, IR_I32, ir_trunc(s->ir, z), a64_imm_w(s, 30));
    a64_put_w(s, a->rd, ir_trunc(s->ir, r));
    a64_put_flags(s, ir_flags_nzcv(s->ir, nzcv));
    return true;
}

/* FMOV Wd, Sn; FMOV Xd, Dn; FMOV Xd, Vn.D[1]; FMOV Rd, Hn */
static bool fmov_to(struct a64_lift *s, unsigned sf, uint8_t lane, unsigned rd, unsigned rn,
                    unsigned index)
{
    a64_put_r(s, sf, rd, ir_vtoi(s->ir, a64_type(sf), lane, a64_v(s, rn), index));
    return true;
}
TRANS(FMOV_ws) { return fmov_to(s, 0, IR_LANE_S, a->rd, a->rn, 0); }
TRANS(FMOV_xd) { return fmov_to(s, 1, IR_LANE_D, a->rd, a->rn, 0); }
TRANS(FMOV_xd1) { return fmov_to(s, 1, IR_LANE_D, a->rd, a->rn, 1); }
TRANS(FMOV_xh) { return fmov_to(s, a->sf, IR_LANE_H, a->rd, a->rn, 0); }

/* FMOV Sd, Wn; FMOV Dd, Xn; FMOV Vd.D[1], Xn; FMOV Hd, Rn */
TRANS(FMOV_sw)
{
    a64_put_v(s, a->rd, ir_vfromi(s->ir, IR_I32, IR_LANE_S, a64_w(s, a->rn)));
    return true;
}
TRANS(FMOV_dx)
{
    a64_put_v(s, a->rd, ir_vfromi(s->ir, IR_I64, IR_LANE_D, a64_x(s, a->rn)));
    return true;
}
TRANS(FMOV_d1x)
{
    const ir_ref d = a64_v(s, a->rd), x = a64_x(s, a->rn);
    a64_put_v(s, a->rd, ir_vins(s->ir, IR_I64, IR_LANE_D, d, x, 1));
    return true;
}
TRANS(FMOV_hx)
{
    const ir_ref h = ir_zext(s->ir, IR_I32, a64_w(s, a->rn), 16);
    a64_put_v(s, a->rd, ir_vfromi(s->ir, IR_I32, IR_LANE_S, h));
    return true;
}
