/* SPDX-License-Identifier: MIT */
/*
 * The aarch64 ABI of system calls, as far as it differs from the host's: numbers, open flags,
 * struct stat, struct epoll_event.  Sources: Linux's asm-generic/unistd.h, asm-generic/stat.h,
 * arch/arm64's asm/fcntl.h.
 */
#include <string.h>

#include "linux-user/syscall.h"

static const uint16_t rows[] = {
#define NR(name, number) [number] = LU_SYS_##name,
#include "linux-user/aarch64/syscall_nr.def"
#undef NR
};

/* asm-generic/stat.h */
struct a64_stat {
    uint64_t st_dev, st_ino;
    uint32_t st_mode, st_nlink, st_uid, st_gid;
    uint64_t st_rdev, pad1;
    int64_t st_size;
    int32_t st_blksize, pad2;
    int64_t st_blocks;
    int64_t st_atime_sec;
    uint64_t st_atime_nsec;
    int64_t st_mtime_sec;
    uint64_t st_mtime_nsec;
    int64_t st_ctime_sec;
    uint64_t st_ctime_nsec;
    uint32_t unused4, unused5;
};
_Static_assert(sizeof(struct a64_stat) == 128, "struct stat of arm64");

static int put_stat(struct lu_task *t, uint64_t address, const struct stat *st)
{
    struct a64_stat out = {
        .st_dev = st->st_dev,
        .st_ino = st->st_ino,
        .st_mode = st->st_mode,
        .st_nlink = st->st_nlink,
        .st_uid = st->st_uid,
        .st_gid = st->st_gid,
        .st_rdev = st->st_rdev,
        .st_size = st->st_size,
        .st_blksize = st->st_blksize,
        .st_blocks = st->st_blocks,
        .st_atime_sec = st->st_atim.tv_sec,
        .st_atime_nsec = st->st_atim.tv_nsec,
        .st_mtime_sec = st->st_mtim.tv_sec,
        .st_mtime_nsec = st->st_mtim.tv_nsec,
        .st_ctime_sec = st->st_ctim.tv_sec,
        .st_ctime_nsec = st->st_ctim.tv_nsec,
    };
    return lu_copy_to(t, address, &out, sizeof out);
}

static int get_stat(struct lu_task *t, uint64_t address, struct stat *st)
{
    struct a64_stat in;
    int error = lu_copy_from(t, &in, address, sizeof in);
    if (error)
        return error;
    memset(st, 0, sizeof *st);
    st->st_mode = in.st_mode;
    st->st_rdev = in.st_rdev;
    st->st_size = in.st_size;
    return 0;
}

const struct lu_syscall_abi lu_syscall_abi_aarch64 = {
    .rows = rows,
    .n_rows = sizeof rows / sizeof rows[0],
    .o_directory = 040000,
    .o_nofollow = 0100000,
    .o_direct = 0200000,
    .o_largefile = 0400000,
    .put_stat = put_stat,
    .get_stat = get_stat,
    .epoll_size = 16,
    .epoll_data = 8,
};
