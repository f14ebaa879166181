/* SPDX-License-Identifier: MIT */
/*
 * A32 and T32 for stray.c.  The image is at one address in both processes: what instructions read from
 * PC is a plain constant of 32 bits.
 */
#include <string.h>

#include "frontends/arm/a32_lift.h"
#include "tests/codegen/stray.h"

/* A word of the row; of A32 mostly one without a condition. */
static uint32_t random_word(const struct a32_row_info *row, bool a32)
{
    for (;;) {
        uint32_t word = (stray_random() & ~row->mask) | row->value;
        unsigned excluded = 0;
        if (a32 && !(row->mask >> 28) && stray_random() & 3)
            word = (word & 0x0fffffff) | 0xe0000000;
        for (unsigned k = 0; k < row->n_exclusions; k++)
            excluded += row->exclusion[k].mask &&
                        (word & row->exclusion[k].mask) == row->exclusion[k].value;
        if (!excluded)
            return word;
    }
}

/* 1: adr lr, 1b; the row; three more; subs r12, r12, #1; bne 1b; svc */
static void make_a32(unsigned k, uint8_t *to)
{
    uint32_t slot[STRAY_SLOT_BYTES / 4] = {0xe24fe008, random_word(&a32_rows[k / STRAY_PER_ROW], true)};
    for (unsigned j = 2; j < 5; j++)
        slot[j] = random_word(&a32_rows[stray_random() % A32_ROW_COUNT], true);
    slot[5] = 0xe25cc001;
    slot[6] = 0x1afffff8;
    slot[7] = 0xef000000;
    memcpy(to, slot, sizeof slot);
}

static const char *a32_name(unsigned k) { return a32_rows[k / STRAY_PER_ROW].name; }

/* Rows of T32 (whose words have the first halfword on top) behind those of T16. */
static uint8_t *put_thumb(uint8_t *to, unsigned row)
{
    const bool wide = row >= T16_ROW_COUNT;
    const uint32_t word = random_word(wide ? &t32_rows[row - T16_ROW_COUNT] : &t16_rows[row], false);
    const uint16_t half[2] = {(uint16_t)(wide ? word >> 16 : word), (uint16_t)word};
    memcpy(to, half, wide ? 4 : 2);
    return to + (wide ? 4 : 2);
}

/* 1: adr.w lr, 1b; the row; three more; subs.w r12, r12, #1; bne.n 1b; svc */
static void make_t32(unsigned k, uint8_t *to)
{
    static const uint16_t begin[] = {0xf2af, 0x0e04}, count[] = {0xf1bc, 0x0c01}, end[] = {0xdf00, 0xbf00};
    uint8_t *p = to;
    memcpy(p, begin, sizeof begin);
    p = put_thumb(p + sizeof begin, k / STRAY_PER_ROW);
    for (unsigned j = 0; j < 3; j++)
        p = put_thumb(p, stray_random() % (T16_ROW_COUNT + T32_ROW_COUNT));
    memcpy(p, count, sizeof count);
    p += sizeof count;
    const uint16_t branch = (uint16_t)(0xd100 | ((to - p - 4) >> 1 & 0xff));
    memcpy(p, &branch, sizeof branch);
    memcpy(p + sizeof branch, end, sizeof end);
}

static const char *t32_name(unsigned k)
{
    k /= STRAY_PER_ROW;
    return k < T16_ROW_COUNT ? t16_rows[k].name : t32_rows[k - T16_ROW_COUNT].name;
}

#define A32                                                                                        \
    .guest = &a32_guest, .address_bits = 32, .base = {0x10000000, 0xb2345000},                     \
    .n_slots = A32_ROW_COUNT * STRAY_PER_ROW, .make_slot = make_a32, .row_name = a32_name
#define T32                                                                                        \
    .guest = &a32_guest, .address_bits = 32, .base = {0x10000000, 0xb2345000}, .pc_bits = A32_PC_T, \
    .n_slots = (T16_ROW_COUNT + T32_ROW_COUNT) * STRAY_PER_ROW, .make_slot = make_t32, .row_name = t32_name
/* Guest memory somewhere in the host's. */
#define BASE .mem_base = {0x200000000, 0x7e5400000000}

const struct stray_guest stray_a32 = {.name = "a32", A32}, stray_a32_base = {.name = "a32 -mem-base", A32, BASE};
const struct stray_guest stray_t32 = {.name = "t32", T32}, stray_t32_base = {.name = "t32 -mem-base", T32, BASE};
