/* SPDX-License-Identifier: MIT */
/* Structures of a big-endian program, by raw system calls of the ARM EABI; see run. */
#include <stddef.h>
#include <stdint.h>

#include "../narrow/vdso.h"

enum {
    NR_EXIT = 1, NR_FORK = 2, NR_READ = 3, NR_WRITE = 4, NR_CLOSE = 6, NR_LSEEK = 19, NR_GETPID = 20,
    NR_KILL = 37, NR_PIPE = 42, NR_WAIT4 = 114, NR_UNAME = 122, NR_LLSEEK = 140, NR_POLL = 168,
    NR_RT_SIGACTION = 174, NR_RT_SIGPROCMASK = 175, NR_RT_SIGPENDING = 176, NR_STAT64 = 195,
    NR_GETDENTS64 = 217, NR_FCNTL64 = 221, NR_OPEN = 5, NR_CLOCK_GETTIME = 263, NR_SOCKET = 281,
    NR_BIND = 282, NR_GETSOCKNAME = 286, NR_SOCKETPAIR = 288, NR_SENDMSG = 296, NR_RECVMSG = 297,
    NR_EPOLL_CREATE1 = 357, NR_EPOLL_CTL = 251, NR_EPOLL_WAIT = 252, NR_FTRUNCATE64 = 194,
    NR_MEMFD_CREATE = 385, NR_CLOCK_GETTIME64 = 403, NR_STATX = 397, NR_PREAD64 = 180
};

static long call(long nr, long a, long b, long c, long d, long e, long f)
{
    register long r0 __asm__("r0") = a, r1 __asm__("r1") = b, r2 __asm__("r2") = c, r3 __asm__("r3") = d,
                  r4 __asm__("r4") = e, r5 __asm__("r5") = f;
    __asm__ volatile("push {r7}\n mov r7, %1\n svc #0\n pop {r7}"
                     : "+r"(r0) : "r"(nr), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : "memory");
    return r0;
}
#define CALL_(nr, a, b, c, d, e, f, ...) \
    call(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define CALL(...) CALL_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

static size_t length(const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    return n;
}
static int same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}
static void put(const char *s) { CALL(NR_WRITE, 1, s, length(s)); }

static int failed;
#define CHECK(name, condition)                                    \
    do {                                                          \
        int good_ = (condition);                                  \
        put(good_ ? "ok " : "not ok ");                           \
        put(name);                                                \
        put(good_ ? "\n" : " - " #condition "\n");                \
        failed |= !good_;                                         \
    } while (0)

void *memset(void *to, int c, size_t n)
{
    for (size_t k = 0; k < n; k++)
        ((volatile char *)to)[k] = c;
    return to;
}
void *memcpy(void *to, const void *from, size_t n)
{
    for (size_t k = 0; k < n; k++)
        ((volatile char *)to)[k] = ((const char *)from)[k];
    return to;
}

static volatile int caught, caught_code, caught_pid, caught_addr;
static void handler(int sig, int *info, void *context)
{
    (void)context;
    caught = sig == info[0] ? sig : -1;
    caught_code = info[2];
    caught_pid = info[3];
    caught_addr = info[3];
}

struct action {
    void (*handler)(int, int *, void *);
    uint32_t flags, restorer, mask[2];
};

static void signals(void)
{
    struct action act = {handler, 4 /* SA_SIGINFO */, 0, {0, 1}}, old;
    uint32_t set[2] = {1 << 11, 4}, got[2] = {9, 9}; /* SIGUSR2, 35 */
    CALL(NR_RT_SIGACTION, 10, &act, 0, 8);
    CALL(NR_KILL, CALL(NR_GETPID), 10);
    CHECK("signal", caught == 10 && caught_code == 0 && caught_pid == CALL(NR_GETPID));
    CALL(NR_RT_SIGACTION, 10, 0, &old, 8);
    CHECK("sigaction", old.handler == handler && old.flags == 4 && old.mask[1] == 1);
    CHECK("sigprocmask", CALL(NR_RT_SIGPROCMASK, 0, set, 0, 8) == 0);
    CALL(NR_KILL, CALL(NR_GETPID), 35);
    CALL(NR_RT_SIGPENDING, got, 8);
    CHECK("sigpending", got[0] == 0 && got[1] == 4);
    CALL(NR_RT_SIGPROCMASK, 0, 0, got, 8);
    CHECK("mask", got[0] == 1 << 11 && got[1] == 4);
}

static void files(void)
{
    static uint8_t buf[4096];
    uint32_t st[26], fd[2];
    uint64_t at = 0;
    CHECK("stat64", CALL(NR_STAT64, "/", st) == 0 && (st[4] & 0170000) == 0040000 && st[5] > 1);
    CHECK("statx", CALL(NR_STATX, -100, "/", 0, 0x7ff, buf) == 0 &&
                       (*(uint16_t *)(buf + 28) & 0170000) == 0040000 &&
                       *(uint64_t *)(buf + 32) == *(uint64_t *)(st + 24));
    CHECK("pipe", CALL(NR_PIPE, fd) == 0 && fd[0] == 3 && fd[1] == 4);
    struct {
        int fd;
        short events, revents;
    } p[2] = {{fd[0], 1, 0}, {fd[1], 4, 0}};
    CHECK("poll", CALL(NR_POLL, p, 2, 0) == 1 && p[0].revents == 0 && p[1].revents == 4);
    CALL(NR_CLOSE, fd[0]);
    CALL(NR_CLOSE, fd[1]);
    int file = CALL(NR_MEMFD_CREATE, "x", 0);
    CHECK("ftruncate64", CALL(NR_FTRUNCATE64, file, 0, 1, 0x10) == 0);
    CHECK("_llseek", CALL(NR_LLSEEK, file, 0, 0, &at, 2) == 0 && at == 0x100000010);
    CHECK("pread64", CALL(NR_PREAD64, file, buf, 100, 0, 1, 0) == 0x10);
    struct {
        int16_t type, whence;
        int32_t pad;
        int64_t start, len;
        int32_t pid;
    } lock = {1, 0, 0, 0x100000000, 4, 0};
    CHECK("fcntl64", CALL(NR_FCNTL64, file, 12 /* F_GETLK64 */, &lock) == 0 && lock.type == 2);
    int dir = CALL(NR_OPEN, "/proc/self", 0), n = CALL(NR_GETDENTS64, dir, buf, sizeof buf), found = 0;
    for (int k = 0; k < n; k += *(uint16_t *)(buf + k + 16))
        found += same((char *)buf + k + 19, "stat");
    CHECK("getdents64", n > 0 && found == 1);
}

static void times(void)
{
    struct {
        uint64_t sec, nsec;
    } new;
    struct {
        uint32_t sec, nsec;
    } old;
    CALL(NR_CLOCK_GETTIME64, 0, &new);
    CALL(NR_CLOCK_GETTIME, 0, &old);
    CHECK("clock_gettime", new.sec >> 32 == 0 && old.sec - (uint32_t)new.sec <= 1);
    CHECK("nanoseconds", new.nsec < 1000000000 && old.nsec < 1000000000);
}

static void sockets(void)
{
    struct {
        uint16_t family, port;
        uint32_t address, zero[2];
    } in = {2, 0, 0x7f000001, {0, 0}}, name;
    int size = sizeof name, pair[2], s = CALL(NR_SOCKET, 2, 1, 0);
    CHECK("bind", CALL(NR_BIND, s, &in, sizeof in) == 0);
    CHECK("getsockname", CALL(NR_GETSOCKNAME, s, &name, &size) == 0 && size == 16 && name.family == 2 &&
                             name.port && name.address == 0x7f000001);
    CALL(NR_SOCKETPAIR, 1, 1, 0, pair);
    struct iov {
        const void *base;
        size_t length;
    } iov = {"hello", 5};
    struct {
        uint32_t length;
        int level, type, fd;
    } control = {16, 1, 1, pair[0]};
    struct {
        void *name;
        uint32_t name_length;
        struct iov *iov;
        uint32_t n;
        void *control;
        uint32_t control_length, flags;
    } m = {0, 0, &iov, 1, &control, 16, 0};
    char buf[8];
    CHECK("sendmsg", CALL(NR_SENDMSG, pair[0], &m, 0) == 5);
    iov = (struct iov){buf, 8};
    control.fd = -1;
    CHECK("recvmsg", CALL(NR_RECVMSG, pair[1], &m, 0) == 5 && buf[4] == 'o' && control.length == 16 &&
                         control.level == 1 && control.type == 1 && control.fd > pair[1]);
    struct {
        uint32_t events;
        uint64_t data;
    } e = {4, 0x1122334455667788}, got[2];
    int ep = CALL(NR_EPOLL_CREATE1, 0);
    CHECK("epoll", CALL(NR_EPOLL_CTL, ep, 1, pair[0], &e) == 0 &&
                       CALL(NR_EPOLL_WAIT, ep, got, 2, 0) == 1 && got[0].events == 4 &&
                       got[0].data == 0x1122334455667788);
}

static void processes(void)
{
    int status = 0;
    long child = CALL(NR_FORK);
    if (!child)
        CALL(NR_EXIT, 5);
    CHECK("wait4", CALL(NR_WAIT4, child, &status, 0, 0) == child && status == 5 << 8);
    char name[6 * 65];
    CHECK("uname", CALL(NR_UNAME, name) == 0 && same(name + 4 * 65, "armv8b"));
}

/* What it says lies between what system calls say. */
static void vdso(const char *base)
{
    int64_t before[2], now[2] = {-1, -1}, after[2];
    int32_t narrow[2] = {-1, -1}, micro[2] = {-1, -1};
    int (*gettime64)(int, int64_t *) = vdso_symbol(base, "__vdso_clock_gettime64", "LINUX_2.6");
    int (*gettime)(int, int32_t *) = vdso_symbol(base, "__vdso_clock_gettime", "LINUX_2.6");
    int (*timeofday)(int32_t *, void *) = vdso_symbol(base, "__vdso_gettimeofday", "LINUX_2.6");
    CHECK("vDSO's symbols", gettime64 && gettime && timeofday);
    CALL(NR_CLOCK_GETTIME64, 0, before);
    CHECK("vDSO's functions", !gettime64(0, now) && !gettime(0, narrow) && !timeofday(micro, NULL));
    CALL(NR_CLOCK_GETTIME64, 0, after);
    CHECK("vDSO: clock_gettime64", before[0] <= now[0] && now[0] <= after[0] &&
                                       now[1] >= 0 && now[1] < 1000000000 &&
                                       (before[0] < now[0] || before[1] <= now[1]));
    CHECK("vDSO: clock_gettime", now[0] <= narrow[0] && narrow[0] <= after[0] && narrow[1] >= 0);
    CHECK("vDSO: gettimeofday",
          now[0] <= micro[0] && micro[0] <= after[0] && micro[1] >= 0 && micro[1] < 1000000 &&
              (micro[0] > narrow[0] || micro[1] >= narrow[1] / 1000) &&
              (micro[0] < after[0] || micro[1] <= (int32_t)after[1] / 1000));
}

__attribute__((used)) static void start(long *sp)
{
    char **argv = (char **)(sp + 1);
    long *aux = sp + 1 + sp[0] + 1;
    long page = 0, image = 0;
    CHECK("arguments", sp[0] == 3 && same(argv[1], "one") && same(argv[2], "two") && !argv[3]);
    while (*aux++)
        ;
    for (; aux[0]; aux += 2)
        page = aux[0] == 6 ? aux[1] : page, image = aux[0] == 33 ? aux[1] : image;
    CHECK("auxiliary vector", page == 4096);
    signals();
    files();
    times();
    vdso((const char *)image);
    sockets();
    processes();
    CALL(NR_EXIT, failed);
}

__asm__(".text\n.global _start\n.type _start, %function\n"
#ifdef __thumb__
        ".thumb\n.thumb_func\n"
#else
        ".arm\n"
#endif
        "_start:\n mov r0, sp\n bl start\n");
