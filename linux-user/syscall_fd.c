/* SPDX-License-Identifier: MIT */
/*
 * System calls about descriptors, and the descriptors that the translator keeps for itself: the
 * guest can neither close nor replace those.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "linux-user/host_nr.h"
#include "linux-user/syscall.h"

/* ---- our own descriptors --------------------------------------------------------------------- */

/* Written at start or rarely, read without a lock: an entry is fd + 1, 0 if free. */
static atomic_int kept[16];
enum { N_KEPT = sizeof kept / sizeof kept[0] };

int lu_fd_keep(int fd)
{
    struct rlimit limit = {.rlim_cur = 1024};
    int high, low;

    getrlimit(RLIMIT_NOFILE, &limit);
    low = (limit.rlim_cur < 1024 ? (int)limit.rlim_cur : 1024) - 2 * N_KEPT;
    high = fcntl(fd, F_DUPFD_CLOEXEC, low > 3 ? low : 3);
    if (high >= 0) {
        close(fd);
        fd = high;
    }
    for (unsigned k = 0; k < N_KEPT; k++) {
        int expected = 0;
        if (atomic_compare_exchange_strong(&kept[k], &expected, fd + 1))
            break;
    }
    return fd;
}

bool lu_fd_is_kept(int fd)
{
    for (unsigned k = 0; k < N_KEPT; k++)
        if (fd >= 0 && atomic_load_explicit(&kept[k], memory_order_relaxed) == fd + 1)
            return true;
    return false;
}

/* The lowest kept descriptor in [first, last], or -1. */
static int64_t next_kept(uint32_t first, uint32_t last)
{
    int64_t found = -1;

    for (unsigned k = 0; k < N_KEPT; k++) {
        int64_t fd = (int64_t)atomic_load_explicit(&kept[k], memory_order_relaxed) - 1;
        if (fd >= first && fd <= last && (found < 0 || fd < found))
            found = fd;
    }
    return found;
}

/* ---- system calls ---------------------------------------------------------------------------- */

int64_t sys_close(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_fd_is_kept(arg[0]) ? -EBADF : lu_host_syscall(__NR_close, arg[0]);
}

int64_t sys_close_range(struct lu_task *t, const uint64_t arg[6])
{
    uint32_t first = arg[0], last = arg[1];
    int64_t fd, result;

    (void)t;
    if (first > last)
        return -EINVAL;
    while ((fd = next_kept(first, last)) >= 0) {
        result = fd > first ? lu_host_syscall(__NR_close_range, first, fd - 1, arg[2]) : 0;
        if (result < 0 || fd == last)
            return result;
        first = fd + 1;
    }
    return lu_host_syscall(__NR_close_range, first, last, arg[2]);
}

int64_t sys_dup(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_fd_is_kept(arg[0]) ? -EBADF : lu_host_syscall(__NR_dup, arg[0]);
}

int64_t sys_dup3(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    if (lu_fd_is_kept(arg[0]) || lu_fd_is_kept(arg[1]))
        return -EBADF;
    return lu_safe_syscall(__NR_dup3, arg[0], arg[1], lu_oflags_to_host(arg[2]));
}

int64_t sys_pipe2(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_host_syscall(__NR_pipe2, arg[0], lu_oflags_to_host(arg[1]));
}

/* The host's command: its locks have 64 bits. */
static uint32_t fcntl_command(uint32_t command)
{
    return lu.abi->narrow && command >= LU_F_GETLK64 && command <= LU_F_SETLKW64
               ? command - LU_F_GETLK64 + F_GETLK
               : command;
}

int64_t sys_fcntl(struct lu_task *t, const uint64_t arg[6])
{
    int64_t result;

    (void)t;
    if (lu_fd_is_kept(arg[0]))
        return -EBADF;
    switch ((uint32_t)arg[1]) {
    case F_GETFL:
        result = lu_host_syscall(__NR_fcntl, arg[0], F_GETFL);
        return result < 0 ? result : (int64_t)lu_oflags_to_guest(result);
    case F_SETFL:
        return lu_host_syscall(__NR_fcntl, arg[0], F_SETFL, lu_oflags_to_host(arg[2]));
    default: /* struct flock and f_owner_ex are the same; locks may block */
        return lu_safe_syscall(__NR_fcntl, arg[0], fcntl_command(arg[1]), arg[2]);
    }
}
