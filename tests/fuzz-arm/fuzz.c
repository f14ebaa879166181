/* SPDX-License-Identifier: MIT */
/*
 * Random A32, T16, T32 and VFP rows under two runners; every difference is made smaller and shown.
 *
 *   fuzz --rows FILE --guest FILE --runner COMMAND --peer COMMAND [--seconds N] [--seed N]
 *        [--tables a32,t16,t32,vfp] [--case N] [--reports N] [--ignore-fp]
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz-arm/fuzz.h"

enum { BATCH = 512, LONG_RUN = 100000 }; /* in a long run everything has its turn */

static struct {
    const char *rows, *guest, *runner, *peer;
    unsigned seconds, reports, tables;
    uint64_t seed;
    int64_t only;
    bool ignore_fp;
} options = {.seconds = 10, .reports = 5, .tables = 15, .seed = 1, .only = -1};

/* --- running ---------------------------------------------------------------------------------- */

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(2);
}

/* The descriptor of a file without a name. */
static int scratch(const char *name)
{
    int fd = memfd_create(name, 0);
    if (fd < 0)
        fail("memfd_create");
    return fd;
}

static void write_batch(int fd, const struct block *blocks, unsigned first, unsigned n)
{
    struct fuzz_header head = {.magic = FUZZ_MAGIC, .first = first, .count = n};
    head.code_offset =
        (uint32_t)(FUZZ_CASES_OFFSET + n * sizeof(struct fuzz_case) + FUZZ_PAGE - 1) &
        ~(uint32_t)(FUZZ_PAGE - 1);
    head.code_bytes = (n * FUZZ_SLOT_BYTES + FUZZ_PAGE - 1) & ~(uint32_t)(FUZZ_PAGE - 1);
    head.file_bytes = head.code_offset + head.code_bytes;
    if (ftruncate(fd, head.file_bytes))
        fail("ftruncate");
    char *m = mmap(NULL, head.file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (m == MAP_FAILED)
        fail("mmap");
    memcpy(m, &head, sizeof head);
    for (unsigned k = 0; k < n; k++) {
        memcpy(m + FUZZ_CASES_OFFSET + k * sizeof(struct fuzz_case), &blocks[k].state,
               sizeof(struct fuzz_case));
        layout_code(&blocks[k], k, (uint8_t *)m + head.code_offset + k * FUZZ_SLOT_BYTES);
    }
    munmap(m, head.file_bytes);
}

/* Runs `command guest` with the two descriptors; false if it did not end well. */
static bool run_once(const char *command, int batch, int results)
{
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (!child) {
        char *words[16], *copy = strdup(command);
        unsigned n = 0;
        for (char *w = strtok(copy, " "); w && n < 14; w = strtok(NULL, " "))
            words[n++] = w;
        words[n] = (char *)options.guest;
        words[n + 1] = NULL;
        int b = fcntl(batch, F_DUPFD, 10), r = fcntl(results, F_DUPFD, 10);
        dup2(b, 3);
        dup2(r, 4);
        alarm(60);
        execvp(words[0], words);
        _exit(127);
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Results of n blocks under `command`.  Where the runner dies the case is lost (done = 0) and the
 * rest runs again. */
static void run(const char *command, const struct block *blocks, unsigned n,
                struct fuzz_result *out)
{
    size_t bytes = n * sizeof *out;
    int results = scratch("results");
    if (ftruncate(results, (off_t)bytes))
        fail("ftruncate");
    const struct fuzz_result *m = mmap(NULL, bytes, PROT_READ, MAP_SHARED, results, 0);
    if (m == MAP_FAILED)
        fail("mmap");
    for (unsigned first = 0; first < n;) {
        int batch = scratch("batch");
        write_batch(batch, blocks, first, n);
        bool well = run_once(command, batch, results);
        close(batch);
        while (first < n && m[first].done)
            first++;
        if (well)
            break;
        first++; /* the one that it died of */
    }
    memcpy(out, m, bytes);
    munmap((void *)m, bytes);
    close(results);
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool has_row(const struct block *b, const char *const *names)
{
    for (unsigned k = 0; k < b->n; k++) {
        for (unsigned n = 0; names[n] && b->insn[k].row >= 0; n++) {
            if (!strncmp(rows[b->insn[k].row].name, names[n], strlen(names[n])))
                return true;
        }
    }
    return false;
}

static const char *const words[] = {"LDM", "STM", "LDRD", "STRD", "PUSH",
                                    "POP", "VLD", "VST",  NULL};
static const char *const lists[] = {"LDM", "POP", "LDRD", "STRD", NULL};

/* Linux does unaligned LDM, STM, LDRD and STRD for programs; the peer raises SIGBUS. */
static bool only_peer_aligns(const struct block *b, const struct fuzz_result *x,
                             const struct fuzz_result *y)
{
    return y->signal == SIGBUS && x->signal != SIGBUS && has_row(b, words);
}

/* What a list load has loaded when it faults, and STRD stored, is UNKNOWN: nothing here, some of it in
 * the peer. */
static bool faults_in_list(const struct block *b, const struct fuzz_result *x,
                           const struct fuzz_result *y)
{
    return x->signal == SIGSEGV && y->signal == SIGSEGV && x->pc == y->pc && has_row(b, lists);
}

/* Bytes of an exclusive access by its name's end; 0: it is none. */
static unsigned exclusive_bytes(const char *name)
{
    const char *at = strstr(name, "EX");
    if (!at || (strncmp(name, "LD", 2) && strncmp(name, "ST", 2)))
        return 0;
    return at[2] == 'B' ? 1 : at[2] == 'H' ? 2 : at[2] == 'D' ? 8 : 4;
}

/* A store exclusive of another size than the load's: it may succeed or fail. */
static bool mixes_exclusives(const struct block *b)
{
    unsigned seen = 0;
    for (unsigned k = 0; k < b->n; k++) {
        if (b->insn[k].row >= 0)
            seen |= exclusive_bytes(rows[b->insn[k].row].name);
    }
    return seen & (seen - 1);
}

static bool differ(const struct block *b, const struct fuzz_result *x, const struct fuzz_result *y)
{
    if (only_peer_aligns(b, x, y) || faults_in_list(b, x, y) || mixes_exclusives(b))
        return false;
    /* A store across the end of what is mapped may have written what is before it. */
    const bool torn = x->signal == SIGSEGV && x->fault_address == FUZZ_DATA + FUZZ_DATA_BYTES;
    if (x->done != y->done || x->signal != y->signal || (x->hash != y->hash && !torn) ||
        x->cpsr != y->cpsr || memcmp(x->r, y->r, sizeof x->r))
        return true;
    if (x->signal)
        return x->pc != y->pc || (x->signal_code != y->signal_code && x->signal != SIGILL) ||
               ((x->signal == 11 || x->signal == 7) && x->fault_address != y->fault_address);
    return !options.ignore_fp && (x->fpscr != y->fpscr || memcmp(x->v, y->v, sizeof x->v));
}

/* Instructions [first, last) of a slot's bytes, which are of one instruction set. */
static void disassemble_run(const char *path, unsigned from, unsigned to, bool thumb)
{
    char command[240];
    fflush(stdout);
    snprintf(
        command, sizeof command,
        "arm-linux-gnueabihf-objdump -D -b binary -m arm %s --adjust-vma=%#x --start-address=%#x "
        "--stop-address=%#x %s | sed -n '/^ /p'",
        thumb ? "-M force-thumb" : "", FUZZ_CODE, FUZZ_CODE + from, FUZZ_CODE + to, path);
    if (system(command))
        puts("  (no disassembly)");
}

static void disassemble(const struct block *b)
{
    char path[] = "/tmp/fuzz-arm-XXXXXX";
    uint8_t code[FUZZ_SLOT_BYTES];
    unsigned at[BLOCK_MAX + 1], from = 0;
    int fd = mkstemp(path);
    unsigned bytes = layout_code(b, 0, code);
    layout_places(b, at);
    if (fd < 0 || write(fd, code, bytes) != (ssize_t)bytes)
        return;
    close(fd);
    for (unsigned k = 0; k < b->n; k++) {
        const bool next = k + 1 < b->n ? b->insn[k + 1].thumb : b->ends_thumb;
        if (b->insn[k].thumb != next || k + 1 == b->n) {
            const unsigned to = at[k + 1 < b->n ? k + 1 : b->n];
            disassemble_run(path, from, to, b->insn[k].thumb);
            from = to;
        }
    }
    if (bytes > from)
        disassemble_run(path, from, bytes, b->ends_thumb);
    unlink(path);
}

static void show(const char *name, uint32_t before, uint32_t ours, uint32_t theirs, bool always)
{
    if (always || ours != theirs)
        printf("  %-8s %08x -> %08x, peer %08x%s\n", name, before, ours, theirs,
               ours != theirs ? "  <--" : "");
}

static void report(uint64_t number, const struct block *b, const struct fuzz_result *x,
                   const struct fuzz_result *y)
{
    char name[16];
    printf("case %llu, %s:\n", (unsigned long long)number, b->thumb ? "Thumb" : "A32");
    for (unsigned k = 0; k < b->n; k++)
        printf("  %0*x  %s\n", b->insn[k].bytes * 2,
               b->insn[k].bytes == 2 ? b->insn[k].word >> 16 : b->insn[k].word,
               b->insn[k].row >= 0 ? rows[b->insn[k].row].name : "-");
    disassemble(b);
    for (unsigned k = 0; k < 15; k++) {
        snprintf(name, sizeof name, "r%u", k);
        show(name, b->state.r[k], x->r[k], y->r[k], true);
    }
    show("cpsr", b->state.cpsr, x->cpsr, y->cpsr, true);
    show("memory", 0, x->hash, y->hash, false);
    show("done", 0, x->done, y->done, false);
    show("signal", 0, x->signal, y->signal, x->signal);
    show("code", 0, x->signal_code, y->signal_code, false);
    if (x->signal || y->signal) {
        show("pc", 0, x->pc, y->pc, false);
        show("address", 0, x->fault_address, y->fault_address, false);
        return;
    }
    show("fpscr", b->state.fpscr, x->fpscr, y->fpscr, false);
    for (unsigned k = 0; k < 32; k++) {
        if (x->v[k] != y->v[k])
            printf("  d%-7u %016llx -> %016llx, peer %016llx  <--\n", k,
                   (unsigned long long)b->state.v[k], (unsigned long long)x->v[k],
                   (unsigned long long)y->v[k]);
    }
}

static bool still_differs(const struct block *b, struct fuzz_result *x, struct fuzz_result *y)
{
    run(options.runner, b, 1, x);
    run(options.peer, b, 1, y);
    return differ(b, x, y);
}

/* The block without instructions [from, to). */
static struct block without(const struct block *b, unsigned from, unsigned to)
{
    struct block smaller = *b;
    memmove(&smaller.insn[from], &smaller.insn[to], (b->n - to) * sizeof b->insn[0]);
    smaller.n -= to - from;
    for (unsigned k = 0; k < smaller.n; k++) {
        struct insn *i = &smaller.insn[k];
        if (i->load && i->of >= (int)from)
            i->of = (int8_t)(i->of < (int)to ? OF_NEXT_BRANCH : i->of - (int)(to - from));
    }
    return smaller;
}

/* Leaves out what the difference does not need: instructions with what prepares them, runs. */
static void minimise(struct block *b, struct fuzz_result *x, struct fuzz_result *y)
{
    if (!still_differs(b, x, y))
        return;
    for (unsigned k = 0; k < b->n;) {
        unsigned end = k + 1;
        bool switches = b->insn[k].switches;
        for (; end < b->n && !layout_is_start(b, end); end++)
            switches |= b->insn[end].switches;
        struct block smaller = without(b, k, end);
        struct fuzz_result sx, sy;
        if (!switches && still_differs(&smaller, &sx, &sy)) {
            *b = smaller;
            *x = sx;
            *y = sy;
        } else {
            k = end;
        }
    }
    struct block once = *b;
    struct fuzz_result ox, oy;
    once.state.repeat = 1;
    if (b->state.repeat > 1 && still_differs(&once, &ox, &oy)) {
        *b = once;
        *x = ox;
        *y = oy;
    }
}

/* --- main ------------------------------------------------------------------------------------- */

static unsigned n_reports;
static uint64_t n_cases, n_signals;

static void count(const struct block *b, const struct fuzz_result *r)
{
    n_cases++;
    n_signals += r->signal != 0;
    if (!r->signal)
        cover_block(b);
    else if (r->signal == SIGTRAP || r->signal == SIGILL)
        cover_trap(b, r->pc);
}

static void run_batch(uint64_t first, unsigned n, enum table table)
{
    static struct block blocks[BATCH];
    static struct fuzz_result ours[BATCH], theirs[BATCH];
    for (unsigned k = 0; k < n; k++)
        gen_block(&blocks[k], options.seed, first + k, table);
    run(options.runner, blocks, n, ours);
    run(options.peer, blocks, n, theirs);
    for (unsigned k = 0; k < n; k++) {
        count(&blocks[k], &ours[k]);
        if (!differ(&blocks[k], &ours[k], &theirs[k]))
            continue;
        if (n_reports++ >= options.reports)
            continue;
        minimise(&blocks[k], &ours[k], &theirs[k]);
        report(first + k, &blocks[k], &ours[k], &theirs[k]);
        fflush(stdout);
    }
}

static const char *const table_names[TABLE_COUNT] = {"a32", "t16", "t32", "vfp"};

static void parse_tables(const char *list)
{
    options.tables = 0;
    for (unsigned k = 0; k < TABLE_COUNT; k++) {
        if (strstr(list, table_names[k]))
            options.tables |= 1u << k;
    }
}

static void parse(int argc, char **argv)
{
    for (int k = 1; k < argc; k++) {
        const char *o = argv[k], *v = k + 1 < argc ? argv[k + 1] : "";
        if (!strcmp(o, "--ignore-fp")) {
            options.ignore_fp = true;
            continue;
        }
        k++;
        if (!strcmp(o, "--rows"))
            options.rows = v;
        else if (!strcmp(o, "--guest"))
            options.guest = v;
        else if (!strcmp(o, "--runner"))
            options.runner = v;
        else if (!strcmp(o, "--peer"))
            options.peer = v;
        else if (!strcmp(o, "--seconds"))
            options.seconds = (unsigned)atoi(v);
        else if (!strcmp(o, "--reports"))
            options.reports = (unsigned)atoi(v);
        else if (!strcmp(o, "--seed"))
            options.seed = strtoull(v, NULL, 0);
        else if (!strcmp(o, "--case"))
            options.only = strtoll(v, NULL, 0);
        else if (!strcmp(o, "--tables"))
            parse_tables(v);
        else
            fprintf(stderr, "fuzz: unknown option %s\n", o), exit(2);
    }
}

int main(int argc, char **argv)
{
    parse(argc, argv);
    rows_read(options.rows, table_names, TABLE_COUNT);
    time_t end = time(NULL) + options.seconds;
    uint64_t at = 0;
    do {
        for (unsigned t = 0; t < TABLE_COUNT; t++) {
            if (options.tables >> t & 1)
                run_batch(options.only >= 0 ? (uint64_t)options.only : at,
                          options.only >= 0 ? 1 : BATCH, (enum table)t);
        }
        at += BATCH;
    } while (time(NULL) < end && options.only < 0 && n_reports < 1000);
    unsigned missing = options.only < 0 ? cover_report(options.tables) : 0;
    if (n_cases < LONG_RUN)
        missing = 0;
    if (missing)
        printf("FAIL: %u things never ran, see above\n", missing);
    printf("%llu cases, %llu of them ended by a signal\n%llu passed, %u failed, 0 skipped\n",
           (unsigned long long)n_cases, (unsigned long long)n_signals,
           (unsigned long long)(n_cases - n_reports), n_reports + missing);
    return n_reports || missing;
}
