/* SPDX-License-Identifier: MIT */
/*
 * Soft-float under FP_RULES_ARM against A64 instructions, executed by a peer: the program
 * tests/fp/peer/a64.c, run by qemu-aarch64 (a separate program), or directly on an AArch64 host.
 *
 * Environment: FP_PEER, the peer's binary (else it is compiled here, by A64_CC or
 * aarch64-linux-gnu-gcc, from $srcdir); QEMU_AARCH64, what runs it; FP_SEED; FP_CASES, random
 * cases per instruction.  Without a peer the test is skipped.
 *
 * Where a peer is known to differ from the manual, correct_peer() says so: the manual decides.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fp/report.h"

struct row {
    const char *name;
    unsigned arity;
    uint64_t (*soft)(const uint64_t v[3], struct fp_env *env);
};

struct peer_case {
    char name[32];
    uint64_t fpcr, v[3], result, fpsr;
};

/* NZCV as FPCompare sets it. */
static uint64_t nzcv_of(enum fp_relation relation)
{
    static const uint8_t flags[] = {[FP_LT] = 8, [FP_EQ] = 6, [FP_GT] = 2, [FP_UN] = 3};
    return (uint64_t)flags[relation] << 28;
}

static uint64_t fcvtxn(uint64_t a, struct fp_env *env)
{
    env->round = FP_RODD;
    return fp64_to_fp32(a, env);
}

/* The result, and NZCV in the upper half. */
static uint64_t fjcvtzs(uint64_t a, struct fp_env *env)
{
    bool exact;
    uint64_t result = fp64_to_jsint(a, env, &exact);
    return result | (uint64_t)exact << 62;
}

#define H(n) ((uint16_t)v[n])
#define S(n) ((uint32_t)v[n])
#define D(n) (v[n])
#define OP(name, bits, arity, code, soft)                                                          \
    static uint64_t soft_##name(const uint64_t v[3], struct fp_env *env)                           \
    {                                                                                              \
        (void)env;                                                                                 \
        return (uint64_t)(soft);                                                                   \
    }
#include "tests/fp/peer/a64_ops.def"

static const struct row rows[] = {
#define OP(name, bits, arity, code, soft) {#name, arity, soft_##name},
#include "tests/fp/peer/a64_ops.def"
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static struct fp_env env_of_fpcr(uint64_t fpcr)
{
    return (struct fp_env){.round = fpcr >> 22 & 3, .rules = FP_RULES_ARM, .fz = fpcr >> 24 & 1,
                           .fz16 = fpcr >> 19 & 1, .dn = fpcr >> 25 & 1, .ahp = fpcr >> 26 & 1};
}

/*
 * Put the manual's result in place of the peer's where the peer is known to be wrong:
 *   FJCVTZS of a positive denormal that FZ flushes: qemu 7.2 sets Z.  FPToFixedJS clears it where
 *   the value is zero but the operand's fraction is not.  (Newer qemu follows the manual.)
 */
static void correct_peer(struct peer_case *c)
{
    const uint64_t fz = UINT64_C(1) << 24, z = UINT64_C(1) << 62;
    bool positive_denormal = c->v[0] != 0 && c->v[0] >> 52 == 0;

    if (strcmp(c->name, "fjcvtzs") == 0 && c->fpcr & fz && positive_denormal && c->result == z) {
        c->result = 0;
    }
}

static void check(struct report *r, const struct row *row, struct peer_case *c)
{
    correct_peer(c);
    struct fp_env env = env_of_fpcr(c->fpcr);
    uint64_t got = row->soft(c->v, &env);

    if (!report_case(r, got == c->result && env.flags == c->fpsr) && report_shows(r)) {
        printf("%s fpcr=%" PRIx64 " (rmode %u%s%s%s%s)", row->name, c->fpcr, env.round,
               env.fz ? " FZ" : "", env.fz16 ? " FZ16" : "", env.dn ? " DN" : "",
               env.ahp ? " AHP" : "");
        for (unsigned i = 0; i < row->arity; i++) {
            printf(" %" PRIx64, c->v[i]);
        }
        printf(": peer %" PRIx64 " fpsr %02" PRIx64 ", soft-float %" PRIx64 " fpsr %02x\n",
               c->result, c->fpsr, got, env.flags);
    }
}

/* "name fpcr a b c result fpsr", all hex but the name. */
static bool parse(char *line, struct peer_case *c)
{
    uint64_t *const fields[] = {&c->fpcr, &c->v[0], &c->v[1], &c->v[2], &c->result, &c->fpsr};
    char *end = strchr(line, ' ');

    if (!end || (size_t)(end - line) >= sizeof c->name) {
        return false;
    }
    memcpy(c->name, line, (size_t)(end - line));
    c->name[end - line] = 0;
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        char *start = end;
        *fields[i] = strtoull(start, &end, 16);
        if (end == start) {
            return false;
        }
    }
    return *end == '\n';
}

/* Rows come in the order of the list; a row that never comes is a failure. */
static void check_stream(struct report *r, FILE *stream)
{
    char line[256];
    struct peer_case c;
    unsigned n = 0;

    while (fgets(line, sizeof line, stream)) {
        if (!parse(line, &c)) {
            printf("FAIL the peer's line: %s", line);
            r->failed++;
            return;
        }
        while (strcmp(rows[n].name, c.name) != 0) {
            report_row(r, rows[n].name);
            if (++n == ROWS) {
                printf("FAIL the peer's row: %s\n", c.name);
                r->failed++;
                return;
            }
        }
        check(r, &rows[n], &c);
    }
    report_row(r, rows[n].name);
    if (r->passed + r->failed != ROWS) {
        printf("FAIL rows: %u of %u came\n", r->passed + r->failed, (unsigned)ROWS);
        r->failed++;
    }
}

static const char *env_or(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

/* Run argv, with its output to fd `out` if that is not -1; the child's pid. */
static pid_t start(char *const argv[], int out)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (out >= 0) {
            dup2(out, 1);
        }
        execvp(argv[0], argv);
        _exit(127);
    }
    return pid;
}

static int wait_status(pid_t pid)
{
    int status;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                           : -1;
}

/* Compile the peer into `path`. */
static bool build_peer(char *path)
{
    char source[1024], include[1024];
    const char *srcdir = env_or("srcdir", ".");

    snprintf(source, sizeof source, "%s/tests/fp/peer/a64.c", srcdir);
    snprintf(include, sizeof include, "-I%s", srcdir);
    char *const argv[] = {(char *)env_or("A64_CC", "aarch64-linux-gnu-gcc"),
                          "-O2", "-static", include, source, "-o", path, 0};
    return access(source, R_OK) == 0 && wait_status(start(argv, -1)) == 0;
}

/* Run the peer and check its output; the peer's exit status. */
static int run_peer(struct report *r, char *peer, uint64_t seed)
{
    char seed_text[32];
    int fds[2];
    snprintf(seed_text, sizeof seed_text, "%" PRIu64, seed);
    char *const argv[] = {(char *)env_or("QEMU_AARCH64", "qemu-aarch64"), peer, seed_text,
                          (char *)env_or("FP_CASES", "6000"), 0};
#if defined(__aarch64__)
    char *const *command = getenv("QEMU_AARCH64") ? argv : argv + 1;
#else
    char *const *command = argv;
#endif

    if (pipe(fds)) {
        return -1;
    }
    pid_t pid = start(command, fds[1]);
    close(fds[1]);
    FILE *stream = fdopen(fds[0], "r");
    int first = stream ? fgetc(stream) : EOF;
    if (first != EOF) {
        ungetc(first, stream);
        check_stream(r, stream);
    }
    if (stream) {
        fclose(stream);
    }
    return wait_status(pid);
}

int main(void)
{
    char built[] = "/tmp/fp-peer-XXXXXX";
    const char *given = getenv("FP_PEER");
    uint64_t seed = report_seed();
    struct report r = {0};

    if (!given) {
        int fd = mkstemp(built);
        if (fd < 0) {
            return report_skip_all("no room in /tmp for the peer");
        }
        close(fd);
        if (!build_peer(built)) {
            unlink(built);
            return report_skip_all("no FP_PEER, and no aarch64-linux-gnu-gcc to compile one");
        }
    }
    int status = run_peer(&r, given ? (char *)given : built, seed);
    if (!given) {
        unlink(built);
    }
    if (r.passed + r.failed == 0 && (status == 127 || status == 77)) {
        return report_skip_all(status == 127 ? "no qemu-aarch64"
                                             : "the peer's CPU lacks the instructions");
    }
    if (status != 0) {
        printf("FAIL the peer ended with status %d\n", status);
        r.failed++;
    }
    return report_end(&r);
}
