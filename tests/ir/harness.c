/* SPDX-License-Identifier: MIT */
/* See harness.h. */
#define _GNU_SOURCE
#include "tests/ir/harness.h"

#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "tests/fp/operands.h"
#include "tests/ir/engines.h"

/* --- the guest ------------------------------------------------------------------------------ */

#define L(k)                                                  \
    {                                                         \
        "l" #k, offsetof(struct test_cpu, l[k]), IR_I64, 0, 0 \
    }
#define W(k)                                                  \
    {                                                         \
        "w" #k, offsetof(struct test_cpu, w[k]), IR_I32, 0, 0 \
    }
#define V(k)                                                   \
    {                                                          \
        "v" #k, offsetof(struct test_cpu, v[k]), IR_V128, 0, 0 \
    }
#define F(k)                                                    \
    {                                                           \
        "f" #k, offsetof(struct test_cpu, f[k]), IR_FLAGS, 0, 0 \
    }
/* Slot k of those of `bytes` bytes in g. */
#define G(k, bytes)                                                                \
    {                                                                              \
        "g" #bytes "_" #k, offsetof(struct test_cpu, g) + (k) * (bytes), IR_V128, \
            (bytes) % 16, (k) * (bytes) / 16 + 1                                   \
    }
static const struct tcg_slot slots[TEST_SLOTS] = {
    L(0), L(1), L(2), L(3), L(4), L(5), L(6), L(7), W(0), W(1), W(2), W(3), W(4), W(5),
    W(6), W(7), V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7), F(0), F(1), F(2), F(3),
    G(0, 16), G(1, 16), G(2, 16), G(3, 16),
    G(0, 8), G(1, 8), G(2, 8), G(3, 8), G(4, 8), G(5, 8), G(6, 8), G(7, 8),
    G(0, 4), G(1, 4), G(2, 4), G(3, 4), G(4, 4), G(5, 4), G(6, 4), G(7, 4),
    G(8, 4), G(9, 4), G(10, 4), G(11, 4), G(12, 4), G(13, 4), G(14, 4), G(15, 4),
};

static uint64_t mix(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)cpu;
    return a + 3 * b + 5 * c + 7 * d;
}

static uint64_t count_up(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    (void)b, (void)c, (void)d;
    ((struct test_cpu *)cpu)->l[7] += a;
    return 0;
}

static void vmix(struct tcg_cpu *cpu, tcg_v128 *d, const tcg_v128 *a, const tcg_v128 *b,
                 const tcg_v128 *c, uint64_t imm)
{
    (void)cpu;
    for (unsigned i = 0; i < 2; i++)
        d->d[i] = a->d[i] + 3 * b->d[i] + 5 * c->d[i] + imm;
}

static const struct tcg_helper helpers[TEST_HELPERS] = {
    [HELPER_MIX] = {"mix", (void *)mix, 0, IR_I64, 4},
    [HELPER_MIX_W] = {"mix_w", (void *)mix, 0, IR_I32, 4},
    [HELPER_COUNT_UP] = {"count_up", (void *)count_up, TCG_H_READS | TCG_H_WRITES, IR_NONE, 1},
    [HELPER_VMIX] = {"vmix", (void *)vmix, TCG_H_VECTOR, IR_V128, 3},
};

const struct guest test_guest = {
    .name = "slots",
    .slots = slots,
    .n_slots = TEST_SLOTS,
    .n_groups = TEST_G,
    .helpers = helpers,
    .n_helpers = TEST_HELPERS,
    .cpu_size = sizeof(struct test_cpu),
    .insn_align = 4,
    .max_insn_bytes = 4,
};

unsigned test_slot(enum ir_type t)
{
    return t == IR_I32 ? SLOT_W : t == IR_I64 ? SLOT_L : t == IR_V128 ? SLOT_V : SLOT_F;
}

static size_t type_bytes(enum ir_type t)
{
    return t == IR_V128 ? 16 : t == IR_I64 ? 8 : 4;
}

union ir_val test_read_slot(const struct test_cpu *cpu, enum ir_type t, unsigned k)
{
    union ir_val v;

    memset(&v, 0, sizeof v);
    memcpy(&v, (const char *)cpu + slots[test_slot(t) + k].offset, type_bytes(t));
    return v;
}

void test_write_slot(struct test_cpu *cpu, enum ir_type t, unsigned k, const union ir_val *v)
{
    memcpy((char *)cpu + slots[test_slot(t) + k].offset, v, type_bytes(t));
}

void test_cpu_reset(struct test_cpu *cpu)
{
    static const enum ir_type types[] = {IR_I32, IR_I64, IR_V128, IR_FLAGS};
    static const unsigned counts[] = {TEST_W, TEST_L, TEST_V, TEST_F};

    memset(cpu, 0, sizeof *cpu);
    for (unsigned t = 0; t < 4; t++) {
        for (unsigned k = 0; k < counts[t]; k++) {
            const union ir_val v = test_value(types[t], 3, false);
            test_write_slot(cpu, types[t], k, &v);
        }
    }
    for (unsigned k = 0; k < TEST_G; k++)
        cpu->g[k] = test_value(IR_V128, 2, false).v;
    cpu->tcg.excl_addr = UINT64_MAX;
    cpu->tcg.fp_std = (struct fp_env){.fz = true, .dn = true};
}

/* --- engines -------------------------------------------------------------------------------- */

enum { INTERP_VALS = 1024 };
static _Thread_local sigjmp_buf interp_recover;

static bool interp_open(const struct engine *engine)
{
    (void)engine;
    return true;
}

static void nothing(void) {}

static void *interp_compile(struct ir *ir)
{
    return ir;
}

static enum ir_left interp_run(struct test_cpu *cpu, void *code)
{
    static _Thread_local union ir_val vals[INTERP_VALS];
    const struct ir *ir = code;

    if (ir_interp_vals(ir) > INTERP_VALS)
        abort();
    if (sigsetjmp(interp_recover, 0)) {
        cpu->tcg.exc = TCG_EXC_MEM;
        return IR_LEFT_EXC;
    }
    memset(vals, 0xa5, ir_interp_vals(ir) * sizeof *vals);
    const enum ir_left left = ir_interp(&cpu->tcg, ir, vals);
    return left == IR_LEFT_EXIT ? IR_LEFT_GOTO : left;
}

static void interp_release(void *code)
{
    (void)code;
}

static bool interp_fault(int sig, siginfo_t *info, void *ucontext)
{
    (void)sig, (void)info, (void)ucontext;
    siglongjmp(interp_recover, 1);
}

#define TRANSLATOR                                                                             \
    .open = engine_tcg_open, .close = engine_tcg_close, .compile = engine_tcg_compile,         \
    .run = engine_tcg_run, .release = engine_tcg_release, .thread_end = engine_tcg_thread_end, \
    .fault = engine_tcg_fault
static const struct engine engines[] = {
    {.name = "interp",
     .open = interp_open,
     .close = nothing,
     .compile = interp_compile,
     .run = interp_run,
     .release = interp_release,
     .thread_end = nothing,
     .fault = interp_fault,
     .any_base = true},
    {.name = "opt-interp", TRANSLATOR, .interpreted = true},
    {.name = "jit", TRANSLATOR},
    {.name = "jit-plain", TRANSLATOR, .disabled_passes = ~0u},
    {.name = "jit-shuffled", TRANSLATOR, .shuffled = true},
    {.name = "opt-interp-32", TRANSLATOR, .interpreted = true, .address_bits = 32},
    {.name = "jit-32", TRANSLATOR, .address_bits = 32},
    {.name = "jit-32-base", TRANSLATOR, .address_bits = 32, .based = true},
};
const struct engine *test_engine = &engines[0];
uint8_t *test_arena;
uint64_t test_base;

/* Near the end of what 32 bits reach, if it may be anywhere. */
static void make_arena(void)
{
    const bool low = test_narrow() && !test_engine->based;
    void *at = mmap(NULL, TEST_ARENA, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | (low ? MAP_32BIT : 0), -1, 0);
    if (at == MAP_FAILED)
        abort();
    test_arena = at;
    test_base = test_engine->based ? (uint64_t)(uintptr_t)at - 0xffff0000 : 0;
}

bool test_narrow(void)
{
    return test_engine->address_bits == 32;
}

void *test_compile(struct ir *ir)
{
    return test_engine->compile(ir);
}
enum ir_left test_run(struct test_cpu *cpu, void *code)
{
    return test_engine->run(cpu, code);
}
void test_release(void *code)
{
    test_engine->release(code);
}
void test_thread_end(void)
{
    test_engine->thread_end();
}
bool test_any_base(void)
{
    return test_engine->any_base;
}

static void on_fault(int sig, siginfo_t *info, void *ucontext)
{
    if (!test_engine->fault(sig, info, ucontext))
        signal(sig, SIG_DFL); /* ours: again, and for good */
}

static void open_engine(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};

    make_arena();
    if (!test_engine->open(test_engine)) {
        printf("this machine cannot run %s\n0 passed, 0 failed, 1 skipped\n", test_engine->name);
        exit(77);
    }
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGFPE, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
}

/* --- operands ------------------------------------------------------------------------------- */

static uint64_t random_state;

uint64_t test_random(void)
{
    return operand_random(&random_state);
}

uint64_t test_integer(unsigned bits)
{
    const uint64_t ones = ~(uint64_t)0 >> (64 - bits), top = (uint64_t)1 << (bits - 1);
    const uint64_t boundaries[] = {0, 1, 2, top - 1, top, top + 1, ones - 1, ones};
    const uint64_t r = test_random();

    switch (test_random() % 4) {
    case 0: return r & ones;
    case 1: return boundaries[r % 8];
    case 2: return (uint64_t)((int64_t)(r % 260) - 130) & ones;
    default: break;
    }
    const unsigned from = r % bits, length = (r >> 32) % bits + 1;
    return (~(uint64_t)0 >> (64 - length) << from ^ (r >> 63 ? ones : 0)) & ones;
}

static uint32_t random_flags(void)
{
    const uint64_t r = test_random();

    return (r & 1 ? TCG_FLAG_N : 0) | (r & 2 ? TCG_FLAG_Z : 0) | (r & 4 ? TCG_FLAG_C : 0) |
           (r & 8 ? TCG_FLAG_V : 0);
}

/* One in eight is an integral number of up to 32 bits, where the format has such. */
static uint64_t any_fp(unsigned log2)
{
    const double d = (double)(int32_t)test_integer(32);
    const float f = (float)d;
    uint32_t f_bits;
    uint64_t d_bits;

    if (log2 == IR_LANE_H || test_random() % 8)
        return operand_any(8u << log2, &random_state);
    memcpy(&f_bits, &f, 4);
    memcpy(&d_bits, &d, 8);
    return log2 == IR_LANE_S ? f_bits : d_bits;
}

union ir_val test_value(enum ir_type t, unsigned log2, bool fp)
{
    union ir_val v;

    memset(&v, 0, sizeof v);
    switch (t) {
    case IR_I32: v.l = test_integer(32); break;
    case IR_I64: v.l = test_integer(64); break;
    case IR_FLAGS: v.l = random_flags(); break;
    default:
        for (unsigned i = 0; i < 16u >> log2; i++) {
            const uint64_t x = fp ? any_fp(log2) : test_integer(8u << log2);
            memcpy(v.v.b + (i << log2), &x, 1u << log2);
        }
        break;
    }
    return v;
}

/* --- counting ------------------------------------------------------------------------------- */

enum { SHOWN = 3 };
static unsigned passed, failed, skipped;
static uint64_t cases, wrong, not_run;
static const char *only;

void test_start(int argc, char **argv)
{
    uint64_t seed = (uint64_t)time(NULL);

    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--seed"))
            seed = strtoull(argv[i + 1], NULL, 0);
        if (!strcmp(argv[i], "--only"))
            only = argv[i + 1];
        if (!strcmp(argv[i], "--engine")) {
            test_engine = NULL;
            for (unsigned k = 0; k < sizeof engines / sizeof *engines; k++)
                if (!strcmp(argv[i + 1], engines[k].name))
                    test_engine = &engines[k];
        }
    }
    if (!test_engine) {
        fprintf(stderr, "no such engine\n");
        exit(2);
    }
    random_state = seed;
    open_engine();
    printf("engine %s, --seed %" PRIu64 "\n", test_engine->name, seed);
}

bool test_wanted(const char *name)
{
    return !only || strstr(name, only);
}

bool test_case_wrong(bool right)
{
    cases++;
    wrong += !right;
    return !right && wrong <= SHOWN;
}

void test_case_skipped(void)
{
    not_run++;
}

void test_row(const char *name)
{
    if (wrong)
        printf("FAIL %s: %" PRIu64 " of %" PRIu64 " cases\n", name, wrong, cases);
    else if (!cases)
        printf("%s %s: no case\n", not_run ? "skip" : "FAIL", name);
    if (wrong || (!cases && !not_run))
        failed++;
    else if (!cases)
        skipped++;
    else
        passed++;
    cases = wrong = not_run = 0;
}

int test_end(void)
{
    test_engine->close();
    printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
    return failed || !passed;
}

void test_print_value(const char *name, enum ir_type t, const union ir_val *v)
{
    if (t == IR_V128)
        printf("  %s %016" PRIx64 "_%016" PRIx64, name, v->v.d[1], v->v.d[0]);
    else
        printf("  %s %" PRIx64, name, v->l);
}
