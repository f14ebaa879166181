/* SPDX-License-Identifier: MIT */
/*
 * What -d stats, -perfmap and -jitdump say of regions, compared with the regions: also after fork and
 * after a flush.
 *
 *   seeing FOLDER        where jit-PID.dump may be written
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tcg/run/run.h"
#include "tests/codegen/guest_code.h"

static unsigned passed, failed;

static void check(bool ok, const char *what)
{
    passed += ok;
    failed += !ok;
    if (!ok)
        printf("not ok: %s\n", what);
}

/* 1: mrs x3, cntvct_el0; frecpx s0, s1; subs x0, x0, #1; b.ne 1b */
static const struct row slow = {
    .text = "slow", .n_words = 4, .word = {0xd53be043, 0x5ea1f820, 0xf1000400, 0x54ffffa1}};
/* 1: add x3, x3, x0; subs x0, x0, #1; b.ne 1b */
static const struct row quick = {
    .text = "quick", .n_words = 3, .word = {0x8b000063, 0xf1000400, 0x54ffffc1}};

/* adr x1, 2f; 1: subs x0, x0, #1; b.eq 3f; br x1; 2: b 1b; 3: which no graph can take in */
static const struct row indirect = {
    .text = "indirect", .n_words = 5,
    .word = {0x10000081, 0xf1000400, 0x54000060, 0xd61f0020, 0x17fffffd}};

static void run(struct a64_cpu *cpu, uint64_t at, uint64_t n)
{
    guest_set(cpu, at, n);
    guest_run(cpu);
}

/* --- -d stats ----------------------------------------------------------------------------------- */

static bool says(const char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool says(const char *text, const char *format, ...)
{
    char line[200];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    return strstr(text, line) != NULL;
}

/* What is said of a hundred rounds, in *regions and *bytes what was made. */
static const char *stats_of(enum tcg_tier tier, const struct row *row, unsigned rounds,
                            unsigned *regions, uint64_t *bytes)
{
    static char text[8192];
    FILE *out = fmemopen(text, sizeof text, "w");
    const struct tcg_options options = {
        .tier = tier, .no_cold = true, .foreground = true, .log = TCG_LOG_STATS, .log_file = out};
    struct a64_cpu *cpu;
    struct tcg *tcg = guest_open(&options, &cpu);
    run(cpu, guest_place(row, 1), rounds);
    *regions = tcg->n_regions;
    *bytes = 0;
    for (unsigned k = 0; k < *regions; k++)
        *bytes += tcg->by_id[k]->code_size;
    guest_close(tcg, cpu);
    fclose(out);
    return text;
}

static void test_tiers(void)
{
    unsigned regions;
    uint64_t bytes;
    const char *text = stats_of(TCG_TIER_2, &quick, 100, &regions, &bytes);
    check(says(text, "tier 1: regions 0,"), "no line alone");
    check(says(text, "tier 2: regions %u,", regions) && regions > 0, "regions of tier 2");
    check(says(text, "exits taken: direct jumps 1,"), "a loop is left once");
    text = stats_of(TCG_TIER_AUTO, &quick, 40000, &regions, &bytes);
    check(!says(text, "tier 1: regions 0,") && !says(text, "tier 2: regions 0,"), "both tiers");
}

static void test_stats(void)
{
    unsigned regions;
    uint64_t bytes;
    const char *text = stats_of(TCG_TIER_1, &slow, 100, &regions, &bytes);
    check(says(text, "interpreted once: lines 0,"), "nothing was interpreted");
    check(says(text, "tier 1: regions %u,", regions), "regions");
    check(says(text, "tier 2: regions 0,"), "no regions of tier 2");
    check(says(text, "host bytes %" PRIu64, bytes), "host bytes");
    check(says(text, "exits taken: direct jumps 99, calls 0, indirect jumps 0, returns 0, exceptions 1\n"),
          "99 times back, and SVC");
    check(strstr(text, "translated in 0 ns") > strstr(text, "tier 2"), "translation takes time");
    check(says(text, "entries from outside 1\n"), "one call of tcg_run()");
    check(says(text, "helpers called 100\n"), "helpers called");
    check(says(text, "         100  read_cntvct\n"), "read_cntvct called 100 times");
    check(says(text, "slow paths taken 100\n"), "slow paths");
    check(says(text, "         100  vfrecpx\n"), "frecpx evaluated by its definition");
}

/* A loop of which nothing can be made is looked at when it is hot, and then left in peace. */
static void test_hot(void)
{
    const struct tcg_options options = {.no_cold = true, .foreground = true, .hot = 1};
    struct a64_cpu *cpu;
    struct tcg *tcg = guest_open(&options, &cpu);
    run(cpu, guest_place(&indirect, 1), 5000);
    check(tcg->stats.tier[2].regions == 0, "no graph of an indirect jump");
    check(tcg->stats.lookups < 20, "5000 rounds leave emitted code a few times");
    guest_close(tcg, cpu);
    tcg = guest_open(&options, &cpu);
    run(cpu, guest_place(&quick, 1), 3);
    check(tcg->stats.tier[2].regions == 1, "hot at the first jump back");
    guest_close(tcg, cpu);
}

/* Bytes of code that the row becomes. */
static uint32_t code_bytes(unsigned log)
{
    const struct tcg_options options = {.no_cold = true, .log = log, .log_file = fopen("/dev/null", "w")};
    struct a64_cpu *cpu;
    struct tcg *tcg = guest_open(&options, &cpu);
    run(cpu, guest_place(&slow, 1), 1);
    const uint32_t n = tcg->by_id[0]->code_size;
    check((cpu->tcg.counts != NULL) == (log != 0), "counters with -d stats alone");
    guest_close(tcg, cpu);
    fclose(options.log_file);
    return n;
}

/* --- perf --------------------------------------------------------------------------------------- */

static const char *symbol(uint64_t pc, uint64_t *start)
{
    *start = pc & ~(uint64_t)1023; /* guest_place() begins rows there */
    return "row";
}

static void name_of(const struct tcg_region *r, char *to, size_t size)
{
    const unsigned offset = r->pc & 1023;
    if (offset)
        snprintf(to, size, "row+%#x [tier%u]", offset, r->loops ? 2 : 1);
    else
        snprintf(to, size, "row [tier%u]", r->loops ? 2 : 1);
}

/* The whole file; *n its size. */
static char *contents(const char *path, size_t *n)
{
    static char data[1 << 20];
    FILE *file = fopen(path, "r");
    *n = file ? fread(data, 1, sizeof data - 1, file) : 0;
    data[*n] = '\0';
    if (file)
        fclose(file);
    return data;
}

static char *map_path(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
    return path;
}

static void check_map(const struct tcg *tcg)
{
    size_t n;
    char *line = strtok(contents(map_path(), &n), "\n");
    char want[200], name[100];
    snprintf(want, sizeof want, "%" PRIxPTR " %zx [entry and exit]", (uintptr_t)tcg->code.base,
             tcg->code_runtime);
    check(line && !strcmp(line, want), "map: the routines");
    for (unsigned k = 0; k < tcg->n_regions; k++) {
        const struct tcg_region *r = tcg->by_id[k];
        name_of(r, name, sizeof name);
        snprintf(want, sizeof want, "%" PRIxPTR " %" PRIx32 " %s", (uintptr_t)r->code, r->code_size,
                 name);
        line = strtok(NULL, "\n");
        check(line && !strcmp(line, want), "map: a region");
    }
    check(!strtok(NULL, "\n"), "map: nothing else");
}

static uint32_t u32(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static uint64_t u64(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* A JIT_CODE_LOAD, by the specification's offsets; the code is still at its place. */
static bool load_ok(const char *p, size_t left, uint64_t index, uintptr_t code, size_t size,
                    const char *name)
{
    const size_t total = 56 + strlen(name) + 1 + size;
    return left >= total && u32(p) == 0 && u32(p + 4) == total && u32(p + 16) == (uint32_t)getpid() &&
           u64(p + 24) == code && u64(p + 32) == code && u64(p + 40) == size &&
           u64(p + 48) == index && !strcmp(p + 56, name) &&
           !memcmp(p + 56 + strlen(name) + 1, (const void *)code, size);
}

static void check_dump(const struct tcg *tcg)
{
    char path[64], name[100];
    size_t n;
    snprintf(path, sizeof path, "jit-%d.dump", getpid());
    const char *p = contents(path, &n), *end = p + n;
    check(n > 40 && !memcmp(p, "DTiJ", 4) && u32(p + 4) == 1 && u32(p + 8) == 40 &&
              u32(p + 12) == 62 && u32(p + 20) == (uint32_t)getpid() && !u64(p + 32),
          "dump: header");
    p += 40;
    check(load_ok(p, (size_t)(end - p), 0, (uintptr_t)tcg->code.base, tcg->code_runtime,
                  "[entry and exit]"), "dump: the routines");
    for (unsigned k = 0; k < tcg->n_regions && p < end; k++) {
        const struct tcg_region *r = tcg->by_id[k];
        p += u32(p + 4);
        name_of(r, name, sizeof name);
        check(load_ok(p, (size_t)(end - p), k + 1, (uintptr_t)r->code, r->code_size, name),
              "dump: a region");
    }
    check(p + u32(p + 4) == end, "dump: nothing else");
}

/* perf record sees the file by an executable mapping of it. */
static void check_marker(void)
{
    char line[400], name[64];
    unsigned found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    snprintf(name, sizeof name, "/jit-%d.dump\n", getpid());
    while (maps && fgets(line, sizeof line, maps))
        found += strstr(line, name) && strstr(line, " r-xp 00000000 ");
    if (maps)
        fclose(maps);
    check(found == 1, "dump: its mapping");
}

static void check_perf(const struct tcg *tcg)
{
    check_map(tcg);
    check_dump(tcg);
    check_marker();
}

static _Noreturn void child(struct tcg *tcg, struct a64_cpu *cpu)
{
    passed = failed = 0;
    tcg_fork_child(tcg, &cpu->tcg);
    check_perf(tcg); /* what came from the parent */
    run(cpu, guest_place(&slow, 1), 3);
    check(tcg->n_regions > 1, "the child translates");
    check_perf(tcg);
    unlink(map_path());
    fflush(stdout);
    _exit(failed != 0);
}

static void test_perf(void)
{
    /* Not chained: code stays as it was written to the dump. */
    const struct tcg_options options = {.no_cold = true, .no_chain = true, .perfmap = true,
                                        .jitdump = true, .symbol = symbol};
    struct a64_cpu *cpu;
    int status = -1;
    struct tcg *tcg = guest_open(&options, &cpu);
    run(cpu, guest_place(&quick, 1), 3);
    check(tcg->n_regions > 0, "regions were made");
    check_perf(tcg);
    fflush(stdout);
    tcg_fork_prepare(tcg);
    pid_t pid = fork();
    if (!pid)
        child(tcg, cpu);
    tcg_fork_parent(tcg);
    waitpid(pid, &status, 0);
    check(status == 0, "the child's files");
    check_perf(tcg);
    pthread_mutex_lock(&tcg->lock);
    tcg_flush(tcg, &cpu->tcg);
    pthread_mutex_unlock(&tcg->lock);
    check_map(tcg);
    run(cpu, guest_place(&quick, 1), 3);
    check_map(tcg);
    unlink(map_path());
    guest_close(tcg, cpu);
}

int main(int argc, char **argv)
{
    if (argc != 2 || chdir(argv[1])) {
        fprintf(stderr, "usage: seeing FOLDER\n");
        return 2;
    }
    test_stats();
    test_tiers();
    test_hot();
    check(code_bytes(TCG_LOG_STATS) > code_bytes(0), "code counts its calls with -d stats alone");
    test_perf();
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
