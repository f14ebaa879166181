/* SPDX-License-Identifier: MIT */
/*
 * Signal frames of 32-bit ARM: exact state in A32 and T32, IT blocks included, handlers of either set,
 * both kinds of frame, system calls that are made again, and the kernel's user helpers.
 */
#define _GNU_SOURCE
#include "check.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

#define A32 __attribute__((target("arm"), noinline))
#define T32 __attribute__((target("thumb"), noinline))

enum { CPSR_T = 1 << 5, CPSR_Q = 1 << 27, CPSR_GE = 15 << 16 };

/* ---- faults -------------------------------------------------------------------------------------- */

static volatile struct {
    uint32_t pc, cpsr, reg[15], trap, error, address;
    void *at;
    int count, code;
} seen;
static uint32_t target = 0x12345678;

static unsigned it_state(uint32_t cpsr) { return (cpsr >> 25 & 3) | (cpsr >> 8 & 0xfc); }

/* Notes the context, and gives r0 an address that can be read: the load is made again. */
static void repair(int sig, siginfo_t *info, void *context)
{
    mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
    (void)sig;
    seen.pc = m->arm_pc;
    seen.cpsr = m->arm_cpsr;
    memcpy((void *)seen.reg, &m->arm_r0, sizeof seen.reg);
    seen.trap = m->trap_no;
    seen.error = m->error_code;
    seen.address = m->fault_address;
    seen.at = info->si_addr;
    seen.code = info->si_code;
    seen.count++;
    m->arm_r0 = (uint32_t)&target;
}

/* Loads from address 4 in the middle of an IT block; what follows in it must be judged as before. */
extern const char fault_at_t32[], fault_at_a32[];
uint32_t load_t32(uint32_t address, uint32_t *more);
uint32_t load_a32(uint32_t address, uint32_t *more);
__asm__(".text\n.syntax unified\n"
        ".thumb\n.thumb_func\n.type load_t32, %function\n.global load_t32\n"
        "load_t32:\n push {r4, r5, r6, lr}\n movs r4, #1\n movs r5, #2\n movs r6, #3\n"
        " cmp r4, #1\n"
        " itete eq\n addeq r5, r5, #40\n movne r6, #99\n"
        "fault_at_t32: ldreq r2, [r0, #0]\n movne r2, #77\n"
        " it eq\n addeq r6, r6, #60\n"
        " str r5, [r1]\n str r6, [r1, #4]\n mov r0, r2\n pop {r4, r5, r6, pc}\n"
        ".arm\n.type load_a32, %function\n.global load_a32\n"
        "load_a32:\n push {r4, r5, r6, lr}\n mov r4, #1\n mov r5, #2\n mov r6, #3\n"
        " cmp r4, #1\n addeq r5, r5, #40\n movne r6, #99\n"
        "fault_at_a32: ldreq r2, [r0]\n movne r2, #77\n addeq r6, r6, #60\n"
        " str r5, [r1]\n str r6, [r1, #4]\n mov r0, r2\n pop {r4, r5, r6, pc}\n"
#ifdef __thumb__
        ".thumb\n"
#endif
);

static void test_faults(void)
{
    uint32_t more[2];
    handle(SIGSEGV, repair, 0);
    for (int k = 0; k < 200; k++) {
        seen.count = 0;
        CHECK(load_t32(4, more) == 0x12345678 && more[0] == 42 && more[1] == 63);
        CHECK(seen.count == 1 && seen.pc == ((uint32_t)fault_at_t32 & ~1u) && seen.cpsr & CPSR_T);
        CHECK(seen.reg[4] == 1 && seen.reg[5] == 42 && seen.reg[6] == 3 && seen.reg[0] == 4);
        CHECK(seen.at == (void *)4 && seen.address == 4 && seen.trap == 14 && seen.code == SEGV_MAPERR);
        CHECK(load_a32(4, more) == 0x12345678 && more[0] == 42 && more[1] == 63);
        CHECK(seen.count == 2 && seen.pc == (uint32_t)fault_at_a32 && !(seen.cpsr & CPSR_T));
        CHECK(it_state(seen.cpsr) == 0 && seen.reg[5] == 42 && (seen.cpsr >> 28) == 6);
    }
}

static void test_it_state(void)
{
    uint32_t more[2];
    handle(SIGSEGV, repair, 0);
    load_t32(4, more);
    /* ARM ARM F1.2.1: ITSTATE of the third of ITETE EQ: condition EQ (0000), the mask of the last two
     * instructions: 1100 shifted twice from 01011 is 01100 */
    CHECK(it_state(seen.cpsr) == 0x0c);
}

/* ---- handlers of both sets, frames of both kinds ------------------------------------------------------- */

static volatile int handled, handled_sig;
static volatile uint32_t handler_sp;

A32 static void handler_a32(int sig)
{
    handled++;
    handled_sig = sig;
    __asm__ volatile("mov %0, sp" : "=r"(handler_sp));
}

T32 static void handler_t32(int sig)
{
    handled++;
    handled_sig = sig;
    __asm__ volatile("mov %0, sp" : "=r"(handler_sp));
}

struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask[2];
};
struct old_action {
    void (*handler)(int);
    unsigned long mask, flags;
    void (*restorer)(void);
};

static void test_handlers(void)
{
    void (*const both[])(int) = {handler_a32, handler_t32};
    for (int k = 0; k < 2; k++) {
        for (int info = 0; info < 2; info++) {
            struct kernel_action action = {.handler = both[k], .flags = info ? SA_SIGINFO : 0};
            handled = 0;
            CHECK(syscall(SYS_rt_sigaction, SIGUSR1, &action, NULL, 8) == 0); /* no restorer */
            CHECK(raise(SIGUSR1) == 0 && handled == 1 && handled_sig == SIGUSR1);
            CHECK((handler_sp & 7) == 0);
        }
        struct old_action old = {.handler = both[k], .mask = 1 << (SIGUSR2 - 1)}, was;
        CHECK(syscall(SYS_sigaction, SIGUSR1, &old, NULL) == 0 && raise(SIGUSR1) == 0 && handled == 2);
        CHECK(syscall(SYS_sigaction, SIGUSR1, NULL, &was) == 0 && was.handler == both[k]);
        CHECK(was.mask == 1 << (SIGUSR2 - 1));
    }
    struct kernel_action action;
    CHECK(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &action, 8) == 0 && action.handler == handler_t32);
}

static char alt[65536] __attribute__((aligned(16)));

static void test_altstack(void)
{
    stack_t stack = {.ss_sp = alt, .ss_size = sizeof alt}, now;
    struct sigaction action = {.sa_handler = handler_t32, .sa_flags = SA_ONSTACK};
    CHECK(sigaltstack(&stack, NULL) == 0 && sigaltstack(NULL, &now) == 0);
    CHECK(now.ss_sp == alt && now.ss_size == sizeof alt && now.ss_flags == 0);
    sigaction(SIGUSR1, &action, NULL);
    CHECK(raise(SIGUSR1) == 0 && handler_sp > (uint32_t)alt && handler_sp < (uint32_t)alt + sizeof alt);
    stack.ss_size = 100;
    CHECK(sigaltstack(&stack, NULL) == -1 && errno == ENOMEM);
}

static volatile siginfo_t told;
static void tell(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)context;
    memcpy((void *)&told, info, sizeof told);
}

static void test_siginfo(void)
{
    handle(SIGRTMIN + 3, tell, 0);
    handle(SIGCHLD, tell, 0);
    CHECK(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = -7}) == 0);
    CHECK(told.si_signo == SIGRTMIN + 3 && told.si_code == SI_QUEUE && told.si_value.sival_int == -7);
    CHECK(told.si_pid == getpid() && told.si_uid == getuid());
    pid_t child = fork();
    if (!child)
        _exit(33);
    siginfo_t waited = {0};
    CHECK(waitid(P_PID, child, &waited, WEXITED) == 0 && waited.si_status == 33);
    CHECK(waited.si_pid == child && waited.si_code == CLD_EXITED && waited.si_signo == SIGCHLD);
    CHECK(told.si_signo == SIGCHLD && told.si_pid == child && told.si_status == 33);
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 3,
                             .sigev_value.sival_ptr = &timer};
    struct itimerspec soon = {.it_value.tv_nsec = 1000000};
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    memset((void *)&told, 0, sizeof told);
    CHECK(timer_settime(timer, 0, &soon, NULL) == 0);
    while (!told.si_signo)
        usleep(1000);
    CHECK(told.si_code == SI_TIMER && told.si_value.sival_ptr == &timer);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigqueue(getpid(), SIGUSR2, (union sigval){.sival_int = 9});
    CHECK(sigwaitinfo(&set, &waited) == SIGUSR2 && waited.si_int == 9 && waited.si_code == SI_QUEUE);
}

/* ---- system calls -------------------------------------------------------------------------------------- */

A32 static long read_a32(int fd, void *buf, int n)
{
    register long r7 __asm__("r7") = SYS_read, r0 __asm__("r0") = fd, r1 __asm__("r1") = (long)buf,
                  r2 __asm__("r2") = n;
    __asm__ volatile("svc #0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2) : "memory");
    return r0;
}

static long read_t32(int fd, void *buf, int n)
{
    long r = read(fd, buf, n); /* the C library's own code */
    return r < 0 ? -errno : r;
}

static void test_restart(void)
{
    long (*const both[])(int, void *, int) = {read_a32, read_t32};
    int fd[2];
    char buf[4];
    CHECK(pipe(fd) == 0);
    for (int k = 0; k < 4; k++) {
        struct sigaction action = {.sa_handler = handler_t32, .sa_flags = k & 1 ? SA_RESTART : 0};
        sigaction(SIGUSR1, &action, NULL);
        pid_t child = fork();
        if (!child) {
            usleep(50000);
            kill(getppid(), SIGUSR1);
            usleep(50000);
            _exit(write(fd[1], "abc", 3) != 3);
        }
        long r = both[k / 2](fd[0], buf, 3);
        CHECK(k & 1 ? r == 3 && !memcmp(buf, "abc", 3) : r == -EINTR);
        if (!(k & 1))
            CHECK(read(fd[0], buf, 3) == 3);
        waitpid(child, NULL, 0);
    }
}

static void test_private(void)
{
    enum { BREAKPOINT = 0xf0001, CACHEFLUSH, USR26, USR32, SET_TLS, GET_TLS };
    uint32_t tls;
    __asm__("mrc p15, 0, %0, c13, c0, 3" : "=r"(tls));
    CHECK((uint32_t)syscall(GET_TLS) == tls && syscall(SET_TLS, tls) == 0);
    CHECK(syscall(CACHEFLUSH, alt, alt + 64, 0) == 0 && syscall(CACHEFLUSH, alt, alt - 1, 0) == -1);
    CHECK(syscall(USR26) == -1 && syscall(0xf0099) == -1 && errno == ENOSYS);
    handle(SIGTRAP, tell, 0);
    memset((void *)&told, 0, sizeof told);
    syscall(BREAKPOINT);
    CHECK(told.si_signo == SIGTRAP && told.si_code == TRAP_BRKPT);
    CHECK(syscall(9999) == -1 && errno == ENOSYS);
}

static void test_helpers(void)
{
    typedef uint32_t tls_fn(void);
    typedef int cmpxchg_fn(int, int, volatile int *);
    typedef int cmpxchg64_fn(const int64_t *, const int64_t *, volatile int64_t *);
    typedef void barrier_fn(void);
    volatile int word = 5;
    volatile int64_t wide = 0x500000005;
    int64_t old = 0x500000005, new = 0x700000007;
    uint32_t tls;
    __asm__("mrc p15, 0, %0, c13, c0, 3" : "=r"(tls));
    CHECK(((tls_fn *)0xffff0fe0)() == tls);
    ((barrier_fn *)0xffff0fa0)();
    for (int k = 0; k < 100; k++) {
        word = 5;
        CHECK(((cmpxchg_fn *)0xffff0fc0)(5, 6, &word) == 0 && word == 6);
        CHECK(((cmpxchg_fn *)0xffff0fc0)(5, 7, &word) != 0 && word == 6);
    }
    CHECK(((cmpxchg64_fn *)0xffff0f60)(&old, &new, &wide) == 0 && wide == new);
    CHECK(((cmpxchg64_fn *)0xffff0f60)(&old, &new, &wide) != 0);
}

/* ---- everything is as it was --------------------------------------------------------------------------- */

static void clobber(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info, (void)context;
    handled++;
    __asm__ volatile("mov r1, #-1\n mov r2, #-1\n mov r3, #-1\n mov r12, #-1\n"
                     "vmov.i8 q0, #0xff\n vmov.i8 q1, #0xff\n vmov.i8 q2, #0xff\n vmov.i8 q8, #0xff\n"
                     "vmov.i8 q15, #0xff\n vmsr fpscr, r0\n"
                     :: : "r1", "r2", "r3", "r12", "q0", "q1", "q2", "q8", "q15", "cc");
}

#if defined(__ARM_NEON)
static void test_registers(void)
{
    struct itimerval timer = {{0, 300}, {0, 300}};
    uint32_t wrong = 0;
    handle(SIGALRM, clobber, 0);
    setitimer(ITIMER_REAL, &timer, NULL);
    for (int k = 0; handled < scaled(2000) && !wrong; k++) {
        uint32_t lost;
        __asm__ volatile(
            "vdup.32 q1, %1\n vdup.32 q8, %1\n vdup.32 q15, %1\n mov r1, %1\n mov r2, %1\n mov r12, %1\n"
            "mov r3, #500\n"
            "1: subs r3, r3, #1\n bne 1b\n"
            "veor q1, q1, q8\n veor q2, q8, q15\n vorr q1, q1, q2\n vorr d2, d2, d3\n"
            "vmov r3, s4\n vmov %0, s5\n orr %0, %0, r3\n"
            "eor r3, r1, r2\n orr %0, %0, r3\n eor r3, r1, r12\n orr %0, %0, r3\n"
            : "=&r"(lost) : "r"(k * 0x01010101) : "r1", "r2", "r3", "r12", "q1", "q2", "q8", "q15", "cc");
        wrong |= lost;
    }
    timer = (struct itimerval){{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &timer, NULL);
    CHECK(!wrong);
}
#endif

int main(void)
{
    run("faults", test_faults);
    run("IT state of a fault", test_it_state);
    run("handlers", test_handlers);
    run("alternate stack", test_altstack);
    run("siginfo", test_siginfo);
    run("system calls that are interrupted", test_restart);
    run("calls of the architecture", test_private);
    run("the kernel's helpers", test_helpers);
#if defined(__ARM_NEON)
    run("registers under signals", test_registers);
#endif
    return finish();
}
