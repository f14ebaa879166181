/* SPDX-License-Identifier: MIT */
/*
 * Loops over scalars of which the translator may do several rounds at once: results, what registers hold
 * behind them, and faults in the middle, with every distance between what is read and what is written,
 * every number of rounds, and NaNs among the operands.  The expected values are those of the same
 * computation one element at a time, through volatile variables.
 */
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "check.h"
#include "random.h"

enum { ELEMENTS = 96, PAGE = 4096 };

#ifdef __aarch64__
#define AT(n) "x" #n
#define REG(uc, n) ((uintptr_t)(uc)->uc_mcontext.regs[n])
#else
#define AT(n) "r" #n
#define REG(uc, n) ((uintptr_t)(uc)->uc_mcontext.arm_r##n)
#endif

/* What is seen behind a loop. */
struct after { uintptr_t x, y, z; double last[2]; };

/* y[i] += x[i] * *a of floats, until y is end. */
static __attribute__((noinline)) void axpy(float *x_, float *y_, float *end, const float *a, struct after *out)
{
    register float *x __asm__(AT(4)) = x_, *y __asm__(AT(5)) = y_;
#ifdef __aarch64__
    __asm__ volatile("ldr s13, [%[a]]\n1: ldr s14, [%[x]], #4\nldr s15, [%[y]]\nfmul s14, s14, s13\n"
                     "fadd s15, s15, s14\nstr s15, [%[y]], #4\ncmp %[y], %[end]\nb.ne 1b\n"
                     "str s14, [%[o]]\nstr s15, [%[o], #8]"
                     : [x] "+r"(x), [y] "+r"(y)
                     : [end] "r"(end), [a] "r"(a), [o] "r"(out->last) : "cc", "memory", "v13", "v14", "v15");
#else
    __asm__ volatile("vldr s13, [%[a]]\n1: vldmia %[x]!, {s14}\nvldr s15, [%[y]]\nvmul.f32 s14, s14, s13\n"
                     "vadd.f32 s15, s15, s14\nvstmia %[y]!, {s15}\ncmp %[y], %[end]\nbne 1b\n"
                     "vstr s14, [%[o]]\nvstr s15, [%[o], #8]"
                     : [x] "+r"(x), [y] "+r"(y)
                     : [end] "r"(end), [a] "r"(a), [o] "r"(out->last) : "cc", "memory", "s13", "s14", "s15");
#endif
    out->x = (uintptr_t)x;
    out->y = (uintptr_t)y;
}

/* z[i] = x[i] / y[i] of n doubles. */
static __attribute__((noinline)) void quotient(double *x_, double *y_, double *z_, size_t n_, struct after *out)
{
    register double *x __asm__(AT(4)) = x_, *y __asm__(AT(5)) = y_, *z __asm__(AT(6)) = z_;
    register size_t n __asm__(AT(0)) = n_;
#ifdef __aarch64__
    __asm__ volatile("1: ldr d16, [%[x]], #8\nldr d17, [%[y]], #8\nfdiv d18, d16, d17\nstr d18, [%[z]], #8\n"
                     "subs %[n], %[n], #1\nb.ne 1b\nstp d17, d18, [%[o]]"
                     : [x] "+r"(x), [y] "+r"(y), [z] "+r"(z), [n] "+r"(n)
                     : [o] "r"(out->last) : "cc", "memory", "v16", "v17", "v18");
#else
    __asm__ volatile("1: vldmia %[x]!, {d16}\nvldmia %[y]!, {d17}\nvdiv.f64 d18, d16, d17\n"
                     "vstmia %[z]!, {d18}\nsubs %[n], %[n], #1\nbne 1b\nvstmia %[o], {d17, d18}"
                     : [x] "+r"(x), [y] "+r"(y), [z] "+r"(z), [n] "+r"(n)
                     : [o] "r"(out->last) : "cc", "memory", "d16", "d17", "d18");
#endif
    out->x = (uintptr_t)x;
    out->y = (uintptr_t)y;
    out->z = (uintptr_t)z;
}

/* --- operands -------------------------------------------------------------------------------------- */

static uint32_t bits(unsigned specials)
{
    static const uint32_t odd[] = {0x7f800001, 0xffc12345, 0x7f800000, 0xff800000, 0, 0x80000000, 1, 0x7fc00007};
    const uint32_t r = next();
    return r % 16 < specials ? odd[r >> 8 & 7] : (r & 0x80ffffff) | 0x3f000000;
}

static void fill(void *p, size_t bytes, unsigned specials)
{
    for (size_t k = 0; k < bytes / 4; k++) {
        const uint32_t v = bits(specials);
        memcpy((char *)p + 4 * k, &v, 4);
    }
}

/* --- results --------------------------------------------------------------------------------------- */

static float buffer[ELEMENTS], wanted[ELEMENTS];

/* The loop, x being y `apart` bytes ahead: as one round after another does it. */
static void axpy_slowly(const char *x, char *y, unsigned n, float a, struct after *out)
{
    for (unsigned i = 0; i < n; i++) {
        volatile float vx, vy, product, sum;
        float v;
        memcpy(&v, x + 4 * i, 4);
        vx = v;
        memcpy(&v, y + 4 * i, 4);
        vy = v;
        product = vx * a;
        sum = vy + product;
        v = sum;
        memcpy(y + 4 * i, &v, 4);
        v = product;
        memcpy(&out->last[0], &v, 4);
        v = sum;
        memcpy(&out->last[1], &v, 4);
    }
}

static bool axpy_once(int apart, unsigned n, unsigned specials)
{
    struct after got = {0}, want = {0};
    char *y = (char *)(buffer + 24), *wy = (char *)(wanted + 24);
    const uint32_t abits = bits(specials);
    float a;
    memcpy(&a, &abits, 4);
    fill(buffer, sizeof buffer, specials);
    memcpy(wanted, buffer, sizeof buffer);
    axpy((float *)(y + apart), (float *)y, (float *)y + n, &a, &got);
    axpy_slowly(wy + apart, wy, n, a, &want);
    return !memcmp(buffer, wanted, sizeof buffer) && got.x == (uintptr_t)(y + apart + 4 * n) &&
           got.y == (uintptr_t)(y + 4 * n) && !memcmp(got.last, want.last, sizeof got.last);
}

static void axpys(int step, unsigned specials)
{
    for (long rounds = scaled(8); rounds-- >= 0;)
        for (int apart = -24 * step; apart <= 24 * step; apart += step)
            for (unsigned n = 1; n < 20; n++)
                CHECK(axpy_once(apart, n, specials));
}

static void by_elements(void) { axpys(4, 0); }
static void by_nans(void) { axpys(4, 3); }
#ifdef __aarch64__
static void by_bytes(void) { axpys(1, 0); }
#endif

static void quotients(void)
{
    static double x[ELEMENTS], y[ELEMENTS], z[ELEMENTS];
    for (long k = scaled(3000); k >= 0; k--) {
        const unsigned n = 1 + (unsigned)k % 60;
        struct after got = {0};
        fill(x, sizeof x, 4);
        fill(y, sizeof y, 4);
        memset(z, 0x55, sizeof z);
        quotient(x, y, z, n, &got);
        for (unsigned i = 0; i < ELEMENTS; i++) {
            volatile double q = x[i] / y[i], untouched;
            memset((void *)&untouched, 0x55, sizeof untouched);
            CHECK(!memcmp(&z[i], i < n ? (void *)&q : (void *)&untouched, 8));
        }
        CHECK(got.x == (uintptr_t)(x + n) && got.y == (uintptr_t)(y + n) && got.z == (uintptr_t)(z + n));
        CHECK(!memcmp(got.last, &y[n - 1], 8) && !memcmp(got.last + 1, &z[n - 1], 8));
    }
}

/* --- ways to end ------------------------------------------------------------------------------------ */

/* A loop of z[k] = -x[k] that goes on while `cond` holds of i and n, or of n and i, i going on by STEP. */
#ifdef __aarch64__
#define NEGATE(a, b, cond, step)                                                                      \
    "1: ldr s14, [%[x]], #4\nfneg s14, s14\n" step "str s14, [%[z]], #4\ncmp %w[" a "], %w[" b "]\nb." cond " 1b"
#define UP(step) "add %w[i], %w[i], #" step "\n"
#define DOWN(step) "sub %w[i], %w[i], #" step "\n"
#define SCRATCH "v14"
#else
#define NEGATE(a, b, cond, step)                                                                      \
    "1: vldmia %[x]!, {s14}\nvneg.f32 s14, s14\n" step "vstmia %[z]!, {s14}\ncmp %[" a "], %[" b "]\nb" cond " 1b"
#define UP(step) "add %[i], %[i], #" step "\n"
#define DOWN(step) "sub %[i], %[i], #" step "\n"
#define SCRATCH "s14"
#endif

/* LOOP(name, condition, of, and, type to compare as, operator, step) */
#define LOOPS                                                                                         \
    LOOP(lt, "lt", "i", "n", int32_t, <, UP("3"), 3) LOOP(le, "le", "i", "n", int32_t, <=, UP("1"), 1)  \
    LOOP(cc, "cc", "i", "n", uint32_t, <, UP("3"), 3) LOOP(ls, "ls", "i", "n", uint32_t, <=, UP("2"), 2) \
    LOOP(gt, "gt", "i", "n", int32_t, >, DOWN("3"), -3) LOOP(ge, "ge", "i", "n", int32_t, >=, DOWN("1"), -1) \
    LOOP(hi, "hi", "i", "n", uint32_t, >, DOWN("3"), -3)                                                \
    LOOP(cs, "cs", "i", "n", uint32_t, >=, DOWN("2"), -2)                                               \
    LOOP(ne, "ne", "i", "n", uint32_t, !=, UP("1"), 1)                                                  \
    LOOP(gt_up, "gt", "n", "i", int32_t, <, UP("3"), 3) LOOP(ge_up, "ge", "n", "i", int32_t, <=, UP("1"), 1) \
    LOOP(hi_up, "hi", "n", "i", uint32_t, <, UP("1"), 1) LOOP(cs_up, "cs", "n", "i", uint32_t, <=, UP("3"), 3) \
    LOOP(lt_down, "lt", "n", "i", int32_t, >, DOWN("1"), -1)                                            \
    LOOP(ls_down, "ls", "n", "i", uint32_t, >=, DOWN("3"), -3)

#define LOOP(name, cond, a, b, type, op, how, step)                                                   \
    static __attribute__((noinline)) uint32_t negate_##name(const float *x, float *z, uint32_t i, uint32_t n) \
    {                                                                                                 \
        __asm__ volatile(NEGATE(a, b, cond, how)                                                        \
                         : [x] "+r"(x), [z] "+r"(z), [i] "+r"(i) : [n] "r"(n) : "cc", "memory", SCRATCH); \
        return i;                                                                                       \
    }                                                                                                 \
    static int rounds_##name(uint32_t *i, uint32_t n)                                                   \
    {                                                                                                 \
        int k = 0;                                                                                      \
        do                                                                                              \
            *i += (uint32_t)(step);                                                                     \
        while (++k < ELEMENTS && (type)*i op (type)n);                                                  \
        return k;                                                                                       \
    }
LOOPS
#undef LOOP

static const struct {
    uint32_t (*loop)(const float *, float *, uint32_t, uint32_t);
    int (*rounds)(uint32_t *, uint32_t);
    int step;
} loops[] = {
#define LOOP(name, cond, a, b, type, op, how, step) {negate_##name, rounds_##name, step},
    LOOPS
};

static void end_once(unsigned which, uint32_t i, uint32_t n)
{
    static float x[ELEMENTS], z[ELEMENTS];
    uint32_t last = i;
    const int k = loops[which].rounds(&last, n);
    if (k >= ELEMENTS) /* too long for here */
        return;
    fill(x, sizeof x, 1);
    memset(z, 0x55, sizeof z);
    CHECK(loops[which].loop(x, z, i, n) == last);
    for (int e = 0; e < ELEMENTS; e++) {
        uint32_t is, was;
        memcpy(&is, &z[e], 4);
        memcpy(&was, &x[e], 4);
        CHECK(is == (e < k ? was ^ 0x80000000 : 0x55555555));
    }
}

/* With bounds where a counter would go beyond what is signed, or unsigned. */
static void ends(void)
{
    static const uint32_t bounds[] = {0, 7, 100, INT32_MAX - 1, INT32_MAX, (uint32_t)INT32_MIN + 1, UINT32_MAX - 2, 1};
    for (long again = scaled(16); again >= 0; again--)
        for (unsigned which = 0; which < sizeof loops / sizeof *loops; which++)
            for (unsigned b = 0; b < sizeof bounds / sizeof *bounds; b++)
                for (int away = -8; away < 60; away++)
                    end_once(which, bounds[b] - (uint32_t)(away * (loops[which].step < 0 ? -1 : 1)), bounds[b]);
}

/* --- faults ---------------------------------------------------------------------------------------- */

enum which { READS, UPDATES, WRITES, WHICH }; /* the access that faults */

static sigjmp_buf out_of_it;
static uintptr_t fault_at, fault_x, fault_y;
static bool come_back;
static char *closed;

static void handler(int sig, siginfo_t *info, void *context)
{
    const ucontext_t *uc = context;
    (void)sig;
    fault_at = (uintptr_t)info->si_addr;
    fault_x = REG(uc, 4);
    fault_y = REG(uc, 5);
    if (come_back)
        mprotect(closed, PAGE, PROT_READ | PROT_WRITE);
    else
        siglongjmp(out_of_it, 1);
}

/* The page behind what is read or written is closed after `n` elements. */
static void fault_once(enum which which, unsigned n)
{
    static float other[ELEMENTS], before[ELEMENTS], own[ELEMENTS];
    struct after got = {0}, want = {0};
    float *at = (float *)closed - n, *x = which == READS ? at : other, *y = which == READS ? other : at;
    const float a = 1.5f;
    mprotect(closed, PAGE, PROT_READ | PROT_WRITE);
    fill(at, 64 * sizeof *at, 0);
    fill(other, sizeof other, 0);
    memcpy(before, x, 64 * sizeof *x);
    memcpy(own, y, 64 * sizeof *y);
    mprotect(closed, PAGE, which == WRITES ? PROT_READ : PROT_NONE);
    fault_at = 0;
    if (!sigsetjmp(out_of_it, 1))
        axpy(x, y, y + 64, &a, &got);
    mprotect(closed, PAGE, PROT_READ | PROT_WRITE);
    axpy_slowly((char *)before, (char *)own, come_back ? 64 : n, a, &want);
    CHECK(fault_at == (uintptr_t)closed);
    CHECK(!memcmp(own, y, 64 * sizeof *y));
    CHECK(fault_y == (uintptr_t)(y + n));
    CHECK(fault_x == (uintptr_t)(x + n + (which != READS)));
    CHECK(!come_back || (got.x == (uintptr_t)(x + 64) && !memcmp(got.last, want.last, sizeof got.last)));
}

static void faults(bool back)
{
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    handle(SIGSEGV, handler, 0);
    come_back = back;
    closed = pages + PAGE;
    for (long k = scaled(3000); k >= 0; k--)
        fault_once((enum which)(k % WHICH), (unsigned)k / WHICH % 40);
}

#ifdef __aarch64__
/* What the whole of v15 is at a fault in the loop `y[i] = x[i] | v31`, of which the stores are one lane. */
static uint32_t whole[4];

static void whole_handler(int sig, siginfo_t *info, void *context)
{
    const ucontext_t *uc = context;
    const struct fpsimd_context *f = (const void *)uc->uc_mcontext.__reserved;
    (void)sig, (void)info;
    memcpy(whole, &f->vregs[15], sizeof whole);
    siglongjmp(out_of_it, 1);
}

static __attribute__((noinline)) void or_all(uint32_t *x, uint32_t *y, uint32_t *end, const uint32_t *v)
{
    __asm__ volatile("ldr q31, [%[v]]\n1: ldr s14, [%[x]], #4\norr v15.16b, v14.16b, v31.16b\n"
                     "str s15, [%[y]], #4\ncmp %[y], %[end]\nb.ne 1b"
                     : [x] "+r"(x), [y] "+r"(y) : [end] "r"(end), [v] "r"(v)
                     : "cc", "memory", "v14", "v15", "v31");
}

/* Lanes above the one that is stored are in no lane of the rounds that are done at once. */
static void whole_registers(void)
{
    static const uint32_t v[4] = {0x100, 0x11111111, 0x22222222, 0x33333333};
    static uint32_t y[ELEMENTS];
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    handle(SIGSEGV, whole_handler, 0);
    mprotect(pages + PAGE, PAGE, PROT_NONE);
    for (long k = scaled(2000); k >= 0; k--) {
        const unsigned n = 1 + (unsigned)k % 40;
        uint32_t *x = (uint32_t *)(pages + PAGE) - n;
        fill(x, 4 * n, 0);
        memset(whole, 0, sizeof whole);
        if (!sigsetjmp(out_of_it, 1))
            or_all(x, y, y + 64, v);
        CHECK(whole[0] == (x[n - 1] | v[0]) && !memcmp(whole + 1, v + 1, sizeof whole - 4));
    }
}
#endif

static void left(void) { faults(false); }
static void mended(void) { faults(true); }

int main(void)
{
    run("distances", by_elements);
#ifdef __aarch64__
    run("distances in bytes", by_bytes);
#endif
    run("NaNs", by_nans);
    run("doubles", quotients);
    run("ways to end", ends);
    run("faults", left);
    run("faults that are mended", mended);
#ifdef __aarch64__
    run("whole registers", whole_registers);
#endif
    return check_failures != 0;
}
