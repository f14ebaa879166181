/* SPDX-License-Identifier: MIT */
/* FPSCR read as C libraries read it, for its rounding mode: what else is in it must be right all the same
 * (UFC, IXC and IDC apart, which are exact with -fp-strict alone). */
#include "simd.h"

#define READ "vmrs r0, fpscr\n\t"
#define MODE "#0xc00000\n\t"
#define DONE "bic r0, r0, #0x98\n\t"

void test(void)
{
    I("vadd.f64 d0, d0, d5\n\t" READ "ands r1, r0, " MODE DONE);
    I("vdiv.f64 d0, d0, d5\n\t" READ "mov r2, r1\n\tands r1, r0, " MODE "bne 1f\n\tmov r0, #0\n1:\t" DONE);
    I("vmul.f32 s0, s1, s10\n\t" READ "and r0, r0, " MODE);
    I("vsub.f32 s0, s1, s10\n\t" READ "tst r0, " MODE "moveq r0, #2\n\tmovne r0, #3\n\t");
    I("vcmp.f64 d0, d5\n\t" READ "ands r1, r0, " MODE "moveq r1, #5\n\t" DONE);
    I("vsqrt.f64 d0, d5\n\tvcmp.f64 d0, d5\n\t" READ "ands r0, r0, " MODE "beq 1f\n\tmov r0, #7\n1:\t");
    M("vadd.f32 s0, s1, s10\n\t" READ "ands r1, r0, " MODE "ldr r2, [r4]\n\tbne 1f\n\tmov r0, r2\n1:\t" DONE);
    M("vadd.f64 d0, d0, d5\n\t" READ "ands r1, r0, " MODE "str r1, [r4]\n\tbne 1f\n\tadd r0, r0, #1\n1:\t" DONE);
    I("vdiv.f32 s0, s1, s10\n\t" READ "lsrs r1, r0, #22\n\t" DONE);
}
