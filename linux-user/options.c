/* SPDX-License-Identifier: MIT */
/*
 * The command line and its environment variables.  A row of `table` is all there is to an option:
 * parsing, variable, help and how our own execve hands it on (lu_options_for_exec()).
 */
#define _GNU_SOURCE
#include "linux-user/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tcg/opt/opt.h"

enum kind { FLAG, STRING, PATH, SIZE, NUMBER, COUNT, FD, ENV_SET, ENV_UNSET, ACTION };

struct option {
    const char *name;
    const char *env;  /* after DRAGOMAN_ or QEMU_; NULL if none */
    const char *meta; /* name of the argument in the help; NULL if there is none */
    enum kind kind;
    size_t offset; /* in struct lu_options */
    const char *help;
};

#define OPT(member) offsetof(struct lu_options, member)
static const struct option table[] = {
    {"h", NULL, NULL, ACTION, 0, "print this help"},
    {"version", NULL, NULL, ACTION, 0, "print the version"},
    {"binfmt", NULL, NULL, ACTION, 0, "print lines for binfmt_misc, which has the kernel run us"},
    {"L", "LD_PREFIX", "path", PATH, OPT(ld_prefix),
     "look for absolute paths under 'path' first"},
    {"E", "SET_ENV", "var=value", ENV_SET, OPT(set_env), "set variables of the guest"},
    {"U", "UNSET_ENV", "var", ENV_UNSET, OPT(unset_env), "unset variables of the guest"},
    {"0", "ARGV0", "argv0", STRING, OPT(argv0), "the guest's argv[0]"},
    {"cpu", "CPU", "model", STRING, OPT(cpu), "CPU model (-cpu help lists them)"},
    {"s", "STACK_SIZE", "size", SIZE, OPT(stack_size), "bytes of stack (K, M, G)"},
    {"r", "UNAME", "release", STRING, OPT(release), "release that uname reports"},
    {"strace", "STRACE", NULL, FLAG, OPT(strace), "log system calls"},
    {"d", "LOG", "item[,...]", STRING, OPT(log_items), "log items (-d help lists them)"},
    {"D", "LOG_FILENAME", "file", PATH, OPT(log_path), "log to 'file' (%d: the process id)"},
    {"dfilter", "DFILTER", "range[,...]", STRING, OPT(dfilter),
     "log only code in these ranges: first..last, first+size or last-size"},
    {"seed", "RAND_SEED", "number", NUMBER, OPT(seed), "seed for AT_RANDOM and getrandom"},
    {"one-insn-per-tb", "ONE_INSN_PER_TB", NULL, FLAG, OPT(one_insn),
     "translate single instructions"},
    {"ra-seed", "RA_SEED", "number", COUNT, OPT(ra_seed),
     "shuffle the allocation of registers by this number, if it is not 0"},
    {"tb-size", "TB_SIZE", "MiB", COUNT, OPT(tb_size),
     "size of the cache of translated code, 1 to 1024 (default 256)"},
    {"accel", "ACCEL", "jit|interp|lockstep", STRING, OPT(accel),
     "translate (default), interpret, or both and compare"},
    {"tier", "TIER", "auto|1|2", STRING, OPT(tier),
     "compile what is hot again, with loops (default), never, or all so at once"},
    {"hot", "HOT", "number", COUNT, OPT(hot),
     "compile loops again after so many rounds, 1 to 1000000 (default 16384)"},
    {"foreground", "FOREGROUND", NULL, FLAG, OPT(foreground),
     "compile on the program's own threads alone"},
    {"opt", "OPT", "-pass[,...]", STRING, OPT(opt),
     "without these passes of the optimiser (-opt help lists them)"},
    {"fp-strict", "FP_STRICT", NULL, FLAG, OPT(fp_strict),
     "NaNs of fused operations and underflow flags are always exact"},
    {"perfmap", "PERFMAP", NULL, FLAG, OPT(perfmap), "write /tmp/perf-PID.map for perf"},
    {"jitdump", "JITDUMP", NULL, FLAG, OPT(jitdump), "write jit-PID.dump for perf inject --jit"},
    {"no-chain", "NO_CHAIN", NULL, FLAG, OPT(no_chain), "do not chain regions to each other"},
    {"mem-base", "MEM_BASE", NULL, FLAG, OPT(use_base),
     "run 32-bit guests away from the low 4 GiB, as where those are taken"},
    /* For our own execve; not in the help. */
    {"reexec", NULL, NULL, FLAG, OPT(reexec), NULL},
    {"execfd", NULL, "fd", FD, OPT(exec_fd), NULL},
};

static const struct {
    const char *name; /* of a SIZE or COUNT */
    uint64_t least, most;
} limits[] = {
    {"s", 1, 1ull << 40},
    {"ra-seed", 0, UINT32_MAX},
    {"tb-size", 1, 1024}, /* emitted code reaches all of it with 32-bit displacements */
    {"hot", 1, 1000000},
};

enum { N_OPTIONS = sizeof table / sizeof table[0], DIGITS = sizeof "18446744073709551615" };
_Static_assert(2 * N_OPTIONS <= LU_MAX_EXEC_OPTIONS && N_OPTIONS * DIGITS <= LU_EXEC_OPTION_SPACE,
               "room in lu_options_for_exec()");

static const struct {
    const char *name;
    unsigned mask;
    const char *help;
} log_items[] = {
    {"in_asm", TCG_LOG_IN_ASM, "guest instructions of each region"},
    {"ir", TCG_LOG_IR, "IR as lifted"},
    {"ir_opt", TCG_LOG_IR_OPT, "IR after the passes"},
    {"ra", TCG_LOG_RA, "register allocation"},
    {"out_asm", TCG_LOG_OUT_ASM, "host instructions of each region"},
    {"exec", TCG_LOG_EXEC, "regions as they are entered"},
    {"cpu", TCG_LOG_CPU, "registers at each entry"},
    {"stats", TCG_LOG_STATS, "the translator's counters, at exit"},
    {"unimp", TCG_LOG_UNIMP, "what is not implemented, once each"},
    {"strace", 0, "system calls, as -strace"},
};

enum { N_LOG_ITEMS = sizeof log_items / sizeof log_items[0] };

static void print_help(const char *program)
{
    printf("usage: %s [options] program [arguments...]\n"
           "Runs a Linux program that was made for another CPU.\n\n",
           program);
    for (unsigned k = 0; k < N_OPTIONS; k++) {
        const struct option *o = &table[k];
        char left[64], env[32] = "";
        if (!o->help)
            continue;
        snprintf(left, sizeof left, "-%s%s%s", o->name, o->meta ? " " : "", o->meta ? o->meta : "");
        if (o->env)
            snprintf(env, sizeof env, "DRAGOMAN_%s", o->env);
        printf("  %-26s %-25s %s\n", left, env, o->help);
    }
    printf(
        "\nEach variable may also be spelt QEMU_... .  Several variables for -E and -U are parted\n"
        "by commas, or by repeating the option.\n");
}

static void print_log_items(void)
{
    printf("Log items (-d):\n");
    for (unsigned k = 0; k < N_LOG_ITEMS; k++)
        printf("  %-8s %s\n", log_items[k].name, log_items[k].help);
}

static void check_limits(const struct option *o, const char *text, uint64_t value)
{
    for (unsigned k = 0; k < sizeof limits / sizeof limits[0]; k++)
        if (!strcmp(limits[k].name, o->name) && (value < limits[k].least || value > limits[k].most))
            lu_fatal(1, "-%s: %s is not from %llu to %llu", o->name, text,
                     (unsigned long long)limits[k].least, (unsigned long long)limits[k].most);
}

static uint64_t parse_number(const struct option *o, const char *text, bool size)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    unsigned shift = 0;
    if (size && *end && strchr("kKmMgG", *end)) {
        shift = *end == 'k' || *end == 'K' ? 10 : *end == 'm' || *end == 'M' ? 20 : 30;
        end++;
    }
    if (end == text || *end || *text == '-' || errno || (value << shift) >> shift != value)
        lu_fatal(1, "-%s: '%s' is no %s", o->name, text, size ? "size" : "number");
    check_limits(o, text, value << shift);
    return value << shift;
}

/* Adds the parts of a comma-separated list. */
static void add_env(const struct option *o, const char **list, unsigned *n, const char *text)
{
    char *copy = strdup(text), *save;
    for (char *part = strtok_r(copy, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
        if (o->kind == ENV_SET ? !strchr(part, '=') || *part == '=' : strchr(part, '=') != NULL)
            lu_fatal(1, "-%s: '%s' is not of the form %s", o->name, part, o->meta);
        if (*n == LU_MAX_ENV_OPTIONS)
            lu_fatal(1, "-%s: too many variables", o->name);
        list[(*n)++] = part;
    }
}

/* A path that stays the same when the guest goes to another folder, and for what it executes there. */
static const char *absolute(const char *path)
{
    char *folder = *path && *path != '/' ? getcwd(NULL, 0) : NULL, *whole;
    if (!folder)
        return path;
    if (asprintf(&whole, "%s/%s", folder, path) < 0)
        lu_fatal(1, "out of memory");
    free(folder);
    return whole;
}

static void apply(struct lu_options *options, const struct option *o, const char *text)
{
    void *member = (char *)options + o->offset;
    switch (o->kind) {
    case FLAG: *(bool *)member = true; break;
    case STRING: *(const char **)member = text; break;
    case PATH: *(const char **)member = absolute(text); break;
    case SIZE: *(uint64_t *)member = parse_number(o, text, true); break;
    case NUMBER:
        *(uint64_t *)member = parse_number(o, text, false);
        options->has_seed = true;
        break;
    case COUNT: *(uint64_t *)member = parse_number(o, text, false); break;
    case FD: *(int *)member = parse_number(o, text, false); break;
    case ENV_SET: add_env(o, options->set_env, &options->n_set_env, text); break;
    case ENV_UNSET: add_env(o, options->unset_env, &options->n_unset_env, text); break;
    case ACTION: break;
    }
}

static void from_environment(struct lu_options *options)
{
    for (unsigned k = 0; k < N_OPTIONS; k++) {
        const struct option *o = &table[k];
        if (!o->env)
            continue;
        char name[64];
        snprintf(name, sizeof name, "DRAGOMAN_%s", o->env);
        const char *value = getenv(name);
        if (!value) {
            snprintf(name, sizeof name, "QEMU_%s", o->env);
            value = getenv(name);
        }
        if (value && (o->kind != FLAG || (*value && strcmp(value, "0") != 0)))
            apply(options, o, value);
    }
}

static void run_action(const struct option *o, const char *program)
{
    if (!strcmp(o->name, "version"))
        printf("dragoman version " PACKAGE_VERSION "\n");
    else if (!strcmp(o->name, "binfmt"))
        lu_abi_print_binfmt();
    else
        print_help(program);
    fflush(stdout);
    exit(0);
}

static const struct option *find(const char *name)
{
    if (name[0] == '-' && name[1] != '\0')
        name++; /* --version, --help: what other programs taught people to type */
    if (!strcmp(name, "help"))
        name = "h";
    for (unsigned k = 0; k < N_OPTIONS; k++) {
        if (!strcmp(table[k].name, name))
            return &table[k];
    }
    return NULL;
}

void lu_log_items(struct lu_options *options)
{
    if (!options->log_items)
        return;
    char *copy = strdup(options->log_items), *save;
    for (char *item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        unsigned k;
        if (!strcmp(item, "help")) {
            print_log_items();
            exit(0);
        }
        for (k = 0; k < N_LOG_ITEMS && strcmp(log_items[k].name, item); k++)
            ;
        if (k == N_LOG_ITEMS)
            lu_fatal(1, "-d: there is no log item '%s' (-d help lists them)", item);
        options->log |= log_items[k].mask;
        options->strace |= !strcmp(item, "strace");
    }
    free(copy);
}

enum tcg_accel lu_accel(const char *name)
{
    static const char *const names[] = {
        [TCG_ACCEL_JIT] = "jit", [TCG_ACCEL_INTERP] = "interp", [TCG_ACCEL_LOCKSTEP] = "lockstep"};
    for (unsigned k = 0; name && k < sizeof names / sizeof names[0]; k++)
        if (!strcmp(names[k], name))
            return (enum tcg_accel)k;
    if (name)
        lu_fatal(1, "-accel: '%s' is none of jit, interp and lockstep", name);
    return TCG_ACCEL_JIT;
}

enum tcg_tier lu_tier(const char *name)
{
    static const char *const names[] = {
        [TCG_TIER_AUTO] = "auto", [TCG_TIER_1] = "1", [TCG_TIER_2] = "2"};
    for (unsigned k = 0; name && k < sizeof names / sizeof names[0]; k++)
        if (!strcmp(names[k], name))
            return (enum tcg_tier)k;
    if (name)
        lu_fatal(1, "-tier: '%s' is none of auto, 1 and 2", name);
    return TCG_TIER_AUTO;
}

static unsigned find_pass(const char *item)
{
    for (unsigned k = 0; item[0] == '-' && k < OPT_PASS_COUNT; k++)
        if (!strcmp(opt_passes[k].name, item + 1))
            return k;
    lu_fatal(1, "-opt: '%s' is no pass after a '-' (-opt help lists them)", item);
}

unsigned lu_disabled_passes(const char *text)
{
    unsigned mask = 0;
    char *copy = strdup(text), *save;
    for (char *item = strtok_r(copy, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
        if (!strcmp(item, "help")) {
            printf("Passes of the optimiser, to be left out (-opt):\n");
            for (unsigned k = 0; k < OPT_PASS_COUNT; k++)
                printf("  -%-8s %s\n", opt_passes[k].name, opt_passes[k].help);
            exit(0);
        }
        mask |= strcmp(item, "-all") ? 1u << find_pass(item) : ~0u;
    }
    free(copy);
    return mask;
}

/* One range of -dfilter; false if it is malformed. */
static bool parse_range(const char *text, struct tcg_range *range)
{
    char *end;
    uint64_t a = strtoull(text, &end, 0), b;
    if (end == text)
        return false;
    const char *op = end;
    unsigned skip = !strncmp(op, "..", 2) ? 2 : *op == '+' || *op == '-' ? 1 : 0;
    if (!skip || !op[skip])
        return false;
    b = strtoull(op + skip, &end, 0);
    if (*end)
        return false;
    *range = (struct tcg_range){.first = *op == '-' ? a - b : a,
                                .last = *op == '.'   ? b
                                        : *op == '+' ? a + b - 1
                                                     : a};
    return range->first <= range->last;
}

unsigned lu_dfilter(const char *text, struct tcg_range **ranges)
{
    char *copy = strdup(text), *save;
    unsigned n = 0;
    *ranges = calloc(strlen(text) / 2 + 1, sizeof **ranges);
    for (char *part = strtok_r(copy, ",", &save); part; part = strtok_r(NULL, ",", &save)) {
        if (!parse_range(part, &(*ranges)[n++]))
            lu_fatal(1, "-dfilter: '%s' is no range (first..last, first+size, last-size)", part);
    }
    free(copy);
    return n;
}

/* What is read again where it is used: mistakes are to be told before anything is done. */
static void check_texts(const struct lu_options *o)
{
    struct tcg_range *ranges;
    lu_accel(o->accel);
    lu_tier(o->tier);
    if (o->opt)
        lu_disabled_passes(o->opt);
    if (o->dfilter) {
        lu_dfilter(o->dfilter, &ranges);
        free(ranges);
    }
}

static void print_cpus(void)
{
    for (unsigned k = 0; lu_abi_number(k); k++) {
        const struct lu_abi *abi = lu_abi_number(k);
        if (k && abi->cpu_model == lu_abi_number(k - 1)->cpu_model)
            continue; /* the other byte order of the same */
        printf("%s:\n", abi->name);
        for (unsigned m = 0; abi->cpu_model(m); m++)
            printf("  %s\n", abi->cpu_model(m));
    }
    exit(0);
}

int lu_options_parse(struct lu_options *options, int argc, char **argv)
{
    int k = 1;
    options->exec_fd = -1;
    /* Variables first, so that the command line wins.  After our own execve the guest's variables
     * are not for us: the options say all. */
    if (!(argc > 1 && !strcmp(argv[1], "-reexec")))
        from_environment(options);
    for (; k < argc && argv[k][0] == '-'; k++) {
        if (!strcmp(argv[k], "--")) {
            k++;
            break;
        }
        const struct option *o = find(argv[k] + 1);
        if (!o)
            lu_fatal(1, "unknown option '%s' (-h lists them)", argv[k]);
        if (o->kind == ACTION)
            run_action(o, argv[0]);
        const char *text = NULL;
        if (o->meta) {
            text = argv[++k];
            if (!text)
                lu_fatal(1, "option -%s needs an argument: %s", o->name, o->meta);
        }
        apply(options, o, text);
    }
    lu_log_items(options);
    check_texts(options);
    if (options->cpu && (!strcmp(options->cpu, "help") || !strcmp(options->cpu, "?")))
        print_cpus();
    return k;
}

/* Options that the guest's own execve must hand on.  -E, -U and -0 have been used up. */
unsigned lu_options_for_exec(const struct lu_options *options, const char **argv, char *space)
{
    unsigned n = 0;
    argv[n++] = "-reexec"; /* first: see lu_options_parse() */
    for (unsigned k = 0; k < N_OPTIONS; k++) {
        const struct option *o = &table[k];
        const void *member = (const char *)options + o->offset;
        static char names[N_OPTIONS][24];
        snprintf(names[k], sizeof names[k], "-%s", o->name);
        if (o->kind == FLAG && *(const bool *)member && strcmp(o->name, "reexec")) {
            argv[n++] = names[k];
        } else if ((o->kind == STRING || o->kind == PATH) && *(const char *const *)member &&
                   strcmp(o->name, "0")) {
            argv[n++] = names[k];
            argv[n++] = *(const char *const *)member;
        } else if (((o->kind == SIZE || o->kind == COUNT) && *(const uint64_t *)member) ||
                   (o->kind == NUMBER && options->has_seed)) {
            argv[n++] = names[k];
            argv[n++] = space;
            space += sprintf(space, "%llu", (unsigned long long)*(const uint64_t *)member) + 1;
        }
    }
    return n;
}
