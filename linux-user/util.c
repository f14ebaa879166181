/* SPDX-License-Identifier: MIT */
/* Small services of the folder: messages, random bytes, the end of the process. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>

#include "linux-user/linux-user.h"
#include "tcg/run/run.h"

struct lu_process lu;

void lu_log(unsigned item, const char *format, ...)
{
    va_list args;
    if (!(lu.options.log & item))
        return;
    flockfile(lu.log);
    va_start(args, format);
    vfprintf(lu.log, format, args);
    va_end(args);
    putc_unlocked('\n', lu.log);
    funlockfile(lu.log);
}

_Noreturn void lu_fatal(int status, const char *format, ...)
{
    va_list args;
    fputs("dragoman: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(status);
}

void lu_random_init(void)
{
    lu.random_state = lu.options.seed;
}

/* One step of SplitMix64 (Steele, Lea, Flood 2014) for each eight bytes. */
void lu_random(void *to, size_t n)
{
    if (!lu.options.has_seed) {
        uint8_t *p = to;
        while (n) {
            ssize_t got = getrandom(p, n < 256 ? n : 256, 0);
            if (got <= 0)
                continue;
            p += got;
            n -= got;
        }
        return;
    }
    for (size_t k = 0; k < n; k += 8) {
        uint64_t z = __atomic_add_fetch(&lu.random_state, 0x9e3779b97f4a7c15, __ATOMIC_RELAXED);
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        z ^= z >> 31;
        memcpy((uint8_t *)to + k, &z, n - k < 8 ? n - k : 8);
    }
}

void lu_at_exit(void)
{
    if (lu.tcg && lu.options.log & TCG_LOG_STATS)
        tcg_log_stats(lu.tcg);
    if (lu.log)
        fflush(lu.log);
}
