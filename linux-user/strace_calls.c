/* SPDX-License-Identifier: MIT */
/* -strace's words for arguments that depend on each other: open and mmap flags, fcntl, ioctl,
 * futex, prctl, clone, and calls that wait for descriptors. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <termios.h>

#include "linux-user/ioctl.h"
#include "linux-user/strace_impl.h"

/* ---- open ----------------------------------------------------------------------------------- */

static bool creates(uint32_t host)
{
    return host & O_CREAT || (host & O_TMPFILE) == O_TMPFILE;
}

void st_oflags(struct st *s, uint32_t host, bool with_mode)
{
    static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};

    if (with_mode)
        st_put(s, "%s%s", modes[host & O_ACCMODE], host & ~O_ACCMODE ? "|" : "");
    if (!with_mode || host & ~O_ACCMODE)
        st_names(s, "openflags", with_mode ? host & ~O_ACCMODE : host);
}

void w_oflags(struct st *s, unsigned i)
{
    st_oflags(s, lu_oflags_to_host(s->arg[i]), true);
}

void w_oflagsx(struct st *s, unsigned i)
{
    st_oflags(s, lu_oflags_to_host(s->arg[i]), false);
}

void w_omode(struct st *s, unsigned i)
{
    if (creates(lu_oflags_to_host(s->arg[i - 1])))
        w_mode(s, i);
}

void w_openhow(struct st *s, unsigned i)
{
    uint64_t how[3];

    if (!st_get(s, s->arg[i], how, sizeof how))
        return;
    st_put(s, "{flags=");
    st_oflags(s, lu_oflags_to_host(how[0]), true);
    if (creates(how[0]) || how[1])
        st_put(s, ", mode=%#03o", (unsigned)how[1]);
    st_put(s, ", resolve=");
    st_names(s, "resolve", how[2]);
    st_put(s, "}");
}

/* ---- memory --------------------------------------------------------------------------------- */

void w_mapflags(struct st *s, unsigned i)
{
    static const char *const types[] = {"MAP_FILE", "MAP_SHARED", "MAP_PRIVATE",
                                        "MAP_SHARED_VALIDATE"};
    uint32_t flags = s->arg[i], type = flags & MAP_TYPE;

    if (type < 4)
        st_put(s, "%s", types[type]);
    else
        st_put(s, "%#x /* MAP_??? */", type);
    if (flags & ~MAP_TYPE) {
        st_put(s, "|");
        st_names(s, "mapbits", flags & ~MAP_TYPE);
    }
}

void w_mremapnew(struct st *s, unsigned i)
{
    enum { FIXED_OR_DONTUNMAP = 2 | 4 };

    if (s->arg[i - 1] & FIXED_OR_DONTUNMAP)
        w_x(s, i);
}

void w_ipcflags(struct st *s, unsigned i)
{
    uint32_t flags = s->arg[i];

    if (flags & 017000) {
        st_names(s, "ipcbits", flags & ~0777u);
        st_put(s, "|");
    } else if (flags & ~0777u) {
        st_put(s, "%#x|", flags & ~0777u);
    }
    st_put(s, "%#03o", flags & 0777);
}

void w_ipccmd(struct st *s, unsigned i)
{
    st_names(s, "ipccmds", (uint32_t)s->arg[i] & ~0x100u);
}

void w_personality(struct st *s, unsigned i)
{
    uint32_t value = s->arg[i];

    if (value == 0xffffffff) {
        st_put(s, "0xffffffff");
        return;
    }
    st_names(s, "persona", value & 0xff);
    if (value & ~0xffu) {
        st_put(s, "|");
        st_names(s, "personabits", value & ~0xffu);
    }
}

/* ---- fcntl ---------------------------------------------------------------------------------- */

/* The third argument, of the kind that the command wants. */
static void fcntl_argument(struct st *s, unsigned i)
{
    switch ((int)s->arg[i]) {
    case F_GETFD:
    case F_GETFL:
    case F_GETOWN:
    case F_GETSIG:
    case F_GETLEASE:
    case F_GETPIPE_SZ:
    case F_GET_SEALS:
        return;
    }
    st_put(s, ", ");
    switch ((int)s->arg[i]) {
    case F_SETFD:
        st_names(s, "fdflags", (uint32_t)s->arg[i + 1]);
        break;
    case F_SETFL:
        w_oflags(s, i + 1);
        break;
    case F_SETLK:
    case F_SETLKW:
    case LU_F_SETLK64:
    case LU_F_SETLKW64:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        st_flock(s, s->arg[i + 1]);
        break;
    case F_SETSIG:
        w_sig(s, i + 1);
        break;
    case F_SETLEASE:
        st_names(s, "locktype", (uint32_t)s->arg[i + 1]);
        break;
    case F_ADD_SEALS:
        st_names(s, "seals", (uint32_t)s->arg[i + 1]);
        break;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
    case F_SETOWN:
    case F_SETPIPE_SZ:
        w_d(s, i + 1);
        break;
    default:
        w_x(s, i + 1);
    }
}

void w_fcntl(struct st *s, unsigned i)
{
    int command = s->arg[i + 1];
    bool gets_lock = command == F_GETLK || command == LU_F_GETLK64 || command == F_OFD_GETLK;

    if (!s->done) {
        st_put(s, "%d, ", (int)s->arg[i]);
        st_names(s, "fcntlcmds", (uint32_t)command);
        if (!gets_lock)
            fcntl_argument(s, i + 1);
    } else if (gets_lock) {
        if (s->failed)
            st_addr(s, s->arg[i + 2]);
        else
            st_flock(s, s->arg[i + 2]);
    }
}

/* ---- ioctl ----------------------------------------------------------------------------------- */

static void put_termios(struct st *s, uint64_t address)
{
    struct {
        uint32_t iflag, oflag, cflag, lflag;
    } t;

    if (!st_get(s, address, &t, sizeof t))
        return;
    st_put(s, "{c_iflag=");
    st_names(s, "c_iflag", t.iflag);
    st_put(s, ", c_oflag=%s|%s|%s|%s|%s|%s%s", t.oflag & NLDLY ? "NL1" : "NL0",
           st_name("crdly", t.oflag & CRDLY), st_name("tabdly", t.oflag & TABDLY),
           t.oflag & BSDLY ? "BS1" : "BS0", t.oflag & VTDLY ? "VT1" : "VT0",
           t.oflag & FFDLY ? "FF1" : "FF0", t.oflag & 0377 ? "|" : "");
    if (t.oflag & 0377)
        st_names(s, "c_oflag", t.oflag & 0377);
    st_put(s, ", c_cflag=%s|%s", st_name("baud", t.cflag & CBAUD) ? st_name("baud", t.cflag & CBAUD)
                                                                  : "B???",
           st_name("csize", t.cflag & CSIZE));
    if (t.cflag & ~(uint32_t)(CBAUD | CSIZE)) {
        st_put(s, "|");
        st_names(s, "c_cflag", t.cflag & ~(uint32_t)(CBAUD | CSIZE));
    }
    st_put(s, ", c_lflag=");
    st_names(s, "c_lflag", t.lflag);
    st_put(s, ", ...}");
}

static void ioctl_argument(struct st *s, enum lu_ioctl_kind kind, uint64_t value)
{
    struct winsize size;
    int number;

    switch (kind) {
    case LU_IOCTL_NOARG:
        break;
    case LU_IOCTL_VALUE:
        st_put(s, "%d", (int)value);
        break;
    case LU_IOCTL_PTR:
        st_addr(s, value);
        break;
    case LU_IOCTL_INT:
    case LU_IOCTL_OINT:
        if (st_get(s, value, &number, sizeof number))
            st_put(s, "[%d]", number);
        break;
    case LU_IOCTL_TERMIOS:
    case LU_IOCTL_OTERMIOS:
        put_termios(s, value);
        break;
    case LU_IOCTL_WINSIZE:
    case LU_IOCTL_OWINSIZE:
        if (st_get(s, value, &size, sizeof size))
            st_put(s, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}", size.ws_row,
                   size.ws_col, size.ws_xpixel, size.ws_ypixel);
        break;
    }
}

static void put_request(struct st *s, const struct lu_ioctl *row, uint32_t code)
{
    unsigned dir = code >> 30;

    if (row)
        st_put(s, "%s", row->name);
    else
        st_put(s, "_IOC(%s, %#x, %#x, %#x)",
               dir == 0 ? "_IOC_NONE" : dir == 1 ? "_IOC_WRITE"
               : dir == 2 ? "_IOC_READ" : "_IOC_READ|_IOC_WRITE",
               code >> 8 & 0xff, code & 0xff, code >> 16 & 0x3fff);
}

void w_ioctl(struct st *s, unsigned i)
{
    const struct lu_ioctl *row = lu_ioctl_find(s->arg[i + 1]);
    enum lu_ioctl_kind kind = row ? row->kind : LU_IOCTL_PTR;
    bool out = kind == LU_IOCTL_OINT || kind == LU_IOCTL_OTERMIOS || kind == LU_IOCTL_OWINSIZE;

    if (!s->done) {
        st_put(s, "%d, ", (int)s->arg[i]);
        put_request(s, row, s->arg[i + 1]);
        st_put(s, out || kind == LU_IOCTL_NOARG ? "" : ", ");
    }
    if (s->done == out) {
        if (s->done && s->failed)
            st_addr(s, s->arg[i + 2]);
        else
            ioctl_argument(s, kind, s->arg[i + 2]);
    }
}

/* ---- futex ----------------------------------------------------------------------------------- */

static void put_futex_op(struct st *s, uint32_t op)
{
    st_names(s, "futexwakeop", op >> 28 & 7);
    st_put(s, "<<28|");
    if (op >> 31)
        st_put(s, "FUTEX_OP_OPARG_SHIFT<<28|");
    st_put(s, op >> 12 & 0xfff ? "%#x<<12|" : "0<<12|", op >> 12 & 0xfff);
    st_names(s, "futexwakecmp", op >> 24 & 0xf);
    st_put(s, op & 0xfff ? "<<24|%#x" : "<<24|0", op & 0xfff);
}

static void put_bitset(struct st *s, uint32_t set)
{
    if (set == 0xffffffff)
        st_put(s, "FUTEX_BITSET_MATCH_ANY");
    else
        st_put(s, "%#x", set);
}

static void put_futex_command(struct st *s, uint32_t op)
{
    uint32_t command = op & ~(uint32_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);
    const char *name = st_name("futexops", command);

    if (!name) {
        st_put(s, "%#x /* FUTEX_??? */", op);
        return;
    }
    st_put(s, "%s", name);
    if (op & FUTEX_PRIVATE_FLAG)
        st_put(s, command == FUTEX_FD ? "|FUTEX_PRIVATE_FLAG" : "_PRIVATE");
    if (op & FUTEX_CLOCK_REALTIME)
        st_put(s, "|FUTEX_CLOCK_REALTIME");
}

void w_futex(struct st *s, unsigned i)
{
    const uint64_t *a = s->arg + i;
    uint32_t op = a[1] & ~(uint32_t)(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME);

    if (s->done)
        return;
    st_addr(s, a[0]);
    st_put(s, ", ");
    put_futex_command(s, a[1]);
    if (!st_name("futexops", op)) {
        st_put(s, ", %u, ", (unsigned)a[2]);
        st_addr(s, a[3]);
        st_put(s, ", ");
        st_addr(s, a[4]);
        st_put(s, (uint32_t)a[5] ? ", %#x" : ", 0", (unsigned)a[5]);
        return;
    }
    if (op != FUTEX_LOCK_PI && op != FUTEX_LOCK_PI2 && op != FUTEX_UNLOCK_PI &&
        op != FUTEX_TRYLOCK_PI)
        st_put(s, ", %u", (unsigned)a[2]);
    switch (op) {
    case FUTEX_WAIT:
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
        st_put(s, ", ");
        st_timespec(s, a[3]);
        break;
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_CMP_REQUEUE_PI:
    case FUTEX_WAKE_OP:
        st_put(s, ", %u, ", (unsigned)a[3]);
        st_addr(s, a[4]);
        break;
    }
    if (op == FUTEX_WAIT_REQUEUE_PI) {
        st_put(s, ", ");
        st_addr(s, a[4]);
    } else if (op == FUTEX_CMP_REQUEUE || op == FUTEX_CMP_REQUEUE_PI) {
        st_put(s, ", %u", (unsigned)a[5]);
    } else if (op == FUTEX_WAKE_OP) {
        st_put(s, ", ");
        put_futex_op(s, a[5]);
    } else if (op == FUTEX_WAIT_BITSET || op == FUTEX_WAKE_BITSET) {
        st_put(s, ", ");
        put_bitset(s, a[5]);
    }
}

/* ---- prctl ----------------------------------------------------------------------------------- */

/* What an operation's arguments are: n numbers, unless `how` says otherwise. */
static const struct prctl_row {
    uint32_t op;
    char how; /* n name in, N name out, s signal, S signal out, I int out, P pointer out, d dumpable,
                 c capability, v PR_SET_VMA, u numbers */
    uint8_t n;
} prctl_rows[] = {
    {PR_SET_PDEATHSIG, 's', 1}, {PR_GET_PDEATHSIG, 'S', 1}, {PR_GET_DUMPABLE, 'u', 0},
    {PR_SET_DUMPABLE, 'd', 1}, {PR_GET_KEEPCAPS, 'u', 0}, {PR_SET_KEEPCAPS, 'u', 1},
    {PR_GET_TIMING, 'u', 0}, {PR_SET_TIMING, 'u', 1}, {PR_SET_NAME, 'n', 1},
    {PR_GET_NAME, 'N', 1}, {PR_GET_SECCOMP, 'u', 0}, {PR_CAPBSET_READ, 'c', 1},
    {PR_CAPBSET_DROP, 'c', 1}, {PR_SET_TIMERSLACK, 'u', 1}, {PR_GET_TIMERSLACK, 'u', 0},
    {PR_SET_CHILD_SUBREAPER, 'u', 1}, {PR_GET_CHILD_SUBREAPER, 'I', 1},
    {PR_SET_NO_NEW_PRIVS, 'u', 4}, {PR_GET_NO_NEW_PRIVS, 'u', 4}, {PR_GET_TID_ADDRESS, 'P', 1},
    {PR_SET_THP_DISABLE, 'u', 4}, {PR_GET_THP_DISABLE, 'u', 4}, {PR_SET_VMA, 'v', 4},
};

static const struct prctl_row *prctl_row(uint32_t op)
{
    for (unsigned k = 0; k < sizeof prctl_rows / sizeof prctl_rows[0]; k++)
        if (prctl_rows[k].op == op)
            return &prctl_rows[k];
    return NULL;
}

static void prctl_before(struct st *s, const uint64_t *a, const struct prctl_row *row)
{
    char how = row ? row->how : 'x';

    st_names(s, "prctlops", (uint32_t)a[0]);
    if (how == 'v') {
        st_put(s, ", %s, ", a[1] ? "0x1 /* PR_SET_VMA_??? */" : "PR_SET_VMA_ANON_NAME");
        st_addr(s, a[2]);
        st_put(s, ", %llu, ", (unsigned long long)a[3]);
        st_cstring(s, a[4], 80);
        return;
    }
    for (unsigned k = 1; k <= (row ? row->n : 4u); k++) {
        if (how == 'N' || how == 'S' || how == 'I' || how == 'P')
            break;
        st_put(s, ", ");
        if (how == 'n')
            st_cstring(s, a[k], 15);
        else if (how == 's')
            st_signal(s, a[k]);
        else if (how == 'd')
            st_names(s, "suiddump", a[k]);
        else if (how == 'c')
            st_names(s, "capabilities", a[k]);
        else if (how == 'u')
            st_put(s, "%llu", (unsigned long long)a[k]);
        else
            st_put(s, a[k] ? "%#llx" : "0", (unsigned long long)a[k]);
    }
}

void w_prctl(struct st *s, unsigned i)
{
    const uint64_t *a = s->arg + i;
    const struct prctl_row *row = prctl_row(a[0]);
    uint64_t pointer;
    int value;

    if (!s->done) {
        prctl_before(s, a, row);
    } else if (row && strchr("NSIP", row->how)) {
        if (s->failed) {
            st_addr(s, a[1]);
        } else if (row->how == 'N') {
            st_cstring(s, a[1], 15);
        } else if (row->how == 'P') {
            if (st_get(s, a[1], &pointer, sizeof pointer))
                st_put(s, "[%#llx]", (unsigned long long)pointer);
        } else if (st_get(s, a[1], &value, sizeof value)) {
            st_put(s, "[");
            if (row->how == 'S')
                st_signal(s, value);
            else
                st_put(s, "%d", value);
            st_put(s, "]");
        }
    }
}

/* ---- clone ----------------------------------------------------------------------------------- */

/* arm64 orders the arguments flags, stack, parent_tid, tls, child_tid (CONFIG_CLONE_BACKWARDS). */
void w_clone(struct st *s, unsigned i)
{
    const uint64_t *a = s->arg + i;
    uint64_t flags = a[0] & ~0xffull;
    int exit_signal = a[0] & 0xff, tid;

    if (!s->done)
        return;
    st_put(s, "child_stack=");
    st_addr(s, a[1]);
    st_put(s, ", flags=");
    if (flags)
        st_names(s, "cloneflags", flags);
    if (exit_signal) {
        st_put(s, flags ? "|" : "");
        st_signal(s, exit_signal);
    } else if (!flags) {
        st_put(s, "0");
    }
    if (flags & CLONE_PARENT_SETTID) {
        st_put(s, ", parent_tid=");
        if (st_get_out(s, a[2], &tid, sizeof tid))
            st_put(s, "[%d]", tid);
    }
    if (flags & CLONE_SETTLS) {
        st_put(s, ", tls=");
        st_addr(s, a[3]);
    }
    if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
        st_put(s, ", child_tidptr=");
        st_addr(s, a[4]);
    }
}

void w_clone3(struct st *s, unsigned i)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    } c;
    int tid, pidfd;

    if (!s->done || !st_get(s, s->arg[i], &c, sizeof c))
        return;
    st_put(s, "{flags=");
    st_names(s, "cloneflags", c.flags);
    if (c.flags & CLONE_PIDFD)
        st_put(s, ", pidfd=%#llx", (unsigned long long)c.pidfd);
    if (c.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
        st_put(s, ", child_tid=%#llx", (unsigned long long)c.child_tid);
    if (c.flags & CLONE_PARENT_SETTID)
        st_put(s, ", parent_tid=%#llx", (unsigned long long)c.parent_tid);
    st_put(s, ", exit_signal=");
    st_signal(s, c.exit_signal);
    st_put(s, ", stack=");
    st_addr(s, c.stack);
    st_put(s, c.stack_size ? ", stack_size=%#llx" : ", stack_size=0",
           (unsigned long long)c.stack_size);
    if (c.flags & CLONE_SETTLS)
        st_put(s, ", tls=%#llx", (unsigned long long)c.tls);
    st_put(s, "}");
    if (!s->failed && c.flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) {
        bool both = (c.flags & CLONE_PARENT_SETTID) && (c.flags & CLONE_PIDFD);
        st_put(s, " => {");
        if (c.flags & CLONE_PIDFD && !lu_copy_from(s->t, &pidfd, c.pidfd, sizeof pidfd))
            st_put(s, both ? "pidfd=[%d], " : "pidfd=[%d]", pidfd);
        if (c.flags & CLONE_PARENT_SETTID && !lu_copy_from(s->t, &tid, c.parent_tid, sizeof tid))
            st_put(s, "parent_tid=[%d]", tid);
        st_put(s, "}");
    }
    st_put(s, ", %llu", (unsigned long long)s->arg[i + 1]);
}

/* ---- waiting for descriptors ----------------------------------------------------------------- */

static void put_pollfds(struct st *s, uint64_t address, unsigned n, bool results)
{
    struct pollfd fd;
    unsigned shown = 0;

    for (unsigned k = 0; k < n; k++) {
        if (lu_copy_from(s->t, &fd, address + k * sizeof fd, sizeof fd)) {
            st_addr(s, address);
            return;
        }
        if (results && !fd.revents)
            continue;
        st_put(s, shown++ ? ", " : "[");
        if (shown > ST_STRING_MAX) {
            st_put(s, "...");
            break;
        }
        st_put(s, "{fd=%d", fd.fd);
        if (results || fd.fd >= 0) {
            st_put(s, results ? ", revents=" : ", events=");
            st_names(s, "pollbits", (uint16_t)(results ? fd.revents : fd.events));
        }
        st_put(s, "}");
    }
    st_put(s, shown ? "]" : "[]");
}

void w_pollfds(struct st *s, unsigned i)
{
    if (!s->arg[i])
        st_put(s, "NULL");
    else
        put_pollfds(s, s->arg[i], s->arg[i + 1], false);
}

/* The members of a set below n; `label` in front if there are any. */
static unsigned put_fdset(struct st *s, uint64_t address, int n)
{
    uint8_t set[128] = {0};
    unsigned shown = 0;

    n = n < 0 ? 0 : n > 1024 ? 1024 : n;
    if (!st_get(s, address, set, (n + 63) / 64 * 8))
        return 0;
    st_put(s, "[");
    for (int fd = 0; fd < n; fd++)
        if (set[fd / 8] >> fd % 8 & 1)
            st_put(s, shown++ ? " %d" : "%d", fd);
    st_put(s, "]");
    return shown;
}

void w_fdset(struct st *s, unsigned i)
{
    put_fdset(s, s->arg[i], s->arg[0]);
}

static void put_epoll_event(struct st *s, uint64_t address)
{
    const struct lu_syscall_abi *abi = lu_syscall_abi();
    uint32_t events;
    uint64_t data;

    if (lu_copy_from(s->t, &events, address, sizeof events) ||
        lu_copy_from(s->t, &data, address + abi->epoll_data, sizeof data)) {
        st_addr(s, address);
        return;
    }
    st_put(s, "{events=");
    st_names(s, "epollbits", events);
    st_put(s, ", data={u32=%u, u64=%llu}}", (uint32_t)data, (unsigned long long)data);
}

void w_epollevent(struct st *s, unsigned i)
{
    if ((int)s->arg[1] == EPOLL_CTL_DEL)
        st_addr(s, s->arg[i]);
    else
        put_epoll_event(s, s->arg[i]);
}

void w_oepoll(struct st *s, unsigned i)
{
    if (s->failed) {
        st_addr(s, s->arg[i]);
        return;
    }
    st_put(s, "[");
    for (int64_t k = 0; k < s->result; k++) {
        st_put(s, k ? ", " : "");
        put_epoll_event(s, s->arg[i] + k * lu_syscall_abi()->epoll_size);
    }
    st_put(s, "]");
}

/* ---- what is said after the result ----------------------------------------------------------- */

static void note_left(struct st *note, uint64_t timeout)
{
    if (timeout) {
        st_put(note, "%sleft ", note->n ? ", " : "");
        st_timespec(note, timeout);
    }
}

static void note_select(struct st *s, struct st *note)
{
    static const char *const labels[] = {"in ", "out ", "except "};

    for (unsigned k = 0; k < 3; k++) {
        size_t before = note->n;
        if (!s->arg[k + 1])
            continue;
        st_put(note, "%s%s", before ? ", " : "", labels[k]);
        if (!put_fdset(note, s->arg[k + 1], s->arg[0]))
            note->text[note->n = before] = 0;
    }
    note_left(note, s->arg[4]);
}

static void note_fcntl(struct st *s, struct st *note)
{
    switch ((int)s->arg[1]) {
    case F_GETFD:
        s->hex = true;
        if (s->result) {
            st_put(note, "flags ");
            st_names(note, "fdflags", s->result);
        }
        break;
    case F_GETFL:
        s->hex = true;
        st_put(note, "flags ");
        st_oflags(note, lu_oflags_to_host(s->result), true);
        break;
    case F_GET_SEALS:
        s->hex = true;
        if (s->result) {
            st_put(note, "seals ");
            st_names(note, "seals", s->result);
        }
        break;
    case F_GETLEASE:
        s->hex = true;
        st_names(note, "locktype", s->result);
        break;
    case F_GETSIG:
        if (s->result)
            st_signal(note, s->result);
        break;
    }
}

void st_note(struct st *s, const char *kind)
{
    struct st note = {.t = s->t, .arg = s->arg, .result = s->result, .done = true};

    if (s->failed)
        return;
    if ((!strcmp(kind, "poll") || !strcmp(kind, "select")) && !s->result)
        st_put(&note, "Timeout");
    else if (!strcmp(kind, "poll")) {
        put_pollfds(&note, s->arg[0], s->arg[1], true);
        note_left(&note, s->arg[2]);
    } else if (!strcmp(kind, "select"))
        note_select(s, &note);
    else if (!strcmp(kind, "fcntl"))
        note_fcntl(s, &note);
    else if (!strcmp(kind, "personality"))
        st_names(&note, "persona", s->result & 0xff);
    else if (!strcmp(kind, "schedpolicy"))
        st_names(&note, "schedpolicy", s->result);
    else if (!strcmp(kind, "sig"))
        st_signal(&note, s->result);
    else if (!strcmp(kind, "membarrier") && !s->arg[0]) {
        s->hex = true;
        st_names(&note, "membarrier", s->result);
    } else if (!strcmp(kind, "prctl") && (uint32_t)s->arg[0] == PR_GET_DUMPABLE)
        st_names(&note, "suiddump", s->result);
    if (note.n)
        s->note = note.text;
    else
        free(note.text);
}
