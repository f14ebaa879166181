/* SPDX-License-Identifier: MIT */
/* Shifts by immediates; to and from fixed point. */
#include "simd.h"

void test(void)
{
#include "shift.def"
}
