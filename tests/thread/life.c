/* SPDX-License-Identifier: MIT */
/* Threads and processes: how they begin, what they share, how they end. */
#define _GNU_SOURCE
#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

extern char **environ;
static __thread int local = 7;

static void *add(void *arg)
{
    local += 1;
    for (int k = 0; k < 1000; k++)
        __atomic_fetch_add((int *)arg, 1, __ATOMIC_RELAXED);
    return (void *)(intptr_t)local;
}

static void test_join(void)
{
    int total = 0;
    for (int round = 0; round < 50; round++) {
        pthread_t t[8];
        for (int k = 0; k < 8; k++)
            CHECK(pthread_create(&t[k], NULL, add, &total) == 0);
        for (int k = 0; k < 8; k++) {
            void *result;
            pthread_join(t[k], &result);
            CHECK((intptr_t)result == 8);
        }
    }
    CHECK(total == 50 * 8 * 1000);
    CHECK(local == 7);
}

static void *tell_tid(void *arg)
{
    *(pid_t *)arg = syscall(SYS_gettid);
    return NULL;
}

static void test_tid(void)
{
    pid_t tid = 0;
    pthread_t t;
    pthread_create(&t, NULL, tell_tid, &tid);
    pthread_join(t, NULL);
    CHECK(tid != 0 && tid != getpid());
    int tries = 1000; /* the kernel tells the joiner a little before the number is gone */
    while (syscall(SYS_tgkill, getpid(), tid, 0) == 0 && tries--)
        usleep(1000);
    CHECK(errno == ESRCH);
}

/* glibc has every thread change its ids, by a signal of its own. */
static void *stay(void *arg)
{
    while (!__atomic_load_n((int *)arg, __ATOMIC_ACQUIRE))
        usleep(1000);
    return NULL;
}

static void test_ids(void)
{
    int over = 0;
    pthread_t t[3];
    for (int k = 0; k < 3; k++)
        pthread_create(&t[k], NULL, stay, &over);
    for (int k = 0; k < 20; k++)
        CHECK(setgid(getgid()) == 0 && setresuid(-1, getuid(), -1) == 0);
    __atomic_store_n(&over, 1, __ATOMIC_RELEASE);
    for (int k = 0; k < 3; k++)
        pthread_join(t[k], NULL);
}

/* ---- signals to threads --------------------------------------------------------------------------- */

static volatile pid_t handled_by;
static sem_t ready;

static void who(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info, (void)context;
    handled_by = syscall(SYS_gettid);
}

static void *wait_for_signal(void *arg)
{
    *(pid_t *)arg = syscall(SYS_gettid);
    sem_post(&ready);
    while (handled_by == 0)
        pause();
    return NULL;
}

static void *spin_for_signal(void *arg)
{
    *(pid_t *)arg = syscall(SYS_gettid);
    sem_post(&ready);
    while (handled_by == 0)
        ;
    return NULL;
}

static void signal_to(void *(*body)(void *), int to_process)
{
    pid_t tid = 0;
    pthread_t t;
    sem_init(&ready, 0, 0);
    handled_by = 0;
    pthread_create(&t, NULL, body, &tid);
    sem_wait(&ready);
    usleep(10000);
    if (to_process) { /* blocked here: the other thread must take it */
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR1);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        kill(getpid(), SIGUSR1);
    } else {
        pthread_kill(t, SIGUSR1);
    }
    pthread_join(t, NULL);
    CHECK(handled_by == tid);
}

static void test_signals(void)
{
    handle(SIGUSR1, who, 0);
    signal_to(wait_for_signal, 0);
    signal_to(spin_for_signal, 0);
    signal_to(wait_for_signal, 1);
}

/* ---- mutexes --------------------------------------------------------------------------------------- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn, turns;

static void *take_turns(void *arg)
{
    int me = (intptr_t)arg;
    for (int k = 0; k < 2000; k++) {
        pthread_mutex_lock(&mutex);
        while (turn != me)
            pthread_cond_wait(&changed, &mutex);
        turn = !me;
        turns++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void test_turns(void)
{
    pthread_t a, b;
    pthread_create(&a, NULL, take_turns, (void *)0);
    pthread_create(&b, NULL, take_turns, (void *)1);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    CHECK(turns == 4000);
}

static pthread_mutex_t robust;

static void *die_with_lock(void *arg)
{
    pthread_mutex_lock(&robust);
    if (arg)
        sem_post(arg);
    if (arg)
        sleep(100);
    return NULL;
}

static void make_robust(pthread_mutex_t *m)
{
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(m, &attr);
}

static void test_robust(void)
{
    pthread_t t;
    make_robust(&robust);
    pthread_create(&t, NULL, die_with_lock, NULL);
    pthread_join(t, NULL);
    CHECK(pthread_mutex_lock(&robust) == EOWNERDEAD);
    CHECK(pthread_mutex_consistent(&robust) == 0);
    pthread_mutex_unlock(&robust);

    /* The owner is another process, and is killed. */
    struct { pthread_mutex_t m; sem_t held; } *shared =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    make_robust(&shared->m);
    sem_init(&shared->held, 1, 0);
    pid_t child = fork();
    if (!child) {
        pthread_mutex_lock(&shared->m);
        sem_post(&shared->held);
        pause();
    }
    sem_wait(&shared->held);
    kill(child, SIGKILL);
    CHECK(pthread_mutex_lock(&shared->m) == EOWNERDEAD);
    waitpid(child, NULL, 0);
}

/* Lists that nobody but a program gone wrong has: of words that cannot be written or read, and round. */
static void *die_with_odd_list(void *arg)
{
    struct entry { struct entry *next; uint32_t word; } *e = arg;
    static struct { struct entry *first; long offset; struct entry *pending; } head;
    e->word = (uint32_t)syscall(SYS_gettid);
    e->next = e;
    head.first = e;
    head.offset = offsetof(struct entry, word);
    head.pending = (struct entry *)((char *)e + 4096); /* where nothing is */
    mprotect(e, 4096, PROT_READ);
    CHECK(syscall(SYS_set_robust_list, &head, sizeof head) == 0);
    return NULL;
}

static void test_odd_robust(void)
{
    pthread_t t;
    char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(pages + 4096, 4096, PROT_NONE);
    pthread_create(&t, NULL, die_with_odd_list, pages);
    CHECK(pthread_join(t, NULL) == 0);
}

/* ---- cancellation, exit ---------------------------------------------------------------------------- */

static int cleaned;
static void clean(void *arg) { *(int *)arg = 1; }

static void *wait_forever(void *arg)
{
    pthread_cleanup_push(clean, &cleaned);
    sem_post(arg);
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return NULL;
}

static void test_cancel(void)
{
    pthread_t t;
    void *result;
    sem_init(&ready, 0, 0);
    pthread_create(&t, NULL, wait_forever, &ready);
    sem_wait(&ready);
    pthread_cancel(t);
    pthread_join(t, &result);
    CHECK(result == PTHREAD_CANCELED && cleaned);
}

static int wait_status(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

static void *exit_later(void *arg)
{
    (void)arg;
    usleep(50000);
    exit(23);
}

static void *exit_thread_later(void *arg)
{
    (void)arg;
    usleep(50000);
    syscall(SYS_exit, 5);
    return NULL;
}

static void test_exit(void)
{
    pthread_t t;
    pid_t child = fork();
    if (!child) { /* the first thread ends, another one ends the process */
        pthread_create(&t, NULL, exit_later, NULL);
        pthread_exit(NULL);
    }
    CHECK(wait_status(child) == 23 << 8);
    child = fork();
    if (!child) { /* exit_group from a thread ends one that loops */
        pthread_create(&t, NULL, exit_later, NULL);
        for (;;)
            ;
    }
    CHECK(wait_status(child) == 23 << 8);
    child = fork();
    if (!child) { /* the process's status is its first thread's */
        pthread_create(&t, NULL, exit_thread_later, NULL);
        syscall(SYS_exit, 9);
    }
    CHECK(wait_status(child) == 9 << 8);
}

/* ---- fork, vfork, exec ------------------------------------------------------------------------------ */

static void *spin(void *arg)
{
    while (!__atomic_load_n((int *)arg, __ATOMIC_RELAXED))
        free(malloc(100));
    return NULL;
}

static void test_fork_in_thread(void)
{
    int stop = 0;
    pthread_t t[3];
    for (int k = 0; k < 3; k++)
        pthread_create(&t[k], NULL, spin, &stop);
    for (int k = 0; k < 100; k++) {
        pid_t child = fork();
        if (!child)
            _exit(syscall(SYS_gettid) == getpid() && malloc(1000) ? 11 : 12);
        CHECK(wait_status(child) == 11 << 8);
    }
    stop = 1;
    for (int k = 0; k < 3; k++)
        pthread_join(t[k], NULL);
}

/* Calls for which the runner holds locks of its own: a child must not find one held. */
static int call_briefly(void)
{
    struct rlimit limit;
    return syscall(SYS_brk, 0) > 0 && !getrlimit(RLIMIT_AS, &limit);
}

static void *call_all_the_time(void *arg)
{
    while (!__atomic_load_n((int *)arg, __ATOMIC_RELAXED))
        call_briefly();
    return NULL;
}

static void test_fork_among_calls(void)
{
    int stop = 0;
    pthread_t t[2];
    for (int k = 0; k < 2; k++)
        pthread_create(&t[k], NULL, call_all_the_time, &stop);
    for (long k = scaled(1000); k > 0 && !check_why; k--) {
        pid_t child = fork();
        if (!child) {
            alarm(20);
            _exit(call_briefly() ? 13 : 14);
        }
        CHECK(wait_status(child) == 13 << 8);
    }
    stop = 1;
    for (int k = 0; k < 2; k++)
        pthread_join(t[k], NULL);
}

static void *fork_and_exit(void *arg)
{
    int *status = arg;
    pid_t child = fork();
    if (!child) /* the only thread of a new process ends by exit, not exit_group */
        syscall(SYS_exit, 31);
    *status = wait_status(child);
    return NULL;
}

static void test_exit_after_fork(void)
{
    int status = 0;
    pthread_t t;
    pthread_create(&t, NULL, fork_and_exit, &status);
    pthread_join(t, NULL);
    CHECK(status == 31 << 8);
}

static volatile int shared_word;

static void test_vfork(void)
{
    pid_t child = vfork();
    if (!child) {
        shared_word = getpid();
        _exit(3);
    }
    CHECK(wait_status(child) == 3 << 8);
    CHECK(shared_word == child); /* its memory was ours, and it ran first */
}

static void test_spawn(void)
{
    pid_t child = 0;
    char *argv[] = {"nothing", NULL};
    CHECK(posix_spawn(&child, "/nonexistent/file", NULL, NULL, argv, environ) == ENOENT);
    char self[4096] = "";
    CHECK(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    char *child_argv[] = {"self", "child", "a b", NULL};
    for (int k = 0; k < 20; k++) {
        CHECK(posix_spawn(&child, self, NULL, NULL, child_argv, environ) == 0);
        CHECK(wait_status(child) == 77 << 8);
    }
}

static void *exec_self(void *arg)
{
    char *argv[] = {"self", "child", "a b", NULL};
    execv(arg, argv);
    return NULL;
}

static void test_exec_in_thread(void)
{
    char self[4096] = "";
    CHECK(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    pid_t child = fork();
    if (!child) {
        pthread_t t;
        pthread_create(&t, NULL, exec_self, self);
        for (;;)
            pause();
    }
    CHECK(wait_status(child) == 77 << 8);
}

/* The new program sees its name, arguments, and what execve keeps. */
static int child_main(int argc, char **argv)
{
    char line[256] = "";
    int fd = open("/proc/self/cmdline", O_RDONLY);
    (void)!read(fd, line, sizeof line - 1);
    return argc == 3 && !strcmp(argv[0], "self") && !strcmp(argv[2], "a b") &&
                   !memcmp(line, "self\0child\0a b", 15)
               ? 77
               : 1;
}

static void test_exec_keeps(void)
{
    pid_t child = fork();
    if (!child) {
        signal(SIGUSR1, SIG_IGN);
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGUSR2);
        sigaddset(&set, SIGSEGV);
        sigprocmask(SIG_BLOCK, &set, NULL);
        char self[4096] = "";
        (void)!readlink("/proc/self/exe", self, sizeof self - 1);
        char *argv[] = {"self", "kept", NULL};
        execv("/proc/self/exe", argv);
    }
    CHECK(wait_status(child) == 78 << 8);
}

static int kept_main(void)
{
    struct sigaction action;
    sigset_t set;
    sigaction(SIGUSR1, NULL, &action);
    sigprocmask(SIG_SETMASK, NULL, &set);
    return action.sa_handler == SIG_IGN && sigismember(&set, SIGUSR2) && sigismember(&set, SIGSEGV) &&
                   !sigismember(&set, SIGINT)
               ? 78
               : 1;
}

/* clone with the kernel's own interface: numbers stored where asked, memory shared or not. */
static int clone_body(void *arg)
{
    *(volatile int *)arg = 5;
    return 6;
}

static void test_clone(void)
{
    static char stack[65536] __attribute__((aligned(16)));
    pid_t parent_tid = 0;
    volatile int word = 1;
    int pid = clone(clone_body, stack + sizeof stack, CLONE_PARENT_SETTID | SIGCHLD, (void *)&word,
                    &parent_tid);
    CHECK(pid > 0 && parent_tid == pid);
    CHECK(wait_status(pid) == 6 << 8 && word == 1);
    pid = clone(clone_body, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)&word);
    CHECK(pid > 0 && word == 5);
    CHECK(wait_status(pid) == 6 << 8);
    (void)die_with_lock;
}

/* Processes that no fork() makes, while other threads keep the runner busy: with threads that begin
 * and files of /proc, for which it allocates memory. */
static volatile int busy_over;

static void *nothing_at_all(void *arg)
{
    return arg;
}

static void look_around(void)
{
    char buf[4096];
    int fd = open("/proc/self/maps", O_RDONLY);
    while (read(fd, buf, sizeof buf) > 0)
        ;
    close(fd);
}

static void *keep_busy(void *arg)
{
    while (!busy_over) {
        pthread_t t;
        if (!pthread_create(&t, NULL, nothing_at_all, NULL))
            pthread_join(t, NULL);
        look_around();
    }
    return arg;
}

static void test_unusual_processes(void)
{
    pthread_t t[3];
    int status;
    signal(SIGUSR2, SIG_IGN);
    for (int k = 0; k < 3; k++)
        CHECK(pthread_create(&t[k], NULL, keep_busy, NULL) == 0);
    for (long k = scaled(200); k > 0; k--) {
        pid_t pid = syscall(SYS_clone, k % 2 ? SIGUSR2 : 0, 0, 0, 0, 0); /* not SIGCHLD */
        if (pid == 0) {
            look_around();
            syscall(SYS_exit_group, 3);
        }
        CHECK(pid > 0 && waitpid(pid, &status, __WALL) == pid && WEXITSTATUS(status) == 3);
    }
    busy_over = 1;
    for (int k = 0; k < 3; k++)
        pthread_join(t[k], NULL);
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "child"))
        return child_main(argc, argv);
    if (argc > 1)
        return kept_main();
    run("create and join", test_join);
    run("thread numbers", test_tid);
    run("ids of all threads", test_ids);
    run("signals to threads", test_signals);
    run("mutex and condition", test_turns);
    run("robust mutexes", test_robust);
    run("lists of robust mutexes that are wrong", test_odd_robust);
    run("cancellation", test_cancel);
    run("exit of threads and process", test_exit);
    run("fork while others run", test_fork_in_thread);
    run("fork while others make system calls", test_fork_among_calls);
    run("exit in a forked thread", test_exit_after_fork);
    run("vfork", test_vfork);
    run("posix_spawn", test_spawn);
    run("execve in a thread", test_exec_in_thread);
    run("what execve keeps", test_exec_keeps);
    run("clone", test_clone);
    run("processes with an unusual signal, of several threads", test_unusual_processes);
    return finish();
}
