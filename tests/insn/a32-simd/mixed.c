/* SPDX-License-Identifier: MIT */
/* S, D and Q registers that overlap, in one run of code. */
#include "simd.h"

void test(void)
{
#include "mixed.def"
}
