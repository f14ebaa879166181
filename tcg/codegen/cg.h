/* SPDX-License-Identifier: MIT */
/*
 * Inside the code generator (host-neutral).  Read in this order: live.c (which flags stay lazy,
 * where each value is needed last), alloc.c (registers, spilling), emit.c (the walk over a region
 * that ties them together), exits.c (leaving with exact state), snap.c (the side table).
 * Includes host.h and ir/.
 *
 * A position is the ref of an op.  A value lives from its own position to val.end, the last
 * position that reads it, or that must be able to rebuild a slot from it.  Allocation is linear
 * scan in one pass with emission: registers are given in program order, and when none is free the
 * value whose next use is farthest goes to memory: to its own state slot if it is what that slot
 * holds by now (the write-back it would have needed anyway), else to a stack slot.
 */
#ifndef TCG_CODEGEN_CG_H
#define TCG_CODEGEN_CG_H

#include "tcg/codegen/codegen.h"
#include "tcg/guest.h"
#include "tcg/host.h"

enum { CG_NO_REG = 0xff, CG_MAX_SLOTS = IR_MAX_SLOTS, CG_MAX_REGS = 32, CG_NEVER = UINT32_MAX };

/* op.pass bits, set by live.c */
enum {
    CG_FUSED = 1,     /* a use of flags: they are in the host's flags register there */
    CG_SETS = 2,      /* an arithmetic op whose host flags are the fused ones (its twin emits nothing) */
    CG_COMPARES = 4,  /* a flags op that computes into host flags at its own position */
    CG_VIRTUAL = 16,  /* no location of its own: recomputed from its operands where needed */
    CG_UNSEEN = 64,    /* a put that nobody sees: emits nothing */
    CG_HOLDS = 32,    /* between a setter of host flags and the last fused use: do not clobber */
};

struct cg_val {
    uint32_t end;      /* last position that needs it */
    uint32_t next;     /* next real use after the current position, CG_NEVER if none */
    uint8_t reg;       /* or CG_NO_REG */
    uint8_t mem;       /* CG_NONE, CG_STATE or CG_STACK: memory that holds it */
    uint8_t bytes;     /* CG_STATE: as cg_operand.bytes */
    uint8_t hint;      /* register that it is wanted in at the block's end, or CG_NO_REG */
    int32_t disp;
};

/* What a slot holds by now, where that is not what its memory holds. */
struct cg_slot {
    ir_ref value;      /* last put; 0: none in this block */
    bool dirty;        /* memory does not hold it */
    ir_ref home_of;    /* a value whose only copy may be this slot's memory */
    uint32_t snap;     /* where the side table last spoke of it, 0: it is clean there */
    ir_ref snap_value; /* what it said there: this value (0: clean) at this place (snap.c) */
    uint32_t snap_place;
};

struct cg_exit_slot {
    uint16_t slot;
    uint8_t type, lane;
    bool made;               /* by op `value` from `from` (cg_made_at_store()) */
    ir_ref value;
    struct cg_operand from;
};
/* A flags value, and the slots that are to have it; no guest has more of them. */
enum { CG_FLAGS_SLOTS = 8 };
struct cg_exit_flags {
    ir_ref value;
    unsigned n;
    struct cg_operand to[CG_FLAGS_SLOTS];
    struct cg_flags fl;
};

/* Where a value is at the start of a block, for edges that come later. */
struct cg_place { ir_ref value; uint8_t reg, mem; int32_t disp; };
struct cg_block_in { uint32_t first, n; bool known; struct cg_label label; };
struct cg_move { uint8_t type; bool done; ir_ref remat; struct cg_operand from, to; };

struct cg_priv {
    struct ir *ir;
    struct cg_val *val;
    uint32_t (*next_use)[4];  /* by op and operand: the operand's next use after this one */
    uint32_t cap;
    ir_ref reg_val[2][CG_MAX_REGS];     /* by cg_hold() alone */
    uint32_t reg_until[2][CG_MAX_REGS]; /* .end of these */
    uint32_t locked[2];       /* registers of the op being emitted */
    uint32_t wanted[2];       /* registers that hints of values to come name */
    struct cg_slot slot[CG_MAX_SLOTS];
    uint16_t dirty[CG_MAX_SLOTS];
    unsigned n_dirty;         /* slots with a value, in order of first put */
    ir_ref stack_val[64];     /* 16-byte stack slots */
    unsigned n_stack;         /* so many at most have been used since cg_alloc_reset() */
    uint32_t pos;
    ir_ref host_flags;        /* flags value that the host's flags register holds */
    uint64_t insn_pc, insn_word;
    uint64_t top;             /* highest address of code since the last poll; with several blocks, of all code */
    uint32_t cur_block;
    struct cg_block_in in[IR_MAX_BLOCKS];
    /* out-of-line code */
    struct cg_ool **ool;      /* stable addresses: labels inside are referred to */
    uint32_t n_ool, cap_ool, made_ool;
    struct cg_exit_slot *exits;
    uint32_t n_exits, cap_exits;
    struct cg_exit_flags *exit_flags;
    uint32_t n_exit_flags, cap_exit_flags;
    struct cg_place *places;
    uint32_t n_places, cap_places;
    struct cg_move *moves;
    uint32_t n_moves, cap_moves;
    bool no_spill;            /* cg->overflow is that of the spill area, not of the buffer */
    /* side table being written */
    uint8_t *snap;
    uint32_t n_snap, cap_snap;
    uint32_t snap_offset;
    uint64_t snap_pc;
    bool snap_reset;
    struct cg_link *links;
    uint32_t n_links, cap_links;
    struct cg_reloc *relocs;
    uint32_t n_relocs, cap_relocs;
    uint32_t seed;
    bool in_ool;
    bool fp_known;            /* cg->fp_std says which FP control word is in force */
    bool blocks_std;          /* blocks but the first are entered with this cg->fp_std */
};

/* Helpers that want guest state in memory. */
enum { CG_H_STATE = TCG_H_READS | TCG_H_WRITES | TCG_H_FAULTS };

/* live.c */
extern const uint8_t cg_flags_operand[IR_OPC_COUNT];
/* The operand of op that is a flags value and may be in host flags; -1 if none. */
static inline int cg_flags_arg(const struct ir_op *op) { return cg_flags_operand[op->opc] - 1; }
/* flags_adc, flags_sbc: a third operand, of which C counts. */
static inline bool cg_with_carry(uint16_t opc) { return opc == IR_flags_adc || opc == IR_flags_sbc; }
bool cg_flush_at_end(const struct ir *ir, const struct ir_block *b, unsigned slot);
void cg_liveness(struct cg *cg);

/* alloc.c */
void cg_alloc_reset(struct cg *cg);
void cg_need(struct cg *cg, ir_ref v);                /* v's register (loads it); locks it */
struct cg_operand cg_where_else(struct cg *cg, ir_ref v); /* v's location, which is no register */
uint8_t cg_result(struct cg *cg, ir_ref v, uint8_t hint, uint32_t avoid);
void cg_spill_all(struct cg *cg, bool writes_state);
void cg_put(struct cg *cg, unsigned slot, ir_ref v);
bool cg_value_class(const struct ir *ir, ir_ref v, enum cg_class *c);
void cg_relocate_homes(struct cg *cg, unsigned slot);
struct cg_flags cg_flags_at(struct cg *cg, ir_ref f, bool fused);
void cg_evict(struct cg *cg, enum cg_class c, unsigned reg);

/* Register reg of class c has value v (0: none). */
static inline void cg_hold(struct cg_priv *p, enum cg_class c, unsigned reg, ir_ref v)
{
    p->reg_val[c][reg] = v;
    p->reg_until[c][reg] = v ? p->val[v].end : 0;
}

static inline void cg_stack_take(struct cg_priv *p, unsigned k, ir_ref v)
{
    p->stack_val[k] = v;
    if (k >= p->n_stack)
        p->n_stack = k + 1;
}

enum ir_type cg_move_type(const struct cg *cg, ir_ref v);
void cg_forget_registers(struct cg *cg);

/* Is op made from its operand when it is stored, if only slots hold it? */
static inline bool cg_made_at_store(uint16_t opc)
{
    return opc == IR_vzext || opc == IR_zext64 || opc == IR_vfdn;
}

/* The memory of a slot. */
static inline struct cg_operand cg_slot_operand(const struct cg *cg, unsigned slot)
{
    const struct tcg_slot *s = &cg->ir->guest->slots[slot];
    return (struct cg_operand){.kind = CG_STATE, .disp = (int32_t)s->offset, .bytes = s->bytes};
}

/* exits.c: what must be stored to make state exact here is recorded, and written back now or out
 * of line. */
struct cg_exit cg_exit_record(struct cg *cg);
struct cg_exit cg_exit_record_slot(struct cg *cg, unsigned slot); /* of one dirty slot alone */
void cg_write_back(struct cg *cg, struct cg_exit e);
uint32_t cg_new_link(struct cg *cg, uint64_t pc);
struct cg_label *cg_exit_stub(struct cg *cg, uint64_t pc);
bool cg_goes_back(const struct cg *cg, uint64_t pc); /* must an exit to pc poll? */
void cg_count_exit(struct cg *cg, enum cg_exit_kind kind); /* where the state has been written back */
void cg_flush_ool(struct cg *cg);
void cg_region_end(struct cg *cg); /* its last part */

/* edges.c */
void cg_block_enter(struct cg *cg, uint32_t block);
void cg_emit_jump(struct cg *cg, ir_ref r);
void cg_emit_branch(struct cg *cg, ir_ref r);

/* snap.c */
void cg_snap_begin(struct cg *cg);
void cg_snap_block(struct cg *cg);
void cg_snap_at(struct cg *cg, const uint8_t *at);

void *cg_grow_more(void *p, uint32_t *cap, uint32_t need, size_t size);
/* Room for `need` elements. */
static inline void *cg_grow(void *p, uint32_t *cap, uint32_t need, size_t size)
{
    return need <= *cap ? p : cg_grow_more(p, cap, need, size);
}

/* v's best location, without moving it. */
static inline struct cg_operand cg_where(struct cg *cg, ir_ref v)
{
    const uint8_t reg = cg->priv->val[v].reg;
    if (reg != CG_NO_REG)
        return (struct cg_operand){.kind = CG_REG, .reg = reg};
    return cg_where_else(cg, v);
}

static inline bool cg_live_after(const struct cg *cg, ir_ref v)
{
    return v && cg->priv->val[v].end > cg->priv->pos;
}

#endif
