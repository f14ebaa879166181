/* SPDX-License-Identifier: MIT */
/*
 * Soft-float under FP_RULES_X86 against the host's own SSE, FMA and F16C units: results and
 * MXCSR flags, in every rounding mode, with and without FTZ and DAZ.
 */
#include "tests/fp/operands.h"
#include "tests/fp/report.h"

#if !defined(__x86_64__)
int main(void)
{
    return report_skip_all("the host is not x86-64");
}
#else
#include <cpuid.h>

enum { NEEDS_SSE4 = 1, NEEDS_FMA = 2, NEEDS_F16C = 4, NEEDS_AVX512 = 8 };
enum { MODES = 16, RANDOM_CASES = 150000 };

struct host_op {
    const char *name;
    unsigned bits, arity, needs;
    uint64_t (*host)(const uint64_t v[3], uint32_t *mxcsr);
    uint64_t (*soft)(const uint64_t v[3], struct fp_env *env);
};

/*
 * One function per row.  The code finds its operands in xmm0, xmm1, xmm2 and rax (the first
 * again), and leaves its result in rax.
 */
#define HOST(name, code)                                                                           \
    static uint64_t host_##name(const uint64_t v[3], uint32_t *mxcsr)                              \
    {                                                                                              \
        uint64_t result = v[0];                                                                    \
        uint32_t normal = 0x1f80;                                                                  \
        __asm__ volatile("movq %[a], %%xmm0\n movq %[b], %%xmm1\n movq %[c], %%xmm2\n"             \
                         "ldmxcsr %[mxcsr]\n" code "\n stmxcsr %[mxcsr]\n ldmxcsr %[normal]\n"     \
                         : [r] "+&a"(result), [mxcsr] "+m"(*mxcsr)                                 \
                         : [a] "m"(v[0]), [b] "m"(v[1]), [c] "m"(v[2]), [normal] "m"(normal)       \
                         : "xmm0", "xmm1", "xmm2", "rcx", "cc");                                   \
        return result;                                                                             \
    }
#define SOFT(name, expression)                                                                     \
    static uint64_t soft_##name(const uint64_t v[3], struct fp_env *env)                           \
    {                                                                                              \
        return (uint64_t)(expression);                                                             \
    }
#define TYPED(bits, n) ((uint##bits##_t)v[n])

/* EFLAGS of COMISD as enum fp_relation: unordered ZF PF CF, less CF, equal ZF. */
static uint64_t relation_of_flags(enum fp_relation relation)
{
    static const uint8_t flags[] = {[FP_LT] = 1, [FP_EQ] = 0x40, [FP_GT] = 0, [FP_UN] = 0x45};
    return flags[relation];
}

#define OUT32 "\n movd %%xmm0, %%eax"
#define OUT64 "\n movq %%xmm0, %%rax"
#define OUTFLAGS "\n lahf\n movzbl %%ah, %%eax\n and $0x45, %%eax"

/* Each row of the list below: name, operand bits, operands, needs, host code, soft-float. */
#define ROWS_FOR(X, N, s)                                                                          \
    X(add##s, N, 2, 0, "add" #s " %%xmm1, %%xmm0" OUT##N, fp##N##_add(A(N), B(N), env))            \
    X(sub##s, N, 2, 0, "sub" #s " %%xmm1, %%xmm0" OUT##N, fp##N##_sub(A(N), B(N), env))            \
    X(mul##s, N, 2, 0, "mul" #s " %%xmm1, %%xmm0" OUT##N, fp##N##_mul(A(N), B(N), env))            \
    X(div##s, N, 2, 0, "div" #s " %%xmm1, %%xmm0" OUT##N, fp##N##_div(A(N), B(N), env))            \
    X(min##s, N, 2, 0, "min" #s " %%xmm1, %%xmm0" OUT##N, fp##N##_min(A(N), B(N), env))            \
    X(max##s, N, 2, 0, "max" #s " %%xmm1, %%xmm0" OUT##N, fp##N##_max(A(N), B(N), env))            \
    X(sqrt##s, N, 1, 0, "sqrt" #s " %%xmm0, %%xmm0" OUT##N, fp##N##_sqrt(A(N), env))               \
    X(ucomi##s, N, 2, 0, "ucomi" #s " %%xmm1, %%xmm0" OUTFLAGS,                                    \
      relation_of_flags(fp##N##_cmp(A(N), B(N), false, env)))                                      \
    X(comi##s, N, 2, 0, "comi" #s " %%xmm1, %%xmm0" OUTFLAGS,                                      \
      relation_of_flags(fp##N##_cmp(A(N), B(N), true, env)))                                       \
    X(round##s##_n, N, 1, NEEDS_SSE4, "round" #s " $0, %%xmm0, %%xmm0" OUT##N,                     \
      fp##N##_rint(A(N), FP_RNE, true, env))                                                       \
    X(round##s##_m, N, 1, NEEDS_SSE4, "round" #s " $1, %%xmm0, %%xmm0" OUT##N,                     \
      fp##N##_rint(A(N), FP_RM, true, env))                                                        \
    X(round##s##_p, N, 1, NEEDS_SSE4, "round" #s " $2, %%xmm0, %%xmm0" OUT##N,                     \
      fp##N##_rint(A(N), FP_RP, true, env))                                                        \
    X(round##s##_z, N, 1, NEEDS_SSE4, "round" #s " $11, %%xmm0, %%xmm0" OUT##N,                    \
      fp##N##_rint(A(N), FP_RZ, false, env))                                                       \
    X(fmadd132##s, N, 3, NEEDS_FMA, "vfmadd132" #s " %%xmm1, %%xmm2, %%xmm0" OUT##N,               \
      fp##N##_muladd(A(N), B(N), C(N), env))                                                       \
    X(fmadd213##s, N, 3, NEEDS_FMA,                                                                \
      "vfmadd213" #s " %%xmm2, %%xmm0, %%xmm1\n movaps %%xmm1, %%xmm0" OUT##N,                     \
      fp##N##_muladd(A(N), B(N), C(N), env))                                                       \
    X(fmadd231##s, N, 3, NEEDS_FMA,                                                                \
      "vfmadd231" #s " %%xmm1, %%xmm0, %%xmm2\n movaps %%xmm2, %%xmm0" OUT##N,                     \
      fp##N##_muladd(A(N), B(N), C(N), env))                                                       \
    X(cvt##s##2si, N, 1, 0, "cvt" #s "2si %%xmm0, %%eax",                                          \
      (uint32_t)fp##N##_to_sint(A(N), 32, 0, env->round, env))                                     \
    X(cvt##s##2siq, N, 1, 0, "cvt" #s "2siq %%xmm0, %%rax",                                        \
      fp##N##_to_sint(A(N), 64, 0, env->round, env))                                               \
    X(cvtt##s##2si, N, 1, 0, "cvtt" #s "2si %%xmm0, %%eax",                                        \
      (uint32_t)fp##N##_to_sint(A(N), 32, 0, FP_RZ, env))                                          \
    X(cvtt##s##2siq, N, 1, 0, "cvtt" #s "2siq %%xmm0, %%rax",                                      \
      fp##N##_to_sint(A(N), 64, 0, FP_RZ, env))                                                    \
    X(vcvt##s##2usi, N, 1, NEEDS_AVX512, "vcvt" #s "2usi %%xmm0, %%eax",                           \
      fp##N##_to_uint(A(N), 32, 0, env->round, env))                                               \
    X(vcvt##s##2usiq, N, 1, NEEDS_AVX512, "vcvt" #s "2usi %%xmm0, %%rax",                          \
      fp##N##_to_uint(A(N), 64, 0, env->round, env))                                               \
    X(cvtsi2##s, 64, 1, 0, "cvtsi2" #s "l %%eax, %%xmm0" OUT##N,                                   \
      fp##N##_from_sint((int32_t)v[0], 0, env))                                                    \
    X(cvtsi2##s##q, 64, 1, 0, "cvtsi2" #s "q %%rax, %%xmm0" OUT##N,                                \
      fp##N##_from_sint((int64_t)v[0], 0, env))                                                    \
    X(vcvtusi2##s##q, 64, 1, NEEDS_AVX512, "vcvtusi2" #s "q %%rax, %%xmm0, %%xmm0" OUT##N,         \
      fp##N##_from_uint(v[0], 0, env))

#define ROWS(X)                                                                                    \
    ROWS_FOR(X, 32, ss)                                                                            \
    ROWS_FOR(X, 64, sd)                                                                            \
    X(cvtss2sd, 32, 1, 0, "cvtss2sd %%xmm0, %%xmm0" OUT64, fp32_to_fp64(A(32), env))               \
    X(cvtsd2ss, 64, 1, 0, "cvtsd2ss %%xmm0, %%xmm0" OUT32, fp64_to_fp32(A(64), env))               \
    X(vcvtph2ps, 16, 1, NEEDS_F16C, "vcvtph2ps %%xmm0, %%xmm0" OUT32, fp16_to_fp32(A(16), env))    \
    X(vcvtps2ph, 32, 1, NEEDS_F16C, "vcvtps2ph $4, %%xmm0, %%xmm0" OUT32,                          \
      fp32_to_fp16(A(32), env))

#define A(N) TYPED(N, 0)
#define B(N) TYPED(N, 1)
#define C(N) TYPED(N, 2)
#define DEFINE_ROW(name, bits, arity, needs, code, expression)                                     \
    HOST(name, code)                                                                               \
    SOFT(name, expression)
ROWS(DEFINE_ROW)

static const struct host_op ops[] = {
#define LIST_ROW(name, bits, arity, needs, code, expression)                                       \
    {#name, bits, arity, needs, host_##name, soft_##name},
    ROWS(LIST_ROW)};

static uint32_t flags_of_mxcsr(uint32_t mxcsr)
{
    return (mxcsr & 1 ? FP_IOC : 0) | (mxcsr & 2 ? FP_IDC : 0) | (mxcsr & 4 ? FP_DZC : 0)
           | (mxcsr & 8 ? FP_OFC : 0) | (mxcsr & 16 ? FP_UFC : 0) | (mxcsr & 32 ? FP_IXC : 0);
}

/* mode: two bits of MXCSR.RC, then FTZ, then DAZ. */
static void run_case(struct report *r, const struct host_op *op, const uint64_t v[3], unsigned mode)
{
    static const uint8_t rounds[] = {FP_RNE, FP_RM, FP_RP, FP_RZ};
    uint32_t mxcsr = 0x1f80 | (mode & 3) << 13 | (mode & 4 ? 1u << 15 : 0)
                     | (mode & 8 ? 1u << 6 : 0);
    struct fp_env env = {.round = rounds[mode & 3], .rules = FP_RULES_X86, .fz = mode & 4,
                         .fz16 = mode & 4, .daz = mode & 8};
    uint64_t expected = op->host(v, &mxcsr);
    uint64_t got = op->soft(v, &env);

    if (!report_case(r, expected == got && flags_of_mxcsr(mxcsr) == env.flags) && report_shows(r)) {
        printf("%s rc=%u%s%s %" PRIx64 " %" PRIx64 " %" PRIx64 ": host %" PRIx64
               " flags %02x, soft-float %" PRIx64 " flags %02x\n",
               op->name, mode & 3, mode & 4 ? " FTZ" : "", mode & 8 ? " DAZ" : "", v[0], v[1], v[2],
               expected, flags_of_mxcsr(mxcsr), got, env.flags);
    }
}

static void run_boundaries(struct report *r, const struct host_op *op, uint64_t *random)
{
    for (unsigned i = 0; i < OPERAND_BOUNDARIES; i++) {
        for (unsigned j = 0; j < (op->arity > 1 ? OPERAND_BOUNDARIES : 1); j++) {
            unsigned k = (unsigned)(operand_random(random) >> 32) % OPERAND_BOUNDARIES;
            uint64_t v[3] = {operand_boundary(op->bits, i), operand_boundary(op->bits, j),
                             operand_boundary(op->bits, k)};
            for (unsigned mode = 0; mode < MODES; mode++) {
                run_case(r, op, v, mode);
            }
        }
    }
}

/* Make the addend of a fused operation almost cancel the product. */
static void cancel(const struct host_op *op, uint64_t v[3], uint64_t choice)
{
    struct fp_env env = {.rules = FP_RULES_X86};
    uint64_t product = op->bits == 32 ? fp32_mul((uint32_t)v[0], (uint32_t)v[1], &env)
                                      : fp64_mul(v[0], v[1], &env);
    v[2] = (product ^ UINT64_C(1) << (op->bits - 1)) ^ (choice & 4 ? choice & 3 : 0);
}

static void run_random(struct report *r, const struct host_op *op, uint64_t *random)
{
    for (unsigned i = 0; i < RANDOM_CASES; i++) {
        uint64_t v[3] = {operand_any(op->bits, random), operand_any(op->bits, random),
                         operand_any(op->bits, random)};
        uint64_t choice = operand_random(random);
        if (op->arity == 3 && choice & 8) {
            cancel(op, v, choice);
        }
        run_case(r, op, v, (unsigned)(choice >> 60));
    }
}

static unsigned host_features(void)
{
    unsigned a, b, c, d, features = 0;
    if (__get_cpuid(1, &a, &b, &c, &d)) {
        bool avx = __builtin_cpu_supports("avx"); /* and the kernel saves its state */
        features |= (c & bit_SSE4_1 ? NEEDS_SSE4 : 0) | (avx && c & bit_FMA ? NEEDS_FMA : 0)
                    | (avx && c & bit_F16C ? NEEDS_F16C : 0);
    }
    return features | (__builtin_cpu_supports("avx512f") ? NEEDS_AVX512 : 0);
}

int main(void)
{
    const unsigned features = host_features();
    uint64_t random = report_seed();
    struct report r = {0};

    for (unsigned n = 0; n < sizeof ops / sizeof ops[0]; n++) {
        const struct host_op *op = &ops[n];
        if (op->needs & ~features) {
            printf("skip %s: not in this CPU\n", op->name);
            r.skipped++;
            continue;
        }
        run_boundaries(&r, op, &random);
        run_random(&r, op, &random);
        report_row(&r, op->name);
    }
    return report_end(&r);
}
#endif
