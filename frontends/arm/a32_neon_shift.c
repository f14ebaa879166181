/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 Advanced SIMD: shifts by an immediate, narrowing and widening moves (ARM ARM F6.1).
 *
 * l:imm6 holds the element size (its highest set bit) and the amount: esize + amount of a left shift,
 * 2 * esize - amount of a right shift.
 */
#include "frontends/arm/a32_neon.h"

struct shift {
    unsigned size, left, right;
};

static struct shift decode(unsigned l, unsigned imm6)
{
    const unsigned size = l ? 3 : imm6 & 32 ? 2 : imm6 & 16 ? 1 : 0;
    const unsigned esize = 8u << size, imm = l << 6 | imm6;
    return (struct shift){.size = size, .left = imm - esize, .right = 2 * esize - imm};
}

/* --- the same length: <op>.<dt> Qd, Qm, #imm; Dd, Dm, #imm ------------------------------------------- */

#define ACCUMULATE(name, shift)                                                                    \
    static ir_ref name(struct ir *ir, uint8_t lane, ir_ref d, ir_ref m, int64_t imm)               \
    {                                                                                              \
        return ir_vadd(ir, lane, d, shift(ir, lane, m, imm));                                      \
    }
ACCUMULATE(ssra, ir_vsshr)
ACCUMULATE(usra, ir_vushr)
ACCUMULATE(srsra, ir_vsrshr)
ACCUMULATE(ursra, ir_vurshr)

/* The register forms, with the amount in each element. */
static ir_ref amounts(struct ir *ir, int64_t imm)
{
    const uint64_t bytes = UINT64_C(0x0101010101010101) * (uint64_t)imm;
    return ir_vconst(ir, bytes, bytes);
}
static ir_ref sqshl(struct ir *ir, uint8_t lane, ir_ref m, int64_t imm)
{
    return ir_vsqshl(ir, lane, m, amounts(ir, imm));
}
static ir_ref uqshl(struct ir *ir, uint8_t lane, ir_ref m, int64_t imm)
{
    return ir_vuqshl(ir, lane, m, amounts(ir, imm));
}

#define SHIFT(NAME, shape, side, op)                                                               \
    TRANS(NAME)                                                                                    \
    {                                                                                              \
        const struct shift i = decode(a->l, a->imm6);                                              \
        return shape(s, a->q, neon_lane(a->q, i.size, SIZE_BHSD), D_VD, D_VM, i.side, op);         \
    }
SHIFT(VSHR_n, neon_mi, right, a->u ? ir_vushr : ir_vsshr)
SHIFT(VRSHR_n, neon_mi, right, a->u ? ir_vurshr : ir_vsrshr)
SHIFT(VSRA_n, neon_dmi, right, a->u ? usra : ssra)
SHIFT(VRSRA_n, neon_dmi, right, a->u ? ursra : srsra)
SHIFT(VSRI_n, neon_dmi, right, ir_vsri)
SHIFT(VSLI_n, neon_dmi, left, ir_vsli)
SHIFT(VSHL_n, neon_mi, left, ir_vshl)
SHIFT(VQSHLU_n, neon_mi, left, ir_vsqshlu)
SHIFT(VQSHL_n, neon_mi, left, a->u ? uqshl : sqshl)

/* --- narrowing: shifted as the wide elements, then narrowed -------------------------------------------- */

/* wide: elements of Vm; amount 0: no shift */
static bool narrow(struct a32_lift *s, unsigned size, unsigned amount, unsigned vd, unsigned vm,
                   a32_opi *shift, a32_op1 *narrowing)
{
    const uint8_t wide = a32_wider((uint8_t)size);
    if (size == IR_LANE_D || !a32_dq_ok(s, 1, vm, 0)) {
        return false;
    }
    a32_guard(s);
    ir_ref v = a32_dq(s, 1, vm);
    if (amount) {
        v = shift(s->ir, wide, v, amount);
    }
    a32_put_d(s, vd, narrowing(s->ir, wide, v));
    return true;
}

/* <op>.<dt> Dd, Qm, #imm */
#define NARROW(NAME, by, narrowing)                                                                \
    TRANS(NAME)                                                                                    \
    {                                                                                              \
        const struct shift i = decode(0, a->imm6);                                                 \
        return narrow(s, i.size, i.right, D_VD, D_VM, by, narrowing);                              \
    }
NARROW(VSHRN, a->r ? ir_vurshr : ir_vushr, ir_vxtn)
NARROW(VQSHRUN, a->r ? ir_vsrshr : ir_vsshr, ir_vsqxtun)
static a32_opi *const narrow_shift[2][2] = {{ir_vsshr, ir_vsrshr}, {ir_vushr, ir_vurshr}};
NARROW(VQSHRN, narrow_shift[a->u][a->r], a->u ? ir_vuqxtn : ir_vsqxtn)

/* VMOVN, VQMOVN, VQMOVUN.<dt> Dd, Qm */
#define MOVE_NARROW(NAME, op)                                                                      \
    TRANS(NAME) { return narrow(s, a->size, 0, D_VD, D_VM, NULL, op); }
MOVE_NARROW(VMOVN, ir_vxtn)
MOVE_NARROW(VQMOVUN, ir_vsqxtun)
MOVE_NARROW(VQMOVN, a->u ? ir_vuqxtn : ir_vsqxtn)

/* --- widening --------------------------------------------------------------------------------------------- */

static bool lengthen(struct a32_lift *s, unsigned size, unsigned amount, unsigned vd, unsigned vm,
                     a32_op1 *widen)
{
    if (size == IR_LANE_D || !a32_dq_ok(s, 1, vd, 0)) {
        return false;
    }
    a32_guard(s);
    ir_ref v = widen(s->ir, (uint8_t)size, a32_d(s, vm));
    if (amount) {
        v = ir_vshl(s->ir, a32_wider((uint8_t)size), v, amount);
    }
    a32_put_dq(s, 1, vd, v);
    return true;
}

/* VSHLL.<dt> Qd, Dm, #imm; VMOVL is that by 0 */
TRANS(VSHLL)
{
    const struct shift i = decode(0, a->imm6);
    return lengthen(s, i.size, i.left, D_VD, D_VM, a->u ? ir_vuxtl : ir_vsxtl);
}
/* VSHLL.<dt> Qd, Dm, #esize */
TRANS(VSHLL_m) { return lengthen(s, a->size, 8u << a->size, D_VD, D_VM, ir_vuxtl); }
