/* SPDX-License-Identifier: MIT */
/* Loads and stores of one register and of pairs. */
#include "simd.h"

void test(void)
{
#include "ldst.def"
}
