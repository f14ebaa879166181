/* SPDX-License-Identifier: MIT */
/* System calls about the system and memory that have no better place. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "linux-user/host_nr.h"
#include "linux-user/syscall.h"

/* struct utsname has fields of 65 bytes on all architectures. */
int64_t sys_uname(struct lu_task *t, const uint64_t arg[6])
{
    struct utsname name;

    if (uname(&name))
        return -errno;
    snprintf(name.machine, sizeof name.machine, "%s", lu.abi->machine);
    if (lu.options.release)
        snprintf(name.release, sizeof name.release, "%s", lu.options.release);
    return lu_copy_to(t, arg[0], &name, sizeof name);
}

int64_t sys_getrandom(struct lu_task *t, const uint64_t arg[6])
{
    uint8_t bytes[256];
    uint64_t done = 0;

    if (!lu.options.has_seed)
        return lu_safe_syscall(__NR_getrandom, arg[0], arg[1], arg[2]);
    while (done < arg[1]) { /* -seed: the same in every run */
        uint64_t n = arg[1] - done < sizeof bytes ? arg[1] - done : sizeof bytes;
        lu_random(bytes, n);
        if (lu_copy_to(t, arg[0] + done, bytes, n))
            return done ? (int64_t)done : -EFAULT;
        done += n;
    }
    return done;
}

/* Protection keys: none can be allocated, as on CPUs without them. */

int64_t sys_pkey_mprotect(struct lu_task *t, const uint64_t arg[6])
{
    return (int)arg[3] == -1 ? sys_mprotect(t, arg) : -EINVAL;
}

int64_t sys_pkey_alloc(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return arg[0] || arg[1] > 3 ? -EINVAL : -ENOSPC;
}

int64_t sys_pkey_free(struct lu_task *t, const uint64_t arg[6])
{
    (void)t, (void)arg;
    return -EINVAL;
}
