/* SPDX-License-Identifier: MIT */
/* System V semaphores: struct semid64_ds has two more members on x86-64 than elsewhere. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/sem.h>

#include "linux-user/host_nr.h"
#include "linux-user/syscall.h"

/* asm-generic/sembuf.h for 64-bit machines; asm-generic/ipcbuf.h is the same on all of them. */
struct generic_semid64_ds {
    struct ipc_perm sem_perm;
    int64_t sem_otime, sem_ctime;
    uint64_t sem_nsems, unused3, unused4;
};
_Static_assert(sizeof(struct generic_semid64_ds) == 88, "struct semid64_ds");

int64_t sys_semctl(struct lu_task *t, const uint64_t arg[6])
{
    enum { SEM_STAT_ANY_ = 20 };
    struct generic_semid64_ds guest;
    struct semid_ds host;
    int64_t result;

    switch ((int)arg[2]) {
    case IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY_:
        result = lu_host_syscall(__NR_semctl, arg[0], arg[1], arg[2], &host);
        if (result < 0)
            return result;
        memset(&guest, 0, sizeof guest);
        guest.sem_perm = host.sem_perm;
        guest.sem_otime = host.sem_otime;
        guest.sem_ctime = host.sem_ctime;
        guest.sem_nsems = host.sem_nsems;
        return lu_copy_to(t, arg[3], &guest, sizeof guest) ? -EFAULT : result;
    case IPC_SET:
        if (lu_copy_from(t, &guest, arg[3], sizeof guest))
            return -EFAULT;
        memset(&host, 0, sizeof host);
        host.sem_perm = guest.sem_perm;
        return lu_host_syscall(__NR_semctl, arg[0], arg[1], arg[2], &host);
    default:
        return lu_host_syscall(__NR_semctl, arg[0], arg[1], arg[2], arg[3]);
    }
}
