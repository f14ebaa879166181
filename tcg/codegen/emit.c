/* SPDX-License-Identifier: MIT */
/*
 * The walk over a region: each op's operands are placed, its result given a register, and the
 * host's emitter called.  cg_region() is the way in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tcg/codegen/cg.h"

void *cg_grow_more(void *ptr, uint32_t *cap, uint32_t need, size_t size)
{
    uint32_t n = *cap ? *cap * 2 : 256;
    while (n < need)
        n *= 2;
    ptr = realloc(ptr, n * size);
    if (!ptr)
        abort();
    *cap = n;
    return ptr;
}

void cg_init(struct cg *cg, const struct host *host)
{
    memset(cg, 0, sizeof *cg);
    cg->host = host;
    cg->priv = calloc(1, sizeof *cg->priv);
    if (!cg->priv)
        abort();
}

void cg_free(struct cg *cg)
{
    struct cg_priv *p = cg->priv;
    if (!p)
        return;
    for (uint32_t k = 0; k < p->made_ool; k++)
        free(p->ool[k]);
    free(p->ool);
    free(p->val);
    free(p->next_use);
    free(p->exits);
    free(p->exit_flags);
    free(p->places);
    free(p->moves);
    free(p->snap);
    free(p->links);
    free(p->relocs);
    free(p);
    cg->priv = NULL;
}

/* --- operands ------------------------------------------------------------------------------------ */

static bool foldable(struct cg *cg, const struct ir_op *op, unsigned k, unsigned flags,
                     struct cg_operand *o)
{
    ir_ref a = op->arg[k];
    const struct cg_val *v = &cg->priv->val[a];
    static const unsigned imm_flag[3] = {H_IMM_A, H_IMM_B, H_IMM_C};
    if (k < 3 && flags & imm_flag[k] && cg->ir->ops[a].opc == IR_const &&
        cg->host->imm_ok(op, k, cg->ir->ops[a].imm) && !(cg->ir->ops[a].mod & IR_SYM)) {
        *o = (struct cg_operand){.kind = CG_IMM, .imm = cg->ir->ops[a].imm};
        return true;
    }
    if (k == 1 && flags & H_VCONST_B && cg->ir->ops[a].opc == IR_vconst && v->reg == CG_NO_REG &&
        v->mem == CG_NONE) {
        *o = (struct cg_operand){.kind = CG_IMM};
        return true;
    }
    if (k < 2 && flags & (H_MEM_A << k) && v->reg == CG_NO_REG && v->mem != CG_NONE &&
        !(v->mem == CG_STATE && v->bytes) &&
        cg->priv->next_use[cg->priv->pos][k] == CG_NEVER) {
        *o = (struct cg_operand){.kind = v->mem, .disp = v->disp};
        return true;
    }
    return false;
}

static void need_flags(struct cg *cg, ir_ref f)
{
    const struct ir_op *op = &cg->ir->ops[f];
    if (!(op->pass & CG_VIRTUAL)) {
        cg_need(cg, f);
        return;
    }
    for (unsigned k = 0; k < 2; k++)
        if (op->arg[k] && (!ir_is_const(cg->ir, op->arg[k]) || op->opc == IR_fcmp))
            cg_need(cg, op->arg[k]);
    if (cg_with_carry(op->opc))
        need_flags(cg, op->arg[2]);
}

static void place_flags(struct cg *cg, ir_ref f, bool fused, struct cg_flags *fl)
{
    if (!fused)
        need_flags(cg, f);
    *fl = cg_flags_at(cg, f, fused);
}

static inline void inst_begin(struct cg_inst *i, const struct ir_op *op)
{
    const struct cg_operand none = {.kind = CG_NONE};
    i->op = op;
    i->d = i->a[0] = i->a[1] = i->a[2] = i->a[3] = none;
    i->fl.op = i->fl2.op = NULL;
    i->fl.in_host_flags = i->fl.packed = i->fl2.in_host_flags = i->fl2.packed = false;
    i->set_flags = i->flags_live = false;
    i->label = i->label2 = NULL;
}

/* Operand k of op in a register, or as what the host takes in its place. */
static inline void place_arg(struct cg *cg, const struct ir_op *op, unsigned k, unsigned flags,
                             struct cg_operand *o)
{
    struct cg_priv *p = cg->priv;
    const ir_ref a = op->arg[k];
    const uint8_t reg = p->val[a].reg;
    if (reg != CG_NO_REG && !ir_is_const(cg->ir, a)) { /* mostly: nothing could be better */
        p->locked[ir_result_type(cg->ir, a) == IR_V128 ? CG_VEC : CG_INT] |= 1u << reg;
        *o = (struct cg_operand){.kind = CG_REG, .reg = reg};
    } else if (!foldable(cg, op, k, flags, o)) {
        cg_need(cg, a);
        *o = cg_where(cg, a);
    }
}

static void place_args(struct cg *cg, struct cg_inst *i, unsigned flags)
{
    const struct ir_op *op = i->op;
    const int fk = cg_flags_arg(op);
    const unsigned n = ir_arg_count[op->opc];
    const uint32_t *next = cg->priv->next_use[cg->priv->pos];
    unsigned swap = 0;
    if (flags & H_SWAP && op->arg[0] && op->arg[1] && !ir_is_const(cg->ir, op->arg[1]) &&
        cg_live_after(cg, op->arg[0]) && !cg_live_after(cg, op->arg[1]))
        swap = 1; /* the operand that ends here goes first, its register serves for the result */
    for (unsigned k = 0; k < n; k++) {
        if (!op->arg[k] || (fk >= 0 && ir_result_type(cg->ir, op->arg[k]) == IR_FLAGS))
            continue;
        place_arg(cg, op, k, swap ? 0 : flags, &i->a[k < 2 ? k ^ swap : k]);
    }
    if (fk >= 0) {
        place_flags(cg, op->arg[fk], op->pass & CG_FUSED, &i->fl);
        if (op->opc == IR_flags_sel || op->opc == IR_flags_merge)
            place_flags(cg, op->arg[1], false, &i->fl2);
    }
    for (unsigned k = 0; k < n; k++)
        cg->priv->val[op->arg[k]].next = next[k];
}

static void place_result(struct cg *cg, struct cg_inst *i, ir_ref r, unsigned flags)
{
    struct cg_priv *p = cg->priv;
    enum cg_class c;
    if (!cg_value_class(cg->ir, r, &c) || (p->ir->ops[r].pass & CG_VIRTUAL))
        return;
    /* Of an access that faults the state before it must be found: nothing dies at it. */
    bool early = flags & H_EARLY || (i->fl.op && !i->fl.in_host_flags) || i->fl2.op ||
                 ir_opinfo[i->op->opc].flags & IRF_EXIT;
    uint8_t hint = CG_NO_REG;
    if (flags & H_TIED && i->a[0].kind == CG_REG && !early)
        hint = i->a[0].reg;
    uint32_t avoid = early ? p->locked[c] : 0;
    if (early && !avoid)
        avoid = UINT32_C(1) << 31; /* no operand in this class: any register but as early */
    i->d = (struct cg_operand){.kind = CG_REG, .reg = cg_result(cg, r, hint, avoid)};
}

/* --- ops ---------------------------------------------------------------------------------------- */

static bool is_fp(const struct ir_op *op) { return ir_opinfo[op->opc].flags & IRF_FPFX; }

/* Emitted code is to run by cpu->fp (std false) or cpu->fp_std from here on. */
static void fp_control(struct cg *cg, bool std)
{
    if (!cg->priv->fp_known || std == cg->fp_std)
        return;
    cg->host->fp_control(cg, std);
    cg->fp_std = std;
}

/* Do blocks but the first have more FP ops by cpu->fp_std than by cpu->fp? */
static bool blocks_std(const struct ir *ir)
{
    unsigned n[2] = {0, 0};
    if (ir->n_blocks < 2)
        return false;
    for (ir_ref r = ir->blocks[1].first; r < ir->n; r++)
        if (is_fp(&ir->ops[r]))
            n[!!(ir->ops[r].mod & IR_FPC1)]++;
    return n[1] > n[0];
}

/* At the region's start, where any control word may be in force: that of its first FP op.  With exact
 * flags soft-float does what is not cpu->fp's. */
static void fp_enter(struct cg *cg)
{
    const struct ir *ir = cg->ir;
    struct cg_priv *p = cg->priv;
    p->fp_known = false;
    cg->fp_std = false;
    if (!ir->guest->fp_std || ir->run_mode & TCG_RUN_FPSTRICT)
        return;
    ir_ref r = 1;
    while (r < ir->n && !is_fp(&ir->ops[r]))
        r++;
    if (r == ir->n)
        return;
    p->fp_known = true;
    p->blocks_std = blocks_std(ir);
    cg->fp_std = ir->ops[r].mod & IR_FPC1;
    cg->host->fp_enter(cg, cg->fp_std);
}

static void emit_with_control(struct cg *cg, const struct host_op *h, const struct cg_inst *i)
{
    const uint32_t mode = cg->run_mode;
    if (cg->fp_std && i->op->mod & IR_FPC1 && is_fp(i->op))
        cg->run_mode = (mode & ~(uint32_t)(TCG_RUN_FPTRAP | TCG_RUN_FPEXACT)) | TCG_RUN_FPFLUSH |
                       TCG_RUN_FPDN;
    h->emit(cg, i);
    cg->run_mode = mode;
}

static void generic(struct cg *cg, ir_ref r)
{
    const struct ir_op *op = &cg->ir->ops[r];
    const struct host_op *h = &cg->host->ops[op->opc];
    struct cg_inst i;
    inst_begin(&i, op);
    place_args(cg, &i, h->flags);
    if (h->flags & H_SPILL_ALL)
        cg_spill_all(cg, false);
    place_result(cg, &i, r, h->flags);
    i.set_flags = op->pass & CG_SETS;
    i.flags_live = op->pass & CG_HOLDS;
    emit_with_control(cg, h, &i);
    if (h->flags & H_SPILL_ALL) {
        uint8_t reg = i.d.kind == CG_REG ? i.d.reg : CG_NO_REG;
        cg_forget_registers(cg);
        if (reg != CG_NO_REG) {
            enum cg_class c;
            cg_value_class(cg->ir, r, &c);
            cg_hold(cg->priv, c, reg, r);
            cg->priv->val[r].reg = reg;
        }
    }
}

/* Slot s's value, which has just been stored, counts as held there. */
static void keep(struct cg *cg, unsigned s)
{
    struct cg_priv *p = cg->priv;
    ir_ref v = p->slot[s].value;
    if (!v || !p->slot[s].dirty)
        return;
    p->slot[s].dirty = false;
    if (!(cg->ir->ops[v].pass & CG_VIRTUAL) && p->val[v].mem == CG_NONE &&
        !tcg_slot_narrow(&cg->ir->guest->slots[s]) &&
        !ir_is_const(cg->ir, v) && cg->ir->ops[v].opc != IR_vconst) {
        p->val[v].mem = CG_STATE;
        p->val[v].bytes = 0;
        p->val[v].disp = (int32_t)cg->ir->guest->slots[s].offset;
        p->slot[s].home_of = v;
    }
}

static void write_back_and_keep(struct cg *cg)
{
    cg_write_back(cg, cg_exit_record(cg));
    for (unsigned k = 0; k < cg->priv->n_dirty; k++)
        keep(cg, cg->priv->dirty[k]);
}

/* Only where slots are not promoted there is a put before the get, or another get.  No exit is
 * here, so other slots' values may be gone. */
static void emit_get(struct cg *cg, ir_ref r)
{
    struct cg_priv *p = cg->priv;
    unsigned s = (unsigned)cg->ir->ops[r].imm;
    if (p->slot[s].dirty) {
        cg_write_back(cg, cg_exit_record_slot(cg, s));
        keep(cg, s);
    }
    cg_relocate_homes(cg, s);
    p->val[r].mem = CG_STATE;
    p->val[r].bytes = cg->ir->guest->slots[s].bytes;
    p->val[r].disp = (int32_t)cg->ir->guest->slots[s].offset;
    p->slot[s].home_of = r;
}

static void emit_call(struct cg *cg, ir_ref r)
{
    const struct ir_op *op = &cg->ir->ops[r];
    const struct tcg_helper *h = &cg->ir->guest->helpers[op->mod];
    struct cg_priv *p = cg->priv;
    struct cg_inst i = {.op = op};
    for (unsigned k = 0; k < 4; k++)
        if (op->arg[k]) {
            if (cg->ir->ops[op->arg[k]].opc == IR_vconst)
                cg_need(cg, op->arg[k]);
            i.a[k] = cg_where(cg, op->arg[k]);
            p->val[op->arg[k]].next = p->next_use[r][k];
        }
    if (h->flags & CG_H_STATE) {
        struct cg_operand to = {.kind = CG_STATE, .disp = offsetof(struct tcg_cpu, pc)};
        struct cg_operand pc = {.kind = CG_IMM, .imm = (int64_t)p->insn_pc, .sym = true};
        write_back_and_keep(cg);
        cg->host->move(cg, IR_I64, &to, &pc);
    }
    cg_spill_all(cg, h->flags & TCG_H_WRITES);
    enum cg_class c;
    bool result = cg_value_class(cg->ir, r, &c);
    if (result) {
        unsigned reg = 0;
        while (!(cg->host->allocatable[c] >> reg & 1))
            reg++;
        i.d = (struct cg_operand){.kind = CG_REG, .reg = (uint8_t)reg};
    }
    cg->host->ops[op->opc].emit(cg, &i);
    cg_forget_registers(cg);
    if (result) {
        cg_hold(p, c, i.d.reg, r);
        p->val[r].reg = i.d.reg;
    }
}

static void emit_exit_if(struct cg *cg, ir_ref r)
{
    const struct ir_op *op = &cg->ir->ops[r];
    struct cg_inst i;
    inst_begin(&i, op);
    place_args(cg, &i, 0);
    if (i.fl.in_host_flags || op->pass & CG_FUSED)
        cg->priv->host_flags = op->arg[0];
    i.label = cg_exit_stub(cg, (uint64_t)op->imm);
    cg->priv->host_flags = 0;
    cg->host->ops[IR_exit_if].emit(cg, &i);
}

static void emit_poll(struct cg *cg, ir_ref r)
{
    struct cg_inst i = {.op = &cg->ir->ops[r]};
    cg->priv->host_flags = 0;
    i.label = cg_exit_stub(cg, (uint64_t)i.op->imm);
    cg->host->ops[IR_poll].emit(cg, &i);
    if (cg->ir->n_blocks == 1)
        cg->priv->top = 0; /* nothing before counts: every way through here polls */
}

static struct cg_return new_return(struct cg *cg, int64_t pc)
{
    struct cg_return ret = {.pc = (uint64_t)pc, .link = cg_new_link(cg, (uint64_t)pc)};
    cg->priv->links[ret.link].call_return = true;
    return ret;
}

static void emit_goto(struct cg *cg, const struct ir_op *op)
{
    uint64_t pc = (uint64_t)op->imm;
    cg_write_back(cg, cg_exit_record(cg));
    uint32_t link = cg_new_link(cg, pc);
    bool poll = cg_goes_back(cg, pc);
    cg_count_exit(cg, op->mod == IR_IND_CALL ? CG_EXIT_CALL : CG_EXIT_DIRECT);
    if (op->mod == IR_IND_CALL) {
        struct cg_return ret = new_return(cg, op->imm2);
        cg->priv->links[link].call = true;
        cg->host->call_pc(cg, link, poll, &ret);
    } else {
        cg->host->goto_pc(cg, link, poll);
    }
}

static void emit_goto_ind(struct cg *cg, const struct ir_op *op)
{
    cg_need(cg, op->arg[0]);
    struct cg_operand pc = cg_where(cg, op->arg[0]);
    cg_write_back(cg, cg_exit_record(cg));
    cg_count_exit(cg, op->mod == IR_IND_RET    ? CG_EXIT_RET
                      : op->mod == IR_IND_CALL ? CG_EXIT_CALL
                                               : CG_EXIT_JUMP);
    if (op->mod == IR_IND_CALL) {
        struct cg_return ret = new_return(cg, op->imm);
        cg->host->call_ind(cg, &pc, &ret);
    } else {
        cg->host->goto_ind(cg, &pc, (enum ir_ind)op->mod);
    }
}

/* What leaves the region or the block, or may, and is no access to memory. */
static void emit_leaving(struct cg *cg, ir_ref r, const struct ir_op *op)
{
    switch (op->opc) {
    case IR_exit_if:
        emit_exit_if(cg, r);
        return;
    case IR_poll:
        emit_poll(cg, r);
        return;
    case IR_jump:
        fp_control(cg, cg->priv->blocks_std);
        cg_emit_jump(cg, r);
        return;
    case IR_branch:
        fp_control(cg, cg->priv->blocks_std);
        cg_emit_branch(cg, r);
        return;
    case IR_goto_pc:
        emit_goto(cg, op);
        return;
    case IR_goto_ind:
        emit_goto_ind(cg, op);
        return;
    case IR_raise:
        cg_write_back(cg, cg_exit_record(cg));
        cg_count_exit(cg, CG_EXIT_RAISE);
        cg->host->raise(cg, op->mod, op->imm, (uint64_t)op->imm2);
        return;
    default: /* IR_call, IR_vcall */
        emit_call(cg, r);
    }
}

/* Tests one by one: the jump of a switch over all ops is hard to predict. */
static void emit_op(struct cg *cg, ir_ref r, const struct ir_op *op)
{
    const unsigned flags = ir_opinfo[op->opc].flags;
    if (op->opc == IR_put) {
        cg_put(cg, (unsigned)op->imm, op->arg[0]);
    } else if (op->opc == IR_get) {
        emit_get(cg, r);
    } else if (flags & (IRF_EXIT | IRF_TERM) && !(flags & IRF_MEM)) {
        emit_leaving(cg, r, op);
    } else {
        if (flags & IRF_FPFX)
            fp_control(cg, op->mod & IR_FPC1);
        generic(cg, r);
    }
}

/* Does op emit nothing where it stands, and change nothing?  More than half of them. */
static bool emits_nothing(const struct ir_op *op)
{
    switch (op->opc) {
    case IR_NOP: case IR_const: case IR_vconst: case IR_param:
        return true;
    case IR_put:
        return op->pass & CG_UNSEEN;
    default:
        return op->pass & CG_VIRTUAL && !(op->pass & CG_COMPARES);
    }
}

static inline void raise_top(struct cg_priv *p, const struct ir *ir, const struct ir_op *insn)
{
    const uint64_t at = guest_code_address(ir->guest, (uint64_t)insn->imm);
    p->top = at > p->top ? at : p->top;
}

static void emit_block(struct cg *cg, uint32_t k)
{
    const struct ir_block *b = &cg->ir->blocks[k];
    struct cg_priv *p = cg->priv;
    p->cur_block = k;
    cg_block_enter(cg, k);
    if (k)
        cg->fp_std = p->fp_known && p->blocks_std;
    else
        fp_enter(cg);
    const struct ir_op *op = &cg->ir->ops[b->first];
    for (ir_ref r = b->first; r <= b->last && !cg->overflow; r++, op++) {
        if (emits_nothing(op))
            continue;
        if (op->opc == IR_insn) {
            p->insn_pc = (uint64_t)op->imm;
            p->insn_word = (uint64_t)op->imm2;
            raise_top(p, cg->ir, op);
            continue;
        }
        if ((size_t)(cg->end - cg->p) < cg->host->max_op_bytes + 16 * p->n_dirty) {
            cg->overflow = true;
            break;
        }
        p->pos = r;
        p->locked[0] = p->locked[1] = 0;
        emit_op(cg, r, op);
    }
}

static void prepare(struct cg *cg, struct ir *ir, uint8_t *at, uint8_t *end, uint32_t region_id,
                    uint32_t seed)
{
    struct cg_priv *p = cg->priv;
    cg->ir = ir;
    cg->p = cg->start = at;
    cg->end = end;
    cg->run_mode = ir->run_mode;
    cg->region_id = region_id;
    cg->host_began = false;
    cg->overflow = false;
    p->ir = ir;
    p->no_spill = false;
    p->seed = seed ? seed ^ (uint32_t)ir->entry_pc : 0;
    p->n_ool = p->n_exits = p->n_exit_flags = p->n_places = p->n_links = p->n_moves = p->n_relocs = 0;
    p->insn_pc = ir->entry_pc;
    p->top = guest_code_address(ir->guest, ir->entry_pc);
    for (ir_ref r = 1; ir->n_blocks > 1 && r < ir->n; r++) /* blocks go round in any order */
        if (ir->ops[r].opc == IR_insn)
            raise_top(p, ir, &ir->ops[r]);
    if (p->cap < ir->n) {
        p->cap = ir->n * 2;
        p->val = realloc(p->val, p->cap * sizeof *p->val);
        p->next_use = realloc(p->next_use, p->cap * sizeof *p->next_use);
        if (!p->val || !p->next_use)
            abort();
    }
    memset(p->in, 0, ir->n_blocks * sizeof p->in[0]);
}

int cg_region(struct cg *cg, struct ir *ir, uint8_t *at, uint8_t *end, uint32_t region_id,
              uint32_t seed, struct cg_output *out)
{
    struct cg_priv *p = cg->priv;
    if (end - at > 1 << 20)
        end = at + (1 << 20);
    prepare(cg, ir, at, end, region_id, seed);
    cg_liveness(cg);
    cg_alloc_reset(cg);
    cg_snap_begin(cg);
    if (cg->count_entries)
        cg->host->count_entry(cg);
    for (uint32_t k = 0; k < ir->n_blocks && !cg->overflow; k++)
        emit_block(cg, k);
    const uint32_t main_size = (uint32_t)(cg->p - at);
    cg_flush_ool(cg);
    if (!cg->overflow)
        cg_region_end(cg);
    if (cg->overflow)
        return p->no_spill ? -E2BIG : -ENOSPC;
    *out = (struct cg_output){.code = at, .code_size = (uint32_t)(cg->p - at), .snap = p->snap,
                              .main_size = main_size, .snap_size = p->n_snap,
                              .links = p->links, .n_links = p->n_links,
                              .relocs = p->relocs, .n_relocs = p->n_relocs};
    return 0;
}
