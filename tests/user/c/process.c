/* SPDX-License-Identifier: MIT */
/* fork, vfork, exec of itself, pipes, wait statuses, environment, rlimits.  Output must not depend on the CPU. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile unsigned long bad = 16;

static void show_status(const char *what, int status)
{
    if (WIFEXITED(status))
        printf("%s: exit %d\n", what, WEXITSTATUS(status));
    else if (WIFSIGNALED(status))
        printf("%s: signal %d\n", what, WTERMSIG(status));
    fflush(stdout);
}

static int wait_for(pid_t pid)
{
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void copy_on_write(void)
{
    int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    static int own = 1;
    pid_t pid = fork();
    if (pid == 0) {
        own = 2;
        *shared = 3;
        _exit(own);
    }
    show_status("child", wait_for(pid));
    printf("own %d, shared %d\n", own, *shared);
}

static void many(void)
{
    int ends[2], total = 0, value;
    if (pipe2(ends, O_CLOEXEC))
        exit(1);
    for (int i = 0; i < 20; i++)
        if (fork() == 0) {
            value = i * i;
            _exit(write(ends[1], &value, sizeof value) != sizeof value);
        }
    close(ends[1]);
    while (read(ends[0], &value, sizeof value) == sizeof value)
        total += value;
    while (wait(&value) > 0)
        total += WEXITSTATUS(value);
    printf("20 children: %d\n", total);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        printf("executed: %d %s %s\n", argc, argv[1], getenv("WHO") ? getenv("WHO") : "(none)");
        fflush(stdout);
        if (!strcmp(argv[1], "kill"))
            raise(SIGKILL);
        return 40 + argc;
    }
    setbuf(stdout, NULL);
    copy_on_write();
    many();

    char *arguments[] = {argv[0], "one two", "", NULL}, *environment[] = {"WHO=me", NULL};
    pid_t pid = fork();
    if (pid == 0)
        execve(argv[0], arguments, environment), _exit(99);
    show_status("execve", wait_for(pid));

    pid = vfork();
    if (pid == 0)
        execl(argv[0], argv[0], "kill", NULL), _exit(99);
    show_status("vfork", wait_for(pid));

    pid = vfork();
    if (pid == 0)
        execl("/nonexistent/program", "program", NULL), _exit(errno == ENOENT ? 7 : 8);
    show_status("no program", wait_for(pid));

    arguments[1] = "spawned";
    const int error = posix_spawn(&pid, argv[0], NULL, NULL, arguments, environment);
    const int status = wait_for(pid); /* what it prints comes first */
    printf("spawn %d\n", error);
    show_status("spawn", status);

    pid = fork();
    if (pid == 0)
        abort();
    show_status("abort", wait_for(pid));
    pid = fork();
    if (pid == 0)
        *(volatile int *)bad = 1;
    show_status("segv", wait_for(pid));
    execl("/proc/self/exe", "again", "self", NULL);
    return 1;
}
