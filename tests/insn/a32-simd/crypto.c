/* SPDX-License-Identifier: MIT */
/* AES, SHA1, SHA256, products of polynomials. */
#include "simd.h"

void test(void)
{
#include "crypto.def"
}
