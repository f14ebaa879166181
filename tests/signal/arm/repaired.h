/* SPDX-License-Identifier: MIT */
/* What `repaired` knows of A32 and T32: see repaired.c. */
#include "state.h"

#define TAGS 0
#define FLAGS apsr
#define STATUS fpscr

/* ---- models ------------------------------------------------------------------------------------- */

typedef uint64_t __attribute__((aligned(1), may_alias)) u64;
typedef uint32_t __attribute__((aligned(1), may_alias)) u32;
typedef uint16_t __attribute__((aligned(1), may_alias)) u16;

#define X(n) (r->x[n])
#define V(n) (r->v[n])
#define DR(n) (r->v[(n) / 2].d[(n) % 2])
#define SR(n) (r->v[(n) / 4].s[(n) % 4])
#define D(n) (as_double(DR(n)))
#define FPSCR (r->fpscr)
#define NZCV(flags) (r->apsr = (r->apsr & 0x0fffffff) | (flags))
#define NZ(x) (r->apsr = (r->apsr & 0x3fffffff) | ((x) & 1u << 31) | (uint32_t)!(x) << 30)
#define C(x) (r->apsr = (r->apsr & ~(1u << 29)) | ((x) & 1) << 29)
#define CARRY (r->apsr >> 29 & 1)
#define Q (r->apsr |= 1 << 27)
#define GE(x) (r->apsr = (r->apsr & ~(15u << 16)) | (x) << 16)
#define PASS(condition) passes(r->apsr, #condition)
#define FLAGS_VFP(flags) (r->fpscr = (r->fpscr & 0x0fffffff) | (flags))
#define FCMP(a, b) ((a) < (b) ? 0x80000000 : (a) == (b) ? 0x60000000 : 0x20000000)
#define M8(k) (m[k])
#define M16(k) (*(u16 *)(m + (k)))
#define M32(k) (*(u32 *)(m + (k)))
#define M64(k) (*(u64 *)(m + (k)))

static double as_double(uint64_t u) { return ((union { uint64_t u; double d; }){.u = u}).d; }
static uint64_t bits(double d) { return ((union { double d; uint64_t u; }){.d = d}).u; }
static uint32_t bitsf(float f) { return ((union { float f; uint32_t u; }){.f = f}).u; }

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
#define CONDITIONAL(name, it, first, position, condition, before, before_model, it_before,         \
                    it_before_model, it_after, it_after_model, after, after_model, ...)            \
    STATE(name, before, before_model, after, after_model)                                          \
    static void it_before_##name(PARAMETERS) { UNWRAP it_before_model }                            \
    static void it_after_##name(PARAMETERS) { UNWRAP it_after_model }
STATES(, , )
#undef STATE
#undef CONDITIONAL
#undef STATES

static const struct access accesses[] = {
#define ACCESS(name, kind, base, disp, size, step, before, before_model, access, after, model)     \
    {#name, kind, base, disp, size, step, before_##name, model_##name, !THUMB && #name[1] == '_'},
#include "repaired.def"
};
#define STATE(name, ...) {#name, state_##name, after_##name, NULL, NULL, 0, NULL, NULL},
#define CONDITIONAL(name, it, first, position, condition, ...)                                     \
    {#name, state_##name, after_##name, #condition, #it #first, position, it_before_##name,        \
     it_after_##name},
static const struct state states[] = {STATES(, , )};

enum { N_ACCESSES = sizeof accesses / sizeof accesses[0], N_STATES = sizeof states / sizeof states[0] };

static bool executes(const struct work *t, const struct regs *r)
{
    return !t->state->condition || !*t->state->condition || t->access->always ||
           passes(r->apsr, t->state->condition);
}

/* The bits of CPSR that say how to go on. */
static uint32_t mode_bits(const struct work *t)
{
    if (!THUMB || !t->state->it)
        return THUMB << 5;
    return it_cpsr(t->state->it, t->state->position) | THUMB << 5;
}

/* What is not random. */
static void prepare(struct work *t)
{
    static const uint32_t fpscr[] = {0, 0, 1 << 27, 0x0800009f, 1, 16};
    struct regs *r = &t->in;
    r->x[SP] &= ~7u;
    r->x[11] = (uintptr_t)t;
    for (int n = 1; n < 8; n += 2) /* equal at times, or not far apart */
        if ((next(t) & 7) < 3)
            r->x[n] = r->x[n + 1] + (next(t) & 3) - 1;
    r->apsr &= 0xf80f0000;
    r->fpscr = fpscr[next(t) % 6] | (next(t) & 15u) << 28;
    DR(4) = bits(next(t) % 100 + 0.5);
    DR(5) = bits(next(t) % 100 + 0.5);
    DR(6) = bits(next(t) % 100);
    DR(7) = bits(-(double)(next(t) % 100));
    DR(20) = 0;
    DR(21) = bits(-1);
    DR(22) = bits(1);
    DR(23) = bits(3);
    DR(24) = 0x7fefffffffffffff;
    DR(25) = 0x0010000000000000;
    for (int k = 0; k < 4; k++) {
        V(13).s[k] = bitsf(1);
        V(14).s[k] = bitsf(1.0f / (1 << 30));
        V(15).s[k] = 0x7f7fffff;
    }
}

/* ---- frames ------------------------------------------------------------------------------------- */

static reg frame_pc(const ucontext_t *uc) { return uc->uc_mcontext.arm_pc; }

static void frame_set(ucontext_t *uc, int n, reg value) { (&uc->uc_mcontext.arm_r0)[n] = value; }

static void check_frame(const struct work *t, ucontext_t *uc)
{
    const struct vfp_frame *f = (const void *)uc->uc_regspace;
    const mcontext_t *mc = &uc->uc_mcontext;
    const uint32_t *x = (const uint32_t *)&mc->arm_r0;
    same(t, "fault_address", 0, mc->fault_address, t->address);
    same(t, "trap_no", 0, mc->trap_no, 14);
    same(t, "error_code.WnR", 0, mc->error_code >> 11 & 1, t->access->kind != LOAD);
    for (int n = 0; n < N_X; n++)
        same(t, "at the fault R", n, x[n], t->e.x[n]);
    same(t, "at the fault CPSR", 0, mc->arm_cpsr & 0xfe0ffe3f, t->e.apsr | mode_bits(t) | 0x10);
    if (f->magic != VFP_FRAME_MAGIC || f->size != sizeof *f)
        wrong(t, "record", 0, f->magic, VFP_FRAME_MAGIC);
    for (int n = 0; n < N_V; n++)
        same_vec(t, "at the fault Q", n, &f->v[n], &t->e.v[n]);
    same(t, "at the fault FPSCR", 0, f->fpscr | t->unknown_status, t->e.fpscr | t->unknown_status);
}

/* ---- loops -------------------------------------------------------------------------------------- */

enum { WALK_PAGES = 32, WORDS = WALK_PAGES * 1024 };
reg walk_load(reg *at, reg n), walk_store(reg *at, reg n), walk_it(reg *at, reg n);
extern const char walk_load_at[], walk_store_at[], walk_it_at[];

static const struct walk {
    reg (*run)(reg *at, reg n);
    const char *at; /* the access */
    bool stores;
} walks[] = {{walk_load, walk_load_at, false}, {walk_store, walk_store_at, true}, {walk_it, walk_it_at, false}};
enum { N_WALKS = 3 };

/* At the access of element k. */
static void check_walk(const struct work *t, ucontext_t *uc, const reg *start, reg k, bool stores)
{
    const struct vfp_frame *f = (const void *)uc->uc_regspace;
    const uint32_t *x = (const uint32_t *)&uc->uc_mcontext.arm_r0;
    const reg sum = stores ? 0 : k * (k - 1) / 2, last = stores || !k ? 0 : k - 1;
    const bool it = frame_pc(uc) == (reg)(uintptr_t)walk_it_at;
    const uint32_t mode = !THUMB ? 0x10 : it ? 0x30 | it_cpsr("itetthi", 2) : 0x30;
    same(t, "walk R", 0, x[0], (uintptr_t)(start + k));
    same(t, "walk R", 1, x[1], WORDS - k);
    same(t, "walk R", 2, x[2], sum);
    same(t, "walk R", 4, x[4], last);
    same(t, "walk R", 5, x[5], last);
    same(t, "walk R", 6, x[6], k);
    if (it)
        same(t, "walk R", 3, x[3], 1);
    same(t, "walk D", 4, f->v[2].d[0], bits(sum));
    same_vec(t, "walk Q", 4, &f->v[4], &(union vec){.s = {sum, sum, sum, sum}});
    if (k || it)
        same(t, "walk CPSR", 0, uc->uc_mcontext.arm_cpsr & 0xf600fc30, 0x20000000 | mode);
}
