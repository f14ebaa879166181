/* SPDX-License-Identifier: MIT */
/*
 * execve.  A program for the guest's CPU is run by ourselves again: /proc/self/exe with our options,
 * then the program and its arguments.  A script leads to its interpreter first; anything else is
 * the host's to run or to refuse.  What can fail is checked before, for after the host's execve it
 * is too late to return an error.
 */
#define _GNU_SOURCE
#include "linux-user/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux-user/options.h"
#include "linux-user/proc.h"
#include "linux-user/signal.h"

enum { MAX_SCRIPTS = 5, SCRIPT_LINE = 256 };

static char own_path[PATH_MAX]; /* of the translator, for where there is no /proc; "" if not known */

/* Was it binfmt_misc that ran us?  Then without /proc nobody tells where we are. */
static bool is_guest_program(const char *path)
{
    unsigned char head[64];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);
    if (fd >= 0)
        close(fd);
    return n > 0 && lu_abi_for(head, n);
}

void lu_exec_init(const char *own)
{
    ssize_t n = readlink("/proc/self/exe", own_path, sizeof own_path - 1);
    if (n > 0)
        return;
    if (is_guest_program(own) || !realpath(own, own_path))
        own_path[0] = '\0';
}

/* ---- memory ---------------------------------------------------------------------------------------- */

/* A vfork child's allocations are its parent's: after a successful execve nobody else can free
 * them.  So all of them hang on one list. */
struct lu_block {
    struct lu_block *next;
    max_align_t data[];
};

static void *allocate(struct lu_block **arena, size_t n)
{
    struct lu_block *block = calloc(1, sizeof *block + n);
    if (!block)
        return NULL;
    block->next = *arena;
    *arena = block;
    return block->data;
}

static char *copy_string(struct lu_block **arena, const char *text)
{
    const size_t n = strlen(text) + 1;
    char *copy = allocate(arena, n);
    return copy ? memcpy(copy, text, n) : NULL;
}

void lu_exec_free(struct lu_block **arena)
{
    while (*arena) {
        struct lu_block *block = *arena;
        *arena = block->next;
        free(block);
    }
}

/* ---- what kind of program it is -------------------------------------------------------------------- */

/* Parses "#! interpreter [argument]"; false if there is no interpreter. */
static bool parse_script(char line[SCRIPT_LINE], char **interpreter, char **argument)
{
    line[strcspn(line, "\n")] = '\0';
    char *p = line + 2 + strspn(line + 2, " \t");
    size_t n = strcspn(p, " \t");
    if (!n)
        return false;
    *interpreter = p;
    *argument = NULL;
    if (p[n]) {
        p[n] = '\0';
        p += n + 1;
        p += strspn(p, " \t");
        size_t m = strlen(p);
        while (m && (p[m - 1] == ' ' || p[m - 1] == '\t'))
            p[--m] = '\0';
        if (m)
            *argument = p;
    }
    return true;
}

/* May the kernel run this file at all? */
static int check_executable(struct lu_exec_target *target, int fd)
{
    struct stat st;
    char link[64];
    if (fstat(fd, &st))
        return -errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const char *why = S_ISDIR(st.st_mode)    ? "it is a directory"
                      : !S_ISREG(st.st_mode) ? "not a regular file"
                      : !(st.st_mode & 0111) || /* root may do everything but this */
                              (faccessat(AT_FDCWD, link, X_OK, AT_EACCESS) && errno == EACCES)
                          ? "not executable"
                          : NULL;
    if (!why)
        return 0;
    snprintf(target->problem, sizeof target->problem, "%s", why);
    return -EACCES;
}

static int check_interpreter(struct lu_exec_target *target, int fd)
{
    char name[PATH_MAX], buf[PATH_MAX];
    struct stat st;
    int r = lu_elf_interpreter(target->abi, fd, name, sizeof name, target->problem);
    if (r || !name[0] || !stat(lu_path(name, buf, 0), &st))
        return r;
    r = -errno;
    lu_interpreter_problem(name, -r, target->problem);
    return r;
}

/* One step from a file to what runs it; sets target->kind. */
static int classify(struct lu_exec_target *target, int fd, char line[SCRIPT_LINE])
{
    int r = check_executable(target, fd);
    if (r)
        return r;
    memset(line, 0, SCRIPT_LINE);
    ssize_t n = pread(fd, line, SCRIPT_LINE - 1, 0);
    if (n < 0)
        return -errno;
    if (n > 2 && !memcmp(line, "#!", 2)) {
        target->kind = LU_EXEC_SCRIPT;
        return 0;
    }
    target->abi = lu_abi_for(line, n);
    if (target->abi) {
        target->kind = LU_EXEC_GUEST;
        return check_interpreter(target, fd);
    }
    target->kind = LU_EXEC_HOST;
    lu_abi_explain(line, n, target->problem);
    return 0;
}

/* Puts interpreter and argument before the arguments, and the script's name in place of the first. */
static int add_script(struct lu_block **arena, struct lu_exec_target *target,
                      char line[SCRIPT_LINE])
{
    char *interpreter, *argument;
    if (!parse_script(line, &interpreter, &argument)) {
        snprintf(target->problem, sizeof target->problem, "the #! line names no interpreter");
        return -ENOEXEC;
    }
    if (target->n_before + 3 > LU_EXEC_MAX_BEFORE)
        return -ELOOP;
    char **to = &target->before[LU_EXEC_MAX_BEFORE - target->n_before];
    *--to = copy_string(arena, target->name);
    if (!*to || (argument && !(*--to = copy_string(arena, argument))))
        return -ENOMEM;
    target->n_before += argument ? 2 : 1;
    target->skip_argv0 = true;
    /* The interpreter's name is its argv[0]; a next level replaces it by its own script's name. */
    snprintf(target->name, sizeof target->name, "%s", interpreter);
    return 0;
}

int lu_exec_resolve(struct lu_block **arena, struct lu_exec_target *target, const char *name,
                    int fd)
{
    char buf[PATH_MAX], line[SCRIPT_LINE];
    memset(target, 0, sizeof *target);
    target->fd = fd;
    snprintf(target->name, sizeof target->name, "%s", name);
    for (unsigned level = 0; level <= MAX_SCRIPTS; level++) {
        const char *path = lu_path(target->name, buf, 0);
        int file = target->fd >= 0 ? target->fd : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (file < 0) {
            int error = errno;
            if (level)
                snprintf(target->problem, sizeof target->problem, "its interpreter %.100s: %s",
                         target->name, strerror(error));
            return -error;
        }
        target->found = true;
        int r = classify(target, file, line);
        if (file != target->fd)
            close(file);
        if (!r && target->kind != LU_EXEC_SCRIPT) {
            snprintf(target->path, sizeof target->path, "%s", path);
            return 0;
        }
        r = r ? r : add_script(arena, target, line);
        if (r)
            return r;
        target->fd = -1;
    }
    return -ELOOP;
}

char **lu_exec_argv(struct lu_block **arena, const struct lu_exec_target *target,
                    char *const argv[], unsigned argc)
{
    char **list = allocate(arena, (argc + target->n_before + 3) * sizeof *list), **to = list;
    if (!list)
        return NULL;
    if (target->skip_argv0) {
        *to++ = (char *)target->name;
        for (unsigned k = target->n_before; k > 0; k--)
            *to++ = target->before[LU_EXEC_MAX_BEFORE - k];
        argv += argc > 0;
        argc -= argc > 0;
    }
    memcpy(to, argv, argc * sizeof *argv);
    return list;
}

/* ---- environment -------------------------------------------------------------------------------------- */

/* Variables that the host's dynamic linker or C library would take for its own travel to the next
 * translator under this prefix. */
#define ESCAPE "DRAGOMAN_GUEST_"

static bool must_escape(const char *entry)
{
    return !strncmp(entry, "LD_", 3) || !strncmp(entry, "GLIBC_", 6) ||
           !strncmp(entry, "MALLOC_", 7) || !strncmp(entry, ESCAPE, sizeof ESCAPE - 1);
}

void lu_exec_unescape(char **envp)
{
    for (; *envp; envp++) {
        if (!strncmp(*envp, ESCAPE, sizeof ESCAPE - 1))
            *envp += sizeof ESCAPE - 1;
    }
}

/* ---- the system call -------------------------------------------------------------------------------- */

/* The guest's arrays, copied; their strings stay where they are, for the kernel to read. */
struct vectors {
    char **argv, **envp;
    unsigned argc, envc;
};

/* Counts and copies a NULL-terminated array of guest pointers; NULL itself is an empty one. */
static int64_t copy_pointers(struct lu_task *t, uint64_t from, char ***to)
{
    enum { MOST = 1 << 20 };
    uint64_t p = 0;
    size_t n = 0;
    do {
        if (from && lu_copy_from(t, &p, from + n * sizeof p, sizeof p))
            return -EFAULT;
    } while (p && ++n < MOST);
    if (n == MOST)
        return -E2BIG;
    *to = allocate(&t->exec_memory, (n + 1) * sizeof p);
    if (!*to)
        return -ENOMEM;
    return n && lu_copy_from(t, *to, from, n * sizeof p) ? -EFAULT : (int64_t)n;
}

/* The variable at address `from` under our prefix; NULL and *error. */
static char *escaped(struct lu_task *t, uint64_t from, int *error)
{
    enum { MOST = 128 * 1024, PREFIX = sizeof ESCAPE - 1 }; /* MAX_ARG_STRLEN */
    char *copy = allocate(&t->exec_memory, PREFIX + MOST);
    const int64_t n = copy ? lu_copy_string(t, copy + PREFIX, from, MOST) : -ENOMEM;
    *error = n == -ENAMETOOLONG ? -E2BIG : n;
    if (n < 0)
        return NULL;
    return memcpy(copy, ESCAPE, PREFIX);
}

/* Replaces entries that the host would misread. */
static int escape_env(struct lu_task *t, struct vectors *v)
{
    for (unsigned k = 0; k < v->envc; k++) {
        char head[sizeof ESCAPE + 1] = "";
        int error;
        int64_t r = lu_copy_string(t, head, (uintptr_t)v->envp[k], sizeof head);
        if (r == -EFAULT)
            return -EFAULT;
        head[sizeof head - 1] = '\0';
        if (!must_escape(head))
            continue;
        v->envp[k] = escaped(t, (uintptr_t)v->envp[k], &error);
        if (!v->envp[k])
            return error;
    }
    return 0;
}

/* Has the kernel run it. */
static int64_t run_host(const struct lu_exec_target *target, char **argv, char **envp)
{
    if (target->fd >= 0)
        return lu_host_syscall(SYS_execveat, target->fd, "", argv, envp, AT_EMPTY_PATH);
    return lu_host_syscall(SYS_execve, target->path, argv, envp);
}

/* Did the kernel find no /proc?  It may be a dangling link: debootstrap makes it one to itself. */
static bool no_proc(int64_t r)
{
    return r == -ENOENT || r == -ENOTDIR || r == -ELOOP;
}

/* Runs the translator: its options, -0 argv[0], program, arguments. */
static int64_t run_guest(struct lu_task *t, const struct lu_exec_target *target, char **argv,
                         unsigned argc, char **envp)
{
    const char **list = allocate(&t->exec_memory, (argc + LU_MAX_EXEC_OPTIONS + 16) * sizeof *list);
    char space[LU_EXEC_OPTION_SPACE], fd[16];
    if (!list)
        return -ENOMEM;
    unsigned n = 0;
    list[n++] = "dragoman";
    n += lu_options_for_exec(&lu.options, list + n, space);
    if (target->fd >= 0) {
        snprintf(fd, sizeof fd, "%d", target->fd);
        list[n++] = "-execfd";
        list[n++] = fd;
    }
    list[n++] = "-0";
    list[n++] = argc ? argv[0] : "";
    list[n++] = "--";
    list[n++] = lu_proc_is_exe(target->name) ? lu.exe : target->name;
    for (unsigned k = 1; k < argc; k++)
        list[n++] = argv[k];
    int64_t r = lu_host_syscall(SYS_execve, "/proc/self/exe", list, envp);
    if (no_proc(r) && own_path[0])
        r = lu_host_syscall(SYS_execve, own_path, list, envp);
    /* After a chroot or umount we may be nowhere, and the kernel alone knows us, if by binfmt_misc. */
    int64_t by_kernel = no_proc(r) ? run_host(target, argv, envp) : r;
    return by_kernel == -ENOEXEC ? r : by_kernel;
}

/* With all signals blocked. */
static int64_t run(struct lu_task *t, const struct lu_exec_target *target, struct vectors *v)
{
    char **argv = lu_exec_argv(&t->exec_memory, target, v->argv, v->argc);
    unsigned argc = 0;
    int64_t r = argv ? 0 : -ENOMEM;
    while (!r && argv[argc])
        argc++;
    if (!r && target->kind == LU_EXEC_GUEST)
        r = escape_env(t, v);
    if (r)
        return r;
    fflush(lu.log);
    lu_signal_before_exec(t);
    if (target->kind == LU_EXEC_GUEST)
        r = run_guest(t, target, argv, argc, v->envp);
    else
        r = run_host(target, argv, v->envp);
    lu_signal_exec_failed(t);
    return r;
}

static int64_t prepare_and_run(struct lu_task *t, const char *name, int fd, uint64_t argv,
                               uint64_t envp)
{
    struct vectors v = {0};
    struct lu_exec_target target;
    int64_t r = lu_exec_resolve(&t->exec_memory, &target, name, fd), argc, envc;
    if (r)
        return r;
    argc = copy_pointers(t, argv, &v.argv);
    envc = argc < 0 ? argc : copy_pointers(t, envp, &v.envp);
    if (envc < 0)
        return envc;
    v.argc = argc;
    v.envc = envc;
    if (lu_signal_block_all(t))
        return -LU_ERESTARTNOINTR;
    r = run(t, &target, &v);
    lu_signal_set_mask(t, t->sig.mask);
    return r;
}

static int64_t exec(struct lu_task *t, const char *name, int fd, uint64_t argv, uint64_t envp)
{
    int64_t r = prepare_and_run(t, name, fd, argv, envp);
    lu_exec_free(&t->exec_memory);
    return r;
}

int64_t sys_execve(struct lu_task *t, const uint64_t arg[6])
{
    char name[PATH_MAX];
    int64_t n = lu_copy_string(t, name, arg[0], sizeof name);
    if (n < 0)
        return n;
    return n ? exec(t, name, -1, arg[1], arg[2]) : -ENOENT;
}

int64_t sys_execveat(struct lu_task *t, const uint64_t arg[6])
{
    char name[PATH_MAX], link[PATH_MAX + 32];
    int flags = arg[4], dirfd = arg[0];
    int64_t n = lu_copy_string(t, name, arg[1], sizeof name);
    if (n < 0)
        return n;
    if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
        return -EINVAL;
    if (name[0] == '/' || (dirfd == AT_FDCWD && name[0] && !(flags & AT_SYMLINK_NOFOLLOW)))
        return exec(t, name, -1, arg[2], arg[3]);
    if (!name[0] && !(flags & AT_EMPTY_PATH))
        return -ENOENT;
    /* The new program gets it as a descriptor, for dirfd may be closed by then. */
    int fd = name[0]
                 ? openat(dirfd, name, O_RDONLY | (flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0))
                 : dup(dirfd);
    if (fd < 0)
        return -errno;
    snprintf(link, sizeof link, name[0] ? "/dev/fd/%d/%s" : "/dev/fd/%d", dirfd, name);
    int64_t r = exec(t, link, fd, arg[2], arg[3]);
    close(fd);
    return r;
}
