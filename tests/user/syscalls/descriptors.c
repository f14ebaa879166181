/* SPDX-License-Identifier: MIT */
/* Descriptors: duplication, pipes, vectors, locks, splicing, and files that are no files. */
#include "check.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

static void duplicates(void)
{
    int fd[2], other;

    CHECK(pipe2(fd, O_CLOEXEC | O_NONBLOCK) == 0);
    CHECK(fcntl(fd[0], F_GETFD) == FD_CLOEXEC && fcntl(fd[0], F_GETFL) & O_NONBLOCK);
    CHECK((fcntl(fd[1], F_GETFL) & (O_ACCMODE | O_DIRECT)) == O_WRONLY);
    CHECK((other = dup(fd[1])) > fd[1] && fcntl(other, F_GETFD) == 0);
    CHECK(dup3(fd[1], 100, O_CLOEXEC) == 100 && fcntl(100, F_GETFD) == FD_CLOEXEC);
    FAILS(EINVAL, dup3(100, 100, 0));
    CHECK(dup2(100, 100) == 100 && fcntl(fd[1], F_DUPFD, 150) == 150 &&
          fcntl(fd[1], F_DUPFD_CLOEXEC, 150) == 151);
    CHECK(write(150, "abc", 3) == 3 && fcntl(fd[0], F_SETFD, 0) == 0 && fcntl(fd[0], F_GETFD) == 0);
    FAILS(EBADF, dup3(999, 100, 0));
    FAILS(EBADF, dup(-1));
    CHECK(syscall(SYS_close_range, 120, 200, 0) == 0);
    FAILS(EBADF, fcntl(150, F_GETFD));
    CHECK(syscall(SYS_close_range, 100, ~0u, 4) == 0 && fcntl(100, F_GETFD) == FD_CLOEXEC);
    FAILS(EINVAL, syscall(SYS_close_range, 5, 4, 0));
    CHECK(close(100) == 0 && close(other) == 0 && close(fd[0]) == 0 && close(fd[1]) == 0);
    FAILS(EBADF, close(fd[0]));
    CHECK(pipe2(fd, O_DIRECT) == 0 && fcntl(fd[1], F_GETFL) & O_DIRECT);
    CHECK(write(fd[1], "one", 3) == 3 && write(fd[1], "two", 3) == 3); /* packets */
    CHECK(read(fd[0], (char[10]){0}, 10) == 3 && read(fd[0], (char[10]){0}, 10) == 3);
    CHECK(fcntl(fd[1], F_SETPIPE_SZ, 100000) == 131072 && fcntl(fd[0], F_GETPIPE_SZ) == 131072);
    close(fd[0]), close(fd[1]);
    FAILS(EINVAL, pipe2(fd, O_DIRECTORY));
}

static void vectors(void)
{
    char a[4] = "", b[7] = "";
    struct iovec out[3] = {{"abc", 3}, {NULL, 0}, {"defgh", 5}}, in[2] = {{a, 3}, {b, 6}};
    int fd = open("vector", O_RDWR | O_CREAT, 0600);

    CHECK(writev(fd, out, 3) == 8 && lseek(fd, 0, SEEK_SET) == 0);
    CHECK(readv(fd, in, 2) == 8 && !strcmp(a, "abc") && !strcmp(b, "defgh"));
    CHECK(pwritev(fd, out, 1, 20) == 3 && preadv(fd, in, 1, 20) == 3 && !strcmp(a, "abc"));
    CHECK(pwrite(fd, "xyz", 3, 6000000000) == 3 && pread(fd, a, 3, 6000000000) == 3 &&
          !strcmp(a, "xyz"));
    CHECK(preadv2(fd, in, 1, 0, 0) == 3 && pwritev2(fd, out, 1, 0, RWF_DSYNC) == 3);
    FAILS(EINVAL, readv(fd, in, -1));
    FAILS(EFAULT, read(fd, (void *)8, 3));
    FAILS(EFAULT, write(fd, (void *)8, 3));
    FAILS(EINVAL, lseek(fd, -1, SEEK_SET));
    FAILS(EINVAL, pread(fd, a, 1, -1));
    close(fd);
}

static void moving(void)
{
    int in = open("vector", O_RDWR), out = open("copy", O_RDWR | O_CREAT, 0600), fd[2], fd2[2];
    char buf[10] = "";
    off_t from = 3, to = 1;
    long n;

    CHECK(pipe(fd) == 0 && pipe(fd2) == 0);
    CHECK(sendfile(out, in, &from, 5) == 5 && from == 8);
    CHECK(pread(out, buf, 5, 0) == 5 && !strcmp(buf, "defgh"));
    from = 0;
    n = copy_file_range(in, &from, out, &to, 3, 0);
    CHECK(n == 3 ? from == 3 && to == 4 : errno == EXDEV || errno == EOPNOTSUPP || errno == EINVAL);
    from = 3;
    CHECK(splice(in, &from, fd[1], NULL, 5, 0) == 5 && from == 8);
    CHECK(tee(fd[0], fd2[1], 5, 0) == 5);
    CHECK(read(fd2[0], buf, 10) == 5 && !memcmp(buf, "defgh", 5));
    CHECK(vmsplice(fd[1], &(struct iovec){"123", 3}, 1, 0) == 3 && read(fd[0], buf, 10) == 8 &&
          !memcmp(buf, "defgh123", 8));
    close(in), close(out), close(fd[0]), close(fd[1]), close(fd2[0]), close(fd2[1]);
}

static void locks(void)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 20};
    int fd = open("vector", O_RDWR), status, ready[2];
    pid_t child;

    CHECK(pipe(ready) == 0);
    child = fork();
    if (child == 0) {
        int good = fcntl(fd, F_SETLK, &lock) == 0 && write(ready[1], "x", 1) == 1;
        usleep(100000);
        _exit(!good);
    }
    CHECK(read(ready[0], (char[1]){0}, 1) == 1);
    FAILS(EAGAIN, fcntl(fd, F_SETLK, &lock));
    lock.l_type = F_RDLCK;
    CHECK(fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_WRLCK && lock.l_pid == child &&
          lock.l_start == 10 && lock.l_len == 20);
    lock.l_type = F_WRLCK;
    CHECK(fcntl(fd, F_SETLKW, &lock) == 0); /* when the child is gone */
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 1};
    CHECK(fcntl(fd, F_OFD_SETLK, &lock) == 0);
    close(fd);
}

static void unusual(void)
{
    uint64_t value = 5;
    struct signalfd_siginfo info;
    struct itimerspec timer = {.it_value = {.tv_nsec = 1000000}, .it_interval = {.tv_nsec = 500000}};
    sigset_t set;
    int fd;

    CHECK((fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC)) >= 0);
    CHECK(write(fd, &value, 8) == 8 && read(fd, &value, 8) == 8 && value == 8);
    FAILS(EAGAIN, read(fd, &value, 8));
    close(fd);
    CHECK((fd = memfd_create("memory", MFD_ALLOW_SEALING)) >= 0);
    CHECK(ftruncate(fd, 4096) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) == 0 &&
          fcntl(fd, F_GET_SEALS) == (F_SEAL_SHRINK | F_SEAL_SEAL));
    FAILS(EPERM, ftruncate(fd, 0));
    close(fd);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && (fd = signalfd(-1, &set, SFD_CLOEXEC)) >= 0);
    CHECK(sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 77}) == 0);
    CHECK(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR1 &&
          info.ssi_pid == (uint32_t)getpid() && info.ssi_int == 77);
    close(fd);
    CHECK((fd = timerfd_create(CLOCK_MONOTONIC, 0)) >= 0);
    CHECK(timerfd_settime(fd, 0, &timer, NULL) == 0);
    usleep(10000);
    CHECK(read(fd, &value, 8) == 8 && value >= 2);
    CHECK(timerfd_gettime(fd, &timer) == 0 && timer.it_interval.tv_nsec == 500000);
    close(fd);
}

int main(void)
{
    check_begin();
    duplicates();
    vectors();
    moving();
    locks();
    unusual();
    return check_failed;
}
