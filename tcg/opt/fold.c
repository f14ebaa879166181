/* SPDX-License-Identifier: MIT */
/* Constants, neutral operands, address arithmetic: one op, its operands final. */
#include "tcg/guest.h"
#include "tcg/interp/eval.h"
#include "tcg/opt/opt.h"

static bool is_imm(const struct ir *ir, ir_ref v)
{
    return ir->ops[v].opc == IR_const && !(ir->ops[v].mod & IR_SYM);
}

static bool is_value(const struct ir *ir, ir_ref v, int64_t imm)
{
    return is_imm(ir, v) && ir->ops[v].imm == imm;
}

static void make_const(struct ir_op *op, enum ir_type t, int64_t v, uint16_t sym)
{
    op->opc = IR_const; /* field by field: a whole op is cleared by a string instruction, which is slow */
    op->type = (uint8_t)t;
    op->lane = 0;
    op->mod = sym;
    op->pass = 0;
    op->arg[0] = op->arg[1] = op->arg[2] = op->arg[3] = 0;
    op->imm = t == IR_I32 ? (int32_t)v : v;
    op->imm2 = 0;
}

/* Every operand is a plain constant: the op's own definition gives the result. */
static bool fold_all(struct ir *ir, ir_ref r)
{
    struct ir_op *op = &ir->ops[r];
    union ir_val v[3] = {{0}}, d;
    enum ir_type t = ir_result_type(ir, r);
    unsigned n = 0;
    for (; n < 3 && op->arg[n]; n++) {
        if (!is_imm(ir, op->arg[n]))
            return false;
        v[n].l = (uint64_t)ir->ops[op->arg[n]].imm;
        if (ir->ops[op->arg[n]].type == IR_I32)
            v[n].l = v[n].w;
    }
    if (!n || (t != IR_I32 && t != IR_I64))
        return false;
    struct ir_desc desc = {op->opc, op->type, op->lane, op->mod, op->imm, op->imm2};
    ir_eval[op->opc](NULL, &desc, &d, &v[0], &v[1], &v[2]);
    make_const(op, t, (int64_t)d.l, 0);
    return true;
}

/* a + constant, where a may be an image address or itself a + constant. */
static void fold_add(struct ir *ir, ir_ref r, int64_t c)
{
    struct ir_op *op = &ir->ops[r];
    const struct ir_op *a = &ir->ops[op->arg[0]];
    if (c == 0)
        opt_replace(ir, r, op->arg[0]);
    else if (a->opc == IR_const)
        make_const(op, op->type, a->imm + c, a->mod);
}

/* The value whose halves a 32-bit guest has loaded into two registers and joins again: the value of 64 bits
 * of which `low` is zext64 of the lower half and `high` the upper one, shifted back; or 0. */
static ir_ref rejoined(const struct ir *ir, ir_ref low, ir_ref high)
{
    const struct ir_op *lo = &ir->ops[low], *hi = &ir->ops[high];
    if (lo->opc != IR_zext64 || hi->opc != IR_shl || !is_value(ir, hi->arg[1], 32) ||
        ir->ops[hi->arg[0]].opc != IR_zext64)
        return 0;
    const struct ir_op *half = &ir->ops[lo->arg[0]], *upper = &ir->ops[ir->ops[hi->arg[0]].arg[0]];
    if (half->opc != IR_trunc || upper->opc != IR_trunc)
        return 0;
    const struct ir_op *shift = &ir->ops[upper->arg[0]];
    return shift->opc == IR_shr && shift->arg[0] == half->arg[0] && is_value(ir, shift->arg[1], 32)
               ? half->arg[0] : 0;
}

/* Bits that may be set in the integer v; depth: how far to look. */
static uint64_t possible(const struct ir *ir, ir_ref v, unsigned depth)
{
    const struct ir_op *op = &ir->ops[v];
    switch (depth ? op->opc : IR_NOP) {
    case IR_const:
        return op->mod & IR_SYM ? UINT64_MAX : op->type == IR_I32 ? (uint32_t)op->imm : (uint64_t)op->imm;
    case IR_and:
        return possible(ir, op->arg[0], depth - 1) & possible(ir, op->arg[1], depth - 1);
    case IR_or:
        return possible(ir, op->arg[0], depth - 1) | possible(ir, op->arg[1], depth - 1);
    case IR_nzcv:
        return UINT32_C(0xf) << 28;
    default:
        return UINT64_MAX;
    }
}

static bool apart(const struct ir *ir, ir_ref a, ir_ref b)
{
    enum { DEPTH = 3 };
    return !(possible(ir, a, DEPTH) & possible(ir, b, DEPTH));
}

/* a & mask, where a is put together of what the mask takes and what it does not: of the flags, control and
 * status of A32's FPSCR the code that is run most wants one. */
static void fold_mask(const struct ir *ir, struct ir_op *op)
{
    const ir_ref mask = op->arg[1];
    const struct ir_op *a;
    while ((a = &ir->ops[op->arg[0]])->opc == IR_or) {
        if (apart(ir, a->arg[0], mask))
            op->arg[0] = a->arg[1];
        else if (apart(ir, a->arg[1], mask))
            op->arg[0] = a->arg[0];
        else
            break;
    }
    if (op->opc == IR_and && apart(ir, op->arg[0], mask))
        make_const(op, op->type, 0, 0);
}

static void fold_binary(struct ir *ir, ir_ref r)
{
    struct ir_op *op = &ir->ops[r];
    if ((ir_opinfo[op->opc].flags & IRF_COMM) && ir_is_const(ir, op->arg[0]) &&
        !ir_is_const(ir, op->arg[1])) {
        ir_ref t = op->arg[0];
        op->arg[0] = op->arg[1];
        op->arg[1] = t;
    }
    ir_ref a = op->arg[0], b = op->arg[1];
    int64_t ones = -1;
    if (op->opc == IR_add) { /* most often; the jump of the switch is hard to predict */
        if (is_imm(ir, b))
            fold_add(ir, r, ir->ops[b].imm);
        else if (is_value(ir, a, 0))
            opt_replace(ir, r, b);
        return;
    }
    if (a != b && op->opc != IR_or && !ir_is_const(ir, a) && !ir_is_const(ir, b))
        return;
    switch (op->opc) {
    case IR_sub:
        if (is_imm(ir, b))
            fold_add(ir, r, (int64_t)(0 - (uint64_t)ir->ops[b].imm));
        else if (is_value(ir, a, 0))
            *op = (struct ir_op){.opc = IR_neg, .type = op->type, .arg = {b}};
        break;
    case IR_or:
    case IR_xor:
        if (is_value(ir, b, 0))
            opt_replace(ir, r, a);
        else if (a == b && op->opc == IR_or)
            opt_replace(ir, r, a);
        else if (op->opc == IR_or && op->type == IR_I64 && rejoined(ir, a, b))
            opt_replace(ir, r, rejoined(ir, a, b));
        break;
    case IR_and:
        if (is_value(ir, b, ones) || a == b)
            opt_replace(ir, r, a);
        else if (is_value(ir, b, 0))
            make_const(op, op->type, 0, 0);
        else if (is_imm(ir, b) && ir->ops[a].opc == IR_or)
            fold_mask(ir, op);
        break;
    case IR_orn:
        if (is_value(ir, a, 0))
            *op = (struct ir_op){.opc = IR_not, .type = op->type, .arg = {b}};
        break;
    case IR_andn:
        if (is_value(ir, b, 0))
            opt_replace(ir, r, a);
        break;
    case IR_shl: case IR_shr: case IR_sar: case IR_ror:
        if (is_value(ir, b, 0))
            opt_replace(ir, r, a);
        break;
    case IR_mul:
        if (is_value(ir, b, 1))
            opt_replace(ir, r, a);
        break;
    default:
        break;
    }
}

/* trunc(zext64 x) = x, trunc(constant), and the like. */
static void fold_width(struct ir *ir, ir_ref r)
{
    struct ir_op *op = &ir->ops[r];
    const struct ir_op *a = &ir->ops[op->arg[0]];
    if (op->opc == IR_trunc && (a->opc == IR_zext64 || a->opc == IR_sext64))
        opt_replace(ir, r, a->arg[0]);
    else if (op->opc == IR_zext && a->opc == IR_load && a->type == op->type &&
             !(a->mod & IR_MEM_SIGN) && 8 << (a->mod & IR_MEM_SIZE) <= op->imm)
        opt_replace(ir, r, op->arg[0]);
}

/* base + constant into the displacement. */
static void fold_address(struct ir *ir, struct ir_op *op)
{
    for (int k = 0; k < 4; k++) {
        const struct ir_op *a = &ir->ops[op->arg[0]];
        int64_t c;
        if (a->opc == IR_add && is_imm(ir, a->arg[1]))
            c = ir->ops[a->arg[1]].imm;
        else if (a->opc == IR_sub && is_imm(ir, a->arg[1]))
            c = -ir->ops[a->arg[1]].imm;
        else
            break;
        if (a->type == IR_I32)
            c = (int32_t)(c + op->imm) - op->imm; /* addresses of 32 bits wrap */
        if (c > INT32_MAX || c < INT32_MIN || op->imm + c > INT32_MAX || op->imm + c < INT32_MIN)
            break;
        op->imm += c;
        op->arg[0] = a->arg[0];
    }
    if (op->arg[1] || (op->opc != IR_load && op->opc != IR_store))
        return;
    /* base + (index << k), nothing more */
    const struct ir_op *a = &ir->ops[op->arg[0]];
    if (a->opc != IR_add || ir_is_const(ir, a->arg[1]))
        return;
    const struct ir_op *s = &ir->ops[a->arg[1]];
    ir_ref base = a->arg[0], index = a->arg[1];
    unsigned scale = 0;
    if (s->opc == IR_shl && is_imm(ir, s->arg[1]) && ir->ops[s->arg[1]].imm <= 3 &&
        ir->ops[s->arg[1]].imm >= 0) {
        index = s->arg[0];
        scale = (unsigned)ir->ops[s->arg[1]].imm;
    }
    op->arg[0] = base;
    op->arg[1] = index;
    op->mod |= (uint16_t)(scale << IR_MEM_SCALE_SHIFT);
}

/* A merge of flags with themselves, or with another merge's; and tests that need but one side. */
void opt_fold_merge(struct ir *ir, ir_ref r)
{
    struct ir_op *op = &ir->ops[r];
    for (unsigned k = 0; k < 2; k++) {
        int64_t mine = k ? ~op->imm & 15 : op->imm;
        const struct ir_op *a = &ir->ops[op->arg[k]];
        if (a->opc == IR_flags_merge && !(mine & ~a->imm))
            op->arg[k] = a->arg[0];
        else if (a->opc == IR_flags_merge && !(mine & a->imm))
            op->arg[k] = a->arg[1];
    }
    if (op->arg[0] == op->arg[1])
        opt_replace(ir, r, op->arg[0]);
}

/* Flags that the conditions read, bits 3..0 = N Z C V. */
static int64_t cond_needs(unsigned cond)
{
    static const uint8_t needs[8] = {4, 2, 8, 1, 6, 9, 13, 0};
    return needs[cond >> 1 & 7];
}

/* Operand k of op, of which the flags `needs` count. */
static void look_through_merge(struct ir *ir, struct ir_op *op, unsigned k, int64_t needs)
{
    const struct ir_op *m;
    while ((m = &ir->ops[op->arg[k]])->opc == IR_flags_merge) {
        if (!(needs & ~m->imm))
            op->arg[k] = m->arg[0];
        else if (!(needs & m->imm))
            op->arg[k] = m->arg[1];
        else
            break;
    }
}

void opt_fold_flags_use(struct ir *ir, struct ir_op *op)
{
    switch (op->opc) {
    case IR_cc: case IR_exit_if: case IR_branch:
        look_through_merge(ir, op, 0, cond_needs(op->mod));
        break;
    case IR_flags_sel:
        if (op->imm != IR_KEEP)
            look_through_merge(ir, op, 0, cond_needs(op->mod));
        break;
    case IR_sel:
        look_through_merge(ir, op, 2, cond_needs(op->mod));
        break;
    case IR_adc: case IR_sbc: case IR_flags_adc: case IR_flags_sbc:
        look_through_merge(ir, op, 2, 2);
        break;
    default:
        break;
    }
}

/* A side exit that is never taken goes. */
void opt_fold_exit(struct ir *ir, struct ir_op *op)
{
    const struct ir_op *fl = &ir->ops[op->arg[0]];
    if (fl->opc == IR_flags_and && is_imm(ir, fl->arg[1]) && apart(ir, fl->arg[0], fl->arg[1]) &&
        !ir_cond_holds((enum ir_cond)op->mod, TCG_FLAG_Z))
        op->opc = IR_NOP;
}

void opt_fold_op(struct ir *ir, ir_ref r)
{
    struct ir_op *op = &ir->ops[r];
    const struct ir_opinfo *info = &ir_opinfo[op->opc];
    if (op->opc == IR_clz && ir->ops[op->arg[0]].opc == IR_rbit) /* how A64 counts trailing zeros */
        *op = (struct ir_op){.opc = IR_ctz, .type = op->type, .arg = {ir->ops[op->arg[0]].arg[0]}};
    if (info->flags & IRF_FOLD) {
        if (fold_all(ir, r))
            return;
        if (op->arg[1] && !op->arg[2] && info->shape[3] && !info->shape[4])
            fold_binary(ir, r);
        else if (op->arg[0] && !op->arg[1])
            fold_width(ir, r);
    } else if (op->opc == IR_flags_add || op->opc == IR_flags_and) {
        if (ir_is_const(ir, op->arg[0]) && !ir_is_const(ir, op->arg[1])) {
            ir_ref t = op->arg[0];
            op->arg[0] = op->arg[1];
            op->arg[1] = t;
        }
        if (op->opc == IR_flags_and && is_imm(ir, op->arg[1]) && ir->ops[op->arg[0]].opc == IR_or)
            fold_mask(ir, op);
    } else if (info->flags & IRF_MEM) {
        fold_address(ir, op);
    } else {
        opt_fold_vector(ir, r);
    }
}
