/* SPDX-License-Identifier: MIT */
/*
 * Exclusive, ordered and atomic accesses of A32 and T32 (ARM DDI 0487, F2.5.5, F2.5.6).  Includes
 * a32_lift.h alone.  All of these fault when unaligned.
 */
#include "frontends/arm/a32_lift.h"

enum { ACQUIRE = IR_MEM_ACQUIRE | IR_MEM_SC, RELEASE = IR_MEM_RELEASE | IR_MEM_SC };

static ir_ref address(struct a32_lift *s, const a32_arg_LDREX *a)
{
    ir_ref base = a32_r(s, a->rn);
    return a->imm ? ir_add(s->ir, IR_I32, base, a32_imm(s, a->imm)) : base;
}

static bool load_exclusive(struct a32_lift *s, const a32_arg_LDREX *a, unsigned size, unsigned order)
{
    unsigned rt2 = a32_second(a->rt, a->rt2);
    if (a->rn == 15 || a->rt == 15 || (size == 3 && (rt2 == 15 || (!s->thumb && a->rt & 1)))) {
        return false;
    }
    a32_guard(s);
    ir_ref v = ir_load_excl(s->ir, size == 3 ? IR_I64 : IR_I32,
                            size | IR_MEM_ALIGN | order | a32_order(s), address(s, a));
    if (size == 3) {
        a32_put_joined(s, a->rt, rt2, v);
    } else {
        a32_put_r(s, a->rt, v);
    }
    return true;
}

static bool store_exclusive(struct a32_lift *s, const a32_arg_STREX *a, unsigned size, unsigned order)
{
    unsigned rt2 = a32_second(a->rt, a->rt2);
    if (a->rn == 15 || a->rt == 15 || a->rd == 15 ||
        (size == 3 && (rt2 == 15 || (!s->thumb && a->rt & 1)))) {
        return false;
    }
    a32_guard(s);
    ir_ref v = size == 3 ? a32_join(s, a->rt, rt2) : a32_r(s, a->rt);
    a32_put_r(s, a->rd, ir_store_excl(s->ir, size | IR_MEM_ALIGN | order | a32_order(s),
                                      address(s, a), v));
    return true;
}

/* LDREX<c> <Rt>, [<Rn>{, #<imm>}]; STREX<c> <Rd>, <Rt>, [<Rn>{, #<imm>}]; B, H and D forms */
TRANS(LDREX) { return load_exclusive(s, a, 2, 0); }
TRANS(LDREXB) { return load_exclusive(s, a, 0, 0); }
TRANS(LDREXH) { return load_exclusive(s, a, 1, 0); }
TRANS(LDREXD) { return load_exclusive(s, a, 3, 0); }
TRANS(STREX) { return store_exclusive(s, a, 2, 0); }
TRANS(STREXB) { return store_exclusive(s, a, 0, 0); }
TRANS(STREXH) { return store_exclusive(s, a, 1, 0); }
TRANS(STREXD) { return store_exclusive(s, a, 3, 0); }

/* LDAEX<c> <Rt>, [<Rn>]; STLEX<c> <Rd>, <Rt>, [<Rn>]; B, H and D forms */
TRANS(LDAEX) { return load_exclusive(s, a, 2, ACQUIRE); }
TRANS(LDAEXB) { return load_exclusive(s, a, 0, ACQUIRE); }
TRANS(LDAEXH) { return load_exclusive(s, a, 1, ACQUIRE); }
TRANS(LDAEXD) { return load_exclusive(s, a, 3, ACQUIRE); }
TRANS(STLEX) { return store_exclusive(s, a, 2, RELEASE); }
TRANS(STLEXB) { return store_exclusive(s, a, 0, RELEASE); }
TRANS(STLEXH) { return store_exclusive(s, a, 1, RELEASE); }
TRANS(STLEXD) { return store_exclusive(s, a, 3, RELEASE); }

static bool load_acquire(struct a32_lift *s, const a32_arg_LDA *a, unsigned size)
{
    if (a->rn == 15 || a->rt == 15) {
        return false;
    }
    ir_ref v = a32_load(s, IR_I32, size | ACQUIRE | IR_MEM_ALIGN, a32_r(s, a->rn), 0);
    a32_put_r(s, a->rt, v);
    return true;
}

static bool store_release(struct a32_lift *s, const a32_arg_STL *a, unsigned size)
{
    if (a->rn == 15 || a->rt == 15) {
        return false;
    }
    a32_store(s, size | RELEASE | IR_MEM_ALIGN, a32_r(s, a->rn), 0, a32_r(s, a->rt));
    return true;
}

/* LDA<c> <Rt>, [<Rn>]; STL<c> <Rt>, [<Rn>]; B and H forms */
TRANS(LDA) { return load_acquire(s, a, 2); }
TRANS(LDAB) { return load_acquire(s, a, 0); }
TRANS(LDAH) { return load_acquire(s, a, 1); }
TRANS(STL) { return store_release(s, a, 2); }
TRANS(STLB) { return store_release(s, a, 0); }
TRANS(STLH) { return store_release(s, a, 1); }

static bool swap(struct a32_lift *s, const a32_arg_SWP *a, unsigned size)
{
    if (a->rn == 15 || a->rt == 15 || a->rt2 == 15) {
        return false;
    }
    a32_guard(s);
    unsigned mem = size | ACQUIRE | RELEASE | IR_MEM_ALIGN | a32_order(s);
    ir_ref v = ir_rmw(s->ir, IR_I32, mem, IR_RMW_SWP, a32_r(s, a->rn), a32_r(s, a->rt2));
    a32_put_r(s, a->rt, v);
    return true;
}

/* SWP<c> <Rt>, <Rt2>, [<Rn>]; SWPB */
TRANS(SWP) { return swap(s, a, 2); }
TRANS(SWPB) { return swap(s, a, 0); }
