/* SPDX-License-Identifier: MIT */
/*
 * Oracles that ask the host's own vector instructions, on x86-64.  Rows whose instructions the CPU
 * lacks check nothing (each op has a portable oracle too, but for cryptography: see crypto.c).
 */
#include "tests/ir/rows.h"

#if !defined(__x86_64__)
const struct row rows_x86[] = {{0}};
#else
#include <immintrin.h>

static __m128i vector(const union ir_val *v)
{
    return _mm_loadu_si128((const __m128i *)(const void *)&v->v);
}

/* e->d = expr of a, b, c, with the instructions of `isa`. */
#define HOST(name, isa, expr)                                                               \
    __attribute__((target(isa ",sse4.1"))) static __m128i host_##name(__m128i a, __m128i b, \
                                                                      __m128i c, int imm)   \
    {                                                                                       \
        (void)a, (void)b, (void)c, (void)imm;                                               \
        return (expr);                                                                      \
    }                                                                                       \
    static void o_##name(const struct ir_desc *op, const union ir_val in[3],                \
                         const struct fp_env *env, struct expect *e)                        \
    {                                                                                       \
        (void)env;                                                                          \
        e->skip = !__builtin_cpu_supports(isa);                                             \
        if (!e->skip)                                                                       \
            _mm_storeu_si128(                                                               \
                (__m128i *)(void *)&e->d.v,                                                 \
                host_##name(vector(&in[0]), vector(&in[1]), vector(&in[2]), (int)op->imm)); \
    }

/* --- integers ---------------------------------------------------------------------------------- */

#define SIZES_BHSD(row, stem) row(b, stem##8) row(h, stem##16) row(s, stem##32) row(d, stem##64)
#define SIZES_BHS(row, stem)  row(b, stem##8) row(h, stem##16) row(s, stem##32)

#define ADD(s, f)             HOST(vadd_##s, "sse4.2", f(a, b))
#define SUB(s, f)             HOST(vsub_##s, "sse4.2", f(a, b))
#define CMPEQ(s, f)           HOST(vcmpeq_##s, "sse4.2", f(a, b))
#define CMPGT(s, f)           HOST(vcmpgt_##s, "sse4.2", f(a, b))
#define ABS(s, f)             HOST(vabs_##s, "ssse3", f(a))
#define SMIN(s, f)            HOST(vsmin_##s, "sse4.2", f(a, b))
#define SMAX(s, f)            HOST(vsmax_##s, "sse4.2", f(a, b))
#define UMIN(s, f)            HOST(vumin_##s, "sse4.2", f(a, b))
#define UMAX(s, f)            HOST(vumax_##s, "sse4.2", f(a, b))
#define ZIP1(s, f)            HOST(vzip1_##s, "sse4.2", f(a, b))
#define ZIP2(s, f)            HOST(vzip2_##s, "sse4.2", f(a, b))
SIZES_BHSD(ADD, _mm_add_epi)
SIZES_BHSD(SUB, _mm_sub_epi)
SIZES_BHSD(CMPEQ, _mm_cmpeq_epi)
SIZES_BHSD(CMPGT, _mm_cmpgt_epi)
SIZES_BHSD(ZIP1, _mm_unpacklo_epi)
SIZES_BHSD(ZIP2, _mm_unpackhi_epi)
SIZES_BHS(ABS, _mm_abs_epi)
SIZES_BHS(SMIN, _mm_min_epi)
SIZES_BHS(SMAX, _mm_max_epi)
SIZES_BHS(UMIN, _mm_min_epu)
SIZES_BHS(UMAX, _mm_max_epu)
HOST(vmul_h, "sse4.2", _mm_mullo_epi16(a, b))
HOST(vmul_s, "sse4.2", _mm_mullo_epi32(a, b))
HOST(vurhadd_b, "sse4.2", _mm_avg_epu8(a, b))
HOST(vurhadd_h, "sse4.2", _mm_avg_epu16(a, b))
HOST(vaddp_h, "ssse3", _mm_hadd_epi16(a, b))
HOST(vaddp_s, "ssse3", _mm_hadd_epi32(a, b))
HOST(vsxtl_b, "sse4.2", _mm_cvtepi8_epi16(a))
HOST(vsxtl_h, "sse4.2", _mm_cvtepi16_epi32(a))
HOST(vsxtl_s, "sse4.2", _mm_cvtepi32_epi64(a))
HOST(vuxtl_b, "sse4.2", _mm_cvtepu8_epi16(a))
HOST(vuxtl_h, "sse4.2", _mm_cvtepu16_epi32(a))
HOST(vuxtl_s, "sse4.2", _mm_cvtepu32_epi64(a))
HOST(vshl_h, "sse4.2", _mm_slli_epi16(a, imm))
HOST(vshl_s, "sse4.2", _mm_slli_epi32(a, imm))
HOST(vshl_d, "sse4.2", _mm_slli_epi64(a, imm))
HOST(vushr_h, "sse4.2", _mm_srli_epi16(a, imm))
HOST(vushr_s, "sse4.2", _mm_srli_epi32(a, imm))
HOST(vushr_d, "sse4.2", _mm_srli_epi64(a, imm))
HOST(vsshr_h, "sse4.2", _mm_srai_epi16(a, imm))
HOST(vsshr_s, "sse4.2", _mm_srai_epi32(a, imm))
HOST(vpmull_d, "pclmul", _mm_clmulepi64_si128(a, b, 0))

/* --- AES --------------------------------------------------------------------------------------- */

#define ZERO                  _mm_setzero_si128()
HOST(vaese, "aes", _mm_aesenclast_si128(_mm_xor_si128(a, b), ZERO))
HOST(vaesd, "aes", _mm_aesdeclast_si128(_mm_xor_si128(a, b), ZERO))
/* The first undoes what the second does besides MixColumns. */
HOST(vaesmc, "aes", _mm_aesenc_si128(_mm_aesdeclast_si128(a, ZERO), ZERO))
HOST(vaesimc, "aes", _mm_aesimc_si128(a))
HOST(vaesemc, "aes", _mm_aesenc_si128(_mm_xor_si128(a, b), ZERO))
HOST(vaesdimc, "aes", _mm_aesdec_si128(_mm_xor_si128(a, b), ZERO))

/* --- SHA: x86 keeps words in the other order, and adds the constants itself -------------------- */

#define REVERSED(x)           _mm_shuffle_epi32(x, 0x1b)
#define SHA1_K(n)             _mm_set1_epi32((int)((n) == 0 ? 0x5a827999 : (n) == 1 ? 0x6ed9eba1 : 0x8f1bbcdc))
/* The first word of the schedule takes e, lane 0 of b. */
#define SHA1(n)                                                                                    \
    REVERSED(                                                                                      \
        _mm_sha1rnds4_epu32(REVERSED(a),                                                           \
                            REVERSED(_mm_add_epi32(_mm_sub_epi32(c, SHA1_K(n)),                    \
                                                   _mm_and_si128(b, _mm_set_epi32(0, 0, 0, -1)))), \
                            n))
static bool has_sha(void)
{
    uint32_t eax = 7, ebx, ecx = 0, edx;

    __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
    return ebx >> 29 & 1;
}

#define HOST_SHA(name, expr)                                                               \
    __attribute__((target("sha,sse4.1"))) static __m128i host_##name(__m128i a, __m128i b, \
                                                                     __m128i c)            \
    {                                                                                      \
        (void)a, (void)b, (void)c;                                                         \
        return (expr);                                                                     \
    }                                                                                      \
    static void o_##name(const struct ir_desc *op, const union ir_val in[3],               \
                         const struct fp_env *env, struct expect *e)                       \
    {                                                                                      \
        (void)op, (void)env;                                                               \
        e->skip = !has_sha();                                                              \
        if (!e->skip)                                                                      \
            _mm_storeu_si128((__m128i *)(void *)&e->d.v,                                   \
                             host_##name(vector(&in[0]), vector(&in[1]), vector(&in[2]))); \
    }

HOST_SHA(vsha1c, SHA1(0))
HOST_SHA(vsha1p, SHA1(1))
HOST_SHA(vsha1m, SHA1(2))
HOST_SHA(vsha1su0, _mm_xor_si128(c, REVERSED(_mm_sha1msg1_epu32(REVERSED(a), REVERSED(b)))))
HOST_SHA(vsha1su1, REVERSED(_mm_sha1msg2_epu32(REVERSED(a), REVERSED(b))))
HOST_SHA(vsha1h, _mm_srli_si128(_mm_sha1nexte_epu32(_mm_slli_si128(a, 12), ZERO), 12))
HOST_SHA(vsha256su0, _mm_sha256msg1_epu32(a, b))
HOST_SHA(vsha256su1, _mm_sha256msg2_epu32(_mm_add_epi32(a, _mm_alignr_epi8(c, b, 4)), c))

/* Four rounds; abcd and efgh as A64 has them. */
__attribute__((target("sha,sse4.1,ssse3"))) static void host_sha256(__m128i abcd, __m128i efgh,
                                                                    __m128i w, __m128i out[2])
{
    __m128i abef, cdgh, next;

    /* Reversed, a vector's high half holds its words 0 and 1, its low half 2 and 3. */
    abef = _mm_unpackhi_epi64(REVERSED(efgh), REVERSED(abcd));
    cdgh = _mm_unpacklo_epi64(REVERSED(efgh), REVERSED(abcd));
    next = _mm_sha256rnds2_epu32(cdgh, abef, w);
    cdgh = _mm_sha256rnds2_epu32(abef, next, _mm_unpackhi_epi64(w, w));
    out[0] = REVERSED(_mm_unpackhi_epi64(next, cdgh));
    out[1] = REVERSED(_mm_unpacklo_epi64(next, cdgh));
}

__attribute__((target("sha,sse4.1"))) static __m128i sha256_half(__m128i abcd, __m128i efgh,
                                                                 __m128i w, int half)
{
    __m128i out[2];

    host_sha256(abcd, efgh, w, out);
    return out[half];
}
HOST_SHA(vsha256h, sha256_half(a, b, c, 0))
HOST_SHA(vsha256h2, sha256_half(b, a, c, 1))
HOST_SHA(vsha256r2, _mm_sha256rnds2_epu32(a, b, c))

/* --- rows -------------------------------------------------------------------------------------- */

#define ROW(name, lanes, imms, fn) {IR_##name, "v", lanes, imms, MOD_NONE, false, o_##fn, "x86"},
#define ROWS_BHS(name)                  \
    ROW(name, "bQ", IMM_NONE, name##_b) \
    ROW(name, "hQ", IMM_NONE, name##_h) \
    ROW(name, "sQ", IMM_NONE, name##_s)
#define ROWS_BHSD(name) ROWS_BHS(name) ROW(name, "dQ", IMM_NONE, name##_d)
#define ROWS_HS(name)   ROW(name, "hQ", IMM_NONE, name##_h) ROW(name, "sQ", IMM_NONE, name##_s)
#define ROW_WHOLE(name) ROW(name, "sQ", IMM_NONE, name)
/* clang-format off */
const struct row rows_x86[] = {
    ROWS_BHSD(vadd) ROWS_BHSD(vsub) ROWS_BHSD(vcmpeq) ROWS_BHSD(vcmpgt) ROWS_BHSD(vzip1)
    ROWS_BHSD(vzip2) ROWS_BHS(vabs) ROWS_BHS(vsmin) ROWS_BHS(vsmax) ROWS_BHS(vumin) ROWS_BHS(vumax)
    ROWS_HS(vmul) ROWS_HS(vaddp) ROWS_BHS(vsxtl) ROWS_BHS(vuxtl)
    ROW(vurhadd, "bQ", IMM_NONE, vurhadd_b)
    ROW(vurhadd, "hQ", IMM_NONE, vurhadd_h)
    ROW(vshl, "hQ", IMM_LEFT, vshl_h)
    ROW(vshl, "sQ", IMM_LEFT, vshl_s)
    ROW(vshl, "dQ", IMM_LEFT, vshl_d)
    ROW(vushr, "hQ", IMM_RIGHT, vushr_h)
    ROW(vushr, "sQ", IMM_RIGHT, vushr_s)
    ROW(vushr, "dQ", IMM_RIGHT, vushr_d)
    ROW(vsshr, "hQ", IMM_RIGHT, vsshr_h)
    ROW(vsshr, "sQ", IMM_RIGHT, vsshr_s)
    ROW(vpmull, "dQ", IMM_NONE, vpmull_d)
    ROW(vaese, "bQ", IMM_NONE, vaese)
    ROW(vaesd, "bQ", IMM_NONE, vaesd)
    ROW(vaesmc, "bQ", IMM_NONE, vaesmc)
    ROW(vaesimc, "bQ", IMM_NONE, vaesimc)
    ROW(vaesemc, "bQ", IMM_NONE, vaesemc)
    ROW(vaesdimc, "bQ", IMM_NONE, vaesdimc)
    ROW_WHOLE(vsha1c) ROW_WHOLE(vsha1p) ROW_WHOLE(vsha1m) ROW_WHOLE(vsha1h) ROW_WHOLE(vsha1su0)
    ROW_WHOLE(vsha1su1) ROW_WHOLE(vsha256h) ROW_WHOLE(vsha256h2) ROW_WHOLE(vsha256r2) ROW_WHOLE(vsha256su0)
    ROW_WHOLE(vsha256su1)
    {0},
};
/* clang-format on */
#endif
