/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 Advanced SIMD (ARM ARM F6.1): the shapes of a32_neon.h, integer arithmetic, comparison,
 * logic, products, cryptography.
 */
#include "frontends/arm/a32_neon.h"

/* --- shapes ------------------------------------------------------------------------------------------ */

ir_ref neon_const(struct a32_lift *s, unsigned size, uint64_t bits)
{
    const unsigned esize = 8u << size;
    if (esize < 64) {
        bits &= (UINT64_C(1) << esize) - 1;
        bits *= ~UINT64_C(0) / ((UINT64_C(1) << esize) - 1);
    }
    return ir_vconst(s->ir, bits, bits);
}

/* May the instruction be lifted?  Then its condition is taken care of. */
static bool begin(struct a32_lift *s, unsigned q, uint8_t lane, unsigned some, unsigned more)
{
    if (lane == A32_RESERVED || !a32_dq_ok(s, q, some, more)) {
        return false;
    }
    a32_guard(s);
    return true;
}

bool neon_m(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vm, a32_op1 *op)
{
    if (!begin(s, q, lane, vd, vm)) {
        return false;
    }
    a32_put_dq(s, q, vd, op(s->ir, lane, a32_dq(s, q, vm)));
    return true;
}

bool neon_nm(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vn, unsigned vm,
             a32_op2 *op)
{
    if (!begin(s, q, lane, vd | vn, vm)) {
        return false;
    }
    a32_put_dq(s, q, vd, op(s->ir, lane, a32_dq(s, q, vn), a32_dq(s, q, vm)));
    return true;
}

bool neon_dnm(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vn, unsigned vm,
              a32_op3 *op)
{
    if (!begin(s, q, lane, vd | vn, vm)) {
        return false;
    }
    const ir_ref d = a32_dq(s, q, vd);
    a32_put_dq(s, q, vd, op(s->ir, lane, d, a32_dq(s, q, vn), a32_dq(s, q, vm)));
    return true;
}

bool neon_mi(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vm, unsigned imm,
             a32_opi *op)
{
    if (!begin(s, q, lane, vd, vm)) {
        return false;
    }
    a32_put_dq(s, q, vd, op(s->ir, lane, a32_dq(s, q, vm), imm));
    return true;
}

bool neon_dmi(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vm, unsigned imm,
              a32_op2i *op)
{
    if (!begin(s, q, lane, vd, vm)) {
        return false;
    }
    a32_put_dq(s, q, vd, op(s->ir, lane, a32_dq(s, q, vd), a32_dq(s, q, vm), imm));
    return true;
}

ir_ref neon_element(struct a32_lift *s, unsigned size, unsigned m, unsigned vm)
{
    if (size == IR_LANE_H) {
        return ir_vdupl(s->ir, IR_LANE_H, a32_d(s, vm & 7), m << 1 | vm >> 3);
    }
    return size == IR_LANE_S ? ir_vdupl(s->ir, IR_LANE_S, a32_d(s, vm), m) : 0;
}

bool neon_ne(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vn, ir_ref e,
             a32_op2 *op)
{
    if (!e || !begin(s, q, lane, vd, vn)) {
        return false;
    }
    a32_put_dq(s, q, vd, op(s->ir, lane, a32_dq(s, q, vn), e));
    return true;
}

bool neon_dne(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vn, ir_ref e,
              a32_op3 *op)
{
    if (!e || !begin(s, q, lane, vd, vn)) {
        return false;
    }
    a32_put_dq(s, q, vd, op(s->ir, lane, a32_dq(s, q, vd), a32_dq(s, q, vn), e));
    return true;
}

bool neon_pairs(struct a32_lift *s, uint8_t lane, unsigned vd, unsigned vn, unsigned vm, a32_op2 *op)
{
    if (!begin(s, 0, lane, vd | vn, vm)) {
        return false;
    }
    const ir_ref both = ir_vzip1(s->ir, IR_LANE_D, a32_d(s, vn), a32_d(s, vm));
    const ir_ref even = ir_vuzp1(s->ir, lane & 3, both, both);
    const ir_ref odd = ir_vuzp2(s->ir, lane & 3, both, both);
    a32_put_d(s, vd, op(s->ir, lane, even, odd));
    return true;
}

/* --- operations that are more than one op ---------------------------------------------------------------- */

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
#define FOLDED(name, outer, inner)                                                                 \
    static ir_ref name(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)                  \
    {                                                                                              \
        return outer(ir, lane, d, inner(ir, lane, n, m));                                          \
    }
FOLDED(saba, ir_vadd, ir_vsabd)
FOLDED(uaba, ir_vadd, ir_vuabd)
FOLDED(mla, ir_vadd, ir_vmul)
FOLDED(mls, ir_vsub, ir_vmul)
/* Shifts by register have the operands the other way round. */
#define SWAPPED(name, op)                                                                          \
    static ir_ref name(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m) { return op(ir, lane, m, n); }
SWAPPED(sshl, ir_vsshl)
SWAPPED(ushl, ir_vushl)
SWAPPED(srshl, ir_vsrshl)
SWAPPED(urshl, ir_vurshl)
SWAPPED(sqshl, ir_vsqshl)
SWAPPED(uqshl, ir_vuqshl)
SWAPPED(sqrshl, ir_vsqrshl)
SWAPPED(uqrshl, ir_vuqrshl)
#define REVERSED(name, unit)                                                                       \
    static ir_ref name(struct ir *ir, uint8_t lane, ir_ref m) { return ir_vrev(ir, lane, m, unit); }
REVERSED(rev16, 2)
REVERSED(rev32, 4)
REVERSED(rev64, 8)
#define ZERO ir_vconst(ir, 0, 0)
static ir_ref cgtz(struct ir *ir, uint8_t lane, ir_ref m) { return ir_vcmpgt(ir, lane, m, ZERO); }
static ir_ref cgez(struct ir *ir, uint8_t lane, ir_ref m) { return ir_vcmpge(ir, lane, m, ZERO); }
static ir_ref ceqz(struct ir *ir, uint8_t lane, ir_ref m) { return ir_vcmpeq(ir, lane, m, ZERO); }
static ir_ref clez(struct ir *ir, uint8_t lane, ir_ref m) { return ir_vcmpge(ir, lane, ZERO, m); }
static ir_ref cltz(struct ir *ir, uint8_t lane, ir_ref m) { return ir_vcmpgt(ir, lane, ZERO, m); }

/* --- three of the same length: <op>.<dt> Qd, Qn, Qm; Dd, Dn, Dm ------------------------------------------- */

#define LANE(sizes) neon_lane(a->q, a->size, sizes)
#define NM(NAME, sizes, op)                                                                        \
    TRANS(NAME) { return neon_nm(s, a->q, LANE(sizes), D_VD, D_VN, D_VM, op); }
#define DNM(NAME, sizes, op)                                                                       \
    TRANS(NAME) { return neon_dnm(s, a->q, LANE(sizes), D_VD, D_VN, D_VM, op); }
/* signed or unsigned */
#define NM_SU(NAME, sizes, sop, uop) NM(NAME, sizes, a->u ? uop : sop)

NM_SU(VHADD, SIZE_BHS, ir_vshadd, ir_vuhadd)
NM_SU(VRHADD, SIZE_BHS, ir_vsrhadd, ir_vurhadd)
NM_SU(VHSUB, SIZE_BHS, ir_vshsub, ir_vuhsub)
NM_SU(VQADD, SIZE_BHSD, ir_vsqadd, ir_vuqadd)
NM_SU(VQSUB, SIZE_BHSD, ir_vsqsub, ir_vuqsub)
NM_SU(VCGT_i, SIZE_BHS, ir_vcmpgt, ir_vcmphi)
NM_SU(VCGE_i, SIZE_BHS, ir_vcmpge, ir_vcmphs)
NM_SU(VSHL_i, SIZE_BHSD, sshl, ushl)
NM_SU(VRSHL_i, SIZE_BHSD, srshl, urshl)
NM_SU(VQSHL_i, SIZE_BHSD, sqshl, uqshl)
NM_SU(VQRSHL_i, SIZE_BHSD, sqrshl, uqrshl)
NM_SU(VMAX_i, SIZE_BHS, ir_vsmax, ir_vumax)
NM_SU(VMIN_i, SIZE_BHS, ir_vsmin, ir_vumin)
NM_SU(VABD_i, SIZE_BHS, ir_vsabd, ir_vuabd)
DNM(VABA_i, SIZE_BHS, a->u ? uaba : saba)
NM(VADD_i, SIZE_BHSD, ir_vadd)
NM(VSUB_i, SIZE_BHSD, ir_vsub)
NM(VTST, SIZE_BHS, ir_vtst)
NM(VCEQ_i, SIZE_BHS, ir_vcmpeq)
DNM(VMLA_i, SIZE_BHS, mla)
DNM(VMLS_i, SIZE_BHS, mls)
NM(VMUL_i, SIZE_BHS, ir_vmul)
NM(VMUL_p, SIZE_B, ir_vpmul)
NM(VQDMULH, SIZE_HS, ir_vsqdmulh)
NM(VQRDMULH, SIZE_HS, ir_vsqrdmulh)
DNM(VQRDMLAH, SIZE_HS, ir_vsqrdmlah)
DNM(VQRDMLSH, SIZE_HS, ir_vsqrdmlsh)

/* VPMAX, VPMIN, VPADD.<dt> Dd, Dn, Dm */
#define PAIRS(NAME, op)                                                                            \
    TRANS(NAME) { return !a->q && neon_pairs(s, LANE(SIZE_BHS), D_VD, D_VN, D_VM, op); }
PAIRS(VPMAX_i, a->u ? ir_vumax : ir_vsmax)
PAIRS(VPMIN_i, a->u ? ir_vumin : ir_vsmin)
PAIRS(VPADD_i, ir_vadd)

/* VAND, VBIC, VORR (VMOV), VORN; VEOR, VBSL, VBIT, VBIF Qd, Qn, Qm; Dd, Dn, Dm */
TRANS(VLOGIC)
{
    static a32_op2 *const two[4] = {ir_vand, ir_vandn, orr, ir_vorn};
    static a32_op3 *const three[4] = {NULL, ir_vbsl, bit, bif};
    const uint8_t lane = neon_lane(a->q, IR_LANE_B, SIZE_B);
    if (a->u && a->size) {
        return neon_dnm(s, a->q, lane, D_VD, D_VN, D_VM, three[a->size]);
    }
    return neon_nm(s, a->q, lane, D_VD, D_VN, D_VM, a->u ? ir_vxor : two[a->size]);
}

/* --- three of different lengths ------------------------------------------------------------------------------ */

/* VADDL, VSUBL.<dt> Qd, Dn, Dm; VADDW, VSUBW.<dt> Qd, Qn, Dm */
static bool widened(struct a32_lift *s, const struct a32_args_d_m_n_size_u_vd_vm_vn *a, bool wide,
                    a32_op2 *op)
{
    a32_op1 *const widen = a->u ? ir_vuxtl : ir_vsxtl;
    const uint8_t lane = (uint8_t)a->size;
    if (!begin(s, 1, lane, D_VD, wide ? D_VN : 0)) {
        return false;
    }
    const ir_ref n = wide ? a32_dq(s, 1, D_VN) : widen(s->ir, lane, a32_d(s, D_VN));
    const ir_ref m = widen(s->ir, lane, a32_d(s, D_VM));
    a32_put_dq(s, 1, D_VD, op(s->ir, a32_wider(lane), n, m));
    return true;
}
TRANS(VADDL) { return widened(s, a, false, ir_vadd); }
TRANS(VSUBL) { return widened(s, a, false, ir_vsub); }
TRANS(VADDW) { return widened(s, a, true, ir_vadd); }
TRANS(VSUBW) { return widened(s, a, true, ir_vsub); }

/* V{R}ADDHN, V{R}SUBHN.<dt> Dd, Qn, Qm.  A rounding carry out of the wide element is lost in the
 * narrowing. */
static bool high_narrow(struct a32_lift *s, const struct a32_args_d_m_n_r_size_vd_vm_vn *a, a32_op2 *op)
{
    const uint8_t wide = a32_wider((uint8_t)a->size);
    if (!begin(s, 1, wide, D_VN, D_VM)) {
        return false;
    }
    const ir_ref v = op(s->ir, wide, a32_dq(s, 1, D_VN), a32_dq(s, 1, D_VM));
    const ir_ref high = (a->r ? ir_vurshr : ir_vushr)(s->ir, wide, v, 8 << a->size);
    a32_put_d(s, D_VD, ir_vxtn(s->ir, wide, high));
    return true;
}
TRANS(VADDHN) { return high_narrow(s, a, ir_vadd); }
TRANS(VSUBHN) { return high_narrow(s, a, ir_vsub); }

static ir_ref sabdl(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return ir_vuxtl(ir, lane, ir_vsabd(ir, lane, n, m));
}
static ir_ref uabdl(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return ir_vuxtl(ir, lane, ir_vuabd(ir, lane, n, m));
}

/* Qd = op(Dn, m), or Qd = fold(Qd, op(Dn, m)) */
static bool longer(struct a32_lift *s, unsigned size, unsigned vd, unsigned vn, ir_ref m, a32_op2 *op,
                   a32_op2 *fold)
{
    if (!m || !begin(s, 1, (uint8_t)size, vd, 0)) {
        return false;
    }
    ir_ref v = op(s->ir, IR_LANE(size, IR_LANES_64), a32_d(s, vn), m);
    if (fold) {
        v = fold(s->ir, a32_wider((uint8_t)size), a32_dq(s, 1, vd), v);
    }
    a32_put_dq(s, 1, vd, v);
    return true;
}

/* <op>.<dt> Qd, Dn, Dm */
#define LONG(NAME, op, fold)                                                                       \
    TRANS(NAME) { return longer(s, a->size, D_VD, D_VN, a32_d(s, D_VM), op, fold); }
LONG(VABDL, a->u ? uabdl : sabdl, NULL)
LONG(VABAL, a->u ? uabdl : sabdl, ir_vadd)
LONG(VMULL, a->u ? ir_vumull : ir_vsmull, NULL)
LONG(VMLAL, a->u ? ir_vumull : ir_vsmull, ir_vadd)
LONG(VMLSL, a->u ? ir_vumull : ir_vsmull, ir_vsub)
#define LONG_SATURATING(NAME, fold)                                                                \
    TRANS(NAME)                                                                                    \
    {                                                                                              \
        return a->size != IR_LANE_B &&                                                             \
               longer(s, a->size, D_VD, D_VN, a32_d(s, D_VM), ir_vsqdmull, fold);                  \
    }
LONG_SATURATING(VQDMULL, NULL)
LONG_SATURATING(VQDMLAL, ir_vsqadd)
LONG_SATURATING(VQDMLSL, ir_vsqsub)

/* VMULL.P8 Qd, Dn, Dm; VMULL.P64 Qd, Dn, Dm */
TRANS(VMULL_p)
{
    const bool p64 = a->size == 2;
    if ((a->size && !p64) || (p64 && !a32_has(s, A32_FEAT_PMULL))) {
        return false;
    }
    return longer(s, p64 ? IR_LANE_D : IR_LANE_B, D_VD, D_VN, a32_d(s, D_VM), ir_vpmull, NULL);
}

/* --- by element: <op>.<dt> Qd, Qn, Dm[x]; Qd, Dn, Dm[x] ----------------------------------------------------- */

#define ELEMENT neon_element(s, a->size, a->m, a->vm)
#define NE(NAME, op)                                                                               \
    TRANS(NAME) { return neon_ne(s, a->q, LANE(SIZE_HS), D_VD, D_VN, ELEMENT, op); }
#define DNE(NAME, op)                                                                              \
    TRANS(NAME) { return neon_dne(s, a->q, LANE(SIZE_HS), D_VD, D_VN, ELEMENT, op); }
#define LONG_E(NAME, op, fold)                                                                     \
    TRANS(NAME) { return longer(s, a->size, D_VD, D_VN, ELEMENT, op, fold); }
DNE(VMLA_ie, mla)
DNE(VMLS_ie, mls)
NE(VMUL_ie, ir_vmul)
NE(VQDMULH_e, ir_vsqdmulh)
NE(VQRDMULH_e, ir_vsqrdmulh)
DNE(VQRDMLAH_e, ir_vsqrdmlah)
DNE(VQRDMLSH_e, ir_vsqrdmlsh)
LONG_E(VMULL_e, a->u ? ir_vumull : ir_vsmull, NULL)
LONG_E(VMLAL_e, a->u ? ir_vumull : ir_vsmull, ir_vadd)
LONG_E(VMLSL_e, a->u ? ir_vumull : ir_vsmull, ir_vsub)
LONG_E(VQDMULL_e, ir_vsqdmull, NULL)
LONG_E(VQDMLAL_e, ir_vsqdmull, ir_vsqadd)
LONG_E(VQDMLSL_e, ir_vsqdmull, ir_vsqsub)

/* VSDOT, VUDOT Qd, Qn, Qm; Qd, Qn, Dm[x] */
#define DOT_LANE neon_lane(a->q, IR_LANE_S, SIZE_S)
TRANS(VDOT)
{
    return neon_dnm(s, a->q, DOT_LANE, D_VD, D_VN, D_VM, a->u ? ir_vudot : ir_vsdot);
}
TRANS(VDOT_e)
{
    const ir_ref e = ir_vdupl(s->ir, IR_LANE_S, a32_d(s, a->vm), a->m);
    return neon_dne(s, a->q, DOT_LANE, D_VD, D_VN, e, a->u ? ir_vudot : ir_vsdot);
}

/* --- two registers: <op>.<dt> Qd, Qm; Dd, Dm ------------------------------------------------------------------ */

#define M(NAME, sizes, op)                                                                         \
    TRANS(NAME) { return neon_m(s, a->q, LANE(sizes), D_VD, D_VM, op); }
M(VREV64, SIZE_BHS, rev64)
M(VREV32, SIZE_B | SIZE_H, rev32)
M(VREV16, SIZE_B, rev16)
M(VCLS, SIZE_BHS, ir_vcls)
M(VCLZ, SIZE_BHS, ir_vclz)
M(VCNT, SIZE_B, ir_vcnt)
M(VMVN, SIZE_B, ir_vnot)
M(VQABS, SIZE_BHS, ir_vsqabs)
M(VQNEG, SIZE_BHS, ir_vsqneg)
M(VPADDL, SIZE_BHS, a->u ? ir_vuaddlp : ir_vsaddlp)

static ir_ref spadal(struct ir *ir, uint8_t lane, ir_ref d, ir_ref m)
{
    return ir_vadd(ir, a32_wider(lane), d, ir_vsaddlp(ir, lane, m));
}
static ir_ref upadal(struct ir *ir, uint8_t lane, ir_ref d, ir_ref m)
{
    return ir_vadd(ir, a32_wider(lane), d, ir_vuaddlp(ir, lane, m));
}
TRANS(VPADAL)
{
    return neon_nm(s, a->q, LANE(SIZE_BHS), D_VD, D_VD, D_VM, a->u ? upadal : spadal);
}

/* VCGT, VCGE, VCEQ, VCLE, VCLT, VABS, VNEG, integer (f = 0) or FP */
typedef struct a32_args_d_f_m_q_size_vd_vm fp_or_int;
static bool compare_zero(struct a32_lift *s, const fp_or_int *a, a32_op1 *integer, a32_op1 *fp)
{
    const uint8_t lane = a->f ? neon_fp_size(s, a->q, a->size) : LANE(SIZE_BHS);
    return neon_m(s, a->q, lane, D_VD, D_VM, a->f ? fp : integer);
}
static ir_ref fcgtz(struct ir *ir, uint8_t l, ir_ref m) { return neon_std(ir, ir_vfcmgt(ir, l, m, ZERO)); }
static ir_ref fcgez(struct ir *ir, uint8_t l, ir_ref m) { return neon_std(ir, ir_vfcmge(ir, l, m, ZERO)); }
static ir_ref fceqz(struct ir *ir, uint8_t l, ir_ref m) { return neon_std(ir, ir_vfcmeq(ir, l, m, ZERO)); }
static ir_ref fclez(struct ir *ir, uint8_t l, ir_ref m) { return neon_std(ir, ir_vfcmge(ir, l, ZERO, m)); }
static ir_ref fcltz(struct ir *ir, uint8_t l, ir_ref m) { return neon_std(ir, ir_vfcmgt(ir, l, ZERO, m)); }
TRANS(VCGT_z) { return compare_zero(s, a, cgtz, fcgtz); }
TRANS(VCGE_z) { return compare_zero(s, a, cgez, fcgez); }
TRANS(VCEQ_z) { return compare_zero(s, a, ceqz, fceqz); }
TRANS(VCLE_z) { return compare_zero(s, a, clez, fclez); }
TRANS(VCLT_z) { return compare_zero(s, a, cltz, fcltz); }
TRANS(VABS_n) { return compare_zero(s, a, ir_vabs, a64_fabs); }
TRANS(VNEG_n) { return compare_zero(s, a, ir_vneg, a64_fneg); }

/* --- cryptography: what the operations work on they know themselves ------------------------------------------- */

#define WHOLE IR_LANE_B
#define CRYPTO_M(NAME, op) TRANS(NAME) { return neon_m(s, 1, WHOLE, D_VD, D_VM, op); }
#define CRYPTO_DM(NAME, op) TRANS(NAME) { return neon_nm(s, 1, WHOLE, D_VD, D_VD, D_VM, op); }
#define CRYPTO_DNM(NAME, op) TRANS(NAME) { return neon_dnm(s, 1, WHOLE, D_VD, D_VN, D_VM, op); }
CRYPTO_DM(AESE, ir_vaese)
CRYPTO_DM(AESD, ir_vaesd)
CRYPTO_M(AESMC, ir_vaesmc)
CRYPTO_M(AESIMC, ir_vaesimc)
CRYPTO_DNM(SHA1C, ir_vsha1c)
CRYPTO_DNM(SHA1P, ir_vsha1p)
CRYPTO_DNM(SHA1M, ir_vsha1m)
CRYPTO_DNM(SHA1SU0, ir_vsha1su0)
CRYPTO_M(SHA1H, ir_vsha1h)
CRYPTO_DM(SHA1SU1, ir_vsha1su1)
static ir_ref sha256h(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    (void)lane;
    return simd_sha256(ir, d, n, m, false);
}
static ir_ref sha256h2(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    (void)lane;
    return simd_sha256(ir, n, d, m, true);
}
CRYPTO_DNM(SHA256H, sha256h)
CRYPTO_DNM(SHA256H2, sha256h2)
CRYPTO_DM(SHA256SU0, ir_vsha256su0)
CRYPTO_DNM(SHA256SU1, ir_vsha256su1)
