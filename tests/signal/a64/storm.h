/* SPDX-License-Identifier: MIT */
/* The loop of `storm` for A64, and what is known of it. */
#include <asm/sigcontext.h>

/* Instructions of the loop in order: x1 to x30 rise by their number, v0 to v15 by v31, d16 to d19
 * by d30, d20 becomes the inexact d19 / d29, x0 falls. */
enum { AT_V = 30, AT_D = AT_V + 16, AT_DIV = AT_D + 4, AT_SUBS, AT_BRANCH, LOOP_LENGTH };

extern char storm_begin[], storm_end[];

#define EACH4(M, a, b, c, d) M(a) M(b) M(c) M(d)
#define EACH16(M) EACH4(M, 0, 1, 2, 3) EACH4(M, 4, 5, 6, 7) EACH4(M, 8, 9, 10, 11) EACH4(M, 12, 13, 14, 15)
#define EACH32(M) EACH16(M) EACH4(M, 16, 17, 18, 19) EACH4(M, 20, 21, 22, 23) \
    EACH4(M, 24, 25, 26, 27) EACH4(M, 28, 29, 30, 31)
#define LOADV(n) "ldr q" #n ", [x0, #256 + 16 * " #n "]\n"
#define SAVEV(n) "str q" #n ", [x0, #256 + 16 * " #n "]\n"
#define ADDV(n) "add v" #n ".2d, v" #n ".2d, v31.2d\n"
#define FADD(n) "fadd d" #n ", d" #n ", d30\n"
#define PAIR(op, n, m) #op " x" #n ", x" #m ", [x0, #8 * " #n "]\n"
#define PAIRS(op)                                                                                  \
    PAIR(op, 2, 3) PAIR(op, 4, 5) PAIR(op, 6, 7) PAIR(op, 8, 9) PAIR(op, 10, 11) PAIR(op, 12, 13)  \
    PAIR(op, 14, 15) PAIR(op, 16, 17) PAIR(op, 18, 19) PAIR(op, 20, 21) PAIR(op, 22, 23)           \
    PAIR(op, 24, 25) PAIR(op, 26, 27) PAIR(op, 28, 29)
#define ADDX(n) "add x" #n ", x" #n ", #" #n "\n"
__asm__(".text\n.globl storm_loop, storm_begin, storm_end\nstorm_loop:\n"
        "stp x29, x30, [sp, #-192]!\n stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n"
        "stp x23, x24, [sp, #48]\n stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n"
        "stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n stp d12, d13, [sp, #128]\n"
        "stp d14, d15, [sp, #144]\n str x0, [sp, #160]\n"
        "mov x1, sp\n str x1, [x0, #784]\n" EACH32(LOADV) PAIRS(ldp)
        "ldr x1, [x0, #8]\n ldr x30, [x0, #240]\n ldr x0, [x0]\n cmp x0, x0\n"
        "storm_begin:\n" ADDX(1) ADDX(2) ADDX(3) EACH4(ADDX, 4, 5, 6, 7) EACH4(ADDX, 8, 9, 10, 11)
        EACH4(ADDX, 12, 13, 14, 15) EACH4(ADDX, 16, 17, 18, 19) EACH4(ADDX, 20, 21, 22, 23)
        EACH4(ADDX, 24, 25, 26, 27) ADDX(28) ADDX(29) ADDX(30) EACH16(ADDV) EACH4(FADD, 16, 17, 18, 19)
        "fdiv d20, d19, d29\n subs x0, x0, #1\n b.ne storm_begin\n"
        "storm_end: ldr x0, [sp, #160]\n str x1, [x0, #8]\n str x30, [x0, #240]\n" PAIRS(stp)
        EACH32(SAVEV)
        "ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n ldp x23, x24, [sp, #48]\n"
        "ldp x25, x26, [sp, #64]\n ldp x27, x28, [sp, #80]\n ldp d8, d9, [sp, #96]\n"
        "ldp d10, d11, [sp, #112]\n ldp d12, d13, [sp, #128]\n ldp d14, d15, [sp, #144]\n"
        "ldp x29, x30, [sp], #192\n ret\n");

static uint64_t bits(double d) { return ((union { double d; uint64_t u; }){.d = d}).u; }

static uint64_t start_x(unsigned n) { return 0x0101010101010101u * n ^ 0xfeed0000; }
static uint64_t start_v(unsigned n, unsigned half) { return 0x1111111111111111u * n + half * 77; }

/* At instruction `at` of the loop, after `rounds` full rounds of it. */
static void look_at(struct storm *s, const struct sigcontext *sc, const struct fpsimd_context *f, long at)
{
    uint64_t rounds = ROUNDS - sc->regs[0] - (at > AT_SUBS);
    for (unsigned n = 1; n < 31; n++)
        expect(s, sc->regs[n], start_x(n) + n * (rounds + (at >= (long)n)), "X", n, at);
    expect(s, sc->sp, s->sp, "SP", 0, at);
    expect(s, sc->pstate & 0xf0000000, rounds || at > AT_SUBS ? 0x20000000 : 0x60000000, "NZCV", 0, at);
    for (unsigned n = 0; n < 16; n++)
        for (unsigned half = 0; half < 2; half++)
            expect(s, ((const uint64_t *)&f->vregs[n])[half],
                   start_v(n, half) + start_v(31, half) * (rounds + (at > AT_V + (long)n)), "V", n, at);
    for (unsigned n = 16; n < 20; n++)
        expect(s, (uint64_t)f->vregs[n], bits((double)(n + rounds + (at > AT_D + (long)n - 16))), "D", n, at);
    expect(s, (uint64_t)f->vregs[31], start_v(31, 0), "V", 31, at);
    if (rounds)
        expect(s, f->fpsr, 0x10, "FPSR", 0, at);
}

static bool look(struct storm *s, ucontext_t *uc)
{
    const struct sigcontext *sc = (const void *)&uc->uc_mcontext;
    const struct fpsimd_context *f = (const void *)sc->__reserved;
    if (sc->pc < (uintptr_t)storm_begin || sc->pc >= (uintptr_t)storm_end)
        return false;
    look_at(s, sc, f, (long)(sc->pc - (uintptr_t)storm_begin) / 4);
    return true;
}

static void start(struct storm *s)
{
    for (unsigned n = 0; n < 32; n++) {
        s->r.x[n] = start_x(n);
        s->r.v[n].d[0] = start_v(n, 0);
        s->r.v[n].d[1] = start_v(n, 1);
    }
    for (unsigned n = 16; n < 20; n++)
        s->r.v[n].d[0] = bits(n);
    s->r.v[29].d[0] = bits(3);
    s->r.v[30].d[0] = bits(1);
    s->r.x[0] = ROUNDS;
    __asm__ volatile("msr fpsr, xzr");
}

static void check_end(struct storm *s)
{
    for (unsigned n = 1; n < 31; n++)
        expect(s, s->r.x[n], start_x(n) + n * (uint64_t)ROUNDS, "at the end X", n, -1);
    for (unsigned n = 0; n < 16; n++)
        expect(s, s->r.v[n].d[1], start_v(n, 1) + start_v(31, 1) * ROUNDS, "at the end V", n, -1);
    expect(s, s->r.v[19].d[0], bits(19 + ROUNDS), "at the end D", 19, -1);
}
