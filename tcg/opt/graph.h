/* SPDX-License-Identifier: MIT */
/*
 * A region of tier 2 as it is found: guest code as a graph of basic blocks ("nodes"), the code of
 * short callees once for each call of them.  run/graph.c finds it, opt/graph.c trims and orders it
 * and finds out what slots hold where, opt/join.c makes one region of IR of it.  Includes ir/.
 *
 * A node's ops are as the front end lifted them: values pass from one guest instruction to the next
 * through slots alone, so a node may be split at any instruction.
 */
#ifndef TCG_OPT_GRAPH_H
#define TCG_OPT_GRAPH_H

#include "tcg/ir/ir.h"

enum { OPT_MAX_NODES = 128, OPT_MAX_CONTEXTS = 24, OPT_MAX_SLOTS = 256 };
#define OPT_NONE UINT32_MAX

enum opt_end {
    OPT_GOTO,   /* to[0] */
    OPT_BRANCH, /* if cond of flags holds to[0], else to[1] */
    OPT_CALL,   /* to[0], and it comes back to to[1]; is OPT_GOTO once the callee is followed */
    OPT_LEAVE,  /* by the node's last op */
};

struct opt_node {
    uint64_t pc;        /* of its first instruction */
    uint32_t context;   /* in which followed call; 0: in none; OPT_NONE: only leaves, with no address that
                         * the region could be left to before it */
    uint32_t first, n;  /* its ops, among the graph's */
    ir_ref flags;
    uint8_t end, cond;
    bool lifted, connected, keep;
    bool part;          /* begins within an instruction, behind the test of its condition, which the
                         * ops take for granted: nobody else can go there */
    bool polls;         /* the region polls before it, but for node 0 on the way in */
    uint64_t to[2];     /* guest addresses */
    uint32_t succ[2];   /* nodes, or OPT_NONE: the region is left to to[] */
};

struct opt_context {
    uint32_t parent;
    uint64_t entry, ret; /* the callee; where it returns to */
};

struct opt_graph {
    struct ir_op *ops;   /* args are indices here; 0 is none */
    uint32_t n_ops, cap_ops;
    struct opt_node node[OPT_MAX_NODES];
    uint32_t n_nodes;
    struct opt_context context[OPT_MAX_CONTEXTS];
    uint32_t n_contexts;
    unsigned n_insns;
    bool entry_polls;    /* on the way in, too */
    bool loops_only;     /* of no use if node 0 is no loop's head */
    bool keep_parts;     /* the region is left behind an instruction alone, never before its second part */
    const struct guest *guest;
    uint64_t entry_pc;
    uint32_t mode, run_mode;
};

/* Makes ir (initialised, of the graph's guest) the region that begins at node 0. */
enum opt_result { OPT_MADE, OPT_NO_LOOP, OPT_TOO_LARGE };
enum opt_result opt_graph_region(struct opt_graph *g, struct ir *ir);

/* --- between graph.c and join.c ------------------------------------------------------------------- */

struct opt_set { uint64_t w[OPT_MAX_SLOTS / 64]; };

static inline bool opt_in(const struct opt_set *s, unsigned k) { return s->w[k / 64] >> (k % 64) & 1; }
/* The first member from k on, OPT_MAX_SLOTS if there is none. */
static inline unsigned opt_next(const struct opt_set *s, unsigned k)
{
    for (unsigned w = k / 64; w < OPT_MAX_SLOTS / 64; w++) {
        const uint64_t left = w == k / 64 ? s->w[w] & ~UINT64_C(0) << k % 64 : s->w[w];
        if (left)
            return w * 64 + (unsigned)__builtin_ctzll(left);
    }
    return OPT_MAX_SLOTS;
}
#define OPT_EACH(s, set) for (unsigned s = opt_next(set, 0); s < OPT_MAX_SLOTS; s = opt_next(set, s + 1))
static inline void opt_add(struct opt_set *s, unsigned k) { s->w[k / 64] |= UINT64_C(1) << (k % 64); }
static inline void opt_remove(struct opt_set *s, unsigned k) { s->w[k / 64] &= ~(UINT64_C(1) << (k % 64)); }

/* How a slot's value goes from block to block. */
enum opt_shape_kind {
    OPT_ANY,      /* not known yet */
    OPT_PLAIN,    /* the value itself; opc IR_vzext: which has zeros above `lane` */
    OPT_CONST,    /* always the same constant: made again */
    OPT_EXTENDED, /* zext64 or vzext of a parameter */
    OPT_FLAGS,    /* the op that makes them is made again from its operands */
    OPT_NOWHERE,  /* it cannot: through memory */
};
struct opt_shape {
    uint8_t kind, type, lane;
    uint16_t opc, mod;
    bool same;           /* OPT_FLAGS: both operands are one value */
    bool is_const[2];    /* OPT_FLAGS: an operand that is always imm[] */
    uint16_t slot[2];    /* OPT_FLAGS: an operand that is the value of this slot, plus 1; 0: neither */
    int64_t imm[2];
};

struct opt_block {
    uint32_t first, last;         /* nodes; plan->next leads from the one to the other */
    uint32_t succ[2];             /* blocks, OPT_NONE */
    bool loop_head;
    bool polls;                   /* at its head: a loop's head, or a copy of one for the ways in */
    unsigned depth;               /* of loops around it */
    struct opt_set use, put;      /* slots read before they are put; put */
    struct opt_set live, later;   /* read, put on some way from its head on */
    struct opt_set dirty;         /* may hold what memory does not, at its head */
    struct opt_set carry;         /* go in as parameters */
    struct opt_set memory;        /* must go through memory */
    struct opt_set twin;          /* flags that are those of slot plan->flags, at its head */
};

struct opt_plan {
    const struct opt_graph *g;
    struct opt_block block[IR_MAX_BLOCKS];
    uint32_t n_blocks;
    uint32_t next[OPT_MAX_NODES];     /* the next node of the same block, OPT_NONE */
    uint32_t block_of[OPT_MAX_NODES];
    uint32_t weight[OPT_MAX_SLOTS];   /* how often a slot is used, in loops counted more */
    unsigned n_slots;
    struct opt_set all_flags;         /* the slots of flags */
    unsigned flags;                   /* the first slot of flags; n_slots: none */
    struct opt_shape *shape;          /* of slot s at the head of block b: [b * n_slots + s] */
};

/* join.c */
void opt_join(const struct opt_plan *plan, struct ir *ir);
bool opt_same_shape(const struct opt_shape *a, const struct opt_shape *b);
/* The shape of value v among the graph's ops. */
struct opt_shape opt_shape_of(const struct opt_graph *g, ir_ref v);

#endif
