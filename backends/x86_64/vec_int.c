/* SPDX-License-Identifier: MIT */
/*
 * Vectors of integers, lane by lane.  What a lane size has no good sequence for goes to
 * x64_emit_eval, and so do longer sequences without AVX.  Includes vec.h.
 */
#include "backends/x86_64/vec.h"

static const x64_lanes padd = {V_PADDB, V_PADDW, V_PADDD, V_PADDQ};
static const x64_lanes psub = {V_PSUBB, V_PSUBW, V_PSUBD, V_PSUBQ};
static const x64_lanes pcmpeq = {V_PCMPEQB, V_PCMPEQW, V_PCMPEQD, V_PCMPEQQ};
static const x64_lanes pcmpgt = {V_PCMPGTB, V_PCMPGTW, V_PCMPGTD, V_PCMPGTQ};
static const x64_lanes pmins = {V_PMINSB, V_PMINSW, V_PMINSD, 0};
static const x64_lanes pminu = {V_PMINUB, V_PMINUW, V_PMINUD, 0};
static const x64_lanes pmaxs = {V_PMAXSB, V_PMAXSW, V_PMAXSD, 0};
static const x64_lanes pmaxu = {V_PMAXUB, V_PMAXUW, V_PMAXUD, 0};
static const x64_lanes pabs = {V_PABSB, V_PABSW, V_PABSD, 0};
static const uint8_t sign_constant[4] = {X64_K_SIGN8, X64_K_SIGN16, X64_K_SIGN32, X64_K_SIGN64};

#define LANE (i->op->lane & 3u)
#define D (i->d.reg)
#define A (i->a[0].reg)
#define B (i->a[1].reg)
#define C (i->a[2].reg)

/* --- shifts of lanes by constants ------------------------------------------------------------------------ */

void x64_lane_shift(struct cg *cg, enum x64_vshift_kind k, uint8_t lane, unsigned d, unsigned a, unsigned n)
{
    static const uint32_t ops[4] = {0, V_PSHIFTW, V_PSHIFTD, V_PSHIFTQ};

    if (n == 0) {
        x64_movaps(cg, d, a);
    } else if (k == VSAR && (lane & 3) == IR_LANE_D) {
        x64_evex_rr(cg, V_EV_PSHIFTQ, VSAR, d, a, 0);
        x64_u8(cg, n);
    } else {
        x64_vshift(cg, ops[lane & 3], k, d, a, n);
    }
}

void x64_high_shift(struct cg *cg, enum x64_vshift_kind k, unsigned lane, unsigned d, unsigned a, unsigned n,
                    unsigned l)
{
    const uint32_t ops[4] = {0, V_EV_PSHIFTW, V_EV_PSHIFTD, k == VSAR ? V_EV_PSHIFTQ : V_EV_PSHIFTQ73};

    x64_evex_rr(cg, ops[lane], k, d, a, l);
    x64_u8(cg, n);
}

/* Bytes: 16-bit shifts, less what came from the neighbour.  Arithmetic ones flip the sign's bit. */
static void byte_shift(struct cg *cg, enum x64_vshift_kind k, unsigned d, unsigned a, unsigned n)
{
    const uint64_t keep = k == VSHL ? 0xffu << n & 0xff : 0xffu >> n;
    struct x64_mem m;

    if (k == VSAR && n > 7)
        n = 7;
    if (n == 0) {
        x64_movaps(cg, d, a);
        return;
    }
    m = x64_pool_splat(cg, IR_LANE_B, k == VSAR ? 0xffu >> n : keep);
    x64_lane_shift(cg, k == VSHL ? VSHL : VSHR, IR_LANE_H, d, a, n);
    x64_v3m(cg, V_PAND, d, d, &m);
    if (k == VSAR) { /* (x ^ s) - s extends the sign, whose bit is now s */
        m = x64_pool_splat(cg, IR_LANE_B, 0x80u >> n);
        x64_v3m(cg, V_PXOR, d, d, &m);
        x64_v3m(cg, V_PSUBB, d, d, &m);
    }
}

/* d = a >> n with signs in 8-byte lanes, without AVX-512: T1 is lost. */
static void sar64(struct cg *cg, unsigned d, unsigned a, unsigned n)
{
    x64_zero(cg, T1);
    x64_v3(cg, V_PCMPGTQ, T1, T1, a);
    if (n < 64) {
        x64_lane_shift(cg, VSHL, IR_LANE_D, T1, T1, 64 - n);
        x64_lane_shift(cg, VSHR, IR_LANE_D, d, a, n);
        x64_v3(cg, V_POR, d, d, T1);
    } else {
        x64_movaps(cg, d, T1);
    }
}

/* Any lane size; n up to the lane's bits.  T1 may be lost. */
static void any_shift(struct cg *cg, enum x64_vshift_kind k, uint8_t lane, unsigned d, unsigned a, unsigned n)
{
    if ((lane & 3) == IR_LANE_B)
        byte_shift(cg, k, d, a, n);
    else if (k == VSAR && (lane & 3) == IR_LANE_D && !X64_HAS(AVX512VL))
        sar64(cg, d, a, n);
    else
        x64_lane_shift(cg, k, lane, d, a, n);
}

static enum x64_vshift_kind shift_kind(uint16_t opc)
{
    switch (opc) {
    case IR_vshl:
        return VSHL;
    case IR_vsshr: case IR_vsrshr:
        return VSAR;
    default:
        return VSHR;
    }
}

void x64_emit_vshift_imm(struct cg *cg, const struct cg_inst *i)
{
    any_shift(cg, shift_kind(i->op->opc), i->op->lane, D, A, (unsigned)i->op->imm);
}

/* a >> n plus the last bit that it lost. */
void x64_emit_vshift_round(struct cg *cg, const struct cg_inst *i)
{
    const unsigned n = (unsigned)i->op->imm, bits = 8u << LANE;
    const struct x64_mem one = LANE == IR_LANE_B ? x64_constant(cg, X64_K_ONE8) : (struct x64_mem){0};

    if (LANE == IR_LANE_B) {
        byte_shift(cg, VSHR, T0, A, n - 1);
        x64_v3m(cg, V_PAND, T0, T0, &one);
    } else {
        x64_lane_shift(cg, VSHL, i->op->lane, T0, A, bits - n);
        x64_lane_shift(cg, VSHR, i->op->lane, T0, T0, bits - 1);
    }
    any_shift(cg, shift_kind(i->op->opc), i->op->lane, D, A, n);
    x64_v3l(cg, padd, i->op->lane, D, D, T0);
}

/* vsli, vsri: bits of a outside the shifted field remain. */
void x64_emit_vshift_insert(struct cg *cg, const struct cg_inst *i)
{
    const bool left = i->op->opc == IR_vsli;
    const unsigned n = (unsigned)i->op->imm, bits = 8u << LANE;
    const uint64_t all = UINT64_MAX >> (64 - bits);
    const uint64_t field = left ? all << n : n >= bits ? 0 : all >> n;
    const struct x64_mem keep = x64_pool_splat(cg, i->op->lane, ~field & all);

    any_shift(cg, left ? VSHL : VSHR, i->op->lane, T0, B, n);
    x64_v3m(cg, V_PAND, T1, A, &keep);
    x64_v3(cg, V_POR, D, T0, T1);
}

/* --- arithmetic ------------------------------------------------------------------------------------------------- */

/* One instruction for each lane size. */
static bool direct(struct cg *cg, const struct cg_inst *i, x64_lanes ops)
{
    if (!ops[LANE])
        return false;
    if (i->a[1].kind == CG_REG) {
        x64_v3(cg, ops[LANE], D, A, B);
    } else {
        const struct x64_mem m = x64_vec_mem(cg, i);

        x64_v3m(cg, ops[LANE], D, A, &m);
    }
    return true;
}

void x64_emit_vadd(struct cg *cg, const struct cg_inst *i) { direct(cg, i, padd); }
void x64_emit_vsub(struct cg *cg, const struct cg_inst *i) { direct(cg, i, psub); }

void x64_emit_vmul(struct cg *cg, const struct cg_inst *i)
{
    static const x64_lanes ops = {0, V_PMULLW, V_PMULLD, 0};
    const struct x64_mem low8 = x64_constant(cg, X64_K_LOW8);

    if (direct(cg, i, ops))
        return;
    if (LANE == IR_LANE_D) {
        x64_emit_eval(cg, i);
        return;
    }
    x64_lane_shift(cg, VSHR, IR_LANE_H, T0, A, 8);
    x64_lane_shift(cg, VSHR, IR_LANE_H, T1, B, 8);
    x64_v3(cg, V_PMULLW, T0, T0, T1);
    x64_lane_shift(cg, VSHL, IR_LANE_H, T0, T0, 8);
    x64_v3(cg, V_PMULLW, T1, A, B);
    x64_v3m(cg, V_PAND, T1, T1, &low8);
    x64_v3(cg, V_POR, D, T0, T1);
}

void x64_emit_vneg(struct cg *cg, const struct cg_inst *i)
{
    x64_zero(cg, T0);
    x64_v3l(cg, psub, i->op->lane, T0, T0, A);
    x64_movaps(cg, D, T0);
}

void x64_emit_vabs(struct cg *cg, const struct cg_inst *i)
{
    if (pabs[LANE]) {
        x64_v2(cg, pabs[LANE], D, A);
        return;
    }
    x64_zero(cg, T0);
    x64_v3(cg, V_PCMPGTQ, T0, T0, A);
    x64_v3(cg, V_PXOR, T1, A, T0);
    x64_v3(cg, V_PSUBQ, T1, T1, T0);
    x64_movaps(cg, D, T1);
}

/* --- comparisons --------------------------------------------------------------------------------------------------- */

void x64_emit_vcmpeq(struct cg *cg, const struct cg_inst *i) { direct(cg, i, pcmpeq); }
void x64_emit_vcmpgt(struct cg *cg, const struct cg_inst *i) { direct(cg, i, pcmpgt); }

/* d = all ones where a > b, unsigned, by flipping the signs. */
static void above(struct cg *cg, unsigned lane, unsigned d, unsigned a, unsigned b)
{
    const struct x64_mem sign = x64_constant(cg, sign_constant[lane]);

    x64_v3m(cg, V_PXOR, T0, a, &sign);
    x64_v3m(cg, V_PXOR, T1, b, &sign);
    x64_v3l(cg, pcmpgt, lane, d, T0, T1);
}

/* a >= b: max(a, b) == a. */
void x64_emit_vcmpge(struct cg *cg, const struct cg_inst *i)
{
    const bool sign = i->op->opc == IR_vcmpge;

    if (LANE != IR_LANE_D) {
        x64_v3l(cg, sign ? pmaxs : pmaxu, i->op->lane, T0, A, B);
        x64_v3l(cg, pcmpeq, i->op->lane, D, T0, A);
        return;
    }
    if (sign)
        x64_v3(cg, V_PCMPGTQ, T0, B, A);
    else
        above(cg, IR_LANE_D, T0, B, A);
    x64_vnot(cg, T0, T1);
    x64_movaps(cg, D, T0);
}

void x64_emit_vcmphi(struct cg *cg, const struct cg_inst *i) { above(cg, LANE, D, A, B); }

void x64_emit_vtst(struct cg *cg, const struct cg_inst *i)
{
    x64_v3(cg, V_PAND, T0, A, B);
    x64_zero(cg, T1);
    x64_v3l(cg, pcmpeq, i->op->lane, T0, T0, T1);
    x64_vnot(cg, T0, T1);
    x64_movaps(cg, D, T0);
}

/* --- minimum, maximum, differences, halving ------------------------------------------------------------------------- */

void x64_emit_vminmax(struct cg *cg, const struct cg_inst *i)
{
    const uint16_t opc = i->op->opc;

    if (!direct(cg, i, opc == IR_vsmin ? pmins : opc == IR_vsmax ? pmaxs : opc == IR_vumin ? pminu : pmaxu))
        x64_emit_eval(cg, i);
}

void x64_emit_vabd(struct cg *cg, const struct cg_inst *i)
{
    const bool sign = i->op->opc == IR_vsabd;

    if (LANE == IR_LANE_D) {
        x64_emit_eval(cg, i);
        return;
    }
    x64_v3l(cg, sign ? pmaxs : pmaxu, i->op->lane, T0, A, B);
    x64_v3l(cg, sign ? pmins : pminu, i->op->lane, T1, A, B);
    x64_v3l(cg, psub, i->op->lane, D, T0, T1);
}

/* (a + b) / 2 rounded down: (a & b) + (a ^ b) / 2; up: (a | b) - (a ^ b) / 2; (a - b) / 2 rounded down:
 * (a ^ b) / 2 - (~a & b).  The halves with their signs, if signed. */
void x64_emit_vhalving(struct cg *cg, const struct cg_inst *i)
{
    const uint16_t opc = i->op->opc;
    const bool sign = opc == IR_vshadd || opc == IR_vsrhadd || opc == IR_vshsub;
    const bool up = opc == IR_vsrhadd || opc == IR_vurhadd;
    const bool minus = opc == IR_vshsub || opc == IR_vuhsub;

    if (opc == IR_vurhadd && LANE < IR_LANE_S) {
        x64_v3(cg, LANE ? V_PAVGW : V_PAVGB, D, A, B);
        return;
    }
    if (LANE == IR_LANE_D) {
        x64_emit_eval(cg, i);
        return;
    }
    x64_v3(cg, V_PXOR, T0, A, B);
    any_shift(cg, sign ? VSAR : VSHR, i->op->lane, T0, T0, 1);
    if (minus) {
        x64_v3(cg, V_PANDN, T1, A, B);
        x64_v3l(cg, psub, i->op->lane, D, T0, T1);
    } else {
        x64_v3(cg, up ? V_POR : V_PAND, T1, A, B);
        x64_v3l(cg, up ? psub : padd, i->op->lane, D, T1, T0);
    }
}

/* --- narrower, wider ----------------------------------------------------------------------------------------------- */

void x64_emit_vxtn(struct cg *cg, const struct cg_inst *i)
{
    static const uint8_t masks[4] = {0, X64_K_NARROW16, X64_K_NARROW32, X64_K_NARROW64};
    const struct x64_mem m = x64_constant(cg, masks[LANE]);

    x64_v3m(cg, V_PSHUFB, D, A, &m);
}

void x64_emit_vxtl(struct cg *cg, const struct cg_inst *i)
{
    static const uint32_t sign[3] = {V_PMOVSXBW, V_PMOVSXWD, V_PMOVSXDQ};
    static const uint32_t zero[3] = {V_PMOVZXBW, V_PMOVZXWD, V_PMOVZXDQ};

    x64_v2(cg, i->op->opc == IR_vsxtl ? sign[LANE] : zero[LANE], D, A);
}

void x64_emit_vmull(struct cg *cg, const struct cg_inst *i)
{
    const bool sign = i->op->opc == IR_vsmull;

    switch (LANE) {
    case IR_LANE_B:
        x64_v2(cg, sign ? V_PMOVSXBW : V_PMOVZXBW, T0, A);
        x64_v2(cg, sign ? V_PMOVSXBW : V_PMOVZXBW, T1, B);
        x64_v3(cg, V_PMULLW, D, T0, T1);
        break;
    case IR_LANE_H:
        x64_v3(cg, sign ? V_PMULHW : V_PMULHUW, T1, A, B);
        x64_v3(cg, V_PMULLW, T0, A, B);
        x64_v3(cg, V_PUNPCKLWD, D, T0, T1);
        break;
    default: /* products of lanes 0 and 2 */
        x64_v2i(cg, V_PSHUFD, T0, A, 0x10);
        x64_v2i(cg, V_PSHUFD, T1, B, 0x10);
        x64_v3(cg, sign ? V_PMULDQ : V_PMULUDQ, D, T0, T1);
    }
}

/* d = the upper half of a, extended; zero is a register of zeros if they are not signed. */
static void extend_high(struct cg *cg, unsigned lane, bool sign, unsigned d, unsigned a, unsigned zero)
{
    static const uint32_t unpack[3] = {V_PUNPCKHBW, V_PUNPCKHWD, V_PUNPCKHDQ};

    if (!sign) {
        x64_v3(cg, unpack[lane], d, a, zero);
    } else if (lane == IR_LANE_S) {
        x64_v2i(cg, V_PSHUFD, d, a, 0xee);
        x64_v2(cg, V_PMOVSXDQ, d, d);
    } else {
        x64_v3(cg, unpack[lane], d, a, a);
        x64_lane_shift(cg, VSAR, (uint8_t)(lane + 1), d, d, 8u << lane);
    }
}

void x64_emit_vxtl2(struct cg *cg, const struct cg_inst *i)
{
    const bool sign = i->op->opc == IR_vsxtl2;

    if (!sign)
        x64_zero(cg, T0);
    extend_high(cg, LANE, sign, D, A, T0);
}

void x64_emit_vmull2(struct cg *cg, const struct cg_inst *i)
{
    const bool sign = i->op->opc == IR_vsmull2;

    switch (LANE) {
    case IR_LANE_B:
        if (!sign)
            x64_zero(cg, D); /* H_EARLY */
        extend_high(cg, LANE, sign, T0, A, D);
        extend_high(cg, LANE, sign, T1, B, D);
        x64_v3(cg, V_PMULLW, D, T0, T1);
        break;
    case IR_LANE_H:
        x64_v3(cg, sign ? V_PMULHW : V_PMULHUW, T1, A, B);
        x64_v3(cg, V_PMULLW, T0, A, B);
        x64_v3(cg, V_PUNPCKHWD, D, T0, T1);
        break;
    default: /* products of lanes 0 and 2 */
        x64_v2i(cg, V_PSHUFD, T0, A, 0x32);
        x64_v2i(cg, V_PSHUFD, T1, B, 0x32);
        x64_v3(cg, sign ? V_PMULDQ : V_PMULUDQ, D, T0, T1);
    }
}

void x64_emit_vpmull(struct cg *cg, const struct cg_inst *i)
{
    if (LANE == IR_LANE_D && X64_HAS(PCLMUL))
        x64_v3i(cg, V_PCLMULQDQ, D, A, B, i->op->opc == IR_vpmull2 ? 0x11 : 0);
    else
        x64_emit_eval(cg, i);
}

/* --- sums of pairs and of all lanes ------------------------------------------------------------------------------- */

void x64_add_long_pairs(struct cg *cg, uint8_t lane, bool sign, unsigned d, unsigned a)
{
    const struct x64_mem one8 = x64_constant(cg, X64_K_ONE8), one16 = x64_constant(cg, X64_K_ONE16);
    const struct x64_mem low16 = x64_constant(cg, X64_K_LOW16), low32 = x64_constant(cg, X64_K_LOW32);

    switch (lane & 3) {
    case IR_LANE_B: /* PMADDUBSW: unsigned bytes times signed ones, pairs added */
        if (sign) {
            x64_v2m(cg, V_MOVAPS, d, &one8);
            x64_v3(cg, V_PMADDUBSW, d, d, a);
        } else {
            x64_v3m(cg, V_PMADDUBSW, d, a, &one8);
        }
        break;
    case IR_LANE_H:
        if (sign) {
            x64_v3m(cg, V_PMADDWD, d, a, &one16);
        } else {
            x64_lane_shift(cg, VSHR, IR_LANE_S, T0, a, 16);
            x64_v3m(cg, V_PAND, d, a, &low16);
            x64_v3(cg, V_PADDD, d, d, T0);
        }
        break;
    default:
        if (sign) {
            x64_v2i(cg, V_PSHUFD, T0, a, 0x08);
            x64_v2i(cg, V_PSHUFD, T1, a, 0x0d);
            x64_v2(cg, V_PMOVSXDQ, T0, T0);
            x64_v2(cg, V_PMOVSXDQ, d, T1);
        } else {
            x64_lane_shift(cg, VSHR, IR_LANE_D, T0, a, 32);
            x64_v3m(cg, V_PAND, d, a, &low32);
        }
        x64_v3(cg, V_PADDQ, d, d, T0);
    }
}

void x64_emit_vaddlp(struct cg *cg, const struct cg_inst *i)
{
    x64_add_long_pairs(cg, i->op->lane, i->op->opc == IR_vsaddlp, D, A);
}

void x64_emit_vaddp(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem low8 = x64_constant(cg, X64_K_LOW8), one8 = x64_constant(cg, X64_K_ONE8);
    const struct x64_mem even = x64_constant(cg, X64_K_EVEN8);

    switch (LANE) {
    case IR_LANE_B: /* sums of 16 bits, of which the low halves are wanted */
        x64_v3m(cg, V_PMADDUBSW, T0, A, &one8);
        if (A == B) {
            x64_v3m(cg, V_PSHUFB, D, T0, &even);
            break;
        }
        x64_v3m(cg, V_PMADDUBSW, T1, B, &one8);
        x64_v3m(cg, V_PAND, T0, T0, &low8);
        x64_v3m(cg, V_PAND, T1, T1, &low8);
        x64_v3(cg, V_PACKUSWB, D, T0, T1);
        break;
    case IR_LANE_H:
        x64_v3(cg, V_PHADDW, D, A, B);
        break;
    case IR_LANE_S:
        x64_v3i(cg, V_SHUFPS, T0, A, B, 0x88);
        x64_v3i(cg, V_SHUFPS, T1, A, B, 0xdd);
        x64_v3(cg, V_PADDD, D, T0, T1);
        break;
    default:
        x64_v3(cg, V_PUNPCKLQDQ, T0, A, B);
        x64_v3(cg, V_PUNPCKHQDQ, T1, A, B);
        x64_v3(cg, V_PADDQ, D, T0, T1);
    }
}

/* T0 = lanes of a combined into lane 0, zeros above. */
static void reduce(struct cg *cg, x64_lanes ops, uint8_t lane, unsigned a)
{
    unsigned n = ir_lane_count(lane) << (lane & 3); /* bytes */
    unsigned from = a;

    for (n /= 2; n >= 1u << (lane & 3); n /= 2) {
        x64_bytes_down(cg, T1, from, n);
        x64_v3(cg, ops[lane & 3], T0, T1, from);
        from = T0;
    }
    x64_zext_lane(cg, lane, T0, from);
}

void x64_emit_vreduce(struct cg *cg, const struct cg_inst *i)
{
    x64_lanes *ops = NULL;

    switch (i->op->opc) {
    case IR_vaddv:
        ops = &padd;
        break;
    case IR_vsmaxv:
        ops = &pmaxs;
        break;
    case IR_vsminv:
        ops = &pmins;
        break;
    case IR_vumaxv:
        ops = &pmaxu;
        break;
    default:
        ops = &pminu;
    }
    if (!(*ops)[LANE]) {
        x64_emit_eval(cg, i);
        return;
    }
    reduce(cg, *ops, i->op->lane, A);
    x64_movaps(cg, D, T0);
}

/* Pairs first; then half as many lanes of twice the size. */
void x64_emit_vaddlv(struct cg *cg, const struct cg_inst *i)
{
    const uint8_t wide = (uint8_t)(i->op->lane + 1);

    if (ir_lane_count(i->op->lane) == 1) {
        x64_emit_eval(cg, i);
        return;
    }
    x64_add_long_pairs(cg, i->op->lane, i->op->opc == IR_vsaddlv, D, A);
    reduce(cg, padd, wide, D);
    x64_movaps(cg, D, T0);
}

/* --- bits in lanes --------------------------------------------------------------------------------------------------- */

void x64_emit_vcnt(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem table = x64_constant(cg, X64_K_COUNT4), low = x64_constant(cg, X64_K_NIBBLES);

    if (X64_HAS(BITALG)) {
        x64_evex_rr(cg, V_EV_POPCNTB, D, 0, A, 0);
        return;
    }
    x64_v3m(cg, V_PAND, T0, A, &low);
    x64_lane_shift(cg, VSHR, IR_LANE_H, T1, A, 4);
    x64_v3m(cg, V_PAND, T1, T1, &low);
    x64_v2m(cg, V_MOVAPS, D, &table); /* H_EARLY */
    x64_v3(cg, V_PSHUFB, D, D, T0);
    x64_v2m(cg, V_MOVAPS, T0, &table);
    x64_v3(cg, V_PSHUFB, T0, T0, T1);
    x64_v3(cg, V_PADDB, D, D, T0);
}

/* d = leading zeros of bytes of a, by nibbles; a high one of zeros counts as 8.  T0 and T1 are lost. */
static void clz_bytes(struct cg *cg, unsigned d, unsigned a)
{
    const struct x64_mem low = x64_constant(cg, X64_K_NIBBLES);
    const struct x64_mem zeros = x64_constant(cg, X64_K_ZEROS4), more = x64_constant(cg, X64_K_ZEROS4_LOW);

    x64_lane_shift(cg, VSHR, IR_LANE_H, T0, a, 4);
    x64_v3m(cg, V_PAND, T0, T0, &low);
    x64_v2m(cg, V_MOVAPS, T1, &more);
    x64_v3m(cg, V_PAND, d, a, &low);
    x64_v3(cg, V_PSHUFB, T1, T1, d);
    x64_v2m(cg, V_MOVAPS, d, &zeros);
    x64_v3(cg, V_PSHUFB, d, d, T0);
    x64_v3(cg, V_PMINUB, d, d, T1);
}

/* The same of any lanes; words by doublewords, of which 16 leading zeros are too many. */
static void leading_zeros(struct cg *cg, unsigned lane, unsigned d, unsigned a)
{
    struct x64_mem extra;

    switch (lane) {
    case IR_LANE_B:
        clz_bytes(cg, d, a);
        break;
    case IR_LANE_H:
        extra = x64_pool_splat(cg, IR_LANE_H, 16);
        x64_evex_rr(cg, V_PMOVZXWD, X64_VHIGH, 0, a, X64_256);
        x64_evex_rr(cg, V_EV_PLZCNTD, X64_VHIGH, 0, X64_VHIGH, X64_256);
        x64_evex_rr(cg, V_EV_PMOVDW, X64_VHIGH, 0, d, X64_256);
        x64_v3m(cg, V_PSUBW, d, d, &extra);
        break;
    default:
        x64_evex_rr(cg, lane == IR_LANE_S ? V_EV_PLZCNTD : V_EV_PLZCNTQ, d, 0, a, 0);
    }
}

void x64_emit_vclz(struct cg *cg, const struct cg_inst *i)
{
    if (LANE != IR_LANE_B && !X64_HAS(AVX512CD))
        x64_emit_eval(cg, i);
    else
        leading_zeros(cg, LANE, D, A); /* H_EARLY */
}

/* Sign bits are the leading zeros of what differs from its neighbour, less the sign's own. */
void x64_emit_vcls(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem one = x64_pool_splat(cg, i->op->lane, 1);

    if (LANE == IR_LANE_D || (LANE != IR_LANE_B && !X64_HAS(AVX512CD))) {
        x64_emit_eval(cg, i);
        return;
    }
    any_shift(cg, VSAR, i->op->lane, T0, A, 1);
    x64_v3(cg, V_PXOR, D, T0, A); /* H_EARLY */
    leading_zeros(cg, LANE, D, D);
    x64_v3m(cg, psub[LANE], D, D, &one);
}

void x64_emit_vrbit(struct cg *cg, const struct cg_inst *i)
{
    struct x64_mem matrix = x64_constant(cg, X64_K_BITREV);

    if (!X64_HAS(GFNI)) {
        x64_emit_eval(cg, i);
        return;
    }
    matrix.tail = 1;
    x64_vex_rm(cg, V_GF2P8AFFINEQB, D, A, &matrix);
    x64_u8(cg, 0);
}

/* Bytes 0 and 2, then 1 and 3 of each lane, as 16-bit factors of PMADDWD. */
void x64_emit_vdot(struct cg *cg, const struct cg_inst *i)
{
    const enum x64_vshift_kind k = i->op->opc == IR_vsdot ? VSAR : VSHR;

    x64_lane_shift(cg, VSHL, IR_LANE_H, T0, B, 8);
    x64_lane_shift(cg, VSHL, IR_LANE_H, T1, C, 8);
    x64_lane_shift(cg, k, IR_LANE_H, T0, T0, 8);
    x64_lane_shift(cg, k, IR_LANE_H, T1, T1, 8);
    x64_v3(cg, V_PMADDWD, D, T0, T1); /* H_EARLY */
    x64_lane_shift(cg, k, IR_LANE_H, T0, B, 8);
    x64_lane_shift(cg, k, IR_LANE_H, T1, C, 8);
    x64_v3(cg, V_PMADDWD, T0, T0, T1);
    x64_v3(cg, V_PADDD, D, D, T0);
    x64_v3(cg, V_PADDD, D, D, A);
}

/* --- saturation: cpu->qc -------------------------------------------------------------------------------------------------- */

void x64_or_qc(struct cg *cg, uint8_t lane, unsigned v)
{
    const struct x64_mem qc = X64_CPU(qc);

    if (lane & IR_LANES_1)
        x64_zext_lane(cg, lane, v, v);
    else if (lane & IR_LANES_64)
        x64_v2(cg, V_MOVQ, v, v);
    x64_v3m(cg, V_POR, v, v, &qc);
    x64_v2m(cg, V_MOVAPS_ST, v, &qc);
}

/* Lanes of 4 and 8 bytes.  Overflow of s = a + b: s's sign differs from both; of a - b: a's sign
 * differs from b's and s's.  The limit then is MAX where s is negative, else MIN. */
static void saturating_wide(struct cg *cg, const struct cg_inst *i, bool minus)
{
    const struct x64_mem sign = x64_constant(cg, sign_constant[LANE]);

    x64_v3l(cg, minus ? psub : padd, i->op->lane, D, A, B); /* H_EARLY */
    x64_v3(cg, V_PXOR, T1, A, D);
    x64_v3(cg, V_PXOR, T0, minus ? A : B, minus ? B : D);
    x64_v3(cg, V_PAND, T1, T1, T0);
    x64_zero(cg, T0);
    x64_v3l(cg, pcmpgt, i->op->lane, T0, T0, T1); /* all ones where it overflowed */
    x64_zero(cg, T1);
    x64_v3l(cg, pcmpgt, i->op->lane, T1, T1, D);
    x64_v3m(cg, V_PXOR, T1, T1, &sign); /* limits */
    x64_v3(cg, V_PAND, T1, T1, T0);
    x64_v3(cg, V_PANDN, D, T0, D);
    x64_v3(cg, V_POR, D, D, T1);
    x64_or_qc(cg, i->op->lane, T0);
}

/* Unsigned lanes of 4 bytes: a sum is below a operand, or a difference above it, where it wrapped. */
static void saturating_unsigned(struct cg *cg, const struct cg_inst *i, bool minus)
{
    x64_v3l(cg, minus ? psub : padd, i->op->lane, D, A, B); /* H_EARLY */
    x64_v3l(cg, minus ? pminu : pmaxu, i->op->lane, T0, D, A);
    x64_v3l(cg, pcmpeq, i->op->lane, T0, T0, D); /* all ones where it did not */
    if (minus)
        x64_v3(cg, V_PAND, D, D, T0);
    x64_vnot(cg, T0, T1);
    if (!minus)
        x64_v3(cg, V_POR, D, D, T0);
    x64_or_qc(cg, i->op->lane, T0);
}

/* The most negative number alone does not fit, and its bits flipped are the limit. */
void x64_emit_vsqabsneg(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem min = x64_constant(cg, sign_constant[LANE]);

    if (LANE == IR_LANE_D) {
        x64_emit_eval(cg, i);
        return;
    }
    if (i->op->opc == IR_vsqabs) {
        x64_v2(cg, pabs[LANE], T1, A);
    } else {
        x64_zero(cg, T1);
        x64_v3l(cg, psub, i->op->lane, T1, T1, A);
    }
    x64_v3m(cg, pcmpeq[LANE], T0, T1, &min);
    x64_v3(cg, V_PXOR, D, T1, T0);
    x64_or_qc(cg, i->op->lane, T0);
}

void x64_emit_vsqaddsub(struct cg *cg, const struct cg_inst *i)
{
    static const uint32_t sat[4][2] = {{V_PADDSB, V_PADDSW}, {V_PADDUSB, V_PADDUSW},
                                       {V_PSUBSB, V_PSUBSW}, {V_PSUBUSB, V_PSUBUSW}};
    const unsigned k = i->op->opc - IR_vsqadd; /* vsqadd vuqadd vsqsub vuqsub */

    _Static_assert(IR_vuqsub - IR_vsqadd == 3, "rows of sat");
    if (LANE >= IR_LANE_S) {
        if ((k & 1) && LANE == IR_LANE_S)
            saturating_unsigned(cg, i, k == 3);
        else if ((k & 1) || !X64_HAS(AVX))
            x64_emit_eval(cg, i);
        else
            saturating_wide(cg, i, k == 2);
        return;
    }
    x64_v3l(cg, k >= 2 ? psub : padd, i->op->lane, T0, A, B);
    x64_v3(cg, sat[k][LANE], D, A, B);
    x64_v3(cg, V_PXOR, T0, T0, D);
    x64_or_qc(cg, i->op->lane, T0);
}

/* A signed and an unsigned operand: with a's sign flipped (a less, or more, 2^(bits-1)) the sum saturates
 * as one of b's kind, the result's sign flipped likewise. */
void x64_emit_vsuqadd(struct cg *cg, const struct cg_inst *i)
{
    const bool to_signed = i->op->opc == IR_vsuqadd;
    const struct x64_mem sign = x64_constant(cg, sign_constant[LANE]);
    static const uint32_t add[2][2] = {{V_PADDSB, V_PADDSW}, {V_PADDUSB, V_PADDUSW}};

    if (LANE >= IR_LANE_S) {
        x64_emit_eval(cg, i);
        return;
    }
    x64_v3l(cg, padd, i->op->lane, T0, A, B);
    x64_v3m(cg, V_PXOR, T1, A, &sign);
    x64_v3(cg, add[to_signed][LANE], T1, T1, B);
    x64_v3m(cg, V_PXOR, T1, T1, &sign);
    x64_v3(cg, V_PXOR, T0, T0, T1);
    x64_movaps(cg, D, T1);
    x64_or_qc(cg, i->op->lane, T0);
}

/* Words: the product's high half h = (2bc + 2^15) / 2^16 fits but for the squares of MIN, whose negative
 * fits: so -h is subtracted.  Of -2bc the ties go the other way: h - 1. */
static void accumulate_high16(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem tie = x64_constant(cg, X64_K_SIGN16);
    const bool minus = i->op->opc == IR_vsqrdmlsh;

    x64_v3(cg, V_PMULHRSW, D, B, C); /* H_EARLY */
    if (minus) {
        x64_v3(cg, V_PMULLW, T0, B, C);
        x64_lane_shift(cg, VSHL, IR_LANE_H, T0, T0, 1);
        x64_v3m(cg, V_PCMPEQW, T0, T0, &tie);
        x64_v3(cg, V_PADDW, D, D, T0);
    }
    x64_zero(cg, T1);
    x64_v3(cg, V_PSUBW, T1, T1, D);
    x64_v3(cg, minus ? V_PADDW : V_PSUBW, T0, A, T1);
    x64_v3(cg, minus ? V_PADDSW : V_PSUBSW, D, A, T1);
    x64_v3(cg, V_PXOR, T0, T0, D);
    x64_or_qc(cg, i->op->lane, T0);
}

/* One of two doublewords of each 64 bits: high register d = its exact sum, e = the same saturated. */
static void accumulate_high32(struct cg *cg, bool minus, unsigned d, unsigned e, unsigned a, unsigned b,
                              unsigned c)
{
    const struct x64_mem half = x64_pool_splat(cg, IR_LANE_D, UINT64_C(1) << 30);
    const struct x64_mem max = x64_pool_splat(cg, IR_LANE_D, INT32_MAX);
    const struct x64_mem min = x64_pool_splat(cg, IR_LANE_D, (uint64_t)INT32_MIN);

    x64_evex_rr(cg, V_PMULDQ | X_WEV, d, b, c, 0);
    if (minus) {
        x64_evex_rr(cg, V_PXOR, e, e, e, 0);
        x64_evex_rr(cg, V_PSUBQ | X_WEV, d, e, d, 0);
    }
    x64_evex_rm(cg, V_PADDQ | X_WEV, d, d, &half, 0);
    x64_lane_shift(cg, VSAR, IR_LANE_D, d, d, 31);
    x64_high_shift(cg, VSHL, IR_LANE_D, e, a, 32, 0);
    x64_lane_shift(cg, VSAR, IR_LANE_D, e, e, 32);
    x64_evex_rr(cg, V_PADDQ | X_WEV, d, d, e, 0);
    x64_evex_rm(cg, V_EV_PMINSQ, e, d, &max, 0);
    x64_evex_rm(cg, V_EV_PMAXSQ, e, e, &min, 0);
}

void x64_emit_vsqrdmlah(struct cg *cg, const struct cg_inst *i)
{
    enum { SUM = X64_VHIGH, EVEN, ODD, X, Y, Z };
    const bool minus = i->op->opc == IR_vsqrdmlsh;
    const struct x64_mem low = x64_constant(cg, X64_K_LOW32);

    if (LANE == IR_LANE_H) {
        accumulate_high16(cg, i);
        return;
    }
    if (!X64_HAS(AVX512VL)) {
        x64_emit_eval(cg, i);
        return;
    }
    accumulate_high32(cg, minus, SUM, EVEN, A, B, C);
    x64_evex_rr(cg, V_PXOR, SUM, SUM, EVEN, 0); /* its low half is not zero if it saturated */
    x64_high_shift(cg, VSHR, IR_LANE_D, X, A, 32, 0);
    x64_high_shift(cg, VSHR, IR_LANE_D, Y, B, 32, 0);
    x64_high_shift(cg, VSHR, IR_LANE_D, Z, C, 32, 0);
    accumulate_high32(cg, minus, Z, ODD, X, Y, Z);
    x64_evex_rr(cg, V_PXOR, Z, Z, ODD, 0);
    x64_high_shift(cg, VSHL, IR_LANE_D, ODD, ODD, 32, 0);
    x64_high_shift(cg, VSHL, IR_LANE_D, Z, Z, 32, 0);
    x64_evex_rm(cg, V_PAND, EVEN, EVEN, &low, 0);
    x64_evex_rm(cg, V_PAND, SUM, SUM, &low, 0);
    x64_evex_rr(cg, V_POR, D, EVEN, ODD, 0);
    x64_evex_rr(cg, V_POR, T0, SUM, Z, 0);
    x64_or_qc(cg, i->op->lane, T0);
}

/* Narrowing: what does not widen back to itself has saturated.  The result's high half is zero.  The
 * host packs signed lanes alone: unsigned ones are limited first. */
void x64_emit_vsqxtn(struct cg *cg, const struct cg_inst *i)
{
    static const uint32_t packs[2][2] = {{V_PACKSSWB, V_PACKSSDW}, {V_PACKUSWB, V_PACKUSDW}};
    static const uint32_t widens[2][2] = {{V_PMOVSXBW, V_PMOVSXWD}, {V_PMOVZXBW, V_PMOVZXWD}};
    const bool to_unsigned = i->op->opc != IR_vsqxtn;
    const unsigned k = LANE - IR_LANE_H;
    unsigned a = A;
    struct x64_mem limit;

    if (LANE == IR_LANE_D) {
        x64_emit_eval(cg, i);
        return;
    }
    if (i->op->opc == IR_vuqxtn) {
        limit = x64_constant(cg, k ? X64_K_LOW16 : X64_K_LOW8);
        x64_v3m(cg, k ? V_PMINUD : V_PMINUW, T1, a, &limit);
        a = T1;
    }
    x64_zero(cg, T0);
    x64_v3(cg, packs[to_unsigned][k], T1, a, T0);
    x64_v2(cg, widens[to_unsigned][k], T0, T1);
    x64_v3(cg, V_PXOR, T0, T0, A);
    x64_movaps(cg, D, T1);
    x64_or_qc(cg, i->op->lane, T0);
}

/* Only -1 * -1 overflows, to the most negative number: all its bits are then flipped. */
static void doubled_high32(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem min = x64_constant(cg, X64_K_SIGN32);
    struct x64_mem half;

    x64_lane_shift(cg, VSHR, IR_LANE_D, T0, A, 32);
    x64_lane_shift(cg, VSHR, IR_LANE_D, T1, B, 32);
    x64_v3(cg, V_PMULDQ, T1, T1, T0); /* odd lanes, then even ones */
    x64_v3(cg, V_PMULDQ, T0, A, B);
    if (i->op->opc == IR_vsqrdmulh) {
        half = x64_pool_splat(cg, IR_LANE_D, UINT64_C(1) << 30);
        x64_v3m(cg, V_PADDQ, T0, T0, &half);
        x64_v3m(cg, V_PADDQ, T1, T1, &half);
    }
    x64_lane_shift(cg, VSHR, IR_LANE_D, T0, T0, 31);
    x64_lane_shift(cg, VSHL, IR_LANE_D, T1, T1, 1);
    x64_v3i(cg, V_PBLENDW, T0, T0, T1, 0xcc);
    x64_v3m(cg, V_PCMPEQD, T1, T0, &min);
    x64_v3(cg, V_PXOR, D, T0, T1);
    x64_or_qc(cg, i->op->lane, T1);
}

/* Products of the low lanes, doubled; the same overflows. */
void x64_emit_vsqdmull(struct cg *cg, const struct cg_inst *i)
{
    const bool to_double = LANE == IR_LANE_S;
    const struct x64_mem min = x64_constant(cg, to_double ? X64_K_SIGN64 : X64_K_SIGN32);

    if (to_double) {
        x64_v2i(cg, V_PSHUFD, T0, A, 0x10);
        x64_v2i(cg, V_PSHUFD, T1, B, 0x10);
        x64_v3(cg, V_PMULDQ, T1, T1, T0);
        x64_v3(cg, V_PADDQ, T1, T1, T1);
    } else {
        x64_v3(cg, V_PMULHW, T1, A, B);
        x64_v3(cg, V_PMULLW, T0, A, B);
        x64_v3(cg, V_PUNPCKLWD, T0, T0, T1);
        x64_v3(cg, V_PADDD, T1, T0, T0);
    }
    x64_v3m(cg, to_double ? V_PCMPEQQ : V_PCMPEQD, T0, T1, &min);
    x64_v3(cg, V_PXOR, D, T1, T0);
    x64_or_qc(cg, (uint8_t)((LANE + 1) | (i->op->lane & IR_LANES_1)), T0);
}

void x64_emit_vsqdmulh(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem min = x64_constant(cg, X64_K_SIGN16);

    if (LANE == IR_LANE_S) {
        doubled_high32(cg, i);
        return;
    }
    if (i->op->opc == IR_vsqrdmulh) {
        x64_v3(cg, V_PMULHRSW, T1, A, B);
    } else {
        x64_v3(cg, V_PMULHW, T1, A, B);
        x64_v3(cg, V_PMULLW, T0, A, B);
        x64_lane_shift(cg, VSHL, IR_LANE_H, T1, T1, 1);
        x64_lane_shift(cg, VSHR, IR_LANE_H, T0, T0, 15);
        x64_v3(cg, V_POR, T1, T1, T0);
    }
    x64_v3m(cg, V_PCMPEQW, T0, T1, &min);
    x64_v3(cg, V_PXOR, D, T1, T0);
    x64_or_qc(cg, i->op->lane, T0);
}
