/* SPDX-License-Identifier: MIT */
/*
 * What the translator asks of a host: registers, one emitter per IR op, a few primitives to move
 * values and to leave a region, and the entry/exit routines.  A host is one `const struct host`.
 * codegen/ does allocation, snapshots and exits; a host only selects instructions for operands
 * that have been placed.  Includes ir/ and cpu.h.
 *
 * Register conventions a host fixes for itself: one register holds the guest state (struct tcg_cpu
 * plus host->state_bias), and a few are scratch for emitters (never allocated), so that no op has
 * fixed-register constraints.  Spill slots are at CG_STACK operands, in cpu->host_frame; the host's stack
 * pointer may serve for the return stack.
 */
#ifndef TCG_HOST_H
#define TCG_HOST_H

#include "tcg/cpu.h"
#include "tcg/ir/ir.h"

enum cg_class { CG_INT, CG_VEC };
enum cg_kind { CG_NONE, CG_REG, CG_IMM, CG_STATE /* state register + disp */, CG_STACK /* stack + disp */ };

struct cg_operand {
    uint8_t kind;     /* enum cg_kind */
    uint8_t reg;      /* CG_REG */
    bool sym;         /* CG_IMM: a guest address that moves with its image: host->guest_address() */
    uint8_t bytes;    /* CG_STATE of class CG_VEC: 4 or 8 if no more are there: loads clear what is
                         above, stores take the low lanes; 0: all 16 */
    int32_t disp;     /* CG_STATE: offset from struct tcg_cpu; CG_STACK: from the spill area */
    int64_t imm;      /* CG_IMM: the constant, truncated and sign extended to the op's type */
};

/* A flags value at one of its uses. */
struct cg_flags {
    const struct ir_op *op;      /* its producer; NULL if the operand is no flags value */
    bool in_host_flags;          /* the host's flags register holds it now (set by the producer) */
    bool packed;                 /* it is a canonical uint32 (guest.h) in a[0], else: recompute from a[] */
    struct cg_operand a[4];      /* operands of the producer (lazy), or the packed word; a[2] and a[3]: those
                                    of the flags_add or flags_sub that a lazy flags_adc or flags_sbc has
                                    its carry from */
};

/* One op ready to be emitted. */
struct cg_inst {
    const struct ir_op *op;
    struct cg_operand d;         /* result register; of vconst also CG_STACK, on an edge */
    struct cg_operand a[4];      /* operands; what they may be is in host_op.flags */
    struct cg_flags fl;          /* the flags operand of cc, sel, adc, sbc, exit_if, branch, flags_sel's
                                    test, flags_adc/sbc's carry, nzcv */
    struct cg_flags fl2;         /* flags_sel: the flags taken when the test holds */
    bool set_flags;              /* integer op followed by a fused use of its flags: the host's flags
                                    must come out as those of the flags_* op of the same operands */
    bool flags_live;             /* host flags hold a value that a later op uses: do not clobber */
    struct cg_label *label;      /* exit_if: where to go when the condition holds */
    struct cg_label *label2;     /* branch: the other way; NULL: fall through */
};

/* host_op.flags */
enum {
    H_IMM_A = 1, H_IMM_B = 2, H_IMM_C = 4, /* operand may be CG_IMM if host->imm_ok() agrees */
    H_MEM_A = 8, H_MEM_B = 16,             /* operand may be CG_STATE / CG_STACK at its last use */
    H_EARLY = 32,                          /* d is in no register that an operand is in */
    H_CLOBBERS = 64,                       /* changes host flags */
    H_TIED = 128,                          /* two-address: prefers d in a's register */
    H_SPILL_ALL = 256,                     /* nothing live in a register across it */
    H_VCONST_B = 1024,                     /* operand may be CG_IMM: the vconst that op->arg[1] is */
    H_SWAP = 512,                          /* commutative: the allocator may swap a and b for H_TIED */
};

struct cg;
struct cg_label { uint8_t *at; int32_t fixups; }; /* fixups: host's chain of places to patch, 0 ends */

/* Where a call returns to, and the link by which it goes on. */
struct cg_return { uint64_t pc; uint32_t link; };

struct host_op {
    void (*emit)(struct cg *cg, const struct cg_inst *i);
    uint16_t flags;
};

/* codegen/'s own: slots and flags that must be stored to make state exact. */
struct cg_exit { uint32_t first, n, first_flags, n_flags; };

/* Out-of-line code, queued while the main path is emitted. */
struct cg_ool {
    void (*emit)(struct cg *cg, struct cg_ool *o);
    struct cg_inst inst;         /* copy of the op that queued it, if it needs it */
    struct cg_label from, back;
    uint64_t data[2];
    struct cg_exit exit;         /* of exits */
    uint32_t ref;                /* the op */
};

/* cpu->counts: slow paths by op, ways out of emitted code, calls by helper. */
enum cg_exit_kind { CG_EXIT_DIRECT, CG_EXIT_CALL, CG_EXIT_JUMP, CG_EXIT_RET, CG_EXIT_RAISE, CG_EXIT_KINDS };
enum { CG_COUNT_EXITS = IR_OPC_COUNT, CG_COUNT_HELPERS = CG_COUNT_EXITS + CG_EXIT_KINDS };

struct host {
    const char *name;
    int capstone_arch, capstone_mode;
    unsigned elf_machine;        /* e_machine of its programs, for jitdump */
    int32_t state_bias;          /* state register = struct tcg_cpu address + this */
    uint32_t n_regs[2];          /* by cg_class; registers are numbered from 0 in each class */
    uint32_t allocatable[2];     /* masks; the init function may widen them to the CPU's features */
    uint32_t call_clobbered[2];
    uint8_t scratch[2];          /* registers outside of allocatable[]; of the moves below only one of memory
                                  * to memory, or of a constant, changes them */
    const struct host_op *ops;   /* by opcode */
    unsigned spill_bytes;        /* size of the spill area */
    unsigned unchained_bytes;    /* see region_end() */
    size_t max_op_bytes;         /* upper bound of what one op (with its out-of-line part) emits */

    /* 0, or -errno if this CPU lacks the baseline; *why tells the user. Called once. */
    int (*init)(const char **why);
    /* May `imm` be operand k of op as an immediate? */
    bool (*imm_ok)(const struct ir_op *op, unsigned k, int64_t imm);

    /* Moves; none may change host flags.  64-bit or 128-bit wide unless `type` is IR_I32 (then the
     * upper half of an integer register comes out zero).  Memory to memory goes through scratch. */
    void (*move)(struct cg *cg, enum ir_type type, const struct cg_operand *to,
                 const struct cg_operand *from);
    /* State memory = zero-extended lane 0 of vector register or memory `from`. */
    void (*store_zext)(struct cg *cg, const struct cg_operand *to, const struct cg_operand *from,
                       uint8_t lane);
    /* State memory = vector register or memory `from` as vfdn makes it. */
    void (*store_default_nan)(struct cg *cg, const struct cg_operand *to,
                              const struct cg_operand *from, uint8_t lane);
    /* Each of the n `to` (register or state memory) = the flags value as a canonical word; may change
     * host flags. */
    void (*pack_flags)(struct cg *cg, const struct cg_operand *to, unsigned n,
                       const struct cg_flags *fl);
    /* Computes a lazy flags value into the host's flags register. */
    void (*set_flags)(struct cg *cg, const struct cg_flags *fl);

    /* Leaving; the state has been written back.  Calls also put an entry on the return stack, so that
     * a goto_ind of kind IR_IND_RET to the guest pc ret->pc goes on by ret->link.  Whatever the guest
     * does, an entry is a guess that is checked. */
    void (*goto_pc)(struct cg *cg, uint32_t link, bool poll);
    void (*call_pc)(struct cg *cg, uint32_t link, bool poll, const struct cg_return *ret);
    void (*goto_ind)(struct cg *cg, const struct cg_operand *pc, enum ir_ind kind);
    /* At the region's end, behind all that was queued: where its links lead until they are chained
     * (cg_unchained(); there is room for unchained_bytes each), and what else the host has there. */
    void (*region_end)(struct cg *cg, uint32_t n_links);
    /* At the region's entry: counts it, and leaves with its pc when the count is full (cg->heat). */
    void (*count_entry)(struct cg *cg);
    void (*call_ind)(struct cg *cg, const struct cg_operand *pc, const struct cg_return *ret);
    void (*raise)(struct cg *cg, unsigned exc, int64_t arg, uint64_t pc);
    /* cpu->counts[index]++, for -d stats: not atomic.  The host's flags and scratch registers are lost. */
    void (*count)(struct cg *cg, unsigned index);
    void (*bind)(struct cg *cg, struct cg_label *l);         /* here */
    void (*jump)(struct cg *cg, struct cg_label *l);

    /* Code cache: writes entry, exit and slow-path routines at the start of the cache; returns their
     * size, or 0 if it does not fit; fills table (host_table of the CPUs). */
    size_t (*emit_runtime)(struct cg *cg);
    /* Runs emitted code until it leaves. */
    void (*enter)(struct tcg_cpu *cpu, const void *code);
    /* Points the exit whose patchable jump is at `at` to `to`.  One aligned 4-byte store. */
    void (*chain)(uint8_t *at, const uint8_t *to);
    /* Empties the return stack of a CPU that is not in emitted code. */
    void (*rets_reset)(struct tcg_cpu *cpu);
    void (*flush_icache)(void *start, size_t n);

    /* Signal frames. */
    uintptr_t (*frame_pc)(const void *ucontext);
    uint64_t (*frame_int)(const void *ucontext, unsigned reg);
    tcg_v128 (*frame_vec)(const void *ucontext, unsigned reg);
    uint64_t (*frame_state)(const void *ucontext);           /* value of the state register */
    uint64_t (*frame_stack)(const void *ucontext);           /* address of the spill area */
    uint32_t (*frame_fp_flags)(const void *ucontext);        /* FP_* pending in the host FPU */
    /* A fault at `address` in emitted code: was it that the return stack is full?  Then it is emptied, and
     * on return from the handler the call happens again. */
    bool (*frame_rets_full)(void *ucontext, struct tcg_cpu *cpu, const void *address);
    /* On return from the handler go on at the exit routine, as if emitted code had raised. */
    void (*frame_leave)(void *ucontext, struct tcg_cpu *cpu);
    /* On return from the handler call fn(cpu) on the same stack, below what is in use; fn does not
     * return. */
    void (*frame_call)(void *ucontext, void (*fn)(struct tcg_cpu *), struct tcg_cpu *cpu);
    /* Return address of the helper call that is running: its place in emitted code. */
    uintptr_t (*call_site)(const struct tcg_cpu *cpu);
    uint64_t (*call_stack)(const struct tcg_cpu *cpu);       /* address of the spill area there */
    /* From C below a helper: unwind to tcg_run().  Does not return. */
    void (*leave_from_c)(struct tcg_cpu *cpu);

    /* From here on emitted code runs by cpu->fp_std, or (std false) by cpu->fp again, each with the
     * flags it has collected.  Changes no register and no host flags.  It is kept over exits: fp_enter
     * is the same where it is not known which is in force, and may change host flags. */
    void (*fp_control)(struct cg *cg, bool std);
    void (*fp_enter)(struct cg *cg, bool std);
    void (*fp_sync)(struct tcg_cpu *cpu);
    void (*fp_load)(struct tcg_cpu *cpu);
    /* The rounding mode etc. of cpu->fp as host_fpcr, for code of that run mode. */
    uint32_t (*fpcr)(const struct fp_env *fp, uint32_t run_mode);
    /* After init: can code be made for TCG_RUN_FPTRAP?  Tries, before there are threads. */
    bool (*traps_invalid)(void);
    /* SIGFPE in the code of a region of run mode TCG_RUN_FPTRAP: true if it was raised by one of its
     * instructions; on return from the handler that op is evaluated by its definition.
     * Async-signal-safe. */
    bool (*frame_fp_trap)(void *ucontext, struct tcg_cpu *cpu, const uint8_t *code, size_t size);
};

/* The code generator's state, for host emitters. */
struct cg {
    uint8_t *p, *end;            /* where the next byte goes; end of what this region may use */
    uint8_t *start;              /* the region's first byte */
    const struct host *host;
    const struct ir *ir;
    uint32_t run_mode;           /* what the op being emitted may rely on: see fp_std */
    bool fp_std;                 /* emitted code runs by cpu->fp_std here: IR_FPC1 ops may be the host's
                                    own, flushing, with default NaNs, Invalid masked */
    uint64_t mem_base;           /* 0: identity; else cpu->mem_base is added to every address */
    unsigned address_bits;       /* 32: addresses are i32 values, zero extended */
    uint8_t *const *routines;    /* host's own routines in this cache, by the host's enum */
    uint32_t region_id;
    bool host_began;             /* the host's: false whenever emission of a region begins */
    bool fp_status;              /* tcg_fp_status_read() */
    const uint8_t *cache;        /* the code cache's first byte */
    bool record;                 /* keep what depends on where things are (struct cg_reloc) */
    bool count;                  /* emit counters of what is slow (cpu->counts) */
    bool count_polls;            /* poll leaves when cpu->polls_left are over, not when it is kicked */
    int32_t *heat;               /* by region of tier 1: grows with each jump backwards; behind
                                    TCG_MAX_REGIONS of these: with each entry.  What overflows is hot, and
                                    leaves emitted code.  In front of the cache, at a fixed distance */
    bool count_jumps;            /* jumps backwards count */
    int32_t heat_step, entry_step; /* by how much a jump backwards, an entry counts */
    bool count_entries;          /* so do entries of the region */
    bool overflow;               /* set when the buffer is full: the region is given up */
    struct cg_priv *priv;        /* codegen/'s own */
};

/* For hosts, while emitting: */
/* The instruction about to be emitted at cg->p can fault (or is a call that can): state here must be
 * recoverable.  Every guest access, inline or out of line, is announced by one.  For a call: announce
 * with the address behind it (the return address): pass that as `at` after emitting. */
void cg_fault_point(struct cg *cg, const struct cg_inst *i, const uint8_t *at);
/* Queue out-of-line code; emitted after the main path in order. Valid until the region is done. */
struct cg_ool *cg_ool(struct cg *cg, void (*emit)(struct cg *, struct cg_ool *), const struct cg_inst *i);
/* Where the patchable 4-byte displacement of link `link` is. */
void cg_link_at(struct cg *cg, uint32_t link, uint8_t *at);
/* Where link `link` leads until it is chained; valid until the next one is made. */
struct cg_label *cg_unchained(struct cg *cg, uint32_t link);
/* A constant that is a guest address of a movable image is about to be emitted as the 8 bytes at
 * cg->p + skip (or as a shorter field: then do not use this form).  The one place that can record a
 * relocation. */
void cg_guest_address(struct cg *cg, unsigned skip, uint64_t value);
void cg_guest_address32(struct cg *cg, unsigned skip, uint32_t value); /* 4 bytes, of a 32-bit guest */
/* The 4 bytes at cg->p are about to become a distance to `target`, a place in the code cache that is not
 * the region's own. */
void cg_cache_distance(struct cg *cg, const uint8_t *target);
/* The 4 bytes at cg->p are about to become cg->region_id. */
void cg_region_number(struct cg *cg);
/* For ops that raise conditionally (alignment): a label which, when jumped to, writes the state
 * back as of before op i and raises exc with address register `addr` in cpu->fault_addr and `arg` in
 * cpu->exc_arg. */
struct cg_label *cg_raise_label(struct cg *cg, const struct cg_inst *i, unsigned exc,
                                const struct cg_operand *addr, int64_t arg);

#endif
