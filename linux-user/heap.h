/* SPDX-License-Identifier: MIT */
/* Keeping the C library's locks free while a process is made without it (heap.c). */
#ifndef LINUX_USER_HEAP_H
#define LINUX_USER_HEAP_H

/* Waits until no other thread is inside the heap or stdio, and keeps them outside until the same thread
 * calls lu_heap_open(), in both processes if a new one was made meanwhile.  Not nested. */
void lu_heap_close(void);
void lu_heap_open(void);
/* In the child of any fork, before it has threads: the others that were inside are not in it. */
void lu_heap_child(void);

#endif
