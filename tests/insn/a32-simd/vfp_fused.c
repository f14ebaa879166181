/* SPDX-License-Identifier: MIT */
/* Fused multiply-add, scalar: which NaN results is exact with -fp-strict alone. */
#include "simd.h"

void test(void)
{
#include "vfp_fused.def"
}
