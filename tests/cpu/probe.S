/* SPDX-License-Identifier: MIT */
/*
 * Instructions that came with a version or an extension of the architecture: probe.c executes each.
 * R0 is the address of 16 bytes; they may change R0 to R3, R12, D0 to D3 and D16.
 */
        .syntax unified
        .arch   armv8.2-a
        .fpu    crypto-neon-fp-armv8
        .arch_extension fp16
        .arch_extension crc

/* A row of the table probes[]: address (bit 0: Thumb), name, whether it is a 32-bit Thumb instruction. */
        .macro  row at, name, wide
        .section .rodata.names, "a"
1:      .asciz  "\name"
        .section .data.rel.ro.probes, "aw"
        .word   \at, 1b, \wide
        .text
        .endm

        .macro  a32 name:req, insn:vararg
        .arm
        .balign 4
2:      \insn
        bx      lr
        row     2b, \name, 0
        .endm

        .macro  t16 name:req, insn:vararg
        .thumb
        .balign 4
2:      \insn
        bx      lr
        row     2b + 1, \name, 0
        .endm

        .macro  wide name:req, insn:vararg
        .thumb
        .balign 4
2:      \insn
        bx      lr
        row     2b + 1, \name, 1
        .endm

        .section .data.rel.ro.probes, "aw"
        .balign 4
        .global probes
probes:
        .text
        a32 clz,        clz r0, r0
        a32 smulbb,     smulbb r0, r0, r0
        a32 ldrd,       ldrd r2, r3, [r0]
        a32 swp,        .inst 0xe1001091        /* swp r1, r1, [r0] */
        a32 sxth,       sxth r0, r0
        a32 umaal,      umaal r0, r1, r2, r3
        a32 uadd8,      uadd8 r0, r0, r0
        a32 ldrex,      ldrex r1, [r0]
        a32 setend,     .inst 0xf1010000        /* setend le */
        a32 ldrexb,     ldrexb r1, [r0]
        a32 clrex,      clrex
        a32 tls,        mrc p15, 0, r0, c13, c0, 3
        a32 movw,       movw r0, #1
        a32 mls,        mls r0, r1, r2, r3
        a32 bfc,        bfc r0, #0, #1
        a32 rbit,       rbit r0, r0
        a32 dmb,        dmb sy
        a32 pli,        pli [r0]
        a32 pldw,       pldw [r0]
        a32 idiva,      sdiv r0, r0, r0
        a32 cntvct,     mrrc p15, 1, r0, r1, c14
        a32 lda,        lda r1, [r0]
        a32 crc32,      crc32b r0, r0, r0
        a32 vfp,        vadd.f32 s0, s0, s0
        a32 vfp_double, vadd.f64 d0, d0, d0
        a32 vfp3,       vmov.f32 s0, #1.0
        a32 vfp_d32,    vadd.f64 d16, d16, d16
        a32 half,       vcvtb.f32.f16 s0, s0
        a32 vfp4,       vfma.f32 s0, s0, s0
        a32 neon,       vadd.i32 d0, d0, d0
        a32 neon_fma,   vfma.f32 d0, d0, d0
        a32 vsel,       vseleq.f32 s0, s0, s0
        a32 vmaxnm,     vmaxnm.f32 s0, s0, s0
        a32 vrinta,     vrinta.f32 s0, s0
        a32 aes,        aese.8 q0, q0
        a32 pmull,      vmull.p64 q0, d0, d0
        a32 sha1,       sha1h.32 q0, q0
        a32 sha2,       sha256su0.32 q0, q0
        a32 fphp,       vadd.f16 s0, s0, s0
        a32 asimdhp,    vadd.f16 d0, d0, d0
        a32 dotprod,    .inst 0xfc200d00        /* vsdot.s8 d0, d0, d0 */
        a32 rdm,        .inst 0xf3110b10        /* vqrdmlah.s16 d0, d1, d0 */
        a32 fhm,        .inst 0xfc200810        /* vfmal.f16 d0, s0, s0 */
        a32 fcma,       .inst 0xfc900800        /* vcadd.f32 d0, d0, d0, #90 */
        a32 jscvt,      .inst 0xeeb90bc0        /* vjcvt.s32.f64 s0, d0 */
        t16 t16,        adds r0, r0, r0
        t16 cbz,        .inst.n 0xb100, 0xbf00, 0xbf00  /* cbz r0, to the second of two NOPs */
        wide thumb2,    movw r0, #1
        t16 it,         .inst.n 0xbf08, 0x4600          /* it eq; moveq r0, r0 */
        wide dmb_t,     dmb sy
        wide idivt,     sdiv r0, r0, r0
        wide lda_t,     lda r1, [r0]

        .section .data.rel.ro.probes, "aw"
        .word   0, 0, 0
        .section .note.GNU-stack, "", %progbits
