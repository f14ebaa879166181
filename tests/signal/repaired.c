/* SPDX-License-Identifier: MIT */
/*
 * Faults that a handler repairs, in the middle of code with as much under way as can be: it checks
 * every register, the flags, FPSR and the address, makes the page accessible or gives the access
 * another address, and returns; and all registers and the memory are checked again after it.  What
 * is tried is in repaired.def.  Two threads; REPAIRED_FAULTS (default 100000) in all.
 */
#define _GNU_SOURCE
#include "check.h"

#include <asm/sigcontext.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

union vec {
    __uint128_t q;
    uint64_t d[2];
    uint32_t s[4];
    uint16_t h[8];
    uint8_t b[16];
};

struct regs { /* as in repaired.S */
    uint64_t x[32]; /* x[31] is SP */
    union vec v[32];
    uint64_t nzcv, fpsr;
};

enum kind { LOAD, STORE, UPDATE, EXCLUSIVE };
enum repair { PROTECT, MOVE, N_REPAIRS };
enum place { WHOLE, ACROSS, TAGGED, NOWHERE, N_PLACES };

struct work {
    struct regs in;
    uint64_t host_sp, read_fpsr;
    uint8_t pad[1024 - sizeof(struct regs) - 16];
    struct regs out;
    /* What is expected. */
    struct regs e;
    const struct access *access;
    const struct state *state;
    uint64_t pc, address, moved_to;
    int code;
    enum repair repair;
    enum place place;
    /* The thread's own. */
    uint8_t *page, *good; /* three pages each; the middle one of `page` faults */
    uint64_t random;
    long faults, seen;
};
_Static_assert(__builtin_offsetof(struct work, out) == 1024, "repaired.S");

struct access {
    const char *name;
    enum kind kind;
    int base, disp, size, step;
    void (*before)(struct work *t, struct regs *r, uint8_t *m);
    void (*model)(struct work *t, struct regs *r, uint8_t *m);
};

struct state {
    const char *name;
    void (*before)(struct work *t, struct regs *r, uint8_t *m);
    void (*after)(struct work *t, struct regs *r, uint8_t *m);
};

/* ---- models ------------------------------------------------------------------------------------- */

typedef uint64_t __attribute__((aligned(1), may_alias)) u64;
typedef uint32_t __attribute__((aligned(1), may_alias)) u32;
typedef uint16_t __attribute__((aligned(1), may_alias)) u16;
typedef struct __attribute__((packed, may_alias)) { union vec v; } u128;

#define X(n) (r->x[n])
#define W(n) ((uint32_t)r->x[n])
#define V(n) (r->v[n])
#define D(n) (as_double(r->v[n].d[0]))
#define NZCV (r->nzcv)
#define FPSR (r->fpsr)
#define M8(k) (m[k])
#define M16(k) (*(u16 *)(m + (k)))
#define M32(k) (*(u32 *)(m + (k)))
#define M64(k) (*(u64 *)(m + (k)))
#define M128(k) (((u128 *)(m + (k)))->v)
#define LOW64(x) ((union vec){.d = {(x), 0}})
#define LOWD(x) LOW64(((union { double d; uint64_t u; }){.d = (x)}).u)
#define LOWF(x) LOW64(((union { float f; uint32_t u; }){.f = (x)}).u)

static double as_double(uint64_t u) { return ((union { uint64_t u; double d; }){.u = u}).d; }

/* a + b + carry, of 32 or 64 bits */
static uint64_t flags_add(uint64_t a, uint64_t b, unsigned carry, unsigned bits)
{
    uint64_t mask = bits == 64 ? ~0ull : 0xffffffff, sum = (a + b + carry) & mask;
    uint64_t n = sum >> (bits - 1) & 1, c = carry ? sum <= a : sum < a;
    uint64_t v = ((a ^ sum) & (b ^ sum)) >> (bits - 1) & 1;
    return n << 31 | (uint64_t)!sum << 30 | c << 29 | v << 28;
}

static uint64_t flags_sub(uint64_t a, uint64_t b, unsigned bits)
{
    return flags_add(a, ~b & (bits == 64 ? ~0ull : 0xffffffff), 1, bits);
}

static uint64_t flags_logic(uint64_t a, unsigned bits) { return (a >> (bits - 1) & 1) << 31 | (uint64_t)!a << 30; }

#define UNWRAP(...) __VA_ARGS__
#define PARAMETERS                                                                                 \
    __attribute__((unused)) struct work *t, __attribute__((unused)) struct regs *r,               \
        __attribute__((unused)) uint8_t *m
#define ACCESS(name, kind, base, disp, size, step, before, before_model, access, after, model)     \
    static void before_##name(PARAMETERS) { UNWRAP before_model }                                  \
    static void model_##name(PARAMETERS) { UNWRAP model }
#include "repaired.def"
#define STATE(name, before, before_model, after, after_model, ...)                                 \
    static void state_##name(PARAMETERS) { UNWRAP before_model }                                   \
    static void after_##name(PARAMETERS) { UNWRAP after_model }
STATES(STATE, , , )
#undef STATE
#undef STATES

static const struct access accesses[] = {
#define ACCESS(name, kind, base, disp, size, step, before, before_model, access, after, model)     \
    {#name, kind, base, disp, size, step, before_##name, model_##name},
#include "repaired.def"
};
#define STATE(name, ...) {#name, state_##name, after_##name},
static const struct state states[] = {STATES(STATE, , , )};

enum { N_ACCESSES = sizeof accesses / sizeof accesses[0], N_STATES = sizeof states / sizeof states[0] };

extern const struct row { void (*run)(struct work *); uint64_t pc; } repaired_table[N_ACCESSES * N_STATES];

/* ---- reports ------------------------------------------------------------------------------------ */

static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;
static long n_wrong;

static void wrong(const struct work *t, const char *what, int n, uint64_t is, uint64_t wanted)
{
    static const char *const places[] = {"whole", "across", "tagged", "nowhere"};
    pthread_mutex_lock(&report_lock);
    if (n_wrong++ < 40)
        printf("# %s, state %s, %s, %s: %s %d is %#llx, should be %#llx\n",
               t->access ? t->access->name : "walk", t->state ? t->state->name : "-",
               places[t->place], t->repair == MOVE ? "moved" : "mprotect", what, n,
               (unsigned long long)is, (unsigned long long)wanted);
    pthread_mutex_unlock(&report_lock);
}

static void same(const struct work *t, const char *what, int n, uint64_t is, uint64_t wanted)
{
    if (is != wanted)
        wrong(t, what, n, is, wanted);
}

static void same_vec(const struct work *t, const char *what, int n, const union vec *is,
                     const union vec *wanted)
{
    if (!memcmp(is, wanted, 16))
        return;
    wrong(t, what, n, is->d[0], wanted->d[0]);
    wrong(t, what, n, is->d[1], wanted->d[1]);
}

/* ---- the handler -------------------------------------------------------------------------------- */

static __thread struct work *self;

static void check_fp(struct work *t, const uint8_t *p)
{
    bool fp = false;
    for (const struct _aarch64_ctx *c = (const void *)p; c->magic; c = (const void *)p) {
        const struct fpsimd_context *f = (const void *)c;
        if (c->magic == FPSIMD_MAGIC) {
            fp = true;
            for (int n = 0; n < 32; n++)
                same_vec(t, "at the fault V", n, (const union vec *)&f->vregs[n], &t->e.v[n]);
            same(t, "at the fault FPSR", 0, f->fpsr, t->e.fpsr);
            same(t, "at the fault FPCR", 0, f->fpcr, 0);
        } else if (c->magic == ESR_MAGIC && t->access && t->access->kind != UPDATE) {
            same(t, "ESR.WnR", 0, ((const struct esr_context *)c)->esr >> 6 & 1,
                 t->access->kind != LOAD);
        }
        p += c->size;
    }
    if (!fp)
        wrong(t, "record", 0, 0, FPSIMD_MAGIC);
}

static void handler(int sig, siginfo_t *info, void *context)
{
    struct work *t = self;
    ucontext_t *uc = context;
    struct sigcontext *sc = (void *)&uc->uc_mcontext;
    t->seen++;
    if (t->seen > 1 || sc->pc != t->pc) {
        printf("# %s, state %s: a fault at pc %#llx\n", t->access->name, t->state->name, sc->pc);
        fflush(stdout);
        _exit(2);
    }
    same(t, "si_addr", 0, (uintptr_t)info->si_addr, t->address);
    same(t, "fault_address", 0, sc->fault_address, t->address);
    same(t, "si_code", 0, info->si_code, t->code);
    same(t, "signal", 0, sig, SIGSEGV);
    for (int n = 0; n < 31; n++)
        same(t, "at the fault X", n, sc->regs[n], t->e.x[n]);
    same(t, "at the fault X", 31, sc->sp, t->e.x[31]);
    same(t, "at the fault NZCV", 0, sc->pstate & 0xf0000000, t->e.nzcv);
    check_fp(t, sc->__reserved);
    if (t->repair == PROTECT)
        mprotect(t->page + 4096, 4096, PROT_READ | PROT_WRITE);
    else if (t->access->base == 31)
        sc->sp = t->moved_to;
    else
        sc->regs[0] = t->moved_to;
}

/* ---- one fault ---------------------------------------------------------------------------------- */

static uint64_t next(struct work *t)
{
    t->random ^= t->random << 13, t->random ^= t->random >> 7, t->random ^= t->random << 17;
    return t->random;
}

static void fill(struct work *t)
{
    static const uint64_t fpsr[] = {0, 0, 1 << 27, 0x0800009f, 1, 16};
    uint64_t *words = (uint64_t *)&t->in;
    for (unsigned k = 0; k < sizeof t->in / 8; k++)
        words[k] = next(t);
    t->in.x[31] &= ~15ull;
    t->in.x[25] |= 1; /* divides */
    t->in.x[28] = (uintptr_t)t;
    t->in.nzcv &= 0xf0000000;
    t->in.fpsr = fpsr[next(t) % 6];
    t->in.v[4] = LOWD((double)(next(t) % 100) + 0.5);
    t->in.v[5] = LOWD((double)(next(t) % 100) + 0.5);
    t->in.v[6] = LOWD((double)(next(t) % 100));
    t->in.v[7] = LOWD(-(double)(next(t) % 100));
    t->in.v[22] = LOWD(0);
    t->in.v[23] = LOWD(-1);
    t->in.v[24] = LOWD(1);
    t->in.v[25] = LOWD(3);
    t->in.v[26].d[0] = t->in.v[26].d[1] = 0x7fefffffffffffff;
    t->in.v[27] = LOW64(0x0010000000000000);
    for (unsigned n = 4; n < 8; n++)
        t->in.v[n].d[1] = next(t);
}

/* Chooses where the access is: the address of its first byte, and t->address where it faults. */
static uint64_t choose(struct work *t)
{
    const struct access *a = t->access;
    uint64_t middle = (uintptr_t)t->page + 4096, align = a->step ? a->step : a->size, first;
    t->code = SEGV_ACCERR;
    if (t->place == NOWHERE) {
        t->code = SEGV_MAPERR;
        return t->address = 1024 + align * (next(t) % 16);
    }
    if (t->place == ACROSS) {
        first = middle - a->step * (1 + next(t) % ((a->size - 1) / a->step));
        t->address = middle;
    } else {
        first = middle + align * (next(t) % ((4096 - a->size) / align + 1));
        if (a->base == 31)
            first = ((first - a->disp) & ~15ull) + a->disp;
        if (first < middle)
            first += 16;
        t->address = first;
    }
    return first;
}

static bool possible(const struct work *t)
{
    const struct access *a = t->access;
    return !(t->place == ACROSS && (!a->step || a->size == 1)) &&
           !(t->place == NOWHERE && (t->repair == PROTECT || a->kind == EXCLUSIVE)) &&
           !(t->place == ACROSS && a->base == 31 && a->step != 8);
}

static void protect(struct work *t)
{
    enum kind k = t->access->kind;
    bool readable = k == EXCLUSIVE || (k != LOAD && next(t) & 1);
    mprotect(t->page + 4096, 4096, readable ? PROT_READ : PROT_NONE);
}

static void compare_after(struct work *t, const uint8_t *memory, const uint8_t *wanted)
{
    for (int n = 0; n < 32; n++) {
        same(t, "afterwards X", n, t->out.x[n], t->e.x[n]);
        same_vec(t, "afterwards V", n, &t->out.v[n], &t->e.v[n]);
    }
    same(t, "afterwards NZCV", 0, t->out.nzcv, t->e.nzcv);
    if (t->read_fpsr)
        same(t, "afterwards FPSR", 0, t->out.fpsr, t->e.fpsr);
    for (int k = 0; k < t->access->size; k++)
        if (memory[k] != wanted[k])
            wrong(t, "memory", k, memory[k], wanted[k]);
}

static void one(struct work *t, const struct row *row)
{
    const struct access *a = t->access;
    uint8_t *middle = t->page + 4096, m[64];
    mprotect(middle, 4096, PROT_READ | PROT_WRITE);
    fill(t);
    uint64_t first = choose(t), base = first - a->disp;
    uint8_t *good = t->good + 4096 + (first & 4095 & (t->place == ACROSS ? 15 : 4095));
    if (t->place == NOWHERE)
        good = t->good + 4096 + first;
    for (int k = 0; k < a->size; k++)
        m[k] = next(t);
    if (t->place != NOWHERE)
        memcpy((void *)first, m, a->size);
    memcpy(good, m, a->size);
    protect(t);
    t->moved_to = (uintptr_t)good - a->disp;
    if (t->place == TAGGED)
        base |= (next(t) | 1ull) << 56;
    t->in.x[a->base] = base;
    t->pc = row->pc;
    t->read_fpsr = t->faults & 1 && t->faults > 4096;
    t->e = t->in;
    t->state->before(t, &t->e, NULL);
    a->before(t, &t->e, m);
    t->seen = 0;
    /* The frame has what is true before the access; the models go on from there. */
    struct regs at_fault = t->e;
    row->run(t);
    t->e = at_fault;
    if (t->repair == MOVE)
        t->e.x[a->base] = t->moved_to;
    a->model(t, &t->e, m);
    t->state->after(t, &t->e, NULL);
    if (t->seen != 1)
        wrong(t, "faults", 0, t->seen, 1);
    t->faults += t->seen;
    mprotect(middle, 4096, PROT_READ | PROT_WRITE);
    compare_after(t, t->repair == MOVE ? good : (uint8_t *)first, m);
}

static void start_thread(struct work *t)
{
    stack_t ss = {.ss_size = 65536};
    self = t;
    t->page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    t->good = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ss.ss_sp = malloc(ss.ss_size);
    sigaltstack(&ss, NULL);
}

static long wanted = 100000;

static void *accesses_thread(void *arg)
{
    struct work *t = arg;
    start_thread(t);
    while (t->faults < wanted / 2) {
        unsigned k = next(t) % (N_ACCESSES * N_STATES);
        t->access = &accesses[k / N_STATES];
        t->state = &states[k % N_STATES];
        t->repair = next(t) % N_REPAIRS;
        t->place = next(t) % N_PLACES;
        if (possible(t))
            one(t, &repaired_table[k]);
    }
    return t;
}

static void test_accesses(void)
{
    static struct work work[2] __attribute__((aligned(16)));
    pthread_t threads[2];
    handle(SIGSEGV, handler, SA_ONSTACK);
    for (int k = 0; k < 2; k++) {
        work[k].random = 88172645463325252u + 12345 * k;
        pthread_create(&threads[k], NULL, accesses_thread, &work[k]);
    }
    for (int k = 0; k < 2; k++)
        pthread_join(threads[k], NULL);
    printf("# %ld faults\n", work[0].faults + work[1].faults);
    CHECK(work[0].faults + work[1].faults >= wanted);
    CHECK(n_wrong == 0);
}

/* ---- loops --------------------------------------------------------------------------------------- */

/* A loop over pages that are not there yet: what it has done so far is known at each. */
enum { WALK_PAGES = 32, WORDS = WALK_PAGES * 512 };
uint64_t walk_load(uint64_t *at, uint64_t n), walk_store(uint64_t *at, uint64_t n);
extern char walk_load_at[], walk_store_at[];
static __thread uint64_t *walk_start;
static __thread bool walk_stores;

static void walk_handler(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct sigcontext *sc = (void *)&uc->uc_mcontext;
    struct work *t = self;
    const struct fpsimd_context *f = (void *)sc->__reserved;
    uint64_t k = (uint64_t *)info->si_addr - walk_start, sum = k * (k - 1) / 2;
    t->seen++;
    if (sig != SIGSEGV || k >= WORDS || sc->pc != (uintptr_t)(walk_stores ? walk_store_at : walk_load_at)) {
        printf("# walk: signal %d at pc %#llx, address %p\n", sig, sc->pc, info->si_addr);
        _exit(2);
    }
    if (walk_stores)
        sum = 0;
    same(t, "walk X", 0, sc->regs[0], (uintptr_t)(walk_start + k));
    same(t, "walk X", 1, sc->regs[1], WORDS - k);
    same(t, "walk X", 2, sc->regs[2], sum);
    same(t, "walk X", 4, sc->regs[4], walk_stores || !k ? 0 : k - 1);
    same(t, "walk X", 5, sc->regs[5], walk_stores || !k ? 0 : k - 1);
    same(t, "walk X", 6, sc->regs[6], k);
    same_vec(t, "walk V", 2, (const union vec *)&f->vregs[2], &LOWD((double)sum));
    same_vec(t, "walk V", 3, (const union vec *)&f->vregs[3], &(union vec){.d = {sum, sum}});
    if (k)
        same(t, "walk NZCV", 0, sc->pstate & 0xf0000000, 0x20000000);
    mprotect((void *)((uintptr_t)info->si_addr & -4096ull), 4096, PROT_READ | PROT_WRITE);
}

static void *walk_thread(void *arg)
{
    struct work *t = arg;
    start_thread(t);
    walk_start = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (uint64_t k = 0; k < WORDS; k++)
        walk_start[k] = k;
    while (t->faults < wanted / 20) {
        walk_stores = next(t) & 1;
        mprotect(walk_start, WORDS * 8, walk_stores && next(t) & 1 ? PROT_READ : PROT_NONE);
        t->seen = 0;
        uint64_t sum = (walk_stores ? walk_store : walk_load)(walk_start, WORDS);
        same(t, "walk sum", 0, sum, walk_stores ? 0 : (uint64_t)WORDS * (WORDS - 1) / 2);
        same(t, "walk faults", 0, t->seen, WALK_PAGES);
        t->faults += t->seen;
    }
    return t;
}

static void test_walk(void)
{
    static struct work work[2] __attribute__((aligned(16)));
    pthread_t threads[2];
    handle(SIGSEGV, walk_handler, SA_ONSTACK);
    for (int k = 0; k < 2; k++) {
        work[k].random = 362436069 + k;
        pthread_create(&threads[k], NULL, walk_thread, &work[k]);
    }
    for (int k = 0; k < 2; k++)
        pthread_join(threads[k], NULL);
    CHECK(n_wrong == 0);
}

int main(void)
{
    if (getenv("REPAIRED_FAULTS"))
        wanted = atol(getenv("REPAIRED_FAULTS"));
    wanted = scaled(wanted);
    run("faults in the middle of much else", test_accesses);
    run("faults in a loop", test_walk);
    return finish();
}
