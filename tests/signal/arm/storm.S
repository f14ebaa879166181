/* SPDX-License-Identifier: MIT */
/*
 * void storm_loop(struct storm *): loads all registers, runs the loop of storm.def, saves them.
 * storm_steps is the table of its instructions' addresses.
 */
#define S_V 64 /* struct storm in storm.c */
#define S_SP 328
#define S_MEMORY 336

        .syntax unified
        .arch   armv8-a
        .fpu    neon-fp-armv8
#ifdef __thumb__
        .thumb
#else
        .arm
#endif
        .text

        .subsection 2
        .globl  storm_loop, storm_returned, storm_steps
        .type   storm_loop, %function
storm_loop:
        push    {r4-r11, lr}
        vpush   {d8-d15}
        mov     r11, r0
        str     sp, [r11, #S_SP]
        add     r10, r11, #S_V
        vldmia  r10!, {d0-d15}
        vldmia  r10, {d16-d31}
        mov     r10, #0
        vmsr    fpscr, r10
        msr     APSR_nzcvqg, r10
        ldr     lr, [r11, #4 * 14]
        ldr     r12, [r11, #4 * 12]
        ldm     r11, {r0-r10}
        add     r11, r11, #S_MEMORY
        cmp     r0, r0

#define UNWRAP(...) __VA_ARGS__
#define STEP(instruction, model) .pushsection .rodata; .word 1f; .popsection; 1: UNWRAP instruction
#define AT(n, label) .subsection n; label
#ifdef __thumb__
#define IT(it, first) STEP((it first), ())
#else
#define IT(it, first)
#endif
        .pushsection .rodata
        .balign 4
storm_steps:
        .popsection
#include "storm.def"

        sub     r11, r11, #S_MEMORY
        stm     r11, {r0-r10}
        str     r12, [r11, #4 * 12]
        str     lr, [r11, #4 * 14]
        add     r10, r11, #S_V
        vstmia  r10!, {d0-d15}
        vstmia  r10, {d16-d31}
        mov     r10, #0
        vmsr    fpscr, r10
        vpop    {d8-d15}
        pop     {r4-r11, pc}

        .section .note.GNU-stack, "", %progbits
