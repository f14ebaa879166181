/* SPDX-License-Identifier: MIT */
/* Data processing with an immediate. */
#include "insn.h"

static void add_sub(void)
{
    DATA("add %x[d], %x[a], #0");
    DATA("add %x[d], %x[a], #1");
    DATA("add %x[d], %x[a], #0xfff, lsl #12");
    DATA("add %w[d], %w[a], #0xabc");
    DATA("adds %x[d], %x[a], #1");
    DATA("adds %w[d], %w[a], #1");
    DATA("adds %w[d], %w[a], #0xfff, lsl #12");
    DATA("cmn %x[a], #0x7f");
    DATA("sub %x[d], %x[a], #1");
    DATA("sub %w[d], %w[a], #1, lsl #12");
    DATA("subs %x[d], %x[a], #0");
    DATA("subs %x[d], %x[a], #0x7f");
    DATA("subs %w[d], %w[a], #1");
    DATA("cmp %w[a], #0x3f");
    DATA("cmp %x[a], #1");
    DATA("mov %x[d], sp\n\tadd sp, sp, #32\n\tsub sp, sp, #16\n\tsub %x[d], sp, %x[d]\n\t"
         "sub sp, sp, #16");
}

static void logical(void)
{
    DATA("and %x[d], %x[a], #0xff");
    DATA("and %w[d], %w[a], #0x80000001");
    DATA("and %x[d], %x[a], #0x5555555555555555");
    DATA("orr %x[d], %x[a], #0x8000000000000001");
    DATA("orr %w[d], %w[a], #0x0ff00ff0");
    DATA("orr %x[d], xzr, #0xfffffffffffffffe");
    DATA("orr %w[d], wzr, #0xfffffffe");
    DATA("eor %x[d], %x[a], #0xffffffff00000000");
    DATA("eor %w[d], %w[a], #0x3");
    DATA("ands %x[d], %x[a], #0x8000000000000000");
    DATA("ands %w[d], %w[a], #0x80000000");
    DATA("ands %w[d], %w[a], #0x7f");
    DATA("tst %x[a], #0x1010101010101010");
}

static void wide(void)
{
    DATA("movz %x[d], #0xffff");
    DATA("movz %x[d], #0x8000, lsl #48");
    DATA("movz %w[d], #0x8000, lsl #16");
    DATA("movn %x[d], #0");
    DATA("movn %x[d], #0x1234, lsl #32");
    DATA("movn %w[d], #0");
    DATA("movn %w[d], #0x7fff, lsl #16");
    DATA("movk %x[d], #0xffff");
    DATA("movk %x[d], #0x1234, lsl #16");
    DATA("movk %x[d], #0xabcd, lsl #32");
    DATA("movk %x[d], #0, lsl #48");
    DATA("movk %w[d], #0xabcd");
    DATA("movk %w[d], #0xabcd, lsl #16");
}

static void bitfield(void)
{
    DATA("sbfm %x[d], %x[a], #0, #63");
    DATA("asr %x[d], %x[a], #63");
    DATA("asr %w[d], %w[a], #31");
    DATA("asr %x[d], %x[a], #7");
    DATA("sxtb %x[d], %w[a]");
    DATA("sxth %w[d], %w[a]");
    DATA("sxtw %x[d], %w[a]");
    DATA("sbfx %x[d], %x[a], #5, #9");
    DATA("sbfx %x[d], %x[a], #60, #4");
    DATA("sbfx %w[d], %w[a], #4, #1");
    DATA("sbfiz %x[d], %x[a], #5, #9");
    DATA("sbfiz %w[d], %w[a], #31, #1");
    DATA("lsl %x[d], %x[a], #1");
    DATA("lsl %x[d], %x[a], #63");
    DATA("lsl %w[d], %w[a], #31");
    DATA("lsr %x[d], %x[a], #0");
    DATA("lsr %x[d], %x[a], #63");
    DATA("lsr %w[d], %w[a], #4");
    DATA("uxtb %w[d], %w[a]");
    DATA("uxth %w[d], %w[a]");
    DATA("ubfx %x[d], %x[a], #31, #33");
    DATA("ubfx %x[d], %x[a], #8, #16");
    DATA("ubfx %w[d], %w[a], #8, #1");
    DATA("ubfiz %x[d], %x[a], #3, #32");
    DATA("ubfiz %w[d], %w[a], #3, #4");
    DATA("bfi %x[d], %x[a], #4, #16");
    DATA("bfi %x[d], %x[a], #63, #1");
    DATA("bfi %w[d], %w[a], #4, #16");
    DATA("bfm %x[d], %x[a], #0, #63");
    DATA("bfxil %x[d], %x[a], #4, #16");
    DATA("bfxil %x[d], %x[a], #32, #32");
    DATA("bfxil %w[d], %w[a], #0, #8");
    DATA("bfm %w[d], wzr, #28, #7");
    DATA("extr %x[d], %x[a], %x[b], #0");
    DATA("extr %x[d], %x[a], %x[b], #17");
    DATA("extr %x[d], %x[a], %x[b], #63");
    DATA("extr %w[d], %w[a], %w[b], #1");
    DATA("extr %w[d], %w[a], %w[b], #31");
    DATA("ror %x[d], %x[a], #13");
    DATA("ror %w[d], %w[a], #13");
}

static void address(void)
{
    /* Against the linker's own idea of the address. */
    DATA("adr %x[d], 1f\n1:\tldr %[f], =1b\n\tsub %x[d], %x[d], %[f]\n\tmsr nzcv, xzr");
    DATA("0:\tadr %x[d], 0b\n\tldr %[f], =0b\n\tsub %x[d], %x[d], %[f]\n\tmsr nzcv, xzr");
    DATA("adrp %x[d], out_buffer\n\tldr %[f], =out_buffer\n\tand %[f], %[f], #~0xfff\n\t"
         "sub %x[d], %x[d], %[f]\n\tmsr nzcv, xzr");
}

void test(void)
{
    add_sub();
    logical();
    wide();
    bitfield();
    address();
}
