/* SPDX-License-Identifier: MIT */
/*
 * Integer ops.  An emitter's operands may share registers with the result: the result is written
 * after the last operand has been read.  Includes x64.h.
 */
#include "backends/x86_64/x64.h"

static unsigned result(const struct cg_inst *i) { return i->d.kind == CG_REG ? i->d.reg : RAX; }
static unsigned width_bits(const struct ir_op *op) { return op->type == IR_I64 ? 64 : 32; }
static bool is_reg(const struct cg_operand *o, unsigned r)
{
    return o->kind == CG_REG && o->reg == r;
}

/* d = a k b in the two-operand form. */
static void binary(struct cg *cg, const struct cg_inst *i, enum x64_alu k, bool commutes)
{
    const enum ir_type t = i->op->type;
    const struct cg_operand *a = &i->a[0], *b = &i->a[1];
    unsigned d = result(i);

    if (is_reg(b, d) && !is_reg(a, d)) {
        if (commutes) {
            a = &i->a[1];
            b = &i->a[0];
        } else { /* d is needed to the end as b */
            x64_load_int(cg, t, RAX, a);
            x64_alu_ro(cg, t, k, RAX, b, RCX);
            x64_mov_rr(cg, x64_w(i->op), d, RAX);
            return;
        }
    }
    x64_load_int(cg, t, d, a);
    x64_alu_ro(cg, t, k, d, b, RCX);
}

/* d = a + b (b may be an immediate, negated if `minus`) by LEA, which keeps the flags. */
static void add_by_lea(struct cg *cg, const struct cg_inst *i, bool minus)
{
    const enum ir_type t = i->op->type;
    const struct cg_operand *b = &i->a[1];
    struct x64_mem m = x64_at(x64_int(cg, t, &i->a[0], RAX), 0);

    if (b->kind == CG_IMM && !b->sym && (!x64_w(i->op) || b->imm == (int32_t)b->imm) &&
        b->imm != INT32_MIN) {
        m.disp = (int32_t)(minus ? -b->imm : b->imm);
    } else {
        m.index = (uint8_t)x64_int(cg, t, b, RCX);
        if (minus) { /* a - b = ~(~a + b) */
            x64_copy(cg, x64_w(i->op), RAX, m.base);
            x64_rr(cg, x64_w(i->op) | 0xf7, 2, RAX);
            m.base = RAX;
            x64_lea(cg, x64_w(i->op), RAX, &m);
            x64_rr(cg, x64_w(i->op) | 0xf7, 2, RAX);
            x64_mov_rr(cg, x64_w(i->op), result(i), RAX);
            return;
        }
    }
    x64_lea(cg, x64_w(i->op), result(i), &m);
}

void x64_emit_add(struct cg *cg, const struct cg_inst *i)
{
    const unsigned d = result(i);

    if (!i->set_flags && (i->flags_live || (!is_reg(&i->a[0], d) && !is_reg(&i->a[1], d) &&
                                            i->a[0].kind == CG_REG && !x64_is_mem(&i->a[1]))))
        add_by_lea(cg, i, false);
    else
        binary(cg, i, ALU_ADD, true);
}

void x64_emit_sub(struct cg *cg, const struct cg_inst *i)
{
    const struct cg_operand *b = &i->a[1];
    const unsigned d = result(i);

    if (!i->set_flags && (i->flags_live || (b->kind == CG_IMM && i->a[0].kind == CG_REG &&
                                            !is_reg(&i->a[0], d) && b->imm != INT32_MIN)))
        add_by_lea(cg, i, true);
    else
        binary(cg, i, ALU_SUB, false);
}

void x64_emit_and(struct cg *cg, const struct cg_inst *i)
{
    const struct cg_operand *b = &i->a[1];

    if (!i->set_flags && b->kind == CG_IMM && !b->sym && i->a[0].kind == CG_REG &&
        (b->imm == 0xff || b->imm == 0xffff))
        x64_rr(cg, b->imm == 0xff ? X_MOVZX8 | X_BYTE : X_MOVZX16, result(i), i->a[0].reg);
    else
        binary(cg, i, ALU_AND, true);
}

void x64_emit_or(struct cg *cg, const struct cg_inst *i) { binary(cg, i, ALU_OR, true); }
void x64_emit_xor(struct cg *cg, const struct cg_inst *i) { binary(cg, i, ALU_XOR, true); }

void x64_emit_andn(struct cg *cg, const struct cg_inst *i)
{
    const uint32_t w = x64_w(i->op);
    const unsigned b = x64_int(cg, i->op->type, &i->a[1], RCX);

    if (X64_HAS(BMI1)) { /* ANDN d, s1, s2: ~s1 & s2 */
        x64_vex_rr(cg, w | X_ANDN, result(i), b, x64_int(cg, i->op->type, &i->a[0], RAX));
        return;
    }
    x64_copy(cg, w, RCX, b);
    x64_rr(cg, w | 0xf7, 2, RCX);
    x64_alu_ro(cg, i->op->type, ALU_AND, RCX, &i->a[0], RAX);
    x64_mov_rr(cg, w, result(i), RCX);
}

/* d = a k ~b */
static void with_not(struct cg *cg, const struct cg_inst *i, enum x64_alu k)
{
    const uint32_t w = x64_w(i->op);

    x64_load_int(cg, i->op->type, RCX, &i->a[1]);
    x64_rr(cg, w | 0xf7, 2, RCX);
    x64_alu_ro(cg, i->op->type, k, RCX, &i->a[0], RAX);
    x64_mov_rr(cg, w, result(i), RCX);
}
void x64_emit_orn(struct cg *cg, const struct cg_inst *i) { with_not(cg, i, ALU_OR); }
void x64_emit_xorn(struct cg *cg, const struct cg_inst *i) { with_not(cg, i, ALU_XOR); }

/* Group 3: NOT /2, NEG /3. */
static void unary(struct cg *cg, const struct cg_inst *i, unsigned ext)
{
    x64_load_int(cg, i->op->type, result(i), &i->a[0]);
    x64_rr(cg, x64_w(i->op) | 0xf7, ext, result(i));
}
void x64_emit_not(struct cg *cg, const struct cg_inst *i) { unary(cg, i, 2); }
void x64_emit_neg(struct cg *cg, const struct cg_inst *i) { unary(cg, i, 3); }

/* --- shifts -------------------------------------------------------------------------------------- */

static void shift(struct cg *cg, const struct cg_inst *i, enum x64_shift k, uint32_t bmi2)
{
    const uint32_t w = x64_w(i->op);
    const struct cg_operand *b = &i->a[1];
    const unsigned d = result(i);

    if (b->kind == CG_IMM) {
        x64_load_int(cg, i->op->type, d, &i->a[0]);
        if (b->imm & (width_bits(i->op) - 1))
            x64_shift_ri(cg, w, k, d, (unsigned)b->imm & (width_bits(i->op) - 1));
    } else if (bmi2 && X64_HAS(BMI2)) {
        x64_vex_rr(cg, w | bmi2, d, x64_int(cg, i->op->type, b, RCX),
                   x64_int(cg, i->op->type, &i->a[0], RAX));
    } else {
        x64_load_int(cg, IR_I32, RCX, b);
        x64_load_int(cg, i->op->type, d, &i->a[0]);
        x64_shift_cl(cg, w, k, d);
    }
}

void x64_emit_shl(struct cg *cg, const struct cg_inst *i) { shift(cg, i, SH_SHL, X_SHLX); }
void x64_emit_shr(struct cg *cg, const struct cg_inst *i) { shift(cg, i, SH_SHR, X_SHRX); }
void x64_emit_sar(struct cg *cg, const struct cg_inst *i) { shift(cg, i, SH_SAR, X_SARX); }

void x64_emit_ror(struct cg *cg, const struct cg_inst *i)
{
    const unsigned mask = width_bits(i->op) - 1;

    if (i->a[1].kind == CG_IMM && X64_HAS(BMI2)) {
        x64_vex_rr(cg, x64_w(i->op) | X_RORX, result(i), 0,
                   x64_int(cg, i->op->type, &i->a[0], RAX));
        x64_u8(cg, (unsigned)i->a[1].imm & mask);
    } else {
        shift(cg, i, SH_ROR, 0);
    }
}

/* --- multiplication and division -------------------------------------------------------------------- */

void x64_emit_mul(struct cg *cg, const struct cg_inst *i)
{
    const uint32_t w = x64_w(i->op);
    const struct cg_operand *a = &i->a[0], *b = &i->a[1];
    const unsigned d = result(i);

    if (b->kind == CG_IMM && b->imm == (int32_t)b->imm) {
        x64_rr(cg, w | 0x69, d, x64_int(cg, i->op->type, a, RAX));
        x64_u32(cg, (uint32_t)b->imm);
        return;
    }
    if (is_reg(b, d)) {
        a = &i->a[1];
        b = &i->a[0];
    }
    x64_load_int(cg, i->op->type, d, a);
    x64_rr(cg, w | X_IMUL, d, x64_int(cg, i->op->type, b, RCX));
}

void x64_emit_mulhu(struct cg *cg, const struct cg_inst *i)
{
    const unsigned a = i->a[0].reg, b = i->a[1].reg;

    x64_mov_rr(cg, X_W, RAX, a);
    if (i->op->type == IR_I64) {
        x64_rr(cg, X_W | 0xf7, 4, b); /* MUL */
        x64_mov_rr(cg, X_W, i->d.reg, RDX);
    } else {
        x64_rr(cg, X_W | X_IMUL, RAX, b); /* of zero-extended halves */
        x64_shift_ri(cg, X_W, SH_SHR, RAX, 32);
        x64_mov_rr(cg, 0, i->d.reg, RAX);
    }
}

void x64_emit_mulhs(struct cg *cg, const struct cg_inst *i)
{
    const unsigned a = i->a[0].reg, b = i->a[1].reg;

    if (i->op->type == IR_I64) {
        x64_mov_rr(cg, X_W, RAX, a);
        x64_rr(cg, X_W | 0xf7, 5, b); /* IMUL */
        x64_mov_rr(cg, X_W, i->d.reg, RDX);
    } else {
        x64_rr(cg, X_MOVSXD, RAX, a);
        x64_rr(cg, X_MOVSXD, RCX, b);
        x64_rr(cg, X_W | X_IMUL, RAX, RCX);
        x64_shift_ri(cg, X_W, SH_SHR, RAX, 32);
        x64_mov_rr(cg, 0, i->d.reg, RAX);
    }
}

void x64_emit_divu(struct cg *cg, const struct cg_inst *i)
{
    const uint32_t w = x64_w(i->op);
    const unsigned b = i->a[1].reg;
    uint8_t *zero;

    x64_mov_rr(cg, w, RAX, b);
    x64_test_rr(cg, w, b, b);
    zero = x64_jcc8(cg, CC_E);
    x64_mov_rr(cg, w, RAX, i->a[0].reg);
    x64_alu_rr(cg, 0, ALU_XOR, RDX, RDX);
    x64_rr(cg, w | 0xf7, 6, b);
    x64_here8(cg, zero); /* with RAX = b = 0 */
    x64_mov_rr(cg, w, i->d.reg, RAX);
}

/* b = 0 gives 0 and b = -1 gives -a, without a trap for MIN: both are a * b. */
void x64_emit_divs(struct cg *cg, const struct cg_inst *i)
{
    const uint32_t w = x64_w(i->op);
    const unsigned b = i->a[1].reg;
    const struct x64_mem b1 = x64_at(b, 1);
    uint8_t *odd, *done;

    x64_mov_rr(cg, w, RAX, i->a[0].reg);
    x64_lea(cg, w, RCX, &b1);
    x64_alu_ri(cg, w, ALU_CMP, RCX, 1);
    odd = x64_jcc8(cg, CC_BE);
    if (w)
        x64_u8(cg, 0x48);
    x64_u8(cg, 0x99); /* CDQ, CQO */
    x64_rr(cg, w | 0xf7, 7, b);
    done = x64_jcc8(cg, CC_ALWAYS);
    x64_here8(cg, odd);
    x64_rr(cg, w | X_IMUL, RAX, b);
    x64_here8(cg, done);
    x64_mov_rr(cg, w, i->d.reg, RAX);
}

/* --- bits -------------------------------------------------------------------------------------------- */

/* RAX = leading zeros of r; RCX is lost. */
static void count_zeros(struct cg *cg, const struct ir_op *op, unsigned d, unsigned r)
{
    const uint32_t w = x64_w(op);

    if (X64_HAS(LZCNT)) {
        x64_rr(cg, w | X_LZCNT, d, r);
        return;
    }
    x64_rr(cg, w | X_BSR, RAX, r);
    x64_mov_ri(cg, RCX, 2 * width_bits(op) - 1);
    x64_cmov(cg, w, CC_E, RAX, RCX);
    x64_alu_ri(cg, w, ALU_XOR, RAX, (int32_t)width_bits(op) - 1);
    x64_copy(cg, w, d, RAX);
}

void x64_emit_clz(struct cg *cg, const struct cg_inst *i)
{
    count_zeros(cg, i->op, result(i), i->a[0].reg);
}

void x64_emit_ctz(struct cg *cg, const struct cg_inst *i)
{
    const uint32_t w = x64_w(i->op);

    if (X64_HAS(BMI1)) {
        x64_rr(cg, w | X_TZCNT, result(i), i->a[0].reg);
        return;
    }
    x64_rr(cg, w | X_BSF, RAX, i->a[0].reg);
    x64_mov_ri(cg, RCX, width_bits(i->op));
    x64_cmov(cg, w, CC_E, RAX, RCX);
    x64_mov_rr(cg, w, result(i), RAX);
}

/* Each bit xor its left neighbour: 0 where equal.  The lowest is set, so that 0 counts width - 1. */
void x64_emit_cls(struct cg *cg, const struct cg_inst *i)
{
    const uint32_t w = x64_w(i->op);
    const unsigned a = i->a[0].reg;
    struct x64_mem twice = x64_at(a, 0);

    twice.index = (uint8_t)a;
    x64_lea(cg, w, RAX, &twice);
    x64_alu_rr(cg, w, ALU_XOR, RAX, a);
    x64_alu_ri(cg, w, ALU_OR, RAX, 1);
    count_zeros(cg, i->op, result(i), RAX);
}

/* RAX = bits of RAX that `mask` has swapped with those n above. */
static void swap_bits(struct cg *cg, uint64_t mask, unsigned n)
{
    x64_mov_ri(cg, RCX, mask);
    x64_mov_rr(cg, X_W, RDX, RAX);
    x64_shift_ri(cg, X_W, SH_SHR, RDX, n);
    x64_alu_rr(cg, X_W, ALU_AND, RAX, RCX);
    x64_alu_rr(cg, X_W, ALU_AND, RDX, RCX);
    x64_shift_ri(cg, X_W, SH_SHL, RAX, n);
    x64_alu_rr(cg, X_W, ALU_OR, RAX, RDX);
}

void x64_emit_rbit(struct cg *cg, const struct cg_inst *i)
{
    const uint32_t w = x64_w(i->op);
    const uint64_t width_mask = w ? UINT64_MAX : UINT32_MAX;

    if (X64_HAS(GFNI)) {
        struct x64_mem matrix = x64_constant(cg, X64_K_BITREV);

        matrix.tail = 1;
        x64_v2(cg, V_MOVD | w, X64_VSCRATCH0, i->a[0].reg);
        x64_vex_rm(cg, V_GF2P8AFFINEQB, X64_VSCRATCH0, X64_VSCRATCH0, &matrix);
        x64_u8(cg, 0);
        x64_v2(cg, V_MOVD_ST | w, X64_VSCRATCH0, RAX);
    } else {
        x64_mov_rr(cg, w, RAX, i->a[0].reg);
        swap_bits(cg, 0x5555555555555555 & width_mask, 1);
        swap_bits(cg, 0x3333333333333333 & width_mask, 2);
        swap_bits(cg, 0x0f0f0f0f0f0f0f0f & width_mask, 4);
    }
    x64_bswap(cg, w, RAX);
    x64_mov_rr(cg, w, result(i), RAX);
}

static void byte_swap(struct cg *cg, const struct cg_inst *i, unsigned unit)
{
    const uint32_t w = x64_w(i->op);
    const unsigned d = result(i);

    x64_copy(cg, w, d, i->a[0].reg);
    x64_bswap(cg, w, d);
    if (unit < width_bits(i->op)) /* two units: they have changed places as well */
        x64_shift_ri(cg, w, SH_ROR, d, unit);
}
void x64_emit_bswap(struct cg *cg, const struct cg_inst *i) { byte_swap(cg, i, 64); }
void x64_emit_bswap32(struct cg *cg, const struct cg_inst *i) { byte_swap(cg, i, 32); }

void x64_emit_bswap16(struct cg *cg, const struct cg_inst *i)
{
    const uint64_t mask = 0x00ff00ff00ff00ff;

    if (i->op->type == IR_I32) {
        byte_swap(cg, i, 16);
        return;
    }
    x64_mov_ri(cg, RCX, mask);
    x64_mov_rr(cg, X_W, RAX, i->a[0].reg);
    x64_mov_rr(cg, X_W, RDX, i->a[0].reg);
    x64_shift_ri(cg, X_W, SH_SHR, RAX, 8);
    x64_alu_rr(cg, X_W, ALU_AND, RDX, RCX);
    x64_alu_rr(cg, X_W, ALU_AND, RAX, RCX);
    x64_shift_ri(cg, X_W, SH_SHL, RDX, 8);
    x64_alu_rr(cg, X_W, ALU_OR, RAX, RDX);
    x64_mov_rr(cg, X_W, i->d.reg, RAX);
}

/* --- fields -------------------------------------------------------------------------------------------- */

/* d = `bits` bits of s from bit `lsb`, zero or sign extended. */
static void extract(struct cg *cg, const struct ir_op *op, unsigned d, unsigned s, unsigned lsb,
                    unsigned bits, bool sign)
{
    const unsigned width = width_bits(op);
    const uint32_t w = x64_w(op);

    if (lsb == 0 && bits == 8) {
        x64_rr(cg, (sign ? X_MOVSX8 | w : X_MOVZX8) | X_BYTE, d, s);
    } else if (lsb == 0 && bits == 16) {
        x64_rr(cg, sign ? X_MOVSX16 | w : X_MOVZX16, d, s);
    } else if (lsb == 0 && bits == 32) {
        x64_rr(cg, sign && w ? X_MOVSXD : 0x8b, d, s);
    } else if (!sign && bits < 32 && lsb + bits < width) {
        x64_copy(cg, w, d, s);
        if (lsb)
            x64_shift_ri(cg, w, SH_SHR, d, lsb);
        x64_alu_ri(cg, 0, ALU_AND, d, (int32_t)((1u << bits) - 1));
    } else {
        x64_copy(cg, w, d, s);
        if (lsb + bits < width)
            x64_shift_ri(cg, w, SH_SHL, d, width - lsb - bits);
        if (bits < width)
            x64_shift_ri(cg, w, sign ? SH_SAR : SH_SHR, d, width - bits);
    }
}

void x64_emit_zext(struct cg *cg, const struct cg_inst *i)
{
    extract(cg, i->op, result(i), i->a[0].reg, 0, (unsigned)i->op->imm, false);
}
void x64_emit_sext(struct cg *cg, const struct cg_inst *i)
{
    extract(cg, i->op, result(i), i->a[0].reg, 0, (unsigned)i->op->imm, true);
}
void x64_emit_ubfx(struct cg *cg, const struct cg_inst *i)
{
    extract(cg, i->op, result(i), i->a[0].reg, (unsigned)i->op->imm, (unsigned)i->op->imm2, false);
}
void x64_emit_sbfx(struct cg *cg, const struct cg_inst *i)
{
    extract(cg, i->op, result(i), i->a[0].reg, (unsigned)i->op->imm, (unsigned)i->op->imm2, true);
}

static void and_mask(struct cg *cg, uint32_t w, unsigned d, unsigned scratch, uint64_t mask)
{
    if (!w || (int64_t)mask == (int32_t)mask) {
        x64_alu_ri(cg, w, ALU_AND, d, (int32_t)mask);
    } else {
        x64_mov_ri(cg, scratch, mask);
        x64_alu_rr(cg, w, ALU_AND, d, scratch);
    }
}

void x64_emit_bfi(struct cg *cg, const struct cg_inst *i)
{
    const unsigned width = width_bits(i->op), lsb = (unsigned)i->op->imm;
    const unsigned bits = (unsigned)i->op->imm2;
    const uint64_t field = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    const uint32_t w = x64_w(i->op);

    if (bits == width) {
        x64_copy(cg, w, i->d.reg, i->a[1].reg);
        return;
    }
    if (lsb + bits == width) {
        x64_mov_rr(cg, w, RAX, i->a[1].reg);
    } else {
        extract(cg, i->op, RAX, i->a[1].reg, 0, bits, false);
    }
    if (lsb)
        x64_shift_ri(cg, w, SH_SHL, RAX, lsb);
    x64_copy(cg, w, i->d.reg, i->a[0].reg);
    and_mask(cg, w, i->d.reg, RCX, ~(field << lsb));
    x64_alu_rr(cg, w, ALU_OR, i->d.reg, RAX);
}

void x64_emit_extr(struct cg *cg, const struct cg_inst *i)
{
    const unsigned n = (unsigned)i->op->imm, a = i->a[0].reg, b = i->a[1].reg;
    const uint32_t w = x64_w(i->op);

    x64_mov_rr(cg, w, RAX, b);
    if (n && a == b) {
        x64_shift_ri(cg, w, SH_ROR, RAX, n);
    } else if (n) { /* SHRD is slower than this on half of the CPUs */
        x64_mov_rr(cg, w, RCX, a);
        x64_shift_ri(cg, w, SH_SHR, RAX, n);
        x64_shift_ri(cg, w, SH_SHL, RCX, width_bits(i->op) - n);
        x64_alu_rr(cg, w, ALU_OR, RAX, RCX);
    }
    x64_mov_rr(cg, w, result(i), RAX);
}

void x64_emit_trunc(struct cg *cg, const struct cg_inst *i)
{
    if (i->a[0].kind == CG_REG)
        x64_mov_rr(cg, 0, result(i), i->a[0].reg);
    else
        x64_load_int(cg, IR_I32, result(i), &i->a[0]);
}
void x64_emit_zext64(struct cg *cg, const struct cg_inst *i)
{
    x64_load_int(cg, IR_I32, result(i), &i->a[0]);
}
void x64_emit_sext64(struct cg *cg, const struct cg_inst *i)
{
    x64_rr(cg, X_MOVSXD, result(i), i->a[0].reg);
}
