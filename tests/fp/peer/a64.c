/* SPDX-License-Identifier: MIT */
/*
 * The peer of tests/fp/arm_a64.c: an AArch64 program that executes the instructions of a64_ops.def
 * and prints, per case, "name fpcr a b c result fpsr" in hex.  Static, run by an emulator or by a
 * CPU.  Usage: a64 SEED CASES; SEED decides the operands, CASES how many random ones per row.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "tests/fp/operands.h"

struct op {
    const char *name;
    unsigned bits, arity;
    uint64_t (*run)(const uint64_t v[3], uint64_t fpcr, uint64_t *fpsr);
};

/* FPSR's exceptions without QC. */
#define FPSR_MASK 0x9fu

#define OP(name, bits, arity, code, soft)                                                          \
    static uint64_t run_##name(const uint64_t v[3], uint64_t fpcr, uint64_t *fpsr)                 \
    {                                                                                              \
        register uint64_t x3 __asm__("x3") = v[0];                                                 \
        uint64_t flags;                                                                            \
        __asm__ volatile(".arch armv8.5-a+fp16\n"                                                  \
                         "fmov d0, %[a]\n fmov d1, %[b]\n fmov d2, %[c]\n"                         \
                         "msr fpcr, %[fpcr]\n msr fpsr, xzr\n" code                                \
                         "\n mrs %[flags], fpsr\n msr fpcr, xzr"                                   \
                         : "+r"(x3), [flags] "=&r"(flags)                                          \
                         : [a] "r"(v[0]), [b] "r"(v[1]), [c] "r"(v[2]), [fpcr] "r"(fpcr)           \
                         : "v0", "v1", "v2", "x4", "cc");                                          \
        *fpsr = flags & FPSR_MASK;                                                                 \
        return x3;                                                                                 \
    }
#include "tests/fp/peer/a64_ops.def"

static const struct op ops[] = {
#define OP(name, bits, arity, code, soft) {#name, bits, arity, run_##name},
#include "tests/fp/peer/a64_ops.def"
};

static char buffer[1 << 16];
static size_t used;

static void flush(void)
{
    size_t done = 0;
    while (done < used) {
        ssize_t n = write(1, buffer + done, used - done);
        if (n <= 0) {
            _exit(1);
        }
        done += (size_t)n;
    }
    used = 0;
}

static void put_hex(uint64_t value, char end)
{
    int digits = value ? (67 - __builtin_clzll(value)) / 4 : 1;
    for (int i = digits - 1; i >= 0; i--) {
        buffer[used++] = "0123456789abcdef"[value >> 4 * i & 15];
    }
    buffer[used++] = end;
}

static void run_case(const struct op *op, const uint64_t v[3], uint64_t fpcr)
{
    uint64_t fpsr, result = op->run(v, fpcr, &fpsr);
    size_t length = strlen(op->name);

    if (used + 200 > sizeof buffer) {
        flush();
    }
    memcpy(buffer + used, op->name, length);
    used += length;
    buffer[used++] = ' ';
    put_hex(fpcr, ' ');
    for (int i = 0; i < 3; i++) {
        put_hex(v[i], ' ');
    }
    put_hex(result, ' ');
    put_hex(fpsr, '\n');
}

/* Rounding mode, and each of AHP, DN, FZ and FZ16 in a quarter of the cases. */
static uint64_t random_fpcr(uint64_t *random)
{
    uint64_t r = operand_random(random);
    return (r & 3) << 22 | (uint64_t)((r >> 2 & 3) == 0) << 26 | (uint64_t)((r >> 4 & 3) == 0) << 25
           | (uint64_t)((r >> 6 & 3) == 0) << 24 | (uint64_t)((r >> 8 & 3) == 0) << 19;
}

/* Make the addend of a fused operation nearly cancel the product, whichever its sign. */
static void cancel(const struct op *op, uint64_t v[3], uint64_t choice)
{
    uint64_t product;
    __asm__(".arch armv8.5-a+fp16\n fmov d0, %1\n fmov d1, %2\n cmp %w3, #32\n b.eq 1f\n b.hi 2f\n"
            "fmul h0, h0, h1\n b 3f\n 1: fmul s0, s0, s1\n b 3f\n 2: fmul d0, d0, d1\n"
            "3: fmov %0, d0"
            : "=r"(product)
            : "r"(v[0]), "r"(v[1]), "r"(op->bits)
            : "v0", "v1", "cc");
    product ^= (choice & 1) << (op->bits - 1);
    v[2] = product ^ (choice & 2 ? choice >> 2 & 3 : 0);
}

static void run_op(const struct op *op, unsigned cases, uint64_t *random)
{
    /* One operand: each boundary value in many modes.  Two: each pair in one mode. */
    for (unsigned i = 0; i < OPERAND_BOUNDARIES; i++) {
        unsigned others = op->arity == 1 ? 16 : OPERAND_BOUNDARIES;
        for (unsigned j = 0; j < others; j++) {
            unsigned k = (unsigned)(operand_random(random) >> 32) % OPERAND_BOUNDARIES;
            uint64_t v[3] = {operand_boundary(op->bits, i), operand_boundary(op->bits, j),
                             operand_boundary(op->bits, k)};
            run_case(op, v, random_fpcr(random));
        }
    }
    for (unsigned i = 0; i < cases; i++) {
        uint64_t v[3] = {operand_any(op->bits, random), operand_any(op->bits, random),
                         operand_any(op->bits, random)};
        uint64_t choice = operand_random(random);
        if (op->arity == 3 && choice >> 63) {
            cancel(op, v, choice);
        }
        run_case(op, v, random_fpcr(random));
    }
}

int main(int argc, char **argv)
{
    uint64_t random = argc > 1 ? strtoull(argv[1], 0, 0) : 1;
    unsigned cases = argc > 2 ? (unsigned)strtoul(argv[2], 0, 0) : 1000;
    /* FEAT_FP16 with FEAT_AdvSIMD half precision, FEAT_JSCVT; FEAT_FRINTTS */
    const unsigned long needs = 1ul << 9 | 1ul << 10 | 1ul << 13, needs2 = 1ul << 8;

    if ((getauxval(AT_HWCAP) & needs) != needs || (getauxval(AT_HWCAP2) & needs2) != needs2) {
        return 77;
    }
    for (unsigned n = 0; n < sizeof ops / sizeof ops[0]; n++) {
        run_op(&ops[n], cases, &random);
    }
    flush();
    return 0;
}
