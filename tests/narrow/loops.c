/* SPDX-License-Identifier: MIT */
/* Hot loops in which flags and conditions of A32 and T32 go from block to block: FP comparisons whose
 * flags are branched by at once and looked at again later, IT blocks, conditional accesses.  Results
 * are known by arithmetic. */
#include "check.h"

#include <stdint.h>

enum { N = 50000 };

/* Counts from 0 to N - 1 by d; less: how often d < limit, and returns N and C of the last comparison as
 * seen behind another branch. */
static __attribute__((target("arm"), noinline)) unsigned compare(float limit, unsigned *less)
{
    unsigned n = 0, last = 0, seen = 0;
    float d = 0, one = 1;
    __asm__ volatile("0: vcmpe.f32 %[d], %[limit]\n"
                     "vmrs apsr_nzcv, fpscr\n"
                     "bpl 1f\n"
                     "add %[less], %[less], #1\n"
                     "b 2f\n"
                     "1: vcmpe.f32 %[d], #0\n"
                     "vmrs apsr_nzcv, fpscr\n"
                     "ble 3f\n"
                     "2: addmi %[last], %[last], #1\n"
                     "addcs %[seen], %[seen], #1\n"
                     "vadd.f32 %[d], %[d], %[one]\n"
                     "add %[n], %[n], #1\n"
                     "teq %[n], %[max]\n"
                     "bne 0b\n"
                     "3:\n"
                     : [d] "+t"(d), [n] "+r"(n), [less] "+r"(*less), [last] "+r"(last), [seen] "+r"(seen)
                     : [limit] "t"(limit), [one] "t"(one), [max] "r"(N)
                     : "cc");
    CHECK(n == N && last == *less && seen == N - *less);
    return last;
}

static void test_compare(void)
{
    unsigned less = 0;
    CHECK(compare(12345, &less) == 12345 && less == 12345);
}

/* Elements of a greater than 3 are summed, the others set to 9, all by conditional accesses. */
static __attribute__((target("thumb"), noinline)) unsigned conditional(uint32_t *a, unsigned n)
{
    unsigned sum = 0, t, k = 0;
    __asm__ volatile("0: ldr %[t], [%[a], %[k], lsl #2]\n"
                     "cmp %[t], #3\n"
                     "itte hi\n"
                     "addhi %[sum], %[t]\n"
                     "strhi %[k], [%[a], %[k], lsl #2]\n"
                     "strls %[nine], [%[a], %[k], lsl #2]\n"
                     "add %[k], #1\n"
                     "cmp %[k], %[n]\n"
                     "bne 0b\n"
                     : [sum] "+r"(sum), [t] "=&r"(t), [k] "+r"(k)
                     : [a] "r"(a), [n] "r"(n), [nine] "r"(9)
                     : "cc", "memory");
    return sum;
}

static void test_conditional(void)
{
    static uint32_t a[N];
    unsigned bad = 0;
    for (unsigned k = 0; k < N; k++)
        a[k] = k % 8;
    CHECK(conditional(a, N) == N / 8 * (4 + 5 + 6 + 7));
    for (unsigned k = 0; k < N; k++)
        bad += a[k] != (k % 8 > 3 ? k : 9);
    CHECK(bad == 0);
}

int main(void)
{
    run("FP comparisons", test_compare);
    run("conditional accesses", test_conditional);
    return finish();
}
