/* SPDX-License-Identifier: MIT */
/*
 * The ARM EABI of system calls: numbers and open flags (Linux's arch/arm/tools/syscall.tbl,
 * asm/fcntl.h).  What structures look like is in ../structs.def; handlers see the host's.
 */
#include <string.h>

#include "linux-user/syscall.h"

static const uint16_t rows[] = {
#define NR(name, number) [number] = LU_SYS_##name,
#include "linux-user/arm/syscall_nr.def"
#undef NR
};

/* asm/unistd.h: __ARM_NR_BASE */
enum { PRIVATE_BASE = 0xf0000 };

static const uint16_t private_rows[] = {
    [1] = LU_SYS_breakpoint, [2] = LU_SYS_cacheflush, [3] = LU_SYS_usr26,
    [4] = LU_SYS_usr32,      [5] = LU_SYS_set_tls,    [6] = LU_SYS_get_tls,
};

static int put_stat(struct lu_task *t, uint64_t address, const struct stat *st)
{
    return lu_copy_to(t, address, st, sizeof *st);
}

static int get_stat(struct lu_task *t, uint64_t address, struct stat *st)
{
    return lu_copy_from(t, st, address, sizeof *st);
}

const struct lu_syscall_abi lu_syscall_abi_arm = {
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .private_rows = private_rows,
    .n_private_rows = sizeof private_rows / sizeof private_rows[0],
    .private_base = PRIVATE_BASE,
    .o_directory = 040000,
    .o_nofollow = 0100000,
    .o_direct = 0200000,
    .o_largefile = 0400000,
    .put_stat = put_stat,
    .get_stat = get_stat,
    .epoll_size = 16,
    .epoll_data = 8,
};
