/* SPDX-License-Identifier: MIT */
/* Guest paths: -L's folder is searched first for absolute ones, but for those of the kernel. */
#define _GNU_SOURCE
#include "linux-user/linux-user.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "linux-user/proc.h"

/* Writes prefix + path to buf if that exists; 0 or -errno.  *st is of the last component itself. */
static int under_prefix(const char *path, char buf[PATH_MAX], struct stat *st)
{
    size_t n = strlen(lu.options.ld_prefix), m = strlen(path);
    if (n + m >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(buf, lu.options.ld_prefix, n);
    memcpy(buf + n, path, m + 1);
    return lstat(buf, st) ? -errno : 0;
}

/* A link in the prefix whose target is absolute means a place in the prefix, which the host does
 * not know: follows such links.  buf names the link on entry. */
static const char *follow(char buf[PATH_MAX])
{
    char target[PATH_MAX];
    struct stat st;
    for (unsigned depth = 0; depth < 16; depth++) {
        ssize_t n = readlink(buf, target, sizeof target - 1);
        if (n <= 0 || target[0] != '/')
            break;
        target[n] = '\0';
        if (under_prefix(target, buf, &st)) /* not there: the host's, if anything */
            return memcpy(buf, target, n + 1);
        if (!S_ISLNK(st.st_mode))
            break;
    }
    return buf;
}

/* Devices and the kernel's own files are the running system's: what a root made from packages has
 * at their place is empty folders, or nodes without a driver behind them (/dev/ptmx). */
static bool is_kernels(const char *path)
{
    static const char *const folders[] = {"dev", "proc", "sys"};
    path += strspn(path, "/");
    size_t n = strcspn(path, "/");
    for (unsigned k = 0; k < sizeof folders / sizeof folders[0]; k++)
        if (n == strlen(folders[k]) && !memcmp(path, folders[k], n))
            return true;
    return !n; /* "/" */
}

const char *lu_path(const char *path, char buf[PATH_MAX], int flags)
{
    struct stat st;
    if (path[0] != '/')
        return path;
    if (!(flags & LU_NOFOLLOW) && lu.exe && lu_proc_is_exe(path))
        return lu.exe;
    if (!lu.options.ld_prefix || is_kernels(path) || under_prefix(path, buf, &st))
        return path;
    return S_ISLNK(st.st_mode) && !(flags & LU_NOFOLLOW) ? follow(buf) : buf;
}

int64_t lu_path_from(struct lu_task *t, uint64_t guest_path, char buf[PATH_MAX], int flags)
{
    char path[PATH_MAX], space[PATH_MAX];
    int64_t n = lu_copy_string(t, path, guest_path, sizeof path);
    if (n < 0)
        return n;
    const char *found = lu_path(path, space, flags);
    n = strlen(found);
    memcpy(buf, found, n + 1);
    return n;
}
