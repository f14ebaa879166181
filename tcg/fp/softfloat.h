/* SPDX-License-Identifier: MIT */
/*
 * Soft-float: the exact slow path of every guest floating-point operation, and the definition of
 * the FP ops for the IR interpreter.  Read this file first, then parts.h, then arith.c.
 *
 * May include libc only.  No host floating point is used, so the host's control register and
 * flags neither matter nor change.
 *
 * Common to every function here:
 *   - values are raw bits: uint16_t is IEEE binary16, uint32_t binary32, uint64_t binary64;
 *   - `env` selects rounding and rules, and its `flags` accumulate FP_* bits (never cleared here);
 *   - pure apart from *env: no allocation, no global state, safe from any thread and from a
 *     signal handler as long as each caller has its own env;
 *   - no errors: every bit pattern is a valid operand.
 *
 * The manual, in comments: DDI 0487 (Arm A-profile), "shared/functions/float" pseudocode, by the
 * names of its functions; Intel SDM volume 1, chapters 11 and 14; MIPS64 volume I, chapter 5.
 */
#ifndef DRAGOMAN_TCG_FP_SOFTFLOAT_H
#define DRAGOMAN_TCG_FP_SOFTFLOAT_H

#include <stdbool.h>
#include <stdint.h>

/* Rounding modes.  The first four have the values of ARM's FPCR.RMode. */
enum fp_round {
    FP_RNE,  /* to nearest, ties to even */
    FP_RP,   /* towards +infinity */
    FP_RM,   /* towards -infinity */
    FP_RZ,   /* towards zero */
    FP_RNA,  /* to nearest, ties away from zero */
    FP_RODD, /* inexact results get an odd last bit; never overflows to infinity (FCVTXN) */
};

/* Cumulative exceptions, at their bit positions in ARM's FPSR. */
enum {
    FP_IOC = 1,   /* invalid operation */
    FP_DZC = 2,   /* division by zero */
    FP_OFC = 4,   /* overflow */
    FP_UFC = 8,   /* underflow */
    FP_IXC = 16,  /* inexact */
    FP_IDC = 128, /* a denormal operand was flushed (x86: MXCSR.DE, was used); MIPS has no such */
};

/* What the architecture, rather than IEEE 754, decides: one row each in rules.c. */
enum fp_rules {
    FP_RULES_ARM,      /* A64, and A32/T32 VFP; NEON of A32 sets fz and dn */
    FP_RULES_X86,      /* SSE, AVX, FMA, F16C */
    FP_RULES_MIPS,     /* FCSR.NAN2008 = 0: the quiet bit is inverted */
    FP_RULES_MIPS2008, /* FCSR.NAN2008 = ABS2008 = 1 */
};

struct fp_env {
    uint8_t round; /* enum fp_round */
    uint8_t rules; /* enum fp_rules */
    bool fz;       /* ARM FPCR.FZ, MIPS FCSR.FS: flush operands and results; x86 FTZ: results */
    bool fz16;     /* ARM FPCR.FZ16: fz, for binary16 arithmetic */
    bool dn;       /* ARM FPCR.DN: every NaN result is the default NaN */
    bool ahp;      /* ARM FPCR.AHP: conversions use the alternative half precision */
    bool daz;      /* x86 MXCSR.DAZ: denormal operands count as zeros; ignored by other rules */
    uint32_t flags; /* FP_* bits, accumulated */
};

/* Outcome of a comparison; FP_UN (unordered) if either operand is a NaN. */
enum fp_relation { FP_LT, FP_EQ, FP_GT, FP_UN };

/*
 * The operations of one format.  In each: operands and result are of that format.
 *
 * add, sub, mul, div, sqrt   IEEE 754, correctly rounded by env->round.
 * mulx        mul, but infinity * zero is 2.0 with the product's sign (FMULX).
 * muladd      a * b + c with one rounding.  ARM: NaNs are looked for in the order c, a, b, and
 *             a quiet NaN c with infinity * zero is invalid (FPMulAdd).  x86: in the order
 *             a, b, c, where a is the factor that the SDM's formula of the instruction names
 *             first.  The caller negates operands for the subtracting forms.
 * min, max    ARM: any NaN gives a NaN, -0 < +0 (FMIN).  x86: the second operand if either is a
 *             NaN or both are zeros; any NaN is invalid (MINSS).  MIPS: as minnm.
 * minnm, maxnm  as ARM's min and max, but a number wins over one quiet NaN (FMINNM).
 * cmp         a against b.  A signalling NaN is invalid; `signalling` makes any NaN so.
 * rint        to an integral value by `round`; `exact` raises FP_IXC if the value changed.
 * rintn       as rint with exact; NaNs and what does not fit a signed integer of `intbits`
 *             (32 or 64) give -2^(intbits - 1) and FP_IOC (FRINT32X and family; binary32, 64).
 * to_sint, to_uint  a * 2^fbits as an integer of `intbits` (16, 32 or 64), rounded by `round`;
 *             the result is sign- or zero-extended to 64 bits.  fbits: 0 to 64.  Out of range is
 *             FP_IOC alone; ARM and MIPS2008 saturate and make a NaN zero, x86 gives
 *             the "integer indefinite", MIPS the largest positive integer.
 * from_sint, from_uint  v / 2^fbits, rounded by env->round.  fbits: 0 to 64.
 * recpe, rsqrte  ARM's 8-bit estimates of 1/a and 1/sqrt(a) (FPRecipEstimate, FPRSqrtEstimate).
 * recps       2 - a * b, fused; infinity * zero gives 2 (FRECPS).
 * rsqrts      (3 - a * b) / 2, fused; infinity * zero gives 1.5 (FRSQRTS).
 * recpx       the exponent inverted, the fraction zero (FRECPX).
 */
#define FP_DECLARE(N)                                                                              \
    uint##N##_t fp##N##_add(uint##N##_t a, uint##N##_t b, struct fp_env *env);                     \
    uint##N##_t fp##N##_sub(uint##N##_t a, uint##N##_t b, struct fp_env *env);                     \
    uint##N##_t fp##N##_mul(uint##N##_t a, uint##N##_t b, struct fp_env *env);                     \
    uint##N##_t fp##N##_mulx(uint##N##_t a, uint##N##_t b, struct fp_env *env);                    \
    uint##N##_t fp##N##_div(uint##N##_t a, uint##N##_t b, struct fp_env *env);                     \
    uint##N##_t fp##N##_sqrt(uint##N##_t a, struct fp_env *env);                                   \
    uint##N##_t fp##N##_muladd(uint##N##_t a, uint##N##_t b, uint##N##_t c, struct fp_env *env);   \
    uint##N##_t fp##N##_min(uint##N##_t a, uint##N##_t b, struct fp_env *env);                     \
    uint##N##_t fp##N##_max(uint##N##_t a, uint##N##_t b, struct fp_env *env);                     \
    uint##N##_t fp##N##_minnm(uint##N##_t a, uint##N##_t b, struct fp_env *env);                   \
    uint##N##_t fp##N##_maxnm(uint##N##_t a, uint##N##_t b, struct fp_env *env);                   \
    enum fp_relation fp##N##_cmp(uint##N##_t a, uint##N##_t b, bool signalling,                    \
                                 struct fp_env *env);                                              \
    uint##N##_t fp##N##_rint(uint##N##_t a, enum fp_round round, bool exact, struct fp_env *env);  \
    uint##N##_t fp##N##_rintn(uint##N##_t a, unsigned intbits, enum fp_round round,                \
                              struct fp_env *env);                                                 \
    int64_t fp##N##_to_sint(uint##N##_t a, unsigned intbits, unsigned fbits, enum fp_round round,  \
                            struct fp_env *env);                                                   \
    uint64_t fp##N##_to_uint(uint##N##_t a, unsigned intbits, unsigned fbits,                      \
                             enum fp_round round, struct fp_env *env);                             \
    uint##N##_t fp##N##_from_sint(int64_t v, unsigned fbits, struct fp_env *env);                  \
    uint##N##_t fp##N##_from_uint(uint64_t v, unsigned fbits, struct fp_env *env);                 \
    uint##N##_t fp##N##_recpe(uint##N##_t a, struct fp_env *env);                                  \
    uint##N##_t fp##N##_rsqrte(uint##N##_t a, struct fp_env *env);                                 \
    uint##N##_t fp##N##_recps(uint##N##_t a, uint##N##_t b, struct fp_env *env);                   \
    uint##N##_t fp##N##_rsqrts(uint##N##_t a, uint##N##_t b, struct fp_env *env);                  \
    uint##N##_t fp##N##_recpx(uint##N##_t a, struct fp_env *env);

FP_DECLARE(16)
FP_DECLARE(32)
FP_DECLARE(64)

/*
 * Conversions between formats, rounded by env->round (ARM: FPConvert).  A NaN keeps its sign and
 * the top of its payload, and becomes quiet.  binary16 is the alternative half precision if
 * env->ahp: without infinities and NaNs, out of range gives the largest number and FP_IOC alone.
 * env->fz16 has no effect here.  fp64_to_fp32 with FP_RODD is FCVTXN.
 */
uint32_t fp16_to_fp32(uint16_t a, struct fp_env *env);
uint64_t fp16_to_fp64(uint16_t a, struct fp_env *env);
uint16_t fp32_to_fp16(uint32_t a, struct fp_env *env);
uint64_t fp32_to_fp64(uint32_t a, struct fp_env *env);
uint16_t fp64_to_fp16(uint64_t a, struct fp_env *env);
uint32_t fp64_to_fp32(uint64_t a, struct fp_env *env);

/*
 * ECMAScript's ToInt32: truncated, modulo 2^32; NaN and infinity give 0 (FJCVTZS).  *exact is
 * the Z flag of FJCVTZS: the result converts back to the very operand (so not for -0).
 */
uint32_t fp64_to_jsint(uint64_t a, struct fp_env *env, bool *exact);

/* URECPE and URSQRTE: a is a fraction of 2^32; below 1/2 (1/4 for ursqrte) gives all ones. */
uint32_t urecpe(uint32_t a);
uint32_t ursqrte(uint32_t a);

#endif
