/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD floating point, vectors and scalars (ARM ARM C7.2; encodings C4.1.96).  A row of
 * single and double precision has `sz`; the row of the same name with an h at its end is half
 * precision.  Scalar FP data processing is in a64_fp.c.
 *
 * A dead lane would raise flags: operations get the lanes that count, and no more.
 */
#include "frontends/arm/a64_simd.h"

/* --- operations that are more than one op ----------------------------------------------------- */

/* The signs of all lanes, or all other bits. */
static ir_ref sign_bits(struct ir *ir, uint8_t lane, bool other)
{
    static const uint64_t sign[] = {
        [IR_LANE_H] = UINT64_C(0x8000800080008000),
        [IR_LANE_S] = UINT64_C(0x8000000080000000),
        [IR_LANE_D] = UINT64_C(0x8000000000000000),
    };
    const uint64_t bits = sign[lane & 3] ^ (other ? UINT64_MAX : 0);
    if (lane & IR_LANES_1) { /* zeros above remain zeros */
        return ir_vconst(ir, bits & (UINT64_MAX >> (64 - (8u << (lane & 3)))), 0);
    }
    return ir_vconst(ir, bits, bits);
}
ir_ref a64_fabs(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vand(ir, lane, n, sign_bits(ir, lane, true));
}
ir_ref a64_fneg(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vxor(ir, lane, n, sign_bits(ir, lane, false));
}
static ir_ref fabd(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return a64_fabs(ir, lane, ir_vfsub(ir, lane, n, m));
}
static ir_ref fmla(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vfma(ir, lane, d, n, m, 0);
}
static ir_ref fmls(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vfma(ir, lane, d, n, m, IR_FMA_NEGB);
}
static ir_ref facge(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return ir_vfcmge(ir, lane, a64_fabs(ir, lane, n), a64_fabs(ir, lane, m));
}
static ir_ref facgt(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return ir_vfcmgt(ir, lane, a64_fabs(ir, lane, n), a64_fabs(ir, lane, m));
}
static ir_ref fcmgt0(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vfcmgt(ir, lane, n, ir_vconst(ir, 0, 0));
}
static ir_ref fcmge0(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vfcmge(ir, lane, n, ir_vconst(ir, 0, 0));
}
static ir_ref fcmeq0(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vfcmeq(ir, lane, n, ir_vconst(ir, 0, 0));
}
static ir_ref fcmle0(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vfcmge(ir, lane, ir_vconst(ir, 0, 0), n);
}
static ir_ref fcmlt0(struct ir *ir, uint8_t lane, ir_ref n)
{
    return ir_vfcmgt(ir, lane, ir_vconst(ir, 0, 0), n);
}

/* Rounding to integers, as FP numbers and as integers. */
#define RINT(name, mode)                                                                           \
    ir_ref a64_##name(struct ir *ir, uint8_t lane, ir_ref n)                                       \
    {                                                                                              \
        return ir_vfrint(ir, lane, n, mode);                                                       \
    }
RINT(frintn, FP_RNE)
RINT(frintp, FP_RP)
RINT(frintm, FP_RM)
RINT(frintz, FP_RZ)
RINT(frinta, FP_RNA)
RINT(frintx, IR_ROUND_DYN | IR_RINT_EXACT)
RINT(frinti, IR_ROUND_DYN)

#define TO_INT(suffix, mode)                                                                       \
    static ir_ref fcvt##suffix##s(struct ir *ir, uint8_t lane, ir_ref n)                           \
    {                                                                                              \
        return ir_vftos(ir, lane, n, 0, mode);                                                     \
    }                                                                                              \
    static ir_ref fcvt##suffix##u(struct ir *ir, uint8_t lane, ir_ref n)                           \
    {                                                                                              \
        return ir_vftou(ir, lane, n, 0, mode);                                                     \
    }
TO_INT(n, FP_RNE)
TO_INT(p, FP_RP)
TO_INT(m, FP_RM)
TO_INT(z, FP_RZ)
TO_INT(a, FP_RNA)

static ir_ref scvtf(struct ir *ir, uint8_t lane, ir_ref n) { return ir_vstof(ir, lane, n, 0); }
static ir_ref ucvtf(struct ir *ir, uint8_t lane, ir_ref n) { return ir_vutof(ir, lane, n, 0); }

/* --- three same: <op> Vd.T, Vn.T, Vm.T and <op> Vd, Vn, Vm ------------------------------------ */

#define V3(NAME, shape, op)                                                                        \
    TRANS(NAME##_v) { return shape(s, FP_VLANE, a->rd, a->rn, a->rm, op); }                        \
    TRANS(NAME##_vh) { return shape(s, FP_VLANE_H, a->rd, a->rn, a->rm, op); }
#define V3_SCALAR(NAME, shape, op)                                                                 \
    V3(NAME, shape, op)                                                                            \
    TRANS(NAME##_s) { return shape(s, FP_SLANE, a->rd, a->rn, a->rm, op); }                        \
    TRANS(NAME##_sh) { return shape(s, FP_SLANE_H, a->rd, a->rn, a->rm, op); }

V3(FADD, a64_do_nm, ir_vfadd)
V3(FSUB, a64_do_nm, ir_vfsub)
V3(FMUL, a64_do_nm, ir_vfmul)
V3(FDIV, a64_do_nm, ir_vfdiv)
V3(FMAX, a64_do_nm, ir_vfmax)
V3(FMIN, a64_do_nm, ir_vfmin)
V3(FMAXNM, a64_do_nm, ir_vfmaxnm)
V3(FMINNM, a64_do_nm, ir_vfminnm)
V3(FMLA, a64_do_dnm, fmla)
V3(FMLS, a64_do_dnm, fmls)
V3(FADDP, a64_do_pairs, ir_vfadd)
V3(FMAXP, a64_do_pairs, ir_vfmax)
V3(FMINP, a64_do_pairs, ir_vfmin)
V3(FMAXNMP, a64_do_pairs, ir_vfmaxnm)
V3(FMINNMP, a64_do_pairs, ir_vfminnm)
V3_SCALAR(FMULX, a64_do_nm, ir_vfmulx)
V3_SCALAR(FABD, a64_do_nm, fabd)
V3_SCALAR(FCMEQ, a64_do_nm, ir_vfcmeq)
V3_SCALAR(FCMGE, a64_do_nm, ir_vfcmge)
V3_SCALAR(FCMGT, a64_do_nm, ir_vfcmgt)
V3_SCALAR(FACGE, a64_do_nm, facge)
V3_SCALAR(FACGT, a64_do_nm, facgt)
V3_SCALAR(FRECPS, a64_do_nm, ir_vfrecps)
V3_SCALAR(FRSQRTS, a64_do_nm, ir_vfrsqrts)

/* --- two-register miscellaneous: <op> Vd.T, Vn.T{, #0.0} and <op> Vd, Vn{, #0.0} -------------- */

#define V2(NAME, op)                                                                               \
    TRANS(NAME##_v) { return a64_do_n(s, FP_VLANE, a->rd, a->rn, op); }                            \
    TRANS(NAME##_vh) { return a64_do_n(s, FP_VLANE_H, a->rd, a->rn, op); }
#define S2(NAME, op)                                                                               \
    TRANS(NAME##_s) { return a64_do_n(s, FP_SLANE, a->rd, a->rn, op); }                            \
    TRANS(NAME##_sh) { return a64_do_n(s, FP_SLANE_H, a->rd, a->rn, op); }
#define V2_ZERO(NAME, op)                                                                          \
    TRANS(NAME##_vz) { return a64_do_n(s, FP_VLANE, a->rd, a->rn, op); }                           \
    TRANS(NAME##_vzh) { return a64_do_n(s, FP_VLANE_H, a->rd, a->rn, op); }                        \
    TRANS(NAME##_sz) { return a64_do_n(s, FP_SLANE, a->rd, a->rn, op); }                           \
    TRANS(NAME##_szh) { return a64_do_n(s, FP_SLANE_H, a->rd, a->rn, op); }

V2(FABS, a64_fabs)
V2(FNEG, a64_fneg)
V2(FSQRT, ir_vfsqrt)
V2(FRINTN, a64_frintn)
V2(FRINTP, a64_frintp)
V2(FRINTM, a64_frintm)
V2(FRINTZ, a64_frintz)
V2(FRINTA, a64_frinta)
V2(FRINTX, a64_frintx)
V2(FRINTI, a64_frinti)
V2(FRECPE, ir_vfrecpe)
S2(FRECPE, ir_vfrecpe)
V2(FRSQRTE, ir_vfrsqrte)
S2(FRSQRTE, ir_vfrsqrte)
S2(FRECPX, ir_vfrecpx)
V2_ZERO(FCMEQ, fcmeq0)
V2_ZERO(FCMGE, fcmge0)
V2_ZERO(FCMGT, fcmgt0)
V2_ZERO(FCMLE, fcmle0)
V2_ZERO(FCMLT, fcmlt0)
V2(FCVTNS, fcvtns)
S2(FCVTNS, fcvtns)
V2(FCVTNU, fcvtnu)
S2(FCVTNU, fcvtnu)
V2(FCVTPS, fcvtps)
S2(FCVTPS, fcvtps)
V2(FCVTPU, fcvtpu)
S2(FCVTPU, fcvtpu)
V2(FCVTMS, fcvtms)
S2(FCVTMS, fcvtms)
V2(FCVTMU, fcvtmu)
S2(FCVTMU, fcvtmu)
V2(FCVTZS, fcvtzs)
S2(FCVTZS, fcvtzs)
V2(FCVTZU, fcvtzu)
S2(FCVTZU, fcvtzu)
V2(FCVTAS, fcvtas)
S2(FCVTAS, fcvtas)
V2(FCVTAU, fcvtau)
S2(FCVTAU, fcvtau)
V2(SCVTF, scvtf)
S2(SCVTF, scvtf)
V2(UCVTF, ucvtf)
S2(UCVTF, ucvtf)

/* FCVTN{2} Vd.Tb, Vn.Ta: single to half, double to single */
TRANS(FCVTN_v)
{
    const unsigned to = IR_LANE_H + a->sz;
    const ir_ref n = a64_v(s, a->rn);
    a64_put_half(s, a->q, a->rd,
                 ir_vfcvt(s->ir, IR_LANE(to + 1, IR_LANES_128), n, to, IR_ROUND_DYN));
    return true;
}

/* FCVTL{2} Vd.Ta, Vn.Tb: half to single, single to double */
TRANS(FCVTL_v)
{
    const unsigned from = IR_LANE_H + a->sz;
    const ir_ref n = a64_half(s, a->q, a->rn);
    a64_put_v(s, a->rd, ir_vfcvt(s->ir, IR_LANE(from, IR_LANES_64), n, from + 1, IR_ROUND_DYN));
    return true;
}

/* FCVTXN{2} Vd.Tb, Vn.2D and FCVTXN Sd, Dn: to odd */
TRANS(FCVTXN_v)
{
    const ir_ref n = a64_v(s, a->rn);
    a64_put_half(s, a->q, a->rd, ir_vfcvt(s->ir, IR_LANE_D, n, IR_LANE_S, FP_RODD));
    return true;
}
TRANS(FCVTXN_s)
{
    const uint8_t source = IR_LANE(IR_LANE_D, IR_LANES_1);
    const ir_ref v = ir_vfcvt(s->ir, source, a64_v(s, a->rn), IR_LANE_S, FP_RODD);
    a64_put_v_scalar(s, a->rd, IR_LANE_S, v);
    return true;
}

/* --- to and from fixed point: <op> Vd.T, Vn.T, #fbits and <op> Vd, Vn, #fbits ----------------- */

static ir_ref fcvtzs_fixed(struct ir *ir, uint8_t lane, ir_ref n, int64_t fbits)
{
    return ir_vftos(ir, lane, n, fbits, FP_RZ);
}
static ir_ref fcvtzu_fixed(struct ir *ir, uint8_t lane, ir_ref n, int64_t fbits)
{
    return ir_vftou(ir, lane, n, fbits, FP_RZ);
}

/* immh:immb = 2 * esize - fbits, of which `imm` is what the row's literal bits leave. */
static bool fixed(struct a64_lift *s, uint8_t lane, unsigned imm, unsigned rd, unsigned rn,
                  a64_opi *op)
{
    a64_put_lane(s, rd, lane, op(s->ir, lane, a64_v(s, rn), a64_esize(lane) - imm));
    return true;
}

#define V_FIXED(size) a64_vlane(a->q, size, SIZE_HS)
#define FIXED(NAME, op)                                                                            \
    TRANS(NAME##_vih) { return fixed(s, V_FIXED(IR_LANE_H), a->imm, a->rd, a->rn, op); }           \
    TRANS(NAME##_vis) { return fixed(s, V_FIXED(IR_LANE_S), a->imm, a->rd, a->rn, op); }           \
    TRANS(NAME##_vid) { return fixed(s, IR_LANE_D, a->imm, a->rd, a->rn, op); }                    \
    TRANS(NAME##_sih) { return fixed(s, FP_SLANE_H, a->imm, a->rd, a->rn, op); }                   \
    TRANS(NAME##_sis)                                                                              \
    {                                                                                              \
        return fixed(s, IR_LANE(IR_LANE_S, IR_LANES_1), a->imm, a->rd, a->rn, op);                 \
    }                                                                                              \
    TRANS(NAME##_sid)                                                                              \
    {                                                                                              \
        return fixed(s, IR_LANE(IR_LANE_D, IR_LANES_1), a->imm, a->rd, a->rn, op);                 \
    }
FIXED(SCVTF, ir_vstof)
FIXED(UCVTF, ir_vutof)
FIXED(FCVTZS, fcvtzs_fixed)
FIXED(FCVTZU, fcvtzu_fixed)

/* --- pairwise scalar: <op> Vd, Vn.2T ---------------------------------------------------------- */

static bool pair_scalar(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, a64_op2 *op)
{
    const ir_ref n = a64_v(s, rn);
    a64_put_lane(s, rd, lane, op(s->ir, lane, n, ir_vdupl(s->ir, lane & 3, n, 1)));
    return true;
}
#define PAIR_SCALAR(NAME, op)                                                                      \
    TRANS(NAME##_s) { return pair_scalar(s, FP_SLANE, a->rd, a->rn, op); }                         \
    TRANS(NAME##_sh) { return pair_scalar(s, FP_SLANE_H, a->rd, a->rn, op); }
PAIR_SCALAR(FADDP, ir_vfadd)
PAIR_SCALAR(FMAXP, ir_vfmax)
PAIR_SCALAR(FMINP, ir_vfmin)
PAIR_SCALAR(FMAXNMP, ir_vfmaxnm)
PAIR_SCALAR(FMINNMP, ir_vfminnm)

/* --- across lanes: <op> Vd, Vn.T -------------------------------------------------------------- */

/* Reduce(): pairs of neighbours first, then pairs of results.  Computing 64 bits where two
 * elements are left repeats them, which changes no flag. */
static bool across(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, a64_op2 *op)
{
    const uint8_t size = lane & 3;
    ir_ref v = a64_v(s, rn);
    for (unsigned n = ir_lane_count(lane); n > 1; n /= 2) {
        /* 8H: 4 results; 4H, 4S: 2; then 1 */
        const uint8_t results = n == 2 ? IR_LANE(size, IR_LANES_1) : IR_LANE(size, IR_LANES_64);
        if (n * ir_lane_bytes(lane) <= 8) {
            v = ir_vzip1(s->ir, IR_LANE_D, v, v);
        }
        v = op(s->ir, results, ir_vuzp1(s->ir, size, v, v), ir_vuzp2(s->ir, size, v, v));
    }
    a64_put_v_scalar(s, rd, size, v);
    return true;
}
#define ACROSS(NAME, op)                                                                           \
    TRANS(NAME##_v) { return across(s, IR_LANE_S, a->rd, a->rn, op); }                             \
    TRANS(NAME##_vh) { return across(s, FP_VLANE_H, a->rd, a->rn, op); }
ACROSS(FMAXV, ir_vfmax)
ACROSS(FMINV, ir_vfmin)
ACROSS(FMAXNMV, ir_vfmaxnm)
ACROSS(FMINNMV, ir_vfminnm)

/* --- by element: <op> Vd.T, Vn.T, Vm.Ts[index] and <op> Vd, Vn, Vm.Ts[index] ------------------ */

#define BY_ELEMENT(NAME, shape, op)                                                                \
    TRANS(NAME##_ve)                                                                               \
    {                                                                                              \
        return shape(s, FP_VLANE, a->rd, a->rn, ELEMENT(IR_LANE_S + a->sz), op);                   \
    }                                                                                              \
    TRANS(NAME##_veh) { return shape(s, FP_VLANE_H, a->rd, a->rn, ELEMENT(IR_LANE_H), op); }       \
    TRANS(NAME##_se)                                                                               \
    {                                                                                              \
        return shape(s, FP_SLANE, a->rd, a->rn, ELEMENT(IR_LANE_S + a->sz), op);                   \
    }                                                                                              \
    TRANS(NAME##_seh) { return shape(s, FP_SLANE_H, a->rd, a->rn, ELEMENT(IR_LANE_H), op); }
BY_ELEMENT(FMUL, a64_do_nv, ir_vfmul)
BY_ELEMENT(FMULX, a64_do_nv, ir_vfmulx)
BY_ELEMENT(FMLA, a64_do_dnv, fmla)
BY_ELEMENT(FMLS, a64_do_dnv, fmls)

/* --- half products added to singles: FMLAL, FMLSL{2} ------------------------------------------ */

/* The half of Vn that counts (of 64 bits, or of 128 if q) in the low bits; `second`: the upper. */
static ir_ref fmlal_source(struct a64_lift *s, unsigned q, bool second, unsigned r)
{
    const ir_ref v = a64_v(s, r);
    if (!second) {
        return v;
    }
    return q ? ir_vhi64(s->ir, IR_LANE_D, v) : ir_vushr(s->ir, IR_LANE_D, v, 32);
}

static bool fmlal(struct a64_lift *s, unsigned q, unsigned rd, ir_ref n, ir_ref m, unsigned mod)
{
    const uint8_t lane = IR_LANE(IR_LANE_S, q ? IR_LANES_128 : IR_LANES_64);
    a64_put_lane(s, rd, lane, ir_vfmlal(s->ir, lane, a64_v(s, rd), n, m, mod));
    return true;
}

/* <op> Vd.Ta, Vn.Tb, Vm.Tb and <op> Vd.Ta, Vn.Tb, Vm.H[index] */
#define FMLAL(NAME, second, mod)                                                                   \
    TRANS(NAME##_v)                                                                                \
    {                                                                                              \
        return fmlal(s, a->q, a->rd, fmlal_source(s, a->q, second, a->rn),                         \
                     fmlal_source(s, a->q, second, a->rm), mod);                                   \
    }                                                                                              \
    TRANS(NAME##_ve)                                                                               \
    {                                                                                              \
        return fmlal(s, a->q, a->rd, fmlal_source(s, a->q, second, a->rn), ELEMENT(IR_LANE_H),     \
                     mod);                                                                         \
    }
FMLAL(FMLAL, false, 0)
FMLAL(FMLSL, false, IR_FMA_NEGB)
FMLAL(FMLAL2, true, 0)
FMLAL(FMLSL2, true, IR_FMA_NEGB)

/* --- complex numbers -------------------------------------------------------------------------- */

/* Lane of FCADD and FCMLA; half precision also needs FP16. */
static uint8_t complex_lane(const struct a64_lift *s, unsigned q, unsigned size)
{
    const unsigned sizes = a64_has(s, A64_FEAT_FP16) ? SIZE_HS | SIZE_D : SIZE_S | SIZE_D;
    return a64_vlane(q, size, sizes);
}

/* FCADD Vd.T, Vn.T, Vm.T, #rotate */
TRANS(FCADD_v)
{
    const uint8_t lane = complex_lane(s, a->q, a->size);
    if (lane == A64_RESERVED) {
        return false;
    }
    const ir_ref n = a64_v(s, a->rn), m = a64_v(s, a->rm);
    a64_put_lane(s, a->rd, lane, simd_fcadd(s->ir, lane, n, m, a->rot));
    return true;
}

static bool fcmla(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, ir_ref m,
                  unsigned rot)
{
    a64_put_lane(s, rd, lane, simd_fcmla(s->ir, lane, a64_v(s, rd), a64_v(s, rn), m, rot));
    return true;
}

/* FCMLA Vd.T, Vn.T, Vm.T, #rotate */
TRANS(FCMLA_v)
{
    const uint8_t lane = complex_lane(s, a->q, a->size);
    return lane != A64_RESERVED && fcmla(s, lane, a->rd, a->rn, a64_v(s, a->rm), a->rot);
}

/* FCMLA Vd.T, Vn.T, Vm.Ts[index], #rotate: an element is a pair of numbers */
TRANS(FCMLA_veh)
{
    const uint8_t lane = complex_lane(s, a->q, IR_LANE_H);
    if (lane == A64_RESERVED || (a->h && !a->q)) {
        return false;
    }
    const ir_ref m = ir_vdupl(s->ir, IR_LANE_S, a64_v(s, a->m << 4 | a->rm), a->h << 1 | a->l);
    return fcmla(s, lane, a->rd, a->rn, m, a->rot);
}
TRANS(FCMLA_ves)
{
    if (a->l) {
        return false;
    }
    const ir_ref m = ir_vdupl(s->ir, IR_LANE_D, a64_v(s, a->m << 4 | a->rm), a->h);
    return fcmla(s, IR_LANE_S, a->rd, a->rn, m, a->rot);
}
