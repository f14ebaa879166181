/* SPDX-License-Identifier: MIT */
/* Permutes, tables, copies, modified immediates. */
#include "simd.h"

void test(void)
{
#include "permute.def"
}
