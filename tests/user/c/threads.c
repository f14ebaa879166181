/* SPDX-License-Identifier: MIT */
/* Threads: mutexes, conditions, barriers, once, thread-local storage, atomics, cancellation.  Output must not depend on the CPU. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 20000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t semaphore;
static long plain, turn, once_count;
static _Atomic uint64_t a64;
static _Atomic uint32_t a32;
static _Atomic uint16_t a16;
static _Atomic uint8_t a8;
static _Atomic long maximum;
static __thread long local = 5;
static pthread_key_t key;
static _Atomic int destroyed;

static void count_once(void)
{
    once_count++;
}

static void destroy(void *p)
{
    atomic_fetch_add(&destroyed, (int)(intptr_t)p);
}

static void *work(void *arg)
{
    long id = (long)(intptr_t)arg;
    pthread_once(&once, count_once);
    pthread_setspecific(key, (void *)(intptr_t)(id + 1));
    pthread_barrier_wait(&barrier);
    for (long i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        plain++;
        pthread_mutex_unlock(&mutex);
        local += i & id;
        atomic_fetch_add(&a64, (uint64_t)i << 20);
        atomic_fetch_xor(&a32, (uint32_t)(i * id));
        atomic_fetch_add_explicit(&a16, 3, memory_order_relaxed);
        atomic_fetch_or(&a8, (uint8_t)(1 << id));
        long seen = atomic_load(&maximum);
        while (seen < i * (id + 1) && !atomic_compare_exchange_weak(&maximum, &seen, i * (id + 1)))
            ;
    }
    for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % THREADS != id)
            pthread_cond_wait(&turn_changed, &mutex);
        turn++;
        pthread_cond_broadcast(&turn_changed);
        pthread_mutex_unlock(&mutex);
    }
    sem_post(&semaphore);
    return (void *)(intptr_t)local;
}

static void *sleeper(void *arg)
{
    for (;;)
        pause();
    return arg;
}

static void *nothing(void *arg)
{
    return arg;
}

int main(void)
{
    pthread_t threads[THREADS], sleeping;
    pthread_barrier_init(&barrier, NULL, THREADS);
    pthread_key_create(&key, destroy);
    sem_init(&semaphore, 0, 0);
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)(intptr_t)i);
    for (int i = 0; i < THREADS; i++)
        sem_wait(&semaphore);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        pthread_join(threads[i], &result);
        printf("thread %d: %ld\n", i, (long)(intptr_t)result);
    }
    printf("%ld %ld %ld %ld %d\n", plain, turn, once_count, local, destroyed);
    printf("%llx %x %x %x %ld\n", (unsigned long long)a64, a32, a16, a8, maximum);

    void *result;
    pthread_create(&sleeping, NULL, sleeper, NULL);
    pthread_cancel(sleeping);
    pthread_join(sleeping, &result);
    printf("canceled %d\n", result == PTHREAD_CANCELED);
    for (int i = 0; i < 300; i++) {
        pthread_t t;
        pthread_create(&t, NULL, nothing, NULL);
        pthread_join(t, NULL);
    }
    puts("300 short threads");
    return 0;
}
