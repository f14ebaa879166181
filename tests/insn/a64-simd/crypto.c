/* SPDX-License-Identifier: MIT */
/* AES, SHA1, SHA256, SHA512, SHA3. */
#include "simd.h"

void test(void)
{
#include "crypto.def"
}
