/* SPDX-License-Identifier: MIT */
/* The list of tasks, for those who make threads and processes. */
#ifndef LINUX_USER_TASK_H
#define LINUX_USER_TASK_H

#include "linux-user/linux-user.h"

void lu_task_add(struct lu_task *t);
/* Takes t off the list; returns how many are left. */
unsigned lu_task_remove(struct lu_task *t);

/* Around fork(); the child keeps `self` alone. */
void lu_tasks_fork_prepare(void);
void lu_tasks_fork_parent(void);
void lu_tasks_fork_child(struct lu_task *self);

#endif
