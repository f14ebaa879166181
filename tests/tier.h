/* SPDX-License-Identifier: MIT */
/* The tier that test programs are asked for, for those that make a translator of their own. */
#ifndef TESTS_TIER_H
#define TESTS_TIER_H

#include <stdlib.h>

#include "tcg/tcg.h"

/* DRAGOMAN_TIER, as the runner reads it; what is not 1 or 2 is as shipped. */
static inline enum tcg_tier test_tier(void)
{
    const char *text = getenv("DRAGOMAN_TIER");
    return !text || text[0] == '\0' || text[1] != '\0' ? TCG_TIER_AUTO
           : text[0] == '1'                           ? TCG_TIER_1
           : text[0] == '2'                           ? TCG_TIER_2
                                                      : TCG_TIER_AUTO;
}

#endif
