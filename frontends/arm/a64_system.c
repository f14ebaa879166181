/* SPDX-License-Identifier: MIT */
/*
 * A64 system instructions as EL0 sees them under Linux (ARM DDI 0487, C4.1.93, C5): hints,
 * barriers, cache maintenance, system registers.  Includes a64_lift.h and a64_sysreg.h.
 */
#include "frontends/arm/a64_lift.h"
#include "frontends/arm/a64_sysreg.h"

/* --- hints, barriers --------------------------------------------------------------------------------- */

/* HINT #<imm>: NOP, YIELD, WFE, BTI, PACIASP and all others; WFE and WFI may return at once */
TRANS(HINT)
{
    (void)s, (void)a;
    return true;
}

/* CLREX */
TRANS(CLREX)
{
    (void)a;
    ir_clear_excl(s->ir);
    return true;
}

static bool barrier(struct a64_lift *s, unsigned crm)
{
    /* CRm<1:0>: 1 orders loads, 2 stores, 3 and the reserved 0 all.  SSBB and PSSBB (CRm = 0, 4)
     * are of speculation, for which a full barrier is more than enough. */
    static const enum ir_fence kind[] = {IR_FENCE_FULL, IR_FENCE_LD, IR_FENCE_ST, IR_FENCE_FULL};
    ir_fence(s->ir, kind[crm & 3]);
    return true;
}

/* DMB <option> */
TRANS(DMB) { return barrier(s, a->crm); }
/* DSB <option> */
TRANS(DSB) { return barrier(s, a->crm); }

/* ISB: code that another thread changed is seen from here on, so the region ends */
TRANS(ISB)
{
    (void)a;
    tcg_lift_end(s->l);
    return true;
}

/* SB (FEAT_SB) */
TRANS(SB)
{
    (void)s, (void)a;
    return true;
}

/* --- flags (FEAT_FlagM, FEAT_FlagM2) --------------------------------------------------------------- */

/* CFINV: C = !C */
TRANS(CFINV)
{
    (void)a;
    ir_ref nzcv = ir_nzcv(s->ir, a64_flags(s));
    nzcv = ir_xor(s->ir, IR_I32, nzcv, a64_imm_w(s, 1 << 29));
    a64_put_flags(s, ir_flags_nzcv(s->ir, nzcv));
    return true;
}

/* Bit `bit` of nzcv, as 0 or 1. */
static ir_ref flag(struct a64_lift *s, ir_ref nzcv, unsigned bit)
{
    return ir_ubfx(s->ir, IR_I32, nzcv, bit, 1);
}

static void put_nzcv(struct a64_lift *s, ir_ref n, ir_ref z, ir_ref c, ir_ref v)
{
    struct ir *ir = s->ir;
    ir_ref nz = ir_or(ir, IR_I32, ir_shl(ir, IR_I32, n, a64_imm_w(s, 31)),
                      ir_shl(ir, IR_I32, z, a64_imm_w(s, 30)));
    ir_ref cv = ir_or(ir, IR_I32, ir_shl(ir, IR_I32, c, a64_imm_w(s, 29)),
                      ir_shl(ir, IR_I32, v, a64_imm_w(s, 28)));
    a64_put_flags(s, ir_flags_nzcv(ir, ir_or(ir, IR_I32, nz, cv)));
}

/* XAFLAG: from the external format of FP comparisons.  N = !C & !Z, Z = Z & C, C = C | Z,
 * V = !C & Z. */
TRANS(XAFLAG)
{
    (void)a;
    struct ir *ir = s->ir;
    ir_ref nzcv = ir_nzcv(ir, a64_flags(s)), one = a64_imm_w(s, 1);
    ir_ref z = flag(s, nzcv, 30), c = flag(s, nzcv, 29), c_or_z = ir_or(ir, IR_I32, c, z);
    put_nzcv(s, ir_xor(ir, IR_I32, c_or_z, one), ir_and(ir, IR_I32, z, c), c_or_z,
             ir_andn(ir, IR_I32, z, c));
    return true;
}

/* AXFLAG: to the external format.  N = 0, Z = Z | V, C = C & !V, V = 0. */
TRANS(AXFLAG)
{
    (void)a;
    struct ir *ir = s->ir;
    ir_ref nzcv = ir_nzcv(ir, a64_flags(s)), zero = a64_imm_w(s, 0);
    ir_ref z = flag(s, nzcv, 30), c = flag(s, nzcv, 29), v = flag(s, nzcv, 28);
    put_nzcv(s, zero, ir_or(ir, IR_I32, z, v), ir_andn(ir, IR_I32, c, v), zero);
    return true;
}

/* --- cache maintenance ------------------------------------------------------------------------------- */

/* IC IVAU, <Xt>: translations of the line go; this region may be one of them */
TRANS(IC_IVAU)
{
    ir_call(s->ir, A64_H_invalidate, a64_x(s, a->rt), 0, 0, 0);
    tcg_lift_end(s->l);
    return true;
}

/* DC ZVA, <Xt>: the block (DCZID_EL0.BS) that holds the address becomes zero */
TRANS(DC_ZVA)
{
    ir_ref block = ir_and(s->ir, IR_I64, a64_x(s, a->rt), a64_imm(s, -A64_ZVA_BYTES));
    ir_ref zero = ir_vconst(s->ir, 0, 0);
    for (int k = 0; k < A64_ZVA_BYTES; k += 16) {
        ir_store(s->ir, 4, block, k, zero);
    }
    return true;
}

/* DC CVAC, CVAU, CVAP, CVADP, CIVAC, <Xt>: host caches are coherent and memory is not persistent */
TRANS(DC_CVAC)
{
    (void)s, (void)a;
    return true;
}
TRANS(DC_CVAU)
{
    (void)s, (void)a;
    return true;
}
TRANS(DC_CVAP)
{
    (void)s, (void)a;
    return true;
}
TRANS(DC_CVADP)
{
    (void)s, (void)a;
    return true;
}
TRANS(DC_CIVAC)
{
    (void)s, (void)a;
    return true;
}

/* --- system registers ---------------------------------------------------------------------------------- */

static void read_by_helper(struct a64_lift *s, unsigned rt, enum a64_helper helper)
{
    ir_ref v = ir_call(s->ir, helper, 0, 0, 0, 0);
    a64_put_x(s, rt, v);
    if (a64_guest.helpers[helper].flags & TCG_H_ENDS) {
        tcg_lift_end(s->l);
    }
}

/* MRS <Xt>, <systemreg> */
TRANS(MRS)
{
    uint64_t id;
    switch (a->sysreg) {
    case A64_NZCV: a64_put_x(s, a->rt, ir_zext64(s->ir, ir_nzcv(s->ir, a64_flags(s)))); break;
    case A64_TPIDR_EL0: a64_put_x(s, a->rt, ir_get(s->ir, A64_SLOT_TPIDR_EL0)); break;
    case A64_TPIDRRO_EL0: a64_put_x(s, a->rt, ir_get(s->ir, A64_SLOT_TPIDRRO_EL0)); break;
    case A64_CTR_EL0: a64_put_x(s, a->rt, a64_imm(s, A64_CTR_EL0_VALUE)); break;
    case A64_DCZID_EL0: a64_put_x(s, a->rt, a64_imm(s, A64_DCZID_EL0_VALUE)); break;
    case A64_CNTFRQ_EL0: a64_put_x(s, a->rt, a64_imm(s, A64_CNTFRQ_EL0_VALUE)); break;
    case A64_CNTVCT_EL0: read_by_helper(s, a->rt, A64_H_read_cntvct); break;
    case A64_FPCR: a64_put_x(s, a->rt, ir_get(s->ir, A64_SLOT_FPCR)); break;
    case A64_FPSR: read_by_helper(s, a->rt, A64_H_read_fpsr); break;
    default:
        /* Linux emulates reads of the ID registers for EL0 (HWCAP_CPUID). */
        if (!a64_has(s, A64_FEAT_CPUID) || !a64_id_register(a->sysreg, &id)) {
            return false;
        }
        a64_put_x(s, a->rt, a64_imm(s, (int64_t)id));
    }
    return true;
}

/* MSR <systemreg>, <Xt> */
TRANS(MSR_reg)
{
    ir_ref v = a64_x(s, a->rt);
    switch (a->sysreg) {
    case A64_NZCV: a64_put_flags(s, ir_flags_nzcv(s->ir, ir_trunc(s->ir, v))); break;
    case A64_TPIDR_EL0: ir_put(s->ir, A64_SLOT_TPIDR_EL0, v); break;
    case A64_FPCR:
        ir_call(s->ir, A64_H_write_fpcr, v, 0, 0, 0);
        tcg_lift_end(s->l);
        break;
    case A64_FPSR:
        ir_call(s->ir, A64_H_write_fpsr, v, 0, 0, 0);
        tcg_lift_end(s->l);
        break;
    default: return false;
    }
    return true;
}
