/* SPDX-License-Identifier: MIT */
/* The loop of `storm` for A32 and T32, and what is known of it. */
#include "state.h"

extern const uint32_t storm_steps[];
extern const char storm_returned[];

static uint64_t bits(double d) { return ((union { double d; uint64_t u; }){.d = d}).u; }
static uint32_t bitsf(float f) { return ((union { float f; uint32_t u; }){.f = f}).u; }

static uint32_t start_x(unsigned n) { return 0x01010101 * n ^ 0xfeed0000; }
static uint32_t start_v(unsigned n, unsigned lane) { return 0x11111111 * n + lane * 77; }

#define X(n) (r->x[n])
#define DR(n) (r->v[(n) / 2].d[(n) % 2])
#define NZCV(flags) (r->apsr = (r->apsr & 0x0fffffff) | (flags))
#define RISE(n) (rise(r, n, 1))

static uint32_t flags_add(uint32_t a, uint32_t b)
{
    uint32_t sum = a + b, v = ((a ^ sum) & (b ^ sum)) >> 31;
    return (sum & 1u << 31) | (uint32_t)!sum << 30 | (uint32_t)(sum < a) << 29 | v << 28;
}

static void rise(struct regs *r, unsigned n, uint32_t times)
{
    for (unsigned lane = 0; lane < 4; lane++)
        r->v[n].s[lane] += start_v(15, lane) * times;
}

/* UADD8 R12, x, x */
static void bytes_doubled(struct regs *r, uint32_t x)
{
    X(12) = (x & 0x7f7f7f7f) << 1;
    r->apsr &= ~(15u << 16);
    for (unsigned k = 0; k < 4; k++)
        r->apsr |= (x >> (8 * k + 7) & 1) << (16 + k);
}

/* What the loop's n-th instruction does. */
static void step(struct regs *r, uint32_t *memory, uint32_t k, long n)
{
#define UNWRAP(...) __VA_ARGS__
#define STEP(instruction, model) case __COUNTER__ - FIRST_STEP: { UNWRAP model } break;
#define AT(n, label)
#ifdef __thumb__
#define IT(it, first) STEP(, ())
#else
#define IT(it, first)
#endif
    enum { FIRST_STEP = __COUNTER__ + 1 };
    switch (n) {
#include "storm.def"
    }
}

/* The n-th is this IT instruction ("ittecs"), or none (""). */
static const char *const its[] = {
#define STEP(instruction, model) "",
#define AT(n, label)
#ifdef __thumb__
#define IT(it, first) #it #first,
#else
#define IT(it, first)
#endif
#include "storm.def"
};
enum { N_STEPS = sizeof its / sizeof its[0] };

static void start_registers(struct regs *r)
{
    memset(r, 0, sizeof *r);
    for (unsigned n = 1; n < N_X; n++)
        X(n) = start_x(n);
    for (unsigned n = 0; n < N_V; n++)
        for (unsigned lane = 0; lane < 4; lane++)
            r->v[n].s[lane] = start_v(n, lane);
    for (unsigned n = 16; n < 20; n++)
        DR(n) = bits(n);
    for (unsigned lane = 0; lane < 4; lane++) {
        r->v[11].s[lane] = bitsf(11);
        r->v[12].s[lane] = bitsf(1);
    }
    DR(28) = bits(1);
    DR(29) = bits(3);
    X(0) = ROUNDS;
    r->apsr = 0x60000000;
}

static uint32_t x5_after(uint32_t k) { return start_x(5) + 5 * (k / 2) + 7 * (k - k / 2); }

/* What is true after k rounds, k not 0: by arithmetic. */
static void after_rounds(struct regs *r, uint32_t *memory, uint32_t k)
{
    static const unsigned risers[] = {1, 2, 4, 8, 9, 10};
    for (unsigned n = 0; n < 6; n++)
        X(risers[n]) += risers[n] * k;
    for (unsigned n = 0; n < 8; n++)
        rise(r, n, k);
    for (unsigned n = 16; n < 20; n++)
        DR(n) = bits(n + k);
    for (unsigned lane = 0; lane < 4; lane++)
        r->v[11].s[lane] = bitsf(11 + k);
    DR(20) = bits((19 + k) / 3.0);
    memory[0] = 7 * k;
    memory[1] = k < 2 ? 0 : x5_after(k & ~1u);
    memcpy(&DR(21), memory, 8);
    memcpy(&memory[2], &DR(19), 8);
    X(0) = ROUNDS - k;
    X(3) = r->v[0].s[0];
    X(5) = x5_after(k);
    X(6) += 6 * (k / 2);
    X(7) = 7 * k;
    bytes_doubled(r, X(11));
    X(14) = (uint32_t)(uintptr_t)storm_returned | THUMB;
    NZCV(0x20000000);
    r->fpscr = 0x20000010;
}

/* ITSTATE at the loop's instruction `at`, as in CPSR. */
static uint32_t it_bits(long at)
{
    for (int position = 0; position < 4 && position < at; position++) {
        const char *it = its[at - 1 - position];
        if (*it)
            return (int)strlen(it) - 3 > position ? it_cpsr(it, position) : 0;
    }
    return 0;
}

static bool look(struct storm *s, ucontext_t *uc)
{
    const mcontext_t *mc = &uc->uc_mcontext;
    const struct vfp_frame *f = (const void *)uc->uc_regspace;
    const uint32_t *x = (const uint32_t *)&mc->arm_r0;
    uint32_t memory[4] = {0, 0, 0, 0};
    struct regs want;
    long at = 0;
    while (at < N_STEPS && storm_steps[at] != mc->arm_pc)
        at++;
    if (at == N_STEPS)
        return false;
    bool counted = at > N_STEPS - 2; /* by the SUBS */
    const uint32_t k = ROUNDS - x[0] - counted;
    start_registers(&want);
    want.x[11] = (uint32_t)(uintptr_t)s->memory;
    if (k)
        after_rounds(&want, memory, k);
    for (long n = 0; n < at; n++)
        step(&want, memory, k, n);
    want.x[SP] = s->sp;
    for (int n = 0; n < N_X; n++)
        expect(s, x[n], want.x[n], "R", n, at);
    for (int n = 0; n < N_V; n++)
        for (int half = 0; half < 2; half++)
            expect(s, f->v[n].d[half], want.v[n].d[half], "D", 2 * n + half, at);
    for (int n = 0; n < 4; n++)
        expect(s, s->memory[n], memory[n], "memory", n, at);
    expect(s, mc->arm_cpsr & 0xfe0ffe3f, want.apsr | it_bits(at) | THUMB << 5 | 0x10, "CPSR", 0, at);
    expect(s, f->fpscr, want.fpscr, "FPSCR", 0, at);
    return true;
}

static void start(struct storm *s)
{
    start_registers(&s->r);
    memset(s->memory, 0, sizeof s->memory);
}

static void check_end(struct storm *s)
{
    uint32_t memory[4];
    struct regs want;
    start_registers(&want);
    want.x[11] = (uint32_t)(uintptr_t)s->memory;
    after_rounds(&want, memory, ROUNDS);
    for (int n = 0; n < N_X; n++)
        if (n != 11 && n != SP)
            expect(s, s->r.x[n], want.x[n], "at the end R", n, -1);
    for (int n = 0; n < N_V; n++)
        for (int half = 0; half < 2; half++)
            expect(s, s->r.v[n].d[half], want.v[n].d[half], "at the end D", 2 * n + half, -1);
    for (int n = 0; n < 4; n++)
        expect(s, s->memory[n], memory[n], "at the end memory", n, -1);
}
