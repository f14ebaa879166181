/* SPDX-License-Identifier: MIT */
/* System calls about the process: prctl, personality, resource limits, ptrace. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "linux-user/host_nr.h"
#include "linux-user/syscall.h"

/* ---- prctl ----------------------------------------------------------------------------------- */

/* Operations that are about the process, and mean the same for it and for us. */
static bool prctl_passes(uint32_t op)
{
    enum { SCHED_CORE_ = 62, SET_MEMORY_MERGE_ = 67, GET_MEMORY_MERGE_ = 68 };

    switch (op) {
    case PR_SET_PDEATHSIG:
    case PR_GET_PDEATHSIG:
    case PR_GET_DUMPABLE:
    case PR_SET_DUMPABLE:
    case PR_GET_KEEPCAPS:
    case PR_SET_KEEPCAPS:
    case PR_GET_TIMING:
    case PR_SET_TIMING:
    case PR_SET_NAME:
    case PR_GET_NAME:
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
    case PR_GET_SECUREBITS:
    case PR_SET_SECUREBITS:
    case PR_SET_TIMERSLACK:
    case PR_GET_TIMERSLACK:
    case PR_TASK_PERF_EVENTS_DISABLE:
    case PR_TASK_PERF_EVENTS_ENABLE:
    case PR_MCE_KILL:
    case PR_MCE_KILL_GET:
    case PR_SET_CHILD_SUBREAPER:
    case PR_GET_CHILD_SUBREAPER:
    case PR_SET_NO_NEW_PRIVS:
    case PR_GET_NO_NEW_PRIVS:
    case PR_SET_THP_DISABLE:
    case PR_GET_THP_DISABLE:
    case PR_CAP_AMBIENT:
    case PR_GET_SPECULATION_CTRL:
    case PR_SET_SPECULATION_CTRL:
    case PR_SET_IO_FLUSHER:
    case PR_GET_IO_FLUSHER:
    case PR_SET_PTRACER:
    case PR_SET_VMA:
    case SCHED_CORE_:
    case SET_MEMORY_MERGE_:
    case GET_MEMORY_MERGE_:
    case PR_GET_SECCOMP: /* always 0: see seccomp in syscalls.def */
        return true;
    default:
        return false;
    }
}

/* The auxiliary vector that the program was started with. */
static int64_t get_auxv(struct lu_task *t, uint64_t to, uint64_t size)
{
    uint64_t n = lu.auxv_end - lu.auxv_start;
    uint8_t bytes[1024];

    if (n > sizeof bytes || lu_copy_from(t, bytes, lu.auxv_start, n))
        return -EFAULT;
    return lu_copy_to(t, to, bytes, n < size ? n : size) ? -EFAULT : (int64_t)n;
}

/* Pointer authentication keys: all are always there, and resetting one changes nothing that a
 * program may rely on. */
static int64_t pac_keys(const uint64_t arg[6])
{
    enum { HWCAP_PACA_ = 1 << 30, ALL = 0x1f, ENABLEABLE = 0xf };

    if (strcmp(lu.abi->name, "aarch64") || !(lu.abi->hwcap(1) & HWCAP_PACA_))
        return -EINVAL;
    switch ((uint32_t)arg[0]) {
    case PR_PAC_RESET_KEYS:
        return arg[1] & ~(uint64_t)ALL || arg[2] || arg[3] || arg[4] ? -EINVAL : 0;
    case PR_PAC_SET_ENABLED_KEYS:
        return (arg[1] | arg[2]) & ~(uint64_t)ENABLEABLE || arg[2] & ~arg[1] || arg[3] || arg[4]
                   ? -EINVAL : 0;
    default:
        return arg[1] || arg[2] || arg[3] || arg[4] ? -EINVAL : ENABLEABLE;
    }
}

int64_t sys_prctl(struct lu_task *t, const uint64_t arg[6])
{
    enum { GET_AUXV_ = 0x41555856 };

    switch ((uint32_t)arg[0]) {
    case PR_GET_TID_ADDRESS:
        return lu_copy_to(t, arg[1], &t->clear_child_tid, sizeof t->clear_child_tid);
    case PR_SET_MM: /* would change the translator's own */
        return -EPERM;
    case PR_PAC_RESET_KEYS:
    case PR_PAC_SET_ENABLED_KEYS:
    case PR_PAC_GET_ENABLED_KEYS:
        return pac_keys(arg);
    case GET_AUXV_:
        return arg[3] || arg[4] ? -EINVAL : get_auxv(t, arg[1], arg[2]);
    }
    if (prctl_passes(arg[0]))
        return lu_host_syscall(__NR_prctl, arg[0], arg[1], arg[2], arg[3], arg[4]);
    lu_log(TCG_LOG_UNIMP, "prctl %d is not implemented", (int)arg[0]);
    return -EINVAL;
}

int64_t sys_personality(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    if ((uint32_t)arg[0] != 0xffffffff && (arg[0] & PER_MASK) == PER_LINUX32 && !lu.abi->task_size)
        return -EINVAL; /* as on a machine without 32-bit programs */
    return lu_host_syscall(__NR_personality, arg[0]);
}

int64_t sys_ptrace(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    lu_log(TCG_LOG_UNIMP, "ptrace %d is not implemented", (int)arg[0]);
    return -EPERM;
}

/* ---- resource limits ------------------------------------------------------------------------- */

/* Limits on memory would count the translator's own, which is larger than the guest's.  The guest
 * reads back what it has set; nothing else happens. */
static pthread_mutex_t limit_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    bool set;
    struct rlimit limit;
} own_limit[RLIM_NLIMITS];

void lu_limits_fork_prepare(void)
{
    pthread_mutex_lock(&limit_lock);
}

void lu_limits_fork_done(void)
{
    pthread_mutex_unlock(&limit_lock);
}

static bool is_own_limit(uint32_t resource)
{
    return resource == RLIMIT_AS || resource == RLIMIT_DATA || resource == RLIMIT_RSS;
}

/* prlimit(2) for this process; old and new may be NULL. */
static int64_t own_prlimit(uint32_t resource, const struct rlimit *new, struct rlimit *old)
{
    struct rlimit now;
    int64_t result = lu_host_syscall(__NR_prlimit64, 0, resource, NULL, &now);

    if (result < 0)
        return result;
    pthread_mutex_lock(&limit_lock);
    if (own_limit[resource].set)
        now = own_limit[resource].limit;
    if (new) {
        if (new->rlim_cur > new->rlim_max) {
            result = -EINVAL;
        } else if (new->rlim_max > now.rlim_max && geteuid()) {
            result = -EPERM;
        } else {
            own_limit[resource].limit = *new;
            own_limit[resource].set = true;
        }
    }
    pthread_mutex_unlock(&limit_lock);
    if (!result && old)
        *old = now;
    return result;
}

/* Addresses in the guest, either may be 0. */
static int64_t limit_call(struct lu_task *t, uint64_t pid, uint32_t resource, uint64_t new,
                          uint64_t old)
{
    struct rlimit in, out;
    int64_t result;

    if (!is_own_limit(resource) || ((pid_t)pid && (pid_t)pid != getpid()))
        return lu_host_syscall(__NR_prlimit64, pid, resource, new, old);
    if (new && lu_copy_from(t, &in, new, sizeof in))
        return -EFAULT;
    result = own_prlimit(resource, new ? &in : NULL, &out);
    if (!result && old && lu_copy_to(t, old, &out, sizeof out))
        return -EFAULT;
    return result;
}

int64_t sys_prlimit64(struct lu_task *t, const uint64_t arg[6])
{
    return limit_call(t, arg[0], arg[1], arg[2], arg[3]);
}

int64_t sys_getrlimit(struct lu_task *t, const uint64_t arg[6])
{
    if (!is_own_limit(arg[0]))
        return lu_host_syscall(__NR_getrlimit, arg[0], arg[1]);
    return arg[1] ? limit_call(t, 0, arg[0], 0, arg[1]) : -EFAULT;
}

int64_t sys_setrlimit(struct lu_task *t, const uint64_t arg[6])
{
    return arg[1] ? limit_call(t, 0, arg[0], arg[1], 0) : -EFAULT;
}
