/* SPDX-License-Identifier: MIT */
/*
 * Loads, stores and fences.  A guest access never writes the result's register before its last
 * instruction that can fault: what is there may belong to the state at the fault.  Includes mem.h.
 *
 * Ordering (SDM volume 3, 9.2): plain loads and stores are acquire and release; only a store followed
 * by a load may be seen the other way round, which IR_MEM_SC stores and full fences must prevent.
 */
#include "backends/x86_64/mem.h"

/* --- addresses --------------------------------------------------------------------------------------- */

/* base + index * scale + disp as the IR has it, without mem_base.  RAX may be part of it. */
static struct x64_mem plain_address(struct cg *cg, const struct cg_inst *i)
{
    const struct ir_op *op = i->op;
    const enum ir_type t = cg->address_bits == 32 ? IR_I32 : IR_I64;
    struct x64_mem m = x64_at(X64_NO_REG, 0);
    int64_t disp = op->imm;

    if (i->a[0].kind == CG_IMM && !i->a[0].sym)
        disp += i->a[0].imm;
    else
        m.base = (uint8_t)x64_int(cg, t, &i->a[0], RAX);
    if (op->arg[1] && op->opc != IR_cas) {
        m.index = i->a[1].reg;
        m.scale = op->mod >> IR_MEM_SCALE_SHIFT & 3;
    }
    if (cg->address_bits == 32)
        disp = (int32_t)disp;
    m.disp = (int32_t)disp;
    if (m.disp == disp)
        return m;
    m.disp = 0;
    if (m.base == X64_NO_REG) {
        x64_mov_ri(cg, RAX, (uint64_t)disp);
        m.base = RAX;
    } else { /* a displacement of more than 32 bits: rare, RCX is free here */
        x64_mov_ri(cg, RCX, (uint64_t)disp);
        const struct x64_mem sum = {.base = RCX, .index = m.base};

        x64_lea(cg, X_W, RAX, &sum);
        m.base = RAX;
    }
    return m;
}

static bool is_simple(const struct x64_mem *m)
{
    return m->index == X64_NO_REG && m->disp == 0 && m->base != X64_NO_REG;
}

/* RCX = address m, modulo 2^32 for 32-bit guests. */
static void address_to_rcx(struct cg *cg, const struct x64_mem *m)
{
    if (is_simple(m))
        x64_copy(cg, X_W, RCX, m->base);
    else
        x64_lea(cg, cg->address_bits == 32 ? 0 : X_W, RCX, m);
}

void x64_guest_address(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem m = plain_address(cg, i);

    address_to_rcx(cg, &m);
}

void x64_host_address(struct cg *cg)
{
    const struct x64_mem base = X64_CPU(mem_base);

    if (cg->mem_base)
        x64_alu_rm(cg, X_W, ALU_ADD, RCX, &base);
}

struct x64_mem x64_address(struct cg *cg, const struct cg_inst *i)
{
    struct x64_mem m = plain_address(cg, i);
    const struct x64_mem base = X64_CPU(mem_base);

    if (!cg->mem_base) {
        m.a32 = cg->address_bits == 32 && !is_simple(&m);
        return m;
    }
    if (m.index == X64_NO_REG && m.base != X64_NO_REG &&
        (cg->address_bits == 64 || m.disp == 0)) {
        x64_mov_rm(cg, X_W, RCX, &base);
        m.index = m.base;
        m.base = RCX;
        m.scale = 0;
        return m;
    }
    address_to_rcx(cg, &m);
    x64_mov_rm(cg, X_W, RAX, &base);
    m = x64_at(RAX, 0);
    m.index = RCX;
    m.scale = 0;
    return m;
}

void x64_check_align(struct cg *cg, const struct cg_inst *i)
{
    const unsigned log2 = x64_mem_log2(i->op) + (i->op->mod & IR_MEM_ALIGN16 ? 1 : 0);
    struct cg_operand addr = {.kind = CG_REG, .reg = RCX};

    if (!(i->op->mod & IR_MEM_ALIGN) || log2 == 0)
        return;
    if (i->a[0].kind == CG_REG && !(i->op->arg[1] && i->op->opc != IR_cas) && i->op->imm == 0)
        addr = i->a[0];
    else
        x64_guest_address(cg, i);
    x64_test_ri(cg, 0, addr.reg, (1 << log2) - 1);
    const bool write = i->op->opc != IR_load && i->op->opc != IR_load_excl;
    x64_jcc(cg, CC_NE, cg_raise_label(cg, i, TCG_EXC_ALIGN, &addr, write));
}

/* --- loads ------------------------------------------------------------------------------------------------ */

void x64_swap_value(struct cg *cg, unsigned log2, unsigned r)
{
    if (log2 == 1) {
        x64_bswap(cg, 0, r);
        x64_shift_ri(cg, 0, SH_SHR, r, 16);
    } else if (log2 >= 2) {
        x64_bswap(cg, log2 == 3 ? X_W : 0, r);
    }
}

void x64_extend(struct cg *cg, const struct ir_op *op, unsigned d, unsigned r, bool sign)
{
    const unsigned log2 = x64_mem_log2(op);
    const uint32_t w = x64_w(op);

    if ((op->mod & IR_MEM_BSWAP) && log2) {
        x64_swap_value(cg, log2, r);
    }
    switch (log2) {
    case 0:
        x64_rr(cg, (sign ? X_MOVSX8 | w : X_MOVZX8) | X_BYTE, d, r);
        break;
    case 1:
        x64_rr(cg, sign ? X_MOVSX16 | w : X_MOVZX16, d, r);
        break;
    case 2:
        x64_rr(cg, sign && w ? X_MOVSXD : 0x8b, d, r);
        break;
    default:
        x64_copy(cg, X_W, d, r);
    }
}

static void load_int(struct cg *cg, const struct cg_inst *i, const struct x64_mem *m)
{
    const unsigned log2 = x64_mem_log2(i->op), d = i->d.kind == CG_REG ? i->d.reg : RAX;
    const uint32_t w = x64_w(i->op);
    const bool sign = i->op->mod & IR_MEM_SIGN;

    x64_fault_here(cg, i);
    if ((i->op->mod & IR_MEM_BSWAP) && log2) {
        const bool movbe = X64_HAS(MOVBE) && log2 >= 2;

        x64_rm(cg, (log2 == 3 ? X_W : 0) | (movbe ? X_MOVBE_LOAD : log2 == 1 ? X_MOVZX16 : 0x8b),
               movbe ? d : RAX, m);
        if (!movbe)
            x64_extend(cg, i->op, d, RAX, sign);
        else if (sign && log2 == 2 && w)
            x64_rr(cg, X_MOVSXD, d, d);
        return;
    }
    switch (log2) {
    case 0:
        x64_rm(cg, sign ? X_MOVSX8 | w : X_MOVZX8, d, m);
        break;
    case 1:
        x64_rm(cg, sign ? X_MOVSX16 | w : X_MOVZX16, d, m);
        break;
    case 2:
        x64_rm(cg, sign && w ? X_MOVSXD : 0x8b, d, m);
        break;
    default:
        x64_mov_rm(cg, X_W, d, m);
    }
}

/* PSHUFB masks that reverse the bytes of the low 2^log2 bytes' unit. */
static void swap_vec(struct cg *cg, unsigned log2, unsigned d, unsigned s)
{
    static const uint8_t mask[5] = {0, X64_K_REV8_16, X64_K_REV8_32, X64_K_REV8_64, X64_K_REV8_128};
    const struct x64_mem m = x64_constant(cg, mask[log2]);

    if (log2)
        x64_v3m(cg, V_PSHUFB, d, s, &m);
    else
        x64_movaps(cg, d, s);
}

static void load_vec(struct cg *cg, const struct cg_inst *i, const struct x64_mem *m)
{
    const unsigned log2 = x64_mem_log2(i->op), d = i->d.kind == CG_REG ? i->d.reg : X64_VSCRATCH0;
    const bool aligned = (i->op->mod & IR_MEM_ALIGN) && X64_HAS(AVX);

    x64_fault_here(cg, i);
    switch (log2) {
    case 0:
    case 1:
        x64_rm(cg, log2 ? X_MOVZX16 : X_MOVZX8, RAX, m);
        x64_v2(cg, V_MOVD, d, RAX);
        break;
    case 2:
        x64_v2m(cg, V_MOVD, d, m);
        break;
    case 3:
        x64_v2m(cg, V_MOVQ, d, m);
        break;
    default: /* SDM volume 3, 9.1.1: atomic where AVX is, if aligned */
        x64_v2m(cg, aligned ? V_MOVDQA : V_MOVDQU, d, m);
    }
    if (i->op->mod & IR_MEM_BSWAP)
        swap_vec(cg, log2, d, d);
}

/* Most accesses leave the flags alone; those that do not keep them aside where a later op needs them
 * (load and store are not flagged H_CLOBBERS). */
static bool changes_flags(const struct cg *cg, const struct ir_op *op)
{
    return (op->mod & (IR_MEM_ALIGN | IR_MEM_BSWAP | IR_MEM_ATOMIC | IR_MEM_SC)) || cg->mem_base;
}

static void save_flags(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem temp = x64_frame(X64_FRAME_FLAGS);

    if (!i->flags_live || !changes_flags(cg, i->op))
        return;
    x64_lahf(cg);
    x64_setcc(cg, CC_O, RAX);
    x64_mov_mr(cg, 0, &temp, RAX);
}

static void restore_flags(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem temp = x64_frame(X64_FRAME_FLAGS);

    if (!i->flags_live || !changes_flags(cg, i->op))
        return;
    x64_mov_rm(cg, 0, RAX, &temp);
    x64_restore_flags(cg);
}

static void emit_load(struct cg *cg, const struct cg_inst *i)
{
    struct x64_mem m;

    x64_check_align(cg, i);
    if (i->op->type == IR_V128 && (i->op->mod & IR_MEM_ATOMIC) && x64_mem_log2(i->op) == 4 &&
        !X64_HAS(AVX)) {
        x64_emit_load_pair_locked(cg, i);
        return;
    }
    m = x64_address(cg, i);
    if (i->op->type == IR_V128)
        load_vec(cg, i, &m);
    else
        load_int(cg, i, &m);
}

void x64_emit_load(struct cg *cg, const struct cg_inst *i)
{
    save_flags(cg, i);
    emit_load(cg, i);
    restore_flags(cg, i);
}

/* --- stores ----------------------------------------------------------------------------------------------- */

static bool needs_fence(const struct ir_op *op)
{
    return (op->mod & (IR_MEM_RELEASE | IR_MEM_SC)) == (IR_MEM_RELEASE | IR_MEM_SC);
}

static void full_fence(struct cg *cg)
{
    const struct x64_mem m = x64_frame(X64_FRAME_TEMP);

    x64_alu_mi(cg, X_LOCK, ALU_OR, &m, 0);
}

/* [m] = r, 2^log2 bytes */
static void store_reg(struct cg *cg, unsigned log2, const struct x64_mem *m, unsigned r)
{
    if (log2 == 0) {
        x64_rm(cg, X_BYTE | 0x88, r, m);
    } else {
        if (log2 == 1)
            x64_rm(cg, X_66 | 0x89, r, m);
        else
            x64_mov_mr(cg, log2 == 3 ? X_W : 0, m, r);
    }
}

static void store_imm(struct cg *cg, unsigned log2, struct x64_mem m, int32_t imm)
{
    switch (log2) {
    case 0:
        m.tail = 1;
        x64_rm(cg, 0xc6, 0, &m);
        x64_u8(cg, (uint8_t)imm);
        break;
    case 1:
        m.tail = 2;
        x64_rm(cg, X_66 | 0xc7, 0, &m);
        x64_u8(cg, (uint8_t)imm);
        x64_u8(cg, (uint8_t)(imm >> 8));
        break;
    default:
        x64_mov_mi(cg, log2 == 3 ? X_W : 0, &m, imm);
    }
}

static void store_int(struct cg *cg, const struct cg_inst *i, const struct x64_mem *m)
{
    const unsigned log2 = x64_mem_log2(i->op);
    const struct cg_operand *c = &i->a[2];
    const bool swap = (i->op->mod & IR_MEM_BSWAP) && log2;

    if (needs_fence(i->op) || swap) {
        x64_load_int(cg, i->op->type, RDX, c);
        if (swap)
            x64_swap_value(cg, log2, RDX);
        x64_fault_here(cg, i);
        if (needs_fence(i->op)) /* XCHG locks */
            x64_rm(cg, log2 == 0 ? X_BYTE | 0x86 : log2 == 1 ? X_66 | 0x87
                   : log2 == 3 ? X_W | 0x87 : 0x87, RDX, m);
        else
            store_reg(cg, log2, m, RDX);
    } else if (c->kind == CG_IMM && !c->sym && (log2 < 3 || c->imm == (int32_t)c->imm)) {
        x64_fault_here(cg, i);
        store_imm(cg, log2, *m, (int32_t)c->imm);
    } else {
        const unsigned r = x64_int(cg, i->op->type, c, RDX);

        x64_fault_here(cg, i);
        store_reg(cg, log2, m, r);
    }
}

static void store_vec(struct cg *cg, const struct cg_inst *i, const struct x64_mem *m)
{
    static const uint32_t ops[5] = {V_PEXTRB, V_PEXTRW_ST, V_MOVD_ST, V_MOVQ_ST, V_MOVDQU_ST};
    const unsigned log2 = x64_mem_log2(i->op);
    const bool aligned = (i->op->mod & IR_MEM_ALIGN) && X64_HAS(AVX);
    unsigned r = i->a[2].reg;

    if (i->op->mod & IR_MEM_BSWAP) {
        swap_vec(cg, log2, X64_VSCRATCH0, r);
        r = X64_VSCRATCH0;
    }
    x64_fault_here(cg, i);
    if (log2 < 2)
        x64_v2mi(cg, ops[log2], r, *m, 0);
    else
        x64_v2m(cg, log2 == 4 && aligned ? (uint32_t)V_MOVDQA_ST : ops[log2], r, m);
    if (needs_fence(i->op))
        full_fence(cg);
}

static void emit_store(struct cg *cg, const struct cg_inst *i)
{
    struct x64_mem m;

    x64_check_align(cg, i);
    if (i->op->type == IR_V128 && (i->op->mod & IR_MEM_ATOMIC) && x64_mem_log2(i->op) == 4 &&
        !X64_HAS(AVX)) {
        x64_emit_store_pair_locked(cg, i);
        return;
    }
    m = x64_address(cg, i);
    if (i->op->type == IR_V128)
        store_vec(cg, i, &m);
    else
        store_int(cg, i, &m);
}

void x64_emit_store(struct cg *cg, const struct cg_inst *i)
{
    save_flags(cg, i);
    emit_store(cg, i);
    restore_flags(cg, i);
}

void x64_emit_fence(struct cg *cg, const struct cg_inst *i)
{
    if ((i->op->mod & 3) == IR_FENCE_FULL)
        full_fence(cg);
}
