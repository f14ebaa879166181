/* SPDX-License-Identifier: MIT */
/*
 * The user helpers of Linux in the page at 0xffff0000 (Documentation/arm/kernel_user_helpers.rst),
 * for programs of ARMv5 and ARMv6 that cannot know how their CPU does it.  Includes a32_lift.h alone.
 */
#include "frontends/arm/a32_lift.h"

static bool ret(struct a32_lift *s)
{
    a32_bx(s, a32_r(s, 14), IR_IND_RET);
    return true;
}

/* r0 = 0 and C = 1 if memory held `expected`, else r0 = something else and C = 0. */
static bool finish(struct a32_lift *s, enum ir_type t, ir_ref old, ir_ref expected)
{
    ir_ref same = ir_flags_sub(s->ir, t, old, expected), zero = a32_imm(s, 0);
    ir_ref failed = ir_cc(s->ir, IR_I32, IR_NE, same);
    ir_put(s->ir, A32_SLOT_R0, failed);
    ir_put(s->ir, A32_SLOT_C, ir_flags_sub(s->ir, IR_I32, zero, failed)); /* C: no borrow */
    return ret(s);
}

enum { ORDER = IR_MEM_ACQUIRE | IR_MEM_RELEASE | IR_MEM_SC | IR_MEM_ALIGN };

/* r0 = old value, r1 = new value, r2 = pointer */
static bool cmpxchg(struct a32_lift *s)
{
    ir_ref expected = a32_r(s, 0);
    ir_ref old = ir_cas(s->ir, IR_I32, 2 | ORDER, a32_r(s, 2), expected, a32_r(s, 1));
    return finish(s, IR_I32, old, expected);
}

/* r0 = pointer to old value, r1 = pointer to new value, r2 = pointer */
static bool cmpxchg64(struct a32_lift *s)
{
    ir_ref expected = ir_load(s->ir, IR_I64, 3, a32_r(s, 0), 0);
    ir_ref fresh = ir_load(s->ir, IR_I64, 3, a32_r(s, 1), 0);
    ir_ref old = ir_cas(s->ir, IR_I64, 3 | ORDER, a32_r(s, 2), expected, fresh);
    return finish(s, IR_I64, old, expected);
}

/* r0 = clock; r1:r0 seconds, r2 nanoseconds */
static bool read_clock(struct a32_lift *s)
{
    ir_ref v = ir_call(s->ir, A32_H_read_clock, a32_r(s, 0), 0, 0, 0);
    ir_ref seconds = ir_sar(s->ir, IR_I64, v, ir_const(s->ir, IR_I64, 30));
    ir_put(s->ir, A32_SLOT_R0, ir_trunc(s->ir, seconds));
    ir_put(s->ir, A32_SLOT_R0 + 1, ir_trunc(s->ir, ir_shr(s->ir, IR_I64, seconds, ir_const(s->ir, IR_I64, 32))));
    ir_put(s->ir, A32_SLOT_R0 + 2, ir_and(s->ir, IR_I32, ir_trunc(s->ir, v), a32_imm(s, (1 << 30) - 1)));
    return ret(s);
}

bool a32_kuser(struct a32_lift *s)
{
    s->cond = IR_AL;
    a32_set_known(s->l, IR_AL);
    switch (s->pc) {
    case A32_KUSER_CMPXCHG64:
        return cmpxchg64(s);
    case A32_KUSER_BARRIER:
        ir_fence(s->ir, IR_FENCE_FULL);
        return ret(s);
    case A32_KUSER_CMPXCHG:
        return cmpxchg(s);
    case A32_KUSER_GET_TLS:
        ir_put(s->ir, A32_SLOT_R0, ir_get(s->ir, A32_SLOT_TPIDRURO));
        return ret(s);
    case A32_KUSER_READ_CLOCK:
        return read_clock(s);
    default:
        return false;
    }
}
