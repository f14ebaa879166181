/* SPDX-License-Identifier: MIT */
/*
 * Each op alone: for every row of the tables, each type, lane size, immediate and modifier that it
 * takes is a region of its own, run with boundary and random operands and compared with the row's
 * oracle.  The operands come from slots, are the same value twice, or are constants.
 */
#include <stddef.h>
#include <string.h>

#include "tests/ir/rows.h"

enum { RUNS = 40, MAX_IMMS = 160 };
enum form { FROM_SLOTS, SAME_TWICE, LAST_TWICE, SECOND_CONST, FORMS };

uint64_t get_lane(const tcg_v128 *v, unsigned bits, unsigned i)
{
    uint64_t x = 0;

    memcpy(&x, v->b + i * bits / 8, bits / 8);
    return x;
}

int64_t get_signed_lane(const tcg_v128 *v, unsigned bits, unsigned i)
{
    return (int64_t)(get_lane(v, bits, i) << (64 - bits)) >> (64 - bits);
}

void set_lane(tcg_v128 *v, unsigned bits, unsigned i, uint64_t x)
{
    memcpy(v->b + i * bits / 8, &x, bits / 8);
}

/* --- what a row stands for -------------------------------------------------------------------- */

struct pair {
    int64_t i, j;
};

static unsigned count_from_to(struct pair *out, int64_t first, int64_t last)
{
    unsigned n = 0;

    for (int64_t i = first; i <= last; i++)
        out[n++] = (struct pair){i, 0};
    return n;
}

static unsigned list(struct pair *out, const int *values, unsigned n)
{
    for (unsigned k = 0; k < n; k++)
        out[k] = (struct pair){values[k], 0};
    return n;
}
#define LIST(...) list(out, (const int[]){__VA_ARGS__}, sizeof((int[]){__VA_ARGS__}) / sizeof(int))

static unsigned fields(struct pair *out, int width)
{
    static const int firsts[] = {0, 1, 7, 8, 16, 31, 32, 48, 63};
    static const int lengths[] = {1, 2, 8, 15, 16, 31, 32, 33, 63, 64};
    unsigned n = 0;

    for (unsigned i = 0; i < 9; i++)
        for (unsigned j = 0; j < 10; j++)
            if (firsts[i] + lengths[j] <= width)
                out[n++] = (struct pair){firsts[i], lengths[j]};
    return n;
}

static unsigned lane_pairs(struct pair *out, int lanes)
{
    for (int k = 0; k < lanes; k++)
        out[k] = (struct pair){k, (k * 7 + 3) % lanes};
    return (unsigned)lanes;
}

static unsigned all_imms(const struct row *row, const struct ir_desc *op, struct pair *out)
{
    const int width = op->type == IR_I64 ? 64 : 32, bits = 8 << (op->lane & 3);

    switch (row->imms) {
    case IMM_NONE: return LIST(0);
    case IMM_WIDTH: return count_from_to(out, 1, width);
    case IMM_FIELD: return fields(out, width);
    case IMM_BIT: return count_from_to(out, 0, width - 1);
    case IMM_CRC: return LIST(1, 2, 4, 8);
    case IMM_NZCV: return count_from_to(out, 0, 16);
    case IMM_BYTE: return count_from_to(out, 0, 15);
    case IMM_LANE: return count_from_to(out, 0, 128 / bits - 1);
    case IMM_LANES: return lane_pairs(out, 128 / bits);
    case IMM_UNIT: return bits == 8 ? LIST(2, 4, 8) : bits == 16 ? LIST(4, 8) : LIST(8);
    case IMM_LEFT: return count_from_to(out, 0, bits - 1);
    case IMM_RIGHT: return count_from_to(out, 1, bits);
    case IMM_63: return count_from_to(out, 0, 63);
    case IMM_FBITS: return LIST(0, 1, 3, 15, bits / 2, bits);
    case IMM_FBITS_T: return LIST(0, 1, 3, 15, width / 2, width);
    case IMM_FORMAT:
        return bits == 16   ? LIST(IR_LANE_S, IR_LANE_D)
               : bits == 32 ? LIST(IR_LANE_H, IR_LANE_D)
                            : LIST(IR_LANE_H, IR_LANE_S);
    }
    return 0;
}

static unsigned all_mods(const struct row *row, struct pair *out)
{
    switch (row->mods) {
    case MOD_NONE: return LIST(*row->lanes ? IR_ROUND_DYN : 0);
    case MOD_CRC: return LIST(0, IR_CRC32C);
    case MOD_COND: return count_from_to(out, 0, 15);
    case MOD_FMA: return LIST(0, IR_FMA_NEGA, IR_FMA_NEGB, IR_FMA_NEGA | IR_FMA_NEGB);
    case MOD_ROUND: return LIST(IR_ROUND_DYN, FP_RNE, FP_RP, FP_RM, FP_RZ, FP_RNA);
    case MOD_RINT:
        return LIST(IR_ROUND_DYN, FP_RNE, FP_RP, FP_RM, FP_RZ, FP_RNA, IR_ROUND_DYN | IR_RINT_EXACT,
                    FP_RNE | IR_RINT_EXACT);
    case MOD_FCMP: return LIST(0, IR_FCMP_SIGNAL);
    case MOD_CVT: return LIST(IR_ROUND_DYN, FP_RNE, FP_RZ);
    }
    return 0;
}

/* --- one region ------------------------------------------------------------------------------- */

static struct ir ir;

static union ir_val any_operand(const struct row *row, const struct ir_desc *op, enum ir_type t,
                                unsigned k)
{
    const unsigned narrower = op->opc == IR_vfmlal && k > 0;

    return test_value(t, (op->lane & 3) - narrower, row->fp);
}

/* Reads the operands, runs the op, and puts the result into the last slot of its type. */
static enum ir_type build(const struct ir_desc *op, enum form form, uint8_t types[4],
                          const union ir_val *constant)
{
    struct ir_op o = {.opc = op->opc,
                      .type = op->type,
                      .lane = op->lane,
                      .mod = op->mod,
                      .imm = op->imm,
                      .imm2 = op->imm2};
    unsigned used[5] = {0};

    ir_reset(&ir);
    ir_insn(&ir, 0x1000, 0);
    /* The types do not depend on the operands, which `o` has not yet. */
    const unsigned n = ir_arg_types(&ir, ir_emit(&ir, o), types);
    ir.n--;
    for (unsigned k = 0; k < n; k++) {
        if (k == 1 && form == SAME_TWICE)
            o.arg[k] = o.arg[0];
        else if (k == 2 && form == LAST_TWICE)
            o.arg[k] = o.arg[1];
        else if (k == 1 && form == SECOND_CONST)
            o.arg[k] = types[k] == IR_V128 ? ir_vconst(&ir, constant->v.d[0], constant->v.d[1])
                                           : ir_const(&ir, types[k], (int64_t)constant->l);
        else
            o.arg[k] = ir_get(&ir, test_slot(types[k]) + used[types[k]]);
        used[types[k]]++;
    }
    const ir_ref r = ir_emit(&ir, o);
    const enum ir_type t = ir_result_type(&ir, r);
    ir_put(&ir, test_slot(t) + 3, r);
    ir_goto_pc(&ir, 0x1004);
    ir_verify(&ir, "the test");
    return t;
}

/* True if the form makes sense: two or three operands of one type, or a second one that can be constant. */
static bool has_form(enum form form, unsigned n, const uint8_t types[4])
{
    if (form == FROM_SLOTS)
        return true;
    if (n < 2 || types[1] == IR_FLAGS)
        return false;
    if (form == LAST_TWICE)
        return n > 2 && types[1] == types[2];
    return form == SECOND_CONST || types[0] == types[1];
}

static bool same(const union ir_val *got, const struct expect *e, enum ir_type t)
{
    if (t != IR_V128)
        return got->l == e->d.l;
    for (unsigned i = 0; i < 16; i++)
        if (!(e->undefined >> i & 1) && got->v.b[i] != e->d.v.b[i])
            return false;
    return true;
}

static void describe(const struct row *row, const struct ir_desc *op, const union ir_val in[3],
                     const uint8_t types[4], enum ir_type t, const union ir_val *got,
                     const struct expect *e, const struct test_cpu *cpu)
{
    static const char *const names[] = {"a", "b", "c"};

    printf("%s (%s) type %u lane %u mod %x imm %" PRId64 " %" PRId64 " round %u:\n",
           ir_opinfo[row->opc].name, row->oracle_name, op->type, op->lane, op->mod, op->imm,
           op->imm2, cpu->tcg.fp.round);
    for (unsigned k = 0; k < 3 && types[k] != IR_NONE; k++)
        test_print_value(names[k], types[k], &in[k]);
    test_print_value("\n  got", t, got);
    test_print_value("wanted", t, &e->d);
    printf("  qc %d wanted %d  FP flags %x wanted %x\n", !!(cpu->tcg.qc.d[0] | cpu->tcg.qc.d[1]),
           e->qc, cpu->tcg.fp.flags, e->fp_flags);
}

/* Of scalars the lanes above are those of the first operand, or zeros; of halves either. */
static void lanes_above(const struct ir_desc *op, const union ir_val in[3], const union ir_val *got,
                        struct expect *e)
{
    static const union ir_val zeros;
    const unsigned bytes = 1u << (op->opc == IR_vfcvt ? (unsigned)op->imm : op->lane & 3);
    const bool cleared = !memcmp(got->v.b + bytes, zeros.v.b + bytes, 16 - bytes);

    if (bytes == 2 && cleared)
        in = &zeros;
    switch (op->opc) {
    case IR_vfadd: case IR_vfsub: case IR_vfmul: case IR_vfmulx: case IR_vfdiv: case IR_vfma:
    case IR_vfsqrt: case IR_vfrint:
        memcpy(e->d.v.b + bytes, in[0].v.b + bytes, 16 - bytes);
        break;
    case IR_stof: case IR_utof: case IR_vfcvt:
        memset(e->d.v.b + bytes, 0, 16 - bytes);
        break;
    default:
        return;
    }
    e->undefined &= (uint16_t)((1u << bytes) - 1);
}

static bool is_nan(uint64_t x, unsigned bits)
{
    const unsigned fraction = bits == 16 ? 10 : bits == 32 ? 23 : 52;
    const uint64_t magnitude = x & (UINT64_MAX >> (65 - bits));

    return magnitude > (((uint64_t)1 << (bits - 1)) - 1) - (((uint64_t)1 << fraction) - 1);
}

/* a + b * c, not strict: which NaN, and whether it is invalid, is open where a is a NaN and the product
 * one too. */
static void loose_fused(const struct ir_desc *op, const union ir_val in[3], struct expect *e)
{
    const unsigned bits = 8u << (op->lane & 3), n = ir_lane_count(op->lane);

    for (unsigned i = 0; i < n; i++) {
        const uint64_t a = get_lane(&in[0].v, bits, i), b = get_lane(&in[1].v, bits, i),
                       c = get_lane(&in[2].v, bits, i);
        const uint64_t infinity = (bits == 16 ? 31u : bits == 32 ? 255u : UINT64_C(2047))
                                  << (bits == 16 ? 10 : bits == 32 ? 23 : 52);
        const uint64_t mb = b & (UINT64_MAX >> (65 - bits)), mc = c & (UINT64_MAX >> (65 - bits));

        if (is_nan(a, bits) && (is_nan(b, bits) || is_nan(c, bits) || (mb == infinity && mc == 0) ||
                                (mc == infinity && mb == 0))) {
            e->undefined |= (uint16_t)(((1u << bits / 8) - 1) << i * bits / 8);
            e->fp_flags_free |= FP_IOC;
        }
    }
}

/* In default-NaN mode results and flags are those of the op's definition. */
static void default_nans(const struct ir_desc *op, const union ir_val in[3], struct test_cpu *cpu,
                         struct expect *e)
{
    struct test_cpu reference = *cpu;

    cpu->tcg.fp.dn = reference.tcg.fp.dn = true;
    ir_eval[op->opc](&reference.tcg, op, &e->d, &in[0], &in[1], &in[2]);
    e->fp_flags = reference.tcg.fp.flags;
}

/* With flush to zero an engine may let the host flush: the result must still be that of the op's
 * definition, but not all flags. */
static void flushed(const struct ir_desc *op, const union ir_val in[3], struct test_cpu *cpu,
                    struct expect *e)
{
    struct test_cpu reference = *cpu;

    cpu->tcg.fp.fz = reference.tcg.fp.fz = true;
    cpu->tcg.run_mode = 0;
    ir_eval[op->opc](&reference.tcg, op, &e->d, &in[0], &in[1], &in[2]);
    e->fp_flags = reference.tcg.fp.flags;
    e->fp_flags_free |= FP_IDC | FP_IXC | FP_UFC;
}

static void run_once(const struct row *row, const struct ir_desc *op, void *code, enum form form,
                     const uint8_t types[4], enum ir_type t, const union ir_val *constant)
{
    static struct test_cpu cpu, before;
    unsigned used[5] = {0};
    union ir_val in[3];
    struct expect e;

    memset(in, 0, sizeof in);
    memset(&e, 0, sizeof e);
    test_cpu_reset(&cpu);
    cpu.tcg.fp.round = (uint8_t)(test_random() % 4);
    cpu.tcg.run_mode = test_random() & 1 ? TCG_RUN_FPSTRICT : 0;
    for (unsigned k = 0; k < 3 && types[k] != IR_NONE; k++) {
        in[k] = k == 1 && form == SAME_TWICE     ? in[0]
                : k == 2 && form == LAST_TWICE   ? in[1]
                : k == 1 && form == SECOND_CONST ? *constant
                                                 : any_operand(row, op, types[k], k);
        if (!(k == 1 && (form == SAME_TWICE || form == SECOND_CONST)))
            test_write_slot(&cpu, types[k], used[types[k]], &in[k]);
        used[types[k]]++;
    }
    row->oracle(op, in, &cpu.tcg.fp, &e);
    if (ir_opinfo[op->opc].flags & IRF_FPFX && test_random() % 4 == 0)
        default_nans(op, in, &cpu, &e);
    if (ir_opinfo[op->opc].flags & IRF_FPFX && test_random() % 4 == 0)
        flushed(op, in, &cpu, &e);
    if (!(cpu.tcg.run_mode & TCG_RUN_FPSTRICT)) { /* underflow may be found after rounding */
        e.fp_flags_free |= FP_UFC;
        if (op->opc == IR_vfma)
            loose_fused(op, in, &e);
    }
    if (e.skip) {
        test_case_skipped();
        return;
    }
    before = cpu;
    const enum ir_left left = test_run(&cpu, code);
    const union ir_val got = test_read_slot(&cpu, t, 3);
    const bool qc = cpu.tcg.qc.d[0] | cpu.tcg.qc.d[1];
    if (op->lane & IR_LANES_1)
        lanes_above(op, in, &got, &e);
    /* Everything else must be as it was. */
    test_write_slot(&before, t, 3, &got);
    const bool right = left == IR_LEFT_GOTO && cpu.tcg.pc == 0x1004 && same(&got, &e, t) &&
                       qc == e.qc && ((cpu.tcg.fp.flags ^ e.fp_flags) & ~e.fp_flags_free) == 0 &&
                       !memcmp(cpu.l, before.l, sizeof cpu - offsetof(struct test_cpu, l));
    if (test_case_wrong(right))
        describe(row, op, in, types, t, &got, &e, &cpu);
}

static void run_variant(const struct row *row, const struct ir_desc *op)
{
    for (enum form form = FROM_SLOTS; form < FORMS; form++) {
        uint8_t types[4];
        union ir_val constant;

        build(op, FROM_SLOTS, types, NULL);
        unsigned n = 0;
        while (n < 4 && types[n] != IR_NONE)
            n++;
        if (!has_form(form, n, types))
            continue;
        for (unsigned k = 0; k < (form == SECOND_CONST ? 6 : 1); k++) {
            constant = any_operand(row, op, n > 1 ? types[1] : IR_I64, 1);
            const enum ir_type t = build(op, form, types, &constant);
            void *code = test_compile(&ir);
            for (unsigned run = 0; run < (form == FROM_SLOTS ? RUNS : RUNS / 4); run++)
                run_once(row, op, code, form, types, t, &constant);
            test_release(code);
        }
    }
}

static void run_lane(const struct row *row, uint8_t type, uint8_t lane)
{
    struct ir_desc op = {.opc = row->opc, .type = type, .lane = lane};
    struct pair imms[MAX_IMMS], mods[MAX_IMMS];
    const unsigned n_imms = all_imms(row, &op, imms), n_mods = all_mods(row, mods);

    for (unsigned i = 0; i < n_imms; i++) {
        for (unsigned m = 0; m < n_mods; m++) {
            op.imm = imms[i].i;
            op.imm2 = imms[i].j;
            op.mod = (uint16_t)mods[m].i;
            run_variant(row, &op);
        }
    }
}

static void run_row(const struct row *row)
{
    static const char sizes[] = "bhsd", counts[] = "Q_D_1", types[] = "_wlvf";
    char name[64];

    snprintf(name, sizeof name, "%s (%s)", ir_opinfo[row->opc].name, row->oracle_name);
    if (!test_wanted(name))
        return;
    for (const char *t = row->types; *t; t++) {
        const uint8_t type = (uint8_t)(strchr(types, *t) - types);
        if (!*row->lanes)
            run_lane(row, type, 0);
        for (const char *s = row->lanes; *s && strchr(sizes, *s); s++)
            for (const char *c = row->lanes; *c; c++)
                if (strchr(counts, *c))
                    run_lane(row, type,
                             (uint8_t)((strchr(sizes, *s) - sizes) | (strchr(counts, *c) - counts)
                                                                         << 1));
    }
    test_row(name);
}

/* Every op is either a function of its operands with a row here, or a matter of regions.c and
 * memory.c. */
static void check_all_have_rows(const struct row *const *tables)
{
    for (unsigned opc = 1; opc < IR_OPC_COUNT; opc++) {
        /* crypto.c has those of SHA-512. */
        bool found = !ir_eval[opc] || (opc >= IR_vsha512h && opc <= IR_vsha512su1);
        for (unsigned k = 0; tables[k] && !found; k++)
            for (const struct row *row = tables[k]; row->opc && !found; row++)
                found = row->opc == opc;
        if (test_case_wrong(found))
            printf("%s has no row\n", ir_opinfo[opc].name);
    }
    test_row("every op has a row");
}

int main(int argc, char **argv)
{
    static const struct row *const tables[] = {rows_int, rows_vec,     rows_x86,
                                               rows_fp,  rows_host_fp, NULL};

    test_start(argc, argv);
    ir_init(&ir, &test_guest);
    for (unsigned k = 0; tables[k]; k++)
        for (const struct row *row = tables[k]; row->opc; row++)
            run_row(row);
    test_crypto();
    if (test_wanted("every op has a row"))
        check_all_have_rows(tables);
    ir_free(&ir);
    return test_end();
}
