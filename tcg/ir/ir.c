/* SPDX-License-Identifier: MIT */
/*
 * Building a region of IR: storage, blocks, and the builders whose shape is CUSTOM.
 * See ir.h for what each does.
 */
#include "tcg/ir/ir.h"

#include <stdlib.h>
#include <string.h>

#include "tcg/guest.h"

enum {
    COMM = IRF_COMM, FOLD = IRF_FOLD, PURE = IRF_PURE, FPFX = IRF_FPFX, QCFX = IRF_QCFX,
    MEM = IRF_MEM, EXIT = IRF_EXIT, TERM = IRF_TERM, FX = IRF_FX,
};

const struct ir_opinfo ir_opinfo[IR_OPC_COUNT] = {
    [IR_NOP] = {"nop", "CUSTOM", "a deleted op", 0},
#define OP(name, shape, flags, meaning) [IR_##name] = {#name, #shape, meaning, (flags)},
#include "tcg/ir/ops.def"
};

static void *grow(void *p, uint32_t *cap, uint32_t need, size_t size)
{
    if (need <= *cap)
        return p;
    uint32_t n = *cap ? *cap * 2 : 256;
    while (n < need)
        n *= 2;
    p = realloc(p, n * size);
    if (!p)
        abort();
    *cap = n;
    return p;
}

/* --- types ------------------------------------------------------------------------------------- */

static enum ir_type letter_type(char c, const struct ir_op *op)
{
    switch (c) {
    case 'T': return op->type;
    case 'W': return IR_I32;
    case 'L': return IR_I64;
    case 'V': return IR_V128;
    case 'F': return IR_FLAGS;
    default: return IR_NONE;
    }
}

uint8_t ir_result_kind[IR_OPC_COUNT];

/* By opcode, from its shape; IR_OF_OP where it is op->type.  The same whoever fills it in. */
static void fill_result_kinds(void)
{
    static const uint16_t of_op[] = {IR_const, IR_vconst, IR_get, IR_param, IR_crc32, IR_cc, IR_sel,
                                     IR_load, IR_load_excl, IR_rmw, IR_cas, IR_call};
    const struct ir_op marker = {.type = IR_OF_OP};
    for (unsigned k = 0; k < IR_OPC_COUNT; k++)
        if (strcmp(ir_opinfo[k].shape, "CUSTOM"))
            ir_result_kind[k] = (uint8_t)letter_type(ir_opinfo[k].shape[0], &marker);
    for (unsigned k = 0; k < sizeof of_op / sizeof *of_op; k++)
        ir_result_kind[of_op[k]] = IR_OF_OP;
    ir_result_kind[IR_store_excl] = IR_I32;
    ir_result_kind[IR_vcall] = IR_V128;
    ir_result_kind[IR_fcmp] = ir_result_kind[IR_flags_sel] = IR_FLAGS;
    ir_result_kind[IR_flags_merge] = IR_FLAGS;
}

uint8_t ir_arg_count[IR_OPC_COUNT];

/* CUSTOM ops have up to four, but for these. */
static void fill_arg_counts(void)
{
    static const uint16_t none[] = {IR_NOP, IR_const, IR_vconst, IR_get, IR_insn, IR_param,
                                    IR_clear_excl, IR_fence, IR_poll, IR_jump, IR_goto_pc, IR_raise};
    static const uint16_t one[] = {IR_put, IR_cc, IR_exit_if, IR_branch, IR_goto_ind};
    static const uint16_t two[] = {IR_load, IR_load_excl, IR_fcmp, IR_flags_sel, IR_crc32};
    static const uint16_t three[] = {IR_store, IR_sel};
    for (unsigned k = 0; k < IR_OPC_COUNT; k++) {
        const char *shape = ir_opinfo[k].shape;
        bool custom = !strcmp(shape, "CUSTOM");
        uint8_t n = custom ? 4 : 0;
        for (const char *c = shape + 2; !custom && *c; c++)
            n += *c != 'I' && *c != 'M';
        ir_arg_count[k] = n;
    }
    for (unsigned k = 0; k < sizeof none / sizeof *none; k++)
        ir_arg_count[none[k]] = 0;
    for (unsigned k = 0; k < sizeof one / sizeof *one; k++)
        ir_arg_count[one[k]] = 1;
    for (unsigned k = 0; k < sizeof two / sizeof *two; k++)
        ir_arg_count[two[k]] = 2;
    for (unsigned k = 0; k < sizeof three / sizeof *three; k++)
        ir_arg_count[three[k]] = 3;
}

void ir_init(struct ir *ir, const struct guest *guest)
{
    memset(ir, 0, sizeof *ir);
    if (!ir_result_kind[IR_const]) {
        fill_arg_counts();
        fill_result_kinds();
    }
    ir->guest = guest;
    for (unsigned s = 0; s < guest->n_slots; s++)
        ir->groups |= guest->slots[s].group != 0;
    ir_reset(ir);
}

void ir_reset(struct ir *ir)
{
    ir->n = 1;
    if (!ir->cap)
        ir_grown(ir, 0);
    memset(&ir->ops[0], 0, sizeof ir->ops[0]);
    ir->n_blocks = 0;
    ir->promoted = false;
    ir->local = false;
    ir->batches = false;
    ir->promotes = false;
    ir->replaced = false;
    ir->n_edge_args = 0;
}

void ir_promote(struct ir *ir)
{
    ir->promotes = true;
    memset(ir->now, 0, ir->guest->n_slots * sizeof ir->now[0]);
}

void ir_free(struct ir *ir)
{
    free(ir->ops);
    free(ir->mark);
    free(ir->blocks);
    free(ir->edge_args);
    memset(ir, 0, sizeof *ir);
}

ir_ref ir_grown(struct ir *ir, ir_ref r)
{
    ir->ops = grow(ir->ops, &ir->cap, ir->n + 1, sizeof *ir->ops);
    ir->mark = realloc(ir->mark, (ir->cap / 64 + 1) * sizeof *ir->mark);
    if (!ir->mark)
        abort();
    return r;
}

void ir_cut(struct ir *ir, ir_ref n)
{
    ir->n = n;
    memset(ir->now, 0, ir->guest->n_slots * sizeof ir->now[0]); /* what the slots held before is not known */
}

/* --- blocks --------------------------------------------------------------------------------- */

uint32_t ir_block_begin(struct ir *ir, unsigned n_params, const uint8_t *param_types)
{
    uint32_t k = ir->n_blocks;
    ir->blocks = grow(ir->blocks, &ir->cap_blocks, k + 1, sizeof *ir->blocks);
    ir->n_blocks++;
    ir->blocks[k] = (struct ir_block){.first = ir->n, .succ = {UINT32_MAX, UINT32_MAX},
                                      .n_params = (uint16_t)n_params};
    for (unsigned i = 0; i < n_params; i++)
        ir_mk(ir, IR_param, param_types[i], 0, 0, 0, 0, i, 0, 0);
    return k;
}

ir_ref ir_block_param(const struct ir *ir, uint32_t block, unsigned k)
{
    return ir->blocks[block].first + k;
}

uint32_t ir_add_edge(struct ir *ir, const ir_ref *args, unsigned n)
{
    uint32_t at = ir->n_edge_args;
    ir->edge_args = grow(ir->edge_args, &ir->cap_edge_args, at + n, sizeof *ir->edge_args);
    if (n)
        memcpy(ir->edge_args + at, args, n * sizeof *args);
    ir->n_edge_args += n;
    return at;
}

/* Regions made without ir_block_begin() have one block, opened by their first terminator. */
static struct ir_block *end_block(struct ir *ir, ir_ref last)
{
    if (!ir->n_blocks) {
        ir_block_begin(ir, 0, NULL);
        ir->blocks[0].first = 1;
    }
    struct ir_block *b = &ir->blocks[ir->n_blocks - 1];
    b->last = last;
    return b;
}

ir_ref ir_jump(struct ir *ir, uint32_t target, const ir_ref *args, unsigned n)
{
    ir_ref r = ir_mk(ir, IR_jump, IR_NONE, 0, 0, 0, 0, target, 0, 0);
    struct ir_block *b = end_block(ir, r);
    b->succ[0] = target;
    b->edge[0] = ir_add_edge(ir, args, n);
    return r;
}

ir_ref ir_branch(struct ir *ir, enum ir_cond cond, ir_ref flags, uint32_t then_block,
                 const ir_ref *then_args, unsigned n_then, uint32_t else_block,
                 const ir_ref *else_args, unsigned n_else)
{
    ir_ref r = ir_mk(ir, IR_branch, IR_NONE, 0, flags, 0, 0, then_block, else_block, cond);
    struct ir_block *b = end_block(ir, r);
    b->succ[0] = then_block;
    b->succ[1] = else_block;
    b->edge[0] = ir_add_edge(ir, then_args, n_then);
    b->edge[1] = ir_add_edge(ir, else_args, n_else);
    return r;
}

/* --- custom builders -------------------------------------------------------------------------- */

ir_ref ir_const(struct ir *ir, enum ir_type t, int64_t value)
{
    return ir_mk(ir, IR_const, t, 0, 0, 0, 0, t == IR_I32 ? (int32_t)value : value, 0, 0);
}

ir_ref ir_const_pc(struct ir *ir, uint64_t guest_address)
{
    const bool narrow = ir->guest->address_bits == 32;
    return ir_mk(ir, IR_const, narrow ? IR_I32 : IR_I64, 0, 0, 0, 0,
                 narrow ? (int32_t)guest_address : (int64_t)guest_address, 0, IR_SYM);
}

ir_ref ir_vconst(struct ir *ir, uint64_t lo, uint64_t hi)
{
    return ir_mk(ir, IR_vconst, IR_V128, 0, 0, 0, 0, (int64_t)lo, (int64_t)hi, 0);
}

ir_ref ir_get(struct ir *ir, unsigned slot)
{
    if (ir->promotes && ir->now[slot])
        return ir->now[slot];
    const struct tcg_slot *s = &ir->guest->slots[slot];
    if (!s->group)
        ir->now[slot] = ir->n; /* the op to come, which is made last: nothing is kept across a call */
    return ir_mk(ir, IR_get, s->type, 0, 0, 0, 0, slot, 0, 0);
}

void ir_put(struct ir *ir, unsigned slot, ir_ref v)
{
    const struct tcg_slot *s = &ir->guest->slots[slot];
    if (!s->group)
        ir->now[slot] = v;
    ir_mk(ir, IR_put, s->type, 0, v, 0, 0, slot, 0, 0);
}

/* Behind a call of helper h, which may change them. */
static void forget_slots(struct ir *ir, unsigned h)
{
    if (ir->promotes && ir->guest->helpers[h].flags & TCG_H_WRITES)
        memset(ir->now, 0, ir->guest->n_slots * sizeof ir->now[0]);
}

void ir_insn(struct ir *ir, uint64_t pc, uint64_t word)
{
    ir_mk(ir, IR_insn, IR_NONE, 0, 0, 0, 0, (int64_t)pc, (int64_t)word, 0);
}

ir_ref ir_crc32(struct ir *ir, ir_ref crc, ir_ref data, unsigned bytes, bool castagnoli)
{
    return ir_mk(ir, IR_crc32, IR_I32, 0, crc, data, 0, bytes, 0, castagnoli ? IR_CRC32C : 0);
}

ir_ref ir_flags_sel(struct ir *ir, enum ir_cond cond, ir_ref test, ir_ref flags, unsigned nzcv)
{
    return ir_mk(ir, IR_flags_sel, IR_I32, 0, test, flags, 0, nzcv, 0, cond);
}

ir_ref ir_flags_keep(struct ir *ir, enum ir_cond cond, ir_ref test, ir_ref flags)
{
    return ir_flags_sel(ir, cond, test, flags, IR_KEEP);
}

ir_ref ir_flags_merge(struct ir *ir, unsigned mask, ir_ref a, ir_ref b)
{
    return ir_mk(ir, IR_flags_merge, IR_I32, 0, a, b, 0, mask, 0, 0);
}

ir_ref ir_fcmp(struct ir *ir, uint8_t lane, ir_ref a, ir_ref b, bool signalling)
{
    return ir_mk(ir, IR_fcmp, IR_V128, lane, a, b, 0, 0, 0, signalling ? IR_FCMP_SIGNAL : 0);
}

ir_ref ir_cc(struct ir *ir, enum ir_type t, enum ir_cond cond, ir_ref flags)
{
    return ir_mk(ir, IR_cc, t, 0, flags, 0, 0, 0, 0, cond);
}

ir_ref ir_sel(struct ir *ir, enum ir_type t, enum ir_cond cond, ir_ref flags, ir_ref a, ir_ref b)
{
    return ir_mk(ir, IR_sel, t, 0, a, b, flags, 0, 0, cond);
}

ir_ref ir_load(struct ir *ir, enum ir_type t, unsigned mem, ir_ref base, int64_t disp)
{
    return ir_mk(ir, IR_load, t, 0, base, 0, 0, disp, 0, mem);
}

void ir_store(struct ir *ir, unsigned mem, ir_ref base, int64_t disp, ir_ref value)
{
    ir_mk(ir, IR_store, ir_result_type(ir, value), 0, base, 0, value, disp, 0, mem);
}

ir_ref ir_load_x(struct ir *ir, enum ir_type t, unsigned mem, ir_ref base, ir_ref index,
                 unsigned scale)
{
    return ir_mk(ir, IR_load, t, 0, base, index, 0, 0, 0, mem | scale << IR_MEM_SCALE_SHIFT);
}

void ir_store_x(struct ir *ir, unsigned mem, ir_ref base, ir_ref index, unsigned scale, ir_ref value)
{
    ir_mk(ir, IR_store, ir_result_type(ir, value), 0, base, index, value, 0, 0,
          mem | scale << IR_MEM_SCALE_SHIFT);
}

ir_ref ir_load_excl(struct ir *ir, enum ir_type t, unsigned mem, ir_ref base)
{
    return ir_mk(ir, IR_load_excl, t, 0, base, 0, 0, 0, 0, mem);
}

ir_ref ir_store_excl(struct ir *ir, unsigned mem, ir_ref base, ir_ref value)
{
    return ir_mk(ir, IR_store_excl, ir_result_type(ir, value), 0, base, 0, value, 0, 0, mem);
}

void ir_clear_excl(struct ir *ir)
{
    ir_mk(ir, IR_clear_excl, IR_NONE, 0, 0, 0, 0, 0, 0, 0);
}

ir_ref ir_rmw(struct ir *ir, enum ir_type t, unsigned mem, enum ir_rmw what, ir_ref base,
              ir_ref value)
{
    return ir_mk(ir, IR_rmw, t, (uint8_t)what, base, 0, value, 0, 0, mem);
}

ir_ref ir_cas(struct ir *ir, enum ir_type t, unsigned mem, ir_ref base, ir_ref expected,
              ir_ref value)
{
    return ir_mk(ir, IR_cas, t, 0, base, expected, value, 0, 0, mem);
}

void ir_fence(struct ir *ir, enum ir_fence kind)
{
    ir_mk(ir, IR_fence, IR_NONE, 0, 0, 0, 0, 0, 0, kind);
}

void ir_exit_if(struct ir *ir, enum ir_cond cond, ir_ref flags, uint64_t pc)
{
    ir_mk(ir, IR_exit_if, IR_NONE, 0, flags, 0, 0, (int64_t)pc, 0, cond);
}

void ir_goto_pc(struct ir *ir, uint64_t pc)
{
    end_block(ir, ir_mk(ir, IR_goto_pc, IR_NONE, 0, 0, 0, 0, (int64_t)pc, 0, 0));
}

void ir_call_pc(struct ir *ir, uint64_t pc, uint64_t ret)
{
    end_block(ir, ir_mk(ir, IR_goto_pc, IR_NONE, 0, 0, 0, 0, (int64_t)pc, (int64_t)ret,
                        IR_IND_CALL));
}

void ir_goto_ind(struct ir *ir, ir_ref target, enum ir_ind hint)
{
    end_block(ir, ir_mk(ir, IR_goto_ind, IR_NONE, 0, target, 0, 0, 0, 0, hint));
}

void ir_call_ind(struct ir *ir, ir_ref target, uint64_t ret)
{
    end_block(ir, ir_mk(ir, IR_goto_ind, IR_NONE, 0, target, 0, 0, (int64_t)ret, 0, IR_IND_CALL));
}

void ir_raise(struct ir *ir, unsigned exc, int64_t arg, uint64_t pc)
{
    end_block(ir, ir_mk(ir, IR_raise, IR_NONE, 0, 0, 0, 0, arg, (int64_t)pc, exc));
}

ir_ref ir_call(struct ir *ir, unsigned helper, ir_ref a, ir_ref b, ir_ref c, ir_ref d)
{
    forget_slots(ir, helper);
    return ir_emit(ir, (struct ir_op){.opc = IR_call, .type = ir->guest->helpers[helper].result,
                                      .mod = (uint16_t)helper, .arg = {a, b, c, d}});
}

ir_ref ir_vcall(struct ir *ir, unsigned helper, ir_ref a, ir_ref b, ir_ref c, int64_t imm)
{
    forget_slots(ir, helper);
    return ir_mk(ir, IR_vcall, IR_V128, 0, a, b, c, imm, 0, helper);
}

unsigned ir_arg_types(const struct ir *ir, ir_ref r, uint8_t types[4])
{
    const struct ir_op *op = &ir->ops[r];
    uint8_t address = (uint8_t)guest_address_type(ir->guest);
    unsigned n = 0;
    memset(types, IR_NONE, 4);
    switch (op->opc) {
    case IR_NOP: case IR_const: case IR_vconst: case IR_get: case IR_insn: case IR_param:
    case IR_clear_excl: case IR_fence: case IR_poll: case IR_jump: case IR_goto_pc: case IR_raise:
        return 0;
    case IR_put:
        types[0] = op->type;
        return 1;
    case IR_crc32:
        types[0] = IR_I32;
        types[1] = IR_I64;
        return 2;
    case IR_flags_sel: case IR_flags_merge:
        types[0] = types[1] = IR_FLAGS;
        return 2;
    case IR_fcmp:
        types[0] = types[1] = IR_V128;
        return 2;
    case IR_cc: case IR_exit_if: case IR_branch:
        types[0] = IR_FLAGS;
        return 1;
    case IR_sel:
        types[0] = types[1] = op->type;
        types[2] = IR_FLAGS;
        return 3;
    case IR_load: case IR_load_excl:
        types[0] = address;
        types[1] = op->arg[1] ? address : IR_NONE;
        return 2;
    case IR_store: case IR_store_excl: case IR_rmw: case IR_cas:
        types[0] = address;
        types[1] = !op->arg[1] ? IR_NONE : op->opc == IR_cas ? op->type : address;
        types[2] = op->type;
        return 3;
    case IR_goto_ind:
        types[0] = IR_I64;
        return 1;
    case IR_call:
        for (unsigned k = 0; k < 4; k++)
            if (op->arg[k])
                types[k] = ir_result_type(ir, op->arg[k]), n = k + 1;
        return n;
    case IR_vcall:
        for (unsigned k = 0; k < 3; k++)
            if (op->arg[k])
                types[k] = IR_V128, n = k + 1;
        return n;
    default:
        for (const char *c = ir_opinfo[op->opc].shape + 2; *c; c++)
            if (*c != 'I' && *c != 'M')
                types[n++] = (uint8_t)letter_type(*c, op);
        return n;
    }
}
