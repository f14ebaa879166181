/* SPDX-License-Identifier: MIT */
/* What arm_state.h declares: state that A64 and 32-bit ARM keep alike. */
#include <string.h>

#include "frontends/arm/arm_state.h"

void arm_reset(struct tcg_cpu *cpu, size_t size)
{
    memset(cpu + 1, 0, size - sizeof *cpu);
    cpu->mode = 0;
    cpu->excl_addr = UINT64_MAX;
    cpu->qc = (tcg_v128){0};
    cpu->fp = (struct fp_env){.round = FP_RNE, .rules = FP_RULES_ARM};
    cpu->fp_std = (struct fp_env){.round = FP_RNE, .rules = FP_RULES_ARM, .fz = true, .dn = true};
}

uint32_t arm_nzcv(uint32_t flags)
{
    return (flags & TCG_FLAG_N ? 1u << 31 : 0) | (flags & TCG_FLAG_Z ? 1u << 30 : 0) |
           (flags & TCG_FLAG_C ? 1u << 29 : 0) | (flags & TCG_FLAG_V ? 1u << 28 : 0);
}

uint32_t arm_flags(uint32_t nzcv)
{
    return (nzcv >> 31 & 1 ? TCG_FLAG_N : 0) | (nzcv >> 30 & 1 ? TCG_FLAG_Z : 0) |
           (nzcv >> 29 & 1 ? TCG_FLAG_C : 0) | (nzcv >> 28 & 1 ? TCG_FLAG_V : 0);
}

uint32_t arm_fp_control(const struct fp_env *fp)
{
    return (uint32_t)fp->round << ARM_FP_RMODE_SHIFT | (fp->fz16 ? ARM_FP_FZ16 : 0) |
           (fp->fz ? ARM_FP_FZ : 0) | (fp->dn ? ARM_FP_DN : 0) | (fp->ahp ? ARM_FP_AHP : 0);
}

bool arm_set_fp_control(struct tcg_cpu *cpu, uint32_t value, bool fp16)
{
    struct fp_env *fp = &cpu->fp;
    tcg_fp_sync(cpu); /* tcg_fp_load() forgets the host's flags */
    fp->round = value >> ARM_FP_RMODE_SHIFT & 3;
    fp->fz = value & ARM_FP_FZ;
    fp->dn = value & ARM_FP_DN;
    fp->ahp = value & ARM_FP_AHP;
    fp->fz16 = (value & ARM_FP_FZ16) && fp16;
    return fp->fz || fp->dn || fp->ahp || fp->fz16;
}

uint32_t arm_fp_status(struct tcg_cpu *cpu)
{
    tcg_fp_sync(cpu);
    bool saturated = cpu->qc.d[0] | cpu->qc.d[1];
    return ((cpu->fp.flags | cpu->fp_std.flags) & ARM_FP_FLAGS) | (saturated ? ARM_FP_QC : 0);
}

void arm_set_fp_status(struct tcg_cpu *cpu, uint32_t value)
{
    tcg_fp_sync(cpu);
    cpu->fp.flags = value & ARM_FP_FLAGS;
    cpu->fp_std.flags = 0;
    cpu->qc = (tcg_v128){.d = {value & ARM_FP_QC ? 1 : 0, 0}};
}
