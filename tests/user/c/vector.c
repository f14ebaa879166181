/* SPDX-License-Identifier: MIT */
/* Loops that compilers vectorise, over every integer and float type, and odd lengths.  Output
 * must not depend on the CPU. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#pragma GCC optimize("O3")

enum { MAX = 130 };
#define MIX(value) (sum = (sum ^ (uint64_t)(value)) * 0x9e3779b97f4a7c15u + 1)

#define KERNEL(name, type, wide)                                                                   \
    __attribute__((noinline)) static uint64_t name(const type *restrict a, const type *restrict b, \
                                                   type *restrict out, int n)                      \
    {                                                                                              \
        uint64_t sum = 0;                                                                          \
        wide total = 0;                                                                            \
        type low = a[0], high = a[0];                                                              \
        int above = 0;                                                                             \
        for (int i = 0; i < n; i++)                                                                \
            out[i] = (type)(a[i] * b[i] + (a[i] > b[i] ? a[i] : (type)(b[i] - a[i])));             \
        for (int i = 0; i < n; i++)                                                                \
            total += (wide)a[i] * b[i];                                                            \
        for (int i = 0; i < n; i++) {                                                              \
            low = a[i] < low ? a[i] : low;                                                         \
            high = b[i] > high ? b[i] : high;                                                      \
            above += a[i] > b[n - 1 - i];                                                          \
        }                                                                                          \
        for (int i = 0; i + 3 < n; i += 3)                                                         \
            out[i] = (type)(out[i + 1] + out[i + 2]);                                              \
        MIX(total), MIX(low), MIX(high), MIX(above);                                               \
        for (int i = 0; i < n; i++)                                                                \
            MIX(out[i]);                                                                           \
        return sum;                                                                                \
    }

#define INTEGERS(X)                                                                                \
    X(u8, uint8_t, uint32_t)                                                                       \
    X(s8, int8_t, int32_t)                                                                         \
    X(u16, uint16_t, uint64_t)                                                                     \
    X(s16, int16_t, int32_t)                                                                       \
    X(u32, uint32_t, uint64_t)                                                                     \
    X(u64, uint64_t, uint64_t)
INTEGERS(KERNEL)

#define FLOATS(name, type)                                                                         \
    __attribute__((noinline)) static void name(const type *restrict a, const type *restrict b,     \
                                               type *restrict out, int32_t *restrict whole, int n) \
    {                                                                                              \
        for (int i = 0; i < n; i++)                                                                \
            out[i] = a[i] * b[i] + a[i] / (b[i] + 1);                                              \
        for (int i = 0; i < n; i++)                                                                \
            out[i] = a[i] < out[i] ? (type)sqrt(a[i]) - out[i] : -out[i];                          \
        for (int i = 0; i < n; i++)                                                                \
            whole[i] = (int32_t)(out[i] * 3);                                                      \
        for (int i = 0; i < n; i++)                                                                \
            out[i] += (type)(whole[i] & 1023) + (type)fabs(b[i]);                                  \
    }
FLOATS(f32, float)
FLOATS(f64, double)

static uint8_t bytes[2][MAX * 8 + 16], results[MAX * 8];

int main(void)
{
    uint32_t state = 1;
    for (unsigned i = 0; i < sizeof bytes; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)((state = state * 1103515245 + 12345) >> 23);
    for (int n = 1; n <= MAX; n++) {
        printf("%d", n);
#define RUN(name, type, wide)                                                                      \
        printf(" %" PRIx64, name((const type *)bytes[0], (const type *)bytes[1], (type *)results, n));
        INTEGERS(RUN)
        printf("\n");
    }
    static float a[MAX], b[MAX], out[MAX];
    static double c[MAX], d[MAX], wide[MAX];
    static int32_t whole[MAX];
    for (int i = 0; i < MAX; i++) {
        c[i] = a[i] = (float)bytes[0][i] / 7;
        d[i] = b[i] = (float)bytes[1][i] / 16;
    }
    for (int n = 1; n <= MAX; n += 3) {
        double total = 0;
        f32(a, b, out, whole, n);
        for (int i = 0; i < n; i++)
            total += out[i] + whole[i];
        f64(c, d, wide, whole, n);
        for (int i = 0; i < n; i++)
            total += wide[i] + whole[i];
        printf("%.17g\n", total);
    }
    return 0;
}
