/* SPDX-License-Identifier: MIT */
/*
 * Loads the state of a case, jumps to its code, and takes the state back; see format.h.
 * TPIDRURW carries the one register that is missing on the way in and out.
 */
#include "format.h"

        .syntax unified
        .arch   armv8-a
        .fpu    neon-fp-armv8
        .text
        .arm

/* The end of each case.  FUZZ_EXIT. */
        .global fuzz_exit
fuzz_exit:
        setend  le
        mcr     p15, 0, r0, c13, c0, 2
        ldr     r0, =fuzz_now
        ldr     r0, [r0]
        str     r1, [r0, #4]
        mrc     p15, 0, r1, c13, c0, 2
        str     r1, [r0], #8
        stmia   r0!, {r2-r12}
        str     sp, [r0], #4
        str     lr, [r0], #4
        mrs     r1, cpsr
        str     r1, [r0], #4
        vmrs    r1, fpscr
        str     r1, [r0]
        add     r0, r0, #(FUZZ_AT_V - FUZZ_AT_FPSCR)
        vstmia  r0!, {d0-d15}
        vstmia  r0!, {d16-d31}
        b       fuzz_recover
        .ltorg
        .balign 128
        .thumb
/* The same from Thumb code.  FUZZ_EXIT_T. */
        .global fuzz_exit_t
fuzz_exit_t:
        bx      pc
        nop
        .arm
        b       fuzz_exit

/* Where the signal handler sends a case that ended with a signal. */
        .global fuzz_recover
fuzz_recover:
        mov     r0, #0
        vmsr    fpscr, r0
        ldr     r0, =saved
        ldmia   r0!, {r4-r11}
        ldr     sp, [r0], #4
        ldr     pc, [r0]

/* void fuzz_run(const struct fuzz_case *, uint32_t entry) */
        .global fuzz_run
fuzz_run:
        ldr     r2, =saved
        stmia   r2!, {r4-r11}
        str     sp, [r2], #4
        str     lr, [r2]
        mov     ip, r1
        add     r2, r0, #FUZZ_AT_V
        vldmia  r2!, {d0-d15}
        vldmia  r2!, {d16-d31}
        ldr     r2, [r0, #FUZZ_AT_FPSCR]
        vmsr    fpscr, r2
        ldr     r2, [r0, #FUZZ_AT_CPSR]
        msr     apsr_nzcvqg, r2
        clrex
        ldr     r1, [r0, #56]
        mcr     p15, 0, r1, c13, c0, 2
        ldr     sp, [r0, #52]
        mov     lr, ip
        ldmia   r0, {r0-r12}
        bx      lr      /* the first word of a slot is `mrc p15, 0, lr, c13, c0, 2` */
        .ltorg

/* long fuzz_syscall(long number, a, b, c, d, e, f) */
        .global fuzz_syscall
fuzz_syscall:
        mov     ip, sp
        push    {r4-r7, lr}
        mov     r7, r0
        mov     r0, r1
        mov     r1, r2
        mov     r2, r3
        ldmia   ip, {r3-r5}
        svc     0
        pop     {r4-r7, pc}

        .global _start
_start:
        bl      fuzz_main
        mov     r7, #248        /* exit_group */
        svc     0

        .bss
        .balign 16
saved:  .skip   48
        .section .note.GNU-stack, "", %progbits
