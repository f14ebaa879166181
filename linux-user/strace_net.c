/* SPDX-License-Identifier: MIT */
/* -strace's words for sockets: addresses, messages, options. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "linux-user/strace_impl.h"

/* ---- addresses ------------------------------------------------------------------------------- */

static void put_unix(struct st *s, const struct sockaddr_un *un, size_t n)
{
    size_t length = n - offsetof(struct sockaddr_un, sun_path);

    if (n <= offsetof(struct sockaddr_un, sun_path))
        return;
    st_put(s, ", sun_path=");
    if (un->sun_path[0]) {
        st_quote(s, un->sun_path, strnlen(un->sun_path, length), false);
    } else { /* abstract: the name's length counts */
        st_put(s, "@");
        st_quote(s, un->sun_path + 1, length - 1, false);
    }
}

static void put_in6(struct st *s, const struct sockaddr_in6 *in6)
{
    char text[INET6_ADDRSTRLEN];

    inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text);
    st_put(s, ", sin6_port=htons(%u), sin6_flowinfo=htonl(%u)", ntohs(in6->sin6_port),
           ntohl(in6->sin6_flowinfo));
    st_put(s, ", inet_pton(AF_INET6, \"%s\", &sin6_addr), sin6_scope_id=%u", text,
           in6->sin6_scope_id);
}

static void put_sockaddr(struct st *s, const struct sockaddr_storage *a, size_t n)
{
    const struct sockaddr_in *in = (const void *)a;
    const struct sockaddr_nl *nl = (const void *)a;
    char text[INET_ADDRSTRLEN];

    st_put(s, "{sa_family=");
    st_names(s, "af", a->ss_family);
    if (a->ss_family == AF_UNIX) {
        put_unix(s, (const void *)a, n);
    } else if (a->ss_family == AF_INET && n >= sizeof *in) {
        inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
        st_put(s, ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")", ntohs(in->sin_port), text);
    } else if (a->ss_family == AF_INET6 && n >= sizeof(struct sockaddr_in6) - 4) {
        put_in6(s, (const void *)a);
    } else if (a->ss_family == AF_NETLINK && n >= sizeof *nl) {
        st_put(s, ", nl_pid=%d, nl_groups=%08x", nl->nl_pid, nl->nl_groups);
    } else if (n > 2) {
        st_put(s, ", sa_data=");
        st_quote(s, (const char *)a + 2, n - 2, false);
    }
    st_put(s, "}");
}

static void sockaddr_at(struct st *s, uint64_t address, int64_t n)
{
    struct sockaddr_storage a = {0};

    if (n > (int64_t)sizeof a)
        n = sizeof a;
    if (n < 2)
        st_addr(s, address);
    else if (st_get(s, address, &a, n))
        put_sockaddr(s, &a, n);
}

void w_sockaddr(struct st *s, unsigned i)
{
    sockaddr_at(s, s->arg[i], (int)s->arg[i + 1]);
}

/* accept and the like: the length is behind the next argument. */
void w_osockaddr(struct st *s, unsigned i)
{
    int n;

    if (s->failed || !s->arg[i] || lu_copy_from(s->t, &n, s->arg[i + 1], sizeof n))
        st_addr(s, s->arg[i]);
    else
        sockaddr_at(s, s->arg[i], n);
}

/* `[16]`, or `[128 => 16]` where the call has changed it. */
void w_osocklen(struct st *s, unsigned i)
{
    int n;

    if (!st_get(s, s->arg[i], &n, sizeof n))
        return;
    if (!s->failed && n != s->old_length)
        st_put(s, "[%d => %d]", s->old_length, n);
    else
        st_put(s, "[%d]", n);
}

/* ---- socket() -------------------------------------------------------------------------------- */

void w_socktype(struct st *s, unsigned i)
{
    uint32_t flags = s->arg[i] & ~0xfu;

    if (!st_name("socktypes", s->arg[i] & 0xf)) {
        st_put(s, "%#x /* SOCK_??? */", (unsigned)s->arg[i]);
        return;
    }
    st_names(s, "socktypes", s->arg[i] & 0xf);
    if (flags) {
        st_put(s, "|");
        st_names(s, "sockflags", flags);
    }
}

void w_sockproto(struct st *s, unsigned i)
{
    switch ((int)s->arg[i - 2]) {
    case AF_INET:
    case AF_INET6:
        st_names(s, "ipproto", (uint32_t)s->arg[i]);
        break;
    case AF_NETLINK:
        st_names(s, "netlink", (uint32_t)s->arg[i]);
        break;
    default:
        w_d(s, i);
    }
}

/* ---- messages -------------------------------------------------------------------------------- */

static void put_cmsg_data(struct st *s, const struct cmsghdr *c, const uint8_t *data, size_t n)
{
    int fd;
    struct ucred cred;

    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
        st_put(s, ", cmsg_data=[");
        for (size_t k = 0; k + 4 <= n; k += 4) {
            memcpy(&fd, data + k, 4);
            st_put(s, k ? ", %d" : "%d", fd);
        }
        st_put(s, "]");
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS &&
               n == sizeof cred) {
        memcpy(&cred, data, sizeof cred);
        st_put(s, ", cmsg_data={pid=%d, uid=%u, gid=%u}", cred.pid, cred.uid, cred.gid);
    } else if (n) {
        st_put(s, ", cmsg_data=");
        st_quote(s, data, n, false);
    }
}

/* A control message's header has a length of the guest's size. */
static size_t guest_length(size_t host)
{
    return lu.abi->narrow ? host - 4 : host;
}

/* Returns the length that the guest has told, or is told. */
static size_t put_control(struct st *s, uint64_t address, size_t n)
{
    uint8_t bytes[1024];
    const size_t all = n, word = lu.abi->narrow ? 4 : 8;
    size_t at = 0, told = 0;

    n = n < sizeof bytes ? n : sizeof bytes;
    if (!st_get(s, address, bytes, n))
        return all;
    st_put(s, "[");
    while (at + sizeof(struct cmsghdr) <= n) {
        struct cmsghdr c;
        memcpy(&c, bytes + at, sizeof c);
        if (c.cmsg_len < sizeof c || c.cmsg_len > n - at)
            break;
        st_put(s, at ? ", {cmsg_len=%zu, cmsg_level=" : "{cmsg_len=%zu, cmsg_level=",
               guest_length(c.cmsg_len));
        st_names(s, "sollevel", c.cmsg_level);
        st_put(s, ", cmsg_type=");
        st_names(s, "scmtype", c.cmsg_type);
        put_cmsg_data(s, &c, bytes + at + sizeof c, c.cmsg_len - sizeof c);
        st_put(s, "}");
        at += CMSG_ALIGN(c.cmsg_len);
        told += (guest_length(c.cmsg_len) + word - 1) & -word;
    }
    st_put(s, "]");
    return lu.abi->narrow ? told : all;
}

void w_msghdr(struct st *s, unsigned i)
{
    struct msghdr m;

    if (s->out && s->failed && !lu_copy_from(s->t, &m, s->arg[i], sizeof m)) {
        st_put(s, "{msg_namelen=%d}", m.msg_namelen);
        return;
    }
    if (!(s->out ? st_get_out(s, s->arg[i], &m, sizeof m) : st_get(s, s->arg[i], &m, sizeof m)))
        return;
    st_put(s, "{msg_name=");
    sockaddr_at(s, (uintptr_t)m.msg_name, m.msg_name ? m.msg_namelen : 0);
    if (s->out && (int)m.msg_namelen != s->old_length)
        st_put(s, ", msg_namelen=%d => %d", s->old_length, m.msg_namelen);
    else
        st_put(s, ", msg_namelen=%d", m.msg_namelen);
    st_put(s, ", msg_iov=");
    st_iovec(s, (uintptr_t)m.msg_iov, m.msg_iovlen, s->out ? (uint64_t)s->result : UINT64_MAX);
    st_put(s, ", msg_iovlen=%zu", m.msg_iovlen);
    if (m.msg_controllen) {
        st_put(s, ", msg_control=");
        m.msg_controllen = put_control(s, (uintptr_t)m.msg_control, m.msg_controllen);
    }
    st_put(s, ", msg_controllen=%zu, msg_flags=", m.msg_controllen);
    st_names(s, "msgflags", (unsigned)m.msg_flags);
    st_put(s, "}");
}

/* ---- options --------------------------------------------------------------------------------- */

static const char *option_table(int level)
{
    switch (level) {
    case SOL_SOCKET: return "so";
    case IPPROTO_TCP: return "tcpopt";
    case IPPROTO_IP: return "ipopt";
    case IPPROTO_IPV6: return "ip6opt";
    default: return "noopt";
    }
}

static void put_option(struct st *s, const uint64_t *arg, uint64_t address, int length)
{
    bool socket = (int)arg[1] == SOL_SOCKET;
    int value, pair[2];
    struct ucred cred;

    if (socket && (int)arg[2] == SO_LINGER && length == 8) {
        if (st_get(s, address, pair, sizeof pair))
            st_put(s, "{l_onoff=%d, l_linger=%d}", pair[0], pair[1]);
    } else if (socket && (int)arg[2] == SO_PEERCRED && length == sizeof cred) {
        if (st_get(s, address, &cred, sizeof cred))
            st_put(s, "{pid=%d, uid=%u, gid=%u}", cred.pid, cred.uid, cred.gid);
    } else if (length == 4) {
        if (st_get(s, address, &value, sizeof value))
            st_put(s, "[%d]", value);
    } else {
        st_bytes(s, address, length);
    }
}

/* Level and option; value and length follow, before or after the call. */
static void put_option_name(struct st *s, unsigned i)
{
    st_names(s, "sollevel", (uint32_t)s->arg[i]);
    st_put(s, ", ");
    st_names(s, option_table(s->arg[i]), (uint32_t)s->arg[i + 1]);
}

void w_setopt(struct st *s, unsigned i)
{
    if (s->done)
        return;
    put_option_name(s, i);
    st_put(s, ", ");
    put_option(s, s->arg, s->arg[i + 2], s->arg[i + 3]);
    st_put(s, ", %d", (int)s->arg[i + 3]);
}

void w_getopt(struct st *s, unsigned i)
{
    int length;

    if (!s->done) {
        put_option_name(s, i);
        return;
    }
    if (s->failed || lu_copy_from(s->t, &length, s->arg[i + 3], sizeof length))
        st_addr(s, s->arg[i + 2]);
    else
        put_option(s, s->arg, s->arg[i + 2], length);
    st_put(s, ", ");
    w_osocklen(s, i + 3);
}
