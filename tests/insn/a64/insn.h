/* SPDX-License-Identifier: MIT */
/*
 * Frame of the instruction tests (of A64; a32-simd/simd.h builds on it, too): freestanding programs of one file each that run single
 * instructions on boundary operands and print what came out.  tests/insn/run compiles them, runs
 * them in every mode of the translator and compares with NAME.expect, which another
 * implementation printed (`run --record`).
 *
 * A line of output is one instruction: its text, a hash of all results, and the first ones in
 * full.  Compile with -DVERBOSE=1 to print every result on a line of its own.
 */
#ifndef TESTS_INSN_A64_INSN_H
#define TESTS_INSN_A64_INSN_H

#include <stddef.h>
#include <stdint.h>

#ifndef VERBOSE
#define VERBOSE 0
#endif

typedef uint64_t u64;
typedef uint32_t u32;

static char out_buffer[1 << 16];
static size_t out_used;

#ifdef __arm__
enum { SYS_WRITE = 4, SYS_EXIT_GROUP = 248 };
__attribute__((naked, noinline)) static long syscall3(long number, long a, long b, long c)
{
    __asm__("push {r7, lr}\n\tmov r7, r0\n\tmov r0, r1\n\tmov r1, r2\n\tmov r2, r3\n\t"
            "svc #0\n\tpop {r7, pc}");
}
#else
enum { SYS_WRITE = 64, SYS_EXIT_GROUP = 94 };
static long syscall3(long number, long a, long b, long c)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    return x0;
}
#endif

static void flush(void)
{
    syscall3(SYS_WRITE, 1, (long)out_buffer, (long)out_used);
    out_used = 0;
}

static void put_char(char c)
{
    out_buffer[out_used++] = c;
    if (out_used == sizeof out_buffer) {
        flush();
    }
}

static void put_text(const char *text)
{
    while (*text) {
        put_char(*text++);
    }
}

/* In hexadecimal, without leading zeros. */
static void put_hex(u64 v)
{
    int shift = 60;
    while (shift && !(v >> shift)) {
        shift -= 4;
    }
    for (; shift >= 0; shift -= 4) {
        put_char("0123456789abcdef"[v >> shift & 15]);
    }
}

/* --- one instruction's results ---------------------------------------------------------------------- */

static u64 hash_state;
static unsigned results_seen;

/* The instructions, separated by `; `. */
static void begin(const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            put_char(';');
        } else {
            put_char(*text == '\t' ? ' ' : *text);
        }
    }
    put_char(':');
    hash_state = 0xcbf29ce484222325;
    results_seen = 0;
}

static void result(const u64 *values, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        hash_state = (hash_state ^ values[k]) * 0x100000001b3;
        hash_state ^= hash_state >> 29;
        if (VERBOSE || results_seen < 3) {
            put_text(k ? "," : VERBOSE ? "\n  " : " ");
            put_hex(values[k]);
        }
    }
    results_seen++;
}

static void end(void)
{
    put_text(" #");
    put_hex(hash_state);
    put_char('\n');
}

#define RESULT(...) result((const u64[]){__VA_ARGS__}, sizeof((const u64[]){__VA_ARGS__}) / 8)

/* Boundary operands; the low bits of the first also serve as NZCV. */
static const u64 operands[] = {
    0, 1, 0xffffffffffffffff, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffff, 0x80000000,
    0x7fffffff, 0x100000000, 0x123456789abcdef0, 0xfedcba9876543210, 0xff80, 0x7f, 0x8001,
    0x5555aaaa5555aaaa, 0x3f,
};
enum { N_OPERANDS = sizeof operands / sizeof operands[0] };

void test(void); /* the file's */

__attribute__((noreturn, used)) static void start_c(void)
{
    test();
    flush();
    for (;;) {
        syscall3(SYS_EXIT_GROUP, 0, 0, 0);
    }
}

#ifdef __arm__
__attribute__((naked, noreturn, used)) void _start(void) { __asm__("bl start_c"); }
#else
__asm__(".globl _start\n_start:\n\tmov x29, xzr\n\tbl start_c\n");
#endif

/*
 * Runs `text` for all pairs of operands a, b and some NZCV; prints d (which starts as c) and NZCV.
 * In the text: %x[d] %x[a] %x[b] or %w[d] ...
 */
#define DATA(text)                                                                               \
    do {                                                                                         \
        begin(text);                                                                             \
        for (int i = 0; i < N_OPERANDS; i++) {                                                   \
            for (int j = 0; j < N_OPERANDS; j++) {                                               \
                u64 d = 0x1122334455667788, a = operands[i], b = operands[j];                    \
                u64 f = (u64)((i * 5 + j) & 15) << 28;                                           \
                __asm__ volatile("msr nzcv, %[f]\n\t" text "\n\tmrs %[f], nzcv"                  \
                                 : [d] "+r"(d), [f] "+r"(f)                                      \
                                 : [a] "r"(a), [b] "r"(b)                                        \
                                 : "cc");                                                        \
                RESULT(d, f >> 28);                                                              \
            }                                                                                    \
        }                                                                                        \
        end();                                                                                   \
    } while (0)

#endif
