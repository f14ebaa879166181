/* SPDX-License-Identifier: MIT */
/*
 * A64 data processing on registers (ARM DDI 0487, C4.1.95): logical, add and subtract, conditional
 * compare and select, flag manipulation.  a64_dp_misc.c has multiplication, division and what works
 * on one source.  Includes a64_lift.h alone.
 */
#include "frontends/arm/a64_lift.h"

typedef ir_ref binary_fn(struct ir *, enum ir_type, ir_ref, ir_ref);

/* Rm, shifted: shift is LSL, LSR, ASR, ROR. */
static ir_ref shifted(struct a64_lift *s, unsigned sf, unsigned rm, unsigned shift, unsigned amount)
{
    static binary_fn *const shifts[] = {ir_shl, ir_shr, ir_sar, ir_ror};
    ir_ref m = a64_r(s, sf, rm);
    return amount ? shifts[shift](s->ir, a64_type(sf), m, a64_imm_t(s, sf, amount)) : m;
}

/* Rm, extended (UXTB..SXTX) and shifted left. */
static ir_ref extended(struct a64_lift *s, const a64_arg_ADD_ext *a)
{
    enum ir_type t = a64_type(a->sf);
    unsigned bits = 8u << (a->option & 3);
    ir_ref m = a64_r(s, a->sf, a->rm);
    if (bits < (a->sf ? 64u : 32u)) {
        m = a->option & 4 ? ir_sext(s->ir, t, m, bits) : ir_zext(s->ir, t, m, bits);
    }
    return a->imm3 ? ir_shl(s->ir, t, m, a64_imm_t(s, a->sf, a->imm3)) : m;
}

/* --- logical ---------------------------------------------------------------------------------------- */

static bool reserved_shift(const a64_arg_AND_reg *a) { return !a->sf && a->imm6 > 31; }

static bool logical(struct a64_lift *s, const a64_arg_AND_reg *a, binary_fn *op)
{
    if (reserved_shift(a)) {
        return false;
    }
    ir_ref n = a64_r(s, a->sf, a->rn), m = shifted(s, a->sf, a->rm, a->shift, a->imm6);
    a64_put_r(s, a->sf, a->rd, op(s->ir, a64_type(a->sf), n, m));
    return true;
}

/* AND <Xd>, <Xn>, <Xm>{, <shift> #<amount>} */
TRANS(AND_reg) { return logical(s, a, ir_and); }
/* BIC <Xd>, <Xn>, <Xm>{, <shift> #<amount>} */
TRANS(BIC_reg) { return logical(s, a, ir_andn); }
/* EOR <Xd>, <Xn>, <Xm>{, <shift> #<amount>} */
TRANS(EOR_reg) { return logical(s, a, ir_xor); }
/* EON <Xd>, <Xn>, <Xm>{, <shift> #<amount>} */
TRANS(EON_reg) { return logical(s, a, ir_xorn); }

/* ORR <Xd>, <Xn>, <Xm>{, <shift> #<amount>}; MOV <Xd>, <Xm> is ORR with XZR */
TRANS(ORR_reg)
{
    if (a->rn != 31 || reserved_shift(a)) {
        return logical(s, a, ir_or);
    }
    a64_put_r(s, a->sf, a->rd, shifted(s, a->sf, a->rm, a->shift, a->imm6));
    return true;
}

/* ORN <Xd>, <Xn>, <Xm>{, <shift> #<amount>}; MVN <Xd>, <Xm> is ORN with XZR */
TRANS(ORN_reg)
{
    if (a->rn != 31 || reserved_shift(a)) {
        return logical(s, a, ir_orn);
    }
    ir_ref m = shifted(s, a->sf, a->rm, a->shift, a->imm6);
    a64_put_r(s, a->sf, a->rd, ir_not(s->ir, a64_type(a->sf), m));
    return true;
}

static bool logical_flags(struct a64_lift *s, const a64_arg_AND_reg *a, bool invert)
{
    if (reserved_shift(a)) {
        return false;
    }
    enum ir_type t = a64_type(a->sf);
    ir_ref n = a64_r(s, a->sf, a->rn), m = shifted(s, a->sf, a->rm, a->shift, a->imm6);
    if (invert) {
        m = ir_not(s->ir, t, m);
    }
    if (a->rd != 31) {
        a64_put_r(s, a->sf, a->rd, ir_and(s->ir, t, n, m));
    }
    a64_put_flags(s, ir_flags_and(s->ir, t, n, m));
    return true;
}

/* ANDS <Xd>, <Xn>, <Xm>{, <shift> #<amount>}; TST */
TRANS(ANDS_reg) { return logical_flags(s, a, false); }
/* BICS <Xd>, <Xn>, <Xm>{, <shift> #<amount>} */
TRANS(BICS_reg) { return logical_flags(s, a, true); }

/* --- add, subtract ------------------------------------------------------------------------------ */

static void add_flags(struct a64_lift *s, unsigned sf, unsigned rd, ir_ref n, ir_ref m)
{
    enum ir_type t = a64_type(sf);
    if (rd != 31) {
        a64_put_r(s, sf, rd, ir_add(s->ir, t, n, m));
    }
    a64_put_flags(s, ir_flags_add(s->ir, t, n, m));
}

static void sub_flags(struct a64_lift *s, unsigned sf, unsigned rd, ir_ref n, ir_ref m)
{
    enum ir_type t = a64_type(sf);
    if (rd != 31) {
        a64_put_r(s, sf, rd, ir_sub(s->ir, t, n, m));
    }
    a64_put_flags(s, ir_flags_sub(s->ir, t, n, m));
}

/* ADD <Xd>, <Xn>, <Xm>{, <shift> #<amount>} */
TRANS(ADD_shift)
{
    if (reserved_shift(a)) {
        return false;
    }
    ir_ref n = a64_r(s, a->sf, a->rn), m = shifted(s, a->sf, a->rm, a->shift, a->imm6);
    a64_put_r(s, a->sf, a->rd, ir_add(s->ir, a64_type(a->sf), n, m));
    return true;
}

/* ADDS <Xd>, <Xn>, <Xm>{, <shift> #<amount>}; CMN */
TRANS(ADDS_shift)
{
    if (reserved_shift(a)) {
        return false;
    }
    add_flags(s, a->sf, a->rd, a64_r(s, a->sf, a->rn),
              shifted(s, a->sf, a->rm, a->shift, a->imm6));
    return true;
}

/* SUB <Xd>, <Xn>, <Xm>{, <shift> #<amount>}; NEG <Xd>, <Xm> is SUB from XZR */
TRANS(SUB_shift)
{
    if (reserved_shift(a)) {
        return false;
    }
    enum ir_type t = a64_type(a->sf);
    ir_ref m = shifted(s, a->sf, a->rm, a->shift, a->imm6);
    ir_ref d = a->rn == 31 ? ir_neg(s->ir, t, m) : ir_sub(s->ir, t, a64_r(s, a->sf, a->rn), m);
    a64_put_r(s, a->sf, a->rd, d);
    return true;
}

/* SUBS <Xd>, <Xn>, <Xm>{, <shift> #<amount>}; CMP, NEGS */
TRANS(SUBS_shift)
{
    if (reserved_shift(a)) {
        return false;
    }
    sub_flags(s, a->sf, a->rd, a64_r(s, a->sf, a->rn),
              shifted(s, a->sf, a->rm, a->shift, a->imm6));
    return true;
}

/* ADD <Xd|SP>, <Xn|SP>, <R><m>{, <extend> {#<amount>}} */
TRANS(ADD_ext)
{
    if (a->imm3 > 4) {
        return false;
    }
    ir_ref n = a64_r_sp(s, a->sf, a->rn);
    a64_put_r_sp(s, a->sf, a->rd, ir_add(s->ir, a64_type(a->sf), n, extended(s, a)));
    return true;
}

/* ADDS <Xd>, <Xn|SP>, <R><m>{, <extend> {#<amount>}} */
TRANS(ADDS_ext)
{
    if (a->imm3 > 4) {
        return false;
    }
    add_flags(s, a->sf, a->rd, a64_r_sp(s, a->sf, a->rn), extended(s, a));
    return true;
}

/* SUB <Xd|SP>, <Xn|SP>, <R><m>{, <extend> {#<amount>}} */
TRANS(SUB_ext)
{
    if (a->imm3 > 4) {
        return false;
    }
    ir_ref n = a64_r_sp(s, a->sf, a->rn);
    a64_put_r_sp(s, a->sf, a->rd, ir_sub(s->ir, a64_type(a->sf), n, extended(s, a)));
    return true;
}

/* SUBS <Xd>, <Xn|SP>, <R><m>{, <extend> {#<amount>}} */
TRANS(SUBS_ext)
{
    if (a->imm3 > 4) {
        return false;
    }
    sub_flags(s, a->sf, a->rd, a64_r_sp(s, a->sf, a->rn), extended(s, a));
    return true;
}

/* --- with carry --------------------------------------------------------------------------------- */

/* ADC <Xd>, <Xn>, <Xm> */
TRANS(ADC)
{
    ir_ref n = a64_r(s, a->sf, a->rn), m = a64_r(s, a->sf, a->rm);
    a64_put_r(s, a->sf, a->rd, ir_adc(s->ir, a64_type(a->sf), n, m, a64_flags(s)));
    return true;
}

/* ADCS <Xd>, <Xn>, <Xm> */
TRANS(ADCS)
{
    enum ir_type t = a64_type(a->sf);
    ir_ref n = a64_r(s, a->sf, a->rn), m = a64_r(s, a->sf, a->rm), f = a64_flags(s);
    a64_put_r(s, a->sf, a->rd, ir_adc(s->ir, t, n, m, f));
    a64_put_flags(s, ir_flags_adc(s->ir, t, n, m, f));
    return true;
}

/* SBC <Xd>, <Xn>, <Xm>; NGC */
TRANS(SBC)
{
    ir_ref n = a64_r(s, a->sf, a->rn), m = a64_r(s, a->sf, a->rm);
    a64_put_r(s, a->sf, a->rd, ir_sbc(s->ir, a64_type(a->sf), n, m, a64_flags(s)));
    return true;
}

/* SBCS <Xd>, <Xn>, <Xm>; NGCS */
TRANS(SBCS)
{
    enum ir_type t = a64_type(a->sf);
    ir_ref n = a64_r(s, a->sf, a->rn), m = a64_r(s, a->sf, a->rm), f = a64_flags(s);
    a64_put_r(s, a->sf, a->rd, ir_sbc(s->ir, t, n, m, f));
    a64_put_flags(s, ir_flags_sbc(s->ir, t, n, m, f));
    return true;
}

/* --- flag manipulation (FEAT_FlagM) ------------------------------------------------------------- */

/* RMIF <Xn>, #<shift>, #<mask>: NZCV under mask = Xn rotated right, low four bits */
TRANS(RMIF)
{
    uint32_t mask = a->mask << 28;
    ir_ref x = ir_ror(s->ir, IR_I64, a64_x(s, a->rn), a64_imm(s, a->imm6));
    ir_ref fresh = ir_shl(s->ir, IR_I32, ir_trunc(s->ir, x), a64_imm_w(s, 28));
    ir_ref old = ir_nzcv(s->ir, a64_flags(s));
    ir_ref nzcv = ir_or(s->ir, IR_I32, ir_and(s->ir, IR_I32, fresh, a64_imm_w(s, (int32_t)mask)),
                        ir_and(s->ir, IR_I32, old, a64_imm_w(s, (int32_t)~mask)));
    a64_put_flags(s, ir_flags_nzcv(s->ir, nzcv));
    return true;
}

/* SETF8 <Wn>, SETF16 <Wn>: N and Z of the low bits, V = the two top bits differ; C stays */
TRANS(SETF)
{
    struct ir *ir = s->ir;
    unsigned bits = a->sz ? 16 : 8;
    ir_ref w = a64_w(s, a->rn);
    ir_ref top = ir_shl(ir, IR_I32, w, a64_imm_w(s, (int32_t)(32 - bits)));
    ir_ref n = ir_and(ir, IR_I32, top, a64_imm_w(s, INT32_MIN));
    ir_ref zero = ir_cc(ir, IR_I32, IR_EQ, ir_flags_and(ir, IR_I32, top, top));
    ir_ref z = ir_shl(ir, IR_I32, zero, a64_imm_w(s, 30));
    ir_ref differ = ir_xor(ir, IR_I32, ir_shr(ir, IR_I32, w, a64_imm_w(s, 1)), w);
    ir_ref v = ir_shl(ir, IR_I32, ir_ubfx(ir, IR_I32, differ, bits - 1, 1), a64_imm_w(s, 28));
    ir_ref c = ir_and(ir, IR_I32, ir_nzcv(ir, a64_flags(s)), a64_imm_w(s, 1 << 29));
    ir_ref nzcv = ir_or(ir, IR_I32, ir_or(ir, IR_I32, n, z), ir_or(ir, IR_I32, v, c));
    a64_put_flags(s, ir_flags_nzcv(ir, nzcv));
    return true;
}

/* --- conditional compare, select ------------------------------------------------------------------ */

static void conditional_compare(struct a64_lift *s, unsigned cond, ir_ref flags, unsigned nzcv)
{
    if (cond < IR_AL) {
        flags = ir_flags_sel(s->ir, cond, a64_flags(s), flags, nzcv);
    }
    a64_put_flags(s, flags);
}

/* CCMN <Xn>, <Xm>, #<nzcv>, <cond> */
TRANS(CCMN_reg)
{
    ir_ref n = a64_r(s, a->sf, a->rn), m = a64_r(s, a->sf, a->rm);
    conditional_compare(s, a->cond, ir_flags_add(s->ir, a64_type(a->sf), n, m), a->nzcv);
    return true;
}

/* CCMP <Xn>, <Xm>, #<nzcv>, <cond> */
TRANS(CCMP_reg)
{
    ir_ref n = a64_r(s, a->sf, a->rn), m = a64_r(s, a->sf, a->rm);
    conditional_compare(s, a->cond, ir_flags_sub(s->ir, a64_type(a->sf), n, m), a->nzcv);
    return true;
}

/* CCMN <Xn>, #<imm5>, #<nzcv>, <cond> */
TRANS(CCMN_imm)
{
    ir_ref n = a64_r(s, a->sf, a->rn), m = a64_imm_t(s, a->sf, a->imm5);
    conditional_compare(s, a->cond, ir_flags_add(s->ir, a64_type(a->sf), n, m), a->nzcv);
    return true;
}

/* CCMP <Xn>, #<imm5>, #<nzcv>, <cond> */
TRANS(CCMP_imm)
{
    ir_ref n = a64_r(s, a->sf, a->rn), m = a64_imm_t(s, a->sf, a->imm5);
    conditional_compare(s, a->cond, ir_flags_sub(s->ir, a64_type(a->sf), n, m), a->nzcv);
    return true;
}

static void put_select(struct a64_lift *s, const a64_arg_CSEL *a, ir_ref otherwise)
{
    ir_ref n = a64_r(s, a->sf, a->rn);
    if (a->cond < IR_AL) {
        n = ir_sel(s->ir, a64_type(a->sf), a->cond, a64_flags(s), n, otherwise);
    }
    a64_put_r(s, a->sf, a->rd, n);
}

/* CSET and CSETM: both sources are XZR. */
static bool is_set(const a64_arg_CSEL *a) { return a->rn == 31 && a->rm == 31 && a->cond < IR_AL; }

/* CSEL <Xd>, <Xn>, <Xm>, <cond> */
TRANS(CSEL)
{
    put_select(s, a, a64_r(s, a->sf, a->rm));
    return true;
}

/* CSINC <Xd>, <Xn>, <Xm>, <cond>; CSET, CINC */
TRANS(CSINC)
{
    enum ir_type t = a64_type(a->sf);
    if (is_set(a)) {
        a64_put_r(s, a->sf, a->rd, ir_cc(s->ir, t, a->cond ^ 1, a64_flags(s)));
    } else {
        put_select(s, a, ir_add(s->ir, t, a64_r(s, a->sf, a->rm), a64_imm_t(s, a->sf, 1)));
    }
    return true;
}

/* CSINV <Xd>, <Xn>, <Xm>, <cond>; CSETM, CINV */
TRANS(CSINV)
{
    enum ir_type t = a64_type(a->sf);
    if (is_set(a)) {
        ir_ref one = ir_cc(s->ir, t, a->cond ^ 1, a64_flags(s));
        a64_put_r(s, a->sf, a->rd, ir_neg(s->ir, t, one));
    } else {
        put_select(s, a, ir_not(s->ir, t, a64_r(s, a->sf, a->rm)));
    }
    return true;
}

/* CSNEG <Xd>, <Xn>, <Xm>, <cond>; CNEG */
TRANS(CSNEG)
{
    put_select(s, a, ir_neg(s->ir, a64_type(a->sf), a64_r(s, a->sf, a->rm)));
    return true;
}
