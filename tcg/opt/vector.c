/* SPDX-License-Identifier: MIT */
/*
 * What takes guests two vector instructions and hosts one: upper halves as operands, narrowing into both
 * halves, rounds of AES; and vectors taken apart again, as between the rounds of SHA-256.  The first op of a pair stays for whoever else reads it; opt_dce() drops it.
 */
#include <string.h>

#include "tcg/opt/opt.h"

/* MixColumns of an AES step. */
static void fold_aes(const struct ir *ir, struct ir_op *op)
{
    const bool inverse = op->opc == IR_vaesimc;
    const struct ir_op *a = &ir->ops[op->arg[0]];
    if (a->opc != (inverse ? IR_vaesd : IR_vaese))
        return;
    op->opc = inverse ? IR_vaesdimc : IR_vaesemc;
    op->arg[1] = a->arg[1];
    op->arg[0] = a->arg[0];
}

/* Low halves of vhi64. */
static void fold_high(const struct ir *ir, struct ir_op *op, uint16_t high)
{
    const bool two = ir_arg_count[op->opc] == 2;
    const struct ir_op *a = &ir->ops[op->arg[0]], *b = two ? &ir->ops[op->arg[1]] : a;
    if (a->opc != IR_vhi64 || b->opc != IR_vhi64)
        return;
    op->opc = high;
    op->arg[0] = a->arg[0];
    if (two)
        op->arg[1] = b->arg[0];
}

/* vinsl.d(vxtn x, vxtn y, 1, 0): the even lanes of x, then of y. */
static void fold_narrow(const struct ir *ir, struct ir_op *op)
{
    const struct ir_op *a = &ir->ops[op->arg[0]], *b = &ir->ops[op->arg[1]];
    if ((op->lane & 3) != IR_LANE_D || op->imm != 1 || op->imm2 != 0 || a->opc != IR_vxtn ||
        b->opc != IR_vxtn || ((a->lane ^ b->lane) & 3))
        return;
    *op = (struct ir_op){.opc = IR_vuzp1, .type = op->type, .lane = (uint8_t)((a->lane & 3) - 1),
                         .arg = {a->arg[0], b->arg[0]}};
}

/* Both halves of what was put together of two halves. */
static bool fold_halves(struct ir *ir, ir_ref r)
{
    const struct ir_op *op = &ir->ops[r];
    const struct ir_op *a = &ir->ops[op->arg[0]], *b = &ir->ops[op->arg[1]];
    if (op->lane != IR_LANE_D || a->opc != IR_vtrn1 || b->opc != IR_vtrn2 || a->lane != IR_LANE_D ||
        b->lane != IR_LANE_D || a->arg[0] != b->arg[0] || a->arg[1] != b->arg[1])
        return false;
    opt_replace(ir, r, a->arg[op->opc == IR_vtrn1 ? 0 : 1]);
    return true;
}

static bool fold_reversed(struct ir *ir, ir_ref r)
{
    const struct ir_op *op = &ir->ops[r], *a = &ir->ops[op->arg[0]];
    if (a->opc != IR_vrev || a->lane != op->lane || a->imm != op->imm)
        return false;
    opt_replace(ir, r, a->arg[0]);
    return true;
}

/* The same op a little before, in this block, serves as well. */
static void fold_again(struct ir *ir, ir_ref r)
{
    enum { AS_FAR = 32 };
    const struct ir_op *op = &ir->ops[r];
    for (ir_ref k = r - 1; k + AS_FAR > r && k > 0; k--) {
        const struct ir_op *o = &ir->ops[k];
        if (o->opc == IR_param || ir_opinfo[o->opc].flags & IRF_TERM)
            return;
        if (o->opc == op->opc && o->lane == op->lane && o->mod == op->mod && o->imm == op->imm &&
            !memcmp(o->arg, op->arg, sizeof op->arg)) {
            opt_replace(ir, r, k);
            return;
        }
    }
}

/* A lane of what is one value in all its lanes, or of an integer: how A32 takes the result of a conversion,
 * or half of a D register. */
static void fold_lane(struct ir *ir, ir_ref r)
{
    struct ir_op *op = &ir->ops[r];
    const struct ir_op *a = &ir->ops[op->arg[0]];
    const unsigned whole = op->type == IR_I64 ? IR_LANE_D : IR_LANE_S;
    if (a->opc == IR_vdupl && ((a->lane ^ op->lane) & 3) == 0 && op->imm < ir_lane_count(a->lane)) {
        op->imm = a->imm;
        op->arg[0] = a->arg[0];
    } else if (a->opc == IR_vfromi && a->type == op->type && op->imm == 0 && (op->lane & 3) == whole &&
               (a->lane & 3) == whole) {
        opt_replace(ir, r, a->arg[0]);
    }
}

_Static_assert(IR_vpmull2 - IR_vsxtl2 == IR_vpmull - IR_vsxtl && IR_vumull2 - IR_vsxtl2 == IR_vumull - IR_vsxtl &&
                   IR_vpmull - IR_vsxtl == 4, "ops.def has both in the same order");

const bool opt_vector_folds[IR_OPC_COUNT] = {
    [IR_vaesmc] = true, [IR_vaesimc] = true, [IR_vsxtl] = true, [IR_vuxtl] = true, [IR_vsmull] = true,
    [IR_vumull] = true, [IR_vpmull] = true, [IR_vinsl] = true, [IR_vtrn1] = true, [IR_vtrn2] = true,
    [IR_vrev] = true, [IR_vor] = true, [IR_vand] = true, [IR_vtoi] = true, [IR_vhi64] = true,
    [IR_vsha256r2] = true, [IR_vfromi] = true, [IR_vzip1] = true,
};

void opt_fold_vector(struct ir *ir, ir_ref r)
{
    struct ir_op *op = &ir->ops[r];
    switch (op->opc) {
    case IR_vaesmc: case IR_vaesimc:
        fold_aes(ir, op);
        break;
    case IR_vsxtl: case IR_vuxtl: case IR_vsmull: case IR_vumull: case IR_vpmull:
        fold_high(ir, op, (uint16_t)(op->opc + (IR_vsxtl2 - IR_vsxtl)));
        break;
    case IR_vinsl:
        fold_narrow(ir, op);
        break;
    case IR_vtrn1: case IR_vtrn2:
        if (!fold_halves(ir, r))
            fold_again(ir, r);
        break;
    case IR_vrev:
        if (!fold_reversed(ir, r))
            fold_again(ir, r);
        break;
    case IR_vor: case IR_vand: /* how A32 copies a Q register */
        if (op->arg[0] == op->arg[1] && !(op->lane & (IR_LANES_64 | IR_LANES_1)))
            opt_replace(ir, r, op->arg[0]);
        break;
    case IR_vtoi:
        fold_lane(ir, r);
        break;
    case IR_vhi64: case IR_vsha256r2: case IR_vzip1: case IR_vfromi: /* A32's UADD8 and the like, with the same mask */
        fold_again(ir, r);
        break;
    default:
        break;
    }
}
