/* SPDX-License-Identifier: MIT */
/*
 * One region of IR from a plan of blocks.  Values stay within their block; a slot that is carried
 * goes in as a parameter, and where its memory may not hold it by then it is put again at the
 * block's head, so that nothing need be stored on the way.  What its memory does hold is marked as a
 * copy (param.imm2, the slot plus 1), which may be read from there at any time; a value that is put
 * again may come in that memory too (-imm2).  Includes graph.h.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/guest.h"
#include "tcg/opt/graph.h"

enum { MAX_PARAMS = 3 * OPT_MAX_SLOTS, NO_LANE = 0xff };

struct join {
    const struct opt_plan *p;
    const struct opt_graph *g;
    struct ir *ir;
    ir_ref *map;                 /* of the graph's ops: their copies */
    ir_ref cur[OPT_MAX_SLOTS];   /* what each slot holds, 0: not known */
    uint16_t order[OPT_MAX_SLOTS]; /* slots, those used most first: they get registers */
};

struct args { ir_ref at[MAX_PARAMS]; unsigned n; };

static bool lazy_flags(uint16_t opc)
{
    return opc == IR_flags_add || opc == IR_flags_sub || opc == IR_flags_and;
}

static bool packed_flags(uint16_t opc)
{
    return opc == IR_flags_adc || opc == IR_flags_sbc || opc == IR_flags_sel ||
           opc == IR_flags_nzcv || opc == IR_get;
}

/* The lane of which op's vector has zeros above, or NO_LANE. */
static uint8_t zeros_above(const struct ir_op *op)
{
    switch (op->opc) {
    case IR_load:
        return op->type == IR_V128 && (op->mod & IR_MEM_SIZE) < 4 ? op->mod & IR_MEM_SIZE : NO_LANE;
    case IR_vfromi:
        return op->type == IR_I64 ? IR_LANE_D : IR_LANE_S;
    default:
        return NO_LANE;
    }
}

struct opt_shape opt_shape_of(const struct opt_graph *g, ir_ref v)
{
    const struct ir_op *op = &g->ops[v];
    struct opt_shape s = {.kind = OPT_PLAIN};
    if (op->opc == IR_const) {
        s = (struct opt_shape){.kind = OPT_CONST, .type = op->type, .mod = op->mod, .imm = {op->imm}};
    } else if (op->opc == IR_zext64 || op->opc == IR_vzext) {
        s = (struct opt_shape){.kind = OPT_EXTENDED, .type = op->type, .lane = op->lane,
                               .opc = op->opc, .mod = op->mod};
    } else if (lazy_flags(op->opc)) {
        s = (struct opt_shape){.kind = OPT_FLAGS, .type = op->type, .lane = op->lane,
                               .opc = op->opc, .mod = op->mod, .same = op->arg[0] == op->arg[1]};
        for (int k = 0; k < 2; k++) {
            const struct ir_op *a = &g->ops[op->arg[k]];
            s.is_const[k] = a->opc == IR_const && !a->mod;
            s.imm[k] = s.is_const[k] ? a->imm : 0;
            if (a->opc == IR_trunc)
                a = &g->ops[a->arg[0]];
            s.slot[k] = a->opc == IR_get ? (uint16_t)(a->imm + 1) : 0;
        }
    } else if (ir_result_kind[op->opc] == IR_FLAGS && !packed_flags(op->opc)) {
        s.kind = OPT_NOWHERE; /* fcmp's may be in the host's flags alone */
    } else if (zeros_above(op) != NO_LANE) {
        s.opc = IR_vzext;
        s.lane = zeros_above(op);
    }
    return s;
}

/* --- a block's head ------------------------------------------------------------------------------- */

static const struct opt_shape *shape(const struct join *j, uint32_t block, unsigned s)
{
    return &j->p->shape[block * j->p->n_slots + s];
}

/* Is slot s carried into the block along with slot p->flags, which holds the same flags? */
static bool twin(const struct join *j, uint32_t block, unsigned s)
{
    const struct opt_block *b = &j->p->block[block];
    return opt_in(&b->twin, s) && opt_in(&b->carry, j->p->flags) &&
           opt_same_shape(shape(j, block, s), shape(j, block, j->p->flags));
}

static enum ir_type extended_from(const struct opt_shape *s)
{
    return s->opc == IR_zext64 ? IR_I32 : IR_V128;
}

/* Of flags: those that are not just another one. */
static int operands(const struct opt_shape *s) { return s->same ? 1 : 2; }

/* Types of the parameters of slot s. */
static unsigned param_types(const struct join *j, uint32_t block, unsigned s, uint8_t types[2])
{
    const struct opt_shape *sh = shape(j, block, s);
    unsigned n = 0;
    if (twin(j, block, s))
        return 0;
    switch (sh->kind) {
    case OPT_CONST:
        return 0;
    case OPT_EXTENDED:
        types[0] = (uint8_t)extended_from(sh);
        return 1;
    case OPT_FLAGS:
        for (int k = 0; k < operands(sh); k++)
            if (!sh->is_const[k] && !sh->slot[k])
                types[n++] = sh->type;
        return n;
    default:
        types[0] = j->g->guest->slots[s].type;
        return 1;
    }
}

/* An operand of flags that is what slot s holds, which is carried too. */
static ir_ref slot_operand(struct join *j, const struct opt_shape *sh, unsigned s)
{
    const ir_ref v = j->cur[s];
    return sh->type == IR_I32 && ir_result_type(j->ir, v) == IR_I64 ? ir_trunc(j->ir, v) : v;
}

/* The value of slot s at the head, from parameters *at and on. */
static ir_ref head_value(struct join *j, uint32_t block, unsigned s, unsigned *at)
{
    const struct opt_shape *sh = shape(j, block, s);
    struct ir_op op = {.opc = sh->opc, .type = sh->type, .lane = sh->lane, .mod = sh->mod};
    if (twin(j, block, s))
        return j->cur[j->p->flags];
    switch (sh->kind) {
    case OPT_CONST:
        op.opc = IR_const;
        op.imm = sh->imm[0];
        break;
    case OPT_EXTENDED:
        op.arg[0] = ir_block_param(j->ir, block, (*at)++);
        break;
    case OPT_FLAGS:
        for (int k = 0; k < operands(sh); k++)
            op.arg[k] = sh->is_const[k] ? ir_const(j->ir, (enum ir_type)sh->type, sh->imm[k])
                        : sh->slot[k]   ? slot_operand(j, sh, sh->slot[k] - 1u)
                                        : ir_block_param(j->ir, block, (*at)++);
        if (sh->same)
            op.arg[1] = op.arg[0];
        break;
    default:
        return ir_block_param(j->ir, block, (*at)++);
    }
    return ir_emit(j->ir, op);
}

/* A parameter that is just what the slot holds: and its memory too, unless it is dirty. */
static void mark_home(struct join *j, uint32_t block, unsigned s, unsigned at)
{
    const int64_t slot = s + 1;
    if (shape(j, block, s)->kind == OPT_PLAIN)
        j->ir->ops[ir_block_param(j->ir, block, at)].imm2 =
            opt_in(&j->p->block[block].dirty, s) ? -slot : slot;
}

static void begin_block(struct join *j, uint32_t block)
{
    const struct opt_block *b = &j->p->block[block];
    uint8_t types[MAX_PARAMS];
    unsigned n = 0, at = 0;
    for (unsigned k = 0; k < j->p->n_slots; k++)
        if (opt_in(&b->carry, j->order[k]))
            n += param_types(j, block, j->order[k], types + n);
    ir_block_begin(j->ir, n, types);
    j->ir->blocks[block].loop_depth = (uint16_t)b->depth;
    memset(j->cur, 0, sizeof j->cur);
    for (unsigned k = 0; k < j->p->n_slots; k++) {
        const unsigned s = j->order[k], from = at;
        if (!opt_in(&b->carry, s))
            continue;
        if (!twin(j, block, s))
            mark_home(j, block, s, at);
        j->cur[s] = head_value(j, block, s, &at);
        if (at > from)
            j->ir->ops[ir_block_param(j->ir, block, from)].mod = (uint16_t)(s + 1);
    }
    for (unsigned s = 0; s < j->p->n_slots; s++)
        if (j->cur[s] && opt_in(&b->dirty, s))
            ir_put(j->ir, s, j->cur[s]);
    if (b->polls)
        ir_emit(j->ir, (struct ir_op){.opc = IR_poll, .imm = (int64_t)j->g->node[b->first].pc});
}

/* --- a block's body ------------------------------------------------------------------------------- */

static ir_ref slot_value(struct join *j, unsigned s)
{
    if (!j->cur[s])
        j->cur[s] = ir_get(j->ir, s);
    return j->cur[s];
}

static void copy_op(struct join *j, uint32_t r)
{
    struct ir_op op = j->g->ops[r];
    for (unsigned k = 0; k < 4; k++)
        op.arg[k] = op.arg[k] ? j->map[op.arg[k]] : 0;
    switch (op.opc) {
    case IR_get:
        j->map[r] = slot_value(j, (unsigned)op.imm);
        return;
    case IR_put:
        j->cur[op.imm] = op.arg[0];
        break;
    case IR_goto_ind:
        if (op.mod == IR_IND_CALL)
            ir_call_ind(j->ir, op.arg[0], (uint64_t)op.imm);
        else
            ir_goto_ind(j->ir, op.arg[0], (enum ir_ind)op.mod);
        return;
    case IR_raise:
        ir_raise(j->ir, op.mod, op.imm, (uint64_t)op.imm2);
        return;
    default:
        break;
    }
    j->map[r] = ir_emit(j->ir, op);
}

static void copy_node(struct join *j, uint32_t k)
{
    const struct opt_node *n = &j->g->node[k];
    for (uint32_t r = n->first; r < n->first + n->n; r++)
        copy_op(j, r);
}

/* --- leaving a block -------------------------------------------------------------------------------- */

/* The operand of an extension, of slot s's value v. */
static ir_ref unextended(struct join *j, const struct opt_shape *sh, ir_ref v)
{
    const struct ir_op *op = &j->ir->ops[v];
    if (op->opc == IR_const)
        return ir_const(j->ir, IR_I32, op->imm);
    if (op->opc == sh->opc && op->lane == sh->lane)
        return op->arg[0];
    if (sh->opc != IR_vzext)
        abort();
    return v; /* it has zeros above anyway (graph.c, fits_zeros()) */
}

/* Operand k of the op of shape sh that makes the flags which op v makes (graph.c, common_op()). */
static ir_ref flags_operand(struct join *j, const struct opt_shape *sh, ir_ref v, int k)
{
    const struct ir_op op = j->ir->ops[v];
    const enum ir_type t = (enum ir_type)op.type;
    ir_ref x = op.arg[k];
    if (op.opc != sh->opc)
        x = k ? ir_const(j->ir, t, 0) : ir_and(j->ir, t, op.arg[0], op.arg[1]);
    if (t != sh->type)
        x = ir_shl(j->ir, IR_I64, ir_zext64(j->ir, x), ir_const(j->ir, IR_I64, 32));
    return x;
}

static void slot_args(struct join *j, uint32_t block, unsigned s, struct args *a)
{
    const struct opt_shape *sh = shape(j, block, s);
    if (twin(j, block, s))
        return;
    ir_ref v = sh->kind == OPT_CONST ? 0 : slot_value(j, s);
    switch (sh->kind) {
    case OPT_CONST:
        break;
    case OPT_EXTENDED:
        a->at[a->n++] = unextended(j, sh, v);
        break;
    case OPT_FLAGS:
        for (int k = 0; k < operands(sh); k++)
            if (!sh->is_const[k] && !sh->slot[k])
                a->at[a->n++] = flags_operand(j, sh, v, k);
        break;
    default:
        a->at[a->n++] = v;
    }
}

static struct args edge_args(struct join *j, uint32_t block)
{
    struct args a = {.n = 0};
    for (unsigned k = 0; k < j->p->n_slots; k++)
        if (opt_in(&j->p->block[block].carry, j->order[k]))
            slot_args(j, block, j->order[k], &a);
    return a;
}

static void jump(struct join *j, uint32_t block)
{
    struct args a = edge_args(j, block);
    ir_jump(j->ir, block, a.at, a.n);
}

/* A branch with a way out of the region. */
static void side_exit(struct join *j, const struct opt_node *n)
{
    if (n->end != OPT_BRANCH || n->succ[0] == n->succ[1])
        return;
    if (n->succ[0] == OPT_NONE)
        ir_exit_if(j->ir, (enum ir_cond)n->cond, j->map[n->flags], n->to[0]);
    else if (n->succ[1] == OPT_NONE)
        ir_exit_if(j->ir, (enum ir_cond)(n->cond ^ 1), j->map[n->flags], n->to[1]);
}

/* How the last node of block b ends. */
static void end_block(struct join *j, const struct opt_block *b)
{
    const struct opt_node *n = &j->g->node[b->last];
    const uint32_t left = b->succ[0] == OPT_NONE ? b->succ[1] : b->succ[0];
    if (n->end == OPT_LEAVE)
        return;
    if (n->end == OPT_CALL) {
        ir_call_pc(j->ir, n->to[0], n->to[1]);
    } else if (left == OPT_NONE) {
        if (n->end == OPT_BRANCH)
            ir_exit_if(j->ir, (enum ir_cond)n->cond, j->map[n->flags], n->to[0]);
        ir_goto_pc(j->ir, n->to[n->end == OPT_BRANCH]);
    } else if (b->succ[0] == OPT_NONE || b->succ[1] == OPT_NONE || b->succ[0] == b->succ[1]) {
        jump(j, left);
    } else {
        struct args then = edge_args(j, b->succ[0]), other = edge_args(j, b->succ[1]);
        ir_branch(j->ir, (enum ir_cond)n->cond, j->map[n->flags], b->succ[0], then.at, then.n,
                  b->succ[1], other.at, other.n);
    }
}

static void make_block(struct join *j, uint32_t block)
{
    const struct opt_block *b = &j->p->block[block];
    begin_block(j, block);
    if (b->first == OPT_NONE) {
        jump(j, b->succ[0]);
        return;
    }
    for (uint32_t k = b->first; k != OPT_NONE; k = j->p->next[k]) {
        copy_node(j, k);
        side_exit(j, &j->g->node[k]);
    }
    end_block(j, b);
}

/* Flags may need what other slots hold: they come last, the first slot of them first (its twins have no
 * parameters of their own). */
static bool before(const struct join *j, unsigned a, unsigned b)
{
    const struct tcg_slot *slots = j->g->guest->slots;
    const bool flags = slots[a].type == IR_FLAGS, other = slots[b].type == IR_FLAGS;
    if (flags || other)
        return flags && other ? a < b : other;
    return j->p->weight[a] > j->p->weight[b];
}

static void order_slots(struct join *j)
{
    for (unsigned s = 0; s < j->p->n_slots; s++) {
        unsigned k = s;
        for (; k && before(j, s, j->order[k - 1]); k--)
            j->order[k] = j->order[k - 1];
        j->order[k] = (uint16_t)s;
    }
}

void opt_join(const struct opt_plan *p, struct ir *ir)
{
    struct join j = {.p = p, .g = p->g, .ir = ir, .map = calloc(p->g->n_ops, sizeof *j.map)};
    if (!j.map)
        abort();
    ir_reset(ir);
    ir->local = true;
    ir->guest = p->g->guest;
    ir->entry_pc = p->g->entry_pc;
    ir->mode = p->g->mode;
    ir->run_mode = p->g->run_mode;
    order_slots(&j);
    for (uint32_t k = 0; k < p->n_blocks; k++)
        make_block(&j, k);
    free(j.map);
}
