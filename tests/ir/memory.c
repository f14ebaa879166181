/* SPDX-License-Identifier: MIT */
/*
 * The memory ops: every size, extension, byte order and addressing form against copies made byte by
 * byte; alignment; the exclusive monitor; atomicity between threads.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/ir/harness.h"

static struct ir ir;

/* One region: operands in l0 (base), l1 (index), the value of type t in its slot 2, for cas the
 * expected one in slot 1 (of V128 or I32) or l3; results go to slot 4. */
struct access {
    uint16_t opc;
    uint8_t type;
    uint8_t rmw;
    bool indexed;
    uint16_t mod;
    int64_t disp;
};

/* In a guest with addresses of 32 bits base and index are in w0 and w1. */
static unsigned address_slot(unsigned k)
{
    return (test_narrow() ? SLOT_W : SLOT_L) + k;
}

static unsigned expected_slot(enum ir_type t)
{
    return test_slot(t) + (t == IR_I64 ? 3 : 1);
}

static void *compile(const struct access *a)
{
    struct ir_op o = {
        .opc = a->opc, .type = a->type, .lane = a->rmw, .mod = a->mod, .imm = a->disp};
    const enum ir_type t = (enum ir_type)a->type;

    ir_reset(&ir);
    ir_insn(&ir, 0x2000, 0);
    o.arg[0] = ir_get(&ir, address_slot(0));
    if (a->opc == IR_cas)
        o.arg[1] = ir_get(&ir, expected_slot(t));
    else if (a->indexed)
        o.arg[1] = ir_get(&ir, address_slot(1));
    if (a->opc != IR_load && a->opc != IR_load_excl)
        o.arg[2] = ir_get(&ir, test_slot(t) + 2);
    const ir_ref r = ir_emit(&ir, o);
    const enum ir_type result = ir_result_type(&ir, r);
    if (result != IR_NONE)
        ir_put(&ir, test_slot(result) + 4, r);
    ir_goto_pc(&ir, 0x2004);
    ir_verify(&ir, "the test");
    return test_compile(&ir);
}

/* --- what memory holds --------------------------------------------------------------------------- */

static unsigned size_of(const struct access *a)
{
    return 1u << (a->mod & IR_MEM_SIZE);
}

/* n bytes at p as a number of the op's type. */
static union ir_val read_bytes(const uint8_t *p, const struct access *a)
{
    const unsigned n = size_of(a);
    union ir_val v;

    memset(&v, 0, sizeof v);
    for (unsigned k = 0; k < n; k++)
        v.v.b[k] = a->mod & IR_MEM_BSWAP ? p[n - 1 - k] : p[k];
    if ((a->mod & IR_MEM_SIGN) && v.v.b[n - 1] & 0x80)
        memset(v.v.b + n, 0xff, a->type == IR_I32 ? 4 - n : 8 - n);
    return v;
}

static void write_bytes(uint8_t *p, const struct access *a, const union ir_val *v)
{
    const unsigned n = size_of(a);

    for (unsigned k = 0; k < n; k++)
        p[a->mod & IR_MEM_BSWAP ? n - 1 - k : k] = v->v.b[k];
}

static bool equal(const union ir_val *a, const union ir_val *b, enum ir_type t)
{
    return a->v.d[0] == b->v.d[0] && (t != IR_V128 || a->v.d[1] == b->v.d[1]);
}

/* A value of type t, of which `n` bytes of `v` are the low ones. */
static union ir_val only_low(union ir_val v, unsigned n)
{
    memset(v.v.b + n, 0, 16 - n);
    return v;
}

/* --- loads, stores ------------------------------------------------------------------------------- */

enum { BUFFER = 64 };
static uint8_t *memory; /* in test_arena */
static _Alignas(16) uint8_t wanted[BUFFER];

static void fill(void)
{
    for (unsigned k = 0; k < BUFFER; k++)
        memory[k] = wanted[k] = (uint8_t)test_random();
}

/* The base is chosen so that the access is at memory + `at`, in a guest whose memory starts at host
 * address `mem_base`. */
static void set_address(struct test_cpu *cpu, const struct access *a, unsigned at)
{
    const unsigned scale = a->mod >> IR_MEM_SCALE_SHIFT & 3;

    test_cpu_reset(cpu);
    cpu->tcg.mem_base =
        !test_any_base() || test_random() % 2 ? 0 : (uint64_t)(uintptr_t)memory - 0x10000;
    if (test_narrow()) {
        cpu->w[1] = a->indexed ? (uint32_t)(test_random() % 1000 - 500) : cpu->w[1];
        cpu->w[0] = (uint32_t)((uint64_t)(uintptr_t)memory + at - test_base - (uint64_t)a->disp) -
                    (a->indexed ? cpu->w[1] << scale : 0);
        return;
    }
    cpu->l[1] = a->indexed ? test_random() % 1000 - 500 : 0;
    cpu->l[0] = (uint64_t)(uintptr_t)memory + at - cpu->tcg.mem_base - (uint64_t)a->disp -
                (cpu->l[1] << scale);
}

static void run_access(const struct access *a, void *code)
{
    static struct test_cpu cpu;
    const enum ir_type t = (enum ir_type)a->type;
    const unsigned n = size_of(a);
    const bool aligned = a->mod & (IR_MEM_ALIGN | IR_MEM_ATOMIC) || a->opc != IR_load;
    unsigned at = (unsigned)(test_random() % (BUFFER - n + 1));

    if (aligned && !(a->opc == IR_store && !(a->mod & IR_MEM_ALIGN)))
        at &= ~(n - 1);
    fill();
    set_address(&cpu, a, at);
    const union ir_val value = test_read_slot(&cpu, t, 2), old = read_bytes(memory + at, a);
    if (a->opc == IR_store)
        write_bytes(wanted + at, a, &value);
    const enum ir_left left = test_run(&cpu, code);
    const union ir_val got = test_read_slot(&cpu, t, 4);
    const bool right = left == IR_LEFT_GOTO && cpu.tcg.pc == 0x2004 &&
                       (a->opc == IR_store || equal(&got, &old, t)) &&
                       !memcmp(memory, wanted, BUFFER);
    if (test_case_wrong(right)) {
        printf("%s type %u mod %x at %u\n", ir_opinfo[a->opc].name, a->type, a->mod, at);
        test_print_value("got", t, &got);
        test_print_value("wanted", t, &old);
        puts("");
    }
}

static void each_form(struct access a)
{
    static const uint16_t orders[] = {0,
                                      IR_MEM_BSWAP,
                                      IR_MEM_ALIGN,
                                      IR_MEM_ACQUIRE | IR_MEM_RELEASE,
                                      IR_MEM_ACQUIRE | IR_MEM_RELEASE | IR_MEM_SC | IR_MEM_BSWAP,
                                      IR_MEM_ATOMIC};
    static const int64_t disps[] = {0, 1, -8, 4095, -256, 0x12345678};
    const uint16_t mod = a.mod;

    for (unsigned o = 0; o < sizeof orders / sizeof *orders; o++) {
        for (unsigned form = 0; form < 10; form++) {
            a.mod = mod | orders[o];
            a.indexed = form >= 6;
            a.disp = a.indexed ? 0 : disps[form];
            a.mod |= (uint16_t)(a.indexed ? (form - 6) << IR_MEM_SCALE_SHIFT : 0);
            void *code = compile(&a);
            for (unsigned run = 0; run < 20; run++)
                run_access(&a, code);
            test_release(code);
        }
    }
}

static void test_plain(void)
{
    static const struct {
        uint8_t type;
        unsigned first, last; /* sizes */
    } types[] = {{IR_I32, 0, 2}, {IR_I64, 0, 3}, {IR_V128, 0, 4}};

    for (unsigned store = 0; store < 2; store++) {
        for (unsigned k = 0; k < 3; k++) {
            for (unsigned size = types[k].first; size <= types[k].last; size++) {
                struct access a = {.opc = store ? IR_store : IR_load,
                                   .type = types[k].type,
                                   .mod = (uint16_t)size};
                each_form(a);
                a.mod |= IR_MEM_SIGN;
                if (!store && a.type != IR_V128 && size < types[k].last)
                    each_form(a);
            }
        }
        test_row(store ? "store" : "load");
    }
}

/* --- alignment ------------------------------------------------------------------------------------ */

static void test_alignment(void)
{
    static const uint16_t ops[] = {IR_load, IR_store, IR_load_excl, IR_store_excl, IR_rmw, IR_cas};
    static struct test_cpu cpu;

    for (unsigned k = 0; k < 6; k++) {
        for (unsigned size = 1; size <= 3; size++) {
            for (unsigned pair = 0; pair < 2; pair++) {
                const struct access a = {
                    .opc = ops[k],
                    .type = IR_I64,
                    .mod = (uint16_t)(size | IR_MEM_ALIGN | (pair ? IR_MEM_ALIGN16 : 0))};
                const bool write = a.opc != IR_load && a.opc != IR_load_excl;
                void *code = compile(&a);
                for (unsigned at = 0; at < 32; at++) {
                    fill();
                    set_address(&cpu, &a, at);
                    const enum ir_left left = test_run(&cpu, code);
                    const bool ok = at % (size_of(&a) << pair) == 0;
                    const bool right =
                        ok ? left == IR_LEFT_GOTO
                           : left == IR_LEFT_EXC && cpu.tcg.exc == TCG_EXC_ALIGN &&
                                 cpu.tcg.pc == 0x2000 &&
                                 cpu.tcg.fault_addr == (test_narrow() ? cpu.w[0] : cpu.l[0]) &&
                                 cpu.tcg.fault_write == write && !memcmp(memory, wanted, BUFFER);
                    if (test_case_wrong(right))
                        printf("%s size %u at %u\n", ir_opinfo[a.opc].name, size, at);
                }
                test_release(code);
            }
        }
    }
    test_row("alignment");
}

/* --- read-modify-write ---------------------------------------------------------------------------- */

/* ARM ARM MemAtomic(), on numbers of n bytes. */
static union ir_val modified(unsigned what, const union ir_val *old, const union ir_val *x,
                             unsigned n)
{
    union ir_val r = *old;
    const unsigned bits = n < 8 ? 8 * n : 64; /* of 16 bytes there is SWP alone */
    const uint64_t u = old->l, v = x->l << (64 - bits) >> (64 - bits);
    const int64_t s = (int64_t)(u << (64 - bits)), t = (int64_t)(v << (64 - bits));

    switch (what) {
    case IR_RMW_ADD: r.l = u + v; break;
    case IR_RMW_CLR: r.l = u & ~v; break;
    case IR_RMW_EOR: r.l = u ^ v; break;
    case IR_RMW_SET: r.l = u | v; break;
    case IR_RMW_SMAX: r.l = s > t ? u : v; break;
    case IR_RMW_SMIN: r.l = s < t ? u : v; break;
    case IR_RMW_UMAX: r.l = u > v ? u : v; break;
    case IR_RMW_UMIN: r.l = u < v ? u : v; break;
    default: r = *x; break;
    }
    return r;
}

static void run_rmw(const struct access *a, void *code)
{
    static struct test_cpu cpu;
    const enum ir_type t = (enum ir_type)a->type;
    const unsigned n = size_of(a), at = (unsigned)(test_random() % (BUFFER / n)) * n;

    fill();
    if (test_random() % 4 == 0) /* boundary values */
        memset(memory + at, 0, n), memory[at + n - 1] = 0x80;
    memcpy(wanted, memory, BUFFER);
    set_address(&cpu, a, at);
    const union ir_val old = only_low(read_bytes(memory + at, a), n);
    const union ir_val value = test_read_slot(&cpu, t, 2);
    const union ir_val next = modified(a->rmw, &old, &value, n);
    write_bytes(wanted + at, a, &next);
    test_run(&cpu, code);
    const union ir_val got = test_read_slot(&cpu, t, 4);
    if (test_case_wrong(equal(&got, &old, t) && !memcmp(memory, wanted, BUFFER)))
        printf("rmw %u type %u mod %x at %u\n", a->rmw, a->type, a->mod, at);
}

static void run_cas(const struct access *a, void *code)
{
    static struct test_cpu cpu;
    const enum ir_type t = (enum ir_type)a->type;
    const unsigned n = size_of(a), at = (unsigned)(test_random() % (BUFFER / n)) * n;

    fill();
    set_address(&cpu, a, at);
    const union ir_val old = read_bytes(memory + at, a), value = test_read_slot(&cpu, t, 2);
    union ir_val expected = old;
    /* Bytes past the access do not count; one bit of difference does. */
    if (n < 8)
        expected.l |= test_random() << 8 * n;
    const bool hit = test_random() % 2;
    if (!hit)
        expected.v.b[test_random() % n] ^= (uint8_t)(1 << test_random() % 8);
    if (t == IR_I32)
        expected.l = expected.w;
    test_write_slot(&cpu, t, expected_slot(t) - test_slot(t), &expected);
    if (hit)
        write_bytes(wanted + at, a, &value);
    test_run(&cpu, code);
    const union ir_val got = test_read_slot(&cpu, t, 4);
    if (test_case_wrong(equal(&got, &old, t) && !memcmp(memory, wanted, BUFFER)))
        printf("cas type %u mod %x at %u\n", a->type, a->mod, at);
}

static void test_atomics(uint16_t opc, void (*run)(const struct access *, void *), unsigned last)
{
    for (unsigned type = IR_I32; type <= IR_V128; type++) {
        const unsigned low = type == IR_V128 ? 4 : 0, high = type == IR_I32 ? 2 : type + 1;
        for (unsigned size = low; size <= high; size++) {
            for (unsigned what = type == IR_V128 && opc == IR_rmw ? last : 0; what <= last;
                 what++) {
                for (unsigned order = 0; order < 2; order++) {
                    const struct access a = {
                        .opc = opc,
                        .type = (uint8_t)type,
                        .rmw = (uint8_t)what,
                        .mod = (uint16_t)(size | (order ? IR_MEM_BSWAP : IR_MEM_ACQUIRE))};
                    void *code = compile(&a);
                    for (unsigned k = 0; k < 100; k++)
                        run(&a, code);
                    test_release(code);
                }
            }
        }
    }
    test_row(ir_opinfo[opc].name);
}

/* --- the exclusive monitor ------------------------------------------------------------------------ */

enum twist { PAIRED, OTHER_VALUE, OTHER_ADDRESS, OTHER_SIZE, CLEARED, STORED_TWICE, TWISTS };

/* load_excl at l0; then, as `twist` has it, the store of slot 2 at l0 that succeeds or not. */
static void *compile_pair(enum ir_type t, unsigned mem, enum twist twist)
{
    const enum ir_type address = test_narrow() ? IR_I32 : IR_I64;
    ir_reset(&ir);
    ir_insn(&ir, 0x2000, 0);
    const ir_ref base = ir_get(&ir, address_slot(0)), value = ir_get(&ir, test_slot(t) + 2);
    ir_put(&ir, test_slot(t) + 4, ir_load_excl(&ir, t, mem, base));
    if (twist == OTHER_VALUE)
        ir_store(&ir, 0, base, 0, ir_const(&ir, IR_I32, 0x5a));
    if (twist == CLEARED)
        ir_clear_excl(&ir);
    if (twist == STORED_TWICE)
        ir_store_excl(&ir, mem, base, value);
    const ir_ref where =
        twist == OTHER_ADDRESS ? ir_add(&ir, address, base, ir_const(&ir, address, 16)) : base;
    const unsigned smaller = (mem & IR_MEM_SIZE) ? mem - 1 : mem + 1;
    const ir_ref status = ir_store_excl(&ir, twist == OTHER_SIZE ? smaller : mem, where, value);
    ir_put(&ir, SLOT_W + 5, status);
    ir_goto_pc(&ir, 0x2004);
    ir_verify(&ir, "the test");
    return test_compile(&ir);
}

static void run_pair(enum ir_type t, unsigned mem, enum twist twist, void *code)
{
    static struct test_cpu cpu;
    const struct access a = {.opc = IR_store_excl, .type = (uint8_t)t, .mod = (uint16_t)mem};
    const bool stored = twist == PAIRED || twist == STORED_TWICE;

    fill();
    memory[0] = wanted[0] = 0xa5;
    set_address(&cpu, &a, 0);
    const union ir_val value = test_read_slot(&cpu, t, 2), old = read_bytes(memory, &a);
    if (stored)
        write_bytes(wanted, &a, &value);
    if (twist == OTHER_VALUE)
        wanted[0] = 0x5a;
    test_run(&cpu, code);
    const union ir_val got = test_read_slot(&cpu, t, 4);
    const bool right = equal(&got, &old, t) && cpu.w[5] == (twist != PAIRED) &&
                       cpu.tcg.excl_addr == UINT64_MAX && !memcmp(memory, wanted, BUFFER);
    if (test_case_wrong(right))
        printf("exclusives type %u mem %x twist %u: status %u\n", t, mem, twist, cpu.w[5]);
}

static void test_exclusives(void)
{
    for (unsigned type = IR_I32; type <= IR_V128; type++) {
        const unsigned low = type == IR_V128 ? 4 : 0, high = type == IR_I32 ? 2 : type + 1;
        for (unsigned size = low; size <= high; size++) {
            for (unsigned twist = 0; twist < TWISTS; twist++) {
                for (unsigned order = 0; order < 2; order++) {
                    const unsigned mem = size | (order ? IR_MEM_BSWAP : IR_MEM_ACQUIRE);
                    if (type == IR_V128 && twist == OTHER_SIZE)
                        continue; /* the value of the other type's store would need another type */
                    void *code = compile_pair((enum ir_type)type, mem, (enum twist)twist);
                    for (unsigned k = 0; k < 20; k++)
                        run_pair((enum ir_type)type, mem, (enum twist)twist, code);
                    test_release(code);
                }
            }
        }
    }
    test_row("load_excl, store_excl, clear_excl");
}

/* --- between threads ------------------------------------------------------------------------------ */

enum { THREADS = 4, ADDITIONS = 20000 };
static uint64_t *counter; /* in test_arena */

struct adder {
    const struct ir *ir;
    void *code;
};

static void *add_many(void *arg)
{
    const struct adder *adder = arg;
    struct test_cpu *cpu = aligned_alloc(16, (sizeof *cpu + 15) & ~(size_t)15);

    memset(cpu, 0, sizeof *cpu);
    cpu->tcg.excl_addr = UINT64_MAX;
    const uint64_t at = (uint64_t)(uintptr_t)counter - test_base;
    if (test_narrow())
        cpu->w[0] = (uint32_t)at;
    else
        cpu->l[0] = at;
    for (unsigned k = 0; k < ADDITIONS; k++) {
        do {
            cpu->w[5] = 0;
            test_run(cpu, adder->code);
        } while (cpu->w[5]); /* a store that failed is tried again */
    }
    test_thread_end();
    free(cpu);
    return NULL;
}

/* counter += 1 by a region; all additions of all threads must arrive. */
static void count_in_threads(const char *name)
{
    struct adder adder = {&ir, NULL};
    pthread_t thread[THREADS];

    ir_goto_pc(&ir, 4);
    ir_verify(&ir, "the test");
    adder.code = test_compile(&ir);
    counter[0] = counter[1] = 0;
    for (unsigned k = 0; k < THREADS; k++)
        pthread_create(&thread[k], NULL, add_many, &adder);
    for (unsigned k = 0; k < THREADS; k++)
        pthread_join(thread[k], NULL);
    test_release(adder.code);
    if (test_case_wrong(counter[0] == THREADS * ADDITIONS))
        printf("%" PRIu64 " of %u arrived\n", counter[0], THREADS * ADDITIONS);
    test_row(name);
}

static ir_ref begin(void)
{
    ir_reset(&ir);
    ir_insn(&ir, 0, 0);
    return ir_get(&ir, address_slot(0));
}

static void test_threads(void)
{
    ir_ref base = begin();
    ir_rmw(&ir, IR_I64, 3, IR_RMW_ADD, base, ir_const(&ir, IR_I64, 1));
    count_in_threads("rmw in threads");

    base = begin();
    const ir_ref old = ir_load_excl(&ir, IR_I64, 3 | IR_MEM_ACQUIRE, base);
    const ir_ref sum = ir_add(&ir, IR_I64, old, ir_const(&ir, IR_I64, 1));
    ir_put(&ir, SLOT_W + 5, ir_store_excl(&ir, 3 | IR_MEM_RELEASE, base, sum));
    count_in_threads("exclusives in threads");

    base = begin();
    const ir_ref wide = ir_load_excl(&ir, IR_V128, 4 | IR_MEM_ACQUIRE, base);
    const ir_ref next = ir_vadd(&ir, IR_LANE_D, wide, ir_vconst(&ir, 1, 1));
    ir_put(&ir, SLOT_W + 5, ir_store_excl(&ir, 4 | IR_MEM_RELEASE, base, next));
    count_in_threads("16-byte exclusives in threads");

    /* cas16 of what a 16-byte atomic load saw: a torn load could only fail, never succeed. */
    base = begin();
    const ir_ref seen = ir_load(&ir, IR_V128, 4 | IR_MEM_ATOMIC, base, 0);
    const ir_ref more = ir_vadd(&ir, IR_LANE_D, seen, ir_vconst(&ir, 1, 1));
    const ir_ref found = ir_cas(&ir, IR_V128, 4, base, seen, more);
    const ir_ref differ = ir_vtoi(&ir, IR_I64, IR_LANE_D, ir_vxor(&ir, 3, seen, found), 0);
    const ir_ref zero = ir_const(&ir, IR_I64, 0);
    ir_put(&ir, SLOT_W + 5, ir_cc(&ir, IR_I32, IR_NE, ir_flags_sub(&ir, IR_I64, differ, zero)));
    count_in_threads("16-byte cas in threads");
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    struct guest guest = test_guest;
    guest.address_bits = test_narrow() ? 32 : 64;
    ir_init(&ir, &guest);
    memory = test_arena + TEST_ARENA - 2 * BUFFER;
    counter = (uint64_t *)test_arena;
    test_plain();
    test_alignment();
    test_atomics(IR_rmw, run_rmw, IR_RMW_SWP);
    test_atomics(IR_cas, run_cas, 0);
    test_exclusives();
    test_threads();
    ir_free(&ir);
    return test_end();
}
