/* SPDX-License-Identifier: MIT */
/* Multiplication, division, variable shifts, CRC32, bit reversal, pointer authentication. */
#include "insn.h"

#define BOTH(op)                                             \
    DATA(op " %x[d], %x[a], %x[b]");                         \
    DATA(op " %w[d], %w[a], %w[b]")
#define ONE(op)                                              \
    DATA(op " %x[d], %x[a]");                                \
    DATA(op " %w[d], %w[a]")
#define LONG(op) DATA(op " %x[d], %w[a], %w[b], %x[d]")

void test(void)
{
    BOTH("mul");
    BOTH("mneg");
    DATA("madd %x[d], %x[a], %x[b], %x[d]");
    DATA("madd %w[d], %w[a], %w[b], %w[a]");
    DATA("msub %x[d], %x[a], %x[b], %x[d]");
    DATA("msub %w[d], %w[a], %w[b], %w[b]");
    LONG("smaddl");
    LONG("smsubl");
    LONG("umaddl");
    LONG("umsubl");
    DATA("smull %x[d], %w[a], %w[b]");
    DATA("smnegl %x[d], %w[a], %w[b]");
    DATA("umull %x[d], %w[a], %w[b]");
    DATA("umnegl %x[d], %w[a], %w[b]");
    DATA("smulh %x[d], %x[a], %x[b]");
    DATA("umulh %x[d], %x[a], %x[b]");
    BOTH("udiv");
    BOTH("sdiv");
    BOTH("lsl");
    BOTH("lsr");
    BOTH("asr");
    BOTH("ror");
    DATA("crc32b %w[d], %w[a], %w[b]");
    DATA("crc32h %w[d], %w[a], %w[b]");
    DATA("crc32w %w[d], %w[a], %w[b]");
    DATA("crc32x %w[d], %w[a], %x[b]");
    DATA("crc32cb %w[d], %w[a], %w[b]");
    DATA("crc32ch %w[d], %w[a], %w[b]");
    DATA("crc32cw %w[d], %w[a], %w[b]");
    DATA("crc32cx %w[d], %w[a], %x[b]");
    ONE("rbit");
    ONE("rev16");
    ONE("rev");
    DATA("rev32 %x[d], %x[a]");
    ONE("clz");
    ONE("cls");
    /* What signs a pointer and authenticates it again gives the pointer. */
#define SIGNED(sign, auth)                                                                       \
    DATA("and %x[d], %x[a], #0x7fffffffffff\n\t" sign " %x[d], %x[b]\n\t" auth " %x[d], %x[b]")
    SIGNED("pacia", "autia");
    SIGNED("pacib", "autib");
    SIGNED("pacda", "autda");
    SIGNED("pacdb", "autdb");
#define SIGNED_ZERO(sign, auth)                                                                  \
    DATA("and %x[d], %x[a], #0x7fffffffffff\n\t" sign " %x[d]\n\t" auth " %x[d]")
    SIGNED_ZERO("paciza", "autiza");
    SIGNED_ZERO("pacizb", "autizb");
    SIGNED_ZERO("pacdza", "autdza");
    SIGNED_ZERO("pacdzb", "autdzb");
    DATA("and %x[d], %x[a], #0x7fffffffffff\n\tpacia %x[d], %x[b]\n\txpaci %x[d]");
    DATA("and %x[d], %x[a], #0x7fffffffffff\n\tpacda %x[d], %x[b]\n\txpacd %x[d]");
    DATA("pacga %x[d], %x[a], %x[b]\n\tmov %w[d], %w[d]"); /* low half: zero */
    DATA("pacga %x[d], %x[a], %x[b]\n\tpacga %[f], %x[a], %x[b]\n\tsub %x[d], %x[d], %[f]\n\t"
         "msr nzcv, xzr");
}
