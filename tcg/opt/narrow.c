/* SPDX-License-Identifier: MIT */
/*
 * vzext clears what lies above a scalar or a 64-bit vector, as the guest's registers do.  An op that
 * reads the low lanes alone does not need it done.  Likewise vfdn.
 */
#include "tcg/guest.h"
#include "tcg/opt/opt.h"

static unsigned bytes_of_slot(const struct ir *ir, const struct ir_op *op)
{
    return tcg_slot_bytes(&ir->guest->slots[op->imm]);
}

/* Bytes of operand k that op reads. */
static unsigned reads(const struct ir *ir, const struct ir_op *op, unsigned k)
{
    const struct ir_opinfo *info = &ir_opinfo[op->opc];
    unsigned lane = ir_lane_bytes(op->lane);
    switch (op->opc) {
    case IR_vzext: case IR_fcmp: case IR_ftos: case IR_ftou: case IR_fjcvt:
        return lane;
    case IR_vfcvt:
        return op->lane & (IR_LANES_1 | IR_LANES_64) ? lane * ir_lane_count(op->lane) : 16;
    case IR_vtoi: case IR_vtois: case IR_vdupl:
        return lane * (unsigned)(op->imm + 1);
    case IR_vsxtl: case IR_vuxtl: case IR_vsmull: case IR_vumull: case IR_vpmull:
        return 8;
    case IR_vzip1:
        return 8;
    case IR_store:
        return k == 2 && op->type == IR_V128 ? 1u << (op->mod & IR_MEM_SIZE) : 16;
    case IR_put:
        return bytes_of_slot(ir, op);
    default:
        return info->flags & IRF_FPFX ? lane * ir_lane_count(op->lane) : 16;
    }
}

static unsigned of_constant(const struct ir_op *op)
{
    const uint64_t low = (uint64_t)op->imm;
    return op->imm2 ? 16 : low >> 32 ? 8 : 4;
}

static unsigned larger(unsigned a, unsigned b) { return a > b ? a : b; }

/* Bytes above which value v is known to be zero; `far`: how many ops to look back. */
static unsigned significant_from(const struct ir *ir, ir_ref v, unsigned far)
{
    const struct ir_op *op = &ir->ops[v];
    const unsigned lane = ir_lane_bytes(op->lane);
    if (far-- == 0)
        return 16;
    switch (op->opc) {
    case IR_vconst: return of_constant(op);
    case IR_stof: case IR_utof: return lane;
    case IR_vfcvt: return op->lane & IR_LANES_1 ? 1u << op->imm : 16;
    case IR_vfadd: case IR_vfsub: case IR_vfmul: case IR_vfmulx: case IR_vfdiv: case IR_vfma: case IR_vfsqrt:
    case IR_vfrint: /* of scalars: lanes above are those of a */
        return op->lane & IR_LANES_1 ? larger(lane, significant_from(ir, op->arg[0], far)) : 16;
    case IR_vxor: case IR_vor:
        return larger(significant_from(ir, op->arg[0], far), significant_from(ir, op->arg[1], far));
    case IR_vand: return significant_from(ir, op->arg[0], far);
    case IR_load: return 1u << (op->mod & IR_MEM_SIZE);
    case IR_vfromi: return op->type == IR_I32 ? 4 : 8;
    case IR_vzext: return ir_lane_bytes(op->lane);
    case IR_vxtn: case IR_vhi64: case IR_vsqxtn: case IR_vuqxtn: case IR_vsqxtun: return 8;
    default: return 16;
    }
}

static unsigned significant(const struct ir *ir, ir_ref v) { return significant_from(ir, v, 12); }

/* To an op that makes default NaNs one NaN operand is as good as another. */
static bool any_nan_does(const struct ir_op *op, const struct ir_op *vfdn)
{
    return (ir_opinfo[op->opc].flags & IRF_FPFX) && op->mod & IR_FPC1 && (op->lane & 3) == vfdn->lane &&
           op->opc != IR_vfmlal;
}

void opt_narrow_op(struct ir *ir, ir_ref r)
{
    struct ir_op *op = &ir->ops[r];
    for (unsigned k = 0; k < 3; k++) {
        const struct ir_op *a = &ir->ops[op->arg[k]];
        if (a->opc == IR_vfdn && any_nan_does(op, a))
            op->arg[k] = a->arg[0];
        if (a->opc == IR_vzext && op->opc != IR_call && op->opc != IR_vcall &&
            reads(ir, op, k) <= ir_lane_bytes(a->lane))
            op->arg[k] = a->arg[0];
    }
    if (op->opc == IR_vzext && ir->ops[op->arg[0]].opc == IR_vconst) {
        const int64_t low = ir->ops[op->arg[0]].imm;
        const unsigned bits = 8 * ir_lane_bytes(op->lane);
        *op = (struct ir_op){.opc = IR_vconst, .type = IR_V128,
                             .imm = bits < 64 ? low & ((1ll << bits) - 1) : low};
        return;
    }
    if (op->opc == IR_vzext && significant(ir, op->arg[0]) <= ir_lane_bytes(op->lane))
        opt_replace(ir, r, op->arg[0]);
}
