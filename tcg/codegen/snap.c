/* SPDX-License-Identifier: MIT */
/*
 * The side table: for each place in emitted code where a fault can happen, the guest's pc and for
 * each slot whose memory is stale a recipe to rebuild it.  Delta coded in code order:
 *
 *   entry  = offset delta << 1 | reset, zigzag pc delta, any number of (slot + 1, recipe), 0
 *   recipe = CLEAN | INT reg | VEC reg | STACK offset | STATE offset | CONST zigzag |
 *            VCONST 16 bytes | FLAGS opc type lane mod recipe recipe, of flags_adc and flags_sbc
 *            a third | ZEXT lane recipe | LOW32 recipe
 *
 * Numbers are LEB128.  `reset` (first entry of a block) makes every slot clean before.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tcg/codegen/cg.h"
#include "tcg/interp/eval.h"

enum recipe { R_CLEAN, R_INT, R_VEC, R_STACK, R_STATE, R_CONST, R_VCONST, R_FLAGS, R_ZEXT, R_LOW32,
              R_ADDRESS /* relative to the region's pc */, R_DEFAULT_NAN };
enum { MAX_RECIPE = 96 };

/* --- writing --------------------------------------------------------------------------------------- */

/* Bytes on their way to the end of the table, with room for MAX_RECIPE. */
struct buf { uint8_t *b; unsigned n; };

static void put8(struct buf *o, unsigned v) { o->b[o->n++] = (uint8_t)v; }

static void put_num(struct buf *o, uint64_t v)
{
    while (v > 127) {
        put8(o, (v & 127) | 128);
        v >>= 7;
    }
    put8(o, (unsigned)v);
}

/* From the region's pc; what is above 32 bits is not part of a 32-bit guest's addresses. */
static int64_t distance(const struct cg *cg, enum ir_type type, int64_t address)
{
    const uint64_t d = (uint64_t)address - cg->ir->entry_pc;
    return type == IR_I32 ? (int32_t)d : (int64_t)d;
}

static uint64_t zigzag(int64_t v) { return (uint64_t)v << 1 ^ (uint64_t)(v >> 63); }

static void put_place(struct cg *cg, struct buf *o, ir_ref v, const struct cg_operand *w)
{
    bool vec = ir_result_type(cg->ir, v) == IR_V128;
    const struct ir_op *op = &cg->ir->ops[v];
    switch (w->kind) {
    case CG_REG:
        put8(o, vec ? R_VEC : R_INT);
        put8(o, w->reg);
        break;
    case CG_STACK:
        put8(o, R_STACK);
        put_num(o, (uint64_t)w->disp);
        break;
    case CG_STATE:
        put8(o, R_STATE);
        put_num(o, (uint64_t)w->disp);
        break;
    case CG_IMM:
        put8(o, w->sym ? R_ADDRESS : R_CONST);
        put_num(o, zigzag(w->sym ? distance(cg, op->type, w->imm) : w->imm));
        break;
    default: /* a vector constant that no register holds */
        put8(o, R_VCONST);
        memcpy(o->b + o->n, &op->imm, 8);
        memcpy(o->b + o->n + 8, &op->imm2, 8);
        o->n += 16;
    }
}

static void put_value(struct cg *cg, struct buf *o, ir_ref v)
{
    const struct ir_op *op = &cg->ir->ops[v];
    struct cg_operand w;
    if (op->pass & CG_VIRTUAL && op->opc == IR_vzext) {
        put8(o, R_ZEXT);
        put8(o, op->lane);
        put_value(cg, o, op->arg[0]);
    } else if (op->pass & CG_VIRTUAL && op->opc == IR_vfdn) {
        put8(o, R_DEFAULT_NAN);
        put8(o, op->lane);
        put_value(cg, o, op->arg[0]);
    } else if (op->pass & CG_VIRTUAL && op->opc == IR_zext64) {
        put8(o, R_LOW32);
        put_value(cg, o, op->arg[0]);
    } else if (op->pass & CG_VIRTUAL) {
        put8(o, R_FLAGS);
        put_num(o, op->opc);
        put8(o, op->type);
        put8(o, op->lane);
        put_num(o, op->mod);
        put_value(cg, o, op->arg[0]);
        put_value(cg, o, op->arg[1]);
        if (cg_with_carry(op->opc))
            put_value(cg, o, op->arg[2]);
    } else {
        w = cg_where(cg, v);
        put_place(cg, o, v, &w);
    }
}

static struct buf begin(struct cg_priv *p)
{
    p->snap = cg_grow(p->snap, &p->cap_snap, p->n_snap + MAX_RECIPE, 1);
    return (struct buf){p->snap + p->n_snap, 0};
}

void cg_snap_begin(struct cg *cg)
{
    struct cg_priv *p = cg->priv;
    p->n_snap = 0;
    *begin(p).b = 0;
    p->n_snap = 1; /* so that no recipe is at 0 */
    p->snap_offset = 0;
    p->snap_pc = cg->ir->entry_pc;
    p->snap_reset = false;
}

void cg_snap_block(struct cg *cg)
{
    cg->priv->snap_reset = true;
    for (unsigned s = 0; s < cg->ir->guest->n_slots; s++)
        cg->priv->slot[s].snap = cg->priv->slot[s].snap_value = 0;
}

/* Where value v is, in a word, so that the same word means the same recipe; 0: takes more to say. */
static uint32_t place_word(const struct cg *cg, ir_ref v)
{
    const struct ir_op *op = &cg->ir->ops[v];
    if (op->pass & CG_VIRTUAL) {
        if (!cg_made_at_store(op->opc))
            return 0;
        v = op->arg[0];
        if (cg->ir->ops[v].pass & CG_VIRTUAL)
            return 0;
    }
    const struct cg_val *val = &cg->priv->val[v];
    if (val->reg != CG_NO_REG)
        return UINT32_C(1) << 31 | val->reg;
    return UINT32_C(1) << 30 | (uint32_t)val->mem << 24 | ((uint32_t)val->disp & 0xffffff);
}

/* What there is to say of slot s goes to the end of the table, if it is not what it says by now. */
static void tell_slot(struct cg *cg, unsigned s)
{
    struct cg_priv *p = cg->priv;
    struct cg_slot *slot = &p->slot[s];
    const ir_ref v = slot->dirty ? slot->value : 0;
    const uint32_t place = v ? place_word(cg, v) : 0;
    if (v == slot->snap_value && (place ? place == slot->snap_place : !v))
        return;
    slot->snap_value = v;
    slot->snap_place = place;
    struct buf o = begin(p);
    put_num(&o, s + 1);
    const unsigned at = o.n;
    if (v && place >> 31 && !(cg->ir->ops[v].pass & CG_VIRTUAL)) { /* in a register: mostly */
        put8(&o, ir_result_type(cg->ir, v) == IR_V128 ? R_VEC : R_INT);
        put8(&o, place & 0xff);
    } else if (v)
        put_value(cg, &o, v);
    else
        put8(&o, R_CLEAN);
    if (slot->snap && p->snap[slot->snap] == o.b[at] && !memcmp(p->snap + slot->snap, o.b + at, o.n - at))
        return;
    slot->snap = p->n_snap + at;
    p->n_snap += o.n;
}

void cg_snap_at(struct cg *cg, const uint8_t *at)
{
    struct cg_priv *p = cg->priv;
    struct buf b = begin(p);
    uint32_t offset = (uint32_t)(at - cg->start);
    if (p->in_ool) {
        fprintf(stderr, "dragoman: an access out of line at %%%u\n", p->pos);
        abort();
    }
    put_num(&b, (uint64_t)(offset - p->snap_offset) << 1 | p->snap_reset);
    put_num(&b, zigzag((int64_t)(p->insn_pc - p->snap_pc)));
    p->n_snap += b.n;
    p->snap_offset = offset;
    p->snap_pc = p->insn_pc;
    p->snap_reset = false;
    for (unsigned k = 0; k < p->n_dirty; k++)
        tell_slot(cg, p->dirty[k]);
    begin(p).b[0] = 0;
    p->n_snap++;
}

void cg_fault_point(struct cg *cg, const struct cg_inst *i, const uint8_t *at)
{
    bool helper = i->op->opc == IR_call || i->op->opc == IR_vcall;
    if (helper && !(cg->ir->guest->helpers[i->op->mod].flags & CG_H_STATE))
        return; /* nothing in it can fault, and liveness has kept nothing for it */
    cg_snap_at(cg, at);
}

/* --- reading: async-signal-safe --------------------------------------------------------------------- */

struct in { const uint8_t *p, *end; };

static uint64_t num(struct in *s)
{
    uint64_t v = 0;
    unsigned shift = 0;
    while (s->p < s->end) {
        uint8_t b = *s->p++;
        v |= (uint64_t)(b & 127) << shift;
        shift += 7;
        if (!(b & 128))
            break;
    }
    return v;
}

static int64_t unzigzag(uint64_t v) { return (int64_t)(v >> 1 ^ (0 - (v & 1))); }

struct frame {
    const struct host *host;
    const void *ucontext;
    uintptr_t stack;
    struct tcg_cpu *cpu;
    uint64_t region_pc;
};

/* The recipes that say where a value is, or which one; as recipe(). */
static void place(struct in *s, const struct frame *f, unsigned kind, union ir_val *d)
{
    const uint8_t *at = s->p;
    uint64_t n = 0;
    if (kind == R_INT || kind == R_VEC)
        s->p++;
    else if (kind == R_VCONST)
        s->p += sizeof d->v;
    else
        n = num(s);
    if (!d)
        return;
    switch (kind) {
    case R_INT: d->l = f->ucontext ? f->host->frame_int(f->ucontext, *at) : 0; break;
    case R_VEC:
        if (f->ucontext)
            d->v = f->host->frame_vec(f->ucontext, *at);
        break;
    case R_STACK: memcpy(d, (const void *)(f->stack + n), sizeof d->v); break;
    case R_STATE: memcpy(d, (const uint8_t *)f->cpu + n, sizeof d->v); break;
    case R_CONST: d->l = (uint64_t)unzigzag(n); break;
    case R_ADDRESS: d->l = (uint64_t)unzigzag(n) + f->region_pc; break;
    case R_VCONST: memcpy(d, at, sizeof d->v); break;
    default: abort();
    }
}

/* Skips the recipe, and computes it into d unless d is NULL. */
static void recipe(struct in *s, const struct frame *f, union ir_val *d)
{
    const unsigned kind = *s->p++;
    union ir_val a = {0}, b = {0}, c = {0};
    struct ir_desc desc = {0};
    switch (kind) {
    case R_CLEAN: return;
    case R_ZEXT:
    case R_DEFAULT_NAN:
        desc = (struct ir_desc){.opc = kind == R_ZEXT ? IR_vzext : IR_vfdn, .type = IR_V128, .lane = *s->p++};
        recipe(s, f, d ? &a : NULL);
        break;
    case R_LOW32:
        recipe(s, f, d);
        if (d)
            d->l = d->w;
        return;
    case R_FLAGS:
        desc.opc = (uint16_t)num(s);
        desc.type = *s->p++;
        desc.lane = *s->p++;
        desc.mod = (uint16_t)num(s);
        recipe(s, f, d ? &a : NULL);
        recipe(s, f, d ? &b : NULL);
        if (cg_with_carry(desc.opc))
            recipe(s, f, d ? &c : NULL);
        if (desc.type == IR_I32) { /* i32 values have their upper halves clear (eval.h) */
            a.l = a.w;
            b.l = b.w;
        }
        break;
    default: place(s, f, kind, d); return;
    }
    if (d)
        ir_eval[desc.opc](f->cpu, &desc, d, &a, &b, &c);
}

static void apply(const struct frame *f, const struct guest *guest, unsigned slot,
                  const uint8_t *at, const uint8_t *end)
{
    struct in s = {at, end};
    union ir_val d = {0};
    uint8_t *to = (uint8_t *)f->cpu + guest->slots[slot].offset;
    if (*at == R_CLEAN)
        return;
    recipe(&s, f, &d);
    memcpy(to, &d, tcg_slot_bytes(&guest->slots[slot]));
}

bool cg_restore(struct tcg_cpu *cpu, const struct host *host, const struct guest *guest,
                const uint8_t *snap, uint32_t snap_size, uint64_t region_pc, uint32_t offset,
                const void *ucontext, uintptr_t stack)
{
    const uint8_t *last[CG_MAX_SLOTS] = {NULL};
    struct frame f = {host, ucontext, ucontext ? host->frame_stack(ucontext) : stack, cpu,
                      region_pc};
    struct in s = {snap + 1, snap + snap_size};
    uint32_t at = 0;
    uint64_t pc = region_pc;
    while (s.p < s.end) {
        uint64_t step = num(&s);
        at += (uint32_t)(step >> 1);
        pc += (uint64_t)unzigzag(num(&s));
        if (at > offset)
            return false;
        if (step & 1)
            memset(last, 0, sizeof last);
        for (uint64_t slot; (slot = num(&s)) != 0;) {
            last[slot - 1] = s.p;
            recipe(&s, &f, NULL);
        }
        if (at == offset)
            break;
    }
    if (at != offset)
        return false;
    for (unsigned k = 0; k < guest->n_slots; k++)
        if (last[k])
            apply(&f, guest, k, last[k], s.end);
    cpu->pc = pc;
    return true;
}

void cg_dump_snap(const uint8_t *snap, uint32_t snap_size, const struct guest *guest, FILE *out_file)
{
    static const char *const names[] = {"clean", "int", "vec", "stack", "state", "const", "vconst",
                                        "flags", "zext", "low32", "address",
                                        "default nan"};
    struct in s = {snap + 1, snap + snap_size};
    uint64_t at = 0;
    int64_t pc = 0;
    while (s.p < s.end) {
        uint64_t step = num(&s);
        at += step >> 1;
        pc += unzigzag(num(&s));
        fprintf(out_file, "  at +%#" PRIx64 ": pc +%" PRId64 "%s", at, pc, step & 1 ? " reset" : "");
        for (uint64_t slot; (slot = num(&s)) != 0;) {
            const uint8_t *r = s.p;
            fprintf(out_file, " %s=%s", guest->slots[slot - 1].name, *r <= R_DEFAULT_NAN ? names[*r] : "?");
            if (*r == R_INT || *r == R_VEC)
                fprintf(out_file, "%u", r[1]);
            recipe(&s, &(struct frame){0}, NULL);
        }
        fputc('\n', out_file);
    }
}
