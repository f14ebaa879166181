/* SPDX-License-Identifier: MIT */
/*
 * Signals.  The host's kernel does what it can: the host's action for a signal is default or
 * ignore when the guest's is, the host's blocked set is the guest's, and so queueing, stopping,
 * dying and waiting need no work here.  A signal that the guest handles takes this way:
 *
 *   host_handler()       notes it in the task's one slot, blocks everything else, kicks the CPU
 *   lu_signal_deliver()  at the next safe point: writes the guest's frame, unblocks, and the
 *                        kernel sends the next one if there is one
 *
 * SEGV, BUS, FPE, ILL and TRAP are tcg's as well: the host always handles and never blocks them.
 * If one is sent (not caused) while the guest blocks it, it waits in task->sig.held.
 */
#define _GNU_SOURCE
#include "linux-user/signal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "linux-user/strace.h"

enum { N_SIGNALS = 64, HOST_ALTSTACK = 64 * 1024 };

#define BIT(sig)    (1ull << ((sig)-1))
#define SYNC_MASK   (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGTRAP))
#define UNBLOCKABLE (BIT(SIGKILL) | BIT(SIGSTOP))

static const int held_signals[5] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

struct lu_sighand {
    pthread_mutex_t lock;
    struct lu_sigaction action[N_SIGNALS + 1];
};

_Thread_local struct lu_task *lu_self;

/* ---- the host's side --------------------------------------------------------------------------- */

/* The kernel's own struct, which also reaches signals that libc keeps for itself. */
struct host_sigaction {
    void (*handler)(int, siginfo_t *, void *);
    uint64_t flags;
    void (*restorer)(void);
    uint64_t mask;
};
enum { SA_RESTORER_X86 = 0x04000000 };

extern const char lu_safe_syscall_begin[], lu_safe_syscall_end[], lu_safe_syscall_abort[],
    lu_safe_syscall_early[];
int64_t lu_safe_syscall_asm(const volatile sig_atomic_t *pending, long nr, uint64_t a, uint64_t b,
                            uint64_t c, uint64_t d, uint64_t e, uint64_t f);
void lu_sigreturn_asm(void);

static bool is_sync(int sig)
{
    return (SYNC_MASK & BIT(sig)) != 0;
}

uint64_t lu_host_mask(uint64_t guest)
{
    return guest & ~SYNC_MASK;
}

static void set_host_mask(uint64_t mask)
{
    mask = lu_host_mask(mask);
    lu_host_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

static void set_host_action(int sig, void (*handler)(int, siginfo_t *, void *), uint64_t flags)
{
    struct host_sigaction action = {handler, flags | SA_RESTORER_X86, lu_sigreturn_asm, ~0ull};
    lu_host_syscall(SYS_rt_sigaction, sig, &action, NULL, sizeof action.mask);
}

#define HOST_DFL ((void (*)(int, siginfo_t *, void *))0)
#define HOST_IGN ((void (*)(int, siginfo_t *, void *))1)

_Noreturn void lu_die(int sig)
{
    uint64_t mask = ~BIT(sig);
    lu_at_exit();
    set_host_action(sig, HOST_DFL, 0);
    lu_host_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
    lu_host_syscall(SYS_tgkill, lu_host_syscall(SYS_getpid), lu_host_syscall(SYS_gettid), sig);
    _exit(128 + sig);
}

/* A fault in our own code: nothing can be trusted any more. */
static void own_fault(int sig, const siginfo_t *info, const ucontext_t *uc)
{
    char line[160];
    int n = snprintf(line, sizeof line,
                     "dragoman: internal error: signal %d (code %d) at host pc %#llx, address %p\n",
                     sig, info->si_code, (unsigned long long)uc->uc_mcontext.gregs[REG_RIP],
                     info->si_addr);
    lu_host_syscall(SYS_write, 2, line, n);
    set_host_action(sig, HOST_DFL, 0); /* the instruction faults again, and ends us */
    if (info->si_code == SI_KERNEL || sig == SIGTRAP)
        lu_die(sig);
}

static void hold(struct lu_task *t, int sig, const siginfo_t *info)
{
    for (unsigned k = 0; k < 5; k++) {
        if (held_signals[k] == sig && !(t->sig.held & BIT(sig)))
            t->sig.held_info[k] = *info;
    }
    __atomic_fetch_or(&t->sig.held, BIT(sig), __ATOMIC_RELAXED);
}

static void host_handler(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct lu_task *t = lu_self;
    int saved_errno = errno;
    if (is_sync(sig) && info->si_code > 0) {
        if (!t || !tcg_host_fault(t->cpu, sig, info, context))
            own_fault(sig, info, uc);
        else
            t->cpu->fault_write = uc->uc_mcontext.gregs[REG_ERR] & 2; /* Intel SDM 3A, 4.7 */
        errno = saved_errno;
        return;
    }
    if (!t)
        return;
    if (is_sync(sig) && (t->sig.pending || t->sig.mask & BIT(sig))) {
        hold(t, sig, info);
        if (t->sig.mask & BIT(sig)) {
            errno = saved_errno;
            return;
        }
    } else {
        t->sig.info = *info;
        t->sig.pending = sig;
    }
    *(uint64_t *)&uc->uc_sigmask = ~SYNC_MASK;
    uintptr_t pc = uc->uc_mcontext.gregs[REG_RIP];
    bool begun = (uintptr_t)uc->uc_mcontext.gregs[REG_RCX] == (uintptr_t)lu_safe_syscall_end;
    if (pc >= (uintptr_t)lu_safe_syscall_begin && pc < (uintptr_t)lu_safe_syscall_end)
        uc->uc_mcontext.gregs[REG_RIP] =
            (uintptr_t)(begun ? lu_safe_syscall_abort : lu_safe_syscall_early);
    tcg_kick(t->cpu);
    errno = saved_errno;
}

int64_t lu_safe_syscall6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                         uint64_t f)
{
    struct lu_task *t = lu_self;
    int64_t r = lu_safe_syscall_asm(&t->sig.pending, nr, a, b, c, d, e, f);
    if (r == -LU_NOT_BEGUN)
        r = lu_would_wait(nr, (const uint64_t[]){a, b, c, d, e, f}) ? -LU_ERESTARTSYS
                                                                    : -LU_ERESTARTNOINTR;
    return r;
}

int64_t lu_host_syscall6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                         uint64_t f)
{
    register uint64_t r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    int64_t result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* ---- masks --------------------------------------------------------------------------------------- */

bool lu_signal_block_all(struct lu_task *t)
{
    set_host_mask(~0ull);
    return t->sig.pending != 0;
}

/* With everything blocked and the slot empty: fills it from what was held, if the guest lets it. */
static bool take_held(struct lu_task *t)
{
    uint64_t ready = t->sig.held & ~t->sig.mask;
    for (unsigned k = 0; k < 5; k++) {
        int sig = held_signals[k];
        if (!(ready & BIT(sig)))
            continue;
        t->sig.info = t->sig.held_info[k];
        __atomic_fetch_and(&t->sig.held, ~BIT(sig), __ATOMIC_RELAXED);
        t->sig.pending = sig;
        tcg_kick(t->cpu);
        return true;
    }
    return false;
}

void lu_signal_set_mask(struct lu_task *t, uint64_t guest_mask)
{
    t->sig.mask = guest_mask & ~UNBLOCKABLE;
    if (!t->sig.pending && !take_held(t))
        set_host_mask(t->sig.mask);
}

int lu_temp_mask(struct lu_task *t, uint64_t set, uint64_t size, uint64_t *host)
{
    uint64_t mask;
    if (size != sizeof mask)
        return -EINVAL;
    int r = lu_copy_from(t, &mask, set, sizeof mask);
    if (r)
        return r;
    t->sig.temp_mask = mask & ~UNBLOCKABLE;
    t->sig.has_temp_mask = true;
    *host = lu_host_mask(mask);
    return 0;
}

/* ---- actions ------------------------------------------------------------------------------------- */

enum { GUEST_DFL = 0, GUEST_IGN = 1 };

/* True if the default action ends the process, and -strace is to tell of it before. */
static bool dies_traced(int sig)
{
    const uint64_t lives = BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) |
                           BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU);
    return lu.options.strace && !((lives | BIT(SIGKILL)) & BIT(sig));
}

/* Makes the host's action follow the guest's. */
static void follow_action(int sig, const struct lu_sigaction *action)
{
    uint64_t flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    if (is_sync(sig) || action->handler > GUEST_IGN ||
        (action->handler == GUEST_DFL && dies_traced(sig)))
        set_host_action(sig, host_handler, flags | (action->flags & (SA_NOCLDSTOP | SA_NOCLDWAIT)));
    else
        set_host_action(sig, action->handler == GUEST_IGN ? HOST_IGN : HOST_DFL,
                        action->flags & (SA_NOCLDSTOP | SA_NOCLDWAIT));
}

static struct lu_sigaction get_action(struct lu_task *t, int sig)
{
    struct lu_sighand *hand = t->sig.hand;
    pthread_mutex_lock(&hand->lock);
    struct lu_sigaction action = hand->action[sig];
    pthread_mutex_unlock(&hand->lock);
    return action;
}

static void set_default(struct lu_task *t, int sig)
{
    struct lu_sighand *hand = t->sig.hand;
    pthread_mutex_lock(&hand->lock);
    hand->action[sig].handler = GUEST_DFL;
    follow_action(sig, &hand->action[sig]);
    pthread_mutex_unlock(&hand->lock);
}

struct lu_sighand *lu_sighand_copy(const struct lu_sighand *from)
{
    struct lu_sighand *hand = calloc(1, sizeof *hand);
    if (!hand)
        return NULL;
    memcpy(hand->action, from->action, sizeof hand->action);
    pthread_mutex_init(&hand->lock, NULL);
    return hand;
}

void lu_sighand_free(struct lu_sighand *hand)
{
    pthread_mutex_destroy(&hand->lock);
    free(hand);
}

void lu_sighand_clear(struct lu_sighand *hand)
{
    for (int sig = 1; sig <= N_SIGNALS; sig++) {
        if (hand->action[sig].handler > GUEST_IGN) {
            hand->action[sig] = (struct lu_sigaction){0};
            follow_action(sig, &hand->action[sig]);
        }
    }
}

void lu_sighand_lock(struct lu_task *t)
{
    pthread_mutex_lock(&t->sig.hand->lock);
}
void lu_sighand_unlock(struct lu_task *t)
{
    pthread_mutex_unlock(&t->sig.hand->lock);
}

void lu_signal_before_exec(struct lu_task *t)
{
    uint64_t mask = t->sig.mask;
    for (unsigned k = 0; k < 5; k++) {
        if (get_action(t, held_signals[k]).handler == GUEST_IGN)
            set_host_action(held_signals[k], HOST_IGN, 0);
    }
    lu_host_syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

void lu_signal_exec_failed(struct lu_task *t)
{
    for (unsigned k = 0; k < 5; k++) {
        struct lu_sigaction action = get_action(t, held_signals[k]);
        follow_action(held_signals[k], &action);
    }
    lu_signal_set_mask(t, t->sig.mask);
}

/* ---- delivery ------------------------------------------------------------------------------------ */

/* Starts the guest's handler.  current: what was blocked while the signal arrived. */
static void run_handler(struct lu_task *t, int sig, const siginfo_t *info,
                        struct lu_sigaction *action, uint64_t current)
{
    uint64_t saved = t->sig.mask;
    if (action->flags & SA_RESETHAND)
        set_default(t, sig);
    if (!lu.abi->signal_frame(t, sig, info, action, saved)) {
        if (sig == SIGSEGV)
            lu_die(SIGSEGV);
        lu_signal_fault(t, SIGSEGV, SI_KERNEL, 0);
        return;
    }
    t->sig.mask = current | (action->mask & ~UNBLOCKABLE);
    if (!(action->flags & SA_NODEFER))
        t->sig.mask |= BIT(sig);
}

void lu_signal_fault(struct lu_task *t, int sig, int code, uint64_t address)
{
    siginfo_t info;
    if (sig == SIGSEGV && code == SEGV_MAPERR && lu_mm_grow(address))
        return; /* the instruction is executed again */
    memset(&info, 0, sizeof info);
    info.si_signo = sig;
    info.si_code = code;
    info.si_addr = lu_ptr(address);
    struct lu_sigaction action = get_action(t, sig);
    lu_strace_signal(t, &info);
    if (action.handler <= GUEST_IGN || t->sig.mask & BIT(sig)) {
        lu_strace_killed(sig, false);
        lu_die(sig);
    }
    bool busy = lu_signal_block_all(t);
    run_handler(t, sig, &info, &action, t->sig.mask);
    if (!busy)
        lu_signal_set_mask(t, t->sig.mask);
}

/* Gives a signal back to the kernel: it is blocked now, and comes again when it no more is. */
static void put_back(struct lu_task *t, int sig, const siginfo_t *info)
{
    uint64_t pid = lu_host_syscall(SYS_getpid);
    if (is_sync(sig))
        hold(t, sig, info);
    else if (info->si_code == SI_TKILL || t->is_vfork)
        lu_host_syscall(SYS_rt_tgsigqueueinfo, pid, t->tid, sig, info);
    else
        lu_host_syscall(SYS_rt_sigqueueinfo, pid, sig, info);
}

/* The action is no more to call a handler: the kernel, or the default of a held signal, decides. */
static void no_handler(struct lu_task *t, int sig, const siginfo_t *info, uint64_t handler)
{
    if (handler == GUEST_IGN)
        return;
    if (dies_traced(sig)) {
        lu_strace_signal(t, info);
        lu_strace_killed(sig, false);
        lu_die(sig);
    }
    if (is_sync(sig))
        lu_die(sig);
    put_back(t, sig, info); /* to its default action */
}

/* Ends the system call that a handler is about to interrupt. */
static void interrupt_syscall(struct lu_task *t, int64_t result, const struct lu_sigaction *action)
{
    if (result == -LU_ERESTARTNOINTR || (result == -LU_ERESTARTSYS && action->flags & SA_RESTART))
        lu.abi->restart_syscall(t);
    else if (result != -LU_ENORESULT)
        lu.abi->set_result(t, result == -LU_ERESTARTSYS ? -EINTR : result);
}

void lu_signal_deliver(struct lu_task *t, int64_t result)
{
    /* The mask of ppoll and its like was in force if, and only if, a signal interrupted it. */
    uint64_t current = t->sig.has_temp_mask && result == -EINTR ? t->sig.temp_mask : t->sig.mask;
    t->sig.has_temp_mask = false;
    while (t->sig.pending || take_held(t)) {
        int sig = t->sig.pending;
        siginfo_t info = t->sig.info;
        struct lu_sigaction action = get_action(t, sig);
        t->sig.pending = 0; /* all is blocked, so nothing fills it before set_host_mask() */
        if (current & BIT(sig)) {
            put_back(t, sig, &info); /* a fault's handler, or rt_sigreturn, has blocked it since */
        } else if (action.handler <= GUEST_IGN) {
            no_handler(t, sig, &info, action.handler);
        } else {
            lu_strace_signal(t, &info);
            interrupt_syscall(t, result, &action);
            result = -LU_ENORESULT;
            run_handler(t, sig, &info, &action, current);
        }
        current = t->sig.mask;
        lu_signal_set_mask(t, t->sig.mask);
    }
    if (result == -LU_ERESTARTSYS || result == -LU_ERESTARTNOINTR)
        lu.abi->restart_syscall(t);
    else if (result != -LU_ENORESULT)
        lu.abi->set_result(t, result);
}

void lu_signal_thread_exit(struct lu_task *t)
{
    if (!lu_signal_block_all(t))
        return;
    /* Sent to the process and taken by a thread that ends: someone else's now. */
    if (t->sig.info.si_code != SI_TKILL && lu_task_count() > 1)
        lu_host_syscall(SYS_rt_sigqueueinfo, lu_host_syscall(SYS_getpid), t->sig.pending,
                        &t->sig.info);
}

/* ---- start ---------------------------------------------------------------------------------------- */

void lu_signal_thread_init(struct lu_task *t)
{
    stack_t ss = {.ss_size = HOST_ALTSTACK};
    ss.ss_sp =
        mmap(NULL, HOST_ALTSTACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ss.ss_sp == MAP_FAILED)
        lu_fatal(1, "no memory for a signal stack");
    t->host_altstack = ss.ss_sp;
    sigaltstack(&ss, NULL);
    t->sig.alt_flags = SS_DISABLE;
}

/* Cancellation and changes of ids (glibc's nptl/pthreadP.h), which we do not use. */
void lu_signal_after_libc(struct lu_task *t)
{
    static atomic_flag done = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&done))
        return;
    for (int sig = 32; sig <= 33; sig++) {
        struct lu_sigaction action = get_action(t, sig);
        follow_action(sig, &action);
    }
}

void lu_signal_thread_done(struct lu_task *t)
{
    stack_t ss = {.ss_flags = SS_DISABLE};
    sigaltstack(&ss, NULL);
    munmap(t->host_altstack, HOST_ALTSTACK);
}

void lu_signal_init(struct lu_task *first)
{
    static struct lu_sighand hand = {.lock = PTHREAD_MUTEX_INITIALIZER};
    uint64_t mask = 0;
    first->sig.hand = &hand;
    lu_signal_thread_init(first);
    for (int sig = 1; sig <= N_SIGNALS; sig++) {
        struct host_sigaction old = {0};
        lu_host_syscall(SYS_rt_sigaction, sig, NULL, &old, sizeof old.mask);
        if (old.handler == HOST_IGN)
            hand.action[sig].handler = GUEST_IGN;
        if (is_sync(sig) || dies_traced(sig))
            follow_action(sig, &hand.action[sig]);
    }
    lu_host_syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof mask);
    lu_signal_set_mask(first, mask);
}

/* ---- system calls ----------------------------------------------------------------------------------- */

int64_t sys_rt_sigaction(struct lu_task *t, const uint64_t arg[6])
{
    struct lu_sigaction new_action, old_action;
    int sig = arg[0];
    if (arg[3] != sizeof(uint64_t) || sig < 1 || sig > N_SIGNALS ||
        (arg[1] && UNBLOCKABLE & BIT(sig)))
        return -EINVAL;
    if (arg[1] && lu_copy_from(t, &new_action, arg[1], sizeof new_action))
        return -EFAULT;
    lu_sighand_lock(t);
    old_action = t->sig.hand->action[sig];
    if (arg[1]) {
        new_action.mask &= ~UNBLOCKABLE;
        t->sig.hand->action[sig] = new_action;
        follow_action(sig, &new_action);
    }
    lu_sighand_unlock(t);
    return arg[2] ? lu_copy_to(t, arg[2], &old_action, sizeof old_action) : 0;
}

/* rt_sigprocmask and its forerunner; kept: signals that SIG_SETMASK leaves as they are. */
static int64_t change_mask(struct lu_task *t, const uint64_t arg[6], uint64_t kept)
{
    uint64_t set, old = t->sig.mask;
    if (arg[1]) {
        if (lu_copy_from(t, &set, arg[1], sizeof set))
            return -EFAULT;
        if (arg[0] > SIG_SETMASK)
            return -EINVAL;
        if (lu_signal_block_all(t))
            return -LU_ERESTARTNOINTR;
        lu_signal_set_mask(t, arg[0] == SIG_BLOCK     ? old | set
                              : arg[0] == SIG_UNBLOCK ? old & ~set
                                                      : (old & kept) | set);
    }
    return arg[2] ? lu_copy_to(t, arg[2], &old, sizeof old) : 0;
}

int64_t sys_rt_sigprocmask(struct lu_task *t, const uint64_t arg[6])
{
    return arg[3] == sizeof(uint64_t) ? change_mask(t, arg, 0) : -EINVAL;
}

int64_t sys_rt_sigpending(struct lu_task *t, const uint64_t arg[6])
{
    uint64_t set = 0;
    if (arg[1] > sizeof set)
        return -EINVAL;
    int64_t r = lu_host_syscall(SYS_rt_sigpending, &set, sizeof set);
    set |= t->sig.held & t->sig.mask;
    return r < 0 ? r : lu_copy_to(t, arg[0], &set, arg[1]);
}

int64_t sys_rt_sigsuspend(struct lu_task *t, const uint64_t arg[6])
{
    uint64_t host;
    int r = lu_temp_mask(t, arg[0], arg[1], &host);
    return r ? r : lu_safe_syscall(SYS_rt_sigsuspend, &host, sizeof host);
}

int64_t sys_rt_sigtimedwait(struct lu_task *t, const uint64_t arg[6])
{
    uint64_t set;
    if (arg[3] != sizeof set)
        return -EINVAL;
    if (lu_copy_from(t, &set, arg[0], sizeof set))
        return -EFAULT;
    for (unsigned k = 0; k < 5; k++) {
        int sig = held_signals[k];
        if (!(t->sig.held & set & BIT(sig)))
            continue;
        if (arg[1] && lu_copy_to(t, arg[1], &t->sig.held_info[k], sizeof(siginfo_t)))
            return -EFAULT;
        __atomic_fetch_and(&t->sig.held, ~BIT(sig), __ATOMIC_RELAXED);
        return sig;
    }
    set = lu_host_mask(set);
    return lu_safe_syscall(SYS_rt_sigtimedwait, &set, arg[1], arg[2], sizeof set);
}

int64_t sys_rt_sigqueueinfo(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_host_syscall(SYS_rt_sigqueueinfo, arg[0], arg[1], arg[2]);
}

int64_t sys_rt_tgsigqueueinfo(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_host_syscall(SYS_rt_tgsigqueueinfo, arg[0], arg[1], arg[2], arg[3]);
}

int64_t sys_kill(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_host_syscall(SYS_kill, arg[0], arg[1]);
}

int64_t sys_tkill(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_host_syscall(SYS_tkill, arg[0], arg[1]);
}

int64_t sys_tgkill(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_host_syscall(SYS_tgkill, arg[0], arg[1], arg[2]);
}

int64_t sys_signalfd4(struct lu_task *t, const uint64_t arg[6])
{
    uint64_t set;
    if (arg[2] != sizeof set)
        return -EINVAL;
    if (lu_copy_from(t, &set, arg[1], sizeof set))
        return -EFAULT;
    set = lu_host_mask(set);
    return lu_host_syscall(SYS_signalfd4, arg[0], &set, sizeof set, arg[3]);
}

int64_t sys_rt_sigreturn(struct lu_task *t, const uint64_t arg[6])
{
    (void)arg;
    return lu.abi->sigreturn(t, true);
}

int64_t sys_sigreturn(struct lu_task *t, const uint64_t arg[6])
{
    (void)arg;
    return lu.abi->sigreturn(t, false);
}

/* The calls of when there were 32 signals. */

int64_t sys_sigprocmask(struct lu_task *t, const uint64_t arg[6])
{
    return change_mask(t, arg, ~UINT64_C(0xffffffff));
}

int64_t sys_sigsuspend(struct lu_task *t, const uint64_t arg[6])
{
    uint64_t host = lu_host_mask((uint32_t)arg[2]);
    t->sig.temp_mask = (uint32_t)arg[2] & ~UNBLOCKABLE;
    t->sig.has_temp_mask = true;
    return lu_safe_syscall(SYS_rt_sigsuspend, &host, sizeof host);
}

int64_t sys_restart_syscall(struct lu_task *t, const uint64_t arg[6])
{
    (void)t, (void)arg; /* the host's kernel restarts what it interrupted without telling us */
    return -EINTR;
}

/* ---- the guest's alternate stack ---------------------------------------------------------------------- */

/* stack_t of 64-bit ABIs. */
struct guest_stack {
    uint64_t sp;
    int32_t flags, pad;
    uint64_t size;
};

bool lu_on_altstack(const struct lu_task *t, uint64_t sp)
{
    return !(t->sig.alt_flags & LU_SS_AUTODISARM) && t->sig.alt_size && sp > t->sig.alt_sp &&
           sp - t->sig.alt_sp <= t->sig.alt_size;
}

uint64_t lu_signal_stack(const struct lu_task *t, const struct lu_sigaction *action, uint64_t sp)
{
    if (action->flags & SA_ONSTACK && t->sig.alt_size && !lu_on_altstack(t, sp))
        return t->sig.alt_sp + t->sig.alt_size;
    return sp;
}

int lu_set_altstack(struct lu_task *t, uint64_t sp, uint32_t flags, uint64_t size)
{
    uint32_t mode = flags & ~LU_SS_AUTODISARM;
    if (lu_on_altstack(t, lu.abi->sp(t->cpu)))
        return -EPERM;
    if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
        return -EINVAL;
    if (mode == SS_DISABLE)
        sp = size = 0;
    else if (size < lu.abi->min_altstack)
        return -ENOMEM;
    t->sig.alt_sp = sp;
    t->sig.alt_size = size;
    t->sig.alt_flags = flags;
    return 0;
}

int64_t sys_sigaltstack(struct lu_task *t, const uint64_t arg[6])
{
    struct guest_stack new_stack, old = {t->sig.alt_sp, t->sig.alt_flags, 0, t->sig.alt_size};
    if (arg[0]) {
        if (lu_copy_from(t, &new_stack, arg[0], sizeof new_stack))
            return -EFAULT;
        int r = lu_set_altstack(t, new_stack.sp, new_stack.flags, new_stack.size);
        if (r)
            return r;
    }
    if (!old.size)
        old.flags = SS_DISABLE;
    else if (lu_on_altstack(t, lu.abi->sp(t->cpu)))
        old.flags = (old.flags & LU_SS_AUTODISARM) | SS_ONSTACK;
    else
        old.flags &= LU_SS_AUTODISARM;
    return arg[1] ? lu_copy_to(t, arg[1], &old, sizeof old) : 0;
}
