/* SPDX-License-Identifier: MIT */
/* The table of ioctl requests (ioctls.def), for syscall_ioctl.c and -strace. */
#ifndef LINUX_USER_IOCTL_H
#define LINUX_USER_IOCTL_H

#include "linux-user/syscall.h"

/* What the third argument is, as far as -strace shows it. */
enum lu_ioctl_kind {
    LU_IOCTL_NOARG,   /* nothing */
    LU_IOCTL_VALUE,   /* a number */
    LU_IOCTL_PTR,     /* an address */
    LU_IOCTL_INT,     /* points to an int that is read */
    LU_IOCTL_OINT,    /* points to an int that is written */
    LU_IOCTL_TERMIOS, LU_IOCTL_OTERMIOS,
    LU_IOCTL_WINSIZE, LU_IOCTL_OWINSIZE,
};

struct lu_ioctl {
    const char *name;
    uint32_t code;
    enum lu_ioctl_kind kind;
};

/* The request's row, or NULL. */
const struct lu_ioctl *lu_ioctl_find(uint32_t code);

#endif
