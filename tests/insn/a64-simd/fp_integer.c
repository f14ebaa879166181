/* SPDX-License-Identifier: MIT */
/* Between floating-point and general registers. */
#include "simd.h"

void test(void)
{
#include "fp_integer.def"
}
