/* SPDX-License-Identifier: MIT */
/*
 * What the trans_* functions of A64 share.  Private to frontends/arm.
 *
 * A decode row NAME calls TRANS(NAME): it emits the IR of one instruction and returns true, or
 * returns false, before it has emitted anything that matters, where the encoding is UNDEFINED.
 * Its comment gives the assembler syntax.  Rules (tcg/ir/ir.h): within one instruction every put
 * comes after the last op that can fault; what changes control flow comes last.
 *
 * Register number 31 is XZR for a64_x/a64_w/a64_put_x/a64_put_w and SP for the _sp forms.
 */
#ifndef FRONTENDS_ARM_A64_LIFT_H
#define FRONTENDS_ARM_A64_LIFT_H

#include "frontends/arm/a64.h"

/* One lift of one instruction. */
struct a64_lift {
    struct tcg_lift *l;  /* for tcg_lift_* */
    struct ir *ir;       /* l->ir */
    uint64_t pc;         /* of this instruction */
    uint32_t insn;       /* its 32 bits */
    uint64_t features;   /* bits 1 << A64_FEAT_* */
};

/* Arguments a64_arg_NAME and prototypes a64_trans_NAME, one pair for each decode row. */
#define A64_DECODE_HEADER
#include "frontends/arm/a64_decode.inc.c"
#undef A64_DECODE_HEADER

/* Head of the function that lifts decode row NAME; `a` points to its fields. */
#define TRANS(NAME) bool a64_trans_##NAME(struct a64_lift *s, const a64_arg_##NAME *a)

static inline bool a64_has(const struct a64_lift *s, enum a64_feature f)
{
    return s->features >> f & 1;
}

/* Constants of type i64 and i32. */
static inline ir_ref a64_imm(struct a64_lift *s, int64_t v) { return ir_const(s->ir, IR_I64, v); }
static inline ir_ref a64_imm_w(struct a64_lift *s, int32_t v) { return ir_const(s->ir, IR_I32, v); }
/* A constant of the type that sf selects. */
static inline enum ir_type a64_type(unsigned sf) { return sf ? IR_I64 : IR_I32; }
static inline ir_ref a64_imm_t(struct a64_lift *s, unsigned sf, int64_t v)
{
    return sf ? a64_imm(s, v) : a64_imm_w(s, (int32_t)v);
}

/* X register r as an i64; 31 reads as zero. */
static inline ir_ref a64_x(struct a64_lift *s, unsigned r)
{
    return r == 31 ? a64_imm(s, 0) : ir_get(s->ir, A64_SLOT_X0 + r);
}
/* The same, 31 is SP. */
static inline ir_ref a64_x_sp(struct a64_lift *s, unsigned r) { return ir_get(s->ir, A64_SLOT_X0 + r); }
/* W register r as an i32. */
static inline ir_ref a64_w(struct a64_lift *s, unsigned r)
{
    return r == 31 ? a64_imm_w(s, 0) : ir_trunc(s->ir, ir_get(s->ir, A64_SLOT_X0 + r));
}
static inline ir_ref a64_w_sp(struct a64_lift *s, unsigned r) { return ir_trunc(s->ir, a64_x_sp(s, r)); }
/* X or W by sf: an i64 or an i32. */
static inline ir_ref a64_r(struct a64_lift *s, unsigned sf, unsigned r)
{
    return sf ? a64_x(s, r) : a64_w(s, r);
}
static inline ir_ref a64_r_sp(struct a64_lift *s, unsigned sf, unsigned r)
{
    return sf ? a64_x_sp(s, r) : a64_w_sp(s, r);
}

/* Write X register r; 31 is dropped. */
static inline void a64_put_x(struct a64_lift *s, unsigned r, ir_ref v)
{
    if (r != 31) {
        ir_put(s->ir, A64_SLOT_X0 + r, v);
    }
}
static inline void a64_put_x_sp(struct a64_lift *s, unsigned r, ir_ref v)
{
    ir_put(s->ir, A64_SLOT_X0 + r, v);
}
/* Write W register r from an i32: the upper half becomes zero. */
static inline void a64_put_w(struct a64_lift *s, unsigned r, ir_ref v)
{
    if (r != 31) {
        ir_put(s->ir, A64_SLOT_X0 + r, ir_zext64(s->ir, v));
    }
}
static inline void a64_put_w_sp(struct a64_lift *s, unsigned r, ir_ref v)
{
    ir_put(s->ir, A64_SLOT_X0 + r, ir_zext64(s->ir, v));
}
/* X or W by sf, from an i64 or an i32. */
static inline void a64_put_r(struct a64_lift *s, unsigned sf, unsigned r, ir_ref v)
{
    if (sf) {
        a64_put_x(s, r, v);
    } else {
        a64_put_w(s, r, v);
    }
}
static inline void a64_put_r_sp(struct a64_lift *s, unsigned sf, unsigned r, ir_ref v)
{
    if (sf) {
        a64_put_x_sp(s, r, v);
    } else {
        a64_put_w_sp(s, r, v);
    }
}

/* PSTATE.NZCV as a value of type flags. */
static inline ir_ref a64_flags(struct a64_lift *s) { return ir_get(s->ir, A64_SLOT_NZCV); }
static inline void a64_put_flags(struct a64_lift *s, ir_ref f) { ir_put(s->ir, A64_SLOT_NZCV, f); }

/* V register r, all 128 bits; writes are of all 128 bits too. */
static inline ir_ref a64_v(struct a64_lift *s, unsigned r) { return ir_get(s->ir, A64_SLOT_V0 + r); }
static inline void a64_put_v(struct a64_lift *s, unsigned r, ir_ref v)
{
    ir_put(s->ir, A64_SLOT_V0 + r, v);
}
/* Write lane 0 of v (size of `lane`) and zeros above it: the rule for scalar results. */
static inline void a64_put_v_scalar(struct a64_lift *s, unsigned r, uint8_t lane, ir_ref v)
{
    a64_put_v(s, r, ir_vzext(s->ir, (uint8_t)(lane & 3), v));
}
/* Write the low 64 bits (q = 0) or all of v. */
static inline void a64_put_v_q(struct a64_lift *s, unsigned q, unsigned r, ir_ref v)
{
    a64_put_v(s, r, q ? v : ir_vzext(s->ir, IR_LANE_D, v));
}

/* The index of a register-offset address: `option` is UXTW (2), LSL (3), SXTW (6) or SXTX (7);
 * not scaled. */
ir_ref a64_index(struct a64_lift *s, unsigned rm, unsigned option);

/* imm as the bitmask immediate of logical instructions (ARM ARM, DecodeBitMasks); false if
 * reserved.  Also used by nothing but A64, whatever the width. */
bool a64_bitmask_imm(unsigned sf, unsigned n, unsigned imms, unsigned immr, uint64_t *value);

/* Helpers (C functions that emitted code calls), numbers for ir_call/ir_vcall: rows of
 * a64_helpers.def. */
enum a64_helper {
#define HELPER(name, flags, result, n_args) A64_H_##name,
#include "frontends/arm/a64_helpers.def"
    A64_H_COUNT
};

#endif
