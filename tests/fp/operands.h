/* SPDX-License-Identifier: MIT */
/*
 * Operands for the soft-float tests: boundary values and random ones of each format.  Shared by
 * the test programs and by the peer, which runs on another CPU; libc's headers only.
 */
#ifndef DRAGOMAN_TESTS_FP_OPERANDS_H
#define DRAGOMAN_TESTS_FP_OPERANDS_H

#include <stdint.h>

/* splitmix64 */
static inline uint64_t operand_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static inline unsigned operand_frac_bits(unsigned bits)
{
    return bits == 16 ? 10 : bits == 32 ? 23 : 52;
}

enum { OPERAND_EXPONENTS = 15, OPERAND_FRACTIONS = 6 };
enum { OPERAND_BOUNDARIES = OPERAND_EXPONENTS * OPERAND_FRACTIONS * 2 };

/* Boundary value `i` of the format of `bits` bits, 0 <= i < OPERAND_BOUNDARIES. */
static inline uint64_t operand_boundary(unsigned bits, unsigned i)
{
    const unsigned frac_bits = operand_frac_bits(bits);
    const uint64_t bias = (UINT64_C(1) << (bits - frac_bits - 2)) - 1;
    const uint64_t top = 2 * bias + 1;
    const uint64_t msb = UINT64_C(1) << (frac_bits - 1);
    const uint64_t exponents[OPERAND_EXPONENTS] = {
        0, 1, 2, frac_bits, bias / 2, bias - 1, bias, bias + 1, bias + frac_bits,
        bias + (bits == 16 ? 5 : 31), bias + (bits == 16 ? 6 : 32), bias + (bits == 16 ? 7 : 63),
        top - 2, top - 1, top};
    const uint64_t fractions[OPERAND_FRACTIONS] = {0, 1, msb - 1, msb, msb + 1, 2 * msb - 1};
    uint64_t value = exponents[i / 2 % OPERAND_EXPONENTS] << frac_bits
                     | fractions[i / 2 / OPERAND_EXPONENTS];
    return value | (uint64_t)(i & 1) << (bits - 1);
}

/*
 * A random value of the format of `bits` bits: any bits, a boundary value, a number near one, a
 * fraction of few bits (for exact results and ties), or an exponent near the bottom.
 */
static inline uint64_t operand_any(unsigned bits, uint64_t *state)
{
    const unsigned frac_bits = operand_frac_bits(bits);
    const uint64_t bias = (UINT64_C(1) << (bits - frac_bits - 2)) - 1;
    uint64_t r = operand_random(state), choice = operand_random(state);
    uint64_t sign = choice >> 63 << (bits - 1);
    uint64_t frac = r & ((UINT64_C(1) << frac_bits) - 1);
    uint64_t near = r >> 58; /* 0 to 63 */

    switch (choice % 8) {
    case 0:
        return operand_boundary(bits, (unsigned)(r >> 8) % OPERAND_BOUNDARIES);
    case 1:
    case 2:
        return sign | (bias - 2 + near % 5) << frac_bits | frac;
    case 3:
        frac &= frac << 7 & frac << 13; /* few bits */
        return sign | (bias - 4 + near % 16) << frac_bits | frac;
    case 4:
        frac = (UINT64_C(1) << near % frac_bits) - (r & 1);
        return sign | (bias + near % (bias < 64 ? bias : 64)) << frac_bits | frac;
    case 5:
        return sign | near % 4 << frac_bits | frac;
    default:
        return bits == 64 ? r : r & ((UINT64_C(1) << bits) - 1);
    }
}

#endif
