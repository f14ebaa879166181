/* SPDX-License-Identifier: MIT */
/*
 * Directories for 32-bit programs.  Numbers of inodes and positions have 64 bits on the host, while
 * the C library of such a program refuses an entry with a larger one than its type holds.  So inodes
 * are folded (lu_fold_inode()), and a large position becomes a number of ours: positions are kept in
 * a table for the process's life, and lseek() on a directory takes the number back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "linux-user/host_nr.h"
#include "linux-user/narrow.h"

/* ---- positions --------------------------------------------------------------------------------- */

/* Numbers from here on are indices into the table; smaller positions stand for themselves. */
#define OURS UINT32_C(0x40000000)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t *positions; /* by index */
static uint32_t *buckets;   /* index + 1, 0 if free; open addressing, a power of two, half full */
static uint32_t n_positions, n_buckets;

static uint32_t *bucket_of(uint64_t position)
{
    uint32_t k = position * 0x9e3779b97f4a7c15ull >> 32;

    for (;; k++) {
        uint32_t *bucket = &buckets[k & (n_buckets - 1)];
        if (!*bucket || positions[*bucket - 1] == position)
            return bucket;
    }
}

static bool grow(void)
{
    uint32_t size = n_buckets ? n_buckets * 2 : 1024;
    uint64_t *more = realloc(positions, size / 2 * sizeof *positions);
    uint32_t *fresh = more ? calloc(size, sizeof *buckets) : NULL;

    positions = more ? more : positions;
    if (!fresh)
        return false;
    free(buckets);
    buckets = fresh;
    n_buckets = size;
    for (uint32_t k = 0; k < n_positions; k++)
        *bucket_of(positions[k]) = k + 1;
    return true;
}

/* The number for a position; 0, the directory's beginning, if there is no memory left. */
static uint32_t shorten(uint64_t position)
{
    uint32_t *bucket, result = 0;

    if (position < OURS)
        return position;
    pthread_mutex_lock(&lock);
    if (n_positions < n_buckets / 2 || (n_positions < OURS - 1 && grow())) {
        bucket = bucket_of(position);
        if (!*bucket) {
            positions[n_positions++] = position;
            *bucket = n_positions;
        }
        result = OURS + *bucket - 1;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

static uint64_t lengthen(uint64_t number)
{
    uint64_t result = number;

    pthread_mutex_lock(&lock);
    if (number >= OURS && number - OURS < n_positions)
        result = positions[number - OURS];
    pthread_mutex_unlock(&lock);
    return result;
}

void lu_dirent_fork_prepare(void)
{
    pthread_mutex_lock(&lock);
}

void lu_dirent_fork_done(void)
{
    pthread_mutex_unlock(&lock);
}

/* ---- entries ----------------------------------------------------------------------------------- */

/* struct linux_dirent64, in whatever byte order. */
enum { AT_INO = 0, AT_OFF = 8, AT_RECLEN = 16, AT_TYPE = 18, AT_NAME = 19 };

/* The entries that the kernel has written are of the guest's form already, but for their numbers. */
int lu_narrow_dents64(struct lu_narrow *n, unsigned i, bool after)
{
    uint64_t ino, off;
    uint16_t length;

    if (!after)
        n->arg[i] = lu_narrow_ptr(lu_narrow_take(n));
    for (int64_t at = 0; after && at < n->result; at += length) {
        uint64_t entry = n->arg[i] + at;
        uint8_t head[AT_TYPE];
        if (lu_copy_from(n->t, head, entry, sizeof head))
            return -EFAULT;
        memcpy(&ino, head + AT_INO, 8);
        memcpy(&off, head + AT_OFF, 8);
        memcpy(&length, head + AT_RECLEN, 2);
        lu_store(head + AT_INO, lu_fold_inode(ino), 8);
        lu_store(head + AT_OFF, shorten(off), 8);
        lu_store(head + AT_RECLEN, length, 2);
        if (!length || lu_copy_to(n->t, entry, head, sizeof head))
            return -EFAULT;
    }
    return 0;
}

/* struct linux_dirent: two longs, the length, the name, and the type in the last byte. */
static size_t put_short(uint8_t *to, const uint8_t *entry)
{
    enum { NAME = 10 };
    size_t name = strlen((const char *)entry + AT_NAME) + 1, size = (NAME + name + 1 + 3) & ~3ull;
    uint64_t ino, off;

    memcpy(&ino, entry + AT_INO, 8);
    memcpy(&off, entry + AT_OFF, 8);
    memset(to, 0, size);
    lu_store(to, lu_fold_inode(ino), 4);
    lu_store(to + 4, shorten(off), 4);
    lu_store(to + 8, size, 2);
    memcpy(to + NAME, entry + AT_NAME, name);
    to[size - 1] = entry[AT_TYPE];
    return size;
}

/* Never longer than the host's entries, so that those of a buffer of the same size fit. */
int lu_narrow_dents32(struct lu_narrow *n, unsigned i, bool after)
{
    enum { MOST = 1 << 20 };
    uint8_t *host, *guest;
    size_t used = 0;
    uint16_t length;

    if (!after) {
        uint32_t size;
        lu_narrow_take(n);
        size = n->reg[n->next] = n->reg[n->next] < MOST ? n->reg[n->next] : MOST;
        host = lu_scratch(n->t, size, n->raw[i]);
        n->arg[i] = (uintptr_t)host;
        return host ? 0 : -ENOMEM;
    }
    if (n->result <= 0)
        return 0;
    host = lu_ptr(n->arg[i]);
    guest = lu_scratch(n->t, n->result, n->raw[i]);
    if (!guest)
        return -ENOMEM;
    for (int64_t at = 0; at < n->result; at += length) {
        memcpy(&length, host + at + AT_RECLEN, 2);
        used += put_short(guest + used, host + at);
    }
    n->result = used;
    return lu_copy_to(n->t, lu_narrow_ptr(n->raw[i]), guest, used);
}

/* ---- positions in lseek ------------------------------------------------------------------------- */

static bool is_directory(int fd)
{
    struct stat st;
    return !fstat(fd, &st) && S_ISDIR(st.st_mode);
}

static int64_t seek(int fd, int64_t offset, int whence)
{
    bool directory =
        offset >= OURS && offset <= INT32_MAX && whence == SEEK_SET && is_directory(fd);
    int64_t result =
        lu_host_syscall(__NR_lseek, fd, directory ? (int64_t)lengthen(offset) : offset, whence);
    if (result >= OURS && is_directory(fd))
        return shorten(result);
    return result;
}

int64_t sys_lseek_dir(struct lu_task *t, const uint64_t arg[6])
{
    int64_t result = seek(arg[0], arg[1], arg[2]);

    (void)t;
    return result > INT32_MAX ? -EOVERFLOW : result;
}

int64_t sys_llseek(struct lu_task *t, const uint64_t arg[6])
{
    int64_t result = seek(arg[0], arg[1], arg[3]);

    if (result < 0)
        return result;
    return lu_copy_to(t, arg[2], &result, sizeof result);
}
