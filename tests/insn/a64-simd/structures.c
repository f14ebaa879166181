/* SPDX-License-Identifier: MIT */
/* Structure loads and stores. */
#include "simd.h"

void test(void)
{
#include "structures.def"
}
