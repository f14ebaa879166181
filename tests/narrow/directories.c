/* SPDX-License-Identifier: MIT */
/*
 * Directories seen by a 32-bit program without large file support: inodes and positions of 64 bits
 * must not keep it from listing them, and a position that it was told must lead back.
 */
#define _GNU_SOURCE
#include "check.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum { FILES = 3000 };

static char folder[64];

static void make_files(const char *where)
{
    char name[128];
    snprintf(folder, sizeof folder, "%s/dirs-XXXXXX", where);
    CHECK(mkdtemp(folder));
    for (int k = 0; k < FILES; k++) {
        snprintf(name, sizeof name, "%s/file-%d", folder, k);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        CHECK(fd >= 0);
        close(fd);
    }
}

static void remove_files(void)
{
    char name[128];
    for (int k = 0; k < FILES; k++) {
        snprintf(name, sizeof name, "%s/file-%d", folder, k);
        unlink(name);
    }
    rmdir(folder);
}

/* Lists the folder; every file once, with the inode that stat() tells. */
static void list(void)
{
    static char seen[FILES];
    int files = 0, k;
    DIR *dir = opendir(folder);
    struct dirent *entry;
    struct stat st;
    memset(seen, 0, sizeof seen);
    errno = 0;
    while ((entry = readdir(dir))) {
        if (sscanf(entry->d_name, "file-%d", &k) != 1)
            continue;
        CHECK(k >= 0 && k < FILES && !seen[k]);
        seen[k] = 1;
        files++;
        CHECK(fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && st.st_ino == entry->d_ino);
        errno = 0;
    }
    CHECK(errno == 0 && files == FILES);
    closedir(dir);
}

/* telldir() before each entry, and back in another order. */
static void seek(void)
{
    static char names[FILES + 2][32];
    static long at[FILES + 2];
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int n = 0;
    for (;;) {
        at[n] = telldir(dir);
        CHECK(at[n] != -1);
        entry = readdir(dir);
        if (!entry || n == FILES + 2)
            break;
        strcpy(names[n++], entry->d_name);
    }
    CHECK(n == FILES + 2);
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
    CHECK(n == 0 && entries == FILES + 2);
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
    return finish();
}
