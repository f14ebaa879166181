/* SPDX-License-Identifier: MIT */
/*
 * Four threads under 10,000 signals a second, in a loop in which every register counts: the handler
 * knows from the loop's counter and the pc what each must hold at that instruction.  STORM_SECONDS
 * (default 10).  The loop, and what is known of it, is in the architecture's folder (storm.h).
 */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>

#include "repaired_regs.h" /* the architecture's: struct regs */

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { THREADS = 4, ROUNDS = 20000 };

struct storm { /* as in the architecture's routine, up to `memory` */
    struct regs r;
    reg sp;
    uint32_t memory[4] __attribute__((aligned(8)));
    /* not read by the routine */
    long signals, looked, wrong;
};

void storm_loop(struct storm *s);

static void expect(struct storm *s, uint64_t is, uint64_t wanted, const char *what, int n, long at)
{
    if (is == wanted)
        return;
    if (__atomic_fetch_add(&s->wrong, 1, __ATOMIC_RELAXED) < 5)
        printf("# instruction %ld: %s %d is %#llx, should be %#llx\n", at, what, n,
               (unsigned long long)is, (unsigned long long)wanted);
}

#include "storm.h" /* the architecture's */

static __thread struct storm *self;

static void handler(int sig, siginfo_t *info, void *context)
{
    struct storm *s = self;
    (void)info, (void)sig;
    s->signals++;
    s->looked += look(s, context);
    if (s->signals % 16 == 0)
        getppid();
}

static atomic_bool stop;
static struct storm storms[THREADS];
static atomic_int ready;

static void start_timer(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN};
    struct itimerspec every = {{0, 400000}, {0, 400000}}; /* 2.5 kHz for each of four threads */
    timer_t timer;
    event.sigev_notify_thread_id = syscall(SYS_gettid);
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    CHECK(timer_settime(timer, 0, &every, NULL) == 0);
}

static void *storm_thread(void *arg)
{
    struct storm *s = self = arg;
    start_timer();
    atomic_fetch_add(&ready, 1);
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        start(s);
        storm_loop(s);
        check_end(s);
    }
    return NULL;
}

static void test_storm(void)
{
    long ms = scaled(getenv("STORM_SECONDS") ? 1000 * atol(getenv("STORM_SECONDS")) : 10000);
    long signals = 0, looked = 0;
    pthread_t t[THREADS];
    struct timespec end, now;
    handle(SIGRTMIN, handler, SA_RESTART);
    handle(SIGUSR1, handler, SA_RESTART);
    for (int k = 0; k < THREADS; k++)
        pthread_create(&t[k], NULL, storm_thread, &storms[k]);
    while (atomic_load(&ready) < THREADS)
        usleep(1000);
    clock_gettime(CLOCK_MONOTONIC, &end);
    do { /* and another signal, that may come while the first is handled */
        pthread_kill(t[looked++ % THREADS], SIGUSR1);
        usleep(500);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - end.tv_sec) * 1000 + (now.tv_nsec - end.tv_nsec) / 1000000 < ms);
    atomic_store(&stop, true);
    looked = 0;
    for (int k = 0; k < THREADS; k++) {
        pthread_join(t[k], NULL);
        signals += storms[k].signals;
        looked += storms[k].looked;
        CHECK(storms[k].wrong == 0);
        CHECK(storms[k].looked > 0);
    }
    printf("# %ld signals, %ld in the loop\n", signals, looked);
    CHECK(signals > ms / 4); /* far less than is sent, but the machine may be busy */
}

int main(void)
{
    run("a storm of signals", test_storm);
    return finish();
}
