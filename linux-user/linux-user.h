/* SPDX-License-Identifier: MIT */
/*
 * Running Linux programs: what the files of this folder share.  Read this first, then main.c.
 *
 *   main.c options.c abi.c   command line, environment, start; the ABIs of this build
 *   elf.c stack.c         program loading; the initial stack
 *   exec.c                execve: stay in the translator, scripts, host programs
 *   task.c clone.c        guest threads and processes
 *   mm.c                  the address space
 *   signal.c safe_syscall.S  signals, and system calls that signals interrupt exactly
 *   path.c proc.c         paths under -L; /proc/self
 *   util.c                messages, random bytes
 *   syscall*.c syscalls.def strace.c   the other system calls
 *   convert.c narrow*.c dirent.c       the same for 32-bit and big-endian ABIs
 *   aarch64/ arm/         what is specific to an ABI: CPU loop, signal frame
 *
 * May include tcg/ and, in an ABI's folder only, frontends/.  What an
 * address is: see lu_ptr().
 *
 * Errors: functions return 0 or a count, or a negative errno, unless they say otherwise.
 * Threads: functions that take a task are called by that task's own thread.
 */
#ifndef LINUX_USER_LINUX_USER_H
#define LINUX_USER_LINUX_USER_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "tcg/tcg.h"

#define LU_PAGE_SIZE 4096ull
#define LU_4G        (1ull << 32)

/* --- an ABI ----------------------------------------------------------------------------------- */

struct lu_task;
struct lu_image;
struct lu_sigaction;

/* Handler of a system call: the kernel's convention, a value or -errno (or -LU_E*, below). */
typedef int64_t lu_syscall_fn(struct lu_task *t, const uint64_t arg[6]);

/* What an ABI folder provides; one `const struct lu_abi` each. */
struct lu_abi {
    const char *name;     /* of the guest: "aarch64" */
    const char *machine;  /* uname -m and AT_PLATFORM */
    uint16_t elf_machine; /* EM_* */
    uint8_t elf_class;    /* ELFCLASS64 */
    uint8_t elf_data;     /* ELFDATA2LSB */
    const char *platform; /* AT_PLATFORM; NULL: machine */
    /* 32-bit ABIs, or those of the other byte order (narrow.h): the alignment of 64-bit members,
     * and whether 64-bit arguments begin at an even register. */
    bool narrow;
    uint8_t align64;
    bool pairs_aligned;
    /* 32-bit: where the initial stack ends, and where addresses for mmap end; 0: the host's. */
    uint64_t stack_top, task_size;
    const struct guest *guest;
    bool (*select_cpu)(const char *name);
    const char *(*cpu_model)(unsigned k); /* k-th name for -cpu, NULL at the end */
    uint64_t (*hwcap)(unsigned which);    /* which: 1 or 2 */
    /* After select_cpu: the rest of start-up that is the ABI's own (pages at fixed addresses, names
     * that depend on the CPU); may be NULL. */
    void (*prepare)(void);
    /* /proc/cpuinfo as the guest's kernel would write it. */
    void (*cpuinfo)(FILE *out, unsigned n_cpus);
    /* At program start: pc, stack pointer. */
    void (*start)(struct tcg_cpu *cpu, uint64_t pc, uint64_t sp);
    /* In a new thread's or process's CPU, cloned from the parent's inside of clone(): result 0,
     * stack pointer unless 0, TLS register if set_tls. */
    void (*child)(struct tcg_cpu *cpu, uint64_t sp, bool set_tls, uint64_t tls);
    uint64_t (*sp)(const struct tcg_cpu *cpu);
    /* Handles what tcg_run() returned; system calls go to lu_syscall(). */
    void (*exception)(struct lu_task *t, unsigned exc);
    /* Undoes a system call that is to be made again. */
    void (*restart_syscall)(struct lu_task *t);
    void (*set_result)(struct lu_task *t, int64_t result);
    /* Writes the frame of a signal and enters the handler.  False: the stack is bad. */
    bool (*signal_frame)(struct lu_task *t, int sig, const siginfo_t *info,
                         const struct lu_sigaction *action, uint64_t saved_mask);
    unsigned clone_tls_arg; /* which argument of clone() is tls: 3 or 4; the other is child_tid */
    uint32_t min_altstack;  /* MINSIGSTKSZ */
    uint32_t frame_size;    /* bytes that a signal frame needs: AT_MINSIGSTKSZ */
    /* rt_sigreturn, or sigreturn of ABIs that have it too: restores what signal_frame saved. */
    int64_t (*sigreturn)(struct lu_task *t, bool rt);
    /* System calls of the architecture's own (rows of syscalls.def with sys_private); may be NULL. */
    lu_syscall_fn *private_call;
    /* Writes the code of the signal trampoline at `to` (at most a page); returns its size. */
    size_t (*trampoline)(void *to);
    const struct lu_vdso *vdso; /* vdso.h; NULL: none */
};

extern const struct lu_abi lu_abi_aarch64, lu_abi_arm, lu_abi_armeb;

/* The ABIs of this build (abi.c), NULL past the last one; the one that can run the program whose
 * first n bytes are at head, or NULL. */
const struct lu_abi *lu_abi_number(unsigned k);
const struct lu_abi *lu_abi_for(const void *head, size_t n);
/* Why there is none. */
void lu_abi_explain(const void *head, size_t n, char problem[160]);
/* Prints a line for each ABI that makes binfmt_misc run its programs by us. */
void lu_abi_print_binfmt(void);

/* --- the process ------------------------------------------------------------------------------ */

/* The guest's struct sigaction, as the kernel keeps it. */
struct lu_sigaction {
    uint64_t handler; /* 0 SIG_DFL, 1 SIG_IGN */
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask; /* bit sig - 1 */
};

enum { LU_MAX_ENV_OPTIONS = 64 };

/* Command line options (options.c); strings live for ever. */
struct lu_options {
    const char *ld_prefix; /* -L; NULL if none */
    const char *argv0;     /* -0 */
    const char *cpu;       /* -cpu */
    const char *release;   /* -r: uname's release; NULL: the host's */
    const char *log_items; /* -d */
    const char *log_path;  /* -D */
    const char *dfilter;
    const char *accel;
    const char *tier;
    const char *opt; /* -opt */
    const char *set_env[LU_MAX_ENV_OPTIONS], *unset_env[LU_MAX_ENV_OPTIONS];
    unsigned n_set_env, n_unset_env;
    uint64_t stack_size; /* -s; 0: RLIMIT_STACK */
    uint64_t seed;
    bool has_seed;
    uint64_t ra_seed;
    uint64_t hot;
    uint64_t tb_size; /* -tb-size, MiB; 0: the default */
    bool strace;
    bool one_insn;
    bool no_chain, fp_strict, foreground;
    bool use_base; /* 32-bit guests away from address 0, even if it is free */
    bool perfmap, jitdump;
    int exec_fd;  /* the program's descriptor, from execveat; -1 if none */
    bool reexec;  /* we were started by our own execve (exec.c) */
    unsigned log; /* TCG_LOG_*, from log_items */
};

/* One for the whole address space; set up by main() before the first guest instruction, and
 * constant from then on except where a member says otherwise. */
struct lu_process {
    const struct lu_abi *abi;
    struct tcg *tcg;
    uint64_t base; /* host address of guest address 0; not 0 only for 32-bit guests (mm.c) */
    struct lu_options options;
    FILE *log;                      /* -D or stderr: all that is logged or straced goes here */
    const char *exe;                /* absolute host path of the program, for /proc/self/exe */
    const char *exec_fn;            /* path as it was given to execve */
    uint64_t stack_low, stack_high; /* the initial stack, whole pages */
    uint64_t start_stack;           /* the first stack pointer */
    uint64_t arg_start, arg_end;    /* argv's strings on the guest's stack */
    uint64_t env_start, env_end;
    uint64_t auxv_start, auxv_end;                       /* as bytes on the guest's stack */
    uint64_t code_start, code_end, data_start, data_end; /* of the program, for /proc/self/stat */
    uint64_t start_brk;
    uint64_t trampoline;   /* address of the signal trampoline */
    uint64_t vdso;         /* of the vDSO, 0 if there is none */
    uint64_t random_state; /* see lu_random() */
};
extern struct lu_process lu;

/* --- a task: one guest thread ------------------------------------------------------------------ */

/* Signal actions, shared by the tasks of a process (a vfork child has its own). */
struct lu_sighand;

struct lu_signals {
    /* A host signal that waits for its safe point; while it does, all signals are blocked on the
     * host, so that one is enough.  Written by the host handler. */
    volatile sig_atomic_t pending; /* signal number or 0 */
    siginfo_t info;
    uint64_t mask;      /* the guest's blocked signals */
    uint64_t temp_mask; /* in force during ppoll, rt_sigsuspend..., if has_temp_mask */
    bool has_temp_mask;
    uint64_t held; /* signals that the host may not block (SEGV...) but the guest does */
    siginfo_t held_info[5];
    uint64_t alt_sp, alt_size; /* sigaltstack */
    uint32_t alt_flags;
    struct lu_sighand *hand;
};

struct lu_scratch;

struct lu_task {
    struct tcg_cpu *cpu;
    pid_t tid; /* the kernel's own: guest and host see the same */
    struct lu_signals sig;
    uint64_t clear_child_tid; /* address, 0 if none */
    uint64_t robust_list;     /* head, 0 if none */
    uint64_t syscall_nr;      /* the one that is running, for restarts and -strace */
    bool is_vfork;            /* runs in its parent's memory until it execs or exits */
    struct lu_block
        *exec_memory; /* what execve allocated (exec.c); a vfork child's for its parent to free */
    struct lu_scratch *scratch; /* converted arguments (narrow.c), or NULL */
    struct lu_task *next; /* list of all tasks (task.c) */
    void *host_altstack;
};

/* The calling thread's task; NULL on threads that run no guest. */
extern _Thread_local struct lu_task *lu_self;

/* --- system calls -------------------------------------------------------------------------------- */

/* Results beside errno values that only the CPU loop sees, as the kernel uses them internally. */
enum {
    LU_ERESTARTSYS = 512,    /* interrupted: EINTR, or made again if the handler has SA_RESTART */
    LU_ERESTARTNOINTR = 513, /* make it again in any case */
    LU_NOT_BEGUN = 514,      /* between safe_syscall.S and signal.c alone */
    LU_ENORESULT = 600,      /* registers are as they should be (rt_sigreturn, execve) */
};

/* Makes guest system call nr: dispatch by the ABI's numbers, -strace, ENOSYS and a log line once
 * for what is unknown (syscall.c).  arg: 6 arguments; 8 registers of a narrow ABI. */
int64_t lu_syscall(struct lu_task *t, uint64_t nr, const uint64_t *arg);

/* A host system call which is interrupted exactly: if a signal arrives while it blocks and is
 * restartable, it has no effect and the result is -LU_ERESTARTSYS; if the kernel would not restart it,
 * -EINTR.  If a signal arrives before it begins the result is -LU_ERESTARTSYS if it would wait, else
 * -LU_ERESTARTNOINTR.  Hand either on as the handler's result, with nothing done before
 * that may not be done again.  For every call that may block.  Arguments are host pointers and
 * integers; unused ones may be left out. */
#define lu_safe_syscall(...) LU_SYSCALL_N(lu_safe_syscall6, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
int64_t lu_safe_syscall6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                         uint64_t f);

/* True if the host's call, made now, would wait (restart.c). */
bool lu_would_wait(long nr, const uint64_t arg[6]);

/* A host system call that does not block: result or -errno. */
#define lu_host_syscall(...) LU_SYSCALL_N(lu_host_syscall6, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
int64_t lu_host_syscall6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                         uint64_t f);

#define LU_SYSCALL_N(fn, nr, a, b, c, d, e, f, ...) \
    fn(nr, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e), (uint64_t)(f))

/* For ppoll, pselect6, epoll_pwait, rt_sigsuspend: reads the guest's signal set at `set` (8 bytes;
 * `size` must be 8), makes it the task's temporary mask and stores in *host what to hand to the
 * kernel.  -EFAULT, -EINVAL.  The CPU loop ends it. */
int lu_temp_mask(struct lu_task *t, uint64_t set, uint64_t size, uint64_t *host);

/* The part of a guest's signal set that the host may block (never SEGV, BUS, FPE, ILL, TRAP). */
uint64_t lu_host_mask(uint64_t guest);

/* --- guest memory -------------------------------------------------------------------------------- */

/* An address as a host pointer, to be handed to the kernel, which checks it.  What we read or write
 * ourselves goes through lu_copy_*.
 *
 * Addresses in this folder are the host's: the guest's plus lu.base.  That is 0 but for 32-bit guests
 * on hosts whose low 4 GiB are taken (or -mem-base), and added or taken off where addresses enter and leave:
 * registers (ABI folders), arguments (narrow.c), structures (convert.c), tcg, and what is printed. */
static inline void *lu_ptr(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

/* 0 or -EFAULT. */
int lu_copy_from(struct lu_task *t, void *to, uint64_t from, size_t n);
int lu_copy_to(struct lu_task *t, uint64_t to, const void *from, size_t n);
/* Copies a string with its NUL into buf: its length, -EFAULT, or -ENAMETOOLONG if it does not fit
 * into size bytes. */
int64_t lu_copy_string(struct lu_task *t, char *buf, uint64_t from, size_t size);

/* --- address space (mm.c) -------------------------------------------------------------------------- */

enum lu_map_kind {
    LU_MAP_GUEST, LU_MAP_GROWS /* MAP_GROWSDOWN */, LU_MAP_STACK, LU_MAP_BRK, LU_MAP_VDSO, LU_MAP_SIGPAGE,
    LU_MAP_VECTORS
};

/* Before anything is mapped: finds the place of a 32-bit guest's 4 GiB, sets lu.base. */
void lu_mm_init(void);
/* Where mappings without an address go, from there down (32-bit guests; after the stack is known). */
void lu_mm_set_top(uint64_t address);

/* mmap for the guest: never disturbs the host's own mappings; PROT_EXEC is kept in our table
 * alone.  prot, flags: Linux generic (the same on all our ABIs; MIPS converts).  Address or -errno. */
int64_t lu_mmap(uint64_t address, uint64_t length, int prot, int flags, int fd, uint64_t offset);
int lu_munmap(uint64_t address, uint64_t length);
int lu_mprotect(uint64_t address, uint64_t length, int prot);
/* After a fault at an address where nothing is mapped: true if a mapping above that was made with MAP_GROWSDOWN
 * now reaches down to it. */
bool lu_mm_grow(uint64_t address);
/* Names a range for /proc/self/maps ("[stack]"). */
void lu_mm_set_kind(uint64_t address, uint64_t length, enum lu_map_kind kind);
/* True if the whole of [address, address + length) belongs to the guest. */
bool lu_mm_owned(uint64_t address, uint64_t length);
/* Calls fn for each guest range with equal protection and kind, in order; the lock is held. */
void lu_mm_each(void (*fn)(void *opaque, uint64_t start, uint64_t end, int prot,
                           enum lu_map_kind kind),
                void *opaque);
/* Where the program's data ends: brk begins there. */
void lu_mm_set_brk(uint64_t address);
/* What tcg asks about code. */
void lu_mm_mem_ops(struct tcg_mem_ops *ops);
/* Around fork(), by the thread that makes it: the child finds no lock held by one that it does not have.  That
 * of brk is taken before tcg's (brk may take code away), that of the address space after it. */
void lu_brk_fork_prepare(void);
void lu_brk_fork_done(void);
void lu_mm_fork_prepare(void);
void lu_mm_fork_done(void);
/* The same for resource limits (syscall_process.c). */
void lu_limits_fork_prepare(void);
void lu_limits_fork_done(void);

/* --- paths (path.c, proc.c) ------------------------------------------------------------------------ */

enum { LU_NOFOLLOW = 1 }; /* the call is about the link itself (lstat, readlink, unlink) */

/* The host path for a guest path: under -L if it is absolute and exists there; the program for
 * /proc/self/exe unless LU_NOFOLLOW.  Returns `path` itself or buf. */
const char *lu_path(const char *path, char buf[PATH_MAX], int flags);
/* The same for a path in guest memory; the result is in buf.  Length, -EFAULT, -ENAMETOOLONG. */
int64_t lu_path_from(struct lu_task *t, uint64_t guest_path, char buf[PATH_MAX], int flags);

enum { LU_NOT_OURS = 1000 };
/* open and readlink of files that show the guest (/proc/self/maps, /proc/cpuinfo...): descriptor or
 * length, -errno, or -LU_NOT_OURS if the path (the guest's, before lu_path) is an ordinary one.
 * dirfd as in openat. */
int64_t lu_proc_open(struct lu_task *t, int dirfd, const char *path, int flags);
int64_t lu_proc_readlink(struct lu_task *t, int dirfd, const char *path, char *buf, size_t size);

/* --- program loading (elf.c, stack.c, exec.c) -------------------------------------------------------- */

/* A loaded program. */
struct lu_image {
    uint64_t entry;    /* the program's */
    uint64_t start_pc; /* where to begin: the interpreter's entry if there is one */
    uint64_t phdr;     /* address of the program headers, 0 if not mapped */
    unsigned phnum, phent;
    uint64_t load_bias;
    uint64_t interp_base; /* AT_BASE */
    uint64_t brk;
    uint64_t code_start, code_end, data_start, data_end;
    bool exec_stack;
};

/* Can abi run the program whose first n bytes are at head?  0, or -ENOEXEC with a clear line in
 * problem: not ELF, wrong architecture and which one, truncated... */
int lu_elf_check(const struct lu_abi *abi, const void *head, size_t n, char problem[160]);
/* The PT_INTERP of a program ("" if none) that abi can run: 0, or -errno and a problem. */
int lu_elf_interpreter(const struct lu_abi *abi, int fd, char *name, size_t size,
                       char problem[160]);
/* The line for an interpreter that cannot be opened, with errno `error`. */
void lu_interpreter_problem(const char *name, int error, char problem[160]);
/* Maps the program open on fd, and its interpreter. -errno and a clear line in problem. */
int lu_elf_load(int fd, struct lu_image *image, char problem[160]);
/* Bytes that the initial stack is to have. */
uint64_t lu_stack_size(void);
/* Builds argc, argv, envp, auxv on a new stack; returns the stack pointer. */
uint64_t lu_stack_build(const struct lu_image *image, char *const argv[], char *const envp[]);

/* --- tasks, threads, exit (task.c, clone.c) -------------------------------------------------- */

struct lu_task *lu_task_new(struct tcg_cpu *cpu);
void lu_task_free(struct lu_task *t);
/* Runs t on this thread until it exits; does not return. */
_Noreturn void lu_cpu_loop(struct lu_task *t);
/* Ends this thread (exit) or the process (exit_group). */
_Noreturn void lu_task_exit(struct lu_task *t, int status);
_Noreturn void lu_exit_group(struct lu_task *t, int status);
/* Before the process ends in whatever way: flushes logs, prints what -d stats asks for. */
void lu_at_exit(void);
/* Number of guest threads. */
unsigned lu_task_count(void);

/* --- signals (signal.c) --------------------------------------------------------------------------------- */

void lu_signal_init(struct lu_task *first);
/* For a new thread: its host alternate stack. */
void lu_signal_thread_init(struct lu_task *t);
/* In the first thread that pthread_create() makes, before guest code runs: glibc has just taken two
 * signals for itself; gives them back to the guest. */
void lu_signal_after_libc(struct lu_task *t);
/* Delivers what is pending; called between tcg_run()s.  result: what the system call that has just
 * been made returned, or -LU_ENORESULT if there was none; stores it. */
void lu_signal_deliver(struct lu_task *t, int64_t result);
/* What an ABI does with a system call's result. */
static inline void lu_syscall_done(struct lu_task *t, int64_t result)
{
    if (__builtin_expect(t->sig.pending || (t->sig.held & ~t->sig.mask) || t->sig.has_temp_mask ||
                             result == -LU_ERESTARTSYS || result == -LU_ERESTARTNOINTR,
                         0))
        lu_signal_deliver(t, result);
    else if (result != -LU_ENORESULT)
        lu.abi->set_result(t, result);
}
/* A synchronous signal of the guest's own making (fault, BRK): delivered at once, kills if blocked
 * or ignored. */
void lu_signal_fault(struct lu_task *t, int sig, int code, uint64_t address);
/* Dies so that the parent sees `sig`. */
_Noreturn void lu_die(int sig);
/* Blocks every signal on the host; returns whether one is pending (then hand back
 * -LU_ERESTARTNOINTR).  lu_signal_set_mask() undoes it. */
bool lu_signal_block_all(struct lu_task *t);
void lu_signal_set_mask(struct lu_task *t, uint64_t guest_mask);

/* --- logging ------------------------------------------------------------------------------------------- */

/* symbols.c: the name of the function around guest address pc, and in *start where it begins; NULL if
 * no symbol table of a mapped file has one.  Lives for ever.  One caller at a time. */
const char *lu_symbol(uint64_t pc, uint64_t *start);

/* One line to lu.log, if `item` (TCG_LOG_*) is on. */
void lu_log(unsigned item, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* `dragoman: ...` to stderr, and exit. */
_Noreturn void lu_fatal(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Random bytes for the guest (AT_RANDOM, getrandom): from -seed if given, else the kernel's. */
void lu_random(void *to, size_t n);
void lu_random_init(void);

/* --- handlers that live in the files above; rows of syscalls.def --------------------------------------- */

/* mm.c */
lu_syscall_fn sys_mmap, sys_munmap, sys_mprotect, sys_mremap, sys_brk, sys_madvise, sys_mincore,
    sys_msync, sys_mlock, sys_munlock, sys_shmat, sys_shmdt, sys_remap_file_pages;
/* task.c, clone.c, exec.c */
lu_syscall_fn sys_clone, sys_clone3, sys_fork, sys_vfork, sys_execve, sys_execveat, sys_exit,
    sys_exit_group, sys_set_tid_address, sys_set_robust_list, sys_get_robust_list;
/* signal.c */
lu_syscall_fn sys_rt_sigaction, sys_rt_sigprocmask, sys_rt_sigpending, sys_rt_sigsuspend,
    sys_rt_sigtimedwait, sys_rt_sigqueueinfo, sys_rt_tgsigqueueinfo, sys_rt_sigreturn,
    sys_sigaltstack, sys_kill, sys_tkill, sys_tgkill, sys_signalfd4, sys_restart_syscall, sys_sigreturn;

#endif
