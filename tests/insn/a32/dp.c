/* SPDX-License-Identifier: MIT */
/* Data processing: every operation, every kind of second operand, conditions. */
#include "frame.h"

#define OPERATION(op)                                                                              \
    I(op " r0, r1, #0xff0");                                                                       \
    I(op "s r0, r1, #0xff000000");                                                                 \
    I(op " r0, r1, r2");                                                                           \
    I(op "s r0, r1, r2");                                                                          \
    I(op "s r0, r1, r2, lsl #3");                                                                  \
    I(op "s r0, r1, r2, lsr #32");                                                                 \
    I(op "s r0, r1, r2, asr #7");                                                                  \
    I(op "s r0, r1, r2, ror #9");                                                                  \
    I(op "s r0, r1, r2, rrx")

#define COMPARISON(op)                                                                             \
    I(op " r1, #0x7f");                                                                            \
    I(op " r1, #0x80000000");                                                                      \
    I(op " r1, r2");                                                                               \
    I(op " r1, r2, lsl #31");                                                                      \
    I(op " r1, r2, asr #32")

#define SHIFT(op)                                                                                  \
    I(op " r0, r1, #5");                                                                           \
    I(op "s r0, r1, #1");                                                                          \
    I(op "s r0, r1, #31");                                                                         \
    I(op " r0, r1, r2");                                                                           \
    I(op "s r0, r1, r2");                                                                          \
    I(op "s r0, r1, r5")

void test(void)
{
    OPERATION("and");
    OPERATION("eor");
    OPERATION("sub");
    OPERATION("rsb");
    OPERATION("add");
    OPERATION("adc");
    OPERATION("sbc");
    OPERATION("orr");
    OPERATION("bic");
    COMPARISON("tst");
    COMPARISON("teq");
    COMPARISON("cmp");
    COMPARISON("cmn");
    I("mov r0, #0x3fc");
    I("movs r0, #0xff000000");
    I("movs r0, r1");
    I("mvn r0, #0x3fc");
    I("mvns r0, #0xff000000");
    I("mvns r0, r1");
    SHIFT("lsl");
    SHIFT("lsr");
    SHIFT("asr");
    SHIFT("ror");
    I("rrx r0, r1");
    I("rrxs r0, r1");
    I("movw r0, #0xbeef");
    I("movt r0, #0xbeef");
    I("cmp r1, r2\n\tcmpne r1, r3");
    I("cmp r1, r2\n\tmovge r0, r3");
    I("cmp r1, r2\n\taddsls r0, r1, r3");
    I("tst r1, r2\n\tmoveq r0, #1\n\tmovne r0, #2");
    I("cmp r1, r2\n\tsubgt r0, r1, r2\n\trsble r0, r1, r2");
    I("adds r0, r1, r2\n\tadcs r1, r0, r3\n\tsbcs r2, r1, r3");
    I("movs r0, r1\n\tmovhi r2, #7");
    I("lsls r0, r1, #4\n\tmovls r2, #7\n\tmovvs r3, #9");
    I("mrs r0, APSR");
    I("msr APSR_nzcvq, r1");
    I("msr APSR_g, r1\n\tsel r0, r1, r2");
    I("msr APSR_nzcvqg, r1");
}
