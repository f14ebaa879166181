/* SPDX-License-Identifier: MIT */
/* What signal.c offers to those who make and end tasks, and to the ABIs' signal frames. */
#ifndef LINUX_USER_SIGNAL_H
#define LINUX_USER_SIGNAL_H

#include "linux-user/linux-user.h"

#define LU_SS_AUTODISARM (1u << 31)

/* Tables of actions, for clone().  lu_sighand_clear() resets handlers to the default, on the host
 * too (CLONE_CLEAR_SIGHAND).  The lock is that of the calling task's table, for fork(). */
struct lu_sighand *lu_sighand_copy(const struct lu_sighand *from);
void lu_sighand_free(struct lu_sighand *hand);
void lu_sighand_clear(struct lu_sighand *hand);
void lu_sighand_lock(struct lu_task *t);
void lu_sighand_unlock(struct lu_task *t);

/* Everything blocked for good; a signal that was already taken goes to another thread. */
void lu_signal_thread_exit(struct lu_task *t);
/* Frees the host's alternate stack of the calling thread. */
void lu_signal_thread_done(struct lu_task *t);

/* Gives the host exactly the guest's mask and ignored signals, which execve hands on; and takes
 * that back. */
void lu_signal_before_exec(struct lu_task *t);
void lu_signal_exec_failed(struct lu_task *t);

/* The guest's alternate stack: is sp on it, where does a frame begin, set it (0, -EPERM, -EINVAL,
 * -ENOMEM). */
bool lu_on_altstack(const struct lu_task *t, uint64_t sp);
uint64_t lu_signal_stack(const struct lu_task *t, const struct lu_sigaction *action, uint64_t sp);
int lu_set_altstack(struct lu_task *t, uint64_t sp, uint32_t flags, uint64_t size);

#endif
