/* SPDX-License-Identifier: MIT */
/*
 * x86-64 machine code: the encoder.  Read this file first, then x64.h.  An instruction is an opcode
 * word (below) and operands; one set of words serves the legacy, VEX and EVEX encodings.  Nothing
 * here checks for room: host.max_op_bytes does.  Includes tcg/host.h for struct cg alone.
 *
 * The manual, in comments: Intel SDM volume 2 (instruction formats: chapter 2).
 */
#ifndef BACKENDS_X86_64_ASM_H
#define BACKENDS_X86_64_ASM_H

#include <string.h>

#include "tcg/host.h"

enum x64_gpr { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };
enum { X64_NO_REG = 0xff, X64_RIP = 0xfe };

/* Opcode words: opcode byte, map, mandatory prefix, modifiers. */
enum {
    X_0F = 1 << 8, X_0F38 = 2 << 8, X_0F3A = 3 << 8, X_MAP = 3 << 8,
    X_66 = 1 << 10, X_F3 = 2 << 10, X_F2 = 3 << 10, X_PP_SHIFT = 10,
    X_W = 1 << 12,    /* REX.W, VEX.W or EVEX.W */
    X_BYTE = 1 << 13, /* byte registers: 4..7 need a REX prefix to be SPL..DIL */
    X_COMM = 1 << 14, /* vector op whose sources may be swapped where the encoding has two operands */
    X_LOCK = 1 << 15,
    X_WEV = 1 << 16,  /* EVEX.W where VEX.W is 0 */
    X_YMM = 1 << 17,  /* VEX.L: 256 bits */
};

/* Condition codes of Jcc, SETcc, CMOVcc; cc ^ 1 negates. */
enum x64_cc { CC_O, CC_NO, CC_B, CC_AE, CC_E, CC_NE, CC_BE, CC_A,
              CC_S, CC_NS, CC_P, CC_NP, CC_L, CC_GE, CC_LE, CC_G, CC_ALWAYS };

enum x64_alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };
enum x64_shift { SH_ROL, SH_ROR, SH_SHL = 4, SH_SHR = 5, SH_SAR = 7 };

/* A memory operand: base + index * 2^scale + disp; base X64_RIP: `target`, or `label` if that is
 * NULL, in the cache.  tail: bytes of the instruction after the displacement (immediates), needed
 * for X64_RIP alone.  a32: the address is computed modulo 2^32. */
struct x64_mem {
    uint8_t base, index, scale, tail;
    bool a32;
    int32_t disp;
    const uint8_t *target;
    struct cg_label *label;
};

static inline struct x64_mem x64_at(unsigned base, int32_t disp)
{
    return (struct x64_mem){.base = (uint8_t)base, .index = X64_NO_REG, .disp = disp};
}

static inline void x64_u8(struct cg *cg, unsigned v) { *cg->p++ = (uint8_t)v; }
static inline void x64_u32(struct cg *cg, uint32_t v)
{
    memcpy(cg->p, &v, 4);
    cg->p += 4;
}
static inline void x64_u64(struct cg *cg, uint64_t v)
{
    memcpy(cg->p, &v, 8);
    cg->p += 8;
}

/* Legacy encoding: reg is ModRM.reg (a register or the opcode's extension), rm the other operand. */
void x64_rr(struct cg *cg, uint32_t op, unsigned reg, unsigned rm);
void x64_rm(struct cg *cg, uint32_t op, unsigned reg, const struct x64_mem *m);
/* The same with [RBP + disp], most of what code at the ends of regions is; for opcodes of one byte. */
void x64_state_int(struct cg *cg, uint32_t op, unsigned reg, int32_t disp);

/* VEX.128 (or scalar; with X_YMM VEX.256) and EVEX.128 encodings; v: the second operand, 0 if there is none.  EVEX reaches
 * vector registers 16 to 31.  k: mask register in bits 2..0, bit 7 zeroing; X64_NEAREST: a scalar op
 * rounds to nearest, whatever MXCSR says, and raises nothing; X64_256, X64_512: of as many bits;
 * X64_BROADCAST: the memory operand is one element, for all. */
enum { X64_NEAREST = 0x10, X64_BROADCAST = 0x10, X64_256 = 0x20, X64_512 = 0x40 };
void x64_vex_rr(struct cg *cg, uint32_t op, unsigned reg, unsigned v, unsigned rm);
void x64_vex_rm(struct cg *cg, uint32_t op, unsigned reg, unsigned v, const struct x64_mem *m);
void x64_evex_rr(struct cg *cg, uint32_t op, unsigned reg, unsigned v, unsigned rm, unsigned k);
void x64_evex_rm(struct cg *cg, uint32_t op, unsigned reg, unsigned v, const struct x64_mem *m,
                 unsigned k);

/* --- integer ------------------------------------------------------------------------------- */
/* w: X_W for 64 bits, 0 for 32. */
static inline void x64_alu_rr(struct cg *cg, uint32_t w, enum x64_alu k, unsigned d, unsigned s)
{
    x64_rr(cg, w | 0x03u | (uint32_t)k << 3, d, s);
}
static inline void x64_alu_rm(struct cg *cg, uint32_t w, enum x64_alu k, unsigned d,
                              const struct x64_mem *m)
{
    x64_rm(cg, w | 0x03u | (uint32_t)k << 3, d, m);
}
void x64_alu_ri(struct cg *cg, uint32_t w, enum x64_alu k, unsigned d, int32_t imm);
void x64_alu_mi(struct cg *cg, uint32_t w, enum x64_alu k, const struct x64_mem *m, int32_t imm);
void x64_shift_ri(struct cg *cg, uint32_t w, enum x64_shift k, unsigned d, unsigned n);
static inline void x64_shift_cl(struct cg *cg, uint32_t w, enum x64_shift k, unsigned d)
{
    x64_rr(cg, w | 0xd3, k, d);
}
static inline void x64_mov_rr(struct cg *cg, uint32_t w, unsigned d, unsigned s)
{
    x64_rr(cg, w | 0x8b, d, s);
}
static inline void x64_mov_rm(struct cg *cg, uint32_t w, unsigned d, const struct x64_mem *m)
{
    x64_rm(cg, w | 0x8b, d, m);
}
static inline void x64_mov_mr(struct cg *cg, uint32_t w, const struct x64_mem *m, unsigned s)
{
    x64_rm(cg, w | 0x89, s, m);
}
/* All 64 bits of d = imm; the shortest form that leaves the flags alone. */
void x64_mov_ri(struct cg *cg, unsigned d, uint64_t imm);
/* [m] = imm; sign extended if w. */
void x64_mov_mi(struct cg *cg, uint32_t w, const struct x64_mem *m, int32_t imm);
void x64_test_ri(struct cg *cg, uint32_t w, unsigned r, int32_t imm);
void x64_test_mi(struct cg *cg, uint32_t w, const struct x64_mem *m, int32_t imm);
static inline void x64_test_rr(struct cg *cg, uint32_t w, unsigned a, unsigned b)
{
    x64_rr(cg, w | 0x85, b, a);
}
static inline void x64_lea(struct cg *cg, uint32_t w, unsigned d, const struct x64_mem *m)
{
    x64_rm(cg, w | 0x8d, d, m);
}
static inline void x64_setcc(struct cg *cg, enum x64_cc cc, unsigned d)
{
    x64_rr(cg, X_0F | X_BYTE | 0x90u | cc, 0, d);
}
static inline void x64_cmov(struct cg *cg, uint32_t w, enum x64_cc cc, unsigned d, unsigned s)
{
    x64_rr(cg, w | X_0F | 0x40u | cc, d, s);
}
static inline void x64_movzx8(struct cg *cg, unsigned d, unsigned s)
{
    x64_rr(cg, X_0F | X_BYTE | 0xb6, d, s);
}

enum { /* more opcode words; operand order as in the manual unless said */
    X_MOVZX8 = X_0F | 0xb6, X_MOVZX16 = X_0F | 0xb7, X_MOVSX8 = X_0F | 0xbe, X_MOVSX16 = X_0F | 0xbf,
    X_MOVSXD = 0x63 | X_W, X_IMUL = X_0F | 0xaf, X_BSR = X_0F | 0xbd,
    X_LZCNT = X_F3 | X_0F | 0xbd, X_BSF = X_0F | 0xbc, X_TZCNT = X_F3 | X_0F | 0xbc, X_ANDN = X_0F38 | 0xf2,
    X_SHLX = X_66 | X_0F38 | 0xf7, X_SHRX = X_F2 | X_0F38 | 0xf7, X_SARX = X_F3 | X_0F38 | 0xf7,
    X_RORX = X_F2 | X_0F3A | 0xf0, X_PEXT = X_F3 | X_0F38 | 0xf5, X_PDEP = X_F2 | X_0F38 | 0xf5,
    X_MOVBE_LOAD = X_0F38 | 0xf0,
    X_CMPXCHG = X_LOCK | X_0F | 0xb1, X_CMPXCHG8 = X_LOCK | X_0F | X_BYTE | 0xb0,
    X_CMPXCHG16 = X_LOCK | X_0F | X_W | 0xc7, /* /1 */
    X_XADD = X_LOCK | X_0F | 0xc1, X_XADD8 = X_LOCK | X_0F | X_BYTE | 0xc0,
    X_CRC32_8 = X_F2 | X_0F38 | X_BYTE | 0xf0, X_CRC32 = X_F2 | X_0F38 | 0xf1,
};
void x64_bswap(struct cg *cg, uint32_t w, unsigned r);
static inline void x64_cmc(struct cg *cg) { x64_u8(cg, 0xf5); }
static inline void x64_clc(struct cg *cg) { x64_u8(cg, 0xf8); }
static inline void x64_lahf(struct cg *cg) { x64_u8(cg, 0x9f); }
static inline void x64_sahf(struct cg *cg) { x64_u8(cg, 0x9e); }

/* --- jumps --------------------------------------------------------------------------------- */
void x64_jcc(struct cg *cg, enum x64_cc cc, struct cg_label *l); /* CC_ALWAYS: jmp */
void x64_forward(struct cg *cg, unsigned opcode, struct cg_label *l); /* e9 JMP, e8 CALL; l is not bound yet */
void x64_call(struct cg *cg, const uint8_t *target);
void x64_jmp_to(struct cg *cg, const uint8_t *target);
void x64_bind(struct cg *cg, struct cg_label *l);
/* A forward jump of at most 127 bytes; x64_here8 makes it land at cg->p. */
static inline uint8_t *x64_jcc8(struct cg *cg, enum x64_cc cc)
{
    x64_u8(cg, cc == CC_ALWAYS ? 0xebu : 0x70u | cc);
    x64_u8(cg, 0);
    return cg->p;
}
static inline void x64_here8(struct cg *cg, uint8_t *after) { after[-1] = (uint8_t)(cg->p - after); }
/* Pads with no-operations until (cg->p + skip) is a multiple of align (a power of two). */
void x64_align(struct cg *cg, unsigned skip, unsigned align);

/* --- vectors: VEX where the CPU has AVX, else SSE with moves --------------------------------- */
/* d = a op b.  Any of them may be the same register; x64_scratch_vec (xmm1) is lost in SSE form if d
 * is b and the op does not commute. */
void x64_v3(struct cg *cg, uint32_t op, unsigned d, unsigned a, unsigned b);
void x64_v3i(struct cg *cg, uint32_t op, unsigned d, unsigned a, unsigned b, unsigned imm);
void x64_v3m(struct cg *cg, uint32_t op, unsigned d, unsigned a, const struct x64_mem *b);
/* d = op b. */
void x64_v2(struct cg *cg, uint32_t op, unsigned d, unsigned b);
void x64_v2i(struct cg *cg, uint32_t op, unsigned d, unsigned b, unsigned imm);
void x64_v2m(struct cg *cg, uint32_t op, unsigned d, const struct x64_mem *b);
void x64_v2mi(struct cg *cg, uint32_t op, unsigned d, struct x64_mem b, unsigned imm);
/* Clears what is above 128 bits in all registers; needs AVX. */
static inline void x64_vzeroupper(struct cg *cg)
{
    x64_u8(cg, 0xc5);
    x64_u8(cg, 0xf8);
    x64_u8(cg, 0x77);
}
/* d = a shifted by the immediate n: op's extension (2, 4, 6: right, arithmetic right, left). */
void x64_vshift(struct cg *cg, uint32_t op, unsigned ext, unsigned d, unsigned a, unsigned n);
static inline void x64_movaps(struct cg *cg, unsigned d, unsigned s)
{
    if (d != s)
        x64_v2(cg, X_0F | 0x28, d, s);
}

/* Opcode words of vector instructions, named as in the manual without the v. */
enum {
#define VOP(name, word) V_##name = (word),
#include "backends/x86_64/vops.def"
};

#endif
