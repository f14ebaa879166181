/* SPDX-License-Identifier: MIT */
/*
 * What the floating-point and Advanced SIMD files of A32 and T32 share.  Private to frontends/arm; read
 * a32_lift.h first.
 *
 * S, D and Q registers are slots that overlap: a get of one gives its bytes in the low lanes, with
 * anything above; a put takes the low lanes (tcg/guest.h).  So nothing is ever cleared, and FP ops,
 * whose dead lanes would raise flags, carry the lanes that count.  Advanced SIMD works on a D or (`q`)
 * a Q register; its functions get D numbers for both, and a Q register with an odd number is UNDEFINED.
 *
 * Advanced SIMD FP takes the standard FPSCR, cpu->fp_std: neon_std() says so of an op.
 *
 * The shapes (neon_*) read, apply an operation, write, and return true, or false if UNDEFINED.
 */
#ifndef FRONTENDS_ARM_A32_NEON_H
#define FRONTENDS_ARM_A32_NEON_H

#include "frontends/arm/a32_lift.h"
#include "frontends/arm/simd_ops.h"

/* Numbers of the registers that a row's fields name. */
#define D_VD (a->d << 4 | a->vd)
#define D_VN (a->n << 4 | a->vn)
#define D_VM (a->m << 4 | a->vm)
#define S_VD (a->vd << 1 | a->d)
#define S_VN (a->vn << 1 | a->n)
#define S_VM (a->vm << 1 | a->m)

enum { A32_RESERVED = 0xff };

/* Operations on one, two and three vectors: IR builders or functions made of them. */
typedef ir_ref a32_op1(struct ir *ir, uint8_t lane, ir_ref a);
typedef ir_ref a32_op2(struct ir *ir, uint8_t lane, ir_ref a, ir_ref b);
typedef ir_ref a32_op3(struct ir *ir, uint8_t lane, ir_ref a, ir_ref b, ir_ref c);
typedef ir_ref a32_opi(struct ir *ir, uint8_t lane, ir_ref a, int64_t imm);
typedef ir_ref a32_op2i(struct ir *ir, uint8_t lane, ir_ref a, ir_ref b, int64_t imm);

/* S register r; D register r; D (q = 0) or Q register of D number r. */
static inline ir_ref a32_s(struct a32_lift *s, unsigned r) { return ir_get(s->ir, A32_SLOT_S0 + r); }
static inline ir_ref a32_d(struct a32_lift *s, unsigned r) { return ir_get(s->ir, A32_SLOT_D0 + r); }
static inline unsigned a32_dq_slot(unsigned q, unsigned r)
{
    return q ? A32_SLOT_Q0 + r / 2 : A32_SLOT_D0 + r;
}
static inline ir_ref a32_dq(struct a32_lift *s, unsigned q, unsigned r)
{
    return ir_get(s->ir, a32_dq_slot(q, r));
}
/* Writes, conditional. */
static inline void a32_put_s(struct a32_lift *s, unsigned r, ir_ref v)
{
    a32_put_slot(s, A32_SLOT_S0 + r, v);
}
static inline void a32_put_d(struct a32_lift *s, unsigned r, ir_ref v)
{
    a32_put_slot(s, A32_SLOT_D0 + r, v);
}
static inline void a32_put_dq(struct a32_lift *s, unsigned q, unsigned r, ir_ref v)
{
    a32_put_slot(s, a32_dq_slot(q, r), v);
}

/* Are the registers of these D numbers there?  Q registers are even; 16 to 31 are not in all CPUs. */
static inline bool a32_dq_ok(const struct a32_lift *s, unsigned q, unsigned some, unsigned more)
{
    return !(q && (some | more) & 1) && (a32_has(s, A32_FEAT_VFPD32) || !((some | more) & 16));
}

/* A D register's or a Q register's elements of 2^size bytes; of 8 bytes where `sizes` has them. */
static inline uint8_t neon_lane(unsigned q, unsigned size, unsigned sizes)
{
    return sizes >> size & 1 ? IR_LANE(size, q ? IR_LANES_128 : IR_LANES_64) : A32_RESERVED;
}
/* FP elements: single precision, or half. */
static inline uint8_t neon_fp_lane(const struct a32_lift *s, unsigned q, unsigned half)
{
    if (half && !a32_has(s, A32_FEAT_ASIMDHP)) {
        return A32_RESERVED;
    }
    return neon_lane(q, half ? IR_LANE_H : IR_LANE_S, SIZE_HS);
}
/* The same of rows with a size. */
static inline uint8_t neon_fp_size(const struct a32_lift *s, unsigned q, unsigned size)
{
    return size == IR_LANE_S || size == IR_LANE_H ? neon_fp_lane(s, q, size == IR_LANE_H)
                                                  : A32_RESERVED;
}

/* FP op v takes its control from the standard FPSCR and reports there. */
static inline ir_ref neon_std(struct ir *ir, ir_ref v)
{
    ir->ops[v].mod |= IR_FPC1;
    return v;
}

/* Lanes of twice the size. */
static inline uint8_t a32_wider(uint8_t lane) { return (uint8_t)(lane + 1); }

/* A constant with `bits` in each element of 2^size bytes. */
ir_ref neon_const(struct a32_lift *s, unsigned size, uint64_t bits);

/* vd = op(vm); op(vn, vm); op(vd, vn, vm); op(vm, imm); op(vd, vm, imm) */
bool neon_m(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vm, a32_op1 *op);
bool neon_nm(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vn, unsigned vm,
             a32_op2 *op);
bool neon_dnm(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vn, unsigned vm,
              a32_op3 *op);
bool neon_mi(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vm, unsigned imm,
             a32_opi *op);
bool neon_dmi(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vm, unsigned imm,
              a32_op2i *op);
/* With an element of D register vm in all lanes in place of Vm: size H or S, number and index from the
 * fields m and vm (ARM ARM F4.1.22, "Two registers and a scalar"). */
ir_ref neon_element(struct a32_lift *s, unsigned size, unsigned m, unsigned vm);
bool neon_ne(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vn, ir_ref e,
             a32_op2 *op);
bool neon_dne(struct a32_lift *s, unsigned q, uint8_t lane, unsigned vd, unsigned vn, ir_ref e,
              a32_op3 *op);
/* Pairwise, D registers: op(even elements, odd elements) of vn, then of vm. */
bool neon_pairs(struct a32_lift *s, uint8_t lane, unsigned vd, unsigned vn, unsigned vm, a32_op2 *op);

#endif
