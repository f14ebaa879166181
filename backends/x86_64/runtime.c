/* SPDX-License-Identifier: MIT */
/*
 * The routines at the start of a code cache: entry, exits, thunks, constants; and their C side.
 * Includes x64.h.
 */
#include <xmmintrin.h>

#include "backends/x86_64/x64.h"

struct x64_saved;
struct x64_eval_site;
void x64_c_eval(struct tcg_cpu *cpu, struct x64_saved *r, const struct x64_eval_site *s);
void x64_c_eval_counted(struct tcg_cpu *cpu, struct x64_saved *r, const struct x64_eval_site *s);

static const uint64_t constants[X64_K_COUNT][2] = {
#define CONSTANT(name, lo, hi) {lo, hi},
#include "backends/x86_64/constants.def"
};

/* What a C function must preserve, beside rsp. */
static const uint8_t callee_saved[] = {RBP, RBX, R12, R13, R14, R15};
enum { N_CALLEE_SAVED = sizeof callee_saved };

static void push(struct cg *cg, unsigned r)
{
    if (r >= 8)
        x64_u8(cg, 0x41);
    x64_u8(cg, 0x50 | (r & 7));
}
static void pop(struct cg *cg, unsigned r)
{
    if (r >= 8)
        x64_u8(cg, 0x41);
    x64_u8(cg, 0x58 | (r & 7));
}
static void ldmxcsr(struct cg *cg, const struct x64_mem *m) { x64_rm(cg, X_0F | 0xae, 2, m); }
static void stmxcsr(struct cg *cg, const struct x64_mem *m) { x64_rm(cg, X_0F | 0xae, 3, m); }
static void ret(struct cg *cg) { x64_u8(cg, 0xc3); }

/* Flags stay in the word that is left. */
void x64_fp_control(struct cg *cg, bool std)
{
    const struct x64_mem fp = X64_CPU(host_fpcr_saved), fp_std = X64_CPU(host_fpcr_std);
    const struct x64_mem now = X64_CPU(fp_std_now);

    stmxcsr(cg, std ? &fp : &fp_std);
    ldmxcsr(cg, std ? &fp_std : &fp);
    x64_mov_mi(cg, 0, &now, std);
}

static void enter_other(struct cg *cg, struct cg_ool *o)
{
    x64_bind(cg, &o->from);
    x64_fp_control(cg, o->data[0]);
    cg->host->jump(cg, &o->back);
}

/* Storing MXCSR takes 30 cycles and more: not done where the word is the right one. */
void x64_fp_enter(struct cg *cg, bool std)
{
    const struct x64_mem now = X64_CPU(fp_std_now);
    struct cg_ool *o = cg_ool(cg, enter_other, NULL);

    o->data[0] = std;
    x64_alu_mi(cg, 0, ALU_CMP, &now, std);
    x64_jcc(cg, CC_NE, &o->from);
    x64_bind(cg, &o->back);
}

/* void enter(struct tcg_cpu *cpu, const void *code) */
static void emit_enter(struct cg *cg)
{
    const struct x64_mem state = x64_at(RDI, X64_BIAS), host_sp = X64_CPU(host_sp);
    const struct x64_mem fpcr = X64_CPU(host_fpcr);

    for (unsigned k = 0; k < N_CALLEE_SAVED; k++)
        push(cg, callee_saved[k]);
    x64_alu_ri(cg, X_W, ALU_SUB, RSP, 8); /* aligned, with the six and the return address */
    x64_lea(cg, X_W, RBP, &state);
    x64_mov_mr(cg, X_W, &host_sp, RSP);
    x64_from_c_stack(cg);
    ldmxcsr(cg, &fpcr);
    x64_rr(cg, 0xff, 4, RSI); /* JMP */
}

/* MXCSR: bit 0 invalid, 1 denormal, 2 divide by zero, 3 overflow, 4 underflow, 5 inexact; FP_*: the
 * same without the denormal. */
uint32_t x64_fp_flags(uint32_t mxcsr) { return (mxcsr & 1) | (mxcsr >> 1 & 0x1e); }

static void emit_exit(struct cg *cg)
{
    const struct x64_mem temp = x64_frame(X64_FRAME_TEMP), flags = X64_CPU(fp.flags);
    const struct x64_mem std = X64_CPU(host_fpcr_std), saved = X64_CPU(host_fpcr_saved);

    x64_to_c_stack(cg);
    stmxcsr(cg, &temp);
    x64_mov_rm(cg, 0, RAX, &temp);
    x64_alu_rm(cg, 0, ALU_OR, RAX, &std);
    x64_alu_rm(cg, 0, ALU_OR, RAX, &saved);
    x64_mov_rr(cg, 0, RCX, RAX);
    x64_shift_ri(cg, 0, SH_SHR, RAX, 1);
    x64_alu_ri(cg, 0, ALU_AND, RCX, 1);
    x64_alu_ri(cg, 0, ALU_AND, RAX, 0x1e);
    x64_alu_rr(cg, 0, ALU_OR, RAX, RCX);
    x64_rm(cg, 0x09, RAX, &flags); /* OR [flags], EAX */
    x64_mov_mi(cg, 0, &temp, X64_MXCSR_DEFAULT);
    ldmxcsr(cg, &temp);
    x64_alu_ri(cg, X_W, ALU_ADD, RSP, 8);
    for (unsigned k = N_CALLEE_SAVED; k-- > 0;)
        pop(cg, callee_saved[k]);
    ret(cg);
}

/* Behind the call: struct tcg_exit_data. */
static void emit_exit_link(struct cg *cg, const uint8_t *exit)
{
    const struct x64_mem data = X64_CPU(exit_data), link = X64_CPU(exit_link);

    pop(cg, RCX);
    x64_movzx8(cg, RAX, RAX);
    x64_mov_mr(cg, X_W, &data, RCX);
    x64_mov_mr(cg, 0, &link, RAX);
    x64_jmp_to(cg, exit);
}

static void emit_exit_pc(struct cg *cg, const uint8_t *exit)
{
    const struct x64_mem pc = X64_CPU(pc);

    x64_mov_mr(cg, X_W, &pc, RAX);
    x64_jmp_to(cg, exit);
}

static void emit_indirect(struct cg *cg, const uint8_t *exit_pc)
{
    uint8_t *out[2];

    x64_look_up(cg, 4, out);
    x64_here8(cg, out[0]);
    x64_here8(cg, out[1]);
    x64_jmp_to(cg, exit_pc);
}

/* The bottom stays where it was. */
static void emit_empty(struct cg *cg, const uint8_t *indirect)
{
    const struct x64_mem bottom = x64_at(RSP, -8);

    x64_lea(cg, X_W, RSP, &bottom);
    x64_jmp_to(cg, indirect);
}

static void emit_raise(struct cg *cg, const uint8_t *exit_pc)
{
    const struct x64_mem exc = X64_CPU(exc), arg = X64_CPU(exc_arg);
    struct x64_mem data = x64_at(RAX, offsetof(struct x64_raise_data, exc));

    pop(cg, RAX);
    x64_mov_rm(cg, 0, RCX, &data);
    x64_mov_mr(cg, 0, &exc, RCX);
    data.disp = offsetof(struct x64_raise_data, arg);
    x64_mov_rm(cg, X_W, RCX, &data);
    x64_mov_mr(cg, X_W, &arg, RCX);
    data.disp = offsetof(struct x64_raise_data, pc);
    x64_mov_rm(cg, X_W, RAX, &data);
    x64_jmp_to(cg, exit_pc);
}

enum { SAVED_BYTES = 16 * 8 + 16 * 16 }; /* struct x64_saved */

static void save_all(struct cg *cg, bool restore)
{
    struct x64_mem m = x64_at(RSP, 0);

    for (unsigned r = 0; r < 16; r++, m.disp += 8) {
        if (r == RSP)
            continue;
        if (restore)
            x64_mov_rm(cg, X_W, r, &m);
        else
            x64_mov_mr(cg, X_W, &m, r);
    }
    for (unsigned r = 0; r < 16; r++, m.disp += 16)
        x64_v2m(cg, restore ? V_MOVAPS : V_MOVAPS_ST, r, &m);
}

static void emit_eval(struct cg *cg)
{
    const struct x64_mem cpu = x64_state(0), table = X64_CPU(host_table);
    const struct x64_mem fn = x64_at(RAX, 8 * X64_R_C_EVAL);

    x64_to_c_stack(cg);
    x64_alu_ri(cg, X_W, ALU_SUB, RSP, SAVED_BYTES);
    save_all(cg, false);
    x64_lea(cg, X_W, RDI, &cpu);
    x64_mov_rr(cg, X_W, RSI, RSP);
    x64_mov_rr(cg, X_W, RDX, RAX);
    x64_mov_rm(cg, X_W, RAX, &table);
    x64_rm(cg, 0xff, 2, &fn);
    save_all(cg, true);
    x64_from_c_stack(cg);
    ret(cg);
}

size_t x64_emit_runtime(struct cg *cg)
{
    /* struct cg shows emitters a read-only table; this is where it gets its values. */
    uint8_t **table = (uint8_t **)(uintptr_t)cg->routines;

    if (cg->end - cg->p < 4096 + (ptrdiff_t)(sizeof constants + 4 * X64_ESTIMATES))
        return 0;
    x64_align(cg, 0, 64);
    table[X64_R_CONSTANTS] = cg->p;
    memcpy(cg->p, constants, sizeof constants);
    cg->p += sizeof constants;
    x64_align(cg, 0, 64);
    table[X64_R_ESTIMATES] = cg->p;
    x64_estimates((uint32_t *)(void *)cg->p);
    cg->p += 4 * X64_ESTIMATES;
    table[X64_R_ENTER] = cg->p;
    emit_enter(cg);
    x64_align(cg, 0, 16);
    table[X64_R_EXIT] = cg->p;
    emit_exit(cg);
    x64_align(cg, 0, 16);
    table[X64_R_EXIT_LINK] = cg->p;
    emit_exit_link(cg, table[X64_R_EXIT]);
    x64_align(cg, 0, 16);
    table[X64_R_EXIT_PC] = cg->p;
    emit_exit_pc(cg, table[X64_R_EXIT]);
    x64_align(cg, 0, 16);
    table[X64_R_INDIRECT] = cg->p;
    emit_indirect(cg, table[X64_R_EXIT_PC]);
    x64_align(cg, 0, 16);
    table[X64_R_EMPTY] = cg->p;
    emit_empty(cg, table[X64_R_INDIRECT]);
    x64_align(cg, 0, 16);
    table[X64_R_RAISE] = cg->p;
    emit_raise(cg, table[X64_R_EXIT_PC]);
    x64_align(cg, 0, 16);
    table[X64_R_EVAL] = cg->p;
    emit_eval(cg);
    table[X64_R_C_EVAL] = (uint8_t *)(uintptr_t)(cg->count ? x64_c_eval_counted : x64_c_eval);
    x64_align(cg, 0, 64);
    return (size_t)(cg->p - cg->start);
}

/* --- C side --------------------------------------------------------------------------------------------- */

void x64_enter(struct tcg_cpu *cpu, const void *code)
{
    void (*enter)(struct tcg_cpu *, const void *) =
        (void (*)(struct tcg_cpu *, const void *))(uintptr_t)cpu->host_table[X64_R_ENTER];

    enter(cpu, code);
}

/* The C frames above host_sp hold nothing that must be undone; R_EXIT restores what enter saved. */
void x64_leave_from_c(struct tcg_cpu *cpu)
{
    __asm__ volatile("mov %0, %%rsp\n\t"
                     "mov %1, %%rbp\n\t"
                     "cld\n\t"
                     "jmp *%2"
                     :
                     : "a"(cpu->ret_sp), "c"((char *)cpu + X64_BIAS),
                       "d"(cpu->host_table[X64_R_EXIT])
                     : "memory");
    __builtin_unreachable();
}

/* Helpers are called with rsp = host_sp, so its return address lies right below. */
uintptr_t x64_call_site(const struct tcg_cpu *cpu)
{
    return ((const uintptr_t *)cpu->host_sp)[-1];
}

uint64_t x64_call_stack(const struct tcg_cpu *cpu)
{
    return (uint64_t)(uintptr_t)cpu->host_frame + X64_FRAME_SPILL;
}

void x64_rets_reset(struct tcg_cpu *cpu)
{
    void **bottom = (void **)cpu->ret_bottom;

    *bottom = cpu->host_table[X64_R_EMPTY];
    cpu->ret_sp = bottom;
}

void x64_fp_sync(struct tcg_cpu *cpu)
{
    const uint32_t mxcsr = _mm_getcsr();
    const uint32_t new = x64_fp_flags(mxcsr) & ~cpu->fp.flags;

    cpu->fp.flags |= x64_fp_flags(mxcsr | cpu->host_fpcr_std | cpu->host_fpcr_saved);
    cpu->host_fpcr_std &= ~0x3fu;
    cpu->host_fpcr_saved = 0;
    if (new) /* others may stay: whoever clears cpu->fp.flags calls x64_fp_load() */
        _mm_setcsr(mxcsr & ~0x3fu);
}

void x64_fp_load(struct tcg_cpu *cpu)
{
    cpu->host_fpcr = x64_fpcr(&cpu->fp, cpu->run_mode);
    cpu->fp_std_now = 0;
    _mm_setcsr(cpu->host_fpcr);
}

/* SDM volume 1, 10.2.3: rounding control 0 nearest, 1 down, 2 up, 3 towards zero; bit 15 flushes
 * results (FTZ), bit 6 operands (DAZ), bit 7 masks Invalid. */
uint32_t x64_fpcr(const struct fp_env *fp, uint32_t run_mode)
{
    static const uint8_t control[4] = {[FP_RNE] = 0, [FP_RP] = 2, [FP_RM] = 1, [FP_RZ] = 3};

    const uint32_t mask = run_mode & TCG_RUN_FPTRAP ? 0x80 : 0;

    return (X64_MXCSR_DEFAULT & ~mask) | (uint32_t)control[fp->round & 3] << 13 |
           (fp->fz ? 0x8040 : 0);
}
