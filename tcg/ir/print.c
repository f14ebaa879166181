/* SPDX-License-Identifier: MIT */
/* The IR as text, for -d ir and for broken invariants. */
#include <inttypes.h>

#include "tcg/guest.h"
#include "tcg/ir/ir.h"

static const char *const cond_name[16] = {"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc",
                                          "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"};
static const char *const type_name[] = {"", "i32", "i64", "v128", "fl"};

static void print_lane(uint8_t lane, FILE *out)
{
    fprintf(out, ".%u%c", ir_lane_count(lane), "bhsd"[lane & 3]);
}

static void print_mem(const struct ir_op *op, FILE *out)
{
    unsigned m = op->mod;
    fprintf(out, ".%u%s%s%s%s%s%s%s", 8u << (m & IR_MEM_SIZE), m & IR_MEM_SIGN ? ".sx" : "",
            m & IR_MEM_BSWAP ? ".swap" : "", m & IR_MEM_ALIGN ? ".align" : "",
            m & IR_MEM_ACQUIRE ? ".acq" : "", m & IR_MEM_RELEASE ? ".rel" : "",
            m & IR_MEM_SC ? ".sc" : "", m & IR_MEM_ATOMIC ? ".atomic" : "");
    if (op->opc == IR_rmw)
        fprintf(out, ".op%u", op->lane);
    if (op->arg[1] && op->opc != IR_cas)
        fprintf(out, " scale %u", 1u << (m >> IR_MEM_SCALE_SHIFT & 3));
}

static bool is_cond_op(uint16_t opc)
{
    return opc == IR_flags_sel || opc == IR_cc || opc == IR_sel || opc == IR_exit_if ||
           opc == IR_branch;
}

void ir_print_op(const struct ir *ir, ir_ref r, FILE *out)
{
    const struct ir_op *op = &ir->ops[r];
    const struct ir_opinfo *info = &ir_opinfo[op->opc];
    uint8_t types[4];
    unsigned n = ir_arg_types(ir, r, types);
    if (op->opc == IR_insn) {
        fprintf(out, " ---- %#" PRIx64 "\n", (uint64_t)op->imm);
        return;
    }
    if (ir_result_type(ir, r) != IR_NONE)
        fprintf(out, "  %%%u:%s = ", r, type_name[ir_result_type(ir, r)]);
    else
        fprintf(out, "  ");
    fprintf(out, "%s", info->name);
    if (info->flags & IRF_MEM)
        print_mem(op, out);
    else if (info->shape[0] == 'V' || op->lane)
        print_lane(op->lane, out);
    else if (op->type == IR_I32 && op->opc != IR_put && op->opc != IR_get)
        fprintf(out, ".32");
    if (is_cond_op(op->opc))
        fprintf(out, ".%s", cond_name[op->mod & 15]);
    if (op->opc == IR_get || op->opc == IR_put)
        fprintf(out, " %s", ir->guest ? ir->guest->slots[op->imm].name : "?");
    if (op->opc == IR_call || op->opc == IR_vcall)
        fprintf(out, " %s", ir->guest ? ir->guest->helpers[op->mod].name : "?");
    for (unsigned k = 0; k < n; k++)
        if (op->arg[k])
            fprintf(out, " %%%u", op->arg[k]);
    if (op->imm && op->opc != IR_get && op->opc != IR_put)
        fprintf(out, op->imm > 4095 || op->imm < -4095 ? " #%#" PRIx64 : " #%" PRId64, op->imm);
    else if (op->opc == IR_const)
        fprintf(out, " #0");
    if (op->imm2)
        fprintf(out, " #%#" PRIx64, (uint64_t)op->imm2);
    if (op->mod && !(info->flags & IRF_MEM) && !is_cond_op(op->opc) && op->mod != IR_ROUND_DYN &&
        op->opc != IR_call && op->opc != IR_vcall)
        fprintf(out, " mod %#x", op->mod);
    fputc('\n', out);
}

static void print_edges(const struct ir *ir, const struct ir_block *b, FILE *out)
{
    for (int e = 0; e < 2; e++) {
        if (b->succ[e] >= ir->n_blocks)
            continue;
        fprintf(out, "    -> block %u(", b->succ[e]);
        for (unsigned k = 0; k < ir->blocks[b->succ[e]].n_params; k++)
            fprintf(out, "%s%%%u", k ? ", " : "", ir->edge_args[b->edge[e] + k]);
        fprintf(out, ")\n");
    }
}

void ir_print(const struct ir *ir, FILE *out)
{
    fprintf(out, "region at %#" PRIx64 " mode %#x run %#x\n", ir->entry_pc, ir->mode, ir->run_mode);
    for (uint32_t k = 0; k < ir->n_blocks; k++) {
        const struct ir_block *b = &ir->blocks[k];
        fprintf(out, " block %u:\n", k);
        for (ir_ref r = b->first; r <= b->last; r++)
            if (ir->ops[r].opc != IR_NOP)
                ir_print_op(ir, r, out);
        print_edges(ir, b, out);
    }
}
