/* SPDX-License-Identifier: MIT */
/* Calls that newer ABIs have not, and that are more than another call with other arguments. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>

#include "linux-user/host_nr.h"
#include "linux-user/syscall.h"

/* Duplicating a descriptor onto itself is no error here, and dup3's flags are none. */
int64_t sys_dup2(struct lu_task *t, const uint64_t arg[6])
{
    const uint64_t other[6] = {arg[0], arg[1], 0};
    int64_t result;

    if ((int)arg[0] != (int)arg[1])
        return sys_dup3(t, other);
    result = lu_fd_is_kept(arg[0]) ? -EBADF : lu_host_syscall(__NR_fcntl, arg[0], F_GETFD);
    return result < 0 ? result : (int)arg[1];
}

/* Times as utimensat wants them; *to is NULL if there are none. */
static int utimes_arg(struct lu_task *t, uint64_t address, struct timespec time[2], uint64_t *to)
{
    struct timeval in[2];

    *to = 0;
    if (!address)
        return 0;
    if (lu_copy_from(t, in, address, sizeof in))
        return -EFAULT;
    for (unsigned k = 0; k < 2; k++) {
        if (in[k].tv_usec < 0 || in[k].tv_usec >= 1000000)
            return -EINVAL;
        time[k] = (struct timespec){in[k].tv_sec, in[k].tv_usec * 1000};
    }
    *to = (uintptr_t)time;
    return 0;
}

int64_t sys_futimesat(struct lu_task *t, const uint64_t arg[6])
{
    struct timespec time[2];
    uint64_t times;
    int error = utimes_arg(t, arg[2], time, &times);

    return error ? error : lu_host_syscall(__NR_utimensat, arg[0], arg[1], times, 0);
}

int64_t sys_utimes(struct lu_task *t, const uint64_t arg[6])
{
    const uint64_t other[6] = {AT_FDCWD, arg[0], arg[1]};

    return sys_futimesat(t, other);
}

int64_t sys_poll(struct lu_task *t, const uint64_t arg[6])
{
    int timeout = arg[2];
    struct timespec time = {timeout / 1000, timeout % 1000 * 1000000};

    (void)t;
    return lu_safe_syscall(__NR_ppoll, arg[0], arg[1], timeout < 0 ? NULL : &time, NULL, 8);
}

/* select() tells how much of its time is left. */
int64_t sys_select(struct lu_task *t, const uint64_t arg[6])
{
    struct timeval in;
    struct timespec time;
    int64_t result;

    if (!arg[4])
        return lu_safe_syscall(__NR_pselect6, arg[0], arg[1], arg[2], arg[3], NULL, NULL);
    if (lu_copy_from(t, &in, arg[4], sizeof in))
        return -EFAULT;
    time.tv_sec = in.tv_sec + in.tv_usec / 1000000;
    time.tv_nsec = in.tv_usec % 1000000 * 1000;
    if (time.tv_sec < 0 || time.tv_nsec < 0)
        return -EINVAL;
    result = lu_safe_syscall(__NR_pselect6, arg[0], arg[1], arg[2], arg[3], &time, NULL);
    if (result == -LU_ERESTARTSYS || result == -LU_ERESTARTNOINTR) /* from its beginning */
        return result;
    in = (struct timeval){time.tv_sec, time.tv_nsec / 1000};
    return lu_copy_to(t, arg[4], &in, sizeof in) ? -EFAULT : result;
}

int64_t sys_nice(struct lu_task *t, const uint64_t arg[6])
{
    int64_t now = 20 - lu_host_syscall(__NR_getpriority, PRIO_PROCESS, 0), wanted;

    (void)t;
    wanted = now + (int)arg[0];
    wanted = wanted < -20 ? -20 : wanted > 19 ? 19 : wanted;
    now = lu_host_syscall(__NR_setpriority, PRIO_PROCESS, 0, wanted);
    return now == -EACCES ? -EPERM : now;
}
