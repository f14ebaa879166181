/* SPDX-License-Identifier: MIT */
/*
 * State that A64 and 32-bit ARM keep alike: at reset, flags, FP control and status.  Private to
 * frontends/arm.  Includes tcg/.  Calls are for the CPU's own thread, or while it does not run.
 */
#ifndef FRONTENDS_ARM_ARM_STATE_H
#define FRONTENDS_ARM_ARM_STATE_H

#include "tcg/guest.h"

/* FPCR and FPSR, or the same bits of FPSCR (ARM DDI 0487, C5.2.9, G8.2.55). */
enum {
    ARM_FP_FZ16 = 1 << 19,
    ARM_FP_RMODE_SHIFT = 22,
    ARM_FP_FZ = 1 << 24,
    ARM_FP_DN = 1 << 25,
    ARM_FP_AHP = 1 << 26,
    ARM_FP_QC = 1 << 27,
    ARM_FP_FLAGS = FP_IOC | FP_DZC | FP_OFC | FP_UFC | FP_IXC | FP_IDC,
};

/* The state of a CPU of `size` bytes at reset: all registers, FP control and the monitor.  Registers are
 * architecturally unknown; they are zero here, as Linux starts a program. */
void arm_reset(struct tcg_cpu *cpu, size_t size);

/* N, Z, C and V in bits 31..28 from the format TCG_FLAG_*, and back. */
uint32_t arm_nzcv(uint32_t flags);
uint32_t arm_flags(uint32_t nzcv);

/* The control bits ARM_FP_* of cpu->fp, and back; fp16: FZ16 exists.  Returns whether anything but the
 * rounding mode is set, which is part of the mode word.  The caller loads the host's (tcg_fp_load()) when
 * all is set. */
uint32_t arm_fp_control(const struct fp_env *fp);
bool arm_set_fp_control(struct tcg_cpu *cpu, uint32_t value, bool fp16);

/* QC and the cumulative flags of both control words, and back; the setter leaves loading to the caller
 * too. */
uint32_t arm_fp_status(struct tcg_cpu *cpu);
void arm_set_fp_status(struct tcg_cpu *cpu, uint32_t value);

#endif
