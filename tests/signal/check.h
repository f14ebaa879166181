/* SPDX-License-Identifier: MIT */
/* For guest programs that check themselves: one TAP line a test. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int check_failures;
static const char *check_why;

/* In a test: notes the first thing that is wrong, and goes on. */
#define CHECK(condition)                                                                            \
    do {                                                                                            \
        if (!(condition) && !check_why)                                                             \
            check_why = CHECK_AT(__LINE__) #condition;                                              \
    } while (0)
#define CHECK_AT(line) CHECK_AT_(line)
#define CHECK_AT_(line) "line " #line ": "

/* Runs a test in a process of its own, so that none spoils the next. */
static inline void run(const char *name, void (*test)(void))
{
    int status = -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        alarm(180);
        test();
        if (check_why)
            printf("not ok %s - %s\n", name, check_why);
        fflush(stdout);
        _exit(check_why ? 1 : 0);
    }
    waitpid(pid, &status, 0);
    if (status == 0)
        printf("ok %s\n", name);
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
        printf("not ok %s - wait status %#x\n", name, status);
    check_failures += status != 0;
}

static inline void handle(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
    sigemptyset(&action.sa_mask);
    sigaction(sig, &action, NULL);
}

/* How often to do what takes long: n times, or fewer where code runs slowly (TEST_HOW). */
static inline long scaled(long n)
{
    const char *how = getenv("TEST_HOW");
    return how && strstr(how, "interp") ? n / 10 : how && *how ? n / 4 : n;
}

static inline int finish(void) { return check_failures != 0; }

#endif
