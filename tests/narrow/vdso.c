/* SPDX-License-Identifier: MIT */
/* The vDSO's functions: found by name and version, and equal to the system calls. */
#define _GNU_SOURCE
#include "check.h"
#include "vdso.h"

#include <stdint.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

struct time64 {
    int64_t sec, nsec;
};
struct time32 {
    int32_t sec, nsec;
};

static void *find(const char *name)
{
    const char *base = (const char *)getauxval(AT_SYSINFO_EHDR);
    CHECK(base && !memcmp(base, ELFMAG, SELFMAG));
    void *function = base ? vdso_symbol(base, name, "LINUX_2.6") : NULL;
    CHECK(function);
    if (!function)
        exit(1);
    return function;
}

/* What the vDSO says lies between what the system call says before and after it. */
static void test_gettime64(void)
{
    int (*gettime)(int, struct time64 *) = find("__vdso_clock_gettime64");
    const int clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
                          CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_TAI};
    for (unsigned k = 0; k < 7000; k++) {
        struct time64 before = {-1, -1}, now = {-1, -1}, after = {-1, -1};
        int clock = clocks[k % 7];
        CHECK(syscall(SYS_clock_gettime64, clock, &before) == 0);
        CHECK(gettime(clock, &now) == 0);
        CHECK(syscall(SYS_clock_gettime64, clock, &after) == 0);
        CHECK(now.nsec >= 0 && now.nsec < 1000000000);
        CHECK(before.sec * 1000000000 + before.nsec <= now.sec * 1000000000 + now.nsec);
        CHECK(now.sec * 1000000000 + now.nsec <= after.sec * 1000000000 + after.nsec);
    }
    struct time64 t = {7, 8};
    CHECK(gettime(77, &t) == -EINVAL && t.sec == 7 && t.nsec == 8);
    CHECK(gettime(77, NULL) == -EINVAL);
}

static void test_gettime(void)
{
    int (*gettime)(int, struct time32 *) = find("__vdso_clock_gettime");
    for (unsigned k = 0; k < 1000; k++) {
        struct time32 before, now = {-1, -1}, after;
        CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &before) == 0);
        CHECK(gettime(CLOCK_MONOTONIC, &now) == 0);
        CHECK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &after) == 0);
        CHECK(now.nsec >= 0 && now.nsec < 1000000000);
        CHECK(before.sec < now.sec || (before.sec == now.sec && before.nsec <= now.nsec));
        CHECK(now.sec < after.sec || (now.sec == after.sec && now.nsec <= after.nsec));
    }
    CHECK(gettime(-1 << 20, &(struct time32){0, 0}) == -EINVAL);
}

static void test_timeofday(void)
{
    int (*timeofday)(struct timeval *, struct timezone *) = find("__vdso_gettimeofday");
    for (unsigned k = 0; k < 1000; k++) {
        struct timeval before, now = {-1, -1}, after;
        CHECK(syscall(SYS_gettimeofday, &before, NULL) == 0);
        CHECK(timeofday(&now, NULL) == 0);
        CHECK(syscall(SYS_gettimeofday, &after, NULL) == 0);
        CHECK(now.tv_usec >= 0 && now.tv_usec < 1000000);
        CHECK(!timercmp(&now, &before, <) && !timercmp(&after, &now, <));
    }
    struct timezone zone = {77, 77}, other = {78, 78};
    CHECK(timeofday(NULL, &zone) == 0 && syscall(SYS_gettimeofday, NULL, &other) == 0);
    CHECK(zone.tz_minuteswest == other.tz_minuteswest && zone.tz_dsttime == other.tz_dsttime);
    CHECK(timeofday(NULL, NULL) == 0);
}

static void test_getres(void)
{
    int (*getres)(int, struct time32 *) = find("__vdso_clock_getres");
    for (int clock = 0; clock < 12; clock++) {
        struct time32 a = {-1, -1}, b = {-1, -1};
        int result = syscall(SYS_clock_getres, clock, &b);
        CHECK(getres(clock, &a) == (result ? -errno : 0));
        CHECK(a.sec == b.sec && a.nsec == b.nsec);
    }
}

/* Registers that a call preserves are as before, and a signal in the midst of it does no harm. */
static volatile int signals;
static void count(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info, (void)context;
    signals++;
}

static void test_signals(void)
{
    struct itimerval often = {{0, 1000}, {0, 1000}}, none = {{0, 0}, {0, 0}};
    int (*gettime)(int, struct time64 *) = find("__vdso_clock_gettime64");
    handle(SIGALRM, count, SA_RESTART);
    setitimer(ITIMER_REAL, &often, NULL);
    struct time64 last = {0, 0}, now;
    while (signals < 100) {
        CHECK(gettime(CLOCK_MONOTONIC, &now) == 0);
        CHECK(now.sec > last.sec || (now.sec == last.sec && now.nsec >= last.nsec));
        last = now;
    }
    setitimer(ITIMER_REAL, &none, NULL);
}

int main(void)
{
    run("clock_gettime64", test_gettime64);
    run("clock_gettime", test_gettime);
    run("gettimeofday", test_timeofday);
    run("clock_getres", test_getres);
    run("signals", test_signals);
    return finish();
}
