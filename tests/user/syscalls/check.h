/* SPDX-License-Identifier: MIT */
/* For programs that test system calls: each check is a line of output, the same on every machine,
 * and the exit status tells whether one failed. */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* 32-bit ABIs have the same calls by other names. */
#ifndef SYS_newfstatat
#define SYS_newfstatat SYS_fstatat64
#endif
#ifndef SYS_getrlimit
#define SYS_getrlimit SYS_ugetrlimit
#endif
#ifndef SYS_sync_file_range
#define SYS_sync_file_range SYS_sync_file_range2
#endif

static int check_failed;

#define CHECK(expression) check(!!(expression), #expression, __LINE__)
/* The call must fail with that errno. */
#define FAILS(error, call) check_error((errno = 0, (long)(call)), error, #call, #error, __LINE__)

static inline int check(int good, const char *text, int line)
{
    printf("%s: %s\n", good ? "ok" : "FAIL", text);
    if (!good) {
        printf("      line %d, errno %d (%s)\n", line, errno, strerror(errno));
        check_failed = 1;
    }
    fflush(stdout);
    return good;
}

static inline void check_error(long result, int error, const char *text, const char *name, int line)
{
    int got = errno;

    if (result == -1 && got == error) {
        printf("ok: %s: %s\n", name, text);
    } else {
        printf("FAIL: %s: %s\n      line %d, result %ld, errno %d (%s)\n", name, text, line, result,
               got, strerror(got));
        check_failed = 1;
    }
    fflush(stdout);
}

/* An empty folder to work in, gone at exit of the process that made it. */
static char check_dir[] = "/tmp/syscalls-XXXXXX";
static pid_t check_pid;

static inline void check_remove(void)
{
    char command[64];

    if (getpid() != check_pid)
        return;
    snprintf(command, sizeof command, "rm -rf %s", check_dir);
    if (chdir("/") || system(command))
        perror(check_dir);
}

static inline void check_begin(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    check_pid = getpid();
    if (!mkdtemp(check_dir) || chdir(check_dir)) {
        perror(check_dir);
        exit(2);
    }
    atexit(check_remove);
}

static inline int put_file(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    long n = fd < 0 ? -1 : write(fd, text, strlen(text));

    close(fd);
    return n == (long)strlen(text);
}

#endif
