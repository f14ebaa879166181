/* SPDX-License-Identifier: MIT */
/* FPSCR in the architecture's format (ARM DDI 0487, G8.2.55).  Includes a32.h alone. */
#include "frontends/arm/a32.h"

enum {
    FPSCR_FZ16 = 1 << 19,
    FPSCR_LEN_STRIDE = 0x370000,
    FPSCR_RMODE_SHIFT = 22,
    FPSCR_FZ = 1 << 24,
    FPSCR_DN = 1 << 25,
    FPSCR_AHP = 1 << 26,
    FPSCR_QC = 1 << 27,
    FPSCR_FLAGS = FP_IOC | FP_DZC | FP_OFC | FP_UFC | FP_IXC | FP_IDC,
};

uint32_t a32_fpscr(struct a32_cpu *cpu)
{
    const struct fp_env *fp = &cpu->tcg.fp;
    tcg_fp_sync(&cpu->tcg);
    bool saturated = cpu->tcg.qc.d[0] | cpu->tcg.qc.d[1];
    uint32_t f = cpu->fpscr_nzcv, flags = (fp->flags | cpu->tcg.fp_std.flags) & FPSCR_FLAGS;
    uint32_t nzcv = (f & TCG_FLAG_N ? 8u : 0) | (f & TCG_FLAG_Z ? 4 : 0) | (f & TCG_FLAG_C ? 2 : 0) |
                    (f & TCG_FLAG_V ? 1 : 0);
    return nzcv << 28 | (saturated ? FPSCR_QC : 0) | (fp->ahp ? FPSCR_AHP : 0) |
           (fp->dn ? FPSCR_DN : 0) | (fp->fz ? FPSCR_FZ : 0) | (fp->fz16 ? FPSCR_FZ16 : 0) |
           (uint32_t)fp->round << FPSCR_RMODE_SHIFT | cpu->fpscr_len | flags;
}

void a32_set_fpscr(struct a32_cpu *cpu, uint32_t value)
{
    struct fp_env *fp = &cpu->tcg.fp;
    tcg_fp_sync(&cpu->tcg); /* tcg_fp_load() forgets the host's flags */
    fp->round = value >> FPSCR_RMODE_SHIFT & 3;
    fp->fz = value & FPSCR_FZ;
    fp->dn = value & FPSCR_DN;
    fp->ahp = value & FPSCR_AHP;
    fp->fz16 = (value & FPSCR_FZ16) && a32_features >> A32_FEAT_FPHP & 1;
    fp->flags = value & FPSCR_FLAGS;
    cpu->tcg.fp_std.flags = 0;
    cpu->tcg.fp_std.fz16 = fp->fz16;
    cpu->tcg.fp_std.ahp = fp->ahp;
    cpu->tcg.qc = (tcg_v128){.d = {value & FPSCR_QC ? 1 : 0, 0}};
    cpu->fpscr_len = value & FPSCR_LEN_STRIDE;
    cpu->fpscr_nzcv = (value >> 31 & 1 ? TCG_FLAG_N : 0) | (value >> 30 & 1 ? TCG_FLAG_Z : 0) |
                      (value >> 29 & 1 ? TCG_FLAG_C : 0) | (value >> 28 & 1 ? TCG_FLAG_V : 0);
    bool special = fp->fz || fp->dn || fp->ahp || fp->fz16;
    cpu->tcg.mode &= ~(uint32_t)(A32_MODE_FPSCR | A32_MODE_VECTOR);
    cpu->tcg.mode |= (special ? A32_MODE_FPSCR : 0) | (cpu->fpscr_len ? A32_MODE_VECTOR : 0);
    tcg_fp_load(&cpu->tcg);
}
