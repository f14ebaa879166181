/* SPDX-License-Identifier: MIT */
/*
 * Loads and stores of VFP registers (ARM ARM F6.1: VLDR, VSTR, VLDM, VSTM, VPUSH, VPOP).
 *
 * Several S registers go at once where they are neighbours in one D or Q register, unless data is
 * big-endian.  Addresses need not be aligned (the architecture wants words).  UNPREDICTABLE lists (none,
 * more than 16 D registers, beyond the last) are UNDEFINED.
 */
#include "frontends/arm/a32_neon.h"

enum { SIZE_W = 2, SIZE_DW = 3, SIZE_QW = 4 };

static ir_ref base_of(struct a32_lift *s, unsigned rn)
{
    return rn == 15 ? ir_const_pc(s->ir, a32_pc_base(s)) : a32_r(s, rn);
}

/* VLDR, VSTR{.16|.32|.64} Vd, [Rn, #+/-imm] */
static bool one(struct a32_lift *s, bool load, unsigned sz, unsigned vd, unsigned rn, int32_t disp)
{
    if ((sz == IR_LANE_D && !a32_dq_ok(s, 0, vd, 0)) || (sz == IR_LANE_H && !a32_has(s, A32_FEAT_FPHP)) ||
        (!load && rn == 15 && s->thumb)) {
        return false;
    }
    const unsigned slot = sz == IR_LANE_D ? A32_SLOT_D0 + vd : A32_SLOT_S0 + vd;
    a32_guard(s);
    if (load) {
        ir_put(s->ir, slot, a32_load(s, IR_V128, sz, base_of(s, rn), disp));
    } else {
        a32_store(s, sz, base_of(s, rn), disp, ir_get(s->ir, slot));
    }
    return true;
}

/* imm8 counts units of the size, words for doublewords. */
#define ONE(load)                                                                                  \
    one(s, load, a->sz, a->sz == IR_LANE_D ? D_VD : S_VD, a->rn,                                   \
        (a->u ? 1 : -1) * (int32_t)(a->imm8 << (a->sz == IR_LANE_H ? 1 : 2)))
TRANS(VLDR) { return ONE(true); }
TRANS(VSTR) { return ONE(false); }

/* How many words, from S register (or half of a D register) r on, can be accessed at once.  D registers one
 * by one, as they are mostly written: a wider load of two stores waits until both have left the store buffer. */
static unsigned at_once(const struct a32_lift *s, unsigned r, unsigned left, bool dbl)
{
    if (dbl) {
        return 2;
    }
    if (a32_order(s)) {
        return 1;
    }
    return r % 4 == 0 && left >= 4 ? 4 : r % 2 == 0 && left >= 2 ? 2 : 1;
}

static unsigned slot_of(unsigned r, unsigned words)
{
    return words == 4 ? A32_SLOT_Q0 + r / 4 : words == 2 ? A32_SLOT_D0 + r / 2 : A32_SLOT_S0 + r;
}

static unsigned size_of(unsigned words) { return words == 4 ? SIZE_QW : words == 2 ? SIZE_DW : SIZE_W; }

/* n words from r on. */
static void load_words(struct a32_lift *s, ir_ref base, int32_t disp, unsigned r, unsigned n, bool dbl,
                       ir_ref v[32])
{
    for (unsigned k = 0, words; k < n; k += words) {
        words = at_once(s, r + k, n - k, dbl);
        v[k] = a32_load(s, IR_V128, size_of(words), base, disp + (int32_t)k * 4);
    }
}

static void put_words(struct a32_lift *s, unsigned r, unsigned n, bool dbl, const ir_ref v[32])
{
    for (unsigned k = 0, words; k < n; k += words) {
        words = at_once(s, r + k, n - k, dbl);
        ir_put(s->ir, slot_of(r + k, words), v[k]);
    }
}

static void store_words(struct a32_lift *s, ir_ref base, int32_t disp, unsigned r, unsigned n, bool dbl)
{
    for (unsigned k = 0, words; k < n; k += words) {
        words = at_once(s, r + k, n - k, dbl);
        a32_store(s, size_of(words), base, disp + (int32_t)k * 4,
                  ir_get(s->ir, slot_of(r + k, words)));
    }
}

struct many {
    bool load, dbl, down, writeback;
    unsigned vd, rn, imm8; /* imm8: words; odd for the D registers of FLDMX, FSTMX */
};

static bool many(struct a32_lift *s, const struct many *m)
{
    const unsigned n = m->dbl ? m->imm8 & ~1u : m->imm8, r = m->dbl ? m->vd * 2 : m->vd;
    if (!n || n > 32 || r + n > (m->dbl && a32_has(s, A32_FEAT_VFPD32) ? 64 : 32) ||
        (m->rn == 15 && (m->writeback || s->thumb))) {
        return false;
    }
    const int32_t bytes = (int32_t)m->imm8 * 4, disp = m->down ? -bytes : 0;
    ir_ref v[32];
    a32_guard(s);
    const ir_ref base = base_of(s, m->rn);
    if (m->load) {
        load_words(s, base, disp, r, n, m->dbl, v);
    } else {
        store_words(s, base, disp, r, n, m->dbl);
    }
    if (m->writeback) {
        a32_put_r(s, m->rn, ir_add(s->ir, IR_I32, base, a32_imm(s, (uint32_t)(m->down ? -bytes : bytes))));
    }
    if (m->load) {
        put_words(s, r, n, m->dbl, v);
    }
    return true;
}

/* VLDM, VSTM{IA} Rn{!}, <list>; VLDM, VSTMDB Rn!, <list>; VPOP, VPUSH <list> */
#define MANY(NAME, is_load, is_down, back)                                                         \
    TRANS(NAME)                                                                                    \
    {                                                                                              \
        return many(s, &(struct many){.load = is_load, .dbl = a->dbl, .down = is_down,             \
                                      .writeback = back, .vd = a->dbl ? D_VD : S_VD,               \
                                      .rn = a->rn, .imm8 = a->imm8});                              \
    }
MANY(VLDM_ia, true, false, a->w)
MANY(VSTM_ia, false, false, a->w)
MANY(VLDM_db, true, true, true)
MANY(VSTM_db, false, true, true)
