/* SPDX-License-Identifier: MIT */
/*
 * clone and its like.  Three ways:
 *   a thread (CLONE_THREAD)         a host thread of our own
 *   vfork (CLONE_VM | CLONE_VFORK)  a host process in our memory, on a stack of its own, with the
 *                                   C library's state of the thread that waits for it
 *   any other                       a host process with a copy of everything
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "linux-user/convert.h"
#include "linux-user/exec.h"
#include "linux-user/heap.h"
#include "linux-user/signal.h"
#include "linux-user/task.h"

enum { HOST_STACK = 1 << 20 };

/* ---- the sanitizer's view of stacks ------------------------------------------------------------- */

/* A vfork child runs as the same thread, for the address sanitizer, on another stack. */
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

struct stack_switch {
    const void *bottom;
    size_t size;
};

static void leave_stack(struct stack_switch *from, const void *to, size_t size)
{
    (void)from;
    __sanitizer_start_switch_fiber(NULL, to, size);
}

static void enter_stack(struct stack_switch *from)
{
    __sanitizer_finish_switch_fiber(NULL, &from->bottom, &from->size);
}

/* In the parent again; the child's frames never returned. */
static void back_from_stack(struct stack_switch *from, const void *stack, size_t size)
{
    __sanitizer_start_switch_fiber(NULL, from->bottom, from->size);
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
    ASAN_UNPOISON_MEMORY_REGION(stack, size);
}
#else
struct stack_switch {
    char unused;
};

static void leave_stack(struct stack_switch *from, const void *to, size_t size)
{
    (void)from, (void)to, (void)size;
}

static void enter_stack(struct stack_switch *from)
{
    (void)from;
}

static void back_from_stack(struct stack_switch *from, const void *stack, size_t size)
{
    (void)from, (void)stack, (void)size;
}
#endif

/* ---- requests --------------------------------------------------------------------------------- */

/* What the three system calls ask for, whatever their arguments' order. */
struct request {
    uint64_t flags; /* CLONE_*, without the signal */
    int exit_signal;
    uint64_t stack, tls, parent_tid, child_tid;
    const struct clone_args *full; /* clone3's, for what only the kernel can do; or NULL */
    uint64_t full_size;
};

/* One child on its way; lives until it runs. */
struct birth {
    struct lu_task *task;
    const struct request *request;
    uint64_t mask;
    pid_t tid;
    uint32_t ready;            /* futex */
    struct stack_switch *from; /* vfork: the parent's stack */
};

static void put_tid(struct lu_task *t, bool wanted, uint64_t address)
{
    uint32_t tid;
    lu_store(&tid, t->tid, sizeof tid);
    if (wanted)
        lu_copy_to(t, address, &tid, sizeof tid); /* as the kernel, without telling of a fault */
}

/* CLONE_PARENT_SETTID in the parent of a process with memory of its own. */
static void put_tid_of(struct lu_task *t, const struct request *r, uint32_t tid)
{
    lu_store(&tid, tid, sizeof tid);
    if (r->flags & CLONE_PARENT_SETTID)
        lu_copy_to(t, r->parent_tid, &tid, sizeof tid);
}

/* What every child does first, on its own thread. */
static void child_begins(struct lu_task *t, const struct request *r)
{
    lu_self = t;
    t->tid = lu_host_syscall(SYS_gettid);
    put_tid(t, r->flags & CLONE_CHILD_SETTID, r->child_tid);
    t->clear_child_tid = r->flags & CLONE_CHILD_CLEARTID ? r->child_tid : 0;
    t->robust_list = 0;
}

/* A task for a child that shares our memory. */
static struct lu_task *make_child(struct lu_task *parent, const struct request *r)
{
    struct tcg_cpu *cpu = r->flags & CLONE_THREAD ? tcg_cpu_clone(parent->cpu)
                                                  : tcg_cpu_vfork(parent->cpu);
    struct lu_task *t = cpu ? lu_task_new(cpu) : NULL;
    if (!t) {
        if (cpu)
            tcg_cpu_free(cpu);
        return NULL;
    }
    t->sig.hand = parent->sig.hand;
    lu.abi->child(cpu, r->stack, r->flags & CLONE_SETTLS, r->tls);
    return t;
}

/* ---- threads ------------------------------------------------------------------------------------- */

static void *thread_main(void *arg)
{
    struct birth *b = arg;
    struct lu_task *t = b->task;
    uint64_t mask = b->mask;
    /* What threads of the guest do not share, though the host's do. */
    int apart = (b->request->flags & CLONE_FILES ? 0 : CLONE_FILES) |
                (b->request->flags & CLONE_FS ? 0 : CLONE_FS);
    if (apart)
        lu_host_syscall(SYS_unshare, apart);
    child_begins(t, b->request);
    put_tid(t, b->request->flags & CLONE_PARENT_SETTID, b->request->parent_tid);
    lu_signal_after_libc(t);
    lu_signal_thread_init(t);
    b->tid = t->tid;
    __atomic_store_n(&b->ready, 1, __ATOMIC_RELEASE); /* b is gone from here on */
    lu_host_syscall(SYS_futex, &b->ready, FUTEX_WAKE_PRIVATE, 1);
    lu_signal_set_mask(t, mask);
    lu_cpu_loop(t);
}

static int64_t clone_thread(struct lu_task *parent, const struct request *r)
{
    if (!(r->flags & CLONE_SIGHAND) || !(r->flags & CLONE_VM))
        return -EINVAL;
    struct lu_task *t = make_child(parent, r);
    if (!t)
        return -ENOMEM;
    struct birth b = {.task = t, .request = r, .mask = parent->sig.mask};
    pthread_attr_t attr;
    pthread_t thread;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, HOST_STACK);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    lu_task_add(t);
    int error = pthread_create(&thread, &attr, thread_main, &b);
    pthread_attr_destroy(&attr);
    if (error) {
        lu_task_remove(t);
        lu_task_free(t);
        return -EAGAIN;
    }
    while (!__atomic_load_n(&b.ready, __ATOMIC_ACQUIRE))
        lu_host_syscall(SYS_futex, &b.ready, FUTEX_WAIT_PRIVATE, 0);
    return b.tid;
}

/* ---- vfork ---------------------------------------------------------------------------------------- */

static int vfork_main(void *arg)
{
    struct birth *b = arg;
    struct lu_task *t = b->task;
    enter_stack(b->from);
    child_begins(t, b->request);
    put_tid(t, b->request->flags & CLONE_PARENT_SETTID, b->request->parent_tid);
    if (b->request->flags & CLONE_CLEAR_SIGHAND)
        lu_sighand_clear(t->sig.hand);
    lu_signal_set_mask(t, b->mask);
    lu_cpu_loop(t);
}

static int64_t clone_vfork(struct lu_task *parent, const struct request *r)
{
    const uint64_t ours = CLONE_SETTLS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID |
                          CLONE_PARENT_SETTID | CLONE_CLEAR_SIGHAND;
    struct lu_task *t = make_child(parent, r);
    if (!t)
        return -ENOMEM;
    t->is_vfork = true;
    t->host_altstack = parent->host_altstack; /* the kernel's setting is inherited */
    t->sig.alt_sp = parent->sig.alt_sp;
    t->sig.alt_size = parent->sig.alt_size;
    t->sig.alt_flags = parent->sig.alt_flags;
    if (!(r->flags & CLONE_SIGHAND))
        t->sig.hand = lu_sighand_copy(parent->sig.hand);
    void *stack = mmap(NULL, HOST_STACK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    int64_t result = -ENOMEM;
    if (stack != MAP_FAILED && t->sig.hand) {
        struct stack_switch from = {0};
        struct birth b = {.task = t, .request = r, .mask = parent->sig.mask, .from = &from};
        leave_stack(&from, stack, HOST_STACK);
        result = clone(vfork_main, (char *)stack + HOST_STACK,
                       (int)((r->flags & ~ours) | r->exit_signal), &b,
                       r->flags & CLONE_PIDFD ? lu_ptr(r->full->pidfd) : NULL);
        result = result < 0 ? -errno : result;
        back_from_stack(&from, stack, HOST_STACK);
        lu_self = parent; /* the child had our thread-local storage */
    }
    if (stack != MAP_FAILED)
        munmap(stack, HOST_STACK);
    if (t->sig.hand && t->sig.hand != parent->sig.hand)
        lu_sighand_free(t->sig.hand);
    lu_exec_free(&t->exec_memory);
    lu_task_free(t);
    return result;
}

/* ---- fork ------------------------------------------------------------------------------------------- */

/* Not libc's fork(): namespaces, a chosen pid, another signal at exit...  The child has one thread,
 * and libc need not know. */
static int64_t host_clone(const struct request *r)
{
    const uint64_t ours = CLONE_VM | CLONE_SETTLS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID |
                          CLONE_PARENT_SETTID | CLONE_SIGHAND;
    struct clone_args args = {0};
    if (r->full)
        memcpy(&args, r->full, r->full_size < sizeof args ? r->full_size : sizeof args);
    args.flags = r->flags & ~ours;
    args.exit_signal = r->exit_signal;
    args.stack = args.stack_size = args.tls = 0;
    lu_heap_close();
    int64_t result = lu_host_syscall(SYS_clone3, &args, sizeof args);
    if (result == -ENOSYS && !(args.flags >> 32))
        result = lu_host_syscall(SYS_clone, args.flags | r->exit_signal, 0, lu_ptr(args.pidfd));
    lu_heap_open();
    return result;
}

static bool plain_fork(const struct request *r)
{
    const uint64_t ours =
        CLONE_SETTLS | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID;
    return !(r->flags & ~ours) && r->exit_signal == SIGCHLD;
}

static int64_t clone_fork(struct lu_task *t, const struct request *r)
{
    lu_sighand_lock(t);
    lu_tasks_fork_prepare();
    lu_brk_fork_prepare();
    tcg_fork_prepare(lu.tcg);
    lu_mm_fork_prepare();
    lu_dirent_fork_prepare();
    lu_limits_fork_prepare();
    int64_t result = plain_fork(r) ? fork() : host_clone(r);
    if (result == -1 && plain_fork(r))
        result = -errno;
    if (result == 0)
        lu_heap_child();
    lu_limits_fork_done();
    lu_dirent_fork_done();
    lu_mm_fork_done();
    if (result == 0) {
        tcg_fork_child(lu.tcg, t->cpu);
        lu_tasks_fork_child(t);
    } else {
        tcg_fork_parent(lu.tcg);
        lu_tasks_fork_parent();
    }
    lu_brk_fork_done();
    lu_sighand_unlock(t);
    if (result)
        return result;
    if (r->flags & CLONE_CLEAR_SIGHAND)
        lu_sighand_clear(t->sig.hand);
    t->is_vfork = false;
    t->sig.held = 0;
    lu.abi->child(t->cpu, r->stack, r->flags & CLONE_SETTLS, r->tls);
    child_begins(t, r);
    return -LU_ENORESULT;
}

/* ---- system calls ------------------------------------------------------------------------------------ */

static int64_t do_clone(struct lu_task *t, const struct request *r)
{
    int64_t result;
    if (lu_signal_block_all(t))
        return -LU_ERESTARTNOINTR;
    if (r->flags & CLONE_THREAD) {
        result = clone_thread(t, r);
    } else if ((r->flags & (CLONE_VM | CLONE_VFORK)) == (CLONE_VM | CLONE_VFORK)) {
        result = clone_vfork(t, r);
    } else {
        if (r->flags & CLONE_VM)
            lu_log(TCG_LOG_UNIMP, "clone: CLONE_VM without CLONE_THREAD or CLONE_VFORK: memory is "
                                  "copied, not shared");
        result = clone_fork(t, r);
        if (result > 0)
            put_tid_of(t, r, result);
    }
    lu_signal_set_mask(t, t->sig.mask);
    return result;
}

int64_t sys_clone(struct lu_task *t, const uint64_t arg[6])
{
    struct clone_args pidfd = {.pidfd = arg[2]};
    struct request r = {
        .flags = arg[0] & 0xffffff00u,
        .exit_signal = arg[0] & CSIGNAL,
        .stack = arg[1],
        .parent_tid = arg[2],
        .tls = arg[lu.abi->clone_tls_arg],
        .child_tid = arg[7 - lu.abi->clone_tls_arg],
    };
    if (r.flags & CLONE_PIDFD) {
        if (r.flags & CLONE_PARENT_SETTID)
            return -EINVAL;
        r.full = &pidfd;
        r.full_size = sizeof pidfd;
    }
    return do_clone(t, &r);
}

int64_t sys_clone3(struct lu_task *t, const uint64_t arg[6])
{
    struct clone_args args = {0};
    if (arg[1] < CLONE_ARGS_SIZE_VER0)
        return -EINVAL;
    if (arg[1] > sizeof args)
        return -E2BIG;
    if (lu_copy_from(t, &args, arg[0], arg[1]))
        return -EFAULT;
    if (args.exit_signal & ~(uint64_t)CSIGNAL || args.flags & CSIGNAL ||
        (args.flags & (CLONE_THREAD | CLONE_PARENT) && args.exit_signal) ||
        !args.stack != !args.stack_size ||
        (args.flags & CLONE_SIGHAND && args.flags & CLONE_CLEAR_SIGHAND))
        return -EINVAL;
    struct request r = {
        .flags = args.flags,
        .exit_signal = args.exit_signal,
        .stack = args.stack + args.stack_size,
        .parent_tid = args.parent_tid,
        .child_tid = args.child_tid,
        .tls = args.tls,
        .full = &args,
        .full_size = sizeof args,
    };
    return do_clone(t, &r);
}

int64_t sys_fork(struct lu_task *t, const uint64_t arg[6])
{
    (void)arg;
    return do_clone(t, &(struct request){.exit_signal = SIGCHLD});
}

int64_t sys_vfork(struct lu_task *t, const uint64_t arg[6])
{
    (void)arg;
    return do_clone(t, &(struct request){.flags = CLONE_VM | CLONE_VFORK, .exit_signal = SIGCHLD});
}
