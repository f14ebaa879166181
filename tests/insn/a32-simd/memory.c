/* SPDX-License-Identifier: MIT */
/* Loads and stores. */
#include "simd.h"

void test(void)
{
#include "memory.def"
}
