/* SPDX-License-Identifier: MIT */
/* Sockets: streams, datagrams, addresses, options, messages with descriptors and credentials. */
#include "check.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

static void streams(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, peer;
    socklen_t n = sizeof a;
    int listener, client, server, on = 1;
    char buf[100] = "";

    CHECK((listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0);
    CHECK(fcntl(listener, F_GETFD) == FD_CLOEXEC);
    CHECK(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    CHECK(bind(listener, (void *)&a, sizeof a) == 0 && listen(listener, 5) == 0);
    CHECK(getsockname(listener, (void *)&a, &n) == 0 && n == sizeof a && a.sin_port);
    CHECK((client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)) >= 0);
    CHECK(connect(client, (void *)&a, sizeof a) == 0);
    n = sizeof peer;
    CHECK((server = accept4(listener, (void *)&peer, &n, SOCK_NONBLOCK)) >= 0 && n == sizeof peer &&
          peer.sin_family == AF_INET && peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    CHECK(fcntl(server, F_GETFL) & O_NONBLOCK);
    FAILS(EAGAIN, recv(server, buf, sizeof buf, 0));
    CHECK(send(client, "hello", 5, MSG_NOSIGNAL) == 5);
    CHECK(poll(&(struct pollfd){server, POLLIN, 0}, 1, 1000) == 1);
    CHECK(recv(server, buf, sizeof buf, MSG_PEEK) == 5 && recv(server, buf, sizeof buf, 0) == 5 &&
          !strcmp(buf, "hello"));
    CHECK(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
    n = sizeof on, on = 0;
    CHECK(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, &n) == 0 && on == 1 && n == 4);
    n = sizeof on;
    CHECK(getsockopt(client, SOL_SOCKET, SO_TYPE, &on, &n) == 0 && on == SOCK_STREAM);
    CHECK(write(client, "abc", 3) == 3 && poll(&(struct pollfd){server, POLLIN, 0}, 1, 1000) == 1);
    CHECK(ioctl(server, FIONREAD, &on) == 0 && on == 3);
    CHECK(shutdown(client, SHUT_WR) == 0 && read(server, buf, 10) == 3 && read(server, buf, 10) == 0);
    CHECK(close(client) == 0);
    signal(SIGPIPE, SIG_IGN);
    CHECK(write(server, "x", 1) == 1 || errno == ECONNRESET || errno == EPIPE);
    close(server), close(listener);
    client = socket(AF_INET, SOCK_STREAM, 0);
    FAILS(ECONNREFUSED, connect(client, (void *)&a, sizeof a));
    FAILS(EAFNOSUPPORT, socket(200, SOCK_STREAM, 0));
    FAILS(ENOTSOCK, getsockname(1, (void *)&a, &n));
    FAILS(EINVAL, accept(client, NULL, NULL));
    FAILS(EFAULT, connect(client, (void *)8, 16));
    close(client);
}

static void datagrams(void)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT}, from;
    struct timeval wait = {0, 10000};
    struct mmsghdr m[3];
    struct iovec out[3] = {{"one", 3}, {"three", 5}, {"", 0}}, in[3];
    char bufs[3][10];
    socklen_t n = sizeof a;
    int x = socket(AF_INET6, SOCK_DGRAM, 0), y;

    if (x < 0 || bind(x, (void *)&a, sizeof a)) {
        for (int k = 0; k < 6; k++)
            printf("ok: there is no IPv6\n");
        return;
    }
    y = socket(AF_INET6, SOCK_DGRAM, 0);
    CHECK(getsockname(x, (void *)&a, &n) == 0 && n == sizeof a);
    CHECK(sendto(y, "datagram", 8, 0, (void *)&a, sizeof a) == 8);
    n = sizeof from;
    CHECK(recvfrom(x, bufs[0], 4, MSG_TRUNC, (void *)&from, &n) == 8 && !memcmp(bufs[0], "data", 4) &&
          n == sizeof from && from.sin6_family == AF_INET6);
    memset(m, 0, sizeof m);
    for (int k = 0; k < 3; k++) {
        m[k].msg_hdr = (struct msghdr){.msg_name = &a, .msg_namelen = sizeof a, .msg_iov = &out[k],
                                       .msg_iovlen = 1};
        in[k] = (struct iovec){bufs[k], sizeof bufs[k]};
    }
    CHECK(sendmmsg(y, m, 3, 0) == 3 && m[1].msg_len == 5);
    for (int k = 0; k < 3; k++)
        m[k].msg_hdr = (struct msghdr){.msg_iov = &in[k], .msg_iovlen = 1};
    CHECK(recvmmsg(x, m, 3, 0, NULL) == 3 && m[0].msg_len == 3 && !memcmp(bufs[1], "three", 5) &&
          m[2].msg_len == 0);
    CHECK(setsockopt(x, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
          recv(x, bufs, 10, 0) == -1 && errno == EAGAIN);
    close(x), close(y);
}

static void unix_messages(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = "socket"}, name;
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(2 * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    } control;
    char buf[10] = "";
    struct iovec iov = {"fds", 3};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
                       .msg_controllen = CMSG_SPACE(2 * sizeof(int))};
    struct cmsghdr *c = &control.header;
    int pair[2], pipes[2], got[2], s, on = 1;
    struct ucred cred;
    socklen_t n = sizeof cred;

    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0 && pipe(pipes) == 0);
    CHECK(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &cred, &n) == 0 && cred.pid == getpid() &&
          cred.uid == getuid());
    memset(&control, 0, sizeof control);
    *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(8), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(c), pipes, 8);
    CHECK(sendmsg(pair[0], &m, 0) == 3);
    iov = (struct iovec){buf, sizeof buf};
    CHECK(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
    m.msg_controllen = sizeof control;
    CHECK(recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC) == 3 && m.msg_flags == MSG_CMSG_CLOEXEC);
    memset(got, 0, sizeof got);
    for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
        if (c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(8))
            memcpy(got, CMSG_DATA(c), 8);
    CHECK(got[1] > 2 && write(got[1], "ab", 2) == 2 && read(pipes[0], buf, 2) == 2);
    CHECK(fcntl(got[0], F_GETFD) == FD_CLOEXEC);
    CHECK((s = socket(AF_UNIX, SOCK_DGRAM, 0)) >= 0 && bind(s, (void *)&a, sizeof a) == 0);
    FAILS(EADDRINUSE, bind(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&a, sizeof a));
    n = sizeof name;
    CHECK(getsockname(s, (void *)&name, &n) == 0 && !strcmp(name.sun_path, "socket") && n == 9);
    FAILS(ENOTCONN, getpeername(s, (void *)&name, &n));
    CHECK(sendto(s, "self", 4, 0, (void *)&a, sizeof a) == 4 && recv(s, buf, 10, 0) == 4);
    close(s);
}

static void interfaces(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    struct ifconf conf = {.ifc_len = 0};
    int s = socket(AF_INET, SOCK_DGRAM, 0), route;
    struct {
        struct nlmsghdr header;
        struct rtgenmsg body;
    } ask = {{sizeof ask, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}, {AF_UNSPEC}};
    char answer[16384];

    CHECK(ioctl(s, SIOCGIFINDEX, &request) == 0 && request.ifr_ifindex == 1);
    CHECK(if_nametoindex("lo") == 1);
    CHECK(ioctl(s, SIOCGIFFLAGS, &request) == 0 && request.ifr_flags & IFF_LOOPBACK);
    CHECK(ioctl(s, SIOCGIFCONF, &conf) == 0);
    FAILS(ENODEV, (strcpy(request.ifr_name, "none0"), ioctl(s, SIOCGIFMTU, &request)));
    CHECK((route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) >= 0);
    CHECK(send(route, &ask, sizeof ask, 0) == sizeof ask);
    CHECK(recv(route, answer, sizeof answer, 0) > 0 &&
          ((struct nlmsghdr *)answer)->nlmsg_type == RTM_NEWLINK);
    close(s), close(route);
}

int main(void)
{
    check_begin();
    streams();
    datagrams();
    unix_messages();
    interfaces();
    return check_failed;
}
