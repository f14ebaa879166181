/* SPDX-License-Identifier: MIT */
/*
 * One virtual CPU, the part that every guest has; a guest's own struct begins with it:
 *     struct a64_cpu { struct tcg_cpu tcg; uint64_t x[32]; ... };
 * Emitted code addresses the whole from one fixed register.  Includes libc and the soft-float
 * environment alone.
 */
#ifndef TCG_CPU_H
#define TCG_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "tcg/fp/softfloat.h"

typedef union tcg_v128 {
    uint64_t d[2];
    uint32_t s[4];
    uint16_t h[8];
    uint8_t b[16];
    int64_t sd[2];
    int32_t ss[4];
    int16_t sh[8];
    int8_t sb[16];
} __attribute__((aligned(16))) tcg_v128;

/* Why tcg_run() came back.  Guests number their own exceptions from TCG_EXC_GUEST up. */
enum tcg_exc {
    TCG_EXC_NONE,
    TCG_EXC_INTERRUPT, /* exit_request was set (by tcg_kick); it has been cleared */
    TCG_EXC_MEM,       /* a guest data access faulted: fault_* tell */
    TCG_EXC_FETCH,     /* the instruction at pc cannot be fetched: fault_* tell */
    TCG_EXC_ALIGN,     /* an access that must be aligned was not: fault_addr, fault_write */
    TCG_EXC_ILLEGAL,   /* undefined instruction at pc */
    TCG_EXC_GUEST = 16,
};

struct tcg;
struct tcg_helper;

/* The indirect-branch table: direct mapped, index = (pc & cpu->jump_mask) >> 2.  One of its own for
 * each CPU; it holds regions of the CPU's current mode and run_mode only.  Large, because a miss costs
 * as much as a hundred hits; but short programs would touch each of its pages for a few entries, so at first
 * TCG_JUMP_FEW are used, until as many have been written. */
enum { TCG_JUMP_SIZE = 1 << 16, TCG_JUMP_FEW = 1 << 12 };
struct tcg_jump {
    uint64_t pc;      /* empty: one that belongs into another entry */
    const void *code;
};

enum { TCG_MAX_REGIONS = 1 << 21 };

/* Follows the call by which links of a region that are not chained leave: the region's number, that of the
 * first of these links. */
struct tcg_exit_data { uint32_t region, first; } __attribute__((packed)); /* wherever the call ends */
struct tcg_edge;

struct tcg_cpu {
    /* Read by emitted code. */
    uint32_t exit_request;      /* nonzero: leave at the next poll.  Any thread or signal handler may set it */
    uint32_t mode;              /* the guest's mode word: part of a region's key */
    uint64_t pc;                /* exact whenever C code of the guest or the OS layer runs */
    uint32_t run_mode;          /* TCG_RUN_*: part of a region's key */
    uint32_t host_fpcr;         /* x86-64: MXCSR to load when entering emitted code */
    uint32_t host_fpcr_std;     /* x86-64: MXCSR of code that runs by fp_std, with its flags */
    uint32_t host_fpcr_saved;   /* x86-64: that of fp, with its flags, meanwhile */
    uint32_t fp_std_now;        /* emitted code runs by fp_std */
    uint64_t mem_base;          /* host address of guest address 0 */
    struct tcg_jump *jump_cache; /* this thread's indirect-branch table */
    uint32_t jump_mask;         /* 4 times its entries, less 4: TCG_JUMP_FEW or TCG_JUMP_SIZE of them */
    void *const *host_table;    /* the host's own routines (back end's enum) */
    void *const *helpers;       /* the guest's helpers, by number */
    uint64_t *counts;           /* -d stats: host.h says of what; else NULL */
    int32_t polls_left;         /* lockstep: polls of emitted code that do not leave */
    uint64_t excl_addr;         /* exclusive monitor: address, UINT64_MAX if clear */
    tcg_v128 excl_val;
    uint32_t excl_size;         /* log2 of bytes */
    uint32_t exc;               /* enum tcg_exc or the guest's number: why emitted code left */
    int64_t exc_arg;
    const struct tcg_exit_data *exit_data; /* emitted code has left by a link: that and exit_link, its number */
    uint32_t exit_link;         /* from exit_data->first, say which; NULL: it has not */
    const struct tcg_edge *link; /* the exit that was taken, to be chained; NULL if none */
    void *host_sp;              /* stack pointer to leave emitted code with */
    void *ret_sp;               /* top of the return stack: host return addresses of guest calls, each to
                                   where the host's return arrives with the guest's target to check */
    tcg_v128 qc;                /* nonzero: a saturation happened */
    tcg_v128 varg[4];           /* vcall: result, operands */
    struct fp_env fp;           /* control and sticky flags; while emitted code runs, the host FPU
                                   holds the rounding mode and further flags: tcg_fp_sync() */
    struct fp_env fp_std;       /* the second control word (A32 Advanced SIMD) */

    uint8_t host_frame[1072] __attribute__((aligned(16))); /* the host's: spilled values, temporaries */

    /* Not touched by emitted code. */
    void *ret_limit, *ret_bottom; /* of the return stack: its lowest address, ret_sp when it is empty */
    uint64_t (*clean_address)(uint64_t); /* while the interpreter runs an instruction whose data
                                   address the host rejects: the address as memory sees it */
    uint32_t left_at;           /* the op by which ir_interp() left */
    struct interp_stores *stores; /* where the interpreter notes what it stores; NULL: nowhere */
    uint64_t fault_addr;        /* guest address */
    bool fault_write;
    int fault_sig, fault_code;  /* the host's signal number and si_code */
    struct tcg *tcg;            /* the translator this CPU belongs to */
    struct tcg_thread *thread;  /* run/: this thread's translation buffers */
    void *os;                   /* the OS layer's own */
};

enum { TCG_RUN_FPSTRICT = 1 /* tcg_options.fp_strict */, TCG_RUN_ONE_INSN = 2,
       TCG_RUN_FPTRAP = 4 /* Invalid raises SIGFPE */,
       TCG_RUN_FPEXACT = 8 /* all FP arithmetic in soft-float */,
       TCG_RUN_FPFLUSH = 16 /* flush to zero, by the host's own: results are exact, but neither
                               IDC nor IXC; so not if FPSTRICT */,
       TCG_RUN_FPDN = 32 /* every NaN result is the default NaN */,
       TCG_RUN_FPHALF = 64 /* fz16 or ahp: half precision in soft-float */ };

/* The guest has looked at its FP status: code that is made from now on finds underflow as the guest
 * does, except in loops. */
void tcg_fp_status_read(struct tcg_cpu *cpu);
/* Moves the host FPU's sticky flags into cpu->fp.flags.  Call in a helper before reading flags. */
void tcg_fp_sync(struct tcg_cpu *cpu);
/* After a helper changed cpu->fp (rounding, flags): makes the host FPU agree. */
void tcg_fp_load(struct tcg_cpu *cpu);

#endif
