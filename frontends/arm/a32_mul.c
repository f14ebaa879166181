/* SPDX-License-Identifier: MIT */
/*
 * Multiplication and division of A32 and T32 (ARM DDI 0487, F2.4.3 to F2.4.5).  Includes a32_lift.h
 * alone.  pc as a register is UNPREDICTABLE, and UNDEFINED here.
 */
#include "frontends/arm/a32_lift.h"

/* --- 32 bits ------------------------------------------------------------------------------------------- */

static bool put(struct a32_lift *s, unsigned rd, bool flags, ir_ref d)
{
    if (flags) {
        a32_put_nz(s, ir_flags_and(s->ir, IR_I32, d, d));
    }
    a32_put_r(s, rd, d);
    return true;
}

static bool has_pc(const a32_arg_MUL *a) { return a->rd == 15 || a->rn == 15 || a->rm == 15; }

static ir_ref product(struct a32_lift *s, unsigned rn, unsigned rm)
{
    return ir_mul(s->ir, IR_I32, a32_r(s, rn), a32_r(s, rm));
}

/* MUL{S}<c> <Rd>, <Rn>, <Rm> */
TRANS(MUL) { return !has_pc(a) && put(s, a->rd, a->s, product(s, a->rn, a->rm)); }

/* MLA{S}<c> <Rd>, <Rn>, <Rm>, <Ra> */
TRANS(MLA)
{
    return !has_pc(a) && a->ra != 15 &&
           put(s, a->rd, a->s, ir_add(s->ir, IR_I32, product(s, a->rn, a->rm), a32_r(s, a->ra)));
}

/* MLS<c> <Rd>, <Rn>, <Rm>, <Ra> */
TRANS(MLS)
{
    return !has_pc(a) && a->ra != 15 &&
           put(s, a->rd, false, ir_sub(s->ir, IR_I32, a32_r(s, a->ra), product(s, a->rn, a->rm)));
}

/* --- 64 bits ------------------------------------------------------------------------------------------- */

static ir_ref pair(struct a32_lift *s, unsigned rdlo, unsigned rdhi)
{
    struct ir *ir = s->ir;
    ir_ref low = ir_zext64(ir, a32_r(s, rdlo)), high = ir_zext64(ir, a32_r(s, rdhi));
    return ir_or(ir, IR_I64, low, ir_shl(ir, IR_I64, high, ir_const(ir, IR_I64, 32)));
}

static void put_pair(struct a32_lift *s, unsigned rdlo, unsigned rdhi, ir_ref d)
{
    struct ir *ir = s->ir;
    ir_ref low = ir_trunc(ir, d);
    ir_ref high = ir_trunc(ir, ir_shr(ir, IR_I64, d, ir_const(ir, IR_I64, 32)));
    a32_put_r(s, rdlo, low);
    a32_put_r(s, rdhi, high);
}

typedef ir_ref extend_fn(struct ir *, ir_ref);

static bool multiply_long(struct a32_lift *s, const a32_arg_UMULL *a, extend_fn *extend, bool add)
{
    struct ir *ir = s->ir;
    if (a->rdlo == 15 || a->rdhi == 15 || a->rn == 15 || a->rm == 15 || a->rdlo == a->rdhi) {
        return false;
    }
    ir_ref d = ir_mul(ir, IR_I64, extend(ir, a32_r(s, a->rn)), extend(ir, a32_r(s, a->rm)));
    if (add) {
        d = ir_add(ir, IR_I64, d, pair(s, a->rdlo, a->rdhi));
    }
    if (a->s) {
        a32_put_nz(s, ir_flags_and(ir, IR_I64, d, d));
    }
    put_pair(s, a->rdlo, a->rdhi, d);
    return true;
}

/* UMULL{S}<c> <RdLo>, <RdHi>, <Rn>, <Rm>; UMLAL, SMULL, SMLAL */
TRANS(UMULL) { return multiply_long(s, a, ir_zext64, false); }
TRANS(UMLAL) { return multiply_long(s, a, ir_zext64, true); }
TRANS(SMULL) { return multiply_long(s, a, ir_sext64, false); }
TRANS(SMLAL) { return multiply_long(s, a, ir_sext64, true); }

/* UMAAL<c> <RdLo>, <RdHi>, <Rn>, <Rm>: Rn * Rm + RdLo + RdHi */
TRANS(UMAAL)
{
    struct ir *ir = s->ir;
    if (a->rdlo == 15 || a->rdhi == 15 || a->rn == 15 || a->rm == 15 || a->rdlo == a->rdhi) {
        return false;
    }
    ir_ref d = ir_mul(ir, IR_I64, ir_zext64(ir, a32_r(s, a->rn)), ir_zext64(ir, a32_r(s, a->rm)));
    d = ir_add(ir, IR_I64, d, ir_zext64(ir, a32_r(s, a->rdlo)));
    d = ir_add(ir, IR_I64, d, ir_zext64(ir, a32_r(s, a->rdhi)));
    put_pair(s, a->rdlo, a->rdhi, d);
    return true;
}

/* --- halfwords ----------------------------------------------------------------------------------------- */

static ir_ref half(struct a32_lift *s, ir_ref v, bool top)
{
    return top ? ir_sar(s->ir, IR_I32, v, a32_imm(s, 16)) : ir_sext(s->ir, IR_I32, v, 16);
}

static ir_ref half_product(struct a32_lift *s, unsigned rn, bool n, unsigned rm, bool m)
{
    return ir_mul(s->ir, IR_I32, half(s, a32_r(s, rn), n), half(s, a32_r(s, rm), m));
}

/* The top 32 of the 48 bits of Rn times a half of Rm. */
static ir_ref wide_product(struct a32_lift *s, const a32_arg_SMLAWy *a)
{
    struct ir *ir = s->ir;
    ir_ref n = ir_sext64(ir, a32_r(s, a->rn)), m = ir_sext64(ir, half(s, a32_r(s, a->rm), a->m));
    return ir_trunc(ir, ir_sar(ir, IR_I64, ir_mul(ir, IR_I64, n, m), ir_const(ir, IR_I64, 16)));
}

/* Rd = x + y; Q = 1 if that overflows. */
static bool put_sum_q(struct a32_lift *s, unsigned rd, ir_ref x, ir_ref y)
{
    ir_ref f = ir_flags_add(s->ir, IR_I32, x, y), d = ir_add(s->ir, IR_I32, x, y);
    a32_or_q(s, ir_cc(s->ir, IR_I32, IR_VS, f));
    a32_put_r(s, rd, d);
    return true;
}

static bool half_has_pc(const a32_arg_SMLAxy *a) { return a->rd == 15 || a->rn == 15 || a->rm == 15; }

/* SMLA<x><y><c> <Rd>, <Rn>, <Rm>, <Ra> */
TRANS(SMLAxy)
{
    return !half_has_pc(a) && a->ra != 15 &&
           put_sum_q(s, a->rd, half_product(s, a->rn, a->n, a->rm, a->m), a32_r(s, a->ra));
}
/* SMUL<x><y><c> <Rd>, <Rn>, <Rm> */
TRANS(SMULxy)
{
    return !half_has_pc(a) && put(s, a->rd, false, half_product(s, a->rn, a->n, a->rm, a->m));
}
/* SMLAW<y><c> <Rd>, <Rn>, <Rm>, <Ra> */
TRANS(SMLAWy)
{
    return !half_has_pc(a) && a->ra != 15 &&
           put_sum_q(s, a->rd, wide_product(s, a), a32_r(s, a->ra));
}
/* SMULW<y><c> <Rd>, <Rn>, <Rm> */
TRANS(SMULWy) { return !half_has_pc(a) && put(s, a->rd, false, wide_product(s, a)); }

/* SMLAL<x><y><c> <RdLo>, <RdHi>, <Rn>, <Rm> */
TRANS(SMLALxy)
{
    if (a->rdlo == 15 || a->rdhi == 15 || a->rn == 15 || a->rm == 15 || a->rdlo == a->rdhi) {
        return false;
    }
    ir_ref p = ir_sext64(s->ir, half_product(s, a->rn, a->n, a->rm, a->m));
    put_pair(s, a->rdlo, a->rdhi, ir_add(s->ir, IR_I64, pair(s, a->rdlo, a->rdhi), p));
    return true;
}

/* --- two halfwords ------------------------------------------------------------------------------------- */

/* The sum or difference of both products, as an i64: it needs 33 bits. */
static ir_ref dual(struct a32_lift *s, unsigned rn, unsigned rm, bool exchange, bool subtract)
{
    struct ir *ir = s->ir;
    ir_ref low = ir_sext64(ir, half_product(s, rn, false, rm, exchange));
    ir_ref high = ir_sext64(ir, half_product(s, rn, true, rm, !exchange));
    return (subtract ? ir_sub : ir_add)(ir, IR_I64, low, high);
}

/* Rd = the low half of v; Q = 1 if v does not fit. */
static bool put_narrow_q(struct a32_lift *s, unsigned rd, ir_ref v)
{
    struct ir *ir = s->ir;
    ir_ref d = ir_trunc(ir, v);
    a32_or_q(s, ir_cc(ir, IR_I32, IR_NE, ir_flags_sub(ir, IR_I64, v, ir_sext64(ir, d))));
    a32_put_r(s, rd, d);
    return true;
}

static bool dual_add(struct a32_lift *s, const a32_arg_SMLAD *a, bool accumulate, bool subtract)
{
    if (a->rd == 15 || a->rn == 15 || a->rm == 15) {
        return false;
    }
    ir_ref v = dual(s, a->rn, a->rm, a->x, subtract);
    if (accumulate) {
        v = ir_add(s->ir, IR_I64, v, ir_sext64(s->ir, a32_r(s, a->ra)));
    }
    return put_narrow_q(s, a->rd, v);
}

/* SMLAD{X}<c> <Rd>, <Rn>, <Rm>, <Ra>; SMUAD, SMLSD, SMUSD */
TRANS(SMLAD) { return dual_add(s, a, true, false); }
TRANS(SMUAD) { return dual_add(s, a, false, false); }
TRANS(SMLSD) { return dual_add(s, a, true, true); }
TRANS(SMUSD) { return dual_add(s, a, false, true); }

static bool dual_long(struct a32_lift *s, const a32_arg_SMLALD *a, bool subtract)
{
    if (a->rdlo == 15 || a->rdhi == 15 || a->rn == 15 || a->rm == 15 || a->rdlo == a->rdhi) {
        return false;
    }
    ir_ref v = dual(s, a->rn, a->rm, a->x, subtract);
    put_pair(s, a->rdlo, a->rdhi, ir_add(s->ir, IR_I64, pair(s, a->rdlo, a->rdhi), v));
    return true;
}

/* SMLALD{X}<c> <RdLo>, <RdHi>, <Rn>, <Rm>; SMLSLD */
TRANS(SMLALD) { return dual_long(s, a, false); }
TRANS(SMLSLD) { return dual_long(s, a, true); }

/* --- the most significant word ------------------------------------------------------------------------- */

enum { NO_RA = 16 };

static bool most(struct a32_lift *s, const a32_arg_SMMLA *a, unsigned ra, bool subtract)
{
    struct ir *ir = s->ir;
    if (a->rd == 15 || a->rn == 15 || a->rm == 15 || ra == 15) {
        return false;
    }
    ir_ref v = ir_mul(ir, IR_I64, ir_sext64(ir, a32_r(s, a->rn)), ir_sext64(ir, a32_r(s, a->rm)));
    ir_ref by = ir_const(ir, IR_I64, 32);
    if (ra != NO_RA) {
        ir_ref sum = ir_shl(ir, IR_I64, ir_zext64(ir, a32_r(s, ra)), by);
        v = (subtract ? ir_sub : ir_add)(ir, IR_I64, sum, v);
    }
    if (a->x) {
        v = ir_add(ir, IR_I64, v, ir_const(ir, IR_I64, INT64_C(1) << 31));
    }
    a32_put_r(s, a->rd, ir_trunc(ir, ir_shr(ir, IR_I64, v, by)));
    return true;
}

/* SMMUL{R}<c> <Rd>, <Rn>, <Rm> */
TRANS(SMMUL) { return most(s, a, NO_RA, false); }
/* SMMLA{R}<c> <Rd>, <Rn>, <Rm>, <Ra>; SMMLS */
TRANS(SMMLA) { return most(s, a, a->ra, false); }
TRANS(SMMLS) { return most(s, a, a->ra, true); }

/* --- division, sums of differences --------------------------------------------------------------------- */

static bool divide(struct a32_lift *s, const a32_arg_SDIV *a,
                   ir_ref (*op)(struct ir *, enum ir_type, ir_ref, ir_ref))
{
    if (a->rd == 15 || a->rn == 15 || a->rm == 15) {
        return false;
    }
    a32_put_r(s, a->rd, op(s->ir, IR_I32, a32_r(s, a->rn), a32_r(s, a->rm)));
    return true;
}

/* SDIV<c> <Rd>, <Rn>, <Rm>; UDIV; division by 0 gives 0 */
TRANS(SDIV) { return divide(s, a, ir_divs); }
TRANS(UDIV) { return divide(s, a, ir_divu); }

static bool differences(struct a32_lift *s, const a32_arg_USAD8 *a, unsigned ra)
{
    struct ir *ir = s->ir;
    const uint8_t bytes = IR_LANE(IR_LANE_B, IR_LANES_64);
    if (has_pc(a) || ra == 15) {
        return false;
    }
    ir_ref n = ir_vfromi(ir, IR_I32, IR_LANE_S, a32_r(s, a->rn));
    ir_ref m = ir_vfromi(ir, IR_I32, IR_LANE_S, a32_r(s, a->rm));
    ir_ref sum = ir_vuaddlv(ir, bytes, ir_vuabd(ir, bytes, n, m));
    ir_ref d = ir_vtoi(ir, IR_I32, IR_LANE_H, sum, 0);
    if (ra != NO_RA) {
        d = ir_add(ir, IR_I32, d, a32_r(s, ra));
    }
    a32_put_r(s, a->rd, d);
    return true;
}

/* USAD8<c> <Rd>, <Rn>, <Rm> */
TRANS(USAD8) { return differences(s, a, NO_RA); }
/* USADA8<c> <Rd>, <Rn>, <Rm>, <Ra> */
TRANS(USADA8) { return differences(s, a, a->ra); }
