/* SPDX-License-Identifier: MIT */
/*
 * A64 exclusive, ordered and atomic accesses (ARM DDI 0487, C4.1.94; B2.3 for ordering).  Includes
 * a64_lift.h alone.
 *
 * All of these fault when unaligned (no FEAT_LSE2).  LDAR and STLR are ordered with each other
 * (RCsc, IR_MEM_SC); LDAPR is RCpc.  LDLAR and STLLR, which order less, are LDAR and STLR.
 */
#include "frontends/arm/a64_lift.h"

enum { ACQUIRE = IR_MEM_ACQUIRE | IR_MEM_SC, RELEASE = IR_MEM_RELEASE | IR_MEM_SC };

static unsigned order(unsigned acquire, unsigned release)
{
    return (acquire ? ACQUIRE : 0) | (release ? RELEASE : 0) | IR_MEM_ALIGN;
}

static enum ir_type value_type(unsigned size) { return size == 3 ? IR_I64 : IR_I32; }

/* Two registers as one value: i64 of two W, v128 of two X, the first in the low half. */
static ir_ref join(struct a64_lift *s, unsigned sz, unsigned r1, unsigned r2)
{
    struct ir *ir = s->ir;
    if (sz) {
        ir_ref low = ir_vfromi(ir, IR_I64, IR_LANE_D, a64_x(s, r1));
        return ir_vins(ir, IR_I64, IR_LANE_D, low, a64_x(s, r2), 1);
    }
    ir_ref low = ir_zext64(ir, a64_w(s, r1)), high = ir_zext64(ir, a64_w(s, r2));
    return ir_or(ir, IR_I64, low, ir_shl(ir, IR_I64, high, a64_imm(s, 32)));
}

static void put_joined(struct a64_lift *s, unsigned sz, unsigned r1, unsigned r2, ir_ref v)
{
    struct ir *ir = s->ir;
    if (sz) {
        ir_ref low = ir_vtoi(ir, IR_I64, IR_LANE_D, v, 0), high = ir_vtoi(ir, IR_I64, IR_LANE_D, v, 1);
        a64_put_x(s, r1, low);
        a64_put_x(s, r2, high);
    } else {
        ir_ref low = ir_zext(ir, IR_I64, v, 32), high = ir_shr(ir, IR_I64, v, a64_imm(s, 32));
        a64_put_x(s, r1, low);
        a64_put_x(s, r2, high);
    }
}

/* --- exclusives -------------------------------------------------------------------------------------- */

/* STXR, STLXR <Ws>, <Xt>, [<Xn|SP>]; B and H forms */
TRANS(STXR)
{
    ir_ref v = a64_r(s, a->size == 3, a->rt);
    a64_put_w(s, a->rs,
              ir_store_excl(s->ir, a->size | order(0, a->o0), a64_x_sp(s, a->rn), v));
    return true;
}

/* LDXR, LDAXR <Xt>, [<Xn|SP>]; B and H forms */
TRANS(LDXR)
{
    ir_ref v = ir_load_excl(s->ir, value_type(a->size), a->size | order(a->o0, 0),
                            a64_x_sp(s, a->rn));
    a64_put_r(s, a->size == 3, a->rt, v);
    return true;
}

/* Both registers at once, so the access has twice the size and must be aligned to it. */
static unsigned pair_size(unsigned sz) { return sz ? 4 : 3; }

/* STXP, STLXP <Ws>, <Xt1>, <Xt2>, [<Xn|SP>] */
TRANS(STXP)
{
    ir_ref v = join(s, a->sz, a->rt, a->rt2);
    unsigned mem = pair_size(a->sz) | order(0, a->o0) | IR_MEM_ATOMIC;
    a64_put_w(s, a->rs, ir_store_excl(s->ir, mem, a64_x_sp(s, a->rn), v));
    return true;
}

/* LDXP, LDAXP <Xt1>, <Xt2>, [<Xn|SP>] */
TRANS(LDXP)
{
    unsigned mem = pair_size(a->sz) | order(a->o0, 0) | IR_MEM_ATOMIC;
    ir_ref v = ir_load_excl(s->ir, a->sz ? IR_V128 : IR_I64, mem, a64_x_sp(s, a->rn));
    put_joined(s, a->sz, a->rt, a->rt2, v);
    return true;
}

/* --- ordered ----------------------------------------------------------------------------------------- */

/* STLR, STLLR <Xt>, [<Xn|SP>]; B and H forms */
TRANS(STLR)
{
    ir_store(s->ir, a->size | order(0, 1), a64_x_sp(s, a->rn), 0, a64_r(s, a->size == 3, a->rt));
    return true;
}

/* LDAR, LDLAR <Xt>, [<Xn|SP>]; B and H forms */
TRANS(LDAR)
{
    ir_ref v = ir_load(s->ir, value_type(a->size), a->size | order(1, 0), a64_x_sp(s, a->rn), 0);
    a64_put_r(s, a->size == 3, a->rt, v);
    return true;
}

/* LDAPR <Xt>, [<Xn|SP>]; B and H forms (FEAT_LRCPC) */
TRANS(LDAPR)
{
    ir_ref v = ir_load(s->ir, value_type(a->size), a->size | IR_MEM_ACQUIRE | IR_MEM_ALIGN,
                       a64_x_sp(s, a->rn), 0);
    a64_put_r(s, a->size == 3, a->rt, v);
    return true;
}

/* STLUR <Xt>, [<Xn|SP>{, #<simm>}]; B and H forms (FEAT_LRCPC2) */
TRANS(STLUR)
{
    ir_store(s->ir, a->size | order(0, 1), a64_x_sp(s, a->rn), a->imm9,
             a64_r(s, a->size == 3, a->rt));
    return true;
}

static bool load_rcpc(struct a64_lift *s, const a64_arg_LDAPUR *a, enum ir_type t, unsigned sign)
{
    unsigned mem = a->size | IR_MEM_ACQUIRE | IR_MEM_ALIGN | sign;
    ir_ref v = ir_load(s->ir, t, mem, a64_x_sp(s, a->rn), a->imm9);
    a64_put_r(s, t == IR_I64, a->rt, v);
    return true;
}

/* LDAPUR <Xt>, [<Xn|SP>{, #<simm>}]; B and H forms */
TRANS(LDAPUR) { return load_rcpc(s, a, value_type(a->size), 0); }
/* LDAPURSB, LDAPURSH, LDAPURSW <Xt>, [<Xn|SP>{, #<simm>}] */
TRANS(LDAPURS_x) { return load_rcpc(s, a, IR_I64, IR_MEM_SIGN); }
/* LDAPURSB, LDAPURSH <Wt>, [<Xn|SP>{, #<simm>}] */
TRANS(LDAPURS_w) { return load_rcpc(s, a, IR_I32, IR_MEM_SIGN); }

/* --- compare and swap, read-modify-write (FEAT_LSE) ----------------------------------------------------- */

/* CAS{A}{L} <Xs>, <Xt>, [<Xn|SP>]; B and H forms */
TRANS(CAS)
{
    unsigned x = a->size == 3;
    ir_ref base = a64_x_sp(s, a->rn), expected = a64_r(s, x, a->rs), fresh = a64_r(s, x, a->rt);
    ir_ref old = ir_cas(s->ir, value_type(a->size), a->size | order(a->a, a->r), base, expected,
                        fresh);
    a64_put_r(s, x, a->rs, old);
    return true;
}

/* CASP{A}{L} <Xs>, <X(s+1)>, <Xt>, <X(t+1)>, [<Xn|SP>] */
TRANS(CASP)
{
    if ((a->rs | a->rt) & 1) {
        return false;
    }
    unsigned mem = pair_size(a->sz) | order(a->a, a->r) | IR_MEM_ATOMIC;
    ir_ref base = a64_x_sp(s, a->rn);
    ir_ref expected = join(s, a->sz, a->rs, a->rs + 1), fresh = join(s, a->sz, a->rt, a->rt + 1);
    ir_ref old = ir_cas(s->ir, a->sz ? IR_V128 : IR_I64, mem, base, expected, fresh);
    put_joined(s, a->sz, a->rs, a->rs + 1, old);
    return true;
}

static bool rmw(struct a64_lift *s, const a64_arg_LDADD *a, enum ir_rmw what)
{
    unsigned x = a->size == 3;
    ir_ref base = a64_x_sp(s, a->rn), v = a64_r(s, x, a->rs);
    ir_ref old = ir_rmw(s->ir, value_type(a->size), a->size | order(a->a, a->r), what, base, v);
    a64_put_r(s, x, a->rt, old);
    return true;
}

/* LD<op>{A}{L}, SWP{A}{L} <Xs>, <Xt>, [<Xn|SP>]; B and H forms */
TRANS(LDADD) { return rmw(s, a, IR_RMW_ADD); }
TRANS(LDCLR) { return rmw(s, a, IR_RMW_CLR); }
TRANS(LDEOR) { return rmw(s, a, IR_RMW_EOR); }
TRANS(LDSET) { return rmw(s, a, IR_RMW_SET); }
TRANS(LDSMAX) { return rmw(s, a, IR_RMW_SMAX); }
TRANS(LDSMIN) { return rmw(s, a, IR_RMW_SMIN); }
TRANS(LDUMAX) { return rmw(s, a, IR_RMW_UMAX); }
TRANS(LDUMIN) { return rmw(s, a, IR_RMW_UMIN); }
TRANS(SWP) { return rmw(s, a, IR_RMW_SWP); }
