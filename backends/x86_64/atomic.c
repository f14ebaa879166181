/* SPDX-License-Identifier: MIT */
/*
 * Atomic read-modify-write, compare-and-swap and exclusives.  The host address is in RCX, values in
 * RAX and RDX.  Includes mem.h.
 *
 * CMPXCHG16B has five fixed registers, RBX among them, which is allocated.  While it runs RBX holds
 * the low half of the new value and RDI the address; their own values are in the frame, and
 * x64_frame_int() finds them there if the instruction faults.
 */
#include "backends/x86_64/mem.h"
#include "backends/x86_64/vec.h"

/* An operation on registers of 2^log2 bytes; op: its word for 8 bits and for more. */
static void sized_rr(struct cg *cg, unsigned log2, uint32_t op8, uint32_t op, unsigned reg, unsigned rm)
{
    if (log2 == 0)
        x64_rr(cg, op8 | X_BYTE, reg, rm);
    else
        x64_rr(cg, op | (log2 == 1 ? X_66 : log2 == 3 ? X_W : 0), reg, rm);
}
static void sized_rm(struct cg *cg, unsigned log2, uint32_t op8, uint32_t op, unsigned reg,
                     const struct x64_mem *m)
{
    if (log2 == 0)
        x64_rm(cg, op8 | X_BYTE, reg, m);
    else
        x64_rm(cg, op | (log2 == 1 ? X_66 : log2 == 3 ? X_W : 0), reg, m);
}

static void cmpxchg(struct cg *cg, unsigned log2, const struct x64_mem *m, unsigned r)
{
    sized_rm(cg, log2, X_CMPXCHG8, X_CMPXCHG, r, m);
}

/* RAX = [RCX], zero extended, as it lies in memory. */
static void load_sized(struct cg *cg, unsigned log2)
{
    const struct x64_mem m = x64_at(RCX, 0);

    x64_rm(cg, log2 == 0 ? X_MOVZX8 : log2 == 1 ? X_MOVZX16 : log2 == 3 ? X_W | 0x8b : 0x8b, RAX, &m);
}

/* --- read-modify-write ---------------------------------------------------------------------------------- */

/* RDX = the new value, from the old one in RDX and the operand in r. */
static void combine(struct cg *cg, const struct ir_op *op, unsigned r)
{
    static const uint8_t keep[4] = {CC_GE, CC_LE, CC_AE, CC_BE}; /* SMAX SMIN UMAX UMIN */
    const unsigned log2 = x64_mem_log2(op);

    switch (op->lane) {
    case IR_RMW_ADD:
        x64_alu_rr(cg, X_W, ALU_ADD, RDX, r);
        break;
    case IR_RMW_CLR: /* a & ~b = ~(~a | b) */
        x64_rr(cg, X_W | 0xf7, 2, RDX);
        x64_alu_rr(cg, X_W, ALU_OR, RDX, r);
        x64_rr(cg, X_W | 0xf7, 2, RDX);
        break;
    case IR_RMW_EOR:
        x64_alu_rr(cg, X_W, ALU_XOR, RDX, r);
        break;
    case IR_RMW_SET:
        x64_alu_rr(cg, X_W, ALU_OR, RDX, r);
        break;
    case IR_RMW_SWP:
        x64_mov_rr(cg, X_W, RDX, r);
        break;
    default:
        sized_rr(cg, log2, 0x3a, 0x3b, RDX, r); /* CMP */
        x64_cmov(cg, X_W, keep[op->lane - IR_RMW_SMAX] ^ 1, RDX, r);
    }
}

static void rmw_loop(struct cg *cg, const struct cg_inst *i)
{
    const unsigned log2 = x64_mem_log2(i->op);
    const struct x64_mem m = x64_at(RCX, 0);
    const bool swap = (i->op->mod & IR_MEM_BSWAP) && log2;
    struct cg_label again = {0};

    x64_fault_here(cg, i);
    load_sized(cg, log2);
    x64_bind(cg, &again);
    x64_mov_rr(cg, X_W, RDX, RAX);
    if (swap)
        x64_swap_value(cg, log2, RDX);
    combine(cg, i->op, i->a[2].reg);
    if (swap)
        x64_swap_value(cg, log2, RDX);
    x64_fault_here(cg, i);
    cmpxchg(cg, log2, &m, RDX);
    x64_jcc(cg, CC_NE, &again);
}

/* RAX = the old value, by XADD or XCHG. */
static void rmw_single(struct cg *cg, const struct cg_inst *i)
{
    const unsigned log2 = x64_mem_log2(i->op);
    const struct x64_mem m = x64_at(RCX, 0);
    const bool add = i->op->lane == IR_RMW_ADD;

    x64_mov_rr(cg, X_W, RAX, i->a[2].reg);
    x64_fault_here(cg, i);
    if (add)
        sized_rm(cg, log2, X_XADD8, X_XADD, RAX, &m);
    else
        sized_rm(cg, log2, 0x86, 0x87, RAX, &m);
}

/* Nobody wants the old value: a locked ADD, OR, XOR or AND. */
static void rmw_blind(struct cg *cg, const struct cg_inst *i)
{
    const unsigned log2 = x64_mem_log2(i->op);
    const struct x64_mem m = x64_at(RCX, 0);
    unsigned r = i->a[2].reg;
    enum x64_alu k = ALU_ADD;

    switch (i->op->lane) {
    case IR_RMW_CLR:
        x64_mov_rr(cg, X_W, RAX, r);
        x64_rr(cg, X_W | 0xf7, 2, RAX);
        r = RAX;
        k = ALU_AND;
        break;
    case IR_RMW_EOR:
        k = ALU_XOR;
        break;
    case IR_RMW_SET:
        k = ALU_OR;
        break;
    default:
        break;
    }
    x64_fault_here(cg, i);
    sized_rm(cg, log2, X_LOCK | (uint32_t)k << 3, X_LOCK | 1u | (uint32_t)k << 3, r, &m);
}

static void rmw16(struct cg *cg, const struct cg_inst *i);

void x64_emit_rmw(struct cg *cg, const struct cg_inst *i)
{
    const bool swap = (i->op->mod & IR_MEM_BSWAP) && x64_mem_log2(i->op);

    x64_check_align(cg, i);
    x64_guest_address(cg, i);
    x64_host_address(cg);
    if (x64_mem_log2(i->op) == 4) {
        rmw16(cg, i);
        return;
    }
    if (!swap && i->d.kind == CG_NONE && i->op->lane <= IR_RMW_SET) {
        rmw_blind(cg, i);
        return;
    }
    if (!swap && (i->op->lane == IR_RMW_ADD || i->op->lane == IR_RMW_SWP))
        rmw_single(cg, i);
    else
        rmw_loop(cg, i);
    if (i->d.kind == CG_REG)
        x64_extend(cg, i->op, i->d.reg, RAX, false);
}

/* --- compare and swap ---------------------------------------------------------------------------------------- */

/* Half `high` of vector v to register r; SSE4.1's PEXTRQ. */
static void vec_half(struct cg *cg, unsigned r, unsigned v, bool high)
{
    if (high)
        x64_v2i(cg, V_PEXTRD | X_W, v, r, 1);
    else
        x64_v2(cg, V_MOVD_ST | X_W, v, r);
}

/* Vector d = RDX:RAX. */
static void vec_from_pair(struct cg *cg, unsigned d)
{
    x64_v2(cg, V_MOVD | X_W, d, RAX);
    x64_v3i(cg, V_PINSRD | X_W, d, d, RDX, 1);
}

static void save_pair_regs(struct cg *cg, bool restore)
{
    const struct x64_mem rbx = x64_frame(X64_FRAME_PAIR_RBX), rdi = x64_frame(X64_FRAME_PAIR_RDI);

    if (restore) {
        x64_mov_rm(cg, X_W, RBX, &rbx);
        x64_mov_rm(cg, X_W, RDI, &rdi);
    } else {
        x64_mov_mr(cg, X_W, &rbx, RBX);
        x64_mov_mr(cg, X_W, &rdi, RDI);
    }
}

/* CMPXCHG16B [RCX], expected RDX:RAX, new value in vector v; then RDX:RAX is the old one, ZF success. */
static void cmpxchg16(struct cg *cg, const struct cg_inst *i, unsigned v)
{
    const struct x64_mem m = x64_at(RDI, 0);

    save_pair_regs(cg, false);
    x64_mov_rr(cg, X_W, RDI, RCX);
    vec_half(cg, RBX, v, false);
    vec_half(cg, RCX, v, true);
    x64_fault_here(cg, i);
    x64_rm(cg, X_CMPXCHG16, 1, &m);
    save_pair_regs(cg, true);
}

/* d = s in memory's byte order, or back. */
static unsigned swapped(struct cg *cg, const struct ir_op *op, unsigned d, unsigned s)
{
    const struct x64_mem mask = x64_constant(cg, X64_K_REV8_128);

    if (!(op->mod & IR_MEM_BSWAP))
        return s;
    x64_v3m(cg, V_PSHUFB, d, s, &mask);
    return d;
}

/* The result, RDX:RAX. */
static void result16(struct cg *cg, const struct cg_inst *i)
{
    if (i->d.kind != CG_REG)
        return;
    vec_from_pair(cg, i->d.reg);
    swapped(cg, i->op, i->d.reg, i->d.reg);
}

static void cas16(struct cg *cg, const struct cg_inst *i)
{
    const unsigned expected = swapped(cg, i->op, X64_VSCRATCH0, i->a[1].reg);

    vec_half(cg, RAX, expected, false);
    vec_half(cg, RDX, expected, true);
    cmpxchg16(cg, i, swapped(cg, i->op, X64_VSCRATCH0, i->a[2].reg));
    result16(cg, i);
}

/* T0 = the new value from the old one, RDX:RAX; SWP, CLR and SET alone have 16 bytes (FEAT_LSE128). */
static unsigned combine16(struct cg *cg, const struct cg_inst *i, unsigned r)
{
    if (i->op->lane == IR_RMW_SWP)
        return r;
    vec_from_pair(cg, X64_VSCRATCH0);
    if (i->op->lane == IR_RMW_CLR) { /* ~operand & old */
        x64_movaps(cg, X64_VSCRATCH1, r);
        x64_v3(cg, V_PANDN, X64_VSCRATCH1, X64_VSCRATCH1, X64_VSCRATCH0);
        return X64_VSCRATCH1;
    }
    x64_v3(cg, i->op->lane == IR_RMW_EOR ? V_PXOR : V_POR, X64_VSCRATCH0, X64_VSCRATCH0, r);
    return X64_VSCRATCH0;
}

static void rmw16(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem save = x64_frame(X64_FRAME_TEMP);
    struct cg_label again = {0};

    x64_mov_mr(cg, X_W, &save, RCX);
    x64_mov_ri(cg, RAX, 0);
    x64_mov_ri(cg, RDX, 0);
    x64_bind(cg, &again);
    x64_mov_rm(cg, X_W, RCX, &save);
    /* X64_VSCRATCH1 may be the swapped operand: made anew each time round */
    cmpxchg16(cg, i, combine16(cg, i, swapped(cg, i->op, X64_VSCRATCH1, i->a[2].reg)));
    x64_jcc(cg, CC_NE, &again);
    result16(cg, i);
}

void x64_emit_cas(struct cg *cg, const struct cg_inst *i)
{
    const unsigned log2 = x64_mem_log2(i->op);
    const struct x64_mem m = x64_at(RCX, 0);
    const bool swap = (i->op->mod & IR_MEM_BSWAP) && log2;
    unsigned r = i->a[2].reg;

    x64_check_align(cg, i);
    x64_guest_address(cg, i);
    x64_host_address(cg);
    if (log2 == 4) {
        cas16(cg, i);
        return;
    }
    x64_mov_rr(cg, X_W, RAX, i->a[1].reg);
    if (swap) {
        x64_swap_value(cg, log2, RAX);
        x64_mov_rr(cg, X_W, RDX, r);
        x64_swap_value(cg, log2, RDX);
        r = RDX;
    }
    x64_fault_here(cg, i);
    cmpxchg(cg, log2, &m, r);
    if (i->d.kind == CG_REG)
        x64_extend(cg, i->op, i->d.reg, RAX, false);
}

/* 16 bytes at once without AVX: by CMPXCHG16B, which also writes.  It must be aligned, as atomic
 * accesses are; others are plain.  RCX holds the address.  Returns the jump of the unaligned. */
static uint8_t *pair_address(struct cg *cg, const struct cg_inst *i)
{
    x64_guest_address(cg, i);
    x64_host_address(cg);
    x64_test_ri(cg, 0, RCX, 15);
    return x64_jcc8(cg, CC_NE);
}

void x64_emit_load_pair_locked(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem m = x64_at(RCX, 0);
    uint8_t *plain = pair_address(cg, i), *done;

    x64_mov_ri(cg, RAX, 0);
    x64_mov_ri(cg, RDX, 0);
    x64_zero(cg, X64_VSCRATCH0);
    cmpxchg16(cg, i, X64_VSCRATCH0);
    vec_from_pair(cg, X64_VSCRATCH0);
    done = x64_jcc8(cg, CC_ALWAYS);
    x64_here8(cg, plain);
    x64_fault_here(cg, i);
    x64_v2m(cg, V_MOVDQU, X64_VSCRATCH0, &m);
    x64_here8(cg, done);
    if (i->d.kind == CG_REG)
        x64_movaps(cg, i->d.reg, swapped(cg, i->op, X64_VSCRATCH0, X64_VSCRATCH0));
}

void x64_emit_store_pair_locked(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem save = x64_frame(X64_FRAME_TEMP), m = x64_at(RCX, 0);
    const unsigned r = swapped(cg, i->op, X64_VSCRATCH0, i->a[2].reg);
    uint8_t *plain = pair_address(cg, i), *done;
    struct cg_label again = {0};

    x64_mov_ri(cg, RAX, 0);
    x64_mov_ri(cg, RDX, 0);
    x64_mov_mr(cg, X_W, &save, RCX);
    x64_bind(cg, &again);
    x64_mov_rm(cg, X_W, RCX, &save);
    cmpxchg16(cg, i, r);
    x64_jcc(cg, CC_NE, &again);
    done = x64_jcc8(cg, CC_ALWAYS);
    x64_here8(cg, plain);
    x64_fault_here(cg, i);
    x64_v2m(cg, V_MOVDQU_ST, r, &m);
    x64_here8(cg, done);
}

/* --- exclusives ------------------------------------------------------------------------------------------------- */

void x64_emit_clear_excl(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem m = X64_CPU(excl_addr);

    (void)i;
    x64_mov_mi(cg, X_W, &m, -1);
}

/* The monitor: RCX holds the guest address. */
static void set_monitor(struct cg *cg, unsigned log2)
{
    const struct x64_mem addr = X64_CPU(excl_addr), size = X64_CPU(excl_size);

    x64_mov_mr(cg, X_W, &addr, RCX);
    x64_mov_mi(cg, 0, &size, (int32_t)log2);
}

/* Without AVX the load may be torn: then the store's comparison fails, and without a store that
 * succeeds a guest may not rely on the pair (ARM ARM B2.2.1).  CMPXCHG16B would fault in memory that
 * is read-only. */
static void load_excl16(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem val = X64_CPU(excl_val), host = x64_at(RCX, 0);

    x64_host_address(cg);
    x64_fault_here(cg, i);
    x64_v2m(cg, V_MOVDQA, X64_VSCRATCH0, &host);
    x64_v2m(cg, V_MOVAPS_ST, X64_VSCRATCH0, &val);
    x64_guest_address(cg, i);
    set_monitor(cg, 4);
    if (i->d.kind == CG_REG)
        x64_movaps(cg, i->d.reg, swapped(cg, i->op, X64_VSCRATCH0, X64_VSCRATCH0));
}

void x64_emit_load_excl(struct cg *cg, const struct cg_inst *i)
{
    const unsigned log2 = x64_mem_log2(i->op);
    const struct x64_mem val = X64_CPU(excl_val), host = x64_at(RCX, 0);

    x64_check_align(cg, i);
    x64_guest_address(cg, i);
    if (log2 == 4) {
        load_excl16(cg, i);
        return;
    }
    if (cg->mem_base) { /* the guest address is needed again */
        struct x64_mem m = host;
        const struct x64_mem base = X64_CPU(mem_base);

        x64_mov_rm(cg, X_W, RDX, &base);
        m.index = RDX;
        x64_fault_here(cg, i);
        x64_rm(cg, log2 == 0 ? X_MOVZX8 : log2 == 1 ? X_MOVZX16 : log2 == 3 ? X_W | 0x8b : 0x8b,
               RAX, &m);
    } else {
        x64_fault_here(cg, i);
        load_sized(cg, log2);
    }
    set_monitor(cg, log2);
    x64_mov_mr(cg, X_W, &val, RAX);
    if (i->op->type == IR_V128) {
        if (i->op->mod & IR_MEM_BSWAP)
            x64_swap_value(cg, log2, RAX);
        if (i->d.kind == CG_REG)
            x64_v2(cg, V_MOVD | X_W, i->d.reg, RAX);
    } else if (i->d.kind == CG_REG) {
        x64_extend(cg, i->op, i->d.reg, RAX, i->op->mod & IR_MEM_SIGN);
    }
}

/* EDX = 0 if the value was stored, else 1. */
static void store_if_equal(struct cg *cg, const struct cg_inst *i)
{
    const unsigned log2 = x64_mem_log2(i->op);
    const struct x64_mem val = X64_CPU(excl_val), host = x64_at(RCX, 0);
    struct x64_mem high = val;
    unsigned r = i->a[2].reg;

    x64_host_address(cg);
    x64_mov_rm(cg, X_W, RAX, &val);
    if (log2 == 4) {
        high.disp += 8;
        x64_mov_rm(cg, X_W, RDX, &high);
        cmpxchg16(cg, i, swapped(cg, i->op, X64_VSCRATCH0, r));
        x64_setcc(cg, CC_NE, RDX);
        x64_movzx8(cg, RDX, RDX);
        return;
    }
    if (i->op->type == IR_V128) { /* a pair of words as one value */
        x64_v2(cg, V_MOVD_ST | X_W, r, RDX);
        if (i->op->mod & IR_MEM_BSWAP)
            x64_swap_value(cg, log2, RDX);
        r = RDX;
    } else if ((i->op->mod & IR_MEM_BSWAP) && log2) {
        x64_mov_rr(cg, X_W, RDX, r);
        x64_swap_value(cg, log2, RDX);
        r = RDX;
    }
    x64_fault_here(cg, i);
    cmpxchg(cg, log2, &host, r);
    x64_setcc(cg, CC_NE, RDX);
    x64_movzx8(cg, RDX, RDX);
}

void x64_emit_store_excl(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem addr = X64_CPU(excl_addr), size = X64_CPU(excl_size);
    struct cg_label no = {0};

    x64_check_align(cg, i);
    x64_guest_address(cg, i);
    x64_mov_ri(cg, RDX, 1);
    x64_alu_rm(cg, X_W, ALU_CMP, RCX, &addr);
    x64_jcc(cg, CC_NE, &no);
    x64_alu_mi(cg, 0, ALU_CMP, &size, (int32_t)x64_mem_log2(i->op));
    x64_jcc(cg, CC_NE, &no);
    store_if_equal(cg, i);
    x64_bind(cg, &no);
    x64_mov_mi(cg, X_W, &addr, -1);
    if (i->d.kind == CG_REG)
        x64_mov_rr(cg, 0, i->d.reg, RDX);
}
