/* SPDX-License-Identifier: MIT */
/* Atomics of two threads, for A64. */

/* Counters that two threads raise, each by an atomic of its own kind: none may be lost. */
static struct {
    uint64_t n __attribute__((aligned(128)));
} counters[8];
static __uint128_t wide __attribute__((aligned(16)));
#define EACH(text, k, type)                                                                        \
    __asm__ volatile(".arch_extension lse\n" text : [c] "=&r"(c), [d] "=&r"(d), [e] "=&r"(e)       \
                     : [p] "r"(&counters[k].n), [one] "r"(1ull) : "memory", "cc")

static void raise_pair(void)
{
    uint64_t lo, hi;
    uint32_t failed;
    do {
        __asm__ volatile("ldaxp %0, %1, [%2]" : "=&r"(lo), "=&r"(hi) : "r"(&wide) : "memory");
        torn += lo != hi;
        __asm__ volatile("stlxp %w0, %1, %2, [%3]"
                         : "=&r"(failed) : "r"(lo + 1), "r"(hi + 1), "r"(&wide) : "memory");
    } while (failed);
}

static void raise_casp(void)
{
    register uint64_t lo __asm__("x0") = 0, hi __asm__("x1") = 0;
    for (;;) {
        uint64_t was = lo;
        register uint64_t lo1 __asm__("x2") = lo + 1, hi1 __asm__("x3") = hi + 1;
        __asm__ volatile(".arch_extension lse\n caspal x0, x1, x2, x3, [%4]"
                         : "+r"(lo), "+r"(hi) : "r"(lo1), "r"(hi1), "r"(&wide) : "memory");
        torn += lo != hi;
        if (lo == was)
            return;
    }
}

/* All of them, the k-th time. */
static void raise_each(long k)
{
    uint64_t c, d, e;
    EACH("ldadd %[one], %[c], [%[p]]", 0, 3);
    EACH("stadd %w[one], [%[p]]", 1, 2);
    EACH("1: ldxr %[c], [%[p]]\n add %[c], %[c], #1\n stxr %w[d], %[c], [%[p]]\n cbnz %w[d], 1b", 2, 3);
    EACH("1: ldaxrh %w[c], [%[p]]\n add %w[c], %w[c], #1\n stlxrh %w[d], %w[c], [%[p]]\n cbnz %w[d], 1b",
         3, 1);
    EACH("1: ldr %[c], [%[p]]\n mov %[e], %[c]\n add %[d], %[c], #1\n cas %[e], %[d], [%[p]]\n"
         "cmp %[e], %[c]\n b.ne 1b", 4, 3);
    EACH("1: ldxp %w[c], %w[d], [%[p]]\n add %w[c], %w[c], #1\n add %w[d], %w[d], #2\n"
         "stxp %w[e], %w[c], %w[d], [%[p]]\n cbnz %w[e], 1b", 5, 3);
    EACH("mov %[c], #0x101\n ldaddab %w[c], %w[d], [%[p]]", 6, 0);
    EACH("ldeoral %[one], %[c], [%[p]]\n eor %[c], %[c], #1", 7, 3);
    if (k & 1)
        raise_pair();
    else
        raise_casp();
}

static void check_counters(uint64_t all)
{
    CHECK(counters[0].n == all);
    CHECK(counters[1].n == all);
    CHECK(counters[2].n == all);
    CHECK(counters[3].n == (all & 0xffff));
    CHECK(counters[4].n == all);
    CHECK(counters[5].n == (all | 2 * all << 32));
    CHECK(counters[6].n == (all & 0xff));
    CHECK(counters[7].n == 0);
    CHECK((uint64_t)wide == all && (uint64_t)(wide >> 64) == all);
}
