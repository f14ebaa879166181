/* SPDX-License-Identifier: MIT */
/*
 * What a32_lift.h declares: conditions, flags, branches, memory accesses of 32-bit ARM code.
 */
#include "frontends/arm/a32_lift.h"

/* --- conditions -------------------------------------------------------------------------------- */

enum { MAX_RUN = 16 };

/* The pc word behind next, if there, outside an IT block, is a Thumb branch with that condition of its own
 * (B T1 and T3), else next. */
static uint64_t past_branch(struct a32_lift *s, uint64_t next)
{
    const uint32_t address = (uint32_t)next & ~1u;
    uint16_t half, second;
    if (!tcg_lift_peek(s->l, address, &half, sizeof half))
        return next;
    if (half >> 8 == (0xd0u | s->cond))
        return (uint32_t)(next + 2) | (next & ~(uint64_t)UINT32_MAX);
    if ((half & 0xfbc0u) == (0xf000u | s->cond << 6) &&
        tcg_lift_peek(s->l, address + 2, &second, sizeof second) && (second & 0xd000u) == 0x8000u)
        return (uint32_t)(next + 4) | (next & ~(uint64_t)UINT32_MAX);
    return next;
}

/* Where to go on if this instruction's condition fails: then all behind it that have the same fail too. */
static uint64_t run_end(struct a32_lift *s)
{
    uint64_t next = s->l->next_pc;
    uint32_t word;
    uint16_t half;
    for (unsigned n = 0; n < MAX_RUN; n++) {
        const uint32_t address = (uint32_t)next & ~1u;
        const uint8_t it = (uint8_t)(next >> A32_PC_IT_SHIFT);
        if (s->thumb) {
            if (!it)
                return past_branch(s, next);
            if (it >> 4 != s->cond || !tcg_lift_peek(s->l, address, &half, sizeof half))
                break;
            next = (uint32_t)(next + (half >> 11 >= 0x1d ? 4 : 2)) |
                   (uint64_t)a32_it_advance(it) << A32_PC_IT_SHIFT;
        } else {
            if (!tcg_lift_peek(s->l, address, &word, sizeof word) || word >> 28 != s->cond)
                break;
            next = (uint32_t)(next + 4);
        }
    }
    return next;
}

/* No line goes on there: what was put before cannot be taken back, and cond is not of the guest's flags. */
void a32_skip_if(struct a32_lift *s, enum ir_cond cond, ir_ref flags, uint64_t pc)
{
    ir_exit_if(s->ir, cond, flags, pc);
    s->l->exits = true;
    s->l->skip_to = pc;
}

void a32_guard_cond(struct a32_lift *s)
{
    const uint64_t end = run_end(s);
    const bool skipped = tcg_lift_skip(s->l, s->cond ^ 1, s->cond_flags, end);
    a32_set_known(s->l, s->cond);
    if (skipped) {
        s->skip = (struct a32_skip){end, s->ir->n, s->cond ^ 1};
    }
    s->cond = IR_AL;
}

/* Flags `mask` of slot, the others of f.  The slots hold one value as long as no instruction has written some
 * flags alone. */
static ir_ref merged(struct a32_lift *s, unsigned mask, unsigned slot, ir_ref f)
{
    const ir_ref v = ir_get(s->ir, slot);
    return v == f ? f : ir_flags_merge(s->ir, mask, v, f);
}

ir_ref a32_flags_for(struct a32_lift *s, enum ir_cond cond)
{
    struct ir *ir = s->ir;
    switch (cond) {
    case IR_CS: case IR_CC:
        return ir_get(ir, A32_SLOT_C);
    case IR_VS: case IR_VC:
        return ir_get(ir, A32_SLOT_V);
    case IR_HI: case IR_LS:
        return merged(s, IR_MASK_C, A32_SLOT_C, ir_get(ir, A32_SLOT_NZ));
    case IR_GE: case IR_LT: case IR_GT: case IR_LE:
        return merged(s, IR_MASK_V, A32_SLOT_V, ir_get(ir, A32_SLOT_NZ));
    default:
        return ir_get(ir, A32_SLOT_NZ);
    }
}

ir_ref a32_selected(struct a32_lift *s, enum ir_type t, unsigned slot, ir_ref v)
{
    if (s->cond >= IR_AL) {
        return v;
    }
    return ir_sel(s->ir, t, s->cond, s->cond_flags, v, ir_get(s->ir, slot));
}

void a32_put_slot(struct a32_lift *s, unsigned slot, ir_ref v)
{
    ir_put(s->ir, slot, a32_selected(s, a32_guest.slots[slot].type, slot, v));
}

/* --- flags ----------------------------------------------------------------------------------------- */

ir_ref a32_flags(struct a32_lift *s)
{
    const ir_ref nz_c = merged(s, IR_MASK_C, A32_SLOT_C, ir_get(s->ir, A32_SLOT_NZ));
    return merged(s, IR_MASK_V, A32_SLOT_V, nz_c);
}

/* f where the condition holds, else the flags as they are; it is about to be put. */
static ir_ref selected_flags(struct a32_lift *s, ir_ref f)
{
    a32_set_known(s->l, IR_AL);
    if (s->cond >= IR_AL) {
        return f;
    }
    if (!s->flags_before) {
        s->flags_before = a32_flags(s);
    }
    return ir_flags_keep(s->ir, s->cond, s->flags_before, f);
}

void a32_put_flags(struct a32_lift *s, ir_ref f)
{
    f = selected_flags(s, f);
    ir_put(s->ir, A32_SLOT_NZ, f);
    ir_put(s->ir, A32_SLOT_C, f);
    ir_put(s->ir, A32_SLOT_V, f);
}

void a32_put_nz(struct a32_lift *s, ir_ref f)
{
    ir_put(s->ir, A32_SLOT_NZ, selected_flags(s, f));
}

void a32_put_c(struct a32_lift *s, ir_ref f)
{
    ir_put(s->ir, A32_SLOT_C, selected_flags(s, f));
}

void a32_or_q(struct a32_lift *s, ir_ref bit)
{
    a32_put_slot(s, A32_SLOT_Q, ir_or(s->ir, IR_I32, ir_get(s->ir, A32_SLOT_Q), bit));
}

/* --- branches -------------------------------------------------------------------------------------- */

static uint64_t pc_word(uint32_t address, bool thumb)
{
    return thumb ? address | A32_PC_T : address & ~3u;
}

void a32_branch_if(struct a32_lift *s, enum ir_cond cond, ir_ref flags, uint64_t pc)
{
    uint64_t next = s->l->next_pc;
    const enum ir_cond known = a32_known(s->l);
    if (known < IR_AL && (known | 1) == (cond | 1)) { /* behind a conditional instruction */
        if (known == cond) {
            tcg_lift_goto(s->l, pc);
        }
        return;
    }
    tcg_lift_branch(s->l, cond, flags, pc);
    a32_set_known(s->l, s->l->next_pc == next ? cond ^ 1 : cond);
}

void a32_branch_to(struct a32_lift *s, uint32_t address, bool thumb)
{
    if (s->cond < IR_AL) {
        a32_branch_if(s, s->cond, s->cond_flags, pc_word(address, thumb));
    } else {
        tcg_lift_goto(s->l, pc_word(address, thumb));
    }
}

void a32_branch(struct a32_lift *s, uint32_t address) { a32_branch_to(s, address, s->thumb); }

void a32_call_to(struct a32_lift *s, uint32_t address, bool thumb)
{
    s->l->calls = true;
    a32_guard(s);
    s->l->calls = false;
    ir_put(s->ir, A32_SLOT_LR, ir_const_pc(s->ir, (s->pc + s->bytes) | (s->thumb ? A32_PC_T : 0)));
    tcg_lift_call(s->l, pc_word(address, thumb));
}

void a32_bx(struct a32_lift *s, ir_ref target, enum ir_ind kind)
{
    a32_guard(s);
    tcg_lift_indirect(s->l, ir_zext64(s->ir, target), kind);
}

void a32_alu_write_pc(struct a32_lift *s, ir_ref target)
{
    a32_guard(s);
    if (s->thumb) {
        target = ir_or(s->ir, IR_I32, target, a32_imm(s, A32_PC_T));
    } else if (!a32_has(s, A32_FEAT_V7)) {
        target = ir_and(s->ir, IR_I32, target, a32_imm(s, ~3u));
    }
    a32_bx(s, target, IR_IND_JUMP);
}

void a32_load_pc(struct a32_lift *s, ir_ref v, bool returns)
{
    if (!a32_has(s, A32_FEAT_V5T)) {
        v = ir_and(s->ir, IR_I32, v, a32_imm(s, s->thumb ? ~1u : ~3u));
        v = s->thumb ? ir_or(s->ir, IR_I32, v, a32_imm(s, A32_PC_T)) : v;
    }
    a32_bx(s, v, returns ? IR_IND_RET : IR_IND_JUMP);
}

void a32_raise_here(struct a32_lift *s, unsigned exc, int64_t arg)
{
    a32_guard(s);
    tcg_lift_raise(s->l, exc, arg, s->l->pc);
}

void a32_raise_after(struct a32_lift *s, unsigned exc, int64_t arg)
{
    a32_guard(s);
    tcg_lift_raise(s->l, exc, arg, s->l->next_pc);
}

/* --- memory ---------------------------------------------------------------------------------------- */

ir_ref a32_load(struct a32_lift *s, enum ir_type t, unsigned mem, ir_ref base, int32_t disp)
{
    a32_guard(s);
    return ir_load(s->ir, t, mem | a32_order(s), base, disp);
}

void a32_store(struct a32_lift *s, unsigned mem, ir_ref base, int32_t disp, ir_ref v)
{
    a32_guard(s);
    ir_store(s->ir, mem | a32_order(s), base, disp, v);
}

ir_ref a32_load_x(struct a32_lift *s, enum ir_type t, unsigned mem, ir_ref base, ir_ref index, unsigned scale)
{
    a32_guard(s);
    return ir_load_x(s->ir, t, mem | a32_order(s), base, index, scale);
}

void a32_store_x(struct a32_lift *s, unsigned mem, ir_ref base, ir_ref index, unsigned scale, ir_ref v)
{
    a32_guard(s);
    ir_store_x(s->ir, mem | a32_order(s), base, index, scale, v);
}
