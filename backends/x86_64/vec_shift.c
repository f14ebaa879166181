/* SPDX-License-Identifier: MIT */
/*
 * Shifts of lanes by vectors: SSHL, USHL, their rounding and their saturating forms.  The count is the
 * signed low byte of each lane, negative to the right.  The host's variable shifts give 0 (or signs) for
 * counts past the width, so both ways are computed, and the count's sign chooses.  Includes vec.h.
 *
 * Rounding: plus the last bit that is shifted out.  Saturating: a left shift that does not shift back to
 * what it was has lost something.
 */
#include "backends/x86_64/vec.h"

#define LANE (i->op->lane & 3u)
#define D (i->d.reg)
#define A (i->a[0].reg)
#define B (i->a[1].reg)

struct shift {
    bool sign, rounds, saturates;
};

static struct shift shift_of(uint16_t opc)
{
    return (struct shift){
        .sign = opc == IR_vsshl || opc == IR_vsrshl || opc == IR_vsqshl || opc == IR_vsqrshl,
        .rounds = opc == IR_vsrshl || opc == IR_vurshl || opc == IR_vsqrshl || opc == IR_vuqrshl,
        .saturates = opc == IR_vsqshl || opc == IR_vuqshl || opc == IR_vsqrshl || opc == IR_vuqrshl,
    };
}

/* --- AVX-512: any lanes, in registers 16 and up and under masks ------------------------------------------ */

enum { COUNT = X64_VHIGH, RIGHT, LEFT, OTHER, VALUE, TOP, LIMIT };
enum { NEGATIVE = 1, LOST = 2 }; /* mask registers */
enum { CMP_LT = 1, CMP_NE = 4, CMP_GE = 5 };

/* The lanes that are shifted: bytes as words of 256 bits. */
struct lanes {
    unsigned lane, bits, l; /* l: X64_256 or 0 */
};

static void by_vector(struct cg *cg, struct lanes w, enum x64_vshift_kind k, unsigned d, unsigned a,
                      unsigned n)
{
    static const uint32_t ops[3][4] = {{0, V_EV_PSRLVW, V_VPSRLVD, V_VPSRLVQ},
                                       {0, V_EV_PSRAVW, V_VPSRAVD, V_EV_PSRAVQ},
                                       {0, V_EV_PSLLVW, V_VPSLLVD, V_VPSLLVQ}};

    x64_evex_rr(cg, ops[(k - VSHR) / 2][w.lane], d, a, n, w.l);
}

static void by_constant(struct cg *cg, struct lanes w, enum x64_vshift_kind k, unsigned d, unsigned a,
                        unsigned n)
{
    x64_high_shift(cg, k, w.lane, d, a, n, w.l);
}

/* Mask register k = a compared with b, of the lanes in mask register `of` (0: all). */
static void compare(struct cg *cg, struct lanes w, unsigned k, unsigned a, unsigned b, unsigned how,
                    unsigned of)
{
    static const uint32_t ops[4] = {0, V_EV_PCMPB | X_W, V_EV_PCMPD, V_EV_PCMPD | X_W};

    x64_evex_rr(cg, ops[w.lane], k, a, b, w.l | of);
    x64_u8(cg, how);
}

/* d = lanes of yes where mask register k is set, else of no. */
static void choose(struct cg *cg, struct lanes w, unsigned k, unsigned d, unsigned no, unsigned yes)
{
    static const uint32_t ops[4] = {0, V_EV_PBLENDMB | X_W, V_EV_PBLENDMD, V_EV_PBLENDMD | X_W};

    x64_evex_rr(cg, ops[w.lane], d, no, yes, w.l | k);
}

static void all_ones(struct cg *cg, struct lanes w, unsigned d)
{
    x64_evex_rr(cg, V_EV_PTERNLOGD, d, d, d, w.l);
    x64_u8(cg, 0xff);
}

/* RIGHT = a shifted right by -COUNT; OTHER is lost. */
static void to_the_right(struct cg *cg, struct shift s, struct lanes w, unsigned a)
{
    static const uint32_t magnitude[4] = {0, V_PABSW, V_PABSD, V_EV_PABSQ};
    static const uint32_t add[4] = {0, V_PADDW, V_PADDD, V_PADDQ | X_WEV};
    const enum x64_vshift_kind k = s.sign ? VSAR : VSHR;

    x64_evex_rr(cg, magnitude[w.lane], RIGHT, 0, COUNT, w.l);
    if (s.rounds) {
        all_ones(cg, w, OTHER);
        x64_evex_rr(cg, add[w.lane], OTHER, OTHER, RIGHT, w.l);
        by_vector(cg, w, k, OTHER, a, OTHER);
        by_constant(cg, w, VSHL, OTHER, OTHER, w.bits - 1);
        by_constant(cg, w, VSHR, OTHER, OTHER, w.bits - 1);
    }
    by_vector(cg, w, k, RIGHT, a, RIGHT);
    if (s.rounds)
        x64_evex_rr(cg, add[w.lane], RIGHT, RIGHT, OTHER, w.l);
}

/* LEFT = a, shifted left to there, or the limit where that has lost something: those in LOST. */
static void limit(struct cg *cg, struct shift s, struct lanes w, unsigned a)
{
    compare(cg, w, LOST, COUNT, OTHER, CMP_GE, 0); /* OTHER is zero */
    by_vector(cg, w, s.sign ? VSAR : VSHR, OTHER, LEFT, COUNT);
    compare(cg, w, LOST, OTHER, a, CMP_NE, LOST);
    all_ones(cg, w, LIMIT);
    if (s.sign) { /* MAX, or its complement MIN where a is negative */
        by_constant(cg, w, VSHR, LIMIT, LIMIT, 1);
        by_constant(cg, w, VSAR, OTHER, a, w.bits - 1);
        x64_evex_rr(cg, V_PXOR, LIMIT, LIMIT, OTHER, w.l);
    }
    choose(cg, w, LOST, LEFT, LEFT, LIMIT);
}

static void shift_avx512(struct cg *cg, const struct cg_inst *i, struct shift s)
{
    static const uint32_t spread[4] = {V_EV_PMOVM2B, V_EV_PMOVM2B | X_W, V_EV_PMOVM2D, V_EV_PMOVM2D | X_W};
    const bool bytes = LANE == IR_LANE_B;
    const struct lanes w = {bytes ? IR_LANE_H : LANE, bytes ? 16 : 8u << LANE, bytes ? X64_256 : 0};
    unsigned a = A, left = A;

    if (bytes) {
        x64_evex_rr(cg, V_PMOVSXBW, COUNT, 0, B, X64_256);
        x64_evex_rr(cg, s.sign ? V_PMOVSXBW : V_PMOVZXBW, VALUE, 0, A, X64_256);
        a = left = VALUE;
        if (s.saturates) { /* a byte on top of each word is lost when its word is */
            by_constant(cg, w, VSHL, TOP, VALUE, 8);
            left = TOP;
        }
    } else {
        by_constant(cg, w, VSHL, COUNT, B, w.bits - 8);
        by_constant(cg, w, VSAR, COUNT, COUNT, w.bits - 8);
    }
    to_the_right(cg, s, w, a);
    by_vector(cg, w, VSHL, LEFT, left, COUNT);
    x64_evex_rr(cg, V_PXOR, OTHER, OTHER, OTHER, w.l);
    compare(cg, w, NEGATIVE, COUNT, OTHER, CMP_LT, 0);
    if (s.saturates) {
        limit(cg, s, w, left);
        if (bytes)
            by_constant(cg, w, VSHR, LEFT, LEFT, 8);
    }
    choose(cg, w, NEGATIVE, bytes ? LEFT : D, LEFT, RIGHT);
    if (bytes)
        x64_evex_rr(cg, V_EV_PMOVWB, LEFT, 0, D, X64_256);
    if (s.saturates) {
        x64_evex_rr(cg, spread[LANE], T0, 0, LOST, 0);
        x64_or_qc(cg, i->op->lane, T0);
    }
}

/* --- AVX2: lanes of 4 bytes ---------------------------------------------------------------------------------- */

/* d = yes where the mask in register m is set, else no. */
static void choose_by(struct cg *cg, unsigned m, unsigned d, unsigned no, unsigned yes)
{
    x64_vex_rr(cg, V_VPBLENDVB, d, no, yes);
    x64_u8(cg, m << 4);
}

/* D = a shifted right by the counts in T0, negated; T1 is lost. */
static void to_the_right32(struct cg *cg, const struct cg_inst *i, struct shift s)
{
    const uint32_t op = s.sign ? V_VPSRAVD : V_VPSRLVD;

    x64_v2(cg, V_PABSD, D, T0); /* D is no operand: H_EARLY */
    if (s.rounds) {
        x64_ones(cg, T1);
        x64_v3(cg, V_PADDD, T1, T1, D);
        x64_vex_rr(cg, op, T1, A, T1);
        x64_lane_shift(cg, VSHL, IR_LANE_S, T1, T1, 31);
        x64_lane_shift(cg, VSHR, IR_LANE_S, T1, T1, 31);
    }
    x64_vex_rr(cg, op, D, A, D);
    if (s.rounds)
        x64_v3(cg, V_PADDD, D, D, T1);
}

/* D is what comes of right shifts, T1 of left ones, T0 the counts. */
static void limit32(struct cg *cg, const struct cg_inst *i, struct shift s)
{
    const struct x64_mem magnitude = x64_constant(cg, X64_K_MAGNITUDE32);
    struct x64_mem right = x64_frame(X64_FRAME_VEC);

    x64_v2m(cg, V_MOVAPS_ST, D, &right);
    x64_vex_rr(cg, s.sign ? V_VPSRAVD : V_VPSRLVD, T0, T1, T0);
    x64_v3(cg, V_PCMPEQD, T0, T0, A); /* nothing lost */
    if (s.sign) {
        x64_lane_shift(cg, VSAR, IR_LANE_S, D, A, 31);
        x64_v3m(cg, V_PXOR, D, D, &magnitude);
    } else {
        x64_ones(cg, D);
    }
    choose_by(cg, T0, D, D, T1);
    x64_lane_shift(cg, VSHL, IR_LANE_S, T1, B, 24);
    x64_lane_shift(cg, VSAR, IR_LANE_S, T1, T1, 31); /* to the right */
    x64_v3(cg, V_POR, T0, T0, T1);
    right.tail = 1;
    x64_vex_rm(cg, V_VPBLENDVB, D, D, &right);
    x64_u8(cg, T1 << 4);
    x64_vnot(cg, T0, T1);
    x64_or_qc(cg, i->op->lane, T0);
}

static void shift_avx2(struct cg *cg, const struct cg_inst *i, struct shift s)
{
    x64_lane_shift(cg, VSHL, IR_LANE_S, T0, B, 24);
    x64_lane_shift(cg, VSAR, IR_LANE_S, T0, T0, 24); /* counts */
    to_the_right32(cg, i, s);
    x64_vex_rr(cg, V_VPSLLVD, T1, A, T0);
    if (s.saturates) {
        limit32(cg, i, s);
        return;
    }
    x64_lane_shift(cg, VSAR, IR_LANE_S, T0, T0, 31);
    choose_by(cg, T0, D, T1, D);
}

void x64_emit_vshl_vec(struct cg *cg, const struct cg_inst *i)
{
    const struct shift s = shift_of(i->op->opc);

    if (X64_HAS(AVX512BW) && X64_HAS(AVX512DQ))
        shift_avx512(cg, i, s);
    else if (LANE == IR_LANE_S && X64_HAS(AVX2))
        shift_avx2(cg, i, s);
    else
        x64_emit_eval(cg, i);
}
