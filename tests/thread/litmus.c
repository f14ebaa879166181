/* SPDX-License-Identifier: MIT */
/*
 * Litmus tests of the memory model with two threads: each row of `shapes` is a program of one small
 * piece of code for each thread and an outcome that the architecture forbids (ARM DDI 0487, B2.3;
 * names are those of the literature: SB store buffering, MP message passing, LB load buffering, R,
 * S, 2+2W).  Rows without one say how often the plain form shows it, so that one knows whether the
 * threads met at all.  LITMUS_RUNS (default 10 million) runs in all, or fewer after LITMUS_SECONDS.
 */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

enum { CELLS = 256 };

static struct cell {
    uint64_t x __attribute__((aligned(128)));
    uint64_t y __attribute__((aligned(128)));
    uint64_t r[2] __attribute__((aligned(128)));
} cells[CELLS];

struct shape {
    const char *name;
    void (*code[2])(struct cell *c);
    bool (*outcome)(const struct cell *c); /* r0, r1, x, y */
    bool forbidden;
};

/* A thread's code: a is the address of x, b of y, r the result; c, d, e are scratch. */
#define THREAD(name, n, ...)                                                                       \
    static void name(struct cell *cell)                                                            \
    {                                                                                              \
        uint64_t r = 0, s1, s2, s3;                                                                \
        __asm__ volatile(".arch_extension lse\n.arch_extension rcpc\n" __VA_ARGS__                 \
                         : [r] "+&r"(r), [c] "=&r"(s1), [d] "=&r"(s2), [e] "=&r"(s3)               \
                         : [a] "r"(&cell->x), [b] "r"(&cell->y), [one] "r"(1ull), [two] "r"(2ull)  \
                         : "memory", "cc");                                                        \
        cell->r[n] = r;                                                                            \
    }
#define OUTCOME(name, condition)                                                                   \
    static bool name(const struct cell *cell)                                                      \
    {                                                                                              \
        __attribute__((unused)) uint64_t r0 = cell->r[0], r1 = cell->r[1], x = cell->x, y = cell->y; \
        return condition;                                                                          \
    }

OUTCOME(both_zero, r0 == 0 && r1 == 0)
OUTCOME(both_one, r0 == 1 && r1 == 1)
OUTCOME(stale, r1 == 2)                  /* MP's reader: 2 means flag seen, data not */
OUTCOME(s_outcome, r1 == 1 && x == 2)
OUTCOME(r_outcome, y == 2 && r1 == 0)
OUTCOME(two_two_w, x == 1 && y == 1)
OUTCOME(backwards, r1 == 3)

/* Store buffering: both store, then load the other's. */
#define SB(name, store_x, store_y, load_x, load_y)                                                 \
    THREAD(name##_0, 0, store_x load_y)                                                            \
    THREAD(name##_1, 1, store_y load_x)
#define STR(to) "str %[one], [%[" to "]]\n"
#define LDR(from) "ldr %[r], [%[" from "]]\n"
#define STLR(to) "stlr %[one], [%[" to "]]\n"
#define LDAR(from) "ldar %[r], [%[" from "]]\n"
#define DMB "dmb ish\n"
SB(sb_plain, STR("a"), STR("b"), LDR("a"), LDR("b"))
SB(sb_stlr_ldar, STLR("a"), STLR("b"), LDAR("a"), LDAR("b"))
SB(sb_stlr_ldar_w, "stlr %w[one], [%[a]]\n", "stlr %w[one], [%[b]]\n", "ldar %w[r], [%[a]]\n", "ldar %w[r], [%[b]]\n")
SB(sb_stlrb_ldarb, "stlrb %w[one], [%[a]]\n", "stlrb %w[one], [%[b]]\n", "ldarb %w[r], [%[a]]\n", "ldarb %w[r], [%[b]]\n")
SB(sb_dmb, STR("a") DMB, STR("b") DMB, LDR("a"), LDR("b"))
SB(sb_dmb_sy, STR("a") "dmb sy\n", STR("b") "dmb sy\n", LDR("a"), LDR("b"))
SB(sb_dsb, STR("a") "dsb ish\n", STR("b") "dsb ish\n", LDR("a"), LDR("b"))
SB(sb_dmb_simd, "fmov d31, %[one]\n str d31, [%[a]]\n" DMB, "fmov d31, %[one]\n str d31, [%[b]]\n" DMB,
   "ldr d31, [%[a]]\n fmov %[r], d31\n", "ldr d31, [%[b]]\n fmov %[r], d31\n")
SB(sb_dmb_pair, "stp %[one], %[one], [%[a]]\n" DMB, "stp %[one], %[one], [%[b]]\n" DMB,
   "ldp %[r], %[c], [%[a]]\n", "ldp %[r], %[c], [%[b]]\n")
SB(sb_swpl, "swpl %[one], %[c], [%[a]]\n", "swpl %[one], %[c], [%[b]]\n", LDAR("a"), LDAR("b"))
SB(sb_ldaddal, "ldaddal %[one], %[c], [%[a]]\n", "ldaddal %[one], %[c], [%[b]]\n", LDAR("a"), LDAR("b"))
SB(sb_casal, "mov %[c], #0\n casal %[c], %[one], [%[a]]\n", "mov %[c], #0\n casal %[c], %[one], [%[b]]\n",
   LDAR("a"), LDAR("b"))
#define STLXR(to) "1: ldxr %[c], [%[" to "]]\n stlxr %w[d], %[one], [%[" to "]]\n cbnz %w[d], 1b\n"
SB(sb_stlxr, STLXR("a"), STLXR("b"), LDAR("a"), LDAR("b"))
SB(sb_stlr_swpa, STLR("a"), STLR("b"), "mov %[c], #0\n ldadda %[c], %[r], [%[a]]\n",
   "mov %[c], #0\n ldadda %[c], %[r], [%[b]]\n")
SB(sb_stlr_ldaxr, STLR("a"), STLR("b"), "ldaxr %[r], [%[a]]\n", "ldaxr %[r], [%[b]]\n")

/* Message passing: data in x, flag in y.  The reader's result: 1 both seen, 2 the flag alone. */
#define MP(name, write, read)                                                                      \
    THREAD(name##_0, 0, write)                                                                     \
    THREAD(name##_1, 1, read "cmp %[c], #1\n ccmp %[d], #0, #0, eq\n cinc %[r], %[c], eq\n")
#define FLAG(insn) insn " %[c], [%[b]]\n"
#define DATA "ldr %[d], [%[a]]\n"
MP(mp_plain, STR("a") STR("b"), FLAG("ldr") DATA)
MP(mp_dmb, STR("a") DMB STR("b"), FLAG("ldr") DMB DATA)
MP(mp_dmb_st_ld, STR("a") "dmb ishst\n" STR("b"), FLAG("ldr") "dmb ishld\n" DATA)
MP(mp_stlr_ldar, STR("a") STLR("b"), FLAG("ldar") DATA)
MP(mp_stlr_ldapr, STR("a") STLR("b"), FLAG("ldapr") DATA)
MP(mp_stlr_ldaxr, STR("a") STLR("b"), FLAG("ldaxr") DATA)
MP(mp_stlr_dependency, STR("a") STLR("b"), FLAG("ldr") "eor %[d], %[c], %[c]\n ldr %[d], [%[a], %[d]]\n")
MP(mp_stlxr_ldar, STR("a") STLXR("b"), FLAG("ldar") DATA)
MP(mp_swpl_ldar, STR("a") "swpl %[one], %[c], [%[b]]\n", FLAG("ldar") DATA)
MP(mp_ldaddl_ldadda, STR("a") "ldaddl %[one], %[c], [%[b]]\n",
   "mov %[e], #0\n ldadda %[e], %[c], [%[b]]\n" DATA)
MP(mp_casl_casa, STR("a") "mov %[c], #0\n casl %[c], %[one], [%[b]]\n",
   "mov %[c], #7\n casa %[c], %[one], [%[b]]\n" DATA)
MP(mp_stset, STR("a") DMB "stset %[one], [%[b]]\n", FLAG("ldapr") DATA)
MP(mp_simd, "fmov d31, %[one]\n str d31, [%[a]]\n" STLR("b"), FLAG("ldar") "ldr d31, [%[a]]\n fmov %[d], d31\n")
MP(mp_bytes, "strb %w[one], [%[a]]\n stlrb %w[one], [%[b]]\n",
   "ldarb %w[c], [%[b]]\n ldrb %w[d], [%[a]]\n")

/* Load buffering: both load, then store to what the other loads. */
#define LB(name, load_x, load_y, store_x, store_y)                                                 \
    THREAD(name##_0, 0, load_x store_y)                                                            \
    THREAD(name##_1, 1, load_y store_x)
LB(lb_dmb, LDR("a") DMB, LDR("b") DMB, STR("a"), STR("b"))
LB(lb_ldar, LDAR("a"), LDAR("b"), STR("a"), STR("b"))
LB(lb_ldapr, "ldapr %[r], [%[a]]\n", "ldapr %[r], [%[b]]\n", STR("a"), STR("b"))
LB(lb_stlr, LDR("a"), LDR("b"), STLR("a"), STLR("b"))
LB(lb_data, LDR("a") "orr %[c], %[r], #1\n", LDR("b") "orr %[c], %[r], #1\n", "str %[c], [%[a]]\n",
   "str %[c], [%[b]]\n")
LB(lb_ldaxr, "ldaxr %[r], [%[a]]\n", "ldaxr %[r], [%[b]]\n", STR("a"), STR("b"))

/* S, R, 2+2W: stores against stores. */
THREAD(s_dmb_0, 0, "str %[two], [%[a]]\n" DMB STR("b"))
THREAD(s_dmb_1, 1, LDR("b") DMB STR("a"))
THREAD(s_stlr_0, 0, "str %[two], [%[a]]\n" STLR("b"))
THREAD(s_stlr_1, 1, LDAR("b") STR("a"))
THREAD(r_plain_0, 0, STR("a") STR("b"))
THREAD(r_plain_1, 1, "str %[two], [%[b]]\n" LDR("a"))
THREAD(r_dmb_0, 0, STR("a") DMB STR("b"))
THREAD(r_dmb_1, 1, "str %[two], [%[b]]\n" DMB LDR("a"))
THREAD(r_stlr_0, 0, STLR("a") STLR("b"))
THREAD(r_stlr_1, 1, "stlr %[two], [%[b]]\n" LDAR("a"))
THREAD(two_dmb_0, 0, "str %[one], [%[a]]\n dmb ishst\n str %[two], [%[b]]\n")
THREAD(two_dmb_1, 1, "str %[one], [%[b]]\n dmb ishst\n str %[two], [%[a]]\n")
THREAD(two_stlr_0, 0, "str %[one], [%[a]]\n stlr %[two], [%[b]]\n")
THREAD(two_stlr_1, 1, "str %[one], [%[b]]\n stlr %[two], [%[a]]\n")

/* Coherence of one location: a second load may not see an older value; r1 is 3 if it does. */
THREAD(corr_0, 0, "str %[one], [%[a]]\n str %[two], [%[a]]\n")
THREAD(corr_1, 1, "ldr %[c], [%[a]]\n ldr %[d], [%[a]]\n cmp %[c], %[d]\n mov %[e], #3\n"
                  "csel %[r], %[e], %[r], hi\n")

#define ROW(name, outcome, forbidden) {#name, {name##_0, name##_1}, outcome, forbidden}
static const struct shape shapes[] = {
    ROW(sb_plain, both_zero, false),
    ROW(sb_stlr_ldar, both_zero, true),
    ROW(sb_stlr_ldar_w, both_zero, true),
    ROW(sb_stlrb_ldarb, both_zero, true),
    ROW(sb_dmb, both_zero, true),
    ROW(sb_dmb_sy, both_zero, true),
    ROW(sb_dsb, both_zero, true),
    ROW(sb_dmb_simd, both_zero, true),
    ROW(sb_dmb_pair, both_zero, true),
    ROW(sb_swpl, both_zero, true),
    ROW(sb_ldaddal, both_zero, true),
    ROW(sb_casal, both_zero, true),
    ROW(sb_stlxr, both_zero, true),
    ROW(sb_stlr_swpa, both_zero, true),
    ROW(sb_stlr_ldaxr, both_zero, true),
    ROW(mp_plain, stale, false),
    ROW(mp_dmb, stale, true),
    ROW(mp_dmb_st_ld, stale, true),
    ROW(mp_stlr_ldar, stale, true),
    ROW(mp_stlr_ldapr, stale, true),
    ROW(mp_stlr_ldaxr, stale, true),
    ROW(mp_stlr_dependency, stale, true),
    ROW(mp_stlxr_ldar, stale, true),
    ROW(mp_swpl_ldar, stale, true),
    ROW(mp_ldaddl_ldadda, stale, true),
    ROW(mp_casl_casa, stale, true),
    ROW(mp_stset, stale, true),
    ROW(mp_simd, stale, true),
    ROW(mp_bytes, stale, true),
    ROW(lb_dmb, both_one, true),
    ROW(lb_ldar, both_one, true),
    ROW(lb_ldapr, both_one, true),
    ROW(lb_stlr, both_one, true),
    ROW(lb_data, both_one, true),
    ROW(lb_ldaxr, both_one, true),
    ROW(s_dmb, s_outcome, true),
    ROW(s_stlr, s_outcome, true),
    ROW(r_plain, r_outcome, false),
    ROW(r_dmb, r_outcome, true),
    ROW(r_stlr, r_outcome, true),
    ROW(two_dmb, two_two_w, true),
    ROW(two_stlr, two_two_w, true),
    ROW(corr, backwards, true),
};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

/* ---- running ------------------------------------------------------------------------------------- */

static atomic_uint arrived, round_number;
static _Alignas(128) atomic_uint at[2][32]; /* where each thread is; [n][0] counts */
static long counts[N_SHAPES], runs[N_SHAPES];
static const struct shape *current;

/* Both threads reach it before either leaves. */
static void barrier(void)
{
    unsigned round = atomic_load(&round_number);
    if (atomic_fetch_add(&arrived, 1) == 1) {
        atomic_store(&arrived, 0);
        atomic_fetch_add(&round_number, 1);
        return;
    }
    for (int spins = 0; atomic_load(&round_number) == round; spins++)
        if (spins > 200)
            sched_yield();
}

/* All cells, side by side with the other thread: it is waited for at each, but not for long. */
static void sweep(const struct shape *s, int n)
{
    void (*code)(struct cell *) = s->code[n];
    for (unsigned k = 0; k < CELLS; k++) {
        atomic_store_explicit(&at[n][0], k + 1, memory_order_relaxed);
        for (int spins = 0; spins < 100; spins++)
            if (atomic_load_explicit(&at[1 - n][0], memory_order_relaxed) > k)
                break;
        code(&cells[k]);
    }
}

static void *second(void *arg)
{
    (void)arg;
    for (;;) {
        barrier();
        const struct shape *s = current;
        if (!s)
            return NULL;
        sweep(s, 1);
        barrier();
    }
}

static void batch(const struct shape *s)
{
    memset(cells, 0, sizeof cells);
    atomic_store(&at[0][0], 0);
    atomic_store(&at[1][0], 0);
    current = s;
    barrier();
    sweep(s, 0);
    barrier();
    for (unsigned k = 0; k < CELLS; k++)
        counts[s - shapes] += s->outcome(&cells[k]);
    runs[s - shapes] += CELLS;
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static long number(const char *name, long otherwise)
{
    return getenv(name) ? atol(getenv(name)) : otherwise;
}

static void test_litmus(void)
{
    long wanted = number("LITMUS_RUNS", scaled(10000000)), total = 0;
    double end = now() + (double)number("LITMUS_SECONDS", 60);
    pthread_t t;
    pthread_create(&t, NULL, second, NULL);
    while (total < wanted && now() < end)
        for (unsigned k = 0; k < N_SHAPES; k++) {
            batch(&shapes[k]);
            total += CELLS;
        }
    current = NULL;
    barrier();
    pthread_join(t, NULL);
    printf("# %ld runs of %d shapes\n", total, N_SHAPES);
    for (unsigned k = 0; k < N_SHAPES; k++) {
        if (!shapes[k].forbidden || counts[k])
            printf("# %s: %ld of %ld%s\n", shapes[k].name, counts[k], runs[k],
                   shapes[k].forbidden ? ", forbidden" : "");
        CHECK(!shapes[k].forbidden || counts[k] == 0);
    }
}

/* ---- single-copy atomicity ------------------------------------------------------------------------- */

/* Counters that two threads raise, each by an atomic of its own kind: none may be lost. */
static struct {
    uint64_t n __attribute__((aligned(128)));
} counters[8];
static __uint128_t wide __attribute__((aligned(16)));
static long torn;

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

static void *raise_all(void *arg)
{
    uint64_t c, d, e;
    for (long k = 0; k < (long)(intptr_t)arg; k++) {
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
    return NULL;
}

static void test_atomics(void)
{
    long n = scaled(300000);
    pthread_t t[2];
    for (int k = 0; k < 2; k++)
        pthread_create(&t[k], NULL, raise_all, (void *)(intptr_t)n);
    for (int k = 0; k < 2; k++)
        pthread_join(t[k], NULL);
    uint64_t all = 2 * (uint64_t)n;
    CHECK(counters[0].n == all);
    CHECK(counters[1].n == all);
    CHECK(counters[2].n == all);
    CHECK(counters[3].n == (all & 0xffff));
    CHECK(counters[4].n == all);
    CHECK(counters[5].n == (all | 2 * all << 32));
    CHECK(counters[6].n == (all & 0xff));
    CHECK(counters[7].n == 0);
    CHECK((uint64_t)wide == all && (uint64_t)(wide >> 64) == all);
    CHECK(torn == 0);
}

int main(void)
{
    run("litmus tests", test_litmus);
    run("atomics of two threads", test_atomics);
    return finish();
}
