/* SPDX-License-Identifier: MIT */
/* Floating-point vectors. */
#include "simd.h"

void test(void)
{
#include "fp_vector.def"
}
