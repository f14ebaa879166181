/* SPDX-License-Identifier: MIT */
/*
 * The shapes of Advanced SIMD instructions: see a64_simd.h.
 */
#include "frontends/arm/a64_simd.h"

ir_ref a64_vdup_const(struct a64_lift *s, uint8_t lane, uint64_t bits)
{
    const unsigned esize = a64_esize(lane);
    if (esize < 64) {
        bits &= (UINT64_C(1) << esize) - 1;
        bits *= ~UINT64_C(0) / ((UINT64_C(1) << esize) - 1);
    }
    return ir_vconst(s->ir, bits, bits);
}

bool a64_do_n(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, a64_op1 *op)
{
    if (lane == A64_RESERVED) {
        return false;
    }
    a64_put_lane(s, rd, lane, op(s->ir, lane, a64_v(s, rn)));
    return true;
}

bool a64_do_nm(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, unsigned rm, a64_op2 *op)
{
    if (lane == A64_RESERVED) {
        return false;
    }
    const ir_ref n = a64_v(s, rn);
    a64_put_lane(s, rd, lane, op(s->ir, lane, n, rm == rn ? n : a64_v(s, rm)));
    return true;
}

bool a64_do_nv(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, ir_ref m, a64_op2 *op)
{
    if (lane == A64_RESERVED || !m) {
        return false;
    }
    a64_put_lane(s, rd, lane, op(s->ir, lane, a64_v(s, rn), m));
    return true;
}

bool a64_do_dn(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, a64_op2 *op)
{
    if (lane == A64_RESERVED) {
        return false;
    }
    a64_put_lane(s, rd, lane, op(s->ir, lane, a64_v(s, rd), a64_v(s, rn)));
    return true;
}

bool a64_do_dnm(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, unsigned rm,
                a64_op3 *op)
{
    return lane != A64_RESERVED && a64_do_dnv(s, lane, rd, rn, a64_v(s, rm), op);
}

bool a64_do_dnv(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, ir_ref m, a64_op3 *op)
{
    if (lane == A64_RESERVED || !m) {
        return false;
    }
    a64_put_lane(s, rd, lane, op(s->ir, lane, a64_v(s, rd), a64_v(s, rn), m));
    return true;
}

bool a64_do_pairs(struct a64_lift *s, uint8_t lane, unsigned rd, unsigned rn, unsigned rm,
                  a64_op2 *op)
{
    if (lane == A64_RESERVED) {
        return false;
    }
    const uint8_t all = lane & 3; /* vzip1, vuzp*: no count */
    ir_ref n = a64_v(s, rn), m = rm == rn ? n : a64_v(s, rm);
    if (lane & IR_LANES_64) { /* both registers' halves side by side */
        n = m = ir_vzip1(s->ir, IR_LANE_D, n, m);
    }
    const ir_ref even = ir_vuzp1(s->ir, all, n, m), odd = ir_vuzp2(s->ir, all, n, m);
    a64_put_lane(s, rd, lane, op(s->ir, lane, even, odd));
    return true;
}

ir_ref a64_element(struct a64_lift *s, unsigned size, unsigned h, unsigned l, unsigned m,
                   unsigned rm)
{
    unsigned index;
    switch (size) {
    case IR_LANE_H:
        index = h << 2 | l << 1 | m;
        break;
    case IR_LANE_S:
        index = h << 1 | l;
        rm |= m << 4;
        break;
    case IR_LANE_D:
        if (l) {
            return 0;
        }
        index = h;
        rm |= m << 4;
        break;
    default:
        return 0;
    }
    return ir_vdupl(s->ir, (uint8_t)size, a64_v(s, rm), index);
}
