/* SPDX-License-Identifier: MIT */
/*
 * The interpreter's memory ops, see mem.h.  Values are handled as 128-bit numbers of which the low
 * `size` bytes count.  Includes mem.h and the compiler's atomics.
 */
#include "tcg/interp/mem.h"

#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 u128;

/* Guests access memory at any address; the host's unaligned accesses do what they need. */
#define UNALIGNED __attribute__((no_sanitize("alignment")))

static void *host_address(struct tcg_cpu *cpu, uint64_t addr)
{
    if (cpu->clean_address) {
        addr = cpu->clean_address(addr);
        cpu->fault_addr = addr; /* in case the host does not tell */
    }
    return (void *)(uintptr_t)(cpu->mem_base + addr);
}

static unsigned size_of(const struct ir_op *op)
{
    return 1u << (op->mod & IR_MEM_SIZE);
}

static u128 as_number(const union ir_val *v, const struct ir_op *op)
{
    return op->type == IR_V128 ? (u128)v->v.d[1] << 64 | v->v.d[0] : v->l;
}

static u128 low_bytes(u128 x, unsigned size)
{
    return size == 16 ? x : x & (((u128)1 << 8 * size) - 1);
}

static u128 reversed(u128 x, unsigned size)
{
    const u128 all =
        (u128)__builtin_bswap64((uint64_t)x) << 64 | __builtin_bswap64((uint64_t)(x >> 64));

    return all >> (128 - 8 * size);
}

/* Between the number in a register and the one that the host's load sees. */
static u128 in_memory_order(const struct ir_op *op, u128 x)
{
    return op->mod & IR_MEM_BSWAP ? reversed(low_bytes(x, size_of(op)), size_of(op)) : x;
}

/* Stores to *d what was read, extended to the op's type. */
static void set_result(union ir_val *d, const struct ir_op *op, u128 memory)
{
    const unsigned size = size_of(op), unused = 64 - 8 * size;
    const u128 x = low_bytes(in_memory_order(op, memory), size);

    if (op->type == IR_V128)
        d->v = (tcg_v128){{(uint64_t)x, (uint64_t)(x >> 64)}};
    else if (op->mod & IR_MEM_SIGN)
        d->l = (uint64_t)((int64_t)((uint64_t)x << unused) >> unused);
    else
        d->l = (uint64_t)x;
    if (op->type == IR_I32)
        d->l = d->w;
}

static bool misaligned(struct tcg_cpu *cpu, uint64_t addr, bool write)
{
    cpu->exc = TCG_EXC_ALIGN;
    cpu->exc_arg = cpu->fault_write = write;
    cpu->fault_addr = addr;
    return false;
}

static bool must_be_aligned(const struct ir_op *op, uint64_t addr)
{
    const unsigned unit = size_of(op) << !!(op->mod & IR_MEM_ALIGN16);

    return (op->mod & IR_MEM_ALIGN) && (addr & (unit - 1));
}

/* Read-modify-write: 16 bytes that are not aligned cannot be had in one piece. */
static bool atomic_possible(const struct ir_op *op, uint64_t addr)
{
    return !must_be_aligned(op, addr) && !(size_of(op) == 16 && (addr & 15));
}

/* --- 16 bytes in one piece -------------------------------------------------------------------- */

#ifdef __x86_64__
static bool cas16(void *p, u128 *expected, u128 value)
{
    uint64_t low = (uint64_t)*expected, high = (uint64_t)(*expected >> 64);
    bool done;

    __asm__ volatile("lock cmpxchg16b %1"
                     : "=@ccz"(done), "+m"(*(u128 *)p), "+a"(low), "+d"(high)
                     : "b"((uint64_t)value), "c"((uint64_t)(value >> 64))
                     : "memory");
    *expected = (u128)high << 64 | low;
    return done;
}

/* Intel SDM volume 3, 9.1.1 (AMD APM volume 2, 7.3.2): aligned 16-byte accesses are atomic on CPUs
 * with AVX.  On others a load is a compare and exchange, which needs the page to be writable. */
static u128 load16(const void *p)
{
    u128 x = 0;

    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("movdqa %1, %%xmm0; movdqa %%xmm0, %0"
                         : "=m"(x)
                         : "m"(*(const u128 *)p)
                         : "xmm0", "memory");
    else
        cas16((void *)(uintptr_t)p, &x, x);
    return x;
}

static void store16(void *p, u128 x)
{
    u128 old = 0;

    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("movdqa %1, %%xmm0; movdqa %%xmm0, %0"
                         : "=m"(*(u128 *)p)
                         : "m"(x)
                         : "xmm0", "memory");
    else
        while (!cas16(p, &old, x))
            ;
}
#else
static bool cas16(void *p, u128 *expected, u128 value)
{
    return __atomic_compare_exchange_n((u128 *)p, expected, value, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

static u128 load16(const void *p)
{
    return __atomic_load_n((const u128 *)p, __ATOMIC_RELAXED);
}
static void store16(void *p, u128 x)
{
    __atomic_store_n((u128 *)p, x, __ATOMIC_RELAXED);
}
#endif

/* --- one access of any size ------------------------------------------------------------------- */

/* Aligned accesses of up to 8 bytes are single-copy atomic, and those of 16 if `atomic`; unaligned
 * ones are what the host makes of them. */
static u128 read_memory(const void *p, unsigned size, bool atomic)
{
    u128 x = 0;

    if ((uintptr_t)p & (size - 1)) {
        memcpy(&x, p, size);
        return x;
    }
    switch (size) {
    case 1: return __atomic_load_n((const uint8_t *)p, __ATOMIC_RELAXED);
    case 2: return __atomic_load_n((const uint16_t *)p, __ATOMIC_RELAXED);
    case 4: return __atomic_load_n((const uint32_t *)p, __ATOMIC_RELAXED);
    case 8: return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
    default: break;
    }
    if (atomic)
        return load16(p);
    memcpy(&x, p, 16);
    return x;
}

static void write_memory(void *p, u128 x, unsigned size, bool atomic)
{
    if ((uintptr_t)p & (size - 1)) {
        memcpy(p, &x, size);
        return;
    }
    switch (size) {
    case 1: __atomic_store_n((uint8_t *)p, (uint8_t)x, __ATOMIC_RELAXED); return;
    case 2: __atomic_store_n((uint16_t *)p, (uint16_t)x, __ATOMIC_RELAXED); return;
    case 4: __atomic_store_n((uint32_t *)p, (uint32_t)x, __ATOMIC_RELAXED); return;
    case 8: __atomic_store_n((uint64_t *)p, (uint64_t)x, __ATOMIC_RELAXED); return;
    default: break;
    }
    if (atomic)
        store16(p, x);
    else
        memcpy(p, &x, 16);
}

#define CAS_OF(T)                                                                          \
    {                                                                                      \
        T old = (T)*expected;                                                              \
        const bool done = __atomic_compare_exchange_n((T *)p, &old, (T)value, false,       \
                                                      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        *expected = old;                                                                   \
        return done;                                                                       \
    }
/* If the `size` bytes at p are *expected, makes them value; else *expected is what they are.
 * Orders like a full fence. */
static UNALIGNED bool cas_memory(void *p, u128 *expected, u128 value, unsigned size)
{
    switch (size) {
    case 1: CAS_OF(uint8_t)
    case 2: CAS_OF(uint16_t)
    case 4: CAS_OF(uint32_t)
    case 8: CAS_OF(uint64_t)
    default: return cas16(p, expected, value);
    }
}

/* --- what was overwritten --------------------------------------------------------------------- */

/* For note_store(), before the store. */
static u128 overwritten(const struct tcg_cpu *cpu, const void *p, unsigned size)
{
    return cpu->stores ? read_memory(p, size, false) : 0;
}

/* After the store, which may have faulted. */
static void note_store(struct tcg_cpu *cpu, void *p, unsigned size, u128 before)
{
    struct interp_stores *s = cpu->stores;

    if (!s)
        return;
    if (s->n == s->room) {
        s->room = 2 * s->room + 64;
        s->at = realloc(s->at, s->room * sizeof *s->at);
        if (!s->at)
            abort();
    }
    s->at[s->n++] = (struct interp_store){
        .host = p, .size = size, .before = {{(uint64_t)before, (uint64_t)(before >> 64)}}};
}

/* --- ops -------------------------------------------------------------------------------------- */

bool interp_load(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr, union ir_val *d)
{
    if (must_be_aligned(op, addr))
        return misaligned(cpu, addr, false);
    const u128 x = read_memory(host_address(cpu, addr), size_of(op), op->mod & IR_MEM_ATOMIC);
    if (op->mod & IR_MEM_ACQUIRE)
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    set_result(d, op, x);
    return true;
}

/* A store-release that is SC is ordered before later SC acquires by a full fence. */
bool interp_store(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr,
                  const union ir_val *value)
{
    if (must_be_aligned(op, addr))
        return misaligned(cpu, addr, true);
    if (op->mod & IR_MEM_RELEASE)
        __atomic_thread_fence(__ATOMIC_RELEASE);
    void *p = host_address(cpu, addr);
    const u128 before = overwritten(cpu, p, size_of(op));
    write_memory(p, in_memory_order(op, as_number(value, op)), size_of(op),
                 op->mod & IR_MEM_ATOMIC);
    note_store(cpu, p, size_of(op), before);
    if (op->mod & IR_MEM_SC)
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return true;
}

void interp_clear_excl(struct tcg_cpu *cpu)
{
    cpu->excl_addr = UINT64_MAX;
}

bool interp_load_excl(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr, union ir_val *d)
{
    if (!atomic_possible(op, addr))
        return misaligned(cpu, addr, false);
    const u128 x = read_memory(host_address(cpu, addr), size_of(op), true);
    if (op->mod & IR_MEM_ACQUIRE)
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    cpu->excl_addr = addr;
    cpu->excl_size = op->mod & IR_MEM_SIZE;
    cpu->excl_val = (tcg_v128){{(uint64_t)x, (uint64_t)(x >> 64)}};
    set_result(d, op, x);
    return true;
}

bool interp_store_excl(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr,
                       const union ir_val *value, union ir_val *d)
{
    const unsigned size = size_of(op);
    u128 expected = (u128)cpu->excl_val.d[1] << 64 | cpu->excl_val.d[0];

    if (!atomic_possible(op, addr))
        return misaligned(cpu, addr, true);
    const bool held = cpu->excl_addr == addr && cpu->excl_size == (op->mod & IR_MEM_SIZE);
    const u128 wanted = in_memory_order(op, as_number(value, op));
    d->l = !(held && cas_memory(host_address(cpu, addr), &expected, wanted, size));
    if (!d->l)
        note_store(cpu, host_address(cpu, addr), size, expected);
    interp_clear_excl(cpu);
    return true;
}

/* Two's complement comparison of `size` bytes: with the sign bit flipped it is an unsigned one. */
static u128 modified(enum ir_rmw what, u128 old, u128 x, unsigned size)
{
    const u128 sign = (u128)1 << (8 * size - 1);

    old = low_bytes(old, size);
    x = low_bytes(x, size);
    switch (what) {
    case IR_RMW_ADD: return old + x;
    case IR_RMW_CLR: return old & ~x;
    case IR_RMW_EOR: return old ^ x;
    case IR_RMW_SET: return old | x;
    case IR_RMW_SMAX: return (old ^ sign) > (x ^ sign) ? old : x;
    case IR_RMW_SMIN: return (old ^ sign) < (x ^ sign) ? old : x;
    case IR_RMW_UMAX: return old > x ? old : x;
    case IR_RMW_UMIN: return old < x ? old : x;
    case IR_RMW_SWP: break;
    }
    return x;
}

bool interp_rmw(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr,
                const union ir_val *value, union ir_val *d)
{
    void *p = host_address(cpu, addr);
    const unsigned size = size_of(op);
    const u128 operand = as_number(value, op);
    u128 old, wanted;

    if (!atomic_possible(op, addr))
        return misaligned(cpu, addr, true);
    old = read_memory(p, size, true);
    do {
        wanted = modified((enum ir_rmw)op->lane, in_memory_order(op, old), operand, size);
    } while (!cas_memory(p, &old, in_memory_order(op, wanted), size));
    note_store(cpu, p, size, old);
    set_result(d, op, old);
    return true;
}

bool interp_cas(struct tcg_cpu *cpu, const struct ir_op *op, uint64_t addr,
                const union ir_val *expected, const union ir_val *value, union ir_val *d)
{
    u128 old = in_memory_order(op, as_number(expected, op));

    if (!atomic_possible(op, addr))
        return misaligned(cpu, addr, true);
    void *p = host_address(cpu, addr);
    cas_memory(p, &old, in_memory_order(op, as_number(value, op)), size_of(op));
    note_store(cpu, p, size_of(op), old);
    set_result(d, op, old);
    return true;
}

void interp_fence(const struct ir_op *op)
{
    switch ((enum ir_fence)op->mod) {
    case IR_FENCE_FULL: __atomic_thread_fence(__ATOMIC_SEQ_CST); break;
    case IR_FENCE_LD: __atomic_thread_fence(__ATOMIC_ACQUIRE); break;
    case IR_FENCE_ST: __atomic_thread_fence(__ATOMIC_RELEASE); break;
    }
}
