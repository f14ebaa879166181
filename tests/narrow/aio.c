/* SPDX-License-Identifier: MIT */
/* Linux's asynchronous I/O: handles, requests, vectors and events as a 32-bit kernel has them
 * (linux/aio_abi.h, io_setup(2)...). */
#define _GNU_SOURCE
#include "check.h"

#include <linux/aio_abi.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum { IO_GETEVENTS_TIME32 = 245, IO_PGETEVENTS_TIME64 = 416, RING_MAGIC = 0xa10a10a1 };

struct time64 {
    int64_t sec, nsec;
};

static uint32_t new_context(void)
{
    uint32_t context[3] = {77, 0, 78};
    CHECK(syscall(SYS_io_setup, 20, &context[1]) == 0 && context[1]);
    CHECK(context[0] == 77 && context[2] == 78); /* the handle is a long of the guest's */
    return context[1];
}

static struct iocb request(int op, int fd, const void *at, size_t n, uint64_t tag)
{
    return (struct iocb){.aio_lio_opcode = op, .aio_fildes = fd, .aio_buf = (uintptr_t)at,
                         .aio_nbytes = n, .aio_data = tag};
}

/* Waits for one event, which must be this request's. */
static int64_t finished(uint32_t context, const struct iocb *of)
{
    struct io_event e[2] = {{.res = -1}, {.obj = 0x55}};
    CHECK(syscall(IO_GETEVENTS_TIME32, context, 1, 1, e, NULL) == 1);
    CHECK(e[0].obj == (uintptr_t)of && e[0].data == of->aio_data);
    CHECK(e[1].obj == 0x55);
    return e[0].res;
}

static void test_requests(void)
{
    char text[] = "asynchronous", read_back[16] = "";
    uint32_t context = new_context();
    int fd = memfd_create("aio", 0);
    struct iocb out = request(IOCB_CMD_PWRITE, fd, text, 12, UINT64_C(0x123456789abcdef0));
    struct iocb in = request(IOCB_CMD_PREAD, fd, read_back, 16, 2), *list[] = {&out, &in};
    const struct iocb before = out;
    CHECK(syscall(SYS_io_submit, context, 1, &list[0]) == 1 && finished(context, &out) == 12);
    CHECK(out.aio_buf == before.aio_buf && out.aio_nbytes == before.aio_nbytes);
    in.aio_offset = 1;
    CHECK(syscall(SYS_io_submit, context, 1, &list[1]) == 1 && finished(context, &in) == 11);
    CHECK(!strcmp(read_back, "synchronous") && in.aio_buf == (uintptr_t)read_back);
    CHECK(syscall(SYS_io_destroy, context) == 0);
    CHECK(syscall(SYS_io_destroy, context) == -1 && errno == EINVAL);
}

static void test_vectors(void)
{
    char a[4] = "abc", b[4] = "xyz", x[3] = "", y[4] = "";
    uint32_t context = new_context();
    int fd = memfd_create("aio", 0);
    struct iovec from[] = {{a, 3}, {b, 3}}, to[] = {{x, 2}, {y, 3}};
    struct iocb out = request(IOCB_CMD_PWRITEV, fd, from, 2, 3), in = request(IOCB_CMD_PREADV, fd, to, 2, 4);
    struct iocb *list[] = {&out, &in};
    CHECK(syscall(SYS_io_submit, context, 1, &list[0]) == 1 && finished(context, &out) == 6);
    CHECK(syscall(SYS_io_submit, context, 1, &list[1]) == 1 && finished(context, &in) == 5);
    CHECK(!memcmp(x, "ab", 2) && !memcmp(y, "cxy", 3));
    CHECK(out.aio_buf == (uintptr_t)from && in.aio_buf == (uintptr_t)to);
    to[1].iov_len = 0x80000000; /* as read() has it: no ssize_t */
    CHECK(syscall(SYS_io_submit, context, 1, &list[1]) == -1 && errno == EINVAL);
    CHECK(readv(fd, to, 2) == -1 && errno == EINVAL);
    struct msghdr message = {.msg_iov = to, .msg_iovlen = 2};
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    CHECK(recvmsg(pair[0], &message, MSG_DONTWAIT) == -1 && errno == EINVAL);
    in.aio_buf = 16;
    CHECK(syscall(SYS_io_submit, context, 1, &list[1]) == -1 && errno == EFAULT && in.aio_buf == 16);
    in.aio_nbytes = 1025;
    CHECK(syscall(SYS_io_submit, context, 1, &list[1]) == -1 && errno == EINVAL);
}

/* More than go in one piece; the list ends in an address that is none. */
static void test_many(void)
{
    enum { N = 150 };
    static struct iocb requests[N], *list[N + 1];
    uint32_t context = 0, seen[N] = {0};
    int fd = memfd_create("aio", 0);
    CHECK(ftruncate(fd, 1) == 0 && syscall(SYS_io_setup, 400, &context) == 0);
    char byte;
    for (unsigned k = 0; k < N; k++) {
        requests[k] = request(IOCB_CMD_PREAD, fd, &byte, 1, k);
        list[k] = &requests[k];
    }
    list[N] = (void *)16;
    CHECK(syscall(SYS_io_submit, context, N + 1, list) == N);
    for (unsigned k = 0; k < N;) {
        struct io_event e[100];
        long n = syscall(IO_GETEVENTS_TIME32, context, 1, 100, e, NULL);
        CHECK(n > 0 && n <= 100);
        if (n <= 0)
            break;
        for (long j = 0; j < n; j++, k++) {
            CHECK(e[j].data < N && e[j].obj == (uintptr_t)list[e[j].data] && e[j].res == 1);
            seen[e[j].data]++;
        }
    }
    for (unsigned k = 0; k < N; k++)
        CHECK(seen[k] == 1);
    CHECK(syscall(SYS_io_submit, context, 1, &list[N]) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_io_submit, context, 1, 16) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_io_submit, context, -1, list) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_io_submit, context, 0, list) == 0);
}

static void test_waiting(void)
{
    uint32_t context = new_context();
    int pipes[2], told = eventfd(0, EFD_NONBLOCK);
    uint64_t count = 0;
    struct io_event e;
    struct timespec short_time = {0, 1000000};
    struct time64 zero = {0, 0};
    sigset_t set;
    sigemptyset(&set);
    struct { sigset_t *set; size_t size; } mask = {&set, 8};
    CHECK(pipe(pipes) == 0);
    struct iocb wait = request(IOCB_CMD_POLL, pipes[0], NULL, 0, 9), *list[] = {&wait};
    wait.aio_buf = POLLIN;
    wait.aio_flags = IOCB_FLAG_RESFD;
    wait.aio_resfd = told;
    CHECK(syscall(SYS_io_submit, context, 1, list) == 1 && wait.aio_buf == POLLIN);
    CHECK(syscall(IO_GETEVENTS_TIME32, context, 1, 1, &e, &short_time) == 0);
    CHECK(syscall(IO_PGETEVENTS_TIME64, context, 1, 1, &e, &zero, &mask) == 0);
    CHECK(syscall(IO_GETEVENTS_TIME32, context, -1, 1, &e, NULL) == -1 && errno == EINVAL);
    CHECK(read(told, &count, 8) == -1 && errno == EAGAIN);
    CHECK(write(pipes[1], "x", 1) == 1);
    CHECK(syscall(IO_PGETEVENTS_TIME64, context, 1, 1, &e, NULL, &mask) == 1);
    CHECK(e.obj == (uintptr_t)&wait && e.data == 9 && e.res & POLLIN);
    CHECK(read(told, &count, 8) == 8 && count == 1);
}

static int is_mapped(uint32_t address)
{
    int fd = memfd_create("probe", 0), result;
    result = write(fd, (void *)(uintptr_t)address, 1) == 1;
    close(fd);
    return result;
}

/* The ring of events is the guest's memory, where libraries look for its mark and its ends. */
static void test_ring(void)
{
    uint32_t context = new_context(), nothing = 0, used = 1;
    const volatile uint32_t *ring = (void *)(uintptr_t)context;
    int fd = memfd_create("aio", 0);
    char byte;
    struct iocb in = request(IOCB_CMD_PREAD, fd, &byte, 1, 5), *list[] = {&in};
    CHECK(ring[4] == RING_MAGIC && ring[1] >= 20 && ring[2] == ring[3]);
    CHECK(syscall(SYS_io_submit, context, 1, list) == 1);
    CHECK(ring[2] + 1 == ring[3] && finished(context, &in) == 0 && ring[2] == ring[3]);
    CHECK(syscall(SYS_io_destroy, context) == 0 && !is_mapped(context));
    void *again = mmap((void *)ring, 4096, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CHECK(again == (void *)ring && is_mapped(context));
    CHECK(syscall(SYS_io_destroy, context) == -1 && errno == EINVAL && is_mapped(context));
    *(uint32_t *)(again + 16) = RING_MAGIC; /* a forged one */
    CHECK(syscall(SYS_io_destroy, context) == -1 && errno == EINVAL && is_mapped(context));
    CHECK(syscall(SYS_io_setup, 1, &used) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_io_setup, 0, &nothing) == -1 && errno == EINVAL && nothing == 0);
    CHECK(syscall(SYS_io_setup, 1, 16) == -1 && errno == EFAULT);
}

int main(void)
{
    uint32_t context = 0;
    if (syscall(SYS_io_setup, 1, &context) && errno == ENOSYS) {
        puts("ok aio # SKIP the kernel has no asynchronous I/O");
        return 0;
    }
    run("requests", test_requests);
    run("vectors", test_vectors);
    run("many requests", test_many);
    run("waiting", test_waiting);
    run("the ring", test_ring);
    return finish();
}
