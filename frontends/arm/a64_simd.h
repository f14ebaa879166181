/* SPDX-License-Identifier: MIT */
/*
 * What the Advanced SIMD and FP files share.  Private to frontends/arm; read a64_lift.h first.
 *
 * Everything works on a `lane` (tcg/ir/ir.h): element size and how many elements count.  A lane
 * also says how a result is written: one element, or the low 64 bits, with zeros above, or all of
 * the register.  A64_RESERVED is the lane of an UNDEFINED encoding; the shape functions then
 * return false.  Scalar and vector forms of an instruction so differ in their lane alone.
 *
 * The shape functions (a64_do_*) read, apply an operation, write, and return true.
 */
#ifndef FRONTENDS_ARM_A64_SIMD_H
#define FRONTENDS_ARM_A64_SIMD_H

#include "frontends/arm/a64_lift.h"
#include "frontends/arm/simd_ops.h"

enum { A64_RESERVED = 0xff };

/* Operations on one, two and three vectors: IR builders or functions made of them. */
typedef ir_ref a64_op1(struct ir *ir, uint8_t lane, ir_ref a);
typedef ir_ref a64_op2(struct ir *ir, uint8_t lane, ir_ref a, ir_ref b);
typedef ir_ref a64_op3(struct ir *ir, uint8_t lane, ir_ref a, ir_ref b, ir_ref c);
typedef ir_ref a64_opi(struct ir *ir, uint8_t lane, ir_ref a, int64_t imm);
typedef ir_ref a64_op2i(struct ir *ir, uint8_t lane, ir_ref a, ir_ref b, int64_t imm);

/* Lane of a vector: 64 bits (q = 0) or 128 of elements of 2^size bytes.  1D is reserved. */
static inline uint8_t a64_vlane(unsigned q, unsigned size, unsigned sizes)
{
    if (!(sizes >> size & 1) || (size == IR_LANE_D && !q)) {
        return A64_RESERVED;
    }
    return IR_LANE(size, q ? IR_LANES_128 : IR_LANES_64);
}

/* Lane of an Advanced SIMD or FP scalar. */
static inline uint8_t a64_slane(unsigned size, unsigned sizes)
{
    return sizes >> size & 1 ? IR_LANE(size, IR_LANES_1) : A64_RESERVED;
}

/* The lane of FP vectors and scalars, from the rows' sz; size 1 is half precision. */
#define FP_VLANE a64_vlane(a->q, IR_LANE_S + a->sz, SIZE_S | SIZE_D)
#define FP_VLANE_H a64_vlane(a->q, IR_LANE_H, SIZE_H)
#define FP_SLANE IR_LANE(IR_LANE_S + a->sz, IR_LANES_1)
#define FP_SLANE_H IR_LANE(IR_LANE_H, IR_LANES_1)

/* Lanes of the same count but twice the size (the count of bits, not of elements, for vectors). */
static inline uint8_t a64_wider(uint8_t lane) { return (uint8_t)(lane + 1); }

/* Bits of an element. */
static inline unsigned a64_esize(uint8_t lane) { return 8 * ir_lane_bytes(lane); }

/* Write v as `lane` says, with zeros above. */
static inline void a64_put_lane(struct a64_lift *s, unsigned rd, uint8_t lane, ir_ref v)
{
    if (lane & IR_LANES_1) {
        v = ir_vzext(s->ir, lane & 3, v);
    } else if (lane & IR_LANES_64) {
        v = ir_vzext(s->ir, IR_LANE_D, v);
    }
    a64_put_v(s, rd, v);
}

/* The source of the "2" forms (q = 1) is the upper half of a register, else the lower: the half
 * in the low 64 bits; what is above them does not matter. */
static inline ir_ref a64_half(struct a64_lift *s, unsigned q, unsigned r)
{
    return q ? ir_vhi64(s->ir, IR_LANE_D, a64_v(s, r)) : a64_v(s, r);
}

/* Write a result of 64 bits: the lower half with zeros above, or for the "2" forms the upper half,
 * the lower unchanged. */
static inline void a64_put_half(struct a64_lift *s, unsigned q, unsigned rd, ir_ref v)
{
    a64_put_v(s, rd, q ? ir_vinsl(s->ir, IR_LANE_D, a64_v(s, rd), v, 1, 0)
                       : ir_vzext(s->ir, IR_LANE_D, v));
}

/* A constant with `bits` in each element of the lane's size. */
ir_ref a64_vdup_const(struct a64_lift *s, uint8_t lane, uint64_t bits);

/* Rounding to integral values, for scalars and vectors. */
a64_op1 a64_frintn, a64_frintp, a64_frintm, a64_frintz, a64_frinta, a64_frintx,
    a64_frinti;

/* rd = op(rn), op(rn, rm), op(rd, rn), op(rd, rn, rm), op(rn, imm), op(rd, rn, imm) */
bool a64_do_n(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, a64_op1 *op);
bool a64_do_nm(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, unsigned rm,
               a64_op2 *op);
bool a64_do_dn(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, a64_op2 *op);
bool a64_do_dnm(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, unsigned rm,
                a64_op3 *op);
/* The same with a value in place of rm; of 0 (a reserved element) nothing is made. */
bool a64_do_nv(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, ir_ref m, a64_op2 *op);
bool a64_do_dnv(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, ir_ref m, a64_op3 *op);

/* Pairwise: op(pairs' even elements, pairs' odd elements) of rn, then of rm. */
bool a64_do_pairs(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, unsigned rm,
                  a64_op2 *op);

/* By element: all elements of the result are the one of Vm that h, l, m and rm name, by element
 * size (ARM ARM C4.1.96, "vector x indexed element"); 0 if reserved. */
ir_ref a64_element(struct a64_lift *s, unsigned size, unsigned h, unsigned l, unsigned m,
                   unsigned rm);
#define ELEMENT(size) a64_element(s, size, a->h, a->l, a->m, a->rm)

#endif
