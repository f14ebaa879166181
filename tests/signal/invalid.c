/* SPDX-License-Identifier: MIT */
/*
 * Invalid operations in loops that are hot by then: no operation raises anything while the loop is
 * compiled, on whatever thread and in whatever place, and later each must give its NaN.  Loops of several
 * lengths, so that what may trap stands at different distances from the start of their code.
 */
#include "check.h"

#include <math.h>
#include <stdint.h>

enum { N = 256 };
static double a[N], b[N], result[N];
static uint64_t mixed;

/* Integer work in front of the operation. */
#define STEP(x) ((x) = ((x) ^ (x) >> 7) * UINT64_C(0x9e3779b97f4a7c15))
#define STEPS(x) (STEP(x), STEP(x), STEP(x), STEP(x), STEP(x), STEP(x), STEP(x), STEP(x))
#define LOOP(name, before, expression)                                                             \
    static __attribute__((noinline)) void name(void)                                               \
    {                                                                                              \
        for (int i = 0; i < N; i++) {                                                              \
            uint64_t x = mixed + (uint64_t)i;                                                      \
            before;                                                                                \
            mixed = x;                                                                             \
            __asm__ volatile("" : : : "memory");                                                   \
            result[i] = expression;                                                                \
        }                                                                                          \
    }
LOOP(divide, (void)0, a[i] / b[i])
LOOP(multiply, STEPS(x), a[i] * (b[i] - 1))
LOOP(subtract, (STEPS(x), STEPS(x), STEPS(x)), a[i] - a[i] * b[i])
LOOP(difference, (void)0, a[i] - b[i])
LOOP(both, (STEPS(x), STEPS(x), STEPS(x), STEPS(x)), a[i] / b[i] + (a[i] - b[i]))

static void (*const loops[])(void) = {divide, multiply, subtract, difference, both};

/* a, b: 3 and 2, but for every eighth element. */
static void fill(double odd_a, double odd_b)
{
    for (int i = 0; i < N; i++) {
        a[i] = i % 8 == 5 ? odd_a : 3;
        b[i] = i % 8 == 5 ? odd_b : 2;
    }
}

static unsigned count_nans(void)
{
    unsigned n = 0;
    for (int i = 0; i < N; i++)
        n += isnan(result[i]) && i % 8 == 5;
    return n;
}

static void test_hot(void)
{
    static const double odd[][2] = {{0, 0}, {INFINITY, 1}, {INFINITY, 1}, {INFINITY, INFINITY}, {0, 0}};
    for (unsigned k = 0; k < sizeof loops / sizeof *loops; k++) {
        fill(3, 2);
        for (int n = 0; n < 5; n++, usleep(20000)) /* another thread may be compiling it */
            for (long r = scaled(200); r > 0; r--)
                loops[k]();
        CHECK(count_nans() == 0);
        fill(odd[k][0], odd[k][1]);
        loops[k]();
        CHECK(count_nans() == N / 8);
    }
}

int main(void)
{
    run("invalid operations in hot loops", test_hot);
    return check_failures != 0;
}
