/* SPDX-License-Identifier: MIT */
/*
 * The tables of ops.c: how each op is called, and an oracle that knows its result another way than
 * tcg/interp does.  One op may have several rows with different oracles.
 */
#ifndef DRAGOMAN_TESTS_IR_ROWS_H
#define DRAGOMAN_TESTS_IR_ROWS_H

#include "tests/ir/harness.h"

/* What must come out. */
struct expect {
    union ir_val d;
    uint16_t undefined; /* bytes of d that may be anything */
    bool qc;
    uint32_t fp_flags;      /* FP_* raised */
    uint32_t fp_flags_free; /* FP_* that may be either */
    bool skip;              /* the oracle does not know */
};
typedef void oracle_fn(const struct ir_desc *op, const union ir_val in[3], const struct fp_env *env,
                       struct expect *e);

/* Which immediates an op takes. */
enum imms {
    IMM_NONE,
    IMM_WIDTH,   /* 1 to the type's bits */
    IMM_FIELD,   /* first bit, length */
    IMM_BIT,     /* 0 to the type's bits - 1 */
    IMM_CRC,     /* 1, 2, 4, 8 bytes */
    IMM_NZCV,    /* 0 to 16 */
    IMM_LANE,    /* a lane's number */
    IMM_LANES,   /* two of them */
    IMM_BYTE,    /* 0 to 15 */
    IMM_UNIT,    /* bytes of a unit that is larger than the lane */
    IMM_LEFT,    /* 0 to the lane's bits - 1 */
    IMM_RIGHT,   /* 1 to the lane's bits */
    IMM_63,      /* 0 to 63 */
    IMM_FBITS,   /* fraction bits of a fixed-point number of lane size */
    IMM_FBITS_T, /* the same of the type's size */
    IMM_FORMAT,  /* log2 of the bytes of another FP format */
};
/* Which values of mod. */
enum mods { MOD_NONE, MOD_CRC, MOD_COND, MOD_FMA, MOD_ROUND, MOD_RINT, MOD_FCMP, MOD_CVT };

struct row {
    uint16_t opc;
    const char *types; /* "wl": i32, i64; "v": v128 (only `sel` has the choice of all) */
    const char *lanes; /* element sizes, of "bhsd", then counts, of "QD1"; "" for none */
    enum imms imms;
    enum mods mods;
    bool fp; /* operands are FP numbers */
    oracle_fn *oracle;
    const char *oracle_name; /* what tells rows of one op apart */
};
extern const struct row rows_int[], rows_vec[], rows_x86[], rows_fp[],
    rows_host_fp[]; /* end with opc 0 */

/* Whole ciphers and hashes made of the cryptographic ops, with the standards' examples. */
void test_crypto(void);

/* Lanes by number, for oracles. */
static inline unsigned lane_bits(const struct ir_desc *op)
{
    return 8u << (op->lane & 3);
}
uint64_t get_lane(const tcg_v128 *v, unsigned bits, unsigned i);
int64_t get_signed_lane(const tcg_v128 *v, unsigned bits, unsigned i);
void set_lane(tcg_v128 *v, unsigned bits, unsigned i, uint64_t x);

#endif
