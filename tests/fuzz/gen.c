/* SPDX-License-Identifier: MIT */
/*
 * A case: an initial state and a block of random rows.  Registers that must hold something
 * certain (an address, a branch target) are pinned: of those that no instruction before has
 * written, one is chosen, and its initial value set.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum {
    INSN_NOP = 0xd503201f,
    INSN_MRS_X30_TPIDR = (int)0xd53bd05e,
    INSN_B = 0x14000000,
};

static bool is_register(const char *name)
{
    static const char *const names[] = {"rd", "rn", "rm", "ra", "rt", "rt2", "rs"};
    for (unsigned k = 0; k < sizeof names / sizeof names[0]; k++) {
        if (!strcmp(name, names[k]))
            return true;
    }
    return false;
}

static uint32_t random_field(struct gen *g, const struct field *f)
{
    uint32_t all = (1u << f->width) - 1, r = (uint32_t)rng_next(&g->rng);
    if (is_register(f->name) && rng_chance(&g->rng, 65))
        return g->pool[r % 6] & all;
    if (f->width >= 5 && rng_chance(&g->rng, 25)) /* at an end, or in the middle */
        return (r & 1 ? all : 0) ^ (r & 2 ? 1u << (f->width - 1) : 0);
    return r & all;
}

/* Fields that make a word undefined where the row leaves the choice to its trans_ function.  Some
 * of those are wanted, but each ends or interrupts the block. */
static bool looks_undefined(const struct row *row, uint32_t word)
{
    uint32_t q = field_get(row, word, "q", 1), size = field_get(row, word, "size", 0);
    uint32_t sf = field_get(row, word, "sf", 1), n = field_get(row, word, "n", sf);
    bool simd = (row->value >> 25 & 7) == 7;
    if (simd && !q && (size == 3 || field_get(row, word, "sz", 0) == 1))
        return true;
    if (!sf && (n || field_get(row, word, "hw", 0) > 1 || field_get(row, word, "imm6", 0) > 31))
        return true;
    if (!sf && (field_get(row, word, "imms", 0) > 31 || field_get(row, word, "immr", 0) > 31) &&
        strncmp(row->name + 1, "BF", 2) == 0)
        return true;
    if (sf && !n && row_field(row, "n") && row->value >> 23 & 1 && (row->value >> 23 & 7) != 4)
        return true;
    if (row_field(row, "option") && memory_is(row) && !(field_get(row, word, "option", 0) & 2))
        return true;
    return field_get(row, word, "imm3", 0) > 4 && row_field(row, "option");
}

uint32_t gen_word(struct gen *g, const struct row *row)
{
    for (unsigned tries = 0;; tries++) {
        /* Bits that are neither fixed nor a field should be one, but zero in system rows. */
        uint32_t word = row->value, free = ~row->mask;
        for (unsigned k = 0; k < row->n_fields; k++) {
            const struct field *f = &row->fields[k];
            field_put(f, &free, 0);
            field_put(f, &word, random_field(g, f));
        }
        if ((row->value >> 22 & 0x3ff) != 0x354)
            word |= free;
        if (row_excludes(row, word) || special_avoid(row, word))
            continue;
        if (tries < 20 && looks_undefined(row, word) && rng_chance(&g->rng, 95))
            continue;
        return word;
    }
}

int gen_clean(struct gen *g, uint32_t without, bool sp)
{
    uint32_t fit = ~(g->dirty | g->pinned | without);
    unsigned start = rng_below(&g->rng, 32);
    for (unsigned k = 0; k < 32; k++) {
        unsigned reg = (start + k) & 31;
        if (fit >> reg & 1 && (reg < 31 || (sp && rng_chance(&g->rng, 50))))
            return (int)reg;
    }
    return -1;
}

void gen_pin(struct gen *g, unsigned reg, uint64_t value)
{
    struct fuzz_state *s = &g->block->state;
    *(reg == 31 ? &s->sp : &s->x[reg]) = value;
    g->pinned |= 1u << reg;
}

/* X registers (bit 31: SP) that the word may write; rather too many than too few. */
static uint32_t writes(const struct row *row, uint32_t word)
{
    if (memory_is(row))
        return memory_writes(row, word);
    uint32_t set = 0, rd = field_get(row, word, "rd", NOT_REG), rt = NOT_REG;
    if (!strcmp(row->name, "MRS"))
        rt = field_get(row, word, "rt", NOT_REG);
    if (!strncmp(row->name, "BL", 2))
        set |= 1u << 30;
    if (!strcmp(row->name, "SVC"))
        set |= 1;
    if (!strcmp(row->name, "HINT"))
        set |= 1u << 30 | 1u << 17;
    return set | (rd < 32 ? 1u << rd : 0) | (rt < 31 ? 1u << rt : 0);
}

static bool fits(struct gen *g, const struct row *row, uint32_t word)
{
    return !g->loop || !(writes(row, word) & g->pinned);
}

static void append(struct gen *g, const struct row *row, uint32_t word, unsigned group)
{
    struct block *b = g->block;
    unsigned at = ++b->n;
    b->code[at] = word;
    b->at[at].row = row ? (uint16_t)(row - rows) : NO_ROW;
    b->at[at].group = (uint8_t)group;
    if (row)
        g->dirty |= writes(row, word) & 0xffffffff;
}

bool gen_emit(struct gen *g, const struct row *row, uint32_t word)
{
    if (g->block->n >= BLOCK_MAX - 4 || !fits(g, row, word))
        return false;
    append(g, row, word, ++g->groups);
    return true;
}

bool gen_emit_group(struct gen *g, const uint32_t *words, unsigned n)
{
    const struct row *row[8];
    if (g->block->n + n > BLOCK_MAX - 4)
        return false;
    for (unsigned k = 0; k < n; k++) {
        int index = rows_match(words[k]);
        if (index < 0 || !fits(g, &rows[index], words[k]))
            return false;
        row[k] = &rows[index];
    }
    g->groups++;
    for (unsigned k = 0; k < n; k++)
        append(g, row[k], words[k], g->groups);
    return true;
}

void gen_fixup(struct gen *g, unsigned reg)
{
    g->fixups[g->n_fixups].at = (uint8_t)g->block->n;
    g->fixups[g->n_fixups++].reg = (uint8_t)reg;
}

/* --- branch targets --------------------------------------------------------------------------- */

/* A word after `at`, not inside a group; mostly the next ones. */
static unsigned pick_target(struct gen *g, unsigned at)
{
    const struct block *b = g->block;
    unsigned left = b->n + 1 - at;
    unsigned to = at + 1 + (rng_chance(&g->rng, 70) ? 0 : rng_below(&g->rng, left));
    while (to <= b->n && b->at[to].group == b->at[to - 1].group)
        to++;
    return to;
}

static void fix(struct gen *g)
{
    for (unsigned k = 0; k < g->n_fixups; k++) {
        unsigned at = g->fixups[k].at, reg = g->fixups[k].reg;
        unsigned to = pick_target(g, at);
        struct block *b = g->block;
        const struct row *row = &rows[b->at[at].row];
        if (reg == NOT_REG) {
            field_set(row, &b->code[at], "imm26", to - at);
            field_set(row, &b->code[at], "imm19", to - at);
            field_set(row, &b->code[at], "imm14", to - at);
        } else {
            gen_pin(g, reg, g->address + 4 * to);
        }
        for (unsigned skipped = at + 1; skipped < to; skipped++)
            b->at[skipped].maybe = true;
    }
}

/* Runs the block some times: a counter that nothing else writes. */
static void close_loop(struct gen *g, unsigned counter)
{
    struct block *b = g->block;
    unsigned group = ++g->groups;
    append(g, NULL, 0xd1000400 | counter << 5 | counter, group);            /* sub xc, xc, 1 */
    uint32_t back = (uint32_t)-(int)b->n & 0x7ffff;                         /* to word 1 */
    append(g, NULL, 0xb5000000 | back << 5 | counter, group);               /* cbnz xc, . */
}

/* --- the case --------------------------------------------------------------------------------- */

/* The lanes that a row works on, if its name or fields tell. */
static enum theme theme_of(struct gen *g, const struct row *row)
{
    size_t n = strlen(row->name);
    if ((row->value >> 25 & 7) != 7) /* not SIMD and FP data processing */
        return THEME_ANY;
    if (strchr(row->name, '_') && row->name[n - 1] == 'h')
        return THEME_H;
    if (row_field(row, "sz"))
        return rng_chance(&g->rng, 50) ? THEME_S : THEME_D;
    if (row_field(row, "size"))
        return rng_chance(&g->rng, 50) ? THEME_INT : THEME_ANY;
    return THEME_ANY;
}

static void random_vectors(struct gen *g, struct fuzz_state *s, const struct row *row)
{
    enum theme theme = theme_of(g, row);
    for (unsigned k = 0; k < 32; k++) {
        enum theme own = rng_chance(&g->rng, 80) ? theme : THEME_ANY;
        if (k && rng_chance(&g->rng, 12)) { /* almost the same as another */
            memcpy(s->v[k], s->v[rng_below(&g->rng, k)], sizeof s->v[k]);
            value_neighbour(&g->rng, s->v[k], own);
        } else {
            value_vector(&g->rng, s->v[k], own);
        }
    }
}

/* Code that runs once is interpreted; what has come round often is compiled again. */
static uint64_t random_repeat(struct gen *g)
{
    return rng_chance(&g->rng, 80) ? 2 : rng_chance(&g->rng, 50) ? 1 : 3 + rng_below(&g->rng, 40);
}

static void random_state(struct gen *g, struct fuzz_state *s, const struct row *row)
{
    for (unsigned k = 0; k < 31; k++)
        s->x[k] = value_int(&g->rng);
    s->sp = value_int(&g->rng);
    if (s->sp >> 22 == FUZZ_EXIT >> 22) /* not into the program, where its signal stack is */
        s->sp += UINT64_C(1) << 40;
    random_vectors(g, s, row);
    for (unsigned k = 0; k < FUZZ_MEMORY; k += 16) {
        uint64_t v[2];
        value_vector(&g->rng, v, THEME_ANY);
        memcpy(s->memory + k, v, 16);
    }
    s->nzcv = rng_next(&g->rng) & 0xf0000000;
    s->fpcr = value_fpcr(&g->rng);
    s->fpsr = g->fpsr ? value_fpsr(&g->rng) : 0;
    s->flags = (uint64_t)g->fpsr << FUZZ_FPSR_BIT;
    if (rng_chance(&g->rng, 90))
        s->flags |= 1 << FUZZ_SKIP_ILL_BIT;
    s->flags |= random_repeat(g) << FUZZ_REPEAT_BIT;
}

static void literals(struct gen *g)
{
    for (unsigned k = FUZZ_LITERALS; k < FUZZ_SLOT_WORDS; k += 4) {
        uint64_t v[2];
        value_vector(&g->rng, v, THEME_ANY);
        memcpy(&g->block->code[k], v, 16);
    }
}

static void emit_row(struct gen *g, struct row *row)
{
    for (unsigned tries = 0; tries < 20; tries++) {
        bool done = row->special      ? row->special->emit(g, row)
                    : memory_is(row) ? memory_emit(g, row)
                                      : gen_emit(g, row, gen_word(g, row));
        if (done)
            return;
    }
}

static struct row *any_row(struct gen *g, unsigned near)
{
    if (rng_chance(&g->rng, 40)) /* one of the same family: they are neighbours in the table */
        return &rows[(near + n_rows + rng_below(&g->rng, 17) - 8) % n_rows];
    return &rows[rng_below(&g->rng, n_rows)];
}

void gen_block(struct block *block, uint64_t seed, uint64_t number, bool fpsr)
{
    struct gen g = {.block = block, .fpsr = fpsr};
    g.rng.state = seed * UINT64_C(0xd6e8feb86659fd93) + number * UINT64_C(0xa0761d6478bd642f);
    g.address = FUZZ_CODE + number % BATCH * FUZZ_SLOT_BYTES;
    memset(block, 0, sizeof *block);
    /* Each row is the main one of its turn, so that none is left out. */
    unsigned main_row = (unsigned)((number * 619 + seed) % n_rows);
    random_state(&g, &block->state, &rows[main_row]);
    literals(&g);
    for (unsigned k = 0; k < 6; k++)
        g.pool[k] = rng_below(&g.rng, 32);

    unsigned wanted = 1 + rng_below(&g.rng, rng_chance(&g.rng, 10) ? 32 : 12);
    unsigned main_at = rng_below(&g.rng, wanted), counter = 0;
    g.loop = rng_chance(&g.rng, 20);
    if (g.loop) {
        counter = rng_below(&g.rng, 31);
        gen_pin(&g, counter, 2 + rng_below(&g.rng, rng_chance(&g.rng, 80) ? 3 : 40));
    }
    block->code[0] = (uint32_t)INSN_MRS_X30_TPIDR;
    for (unsigned k = 0; k < wanted; k++)
        emit_row(&g, k == main_at ? &rows[main_row] : any_row(&g, main_row));
    if (g.loop)
        close_loop(&g, counter);
    fix(&g);
    unsigned end = block->n + 1;
    block->code[end] = INSN_B | (((FUZZ_EXIT - (uint32_t)g.address) / 4 - end) & 0x3ffffff);
}
