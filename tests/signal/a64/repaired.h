/* SPDX-License-Identifier: MIT */
/* What `repaired` knows of A64: see repaired.c. */
#include <asm/sigcontext.h>

#define TAGS 1 /* there are pointers whose top byte is ignored */
#define FLAGS nzcv
#define STATUS fpsr

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

static bool executes(const struct work *t, const struct regs *r)
{
    (void)t, (void)r;
    return true;
}

/* What is not random. */
static void prepare(struct work *t)
{
    static const uint64_t fpsr[] = {0, 0, 1 << 27, 0x0800009f, 1, 16};
    t->in.x[SP] &= ~15ull;
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

/* ---- frames ------------------------------------------------------------------------------------- */

static struct sigcontext *context_of(ucontext_t *uc) { return (struct sigcontext *)&uc->uc_mcontext; }

static reg frame_pc(ucontext_t *uc) { return context_of(uc)->pc; }

static void frame_set(ucontext_t *uc, int n, reg value)
{
    if (n == SP)
        context_of(uc)->sp = value;
    else
        context_of(uc)->regs[n] = value;
}

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

static void check_frame(struct work *t, ucontext_t *uc)
{
    struct sigcontext *sc = context_of(uc);
    same(t, "fault_address", 0, sc->fault_address, t->address);
    for (int n = 0; n < 31; n++)
        same(t, "at the fault X", n, sc->regs[n], t->e.x[n]);
    same(t, "at the fault X", 31, sc->sp, t->e.x[31]);
    same(t, "at the fault NZCV", 0, sc->pstate & 0xf0000000, t->e.nzcv);
    check_fp(t, sc->__reserved);
}

/* ---- loops -------------------------------------------------------------------------------------- */

enum { WALK_PAGES = 32, WORDS = WALK_PAGES * 512 };
reg walk_load(reg *at, reg n), walk_store(reg *at, reg n);
extern const char walk_load_at[], walk_store_at[];

static const struct walk {
    reg (*run)(reg *at, reg n);
    const char *at; /* the access */
    bool stores;
} walks[] = {{walk_load, walk_load_at, false}, {walk_store, walk_store_at, true}};
enum { N_WALKS = 2 };

/* At the access of element k. */
static void check_walk(const struct work *t, ucontext_t *uc, const reg *start, reg k, bool stores)
{
    const struct sigcontext *sc = context_of(uc);
    const struct fpsimd_context *f = (const void *)sc->__reserved;
    const reg sum = stores ? 0 : k * (k - 1) / 2, last = stores || !k ? 0 : k - 1;
    same(t, "walk X", 0, sc->regs[0], (uintptr_t)(start + k));
    same(t, "walk X", 1, sc->regs[1], WORDS - k);
    same(t, "walk X", 2, sc->regs[2], sum);
    same(t, "walk X", 4, sc->regs[4], last);
    same(t, "walk X", 5, sc->regs[5], last);
    same(t, "walk X", 6, sc->regs[6], k);
    same_vec(t, "walk V", 2, (const union vec *)&f->vregs[2], &LOWD((double)sum));
    same_vec(t, "walk V", 3, (const union vec *)&f->vregs[3], &(union vec){.d = {sum, sum}});
    if (k)
        same(t, "walk NZCV", 0, sc->pstate & 0xf0000000, 0x20000000);
}
