/* SPDX-License-Identifier: MIT */
/*
 * The 32-bit ARM guest (A32, T16, T32): CPU state, slots, exceptions, features.  This is the public
 * header of the 32-bit half of the folder: tcg's users (linux-user, tests) need nothing else of it.
 *
 * The pc that tcg sees, cpu->tcg.pc, is more than an address: bits 31..1 are the address, bit 0 is
 * PSTATE.T (1: Thumb), as in the operand of BX, and bits 39..32 are ITSTATE.  So a branch with
 * interworking is a plain branch to tcg, and a region knows its IT state.  a32_pc(), a32_set_pc()
 * and a32_cpsr() take it apart.
 *
 * The folder, in reading order: a32.decode, t16.decode, t32.decode (bit patterns to names),
 * a32_lift.h (what trans_* functions use), a32_dp.c and its neighbours (trans_* by family), a32.c
 * (struct guest, helpers), a32_features.c (HWCAP, models).  VFP and Advanced SIMD are in one table
 * for both instruction sets (a32_lift.h tells how).  May include tcg/ and this folder.
 */
#ifndef FRONTENDS_ARM_A32_H
#define FRONTENDS_ARM_A32_H

#include "tcg/guest.h"

/* State of one CPU.  A thread's own; read and written by the OS layer while tcg_run() is not
 * running it. */
struct a32_cpu {
    struct tcg_cpu tcg;      /* pc (see above), mode, FP control and status, exclusive monitor */
    uint32_t r[16];          /* R0..R14; r[15] is not used */
    /* APSR.NZCV in three words of the format TCG_FLAG_* (tcg/guest.h), so that instructions which
     * leave C and V alone cost nothing: N and Z of the first, C of the second, V of the third
     * count.  a32_cpsr() joins them. */
    uint32_t nz, c, v;
    uint32_t apsr_q;         /* APSR.Q: 0 or 1 */
    uint32_t apsr_ge;        /* APSR.GE: each of its bits as a byte of 0x00 or 0xff */
    uint32_t tpidrurw;       /* TPIDRURW, of the program's own use */
    uint32_t tpidruro;       /* TPIDRURO, the TLS register that Linux sets */
    uint32_t fpscr_nzcv;     /* FPSCR.NZCV, TCG_FLAG_* */
    uint32_t fpscr;          /* the control part of FPSCR: tcg.fp's, and Len and Stride (bits 21..16) */
    tcg_v128 q[16];          /* Q0..Q15; D<n> and S<n> are parts of them */
};

/* State slots (indices into a32_guest.slots). */
enum a32_slot {
    A32_SLOT_R0 = 0,         /* A32_SLOT_R0 + n, n <= 14, IR_I32 */
    A32_SLOT_SP = 13,
    A32_SLOT_LR = 14,
    A32_SLOT_NZ,             /* IR_FLAGS, of which N and Z count */
    A32_SLOT_C,              /* ..., C counts */
    A32_SLOT_V,              /* ..., V counts */
    A32_SLOT_Q,              /* IR_I32 */
    A32_SLOT_GE,             /* IR_I32 */
    A32_SLOT_TPIDRURW,       /* IR_I32 */
    A32_SLOT_TPIDRURO,       /* IR_I32 */
    A32_SLOT_FPSCR_NZCV,     /* IR_FLAGS */
    A32_SLOT_FPSCR,          /* IR_I32, read alone: VMSR goes through a32_set_fpscr() */
    A32_SLOT_S0,             /* A32_SLOT_S0 + n, n <= 31: 4 bytes, IR_V128; a group is a Q register */
    A32_SLOT_D0 = A32_SLOT_S0 + 32, /* 8 bytes, n <= 31 */
    A32_SLOT_Q0 = A32_SLOT_D0 + 32, /* 16 bytes, n <= 15 */
    A32_SLOT_COUNT = A32_SLOT_Q0 + 16,
};

/* Mode word. */
enum {
    A32_MODE_E = 1,          /* PSTATE.E: data accesses are big-endian */
    A32_MODE_VECTOR = 2,     /* FPSCR.Len or Stride is not 0: VFP arithmetic is UNDEFINED */
    A32_MODE_FPSCR = 4,      /* some of FPSCR.FZ, FZ16, DN, AHP is set */
};

/* The guest's pc word (see above). */
enum { A32_PC_T = 1, A32_PC_IT_SHIFT = 32 };

/* Exceptions, as tcg_run() returns them. */
enum a32_exc {
    A32_EXC_SVC = TCG_EXC_GUEST, /* exc_arg = imm (24 or 8 bits); pc = the instruction after */
    A32_EXC_BKPT,                /* exc_arg = imm; pc = the BKPT */
    A32_EXC_PC_ALIGN,            /* A32 pc with bit 1 set (Linux: SIGBUS, BUS_ADRALN) */
};

extern const struct guest a32_guest;

/* The user helpers of Linux (Documentation/arm/kernel_user_helpers): a branch to one of these A32
 * addresses is lifted as what the kernel's code there does, whether or not memory is mapped.  The
 * OS layer maps a readable page at A32_KUSER_PAGE for programs that read the version word (5) at
 * 0xffff0ffc. */
/* One more, of our own, for the vDSO alone: reads the clock r0, seconds into r1:r0, nanoseconds into
 * r2; r1 < 0 if it cannot, or before 1970. */
#define A32_KUSER_READ_CLOCK UINT32_C(0xffff0f20)
#define A32_KUSER_PAGE       UINT32_C(0xffff0000)
#define A32_KUSER_CMPXCHG64  UINT32_C(0xffff0f60)
#define A32_KUSER_BARRIER    UINT32_C(0xffff0fa0)
#define A32_KUSER_CMPXCHG    UINT32_C(0xffff0fc0)
#define A32_KUSER_GET_TLS    UINT32_C(0xffff0fe0)

/* --- features ---------------------------------------------------------------------------------- */
/* Numbers of the rows of a32_features.def; A32_FEAT_NONE is a feature that every CPU has. */
enum a32_feature {
    A32_FEAT_NONE,
#define FEATURE(id, name, word, bit) A32_FEAT_##id,
#include "frontends/arm/a32_features.def"
    A32_FEAT_COUNT
};

/* The process-wide CPU model: set of features as bits 1 << A32_FEAT_*.  Change it before the first
 * tcg_new() only. */
extern uint64_t a32_features;

/* Chooses a CPU model by name ("max", "cortex-a15", "arm926", ...); false if there is none of that
 * name.  a32_cpu_model(k): the k-th name, NULL at the end. */
bool a32_select_cpu(const char *name);
const char *a32_cpu_model(unsigned k);

/* What AT_HWCAP and AT_HWCAP2 say on Linux, and the "Features" line of /proc/cpuinfo (a static
 * string, names parted by single spaces). */
uint32_t a32_hwcap(void);
uint32_t a32_hwcap2(void);
const char *a32_cpuinfo_features(void);
/* MIDR: implementer, variant, part and revision for /proc/cpuinfo.  AT_PLATFORM ("v5l", "v6l",
 * "v7l", "v8l") and the number in "CPU architecture:". */
uint32_t a32_midr(void);
const char *a32_platform(void);
unsigned a32_architecture(void);

/* --- registers that are not kept in the architecture's format ------------------------------------ */
enum { /* bits of CPSR that user mode sees */
    A32_CPSR_N = (int)(1u << 31), A32_CPSR_Z = 1 << 30, A32_CPSR_C = 1 << 29, A32_CPSR_V = 1 << 28,
    A32_CPSR_Q = 1 << 27, A32_CPSR_GE_SHIFT = 16, A32_CPSR_E = 1 << 9, A32_CPSR_T = 1 << 5,
    A32_CPSR_USR = 0x10,
};
/* The address that pc means, and PSTATE as signal frames and ptrace show it (mode bits: User). */
uint32_t a32_pc(const struct a32_cpu *cpu);
uint32_t a32_cpsr(const struct a32_cpu *cpu);
/* Go on at `address`, in the instruction set, IT state and all else that cpsr says.  J, A, I, F and
 * the mode bits of cpsr are ignored. */
void a32_set_pc_cpsr(struct a32_cpu *cpu, uint32_t address, uint32_t cpsr);
/* Go on at `target` as BX does: bit 0 selects Thumb.  IT state is cleared. */
void a32_set_pc(struct a32_cpu *cpu, uint32_t target);
/* FPSCR in the architecture's format.  On the CPU's own thread, outside of emitted code or in a
 * helper.  Setting also updates cpu->tcg.mode. */
uint32_t a32_fpscr(struct a32_cpu *cpu);
void a32_set_fpscr(struct a32_cpu *cpu, uint32_t value);

#endif
