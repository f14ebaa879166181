/* SPDX-License-Identifier: MIT */
/* Floating-point vectors and Advanced SIMD scalars. */
#include "simd.h"

void test(void)
{
#include "fp_vector.def"
}
