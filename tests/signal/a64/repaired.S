/* SPDX-License-Identifier: MIT */
/*
 * The routines of repaired.def, one for each pair of STATE and ACCESS: void f(struct work *).  It
 * loads all registers (in one region with what follows, since it is entered by an indirect
 * branch), does what STATE says, then the access, and saves all registers.  `repaired_table` has a
 * row of two addresses, routine and access, for each: STATEs within ACCESSes.
 *
 * And walk_load, walk_store: loops over an array.
 */
#define W_NZCV 768 /* struct work in repaired.c */
#define W_FPSR 776
#define W_HOST_SP 784
#define W_READ_FPSR 792
#define W_OUT 1024
#define UNWRAP(...) __VA_ARGS__

#define LDQ(a, b) ldp q##a, q##b, [x28, #256 + 16 * a]
#define LDX(a, b) ldp x##a, x##b, [x28, #8 * a]
#define STQ(n) str q##n, [x28, #W_OUT + 256 + 16 * n]
#define STX(n) str x##n, [x28, #W_OUT + 8 * n]

        .arch   armv8.5-a+crypto
        .text

        .macro  enter
        stp     x29, x30, [sp, #-160]!
        stp     x19, x20, [sp, #16]
        stp     x21, x22, [sp, #32]
        stp     x23, x24, [sp, #48]
        stp     x25, x26, [sp, #64]
        stp     x27, x28, [sp, #80]
        stp     d8, d9, [sp, #96]
        stp     d10, d11, [sp, #112]
        stp     d12, d13, [sp, #128]
        stp     d14, d15, [sp, #144]
        mov     x28, x0
        mov     x9, sp
        str     x9, [x28, #W_HOST_SP]
        ldr     x9, [x28, #W_FPSR]
        msr     fpsr, x9
        adr     x9, 5f
        br      x9
5:      ldr     x9, [x28, #W_NZCV]
        msr     nzcv, x9
        ldr     x9, [x28, #8 * 31]
        mov     sp, x9
        LDQ(0, 1); LDQ(2, 3); LDQ(4, 5); LDQ(6, 7); LDQ(8, 9); LDQ(10, 11); LDQ(12, 13)
        LDQ(14, 15); LDQ(16, 17); LDQ(18, 19); LDQ(20, 21); LDQ(22, 23); LDQ(24, 25)
        LDQ(26, 27); LDQ(28, 29); LDQ(30, 31)
        LDX(0, 1); LDX(2, 3); LDX(4, 5); LDX(6, 7); LDX(8, 9); LDX(10, 11); LDX(12, 13)
        LDX(14, 15); LDX(16, 17); LDX(18, 19); LDX(20, 21); LDX(22, 23); LDX(24, 25)
        LDX(26, 27); LDX(29, 30)
        .endm

        .macro  leave
8:      STX(0); STX(1); STX(2); STX(3); STX(4); STX(5); STX(6); STX(7); STX(8); STX(9)
        STX(10); STX(11); STX(12); STX(13); STX(14); STX(15); STX(16); STX(17); STX(18); STX(19)
        STX(20); STX(21); STX(22); STX(23); STX(24); STX(25); STX(26); STX(27); STX(28); STX(29)
        STX(30)
        STQ(0); STQ(1); STQ(2); STQ(3); STQ(4); STQ(5); STQ(6); STQ(7); STQ(8); STQ(9)
        STQ(10); STQ(11); STQ(12); STQ(13); STQ(14); STQ(15); STQ(16); STQ(17); STQ(18); STQ(19)
        STQ(20); STQ(21); STQ(22); STQ(23); STQ(24); STQ(25); STQ(26); STQ(27); STQ(28); STQ(29)
        STQ(30); STQ(31)
        b       repaired_leave
        .endm

repaired_leave:
        mov     x9, sp
        str     x9, [x28, #W_OUT + 8 * 31]
        mrs     x9, nzcv
        str     x9, [x28, #W_OUT + W_NZCV]
        ldr     x9, [x28, #W_READ_FPSR]
        cbz     x9, 6f
        mrs     x9, fpsr
        str     x9, [x28, #W_OUT + W_FPSR]
6:      ldr     x9, [x28, #W_HOST_SP]
        mov     sp, x9
        ldp     x19, x20, [sp, #16]
        ldp     x21, x22, [sp, #32]
        ldp     x23, x24, [sp, #48]
        ldp     x25, x26, [sp, #64]
        ldp     x27, x28, [sp, #80]
        ldp     d8, d9, [sp, #96]
        ldp     d10, d11, [sp, #112]
        ldp     d12, d13, [sp, #128]
        ldp     d14, d15, [sp, #144]
        ldp     x29, x30, [sp], #160
        ret

/* uint64_t walk(uint64_t *at, uint64_t n): x2 the sum, d2 the same, v3 sums of each half, x4 and x5
 * what was read, last and before that. */
        .macro  walk name, instruction:vararg
        .globl  \name, \name\()_at
\name:  mov     x2, #0
        movi    v2.2d, #0
        movi    v3.2d, #0
        mov     x4, #0
        mov     x5, #0
        mov     x6, #0
1:      mov     x5, x4
\name\()_at:
        \instruction
        add     x6, x6, #1
        add     x2, x2, x4
        scvtf   d4, x4
        fadd    d2, d2, d4
        dup     v5.2d, x4
        add     v3.2d, v3.2d, v5.2d
        subs    x1, x1, #1
        b.ne    1b
        mov     x0, x2
        ret
        .endm

        walk    walk_load, ldr x4, [x0], #8
        walk    walk_store, str x6, [x0], #8

#define ROUTINE(name, before, before_model, after, after_model, access_before, access, access_after) \
        3: enter; UNWRAP before; UNWRAP access_before;                                              \
        4: UNWRAP access; UNWRAP access_after; UNWRAP after; leave;                                 \
        .pushsection .data.rel.ro, "aw"; .quad 3b, 4b; .popsection;
#define ACCESS(name, kind, base, disp, size, step, before, before_model, access, after, model)      \
        STATES(ROUTINE, before, access, after)

        .pushsection .data.rel.ro, "aw"
        .balign 8
        .globl  repaired_table
repaired_table:
        .popsection
#include "repaired.def"
