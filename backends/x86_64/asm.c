/* SPDX-License-Identifier: MIT */
/*
 * The encoder: prefixes, ModRM, SIB and displacements.  Includes asm.h and x64.h (which features
 * the CPU has).
 */
#include "backends/x86_64/asm.h"
#include "backends/x86_64/x64.h"

/* --- ModRM ----------------------------------------------------------------------------------- */

static void modrm_rr(struct cg *cg, unsigned reg, unsigned rm)
{
    x64_u8(cg, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

/* Adds a place whose 4 bytes become relative to the label. */
static void fixup(struct cg *cg, struct cg_label *l)
{
    x64_u32(cg, (uint32_t)l->fixups);
    l->fixups = (int32_t)(cg->p - 4 - cg->start);
}

static void modrm_rip(struct cg *cg, unsigned reg, const struct x64_mem *m)
{
    const uint8_t *target = m->target ? m->target : m->label->at;

    x64_u8(cg, (reg & 7) << 3 | 5);
    if (m->target)
        cg_cache_distance(cg, target);
    if (target)
        x64_u32(cg, (uint32_t)(target - (cg->p + 4 + m->tail)));
    else
        fixup(cg, m->label); /* x64_bind knows no tail: callers pass such labels with none */
}

/* Bytes go through a pointer of their own, not through cg->p: a store of bytes might change that. */
static inline uint8_t *put8(uint8_t *p, unsigned v)
{
    *p = (uint8_t)v;
    return p + 1;
}

static inline uint8_t *put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, 4);
    return p + 4;
}

/* SDM 2.1.5.  disp8: an 8-bit displacement is allowed (it is scaled in EVEX: not used there). */
static inline void modrm_mem_at(struct cg *cg, uint8_t *p, unsigned reg, const struct x64_mem *m, bool disp8)
{
    const unsigned r = (reg & 7) << 3;
    unsigned mod;

    if (m->base == X64_RIP) {
        cg->p = p;
        modrm_rip(cg, reg, m);
        return;
    }
    if (m->base == X64_NO_REG) { /* index * scale + disp32, or disp32 */
        p = put8(p, r | 4);
        p = put8(p, (unsigned)m->scale << 6 | (m->index == X64_NO_REG ? 4u : m->index & 7u) << 3 | 5);
        cg->p = put32(p, (uint32_t)m->disp);
        return;
    }
    if (m->disp == 0 && (m->base & 7) != RBP)
        mod = 0;
    else
        mod = disp8 && m->disp == (int8_t)m->disp ? 0x40 : 0x80;
    if (m->index == X64_NO_REG && (m->base & 7) != RSP) {
        p = put8(p, mod | r | (m->base & 7));
    } else {
        p = put8(p, mod | r | 4);
        p = put8(p, (unsigned)m->scale << 6 | (m->index == X64_NO_REG ? 4u : m->index & 7u) << 3 |
                        (m->base & 7));
    }
    if (mod == 0x40)
        p = put8(p, (uint8_t)m->disp);
    else if (mod == 0x80)
        p = put32(p, (uint32_t)m->disp);
    cg->p = p;
}

static void modrm_mem(struct cg *cg, unsigned reg, const struct x64_mem *m, bool disp8)
{
    modrm_mem_at(cg, cg->p, reg, m, disp8);
}

/* REX.X and REX.B bits of a memory operand. */
static unsigned mem_xb(const struct x64_mem *m)
{
    return (m->index < 16 ? m->index >> 3 << 1 : 0) | (m->base < 16 ? m->base >> 3 : 0);
}

/* --- legacy ---------------------------------------------------------------------------------- */

/* LOCK, a mandatory prefix, or a map of two or three bytes: rare but for the last. */
static uint8_t *put_long_opcode(uint8_t *p, uint32_t op, unsigned rex)
{
    static const uint8_t prefix[4] = {0, 0x66, 0xf3, 0xf2};
    const unsigned pp = op >> X_PP_SHIFT & 3;

    if (op & X_LOCK)
        p = put8(p, 0xf0);
    if (pp)
        p = put8(p, prefix[pp]);
    if (rex)
        p = put8(p, 0x40 | rex);
    if (op & X_MAP) {
        p = put8(p, 0x0f);
        if ((op & X_MAP) == X_0F38)
            p = put8(p, 0x38);
        else if ((op & X_MAP) == X_0F3A)
            p = put8(p, 0x3a);
    }
    return put8(p, op & 0xff);
}

static inline uint8_t *put_opcode(uint8_t *p, uint32_t op, unsigned rex)
{
    if (op & X_W)
        rex |= 0x48;
    if (op & (X_LOCK | 3 << X_PP_SHIFT | X_MAP))
        return put_long_opcode(p, op, rex);
    *p = (uint8_t)(0x40 | rex);
    return put8(p + (rex != 0), op & 0xff);
}

void x64_rr(struct cg *cg, uint32_t op, unsigned reg, unsigned rm)
{
    unsigned rex = (reg >> 3 & 1) << 2 | (rm >> 3 & 1);

    if ((op & X_BYTE) && (reg >= 4 || rm >= 4))
        rex |= 0x40;
    cg->p = put8(put_opcode(cg->p, op, rex), 0xc0 | (reg & 7) << 3 | (rm & 7));
}

void x64_rm(struct cg *cg, uint32_t op, unsigned reg, const struct x64_mem *m)
{
    unsigned rex = (reg >> 3 & 1) << 2 | mem_xb(m);
    uint8_t *p = cg->p;

    if ((op & X_BYTE) && reg >= 4)
        rex |= 0x40;
    if (m->a32)
        p = put8(p, 0x67);
    modrm_mem_at(cg, put_opcode(p, op, rex), reg, m, true);
}

void x64_state_int(struct cg *cg, uint32_t op, unsigned reg, int32_t disp)
{
    uint8_t *p = put_opcode(cg->p, op, (reg >> 3 & 1) << 2);
    const bool small = disp == (int8_t)disp;

    p = put8(p, (small ? 0x45 : 0x85) | (reg & 7) << 3); /* [RBP + disp] */
    put32(p, (uint32_t)disp);
    cg->p = p + (small ? 1 : 4);
}

/* --- VEX and EVEX (SDM 2.3, 2.7) ---------------------------------------------------------------- */

static void vex_prefix(struct cg *cg, uint32_t op, unsigned r, unsigned xb, unsigned v)
{
    const unsigned pp = (op >> X_PP_SHIFT & 3) | (op & X_YMM ? 4 : 0), w = op & X_W ? 0x80 : 0;

    if ((op & X_MAP) == X_0F && !w && !xb) {
        x64_u8(cg, 0xc5);
        x64_u8(cg, (r ? 0u : 0x80u) | (~v & 15) << 3 | pp);
    } else {
        x64_u8(cg, 0xc4);
        x64_u8(cg, (r ? 0u : 0x80u) | (~xb & 3) << 5 | (op >> 8 & 3));
        x64_u8(cg, w | (~v & 15) << 3 | pp);
    }
    x64_u8(cg, op & 0xff);
}

void x64_vex_rr(struct cg *cg, uint32_t op, unsigned reg, unsigned v, unsigned rm)
{
    vex_prefix(cg, op, reg >> 3, rm >> 3, v);
    modrm_rr(cg, reg, rm);
}

void x64_vex_rm(struct cg *cg, uint32_t op, unsigned reg, unsigned v, const struct x64_mem *m)
{
    if (m->a32)
        x64_u8(cg, 0x67);
    vex_prefix(cg, op, reg >> 3, mem_xb(m), v);
    modrm_mem(cg, reg, m, true);
}

/* Vector registers 0..31: r, xb and v with their bit 4. */
static void evex_prefix(struct cg *cg, uint32_t op, unsigned r, unsigned xb, unsigned v, unsigned k)
{
    const unsigned pp = op >> X_PP_SHIFT & 3, w = op & (X_W | X_WEV) ? 0x80 : 0;

    x64_u8(cg, 0x62);
    x64_u8(cg, (r & 1 ? 0u : 0x80u) | (~xb & 3) << 5 | (r & 2 ? 0u : 0x10u) | (op >> 8 & 3));
    x64_u8(cg, w | (~v & 15) << 3 | 4 | pp);
    x64_u8(cg, (k & 0xf7) | (v & 16 ? 0u : 8u));
    x64_u8(cg, op & 0xff);
}

void x64_evex_rr(struct cg *cg, uint32_t op, unsigned reg, unsigned v, unsigned rm, unsigned k)
{
    evex_prefix(cg, op, reg >> 3, rm >> 3, v, k);
    modrm_rr(cg, reg, rm);
}

void x64_evex_rm(struct cg *cg, uint32_t op, unsigned reg, unsigned v, const struct x64_mem *m,
                 unsigned k)
{
    if (m->a32)
        x64_u8(cg, 0x67);
    evex_prefix(cg, op, reg >> 3, mem_xb(m), v, k);
    modrm_mem(cg, reg, m, false);
}

/* --- integer --------------------------------------------------------------------------------- */

void x64_alu_ri(struct cg *cg, uint32_t w, enum x64_alu k, unsigned d, int32_t imm)
{
    if (imm == (int8_t)imm) {
        x64_rr(cg, w | 0x83, k, d);
        x64_u8(cg, (uint8_t)imm);
    } else {
        x64_rr(cg, w | 0x81, k, d);
        x64_u32(cg, (uint32_t)imm);
    }
}

void x64_alu_mi(struct cg *cg, uint32_t w, enum x64_alu k, const struct x64_mem *m, int32_t imm)
{
    struct x64_mem t = *m;

    if (imm == (int8_t)imm) {
        t.tail = 1;
        x64_rm(cg, w | 0x83, k, &t);
        x64_u8(cg, (uint8_t)imm);
    } else {
        t.tail = 4;
        x64_rm(cg, w | 0x81, k, &t);
        x64_u32(cg, (uint32_t)imm);
    }
}

void x64_shift_ri(struct cg *cg, uint32_t w, enum x64_shift k, unsigned d, unsigned n)
{
    x64_rr(cg, w | 0xc1, k, d);
    x64_u8(cg, n);
}

void x64_mov_ri(struct cg *cg, unsigned d, uint64_t imm)
{
    if (imm <= UINT32_MAX) {
        if (d >= 8)
            x64_u8(cg, 0x41);
        x64_u8(cg, 0xb8 | (d & 7));
        x64_u32(cg, (uint32_t)imm);
    } else if ((int64_t)imm == (int32_t)imm) {
        x64_rr(cg, X_W | 0xc7, 0, d);
        x64_u32(cg, (uint32_t)imm);
    } else {
        x64_u8(cg, d >= 8 ? 0x49 : 0x48);
        x64_u8(cg, 0xb8 | (d & 7));
        x64_u64(cg, imm);
    }
}

void x64_mov_mi(struct cg *cg, uint32_t w, const struct x64_mem *m, int32_t imm)
{
    struct x64_mem t = *m;

    t.tail = 4;
    x64_rm(cg, w | 0xc7, 0, &t);
    x64_u32(cg, (uint32_t)imm);
}

void x64_test_ri(struct cg *cg, uint32_t w, unsigned r, int32_t imm)
{
    if (imm >= 0 && imm <= 127) {
        x64_rr(cg, X_BYTE | 0xf6, 0, r);
        x64_u8(cg, (uint8_t)imm);
    } else {
        x64_rr(cg, w | 0xf7, 0, r);
        x64_u32(cg, (uint32_t)imm);
    }
}

void x64_test_mi(struct cg *cg, uint32_t w, const struct x64_mem *m, int32_t imm)
{
    struct x64_mem t = *m;

    t.tail = 4;
    x64_rm(cg, w | 0xf7, 0, &t);
    x64_u32(cg, (uint32_t)imm);
}

void x64_bswap(struct cg *cg, uint32_t w, unsigned r)
{
    if (w || r >= 8)
        x64_u8(cg, (w ? 0x48u : 0x40u) | r >> 3);
    x64_u8(cg, 0x0f);
    x64_u8(cg, 0xc8 | (r & 7));
}

/* --- jumps ----------------------------------------------------------------------------------- */

void x64_jcc(struct cg *cg, enum x64_cc cc, struct cg_label *l)
{
    if (l->at && cg->p + 2 - l->at <= 128) {
        x64_u8(cg, cc == CC_ALWAYS ? 0xebu : 0x70u | cc);
        x64_u8(cg, (uint8_t)(l->at - (cg->p + 1)));
        return;
    }
    if (cc == CC_ALWAYS) {
        x64_u8(cg, 0xe9);
    } else {
        x64_u8(cg, 0x0f);
        x64_u8(cg, 0x80 | cc);
    }
    if (l->at)
        x64_u32(cg, (uint32_t)(l->at - (cg->p + 4)));
    else
        fixup(cg, l);
}

void x64_forward(struct cg *cg, unsigned opcode, struct cg_label *l)
{
    x64_u8(cg, opcode);
    fixup(cg, l);
}

void x64_call(struct cg *cg, const uint8_t *target)
{
    x64_u8(cg, 0xe8);
    cg_cache_distance(cg, target);
    x64_u32(cg, (uint32_t)(target - (cg->p + 4)));
}

void x64_jmp_to(struct cg *cg, const uint8_t *target)
{
    x64_u8(cg, 0xe9);
    cg_cache_distance(cg, target);
    x64_u32(cg, (uint32_t)(target - (cg->p + 4)));
}

void x64_bind(struct cg *cg, struct cg_label *l)
{
    int32_t next;

    for (int32_t at = l->fixups; at; at = next) {
        uint8_t *place = cg->start + at;
        const int32_t rel = (int32_t)(cg->p - (place + 4));

        memcpy(&next, place, 4);
        memcpy(place, &rel, 4);
    }
    l->fixups = 0;
    l->at = cg->p;
}

/* SDM volume 2, NOP: the recommended multi-byte forms. */
void x64_align(struct cg *cg, unsigned skip, unsigned align)
{
    static const uint8_t nops[8][8] = {
        {0}, {0x90}, {0x66, 0x90}, {0x0f, 0x1f, 0x00}, {0x0f, 0x1f, 0x40, 0x00},
        {0x0f, 0x1f, 0x44, 0x00, 0x00}, {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
    };
    unsigned n = -((unsigned)(uintptr_t)cg->p + skip) & (align - 1);

    while (n) {
        const unsigned k = n < 7 ? n : 7;

        memcpy(cg->p, nops[k], k);
        cg->p += k;
        n -= k;
    }
}

/* --- vectors ----------------------------------------------------------------------------------- */

/* The SSE form of d = a op b: brings a into d and returns where b is then. */
static unsigned sse_operands(struct cg *cg, uint32_t op, unsigned d, unsigned a, unsigned b)
{
    if (d == a)
        return b;
    if (d == b) {
        if (op & X_COMM)
            return a;
        x64_movaps(cg, X64_VSCRATCH1, b);
        b = X64_VSCRATCH1;
    }
    x64_movaps(cg, d, a);
    return b;
}

void x64_v3(struct cg *cg, uint32_t op, unsigned d, unsigned a, unsigned b)
{
    if (X64_HAS(AVX)) {
        /* The short VEX form has no B bit: a high register that may go first, should. */
        if ((op & X_COMM) && b >= 8 && a < 8)
            x64_vex_rr(cg, op, d, b, a);
        else
            x64_vex_rr(cg, op, d, a, b);
    } else {
        b = sse_operands(cg, op, d, a, b);
        x64_rr(cg, op, d, b);
    }
}

void x64_v3i(struct cg *cg, uint32_t op, unsigned d, unsigned a, unsigned b, unsigned imm)
{
    x64_v3(cg, op & ~(uint32_t)X_COMM, d, a, b);
    x64_u8(cg, imm);
}

void x64_v3m(struct cg *cg, uint32_t op, unsigned d, unsigned a, const struct x64_mem *b)
{
    if (X64_HAS(AVX)) {
        x64_vex_rm(cg, op, d, a, b);
    } else {
        x64_movaps(cg, d, a);
        x64_rm(cg, op, d, b);
    }
}

void x64_v2(struct cg *cg, uint32_t op, unsigned d, unsigned b)
{
    if (X64_HAS(AVX))
        x64_vex_rr(cg, op, d, 0, b);
    else
        x64_rr(cg, op, d, b);
}

void x64_v2i(struct cg *cg, uint32_t op, unsigned d, unsigned b, unsigned imm)
{
    x64_v2(cg, op, d, b);
    x64_u8(cg, imm);
}

void x64_v2m(struct cg *cg, uint32_t op, unsigned d, const struct x64_mem *b)
{
    if (X64_HAS(AVX))
        x64_vex_rm(cg, op, d, 0, b);
    else
        x64_rm(cg, op, d, b);
}

void x64_v2mi(struct cg *cg, uint32_t op, unsigned d, struct x64_mem b, unsigned imm)
{
    b.tail = 1;
    x64_v2m(cg, op, d, &b);
    x64_u8(cg, imm);
}

void x64_vshift(struct cg *cg, uint32_t op, unsigned ext, unsigned d, unsigned a, unsigned n)
{
    if (X64_HAS(AVX)) {
        x64_vex_rr(cg, op, ext, d, a);
    } else {
        x64_movaps(cg, d, a);
        x64_rr(cg, op, ext, d);
    }
    x64_u8(cg, n);
}
