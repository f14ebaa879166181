/* SPDX-License-Identifier: MIT */
/*
 * System calls about files by name.  A name that is looked up goes through -L (lu_path); one that
 * is created, removed or renamed does not.  Files of /proc that show the guest come from proc.c.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "linux-user/host_nr.h"
#include "linux-user/syscall.h"

/* The host's own values of the flags that architectures number differently.  The C library's
 * O_LARGEFILE is 0 where it is implied. */
#if defined(__x86_64__)
enum { HOST_O_LARGEFILE = 0100000 };
#elif defined(__aarch64__)
enum { HOST_O_LARGEFILE = 0400000 };
#else
#error "O_LARGEFILE of this host?"
#endif

enum { N_FLAGS = 4 };

struct oflag_pair {
    uint32_t guest, host;
};

static void oflag_pairs(struct oflag_pair pair[N_FLAGS])
{
    const struct lu_syscall_abi *abi = lu_syscall_abi();

    pair[0] = (struct oflag_pair){abi->o_directory, O_DIRECTORY};
    pair[1] = (struct oflag_pair){abi->o_nofollow, O_NOFOLLOW};
    pair[2] = (struct oflag_pair){abi->o_direct, O_DIRECT};
    pair[3] = (struct oflag_pair){abi->o_largefile, HOST_O_LARGEFILE};
}

int lu_oflags_to_host(uint32_t guest)
{
    struct oflag_pair pair[N_FLAGS];
    uint32_t host = guest;

    oflag_pairs(pair);
    for (unsigned k = 0; k < N_FLAGS; k++)
        host &= ~pair[k].guest;
    for (unsigned k = 0; k < N_FLAGS; k++)
        host |= guest & pair[k].guest ? pair[k].host : 0;
    return host;
}

uint32_t lu_oflags_to_guest(int host)
{
    struct oflag_pair pair[N_FLAGS];
    uint32_t guest = host;

    oflag_pairs(pair);
    for (unsigned k = 0; k < N_FLAGS; k++)
        guest &= ~pair[k].host;
    for (unsigned k = 0; k < N_FLAGS; k++)
        guest |= host & pair[k].host ? pair[k].guest : 0;
    return guest;
}

static int lookup_flags(bool nofollow)
{
    return nofollow ? LU_NOFOLLOW : 0;
}

/* ---- open ---------------------------------------------------------------------------------- */

/* The name to open: -LU_NOT_OURS with it in *host, or the result of opening it. */
static int64_t open_name(struct lu_task *t, int dirfd, uint64_t name, int flags,
                         char path[PATH_MAX], char buf[PATH_MAX], const char **host)
{
    int64_t result = lu_copy_string(t, path, name, PATH_MAX);

    if (result < 0)
        return result;
    result = lu_proc_open(t, dirfd, path, flags);
    if (result == -LU_NOT_OURS)
        *host = flags & O_CREAT ? path : lu_path(path, buf, lookup_flags(flags & O_NOFOLLOW));
    return result;
}

int64_t sys_openat(struct lu_task *t, const uint64_t arg[6])
{
    char path[PATH_MAX], buf[PATH_MAX];
    const char *host = NULL;
    int flags = lu_oflags_to_host(arg[2]);
    int64_t result = open_name(t, arg[0], arg[1], flags, path, buf, &host);

    if (result != -LU_NOT_OURS)
        return result;
    return lu_safe_syscall(__NR_openat, arg[0], host, flags, arg[3]);
}

/* linux/openat2.h: struct open_how is extended at its end, and what an older kernel does not know
 * must be zero; so it is handed on with the size that the guest gave. */
int64_t sys_openat2(struct lu_task *t, const uint64_t arg[6])
{
    enum { RESOLVE_BENEATH_ = 8, RESOLVE_IN_ROOT_ = 16 };
    struct {
        uint64_t flags, mode, resolve;
        uint8_t rest[LU_PAGE_SIZE - 24];
    } how;
    char path[PATH_MAX], buf[PATH_MAX];
    const char *host = NULL;
    int64_t result;

    if (arg[3] < 24)
        return -EINVAL;
    if (arg[3] > sizeof how)
        return -E2BIG;
    if (lu_copy_from(t, &how, arg[2], arg[3]))
        return -EFAULT;
    how.flags = (how.flags & ~0xffffffffull) | (uint32_t)lu_oflags_to_host(how.flags);
    if (how.resolve & (RESOLVE_BENEATH_ | RESOLVE_IN_ROOT_)) /* `/` means something else */
        return lu_safe_syscall(__NR_openat2, arg[0], arg[1], &how, arg[3]);
    result = open_name(t, arg[0], arg[1], how.flags, path, buf, &host);
    if (result != -LU_NOT_OURS)
        return result;
    return lu_safe_syscall(__NR_openat2, arg[0], host, &how, arg[3]);
}

int64_t sys_open_by_handle_at(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_safe_syscall(__NR_open_by_handle_at, arg[0], arg[1], lu_oflags_to_host(arg[2]));
}

int64_t sys_fanotify_init(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_host_syscall(__NR_fanotify_init, arg[0], lu_oflags_to_host(arg[1]));
}

/* ---- stat, access, readlink ----------------------------------------------------------------- */

/* The host's path for the guest's at `name`, in buf, as a system call's argument.  What is no path
 * is handed on as it is: the kernel knows which error comes first, and what a null pointer means
 * (with AT_EMPTY_PATH, newer ones take it). */
static uint64_t at_path(struct lu_task *t, uint64_t name, char buf[PATH_MAX], bool nofollow)
{
    return lu_path_from(t, name, buf, lookup_flags(nofollow)) < 0 ? name : (uintptr_t)buf;
}

int64_t sys_newfstatat(struct lu_task *t, const uint64_t arg[6])
{
    char buf[PATH_MAX];
    struct stat st;
    uint64_t path = at_path(t, arg[1], buf, arg[3] & AT_SYMLINK_NOFOLLOW);
    int64_t result = lu_safe_syscall(__NR_newfstatat, arg[0], path, &st, arg[3]);

    return result < 0 ? result : lu_syscall_abi()->put_stat(t, arg[2], &st);
}

int64_t sys_fstat(struct lu_task *t, const uint64_t arg[6])
{
    struct stat st;
    int64_t result = lu_safe_syscall(__NR_fstat, arg[0], &st);

    return result < 0 ? result : lu_syscall_abi()->put_stat(t, arg[1], &st);
}

int64_t sys_statx(struct lu_task *t, const uint64_t arg[6])
{
    char buf[PATH_MAX];
    uint64_t path = at_path(t, arg[1], buf, arg[2] & AT_SYMLINK_NOFOLLOW);

    return lu_safe_syscall(__NR_statx, arg[0], path, arg[2], arg[3], arg[4]);
}

int64_t sys_faccessat(struct lu_task *t, const uint64_t arg[6])
{
    char buf[PATH_MAX];
    return lu_safe_syscall(__NR_faccessat, arg[0], at_path(t, arg[1], buf, false), arg[2]);
}

int64_t sys_faccessat2(struct lu_task *t, const uint64_t arg[6])
{
    char buf[PATH_MAX];
    uint64_t path = at_path(t, arg[1], buf, arg[3] & AT_SYMLINK_NOFOLLOW);

    return lu_safe_syscall(__NR_faccessat2, arg[0], path, arg[2], arg[3]);
}

int64_t sys_readlinkat(struct lu_task *t, const uint64_t arg[6])
{
    char path[PATH_MAX], buf[PATH_MAX];
    int64_t result = lu_copy_string(t, path, arg[1], sizeof path);
    size_t size = (int)arg[3] < PATH_MAX ? (int)arg[3] : PATH_MAX;

    if (result < 0 || (int)arg[3] <= 0) /* the kernel says what is wrong */
        return lu_host_syscall(__NR_readlinkat, arg[0], arg[1], arg[2], arg[3]);
    result = lu_proc_readlink(t, arg[0], path, buf, size);
    if (result == -LU_NOT_OURS)
        return lu_safe_syscall(__NR_readlinkat, arg[0], lu_path(path, buf, LU_NOFOLLOW), arg[2],
                               arg[3]);
    if (result >= 0 && lu_copy_to(t, arg[2], buf, result))
        return -EFAULT;
    return result;
}

/* ---- calls whose first argument is a name to look up ---------------------------------------- */

static int64_t with_path(struct lu_task *t, int nr, const uint64_t arg[6], bool nofollow)
{
    char buf[PATH_MAX];

    return lu_safe_syscall(nr, at_path(t, arg[0], buf, nofollow), arg[1], arg[2], arg[3]);
}

int64_t sys_statfs(struct lu_task *t, const uint64_t arg[6])
{
    return with_path(t, __NR_statfs, arg, false);
}

int64_t sys_getxattr(struct lu_task *t, const uint64_t arg[6])
{
    return with_path(t, __NR_getxattr, arg, false);
}

int64_t sys_lgetxattr(struct lu_task *t, const uint64_t arg[6])
{
    return with_path(t, __NR_lgetxattr, arg, true);
}

int64_t sys_listxattr(struct lu_task *t, const uint64_t arg[6])
{
    return with_path(t, __NR_listxattr, arg, false);
}

int64_t sys_llistxattr(struct lu_task *t, const uint64_t arg[6])
{
    return with_path(t, __NR_llistxattr, arg, true);
}

int64_t sys_inotify_add_watch(struct lu_task *t, const uint64_t arg[6])
{
    enum { IN_DONT_FOLLOW_ = 0x02000000 };
    char buf[PATH_MAX];
    uint64_t path = at_path(t, arg[1], buf, arg[2] & IN_DONT_FOLLOW_);

    return lu_host_syscall(__NR_inotify_add_watch, arg[0], path, arg[2]);
}
