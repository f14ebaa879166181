/* SPDX-License-Identifier: MIT */
/* The list of guest threads, their loop, their end; memory accesses on their behalf. */
#define _GNU_SOURCE
#include "linux-user/task.h"

#include <elf.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux-user/narrow.h"
#include "linux-user/signal.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct lu_task *tasks;
static unsigned n_tasks;

struct lu_task *lu_task_new(struct tcg_cpu *cpu)
{
    struct lu_task *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->cpu = cpu;
    cpu->os = t;
    t->sig.alt_flags = SS_DISABLE;
    return t;
}

void lu_task_free(struct lu_task *t)
{
    if (t->cpu)
        tcg_cpu_free(t->cpu);
    lu_scratch_free(t);
    free(t);
}

void lu_task_add(struct lu_task *t)
{
    pthread_mutex_lock(&lock);
    t->next = tasks;
    tasks = t;
    n_tasks++;
    pthread_mutex_unlock(&lock);
}

unsigned lu_task_remove(struct lu_task *t)
{
    pthread_mutex_lock(&lock);
    for (struct lu_task **link = &tasks; *link; link = &(*link)->next) {
        if (*link == t) {
            *link = t->next;
            n_tasks--;
            break;
        }
    }
    unsigned left = n_tasks;
    pthread_mutex_unlock(&lock);
    return left;
}

unsigned lu_task_count(void)
{
    pthread_mutex_lock(&lock);
    unsigned n = n_tasks;
    pthread_mutex_unlock(&lock);
    return n;
}

void lu_tasks_fork_prepare(void)
{
    pthread_mutex_lock(&lock);
}
void lu_tasks_fork_parent(void)
{
    pthread_mutex_unlock(&lock);
}

void lu_tasks_fork_child(struct lu_task *self)
{
    /* The others' memory is lost; that of their CPUs is tcg's to care for. */
    tasks = self;
    self->next = NULL;
    n_tasks = 1;
    pthread_mutex_unlock(&lock);
}

_Noreturn void lu_cpu_loop(struct lu_task *t)
{
    for (;;) {
        unsigned exc = tcg_run(t->cpu);
        if (exc > TCG_EXC_INTERRUPT)
            lu.abi->exception(t, exc);
        if (t->sig.pending || (t->sig.held & ~t->sig.mask))
            lu_signal_deliver(t, -LU_ENORESULT);
    }
}

/* ---- the end -------------------------------------------------------------------------------------- */

/* futex(2), robust futexes: the word holds the owner's tid and two flags. */
enum { FUTEX_WAITERS_ = 1u << 31, FUTEX_OWNER_DIED_ = 1 << 30, FUTEX_TID = 0x3fffffff };
enum { FUTEX_WAKE_ = 1, ROBUST_LIMIT = 2048 };

static bool owns(const struct lu_task *t, uint32_t word)
{
    return (lu_load(&word, sizeof word) & FUTEX_TID) == (uint32_t)t->tid;
}

static void owner_died(struct lu_task *t, uint64_t address)
{
    uint32_t word, dead;
    if (address & 3 || lu_copy_from(t, &word, address, sizeof word) || !owns(t, word))
        return;
    /* May it be written at all?  A byte of our number is what it is as long as we own it. */
    if (lu_copy_to(t, address + 1, (uint8_t *)&word + 1, 1))
        return;
    uint32_t *futex = lu_ptr(address);
    do {
        if (!owns(t, word))
            return;
        dead = lu_load(&word, sizeof word);
        lu_store(&dead, (dead & FUTEX_WAITERS_) | FUTEX_OWNER_DIED_, sizeof dead);
    } while (!__atomic_compare_exchange_n(futex, &word, dead, false, __ATOMIC_SEQ_CST,
                                          __ATOMIC_SEQ_CST));
    if (lu_load(&word, sizeof word) & FUTEX_WAITERS_)
        lu_host_syscall(SYS_futex, address, FUTEX_WAKE_, 1);
}

/* The host's kernel walks lists of 32 bits too, for a process that is killed, if they are told by a
 * system call of its 32-bit ABI: x86's `int $0x80`, which 64-bit code may use where the kernel has
 * that ABI.  Where a filter of system calls is in force nobody can know, and it is left alone. */
#if defined(__x86_64__)
enum { I386_GETPID = 20, I386_SET_ROBUST_LIST = 311 };

static int64_t host32_syscall(long nr, uint32_t a, uint32_t b)
{
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "0"(nr), "b"((long)a), "c"((long)b)
                     : "r8", "r9", "r10", "r11", "memory");
    return result;
}

static sigjmp_buf no_host32;

static void on_no_host32(int sig)
{
    (void)sig;
    siglongjmp(no_host32, 1);
}

/* Asked before there is a second thread: by the C library's set_robust_list() at start. */
static bool has_host32(void)
{
    static volatile enum { UNKNOWN, NO, YES } known;
    struct sigaction action = {.sa_handler = on_no_host32}, old;
    if (known == UNKNOWN) {
        known = NO;
        if (!lu.base && lu_task_count() == 1 && prctl(PR_GET_SECCOMP) == 0) {
            sigaction(SIGSEGV, &action, &old);
            if (!sigsetjmp(no_host32, 1))
                known = host32_syscall(I386_GETPID, 0, 0) == getpid() ? YES : NO;
            sigaction(SIGSEGV, &old, NULL);
        }
    }
    return known == YES;
}

static void tell_host32(uint32_t list)
{
    if (has_host32())
        host32_syscall(I386_SET_ROBUST_LIST, list, 3 * sizeof(uint32_t));
}
#else
static void tell_host32(uint32_t list)
{
    (void)list;
}
#endif

static unsigned word_size(void)
{
    return lu.abi->elf_class == ELFCLASS64 ? 8 : 4;
}

/* A pointer of the guest's in its memory: false if it cannot be read. */
static bool read_pointer(struct lu_task *t, uint64_t address, uint64_t *value)
{
    uint8_t bytes[8];
    if (lu_copy_from(t, bytes, address, word_size()))
        return false;
    *value = lu_load(bytes, word_size());
    *value += *value ? lu.base : 0;
    return true;
}

/* linux/futex.h: the first entry, the offset of an entry's word, the entry that is being taken. */
struct robust_head {
    uint64_t first, offset, pending;
};

static bool read_head(struct lu_task *t, struct robust_head *head)
{
    uint8_t offset[8];
    unsigned word = word_size();
    if (!read_pointer(t, t->robust_list, &head->first) ||
        lu_copy_from(t, offset, t->robust_list + word, word) ||
        !read_pointer(t, t->robust_list + 2 * word, &head->pending))
        return false;
    head->offset = word == 8 ? lu_load(offset, 8) : (uint64_t)(int32_t)lu_load(offset, 4);
    return true;
}

/* The kernel would do this only when the host's thread ends, after we have told the joiner
 * (clear_child_tid) that the stack with the list on it is free. */
static void walk_robust_list(struct lu_task *t)
{
    struct robust_head head;
    if (!t->robust_list || !read_head(t, &head))
        return;
    uint64_t entry = head.first;
    for (unsigned k = 0; k < ROBUST_LIMIT && (entry & ~1ull) != t->robust_list; k++) {
        uint64_t next;
        if (!read_pointer(t, entry & ~1ull, &next))
            break;
        if (entry != head.pending)
            owner_died(t, (entry & ~1ull) + head.offset);
        entry = next;
    }
    if (head.pending)
        owner_died(t, (head.pending & ~1ull) + head.offset);
    if (word_size() == 8)
        lu_host_syscall(SYS_set_robust_list, 0, 3 * sizeof(uint64_t));
    else
        tell_host32(0);
}

static void clear_tid(struct lu_task *t)
{
    uint32_t zero = 0;
    if (t->clear_child_tid && !lu_copy_to(t, t->clear_child_tid, &zero, sizeof zero))
        lu_host_syscall(SYS_futex, t->clear_child_tid, FUTEX_WAKE_, 1);
}

_Noreturn void lu_exit_group(struct lu_task *t, int status)
{
    if (t->is_vfork)
        clear_tid(t);
    else
        lu_at_exit();
    for (;;)
        lu_host_syscall(SYS_exit_group, status);
}

/* The process's status is that of its first thread, even if that ended before others. */
static int first_status;

_Noreturn void lu_task_exit(struct lu_task *t, int status)
{
    bool first = lu_host_syscall(SYS_getpid) == t->tid;
    if (t->is_vfork)
        lu_exit_group(t, status);
    lu_signal_thread_exit(t);
    walk_robust_list(t);
    if (first)
        first_status = status;
    if (lu_task_count() == 1)
        lu_exit_group(t, first_status);
    clear_tid(t);
    if (!lu_task_remove(t)) /* the others ended meanwhile */
        lu_exit_group(t, first_status);
    lu_self = NULL;
    tcg_cpu_free(t->cpu);
    while (first) /* stays as a zombie, as Linux has it */
        lu_host_syscall(SYS_exit, status);
    lu_signal_thread_done(t);
    lu_scratch_free(t);
    free(t);
    pthread_exit(NULL);
}

int64_t sys_exit(struct lu_task *t, const uint64_t arg[6])
{
    lu_task_exit(t, arg[0] & 0xff);
}
int64_t sys_exit_group(struct lu_task *t, const uint64_t arg[6])
{
    lu_exit_group(t, arg[0] & 0xff);
}

/* ---- small calls ---------------------------------------------------------------------------------- */

int64_t sys_set_tid_address(struct lu_task *t, const uint64_t arg[6])
{
    t->clear_child_tid = arg[0];
    return t->tid;
}

int64_t sys_set_robust_list(struct lu_task *t, const uint64_t arg[6])
{
    if (arg[1] != 3 * word_size())
        return -EINVAL;
    t->robust_list = arg[0];
    if (word_size() == 4) {
        tell_host32(arg[0]);
        return 0;
    }
    /* The kernel's as well, for when the process is killed. */
    return lu_host_syscall(SYS_set_robust_list, arg[0], arg[1]);
}

int64_t sys_get_robust_list(struct lu_task *t, const uint64_t arg[6])
{
    const uint64_t size = 3 * 4;
    if (word_size() == 8)
        return lu_host_syscall(SYS_get_robust_list, arg[0], arg[1], arg[2]);
    if (arg[0] && (pid_t)arg[0] != t->tid)
        return -EPERM;
    if (lu_copy_to(t, arg[1], &t->robust_list, 8) || lu_copy_to(t, arg[2], &size, 8))
        return -EFAULT;
    return 0;
}

/* ---- guest memory --------------------------------------------------------------------------------- */

int lu_copy_from(struct lu_task *t, void *to, uint64_t from, size_t n)
{
    return n && tcg_copy_from_guest(t->cpu, to, from - lu.base, n) ? -EFAULT : 0;
}

int lu_copy_to(struct lu_task *t, uint64_t to, const void *from, size_t n)
{
    return n && tcg_copy_to_guest(t->cpu, to - lu.base, from, n) ? -EFAULT : 0;
}

int64_t lu_copy_string(struct lu_task *t, char *buf, uint64_t from, size_t size)
{
    size_t done = 0;
    while (done < size) {
        /* Never across a page that the string may not reach. */
        size_t n = 256 - ((from + done) & 255);
        n = n < size - done ? n : size - done;
        if (lu_copy_from(t, buf + done, from + done, n))
            return -EFAULT;
        const char *end = memchr(buf + done, 0, n);
        if (end)
            return end - buf;
        done += n;
    }
    return -ENAMETOOLONG;
}
