/* SPDX-License-Identifier: MIT */
/*
 * A case: an initial state and a block of random rows.
 */
#include <string.h>

#include "tests/fuzz-arm/gen.h"

/* --- random numbers --------------------------------------------------------------------------- */

static uint32_t value(struct rng *rng)
{
    static const uint32_t special[] = {0,          1,          2,          0x7f,       0x80,
                                       0xff,       0x7fff,     0x8000,     0xffff,     0x10000,
                                       0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0xfffffffe,
                                       0x7fff7fff, 0x80008000, 0x80808080, 0x7f7f7f7f, 0xffff0000,
                                       0x00ff00ff, 0x7f80ff01, 0x80007fff, 31,         32,
                                       33,         64,         255,        256};
    uint32_t r = (uint32_t)rng_next(rng);
    switch (rng_below(rng, 4)) {
    case 0: return special[r % (sizeof special / sizeof special[0])];
    case 1: return r >> (r & 31);
    case 2: return (uint32_t)((int32_t)r >> (r & 31));
    default: return r;
    }
}

/* --- words ------------------------------------------------------------------------------------ */

bool gen_starts(const char *name, const char *with)
{
    return !strncmp(name, with, strlen(with));
}

bool gen_is_register(const char *name)
{
    static const char *const names[] = {"rd", "rn", "rm", "ra", "rs", "rt", "rt2", "rdlo", "rdhi"};
    for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++) {
        if (!strcmp(name, names[k]))
            return true;
    }
    return false;
}

bool gen_is_prepared(const struct row *row)
{
    return arrange_is_memory(row) || !strcmp(row->name, "SVC") || !strcmp(row->name, "VMSR");
}

static uint32_t random_register(struct gen *g, unsigned width)
{
    if (width == 3)
        return rng_chance(&g->rng, 60) ? g->pool[rng_below(&g->rng, 5)] & 7 : rng_below(&g->rng, 8);
    uint32_t r = rng_chance(&g->rng, 60) ? g->pool[rng_below(&g->rng, 5)] : rng_below(&g->rng, 15);
    if (r == 13 && !rng_chance(&g->rng, 10))
        r = 12;
    return rng_chance(&g->rng, 1) ? 15 : r;
}

static bool may_read_pc(const struct row *row)
{
    static const char *const names[] = {
        "AND", "EOR", "SUB", "RSB", "ADD", "ADC", "SBC", "RSC",  "TST",   "TEQ",   "CMP",  "CMN",
        "ORR", "MOV", "BIC", "MVN", "SXT", "UXT", "BFI", "LDR_", "LDRB_", "LDRH_", "LDRS", "LDRD_"};
    for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++) {
        if (gen_starts(row->name, names[k]))
            return !strstr(row->name, "_rsr") && !(row->table != TABLE_A32 && k < 16);
    }
    return row->table == TABLE_VFP;
}

/* The same of VFP and Advanced SIMD: PC, one register twice, D registers beyond the last, more fraction
 * bits than bits. */
static bool avoid_vfp(const struct row *row, uint32_t word)
{
    uint32_t rt = field_get(row, word, "rt", 16), rt2 = field_get(row, word, "rt2", 17);
    uint32_t d = field_get(row, word, "d", 0) << 4 | field_get(row, word, "vd", 0);
    uint32_t m = field_get(row, word, "m", 0) << 4 | field_get(row, word, "vm", 0);
    if (rt == rt2 || (rt == 15 && !gen_starts(row->name, "VMRS")))
        return true;
    if (gen_starts(row->name, "VMOV_ssrr") && m == 31)
        return true;
    if (gen_starts(row->name, "VCVT_fx"))
        return (field_get(row, word, "imm4", 0) << 1 | field_get(row, word, "i", 0)) >
               (field_get(row, word, "sx", 0) ? 32u : 16u);
    if (gen_starts(row->name, "VTRN") || gen_starts(row->name, "VUZP") ||
        gen_starts(row->name, "VZIP"))
        return d == m;
    return (gen_starts(row->name, "VLD_") || gen_starts(row->name, "VST_")) && d > 24;
}

/* A register list that is UNPREDICTABLE, or has PC: arrange.c adds that. */
static bool avoid_list(const struct row *row, uint32_t word, bool writes)
{
    const uint32_t regs = field_get(row, word, "list", 0), low = field_get(row, word, "low", 0);
    if (!gen_starts(row->name, "LDM") && !gen_starts(row->name, "STM") &&
        !gen_starts(row->name, "POP") && !gen_starts(row->name, "PUSH"))
        return false;
    if (!(regs | low) || regs >> 15 & 1 || (gen_starts(row->name, "POP") && regs))
        return true;
    if (row->table == TABLE_T32 && (regs & 0xa000 || !(regs & (regs - 1))))
        return true;
    return writes && regs >> field_get(row, word, "rn", 17) & 1;
}

static uint32_t second_register(const struct row *row, uint32_t word, uint32_t rt)
{
    const bool follows = rt < 16 && gen_starts(row->name, "LDRD");
    return field_get(row, word, "rt2", follows ? rt + 1 : 19);
}

static bool avoid_memory(const struct gen *g, const struct row *row, uint32_t word)
{
    const uint32_t rt = field_get(row, word, "rt", 16), rt2 = second_register(row, word, rt);
    const uint32_t rn = field_get(row, word, "rn", 17), rd = field_get(row, word, "rd", 18);
    const uint32_t rm = field_get(row, word, "rm", 22);
    const bool w = field_get(row, word, "w", 0), p = field_get(row, word, "p", 1);
    const bool writes = w || !p || strstr(row->name, "post") || strstr(row->name, "pre") ||
                        strstr(row->name, "_t16");
    if (rt == 15 || rm == 15 || avoid_list(row, word, writes))
        return true;
    if (writes && (rt == rn || rt2 == rn || rn == 15 || rm == rn))
        return true;
    if (gen_starts(row->name, "LDRD") || gen_starts(row->name, "STRD") ||
        strstr(row->name, "EXD")) {
        if (!g->thumb && (rt & 1 || rt == 14))
            return true;
        if (rt == rt2 || rm == rt || rm == rt + 1 || rd == rt + 1 || rn == rt + 1)
            return true;
        if (row->table == TABLE_A32 && w && !p)
            return true;
    }
    return rd == rt || rd == rn || rd == rt2 ||
           (gen_starts(row->name, "SWP") && (rn == rt || rn == rt2));
}

/* UNPREDICTABLE combinations of registers, where implementations differ. */
static bool avoid(const struct gen *g, const struct row *row, uint32_t word)
{
    const uint32_t rt = field_get(row, word, "rt", 16), rt2 = second_register(row, word, rt);
    const uint32_t rn = field_get(row, word, "rn", 17), rd = field_get(row, word, "rd", 18);
    const uint32_t lo = field_get(row, word, "rdlo", 20), hi = field_get(row, word, "rdhi", 21);
    const uint32_t rm = field_get(row, word, "rm", 22), rs = field_get(row, word, "rs", 23);
    const uint32_t ra = field_get(row, word, "ra", 24);
    const bool wide = g->thumb && row->table == TABLE_T32;
    const uint32_t others[] = {rt, rd, rt2, lo, hi, rm, rs, ra};
    for (unsigned k = 0; k < sizeof others / sizeof others[0]; k++) {
        if (wide && (others[k] == 13 || others[k] == 15))
            return true;
    }
    if ((row->table == TABLE_VFP && avoid_vfp(row, word)) || lo == hi)
        return true;
    if (rd == 15 || lo == 15 || hi == 15 || ra == 15 || rs == 15 || rt2 == 15)
        return true;
    if ((rm == 15 || rn == 15) && !may_read_pc(row))
        return true;
    if (rm == 15 && (gen_starts(row->name, "SXT") || gen_starts(row->name, "UXT")))
        return true;
    if (row->table == TABLE_T32 && strstr(row->name, "SAT") && field_get(row, word, "sh", 0) &&
        !field_get(row, word, "imm5", 0) && field_get(row, word, "imm", 0) > 15) /* SSAT16 */
        return true;
    if (gen_starts(row->name, "MSR") && !(field_get(row, word, "mask", 0) & 12))
        return true;
    if (gen_starts(row->name, "MSR") && field_get(row, word, "mask", 0) & 2)
        return true;
    return arrange_is_memory(row) && avoid_memory(g, row, word);
}

/* Most Advanced SIMD rows are UNDEFINED with an odd D register where they want a Q register, most lists
 * go beyond the last register. */
static void make_likely(struct gen *g, const struct row *row, uint32_t *word)
{
    static const char *const fields[] = {"vd", "vn", "vm"};
    for (unsigned k = 0; k < 3; k++)
        field_set(row, word, fields[k], field_get(row, *word, fields[k], 0) & ~1u);
    if (gen_starts(row->name, "VLDM") || gen_starts(row->name, "VSTM"))
        field_set(row, word, "imm8", 2 + 2 * rng_below(&g->rng, 6));
}

static uint32_t random_word(struct gen *g, const struct row *row)
{
    for (unsigned tries = 0;; tries++) {
        uint32_t word = row->value;
        for (unsigned k = 0; k < row->n_fields; k++) {
            const struct field *f = &row->fields[k];
            unsigned width = f->width;
            uint32_t all = (uint32_t)((UINT64_C(1) << width) - 1), r = (uint32_t)rng_next(&g->rng);
            if (gen_is_register(f->name))
                r = random_register(g, width);
            else if (width >= 5 && rng_chance(&g->rng, 25))
                r = (r & 1 ? all : 0) ^ (r & 2 ? 1u << (width - 1) : 0);
            field_put(f, &word, r & all);
        }
        if (row->table == TABLE_VFP && rng_chance(&g->rng, 80))
            make_likely(g, row, &word);
        if ((row->table == TABLE_A32 || row->table == TABLE_VFP) && !(row->mask >> 28))
            word |= (rng_chance(&g->rng, 50) || (g->thumb) ? 14u : rng_below(&g->rng, 15)) << 28;
        if (!row_excludes(row, word) && (tries > 200 || !avoid(g, row, word)))
            return word;
    }
}

/* In an IT block, or behind a condition, these are UNPREDICTABLE or end the case. */
static bool stands_alone(const struct row *row)
{
    static const char *const names[] = {"IT", "SETEND", "CPS", "BKPT", "UDF", "CRC32", "CRC32C"};
    for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++) {
        if (!strcmp(row->name, names[k]))
            return true;
    }
    return arrange_flow(row) == FLOW_COMPARE || gen_starts(row->name, "B_cond");
}

/* --- blocks ----------------------------------------------------------------------------------- */

uint32_t gen_registers(const struct row *row, uint32_t word)
{
    uint32_t named =
        strstr(row->name, "_sp") || strstr(row->name, "PUSH") || strstr(row->name, "POP") ? 1u << 13
                                                                                          : 0;
    for (unsigned f = 0; f < row->n_fields; f++) {
        uint32_t value = field_value(&row->fields[f], word);
        if (gen_is_register(row->fields[f].name))
            named |= 3u << (value & 15); /* and the second one of a pair */
        else if (!strcmp(row->fields[f].name, "list") || !strcmp(row->fields[f].name, "low"))
            named |= value;
    }
    return named;
}

struct insn *gen_append(struct gen *g, uint32_t word, unsigned bytes, int row)
{
    struct block *b = g->b;
    if (b->n == BLOCK_MAX)
        return NULL;
    if (row >= 0)
        g->named |= (uint16_t)gen_registers(&rows[row], word);
    struct insn *i = &b->insn[b->n++];
    *i = (struct insn){
        .word = word, .bytes = (uint8_t)bytes, .row = (int16_t)row, .thumb = g->thumb, .it = g->it};
    return i;
}

static void emit_row(struct gen *g, int index);
static void emit_it(struct gen *g, enum table table, int main_row, int it_row);
static int random_row(struct gen *g, enum table table);

/* Data is mostly big-endian for a while. */
static void emit_setend(struct gen *g, int index, uint32_t word, unsigned bytes)
{
    const struct row *row = &rows[index];
    gen_append(g, word, bytes, index);
    if (rng_chance(&g->rng, 50)) {
        const bool may_switch = g->may_switch;
        g->may_switch = false;
        for (unsigned k = rng_below(&g->rng, 4); k; k--)
            emit_row(g, random_row(g, g->thumb ? TABLE_T16 : TABLE_A32));
        g->may_switch = may_switch;
        field_set(row, &word, "e", 0);
        gen_append(g, word, bytes, index);
    }
}

/* The T32 form of an A32 word of VFP or Advanced SIMD. */
static uint32_t t32_form(uint32_t word)
{
    if ((word & 0xfe000000) == 0xf2000000)
        return 0xef000000 | (word >> 24 & 1) << 28 | (word & 0xffffff);
    if ((word & 0xff100000) == 0xf4000000)
        return 0xf9000000 | (word & 0xffffff);
    return word;
}

static void emit_row(struct gen *g, int index)
{
    const struct row *row = &rows[index];
    enum flow flow = arrange_flow(row);
    if (g->b->n > BLOCK_MAX - 16 || (g->it && (stands_alone(row) || (flow && !g->last_in_it))))
        return;
    uint32_t word = random_word(g, row);
    unsigned bytes = row->table == TABLE_T16 ? 2 : 4;
    if (!strcmp(row->name, "IT")) {
        emit_it(g, TABLE_T16, -1, index);
        return;
    }
    if (gen_starts(row->name, "SETEND")) {
        emit_setend(g, index, word, bytes);
        return;
    }
    if (!strcmp(row->name, "HINT")) /* no waiting; DBG and the like are the same */
        field_set(row, &word, "hint", rng_chance(&g->rng, 50) ? 0 : 4);
    if (gen_starts(row->name, "BKPT") && row->table == TABLE_A32)
        word = (word & 0x0fffffff) | 0xe0000000;
    if (row->table == TABLE_VFP && g->thumb)
        word = t32_form(word);
    if (arrange_system(g, index, word, bytes))
        return;
    if (!flow && (!g->it || g->last_in_it) && rng_chance(&g->rng, 15)) {
        uint32_t with_pc = word;
        flow = arrange_pc_form(g, row, &with_pc);
        word = flow ? with_pc : word;
    }
    if (flow)
        arrange_branch(g, index, word, bytes, flow);
    else if (arrange_is_memory(row))
        arrange_memory(g, index, word, bytes);
    else if (!g->it || !(gen_registers(row, word) & g->reserved))
        gen_append(g, word, bytes, index);
}

static int random_row(struct gen *g, enum table table)
{
    if (table == TABLE_VFP && rng_chance(&g->rng, 20))
        table = g->thumb ? TABLE_T16 : TABLE_A32;
    if (table != TABLE_VFP && !g->thumb)
        table = TABLE_A32;
    else if (table != TABLE_VFP && (table == TABLE_A32 || rng_chance(&g->rng, 30)))
        table = rng_chance(&g->rng, 50) ? TABLE_T16 : TABLE_T32;
    return (int)(first_row[table] + rng_below(&g->rng, first_row[table + 1] - first_row[table]));
}

/* Joins what prepares an IT block, the IT and its instructions; nothing if there is no room. */
static void append_it(struct gen *g, uint32_t word, int it_row, const struct block *before,
                      const struct block *body)
{
    struct block *b = g->b;
    if (b->n + before->n + 1 + body->n > BLOCK_MAX)
        return;
    memcpy(&b->insn[b->n], before->insn, before->n * sizeof b->insn[0]);
    b->n += before->n;
    gen_append(g, word, 2, it_row);
    memcpy(&b->insn[b->n], body->insn, body->n * sizeof b->insn[0]);
    b->n += body->n;
    for (unsigned k = 0; k < b->n; k++) {
        if (b->insn[k].load && b->insn[k].of == OF_NEXT_BRANCH)
            b->insn[k].of = (int8_t)(b->n - 1);
    }
}

/* IT and the instructions that it covers. */
static void emit_it(struct gen *g, enum table table, int main_row, int it_row)
{
    struct block before = {.n = 0}, body = {.n = 0}, *b = g->b;
    unsigned n = 1 + rng_below(&g->rng, 4), cond = rng_below(&g->rng, 15);
    uint32_t mask = (uint32_t)rng_next(&g->rng) & 15 & ~((1u << (4 - n)) - 1);
    mask = cond == 14 ? 1u << (4 - n) : (mask & ~(1u << (4 - n))) | 1u << (4 - n);
    g->b = &body;
    g->before = &before;
    g->reserved = g->named = 0;
    for (unsigned p = 0; p < n; p++) {
        g->it = (uint8_t)((cond << 4 | mask) & 0xe0) | (uint8_t)((cond << 4 | mask) << p & 0x1f);
        g->last_in_it = p == n - 1;
        for (unsigned tries = 0; body.n == p && tries < 200; tries++)
            emit_row(g, tries == 0 && main_row >= 0 ? main_row : random_row(g, table));
        if (body.n > p)
            main_row = -1;
        else
            gen_append(g, 0xbf000000, 2, ROW_FILLER);
    }
    g->it = 0;
    g->last_in_it = false;
    g->b = g->before = b;
    append_it(g, (0xbf00u | cond << 4 | mask) << 16, it_row, &before, &body);
}

static void random_state(struct gen *g, struct fuzz_case *s)
{
    for (unsigned k = 0; k < 15; k++)
        s->r[k] = value(&g->rng);
    s->r[13] = FUZZ_DATA + FUZZ_DATA_BYTES / 2;
    s->cpsr = (uint32_t)rng_next(&g->rng) & 0xf80f0000;
    s->repeat = rng_chance(&g->rng, 70) ? 2 : 1 + rng_below(&g->rng, 20);
    s->memory_seed = (uint32_t)rng_next(&g->rng);
    for (unsigned k = 0; k < 32; k++)
        s->v[k] = rng_chance(&g->rng, 50) ? rng_next(&g->rng)
                                          : (uint64_t)value(&g->rng) << 32 | value(&g->rng);
}

/* Registers that some instruction of the block names. */
static uint32_t named_registers(const struct block *b)
{
    uint32_t named = 1u << 12 | 1u << 13 | 1u << 14;
    for (unsigned k = 0; k < b->n; k++) {
        const struct insn *i = &b->insn[k];
        named |= i->row >= 0 ? gen_registers(&rows[i->row], i->word)
                             : 1u << (i->word >> (i->thumb ? 8 : 12) & 15); /* MOVW and MOVT */
        if (i->row >= 0 && !strcmp(rows[i->row].name, "SVC"))
            named |= 1;
    }
    return named;
}

/* Some blocks go round: loops are optimised. */
static void maybe_loop(struct gen *g)
{
    uint32_t named = named_registers(g->b);
    g->b->counter = NO_COUNTER;
    if (!rng_chance(&g->rng, 30) || g->b->thumb != g->b->ends_thumb)
        return;
    for (unsigned r = 0; r < 12; r++) {
        if (!(named >> r & 1)) {
            g->b->counter = (uint8_t)r;
            g->b->state.r[r] = 2 + rng_below(&g->rng, rng_chance(&g->rng, 70) ? 4 : 60);
            return;
        }
    }
}

static int find_row(enum table table, const char *name)
{
    unsigned k = first_row[table];
    while (strcmp(rows[k].name, name))
        k++;
    return (int)k;
}

/* The row whose turn it is: as often as it takes to arrange it. */
static void emit_main(struct gen *g, int row)
{
    const unsigned before = g->b->n;
    for (unsigned tries = 0; g->b->n == before && tries < 20; tries++)
        emit_row(g, row);
}

void gen_block(struct block *block, uint64_t seed, uint64_t number, enum table table)
{
    struct gen g = {.b = block, .before = block};
    g.rng.state = seed * UINT64_C(0xd6e8feb86659fd93) + number * UINT64_C(0xa0761d6478bd642f);
    memset(block, 0, sizeof *block);
    g.thumb =
        table == TABLE_T16 || table == TABLE_T32 || (table == TABLE_VFP && rng_chance(&g.rng, 50));
    block->thumb = g.thumb;
    block->state.thumb = g.thumb;
    for (unsigned k = 0; k < 5; k++)
        g.pool[k] = (uint8_t)rng_below(&g.rng, 15);
    random_state(&g, &block->state);
    block->big = rng_chance(&g.rng, 15);
    if (block->big) {
        const int setend = find_row(g.thumb ? TABLE_T16 : TABLE_A32, "SETEND");
        gen_append(&g, g.thumb ? 0xb6580000 : 0xf1010200, g.thumb ? 2 : 4, setend);
    }
    /* Each row is the main one of its turn, so that none is left out. */
    unsigned count = first_row[table + 1] - first_row[table];
    int main_row = (int)(first_row[table] + (number * 619 + seed) % count);
    unsigned wanted = 1 + rng_below(&g.rng, 8), main_at = rng_below(&g.rng, wanted);
    for (unsigned k = 0; k < wanted; k++) {
        int row = k == main_at ? main_row : random_row(&g, table);
        g.may_switch = k >= main_at; /* the main row is one of the first set */
        if (g.thumb && block->n < BLOCK_MAX - 20 && rng_chance(&g.rng, 30))
            emit_it(&g, table, row, ROW_PREPARES);
        else if (k == main_at)
            emit_main(&g, row);
        else
            emit_row(&g, row);
    }
    block->ends_thumb = g.thumb;
    maybe_loop(&g);
}
