/* SPDX-License-Identifier: MIT */
/*
 * Instructions that do not complete: UNDEFINED encodings, exceptions, faults of accesses.  Printed
 * are the signal, its code, the address it names, and the registers that the handler sees: those
 * before the instruction, whatever it had already done.
 */
#include "insn.h"

/* Of the kernel's struct siginfo and struct ucontext (asm/sigcontext.h) what is needed. */
struct siginfo {
    int number, error, code, pad;
    u64 address;
};
struct ucontext {
    u64 flags, link, stack[3], mask[16];
    u64 fault_address __attribute__((aligned(16)));
    u64 regs[31], sp, pc, pstate;
};

static u32 code[16] __attribute__((aligned(64)));
static unsigned char two_pages[8192] __attribute__((aligned(4096)));
static unsigned seen_signal, seen_code;
static u64 seen_address, seen_pc, seen_flags, seen[31], resume;

static void handler(int number, struct siginfo *info, struct ucontext *uc)
{
    seen_signal = (unsigned)number;
    seen_code = number == 4 ? 0 : (unsigned)info->code; /* ILL_ILLOPC; the peer's differs */
    seen_address = info->address;
    seen_pc = uc->pc;
    seen_flags = uc->pstate >> 28;
    for (int k = 0; k < 31; k++) {
        seen[k] = uc->regs[k];
    }
    uc->pc = resume;
}

static void install(int number)
{
    struct {
        void (*fn)(int, struct siginfo *, struct ucontext *);
        u64 flags, restorer, mask;
    } action = {handler, 4, 0, 0};
    register long x8 __asm__("x8") = 134;
    register long x0 __asm__("x0") = number;
    register void *x1 __asm__("x1") = &action;
    register long x2 __asm__("x2") = 0;
    register long x3 __asm__("x3") = 8;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
}

/* An address as an offset from what it lies in. */
static u64 relative(u64 address)
{
    if (address - (u64)code < sizeof code) {
        return address - (u64)code;
    }
    if (address - (u64)two_pages < sizeof two_pages) {
        return 0x10000 + address - (u64)two_pages;
    }
    return address;
}

/*
 * Runs words[0..n) at `code`, after which the program goes on if none of them stopped it.  x0 = a,
 * x1 = b, x2.. = 0x200, 0x300, ...; NZCV = 0110.
 */
static void run(const char *name, const u32 *words, unsigned n, u64 a, u64 b, u64 start)
{
    begin(name);
    for (unsigned k = 0; k < n; k++) {
        code[k] = words[k];
        __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" : : "r"(code + k));
    }
    code[n] = 0xd61f0380; /* br x28 */
    __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" : : "r"(code + n));
    seen_signal = 0;
    register u64 x0 __asm__("x0") = a;
    register u64 x1 __asm__("x1") = b;
    register u64 x27 __asm__("x27") = (u64)code + start;
    register u64 *x26 __asm__("x26") = &resume;
    __asm__ volatile("mov x2, #0x200\n\tmov x3, #0x300\n\tmov x4, #0x400\n\tmov x5, #0x500\n\t"
                     "mov x6, #0x600\n\tmov x7, #0x700\n\tadr x28, 1f\n\tstr x28, [x26]\n\t"
                     "movz x8, #0x6000, lsl #16\n\tmsr nzcv, x8\n\tbr x27\n1:"
                     : "+r"(x0), "+r"(x1)
                     : "r"(x27), "r"(x26)
                     : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x28", "cc", "memory");
    if (seen_signal) {
        RESULT(seen_signal, seen_code, relative(seen_address), relative(seen_pc), seen_flags);
        for (int k = 0; k < 8; k++) {
            seen[k] = relative(seen[k]);
        }
        result(seen, 8);
    } else {
        RESULT(0);
    }
    end();
}

#define RUN(name, a, b, ...)                                                                     \
    run(name, (const u32[]){__VA_ARGS__}, sizeof((const u32[]){__VA_ARGS__}) / 4, (u64)(a),      \
        (u64)(b), 0)
#define WORD(name, word) RUN(name, 1, 2, 0x91000400 /* add x0, x0, #1 */, word)

static void undefined(void)
{
    WORD("udf #0", 0x00000000);
    WORD("udf #65535", 0x0000ffff);
    WORD("add w, lsl #32", 0x0b028020);
    WORD("add, shift 3", 0x8bc20020);
    WORD("add, extend by 5", 0x8b227420);
    WORD("and w, N = 1", 0x12400020);
    WORD("and, all ones", 0x9240fc20);
    WORD("movz w, lsl #32", 0x52c00020);
    WORD("sbfm w, N = 1", 0x13400020);
    WORD("extr w, 32", 0x13828020);
    WORD("crc32x w", 0x1ac24c20);
    WORD("crc32b x", 0x9ac24020);
    WORD("rev64 w", 0x5ac00c20);
    WORD("str, option 0", 0xf8220820);
    WORD("ldrsw w", 0xb8c00020);
    WORD("casp, odd", 0x48217c42);
    WORD("hvc #0", 0xd4000002);
    WORD("smc #0", 0xd4000003);
    WORD("hlt #0", 0xd4400000);
    WORD("dcps1", 0xd4a00001);
    WORD("eret", 0xd69f03e0);
    WORD("drps", 0xd6bf03e0);
    WORD("msr daifset, #2", 0xd50342df);
    WORD("mrs x0, daif", 0xd53b4220);
    WORD("mrs x0, currentel", 0xd5384240);
    WORD("mrs x0, sctlr_el1", 0xd5381000);
    WORD("msr tpidrro_el0, x0", 0xd51bd060);
    WORD("msr midr_el1, x0", 0xd5180000);
    WORD("msr ctr_el0, x0", 0xd51b0020);
    WORD("tlbi vmalle1", 0xd508871f);
    WORD("ic iallu", 0xd508751f);
    WORD("dc ivac, x0", 0xd5087620);
    WORD("at s1e0r, x0", 0xd5087840);
}

static void exceptions(void)
{
    WORD("brk #0", 0xd4200000);
    WORD("brk #1234", 0xd4209a40);
    run("pc + 1", (const u32[]){0xd503201f}, 1, 1, 2, 1);
    run("pc + 2", (const u32[]){0xd503201f, 0xd503201f}, 2, 1, 2, 6);
}

/* x0 = near the end of the first page, behind which nothing can be accessed. */
static void accesses(void)
{
    u64 end = (u64)two_pages + 4096;
    RUN("ldr x2, [x0]; unmapped", 16, 2, 0x91000421 /* add x1, x1, #1 */, 0xf9400002);
    RUN("str x2, [x0], #8", end, 2, 0xf8008402);
    RUN("ldr x2, [x0, #8]!", end - 8, 2, 0xf8408c02);
    RUN("ldr x0, [x0]", end, 2, 0xf9400000);
    RUN("ldp x2, x3, [x0], #16: second", end - 8, 2, 0xa8c10c02);
    RUN("ldp x0, x1, [x0]: second", end - 8, 2, 0xa9400400);
    RUN("ldp x2, x3, [x0, #-16]!", end + 16, 2, 0xa9ff0c02);
    RUN("stp x2, x3, [x0, #8]!", end, 2, 0xa9808c02);
    RUN("ldpsw x2, x3, [x0], #8: second", end - 4, 2, 0x68c10c02);
    RUN("ldr x2, [x0]: across", end - 3, 2, 0xf9400002);
    RUN("subs; str; adds", end, 2, 0xf1000421, 0xf9000002, 0xb1000421);
    RUN("cmp; ldr; cmp", end, 2, 0xeb01005f, 0xb9400002, 0xeb02003f);
    RUN("ldxr x2, [x0]", end, 2, 0xc85f7c02);
    RUN("swp x2, x3, [x0]", end, 2, 0xf8228003);
    RUN("cas x2, x3, [x0]", end, 2, 0xc8a27c03);
    RUN("ldar x2, [x0]", end, 2, 0xc8dffc02);
    RUN("stlr x2, [x0]", end, 2, 0xc89ffc02);
    RUN("dc zva, x0", end, 2, 0xd50b7420);
    u64 odd = (u64)two_pages + 1;
    RUN("ldxr x2, [x0]: unaligned", odd, 2, 0xc85f7c02);
    RUN("ldaxrh w2, [x0]: unaligned", odd, 2, 0x485ffc02);
    RUN("ldxp x2, x3, [x0]: unaligned", odd + 7, 2, 0xc87f0c02);
    RUN("ldadd x2, x3, [x0]: unaligned", odd, 2, 0xf8220003);
    RUN("cas w2, w3, [x0]: unaligned", odd, 2, 0x88a27c03);
    RUN("casp x2, x3, x4, x5, [x0]: unaligned", odd + 7, 2, 0x48227c04);
    RUN("ldar x2, [x0]: unaligned", odd, 2, 0xc8dffc02);
    RUN("stlr w2, [x0]: unaligned", odd, 2, 0x889ffc02);
    RUN("ldr x2, [x0]: a tagged pointer", odd | 0x5500000000000000, 2, 0xf9400002, 0xd4200000);
    RUN("str x1, [x0, #8]!: a tagged pointer", odd | 0xff00000000000000, 2, 0xf8008c01, 0xf85f8003,
        0xd4200000);
    RUN("ldaxr, stlxr: a tagged pointer", (odd & -16) | 0xab00000000000000, 2, 0xc85ffc02, 0xc804fc01,
        0xf9400003, 0xd4200000);
    RUN("ldadd, cas: a tagged pointer", (odd & -16) | 0x0100000000000000, 2, 0xf8210002, 0xc8a27c01,
        0xf9400003, 0xd4200000);
    RUN("stp, ldp q: a tagged pointer", (odd & -16) | 0xee00000000000000, 2, 0xa9800801, 0xad400400,
        0xa9400c02, 0xd4200000);
}

void test(void)
{
    static const int numbers[] = {4, 5, 7, 11}; /* SIGILL, SIGTRAP, SIGBUS, SIGSEGV */
    for (int k = 0; k < 4; k++) {
        install(numbers[k]);
    }
    register long x8 __asm__("x8") = 226; /* mprotect: code may be run, the second page not touched */
    register long x0 __asm__("x0") = (long)code & -4096;
    register long x1 __asm__("x1") = 4096;
    register long x2 __asm__("x2") = 7;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    x0 = (long)two_pages + 4096;
    x2 = 0;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    undefined();
    exceptions();
    accesses();
}
