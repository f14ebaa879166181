/* SPDX-License-Identifier: MIT */
/* Operands of the tests that compare with models: the same in each run (xorshift; Marsaglia, 2003). */
#ifndef TESTS_SIGNAL_RANDOM_H
#define TESTS_SIGNAL_RANDOM_H

#include <stdint.h>

static uint64_t seed = 88172645463325252u;
static uint32_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 16);
}

#endif
