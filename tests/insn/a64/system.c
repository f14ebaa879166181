/* SPDX-License-Identifier: MIT */
/* System registers, hints, barriers, cache maintenance. */
#include "insn.h"

static unsigned char block[16384] __attribute__((aligned(4096)));

/* Rounding and special modes of FPCR, read back; cleared after. */
static void fp_control(void)
{
    DATA("mov %x[d], #0x7c00000\n\tand %x[d], %x[d], %x[a]\n\tmsr fpcr, %x[d]\n\tmrs %x[d], fpcr\n\t"
         "msr fpcr, xzr");
    DATA("mov %x[d], #0x7c80000\n\tmsr fpcr, %x[d]\n\tmrs %x[d], fpcr\n\tmsr fpcr, xzr");
    DATA("mov %x[d], #0x9f\n\tmovk %x[d], #0x800, lsl #16\n\tand %x[d], %x[d], %x[a]\n\t"
         "msr fpsr, %x[d]\n\tmrs %x[d], fpsr\n\tmsr fpsr, xzr");
    DATA("msr fpsr, %x[a]\n\tmsr fpsr, xzr\n\tmrs %x[d], fpsr");
    /* Saturation and FP exceptions arrive in FPSR. */
    DATA("msr fpsr, xzr\n\tfmov d0, %x[a]\n\tfmov d1, %x[b]\n\tsqadd d2, d0, d1\n\t"
         "mrs %x[d], fpsr\n\tmsr fpsr, xzr");
    DATA("msr fpsr, xzr\n\tscvtf d0, %x[a]\n\tscvtf d1, %x[b]\n\tfdiv d2, d0, d1\n\t"
         "mrs %x[d], fpsr\n\tmsr fpsr, xzr");
}

static void registers(void)
{
    DATA("mrs %x[d], tpidr_el0\n\tmsr tpidr_el0, %x[a]\n\tmrs %[f], tpidr_el0\n\t"
         "msr tpidr_el0, %x[d]\n\tmov %x[d], %[f]\n\tmsr nzcv, xzr");
    /* The counter moves forward, at a frequency that is set. */
    DATA("mrs %x[d], cntvct_el0\n\tisb\n\tmrs %[f], cntvct_el0\n\tcmp %[f], %x[d]\n\t"
         "cset %x[d], hs\n\tmsr nzcv, xzr");
    DATA("mrs %x[d], cntfrq_el0\n\tcmp %x[d], #0\n\tcset %x[d], ne");
    DATA("mrs %x[d], ctr_el0\n\tcmp %x[d], #0\n\tcset %x[d], ne");
}

/* Blocks have the size that DCZID_EL0 says: how many bytes are zero that should not be, and the
 * other way round. */
static void zero_block(void)
{
    u64 dczid;
    __asm__("mrs %0, dczid_el0" : "=r"(dczid));
    u64 size = 4u << (dczid & 15);
    begin("dc zva");
    for (unsigned offset = 0; offset < 2 * size; offset += 21) {
        for (unsigned k = 0; k < sizeof block; k++) {
            block[k] = (unsigned char)(k | 1);
        }
        __asm__ volatile("dc zva, %0" : : "r"(block + size + offset) : "memory");
        u64 first = size + (offset & -size), wrong_zero = 0, wrong_other = 0;
        for (unsigned k = 0; k < sizeof block; k++) {
            int inside = k >= first && k < first + size;
            wrong_zero += !inside && block[k] == 0;
            wrong_other += inside && block[k] != 0;
        }
        if (offset < 128 || wrong_zero || wrong_other) {
            RESULT(wrong_zero, wrong_other);
        }
    }
    end();
}

static void no_effect(void)
{
    DATA("nop");
    DATA("yield");
    DATA("wfe");
    DATA("sevl");
    DATA("hint #34"); /* bti c */
    DATA("hint #20"); /* csdb */
    DATA("hint #127");
    DATA("isb");
    DATA("dsb sy");
    DATA("dmb ishld");
    DATA("dmb oshst");
    DATA("sb");
    DATA("clrex");
    DATA("mov %x[d], sp\n\tdc cvau, %x[d]\n\tdc cvac, %x[d]\n\tdc civac, %x[d]\n\t"
         "ic ivau, %x[d]\n\tmov %x[d], #0");
}

void test(void)
{
    registers();
    fp_control();
    zero_block();
    no_effect();
}
