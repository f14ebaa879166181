/* SPDX-License-Identifier: MIT */
/* proc.c, for path.c. */
#ifndef LINUX_USER_PROC_H
#define LINUX_USER_PROC_H

#include <stdbool.h>

/* True for /proc/self/exe under any of its names. */
bool lu_proc_is_exe(const char *path);

#endif
