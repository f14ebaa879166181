/* SPDX-License-Identifier: MIT */
/*
 * Inside of -strace: the line that is being made, and what the files of it share.
 *
 *   strace.c          lines, threads, results; signals and exits
 *   strace_words.def  the words of the formats in syscalls.def, with their functions
 *   strace_basic.c    numbers, strings, buffers, paths
 *   strace_struct.c   structures: stat, times, limits, signals
 *   strace_net.c      socket addresses, messages, options
 *   strace_calls.c    calls whose arguments depend on each other: fcntl, futex, ioctl, clone
 *   strace_flags.c    tables of names
 *
 * A word's function appends argument i to the line.  Guest memory that cannot be read shows as its
 * address, as does what a call that failed would have written.
 */
#ifndef LINUX_USER_STRACE_IMPL_H
#define LINUX_USER_STRACE_IMPL_H

#include "linux-user/strace.h"

struct st {
    struct lu_task *t;
    const uint64_t *arg;
    int64_t result; /* once done */
    bool done;      /* the call has returned */
    bool failed;
    bool out;       /* the word is one that the call writes */
    char *text;     /* NUL terminated, heap */
    size_t n, size;
    bool hex;       /* the result is shown in hexadecimal */
    char *note;     /* shown in parentheses after the result; heap, or NULL */
    int old_length; /* of an address or option, before the call */
};

typedef void st_word_fn(struct st *s, unsigned i);

/* ---- appending (strace.c) ---- */
void st_put(struct st *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* NULL or 0x... */
void st_addr(struct st *s, uint64_t address);
/* Reads n bytes of the guest's; if that fails, or address is 0, appends the address instead and
 * returns false. */
bool st_get(struct st *s, uint64_t address, void *to, size_t n);
/* The same for what the call has written: the address too if it failed or has not been made. */
bool st_get_out(struct st *s, uint64_t address, void *to, size_t n);

/* ---- strings (strace_basic.c) ---- */
enum { ST_STRING_MAX = 32 };
/* Quoted and escaped; `more`: followed by `...`. */
void st_quote(struct st *s, const void *bytes, size_t n, bool more);
/* n bytes of guest memory, cut after ST_STRING_MAX. */
void st_bytes(struct st *s, uint64_t address, uint64_t n);
/* A string that ends with NUL, cut after max. */
void st_cstring(struct st *s, uint64_t address, size_t max);
/* n elements of struct iovec; at most `limit` bytes of data are shown, and
 * addresses alone if the call has failed. */
void st_iovec(struct st *s, uint64_t address, uint64_t n, uint64_t limit);

/* ---- names (strace_flags.c) ---- */
struct st_table {
    const char *name;
    bool is_enum;        /* one of, not a set of bits */
    const char *unknown; /* "O_???" */
    const struct st_name {
        uint64_t value;
        const char *name;
    } *names;            /* value 0 in a set of bits names the empty set */
    unsigned n;
};
const struct st_table *st_table(const char *name, size_t length);
void st_names(struct st *s, const char *table, uint64_t value);
void st_names_of(struct st *s, const struct st_table *table, uint64_t value);
/* The name alone, or NULL. */
const char *st_name(const char *table, uint64_t value);
void st_oflags(struct st *s, uint32_t host, bool with_mode);

/* ---- (strace_calls.c) ---- */
/* Sets s->note and s->hex by the way a row's result is shown. */
void st_note(struct st *s, const char *kind);

/* ---- structures (strace_struct.c) ---- */
void st_signal(struct st *s, int sig);
void st_sigset(struct st *s, uint64_t set);
void st_siginfo(struct st *s, const siginfo_t *info);
void st_wait_status(struct st *s, int status);
void st_timespec(struct st *s, uint64_t address);
void st_sigset_at(struct st *s, uint64_t address);
void st_flock(struct st *s, uint64_t address);

/* Every word's function, w_NAME. */
#define W(word, function, when, conversion) st_word_fn w_##function;
#include "linux-user/strace_words.def"
#undef W

#endif
