/* SPDX-License-Identifier: MIT */
/* Conversions of arguments whose meaning depends on others; see narrow.h. */
#define _GNU_SOURCE
#include "linux-user/narrow.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "linux-user/structs.h"

/* ---- vectors --------------------------------------------------------------------------------- */

/* lib/iov_iter.c, copy_compat_iovec_from_user() */
int lu_narrow_iovec(struct lu_task *t, uint32_t guest, uint32_t count, uint64_t *to)
{
    struct lu_narrow n = {.t = t};
    const struct iovec *host;
    const int error = lu_narrow_array(&n, LU_STRUCT_iovec, guest, count, true, to);

    host = lu_ptr(*to);
    if (error || *to == lu_narrow_ptr(guest))
        return error;
    for (uint32_t k = 0; k < count; k++)
        if (host[k].iov_len > INT32_MAX)
            return -EINVAL;
    return 0;
}

int lu_narrow_iov(struct lu_narrow *n, unsigned i, bool after)
{
    uint32_t guest;

    if (after)
        return 0;
    guest = lu_narrow_take(n);
    if (n->reg[n->next] > LU_IOV_MOST) { /* the kernel says so */
        n->arg[i] = lu_narrow_ptr(guest);
        return 0;
    }
    return lu_narrow_iovec(n->t, guest, n->reg[n->next], &n->arg[i]);
}

/* argv and envp. */
int lu_narrow_strings(struct lu_narrow *n, unsigned i, bool after)
{
    enum { MOST = 1 << 18 };
    uint32_t guest, count = 0, word = 1;

    if (after)
        return 0;
    guest = lu_narrow_take(n);
    n->arg[i] = lu_narrow_ptr(guest);
    if (!guest)
        return 0;
    while (word) {
        if (count >= MOST)
            return -E2BIG;
        if (lu_copy_from(n->t, &word, n->arg[i] + 4ull * count++, sizeof word))
            return -EFAULT;
    }
    return lu_narrow_array(n, LU_STRUCT_pointer, guest, count, true, &n->arg[i]);
}

int lu_narrow_pollfds(struct lu_narrow *n, unsigned i, bool after)
{
    if (after)
        return n->result < 0
                   ? 0
                   : lu_narrow_array_back(n, LU_STRUCT_pollfd, n->raw[i], n->arg[i + 1], n->arg[i]);
    lu_narrow_take(n);
    return lu_narrow_array(n, LU_STRUCT_pollfd, n->raw[i], n->reg[n->next], true, &n->arg[i]);
}

int lu_narrow_oepoll(struct lu_narrow *n, unsigned i, bool after)
{
    int32_t most;

    if (after)
        return n->result < 0
                   ? 0
                   : lu_narrow_array_back(n, LU_STRUCT_epoll, n->raw[i], n->result, n->arg[i]);
    lu_narrow_take(n);
    most = n->reg[n->next];
    most = most < 0 ? 0 : most > 512 ? 512 : most; /* as many as one call returns */
    return lu_narrow_array(n, LU_STRUCT_epoll, n->raw[i], most, false, &n->arg[i]);
}

int lu_narrow_waitv(struct lu_narrow *n, unsigned i, bool after)
{
    if (after)
        return 0;
    lu_narrow_take(n);
    return lu_narrow_array(n, LU_STRUCT_waitv, n->raw[i], n->reg[n->next], true, &n->arg[i]);
}

/* A set of descriptors is an array of the guest's longs; the host's kernel would read and write a
 * multiple of 8 bytes.  More than this many words it cuts to what descriptors there are. */
enum { MOST_SET_WORDS = 2048 };

int lu_narrow_fdset(struct lu_narrow *n, unsigned i, bool after)
{
    uint32_t count = n->arg[0], words = count / 32 + !!(count % 32), word;
    uint8_t *host;

    if (after && n->result < 0)
        return 0;
    if (!after) {
        lu_narrow_take(n);
        n->arg[i] = lu_narrow_ptr(n->raw[i]);
    }
    if (!n->raw[i] || (int32_t)count < 0 || (!lu_narrow_swaps() && (words > MOST_SET_WORDS || !(words & 1))))
        return 0;
    words = words < 1 << 15 ? words : 1 << 15;
    host = after ? lu_ptr(n->arg[i]) : lu_scratch(n->t, (words + 1) / 2 * 8, n->raw[i]);
    if (!host)
        return -ENOMEM;
    for (uint32_t k = 0; k < words; k++) {
        uint64_t at = lu_narrow_ptr(n->raw[i]) + 4ull * k;
        if (after) {
            memcpy(&word, host + 4 * k, 4);
            lu_store(&word, word, 4);
            if (lu_copy_to(n->t, at, &word, 4))
                return -EFAULT;
        } else {
            if (lu_copy_from(n->t, &word, at, 4))
                return -EFAULT;
            word = lu_load(&word, 4);
            memcpy(host + 4 * k, &word, 4);
        }
    }
    n->arg[i] = (uintptr_t)host;
    return 0;
}

/* pselect6's last argument: address and size of a signal set. */
int lu_narrow_mask_arg(struct lu_narrow *n, unsigned i, bool after)
{
    struct lu_mask_arg *host;
    int error;

    if (after)
        return 0;
    lu_narrow_take(n);
    error = lu_narrow_struct(n, LU_STRUCT_mask_arg, n->raw[i], true, &n->arg[i]);
    host = lu_ptr(n->arg[i]);
    if (error || n->arg[i] == lu_narrow_ptr(n->raw[i]) || !host->set)
        return error; /* none, or it cannot be read */
    return lu_narrow_struct(n, LU_STRUCT_sigset, host->set - lu.base, true, &host->set);
}

/* Bits in longs.  The host's are of 64 bits: where the guest has an odd number of words, or another
 * byte order, they are copied. */
enum { MOST_WORDS = 2048 };

static bool bits_differ(uint32_t words)
{
    return words && words <= MOST_WORDS && (words & 1 || lu_narrow_swaps());
}

static int bits(struct lu_narrow *n, unsigned i, uint32_t words, bool in)
{
    uint32_t *host;

    n->arg[i] = lu_narrow_ptr(n->raw[i]);
    if (!n->raw[i] || !bits_differ(words))
        return 0;
    host = lu_scratch(n->t, (words + 1) / 2 * 8, n->raw[i]);
    if (!host)
        return -ENOMEM;
    if (in && lu_copy_from(n->t, host, n->arg[i], words * 4))
        return -EFAULT;
    for (uint32_t k = 0; in && k < words; k++)
        host[k] = lu_load(&host[k], 4);
    n->arg[i] = (uintptr_t)host;
    return 0;
}

static int bits_back(struct lu_narrow *n, unsigned i, uint32_t words)
{
    const uint32_t *host = lu_ptr(n->arg[i]);
    uint32_t word;

    if (n->result < 0 || n->arg[i] == lu_narrow_ptr(n->raw[i]))
        return 0;
    for (uint32_t k = 0; k < words; k++) {
        lu_store(&word, host[k], 4);
        if (lu_copy_to(n->t, lu_narrow_ptr(n->raw[i]) + 4ull * k, &word, 4))
            return -EFAULT;
    }
    return 0;
}

/* Words that hold maxnode - 1 bits, as mm/mempolicy.c counts them. */
static uint32_t node_words(uint32_t maxnode)
{
    return maxnode ? (maxnode - 1) / 32 + !!((maxnode - 1) % 32) : 0;
}

int lu_narrow_nodes(struct lu_narrow *n, unsigned i, bool after)
{
    if (after)
        return 0;
    lu_narrow_take(n);
    return bits(n, i, node_words(n->reg[n->next]), true);
}

/* What the kernel writes is of whole 64 bits here too. */
int lu_narrow_onodes(struct lu_narrow *n, unsigned i, bool after)
{
    if (after)
        return bits_back(n, i, (node_words(n->arg[i + 1]) + 1) & ~1u);
    lu_narrow_take(n);
    return bits(n, i, (node_words(n->reg[n->next]) + 1) & ~1u, false);
}

/* migrate_pages: both have the length that stands before them. */
int lu_narrow_nodes_of(struct lu_narrow *n, unsigned i, bool after)
{
    if (after)
        return 0;
    lu_narrow_take(n);
    return bits(n, i, node_words(n->reg[1]), true);
}

/* CPUs: the argument before is the length in bytes, which are whole longs.  The words to copy. */
static uint32_t cpu_words(const struct lu_narrow *n, unsigned i)
{
    const uint32_t size = n->reg[i - 1];
    return size % 4 ? 0 : size / 4;
}

static int cpus(struct lu_narrow *n, unsigned i, bool in)
{
    const uint32_t words = cpu_words(n, i);

    lu_narrow_take(n);
    if (bits_differ(words))
        n->arg[i - 1] = (words + 1) / 2 * 8;
    return bits(n, i, words, in);
}

int lu_narrow_cpus(struct lu_narrow *n, unsigned i, bool after)
{
    return after ? 0 : cpus(n, i, true);
}

int lu_narrow_ocpus(struct lu_narrow *n, unsigned i, bool after)
{
    const uint32_t words = cpu_words(n, i);

    if (!after)
        return cpus(n, i, false);
    if (words && n->result > 4ll * words)
        n->result = 4ll * words;
    return bits_back(n, i, n->result / 4);
}

/* Addresses of pages, as many as the argument before says. */
int lu_narrow_pages(struct lu_narrow *n, unsigned i, bool after)
{
    if (after)
        return 0;
    lu_narrow_take(n);
    return lu_narrow_array(n, LU_STRUCT_pointer, n->raw[i], n->arg[i - 1], true, &n->arg[i]);
}

/* ---- what 32 bits do not hold -------------------------------------------------------------------- */

/* fs/stat.c, cp_compat_stat(): times are cut off, but not these. */
int lu_narrow_ostat32(struct lu_narrow *n, unsigned i, bool after)
{
    const struct stat *st;

    if (!after) {
        lu_narrow_take(n);
        return lu_narrow_struct(n, LU_STRUCT_stat32, n->raw[i], false, &n->arg[i]);
    }
    if (n->result < 0)
        return 0;
    st = lu_ptr(n->arg[i]);
    if (st->st_size > INT32_MAX || st->st_nlink > UINT16_MAX)
        return -EOVERFLOW;
    return lu_narrow_back(n, LU_STRUCT_stat32, n->raw[i], n->arg[i]);
}

/* fs/statfs.c, put_compat_statfs() */
int lu_narrow_ostatfs32(struct lu_narrow *n, unsigned i, bool after)
{
    const struct statfs *st;

    if (!after) {
        lu_narrow_take(n);
        return lu_narrow_struct(n, LU_STRUCT_statfs32, n->raw[i], false, &n->arg[i]);
    }
    if (n->result < 0)
        return 0;
    st = lu_ptr(n->arg[i]);
    if ((st->f_blocks | st->f_bfree | st->f_bavail | st->f_bsize | st->f_frsize) >> 32 ||
        (st->f_files != UINT64_MAX && st->f_files >> 32) ||
        (st->f_ffree != UINT64_MAX && st->f_ffree >> 32))
        return -EOVERFLOW;
    return lu_narrow_back(n, LU_STRUCT_statfs32, n->raw[i], n->arg[i]);
}

/* sendfile()'s position: fs/read_write.c, do_sendfile() with MAX_NON_LFS. */
int lu_narrow_offp(struct lu_narrow *n, unsigned i, bool after)
{
    const struct lu_long *position;
    int64_t room;
    int error;

    if (after)
        return n->result < 0 ? 0 : lu_narrow_back(n, LU_STRUCT_long, n->raw[i], n->arg[i]);
    lu_narrow_take(n);
    error = lu_narrow_struct(n, LU_STRUCT_long, n->raw[i], true, &n->arg[i]);
    if (error || n->arg[i] == lu_narrow_ptr(n->raw[i]))
        return error;
    position = lu_ptr(n->arg[i]);
    room = INT32_MAX - position->value;
    if (position->value < 0 || n->reg[n->next] <= (uint64_t)room)
        return 0;
    n->reg[n->next] = room;
    return room ? 0 : -EOVERFLOW;
}

/* ---- identities of 16 bits --------------------------------------------------------------------- */

int lu_narrow_id16(struct lu_narrow *n, unsigned i, bool after)
{
    if (!after) {
        uint16_t id = lu_narrow_take(n);
        n->arg[i] = id == 0xffff ? 0xffffffff : id;
    }
    return 0;
}

static uint16_t low_id(uint32_t id)
{
    return id > 0xffff ? 65534 : id;
}

int lu_narrow_oid16(struct lu_narrow *n, unsigned i, bool after)
{
    uint32_t *host;
    uint16_t id;

    if (!after) {
        host = lu_scratch(n->t, sizeof *host, n->raw[i]);
        n->arg[i] = (uintptr_t)host;
        lu_narrow_take(n);
        return host ? 0 : -ENOMEM;
    }
    if (n->result < 0)
        return 0;
    host = lu_ptr(n->arg[i]);
    lu_store(&id, low_id(*host), sizeof id);
    return lu_copy_to(n->t, lu_narrow_ptr(n->raw[i]), &id, sizeof id);
}

enum { MOST_GROUPS = 65536 };

int lu_narrow_groups16(struct lu_narrow *n, unsigned i, bool after)
{
    uint32_t *host, count = n->arg[i - 1];
    uint16_t id;

    if (after)
        return 0;
    lu_narrow_take(n);
    if (count > MOST_GROUPS)
        return -EINVAL;
    host = lu_scratch(n->t, count * sizeof *host, n->raw[i]);
    if (!host)
        return -ENOMEM;
    for (uint32_t k = 0; k < count; k++) {
        if (lu_copy_from(n->t, &id, lu_narrow_ptr(n->raw[i]) + 2ull * k, sizeof id))
            return -EFAULT;
        host[k] = lu_load(&id, sizeof id);
    }
    n->arg[i] = (uintptr_t)host;
    return 0;
}

int lu_narrow_ogroups16(struct lu_narrow *n, unsigned i, bool after)
{
    uint32_t *host, count = n->arg[i - 1];
    uint16_t id;

    if (!after) {
        lu_narrow_take(n);
        host = lu_scratch(n->t, (count < MOST_GROUPS ? count : 0) * sizeof *host, n->raw[i]);
        n->arg[i] = (uintptr_t)host;
        return count > MOST_GROUPS ? -EINVAL : host ? 0 : -ENOMEM;
    }
    host = lu_ptr(n->arg[i]);
    for (int64_t k = 0; count && k < n->result; k++) {
        lu_store(&id, low_id(host[k]), sizeof id);
        if (lu_copy_to(n->t, lu_narrow_ptr(n->raw[i]) + 2ull * k, &id, sizeof id))
            return -EFAULT;
    }
    return 0;
}

/* ---- fcntl, futex, prctl, clone ---------------------------------------------------------------- */

/* The structure behind fcntl's third argument, LU_STRUCT_COUNT if it is none or looks the same. */
static enum lu_struct fcntl_struct(int command)
{
    switch (command) {
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW: return LU_STRUCT_flock32;
    case LU_F_GETLK64:
    case LU_F_SETLK64:
    case LU_F_SETLKW64:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW: return LU_STRUCT_flock64;
    case F_GETOWN_EX:
    case F_SETOWN_EX: return LU_STRUCT_pair;
    default: return LU_STRUCT_COUNT;
    }
}

static bool fcntl_writes(int command)
{
    return command == F_GETLK || command == LU_F_GETLK64 || command == F_OFD_GETLK ||
           command == F_GETOWN_EX;
}

/* A lock that begins beyond 2 GiB has no form of 32 bits; fs/fcntl.c, fixup_compat_flock(). */
static int shorten_lock(struct lu_flock *lock)
{
    if (lock->start > INT32_MAX)
        return -EOVERFLOW;
    lock->len = lock->len > INT32_MAX ? INT32_MAX : lock->len;
    return 0;
}

/* Commands of more than 1024 whose argument is a number, not an address. */
static bool fcntl_number(int command)
{
    enum { DUPFD_QUERY = 1027 };

    switch (command) {
    case F_NOTIFY:
    case F_ADD_SEALS:
    case F_SETPIPE_SZ:
    case F_SETLEASE:
    case F_DUPFD_CLOEXEC:
    case DUPFD_QUERY: return true;
    default: return command < 1024;
    }
}

int lu_narrow_fcntl(struct lu_narrow *n, unsigned i, bool after)
{
    const int command = n->reg[i + 1];
    const enum lu_struct id = fcntl_struct(command);
    const uint32_t guest = n->reg[i + 2];
    int error;

    if (!after) {
        n->arg[i] = n->reg[i];
        n->arg[i + 1] = n->reg[i + 1];
        n->arg[i + 2] = fcntl_number(command) ? guest : lu_narrow_ptr(guest);
        if (id == LU_STRUCT_flock64 && n->row == &lu_sys_rows[LU_SYS_fcntl])
            return -EINVAL; /* fcntl64() alone has these */
        return id == LU_STRUCT_COUNT ? 0 : lu_narrow_struct(n, id, guest, true, &n->arg[i + 2]);
    }
    if (n->result < 0 || id == LU_STRUCT_COUNT || !fcntl_writes(command))
        return 0;
    error = id == LU_STRUCT_flock32 ? shorten_lock(lu_ptr(n->arg[i + 2])) : 0;
    return error ? error : lu_narrow_back(n, id, guest, n->arg[i + 2]);
}

static bool futex_has_timeout(uint32_t op)
{
    switch (op & ~(uint32_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)) {
    case FUTEX_WAIT:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI: return true;
    default: return false;
    }
}

static int futex(struct lu_narrow *n, enum lu_struct timespec)
{
    n->arg[0] = lu_narrow_ptr(n->reg[0]);
    n->arg[1] = n->reg[1];
    n->arg[2] = n->reg[2];
    n->arg[3] = n->reg[3];
    n->arg[4] = lu_narrow_ptr(n->reg[4]);
    n->arg[5] = n->reg[5];
    return futex_has_timeout(n->reg[1]) ? lu_narrow_struct(n, timespec, n->reg[3], true, &n->arg[3])
                                        : 0;
}

int lu_narrow_futex32(struct lu_narrow *n, unsigned i, bool after)
{
    (void)i;
    return after ? 0 : futex(n, LU_STRUCT_timespec32);
}

int lu_narrow_futex64(struct lu_narrow *n, unsigned i, bool after)
{
    (void)i;
    return after ? 0 : futex(n, LU_STRUCT_timespec64);
}

/* Operations of prctl with an address: which argument, and what it points to. */
static const struct {
    uint32_t op;
    uint8_t arg;
    bool writes;
    enum lu_struct id; /* LU_STRUCT_COUNT: bytes */
} prctl_pointers[] = {
    {PR_SET_NAME, 1, false, LU_STRUCT_COUNT},
    {PR_GET_NAME, 1, false, LU_STRUCT_COUNT},
    {PR_GET_PDEATHSIG, 1, true, LU_STRUCT_s32},
    {PR_GET_CHILD_SUBREAPER, 1, true, LU_STRUCT_s32},
    {PR_GET_TID_ADDRESS, 1, true, LU_STRUCT_pointer},
    {PR_SET_VMA, 2, false, LU_STRUCT_COUNT},
    {PR_SET_VMA, 4, false, LU_STRUCT_COUNT},
    {62 /* PR_SCHED_CORE */, 4, false, LU_STRUCT_COUNT},
    {0x41555856 /* PR_GET_AUXV */, 1, false, LU_STRUCT_COUNT},
};

int lu_narrow_prctl(struct lu_narrow *n, unsigned i, bool after)
{
    int error = 0;

    (void)i;
    for (unsigned k = 0; !after && k < 5; k++)
        n->arg[k] = n->reg[k];
    for (unsigned k = 0; !error && k < sizeof prctl_pointers / sizeof prctl_pointers[0]; k++) {
        unsigned a = prctl_pointers[k].arg;
        enum lu_struct id = prctl_pointers[k].id;
        if (prctl_pointers[k].op != (uint32_t)n->reg[0])
            continue;
        if (after)
            error = prctl_pointers[k].writes && n->result >= 0
                        ? lu_narrow_back(n, id, n->reg[a], n->arg[a])
                        : 0;
        else if (id == LU_STRUCT_COUNT)
            n->arg[a] = lu_narrow_ptr(n->reg[a]);
        else
            error = lu_narrow_struct(n, id, n->reg[a], false, &n->arg[a]);
    }
    return error;
}

/* Which arguments of keyctl's operations are addresses, as bits. */
static const uint8_t keyctl_pointers[] = {
    [KEYCTL_JOIN_SESSION_KEYRING] = 1 << 1, [KEYCTL_UPDATE] = 1 << 2, [KEYCTL_DESCRIBE] = 1 << 2,
    [KEYCTL_SEARCH] = 1 << 2 | 1 << 3, [KEYCTL_READ] = 1 << 2, [KEYCTL_INSTANTIATE] = 1 << 2,
    [KEYCTL_GET_SECURITY] = 1 << 2, [KEYCTL_INSTANTIATE_IOV] = 1 << 2,
    [KEYCTL_DH_COMPUTE] = 1 << 1 | 1 << 2 | 1 << 4, [KEYCTL_PKEY_QUERY] = 1 << 3 | 1 << 4,
    [KEYCTL_PKEY_ENCRYPT] = 0x1e, [KEYCTL_PKEY_DECRYPT] = 0x1e, [KEYCTL_PKEY_SIGN] = 0x1e,
    [KEYCTL_PKEY_VERIFY] = 0x1e, [KEYCTL_RESTRICT_KEYRING] = 1 << 2 | 1 << 3,
    [KEYCTL_CAPABILITIES] = 1 << 1,
};

int lu_narrow_keyarg(struct lu_narrow *n, unsigned i, bool after)
{
    const uint64_t op = n->arg[0];
    uint32_t guest;

    if (after)
        return 0;
    guest = lu_narrow_take(n);
    n->arg[i] = op < sizeof keyctl_pointers && keyctl_pointers[op] >> i & 1 ? lu_narrow_ptr(guest) : guest;
    if (op == KEYCTL_INSTANTIATE_IOV && i == 2 && n->reg[3] <= LU_IOV_MOST)
        return lu_narrow_iovec(n->t, guest, n->reg[3], &n->arg[i]);
    if (op == KEYCTL_DH_COMPUTE && i == 4 && guest)
        return lu_narrow_struct(n, LU_STRUCT_keyctl_kdf, guest, true, &n->arg[i]);
    return 0;
}

/* flags, stack, parent's tid, then TLS and the child's tid in the ABI's order. */
int lu_narrow_clone(struct lu_narrow *n, unsigned i, bool after)
{
    (void)i;
    for (unsigned k = 0; !after && k < 5; k++)
        n->arg[k] = k == 0 || k == lu.abi->clone_tls_arg ? n->reg[k] : lu_narrow_ptr(n->reg[k]);
    return 0;
}

/* ---- times and the system ----------------------------------------------------------------------- */

/* What is left of a sleep that a signal has ended. */
static int remain(struct lu_narrow *n, unsigned i, bool after, enum lu_struct id)
{
    if (!after) {
        lu_narrow_take(n);
        return lu_narrow_struct(n, id, n->raw[i], false, &n->arg[i]);
    }
    return n->result == -EINTR ? lu_narrow_back(n, id, n->raw[i], n->arg[i]) : 0;
}

int lu_narrow_remain32(struct lu_narrow *n, unsigned i, bool after)
{
    return remain(n, i, after, LU_STRUCT_timespec32);
}

int lu_narrow_remain64(struct lu_narrow *n, unsigned i, bool after)
{
    return remain(n, i, after, LU_STRUCT_timespec64);
}

/* A timeout, which the call replaces by what is left of it; fs/select.c, poll_select_finish(): that it
 * cannot be written is no error. */
static int timeout(struct lu_narrow *n, unsigned i, bool after, enum lu_struct id)
{
    if (!after) {
        lu_narrow_take(n);
        return lu_narrow_struct(n, id, n->raw[i], true, &n->arg[i]);
    }
    lu_narrow_back(n, id, n->raw[i], n->arg[i]);
    return 0;
}

int lu_narrow_timeout32(struct lu_narrow *n, unsigned i, bool after)
{
    return timeout(n, i, after, LU_STRUCT_timespec32);
}

int lu_narrow_timeout64(struct lu_narrow *n, unsigned i, bool after)
{
    return timeout(n, i, after, LU_STRUCT_timespec64);
}

int lu_narrow_timeout_us(struct lu_narrow *n, unsigned i, bool after)
{
    return timeout(n, i, after, LU_STRUCT_timeval32);
}

/* A queue's notification by a socket: the value is the address of a cookie. */
int lu_narrow_mq_event(struct lu_narrow *n, unsigned i, bool after)
{
    struct lu_sigevent *host;
    int error;

    if (after)
        return 0;
    lu_narrow_take(n);
    error = lu_narrow_struct(n, LU_STRUCT_sigevent, n->raw[i], true, &n->arg[i]);
    host = lu_ptr(n->arg[i]);
    if (!error && n->arg[i] != lu_narrow_ptr(n->raw[i]) && host->notify == SIGEV_THREAD)
        host->value = lu_narrow_ptr(host->value);
    return error;
}

/* Amounts of memory that 32 bits do not hold are told in larger units (kernel/sys.c). */
static void scale_sysinfo(struct sysinfo *info)
{
    unsigned shift = 0;

    if (!(info->totalram >> 32) && !(info->totalswap >> 32))
        return;
    for (; info->mem_unit < LU_PAGE_SIZE; info->mem_unit <<= 1)
        shift++;
    info->totalram >>= shift;
    info->freeram >>= shift;
    info->sharedram >>= shift;
    info->bufferram >>= shift;
    info->totalswap >>= shift;
    info->freeswap >>= shift;
    info->totalhigh >>= shift;
    info->freehigh >>= shift;
}

int lu_narrow_sysinfo(struct lu_narrow *n, unsigned i, bool after)
{
    if (!after) {
        lu_narrow_take(n);
        return lu_narrow_struct(n, LU_STRUCT_sysinfo, n->raw[i], false, &n->arg[i]);
    }
    if (n->result < 0 || n->arg[i] == lu_narrow_ptr(n->raw[i]))
        return 0;
    scale_sysinfo(lu_ptr(n->arg[i]));
    return lu_narrow_back(n, LU_STRUCT_sysinfo, n->raw[i], n->arg[i]);
}

/* ---- System V message passing --------------------------------------------------------------------- */

/* 32-bit ABIs ask for the structures of today by a bit of the command. */
enum { IPC_64_ = 0x100, STAT_ANY_SEM = 20, STAT_ANY_SHM = 15, STAT_ANY_MSG = 13 };

static enum lu_struct old_struct(enum lu_struct id)
{
    switch ((int)id) {
    case LU_STRUCT_semid64: return LU_STRUCT_semid_old;
    case LU_STRUCT_msqid64: return LU_STRUCT_msqid_old;
    case LU_STRUCT_shmid64: return LU_STRUCT_shmid_old;
    case LU_STRUCT_shminfo64: return LU_STRUCT_shminfo_old;
    default: return id;
    }
}

/* Argument i, the one after the command; by what it points to. */
static int control(struct lu_narrow *n, unsigned i, bool after, enum lu_struct id, bool in)
{
    id = n->reg[i - 1] & IPC_64_ ? id : old_struct(id);
    if (!after) {
        n->arg[i - 1] &= ~(uint64_t)IPC_64_;
        lu_narrow_take(n);
        n->arg[i] = id == LU_STRUCT_s32 ? n->raw[i] : lu_narrow_ptr(n->raw[i]); /* SETVAL */
        return id >= LU_STRUCT_COUNT || id == LU_STRUCT_s32
                   ? 0
                   : lu_narrow_struct(n, id, n->raw[i], in, &n->arg[i]);
    }
    return n->result < 0 || in || id >= LU_STRUCT_COUNT || id == LU_STRUCT_s32
               ? 0
               : lu_narrow_back(n, id, n->raw[i], n->arg[i]);
}

int lu_narrow_semarg(struct lu_narrow *n, unsigned i, bool after)
{
    switch ((int)n->arg[i - 1] & ~IPC_64_) {
    case IPC_STAT:
    case SEM_STAT:
    case STAT_ANY_SEM: return control(n, i, after, LU_STRUCT_semid64, false);
    case IPC_SET: return control(n, i, after, LU_STRUCT_semid64, true);
    case SETVAL: return control(n, i, after, LU_STRUCT_s32, true);
    default: return control(n, i, after, LU_STRUCT_COUNT, false);
    }
}

int lu_narrow_shmarg(struct lu_narrow *n, unsigned i, bool after)
{
    switch ((int)n->arg[i - 1] & ~IPC_64_) {
    case IPC_STAT:
    case SHM_STAT:
    case STAT_ANY_SHM: return control(n, i, after, LU_STRUCT_shmid64, false);
    case IPC_SET: return control(n, i, after, LU_STRUCT_shmid64, true);
    case IPC_INFO: return control(n, i, after, LU_STRUCT_shminfo64, false);
    case SHM_INFO: return control(n, i, after, LU_STRUCT_shm_info, false);
    default: return control(n, i, after, LU_STRUCT_COUNT, false);
    }
}

int lu_narrow_msgarg(struct lu_narrow *n, unsigned i, bool after)
{
    switch ((int)n->arg[i - 1] & ~IPC_64_) {
    case IPC_STAT:
    case MSG_STAT:
    case STAT_ANY_MSG: return control(n, i, after, LU_STRUCT_msqid64, false);
    case IPC_SET: return control(n, i, after, LU_STRUCT_msqid64, true);
    default: return control(n, i, after, LU_STRUCT_COUNT, false);
    }
}

enum { MOST_TEXT = 1 << 20 };

/* struct msgbuf: a long and the text. */
int lu_narrow_msgbuf(struct lu_narrow *n, unsigned i, bool after)
{
    struct lu_long *host;
    uint32_t size;

    if (after)
        return 0;
    lu_narrow_take(n);
    size = n->reg[n->next];
    host = lu_scratch(n->t, sizeof *host + (size < MOST_TEXT ? size : 0), n->raw[i]);
    if (!host)
        return -ENOMEM;
    n->arg[i] = (uintptr_t)host;
    if (lu_struct_get(n->t, LU_STRUCT_long, host, lu_narrow_ptr(n->raw[i])))
        return -EFAULT; /* the kernel reads it before it judges the size */
    if (size > MOST_TEXT)
        return -EINVAL;
    return lu_copy_from(n->t, host + 1, lu_narrow_ptr(n->raw[i]) + 4, size);
}

int lu_narrow_omsgbuf(struct lu_narrow *n, unsigned i, bool after)
{
    struct lu_long *host;
    uint32_t size;

    if (!after) {
        lu_narrow_take(n);
        size = n->reg[n->next];
        host = lu_scratch(n->t, sizeof *host + (size < MOST_TEXT ? size : MOST_TEXT), n->raw[i]);
        n->arg[i] = (uintptr_t)host;
        n->reg[n->next] = size < MOST_TEXT ? size : MOST_TEXT;
        return (int32_t)size < 0 ? -EINVAL : host ? 0 : -ENOMEM;
    }
    host = lu_ptr(n->arg[i]);
    if (n->result < 0)
        return 0;
    if (lu_struct_put(n->t, LU_STRUCT_long, lu_narrow_ptr(n->raw[i]), host))
        return -EFAULT;
    return lu_copy_to(n->t, lu_narrow_ptr(n->raw[i]) + 4, host + 1, n->result);
}
