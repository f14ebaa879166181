/* SPDX-License-Identifier: MIT */
/*
 * Inside the x86-64 back end.  Files: host.c (struct host, features, moves, the table of emitters),
 * int.c, flags.c, mem.c, atomic.c, control.c, vec*.c (emitters by family), runtime.c (entry, exit,
 * thunks), frame.c (signal frames).  Includes asm.h and tcg/.
 *
 * Conventions of emitted code:
 *   rbp            struct tcg_cpu + X64_BIAS, so that an 8-bit displacement reaches its hot fields
 *   rsp            the return stack's (control.c); C is called on that of enter's caller, cpu->host_sp
 *   rax rcx rdx    scratch of emitters;  xmm0 xmm1 likewise
 *   rbx rsi rdi r8-r15, xmm2-xmm15   allocated
 *   i32 values     zero extended to 64 bits, always
 *   EFLAGS         only ops flagged H_CLOBBERS (and those that set flags on purpose) change it
 *   MXCSR          the guest's rounding mode, all exceptions masked; collects its sticky flags
 */
#ifndef BACKENDS_X86_64_X64_H
#define BACKENDS_X86_64_X64_H

#include <stddef.h>

#include "backends/x86_64/asm.h"
#include "tcg/guest.h"
#include "tcg/host.h"
#include "tcg/interp/eval.h"

/* The back end. */
extern const struct host x64_host;

/* --- features ---------------------------------------------------------------------------------- */
enum x64_feature_bit {
#define FEATURE(name, text, leaf, subleaf, reg, bit, needs) X64_BIT_##name,
#include "backends/x86_64/features.def"
};
/* Bits 1 << X64_BIT_*: what emitters may use.  Set by x64_host.init, less what the environment
 * variable DRAGOMAN_X64_DISABLE lists ("avx,bmi2", "all"); tests may clear bits before they emit. */
extern uint32_t x64_features;
#define X64_HAS(name) ((x64_features >> X64_BIT_##name) & 1)

/* --- frame of emitted code, cpu->host_frame ------------------------------------------------ */
enum {
    X64_BIAS = sizeof(struct tcg_cpu) + 128, /* the first 256 bytes of the guest's own state */
    X64_FRAME_TEMP = 0,        /* 8 bytes: MXCSR on its way; the target of fences */
    X64_FRAME_FLAGS = 8,       /* flags kept across a memory access */
    X64_FRAME_PAIR_RBX = 16,   /* rbx and rdi while cmpxchg16b runs (atomic.c, frame.c) */
    X64_FRAME_PAIR_RDI = 24,
    X64_FRAME_VEC = 32,        /* 16 bytes: a vector that an emitter has no register for */
    X64_FRAME_SPILL = 48,
    X64_SPILL_BYTES = 1024,
    X64_VSCRATCH0 = 0, X64_VSCRATCH1 = 1,
    X64_MXCSR_DEFAULT = 0x1f80,
};
_Static_assert(X64_FRAME_SPILL + X64_SPILL_BYTES <= sizeof ((struct tcg_cpu *)0)->host_frame,
               "host_frame holds all of it");

/* --- routines and constants of the code cache (runtime.c): indices of cg->routines -------------- */
enum x64_routine {
    X64_R_ENTER,      /* C: void (struct tcg_cpu *, const void *code) */
    X64_R_EXIT,       /* jmp: leave to enter's caller */
    X64_R_EXIT_LINK,  /* call, struct tcg_exit_data behind it, al = the link, from its first */
    X64_R_EXIT_PC,    /* jmp, rax = guest pc: leave without a link */
    X64_R_INDIRECT,   /* jmp, rax = guest pc: goes there by the table of indirect branches */
    X64_R_EMPTY,      /* ret, rax = guest pc: the return stack's bottom entry */
    X64_R_RAISE,      /* call, struct x64_raise_data behind it */
    X64_R_EVAL,       /* call, rax = struct x64_eval_site: preserves all but rax rcx rdx xmm0 xmm1 */
    X64_R_CONSTANTS,  /* x64_constants */
    X64_R_ESTIMATES,  /* X64_ESTIMATES words: FRECPE's table, then FRSQRTE's (vec_estimate.c) */
    X64_R_C_EVAL,     /* the C functions that thunks call */
    X64_R_COUNT
};

struct x64_raise_data {
    uint32_t exc;
    int64_t arg;
    uint64_t pc;
} __attribute__((packed));

/* 16-byte constants, addressed relative to rip: x64_constant(). */
enum x64_constant {
#define CONSTANT(name, lo, hi) X64_K_##name,
#include "backends/x86_64/constants.def"
    X64_K_COUNT
};
static inline struct x64_mem x64_constant(const struct cg *cg, enum x64_constant k)
{
    return (struct x64_mem){.base = X64_RIP, .index = X64_NO_REG,
                            .target = cg->routines[X64_R_CONSTANTS] + 16 * k};
}

/* Words of X64_R_ESTIMATES. */
enum { X64_ESTIMATES = 256 + 512 };
void x64_estimates(uint32_t table[X64_ESTIMATES]);

/* --- operands ------------------------------------------------------------------------------------ */
static inline struct x64_mem x64_state(int32_t offset) { return x64_at(RBP, offset - X64_BIAS); }
#define X64_CPU(field) x64_state((int32_t)offsetof(struct tcg_cpu, field))
static inline struct x64_mem x64_frame(int32_t offset)
{
    return x64_state((int32_t)offsetof(struct tcg_cpu, host_frame) + offset);
}

static inline uint32_t x64_w(const struct ir_op *op) { return op->type == IR_I64 ? X_W : 0; }
static inline bool x64_is_mem(const struct cg_operand *o)
{
    return o->kind == CG_STATE || o->kind == CG_STACK;
}
/* The memory of a CG_STATE or CG_STACK operand. */
struct x64_mem x64_operand_mem(const struct cg_operand *o);
/* The operand in a register: its own, or `scratch` after a move (flags are kept). */
unsigned x64_int(struct cg *cg, enum ir_type t, const struct cg_operand *o, unsigned scratch);
unsigned x64_vec(struct cg *cg, const struct cg_operand *o, unsigned scratch);
/* Register d = the operand (flags are kept). */
void x64_load_int(struct cg *cg, enum ir_type t, unsigned d, const struct cg_operand *o);
/* d = s where they differ. */
static inline void x64_copy(struct cg *cg, uint32_t w, unsigned d, unsigned s)
{
    if (d != s)
        x64_mov_rr(cg, w, d, s);
}
/* alu k on register d and an operand of any kind (immediates of 64 bits go through `scratch`). */
void x64_alu_ro(struct cg *cg, enum ir_type t, enum x64_alu k, unsigned d,
                const struct cg_operand *o, unsigned scratch);

/* --- the way out of line --------------------------------------------------------------------------- */
/* The op by its portable definition, ir_eval[]: an emitter like the others, for any op whose
 * operands are in registers.  x64_eval_to: the integer result in register d, whatever i->d says. */
void x64_emit_eval(struct cg *cg, const struct cg_inst *i);
void x64_eval_to(struct cg *cg, const struct cg_inst *i, unsigned d);
/* Queues the op's evaluation out of line; code that finds its fast result wrong jumps to the `from`
 * label, operands intact.  The caller binds `back` after the fast path. */
struct cg_ool *x64_slow_eval(struct cg *cg, const struct cg_inst *i);

/* --- Invalid unmasked (fp_trap.c) ---------------------------------------------------------------------- */
static inline bool x64_traps(const struct cg *cg) { return cg->run_mode & TCG_RUN_FPTRAP; }
/* The next instructions may raise Invalid: the op is then evaluated by `slow`, whose inputs must be
 * intact.  Every instruction that may raise it needs this, or x64_trap_flags(): the comparison at
 * `at`, just emitted, leaves its answer in the flags.  Nothing is noted unless x64_traps(). */
void x64_trap_here(struct cg *cg, struct cg_ool *slow);
void x64_trap_flags(struct cg *cg, const uint8_t *at);
/* Behind all the rest of a region. */
void x64_trap_table(struct cg *cg);
bool x64_probe_traps(void);

/* --- flags (flags.c) -------------------------------------------------------------------------------- */
/* A condition as one or two of the host's: cc[1] is CC_ALWAYS if there is one. */
struct x64_test { enum x64_cc cc[2]; bool both; /* else: either */ };
/* Makes `cond` of fl testable by the host's flags.  Keeps them if fl is in the host's flags. */
struct x64_test x64_condition(struct cg *cg, const struct cg_flags *fl, enum ir_cond cond);
void x64_jump_if(struct cg *cg, struct x64_test t, struct cg_label *l);
struct x64_test x64_negate(struct x64_test t);
void x64_set_flags(struct cg *cg, const struct cg_flags *fl);
void x64_pack_flags(struct cg *cg, const struct cg_operand *to, unsigned n, const struct cg_flags *fl);
/* EFLAGS = the packed word in EAX, with CF = C. */
void x64_restore_flags(struct cg *cg);
/* Fast comparison of FP scalars: emitted inline (ucomis)?  Else by soft-float, as a packed word. */
bool x64_fcmp_inline(const struct cg *cg, const struct ir_op *op);

/* --- leaving (control.c) ------------------------------------------------------------------------------- */
/* By the table of indirect branches to the guest pc in RAX: FF /insn, 2 CALL or 4 JMP.  Kicked or not
 * there: by the short jumps in out[]. */
void x64_look_up(struct cg *cg, unsigned insn, uint8_t *out[2]);

/* --- the stack of C (control.c) -------------------------------------------------------------------------- */
/* Flags are kept. */
void x64_to_c_stack(struct cg *cg);
void x64_from_c_stack(struct cg *cg);

/* --- struct host's functions ------------------------------------------------------------------------- */
size_t x64_emit_runtime(struct cg *cg);
void x64_enter(struct tcg_cpu *cpu, const void *code);
void x64_leave_from_c(struct tcg_cpu *cpu);
uintptr_t x64_call_site(const struct tcg_cpu *cpu);
uint64_t x64_call_stack(const struct tcg_cpu *cpu);
void x64_goto_pc(struct cg *cg, uint32_t link, bool poll);
void x64_call_pc(struct cg *cg, uint32_t link, bool poll, const struct cg_return *ret);
enum { X64_UNCHAINED_BYTES = 17 };
void x64_unchained(struct cg *cg, uint32_t n);
void x64_goto_ind(struct cg *cg, const struct cg_operand *pc, enum ir_ind kind);
void x64_count_entry(struct cg *cg);
void x64_call_ind(struct cg *cg, const struct cg_operand *pc, const struct cg_return *ret);
bool x64_frame_rets_full(void *ucontext, struct tcg_cpu *cpu, const void *address);
void x64_rets_reset(struct tcg_cpu *cpu);
void x64_count(struct cg *cg, unsigned index);
void x64_raise(struct cg *cg, unsigned exc, int64_t arg, uint64_t pc);
void x64_chain(uint8_t *at, const uint8_t *to);
/* d = a with default NaNs in lanes of 4 or 8 bytes (vfdn), without FP flags; VSCRATCH0 is lost, and is
 * neither. */
void x64_default_nan(struct cg *cg, uint8_t lane, unsigned d, unsigned a);
void x64_fp_control(struct cg *cg, bool std);
void x64_fp_enter(struct cg *cg, bool std);
void x64_fp_sync(struct tcg_cpu *cpu);
void x64_fp_load(struct tcg_cpu *cpu);
uint32_t x64_fpcr(const struct fp_env *fp, uint32_t run_mode);
uint32_t x64_fp_flags(uint32_t mxcsr);
uintptr_t x64_frame_pc(const void *ucontext);
uint64_t x64_frame_int(const void *ucontext, unsigned reg);
tcg_v128 x64_frame_vec(const void *ucontext, unsigned reg);
uint64_t x64_frame_state(const void *ucontext);
uint64_t x64_frame_stack(const void *ucontext);
uint32_t x64_frame_fp_flags(const void *ucontext);
bool x64_frame_fp_trap(void *ucontext, struct tcg_cpu *cpu, const uint8_t *code, size_t size);
void x64_frame_leave(void *ucontext, struct tcg_cpu *cpu);
void x64_frame_call(void *ucontext, void (*fn)(struct tcg_cpu *), struct tcg_cpu *cpu);

/* --- emitters: one per row of emitters.def ------------------------------------------------------------- */
#define EMIT(name, emitter, flags) void emitter(struct cg *cg, const struct cg_inst *i);
#include "backends/x86_64/emitters.def"
/* Parts of load and store that atomic.c has. */
void x64_emit_load_pair_locked(struct cg *cg, const struct cg_inst *i);
void x64_emit_store_pair_locked(struct cg *cg, const struct cg_inst *i);

#endif
