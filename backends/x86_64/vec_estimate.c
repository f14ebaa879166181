/* SPDX-License-Identifier: MIT */
/*
 * Reciprocal estimates and the steps that refine them.  ARM's estimates are architected to the bit: 8 bits
 * of a fraction by 8 or 9 bits of the operand, from a table.  What is not a normal number, or has an
 * estimate that is none, goes out of line.  Includes vec.h.
 */
#include "backends/x86_64/vec.h"

#define LANE (i->op->lane & 3u)
#define D (i->d.reg)
#define A (i->a[0].reg)
#define B (i->a[1].reg)

/* ARM ARM, RecipEstimate() and RecipSqrtEstimate(), as binary32 from whose exponent that of the operand,
 * or half of it, is to be subtracted. */
void x64_estimates(uint32_t table[X64_ESTIMATES])
{
    unsigned b = 1023;

    for (unsigned k = 0; k < 256; k++) {
        const unsigned estimate = ((1u << 19) / (2 * (256 + k) + 1) + 1) / 2;

        table[k] = 253u << 23 | (estimate & 255) << 15;
    }
    for (unsigned a = 128; a < 512; a++) { /* [1/4, 1/2) has odd exponents */
        const uint64_t middle = a < 256 ? a * 2 + 1 : ((a >> 1 << 1) + 1) * 2;
        uint32_t entry;

        while (middle * b * b >= 1u << 28)
            b--;
        entry = ((b + 1) / 2 & 255) << 15;
        if (a < 256) {
            table[512 + 2 * (a - 128)] = table[512 + 2 * (a - 128) + 1] = 189u << 23 | entry;
        } else {
            table[256 + (a - 256)] = 190u << 23 | entry;
        }
    }
}

/* To `slow` unless all of i's lanes of r are negative; of doubles, or of singles, in 256 bits if `y`. */
static void jump_unless_all(struct cg *cg, const struct cg_inst *i, uint32_t y, unsigned r,
                            struct cg_label *slow)
{
    const unsigned all = (1u << ir_lane_count(i->op->lane)) - 1;

    x64_v2(cg, (LANE == IR_LANE_D ? V_MOVMSKPD : V_MOVMSKPS) | y, RAX, r);
    x64_alu_ri(cg, 0, ALU_AND, RAX, (int32_t)all);
    x64_alu_ri(cg, 0, ALU_CMP, RAX, (int32_t)all);
    x64_jcc(cg, CC_NE, slow);
}

/* The operand as singles: its own register, or t. */
static unsigned singles(struct cg *cg, const struct cg_inst *i, unsigned t)
{
    if (LANE != IR_LANE_H)
        return A;
    x64_half_widen(cg, i, t, A);
    return t;
}

static void shift(struct cg *cg, enum x64_vshift_kind k, uint32_t y, unsigned d, unsigned a, unsigned n)
{
    x64_vshift(cg, V_PSHIFTD | y, k, d, a, n);
}

/* Exponents, as those of singles, whose estimates are normal numbers, or halves. */
static void jump_extreme(struct cg *cg, const struct cg_inst *i, uint32_t y, struct cg_label *slow)
{
    static const uint32_t range[2][2][2] = {{{1, 252}, {1, 254}}, {{111, 142}, {103, 142}}};
    const bool root = i->op->opc == IR_vfrsqrte;
    const uint32_t *r = range[LANE == IR_LANE_H][root], unit = root ? 1u << 23 : 1u << 24;
    const struct x64_mem first = x64_pool_splat_ymm(cg, IR_LANE_S, r[0] * unit);
    const struct x64_mem last = x64_pool_splat_ymm(cg, IR_LANE_S, (r[1] - r[0] + 1) * unit - 1);

    shift(cg, VSHL, y, T0, singles(cg, i, T0), root ? 0 : 1);
    x64_v3m(cg, V_PSUBD | y, T0, T0, &first);
    x64_v3m(cg, V_PMAXUD | y, T1, T0, &last);
    x64_v3m(cg, V_PCMPEQD | y, T1, T1, &last);
    jump_unless_all(cg, i, y, T1, slow);
}

/* FRECPE, FRSQRTE: positive operands alone.  Halves are done as singles, which have the same estimates; it
 * is a half in turn, maybe a subnormal one. */
void x64_emit_vfrecpe(struct cg *cg, const struct cg_inst *i)
{
    const bool root = i->op->opc == IR_vfrsqrte, halves = x64_half_inline(cg, i->op);
    const uint32_t y = halves ? x64_half_ymm(i) : 0;
    struct x64_mem table = {.base = X64_RIP, .index = X64_NO_REG};
    struct x64_mem exponent, sign;
    struct cg_ool *slow;
    unsigned a;

    if (!(halves || (LANE == IR_LANE_S && x64_host_fp(cg, i))) || !X64_HAS(AVX2)) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    x64_trap_here(cg, slow);
    jump_extreme(cg, i, y, &slow->from);
    shift(cg, VSHL, y, T1, singles(cg, i, T1), root ? 8 : 9);
    shift(cg, VSHR, y, T1, T1, root ? 23 : 24);
    x64_v3(cg, V_PCMPEQD | y, T0, T0, T0);
    table.target = cg->routines[X64_R_ESTIMATES] + (root ? 4 * 256 : 0);
    x64_lea(cg, X_W, RAX, &table);
    table = (struct x64_mem){.base = RAX, .index = T1, .scale = 2};
    x64_vex_rm(cg, V_VPGATHERDD | y, D, T0, &table); /* H_EARLY */
    a = singles(cg, i, T1);
    exponent = x64_pool_splat_ymm(cg, IR_LANE_S, root ? 0x3f800000 : 0x7f800000);
    shift(cg, VSHR, y, T0, a, root ? 1 : 0);
    x64_v3m(cg, V_PAND | y, T0, T0, &exponent);
    x64_v3(cg, V_PSUBD | y, D, D, T0);
    if (!root) {
        sign = x64_pool_splat_ymm(cg, IR_LANE_S, 0x80000000);
        x64_v3m(cg, V_PAND | y, T0, a, &sign);
        x64_v3(cg, V_POR | y, D, D, T0);
    }
    if (halves && ir_lane_count(i->op->lane) == 1) /* what is above a scalar has estimates too */
        x64_zext_lane(cg, IR_LANE_S, D, D);
    if (halves)
        x64_half_narrow(cg, y, D, D);
    x64_half_finish(cg, slow, y);
}

/* (3 - a * b) / 2 as 3/2 - a/2 * b, for that halving is exact where a's exponent is at least 2.  Infinity
 * times zero gives 3/2 and raises nothing: where that traps it is found. */
void x64_emit_vfrsqrts(struct cg *cg, const struct cg_inst *i)
{
    static const uint32_t mul[4] = {V_MULPS, V_MULPD, V_MULSS, V_MULSD};
    static const uint32_t step[4] = {V_VFNMADD231PS, V_VFNMADD231PD, V_VFNMADD231SS, V_VFNMADD231SD};
    const bool doubles = LANE == IR_LANE_D, half_vector = i->op->lane & IR_LANES_64;
    const unsigned form = (ir_lane_count(i->op->lane) == 1 ? 2 : 0) + doubles;
    const struct x64_mem magnitude = x64_constant(cg, doubles ? X64_K_MAGNITUDE64 : X64_K_MAGNITUDE32);
    struct x64_mem least, half, sum;
    struct cg_ool *slow;
    unsigned a = A, b = B;

    if (x64_half_fma(cg, i))
        return;
    if (!x64_host_fp(cg, i) || !X64_HAS(FMA) || !x64_traps(cg) ||
        (i->op->mod & IR_ROUND_MASK) != IR_ROUND_DYN) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    least = x64_pool_splat(cg, i->op->lane, (doubles ? UINT64_C(2) << 52 : 2u << 23) - 1);
    half = x64_pool_splat(cg, i->op->lane, doubles ? 0x3fe0000000000000 : 0x3f000000);
    sum = x64_pool_splat(cg, i->op->lane, doubles ? 0x3ff8000000000000 : 0x3fc00000);
    if (half_vector) {
        x64_dup_low(cg, T0, A);
        x64_dup_low(cg, T1, B);
        a = T0;
        b = T1;
    }
    x64_v3m(cg, V_PAND, D, a, &magnitude); /* H_EARLY */
    x64_v3m(cg, doubles ? V_PCMPGTQ : V_PCMPGTD, D, D, &least);
    jump_unless_all(cg, i, 0, D, &slow->from);
    x64_trap_here(cg, slow);
    x64_v3m(cg, mul[form], T0, a, &half);
    x64_v2m(cg, V_MOVAPS, D, &sum);
    x64_vex_rr(cg, step[form], D, T0, b);
    x64_v3i(cg, doubles ? V_CMPPD : V_CMPPS, T0, D, D, 7); /* CMPORD: a NaN's sign has changed */
    jump_unless_all(cg, i, 0, T0, &slow->from);
    x64_bind(cg, &slow->back);
}
