/* SPDX-License-Identifier: MIT */
/*
 * Advanced SIMD data movement (ARM ARM C7.2; encodings C4.1.96): zip and its kin, EXT, table
 * look-ups, copies of elements, modified immediates.
 */
#include "frontends/arm/a64_simd.h"

/* --- permute: <op> Vd.T, Vn.T, Vm.T ----------------------------------------------------------- */

/* Operations on whole registers do for 64 bits if both halves are put side by side first.  For
 * ZIP2 the result of ZIP1 holds what is asked for in its upper half. */
static bool zip(struct a64_lift *s, const struct a64_args_q_rd_rm_rn_size *a, bool second)
{
    const uint8_t lane = a64_vlane(a->q, a->size, SIZE_BHSD);
    if (lane == A64_RESERVED) {
        return false;
    }
    const ir_ref n = a64_v(s, a->rn), m = a64_v(s, a->rm);
    ir_ref v;
    if (second && a->q) {
        v = ir_vzip2(s->ir, lane & 3, n, m);
    } else {
        v = ir_vzip1(s->ir, lane & 3, n, m);
        v = second ? ir_vhi64(s->ir, IR_LANE_D, v) : v;
    }
    a64_put_lane(s, a->rd, lane, v);
    return true;
}
TRANS(ZIP1_v) { return zip(s, a, false); }
TRANS(ZIP2_v) { return zip(s, a, true); }

static bool unzip(struct a64_lift *s, const struct a64_args_q_rd_rm_rn_size *a, a64_op2 *op)
{
    const uint8_t lane = a64_vlane(a->q, a->size, SIZE_BHSD);
    if (lane == A64_RESERVED) {
        return false;
    }
    ir_ref n = a64_v(s, a->rn), m = a64_v(s, a->rm);
    if (!a->q) {
        n = m = ir_vzip1(s->ir, IR_LANE_D, n, m);
    }
    a64_put_lane(s, a->rd, lane, op(s->ir, lane & 3, n, m));
    return true;
}
TRANS(UZP1_v) { return unzip(s, a, ir_vuzp1); }
TRANS(UZP2_v) { return unzip(s, a, ir_vuzp2); }

TRANS(TRN1_v)
{
    return a64_do_nm(s, a64_vlane(a->q, a->size, SIZE_BHSD), a->rd, a->rn, a->rm, ir_vtrn1);
}
TRANS(TRN2_v)
{
    return a64_do_nm(s, a64_vlane(a->q, a->size, SIZE_BHSD), a->rd, a->rn, a->rm, ir_vtrn2);
}

/* EXT Vd.T, Vn.T, Vm.T, #index (C7.2.43) */
TRANS(EXT_v)
{
    ir_ref n = a64_v(s, a->rn), m = a64_v(s, a->rm);
    if (!a->q) {
        if (a->imm4 & 8) {
            return false;
        }
        n = m = ir_vzip1(s->ir, IR_LANE_D, n, m);
    }
    a64_put_v_q(s, a->q, a->rd, ir_vext(s->ir, IR_LANE_B, n, m, a->imm4));
    return true;
}

/* --- TBL, TBX Vd.Ta, {Vn.16B ... Vn+len.16B}, Vm.Ta ------------------------------------------- */

/* Indices of the next register are those of the last less 16; what was below wraps around to an
 * index out of range. */
static bool table(struct a64_lift *s, const struct a64_args_len_q_rd_rm_rn *a, bool keep)
{
    ir_ref index = a64_v(s, a->rm), v = a64_v(s, a->rn);
    v = keep ? ir_vtbx(s->ir, IR_LANE_B, a64_v(s, a->rd), v, index)
             : ir_vtbl(s->ir, IR_LANE_B, v, index);
    for (unsigned k = 1; k <= a->len; k++) {
        index = ir_vsub(s->ir, IR_LANE_B, index, a64_vdup_const(s, IR_LANE_B, 16));
        v = ir_vtbx(s->ir, IR_LANE_B, v, a64_v(s, (a->rn + k) % 32), index);
    }
    a64_put_v_q(s, a->q, a->rd, v);
    return true;
}
TRANS(TBL_v) { return table(s, a, false); }
TRANS(TBX_v) { return table(s, a, true); }

/* --- copies ----------------------------------------------------------------------------------- */

/* imm5: its lowest set bit is the element size, what is above it the index; -1: reserved. */
static int element_size(unsigned imm5)
{
    return imm5 & 1 ? 0 : imm5 & 2 ? 1 : imm5 & 4 ? 2 : imm5 & 8 ? 3 : -1;
}

/* DUP Vd.T, Vn.Ts[index] */
TRANS(DUP_ve)
{
    const int size = element_size(a->imm5);
    if (size < 0 || (size == IR_LANE_D && !a->q)) {
        return false;
    }
    const ir_ref v = ir_vdupl(s->ir, (uint8_t)size, a64_v(s, a->rn), a->imm5 >> (size + 1));
    a64_put_v_q(s, a->q, a->rd, v);
    return true;
}

/* DUP Vd, Vn.T[index]; the alias MOV */
TRANS(DUP_se)
{
    const int size = element_size(a->imm5);
    if (size < 0) {
        return false;
    }
    const unsigned index = a->imm5 >> (size + 1);
    ir_ref v = a64_v(s, a->rn);
    if (index) {
        v = ir_vdupl(s->ir, (uint8_t)size, v, index);
    }
    a64_put_v_scalar(s, a->rd, (uint8_t)size, v);
    return true;
}

/* DUP Vd.T, Rn */
TRANS(DUP_vx)
{
    const int size = element_size(a->imm5);
    if (size < 0 || (size == IR_LANE_D && !a->q)) {
        return false;
    }
    const unsigned sf = size == IR_LANE_D;
    const ir_ref v = ir_vdup(s->ir, a64_type(sf), (uint8_t)size, a64_r(s, sf, a->rn));
    a64_put_v_q(s, a->q, a->rd, v);
    return true;
}

/* SMOV Wd, Vn.Ts[index]; SMOV Xd, Vn.Ts[index] */
TRANS(SMOV_xv)
{
    const int size = element_size(a->imm5);
    if (size < 0 || size >= (a->q ? IR_LANE_D : IR_LANE_S)) {
        return false;
    }
    const ir_ref x = ir_vtois(s->ir, a64_type(a->q), (uint8_t)size, a64_v(s, a->rn),
                              a->imm5 >> (size + 1));
    a64_put_r(s, a->q, a->rd, x);
    return true;
}

/* UMOV Wd, Vn.Ts[index]; UMOV Xd, Vn.D[index] */
TRANS(UMOV_xv)
{
    const int size = element_size(a->imm5);
    if (size < 0 || (size == IR_LANE_D) != a->q) {
        return false;
    }
    const ir_ref x = ir_vtoi(s->ir, a64_type(a->q), (uint8_t)size, a64_v(s, a->rn),
                             a->imm5 >> (size + 1));
    a64_put_r(s, a->q, a->rd, x);
    return true;
}

/* INS Vd.Ts[index], Rn */
TRANS(INS_vx)
{
    const int size = element_size(a->imm5);
    if (size < 0) {
        return false;
    }
    const unsigned sf = size == IR_LANE_D;
    a64_put_v(s, a->rd, ir_vins(s->ir, a64_type(sf), (uint8_t)size, a64_v(s, a->rd),
                                a64_r(s, sf, a->rn), a->imm5 >> (size + 1)));
    return true;
}

/* INS Vd.Ts[index1], Vn.Ts[index2] */
TRANS(INS_ve)
{
    const int size = element_size(a->imm5);
    if (size < 0) {
        return false;
    }
    a64_put_v(s, a->rd, ir_vinsl(s->ir, (uint8_t)size, a64_v(s, a->rd), a64_v(s, a->rn),
                                 a->imm5 >> (size + 1), a->imm4 >> size));
    return true;
}

/* --- modified immediate: AdvSIMDExpandImm ----------------------------------------------------- */

#define IMM8 (a->abc << 5 | a->defgh)

static bool put_imm(struct a64_lift *s, unsigned q, unsigned rd, uint8_t lane, uint64_t bits)
{
    a64_put_v_q(s, q, rd, a64_vdup_const(s, lane, bits));
    return true;
}

/* MOVI, MVNI Vd.T, #imm8, LSL #amount and MSL #amount; MOVI Vd.T, #imm8 */
TRANS(MOVI_s)
{
    const uint32_t imm = IMM8 << (8 * a->sh);
    return put_imm(s, a->q, a->rd, IR_LANE_S, a->op ? ~imm : imm);
}
TRANS(MOVI_h)
{
    const uint32_t imm = IMM8 << (8 * a->sh);
    return put_imm(s, a->q, a->rd, IR_LANE_H, a->op ? ~imm : imm);
}
TRANS(MOVI_m)
{
    const uint32_t imm = a->sh ? IMM8 << 16 | 0xffff : IMM8 << 8 | 0xff;
    return put_imm(s, a->q, a->rd, IR_LANE_S, a->op ? ~imm : imm);
}
TRANS(MOVI_b) { return put_imm(s, a->q, a->rd, IR_LANE_B, IMM8); }

/* MOVI Dd, #imm; MOVI Vd.2D, #imm: each bit of imm8 is a byte */
TRANS(MOVI_d)
{
    uint64_t bits = 0;
    for (unsigned k = 0; k < 8; k++) {
        bits |= IMM8 >> k & 1 ? UINT64_C(0xff) << (8 * k) : 0;
    }
    return put_imm(s, a->q, a->rd, IR_LANE_D, bits);
}

/* ORR, BIC Vd.T, #imm8, LSL #amount */
static bool or_imm(struct a64_lift *s, const struct a64_args_abc_defgh_op_q_rd_sh *a, uint8_t lane)
{
    const ir_ref imm = a64_vdup_const(s, lane, IMM8 << (8 * a->sh)), d = a64_v(s, a->rd);
    a64_put_v_q(s, a->q, a->rd,
                a->op ? ir_vandn(s->ir, lane, d, imm) : ir_vor(s->ir, lane, d, imm));
    return true;
}
TRANS(ORR_vis) { return or_imm(s, a, IR_LANE_S); }
TRANS(ORR_vih) { return or_imm(s, a, IR_LANE_H); }

/* FMOV Vd.T, #imm */
TRANS(FMOV_vis) { return put_imm(s, a->q, a->rd, IR_LANE_S, a64_fp_imm(IR_LANE_S, IMM8)); }
TRANS(FMOV_vih) { return put_imm(s, a->q, a->rd, IR_LANE_H, a64_fp_imm(IR_LANE_H, IMM8)); }
TRANS(FMOV_vid) { return put_imm(s, 1, a->rd, IR_LANE_D, a64_fp_imm(IR_LANE_D, IMM8)); }
