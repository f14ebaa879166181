/* SPDX-License-Identifier: MIT */
/* Calls about files and descriptors, for the comparison of -strace with strace. */
#include "calls.h"

int main(void)
{
    static char buf[5000];
    long l[10] = {0};
    int fd[2], d, e;

    BEGIN;
    S(mkdirat, AT_FDCWD, "dir", 0755);
    S(mkdirat, AT_FDCWD, "dir", 01777);
    d = S(openat, AT_FDCWD, "file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    S(openat, AT_FDCWD, "file", O_WRONLY | O_CREAT | O_EXCL, 04755);
    S(openat, d, "x\n\"\\\177\377", O_RDONLY | O_NONBLOCK | O_APPEND | O_NOCTTY | O_SYNC);
    S(openat, AT_FDCWD, "file", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    S(openat, AT_FDCWD, 0, O_PATH | O_NOATIME | O_DSYNC);
    S(openat2, AT_FDCWD, "none", ((long[]){O_RDWR | O_NOFOLLOW, 0, 0x14}), 24);
    S(newfstatat, AT_FDCWD, "dir", buf, 0);
    S(newfstatat, AT_FDCWD, "/dev/null", buf, 0x100);
    S(newfstatat, d, "", buf, 0x1000);
    S(newfstatat, AT_FDCWD, "none", buf, 0);
    S(fstat, d, buf);
    S(statx, AT_FDCWD, "file", 0, 0x7ff, buf);
    S(statx, AT_FDCWD, "/dev/full", 0x2100, 7, buf);
    S(statfs, "/proc", buf);
    S(faccessat, AT_FDCWD, "file", 6);
    S(faccessat2, AT_FDCWD, "file", 4, 0x200);
    S(fchmodat, AT_FDCWD, "file", 0600);
    S(fchownat, AT_FDCWD, "none", -1, 5, 0x100);
    S(utimensat, AT_FDCWD, "none", ((long[]){1600000000, 5, 0, 0x3ffffffe}), 0);
    S(utimensat, AT_FDCWD, "none", 0, 0x100);
    S(symlinkat, "file", AT_FDCWD, "link");
    S(readlinkat, AT_FDCWD, "link", buf, 100);
    S(readlinkat, AT_FDCWD, "none", buf, 100);
    S(linkat, AT_FDCWD, "none", AT_FDCWD, "more", 0x400);
    S(renameat2, AT_FDCWD, "none", AT_FDCWD, "more", 1);
    S(unlinkat, AT_FDCWD, "dir", 0x200);
    S(unlinkat, AT_FDCWD, "dir", 0);
    S(mknodat, AT_FDCWD, "none/x", 0020644, 0x501);
    S(mknodat, AT_FDCWD, "none/x", 0010600, 0);
    S(setxattr, "none", "user.a", "abc", 3, 1);
    S(getxattr, "none", "user.a", buf, 10);
    S(truncate, "none", 5);
    S(ftruncate, d, 100000);
    S(fallocate, 99, 3, 1, 2);
    S(lseek, d, 50, SEEK_SET);
    S(lseek, d, -1, SEEK_HOLE);
    S(umask, 027);
    S(umask, 0);

    S(pipe2, fd, O_CLOEXEC | O_NONBLOCK);
    S(write, fd[1], "hello\n\0\1\2019\"\\\x7f\xff 12345678901234567890123", 40);
    S(read, fd[0], buf, 100);
    S(read, fd[0], buf, 100);
    S(write, fd[1], 0x10, 5);
    S(write, 99, buf, 0);
    struct iovec v[3] = {{"abc", 3}, {"defgh", 5}, {0, 0}}, w[2] = {{buf, 4}, {buf + 10, 100}};
    S(writev, fd[1], v, 3);
    S(readv, fd[0], w, 2);
    S(readv, fd[0], w, 2);
    S(pwrite64, d, "positioned", 10, 1000);
    S(pread64, d, buf, 10, 1000);
    S(preadv, d, w, 2, 1002, 0);
    S(pwritev2, 99, v, 3, 10, 0, 2);
    S(sendfile, 99, d, ((long[]){7}), 10);
    S(copy_file_range, 99, 0, 98, ((long[]){5}), 5, 0);
    S(splice, 99, 0, 98, 0, 5, 3);
    S(dup3, d, 20, O_CLOEXEC);
    S(dup, 99);
    S(close_range, 20, 30, 4);
    S(close, 20);
    S(close, 20);
    S(fcntl, d, F_GETFD);
    S(fcntl, d, F_SETFD, 0);
    S(fcntl, d, F_GETFD);
    S(fcntl, d, F_SETFL, O_APPEND | O_NONBLOCK);
    S(fcntl, d, F_DUPFD_CLOEXEC, 30);
    S(fcntl, d, F_SETLK, &((struct flock){F_WRLCK, SEEK_SET, 1, 2, 0}));
    S(fcntl, d, F_GETLK, &((struct flock){F_WRLCK, SEEK_CUR, 0, 0, 0}));
    S(fcntl, fd[0], F_SETPIPE_SZ, 8192);
    S(fcntl, fd[0], F_GETPIPE_SZ);
    S(fcntl, d, 999, 3);
    S(flock, 99, 6);
    S(ioctl, d, 0x5401, buf);
    S(ioctl, fd[0], 0x541b, l);
    S(ioctl, fd[0], 0x5421, ((int[]){1}));
    S(ioctl, d, 0x80123456, buf);
    e = S(memfd_create, "name", 3);
    S(fcntl, e, F_ADD_SEALS, 3);
    S(fcntl, e, F_GET_SEALS);
    S(eventfd2, 5, O_CLOEXEC | O_NONBLOCK);
    S(inotify_init1, O_NONBLOCK);
    S(inotify_add_watch, 99, "file", 0x302);
    S(fadvise64, 99, 0, 0, 4);
    S(fsync, 99);
    S(getcwd, buf, 1);
    S(chdir, "none");
    S(mount, "a", "none", "c", 3, 0);
    S(umount2, "none", 2);

    struct pollfd p[3] = {{fd[0], POLLIN, 0}, {fd[1], POLLOUT | POLLIN, 0}, {-1, POLLIN, 0}};
    S(ppoll, p, 1, l, 0, 8);
    S(ppoll, p, 3, 0, l + 2, 8);
    S(ppoll, p, 0, l, 0, 0);
    l[0] = 1L << fd[0] | 1L << fd[1];
    l[1] = 1L << fd[1];
    S(pselect6, 10, l, l + 1, 0, 0, 0);
    l[0] = 1L << fd[0], l[1] = l[2] = 0;
    S(pselect6, 10, l, 0, 0, l + 1, ((long[]){(long)(l + 4), 8}));
    e = S(epoll_create1, O_CLOEXEC);
    /* One struct epoll_event, on both sides of its packing. */
    S(epoll_ctl, e, 2, fd[0], 0);
    S(epoll_pwait, e, buf, 10, 0, 0, 8L);
    S(epoll_pwait, 99, buf, 10, 0, 0, 8L);
    S(exit_group, 0);
}
