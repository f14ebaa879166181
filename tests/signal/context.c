/* SPDX-License-Identifier: MIT */
/* The context that a handler sees at a fault, and what it changes there. */
#define _GNU_SOURCE
#include "check.h"

#include <asm/sigcontext.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

static struct {
    int count, sig, code;
    uint64_t address, pc, regs[31], sp, pstate, esr;
    struct fpsimd_context fp;
    int has_fp, has_esr;
} seen;

static void look(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    uint8_t *p = uc->uc_mcontext.__reserved;
    seen.count++;
    seen.sig = sig;
    seen.code = info->si_code;
    seen.address = (uintptr_t)info->si_addr;
    seen.pc = uc->uc_mcontext.pc;
    seen.sp = uc->uc_mcontext.sp;
    seen.pstate = uc->uc_mcontext.pstate;
    memcpy(seen.regs, uc->uc_mcontext.regs, sizeof seen.regs);
    for (;;) {
        struct _aarch64_ctx *record = (void *)p;
        if (!record->magic)
            break;
        if (record->magic == FPSIMD_MAGIC) {
            memcpy(&seen.fp, record, sizeof seen.fp);
            /* Changed here, seen by the program afterwards. */
            ((struct fpsimd_context *)record)->vregs[5] = 0x1234567890abcdef;
            ((struct fpsimd_context *)record)->fpsr = 0x08000010;
            seen.has_fp = 1;
        } else if (record->magic == ESR_MAGIC) {
            seen.esr = ((struct esr_context *)record)->esr;
            seen.has_esr = 1;
        }
        p += record->size;
    }
    uc->uc_mcontext.pc += 4;
    uc->uc_mcontext.regs[3] = 0xdead;
    uc->uc_mcontext.pstate ^= 0xf0000000;
}

/* Loads x2..x27, v0..v31, NZCV and FPSR with a pattern, executes the instruction, and stores what
 * is there afterwards. */
struct state {
    uint64_t x[31];   /* x0..x30; x18..x28 as the compiler leaves them not compared */
    uint64_t nzcv, fpsr, pad;
    __uint128_t v[32];
};

#define LOADV(n) "ldr q" #n ", [x1, #(272 + 16 * " #n ")]\n"
#define STOREV(n) "str q" #n ", [x30, #(272 + 16 * " #n ")]\n"
#define V32(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15) \
    M(16) M(17) M(18) M(19) M(20) M(21) M(22) M(23) M(24) M(25) M(26) M(27) M(28) M(29) M(30) M(31)

#define ROUTINE(name, instruction)                                                                  \
    void name(uint64_t address, struct state *s);                                                   \
    extern char name##_at[];                                                                        \
    __asm__(".text\n.align 4\n.globl " #name "\n" #name ":\n"                                                         \
            "stp x29, x30, [sp, #-176]!\n stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n"      \
            "stp x23, x24, [sp, #48]\n stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n"         \
            "stp d8, d9, [sp, #96]\n stp d10, d11, [sp, #112]\n stp d12, d13, [sp, #128]\n"         \
            "stp d14, d15, [sp, #144]\n str x1, [sp, #160]\n"                                       \
            "ldr x2, [x1, #248]\n msr nzcv, x2\n ldr x2, [x1, #256]\n msr fpsr, x2\n"               \
            V32(LOADV)                                       \
            "ldp x2, x3, [x1, #16]\n ldp x4, x5, [x1, #32]\n ldp x6, x7, [x1, #48]\n"               \
            "ldp x8, x9, [x1, #64]\n ldp x10, x11, [x1, #80]\n ldp x12, x13, [x1, #96]\n"           \
            "ldp x14, x15, [x1, #112]\n ldp x16, x17, [x1, #128]\n ldp x18, x19, [x1, #144]\n"      \
            "ldp x20, x21, [x1, #160]\n ldp x22, x23, [x1, #176]\n ldp x24, x25, [x1, #192]\n"      \
            "ldp x26, x27, [x1, #208]\n ldp x28, x29, [x1, #224]\n ldr x30, [x1, #240]\n"           \
            ".globl " #name "_at\n" #name "_at: " instruction "\n"                                  \
            "ldr x30, [sp, #160]\n" V32(STOREV)             \
            "stp x0, x1, [x30]\n"                                                                   \
            "stp x2, x3, [x30, #16]\n stp x4, x5, [x30, #32]\n stp x6, x7, [x30, #48]\n"            \
            "stp x8, x9, [x30, #64]\n stp x10, x11, [x30, #80]\n stp x12, x13, [x30, #96]\n"        \
            "stp x14, x15, [x30, #112]\n stp x16, x17, [x30, #128]\n stp x18, x19, [x30, #144]\n"   \
            "stp x20, x21, [x30, #160]\n stp x22, x23, [x30, #176]\n stp x24, x25, [x30, #192]\n"   \
            "stp x26, x27, [x30, #208]\n stp x28, x29, [x30, #224]\n"                               \
            "mrs x2, nzcv\n str x2, [x30, #248]\n mrs x2, fpsr\n str x2, [x30, #256]\n"             \
            "ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n"                                   \
            "ldp x23, x24, [sp, #48]\n ldp x25, x26, [sp, #64]\n ldp x27, x28, [sp, #80]\n"         \
            "ldp d8, d9, [sp, #96]\n ldp d10, d11, [sp, #112]\n ldp d12, d13, [sp, #128]\n"         \
            "ldp d14, d15, [sp, #144]\n ldp x29, x30, [sp], #176\n ret\n")

ROUTINE(do_load, "ldr x9, [x0]");
ROUTINE(do_store, "str x9, [x0]");
ROUTINE(do_pair, "ldp x9, x10, [x0]");
ROUTINE(do_pre, "ldr q7, [x0, #16]!");
ROUTINE(do_ld4, "ld4 {v1.16b-v4.16b}, [x0], #64");
ROUTINE(do_exclusive, "ldaxr x9, [x0]");
ROUTINE(do_brk, "brk #77");
ROUTINE(do_illegal, "udf #1");

static void pattern(struct state *s)
{
    uint64_t x = 88172645463325252u;
    uint64_t *words = (uint64_t *)s;
    for (unsigned k = 0; k < sizeof *s / 8; k++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        words[k] = x;
    }
    s->nzcv = 0x60000000;
    s->fpsr = 0x0800001f;
}

/* One fault: everything that the handler saw, and what the program finds afterwards. */
static void expect(void (*routine)(uint64_t, struct state *), uint64_t pc, uint64_t base, int sig,
                   int code, uint64_t address)
{
    struct state before, after;
    pattern(&before);
    after = before;
    memset(&seen, 0, sizeof seen);
    routine(base, &after);
    CHECK(seen.count == 1);
    CHECK(seen.sig == sig);
    CHECK(seen.code == code);
    CHECK(seen.address == address);
    CHECK(seen.pc == pc);
    CHECK(seen.regs[0] == base);
    CHECK(seen.regs[1] == (uintptr_t)&after);
    CHECK(!memcmp(seen.regs + 2, before.x + 2, 29 * 8));
    CHECK(seen.sp % 16 == 0 && seen.sp < (uintptr_t)&after);
    CHECK((seen.pstate & 0xf0000000) == 0x60000000);
    CHECK(seen.has_fp && !memcmp(seen.fp.vregs, before.v, sizeof before.v));
    CHECK(seen.fp.fpsr == 0x0800001f);
    CHECK(seen.fp.fpcr == 0);
    CHECK(after.x[0] == base);
    CHECK(after.x[3] == 0xdead);
    CHECK(after.x[2] == before.x[2] && !memcmp(after.x + 4, before.x + 4, 26 * 8));
    CHECK(after.nzcv == 0x90000000);
    CHECK(after.fpsr == 0x08000010);
    CHECK(after.v[5] == 0x1234567890abcdef);
    before.v[5] = after.v[5];
    CHECK(!memcmp(after.v, before.v, sizeof before.v));
}

static char *page(int prot)
{
    return mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void test_unmapped(void)
{
    handle(SIGSEGV, look, 0);
    char *p = page(PROT_NONE);
    munmap(p, 4096);
    uint64_t a = (uintptr_t)p + 128;
    expect(do_load, (uintptr_t)do_load_at, a, SIGSEGV, SEGV_MAPERR, a);
    CHECK(seen.has_esr && seen.esr >> 26 == 0x24 && !(seen.esr & 1 << 6));
    expect(do_store, (uintptr_t)do_store_at, a, SIGSEGV, SEGV_MAPERR, a);
    CHECK(seen.has_esr && seen.esr >> 26 == 0x24 && seen.esr & 1 << 6);
    expect(do_pair, (uintptr_t)do_pair_at, a, SIGSEGV, SEGV_MAPERR, a);
    expect(do_pre, (uintptr_t)do_pre_at, a, SIGSEGV, SEGV_MAPERR, a + 16);
    expect(do_ld4, (uintptr_t)do_ld4_at, a, SIGSEGV, SEGV_MAPERR, a);
    expect(do_exclusive, (uintptr_t)do_exclusive_at, a, SIGSEGV, SEGV_MAPERR, a);
    expect(do_load, (uintptr_t)do_load_at, 8, SIGSEGV, SEGV_MAPERR, 8);
}

static void test_read_only(void)
{
    handle(SIGSEGV, look, 0);
    uint64_t a = (uintptr_t)page(PROT_READ) + 64;
    expect(do_store, (uintptr_t)do_store_at, a, SIGSEGV, SEGV_ACCERR, a);
    CHECK(seen.esr & 1 << 6);
}

static void test_second_page(void)
{
    handle(SIGSEGV, look, 0);
    char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(p + 4096, 4096);
    uint64_t a = (uintptr_t)p + 4096 - 8;
    expect(do_pair, (uintptr_t)do_pair_at, a, SIGSEGV, SEGV_MAPERR, a + 8);
}

static void test_bus(void)
{
    handle(SIGBUS, look, 0);
    FILE *f = tmpfile();
    uint64_t a =
        (uintptr_t)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(f), 0) + 256;
    expect(do_load, (uintptr_t)do_load_at, a, SIGBUS, BUS_ADRERR, a);
}

static void test_trap(void)
{
    handle(SIGTRAP, look, 0);
    handle(SIGILL, look, 0);
    expect(do_brk, (uintptr_t)do_brk_at, 1, SIGTRAP, TRAP_BRKPT, (uintptr_t)do_brk_at);
    CHECK(seen.has_esr && seen.esr == (0x3cull << 26 | 1 << 25 | 77));
    expect(do_illegal, (uintptr_t)do_illegal_at, 1, SIGILL, ILL_ILLOPC, (uintptr_t)do_illegal_at);
}

static void test_unaligned_exclusive(void)
{
    handle(SIGBUS, look, 0);
    uint64_t a = (uintptr_t)page(PROT_READ | PROT_WRITE) + 3;
    expect(do_exclusive, (uintptr_t)do_exclusive_at, a, SIGBUS, BUS_ADRALN, a);
}

/* A jump into memory that is no code. */

static void go_back(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    seen.count++;
    seen.sig = sig;
    seen.code = info->si_code;
    seen.address = (uintptr_t)info->si_addr;
    seen.pc = uc->uc_mcontext.pc;
    uc->uc_mcontext.pc = uc->uc_mcontext.regs[30];
}

static void jump(uint64_t to, int sig, int code)
{
    memset(&seen, 0, sizeof seen);
    ((void (*)(void))to)();
    CHECK(seen.count == 1 && seen.sig == sig && seen.code == code);
    CHECK(seen.pc == to && seen.address == to);
}

static void test_fetch(void)
{
    handle(SIGSEGV, go_back, 0);
    handle(SIGBUS, go_back, 0);
    char *p = page(PROT_READ | PROT_WRITE);
    jump((uintptr_t)p, SIGSEGV, SEGV_ACCERR);
    munmap(p, 4096);
    jump((uintptr_t)p, SIGSEGV, SEGV_MAPERR);
    jump((uintptr_t)go_back + 2, SIGBUS, BUS_ADRALN);
}

int main(void)
{
    run("fault at unmapped memory", test_unmapped);
    run("fault at read-only memory", test_read_only);
    run("fault in the second half of a pair", test_second_page);
    run("fault beyond the end of a file", test_bus);
    run("BRK and undefined instructions", test_trap);
    run("unaligned exclusive", test_unaligned_exclusive);
    run("jump to what is no code", test_fetch);
    return finish();
}
