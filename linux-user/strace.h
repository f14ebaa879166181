/* SPDX-License-Identifier: MIT */
/*
 * -strace: system calls, signals and exits in the format of strace(1) (version 6).
 *
 * Lines go to lu.log, each by one write.  A line that another thread or process of the same run
 * breaks into is ended with `<unfinished ...>` and taken up again with `<... name resumed>`.
 * Functions do nothing unless they are called under lu.options.strace, but those that say so.
 */
#ifndef LINUX_USER_STRACE_H
#define LINUX_USER_STRACE_H

#include "linux-user/syscall.h"

/* A call between its two halves; lives on the dispatcher's stack. */
struct lu_strace_call {
    const struct lu_sys_row *row;
    uint64_t nr;
    uint64_t arg[6];
    unsigned next;    /* argument to be printed next */
    unsigned column;  /* characters on the line so far */
    const char *word; /* where in the format */
    int old_length;   /* of an address or option that the call changes */
    bool comma;       /* an argument was printed */
    bool entered;     /* something was printed */
    bool ended;       /* nothing is left to print (exit) */
};

void lu_strace_enter(struct lu_task *t, struct lu_strace_call *call, const struct lu_sys_row *row,
                     uint64_t nr, const uint64_t arg[6]);
void lu_strace_leave(struct lu_task *t, struct lu_strace_call *call, int64_t result);

/* These check lu.options.strace themselves. */

/* The program has been loaded: prints the execve that did it. */
void lu_strace_exec(struct lu_task *t, const char *path, char *const argv[], char *const envp[],
                    uint64_t envp_address);
/* `--- SIGx {...} ---` */
void lu_strace_signal(struct lu_task *t, const siginfo_t *info);
/* `+++ exited with N +++`, `+++ killed by SIGx +++` */
void lu_strace_exited(int status);
void lu_strace_killed(int sig, bool core);

#endif
