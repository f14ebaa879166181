/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 scalar floating point (ARM ARM F6.1): VFPv2 to VFPv5, half precision, moves to and from
 * general registers.  Loads and stores are in a32_vfp_ldst.c.
 *
 * Precision: sz 1 half, 2 single, 3 double.  Halves are the low 16 bits of S registers, whose others
 * become zero.  Short vectors (FPSCR.Len, deprecated since ARMv7) are UNDEFINED, as on CPUs that lack
 * them.  UNPREDICTABLE: register numbers beyond the last are UNDEFINED.
 */
#include "frontends/arm/a32_neon.h"
#include "frontends/arm/arm_state.h"

/* --- registers of a precision ------------------------------------------------------------------- */

static uint8_t scalar(unsigned sz) { return IR_LANE(sz, IR_LANES_1); }

/* The registers of a row: x and Vx, joined by precision. */
static unsigned number(unsigned sz, unsigned x, unsigned vx)
{
    return sz == IR_LANE_D ? x << 4 | vx : vx << 1 | x;
}
#define VD number(a->sz, a->d, a->vd)
#define VN number(a->sz, a->n, a->vn)
#define VM number(a->sz, a->m, a->vm)

static ir_ref get(struct a32_lift *s, unsigned sz, unsigned r)
{
    return sz == IR_LANE_D ? a32_d(s, r) : a32_s(s, r);
}

static void put(struct a32_lift *s, unsigned sz, unsigned r, ir_ref v)
{
    if (sz == IR_LANE_D) {
        a32_put_d(s, r, v);
    } else {
        a32_put_s(s, r, sz == IR_LANE_H ? ir_vzext(s->ir, IR_LANE_H, v) : v);
    }
}

/* May the instruction be lifted, with these registers?  Then its condition is taken care of. */
static bool begin(struct a32_lift *s, unsigned sz, unsigned some, unsigned more)
{
    if ((sz == IR_LANE_H && !a32_has(s, A32_FEAT_FPHP)) ||
        (sz == IR_LANE_D && !a32_dq_ok(s, 0, some, more))) {
        return false;
    }
    a32_guard(s);
    return true;
}

/* Does FPSCR say that operations on vectors are to be of vectors?  They are those of VFPv2 that compute,
 * and the fused ones. */
static bool short_vectors(const struct a32_lift *s) { return s->l->mode & A32_MODE_VECTOR; }

/* --- arithmetic: <op>.F<sz> Vd, Vn, Vm; Vd, Vm ---------------------------------------------------- */

static bool f_m(struct a32_lift *s, unsigned sz, unsigned vd, unsigned vm, a32_op1 *op)
{
    if (!begin(s, sz, vd, vm)) {
        return false;
    }
    put(s, sz, vd, op(s->ir, scalar(sz), get(s, sz, vm)));
    return true;
}

static bool f_nm(struct a32_lift *s, unsigned sz, unsigned vd, unsigned vn, unsigned vm, a32_op2 *op)
{
    if (!begin(s, sz, vd | vn, vm)) {
        return false;
    }
    put(s, sz, vd, op(s->ir, scalar(sz), get(s, sz, vn), get(s, sz, vm)));
    return true;
}

static bool f_dnm(struct a32_lift *s, unsigned sz, unsigned vd, unsigned vn, unsigned vm, a32_op3 *op)
{
    if (!begin(s, sz, vd | vn, vm)) {
        return false;
    }
    put(s, sz, vd, op(s->ir, scalar(sz), get(s, sz, vd), get(s, sz, vn), get(s, sz, vm)));
    return true;
}

/* Products are rounded before they are added; operands and products are negated, not results. */
static ir_ref nmul(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m)
{
    return a64_fneg(ir, lane, ir_vfmul(ir, lane, n, m));
}
static ir_ref mla(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vfadd(ir, lane, d, ir_vfmul(ir, lane, n, m));
}
static ir_ref mls(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vfadd(ir, lane, d, nmul(ir, lane, n, m));
}
static ir_ref nmla(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vfadd(ir, lane, a64_fneg(ir, lane, d), nmul(ir, lane, n, m));
}
static ir_ref nmls(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)
{
    return ir_vfadd(ir, lane, a64_fneg(ir, lane, d), ir_vfmul(ir, lane, n, m));
}
#define FUSED(name, mod)                                                                           \
    static ir_ref name(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m)                  \
    {                                                                                              \
        return ir_vfma(ir, lane, d, n, m, mod);                                                    \
    }
FUSED(fmadd, 0)
FUSED(fmsub, IR_FMA_NEGB)
FUSED(fnms, IR_FMA_NEGA)
FUSED(fnma, IR_FMA_NEGA | IR_FMA_NEGB)
#define RINT(name, mode)                                                                           \
    static ir_ref name(struct ir *ir, uint8_t lane, ir_ref m)                                      \
    {                                                                                              \
        return ir_vfrint(ir, lane, m, mode);                                                       \
    }
RINT(rintr, IR_ROUND_DYN)
RINT(rintz, FP_RZ)
RINT(rintx, IR_ROUND_DYN | IR_RINT_EXACT)

#define F1(NAME, op) TRANS(NAME) { return !short_vectors(s) && f_m(s, a->sz, VD, VM, op); }
#define F2(NAME, op) TRANS(NAME) { return !short_vectors(s) && f_nm(s, a->sz, VD, VN, VM, op); }
#define F3(NAME, op) TRANS(NAME) { return !short_vectors(s) && f_dnm(s, a->sz, VD, VN, VM, op); }
#define ONE(NAME, op) TRANS(NAME) { return f_m(s, a->sz, VD, VM, op); }
#define TWO(NAME, op) TRANS(NAME) { return f_nm(s, a->sz, VD, VN, VM, op); }
F3(VMLA_f, mla)
F3(VMLS_f, mls)
F3(VNMLA_f, nmla)
F3(VNMLS_f, nmls)
F2(VMUL_f, ir_vfmul)
F2(VNMUL_f, nmul)
F2(VADD_f, ir_vfadd)
F2(VSUB_f, ir_vfsub)
F2(VDIV_f, ir_vfdiv)
TWO(VMAXNM_f, ir_vfmaxnm)
TWO(VMINNM_f, ir_vfminnm)
F3(VFMA_f, fmadd)
F3(VFMS_f, fmsub)
F3(VFNMA_f, fnma)
F3(VFNMS_f, fnms)
F1(VABS_f, a64_fabs)
F1(VNEG_f, a64_fneg)
F1(VSQRT_f, ir_vfsqrt)
ONE(VRINTR_f, rintr)
ONE(VRINTZ_f, rintz)
ONE(VRINTX_f, rintx)

/* Rounding that an instruction names: A, N, P, M. */
static enum fp_round named_rounding(unsigned rm)
{
    static const uint8_t rounding[4] = {FP_RNA, FP_RNE, FP_RP, FP_RM};
    return (enum fp_round)rounding[rm];
}

/* VRINTA, VRINTN, VRINTP, VRINTM.F<sz> Vd, Vm */
TRANS(VRINT_f)
{
    if (!begin(s, a->sz, VD, VM)) {
        return false;
    }
    const ir_ref v = ir_vfrint(s->ir, scalar(a->sz), get(s, a->sz, VM), named_rounding(a->rm));
    put(s, a->sz, VD, v);
    return true;
}

/* --- moves, selection, comparison ---------------------------------------------------------------- */

/* VMOV.F<sz> Vd, #imm */
TRANS(VMOV_fi)
{
    if (short_vectors(s) || !begin(s, a->sz, VD, 0)) {
        return false;
    }
    put(s, a->sz, VD, ir_vconst(s->ir, a64_fp_imm(a->sz, a->imm4h << 4 | a->imm4l), 0));
    return true;
}

/* VMOV.F32 Sd, Sm; VMOV.F64 Dd, Dm */
TRANS(VMOV_f)
{
    const unsigned sz = a->dbl ? IR_LANE_D : IR_LANE_S;
    const unsigned vd = number(sz, a->d, a->vd), vm = number(sz, a->m, a->vm);
    if (short_vectors(s) || (a->dbl && !a32_dq_ok(s, 0, vd, vm))) {
        return false;
    }
    put(s, sz, vd, get(s, sz, vm));
    return true;
}

/* VMOVX.F16 Sd, Sm: the upper half; VINS.F16 Sd, Sm: into the upper half */
TRANS(VMOVX)
{
    if (short_vectors(s)) {
        return false;
    }
    a32_put_s(s, S_VD, ir_vzext(s->ir, IR_LANE_H, ir_vdupl(s->ir, IR_LANE_H, a32_s(s, S_VM), 1)));
    return true;
}
TRANS(VINS)
{
    if (short_vectors(s)) {
        return false;
    }
    a32_put_s(s, S_VD, ir_vinsl(s->ir, IR_LANE_H, a32_s(s, S_VD), a32_s(s, S_VM), 1, 0));
    return true;
}

/* VSELEQ, VSELVS, VSELGE, VSELGT.F<sz> Vd, Vn, Vm */
TRANS(VSEL)
{
    static const uint8_t conds[4] = {IR_EQ, IR_VS, IR_GE, IR_GT};
    const enum ir_cond cond = (enum ir_cond)conds[a->cc];
    if (!begin(s, a->sz, VD | VN, VM)) {
        return false;
    }
    const ir_ref v = ir_sel(s->ir, IR_V128, cond, a32_flags_for(s, cond), get(s, a->sz, VN),
                            get(s, a->sz, VM));
    put(s, a->sz, VD, v);
    return true;
}

/* VCMP{E}.F<sz> Vd, Vm; VCMP{E}.F<sz> Vd, #0.0 */
TRANS(VCMP_f)
{
    if (!begin(s, a->sz, VD, VM)) {
        return false;
    }
    const ir_ref flags = ir_fcmp(s->ir, scalar(a->sz), get(s, a->sz, VD), get(s, a->sz, VM), a->e);
    ir_put(s->ir, A32_SLOT_FPSCR_NZCV, flags);
    return true;
}
TRANS(VCMP_fz)
{
    if (!begin(s, a->sz, VD, 0)) {
        return false;
    }
    const ir_ref zero = ir_vconst(s->ir, 0, 0);
    ir_put(s->ir, A32_SLOT_FPSCR_NZCV,
           ir_fcmp(s->ir, scalar(a->sz), get(s, a->sz, VD), zero, a->e));
    return true;
}

/* --- conversion ------------------------------------------------------------------------------------ */

/* VCVT.F64.F32 Dd, Sm; VCVT.F32.F64 Sd, Dm */
TRANS(VCVT_f)
{
    const unsigned from = a->dbl ? IR_LANE_D : IR_LANE_S, to = a->dbl ? IR_LANE_S : IR_LANE_D;
    const unsigned vd = number(to, a->d, a->vd), vm = number(from, a->m, a->vm);
    if (!begin(s, IR_LANE_D, a->dbl ? vm : vd, 0)) {
        return false;
    }
    put(s, to, vd, ir_vfcvt(s->ir, scalar(from), get(s, from, vm), to, IR_ROUND_DYN));
    return true;
}

/* VCVTB, VCVTT.F32.F16 Sd, Sm; .F64.F16 Dd, Sm: from the lower or the upper half */
TRANS(VCVT_fh)
{
    const unsigned to = a->dbl ? IR_LANE_D : IR_LANE_S, vd = number(to, a->d, a->vd);
    if ((a->dbl && !a32_has(s, A32_FEAT_V8)) || !begin(s, to, vd, 0)) {
        return false;
    }
    ir_ref h = a32_s(s, S_VM);
    if (a->t) {
        h = ir_vdupl(s->ir, IR_LANE_H, h, 1);
    }
    put(s, to, vd, ir_vfcvt(s->ir, scalar(IR_LANE_H), h, to, IR_ROUND_DYN));
    return true;
}

/* VCVTB, VCVTT.F16.F32 Sd, Sm; .F16.F64 Sd, Dm: the other half is unchanged */
TRANS(VCVT_hf)
{
    const unsigned from = a->dbl ? IR_LANE_D : IR_LANE_S, vm = number(from, a->m, a->vm);
    if ((a->dbl && !a32_has(s, A32_FEAT_V8)) || !begin(s, from, vm, 0)) {
        return false;
    }
    const ir_ref h = ir_vfcvt(s->ir, scalar(from), get(s, from, vm), IR_LANE_H, IR_ROUND_DYN);
    a32_put_s(s, S_VD, ir_vinsl(s->ir, IR_LANE_H, a32_s(s, S_VD), h, a->t, 0));
    return true;
}

/* FP to a word of an S register */
static bool to_word(struct a32_lift *s, unsigned sz, bool sign, unsigned sd, unsigned vm,
                    unsigned round)
{
    if (!begin(s, sz, sz == IR_LANE_D ? vm : 0, 0)) {
        return false;
    }
    const ir_ref v = get(s, sz, vm);
    const ir_ref x = sign ? ir_ftos(s->ir, IR_I32, scalar(sz), v, 0, round)
                          : ir_ftou(s->ir, IR_I32, scalar(sz), v, 0, round);
    a32_put_s(s, sd, ir_vfromi(s->ir, IR_I32, IR_LANE_S, x));
    return true;
}

/* VCVT.S32/U32.F<sz> Sd, Vm: towards zero; VCVTR: as FPSCR says */
TRANS(VCVT_intf) { return to_word(s, a->sz, a->s, S_VD, VM, a->z ? FP_RZ : IR_ROUND_DYN); }
/* VCVTA, VCVTN, VCVTP, VCVTM.S32/U32.F<sz> Sd, Vm */
TRANS(VCVT_frm) { return to_word(s, a->sz, a->s, S_VD, VM, named_rounding(a->rm)); }

/* VCVT.F<sz>.S32/U32 Vd, Sm */
TRANS(VCVT_fint)
{
    if (!begin(s, a->sz, a->sz == IR_LANE_D ? VD : 0, 0)) {
        return false;
    }
    const ir_ref x = ir_vtoi(s->ir, IR_I32, IR_LANE_S, a32_s(s, S_VM), 0);
    put(s, a->sz, VD, a->s ? ir_stof(s->ir, IR_I32, scalar(a->sz), x, 0)
                           : ir_utof(s->ir, IR_I32, scalar(a->sz), x, 0));
    return true;
}

/* Fixed point numbers of `bits` in the low bits of a register, as a word. */
static ir_ref fixed_word(struct a32_lift *s, ir_ref v, unsigned bits, bool is_unsigned)
{
    const uint8_t lane = bits == 16 ? IR_LANE_H : IR_LANE_S;
    return is_unsigned ? ir_vtoi(s->ir, IR_I32, lane, v, 0) : ir_vtois(s->ir, IR_I32, lane, v, 0);
}

/* To nearest whatever FPSCR says: single precision by way of double, which is exact. */
static ir_ref from_fixed(struct a32_lift *s, unsigned sz, ir_ref x, bool is_unsigned, unsigned fbits)
{
    const uint8_t lane = scalar(sz == IR_LANE_H ? IR_LANE_H : IR_LANE_D);
    const ir_ref v = is_unsigned ? ir_utof(s->ir, IR_I32, lane, x, fbits)
                                 : ir_stof(s->ir, IR_I32, lane, x, fbits);
    if (sz == IR_LANE_H) {
        s->ir->ops[v].mod = FP_RNE;
    }
    return sz == IR_LANE_S ? ir_vfcvt(s->ir, lane, v, IR_LANE_S, FP_RNE) : v;
}

/* The result fills the register: extended to 64 bits in a D register. */
static ir_ref to_fixed(struct a32_lift *s, unsigned sz, ir_ref v, unsigned bits, bool is_unsigned,
                       unsigned fbits)
{
    struct ir *ir = s->ir;
    ir_ref x;
    if (bits == 32) {
        x = is_unsigned ? ir_ftou(ir, IR_I32, scalar(sz), v, fbits, FP_RZ)
                        : ir_ftos(ir, IR_I32, scalar(sz), v, fbits, FP_RZ);
    } else {
        const ir_ref how = ir_const(ir, IR_I64, sz | (unsigned)is_unsigned << 2 | fbits << 3);
        x = ir_trunc(ir, ir_call(ir, A32_H_to_fixed16, ir_vtoi(ir, IR_I64, IR_LANE_D, v, 0), how, 0,
                                 0));
    }
    if (sz != IR_LANE_D) {
        return ir_vfromi(ir, IR_I32, IR_LANE_S, x);
    }
    return ir_vfromi(ir, IR_I64, IR_LANE_D, is_unsigned ? ir_zext64(ir, x) : ir_sext64(ir, x));
}

/* VCVT.<F>.<S|U><16|32> Vd, Vd, #fbits and back */
TRANS(VCVT_fx)
{
    const unsigned bits = a->sx ? 32 : 16, imm = a->imm4 << 1 | a->i, fbits = bits - imm;
    if (imm > bits || !begin(s, a->sz, VD, 0)) {
        return false;
    }
    const ir_ref v = get(s, a->sz, VD);
    if (a->to && a->sz == IR_LANE_H) { /* the word is not cleared above */
        a32_put_s(s, VD, to_fixed(s, a->sz, v, bits, a->u, fbits));
    } else if (a->to) {
        put(s, a->sz, VD, to_fixed(s, a->sz, v, bits, a->u, fbits));
    } else {
        put(s, a->sz, VD, from_fixed(s, a->sz, fixed_word(s, v, bits, a->u), a->u, fbits));
    }
    return true;
}

/* VJCVT.S32.F64 Sd, Dm: Z says that nothing was lost */
TRANS(VJCVT)
{
    if (!begin(s, IR_LANE_D, D_VM, 0)) {
        return false;
    }
    const ir_ref r = ir_fjcvt(s->ir, scalar(IR_LANE_D), a32_d(s, D_VM));
    const ir_ref z = ir_trunc(s->ir, ir_ubfx(s->ir, IR_I64, r, 32, 1));
    const ir_ref nzcv = ir_shl(s->ir, IR_I32, z, a32_imm(s, 30));
    a32_put_s(s, S_VD, ir_vfromi(s->ir, IR_I32, IR_LANE_S, ir_trunc(s->ir, r)));
    ir_put(s->ir, A32_SLOT_FPSCR_NZCV, ir_flags_nzcv(s->ir, nzcv));
    return true;
}

/* --- to and from general registers -------------------------------------------------------------------- */

/* VMOV Rt, Sn; VMOV Sn, Rt */
TRANS(VMOV_fr)
{
    if (a->rt == 15) {
        return false;
    }
    if (a->to) {
        a32_put_r(s, a->rt, ir_vtoi(s->ir, IR_I32, IR_LANE_S, a32_s(s, S_VN), 0));
    } else {
        a32_put_s(s, S_VN, ir_vfromi(s->ir, IR_I32, IR_LANE_S, a32_r(s, a->rt)));
    }
    return true;
}

/* VMOV.F16 Rt, Sn; VMOV.F16 Sn, Rt */
TRANS(VMOV_hr)
{
    if (a->rt == 15) {
        return false;
    }
    if (a->to) {
        a32_put_r(s, a->rt, ir_vtoi(s->ir, IR_I32, IR_LANE_H, a32_s(s, S_VN), 0));
    } else {
        const ir_ref h = ir_zext(s->ir, IR_I32, a32_r(s, a->rt), 16);
        a32_put_s(s, S_VN, ir_vfromi(s->ir, IR_I32, IR_LANE_S, h));
    }
    return true;
}

/* Size and index of an element from opc1:opc2; false if reserved.  Bytes and halves are Advanced
 * SIMD's. */
static bool element(const struct a32_lift *s, unsigned opc1, unsigned opc2, unsigned *size,
                    unsigned *index)
{
    const unsigned opc = opc1 << 2 | opc2;
    if (opc & 8) {
        *size = IR_LANE_B;
        *index = opc & 7;
    } else if (opc & 1) {
        *size = IR_LANE_H;
        *index = opc >> 1 & 3;
    } else {
        *size = IR_LANE_S;
        *index = opc >> 2 & 1;
        return !(opc & 2);
    }
    return a32_has(s, A32_FEAT_NEON);
}

/* VMOV.<size> Dd[x], Rt */
TRANS(VMOV_elr)
{
    unsigned size, index;
    if (a->rt == 15 || !element(s, a->opc1, a->opc2, &size, &index) || !a32_dq_ok(s, 0, D_VD, 0)) {
        return false;
    }
    const ir_ref x = a32_r(s, a->rt);
    a32_put_d(s, D_VD, ir_vins(s->ir, IR_I32, (uint8_t)size, a32_d(s, D_VD), x, index));
    return true;
}

/* VMOV.<dt> Rt, Dn[x] */
TRANS(VMOV_rel)
{
    unsigned size, index;
    if (a->rt == 15 || !element(s, a->opc1, a->opc2, &size, &index) || !a32_dq_ok(s, 0, D_VN, 0) ||
        (a->u && size == IR_LANE_S)) {
        return false;
    }
    const ir_ref v = a32_d(s, D_VN);
    a32_put_r(s, a->rt, a->u ? ir_vtoi(s->ir, IR_I32, (uint8_t)size, v, index)
                             : ir_vtois(s->ir, IR_I32, (uint8_t)size, v, index));
    return true;
}

/* VDUP.<size> Qd, Rt; Dd, Rt */
TRANS(VDUP_r)
{
    const uint8_t size = a->b ? IR_LANE_B : a->e ? IR_LANE_H : IR_LANE_S;
    if (a->rt == 15 || (a->b && a->e) || !a32_dq_ok(s, a->q, D_VD, 0)) {
        return false;
    }
    a32_put_dq(s, a->q, D_VD, ir_vdup(s->ir, IR_I32, size, a32_r(s, a->rt)));
    return true;
}

/* VMOV Rt, Rt2, Sm, Sm1; VMOV Sm, Sm1, Rt, Rt2 */
TRANS(VMOV_ssrr)
{
    const unsigned sm = S_VM;
    if (a->rt == 15 || a->rt2 == 15 || sm == 31 || (a->to && a->rt == a->rt2)) {
        return false;
    }
    if (a->to) {
        const ir_ref low = ir_vtoi(s->ir, IR_I32, IR_LANE_S, a32_s(s, sm), 0);
        const ir_ref high = ir_vtoi(s->ir, IR_I32, IR_LANE_S, a32_s(s, sm + 1), 0);
        a32_put_r(s, a->rt, low);
        a32_put_r(s, a->rt2, high);
    } else {
        a32_put_s(s, sm, ir_vfromi(s->ir, IR_I32, IR_LANE_S, a32_r(s, a->rt)));
        a32_put_s(s, sm + 1, ir_vfromi(s->ir, IR_I32, IR_LANE_S, a32_r(s, a->rt2)));
    }
    return true;
}

/* VMOV Rt, Rt2, Dm; VMOV Dm, Rt, Rt2 */
TRANS(VMOV_drr)
{
    if (a->rt == 15 || a->rt2 == 15 || (a->to && a->rt == a->rt2) || !a32_dq_ok(s, 0, D_VM, 0)) {
        return false;
    }
    if (a->to) {
        const ir_ref d = a32_d(s, D_VM);
        a32_put_r(s, a->rt, ir_vtoi(s->ir, IR_I32, IR_LANE_S, d, 0));
        a32_put_r(s, a->rt2, ir_vtoi(s->ir, IR_I32, IR_LANE_S, d, 1));
    } else {
        const ir_ref low = ir_vfromi(s->ir, IR_I32, IR_LANE_S, a32_r(s, a->rt));
        a32_put_d(s, D_VM, ir_vins(s->ir, IR_I32, IR_LANE_S, low, a32_r(s, a->rt2), 1));
    }
    return true;
}

enum { REG_FPSCR = 1 };

/* Is the word of code at address (T32: bytes 2 or 4) AND{S} or TST of register rt with RMode's mask? */
static bool masks_rounding(struct a32_lift *s, uint32_t address, unsigned rt, unsigned *bytes)
{
    uint32_t word;
    uint16_t half[2];
    *bytes = 4;
    if (!s->thumb) {
        return tcg_lift_peek(s->l, address, &word, 4) && (word & 0x0eef0fff) == (0x02000503 | rt << 16);
    }
    if (!tcg_lift_peek(s->l, address, half, 2)) {
        return false;
    }
    if (half[0] >> 11 < 0x1d) {
        *bytes = 2;
        return false;
    }
    return tcg_lift_peek(s->l, address, half, 4) && (half[0] & 0xffef) == (0xf400 | rt) &&
           (half[1] & 0xf0ff) == 0x0040;
}

/* Is FPSCR read by code that wants its rounding mode, as C libraries do in sin() and the like? */
static bool rounding_mode_only(struct a32_lift *s, unsigned rt)
{
    enum { NEAR = 4 };
    uint32_t at = s->pc + s->bytes;
    unsigned bytes;
    for (unsigned n = 0; n < NEAR; n++, at += bytes) {
        if (masks_rounding(s, at, rt, &bytes)) {
            return true;
        }
    }
    return false;
}

/* The control part of FPSCR.  Where code is about to look at the rounding mode it is mostly to nearest: then
 * there is nothing to test, and the register with all of FPSCR is soon another's, so that the cumulative flags
 * need not be collected. */
static ir_ref fp_control(struct a32_lift *s, bool mode)
{
    const ir_ref control = ir_get(s->ir, A32_SLOT_FPSCR);
    if (mode && !(s->l->mode & (A32_MODE_VECTOR | A32_MODE_FPSCR)) &&
        tcg_lift_unless(s->l, IR_NE, ir_flags_and(s->ir, IR_I32, control, control))) {
        return a32_imm(s, 0);
    }
    return control;
}

/* VMRS Rt, FPSCR; VMRS APSR_nzcv, FPSCR */
TRANS(VMRS)
{
    if (a->reg != REG_FPSCR) {
        return false;
    }
    if (a->rt == 15) {
        a32_put_flags(s, ir_get(s->ir, A32_SLOT_FPSCR_NZCV));
        return true;
    }
    a32_guard(s);
    const bool mode = rounding_mode_only(s, a->rt);
    const ir_ref control = fp_control(s, mode);
    const ir_ref status = ir_call(s->ir, mode ? A32_H_peek_fp_status : A32_H_read_fp_status, 0, 0, 0, 0);
    const ir_ref nzcv = ir_nzcv(s->ir, ir_get(s->ir, A32_SLOT_FPSCR_NZCV));
    const ir_ref bits = ir_and(s->ir, IR_I32, status, a32_imm(s, ARM_FP_FLAGS | ARM_FP_QC));
    a32_put_r(s, a->rt, ir_or(s->ir, IR_I32, ir_or(s->ir, IR_I32, bits, nzcv), control));
    if (!mode && !s->l->fp_status) {
        a32_end(s); /* from now on FP status must be exact */
    }
    return true;
}

/* VMSR FPSCR, Rt */
TRANS(VMSR)
{
    if (a->reg != REG_FPSCR || a->rt == 15) {
        return false;
    }
    a32_guard(s);
    ir_call(s->ir, A32_H_write_fpscr, ir_zext64(s->ir, a32_r(s, a->rt)), 0, 0, 0);
    a32_end(s);
    return true;
}
