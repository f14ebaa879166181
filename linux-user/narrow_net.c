/* SPDX-License-Identifier: MIT */
/* Messages with their control data, socket addresses and options; see narrow.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "linux-user/narrow.h"
#include "linux-user/structs.h"

/* ---- addresses --------------------------------------------------------------------------------- */

/* sa_family is in the machine's byte order; the rest is the network's, but for families that do not
 * leave the machine. */
static int swap_family(struct lu_narrow *n, uint64_t address, uint64_t size)
{
    uint16_t family;

    if (!lu_narrow_swaps() || size < sizeof family || !address)
        return 0;
    if (lu_copy_from(n->t, &family, address, sizeof family))
        return -EFAULT;
    family = __builtin_bswap16(family);
    return lu_copy_to(n->t, address, &family, sizeof family);
}

/* A copy of an address with the family in the host's order; or the address itself. */
static int family_copy(struct lu_narrow *n, uint32_t guest, uint32_t size, uint64_t *to)
{
    void *host;

    *to = lu_narrow_ptr(guest);
    if (!lu_narrow_swaps() || !guest || size > sizeof(struct sockaddr_storage))
        return 0;
    host = lu_scratch(n->t, size, guest);
    if (!host || lu_copy_from(n->t, host, *to, size))
        return host ? -EFAULT : -ENOMEM;
    *to = (uintptr_t)host;
    return swap_family(n, *to, size);
}

int lu_narrow_sockaddr(struct lu_narrow *n, unsigned i, bool after)
{
    if (after)
        return 0;
    lu_narrow_take(n);
    return family_copy(n, n->raw[i], n->reg[n->next], &n->arg[i]);
}

int lu_narrow_osockaddr(struct lu_narrow *n, unsigned i, bool after)
{
    if (after)
        return n->result < 0 || !n->raw[i] ? 0 : swap_family(n, n->arg[i], 2);
    n->arg[i] = lu_narrow_ptr(lu_narrow_take(n));
    return 0;
}

/* ---- control data -------------------------------------------------------------------------------- */

/* struct cmsghdr: the guest's length is 4 bytes, and so is its alignment. */
enum { GUEST_HEAD = 12 };

static size_t guest_align(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

enum { TIMESTAMP_OLD = 29, TIMESTAMPNS_OLD = 35, TIMESTAMPING_OLD = 37 };

/* How the data of a control message look different: a structure, or LU_STRUCT_COUNT. */
static enum lu_struct data_struct(int level, int type)
{
    if (level != SOL_SOCKET)
        return LU_STRUCT_COUNT;
    return type == TIMESTAMP_OLD      ? LU_STRUCT_timeval32
           : type == TIMESTAMPNS_OLD  ? LU_STRUCT_timespec32
           : type == TIMESTAMPING_OLD ? LU_STRUCT_timestamping32
                                      : LU_STRUCT_COUNT;
}

/* Words of 32 bits (descriptors, identities) in the other byte order. */
static void swap_words(int level, void *data, size_t size)
{
    for (size_t k = 0; lu_narrow_swaps() && level == SOL_SOCKET && k + 4 <= size; k += 4)
        lu_store((uint8_t *)data + k, *(uint32_t *)((uint8_t *)data + k), 4);
}

/* The host's control data from the guest's `size` bytes; sets msg_control and msg_controllen. */
static int control_from_guest(struct lu_narrow *n, struct msghdr *host, uint64_t address,
                              size_t size)
{
    size_t at = 0, room = size * 2 + 64;
    uint8_t *guest = lu_scratch(n->t, size, 0), *to = lu_scratch(n->t, room, address - lu.base);
    struct cmsghdr *c = (struct cmsghdr *)to;
    size_t used = 0;

    if (!guest || !to)
        return -ENOMEM;
    if (lu_copy_from(n->t, guest, address, size))
        return -EFAULT;
    while (size - at >= GUEST_HEAD) {
        size_t length = lu_load(guest + at, 4), data = length - GUEST_HEAD;
        if (length < GUEST_HEAD || length > size - at || used + CMSG_SPACE(data) > room)
            return -EINVAL;
        c = (struct cmsghdr *)(to + used);
        c->cmsg_len = CMSG_LEN(data);
        c->cmsg_level = lu_load(guest + at + 4, 4);
        c->cmsg_type = lu_load(guest + at + 8, 4);
        memcpy(CMSG_DATA(c), guest + at + GUEST_HEAD, data);
        swap_words(c->cmsg_level, CMSG_DATA(c), data);
        used += CMSG_SPACE(data);
        at = guest_align(length) < size - at ? at + guest_align(length) : size;
    }
    host->msg_control = to;
    host->msg_controllen = used;
    return used ? 0 : -EINVAL; /* as net/compat.c has it for less than a header */
}

/* One control message into the guest's buffer; how many bytes it took, or 0 if it did not fit. */
static size_t put_control(const struct cmsghdr *c, uint8_t *guest, size_t room, bool *cut)
{
    size_t data = c->cmsg_len - CMSG_LEN(0), length;
    enum lu_struct id = data_struct(c->cmsg_level, c->cmsg_type);
    bool fds = c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS;
    const uint8_t *from = CMSG_DATA(c);

    if (id != LU_STRUCT_COUNT && data == lu_struct_host_size(id))
        data = lu_struct_size(id);
    else
        id = LU_STRUCT_COUNT;
    length = GUEST_HEAD + data;
    if (length > room) {
        size_t fits = room > GUEST_HEAD ? (room - GUEST_HEAD) & ~(size_t)3 : 0;
        *cut = true;
        for (size_t k = fits; fds && k < data; k += 4)
            close(*(const int *)(from + k));
        if (room < GUEST_HEAD || (fds && !fits))
            return 0;
        data = fds ? fits : room - GUEST_HEAD;
        length = GUEST_HEAD + data;
    }
    lu_store(guest, length, 4);
    lu_store(guest + 4, c->cmsg_level, 4);
    lu_store(guest + 8, c->cmsg_type, 4);
    if (id != LU_STRUCT_COUNT && data == lu_struct_size(id)) {
        lu_struct_to_guest(id, guest + GUEST_HEAD, from);
    } else {
        memcpy(guest + GUEST_HEAD, from, data);
        swap_words(c->cmsg_level, guest + GUEST_HEAD, data);
    }
    return guest_align(length) < room ? guest_align(length) : room;
}

/* Hands over what recvmsg() has written to the host's control buffer; sets *used and *cut. */
static int control_to_guest(struct lu_narrow *n, const struct msghdr *host, uint64_t address,
                            size_t room, uint32_t *used, bool *cut)
{
    uint8_t *guest = lu_scratch(n->t, room, 0);
    size_t at = 0;

    if (!guest)
        return -ENOMEM;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(host); c; c = CMSG_NXTHDR((struct msghdr *)host, c))
        at += put_control(c, guest + at, room - at, cut);
    *used = at;
    return lu_copy_to(n->t, address, guest, at);
}

/* ---- messages ------------------------------------------------------------------------------------ */

enum { MOST_CONTROL = 1 << 20 };

/* Converts the guest's msghdr at `guest` into *host; `sends`: its control data are read. */
static int message_in(struct lu_narrow *n, uint32_t guest, struct msghdr *host, bool sends)
{
    uint64_t to;
    size_t size;
    int error;

    if (lu_struct_get(n->t, LU_STRUCT_msghdr, host, lu_narrow_ptr(guest)))
        return -EFAULT;
    if (host->msg_iovlen > 1024)
        return -EMSGSIZE;
    error = lu_narrow_iovec(n->t, (uintptr_t)host->msg_iov - (host->msg_iov ? lu.base : 0),
                            host->msg_iovlen, &to);
    if (error)
        return error;
    host->msg_iov = lu_ptr(to);
    size = host->msg_controllen;
    if (host->msg_name && sends) {
        error = family_copy(n, (uintptr_t)host->msg_name - lu.base, host->msg_namelen, &to);
        host->msg_name = lu_ptr(to);
    }
    if (error || !host->msg_control || !size)
        return error;
    if (sends)
        return size > MOST_CONTROL
                   ? -ENOBUFS
                   : control_from_guest(n, host, (uintptr_t)host->msg_control, size);
    host->msg_controllen = (size < MOST_CONTROL ? size : MOST_CONTROL) * 2 + 64;
    host->msg_control =
        lu_scratch(n->t, host->msg_controllen, (uintptr_t)host->msg_control - lu.base);
    return host->msg_control ? 0 : -ENOMEM;
}

/* Writes back what recvmsg() has changed. */
static int message_out(struct lu_narrow *n, uint32_t guest, struct msghdr *host)
{
    struct msghdr was, now;
    uint32_t used = 0;
    bool cut = false;
    int error = 0;

    if (lu_struct_get(n->t, LU_STRUCT_msghdr, &was, lu_narrow_ptr(guest)))
        return -EFAULT;
    now = was;
    now.msg_namelen = host->msg_namelen;
    now.msg_flags = host->msg_flags;
    if (was.msg_controllen > MOST_CONTROL)
        was.msg_controllen = MOST_CONTROL;
    if (was.msg_control && was.msg_controllen)
        error =
            control_to_guest(n, host, (uintptr_t)was.msg_control, was.msg_controllen, &used, &cut);
    now.msg_controllen = used;
    host->msg_controllen = host->msg_controllen && !used ? 0 : host->msg_controllen;
    if (cut)
        now.msg_flags |= MSG_CTRUNC;
    if (!error && now.msg_name && now.msg_namelen)
        error = swap_family(n, (uintptr_t)now.msg_name, 2);
    return error ? error : lu_struct_put(n->t, LU_STRUCT_msghdr, lu_narrow_ptr(guest), &now);
}

static int message(struct lu_narrow *n, unsigned i, bool after, bool sends)
{
    struct msghdr *host;

    if (after)
        return sends || n->result < 0 ? 0 : message_out(n, n->raw[i], lu_ptr(n->arg[i]));
    n->arg[i] = lu_narrow_ptr(lu_narrow_take(n));
    host = lu_scratch(n->t, sizeof *host, n->raw[i]);
    if (!host)
        return -ENOMEM;
    int error = message_in(n, n->raw[i], host, sends);
    if (!error)
        n->arg[i] = (uintptr_t)host;
    return error;
}

int lu_narrow_msghdr(struct lu_narrow *n, unsigned i, bool after)
{
    return message(n, i, after, true);
}

int lu_narrow_omsghdr(struct lu_narrow *n, unsigned i, bool after)
{
    return message(n, i, after, false);
}

/* struct mmsghdr: a msghdr and the length that was sent or received. */
static int messages(struct lu_narrow *n, unsigned i, bool after, bool sends)
{
    size_t stride = lu_struct_size(LU_STRUCT_msghdr) + 4;
    uint32_t count = after ? n->result : 0, length;
    struct mmsghdr *host;
    int error = 0;

    if (!after) {
        n->arg[i] = lu_narrow_ptr(lu_narrow_take(n));
        count = n->reg[n->next];
        count = n->reg[n->next] = count < 1024 ? count : 1024; /* as the kernel */
        host = lu_scratch(n->t, count * sizeof *host, n->raw[i]);
        if (!host)
            return -ENOMEM;
        for (uint32_t k = 0; !error && k < count; k++) {
            error = message_in(n, n->raw[i] + k * stride, &host[k].msg_hdr, sends);
            if (error && k) { /* those before it go, and are what the call counts */
                n->reg[n->next] = k;
                n->arg[i] = (uintptr_t)host;
                return 0;
            }
        }
        if (!error)
            n->arg[i] = (uintptr_t)host;
        return error;
    }
    if (n->result < 0)
        return 0;
    host = lu_ptr(n->arg[i]);
    for (uint32_t k = 0; !error && k < count; k++) {
        uint32_t at = n->raw[i] + k * stride;
        error = sends ? 0 : message_out(n, at, &host[k].msg_hdr);
        lu_store(&length, host[k].msg_len, 4);
        if (!error)
            error = lu_copy_to(n->t, lu_narrow_ptr(at) + stride - 4, &length, 4);
    }
    return error;
}

int lu_narrow_mmsghdr(struct lu_narrow *n, unsigned i, bool after)
{
    return messages(n, i, after, true);
}

int lu_narrow_ommsghdr(struct lu_narrow *n, unsigned i, bool after)
{
    return messages(n, i, after, false);
}

/* ---- options ------------------------------------------------------------------------------------- */

enum { RCVTIMEO_OLD = 20, SNDTIMEO_OLD = 21, ATTACH_FILTER = 26, ATTACH_CBPF = 51 };

/* The structure that an option's value is, LU_STRUCT_COUNT for what looks the same. */
static enum lu_struct option_struct(int level, int option, uint32_t length)
{
    if (level == SOL_SOCKET && (option == RCVTIMEO_OLD || option == SNDTIMEO_OLD))
        return LU_STRUCT_timeval32;
    if (level == SOL_SOCKET && (option == ATTACH_FILTER || option == ATTACH_CBPF))
        return LU_STRUCT_fprog;
    return lu_narrow_swaps() && length == 4 ? LU_STRUCT_s32 : LU_STRUCT_COUNT;
}

/* What getsockopt() writes: SO_GET_FILTER has ATTACH_FILTER's number, and its value is the program
 * itself, its length a number of instructions. */
static enum lu_struct read_option_struct(int level, int option, uint32_t length)
{
    const enum lu_struct id = option_struct(level, option, length);
    return id == LU_STRUCT_fprog ? LU_STRUCT_COUNT : id;
}

/* struct group_req, group_source_req and group_filter: an interface, and one or more addresses, which
 * 64-bit ABIs align to 8 bytes. */
static bool is_group(int level, int option)
{
    return (level == IPPROTO_IP || level == IPPROTO_IPV6) && option >= MCAST_JOIN_GROUP &&
           option <= MCAST_MSFILTER;
}

static int group_in(struct lu_narrow *n, uint32_t guest, uint32_t length)
{
    enum { MOST = 1 << 17 }; /* the kernel allows fewer */
    uint8_t *host = lu_scratch(n->t, length < MOST ? length + 4ull : 0, guest);

    if (!host)
        return -ENOMEM;
    if (length > MOST)
        return -ENOBUFS;
    if (length < 4)
        return -EINVAL;
    if (lu_copy_from(n->t, host, lu_narrow_ptr(guest), 4) ||
        lu_copy_from(n->t, host + 8, lu_narrow_ptr(guest) + 4, length - 4))
        return -EFAULT;
    n->arg[3] = (uintptr_t)host;
    n->arg[4] = length + 4;
    return 0;
}

int lu_narrow_sockopt(struct lu_narrow *n, unsigned i, bool after)
{
    uint32_t guest = n->reg[3], length = n->reg[4];
    enum lu_struct id = option_struct(n->reg[1], n->reg[2], length);
    int error;

    (void)i;
    if (after)
        return 0;
    n->arg[1] = n->reg[1];
    n->arg[2] = n->reg[2];
    n->arg[3] = lu_narrow_ptr(guest);
    n->arg[4] = length;
    if (is_group(n->reg[1], n->reg[2]))
        return group_in(n, guest, length);
    if (id == LU_STRUCT_COUNT || length < lu_struct_size(id))
        return 0;
    error = lu_narrow_struct(n, id, guest, true, &n->arg[3]);
    if (!lu_struct_same(id))
        n->arg[4] = lu_struct_host_size(id);
    return error;
}

int lu_narrow_osockopt(struct lu_narrow *n, unsigned i, bool after)
{
    struct lu_int *length;
    enum lu_struct id;
    int error;

    (void)i;
    if (!after) {
        n->arg[1] = n->reg[1];
        n->arg[2] = n->reg[2];
        n->arg[3] = lu_narrow_ptr(n->reg[3]);
        error = lu_narrow_struct(n, LU_STRUCT_s32, n->reg[4], true, &n->arg[4]);
        if (error || read_option_struct(n->reg[1], n->reg[2], 0) == LU_STRUCT_COUNT)
            return error;
        /* Its length is another on the host. */
        id = read_option_struct(n->reg[1], n->reg[2], 0);
        length = lu_scratch(n->t, sizeof *length, n->reg[4]);
        if (!length || lu_struct_get(n->t, LU_STRUCT_s32, length, lu_narrow_ptr(n->reg[4])))
            return length ? -EFAULT : -ENOMEM;
        if (length->value < (int)lu_struct_size(id))
            return 0;
        length->value = lu_struct_host_size(id);
        n->arg[4] = (uintptr_t)length;
        return lu_narrow_struct(n, id, n->reg[3], false, &n->arg[3]);
    }
    if (n->result < 0)
        return 0;
    length = lu_ptr(n->arg[4]);
    id = read_option_struct(n->reg[1], n->reg[2], length->value);
    if (id == LU_STRUCT_s32)
        error = lu_struct_put(n->t, id, lu_narrow_ptr(n->reg[3]), lu_ptr(n->arg[3]));
    else if (id != LU_STRUCT_COUNT && (size_t)length->value == lu_struct_host_size(id)) {
        error = lu_narrow_back(n, id, n->reg[3], n->arg[3]);
        length->value = lu_struct_size(id);
    } else
        error = 0;
    return error ? error : lu_struct_put(n->t, LU_STRUCT_s32, lu_narrow_ptr(n->reg[4]), length);
}
