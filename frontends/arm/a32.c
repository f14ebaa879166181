/* SPDX-License-Identifier: MIT */
/*
 * The 32-bit ARM guest as tcg sees it: slots, helpers, reset, dump, and the lift of one instruction.
 */
#include <capstone/capstone.h>
#include <inttypes.h>
#include <time.h>

#include "frontends/arm/a32_lift.h"
#include "frontends/arm/arm_state.h"

#include "frontends/arm/a32_decode.inc.c"

/* --- lift --------------------------------------------------------------------------------------------- */

/* A VFP, Advanced SIMD or coprocessor instruction of T32 as the A32 word with the same fields
 * (ARM DDI 0487, F3.1, F4.1); 0, which no row matches, if it is none. */
static uint32_t a32_word(uint32_t insn)
{
    if ((insn & 0xef000000) == 0xef000000) {
        return 0xf2000000 | (insn >> 28 & 1) << 24 | (insn & 0xffffff);
    }
    if ((insn & 0xff100000) == 0xf9000000) {
        return 0xf4000000 | (insn & 0xffffff);
    }
    bool coprocessor = (insn & 0xee000000) == 0xec000000 || (insn & 0xef000000) == 0xee000000;
    return coprocessor ? insn : 0;
}

static const struct a32_row_info *decode_coprocessor(uint32_t word)
{
    int row = vfp_decode(word);
    if (row < 0) {
        return NULL;
    }
    vfp_row_seen[row] = 1;
    return &vfp_rows[row];
}

/* The row of *insn, which becomes the word that the row's fields are of. */
static const struct a32_row_info *decode(const struct a32_lift *s, uint32_t *insn)
{
    int row;
    if (!s->thumb) {
        if ((row = a32_decode(*insn)) >= 0) {
            a32_row_seen[row] = 1;
            return &a32_rows[row];
        }
    } else if (s->bytes == 2) {
        if ((row = t16_decode(*insn)) >= 0) {
            t16_row_seen[row] = 1;
            return &t16_rows[row];
        }
        return NULL;
    } else {
        if ((row = t32_decode(*insn)) >= 0) {
            t32_row_seen[row] = 1;
            return &t32_rows[row];
        }
        *insn = a32_word(*insn);
    }
    return decode_coprocessor(*insn);
}

/* Reads the instruction into s; false if it cannot be fetched. */
static inline bool fetch(struct tcg_lift *l, struct a32_lift *s)
{
    uint16_t first, second = 0;
    if (!s->thumb) {
        s->bytes = 4;
        return tcg_lift_fetch(l, s->pc, &s->insn, 4);
    }
    if (!tcg_lift_fetch(l, s->pc, &first, 2)) {
        return false;
    }
    s->bytes = first >> 11 >= 0x1d ? 4 : 2;
    if (s->bytes == 4 && !tcg_lift_fetch(l, s->pc + 2, &second, 2)) {
        return false;
    }
    s->insn = (uint32_t)first << 16 | second;
    return true;
}

/* For an instruction with a condition.  False: it is known that it fails, and the instruction does nothing. */
static bool set_condition(struct a32_lift *s)
{
    const enum ir_cond known = a32_known(s->l);
    if (known >= IR_AL || (s->cond | 1) != (known | 1)) {
        s->cond_flags = a32_flags_for(s, s->cond);
        return true;
    }
    bool holds = s->cond == known, breakpoint = s->thumb && s->insn >> 24 == 0xbe;
    s->cond = IR_AL;
    return holds || breakpoint;
}

/* Takes the instruction back, behind the exit to where it is not skipped. */
static void skip(struct a32_lift *s)
{
    ir_cut(s->ir, s->skip.n_ops);
    s->l->done = false;
    s->l->next_pc = s->skip.to;
    a32_set_known(s->l, s->skip.known);
}

static void lift(struct tcg_lift *l)
{
    struct a32_lift s; /* what is not set here is set by who needs it */
    s.l = l;
    s.ir = l->ir;
    s.pc = (uint32_t)l->pc & ~1u;
    s.features = a32_features;
    s.thumb = l->pc & A32_PC_T;
    s.it = (uint8_t)(l->pc >> A32_PC_IT_SHIFT);
    s.cond = IR_AL;
    s.flags_before = 0;
    s.skip.n_ops = 0;
    if (!s.thumb && s.pc & 2) {
        tcg_lift_raise(l, A32_EXC_PC_ALIGN, 0, l->pc);
        return;
    }
    if ((!s.thumb && s.pc >= A32_KUSER_PAGE && a32_kuser(&s)) || !fetch(l, &s)) {
        return;
    }
    l->next_pc = (uint32_t)(s.pc + s.bytes) | (uint64_t)s.thumb |
                 (uint64_t)a32_it_advance(s.it) << A32_PC_IT_SHIFT;
    const unsigned cond = !s.thumb ? s.insn >> 28 : s.it ? s.it >> 4 : IR_AL;
    if (cond < IR_AL) {
        s.cond = (uint8_t)cond;
        if (!set_condition(&s)) {
            return;
        }
    }
    uint32_t insn = s.insn;
    const struct a32_row_info *row = decode(&s, &insn);
    s.insn = insn;
    if (!row || !a32_has(&s, row->feature) || !row->lift(&s, insn)) {
        a32_raise_here(&s, TCG_EXC_ILLEGAL, s.insn);
    }
    if (s.skip.n_ops) {
        skip(&s);
    }
}

static uint64_t code_address(uint64_t pc) { return (uint32_t)pc & ~UINT64_C(1); }

static int disas_mode(uint64_t pc)
{
    return pc & A32_PC_T ? CS_MODE_THUMB | CS_MODE_V8 : CS_MODE_ARM | CS_MODE_V8;
}

/* --- registers in the architecture's format -------------------------------------------------------- */

uint32_t a32_pc(const struct a32_cpu *cpu) { return (uint32_t)code_address(cpu->tcg.pc); }

uint32_t a32_cpsr(const struct a32_cpu *cpu)
{
    uint32_t it = (uint32_t)(cpu->tcg.pc >> A32_PC_IT_SHIFT), ge = cpu->apsr_ge & 0x01010101;
    ge = (ge | ge >> 7 | ge >> 14 | ge >> 21) & 15;
    uint32_t flags = (cpu->nz & (TCG_FLAG_N | TCG_FLAG_Z)) | (cpu->c & TCG_FLAG_C) |
                     (cpu->v & TCG_FLAG_V);
    return arm_nzcv(flags) | (cpu->apsr_q ? A32_CPSR_Q : 0) |
           (it & 3) << 25 | (it & 0xfc) << 8 | ge << A32_CPSR_GE_SHIFT |
           (cpu->tcg.mode & A32_MODE_E ? A32_CPSR_E : 0) |
           (cpu->tcg.pc & A32_PC_T ? A32_CPSR_T : 0) | A32_CPSR_USR;
}

void a32_set_pc_cpsr(struct a32_cpu *cpu, uint32_t address, uint32_t cpsr)
{
    bool thumb = cpsr & A32_CPSR_T;
    uint64_t it = thumb ? (cpsr >> 25 & 3) | (cpsr >> 8 & 0xfc) : 0;
    cpu->nz = cpu->c = cpu->v = arm_flags(cpsr);
    cpu->apsr_q = cpsr >> 27 & 1;
    cpu->apsr_ge = 0;
    for (unsigned k = 0; k < 4; k++) {
        cpu->apsr_ge |= cpsr >> (A32_CPSR_GE_SHIFT + k) & 1 ? UINT32_C(0xff) << 8 * k : 0;
    }
    cpu->tcg.mode = (cpu->tcg.mode & ~(uint32_t)A32_MODE_E) | (cpsr & A32_CPSR_E ? A32_MODE_E : 0);
    cpu->tcg.pc = thumb ? (address & ~UINT64_C(1)) | A32_PC_T | it << A32_PC_IT_SHIFT : address & ~3u;
}

void a32_set_pc(struct a32_cpu *cpu, uint32_t target) { cpu->tcg.pc = target; }

/* --- helpers ---------------------------------------------------------------------------------------- */

typedef uint64_t helper_fn(struct tcg_cpu *, uint64_t, uint64_t, uint64_t, uint64_t);
#define HELPER(name, flags, result, n_args) static helper_fn a32_helper_##name;
#include "frontends/arm/a32_helpers.def"
/* Marks all operands as used, for helpers that look at few of them. */
#define UNUSED_ARGS (void)a, (void)b, (void)c, (void)d

static uint64_t a32_helper_read_cpsr(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                     uint64_t d)
{
    UNUSED_ARGS;
    return a32_cpsr((const struct a32_cpu *)cpu);
}

static uint64_t a32_helper_setend(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    UNUSED_ARGS;
    cpu->mode = (cpu->mode & ~(uint32_t)A32_MODE_E) | (a ? A32_MODE_E : 0);
    return 0;
}

static uint64_t a32_helper_read_cntvct(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                       uint64_t d)
{
    UNUSED_ARGS;
    (void)cpu;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Clock a: seconds in bits 63..30, nanoseconds in bits 29..0; negative if there is no such clock. */
static uint64_t a32_helper_read_clock(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    UNUSED_ARGS;
    (void)cpu;
    struct timespec now;
    if (clock_gettime((clockid_t)(uint32_t)a, &now)) {
        return UINT64_MAX;
    }
    return (uint64_t)now.tv_sec << 30 | (uint64_t)now.tv_nsec;
}

/* QC and the cumulative flags of FPSCR.  A program that reads them may care about what is costly to know
 * exactly. */
static uint64_t a32_helper_read_fp_status(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                          uint64_t d)
{
    UNUSED_ARGS;
    tcg_fp_status_read(cpu);
    return arm_fp_status(cpu);
}

/* The same of one that looks at the rounding mode. */
static uint64_t a32_helper_peek_fp_status(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                          uint64_t d)
{
    UNUSED_ARGS;
    return arm_fp_status(cpu);
}

static uint64_t a32_helper_write_fpscr(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                       uint64_t d)
{
    UNUSED_ARGS;
    a32_set_fpscr((struct a32_cpu *)cpu, (uint32_t)a);
    return 0;
}

/* VCVT to 16-bit fixed point: a the FP number; b: bits 1..0 its size, bit 2 unsigned, bits 31..3 fraction
 * bits of the result. */
static uint64_t a32_helper_to_fixed16(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                      uint64_t d)
{
    (void)c, (void)d;
    struct fp_env *fp = &cpu->fp;
    const unsigned fbits = (unsigned)(b >> 3);
    const bool is_unsigned = b & 4;
    switch (b & 3) {
    case IR_LANE_H:
        return is_unsigned ? fp16_to_uint((uint16_t)a, 16, fbits, FP_RZ, fp)
                           : (uint64_t)fp16_to_sint((uint16_t)a, 16, fbits, FP_RZ, fp);
    case IR_LANE_S:
        return is_unsigned ? fp32_to_uint((uint32_t)a, 16, fbits, FP_RZ, fp)
                           : (uint64_t)fp32_to_sint((uint32_t)a, 16, fbits, FP_RZ, fp);
    default:
        return is_unsigned ? fp64_to_uint(a, 16, fbits, FP_RZ, fp)
                           : (uint64_t)fp64_to_sint(a, 16, fbits, FP_RZ, fp);
    }
}

/* --- the guest ---------------------------------------------------------------------------------------- */

#define R_SLOT(n) {"r" #n, offsetof(struct a32_cpu, r[n]), IR_I32, 0, 0}
#define WORD_SLOT(name, member, type) {name, offsetof(struct a32_cpu, member), type, 0, 0}
#define V_SLOT(name, n, size) \
    {name #n, offsetof(struct a32_cpu, q) + (n) * (size), IR_V128, size, 1 + (n) * (size) / 16}
#define S_SLOT(n) V_SLOT("s", n, 4)
#define D_SLOT(n) V_SLOT("d", n, 8)
#define Q_SLOT(n) {"q" #n, offsetof(struct a32_cpu, q[n]), IR_V128, 0, 1 + (n)}
#define SLOTS_0_15(M) \
    M(0), M(1), M(2), M(3), M(4), M(5), M(6), M(7), M(8), M(9), M(10), M(11), M(12), M(13), M(14), \
    M(15)
#define SLOTS_16_31(M) \
    M(16), M(17), M(18), M(19), M(20), M(21), M(22), M(23), M(24), M(25), M(26), M(27), M(28), \
    M(29), M(30), M(31)

static const struct tcg_slot slots[A32_SLOT_COUNT] = {
    R_SLOT(0), R_SLOT(1), R_SLOT(2), R_SLOT(3), R_SLOT(4), R_SLOT(5), R_SLOT(6), R_SLOT(7),
    R_SLOT(8), R_SLOT(9), R_SLOT(10), R_SLOT(11), R_SLOT(12),
    WORD_SLOT("sp", r[13], IR_I32),
    WORD_SLOT("lr", r[14], IR_I32),
    WORD_SLOT("nz", nz, IR_FLAGS),
    WORD_SLOT("c", c, IR_FLAGS),
    WORD_SLOT("v", v, IR_FLAGS),
    WORD_SLOT("q", apsr_q, IR_I32),
    WORD_SLOT("ge", apsr_ge, IR_I32),
    WORD_SLOT("tpidrurw", tpidrurw, IR_I32),
    WORD_SLOT("tpidruro", tpidruro, IR_I32),
    WORD_SLOT("fpscr_nzcv", fpscr_nzcv, IR_FLAGS),
    WORD_SLOT("fpscr", fpscr, IR_I32),
    SLOTS_0_15(S_SLOT), SLOTS_16_31(S_SLOT),
    SLOTS_0_15(D_SLOT), SLOTS_16_31(D_SLOT),
    SLOTS_0_15(Q_SLOT),
};

static const struct tcg_helper helpers[A32_H_COUNT] = {
#define HELPER(name, flags, result, n_args) {#name, (void *)a32_helper_##name, flags, result, n_args},
#include "frontends/arm/a32_helpers.def"
};

static void reset(struct tcg_cpu *cpu) { arm_reset(cpu, sizeof(struct a32_cpu)); }

static void dump(const struct tcg_cpu *cpu, FILE *out)
{
    const struct a32_cpu *a32 = (const struct a32_cpu *)cpu;
    for (int k = 0; k < 16; k++) {
        fprintf(out, "%sr%-2d %08" PRIx32 "%s", k % 4 ? "  " : " ", k, k < 15 ? a32->r[k] : a32_pc(a32),
                k % 4 == 3 ? "\n" : "");
    }
    uint32_t cpsr = a32_cpsr(a32);
    fprintf(out, " cpsr %08" PRIx32 " %c%c%c%c%c%c  fp flags %02" PRIx32 "\n", cpsr,
            cpsr >> 31 & 1 ? 'N' : '-', cpsr >> 30 & 1 ? 'Z' : '-', cpsr >> 29 & 1 ? 'C' : '-',
            cpsr >> 28 & 1 ? 'V' : '-', cpsr >> 27 & 1 ? 'Q' : '-', cpsr & A32_CPSR_T ? 'T' : '-',
            cpu->fp.flags);
    for (int k = 0; k < 16; k++) {
        fprintf(out, "%sq%-2d %016" PRIx64 ":%016" PRIx64 "%s", k % 2 ? "  " : " ", k,
                a32->q[k].d[1], a32->q[k].d[0], k % 2 ? "\n" : "");
    }
}

const struct guest a32_guest = {
    .name = "arm",
    .slots = slots,
    .n_slots = A32_SLOT_COUNT,
    .n_groups = 16,
    .helpers = helpers,
    .n_helpers = A32_H_COUNT,
    .cpu_size = sizeof(struct a32_cpu),
    .insn_align = 2,
    .max_insn_bytes = 4,
    .traces = true,
    .address_bits = 32,
    .fp_std = true,
    .capstone_arch = CS_ARCH_ARM,
    .capstone_mode = CS_MODE_ARM,
    .disas_mode = disas_mode,
    .code_address = code_address,
    .lift = lift,
    .reset = reset,
    .dump = dump,
};
