/* SPDX-License-Identifier: MIT */
/*
 * Random programs of a guest of this test's own, whose memory is not accessible at first: at every
 * fault, in emitted code and in helpers, and whenever a helper raises, the whole state must be what
 * the interpreter of single instructions has there.  Helpers look at the state, change it, and
 * access memory, each kind with the flags (TCG_H_*) that say so.
 *
 *   faults [PROGRAMS [SEED]]
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tcg/tcg.h"
#include "tests/tier.h"

enum { N_L = 14, N_V = 10, N_PAGES = 8, PAGE = 4096, N_INSNS = 60, MAX_STOPS = 400 };
enum { EXC_HALT = TCG_EXC_GUEST, EXC_RAISED };

/* --- the guest -------------------------------------------------------------------------------- */

struct cpu {
    struct tcg_cpu tcg;
    uint64_t l[N_L];
    uint64_t base; /* of memory */
    uint32_t flags, pad[3];
    tcg_v128 v[N_V];
};
enum { SLOT_L, SLOT_BASE = SLOT_L + N_L, SLOT_FLAGS, SLOT_V, N_SLOTS = SLOT_V + N_V };

enum op {
    OP_ADD, OP_SUB, OP_XOR, OP_MOV, OP_ADD_W, OP_MOV_W, OP_CONST, OP_MUL, OP_CMP, OP_CMP_W, OP_SUBS,
    OP_SEL, OP_CC, OP_VADD, OP_VXOR, OP_VMOV, OP_VSCALAR, OP_VFADD, OP_VFDIV, OP_VCONST, OP_VTOI,
    OP_SKIP, OP_LOAD, OP_STORE, OP_VLOAD, OP_VSTORE, OP_ATOMIC, OP_H_PURE, OP_H_VPURE, OP_H_SUM,
    OP_H_WRITE, OP_H_LOAD, OP_H_STORE, OP_H_VLOAD, OP_H_LOAD_SUM, OP_H_LOAD_WRITE, OP_H_RAISE,
    N_OPS, OP_HALT = N_OPS
};

enum { H_PURE, H_VPURE, H_SUM, H_WRITE, H_LOAD, H_STORE, H_VLOAD, H_LOAD_SUM, H_LOAD_WRITE, H_RAISE,
       N_HELPERS };

static uint64_t sum(const struct cpu *c)
{
    uint64_t s = c->flags;
    for (unsigned k = 0; k < N_L; k++)
        s = s * 31 + c->l[k];
    for (unsigned k = 0; k < N_V; k++)
        s = s * 37 + c->v[k].d[0] * 3 + c->v[k].d[1];
    return s;
}

typedef uint64_t __attribute__((aligned(1))) unaligned;

#define HELPER(name)                                                                               \
    static uint64_t name(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
HELPER(h_pure) { return (void)cpu, a * 3 + b * 5 + c * 7 + d; }
HELPER(h_sum) { return (void)b, (void)c, (void)d, sum((struct cpu *)cpu) + a; }
HELPER(h_write)
{
    struct cpu *self = (struct cpu *)cpu;
    uint64_t s = sum(self);
    (void)c, (void)d;
    self->l[a % N_L] = s;
    self->v[b % N_V].d[1] ^= s;
    self->flags ^= TCG_FLAG_C | TCG_FLAG_N;
    return s;
}
HELPER(h_load) { return (void)cpu, (void)c, (void)d, *(volatile unaligned *)(uintptr_t)a + b; }
HELPER(h_store)
{
    (void)cpu, (void)c, (void)d;
    *(volatile unaligned *)(uintptr_t)a = b;
    return 0;
}
HELPER(h_load_sum) { return h_load(cpu, a, b, 0, 0) ^ h_sum(cpu, b, 0, c, d); }
HELPER(h_load_write) { return h_load(cpu, a, b, 0, 0) ^ h_write(cpu, b, c, 0, d); }
HELPER(h_raise)
{
    (void)b, (void)c, (void)d;
    if (a & 1)
        tcg_raise(cpu, EXC_RAISED, (int64_t)a);
    return a + 1;
}
static void h_vpure(struct tcg_cpu *cpu, tcg_v128 *d, const tcg_v128 *a, const tcg_v128 *b,
                    const tcg_v128 *c, uint64_t imm)
{
    (void)cpu;
    for (unsigned k = 0; k < 2; k++)
        d->d[k] = a->d[k] + 3 * b->d[k] + 5 * c->d[k] + imm;
}
static void h_vload(struct tcg_cpu *cpu, tcg_v128 *d, const tcg_v128 *a, const tcg_v128 *b,
                    const tcg_v128 *c, uint64_t imm)
{
    (void)b, (void)c;
    const volatile unaligned *from = (const void *)(uintptr_t)(((struct cpu *)cpu)->base + imm);
    for (unsigned k = 0; k < 2; k++)
        d->d[k] = a->d[k] ^ from[k];
}

static const struct tcg_helper helpers[N_HELPERS] = {
    [H_PURE] = {"pure", (void *)h_pure, 0, IR_I64, 4},
    [H_VPURE] = {"vpure", (void *)h_vpure, TCG_H_VECTOR, IR_V128, 3},
    [H_SUM] = {"sum", (void *)h_sum, TCG_H_READS, IR_I64, 1},
    [H_WRITE] = {"write", (void *)h_write, TCG_H_READS | TCG_H_WRITES, IR_I64, 2},
    [H_LOAD] = {"load", (void *)h_load, TCG_H_FAULTS, IR_I64, 2},
    [H_STORE] = {"store", (void *)h_store, TCG_H_FAULTS, IR_NONE, 2},
    [H_VLOAD] = {"vload", (void *)h_vload, TCG_H_FAULTS | TCG_H_VECTOR, IR_V128, 1},
    [H_LOAD_SUM] = {"load_sum", (void *)h_load_sum, TCG_H_FAULTS | TCG_H_READS, IR_I64, 2},
    [H_LOAD_WRITE] = {"load_write", (void *)h_load_write,
                      TCG_H_FAULTS | TCG_H_READS | TCG_H_WRITES, IR_I64, 3},
    [H_RAISE] = {"raise", (void *)h_raise, TCG_H_FAULTS, IR_I64, 1},
};

/* op in bits 31..24, then a, b, c; each names a register of whatever kind. */
static struct ir *ir;
static ir_ref get_l(unsigned r) { return ir_get(ir, SLOT_L + r % N_L); }
static void put_l(unsigned r, ir_ref v) { ir_put(ir, SLOT_L + r % N_L, v); }
static ir_ref get_w(unsigned r) { return ir_trunc(ir, get_l(r)); }
static void put_w(unsigned r, ir_ref v) { put_l(r, ir_zext64(ir, v)); }
static ir_ref get_v(unsigned r) { return ir_get(ir, SLOT_V + r % N_V); }
static void put_v(unsigned r, ir_ref v) { ir_put(ir, SLOT_V + r % N_V, v); }
static ir_ref get_flags(void) { return ir_get(ir, SLOT_FLAGS); }
static void put_flags(ir_ref v) { ir_put(ir, SLOT_FLAGS, v); }
static ir_ref constant(int64_t v) { return ir_const(ir, IR_I64, v); }

/* Where access number c is: some across a page's beginning; aligned for atomics. */
static int64_t place(unsigned c, bool aligned)
{
    return (int64_t)(c % N_PAGES) * PAGE + 64 + (c >> 3 & 15) * 16 -
           (!aligned && c & 128 && c % N_PAGES ? 64 + (c >> 3 & 15) * 16 + 4 : 0);
}

static void lift_int(enum op op, unsigned a, unsigned b, unsigned c)
{
    const ir_ref x = get_l(b), y = get_l(c);
    switch (op) {
    case OP_ADD: put_l(a, ir_add(ir, IR_I64, x, y)); break;
    case OP_SUB: put_l(a, ir_sub(ir, IR_I64, x, y)); break;
    case OP_XOR: put_l(a, ir_xor(ir, IR_I64, x, y)); break;
    case OP_MUL: put_l(a, ir_mul(ir, IR_I64, x, y)); break;
    case OP_MOV: put_l(a, x); break;
    case OP_ADD_W: put_w(a, ir_add(ir, IR_I32, get_w(b), get_w(c))); break;
    case OP_MOV_W: put_w(a, get_w(b)); break;
    case OP_CONST: put_l(a, constant((int64_t)((uint64_t)b << (c & 31) * 2))); break;
    case OP_CMP: put_flags(ir_flags_sub(ir, IR_I64, x, y)); break;
    case OP_CMP_W: put_flags(ir_flags_add(ir, IR_I32, get_w(b), get_w(c))); break;
    case OP_SUBS:
        put_l(a, ir_sub(ir, IR_I64, x, y));
        put_flags(ir_flags_sub(ir, IR_I64, x, y));
        break;
    case OP_SEL: put_l(a, ir_sel(ir, IR_I64, c % 14, get_flags(), x, y)); break;
    default: put_w(a, ir_cc(ir, IR_I32, c % 14, get_flags())); break;
    }
}

static void lift_vec(enum op op, unsigned a, unsigned b, unsigned c)
{
    const uint8_t one = IR_LANE(IR_LANE_D, IR_LANES_1), all = IR_LANE(IR_LANE_D, IR_LANES_128);
    const ir_ref x = get_v(b), y = get_v(c);
    switch (op) {
    case OP_VADD: put_v(a, ir_vadd(ir, IR_LANE_S, x, y)); break;
    case OP_VXOR: put_v(a, ir_vxor(ir, IR_LANE_B, x, y)); break;
    case OP_VMOV: put_v(a, x); break;
    case OP_VSCALAR: put_v(a, ir_vzext(ir, IR_LANE_S, ir_vadd(ir, IR_LANE_S, x, y))); break;
    case OP_VFADD: put_v(a, ir_vzext(ir, IR_LANE_D, ir_vfadd(ir, one, x, y))); break;
    case OP_VFDIV: put_v(a, ir_vfdiv(ir, all, x, y)); break;
    case OP_VCONST: put_v(a, ir_vconst(ir, b * 0x0101010101010101u, c)); break;
    default: put_l(a, ir_vtoi(ir, IR_I64, IR_LANE_D, x, c & 1)); break;
    }
}

static void lift_mem(enum op op, unsigned a, unsigned b, unsigned c)
{
    const ir_ref base = ir_get(ir, SLOT_BASE);
    const int64_t at = place(c, op == OP_ATOMIC);
    switch (op) {
    case OP_LOAD: put_l(a, ir_load(ir, IR_I64, 3, base, at)); break;
    case OP_STORE: ir_store(ir, 3, base, at, get_l(b)); break;
    case OP_VLOAD: put_v(a, ir_load(ir, IR_V128, 4, base, at)); break;
    case OP_VSTORE: ir_store(ir, 4, base, at, get_v(b)); break;
    default:
        put_l(a, ir_rmw(ir, IR_I64, 3 | IR_MEM_ALIGN, b % 6,
                        ir_add(ir, IR_I64, base, constant(at)), get_l(a + 1)));
    }
}

static void lift_helper(enum op op, unsigned a, unsigned b, unsigned c)
{
    const ir_ref at = ir_add(ir, IR_I64, ir_get(ir, SLOT_BASE), constant(place(c, false)));
    switch (op) {
    case OP_H_PURE: put_l(a, ir_call(ir, H_PURE, get_l(b), get_l(c), get_l(a), get_l(b + 1))); break;
    case OP_H_VPURE: put_v(a, ir_vcall(ir, H_VPURE, get_v(b), get_v(c), get_v(a), b)); break;
    case OP_H_SUM: put_l(a, ir_call(ir, H_SUM, get_l(b), 0, 0, 0)); break;
    case OP_H_WRITE: put_l(a, ir_call(ir, H_WRITE, constant(b), constant(c), 0, 0)); break;
    case OP_H_LOAD: put_l(a, ir_call(ir, H_LOAD, at, get_l(b), 0, 0)); break;
    case OP_H_STORE: ir_call(ir, H_STORE, at, get_l(b), 0, 0); break;
    case OP_H_VLOAD: put_v(a, ir_vcall(ir, H_VLOAD, get_v(b), 0, 0, place(c, false))); break;
    case OP_H_LOAD_SUM: put_l(a, ir_call(ir, H_LOAD_SUM, at, get_l(b), 0, 0)); break;
    case OP_H_LOAD_WRITE: put_l(a, ir_call(ir, H_LOAD_WRITE, at, constant(b), constant(c), 0)); break;
    default: put_l(a, ir_call(ir, H_RAISE, get_l(b), 0, 0, 0)); break;
    }
}

static void lift(struct tcg_lift *l)
{
    uint32_t word;
    ir = l->ir;
    if (!tcg_lift_fetch(l, l->pc, &word, sizeof word))
        return;
    const enum op op = word >> 24;
    const unsigned a = word >> 16 & 255, b = word >> 8 & 255, c = word & 255;
    if (op <= OP_CC)
        lift_int(op, a, b, c);
    else if (op <= OP_VTOI)
        lift_vec(op, a, b, c);
    else if (op == OP_SKIP)
        tcg_lift_branch(l, a % 14, get_flags(), l->pc + 4 + 4 * (b % 3));
    else if (op <= OP_ATOMIC)
        lift_mem(op, a, b, c);
    else if (op < N_OPS)
        lift_helper(op, a, b, c);
    else
        tcg_lift_raise(l, EXC_HALT, 0, l->pc);
}

static void reset(struct tcg_cpu *cpu) { (void)cpu; }
static uint64_t clean_address(uint64_t address) { return address; }
static void dump(const struct tcg_cpu *cpu, FILE *out)
{
    fprintf(out, "pc %" PRIx64 "\n", cpu->pc);
}

#define L(n) [SLOT_L + n] = {"l" #n, offsetof(struct cpu, l) + 8 * n, IR_I64, 0, 0}
#define V(n) [SLOT_V + n] = {"v" #n, offsetof(struct cpu, v) + 16 * n, IR_V128, 0, 0}
static const struct tcg_slot slots[N_SLOTS] = {
    L(0), L(1), L(2), L(3), L(4), L(5), L(6), L(7), L(8), L(9), L(10), L(11), L(12), L(13),
    [SLOT_BASE] = {"base", offsetof(struct cpu, base), IR_I64, 0, 0},
    [SLOT_FLAGS] = {"flags", offsetof(struct cpu, flags), IR_FLAGS, 0, 0},
    V(0), V(1), V(2), V(3), V(4), V(5), V(6), V(7), V(8), V(9),
};

static const struct guest guest = {
    .name = "faults", .slots = slots, .n_slots = N_SLOTS, .helpers = helpers,
    .n_helpers = N_HELPERS, .cpu_size = sizeof(struct cpu), .insn_align = 4, .max_insn_bytes = 4,
    .capstone_arch = -1, .lift = lift, .clean_address = clean_address, .reset = reset, .dump = dump,
};

/* --- running one program ------------------------------------------------------------------------- */

static uint64_t state = 88172645463325252u;
static uint64_t random64(void)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

struct stop {
    unsigned exc;
    uint64_t pc, address, fp_flags, l[N_L];
    uint32_t flags;
    tcg_v128 v[N_V];
};
struct trace {
    unsigned n;
    struct stop stop[MAX_STOPS];
    uint64_t memory;
};

static uint32_t *program; /* N_INSNS of them */
static uint8_t *memory, contents[N_PAGES * PAGE];
static struct cpu start;
static struct tcg_cpu *current;

static void new_program(void)
{
    for (unsigned k = 0; k < N_INSNS - 4; k++)
        program[k] = (uint32_t)(random64() % N_OPS << 24 | random64() % (1 << 24));
    for (unsigned k = N_INSNS - 4; k < N_INSNS; k++)
        program[k] = (uint32_t)OP_HALT << 24;
    for (unsigned k = 0; k < sizeof contents / 8; k++)
        ((uint64_t *)(void *)contents)[k] = random64();
    for (unsigned k = 0; k < N_L; k++)
        start.l[k] = random64() >> random64() % 64;
    for (unsigned k = 0; k < N_V; k++)
        for (unsigned half = 0; half < 2; half++)
            start.v[k].d[half] = random64() & 1 ? 0x3ff0000000000000 + (random64() >> 20) : random64();
    start.flags = random64() & (TCG_FLAG_N | TCG_FLAG_Z | TCG_FLAG_C | TCG_FLAG_V);
}

static const uint8_t *code(void *opaque, uint64_t address, uint64_t *avail, int *sig, int *why)
{
    (void)opaque, (void)sig, (void)why;
    *avail = PAGE - (address & (PAGE - 1));
    return (const uint8_t *)(uintptr_t)address;
}

static void on_fault(int sig, siginfo_t *info, void *ucontext)
{
    if (!tcg_host_fault(current, sig, info, ucontext)) {
        static const char text[] = "a fault that is not the guest's\n";
        if (write(2, text, sizeof text - 1))
            _exit(1);
        _exit(1);
    }
}

static void note(struct trace *t, const struct cpu *c, unsigned exc)
{
    struct stop *s = &t->stop[t->n++];
    memset(s, 0, sizeof *s);
    s->exc = exc;
    s->pc = c->tcg.pc - (uintptr_t)program;
    s->address = exc == TCG_EXC_MEM ? c->tcg.fault_addr - (uintptr_t)memory : 0;
    s->fp_flags = c->tcg.fp.flags;
    s->flags = c->flags;
    memcpy(s->l, c->l, sizeof s->l);
    memcpy(s->v, c->v, sizeof s->v);
}

static void run_program(struct tcg *tcg, struct trace *t)
{
    struct cpu *c = (struct cpu *)tcg_cpu_new(tcg);
    unsigned exc;
    mprotect(memory, N_PAGES * PAGE, PROT_READ | PROT_WRITE);
    memcpy(memory, contents, sizeof contents);
    mprotect(memory, N_PAGES * PAGE, PROT_NONE);
    memcpy(c->l, start.l, sizeof *c - offsetof(struct cpu, l));
    c->base = (uintptr_t)memory;
    c->tcg.pc = (uintptr_t)program;
    t->n = 0;
    current = &c->tcg;
    do {
        exc = tcg_run(&c->tcg);
        if (exc == TCG_EXC_INTERRUPT)
            continue;
        note(t, c, exc);
        if (exc == TCG_EXC_MEM)
            mprotect((void *)((uintptr_t)c->tcg.fault_addr & -(uintptr_t)PAGE), PAGE,
                     PROT_READ | PROT_WRITE);
        else
            c->tcg.pc += 4;
    } while (exc != EXC_HALT && t->n < MAX_STOPS);
    mprotect(memory, N_PAGES * PAGE, PROT_READ | PROT_WRITE);
    t->memory = 0;
    for (unsigned k = 0; k < N_PAGES * PAGE / 8; k++)
        t->memory = t->memory * 31 + ((uint64_t *)(void *)memory)[k];
    tcg_cpu_free(&c->tcg);
    tcg_invalidate(tcg, (uintptr_t)program, N_INSNS * 4);
}

/* --- comparing ------------------------------------------------------------------------------------- */

static bool same(const struct trace *a, const struct trace *b, const char *how, unsigned number)
{
    for (unsigned k = 0; k < a->n && k < b->n; k++) {
        const struct stop *x = &a->stop[k], *y = &b->stop[k];
        if (!memcmp(x, y, sizeof *x))
            continue;
        printf("not ok: program %u, %s, stop %u: exception %u at +%#" PRIx64 " (%#" PRIx64
               "), should be %u at +%#" PRIx64 " (%#" PRIx64 ")\n",
               number, how, k, y->exc, y->pc, y->address, x->exc, x->pc, x->address);
        for (unsigned n = 0; n < N_L; n++)
            if (x->l[n] != y->l[n])
                printf("  l%u is %#" PRIx64 ", should be %#" PRIx64 "\n", n, y->l[n], x->l[n]);
        for (unsigned n = 0; n < N_V; n++)
            if (memcmp(&x->v[n], &y->v[n], 16))
                printf("  v%u is %#" PRIx64 " %#" PRIx64 ", should be %#" PRIx64 " %#" PRIx64 "\n",
                       n, y->v[n].d[0], y->v[n].d[1], x->v[n].d[0], x->v[n].d[1]);
        if (x->flags != y->flags || x->fp_flags != y->fp_flags)
            printf("  flags %#x, FP %#" PRIx64 ", should be %#x, %#" PRIx64 "\n", y->flags,
                   y->fp_flags, x->flags, x->fp_flags);
        return false;
    }
    if (a->n != b->n || a->memory != b->memory) {
        printf("not ok: program %u, %s: %u stops, memory %#" PRIx64 "; should be %u, %#" PRIx64 "\n",
               number, how, b->n, b->memory, a->n, a->memory);
        return false;
    }
    return true;
}

enum { N_WAYS = 7 };
static const struct way {
    const char *name;
    struct tcg_options options;
} ways[N_WAYS] = {
    {"interpreter, single instructions", {.accel = TCG_ACCEL_INTERP, .one_insn = true}},
    {"interpreter", {.accel = TCG_ACCEL_INTERP, .verify = true}},
    {"emitted code", {.verify = true}},
    {"single instructions", {.one_insn = true}},
    {"no passes", {.disabled_passes = ~0u}},
    {"registers shuffled", {.ra_seed = 12345}},
    {"registers shuffled, small cache", {.ra_seed = 777, .cache_bytes = 1 << 19}},
};

int main(int argc, char **argv)
{
    static struct trace traces[N_WAYS];
    const struct tcg_mem_ops mem = {.code = code, .address_bits = 64};
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 2000, passed = 0, failed = 0, stops = 0;
    struct tcg *tcg[N_WAYS];

    if (argc > 2)
        state ^= strtoull(argv[2], NULL, 0) << 1;
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    sigaction(SIGFPE, &sa, NULL);
    program = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory = mmap(NULL, N_PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (program == MAP_FAILED || memory == MAP_FAILED)
        return 99;
    for (unsigned w = 0; w < N_WAYS; w++) {
        struct tcg_options options = ways[w].options;
        options.tier = test_tier();
        tcg[w] = tcg_new(&guest, &mem, &options);
        if (!tcg[w])
            return 99;
    }
    for (unsigned k = 0; k < n && failed < 10; k++) {
        bool good = true;
        new_program();
        for (unsigned w = 0; w < N_WAYS; w++) {
            run_program(tcg[w], &traces[w]);
            good &= !w || same(&traces[0], &traces[w], ways[w].name, k);
        }
        stops += traces[0].n;
        passed += good;
        failed += !good;
    }
    for (unsigned w = 0; w < N_WAYS; w++)
        tcg_free(tcg[w]);
    printf("%u stops in each way\n%u passed, %u failed, 0 skipped\n", stops, passed, failed);
    return failed != 0;
}
