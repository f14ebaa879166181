/* SPDX-License-Identifier: MIT */
/* Calls about processes, signals, time and memory, for the comparison of -strace with strace. */
#include "calls.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static void handler(int sig)
{
    (void)sig;
}

static void signals(void)
{
    static char buf[10000];
    long l[20] = {0};
    stack_t stack = {.ss_sp = buf, .ss_size = 10000};

    signal(SIGUSR1, SIG_IGN);
    signal(SIGUSR2, handler);
    S(rt_sigaction, 64, 0, l, 8);
    S(rt_sigaction, 99, l, 0, 8);
    S(rt_sigprocmask, 0, ((long[]){1 << 9 | 1 << 1}), l, 8);
    S(rt_sigprocmask, 2, ((long[]){0}), l, 8);
    S(rt_sigprocmask, 0, ((long[]){~0x40L}), l, 8);
    S(rt_sigprocmask, 2, ((long[]){1L << 31 | 1L << 40}), l, 8);
    S(rt_sigprocmask, 9, l, l, 8);
    S(rt_sigprocmask, 2, ((long[]){1L << 9}), 0, 8);
    S(rt_sigpending, l, 8);
    S(rt_sigtimedwait, ((long[]){1 << 9}), buf, ((long[]){0, 0}), 8);
    S(sigaltstack, &stack, 0);
    S(sigaltstack, 0, l);
    S(tkill, 9999999, 15);
    S(kill, 9999999, 64);
    raise(SIGUSR2);
    S(signalfd4, -1, ((long[]){1 << 9}), 8, O_CLOEXEC);
    S(restart_syscall);
}

static void time_calls(void)
{
    long l[10] = {0};
    int id[2];

    S(nanosleep, ((long[]){0, 1000}), 0);
    S(nanosleep, ((long[]){0, -1}), l);
    S(clock_nanosleep, 1, 1, ((long[]){0, 1000}), l);
    S(clock_nanosleep, 0, 0, ((long[]){0, 1000}), l);
    S(clock_gettime, 99, l);
    S(clock_getres, 1, l);
    S(setitimer, 0, ((long[]){0, 5, 1000, 6}), l);
    S(setitimer, 0, ((long[]){0, 0, 0, 0}), 0);
    S(getitimer, 2, l);
    S(timer_create, 1, 0, id);
    S(timer_create, 0, ((long[]){5, 10}), id + 1);
    S(timer_settime, id[1], 1, ((long[]){0, 0, 0, 0}), 0);
    S(timer_gettime, id[1], l);
    S(timer_delete, id[1]);
    S(timer_delete, 99);
    S(timerfd_create, 1, 02004000);
    S(timerfd_settime, 99, 1, ((long[]){0, 0, 5, 0}), l);
}

static void memory(void)
{
    int word[4] = {0};
    char *p = (char *)S(mmap, 0, 12288, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    S(mprotect, p, 4096, 1);
    S(mprotect, p, 4096, 0);
    S(madvise, p, 4096, MADV_DONTNEED);
    S(madvise, p, 4096, 12345);
    S(msync, p, 4096, 4);
    S(mremap, p, 12288, 4096, 0);
    S(munmap, p, 4096);
    S(munmap, 1, 1);
    S(mmap, 0, 0, 0, MAP_SHARED | MAP_FIXED | MAP_POPULATE | MAP_NORESERVE, 5, 0x1001);
    S(mlock, 0, 0);
    S(futex, word, FUTEX_WAIT_PRIVATE, 77, 0);
    S(futex, word, FUTEX_WAKE, 1);
    S(futex, word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 77, 0, 0, -1);
    S(futex, word, FUTEX_CMP_REQUEUE_PRIVATE, 1, 5, word + 1, 7);
    S(futex, word, FUTEX_WAKE_OP, 1, 1, word + 1,
      FUTEX_OP_SET << 28 | FUTEX_OP_CMP_GT << 24 | 3 << 12 | 4);
    S(futex, word, FUTEX_LOCK_PI_PRIVATE, 0, ((long[]){1, 1}));
    S(futex, word, FUTEX_UNLOCK_PI_PRIVATE);
    S(futex, word, 99 | 128, 5, 0, 0, 7);
    S(shmget, 0x1234567, 4096, 0600);
    S(semget, 0x1234567, 0, 0600);
    S(semctl, 9999, 0, 2, word);
    S(shmctl, 9999, 2, word);
    S(msgget, 0x1234567, 0600);
}

static void attributes(void)
{
    static char buf[5000];
    long l[10] = {0};

    prctl(PR_SET_NAME, "hello");
    prctl(PR_GET_NAME, buf);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, 15);
    prctl(PR_GET_PDEATHSIG, buf);
    prctl(PR_SET_PDEATHSIG, 0);
    prctl(PR_GET_DUMPABLE);
    prctl(PR_SET_DUMPABLE, 1);
    prctl(PR_CAPBSET_READ, 1);
    prctl(PR_SET_TIMERSLACK, 50000);
    prctl(PR_GET_TIMERSLACK);
    prctl(999, 1, 2, 3, 4);
    S(prlimit64, 0, RLIMIT_STACK, 0, l);
    S(prlimit64, 0, RLIMIT_NOFILE, ((long[]){100, 50}), 0);
    S(prlimit64, 0, 99, 0, l);
    S(getrlimit, RLIMIT_CORE, l);
    S(getrusage, 7, buf);
    S(uname, buf);
    S(getpriority, 0, 0);
    S(setpriority, 0, 0, 0);
    S(sched_setaffinity, 0, 8, ((long[]){0}));
    S(sched_getparam, 0, buf);
    S(sched_getscheduler, 0);
    S(sched_get_priority_max, 1);
    S(sched_setscheduler, 0, 0, ((int[]){0}));
    S(personality, -1);
    S(setresuid, -1, -1, -1);
    S(getresuid, buf, buf + 4, buf + 8);
    S(getgroups, 0, 0);
    S(getrandom, buf, 0, 1);
    S(unshare, 0);
    S(execve, "none", ((char *[]){"a", "b", 0}), ((char *[]){"X=1", 0}));
    S(execve, "none", 0, 0);
    S(wait4, -1, buf, WNOHANG | WUNTRACED | WCONTINUED, 0);
    S(waitid, P_ALL, 0, buf, WNOHANG | WEXITED | WNOWAIT, 0);
    syscall(9999, 1, 2, 3, 0, 0, 0);
}

static void children(void)
{
    int status;
    pid_t child = fork();

    if (!child) {
        S(getpgid, 99999999);
        S(exit_group, 3);
    }
    S(wait4, child, &status, 0, 0);
    child = fork();
    if (!child) {
        S(getpgid, 99999999);
        *(volatile int *)8 = 0;
    }
    S(wait4, child, &status, 0, 0);
    child = fork();
    if (!child)
        S(kill, getpid(), SIGTERM);
    S(wait4, child, &status, 0, 0);
    child = fork();
    if (!child)
        abort();
    S(wait4, child, &status, 0, 0);
}

int main(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    BEGIN;
    signals();
    time_calls();
    memory();
    attributes();
    children();
    S(exit_group, 7);
}
