/* SPDX-License-Identifier: MIT */
/*
 * What Linux's perf is told of emitted code: /tmp/perf-PID.map (-perfmap), and jit-PID.dump in the
 * working directory (-jitdump), in the format of tools/perf/Documentation/jitdump-specification.txt.
 * All with tcg->lock.  Written at once, unbuffered: a process may end at any time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "tcg/run/run.h"

struct tcg_perf {
    int map, dump;   /* -1: off */
    void *marker;    /* the dump, mapped: how perf record learns of the file */
    uint64_t index;  /* of the next record */
};

enum { MARKER_BYTES = 4096, JIT_MAGIC = 0x4a695444 /* "JiTD" */, JIT_VERSION = 1, JIT_CODE_LOAD = 0 };

struct jit_header {
    uint32_t magic, version, size, elf_machine, pad, pid;
    uint64_t time, flags;
};
struct jit_load {
    uint32_t id, size;
    uint64_t time;
    uint32_t pid, tid;
    uint64_t vma, address, code_size, index;
}; /* the name with its zero and the code follow */

/* perf record -k mono */
static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void warn(const char *name)
{
    fprintf(stderr, "dragoman: %s: %s\n", name, strerror(errno));
}

/* Opens the file, in place of the descriptor `old` if there is one. */
static int open_file(const struct tcg *tcg, const char *name, int old)
{
    /* In /tmp anyone could have put a link under that name. */
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) {
        warn(name);
        if (old >= 0)
            close(old);
        return -1;
    }
    if (old < 0)
        return tcg->opt.keep_fd ? tcg->opt.keep_fd(fd) : fd;
    dup3(fd, old, O_CLOEXEC);
    close(fd);
    return old;
}

static void put(int *fd, const struct iovec *part, int n)
{
    ssize_t want = 0;
    for (int k = 0; k < n; k++)
        want += (ssize_t)part[k].iov_len;
    if (writev(*fd, part, n) == want)
        return;
    warn("perf's file");
    close(*fd);
    *fd = -1;
}

static void put_map(struct tcg_perf *p, const uint8_t *code, size_t size, const char *name)
{
    char line[400];
    int n = snprintf(line, sizeof line, "%" PRIxPTR " %zx %s\n", (uintptr_t)code, size, name);
    struct iovec part = {line, (size_t)n};
    put(&p->map, &part, 1);
}

static void put_dump(struct tcg_perf *p, const uint8_t *code, size_t size, const char *name)
{
    struct jit_load load = {.id = JIT_CODE_LOAD, .time = now(), .pid = (uint32_t)getpid(),
                            .tid = (uint32_t)syscall(SYS_gettid), .vma = (uintptr_t)code,
                            .address = (uintptr_t)code, .code_size = size, .index = p->index++};
    struct iovec part[3] = {{&load, sizeof load}, {(char *)(uintptr_t)name, strlen(name) + 1},
                            {(uint8_t *)(uintptr_t)code, size}};
    load.size = (uint32_t)(sizeof load + part[1].iov_len + size);
    put(&p->dump, part, 3);
}

static void tell(struct tcg *tcg, const uint8_t *code, size_t size, const char *name)
{
    if (tcg->perf->map >= 0)
        put_map(tcg->perf, code, size, name);
    if (tcg->perf->dump >= 0)
        put_dump(tcg->perf, code, size, name);
}

static void tell_routines(struct tcg *tcg)
{
    tell(tcg, tcg->code.base, tcg->code_runtime, "[entry and exit]");
}

void tcg_perf_region(struct tcg *tcg, const struct tcg_region *r)
{
    char name[320];
    uint64_t start;
    const char *symbol = tcg->opt.symbol ? tcg->opt.symbol(r->pc, &start) : NULL;
    if (!symbol)
        snprintf(name, sizeof name, "%#" PRIx64 " [tier%u]", r->pc, r->tier);
    else if (start == r->pc)
        snprintf(name, sizeof name, "%.240s [tier%u]", symbol, r->tier);
    else
        snprintf(name, sizeof name, "%.240s+%#" PRIx64 " [tier%u]", symbol, r->pc - start, r->tier);
    tell(tcg, r->code, r->code_size, name);
}

static void open_dump(struct tcg *tcg)
{
    struct tcg_perf *p = tcg->perf;
    char name[64];
    struct jit_header h = {.magic = JIT_MAGIC, .version = JIT_VERSION, .size = sizeof h,
                           .elf_machine = tcg->host->elf_machine, .pid = (uint32_t)getpid(),
                           .time = now()};
    struct iovec part = {&h, sizeof h};
    snprintf(name, sizeof name, "jit-%d.dump", getpid());
    p->dump = open_file(tcg, name, p->dump);
    p->index = 0;
    if (p->dump < 0)
        return;
    put(&p->dump, &part, 1);
    p->marker = mmap(NULL, MARKER_BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE, p->dump, 0);
    if (p->marker == MAP_FAILED) {
        warn(name);
        p->marker = NULL;
    }
}

static void open_map(struct tcg *tcg)
{
    char name[64];
    snprintf(name, sizeof name, "/tmp/perf-%d.map", getpid());
    tcg->perf->map = open_file(tcg, name, tcg->perf->map);
}

void tcg_perf_open(struct tcg *tcg)
{
    if (!(tcg->opt.perfmap || tcg->opt.jitdump) || tcg->opt.accel == TCG_ACCEL_INTERP)
        return;
    tcg->perf = malloc(sizeof *tcg->perf);
    if (!tcg->perf)
        return;
    *tcg->perf = (struct tcg_perf){.map = -1, .dump = -1};
    if (tcg->opt.perfmap)
        open_map(tcg);
    if (tcg->opt.jitdump)
        open_dump(tcg);
    tell_routines(tcg);
}

/* Addresses will be used again.  In the dump, later records win; a map has no order in time, so what
 * is gone leaves it. */
void tcg_perf_flush(struct tcg *tcg)
{
    struct tcg_perf *p = tcg->perf;
    if (p->map >= 0 && !ftruncate(p->map, 0)) {
        lseek(p->map, 0, SEEK_SET);
        put_map(p, tcg->code.base, tcg->code_runtime, "[entry and exit]");
    }
}

/* The child runs what its parent has translated: files of its own begin with that. */
void tcg_perf_fork_child(struct tcg *tcg)
{
    struct tcg_perf *p = tcg->perf;
    if (p->marker)
        munmap(p->marker, MARKER_BYTES);
    p->marker = NULL;
    if (p->map >= 0)
        open_map(tcg);
    if (p->dump >= 0)
        open_dump(tcg);
    tell_routines(tcg);
    for (unsigned k = 0; k < tcg->n_regions; k++)
        if (!tcg->by_id[k]->dead)
            tcg_perf_region(tcg, tcg->by_id[k]);
}

void tcg_perf_close(struct tcg *tcg)
{
    struct tcg_perf *p = tcg->perf;
    if (p->marker)
        munmap(p->marker, MARKER_BYTES);
    if (p->map >= 0)
        close(p->map);
    if (p->dump >= 0)
        close(p->dump);
    free(p);
    tcg->perf = NULL;
}
