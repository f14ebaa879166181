/* SPDX-License-Identifier: MIT */
/*
 * Random A64 rows: what they do under Dragoman, in each of its modes, against what they do under
 * another implementation.  usage() tells the options; fuzz.h the parts.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/fuzz/fuzz.h"

enum { MAX_MODES = 8, MAX_KINDS = 64, MAX_MINIMISED = 150, RUN_SECONDS = 60 };

static const struct mode {
    const char *name, *environment; /* what is set for the runner */
} mode_table[] = {
    {"jit", ""},
    {"one", "DRAGOMAN_ONE_INSN_PER_TB=1"},
    {"interp", "DRAGOMAN_ACCEL=interp"},
    {"shuffle", "DRAGOMAN_RA_SEED=%u"}, /* the number of the batch */
    {"avx2", "DRAGOMAN_X64_DISABLE=avx512f"},
    {"v2", "DRAGOMAN_X64_DISABLE=all"}, /* x86-64-v2, and no FP traps */
    {"checks", "DRAGOMAN_X64_DISABLE=fptrap"},
};

static struct {
    const char *rows, *guest, *runner, *peer, *modes;
    uint64_t seed;
    int64_t only;      /* one case, or -1 */
    unsigned seconds;
    unsigned reports;  /* how many differences are minimised and shown */
    bool verbose;
} opt = {.modes = "jit,one,interp,shuffle,avx2,v2,checks", .seconds = 120, .only = -1, .reports = 20};

static char *peer_argv[32], *our_argv[32];
static const struct mode *modes[MAX_MODES];
static unsigned n_modes;
static bool old_peer;

static struct batch batch;
static struct results peer_results, our_results;
static struct block blocks[BATCH];

static struct {
    uint64_t passed, failed, skipped, peer_wrong, batches;
    unsigned reports, minimised;
} total;

/* What the minimised failures had left, so that one bug is shown once. */
static struct {
    char text[200];
    unsigned count;
} kinds[MAX_KINDS];
static unsigned n_kinds;

/* --- options ---------------------------------------------------------------------------------- */

static _Noreturn void usage(const char *why)
{
    fprintf(stderr,
            "fuzz: %s\n"
            "usage: fuzz --rows FILE --guest FILE --runner CMD --peer CMD [--seconds N]\n"
            "            [--seed N]\n"
            "            [--modes jit,one,interp,shuffle,avx2,v2,checks] [--case N]\n"
            "            [--reports N] [--verbose]\n"
            "--case N runs that case of the seed alone and prints it.\n", why);
    exit(2);
}

static void split(char **argv, unsigned max, const char *command)
{
    unsigned n = 0;
    while (argv[n])
        n++;
    char *save;
    for (char *word = strtok_r(strdup(command), " ", &save); word;
         word = strtok_r(NULL, " ", &save)) {
        if (n + 1 >= max)
            usage("too long a command");
        argv[n++] = word;
    }
}

static void add_mode(const char *name)
{
    for (unsigned k = 0; k < sizeof mode_table / sizeof mode_table[0]; k++) {
        if (!strcmp(mode_table[k].name, name) && n_modes < MAX_MODES) {
            modes[n_modes++] = &mode_table[k];
            return;
        }
    }
    usage("unknown mode");
}

static void parse_options(char **argv)
{
    for (argv++; *argv; argv++) {
        const char *name = *argv, *value = argv[1];
        if (!strcmp(name, "--verbose")) {
            opt.verbose = true;
            continue;
        }
        if (!value)
            usage("an option without a value");
        argv++;
        if (!strcmp(name, "--rows"))
            opt.rows = value;
        else if (!strcmp(name, "--guest"))
            opt.guest = value;
        else if (!strcmp(name, "--runner"))
            opt.runner = value;
        else if (!strcmp(name, "--peer"))
            opt.peer = value;
        else if (!strcmp(name, "--modes"))
            opt.modes = value;
        else if (!strcmp(name, "--seconds"))
            opt.seconds = (unsigned)strtoul(value, NULL, 0);
        else if (!strcmp(name, "--seed"))
            opt.seed = strtoull(value, NULL, 0);
        else if (!strcmp(name, "--case"))
            opt.only = strtoll(value, NULL, 0);
        else if (!strcmp(name, "--reports"))
            opt.reports = (unsigned)strtoul(value, NULL, 0);
        else
            usage("unknown option");
    }
    if (!opt.rows || !opt.guest || !opt.runner || !opt.peer)
        usage("--rows, --guest, --runner and --peer are needed");
    split(peer_argv, 32, opt.peer);
    split(our_argv, 32, opt.runner);
    char *save;
    for (char *name = strtok_r(strdup(opt.modes), ",", &save); name;
         name = strtok_r(NULL, ",", &save))
        add_mode(name);
}

/* --- one run of both -------------------------------------------------------------------------- */

static void say_died(const char *who, int status, uint64_t at)
{
    if (status == -1)
        printf("%s hangs in case %" PRIu64 "\n", who, at);
    else if (WIFSIGNALED(status))
        printf("%s died of signal %d in case %" PRIu64 "\n", who, WTERMSIG(status), at);
    else
        printf("%s left with status %d in case %" PRIu64 "\n", who, WEXITSTATUS(status), at);
}

/* Which process: the peer, or Dragoman in a mode, which may depend on the batch. */
struct side {
    const char *who;
    char *const *argv;
    struct results *results;
    uint64_t index; /* of the batch */
    char environment[64];
};

static struct side peer_side(uint64_t index)
{
    return (struct side){
        .who = "the peer", .argv = peer_argv, .results = &peer_results, .index = index};
}

static struct side our_side(unsigned mode, uint64_t index)
{
    struct side s = {
        .who = "dragoman", .argv = our_argv, .results = &our_results, .index = index};
    char text[64];
    snprintf(text, sizeof text, "%s", modes[mode]->environment);
    char *number = strstr(text, "%u");
    if (number)
        snprintf(number, sizeof text - (size_t)(number - text), "%u", (unsigned)index + 1);
    memcpy(s.environment, text, sizeof text);
    return s;
}

static int start(const struct side *s, unsigned first, unsigned count)
{
    return run_start(s->argv, s->environment, opt.guest, &batch, s->results, first, count);
}

/* Runs [first, count); goes on after a case in which the process ends.  pid: the first process. */
static void finish(const struct side *s, int pid, unsigned first, unsigned count)
{
    unsigned deaths = 0;
    for (;;) {
        int status = run_wait(pid, RUN_SECONDS);
        first += results_done(s->results, first, count);
        if (first >= count)
            return;
        say_died(s->who, status, s->index * BATCH + first);
        if (++deaths > 20 || ++first >= count)
            return;
        pid = start(s, first, count);
    }
}

static void run_both(unsigned mode, uint64_t index, unsigned first, unsigned count)
{
    struct side p = peer_side(index), o = our_side(mode, index);
    int peer = start(&p, first, count), ours = start(&o, first, count);
    finish(&p, peer, first, count);
    finish(&o, ours, first, count);
}

/* --- a difference: what is left of it --------------------------------------------------------- */

/* A failing case: where it is in its batch, and how it is run. */
struct failure {
    unsigned k, mode;
    uint64_t number;
};

/* True if the block still makes a difference. */
static bool fails(const struct block *block, const struct failure *f)
{
    const unsigned k = f->k;
    const uint64_t index = f->number / BATCH;
    struct side p = peer_side(index), o = our_side(f->mode, index);
    batch_put(&batch, k, block);
    int peer = start(&p, k, k + 1), ours = start(&o, k, k + 1);
    run_wait(peer, RUN_SECONDS);
    run_wait(ours, RUN_SECONDS);
    return peer_results.r[k].done && compare(block, &peer_results.r[k], &our_results.r[k]) > 0;
}

static bool drop_group(struct block *block, unsigned group)
{
    bool any = false;
    for (unsigned k = 1; k <= block->n; k++) {
        if (block->at[k].group == group && block->code[k] != 0xd503201f) {
            block->code[k] = 0xd503201f;
            block->at[k].row = NO_ROW;
            any = true;
        }
    }
    return any;
}

/* Takes instructions out of the block as long as the difference remains. */
static bool minimise(struct block *block, const struct failure *f)
{
    if (!fails(block, f))
        return false; /* it depended on the cases before it */
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (unsigned group = 1; group <= BLOCK_MAX; group++) {
            struct block trial = *block;
            if (drop_group(&trial, group) && fails(&trial, f)) {
                *block = trial;
                smaller = true;
            }
        }
    }
    struct block trial = *block;
    trial.state.fpcr = 0;
    if (block->state.fpcr && fails(&trial, f))
        *block = trial;
    return fails(block, f);
}

/* The names of its rows: what tells one bug from another. */
static bool known_kind(const struct block *block, unsigned mode)
{
    char text[200];
    size_t used = (size_t)snprintf(text, sizeof text, "%s:", modes[mode]->name);
    for (unsigned k = 1; k <= block->n && used < sizeof text - 20; k++) {
        if (block->at[k].row != NO_ROW)
            used += (size_t)snprintf(text + used, sizeof text - used, " %s",
                                     rows[block->at[k].row].name);
    }
    for (unsigned k = 0; k < n_kinds; k++) {
        if (!strcmp(kinds[k].text, text)) {
            kinds[k].count++;
            return true;
        }
    }
    if (n_kinds < MAX_KINDS) {
        strcpy(kinds[n_kinds].text, text);
        kinds[n_kinds++].count = 1;
    }
    return false;
}

static void report(const struct failure *f)
{
    const unsigned k = f->k;
    struct block block = blocks[k];
    struct fuzz_result peer = peer_results.r[k], ours = our_results.r[k];
    if (total.reports >= opt.reports || total.minimised++ >= MAX_MINIMISED)
        return;
    bool small = minimise(&block, f);
    if (small) {
        if (known_kind(&block, f->mode) && !opt.verbose)
            return;
        peer = peer_results.r[k];
        ours = our_results.r[k];
    } else {
        block = blocks[k];
    }
    total.reports++;
    printf("FAIL: seed %" PRIu64 " case %" PRIu64 " mode %s%s\n", opt.seed, f->number,
           modes[f->mode]->name, small ? "" : " (not alone: only after the cases before it)");
    compare_print(stdout, &block, FUZZ_CODE + k * FUZZ_SLOT_BYTES, &peer, &ours);
    printf("  again: fuzz ... --seed %" PRIu64 " --case %" PRIu64 " --modes %s\n\n", opt.seed,
           f->number, modes[f->mode]->name);
    fflush(stdout);
}

/* --- batches ---------------------------------------------------------------------------------- */

/* Counts the rows that are sure to have been executed. */
static void count_rows(const struct block *block, const struct fuzz_result *r)
{
    unsigned end = block->n + 1;
    if (r->signal) {
        uint64_t slot = r->pc & ~(uint64_t)(FUZZ_SLOT_BYTES - 1);
        end = (unsigned)((r->pc - slot) / 4) + (r->signal != 4); /* SIGILL: not executed */
        if (r->pc % 4 || r->pc - FUZZ_CODE >= (uint64_t)BATCH * FUZZ_SLOT_BYTES)
            return; /* from where it got lost is not known */
    }
    for (unsigned k = 1; k < end && k <= block->n; k++) {
        if (block->at[k].row != NO_ROW && !block->at[k].maybe && !(r->ill_mask >> k & 1))
            rows[block->at[k].row].executed++;
    }
}

static void check_case(unsigned k, uint64_t number, unsigned mode)
{
    const struct fuzz_result *peer = &peer_results.r[k], *ours = &our_results.r[k];
    if (!peer->done) {
        total.skipped++;
        return;
    }
    count_rows(&blocks[k], ours);
    if (!compare(&blocks[k], peer, ours)) {
        total.passed++;
        return;
    }
    if (old_peer && special_peer_wrong(&blocks[k])) {
        total.peer_wrong++;
        return;
    }
    total.failed++;
    struct fuzz_result peer_copy = *peer, our_copy = *ours;
    report(&(struct failure){k, mode, number});
    peer_results.r[k] = peer_copy;
    our_results.r[k] = our_copy;
}

/* Reading FPSR makes Dragoman exact about it from then on, so some batches do not. */
static bool reads_fpsr(uint64_t number) { return number / BATCH / n_modes % 2; }

static void run_batch(uint64_t index)
{
    unsigned mode = (unsigned)(index % n_modes);
    for (unsigned k = 0; k < BATCH; k++) {
        uint64_t number = index * BATCH + k;
        gen_block(&blocks[k], opt.seed, number, reads_fpsr(number));
        batch_put(&batch, k, &blocks[k]);
    }
    run_both(mode, index, 0, BATCH);
    for (unsigned k = 0; k < BATCH; k++)
        check_case(k, index * BATCH + k, mode);
    total.batches++;
}

static void run_one(uint64_t number)
{
    unsigned k = (unsigned)(number % BATCH);
    gen_block(&blocks[k], opt.seed, number, reads_fpsr(number));
    for (unsigned mode = 0; mode < n_modes; mode++) {
        batch_put(&batch, k, &blocks[k]);
        run_both(mode, number / BATCH, k, k + 1);
        printf("seed %" PRIu64 " case %" PRIu64 " mode %s\n", opt.seed, number, modes[mode]->name);
        compare_print(stdout, &blocks[k], FUZZ_CODE + k * FUZZ_SLOT_BYTES, &peer_results.r[k],
                      &our_results.r[k]);
        check_case(k, number, mode);
    }
}

/* --- the end ---------------------------------------------------------------------------------- */

static unsigned print_coverage(void)
{
    unsigned never = 0;
    for (unsigned k = 0; k < n_rows; k++) {
        if (!rows[k].executed) {
            printf("FAIL: row never executed: %s\n", rows[k].name);
            never++;
        }
    }
    printf("rows: %u, never executed: %u\n", n_rows, never);
    return never;
}

static void print_kinds(void)
{
    for (unsigned k = 0; k < n_kinds; k++)
        printf("%6u times: %s\n", kinds[k].count, kinds[k].text);
}

/* Has the peer the faults of special_peer_wrong()?  `X version MAJOR...` */
static bool peer_is_old(void)
{
    char command[512], line[256] = "";
    unsigned major = 0;
    snprintf(command, sizeof command, "%s --version 2>/dev/null", peer_argv[0]);
    FILE *in = popen(command, "r");
    if (in && fgets(line, sizeof line, in)) {
        const char *at = strstr(line, "version ");
        major = at ? (unsigned)strtoul(at + 8, NULL, 10) : 0;
    }
    if (in)
        pclose(in);
    return major < SPECIAL_NEW_PEER;
}

int main(int argc, char **argv)
{
    (void)argc;
    opt.seed = (uint64_t)time(NULL);
    parse_options(argv);
    rows_read(opt.rows, NULL, 0);
    for (unsigned k = 0; k < n_rows; k++)
        rows[k].special = special_find(rows[k].name);
    old_peer = peer_is_old();
    batch_open(&batch);
    results_open(&peer_results);
    results_open(&our_results);
    unsigned never = 0;
    if (opt.only >= 0) {
        run_one((uint64_t)opt.only);
    } else {
        printf("seed %" PRIu64 ", %u s, modes %s, peer %s\n", opt.seed, opt.seconds, opt.modes,
               opt.peer);
        time_t end = time(NULL) + opt.seconds;
        for (uint64_t index = 0; time(NULL) < end || index == 0; index++)
            run_batch(index);
        print_kinds();
        never = print_coverage();
        if (total.peer_wrong)
            printf("not counted: %" PRIu64 " differences at known faults of this old peer\n",
                   total.peer_wrong);
    }
    printf("%" PRIu64 " passed, %" PRIu64 " failed, %" PRIu64 " skipped\n", total.passed,
           total.failed + never, total.skipped);
    return total.failed + never > 0;
}
