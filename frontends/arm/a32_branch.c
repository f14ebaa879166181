/* SPDX-License-Identifier: MIT */
/*
 * Branches and exceptions of A32, T16 and T32 (ARM DDI 0487, F2.3).  Includes a32_lift.h alone.
 */
#include "frontends/arm/a32_lift.h"

static uint32_t label(const struct a32_lift *s, int32_t offset)
{
    return a32_pc_value(s) + (uint32_t)offset * 4;
}

/* B<c> <label> */
TRANS(B)
{
    a32_branch(s, label(s, a->imm24));
    return true;
}

/* BL<c> <label> */
TRANS(BL)
{
    a32_call_to(s, label(s, a->imm24), false);
    return true;
}

/* BLX <label> */
TRANS(BLX_imm)
{
    a32_call_to(s, label(s, a->imm24) + a->h * 2, true);
    return true;
}

/* BX<c> <Rm>; BX LR is a return */
TRANS(BX)
{
    a32_bx(s, a32_r(s, a->rm), a->rm == 14 ? IR_IND_RET : IR_IND_JUMP);
    return true;
}

/* BLX<c> <Rm> */
TRANS(BLX_reg)
{
    a32_guard(s);
    ir_ref target = a32_r(s, a->rm); /* before the link: BLX LR */
    ir_put(s->ir, A32_SLOT_LR, ir_const_pc(s->ir, (s->pc + s->bytes) | (s->thumb ? A32_PC_T : 0)));
    a32_bx(s, target, IR_IND_CALL);
    return true;
}

/* SVC<c> #<imm> */
TRANS(SVC)
{
    a32_raise_after(s, A32_EXC_SVC, a->imm);
    return true;
}

/* UDF #<imm>: permanently UNDEFINED */
TRANS(UDF)
{
    (void)s, (void)a;
    return false;
}

/* BKPT #<imm>: also in IT blocks without a condition */
TRANS(BKPT)
{
    s->cond = IR_AL;
    a32_raise_here(s, A32_EXC_BKPT, a->imm);
    return true;
}

/* --- Thumb --------------------------------------------------------------------------------------------- */

static uint32_t thumb_label(const struct a32_lift *s, int32_t offset)
{
    return a32_pc_value(s) + (uint32_t)offset;
}

/* B<c> <label>, with a condition of its own */
static bool branch_if(struct a32_lift *s, unsigned cond, int32_t offset)
{
    if (s->it) {
        return false;
    }
    a32_branch_if(s, cond, a32_flags_for(s, cond), thumb_label(s, offset) | A32_PC_T);
    return true;
}

/* T16: B<c> <label> */
TRANS(B_cond) { return branch_if(s, a->cond, a->imm8 * 2); }

/* T16: B<c> <label> */
TRANS(B_t16)
{
    const uint32_t target = thumb_label(s, a->imm11 * 2);
    if (!a32_divide_loop(s, target)) {
        a32_branch(s, target);
    }
    return true;
}

/* T32: B<c>.W <label> */
TRANS(B_cond_w)
{
    uint32_t low = a->j2 << 19 | a->j1 << 18 | a->imm6 << 12 | a->imm11 << 1;
    return branch_if(s, a->cond, (int32_t)((uint32_t)a->s << 20 | low));
}

/* S:I1:I2:imm10:imm11:0, where I = NOT(J EOR S) */
static int32_t long_offset(int32_t sign, uint32_t j1, uint32_t j2, uint32_t imm10, uint32_t imm11)
{
    uint32_t i1 = ~(j1 ^ (uint32_t)sign) & 1, i2 = ~(j2 ^ (uint32_t)sign) & 1;
    return (int32_t)((uint32_t)sign << 24 | i1 << 23 | i2 << 22 | imm10 << 12 | imm11 << 1);
}

/* T32: B<c>.W <label> */
TRANS(B_w)
{
    a32_branch(s, thumb_label(s, long_offset(a->s, a->j1, a->j2, a->imm10, a->imm11)));
    return true;
}

/* BL<c> <label> */
TRANS(BL_t32)
{
    a32_call_to(s, thumb_label(s, long_offset(a->s, a->j1, a->j2, a->imm10, a->imm11)), true);
    return true;
}

/* BLX<c> <label>, to A32 */
TRANS(BLX_t32)
{
    int32_t offset = long_offset(a->s, a->j1, a->j2, a->imm10, a->imm11 << 1);
    a32_call_to(s, a32_pc_base(s) + (uint32_t)offset, false);
    return true;
}

static bool compare_branch(struct a32_lift *s, const a32_arg_CBZ *a, enum ir_cond cond)
{
    if (s->it || !a32_has(s, A32_FEAT_V6T2)) {
        return false;
    }
    ir_ref n = a32_r(s, a->rn);
    tcg_lift_branch(s->l, cond, ir_flags_and(s->ir, IR_I32, n, n),
                    thumb_label(s, (int32_t)a->imm * 2) | A32_PC_T);
    return true;
}

/* CBZ <Rn>, <label> */
TRANS(CBZ) { return compare_branch(s, a, IR_EQ); }
/* CBNZ <Rn>, <label> */
TRANS(CBNZ) { return compare_branch(s, a, IR_NE); }

static bool table_branch(struct a32_lift *s, const a32_arg_TBB *a, unsigned size)
{
    struct ir *ir = s->ir;
    if (a->rm == 15) {
        return false;
    }
    ir_ref m = a32_r(s, a->rm);
    if (size) {
        m = ir_shl(ir, IR_I32, m, a32_imm(s, size));
    }
    ir_ref v = a32_load(s, IR_I32, size, ir_add(ir, IR_I32, a32_r(s, a->rn), m), 0);
    ir_ref offset = ir_shl(ir, IR_I32, v, a32_imm(s, 1));
    a32_bx(s, ir_add(ir, IR_I32, offset, ir_const_pc(s->ir, a32_pc_value(s) | A32_PC_T)), IR_IND_JUMP);
    return true;
}

/* TBB [<Rn>, <Rm>] */
TRANS(TBB) { return table_branch(s, a, 0); }
/* TBH [<Rn>, <Rm>, LSL #1] */
TRANS(TBH) { return table_branch(s, a, 1); }

/* IT{<x>{<y>{<z>}}} <cond> */
TRANS(IT)
{
    if (s->it) {
        return false;
    }
    s->l->next_pc = (uint32_t)s->l->next_pc | (uint64_t)(a->first << 4 | a->mask) << A32_PC_IT_SHIFT;
    return true;
}
