/* SPDX-License-Identifier: MIT */
/* Scalar floating point. */
#include "simd.h"

void test(void)
{
#include "fp_scalar.def"
}
