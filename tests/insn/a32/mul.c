/* SPDX-License-Identifier: MIT */
/* Multiplication and division. */
#include "frame.h"

void test(void)
{
    I("mul r0, r1, r2");
    I("mla r0, r1, r2, r3");
    I("mls r0, r1, r2, r3");
    I("umull r0, r3, r1, r2");
    I("smull r0, r3, r1, r2");
    I("umlal r0, r3, r1, r2");
    I("smlal r0, r3, r1, r2");
    I("umaal r0, r3, r1, r2");
    I("smulbb r0, r1, r2");
    I("smlabb r0, r1, r2, r3");
    I("smlalbb r0, r3, r1, r2");
    I("smulbt r0, r1, r2");
    I("smlabt r0, r1, r2, r3");
    I("smlalbt r0, r3, r1, r2");
    I("smulwb r0, r1, r2");
    I("smlawb r0, r1, r2, r3");
    I("smultb r0, r1, r2");
    I("smlatb r0, r1, r2, r3");
    I("smlaltb r0, r3, r1, r2");
    I("smultt r0, r1, r2");
    I("smlatt r0, r1, r2, r3");
    I("smlaltt r0, r3, r1, r2");
    I("smulwt r0, r1, r2");
    I("smlawt r0, r1, r2, r3");
    I("smuad r0, r1, r2");
    I("smlad r0, r1, r2, r3");
    I("smusd r0, r1, r2");
    I("smlsd r0, r1, r2, r3");
    I("smlald r0, r3, r1, r2");
    I("smlsld r0, r3, r1, r2");
    I("smuadx r0, r1, r2");
    I("smladx r0, r1, r2, r3");
    I("smusdx r0, r1, r2");
    I("smlsdx r0, r1, r2, r3");
    I("smlaldx r0, r3, r1, r2");
    I("smlsldx r0, r3, r1, r2");
    I("smmul r0, r1, r2");
    I("smmla r0, r1, r2, r3");
    I("smmls r0, r1, r2, r3");
    I("smmulr r0, r1, r2");
    I("smmlar r0, r1, r2, r3");
    I("smmlsr r0, r1, r2, r3");
    I("sdiv r0, r1, r2");
    I("udiv r0, r1, r2");
    I("usad8 r0, r1, r2");
    I("usada8 r0, r1, r2, r3");
}
