/* SPDX-License-Identifier: MIT */
/* A64 for stray.c, and its random numbers. */
#include <string.h>

#include "frontends/arm/a64_lift.h"
#include "tests/codegen/stray.h"

static uint64_t random_state;

void stray_seed(uint64_t seed) { random_state = seed; }

uint32_t stray_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t x = random_state ^ random_state >> 33;
    return (uint32_t)(x * UINT64_C(0xff51afd7ed558ccd) >> 32);
}

static uint32_t random_word(const struct a64_row_info *row)
{
    for (;;) {
        const uint32_t word = (stray_random() & ~row->mask) | row->value;
        unsigned excluded = 0;
        for (unsigned k = 0; k < row->n_exclusions; k++)
            excluded += (word & row->exclusion[k].mask) == row->exclusion[k].value;
        if (!excluded)
            return word;
    }
}

/* 1: adr x30, 1b; the row; three more; subs x29, x29, #1; b.ne 1b; svc */
static void make_slot(unsigned k, uint8_t *to)
{
    uint32_t slot[STRAY_SLOT_BYTES / 4] = {0x1000001e, random_word(&a64_rows[k / STRAY_PER_ROW])};
    for (unsigned j = 2; j < 5; j++)
        slot[j] = random_word(&a64_rows[stray_random() % A64_ROW_COUNT]);
    slot[5] = 0xf10007bd;
    slot[6] = 0x54ffff41;
    slot[7] = 0xd4000001;
    memcpy(to, slot, sizeof slot);
}

static const char *row_name(unsigned k) { return a64_rows[k / STRAY_PER_ROW].name; }

const struct stray_guest stray_a64 = {
    .name = "a64",
    .guest = &a64_guest,
    .address_bits = 64,
    .base = {0x10000000, 0x551234500000}, /* where short encodings of an address do not do */
    .n_slots = A64_ROW_COUNT * STRAY_PER_ROW,
    .make_slot = make_slot,
    .row_name = row_name,
};
