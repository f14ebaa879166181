/* SPDX-License-Identifier: MIT */
/*
 * System instructions of A32, T16 and T32 as user mode sees them under Linux: APSR, hints, barriers,
 * CP15 registers.  Includes a32_lift.h alone.
 */
#include "frontends/arm/a32_lift.h"

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
        a32_put_slot(s, A32_SLOT_TPIDRURW, a32_r(s, a->rt));
        return a32_has(s, A32_FEAT_V6K);
    default:
        return false;
    }
}

/* MRC<c> p15, <opc1>, <Rt>, <CRn>, <CRm>, <opc2> */
TRANS(MRC)
{
    unsigned slot;
    switch (CP15(a->opc1, a->crn, a->crm, a->opc2)) {
    case CP15(0, 13, 0, 2): slot = A32_SLOT_TPIDRURW; break;
    case CP15(0, 13, 0, 3): slot = A32_SLOT_TPIDRURO; break;
    default: return false;
    }
    if (a->rt == 15 || !a32_has(s, A32_FEAT_V6K)) {
        return false;
    }
    a32_put_r(s, a->rt, ir_get(s->ir, slot));
    return true;
}
