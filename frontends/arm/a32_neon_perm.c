/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 Advanced SIMD: permutations, table look-up, duplication, modified immediates
 * (ARM ARM F6.1).  UNPREDICTABLE: a table beyond D31 is UNDEFINED; with one register for both operands
 * VTRN, VUZP and VZIP leave the first result there.
 */
#include "frontends/arm/a32_neon.h"

/* VEXT.8 Qd, Qn, Qm, #imm; Dd, Dn, Dm, #imm */
TRANS(VEXT)
{
    if (!a32_dq_ok(s, a->q, D_VD | D_VN, D_VM) || (!a->q && a->imm4 > 7)) {
        return false;
    }
    ir_ref n = a32_dq(s, a->q, D_VN), m = a32_dq(s, a->q, D_VM);
    if (!a->q) {
        n = m = ir_vzip1(s->ir, IR_LANE_D, n, m);
    }
    a32_put_dq(s, a->q, D_VD, ir_vext(s->ir, IR_LANE_B, n, m, a->imm4));
    return true;
}

/* VTBL, VTBX.8 Dd, <list>, Dm.  Two D registers are one table of the op's. */
TRANS(VTBL)
{
    const unsigned n = a->len + 1;
    struct ir *ir = s->ir;
    if (D_VN + n > 32 || !a32_dq_ok(s, 0, D_VD | D_VM, D_VN + n - 1)) {
        return false;
    }
    const ir_ref index = a32_d(s, D_VM);
    ir_ref v = 0;
    for (unsigned k = 0; k < n; k += 2) {
        const ir_ref low = a32_d(s, D_VN + k);
        const ir_ref table = k + 1 < n ? ir_vzip1(ir, IR_LANE_D, low, a32_d(s, D_VN + k + 1))
                                       : ir_vzext(ir, IR_LANE_D, low);
        const ir_ref at = k ? ir_vsub(ir, IR_LANE_B, index, neon_const(s, IR_LANE_B, 16)) : index;
        const ir_ref part = ir_vtbl(ir, IR_LANE_B, table, at);
        v = v ? ir_vor(ir, IR_LANE_B, v, part) : part;
    }
    if (a->x) {
        const ir_ref found = ir_vcmphi(ir, IR_LANE_B, neon_const(s, IR_LANE_B, 8 * n), index);
        v = ir_vbsl(ir, IR_LANE_B, found, v, a32_d(s, D_VD));
    }
    a32_put_d(s, D_VD, v);
    return true;
}

/* VDUP.<size> Qd, Dm[x]; Dd, Dm[x] */
TRANS(VDUP_e)
{
    const unsigned size = a->imm4 & 1 ? 0 : a->imm4 & 2 ? 1 : 2;
    if (!(a->imm4 & 7) || !a32_dq_ok(s, a->q, D_VD, 0) || !a32_dq_ok(s, 0, D_VM, 0)) {
        return false;
    }
    const ir_ref m = a32_d(s, D_VM);
    a32_put_dq(s, a->q, D_VD, ir_vdupl(s->ir, (uint8_t)size, m, a->imm4 >> (size + 1)));
    return true;
}

/* --- exchanges between two registers: <op>.<size> Qd, Qm; Dd, Dm ------------------------------------- */

typedef struct a32_args_d_m_q_size_vd_vm exchange_args;

static bool exchange_ok(const struct a32_lift *s, const exchange_args *a, unsigned largest)
{
    return a->size <= largest && a32_dq_ok(s, a->q, D_VD, D_VM);
}

static bool put_both(struct a32_lift *s, const exchange_args *a, ir_ref d, ir_ref m)
{
    a32_put_dq(s, a->q, D_VM, m);
    a32_put_dq(s, a->q, D_VD, d);
    return true;
}

TRANS(VSWP)
{
    if (!exchange_ok(s, a, 0)) {
        return false;
    }
    const ir_ref d = a32_dq(s, a->q, D_VD);
    return put_both(s, a, a32_dq(s, a->q, D_VM), d);
}

TRANS(VTRN)
{
    if (!exchange_ok(s, a, IR_LANE_S)) {
        return false;
    }
    const ir_ref d = a32_dq(s, a->q, D_VD), m = a32_dq(s, a->q, D_VM);
    return put_both(s, a, ir_vtrn1(s->ir, (uint8_t)a->size, d, m),
                    ir_vtrn2(s->ir, (uint8_t)a->size, d, m));
}

TRANS(VUZP)
{
    if (!exchange_ok(s, a, a->q ? IR_LANE_S : IR_LANE_H)) {
        return false;
    }
    ir_ref d = a32_dq(s, a->q, D_VD), m = a32_dq(s, a->q, D_VM);
    if (!a->q) {
        d = m = ir_vzip1(s->ir, IR_LANE_D, d, m);
    }
    return put_both(s, a, ir_vuzp1(s->ir, (uint8_t)a->size, d, m),
                    ir_vuzp2(s->ir, (uint8_t)a->size, d, m));
}

TRANS(VZIP)
{
    if (!exchange_ok(s, a, a->q ? IR_LANE_S : IR_LANE_H)) {
        return false;
    }
    const ir_ref d = a32_dq(s, a->q, D_VD), m = a32_dq(s, a->q, D_VM);
    const ir_ref low = ir_vzip1(s->ir, (uint8_t)a->size, d, m);
    return put_both(s, a, low, a->q ? ir_vzip2(s->ir, (uint8_t)a->size, d, m)
                                    : ir_vhi64(s->ir, IR_LANE_D, low));
}

/* --- modified immediate (AdvSIMDExpandImm) -------------------------------------------------------------- */

/* The 64 bits of cmode 1110 and 1111; false if reserved. */
static bool expand_last(unsigned cmode, unsigned op, uint64_t imm8, uint64_t *bits)
{
    uint64_t spread = 0;
    for (unsigned k = 0; k < 8; k++) {
        spread |= imm8 >> k & 1 ? UINT64_C(0xff) << (8 * k) : 0;
    }
    if (cmode == 15) {
        *bits = a64_fp_imm(IR_LANE_S, (unsigned)imm8) * UINT64_C(0x100000001);
        return !op;
    }
    *bits = op ? spread : imm8 * UINT64_C(0x0101010101010101);
    return true;
}

static bool expand(unsigned cmode, unsigned op, uint64_t imm8, uint64_t *bits)
{
    if (cmode < 8) {
        *bits = (imm8 << (cmode >> 1) * 8) * UINT64_C(0x100000001);
    } else if (cmode < 12) {
        *bits = (imm8 << (cmode >> 1 & 1) * 8) * UINT64_C(0x0001000100010001);
    } else if (cmode < 14) {
        *bits = (cmode & 1 ? imm8 << 16 | 0xffff : imm8 << 8 | 0xff) * UINT64_C(0x100000001);
    } else {
        return expand_last(cmode, op, imm8, bits);
    }
    return true;
}

/* VMOV, VMVN, VORR, VBIC.<dt> Qd, #imm; Dd, #imm */
TRANS(VMOV_n)
{
    uint64_t bits;
    const bool combines = a->cmode < 12 && a->cmode & 1;
    if (!expand(a->cmode, a->op, a->i << 7 | a->imm3 << 4 | a->imm4, &bits) ||
        !a32_dq_ok(s, a->q, D_VD, 0)) {
        return false;
    }
    if (!combines && a->op && a->cmode != 14) {
        bits = ~bits;
    }
    ir_ref v = ir_vconst(s->ir, bits, bits);
    if (combines) {
        v = (a->op ? ir_vandn : ir_vor)(s->ir, IR_LANE_B, a32_dq(s, a->q, D_VD), v);
    }
    a32_put_dq(s, a->q, D_VD, v);
    return true;
}
