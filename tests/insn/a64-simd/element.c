/* SPDX-License-Identifier: MIT */
/* By element. */
#include "simd.h"

void test(void)
{
#include "element.def"
}
