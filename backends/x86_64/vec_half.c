/* SPDX-License-Identifier: MIT */
/*
 * Half precision by F16C: operands are made singles, the host's operation is done on those, and the
 * result is rounded to halves as MXCSR says.  Includes vec.h.
 *
 * Rounding twice is innocent: p >= 2q + 2 digits make it so for sums, products, quotients and roots
 * (24 and 11 here).  It holds for subnormal results as well: sums of halves are multiples of 2^-24, so
 * tiny ones are exact; products are exact; a quotient of 11 by 11 digits is at least 2^-22 of its size
 * away from any number of 11 digits that it is not.  So what is inexact is so in the last step as well,
 * and underflow is found there.  The single is never subnormal: FTZ and DAZ do not matter, nor does
 * FPCR.FZ on ARM.  (FZ16 and AHP: TCG_RUN_FPHALF, by the definition.)
 *
 * A fused sum is the exact product of singles, added to the addend in doubles.  There rounding can be
 * wrong only on the way to a single, so it is to odd: what is cut off is kept as the last bit (Boldo,
 * Melquiond).  That the double is right for that: a sum of a 22-digit product and an 11-digit addend
 * that is not a number of 12 digits differs from it by more than 2^-42 of its size, or is so near to a
 * number of 11 digits that the last step gives that, or its neighbour if rounding is directed.
 *
 * NaNs keep sign and payload on the way up and down; a signalling one raises Invalid on the way up,
 * which is where the evaluation out of line begins.  256 bits: the upper halves are cleared again,
 * because the C library's SSE code is slow while they are not.
 */
#include "backends/x86_64/vec.h"

#define LANE (i->op->lane & 3u)
#define D (i->d.reg)
#define A (i->a[0].reg)
#define B (i->a[1].reg)
#define C (i->a[2].reg)

static bool scalar(const struct cg_inst *i) { return ir_lane_count(i->op->lane) == 1; }
static bool rounds_dynamically(const struct cg_inst *i)
{
    return (i->op->mod & IR_ROUND_MASK) == IR_ROUND_DYN;
}

bool x64_half_inline(const struct cg *cg, const struct ir_op *op)
{
    const struct cg_inst i = {.op = op};

    return (op->lane & 3) == IR_LANE_H && X64_HAS(F16C) && X64_HAS(AVX2) &&
           !(cg->run_mode & TCG_RUN_FPHALF) && x64_fp_in_force(cg, &i);
}

/* --- there and back ------------------------------------------------------------------------------------- */

void x64_half_scalar(struct cg *cg, unsigned d, unsigned r)
{
    x64_zext_lane(cg, IR_LANE_H, d, r);
    x64_v2(cg, V_VCVTPH2PS, d, d);
}

void x64_half_widen(struct cg *cg, const struct cg_inst *i, unsigned d, unsigned r)
{
    if (scalar(i))
        x64_half_scalar(cg, d, r);
    else
        x64_v2(cg, V_VCVTPH2PS | x64_half_ymm(i), d, r);
}

/* The source is ModRM.reg; 4: round as MXCSR. */
void x64_half_narrow(struct cg *cg, uint32_t y, unsigned d, unsigned s)
{
    x64_v2i(cg, V_VCVTPS2PH | y, s, d, 4);
}

void x64_half_finish(struct cg *cg, struct cg_ool *slow, uint32_t y)
{
    if (slow)
        x64_bind(cg, &slow->back);
    if (y)
        x64_vzeroupper(cg);
}

void x64_half_jump_min_normal(struct cg *cg, unsigned r, struct cg_label *slow)
{
    const struct x64_mem min = x64_constant(cg, X64_K_MIN_NORMAL16);

    x64_lane_shift(cg, VSHL, IR_LANE_H, T0, r, 1);
    x64_v3m(cg, V_PCMPEQW, T0, T0, &min);
    x64_v2(cg, V_PTEST, T0, T0);
    x64_jcc(cg, CC_NE, slow);
}

/* To `slow` if a lane of the singles or doubles in r is a NaN, where that has not trapped or is not the
 * NaN that it should be; t is lost. */
static void check_nans(struct cg *cg, bool doubles, uint32_t y, unsigned r, unsigned t,
                       struct cg_label *slow)
{
    if (x64_traps(cg) && !(cg->run_mode & TCG_RUN_FPDN))
        return;
    x64_v3i(cg, (doubles ? V_CMPPD : V_CMPPS) | y, t, r, r, 3); /* CMPUNORD */
    x64_v2(cg, (doubles ? V_MOVMSKPD : V_MOVMSKPS) | y, RAX, t);
    x64_test_rr(cg, 0, RAX, RAX);
    x64_jcc(cg, CC_NE, slow);
}

/* --- arithmetic ----------------------------------------------------------------------------------------- */

/* Of packed singles, or of one: a scalar's zeros above stay. */
static uint32_t operation(const struct cg_inst *i)
{
    switch (i->op->opc) {
    case IR_vfadd: return scalar(i) ? V_ADDSS : V_ADDPS;
    case IR_vfsub: return scalar(i) ? V_SUBSS : V_SUBPS;
    case IR_vfdiv: return scalar(i) ? V_DIVSS : V_DIVPS;
    case IR_vfsqrt: return scalar(i) ? V_SQRTSS : V_SQRTPS;
    default: return scalar(i) ? V_MULSS : V_MULPS;
    }
}

bool x64_half_arith(struct cg *cg, const struct cg_inst *i)
{
    const uint16_t opc = i->op->opc;
    const uint32_t y = x64_half_ymm(i);
    struct cg_ool *slow;
    unsigned b = T0;

    /* FMULX: infinity times zero is 2 and raises nothing: where that traps it is found. */
    if (!x64_half_inline(cg, i->op) || !rounds_dynamically(i) || (opc == IR_vfmulx && !x64_traps(cg)))
        return false;
    slow = x64_slow_eval(cg, i);
    x64_trap_here(cg, slow);
    x64_half_widen(cg, i, T0, A);
    if (opc == IR_vfsqrt) {
        x64_vex_rr(cg, operation(i) | y, T0, scalar(i) ? T0 : 0, T0);
    } else {
        if (A != B)
            x64_half_widen(cg, i, b = T1, B);
        x64_v3(cg, operation(i) | y, T0, T0, b);
    }
    check_nans(cg, false, y, T0, T1, &slow->from);
    x64_half_narrow(cg, y, D, T0);
    if ((opc == IR_vfmul || opc == IR_vfmulx || opc == IR_vfdiv) && x64_exact_underflow(cg))
        x64_half_jump_min_normal(cg, D, &slow->from);
    x64_half_finish(cg, slow, y);
    return true;
}

void x64_round_to_odd(struct cg *cg, uint32_t y)
{
    const uint64_t low = (UINT64_C(1) << 29) - 1;
    const struct x64_mem rest = x64_pool_splat_ymm(cg, IR_LANE_D, low);
    const struct x64_mem kept = x64_pool_splat_ymm(cg, IR_LANE_D, ~low);

    x64_v3m(cg, V_PAND | y, T1, T0, &rest);
    x64_v3m(cg, V_PADDQ | y, T1, T1, &rest); /* into bit 29 unless all are zeros */
    x64_v3(cg, V_POR | y, T0, T0, T1);
    x64_v3m(cg, V_PAND | y, T0, T0, &kept);
}

/* t = four lanes of r as singles, the upper ones if `upper`. */
static void widen_four(struct cg *cg, const struct cg_inst *i, bool upper, unsigned t, unsigned r,
                       bool negate)
{
    const struct x64_mem sign = x64_constant(cg, scalar(i) ? X64_K_SIGN32_1 : X64_K_SIGN32);

    if (upper) {
        x64_v3(cg, V_PUNPCKHQDQ, t, r, r);
        x64_v2(cg, V_VCVTPH2PS, t, t);
    } else if (scalar(i)) {
        x64_half_scalar(cg, t, r);
    } else {
        x64_v2(cg, V_VCVTPH2PS, t, r);
    }
    if (negate)
        x64_v3m(cg, V_XORPS, t, t, &sign);
}

/* T0 = four lanes of the result, as singles rounded to odd.  The steps of FRECPS and FRSQRTS are
 * 2 - a * b and 3/2 - a * b / 2. */
static void fused_four(struct cg *cg, const struct cg_inst *i, bool upper, struct cg_label *slow)
{
    const uint16_t opc = i->op->opc;
    const uint32_t y = scalar(i) ? 0 : X_YMM;
    struct x64_mem k;

    if (opc == IR_vfma) {
        widen_four(cg, i, upper, T0, B, i->op->mod & IR_FMA_NEGB);
        widen_four(cg, i, upper, T1, C, false);
        x64_v3(cg, V_MULPS, T0, T0, T1);
        widen_four(cg, i, upper, T1, A, i->op->mod & IR_FMA_NEGA);
        x64_v2(cg, V_CVTPS2PD | y, T0, T0);
        x64_v2(cg, V_CVTPS2PD | y, T1, T1);
        x64_v3(cg, scalar(i) ? V_ADDSD : V_ADDPD | y, T0, T1, T0);
    } else {
        widen_four(cg, i, upper, T0, A, true);
        widen_four(cg, i, upper, T1, B, false);
        x64_v3(cg, V_MULPS, T0, T0, T1);
        if (opc == IR_vfrsqrts) {
            k = x64_pool_splat(cg, IR_LANE_S, 0x3f000000);
            x64_v3m(cg, V_MULPS, T0, T0, &k);
        }
        k = x64_pool_splat_ymm(cg, IR_LANE_D, opc == IR_vfrsqrts ? 0x3ff8000000000000 : 0x4000000000000000);
        x64_v2(cg, V_CVTPS2PD | y, T0, T0);
        x64_v3m(cg, V_ADDPD | y, T0, T0, &k);
    }
    check_nans(cg, true, y, T0, T1, slow);
    x64_round_to_odd(cg, y);
    x64_v2(cg, V_CVTPD2PS | y, T0, T0);
}

/* t = eight lanes of r as singles. */
static void widen_eight(struct cg *cg, unsigned t, unsigned r, bool negate)
{
    x64_v2(cg, V_VCVTPH2PS | X_YMM, t, r);
    if (negate) {
        const struct x64_mem sign = x64_pool_splat_ymm(cg, IR_LANE_S, 0x80000000);

        x64_v3m(cg, V_XORPS | X_YMM, t, t, &sign);
    }
}

/* d = a op m, eight doubles with one. */
static void broadcast(struct cg *cg, uint32_t op, unsigned d, unsigned a, const struct x64_mem *m)
{
    x64_evex_rm(cg, op | X_WEV, d, a, m, X64_512 | X64_BROADCAST);
}

/* The same as fused_four() for all eight lanes. */
static void fused_eight(struct cg *cg, const struct cg_inst *i)
{
    const bool fma = i->op->opc == IR_vfma, root = i->op->opc == IR_vfrsqrts;
    const struct x64_mem rest = x64_constant(cg, X64_K_LOW29);
    struct x64_mem kept = x64_constant(cg, X64_K_HIGH35), k;

    widen_eight(cg, T0, fma ? B : A, !fma || i->op->mod & IR_FMA_NEGB);
    widen_eight(cg, T1, fma ? C : B, false);
    x64_v3(cg, V_MULPS | X_YMM, T0, T0, T1);
    if (root) {
        k = x64_pool_splat_ymm(cg, IR_LANE_S, 0x3f000000);
        x64_v3m(cg, V_MULPS | X_YMM, T0, T0, &k);
    }
    x64_evex_rr(cg, V_CVTPS2PD, T0, 0, T0, X64_512);
    if (fma) {
        widen_eight(cg, T1, A, i->op->mod & IR_FMA_NEGA);
        x64_evex_rr(cg, V_CVTPS2PD, T1, 0, T1, X64_512);
        x64_evex_rr(cg, V_ADDPD | X_WEV, T0, T1, T0, X64_512);
    } else {
        k = x64_pool_splat(cg, IR_LANE_D, root ? 0x3ff8000000000000 : 0x4000000000000000);
        broadcast(cg, V_ADDPD, T0, T0, &k);
    }
    broadcast(cg, V_PAND, T1, T0, &rest);
    broadcast(cg, V_PADDQ, T1, T1, &rest);
    kept.tail = 1;
    broadcast(cg, V_EV_PTERNLOGD, T0, T1, &kept);
    x64_u8(cg, 0xa8); /* (T0 | T1) & kept */
    x64_evex_rr(cg, V_CVTPD2PS | X_WEV, T0, 0, T0, X64_512);
}

/* Where 512 bits cost no clock rate (VBMI stands for that), and no NaN has to be looked for. */
static bool by_512_bits(const struct cg *cg, const struct cg_inst *i)
{
    return x64_half_ymm(i) && X64_HAS(VBMI) && x64_traps(cg) && !(cg->run_mode & TCG_RUN_FPDN);
}

/* a + b * c, 2 - a * b and (3 - a * b) / 2, rounded once.  Infinity times zero gives 2 or 3/2 in the
 * latter, and raises nothing: where that traps it is found. */
bool x64_half_fma(struct cg *cg, const struct cg_inst *i)
{
    struct cg_ool *slow;

    if (!x64_half_inline(cg, i->op) || (i->op->opc != IR_vfma && (!x64_traps(cg) || !rounds_dynamically(i))))
        return false;
    slow = x64_slow_eval(cg, i);
    x64_trap_here(cg, slow);
    if (by_512_bits(cg, i)) {
        fused_eight(cg, i);
        x64_half_narrow(cg, X_YMM, D, T0);
    } else {
        fused_four(cg, i, false, &slow->from);
        x64_half_narrow(cg, 0, D, T0);
    }
    if (x64_half_ymm(i) && !by_512_bits(cg, i)) {
        fused_four(cg, i, true, &slow->from);
        x64_half_narrow(cg, 0, T0, T0);
        x64_v3(cg, V_PUNPCKLQDQ, D, D, T0);
    }
    if (x64_exact_underflow(cg))
        x64_half_jump_min_normal(cg, D, &slow->from);
    x64_half_finish(cg, slow, scalar(i) ? 0 : X_YMM);
    return true;
}

/* FMLAL: the product of two halves is exact as a single, so that adding it rounds once. */
void x64_emit_vfmlal(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem sign = x64_constant(cg, X64_K_SIGN32);
    const bool two = i->op->lane & IR_LANES_64;
    const struct ir_op halves = {.lane = IR_LANE_H, .mod = i->op->mod};
    struct cg_ool *slow;
    unsigned a = A;

    if (!x64_half_inline(cg, &halves) || scalar(i)) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    x64_trap_here(cg, slow);
    if (two) { /* lanes that do not count must raise nothing */
        x64_zext_lane(cg, IR_LANE_S, T0, B);
        x64_zext_lane(cg, IR_LANE_S, T1, C);
        x64_zext_lane(cg, IR_LANE_D, D, A);
        a = D;
    }
    x64_v2(cg, V_VCVTPH2PS, T0, two ? T0 : B);
    x64_v2(cg, V_VCVTPH2PS, T1, two ? T1 : C);
    if (i->op->mod & IR_FMA_NEGB)
        x64_v3m(cg, V_XORPS, T0, T0, &sign);
    x64_v3(cg, V_MULPS, T0, T0, T1);
    x64_v3(cg, V_ADDPS, D, a, T0);
    check_nans(cg, false, 0, D, T0, &slow->from);
    if (x64_exact_underflow(cg))
        x64_jump_min_normal(cg, false, D, &slow->from);
    x64_half_finish(cg, slow, 0);
}

/* As for wider formats (vec_fp.c); what comes back is an operand. */
bool x64_half_minmax(struct cg *cg, const struct cg_inst *i)
{
    const bool is_max = i->op->opc == IR_vfmax || i->op->opc == IR_vfmaxnm;
    const uint32_t y = x64_half_ymm(i), op = (is_max ? V_MAXPS : V_MINPS) | y;
    struct cg_ool *slow;

    if (!x64_half_inline(cg, i->op))
        return false;
    slow = x64_slow_eval(cg, i);
    x64_trap_here(cg, slow);
    x64_half_widen(cg, i, T0, A);
    x64_half_widen(cg, i, T1, B);
    if (!x64_traps(cg)) {
        x64_v3i(cg, V_CMPPS | y, D, T0, T1, 3); /* CMPUNORD; H_EARLY: D is free */
        x64_v2(cg, V_MOVMSKPS | y, RAX, D);
        x64_test_rr(cg, 0, RAX, RAX);
        x64_jcc(cg, CC_NE, &slow->from);
    }
    x64_v3(cg, op, D, T0, T1);
    x64_v3(cg, op, T1, T1, T0);
    x64_v3(cg, (is_max ? V_ANDPS : V_ORPS) | y, D, D, T1);
    x64_half_narrow(cg, y, D, D);
    x64_half_finish(cg, slow, y);
    return true;
}

/* --- comparison ----------------------------------------------------------------------------------------- */

/* d = the low halves of the eight words in the 256 bits of d, or of four; pack: what packs words. */
static void pack(struct cg *cg, uint32_t y, uint32_t op, unsigned d, unsigned t)
{
    if (y)
        x64_v2i(cg, V_VEXTRACTF128 | y, d, t, 1);
    x64_v3(cg, op, d, d, y ? t : d);
}

/* Predicates as in vec_fp.c. */
bool x64_half_cmp(struct cg *cg, const struct cg_inst *i)
{
    const uint16_t opc = i->op->opc;
    const uint32_t y = x64_half_ymm(i);
    struct cg_ool *slow;

    if (!x64_half_inline(cg, i->op))
        return false;
    slow = x64_traps(cg) ? x64_slow_eval(cg, i) : NULL;
    x64_trap_here(cg, slow);
    x64_half_widen(cg, i, T0, A);
    x64_half_widen(cg, i, T1, B);
    if (opc == IR_vfcmeq)
        x64_v3i(cg, V_CMPPS | y, D, T0, T1, 0);
    else
        x64_v3i(cg, V_CMPPS | y, D, T1, T0, opc == IR_vfcmgt ? 1 : 2);
    pack(cg, y, V_PACKSSDW, D, T0);
    x64_half_finish(cg, slow, y);
    return true;
}

/* --- integers ------------------------------------------------------------------------------------------- */

/* Adding a half is exact: the sum has 24 digits at most. */
void x64_half_away(struct cg *cg, uint32_t y, unsigned d, unsigned s)
{
    const struct x64_mem sign = x64_pool_splat_ymm(cg, IR_LANE_S, 0x80000000);
    const struct x64_mem half = x64_pool_splat_ymm(cg, IR_LANE_S, 0x3f000000);

    x64_v3m(cg, V_ANDPS | y, d, s, &sign);
    x64_v3m(cg, V_ORPS | y, d, d, &half);
    x64_v3(cg, V_ADDPS | y, d, d, s);
    x64_v2i(cg, V_ROUNDPS | y, d, d, 3 | 8);
}

bool x64_half_rint(struct cg *cg, const struct cg_inst *i)
{
    const bool away = (i->op->mod & IR_ROUND_MASK) == FP_RNA, exact = i->op->mod & IR_RINT_EXACT;
    const int control = x64_round_control(i->op->mod);
    const uint32_t y = x64_half_ymm(i);
    struct cg_ool *slow;

    if (!x64_half_inline(cg, i->op) || (away ? exact : control < 0))
        return false;
    slow = x64_slow_eval(cg, i);
    x64_trap_here(cg, slow);
    x64_half_widen(cg, i, T0, A);
    if (away)
        x64_half_away(cg, y, T1, T0);
    else
        x64_v2i(cg, V_ROUNDPS | y, T1, T0, (unsigned)control | (exact ? 0 : 8));
    check_nans(cg, false, y, T1, T0, &slow->from);
    x64_half_narrow(cg, y, D, T1);
    x64_half_finish(cg, slow, y);
    return true;
}

/* To words: no half overflows them, scaled it raises Invalid as it should.  What does not fit 16 bits goes
 * out of line before it can raise Inexact: too large it is an integer, for it has 11 digits, but negative
 * it may be none. */
bool x64_half_vftoi(struct cg *cg, const struct cg_inst *i)
{
    const bool sign = i->op->opc == IR_vftos, away = (i->op->mod & IR_ROUND_MASK) == FP_RNA;
    const int control = x64_round_control(i->op->mod);
    const uint32_t y = x64_half_ymm(i);
    struct x64_mem k;
    struct cg_ool *slow;
    unsigned rounded = T0;

    if (!x64_half_inline(cg, i->op) || (away ? i->op->imm != 0 : control < 0))
        return false;
    slow = x64_slow_eval(cg, i);
    x64_trap_here(cg, slow);
    x64_half_widen(cg, i, T0, A);
    if (i->op->imm) {
        k = x64_pool_splat_ymm(cg, IR_LANE_S, (uint64_t)(127 + i->op->imm) << 23);
        x64_v3m(cg, V_MULPS | y, T0, T0, &k);
    }
    if (away)
        x64_half_away(cg, y, rounded = T1, T0);
    else if (control != 3 || !sign)
        x64_v2i(cg, V_ROUNDPS | y, rounded = T1, T0, (unsigned)control | 8);
    x64_v2(cg, V_CVTTPS2DQ | y, D, rounded);
    k = x64_pool_splat_ymm(cg, IR_LANE_S, sign ? 0x8000 : 0);
    if (sign)
        x64_v3m(cg, V_PADDD | y, T1, D, &k);
    k = x64_pool_splat_ymm(cg, IR_LANE_S, 0xffff0000);
    x64_v2m(cg, V_PTEST | y, sign ? T1 : D, &k);
    x64_jcc(cg, CC_NE, &slow->from);
    if (rounded == T1) /* raise Inexact */
        x64_v2i(cg, V_ROUNDPS | y, T1, T0, away ? 3 : (unsigned)control);
    pack(cg, y, sign ? V_PACKSSDW : V_PACKUSDW, D, T1);
    x64_half_finish(cg, slow, y);
    return true;
}

/* 16 bits are exact as a single, and scaled. */
bool x64_half_vitof(struct cg *cg, const struct cg_inst *i)
{
    const uint32_t y = x64_half_ymm(i);
    struct x64_mem k;
    unsigned a = A;

    if (!x64_half_inline(cg, i->op))
        return false;
    if (scalar(i))
        x64_zext_lane(cg, IR_LANE_H, a = T0, A);
    x64_v2(cg, (i->op->opc == IR_vstof ? V_PMOVSXWD : V_PMOVZXWD) | y, T0, a);
    x64_v2(cg, V_CVTDQ2PS | y, T0, T0);
    if (i->op->imm) {
        k = x64_pool_splat_ymm(cg, IR_LANE_S, (uint64_t)(127 - i->op->imm) << 23);
        x64_v3m(cg, V_MULPS | y, T0, T0, &k);
    }
    x64_half_narrow(cg, y, D, T0);
    x64_half_finish(cg, NULL, y);
    return true;
}
