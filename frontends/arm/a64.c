/* SPDX-License-Identifier: MIT */
/*
 * The A64 guest as tcg sees it: slots, helpers, reset, dump, and the lift of one instruction.
 */
#include <capstone/capstone.h>
#include <inttypes.h>
#include <time.h>

#include "frontends/arm/a64_lift.h"
#include "frontends/arm/a64_sysreg.h"
#include "frontends/arm/arm_state.h"

#include "frontends/arm/a64_decode.inc.c"

/* --- lift --------------------------------------------------------------------------------------------- */

static void lift(struct tcg_lift *l)
{
    uint32_t insn;
    if (l->pc & 3) {
        tcg_lift_raise(l, A64_EXC_PC_ALIGN, 0, l->pc);
        return;
    }
    if (!tcg_lift_fetch(l, l->pc, &insn, sizeof insn)) {
        return;
    }
    struct a64_lift s = {.l = l, .ir = l->ir, .pc = l->pc, .insn = insn, .features = a64_features};
    int row = a64_decode(insn);
    if (row < 0 || !a64_has(&s, a64_rows[row].feature) || !a64_rows[row].lift(&s, insn)) {
        tcg_lift_raise(l, TCG_EXC_ILLEGAL, insn, l->pc);
        return;
    }
    a64_row_seen[row] = 1;
}

/* Top byte ignore, which Linux enables for EL0 data accesses: bits 63..56 are copies of bit 55. */
static uint64_t clean_address(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 8) >> 8);
}

/* --- registers in the architecture's format -------------------------------------------------------- */

uint32_t a64_pstate_nzcv(const struct a64_cpu *cpu) { return arm_nzcv(cpu->nzcv); }

void a64_set_pstate_nzcv(struct a64_cpu *cpu, uint32_t pstate) { cpu->nzcv = arm_flags(pstate); }

uint32_t a64_fpcr(const struct a64_cpu *cpu) { return (uint32_t)cpu->fpcr; }

void a64_set_fpcr(struct a64_cpu *cpu, uint32_t value)
{
    bool special = arm_set_fp_control(&cpu->tcg, value, a64_features >> A64_FEAT_FP16 & 1);
    cpu->fpcr = arm_fp_control(&cpu->tcg.fp);
    cpu->tcg.mode = (cpu->tcg.mode & ~(uint32_t)A64_MODE_FPCR) | (special ? A64_MODE_FPCR : 0);
    tcg_fp_load(&cpu->tcg);
}

uint32_t a64_fpsr(struct a64_cpu *cpu) { return arm_fp_status(&cpu->tcg); }

void a64_set_fpsr(struct a64_cpu *cpu, uint32_t value)
{
    arm_set_fp_status(&cpu->tcg, value);
    tcg_fp_load(&cpu->tcg);
}

/* --- helpers ---------------------------------------------------------------------------------------- */

typedef uint64_t helper_fn(struct tcg_cpu *, uint64_t, uint64_t, uint64_t, uint64_t);
#define HELPER(name, flags, result, n_args) static helper_fn a64_helper_##name;
#include "frontends/arm/a64_helpers.def"
/* Marks all operands as used, for helpers that look at few of them. */
#define UNUSED_ARGS (void)a, (void)b, (void)c, (void)d

static uint64_t a64_helper_write_fpcr(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                      uint64_t d)
{
    UNUSED_ARGS;
    a64_set_fpcr((struct a64_cpu *)cpu, (uint32_t)a);
    return 0;
}

static uint64_t a64_helper_read_fpsr(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                     uint64_t d)
{
    UNUSED_ARGS;
    tcg_fp_status_read(cpu);
    return a64_fpsr((struct a64_cpu *)cpu);
}

static uint64_t a64_helper_write_fpsr(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                      uint64_t d)
{
    UNUSED_ARGS;
    a64_set_fpsr((struct a64_cpu *)cpu, (uint32_t)a);
    return 0;
}

static uint64_t a64_helper_read_cntvct(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                       uint64_t d)
{
    UNUSED_ARGS;
    (void)cpu;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * A64_CNTFRQ_EL0_VALUE + (uint64_t)now.tv_nsec;
}

static uint64_t a64_helper_invalidate(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                      uint64_t d)
{
    UNUSED_ARGS;
    tcg_invalidate(cpu->tcg, clean_address(a) & -(uint64_t)A64_LINE_BYTES, A64_LINE_BYTES);
    return 0;
}

/* Some value that depends on all bits of both operands, in bits 63..32 (the key is ours). */
static uint64_t a64_helper_pacga(struct tcg_cpu *cpu, uint64_t a, uint64_t b, uint64_t c,
                                 uint64_t d)
{
    UNUSED_ARGS;
    (void)cpu;
    uint64_t h = (a ^ UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ h >> 29 ^ b) * UINT64_C(0x94d049bb133111eb);
    return (h ^ h >> 32) << 32;
}

/* --- the guest ---------------------------------------------------------------------------------------- */

#define X_SLOT(n) {"x" #n, offsetof(struct a64_cpu, x[n]), IR_I64, 0, 0}
#define V_SLOT(n) {"v" #n, offsetof(struct a64_cpu, v[n]), IR_V128, 0, 0}
#define SLOTS_0_30(M) \
    M(0), M(1), M(2), M(3), M(4), M(5), M(6), M(7), M(8), M(9), M(10), M(11), M(12), M(13), M(14), \
    M(15), M(16), M(17), M(18), M(19), M(20), M(21), M(22), M(23), M(24), M(25), M(26), M(27), \
    M(28), M(29), M(30)

static const struct tcg_slot slots[A64_SLOT_COUNT] = {
    SLOTS_0_30(X_SLOT),
    {"sp", offsetof(struct a64_cpu, x[31]), IR_I64, 0, 0},
    {"nzcv", offsetof(struct a64_cpu, nzcv), IR_FLAGS, 0, 0},
    {"tpidr_el0", offsetof(struct a64_cpu, tpidr_el0), IR_I64, 0, 0},
    {"tpidrro_el0", offsetof(struct a64_cpu, tpidrro_el0), IR_I64, 0, 0},
    {"fpcr", offsetof(struct a64_cpu, fpcr), IR_I64, 0, 0},
    SLOTS_0_30(V_SLOT),
    V_SLOT(31),
};

static const struct tcg_helper helpers[A64_H_COUNT] = {
#define HELPER(name, flags, result, n_args) {#name, (void *)a64_helper_##name, flags, result, n_args},
#include "frontends/arm/a64_helpers.def"
};

static void reset(struct tcg_cpu *cpu) { arm_reset(cpu, sizeof(struct a64_cpu)); }

static void dump(const struct tcg_cpu *cpu, FILE *out)
{
    const struct a64_cpu *a64 = (const struct a64_cpu *)cpu;
    uint32_t nzcv = a64_pstate_nzcv(a64);
    fprintf(out, " pc %016" PRIx64 "   sp %016" PRIx64 "   %c%c%c%c\n", cpu->pc, a64->x[31],
            nzcv >> 31 & 1 ? 'N' : '-', nzcv >> 30 & 1 ? 'Z' : '-', nzcv >> 29 & 1 ? 'C' : '-',
            nzcv >> 28 & 1 ? 'V' : '-');
    for (int k = 0; k < 31; k++) {
        fprintf(out, "%sx%-2d %016" PRIx64 "%s", k % 4 ? "  " : " ", k, a64->x[k],
                k % 4 == 3 || k == 30 ? "\n" : "");
    }
    for (int k = 0; k < 32; k++) {
        fprintf(out, "%sv%-2d %016" PRIx64 ":%016" PRIx64 "%s", k % 2 ? "  " : " ", k,
                a64->v[k].d[1], a64->v[k].d[0], k % 2 ? "\n" : "");
    }
    fprintf(out, " fpcr %08" PRIx32 "  fp flags %02" PRIx32 "\n", a64_fpcr(a64), cpu->fp.flags);
}

const struct guest a64_guest = {
    .name = "aarch64",
    .slots = slots,
    .n_slots = A64_SLOT_COUNT,
    .helpers = helpers,
    .n_helpers = A64_H_COUNT,
    .cpu_size = sizeof(struct a64_cpu),
    .insn_align = 4,
    .max_insn_bytes = 4,
    .traces = true,
    .capstone_arch = CS_ARCH_ARM64,
    .capstone_mode = CS_MODE_LITTLE_ENDIAN,
    .lift = lift,
    .clean_address = clean_address,
    .reset = reset,
    .dump = dump,
};
