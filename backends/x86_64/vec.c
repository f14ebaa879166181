/* SPDX-License-Identifier: MIT */
/*
 * Vectors: constants, moving bits, logic.  Includes vec.h.
 */
#include "backends/x86_64/vec.h"

/* --- constants --------------------------------------------------------------------------------------- */

static void pool_data(struct cg *cg, struct cg_ool *o)
{
    x64_align(cg, 0, 16);
    x64_bind(cg, &o->from);
    x64_u64(cg, o->data[0]);
    x64_u64(cg, o->data[1]);
}

struct x64_mem x64_pool(struct cg *cg, uint64_t lo, uint64_t hi)
{
    struct cg_ool *o = cg_ool(cg, pool_data, NULL);

    o->data[0] = lo;
    o->data[1] = hi;
    return (struct x64_mem){.base = X64_RIP, .index = X64_NO_REG, .label = &o->from};
}

static void pool_data_ymm(struct cg *cg, struct cg_ool *o)
{
    pool_data(cg, o);
    x64_u64(cg, o->data[0]);
    x64_u64(cg, o->data[1]);
}

struct x64_mem x64_pool_splat_ymm(struct cg *cg, uint8_t lane, uint64_t v)
{
    struct cg_ool *o = cg_ool(cg, pool_data_ymm, NULL);

    o->data[0] = o->data[1] = x64_splat(lane, v);
    return (struct x64_mem){.base = X64_RIP, .index = X64_NO_REG, .label = &o->from};
}

struct x64_mem x64_vec_mem(struct cg *cg, const struct cg_inst *i)
{
    const struct ir_op *c = ir_at(cg->ir, i->op->arg[1]);

    if (i->a[1].kind != CG_IMM)
        return x64_operand_mem(&i->a[1]);
    return x64_pool(cg, (uint64_t)c->imm, (uint64_t)c->imm2);
}

void x64_emit_vconst(struct cg *cg, const struct cg_inst *i)
{
    const uint64_t lo = (uint64_t)i->op->imm, hi = (uint64_t)i->op->imm2;
    const unsigned d = i->d.kind == CG_REG ? i->d.reg : X64_VSCRATCH0;
    struct x64_mem m;

    if ((lo | hi) == 0) {
        x64_zero(cg, d);
    } else if ((lo & hi) == UINT64_MAX) {
        x64_ones(cg, d);
    } else {
        m = x64_pool(cg, lo, hi);
        x64_v2m(cg, V_MOVAPS, d, &m);
    }
    if (i->d.kind != CG_REG) {
        m = x64_operand_mem(&i->d);
        x64_v2m(cg, V_MOVAPS_ST, d, &m);
    }
}

/* --- to and from integers ------------------------------------------------------------------------------ */

void x64_emit_vfromi(struct cg *cg, const struct cg_inst *i)
{
    x64_v2(cg, V_MOVD | x64_w(i->op), i->d.reg, i->a[0].reg);
}

/* Integer register d = lane n of v, zero extended. */
static void extract(struct cg *cg, uint8_t lane, unsigned d, unsigned v, unsigned n)
{
    switch (lane & 3) {
    case IR_LANE_B:
        x64_v2i(cg, V_PEXTRB, v, d, n);
        break;
    case IR_LANE_H:
        x64_v2i(cg, V_PEXTRW, d, v, n);
        break;
    case IR_LANE_S:
        if (n == 0)
            x64_v2(cg, V_MOVD_ST, v, d);
        else
            x64_v2i(cg, V_PEXTRD, v, d, n);
        break;
    default:
        if (n == 0)
            x64_v2(cg, V_MOVD_ST | X_W, v, d);
        else
            x64_v2i(cg, V_PEXTRD | X_W, v, d, n);
    }
}

/* Vector d = a with lane n replaced by integer register r. */
static void insert(struct cg *cg, uint8_t lane, unsigned d, unsigned a, unsigned r, unsigned n)
{
    static const uint32_t ops[4] = {V_PINSRB, V_PINSRW, V_PINSRD, V_PINSRD | X_W};

    if (X64_HAS(AVX)) {
        x64_vex_rr(cg, ops[lane & 3], d, a, r);
    } else {
        x64_movaps(cg, d, a);
        x64_rr(cg, ops[lane & 3], d, r);
    }
    x64_u8(cg, n);
}

void x64_emit_vtoi(struct cg *cg, const struct cg_inst *i)
{
    extract(cg, i->op->lane, i->d.reg, i->a[0].reg, (unsigned)i->op->imm);
}

void x64_emit_vtois(struct cg *cg, const struct cg_inst *i)
{
    static const uint32_t extend[3] = {X_MOVSX8 | X_BYTE, X_MOVSX16, 0x63};
    const unsigned lane = i->op->lane & 3;
    const uint32_t w = x64_w(i->op);

    extract(cg, i->op->lane, i->d.reg, i->a[0].reg, (unsigned)i->op->imm);
    if (lane < 2 || (lane == 2 && w))
        x64_rr(cg, w | extend[lane], i->d.reg, i->d.reg);
}

void x64_zext_lane(struct cg *cg, uint8_t lane, unsigned d, unsigned s)
{
    struct x64_mem low16;

    switch (lane & 3) {
    case IR_LANE_D:
        x64_v2(cg, V_MOVQ, d, s);
        break;
    case IR_LANE_S: /* SDM, INSERTPS: imm8[3:0] are the lanes made zero */
        x64_v3i(cg, V_INSERTPS, d, s, s, 0x0e);
        break;
    case IR_LANE_H:
        low16 = x64_constant(cg, X64_K_LOW16_1);
        x64_v3m(cg, V_PAND, d, s, &low16);
        break;
    default:
        extract(cg, lane, RAX, s, 0);
        x64_v2(cg, V_MOVD, d, RAX);
    }
}

void x64_emit_vzext(struct cg *cg, const struct cg_inst *i)
{
    x64_zext_lane(cg, i->op->lane, i->d.reg, i->a[0].reg);
}

/* --- copies of one lane ------------------------------------------------------------------------------------ */

/* d = lane n of a in every lane. */
static void dup_lane(struct cg *cg, uint8_t lane, unsigned d, unsigned a, unsigned n)
{
    struct x64_mem m;

    switch (lane & 3) {
    case IR_LANE_B:
        if (n == 0 && X64_HAS(AVX2)) {
            x64_v2(cg, V_VPBROADCASTB, d, a);
        } else {
            m = x64_pool_splat(cg, IR_LANE_B, n);
            x64_v3m(cg, V_PSHUFB, d, a, &m);
        }
        break;
    case IR_LANE_H:
        if (n == 0 && X64_HAS(AVX2)) {
            x64_v2(cg, V_VPBROADCASTW, d, a);
        } else if (n < 4) {
            x64_v2i(cg, V_PSHUFLW, d, a, n * 0x55);
            x64_v3(cg, V_PUNPCKLQDQ, d, d, d);
        } else {
            x64_v2i(cg, V_PSHUFHW, d, a, (n - 4) * 0x55);
            x64_v3(cg, V_PUNPCKHQDQ, d, d, d);
        }
        break;
    case IR_LANE_S:
        x64_v2i(cg, V_PSHUFD, d, a, n * 0x55);
        break;
    default:
        x64_v2i(cg, V_PSHUFD, d, a, n ? 0xee : 0x44);
    }
}

void x64_emit_vdup(struct cg *cg, const struct cg_inst *i)
{
    x64_v2(cg, V_MOVD | ((i->op->lane & 3) == IR_LANE_D ? X_W : 0), T0, i->a[0].reg);
    dup_lane(cg, i->op->lane, i->d.reg, T0, 0);
}

void x64_emit_vdupl(struct cg *cg, const struct cg_inst *i)
{
    dup_lane(cg, i->op->lane, i->d.reg, i->a[0].reg, (unsigned)i->op->imm);
}

void x64_emit_vins(struct cg *cg, const struct cg_inst *i)
{
    insert(cg, i->op->lane, i->d.reg, i->a[0].reg, i->a[1].reg, (unsigned)i->op->imm);
}

void x64_emit_vinsl(struct cg *cg, const struct cg_inst *i)
{
    const unsigned d = i->d.reg, a = i->a[0].reg, b = i->a[1].reg;
    const unsigned to = (unsigned)i->op->imm, from = (unsigned)i->op->imm2;

    switch (i->op->lane & 3) {
    case IR_LANE_S:
        x64_v3i(cg, V_INSERTPS, d, a, b, from << 6 | to << 4);
        break;
    case IR_LANE_D:
        if (to == from)
            x64_v3i(cg, V_BLENDPD, d, a, b, 1u << to);
        else if (to == 1)
            x64_v3(cg, V_PUNPCKLQDQ, d, a, b);
        else
            x64_v3i(cg, V_SHUFPD, d, b, a, 3);
        break;
    default:
        extract(cg, i->op->lane, RAX, b, from);
        insert(cg, i->op->lane, d, a, RAX, to);
    }
}

/* --- permutations --------------------------------------------------------------------------------------------- */

void x64_emit_vext(struct cg *cg, const struct cg_inst *i)
{
    x64_v3i(cg, V_PALIGNR, i->d.reg, i->a[1].reg, i->a[0].reg, (unsigned)i->op->imm);
}

void x64_emit_vhi64(struct cg *cg, const struct cg_inst *i)
{
    x64_bytes_down(cg, i->d.reg, i->a[0].reg, 8);
}

void x64_emit_vzip(struct cg *cg, const struct cg_inst *i)
{
    static const x64_lanes low = {V_PUNPCKLBW, V_PUNPCKLWD, V_PUNPCKLDQ, V_PUNPCKLQDQ};
    static const x64_lanes high = {V_PUNPCKHBW, V_PUNPCKHWD, V_PUNPCKHDQ, V_PUNPCKHQDQ};

    x64_v3l(cg, i->op->opc == IR_vzip1 ? low : high, i->op->lane, i->d.reg, i->a[0].reg,
            i->a[1].reg);
}

/* d = the bytes of a and b (from 16 on) that k names. */
static void permute_two(struct cg *cg, unsigned d, unsigned a, unsigned b, enum x64_constant k)
{
    const struct x64_mem index = x64_constant(cg, k);
    const unsigned t = d == a || d == b ? T0 : d;

    x64_v2m(cg, V_MOVAPS, t, &index);
    x64_evex_rr(cg, V_EV_PERMI2B, t, a, b, 0);
    x64_movaps(cg, d, t);
}

/* Lanes of 1 and 2 bytes: of one vector twice by a shuffle; else the wanted half of each wider lane,
 * then a pack that cannot saturate. */
static void unzip_small(struct cg *cg, const struct cg_inst *i, bool odd)
{
    const unsigned a = i->a[0].reg, b = i->a[1].reg, lane = i->op->lane & 3;
    struct x64_mem mask;

    if (a == b) {
        mask = x64_constant(cg, lane ? (odd ? X64_K_ODD16 : X64_K_EVEN16) : (odd ? X64_K_ODD8 : X64_K_EVEN8));
        x64_v3m(cg, V_PSHUFB, i->d.reg, a, &mask);
        return;
    }
    if (X64_HAS(VBMI)) {
        permute_two(cg, i->d.reg, a, b,
                    lane ? (odd ? X64_K_ODD16_TWO : X64_K_EVEN16_TWO)
                         : (odd ? X64_K_ODD8_TWO : X64_K_EVEN8_TWO));
        return;
    }
    if (odd) {
        x64_lane_shift(cg, VSHR, (uint8_t)(lane + 1), T0, a, 8u << lane);
        x64_lane_shift(cg, VSHR, (uint8_t)(lane + 1), T1, b, 8u << lane);
    } else {
        mask = x64_constant(cg, lane ? X64_K_LOW16 : X64_K_LOW8);
        x64_v3m(cg, V_PAND, T0, a, &mask);
        x64_v3m(cg, V_PAND, T1, b, &mask);
    }
    x64_v3(cg, lane ? V_PACKUSDW : V_PACKUSWB, i->d.reg, T0, T1);
}

void x64_emit_vuzp(struct cg *cg, const struct cg_inst *i)
{
    const bool odd = i->op->opc == IR_vuzp2;
    const unsigned d = i->d.reg, a = i->a[0].reg, b = i->a[1].reg;

    switch (i->op->lane & 3) {
    case IR_LANE_D:
        x64_v3(cg, odd ? V_PUNPCKHQDQ : V_PUNPCKLQDQ, d, a, b);
        break;
    case IR_LANE_S:
        x64_v3i(cg, V_SHUFPS, d, a, b, odd ? 0xdd : 0x88);
        break;
    default:
        unzip_small(cg, i, odd);
    }
}

/* Bytes: the even ones of a with those of b above them, or the odd ones of b with those of a below. */
static void transpose_bytes(struct cg *cg, const struct cg_inst *i, bool odd)
{
    const struct x64_mem low8 = x64_constant(cg, X64_K_LOW8);
    const unsigned a = i->a[0].reg, b = i->a[1].reg;

    if (X64_HAS(VBMI)) {
        permute_two(cg, i->d.reg, a, b, odd ? X64_K_TRN2_8 : X64_K_TRN1_8);
        return;
    }
    if (odd) {
        x64_lane_shift(cg, VSHR, IR_LANE_H, T0, a, 8);
        x64_v2m(cg, V_MOVAPS, T1, &low8);
        x64_v3(cg, V_PANDN, T1, T1, b);
    } else {
        x64_lane_shift(cg, VSHL, IR_LANE_H, T0, b, 8);
        x64_v3m(cg, V_PAND, T1, a, &low8);
    }
    x64_v3(cg, V_POR, i->d.reg, T0, T1);
}

void x64_emit_vtrn(struct cg *cg, const struct cg_inst *i)
{
    const bool odd = i->op->opc == IR_vtrn2;
    const unsigned d = i->d.reg, a = i->a[0].reg, b = i->a[1].reg;

    switch (i->op->lane & 3) {
    case IR_LANE_B:
        transpose_bytes(cg, i, odd);
        break;
    case IR_LANE_H:
        x64_lane_shift(cg, odd ? VSHR : VSHL, IR_LANE_S, T0, odd ? a : b, 16);
        x64_v3i(cg, V_PBLENDW, d, odd ? T0 : a, odd ? b : T0, 0xaa);
        break;
    case IR_LANE_S:
        x64_v2(cg, odd ? V_MOVSHDUP : V_MOVSLDUP, T0, odd ? a : b);
        x64_v3i(cg, V_PBLENDW, d, odd ? T0 : a, odd ? b : T0, 0xcc);
        break;
    default:
        x64_v3(cg, odd ? V_PUNPCKHQDQ : V_PUNPCKLQDQ, d, a, b);
    }
}

void x64_emit_vrev(struct cg *cg, const struct cg_inst *i)
{
    const unsigned d = i->d.reg, a = i->a[0].reg;
    const int64_t unit = i->op->imm;
    struct x64_mem m;

    switch (i->op->lane & 3) {
    case IR_LANE_B:
        m = x64_constant(cg, unit == 2 ? X64_K_REV8_16 : unit == 4 ? X64_K_REV8_32 : X64_K_REV8_64);
        x64_v3m(cg, V_PSHUFB, d, a, &m);
        break;
    case IR_LANE_H:
        x64_v2i(cg, V_PSHUFLW, d, a, unit == 4 ? 0xb1 : 0x1b);
        x64_v2i(cg, V_PSHUFHW, d, d, unit == 4 ? 0xb1 : 0x1b);
        break;
    default:
        x64_v2i(cg, V_PSHUFD, d, a, 0xb1);
    }
}

/* PSHUFB clears where bit 7 of the index is set: 0x70 added with saturation sets it above 15. */
void x64_emit_vtbl(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem k = x64_constant(cg, X64_K_TABLE_LIMIT);

    x64_v3m(cg, V_PADDUSB, T0, i->a[1].reg, &k);
    x64_v3(cg, V_PSHUFB, i->d.reg, i->a[0].reg, T0);
}

/* d = bytes of yes where bit 7 of the mask in T0 is set, else of no; T1 is lost. */
static void blend(struct cg *cg, unsigned d, unsigned no, unsigned yes)
{
    if (X64_HAS(AVX)) {
        x64_vex_rr(cg, V_VPBLENDVB, d, no, yes);
        x64_u8(cg, T0 << 4);
    } else {
        x64_movaps(cg, T1, no);
        x64_rr(cg, V_PBLENDVB, T1, yes);
        x64_movaps(cg, d, T1);
    }
}

void x64_emit_vtbx(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem k = x64_constant(cg, X64_K_TABLE_LIMIT);

    x64_v3m(cg, V_PADDUSB, T0, i->a[2].reg, &k);
    x64_v3(cg, V_PSHUFB, T1, i->a[1].reg, T0);
    blend(cg, i->d.reg, T1, i->a[0].reg);
}

/* --- logic -------------------------------------------------------------------------------------------------------- */

static void logic(struct cg *cg, const struct cg_inst *i, uint32_t op)
{
    unsigned a = i->a[0].reg;

    if (i->a[1].kind != CG_REG) {
        const struct x64_mem m = x64_vec_mem(cg, i);

        x64_v3m(cg, op, i->d.reg, a, &m);
    } else {
        x64_v3(cg, op, i->d.reg, a, i->a[1].reg);
    }
}
void x64_emit_vand(struct cg *cg, const struct cg_inst *i) { logic(cg, i, V_PAND); }
void x64_emit_vor(struct cg *cg, const struct cg_inst *i) { logic(cg, i, V_POR); }
void x64_emit_vxor(struct cg *cg, const struct cg_inst *i) { logic(cg, i, V_PXOR); }

void x64_emit_vandn(struct cg *cg, const struct cg_inst *i)
{
    x64_v3(cg, V_PANDN, i->d.reg, i->a[1].reg, i->a[0].reg);
}

void x64_vnot(struct cg *cg, unsigned d, unsigned t)
{
    x64_ones(cg, t);
    x64_v3(cg, V_PXOR, d, d, t);
}

void x64_emit_vorn(struct cg *cg, const struct cg_inst *i)
{
    x64_ones(cg, T0);
    x64_v3(cg, V_PXOR, T0, T0, i->a[1].reg);
    x64_v3(cg, V_POR, i->d.reg, i->a[0].reg, T0);
}

void x64_emit_vnot(struct cg *cg, const struct cg_inst *i)
{
    x64_ones(cg, T0);
    x64_v3(cg, V_PXOR, i->d.reg, i->a[0].reg, T0);
}

/* VPTERNLOG's immediate is the truth table over (destination, second, third) = bits 4, 2, 1 of the
 * index; here of "mask ? yes : no" with each in the given bit. */
static unsigned select_table(unsigned mask, unsigned yes, unsigned no)
{
    unsigned table = 0;

    for (unsigned k = 0; k < 8; k++)
        if (k & (k & mask ? yes : no))
            table |= 1u << k;
    return table;
}

void x64_emit_vbsl(struct cg *cg, const struct cg_inst *i)
{
    const unsigned d = i->d.reg, a = i->a[0].reg, b = i->a[1].reg, c = i->a[2].reg;

    if (X64_HAS(AVX512VL)) {
        if (d == b) {
            x64_evex_rr(cg, V_EV_PTERNLOGD, d, a, c, 0);
            x64_u8(cg, select_table(2, 4, 1));
        } else if (d == c) {
            x64_evex_rr(cg, V_EV_PTERNLOGD, d, a, b, 0);
            x64_u8(cg, select_table(2, 1, 4));
        } else {
            x64_movaps(cg, d, a);
            x64_evex_rr(cg, V_EV_PTERNLOGD, d, b, c, 0);
            x64_u8(cg, select_table(4, 2, 1));
        }
        return;
    }
    x64_v3(cg, V_PAND, T0, a, b);
    x64_v3(cg, V_PANDN, T1, a, c);
    x64_v3(cg, V_POR, d, T0, T1);
}
