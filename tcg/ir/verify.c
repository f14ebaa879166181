/* SPDX-License-Identifier: MIT */
/*
 * The rules of the IR, checked: operands are defined before use (by position within a block, by
 * dominance across blocks), types and immediates fit, blocks end where they must, edges carry what
 * their target's parameters want.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tcg/guest.h"
#include "tcg/ir/ir.h"

static _Noreturn __attribute__((format(printf, 4, 5))) void
broken(const struct ir *ir, const char *stage, ir_ref r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "dragoman: broken IR after %s, op %%%u: ", stage, r);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    ir_print(ir, stderr);
    abort();
}

/* dom[b] = set of blocks that dominate b. */
static void dominators(const struct ir *ir, uint64_t *dom)
{
    uint64_t all = ir->n_blocks == 64 ? UINT64_MAX : (1ull << ir->n_blocks) - 1;
    dom[0] = 1;
    for (uint32_t b = 1; b < ir->n_blocks; b++)
        dom[b] = all;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t b = 1; b < ir->n_blocks; b++) {
            uint64_t in = all;
            for (uint32_t p = 0; p < ir->n_blocks; p++)
                if (ir->blocks[p].succ[0] == b || ir->blocks[p].succ[1] == b)
                    in &= dom[p];
            in |= 1ull << b;
            changed |= in != dom[b];
            dom[b] = in;
        }
    }
}

struct verify {
    const struct ir *ir;
    const char *stage;
    uint64_t dom[64];
    uint8_t *block_of;
};

static void check_use(struct verify *v, ir_ref r, ir_ref a, enum ir_type want)
{
    const struct ir *ir = v->ir;
    if (a == 0 || a >= ir->n)
        broken(ir, v->stage, r, "operand %%%u does not exist", a);
    enum ir_type t = ir_result_type(ir, a);
    if (t != want)
        broken(ir, v->stage, r, "operand %%%u is of type %d, not %d", a, t, want);
    unsigned ba = v->block_of[a], br = v->block_of[r];
    if (ba == 0xff || (ba == br ? a >= r : !(v->dom[br] >> ba & 1)))
        broken(ir, v->stage, r, "operand %%%u is not defined here", a);
}

static void check_op(struct verify *v, ir_ref r)
{
    const struct ir *ir = v->ir;
    const struct ir_op *op = &ir->ops[r];
    uint8_t types[4];
    if (op->opc >= IR_OPC_COUNT)
        broken(ir, v->stage, r, "no such op");
    if (op->opc == IR_NOP)
        return; /* what replaced it may stand in arg[0] (opt/opt.h) */
    unsigned n = ir_arg_types(ir, r, types);
    for (unsigned k = 0; k < n; k++)
        if (types[k] != IR_NONE || op->arg[k])
            check_use(v, r, op->arg[k], types[k]);
    for (unsigned k = n; k < 4; k++)
        if (op->arg[k])
            broken(ir, v->stage, r, "operand %u is not wanted", k);
    unsigned width = op->type == IR_I32 ? 32 : 64;
    if ((op->opc == IR_zext || op->opc == IR_sext) && (op->imm < 1 || op->imm > width))
        broken(ir, v->stage, r, "bad width");
    if ((op->opc == IR_ubfx || op->opc == IR_sbfx || op->opc == IR_bfi) &&
        (op->imm < 0 || op->imm2 < 1 || op->imm + op->imm2 > width))
        broken(ir, v->stage, r, "bad bit field");
    if ((op->opc == IR_get || op->opc == IR_put) &&
        (op->imm < 0 || op->imm >= ir->guest->n_slots || ir->guest->slots[op->imm].type != op->type))
        broken(ir, v->stage, r, "bad slot");
    if ((op->opc == IR_call || op->opc == IR_vcall) && op->mod >= ir->guest->n_helpers)
        broken(ir, v->stage, r, "no such helper");
}

static void check_block(struct verify *v, uint32_t k)
{
    const struct ir *ir = v->ir;
    const struct ir_block *b = &ir->blocks[k];
    for (ir_ref r = b->first; r <= b->last; r++) {
        bool term = ir_opinfo[ir->ops[r].opc].flags & IRF_TERM;
        check_op(v, r);
        if (term != (r == b->last))
            broken(ir, v->stage, r, "terminators end blocks, and only they");
        if ((ir->ops[r].opc == IR_param) != (r < b->first + b->n_params))
            broken(ir, v->stage, r, "parameters stand at a block's head");
    }
    for (int e = 0; e < 2; e++) {
        if (b->succ[e] == UINT32_MAX)
            continue;
        if (b->succ[e] >= ir->n_blocks)
            broken(ir, v->stage, b->last, "no block %u", b->succ[e]);
        const struct ir_block *t = &ir->blocks[b->succ[e]];
        for (unsigned i = 0; i < t->n_params; i++)
            check_use(v, b->last, ir->edge_args[b->edge[e] + i], ir->ops[t->first + i].type);
    }
}

void ir_verify(const struct ir *ir, const char *stage)
{
    struct verify v = {.ir = ir, .stage = stage};
    if (!ir->n_blocks || ir->n_blocks > IR_MAX_BLOCKS)
        broken(ir, stage, 0, "%u blocks", ir->n_blocks);
    v.block_of = malloc(ir->n);
    if (!v.block_of)
        abort();
    memset(v.block_of, 0xff, ir->n);
    for (uint32_t k = 0; k < ir->n_blocks; k++)
        for (ir_ref r = ir->blocks[k].first; r <= ir->blocks[k].last; r++)
            v.block_of[r] = (uint8_t)k;
    dominators(ir, v.dom);
    for (uint32_t k = 0; k < ir->n_blocks; k++)
        check_block(&v, k);
    free(v.block_of);
}
