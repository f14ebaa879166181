/* SPDX-License-Identifier: MIT */
/* The guests of stray.c: an image of random instructions each.  Includes tcg/. */
#ifndef TESTS_CODEGEN_STRAY_H
#define TESTS_CODEGEN_STRAY_H

#include "tcg/guest.h"

enum { STRAY_SLOT_BYTES = 32, STRAY_PER_ROW = 3 };

struct stray_guest {
    const char *name;
    const struct guest *guest;
    unsigned address_bits;
    uint64_t base[2]; /* where the image is in each of the two processes */
    uint64_t mem_base[2]; /* tcg_mem_ops.base */
    uint64_t pc_bits; /* of its pc, beside the address */
    unsigned n_slots;
    /* Writes slot k: a loop of at most STRAY_SLOT_BYTES with random instructions, one of them of the row
     * whose name is row_name(k).  In the order of k, behind stray_seed(). */
    void (*make_slot)(unsigned k, uint8_t *to);
    const char *(*row_name)(unsigned k);
};

extern const struct stray_guest stray_a64, stray_a32, stray_t32, stray_a32_base, stray_t32_base;

void stray_seed(uint64_t seed);
uint32_t stray_random(void);

#endif
