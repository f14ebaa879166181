	.arch armv8-a
	.file	"work.c"
	.text
	.align	2
	.p2align 4,,11
	.global	walk
	.type	walk, %function
walk:
.LFB1:
	.cfi_startproc
	stp	x29, x30, [sp, -80]!
	.cfi_def_cfa_offset 80
	.cfi_offset 29, -80
	.cfi_offset 30, -72
	mov	x29, sp
	stp	d8, d9, [sp, 48]
	.cfi_offset 72, -32
	.cfi_offset 73, -24
	cbz	x0, .L8
	stp	x21, x22, [sp, 32]
	.cfi_offset 22, -40
	.cfi_offset 21, -48
	mov	x22, 36045
	mov	x21, 63439
	movk	x22, 0xed55, lsl 16
	movk	x21, 0xe353, lsl 16
	movk	x22, 0xafd7, lsl 32
	movk	x21, 0x9ba5, lsl 32
	movi	d9, #0
	movk	x22, 0xff51, lsl 48
	movk	x21, 0x20c4, lsl 48
	stp	x19, x20, [sp, 16]
	.cfi_offset 20, -56
	.cfi_offset 19, -64
	mov	x19, x0
	mov	x20, x1
	stp	d10, d11, [sp, 64]
	.cfi_offset 75, -8
	.cfi_offset 74, -16
	fmov	d11, 2.0e+0
	fmov	d10, 1.5e+0
	b	.L7
	.p2align 2,,3
.L14:
	cbz	x2, .L12
	mul	x1, x1, x22
	eor	x1, x1, x1, lsr 29
	lsr	x3, x1, 3
	umulh	x3, x3, x21
	lsr	x3, x3, 4
	lsl	x2, x3, 5
	sub	x2, x2, x3
	add	x2, x3, x2, lsl 2
	sub	x2, x1, x2, lsl 3
	scvtf	d8, x2
	blr	x20
	orr	x0, x0, 1
	ucvtf	d0, x0
	fdiv	d1, d8, d0
	fadd	d9, d9, d1
.L6:
	ldr	x19, [x19]
	cbz	x19, .L13
.L7:
	ldr	x0, [x19, 8]
	and	x2, x0, 7
	cmp	x2, 1
	beq	.L3
	eor	x1, x0, x0, lsr 33
	cmp	x2, 5
	bne	.L14
	ldr	x19, [x19]
	fmul	d9, d9, d10
	cbnz	x19, .L7
.L13:
	ldp	x19, x20, [sp, 16]
	.cfi_remember_state
	.cfi_restore 20
	.cfi_restore 19
	fmov	d0, d9
	ldp	x21, x22, [sp, 32]
	.cfi_restore 22
	.cfi_restore 21
	ldp	d8, d9, [sp, 48]
	ldp	d10, d11, [sp, 64]
	.cfi_restore 75
	.cfi_restore 74
	ldp	x29, x30, [sp], 80
	.cfi_restore 30
	.cfi_restore 29
	.cfi_restore 72
	.cfi_restore 73
	.cfi_def_cfa_offset 0
	ret
	.p2align 2,,3
.L3:
	.cfi_restore_state
	ldr	d0, [x19, 16]
	fmsub	d9, d0, d11, d9
	b	.L6
	.p2align 2,,3
.L12:
	ldr	d0, [x19, 16]
	fadd	d9, d9, d0
	b	.L6
	.p2align 2,,3
.L8:
	.cfi_restore 19
	.cfi_restore 20
	.cfi_restore 21
	.cfi_restore 22
	.cfi_restore 74
	.cfi_restore 75
	movi	d9, #0
	fmov	d0, d9
	ldp	d8, d9, [sp, 48]
	ldp	x29, x30, [sp], 80
	.cfi_restore 30
	.cfi_restore 29
	.cfi_restore 72
	.cfi_restore 73
	.cfi_def_cfa_offset 0
	ret
	.cfi_endproc
.LFE1:
	.size	walk, .-walk
	.align	2
	.p2align 4,,11
	.global	saxpy
	.type	saxpy, %function
saxpy:
.LFB2:
	.cfi_startproc
	cmp	w2, 0
	ble	.L15
	sbfiz	x3, x2, 2, 32
	mov	x2, 0
	.p2align 3,,7
.L17:
	ldr	s2, [x1, x2]
	ldr	s1, [x0, x2]
	fmadd	s1, s2, s0, s1
	str	s1, [x0, x2]
	add	x2, x2, 4
	cmp	x3, x2
	bne	.L17
.L15:
	ret
	.cfi_endproc
.LFE2:
	.size	saxpy, .-saxpy
	.align	2
	.p2align 4,,11
	.global	collatz
	.type	collatz, %function
collatz:
.LFB3:
	.cfi_startproc
	mov	x1, x0
	mov	w0, 0
	cmp	x1, 1
	beq	.L19
	.p2align 3,,7
.L23:
	tst	x1, 1
	add	x2, x1, x1, lsl 1
	lsr	x1, x1, 1
	add	w0, w0, 1
	csinc	x1, x1, x2, eq
	cmp	x1, 1
	bne	.L23
.L19:
	ret
	.cfi_endproc
.LFE3:
	.size	collatz, .-collatz
	.ident	"GCC: (Debian 12.2.0-14) 12.2.0"
	.section	.note.GNU-stack,"",@progbits
