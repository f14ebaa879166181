/* SPDX-License-Identifier: MIT */
/*
 * System calls of 32-bit ABIs, made those of a 64-bit one.  The words of a row's format
 * (syscalls.def), which tell -strace what each argument is, also tell how to convert it: see the
 * last column of strace_words.def.  Structures go through a scratch memory of the task's, so that
 * handlers, the host's kernel and -strace see the host's and need not know that the guest is a
 * narrow one.
 *
 *   narrow.c          the walk over the words, scratch memory, simple conversions
 *   narrow_calls.c    arguments that depend on others: vectors, futex, fcntl, prctl, ipc, signals
 *   narrow_net.c      messages and socket options
 *   narrow_aio.c      asynchronous I/O
 *   narrow_bpf.c      bpf()
 *   narrow_ioctl.c    ioctl requests and their payloads
 *
 * Addresses: a guest address is a number of 32 bits; once converted it is a host address, guest +
 * lu.base.  0 stays 0.
 */
#ifndef LINUX_USER_NARROW_H
#define LINUX_USER_NARROW_H

#include "linux-user/convert.h"
#include "linux-user/syscall.h"

/* A call on its way; lives on the dispatcher's stack. */
struct lu_narrow {
    struct lu_task *t;
    const struct lu_sys_row *row;
    uint64_t reg[8];  /* the guest's, 32 bits each; what the ABI has not is 0 */
    unsigned next;    /* the register that the next argument is in */
    uint64_t arg[6];  /* converted, in the order of the row's words */
    uint32_t raw[6];  /* the first register of each */
    int64_t result;   /* after: the call's; a converter may change it */
};

/* Before the call: converts the arguments into n->arg.  0, or the -errno that the call is to
 * return without having been made (all of n->arg is valid all the same). */
int lu_narrow_before(struct lu_narrow *n, struct lu_task *t, const struct lu_sys_row *row,
                     const uint64_t *reg);
/* After it: hands over what the call has written; the guest's result. */
int64_t lu_narrow_after(struct lu_narrow *n, int64_t result);
/* What the guest passed for an address that a handler or -strace sees. */
uint64_t lu_guest_address(const struct lu_task *t, uint64_t address);
/* Frees the task's scratch memory. */
void lu_scratch_free(struct lu_task *t);

/* ---- for converters: 0 or -errno ---- */

/* Converts argument i (and, for the last one, all that follow) from n->reg[n->next] on, which it
 * advances; called again with `after` if the result is no error, or EINTR. */
typedef int lu_narrow_fn(struct lu_narrow *n, unsigned i, bool after);

/* size bytes (zeroed) for argument's guest address `guest`, until the call is over; NULL if there
 * is no memory. */
void *lu_scratch(struct lu_task *t, size_t size, uint32_t guest);
/* The next register. */
uint32_t lu_narrow_take(struct lu_narrow *n);
static inline uint64_t lu_narrow_ptr(uint32_t guest)
{
    return guest ? guest + lu.base : 0;
}
/* A converted argument: what a guest's pointer to a structure becomes.  in: it is read; if it cannot
 * be, *to is the guest's address, with which the call fails as it should. */
int lu_narrow_struct(struct lu_narrow *n, enum lu_struct id, uint32_t guest, bool in, uint64_t *to);
/* Writes it back; to: what lu_narrow_struct() made. */
int lu_narrow_back(struct lu_narrow *n, enum lu_struct id, uint32_t guest, uint64_t to);

/* The same for an array of `count`; what is absurdly long is -EINVAL. */
int lu_narrow_array(struct lu_narrow *n, enum lu_struct id, uint32_t guest, uint32_t count, bool in,
                    uint64_t *to);
int lu_narrow_array_back(struct lu_narrow *n, enum lu_struct id, uint32_t guest, uint32_t count,
                         uint64_t to);
/* A vector at the guest's address: *to is the host's, in scratch memory, or the guest's if it cannot
 * be read.  Lengths beyond 2 GiB are -EINVAL, as for all calls of 32-bit ABIs. */
enum { LU_IOV_MOST = 1024 };
int lu_narrow_iovec(struct lu_task *t, uint32_t guest, uint32_t count, uint64_t *to);
/* The guest's byte order is not the host's. */
bool lu_narrow_swaps(void);

/* siginfo (narrow_signal.c), in the kernel's layouts, of 128 bytes on both sides. */
enum { LU_SIGINFO_SIZE = 128 };
void lu_siginfo_to_guest(void *guest, const siginfo_t *host);
void lu_siginfo_from_guest(siginfo_t *host, const void *guest);

#define VALUE
#define LONG
#define POINTER
#define PAIR
#define LOW_HIGH
#define HIGH_LOW
#define PAGES
#define IN(id)
#define OUT(id)
#define BOTH(id)
#define CALL(fn) lu_narrow_fn lu_narrow_##fn;
#define W(word, function, when, conversion) conversion
#include "linux-user/strace_words.def"
#undef W
#undef VALUE
#undef LONG
#undef POINTER
#undef PAIR
#undef LOW_HIGH
#undef HIGH_LOW
#undef PAGES
#undef IN
#undef OUT
#undef BOTH
#undef CALL

#endif
