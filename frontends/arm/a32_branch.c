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
    ir_put(s->ir, A32_SLOT_LR, a32_imm(s, (s->pc + s->bytes) | (s->thumb ? A32_PC_T : 0)));
    a32_bx(s, target, IR_IND_CALL);
    return true;
}

/* SVC<c> #<imm> */
TRANS(SVC)
{
    a32_raise_after(s, A32_EXC_SVC, a->imm);
    return true;
}

/* UDF.W #<imm>: permanently UNDEFINED */
TRANS(UDF_w)
{
    (void)s, (void)a;
    return false;
}
