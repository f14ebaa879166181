/* SPDX-License-Identifier: MIT */
/* FPSCR in the architecture's format (ARM DDI 0487, G8.2.55).  Includes this folder. */
#include "frontends/arm/a32.h"
#include "frontends/arm/arm_state.h"

enum { FPSCR_LEN_STRIDE = 0x370000 };

uint32_t a32_fpscr(struct a32_cpu *cpu)
{
    return arm_nzcv(cpu->fpscr_nzcv) | cpu->fpscr | arm_fp_status(&cpu->tcg);
}

void a32_set_fpscr(struct a32_cpu *cpu, uint32_t value)
{
    bool special = arm_set_fp_control(&cpu->tcg, value, a32_features >> A32_FEAT_FPHP & 1);
    arm_set_fp_status(&cpu->tcg, value);
    cpu->tcg.fp_std.fz16 = cpu->tcg.fp.fz16;
    cpu->tcg.fp_std.ahp = cpu->tcg.fp.ahp;
    const uint32_t len = value & FPSCR_LEN_STRIDE;
    cpu->fpscr = arm_fp_control(&cpu->tcg.fp) | len;
    cpu->fpscr_nzcv = arm_flags(value);
    cpu->tcg.mode &= ~(uint32_t)(A32_MODE_FPSCR | A32_MODE_VECTOR);
    cpu->tcg.mode |= (special ? A32_MODE_FPSCR : 0) | (len ? A32_MODE_VECTOR : 0);
    tcg_fp_load(&cpu->tcg);
}
