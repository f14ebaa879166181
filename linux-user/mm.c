/* SPDX-License-Identifier: MIT */
/*
 * The guest's address space: a table of the ranges that are the guest's, with the protection that
 * the guest asked for.  The host's mappings (our own code, heap, stacks, code cache) are whatever
 * is not in the table; no call of the guest can touch them.  The guest's PROT_EXEC lives in the
 * table alone: guest code is only ever read.
 *
 * A 32-bit guest has 4 GiB of its own: the host's lowest, where nothing else ever gets, or, if those
 * are taken, as many from lu.base on, reserved as a whole.  Where a mapping without an address goes
 * is then ours to choose (place()).
 *
 * One lock guards the table and is held over the host's mmap family, another the end of the heap.  tcg
 * calls mm_code() with its own lock held, so tcg_invalidate() is called after ours was given back.
 */
#define _GNU_SOURCE
#include "linux-user/linux-user.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/syscall.h>

struct range {
    uint64_t start, end;
    int prot; /* PROT_READ, WRITE, EXEC as the guest asked */
    enum lu_map_kind kind;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct range *ranges; /* sorted, not overlapping */
static size_t n_ranges, max_ranges;
static pthread_mutex_t brk_lock = PTHREAD_MUTEX_INITIALIZER; /* taken before the other, and before tcg's */
static uint64_t brk_start, brk_now, brk_mapped;

/* Attached System V segments, for shmdt and fork. */
static struct attachment {
    uint64_t start, length;
    struct attachment *next;
} * attachments;

enum { PROT_GUEST = PROT_READ | PROT_WRITE | PROT_EXEC };

static uint64_t page_up(uint64_t x)
{
    return (x + LU_PAGE_SIZE - 1) & -LU_PAGE_SIZE;
}
static uint64_t page_down(uint64_t x)
{
    return x & -LU_PAGE_SIZE;
}

/* ---- the table ----------------------------------------------------------------------------- */

/* Index of the first range that ends after address. */
static size_t find(uint64_t address)
{
    size_t low = 0, high = n_ranges;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranges[middle].end > address)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void insert_at(size_t k, struct range r)
{
    if (n_ranges == max_ranges) {
        max_ranges = max_ranges ? max_ranges * 2 : 256;
        ranges = realloc(ranges, max_ranges * sizeof *ranges);
        if (!ranges)
            lu_fatal(1, "out of memory");
    }
    memmove(&ranges[k + 1], &ranges[k], (n_ranges - k) * sizeof *ranges);
    ranges[k] = r;
    n_ranges++;
}

static void remove_at(size_t k, size_t n)
{
    if (n == 0)
        return; /* there may be no array yet */
    memmove(&ranges[k], &ranges[k + n], (n_ranges - k - n) * sizeof *ranges);
    n_ranges -= n;
}

/* Makes address a border between ranges if it lies inside of one. */
static void split(uint64_t address)
{
    size_t k = find(address);
    if (k == n_ranges || ranges[k].start >= address)
        return;
    struct range low = ranges[k];
    low.end = address;
    ranges[k].start = address;
    insert_at(k, low);
}

/* Takes [start, end) out of the table; true if code was there. */
static bool carve(uint64_t start, uint64_t end)
{
    bool code = false;
    split(start);
    split(end);
    size_t k = find(start), n = 0;
    while (k + n < n_ranges && ranges[k + n].start < end)
        code |= (ranges[k + n++].prot & PROT_EXEC) != 0;
    remove_at(k, n);
    return code;
}

static bool alike(const struct range *a, const struct range *b)
{
    return a->end == b->start && a->prot == b->prot && a->kind == b->kind;
}

/* Puts [start, end) into the table in place of what was there; true if that was code. */
static bool put(uint64_t start, uint64_t end, int prot, enum lu_map_kind kind)
{
    bool code = carve(start, end);
    size_t k = find(start);
    insert_at(k, (struct range){start, end, prot & PROT_GUEST, kind});
    if (k + 1 < n_ranges && alike(&ranges[k], &ranges[k + 1])) {
        ranges[k].end = ranges[k + 1].end;
        remove_at(k + 1, 1);
    }
    if (k > 0 && alike(&ranges[k - 1], &ranges[k])) {
        ranges[k - 1].end = ranges[k].end;
        remove_at(k, 1);
    }
    return code;
}

/* True if the table covers all of [start, end). */
static bool covered(uint64_t start, uint64_t end)
{
    for (size_t k = find(start); k < n_ranges && ranges[k].start <= start; k++) {
        start = ranges[k].end;
        if (start >= end)
            return true;
    }
    return start >= end;
}

bool lu_mm_owned(uint64_t address, uint64_t length)
{
    if (address + length < address)
        return false;
    pthread_mutex_lock(&lock);
    bool yes = covered(address, address + length);
    pthread_mutex_unlock(&lock);
    return yes;
}

void lu_mm_each(void (*fn)(void *, uint64_t, uint64_t, int, enum lu_map_kind), void *opaque)
{
    pthread_mutex_lock(&lock);
    for (size_t k = 0; k < n_ranges; k++)
        fn(opaque, ranges[k].start, ranges[k].end, ranges[k].prot, ranges[k].kind);
    pthread_mutex_unlock(&lock);
}

void lu_mm_set_kind(uint64_t address, uint64_t length, enum lu_map_kind kind)
{
    pthread_mutex_lock(&lock);
    split(address);
    split(address + length);
    for (size_t k = find(address); k < n_ranges && ranges[k].start < address + length; k++)
        ranges[k].kind = kind;
    pthread_mutex_unlock(&lock);
}

void lu_mm_fork_prepare(void)
{
    pthread_mutex_lock(&lock);
}
void lu_mm_fork_done(void)
{
    pthread_mutex_unlock(&lock);
}

void lu_brk_fork_prepare(void)
{
    pthread_mutex_lock(&brk_lock);
}
void lu_brk_fork_done(void)
{
    pthread_mutex_unlock(&brk_lock);
}

/* After the lock was given back: code in the range is no more what it was. */
static void code_changed(bool code, uint64_t start, uint64_t length)
{
    if (code && lu.tcg)
        tcg_invalidate(lu.tcg, start - lu.base, length);
}

/* ---- what the translator asks -------------------------------------------------------------- */

static const uint8_t *mm_code(void *opaque, uint64_t address, uint64_t *avail, int *sig, int *code)
{
    (void)opaque;
    const uint8_t *result = NULL;
    address += lu.base;
    pthread_mutex_lock(&lock);
    size_t k = find(address);
    *sig = SIGSEGV;
    if (k == n_ranges || ranges[k].start > address) {
        *code = SEGV_MAPERR;
    } else if (!(ranges[k].prot & PROT_EXEC)) {
        *code = SEGV_ACCERR;
    } else {
        uint64_t end = ranges[k].end;
        while (++k < n_ranges && ranges[k].start == end && (ranges[k].prot & PROT_EXEC))
            end = ranges[k].end;
        *avail = end - address;
        result = lu_ptr(address);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

void lu_mm_mem_ops(struct tcg_mem_ops *ops)
{
    *ops = (struct tcg_mem_ops){
        .code = mm_code, .base = lu.base, .address_bits = lu.abi->task_size ? 32 : 64};
}

/* ---- mapping --------------------------------------------------------------------------------- */

static int host_prot(int prot)
{
    /* Code must be readable for us; no guest architecture that we know has execute-only pages that
     * programs rely on. */
    return (prot & (PROT_READ | PROT_WRITE)) | (prot & PROT_EXEC ? PROT_READ : 0);
}

static int64_t host_mmap(uint64_t address, uint64_t length, int prot, int flags, int fd,
                         uint64_t offset)
{
    return lu_host_syscall(SYS_mmap, address, length, prot, flags, fd, offset);
}

/* Takes host memory away; what is inside of a reserved space stays reserved. */
static int64_t host_unmap(uint64_t start, uint64_t length)
{
    enum { RESERVE = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED };
    int64_t r;
    if (!lu.base)
        return lu_host_syscall(SYS_munmap, start, length);
    r = host_mmap(start, length, PROT_NONE, RESERVE, -1, 0);
    return r < 0 ? r : 0;
}

/* Gives back what claim() reserved: everything in the range that is not in the table. */
static void unclaim(uint64_t start, uint64_t end)
{
    uint64_t at = start;
    for (size_t k = find(start); at < end; k++) {
        uint64_t gap_end = k < n_ranges && ranges[k].start < end ? ranges[k].start : end;
        if (at < gap_end)
            host_unmap(at, gap_end - at);
        if (gap_end == end)
            break;
        at = ranges[k].end;
    }
}

/* Makes sure that no host mapping lies in [start, end), by reserving what is not the guest's yet.
 * Until the caller has put the range into the table nothing else can get there.  The lock is
 * held. */
static int claim(uint64_t start, uint64_t end)
{
    enum { RESERVE = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE };
    uint64_t at = start;
    if (lu.abi->task_size && (start < lu.base || end > lu.base + lu.abi->task_size))
        return -ENOMEM;
    if (lu.base) /* the whole space is reserved */
        return 0;
    for (size_t k = find(start); at < end; k++) {
        uint64_t gap_end = k < n_ranges && ranges[k].start < end ? ranges[k].start : end;
        int64_t r =
            at < gap_end ? host_mmap(at, gap_end - at, PROT_NONE, RESERVE, -1, 0) : (int64_t)at;
        if (r >= 0 && (uint64_t)r != at) { /* a kernel before 4.17 */
            lu_host_syscall(SYS_munmap, r, gap_end - at);
            r = -EEXIST;
        }
        if (r < 0) {
            unclaim(start, at);
            return r == -EPERM ? -EPERM : -ENOMEM;
        }
        if (gap_end == end)
            break;
        at = ranges[k].end;
    }
    return 0;
}

/* Guest flags that reach the host.  MAP_32BIT is x86's; what grows would outgrow the table, and cannot where
 * the whole space is reserved (lu_mm_grow()). */
enum {
    MAP_ALLOWED = MAP_SHARED | MAP_PRIVATE | MAP_SHARED_VALIDATE | MAP_FIXED | MAP_ANONYMOUS |
                  MAP_DENYWRITE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK |
                  MAP_STACK | MAP_HUGETLB | MAP_SYNC | MAP_FIXED_NOREPLACE
};

/* ---- the 4 GiB of a 32-bit guest -------------------------------------------------------------- */

static uint64_t place_low, place_top; /* where mappings without an address go: from the top down */

void lu_mm_set_top(uint64_t address)
{
    place_top = address;
}

/* The lowest address that may be mapped; root's limit as well, so that null pointers fault. */
static uint64_t lowest_address(void)
{
    unsigned long lowest = 65536;
    FILE *file = fopen("/proc/sys/vm/mmap_min_addr", "re");
    if (file) {
        if (fscanf(file, "%lu", &lowest) != 1 || lowest < LU_PAGE_SIZE)
            lowest = LU_PAGE_SIZE;
        fclose(file);
    }
    return page_up(lowest);
}

/* True if the low 4 GiB are free, but for where nobody may map; leaves a guard page above. */
static bool low_is_free(void)
{
    enum { RESERVE = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE };
    int64_t r = host_mmap(place_low, LU_4G + LU_PAGE_SIZE - place_low, PROT_NONE, RESERVE, -1, 0);
    if (r != (int64_t)place_low) {
        if (r >= 0)
            lu_host_syscall(SYS_munmap, r, LU_4G + LU_PAGE_SIZE - place_low);
        return false;
    }
    return !lu_host_syscall(SYS_munmap, place_low, LU_4G - place_low);
}

/* As the kernel's mmap_base(): below the stack, what that may grow to, and a gap. */
static uint64_t top_below_stack(void)
{
    const uint64_t least = 128ull << 20, most = lu.abi->task_size / 6 * 5, guard = 1 << 20;
    uint64_t gap = lu_stack_size() + guard;
    gap = gap < least ? least : gap > most ? most : gap;
    return page_down(lu.abi->stack_top - gap);
}

void lu_mm_init(void)
{
    enum { RESERVE = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE };
    if (!lu.abi->task_size)
        return;
    place_low = lowest_address();
    if (lu.options.use_base || !low_is_free()) {
        const uint64_t align = 2ull << 20; /* of huge pages; what is left over stays reserved */
        int64_t r = host_mmap(0, LU_4G + LU_PAGE_SIZE + align, PROT_NONE, RESERVE, -1, 0);
        if (r < 0)
            lu_fatal(1, "no room for the program's 4 GiB: %s", strerror(-r));
        lu.base = (r + align - 1) & -align;
    }
    place_low += lu.base;
    lu_mm_set_top(lu.base + top_below_stack());
}

/* The highest gap of `length` bytes below `limit`, or 0. */
static uint64_t gap_below(uint64_t length, uint64_t limit, uint64_t align)
{
    for (size_t k = find(limit - 1);; k--) {
        uint64_t high = k < n_ranges && ranges[k].start < limit ? ranges[k].start : limit;
        uint64_t low = k > 0 && ranges[k - 1].end > place_low ? ranges[k - 1].end : place_low;
        if (high > low && high - low >= length && ((high - length) & -align) >= low)
            return (high - length) & -align;
        if (!k)
            return 0;
    }
}

/* True if nothing of the guest's is in the range, and the range in its space. */
static bool is_gap(uint64_t start, uint64_t length)
{
    size_t k = find(start);
    return start >= place_low && start + length >= start &&
           start + length <= lu.base + lu.abi->task_size &&
           (k == n_ranges || ranges[k].start >= start + length);
}

/* An address for a mapping of a 32-bit guest, as Linux chooses it: the hint if that is free, else
 * from the top down, else anywhere; 0 if there is none. */
static uint64_t place(uint64_t hint, uint64_t length, uint64_t align)
{
    uint64_t at = page_down(hint);
    if (hint && is_gap(at, length) && !(at & (align - 1)))
        return at;
    at = gap_below(length, place_top, align);
    return at ? at : gap_below(length, lu.base + lu.abi->task_size, align);
}

/* mmap without MAP_FIXED for such a guest. */
static int64_t place_mmap(uint64_t address, uint64_t length, int prot, int flags, int fd,
                          uint64_t offset)
{
    const uint64_t huge = 2ull << 20;
    uint64_t at, rounded = page_up(length);
    if (flags & MAP_FIXED_NOREPLACE) {
        if (address < lu.base || address + rounded > lu.base + lu.abi->task_size)
            return -ENOMEM;
        at = is_gap(address, rounded) ? address : 0;
        if (!at)
            return address < place_low ? -EPERM : -EEXIST;
    } else {
        at = place(address, rounded, flags & MAP_HUGETLB ? huge : LU_PAGE_SIZE);
        if (!at)
            return -ENOMEM;
    }
    flags = (flags & ~(MAP_FIXED | MAP_FIXED_NOREPLACE)) |
            (lu.base ? MAP_FIXED : MAP_FIXED_NOREPLACE);
    int64_t r = host_mmap(at, length, prot, flags, fd, offset);
    if (r < 0 && lu.base)
        host_unmap(at, rounded); /* the failed call may have left a hole */
    return r;
}

/* ---- mapping for the guest --------------------------------------------------------------------- */

int64_t lu_mmap(uint64_t address, uint64_t length, int prot, int flags, int fd, uint64_t offset)
{
    bool code = false, fixed = (flags & MAP_FIXED) && !(flags & MAP_FIXED_NOREPLACE);
    uint64_t rounded = page_up(length);
    int64_t result;
    if (!length || rounded < length || (flags & MAP_FIXED && address & (LU_PAGE_SIZE - 1)))
        return length && rounded < length ? -ENOMEM : -EINVAL;
    if (fixed && address + rounded < address)
        return -ENOMEM;
    if (flags & MAP_GROWSDOWN && (flags & MAP_SHARED || !(flags & MAP_ANONYMOUS)))
        return -EINVAL;
    const enum lu_map_kind kind = flags & MAP_GROWSDOWN ? LU_MAP_GROWS : LU_MAP_GUEST;
    flags &= MAP_ALLOWED | (int)(0x3fu << MAP_HUGE_SHIFT);
    pthread_mutex_lock(&lock);
    result = fixed ? claim(address, address + rounded) : 0;
    if (!result) {
        result = !fixed && lu.abi->task_size
                     ? place_mmap(address, length, host_prot(prot), flags, fd, offset)
                     : host_mmap(address, length, host_prot(prot), flags, fd, offset);
        if (result >= 0)
            code = put(result, result + rounded, prot, kind);
        else if (fixed)
            unclaim(address, address + rounded);
    }
    pthread_mutex_unlock(&lock);
    if (result >= 0)
        code_changed(code, result, rounded);
    return result;
}

/* mm/mmap.c, expand_downwards(): not to where nobody may map, nor closer than the guard gap to what lies
 * below and can be accessed. */
static bool may_grow(size_t k, uint64_t to)
{
    const uint64_t gap = 256 * LU_PAGE_SIZE, size = ranges[k].end - to;
    struct rlimit limit;
    if (to < (place_low ? place_low : lowest_address()))
        return false;
    if (k > 0 && ranges[k - 1].kind != LU_MAP_GROWS && ranges[k - 1].prot && to - ranges[k - 1].end < gap)
        return false;
    return getrlimit(RLIMIT_STACK, &limit) || size <= limit.rlim_cur;
}

bool lu_mm_grow(uint64_t address)
{
    const uint64_t to = page_down(address);
    bool grown = false;
    pthread_mutex_lock(&lock);
    const size_t k = find(address);
    if (k < n_ranges && ranges[k].kind == LU_MAP_GROWS && ranges[k].start <= address) {
        grown = true; /* another thread was faster */
    } else if (k < n_ranges && ranges[k].kind == LU_MAP_GROWS && may_grow(k, to)) {
        const struct range above = ranges[k];
        /* In one step: another thread must not find it half done. */
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | (lu.base ? MAP_FIXED : MAP_FIXED_NOREPLACE);
        grown = host_mmap(to, above.start - to, host_prot(above.prot), flags, -1, 0) == (int64_t)to;
        if (grown)
            put(to, above.start, above.prot, LU_MAP_GROWS);
    }
    pthread_mutex_unlock(&lock);
    return grown;
}

/* Calls fn for the parts of [start, end) that are the guest's; stops at an error.  The lock is
 * held.  *hole tells whether there were other parts. */
static int64_t each_part(uint64_t start, uint64_t end, bool *hole,
                         int64_t (*fn)(uint64_t start, uint64_t end, uint64_t arg), uint64_t arg)
{
    int64_t result = 0;
    uint64_t at = start;
    for (size_t k = find(start); k < n_ranges && ranges[k].start < end && result >= 0; k++) {
        uint64_t from = ranges[k].start > start ? ranges[k].start : start;
        uint64_t to = ranges[k].end < end ? ranges[k].end : end;
        *hole |= from > at;
        at = to;
        result = fn(from, to, arg);
    }
    *hole |= at < end;
    return result;
}

static int64_t part_unmap(uint64_t start, uint64_t end, uint64_t arg)
{
    (void)arg;
    return host_unmap(start, end - start);
}

int lu_munmap(uint64_t address, uint64_t length)
{
    uint64_t end = address + page_up(length);
    bool hole = false, code = false;
    if (address & (LU_PAGE_SIZE - 1) || !length || end < address)
        return -EINVAL;
    pthread_mutex_lock(&lock);
    int64_t r = each_part(address, end, &hole, part_unmap, 0);
    if (r >= 0)
        code = carve(address, end);
    pthread_mutex_unlock(&lock);
    code_changed(code, address, end - address);
    return r;
}

static int64_t part_protect(uint64_t start, uint64_t end, uint64_t prot)
{
    return lu_host_syscall(SYS_mprotect, start, end - start, host_prot(prot));
}

/* Enters a new protection for the guest's parts of a range; true if code ceased to be code. */
static bool reprotect(uint64_t start, uint64_t end, int prot)
{
    bool code = false;
    split(start);
    split(end);
    size_t first = find(start), k = first;
    for (; k < n_ranges && ranges[k].start < end; k++) {
        code |= (ranges[k].prot & PROT_EXEC) && !(prot & PROT_EXEC);
        ranges[k].prot = prot & PROT_GUEST;
    }
    /* Join what is alike again, so that programs which flip protections do not grow the table. */
    for (size_t j = k < n_ranges ? k : n_ranges - 1; n_ranges && j > 0 && j + 1 > first; j--) {
        if (alike(&ranges[j - 1], &ranges[j])) {
            ranges[j - 1].end = ranges[j].end;
            remove_at(j, 1);
        }
    }
    return code;
}

int lu_mprotect(uint64_t address, uint64_t length, int prot)
{
    enum { GROWSDOWN = 0x01000000, GROWSUP = 0x02000000, BTI = 0x10, SEM = 8 };
    uint64_t end = address + page_up(length);
    bool hole = false, code = false;
    int64_t r;
    if (address & (LU_PAGE_SIZE - 1) || prot & GROWSUP ||
        prot & ~(PROT_GUEST | GROWSDOWN | BTI | SEM))
        return -EINVAL;
    if (!length)
        return 0;
    if (end <= address)
        return -ENOMEM;
    pthread_mutex_lock(&lock);
    if (prot & GROWSDOWN) {
        size_t k = find(address);
        if (k < n_ranges && (ranges[k].kind == LU_MAP_STACK || ranges[k].kind == LU_MAP_GROWS) &&
            ranges[k].start < address)
            address = ranges[k].start;
    }
    r = each_part(address, end, &hole, part_protect, prot);
    if (r >= 0)
        code = reprotect(address, end, prot);
    pthread_mutex_unlock(&lock);
    code_changed(code, address, end - address);
    return r < 0 ? r : hole ? -ENOMEM : 0;
}

/* ---- system calls ------------------------------------------------------------------------------ */

int64_t sys_mmap(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    if (arg[5] & (LU_PAGE_SIZE - 1))
        return -EINVAL;
    return lu_mmap(arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

int64_t sys_munmap(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_munmap(arg[0], arg[1]);
}

int64_t sys_mprotect(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    return lu_mprotect(arg[0], arg[1], arg[2]);
}

/* The lock is held.  Moves the table's entry of a mapping that the host has moved or resized. */
static bool moved(uint64_t from, uint64_t old_len, uint64_t to, uint64_t new_len, bool keep,
                  struct range was)
{
    bool code = false;
    if (!keep)
        code = carve(from, from + old_len);
    code |= put(to, to + new_len, was.prot, was.kind);
    return code;
}

/* mremap without MREMAP_FIXED for a 32-bit guest: where it is, if it can be; else where we choose. */
static int64_t place_mremap(uint64_t from, uint64_t old_len, uint64_t new_len, int flags)
{
    uint64_t old_end = from + page_up(old_len), new_end = from + page_up(new_len), to;
    int64_t r = -ENOMEM;
    if (!(flags & MREMAP_DONTUNMAP) && old_len) {
        bool grows = new_end > old_end, room = !grows || is_gap(old_end, new_end - old_end);
        if (grows && room && lu.base) /* the reservation is in the way */
            lu_host_syscall(SYS_munmap, old_end, new_end - old_end);
        if (room)
            r = lu_host_syscall(SYS_mremap, from, old_len, new_len, 0, 0);
        if (lu.base && r < 0 && grows && room)
            host_unmap(old_end, new_end - old_end);
        else if (lu.base && r >= 0 && !grows && new_end < old_end)
            host_unmap(new_end, old_end - new_end);
    }
    if (r != -ENOMEM || !(flags & MREMAP_MAYMOVE))
        return r;
    to = place(0, page_up(new_len), LU_PAGE_SIZE);
    return to ? lu_host_syscall(SYS_mremap, from, old_len, new_len, flags | MREMAP_FIXED, to)
              : -ENOMEM;
}

int64_t sys_mremap(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    uint64_t from = arg[0], old_len = page_up(arg[1]), new_len = page_up(arg[2]), to = arg[4];
    int flags = arg[3];
    bool fixed = flags & MREMAP_FIXED, code = false;
    int64_t r = 0;
    if (from & (LU_PAGE_SIZE - 1) || !new_len || from + old_len < from ||
        (fixed && (to & (LU_PAGE_SIZE - 1) || to + new_len < to || !(flags & MREMAP_MAYMOVE))))
        return -EINVAL;
    pthread_mutex_lock(&lock);
    size_t k = find(from);
    if (k == n_ranges || ranges[k].start > from || !covered(from, from + old_len)) {
        r = -EFAULT;
    } else {
        struct range was = ranges[k];
        bool keep = flags & MREMAP_DONTUNMAP || !old_len;
        if (fixed)
            r = claim(to, to + new_len);
        if (!r) {
            r = lu.abi->task_size && !fixed
                    ? place_mremap(from, arg[1], arg[2], flags)
                    : lu_host_syscall(SYS_mremap, from, arg[1], arg[2], flags, to);
            if (r >= 0 && lu.base && !keep && (uint64_t)r != from)
                host_unmap(from, old_len);
            if (r >= 0)
                code = moved(from, old_len, r, new_len, keep, was);
            else if (fixed)
                unclaim(to, to + new_len);
        }
    }
    pthread_mutex_unlock(&lock);
    code_changed(code, from, old_len);
    if (r >= 0)
        code_changed(code, r, new_len);
    return r;
}

void lu_mm_set_brk(uint64_t address)
{
    brk_start = brk_now = brk_mapped = page_up(address);
    lu.start_brk = brk_start;
}

/* Grows or shrinks the heap's mapping to end at `end`; false if that cannot be. */
static bool brk_resize(uint64_t end)
{
    if (end > brk_mapped) {
        int64_t r = lu_mmap(brk_mapped, end - brk_mapped, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        if (r != (int64_t)brk_mapped) {
            if (r >= 0)
                lu_munmap(r, end - brk_mapped);
            return false;
        }
        lu_mm_set_kind(brk_mapped, end - brk_mapped, LU_MAP_BRK);
    } else if (end < brk_mapped && lu_munmap(end, brk_mapped - end)) {
        return false;
    }
    brk_mapped = end;
    return true;
}

int64_t sys_brk(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    pthread_mutex_lock(&brk_lock);
    if (arg[0] >= brk_start && page_up(arg[0]) >= arg[0] && brk_resize(page_up(arg[0])))
        brk_now = arg[0];
    uint64_t result = brk_now;
    pthread_mutex_unlock(&brk_lock);
    return result;
}

static int64_t part_advise(uint64_t start, uint64_t end, uint64_t advice)
{
    return lu_host_syscall(SYS_madvise, start, end - start, advice);
}

int64_t sys_madvise(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    uint64_t end = arg[0] + page_up(arg[1]);
    int advice = arg[2];
    bool hole = false, code = false;
    if (arg[0] & (LU_PAGE_SIZE - 1) || end < arg[0])
        return -EINVAL;
    if (end == arg[0])
        return lu_host_syscall(SYS_madvise, arg[0], 0, advice);
    pthread_mutex_lock(&lock);
    int64_t r = each_part(arg[0], end, &hole, part_advise, advice);
    if (advice == MADV_DONTNEED || advice == MADV_REMOVE || advice == MADV_FREE) {
        for (size_t k = find(arg[0]); k < n_ranges && ranges[k].start < end; k++)
            code |= (ranges[k].prot & PROT_EXEC) != 0;
    }
    pthread_mutex_unlock(&lock);
    code_changed(code, arg[0], end - arg[0]);
    return r < 0 ? r : hole ? -ENOMEM : r;
}

int64_t sys_mincore(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    if (!(arg[0] & (LU_PAGE_SIZE - 1)) && !lu_mm_owned(arg[0], page_up(arg[1])))
        return -ENOMEM;
    return lu_host_syscall(SYS_mincore, arg[0], arg[1], arg[2]);
}

int64_t sys_msync(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    if (!(arg[0] & (LU_PAGE_SIZE - 1)) && !lu_mm_owned(arg[0], page_up(arg[1])))
        return -ENOMEM;
    return lu_safe_syscall(SYS_msync, arg[0], arg[1], arg[2]);
}

int64_t sys_mlock(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    uint64_t start = page_down(arg[0]);
    if (!lu_mm_owned(start, page_up(arg[0] + arg[1]) - start))
        return -ENOMEM;
    return lu_host_syscall(SYS_mlock, arg[0], arg[1]);
}

int64_t sys_munlock(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    uint64_t start = page_down(arg[0]);
    if (!lu_mm_owned(start, page_up(arg[0] + arg[1]) - start))
        return -ENOMEM;
    return lu_host_syscall(SYS_munlock, arg[0], arg[1]);
}

int64_t sys_remap_file_pages(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    uint64_t length = page_up(arg[1]);
    bool code = false;
    if (!lu_mm_owned(page_down(arg[0]), length))
        return -EINVAL;
    int64_t r = lu_host_syscall(SYS_remap_file_pages, arg[0], arg[1], arg[2], arg[3], arg[4]);
    pthread_mutex_lock(&lock);
    for (size_t k = find(arg[0]); k < n_ranges && ranges[k].start < arg[0] + length; k++)
        code |= (ranges[k].prot & PROT_EXEC) != 0;
    pthread_mutex_unlock(&lock);
    code_changed(code, page_down(arg[0]), length);
    return r;
}

/* ---- System V shared memory --------------------------------------------------------------------- */

/* Attaches with the lock held.  SHM_REMAP is MAP_FIXED by another name. */
static int64_t attach(int id, uint64_t address, int flags, uint64_t length)
{
    bool fixed = address && flags & SHM_REMAP;
    if (lu.abi->task_size && !fixed) {
        const uint64_t colours = 4 * LU_PAGE_SIZE; /* SHMLBA of 32-bit ARM */
        if (address && flags & SHM_RND)
            address &= -colours;
        if (address && (address & (LU_PAGE_SIZE - 1) || !is_gap(address, length)))
            return -EINVAL;
        address = address ? address : place(0, length, colours);
        if (!address)
            return -ENOMEM;
        flags |= lu.base ? SHM_REMAP : 0;
    }
    int64_t r = fixed ? claim(page_down(address), page_down(address) + length) : 0;
    if (r)
        return r;
    r = lu_host_syscall(SYS_shmat, id, address, flags & ~SHM_EXEC);
    if (r < 0 && fixed)
        unclaim(page_down(address), page_down(address) + length);
    return r;
}

int64_t sys_shmat(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    struct shmid_ds info;
    int flags = arg[2];
    bool code = false;
    if (shmctl(arg[0], IPC_STAT, &info) < 0)
        return -errno;
    struct attachment *a = malloc(sizeof *a);
    if (!a)
        return -ENOMEM;
    uint64_t length = page_up(info.shm_segsz);
    pthread_mutex_lock(&lock);
    int64_t r = attach(arg[0], arg[1], flags, length);
    if (r >= 0) {
        int prot =
            PROT_READ | (flags & SHM_RDONLY ? 0 : PROT_WRITE) | (flags & SHM_EXEC ? PROT_EXEC : 0);
        code = put(r, r + length, prot, LU_MAP_GUEST);
        *a = (struct attachment){r, length, attachments};
        attachments = a;
    } else {
        free(a);
    }
    pthread_mutex_unlock(&lock);
    if (r >= 0)
        code_changed(code, r, length);
    return r;
}

int64_t sys_shmdt(struct lu_task *t, const uint64_t arg[6])
{
    (void)t;
    bool code = false;
    int64_t r = -EINVAL;
    uint64_t length = 0;
    pthread_mutex_lock(&lock);
    for (struct attachment **link = &attachments; *link; link = &(*link)->next) {
        struct attachment *a = *link;
        if (a->start != arg[0])
            continue;
        r = lu_host_syscall(SYS_shmdt, arg[0]);
        if (r >= 0) {
            length = a->length;
            code = carve(a->start, a->start + length);
            if (lu.base)
                host_unmap(a->start, length);
            *link = a->next;
            free(a);
        }
        break;
    }
    pthread_mutex_unlock(&lock);
    code_changed(code, arg[0], length);
    return r;
}
