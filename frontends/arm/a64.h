/* SPDX-License-Identifier: MIT */
/*
 * The A64 guest: CPU state, state slots, mode word, exceptions, features.  This is the folder's
 * public header: tcg's users (linux-user, tests) need nothing else of frontends/arm.
 *
 * The folder, in reading order: a64_int.decode and a64_simd.decode (bit patterns to names),
 * a64_lift.h (what trans_* functions use), a64_dp_imm.c and its neighbours (trans_* by family),
 * a64.c (struct guest, helpers), a64_features.c (ID registers, HWCAP).
 * May include tcg/ and this folder.
 */
#ifndef FRONTENDS_ARM_A64_H
#define FRONTENDS_ARM_A64_H

#include "tcg/guest.h"

/* State of one CPU.  A thread's own; read and written by the OS layer while tcg_run() is not
 * running it. */
struct a64_cpu {
    struct tcg_cpu tcg;      /* pc, mode, FP control and status, exclusive monitor */
    uint64_t x[32];          /* X0..X30; x[31] is SP */
    uint32_t nzcv;           /* TCG_FLAG_* (tcg/guest.h); a64_pstate_nzcv() converts */
    uint32_t reserved;
    uint64_t tpidr_el0;
    tcg_v128 v[32];          /* V0..V31 */
    uint64_t tpidrro_el0;
    uint64_t fpcr;           /* tcg.fp's control part, in the architecture's format */
};

/* State slots (indices into a64_guest.slots). */
enum a64_slot {
    A64_SLOT_X0 = 0,         /* A64_SLOT_X0 + n */
    A64_SLOT_SP = 31,
    A64_SLOT_NZCV = 32,      /* IR_FLAGS */
    A64_SLOT_TPIDR_EL0,
    A64_SLOT_TPIDRRO_EL0,
    A64_SLOT_FPCR,           /* read alone: MSR goes through a64_set_fpcr() */
    A64_SLOT_V0,             /* A64_SLOT_V0 + n, IR_V128 */
    A64_SLOT_COUNT = A64_SLOT_V0 + 32,
};

/* Mode word. */
enum {
    A64_MODE_FPCR = 1, /* some of FPCR.FZ, FZ16, DN, AHP is set: FP ops cannot be the host's own */
};

/* Exceptions, as tcg_run() returns them. */
enum a64_exc {
    A64_EXC_SVC = TCG_EXC_GUEST, /* exc_arg = imm16; pc = the instruction after */
    A64_EXC_BRK,                 /* exc_arg = imm16; pc = the BRK */
    A64_EXC_PC_ALIGN,            /* pc is no multiple of 4 (Linux: SIGBUS, BUS_ADRALN) */
};

extern const struct guest a64_guest;

/* --- features ---------------------------------------------------------------------------------- */
/* Numbers of the rows of a64_features.def; A64_FEAT_NONE is a feature that every CPU has. */
enum a64_feature {
    A64_FEAT_NONE,
#define FEATURE(id, name, word, bit, reg, lsb, value) A64_FEAT_##id,
#include "frontends/arm/a64_features.def"
    A64_FEAT_COUNT
};

/* The process-wide CPU model: set of features as bits 1 << A64_FEAT_*.  Change it before the first
 * tcg_new() only. */
extern uint64_t a64_features;

/* Chooses a CPU model by name ("max", "cortex-a53", ...); false if there is none of that name.
 * a64_cpu_model(k): the k-th name, NULL at the end. */
bool a64_select_cpu(const char *name);
const char *a64_cpu_model(unsigned k);

/* What AT_HWCAP and AT_HWCAP2 say on Linux, and the "Features" line of /proc/cpuinfo (a static
 * string, names parted by single spaces). */
uint64_t a64_hwcap(void);
uint64_t a64_hwcap2(void);
const char *a64_cpuinfo_features(void);
/* MIDR_EL1: implementer, variant, part and revision for /proc/cpuinfo. */
uint32_t a64_midr(void);

/* --- registers that are not kept in the architecture's format ------------------------------------ */
/* NZCV in bits 31..28, as in PSTATE (signal frames, ptrace). */
uint32_t a64_pstate_nzcv(const struct a64_cpu *cpu);
void a64_set_pstate_nzcv(struct a64_cpu *cpu, uint32_t pstate);
/* FPCR and FPSR, in the architecture's format.  On the CPU's own thread, outside of emitted code
 * or in a helper.  Setting FPCR also updates cpu->tcg.mode. */
uint32_t a64_fpcr(const struct a64_cpu *cpu);
void a64_set_fpcr(struct a64_cpu *cpu, uint32_t value);
uint32_t a64_fpsr(struct a64_cpu *cpu);
void a64_set_fpsr(struct a64_cpu *cpu, uint32_t value);

#endif
