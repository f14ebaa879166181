/* SPDX-License-Identifier: MIT */
/* Shifts, narrowing, widening. */
#include "simd.h"

void test(void)
{
#include "shift.def"
}
