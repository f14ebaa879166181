/* SPDX-License-Identifier: MIT */
/* Clocks, sleeps and timers. */
#include "check.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

static volatile sig_atomic_t caught, value, code;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)context;
    caught = sig;
    value = info->si_value.sival_int;
    code = info->si_code;
}

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void reading(void)
{
    struct timespec t, raw;
    struct timeval tv;
    struct timezone tz;
    struct tms tms;
    double before = seconds(CLOCK_MONOTONIC);

    CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0 && t.tv_sec > 1600000000);
    CHECK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &raw) == 0 && raw.tv_sec - t.tv_sec <= 1);
    CHECK(gettimeofday(&tv, NULL) == 0 && tv.tv_sec - t.tv_sec <= 1);
    CHECK(syscall(SYS_gettimeofday, &tv, &tz) == 0);
    CHECK(time(NULL) - t.tv_sec <= 1);
    CHECK(clock_getres(CLOCK_MONOTONIC, &t) == 0 && t.tv_sec == 0 && t.tv_nsec > 0);
    CHECK(seconds(CLOCK_MONOTONIC) >= before && seconds(CLOCK_BOOTTIME) >= before);
    CHECK(seconds(CLOCK_PROCESS_CPUTIME_ID) > 0 && seconds(CLOCK_THREAD_CPUTIME_ID) > 0);
    CHECK(times(&tms) != -1 && clock() != (clock_t)-1);
    FAILS(EINVAL, syscall(SYS_clock_gettime, 99, &t));
    FAILS(EFAULT, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, 8));
    FAILS(EFAULT, syscall(SYS_gettimeofday, 8, 0));
}

static void sleeping(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct itimerval timer = {.it_value = {.tv_usec = 30000}};
    struct timespec t, left = {0, 0};
    double before = seconds(CLOCK_MONOTONIC);

    CHECK(nanosleep(&(struct timespec){0, 20000000}, NULL) == 0 &&
          seconds(CLOCK_MONOTONIC) - before >= 0.02);
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec -= 1;
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == 0);
    CHECK(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &timer, NULL) == 0);
    FAILS(EINTR, nanosleep(&(struct timespec){5, 0}, &left));
    CHECK(caught == SIGALRM && code == SI_KERNEL && left.tv_sec == 4);
    FAILS(EINVAL, nanosleep(&(struct timespec){0, 1000000000}, NULL));
    CHECK(clock_nanosleep(99, 0, &left, NULL) == EINVAL);
    timer.it_value.tv_sec = 100;
    CHECK(setitimer(ITIMER_REAL, &timer, NULL) == 0 && getitimer(ITIMER_REAL, &timer) == 0 &&
          timer.it_value.tv_sec <= 100 && timer.it_value.tv_sec >= 99);
    CHECK(alarm(0) >= 99 && alarm(0) == 0);
}

static void timers(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1,
                             .sigev_value = {.sival_int = 4711}};
    struct itimerspec spec = {.it_value = {.tv_nsec = 10000000}}, old;
    timer_t timer;

    CHECK(sigaction(SIGRTMIN + 1, &action, NULL) == 0);
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    caught = 0;
    CHECK(timer_settime(timer, 0, &spec, NULL) == 0 && timer_gettime(timer, &old) == 0 &&
          old.it_value.tv_sec == 0 && old.it_value.tv_nsec <= 10000000);
    while (!caught)
        usleep(1000);
    CHECK(caught == SIGRTMIN + 1 && value == 4711 && code == SI_TIMER);
    CHECK(timer_getoverrun(timer) >= 0 && timer_delete(timer) == 0);
    event.sigev_notify = SIGEV_THREAD_ID;
    event._sigev_un._tid = gettid();
    event.sigev_value.sival_int = 42;
    CHECK(timer_create(CLOCK_REALTIME, &event, &timer) == 0);
    caught = 0;
    CHECK(timer_settime(timer, 0, &spec, NULL) == 0);
    while (!caught)
        usleep(1000);
    CHECK(value == 42 && timer_delete(timer) == 0);
    FAILS(EINVAL, syscall(SYS_timer_delete, 12345));
    FAILS(EINVAL, syscall(SYS_timer_create, 99, NULL, &timer));
}

int main(void)
{
    check_begin();
    reading();
    sleeping();
    timers();
    return check_failed;
}
