/* SPDX-License-Identifier: MIT */
/* Signals: contexts, masks, alternate stacks, repaired faults, timers, queues, restarts.  Output must not depend on the CPU. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile sig_atomic_t count, on_stack;
static unsigned char *page;
static volatile unsigned long bad = 8;
static char stack[65536];

static void handler(int sig, siginfo_t *info, void *context)
{
    (void)context;
    char here;
    on_stack = &here >= stack && &here < stack + sizeof stack;
    count++;
    if (sig == SIGRTMIN + 1)
        printf("queued %d, code %d\n", info->si_value.sival_int, info->si_code == SI_QUEUE);
    unsigned char *at = info->si_addr;
    if (sig == SIGSEGV && at >= page && at < page + 32768)
        mprotect(page, 65536, PROT_READ | PROT_WRITE);
    else if (sig == SIGSEGV || sig == SIGILL || sig == SIGBUS || sig == SIGTRAP)
        siglongjmp(back, sig);
}

static void install(int sig, int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigaction(sig, &action, NULL);
}

static void faults(void)
{
    page = mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    install(SIGSEGV, SA_ONSTACK);
    install(SIGTRAP, 0);
    for (int i = 0; i < 100; i++) {
        mprotect(page, 65536, i & 1 ? PROT_READ : PROT_NONE);
        page[i] = (unsigned char)i;
    }
    printf("repaired %d, on the stack %d, last %d\n", count, on_stack, page[99]);
    if (sigsetjmp(back, 1) == 0)
        *(volatile char *)bad = 1;
    else
        puts("back from a null pointer");
    if (sigsetjmp(back, 1) == 0)
        ((void (*)(void))(page + 32768))();
    else
        puts("back from no code");
}

static void masks(void)
{
    sigset_t set, old, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    install(SIGUSR1, 0);
    sigprocmask(SIG_BLOCK, &set, &old);
    count = 0;
    raise(SIGUSR1);
    raise(SIGUSR1);
    sigpending(&pending);
    printf("blocked: %d, pending %d\n", count, sigismember(&pending, SIGUSR1));
    sigprocmask(SIG_SETMASK, &old, NULL);
    printf("delivered once: %d\n", count);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGUSR1);
    struct timespec none = {0, 0};
    int first = sigtimedwait(&set, NULL, &none), second = sigtimedwait(&set, NULL, &none);
    printf("taken %d, then %d %d\n", first == SIGUSR1, second, errno == EAGAIN);
    sigprocmask(SIG_SETMASK, &old, NULL);

    install(SIGRTMIN + 1, 0);
    sigset_t real_time;
    sigemptyset(&real_time);
    sigaddset(&real_time, SIGRTMIN + 1);
    sigprocmask(SIG_BLOCK, &real_time, NULL);
    for (int i = 0; i < 3; i++)
        sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i + 10});
    sigprocmask(SIG_UNBLOCK, &real_time, NULL);
}

static void interruptions(void)
{
    int ends[2];
    char byte;
    if (pipe(ends))
        exit(1);
    pid_t parent = getpid();
    install(SIGUSR1, 0);
    install(SIGUSR2, SA_RESTART);
    pid_t child = fork();
    if (child == 0) {
        usleep(100000);
        kill(parent, SIGUSR1);
        usleep(100000);
        kill(parent, SIGUSR2);
        usleep(100000);
        _exit(write(ends[1], "x", 1) != 1);
    }
    ssize_t n = read(ends[0], &byte, 1);
    printf("interrupted %zd %d\n", n, errno == EINTR);
    n = read(ends[0], &byte, 1);
    printf("restarted %zd\n", n);
    waitpid(child, NULL, 0);

    struct itimerval tick = {{0, 2000}, {0, 2000}}, stop = {{0, 0}, {0, 0}};
    install(SIGALRM, SA_RESTART);
    count = 0;
    setitimer(ITIMER_REAL, &tick, NULL);
    volatile unsigned long spins = 0;
    while (count < 20)
        spins++;
    setitimer(ITIMER_REAL, &stop, NULL);
    printf("20 ticks in a busy loop: %d\n", spins > 0);
    alarm(1);
    printf("poll %d %d\n", poll(NULL, 0, 5000), errno == EINTR);
}

int main(void)
{
    setbuf(stdout, NULL);
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&alternate, NULL);
    faults();
    masks();
    interruptions();
    signal(SIGPIPE, SIG_IGN);
    int ends[2];
    if (pipe(ends))
        return 1;
    close(ends[0]);
    printf("EPIPE %d\n", write(ends[1], "x", 1) < 0 && errno == EPIPE);
    signal(SIGTERM, SIG_DFL);
    raise(SIGTERM);
    return 0;
}
