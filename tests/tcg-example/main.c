/* SPDX-License-Identifier: MIT */
/*
 * Runs toy programs by interpreter and by emitted code, compares with C, and checks faults and
 * changed code.  Prints `N passed, N failed, N skipped`.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tcg/run/run.h"
#include "toy.h"

static unsigned passed, failed;
static struct tcg_cpu *current;

static void check(const char *what, const char *how, uint64_t got, uint64_t want)
{
    if (got == want) {
        passed++;
        return;
    }
    failed++;
    printf("not ok: %s (%s): %" PRIx64 ", expected %" PRIx64 "\n", what, how, got, want);
}

static const uint8_t *code(void *opaque, uint64_t address, uint64_t *avail, int *sig, int *why)
{
    (void)opaque, (void)sig, (void)why;
    *avail = 4096 - (address & 4095);
    return address < 4096 ? NULL : (const uint8_t *)(uintptr_t)address;
}

static void on_fault(int sig, siginfo_t *info, void *ucontext)
{
    if (!tcg_host_fault(current, sig, info, ucontext))
        abort();
}

static unsigned run(struct tcg_cpu *cpu, const void *program)
{
    unsigned exc;
    cpu->pc = (uintptr_t)program;
    current = cpu;
    do
        exc = tcg_run(cpu);
    while (exc == TOY_EXC_PRINT || exc == TCG_EXC_INTERRUPT);
    return exc;
}

/* r0 = fib(r1) by recursion; r7 is the stack, r6 the link. */
static const uint32_t fib[] = {
    TOY(TOY_CALL, 6, 0, 2), TOY(TOY_HALT, 0, 0, 0),
    TOY(TOY_LI, 2, 0, 2), TOY(TOY_SUB, 3, 1, 2), TOY(TOY_BLT, 0, 0, 15),
    TOY(TOY_ADDI, 7, 7, -24), TOY(TOY_ST, 6, 7, 0), TOY(TOY_ST, 1, 7, 1),
    TOY(TOY_ADDI, 1, 1, -1), TOY(TOY_CALL, 6, 0, -7), TOY(TOY_ST, 0, 7, 2), TOY(TOY_LD, 1, 7, 1),
    TOY(TOY_ADDI, 1, 1, -2), TOY(TOY_CALL, 6, 0, -11), TOY(TOY_LD, 2, 7, 2), TOY(TOY_ADD, 0, 0, 2),
    TOY(TOY_LD, 6, 7, 0), TOY(TOY_ADDI, 7, 7, 24), TOY(TOY_RET, 6, 0, 0),
    TOY(TOY_ADDI, 0, 1, 0), TOY(TOY_RET, 6, 0, 0),
};

static uint64_t c_fib(uint64_t n) { return n < 2 ? n : c_fib(n - 1) + c_fib(n - 2); }

/* r0 = sum of k*k for k = r1 .. 1 */
static const uint32_t squares[] = {
    TOY(TOY_LI, 0, 0, 0), TOY(TOY_LI, 4, 0, 1), TOY(TOY_LI, 5, 0, 0),
    TOY(TOY_MUL, 2, 1, 1), TOY(TOY_ADD, 0, 0, 2), TOY(TOY_SUB, 1, 1, 4), TOY(TOY_BNE, 0, 0, -3),
    TOY(TOY_HALT, 0, 0, 0),
};

/* Registers written before a faulting load in the middle of a region are exact at the fault. */
static const uint32_t faulting[] = {
    TOY(TOY_ADDI, 1, 1, 1), TOY(TOY_ADD, 2, 1, 1), TOY(TOY_SUB, 3, 2, 1), TOY(TOY_LD, 4, 5, 2),
    TOY(TOY_ADDI, 1, 1, 100), TOY(TOY_HALT, 0, 0, 0),
};

static void test(const char *how, enum tcg_accel accel, bool one_insn)
{
    struct tcg_mem_ops mem = {.code = code, .address_bits = 64};
    struct tcg_options opt = {.accel = accel, .one_insn = one_insn, .verify = true};
    struct tcg *tcg = tcg_new(&toy_guest, &mem, &opt);
    if (!tcg)
        exit(99);
    struct toy_cpu *cpu = (struct toy_cpu *)tcg_cpu_new(tcg);
    static uint64_t stack[1024];
    cpu->r[7] = (uintptr_t)(stack + 1024);
    cpu->r[1] = 18;
    check("fib leaves by HALT", how, run(&cpu->tcg, fib), TOY_EXC_HALT);
    check("fib", how, cpu->r[0], c_fib(18));
    cpu->r[1] = 1000;
    run(&cpu->tcg, squares);
    check("squares", how, cpu->r[0], 1000ull * 1001 * 2001 / 6);

    cpu->r[1] = 6;
    cpu->r[4] = 77;
    cpu->r[5] = 8;
    check("fault", how, run(&cpu->tcg, faulting), TCG_EXC_MEM);
    check("fault address", how, cpu->tcg.fault_addr, 24);
    check("fault pc", how, cpu->tcg.pc, (uintptr_t)(faulting + 3));
    check("r1 at the fault", how, cpu->r[1], 7);
    check("r2 at the fault", how, cpu->r[2], 14);
    check("r3 at the fault", how, cpu->r[3], 7);
    check("r4 at the fault", how, cpu->r[4], 77);

    static uint32_t changing[2];
    changing[0] = TOY(TOY_LI, 0, 0, 1);
    changing[1] = TOY(TOY_HALT, 0, 0, 0);
    run(&cpu->tcg, changing);
    changing[0] = TOY(TOY_LI, 0, 0, 2);
    tcg_invalidate(tcg, (uintptr_t)changing, 4);
    run(&cpu->tcg, changing);
    check("changed code", how, cpu->r[0], 2);

    static const uint32_t illegal[] = {TOY(200, 0, 0, 0)};
    check("illegal", how, run(&cpu->tcg, illegal), TCG_EXC_ILLEGAL);
    cpu->tcg.pc = 16;
    check("fetch", how, tcg_run(&cpu->tcg), TCG_EXC_FETCH);
    tcg_cpu_free(&cpu->tcg);
    tcg_free(tcg);
}

/* Lockstep ends the process when emitted code and the interpreter disagree: here because the
 * interpreter's copy of the region is changed behind its back. */
static void run_changed(void)
{
    static const uint32_t program[] = {TOY(TOY_LI, 0, 0, 5), TOY(TOY_HALT, 0, 0, 0)};
    struct tcg_mem_ops mem = {.code = code, .address_bits = 64};
    struct tcg_options opt = {.accel = TCG_ACCEL_LOCKSTEP};
    struct tcg *tcg = tcg_new(&toy_guest, &mem, &opt);
    struct tcg_cpu *cpu = tcg_cpu_new(tcg);
    run(cpu, program);
    struct ir *ir = tcg->by_id[0]->ir;
    for (ir_ref r = 1; r < ir->n; r++)
        if (ir->ops[r].opc == IR_const && ir->ops[r].imm == 5)
            ir->ops[r].imm = 6;
    run(cpu, program);
}

static void test_lockstep_notices(void)
{
    fflush(stdout);
    pid_t child = fork();
    if (!child) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(98);
        run_changed();
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    check("a difference aborts", "lockstep", status, SIGABRT);
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    static char stack[1 << 16];
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&ss, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGFPE, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    test("interpreter", TCG_ACCEL_INTERP, false);
    test("emitted", TCG_ACCEL_JIT, false);
    test("emitted, one instruction a region", TCG_ACCEL_JIT, true);
    test("lockstep", TCG_ACCEL_LOCKSTEP, false);
    test_lockstep_notices();
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
