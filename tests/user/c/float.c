/* SPDX-License-Identifier: MIT */
/* IEEE arithmetic, conversions, rounding modes and exception flags, printf and strtod.  Output must not depend on the CPU. */
#include <fenv.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const numbers[] = {
    "0", "-0", "1", "-1.5", "0.1", "3.14159265358979", "1e16", "123456789.987654321", "5e-324",
    "2.2250738585072014e-308", "1.7976931348623157e308", "1e-40", "3.4028235e38", "inf", "-inf",
    "0.49999999999999994", "2147483647.5", "-2147483648.5", "9.2233720368547758e18", "65504"};
enum { N = sizeof numbers / sizeof *numbers };

static const struct { const char *name; int mode; } modes[] = {
    {"nearest", FE_TONEAREST}, {"zero", FE_TOWARDZERO}, {"up", FE_UPWARD}, {"down", FE_DOWNWARD}};

/* Bits, with every NaN the same: which NaN is not the language's business. */
static uint64_t bits(double d)
{
    uint64_t u;
    if (isnan(d))
        return 0x7ff8;
    memcpy(&u, &d, sizeof u);
    return u;
}

static int flags(void)
{
    int raised = fetestexcept(FE_ALL_EXCEPT), set = 0;
    feclearexcept(FE_ALL_EXCEPT);
    set |= raised & FE_INVALID ? 1 : 0;
    set |= raised & FE_DIVBYZERO ? 2 : 0;
    set |= raised & FE_OVERFLOW ? 4 : 0;
    return set | (raised & FE_INEXACT ? 16 : 0);
}

#define SHOW(name, value)                                                                          \
    do {                                                                                           \
        feclearexcept(FE_ALL_EXCEPT);                                                              \
        volatile double result_ = (value);                                                         \
        int flags_ = flags();                                                                      \
        printf(" " name " %" PRIx64 "/%x", bits(result_), flags_);                                 \
    } while (0)

static volatile double a, b;
static volatile float x, y;

static void pair(void)
{
    x = (float)a;
    y = (float)b;
    SHOW("+", a + b);
    SHOW("-", a - b);
    SHOW("*", a * b);
    SHOW("/", a / b);
    SHOW("fma", fma(a, b, a));
    SHOW("sq", sqrt(fabs(a)));
    SHOW("f+", x + y);
    SHOW("f*", x * y);
    SHOW("f/", x / y);
    SHOW("fsq", sqrtf(fabsf(x)));
    SHOW("rint", rint(a));
    printf(" whole %" PRIx64 " %" PRIx64, bits(trunc(a)), bits(floor(b)));
    printf(" %d%d%d%d\n", a < b, a <= b, a == b, isunordered(a, b));
}

int main(void)
{
    double v[N];
    for (int i = 0; i < N; i++) {
        v[i] = strtod(numbers[i], NULL);
        printf("%s: %.17g %a %e %.3f\n", numbers[i], v[i], v[i], v[i], isinf(v[i]) ? 0 : fmod(v[i], 7));
        if (fabs(v[i]) < 9e18)
            printf("  %lld %d\n", (long long)v[i], fabs(v[i]) < 2e9 ? (int)v[i] : 0);
        printf("  %g %ld\n", (double)(float)v[i], lround(fabs(v[i]) < 1e18 ? v[i] : 0));
    }
    for (unsigned m = 0; m < 4; m++) {
        fesetround(modes[m].mode);
        printf("%s %.20f\n", modes[m].name, 1 / 3.0);
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j += 1 + (m > 0))
                a = v[i], b = v[j], pair();
    }
    fesetround(FE_TONEAREST);
    printf("%.15g %.15g %.15g\n", nextafter(1, 2), ldexp(0.75, -1070), scalbn(1, 1000));
    printf("%g %g\n", (double)UINT64_MAX, (double)(float)INT64_MIN);
    return 0;
}
