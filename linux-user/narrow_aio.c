/* SPDX-License-Identifier: MIT */
/*
 * Linux's own asynchronous I/O (linux/aio_abi.h) for 32-bit ABIs.  A context's handle is the address
 * of a ring of events that the kernel maps, and C libraries look into it; so the ring is moved into
 * the guest's memory, which the kernel follows.  Requests and events have fields of fixed sizes; the
 * host's kernel finds requests where the guest has them, for their addresses are what events tell.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/aio_abi.h>
#include <sys/mman.h>

#include "linux-user/host_nr.h"
#include "linux-user/narrow.h"

/* Of fs/aio.c's struct aio_ring, which is what a user may look at. */
struct ring {
    uint32_t id, nr, head, tail, magic;
};
enum { MAGIC = 0xa10a10a1, EVENT = sizeof(struct io_event), REQUESTS = 64 };

/* Bytes that the ring at a host address has; 0 if there is none. */
static uint64_t ring_size(struct lu_task *t, uint64_t context)
{
    struct ring ring;

    if (lu_copy_from(t, &ring, context, sizeof ring) || ring.magic != (uint32_t)MAGIC)
        return 0;
    return (EVENT + (uint64_t)ring.nr * EVENT + LU_PAGE_SIZE - 1) & -(uint64_t)LU_PAGE_SIZE;
}

/* Moves the ring of a new context into guest memory: its new address, or -errno. */
static int64_t move_ring(struct lu_task *t, uint64_t context)
{
    const uint64_t size = ring_size(t, context);
    int64_t at, moved;

    if (!size)
        return -EINVAL;
    at = lu_mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at < 0)
        return at;
    moved = lu_host_syscall(__NR_mremap, context, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, at);
    if (moved < 0)
        lu_munmap(at, size);
    return moved;
}

/* A context whose ring is in guest memory; the handle goes to the word at arg[1]. */
int64_t sys_aio_setup(struct lu_task *t, const uint64_t arg[6])
{
    uint64_t context = 0;
    int64_t at;
    uint32_t handle;
    int error;

    if (lu_narrow_swaps())
        return -ENOSYS; /* the kernel reads requests in its own byte order */
    if (lu_copy_from(t, &handle, arg[1], sizeof handle))
        return -EFAULT;
    if (handle)
        return -EINVAL;
    error = lu_host_syscall(__NR_io_setup, (uint32_t)arg[0], &context);
    if (error)
        return error;
    at = move_ring(t, context);
    if (at < 0) {
        lu_host_syscall(__NR_io_destroy, context);
        return at;
    }
    handle = at - lu.base;
    if (!lu_copy_to(t, arg[1], &handle, sizeof handle))
        return 0;
    sys_aio_destroy(t, (const uint64_t[6]){at});
    return -EFAULT;
}

int64_t sys_aio_destroy(struct lu_task *t, const uint64_t arg[6])
{
    const uint64_t size = ring_size(t, arg[0]);
    const int64_t result = lu_host_syscall(__NR_io_destroy, arg[0]);

    if (!result && size && lu_mm_owned(arg[0], size))
        lu_munmap(arg[0], size); /* the kernel has; now nobody else thinks it is there */
    return result;
}

/* ---- requests ---------------------------------------------------------------------------------- */

/* A request whose address field holds the host's address while the kernel reads it. */
struct patch {
    uint64_t at, was, now; /* at: the field's address, 0 if it stays */
};

/* What the field aio_buf has to be for the host: 0 or -errno. */
static int host_buffer(struct lu_task *t, const struct iocb *request, uint64_t *now)
{
    uint64_t iov;
    int error;

    switch (request->aio_lio_opcode) {
    case IOCB_CMD_PREAD:
    case IOCB_CMD_PWRITE: *now = lu_narrow_ptr(request->aio_buf); return 0;
    case IOCB_CMD_PREADV:
    case IOCB_CMD_PWRITEV:
        *now = lu_narrow_ptr(request->aio_buf);
        if (request->aio_nbytes > LU_IOV_MOST)
            return 0; /* the kernel says so */
        error = lu_narrow_iovec(t, request->aio_buf, request->aio_nbytes, &iov);
        *now = iov;
        return error;
    default: *now = request->aio_buf; return 0;
    }
}

/* Prepares the request at a host address for the kernel. */
static int patch(struct lu_task *t, uint64_t address, struct patch *p)
{
    struct iocb request;
    int error;

    p->at = 0;
    if (lu_copy_from(t, &request, address, sizeof request))
        return -EFAULT;
    p->was = request.aio_buf;
    error = host_buffer(t, &request, &p->now);
    if (error || p->now == p->was)
        return error;
    p->at = address + offsetof(struct iocb, aio_buf);
    return lu_copy_to(t, p->at, &p->now, sizeof p->now);
}

/* A request that has been done already may be another one by now: what is not ours stays. */
static void undo(struct lu_task *t, const struct patch *p)
{
    uint64_t value;

    if (p->at && !lu_copy_from(t, &value, p->at, sizeof value) && value == p->now)
        lu_copy_to(t, p->at, &p->was, sizeof p->was);
}

/* io_submit for `count` requests, whose addresses (the guest's) are at `array`. */
static int64_t submit(struct lu_task *t, uint64_t context, uint64_t array, unsigned count)
{
    struct patch patches[REQUESTS];
    uint64_t requests[REQUESTS];
    uint32_t guest;
    int64_t result = 0;
    unsigned n = 0;

    for (; n < count; n++) {
        if (lu_copy_from(t, &guest, array + n * sizeof guest, sizeof guest))
            result = -EFAULT;
        requests[n] = lu_narrow_ptr(guest);
        if (!result)
            result = patch(t, requests[n], &patches[n]);
        if (result)
            break;
    }
    if (n || !count)
        result = lu_safe_syscall(__NR_io_submit, context, n, requests);
    while (n)
        undo(t, &patches[--n]);
    return result;
}

/* As the kernel: how many were accepted, or why the first was not. */
int64_t sys_aio_submit(struct lu_task *t, const uint64_t arg[6])
{
    const int64_t count = arg[1];
    int64_t done = 0;

    if (count < 0)
        return -EINVAL;
    do {
        const unsigned n = count - done < REQUESTS ? count - done : REQUESTS;
        const int64_t result = submit(t, arg[0], arg[2] + 4 * done, n);
        if (result < 0)
            return done ? done : result;
        done += result;
        if (result < n)
            break;
    } while (done < count);
    return done;
}

/* ---- events ------------------------------------------------------------------------------------- */

/* The kernel writes them in the guest's form, but that they tell a request's address. */
int lu_narrow_aioevents(struct lu_narrow *n, unsigned i, bool after)
{
    uint64_t at;

    if (!after) {
        n->arg[i] = lu_narrow_ptr(lu_narrow_take(n));
        return 0;
    }
    for (int64_t k = 0; lu.base && k < n->result; k++) {
        uint64_t address = n->arg[i] + k * EVENT + offsetof(struct io_event, obj);
        if (lu_copy_from(n->t, &at, address, sizeof at))
            return -EFAULT;
        at -= lu.base;
        if (lu_copy_to(n->t, address, &at, sizeof at))
            return -EFAULT;
    }
    return 0;
}
