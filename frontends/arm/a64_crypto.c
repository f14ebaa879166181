/* SPDX-License-Identifier: MIT */
/*
 * A64 cryptographic instructions (ARM ARM C7.2; encodings C4.1.96): AES, SHA1, SHA256, SHA512,
 * SHA3.
 * PMULL is in a64_simd_arith.c.
 */
#include "frontends/arm/a64_simd.h"

/* What the operations work on they know themselves. */
#define WHOLE IR_LANE_B

#define N(NAME, op) TRANS(NAME) { return a64_do_n(s, WHOLE, a->rd, a->rn, op); }
#define DN(NAME, op) TRANS(NAME) { return a64_do_dn(s, WHOLE, a->rd, a->rn, op); }
#define NM(NAME, op) TRANS(NAME) { return a64_do_nm(s, WHOLE, a->rd, a->rn, a->rm, op); }
#define DNM(NAME, op) TRANS(NAME) { return a64_do_dnm(s, WHOLE, a->rd, a->rn, a->rm, op); }

static bool sha256_rounds(struct a64_lift *s, unsigned rd, unsigned abcd, unsigned efgh, unsigned w,
                          bool second)
{
    const ir_ref x = a64_v(s, abcd), y = efgh == abcd ? x : a64_v(s, efgh);
    a64_put_v(s, rd, simd_sha256(s->ir, x, y, a64_v(s, w), second));
    return true;
}

/* <op> Vd.16B, Vn.16B */
DN(AESE, ir_vaese)
DN(AESD, ir_vaesd)
N(AESMC, ir_vaesmc)
N(AESIMC, ir_vaesimc)

/* <op> Qd, Sn, Vm.4S; SHA1SU0 Vd.4S, Vn.4S, Vm.4S; SHA1H Sd, Sn; SHA1SU1 Vd.4S, Vn.4S */
DNM(SHA1C, ir_vsha1c)
DNM(SHA1P, ir_vsha1p)
DNM(SHA1M, ir_vsha1m)
DNM(SHA1SU0, ir_vsha1su0)
N(SHA1H, ir_vsha1h)
DN(SHA1SU1, ir_vsha1su1)

/* SHA256H, SHA256H2 Qd, Qn, Vm.4S; SHA256SU0 Vd.4S, Vn.4S; SHA256SU1 Vd.4S, Vn.4S, Vm.4S */
TRANS(SHA256H) { return sha256_rounds(s, a->rd, a->rd, a->rn, a->rm, false); }
TRANS(SHA256H2) { return sha256_rounds(s, a->rd, a->rn, a->rd, a->rm, true); }
DN(SHA256SU0, ir_vsha256su0)
DNM(SHA256SU1, ir_vsha256su1)

/* SHA512H, SHA512H2 Qd, Qn, Vm.2D; SHA512SU0 Vd.2D, Vn.2D; SHA512SU1 Vd.2D, Vn.2D, Vm.2D */
DNM(SHA512H, ir_vsha512h)
DNM(SHA512H2, ir_vsha512h2)
DN(SHA512SU0, ir_vsha512su0)
DNM(SHA512SU1, ir_vsha512su1)

/* RAX1 Vd.2D, Vn.2D, Vm.2D; XAR Vd.2D, Vn.2D, Vm.2D, #imm6 */
NM(RAX1, ir_vrax1)
TRANS(XAR)
{
    a64_put_v(s, a->rd, ir_vxar(s->ir, IR_LANE_D, a64_v(s, a->rn), a64_v(s, a->rm), a->imm6));
    return true;
}

/* EOR3, BCAX Vd.16B, Vn.16B, Vm.16B, Va.16B */
TRANS(EOR3)
{
    const ir_ref nm = ir_vxor(s->ir, WHOLE, a64_v(s, a->rn), a64_v(s, a->rm));
    a64_put_v(s, a->rd, ir_vxor(s->ir, WHOLE, nm, a64_v(s, a->ra)));
    return true;
}
TRANS(BCAX)
{
    const ir_ref ma = ir_vandn(s->ir, WHOLE, a64_v(s, a->rm), a64_v(s, a->ra));
    a64_put_v(s, a->rd, ir_vxor(s->ir, WHOLE, a64_v(s, a->rn), ma));
    return true;
}
