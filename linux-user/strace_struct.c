/* SPDX-License-Identifier: MIT */
/* -strace's words for structures: files, times, limits, signals. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "linux-user/strace_impl.h"

/* ---- files ----------------------------------------------------------------------------------- */

/* S_IFREG|S_ISUID|0755 */
static void put_mode(struct st *s, unsigned mode)
{
    static const struct {
        unsigned bit;
        const char *name;
    } bits[] = {{S_ISUID, "S_ISUID"}, {S_ISGID, "S_ISGID"}, {S_ISVTX, "S_ISVTX"}};
    const char *type = st_name("ifmt", mode & S_IFMT);

    if (type)
        st_put(s, "%s|", type);
    else if (mode & S_IFMT)
        st_put(s, "%#o|", mode & S_IFMT);
    for (unsigned k = 0; k < 3; k++)
        if (mode & bits[k].bit)
            st_put(s, "%s|", bits[k].name);
    st_put(s, "%#03o", mode & 0777);
}

void w_modetype(struct st *s, unsigned i)
{
    put_mode(s, s->arg[i] & 0xffff);
}

void w_ostat(struct st *s, unsigned i)
{
    struct stat st;

    if (s->failed || !s->arg[i] || lu_syscall_abi()->get_stat(s->t, s->arg[i], &st)) {
        st_addr(s, s->arg[i]);
        return;
    }
    st_put(s, "{st_mode=");
    put_mode(s, st.st_mode);
    if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
        st_put(s, ", st_rdev=makedev(%#x, %#x), ...}", major(st.st_rdev), minor(st.st_rdev));
    else
        st_put(s, ", st_size=%lld, ...}", (long long)st.st_size);
}

void w_ostatx(struct st *s, unsigned i)
{
    struct statx st;

    if (!st_get_out(s, s->arg[i], &st, sizeof st))
        return;
    st_put(s, "{stx_mask=");
    st_names(s, "statxmask", st.stx_mask);
    st_put(s, ", stx_attributes=");
    st_names(s, "statxattr", st.stx_attributes);
    st_put(s, ", stx_mode=");
    put_mode(s, st.stx_mode);
    st_put(s, ", stx_size=%llu, ...}", (unsigned long long)st.stx_size);
}

void w_ostatfs(struct st *s, unsigned i)
{
    struct statfs fs;
    int id[2];

    if (!st_get_out(s, s->arg[i], &fs, sizeof fs))
        return;
    memcpy(id, &fs.f_fsid, sizeof id);
    st_put(s, "{f_type=");
    st_names(s, "fsmagic", fs.f_type);
    st_put(s, ", f_bsize=%ld, f_blocks=%lu, f_bfree=%lu, f_bavail=%lu, f_files=%lu, f_ffree=%lu",
           (long)fs.f_bsize, (unsigned long)fs.f_blocks, (unsigned long)fs.f_bfree,
           (unsigned long)fs.f_bavail, (unsigned long)fs.f_files, (unsigned long)fs.f_ffree);
    st_put(s, ", f_fsid={val=[");
    st_put(s, id[0] ? "%#x, " : "0, ", id[0]);
    st_put(s, id[1] ? "%#x]}" : "0]}", id[1]);
    st_put(s, ", f_namelen=%ld, f_frsize=%ld, f_flags=", (long)fs.f_namelen, (long)fs.f_frsize);
    st_names(s, "stflags", fs.f_flags);
    st_put(s, "}");
}

void w_odents(struct st *s, unsigned i)
{
    unsigned n = 0;

    st_addr(s, s->arg[i]);
    if (s->failed)
        return;
    for (int64_t at = 0; at < s->result; n++) {
        uint16_t length;
        if (lu_copy_from(s->t, &length, s->arg[i] + at + 16, sizeof length) || !length)
            return;
        at += length;
    }
    st_put(s, " /* %u entr%s */", n, n == 1 ? "y" : "ies");
}

void st_flock(struct st *s, uint64_t address)
{
    struct flock lock;

    if (!st_get(s, address, &lock, sizeof lock))
        return;
    st_put(s, "{l_type=");
    st_names(s, "locktype", lock.l_type);
    st_put(s, ", l_whence=");
    st_names(s, "whence", lock.l_whence);
    st_put(s, ", l_start=%lld, l_len=%lld", (long long)lock.l_start, (long long)lock.l_len);
    if (s->done)
        st_put(s, ", l_pid=%d", lock.l_pid);
    st_put(s, "}");
}

/* ---- times ----------------------------------------------------------------------------------- */

static void put_pair(struct st *s, int64_t sec, int64_t part, const char *unit)
{
    st_put(s, *unit == 'n' ? "{tv_sec=%lld, tv_%s=%llu}" : "{tv_sec=%lld, tv_%s=%lld}",
           (long long)sec, unit, (long long)part);
}

void st_timespec(struct st *s, uint64_t address)
{
    struct timespec time;

    if (st_get(s, address, &time, sizeof time))
        put_pair(s, time.tv_sec, time.tv_nsec, "nsec");
}

void w_timespec(struct st *s, unsigned i)
{
    if (s->out && s->failed)
        st_addr(s, s->arg[i]);
    else
        st_timespec(s, s->arg[i]);
}

/* What is left of a sleep: written only if a signal cut it short. */
void w_remain(struct st *s, unsigned i)
{
    if (s->result == -LU_ERESTARTSYS || s->result == -4 /* EINTR */)
        st_timespec(s, s->arg[i]);
    else
        st_addr(s, s->arg[i]);
}

void w_timeval(struct st *s, unsigned i)
{
    struct timeval time;

    if (s->out && s->failed)
        st_addr(s, s->arg[i]);
    else if (st_get(s, s->arg[i], &time, sizeof time))
        put_pair(s, time.tv_sec, time.tv_usec, "usec");
}

void w_itimerval(struct st *s, unsigned i)
{
    struct itimerval timer;

    if (s->out && s->failed) {
        st_addr(s, s->arg[i]);
    } else if (st_get(s, s->arg[i], &timer, sizeof timer)) {
        st_put(s, "{it_interval=");
        put_pair(s, timer.it_interval.tv_sec, timer.it_interval.tv_usec, "usec");
        st_put(s, ", it_value=");
        put_pair(s, timer.it_value.tv_sec, timer.it_value.tv_usec, "usec");
        st_put(s, "}");
    }
}

void w_itimerspec(struct st *s, unsigned i)
{
    struct itimerspec timer;

    if (s->out && s->failed) {
        st_addr(s, s->arg[i]);
    } else if (st_get(s, s->arg[i], &timer, sizeof timer)) {
        st_put(s, "{it_interval=");
        put_pair(s, timer.it_interval.tv_sec, timer.it_interval.tv_nsec, "nsec");
        st_put(s, ", it_value=");
        put_pair(s, timer.it_value.tv_sec, timer.it_value.tv_nsec, "nsec");
        st_put(s, "}");
    }
}

static void put_utime(struct st *s, const struct timespec *time)
{
    char date[64], zone[16];
    struct tm tm;

    if (time->tv_nsec == UTIME_NOW || time->tv_nsec == UTIME_OMIT) {
        st_put(s, time->tv_nsec == UTIME_NOW ? "UTIME_NOW" : "UTIME_OMIT");
        return;
    }
    put_pair(s, time->tv_sec, time->tv_nsec, "nsec");
    if (!localtime_r(&time->tv_sec, &tm) || (!time->tv_sec && !time->tv_nsec))
        return;
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    strftime(zone, sizeof zone, "%z", &tm);
    if (time->tv_nsec)
        st_put(s, " /* %s.%09ld%s */", date, time->tv_nsec, zone);
    else
        st_put(s, " /* %s%s */", date, zone);
}

void w_utimes(struct st *s, unsigned i)
{
    struct timespec time[2];

    if (!st_get(s, s->arg[i], time, sizeof time))
        return;
    st_put(s, "[");
    put_utime(s, &time[0]);
    st_put(s, ", ");
    put_utime(s, &time[1]);
    st_put(s, "]");
}

/* utimes(). */
void w_timevals(struct st *s, unsigned i)
{
    struct timeval time[2];

    if (!st_get(s, s->arg[i], time, sizeof time))
        return;
    st_put(s, "[");
    put_pair(s, time[0].tv_sec, time[0].tv_usec, "usec");
    st_put(s, ", ");
    put_pair(s, time[1].tv_sec, time[1].tv_usec, "usec");
    st_put(s, "]");
}

void w_clockid(struct st *s, unsigned i)
{
    int id = s->arg[i];

    if (id >= 0)
        st_names(s, "clocks", id);
    else if ((id & 7) == 3) /* linux/posix-timers_types.h: a descriptor, a process, a thread */
        st_put(s, "FD_TO_CLOCKID(%d)", ~(id >> 3));
    else
        st_put(s, "MAKE_%s_CPUCLOCK(%d, CPUCLOCK_%s)", id & 4 ? "THREAD" : "PROCESS", ~(id >> 3),
               (id & 3) == 0 ? "PROF" : (id & 3) == 1 ? "VIRT" : "SCHED");
}

void w_sigevent(struct st *s, unsigned i)
{
    struct {
        union sigval value;
        int signo, notify, tid;
    } event;

    if (!st_get(s, s->arg[i], &event, sizeof event))
        return;
    st_put(s, "{sigev_value={sival_int=%d, sival_ptr=", event.value.sival_int);
    st_addr(s, (uintptr_t)event.value.sival_ptr);
    st_put(s, "}, sigev_signo=");
    st_signal(s, event.signo);
    st_put(s, ", sigev_notify=");
    st_names(s, "sigev", event.notify);
    if (event.notify == SIGEV_THREAD_ID)
        st_put(s, ", sigev_notify_thread_id=%d", event.tid);
    st_put(s, "}");
}

void w_timerid(struct st *s, unsigned i)
{
    int id;

    if (st_get_out(s, s->arg[i], &id, sizeof id))
        st_put(s, "[%d]", id);
}

/* ---- limits and the like --------------------------------------------------------------------- */

static void put_limit(struct st *s, uint64_t limit)
{
    if (limit == RLIM_INFINITY)
        st_put(s, "RLIM64_INFINITY");
    else if (limit > 1024 && limit % 1024 == 0)
        st_put(s, "%llu*1024", (unsigned long long)limit / 1024);
    else
        st_put(s, "%llu", (unsigned long long)limit);
}

void w_rlimit(struct st *s, unsigned i)
{
    struct rlimit limit;

    if (s->out && s->failed) {
        st_addr(s, s->arg[i]);
    } else if (st_get(s, s->arg[i], &limit, sizeof limit)) {
        st_put(s, "{rlim_cur=");
        put_limit(s, limit.rlim_cur);
        st_put(s, ", rlim_max=");
        put_limit(s, limit.rlim_max);
        st_put(s, "}");
    }
}

/* Written by wait4 only if a child was there. */
void w_rusage(struct st *s, unsigned i)
{
    struct rusage use;

    if (!st_get_out(s, s->arg[i], &use, sizeof use))
        return;
    st_put(s, "{ru_utime=");
    put_pair(s, use.ru_utime.tv_sec, use.ru_utime.tv_usec, "usec");
    st_put(s, ", ru_stime=");
    put_pair(s, use.ru_stime.tv_sec, use.ru_stime.tv_usec, "usec");
    st_put(s, ", ...}");
}

void w_sysinfo(struct st *s, unsigned i)
{
    struct sysinfo info;

    if (!st_get_out(s, s->arg[i], &info, sizeof info))
        return;
    st_put(s, "{uptime=%lu, loads=[%lu, %lu, %lu]", (unsigned long)info.uptime, info.loads[0],
           info.loads[1], info.loads[2]);
    st_put(s, ", totalram=%lu, freeram=%lu, sharedram=%lu, bufferram=%lu, totalswap=%lu",
           info.totalram, info.freeram, info.sharedram, info.bufferram, info.totalswap);
    st_put(s, ", freeswap=%lu, procs=%u, totalhigh=%lu, freehigh=%lu, mem_unit=%u}", info.freeswap,
           info.procs, info.totalhigh, info.freehigh, info.mem_unit);
}

void w_utsname(struct st *s, unsigned i)
{
    struct utsname name;

    if (!st_get_out(s, s->arg[i], &name, sizeof name))
        return;
    st_put(s, "{sysname=");
    st_quote(s, name.sysname, strlen(name.sysname), false);
    st_put(s, ", nodename=");
    st_quote(s, name.nodename, strlen(name.nodename), false);
    st_put(s, ", ...}");
}

void w_tms(struct st *s, unsigned i)
{
    struct tms t;

    if (st_get_out(s, s->arg[i], &t, sizeof t))
        st_put(s, "{tms_utime=%ld, tms_stime=%ld, tms_cutime=%ld, tms_cstime=%ld}", t.tms_utime,
               t.tms_stime, t.tms_cutime, t.tms_cstime);
}

void w_schedparam(struct st *s, unsigned i)
{
    int priority;

    if (s->out && s->failed)
        st_addr(s, s->arg[i]);
    else if (st_get(s, s->arg[i], &priority, sizeof priority))
        st_put(s, "[%d]", priority);
}

static void put_cpus(struct st *s, uint64_t address, uint64_t n)
{
    uint8_t set[128];
    const char *space = "";

    n = n < sizeof set ? n : sizeof set;
    if (!st_get(s, address, set, n))
        return;
    st_put(s, "[");
    for (unsigned k = 0; k < n * 8; k++) {
        if (set[k / 8] >> k % 8 & 1) {
            st_put(s, "%s%u", space, k);
            space = " ";
        }
    }
    st_put(s, "]");
}

void w_cpuset(struct st *s, unsigned i)
{
    put_cpus(s, s->arg[i], s->arg[i - 1]);
}

void w_ocpuset(struct st *s, unsigned i)
{
    if (s->failed)
        st_addr(s, s->arg[i]);
    else
        put_cpus(s, s->arg[i], s->result);
}

/* ---- signals --------------------------------------------------------------------------------- */

/* The kernel's real-time signals begin at 32; the C library keeps the first ones. */
static void put_signal(struct st *s, int sig, const char *prefix)
{
    if (sig > 0 && sig < 32 && sigabbrev_np(sig))
        st_put(s, "%s%s", prefix, sigabbrev_np(sig));
    else if (sig == 32)
        st_put(s, "%sRTMIN", prefix);
    else if (sig > 32 && sig <= 64)
        st_put(s, "%sRT_%d", prefix, sig - 32);
    else
        st_put(s, "%d", sig);
}

void st_signal(struct st *s, int sig)
{
    put_signal(s, sig, "SIG");
}

void w_sig(struct st *s, unsigned i)
{
    st_signal(s, s->arg[i]);
}

void st_sigset(struct st *s, uint64_t set)
{
    const char *space = "";

    if (__builtin_popcountll(set) >= 64 * 2 / 3) {
        st_put(s, "~");
        set = ~set;
    }
    st_put(s, "[");
    for (int sig = 1; sig <= 64; sig++) {
        if (set >> (sig - 1) & 1) {
            st_put(s, "%s", space);
            put_signal(s, sig, "");
            space = " ";
        }
    }
    st_put(s, "]");
}

void st_sigset_at(struct st *s, uint64_t address)
{
    uint64_t set;

    if (st_get(s, address, &set, sizeof set))
        st_sigset(s, set);
}

void w_sigset(struct st *s, unsigned i)
{
    if (s->out && s->failed)
        st_addr(s, s->arg[i]);
    else
        st_sigset_at(s, s->arg[i]);
}

/* pselect6's last argument. */
void w_sigmaskarg(struct st *s, unsigned i)
{
    uint64_t mask[2];

    if (!st_get(s, s->arg[i], mask, sizeof mask))
        return;
    st_put(s, "{sigmask=");
    st_sigset_at(s, mask[0]);
    st_put(s, ", sigsetsize=%llu}", (unsigned long long)mask[1]);
}

void w_sigact(struct st *s, unsigned i)
{
    struct {
        uint64_t handler, flags, restorer, mask;
    } action; /* the kernel's, on machines with SA_RESTORER */
    enum { SA_RESTORER_ = 0x04000000 };

    if (s->out && s->failed) {
        st_addr(s, s->arg[i]);
        return;
    }
    if (!st_get(s, s->arg[i], &action, sizeof action))
        return;
    st_put(s, "{sa_handler=");
    if (action.handler <= 1)
        st_put(s, action.handler ? "SIG_IGN" : "SIG_DFL");
    else
        st_addr(s, action.handler);
    st_put(s, ", sa_mask=");
    st_sigset(s, action.mask);
    st_put(s, ", sa_flags=");
    st_names(s, "saflags", action.flags);
    if (action.flags & SA_RESTORER_) {
        st_put(s, ", sa_restorer=");
        st_addr(s, action.restorer);
    }
    st_put(s, "}");
}

void w_stackt(struct st *s, unsigned i)
{
    stack_t stack;

    if (s->out && s->failed) {
        st_addr(s, s->arg[i]);
    } else if (st_get(s, s->arg[i], &stack, sizeof stack)) {
        st_put(s, "{ss_sp=");
        st_addr(s, (uintptr_t)stack.ss_sp);
        st_put(s, ", ss_flags=");
        st_names(s, "ssflags", (unsigned)stack.ss_flags);
        st_put(s, ", ss_size=%zu}", stack.ss_size);
    }
}

static const char *code_table(int sig)
{
    switch (sig) {
    case SIGILL: return "sicode_ill";
    case SIGFPE: return "sicode_fpe";
    case SIGSEGV: return "sicode_segv";
    case SIGBUS: return "sicode_bus";
    case SIGTRAP: return "sicode_trap";
    case SIGCHLD: return "sicode_chld";
    case SIGPOLL: return "sicode_poll";
    default: return "sicode";
    }
}

static void put_sender(struct st *s, const siginfo_t *info)
{
    st_put(s, ", si_pid=%d, si_uid=%u", info->si_pid, info->si_uid);
}

static void put_value(struct st *s, const siginfo_t *info)
{
    st_put(s, ", si_int=%d, si_ptr=", info->si_int);
    st_addr(s, (uintptr_t)info->si_ptr);
}

/* Clock ticks, of which Linux shows programs 100 a second. */
static void put_ticks(struct st *s, const char *name, long ticks)
{
    st_put(s, ", %s=%ld", name, ticks);
    if (ticks)
        st_put(s, " /* %ld.%02ld s */", ticks / 100, ticks % 100);
}

static void put_child(struct st *s, const siginfo_t *info)
{
    put_sender(s, info);
    st_put(s, ", si_status=");
    if (info->si_code == CLD_EXITED)
        st_put(s, "%d", info->si_status);
    else
        st_signal(s, info->si_status);
    put_ticks(s, "si_utime", info->si_utime);
    put_ticks(s, "si_stime", info->si_stime);
}

void st_siginfo(struct st *s, const siginfo_t *info)
{
    bool generic = info->si_code <= 0 || info->si_code == SI_KERNEL;

    if (!info->si_signo) {
        st_put(s, "{}");
        return;
    }
    st_put(s, "{si_signo=");
    st_signal(s, info->si_signo);
    st_put(s, ", si_code=");
    st_names(s, generic ? "sicode" : code_table(info->si_signo), (uint32_t)info->si_code);
    if (info->si_code == SI_USER || info->si_code == SI_TKILL) {
        put_sender(s, info);
    } else if (info->si_code == SI_TIMER) {
        st_put(s, ", si_timerid=%#x, si_overrun=%d", info->si_timerid, info->si_overrun);
        put_value(s, info);
    } else if (info->si_code == SI_QUEUE || info->si_code == SI_MESGQ) {
        put_sender(s, info);
        put_value(s, info);
    } else if (!generic && info->si_signo == SIGCHLD) {
        put_child(s, info);
    } else if (!generic && info->si_signo == SIGPOLL) {
        st_put(s, ", si_band=%ld", info->si_band);
    } else if (!generic) {
        st_put(s, ", si_addr=");
        st_addr(s, (uintptr_t)info->si_addr);
    } else if (info->si_code == SI_KERNEL && info->si_signo == SIGSEGV) {
        st_put(s, ", si_addr=");
        st_addr(s, (uintptr_t)info->si_addr);
    }
    st_put(s, "}");
}

void w_siginfo(struct st *s, unsigned i)
{
    siginfo_t info;

    if (s->out && s->failed)
        st_addr(s, s->arg[i]);
    else if (st_get(s, s->arg[i], &info, sizeof info))
        st_siginfo(s, &info);
}

void st_wait_status(struct st *s, int status)
{
    if (WIFSTOPPED(status)) {
        st_put(s, "{WIFSTOPPED(s) && WSTOPSIG(s) == ");
        st_signal(s, WSTOPSIG(status));
    } else if (WIFSIGNALED(status)) {
        st_put(s, "{WIFSIGNALED(s) && WTERMSIG(s) == ");
        st_signal(s, WTERMSIG(status));
        st_put(s, WCOREDUMP(status) ? " && WCOREDUMP(s)" : "");
    } else if (WIFCONTINUED(status)) {
        st_put(s, "{WIFCONTINUED(s)");
    } else {
        st_put(s, "{WIFEXITED(s) && WEXITSTATUS(s) == %d", WEXITSTATUS(status));
    }
    st_put(s, "}");
}

void w_wstatus(struct st *s, unsigned i)
{
    int status;

    if (s->failed || s->result == 0) {
        st_addr(s, s->arg[i]);
    } else if (st_get(s, s->arg[i], &status, sizeof status)) {
        st_put(s, "[");
        st_wait_status(s, status);
        st_put(s, "]");
    }
}

void w_sigreturn(struct st *s, unsigned i)
{
    (void)i;
    st_put(s, "{mask=");
    st_sigset(s, s->t->sig.mask);
    st_put(s, "}");
}

void w_restart(struct st *s, unsigned i)
{
    (void)i;
    st_put(s, "<... resuming interrupted system call ...>");
}
