/* SPDX-License-Identifier: MIT */
/*
 * struct host of x86-64: features of the CPU, moves, the table of emitters.  Read x64.h first.
 */
#include <cpuid.h>
#include <errno.h>
#include <stdlib.h>

#include "backends/x86_64/vec.h"

/* --- features ---------------------------------------------------------------------------------- */

uint32_t x64_features;

static const struct feature {
    const char *text;
    uint32_t leaf, subleaf;
    uint8_t reg, bit, needs;
} features[] = {
#define FEATURE(name, text, leaf, subleaf, reg, bit, needs) {text, leaf, subleaf, reg, bit, needs},
#include "backends/x86_64/features.def"
};

/* Each leaf once: under a hypervisor CPUID traps. */
static uint32_t cpuid_register(uint32_t leaf, uint32_t subleaf, unsigned reg)
{
    static struct { uint32_t leaf, subleaf, r[4]; } known[6];
    static unsigned n_known;
    unsigned k = 0;

    while (k < n_known && (known[k].leaf != leaf || known[k].subleaf != subleaf))
        k++;
    if (k == sizeof known / sizeof *known)
        k = n_known = 0;
    if (k == n_known) {
        uint32_t *r = known[n_known++].r;
        known[k].leaf = leaf;
        known[k].subleaf = subleaf;
        if (!__get_cpuid_count(leaf, subleaf, &r[0], &r[1], &r[2], &r[3]))
            memset(r, 0, sizeof known[k].r);
    }
    return known[k].r[reg];
}

/* SDM volume 1, 14.3 and 15.2: which vector state the operating system saves. 0 none, 1 AVX, 2 AVX-512 */
static unsigned os_support(void)
{
    uint32_t low, high;

    if (!(cpuid_register(1, 0, 2) >> 27 & 1)) /* OSXSAVE */
        return 0;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0xe6) == 0xe6)
        return 2;
    return (low & 6) == 6;
}

/* Is `text` in the comma-separated list? */
static bool listed(const char *list, const char *text)
{
    const size_t n = strlen(text);

    while (list && *list) {
        const size_t m = strcspn(list, ",");

        if ((m == n && memcmp(list, text, n) == 0) || (m == 3 && memcmp(list, "all", 3) == 0))
            return true;
        list += m + (list[m] == ',');
    }
    return false;
}

static bool traps_ok;
static bool traps_invalid(void) { return traps_ok; }

/* x86-64-v2: SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT, and LAHF in 64-bit mode. */
static int init(const char **why)
{
    const uint32_t v2 = 1u << 0 | 1u << 9 | 1u << 13 | 1u << 19 | 1u << 20 | 1u << 23;
    const char *disable = getenv("DRAGOMAN_X64_DISABLE");
    const unsigned os = os_support();

    if ((cpuid_register(1, 0, 2) & v2) != v2 || !(cpuid_register(0x80000001, 0, 2) & 1)) {
        *why = "this CPU is older than x86-64-v2 (SSE4.2, POPCNT, CMPXCHG16B)";
        return -ENOTSUP;
    }
    x64_features = 0;
    for (unsigned k = 0; k < sizeof features / sizeof *features; k++) {
        const struct feature *f = &features[k];

        if (f->needs <= os && (cpuid_register(f->leaf, f->subleaf, f->reg) >> f->bit & 1) &&
            !listed(disable, f->text))
            x64_features |= 1u << k;
    }
    /* What is encoded with VEX or EVEX goes when AVX or AVX-512VL goes. */
    if (!X64_HAS(AVX))
        x64_features &= (1u << X64_BIT_LZCNT | 1u << X64_BIT_MOVBE | 1u << X64_BIT_AES |
                         1u << X64_BIT_PCLMUL | 1u << X64_BIT_SHA | 1u << X64_BIT_BMI1 |
                         1u << X64_BIT_BMI2);
    if (!X64_HAS(AVX512F) || !X64_HAS(AVX512VL))
        x64_features &= ~(1u << X64_BIT_AVX512F | 1u << X64_BIT_AVX512VL | 1u << X64_BIT_AVX512BW |
                          1u << X64_BIT_AVX512DQ | 1u << X64_BIT_AVX512CD | 1u << X64_BIT_BITALG |
                          1u << X64_BIT_VBMI |
                          1u << X64_BIT_VNNI);
    traps_ok = !listed(disable, "fptrap") && x64_probe_traps();
    return 0;
}

/* --- operands and moves ---------------------------------------------------------------------------- */

struct x64_mem x64_operand_mem(const struct cg_operand *o)
{
    return o->kind == CG_STATE ? x64_state(o->disp) : x64_frame(X64_FRAME_SPILL + o->disp);
}

static uint32_t width(enum ir_type t) { return t == IR_I64 ? X_W : 0; }

/* From RBP to a CG_STATE or CG_STACK operand. */
static int32_t state_disp(const struct cg_operand *o)
{
    return o->disp - X64_BIAS +
           (o->kind == CG_STACK ? (int32_t)offsetof(struct tcg_cpu, host_frame) + X64_FRAME_SPILL : 0);
}

void x64_load_int(struct cg *cg, enum ir_type t, unsigned d, const struct cg_operand *o)
{
    switch (o->kind) {
    case CG_REG:
        x64_copy(cg, width(t), d, o->reg);
        break;
    case CG_IMM:
        if (o->sym && t == IR_I32) {
            cg_guest_address32(cg, d >= 8 ? 2 : 1, (uint32_t)o->imm);
            if (d >= 8)
                x64_u8(cg, 0x41);
            x64_u8(cg, 0xb8 | (d & 7));
            x64_u32(cg, (uint32_t)o->imm);
        } else if (o->sym) {
            cg_guest_address(cg, 2, (uint64_t)o->imm);
            x64_u8(cg, d >= 8 ? 0x49 : 0x48);
            x64_u8(cg, 0xb8 | (d & 7));
            x64_u64(cg, (uint64_t)o->imm);
        } else {
            x64_mov_ri(cg, d, t == IR_I64 ? (uint64_t)o->imm : (uint32_t)o->imm);
        }
        break;
    default:
        x64_state_int(cg, width(t) | 0x8b, d, state_disp(o));
    }
}

unsigned x64_int(struct cg *cg, enum ir_type t, const struct cg_operand *o, unsigned scratch)
{
    if (o->kind == CG_REG)
        return o->reg;
    x64_load_int(cg, t, scratch, o);
    return scratch;
}

unsigned x64_vec(struct cg *cg, const struct cg_operand *o, unsigned scratch)
{
    struct x64_mem m;

    if (o->kind == CG_REG)
        return o->reg;
    m = x64_operand_mem(o);
    x64_v2m(cg, o->bytes == 4 ? V_MOVSS : o->bytes ? V_MOVSD : V_MOVAPS, scratch, &m);
    return scratch;
}

void x64_alu_ro(struct cg *cg, enum ir_type t, enum x64_alu k, unsigned d,
                const struct cg_operand *o, unsigned scratch)
{
    const uint32_t w = width(t);

    if (x64_is_mem(o)) {
        const struct x64_mem m = x64_operand_mem(o);

        x64_alu_rm(cg, w, k, d, &m);
    } else if (o->kind == CG_IMM && !o->sym && (!w || o->imm == (int32_t)o->imm)) {
        x64_alu_ri(cg, w, k, d, (int32_t)o->imm);
    } else {
        x64_alu_rr(cg, w, k, d, x64_int(cg, t, o, scratch));
    }
}

static void store_vec(struct cg *cg, const struct cg_operand *to, unsigned s)
{
    const struct x64_mem m = x64_operand_mem(to);

    x64_v2m(cg, to->bytes == 4 ? V_MOVSS_ST : to->bytes ? V_MOVSD_ST : V_MOVAPS_ST, s, &m);
}

static void move_vec(struct cg *cg, const struct cg_operand *to, const struct cg_operand *from)
{
    const unsigned s = x64_vec(cg, from, to->kind == CG_REG ? to->reg : X64_VSCRATCH0);

    if (to->kind == CG_REG)
        x64_movaps(cg, to->reg, s);
    else
        store_vec(cg, to, s);
}

static void move(struct cg *cg, enum ir_type type, const struct cg_operand *to,
                 const struct cg_operand *from)
{
    struct x64_mem m;

    if (type == IR_V128) {
        move_vec(cg, to, from);
        return;
    }
    if (to->kind == CG_REG) {
        x64_load_int(cg, type, to->reg, from);
        return;
    }
    if (from->kind == CG_IMM && !from->sym &&
        (type != IR_I64 || from->imm == (int32_t)from->imm)) {
        m = x64_operand_mem(to);
        x64_mov_mi(cg, width(type), &m, (int32_t)from->imm);
    } else {
        x64_state_int(cg, width(type) | 0x89, x64_int(cg, type, from, RAX), state_disp(to));
    }
}

static void store_zext(struct cg *cg, const struct cg_operand *to, const struct cg_operand *from,
                       uint8_t lane)
{
    x64_zext_lane(cg, lane, X64_VSCRATCH0, x64_vec(cg, from, X64_VSCRATCH0));
    store_vec(cg, to, X64_VSCRATCH0);
}

static void store_default_nan(struct cg *cg, const struct cg_operand *to,
                              const struct cg_operand *from, uint8_t lane)
{
    x64_default_nan(cg, lane, X64_VSCRATCH1, x64_vec(cg, from, X64_VSCRATCH1));
    store_vec(cg, to, X64_VSCRATCH1);
}

void x64_emit_const(struct cg *cg, const struct cg_inst *i)
{
    const struct cg_operand from = {.kind = CG_IMM, .imm = i->op->imm,
                                    .sym = (i->op->mod & IR_SYM) != 0};

    move(cg, i->op->type, &i->d, &from);
}

/* --- the way out of line ----------------------------------------------------------------------------- */

/* Where ir_eval's operands are: 0..15 integer registers, 32.. vector registers. */
struct x64_eval_site {
    uint16_t opc, mod;
    uint8_t type, lane;
    uint8_t d, arg[3];
    int32_t imm, imm2;
} __attribute__((packed));
enum { EVAL_VEC = 32, EVAL_NONE = 0xff };

static uint8_t eval_place(const struct cg_operand *o, bool vec)
{
    if (o->kind != CG_REG)
        return EVAL_NONE;
    return (uint8_t)(o->reg | (vec ? EVAL_VEC : 0));
}

/* Is operand k (0..2), or the result (-1), a vector?  From the shape's letters. */
static bool shape_vec(const struct ir_op *op, int k)
{
    const char *shape = ir_opinfo[op->opc].shape;

    if (op->opc == IR_fcmp)
        return k >= 0;
    if (k < 0)
        return shape[0] == 'V';
    return shape[2 + k] == 'V'; /* "V_VVI" */
}

static struct x64_eval_site eval_site(const struct cg_inst *i)
{
    struct x64_eval_site s = {
        .opc = i->op->opc, .mod = i->op->mod, .type = i->op->type, .lane = i->op->lane,
        .d = eval_place(&i->d, shape_vec(i->op, -1)),
        .imm = (int32_t)i->op->imm, .imm2 = (int32_t)i->op->imm2,
    };

    if (s.imm != i->op->imm || s.imm2 != i->op->imm2)
        x64_emit_none(NULL, i); /* no op that is evaluated has such immediates */
    for (unsigned k = 0; k < 3; k++)
        s.arg[k] = i->op->arg[k] ? eval_place(&i->a[k], shape_vec(i->op, (int)k)) : EVAL_NONE;
    return s;
}

static void eval_data(struct cg *cg, struct cg_ool *o)
{
    struct x64_eval_site s = eval_site(&o->inst);

    if (o->data[0] != EVAL_NONE)
        s.d = (uint8_t)o->data[0];
    x64_bind(cg, &o->from);
    memcpy(cg->p, &s, sizeof s);
    cg->p += sizeof s;
}

static void eval_call(struct cg *cg, const struct cg_inst *i, unsigned d)
{
    struct cg_ool *o = cg_ool(cg, eval_data, i);
    const struct x64_mem site = {.base = X64_RIP, .index = X64_NO_REG, .label = &o->from};

    o->data[0] = d;
    x64_lea(cg, X_W, RAX, &site);
    x64_call(cg, cg->routines[X64_R_EVAL]);
}

void x64_emit_eval(struct cg *cg, const struct cg_inst *i) { eval_call(cg, i, EVAL_NONE); }
void x64_eval_to(struct cg *cg, const struct cg_inst *i, unsigned d) { eval_call(cg, i, d); }

/* Out of line, with the data behind the jump back. */
static void slow_eval(struct cg *cg, struct cg_ool *o)
{
    const struct x64_eval_site s = eval_site(&o->inst);
    struct cg_label data = {0};
    const struct x64_mem site = {.base = X64_RIP, .index = X64_NO_REG, .label = &data};

    x64_bind(cg, &o->from);
    x64_lea(cg, X_W, RAX, &site);
    x64_call(cg, cg->routines[X64_R_EVAL]);
    x64_jcc(cg, CC_ALWAYS, &o->back);
    x64_bind(cg, &data);
    memcpy(cg->p, &s, sizeof s);
    cg->p += sizeof s;
}

struct cg_ool *x64_slow_eval(struct cg *cg, const struct cg_inst *i)
{
    return cg_ool(cg, slow_eval, i);
}

/* What R_EVAL has saved (runtime.c writes it, in this order). */
struct x64_saved {
    uint64_t gpr[16];
    tcg_v128 vec[16];
};

static union ir_val eval_get(const struct x64_saved *r, uint8_t place)
{
    union ir_val v = {.l = 0};

    if (place < EVAL_VEC)
        v.l = r->gpr[place];
    else if (place != EVAL_NONE)
        v.v = r->vec[place - EVAL_VEC];
    return v;
}

/* X64_R_C_EVAL: called by the thunk R_EVAL with the saved registers. */
void x64_c_eval(struct tcg_cpu *cpu, struct x64_saved *r, const struct x64_eval_site *s);
void x64_c_eval_counted(struct tcg_cpu *cpu, struct x64_saved *r, const struct x64_eval_site *s);
void x64_c_eval(struct tcg_cpu *cpu, struct x64_saved *r, const struct x64_eval_site *s)
{
    const union ir_val a = eval_get(r, s->arg[0]), b = eval_get(r, s->arg[1]),
                       c = eval_get(r, s->arg[2]);
    const struct ir_desc desc = {s->opc, s->type, s->lane, s->mod, s->imm, s->imm2};
    union ir_val d = {.v = {{0, 0}}};

    ir_eval[s->opc](cpu, &desc, &d, &a, &b, &c);
    if (s->d < EVAL_VEC)
        r->gpr[s->d] = d.l;
    else if (s->d != EVAL_NONE)
        r->vec[s->d - EVAL_VEC] = d.v;
}

/* The same with -d stats. */
void x64_c_eval_counted(struct tcg_cpu *cpu, struct x64_saved *r, const struct x64_eval_site *s)
{
    cpu->counts[s->opc]++;
    x64_c_eval(cpu, r, s);
}

/* --- struct host --------------------------------------------------------------------------------------- */

/* Every op of ops.def needs a row in emitters.def: else X64_ROW_<name> is not declared. */
enum {
#define EMIT(name, emitter, flags) X64_ROW_##name,
#include "backends/x86_64/emitters.def"
    X64_ROWS
};
enum {
    X64_ROWS_COMPLETE = 0
#define OP(name, shape, flags, meaning) + (X64_ROW_##name < 0)
#include "tcg/ir/ops.def"
};
_Static_assert(X64_ROWS + 1 == IR_OPC_COUNT && X64_ROWS_COMPLETE == 0, "a row for each op");

/* For ops that the code generator carries out itself. */
void x64_emit_none(struct cg *cg, const struct cg_inst *i)
{
    (void)cg;
    fprintf(stderr, "x64: op %s has no emitter\n", ir_opinfo[i->op->opc].name);
    abort();
}

#define H_NONE 0
static const struct host_op emitters[IR_OPC_COUNT] = {
#define EMIT(name, emitter, flags) [IR_##name] = {emitter, flags},
#include "backends/x86_64/emitters.def"
};

/* An immediate is one of 32 bits, sign extended; shifts take any (modulo the width). */
static bool imm_ok(const struct ir_op *op, unsigned k, int64_t imm)
{
    (void)k;
    switch (op->opc) {
    case IR_shl: case IR_shr: case IR_sar: case IR_ror:
        return true;
    default:
        return imm == (int32_t)imm;
    }
}

/* The table is to be the last. */
static void region_end(struct cg *cg, uint32_t n_links)
{
    x64_unchained(cg, n_links);
    x64_trap_table(cg);
}

static void bind(struct cg *cg, struct cg_label *l) { x64_bind(cg, l); }
static void jump(struct cg *cg, struct cg_label *l) { x64_jcc(cg, CC_ALWAYS, l); }
/* Caches are coherent on x86 (SDM volume 3, 12.6). */
static void flush_icache(void *start, size_t n) { (void)start, (void)n; }

const struct host x64_host = {
    .name = "x86-64",
    .capstone_arch = 3, /* CS_ARCH_X86 */
    .capstone_mode = 8, /* CS_MODE_64 */
    .elf_machine = 62,  /* EM_X86_64 */
    .state_bias = X64_BIAS,
    .n_regs = {16, 16},
    .allocatable = {0xffff & ~(1u << RAX | 1u << RCX | 1u << RDX | 1u << RSP | 1u << RBP), 0xfffc},
    .call_clobbered = {1u << RAX | 1u << RCX | 1u << RDX | 1u << RSI | 1u << RDI | 0x0f00, 0xffff},
    .ops = emitters,
    .spill_bytes = X64_SPILL_BYTES,
    .max_op_bytes = 1024,
    .init = init,
    .imm_ok = imm_ok,
    .scratch = {RAX, X64_VSCRATCH0},
    .move = move,
    .store_zext = store_zext,
    .store_default_nan = store_default_nan,
    .pack_flags = x64_pack_flags,
    .set_flags = x64_set_flags,
    .goto_pc = x64_goto_pc,
    .call_pc = x64_call_pc,
    .goto_ind = x64_goto_ind,
    .count_entry = x64_count_entry,
    .call_ind = x64_call_ind,
    .rets_reset = x64_rets_reset,
    .raise = x64_raise,
    .count = x64_count,
    .bind = bind,
    .jump = jump,
    .emit_runtime = x64_emit_runtime,
    .enter = x64_enter,
    .unchained_bytes = X64_UNCHAINED_BYTES,
    .region_end = region_end,
    .chain = x64_chain,
    .flush_icache = flush_icache,
    .frame_pc = x64_frame_pc,
    .frame_int = x64_frame_int,
    .frame_vec = x64_frame_vec,
    .frame_state = x64_frame_state,
    .frame_stack = x64_frame_stack,
    .frame_fp_flags = x64_frame_fp_flags,
    .frame_rets_full = x64_frame_rets_full,
    .frame_leave = x64_frame_leave,
    .frame_call = x64_frame_call,
    .call_site = x64_call_site,
    .call_stack = x64_call_stack,
    .leave_from_c = x64_leave_from_c,
    .fp_control = x64_fp_control,
    .fp_enter = x64_fp_enter,
    .fp_sync = x64_fp_sync,
    .fp_load = x64_fp_load,
    .fpcr = x64_fpcr,
    .traps_invalid = traps_invalid,
    .frame_fp_trap = x64_frame_fp_trap,
};
