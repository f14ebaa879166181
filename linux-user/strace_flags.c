/* SPDX-License-Identifier: MIT */
/* -strace's tables of names (strace_flags.def), and how they are shown. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/stat.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>

#include "linux-user/strace_impl.h"

#define N(constant) {(uint32_t)(constant), #constant},
#define V(value, name) {value, name},
#define SET(table, unknown, ...) static const struct st_name names_##table[] = {__VA_ARGS__};
#define ENUM(table, unknown, ...) static const struct st_name names_##table[] = {__VA_ARGS__};
#include "linux-user/strace_flags.def"
#undef SET
#undef ENUM

static const struct st_table tables[] = {
#define ROW(table, is_enum, unknown)                                                               \
    {#table, is_enum, unknown, names_##table, sizeof names_##table / sizeof names_##table[0]},
#define SET(table, unknown, ...) ROW(table, false, unknown)
#define ENUM(table, unknown, ...) ROW(table, true, unknown)
#include "linux-user/strace_flags.def"
#undef SET
#undef ENUM
};

const struct st_table *st_table(const char *name, size_t length)
{
    for (unsigned k = 0; k < sizeof tables / sizeof tables[0]; k++)
        if (!strncmp(tables[k].name, name, length) && !tables[k].name[length])
            return &tables[k];
    return NULL;
}

static const char *find(const struct st_table *table, uint64_t value)
{
    for (unsigned k = 0; k < table->n; k++)
        if (table->names[k].value == value)
            return table->names[k].name;
    return NULL;
}

static void put_set(struct st *s, const struct st_table *table, uint64_t value)
{
    const char *bar = "", *none = find(table, 0);

    if (!value) {
        st_put(s, "%s", none ? none : "0");
        return;
    }
    if (none && !strncmp(none, "AT_STATX_SYNC_AS", 16) && !(value & 0x6000)) {
        st_put(s, "%s", none); /* two bits of statx's flags are a number */
        bar = "|";
    }
    for (unsigned k = 0; k < table->n; k++) {
        uint64_t bits = table->names[k].value;
        if (bits && (value & bits) == bits) {
            st_put(s, "%s%s", bar, table->names[k].name);
            bar = "|";
            value &= ~bits;
        }
    }
    if (value && *bar)
        st_put(s, "|%#llx", (unsigned long long)value);
    else if (value)
        st_put(s, "%#llx /* %s */", (unsigned long long)value, table->unknown);
}

void st_names_of(struct st *s, const struct st_table *table, uint64_t value)
{
    const char *name;

    if (!table->is_enum) {
        put_set(s, table, value);
        return;
    }
    name = find(table, (uint32_t)value);
    if (name)
        st_put(s, "%s", name);
    else if ((uint32_t)value)
        st_put(s, "%#x /* %s */", (uint32_t)value, table->unknown);
    else
        st_put(s, "0 /* %s */", table->unknown);
}

void st_names(struct st *s, const char *table, uint64_t value)
{
    st_names_of(s, st_table(table, strlen(table)), value);
}

const char *st_name(const char *table, uint64_t value)
{
    return find(st_table(table, strlen(table)), value);
}
