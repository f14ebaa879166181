/* SPDX-License-Identifier: MIT */
/* What a program sees under -L: argv[1] names a file that exists below the prefix alone, argv[2] a
 * folder that exists on both sides, argv[3] a link that exists below the prefix alone. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

static int failed;
#define CHECK(x) ((x) ? (void)0 : (void)(failed = 1, printf("FAIL: %s: errno %d\n", #x, errno)))

int main(int argc, char **argv)
{
    const char *only = argv[1], *folder = argv[2], *link = argv[3];
    char name[4096], buf[100] = "";
    struct stat st;
    struct statx sx;
    struct statfs fs;
    int fd;

    if (argc != 4)
        return 2;
    CHECK((fd = open(only, O_RDONLY)) >= 0 && read(fd, buf, 100) == 5 && !strcmp(buf, "below"));
    CHECK(stat(only, &st) == 0 && st.st_size == 5);
    CHECK(statx(AT_FDCWD, only, 0, STATX_SIZE, &sx) == 0 && sx.stx_size == 5);
    CHECK(access(only, R_OK) == 0 && faccessat(AT_FDCWD, only, R_OK, AT_EACCESS) == 0);
    CHECK(statfs(only, &fs) == 0 && listxattr(only, buf, 100) >= 0);
    CHECK(inotify_add_watch(inotify_init(), only, IN_OPEN) >= 0);
    CHECK(readlink(link, buf, sizeof buf) == 6 && !memcmp(buf, "target", 6));
    CHECK(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(open(link, O_RDONLY | O_NOFOLLOW) == -1 && errno == ELOOP);
    /* What is made, changed or removed is on the outside. */
    snprintf(name, sizeof name, "%s/new", folder);
    CHECK((fd = open(name, O_WRONLY | O_CREAT, 0600)) >= 0 && write(fd, "outside", 7) == 7);
    CHECK(stat(name, &st) == 0 && st.st_size == 7); /* not below the prefix, so it is found */
    CHECK(unlink(only) == -1 && errno == ENOENT);
    CHECK(chdir(folder) == 0 && access("new", F_OK) == 0); /* relative names are not looked up */
    CHECK(access("below", F_OK) == -1);
    /* A descriptor as base changes nothing about an absolute name. */
    CHECK((fd = open("/", O_RDONLY | O_DIRECTORY)) >= 0 && faccessat(fd, only, R_OK, 0) == 0);
    /* Too long, empty, nothing. */
    memset(name, 'x', sizeof name);
    name[0] = '/', name[sizeof name - 1] = 0;
    CHECK(open(name, O_RDONLY) == -1 && errno == ENAMETOOLONG);
    CHECK(open("", O_RDONLY) == -1 && errno == ENOENT);
    /* The kernel's folders are the running system's. */
    CHECK(stat("/dev/full", &st) == 0 && S_ISCHR(st.st_mode));
    CHECK(access("/proc/self/stat", R_OK) == 0 && access("/proc/version", R_OK) == 0);
    CHECK(access("/sys/kernel", F_OK) == 0);
    syscall(4000);
    syscall(4000);
    return failed;
}
