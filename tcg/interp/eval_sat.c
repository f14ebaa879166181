/* SPDX-License-Identifier: MIT */
/*
 * Saturating vector ops.  Each row is the exact result, of which the template takes what fits the
 * lane, and notes in cpu->qc that something did not.  Includes lanes.h alone.
 */
#include "tcg/interp/lanes.h"

/* ARM ARM SatQ() of a lane of size s.  The lane of cpu->qc is set if it saturates and counts. */
static inline __attribute__((always_inline)) uint64_t saturate(struct tcg_cpu *cpu,
                                                               const struct ir_desc *op, wide x,
                                                               unsigned s, bool is_signed,
                                                               unsigned i)
{
    const unsigned bits = 8u << s;
    const wide max = ((wide)1 << (bits - is_signed)) - 1, min = is_signed ? -max - 1 : 0;
    const wide r = x > max ? max : x < min ? min : x;

    if (r != x && i < ir_lane_count(op->lane))
        cpu->qc.d[0] = ~(uint64_t)0;
    return (uint64_t)r;
}

#define SIGNED                         true
#define UNSIGNED                       false
#define SAT_OP1(name, is_signed, expr) VEC_OP1(name, saturate(cpu, op, expr, s, is_signed, i))
#define SAT_OP2(name, is_signed, expr) VEC_OP2(name, saturate(cpu, op, expr, s, is_signed, i))

SAT_OP2(vsqadd, SIGNED, (wide)x + y)
SAT_OP2(vuqadd, UNSIGNED, (wide)ux + uy)
SAT_OP2(vsqsub, SIGNED, (wide)x - y)
SAT_OP2(vuqsub, UNSIGNED, (wide)ux - uy)
SAT_OP2(vsuqadd, SIGNED, (wide)x + uy)
SAT_OP2(vusqadd, UNSIGNED, (wide)ux + y)
SAT_OP1(vsqabs, SIGNED, x < 0 ? -(wide)x : x)
SAT_OP1(vsqneg, SIGNED, -(wide)x)
SAT_OP2(vsqshl, SIGNED, shift_by(x, (int8_t)y, false))
SAT_OP2(vuqshl, UNSIGNED, shift_by(ux, (int8_t)y, false))
SAT_OP2(vsqrshl, SIGNED, shift_by(x, (int8_t)y, true))
SAT_OP2(vuqrshl, UNSIGNED, shift_by(ux, (int8_t)y, true))
SAT_OP1(vsqshlu, UNSIGNED, shift_by(x, (int)imm, false))

/* High half of 2 * y * z, to which `acc`, a lane, has been added (ARM ARM SQRDMLAH: the sum is made
 * at twice the width).  Products fit: |2 * y * z| <= 2^63. */
static inline wide doubling_high(wide acc, wide y, wide z, unsigned bits, bool rounded)
{
    return ((acc * ((wide)1 << bits)) + 2 * y * z + (rounded ? (wide)1 << (bits - 1) : 0)) >> bits;
}

SAT_OP2(vsqdmulh, SIGNED, doubling_high(0, x, y, bits, false))
SAT_OP2(vsqrdmulh, SIGNED, doubling_high(0, x, y, bits, true))
/* x is the accumulator. */
SAT_OP2(vsqrdmlah, SIGNED, doubling_high(x, y, lane_s(vc, s, i), bits, true))
SAT_OP2(vsqrdmlsh, SIGNED, doubling_high(x, -(wide)y, lane_s(vc, s, i), bits, true))

#define SAT_NARROW(name, lane_of, is_signed)                           \
    VEC_FN(name, if (s > 0) for (unsigned i = 0; i < n; i++) lane_put( \
                     &r, s - 1, i, saturate(cpu, op, lane_of(va, s, i), s - 1, is_signed, i));)
SAT_NARROW(vsqxtn, lane_s, SIGNED)
SAT_NARROW(vuqxtn, lane_u, UNSIGNED)
SAT_NARROW(vsqxtun, lane_s, UNSIGNED)

VEC_FN(vsqdmull, if (s < 3) for (unsigned i = 0; i < n / 2; i++)
                     lane_put(&r, s + 1, i,
                              saturate(cpu, op, 2 * (wide)lane_s(va, s, i) * lane_s(vb, s, i),
                                       s + 1, SIGNED, i));)
