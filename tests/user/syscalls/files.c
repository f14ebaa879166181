/* SPDX-License-Identifier: MIT */
/* Files by name: open flags, stat in all its forms, links, times, directories, attributes. */
#include "check.h"

#include <dirent.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>

static void open_flags(void)
{
    int fd;

    CHECK(put_file("file", "0123456789") && mkdir("dir", 0755) == 0 && symlink("file", "link") == 0);
    FAILS(ENOTDIR, open("file", O_RDONLY | O_DIRECTORY));
    CHECK((fd = open("dir", O_RDONLY | O_DIRECTORY)) >= 0);
    CHECK((fcntl(fd, F_GETFL) & ~O_LARGEFILE & ~0400000 & ~0100000) == O_DIRECTORY);
    close(fd);
    FAILS(ELOOP, open("link", O_RDONLY | O_NOFOLLOW));
    CHECK((fd = open("link", O_PATH | O_NOFOLLOW)) >= 0);
    CHECK(fcntl(fd, F_GETFL) & O_PATH && fcntl(fd, F_GETFL) & O_NOFOLLOW);
    FAILS(EBADF, read(fd, "", 0));
    close(fd);
    FAILS(EEXIST, open("file", O_WRONLY | O_CREAT | O_EXCL, 0600));
    FAILS(EISDIR, open("dir", O_WRONLY));
    FAILS(ENOENT, open("nothing", O_RDONLY));
    FAILS(ENOENT, open("", O_RDONLY));
    CHECK((fd = open(".", O_RDWR | O_TMPFILE, 0600)) >= 0);
    CHECK(write(fd, "x", 1) == 1);
    close(fd);
    CHECK((fd = open("file", O_RDWR | O_APPEND | O_SYNC | O_NONBLOCK | O_NOATIME)) >= 0);
    CHECK((fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_SYNC | O_NONBLOCK | O_NOATIME |
                                 O_DIRECTORY | O_NOFOLLOW | O_DIRECT)) ==
          (O_RDWR | O_APPEND | O_SYNC | O_NONBLOCK | O_NOATIME));
    CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
          (fcntl(fd, F_GETFL) & (O_APPEND | O_NONBLOCK)) == O_NONBLOCK);
    close(fd);
    fd = open("file", O_RDONLY | O_DIRECT); /* some file systems refuse */
    CHECK(fd < 0 ? errno == EINVAL : !!(fcntl(fd, F_GETFL) & O_DIRECT));
    close(fd);
}

static void open_how(void)
{
    struct open_how how = {.flags = O_RDONLY | O_DIRECTORY};
    long fd;

    FAILS(ENOTDIR, syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof how));
    CHECK((fd = syscall(SYS_openat2, AT_FDCWD, "dir", &how, sizeof how)) >= 0);
    close(fd);
    how.flags = O_RDONLY | O_NOFOLLOW;
    FAILS(ELOOP, syscall(SYS_openat2, AT_FDCWD, "link", &how, sizeof how));
    how = (struct open_how){.flags = O_RDONLY, .resolve = RESOLVE_NO_SYMLINKS};
    FAILS(ELOOP, syscall(SYS_openat2, AT_FDCWD, "link", &how, sizeof how));
    how.resolve = RESOLVE_BENEATH;
    FAILS(EXDEV, syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof how));
    how.resolve = RESOLVE_IN_ROOT;
    CHECK((fd = syscall(SYS_openat2, AT_FDCWD, "/file", &how, sizeof how)) >= 0);
    close(fd);
    FAILS(EINVAL, syscall(SYS_openat2, AT_FDCWD, "file", &how, 8));
    FAILS(EINVAL, syscall(SYS_openat2, AT_FDCWD, "file", &(struct open_how){.resolve = 1 << 30}, 24));
    FAILS(EFAULT, syscall(SYS_openat2, AT_FDCWD, "file", (void *)8, sizeof how));
}

static void stats(void)
{
    struct stat st, same;
    struct statx sx;
    struct timespec times[2] = {{1000000000, 123456789}, {1500000000, 987654321}};
    int fd = open("file", O_RDWR);

    CHECK(chmod("file", 0640) == 0 && link("file", "second") == 0);
    CHECK(utimensat(AT_FDCWD, "file", times, 0) == 0);
    CHECK(stat("link", &st) == 0 && fstat(fd, &same) == 0);
    CHECK(st.st_dev == same.st_dev && st.st_ino == same.st_ino && st.st_ctime == same.st_ctime);
    CHECK(S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0640 && st.st_nlink == 2);
    CHECK(st.st_size == 10 && st.st_uid == getuid() && st.st_gid == getgid());
    CHECK(st.st_atim.tv_sec == 1000000000 && st.st_atim.tv_nsec == 123456789);
    CHECK(st.st_mtim.tv_sec == 1500000000 && st.st_mtim.tv_nsec == 987654321);
    CHECK(st.st_blksize > 0 && st.st_blocks * 512 <= 1 << 20);
    CHECK(lstat("link", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 4);
    CHECK(fstatat(fd, "", &st, AT_EMPTY_PATH) == 0 && st.st_ino == same.st_ino);
    CHECK(statx(AT_FDCWD, "file", 0, STATX_ALL, &sx) == 0);
    CHECK(sx.stx_ino == st.st_ino && sx.stx_size == 10 && sx.stx_nlink == 2 &&
          sx.stx_mode == st.st_mode && sx.stx_mtime.tv_nsec == 987654321);
    CHECK(makedev(sx.stx_dev_major, sx.stx_dev_minor) == st.st_dev);
    CHECK(statx(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW, STATX_MODE, &sx) == 0 &&
          S_ISLNK(sx.stx_mode));
    CHECK(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
    CHECK(truncate("file", 5000000000) == 0 && fstat(fd, &st) == 0 && st.st_size == 5000000000);
    CHECK(lseek(fd, 0, SEEK_END) == 5000000000 && lseek(fd, -1, SEEK_CUR) == 4999999999);
    CHECK(lseek(fd, 0, SEEK_DATA) == 0);
    CHECK(ftruncate(fd, 10) == 0);
    FAILS(EFAULT, syscall(SYS_newfstatat, AT_FDCWD, "file", 8, 0));
    FAILS(EFAULT, syscall(SYS_newfstatat, AT_FDCWD, 8, &st, 0));
    FAILS(EFAULT, syscall(SYS_fstat, fd, 8));
    FAILS(EBADF, fstat(999, &st));
    FAILS(EINVAL, fstatat(AT_FDCWD, "file", &st, 0x40000000));
    close(fd);
}

static void names(void)
{
    char buf[100], longname[5000];
    memset(longname, 'a', sizeof longname - 1);
    longname[sizeof longname - 1] = 0;

    memset(buf, '#', sizeof buf);
    CHECK(readlink("link", buf, sizeof buf) == 4 && !memcmp(buf, "file#", 5));
    CHECK(readlink("link", buf, 2) == 2);
    FAILS(EINVAL, readlink("file", buf, sizeof buf));
    FAILS(EINVAL, syscall(SYS_readlinkat, AT_FDCWD, "link", buf, 0));
    FAILS(EFAULT, syscall(SYS_readlinkat, AT_FDCWD, "link", 8, 10));
    CHECK(rename("second", "third") == 0);
    FAILS(ENOENT, access("second", F_OK));
    CHECK(put_file("fourth", "4"));
    FAILS(EEXIST, renameat2(AT_FDCWD, "third", AT_FDCWD, "fourth", RENAME_NOREPLACE));
    CHECK(renameat2(AT_FDCWD, "third", AT_FDCWD, "fourth", RENAME_EXCHANGE) == 0 || errno == EINVAL);
    CHECK(unlink("fourth") == 0 && unlink("third") == 0);
    FAILS(ENOTEMPTY, (mkdir("dir/sub", 0700), rmdir("dir")));
    CHECK(unlinkat(AT_FDCWD, "dir/sub", AT_REMOVEDIR) == 0);
    CHECK(access("file", R_OK | W_OK) == 0 && faccessat(AT_FDCWD, "dir", X_OK, AT_EACCESS) == 0);
    FAILS(ENAMETOOLONG, open(longname, O_RDONLY));
    FAILS(ENAMETOOLONG, (longname[300] = 0, open(longname, O_RDONLY)));
    CHECK(mkfifo("fifo", 0600) == 0 && mknod("fifo2", S_IFIFO | 0644, 0) == 0);
    CHECK(chdir("dir") == 0 && getcwd(buf, sizeof buf) &&
          !strncmp(buf, check_dir, strlen(check_dir)) && !strcmp(buf + strlen(check_dir), "/dir"));
    FAILS(ERANGE, syscall(SYS_getcwd, buf, 3));
    CHECK(chdir("..") == 0);
    umask(077);
    CHECK(umask(022) == 077);
}

static void directory(void)
{
    char name[32];
    int seen[200] = {0}, n = 0, all = 1;
    struct dirent *entry;
    DIR *dir;

    mkdir("many", 0755);
    for (int k = 0; k < 200; k++) {
        snprintf(name, sizeof name, "many/f%d", k);
        put_file(name, "");
    }
    CHECK((dir = opendir("many")) != NULL);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == 'f') {
            seen[atoi(entry->d_name + 1)]++;
            all &= entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN;
        }
        n++;
    }
    for (int k = 0; k < 200; k++)
        all &= seen[k] == 1;
    CHECK(all && n == 202);
    rewinddir(dir);
    CHECK(readdir(dir) != NULL && telldir(dir) != 0);
    closedir(dir);
}

static void others(void)
{
    struct statfs fs;
    char value[32];
    int fd, watch;
    union {
        struct inotify_event e;
        char bytes[400];
    } event;

    CHECK(statfs("/proc", &fs) == 0 && fs.f_type == 0x9fa0 && fs.f_namelen == 255);
    CHECK(statfs(".", &fs) == 0 && fs.f_bsize > 0 && fs.f_bfree <= fs.f_blocks);
    if (setxattr("file", "user.test", "value", 5, 0) == 0 || errno != ENOTSUP) {
        CHECK(getxattr("file", "user.test", value, sizeof value) == 5);
        CHECK(listxattr("file", value, sizeof value) >= 10);
        CHECK(removexattr("file", "user.test") == 0);
        FAILS(ENODATA, getxattr("file", "user.test", value, sizeof value));
    } else {
        for (int k = 0; k < 4; k++)
            printf("ok: this file system has no attributes\n");
    }
    fd = open("file", O_RDWR);
    CHECK(flock(fd, LOCK_EX) == 0);
    watch = open("file", O_RDWR);
    FAILS(EWOULDBLOCK, flock(watch, LOCK_SH | LOCK_NB));
    CHECK(flock(fd, LOCK_UN) == 0 && flock(watch, LOCK_SH | LOCK_NB) == 0);
    close(watch);
    CHECK(fallocate(fd, 0, 0, 100000) == 0 || errno == EOPNOTSUPP);
    CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0 && fsync(fd) == 0 && fdatasync(fd) == 0);
    close(fd);
    CHECK((fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) >= 0);
    CHECK((watch = inotify_add_watch(fd, "dir", IN_CREATE)) >= 0);
    CHECK(put_file("dir/new", "") && read(fd, &event, sizeof event) > 0);
    CHECK(event.e.wd == watch && event.e.mask == IN_CREATE && !strcmp(event.e.name, "new"));
    CHECK(inotify_rm_watch(fd, watch) == 0);
    close(fd);
}

int main(void)
{
    check_begin();
    open_flags();
    open_how();
    stats();
    names();
    directory();
    others();
    return check_failed;
}
