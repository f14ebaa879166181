/* SPDX-License-Identifier: MIT */
/*
 * ioctl.  Codes and structures are the same on all 64-bit little-endian machines that follow
 * asm-generic/ioctl.h, so that requests go through as they are; what is not in ioctls.def is
 * logged once, because a driver of its own may know machines apart.
 */
#include <errno.h>
#include <stdatomic.h>

#include "linux-user/host_nr.h"
#include "linux-user/ioctl.h"

static const struct lu_ioctl table[] = {
#define IOCTL(name, code, kind) {#name, code, LU_IOCTL_##kind},
#include "linux-user/ioctls.def"
#undef IOCTL
};

const struct lu_ioctl *lu_ioctl_find(uint32_t code)
{
    for (unsigned k = 0; k < sizeof table / sizeof table[0]; k++)
        if (table[k].code == code)
            return &table[k];
    return NULL;
}

/* The type byte of KVM: its machines are of the host's architecture, which no guest expects. */
enum { KVMIO = 0xae };

int64_t sys_ioctl(struct lu_task *t, const uint64_t arg[6])
{
    static atomic_uint_least64_t seen[1024]; /* a bit for each type and number */
    uint32_t code = arg[1], slot = code & 0xffff;

    (void)t;
    if ((code >> 8 & 0xff) == KVMIO)
        return -ENOTTY;
    if (lu.options.log & TCG_LOG_UNIMP && !lu_ioctl_find(code) &&
        !(atomic_fetch_or(&seen[slot / 64], 1ull << slot % 64) & 1ull << slot % 64))
        lu_log(TCG_LOG_UNIMP, "ioctl %#x is not known: passed on as it is", code);
    return lu_safe_syscall(__NR_ioctl, arg[0], code, arg[2]);
}
