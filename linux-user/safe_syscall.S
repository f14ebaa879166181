/* SPDX-License-Identifier: MIT */
/*
 * System calls for signal.c, x86-64.
 *
 * int64_t lu_safe_syscall_asm(const volatile sig_atomic_t *pending, long nr,
 *                             uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
 * makes the call unless *pending is nonzero.  A signal handler that finds pc in
 * [lu_safe_syscall_begin, lu_safe_syscall_end) sets it to lu_safe_syscall_early if the call has not
 * begun, and the result is -LU_NOT_BEGUN; if the kernel has set pc back to make it again, to
 * lu_safe_syscall_abort, and it is -LU_ERESTARTSYS.  What tells them apart is rcx, in which the
 * instruction leaves the address behind it.  Past the `syscall` instruction the call is complete and
 * its result is kept.
 */
#define LU_ERESTARTSYS 512
#define LU_NOT_BEGUN 514

    .text
    .globl lu_safe_syscall_asm, lu_safe_syscall_begin, lu_safe_syscall_end
    .globl lu_safe_syscall_abort, lu_safe_syscall_early
    .hidden lu_safe_syscall_begin, lu_safe_syscall_end, lu_safe_syscall_abort, lu_safe_syscall_early
    .type lu_safe_syscall_asm, @function
lu_safe_syscall_asm:
    .cfi_startproc
    push %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset rbp, 0
    mov %rdi, %rbp          /* pending: callee-saved, for the kernel preserves it */
    mov %rsi, %rax
    mov %rdx, %rdi          /* a */
    mov %rcx, %rsi          /* b */
    mov %r8, %rdx           /* c */
    mov %r9, %r10           /* d */
    mov 16(%rsp), %r8       /* e */
    mov 24(%rsp), %r9       /* f */
lu_safe_syscall_begin:
    cmpl $0, (%rbp)
    jne lu_safe_syscall_early
    syscall
lu_safe_syscall_end:
    pop %rbp
    .cfi_remember_state
    .cfi_def_cfa_offset 8
    .cfi_restore rbp
    ret
lu_safe_syscall_abort:
    .cfi_restore_state
    mov $-LU_ERESTARTSYS, %rax
    pop %rbp
    .cfi_remember_state
    .cfi_def_cfa_offset 8
    .cfi_restore rbp
    ret
lu_safe_syscall_early:
    .cfi_restore_state
    mov $-LU_NOT_BEGUN, %rax
    pop %rbp
    .cfi_def_cfa_offset 8
    .cfi_restore rbp
    ret
    .cfi_endproc
    .size lu_safe_syscall_asm, . - lu_safe_syscall_asm

/* What the kernel returns to after a signal handler: SA_RESTORER. */
    .globl lu_sigreturn_asm
    .hidden lu_sigreturn_asm
    .type lu_sigreturn_asm, @function
lu_sigreturn_asm:
    mov $15, %eax           /* rt_sigreturn */
    syscall
    .size lu_sigreturn_asm, . - lu_sigreturn_asm

    .section .note.GNU-stack, "", @progbits
