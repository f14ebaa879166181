/* SPDX-License-Identifier: MIT */
/* -strace's words for numbers, strings, buffers, descriptors and paths. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include "linux-user/strace_impl.h"

/* ---- numbers --------------------------------------------------------------------------------- */

void w_skip(struct st *s, unsigned i)
{
    (void)s, (void)i;
}

void w_d(struct st *s, unsigned i)
{
    st_put(s, "%d", (int)s->arg[i]);
}

void w_u(struct st *s, unsigned i)
{
    st_put(s, "%u", (unsigned)s->arg[i]);
}

void w_ld(struct st *s, unsigned i)
{
    st_put(s, "%lld", (long long)s->arg[i]);
}

void w_lu(struct st *s, unsigned i)
{
    st_put(s, "%llu", (unsigned long long)s->arg[i]);
}

void w_x(struct st *s, unsigned i)
{
    st_put(s, s->arg[i] ? "0x%llx" : "0", (unsigned long long)s->arg[i]);
}

void w_off(struct st *s, unsigned i)
{
    w_x(s, i);
}

void w_ptr(struct st *s, unsigned i)
{
    st_addr(s, s->arg[i]);
}

/* A user or group: -1 means none. */
void w_id(struct st *s, unsigned i)
{
    if ((int)s->arg[i] == -1)
        st_put(s, "-1");
    else
        w_u(s, i);
}

void w_dirfd(struct st *s, unsigned i)
{
    if ((int)s->arg[i] == AT_FDCWD)
        st_put(s, "AT_FDCWD");
    else
        w_d(s, i);
}

void w_mode(struct st *s, unsigned i)
{
    st_put(s, "%#03o", (unsigned)s->arg[i] & 0xffff);
}

void w_dev(struct st *s, unsigned i)
{
    unsigned type = s->arg[i - 1] & S_IFMT;
    dev_t dev = (uint32_t)s->arg[i];

    if (type == S_IFCHR || type == S_IFBLK)
        st_put(s, "makedev(%#x, %#x)", major(dev), minor(dev));
}

/* ---- strings --------------------------------------------------------------------------------- */

static void put_char(struct st *s, unsigned char c, bool digit_follows)
{
    static const char letters[] = "tnvfr"; /* \t is 9 */

    if (c == '"' || c == '\\')
        st_put(s, "\\%c", c);
    else if (c >= '\t' && c <= '\r')
        st_put(s, "\\%c", letters[c - '\t']);
    else if (c >= ' ' && c < 0x7f)
        st_put(s, "%c", c);
    else
        st_put(s, digit_follows ? "\\%03o" : "\\%o", c);
}

void st_quote(struct st *s, const void *bytes, size_t n, bool more)
{
    const unsigned char *c = bytes;

    st_put(s, "\"");
    for (size_t k = 0; k < n; k++)
        put_char(s, c[k], k + 1 < n && c[k + 1] >= '0' && c[k + 1] <= '9');
    st_put(s, more ? "\"..." : "\"");
}

void st_bytes(struct st *s, uint64_t address, uint64_t n)
{
    uint8_t bytes[ST_STRING_MAX];
    size_t shown = n < ST_STRING_MAX ? n : ST_STRING_MAX;

    if (!address || (shown && lu_copy_from(s->t, bytes, address, shown)))
        st_addr(s, address);
    else
        st_quote(s, bytes, shown, n > ST_STRING_MAX);
}

void st_cstring(struct st *s, uint64_t address, size_t max)
{
    char bytes[PATH_MAX];
    size_t n;

    for (n = 0; n < max; n++) {
        if (!address || lu_copy_from(s->t, &bytes[n], address + n, 1)) {
            st_addr(s, address);
            return;
        }
        if (!bytes[n])
            break;
    }
    if (n == max) { /* longer, unless it ends just here */
        char next;
        st_quote(s, bytes, n, lu_copy_from(s->t, &next, address + n, 1) || next);
    } else {
        st_quote(s, bytes, n, false);
    }
}

void w_str(struct st *s, unsigned i)
{
    st_cstring(s, s->arg[i], ST_STRING_MAX);
}

void w_path(struct st *s, unsigned i)
{
    st_cstring(s, s->arg[i], PATH_MAX - 1);
}

/* memfd_create's name is cut at 249 bytes. */
void w_memname(struct st *s, unsigned i)
{
    st_cstring(s, s->arg[i], 249);
}

/* argv: at most 32 strings are shown. */
void w_argv(struct st *s, unsigned i)
{
    uint64_t string, address = s->arg[i];

    if (!address) {
        st_put(s, "NULL");
        return;
    }
    for (unsigned k = 0; k <= ST_STRING_MAX; k++, address += sizeof string) {
        if (lu_copy_from(s->t, &string, address, sizeof string)) {
            if (!k) {
                st_addr(s, address);
                return;
            }
            st_put(s, ", ... /* 0x%llx */", (unsigned long long)address);
            break;
        }
        st_put(s, k ? "" : "[");
        if (!string)
            break;
        st_put(s, k ? ", " : "");
        if (k == ST_STRING_MAX) {
            st_put(s, "...");
            break;
        }
        st_cstring(s, string, ST_STRING_MAX);
    }
    st_put(s, "]");
}

void w_envp(struct st *s, unsigned i)
{
    uint64_t string;
    unsigned n = 0;

    st_addr(s, s->arg[i]);
    if (!s->arg[i])
        return;
    while (!lu_copy_from(s->t, &string, s->arg[i] + n * sizeof string, sizeof string) && string)
        n++;
    st_put(s, " /* %u var%s */", n, n == 1 ? "" : "s");
}

/* ---- buffers --------------------------------------------------------------------------------- */

void w_buf(struct st *s, unsigned i)
{
    st_bytes(s, s->arg[i], s->arg[i + 1]);
}

/* What the call has written: as much as its result says. */
void w_obuf(struct st *s, unsigned i)
{
    uint64_t n = s->result;

    if (s->failed || !s->arg[i])
        st_addr(s, s->arg[i]);
    else
        st_bytes(s, s->arg[i], n < s->arg[i + 1] ? n : s->arg[i + 1]);
}

void w_ostr(struct st *s, unsigned i)
{
    if (s->failed)
        st_addr(s, s->arg[i]);
    else
        st_cstring(s, s->arg[i], PATH_MAX - 1);
}

void st_iovec(struct st *s, uint64_t address, uint64_t n, uint64_t limit)
{
    struct iovec iov;

    if (!n || !address) {
        st_put(s, n ? "NULL" : "[]");
        return;
    }
    for (uint64_t k = 0; k < n; k++) {
        if (lu_copy_from(s->t, &iov, address + k * sizeof iov, sizeof iov)) {
            if (!k) {
                st_addr(s, address);
                return;
            }
            st_put(s, ", ... /* 0x%llx */", (unsigned long long)(address + k * sizeof iov));
            break;
        }
        st_put(s, k ? ", " : "[");
        if (k == ST_STRING_MAX) {
            st_put(s, "...");
            break;
        }
        st_put(s, "{iov_base=");
        if (s->failed)
            st_addr(s, (uintptr_t)iov.iov_base);
        else if (limit)
            st_bytes(s, (uintptr_t)iov.iov_base, iov.iov_len < limit ? iov.iov_len : limit);
        else if (iov.iov_base && !iov.iov_len)
            st_put(s, "\"\"");
        else
            st_put(s, iov.iov_len ? "\"\"" : "NULL");
        st_put(s, ", iov_len=%llu}", (unsigned long long)iov.iov_len);
        limit -= limit == UINT64_MAX ? 0 : iov.iov_len < limit ? iov.iov_len : limit;
    }
    st_put(s, "]");
}

void w_iov(struct st *s, unsigned i)
{
    st_iovec(s, s->arg[i], s->arg[i + 1], UINT64_MAX);
}

void w_oiov(struct st *s, unsigned i)
{
    st_iovec(s, s->arg[i], s->arg[i + 1], s->failed ? 0 : s->result);
}

/* ---- small things behind pointers ------------------------------------------------------------ */

void w_opair(struct st *s, unsigned i)
{
    int fd[2];

    if (st_get_out(s, s->arg[i], fd, sizeof fd))
        st_put(s, "[%d, %d]", fd[0], fd[1]);
}

void w_ouint(struct st *s, unsigned i)
{
    uint32_t value;

    if (st_get_out(s, s->arg[i], &value, sizeof value))
        st_put(s, "[%u]", value);
}

void w_optr(struct st *s, unsigned i)
{
    uint64_t value;

    if (st_get_out(s, s->arg[i], &value, sizeof value)) {
        st_put(s, "[");
        st_addr(s, value);
        st_put(s, "]");
    }
}

/* A file offset that the call reads and advances; what it reads is shown. */
void w_offp(struct st *s, unsigned i)
{
    int64_t value;

    if (st_get(s, s->arg[i], &value, sizeof value))
        st_put(s, "[%lld]", (long long)value);
}

/* What _llseek returns. */
void w_oloff(struct st *s, unsigned i)
{
    int64_t value;

    if (st_get_out(s, s->arg[i], &value, sizeof value))
        st_put(s, "[%lld]", (long long)value);
}

void w_groups(struct st *s, unsigned i)
{
    int n = s->done ? (int)s->result : (int)s->arg[i - 1];
    uint32_t id;

    if (s->failed || !s->arg[i] || (int)s->arg[i - 1] == 0) {
        if (s->arg[i] && !s->failed)
            st_put(s, "[]");
        else
            st_addr(s, s->arg[i]);
        return;
    }
    for (int k = 0; k < n && k < ST_STRING_MAX; k++) {
        if (lu_copy_from(s->t, &id, s->arg[i] + k * 4u, 4)) {
            if (!k)
                st_addr(s, s->arg[i]);
            return;
        }
        st_put(s, k ? ", %u" : "[%u", id);
    }
    st_put(s, n > ST_STRING_MAX ? ", ...]" : n > 0 ? "]" : "[]");
}

void w_ipckey(struct st *s, unsigned i)
{
    if (!(uint32_t)s->arg[i])
        st_put(s, "IPC_PRIVATE");
    else
        st_put(s, "%#x", (unsigned)s->arg[i]);
}
