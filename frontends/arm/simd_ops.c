/* SPDX-License-Identifier: MIT */
/* See simd_ops.h. */
#include "frontends/arm/simd_ops.h"

ir_ref simd_shuffle(struct ir *ir, const ir_ref *v, unsigned n, const uint8_t from[16])
{
    ir_ref result = 0;
    for (unsigned k = 0; k < n; k++) {
        uint64_t index[2] = {0, 0};
        bool any = false;
        for (unsigned i = 0; i < 16; i++) {
            const bool here = from[i] / 16 == k;
            any |= here;
            index[i / 8] |= (uint64_t)(here ? from[i] % 16 : 0xff) << (i % 8 * 8);
        }
        if (any) {
            const ir_ref part = ir_vtbl(ir, IR_LANE_B, v[k],
                                        ir_vconst(ir, index[0], index[1]));
            result = result ? ir_vor(ir, IR_LANE_B, result, part) : part;
        }
    }
    return result;
}

/* Elements taken apart: m[] holds memory from the first element on, v[k] gets element k of each
 * structure.  q = 0: the low 64 bits of v[] count. */
static void apart2(struct ir *ir, unsigned q, uint8_t lane, const ir_ref *m, ir_ref *v)
{
    const ir_ref high = q ? m[1] : m[0];
    v[0] = ir_vuzp1(ir, lane, m[0], high);
    v[1] = ir_vuzp2(ir, lane, m[0], high);
}

static void apart3(struct ir *ir, unsigned q, uint8_t lane, const ir_ref *m, ir_ref *v)
{
    const unsigned bytes = ir_lane_bytes(lane);
    for (unsigned k = 0; k < 3; k++) {
        uint8_t from[16];
        for (unsigned i = 0; i < 16; i++) {
            from[i] = i < (q ? 16 : 8) ? (uint8_t)((i / bytes * 3 + k) * bytes + i % bytes) : 0xff;
        }
        v[k] = simd_shuffle(ir, m, q ? 3 : 2, from);
    }
}

static void apart4(struct ir *ir, unsigned q, uint8_t lane, const ir_ref *m, ir_ref *v)
{
    const unsigned n = q ? 4 : 2;
    /* even[]: elements 0 and 2 of each structure in turn; odd[]: 1 and 3 */
    const ir_ref even[2] = {ir_vuzp1(ir, lane, m[0], m[1]),
                            ir_vuzp1(ir, lane, m[n - 2], m[n - 1])};
    const ir_ref odd[2] = {ir_vuzp2(ir, lane, m[0], m[1]),
                           ir_vuzp2(ir, lane, m[n - 2], m[n - 1])};
    v[0] = ir_vuzp1(ir, lane, even[0], even[1]);
    v[1] = ir_vuzp1(ir, lane, odd[0], odd[1]);
    v[2] = ir_vuzp2(ir, lane, even[0], even[1]);
    v[3] = ir_vuzp2(ir, lane, odd[0], odd[1]);
}

/* The inverses.  With q = 0 the first half of m[] is all that results. */
static void together2(struct ir *ir, uint8_t lane, const ir_ref *v, ir_ref *m)
{
    m[0] = ir_vzip1(ir, lane, v[0], v[1]);
    m[1] = ir_vzip2(ir, lane, v[0], v[1]);
}

static void together3(struct ir *ir, unsigned q, uint8_t lane, const ir_ref *v, ir_ref *m)
{
    const unsigned bytes = ir_lane_bytes(lane), total = q ? 48 : 24;
    for (unsigned k = 0; k < (q ? 3 : 2); k++) {
        uint8_t from[16];
        for (unsigned i = 0; i < 16; i++) {
            const unsigned element = (16 * k + i) / bytes;
            from[i] = 16 * k + i < total
                          ? (uint8_t)(element % 3 * 16 + element / 3 * bytes + i % bytes)
                          : 0xff;
        }
        m[k] = simd_shuffle(ir, v, 3, from);
    }
}

static void together4(struct ir *ir, unsigned q, uint8_t lane, const ir_ref *v, ir_ref *m)
{
    const ir_ref even = ir_vzip1(ir, lane, v[0], v[2]), odd = ir_vzip1(ir, lane, v[1], v[3]);
    m[0] = ir_vzip1(ir, lane, even, odd);
    m[1] = ir_vzip2(ir, lane, even, odd);
    if (q) {
        const ir_ref even2 = ir_vzip2(ir, lane, v[0], v[2]);
        const ir_ref odd2 = ir_vzip2(ir, lane, v[1], v[3]);
        m[2] = ir_vzip1(ir, lane, even2, odd2);
        m[3] = ir_vzip2(ir, lane, even2, odd2);
    }
}

void simd_apart(struct ir *ir, unsigned k, unsigned q, uint8_t lane, const ir_ref *m, ir_ref *v)
{
    (k == 2 ? apart2 : k == 3 ? apart3 : apart4)(ir, q, lane, m, v);
}

void simd_together(struct ir *ir, unsigned k, unsigned q, uint8_t lane, const ir_ref *v, ir_ref *m)
{
    if (k == 2) {
        together2(ir, lane, v, m);
    } else {
        (k == 3 ? together3 : together4)(ir, q, lane, v, m);
    }
}

/* Both halves in the order of words that vsha256r2 works on, of which one is the result.  The other
 * instruction does the same again, and the next two take apart what was put together: what
 * opt/vector.c makes of that is two ops for four rounds. */
ir_ref simd_sha256(struct ir *ir, ir_ref abcd, ir_ref efgh, ir_ref w, bool second)
{
    const ir_ref feba = ir_vrev(ir, IR_LANE_S, ir_vtrn1(ir, IR_LANE_D, efgh, abcd), 8);
    const ir_ref hgdc = ir_vrev(ir, IR_LANE_S, ir_vtrn2(ir, IR_LANE_D, efgh, abcd), 8);
    const ir_ref r1 = ir_vsha256r2(ir, IR_LANE_S, hgdc, feba, w);
    const ir_ref r2 = ir_vsha256r2(ir, IR_LANE_S, feba, r1, ir_vhi64(ir, IR_LANE_D, w));
    const ir_ref efab = ir_vrev(ir, IR_LANE_S, r2, 8), ghcd = ir_vrev(ir, IR_LANE_S, r1, 8);
    return (second ? ir_vtrn1 : ir_vtrn2)(ir, IR_LANE_D, efab, ghcd);
}

/* --- complex numbers -------------------------------------------------------------------------- */

/* Real and imaginary parts, the even and the odd lanes, in each other's place. */
static ir_ref swap_parts(struct ir *ir, unsigned size, ir_ref v)
{
    return size == IR_LANE_D ? ir_vext(ir, IR_LANE_B, v, v, 8)
                             : ir_vrev(ir, (uint8_t)size, v, INT64_C(2) << size);
}

/* The signs of the even or the odd parts, or both, flipped. */
static ir_ref flip_parts(struct ir *ir, unsigned size, ir_ref v, bool even, bool odd)
{
    uint64_t low = 0, high = 0;
    for (unsigned k = 0; k < 16u >> size; k++) {
        const unsigned bit = (k + 1) * (8u << size) - 1;
        if (k & 1 ? odd : even) {
            *(bit < 64 ? &low : &high) |= UINT64_C(1) << bit % 64;
        }
    }
    return low | high ? ir_vxor(ir, IR_LANE_B, v, ir_vconst(ir, low, high)) : v;
}

ir_ref simd_fcadd(struct ir *ir, uint8_t lane, ir_ref n, ir_ref m, unsigned rot)
{
    const uint8_t size = lane & 3;
    return ir_vfadd(ir, lane, n, flip_parts(ir, size, swap_parts(ir, size, m), !rot, rot));
}

ir_ref simd_fcmla(struct ir *ir, uint8_t lane, ir_ref d, ir_ref n, ir_ref m, unsigned rot)
{
    const uint8_t size = lane & 3;
    const ir_ref part = rot & 1 ? ir_vtrn2(ir, size, n, n) : ir_vtrn1(ir, size, n, n);
    const ir_ref c = rot & 1 ? swap_parts(ir, size, m) : m;
    return ir_vfma(ir, lane, d, part, flip_parts(ir, size, c, rot == 1 || rot == 2, rot >= 2), 0);
}
