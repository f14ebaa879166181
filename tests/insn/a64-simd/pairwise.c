/* SPDX-License-Identifier: MIT */
/* Across lanes, and pairs to a scalar. */
#include "simd.h"

void test(void)
{
#include "pairwise.def"
}
