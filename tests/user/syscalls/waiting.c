/* SPDX-License-Identifier: MIT */
/* poll, select and epoll, with the signal masks that hold while they wait. */
#include "check.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>

static volatile sig_atomic_t caught;

static void on_signal(int sig)
{
    caught = sig;
}

static void polls(int fd[2])
{
    struct pollfd p[3] = {{fd[0], POLLIN, 0}, {fd[1], POLLOUT, 0}, {-5, POLLIN, 99}};
    struct timespec none = {0, 0}, some = {0, 20000000};
    fd_set in, out;

    CHECK(poll(p, 3, 0) == 1 && p[0].revents == 0 && p[1].revents == POLLOUT && p[2].revents == 0);
    CHECK(write(fd[1], "x", 1) == 1 && ppoll(p, 2, &none, NULL) == 2 && p[0].revents == POLLIN);
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(fd[0], &in);
    FD_SET(fd[1], &out);
    CHECK(select(20, &in, &out, NULL, &(struct timeval){1, 0}) == 2 && FD_ISSET(fd[0], &in) &&
          FD_ISSET(fd[1], &out));
    CHECK(read(fd[0], (char[1]){0}, 1) == 1);
    CHECK(pselect(20, &in, NULL, NULL, &some, NULL) == 0 && !FD_ISSET(fd[0], &in));
    CHECK(poll(p, 1, 10) == 0);
    FAILS(EBADF, (FD_SET(100, &in), select(101, &in, NULL, NULL, &(struct timeval){0, 0})));
    FAILS(EINVAL, syscall(SYS_ppoll, p, 1, &(struct timespec){0, 1000000000}, NULL, 8));
    FAILS(EINVAL, syscall(SYS_ppoll, p, 1, &none, &none, 4));
    FAILS(EFAULT, syscall(SYS_ppoll, (void *)8, 1, &none, NULL, 8));
    FAILS(EFAULT, syscall(SYS_ppoll, p, 1, &none, (void *)8, 8));
}

/* A blocked signal that is pending gets in while the call waits, and is blocked again after. */
static void masks(int fd[2])
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct pollfd p = {fd[0], POLLIN, 0};
    struct epoll_event event = {.events = EPOLLIN};
    struct timespec five = {5, 0};
    sigset_t block, none, now;
    int ep = epoll_create1(EPOLL_CLOEXEC);
    fd_set in;

    sigemptyset(&none), sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    CHECK(sigaction(SIGUSR1, &action, NULL) == 0 && sigprocmask(SIG_BLOCK, &block, NULL) == 0);
    CHECK(raise(SIGUSR1) == 0 && caught == 0);
    FAILS(EINTR, ppoll(&p, 1, &five, &none));
    CHECK(caught == SIGUSR1 && sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR1));
    caught = 0;
    FD_ZERO(&in);
    FD_SET(fd[0], &in);
    raise(SIGUSR1);
    FAILS(EINTR, pselect(fd[0] + 1, &in, NULL, NULL, &five, &none));
    CHECK(caught == SIGUSR1 && sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGUSR1));
    caught = 0;
    CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &event) == 0);
    raise(SIGUSR1);
    FAILS(EINTR, epoll_pwait(ep, &event, 1, 5000, &none));
    CHECK(caught == SIGUSR1);
    caught = 0;
    raise(SIGUSR1);
    FAILS(EINTR, sigsuspend(&none));
    CHECK(caught == SIGUSR1);
    caught = 0;
    raise(SIGUSR1);
    CHECK(ppoll(&p, 1, &(struct timespec){0, 1000000}, &block) == 0 && caught == 0);
    CHECK(sigprocmask(SIG_UNBLOCK, &block, NULL) == 0 && caught == SIGUSR1);
    close(ep);
}

static void interrupted(int fd[2])
{
    struct sigaction action = {.sa_handler = on_signal};
    struct itimerval timer = {.it_value = {.tv_usec = 20000}};
    struct pollfd p = {fd[0], POLLIN, 0};
    char c;

    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    setitimer(ITIMER_REAL, &timer, NULL);
    FAILS(EINTR, read(fd[0], &c, 1));
    setitimer(ITIMER_REAL, &timer, NULL);
    FAILS(EINTR, poll(&p, 1, 5000));
    action.sa_flags = SA_RESTART;
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    setitimer(ITIMER_REAL, &timer, NULL);
    FAILS(EINTR, poll(&p, 1, 5000)); /* is never made again */
    caught = 0;
    setitimer(ITIMER_REAL, &timer, NULL);
    if (fork() == 0) {
        usleep(100000);
        _exit(write(fd[1], "z", 1) != 1);
    }
    CHECK(read(fd[0], &c, 1) == 1 && c == 'z' && caught == SIGALRM); /* was made again */
    wait(NULL);
}

static void epolls(void)
{
    struct epoll_event event, events[8];
    int ep = epoll_create1(0), fd[4][2], n;
    uint64_t seen = 0;

    for (int k = 0; k < 4; k++) {
        CHECK(pipe(fd[k]) == 0);
        event.events = EPOLLIN | (k == 3 ? EPOLLET : 0);
        event.data.u64 = 0x1234567800000000ull + k;
        CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd[k][0], &event) == 0);
    }
    FAILS(EEXIST, epoll_ctl(ep, EPOLL_CTL_ADD, fd[0][0], &event));
    CHECK(epoll_wait(ep, events, 8, 0) == 0);
    for (int k = 1; k < 4; k++)
        CHECK(write(fd[k][1], "x", 1) == 1);
    CHECK((n = epoll_wait(ep, events, 8, 1000)) == 3);
    for (int k = 0; k < n; k++)
        seen |= events[k].data.u64 >> 32 == 0x12345678 && events[k].events == EPOLLIN
                    ? 1u << (events[k].data.u64 & 15) : 0x100;
    CHECK(seen == 0xe);
    CHECK(epoll_wait(ep, events, 8, 0) == 2); /* without the edge */
    CHECK(epoll_wait(ep, events, 1, 0) == 1);
    event.events = EPOLLOUT | EPOLLONESHOT;
    event.data.ptr = &event;
    CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, fd[1][0], &event) == 0);
    CHECK(epoll_ctl(ep, EPOLL_CTL_DEL, fd[2][0], NULL) == 0 && epoll_wait(ep, events, 8, 0) == 0);
    FAILS(ENOENT, epoll_ctl(ep, EPOLL_CTL_MOD, fd[2][0], &event));
    CHECK(close(fd[0][1]) == 0 && epoll_wait(ep, events, 8, 0) == 1 && events[0].events == EPOLLHUP);
    CHECK(syscall(SYS_epoll_pwait2, ep, events, 8, &(int64_t[2]){0, 0}, NULL, 8) == 1);
    FAILS(EINVAL, epoll_wait(ep, events, 0, 0));
    FAILS(EINVAL, epoll_wait(ep, events, -1, 0));
    FAILS(EBADF, epoll_wait(999, events, 1, 0));
    FAILS(EFAULT, epoll_ctl(ep, EPOLL_CTL_MOD, fd[1][0], (void *)8));
    FAILS(EFAULT, epoll_wait(ep, (void *)8, 1, 0));
}

/* All that is ready comes at once, if there is room for it. */
static void many_events(void)
{
    enum { MANY = 600 };
    static struct epoll_event event = {.events = EPOLLOUT}, events[MANY];
    int ep = epoll_create1(0), fd[2], first, added = 0, right = 0;

    CHECK(pipe(fd) == 0 && (first = fcntl(fd[1], F_DUPFD, 100)) == 100);
    for (int n = 0; n < MANY; n++) {
        event.data.u64 = n;
        added += dup2(fd[1], first + n) >= 0 && !epoll_ctl(ep, EPOLL_CTL_ADD, first + n, &event);
    }
    CHECK(added == MANY && epoll_wait(ep, events, MANY, 1000) == MANY);
    for (int n = 0; n < MANY; n++)
        right += events[n].data.u64 == (uint64_t)n && events[n].events == EPOLLOUT;
    CHECK(right == MANY);
    for (int n = 0; n < MANY; n++)
        close(first + n);
    close(fd[0]), close(fd[1]), close(ep);
}

int main(void)
{
    int fd[2];

    check_begin();
    CHECK(pipe(fd) == 0);
    polls(fd);
    masks(fd);
    interrupted(fd);
    epolls();
    many_events();
    return check_failed;
}
