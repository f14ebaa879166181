/* SPDX-License-Identifier: MIT */
/*
 * A loop of one block, B, of which several rounds are done at once by blocks beside it: what lanes.c (loops
 * that compute) and search.c (loops that look for something) share.  Private to opt/; includes opt.h and
 * guest.h.
 *
 * All of it belongs to the thread that runs the pass; values named ir_ref are those of the old region, or
 * of the new one (`out`) where a function says that it writes.
 */
#ifndef TCG_OPT_ROUNDS_H
#define TCG_OPT_ROUNDS_H

#include "tcg/guest.h"
#include "tcg/opt/opt.h"

enum { ROUNDS_VECTOR = 16, ROUNDS_LOADS = 6, ROUNDS_BLOCK = 400, ROUNDS_STEP = 4096, ROUNDS_PARAMS = 192 };

/* What the value of an op of B is, over the rounds. */
enum rounds_kind {
    NOT_KNOWN,  /* nothing that is known but for the first round */
    FIXED,      /* the same in all */
    STEPS,      /* base + offset, base a parameter that grows by step[base] */
    SCALAR,     /* computed of others by ops without effects */
    WIDE,       /* one lane of a vector each */
    PAIR,       /* search.c: two of them, the low and the high half of an i64 */
    HIGH,       /* search.c: such a high half, shifted down */
};

struct rounds {
    struct ir *ir, *out;
    struct ir_block b;
    uint32_t block;               /* B's number in ir */
    unsigned back;                /* which of B's edges goes to B */
    unsigned n;                   /* rounds at once */
    ir_ref body, end;             /* the op behind the poll; the branch or exit */
    ir_ref load[ROUNDS_LOADS];
    unsigned n_loads;
    uint8_t kind[ROUNDS_BLOCK];   /* by op of B, from b.first on */
    ir_ref base[ROUNDS_BLOCK];
    int64_t offset[ROUNDS_BLOCK];
    /* lanes.c */
    unsigned bytes;               /* of an element; 0: not known yet */
    ir_ref store;
    ir_ref count, bound;          /* B goes round while cond holds of count - bound */
    uint16_t cond;
    /* While a block is written: what ops of B are there. */
    int64_t round;                /* which round scalars are of */
    ir_ref head[ROUNDS_PARAMS];   /* B's parameters */
    ir_ref map[ROUNDS_BLOCK], wide[ROUNDS_BLOCK];
    ir_ref high[ROUNDS_BLOCK], before[ROUNDS_BLOCK]; /* search.c: of PAIRs; `wide` of the rounds before */
    ir_ref (*last_lane)(struct rounds *, ir_ref); /* writes: a WIDE value as of the last round */
};

static inline bool rounds_inside(const struct rounds *l, ir_ref r)
{
    return r >= l->b.first && r <= l->b.last;
}
static inline unsigned rounds_at(const struct rounds *l, ir_ref r) { return r - l->b.first; }
static inline enum rounds_kind rounds_kind(const struct rounds *l, ir_ref r)
{
    return rounds_inside(l, r) ? (enum rounds_kind)l->kind[rounds_at(l, r)] : NOT_KNOWN;
}
static inline const struct ir_op *rounds_op(const struct rounds *l, ir_ref r) { return &l->ir->ops[r]; }

/* What parameter r is in the next round. */
static inline ir_ref rounds_next(const struct rounds *l, ir_ref r)
{
    return l->ir->edge_args[l->b.edge[l->back] + (r - l->b.first)];
}

/* By how much a value grows in each round; 0 unless it STEPS. */
int64_t rounds_step(const struct rounds *l, ir_ref r);

/* Block k of ir, if it is a loop by itself that polls at its head and is not too large: l as far as bases
 * and offsets.  The caller clears *l. */
bool rounds_begin(struct rounds *l, struct ir *ir, uint32_t k);
/* FIXED, STEPS or NOT_KNOWN, of parameter r. */
enum rounds_kind rounds_param_kind(const struct rounds *l, ir_ref r);
/* The kind of a get. */
enum rounds_kind rounds_get_kind(const struct rounds *l, const struct ir_op *op);
/* The kind of an op by those of its operands; NOT_KNOWN if one of them is not. */
enum rounds_kind rounds_of_operands(const struct rounds *l, const struct ir_op *op);

/* --- writing --------------------------------------------------------------------------------------- */

/* A constant of op like's type. */
static inline ir_ref rounds_number(struct rounds *l, const struct ir_op *like, int64_t c)
{
    return ir_const(l->out, (enum ir_type)like->type, c);
}
/* Op r of B with its operands from `value`. */
typedef ir_ref rounds_value_fn(struct rounds *, ir_ref);
ir_ref rounds_copy_op(struct rounds *l, ir_ref r, rounds_value_fn *value);
/* A value as of round l->round: of WIDE ones, the vector's last lane. */
ir_ref rounds_value(struct rounds *l, ir_ref r);
/* A value as of the first round of the block that is written. */
ir_ref rounds_first(struct rounds *l, ir_ref r);
/* Opens a block with B's parameters, n_more vectors behind them, and the puts at B's head. */
void rounds_block(struct rounds *l, bool poll, unsigned depth, unsigned n_more);
/* Is op r the last put in B of its slot? */
bool rounds_last_put(const struct rounds *l, ir_ref r);
/* The slots that B puts, as of the last round. */
void rounds_puts(struct rounds *l);
/* B's parameters in the round behind the last one. */
void rounds_args(struct rounds *l, ir_ref *args);
/* Block k of the old region, its ops mapped by `map`; blocks behind B have moved by `added`, and B's edge to
 * itself goes to `self`. */
void rounds_copy_block(const struct rounds *l, uint32_t k, uint32_t added, uint32_t self, ir_ref *map);
/* The region once more, with what `make` writes in the place of B (by rounds_copy_block(), too). */
typedef void rounds_make_fn(struct rounds *, ir_ref *map);
void rounds_rewrite(struct rounds *l, uint32_t added, rounds_make_fn *make);

#endif
