/* SPDX-License-Identifier: MIT */
/* Loads and stores of X registers in every addressing mode. */
#include "insn.h"

static unsigned char memory[512] __attribute__((aligned(64)));
static const int indices[] = {0, 1, -1, 3, -8, 16, 0x7f, -0x80};
enum { N_INDICES = sizeof indices / sizeof indices[0] };

static void fill(void)
{
    for (unsigned k = 0; k < sizeof memory; k++) {
        memory[k] = (unsigned char)(k * 37 + 0x80 + (k >> 3));
    }
}

static u64 memory_hash(void)
{
    u64 h = 0;
    for (unsigned k = 0; k < sizeof memory; k++) {
        h = (h ^ memory[k]) * 0x100000001b3;
    }
    return h;
}

/*
 * Runs `text` with base p in the middle of memory and an index i; prints the registers d, e, how
 * far p moved, and a hash of memory.
 */
#define ACCESS(text)                                                                             \
    do {                                                                                         \
        begin(text);                                                                             \
        for (int k = 0; k < N_INDICES; k++) {                                                    \
            fill(); /* before the registers are set */                                           \
            register u64 d __asm__("x2") = 0x1122334455667788;                                   \
            register u64 e __asm__("x3") = 0x99aabbccddeeff00;                                   \
            register u64 i __asm__("x4") = (u64)(int64_t)indices[k];                             \
            register unsigned char *p __asm__("x5");                                             \
            p = memory + 256 + (k & 3);                                                          \
            __asm__ volatile(text : "+r"(d), "+r"(e), "+r"(i), "+r"(p) : : "cc", "memory");      \
            u64 moved = (u64)(p - memory - 256), d1 = d, e1 = e;                                 \
            RESULT(d1, e1, moved, memory_hash());                                                \
        }                                                                                        \
        end();                                                                                   \
    } while (0)

/* All the modes of one instruction with transfer register r. */
#define MODES(op, un, r)                                                                         \
    ACCESS(op " " r ", [x5]");                                                                   \
    ACCESS(op " " r ", [x5, #16]");                                                              \
    ACCESS(op " " r ", [x5, #128]");                                                             \
    ACCESS(un " " r ", [x5, #-3]");                                                              \
    ACCESS(un " " r ", [x5, #7]");                                                               \
    ACCESS(op " " r ", [x5], #5");                                                               \
    ACCESS(op " " r ", [x5], #-256");                                                            \
    ACCESS(op " " r ", [x5, #-17]!");                                                            \
    ACCESS(op " " r ", [x5, #31]!");                                                             \
    ACCESS(op " " r ", [x5, x4]");                                                               \
    ACCESS(op " " r ", [x5, w4, sxtw]");                                                         \
    ACCESS(op " " r ", [x5, x4, sxtx]");                                                         \
    ACCESS("and x4, x4, #63\n\t" op " " r ", [x5, w4, uxtw]")
#define TRANSFERS(op, un, tr, r)                                                                 \
    MODES(op, un, r);                                                                            \
    ACCESS(tr " " r ", [x5, #9]");                                                               \
    ACCESS(tr " " r ", [x5, #-9]")
/* Scaled indices stay within memory. */
#define SCALED(op, r, shift)                                                                     \
    ACCESS("sbfx x4, x4, #0, #4\n\t" op " " r ", [x5, x4, lsl #" shift "]");                     \
    ACCESS("sbfx x4, x4, #0, #4\n\t" op " " r ", [x5, w4, sxtw #" shift "]");                    \
    ACCESS("ubfx x4, x4, #0, #4\n\t" op " " r ", [x5, w4, uxtw #" shift "]")

static void stores(void)
{
    TRANSFERS("str", "stur", "sttr", "x2");
    TRANSFERS("str", "stur", "sttr", "w2");
    TRANSFERS("strh", "sturh", "sttrh", "w2");
    TRANSFERS("strb", "sturb", "sttrb", "w2");
    MODES("str", "stur", "xzr");
    ACCESS("str x5, [x5], #8\n\tldr x2, [x5, #-8]\n\tsub x2, x2, x5\n\tstr xzr, [x5, #-8]");
    SCALED("str", "x2", "3");
    SCALED("str", "w2", "2");
    SCALED("strh", "w2", "1");
    ACCESS("strb w2, [x5, x4, lsl #0]");
}

static void loads(void)
{
    TRANSFERS("ldr", "ldur", "ldtr", "x2");
    TRANSFERS("ldr", "ldur", "ldtr", "w2");
    TRANSFERS("ldrh", "ldurh", "ldtrh", "w2");
    TRANSFERS("ldrb", "ldurb", "ldtrb", "w2");
    TRANSFERS("ldrsb", "ldursb", "ldtrsb", "x2");
    TRANSFERS("ldrsb", "ldursb", "ldtrsb", "w2");
    TRANSFERS("ldrsh", "ldursh", "ldtrsh", "x2");
    TRANSFERS("ldrsh", "ldursh", "ldtrsh", "w2");
    TRANSFERS("ldrsw", "ldursw", "ldtrsw", "x2");
    MODES("ldr", "ldur", "xzr");
    SCALED("ldr", "x2", "3");
    SCALED("ldr", "w2", "2");
    SCALED("ldrh", "w2", "1");
    SCALED("ldrsh", "x2", "1");
    SCALED("ldrsh", "w2", "1");
    SCALED("ldrsw", "x2", "2");
    ACCESS("ldrb w2, [x5, x4, lsl #0]");
    ACCESS("ldr x5, [x5]\n\tmov x2, x5\n\tadrp x5, memory\n\tadd x5, x5, :lo12:memory");
    ACCESS("ldr x2, 1f\n\tb 2f\n1:\t.quad 0x123456789abcdef0\n2:");
    ACCESS("ldr w2, 1f\n\tb 2f\n1:\t.word 0x87654321\n2:");
    ACCESS("ldrsw x2, 1f\n\tb 2f\n1:\t.word 0x87654321\n2:");
    ACCESS("b 3f\n1:\t.quad 42\n3:\tldr x2, 1b");
    ACCESS("and x2, x5, #~7\n\tpacdza x2\n\tldraa x3, [x2, #-64]\n\tmov x2, #0");
    ACCESS("and x2, x5, #~7\n\tpacdzb x2\n\tldrab x3, [x2, #504]!\n\tmov x2, #0");
}

#define PAIRS(op, r1, r2)                                                                        \
    ACCESS(op " " r1 ", " r2 ", [x5]");                                                          \
    ACCESS(op " " r1 ", " r2 ", [x5, #56]");                                                     \
    ACCESS(op " " r1 ", " r2 ", [x5, #-64]");                                                    \
    ACCESS(op " " r1 ", " r2 ", [x5], #16");                                                     \
    ACCESS(op " " r1 ", " r2 ", [x5], #-8");                                                     \
    ACCESS(op " " r1 ", " r2 ", [x5, #16]!");                                                    \
    ACCESS(op " " r1 ", " r2 ", [x5, #-128]!")

static void pairs(void)
{
    PAIRS("stp", "x2", "x3");
    PAIRS("stp", "w2", "w3");
    PAIRS("stp", "x2", "xzr");
    PAIRS("ldp", "x2", "x3");
    PAIRS("ldp", "w2", "w3");
    PAIRS("ldp", "xzr", "x3");
    PAIRS("ldpsw", "x2", "x3");
    ACCESS("stnp x2, x3, [x5, #8]");
    ACCESS("stnp w2, w3, [x5, #-4]");
    ACCESS("ldnp x2, x3, [x5, #8]");
    ACCESS("ldnp w2, w3, [x5, #-4]");
    ACCESS("ldp x2, x5, [x5]\n\tmov x3, x5\n\tadrp x5, memory\n\tadd x5, x5, :lo12:memory");
    ACCESS("ldp x5, x2, [x5]\n\tmov x3, x5\n\tadrp x5, memory\n\tadd x5, x5, :lo12:memory");
    ACCESS("mov x4, sp\n\tstp x2, x3, [sp, #-16]!\n\tldp x3, x2, [sp], #16\n\tmov x5, sp\n\t"
           "sub x4, x4, x5\n\tadd x2, x2, x4\n\tadrp x5, memory\n\tadd x5, x5, :lo12:memory");
}

static void hints(void)
{
    ACCESS("prfm pldl1keep, [x5, #8]");
    ACCESS("prfm pldl1keep, [x5, x4, lsl #3]");
    ACCESS("prfum pstl2strm, [x5, #-1]");
    ACCESS("prfm plil1keep, .");
}

void test(void)
{
    stores();
    loads();
    pairs();
    hints();
}
