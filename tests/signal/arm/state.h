/* SPDX-License-Identifier: MIT */
/* Conditions, IT blocks and signal frames of A32 and T32. */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "repaired_regs.h"

#ifdef __thumb__
enum { THUMB = 1 };
#else
enum { THUMB = 0 };
#endif

/* "eq" to "al" as in the instruction. */
static unsigned condition_number(const char *condition)
{
    static const char names[] = "eqnecsccmiplvsvchilsgeltgtleal";
    for (unsigned k = 0; k < 15; k++)
        if (!memcmp(names + 2 * k, condition, 2))
            return k;
    abort();
}

/* ARM DDI 0487, F1.3.1 */
__attribute__((unused)) static bool passes(uint32_t apsr, const char *condition)
{
    const unsigned number = condition_number(condition);
    const bool n = apsr >> 31, z = apsr >> 30 & 1, c = apsr >> 29 & 1, v = apsr >> 28 & 1;
    const bool of[] = {z, c, n, v, c && !z, n == v, n == v && !z, true};
    return of[number / 2] != (number & 1);
}

/* ITSTATE at the instruction `position` (from 0) of a block (ARM DDI 0487, F1.2.1), as CPSR has it:
 * `it` is "ittecs" for ITTE CS. */
static uint32_t it_cpsr(const char *it, int position)
{
    const unsigned n = strlen(it) - 4, first = condition_number(it + 2 + n);
    unsigned state = first << 4, k = 0;
    for (; k < n; k++)
        state |= (it[2 + k] == 't' ? first & 1 : ~first & 1) << (3 - k);
    state |= 1 << (3 - k);
    state = (state & 0xe0) | ((state & 0x1f) << position & 0x1f);
    return (state & 3) << 25 | (state & 0xfc) << 8;
}

/* Linux's struct vfp_sigframe, the first thing in uc_regspace. */
struct vfp_frame {
    unsigned long magic, size;
    union vec v[16];
    unsigned long fpscr, pad, fpexc, fpinst, fpinst2;
} __attribute__((aligned(8)));
enum { VFP_FRAME_MAGIC = 0x56465001 };

#endif
