/* SPDX-License-Identifier: MIT */
/* Files, folders, descriptors, sockets, events, times.  Output must not depend on the CPU. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define SHOW(call)                                                                                 \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long result_ = (long)(call);                                                               \
        printf("%s: %ld %s\n", #call, result_, result_ < 0 ? strerror(errno) : "");                \
    } while (0)

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void folders(void)
{
    char *names[20], text[64] = "";
    int n = 0;
    struct stat st;
    SHOW(mkdir("sub", 0751));
    SHOW(mkdir("sub", 0751));
    SHOW(chdir("sub"));
    SHOW(close(creat("b", 0640)));
    SHOW(symlink("b", "link"));
    SHOW(link("b", "hard"));
    SHOW(rename("hard", "renamed"));
    SHOW(readlink("link", text, sizeof text));
    SHOW(truncate("b", 12345));
    SHOW(stat("link", &st));
    printf("%ld %o %ld\n", (long)st.st_size, st.st_mode, (long)st.st_nlink);
    SHOW(lstat("link", &st));
    printf("%ld %o\n", (long)st.st_size, st.st_mode);
    SHOW(fchmodat(AT_FDCWD, "b", 0444, 0));
    SHOW(access("b", R_OK));
    SHOW(open("nothing", O_RDONLY));
    SHOW(open("b", O_RDONLY | O_DIRECTORY));
    SHOW(mkfifo("fifo", 0600));
    struct timespec times[2] = {{1000000000, 5}, {1500000000, 6}};
    SHOW(utimensat(AT_FDCWD, "b", times, 0));
    SHOW(stat("b", &st));
    printf("%ld.%09ld\n", (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    DIR *dir = opendir(".");
    for (struct dirent *e; (e = readdir(dir));)
        names[n++] = strdup(e->d_name);
    closedir(dir);
    qsort(names, (size_t)n, sizeof *names, by_name);
    for (int i = 0; i < n; i++)
        printf(" %s", names[i]);
    printf("\n");
    SHOW(unlink("b"));
    SHOW(unlink("link"));
    SHOW(unlink("renamed"));
    SHOW(unlink("fifo"));
    SHOW(chdir(".."));
    SHOW(rmdir("sub"));
}

static void descriptors(void)
{
    char buffer[64] = "", other[64] = "";
    int fd = open("data", O_RDWR | O_CREAT | O_TRUNC, 0600);
    struct iovec parts[2] = {{"hello ", 6}, {"world", 5}};
    SHOW(writev(fd, parts, 2));
    SHOW(lseek(fd, -5, SEEK_END));
    SHOW(read(fd, buffer, sizeof buffer));
    SHOW(pread(fd, buffer, 4, 1));
    parts[0] = (struct iovec){buffer, 3}, parts[1] = (struct iovec){other, 30};
    SHOW(preadv(fd, parts, 2, 2));
    printf("<%s> <%s>\n", buffer, other);
    SHOW(fallocate(fd, 0, 0, 4096));
    SHOW(lseek(fd, 0, SEEK_END));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    SHOW(fcntl(fd, F_SETLK, &lock));
    SHOW(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND));
    SHOW(dup2(fd, 100));
    SHOW(fcntl(100, F_SETFD, FD_CLOEXEC));
    SHOW(fcntl(100, F_GETFD));
    SHOW(dup3(fd, fd, 0));
    SHOW(close(100));
    SHOW(close(100));
    SHOW(ioctl(fd, TCGETS, buffer));
    SHOW(syscall(100000));
    close(fd);
    unlink("data");
}

static void events(void)
{
    int ends[2], ready = 0, event = eventfd(3, EFD_NONBLOCK), timer;
    struct epoll_event wanted = {.events = EPOLLIN, .data.u64 = 0x123456789abcdef0}, got[4];
    uint64_t value = 0;
    SHOW(pipe2(ends, O_NONBLOCK));
    SHOW(read(ends[0], &ready, 1));
    int epoll = epoll_create1(0);
    SHOW(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &wanted));
    SHOW(epoll_wait(epoll, got, 4, 1000));
    printf("%x %llx\n", got[0].events, (unsigned long long)got[0].data.u64);
    SHOW(read(event, &value, 8));
    SHOW(value);
    SHOW(epoll_wait(epoll, got, 4, 0));
    SHOW(write(ends[1], "abc", 3));
    SHOW(ioctl(ends[0], FIONREAD, &ready));
    SHOW(ready);
    struct pollfd fds[2] = {{ends[0], POLLIN, 0}, {ends[1], POLLOUT, 0}};
    SHOW(poll(fds, 2, -1));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    struct timeval limit = {1, 0};
    SHOW(select(ends[0] + 1, &set, NULL, NULL, &limit));
    timer = timerfd_create(CLOCK_MONOTONIC, 0);
    struct itimerspec in = {{0, 0}, {0, 20000000}};
    SHOW(timerfd_settime(timer, 0, &in, NULL));
    SHOW(read(timer, &value, 8));
    SHOW(value);
}

static void sockets(void)
{
    int pair[2], on = 1, passed = -1;
    char buffer[32] = "", control[CMSG_SPACE(sizeof(int))] = "";
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    struct iovec data = {"fd", 2};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
                             .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(head), &pair[1], sizeof(int));
    SHOW(sendmsg(pair[0], &message, 0));
    data = (struct iovec){buffer, sizeof buffer};
    SHOW(recvmsg(pair[1], &message, 0));
    head = CMSG_FIRSTHDR(&message);
    memcpy(&passed, CMSG_DATA(head), sizeof passed);
    SHOW(write(passed, "through", 7));
    SHOW(read(pair[0], buffer, sizeof buffer));
    puts(buffer);

    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int server = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
    SHOW(bind(server, (struct sockaddr *)&address, sizeof address));
    SHOW(listen(server, 3));
    SHOW(getsockname(server, (struct sockaddr *)&address, &size));
    SHOW(connect(client, (struct sockaddr *)&address, size));
    int accepted = accept4(server, (struct sockaddr *)&address, &size, SOCK_CLOEXEC);
    SHOW(size);
    SHOW(send(client, "over TCP", 8, MSG_NOSIGNAL));
    SHOW(recv(accepted, buffer, sizeof buffer, 0));
    SHOW(shutdown(client, SHUT_WR));
    SHOW(recv(accepted, buffer, sizeof buffer, 0));
    SHOW(send(client, "x", 1, MSG_NOSIGNAL));
    size = sizeof on;
    SHOW(getsockopt(server, SOL_SOCKET, SO_TYPE, &on, &size));
    SHOW(on == SOCK_STREAM);
}

int main(void)
{
    struct rlimit limit = {64, 64};
    struct utsname name;
    struct timespec begin, end, nap = {0, 20000000};
    umask(022);
    folders();
    descriptors();
    events();
    sockets();
    SHOW(clock_gettime(CLOCK_MONOTONIC, &begin));
    SHOW(nanosleep(&nap, NULL));
    SHOW(clock_gettime(CLOCK_MONOTONIC, &end));
    SHOW((end.tv_sec - begin.tv_sec) * 1000000000 + end.tv_nsec - begin.tv_nsec >= 20000000);
    SHOW(clock_gettime(12345, &end));
    SHOW(setrlimit(RLIMIT_NOFILE, &limit));
    SHOW(dup2(1, 64));
    SHOW(uname(&name));
    printf("%s\n", name.sysname);
    return 0;
}
