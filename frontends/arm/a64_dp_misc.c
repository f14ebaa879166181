/* SPDX-License-Identifier: MIT */
/*
 * A64 data processing on registers, the rest (ARM DDI 0487, C4.1.95): multiplication, division,
 * variable shifts, CRC32, bit and byte reversal, pointer authentication.  Includes a64_lift.h
 * alone.
 *
 * Pointer authentication is an identity: PAC* adds no code, AUT* accepts every pointer, XPAC has
 * nothing to strip.  The architecture leaves the algorithm open (a PAC of no bits is what a
 * process sees whose keys are disabled); PACGA, which must give some value, mixes its operands.
 */
#include "frontends/arm/a64_lift.h"

typedef ir_ref binary_fn(struct ir *, enum ir_type, ir_ref, ir_ref);
typedef ir_ref unary_fn(struct ir *, enum ir_type, ir_ref);

/* --- multiplication, division, shifts -------------------------------------------------------------- */

/* MADD <Xd>, <Xn>, <Xm>, <Xa>; MUL */
TRANS(MADD)
{
    enum ir_type t = a64_type(a->sf);
    ir_ref d = ir_mul(s->ir, t, a64_r(s, a->sf, a->rn), a64_r(s, a->sf, a->rm));
    if (a->ra != 31) {
        d = ir_add(s->ir, t, a64_r(s, a->sf, a->ra), d);
    }
    a64_put_r(s, a->sf, a->rd, d);
    return true;
}

/* MSUB <Xd>, <Xn>, <Xm>, <Xa>; MNEG */
TRANS(MSUB)
{
    enum ir_type t = a64_type(a->sf);
    ir_ref d = ir_mul(s->ir, t, a64_r(s, a->sf, a->rn), a64_r(s, a->sf, a->rm));
    d = a->ra == 31 ? ir_neg(s->ir, t, d) : ir_sub(s->ir, t, a64_r(s, a->sf, a->ra), d);
    a64_put_r(s, a->sf, a->rd, d);
    return true;
}

/* Xa + or - Wn * Wm, the W registers extended. */
static bool multiply_long(struct a64_lift *s, const a64_arg_SMADDL *a,
                          ir_ref (*extend)(struct ir *, ir_ref), bool subtract)
{
    struct ir *ir = s->ir;
    ir_ref n = extend(ir, a64_w(s, a->rn)), m = extend(ir, a64_w(s, a->rm));
    ir_ref d = ir_mul(ir, IR_I64, n, m);
    if (subtract) {
        d = ir_sub(ir, IR_I64, a64_x(s, a->ra), d);
    } else if (a->ra != 31) {
        d = ir_add(ir, IR_I64, a64_x(s, a->ra), d);
    }
    a64_put_x(s, a->rd, d);
    return true;
}

/* SMADDL <Xd>, <Wn>, <Wm>, <Xa>; SMULL */
TRANS(SMADDL) { return multiply_long(s, a, ir_sext64, false); }
/* SMSUBL <Xd>, <Wn>, <Wm>, <Xa>; SMNEGL */
TRANS(SMSUBL) { return multiply_long(s, a, ir_sext64, true); }
/* UMADDL <Xd>, <Wn>, <Wm>, <Xa>; UMULL */
TRANS(UMADDL) { return multiply_long(s, a, ir_zext64, false); }
/* UMSUBL <Xd>, <Wn>, <Wm>, <Xa>; UMNEGL */
TRANS(UMSUBL) { return multiply_long(s, a, ir_zext64, true); }

/* SMULH <Xd>, <Xn>, <Xm> */
TRANS(SMULH)
{
    a64_put_x(s, a->rd, ir_mulhs(s->ir, IR_I64, a64_x(s, a->rn), a64_x(s, a->rm)));
    return true;
}

/* UMULH <Xd>, <Xn>, <Xm> */
TRANS(UMULH)
{
    a64_put_x(s, a->rd, ir_mulhu(s->ir, IR_I64, a64_x(s, a->rn), a64_x(s, a->rm)));
    return true;
}

static bool binary(struct a64_lift *s, const a64_arg_UDIV *a, binary_fn *op)
{
    ir_ref n = a64_r(s, a->sf, a->rn), m = a64_r(s, a->sf, a->rm);
    a64_put_r(s, a->sf, a->rd, op(s->ir, a64_type(a->sf), n, m));
    return true;
}

/* UDIV, SDIV, LSL, LSR, ASR, ROR: <Xd>, <Xn>, <Xm> */
TRANS(UDIV) { return binary(s, a, ir_divu); }
TRANS(SDIV) { return binary(s, a, ir_divs); }
TRANS(LSLV) { return binary(s, a, ir_shl); }
TRANS(LSRV) { return binary(s, a, ir_shr); }
TRANS(ASRV) { return binary(s, a, ir_sar); }
TRANS(RORV) { return binary(s, a, ir_ror); }

/* --- CRC32 ------------------------------------------------------------------------------------------ */

static bool crc(struct a64_lift *s, const a64_arg_CRC32 *a, bool castagnoli)
{
    if (a->sf != (a->sz == 3)) {
        return false;
    }
    ir_ref d = ir_crc32(s->ir, a64_w(s, a->rn), a64_x(s, a->rm), 1u << a->sz, castagnoli);
    a64_put_w(s, a->rd, d);
    return true;
}

/* CRC32B, CRC32H, CRC32W <Wd>, <Wn>, <Wm>; CRC32X <Wd>, <Wn>, <Xm> */
TRANS(CRC32) { return crc(s, a, false); }
/* CRC32CB, CRC32CH, CRC32CW <Wd>, <Wn>, <Wm>; CRC32CX <Wd>, <Wn>, <Xm> */
TRANS(CRC32C) { return crc(s, a, true); }

/* --- one source --------------------------------------------------------------------------------------- */

static bool unary(struct a64_lift *s, const a64_arg_RBIT *a, unary_fn *op)
{
    a64_put_r(s, a->sf, a->rd, op(s->ir, a64_type(a->sf), a64_r(s, a->sf, a->rn)));
    return true;
}

/* RBIT, REV16, CLZ, CLS: <Xd>, <Xn> */
TRANS(RBIT) { return unary(s, a, ir_rbit); }
TRANS(REV16) { return unary(s, a, ir_bswap16); }
TRANS(CLZ) { return unary(s, a, ir_clz); }
TRANS(CLS) { return unary(s, a, ir_cls); }

/* REV <Wd>, <Wn> */
TRANS(REV_w)
{
    a64_put_w(s, a->rd, ir_bswap(s->ir, IR_I32, a64_w(s, a->rn)));
    return true;
}

/* REV32 <Xd>, <Xn> */
TRANS(REV32)
{
    a64_put_x(s, a->rd, ir_bswap32(s->ir, IR_I64, a64_x(s, a->rn)));
    return true;
}

/* REV <Xd>, <Xn> */
TRANS(REV_x)
{
    a64_put_x(s, a->rd, ir_bswap(s->ir, IR_I64, a64_x(s, a->rn)));
    return true;
}

/* --- pointer authentication -------------------------------------------------------------------- */

/* PACIA, PACIB, PACDA, PACDB, AUTIA, AUTIB, AUTDA, AUTDB: <Xd>, <Xn|SP> */
TRANS(PAC_AUT)
{
    (void)s, (void)a;
    return true;
}

/* PACIZA, PACIZB, PACDZA, PACDZB, AUTIZA, AUTIZB, AUTDZA, AUTDZB: <Xd> */
TRANS(PAC_AUT_zero)
{
    (void)s, (void)a;
    return true;
}

/* XPACI <Xd>, XPACD <Xd> */
TRANS(XPAC)
{
    (void)s, (void)a;
    return true;
}

/* PACGA <Xd>, <Xn>, <Xm|SP>: a code in the upper half, zeros in the lower */
TRANS(PACGA)
{
    ir_ref code = ir_call(s->ir, A64_H_pacga, a64_x(s, a->rn), a64_x_sp(s, a->rm), 0, 0);
    a64_put_x(s, a->rd, code);
    return true;
}
