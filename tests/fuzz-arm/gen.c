/* SPDX-License-Identifier: MIT */
/*
 * A case: an initial state and a block of random rows.  What a row needs to be well defined (an
 * address in a register, a small index) is arranged by instructions before it.
 */
#include <string.h>

#include "tests/fuzz-arm/fuzz.h"

struct gen {
    struct rng rng;
    struct block *b;
    bool thumb;
    unsigned it_at; /* where the last IT is */
    bool in_it; /* the rows that follow are in an IT block: nothing may be put between */
    uint8_t pool[5];
};

/* --- random numbers --------------------------------------------------------------------------- */

uint64_t rng_next(struct rng *rng)
{
    uint64_t z = (rng->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned rng_below(struct rng *rng, unsigned n) { return (unsigned)((rng_next(rng) >> 32) * n >> 32); }
bool rng_chance(struct rng *rng, unsigned percent) { return rng_below(rng, 100) < percent; }

static uint32_t value(struct rng *rng)
{
    static const uint32_t special[] = {0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000,
                                       0x7fffffff, 0x80000000, 0x80000001, 0xffffffff, 0xfffffffe,
                                       0x7fff7fff, 0x80008000, 0x80808080, 0x7f7f7f7f, 0xffff0000,
                                       0x00ff00ff, 0x7f80ff01, 0x80007fff, 31, 32, 33, 64, 255, 256};
    uint32_t r = (uint32_t)rng_next(rng);
    switch (rng_below(rng, 4)) {
    case 0: return special[r % (sizeof special / sizeof special[0])];
    case 1: return r >> (r & 31);
    case 2: return (uint32_t)((int32_t)r >> (r & 31));
    default: return r;
    }
}

/* --- words ------------------------------------------------------------------------------------ */

static bool starts(const char *name, const char *with) { return !strncmp(name, with, strlen(with)); }

static bool is_register(const char *name)
{
    static const char *const names[] = {"rd", "rn", "rm", "ra", "rs", "rt", "rt2", "rdlo", "rdhi"};
    for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++) {
        if (!strcmp(name, names[k]))
            return true;
    }
    return false;
}

static bool is_memory(const struct row *row)
{
    static const char *const names[] = {"LDR", "STR", "LDM", "STM", "LDA", "STL", "SWP", "PUSH", "POP",
                                        "VLD", "VST", "TBB", "TBH"};
    for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++) {
        if (starts(row->name, names[k]))
            return true;
    }
    return false;
}

/* Rows that are left out: what a random block cannot use, or what says what the host is. */
static bool is_left_out(const struct row *row)
{
    static const char *const names[] = {"SVC", "MRC", "MCR", "MRRC", "VMRS"};
    for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++) {
        if (!strcmp(row->name, names[k]))
            return true;
    }
    return starts(row->name, "BLX_imm") || starts(row->name, "BLX_t32"); /* to the other set */
}

static bool is_branch(const struct row *row)
{
    return row->name[0] == 'B' && (row->name[1] == 0 || row->name[1] == 'L' || row->name[1] == '_');
}
static bool is_compare_branch(const struct row *row) { return starts(row->name, "CB"); }

static uint32_t random_register(struct gen *g, unsigned width)
{
    if (width == 3)
        return rng_chance(&g->rng, 60) ? g->pool[rng_below(&g->rng, 5)] & 7 : rng_below(&g->rng, 8);
    uint32_t r = rng_chance(&g->rng, 60) ? g->pool[rng_below(&g->rng, 5)] : rng_below(&g->rng, 15);
    if (r == 13 && !rng_chance(&g->rng, 10))
        r = 12;
    return rng_chance(&g->rng, 1) ? 15 : r;
}

static bool excluded(const struct row *row, uint32_t word)
{
    for (unsigned e = 0; e < row->n_exclusions; e++) {
        if ((word & row->exclusions[e].mask) == row->exclusions[e].value)
            return true;
    }
    return false;
}

static uint32_t get(const struct row *row, uint32_t word, const char *name, uint32_t missing)
{
    const struct field *f = row_field(row, name);
    return f ? field_get(f, word) : missing;
}

static void set(const struct row *row, uint32_t *word, const char *name, uint32_t value)
{
    const struct field *f = row_field(row, name);
    if (f)
        field_set(f, word, value);
}

static bool may_read_pc(const struct row *row)
{
    static const char *const names[] = {"AND", "EOR", "SUB", "RSB", "ADD", "ADC", "SBC", "RSC", "TST",
                                        "TEQ", "CMP", "CMN", "ORR", "MOV", "BIC", "MVN", "SXT", "UXT",
                                        "BFI", "LDR_", "LDRB_", "LDRH_", "LDRS", "LDRD_"};
    for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++) {
        if (starts(row->name, names[k]))
            return !strstr(row->name, "_rsr") && !(row->table != TABLE_A32 && k < 16);
    }
    return row->table == TABLE_VFP;
}

/* The same of VFP and Advanced SIMD: PC, one register twice, D registers beyond the last, more fraction
 * bits than bits. */
static bool avoid_vfp(const struct row *row, uint32_t word)
{
    uint32_t rt = get(row, word, "rt", 16), rt2 = get(row, word, "rt2", 17);
    uint32_t d = get(row, word, "d", 0) << 4 | get(row, word, "vd", 0);
    uint32_t m = get(row, word, "m", 0) << 4 | get(row, word, "vm", 0);
    if (rt == rt2 || (rt == 15 && !starts(row->name, "VMRS")))
        return true;
    if (starts(row->name, "VMOV_ssrr") && m == 31)
        return true;
    if (starts(row->name, "VCVT_fx"))
        return (get(row, word, "imm4", 0) << 1 | get(row, word, "i", 0)) > (get(row, word, "sx", 0) ? 32u : 16u);
    if (starts(row->name, "VTRN") || starts(row->name, "VUZP") || starts(row->name, "VZIP"))
        return d == m;
    return (starts(row->name, "VLD_") || starts(row->name, "VST_")) && d > 24;
}

/* UNPREDICTABLE combinations of registers, where implementations differ. */
static bool avoid(const struct gen *g, const struct row *row, uint32_t word)
{
    uint32_t rt = get(row, word, "rt", 16), rn = get(row, word, "rn", 17), rd = get(row, word, "rd", 18);
    uint32_t rt2 = get(row, word, "rt2", rt == 16 ? 19 : starts(row->name, "LDRD") ? rt + 1 : 19);
    uint32_t lo = get(row, word, "rdlo", 20), hi = get(row, word, "rdhi", 21);
    uint32_t rm = get(row, word, "rm", 22), rs = get(row, word, "rs", 23), ra = get(row, word, "ra", 24);
    bool wide = g->thumb && row->table == TABLE_T32;
    if (row->table == TABLE_VFP && avoid_vfp(row, word))
        return true;
    uint32_t all[] = {rt, rn, rd, rt2, lo, hi, rm, rs, ra};
    for (unsigned k = 0; k < sizeof all / sizeof all[0]; k++) {
        if (wide && (all[k] == 13 || all[k] == 15) && k != 1)
            return true;
    }
    if (lo == hi || (is_memory(row) && (rt == 15 || rm == 15)))
        return true;
    if (rd == 15 || lo == 15 || hi == 15 || ra == 15 || rs == 15 || rt2 == 15)
        return true;
    if ((rm == 15 || rn == 15) && !may_read_pc(row))
        return true;
    if (rm == 15 && (starts(row->name, "SXT") || starts(row->name, "UXT")))
        return true;
    if (row->table == TABLE_T32 && strstr(row->name, "SAT") && get(row, word, "sh", 0) &&
        !get(row, word, "imm5", 0) && get(row, word, "imm", 0) > 15) /* SSAT16 */
        return true;
    if (is_memory(row)) {
        bool list = starts(row->name, "LDM") || starts(row->name, "STM") || starts(row->name, "POP") ||
                    starts(row->name, "PUSH");
        uint32_t regs = get(row, word, "list", 0), low = get(row, word, "low", 0);
        bool writes = get(row, word, "w", 0) || !get(row, word, "p", 1) || strstr(row->name, "post") ||
                      strstr(row->name, "pre") || strstr(row->name, "_t16");
        if (list && (!(regs | low) || (regs >> 15 & 1) || (starts(row->name, "POP") && regs)))
            return true;
        if (list && row->table == TABLE_T32 && ((regs & 0xa000) || !(regs & (regs - 1))))
            return true;
        if (list && writes && (regs >> rn & 1))
            return true;
        if (writes && (rt == rn || rt2 == rn || rn == 15 || rm == rn))
            return true;
        if (starts(row->name, "LDRD") || starts(row->name, "STRD") || strstr(row->name, "EXD")) {
            if (!g->thumb && ((rt & 1) || rt == 14))
                return true;
            if (rt == rt2 || rm == rt || rm == rt + 1 || rd == rt + 1 || rn == rt + 1)
                return true;
            if (row->table == TABLE_A32 && get(row, word, "w", 0) && !get(row, word, "p", 1))
                return true;
        }
        if (rd == rt || rd == rn || rd == rt2 || (starts(row->name, "SWP") && (rn == rt || rn == rt2)))
            return true;
    }
    if (starts(row->name, "MSR") && !(get(row, word, "mask", 0) & 12))
        return true;
    if (starts(row->name, "MSR") && (get(row, word, "mask", 0) & 2))
        return true;
    return false;
}

static uint32_t random_word(struct gen *g, const struct row *row)
{
    for (unsigned tries = 0;; tries++) {
        uint32_t word = row->value;
        for (unsigned k = 0; k < row->n_fields; k++) {
            const struct field *f = &row->fields[k];
            unsigned width = field_width(f);
            uint32_t all = (uint32_t)((UINT64_C(1) << width) - 1), r = (uint32_t)rng_next(&g->rng);
            if (is_register(f->name))
                r = random_register(g, width);
            else if (width >= 5 && rng_chance(&g->rng, 25))
                r = (r & 1 ? all : 0) ^ (r & 2 ? 1u << (width - 1) : 0);
            field_set(f, &word, r & all);
        }
        if ((row->table == TABLE_A32 || row->table == TABLE_VFP) && !(row->mask >> 28))
            word |= (rng_chance(&g->rng, 50) || (g->thumb) ? 14u : rng_below(&g->rng, 15)) << 28;
        if (!excluded(row, word) && (tries > 200 || !avoid(g, row, word) || rng_chance(&g->rng, 0)))
            return word;
    }
}

/* BX, BXJ, BLX Rm: Rm is the address of an instruction ahead, which gen_code() sets. */
static bool is_register_branch(const struct row *row)
{
    return starts(row->name, "BX") || !strcmp(row->name, "BLX_reg");
}

/* In an IT block, or behind a condition, these are UNPREDICTABLE or end the case. */
static bool stands_alone(const struct row *row)
{
    static const char *const names[] = {"IT", "SETEND", "CPS", "BKPT", "UDF"};
    for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++) {
        if (!strcmp(row->name, names[k]))
            return true;
    }
    return is_register_branch(row);
}

/* --- blocks ----------------------------------------------------------------------------------- */

static void append(struct gen *g, uint32_t word, unsigned bytes, int row, unsigned skip)
{
    struct block *b = g->b;
    if (b->n < BLOCK_MAX)
        b->insn[b->n++] = (struct insn){word, (uint8_t)bytes, (int16_t)row, (uint8_t)skip};
}

/* reg = value by MOVW and MOVT; SP by way of R12 in Thumb. */
static void load_register(struct gen *g, unsigned reg, uint32_t v)
{
    unsigned r = g->thumb && reg == 13 ? 12 : reg;
    for (unsigned top = 0; top < 2; top++) {
        uint32_t half = top ? v >> 16 : v & 0xffff;
        if (g->thumb)
            append(g, (top ? 0xf2c00000 : 0xf2400000) | (half >> 12) << 16 | (half >> 11 & 1) << 26 |
                          (half >> 8 & 7) << 12 | r << 8 | (half & 0xff), 4, -1, 0);
        else
            append(g, (top ? 0xe3400000 : 0xe3000000) | (half >> 12) << 16 | r << 12 | (half & 0xfff),
                   4, -1, 0);
    }
    if (r != reg)
        append(g, 0x46e50000, 2, -1, 0); /* mov sp, r12 */
}

static uint32_t random_address(struct gen *g, const struct row *row)
{
    bool ordered = strstr(row->name, "EX") || starts(row->name, "LDA") || starts(row->name, "STL") ||
                   starts(row->name, "SWP");
    bool words = starts(row->name, "LDM") || starts(row->name, "STM") || starts(row->name, "POP") ||
                 starts(row->name, "PUSH") || starts(row->name, "LDRD") || starts(row->name, "STRD") ||
                 starts(row->name, "VLD") || starts(row->name, "VST");
    uint32_t at = FUZZ_DATA + FUZZ_DATA_BYTES / 2 + rng_below(&g->rng, 256);
    if (rng_chance(&g->rng, 8)) /* at an end of what is mapped */
        at = FUZZ_DATA + (rng_chance(&g->rng, 50) ? 0 : FUZZ_DATA_BYTES) + rng_below(&g->rng, 32) - 16;
    if (rng_chance(&g->rng, 2))
        at = 0x40000 + rng_below(&g->rng, 4096) * 4; /* not mapped */
    return ordered ? at & ~7u : words || rng_chance(&g->rng, 60) ? at & ~3u : at;
}

static void emit_memory(struct gen *g, int index, uint32_t word, unsigned bytes)
{
    const struct row *row = &rows[index];
    uint32_t rn = get(row, word, "rn", 13), rm = get(row, word, "rm", 16);
    if (starts(row->name, "TB"))
        return; /* where it goes is in memory: tests/user has switches */
    if (row->table == TABLE_VFP) {
        if (rn == 15)
            return;
        if (rm == 13 || rm == 15)
            rm = 16;
    }
    if (rm != 16 && rm != rn) {
        unsigned type = get(row, word, "type", 0);
        if (type != 2)
            set(row, &word, "type", 0);
        set(row, &word, "imm5", get(row, word, "imm5", 0) & 3);
        load_register(g, rm, rng_below(&g->rng, 100));
    } else if (rm == rn && row->table != TABLE_VFP) {
        return;
    }
    if (rn != 15 && !(g->in_it))
        load_register(g, rn, random_address(g, row));
    append(g, word, bytes, index, 0);
}

static void emit_it(struct gen *g, enum table table, int main_row);
static int random_row(struct gen *g, enum table table);

static void emit(struct gen *g, int index)
{
    const struct row *row = &rows[index];
    if (is_left_out(row) || g->b->n > BLOCK_MAX - 8)
        return;
    uint32_t word = random_word(g, row);
    unsigned bytes = row->table == TABLE_T16 ? 2 : 4;
    if (g->in_it &&
        (is_memory(row) || is_branch(row) || is_compare_branch(row) || stands_alone(row)))
        return;
    if (!strcmp(row->name, "IT")) {
        emit_it(g, TABLE_T16, -1);
        g->b->insn[g->it_at].row = (int16_t)index;
        return;
    }
    if (!strcmp(row->name, "HINT")) /* no waiting; DBG and the like are the same */
        set(row, &word, "hint", rng_chance(&g->rng, 50) ? 0 : 4);
    if (starts(row->name, "BKPT") && row->table == TABLE_A32)
        word = (word & 0x0fffffff) | 0xe0000000;
    if (starts(row->name, "SETEND") && rng_chance(&g->rng, 50)) { /* mostly big-endian for a while */
        append(g, word, bytes, index, 0);
        for (unsigned k = rng_below(&g->rng, 4); k; k--)
            emit(g, random_row(g, g->thumb ? TABLE_T16 : TABLE_A32));
        set(row, &word, "e", 0);
    }
    if (is_register_branch(row)) {
        uint32_t rm = get(row, word, "rm", 0);
        if (rm < 13) {
            load_register(g, rm, 0); /* the address: gen_code() */
            append(g, word, bytes, index, 1 + rng_below(&g->rng, 3));
        }
        return;
    }
    if (row->table == TABLE_VFP && g->thumb) { /* the T32 form of the A32 word */
        if ((word & 0xfe000000) == 0xf2000000)
            word = 0xef000000 | (word >> 24 & 1) << 28 | (word & 0xffffff);
        else if ((word & 0xff100000) == 0xf4000000)
            word = 0xf9000000 | (word & 0xffffff);
    }
    if (is_branch(row) || is_compare_branch(row))
        append(g, word, bytes, index, 1 + rng_below(&g->rng, 3));
    else if (is_memory(row))
        emit_memory(g, index, word, bytes);
    else
        append(g, word, bytes, index, 0);
}

static int random_row(struct gen *g, enum table table)
{
    if (g->thumb && table != TABLE_VFP && rng_chance(&g->rng, 30))
        table = rng_chance(&g->rng, 50) ? TABLE_T16 : TABLE_T32;
    if (table == TABLE_VFP && rng_chance(&g->rng, 20))
        table = g->thumb ? TABLE_T16 : TABLE_A32;
    return (int)(first_row[table] + rng_below(&g->rng, first_row[table + 1] - first_row[table]));
}

/* IT and the instructions that it covers. */
static void emit_it(struct gen *g, enum table table, int main_row)
{
    unsigned n = 1 + rng_below(&g->rng, 4), cond = rng_below(&g->rng, 14), at = g->b->n;
    uint32_t mask = (uint32_t)rng_next(&g->rng) & 15 & ~((1u << (4 - n)) - 1);
    mask = (mask & ~(1u << (4 - n))) | 1u << (4 - n);
    append(g, (0xbf00u | cond << 4 | mask) << 16, 2, -1, 0);
    g->in_it = true;
    g->it_at = at;
    for (unsigned tries = 0; g->b->n < at + 1 + n && g->b->n < BLOCK_MAX - 9; tries++)
        emit(g, tries == 0 && main_row >= 0 ? main_row : random_row(g, tries > 50 ? TABLE_T16 : table));
    g->in_it = false;
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
        const struct row *row = &rows[b->insn[k].row < 0 ? 0 : b->insn[k].row];
        if (b->insn[k].row < 0) /* MOVW and MOVT */
            named |= 1u << (b->insn[k].word >> (b->thumb ? 8 : 12) & 15);
        for (unsigned f = 0; b->insn[k].row >= 0 && f < row->n_fields; f++) {
            uint32_t value = field_get(&row->fields[f], b->insn[k].word);
            if (is_register(row->fields[f].name))
                named |= 3u << (value & 15); /* and the second one of a pair */
            else if (!strcmp(row->fields[f].name, "list") || !strcmp(row->fields[f].name, "low"))
                named |= value;
        }
    }
    return named;
}

/* Some blocks go round: loops are optimised. */
static void maybe_loop(struct gen *g)
{
    uint32_t named = named_registers(g->b);
    g->b->counter = NO_COUNTER;
    if (!rng_chance(&g->rng, 30))
        return;
    for (unsigned r = 0; r < 12; r++) {
        if (!(named >> r & 1)) {
            g->b->counter = (uint8_t)r;
            g->b->state.r[r] = 2 + rng_below(&g->rng, rng_chance(&g->rng, 70) ? 4 : 60);
            return;
        }
    }
}

void gen_block(struct block *block, uint64_t seed, uint64_t number, enum table table)
{
    struct gen g = {.b = block};
    g.rng.state = seed * UINT64_C(0xd6e8feb86659fd93) + number * UINT64_C(0xa0761d6478bd642f);
    memset(block, 0, sizeof *block);
    g.thumb = table == TABLE_T16 || table == TABLE_T32 || (table == TABLE_VFP && rng_chance(&g.rng, 50));
    block->thumb = g.thumb;
    block->state.thumb = g.thumb;
    for (unsigned k = 0; k < 5; k++)
        g.pool[k] = (uint8_t)rng_below(&g.rng, 15);
    random_state(&g, &block->state);
    /* Each row is the main one of its turn, so that none is left out. */
    unsigned count = first_row[table + 1] - first_row[table];
    int main_row = (int)(first_row[table] + (number * 619 + seed) % count);
    unsigned wanted = 1 + rng_below(&g.rng, 8), main_at = rng_below(&g.rng, wanted);
    for (unsigned k = 0; k < wanted; k++) {
        int row = k == main_at ? main_row : random_row(&g, table);
        if (g.thumb && block->n < BLOCK_MAX - 16 && rng_chance(&g.rng, 30))
            emit_it(&g, table, row);
        else
            emit(&g, row);
    }
    const struct insn *last = &block->insn[block->n ? block->n - 1 : 0];
    if (last->row >= 0 && is_compare_branch(&rows[last->row])) /* goes forward, over something */
        append(&g, 0xbf000000, 2, -1, 0);
    maybe_loop(&g);
}

/* --- bytes ------------------------------------------------------------------------------------ */

/* The offset field of a branch of `bytes` from the value that pc has. */
static void set_offset(const struct row *row, uint32_t *word, int32_t bytes)
{
    uint32_t half = (uint32_t)bytes >> 1;
    set(row, word, "imm24", (uint32_t)bytes >> 2);
    set(row, word, "imm8", half);
    set(row, word, "imm6", 0);
    set(row, word, "imm10", 0);
    if (is_compare_branch(row))
        set(row, word, "imm", half);
    set(row, word, "imm11", half);
    set(row, word, "s", 0);
    set(row, word, "j1", starts(row->name, "B_cond") ? 0 : 1);
    set(row, word, "j2", starts(row->name, "B_cond") ? 0 : 1);
}

static unsigned put(uint8_t *to, uint32_t word, unsigned bytes, bool thumb)
{
    uint16_t half[2] = {(uint16_t)(word >> 16), (uint16_t)word};
    if (thumb)
        memcpy(to, half, bytes);
    else
        memcpy(to, &word, 4);
    return bytes;
}

/* MOVW and MOVT of the address, before the branch that is instruction k. */
static void put_address(const struct block *b, unsigned k, uint8_t *to, uint32_t address)
{
    struct block two = {.thumb = b->thumb};
    struct gen g = {.b = &two, .thumb = b->thumb};
    load_register(&g, get(&rows[b->insn[k].row], b->insn[k].word, "rm", 0), address | b->thumb);
    for (unsigned n = 0; n < two.n && n < 2; n++)
        put(to + 4 * n, two.insn[n].word, 4, b->thumb);
}

/* B.W or B to the guest's exit. */
static void put_exit(uint8_t *to, uint32_t at, bool thumb)
{
    if (!thumb) {
        put(to, 0xea000000 | ((FUZZ_EXIT - (at + 8)) >> 2 & 0xffffff), 4, false);
        return;
    }
    uint32_t offset = FUZZ_EXIT_T - (at + 4), s = offset >> 31;
    uint32_t j1 = ~(offset >> 23 ^ s) & 1, j2 = ~(offset >> 22 ^ s) & 1;
    put(to, 0xf0009000 | s << 26 | (offset >> 12 & 0x3ff) << 16 | j1 << 13 | j2 << 11 |
                (offset >> 1 & 0x7ff), 4, true);
}

/* SUBS counter, counter, #1; BNE to the first instruction, which is `back` bytes before. */
static unsigned put_loop(const struct block *b, uint8_t *to, unsigned back)
{
    if (b->counter == NO_COUNTER)
        return 0;
    if (!b->thumb) {
        put(to, 0xe2500001 | (uint32_t)b->counter << 16 | (uint32_t)b->counter << 12, 4, false);
        put(to + 4, 0x1a000000 | ((uint32_t)(-(int32_t)back - 12) >> 2 & 0xffffff), 4, false);
        return 8;
    }
    uint32_t offset = (uint32_t)(-(int32_t)back - 8);
    put(to, 0xf1b00001 | (uint32_t)b->counter << 16 | (uint32_t)b->counter << 8, 4, true);
    put(to + 4, 0xf4408000 | 0x2800 | (offset >> 12 & 0x3f) << 16 | (offset >> 1 & 0x7ff), 4, true);
    return 8;
}

void gen_code(const struct block *b, unsigned slot, uint8_t code[FUZZ_SLOT_BYTES])
{
    unsigned at[BLOCK_MAX + 4], n = 4;
    for (unsigned k = 0; k < BLOCK_MAX + 4; k++) {
        at[k] = n;
        n += k < b->n ? b->insn[k].bytes : 0;
    }
    memset(code, 0, FUZZ_SLOT_BYTES);
    put(code, 0xee1def50, 4, b->thumb); /* mrc p15, 0, lr, c13, c0, 2 */
    for (unsigned k = 0; k < b->n; k++) {
        uint32_t word = b->insn[k].word;
        unsigned to = k + 1 + b->insn[k].skip;
        while (to < b->n && b->insn[to - 1].row < 0) /* not between what belongs together */
            to++;
        if (b->insn[k].skip && b->insn[k].row >= 0)
            set_offset(&rows[b->insn[k].row], &word,
                       (int32_t)at[to > b->n ? b->n : to] - (int32_t)(at[k] + (b->thumb ? 4 : 8)));
        put(code + at[k], word, b->insn[k].bytes, b->thumb);
        if (k >= 2 && b->insn[k].row >= 0 && is_register_branch(&rows[b->insn[k].row]))
            put_address(b, k, code + at[k] - 8,
                        FUZZ_CODE + slot * FUZZ_SLOT_BYTES + at[to > b->n ? b->n : to]);
    }
    unsigned end = at[b->n] + put_loop(b, code + at[b->n], at[b->n] - 4);
    put_exit(code + end, FUZZ_CODE + slot * FUZZ_SLOT_BYTES + end, b->thumb);
}
