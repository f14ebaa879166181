/* SPDX-License-Identifier: MIT */
/* Scalar floating point; moves to and from general registers. */
#include "simd.h"

void test(void)
{
#include "vfp.def"
}
