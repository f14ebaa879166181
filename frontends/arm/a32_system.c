/* SPDX-License-Identifier: MIT */
/*
 * System instructions of A32, T16 and T32 as user mode sees them under Linux: APSR, hints, barriers,
 * CP15 registers.  Includes a32_lift.h alone.
 */
#include "frontends/arm/a32_lift.h"

/* --- APSR -------------------------------------------------------------------------------------------- */

/* MRS<c> <Rd>, APSR: execution state bits read as zero */
TRANS(MRS)
{
    const uint32_t hidden = A32_CPSR_T | 0x0600fc00; /* T, IT */
    if (a->rd == 15) {
        return false;
    }
    ir_ref cpsr = ir_call(s->ir, A32_H_read_cpsr, 0, 0, 0, 0);
    a32_put_r(s, a->rd, ir_and(s->ir, IR_I32, cpsr, a32_imm(s, ~hidden)));
    return true;
}

/* GE, four bits at 19..16 of v, as bytes. */
static ir_ref ge_bytes(struct a32_lift *s, ir_ref v)
{
    struct ir *ir = s->ir;
    ir_ref spread = ir_mul(ir, IR_I32, ir_ubfx(ir, IR_I32, v, 16, 4), a32_imm(s, 0x00204081));
    ir_ref bits = ir_and(ir, IR_I32, spread, a32_imm(s, 0x01010101));
    return ir_mul(ir, IR_I32, bits, a32_imm(s, 0xff));
}

/* mask: 8 NZCVQ, 4 GE, 2 E; the rest is not for user mode */
static bool write_apsr(struct a32_lift *s, unsigned mask, ir_ref v)
{
    struct ir *ir = s->ir;
    a32_guard(s);
    if (mask & 8) {
        a32_put_flags(s, ir_flags_nzcv(ir, v));
        ir_put(ir, A32_SLOT_Q, ir_ubfx(ir, IR_I32, v, 27, 1));
    }
    if (mask & 4) {
        ir_put(ir, A32_SLOT_GE, ge_bytes(s, v));
    }
    if (mask & 2) {
        ir_call(ir, A32_H_setend, ir_ubfx(ir, IR_I32, v, 9, 1), 0, 0, 0);
        a32_end(s);
    }
    return true;
}

/* MSR<c> APSR_<bits>, <Rn> */
TRANS(MSR_reg) { return a->rn != 15 && write_apsr(s, a->mask, a32_r(s, a->rn)); }

/* MSR<c> APSR_<bits>, #<const> */
TRANS(MSR_imm)
{
    unsigned n = a->imm >> 8 << 1;
    uint32_t byte = a->imm & 0xff, v = n ? byte >> n | byte << (32 - n) : byte;
    return write_apsr(s, a->mask, a32_imm(s, v));
}

/* SETEND BE|LE */
TRANS(SETEND)
{
    a32_guard(s);
    ir_call(s->ir, A32_H_setend, a32_imm(s, a->e), 0, 0, 0);
    a32_end(s);
    return true;
}

/* --- hints, barriers ----------------------------------------------------------------------------------- */

/* Instructions that do nothing here: CPS in user mode, SB */
TRANS(NOP)
{
    (void)s, (void)a;
    return true;
}

/* NOP, YIELD, WFE, WFI, SEV, SEVL, DBG: WFE and WFI may return at once */
TRANS(HINT)
{
    (void)s, (void)a;
    return true;
}

/* PLD, PLDW, PLI */
TRANS(PLD)
{
    (void)s, (void)a;
    return true;
}

/* CLREX */
TRANS(CLREX)
{
    (void)a;
    a32_guard(s);
    ir_clear_excl(s->ir);
    return true;
}

static bool barrier(struct a32_lift *s, unsigned option)
{
    static const enum ir_fence kind[] = {IR_FENCE_FULL, IR_FENCE_LD, IR_FENCE_ST, IR_FENCE_FULL};
    a32_guard(s);
    ir_fence(s->ir, kind[option & 3]);
    return true;
}

/* DMB{<c>} {<option>} */
TRANS(DMB) { return barrier(s, a->hint); }
/* DSB{<c>} {<option>} */
TRANS(DSB) { return barrier(s, a->hint); }

/* ISB: code that another thread changed is seen from here on, so the region ends */
TRANS(ISB)
{
    (void)a;
    a32_guard(s);
    a32_end(s);
    return true;
}

/* --- CP15 ---------------------------------------------------------------------------------------------- */

/* Registers of CP15: opc1, CRn, CRm, opc2. */
#define CP15(opc1, crn, crm, opc2) ((opc1) << 11 | (crn) << 7 | (crm) << 3 | (opc2))

/* MCR<c> p15, <opc1>, <Rt>, <CRn>, <CRm>, <opc2> */
TRANS(MCR)
{
    if (a->rt == 15) {
        return false;
    }
    switch (CP15(a->opc1, a->crn, a->crm, a->opc2)) {
    case CP15(0, 7, 5, 4): /* CP15ISB */
        a32_guard(s);
        a32_end(s);
        return true;
    case CP15(0, 7, 10, 4): /* CP15DSB */
    case CP15(0, 7, 10, 5): /* CP15DMB */
        a32_guard(s);
        ir_fence(s->ir, IR_FENCE_FULL);
        return true;
    case CP15(0, 13, 0, 2):
        if (!a32_has(s, A32_FEAT_V6K)) {
            return false;
        }
        a32_put_slot(s, A32_SLOT_TPIDRURW, a32_r(s, a->rt));
        return true;
    default:
        return false;
    }
}

/* The generic timer's counter, which Linux lets programs read; it counts nanoseconds. */
enum { CNTFRQ = 1000000000 };

/* MRRC<c> p15, <opc1>, <Rt>, <Rt2>, <CRm>: CNTVCT */
TRANS(MRRC)
{
    struct ir *ir = s->ir;
    if (a->opc1 != 1 || a->crm != 14 || a->rt == 15 || a->rt2 == 15 || a->rt == a->rt2 ||
        !a32_has(s, A32_FEAT_LPAE)) {
        return false;
    }
    a32_guard(s);
    ir_ref v = ir_call(ir, A32_H_read_cntvct, 0, 0, 0, 0);
    ir_ref high = ir_shr(ir, IR_I64, v, ir_const(ir, IR_I64, 32));
    a32_put_r(s, a->rt, ir_trunc(ir, v));
    a32_put_r(s, a->rt2, ir_trunc(ir, high));
    return true;
}

/* MRC<c> p15, <opc1>, <Rt>, <CRn>, <CRm>, <opc2> */
TRANS(MRC)
{
    unsigned slot;
    switch (CP15(a->opc1, a->crn, a->crm, a->opc2)) {
    case CP15(0, 13, 0, 2): slot = A32_SLOT_TPIDRURW; break;
    case CP15(0, 13, 0, 3): slot = A32_SLOT_TPIDRURO; break;
    case CP15(0, 14, 0, 0):
        if (a->rt == 15 || !a32_has(s, A32_FEAT_LPAE)) {
            return false;
        }
        a32_put_r(s, a->rt, a32_imm(s, CNTFRQ));
        return true;
    case CP15(0, 9, 14, 0): /* PMUSERENR: the only one of the PMU that user mode may always read (B4.1.126) */
        if (a->rt == 15 || !a32_has(s, A32_FEAT_V7)) {
            return false;
        }
        a32_put_r(s, a->rt, a32_imm(s, 0));
        return true;
    default: return false;
    }
    if (a->rt == 15 || !a32_has(s, A32_FEAT_V6K)) {
        return false;
    }
    a32_put_r(s, a->rt, ir_get(s->ir, slot));
    return true;
}
