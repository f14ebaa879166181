/* SPDX-License-Identifier: MIT */
/*
 * Conditional instructions that the guest mostly skips, and then does not: copies of one function are made
 * hot with arguments that skip some of them, so that lines along the guest's way (tcg/run/trace.c) leave
 * them out; then come other arguments, faults inside of an IT block whose instructions find their state
 * exact, and skipped code that changes.  What the function does is said once more in C.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "check.h"

enum { COPIES = 24, COPY_BYTES = 256, ROUNDS = 400 };

/* r0 sel, r1 p, r2 q.  The callee adds 5 to r3. */
extern const char copies[];
#ifdef __thumb__
#define MODE ".thumb\n"
#else
#define MODE ".arm\n"
#endif
__asm__(".text\n"
        ".syntax unified\n" MODE
        ".balign 256\n"
        "copies:\n"
        ".rept 24\n"
        ".balign 256\n"
        "push {r4, r5, r6, lr}\n"
        "mov r6, r0\n"
        "movs r3, #0\n"
        "movs r4, #16\n"
        "cmp r0, #4\n"
        "ittt hi\n"
        "ldrhi r4, [r1]\n"
        "addhi r3, r3, r4\n"
        "strhi r3, [r1]\n"
        "lsls r5, r0, #31\n"
        "ite eq\n"
        "ldreq r5, [r2]\n"
        "ldrne r5, [r1, #4]\n"
        "add r3, r3, r5\n"
        "lsls r5, r6, #30\n"
        "it mi\n"
        "strmi r3, [r2, #4]\n"
        "it cs\n"
        "blcs 3f\n"
        "cmp r3, r6\n"
        "bne 1f\n"
        "add r3, r3, #7\n"
        "1: cmp r6, #6\n"
        "mov r0, r3\n"
        "it eq\n"
        "popeq {r4, r5, r6, pc}\n"
        "2: subs r6, r6, #3\n"
        "itt pl\n"
        "addpl r0, r0, #9\n"
        "bpl 2b\n"
        "pop {r4, r5, r6, pc}\n"
        "3: add r3, r3, #5\n"
        "bx lr\n"
        ".endr\n");

/* What comes behind the first block of three; r: r3. */
static uint32_t rest(uint32_t sel, uint32_t r, const uint32_t *p, uint32_t *q)
{
    r += sel & 1 ? p[1] : *q;
    if (sel & 1 << 1)
        q[1] = r;
    if (sel & 1 << 2)
        r += 5;
    if (r == sel)
        r += 7;
    if (sel == 6)
        return r;
    for (int32_t left = (int32_t)sel - 3; left >= 0; left -= 3)
        r += 9;
    return r;
}

static uint32_t model(uint32_t sel, uint32_t *p, uint32_t *q)
{
    uint32_t r = 0;
    if (sel > 4) {
        r += *p;
        *p = r;
    }
    return rest(sel, r, p, q);
}

typedef uint32_t fn(uint32_t sel, uint32_t *p, uint32_t *q);

static uint32_t *memory;  /* a page that cannot be touched, one that can only be read, one that is whole */
static uint32_t seed = 1;
static uint32_t random32(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static fn *copy(const char *base, unsigned k)
{
    uintptr_t at = (uintptr_t)base + k * COPY_BYTES;
#ifdef __thumb__
    at |= 1;
#endif
    return (fn *)at;
}

/* One call, compared with the model. */
static void call(fn *f, uint32_t sel)
{
    uint32_t p[2] = {random32() % 8, random32() % 8}, q[2] = {random32() % 8, random32() % 8};
    uint32_t p2[2] = {p[0], p[1]}, q2[2] = {q[0], q[1]};
    const uint32_t expected = model(sel, p2, q2), is = f(sel, p, q);
    CHECK(is == expected);
    CHECK(!memcmp(p, p2, sizeof p) && !memcmp(q, q2, sizeof q));
}

static void heat(fn *f, uint32_t sel)
{
    for (int n = 0; n < ROUNDS; n++)
        call(f, sel);
}

static void others_than_hot(void)
{
    for (unsigned k = 0; k < COPIES; k++) {
        heat(copy(copies, k), k % 12);
        for (int n = 0; n < ROUNDS; n++)
            call(copy(copies, k), random32() % 12);
        heat(copy(copies, k), (k + 5) % 12);
        for (int n = 0; n < ROUNDS; n++)
            call(copy(copies, k), random32() % 12);
    }
}

/* --- faults ----------------------------------------------------------------------------------------- */

/* What the next fault is to find; good: what its base register becomes. */
static struct { uint32_t sel, insn, it, r3, *good; int base; } next;
static volatile int faults;

/* The word, without its condition; Thumb: the halfword. */
static uint32_t insn_at(const mcontext_t *m)
{
#ifdef __thumb__
    return *(const uint16_t *)(uintptr_t)m->arm_pc;
#else
    return *(const uint32_t *)(uintptr_t)m->arm_pc & 0x0fffffff;
#endif
}

static void fault(int sig, siginfo_t *info, void *context)
{
    mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
    const uint32_t it = (m->arm_cpsr >> 25 & 3) | (m->arm_cpsr >> 8 & 0xfc);
    (void)sig, (void)info;
    faults++;
    if (faults > 1 || insn_at(m) != next.insn || it != next.it || m->arm_r3 != next.r3 ||
        m->arm_r6 != next.sel || (!!(m->arm_cpsr & 1 << 5) != !!next.it)) {
        printf("not ok fault - insn %x it %x r3 %x r6 %x, expected %x %x %x %x\n", insn_at(m), it,
               (unsigned)m->arm_r3, (unsigned)m->arm_r6, next.insn, next.it, next.r3, next.sel);
        fflush(stdout);
        _exit(1);
    }
    *(next.base == 1 ? &m->arm_r1 : &m->arm_r2) = (uint32_t)(uintptr_t)next.good;
}

#ifdef __thumb__
#define INSN(arm, thumb, it) thumb, it
#else
#define INSN(arm, thumb, it) arm, 0
#endif

/* Base 1 (p) or 2 (q) is bad; true: that faults, and next says how. */
static int expect(uint32_t sel, int base, const uint32_t *p, const uint32_t *q, int read_only)
{
    static const struct { uint32_t insn, it; } place[5] = {
        {INSN(0x05914000, 0x680c, 0x82)}, {INSN(0x05813000, 0x600b, 0x88)},
        {INSN(0x05925000, 0x6815, 0x0c)}, {INSN(0x05915004, 0x684d, 0x18)},
        {INSN(0x05823004, 0x6053, 0x48)}};
    int at;
    uint32_t r3 = sel > 4 ? *p : 0;
    if (base == 1 && sel > 4) {
        at = read_only;
        r3 = read_only ? r3 : 0;
    } else if (base == 1 && sel & 1 && !read_only) {
        at = 3;
    } else if (base == 2 && !(sel & 1) && !read_only) {
        at = 2;
    } else if (base == 2 && sel & 2) {
        at = 4;
        r3 += sel & 1 ? p[1] : *q;
    } else {
        return 0;
    }
    next.sel = sel;
    next.insn = place[at].insn & 0x0fffffff;
    next.it = place[at].it;
    next.r3 = r3;
    next.base = base;
    return 1;
}

static void faulting_call(fn *f, uint32_t sel, int base, int read_only)
{
    uint32_t good_p[2] = {3, 4}, good_q[2] = {5, 6};
    uint32_t *p = good_p, *q = good_q, p2[2] = {3, 4}, q2[2] = {5, 6};
    uint32_t *bad = read_only ? memory + 1024 : memory;
    const uint32_t expected = model(sel, p2, q2);
    const int faults_now = expect(sel, base, good_p, good_q, read_only);
    next.good = base == 1 ? good_p : good_q;
    *(base == 1 ? &p : &q) = bad;
    faults = 0;
    CHECK(!faults_now || !read_only || (mprotect(memory + 1024, 4096, PROT_READ | PROT_WRITE) == 0 &&
                                         memcpy(bad, next.good, 8) == bad &&
                                         mprotect(memory + 1024, 4096, PROT_READ) == 0));
    if (!faults_now && read_only)
        return;
    CHECK(f(sel, p, q) == expected);
    CHECK(faults == faults_now);
    CHECK(!faults_now || (!memcmp(good_p, p2, sizeof p2) && !memcmp(good_q, q2, sizeof q2)));
}

static void faults_behind_what_was_skipped(void)
{
    struct sigaction act = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
    memory = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED && sigaction(SIGSEGV, &act, NULL) == 0);
    for (unsigned k = 0; k < COPIES; k++)
        for (uint32_t sel = 0; sel < 12; sel++) {
            heat(copy(copies, k), (k + sel) % 12);
            for (int way = 0; way < 4; way++)
                faulting_call(copy(copies, k), sel, 1 + (way & 1), way >> 1);
        }
}

/* --- code that changes --------------------------------------------------------------------------------- */

/* A32: the second of three instructions under HI gets the condition LS; Thumb: the third of the block is for
 * LS (ITTT HI becomes ITTE).  Both lie in what a line along the way of a small `sel` leaves out or peeks at. */
static void change(char *f)
{
#ifdef __thumb__
    for (uint16_t *at = (uint16_t *)(void *)f; at < (uint16_t *)(void *)(f + 64); at++)
        if (*at == 0xbf82) {
            *at = 0xbf86;
            break;
        }
#else
    for (uint32_t *at = (uint32_t *)(void *)f; at < (uint32_t *)(void *)(f + 64); at++)
        if (*at == 0x80833004) {
            *at = 0x90833004;
            break;
        }
#endif
    __builtin___clear_cache(f, f + COPY_BYTES);
}

/* As model(), of changed code. */
static uint32_t changed_model(uint32_t sel, uint32_t *p, uint32_t *q)
{
    const uint32_t p0 = *p;
    uint32_t r = sel > 4 ? p0 : 0;
#ifdef __thumb__
    if (sel <= 4)
        *p = 0;
#else
    r = sel > 4 ? 0 : 16; /* ADDLS */
    if (sel > 4)
        *p = 0;
#endif
    return rest(sel, r, p, q);
}

static void skipped_code_changes(void)
{
    char *code = mmap(NULL, COPIES * COPY_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(code != MAP_FAILED);
    memcpy(code, copies, COPIES * COPY_BYTES);
    __builtin___clear_cache(code, code + COPIES * COPY_BYTES);
    for (unsigned k = 0; k < COPIES; k++) {
        fn *f = copy(code, k);
        heat(f, k % 12);
        change(code + k * COPY_BYTES);
        for (int n = 0; n < 2 * ROUNDS; n++) {
            const uint32_t sel = n < ROUNDS ? k % 12 : random32() % 12;
            uint32_t p[2] = {1, 2}, q[2] = {3, 4}, p2[2] = {1, 2}, q2[2] = {3, 4};
            const uint32_t expected = changed_model(sel, p2, q2);
            CHECK(f(sel, p, q) == expected);
            CHECK(!memcmp(p, p2, sizeof p) && !memcmp(q, q2, sizeof q));
        }
    }
}

int main(void)
{
    run("others than the hot way", others_than_hot);
    run("faults behind what was skipped", faults_behind_what_was_skipped);
    run("skipped code changes", skipped_code_changes);
    return finish();
}
