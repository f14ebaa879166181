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

/* To `slow` unless all of i's lanes of r, of 4 or 8 bytes, are negative. */
static void jump_unless_all(struct cg *cg, const struct cg_inst *i, unsigned r, struct cg_label *slow)
{
    const unsigned all = (1u << ir_lane_count(i->op->lane)) - 1;

    x64_v2(cg, LANE == IR_LANE_D ? V_MOVMSKPD : V_MOVMSKPS, RAX, r);
    x64_alu_ri(cg, 0, ALU_AND, RAX, (int32_t)all);
    x64_alu_ri(cg, 0, ALU_CMP, RAX, (int32_t)all);
    x64_jcc(cg, CC_NE, slow);
}

/* FRECPE of exponents 1 to 252, FRSQRTE of positive normal numbers. */
void x64_emit_vfrecpe(struct cg *cg, const struct cg_inst *i)
{
    const bool root = i->op->opc == IR_vfrsqrte;
    struct x64_mem table = {.base = X64_RIP, .index = X64_NO_REG};
    struct x64_mem first, last, exponent, sign;
    struct cg_ool *slow;

    if (!x64_host_fp(cg, i) || LANE != IR_LANE_S || !X64_HAS(AVX2)) {
        x64_emit_eval(cg, i);
        return;
    }
    slow = x64_slow_eval(cg, i);
    first = x64_pool_splat(cg, IR_LANE_S, root ? 1u << 23 : 1u << 24);
    last = x64_pool_splat(cg, IR_LANE_S, root ? (254u << 23) - 1 : (252u << 24) - 1);
    exponent = x64_pool_splat(cg, IR_LANE_S, root ? 0x3f800000 : 0x7f800000);
    sign = x64_constant(cg, X64_K_SIGN32);
    x64_lane_shift(cg, VSHL, IR_LANE_S, T0, A, root ? 0 : 1);
    x64_v3m(cg, V_PSUBD, T0, T0, &first);
    x64_v3m(cg, V_PMAXUD, T1, T0, &last);
    x64_v3m(cg, V_PCMPEQD, T1, T1, &last);
    jump_unless_all(cg, i, T1, &slow->from);
    x64_lane_shift(cg, VSHL, IR_LANE_S, T1, A, root ? 8 : 9);
    x64_lane_shift(cg, VSHR, IR_LANE_S, T1, T1, root ? 23 : 24);
    x64_ones(cg, T0);
    table.target = cg->routines[X64_R_ESTIMATES] + (root ? 4 * 256 : 0);
    x64_lea(cg, X_W, RAX, &table);
    table = (struct x64_mem){.base = RAX, .index = T1, .scale = 2};
    x64_vex_rm(cg, V_VPGATHERDD, D, T0, &table); /* H_EARLY */
    x64_lane_shift(cg, VSHR, IR_LANE_S, T0, A, root ? 1 : 0);
    x64_v3m(cg, V_PAND, T0, T0, &exponent);
    x64_v3(cg, V_PSUBD, D, D, T0);
    if (!root) {
        x64_v3m(cg, V_PAND, T0, A, &sign);
        x64_v3(cg, V_POR, D, D, T0);
    }
    x64_bind(cg, &slow->back);
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
    jump_unless_all(cg, i, D, &slow->from);
    x64_trap_here(cg, slow);
    x64_v3m(cg, mul[form], T0, a, &half);
    x64_v2m(cg, V_MOVAPS, D, &sum);
    x64_vex_rr(cg, step[form], D, T0, b);
    x64_v3i(cg, doubles ? V_CMPPD : V_CMPPS, T0, D, D, 7); /* CMPORD: a NaN's sign has changed */
    jump_unless_all(cg, i, T0, &slow->from);
    x64_bind(cg, &slow->back);
}
