/* SPDX-License-Identifier: MIT */
/*
 * Waiting for descriptors: calls that change the signal mask while they wait, and epoll, whose
 * struct epoll_event is packed on x86-64 alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "linux-user/host_nr.h"
#include "linux-user/syscall.h"

/* A mask for the time of one call: *host is what the kernel gets, or a null pointer. */
static int begin_mask(struct lu_task *t, uint64_t set, uint64_t size, uint64_t *mask,
                      uint64_t *pointer)
{
    int error;

    *pointer = 0;
    if (!set)
        return 0;
    error = lu_temp_mask(t, set, size, mask);
    *pointer = (uintptr_t)mask;
    return error;
}

/* A signal that only the temporary mask let in ends the call, even when it arrived before the call
 * had begun and its handler has SA_RESTART. */
static int64_t end_mask(uint64_t pointer, int64_t result)
{
    return pointer && result == -LU_ERESTARTSYS ? -EINTR : result;
}

int64_t sys_ppoll(struct lu_task *t, const uint64_t arg[6])
{
    uint64_t mask, pointer;
    int error = begin_mask(t, arg[3], arg[4], &mask, &pointer);

    if (error)
        return error;
    return end_mask(pointer, lu_safe_syscall(__NR_ppoll, arg[0], arg[1], arg[2], pointer, 8));
}

/* pselect6's and io_pgetevents' sixth argument: a pointer to the set's address and size. */
struct mask_arg {
    uint64_t set, size;
};

static int begin_mask_arg(struct lu_task *t, uint64_t address, uint64_t *mask,
                          struct mask_arg *host)
{
    struct mask_arg guest = {0, 0};

    if (address && lu_copy_from(t, &guest, address, sizeof guest))
        return -EFAULT;
    host->size = 8;
    return begin_mask(t, guest.set, guest.size, mask, &host->set);
}

int64_t sys_pselect6(struct lu_task *t, const uint64_t arg[6])
{
    struct mask_arg host;
    uint64_t mask;
    int error = begin_mask_arg(t, arg[5], &mask, &host);

    if (error)
        return error;
    return end_mask(host.set, lu_safe_syscall(__NR_pselect6, arg[0], arg[1], arg[2], arg[3],
                                              arg[4], host.set ? &host : NULL));
}

int64_t sys_io_pgetevents(struct lu_task *t, const uint64_t arg[6])
{
    struct mask_arg host;
    uint64_t mask;
    int error = begin_mask_arg(t, arg[5], &mask, &host);

    if (error)
        return error;
    return end_mask(host.set, lu_safe_syscall(__NR_io_pgetevents, arg[0], arg[1], arg[2], arg[3],
                                              arg[4], host.set ? &host : NULL));
}

/* ---- epoll ----------------------------------------------------------------------------------- */

enum { EPOLL_MAX_EVENT = 16 };

int64_t sys_epoll_ctl(struct lu_task *t, const uint64_t arg[6])
{
    const struct lu_syscall_abi *abi = lu_syscall_abi();
    struct epoll_event event;
    uint8_t guest[EPOLL_MAX_EVENT];

    if ((int)arg[1] == EPOLL_CTL_DEL)
        return lu_safe_syscall(__NR_epoll_ctl, arg[0], arg[1], arg[2], arg[3]);
    if (lu_copy_from(t, guest, arg[3], abi->epoll_size))
        return -EFAULT;
    memcpy(&event.events, guest, sizeof event.events);
    memcpy(&event.data, guest + abi->epoll_data, sizeof event.data);
    return lu_safe_syscall(__NR_epoll_ctl, arg[0], arg[1], arg[2], &event);
}

/* Hands events over to the guest. */
static int put_events(struct lu_task *t, uint64_t address, const struct epoll_event *events,
                      unsigned n)
{
    const struct lu_syscall_abi *abi = lu_syscall_abi();

    for (unsigned k = 0; k < n; k++, address += abi->epoll_size) {
        uint8_t guest[EPOLL_MAX_EVENT] = {0};
        memcpy(guest, &events[k].events, sizeof events[k].events);
        memcpy(guest + abi->epoll_data, &events[k].data, sizeof events[k].data);
        if (lu_copy_to(t, address, guest, abi->epoll_size))
            return -EFAULT;
    }
    return 0;
}

/* As many events at once as the guest has room for: it may count on getting all that are ready. */
static int64_t epoll_wait_common(struct lu_task *t, int nr, const uint64_t arg[6])
{
    enum { FEW = 512, MOST = INT_MAX / sizeof(struct epoll_event) /* of the kernel */ };
    struct epoll_event few[FEW], *more = NULL, *events = few;
    int max = (int)arg[2];
    uint64_t mask, pointer;

    if (max > FEW && max <= MOST) {
        more = events = malloc(max * sizeof *events);
        if (!more)
            return -ENOMEM;
    }
    int64_t result = begin_mask(t, arg[4], arg[5], &mask, &pointer);
    if (!result)
        result = end_mask(pointer, lu_safe_syscall(nr, arg[0], events, max, arg[3], pointer, 8));
    if (result > 0 && put_events(t, arg[1], events, result))
        result = -EFAULT;
    free(more);
    return result;
}

int64_t sys_epoll_pwait(struct lu_task *t, const uint64_t arg[6])
{
    return epoll_wait_common(t, __NR_epoll_pwait, arg);
}

int64_t sys_epoll_pwait2(struct lu_task *t, const uint64_t arg[6])
{
    struct timespec timeout;

    if (arg[3] && lu_copy_from(t, &timeout, arg[3], sizeof timeout))
        return -EFAULT; /* before the other arguments are looked at */
    return epoll_wait_common(t, __NR_epoll_pwait2, arg);
}
