/* SPDX-License-Identifier: MIT */
/*
 * Oracles of the integer and flag ops: bit by bit, or on integers so wide that nothing overflows.
 */
#include <string.h>
#include <zlib.h>

#include "tests/ir/rows.h"

typedef __int128 wide;

static unsigned width(const struct ir_desc *op)
{
    return op->type == IR_I64 ? 64 : 32;
}
static bool bit(uint64_t x, unsigned k)
{
    return k < 64 && x >> k & 1;
}

static int64_t as_signed(uint64_t x, unsigned bits)
{
    const wide v = x;

    return (int64_t)(bit(x, bits - 1) ? v - ((wide)1 << bits) : v);
}

/* The low `bits` bits of a number of any size or sign. */
static uint64_t modulo(wide x, unsigned bits)
{
    wide m = x % ((wide)1 << bits);

    return (uint64_t)(m < 0 ? m + ((wide)1 << bits) : m);
}

/* --- two operands, as numbers ------------------------------------------------------------------ */

#define NUMBERS(name, expr)                                                                        \
    static void name(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env, \
                     struct expect *e)                                                             \
    {                                                                                              \
        const unsigned n = width(op);                                                              \
        const wide ux = in[0].l, uy = in[1].l;                                                     \
        const wide x = as_signed(in[0].l, n), y = as_signed(in[1].l, n);                           \
        (void)env, (void)ux, (void)uy, (void)x, (void)y;                                           \
        e->d.l = modulo(expr, n);                                                                  \
    }

/* Schoolbook, so that 64 by 64 bits needs no 128-bit unsigned type. */
static uint64_t high_half(uint64_t x, uint64_t y, unsigned n)
{
    uint64_t high = 0, low = 0;

    for (unsigned k = 0; k < n; k++) {
        if (!bit(y, k))
            continue;
        const uint64_t add_low = k ? modulo((wide)(x << k), n) : x;
        const uint64_t add_high = k ? x >> (n - k) : 0;
        const wide sum = (wide)low + add_low;
        low = modulo(sum, n);
        high = modulo((wide)high + add_high + (sum >> n), n);
    }
    return high;
}

/* high(signed) = high(unsigned) - (x < 0 ? y : 0) - (y < 0 ? x : 0). */
static wide signed_high_half(uint64_t x, uint64_t y, unsigned n)
{
    return (wide)high_half(x, y, n) - (bit(x, n - 1) ? y : 0) - (bit(y, n - 1) ? x : 0);
}

static wide quotient(wide x, wide y)
{
    return y == 0 ? 0 : x / y;
}

NUMBERS(o_add, ux + uy)
NUMBERS(o_sub, ux - uy)
NUMBERS(o_mul,
        (wide)((unsigned __int128)ux *(unsigned __int128)uy &(((unsigned __int128)1 << 127) - 1)))
NUMBERS(o_mulhu, high_half((uint64_t)ux, (uint64_t)uy, n))
NUMBERS(o_mulhs, signed_high_half((uint64_t)ux, (uint64_t)uy, n))
NUMBERS(o_divu, quotient(ux, uy))
NUMBERS(o_divs, quotient(x, y))
NUMBERS(o_neg, -x)
NUMBERS(o_trunc, ux)

static void o_zext64(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env,
                     struct expect *e)
{
    (void)op, (void)env;
    e->d.l = in[0].l;
}

static void o_sext64(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env,
                     struct expect *e)
{
    (void)op, (void)env;
    e->d.l = modulo(as_signed(in[0].l, 32), 64);
}

/* --- bit by bit -------------------------------------------------------------------------------- */

/* Bit k of the result = expr. */
#define BITS(name, expr)                                                                           \
    static void name(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env, \
                     struct expect *e)                                                             \
    {                                                                                              \
        const unsigned n = width(op);                                                              \
        const uint64_t x = in[0].l, y = in[1].l;                                                   \
        const unsigned i = (unsigned)op->imm, j = (unsigned)op->imm2;                              \
        (void)env, (void)x, (void)y, (void)i, (void)j;                                             \
        for (unsigned k = 0; k < n; k++)                                                           \
            e->d.l |= (uint64_t) !!(expr) << k;                                                    \
    }
BITS(o_and, bit(x, k) && bit(y, k))
BITS(o_or, bit(x, k) || bit(y, k))
BITS(o_xor, bit(x, k) != bit(y, k))
BITS(o_andn, bit(x, k) && !bit(y, k))
BITS(o_orn, bit(x, k) || !bit(y, k))
BITS(o_xorn, bit(x, k) == bit(y, k))
BITS(o_not, !bit(x, k))
BITS(o_shl, k >= y % n && bit(x, k - y % n))
BITS(o_shr, k + y % n < n && bit(x, k + y % n))
BITS(o_sar, bit(x, k + y % n < n ? k + y % n : n - 1))
BITS(o_ror, bit(x, (k + y % n) % n))
BITS(o_rbit, bit(x, n - 1 - k))
BITS(o_bswap, bit(x, (n / 8 - 1 - k / 8) * 8 + k % 8))
BITS(o_bswap16, bit(x, k / 16 * 16 + (k + 8) % 16))
BITS(o_bswap32, bit(x, k / 32 * 32 + (3 - k % 32 / 8) * 8 + k % 8))
BITS(o_zext, k < i && bit(x, k))
BITS(o_sext, bit(x, k < i ? k : i - 1))
BITS(o_ubfx, k < j && bit(x, k + i))
BITS(o_sbfx, bit(x, (k < j ? k : j - 1) + i))
BITS(o_bfi, k >= i && k < i + j ? bit(y, k - i) : bit(x, k))
BITS(o_extr, k + i < n ? bit(y, k + i) : bit(x, k + i - n))

static void o_clz(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env,
                  struct expect *e)
{
    unsigned k = width(op);

    (void)env;
    while (k > 0 && !bit(in[0].l, k - 1))
        k--;
    e->d.l = width(op) - k;
}

static void o_ctz(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env,
                  struct expect *e)
{
    unsigned k = 0;

    (void)env;
    while (k < width(op) && !bit(in[0].l, k))
        k++;
    e->d.l = k;
}

static void o_cls(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env,
                  struct expect *e)
{
    const unsigned top = width(op) - 1;
    unsigned k = top;

    (void)env;
    while (k > 0 && bit(in[0].l, k - 1) == bit(in[0].l, top))
        k--;
    e->d.l = top - k;
}

/* --- CRC --------------------------------------------------------------------------------------- */

/* zlib inverts before and after. */
static void o_crc32(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env,
                    struct expect *e)
{
    uint8_t bytes[8];

    (void)env;
    memcpy(bytes, &in[1].l, 8);
    e->skip = op->mod & IR_CRC32C;
    e->d.l = ~(uint32_t)crc32((uint32_t)~in[0].w, bytes, (unsigned)op->imm) & 0xffffffff;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t host_crc32c(uint32_t crc, uint64_t x,
                                                              int64_t bytes)
{
    switch (bytes) {
    case 1: return __builtin_ia32_crc32qi(crc, (uint8_t)x);
    case 2: return __builtin_ia32_crc32hi(crc, (uint16_t)x);
    case 4: return __builtin_ia32_crc32si(crc, (uint32_t)x);
    default: return (uint32_t)__builtin_ia32_crc32di(crc, x);
    }
}

static void o_crc32c(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env,
                     struct expect *e)
{
    (void)env;
    e->skip = !(op->mod & IR_CRC32C) || !__builtin_cpu_supports("sse4.2");
    e->d.l = e->skip ? 0 : host_crc32c(in[0].w, in[1].l, op->imm);
}
#endif

/* --- flags ------------------------------------------------------------------------------------- */

static uint32_t flag_word(bool n, bool z, bool c, bool v)
{
    return (uint32_t)n << 15 | (uint32_t)z << 14 | (uint32_t)c << 8 | (uint32_t)v;
}

static bool has_c(const union ir_val *f)
{
    return f->w >> 8 & 1;
}

/* x + y + in, or x - y - !in, with exact sums: C and V are what does not fit. */
static uint64_t exact(const struct ir_desc *op, const union ir_val in[3], bool subtract, bool c,
                      uint32_t *flags)
{
    const unsigned n = width(op);
    const wide x = as_signed(in[0].l, n), y = as_signed(in[1].l, n);
    const wide ux = in[0].l, uy = in[1].l;
    const wide s = subtract ? x - y - !c : x + y + c;
    const wide u = subtract ? ux - uy - !c : ux + uy + c;
    const uint64_t r = modulo(s, n);

    *flags =
        flag_word(as_signed(r, n) < 0, r == 0, subtract ? u >= 0 : u >> n, as_signed(r, n) != s);
    return r;
}

#define SUM(name, subtract, c, which)                                                              \
    static void name(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env, \
                     struct expect *e)                                                             \
    {                                                                                              \
        uint32_t flags;                                                                            \
        const uint64_t sum = exact(op, in, subtract, c, &flags);                                   \
        (void)env, (void)sum;                                                                      \
        e->d.l = which;                                                                            \
    }
SUM(o_flags_add, false, false, flags)
SUM(o_flags_sub, true, true, flags)
SUM(o_flags_adc, false, has_c(&in[2]), flags)
SUM(o_flags_sbc, true, has_c(&in[2]), flags)
SUM(o_adc, false, has_c(&in[2]), sum)
SUM(o_sbc, true, has_c(&in[2]), sum)

static void o_flags_and(const struct ir_desc *op, const union ir_val in[3],
                        const struct fp_env *env, struct expect *e)
{
    const uint64_t r = in[0].l & in[1].l;

    (void)env;
    e->d.l = flag_word(bit(r, width(op) - 1), r == 0, false, false);
}

/* ARM ARM table C1-1, written out. */
static bool holds(unsigned cond, uint32_t f)
{
    const bool n = f >> 15 & 1, z = f >> 14 & 1, c = f >> 8 & 1, v = f & 1;

    switch (cond) {
    case 0: return z;
    case 1: return !z;
    case 2: return c;
    case 3: return !c;
    case 4: return n;
    case 5: return !n;
    case 6: return v;
    case 7: return !v;
    case 8: return c && !z;
    case 9: return !c || z;
    case 10: return n == v;
    case 11: return n != v;
    case 12: return !z && n == v;
    case 13: return z || n != v;
    default: return true;
    }
}

#define FLAG_ORACLE(name, value)                                                                   \
    static void name(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env, \
                     struct expect *e)                                                             \
    {                                                                                              \
        (void)op, (void)in, (void)env;                                                             \
        e->d = value;                                                                              \
    }
#define NUMBER(x) ((union ir_val){.l = (x)})
FLAG_ORACLE(o_cc, NUMBER(holds(op->mod, in[0].w)))
FLAG_ORACLE(o_sel, holds(op->mod, in[2].w) ? in[0] : in[1])
FLAG_ORACLE(o_flags_sel,
            NUMBER(holds(op->mod, in[0].w) ? in[1].w
                   : op->imm == 16         ? in[0].w
                                           : flag_word(op->imm >> 3 & 1, op->imm >> 2 & 1,
                                                       op->imm >> 1 & 1, op->imm & 1)))
FLAG_ORACLE(o_flags_merge, NUMBER(flag_word((op->imm >> 3 & 1 ? in[0] : in[1]).w >> 15 & 1,
                                            (op->imm >> 2 & 1 ? in[0] : in[1]).w >> 14 & 1,
                                            (op->imm >> 1 & 1 ? in[0] : in[1]).w >> 8 & 1,
                                            (op->imm & 1 ? in[0] : in[1]).w & 1)))
FLAG_ORACLE(o_flags_nzcv, NUMBER(flag_word(bit(in[0].l, 31), bit(in[0].l, 30), bit(in[0].l, 29),
                                           bit(in[0].l, 28))))
FLAG_ORACLE(o_nzcv, NUMBER((uint64_t)(in[0].w >> 15 & 1) << 31 | (in[0].w >> 14 & 1) << 30 |
                           (in[0].w >> 8 & 1) << 29 | (in[0].w & 1) << 28))

/* --- rows -------------------------------------------------------------------------------------- */

#define ROW(name, types, imms)                                         \
    {                                                                  \
        IR_##name, types, "", imms, MOD_NONE, false, o_##name, "exact" \
    }
#define ROW_MOD(name, types, imms, mods, oracle, text)        \
    {                                                         \
        IR_##name, types, "", imms, mods, false, oracle, text \
    }
const struct row rows_int[] = {
    ROW(add, "wl", IMM_NONE),
    ROW(sub, "wl", IMM_NONE),
    ROW(and, "wl", IMM_NONE),
    ROW(or, "wl", IMM_NONE),
    ROW(xor, "wl", IMM_NONE),
    ROW(andn, "wl", IMM_NONE),
    ROW(orn, "wl", IMM_NONE),
    ROW(xorn, "wl", IMM_NONE),
    ROW(neg, "wl", IMM_NONE),
    ROW(not, "wl", IMM_NONE),
    ROW(shl, "wl", IMM_NONE),
    ROW(shr, "wl", IMM_NONE),
    ROW(sar, "wl", IMM_NONE),
    ROW(ror, "wl", IMM_NONE),
    ROW(mul, "wl", IMM_NONE),
    ROW(mulhu, "wl", IMM_NONE),
    ROW(mulhs, "wl", IMM_NONE),
    ROW(divu, "wl", IMM_NONE),
    ROW(divs, "wl", IMM_NONE),
    ROW(clz, "wl", IMM_NONE),
    ROW(ctz, "wl", IMM_NONE),
    ROW(cls, "wl", IMM_NONE),
    ROW(rbit, "wl", IMM_NONE),
    ROW(bswap, "wl", IMM_NONE),
    ROW(bswap16, "wl", IMM_NONE),
    ROW(bswap32, "wl", IMM_NONE),
    ROW(zext, "wl", IMM_WIDTH),
    ROW(sext, "wl", IMM_WIDTH),
    ROW(ubfx, "wl", IMM_FIELD),
    ROW(sbfx, "wl", IMM_FIELD),
    ROW(bfi, "wl", IMM_FIELD),
    ROW(extr, "wl", IMM_BIT),
    ROW(trunc, "w", IMM_NONE),
    ROW(zext64, "l", IMM_NONE),
    ROW(sext64, "l", IMM_NONE),
    ROW_MOD(crc32, "w", IMM_CRC, MOD_CRC, o_crc32, "zlib"),
#if defined(__x86_64__)
    ROW_MOD(crc32, "w", IMM_CRC, MOD_CRC, o_crc32c, "SSE4.2"),
#endif
    ROW(flags_add, "wl", IMM_NONE),
    ROW(flags_sub, "wl", IMM_NONE),
    ROW(flags_adc, "wl", IMM_NONE),
    ROW(flags_sbc, "wl", IMM_NONE),
    ROW(flags_and, "wl", IMM_NONE),
    ROW_MOD(flags_sel, "w", IMM_NZCV, MOD_COND, o_flags_sel, "table"),
    ROW_MOD(flags_merge, "w", IMM_NZCV, MOD_NONE, o_flags_merge, "exact"),
    ROW(flags_nzcv, "w", IMM_NONE),
    ROW(nzcv, "w", IMM_NONE),
    ROW_MOD(cc, "wl", IMM_NONE, MOD_COND, o_cc, "table"),
    ROW_MOD(sel, "wlv", IMM_NONE, MOD_COND, o_sel, "table"),
    ROW(adc, "wl", IMM_NONE),
    ROW(sbc, "wl", IMM_NONE),
    {0},
};
