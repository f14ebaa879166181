/* SPDX-License-Identifier: MIT */
/* Programs of `code` for A64. */

/* x0: how often; x1: address of `here`.  x2 sums what `here` puts into x3. */
static const uint32_t rewriting[] = {
    0xd2800002, /* mov x2, #0 */
    0xd2800003, /* 1: here: mov x3, #0 */
    0x8b030042, /* add x2, x2, x3 */
    0xb9400024, /* ldr w4, [x1] */
    0x11008084, /* add w4, w4, #32: imm16 + 1 */
    0xb9000024, /* str w4, [x1] */
    0xd50b7b21, /* dc cvau, x1 */
    0xd5033b9f, /* dsb ish */
    0xd50b7521, /* ic ivau, x1 */
    0xd5033b9f, /* dsb ish */
    0xd5033fdf, /* isb */
    0xd1000400, /* sub x0, x0, #1 */
    0xb5fffea0, /* cbnz x0, 1b */
    0xaa0203e0, /* mov x0, x2 */
    RET,
};
enum { REWRITES = 2000, REWRITING_HERE = 4, REWRITING_BYTES = sizeof rewriting };

/* x0: rounds; x2 = x2 * 5 + 1 in loops through three regions, a call and an indirect branch */
static const uint32_t lasting[] = {
    0xaa1e03e9, /* mov x9, x30 */
    0xd2800002, /* mov x2, #0 */
    0x10000063, /* adr x3, 1f */
    0xb4000180, /* 0: cbz x0, 3f */
    0xd61f0060, /* br x3 */
    0x8b020842, /* 1: add x2, x2, x2, lsl #2 */
    0x94000004, /* bl 2f */
    0xd1000400, /* sub x0, x0, #1 */
    0x17fffffb, /* b 0b */
    NOP,
    0x91000442, /* 2: add x2, x2, #1 */
    0xd65f03c0, /* ret */
    NOP, NOP, NOP,
    0xaa0203e0, /* 3: mov x0, x2 */
    0xd65f0120, /* ret x9 */
};
enum { LASTING_BYTES = sizeof lasting };
