/* SPDX-License-Identifier: MIT */
/* The registers of `repaired`: for A32 and T32. */
#ifndef REPAIRED_REGS_H
#define REPAIRED_REGS_H

#include <stdint.h>

typedef uint32_t reg;

union vec { /* a Q register: two D, or four S */
    uint64_t d[2];
    uint32_t s[4];
    uint16_t h[8];
    uint8_t b[16];
};

struct regs { /* as in repaired.S */
    uint32_t x[16]; /* R0 to R14; x[15] is not used */
    union vec v[16];
    uint32_t apsr, fpscr;
};

enum { N_X = 15, SP = 13, N_V = 16 };

#endif
