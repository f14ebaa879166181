/* SPDX-License-Identifier: MIT */
/*
 * Ops that make flags or use them.  Flags are the canonical word of guest.h.  Includes eval.h and
 * guest.h.
 */
#include "tcg/guest.h"
#include "tcg/interp/eval.h"

/* ARM ARM C1.2.4: bit 0 of the condition inverts, but for the two that always hold. */
bool ir_cond_holds(enum ir_cond cond, uint32_t flags)
{
    const bool n = flags & TCG_FLAG_N, z = flags & TCG_FLAG_Z;
    const bool c = flags & TCG_FLAG_C, v = flags & TCG_FLAG_V;
    const bool holds[8] = {z, c, n, v, c && !z, n == v, n == v && !z, true};

    return cond >= IR_AL || holds[cond >> 1] != (cond & 1);
}

static uint32_t pack(bool n, bool z, bool c, bool v)
{
    return (n ? TCG_FLAG_N : 0) | (z ? TCG_FLAG_Z : 0) | (c ? TCG_FLAG_C : 0) |
           (v ? TCG_FLAG_V : 0);
}

static uint32_t from_nzcv(unsigned nzcv)
{
    return pack(nzcv & 8, nzcv & 4, nzcv & 2, nzcv & 1);
}

static bool carry(const union ir_val *flags)
{
    return flags->w & TCG_FLAG_C;
}

/* ARM ARM AddWithCarry(): flags of the op's type, result in *sum.  Subtraction adds ~y. */
static uint32_t add_with_carry(const struct ir_desc *op, uint64_t x, uint64_t y, bool carry_in,
                               uint64_t *sum)
{
    const unsigned width = op->type == IR_I64 ? 64 : 32;
    const uint64_t mask = width == 64 ? ~(uint64_t)0 : 0xffffffff;
    const unsigned __int128 wide = (unsigned __int128)(x & mask) + (y & mask) + carry_in;
    const uint64_t r = (uint64_t)wide & mask;
    const uint64_t overflow = (x ^ r) & (y ^ r); /* both operands have the other sign */

    *sum = r;
    return pack(r >> (width - 1), r == 0, (wide >> width) & 1, (overflow >> (width - 1)) & 1);
}

#define ADD_FLAGS(name, y, carry_in)                        \
    IR_EVAL_FN(name)                                        \
    {                                                       \
        IR_EVAL_ARGS;                                       \
        uint64_t sum;                                       \
        d->l = add_with_carry(op, a->l, y, carry_in, &sum); \
    }
ADD_FLAGS(flags_add, b->l, 0)
ADD_FLAGS(flags_sub, ~b->l, 1)
ADD_FLAGS(flags_adc, b->l, carry(c))
ADD_FLAGS(flags_sbc, ~b->l, carry(c))

#define ADD_SUM(name, y)                             \
    IR_EVAL_FN(name)                                 \
    {                                                \
        IR_EVAL_ARGS;                                \
        uint64_t sum;                                \
        add_with_carry(op, a->l, y, carry(c), &sum); \
        d->l = sum;                                  \
    }
ADD_SUM(adc, b->l)
ADD_SUM(sbc, ~b->l)

IR_EVAL_FN(flags_and)
{
    IR_EVAL_ARGS;
    uint64_t r = a->l & b->l;

    if (op->type != IR_I64)
        r = (uint64_t)r << 32;
    d->l = pack(r >> 63, r == 0, false, false);
}

IR_EVAL_FN(flags_sel)
{
    IR_EVAL_ARGS;
    const uint32_t otherwise = op->imm == IR_KEEP ? a->w : from_nzcv((unsigned)op->imm);

    d->l = ir_cond_holds((enum ir_cond)op->mod, a->w) ? b->w : otherwise;
}

IR_EVAL_FN(flags_merge)
{
    IR_EVAL_ARGS;
    const uint32_t mask = from_nzcv((unsigned)op->imm);

    d->l = (a->w & mask) | (b->w & ~mask);
}

IR_EVAL_FN(flags_nzcv)
{
    IR_EVAL_ARGS;
    d->l = from_nzcv(a->w >> 28);
}

IR_EVAL_FN(nzcv)
{
    IR_EVAL_ARGS;
    const uint32_t f = a->w;

    d->l = (uint32_t)(!!(f & TCG_FLAG_N)) << 31 | (uint32_t)(!!(f & TCG_FLAG_Z)) << 30 |
           (uint32_t)(!!(f & TCG_FLAG_C)) << 29 | (uint32_t)(!!(f & TCG_FLAG_V)) << 28;
}

IR_EVAL_FN(cc)
{
    IR_EVAL_ARGS;
    d->l = ir_cond_holds((enum ir_cond)op->mod, a->w);
}

IR_EVAL_FN(sel)
{
    IR_EVAL_ARGS;
    const union ir_val *from = ir_cond_holds((enum ir_cond)op->mod, c->w) ? a : b;

    if (op->type == IR_V128)
        d->v = from->v;
    else
        d->l = from->l;
}
