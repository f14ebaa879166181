/* SPDX-License-Identifier: MIT */
/*
 * The routines of repaired.def, one for each pair of STATE and ACCESS: void f(struct work *).  It
 * loads all registers (in one region with what follows, since it is entered by an indirect
 * branch), does what STATE says, then the access, and saves all registers.  `repaired_table` has a
 * row of two addresses, routine and access, for each: STATEs within ACCESSes.  R11 is the struct
 * work all the while.
 *
 * And walk_load, walk_store, walk_it: loops over an array.
 *
 * Assembled as A32 or as T32, whichever the compiler makes (-marm, -mthumb).
 */
#define W_V 64 /* struct work in repaired.c */
#define W_APSR 320
#define W_FPSCR 324
#define W_HOST_SP 328
#define W_READ_FPSCR 332
#define W_OUT 1024
#define UNWRAP(...) __VA_ARGS__

        .syntax unified
        .arch   armv8-a
        .arch_extension crc
        .fpu    neon-fp-armv8
#ifdef __thumb__
        .thumb
#define T_BIT 1
#else
        .arm
#define T_BIT 0
#endif
        .text

        .macro  enter
        push    {r4-r11, lr}
        vpush   {d8-d15}
        mov     r11, r0
        str     sp, [r11, #W_HOST_SP]
        ldr     r9, [r11, #W_FPSCR]
        vmsr    fpscr, r9
        ldr     r9, 6f
        bx      r9
        .balign 4
6:      .word   5f + T_BIT
5:      add     r10, r11, #W_V
        vldmia  r10!, {d0-d15}
        vldmia  r10, {d16-d31}
        ldr     r10, [r11, #W_APSR]
        msr     APSR_nzcvqg, r10
        ldr     r10, [r11, #4 * 13]
        mov     sp, r10
        ldr     lr, [r11, #4 * 14]
        ldr     r12, [r11, #4 * 12]
        ldm     r11, {r0-r10}
        .endm

        .macro  leave
8:      str     r10, [r11, #W_OUT + 40]
        add     r10, r11, #W_OUT
        stm     r10, {r0-r9}
        b       repaired_leave
        .endm

repaired_leave:
        str     r11, [r10, #44]
        str     r12, [r10, #48]
        str     sp, [r10, #52]
        str     lr, [r10, #56]
        mrs     r9, apsr
        movw    r8, #0
        movt    r8, #0xf80f
        and     r9, r9, r8
        str     r9, [r10, #W_APSR]
        add     r9, r10, #W_V
        vstmia  r9!, {d0-d15}
        vstmia  r9, {d16-d31}
        ldr     r9, [r11, #W_READ_FPSCR]
        cmp     r9, #0
        beq     6f
        vmrs    r9, fpscr
        str     r9, [r10, #W_FPSCR]
6:      mov     r9, #0
        vmsr    fpscr, r9
        ldr     r9, [r11, #W_HOST_SP]
        mov     sp, r9
        vpop    {d8-d15}
        pop     {r4-r11, pc}

/* reg walk(reg *at, reg n): r2 the sum, d4 the same, q4 sums of each lane, r4 and r5 what was read,
 * last and before that, r6 how many. */
        .macro  walk name, instruction:vararg
        .globl  \name, \name\()_at
        .type   \name, %function
\name:  push    {r4-r6, lr}
        vpush   {d8-d9}
        mov     r2, #0
        vmov.i32 d4, #0
        vmov.i32 q4, #0
        mov     r4, #0
        mov     r5, #0
        mov     r6, #0
1:      mov     r5, r4
        \instruction
        add     r6, r6, #1
        add     r2, r2, r4
        vmov    s0, r4
        vcvt.f64.u32 d0, s0
        vadd.f64 d4, d4, d0
        vdup.32 q1, r4
        vadd.i32 q4, q4, q1
        subs    r1, r1, #1
        bne     1b
        mov     r0, r2
        vpop    {d8-d9}
        pop     {r4-r6, pc}
        .endm

        .macro  load
walk_load_at:
        ldr     r4, [r0], #4
        .endm
        .macro  store
walk_store_at:
        str     r6, [r0], #4
        .endm
        .macro  in_it /* the third of an IT block; r1 is at least 1 */
        cmp     r1, #0
        itett   hi
        movhi   r3, #1
        movls   r3, #2
walk_it_at:
        ldrhi   r4, [r0], #4
        addhi   r3, r3, #4
        .endm

        walk    walk_load, load
        walk    walk_store, store
        walk    walk_it, in_it

        .macro  it_block name, first
        .ifc    \first, al
        .inst.n 0xbfe8 /* IT AL, which gas does not know; what follows has no condition */
        .else
        \name  \first
        .endif
        .endm

/* An access \c is conditional where \c is given, NEON() one in T32 alone. */
#ifdef __thumb__
#define NEON(name, type) name\c\()type
#define IT(name, first) it_block name, first
#else
#define NEON(name, type) name\()type
#define IT(name, first)
#endif
#define STATE(name, before, before_model, after, after_model, access_before, access, access_after) \
        CONDITIONAL(name, , , 0, , before, before_model, (), (), (), (), after, after_model,        \
                    access_before, access, access_after)
#define CONDITIONAL(name, it_name, first, position, condition, before, before_model, it_before,     \
                    it_before_model, it_after, it_after_model, after, after_model, access_before,   \
                    access, access_after)                                                           \
        3: enter; UNWRAP before; UNWRAP access_before; IT(it_name, first); UNWRAP it_before; 4:;         \
        .irp c, condition; UNWRAP access; .endr;                                                    \
        UNWRAP it_after; UNWRAP access_after; UNWRAP after; leave;                                  \
        .pushsection .data.rel.ro, "aw"; .word 3b + T_BIT, 4b; .popsection;
#define ACCESS(name, kind, base, disp, size, step, before, before_model, access, after, model)      \
        STATES(before, access, after)

        .pushsection .data.rel.ro, "aw"
        .balign 4
        .globl  repaired_table
repaired_table:
        .popsection
#include "repaired.def"

        .section .note.GNU-stack, "", %progbits
