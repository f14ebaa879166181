/* SPDX-License-Identifier: MIT */
/*
 * Loops that look for something, of which the translator may do several rounds at once: all registers and
 * flags behind them, and in a signal handler where one faults, with what is looked for at every distance
 * and at ends of pages.  The expected state is that of models in C, written after the manual, which go one
 * round at a time.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "check.h"
#include "random.h"

enum { PAGE = 4096, PAGES = 3, REGS = 8 };

struct state {
    uintptr_t r[REGS];
    uint32_t nzcv, ge; /* bits 31..28 as in PSTATE; a mask of bytes */
};

static char *memory, *closed; /* pages, and the closed one behind them */
static bool is_closed;
static uintptr_t want_fault;

/* --- models ---------------------------------------------------------------------------------------- */

/* d = what is at a, or the model returns true: the access faults. */
#define LOAD(d, type, a)                                                                              \
    do {                                                                                              \
        type loaded_;                                                                                 \
        if (is_closed && (uintptr_t)(a) + sizeof(type) > (uintptr_t)closed) {                         \
            want_fault = (uintptr_t)(a) < (uintptr_t)closed ? (uintptr_t)closed : (uintptr_t)(a);       \
            return true;                                                                              \
        }                                                                                             \
        memcpy(&loaded_, (void *)(uintptr_t)(a), sizeof loaded_);                                     \
        (d) = loaded_;                                                                                \
    } while (0)

enum { N = 8, Z = 4, C = 2, V = 1 };

static void logical(struct state *s, uint32_t d)
{
    const uint32_t nz = (d >> 31 ? N : 0) | (d ? 0 : Z);
#ifdef __aarch64__
    s->nzcv = nz << 28;
#else
    s->nzcv = (s->nzcv & UINT32_C(0x30000000)) | nz << 28;
#endif
}

static void compare(struct state *s, uint32_t a, uint32_t b)
{
    const uint32_t d = a - b;
    s->nzcv = ((d >> 31 ? N : 0u) | (d ? 0 : Z) | (a >= b ? C : 0) | (((a ^ b) & (a ^ d)) >> 31 ? V : 0)) << 28;
}

static bool flag(const struct state *s, unsigned f) { return s->nzcv >> 28 & f; }

static bool model_zero_byte(struct state *s)
{
    do {
        LOAD(s->r[3], uint8_t, s->r[0]);
        s->r[0]++;
        compare(s, (uint32_t)s->r[3], 0);
    } while (!flag(s, Z));
    return false;
}

static bool model_byte_or_zero(struct state *s)
{
    do {
        LOAD(s->r[3], uint8_t, s->r[0]);
        s->r[0]++;
        compare(s, (uint32_t)s->r[3], (uint32_t)s->r[5]);
        if (!flag(s, Z))
            compare(s, (uint32_t)s->r[3], 0);
    } while (!flag(s, Z));
    return false;
}

static bool model_two_strings(struct state *s)
{
    do {
        LOAD(s->r[3], uint8_t, s->r[0]);
        s->r[0]++;
        LOAD(s->r[4], uint8_t, s->r[1]);
        s->r[1]++;
        compare(s, (uint32_t)s->r[3], 0);
        if (flag(s, Z))
            break;
        compare(s, (uint32_t)s->r[3], (uint32_t)s->r[4]);
    } while (flag(s, Z));
    return false;
}

static bool model_halfwords_counted(struct state *s)
{
    do {
        LOAD(s->r[3], uint16_t, s->r[0]);
        s->r[0] += 2;
        compare(s, (uint32_t)s->r[3], (uint32_t)s->r[5]);
        if (flag(s, Z))
            break;
        compare(s, (uint32_t)s->r[2], 1);
        s->r[2] = (uint32_t)s->r[2] - 1;
    } while (!flag(s, Z));
    return false;
}

/* Words of which none has a zero byte (r6 = 0x01010101, r7 = 0x80808080). */
static bool model_word_at_a_time(struct state *s)
{
    do {
        LOAD(s->r[3], uint32_t, s->r[0]);
        s->r[0] += 4;
        s->r[4] = (uint32_t)s->r[3] - (uint32_t)s->r[6];
        s->r[4] &= ~s->r[3];
        s->r[4] &= s->r[7];
        logical(s, (uint32_t)s->r[4]);
    } while (flag(s, Z));
    return false;
}

static bool holds(const struct state *s, const char *cond)
{
    static const char names[] = "eqnecsccmiplvsvchilsgeltgtle";
    const unsigned k = (unsigned)(strstr(names, cond) - names) / 2;
    const bool n = flag(s, N), z = flag(s, Z), c = flag(s, C), v = flag(s, V);
    const bool by[] = {z, c, n, v, c && !z, n == v, n == v && !z};
    return by[k / 2] != (k & 1);
}

/* Every third word, until cond holds of it and r5. */
static bool words_until(struct state *s, const char *cond)
{
    do {
        LOAD(s->r[3], uint32_t, s->r[0]);
        s->r[0] += 12;
        compare(s, (uint32_t)s->r[3], (uint32_t)s->r[5]);
    } while (!holds(s, cond));
    return false;
}

#define CONDS COND(eq) COND(ne) COND(cs) COND(cc) COND(mi) COND(pl) COND(hi) COND(ls) COND(ge) COND(lt) COND(gt) COND(le)
#define COND(c) static bool model_##c(struct state *s) { return words_until(s, #c); }
CONDS
#undef COND

#ifndef __aarch64__
static uint32_t uqsub8(uint32_t a, uint32_t b)
{
    uint32_t d = 0;
    for (int k = 0; k < 32; k += 8)
        if ((a >> k & 255) > (b >> k & 255))
            d |= ((a >> k & 255) - (b >> k & 255)) << k;
    return d;
}

static uint32_t uadd8(struct state *s, uint32_t a, uint32_t b)
{
    uint32_t d = 0;
    s->ge = 0;
    for (int k = 0; k < 32; k += 8) {
        const uint32_t sum = (a >> k & 255) + (b >> k & 255);
        d |= (sum & 255) << k;
        s->ge |= sum > 255 ? 255u << k : 0;
    }
    return d;
}

static uint32_t sel(const struct state *s, uint32_t a, uint32_t b) { return (a & s->ge) | (b & ~s->ge); }

/* r6 = 0x01010101, r1 what is looked for, r2 and r3 the first words. */
static bool model_pairs_by_uqsub8(struct state *s)
{
    for (;;) {
        s->r[4] = uqsub8(s->r[6], s->r[2]);
        s->r[7] = s->r[2] ^ s->r[1];
        s->r[5] = uqsub8(s->r[6], s->r[3]);
        s->r[7] = uqsub8(s->r[6], s->r[7]);
        s->r[4] |= s->r[7];
        s->r[7] = uqsub8(s->r[6], s->r[3] ^ s->r[1]);
        s->r[5] |= s->r[7];
        s->r[7] = s->r[4] | s->r[5];
        logical(s, s->r[7]);
        if (s->r[7])
            return false;
        uint64_t two;
        LOAD(two, uint64_t, s->r[0]);
        s->r[0] += 8;
        s->r[2] = (uint32_t)two;
        s->r[3] = (uint32_t)(two >> 32);
    }
}

/* Two pairs a round; r5 and r6 are selected of. */
static bool model_pairs_by_uadd8(struct state *s)
{
    for (unsigned k = 0;; k ^= 8) {
        uint64_t two;
        LOAD(two, uint64_t, s->r[0] + k);
        s->r[2] = (uint32_t)two;
        s->r[3] = (uint32_t)(two >> 32);
        s->r[0] += k * 2;
        uadd8(s, s->r[2], s->r[6]);
        s->r[2] = sel(s, s->r[5], s->r[6]);
        uadd8(s, s->r[3], s->r[6]);
        s->r[3] = sel(s, s->r[2], s->r[6]);
        compare(s, s->r[3], 0);
        if (s->r[3])
            return false;
    }
}
#endif

/* --- loops ----------------------------------------------------------------------------------------- */

/* loop_NAME(s): with the registers of s, and back. */
#ifdef __aarch64__
#define LOOP(name, text)                                                                              \
    void loop_##name(struct state *);                                                                   \
    __asm__(".text\n.p2align 4\nloop_" #name ": mov x8, x0\nldr w9, [x8, #64]\nmsr nzcv, x9\n"            \
            "ldp x0, x1, [x8]\nldp x2, x3, [x8, #16]\nldp x4, x5, [x8, #32]\nldp x6, x7, [x8, #48]\n1: " text \
            "\n2: stp x0, x1, [x8]\nstp x2, x3, [x8, #16]\nstp x4, x5, [x8, #32]\nstp x6, x7, [x8, #48]\n"  \
            "mrs x9, nzcv\nstr w9, [x8, #64]\nret\n");
LOOP(zero_byte, "ldrb w3, [x0], #1\ncmp w3, #0\nb.ne 1b")
LOOP(byte_or_zero, "ldrb w3, [x0], #1\ncmp w3, w5\nb.eq 2f\ncmp w3, #0\nb.ne 1b")
LOOP(two_strings, "ldrb w3, [x0], #1\nldrb w4, [x1], #1\ncmp w3, #0\nb.eq 2f\ncmp w3, w4\nb.eq 1b")
LOOP(halfwords_counted, "ldrh w3, [x0], #2\ncmp w3, w5\nb.eq 2f\nsubs w2, w2, #1\nb.ne 1b")
LOOP(word_at_a_time, "ldr w3, [x0], #4\nsub w4, w3, w6\nbic w4, w4, w3\nands w4, w4, w7\nb.eq 1b")
#define UNTIL(c) LOOP(c, "ldr w3, [x0], #12\ncmp w3, w5\nb." #c " 2f\nb 1b")
#else
#define LOOP(name, text)                                                                              \
    void loop_##name(struct state *);                                                                   \
    __asm__(".text\n.syntax unified\n.p2align 4\n" MODE ".type loop_" #name ", %function\nloop_" #name ":\n"  \
            "push {r4-r9, lr}\nmov r8, r0\nldr r9, [r8, #32]\nmsr apsr_nzcvq, r9\nldr r1, [r8, #36]\n"     \
            "mvn r9, #0\nuadd8 r1, r1, r9\nldmia r8, {r0-r7}\n1: " text                                   \
            "\n2: stmia r8, {r0-r7}\nmrs r0, apsr\nmvn r1, #0\nmov r2, #0\nsel r1, r1, r2\n"               \
            "str r0, [r8, #32]\nstr r1, [r8, #36]\npop {r4-r9, pc}\n");
#ifdef __thumb__
#define MODE ".thumb\n.thumb_func\n"
#else
#define MODE ".arm\n"
#endif
LOOP(zero_byte, "ldrb r3, [r0], #1\ncmp r3, #0\nbne 1b")
LOOP(byte_or_zero, "ldrb r3, [r0], #1\ncmp r3, r5\nit ne\ncmpne r3, #0\nbne 1b")
LOOP(two_strings, "ldrb r3, [r0], #1\nldrb r4, [r1], #1\ncmp r3, #0\nbeq 2f\ncmp r3, r4\nbeq 1b")
LOOP(halfwords_counted, "ldrh r3, [r0], #2\ncmp r3, r5\nbeq 2f\nsubs r2, r2, #1\nbne 1b")
LOOP(word_at_a_time, "ldr r3, [r0], #4\nsub r4, r3, r6\nbic r4, r4, r3\nands r4, r4, r7\nbeq 1b")
LOOP(pairs_by_uqsub8, "uqsub8 r4, r6, r2\neor r7, r2, r1\nuqsub8 r5, r6, r3\nuqsub8 r7, r6, r7\n"
                      "orr r4, r4, r7\neor r7, r3, r1\nuqsub8 r7, r6, r7\norr r5, r5, r7\norrs r7, r4, r5\n"
                      "it eq\nldrdeq r2, r3, [r0], #8\nbeq 1b")
LOOP(pairs_by_uadd8, "ldrd r2, r3, [r0]\nuadd8 r2, r2, r6\nsel r2, r5, r6\nuadd8 r3, r3, r6\nsel r3, r2, r6\n"
                     "cmp r3, #0\nbne 2f\nldrd r2, r3, [r0, #8]\nadd r0, r0, #16\nuadd8 r2, r2, r6\n"
                     "sel r2, r5, r6\nuadd8 r3, r3, r6\nsel r3, r2, r6\ncmp r3, #0\nbeq 1b")
#define UNTIL(c) LOOP(c, "ldr r3, [r0], #12\ncmp r3, r5\nb" #c " 2f\nb 1b")
#endif
#define COND(c) UNTIL(c)
CONDS
#undef COND

/* --- what they look at ----------------------------------------------------------------------------- */

enum look_for { A_BYTE, A_DIFFERENCE, A_HALFWORD, A_ZERO, A_WORD };

static const struct loop {
    const char *name;
    bool (*model)(struct state *);
    void (*loop)(struct state *);
    enum look_for what;
    unsigned align;
} loops[] = {
#define ROW(name, what, align) {#name, model_##name, loop_##name, what, align},
    ROW(zero_byte, A_BYTE, 1) ROW(byte_or_zero, A_BYTE, 1) ROW(two_strings, A_DIFFERENCE, 1)
    ROW(halfwords_counted, A_HALFWORD, 2) ROW(word_at_a_time, A_ZERO, 4)
#ifndef __aarch64__
    ROW(pairs_by_uqsub8, A_ZERO, 4) ROW(pairs_by_uadd8, A_ZERO, 4)
#endif
#define COND(c) ROW(c, A_WORD, 4)
    CONDS
#undef COND
};

/* A word that the condition holds of, or not. */
static uint32_t word_of(const char *cond, uint32_t r5, bool hit)
{
    for (;;) {
        const uint32_t near[] = {r5, r5 - 1, r5 + 1, r5 ^ 0x80000000, next()};
        struct state s = {.nzcv = 0};
        const uint32_t w = near[next() % 5];
        compare(&s, w, r5);
        if (holds(&s, cond) == hit)
            return w;
    }
}

static void fill(const struct loop *l, uint32_t r5, char *p, size_t bytes, bool hit)
{
    const bool alike = next() & 1;
    const uint32_t first = l->what == A_WORD ? word_of(l->name, r5, hit) : 0;
    for (size_t k = 0; k < bytes; k += 4) {
        uint32_t w = hit ? 0 : (next() & 0x6f6f6f6f) | 0x10101010;
        if (l->what == A_WORD)
            w = alike ? first : word_of(l->name, r5, hit);
        else if (l->what == A_HALFWORD && hit)
            w = r5 << 16 | r5;
        memcpy(p + k, &w, 4);
    }
}

static uint32_t looked_for; /* r5 of loops over words */
static char plain[PAGES * PAGE]; /* nothing is found there */

/* Memory and registers for a run from `start` on that hits `distance` bytes further on, if not before. */
static void prepare(const struct loop *l, struct state *s, char *start, size_t distance, bool odd)
{
    char *at = start + distance;
    for (int k = 0; k < REGS; k++)
        s->r[k] = next();
    s->nzcv = next() & UINT32_C(0xf0000000);
    s->ge = 0;
    for (int k = 0; k < 32; k += 8)
        s->ge |= next() & 1 ? 255u << k : 0;
    s->r[0] = (uintptr_t)start;
    s->r[2] = l->what == A_HALFWORD ? 1 + next() % 4000 : (next() & 0x6f6f6f6f) | 0x10101010;
    s->r[3] = (next() & 0x6f6f6f6f) | 0x10101010;
    s->r[5] = looked_for;
    s->r[6] = 0x01010101;
    s->r[7] = 0x80808080;
    if (!strcmp(l->name, "pairs_by_uqsub8"))
        s->r[1] = 0x80808080;
    if (!strcmp(l->name, "pairs_by_uadd8")) {
        s->r[6] = odd ? next() : UINT32_MAX;
        s->r[5] = odd ? next() : 0;
    }
    memcpy(memory, plain, sizeof plain);
    if (l->what == A_DIFFERENCE) {
        char *other = memory + next() % PAGE;
        s->r[1] = (uintptr_t)other;
        if (start > other)
            memcpy(other, start, (size_t)(closed - start) < PAGE ? (size_t)(closed - start) : PAGE);
        else
            s->r[1] = (uintptr_t)start;
    }
    if (at + 4 <= closed) {
        if (l->what == A_WORD || l->what == A_HALFWORD)
            fill(l, looked_for, at, 4, true);
        else
            *at = next() & 1 ? 0 : 0x80;
    }
}

/* --- runs ------------------------------------------------------------------------------------------ */

static struct state seen;
static uintptr_t seen_fault;

/* Notes the state and opens the page. */
static void handler(int sig, siginfo_t *info, void *context)
{
    const ucontext_t *uc = context;
    (void)sig;
    seen_fault = (uintptr_t)info->si_addr;
#ifdef __aarch64__
    for (int k = 0; k < REGS; k++)
        seen.r[k] = uc->uc_mcontext.regs[k];
    seen.nzcv = (uint32_t)uc->uc_mcontext.pstate;
#else
    for (int k = 0; k < REGS; k++)
        seen.r[k] = (&uc->uc_mcontext.arm_r0)[k];
    seen.nzcv = (uint32_t)uc->uc_mcontext.arm_cpsr;
    seen.ge = 0;
    for (int k = 0; k < 4; k++)
        seen.ge |= uc->uc_mcontext.arm_cpsr >> (16 + k) & 1 ? 255u << 8 * k : 0;
#endif
    mprotect(closed, PAGE, PROT_READ | PROT_WRITE);
}

static bool same(const struct state *got, const struct state *want)
{
#ifndef __aarch64__
    if (got->ge != want->ge)
        return false;
#endif
    return !memcmp(got->r, want->r, sizeof got->r) && !((got->nzcv ^ want->nzcv) >> 28);
}

static void run_once(const struct loop *l, char *start, size_t distance, bool odd)
{
    struct state got, want;
    mprotect(closed, PAGE, PROT_READ | PROT_WRITE);
    prepare(l, &want, start, distance, odd);
    got = want;
    mprotect(closed, PAGE, PROT_NONE);
    seen_fault = want_fault = 0;
    is_closed = true;
    if (l->model(&want)) {
        struct state at_fault = want;
        is_closed = false;
        mprotect(closed, PAGE, PROT_READ | PROT_WRITE);
        want = got;
        l->model(&want);
        mprotect(closed, PAGE, PROT_NONE);
        l->loop(&got);
        CHECK(same(&seen, &at_fault));
    } else {
        l->loop(&got);
    }
    CHECK(seen_fault == want_fault);
    CHECK(same(&got, &want));
}

static void runs(const struct loop *l)
{
    memory = mmap(NULL, (PAGES + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    closed = memory + PAGES * PAGE;
    looked_for = l->what == A_WORD ? 2 + next() % UINT32_C(0xfffffff0) : l->what == A_HALFWORD ? 0x81f3 : 0x80;
    fill(l, looked_for, closed, PAGE, true);
    handle(SIGSEGV, handler, 0);
    for (long k = scaled(1600) / 32 * 32; k >= 0; k--) {
        const size_t room = k % 4 ? 1 + next() % 300 : 1 + next() % (PAGES * PAGE - 8);
        const size_t from = room / l->align * l->align;
        const size_t distance = k % 3 ? next() % 300 : next() % (PAGES * PAGE);
        if (k % 32 == 0)
            fill(l, looked_for, plain, sizeof plain, false);
        run_once(l, closed - from, distance / l->align * l->align, false);
        if (k % 8 == 0) /* any operands: found at once, mostly */
            run_once(l, closed - from, distance / l->align * l->align, k % 16 == 0 && distance < from);
    }
}

static const struct loop *now;
static void run_now(void) { runs(now); }

int main(void)
{
    for (now = loops; now < loops + sizeof loops / sizeof *loops; now++)
        run(now->name, run_now);
    return check_failures != 0;
}
