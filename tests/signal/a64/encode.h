/* SPDX-License-Identifier: MIT */
/* Words of A64 code, and how to run them. */
#ifndef ENCODE_H
#define ENCODE_H

#include <stdint.h>

typedef uint64_t reg;

enum { NOP = 0xd503201f, RET = 0xd65f03c0, UNDEFINED = 0xd4200000 /* brk */ };
enum { SAVE_LINK = 0xaa1e03e9 /* mov x9, x30 */, RESTORE_LINK = 0xaa0903fe };
enum { DOUBLE = 0x8b000000 /* add x0, x0, x0 */, INCREMENT = 0x91000400 /* add x0, x0, #1 */ };
/* adr x9, .; br x9: a loop through an indirect branch */
enum { INDIRECT_1 = 0x10000009, INDIRECT_2 = 0xd61f0120 };

/* The first argument's register = k, k < 65536 */
static inline uint32_t move(unsigned k) { return 0x52800000 | (k & 0xffff) << 5; }
static inline uint32_t move_at_once(unsigned k) { return move(k & 255); } /* T32's is another */
static inline uint32_t branch(const uint32_t *from, const uint32_t *to)
{
    return 0x14000000 | ((uint32_t)(to - from) & 0x3ffffff);
}
static inline uint32_t branch_link(const uint32_t *from, const uint32_t *to)
{
    return branch(from, to) | 0x80000000;
}
/* If the second argument of call() is not 0, and that has not been changed: CBNZ X1, to */
static inline uint32_t branch_if(const uint32_t *from, const uint32_t *to)
{
    return 0xb5000001 | ((uint32_t)(to - from) & 0x7ffff) << 5;
}

static inline reg call(const void *code, reg a, reg b)
{
    return ((reg (*)(reg, reg))(uintptr_t)code)(a, b);
}

#endif
