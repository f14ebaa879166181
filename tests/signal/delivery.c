/* SPDX-License-Identifier: MIT */
/* Masks, nesting, flags of sigaction, the calls that wait for signals. */
#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static volatile int count[65], depth, deepest, order[64], n_order;
static volatile siginfo_t last;
static sigset_t mask_inside, mask_saved;

static void note(int sig, siginfo_t *info, void *context)
{
    depth++;
    deepest = depth > deepest ? depth : deepest;
    count[sig]++;
    if (n_order < 64)
        order[n_order++] = sig;
    *(siginfo_t *)&last = *info;
    sigprocmask(SIG_SETMASK, NULL, &mask_inside);
    mask_saved = ((ucontext_t *)context)->uc_sigmask;
    depth--;
}

static void raise_again(int sig, siginfo_t *info, void *context)
{
    note(sig, info, context);
    if (count[sig] < 4) {
        depth++;
        raise(sig);
        depth--;
    }
}

static sigset_t set_of(int a, int b)
{
    sigset_t set;
    sigemptyset(&set);
    if (a)
        sigaddset(&set, a);
    if (b)
        sigaddset(&set, b);
    return set;
}

static void block(int how, int a, int b)
{
    sigset_t set = set_of(a, b);
    sigprocmask(how, &set, NULL);
}

static void test_masks(void)
{
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO};
    action.sa_mask = set_of(SIGUSR2, SIGHUP);
    sigaction(SIGUSR1, &action, NULL);
    block(SIG_BLOCK, SIGTERM, 0);
    kill(getpid(), SIGUSR1);
    CHECK(count[SIGUSR1] == 1); /* delivered before kill returns */
    CHECK(sigismember(&mask_inside, SIGUSR1) && sigismember(&mask_inside, SIGUSR2));
    CHECK(sigismember(&mask_inside, SIGHUP) && sigismember(&mask_inside, SIGTERM));
    CHECK(!sigismember(&mask_inside, SIGINT));
    CHECK(sigismember(&mask_saved, SIGTERM) && !sigismember(&mask_saved, SIGUSR1));
    sigprocmask(SIG_SETMASK, NULL, &mask_inside);
    CHECK(!sigismember(&mask_inside, SIGUSR1) && sigismember(&mask_inside, SIGTERM));
    CHECK(last.si_pid == getpid() && last.si_code == SI_USER);
}

static void test_nodefer(void)
{
    handle(SIGUSR1, raise_again, 0);
    raise(SIGUSR1);
    CHECK(count[SIGUSR1] == 4 && deepest == 1); /* one after the other */
    handle(SIGUSR2, raise_again, SA_NODEFER);
    raise(SIGUSR2);
    CHECK(count[SIGUSR2] == 4 && deepest >= 4); /* one inside of the other */
}

static void test_reset(void)
{
    struct sigaction now;
    handle(SIGURG, note, SA_RESETHAND);
    raise(SIGURG);
    raise(SIGURG); /* ignored by default */
    CHECK(count[SIGURG] == 1);
    sigaction(SIGURG, NULL, &now);
    CHECK(now.sa_handler == SIG_DFL);
}

static void test_queue(void)
{
    union sigval value;
    handle(SIGRTMIN + 1, note, 0);
    handle(SIGRTMIN + 2, note, 0);
    handle(SIGUSR1, note, 0);
    block(SIG_BLOCK, SIGRTMIN + 1, SIGRTMIN + 2);
    block(SIG_BLOCK, SIGUSR1, 0);
    for (int k = 0; k < 5; k++) {
        value.sival_int = k;
        sigqueue(getpid(), SIGRTMIN + 2, value);
        sigqueue(getpid(), SIGRTMIN + 1, value);
        kill(getpid(), SIGUSR1);
    }
    sigset_t pending;
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGRTMIN + 1));
    CHECK(count[SIGUSR1] == 0);
    block(SIG_UNBLOCK, SIGRTMIN + 1, SIGRTMIN + 2);
    CHECK(count[SIGRTMIN + 1] == 5 && count[SIGRTMIN + 2] == 5);
    block(SIG_UNBLOCK, SIGUSR1, 0);
    CHECK(count[SIGUSR1] == 1); /* the ordinary ones merge */
    CHECK(last.si_code == SI_USER);
}

static void test_wait(void)
{
    siginfo_t info;
    sigset_t set = set_of(SIGUSR1, SIGRTMIN + 3);
    struct timespec soon = {.tv_nsec = 1000000};
    sigprocmask(SIG_BLOCK, &set, NULL);
    CHECK(sigtimedwait(&set, &info, &soon) == -1 && errno == EAGAIN);
    sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 42});
    CHECK(sigwaitinfo(&set, &info) == SIGRTMIN + 3);
    CHECK(info.si_code == SI_QUEUE && info.si_value.sival_int == 42 && info.si_pid == getpid());

    int fd = signalfd(-1, &set, 0);
    struct signalfd_siginfo record;
    kill(getpid(), SIGUSR1);
    CHECK(read(fd, &record, sizeof record) == sizeof record);
    CHECK(record.ssi_signo == SIGUSR1 && record.ssi_pid == (uint32_t)getpid());
    close(fd);
}

/* The temporary mask of sigsuspend and ppoll is in force for the handler, and gone afterwards. */
static void test_suspend(void)
{
    handle(SIGUSR1, note, 0);
    handle(SIGUSR2, note, 0);
    block(SIG_BLOCK, SIGUSR1, SIGUSR2);
    kill(getpid(), SIGUSR1);
    kill(getpid(), SIGUSR2);
    sigset_t only2 = set_of(SIGUSR2, 0), now;
    CHECK(sigsuspend(&only2) == -1 && errno == EINTR); /* lets SIGUSR1 through */
    CHECK(count[SIGUSR1] == 1 && count[SIGUSR2] == 0);
    CHECK(sigismember(&mask_inside, SIGUSR2) && sigismember(&mask_inside, SIGUSR1));
    CHECK(sigismember(&mask_saved, SIGUSR1));
    sigprocmask(SIG_SETMASK, NULL, &now);
    CHECK(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2));
    sigset_t only1 = set_of(SIGUSR1, 0);
    struct timespec second = {.tv_sec = 10};
    CHECK(ppoll(NULL, 0, &second, &only1) == -1 && errno == EINTR);
    CHECK(count[SIGUSR2] == 1);
    sigprocmask(SIG_SETMASK, NULL, &now);
    CHECK(sigismember(&now, SIGUSR2));
}

static void test_blocked_segv(void)
{
    handle(SIGSEGV, note, 0);
    block(SIG_BLOCK, SIGSEGV, 0);
    kill(getpid(), SIGSEGV); /* sent, not caused: may wait */
    sigset_t pending;
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGSEGV) && count[SIGSEGV] == 0);
    block(SIG_UNBLOCK, SIGSEGV, 0);
    CHECK(count[SIGSEGV] == 1 && last.si_code == SI_USER);
}

/* ---- the alternate stack ------------------------------------------------------------------------ */

static char alternate[64 * 1024];
static sigjmp_buf escape;
static volatile uintptr_t handler_sp;
static stack_t during;

static void on_alternate(int sig, siginfo_t *info, void *context)
{
    (void)context;
    char here;
    handler_sp = (uintptr_t)&here;
    sigaltstack(NULL, &during);
    *(siginfo_t *)&last = *info;
    count[sig]++;
    if (sig == SIGSEGV)
        siglongjmp(escape, 1);
}

static int recurse(volatile char *p, int n)
{
    volatile char frame[4096];
    frame[0] = p ? p[0] : 1;
    return n < 0 ? 0 : recurse(frame, n + 1) + frame[0];
}

static void test_altstack(void)
{
    stack_t ss = {.ss_sp = alternate, .ss_size = sizeof alternate}, old;
    sigaltstack(&ss, NULL);
    handle(SIGUSR1, on_alternate, SA_ONSTACK);
    handle(SIGUSR2, on_alternate, 0);
    handle(SIGSEGV, on_alternate, SA_ONSTACK);
    raise(SIGUSR1);
    CHECK(handler_sp - (uintptr_t)alternate < sizeof alternate);
    CHECK(during.ss_flags == SS_ONSTACK && during.ss_sp == alternate);
    raise(SIGUSR2);
    CHECK(handler_sp - (uintptr_t)alternate >= sizeof alternate && during.ss_flags == 0);
    for (int k = 1; k <= 3; k++) {
        if (!sigsetjmp(escape, 1))
            recurse(NULL, 0);
        CHECK(count[SIGSEGV] == k && last.si_code > 0);
    }
    ss.ss_flags = SS_DISABLE;
    CHECK(sigaltstack(&ss, &old) == 0 && old.ss_sp == alternate && old.ss_flags == 0);
    ss.ss_flags = 0;
    ss.ss_size = 100;
    CHECK(sigaltstack(&ss, NULL) == -1 && errno == ENOMEM);
}

/* ---- restarts -------------------------------------------------------------------------------------- */

static int pipe_fds[2];

static void feed(int sig, siginfo_t *info, void *context)
{
    note(sig, info, context);
    if (count[sig] == 3)
        (void)!write(pipe_fds[1], "x", 1);
}

static void ticks(int microseconds)
{
    struct itimerval t = {{0, microseconds}, {0, microseconds}};
    setitimer(ITIMER_REAL, &t, NULL);
}

static void test_restart(void)
{
    char c = 0;
    (void)!pipe(pipe_fds);
    handle(SIGALRM, feed, SA_RESTART);
    ticks(20000);
    CHECK(read(pipe_fds[0], &c, 1) == 1 && c == 'x');
    CHECK(count[SIGALRM] >= 3);
    handle(SIGALRM, note, 0);
    CHECK(read(pipe_fds[0], &c, 1) == -1 && errno == EINTR);
    handle(SIGALRM, note, SA_RESTART); /* these are never restarted */
    struct pollfd p = {pipe_fds[0], POLLIN, 0};
    CHECK(poll(&p, 1, 5000) == -1 && errno == EINTR);
    struct timespec long_time = {5, 0}, left;
    CHECK(nanosleep(&long_time, &left) == -1 && errno == EINTR && left.tv_sec == 4);
    CHECK(pause() == -1 && errno == EINTR);
    ticks(0);
}

/* What need not wait is not interrupted, whenever a signal comes. */
static void test_ready(void)
{
    enum { SIGNALS = 1500, ZOMBIES = 20 };
    char c = 'x';
    int pair[2], file = open("/proc/self/exe", O_RDONLY), word = 0;
    pid_t child[ZOMBIES];
    struct stat st;
    (void)!pipe(pipe_fds);
    (void)!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
    for (int k = 0; k < ZOMBIES; k++) {
        child[k] = fork();
        if (!child[k])
            _exit(k);
    }
    for (int k = 0; k < ZOMBIES; k++) { /* all have exited */
        siginfo_t info;
        CHECK(waitid(P_PID, child[k], &info, WEXITED | WNOWAIT) == 0);
    }
    handle(SIGALRM, note, 0);
    ticks(200);
    while (count[SIGALRM] < SIGNALS) {
        CHECK(pread(file, &c, 1, 0) == 1);
        CHECK(write(pipe_fds[1], &c, 1) == 1 && read(pipe_fds[0], &c, 1) == 1);
        CHECK(send(pair[0], &c, 1, 0) == 1 && recv(pair[1], &c, 1, 0) == 1);
        CHECK(fstat(file, &st) == 0 && stat("/", &st) == 0);
        CHECK(syscall(SYS_futex, &word, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0) == 0);
        int again = open("/dev/null", O_WRONLY);
        CHECK(again >= 0 && close(again) == 0);
        if (count[SIGALRM] % 50 == 7) {
            int k = count[SIGALRM] / 50 % ZOMBIES, status;
            if (child[k])
                CHECK(waitpid(child[k], &status, 0) == child[k] && WEXITSTATUS(status) == k);
            child[k] = 0;
        }
    }
    ticks(0);
}

/* A stream through a pipe under a storm of signals: each byte once. */
static void test_storm(void)
{
    enum { N = 200000 };
    (void)!pipe(pipe_fds);
    pid_t child = fork();
    handle(SIGALRM, note, SA_RESTART);
    handle(SIGVTALRM, note, SA_RESTART);
    ticks(200);
    struct itimerval t = {{0, 300}, {0, 300}};
    setitimer(ITIMER_VIRTUAL, &t, NULL);
    if (!child) {
        for (uint32_t k = 0; k < N; k++) {
            if (write(pipe_fds[1], &k, sizeof k) != sizeof k)
                _exit(1);
        }
        _exit(0);
    }
    close(pipe_fds[1]);
    uint32_t value, k = 0;
    while (read(pipe_fds[0], &value, sizeof value) == sizeof value) {
        CHECK(value == k);
        k++;
    }
    CHECK(k == N);
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK(count[SIGALRM] > 10);
    ticks(0);
}

/* Registers and flags survive handlers at any instruction of a loop. */
static void test_loop(void)
{
    handle(SIGALRM, note, SA_RESTART);
    ticks(300);
    uint64_t sum = 0, x = 1;
    double d = 0;
    while (count[SIGALRM] < 1000) {
        sum = 0, d = 0;
        for (uint64_t k = 0; k < 10000; k++) {
            x = k * 0x9e3779b97f4a7c15;
            sum += (x >> 7) ^ (sum << 3) ^ (sum > x);
            d += (double)(x >> 40) / 3;
        }
        CHECK(sum == 0x169d375f2dec3996);
        if (check_why)
            break;
    }
    ticks(0);
}

/* ---- death ------------------------------------------------------------------------------------------ */

static int death(void (*how)(int), int sig)
{
    int status = -1;
    pid_t child = fork();
    if (!child) {
        how(sig);
        _exit(99);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 1000 + WEXITSTATUS(status);
}

static void by_raise(int sig) { raise(sig); }

static void by_fault(int sig)
{
    (void)sig;
    *(volatile int *)16 = 1;
}

static void by_ignored_fault(int sig)
{
    signal(SIGSEGV, SIG_IGN);
    by_fault(sig);
}

static void by_blocked_fault(int sig)
{
    handle(SIGSEGV, note, 0);
    block(SIG_BLOCK, SIGSEGV, 0);
    by_fault(sig);
}

static void by_bad_stack(int sig)
{
    (void)sig;
    handle(SIGUSR1, note, 0);
    __asm__ volatile("mov x0, %0; mov w1, #10; mov x8, #129; mov x9, sp; mov x10, #4096; mov sp, x10; svc #0; mov sp, x9"
                     :: "r"((uint64_t)getpid()) : "x0", "x1", "x8", "x9", "x10", "memory");
}

static void test_death(void)
{
    static const int fatal[] = {SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE,
                                SIGKILL, SIGUSR1, SIGSEGV, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU,
                                SIGSYS, 34, 64};
    for (unsigned k = 0; k < sizeof fatal / sizeof fatal[0]; k++)
        CHECK(death(by_raise, fatal[k]) == fatal[k]);
    CHECK(death(by_raise, SIGCHLD) == 1099);
    CHECK(death(by_fault, 0) == SIGSEGV);
    CHECK(death(by_ignored_fault, 0) == SIGSEGV);
    CHECK(death(by_blocked_fault, 0) == SIGSEGV);
    CHECK(death(by_bad_stack, 0) == SIGSEGV);
}

static void test_stop(void)
{
    int status;
    char c;
    (void)!pipe(pipe_fds);
    pid_t child = fork();
    if (!child) {
        raise(SIGTSTP);
        (void)!read(pipe_fds[0], &c, 1); /* lives until it was seen to go on */
        _exit(7);
    }
    CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status) &&
          WSTOPSIG(status) == SIGTSTP);
    kill(child, SIGCONT);
    CHECK(waitpid(child, &status, WCONTINUED) == child && WIFCONTINUED(status));
    CHECK(write(pipe_fds[1], "x", 1) == 1);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

int main(void)
{
    run("masks of a handler", test_masks);
    run("SA_NODEFER", test_nodefer);
    run("SA_RESETHAND", test_reset);
    run("queued signals", test_queue);
    run("sigtimedwait and signalfd", test_wait);
    run("sigsuspend and ppoll", test_suspend);
    run("a blocked SIGSEGV that was sent", test_blocked_segv);
    run("alternate stack", test_altstack);
    run("restarted calls", test_restart);
    run("calls that need not wait", test_ready);
    run("a pipe under a storm of signals", test_storm);
    run("a loop under signals", test_loop);
    run("death by signal", test_death);
    run("stop and continue", test_stop);
    return finish();
}
