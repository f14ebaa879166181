/* SPDX-License-Identifier: MIT */
/*
 * What the trans_* functions of A32, T16 and T32 share.  Private to frontends/arm.
 *
 * A decode row NAME, or one with `->NAME`, calls TRANS(NAME): it emits the IR of one instruction and
 * returns true, or returns false, before it has emitted anything that matters, where the encoding is
 * UNDEFINED.  One function serves all three instruction sets where the semantics are the same; its
 * comment gives the assembler syntax.  Rules (tcg/ir/ir.h): within one instruction every put comes
 * after the last op that can fault; what changes control flow comes last.
 *
 * Conditions.  An instruction in an IT block or with an A32 condition is lifted by the same function.
 * Two ways, chosen by what it calls:
 *   - a32_put_r, a32_put_flags and the like select between the new and the old value.  So an
 *     instruction that only computes needs no branch and no thought.
 *   - what may fault, branch, raise or have a side effect that no put names (an FP op with its
 *     exception flags, a saturating op, a helper, a memory access) calls a32_guard() first: where the
 *     condition fails it goes on behind this instruction and those next to it that have the same one, and
 *     the rest of this one is unconditional.  a32_load, a32_store, the branches below and a32_call do so
 *     themselves.  Call it before the first put.
 *
 * VFP, Advanced SIMD and the CP15 accesses are in tables of A32 encodings: T32 has the same bits under
 * another top byte, which a32.c translates before decoding (condition 1110).
 */
#ifndef FRONTENDS_ARM_A32_LIFT_H
#define FRONTENDS_ARM_A32_LIFT_H

#include "frontends/arm/a32.h"

/* The line goes on where the guest skips the instruction (tcg_lift_skip()): at `to`, with the condition
 * known; ops n_ops and on are not to be.  n_ops 0: it does not. */
struct a32_skip {
    uint64_t to;
    uint32_t n_ops;
    uint8_t known;
};

/* One lift of one instruction. */
struct a32_lift {
    struct tcg_lift *l;  /* for tcg_lift_* */
    struct ir *ir;       /* l->ir */
    uint32_t pc;         /* address of this instruction */
    uint32_t insn;       /* its 32 bits; T16: in the upper half */
    uint64_t features;   /* bits 1 << A32_FEAT_* */
    bool thumb;
    uint8_t bytes;       /* its length, 2 or 4 */
    uint8_t it;          /* ITSTATE here; 0: not in an IT block */
    uint8_t cond;        /* enum ir_cond; IR_AL once a32_guard() was called */
    ir_ref cond_flags;   /* flags by which cond is judged, if it is not IR_AL */
    ir_ref flags_before; /* APSR.NZCV before the first put of flags, if cond is not IR_AL; or 0 */
    struct a32_skip skip;
};

/* Arguments a32_arg_NAME and prototypes a32_trans_NAME. */
#define A32_DECODE_HEADER
#include "frontends/arm/a32_decode.inc.c"
#undef A32_DECODE_HEADER

/* Head of the function that lifts rows of NAME; `a` points to their fields. */
#define TRANS(NAME) bool a32_trans_##NAME(struct a32_lift *s, const a32_arg_##NAME *a)

static inline bool a32_has(const struct a32_lift *s, enum a32_feature f)
{
    return s->features >> f & 1;
}

/* The value that pc reads as: two instructions ahead. */
static inline uint32_t a32_pc_value(const struct a32_lift *s) { return s->pc + (s->thumb ? 4 : 8); }
/* The same, word aligned: base of literals (Align(PC, 4)). */
static inline uint32_t a32_pc_base(const struct a32_lift *s) { return a32_pc_value(s) & ~3u; }

/* A constant of type i32. */
static inline ir_ref a32_imm(struct a32_lift *s, uint32_t v)
{
    return ir_const(s->ir, IR_I32, (int32_t)v);
}

/* Register r as an i32; 15 reads as a32_pc_value(). */
static inline ir_ref a32_r(struct a32_lift *s, unsigned r)
{
    return r == 15 ? ir_const_pc(s->ir, a32_pc_value(s)) : ir_get(s->ir, A32_SLOT_R0 + r);
}

/* --- conditions -------------------------------------------------------------------------------- */
/* See above.  Where the condition fails go on at the next instruction that has another one. */
void a32_guard_cond(struct a32_lift *s);
static inline void a32_guard(struct a32_lift *s)
{
    if (s->cond < IR_AL) {
        a32_guard_cond(s);
    }
}
/* Where cond holds go on at pc, a little further on, instead of with the rest of this instruction.  What
 * has been put before may be put twice. */
void a32_skip_if(struct a32_lift *s, enum ir_cond cond, ir_ref flags, uint64_t pc);
/* ITSTATE after one more instruction (ITAdvance). */
static inline uint8_t a32_it_advance(uint8_t it)
{
    return it & 7 ? (uint8_t)((it & 0xe0) | (it << 1 & 0x1f)) : 0;
}
/* The line goes on where cond holds, of the flags as they are, until they are next put; IR_AL: nothing
 * is known.  What follows in the line and has that condition needs no test. */
static inline void a32_set_known(struct tcg_lift *l, enum ir_cond cond)
{
    l->guest_data = cond < IR_AL ? (void *)(uintptr_t)(cond + 1) : NULL;
}
static inline enum ir_cond a32_known(const struct tcg_lift *l)
{
    return l->guest_data ? (enum ir_cond)((uintptr_t)l->guest_data - 1) : IR_AL;
}
/* v where the condition holds, else what the slot (type t) holds by now. */
ir_ref a32_selected(struct a32_lift *s, enum ir_type t, unsigned slot, ir_ref v);
/* A put of a slot of type i32 or v128, conditional. */
void a32_put_slot(struct a32_lift *s, unsigned slot, ir_ref v);
/* Flags by which cond can be judged, from APSR. */
ir_ref a32_flags_for(struct a32_lift *s, enum ir_cond cond);

/* Write register r, not 15, from an i32. */
static inline void a32_put_r(struct a32_lift *s, unsigned r, ir_ref v)
{
    if (s->cond >= IR_AL) {
        ir_put(s->ir, A32_SLOT_R0 + r, v);
    } else {
        a32_put_slot(s, A32_SLOT_R0 + r, v);
    }
}

/* --- flags ----------------------------------------------------------------------------------------- */
/* Flags of which C counts, for adc, sbc and conditions. */
static inline ir_ref a32_carry(struct a32_lift *s) { return ir_get(s->ir, A32_SLOT_C); }
/* APSR.NZCV = f; N and Z alone; C alone.  Conditional. */
void a32_put_flags(struct a32_lift *s, ir_ref f);
void a32_put_nz(struct a32_lift *s, ir_ref f);
void a32_put_c(struct a32_lift *s, ir_ref f);
/* APSR.NZCV as one flags value (MRS, VMRS). */
ir_ref a32_flags(struct a32_lift *s);
/* APSR.Q |= bit (an i32 of 0 or 1).  Conditional. */
void a32_or_q(struct a32_lift *s, ir_ref bit);

/* --- branches; each is the last thing that an instruction emits -------------------------------------- */
/* To a constant address in the same instruction set, or (thumb) in that one. */
void a32_branch(struct a32_lift *s, uint32_t address);
void a32_branch_to(struct a32_lift *s, uint32_t address, bool thumb);
/* A branch with a condition of its own; pc: the target's pc word (a32.h). */
void a32_branch_if(struct a32_lift *s, enum ir_cond cond, ir_ref flags, uint64_t pc);
/* LR = return address, then call. */
void a32_call_to(struct a32_lift *s, uint32_t address, bool thumb);
/* BX: bit 0 selects the instruction set.  (LoadWritePC and BXWritePC of the manual) */
void a32_bx(struct a32_lift *s, ir_ref target, enum ir_ind kind);
/* A data-processing result to pc (ALUWritePC): as BX in A32 from ARMv7 on, else in the same set. */
void a32_alu_write_pc(struct a32_lift *s, ir_ref target);
/* The exception exc at this instruction (pc: its own), or after it. */
void a32_raise_here(struct a32_lift *s, unsigned exc, int64_t arg);
void a32_raise_after(struct a32_lift *s, unsigned exc, int64_t arg);
/* The pc word (a32.h) of what follows this instruction. */
static inline uint64_t a32_next(const struct a32_lift *s) { return s->l->next_pc; }
/* Ends the region after this instruction: the mode word or FP control may have changed. */
static inline void a32_end(struct a32_lift *s) { tcg_lift_end(s->l); }

/* --- memory ---------------------------------------------------------------------------------------- */
/* mem: log2 of bytes | IR_MEM_*, without IR_MEM_BSWAP: these add it (PSTATE.E).  Address: i32 base +
 * disp, modulo 2^32.  Unconditional after they return (a32_guard). */
ir_ref a32_load(struct a32_lift *s, enum ir_type t, unsigned mem, ir_ref base, int32_t disp);
void a32_store(struct a32_lift *s, unsigned mem, ir_ref base, int32_t disp, ir_ref v);
/* The same at base + (index << scale). */
ir_ref a32_load_x(struct a32_lift *s, enum ir_type t, unsigned mem, ir_ref base, ir_ref index, unsigned scale);
void a32_store_x(struct a32_lift *s, unsigned mem, ir_ref base, ir_ref index, unsigned scale, ir_ref v);
/* Byte order of data accesses, 0 or IR_MEM_BSWAP. */
static inline unsigned a32_order(const struct a32_lift *s)
{
    return s->l->mode & A32_MODE_E ? IR_MEM_BSWAP : 0;
}

/* --- libgcc's division (a32_divide.c) ----------------------------------------------------------------- */
/* Behind CLZ rd, rm, which has been lifted: does what follows as one division, if it is one. */
void a32_divide_steps(struct a32_lift *s, unsigned rd, unsigned rm);
/* In place of a branch to target: the same of a loop that it begins.  False: it is none, nothing was done. */
bool a32_divide_loop(struct a32_lift *s, uint32_t target);

/* In the page of the user helpers (a32.h): if this pc is one of them, lifts it and returns true. */
bool a32_kuser(struct a32_lift *s);

/* Ends a load to pc (LoadWritePC): as BX from ARMv5T on.  returns: it is how functions return. */
void a32_load_pc(struct a32_lift *s, ir_ref v, bool returns);
/* Two registers as one i64 in memory order, and back.  rt2 = 16 stands for rt + 1. */
ir_ref a32_join(struct a32_lift *s, unsigned rt, unsigned rt2);
void a32_put_joined(struct a32_lift *s, unsigned rt, unsigned rt2, ir_ref v);
unsigned a32_second(unsigned rt, unsigned rt2);

/* Rm shifted by an immediate (DecodeImmShift): type 0 LSL, 1 LSR, 2 ASR, 3 ROR. */
ir_ref a32_shifted(struct a32_lift *s, unsigned rm, unsigned type, unsigned imm5);

/* Helpers (C functions that emitted code calls), numbers for ir_call/ir_vcall: rows of
 * a32_helpers.def.  Call a32_guard() before one that does more than compute. */
enum a32_helper {
#define HELPER(name, flags, result, n_args) A32_H_##name,
#include "frontends/arm/a32_helpers.def"
    A32_H_COUNT
};

#endif
