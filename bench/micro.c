/* SPDX-License-Identifier: MIT */
/*
 * Micro-benchmarks of the library: each loop of bench/kernels.def by itself, hot, in ns of this
 * thread's CPU time per guest instruction (the least of several runs).
 *
 *   micro FILE [KIND...]
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/codegen/guest_code.h"

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double run(struct a64_cpu *cpu, uint64_t at, uint64_t iterations)
{
    const double start = cpu_ns();
    guest_set(cpu, at, iterations);
    guest_run(cpu);
    if (cpu->x[0]) {
        fprintf(stderr, "a loop ended with x0 = %llu\n", (unsigned long long)cpu->x[0]);
        exit(1);
    }
    return cpu_ns() - start;
}

/* ns per iteration. */
static double measure(const struct row *row)
{
    enum { RUNS = 7 };
    static const double long_enough = 20e6;
    const struct tcg_options options = {.no_cold = false};
    const uint64_t at = guest_place(row, 1);
    uint64_t iterations = 1000;
    struct a64_cpu *cpu;
    struct tcg *tcg = guest_open(&options, &cpu);
    while (run(cpu, at, iterations) < long_enough)
        iterations *= 2;
    double best = run(cpu, at, iterations);
    for (unsigned k = 1; k < RUNS; k++) {
        const double t = run(cpu, at, iterations);
        best = t < best ? t : best;
    }
    guest_close(tcg, cpu);
    return best / (double)iterations;
}

static bool chosen(const struct row *row, char **kinds)
{
    for (char **k = kinds; *k; k++)
        if (!strcmp(*k, row->kind))
            return true;
    return !*kinds;
}

int main(int argc, char **argv)
{
    unsigned n;
    if (argc < 2) {
        fprintf(stderr, "usage: micro FILE [KIND...]\n");
        return 2;
    }
    struct row *rows = rows_read(argv[1], &n);
    printf("%-12s %24s %14s\n", "loop", "ns per guest instruction", "per iteration");
    for (unsigned k = 0; k < n; k++) {
        if (!chosen(&rows[k], argv + 2))
            continue;
        const double ns = measure(&rows[k]), insns = strtod(rows[k].figures, NULL);
        printf("%-12s %24.3f %14.2f\n", rows[k].kind, ns / insns, ns);
        fflush(stdout);
    }
    free(rows);
    return 0;
}
