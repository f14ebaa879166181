/* SPDX-License-Identifier: MIT */
/*
 * Loads and stores of A32, T16 and T32 (ARM DDI 0487, F2.5 to F2.7).  Includes a32_lift.h alone.
 *
 * Unaligned addresses work everywhere but in exclusive and ordered accesses (a32_atomic.c): what the
 * hardware does not do itself, of words in LDM, STM, LDRD and STRD, Linux does for it.
 * UNPREDICTABLE and so UNDEFINED here: pc as an index, as a base that is written back, and as the
 * register of other accesses than LDR and STR.  Of a load into its own base the loaded value stays;
 * STM stores the old base.
 */
#include "frontends/arm/a32_lift.h"

/* --- one register -------------------------------------------------------------------------------------- */

/* What an access needs to know of its addressing mode: at base + disp, or base + (index << scale), then
 * base = after. */
struct address {
    ir_ref base, after;
    ir_ref index;       /* 0: none */
    unsigned scale;
    int32_t disp;
    unsigned rn;
    bool writes_back, post;
};

static ir_ref base_register(struct a32_lift *s, unsigned rn)
{
    return rn == 15 ? ir_const_pc(s->ir, a32_pc_base(s)) : a32_r(s, rn);
}

static bool immediate_address(struct a32_lift *s, const a32_arg_LDR_imm *a, struct address *m)
{
    int32_t offset = a->u ? (int32_t)a->imm : -(int32_t)a->imm;
    m->writes_back = !a->p || a->w;
    m->post = !a->p;
    m->rn = a->rn;
    if (m->writes_back && a->rn == 15) {
        return false;
    }
    m->base = base_register(s, a->rn);
    m->index = 0;
    m->disp = a->p ? offset : 0;
    m->after = m->writes_back ? ir_add(s->ir, IR_I32, m->base, a32_imm(s, (uint32_t)offset)) : 0;
    return true;
}

/* indexed: the access may be one of base and index, which is most of what is written so. */
static bool register_address(struct a32_lift *s, const a32_arg_LDR_reg *a, bool indexed, struct address *m)
{
    *m = (struct address){.rn = a->rn, .writes_back = !a->p || a->w, .post = !a->p};
    if (a->rm == 15 || (m->writes_back && a->rn == 15)) {
        return false;
    }
    if (indexed && a->u && !m->writes_back && a->type == 0 && a->imm5 <= 3 && a->rn != 15) {
        m->base = a32_r(s, a->rn);
        m->index = a32_r(s, a->rm);
        m->scale = a->imm5;
        return true;
    }
    ir_ref base = base_register(s, a->rn), offset = a32_shifted(s, a->rm, a->type, a->imm5);
    ir_ref sum = (a->u ? ir_add : ir_sub)(s->ir, IR_I32, base, offset);
    m->base = a->p ? sum : base;
    m->after = sum;
    return true;
}

static void write_back(struct a32_lift *s, const struct address *m)
{
    if (m->writes_back) {
        a32_put_r(s, m->rn, m->after);
    }
}

static bool load(struct a32_lift *s, unsigned rt, unsigned mem, const struct address *m)
{
    if (rt == 15 && mem != 2) {
        return false;
    }
    ir_ref v = m->index ? a32_load_x(s, IR_I32, mem, m->base, m->index, m->scale)
                        : a32_load(s, IR_I32, mem, m->base, m->disp);
    write_back(s, m);
    if (rt == 15) {
        a32_load_pc(s, v, m->rn == 13 && m->post);
    } else {
        a32_put_r(s, rt, v);
    }
    return true;
}

static bool store(struct a32_lift *s, unsigned rt, unsigned mem, const struct address *m)
{
    if (rt == 15 && (s->thumb || mem != 2)) {
        return false;
    }
    if (m->index) {
        a32_store_x(s, mem, m->base, m->index, m->scale, a32_r(s, rt));
    } else {
        a32_store(s, mem, m->base, m->disp, a32_r(s, rt));
    }
    write_back(s, m);
    return true;
}

/* <op><c> <Rt>, [<Rn>{, #+/-<imm>}]; [<Rn>], #+/-<imm>; [<Rn>, #+/-<imm>]!
 * <op><c> <Rt>, [<Rn>, +/-<Rm>{, <shift>}] and so on */
#define ACCESS(NAME, how, mem) \
    TRANS(NAME##_imm) \
    { \
        struct address m; \
        return immediate_address(s, a, &m) && how(s, a->rt, mem, &m); \
    } \
    TRANS(NAME##_reg) \
    { \
        struct address m; \
        return register_address(s, a, true, &m) && how(s, a->rt, mem, &m); \
    }
ACCESS(LDR, load, 2)
ACCESS(LDRB, load, 0)
ACCESS(LDRH, load, 1)
ACCESS(LDRSB, load, 0 | IR_MEM_SIGN)
ACCESS(LDRSH, load, 1 | IR_MEM_SIGN)
ACCESS(STR, store, 2)
ACCESS(STRB, store, 0)
ACCESS(STRH, store, 1)

/* --- two registers ------------------------------------------------------------------------------------- */

/* A doubleword access is atomic where it is aligned (LPAE), so it is one.  But on the stack, where no
 * other thread looks: two words need no joining, and the host forwards each from the store that it
 * comes from. */
static bool in_two(const struct address *m) { return m->rn == 13; }

/* In memory rt comes first, in both byte orders. */
ir_ref a32_join(struct a32_lift *s, unsigned rt, unsigned rt2)
{
    struct ir *ir = s->ir;
    bool big = a32_order(s);
    ir_ref low = ir_zext64(ir, a32_r(s, big ? rt2 : rt));
    ir_ref high = ir_zext64(ir, a32_r(s, big ? rt : rt2));
    return ir_or(ir, IR_I64, low, ir_shl(ir, IR_I64, high, ir_const(ir, IR_I64, 32)));
}

void a32_put_joined(struct a32_lift *s, unsigned rt, unsigned rt2, ir_ref v)
{
    struct ir *ir = s->ir;
    bool big = a32_order(s);
    ir_ref low = ir_trunc(ir, v);
    ir_ref high = ir_trunc(ir, ir_shr(ir, IR_I64, v, ir_const(ir, IR_I64, 32)));
    a32_put_r(s, rt, big ? high : low);
    a32_put_r(s, rt2, big ? low : high);
}

unsigned a32_second(unsigned rt, unsigned rt2) { return rt2 == 16 ? rt + 1 : rt2; }

static bool pair_ok(const struct a32_lift *s, unsigned rt, unsigned rt2)
{
    return s->thumb ? rt != 15 && rt2 != 15 : !(rt & 1) && rt != 14;
}

static bool load_pair(struct a32_lift *s, unsigned rt, unsigned rt2, const struct address *m)
{
    rt2 = a32_second(rt, rt2);
    if (!pair_ok(s, rt, rt2) || rt == rt2) {
        return false;
    }
    if (in_two(m)) {
        ir_ref v = a32_load(s, IR_I32, 2, m->base, m->disp);
        ir_ref v2 = a32_load(s, IR_I32, 2, m->base, m->disp + 4);
        write_back(s, m);
        a32_put_r(s, rt, v);
        a32_put_r(s, rt2, v2);
        return true;
    }
    ir_ref v = a32_load(s, IR_I64, 3, m->base, m->disp);
    write_back(s, m);
    a32_put_joined(s, rt, rt2, v);
    return true;
}

static bool store_pair(struct a32_lift *s, unsigned rt, unsigned rt2, const struct address *m)
{
    rt2 = a32_second(rt, rt2);
    if (!pair_ok(s, rt, rt2)) {
        return false;
    }
    if (in_two(m)) {
        a32_store(s, 2, m->base, m->disp, a32_r(s, rt));
        a32_store(s, 2, m->base, m->disp + 4, a32_r(s, rt2));
    } else {
        a32_store(s, 3, m->base, m->disp, a32_join(s, rt, rt2));
    }
    write_back(s, m);
    return true;
}

/* LDRD<c> <Rt>, <Rt2>, as LDR */
#define PAIR_ACCESS(NAME, how) \
    TRANS(NAME##_imm) \
    { \
        const struct a32_args_ls_imm one = { \
            .rt = a->rt, .rn = a->rn, .imm = a->imm, .p = a->p, .u = a->u, .w = a->w}; \
        struct address m; \
        return (a->p || !a->w || s->thumb) && immediate_address(s, &one, &m) && \
               how(s, a->rt, a->rt2, &m); \
    } \
    TRANS(NAME##_reg) \
    { \
        const struct a32_args_ls_reg one = { \
            .rt = a->rt, .rn = a->rn, .rm = a->rm, .p = a->p, .u = a->u, .w = a->w}; \
        struct address m; \
        return (a->p || !a->w) && register_address(s, &one, false, &m) && how(s, a->rt, a->rt2, &m); \
    }
PAIR_ACCESS(LDRD, load_pair)
PAIR_ACCESS(STRD, store_pair)

/* --- lists of registers -------------------------------------------------------------------------------- */

static unsigned count(unsigned list)
{
    return (unsigned)__builtin_popcount(list);
}

/* Stores of registers in rising order from base + disp. */
static bool store_list(struct a32_lift *s, const a32_arg_STMIA *a, int32_t disp, int32_t change)
{
    if (a->rn == 15 || !a->list) {
        return false;
    }
    ir_ref base = a32_r(s, a->rn);
    for (unsigned r = 0; r < 16; r++) {
        if (a->list >> r & 1) {
            a32_store(s, 2, base, disp, a32_r(s, r));
            disp += 4;
        }
    }
    if (a->w) {
        a32_put_r(s, a->rn, ir_add(s->ir, IR_I32, base, a32_imm(s, (uint32_t)change)));
    }
    return true;
}

/* Loads, all of them before the first put. */
static bool load_list(struct a32_lift *s, const a32_arg_LDMIA *a, int32_t disp, int32_t change)
{
    ir_ref v[16];
    if (a->rn == 15 || !a->list) {
        return false;
    }
    ir_ref base = a32_r(s, a->rn);
    for (unsigned r = 0; r < 16; r++) {
        if (a->list >> r & 1) {
            v[r] = a32_load(s, IR_I32, 2, base, disp);
            disp += 4;
        }
    }
    if (a->w) {
        a32_put_r(s, a->rn, ir_add(s->ir, IR_I32, base, a32_imm(s, (uint32_t)change)));
    }
    for (unsigned r = 0; r < 15; r++) {
        if (a->list >> r & 1) {
            a32_put_r(s, r, v[r]);
        }
    }
    if (a->list >> 15 & 1) {
        a32_load_pc(s, v[15], a->rn == 13);
    }
    return true;
}

static int32_t bytes(unsigned list) { return 4 * (int32_t)count(list); }

/* LDMIA<c> <Rn>{!}, <registers>; STMIA */
TRANS(LDMIA) { return load_list(s, a, 0, bytes(a->list)); }
TRANS(STMIA) { return store_list(s, a, 0, bytes(a->list)); }
/* LDMIB<c>, STMIB */
TRANS(LDMIB) { return load_list(s, a, 4, bytes(a->list)); }
TRANS(STMIB) { return store_list(s, a, 4, bytes(a->list)); }
/* LDMDA<c>, STMDA */
TRANS(LDMDA) { return load_list(s, a, 4 - bytes(a->list), -bytes(a->list)); }
TRANS(STMDA) { return store_list(s, a, 4 - bytes(a->list), -bytes(a->list)); }
/* LDMDB<c>, STMDB */
TRANS(LDMDB) { return load_list(s, a, -bytes(a->list), -bytes(a->list)); }
TRANS(STMDB) { return store_list(s, a, -bytes(a->list), -bytes(a->list)); }

/* PUSH<c> <registers>; list is LR alone, low the rest */
TRANS(PUSH)
{
    const struct a32_args_lsm all = {.rn = 13, .list = a->list | a->low, .w = 1};
    return a32_trans_STMDB(s, &all);
}

/* POP<c> <registers>; list is PC alone */
TRANS(POP)
{
    const struct a32_args_lsm all = {.rn = 13, .list = a->list | a->low, .w = 1};
    return a32_trans_LDMIA(s, &all);
}

/* T16: STM<c> <Rn>!, <registers> */
TRANS(STM_t16)
{
    const struct a32_args_lsm all = {.rn = a->rn, .list = a->list, .w = 1};
    return a32_trans_STMIA(s, &all);
}

/* T16: LDM<c> <Rn>{!}, <registers>; no writeback if Rn is loaded */
TRANS(LDM_t16)
{
    const struct a32_args_lsm all = {.rn = a->rn, .list = a->list, .w = !(a->list >> a->rn & 1)};
    return a32_trans_LDMIA(s, &all);
}
