/* SPDX-License-Identifier: MIT */
/* AES, SHA1, SHA256, SHA512, SHA3. */
#include "simd.h"

void test(void)
{
    /* cryptography */
    I("aese v0.16b, v1.16b");
    I("aesd v0.16b, v1.16b");
    I("aesmc v0.16b, v1.16b");
    I("aesimc v0.16b, v1.16b");
    I("sha1c q0, s1, v2.4s");
    I("sha1p q0, s1, v2.4s");
    I("sha1m q0, s1, v2.4s");
    I("sha1su0 v0.4s, v1.4s, v2.4s");
    I("sha256h q0, q1, v2.4s");
    I("sha256h2 q0, q1, v2.4s");
    I("sha256su1 v0.4s, v1.4s, v2.4s");
    I("sha1h s0, s1");
    I("sha1su1 v0.4s, v1.4s");
    I("sha256su0 v0.4s, v1.4s");
    I("sha512h q0, q1, v2.2d");
    I("sha512h2 q0, q1, v2.2d");
    I("sha512su1 v0.2d, v1.2d, v2.2d");
    I("rax1 v0.2d, v1.2d, v2.2d");
    I("sha512su0 v0.2d, v1.2d");
    I("eor3 v0.16b, v1.16b, v2.16b, v3.16b");
    I("bcax v0.16b, v1.16b, v2.16b, v3.16b");
    I("xar v0.2d, v1.2d, v2.2d, #43");
    I("xar v0.2d, v1.2d, v2.2d, #17");
    I("xar v0.2d, v1.2d, v2.2d, #48");
}
