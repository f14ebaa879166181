/* SPDX-License-Identifier: MIT */
/*
 * Faults that a handler repairs, in the middle of code with as much under way as can be: it checks
 * every register, the flags, FP status and the address, makes the page accessible or gives the access
 * another address, and returns; and all registers and the memory are checked again after it.  Two
 * threads; REPAIRED_FAULTS (default 100000) in all.
 *
 * What is tried is in the architecture's folder: repaired.def lists accesses and states, repaired.S
 * makes a routine of each pair, repaired.h knows what must be found, and what frames look like.
 */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "repaired_regs.h" /* the architecture's: struct regs */

enum kind { LOAD, STORE, UPDATE, EXCLUSIVE };
enum repair { PROTECT, MOVE, N_REPAIRS };
enum place { WHOLE, ACROSS, TAGGED, NOWHERE, N_PLACES };

struct work { /* as in repaired.S, up to `out` */
    struct regs in;
    reg host_sp, read_fpsr;
    uint8_t pad[1024 - sizeof(struct regs) - 2 * sizeof(reg)];
    struct regs out;
    /* What is expected. */
    struct regs e;
    const struct access *access;
    const struct state *state;
    uint64_t pc, address, moved_to;
    reg unknown_status; /* bits of FP status that nothing is expected of */
    int code;
    enum repair repair;
    enum place place;
    /* The thread's own. */
    uint8_t *page, *good; /* three pages each; the middle one of `page` faults */
    uint64_t random;
    long faults, seen;
};
_Static_assert(__builtin_offsetof(struct work, out) == 1024, "repaired.S");

/* Changes what must be found. */
typedef void model_fn(struct work *t, struct regs *r, uint8_t *m);

struct access { /* see repaired.def */
    const char *name;
    enum kind kind;
    int base, disp, size, step;
    model_fn *before, *model;
    bool always; /* is not conditional even where the state says so */
};

struct state {
    const char *name;
    model_fn *before, *after;
    /* For accesses that are conditional: the condition, the IT instruction before it or NULL, and
     * which of that one's instructions the access is; what the ones before and behind it do. */
    const char *condition, *it;
    int position;
    model_fn *it_before, *it_after;
};

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

/* ---- flags, for models --------------------------------------------------------------------------- */

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

static uint64_t next(struct work *t)
{
    t->random ^= t->random << 13, t->random ^= t->random >> 7, t->random ^= t->random << 17;
    return t->random;
}

#include "repaired.h" /* the architecture's */

extern const struct row { reg run, pc; } repaired_table[N_ACCESSES * N_STATES];

/* ---- the handler -------------------------------------------------------------------------------- */

static __thread struct work *self;

static void handler(int sig, siginfo_t *info, void *context)
{
    struct work *t = self;
    ucontext_t *uc = context;
    t->seen++;
    if (t->seen > 1 || frame_pc(uc) != t->pc) {
        printf("# %s, state %s: fault %ld at pc %#llx\n", t->access->name, t->state->name, t->seen,
               (unsigned long long)frame_pc(uc));
        fflush(stdout);
        _exit(2);
    }
    same(t, "si_addr", 0, (uintptr_t)info->si_addr, t->address);
    same(t, "si_code", 0, info->si_code, t->code);
    same(t, "signal", 0, sig, SIGSEGV);
    check_frame(t, uc);
    if (t->repair == PROTECT)
        mprotect(t->page + 4096, 4096, PROT_READ | PROT_WRITE);
    else
        frame_set(uc, t->access->base, t->moved_to);
}

/* ---- one fault ---------------------------------------------------------------------------------- */

static void fill(struct work *t)
{
    uint32_t *words = (uint32_t *)&t->in;
    for (unsigned k = 0; k < sizeof t->in / 4; k++)
        words[k] = next(t);
    prepare(t);
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
        if (a->base == SP)
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
           !(t->place == ACROSS && a->base == SP && a->step != sizeof(reg)) &&
           !(t->place == TAGGED && !TAGS);
}

static void protect(struct work *t)
{
    enum kind k = t->access->kind;
    bool readable = k == EXCLUSIVE || (k != LOAD && next(t) & 1);
    mprotect(t->page + 4096, 4096, readable ? PROT_READ : PROT_NONE);
}

static void compare_after(struct work *t, const uint8_t *memory, const uint8_t *wanted)
{
    for (int n = 0; n < N_X; n++)
        same(t, "afterwards X", n, t->out.x[n], t->e.x[n]);
    for (int n = 0; n < N_V; n++)
        same_vec(t, "afterwards V", n, &t->out.v[n], &t->e.v[n]);
    same(t, "afterwards flags", 0, t->out.FLAGS, t->e.FLAGS);
    if (t->read_fpsr)
        same(t, "afterwards FP status", 0, t->out.STATUS | t->unknown_status, t->e.STATUS | t->unknown_status);
    if ((uintptr_t)memory < 4096) /* nothing was accessed */
        return;
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
        memcpy((void *)(uintptr_t)first, m, a->size);
    memcpy(good, m, a->size);
    protect(t);
    t->moved_to = (uintptr_t)good - a->disp;
#if TAGS
    if (t->place == TAGGED)
        base |= (next(t) | 1ull) << 56;
#endif
    t->in.x[a->base] = base;
    t->pc = row->pc;
    t->read_fpsr = t->faults & 1 && t->faults > 4096;
    t->e = t->in;
    t->unknown_status = 0;
    t->state->before(t, &t->e, NULL);
    a->before(t, &t->e, m);
    if (t->state->it_before)
        t->state->it_before(t, &t->e, m);
    t->seen = 0;
    /* The frame has what is true before the access; the models go on from there. */
    struct regs at_fault = t->e;
    const bool faults = executes(t, &t->e);
    ((void (*)(struct work *))(uintptr_t)row->run)(t);
    t->e = at_fault;
    if (faults) {
        if (t->repair == MOVE)
            t->e.x[a->base] = t->moved_to;
        a->model(t, &t->e, m);
    }
    if (t->state->it_after)
        t->state->it_after(t, &t->e, m);
    t->state->after(t, &t->e, NULL);
    same(t, "faults", 0, t->seen, faults);
    t->faults += t->seen;
    mprotect(middle, 4096, PROT_READ | PROT_WRITE);
    compare_after(t, faults && t->repair == MOVE ? good : (uint8_t *)(uintptr_t)first, m);
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
static __thread reg *walk_start;
static __thread const struct walk *walk;

static void walk_handler(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct work *t = self;
    reg k = (reg *)info->si_addr - walk_start;
    t->seen++;
    if (sig != SIGSEGV || k >= WORDS || frame_pc(uc) != (reg)(uintptr_t)walk->at) {
        printf("# walk: signal %d at pc %#llx, address %p\n", sig, (unsigned long long)frame_pc(uc),
               info->si_addr);
        _exit(2);
    }
    check_walk(t, uc, walk_start, k, walk->stores);
    mprotect((void *)((uintptr_t)info->si_addr & -4096ul), 4096, PROT_READ | PROT_WRITE);
}

static void *walk_thread(void *arg)
{
    struct work *t = arg;
    start_thread(t);
    walk_start = mmap(NULL, WORDS * sizeof(reg), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (reg k = 0; k < WORDS; k++)
        walk_start[k] = k;
    while (t->faults < wanted / 20) {
        walk = &walks[next(t) % N_WALKS];
        mprotect(walk_start, WORDS * sizeof(reg), walk->stores && next(t) & 1 ? PROT_READ : PROT_NONE);
        t->seen = 0;
        reg sum = walk->run(walk_start, WORDS);
        same(t, "walk sum", 0, sum, walk->stores ? 0 : (reg)WORDS * (WORDS - 1) / 2);
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
