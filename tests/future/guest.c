/* SPDX-License-Identifier: MIT */
/*
 * After January 2038, once compiled with 64-bit times and once without: the one goes on, the other is
 * told what a kernel and the C library tell it, that the time does not fit.
 */
#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

struct time64 {
    int64_t sec, nsec;
};
struct time32 {
    int32_t sec, nsec;
};

static struct time64 now64(void)
{
    struct time64 now = {-1, -1};
    CHECK(syscall(SYS_clock_gettime64, CLOCK_REALTIME, &now) == 0);
    CHECK(now.sec > INT32_MAX);
    return now;
}

/* The calls with 32 bits cut the time off. */
static void test_kernel(void)
{
    struct time32 old = {-1, -1};
    int32_t day[2] = {-1, -1};
    int64_t now = now64().sec;
    CHECK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &old) == 0);
    CHECK(old.sec < 0 && (uint32_t)old.sec - (uint32_t)now <= 1 && old.nsec >= 0);
    CHECK(syscall(SYS_gettimeofday, day, NULL) == 0 && (uint32_t)day[0] - (uint32_t)now <= 1);
}

static void test_clocks(void)
{
    struct timespec now;
    struct timeval day;
    if (sizeof(time_t) == 4) {
        CHECK(clock_gettime(CLOCK_REALTIME, &now) == -1 && errno == EOVERFLOW);
        CHECK(gettimeofday(&day, NULL) == -1 && errno == EOVERFLOW);
        CHECK(time(NULL) == -1 && errno == EOVERFLOW);
        return;
    }
    int64_t before = now64().sec;
    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec - before <= 1);
    CHECK(gettimeofday(&day, NULL) == 0 && day.tv_sec - before <= 1);
    CHECK(time(NULL) - before <= 1 && time(NULL) >= before);
}

/* Time goes on, and calendars agree with it. */
static void test_calendar(void)
{
    if (sizeof(time_t) == 4)
        return;
    time_t now = time(NULL);
    struct tm *tm = gmtime(&now);
    char text[64];
    CHECK(tm && tm->tm_year >= 2038 - 1900 && timegm(tm) == now);
    CHECK(strftime(text, sizeof text, "%Y-%m-%d", tm) == 10 && atoi(text) >= 2038);
    struct time64 a = now64(), b;
    CHECK(usleep(20000) == 0);
    b = now64();
    int64_t passed = (b.sec - a.sec) * 1000000000 + b.nsec - a.nsec;
    CHECK(passed >= 20000000 && passed < 20000000000);
}

/* A file that was written now. */
static void test_files(void)
{
    char name[] = "/var/tmp/future-XXXXXX";
    int fd = mkstemp(name);
    struct time64 t[2] = {now64(), now64()};
    struct stat st;
    CHECK(syscall(SYS_utimensat_time64, fd, NULL, t, 0) == 0);
    if (sizeof(time_t) == 4)
        CHECK(fstat(fd, &st) == -1 && errno == EOVERFLOW);
    else
        CHECK(fstat(fd, &st) == 0 && st.st_mtime == (time_t)t[1].sec &&
              st.st_mtim.tv_nsec == (long)t[1].nsec);
    close(fd);
    unlink(name);
}

int main(void)
{
    run("system calls", test_kernel);
    run("clocks", test_clocks);
    run("calendar", test_calendar);
    run("files", test_files);
    return finish();
}
