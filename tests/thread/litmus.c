/* SPDX-License-Identifier: MIT */
/*
 * Litmus tests of the memory model with two threads: each row of `shapes` is a program of one small
 * piece of code for each thread and an outcome that the architecture forbids (ARM DDI 0487, B2.3, E2.3;
 * names are those of the literature: SB store buffering, MP message passing, LB load buffering, R,
 * S, 2+2W).  Rows without one say how often the plain form shows it, so that one knows whether the
 * threads met at all.  The pieces are in the architecture's folder.  LITMUS_RUNS (default 10 million) runs in all, or fewer after LITMUS_SECONDS.
 */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "encode.h" /* reg */

enum { CELLS = 256 };

static struct cell {
    reg x __attribute__((aligned(128)));
    reg y __attribute__((aligned(128)));
    reg r[2] __attribute__((aligned(128)));
} cells[CELLS];

struct shape {
    const char *name;
    void (*code[2])(struct cell *c);
    bool (*outcome)(const struct cell *c); /* r0, r1, x, y */
    bool forbidden;
};

#define OUTCOME(name, condition)                                                                   \
    static bool name(const struct cell *cell)                                                      \
    {                                                                                              \
        __attribute__((unused)) reg r0 = cell->r[0], r1 = cell->r[1], x = cell->x, y = cell->y; \
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
/* Load buffering: both load, then store to what the other loads. */
#define LB(name, load_x, load_y, store_x, store_y)                                                 \
    THREAD(name##_0, 0, load_x store_y)                                                            \
    THREAD(name##_1, 1, load_y store_x)
#define ROW(name, outcome, forbidden) {#name, {name##_0, name##_1}, outcome, forbidden}

#include "litmus.h" /* the architecture's */

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

static long torn;

#include "atomics.h" /* the architecture's */

static void *raise_all(void *arg)
{
    for (long k = 0; k < (long)(intptr_t)arg; k++)
        raise_each(k);
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
    check_counters(2 * (reg)n);
    CHECK(torn == 0);
}

int main(void)
{
    run("litmus tests", test_litmus);
    run("atomics of two threads", test_atomics);
    return finish();
}
