/* SPDX-License-Identifier: MIT */
/*
 * The runner: command line, program, first CPU, go.  Read main() from its end; linux-user.h tells
 * what the folder's other files do.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux-user/convert.h"
#include "linux-user/exec.h"
#include "linux-user/options.h"
#include "linux-user/signal.h"
#include "linux-user/strace.h"
#include "linux-user/task.h"
#include "linux-user/vdso.h"

extern char **environ;

/* ---- environment ----------------------------------------------------------------------------------- */

static size_t name_length(const char *entry)
{
    return strcspn(entry, "=");
}

static bool same_name(const char *a, const char *b)
{
    return name_length(a) == name_length(b) && !strncmp(a, b, name_length(a));
}

/* Removes `name` from the n entries of list; returns how many are left. */
static unsigned remove_entry(char **list, unsigned n, const char *name)
{
    unsigned kept = 0;
    for (unsigned k = 0; k < n; k++) {
        if (!same_name(list[k], name))
            list[kept++] = list[k];
    }
    return kept;
}

/* The guest's environment: ours with -U and -E applied. */
static char **guest_environment(const struct lu_options *o)
{
    unsigned n = 0;
    while (environ[n])
        n++;
    char **list = calloc(n + LU_MAX_ENV_OPTIONS + 1, sizeof *list);
    if (!list)
        lu_fatal(1, "out of memory");
    memcpy(list, environ, n * sizeof *list);
    for (unsigned k = 0; k < o->n_unset_env; k++)
        n = remove_entry(list, n, o->unset_env[k]);
    for (unsigned k = 0; k < o->n_set_env; k++) {
        n = remove_entry(list, n, o->set_env[k]);
        list[n++] = (char *)o->set_env[k];
    }
    list[n] = NULL;
    if (o->reexec)
        lu_exec_unescape(list);
    return list;
}

/* ---- set-up ------------------------------------------------------------------------------------------- */

static void open_log(struct lu_process *p)
{
    const char *path = p->options.log_path;
    char name[PATH_MAX];
    if (path) {
        const char *mark = strstr(path, "%d");
        if (mark)
            snprintf(name, sizeof name, "%.*s%d%s", (int)(mark - path), path, getpid(), mark + 2);
        else
            snprintf(name, sizeof name, "%s", path);
        /* Processes that the guest starts write to the same file. */
        int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND | (p->options.reexec ? 0 : O_TRUNC);
        int fd = open(name, flags, 0666);
        if (fd < 0)
            lu_fatal(1, "-D %s: %s", name, strerror(errno));
        p->log = fdopen(lu_fd_keep(fd), "a");
    } else if (p->options.log || p->options.strace) {
        /* Out of reach of a guest that closes descriptor 2 and opens something else in its place. */
        int fd = fcntl(2, F_DUPFD_CLOEXEC, 3);
        p->log = fd < 0 ? stderr : fdopen(lu_fd_keep(fd), "a");
    }
    if (!p->log)
        p->log = stderr;
    else
        setvbuf(p->log, NULL, _IOLBF, 1 << 16);
}

static void choose_cpu(const char *name)
{
    if (!name)
        return;
    if (!lu.abi->select_cpu(name) && !lu.options.reexec) /* it may be another architecture's */
        lu_fatal(1, "-cpu: there is no CPU model '%s' (-cpu help lists them)", name);
}

static void make_translator(void)
{
    struct lu_options *o = &lu.options;
    struct tcg_mem_ops mem;
    struct tcg_range *ranges = NULL;
    unsigned n_ranges = o->dfilter ? lu_dfilter(o->dfilter, &ranges) : 0;
    struct tcg_options options = {.log = o->log,
                                  .log_file = lu.log,
                                  .accel = lu_accel(o->accel),
                                  .tier = lu_tier(o->tier),
                                  .disabled_passes = o->opt ? lu_disabled_passes(o->opt) : 0,
                                  .one_insn = o->one_insn,
                                  .no_chain = o->no_chain, .fp_strict = o->fp_strict,
                                  .foreground = o->foreground,
                                  .hot = (unsigned)o->hot,
                                  .perfmap = o->perfmap,
                                  .jitdump = o->jitdump,
                                  .keep_fd = lu_fd_keep,
                                  .symbol = lu_symbol,
                                  .ra_seed = (uint32_t)o->ra_seed,
                                  .cache_bytes = (size_t)o->tb_size << 20,
                                  .dfilter = ranges,
                                  .n_dfilter = n_ranges};
#ifdef DRAGOMAN_DEBUG
    options.verify = true;
#endif
    lu_mm_mem_ops(&mem);
    lu.tcg = tcg_new(lu.abi->guest, &mem, &options);
    if (!lu.tcg)
        lu_fatal(1, "the translator cannot start: %s%s", strerror(errno),
                 errno == ENOMEM ? " (-tb-size says how much it wants)" : "");
}

/* A page of code that is there before the program. */
static uint64_t map_page(void)
{
    int64_t at =
        lu_mmap(0, LU_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at < 0)
        lu_fatal(1, "no memory for the signal trampoline");
    return at;
}

static void finish_page(uint64_t at, enum lu_map_kind kind)
{
    lu_mprotect(at, LU_PAGE_SIZE, PROT_READ | PROT_EXEC);
    lu_mm_set_kind(at, LU_PAGE_SIZE, kind);
}

/* The signal trampoline, and the vDSO. */
static void map_trampoline(void)
{
    lu.trampoline = map_page();
    lu.abi->trampoline(lu_ptr(lu.trampoline));
    finish_page(lu.trampoline, lu.abi->vdso ? LU_MAP_SIGPAGE : LU_MAP_VDSO);
    if (!lu.abi->vdso)
        return;
    lu.vdso = map_page();
    if (!lu_vdso_write(lu.abi->vdso, lu_ptr(lu.vdso), LU_PAGE_SIZE))
        lu_fatal(1, "the vDSO is larger than a page");
    finish_page(lu.vdso, LU_MAP_VDSO);
}

/* ---- the program ---------------------------------------------------------------------------------- */

/* Finds the program; the one line of everything that can be wrong with it. */
static void find_program(struct lu_block **arena, struct lu_exec_target *target, const char *name)
{
    int r = lu_exec_resolve(arena, target, name, lu.options.exec_fd);
    if (r == -ENOENT && !target->found)
        lu_fatal(127, "%s: not found", *name ? name : "''");
    if (r || target->kind != LU_EXEC_GUEST)
        lu_fatal(126, "%s: %s", name, target->problem[0] ? target->problem : strerror(-r));
    lu.abi = target->abi;
    lu.exec_fn = name;
}

static void load_program(const struct lu_exec_target *target, struct lu_image *image)
{
    char problem[160], link[64], resolved[PATH_MAX];
    int fd = target->fd >= 0 ? target->fd : open(target->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        lu_fatal(126, "%s: %s", target->name, strerror(errno));
    if (lu_elf_load(fd, image, problem))
        lu_fatal(126, "%s: %s", target->name, problem);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, resolved, sizeof resolved - 1);
    if (n > 0)
        resolved[n] = '\0';
    else if (!realpath(target->path, resolved))
        snprintf(resolved, sizeof resolved, "%s", target->path);
    lu.exe = strdup(resolved);
    close(fd);
    lu_mm_set_brk(image->brk);
    lu.code_start = image->code_start;
    lu.code_end = image->code_end;
    lu.data_start = image->data_start;
    lu.data_end = image->data_end;
}

static char **program_arguments(struct lu_block **arena, const struct lu_exec_target *target,
                                char **argv, unsigned argc)
{
    if (lu.options.argv0)
        argv[0] = (char *)lu.options.argv0;
    char **list = lu_exec_argv(arena, target, argv, argc);
    if (!list)
        lu_fatal(1, "out of memory");
    return list;
}

static _Noreturn void run_program(const struct lu_image *image, char **argv, char **envp)
{
    struct tcg_cpu *cpu = tcg_cpu_new(lu.tcg);
    struct lu_task *t = cpu ? lu_task_new(cpu) : NULL;
    if (!t)
        lu_fatal(1, "out of memory");
    t->tid = lu_host_syscall(SYS_gettid);
    lu_self = t;
    lu_task_add(t);
    lu.start_stack = lu_stack_build(image, argv, envp);
    lu.abi->start(cpu, image->start_pc, lu.start_stack);
    /* ps and pidof look for the program's name, not for ours. */
    const char *slash = strrchr(lu.exec_fn, '/');
    prctl(PR_SET_NAME, slash ? slash + 1 : lu.exec_fn);
    lu_signal_init(t);
    lu_strace_exec(t, lu.exec_fn, argv, envp, lu.env_start);
    lu_cpu_loop(t);
}

/* binfmt_misc with the flag P: the program's argv[0] comes after its path. */
static bool kept_argv0(int argc)
{
    enum { PRESERVE_ARGV0 = 1 };
    return argc > 2 && getauxval(AT_FLAGS) & PRESERVE_ARGV0;
}

int main(int argc, char **argv)
{
    struct lu_block *arena = NULL;
    struct lu_exec_target target;
    struct lu_image image;
    int first;
    if (kept_argv0(argc)) {
        lu_options_parse(&lu.options, 1, argv);
        lu.options.argv0 = argv[2];
        argv[2] = argv[1];
        first = 2;
    } else {
        first = lu_options_parse(&lu.options, argc, argv);
    }
    open_log(&lu);
    if (first >= argc)
        lu_fatal(1, "no program given (-h prints help)");
    const char *own = (const char *)getauxval(AT_EXECFN);
    lu_exec_init(own ? own : argv[0]);
    lu_random_init();
    find_program(&arena, &target, argv[first]);
    choose_cpu(lu.options.cpu);
    if (lu.abi->narrow)
        lu_convert_init();
    lu_mm_init();
    if (lu.abi->prepare)
        lu.abi->prepare();
    char **envp = guest_environment(&lu.options);
    char **args = program_arguments(&arena, &target, argv + first, argc - first);
    load_program(&target, &image);
    map_trampoline();
    make_translator();
    run_program(&image, args, envp);
}
