/* SPDX-License-Identifier: MIT */
/* Division as libgcc's code for CPUs without UDIV does it, which is lifted as a whole: Thumb and A32 code, in
 * both programs. */
#include "frame.h"

/* From CLZ on: t = CLZ n; then m, q as in __udivsi3.  Where n < m it jumps behind the steps. */
#define STEPS(name, n, m, q, t)                                                                    \
    ".balign 16\n.rept 7\nnop\n.endr\n.thumb_func\n" name ":\n"                                    \
    "clz " t ", " n "\nclz " q ", " m "\nsub.w " t ", " q ", " t "\nrsb.w " t ", " t ", #31\n"     \
    "adr.n " q ", 1f\nadd.w " t ", " q ", " t ", lsl #4\nmov.w " q ", #0\nmov pc, " t "\n"         \
    "nop\nnop.w\n1:\n"                                                                             \
    ".set by, 31\n.rept 32\ncmp.w " n ", " m ", lsl #by\nnop\nadc.w " q ", " q ", " q "\n"         \
    "it cs\nsubcs.w " n ", " n ", " m ", lsl #by\n.set by, by - 1\n.endr\n"                        \
    ".rept 272\nnop\n.endr\nadr.w r12, 1b\nsub.w " t ", " t ", r12\nbx lr\n"

/* From CLZ d1, s1 on: CLZ d2, s2, then the jump and the steps, and nothing where n < m jumps to. */
#define A32_STEPS(name, s1, d1, s2, d2, steps)                                                     \
    name ":\nclz " d1 ", " s1 "\nclz " d2 ", " s2 "\n" steps ".rept 96\nnop\n.endr\nbx lr\n"
/* libgcc's __udivsi3: zn, later the count, in t, zm and the quotient in q */
#define QUOTIENT(n, m, q, t)                                                                       \
    "sub " t ", " q ", " t "\nrsbs " t ", " t ", #31\naddne " t ", " t ", " t ", lsl #1\n"          \
    "mov " q ", #0\naddne pc, pc, " t ", lsl #2\nmov r0, r0\n.set by, 31\n.rept 32\n"             \
    "cmp " n ", " m ", lsl #by\nadc " q ", " q ", " q "\nsubcs " n ", " n ", " m ", lsl #by\n"     \
    ".set by, by - 1\n.endr\n"
/* its __umodsi3, where the difference of zm and zn may go elsewhere than the count k */
#define REST(n, m, zn, zm, k)                                                                      \
    "sub " zm ", " zm ", " zn "\nrsbs " k ", " zm ", #31\naddne pc, pc, " k ", lsl #3\n"            \
    "mov r0, r0\n.set by, 31\n.rept 32\ncmp " n ", " m ", lsl #by\n"                              \
    "subcs " n ", " n ", " m ", lsl #by\n.set by, by - 1\n.endr\n"

__asm__(".syntax unified\n.thumb\n"
        STEPS("steps_unsigned", "r0", "r1", "r2", "r3")
        STEPS("steps_signed", "r3", "r1", "r0", "r2")
        ".balign 4\n.thumb_func\nrounds:\nb.n 2f\n"
        "1: subs r0, r0, r2\nsbc.w r1, r1, r3\nadds r0, r0, r0\nadcs r1, r1\nadds r0, #1\n"
        "adc.w r1, r1, #0\nsubs.w r6, r6, #1\nbeq.n 3f\n"
        "2: cmp r0, r2\nsbcs.w r12, r1, r3\nbcs.n 1b\nadds r0, r0, r0\nadcs r1, r1\n"
        "subs.w r6, r6, #1\nbne.n 2b\n"
        "3: bx lr\n"
        ".balign 4\n.arm\n"
        A32_STEPS("divide_unsigned", "r0", "r3", "r1", "r2", QUOTIENT("r0", "r1", "r2", "r3"))
        A32_STEPS("divide_signed", "r3", "r2", "r1", "r0", QUOTIENT("r3", "r1", "r0", "r2"))
        A32_STEPS("modulo_unsigned", "r1", "r2", "r0", "r3", REST("r0", "r1", "r3", "r2", "r2"))
        A32_STEPS("modulo_other", "r0", "r2", "r1", "r3", REST("r0", "r1", "r2", "r3", "r2"))
        A32_STEPS("modulo_apart", "r0", "r2", "r1", "r3", REST("r0", "r1", "r2", "r3", "r12"))
#ifdef __thumb__
        ".thumb\n"
#endif
);
extern char steps_unsigned[], steps_signed[], rounds[];
extern char divide_unsigned[], divide_signed[], modulo_unsigned[], modulo_other[], modulo_apart[];

/* r6 is what r5 is; it and r12 are seen in r4. */
static void run(const char *code, u32 thumb)
{
    register void *base __asm__("r10") = &state;
    register u32 entry __asm__("r9") = (u32)code | thumb;
    __asm__ volatile(".syntax unified\n\tldmia r10, {r0-r5}\n\tldr r6, [r10, #24]\n\t"
                     "msr APSR_nzcvqg, r6\n\tmov r6, r5\n\tmov r4, #0\n\tmov r12, #0\n\tblx r9\n\t"
                     "mrs r8, APSR\n\tadd r4, r4, r6\n\teor r4, r4, r12, ror #7\n\t"
                     "stmia r10, {r0-r5}\n\tstr r8, [r10, #24]"
                     :
                     : "r"(base), "r"(entry)
                     : "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r8", "r12", "lr", "memory", "cc");
}

static void finish(void)
{
    put_text(" #");
    put_hex(hash_state);
    hash_state = 0;
    end();
}

static void test_steps(const char *name, const char *code, u32 thumb, int dividend, u32 unlike)
{
    begin(name);
    for (int i = 0; i < N_VALUES; i++)
        for (int j = 0; j < 3 * N_VALUES; j++) {
            prepare(i, j % N_VALUES);
            const u32 m = values[j % N_VALUES] >> j / N_VALUES * 9;
            state.r[dividend] = values[i] + unlike;
            state.r[1] = m;
            if (!m) /* what is behind the code's own test; it would jump before the steps */
                state.r[dividend] >>= 1;
            if (m || state.r[dividend]) {
                run(code, thumb);
                state.r[4] = (u32)&memory[16];
                note();
            }
        }
    finish();
}

/* Divisors shifted by k - 1, as __udivmoddi4 has them, and such as it never has. */
static void test_rounds(void)
{
    static const u32 counts[] = {1, 2, 3, 7, 31, 32, 33, 40, 62, 63, 64, 65, 70};
    begin("rounds");
    for (int i = 0; i < N_VALUES; i++)
        for (int j = 0; j < N_VALUES; j++)
            for (unsigned c = 0; c < sizeof counts / sizeof counts[0]; c++) {
                prepare(i, j);
                const u32 k = counts[c];
                u64 y = (u64)values[j] << 32 | values[(i + j) % N_VALUES], n;
                if (i & 1)
                    y = (y >> (k + 1 & 63)) << (k - 1 & 63);
                n = y * 2 - 1 - values[i];
                if (i % 5 == 0)
                    n = (u64)values[i] << 32 | values[j];
                else if (i % 5 == 1)
                    n = y + (j & 3) - 1;
                state.r[0] = (u32)n, state.r[1] = n >> 32;
                state.r[2] = (u32)y, state.r[3] = y >> 32;
                state.r[5] = k;
                run(rounds, 1);
                state.r[4] += (u32)&memory[16];
                note();
            }
    finish();
}

void test(void)
{
    test_steps("steps of __udivsi3", steps_unsigned, 1, 0, 0);
    test_steps("steps of __udivsi3, three more", steps_unsigned, 1, 0, 3);
    test_steps("steps of __divsi3", steps_signed, 1, 3, 0);
    test_steps("A32 steps of __udivsi3", divide_unsigned, 0, 0, 0);
    test_steps("A32 steps of __udivsi3, three more", divide_unsigned, 0, 0, 3);
    test_steps("A32 steps of __divsi3", divide_signed, 0, 3, 0);
    test_steps("A32 steps of __umodsi3", modulo_unsigned, 0, 0, 0);
    test_steps("A32 steps of __umodsi3, three more", modulo_unsigned, 0, 0, 3);
    test_steps("A32 steps of a modulo, zn first", modulo_other, 0, 0, 0);
    test_steps("A32 steps of a modulo, in r12", modulo_apart, 0, 0, 5);
    test_rounds();
}
