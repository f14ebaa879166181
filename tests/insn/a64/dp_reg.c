/* SPDX-License-Identifier: MIT */
/* Data processing on registers: logical, add and subtract, carries, conditions, flags. */
#include "insn.h"

#define BOTH(op, rest)                                       \
    DATA(op " %x[d], %x[a], %x[b]" rest);                    \
    DATA(op " %w[d], %w[a], %w[b]" rest)
#define SHIFTED(op)                                          \
    BOTH(op, "");                                            \
    BOTH(op, ", lsl #3");                                    \
    BOTH(op, ", lsr #31");                                   \
    BOTH(op, ", asr #5");                                    \
    DATA(op " %x[d], %x[a], %x[b], lsl #63");                \
    DATA(op " %x[d], %x[a], %x[b], asr #63")
#define LOGICAL(op)                                          \
    SHIFTED(op);                                             \
    BOTH(op, ", ror #7");                                    \
    DATA(op " %x[d], xzr, %x[b]");                           \
    DATA(op " %w[d], wzr, %w[b], lsl #2")
#define EXTENDED(op)                                         \
    DATA(op " %w[d], %w[a], %w[b], uxtb");                   \
    DATA(op " %x[d], %x[a], %w[b], uxtb #4");                \
    DATA(op " %x[d], %x[a], %w[b], uxth #1");                \
    DATA(op " %x[d], %x[a], %w[b], uxtw #2");                \
    DATA(op " %w[d], %w[a], %w[b], uxtw #2");                \
    DATA(op " %x[d], %x[a], %x[b], uxtx #3");                \
    DATA(op " %w[d], %w[a], %w[b], uxtx #3");                \
    DATA(op " %x[d], %x[a], %w[b], sxtb");                   \
    DATA(op " %w[d], %w[a], %w[b], sxth #4");                \
    DATA(op " %x[d], %x[a], %w[b], sxtw #2");                \
    DATA(op " %x[d], %x[a], %x[b], sxtx #1");                \
    DATA(op " %w[d], %w[a], %w[b], sxtx #1")

static void logical(void)
{
    LOGICAL("and");
    LOGICAL("bic");
    LOGICAL("orr");
    LOGICAL("orn");
    LOGICAL("eor");
    LOGICAL("eon");
    LOGICAL("ands");
    LOGICAL("bics");
    DATA("tst %x[a], %x[b]");
    DATA("tst %w[a], %w[b], ror #9");
}

static void add_sub(void)
{
    SHIFTED("add");
    SHIFTED("adds");
    SHIFTED("sub");
    SHIFTED("subs");
    EXTENDED("add");
    EXTENDED("adds");
    EXTENDED("sub");
    EXTENDED("subs");
    DATA("cmp %x[a], %x[b]");
    DATA("cmp %w[a], %w[b], lsl #31");
    DATA("cmn %x[a], %x[b]");
    DATA("cmn %w[a], %w[b], sxtb #2");
    DATA("neg %x[d], %x[a]");
    DATA("neg %w[d], %w[a], asr #3");
    DATA("negs %x[d], %x[a]");
    DATA("negs %w[d], %w[a]");
    BOTH("adc", "");
    BOTH("adcs", "");
    BOTH("sbc", "");
    BOTH("sbcs", "");
    DATA("ngc %x[d], %x[a]");
    DATA("ngcs %w[d], %w[a]");
}

#define CONDITIONS(M) \
    M("eq"); M("ne"); M("cs"); M("cc"); M("mi"); M("pl"); M("vs"); M("vc"); \
    M("hi"); M("ls"); M("ge"); M("lt"); M("gt"); M("le"); M("al")
#define COMPARE(cond)                                        \
    DATA("ccmp %x[a], %x[b], #5, " cond);                    \
    DATA("ccmp %w[a], %w[b], #10, " cond);                   \
    DATA("ccmp %x[a], #31, #0, " cond);                      \
    DATA("ccmn %x[a], %x[b], #15, " cond);                   \
    DATA("ccmn %w[a], #1, #4, " cond)
#define SELECT(cond)                                         \
    DATA("csel %x[d], %x[a], %x[b], " cond);                 \
    DATA("csel %w[d], %w[a], %w[b], " cond);                 \
    DATA("csel %x[d], xzr, %x[b], " cond);                   \
    DATA("csinc %x[d], %x[a], %x[b], " cond);                \
    DATA("csinc %w[d], %w[a], %w[b], " cond);                \
    DATA("csinc %x[d], xzr, xzr, " cond);                    \
    DATA("csinc %w[d], wzr, wzr, " cond);                    \
    DATA("csinv %x[d], %x[a], %x[b], " cond);                \
    DATA("csinv %w[d], %w[a], %w[b], " cond);                \
    DATA("csinv %x[d], xzr, xzr, " cond);                    \
    DATA("csinv %w[d], wzr, wzr, " cond);                    \
    DATA("csneg %x[d], %x[a], %x[b], " cond);                \
    DATA("csneg %w[d], %w[a], %w[b], " cond)
/* The flags of each kind of producer, each condition on them. */
#define PRODUCERS(cond)                                      \
    DATA("cmp %x[a], %x[b]\n\tcsinc %x[d], xzr, xzr, " cond); \
    DATA("cmp %w[a], %w[b]\n\tcsinc %x[d], xzr, xzr, " cond); \
    DATA("cmn %x[a], %x[b]\n\tcsinc %x[d], xzr, xzr, " cond); \
    DATA("cmn %w[a], %w[b]\n\tcsel %x[d], %x[a], %x[b], " cond); \
    DATA("tst %x[a], %x[b]\n\tcsel %x[d], %x[a], %x[b], " cond); \
    DATA("tst %w[a], %w[b]\n\tcsinc %x[d], xzr, xzr, " cond); \
    DATA("adcs %x[d], %x[a], %x[b]\n\tcsinc %x[d], xzr, xzr, " cond); \
    DATA("sbcs %w[d], %w[a], %w[b]\n\tcsinc %x[d], xzr, xzr, " cond); \
    DATA("subs %x[d], %x[a], %x[b]\n\tccmp %w[a], %w[b], #9, " cond)

static void compare(void) { CONDITIONS(COMPARE); }
static void select(void) { CONDITIONS(SELECT); }
static void producers(void) { CONDITIONS(PRODUCERS); }

static void flags(void)
{
    DATA(".inst 0xd500401f");                       /* cfinv */
    DATA(".inst 0xd500403f");                       /* xaflag */
    DATA(".inst 0xd500405f");                       /* axflag */
    DATA("rmif %x[a], #0, #15");
    DATA("rmif %x[a], #63, #5");
    DATA("rmif %x[a], #31, #8");
    DATA("setf8 %w[a]");
    DATA("setf16 %w[a]");
    DATA("cmp %x[a], %x[b]\n\tsetf8 %w[b]");
    DATA("msr nzcv, %x[a]");
    DATA("cmp %x[a], %x[b]\n\tmrs %x[d], nzcv");
}

void test(void)
{
    logical();
    add_sub();
    compare();
    select();
    producers();
    flags();
}
