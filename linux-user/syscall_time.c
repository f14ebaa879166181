/* SPDX-License-Identifier: MIT */
/* Reading clocks: through the C library, whose vDSO needs no system call.  The rest of the calls
 * about time are the host's own (syscalls.def). */
#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "linux-user/host_nr.h"
#include "linux-user/syscall.h"

int64_t sys_clock_gettime(struct lu_task *t, const uint64_t arg[6])
{
    struct timespec now;

    if (clock_gettime((clockid_t)arg[0], &now))
        return -errno;
    return lu_copy_to(t, arg[1], &now, sizeof now);
}

int64_t sys_gettimeofday(struct lu_task *t, const uint64_t arg[6])
{
    struct timeval now;

    if (!arg[0] || arg[1]) /* the kernel's time zone */
        return lu_host_syscall(__NR_gettimeofday, arg[0], arg[1]);
    gettimeofday(&now, NULL);
    return lu_copy_to(t, arg[0], &now, sizeof now);
}
