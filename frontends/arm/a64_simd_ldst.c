/* SPDX-License-Identifier: MIT */
/*
 * Loads and stores of SIMD&FP registers (ARM ARM C3.2.9 and C3.2.10; encodings C4.1.94).
 *
 * Memory is accessed in pieces as large as registers, and structures are taken apart and put
 * together in registers: the architecture orders nothing within one of these instructions.  All
 * loads of an instruction come before its first put, since each may fault.
 */
#include "frontends/arm/a64_simd.h"

enum { SIZE_Q = 4, /* log2 of bytes */ NO_INDEX = -1 };

/* --- one register: LDR, STR, LDUR, STUR <Bt to Qt>, [...] ------------------------------------- */

/* Loads or stores register rt at base + disp; write_back: the base after that, or 0. */
static void access_one(struct a64_lift *s, bool load, unsigned size, unsigned rt, ir_ref base,
                       int64_t disp, unsigned rn, ir_ref write_back)
{
    const ir_ref v = load ? ir_load(s->ir, IR_V128, size, base, disp) : 0;
    if (!load) {
        ir_store(s->ir, size, base, disp, a64_v(s, rt));
    }
    if (write_back) {
        a64_put_x_sp(s, rn, write_back);
    }
    if (load) {
        a64_put_v(s, rt, v);
    }
}

enum indexing { OFFSET, PRE_INDEX, POST_INDEX };

/* [Xn|SP{, #imm}]; [Xn|SP, #imm]!; [Xn|SP], #imm */
static bool at_imm(struct a64_lift *s, bool load, unsigned size, unsigned rt, unsigned rn,
                   int64_t imm, enum indexing indexing)
{
    const ir_ref base = a64_x_sp(s, rn);
    ir_ref write_back = 0;
    if (indexing != OFFSET) {
        write_back = ir_add(s->ir, IR_I64, base, a64_imm(s, imm));
    }
    access_one(s, load, size, rt, base, indexing == POST_INDEX ? 0 : imm, rn, write_back);
    return true;
}

/* [Xn|SP, Rm{, extend {#amount}}] */
static bool at_register(struct a64_lift *s, bool load, unsigned size, unsigned rt, unsigned rn,
                        unsigned rm, unsigned option, bool scaled)
{
    if (!(option & 2)) {
        return false;
    }
    const ir_ref base = a64_x_sp(s, rn);
    ir_ref index = a64_index(s, rm, option);
    unsigned scale = scaled ? size : 0;
    if (scale == SIZE_Q) { /* more than an address can scale */
        index = ir_shl(s->ir, IR_I64, index, a64_imm(s, 1));
        scale = SIZE_Q - 1;
    }
    if (load) {
        a64_put_v(s, rt, ir_load_x(s->ir, IR_V128, size, base, index, scale));
    } else {
        ir_store_x(s->ir, size, base, index, scale, a64_v(s, rt));
    }
    return true;
}

#define ONE(NAME, load, size)                                                                      \
    TRANS(NAME##ui)                                                                                \
    {                                                                                              \
        return at_imm(s, load, size, a->rt, a->rn, (int64_t)a->imm12 << (size), OFFSET);           \
    }                                                                                              \
    TRANS(NAME##ur) { return at_imm(s, load, size, a->rt, a->rn, a->imm9, OFFSET); }               \
    TRANS(NAME##pre) { return at_imm(s, load, size, a->rt, a->rn, a->imm9, PRE_INDEX); }           \
    TRANS(NAME##post) { return at_imm(s, load, size, a->rt, a->rn, a->imm9, POST_INDEX); }         \
    TRANS(NAME##ro)                                                                                \
    {                                                                                              \
        return at_register(s, load, size, a->rt, a->rn, a->rm, a->option, a->s);                   \
    }
ONE(LDR_v, true, a->size)
ONE(STR_v, false, a->size)
ONE(LDR_q, true, SIZE_Q)
ONE(STR_q, false, SIZE_Q)

/* LDR <St, Dt, Qt>, label */
TRANS(LDR_vlit)
{
    if (a->opc == 3) {
        return false;
    }
    const ir_ref address = ir_const_pc(s->ir, s->pc + 4 * (int64_t)a->imm19);
    a64_put_v(s, a->rt, ir_load(s->ir, IR_V128, 2 + a->opc, address, 0));
    return true;
}

/* --- pairs: LDP, STP, LDNP, STNP <St, Dt, Qt>, <St2, Dt2, Qt2>, [...] ------------------------- */

static bool pair(struct a64_lift *s, const struct a64_args_imm7_s_opc_rn_rt2_rt *a, bool load,
                 enum indexing indexing)
{
    if (a->opc == 3) {
        return false;
    }
    const unsigned size = 2 + a->opc;
    const int64_t imm = (int64_t)a->imm7 * (1 << size), disp = indexing == POST_INDEX ? 0 : imm;
    const ir_ref base = a64_x_sp(s, a->rn);
    ir_ref v1 = 0, v2 = 0;
    if (load) {
        v1 = ir_load(s->ir, IR_V128, size, base, disp);
        v2 = ir_load(s->ir, IR_V128, size, base, disp + (1 << size));
    } else {
        ir_store(s->ir, size, base, disp, a64_v(s, a->rt));
        ir_store(s->ir, size, base, disp + (1 << size), a64_v(s, a->rt2));
    }
    if (indexing != OFFSET) {
        a64_put_x_sp(s, a->rn, ir_add(s->ir, IR_I64, base, a64_imm(s, imm)));
    }
    if (load) {
        a64_put_v(s, a->rt, v1);
        a64_put_v(s, a->rt2, v2);
    }
    return true;
}
TRANS(LDP_voff) { return pair(s, a, true, OFFSET); }
TRANS(STP_voff) { return pair(s, a, false, OFFSET); }
TRANS(LDP_vnp) { return pair(s, a, true, OFFSET); }
TRANS(STP_vnp) { return pair(s, a, false, OFFSET); }
TRANS(LDP_vpre) { return pair(s, a, true, PRE_INDEX); }
TRANS(STP_vpre) { return pair(s, a, false, PRE_INDEX); }
TRANS(LDP_vpost) { return pair(s, a, true, POST_INDEX); }
TRANS(STP_vpost) { return pair(s, a, false, POST_INDEX); }

/* --- structures: what all forms share --------------------------------------------------------- */

/* Post-indexing: by Xm, or by the bytes transferred if rm = 31; none if NO_INDEX. */
static void post_index(struct a64_lift *s, unsigned rn, int rm, unsigned bytes)
{
    if (rm != NO_INDEX) {
        const ir_ref by = rm == 31 ? a64_imm(s, bytes) : a64_x(s, (unsigned)rm);
        a64_put_x_sp(s, rn, ir_add(s->ir, IR_I64, a64_x_sp(s, rn), by));
    }
}

static void put_list(struct a64_lift *s, unsigned rt, unsigned count, unsigned q, const ir_ref *v)
{
    for (unsigned k = 0; k < count; k++) {
        a64_put_v_q(s, q, (rt + k) % 32, v[k]);
    }
}

/* Loads `bytes`, a multiple of 8 up to 64, from base on: 16 to each of v[]; returns how many. */
static unsigned load_bytes(struct a64_lift *s, ir_ref base, unsigned bytes, ir_ref *v)
{
    unsigned n = 0;
    for (unsigned at = 0; at < bytes; at += 16) {
        v[n++] = ir_load(s->ir, IR_V128, bytes - at < 16 ? 3 : SIZE_Q, base, at);
    }
    return n;
}

static void store_bytes(struct a64_lift *s, ir_ref base, unsigned bytes, const ir_ref *v)
{
    for (unsigned at = 0; at < bytes; at += 16) {
        ir_store(s->ir, bytes - at < 16 ? 3 : SIZE_Q, base, at, v[at / 16]);
    }
}

/* --- LD1 to LD4, ST1 to ST4 {Vt.T, ...}, [Xn|SP]{, Xm or #bytes}: whole registers ------------- */

/* k: elements of a structure, 2 to 4. */
static bool structures(struct a64_lift *s, bool load, unsigned k, unsigned q, unsigned size,
                       unsigned rt, unsigned rn, int rm)
{
    if (size == IR_LANE_D && !q) {
        return false;
    }
    const unsigned bytes = k * (q ? 16 : 8);
    const ir_ref base = a64_x_sp(s, rn);
    const uint8_t lane = (uint8_t)size;
    ir_ref m[4], v[4];
    if (load) {
        load_bytes(s, base, bytes, m);
        simd_apart(s->ir, k, q, lane, m, v);
    } else {
        for (unsigned i = 0; i < k; i++) {
            v[i] = a64_v(s, (rt + i) % 32);
        }
        simd_together(s->ir, k, q, lane, v, m);
        store_bytes(s, base, bytes, m);
    }
    post_index(s, rn, rm, bytes);
    if (load) {
        put_list(s, rt, k, q, v);
    }
    return true;
}

/* LD1, ST1 of n registers: no structure. */
static bool registers(struct a64_lift *s, bool load, unsigned n, unsigned q, unsigned rt,
                      unsigned rn, int rm)
{
    const unsigned size = q ? SIZE_Q : 3;
    const ir_ref base = a64_x_sp(s, rn);
    ir_ref v[4];
    for (unsigned k = 0; k < n; k++) {
        const int64_t disp = (int64_t)k << size;
        if (load) {
            v[k] = ir_load(s->ir, IR_V128, size, base, disp);
        } else {
            ir_store(s->ir, size, base, disp, a64_v(s, (rt + k) % 32));
        }
    }
    post_index(s, rn, rm, n << size);
    for (unsigned k = 0; load && k < n; k++) {
        a64_put_v(s, (rt + k) % 32, v[k]);
    }
    return true;
}

#define STRUCTURES(NAME, load, k)                                                                  \
    TRANS(NAME##_m) { return structures(s, load, k, a->q, a->size, a->rt, a->rn, NO_INDEX); }      \
    TRANS(NAME##_mp) { return structures(s, load, k, a->q, a->size, a->rt, a->rn, (int)a->rm); }
#define REGISTERS(NAME, load, n)                                                                   \
    TRANS(NAME##_m) { return registers(s, load, n, a->q, a->rt, a->rn, NO_INDEX); }                \
    TRANS(NAME##_mp) { return registers(s, load, n, a->q, a->rt, a->rn, (int)a->rm); }
STRUCTURES(LD2, true, 2)
STRUCTURES(LD3, true, 3)
STRUCTURES(LD4, true, 4)
STRUCTURES(ST2, false, 2)
STRUCTURES(ST3, false, 3)
STRUCTURES(ST4, false, 4)
REGISTERS(LD1x1, true, 1)
REGISTERS(LD1x2, true, 2)
REGISTERS(LD1x3, true, 3)
REGISTERS(LD1x4, true, 4)
REGISTERS(ST1x1, false, 1)
REGISTERS(ST1x2, false, 2)
REGISTERS(ST1x3, false, 3)
REGISTERS(ST1x4, false, 4)

/* --- LD1 to LD4, ST1 to ST4 {Vt.Ts, ...}[index], [Xn|SP]{, Xm or #bytes}: an element of each -- */

static bool single(struct a64_lift *s, bool load, unsigned k, unsigned size, unsigned index,
                   unsigned rt, unsigned rn, int rm)
{
    const enum ir_type t = size == IR_LANE_D ? IR_I64 : IR_I32;
    const ir_ref base = a64_x_sp(s, rn);
    ir_ref x[4];
    for (unsigned i = 0; i < k; i++) {
        const int64_t disp = (int64_t)i << size;
        if (load) {
            x[i] = ir_load(s->ir, t, size, base, disp);
        } else {
            const ir_ref v = a64_v(s, (rt + i) % 32);
            ir_store(s->ir, size, base, disp, ir_vtoi(s->ir, t, (uint8_t)size, v, index));
        }
    }
    post_index(s, rn, rm, k << size);
    for (unsigned i = 0; load && i < k; i++) {
        const unsigned r = (rt + i) % 32;
        a64_put_v(s, r, ir_vins(s->ir, t, (uint8_t)size, a64_v(s, r), x[i], index));
    }
    return true;
}

#define INDEX_B (a->q << 3 | a->s << 2 | a->size)
#define INDEX_H (a->q << 2 | a->s << 1 | a->size)
#define INDEX_S (a->q << 1 | a->s)
#define INDEX_D (a->q)
#define SINGLE_OF(NAME, suffix, load, k, size)                                                     \
    TRANS(NAME##_##suffix)                                                                         \
    {                                                                                              \
        return single(s, load, k, IR_LANE_##size, INDEX_##size, a->rt, a->rn, NO_INDEX);           \
    }                                                                                              \
    TRANS(NAME##_##suffix##p)                                                                      \
    {                                                                                              \
        return single(s, load, k, IR_LANE_##size, INDEX_##size, a->rt, a->rn, (int)a->rm);         \
    }
#define SINGLE(NAME, load, k)                                                                      \
    SINGLE_OF(NAME, b, load, k, B)                                                                 \
    SINGLE_OF(NAME, h, load, k, H)                                                                 \
    SINGLE_OF(NAME, s, load, k, S)                                                                 \
    SINGLE_OF(NAME, d, load, k, D)
SINGLE(LD1, true, 1)
SINGLE(LD2, true, 2)
SINGLE(LD3, true, 3)
SINGLE(LD4, true, 4)
SINGLE(ST1, false, 1)
SINGLE(ST2, false, 2)
SINGLE(ST3, false, 3)
SINGLE(ST4, false, 4)

/* LD1R to LD4R {Vt.T, ...}, [Xn|SP]{, Xm or #bytes}: one element to all of each register */
static bool replicate(struct a64_lift *s, unsigned k, unsigned q, unsigned size, unsigned rt,
                      unsigned rn, int rm)
{
    const ir_ref base = a64_x_sp(s, rn);
    ir_ref v[4];
    for (unsigned i = 0; i < k; i++) {
        v[i] = ir_load(s->ir, IR_V128, size, base, (int64_t)i << size);
    }
    post_index(s, rn, rm, k << size);
    for (unsigned i = 0; i < k; i++) {
        v[i] = ir_vdupl(s->ir, (uint8_t)size, v[i], 0);
    }
    put_list(s, rt, k, q, v);
    return true;
}
#define REPLICATE(NAME, k)                                                                         \
    TRANS(NAME) { return replicate(s, k, a->q, a->size, a->rt, a->rn, NO_INDEX); }                 \
    TRANS(NAME##_p) { return replicate(s, k, a->q, a->size, a->rt, a->rn, (int)a->rm); }
REPLICATE(LD1R, 1)
REPLICATE(LD2R, 2)
REPLICATE(LD3R, 3)
REPLICATE(LD4R, 4)
