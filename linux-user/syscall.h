/* SPDX-License-Identifier: MIT */
/*
 * System calls: what syscall.c, syscall_*.c, strace*.c and an ABI's numbers share.  syscalls.def is
 * the list; a handler is declared by its row there.
 *
 * Includes linux-user.h.  Handlers run on the task's own thread and hand back what the kernel
 * would: a value or -errno.
 */
#ifndef LINUX_USER_SYSCALL_H
#define LINUX_USER_SYSCALL_H

#include <sys/stat.h>

#include "linux-user/linux-user.h"

/* --- the list ------------------------------------------------------------------------------- */

/* Numbers of rows; 0 is no call. */
enum lu_sys {
    LU_SYS_NONE,
#define SYS(name, format, handler) LU_SYS_##name,
#define PASS(name, format) LU_SYS_##name,
#define WAIT(name, format) LU_SYS_##name,
#define ALONE(name, format) LU_SYS_##name,
#define NONE(name, format) LU_SYS_##name,
#define LIKE(id, name, format, target, arguments) LU_SYS_##id,
#include "linux-user/syscalls.def"
#undef SYS
#undef PASS
#undef WAIT
#undef ALONE
#undef NONE
#undef LIKE
    LU_SYS_COUNT
};

enum lu_sys_kind { LU_SYS_KIND_NONE, LU_SYS_KIND_PASS, LU_SYS_KIND_WAIT,
                   LU_SYS_KIND_ALONE, LU_SYS_KIND_OWN, LU_SYS_KIND_LIKE };

struct lu_sys_row {
    const char *name;
    const char *format; /* see syscalls.def */
    enum lu_sys_kind kind;
    int host_nr;            /* PASS, WAIT, ALONE */
    lu_syscall_fn *handler; /* OWN */
    uint16_t target;        /* LIKE: enum lu_sys */
    const char *arguments;  /* LIKE */
};
extern const struct lu_sys_row lu_sys_rows[LU_SYS_COUNT];

#define SYS(name, format, handler) lu_syscall_fn handler;
#define PASS(name, format)
#define WAIT(name, format)
#define ALONE(name, format)
#define NONE(name, format)
#define LIKE(id, name, format, target, arguments)
#include "linux-user/syscalls.def"
#undef SYS
#undef PASS
#undef WAIT
#undef ALONE
#undef NONE
#undef LIKE

/* --- what differs between ABIs ---------------------------------------------------------------- */

/* One for each ABI folder (syscall_abi.c there). */
struct lu_syscall_abi {
    const uint16_t *rows; /* enum lu_sys by the guest's number */
    unsigned n_rows;
    const uint16_t *private_rows; /* of numbers from private_base on, if there are any */
    unsigned n_private_rows;
    uint64_t private_base;
    /* The four open flags whose values are an architecture's own. */
    uint32_t o_directory, o_nofollow, o_direct, o_largefile;
    /* struct stat (the host's, if the ABI is narrow): 0 or -EFAULT.  get_stat is for -strace and fills what that shows. */
    int (*put_stat)(struct lu_task *t, uint64_t address, const struct stat *st);
    int (*get_stat)(struct lu_task *t, uint64_t address, struct stat *st);
    /* sizeof(struct epoll_event), offset of its data member */
    unsigned epoll_size, epoll_data;
};
extern const struct lu_syscall_abi lu_syscall_abi_aarch64, lu_syscall_abi_arm;

/* The one of the running program. */
const struct lu_syscall_abi *lu_syscall_abi(void);

/* The row for guest number nr; that of LU_SYS_NONE if there is none. */
const struct lu_sys_row *lu_sys_row(uint64_t nr);

/* fcntl64()'s commands for locks of 64 bits, which 32-bit ABIs alone have. */
enum { LU_F_GETLK64 = 12, LU_F_SETLK64 = 13, LU_F_SETLKW64 = 14 };

/* open()'s flags, guest's to host's and back.  Bits that nobody knows stay. */
int lu_oflags_to_host(uint32_t guest);
uint32_t lu_oflags_to_guest(int host);

/* --- descriptors that the translator keeps for itself (syscall_fd.c) -------------------------- */

/* Moves fd out of the way of the guest's (which counts from 0 up), makes it close-on-exec, and
 * keeps the guest from closing it.  Returns the new descriptor, or fd if that fails. */
int lu_fd_keep(int fd);
/* True if fd was kept. */
bool lu_fd_is_kept(int fd);

#endif
