/* SPDX-License-Identifier: MIT */
/*
 * What the translator asks of a guest architecture, and what a front end may ask of the
 * translator while it lifts.  A guest is one `const struct guest`; nothing else of it is known
 * to tcg.  Includes ir/ and cpu.h.
 */
#ifndef TCG_GUEST_H
#define TCG_GUEST_H

#include <string.h>

#include "tcg/cpu.h"
#include "tcg/ir/ir.h"

/* One piece of guest state that IR can name.  offset: from the start of struct tcg_cpu, aligned
 * to its size.  A slot of type IR_FLAGS is a uint32_t in the canonical format:
 * bit 15 N, bit 14 Z, bit 8 C, bit 0 V (bits 12 and 10 are kept for x86's A and P); others 0. */
struct tcg_slot {
    const char *name;
    uint32_t offset;
    uint8_t type;  /* enum ir_type */
    uint8_t bytes; /* IR_V128: 4 or 8, a part of a vector register: `get` gives them in the low lanes,
                      with anything above; `put` takes the low lanes.  0: all that the type has */
    uint8_t group; /* slots of one group overlap each other (S, D and Q registers; opt/group.c), and
                      no others; 0: overlaps none */
};
enum { TCG_FLAG_N = 1 << 15, TCG_FLAG_Z = 1 << 14, TCG_FLAG_C = 1 << 8, TCG_FLAG_V = 1 };

/* Bytes of the slot's memory. */
static inline unsigned tcg_slot_bytes(const struct tcg_slot *s)
{
    return s->bytes ? s->bytes : s->type == IR_V128 ? 16 : s->type == IR_I64 ? 8 : 4;
}
/* Does the slot hold less than its type has? */
static inline bool tcg_slot_narrow(const struct tcg_slot *s) { return s->bytes != 0; }

/* A C function that emitted code calls.  `call`: uint64_t fn(struct tcg_cpu *, uint64_t a, b, c, d);
 * `vcall`: void fn(struct tcg_cpu *, tcg_v128 *d, const tcg_v128 *a, *b, *c, uint64_t imm). */
enum {
    TCG_H_READS = 1,  /* reads guest slots: they are written back before it */
    TCG_H_WRITES = 2, /* writes guest slots: they are read again after it */
    TCG_H_FAULTS = 4, /* accesses guest memory or raises (tcg_raise); pc and all slots are exact then */
    TCG_H_VECTOR = 8, /* a vcall */
    TCG_H_ENDS = 16,  /* may change mode, run_mode or fp control: the front end ends the region after it */
    TCG_H_VARIES = 32, /* two calls with the same arguments may give different results */
    TCG_H_PURE = 64,   /* `call`: is for its result alone; left out where nobody reads that */
};
struct tcg_helper {
    const char *name;
    void *fn;
    uint8_t flags;
    uint8_t result;   /* enum ir_type */
    uint8_t n_args;
};

struct tcg_lift;

struct guest {
    const char *name;            /* "aarch64" */
    const struct tcg_slot *slots;
    unsigned n_slots;
    unsigned n_groups;           /* tcg_slot.group is below or equal; 0: no slots overlap */
    const struct tcg_helper *helpers;
    unsigned n_helpers;
    size_t cpu_size;             /* sizeof the guest's own struct */
    unsigned insn_align;         /* bytes; pc of every instruction is a multiple */
    unsigned max_insn_bytes;
    unsigned address_bits;       /* 32: addresses of data are i32 values; 0 or 64: i64 */
    bool traces;                 /* the front end goes on where tcg_lift_branch() and tcg_lift_skip() say */
    bool fp_std;                 /* has FP ops by cpu->fp_std (IR_FPC1) */
    int capstone_arch, capstone_mode;
    /* Where a pc holds more than an address (A32: the instruction set, IT state): the address of the
     * code, and capstone's mode there.  NULL: pc is the address, capstone_mode is the mode. */
    uint64_t (*code_address)(uint64_t pc);
    int (*disas_mode)(uint64_t pc);
    /* Lift the one instruction at l->pc into l->ir.  Sets l->next_pc (default pc + insn_align). */
    void (*lift)(struct tcg_lift *l);
    /* Address bits that a data access ignores (A64 TBI): the address as memory sees it. */
    uint64_t (*clean_address)(uint64_t address);
    /* Reset to the architecture's user-mode start. */
    void (*reset)(struct tcg_cpu *cpu);
    /* Print registers, for -d cpu and for broken invariants. */
    void (*dump)(const struct tcg_cpu *cpu, FILE *out);
};

static inline uint64_t guest_code_address(const struct guest *g, uint64_t pc)
{
    return g->code_address ? g->code_address(pc) : pc;
}
static inline int guest_disas_mode(const struct guest *g, uint64_t pc)
{
    return g->disas_mode ? g->disas_mode(pc) : g->capstone_mode;
}
static inline enum ir_type guest_address_type(const struct guest *g)
{
    return g->address_bits == 32 ? IR_I32 : IR_I64;
}

enum { TCG_AHEAD = 640 };

/* The state of one lift.  Front ends read pc, mode and the guest's own word; all else is tcg's. */
struct tcg_lift {
    struct ir *ir;
    struct tcg *tcg;
    uint64_t pc, next_pc;
    uint32_t mode, run_mode;
    bool done;                   /* the region ends with this instruction */
    bool fp_status;              /* guest code has read its FP status before (tcg_fp_status_read()) */
    void *guest_data;            /* front end's own, e.g. CPU features */
    unsigned n_insns;
    uint64_t limit;              /* no instruction at or past this address joins the region */
    uint64_t skip_to;            /* the last tcg_lift_skip()'s, 0: none yet */
    bool exits;                  /* there is a side exit in the line */
    bool calls;                  /* set by the front end: what it is about to skip is a call */
    const uint8_t *code;         /* code at code_start, code_size bytes, as tcg_lift_fetch() found it */
    uint64_t code_start, code_size;
    uint64_t fetched;            /* the end of what tcg_lift_fetch() read last */
    uint64_t peeked;             /* the end of what tcg_lift_peek() read, 0: nothing */
    uint64_t ahead_start, ahead_end; /* what it has read is in tcg->ahead, and is fetched from there */
    uint64_t code_hash;          /* of what has been fetched */
};

/* What a hash of code becomes with n more bytes, 2 or 4. */
static inline uint64_t tcg_code_hash(uint64_t hash, const void *bytes, unsigned n)
{
    uint16_t half[2] = {0, 0};
    memcpy(half, bytes, n);
    for (unsigned k = 0; k < n / 2; k++)
        hash = ((hash ^ half[k]) + 0x2545f4914f6cdd1d) * 0x9e3779b97f4a7c15u;
    return hash;
}

/* Reads n bytes of code at address; false if it cannot be fetched, and then the region has been
 * ended with TCG_EXC_FETCH (the front end returns at once). */
bool tcg_lift_fetch_new(struct tcg_lift *l, uint64_t address, void *bytes, unsigned n);
static inline bool tcg_lift_fetch(struct tcg_lift *l, uint64_t address, void *bytes, unsigned n)
{
    const uint64_t at = address - l->code_start;
    if (at + n > l->code_size || at + n < n || address < l->ahead_end)
        return tcg_lift_fetch_new(l, address, bytes, n);
    memcpy(bytes, l->code + at, n);
    l->fetched = address + n;
    l->code_hash = tcg_code_hash(l->code_hash, bytes, n);
    return true;
}

/* Ends of an instruction's control flow; each is the last thing an instruction emits.
 * tcg_lift_branch: if cond goes to `taken`, else falls through to next_pc. */
void tcg_lift_goto(struct tcg_lift *l, uint64_t target);
void tcg_lift_call(struct tcg_lift *l, uint64_t target); /* a direct call; link register already put */
void tcg_lift_branch(struct tcg_lift *l, enum ir_cond cond, ir_ref flags, uint64_t taken);
/* At the head of an instruction, behind ops alone that only compute: if cond goes to pc, a little
 * further on, else goes on with this instruction and those up to there, which may count on it.  True: the
 * line goes on where they are skipped, and else leads to a line that begins with this instruction.  Then the
 * front end takes back whatever it has emitted of the instruction after this, and goes on at pc. */
bool tcg_lift_skip(struct tcg_lift *l, enum ir_cond cond, ir_ref flags, uint64_t pc);
/* Behind ops alone that only compute: if cond goes to a line that begins with this instruction, else goes on
 * with it in a way that may count on the opposite.  False: it cannot, nothing was done. */
bool tcg_lift_unless(struct tcg_lift *l, enum ir_cond cond, ir_ref flags);
/* Code at address, n bytes, behind the instruction, if the page that was fetched from last goes that far,
 * and no more than TCG_AHEAD bytes ahead; a line that looks ahead depends on that code.  It is read once:
 * an instruction that is lifted later is what was seen here, even if another thread has changed it. */
bool tcg_lift_peek(struct tcg_lift *l, uint64_t address, void *bytes, unsigned n);
void tcg_lift_indirect(struct tcg_lift *l, ir_ref target, enum ir_ind kind);
/* exception number, argument, and the pc that the handler is to see */
void tcg_lift_raise(struct tcg_lift *l, unsigned exc, int64_t arg, uint64_t pc);
/* After an instruction that may have changed the mode word or FP control: ends the region. */
void tcg_lift_end(struct tcg_lift *l);

/* In a helper flagged TCG_H_FAULTS: leave emitted code now, with state as before the instruction
 * (pc included); does not return. */
_Noreturn void tcg_raise(struct tcg_cpu *cpu, unsigned exc, int64_t arg);
/* In a helper: drop translations that cover [start, start + len). */
void tcg_invalidate(struct tcg *tcg, uint64_t start, uint64_t len);

#endif
