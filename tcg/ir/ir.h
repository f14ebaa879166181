/* SPDX-License-Identifier: MIT */
/*
 * The intermediate representation: SSA values over a region of one or more blocks.  Read ops.def
 * beside this file for the operations and docs/ir.md for worked examples.  Includes libc alone.
 *
 * A region is an array of ops in program order; a value is named by the index of the op that
 * makes it (ir_ref).  Guest state is touched only by `get` and `put`.  A `put` stores nothing by
 * itself: it says what a slot holds from here on, and the back end makes that true wherever state
 * must be exact (ops with IRF_EXIT).  A front end's rule: within one guest instruction every `put`
 * comes after the last op that can fault, so that a fault finds the state before the instruction.
 *
 * Thread rule: a struct ir belongs to one thread.  Ownership: ops live in the struct's own arrays,
 * which ir_reset() keeps for reuse and ir_free() releases.
 */
#ifndef TCG_IR_IR_H
#define TCG_IR_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef uint32_t ir_ref; /* index into ir.ops; 0 is no value (op 0 is never used) */

enum ir_type { IR_NONE, IR_I32, IR_I64, IR_V128, IR_FLAGS };

enum ir_opc {
    IR_NOP,
#define OP(name, shape, flags, meaning) IR_##name,
#include "tcg/ir/ops.def"
    IR_OPC_COUNT
};

/* Op flags of ops.def. */
enum {
    IRF_COMM = 1 << 0,
    IRF_FOLD = 1 << 1,
    IRF_PURE = 1 << 2,
    IRF_FPFX = 1 << 3,
    IRF_QCFX = 1 << 4,
    IRF_MEM = 1 << 5,
    IRF_EXIT = 1 << 6,
    IRF_TERM = 1 << 7,
    IRF_FX = 1 << 8,
};

/* Conditions over N Z C V: A64's encoding (ARM ARM C1.2.4), so that cond ^ 1 negates. */
enum ir_cond {
    IR_EQ, IR_NE, IR_CS, IR_CC, IR_MI, IR_PL, IR_VS, IR_VC,
    IR_HI, IR_LS, IR_GE, IR_LT, IR_GT, IR_LE, IR_AL, IR_NV,
};

/* lane: bits 1..0 log2 of the element's bytes, bits 3..2 how many (all of 128 bits, of 64, one). */
enum {
    IR_LANE_B = 0, IR_LANE_H = 1, IR_LANE_S = 2, IR_LANE_D = 3,
    IR_LANES_128 = 0, IR_LANES_64 = 4, IR_LANES_1 = 8,
};
#define IR_LANE(log2size, count) ((uint8_t)((log2size) | (count)))
static inline unsigned ir_lane_bytes(uint8_t lane) { return 1u << (lane & 3); }
static inline unsigned ir_lane_count(uint8_t lane)
{
    return lane & IR_LANES_1 ? 1 : (lane & IR_LANES_64 ? 8u : 16u) >> (lane & 3);
}

/* Memory operands (load, store, load_excl, store_excl, rmw, cas), kept in mod. */
enum {
    IR_MEM_SIZE = 7,          /* log2 of bytes, 0..4 */
    IR_MEM_SIGN = 1 << 3,     /* sign extend to the op's type */
    IR_MEM_BSWAP = 1 << 4,    /* the other byte order than the host's */
    IR_MEM_ALIGN = 1 << 5,    /* raises TCG_EXC_ALIGN unless aligned to its size */
    IR_MEM_ACQUIRE = 1 << 6,  /* RCpc acquire if alone, RCsc together with IR_MEM_SC */
    IR_MEM_RELEASE = 1 << 7,
    IR_MEM_SC = 1 << 8,       /* ordered with other SC acquires and releases (LDAR, STLR) */
    IR_MEM_ATOMIC = 1 << 9,   /* single-copy atomic though wider than the machine word */
    IR_MEM_SCALE_SHIFT = 10,  /* 2 bits: index operand b is multiplied by 1, 2, 4, 8 */
    IR_MEM_ALIGN16 = 1 << 12, /* with IR_MEM_ALIGN: pairs, aligned to twice the size */
};
enum ir_rmw { IR_RMW_ADD, IR_RMW_CLR, IR_RMW_EOR, IR_RMW_SET, IR_RMW_SMAX, IR_RMW_SMIN, IR_RMW_UMAX,
              IR_RMW_UMIN, IR_RMW_SWP }; /* kept in ir_op.lane; names as A64's LD<op> */
enum ir_fence { IR_FENCE_FULL, IR_FENCE_LD /* loads before, any after */, IR_FENCE_ST /* stores with stores */ };
enum ir_ind { IR_IND_JUMP, IR_IND_CALL, IR_IND_RET };

enum {
    IR_SYM = 1 << 15,         /* const: an address that moves with its image */
    IR_ROUND_DYN = 7,         /* mod & 7: rounding as in cpu->fp.round, else enum fp_round (fp/softfloat.h) */
    IR_ROUND_MASK = 7,
    IR_RINT_EXACT = 8,        /* vfrint */
    IR_FMA_NEGA = 1, IR_FMA_NEGB = 2, /* vfma, vfmlal */
    IR_FCMP_SIGNAL = 1,       /* fcmp */
    IR_NAN_ANY = 1 << 13,     /* an FP op by cpu->fp_std: a NaN result may be any quiet one (vfdn follows) */
    IR_CRC32C = 1,            /* crc32 */
    IR_KEEP = 16,             /* flags_sel */
    IR_MASK_NZ = 12, IR_MASK_C = 2, IR_MASK_V = 1, /* flags_merge */
    IR_FPC1 = 1 << 14,        /* the second FP control word, cpu->fp_std (A32 NEON) */
};

struct ir_op {
    uint16_t opc;   /* enum ir_opc */
    uint8_t type;   /* enum ir_type: the op's t; for results of fixed type, that */
    uint8_t lane;
    uint16_t mod;
    uint16_t pass;  /* scratch of the running pass */
    ir_ref arg[4];
    int64_t imm, imm2;
};

/* What a shape fixes. */
struct ir_opinfo {
    const char *name, *shape, *meaning;
    uint16_t flags;
};
extern const struct ir_opinfo ir_opinfo[IR_OPC_COUNT];

enum { IR_MAX_BLOCKS = 64, IR_MAX_SLOTS = 192 };

struct ir_block {
    ir_ref first, last;   /* ops of the block, last is the terminator */
    uint32_t succ[2];     /* blocks, or UINT32_MAX */
    uint32_t edge[2];     /* start of this edge's arguments in ir.edge_args */
    uint16_t n_params, loop_depth;
};

struct guest;
struct ir {
    const struct guest *guest;
    struct ir_op *ops;
    uint32_t n, cap;
    struct ir_block *blocks;
    uint32_t n_blocks, cap_blocks;
    ir_ref *edge_args;
    uint32_t n_edge_args, cap_edge_args;
    uint64_t entry_pc;
    uint32_t mode, run_mode;
    bool groups;           /* the guest has slots that overlap (opt/group.c) */
    bool promoted;         /* no block gets a slot that it has put before */
    bool local;            /* values are used in their own blocks alone */
    bool batches;          /* a block does several rounds of a loop at once (opt/lanes.c) */
    bool replaced;         /* an op has become a NOP, the value to use for it in arg[0] */
    bool promotes;         /* see ir_promote(), which now[] is for: by slot, its value; 0: not known */
    ir_ref now[IR_MAX_SLOTS];
    uint64_t *mark;        /* scratch of passes: a bit for each op */
};

/* Lifetime: ir_init once, ir_reset before each region, ir_free at the end.  Out of memory aborts. */
void ir_init(struct ir *ir, const struct guest *guest);
void ir_reset(struct ir *ir);
void ir_free(struct ir *ir);
/* After ir_reset(): the region is to be one straight line, and a get of a slot whose value it knows already
 * is that value, not an op.  What opt_forward() would find out, for less; not for slots that overlap. */
void ir_promote(struct ir *ir);
/* Takes back op n and those behind it, of the one block that there is yet. */
void ir_cut(struct ir *ir, ir_ref n);

/* There is always room for one op more (n < cap): it is made behind the op that took the last, so that
 * building one keeps nothing across a call.  Returns r. */
ir_ref ir_grown(struct ir *ir, ir_ref r);
static inline ir_ref ir_added(struct ir *ir)
{
    const ir_ref r = ir->n++;
    return r + 1 < ir->cap ? r : ir_grown(ir, r);
}
/* Append an op; returns its ref (also for ops without a result). */
static inline ir_ref ir_emit(struct ir *ir, struct ir_op op)
{
    ir->ops[ir->n] = op;
    return ir_added(ir);
}
/* The same, field by field: built in place, which is what most of lifting is. */
static inline ir_ref ir_mk(struct ir *ir, uint16_t opc, uint8_t type, uint8_t lane, ir_ref a,
                           ir_ref b, ir_ref c, int64_t imm, int64_t imm2, unsigned mod)
{
    struct ir_op *op = &ir->ops[ir->n];
    op->opc = opc;
    op->type = type;
    op->lane = lane;
    op->mod = (uint16_t)mod;
    op->pass = 0;
    op->arg[0] = a;
    op->arg[1] = b;
    op->arg[2] = c;
    op->arg[3] = 0;
    op->imm = imm;
    op->imm2 = imm2;
    return ir_added(ir);
}

/* Blocks, for regions of more than one: ir_block_begin opens block k = 0, 1, ... in order;
 * jump/branch name blocks by number and may do so before they exist. */
uint32_t ir_block_begin(struct ir *ir, unsigned n_params, const uint8_t *param_types);
ir_ref ir_block_param(const struct ir *ir, uint32_t block, unsigned k);
ir_ref ir_jump(struct ir *ir, uint32_t target, const ir_ref *args, unsigned n);
ir_ref ir_branch(struct ir *ir, enum ir_cond cond, ir_ref flags, uint32_t then_block,
                 const ir_ref *then_args, unsigned n_then, uint32_t else_block,
                 const ir_ref *else_args, unsigned n_else);
/* Room for the n arguments of an edge, a copy of them; returns where they start (ir_block.edge). */
uint32_t ir_add_edge(struct ir *ir, const ir_ref *args, unsigned n);

/* Text form, one op a line; the inverse of nothing, for people.  names: may be NULL. */
void ir_print(const struct ir *ir, FILE *out);
void ir_print_op(const struct ir *ir, ir_ref r, FILE *out);
/* Checks every rule of the IR; on a broken one prints the region and aborts.  `stage` names the
 * pass that ran last. */
void ir_verify(const struct ir *ir, const char *stage);

static inline const struct ir_op *ir_at(const struct ir *ir, ir_ref r) { return &ir->ops[r]; }
static inline bool ir_is_const(const struct ir *ir, ir_ref r) { return ir->ops[r].opc == IR_const; }

/* --- builders ------------------------------------------------------------------------------ */
/* Hand-written ones (CUSTOM shapes). */
ir_ref ir_const(struct ir *ir, enum ir_type t, int64_t value);
ir_ref ir_const_pc(struct ir *ir, uint64_t guest_address); /* as wide as addresses are; moves with its image */
ir_ref ir_vconst(struct ir *ir, uint64_t lo, uint64_t hi);
ir_ref ir_get(struct ir *ir, unsigned slot);               /* type from the guest's slot table */
void ir_put(struct ir *ir, unsigned slot, ir_ref v);
void ir_insn(struct ir *ir, uint64_t pc, uint64_t word);
ir_ref ir_crc32(struct ir *ir, ir_ref crc, ir_ref data, unsigned bytes, bool castagnoli);
ir_ref ir_flags_sel(struct ir *ir, enum ir_cond cond, ir_ref test, ir_ref flags, unsigned nzcv);
/* cond of test holds ? flags : test */
ir_ref ir_flags_keep(struct ir *ir, enum ir_cond cond, ir_ref test, ir_ref flags);
/* IR_MASK_*: those flags of a, the others of b */
ir_ref ir_flags_merge(struct ir *ir, unsigned mask, ir_ref a, ir_ref b);
ir_ref ir_fcmp(struct ir *ir, uint8_t lane, ir_ref a, ir_ref b, bool signalling);
ir_ref ir_cc(struct ir *ir, enum ir_type t, enum ir_cond cond, ir_ref flags);
ir_ref ir_sel(struct ir *ir, enum ir_type t, enum ir_cond cond, ir_ref flags, ir_ref a, ir_ref b);
/* t: type of the result (i32, i64, v128); mem: size log2 | IR_MEM_*; address = base + disp.  Where
 * the guest's addresses have 32 bits, base and index are i32 values and the sum is modulo 2^32. */
ir_ref ir_load(struct ir *ir, enum ir_type t, unsigned mem, ir_ref base, int64_t disp);
void ir_store(struct ir *ir, unsigned mem, ir_ref base, int64_t disp, ir_ref value);
/* As above with address = base + (index << scale); index is an i64. */
ir_ref ir_load_x(struct ir *ir, enum ir_type t, unsigned mem, ir_ref base, ir_ref index, unsigned scale);
void ir_store_x(struct ir *ir, unsigned mem, ir_ref base, ir_ref index, unsigned scale, ir_ref value);
ir_ref ir_load_excl(struct ir *ir, enum ir_type t, unsigned mem, ir_ref base);
ir_ref ir_store_excl(struct ir *ir, unsigned mem, ir_ref base, ir_ref value);
void ir_clear_excl(struct ir *ir);
ir_ref ir_rmw(struct ir *ir, enum ir_type t, unsigned mem, enum ir_rmw what, ir_ref base, ir_ref value);
ir_ref ir_cas(struct ir *ir, enum ir_type t, unsigned mem, ir_ref base, ir_ref expected, ir_ref value);
void ir_fence(struct ir *ir, enum ir_fence kind);
/* Front ends use tcg_lift_* (guest.h) in place of these. */
void ir_exit_if(struct ir *ir, enum ir_cond cond, ir_ref flags, uint64_t pc);
void ir_goto_pc(struct ir *ir, uint64_t pc);
/* A call: the link has been put.  ret: the guest pc that it will most likely come back to. */
void ir_call_pc(struct ir *ir, uint64_t pc, uint64_t ret);
void ir_call_ind(struct ir *ir, ir_ref target, uint64_t ret);
void ir_goto_ind(struct ir *ir, ir_ref target, enum ir_ind hint); /* but IR_IND_CALL */
void ir_raise(struct ir *ir, unsigned exc, int64_t arg, uint64_t pc);
/* Helper h of the guest's table; result type from the table (0 if none).  Unused args are 0. */
ir_ref ir_call(struct ir *ir, unsigned helper, ir_ref a, ir_ref b, ir_ref c, ir_ref d);
ir_ref ir_vcall(struct ir *ir, unsigned helper, ir_ref a, ir_ref b, ir_ref c, int64_t imm);

/* Shapes: the builders that follow from ops.def.
 *   ir_add(ir, t, a, b)   ir_zext(ir, t, a, bits)   ir_flags_adc(ir, t, a, b, fl)
 *   ir_vadd(ir, lane, a, b)   ir_vins(ir, t, lane, v, x, index)   ir_ftos(ir, t, lane, v, fbits, round)
 */
#define IR_B static inline ir_ref
#define IR_BUILD_CUSTOM(n)
#define IR_BUILD_T_T(n)    IR_B ir_##n(struct ir *r, enum ir_type t, ir_ref a) { return ir_mk(r, IR_##n, t, 0, a, 0, 0, 0, 0, 0); }
#define IR_BUILD_T_TT(n)   IR_B ir_##n(struct ir *r, enum ir_type t, ir_ref a, ir_ref b) { return ir_mk(r, IR_##n, t, 0, a, b, 0, 0, 0, 0); }
#define IR_BUILD_T_TI(n)   IR_B ir_##n(struct ir *r, enum ir_type t, ir_ref a, int64_t i) { return ir_mk(r, IR_##n, t, 0, a, 0, 0, i, 0, 0); }
#define IR_BUILD_T_TII(n)  IR_B ir_##n(struct ir *r, enum ir_type t, ir_ref a, int64_t i, int64_t j) { return ir_mk(r, IR_##n, t, 0, a, 0, 0, i, j, 0); }
#define IR_BUILD_T_TTI(n)  IR_B ir_##n(struct ir *r, enum ir_type t, ir_ref a, ir_ref b, int64_t i) { return ir_mk(r, IR_##n, t, 0, a, b, 0, i, 0, 0); }
#define IR_BUILD_T_TTII(n) IR_B ir_##n(struct ir *r, enum ir_type t, ir_ref a, ir_ref b, int64_t i, int64_t j) { return ir_mk(r, IR_##n, t, 0, a, b, 0, i, j, 0); }
#define IR_BUILD_T_TTF(n)  IR_B ir_##n(struct ir *r, enum ir_type t, ir_ref a, ir_ref b, ir_ref f) { return ir_mk(r, IR_##n, t, 0, a, b, f, 0, 0, 0); }
#define IR_BUILD_W_L(n)    IR_B ir_##n(struct ir *r, ir_ref a) { return ir_mk(r, IR_##n, IR_I32, 0, a, 0, 0, 0, 0, 0); }
#define IR_BUILD_L_W(n)    IR_B ir_##n(struct ir *r, ir_ref a) { return ir_mk(r, IR_##n, IR_I64, 0, a, 0, 0, 0, 0, 0); }
/* A flags op's `type` is that of its operands; its result is always of type IR_FLAGS. */
#define IR_BUILD_F_TT(n)   IR_BUILD_T_TT(n)
#define IR_BUILD_F_TTF(n)  IR_BUILD_T_TTF(n)
#define IR_BUILD_F_W(n)    IR_B ir_##n(struct ir *r, ir_ref a) { return ir_mk(r, IR_##n, IR_I32, 0, a, 0, 0, 0, 0, 0); }
#define IR_BUILD_W_F(n)    IR_B ir_##n(struct ir *r, ir_ref f) { return ir_mk(r, IR_##n, IR_I32, 0, f, 0, 0, 0, 0, 0); }
#define IR_BUILD_V_V(n)    IR_B ir_##n(struct ir *r, uint8_t lane, ir_ref a) { return ir_mk(r, IR_##n, IR_V128, lane, a, 0, 0, 0, 0, IR_ROUND_DYN); }
#define IR_BUILD_V_VV(n)   IR_B ir_##n(struct ir *r, uint8_t lane, ir_ref a, ir_ref b) { return ir_mk(r, IR_##n, IR_V128, lane, a, b, 0, 0, 0, IR_ROUND_DYN); }
#define IR_BUILD_V_VVV(n)  IR_B ir_##n(struct ir *r, uint8_t lane, ir_ref a, ir_ref b, ir_ref c) { return ir_mk(r, IR_##n, IR_V128, lane, a, b, c, 0, 0, IR_ROUND_DYN); }
#define IR_BUILD_V_VI(n)   IR_B ir_##n(struct ir *r, uint8_t lane, ir_ref a, int64_t i) { return ir_mk(r, IR_##n, IR_V128, lane, a, 0, 0, i, 0, IR_ROUND_DYN); }
#define IR_BUILD_V_VVI(n)  IR_B ir_##n(struct ir *r, uint8_t lane, ir_ref a, ir_ref b, int64_t i) { return ir_mk(r, IR_##n, IR_V128, lane, a, b, 0, i, 0, IR_ROUND_DYN); }
#define IR_BUILD_V_VVII(n) IR_B ir_##n(struct ir *r, uint8_t lane, ir_ref a, ir_ref b, int64_t i, int64_t j) { return ir_mk(r, IR_##n, IR_V128, lane, a, b, 0, i, j, IR_ROUND_DYN); }
#define IR_BUILD_V_VVVI(n) IR_B ir_##n(struct ir *r, uint8_t lane, ir_ref a, ir_ref b, ir_ref c, int64_t i) { return ir_mk(r, IR_##n, IR_V128, lane, a, b, c, i, 0, IR_ROUND_DYN); }
#define IR_BUILD_V_VVVM(n) IR_B ir_##n(struct ir *r, uint8_t lane, ir_ref a, ir_ref b, ir_ref c, unsigned m) { return ir_mk(r, IR_##n, IR_V128, lane, a, b, c, 0, 0, m); }
#define IR_BUILD_V_VM(n)   IR_B ir_##n(struct ir *r, uint8_t lane, ir_ref a, unsigned m) { return ir_mk(r, IR_##n, IR_V128, lane, a, 0, 0, 0, 0, m); }
#define IR_BUILD_V_VIM(n)  IR_B ir_##n(struct ir *r, uint8_t lane, ir_ref a, int64_t i, unsigned m) { return ir_mk(r, IR_##n, IR_V128, lane, a, 0, 0, i, 0, m); }
/* Between integers and vectors: `type` is the integer's; the result of V_T and V_VTI is a V128. */
#define IR_BUILD_V_T(n)    IR_B ir_##n(struct ir *r, enum ir_type t, uint8_t lane, ir_ref a) { return ir_mk(r, IR_##n, t, lane, a, 0, 0, 0, 0, IR_ROUND_DYN); }
#define IR_BUILD_V_TI(n)   IR_B ir_##n(struct ir *r, enum ir_type t, uint8_t lane, ir_ref a, int64_t i) { return ir_mk(r, IR_##n, t, lane, a, 0, 0, i, 0, IR_ROUND_DYN); }
#define IR_BUILD_V_VTI(n)  IR_B ir_##n(struct ir *r, enum ir_type t, uint8_t lane, ir_ref v, ir_ref x, int64_t i) { return ir_mk(r, IR_##n, t, lane, v, x, 0, i, 0, 0); }
#define IR_BUILD_T_VI(n)   IR_B ir_##n(struct ir *r, enum ir_type t, uint8_t lane, ir_ref v, int64_t i) { return ir_mk(r, IR_##n, t, lane, v, 0, 0, i, 0, 0); }
#define IR_BUILD_T_VIM(n)  IR_B ir_##n(struct ir *r, enum ir_type t, uint8_t lane, ir_ref v, int64_t i, unsigned m) { return ir_mk(r, IR_##n, t, lane, v, 0, 0, i, 0, m); }
#define IR_BUILD_L_V(n)    IR_B ir_##n(struct ir *r, uint8_t lane, ir_ref v) { return ir_mk(r, IR_##n, IR_I64, lane, v, 0, 0, 0, 0, IR_ROUND_DYN); }
#define OP(name, shape, flags, meaning) IR_BUILD_##shape(name)
#include "tcg/ir/ops.def"

/* Type of the value that op r makes, IR_NONE if it makes none. */
enum { IR_OF_OP = 0xff };
extern uint8_t ir_result_kind[IR_OPC_COUNT]; /* enum ir_type, or IR_OF_OP: op->type; from ir_init() */
static inline enum ir_type ir_result_type(const struct ir *ir, ir_ref r)
{
    const struct ir_op *op = &ir->ops[r];
    uint8_t kind = ir_result_kind[op->opc];
    return (enum ir_type)(kind == IR_OF_OP ? op->type : kind);
}
/* How many of arg[] an op of each opcode may use, at most; from ir_init(). */
extern uint8_t ir_arg_count[IR_OPC_COUNT];
/* Types of op r's operands arg[0..n-1] into types (IR_NONE: absent); returns n. */
unsigned ir_arg_types(const struct ir *ir, ir_ref r, uint8_t types[4]);

#endif
