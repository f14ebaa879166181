/* SPDX-License-Identifier: MIT */
/*
 * Loads and stores (ARM ARM C4.1.94): their addressing forms are read from the word, and the
 * base register, and the index, get values for which the address is one that was chosen.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum form { EXCLUSIVE, ATOMIC, ORDERED_OFFSET, STRUCTURE, LITERAL, PAIR, OFFSET, INDEX };

struct access {
    enum form form;
    unsigned bytes;  /* of the whole access; 64 at most */
    int64_t offset;  /* of an immediate, in bytes, if it counts for the address */
    bool writeback, aligned;
};

bool memory_is(const struct row *row)
{
    return (row->value >> 25 & 5) == 4 && (row->mask >> 25 & 5) == 5;
}

static int64_t sign_extend(uint32_t value, unsigned bits)
{
    return (int64_t)((uint64_t)value << (64 - bits)) >> (64 - bits);
}

static void exclusive_or_structure(struct access *a, uint32_t word)
{
    unsigned size = word >> 30;
    if (word >> 26 & 1) {
        a->form = STRUCTURE;
        a->bytes = 64;
        a->writeback = word >> 23 & 1;
        return;
    }
    /* Pairs: o1 (bit 21) of exclusives, and CASP; o2 (bit 23) and o1: CAS. */
    bool pair = word >> 21 & 1 && !(word >> 23 & 1);
    a->form = EXCLUSIVE;
    a->bytes = pair ? 8u << (size & 1) : 1u << size;
    a->aligned = true;
}

static void pair(struct access *a, uint32_t word)
{
    unsigned opc = word >> 30, mode = word >> 23 & 3;
    unsigned scale = word >> 26 & 1 ? 2 + opc : 2 + (opc >> 1);
    a->form = PAIR;
    a->bytes = 2u << scale;
    a->writeback = mode & 1;
    a->offset = mode == 1 ? 0 : sign_extend(word >> 15 & 0x7f, 7) * (1 << scale);
}

static void single(struct access *a, uint32_t word)
{
    unsigned size = word >> 30, scale = word >> 26 & 1 && word >> 23 & 1 ? 4 : size;
    a->form = OFFSET;
    a->bytes = 1u << scale;
    if (word >> 24 & 1) {
        a->offset = (int64_t)(word >> 10 & 0xfff) << scale;
    } else if (!(word >> 21 & 1)) {
        unsigned mode = word >> 10 & 3; /* unscaled, post, unprivileged, pre */
        a->writeback = mode & 1;
        a->offset = mode == 1 ? 0 : sign_extend(word >> 12 & 0x1ff, 9);
    } else if (word >> 10 & 1) {        /* LDRA: is special */
        a->offset = 0;
    } else if (word >> 11 & 1) {
        a->form = INDEX;
    } else {
        a->form = ATOMIC;
        a->aligned = true;
    }
}

static struct access access_of(uint32_t word)
{
    struct access a = {0};
    switch (word >> 28 & 3) {
    case 0: exclusive_or_structure(&a, word); break;
    case 1:
        a.form = word >> 24 & 1 ? ORDERED_OFFSET : LITERAL;
        a.bytes = a.form == LITERAL ? 16 : 1u << (word >> 30);
        a.aligned = a.form == ORDERED_OFFSET;
        a.offset = a.aligned ? sign_extend(word >> 12 & 0x1ff, 9) : 0;
        break;
    case 2: pair(&a, word); break;
    default: single(&a, word); break;
    }
    return a;
}

uint32_t memory_writes(const struct row *row, uint32_t word)
{
    struct access a = access_of(word);
    uint32_t set = 0;
    if (!(row->value >> 26 & 1)) { /* not a V register */
        static const char *const names[] = {"rt", "rt2", "rs"};
        for (unsigned k = 0; k < 3; k++) {
            uint32_t reg = field_get(row, word, names[k], 31);
            set |= reg < 31 ? 1u << reg : 0;
        }
        if (!strcmp(row->name, "CASP"))
            set |= 2u << field_get(row, word, "rs", 0);
    }
    return a.writeback || !strcmp(row->name, "LDRA") ? set | 1u << (word >> 5 & 31) : set;
}

/* --- addresses -------------------------------------------------------------------------------- */

uint64_t memory_target(struct rng *rng, unsigned align)
{
    uint64_t at = FUZZ_WINDOW_AT + 64 + rng_below(rng, FUZZ_WINDOW - 192);
    if (rng_chance(rng, 15)) /* at the border of the pages */
        at = FUZZ_DATA + FUZZ_PAGE - 20 + rng_below(rng, 24);
    unsigned habit = rng_below(rng, 10);
    at &= habit < 5 ? ~UINT64_C(15) : habit < 7 ? ~UINT64_C(7) : ~UINT64_C(0);
    return at & ~(uint64_t)(align - 1);
}

/* An address that may fault. */
static uint64_t bad_target(struct rng *rng)
{
    static const uint64_t far[] = { /* beyond what a user program can have */
        UINT64_C(0x0000fffffffff000), UINT64_C(0x0001000000000000), UINT64_C(0x007fffffffffff00),
        UINT64_C(0x0080000000000000), UINT64_C(0xffff000000000000), UINT64_C(0xffffffffffffff00),
    };
    switch (rng_below(rng, 10)) {
    case 8:
    case 9: return far[rng_below(rng, 6)] + rng_below(rng, 128);
    case 0: return rng_below(rng, 4096);
    case 1: return FUZZ_DATA + 2 * FUZZ_PAGE + 64 + rng_below(rng, 2048);
    case 2: return FUZZ_DATA - 8;
    case 3:
    case 4: return FUZZ_READONLY_AT + 64 + rng_below(rng, 2048);
    default: return FUZZ_EDGE_AT + FUZZ_EDGE - 64 + rng_below(rng, 64);
    }
}

static uint64_t pick_target(struct gen *g, const struct access *a)
{
    unsigned align = a->aligned ? a->bytes : 1;
    if (g->loop || rng_chance(&g->rng, 92)) {
        if (!a->aligned || a->bytes == 1 || !rng_chance(&g->rng, 3))
            return memory_target(&g->rng, align);
        /* Crosses 16 bytes: a fault at every level of the architecture (B2.5.2, FEAT_LSE2). */
        return (memory_target(&g->rng, 16) | 16) - 1;
    }
    return bad_target(&g->rng) & ~(uint64_t)(align - 1);
}

/* What the index register adds. */
static uint64_t index_offset(const struct row *row, uint32_t word, uint64_t value, unsigned bytes)
{
    unsigned shift = field_get(row, word, "s", 0) ? (unsigned)__builtin_ctz(bytes) : 0;
    switch (field_get(row, word, "option", 3)) {
    case 2: value = (uint32_t)value; break;
    case 6: value = (uint64_t)(int64_t)(int32_t)value; break;
    }
    return value << shift;
}

/* Encodings whose effect the architecture leaves open (K1.2): the base is also data with
 * write-back, a pair loads one register twice. */
static bool unpredictable(const struct row *row, uint32_t word, const struct access *a)
{
    bool vector = word >> 26 & 1;
    uint32_t rt = field_get(row, word, "rt", 31), rt2 = field_get(row, word, "rt2", NOT_REG);
    uint32_t rn = field_get(row, word, "rn", 31);
    bool load_pair = a->form == PAIR && word >> 22 & 1;
    bool exclusive_pair = a->form == EXCLUSIVE && word >> 22 & 1 && rt2 != NOT_REG;
    if ((load_pair || exclusive_pair) && rt == rt2)
        return true;
    return a->writeback && !vector && a->form != STRUCTURE && rn != 31 && (rn == rt || rn == rt2);
}

static bool emit_literal(struct gen *g, const struct row *row, uint32_t word)
{
    unsigned to = FUZZ_LITERALS + rng_below(&g->rng, FUZZ_SLOT_WORDS - FUZZ_LITERALS - 3);
    field_set(row, &word, "imm19", to - (g->block->n + 1));
    return gen_emit(g, row, word);
}

/* Sets an index register (field rm of form INDEX) up; its contribution to the address. */
static bool pick_index(struct gen *g, const struct row *row, uint32_t *word,
                       const struct access *a, uint32_t rn, uint64_t *offset)
{
    if (rng_chance(&g->rng, 5)) {
        field_set(row, word, "rm", 31);
        return true;
    }
    int rm = gen_clean(g, 1u << rn, false);
    if (rm < 0)
        return false;
    uint64_t value = rng_chance(&g->rng, 60) ? value_int(&g->rng) : rng_below(&g->rng, 64);
    gen_pin(g, (unsigned)rm, value);
    field_set(row, word, "rm", (uint32_t)rm);
    *offset = index_offset(row, *word, value, a->bytes);
    return true;
}

bool memory_emit(struct gen *g, const struct row *row)
{
    uint32_t word = gen_word(g, row);
    struct access a = access_of(word);
    if (a.form == LITERAL)
        return emit_literal(g, row, word);
    int rn = gen_clean(g, 0, !a.aligned);
    if (rn < 0 || (g->loop && a.writeback))
        return false;
    field_set(row, &word, "rn", (uint32_t)rn);
    if (unpredictable(row, word, &a))
        return false;
    uint64_t offset = (uint64_t)a.offset;
    uint32_t pinned = g->pinned;
    if (a.form == INDEX && !pick_index(g, row, &word, &a, (uint32_t)rn, &offset))
        return false;
    uint64_t base = pick_target(g, &a) - offset;
    if (rn == 31)
        base &= ~UINT64_C(15); /* else SP itself is misaligned, which faults under Linux */
    else if (rng_chance(&g->rng, 3) && !g->loop)
        base += (uint64_t)rng_below(&g->rng, 256) << 56; /* a tag; ignored */
    gen_pin(g, (unsigned)rn, base);
    if (!strncmp(row->name, "LDX", 3))
        g->monitor = true;
    if (!gen_emit(g, row, word)) {
        g->pinned = pinned;
        return false;
    }
    return true;
}
