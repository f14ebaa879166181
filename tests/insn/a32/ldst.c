/* SPDX-License-Identifier: MIT */
/* Loads, stores, exclusives. */
#include "frame.h"

void test(void)
{
    I("ldr r0, [r4, #7]");
    I("ldr r0, [r4, #-9]");
    I("ldr r0, [r4, #4]!");
    I("ldr r0, [r4], #-5");
    I("ldr r0, [r4, r5]");
    I("ldrb r0, [r4, #7]");
    I("ldrb r0, [r4, #-9]");
    I("ldrb r0, [r4, #4]!");
    I("ldrb r0, [r4], #-5");
    I("ldrb r0, [r4, r5]");
    I("ldrh r0, [r4, #7]");
    I("ldrh r0, [r4, #-9]");
    I("ldrh r0, [r4, #4]!");
    I("ldrh r0, [r4], #-5");
    I("ldrh r0, [r4, r5]");
    I("ldrsb r0, [r4, #7]");
    I("ldrsb r0, [r4, #-9]");
    I("ldrsb r0, [r4, #4]!");
    I("ldrsb r0, [r4], #-5");
    I("ldrsb r0, [r4, r5]");
    I("ldrsh r0, [r4, #7]");
    I("ldrsh r0, [r4, #-9]");
    I("ldrsh r0, [r4, #4]!");
    I("ldrsh r0, [r4], #-5");
    I("ldrsh r0, [r4, r5]");
    I("str r0, [r4, #7]");
    I("str r0, [r4, #-9]");
    I("str r0, [r4, #4]!");
    I("str r0, [r4], #-5");
    I("str r0, [r4, r5]");
    I("strb r0, [r4, #7]");
    I("strb r0, [r4, #-9]");
    I("strb r0, [r4, #4]!");
    I("strb r0, [r4], #-5");
    I("strb r0, [r4, r5]");
    I("strh r0, [r4, #7]");
    I("strh r0, [r4, #-9]");
    I("strh r0, [r4, #4]!");
    I("strh r0, [r4], #-5");
    I("strh r0, [r4, r5]");
    I("ldr r0, [r4, r5, lsl #2]");
    I("str r1, [r4, r5, lsl #3]");
    I("ldrd r0, r1, [r4, #8]");
    I("ldrd r0, r1, [r4], #16");
    I("strd r2, r3, [r4, #-8]!");
    I("ldmia r4, {r0-r3}");
    I("ldmia r4!, {r0, r2, r3}");
    I("ldmdb r4!, {r1, r3}");
    I("stmia r4!, {r0-r3}");
    I("stmdb r4!, {r1-r3}");
    I("push {r1, r2}\n\tpop {r0, r3}");
    I("cmp r1, r2\n\tldrhs r0, [r4, #12]");
    I("cmp r1, r2\n\tstrbeq r3, [r4]\n\tldrne r0, [r4, #4]!");
    I("cmp r1, r2\n\tstmdbgt r4!, {r0, r3}");
    I("ldrex r0, [r4]\n\tstrex r1, r2, [r4]");
    I("ldrexb r0, [r4]\n\tstrexb r1, r2, [r4]");
    I("ldrexh r0, [r4]\n\tstrexh r1, r2, [r4]");
    I("ldrexd r0, r1, [r4]\n\tstrexd r5, r2, r3, [r4]\n\tmov r0, r5");
    I("ldrex r0, [r4]\n\tclrex\n\tstrex r1, r2, [r4]");
    I("lda r0, [r4]");
    I("stl r1, [r4]");
    I("ldab r0, [r4]");
    I("stlh r1, [r4]");
    I("ldaex r0, [r4]\n\tstlex r1, r2, [r4]");
    I("dmb ish\n\tdsb sy\n\tisb\n\tpld [r4]");
}
