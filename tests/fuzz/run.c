/* SPDX-License-Identifier: MIT */
/* Batches and results as shared files, and the processes that run them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum { GUEST_BATCH_FD = 3, GUEST_RESULTS_FD = 4 };

static void *open_shared(const char *name, size_t bytes, int *fd)
{
    *fd = memfd_create(name, MFD_CLOEXEC);
    void *at = MAP_FAILED;
    if (*fd >= 0 && ftruncate(*fd, (off_t)bytes) == 0)
        at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (at == MAP_FAILED) {
        perror("fuzz: memory of a batch");
        exit(2);
    }
    return at;
}

void batch_open(struct batch *b)
{
    size_t code_bytes = (size_t)BATCH * FUZZ_SLOT_BYTES;
    size_t code_offset = FUZZ_CASES_OFFSET + (size_t)BATCH * sizeof(struct fuzz_state);
    code_offset = (code_offset + FUZZ_PAGE - 1) & ~(size_t)(FUZZ_PAGE - 1);
    b->bytes = code_offset + code_bytes;
    b->head = open_shared("fuzz-batch", b->bytes, &b->fd);
    b->cases = (struct fuzz_state *)((char *)b->head + FUZZ_CASES_OFFSET);
    b->code = (uint32_t *)((char *)b->head + code_offset);
    *b->head = (struct fuzz_header){.magic = FUZZ_MAGIC,
                                    .file_bytes = b->bytes,
                                    .code_offset = code_offset,
                                    .code_bytes = code_bytes};
}

void results_open(struct results *r)
{
    r->r = open_shared("fuzz-results", BATCH * sizeof *r->r, &r->fd);
}

void batch_put(struct batch *b, unsigned k, const struct block *block)
{
    b->cases[k] = block->state;
    memcpy(b->code + k * FUZZ_SLOT_WORDS, block->code, FUZZ_SLOT_BYTES);
}

static _Noreturn void child(char *const *argv, const char *environment, int batch, int results)
{
    if (*environment && putenv((char *)environment))
        _exit(126);
    /* Both descriptors may be one of the wanted numbers: out of the way first. */
    batch = fcntl(batch, F_DUPFD, 10);
    results = fcntl(results, F_DUPFD, 10);
    if (batch < 0 || results < 0 || dup2(batch, GUEST_BATCH_FD) < 0 ||
        dup2(results, GUEST_RESULTS_FD) < 0)
        _exit(126);
    close(batch);
    close(results);
    execvp(argv[0], argv);
    fprintf(stderr, "fuzz: %s: %s\n", argv[0], strerror(errno));
    _exit(126);
}

int run_start(char *const *argv, const char *environment, const char *guest,
              const struct batch *b, struct results *r, unsigned first, unsigned count)
{
    char *full[64];
    unsigned n = 0;
    for (; argv[n] && n < 62; n++)
        full[n] = argv[n];
    full[n++] = (char *)guest;
    full[n] = NULL;
    b->head->first = first;
    b->head->count = count;
    memset(r->r + first, 0, (count - first) * sizeof *r->r);
    fflush(NULL);
    int pid = fork();
    if (pid < 0) {
        perror("fuzz: fork");
        exit(2);
    }
    if (pid == 0)
        child(full, environment, b->fd, r->fd);
    return pid;
}

int run_wait(int pid, unsigned seconds)
{
    const struct timespec nap = {.tv_nsec = 1000000};
    time_t end = time(NULL) + seconds + 1;
    int status;
    while (time(NULL) < end) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return status;
        nanosleep(&nap, NULL);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return -1;
}

unsigned results_done(const struct results *r, unsigned first, unsigned count)
{
    unsigned k = first;
    while (k < count && r->r[k].done)
        k++;
    return k - first;
}
