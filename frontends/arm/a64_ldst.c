/* SPDX-License-Identifier: MIT */
/*
 * A64 loads and stores of X registers (ARM DDI 0487, C4.1.94), but for exclusive, ordered and
 * atomic ones (a64_atomic.c).  Includes a64_lift.h alone.
 *
 * CONSTRAINED UNPREDICTABLE choices: a load with writeback whose Rt is Rn leaves the written-back
 * address in it; a store stores the register's old value; a load of a pair into one register
 * leaves the second word in it.
 * SP is not checked to be aligned (Linux sets SCTLR_EL1.SA0, so a real kernel sends SIGBUS).
 */
#include "frontends/arm/a64_lift.h"

/* What a load makes: zero extended, sign extended to 64 bits, sign extended to 32 bits. */
enum extension { ZERO, SIGN_X, SIGN_W };

static enum ir_type load_type(unsigned size, enum extension e)
{
    return e == SIGN_X || size == 3 ? IR_I64 : IR_I32;
}

static unsigned load_mem(unsigned size, enum extension e)
{
    /* A 32-bit load into an i32 needs no sign. */
    return size | (e == ZERO ? 0 : IR_MEM_SIGN);
}

static ir_ref load(struct a64_lift *s, unsigned size, enum extension e, ir_ref base, int64_t disp)
{
    return ir_load(s->ir, load_type(size, e), load_mem(size, e), base, disp);
}

static void put_loaded(struct a64_lift *s, unsigned size, enum extension e, unsigned rt, ir_ref v)
{
    a64_put_r(s, load_type(size, e) == IR_I64, rt, v);
}

static void store(struct a64_lift *s, unsigned size, ir_ref base, int64_t disp, unsigned rt)
{
    ir_store(s->ir, size, base, disp, a64_r(s, size == 3, rt));
}

static void write_back(struct a64_lift *s, unsigned rn, ir_ref base, int64_t offset)
{
    a64_put_x_sp(s, rn, ir_add(s->ir, IR_I64, base, a64_imm(s, offset)));
}

/* --- literal ------------------------------------------------------------------------------------ */

static ir_ref literal(struct a64_lift *s, const a64_arg_LDRSW_lit *a)
{
    return ir_const_pc(s->ir, s->pc + (uint64_t)((int64_t)a->imm19 * 4));
}

/* LDR <Xt>, <label> */
TRANS(LDR_lit)
{
    const a64_arg_LDRSW_lit l = {.imm19 = a->imm19, .rt = a->rt};
    unsigned size = a->sf ? 3 : 2;
    put_loaded(s, size, ZERO, a->rt, load(s, size, ZERO, literal(s, &l), 0));
    return true;
}

/* LDRSW <Xt>, <label> */
TRANS(LDRSW_lit)
{
    put_loaded(s, 2, SIGN_X, a->rt, load(s, 2, SIGN_X, literal(s, a), 0));
    return true;
}

/* PRFM <prfop>, <label> */
TRANS(PRFM_lit)
{
    (void)s, (void)a;
    return true;
}

/* --- unsigned scaled offset ------------------------------------------------------------------------ */

/* STR, STRB, STRH <Xt>, [<Xn|SP>{, #<pimm>}] */
TRANS(STR_imm)
{
    store(s, a->size, a64_x_sp(s, a->rn), (int64_t)a->imm12 << a->size, a->rt);
    return true;
}

static bool load_scaled(struct a64_lift *s, const a64_arg_LDR_imm *a, enum extension e)
{
    ir_ref v = load(s, a->size, e, a64_x_sp(s, a->rn), (int64_t)a->imm12 << a->size);
    put_loaded(s, a->size, e, a->rt, v);
    return true;
}

/* LDR, LDRB, LDRH <Xt>, [<Xn|SP>{, #<pimm>}] */
TRANS(LDR_imm) { return load_scaled(s, a, ZERO); }
/* LDRSB, LDRSH, LDRSW <Xt>, [<Xn|SP>{, #<pimm>}] */
TRANS(LDRS_x_imm) { return load_scaled(s, a, SIGN_X); }
/* LDRSB, LDRSH <Wt>, [<Xn|SP>{, #<pimm>}] */
TRANS(LDRS_w_imm) { return load_scaled(s, a, SIGN_W); }

/* PRFM <prfop>, [<Xn|SP>{, #<pimm>}] */
TRANS(PRFM_imm)
{
    (void)s, (void)a;
    return true;
}

/* --- signed offset: unscaled, post- and pre-indexed, unprivileged ----------------------------------- */

enum index { OFFSET, POST, PRE };

static bool store_indexed(struct a64_lift *s, const a64_arg_STUR *a, enum index index)
{
    ir_ref base = a64_x_sp(s, a->rn);
    store(s, a->size, base, index == POST ? 0 : a->imm9, a->rt);
    if (index != OFFSET) {
        write_back(s, a->rn, base, a->imm9);
    }
    return true;
}

static bool load_indexed(struct a64_lift *s, const a64_arg_STUR *a, enum extension e,
                         enum index index)
{
    ir_ref base = a64_x_sp(s, a->rn);
    ir_ref v = load(s, a->size, e, base, index == POST ? 0 : a->imm9);
    put_loaded(s, a->size, e, a->rt, v);
    if (index != OFFSET) {
        write_back(s, a->rn, base, a->imm9);
    }
    return true;
}

/* STUR, STURB, STURH <Xt>, [<Xn|SP>{, #<simm>}] */
TRANS(STUR) { return store_indexed(s, a, OFFSET); }
/* LDUR, LDURB, LDURH <Xt>, [<Xn|SP>{, #<simm>}] */
TRANS(LDUR) { return load_indexed(s, a, ZERO, OFFSET); }
/* LDURSB, LDURSH, LDURSW <Xt>, [<Xn|SP>{, #<simm>}] */
TRANS(LDURS_x) { return load_indexed(s, a, SIGN_X, OFFSET); }
/* LDURSB, LDURSH <Wt>, [<Xn|SP>{, #<simm>}] */
TRANS(LDURS_w) { return load_indexed(s, a, SIGN_W, OFFSET); }

/* PRFUM <prfop>, [<Xn|SP>{, #<simm>}] */
TRANS(PRFUM)
{
    (void)s, (void)a;
    return true;
}

/* The same, [<Xn|SP>], #<simm> */
TRANS(STR_post) { return store_indexed(s, a, POST); }
TRANS(LDR_post) { return load_indexed(s, a, ZERO, POST); }
TRANS(LDRS_x_post) { return load_indexed(s, a, SIGN_X, POST); }
TRANS(LDRS_w_post) { return load_indexed(s, a, SIGN_W, POST); }

/* The same, [<Xn|SP>, #<simm>]! */
TRANS(STR_pre) { return store_indexed(s, a, PRE); }
TRANS(LDR_pre) { return load_indexed(s, a, ZERO, PRE); }
TRANS(LDRS_x_pre) { return load_indexed(s, a, SIGN_X, PRE); }
TRANS(LDRS_w_pre) { return load_indexed(s, a, SIGN_W, PRE); }

/* STTR, LDTR, LDTRS*: as STUR, LDUR, LDURS* at EL0 */
TRANS(STTR) { return store_indexed(s, a, OFFSET); }
TRANS(LDTR) { return load_indexed(s, a, ZERO, OFFSET); }
TRANS(LDTRS_x) { return load_indexed(s, a, SIGN_X, OFFSET); }
TRANS(LDTRS_w) { return load_indexed(s, a, SIGN_W, OFFSET); }

/* LDRAA, LDRAB <Xt>, [<Xn|SP>{, #<simm>}]{!} */
TRANS(LDRA)
{
    ir_ref base = a64_x_sp(s, a->rn);
    int64_t offset = ((int64_t)a->imm9 - (a->imm10 ? 512 : 0)) * 8;
    a64_put_x(s, a->rt, ir_load(s->ir, IR_I64, 3, base, offset));
    if (a->w) {
        write_back(s, a->rn, base, offset);
    }
    return true;
}

/* --- register offset --------------------------------------------------------------------------------- */

ir_ref a64_index(struct a64_lift *s, unsigned rm, unsigned option)
{
    if (option & 1) {
        return a64_x(s, rm);
    }
    return option & 4 ? ir_sext64(s->ir, a64_w(s, rm)) : ir_zext64(s->ir, a64_w(s, rm));
}

/* STR, STRB, STRH <Xt>, [<Xn|SP>, (<Wm>|<Xm>){, <extend> {<amount>}}] */
TRANS(STR_reg)
{
    if (!(a->option & 2)) {
        return false;
    }
    ir_ref base = a64_x_sp(s, a->rn), index = a64_index(s, a->rm, a->option);
    ir_store_x(s->ir, a->size, base, index, a->s ? a->size : 0, a64_r(s, a->size == 3, a->rt));
    return true;
}

static bool load_register(struct a64_lift *s, const a64_arg_LDR_reg *a, enum extension e)
{
    if (!(a->option & 2)) {
        return false;
    }
    ir_ref base = a64_x_sp(s, a->rn), index = a64_index(s, a->rm, a->option);
    ir_ref v = ir_load_x(s->ir, load_type(a->size, e), load_mem(a->size, e), base, index,
                         a->s ? a->size : 0);
    put_loaded(s, a->size, e, a->rt, v);
    return true;
}

/* LDR, LDRB, LDRH <Xt>, [<Xn|SP>, (<Wm>|<Xm>){, <extend> {<amount>}}] */
TRANS(LDR_reg) { return load_register(s, a, ZERO); }
/* LDRSB, LDRSH, LDRSW <Xt>, [...] */
TRANS(LDRS_x_reg) { return load_register(s, a, SIGN_X); }
/* LDRSB, LDRSH <Wt>, [...] */
TRANS(LDRS_w_reg) { return load_register(s, a, SIGN_W); }

/* PRFM <prfop>, [<Xn|SP>, (<Wm>|<Xm>){, <extend> {<amount>}}] */
TRANS(PRFM_reg)
{
    (void)s;
    return a->option & 2;
}

/* --- pairs -------------------------------------------------------------------------------------------- */

static bool store_pair(struct a64_lift *s, const a64_arg_STP_off *a, enum index index)
{
    unsigned size = a->sf ? 3 : 2;
    int64_t offset = (int64_t)a->imm7 * (1 << size), disp = index == POST ? 0 : offset;
    ir_ref base = a64_x_sp(s, a->rn);
    store(s, size, base, disp, a->rt);
    store(s, size, base, disp + (1 << size), a->rt2);
    if (index != OFFSET) {
        write_back(s, a->rn, base, offset);
    }
    return true;
}

static bool load_pair(struct a64_lift *s, const a64_arg_LDPSW_off *a, unsigned size,
                      enum extension e, enum index index)
{
    int64_t offset = (int64_t)a->imm7 * (1 << size), disp = index == POST ? 0 : offset;
    ir_ref base = a64_x_sp(s, a->rn);
    ir_ref v1 = load(s, size, e, base, disp);
    ir_ref v2 = load(s, size, e, base, disp + (1 << size));
    put_loaded(s, size, e, a->rt, v1);
    put_loaded(s, size, e, a->rt2, v2);
    if (index != OFFSET) {
        write_back(s, a->rn, base, offset);
    }
    return true;
}

static bool load_pair_zero(struct a64_lift *s, const a64_arg_LDP_off *a, enum index index)
{
    const a64_arg_LDPSW_off p = {.imm7 = a->imm7, .rt2 = a->rt2, .rn = a->rn, .rt = a->rt};
    return load_pair(s, &p, a->sf ? 3 : 2, ZERO, index);
}

/* STP, STNP <Xt1>, <Xt2>, [<Xn|SP>{, #<imm>}] */
TRANS(STP_off) { return store_pair(s, a, OFFSET); }
TRANS(STNP) { return store_pair(s, a, OFFSET); }
/* STP <Xt1>, <Xt2>, [<Xn|SP>], #<imm> */
TRANS(STP_post) { return store_pair(s, a, POST); }
/* STP <Xt1>, <Xt2>, [<Xn|SP>, #<imm>]! */
TRANS(STP_pre) { return store_pair(s, a, PRE); }

/* LDP, LDNP <Xt1>, <Xt2>, [<Xn|SP>{, #<imm>}] */
TRANS(LDP_off) { return load_pair_zero(s, a, OFFSET); }
TRANS(LDNP) { return load_pair_zero(s, a, OFFSET); }
/* LDP <Xt1>, <Xt2>, [<Xn|SP>], #<imm> */
TRANS(LDP_post) { return load_pair_zero(s, a, POST); }
/* LDP <Xt1>, <Xt2>, [<Xn|SP>, #<imm>]! */
TRANS(LDP_pre) { return load_pair_zero(s, a, PRE); }

/* LDPSW <Xt1>, <Xt2>, as LDP */
TRANS(LDPSW_off) { return load_pair(s, a, 2, SIGN_X, OFFSET); }
TRANS(LDPSW_post) { return load_pair(s, a, 2, SIGN_X, POST); }
TRANS(LDPSW_pre) { return load_pair(s, a, 2, SIGN_X, PRE); }
