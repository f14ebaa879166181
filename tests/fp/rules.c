/* SPDX-License-Identifier: MIT */
/*
 * What neither the host nor the A64 peer can show: the rules of MIPS, rounding modes that no
 * instruction offers for an operation, 16-bit integers from wide formats.  The expected values
 * are worked out from the manuals; each is written beside its case.
 */
#include "tests/fp/report.h"

static struct report report;
static struct fp_env env;

static struct fp_env *with(enum fp_rules rules, enum fp_round round)
{
    env = (struct fp_env){.rules = (uint8_t)rules, .round = (uint8_t)round};
    return &env;
}

static struct fp_env *flushing(enum fp_rules rules)
{
    with(rules, FP_RNE)->fz = true;
    return &env;
}

static void expect(const char *what, uint64_t got, uint64_t expected, uint32_t flags)
{
    if (!report_case(&report, got == expected && env.flags == flags)) {
        printf("%s: expected %" PRIx64 " flags %02x, got %" PRIx64 " flags %02x\n", what, expected,
               flags, got, env.flags);
    }
}

#define EXPECT(call, expected, flags)                                                              \
    do {                                                                                           \
        uint64_t got = (uint64_t)(call);                                                           \
        expect(#call, got, expected, flags);                                                       \
    } while (0)

#define MIPS with(FP_RULES_MIPS, FP_RNE)
#define MIPS2008 with(FP_RULES_MIPS2008, FP_RNE)
#define ARM with(FP_RULES_ARM, FP_RNE)
#define X86 with(FP_RULES_X86, FP_RNE)

enum { ONE = 0x3f800000, INF = 0x7f800000, TINY = 1, NORMAL_MIN = 0x00800000 };

/* MIPS64 volume I, "Value supplied when a new quiet NaN is created": 7FBFFFFF, 7FF7FFFFFFFFFFFF. */
static void mips_nans(void)
{
    EXPECT(fp32_div(0, 0, MIPS), 0x7fbfffff, FP_IOC);
    EXPECT(fp64_div(0, 0, MIPS), 0x7ff7ffffffffffff, FP_IOC);
    EXPECT(fp32_sqrt(0xbf800000, MIPS), 0x7fbfffff, FP_IOC);
    EXPECT(fp32_add(0xff812345, ONE, MIPS), 0xff812345, 0);          /* quiet: as it is */
    EXPECT(fp32_add(ONE, 0x7fc12345, MIPS), 0x7fbfffff, FP_IOC);     /* signalling: default */
    EXPECT(fp32_add(0x7f812345, 0x7fc00000, MIPS), 0x7fbfffff, FP_IOC);
    EXPECT(fp32_cmp(ONE, 0x7f800001, false, MIPS), FP_UN, 0);
    EXPECT(fp32_cmp(ONE, 0x7fc00001, false, MIPS), FP_UN, FP_IOC);
    EXPECT(fp64_to_fp32(0x7ff0000000000001, MIPS), 0x7fbfffff, 0);   /* no payload left */
    EXPECT(fp32_to_fp64(0x7f812345, MIPS), 0x7ff02468a0000000, 0);
    EXPECT(fp32_div(0, 0, MIPS2008), 0x7fc00000, FP_IOC);
    EXPECT(fp32_add(0x7fc00001, 0x7f800002, MIPS2008), 0x7fc00002, FP_IOC);
    report_row(&report, "mips_nans");
}

/* CVT.W, CVT.L: 2^31 - 1 and 2^63 - 1 for all that does not fit; with NAN2008 it saturates. */
static void mips_integers(void)
{
    EXPECT(fp32_to_sint(0xff800000, 32, 0, FP_RZ, MIPS), 0x7fffffff, FP_IOC);
    EXPECT(fp32_to_sint(0x7fbfffff, 32, 0, FP_RZ, MIPS), 0x7fffffff, FP_IOC);
    EXPECT(fp64_to_sint(0xc3f0000000000000, 64, 0, FP_RNE, MIPS), INT64_MAX, FP_IOC);
    EXPECT(fp32_to_sint(0xcf000000, 32, 0, FP_RZ, MIPS), (uint64_t)INT32_MIN, 0); /* -2^31 fits */
    EXPECT(fp32_to_sint(0xff800000, 32, 0, FP_RZ, MIPS2008), (uint64_t)INT32_MIN, FP_IOC);
    EXPECT(fp32_to_sint(0x7fc00000, 32, 0, FP_RZ, MIPS2008), 0, FP_IOC);
    report_row(&report, "mips_integers");
}

/* MIN.fmt and MAX.fmt of release 6 are IEEE's minNum and maxNum. */
static void mips_minmax(void)
{
    EXPECT(fp32_min(0x7fc00000, ONE, MIPS2008), ONE, 0);
    EXPECT(fp32_max(ONE, 0x7fc00000, MIPS2008), ONE, 0);
    EXPECT(fp32_max(ONE, 0x7f800001, MIPS2008), 0x7fc00001, FP_IOC);
    EXPECT(fp32_min(0, 0x80000000, MIPS2008), 0x80000000, 0);
    report_row(&report, "mips_minmax");
}

/*
 * 2^-126 * (1 + 2^-23) times 1 - 2^-23 is just below the smallest normal number, which 24 bits
 * with any exponent round it to: tiny before rounding (ARM), not after (x86, MIPS).
 */
static void tininess(void)
{
    const uint32_t a = 0x00800000, b = 0x3f7fffff; /* 2^-126, 1 - 2^-24 */
    EXPECT(fp32_mul(a, b, ARM), NORMAL_MIN, FP_UFC | FP_IXC);
    EXPECT(fp32_mul(a, b, X86), NORMAL_MIN, FP_IXC | FP_UFC); /* 24 bits hold it: tiny as well */
    const uint32_t c = 0x00800001, d = 0x3f7ffffe; /* (1 + 2^-23), (1 - 2^-23): 1 - 2^-46 */
    EXPECT(fp32_mul(c, d, ARM), NORMAL_MIN, FP_UFC | FP_IXC);
    EXPECT(fp32_mul(c, d, X86), NORMAL_MIN, FP_IXC);
    EXPECT(fp32_mul(c, d, MIPS), NORMAL_MIN, FP_IXC);
    EXPECT(fp32_mul(c, d, flushing(FP_RULES_ARM)), 0, FP_UFC);
    EXPECT(fp32_mul(c, d, flushing(FP_RULES_MIPS)), NORMAL_MIN, FP_IXC);
    EXPECT(fp32_mul(NORMAL_MIN, 0x3f000000, flushing(FP_RULES_MIPS)), 0, FP_UFC | FP_IXC);
    report_row(&report, "tininess");
}

/* Ties away and round-to-odd in arithmetic; overflow by mode. */
static void rounding(void)
{
    EXPECT(fp32_from_uint(0x1000001, 0, with(FP_RULES_ARM, FP_RNA)), 0x4b800001, FP_IXC);
    EXPECT(fp32_from_uint(0x1000001, 0, with(FP_RULES_ARM, FP_RNE)), 0x4b800000, FP_IXC);
    EXPECT(fp32_from_sint(-0x1000001, 0, with(FP_RULES_ARM, FP_RNA)), 0xcb800001, FP_IXC);
    EXPECT(fp32_from_uint(0x2000001, 0, with(FP_RULES_ARM, FP_RODD)), 0x4c000001, FP_IXC);
    EXPECT(fp32_from_uint(0x2000002, 0, with(FP_RULES_ARM, FP_RODD)), 0x4c000001, FP_IXC);
    EXPECT(fp16_from_uint(65519, 0, with(FP_RULES_ARM, FP_RNA)), 0x7bff, FP_IXC);
    EXPECT(fp16_from_uint(65520, 0, with(FP_RULES_ARM, FP_RNA)), 0x7c00, FP_OFC | FP_IXC);
    EXPECT(fp16_from_uint(70000, 0, with(FP_RULES_ARM, FP_RODD)), 0x7bff, FP_OFC | FP_IXC);
    EXPECT(fp16_from_sint(-70000, 0, with(FP_RULES_ARM, FP_RP)), 0xfbff, FP_OFC | FP_IXC);
    EXPECT(fp32_mul(TINY, 0x3f000000, with(FP_RULES_ARM, FP_RNA)), TINY, FP_UFC | FP_IXC);
    EXPECT(fp32_mul(TINY, 0x3e800000, with(FP_RULES_ARM, FP_RODD)), TINY, FP_UFC | FP_IXC);
    report_row(&report, "rounding");
}

/* A32's VCVT to 16-bit fixed point, from binary32 and binary64; x87's FIST of 16 bits. */
static void short_integers(void)
{
    EXPECT(fp32_to_sint(0x47000000, 16, 0, FP_RZ, ARM), 0x7fff, FP_IOC);           /* 32768 */
    EXPECT(fp32_to_sint(0xc7000000, 16, 0, FP_RZ, ARM), (uint64_t)-0x8000, 0);     /* -32768 */
    EXPECT(fp32_to_sint(0xc7000080, 16, 0, FP_RZ, ARM), (uint64_t)-0x8000, FP_IXC); /* -32768.5 */
    EXPECT(fp32_to_sint(0xc7000080, 16, 0, FP_RM, ARM), (uint64_t)-0x8000, FP_IOC);
    EXPECT(fp64_to_uint(0x40efffe000000000, 16, 0, FP_RZ, ARM), 0xffff, 0);        /* 65535 */
    EXPECT(fp64_to_uint(0x40eFFFF000000000, 16, 0, FP_RNE, ARM), 0xffff, FP_IOC);  /* 65535.5 */
    EXPECT(fp64_to_uint(0xbfe0000000000000, 16, 0, FP_RNA, ARM), 0, FP_IOC);       /* -0.5 */
    EXPECT(fp64_to_uint(0xbfe0000000000000, 16, 0, FP_RNE, ARM), 0, FP_IXC);
    EXPECT(fp32_to_sint(ONE, 16, 14, FP_RZ, ARM), 0x4000, 0);
    EXPECT(fp32_to_sint(ONE, 16, 15, FP_RZ, ARM), 0x7fff, FP_IOC);
    EXPECT(fp32_to_sint(INF, 16, 0, FP_RZ, X86), (uint64_t)-0x8000, FP_IOC);
    report_row(&report, "short_integers");
}

/* Flags accumulate, and exact operations leave them alone. */
static void accumulation(void)
{
    struct fp_env *e = ARM;
    e->flags = FP_DZC;
    EXPECT(fp32_add(ONE, ONE, e), 0x40000000, FP_DZC);
    EXPECT(fp32_div(ONE, 0x40400000, e), 0x3eaaaaab, FP_DZC | FP_IXC);
    EXPECT(fp32_sub(INF, INF, e), 0x7fc00000, FP_DZC | FP_IXC | FP_IOC);
    report_row(&report, "accumulation");
}

int main(void)
{
    mips_nans();
    mips_integers();
    mips_minmax();
    tininess();
    rounding();
    short_integers();
    accumulation();
    return report_end(&report);
}
