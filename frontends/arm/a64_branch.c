/* SPDX-License-Identifier: MIT */
/*
 * A64 branches and exceptions (ARM DDI 0487, C4.1.93).  Includes a64_lift.h alone.
 *
 * The authenticating branches are the plain ones: pointer authentication is an identity
 * (a64_dp_misc.c).  HVC, SMC, HLT, DCPS<n>, ERET and DRPS are UNDEFINED at EL0 and have no rows.
 */
#include "frontends/arm/a64_lift.h"

static uint64_t label(const struct a64_lift *s, int32_t offset)
{
    return s->pc + (uint64_t)((int64_t)offset * 4);
}

static void put_link(struct a64_lift *s)
{
    a64_put_x(s, 30, ir_const_pc(s->ir, s->pc + 4));
}

/* --- direct ------------------------------------------------------------------------------------------- */

/* B <label> */
TRANS(B)
{
    tcg_lift_goto(s->l, label(s, a->imm26));
    return true;
}

/* BL <label> */
TRANS(BL)
{
    put_link(s);
    tcg_lift_call(s->l, label(s, a->imm26));
    return true;
}

/* B.<cond> <label>; conditions AL and NV both always hold */
TRANS(B_cond)
{
    if (a->cond >= IR_AL) {
        tcg_lift_goto(s->l, label(s, a->imm19));
    } else {
        tcg_lift_branch(s->l, a->cond, a64_flags(s), label(s, a->imm19));
    }
    return true;
}

static bool compare_branch(struct a64_lift *s, const a64_arg_CBZ *a, enum ir_cond cond)
{
    ir_ref t = a64_r(s, a->sf, a->rt);
    tcg_lift_branch(s->l, cond, ir_flags_and(s->ir, a64_type(a->sf), t, t), label(s, a->imm19));
    return true;
}

/* CBZ <Xt>, <label> */
TRANS(CBZ) { return compare_branch(s, a, IR_EQ); }
/* CBNZ <Xt>, <label> */
TRANS(CBNZ) { return compare_branch(s, a, IR_NE); }

static bool test_branch(struct a64_lift *s, const a64_arg_TBZ *a, enum ir_cond cond)
{
    ir_ref t = a64_r(s, a->b5, a->rt);
    if (a->b40 == 31) { /* the sign: no constant needed */
        ir_ref sign = ir_flags_and(s->ir, a64_type(a->b5), t, t);
        tcg_lift_branch(s->l, cond == IR_EQ ? IR_PL : IR_MI, sign, label(s, a->imm14));
        return true;
    }
    ir_ref bit = a64_imm_t(s, a->b5, (int64_t)(UINT64_C(1) << (a->b5 * 32 + a->b40)));
    tcg_lift_branch(s->l, cond, ir_flags_and(s->ir, a64_type(a->b5), t, bit), label(s, a->imm14));
    return true;
}

/* TBZ <Xt>, #<imm>, <label> */
TRANS(TBZ) { return test_branch(s, a, IR_EQ); }
/* TBNZ <Xt>, #<imm>, <label> */
TRANS(TBNZ) { return test_branch(s, a, IR_NE); }

/* --- indirect -------------------------------------------------------------------------------------- */

static bool jump(struct a64_lift *s, unsigned rn)
{
    tcg_lift_indirect(s->l, a64_x(s, rn), IR_IND_JUMP);
    return true;
}

static bool call(struct a64_lift *s, unsigned rn)
{
    ir_ref target = a64_x(s, rn); /* before the link: BLR X30 */
    put_link(s);
    tcg_lift_indirect(s->l, target, IR_IND_CALL);
    return true;
}

static bool ret(struct a64_lift *s, unsigned rn)
{
    tcg_lift_indirect(s->l, a64_x(s, rn), IR_IND_RET);
    return true;
}

/* BR <Xn> */
TRANS(BR) { return jump(s, a->rn); }
/* BLR <Xn> */
TRANS(BLR) { return call(s, a->rn); }
/* RET {<Xn>} */
TRANS(RET) { return ret(s, a->rn); }

/* BRAAZ <Xn>, BRABZ <Xn> */
TRANS(BRAZ) { return jump(s, a->rn); }
/* BLRAAZ <Xn>, BLRABZ <Xn> */
TRANS(BLRAZ) { return call(s, a->rn); }
/* BRAA <Xn>, <Xm|SP>; BRAB */
TRANS(BRA) { return jump(s, a->rn); }
/* BLRAA <Xn>, <Xm|SP>; BLRAB */
TRANS(BLRA) { return call(s, a->rn); }
/* RETAA, RETAB */
TRANS(RETA)
{
    (void)a;
    return ret(s, 30);
}

/* --- exceptions ---------------------------------------------------------------------------------------- */

/* SVC #<imm> */
TRANS(SVC)
{
    tcg_lift_raise(s->l, A64_EXC_SVC, a->imm16, s->pc + 4);
    return true;
}

/* BRK #<imm> */
TRANS(BRK)
{
    tcg_lift_raise(s->l, A64_EXC_BRK, a->imm16, s->pc);
    return true;
}
