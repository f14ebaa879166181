/* SPDX-License-Identifier: MIT */
/* How the soft-float tests count and report: a row fails as a whole and shows its first cases. */
#ifndef DRAGOMAN_TESTS_FP_REPORT_H
#define DRAGOMAN_TESTS_FP_REPORT_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tcg/fp/softfloat.h"

enum { REPORT_SHOWN = 5, REPORT_SKIP = 77 };

struct report {
    unsigned passed, failed, skipped;
    uint64_t cases, wrong; /* of the current row */
};

/* The seed in the environment, else a new one; printed so that a failure can be repeated. */
static inline uint64_t report_seed(void)
{
    const char *text = getenv("FP_SEED");
    uint64_t seed = text ? strtoull(text, 0, 0) : (uint64_t)time(0);
    printf("FP_SEED=%" PRIu64 "\n", seed);
    return seed;
}

/* One case: true if it is right; if not, the caller describes it while report_shows(). */
static inline bool report_case(struct report *r, bool right)
{
    r->cases++;
    r->wrong += !right;
    return right;
}

static inline bool report_shows(const struct report *r)
{
    return r->wrong <= REPORT_SHOWN;
}

static inline void report_row(struct report *r, const char *name)
{
    if (r->wrong) {
        printf("FAIL %s: %" PRIu64 " of %" PRIu64 " cases\n", name, r->wrong, r->cases);
        r->failed++;
    } else if (r->cases) {
        r->passed++;
    }
    r->cases = r->wrong = 0;
}

/* The last line, and the exit status. */
static inline int report_end(const struct report *r)
{
    printf("%u passed, %u failed, %u skipped\n", r->passed, r->failed, r->skipped);
    return r->failed ? 1 : r->passed ? 0 : REPORT_SKIP;
}

static inline int report_skip_all(const char *why)
{
    printf("skip: %s\n0 passed, 0 failed, 1 skipped\n", why);
    return REPORT_SKIP;
}

#endif
