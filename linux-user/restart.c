/* SPDX-License-Identifier: MIT */
/*
 * System calls that a signal has come just before.  On a CPU such a signal is handled first and the
 * call is made after it, so what need not wait is made again whatever the handler's flags: nobody
 * expects EINTR from a read of a file.  A call that would wait now is interrupted instead, as if it
 * had begun: a program that sets a timer and waits for it must not miss it because code is translated
 * in between.  Includes linux-user.h.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>

#include "linux-user/host_nr.h"
#include "linux-user/linux-user.h"

/* A descriptor is not ready; of what is none, or cannot wait, poll() says that it is. */
static bool waits_for(int fd, short events)
{
    struct pollfd p = {fd, events, 0};
    return lu_host_syscall(__NR_poll, &p, 1, 0) == 0;
}

/* The time at `address`, NULL for ever, is more than none. */
static bool has_time(uint64_t address)
{
    struct timespec time;
    return !address || (!lu_copy_from(lu_self, &time, address, sizeof time) && (time.tv_sec || time.tv_nsec));
}

static bool waits_for_child(int type, int id, int options)
{
    siginfo_t info = {0};
    return !(options & WNOHANG) &&
           !lu_host_syscall(__NR_waitid, type, id, &info, options | WNOHANG | WNOWAIT, NULL) && !info.si_pid;
}

static bool wait4_waits(int pid, int options)
{
    const int type = pid == -1 ? P_ALL : pid > 0 ? P_PID : P_PGID;
    return waits_for_child(type, pid < 0 ? -pid : pid, options | WEXITED);
}

static bool futex_waits(uint32_t op)
{
    switch (op & ~(uint32_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI: return true;
    default: return false;
    }
}

/* Transfers by descriptors. */
static bool transfer_waits(long nr, int fd, bool *known)
{
    *known = true;
    switch (nr) {
    case __NR_read:
    case __NR_readv:
    case __NR_pread64:
    case __NR_preadv:
    case __NR_preadv2:
    case __NR_recvfrom:
    case __NR_recvmsg:
    case __NR_recvmmsg:
    case __NR_accept:
    case __NR_accept4:
    case __NR_splice:
    case __NR_tee:
    case __NR_mq_timedreceive: return waits_for(fd, POLLIN);
    case __NR_write:
    case __NR_writev:
    case __NR_pwrite64:
    case __NR_pwritev:
    case __NR_pwritev2:
    case __NR_sendto:
    case __NR_sendmsg:
    case __NR_sendmmsg:
    case __NR_sendfile:
    case __NR_vmsplice:
    case __NR_mq_timedsend: return waits_for(fd, POLLOUT);
    default: *known = false; return false;
    }
}

bool lu_would_wait(long nr, const uint64_t arg[6])
{
    bool known, waits = transfer_waits(nr, arg[0], &known);

    if (known)
        return waits;
    switch (nr) {
    /* With a mask of their own: it is for this signal to end them. */
    case __NR_ppoll: return arg[3] || has_time(arg[2]);
    case __NR_pselect6: return arg[5] || has_time(arg[4]);
    case __NR_epoll_pwait: return arg[4] || (int)arg[3];
    case __NR_epoll_pwait2: return arg[4] || has_time(arg[3]);
    case __NR_io_pgetevents: return arg[5] || (int64_t)arg[1] > 0;
    case __NR_rt_sigsuspend:
    case __NR_nanosleep:
    case __NR_clock_nanosleep:
    case __NR_futex_wait:
    case __NR_futex_waitv:
    case __NR_semop:
    case __NR_semtimedop:
    case __NR_msgsnd:
    case __NR_msgrcv: return true;
    case __NR_rt_sigtimedwait: return has_time(arg[2]);
    case __NR_io_getevents: return (int64_t)arg[1] > 0;
    case __NR_wait4: return wait4_waits(arg[0], arg[2]);
    case __NR_waitid: return waits_for_child(arg[0], arg[1], arg[3]);
    case __NR_futex: return futex_waits(arg[1]);
    case __NR_flock: return !(arg[1] & LOCK_NB);
    case __NR_fcntl: return (int)arg[1] == F_SETLKW || (int)arg[1] == F_OFD_SETLKW;
    case __NR_syslog: return (int)arg[0] == 2; /* reads what comes next */
    default: return false;
    }
}
