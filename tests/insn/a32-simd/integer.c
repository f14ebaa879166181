/* SPDX-License-Identifier: MIT */
/* Integer arithmetic, comparison, logic; products and sums of other widths. */
#include "simd.h"

void test(void)
{
#include "integer.def"
}
