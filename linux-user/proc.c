/* SPDX-License-Identifier: MIT */
/*
 * Files of /proc that must show the guest and not the translator: a row of `files` for each.  What
 * is not here (status, comm, fd...) is right as the host has it.
 */
#define _GNU_SOURCE
#include "linux-user/proc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux-user/linux-user.h"

/* ---- contents ---------------------------------------------------------------------------------- */

static void write_memory(FILE *out, uint64_t start, uint64_t end)
{
    char chunk[4096];
    while (start < end) {
        size_t n = end - start < sizeof chunk ? end - start : sizeof chunk;
        if (lu_copy_from(lu_self, chunk, start, n))
            return;
        fwrite(chunk, 1, n, out);
        start += n;
    }
}

static void write_cmdline(FILE *out)
{
    write_memory(out, lu.arg_start, lu.arg_end);
}
static void write_environ(FILE *out)
{
    write_memory(out, lu.env_start, lu.env_end);
}
static void write_auxv(FILE *out)
{
    write_memory(out, lu.auxv_start, lu.auxv_end);
}

static void write_cpuinfo(FILE *out)
{
    lu.abi->cpuinfo(out, sysconf(_SC_NPROCESSORS_ONLN));
}

struct guest_range {
    uint64_t start, end;
    int prot;
    enum lu_map_kind kind;
};

struct guest_map {
    struct guest_range *ranges;
    size_t n, max;
};

static void add_range(void *opaque, uint64_t start, uint64_t end, int prot, enum lu_map_kind kind)
{
    struct guest_map *map = opaque;
    if (map->n == map->max) {
        map->max = map->max ? map->max * 2 : 256;
        map->ranges = realloc(map->ranges, map->max * sizeof *map->ranges);
        if (!map->ranges)
            lu_fatal(1, "out of memory");
    }
    map->ranges[map->n++] = (struct guest_range){start, end, prot, kind};
}

/* A line of the host's maps. */
struct host_line {
    uint64_t start, end, offset, inode;
    unsigned major, minor;
    char perms[5];
    const char *path; /* without the newline; "" if none */
};

static bool parse_line(char *line, struct host_line *h)
{
    int used = 0;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &h->start, &h->end, h->perms, &h->offset,
               &h->major, &h->minor, &h->inode, &used) < 7)
        return false;
    h->path = line + used;
    return true;
}

static void print_part(FILE *out, const struct host_line *h, const struct guest_range *r)
{
    static const char *const names[] = {
        [LU_MAP_GROWS] = "", [LU_MAP_STACK] = "[stack]", [LU_MAP_BRK] = "[heap]", [LU_MAP_VDSO] = "[vdso]",
        [LU_MAP_SIGPAGE] = "[sigpage]",
        [LU_MAP_VECTORS] = "[vectors]"};
    uint64_t start = h->start > r->start ? h->start : r->start;
    uint64_t end = h->end < r->end ? h->end : r->end;
    const char *path = r->kind != LU_MAP_GUEST ? names[r->kind] : h->path[0] == '[' ? "" : h->path;
    int n = fprintf(out, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", start - lu.base,
                    end - lu.base,
                    r->prot & PROT_READ ? 'r' : '-', r->prot & PROT_WRITE ? 'w' : '-',
                    r->prot & PROT_EXEC ? 'x' : '-', h->perms[3],
                    h->inode ? h->offset + (start - h->start) : 0, h->major, h->minor, h->inode);
    if (path[0])
        fprintf(out, "%*s%s", n < 73 ? 73 - n : 0, "", path);
    fputc('\n', out);
}

/* Copies the lines about the guest's memory from one of the host's files that list mappings; the
 * lines that may follow each mapping's first (smaps) go with it. */
static void filter_maps(FILE *out, const char *name)
{
    struct guest_map map = {0};
    char *line = NULL;
    size_t size = 0, k = 0;
    bool guest = false;
    FILE *host = fopen(name, "re");
    if (!host)
        return;
    lu_mm_each(add_range, &map);
    while (getline(&line, &size, host) > 0) {
        struct host_line h;
        if (!parse_line(line, &h)) {
            if (guest)
                fprintf(out, "%s\n", line);
            continue;
        }
        guest = false;
        while (k < map.n && map.ranges[k].end <= h.start)
            k++;
        for (size_t j = k; j < map.n && map.ranges[j].start < h.end; j++) {
            print_part(out, &h, &map.ranges[j]);
            guest = true;
        }
    }
    free(line);
    free(map.ranges);
    fclose(host);
}

static void write_maps(FILE *out)
{
    filter_maps(out, "/proc/self/maps");
}

static void write_smaps(FILE *out)
{
    filter_maps(out, "/proc/self/smaps");
}

static void add_size(void *opaque, uint64_t start, uint64_t end, int prot, enum lu_map_kind kind)
{
    (void)prot, (void)kind;
    *(uint64_t *)opaque += end - start;
}

/* proc(5): fields count from 1; 2 is the name in parentheses, which may hold anything. */
static void write_stat(FILE *out)
{
    char text[2048];
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return;
    text[n] = '\0';
    char *rest = strrchr(text, ')');
    if (!rest)
        return;
    *rest++ = '\0';
    fprintf(out, "%s)", text);
    unsigned field = 3;
    uint64_t size = 0;
    lu_mm_each(add_size, &size);
    char *save;
    for (char *word = strtok_r(rest, " \n", &save); word; word = strtok_r(NULL, " \n", &save)) {
        const uint64_t *value = field == 26   ? &lu.code_start
                                : field == 27 ? &lu.code_end
                                : field == 28 ? &lu.start_stack
                                : field == 45 ? &lu.data_start
                                : field == 46 ? &lu.data_end
                                : field == 47 ? &lu.start_brk
                                : field == 48 ? &lu.arg_start
                                : field == 49 ? &lu.arg_end
                                : field == 50 ? &lu.env_start
                                : field == 51 ? &lu.env_end
                                              : NULL;
        if (field == 23) /* the translator's own memory is more than 32 bits hold */
            fprintf(out, " %lu", size);
        else if (value)
            fprintf(out, " %lu", *value - lu.base);
        else
            fprintf(out, " %s", word);
        field++;
    }
    fputc('\n', out);
}

/* ---- names -------------------------------------------------------------------------------------- */

static const struct proc_file {
    const char *name; /* below /proc/self, or below /proc if `global` */
    bool global;
    void (*write)(FILE *out); /* NULL: exe */
} files[] = {
    {"exe", false, NULL},
    {"maps", false, write_maps},
    {"smaps", false, write_smaps},
    {"cmdline", false, write_cmdline},
    {"environ", false, write_environ},
    {"auxv", false, write_auxv},
    {"stat", false, write_stat},
    {"cpuinfo", true, write_cpuinfo},
};

/* p, behind "task/": behind the number of a thread of ours, or NULL.  One's own "stat" is the host's, but
 * for the first thread's. */
static const char *skip_thread(const char *p)
{
    char *end, name[64];
    const long tid = strtol(p, &end, 10);
    if (*end != '/')
        return NULL;
    if (tid == getpid())
        return end + 1;
    snprintf(name, sizeof name, "/proc/self/task/%ld", tid);
    return access(name, F_OK) || !strcmp(end + 1, "stat") ? NULL : end + 1;
}

/* Skips "self/", "thread-self/" or our own pid, and "task/TID/" after it. */
static const char *skip_self(const char *p)
{
    char *end;
    if (!strncmp(p, "self/", 5)) {
        p += 5;
    } else if (!strncmp(p, "thread-self/", 12)) {
        p += 12;
    } else if (isdigit((unsigned char)*p)) {
        if (strtol(p, &end, 10) != getpid() || *end != '/')
            return NULL;
        p = end + 1;
    } else {
        return NULL;
    }
    return !strncmp(p, "task/", 5) && isdigit((unsigned char)p[5]) ? skip_thread(p + 5) : p;
}

static const struct proc_file *find(const char *path)
{
    if (strncmp(path, "/proc/", 6))
        return NULL;
    path += 6;
    const char *self = skip_self(path);
    for (unsigned k = 0; k < sizeof files / sizeof files[0]; k++) {
        const char *name = files[k].global ? path : self;
        if (name && !strcmp(name, files[k].name))
            return &files[k];
    }
    return NULL;
}

/* The same for a path that may be relative to dirfd. */
static const struct proc_file *find_at(int dirfd, const char *path)
{
    char link[64], full[PATH_MAX];
    if (path[0] == '/')
        return find(path);
    /* Is its last part one of ours at all?  Few are. */
    const char *last = strrchr(path, '/');
    unsigned k = 0;
    for (last = last ? last + 1 : path; k < sizeof files / sizeof files[0]; k++) {
        if (!strcmp(last, files[k].name))
            break;
    }
    if (k == sizeof files / sizeof files[0])
        return NULL;
    snprintf(link, sizeof link, dirfd == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", dirfd);
    ssize_t n = readlink(link, full, sizeof full - 1);
    if (n <= 0 || n + strlen(path) + 2 > sizeof full)
        return NULL;
    full[n++] = '/';
    strcpy(full + n, path);
    return find(full);
}

bool lu_proc_is_exe(const char *path)
{
    const struct proc_file *file = find(path);
    return file && !file->write;
}

int64_t lu_proc_open(struct lu_task *t, int dirfd, const char *path, int flags)
{
    (void)t;
    const struct proc_file *file = find_at(dirfd, path);
    if (!file || (!file->write && flags & O_NOFOLLOW) || flags & O_PATH)
        return -LU_NOT_OURS;
    if (!file->write)
        return lu_host_syscall(SYS_openat, AT_FDCWD, lu.exe, flags, 0);
    if ((flags & O_ACCMODE) != O_RDONLY)
        return -EACCES;
    int fd = memfd_create(file->name, MFD_CLOEXEC);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w+");
    if (!out) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return -error;
    }
    file->write(out);
    fflush(out);
    /* A descriptor of its own, which can only be read. */
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int64_t result =
        lu_host_syscall(SYS_openat, AT_FDCWD, link, flags & (O_CLOEXEC | O_NONBLOCK), 0);
    fclose(out);
    return result;
}

int64_t lu_proc_readlink(struct lu_task *t, int dirfd, const char *path, char *buf, size_t size)
{
    (void)t;
    const struct proc_file *file = find_at(dirfd, path);
    if (!file || file->write)
        return -LU_NOT_OURS;
    size_t n = strlen(lu.exe);
    n = n < size ? n : size;
    memcpy(buf, lu.exe, n);
    return n;
}
