/* SPDX-License-Identifier: MIT */
/* Lengths, limits and structures at their edges: what a 32-bit kernel does with arguments that few programs
 * pass (Linux's fs/fcntl.c, net/compat.c, kernel/compat.c, ipc/, mm/mempolicy.c), by raw calls. */
#define _GNU_SOURCE
#include "check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/net_tstamp.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

enum { CANARY = 0x5a5a5a5a, PPOLL_TIME64 = 414, PSELECT6_TIME64 = 413 };

struct time64 {
    int64_t sec, nsec;
};
struct time32 {
    int32_t sec, nsec;
};

/* What a lock of another process looks like in 32 bits. */
static struct flock seen_lock(int fd, off64_t start, off64_t length, int *result)
{
    struct flock64 lock = {F_WRLCK, SEEK_SET, start, length, 0};
    struct flock seen = {F_WRLCK, SEEK_SET, 0, 0, 0};
    int ready[2];
    char byte;
    CHECK(pipe(ready) == 0);
    pid_t child = fork();
    if (!child) {
        _exit(syscall(SYS_fcntl64, fd, F_SETLK64, &lock) || write(ready[1], "x", 1) != 1 || pause());
    }
    CHECK(read(ready[0], &byte, 1) == 1);
    *result = syscall(SYS_fcntl64, fd, F_GETLK, &seen) ? errno : 0;
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return seen;
}

static void test_locks(void)
{
    int fd = memfd_create("locks", 0), result;
    struct flock seen = seen_lock(fd, 100, INT64_C(1) << 33, &result);
    CHECK(result == 0 && seen.l_type == F_WRLCK && seen.l_start == 100 && seen.l_len == INT32_MAX);
    seen_lock(fd, INT64_C(1) << 32, 1, &result);
    CHECK(result == EOVERFLOW);
    seen = seen_lock(fd, 7, 0, &result);
    CHECK(result == 0 && seen.l_start == 7 && seen.l_len == 0);
    struct flock64 lock = {F_WRLCK, SEEK_SET, 0, 0, 0};
    CHECK(syscall(SYS_fcntl, fd, F_SETLK64, &lock) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_fcntl, fd, F_OFD_SETLK, &lock) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_fcntl64, fd, F_OFD_SETLK, &lock) == 0);
}

static int datagrams(struct sockaddr_in *to)
{
    socklen_t size = sizeof *to;
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    *to = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(bind(s, (void *)to, size) == 0 && getsockname(s, (void *)to, &size) == 0);
    return s;
}

/* The three times of SO_TIMESTAMPING. */
static void test_timestamping(void)
{
    enum { OLD = 37 };
    struct sockaddr_in to;
    int s = datagrams(&to), on = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
    char byte;
    uint32_t control[16];
    struct iovec iov = {&byte, 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    memset(control, 0x5a, sizeof control);
    CHECK(setsockopt(s, SOL_SOCKET, OLD, &on, sizeof on) == 0);
    for (unsigned tries = 0; tries < 1000; tries++) { /* the kernel begins to take times a little later */
        message.msg_controllen = sizeof control;
        CHECK(sendto(s, "x", 1, 0, (void *)&to, sizeof to) == 1 && recvmsg(s, &message, 0) == 1);
        if (message.msg_controllen)
            break;
        usleep(1000);
    }
    CHECK(message.msg_controllen == 36 && control[0] == 36 && control[1] == SOL_SOCKET && control[2] == OLD);
    CHECK((uint32_t)time(NULL) - control[3] < 5 && control[4] < 1000000000);
    for (unsigned k = 5; k < 9; k++)
        CHECK(control[k] == 0);
    CHECK(control[9] == CANARY);
}

static void test_control(void)
{
    int pair[2];
    char byte = 'x';
    uint32_t control[16] = {12, SOL_SOCKET, 77};
    struct iovec iov = {&byte, 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control};
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
    message.msg_controllen = 11; /* no header */
    CHECK(sendmsg(pair[0], &message, 0) == -1 && errno == EINVAL);
    message.msg_controllen = 16;
    for (unsigned length = 0; length < 12; length++) {
        control[0] = length;
        CHECK(sendmsg(pair[0], &message, 0) == -1 && errno == EINVAL);
    }
    const uint32_t beyond[] = {17, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};
    for (unsigned k = 0; k < 5; k++) {
        control[0] = beyond[k];
        CHECK(sendmsg(pair[0], &message, 0) == -1 && errno == EINVAL);
    }
    int fds[] = {pair[0]};
    control[0] = 16, control[2] = SCM_RIGHTS;
    memcpy(&control[3], fds, 4);
    CHECK(sendmsg(pair[0], &message, 0) == 1);
    memset(control, 0x5a, sizeof control);
    message.msg_controllen = 0x7ffffff0; /* what is there is all that counts */
    CHECK(recvmsg(pair[1], &message, 0) == 1 && message.msg_controllen == 16);
    CHECK(control[0] == 16 && control[2] == SCM_RIGHTS && (int)control[3] > 2 && control[4] == CANARY);
}

static void test_lengths(void)
{
    struct sockaddr_in to;
    int s = datagrams(&to);
    struct timeval time[2] = {{3, 5}, {CANARY, CANARY}};
    for (socklen_t n = 0; n < 20; n++) {
        socklen_t got = n;
        CHECK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, time, n) == (n < 8 ? -1 : 0));
        CHECK(n < 8 || (getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &time[1], &got) == 0 && got == 8));
    }
    const socklen_t wrong[] = {-1, 0x80000000};
    for (unsigned k = 0; k < 2; k++) {
        socklen_t n = wrong[k];
        CHECK(getsockopt(s, SOL_SOCKET, SO_RCVTIMEO, time, &n) == -1 && errno == EINVAL);
        CHECK(getsockopt(s, SOL_SOCKET, SO_TYPE, time, &n) == -1 && errno == EINVAL);
    }
}

/* Sets that end where memory does: only what there are descriptors for is looked at. */
static void test_select(void)
{
    char *end = (char *)mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) + 4096;
    mprotect(end, 4096, PROT_NONE);
    struct timeval zero = {0, 0};
    int pipes[2];
    CHECK(pipe(pipes) == 0 && write(pipes[1], "x", 1) == 1);
    for (int bytes = 4; bytes <= 128; bytes += 4) {
        uint32_t *set = (uint32_t *)(end - bytes);
        memset(set, 0, bytes);
        set[0] = 1u << pipes[0];
        CHECK(syscall(SYS__newselect, bytes * 8, set, NULL, NULL, &zero) == 1 && set[0] == 1u << pipes[0]);
    }
    uint32_t *set = (uint32_t *)(end - 4096); /* more than this many descriptors no test has */
    set[0] = 1u << pipes[0];
    CHECK(syscall(SYS__newselect, 1 << 20, set, NULL, NULL, &zero) == 1);
    CHECK(syscall(SYS__newselect, (1 << 20) + 31, set, NULL, NULL, &zero) == 1);
    CHECK(syscall(SYS__newselect, -1, set, NULL, NULL, &zero) == -1 && errno == EINVAL);
    CHECK(syscall(PSELECT6_TIME64, 1, NULL, NULL, NULL, NULL, 16) == -1 && errno == EFAULT);
    CHECK(syscall(PSELECT6_TIME64, 1, NULL, NULL, NULL, NULL, end - 4) == -1 && errno == EFAULT);
    CHECK(syscall(SYS__newselect, 33, end - 4, NULL, NULL, &zero) == -1 && errno == EFAULT);
}

/* sendfile() without large file support ends where its offset does. */
static void test_sendfile(void)
{
    int in = memfd_create("in", 0), out = memfd_create("out", 0);
    long at[2] = {0x7ffffffe, CANARY};
    CHECK(ftruncate64(in, INT64_C(3) << 30) == 0);
    CHECK(syscall(SYS_sendfile, out, in, at, 10) == 1 && at[0] == 0x7fffffff && at[1] == CANARY);
    CHECK(syscall(SYS_sendfile, out, in, at, 10) == -1 && errno == EOVERFLOW && at[0] == 0x7fffffff);
    at[0] = -1;
    CHECK(syscall(SYS_sendfile, out, in, at, 10) == -1 && errno == EINVAL);
}

/* A message of several that cannot be read: those before it go. */
static void test_several(void)
{
    int pair[2];
    char buffer[8];
    struct iovec iov = {"ab", 2}, in = {buffer, 8};
    struct mmsghdr out[3] = {{.msg_hdr = {.msg_iov = &iov, .msg_iovlen = 1}, .msg_len = 9},
                             {.msg_hdr = {.msg_iov = &iov, .msg_iovlen = 1}, .msg_len = 9},
                             {.msg_hdr = {.msg_iov = &iov, .msg_iovlen = 2000}, .msg_len = 9}};
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
    CHECK(syscall(SYS_sendmmsg, pair[0], out, 3, 0) == 2);
    CHECK(out[0].msg_len == 2 && out[1].msg_len == 2 && out[2].msg_len == 9);
    CHECK(syscall(SYS_sendmmsg, pair[0], &out[2], 1, 0) == -1 && errno == EMSGSIZE);
    struct mmsghdr got[3] = {{.msg_hdr = {.msg_iov = &in, .msg_iovlen = 1}},
                             {.msg_hdr = {.msg_iov = &in, .msg_iovlen = 2000}}};
    CHECK(syscall(SYS_recvmmsg, pair[1], got, 2, MSG_DONTWAIT, NULL) == 1 && got[0].msg_len == 2);
}

/* A socket's filter, attached and read back: its length is a number of instructions. */
static void test_filter(void)
{
    struct sockaddr_in to;
    int s = datagrams(&to);
    struct sock_filter code[12], got[14];
    struct sock_fprog program = {12, code};
    socklen_t n = 13;
    for (unsigned k = 0; k < 12; k++)
        code[k] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0xffff - k);
    memset(got, 0x5a, sizeof got);
    CHECK(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0);
    CHECK(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, got, &n) == 0 && n == 12);
    CHECK(!memcmp(got, code, sizeof code) && got[12].k == CANARY);
    n = 11;
    CHECK(getsockopt(s, SOL_SOCKET, SO_GET_FILTER, got, &n) == -1 && errno == EINVAL);
    struct timeval time = {3, 0};
    CHECK(setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &time, 7) == -1 && errno == EINVAL);
}

/* struct group_filter, packed as 32-bit machines have it. */
static void test_sources(void)
{
    struct sockaddr_in to;
    int s = datagrams(&to);
    struct {
        uint32_t interface;
        uint8_t group[128];
        uint32_t mode, n;
        uint8_t source[2][128];
    } filter = {.interface = 1, .mode = MCAST_INCLUDE, .n = 2};
    struct sockaddr_in group = {.sin_family = AF_INET}, source = group;
    inet_pton(AF_INET, "232.1.2.3", &group.sin_addr);
    inet_pton(AF_INET, "10.0.0.1", &source.sin_addr);
    memcpy(filter.group, &group, sizeof group);
    memcpy(filter.source[0], &source, sizeof source);
    inet_pton(AF_INET, "10.0.0.2", &source.sin_addr);
    memcpy(filter.source[1], &source, sizeof source);
    CHECK(setsockopt(s, IPPROTO_IP, MCAST_MSFILTER, &filter, sizeof filter) == -1 && errno == EINVAL); /* no member */
    struct { uint32_t interface; uint8_t group[128]; } join = {.interface = 1};
    memcpy(join.group, &group, sizeof group);
    CHECK(setsockopt(s, IPPROTO_IP, MCAST_JOIN_GROUP, &join, sizeof join) == 0);
    CHECK(setsockopt(s, IPPROTO_IP, MCAST_MSFILTER, &filter, sizeof filter) == 0);
    struct { uint32_t group, interface, mode, n, source[4]; } old = {.group = group.sin_addr.s_addr, .n = 4};
    socklen_t size = sizeof old;
    old.interface = htonl(INADDR_LOOPBACK);
    CHECK(getsockopt(s, IPPROTO_IP, 41 /* IP_MSFILTER */, &old, &size) == 0);
    CHECK(old.mode == MCAST_INCLUDE && old.n == 2 && old.source[0] == inet_addr("10.0.0.1"));
    filter.n = 3; /* more than there are */
    CHECK(setsockopt(s, IPPROTO_IP, MCAST_MSFILTER, &filter, sizeof filter) == -1 && errno == EINVAL);
}

/* Waits tell what is left of their time, and do not mind if it cannot be written. */
static void test_timeouts(void)
{
    int pipes[2];
    CHECK(pipe(pipes) == 0 && write(pipes[1], "x", 1) == 1);
    struct pollfd p = {pipes[0], POLLIN, 0};
    struct time32 t32 = {100, 999999999};
    struct time64 t64 = {200, 5};
    fd_set set;
    CHECK(syscall(SYS_ppoll, &p, 1, &t32, NULL, 8) == 1);
    CHECK(t32.sec == 100 && t32.nsec < 999999999 && t32.nsec > 900000000);
    CHECK(syscall(PPOLL_TIME64, &p, 1, &t64, NULL, 8) == 1);
    CHECK(t64.sec == 199 && t64.nsec > 900000000 && t64.nsec < 1000000000);
    FD_ZERO(&set);
    FD_SET(pipes[0], &set);
    CHECK(syscall(PSELECT6_TIME64, pipes[0] + 1, &set, NULL, NULL, &t64, NULL) == 1);
    CHECK(t64.sec == 199 && t64.nsec > 800000000 && t64.nsec < 1000000000);
    struct timeval *fixed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fixed->tv_sec = 9;
    mprotect(fixed, 4096, PROT_READ);
    CHECK(syscall(SYS__newselect, pipes[0] + 1, &set, NULL, NULL, fixed) == 1 && fixed->tv_sec == 9);
    CHECK(syscall(SYS_ppoll, &p, 1, fixed, NULL, 8) == 1);
    CHECK(syscall(SYS_ppoll, &p, 1, 16, NULL, 8) == -1 && errno == EFAULT);
    t32 = (struct time32){-1, 0};
    CHECK(syscall(SYS_ppoll, &p, 1, &t32, NULL, 8) == -1 && errno == EINVAL);
    t32 = (struct time32){0, 1000000000};
    CHECK(syscall(SYS_ppoll, &p, 1, &t32, NULL, 8) == -1 && errno == EINVAL);
}

/* Sets of bits are arrays of longs of 32 bits: an odd number of them is no less and no more. */
static void test_sets(void)
{
    uint32_t cpus[4] = {CANARY, CANARY, CANARY, CANARY}, wide[32] = {0};
    long n = syscall(SYS_sched_getaffinity, 0, sizeof wide, wide);
    CHECK(n >= 4 && n % 4 == 0 && wide[0]);
    CHECK(syscall(SYS_sched_getaffinity, 0, 4, &cpus[1]) == 4);
    CHECK(cpus[0] == CANARY && cpus[1] == wide[0] && cpus[2] == CANARY);
    CHECK(syscall(SYS_sched_getaffinity, 0, 6, &cpus[1]) == -1 && errno == EINVAL);
    uint32_t one[2] = {wide[0] & -wide[0], ~0u};
    CHECK(syscall(SYS_sched_setaffinity, 0, 4, one) == 0);
    CHECK(syscall(SYS_sched_getaffinity, 0, 12, cpus) >= 4 && cpus[0] == one[0]);
    CHECK(syscall(SYS_sched_setaffinity, 0, sizeof wide, wide) == 0);
}

static void test_nodes(void)
{
    uint32_t nodes[4] = {CANARY, CANARY, CANARY, CANARY}, first[2] = {1, ~0u};
    int mode = -1, status = -1, node = -1;
    enum { BIND = 2, DEFAULT = 0, MEMS_ALLOWED = 4 };
    CHECK(syscall(SYS_get_mempolicy, &mode, &nodes[1], 33, NULL, MEMS_ALLOWED) == 0);
    CHECK(nodes[0] == CANARY && nodes[1] == 1 && nodes[2] == 0 && nodes[3] == CANARY); /* 64 bits at least */
    nodes[2] = CANARY;
    CHECK(syscall(SYS_set_mempolicy, BIND, first, 33) == 0);
    CHECK(syscall(SYS_get_mempolicy, &mode, nodes, 65, NULL, 0) == 0 && mode == BIND);
    CHECK(nodes[0] == 1 && nodes[1] == 0 && nodes[2] == CANARY);
    CHECK(syscall(SYS_set_mempolicy, DEFAULT, NULL, 0) == 0);
    void *pages[2] = {&node, (void *)16};
    int states[3] = {CANARY, CANARY, CANARY};
    CHECK(syscall(SYS_move_pages, 0, 1, pages, NULL, &status, 0) == 0 && status == 0);
    CHECK(syscall(SYS_move_pages, 0, 2, pages, NULL, states, 0) == 0);
    CHECK(states[0] == 0 && (states[1] == -EFAULT || states[1] == -ENOENT) && states[2] == CANARY);
}

/* Without IPC_64 (0x100) the structures are those of <linux/sem.h> and its like. */
struct old_perm {
    int32_t key;
    uint16_t uid, gid, cuid, cgid, mode, seq;
};

static void test_old_semaphores(void)
{
    struct {
        struct old_perm perm;
        int32_t otime, ctime;
        uint32_t unused[4];
        uint16_t n, pad;
        uint32_t after;
    } old = {.after = CANARY};
    int id = semget(IPC_PRIVATE, 3, 0640);
    CHECK(syscall(SYS_semctl, id, 0, IPC_STAT, &old) == 0);
    CHECK(old.perm.key == IPC_PRIVATE && old.perm.mode == 0640 && old.n == 3 && old.otime == 0);
    CHECK((uint32_t)time(NULL) - old.ctime < 5 && old.after == CANARY);
    old.perm.mode = 0600;
    CHECK(syscall(SYS_semctl, id, 0, IPC_SET, &old) == 0);
    struct semid_ds now;
    CHECK(semctl(id, 0, IPC_STAT, &now) == 0 && now.sem_perm.mode == 0600 && now.sem_nsems == 3);
    CHECK(semctl(id, 0, IPC_RMID) == 0);
}

static void test_old_memory(void)
{
    struct {
        struct old_perm perm;
        int32_t size, atime, dtime, ctime;
        uint16_t cpid, lpid, attached, unused;
        uint32_t unused2[2], after;
    } old = {.after = CANARY};
    struct { int32_t most, least, ids, segments, pages, after; } limits = {.after = CANARY};
    int id = shmget(IPC_PRIVATE, 5000, 0600);
    CHECK(syscall(SYS_shmctl, id, IPC_STAT, &old) == 0 && old.size == 5000 && old.attached == 0);
    CHECK(old.perm.mode == 0600 && old.cpid == (uint16_t)getpid() && old.after == CANARY);
    CHECK(syscall(SYS_shmctl, 0, IPC_INFO, &limits) >= 0 && limits.most == INT32_MAX && limits.least == 1);
    CHECK(limits.after == CANARY && shmctl(id, IPC_RMID, NULL) == 0);
}

static void test_old_messages(void)
{
    struct {
        struct old_perm perm;
        uint32_t first, last;
        int32_t stime, rtime, ctime;
        uint32_t unused[2];
        uint16_t bytes, n, most, sender, receiver, pad;
        uint32_t after;
    } old = {.after = CANARY};
    int id = msgget(IPC_PRIVATE, 0600);
    struct { long type; char text[4]; } message = {1, "abc"};
    CHECK(msgsnd(id, &message, 3, 0) == 0 && syscall(SYS_msgctl, id, IPC_STAT, &old) == 0);
    CHECK(old.n == 1 && old.bytes == 3 && old.sender == (uint16_t)getpid() && old.receiver == 0);
    CHECK((uint32_t)time(NULL) - old.stime < 5 && old.rtime == 0 && old.after == CANARY);
    CHECK(msgctl(id, IPC_RMID, NULL) == 0);
}

/* Owners of more than 16 bits. */
static void test_owners(void)
{
    struct { uint32_t dev, ino; uint16_t mode, links, uid, gid; uint32_t rest[20]; } old;
    int fd = memfd_create("owned", 0);
    if (geteuid() == 0) {
        CHECK(fchown(fd, 70000, 131072) == 0);
        CHECK(syscall(SYS_fstat, fd, &old) == 0 && old.uid == 65534 && old.gid == 65534);
    }
}

static volatile int notified;
static void on_message(union sigval value)
{
    notified = value.sival_int;
}

/* The notification by a thread: the C library passes the address of a cookie. */
static void test_notification(void)
{
    char name[32];
    struct mq_attr attr = {.mq_maxmsg = 1, .mq_msgsize = 4};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = 7};
    event.sigev_notify_function = on_message;
    snprintf(name, sizeof name, "/narrow-%d", (int)getpid());
    mqd_t q = mq_open(name, O_RDWR | O_CREAT, 0600, &attr);
    CHECK(q >= 0 && mq_unlink(name) == 0);
    CHECK(mq_notify(q, &event) == 0 && mq_send(q, "x", 1, 0) == 0);
    for (unsigned k = 0; k < 2000 && !notified; k++)
        usleep(1000);
    CHECK(notified == 7);
}

static void run_unless(int error, const char *name, void (*test)(void))
{
    if (error == ENOSYS)
        printf("ok %s # SKIP the kernel has no such call\n", name);
    else
        run(name, test);
}

int main(void)
{
    run("locks", test_locks);
    run("times of packets", test_timestamping);
    run("control data", test_control);
    run("lengths of options", test_lengths);
    run("sets at the end of memory", test_select);
    run("positions of sendfile", test_sendfile);
    run("several messages", test_several);
    run("filters", test_filter);
    run("sources of a group", test_sources);
    run("timeouts", test_timeouts);
    run("sets of CPUs", test_sets);
    run_unless(syscall(SYS_get_mempolicy, NULL, NULL, 0, NULL, 0) ? errno : 0, "sets of nodes", test_nodes);
    run("old semaphores", test_old_semaphores);
    run("old shared memory", test_old_memory);
    run("old messages", test_old_messages);
    run("owners", test_owners);
    run("a queue's thread", test_notification);
    return finish();
}
