/* SPDX-License-Identifier: MIT */
/*
 * Vector and FP operations of more than one op that A64, A32 and T32 have in common: IR in, IR out,
 * whatever the registers.  Private to frontends/arm.  Includes ir/.
 */
#ifndef FRONTENDS_ARM_SIMD_OPS_H
#define FRONTENDS_ARM_SIMD_OPS_H

#include "tcg/ir/ir.h"

/* Element sizes that an instruction has, a set. */
enum {
    SIZE_B = 1 << IR_LANE_B,
    SIZE_H = 1 << IR_LANE_H,
    SIZE_S = 1 << IR_LANE_S,
    SIZE_D = 1 << IR_LANE_D,
    SIZE_HS = SIZE_H | SIZE_S,
    SIZE_BHS = SIZE_B | SIZE_HS,
    SIZE_BHSD = SIZE_BHS | SIZE_D,
};

/* The FP constant of 2^size bytes that imm8 encodes (VFPExpandImm). */
uint64_t a64_fp_imm(unsigned size, unsigned imm8);

/* Signs of FP lanes. */
ir_ref a64_fabs(struct ir *ir, uint8_t lane, ir_ref n);
ir_ref a64_fneg(struct ir *ir, uint8_t lane, ir_ref n);

/* A vector whose byte i is byte from[i] of v[0], v[1], ... side by side; 0 where from[i] is that of
 * none of the n. */
ir_ref simd_shuffle(struct ir *ir, const ir_ref *v, unsigned n, const uint8_t from[16]);

/* Structures of k elements, 2 to 4, taken apart: m[] holds memory from the first element on, 16 bytes
 * each, v[i] gets element i of each structure.  q = 0: the low 64 bits of v[] count, and m[] is half
 * as long. */
void simd_apart(struct ir *ir, unsigned k, unsigned q, uint8_t lane, const ir_ref *m, ir_ref *v);
/* The inverse. */
void simd_together(struct ir *ir, unsigned k, unsigned q, uint8_t lane, const ir_ref *v, ir_ref *m);

/* SHA256H (second = false: the new a b c d) and SHA256H2 (the new e f g h) of ARM ARM C7.2 and F6.1:
 * four rounds on the state abcd, efgh with the words w. */
ir_ref simd_sha256(struct ir *ir, ir_ref abcd, ir_ref efgh, ir_ref w, bool second);

/* Complex numbers, the real part in the even lane.  FCADD: n + m turned by 90 or, if rot, 270 degrees.
 * FCMLA: d + one part of n (the imaginary one if rot is odd) times m turned by rot quarters.  The FP op
 * comes last. */
ir_ref simd_fcadd(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m, unsigned rot);
ir_ref simd_fcmla(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m, unsigned rot);

#endif
