/* SPDX-License-Identifier: MIT */
/*
 * Flags values: computing, packing, testing.  Includes x64.h.
 *
 * How a flags value lies in EFLAGS is a property of its producer (its form):
 *   FORM_CARRY    SF ZF OF = N Z V, CF = C      additions, logic, restored packed words
 *   FORM_BORROW   the same, but CF = !C         subtractions
 *   FORM_FCMP     what UCOMIS a, b sets         FP comparisons
 * A packed word is that of guest.h: what LAHF and SETO leave in AX, with CF = C.
 */
#include "backends/x86_64/vec.h"

enum form { FORM_CARRY, FORM_BORROW, FORM_FCMP };
enum { PACKED = TCG_FLAG_N | TCG_FLAG_Z | TCG_FLAG_C | TCG_FLAG_V };

static enum form form_of(const struct cg *cg, const struct ir_op *op)
{
    switch (op->opc) {
    case IR_flags_sub: case IR_flags_sbc:
        return FORM_BORROW;
    case IR_fcmp:
        return x64_fcmp_inline(cg, op) ? FORM_FCMP : FORM_CARRY;
    case IR_flags_sel: /* as the flags that it takes, so that those need no conversion */
        op = ir_at(cg->ir, op->arg[1]);
        return op->opc == IR_flags_sub || op->opc == IR_flags_sbc ? FORM_BORROW : FORM_CARRY;
    default:
        return FORM_CARRY;
    }
}

/* --- conditions ------------------------------------------------------------------------------------ */

#define ONE(c) {{c, CC_ALWAYS}, false}
#define BOTH(c, d) {{c, d}, true}
#define EITHER(c, d) {{c, d}, false}
/* Rows for even conditions; odd ones are their negations. */
static const struct x64_test tests[3][7] = {
    [FORM_CARRY] = {ONE(CC_E), ONE(CC_B), ONE(CC_S), ONE(CC_O), BOTH(CC_B, CC_NE), ONE(CC_GE),
                    ONE(CC_G)},
    [FORM_BORROW] = {ONE(CC_E), ONE(CC_AE), ONE(CC_S), ONE(CC_O), ONE(CC_A), ONE(CC_GE), ONE(CC_G)},
    /* UCOMIS: less CF; equal ZF; unordered CF ZF PF.  CS is "not less", MI "less", HI "greater or
     * unordered" (C and not Z of equal ZC, greater C, unordered CV). */
    [FORM_FCMP] = {BOTH(CC_E, CC_NP), EITHER(CC_AE, CC_P), BOTH(CC_B, CC_NP), ONE(CC_P),
                   EITHER(CC_A, CC_P), ONE(CC_AE), ONE(CC_A)},
};

struct x64_test x64_negate(struct x64_test t)
{
    t.cc[0] ^= 1;
    if (t.cc[1] != CC_ALWAYS) {
        t.cc[1] ^= 1;
        t.both = !t.both;
    }
    return t;
}

static struct x64_test form_test(enum form form, enum ir_cond cond)
{
    const struct x64_test t = tests[form][cond >> 1];

    return cond & 1 ? x64_negate(t) : t;
}

/* A packed word in EAX to the host's flags, FORM_CARRY: 0x7f + V overflows if V. */
void x64_restore_flags(struct cg *cg)
{
    x64_u8(cg, 0x04); /* ADD AL, imm8 */
    x64_u8(cg, 0x7f);
    x64_sahf(cg);
}

/* Bits of a packed word tested where it is. */
static void test_packed(struct cg *cg, const struct cg_operand *o, int32_t bits)
{
    if (x64_is_mem(o)) {
        const struct x64_mem m = x64_operand_mem(o);

        x64_test_mi(cg, 0, &m, bits);
    } else {
        x64_test_ri(cg, 0, x64_int(cg, IR_I32, o, RAX), bits);
    }
}

static struct x64_test packed_condition(struct cg *cg, const struct cg_operand *word,
                                        enum ir_cond cond)
{
    static const int32_t bit[4] = {TCG_FLAG_Z, TCG_FLAG_C, TCG_FLAG_N, TCG_FLAG_V};
    struct x64_test t = ONE(CC_NE);

    if (cond < IR_HI) {
        test_packed(cg, word, bit[cond >> 1]);
    } else if (cond <= IR_LS) { /* C and not Z */
        x64_load_int(cg, IR_I32, RAX, word);
        x64_alu_ri(cg, 0, ALU_AND, RAX, TCG_FLAG_C | TCG_FLAG_Z);
        x64_alu_ri(cg, 0, ALU_CMP, RAX, TCG_FLAG_C);
        t.cc[0] = CC_E;
    } else {
        x64_load_int(cg, IR_I32, RAX, word);
        x64_restore_flags(cg);
        return form_test(FORM_CARRY, cond);
    }
    return cond & 1 ? x64_negate(t) : t;
}

struct x64_test x64_condition(struct cg *cg, const struct cg_flags *fl, enum ir_cond cond)
{
    const struct x64_test always = ONE(CC_ALWAYS);

    if (cond >= IR_AL)
        return always;
    if (!fl->in_host_flags) {
        if (fl->packed)
            return packed_condition(cg, &fl->a[0], cond);
        x64_set_flags(cg, fl);
    }
    return form_test(form_of(cg, fl->op), cond);
}

void x64_jump_if(struct cg *cg, struct x64_test t, struct cg_label *l)
{
    uint8_t *over;

    if (t.cc[1] == CC_ALWAYS) {
        x64_jcc(cg, t.cc[0], l);
    } else if (t.both) {
        over = x64_jcc8(cg, t.cc[1] ^ 1);
        x64_jcc(cg, t.cc[0], l);
        x64_here8(cg, over);
    } else {
        x64_jcc(cg, t.cc[0], l);
        x64_jcc(cg, t.cc[1], l);
    }
}

/* --- into the host's flags ----------------------------------------------------------------------------- */

/* The flags of a flags_add, flags_sub or flags_and; RAX (and RCX for a wide constant) are lost. */
static void compute(struct cg *cg, const struct ir_op *op, const struct cg_operand *a,
                    const struct cg_operand *b)
{
    const uint32_t w = x64_w(op);
    unsigned r;

    if (op->opc == IR_flags_add) {
        x64_load_int(cg, op->type, RAX, a);
        x64_alu_ro(cg, op->type, ALU_ADD, RAX, b, RCX);
        return;
    }
    r = x64_int(cg, op->type, a, RAX);
    if (op->opc == IR_flags_sub) {
        if (b->kind == CG_IMM && b->imm == 0 && !b->sym)
            x64_test_rr(cg, w, r, r);
        else
            x64_alu_ro(cg, op->type, ALU_CMP, r, b, RCX);
    } else if (b->kind == CG_IMM && !b->sym && (!w || b->imm == (int32_t)b->imm)) {
        /* A byte test would give N of bit 7: x64_test_ri uses it for bits below 7 alone. */
        x64_test_ri(cg, w, r, (int32_t)b->imm);
    } else {
        x64_test_rr(cg, w, r, x64_int(cg, op->type, b, RCX));
    }
}

/* The same of a flags_adc or flags_sbc, the carry's operands in a[2] and a[3]. */
static void compute_with_carry(struct cg *cg, const struct cg_flags *fl)
{
    const struct ir_op *op = fl->op, *c = ir_at(cg->ir, op->arg[2]);
    const bool borrow = op->opc == IR_flags_sbc;

    compute(cg, c, &fl->a[2], &fl->a[3]);
    if ((form_of(cg, c) == FORM_BORROW) != borrow)
        x64_cmc(cg);
    x64_load_int(cg, op->type, RAX, &fl->a[0]);
    x64_alu_ro(cg, op->type, borrow ? ALU_SBB : ALU_ADC, RAX, &fl->a[1], RCX);
}

/* Operand k of a comparison that is made again, in a register: perhaps a scratch one. */
static struct cg_operand fcmp_operand(struct cg *cg, const struct cg_flags *fl, unsigned k)
{
    struct cg_operand o = {.kind = CG_REG, .reg = (uint8_t)(k ? X64_VSCRATCH1 : X64_VSCRATCH0)};

    if (fl->a[k].kind == CG_NONE) { /* a constant that no register holds */
        const struct cg_inst constant = {.op = ir_at(cg->ir, fl->op->arg[k]), .d = o};

        x64_emit_vconst(cg, &constant);
    } else {
        o.reg = (uint8_t)x64_vec(cg, &fl->a[k], o.reg);
    }
    return o;
}

/* An FP comparison again: what it raises it has raised before. */
static void compare_again(struct cg *cg, const struct cg_flags *fl)
{
    const struct cg_inst i = {
        .op = fl->op, .a = {fcmp_operand(cg, fl, 0), fcmp_operand(cg, fl, 1)}};

    x64_emit_fcmp(cg, &i);
}

void x64_set_flags(struct cg *cg, const struct cg_flags *fl)
{
    if (fl->op->opc == IR_fcmp && !fl->packed) {
        compare_again(cg, fl);
        return;
    }
    if (fl->packed) {
        x64_load_int(cg, IR_I32, RAX, &fl->a[0]);
        x64_restore_flags(cg);
        if (form_of(cg, fl->op) == FORM_BORROW)
            x64_cmc(cg);
    } else if (fl->op->opc == IR_flags_adc || fl->op->opc == IR_flags_sbc) {
        compute_with_carry(cg, fl);
    } else {
        compute(cg, fl->op, &fl->a[0], &fl->a[1]);
    }
}

/* CF = C of fl, or its inverse if `borrow`.  RAX, RDX are lost. */
static void load_carry(struct cg *cg, const struct cg_flags *fl, bool borrow)
{
    enum form form = FORM_CARRY;

    if (fl->packed && !fl->in_host_flags) {
        x64_load_int(cg, IR_I32, RAX, &fl->a[0]);
        x64_rr(cg, X_0F | 0xba, 4, RAX); /* BT EAX, 8 */
        x64_u8(cg, 8);
    } else {
        if (!fl->in_host_flags)
            x64_set_flags(cg, fl);
        form = form_of(cg, fl->op);
        if (form == FORM_FCMP) { /* C is "not less" */
            x64_mov_ri(cg, RAX, 1);
            x64_mov_ri(cg, RDX, 0);
            x64_cmov(cg, 0, CC_B, RAX, RDX);
            x64_mov_ri(cg, RDX, 1);
            x64_cmov(cg, 0, CC_P, RAX, RDX);
            x64_alu_ri(cg, 0, ALU_ADD, RAX, -1);
        }
    }
    if ((form == FORM_BORROW) != borrow)
        x64_cmc(cg);
}

/* --- packing --------------------------------------------------------------------------------------------- */

/* EAX = the packed word of the host's flags, which are lost. */
static void pack(struct cg *cg, enum form form)
{
    if (form == FORM_FCMP) {
        static const struct { enum x64_cc cc; uint32_t word; } rows[3] = {
            {CC_B, TCG_FLAG_N}, {CC_E, TCG_FLAG_Z | TCG_FLAG_C}, {CC_P, TCG_FLAG_C | TCG_FLAG_V}};

        x64_mov_ri(cg, RAX, TCG_FLAG_C);
        for (unsigned k = 0; k < 3; k++) {
            x64_mov_ri(cg, RCX, rows[k].word);
            x64_cmov(cg, 0, rows[k].cc, RAX, RCX);
        }
        return;
    }
    if (form == FORM_BORROW)
        x64_cmc(cg);
    x64_lahf(cg);
    x64_setcc(cg, CC_O, RAX);
    x64_alu_ri(cg, 0, ALU_AND, RAX, PACKED);
}

static void store_word(struct cg *cg, const struct cg_operand *to)
{
    if (to->kind == CG_REG) {
        x64_mov_rr(cg, 0, to->reg, RAX);
    } else {
        const struct x64_mem m = x64_operand_mem(to);

        x64_mov_mr(cg, 0, &m, RAX);
    }
}

/* EAX = fl as a packed word. */
static void load_word(struct cg *cg, const struct cg_flags *fl)
{
    if (fl->packed && !fl->in_host_flags) {
        x64_load_int(cg, IR_I32, RAX, &fl->a[0]);
        return;
    }
    if (!fl->in_host_flags)
        x64_set_flags(cg, fl);
    pack(cg, form_of(cg, fl->op));
}

void x64_pack_flags(struct cg *cg, const struct cg_operand *to, unsigned n, const struct cg_flags *fl)
{
    load_word(cg, fl);
    for (unsigned k = 0; k < n; k++)
        store_word(cg, &to[k]);
}

/* The end of an op that makes flags: they are in EFLAGS; pack them if a register is to hold them. */
static void finish(struct cg *cg, const struct cg_inst *i)
{
    if (i->d.kind == CG_NONE)
        return;
    pack(cg, form_of(cg, i->op));
    store_word(cg, &i->d);
    if (i->set_flags) { /* wanted both ways */
        if (form_of(cg, i->op) == FORM_FCMP)
            return; /* CMOV has kept them */
        x64_restore_flags(cg);
        if (form_of(cg, i->op) == FORM_BORROW)
            x64_cmc(cg);
    }
}

/* The same with a packed word in EAX. */
static void finish_word(struct cg *cg, const struct cg_inst *i)
{
    if (i->d.kind != CG_NONE)
        store_word(cg, &i->d);
    if (i->d.kind == CG_NONE || i->set_flags) {
        x64_restore_flags(cg);
        if (form_of(cg, i->op) == FORM_BORROW)
            x64_cmc(cg);
    }
}

/* --- ops that make flags ------------------------------------------------------------------------------------- */

void x64_emit_flags(struct cg *cg, const struct cg_inst *i)
{
    compute(cg, i->op, &i->a[0], &i->a[1]);
    finish(cg, i);
}

/* d = a + b + C or a - b - !C, with the host's flags as they result. */
static void with_carry(struct cg *cg, const struct cg_inst *i, bool borrow, unsigned d)
{
    const struct cg_operand *a = &i->a[0], *b = &i->a[1];
    const unsigned to = b->kind == CG_REG && b->reg == d ? RCX : d;

    load_carry(cg, &i->fl, borrow);
    x64_load_int(cg, i->op->type, to, a);
    x64_alu_ro(cg, i->op->type, borrow ? ALU_SBB : ALU_ADC, to, b, RDX);
    if (to != d)
        x64_mov_rr(cg, x64_w(i->op), d, to);
}

void x64_emit_flags_adc(struct cg *cg, const struct cg_inst *i)
{
    with_carry(cg, i, i->op->opc == IR_flags_sbc, RCX);
    finish(cg, i);
}

void x64_emit_adc(struct cg *cg, const struct cg_inst *i)
{
    with_carry(cg, i, i->op->opc == IR_sbc, i->d.kind == CG_REG ? i->d.reg : RCX);
}

/* The condition decides between computing fl2 and a constant: by a jump if the result goes straight
 * into EFLAGS, else by CMOV. */
void x64_emit_flags_sel(struct cg *cg, const struct cg_inst *i)
{
    const unsigned nzcv = (unsigned)i->op->imm;
    const enum form form = form_of(cg, i->op);
    const uint32_t word = (nzcv & 8 ? TCG_FLAG_N : 0) | (nzcv & 4 ? TCG_FLAG_Z : 0) |
                          (nzcv & 2 ? TCG_FLAG_C : 0) | (nzcv & 1 ? TCG_FLAG_V : 0);
    const struct x64_test t = x64_condition(cg, &i->fl, i->op->mod & 15);
    struct cg_label otherwise = {0}, done = {0};

    if (t.cc[0] != CC_ALWAYS)
        x64_jump_if(cg, x64_negate(t), &otherwise);
    if (nzcv != IR_KEEP && i->d.kind == CG_NONE && !i->fl2.packed && !i->fl2.in_host_flags &&
        i->fl2.op->opc != IR_fcmp) {
        x64_set_flags(cg, &i->fl2); /* in this op's own form */
        x64_jcc(cg, CC_ALWAYS, &done);
        x64_bind(cg, &otherwise);
        x64_mov_ri(cg, RAX, form == FORM_BORROW ? word ^ TCG_FLAG_C : word);
        x64_restore_flags(cg);
        x64_bind(cg, &done);
        return;
    }
    load_word(cg, &i->fl2);
    x64_jcc(cg, CC_ALWAYS, &done);
    x64_bind(cg, &otherwise);
    if (nzcv == IR_KEEP)
        load_word(cg, &i->fl);
    else
        x64_mov_ri(cg, RAX, word);
    x64_bind(cg, &done);
    finish_word(cg, i);
}

void x64_emit_flags_merge(struct cg *cg, const struct cg_inst *i)
{
    const unsigned nzcv = (unsigned)i->op->imm;
    const uint32_t mask = (nzcv & 8 ? TCG_FLAG_N : 0) | (nzcv & 4 ? TCG_FLAG_Z : 0) |
                          (nzcv & 2 ? TCG_FLAG_C : 0) | (nzcv & 1 ? TCG_FLAG_V : 0);

    load_word(cg, &i->fl);
    x64_alu_ri(cg, 0, ALU_AND, RAX, (int32_t)mask);
    x64_mov_rr(cg, 0, RDX, RAX);
    load_word(cg, &i->fl2);
    x64_alu_ri(cg, 0, ALU_AND, RAX, (int32_t)(PACKED & ~mask));
    x64_alu_rr(cg, 0, ALU_OR, RAX, RDX);
    finish_word(cg, i);
}

void x64_emit_flags_nzcv(struct cg *cg, const struct cg_inst *i)
{
    x64_load_int(cg, IR_I32, RAX, &i->a[0]);
    x64_shift_ri(cg, 0, SH_SHR, RAX, 28);
    if (X64_HAS(BMI2)) {
        x64_mov_ri(cg, RCX, PACKED);
        x64_vex_rr(cg, X_PDEP, RAX, RAX, RCX);
    } else {
        x64_mov_rr(cg, 0, RCX, RAX);
        x64_mov_rr(cg, 0, RDX, RAX);
        x64_alu_ri(cg, 0, ALU_AND, RAX, 1);
        x64_alu_ri(cg, 0, ALU_AND, RCX, 2);
        x64_alu_ri(cg, 0, ALU_AND, RDX, 12);
        x64_shift_ri(cg, 0, SH_SHL, RCX, 7);
        x64_shift_ri(cg, 0, SH_SHL, RDX, 12);
        x64_alu_rr(cg, 0, ALU_OR, RAX, RCX);
        x64_alu_rr(cg, 0, ALU_OR, RAX, RDX);
    }
    finish_word(cg, i);
}

void x64_emit_nzcv(struct cg *cg, const struct cg_inst *i)
{
    load_word(cg, &i->fl);
    if (X64_HAS(BMI2)) {
        x64_mov_ri(cg, RCX, PACKED);
        x64_vex_rr(cg, X_PEXT, RAX, RAX, RCX);
        x64_shift_ri(cg, 0, SH_SHL, RAX, 28);
    } else {
        x64_mov_rr(cg, 0, RCX, RAX);
        x64_mov_rr(cg, 0, RDX, RAX);
        x64_alu_ri(cg, 0, ALU_AND, RAX, TCG_FLAG_V);
        x64_alu_ri(cg, 0, ALU_AND, RCX, TCG_FLAG_C);
        x64_alu_ri(cg, 0, ALU_AND, RDX, TCG_FLAG_N | TCG_FLAG_Z);
        x64_shift_ri(cg, 0, SH_SHL, RAX, 28);
        x64_shift_ri(cg, 0, SH_SHL, RCX, 21);
        x64_shift_ri(cg, 0, SH_SHL, RDX, 16);
        x64_alu_rr(cg, 0, ALU_OR, RAX, RCX);
        x64_alu_rr(cg, 0, ALU_OR, RAX, RDX);
    }
    x64_mov_rr(cg, 0, i->d.reg, RAX);
}

bool x64_fcmp_inline(const struct cg *cg, const struct ir_op *op)
{
    return !(cg->run_mode & TCG_RUN_FPEXACT) && !(op->mod & IR_FPC1) &&
           ((op->lane & 3) >= IR_LANE_S || x64_half_inline(cg, op));
}

void x64_emit_fcmp(struct cg *cg, const struct cg_inst *i)
{
    const bool signals = i->op->mod & IR_FCMP_SIGNAL, wide = (i->op->lane & 3) == IR_LANE_D;
    unsigned a = i->a[0].reg, b = i->a[1].reg;
    const uint8_t *at;

    if (!x64_fcmp_inline(cg, i->op)) {
        x64_eval_to(cg, i, RAX);
        finish_word(cg, i);
        return;
    }
    at = cg->p;
    if ((i->op->lane & 3) == IR_LANE_H) { /* which raise what a comparison does */
        x64_half_scalar(cg, X64_VSCRATCH0, a);
        x64_half_scalar(cg, X64_VSCRATCH1, b);
        a = X64_VSCRATCH0;
        b = X64_VSCRATCH1;
    }
    x64_v2(cg, signals ? (wide ? V_COMISD : V_COMISS) : (wide ? V_UCOMISD : V_UCOMISS), a, b);
    x64_trap_flags(cg, at);
    finish(cg, i);
}

/* --- ops that use flags ---------------------------------------------------------------------------------------- */

void x64_emit_cc(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_test t = x64_condition(cg, &i->fl, i->op->mod & 15);
    const unsigned d = i->d.reg;

    if (t.cc[0] == CC_ALWAYS) {
        x64_mov_ri(cg, d, 1);
    } else if (t.cc[1] == CC_ALWAYS) {
        x64_setcc(cg, t.cc[0], RAX);
        x64_movzx8(cg, d, RAX);
    } else { /* d starts as the answer that one condition can overturn */
        x64_mov_ri(cg, RAX, t.both ? 1 : 0);
        x64_mov_ri(cg, RCX, t.both ? 0 : 1);
        x64_cmov(cg, 0, t.cc[0] ^ t.both, RAX, RCX);
        x64_cmov(cg, 0, t.cc[1] ^ t.both, RAX, RCX);
        x64_mov_rr(cg, 0, d, RAX);
    }
}

/* xmm0 = all ones if t holds, else 0; for PBLENDVB. */
static void vector_mask(struct cg *cg, struct x64_test t)
{
    x64_mov_ri(cg, RAX, t.both ? UINT64_MAX : 0);
    x64_mov_ri(cg, RCX, t.both ? 0 : UINT64_MAX);
    x64_cmov(cg, X_W, t.cc[0] ^ t.both, RAX, RCX);
    if (t.cc[1] != CC_ALWAYS)
        x64_cmov(cg, X_W, t.cc[1] ^ t.both, RAX, RCX);
    x64_v2(cg, V_MOVD | X_W, X64_VSCRATCH0, RAX);
    x64_v3(cg, V_PUNPCKLQDQ, X64_VSCRATCH0, X64_VSCRATCH0, X64_VSCRATCH0);
}

/* d = t ? a : b.  Both may be in memory. */
static void sel_vec(struct cg *cg, const struct cg_inst *i, struct x64_test t)
{
    const unsigned d = i->d.reg, b = x64_vec(cg, &i->a[1], X64_VSCRATCH1);
    const bool mem = x64_is_mem(&i->a[0]);
    const struct x64_mem m = mem ? x64_operand_mem(&i->a[0]) : (struct x64_mem){0};

    if (t.cc[0] == CC_ALWAYS) {
        x64_movaps(cg, d, x64_vec(cg, &i->a[0], d));
        return;
    }
    vector_mask(cg, t);
    if (X64_HAS(AVX)) {
        if (mem)
            x64_vex_rm(cg, V_VPBLENDVB, d, b, &m);
        else
            x64_vex_rr(cg, V_VPBLENDVB, d, b, i->a[0].reg);
        x64_u8(cg, X64_VSCRATCH0 << 4);
        return;
    }
    x64_movaps(cg, X64_VSCRATCH1, b);
    if (mem)
        x64_rm(cg, V_PBLENDVB, X64_VSCRATCH1, &m);
    else
        x64_rr(cg, V_PBLENDVB, X64_VSCRATCH1, i->a[0].reg);
    x64_movaps(cg, d, X64_VSCRATCH1);
}

void x64_emit_sel(struct cg *cg, const struct cg_inst *i)
{
    const uint32_t w = x64_w(i->op);
    struct x64_test t = x64_condition(cg, &i->fl, i->op->mod & 15);
    const struct cg_operand *yes = &i->a[0], *no = &i->a[1], *swap;
    unsigned d, r;

    if (i->op->type == IR_V128) {
        sel_vec(cg, i, t);
        return;
    }
    d = i->d.reg;
    if (t.cc[0] == CC_ALWAYS) {
        x64_load_int(cg, i->op->type, d, yes);
        return;
    }
    /* Start from `no`, and let any of the conditions bring `yes`. */
    if (t.both || (t.cc[1] == CC_ALWAYS && yes->kind == CG_REG && yes->reg == d)) {
        t = x64_negate(t);
        swap = yes;
        yes = no;
        no = swap;
    }
    r = yes->kind == CG_REG && yes->reg == d ? RCX : d;
    x64_load_int(cg, i->op->type, r, no);
    if (x64_is_mem(yes) && t.cc[1] == CC_ALWAYS) {
        const struct x64_mem m = x64_operand_mem(yes);

        x64_rm(cg, w | X_0F | 0x40u | t.cc[0], r, &m);
    } else {
        const unsigned s = x64_int(cg, i->op->type, yes, RAX);

        x64_cmov(cg, w, t.cc[0], r, s);
        if (t.cc[1] != CC_ALWAYS)
            x64_cmov(cg, w, t.cc[1], r, s);
    }
    x64_copy(cg, w, d, r);
}

/* --- leaving on a condition ---------------------------------------------------------------------------------------- */

void x64_emit_exit_if(struct cg *cg, const struct cg_inst *i)
{
    x64_jump_if(cg, x64_condition(cg, &i->fl, i->op->mod & 15), i->label);
}

void x64_emit_branch(struct cg *cg, const struct cg_inst *i)
{
    x64_jump_if(cg, x64_condition(cg, &i->fl, i->op->mod & 15), i->label);
    if (i->label2)
        x64_jcc(cg, CC_ALWAYS, i->label2);
}
