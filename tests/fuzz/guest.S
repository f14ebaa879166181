/* SPDX-License-Identifier: MIT */
/*
 * Loads the state of a case, jumps to its code, and takes the state back; see format.h.
 * TPIDR_EL0 carries the one register that is missing on the way in and out, so its value at the
 * start of a case is that of x30.
 */
#include "format.h"

        .arch   armv8-a
        .text

/* The end of each case.  FUZZ_EXIT. */
        .global fuzz_exit
fuzz_exit:
        msr     tpidr_el0, x0
        adrp    x0, fuzz_now
        ldr     x0, [x0, :lo12:fuzz_now]
        str     x1, [x0, FUZZ_AT_X + 8]
        mrs     x1, tpidr_el0
        str     x1, [x0, FUZZ_AT_X]
        stp     x2, x3, [x0, FUZZ_AT_X + 16]
        stp     x4, x5, [x0, FUZZ_AT_X + 32]
        stp     x6, x7, [x0, FUZZ_AT_X + 48]
        stp     x8, x9, [x0, FUZZ_AT_X + 64]
        stp     x10, x11, [x0, FUZZ_AT_X + 80]
        stp     x12, x13, [x0, FUZZ_AT_X + 96]
        stp     x14, x15, [x0, FUZZ_AT_X + 112]
        stp     x16, x17, [x0, FUZZ_AT_X + 128]
        stp     x18, x19, [x0, FUZZ_AT_X + 144]
        stp     x20, x21, [x0, FUZZ_AT_X + 160]
        stp     x22, x23, [x0, FUZZ_AT_X + 176]
        stp     x24, x25, [x0, FUZZ_AT_X + 192]
        stp     x26, x27, [x0, FUZZ_AT_X + 208]
        stp     x28, x29, [x0, FUZZ_AT_X + 224]
        mov     x1, sp
        stp     x30, x1, [x0, FUZZ_AT_X + 240]
        mrs     x1, nzcv
        mrs     x2, fpcr
        stp     x1, x2, [x0, FUZZ_AT_NZCV]
        add     x1, x0, FUZZ_AT_V
        stp     q0, q1, [x1]
        stp     q2, q3, [x1, 32]
        stp     q4, q5, [x1, 64]
        stp     q6, q7, [x1, 96]
        stp     q8, q9, [x1, 128]
        stp     q10, q11, [x1, 160]
        stp     q12, q13, [x1, 192]
        stp     q14, q15, [x1, 224]
        stp     q16, q17, [x1, 256]
        stp     q18, q19, [x1, 288]
        stp     q20, q21, [x1, 320]
        stp     q22, q23, [x1, 352]
        stp     q24, q25, [x1, 384]
        stp     q26, q27, [x1, 416]
        stp     q28, q29, [x1, 448]
        stp     q30, q31, [x1, 480]
        adrp    x2, fuzz_now_flags
        ldr     x2, [x2, :lo12:fuzz_now_flags]
        tbz     x2, FUZZ_FPSR_BIT, 1f
        mrs     x1, fpsr
        str     x1, [x0, FUZZ_AT_FPSR]
1:
/* Where the signal handler sends a case that ended with a signal. */
        .global fuzz_recover
fuzz_recover:
        msr     fpcr, xzr
        adrp    x0, saved
        add     x0, x0, :lo12:saved
        ldp     x19, x20, [x0]
        ldp     x21, x22, [x0, 16]
        ldp     x23, x24, [x0, 32]
        ldp     x25, x26, [x0, 48]
        ldp     x27, x28, [x0, 64]
        ldp     x29, x30, [x0, 80]
        ldr     x1, [x0, 96]
        mov     sp, x1
        ret

/* void fuzz_run(const struct fuzz_state *, const void *code) */
        .global fuzz_run
fuzz_run:
        adrp    x2, saved
        add     x2, x2, :lo12:saved
        stp     x19, x20, [x2]
        stp     x21, x22, [x2, 16]
        stp     x23, x24, [x2, 32]
        stp     x25, x26, [x2, 48]
        stp     x27, x28, [x2, 64]
        stp     x29, x30, [x2, 80]
        mov     x3, sp
        str     x3, [x2, 96]
        ldp     x2, x3, [x0, FUZZ_AT_NZCV]
        msr     fpcr, x3
        ldr     x3, [x0, FUZZ_AT_FLAGS]
        tbz     x3, FUZZ_FPSR_BIT, 1f
        ldr     x3, [x0, FUZZ_AT_FPSR]
        msr     fpsr, x3
        mrs     x3, fpsr
1:
        add     x3, x0, FUZZ_AT_V
        ldp     q0, q1, [x3]
        ldp     q2, q3, [x3, 32]
        ldp     q4, q5, [x3, 64]
        ldp     q6, q7, [x3, 96]
        ldp     q8, q9, [x3, 128]
        ldp     q10, q11, [x3, 160]
        ldp     q12, q13, [x3, 192]
        ldp     q14, q15, [x3, 224]
        ldp     q16, q17, [x3, 256]
        ldp     q18, q19, [x3, 288]
        ldp     q20, q21, [x3, 320]
        ldp     q22, q23, [x3, 352]
        ldp     q24, q25, [x3, 384]
        ldp     q26, q27, [x3, 416]
        ldp     q28, q29, [x3, 448]
        ldp     q30, q31, [x3, 480]
        msr     nzcv, x2
        ldp     x2, x3, [x0, FUZZ_AT_X + 240]   /* x30, sp */
        msr     tpidr_el0, x2
        mov     sp, x3
        mov     x30, x1
        ldp     x2, x3, [x0, FUZZ_AT_X + 16]
        ldp     x4, x5, [x0, FUZZ_AT_X + 32]
        ldp     x6, x7, [x0, FUZZ_AT_X + 48]
        ldp     x8, x9, [x0, FUZZ_AT_X + 64]
        ldp     x10, x11, [x0, FUZZ_AT_X + 80]
        ldp     x12, x13, [x0, FUZZ_AT_X + 96]
        ldp     x14, x15, [x0, FUZZ_AT_X + 112]
        ldp     x16, x17, [x0, FUZZ_AT_X + 128]
        ldp     x18, x19, [x0, FUZZ_AT_X + 144]
        ldp     x20, x21, [x0, FUZZ_AT_X + 160]
        ldp     x22, x23, [x0, FUZZ_AT_X + 176]
        ldp     x24, x25, [x0, FUZZ_AT_X + 192]
        ldp     x26, x27, [x0, FUZZ_AT_X + 208]
        ldp     x28, x29, [x0, FUZZ_AT_X + 224]
        ldp     x0, x1, [x0, FUZZ_AT_X]
        clrex
        br      x30     /* the first word of a slot is `mrs x30, tpidr_el0` */

/* long fuzz_syscall(long number, a, b, c, d, e, f) */
        .global fuzz_syscall
fuzz_syscall:
        mov     x8, x0
        mov     x0, x1
        mov     x1, x2
        mov     x2, x3
        mov     x3, x4
        mov     x4, x5
        mov     x5, x6
        svc     0
        ret

        .global _start
_start:
        mov     x29, 0
        mov     x30, 0
        bl      fuzz_main
        mov     x8, 94          /* exit_group */
        svc     0

        .bss
        .balign 16
saved:  .skip   112
        .section .note.GNU-stack, "", %progbits
