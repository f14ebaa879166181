/* SPDX-License-Identifier: MIT */
/*
 * Times past 2038: calls with 64-bit times know them, those with 32-bit ones behave as the kernel's
 * (they cut off the upper half, or refuse what does not fit).  Each structure by its raw call.
 */
#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

struct time64 {
    int64_t sec, nsec;
};
struct time32 {
    int32_t sec, nsec;
};
struct timer64 {
    struct time64 interval, value;
};
struct timer32 {
    struct time32 interval, value;
};

static const int64_t in_2040 = 2208988800, in_2100 = 4102444800;

static void test_files(void)
{
    char name[] = "/var/tmp/times-XXXXXX";
    int fd = mkstemp(name);
    struct statx sx;
    struct time64 t[2] = {{in_2040, 5}, {in_2100, 999999999}};
    CHECK(syscall(SYS_utimensat_time64, AT_FDCWD, name, t, 0) == 0);
    CHECK(syscall(SYS_statx, AT_FDCWD, name, 0, STATX_BASIC_STATS, &sx) == 0);
    CHECK(sx.stx_atime.tv_sec == in_2040 && sx.stx_atime.tv_nsec == 5);
    CHECK(sx.stx_mtime.tv_sec == in_2100 && sx.stx_mtime.tv_nsec == 999999999);
    /* What lies above the 32 bits of a 64-bit tv_nsec is padding. */
    t[0].nsec |= 0x7700000000;
    CHECK(syscall(SYS_utimensat_time64, AT_FDCWD, name, t, 0) == 0);
    t[0].nsec = 1000000000;
    CHECK(syscall(SYS_utimensat_time64, AT_FDCWD, name, t, 0) == -1 && errno == EINVAL);
    struct time32 old[2] = {{1000000000, 1}, {2000000000, 2}};
    CHECK(syscall(SYS_utimensat, AT_FDCWD, name, old, 0) == 0);
    CHECK(syscall(SYS_statx, AT_FDCWD, name, 0, STATX_BASIC_STATS, &sx) == 0);
    CHECK(sx.stx_atime.tv_sec == 1000000000 && sx.stx_mtime.tv_sec == 2000000000);
    old[0] = (struct time32){0, UTIME_OMIT};
    old[1] = (struct time32){0, UTIME_NOW};
    CHECK(syscall(SYS_utimensat, AT_FDCWD, name, old, 0) == 0);
    CHECK(syscall(SYS_statx, AT_FDCWD, name, 0, STATX_BASIC_STATS, &sx) == 0);
    CHECK(sx.stx_atime.tv_sec == 1000000000 && llabs(sx.stx_mtime.tv_sec - time(NULL)) < 5);
    close(fd);
    unlink(name);
}

struct stat64_raw { /* asm/stat.h */
    uint64_t dev;
    uint32_t pad0, ino32, mode, nlink, uid, gid;
    uint64_t rdev;
    uint32_t pad3;
    int64_t size __attribute__((aligned(8)));
    uint32_t blksize;
    uint64_t blocks __attribute__((aligned(8)));
    uint32_t atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec;
    uint64_t ino;
};
_Static_assert(sizeof(struct stat64_raw) == 104, "struct stat64 of ARM");

struct stat_raw {
    uint32_t dev, ino;
    uint16_t mode, nlink, uid, gid;
    uint32_t rdev, size, blksize, blocks, atime, atime_nsec, mtime, mtime_nsec, ctime, ctime_nsec, pad[2];
};

/* What a program without 64-bit times sees of a file of the year 2100, and of one of 3 GiB: the
 * kernel cuts times off (fs/stat.c), and the C library refuses them. */
static void test_overflows(void)
{
    char name[] = "/var/tmp/times-XXXXXX";
    int fd = mkstemp(name);
    struct time64 t[2] = {{in_2040, 5}, {in_2100, 7}};
    struct stat64_raw wide;
    struct stat_raw narrow;
    struct stat st;
    CHECK(syscall(SYS_utimensat_time64, AT_FDCWD, name, t, 0) == 0);
    CHECK(syscall(SYS_fstat64, fd, &wide) == 0);
    CHECK(wide.atime == (uint32_t)in_2040 && wide.mtime == (uint32_t)in_2100 && wide.mtime_nsec == 7);
    CHECK(syscall(SYS_fstat, fd, &narrow) == 0 && narrow.mtime == (uint32_t)in_2100);
    CHECK(stat(name, &st) == -1 && errno == EOVERFLOW);
    t[0].sec = t[1].sec = 1000;
    CHECK(syscall(SYS_utimensat_time64, AT_FDCWD, name, t, 0) == 0 && stat(name, &st) == 0);
    CHECK(syscall(SYS_ftruncate64, fd, 0, (uint32_t)(3ull << 30), 0) == 0);
    CHECK(syscall(SYS_fstat64, fd, &wide) == 0 && wide.size == 3ll << 30 && wide.mode == st.st_mode);
    CHECK(syscall(SYS_fstat, fd, &narrow) == -1 && errno == EOVERFLOW);
    CHECK(syscall(SYS_stat, name, &narrow) == -1 && errno == EOVERFLOW);
    CHECK(stat(name, &st) == -1 && errno == EOVERFLOW);
    CHECK(syscall(SYS_ftruncate64, fd, 0, 0x7fffffff, 0) == 0);
    CHECK(syscall(SYS_fstat, fd, &narrow) == 0 && narrow.size == 0x7fffffff);
    close(fd);
    unlink(name);
}

static void test_clocks(void)
{
    struct time64 new = {-1, -1};
    struct time32 old = {-1, -1};
    CHECK(syscall(SYS_clock_gettime64, CLOCK_REALTIME, &new) == 0);
    CHECK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &old) == 0);
    CHECK(llabs((int32_t)new.sec - old.sec) <= 1 && old.nsec >= 0 && old.nsec < 1000000000);
    CHECK(new.nsec >= 0 && new.nsec < 1000000000);
    CHECK(syscall(SYS_clock_getres_time64, CLOCK_MONOTONIC, &new) == 0 && new.sec == 0 && new.nsec > 0);
    CHECK(syscall(SYS_clock_gettime64, 77, &new) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_clock_gettime64, CLOCK_REALTIME, (void *)8) == -1 && errno == EFAULT);
    struct time32 part = {0, 1000000};
    CHECK(syscall(SYS_nanosleep, &part, NULL) == 0);
    struct time64 wait = {0, 1000000};
    CHECK(syscall(SYS_clock_nanosleep_time64, CLOCK_MONOTONIC, 0, &wait, NULL) == 0);
    wait.nsec = 2000000000;
    CHECK(syscall(SYS_clock_nanosleep_time64, CLOCK_MONOTONIC, 0, &wait, NULL) == -1 && errno == EINVAL);
}

static void test_timers(void)
{
    int fd = timerfd_create(CLOCK_REALTIME, 0);
    struct timer64 set = {{0, 0}, {in_2100, 0}}, got = {{1, 1}, {1, 1}};
    CHECK(syscall(SYS_timerfd_settime64, fd, TFD_TIMER_ABSTIME, &set, NULL) == 0);
    CHECK(syscall(SYS_timerfd_gettime64, fd, &got) == 0);
    int64_t left = in_2100 - time(NULL);
    CHECK(llabs(got.value.sec - left) <= 2 && got.interval.sec == 0);
    struct timer32 old;
    CHECK(syscall(SYS_timerfd_gettime, fd, &old) == 0 && abs(old.value.sec - (int32_t)left) <= 2);
    close(fd);
    int kernel_id;
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &kernel_id) == 0);
    set.value = (struct time64){5000000000, 7};
    set.interval = (struct time64){6000000000, 8};
    CHECK(syscall(SYS_timer_settime64, kernel_id, 0, &set, NULL) == 0);
    CHECK(syscall(SYS_timer_gettime64, kernel_id, &got) == 0);
    CHECK(got.interval.sec == 6000000000 && got.interval.nsec == 8 && got.value.sec >= 4999999990);
    CHECK(syscall(SYS_timer_delete, kernel_id) == 0);
    struct itimerval interval = {{1, 2}, {100, 3}}, before;
    CHECK(setitimer(ITIMER_REAL, &interval, NULL) == 0 && getitimer(ITIMER_REAL, &before) == 0);
    CHECK(before.it_interval.tv_sec == 1 && before.it_interval.tv_usec == 2 &&
          before.it_value.tv_sec >= 98);
    interval = (struct itimerval){{0, 0}, {0, 0}};
    CHECK(setitimer(ITIMER_REAL, &interval, &before) == 0 && before.it_value.tv_sec >= 98);
}

/* Waiting with a time in the far future, ended by a child's signal. */
static void nothing(int sig, siginfo_t *info, void *context) { (void)sig, (void)info, (void)context; }

static void test_waits(void)
{
    struct time64 far = {in_2100, 0};
    struct time64 left = {1, 1};
    int word = 5;
    pid_t child = fork();
    if (!child) {
        for (int k = 0; k < 3; k++) {
            usleep(100000);
            kill(getppid(), SIGUSR1);
        }
        _exit(0);
    }
    handle(SIGUSR1, nothing, 0);
    /* FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME: absolute */
    CHECK(syscall(SYS_futex_time64, &word, 9 | 256, 5, &far, NULL, -1) == -1 && errno == EINTR);
    far.sec = 5000000000;
    CHECK(syscall(SYS_clock_nanosleep_time64, CLOCK_MONOTONIC, 0, &far, &left) == -1 && errno == EINTR);
    CHECK(left.sec > 4999999990 && left.sec < 5000000000);
    CHECK(syscall(SYS_ppoll_time64, NULL, 0, &far, NULL, 8) == -1 && errno == EINTR);
    waitpid(child, NULL, 0);
    struct time32 soon = {0, 1000};
    CHECK(syscall(SYS_futex, &word, 0, 5, &soon, NULL, 0) == -1 && errno == ETIMEDOUT);
    CHECK(syscall(SYS_futex, &word, 0, 6, &soon, NULL, 0) == -1 && errno == EAGAIN);
}

static void test_limits(void)
{
    struct {
        uint32_t now, most;
    } narrow;
    struct {
        uint64_t now, most;
    } wide;
    struct rusage use;
    CHECK(syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &wide) == 0);
    wide.now = wide.most < 5000000000 ? wide.most : 5000000000;
    CHECK(syscall(SYS_prlimit64, 0, RLIMIT_CORE, &wide, NULL) == 0);
    CHECK(syscall(SYS_ugetrlimit, RLIMIT_CORE, &narrow) == 0);
    CHECK(narrow.now == (wide.now > UINT32_MAX ? UINT32_MAX : wide.now));
    narrow.now = narrow.most < 4096 ? narrow.most : 4096;
    CHECK(syscall(SYS_setrlimit, RLIMIT_CORE, &narrow) == 0);
    CHECK(syscall(SYS_prlimit64, 0, RLIMIT_CORE, NULL, &wide) == 0 && wide.now == narrow.now);
    CHECK(syscall(SYS_getrusage, RUSAGE_SELF, &use) == 0 && use.ru_maxrss > 100);
}

int main(void)
{
    run("files", test_files);
    run("overflows", test_overflows);
    run("clocks", test_clocks);
    run("timers", test_timers);
    run("waits", test_waits);
    run("limits", test_limits);
    return finish();
}
