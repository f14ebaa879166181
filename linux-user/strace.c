/* SPDX-License-Identifier: MIT */
/*
 * -strace: the lines.  What is in them comes from the format strings of syscalls.def, word by
 * word; see strace_impl.h.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "linux-user/narrow.h"
#include "linux-user/strace_impl.h"

/* ---- appending ------------------------------------------------------------------------------ */

static bool st_room(struct st *s, size_t n)
{
    char *text;

    if (s->n + n < s->size)
        return true;
    text = realloc(s->text, s->size * 2 + n);
    if (!text)
        return false;
    s->text = text;
    s->size = s->size * 2 + n;
    return true;
}

void st_put(struct st *s, const char *format, ...)
{
    va_list list;
    int n;

    va_start(list, format);
    n = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (n <= 0 || !st_room(s, n + 1))
        return;
    va_start(list, format);
    vsnprintf(s->text + s->n, n + 1, format, list);
    va_end(list);
    s->n += n;
}

void st_addr(struct st *s, uint64_t address)
{
    if (address && lu.abi->narrow)
        address = lu_guest_address(s->t, address);
    if (address)
        st_put(s, "0x%llx", (unsigned long long)address);
    else
        st_put(s, "NULL");
}

bool st_get(struct st *s, uint64_t address, void *to, size_t n)
{
    if (address && !lu_copy_from(s->t, to, address, n))
        return true;
    st_addr(s, address);
    return false;
}

bool st_get_out(struct st *s, uint64_t address, void *to, size_t n)
{
    if (s->done && !s->failed)
        return st_get(s, address, to, n);
    st_addr(s, address);
    return false;
}

/* ---- lines, of several threads and processes ------------------------------------------------- */

/* Shared with our children: what is on the current line of the log. */
struct shared {
    atomic_int lock;  /* thread id of the holder */
    atomic_int owner; /* thread whose call stands unfinished on the last line, 0 if none */
    atomic_int alive; /* threads that have been seen and have not ended */
};

static struct shared *shared_page(void)
{
    static struct shared *_Atomic page;
    struct shared *old = NULL, *new = page;

    if (new)
        return new;
    new = mmap(NULL, sizeof *new, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (new == MAP_FAILED)
        lu_fatal(1, "-strace: %s", strerror(errno));
    if (!atomic_compare_exchange_strong(&page, &old, new)) {
        munmap(new, sizeof *new);
        new = old;
    }
    return new;
}

/* A process that was killed with the lock does not stop the others for long. */
static void lock(struct shared *page, int tid)
{
    for (unsigned spins = 0;; spins++) {
        int free = 0;
        if (atomic_compare_exchange_weak(&page->lock, &free, tid))
            return;
        if (spins > 100000) {
            atomic_store(&page->lock, tid);
            return;
        }
        sched_yield();
    }
}

static void unlock(struct shared *page)
{
    atomic_store(&page->lock, 0);
}

static void write_all(const char *text, size_t n)
{
    int fd = fileno(lu.log);

    fflush(lu.log);
    while (n) {
        ssize_t done = write(fd, text, n);
        if (done <= 0)
            return;
        text += done;
        n -= done;
    }
}

static _Thread_local pid_t known; /* this thread, once it has been counted */

static void prefix(struct st *s, struct shared *page, pid_t tid)
{
    if (atomic_load(&page->alive) > 1)
        st_put(s, "[pid %5d] ", (int)tid);
}

/* Counts a new thread; strace says so too. */
static void count_thread(struct st *s, struct shared *page, pid_t tid)
{
    if (known == tid)
        return;
    known = tid;
    if (atomic_fetch_add(&page->alive, 1) > 0)
        st_put(s, "strace: Process %d attached\n", (int)tid);
}

static void pad_to_result(struct st *s, size_t column)
{
    enum { RESULT_COLUMN = 40 };

    st_put(s, " ");
    for (column++; column < RESULT_COLUMN; column++)
        st_put(s, " ");
}

static size_t column_of(const struct st *s)
{
    const char *line = memrchr(s->text, '\n', s->n);
    return line ? (size_t)(s->text + s->n - line - 1) : s->n;
}

/* Writes a line of its own; `body` is what follows the prefix, newline included. */
static void write_line(const char *body, bool ends_thread)
{
    struct shared *page = shared_page();
    pid_t tid = gettid();
    struct st s = {0};

    lock(page, tid);
    if (atomic_exchange(&page->owner, 0))
        st_put(&s, " <unfinished ...>\n");
    count_thread(&s, page, tid);
    prefix(&s, page, tid);
    st_put(&s, "%s", body);
    write_all(s.text, s.n);
    if (ends_thread) {
        atomic_fetch_sub(&page->alive, 1);
        known = 0;
    }
    unlock(page);
    free(s.text);
}

/* ---- arguments ------------------------------------------------------------------------------- */

enum when { IN, OUT, REST };

static const struct word {
    const char *name;
    st_word_fn *fn;
    enum when when;
} words[] = {
#define W(word, function, when, conversion) {#word, w_##function, when},
#include "linux-user/strace_words.def"
#undef W
};

static const struct word *find_word(const char *name, size_t length)
{
    for (unsigned k = 0; k < sizeof words / sizeof words[0]; k++)
        if (!strncmp(words[k].name, name, length) && !words[k].name[length])
            return &words[k];
    return NULL;
}

/* Appends argument i by the word at `name`, after a comma if need be. */
static void put_argument(struct st *s, struct lu_strace_call *call, const struct word *word,
                         const char *name, size_t length, unsigned i)
{
    size_t before, after;

    if (call->comma)
        st_put(s, ", ");
    before = s->n;
    s->out = word && word->when == OUT;
    if (word)
        word->fn(s, i);
    else if (st_table(name, length))
        st_names_of(s, st_table(name, length), s->arg[i]);
    else
        st_put(s, "%.*s?", (int)length, name); /* a mistake in syscalls.def */
    after = s->n;
    if (after != before)
        call->comma = true;
    else if (call->comma)
        s->text[s->n -= 2] = 0;
}

/* Appends arguments from call->next on: those that are known before the call, or all. */
static void put_arguments(struct st *s, struct lu_strace_call *call)
{
    while (*call->word && *call->word != '=') {
        const char *name = call->word;
        size_t length = strcspn(name, ",=");
        const struct word *word = find_word(name, length);

        if (word && word->when == OUT && !s->done) {
            if (call->comma)
                st_put(s, ", ");
            call->comma = false;
            return;
        }
        put_argument(s, call, word, name, length, call->next);
        if (word && word->when == REST && !s->done)
            return;
        call->next++;
        call->word += length + (name[length] == ',');
    }
}

/* accept and others overwrite the length of an address: what it was is shown beside it. */
static int old_length(struct lu_task *t, const char *format, const uint64_t arg[6])
{
    unsigned i = 0;
    int length = 0;

    for (const char *word = format; *word; word += strcspn(word, ","), word += *word == ',', i++) {
        if (!strncmp(word, "osocklen", 8) && arg[i])
            lu_copy_from(t, &length, arg[i], sizeof length);
        else if (!strncmp(word, "omsghdr", 7)) /* msg_namelen */
            lu_copy_from(t, &length, arg[i] + 8, sizeof length);
        else if (!strncmp(word, "osockopt", 8))
            lu_copy_from(t, &length, arg[i + 3], sizeof length);
    }
    return length;
}

void lu_strace_enter(struct lu_task *t, struct lu_strace_call *call, const struct lu_sys_row *row,
                     uint64_t nr, const uint64_t arg[6])
{
    struct st line = {0}, s = {.t = t, .arg = call->arg};
    struct shared *page = shared_page();
    pid_t tid = gettid();

    *call = (struct lu_strace_call){.row = row, .nr = nr, .word = row->format};
    memcpy(call->arg, arg, sizeof call->arg);
    if (*call->word == '!') {
        call->word++;
        return;
    }
    call->entered = true;
    call->old_length = old_length(t, row->format, arg);
    if (row->name)
        st_put(&s, "%s(", row->name);
    else
        st_put(&s, "syscall_0x%llx(", (unsigned long long)nr);
    put_arguments(&s, call);
    call->ended = strstr(row->format, "=none");
    if (call->ended) {
        st_put(&s, ")");
        pad_to_result(&s, s.n + (atomic_load(&page->alive) > 1 ? strlen("[pid 12345] ") : 0));
        st_put(&s, "= ?\n");
        write_line(s.text, false);
        lu_strace_exited(arg[0] & 0xff);
    } else {
        lock(page, tid);
        if (atomic_exchange(&page->owner, tid))
            st_put(&line, " <unfinished ...>\n");
        count_thread(&line, page, tid);
        prefix(&line, page, tid);
        st_put(&line, "%s", s.text);
        call->column = column_of(&line);
        write_all(line.text, line.n);
        unlock(page);
    }
    free(line.text);
    free(s.text);
}

/* ---- results --------------------------------------------------------------------------------- */

static void put_error(struct st *s, int64_t result)
{
    const char *name = strerrorname_np(-result);

    if (result == -LU_ERESTARTSYS)
        st_put(s, "? ERESTARTSYS (To be restarted if SA_RESTART is set)");
    else if (result == -LU_ERESTARTNOINTR)
        st_put(s, "? ERESTARTNOINTR (To be restarted)");
    else if (name)
        st_put(s, "-1 %s (%s)", name, strerrordesc_np(-result));
    else
        st_put(s, "-1 E%d", (int)-result);
}

static void put_result(struct st *s, const char *kind, int64_t result)
{
    long long value = result;

    if (result == -LU_ENORESULT)
        st_put(s, "0");
    else if (s->failed)
        put_error(s, result);
    else if (!strcmp(kind, "addr"))
        st_put(s, value ? "0x%llx" : "NULL", value);
    else if (!strcmp(kind, "hex") || s->hex || !strcmp(kind, "personality"))
        st_put(s, value ? "0x%llx" : "0", value);
    else if (!strcmp(kind, "oct"))
        st_put(s, "%#03llo", value);
    else
        st_put(s, "%lld", value);
    if (s->note)
        st_put(s, " (%.*s)", (int)strlen(s->note), s->note);
    st_put(s, "\n");
}

void lu_strace_leave(struct lu_task *t, struct lu_strace_call *call, int64_t result)
{
    bool failed = result < 0 && result >= -4095 && result != -LU_ENORESULT;
    struct st line = {0};
    struct st s = {.t = t, .arg = call->arg, .result = result, .done = true, .failed = failed};
    struct shared *page = shared_page();
    const char *kind = strchr(call->row->format, '=');
    pid_t tid = gettid();

    if (known && known != tid && !call->entered)
        return; /* a child comes out of its parent's clone() */
    s.old_length = call->old_length;
    put_arguments(&s, call);
    st_note(&s, kind ? kind + 1 : "");
    lock(page, tid);
    if (!call->entered || atomic_load(&page->owner) != tid) {
        if (atomic_load(&page->owner))
            st_put(&line, " <unfinished ...>\n");
        count_thread(&line, page, tid);
        prefix(&line, page, tid);
        st_put(&line, call->entered ? "<... %s resumed>" : "%s(", call->row->name);
        call->column = 0;
    }
    st_put(&line, "%s)", s.text ? s.text : "");
    pad_to_result(&line, call->column + column_of(&line));
    st_put(&line, "= ");
    line.failed = failed;
    line.hex = s.hex;
    line.note = s.note;
    put_result(&line, kind ? kind + 1 : "", result);
    atomic_store(&page->owner, 0);
    write_all(line.text, line.n);
    unlock(page);
    free(line.text);
    free(s.text);
    free(s.note);
}

/* ---- what is no system call ------------------------------------------------------------------ */

void lu_strace_exec(struct lu_task *t, const char *path, char *const argv[], char *const envp[],
                    uint64_t envp_address)
{
    struct st s = {.t = t};
    unsigned n = 0;

    if (!lu.options.strace)
        return;
    st_put(&s, "execve(");
    st_quote(&s, path, strlen(path), false);
    st_put(&s, ", [");
    for (unsigned k = 0; argv[k]; k++) {
        size_t length = strlen(argv[k]);
        st_put(&s, k ? ", " : "");
        st_quote(&s, argv[k], length < ST_STRING_MAX ? length : ST_STRING_MAX,
                 length > ST_STRING_MAX);
    }
    while (envp[n])
        n++;
    st_put(&s, "], 0x%llx /* %u var%s */)", (unsigned long long)(envp_address - lu.base), n,
           n == 1 ? "" : "s");
    pad_to_result(&s, s.n);
    st_put(&s, "= 0\n");
    write_line(s.text, false);
    free(s.text);
}

void lu_strace_signal(struct lu_task *t, const siginfo_t *info)
{
    struct st s = {.t = t};

    if (!lu.options.strace)
        return;
    st_put(&s, "--- ");
    st_signal(&s, info->si_signo);
    st_put(&s, " ");
    st_siginfo(&s, info);
    st_put(&s, " ---\n");
    write_line(s.text, false);
    free(s.text);
}

void lu_strace_exited(int status)
{
    char body[64];

    if (!lu.options.strace)
        return;
    snprintf(body, sizeof body, "+++ exited with %d +++\n", status);
    write_line(body, true);
}

void lu_strace_killed(int sig, bool core)
{
    struct st s = {0};

    if (!lu.options.strace)
        return;
    st_put(&s, "+++ killed by ");
    st_signal(&s, sig);
    st_put(&s, "%s +++\n", core ? " (core dumped)" : "");
    write_line(s.text, true);
    free(s.text);
}
