/* SPDX-License-Identifier: MIT */
/* The registers of `repaired` and `storm`: for A64. */
#ifndef REPAIRED_REGS_H
#define REPAIRED_REGS_H

#include <stdint.h>

typedef uint64_t reg;

union vec {
    __uint128_t q;
    uint64_t d[2];
    uint32_t s[4];
    uint16_t h[8];
    uint8_t b[16];
};

struct regs { /* as in repaired.S */
    uint64_t x[32]; /* x[31] is SP */
    union vec v[32];
    uint64_t nzcv, fpsr;
};

enum { N_X = 32, SP = 31, N_V = 32 };

#endif
