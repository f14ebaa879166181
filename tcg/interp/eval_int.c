/* SPDX-License-Identifier: MIT */
/*
 * Integer ops, and the table of all.  Each op is one row: an expression over x and y (operands a
 * and b as unsigned numbers of the op's type).  Includes eval.h alone.
 */
#include "tcg/interp/eval.h"

/* --- the table ------------------------------------------------------------------------------ */

#define DECLARE_CUSTOM(name)
#define DECLARE_T_T(name)               IR_EVAL_FN(name);
#define DECLARE_T_TT                    DECLARE_T_T
#define DECLARE_T_TI                    DECLARE_T_T
#define DECLARE_T_TII                   DECLARE_T_T
#define DECLARE_T_TTI                   DECLARE_T_T
#define DECLARE_T_TTII                  DECLARE_T_T
#define DECLARE_T_TTF                   DECLARE_T_T
#define DECLARE_W_L                     DECLARE_T_T
#define DECLARE_L_W                     DECLARE_T_T
#define DECLARE_F_TT                    DECLARE_T_T
#define DECLARE_F_TTF                   DECLARE_T_T
#define DECLARE_F_W                     DECLARE_T_T
#define DECLARE_W_F                     DECLARE_T_T
#define DECLARE_V_T                     DECLARE_T_T
#define DECLARE_V_TI                    DECLARE_T_T
#define DECLARE_V_VTI                   DECLARE_T_T
#define DECLARE_T_VI                    DECLARE_T_T
#define DECLARE_T_VIM                   DECLARE_T_T
#define DECLARE_L_V                     DECLARE_T_T
#define DECLARE_V_V                     DECLARE_T_T
#define DECLARE_V_VM                    DECLARE_T_T
#define DECLARE_V_VI                    DECLARE_T_T
#define DECLARE_V_VIM                   DECLARE_T_T
#define DECLARE_V_VV                    DECLARE_T_T
#define DECLARE_V_VVI                   DECLARE_T_T
#define DECLARE_V_VVII                  DECLARE_T_T
#define DECLARE_V_VVV                   DECLARE_T_T
#define DECLARE_V_VVVI                  DECLARE_T_T
#define DECLARE_V_VVVM                  DECLARE_T_T
#define OP(name, shape, flags, meaning) DECLARE_##shape(name)
#include "tcg/ir/ops.def"
IR_EVAL_FN(crc32);
IR_EVAL_FN(flags_sel);
IR_EVAL_FN(flags_merge);
IR_EVAL_FN(fcmp);
IR_EVAL_FN(cc);
IR_EVAL_FN(sel);

/* Ops without a function: interp.c gives them their meaning. */
#define ir_eval_const      NULL
#define ir_eval_vconst     NULL
#define ir_eval_get        NULL
#define ir_eval_put        NULL
#define ir_eval_insn       NULL
#define ir_eval_param      NULL
#define ir_eval_load       NULL
#define ir_eval_store      NULL
#define ir_eval_load_excl  NULL
#define ir_eval_store_excl NULL
#define ir_eval_clear_excl NULL
#define ir_eval_rmw        NULL
#define ir_eval_cas        NULL
#define ir_eval_fence      NULL
#define ir_eval_exit_if    NULL
#define ir_eval_poll       NULL
#define ir_eval_jump       NULL
#define ir_eval_branch     NULL
#define ir_eval_goto_pc    NULL
#define ir_eval_goto_ind   NULL
#define ir_eval_raise      NULL
#define ir_eval_call       NULL
#define ir_eval_vcall      NULL

ir_eval_fn *const ir_eval[IR_OPC_COUNT] = {
#define OP(name, shape, flags, meaning) [IR_##name] = ir_eval_##name,
#include "tcg/ir/ops.def"
};

/* --- rows ----------------------------------------------------------------------------------- */

/* U and S are the op's type, unsigned and signed, UU and SS twice as wide, W its bits. */
#define INT_OP(name, expr)                                                 \
    IR_EVAL_FN(name)                                                       \
    {                                                                      \
        IR_EVAL_ARGS;                                                      \
        const int64_t i = op->imm, j = op->imm2;                           \
        (void)i, (void)j;                                                  \
        if (op->type == IR_I64) {                                          \
            INT_BODY(uint64_t, int64_t, unsigned __int128, __int128, expr) \
        } else {                                                           \
            INT_BODY(uint32_t, int32_t, uint64_t, int64_t, expr)           \
        }                                                                  \
    }
#define INT_BODY(U_, S_, UU_, SS_, expr)                    \
    typedef U_ U;                                           \
    typedef S_ S;                                           \
    typedef UU_ UU;                                         \
    typedef SS_ SS;                                         \
    enum { W = 8 * sizeof(U) };                             \
    const U x = X, y = Y;                                   \
    (void)y, (void)(S)0, (void)(UU)0, (void)(SS)0, (void)W; \
    d->l = (U)(expr);

#define X ((U)a->l)
#define Y ((U)b->l)
INT_OP(add, x + y)
INT_OP(sub, x - y)
INT_OP(and, (x & y))
INT_OP(or, x | y)
INT_OP(xor, x ^ y)
INT_OP(andn, x & ~y)
INT_OP(orn, x | ~y)
INT_OP(xorn, x ^ ~y)
INT_OP(shl, x << y % W)
INT_OP(shr, x >> y % W)
INT_OP(sar, (S)x >> y % W)
INT_OP(ror, x >> y % W | x << -y % W)
INT_OP(mul, x *y)
INT_OP(mulhu, (UU)x *y >> W)
INT_OP(mulhs, (SS)(S)x *(S)y >> W)
INT_OP(divu, y ? x / y : 0)
/* The host's MIN / -1 traps; negation wraps as wanted. */
INT_OP(divs, !y ? 0 : y == (U)-1 ? -x : (U)((S)x / (S)y))
/* a:b shifted down as one number of twice the width. */
INT_OP(extr, ((UU)x << W | y) >> i)

static uint64_t low_bits(unsigned n)
{
    return n >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1;
}

INT_OP(bfi, (x & ~(low_bits(j) << i)) | (y & low_bits(j)) << i)
#undef Y

/* One operand. */
#define Y 0
static uint64_t sign_extend(uint64_t x, unsigned bits)
{
    return (uint64_t)((int64_t)(x << (64 - bits)) >> (64 - bits));
}

/* Reverses the order of the units of 2^log2 bits within each unit of twice their size. */
static uint64_t swap_units(uint64_t x, unsigned log2)
{
    static const uint64_t even[6] = {0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f,
                                     0x00ff00ff00ff00ff, 0x0000ffff0000ffff, 0x00000000ffffffff};

    return (x & even[log2]) << (1u << log2) | (x >> (1u << log2) & even[log2]);
}

static uint64_t reverse_bits(uint64_t x)
{
    for (unsigned log2 = 0; log2 < 6; log2++)
        x = swap_units(x, log2);
    return x;
}

static unsigned leading_zeros(uint64_t x)
{
    return x ? (unsigned)__builtin_clzll(x) : 64;
}

INT_OP(neg, 0 - x)
INT_OP(not, ~x)
INT_OP(clz, leading_zeros(x) - (64 - W))
INT_OP(ctz, x ? (unsigned)__builtin_ctzll(x) : W)
/* Bits that differ from their left neighbour end the run of sign bits. */
INT_OP(cls, leading_zeros((U)(x ^ (U)((S)x >> 1))) - (64 - W) - 1)
INT_OP(rbit, reverse_bits(x) >> (64 - W))
INT_OP(bswap, W == 64 ? __builtin_bswap64(x) : __builtin_bswap32(x))
INT_OP(bswap16, swap_units(x, 3))
INT_OP(bswap32, swap_units(swap_units(x, 3), 4))
INT_OP(zext, (x & low_bits(i)))
INT_OP(sext, sign_extend(x, i))
INT_OP(ubfx, x >> i & low_bits(j))
INT_OP(sbfx, sign_extend(x >> i, j))
#undef X
#undef Y

IR_EVAL_FN(trunc)
{
    IR_EVAL_ARGS;
    d->l = (uint32_t)a->l;
}

IR_EVAL_FN(zext64)
{
    IR_EVAL_ARGS;
    d->l = (uint32_t)a->l;
}

IR_EVAL_FN(sext64)
{
    IR_EVAL_ARGS;
    d->l = (uint64_t)(int64_t)(int32_t)a->w;
}

/* A64 CRC32B..X and CRC32CB..X (ARM ARM C6.2, BitReverse and Poly32Mod2 written the reflected way). */
IR_EVAL_FN(crc32)
{
    IR_EVAL_ARGS;
    const uint32_t poly = op->mod & IR_CRC32C ? 0x82f63b78 : 0xedb88320;
    uint32_t crc = a->w;
    const uint64_t data = b->l;

    for (int64_t bit = 0; bit < 8 * op->imm; bit++) {
        const uint32_t low = (crc ^ (uint32_t)(data >> bit)) & 1;
        crc = crc >> 1 ^ (low ? poly : 0);
    }
    d->l = crc;
}
