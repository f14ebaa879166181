/* SPDX-License-Identifier: MIT */
/* Integer arithmetic of every width, 128-bit products, shifts, bit counts, carries.  Output must not depend on the CPU. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

typedef unsigned __int128 u128;

static uint64_t state = 88172645463325252u;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

#define MIX(value) (sum = (sum ^ (uint64_t)(value)) * 0x9e3779b97f4a7c15u + 1)

static uint64_t narrow(uint64_t a, uint64_t b)
{
    uint64_t sum = 0;
    int8_t c = (int8_t)a;
    int16_t s = (int16_t)b;
    int32_t w = (int32_t)a, v = (int32_t)b | 1;
    MIX((int8_t)(c * s));
    MIX((uint16_t)(c - s));
    MIX(w == INT_MIN && v == -1 ? 0 : w / v);
    MIX(w == INT_MIN && v == -1 ? 0 : w % v);
    MIX((uint32_t)w / (uint32_t)v);
    MIX(w >> (b & 31));
    MIX((uint32_t)w << (b & 31) | (uint32_t)w >> (-b & 31));
    MIX((int64_t)w * v);
    MIX(__builtin_bswap32((uint32_t)w) ^ __builtin_bswap16((uint16_t)s));
    MIX(w < v ? w : v);
    return sum;
}

static uint64_t wide(uint64_t a, uint64_t b)
{
    uint64_t sum = 0, out;
    u128 p = (u128)a * b;
    MIX(p >> 64);
    MIX((u128)((__int128)(int64_t)a * (int64_t)b) >> 64);
    MIX((u128)(p + a) / (b | 1));
    MIX(__builtin_clzll(a | 1) + 64 * __builtin_ctzll(b | 1u) + 4096 * __builtin_popcountll(a));
    MIX(__builtin_add_overflow(a, b, &out) ? out : ~out);
    MIX(__builtin_sub_overflow((int64_t)a, (int64_t)b, (int64_t *)&out) ? out : ~out);
    MIX(__builtin_mul_overflow((int64_t)a >> 20, (int64_t)b >> 20, (int64_t *)&out) ? out : ~out);
    MIX((int64_t)a >> (b & 63));
    MIX(a << (b & 63) | a >> (-b & 63));
    MIX(__builtin_bswap64(a) ^ (a & -a) ^ (b & ~a));
    MIX(p << (b & 127) | p >> (a & 127));
    return sum;
}

int main(void)
{
    static const uint64_t edges[] = {0, 1, 2, 0x7f, 0x80, 0xffff, INT_MAX, 1u << 31, UINT_MAX,
                                     INT64_MAX, 1ull << 63, UINT64_MAX};
    enum { N = sizeof edges / sizeof *edges };
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            printf("%016" PRIx64 " %016" PRIx64 "\n", narrow(edges[i], edges[j]),
                   wide(edges[i], edges[j]));
    uint64_t sum = 0;
    for (int i = 0; i < 200000; i++) {
        uint64_t a = next() >> (next() & 63), b = next() >> (next() & 63);
        MIX(narrow(a, b) + wide(b, a));
    }
    printf("%016" PRIx64 "\n", sum);
    return 0;
}
