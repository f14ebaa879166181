/* SPDX-License-Identifier: MIT */
/*
 * What the C library keeps under locks of its own, the heap above all.  Its fork() takes them, but a
 * process that is made by the system call alone may find one held by a thread that it does not have.
 * So such a process is made while nobody is inside: the functions that take these locks are wrapped
 * (ld --wrap), each thread counts itself in and out, and a gate keeps them outside.
 */
#define _GNU_SOURCE
#include "linux-user/heap.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "linux-user/linux-user.h"

static atomic_uint inside;     /* threads that are */
static atomic_bool closed;
static _Thread_local unsigned depth; /* of this thread: such functions call each other */

static void enter(void)
{
    if (depth++)
        return;
    for (;;) {
        atomic_fetch_add(&inside, 1);
        if (!atomic_load(&closed))
            return;
        atomic_fetch_sub(&inside, 1);
        while (atomic_load(&closed))
            sched_yield();
    }
}

static void leave(void)
{
    if (!--depth)
        atomic_fetch_sub(&inside, 1);
}

void lu_heap_close(void)
{
    flockfile(lu.log);
    atomic_store(&closed, true);
    while (atomic_load(&inside))
        sched_yield();
    depth++; /* we may */
}

void lu_heap_open(void)
{
    depth--;
    atomic_store(&closed, false);
    funlockfile(lu.log);
}

void lu_heap_child(void)
{
    atomic_store(&inside, 0);
}

/* ---- the wrapped functions ------------------------------------------------------------------------- */

#define WRAP(type, name, parameters, arguments) \
    type __real_##name parameters;              \
    type __wrap_##name parameters;              \
    type __wrap_##name parameters               \
    {                                           \
        enter();                                \
        type result = __real_##name arguments;  \
        leave();                                \
        return result;                          \
    }

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t n, size_t size), (n, size))
WRAP(void *, realloc, (void *old, size_t size), (old, size))
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP(FILE *, fdopen, (int fd, const char *mode), (fd, mode))
WRAP(int, fclose, (FILE *file), (file))
WRAP(int, pthread_create,
     (pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *argument),
     (thread, attr, start, argument))

void __real_free(void *at);
void __wrap_free(void *at);
void __wrap_free(void *at)
{
    enter();
    __real_free(at);
    leave();
}
