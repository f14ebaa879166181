/* SPDX-License-Identifier: MIT */
/* Calls about sockets, for the comparison of -strace with strace. */
#include "calls.h"

#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(void)
{
    static char buf[5000];
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(80),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_un u = {AF_UNIX, "nosocket"};
    struct sockaddr_nl nl = {.nl_family = AF_NETLINK};
    int listener, client, server, pair[2], on = 1, value, n;

    BEGIN;
    listener = S(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    S(socket, AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_UDP);
    S(socket, 99, 77, 5);
    S(socket, 99, 5, 5);
    S(setsockopt, listener, SOL_SOCKET, SO_REUSEADDR, &on, 4);
    S(setsockopt, listener, IPPROTO_TCP, TCP_NODELAY, &on, 4);
    S(setsockopt, listener, IPPROTO_IP, IP_TTL, &on, 4);
    n = 4;
    S(getsockopt, listener, SOL_SOCKET, SO_ERROR, &value, &n);
    n = 100;
    S(getsockopt, listener, SOL_SOCKET, SO_TYPE, buf, &n);
    n = 8;
    S(getsockopt, listener, SOL_SOCKET, SO_LINGER, buf, &n);
    S(getsockopt, listener, SOL_SOCKET, 999, buf, &n);
    S(bind, listener, &a, 16);
    n = sizeof buf;
    S(getsockname, listener, &a, &n);
    S(listen, listener, 5);
    client = S(socket, AF_INET, SOCK_STREAM, IPPROTO_TCP);
    S(connect, client, &a, 16);
    n = 16;
    server = S(accept4, listener, buf, &n, SOCK_CLOEXEC);
    S(accept4, 99, 0, 0, SOCK_NONBLOCK);
    S(sendto, client, "hi there", 8, MSG_NOSIGNAL, 0, 0);
    S(recvfrom, server, buf, 100, 0, 0, 0);
    S(recvfrom, server, buf, 100, MSG_DONTWAIT | MSG_PEEK, 0, 0);
    S(shutdown, client, SHUT_WR);
    client = S(socket, AF_UNIX, SOCK_DGRAM, 0);
    S(connect, client, &u, sizeof u);
    u.sun_path[0] = 0;
    S(connect, client, &u, 11);
    S(bind, client, &u, 2);
    S(connect, client, &a6, 28);
    client = S(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    S(bind, client, &nl, 12);
    S(socketpair, AF_UNIX, SOCK_STREAM, 0, pair);

    struct iovec io = {"data", 4};
    union {
        struct cmsghdr c;
        char bytes[CMSG_SPACE(4)];
    } control = {.c = {CMSG_LEN(4), SOL_SOCKET, SCM_RIGHTS}};
    struct msghdr m = {0, 0, &io, 1, &control, sizeof control, 0};
    memcpy(CMSG_DATA(&control.c), &on, 4);
    S(sendmsg, pair[0], &m, MSG_NOSIGNAL);
    io = (struct iovec){buf, 100};
    m.msg_name = buf + 200, m.msg_namelen = 100;
    S(recvmsg, pair[1], &m, MSG_CMSG_CLOEXEC);
    S(recvmsg, 99, &m, 0);
    m = (struct msghdr){.msg_iov = &io, .msg_iovlen = 1};
    io.iov_len = 40;
    S(sendmsg, pair[0], &m, 0);
    S(exit_group, 0);
}
