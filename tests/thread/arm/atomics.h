/* SPDX-License-Identifier: MIT */
/* Atomics of two threads, for A32 and T32. */

/* Counters that two threads raise, each by an atomic of its own kind: none may be lost. */
static struct {
    uint32_t n[2] __attribute__((aligned(128))); /* equal where both are used */
} counters[9];

/* LOAD and STORE exclusive of one register. */
#define RAISE(k, load, store)                                                                      \
    __asm__ volatile("1: " load " %0, [%2]\n add %0, %0, #1\n " store " %1, %0, [%2]\n cmp %1, #0\n bne 1b" \
                     : "=&r"(value), "=&r"(failed) : "r"(&counters[k]) : "memory", "cc")
#define RAISE_PAIR(k, load, store)                                                                 \
    __asm__ volatile("1: " load " r4, r5, [%2]\n subs %0, r4, r5\n it ne\n movne %0, #1\n"         \
                     "add r4, r4, #1\n add r5, r5, #1\n"                                           \
                     store " %1, r4, r5, [%2]\n cmp %1, #0\n bne 1b"                               \
                     : "=&r"(value), "=&r"(failed) : "r"(&counters[k]) : "r4", "r5", "memory", "cc"); \
    torn += value

/* By the kernel's helpers (Documentation/arch/arm/kernel_user_helpers.rst). */
static void raise_by_kernel(void)
{
    typedef int cmpxchg_fn(int, int, volatile int *);
    typedef int cmpxchg64_fn(const int64_t *, const int64_t *, volatile int64_t *);
    volatile int *n = (volatile int *)counters[7].n;
    volatile int64_t *wide = (volatile int64_t *)counters[8].n;
    int64_t was, next;
    int old;
    do
        old = *n;
    while (((cmpxchg_fn *)0xffff0fc0)(old, old + 1, n));
    do {
        __asm__ volatile("ldrd %Q0, %R0, [%1]" : "=&r"(was) : "r"(wide) : "memory");
        torn += (int32_t)was != (int32_t)(was >> 32);
        next = was + 0x100000001;
    } while (((cmpxchg64_fn *)0xffff0f60)(&was, &next, wide));
}

/* All of them, the k-th time. */
static void raise_each(long k)
{
    uint32_t value, failed;
    RAISE(0, "ldrex", "strex");
    RAISE(1, "ldaex", "stlex");
    RAISE(2, "ldrexh", "strexh");
    RAISE(3, "ldaexb", "stlexb");
    if (k & 1) {
        RAISE_PAIR(4, "ldrexd", "strexd");
    } else {
        RAISE_PAIR(4, "ldaexd", "stlexd");
    }
    RAISE(5, "ldrexb", "strexb");
    __atomic_fetch_add(&counters[6].n[0], 1, __ATOMIC_SEQ_CST);
    raise_by_kernel();
}

static void check_counters(uint32_t all)
{
    CHECK(counters[0].n[0] == all);
    CHECK(counters[1].n[0] == all);
    CHECK(counters[2].n[0] == (all & 0xffff));
    CHECK(counters[3].n[0] == (all & 0xff));
    CHECK(counters[4].n[0] == all && counters[4].n[1] == all);
    CHECK(counters[5].n[0] == (all & 0xff));
    CHECK(counters[6].n[0] == all);
    CHECK(counters[7].n[0] == all);
    CHECK(counters[8].n[0] == all && counters[8].n[1] == all);
}
