/* SPDX-License-Identifier: MIT */
/*
 * Floating point: arithmetic, comparison, rounding, conversion.  The host's instruction, then a check
 * that goes to the portable definition out of line where the host's answer is not the guest's: a NaN
 * result (which NaN), operands of min and max that are unordered, integers that do not fit.  MXCSR
 * collects the sticky flags; the out-of-line evaluation adds its own.  Includes vec.h.
 *
 * Tests run on lanes that count only: 64-bit vectors are doubled first, so that the upper half raises
 * nothing of its own.  Where underflow is to be exact too: ARM finds tininess before rounding, the
 * host after it, and they differ only if the result is the smallest normal number.  What a NaN of a
 * fused operation is, and in loops underflow, are exact with TCG_RUN_FPSTRICT alone: the checks cost
 * numeric programs 5 and 10% (docs/limits.md).  So it is with results of cpu->fp_std that round up to
 * the smallest normal number, which ARM flushes: in loops alone, and half the time of A32 NEON code.
 */
#include "backends/x86_64/vec.h"

#define LANE (i->op->lane & 3u)
#define D (i->d.reg)
#define A (i->a[0].reg)
#define B (i->a[1].reg)
#define C (i->a[2].reg)

/* Forms of an instruction: PS PD SS SD. */
typedef const uint32_t fp_forms[4];
#define FORMS(name) {V_##name##PS, V_##name##PD, V_##name##SS, V_##name##SD}
static fp_forms cmp_forms = FORMS(CMP), round_forms = FORMS(ROUND);

static bool scalar(const struct cg_inst *i) { return ir_lane_count(i->op->lane) == 1; }
static bool half_vector(const struct cg_inst *i) { return !scalar(i) && (i->op->lane & IR_LANES_64); }
static bool wide(const struct cg_inst *i) { return LANE == IR_LANE_D; }
static uint32_t form(const struct cg_inst *i, fp_forms f)
{
    return f[(scalar(i) ? 2 : 0) + (wide(i) ? 1 : 0)];
}
bool x64_exact_underflow(const struct cg *cg)
{
    if (cg->fp_std)
        return cg->ir->n_blocks == 1;
    return (cg->run_mode & (TCG_RUN_FPSTRICT | TCG_RUN_FPFLUSH)) ||
           (cg->fp_status && cg->ir->n_blocks == 1);
}

bool x64_fp_in_force(const struct cg *cg, const struct cg_inst *i)
{
    return !(cg->run_mode & TCG_RUN_FPEXACT) && (!(i->op->mod & IR_FPC1) || cg->fp_std);
}

bool x64_host_fp(const struct cg *cg, const struct cg_inst *i)
{
    return x64_fp_in_force(cg, i) && LANE >= IR_LANE_S;
}
static bool rounds_dynamically(const struct cg_inst *i)
{
    return (i->op->mod & IR_ROUND_MASK) == IR_ROUND_DYN;
}

/* The operand in register r, doubled into t if it is half a vector. */
static unsigned operand(struct cg *cg, const struct cg_inst *i, unsigned r, unsigned t)
{
    if (!half_vector(i))
        return r;
    x64_dup_low(cg, t, r);
    return t;
}

/* To `slow` if a lane of a and b, of i's count, is unordered; t is lost. */
static void jump_unordered(struct cg *cg, const struct cg_inst *i, bool doubles, unsigned a, unsigned b,
                           unsigned t, struct cg_label *slow)
{
    if (scalar(i)) {
        x64_v2(cg, doubles ? V_UCOMISD : V_UCOMISS, a, b);
        x64_jcc(cg, CC_P, slow);
        return;
    }
    x64_v3i(cg, doubles ? V_CMPPD : V_CMPPS, t, a, b, 3); /* CMPUNORD */
    x64_v2(cg, doubles ? V_MOVMSKPD : V_MOVMSKPS, RAX, t);
    x64_test_rr(cg, 0, RAX, RAX);
    x64_jcc(cg, CC_NE, slow);
}

void x64_jump_min_normal(struct cg *cg, bool doubles, unsigned r, struct cg_label *slow)
{
    const struct x64_mem min = x64_constant(cg, doubles ? X64_K_MIN_NORMAL64 : X64_K_MIN_NORMAL32);

    x64_lane_shift(cg, VSHL, doubles ? IR_LANE_D : IR_LANE_S, T0, r, 1);
    x64_v3m(cg, doubles ? V_PCMPEQQ : V_PCMPEQD, T0, T0, &min);
    x64_v2(cg, V_PTEST, T0, T0);
    x64_jcc(cg, CC_NE, slow);
}

/* Is every NaN result the default NaN? */
static bool default_nan(const struct cg *cg) { return cg->run_mode & TCG_RUN_FPDN; }

/* d = the default NaN where the mask in T0 says so, else r. */
static void blend_default_nan(struct cg *cg, bool doubles, unsigned d, unsigned r)
{
    const struct x64_mem nan = x64_constant(cg, doubles ? X64_K_NAN64 : X64_K_NAN32);

    if (X64_HAS(AVX)) {
        struct x64_mem m = nan;

        m.tail = 1;
        x64_vex_rm(cg, doubles ? V_VBLENDVPD : V_VBLENDVPS, d, r, &m);
        x64_u8(cg, T0 << 4);
    } else { /* BLENDV's mask is xmm0 */
        x64_movaps(cg, d, r);
        x64_rm(cg, doubles ? V_BLENDVPD : V_BLENDVPS, d, &nan);
    }
}

/* d = the default NaN in the lanes of doubles or singles of r that are NaNs, quiet by now: CMPUNORD
 * raises nothing for those.  T0 and T1 are lost; r is neither. */
static void default_nans(struct cg *cg, bool doubles, unsigned d, unsigned r)
{
    x64_v3i(cg, doubles ? V_CMPPD : V_CMPPS, T0, r, r, 3);
    blend_default_nan(cg, doubles, d, r);
}

void x64_default_nan(struct cg *cg, uint8_t lane, unsigned d, unsigned a)
{
    const bool doubles = (lane & 3) == IR_LANE_D;
    const struct x64_mem magnitude = x64_constant(cg, doubles ? X64_K_MAGNITUDE64 : X64_K_MAGNITUDE32);
    const struct x64_mem infinity = x64_constant(cg, doubles ? X64_K_INFINITY64 : X64_K_INFINITY32);

    x64_v3m(cg, V_PAND, T0, a, &magnitude);
    x64_v3m(cg, doubles ? V_PCMPGTQ : V_PCMPGTD, T0, T0, &infinity);
    blend_default_nan(cg, doubles, d, a);
}

void x64_emit_vfdn(struct cg *cg, const struct cg_inst *i)
{
    x64_default_nan(cg, i->op->lane, D, A);
}

/* NaNs in D, of i's lanes or as many doubles: made default ones, or to `slow` if they may be the wrong
 * ones.  `silent`: then Invalid may not have been raised. */
static void check_nans(struct cg *cg, const struct cg_inst *i, bool doubles, bool silent,
                       struct cg_label *slow)
{
    if (default_nan(cg) && !silent && !scalar(i))
        default_nans(cg, doubles, D, D);
    else if (!x64_traps(cg) || default_nan(cg) || silent)
        jump_unordered(cg, i, doubles, D, D, T0, slow);
}

/* The checks of an arithmetic result in D; the end of the op.  Where Invalid traps the only wrong
 * NaNs that come without it are those of fused operations, and in default-NaN mode those of
 * operands. */
static void check_result(struct cg *cg, const struct cg_inst *i, struct cg_ool *slow, bool underflows)
{
    if (!(cg->fp_std && i->op->mod & IR_NAN_ANY))
        check_nans(cg, i, wide(i), i->op->opc == IR_vfma && (cg->run_mode & TCG_RUN_FPSTRICT),
                   &slow->from);
    if (underflows && x64_exact_underflow(cg))
        x64_jump_min_normal(cg, wide(i), D, &slow->from);
    x64_bind(cg, &slow->back);
}

/* --- arithmetic ------------------------------------------------------------------------------------------ */

void x64_emit_vfarith(struct cg *cg, const struct cg_inst *i)
{
    static fp_forms add = FORMS(ADD), sub = FORMS(SUB), mul = FORMS(MUL), div = FORMS(DIV);
    const uint16_t opc = i->op->opc;
    const uint32_t op = form(i, opc == IR_vfadd ? add : opc == IR_vfsub ? sub : opc == IR_vfdiv ? div : mul);
    struct cg_ool *slow;
    unsigned a, b;

    if (x64_half_arith(cg, i))
        return;
    /* FMULX: infinity times zero is 2 and raises nothing: where that traps it is found. */
    if (!x64_host_fp(cg, i) || !rounds_dynamically(i) || (opc == IR_vfmulx && !x64_traps(cg))) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    a = operand(cg, i, A, T0);
    b = i->a[0].reg == i->a[1].reg ? a : operand(cg, i, B, T1);
    x64_trap_here(cg, slow);
    x64_v3(cg, op, D, a, b);
    check_result(cg, i, slow, opc != IR_vfadd && opc != IR_vfsub);
}

void x64_emit_vfsqrt(struct cg *cg, const struct cg_inst *i)
{
    static fp_forms forms = FORMS(SQRT);
    struct cg_ool *slow;
    unsigned a;

    if (x64_half_arith(cg, i))
        return;
    if (!x64_host_fp(cg, i) || !rounds_dynamically(i)) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    a = operand(cg, i, A, T0);
    x64_trap_here(cg, slow);
    if (scalar(i))
        x64_v3(cg, form(i, forms), D, a, a);
    else
        x64_v2(cg, form(i, forms), D, a);
    check_result(cg, i, slow, false);
}

/* d = r with its signs flipped; what is above a scalar stays. */
static void negate(struct cg *cg, const struct cg_inst *i, unsigned d, unsigned r)
{
    static const uint8_t signs[2][2] = {{X64_K_SIGN32, X64_K_SIGN64}, {X64_K_SIGN32_1, X64_K_SIGN64_1}};
    const struct x64_mem sign = x64_constant(cg, signs[scalar(i)][wide(i)]);

    x64_v3m(cg, V_XORPS, d, r, &sign);
}

/* d = a + b * c; the 231 form adds to its destination.  The operands are negated, not the product and
 * the sum as FMSUB and FNMADD do: it shows in NaNs. */
void x64_emit_vfma(struct cg *cg, const struct cg_inst *i)
{
    static fp_forms forms = FORMS(VFMADD231);
    struct cg_ool *slow;
    unsigned a, b, c;

    if (x64_half_fma(cg, i))
        return;
    if (!x64_host_fp(cg, i) || !X64_HAS(FMA)) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    a = operand(cg, i, A, D);
    b = operand(cg, i, B, T0);
    c = operand(cg, i, C, T1);
    if (i->op->mod & IR_FMA_NEGA)
        negate(cg, i, D, a);
    else
        x64_movaps(cg, D, a);
    if (i->op->mod & IR_FMA_NEGB) {
        negate(cg, i, T0, b);
        b = T0;
    }
    x64_trap_here(cg, slow);
    x64_vex_rr(cg, form(i, forms), D, b, c);
    check_result(cg, i, slow, true);
}

/* 2 - a * b, but infinity times zero gives 2 and raises nothing: where that traps it is found. */
void x64_emit_vfrecps(struct cg *cg, const struct cg_inst *i)
{
    static fp_forms forms = FORMS(VFNMADD231);
    struct cg_ool *slow;
    struct x64_mem two;
    unsigned a, b;

    if (x64_half_fma(cg, i))
        return;
    if (!x64_host_fp(cg, i) || !X64_HAS(FMA) || !x64_traps(cg) || !rounds_dynamically(i)) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    two = x64_pool_splat(cg, i->op->lane, wide(i) ? 0x4000000000000000 : 0x40000000);
    x64_v2m(cg, V_MOVAPS, D, &two);
    a = operand(cg, i, A, T0);
    b = operand(cg, i, B, T1);
    x64_trap_here(cg, slow);
    x64_vex_rr(cg, form(i, forms), D, a, b);
    jump_unordered(cg, i, wide(i), D, D, T0, &slow->from); /* the sign of a NaN in a changes */
    if (x64_exact_underflow(cg))
        x64_jump_min_normal(cg, wide(i), D, &slow->from);
    x64_bind(cg, &slow->back);
}

/* MAX and MIN give their second operand if both are zeros: both orders, then the sign that is wanted.
 * Unordered operands are found before, because the host raises Invalid for quiet NaNs; if that traps
 * it is enough. */
void x64_emit_vfminmax(struct cg *cg, const struct cg_inst *i)
{
    static fp_forms max = FORMS(MAX), min = FORMS(MIN);
    const bool is_max = i->op->opc == IR_vfmax || i->op->opc == IR_vfmaxnm;
    struct cg_ool *slow;
    uint32_t op;
    unsigned a, b;

    if (x64_half_minmax(cg, i))
        return;
    if (!x64_host_fp(cg, i)) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    op = form(i, is_max ? max : min);
    a = operand(cg, i, A, T0);
    b = operand(cg, i, B, T1);
    if (!x64_traps(cg))
        jump_unordered(cg, i, wide(i), a, b, D, &slow->from); /* H_EARLY: D is free */
    x64_trap_here(cg, slow);
    x64_v3(cg, op, D, a, b);
    if (b == T1) {
        x64_v3(cg, op, T1, T1, a);
        x64_v3(cg, is_max ? V_ANDPS : V_ORPS, D, D, T1);
    } else {
        x64_v3(cg, op, T0, b, a);
        x64_v3(cg, is_max ? V_ANDPS : V_ORPS, D, D, T0);
    }
    x64_bind(cg, &slow->back);
}

/* --- comparison ------------------------------------------------------------------------------------------------ */

/* Predicates 0 EQ_OQ raises for signalling NaNs alone, 1 LT_OS and 2 LE_OS for all: as A64's. */
void x64_emit_vfcmp(struct cg *cg, const struct cg_inst *i)
{
    struct cg_ool *slow = NULL;
    unsigned a, b;

    if (x64_half_cmp(cg, i))
        return;
    if (!x64_host_fp(cg, i)) {
        x64_emit_eval(cg, i);
        return;
    }
    a = operand(cg, i, A, T0);
    b = operand(cg, i, B, T1);
    if (x64_traps(cg))
        slow = x64_slow_eval(cg, i);
    x64_trap_here(cg, slow);
    if (i->op->opc == IR_vfcmeq)
        x64_v3i(cg, form(i, cmp_forms), D, a, b, 0);
    else
        x64_v3i(cg, form(i, cmp_forms), D, b, a, i->op->opc == IR_vfcmgt ? 1 : 2);
    if (slow)
        x64_bind(cg, &slow->back);
}

/* 2^n as a number of i's format, in all lanes. */
static struct x64_mem power_of_two(struct cg *cg, bool doubles, int n)
{
    if (doubles)
        return x64_pool_splat(cg, IR_LANE_D, (uint64_t)(1023 + n) << 52);
    return x64_pool_splat(cg, IR_LANE_S, (uint64_t)(127 + n) << 23);
}

/* --- rounding to integral values ------------------------------------------------------------------------------ */

int x64_round_control(unsigned mode)
{
    static const int8_t control[8] = {[FP_RNE] = 0, [FP_RP] = 2, [FP_RM] = 1, [FP_RZ] = 3,
                                      [FP_RNA] = -1, [FP_RODD] = -1, [6] = -1, [IR_ROUND_DYN] = 4};

    return control[mode & IR_ROUND_MASK];
}

static void round_to(struct cg *cg, const struct cg_inst *i, unsigned d, unsigned a, int control)
{
    if (scalar(i))
        x64_v3i(cg, form(i, round_forms), d, a, a, (unsigned)control);
    else
        x64_v2i(cg, form(i, round_forms), d, a, (unsigned)control);
}

/* To `slow` unless the magnitudes of all lanes of a are below 2^limit; T1 is lost. */
static void jump_large(struct cg *cg, const struct cg_inst *i, unsigned a, int limit,
                       struct cg_ool *slow)
{
    const struct x64_mem bound = power_of_two(cg, wide(i), limit);
    const struct x64_mem magnitude = x64_pool_splat(cg, i->op->lane, wide(i) ? INT64_MAX : INT32_MAX);

    x64_v3m(cg, V_PAND, T1, a, &magnitude);
    if (scalar(i)) {
        x64_trap_here(cg, slow);
        x64_v2m(cg, wide(i) ? V_UCOMISD : V_UCOMISS, T1, &bound);
        x64_jcc(cg, CC_AE, &slow->from);
        x64_jcc(cg, CC_P, &slow->from);
    } else { /* as integers, magnitudes are ordered alike */
        x64_v3m(cg, wide(i) ? V_PCMPGTQ : V_PCMPGTD, T1, T1, &bound);
        x64_v2(cg, V_PTEST, T1, T1);
        x64_jcc(cg, CC_NE, &slow->from);
    }
}

/* A scalar where an instruction can raise nothing: trunc(a + h), h the largest number below 1/2 with a's
 * sign.  The sum, to nearest, reaches the next integer from ties on. */
static void round_away_scalar(struct cg *cg, const struct cg_inst *i, unsigned d, unsigned a)
{
    const struct x64_mem sign = x64_constant(cg, wide(i) ? X64_K_SIGN64 : X64_K_SIGN32);
    const struct x64_mem half = x64_constant(cg, wide(i) ? X64_K_UNDER_HALF64 : X64_K_UNDER_HALF32);

    x64_v3m(cg, V_ANDPS, d, a, &sign);
    x64_v3m(cg, V_ORPS, d, d, &half);
    x64_evex_rr(cg, wide(i) ? V_ADDSD | X_WEV : V_ADDSS, d, a, d, X64_NEAREST);
    round_to(cg, i, d, d, 3 | 8);
}

/* d = a rounded to nearest, ties away from zero, without raising anything: trunc(2a) - trunc(a), with
 * a's sign if that is zero.  All of it is exact below 2^(digits).  d is not a; T1 is lost. */
static void round_away(struct cg *cg, const struct cg_inst *i, unsigned d, unsigned a,
                       struct cg_ool *slow)
{
    static fp_forms add = FORMS(ADD), sub = FORMS(SUB);
    const struct x64_mem sign = x64_constant(cg, wide(i) ? X64_K_SIGN64 : X64_K_SIGN32);
    struct x64_mem magnitude;

    if (scalar(i) && X64_HAS(AVX512F)) {
        round_away_scalar(cg, i, d, a);
        return;
    }
    magnitude = x64_pool_splat(cg, i->op->lane, wide(i) ? INT64_MAX : INT32_MAX);
    jump_large(cg, i, a, wide(i) ? 52 : 23, slow);
    x64_v3(cg, form(i, add), T1, a, a);
    round_to(cg, i, T1, T1, 3 | 8);
    round_to(cg, i, d, a, 3 | 8);
    x64_v3(cg, form(i, sub), T1, T1, d);
    x64_v3m(cg, V_ANDPS, d, a, &sign);
    x64_v3m(cg, V_ANDPS, T1, T1, &magnitude); /* 0 - 0 is -0 when rounding down */
    x64_v3(cg, V_ORPS, d, d, T1);
}

static bool rounds_away(const struct cg_inst *i)
{
    return (i->op->mod & IR_ROUND_MASK) == FP_RNA;
}

static void emit_frinta(struct cg *cg, const struct cg_inst *i)
{
    struct cg_ool *slow = x64_slow_eval(cg, i);

    if (scalar(i)) { /* a signalling NaN is Invalid */
        x64_trap_here(cg, slow);
        x64_v2(cg, wide(i) ? V_UCOMISD : V_UCOMISS, A, A);
        if (default_nan(cg))
            x64_jcc(cg, CC_P, &slow->from);
    }
    round_away(cg, i, D, operand(cg, i, A, T0), slow);
    x64_bind(cg, &slow->back);
}

void x64_emit_vfrint(struct cg *cg, const struct cg_inst *i)
{
    const int control = x64_round_control(i->op->mod);
    struct cg_ool *slow = NULL;
    unsigned a;

    if (x64_half_rint(cg, i))
        return;
    if (x64_host_fp(cg, i) && rounds_away(i) && !(i->op->mod & IR_RINT_EXACT)) {
        emit_frinta(cg, i);
        return;
    }

    if (!x64_host_fp(cg, i) || control < 0) {
        x64_emit_eval(cg, i);
        return;
    }
    a = operand(cg, i, A, T0);
    if (x64_traps(cg) || default_nan(cg))
        slow = x64_slow_eval(cg, i);
    x64_trap_here(cg, slow);
    round_to(cg, i, D, a, control | (i->op->mod & IR_RINT_EXACT ? 0 : 8));
    if (default_nan(cg))
        check_nans(cg, i, wide(i), false, &slow->from);
    if (slow)
        x64_bind(cg, &slow->back);
}

/* --- between formats ---------------------------------------------------------------------------------------------- */

/* binary16 to and from binary32 by F16C. */
static bool half_inline(const struct cg *cg, const struct cg_inst *i)
{
    const unsigned to = (unsigned)i->op->imm;

    if (!X64_HAS(F16C) || (cg->run_mode & TCG_RUN_FPHALF) || !x64_fp_in_force(cg, i))
        return false;
    if (LANE == IR_LANE_H)
        return to == IR_LANE_S || scalar(i);
    if (LANE == IR_LANE_D && (!scalar(i) || cg->run_mode & TCG_RUN_FPFLUSH)) /* a tiny single is no zero */
        return false;
    return to == IR_LANE_H && rounds_dynamically(i);
}

/* By way of a single that no rounding has spoilt.  A double beyond all singles is beyond halves as well, or
 * tiny for both. */
static void double_to_single(struct cg *cg, unsigned a)
{
    x64_v2(cg, V_MOVQ, T0, a);
    x64_round_to_odd(cg, 0);
    x64_v2(cg, V_CVTPD2PS, T0, T0);
}

static void convert_half(struct cg *cg, const struct cg_inst *i, struct cg_ool *slow)
{
    unsigned a = A;

    x64_trap_here(cg, slow);
    /* Lanes that do not count must raise nothing. */
    if (LANE == IR_LANE_D) {
        double_to_single(cg, a);
        a = T0;
    } else if (scalar(i) || (half_vector(i) && LANE == IR_LANE_S)) {
        x64_zext_lane(cg, scalar(i) ? i->op->lane : IR_LANE_D, T0, a);
        a = T0;
    }
    if (i->op->imm == IR_LANE_H) {
        if (default_nan(cg)) {
            x64_movaps(cg, D, a);
            default_nans(cg, false, D, D);
            a = D;
        }
        x64_v2i(cg, V_VCVTPS2PH, a, D, 4); /* the source is ModRM.reg; 4: round as MXCSR */
        if (x64_exact_underflow(cg))
            x64_half_jump_min_normal(cg, D, &slow->from);
        return;
    }
    x64_v2(cg, V_VCVTPH2PS, D, a);
    if (default_nan(cg))
        default_nans(cg, false, D, D);
    if (i->op->imm == IR_LANE_D)
        x64_v3(cg, V_CVTSS2SD, D, D, D);
}

static void convert_wide(struct cg *cg, const struct cg_inst *i, struct cg_ool *slow)
{
    const bool to_double = i->op->imm == IR_LANE_D;

    if (scalar(i)) {
        x64_zero(cg, T0);
        x64_trap_here(cg, slow);
        x64_v3(cg, to_double ? V_CVTSS2SD : V_CVTSD2SS, D, T0, A);
    } else {
        x64_trap_here(cg, slow);
        x64_v2(cg, to_double ? V_CVTPS2PD : V_CVTPD2PS, D, A);
    }
    if (default_nan(cg))
        check_nans(cg, i, to_double, false, &slow->from);
    if (!to_double && x64_exact_underflow(cg))
        x64_jump_min_normal(cg, false, D, &slow->from);
}

/* A NaN keeps its sign and the top of its payload and becomes quiet, on both sides: no check but in
 * default-NaN mode. */
void x64_emit_vfcvt(struct cg *cg, const struct cg_inst *i)
{
    const bool half = i->op->imm == IR_LANE_H || LANE == IR_LANE_H;
    const bool narrows = (unsigned)i->op->imm < LANE;
    struct cg_ool *slow = NULL;

    if ((half && !half_inline(cg, i)) ||
        (!half && (!x64_host_fp(cg, i) || (narrows && !rounds_dynamically(i))))) {
        x64_emit_eval(cg, i);
        return;
    }
    if (x64_traps(cg) || x64_exact_underflow(cg) || default_nan(cg))
        slow = x64_slow_eval(cg, i);
    if (half)
        convert_half(cg, i, slow);
    else
        convert_wide(cg, i, slow);
    if (slow)
        x64_bind(cg, &slow->back);
}

/* --- to integers ---------------------------------------------------------------------------------------------------- */

/* The source of a conversion to integers, on its way. */
struct source {
    unsigned scaled;  /* a * 2^imm: a's register, or T0 */
    unsigned rounded; /* the same rounded without raising Inexact: or T1, or `away` */
    int control;      /* ROUND's; -1: to nearest, ties away */
};

/* A product that overflows would raise what the conversion must not: out of line before that. */
static void scale_up(struct cg *cg, const struct cg_inst *i, struct cg_ool *slow)
{
    static fp_forms mul = FORMS(MUL);
    const struct x64_mem scale = power_of_two(cg, wide(i), (int)i->op->imm);

    jump_large(cg, i, T0, wide(i) ? 100 : 62, slow);
    x64_trap_here(cg, slow);
    x64_v3m(cg, form(i, mul), T0, T0, &scale);
}

/* away: a register for rounding to nearest away, neither a nor T1. */
static struct source prepare(struct cg *cg, const struct cg_inst *i, unsigned a, unsigned away,
                             struct cg_ool *slow)
{
    struct source s = {a, a, x64_round_control(i->op->mod)};

    if (i->op->imm) {
        x64_movaps(cg, T0, a);
        scale_up(cg, i, slow);
        s.scaled = s.rounded = T0;
    }
    if (rounds_away(i)) {
        round_away(cg, i, away, a, slow);
        s.rounded = away;
    } else if (s.control != 3) {
        x64_trap_here(cg, slow);
        round_to(cg, i, T1, s.scaled, s.control | 8);
        s.rounded = T1;
    }
    return s;
}

/* A half as a single, which nothing here overflows.  T0 and T1 are lost. */
static struct source prepare_half(struct cg *cg, const struct cg_inst *i, struct cg_ool *slow)
{
    struct source s = {T0, T0, x64_round_control(i->op->mod)};

    x64_trap_here(cg, slow);
    x64_half_scalar(cg, T0, A);
    if (i->op->imm) {
        const struct x64_mem scale = power_of_two(cg, false, (int)i->op->imm);

        x64_v3m(cg, V_MULSS, T0, T0, &scale);
    }
    if (rounds_away(i))
        x64_half_away(cg, 0, s.rounded = T1, T0);
    else if (s.control != 3)
        round_to(cg, i, s.rounded = T1, T0, s.control | 8);
    return s;
}

/* Of ftos and ftou. */
static struct source prepare_scalar(struct cg *cg, const struct cg_inst *i, struct cg_ool *slow)
{
    return LANE == IR_LANE_H ? prepare_half(cg, i, slow) : prepare(cg, i, A, T0, slow);
}

/* What was rounded quietly fits: raise Inexact if it changed. */
static void raise_inexact(struct cg *cg, const struct cg_inst *i, const struct source *s)
{
    if (s->control != 3)
        round_to(cg, i, T1, s->scaled, s->control < 0 ? 3 : s->control);
}

static bool rounds_inline(const struct cg_inst *i)
{
    return x64_round_control(i->op->mod) >= 0 || (rounds_away(i) && i->op->imm == 0);
}

static bool converts_inline(const struct cg *cg, const struct cg_inst *i)
{
    return (x64_host_fp(cg, i) || x64_half_inline(cg, i->op)) && rounds_inline(i);
}

/* The host gives the most negative integer for all that does not fit (subtracting 1 overflows), and
 * raises Invalid. */
void x64_emit_ftos(struct cg *cg, const struct cg_inst *i)
{
    const uint32_t w = x64_w(i->op);
    struct cg_ool *slow;
    struct source s;

    if (!converts_inline(cg, i)) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    s = prepare_scalar(cg, i, slow);
    x64_trap_here(cg, slow);
    x64_v2(cg, w | (wide(i) ? V_CVTTSD2SI : V_CVTTSS2SI), D, s.rounded);
    if (!x64_traps(cg)) {
        x64_alu_ri(cg, w, ALU_CMP, D, 1);
        x64_jcc(cg, CC_O, &slow->from);
    }
    raise_inexact(cg, i, &s);
    x64_bind(cg, &slow->back);
}

/* Without AVX-512: by the signed conversion of 64 bits.  What does not fit goes out of line before
 * it can raise Inexact; unordered sets CF. */
static void ftou_signed(struct cg *cg, const struct cg_inst *i, unsigned a, struct cg_ool *slow)
{
    const struct x64_mem limit = power_of_two(cg, wide(i), x64_w(i->op) ? 63 : 32);
    const struct x64_mem minus_one =
        x64_pool_splat(cg, wide(i) ? IR_LANE_D : IR_LANE_S, wide(i) ? 0xbff0000000000000 : 0xbf800000);
    const uint32_t compare = wide(i) ? V_UCOMISD : V_UCOMISS;

    x64_trap_here(cg, slow);
    x64_v2m(cg, compare, a, &limit);
    x64_jcc(cg, CC_AE, &slow->from);
    x64_v2m(cg, compare, a, &minus_one);
    x64_jcc(cg, CC_BE, &slow->from);
    x64_v2(cg, X_W | (wide(i) ? V_CVTTSD2SI : V_CVTTSS2SI), D, a);
}

void x64_emit_ftou(struct cg *cg, const struct cg_inst *i)
{
    const uint32_t w = x64_w(i->op);
    struct cg_ool *slow;
    struct source s;

    if (!converts_inline(cg, i)) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    s = prepare_scalar(cg, i, slow);
    if (X64_HAS(AVX512F)) { /* all ones for what does not fit, and Invalid */
        x64_trap_here(cg, slow);
        x64_evex_rr(cg, w | (wide(i) ? V_EV_CVTTSD2USI : V_EV_CVTTSS2USI), D, 0, s.rounded, 0);
        if (!x64_traps(cg)) {
            x64_alu_ri(cg, w, ALU_CMP, D, -1);
            x64_jcc(cg, CC_E, &slow->from);
        }
    } else {
        ftou_signed(cg, i, s.rounded, slow);
    }
    raise_inexact(cg, i, &s);
    x64_bind(cg, &slow->back);
}

/* Scalars in vector registers are converted as vectors of equal lanes. */
static unsigned equal_lanes(struct cg *cg, const struct cg_inst *i, unsigned a, unsigned t)
{
    if (scalar(i) && !wide(i)) {
        x64_v2i(cg, V_PSHUFD, t, a, 0);
        return t;
    }
    if (scalar(i) || half_vector(i)) {
        x64_dup_low(cg, t, a);
        return t;
    }
    return a;
}

/* Inline: signed binary32 everywhere, the others with AVX-512. */
static bool lanes_inline(const struct cg *cg, const struct cg_inst *i, bool sign)
{
    return x64_host_fp(cg, i) &&
           ((sign && !wide(i)) || X64_HAS(AVX512DQ));
}

/* To `slow` if a lane of D is what the host gives for numbers that do not fit; T1 is lost. */
static void check_lanes(struct cg *cg, const struct cg_inst *i, bool sign, struct cg_label *slow)
{
    struct x64_mem min;

    if (sign) {
        min = x64_constant(cg, wide(i) ? X64_K_SIGN64 : X64_K_SIGN32);
        x64_v3m(cg, wide(i) ? V_PCMPEQQ : V_PCMPEQD, T1, D, &min);
    } else {
        x64_ones(cg, T1);
        x64_v3(cg, wide(i) ? V_PCMPEQQ : V_PCMPEQD, T1, T1, D);
    }
    x64_v2(cg, V_PTEST, T1, T1);
    x64_jcc(cg, CC_NE, slow);
}

void x64_emit_vftoi(struct cg *cg, const struct cg_inst *i)
{
    const bool sign = i->op->opc == IR_vftos;
    struct cg_ool *slow;
    struct source s;

    if (x64_half_vftoi(cg, i))
        return;
    if (!lanes_inline(cg, i, sign) || !rounds_inline(i) || (scalar(i) && i->op->imm)) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    s = prepare(cg, i, equal_lanes(cg, i, A, T0), D, slow);
    if (scalar(i)) /* rounding was of one lane */
        s.rounded = equal_lanes(cg, i, s.rounded, T1);
    x64_trap_here(cg, slow);
    if (wide(i) || !sign)
        x64_evex_rr(cg, sign ? V_EV_CVTTPD2QQ : wide(i) ? V_EV_CVTTPD2UQQ : V_EV_CVTTPS2UDQ, D, 0,
                    s.rounded, 0);
    else
        x64_v2(cg, V_CVTTPS2DQ, D, s.rounded);
    if (!x64_traps(cg))
        check_lanes(cg, i, sign, &slow->from);
    raise_inexact(cg, i, &s);
    x64_bind(cg, &slow->back);
}

/* --- from integers ------------------------------------------------------------------------------------------------------ */

/* Scaling by 2^-imm is exact: no integer comes near the subnormals. */
static void scale_down(struct cg *cg, const struct cg_inst *i, bool vector)
{
    static fp_forms mul = FORMS(MUL);
    struct x64_mem scale;

    if (i->op->imm == 0)
        return;
    scale = power_of_two(cg, wide(i), -(int)i->op->imm);
    x64_v3m(cg, mul[(vector ? 0 : 2) + (wide(i) ? 1 : 0)], D, D, &scale);
}

/* D = FP of integer register r; op: CVTSI2SS or its like.  D is cleared first: the instruction keeps
 * the upper lanes, and waits for them. */
static void from_int(struct cg *cg, uint32_t op, unsigned d, unsigned r)
{
    x64_zero(cg, d);
    if (X64_HAS(AVX))
        x64_vex_rr(cg, op, d, d, r);
    else
        x64_rr(cg, op, d, r);
}

/* Integers that a single cannot hold overflow a half: rounding twice is innocent if they are not scaled. */
static bool itof_inline(const struct cg *cg, const struct cg_inst *i)
{
    if (!rounds_dynamically(i))
        return false;
    return LANE == IR_LANE_H ? x64_half_inline(cg, i->op) && i->op->imm == 0 : x64_host_fp(cg, i);
}

void x64_emit_itof(struct cg *cg, const struct cg_inst *i)
{
    const bool sign = i->op->opc == IR_stof, wide_int = i->op->type == IR_I64;
    const uint32_t op = wide(i) ? V_CVTSI2SD : V_CVTSI2SS;
    struct cg_ool *slow = NULL;

    if (!itof_inline(cg, i)) {
        x64_emit_eval(cg, i);
        return;
    }
    if (sign || !wide_int) { /* unsigned words are zero extended */
        from_int(cg, op | (wide_int || !sign ? X_W : 0), D, A);
    } else if (X64_HAS(AVX512F)) {
        x64_zero(cg, D);
        x64_evex_rr(cg, X_W | (wide(i) ? V_EV_CVTUSI2SD : V_EV_CVTUSI2SS), D, D, A, 0);
    } else {
        slow = x64_slow_eval(cg, i);
        x64_test_rr(cg, X_W, A, A);
        x64_jcc(cg, CC_S, &slow->from);
        from_int(cg, op | X_W, D, A);
    }
    scale_down(cg, i, false);
    if (LANE == IR_LANE_H)
        x64_v2i(cg, V_VCVTPS2PH, D, D, 4); /* round as MXCSR */
    if (slow)
        x64_bind(cg, &slow->back);
}

void x64_emit_vitof(struct cg *cg, const struct cg_inst *i)
{
    const bool sign = i->op->opc == IR_vstof;
    unsigned a;

    if (x64_half_vitof(cg, i))
        return;
    if (!lanes_inline(cg, i, sign)) {
        x64_emit_eval(cg, i);
        return;
    }
    a = equal_lanes(cg, i, A, T0);
    if (wide(i) || !sign)
        x64_evex_rr(cg, sign ? V_EV_CVTQQ2PD : wide(i) ? V_EV_CVTUQQ2PD : V_EV_CVTUDQ2PS, D, 0, a, 0);
    else
        x64_v2(cg, V_CVTDQ2PS, D, a);
    scale_down(cg, i, true);
}

/* FJCVTZS: the low word; Z if it converts back to the very operand, -0 not. */
void x64_emit_fjcvt(struct cg *cg, const struct cg_inst *i)
{
    struct cg_ool *slow;

    if (!x64_host_fp(cg, i)) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    x64_trap_here(cg, slow);
    x64_v2(cg, V_CVTTSD2SI, RAX, A);
    if (!x64_traps(cg)) {
        x64_alu_ri(cg, 0, ALU_CMP, RAX, 1); /* does not fit 32 bits */
        x64_jcc(cg, CC_O, &slow->from);
    }
    from_int(cg, V_CVTSI2SD, T0, RAX);
    x64_v2(cg, V_MOVD_ST | X_W, T0, RDX);
    x64_v2(cg, V_MOVD_ST | X_W, A, RCX);
    x64_alu_rr(cg, X_W, ALU_CMP, RDX, RCX);
    x64_setcc(cg, CC_E, RDX);
    x64_movzx8(cg, RDX, RDX);
    x64_shift_ri(cg, X_W, SH_SHL, RDX, 32);
    x64_mov_rr(cg, 0, RAX, RAX);
    x64_alu_rr(cg, X_W, ALU_OR, RAX, RDX);
    x64_mov_rr(cg, X_W, D, RAX);
    x64_bind(cg, &slow->back);
}
