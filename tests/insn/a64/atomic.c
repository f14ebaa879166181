/* SPDX-License-Identifier: MIT */
/* Exclusive, ordered and atomic accesses, in one thread. */
#include "insn.h"

static u64 cell[4] __attribute__((aligned(32)));

/* Runs `text` with x2 = a, x3 = b, w4 = 7, x5 = &cell[0] (cell[0] = c); prints all but x5. */
#define ATOMIC(text)                                                                             \
    do {                                                                                         \
        begin(text);                                                                             \
        for (int k = 0; k < N_OPERANDS; k++) {                                                   \
            for (int j = 0; j < N_OPERANDS; j++) {                                               \
                register u64 a __asm__("x2") = operands[k];                                      \
                register u64 b __asm__("x3") = operands[j];                                      \
                register u64 s __asm__("x4") = 7;                                                \
                register u64 *p __asm__("x5") = cell;                                            \
                register u64 c __asm__("x6") = operands[(k + j) % N_OPERANDS];                   \
                register u64 d __asm__("x7") = operands[k];                                      \
                cell[0] = operands[j & 1 ? k : j];                                               \
                cell[1] = operands[j & 2 ? j : k];                                               \
                cell[2] = cell[3] = 0x5555555555555555;                                          \
                __asm__ volatile(text                                                            \
                                 : "+r"(a), "+r"(b), "+r"(s), "+r"(p), "+r"(c), "+r"(d)          \
                                 :                                                               \
                                 : "cc", "memory", "x8", "x9");                                  \
                u64 a1 = a, b1 = b, s1 = s, c1 = c, d1 = d;                                      \
                RESULT(a1, b1, s1, c1, d1, cell[0], cell[1], cell[2]);                           \
            }                                                                                    \
        }                                                                                        \
        end();                                                                                   \
    } while (0)

#define EXCLUSIVE(ld, st, r)                                                                     \
    ATOMIC(ld " " r "2, [x5]");                                                                  \
    ATOMIC(ld " " r "2, [x5]\n\t" st " w4, " r "3, [x5]");                                       \
    ATOMIC(st " w4, " r "3, [x5]\n\tmov w2, w4");                                                \
    ATOMIC(ld " " r "2, [x5]\n\tclrex\n\t" st " w4, " r "3, [x5]");                              \
    ATOMIC(ld " " r "2, [x5]\n\t" st " w4, " r "3, [x5]\n\t" st " w6, " r "2, [x5]");            \
    ATOMIC("add x9, x5, #16\n\t" ld " " r "2, [x9]\n\t" st " w4, " r "3, [x5]")

static void exclusives(void)
{
    EXCLUSIVE("ldxr", "stxr", "x");
    EXCLUSIVE("ldxr", "stxr", "w");
    EXCLUSIVE("ldxrh", "stxrh", "w");
    EXCLUSIVE("ldxrb", "stxrb", "w");
    EXCLUSIVE("ldaxr", "stlxr", "x");
    EXCLUSIVE("ldaxr", "stlxr", "w");
    EXCLUSIVE("ldaxrh", "stlxrh", "w");
    EXCLUSIVE("ldaxrb", "stlxrb", "w");
    ATOMIC("ldxp x2, x3, [x5]");
    ATOMIC("ldxp x2, x3, [x5]\n\tstxp w4, x6, x7, [x5]");
    ATOMIC("ldaxp x2, x3, [x5]\n\tstlxp w4, x6, xzr, [x5]");
    ATOMIC("ldxp w2, w3, [x5]\n\tstxp w4, w6, w7, [x5]");
    ATOMIC("ldaxp w2, w3, [x5]\n\tstlxp w4, wzr, w7, [x5]");
    ATOMIC("ldxp w2, w3, [x5]\n\tstxp w4, w6, w7, [x5]\n\tstxp w8, w7, w6, [x5]");
    ATOMIC("stxp w4, x6, x7, [x5]");
    ATOMIC("ldxr x2, [x5]\n\tadd x2, x2, #1\n\tstr x2, [x5]\n\tclrex\n\tstxr w4, x3, [x5]");
}

static void ordered(void)
{
    ATOMIC("stlr x2, [x5]");
    ATOMIC("stlr w2, [x5]");
    ATOMIC("stlrh w2, [x5]");
    ATOMIC("stlrb w2, [x5]");
    ATOMIC("stlr xzr, [x5]");
    ATOMIC("ldar x2, [x5]");
    ATOMIC("ldar w2, [x5]");
    ATOMIC("ldarh w2, [x5]");
    ATOMIC("ldarb w2, [x5]");
    ATOMIC(".inst 0xc89f7ca2"); /* stllr x2, [x5] */
    ATOMIC(".inst 0x08df7ca2"); /* ldlarb w2, [x5] */
    ATOMIC("ldapr x2, [x5]");
    ATOMIC("ldapr w2, [x5]");
    ATOMIC("ldaprh w2, [x5]");
    ATOMIC("ldaprb w2, [x5]");
    ATOMIC("stlur x2, [x5, #8]");
    ATOMIC("stlur w2, [x5, #4]");
    ATOMIC("stlurh w2, [x5, #6]");
    ATOMIC("stlurb w2, [x5, #3]");
    ATOMIC("ldapur x2, [x5, #8]");
    ATOMIC("ldapur w2, [x5, #4]");
    ATOMIC("ldapurh w2, [x5, #6]");
    ATOMIC("ldapurb w2, [x5, #3]");
    ATOMIC("ldapursb x2, [x5, #3]");
    ATOMIC("ldapursb w2, [x5, #3]");
    ATOMIC("ldapursh x2, [x5, #2]");
    ATOMIC("ldapursh w2, [x5, #2]");
    ATOMIC("add x9, x5, #8\n\tldapursw x2, [x9, #-4]");
    ATOMIC("str x2, [x5]\n\tdmb ish\n\tldr x3, [x5]\n\tdmb ishld\n\tdmb ishst\n\tdsb sy\n\tisb");
}

#define RMW(op)                                                                                  \
    ATOMIC(op " x2, x3, [x5]");                                                                  \
    ATOMIC(op "a w2, w3, [x5]");                                                                 \
    ATOMIC(op "lh w2, w3, [x5]");                                                                \
    ATOMIC(op "alb w2, w3, [x5]");                                                               \
    ATOMIC(op "al x2, x2, [x5]");                                                                \
    ATOMIC(op "h w2, wzr, [x5]");                                                                \
    ATOMIC(op " wzr, w2, [x5]")

static void lse(void)
{
    RMW("ldadd");
    RMW("ldclr");
    RMW("ldeor");
    RMW("ldset");
    RMW("ldsmax");
    RMW("ldsmin");
    RMW("ldumax");
    RMW("ldumin");
    RMW("swp");
    ATOMIC("cas x2, x3, [x5]");
    ATOMIC("casa w2, w3, [x5]");
    ATOMIC("caslh w2, w3, [x5]");
    ATOMIC("casalb w2, w3, [x5]");
    ATOMIC("casal xzr, x3, [x5]");
    ATOMIC("casp x2, x3, x6, x7, [x5]");
    ATOMIC("caspal w2, w3, w6, w7, [x5]");
    ATOMIC("ldp x2, x3, [x5]\n\tcaspa x2, x3, x6, x7, [x5]");
    ATOMIC("ldp w2, w3, [x5]\n\tcaspl w2, w3, w6, w7, [x5]");
}

void test(void)
{
    exclusives();
    ordered();
    lse();
}
