/* SPDX-License-Identifier: MIT */
/*
 * Directories seen by a 32-bit program without large file support: inodes and positions of 64 bits
 * must not keep it from listing them, and a position that it was told must lead back.
 */
#define _GNU_SOURCE
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

enum { MOST_FILES = 20000 };

static int n_files = 3000;
static char folder[64];

static void make_files(const char *where)
{
    char name[128];
    snprintf(folder, sizeof folder, "%s/dirs-XXXXXX", where);
    CHECK(mkdtemp(folder));
    for (int k = 0; k < n_files; k++) {
        snprintf(name, sizeof name, "%s/file-%d", folder, k);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        CHECK(fd >= 0);
        close(fd);
    }
}

static void remove_files(void)
{
    char name[128];
    for (int k = 0; k < n_files; k++) {
        snprintf(name, sizeof name, "%s/file-%d", folder, k);
        unlink(name);
    }
    rmdir(folder);
}

/* Lists the folder; every file once, with the inode that stat() tells. */
static void list(void)
{
    static char seen[MOST_FILES];
    int files = 0, k;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    struct stat st;
    memset(seen, 0, sizeof seen);
    errno = 0;
    while ((entry = readdir(dir))) {
        if (sscanf(entry->d_name, "file-%d", &k) != 1)
            continue;
        CHECK(k >= 0 && k < n_files && !seen[k]);
        seen[k] = 1;
        files++;
        CHECK(fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && st.st_ino == entry->d_ino);
        errno = 0;
    }
    CHECK(errno == 0 && files == n_files);
    closedir(dir);
}

/* telldir() before each entry, and back in another order. */
static void seek(void)
{
    static char names[MOST_FILES + 3][32];
    static long at[MOST_FILES + 3];
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int n = 0;
    for (;;) {
        at[n] = telldir(dir);
        CHECK(at[n] != -1);
        entry = readdir(dir);
        if (!entry || n == n_files + 2)
            break;
        strcpy(names[n++], entry->d_name);
    }
    CHECK(n == n_files + 2);
    for (int k = 0; k < n; k++) {
        int other = (k * 1031 + 7) % n;
        seekdir(dir, at[other]);
        entry = readdir(dir);
        CHECK(entry && !strcmp(entry->d_name, names[other]));
    }
    rewinddir(dir);
    entry = readdir(dir);
    CHECK(entry && !strcmp(entry->d_name, names[0]));
    closedir(dir);
}

/* The kernel's own interfaces, the old one with 32-bit members and the new one. */
static void raw(void)
{
    struct old {
        unsigned long ino, off;
        unsigned short length;
        char name[];
    };
    char buf[1000];
    int fd = open(folder, O_RDONLY | O_DIRECTORY), entries = 0, n;
    long last = 0;
    while ((n = syscall(SYS_getdents, fd, buf, sizeof buf)) > 0) {
        for (int k = 0; k < n; entries++) {
            struct old *entry = (void *)(buf + k);
            unsigned char type = buf[k + entry->length - 1];
            CHECK(entry->length % 4 == 0 && k + entry->length <= n && entry->ino);
            CHECK(type == (entry->name[0] == '.' ? DT_DIR : DT_REG));
            last = entry->off;
            k += entry->length;
        }
    }
    CHECK(n == 0 && entries == n_files + 2);
    CHECK(lseek(fd, 0, SEEK_CUR) == last && last >= 0);
    CHECK(lseek(fd, 0, SEEK_SET) == 0);
    CHECK(syscall(SYS_getdents, fd, buf, sizeof buf) > 0);
    struct old *first = (void *)buf;
    unsigned long second = ((struct old *)(buf + first->length))->ino;
    CHECK(lseek(fd, first->off, SEEK_SET) == (off_t)first->off);
    CHECK(syscall(SYS_getdents, fd, buf, sizeof buf) > 0 && ((struct old *)buf)->ino == second);
    CHECK(syscall(SYS_getdents, fd, buf, 4) == -1 && errno == EINVAL);
    close(fd);
}

/* ---- file systems that are mounted for it ---------------------------------------------------------- */

static char mounted[64];

/* A folder and a mount name space of one's own; file system, options as mount() has them. */
static void mount_at(const char *source, const char *type, const char *options, long magic)
{
    struct statfs st;
    snprintf(mounted, sizeof mounted, "/var/tmp/mount-XXXXXX");
    CHECK(mkdtemp(mounted));
    CHECK(mount(source, mounted, type, 0, options) == 0);
    CHECK(statfs(mounted, &st) == 0 && (uint32_t)st.f_type == (uint32_t)magic);
}

/* More entries than fit into one block of anything. */
static void many(void)
{
    /* As the runner is shipped; what else it can do is tried with fewer. */
    n_files = getenv("DRAGOMAN_TIER") ? MOST_FILES / 10 : scaled(MOST_FILES);
    if (!check_why) {
        make_files(mounted);
        list();
        seek();
        raw();
        remove_files();
    }
    CHECK(umount(mounted) == 0);
    rmdir(mounted);
}

static void own_mounts(void)
{
    CHECK(unshare(CLONE_NEWNS) == 0);
    CHECK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

static void test_tmpfs(void)
{
    own_mounts();
    mount_at("none", "tmpfs", NULL, TMPFS_MAGIC);
    many();
}

static void test_overlay(void)
{
    char layers[64] = "/dev/shm/layers-XXXXXX", options[300];
    own_mounts();
    CHECK(mkdtemp(layers) && mount("none", layers, "tmpfs", 0, NULL) == 0 && chdir(layers) == 0);
    CHECK(mkdir("lower", 0700) == 0 && mkdir("upper", 0700) == 0 && mkdir("work", 0700) == 0);
    snprintf(options, sizeof options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", layers,
             layers, layers);
    mount_at("none", "overlay", options, OVERLAYFS_SUPER_MAGIC);
    many();
    CHECK(chdir("/") == 0 && umount(layers) == 0 && rmdir(layers) == 0);
}

static const char *const mkfs = "/usr/sbin/mkfs.ext4";

/* A file with ext4 in it, whose folders are sorted by a hash of 64 bits, behind a loop device. */
static void test_ext4(void)
{
    char image[] = "/var/tmp/image-XXXXXX", device[32];
    int status = -1, file = mkstemp(image), control = open("/dev/loop-control", O_RDWR);
    CHECK(ftruncate(file, 48 << 20) == 0);
    pid_t pid = fork();
    if (!pid) {
        execl(mkfs, mkfs, "-q", "-F", "-N", "25000", "-O", "64bit,dir_index,^has_journal", image, NULL);
        _exit(127);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    own_mounts();
    int loop = -1, tries = 100, attached = -1;
    while (attached && tries--) { /* others may take it before we do */
        close(loop);
        snprintf(device, sizeof device, "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
        loop = open(device, O_RDWR);
        attached = ioctl(loop, LOOP_SET_FD, file);
    }
    CHECK(loop >= 0 && attached == 0);
    struct loop_info64 info = {.lo_flags = LO_FLAGS_AUTOCLEAR}, got = {0};
    CHECK(ioctl(loop, LOOP_SET_STATUS64, &info) == 0 && ioctl(loop, LOOP_GET_STATUS64, &got) == 0);
    CHECK(got.lo_flags & LO_FLAGS_AUTOCLEAR && (got.lo_inode & 0xffffffff) != 0);
    struct loop_info old;
    int told = ioctl(loop, LOOP_GET_STATUS, &old); /* its members are longs */
    CHECK(told == 0 ? old.lo_inode == (unsigned long)got.lo_inode : errno == EOVERFLOW);
    mount_at(device, "ext4", NULL, EXT4_SUPER_MAGIC);
    many();
    close(loop);
    close(file);
    unlink(image);
}

static void skip(const char *name, const char *why)
{
    printf("ok %s # SKIP %s\n", name, why);
}

static void test_mounts(void)
{
    const char *root = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 ? NULL : "only root may mount";
    const char *loops = root ? root : access("/dev/loop-control", W_OK) ? "no loop devices" :
                        access(mkfs, X_OK) ? "no mkfs.ext4" : NULL;
    const struct { const char *name, *why; void (*test)(void); } tests[] = {
        {"20,000 files on a tmpfs", root, test_tmpfs},
        {"20,000 files on an overlayfs", root, test_overlay},
        {"20,000 files on an ext4", loops, test_ext4}};
    for (unsigned k = 0; k < 3; k++)
        if (tests[k].why)
            skip(tests[k].name, tests[k].why);
        else
            run(tests[k].name, tests[k].test);
}

static void test_disk(void)
{
    make_files("/var/tmp");
    list();
    seek();
    raw();
    remove_files();
}

static void test_memory(void)
{
    make_files("/dev/shm");
    list();
    seek();
    raw();
    remove_files();
}

static void test_proc(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int entries = 0;
    while (readdir(dir))
        entries++;
    CHECK(entries >= 5);
    closedir(dir);
}

int main(void)
{
    run("a folder on a disk", test_disk);
    run("a folder in memory", test_memory);
    run("a folder of the kernel's", test_proc);
    test_mounts();
    return finish();
}
