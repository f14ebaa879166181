/* SPDX-License-Identifier: MIT */
/*
 * Data processing of A32, T16 and T32 with a shifted or immediate operand (ARM DDI 0487, F2.4, F5.1).
 * Includes a32_lift.h alone.
 *
 * The S forms of A32 with Rd = 15, which return from exceptions, are UNDEFINED in user mode.
 */
#include "frontends/arm/a32_lift.h"

/* --- the second operand ------------------------------------------------------------------------------ */

/* carry: flags of which C is the shifter's carry out; 0: APSR.C stays.  nz: flags of which N and Z are
 * those of v, if that costs nothing; else 0. */
struct operand {
    ir_ref v, carry, nz;
};

enum shift { LSL, LSR, ASR, ROR };
static const uint16_t shifts[] = {IR_shl, IR_shr, IR_sar, IR_ror};

/* Op opc of i32 values, or flags of them.  (Ops are told by number, not by builder: calls through pointers are
 * hard to predict where each instruction is another.) */
static ir_ref binary(struct a32_lift *s, uint16_t opc, ir_ref a, ir_ref b)
{
    return ir_mk(s->ir, opc, IR_I32, 0, a, b, 0, 0, 0, 0);
}

/* Flags whose C is bit 31 of v: those of v + v. */
static ir_ref carry_of_top(struct a32_lift *s, ir_ref v) { return ir_flags_add(s->ir, IR_I32, v, v); }

/* Flags whose C is bit, an i32 of 0 or 1: those of bit - 1. */
static ir_ref carry_of_bit(struct a32_lift *s, ir_ref bit)
{
    return ir_flags_sub(s->ir, IR_I32, bit, a32_imm(s, 1));
}

/* m << n with n from 1 to 31, as the sum of m << (n - 1) with itself, whose flags are all right. */
static struct operand shift_left(struct a32_lift *s, ir_ref m, unsigned n)
{
    if (n > 1) {
        m = ir_shl(s->ir, IR_I32, m, a32_imm(s, n - 1));
    }
    ir_ref sum = ir_add(s->ir, IR_I32, m, m), f = ir_flags_add(s->ir, IR_I32, m, m);
    return (struct operand){sum, f, f};
}

static ir_ref rrx(struct a32_lift *s, ir_ref m)
{
    ir_ref c = ir_cc(s->ir, IR_I32, IR_CS, a32_carry(s));
    return ir_or(s->ir, IR_I32, ir_shr(s->ir, IR_I32, m, a32_imm(s, 1)),
                 ir_shl(s->ir, IR_I32, c, a32_imm(s, 31)));
}

/* Bit n - 1 of m, the last one shifted out to the right, at the top. */
static ir_ref last_out(struct a32_lift *s, ir_ref m, unsigned n)
{
    return n == 32 ? m : ir_shl(s->ir, IR_I32, m, a32_imm(s, 32 - n));
}

/* Rm shifted by an immediate (DecodeImmShift): LSR and ASR by 0 mean 32, ROR by 0 means RRX. */
static struct operand shifted(struct a32_lift *s, unsigned rm, enum shift type, unsigned n, bool flags)
{
    struct ir *ir = s->ir;
    ir_ref m = a32_r(s, rm);
    if (n == 0 && type == LSL) {
        return (struct operand){m, 0, 0};
    }
    if (n == 0 && type == ROR) {
        return (struct operand){rrx(s, m), carry_of_top(s, last_out(s, m, 1)), 0};
    }
    n = n ? n : 32;
    if (type == LSL && flags) {
        return shift_left(s, m, n);
    }
    struct operand o = {0};
    if (n == 32) {
        o.v = type == LSR ? a32_imm(s, 0) : ir_sar(ir, IR_I32, m, a32_imm(s, 31));
    } else {
        o.v = binary(s, shifts[type], m, a32_imm(s, n));
    }
    if (flags) {
        o.carry = carry_of_top(s, type == ROR ? o.v : last_out(s, m, n));
    }
    return o;
}

ir_ref a32_shifted(struct a32_lift *s, unsigned rm, unsigned type, unsigned imm5)
{
    return shifted(s, rm, type, imm5, false).v;
}

/* The carry out of a shift by `amount` (0 to 255) as a bit, given that it is not 0.  Shifts of 64 bits
 * by at most 33 have it at hand. */
static ir_ref carry_by_register(struct a32_lift *s, ir_ref m, enum shift type, ir_ref amount, ir_ref v)
{
    struct ir *ir = s->ir;
    if (type == ROR) {
        return ir_shr(ir, IR_I32, v, a32_imm(s, 31));
    }
    ir_ref most = a32_imm(s, 33), below = ir_flags_sub(ir, IR_I32, amount, most);
    ir_ref n = ir_zext64(ir, ir_sel(ir, IR_I32, IR_CC, below, amount, most));
    ir_ref wide = type == ASR ? ir_sext64(ir, m) : ir_zext64(ir, m), one = ir_const(ir, IR_I64, 1);
    if (type == LSL) {
        return ir_trunc(ir, ir_ubfx(ir, IR_I64, ir_shl(ir, IR_I64, wide, n), 32, 1));
    }
    wide = ir_shl(ir, IR_I64, wide, one);
    wide = type == ASR ? ir_sar(ir, IR_I64, wide, n) : ir_shr(ir, IR_I64, wide, n);
    return ir_and(ir, IR_I32, ir_trunc(ir, wide), a32_imm(s, 1));
}

/* Rm shifted by the low byte of Rs. */
static struct operand shifted_by_register(struct a32_lift *s, unsigned rm, enum shift type, unsigned rs,
                                          bool flags)
{
    struct ir *ir = s->ir;
    struct operand o = {0};
    ir_ref m = a32_r(s, rm), amount = ir_zext(ir, IR_I32, a32_r(s, rs), 8);
    ir_ref in_range = ir_flags_sub(ir, IR_I32, amount, a32_imm(s, 32));
    switch (type) {
    case LSL: case LSR:
        o.v = ir_sel(ir, IR_I32, IR_CC, in_range, binary(s, shifts[type], m, amount), a32_imm(s, 0));
        break;
    case ASR:
        o.v = ir_sar(ir, IR_I32, m, ir_sel(ir, IR_I32, IR_CC, in_range, amount, a32_imm(s, 31)));
        break;
    case ROR:
        o.v = ir_ror(ir, IR_I32, m, amount);
        break;
    }
    if (flags) {
        ir_ref none = ir_flags_and(ir, IR_I32, amount, amount);
        ir_ref old = ir_cc(ir, IR_I32, IR_CS, a32_carry(s));
        ir_ref bit = carry_by_register(s, m, type, amount, o.v);
        o.carry = carry_of_bit(s, ir_sel(ir, IR_I32, IR_EQ, none, old, bit));
    }
    return o;
}

static uint32_t rotated(uint32_t v, unsigned n)
{
    n &= 31;
    return n ? v >> n | v << (32 - n) : v;
}

/* The 12 bits of a T32 immediate that is no rotation (ThumbExpandImm). */
static uint32_t repeated(uint32_t imm)
{
    uint32_t byte = imm & 0xff;
    switch (imm >> 8 & 3) {
    case 0: return byte;
    case 1: return byte * 0x00010001;
    case 2: return byte * 0x01000100;
    default: return byte * 0x01010101;
    }
}

/* An immediate operand; x as in a32.decode.  carry: is the shifter's asked for? */
static struct operand immediate(struct a32_lift *s, uint32_t imm, unsigned x, bool carry)
{
    bool rotates = x == 1 ? imm >> 8 : x == 2 && imm >> 10;
    uint32_t v = x == 2 ? repeated(imm) : imm;
    if (x == 1) {
        v = rotated(imm & 0xff, imm >> 8 << 1);
    } else if (rotates) {
        v = rotated(0x80 | (imm & 0x7f), imm >> 7);
    }
    struct operand o = {.v = a32_imm(s, v)};
    if (rotates && carry) {
        o.carry = carry_of_bit(s, a32_imm(s, v >> 31));
    }
    return o;
}

/* --- results ------------------------------------------------------------------------------------------- */

enum { NO_RD = 16 };

static bool sets_flags(const struct a32_lift *s, unsigned how) { return how == 1 || (how == 2 && !s->it); }

static bool put_result(struct a32_lift *s, unsigned rd, ir_ref d)
{
    if (rd == 15) {
        a32_alu_write_pc(s, d);
    } else if (rd != NO_RD) {
        a32_put_r(s, rd, d);
    }
    return true;
}

/* A conditional instruction that sets flags is part of a chain that mostly goes on: a branch is better
 * than to choose between flags. */
static void guard_flags(struct a32_lift *s, bool flags)
{
    if (flags) {
        a32_guard(s);
    }
}

/* A logical operation, or with IR_NOP none: N and Z of the result, C of the shifter. */
static bool logical(struct a32_lift *s, unsigned rd, bool flags, uint16_t op, ir_ref n, struct operand o)
{
    if (flags && rd == 15) {
        return false;
    }
    guard_flags(s, flags);
    ir_ref d = op ? binary(s, op, n, o.v) : o.v;
    if (flags) {
        ir_ref nz = !op && o.nz ? o.nz : op == IR_and ? ir_flags_and(s->ir, IR_I32, n, o.v)
                                                      : ir_flags_and(s->ir, IR_I32, d, d);
        a32_put_nz(s, nz);
        if (o.carry) {
            a32_put_c(s, o.carry);
        }
    }
    return put_result(s, rd, d);
}

/* An addition or subtraction: all flags. */
static bool arithmetic(struct a32_lift *s, unsigned rd, bool flags, uint16_t op, uint16_t flags_op, ir_ref n,
                       ir_ref m)
{
    if (flags && rd == 15) {
        return false;
    }
    guard_flags(s, flags);
    ir_ref d = rd == NO_RD ? 0 : binary(s, op, n, m);
    if (flags) {
        a32_put_flags(s, binary(s, flags_op, n, m));
    }
    return put_result(s, rd, d);
}

typedef ir_ref carry_fn(struct ir *, enum ir_type, ir_ref, ir_ref, ir_ref);
static bool with_carry(struct a32_lift *s, unsigned rd, bool flags, carry_fn *op, carry_fn *flags_op,
                       ir_ref n, ir_ref m)
{
    if (flags && rd == 15) {
        return false;
    }
    guard_flags(s, flags);
    ir_ref c = a32_carry(s), d = op(s->ir, IR_I32, n, m, c);
    if (flags) {
        a32_put_flags(s, flags_op(s->ir, IR_I32, n, m, c));
    }
    return put_result(s, rd, d);
}

/* --- the operations, by name ------------------------------------------------------------------------- */

#define OPERATION(NAME) \
    static bool op_##NAME(struct a32_lift *s, unsigned rd, unsigned rn, bool flags, struct operand o)
#define LOGICAL(NAME, op) \
    OPERATION(NAME) { return logical(s, rd, flags, op, a32_r(s, rn), o); }
#define ARITHMETIC(NAME, rd, op, n, m) \
    OPERATION(NAME) { (void)rd; return arithmetic(s, rd, flags, IR_##op, IR_flags_##op, n, m); }
#define WITH_CARRY(NAME, op, n, m) \
    OPERATION(NAME) { return with_carry(s, rd, flags, ir_##op, ir_flags_##op, n, m); }

LOGICAL(AND, IR_and)
LOGICAL(EOR, IR_xor)
LOGICAL(ORR, IR_or)
LOGICAL(BIC, IR_andn)
LOGICAL(ORN, IR_orn)
ARITHMETIC(ADD, rd, add, a32_r(s, rn), o.v)
ARITHMETIC(SUB, rd, sub, a32_r(s, rn), o.v)
ARITHMETIC(RSB, rd, sub, o.v, a32_r(s, rn))
WITH_CARRY(ADC, adc, a32_r(s, rn), o.v)
WITH_CARRY(SBC, sbc, a32_r(s, rn), o.v)
WITH_CARRY(RSC, sbc, o.v, a32_r(s, rn))

OPERATION(CMP)
{
    (void)rd;
    return arithmetic(s, NO_RD, flags, IR_sub, IR_flags_sub, a32_r(s, rn), o.v);
}
OPERATION(CMN)
{
    (void)rd;
    return arithmetic(s, NO_RD, flags, IR_add, IR_flags_add, a32_r(s, rn), o.v);
}
OPERATION(TST)
{
    (void)rd;
    return logical(s, NO_RD, flags, IR_and, a32_r(s, rn), o);
}
OPERATION(TEQ)
{
    (void)rd;
    return logical(s, NO_RD, flags, IR_xor, a32_r(s, rn), o);
}
OPERATION(MOV)
{
    (void)rn;
    return logical(s, rd, flags, IR_NOP, 0, o);
}
OPERATION(MVN)
{
    (void)rn;
    o.v = ir_not(s->ir, IR_I32, o.v);
    o.nz = 0;
    return logical(s, rd, flags, IR_NOP, 0, o);
}

/* <op>{S}<c> {<Rd>,} <Rn>, #<const>; carry: is C the shifter's? */
#define IMM(NAME, carry) \
    TRANS(NAME##_imm) \
    { \
        bool flags = sets_flags(s, a->s); \
        return op_##NAME(s, a->rd, a->rn, flags, immediate(s, a->imm, a->x, flags && carry)); \
    }
/* <op>{S}<c> {<Rd>,} <Rn>, <Rm>{, <shift> #<amount>} */
#define REG(NAME, carry) \
    TRANS(NAME##_reg) \
    { \
        bool flags = sets_flags(s, a->s); \
        return op_##NAME(s, a->rd, a->rn, flags, \
                         shifted(s, a->rm, a->type, a->imm5, flags && carry)); \
    }
/* <op>{S}<c> {<Rd>,} <Rn>, <Rm>, <shift> <Rs> */
#define RSR(NAME, carry) \
    TRANS(NAME##_rsr) \
    { \
        bool flags = sets_flags(s, a->s); \
        return a->rd != 15 && op_##NAME(s, a->rd, a->rn, flags, \
                                        shifted_by_register(s, a->rm, a->type, a->rs, flags && carry)); \
    }
#define FORMS(NAME) IMM(NAME, false) REG(NAME, false) RSR(NAME, false)
#define LOGICAL_FORMS(NAME) IMM(NAME, true) REG(NAME, true) RSR(NAME, true)
/* clang-format off */
FORMS(SUB) FORMS(RSB) FORMS(ADD) FORMS(ADC) FORMS(SBC) FORMS(RSC) FORMS(CMP) FORMS(CMN)
LOGICAL_FORMS(AND) LOGICAL_FORMS(EOR) LOGICAL_FORMS(TST) LOGICAL_FORMS(TEQ) LOGICAL_FORMS(ORR)
LOGICAL_FORMS(BIC) LOGICAL_FORMS(MVN) IMM(MOV, true) RSR(MOV, true) IMM(ORN, true) REG(ORN, true)

/* T16: <op>S <Rdn>, <Rm>; without S in an IT block */
#define REG2(NAME) \
    TRANS(NAME##_reg2) \
    { \
        return op_##NAME(s, a->rd, a->rd, !s->it, (struct operand){.v = a32_r(s, a->rm)}); \
    }
REG2(AND) REG2(EOR) REG2(ADC) REG2(SBC) REG2(ORR) REG2(BIC)

/* T16: <op>S <Rdn>, #<imm8> */
#define IMM8(NAME) \
    TRANS(NAME##_imm8) \
    { \
        return op_##NAME(s, a->rd, a->rd, !s->it, (struct operand){.v = a32_imm(s, a->imm)}); \
    }
IMM8(ADD) IMM8(SUB)
/* clang-format on */

/* MOV{S}<c> <Rd>, <Rm>{, <shift> #<amount>}; MOV PC, LR is how old code returns */
TRANS(MOV_reg)
{
    bool flags = sets_flags(s, a->s), plain = a->type == LSL && a->imm5 == 0;
    if (a->rd == 15 && a->rm == 14 && plain && !flags && !s->thumb && a32_has(s, A32_FEAT_V7)) {
        a32_bx(s, a32_r(s, 14), IR_IND_RET);
        return true;
    }
    return op_MOV(s, a->rd, 0, flags, shifted(s, a->rm, a->type, a->imm5, flags));
}

/* T16: LSLS, LSRS, ASRS, RORS <Rdn>, <Rs> */
TRANS(SHIFT_reg2)
{
    return op_MOV(s, a->rd, 0, !s->it, shifted_by_register(s, a->rd, a->op, a->rm, !s->it));
}

/* T16: ADD <Rdn>, <Rm>, high registers */
TRANS(ADD_high)
{
    return op_ADD(s, a->rd, a->rd, false, (struct operand){.v = a32_r(s, a->rm)});
}

/* T16: MULS <Rdm>, <Rn>, <Rdm>; N and Z */
TRANS(MUL_reg2)
{
    ir_ref d = ir_mul(s->ir, IR_I32, a32_r(s, a->rm), a32_r(s, a->rd));
    if (!s->it) {
        a32_put_nz(s, ir_flags_and(s->ir, IR_I32, d, d));
    }
    a32_put_r(s, a->rd, d);
    return true;
}

/* --- wide immediates ----------------------------------------------------------------------------------- */

/* ADR <Rd>, <label> */
TRANS(ADR)
{
    a32_put_r(s, a->rd, ir_const_pc(s->ir, a32_pc_base(s) + a->imm));
    return true;
}

/* The base of ADDW and SUBW, which with Rn = 15 are ADR. */
static ir_ref wide_base(struct a32_lift *s, unsigned rn)
{
    return rn == 15 ? ir_const_pc(s->ir, a32_pc_base(s)) : a32_r(s, rn);
}

/* ADDW<c> <Rd>, <Rn>, #<imm12> */
TRANS(ADDW)
{
    if (a->rd == 15) {
        return false;
    }
    a32_put_r(s, a->rd, ir_add(s->ir, IR_I32, wide_base(s, a->rn), a32_imm(s, a->imm)));
    return true;
}

/* SUBW<c> <Rd>, <Rn>, #<imm12> */
TRANS(SUBW)
{
    if (a->rd == 15) {
        return false;
    }
    a32_put_r(s, a->rd, ir_sub(s->ir, IR_I32, wide_base(s, a->rn), a32_imm(s, a->imm)));
    return true;
}

/* MOVW<c> <Rd>, #<imm16> */
TRANS(MOVW)
{
    if (a->rd == 15) {
        return false;
    }
    a32_put_r(s, a->rd, a32_imm(s, a->imm));
    return true;
}

/* MOVT<c> <Rd>, #<imm16> */
TRANS(MOVT)
{
    if (a->rd == 15) {
        return false;
    }
    ir_ref low = ir_zext(s->ir, IR_I32, a32_r(s, a->rd), 16);
    a32_put_r(s, a->rd, ir_or(s->ir, IR_I32, low, a32_imm(s, a->imm << 16)));
    return true;
}

static struct a32_args_imm16 wide_immediate(const a32_arg_MOVW_t32 *a)
{
    return (struct a32_args_imm16){.rd = a->rd,
                                   .imm = a->imm4 << 12 | a->i << 11 | a->imm3 << 8 | a->imm8};
}

/* The same in T32 */
TRANS(MOVW_t32)
{
    const struct a32_args_imm16 wide = wide_immediate(a);
    return a32_trans_MOVW(s, &wide);
}
TRANS(MOVT_t32)
{
    const struct a32_args_imm16 wide = wide_immediate(a);
    return a32_trans_MOVT(s, &wide);
}
