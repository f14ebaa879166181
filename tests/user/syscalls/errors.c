/* SPDX-License-Identifier: MIT */
/* Every system call with arguments that are wrong: the errno must be the native kernel's.  What
 * could harm the machine, or end or block this process, is left out. */
#include "check.h"

#define CALL(name) {SYS_##name, #name},
static const struct {
    long nr;
    const char *name;
} calls[] = {
    CALL(setxattr) CALL(lsetxattr) CALL(fsetxattr) CALL(getxattr) CALL(lgetxattr) CALL(fgetxattr)
    CALL(listxattr) CALL(llistxattr) CALL(flistxattr) CALL(removexattr) CALL(fremovexattr)
    CALL(getcwd) CALL(eventfd2) CALL(epoll_create1) CALL(epoll_ctl) CALL(epoll_pwait) CALL(dup3)
    CALL(fcntl) CALL(inotify_init1) CALL(inotify_add_watch) CALL(inotify_rm_watch) CALL(ioctl)
    CALL(ioprio_set) CALL(ioprio_get) CALL(flock) CALL(mknodat) CALL(mkdirat) CALL(unlinkat)
    CALL(symlinkat) CALL(linkat) CALL(renameat2) CALL(umount2) CALL(mount) CALL(pivot_root)
    CALL(statfs) CALL(fstatfs) CALL(truncate) CALL(ftruncate) CALL(fallocate) CALL(faccessat)
    CALL(chdir) CALL(fchdir) CALL(chroot) CALL(fchmod) CALL(fchmodat) CALL(fchownat) CALL(fchown)
    CALL(openat) CALL(pipe2) CALL(quotactl) CALL(getdents64) CALL(lseek) CALL(read) CALL(write)
    CALL(readv) CALL(writev) CALL(pread64) CALL(pwrite64) CALL(preadv) CALL(pwritev) CALL(sendfile)
    CALL(signalfd4) CALL(vmsplice) CALL(splice) CALL(tee)
    CALL(readlinkat) CALL(newfstatat) CALL(fstat) CALL(fsync) CALL(fdatasync) CALL(sync_file_range)
    CALL(timerfd_create) CALL(timerfd_settime) CALL(timerfd_gettime) CALL(utimensat) CALL(capget)
    CALL(waitid) CALL(nanosleep) CALL(getitimer) CALL(setitimer) CALL(timer_create)
    CALL(timer_gettime) CALL(timer_getoverrun) CALL(timer_settime) CALL(timer_delete)
    CALL(clock_gettime) CALL(clock_getres) CALL(clock_nanosleep) CALL(sched_setparam)
    CALL(sched_setscheduler) CALL(sched_getscheduler) CALL(sched_getparam) CALL(sched_getaffinity)
    CALL(sched_get_priority_max) CALL(sched_get_priority_min) CALL(sched_rr_get_interval) CALL(tgkill)
    CALL(tkill) CALL(sigaltstack) CALL(rt_sigaction) CALL(rt_sigprocmask) CALL(rt_sigpending)
    CALL(rt_sigtimedwait) CALL(rt_sigqueueinfo) CALL(getpriority) CALL(getresuid) CALL(getresgid)
    CALL(setpgid) CALL(getpgid) CALL(getsid) CALL(getgroups) CALL(uname) CALL(getrlimit)
    CALL(setrlimit) CALL(getrusage) CALL(getcpu) CALL(gettimeofday) CALL(sysinfo) CALL(mq_open)
    CALL(mq_unlink) CALL(mq_timedsend) CALL(mq_timedreceive) CALL(mq_notify) CALL(mq_getsetattr)
    CALL(msgctl) CALL(msgrcv) CALL(msgsnd) CALL(semctl) CALL(semtimedop) CALL(semop) CALL(shmctl)
    CALL(shmat) CALL(shmdt) CALL(socket) CALL(socketpair) CALL(bind) CALL(listen) CALL(accept)
    CALL(connect) CALL(getsockname) CALL(getpeername) CALL(sendto) CALL(recvfrom) CALL(setsockopt)
    CALL(getsockopt) CALL(shutdown) CALL(sendmsg) CALL(recvmsg) CALL(readahead) CALL(accept4)
    CALL(recvmmsg) CALL(wait4) CALL(prlimit64) CALL(name_to_handle_at) CALL(open_by_handle_at)
    CALL(syncfs) CALL(setns) CALL(sendmmsg) CALL(process_vm_readv) CALL(process_vm_writev) CALL(kcmp)
    CALL(sched_setattr) CALL(sched_getattr) CALL(getrandom) CALL(memfd_create) CALL(execveat)
    CALL(copy_file_range) CALL(preadv2) CALL(pwritev2) CALL(statx) CALL(pidfd_send_signal)
    CALL(pidfd_open) CALL(close_range) CALL(openat2) CALL(pidfd_getfd) CALL(faccessat2)
    CALL(epoll_pwait2)
};

/* Argument lists, the same for every call: bad descriptors, bad addresses, wild numbers. */
static const long lists[][6] = {
    {-1, -1, -1, -1, -1, -1},
    {0x4000, 0x10, 0x10, 0x10, 0x10, 0x10},
    {0x10, 0x10, 0x10, 0x10, 0x10, 8},
    {-100, 0x10, 0, 0, 0, 0},
    {0x4000, 1, 2, 3, 4, 5},
    {99, 0, 0, 0, 0, 0},
};

int main(void)
{
    long result[6];

    check_begin();
    for (unsigned k = 0; k < sizeof calls / sizeof calls[0]; k++) {
        for (unsigned l = 0; l < 6; l++) {
            const long *a = lists[l];
            errno = 0;
            result[l] = syscall(calls[k].nr, a[0], a[1], a[2], a[3], a[4], a[5]);
            result[l] = result[l] == -1 ? -errno : 0;
        }
        printf("%s:", calls[k].name);
        for (unsigned l = 0; l < 6; l++)
            printf(" %s", result[l] ? strerror(-result[l]) : "fine");
        printf("\n");
    }
    return 0;
}
