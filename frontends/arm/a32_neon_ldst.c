/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 Advanced SIMD: loads and stores of elements and structures (ARM ARM F6.1: VLD1 to VLD4,
 * VST1 to VST4).  Alignment that an instruction names is not checked.  UNPREDICTABLE: registers beyond
 * D31 are UNDEFINED.
 */
#include "frontends/arm/a32_neon.h"

enum { SIZE_DW = 3, SIZE_QW = 4, NO_WRITEBACK = 15, BY_SIZE = 13 };

/* Rn after the access: Rm 15 not written, 13 plus the bytes, else plus Rm.  Last, the puts of what was
 * loaded apart. */
static void post_index(struct a32_lift *s, unsigned rn, unsigned rm, unsigned bytes)
{
    if (rm != NO_WRITEBACK) {
        const ir_ref by = rm == BY_SIZE ? a32_imm(s, bytes) : a32_r(s, rm);
        a32_put_r(s, rn, ir_add(s->ir, IR_I32, a32_r(s, rn), by));
    }
}

/* --- whole registers ------------------------------------------------------------------------------------ */

/* What the type field says. */
struct multiple {
    uint8_t elements, regs, step; /* elements of a structure; D registers in all; between those of one */
};
static const struct multiple multiples[16] = {
    [7] = {1, 1, 1}, [10] = {1, 2, 1}, [6] = {1, 3, 1}, [2] = {1, 4, 1}, [8] = {2, 2, 1},
    [9] = {2, 2, 2}, [3] = {2, 4, 2},  [4] = {3, 3, 1}, [5] = {3, 3, 2}, [0] = {4, 4, 1},
    [1] = {4, 4, 2},
};

typedef struct a32_args_align_d_rm_rn_size_type_vd multiple_args;

/* Elements in big-endian order lie reversed in each element; bytes do not. */
static ir_ref in_order(struct a32_lift *s, unsigned size, ir_ref v)
{
    return a32_order(s) && size ? ir_vrev(s->ir, IR_LANE_B, v, 1 << size) : v;
}

/* n doublewords from disp on, two to each of m[]. */
static void load_m(struct a32_lift *s, ir_ref base, unsigned size, unsigned n, ir_ref *m)
{
    for (unsigned k = 0; k < n; k += 2) {
        const unsigned log2 = n - k > 1 ? SIZE_QW : SIZE_DW;
        m[k / 2] = in_order(s, size, ir_load(s->ir, IR_V128, log2, base, k * 8));
    }
}

static void store_m(struct a32_lift *s, ir_ref base, unsigned size, unsigned n, const ir_ref *m)
{
    for (unsigned k = 0; k < n; k += 2) {
        const unsigned log2 = n - k > 1 ? SIZE_QW : SIZE_DW;
        ir_store(s->ir, log2, base, k * 8, in_order(s, size, m[k / 2]));
    }
}

/* Doubleword k of m[]. */
static ir_ref half_of(struct a32_lift *s, const ir_ref *m, unsigned k)
{
    return k & 1 ? ir_vhi64(s->ir, IR_LANE_D, m[k / 2]) : m[k / 2];
}

/* D registers vd on from m[], Q registers where they are whole. */
static void put_row(struct a32_lift *s, unsigned vd, unsigned n, const ir_ref *m)
{
    if (vd & 1) {
        for (unsigned k = 0; k < n; k++) {
            a32_put_d(s, vd + k, half_of(s, m, k));
        }
        return;
    }
    for (unsigned k = 0; k < n; k += 2) {
        a32_put_dq(s, n - k > 1, vd + k, m[k / 2]);
    }
}

static void get_row(struct a32_lift *s, unsigned vd, unsigned n, ir_ref *m)
{
    for (unsigned k = 0; k < n; k += 2) {
        const bool two = n - k > 1;
        m[k / 2] = two && vd & 1 ? ir_vzip1(s->ir, IR_LANE_D, a32_d(s, vd + k), a32_d(s, vd + k + 1))
                                 : a32_dq(s, two, vd + k);
    }
}

/* VLD1, VST1: no structure */
static bool row(struct a32_lift *s, bool load, unsigned n, const multiple_args *a)
{
    const ir_ref base = a32_r(s, a->rn);
    ir_ref m[2];
    if (load) {
        load_m(s, base, a->size, n, m);
    } else {
        get_row(s, D_VD, n, m);
        store_m(s, base, a->size, n, m);
    }
    post_index(s, a->rn, a->rm, n * 8);
    if (load) {
        put_row(s, D_VD, n, m);
    }
    return true;
}

/* Register i of a structure: D vd + i * step, or with it the one after (VLD2 and VST2 of four). */
static ir_ref structure_reg(struct a32_lift *s, const struct multiple *t, unsigned vd, unsigned i)
{
    if (t->regs == t->elements) {
        return a32_d(s, vd + i * t->step);
    }
    ir_ref v;
    get_row(s, vd + 2 * i, 2, &v);
    return v;
}

static bool structures(struct a32_lift *s, bool load, const struct multiple *t, const multiple_args *a)
{
    const unsigned k = t->elements, q = t->regs > k;
    const ir_ref base = a32_r(s, a->rn);
    ir_ref m[4], v[4];
    if (load) {
        load_m(s, base, a->size, t->regs, m);
        simd_apart(s->ir, k, q, (uint8_t)a->size, m, v);
    } else {
        for (unsigned i = 0; i < k; i++) {
            v[i] = structure_reg(s, t, D_VD, i);
        }
        simd_together(s->ir, k, q, (uint8_t)a->size, v, m);
        store_m(s, base, a->size, t->regs, m);
    }
    post_index(s, a->rn, a->rm, t->regs * 8);
    for (unsigned i = 0; load && i < k; i++) {
        if (q) {
            put_row(s, D_VD + 2 * i, 2, &v[i]);
        } else {
            a32_put_d(s, D_VD + i * t->step, v[i]);
        }
    }
    return true;
}

/* VLD1 to VLD4, VST1 to VST4 <list>, [Rn{:align}]{!}; ..., Rm */
static bool multiple(struct a32_lift *s, bool load, const multiple_args *a)
{
    const struct multiple *t = &multiples[a->type];
    const unsigned last = D_VD + (t->regs > t->elements && t->elements > 1 ? 3 : (t->regs - 1u) * t->step);
    if (!t->regs || last > 31 || a->rn == 15 || !a32_dq_ok(s, 0, D_VD, last) ||
        (t->elements > 1 && a->size == IR_LANE_D) ||
        /* reserved alignments */
        ((a->type == 7 || a->type == 6 || t->elements == 3) && a->align & 2) ||
        ((a->type == 10 || a->type == 8 || a->type == 9) && a->align == 3)) {
        return false;
    }
    a32_guard(s);
    return t->elements == 1 ? row(s, load, t->regs, a) : structures(s, load, t, a);
}
TRANS(VLD_m) { return multiple(s, true, a); }
TRANS(VST_m) { return multiple(s, false, a); }

/* --- one element of each register --------------------------------------------------------------------------- */

typedef struct a32_args_d_index_align_n_rm_rn_size_vd single_args;

/* Are the alignment bits of index_align what the instruction has?  n: elements. */
static bool alignment_ok(unsigned n, unsigned size, unsigned index_align)
{
    const unsigned low = index_align & 3;
    switch (n) {
    case 1: return size == 0 ? !(low & 1) : size == 1 ? !(low & 2) : low == 0 || (low == 3);
    case 2: return size < 2 || !(low & 2);
    case 3: return size == 2 ? low == 0 : !(low & 1);
    default: return size < 2 || low != 3;
    }
}

/* VLD1 to VLD4, VST1 to VST4 {Dd[x], ...}, [Rn{:align}]{!}; ..., Rm */
static bool single(struct a32_lift *s, bool load, const single_args *a)
{
    const unsigned n = a->n + 1, size = a->size, index = a->index_align >> (size + 1);
    const unsigned step = size && n > 1 && a->index_align >> size & 1 ? 2 : 1;
    const unsigned last = D_VD + (n - 1) * step;
    if (last > 31 || a->rn == 15 || !a32_dq_ok(s, 0, D_VD, last) ||
        !alignment_ok(n, size, a->index_align) || (n == 1 && size == 2 && a->index_align & 4)) {
        return false;
    }
    const uint8_t lane = (uint8_t)size;
    ir_ref x[4];
    a32_guard(s);
    const ir_ref base = a32_r(s, a->rn);
    for (unsigned i = 0; i < n; i++) {
        const int32_t disp = (int32_t)(i << size);
        if (load) {
            x[i] = a32_load(s, IR_I32, size, base, disp);
        } else {
            const ir_ref v = a32_d(s, D_VD + i * step);
            a32_store(s, size, base, disp, ir_vtoi(s->ir, IR_I32, lane, v, index));
        }
    }
    post_index(s, a->rn, a->rm, n << size);
    for (unsigned i = 0; load && i < n; i++) {
        const unsigned r = D_VD + i * step;
        a32_put_d(s, r, ir_vins(s->ir, IR_I32, lane, a32_d(s, r), x[i], index));
    }
    return true;
}
TRANS(VLD_1) { return single(s, true, a); }
TRANS(VST_1) { return single(s, false, a); }

/* VLD1 to VLD4 {Dd[], ...}, [Rn{:align}]{!}; ..., Rm: one element to all of each register.  t: VLD1 of
 * two registers; the others every second register. */
TRANS(VLD_all)
{
    const unsigned n = a->n + 1, step = n > 1 && a->t ? 2 : 1, regs = n == 1 && a->t ? 2 : n;
    const unsigned size = a->size == 3 ? IR_LANE_S : a->size, last = D_VD + (regs - 1) * step;
    if (last > 31 || a->rn == 15 || !a32_dq_ok(s, 0, D_VD, last) ||
        (a->size == 3 && !(n == 4 && a->a)) || (n == 3 && a->a) || (n == 1 && !size && a->a)) {
        return false;
    }
    ir_ref v[4];
    a32_guard(s);
    const ir_ref base = a32_r(s, a->rn);
    for (unsigned i = 0; i < n; i++) {
        const ir_ref x = a32_load(s, IR_I32, size, base, (int32_t)(i << size));
        v[i] = ir_vdup(s->ir, IR_I32, (uint8_t)size, x);
    }
    post_index(s, a->rn, a->rm, n << size);
    if (n == 1 && regs == 2) {
        put_row(s, D_VD, 2, (ir_ref[]){v[0]});
        return true;
    }
    for (unsigned i = 0; i < n; i++) {
        a32_put_d(s, D_VD + i * step, v[i]);
    }
    return true;
}
