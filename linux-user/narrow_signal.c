/* SPDX-License-Identifier: MIT */
/*
 * siginfo_t of 32-bit ABIs (Linux's asm-generic/siginfo.h): which of the union's members counts
 * follows from signal and code, as in the kernel's siginfo_layout().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "linux-user/narrow.h"

enum { N_SIGPOLL = 6 };
enum layout { KILL, TIMER, POLL, FAULT, CHILD, QUEUE, SYS };

static enum layout layout_of(const siginfo_t *info)
{
    if (info->si_code > 0 && info->si_code < SI_KERNEL) {
        switch (info->si_signo) {
        case SIGILL:
        case SIGFPE:
        case SIGSEGV:
        case SIGBUS:
        case SIGTRAP: return FAULT;
        case SIGCHLD: return CHILD;
        case SIGPOLL: return POLL;
        case SIGSYS: return SYS;
        default: return info->si_code <= N_SIGPOLL ? POLL : KILL; /* F_SETSIG */
        }
    }
    switch (info->si_code) {
    case SI_TIMER: return TIMER;
    case SI_SIGIO: return POLL;
    case SI_KERNEL: return info->si_signo == SIGSEGV ? FAULT : KILL;
    case SI_USER:
    case SI_TKILL: return KILL;
    default: return QUEUE; /* SI_QUEUE, SI_MESGQ, SI_ASYNCIO, and what programs make up */
    }
}

/* The union begins at 12 in 32-bit ABIs, at 16 in the host's. */
enum { AT_SIGNO = 0, AT_ERRNO = 4, AT_CODE = 8, AT_UNION = 12 };

static void put(uint8_t *guest, unsigned word, uint64_t value)
{
    lu_store(guest + AT_UNION + 4 * word, value, 4);
}

void lu_siginfo_to_guest(void *to, const siginfo_t *info)
{
    uint8_t *guest = to;
    uint64_t address = (uintptr_t)info->si_addr;

    memset(guest, 0, LU_SIGINFO_SIZE);
    lu_store(guest + AT_SIGNO, info->si_signo, 4);
    lu_store(guest + AT_ERRNO, info->si_errno, 4);
    lu_store(guest + AT_CODE, info->si_code, 4);
    switch (layout_of(info)) {
    case TIMER:
        put(guest, 0, info->si_timerid);
        put(guest, 1, info->si_overrun);
        put(guest, 2, (uintptr_t)info->si_ptr);
        break;
    case POLL:
        put(guest, 0, info->si_band);
        put(guest, 1, info->si_fd);
        break;
    case FAULT: put(guest, 0, address >= lu.base ? address - lu.base : address); break;
    case CHILD:
        put(guest, 0, info->si_pid);
        put(guest, 1, info->si_uid);
        put(guest, 2, info->si_status);
        put(guest, 3, info->si_utime);
        put(guest, 4, info->si_stime);
        break;
    case SYS:
        put(guest, 0, (uintptr_t)info->si_call_addr);
        put(guest, 1, info->si_syscall);
        put(guest, 2, info->si_arch);
        break;
    case QUEUE:
    case KILL:
        put(guest, 0, info->si_pid);
        put(guest, 1, info->si_uid);
        put(guest, 2, (uintptr_t)info->si_ptr);
        break;
    }
}

void lu_siginfo_from_guest(siginfo_t *info, const void *from)
{
    const uint8_t *word = (const uint8_t *)from + AT_UNION;

    memset(info, 0, sizeof *info);
    info->si_signo = lu_load((const uint8_t *)from + AT_SIGNO, 4);
    info->si_errno = lu_load((const uint8_t *)from + AT_ERRNO, 4);
    info->si_code = lu_load((const uint8_t *)from + AT_CODE, 4);
    switch (layout_of(info)) {
    case FAULT: info->si_addr = lu_ptr(lu_load(word, 4) + lu.base); break;
    case POLL:
        info->si_band = (int32_t)lu_load(word, 4);
        info->si_fd = lu_load(word + 4, 4);
        break;
    case CHILD:
        info->si_pid = lu_load(word, 4);
        info->si_uid = lu_load(word + 4, 4);
        info->si_status = lu_load(word + 8, 4);
        info->si_utime = (int32_t)lu_load(word + 12, 4);
        info->si_stime = (int32_t)lu_load(word + 16, 4);
        break;
    default: /* three words: of KILL, TIMER, QUEUE and SYS alike, as far as anyone may send them */
        info->si_pid = lu_load(word, 4);
        info->si_uid = lu_load(word + 4, 4);
        info->si_ptr = (void *)(uintptr_t)lu_load(word + 8, 4);
        break;
    }
}

int lu_narrow_siginfo(struct lu_narrow *n, unsigned i, bool after)
{
    uint8_t guest[LU_SIGINFO_SIZE];
    siginfo_t *host;

    if (after)
        return 0;
    lu_narrow_take(n);
    n->arg[i] = lu_narrow_ptr(n->raw[i]);
    if (!n->raw[i])
        return 0;
    host = lu_scratch(n->t, sizeof *host, n->raw[i]);
    if (!host || lu_copy_from(n->t, guest, n->arg[i], sizeof guest))
        return host ? -EFAULT : -ENOMEM;
    lu_siginfo_from_guest(host, guest);
    n->arg[i] = (uintptr_t)host;
    return 0;
}

int lu_narrow_osiginfo(struct lu_narrow *n, unsigned i, bool after)
{
    uint8_t guest[LU_SIGINFO_SIZE];
    siginfo_t *host;

    if (!after) {
        lu_narrow_take(n);
        n->arg[i] = lu_narrow_ptr(n->raw[i]);
        if (!n->raw[i] ||
            lu_copy_from(n->t, guest, n->arg[i], 1)) /* waitid() writes it first of all */
            return 0;
        host = lu_scratch(n->t, sizeof *host, n->raw[i]);
        n->arg[i] = (uintptr_t)host;
        return host ? 0 : -ENOMEM;
    }
    if (n->result < 0 || n->arg[i] == lu_narrow_ptr(n->raw[i]))
        return 0;
    lu_siginfo_to_guest(guest, lu_ptr(n->arg[i]));
    return lu_copy_to(n->t, lu_narrow_ptr(n->raw[i]), guest, sizeof guest);
}
