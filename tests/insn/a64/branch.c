/* SPDX-License-Identifier: MIT */
/* Branches: taken or not, links. */
#include "insn.h"

/* d = 1 where the branch to 1f is taken, 0 where not. */
#define TAKEN(text) DATA("mov %x[d], #1\n\t" text "\n\tmov %x[d], #0\n1:")
#define CONDITION(cond)                                                                          \
    TAKEN("b." cond " 1f");                                                                      \
    TAKEN("cmp %x[a], %x[b]\n\tb." cond " 1f");                                                  \
    TAKEN("subs %w[d], %w[a], %w[b]\n\tmov %x[d], #1\n\tb." cond " 1f");                         \
    TAKEN("adds %x[d], %x[a], %x[b]\n\tmov %x[d], #1\n\tb." cond " 1f");                         \
    TAKEN("ands %w[d], %w[a], %w[b]\n\tmov %x[d], #1\n\tb." cond " 1f");                         \
    TAKEN("ccmp %x[a], %x[b], #3, ne\n\tb." cond " 1f")

static void direct(void)
{
    CONDITION("eq");
    CONDITION("ne");
    CONDITION("cs");
    CONDITION("cc");
    CONDITION("mi");
    CONDITION("pl");
    CONDITION("vs");
    CONDITION("vc");
    CONDITION("hi");
    CONDITION("ls");
    CONDITION("ge");
    CONDITION("lt");
    CONDITION("gt");
    CONDITION("le");
    CONDITION("al");
    CONDITION("nv");
    TAKEN("b 1f");
    TAKEN("cbz %x[a], 1f");
    TAKEN("cbz %w[a], 1f");
    TAKEN("cbnz %x[a], 1f");
    TAKEN("cbnz %w[a], 1f");
    TAKEN("cbz xzr, 1f");
    TAKEN("tbz %x[a], #0, 1f");
    TAKEN("tbz %x[a], #31, 1f");
    TAKEN("tbz %x[a], #63, 1f");
    TAKEN("tbnz %x[a], #6, 1f");
    TAKEN("tbnz %x[a], #32, 1f");
    TAKEN("tbnz %w[a], #31, 1f");
    /* Backwards: count down. */
    DATA("mov %x[d], #0\n\tand %[f], %x[a], #31\n0:\tadd %x[d], %x[d], #3\n\t"
         "subs %[f], %[f], #1\n\tb.gt 0b\n\tmsr nzcv, xzr");
    DATA("mov %x[d], #0\n\tand %[f], %x[a], #31\n0:\tadd %x[d], %x[d], #3\n\t"
         "sub %[f], %[f], #1\n\ttbz %[f], #63, 0b\n\tmsr nzcv, xzr");
}

/* A function that adds 5 to x17 and returns; x16 is free for it. */
__asm__("add_five:\n\tadd x17, x17, #5\n\tret\n"
        "add_seven:\n\tadd x17, x17, #7\n\tret x16\n"
        "add_nine:\n\tpacibsp\n\tstp x29, x30, [sp, #-16]!\n\tadd x17, x17, #9\n\t"
        "ldp x29, x30, [sp], #16\n\tretab\n");

/* Runs `text` with x17 = a; prints x17 and the distance from 0f to the link register. */
#define CALL(text)                                                                               \
    do {                                                                                         \
        begin(text);                                                                             \
        for (int i = 0; i < N_OPERANDS; i++) {                                                   \
            register u64 a __asm__("x17") = operands[i];                                         \
            u64 link;                                                                            \
            __asm__ volatile(text "\n0:\tadr x16, 0b\n\tsub %[link], x30, x16"                   \
                             : "+r"(a), [link] "=r"(link)                                        \
                             :                                                                   \
                             : "x15", "x16", "x30", "cc", "memory");                             \
            u64 a1 = a;                                                                          \
            RESULT(a1, link);                                                                    \
        }                                                                                        \
        end();                                                                                   \
    } while (0)

static void indirect(void)
{
    CALL("bl add_five");
    CALL("adr x16, add_five\n\tblr x16");
    CALL("adr x30, add_five\n\tblr x30");
    CALL("adr x15, add_seven\n\tadr x16, 0f\n\tbr x15");
    CALL("adr x30, 0f\n\tb add_five");
    CALL("bl add_nine\n\txpaci x30");
    CALL("mov x16, #3\n\tadr x15, add_five\n\tpacia x15, x16\n\tblraa x15, x16");
    CALL("mov x16, #3\n\tadr x15, add_five\n\tpacib x15, x16\n\tblrab x15, x16");
    CALL("adr x15, add_five\n\tpaciza x15\n\tblraaz x15");
    CALL("adr x15, add_five\n\tpacizb x15\n\tblrabz x15");
    CALL("adr x30, 0f\n\tadr x15, add_five\n\tpaciza x15\n\tbraaz x15");
    CALL("adr x30, 0f\n\tadr x15, add_five\n\tpacia x15, x17\n\tbraa x15, x17");
    CALL("adr x30, 0f\n\tadr x15, add_five\n\tpacib x15, x17\n\tbrab x15, x17");
    CALL("adr x30, 0f\n\tpaciasp\n\tadd x17, x17, #1\n\tretaa\n0:\txpaci x30");
    CALL("adr x30, 0f\n\tadd x17, x17, #2\n\tret");
}

/* The lowest bit of x that is 1, or 60, by branches all in a row: more ways out than one group of a region's
 * (backends/x86_64/control.c) holds. */
static u64 lowest(u64 x)
{
    u64 d;
    __asm__ volatile(".set bit, 0\n\t.rept 60\n\ttbnz %[x], #bit, 1f + 8 * bit\n\t.set bit, bit + 1\n\t.endr\n\t"
                     "mov %[d], #60\n\tb 2f\n"
                     "1:\t.set bit, 0\n\t.rept 60\n\tmov %[d], #bit\n\tb 2f\n\t.set bit, bit + 1\n\t.endr\n2:"
                     : [d] "=r"(d)
                     : [x] "r"(x));
    return d;
}

/* At first no branch is taken, so that they become one line. */
static void many(void)
{
    begin("lowest of 60 bits");
    for (int k = -5; k < 180; k++) {
        u64 d = lowest(k < 0 ? 0 : 1ull << k % 60);
        RESULT(d);
    }
    end();
}

void test(void)
{
    direct();
    many();
    indirect();
}
