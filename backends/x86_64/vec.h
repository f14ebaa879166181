/* SPDX-License-Identifier: MIT */
/*
 * What the vector emitters share.  Includes x64.h.
 *
 * Rule for two-operand (SSE) encodings: x64_v3(op, d, a, b) with d == b and an op that does not
 * commute goes through xmm1.  Emitters that keep something in xmm1 avoid that form, or ask for AVX.
 */
#ifndef BACKENDS_X86_64_VEC_H
#define BACKENDS_X86_64_VEC_H

#include "backends/x86_64/x64.h"

enum { T0 = X64_VSCRATCH0, T1 = X64_VSCRATCH1 };

/* xmm16 and up are scratch too, in EVEX forms.  Half of 256 bits there costs legacy SSE nothing. */
enum { X64_VHIGH = 16 };

/* Opcode words by lane size, 0: none. */
typedef const uint32_t x64_lanes[4];

/* A 16-byte constant beside the region's code, as an operand without immediates. */
struct x64_mem x64_pool(struct cg *cg, uint64_t lo, uint64_t hi);
/* The memory of operand 1 of an op with H_MEM_B or H_VCONST_B, if it is in none of the registers. */
struct x64_mem x64_vec_mem(struct cg *cg, const struct cg_inst *i);
/* `v`, a lane of the size of `lane`, in all lanes of 64 bits. */
static inline uint64_t x64_splat(uint8_t lane, uint64_t v)
{
    static const uint64_t ones[4] = {0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1};

    return ones[lane & 3] * (v & (UINT64_MAX >> (64 - (8u << (lane & 3)))));
}
static inline struct x64_mem x64_pool_splat(struct cg *cg, uint8_t lane, uint64_t v)
{
    const uint64_t half = x64_splat(lane, v);

    return x64_pool(cg, half, half);
}
/* The same for 256 bits. */
struct x64_mem x64_pool_splat_ymm(struct cg *cg, uint8_t lane, uint64_t v);
/* d = all zeros, all ones. */
static inline void x64_zero(struct cg *cg, unsigned d) { x64_v3(cg, V_PXOR, d, d, d); }
static inline void x64_ones(struct cg *cg, unsigned d) { x64_v3(cg, V_PCMPEQD, d, d, d); }
/* d = ~d; T is lost. */
void x64_vnot(struct cg *cg, unsigned d, unsigned t);
/* d = a op b by lane size; op's table has the lane. */
static inline void x64_v3l(struct cg *cg, x64_lanes ops, uint8_t lane, unsigned d, unsigned a, unsigned b)
{
    x64_v3(cg, ops[lane & 3], d, a, b);
}
/* d = a with bytes n.. moved down, zeros above. */
static inline void x64_bytes_down(struct cg *cg, unsigned d, unsigned a, unsigned n)
{
    x64_vshift(cg, V_PSHIFTQ, 3, d, a, n);
}
/* d = lane 0 of s, zeros above; RAX is lost. */
void x64_zext_lane(struct cg *cg, uint8_t lane, unsigned d, unsigned s);
/* d = the low 64 bits of s twice. */
static inline void x64_dup_low(struct cg *cg, unsigned d, unsigned s)
{
    x64_v2(cg, V_MOVDDUP, d, s);
}
/* Shift right, arithmetic right, left of lanes of 2, 4, 8 bytes (no arithmetic of 8 without AVX-512). */
enum x64_vshift_kind { VSHR = 2, VSAR = 4, VSHL = 6 };
void x64_lane_shift(struct cg *cg, enum x64_vshift_kind k, uint8_t lane, unsigned d, unsigned a, unsigned n);
/* The same in EVEX form, registers 0 to 31, any lanes but bytes, n from 0; l: 0 or X64_256. */
void x64_high_shift(struct cg *cg, enum x64_vshift_kind k, unsigned lane, unsigned d, unsigned a, unsigned n,
                    unsigned l);
/* cpu->qc |= the lanes of v that `lane` counts; v may be lost. */
void x64_or_qc(struct cg *cg, uint8_t lane, unsigned v);
/* d = sums of pairs of lanes of a, extended; T0 and T1 are lost, d is none of a, T0, T1. */
void x64_add_long_pairs(struct cg *cg, uint8_t lane, bool sign, unsigned d, unsigned a);

/* --- floating point --------------------------------------------------------------------------- */
/* May host instructions be used for the FP op (lanes of 4 and 8 bytes, in the control word's force)? */
bool x64_host_fp(const struct cg *cg, const struct cg_inst *i);
/* Is the op's control word the one that MXCSR has, and what the host does? */
bool x64_fp_in_force(const struct cg *cg, const struct cg_inst *i);
/* Underflow matters to flags, or to results. */
bool x64_exact_underflow(const struct cg *cg);
/* To `slow` if a lane of r, of doubles or singles, is the smallest normal number; T0 is lost. */
void x64_jump_min_normal(struct cg *cg, bool doubles, unsigned r, struct cg_label *slow);
/* ROUND's immediate for a rounding of the IR, or -1; bit 3 keeps Inexact quiet. */
int x64_round_control(unsigned mode);

/* Half precision (vec_half.c).  May lanes of 2 bytes be done by F16C? */
bool x64_half_inline(const struct cg *cg, const struct ir_op *op);
/* d = the scalar in r as a single, zeros above; a signalling NaN raises Invalid. */
void x64_half_scalar(struct cg *cg, unsigned d, unsigned r);
/* X_YMM for eight lanes of i, else 0. */
static inline uint32_t x64_half_ymm(const struct cg_inst *i)
{
    return ir_lane_count(i->op->lane) == 8 ? X_YMM : 0;
}
/* d = i's lanes of r as singles; d = the singles of s as halves, rounded as MXCSR says. */
void x64_half_widen(struct cg *cg, const struct cg_inst *i, unsigned d, unsigned r);
void x64_half_narrow(struct cg *cg, uint32_t ymm, unsigned d, unsigned s);
/* xmm0 = the doubles in it, cut to the digits of a single, the last of which tells of what was cut off; xmm1
 * is lost.  Needs AVX; raises nothing. */
void x64_round_to_odd(struct cg *cg, uint32_t ymm);
/* Binds `slow`, if any, and ends an op that may have used 256 bits. */
void x64_half_finish(struct cg *cg, struct cg_ool *slow, uint32_t ymm);
/* d = the singles of s, which are halves, rounded to nearest, ties away from zero; raises nothing.  d is
 * not s. */
void x64_half_away(struct cg *cg, uint32_t ymm, unsigned d, unsigned s);
/* To `slow` if a half in r is the smallest normal number; T0 is lost. */
void x64_half_jump_min_normal(struct cg *cg, unsigned r, struct cg_label *slow);
/* Emitters for lanes of 2 bytes where x64_half_inline(); the others' operands.  False: not inline. */
bool x64_half_arith(struct cg *cg, const struct cg_inst *i);
bool x64_half_fma(struct cg *cg, const struct cg_inst *i);
bool x64_half_minmax(struct cg *cg, const struct cg_inst *i);
bool x64_half_cmp(struct cg *cg, const struct cg_inst *i);
bool x64_half_rint(struct cg *cg, const struct cg_inst *i);
bool x64_half_vftoi(struct cg *cg, const struct cg_inst *i);
bool x64_half_vitof(struct cg *cg, const struct cg_inst *i);

#endif
