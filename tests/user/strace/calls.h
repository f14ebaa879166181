/* SPDX-License-Identifier: MIT */
/* System calls as they are, without a library between. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define S(name, ...) syscall(SYS_##name, ##__VA_ARGS__)
/* What is compared begins here. */
#define BEGIN write(-1, "begin", 5)
