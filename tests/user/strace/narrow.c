/* SPDX-License-Identifier: MIT */
/* Calls that 32-bit machines alone have, or whose structures differ there; see run. */
#include "calls.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>

static void files(void)
{
    char buf[400];
    int fd = S(openat, AT_FDCWD, "file", O_RDWR | O_CREAT | O_LARGEFILE, 0600), p[2];
    S(open, "file", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_DIRECT);
    S(creat, "none/x", 0640);
    S(fstat64, fd, buf);
    S(stat64, "/dev/null", buf);
    S(lstat64, "none", buf);
    S(fstatat64, AT_FDCWD, "file", buf, 0x100);
    S(_llseek, fd, 1, 5, buf, SEEK_SET);
    S(lseek, fd, -1, SEEK_SET);
    S(fcntl64, fd, F_GETFL);
    S(fcntl64, fd, F_SETLK64, &((struct flock64){F_WRLCK, SEEK_SET, 1ll << 33, 2, 0}));
    S(fcntl64, fd, F_GETLK64, &((struct flock64){F_RDLCK, SEEK_SET, 1, 2, 0}));
    S(fcntl64, fd, F_SETLKW64, &((struct flock64){F_UNLCK, SEEK_SET, 0, 0, 0}));
    S(fcntl64, fd, 37 /* F_OFD_SETLK */, &((struct flock64){F_WRLCK, SEEK_SET, 3, 4, 0}));
    S(fcntl64, fd, 36 /* F_OFD_GETLK */, &((struct flock64){F_WRLCK, SEEK_SET, 5, 1, 0}));
    S(fcntl64, fd, F_GETLK, &((struct flock){F_WRLCK, SEEK_CUR, 0, 0, 0}));
    S(statfs64, "/proc", sizeof(struct statfs64), buf);
    S(utimensat, AT_FDCWD, "none", ((long[]){1600000000, 5, 0, 0x3ffffffe}), 0);
    S(utimensat_time64, AT_FDCWD, "none", ((long long[]){4102444800, 5, 0, 0x3ffffffe}), 0);
    S(chown32, "none", 70000, -1);
    S(fchown32, 99, -1, 5);
    S(pipe, p);
    S(dup2, p[0], 40);
    S(writev, p[1], ((struct iovec[]){{"ab", 2}, {"cde", 3}}), 2);
    S(readv, p[0], ((struct iovec[]){{buf, 1}, {buf + 9, 20}}), 2);
    S(sendfile, 99, fd, ((long[]){7}), 10);
    S(sendfile64, 99, fd, ((long long[]){7}), 10);
    S(poll, ((struct pollfd[]){{p[0], POLLIN, 0}, {p[1], POLLOUT | POLLIN, 0}}), 2, 0);
    S(_newselect, 60, ((long[]){1 << 3 | 1, 1 << 8}), 0, 0, ((long[]){0, 1000}));
    S(readlink, "none", buf, 10);
    S(mkdir, "dir", 0700);
    S(rmdir, "dir");
    S(unlink, "file");
    S(access, "file", 4);
}

static void times(void)
{
    long long t[4];
    S(clock_getres, 1, ((long[]){0, 0}));
    S(clock_getres_time64, 1, t);
    S(clock_gettime, 99, 0);
    S(clock_gettime64, 99, 0);
    S(nanosleep, ((long[]){0, 1000}), 0);
    S(clock_nanosleep_time64, 1, 0, ((long long[]){0, 1000}), 0);
    S(clock_nanosleep_time64, 1, 0, ((long long[]){0, 2000000000}), 0);
    S(futex, t, 0, 7, ((long[]){0, 1000}), 0, 0);
    S(futex_time64, ((int[]){7}), 0x80, 7, ((long long[]){0, 1000}), 0, 0);
    int timer = syscall(SYS_timerfd_create, 1, 0);
    S(timerfd_settime, timer, 0, ((long[]){0, 0, 100, 5}), 0);
    S(timerfd_settime64, timer, 1, ((long long[]){0, 0, 5000000000, 5}), 0);
    S(setitimer, 0, ((long[]){0, 0, 100, 3}), 0);
    S(setitimer, 0, ((long[]){0, 0, 0, 0}), 0);
    S(ppoll_time64, 0, 0, ((long long[]){0, 1000}), 0, 8);
}

static void process(void)
{
    char buf[400];
    S(getuid32);
    S(getresuid32, buf, buf + 4, buf + 8);
    S(setreuid32, -1, -1);
    S(ugetrlimit, RLIMIT_NOFILE, buf);
    S(prlimit64, 0, RLIMIT_CORE, 0, 0);
    S(setrlimit, RLIMIT_CORE, ((unsigned long[]){0, 0}));
    S(rt_sigprocmask, 0, ((unsigned[]){1 << 9, 1}), 0, 8);
    S(rt_sigprocmask, 1, ((unsigned[]){1 << 9, 1}), 0, 8);
    S(sigprocmask, 0, ((unsigned long[]){1 << 11}), 0);
    char *at = (char *)S(mmap2, 0, 8192, 3, 0x22, -1, 0);
    S(mmap2, at, 4096, 1, 0x12, 99, 3);
    S(mprotect, at, 4096, 1);
    S(munmap, at, 8192);
    S(sysinfo, 8);
    S(kill, 0x7fffffff, 0);
    S(epoll_create, 5);
}

int main(void)
{
    BEGIN;
    files();
    times();
    process();
    return 3;
}
