/* SPDX-License-Identifier: MIT */
/* What a process can ask and set about itself and its children. */
#include "check.h"

#include <elf.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#if defined(__aarch64__)
#define MACHINE "aarch64"
#elif defined(__x86_64__)
#define MACHINE "x86_64"
#elif defined(__arm__)
#define MACHINE "armv8l"
#endif

static void identity(void)
{
    uid_t u[3];
    gid_t g[3], groups[64];
    struct utsname name;
    int n;

    CHECK(getresuid(&u[0], &u[1], &u[2]) == 0 && u[0] == getuid() && u[1] == geteuid());
    CHECK(getresgid(&g[0], &g[1], &g[2]) == 0 && g[0] == getgid() && g[1] == getegid());
    CHECK((n = getgroups(0, NULL)) >= 0 && getgroups(64, groups) == n);
    CHECK(setresuid(-1, -1, -1) == 0 && setresgid(-1, -1, -1) == 0 && setfsuid(-1) == (int)u[1]);
    CHECK(getpid() == syscall(SYS_getpid) && gettid() == getpid() && getppid() > 0);
    CHECK(getpgid(0) == getpgrp() && getsid(0) > 0);
    CHECK(uname(&name) == 0 && !strcmp(name.sysname, "Linux") && !strcmp(name.machine, MACHINE));
    CHECK(syscall(SYS_uname, 8) == -1 && errno == EFAULT);
    CHECK(personality(0xffffffff) >= 0);
}

static void limits(void)
{
    struct rlimit limit, old;
    struct rusage use;

    CHECK(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur > 65536);
    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0 && old.rlim_cur > 64);
    limit = (struct rlimit){64, old.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
          limit.rlim_cur == 64);
    FAILS(EMFILE, fcntl(1, F_DUPFD, 63) < 0 ? -1 : fcntl(1, F_DUPFD, 63));
    close(63);
    CHECK(prlimit(getpid(), RLIMIT_NOFILE, &old, &limit) == 0 && limit.rlim_cur == 64);
    limit = (struct rlimit){1 << 30, RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0 && getrlimit(RLIMIT_AS, &limit) == 0 &&
          limit.rlim_cur == 1 << 30);
    FAILS(EINVAL, setrlimit(RLIMIT_AS, &(struct rlimit){2, 1}));
    FAILS(EINVAL, getrlimit(99, &limit));
    FAILS(EFAULT, syscall(SYS_prlimit64, 0, RLIMIT_AS, 8, 0));
    FAILS(EFAULT, syscall(SYS_prlimit64, 0, RLIMIT_CORE, 0, 8));
    CHECK(getrusage(RUSAGE_SELF, &use) == 0 && use.ru_maxrss > 0);
    CHECK(getrusage(RUSAGE_THREAD, &use) == 0);
    errno = 0;
    CHECK(getpriority(PRIO_PROCESS, 0) >= -20 && errno == 0);
}

static void prctls(void)
{
    char name[16] = "";
    int value = 0, fd;

    CHECK(prctl(PR_SET_NAME, "a name of 20 bytes..") == 0 && prctl(PR_GET_NAME, name) == 0 &&
          !strcmp(name, "a name of 20 by"));
    CHECK((fd = open("/proc/self/comm", O_RDONLY)) >= 0 && read(fd, name, 16) == 16 &&
          !memcmp(name, "a name of 20 by\n", 16));
    close(fd);
    CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR2) == 0 && prctl(PR_GET_PDEATHSIG, &value) == 0 &&
          value == SIGUSR2 && prctl(PR_SET_PDEATHSIG, 0) == 0);
    CHECK(prctl(PR_SET_DUMPABLE, 1) == 0 && prctl(PR_GET_DUMPABLE) == 1);
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0 && prctl(PR_GET_CHILD_SUBREAPER, &value) == 0 &&
          value == 1);
    CHECK(prctl(PR_SET_TIMERSLACK, 12345) == 0 && prctl(PR_GET_TIMERSLACK) == 12345);
    CHECK(prctl(PR_GET_SECCOMP) == 0 && prctl(PR_CAPBSET_READ, 0) >= 0);
    FAILS(EINVAL, prctl(12345, 0, 0, 0, 0));
    FAILS(EFAULT, prctl(PR_GET_NAME, 8));
}

static void scheduling(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    struct sched_param param = {.sched_priority = 99};
    struct timespec slice;
    cpu_set_t cpus, one;
    unsigned cpu, node;
    int k;

    CHECK(sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) > 0);
    for (k = 0; !CPU_ISSET(k, &cpus); k++)
        ;
    CPU_ZERO(&one);
    CPU_SET(k, &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0 && getcpu(&cpu, &node) == 0 && (int)cpu == k);
    CHECK(sched_setaffinity(0, sizeof cpus, &cpus) == 0 && sched_yield() == 0);
    CHECK(sched_getscheduler(0) == SCHED_OTHER && sched_getparam(0, &param) == 0 &&
          param.sched_priority == 0);
    CHECK(sched_get_priority_max(SCHED_FIFO) == 99 && sched_get_priority_min(SCHED_RR) == 1);
    CHECK(sched_rr_get_interval(0, &slice) == 0);
    CHECK(syscall(SYS_capget, &header, data) == 0 && syscall(SYS_capset, &header, data) == 0);
    CHECK(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0) >= 0);
    CHECK(get_nprocs() >= CPU_COUNT(&cpus) && sysconf(_SC_PAGESIZE) == 4096);
}

static void children(void)
{
    struct rusage use;
    siginfo_t info;
    int status, fd[2];
    pid_t child = fork();

    if (child == 0)
        _exit(42);
    CHECK(waitid(P_PID, child, &info, WEXITED | WNOWAIT) == 0 && info.si_code == CLD_EXITED &&
          info.si_status == 42 && info.si_pid == child && info.si_signo == SIGCHLD);
    CHECK(wait4(child, &status, 0, &use) == child && WIFEXITED(status) && WEXITSTATUS(status) == 42);
    FAILS(ECHILD, wait(NULL));
    child = fork();
    if (child == 0)
        for (;;)
            pause();
    CHECK(waitpid(child, &status, WNOHANG) == 0);
    CHECK(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child &&
          WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
    CHECK(kill(child, SIGCONT) == 0 && waitpid(child, &status, WCONTINUED) == child &&
          WIFCONTINUED(status));
    CHECK(kill(child, SIGTERM) == 0 && waitid(P_ALL, 0, &info, WEXITED) == 0 &&
          info.si_code == CLD_KILLED && info.si_status == SIGTERM);
    FAILS(ESRCH, kill(child, 0));
    FAILS(EINVAL, kill(getpid(), 100));
    CHECK(pipe(fd) == 0 && (child = vfork()) >= 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "exit 7", NULL);
        _exit(1);
    }
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7);
    CHECK(system("exit 3") == 3 << 8);
    fd[0] = syscall(SYS_pidfd_open, getpid(), 0);
    CHECK(fd[0] >= 0 && syscall(SYS_pidfd_send_signal, fd[0], 0, NULL, 0) == 0);
    close(fd[0]);
}

static void others(void)
{
    struct sysinfo info;
    unsigned char random[64] = {0}, vec[2];
    int zeros = 0;
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(sysinfo(&info) == 0 && info.totalram > 0 && info.mem_unit > 0 && info.procs > 0);
    CHECK(getrandom(random, sizeof random, 0) == sizeof random);
    for (unsigned k = 0; k < sizeof random; k++)
        zeros += random[k] == 0;
    CHECK(zeros < 10 && getauxval(AT_PAGESZ) == 4096);
    page[0] = 1;
    CHECK(mincore(page, 8192, vec) == 0 && vec[0] & 1);
    CHECK(mlock(page, 4096) == 0 && munlock(page, 4096) == 0 && msync(page, 4096, MS_SYNC) == 0);
    CHECK(madvise(page, 4096, MADV_DONTNEED) == 0 && page[0] == 0);
    FAILS(ENOSYS, syscall(5000));
    FAILS(ENOSYS, syscall(-1));
    FAILS(ENOSYS, syscall(1 << 20));
}

/* execve() with strings that go on to where nothing is. */
static void executing(void)
{
    char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *end = page + 4096, *long_one = malloc(200000);
    char *argv[] = {"sh", NULL}, *bad[] = {NULL, NULL};

    mprotect(end, 4096, PROT_NONE);
    memset(page, 'x', 4096);
    memcpy(end - 64, "LD_LIBRARY_PATH=", 16);
    bad[0] = end - 64;
    FAILS(EFAULT, execve("/proc/self/exe", argv, bad));
    bad[0] = end - 1;
    FAILS(EFAULT, execve("/proc/self/exe", argv, bad));
    FAILS(EFAULT, execve("/proc/self/exe", bad, argv + 1));
    FAILS(EFAULT, execve("/proc/self/exe", argv, (char **)(end - sizeof bad[0])));
    memset(long_one, 'x', 200000);
    memcpy(long_one, "LD_A=", 5);
    long_one[199999] = 0;
    bad[0] = long_one;
    FAILS(E2BIG, execve("/proc/self/exe", argv, bad));
    free(long_one);
    munmap(page, 8192);
}

int main(void)
{
    check_begin();
    identity();
    limits();
    prctls();
    scheduling();
    children();
    executing();
    others();
    return check_failed;
}
