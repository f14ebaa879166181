/* SPDX-License-Identifier: MIT */
/*
 * Rows whose outcome depends on more than operands: what must be arranged so that the
 * architecture leaves nothing open, or what two implementations may do differently for good
 * reasons.  The table at the end names all of them; docs/limits.md says the same in words.
 */
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A user address, so that no bits above it are lost when a pointer is signed and stripped. */
static uint64_t user_address(struct gen *g) { return rng_next(&g->rng) >> 18; }

/* A clean register with that value, or -1. */
static int pinned_register(struct gen *g, uint32_t without, uint64_t value)
{
    int reg = gen_clean(g, without, false);
    if (reg >= 0)
        gen_pin(g, (unsigned)reg, value);
    return reg;
}

static bool is_clean(const struct gen *g, unsigned reg)
{
    return !((g->dirty | g->pinned) >> reg & 1);
}

/* --- branches --------------------------------------------------------------------------------- */

static bool emit_branch(struct gen *g, const struct row *row)
{
    if (!gen_emit(g, row, gen_word(g, row)))
        return false;
    gen_fixup(g, NOT_REG);
    return true;
}

static bool emit_branch_register(struct gen *g, const struct row *row)
{
    uint32_t word = gen_word(g, row);
    int rn = gen_clean(g, 0, false);
    if (rn < 0 || (g->loop && !strcmp(row->name, "BLR") && rn == 30))
        return false;
    field_set(row, &word, "rn", (uint32_t)rn);
    if (!gen_emit(g, row, word))
        return false;
    if (rng_chance(&g->rng, 3)) { /* to where nothing can be fetched: ends the case */
        bool unaligned = rng_chance(&g->rng, 50);
        gen_pin(g, (unsigned)rn, unaligned ? g->address + 2 : FUZZ_DATA + 2 * FUZZ_PAGE + 8);
        return true;
    }
    g->pinned |= 1u << rn;
    gen_fixup(g, (unsigned)rn);
    return true;
}

/* --- system ----------------------------------------------------------------------------------- */

/* No system call has this number, so only X0 changes. */
static bool emit_svc(struct gen *g, const struct row *row)
{
    if (!is_clean(g, 8) || (g->loop && g->pinned & 1))
        return false;
    gen_pin(g, 8, 5000);
    return gen_emit(g, row, gen_word(g, row));
}

static bool emit_brk(struct gen *g, const struct row *row)
{
    return gen_emit(g, row, gen_word(g, row));
}

/* op0<0>, op1, CRn, CRm, op2, as the field `sysreg`. */
#define SYSREG(op1, crn, crm, op2) (1 << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

/* The registers that are the same everywhere.  Not among them: CNTVCT_EL0 and CNTFRQ_EL0 (the
 * clock), CTR_EL0, DCZID_EL0 and the ID registers (they tell one CPU from another). */
static const struct sysreg {
    uint32_t number;
    enum { PLAIN, CONTROL, STATUS } kind;
    bool writable;
} sysregs[] = {
    {SYSREG(3, 4, 2, 0), PLAIN, true},    /* NZCV */
    {SYSREG(3, 4, 4, 0), CONTROL, true},  /* FPCR */
    {SYSREG(3, 4, 4, 1), STATUS, true},   /* FPSR */
    {SYSREG(3, 13, 0, 2), PLAIN, true},   /* TPIDR_EL0 */
    {SYSREG(3, 13, 0, 3), PLAIN, false},  /* TPIDRRO_EL0 */
};

static bool emit_sysreg(struct gen *g, const struct row *row)
{
    const struct sysreg *r = &sysregs[rng_below(&g->rng, COUNT(sysregs))];
    bool write = !strcmp(row->name, "MSR_reg");
    uint32_t word = gen_word(g, row);
    field_set(row, &word, "sysreg", r->number);
    if ((r->kind == STATUS && !g->fpsr) || (write && !r->writable))
        return false;
    if (write && r->kind != PLAIN) { /* with defined bits only */
        uint64_t value = r->kind == CONTROL ? value_fpcr(&g->rng) : value_fpsr(&g->rng);
        int rt = pinned_register(g, 0, value);
        if (rt < 0)
            return false;
        field_set(row, &word, "rt", (uint32_t)rt);
    }
    return gen_emit(g, row, word);
}

/* Cache maintenance by address. */
static bool emit_cache(struct gen *g, const struct row *row)
{
    bool zero = !strcmp(row->name, "DC_ZVA");
    uint32_t word = gen_word(g, row);
    uint64_t at = zero ? FUZZ_ZVA_AT + rng_below(&g->rng, FUZZ_ZVA) : memory_target(&g->rng, 1);
    if (!strcmp(row->name, "IC_IVAU") && rng_chance(&g->rng, 50))
        at = g->address;
    int rt = pinned_register(g, 0, at);
    if (rt < 0)
        return false;
    field_set(row, &word, "rt", (uint32_t)rt);
    return gen_emit(g, row, word);
}

/* --- exclusives ------------------------------------------------------------------------------- */

/* A store-exclusive: without a load before it, which must fail, or after a load from the same
 * address of the same size.  What happens after any other load is open (B2.12.5). */
static bool emit_store_exclusive(struct gen *g, const struct row *row)
{
    bool pair = !strcmp(row->name, "STXP");
    uint32_t word = gen_word(g, row), load;
    unsigned bytes = pair ? 8u << (word >> 30 & 1) : 1u << (word >> 30);
    uint32_t rs = field_get(row, word, "rs", 0), rt = field_get(row, word, "rt", 0);
    int rn = gen_clean(g, 1u << rs | 1u << rt, false);
    if (rn < 0 || rs == rt || rs == field_get(row, word, "rt2", NOT_REG))
        return false;
    bool alone = !g->monitor && !g->loop && rng_chance(&g->rng, 20);
    gen_pin(g, (unsigned)rn, memory_target(&g->rng, bytes));
    field_set(row, &word, "rn", (uint32_t)rn);
    if (alone)
        return gen_emit(g, row, word);
    const struct row *load_row = rows_find(pair ? "LDXP" : "LDXR");
    uint32_t same = 0xc0000000u; /* the size */
    load = gen_word(g, load_row);
    load = (load & ~same) | (word & same);
    field_set(load_row, &load, "rn", (uint32_t)rn);
    uint32_t to = field_get(load_row, load, "rt", 0);
    uint32_t to2 = field_get(load_row, load, "rt2", NOT_REG);
    if (to == (uint32_t)rn || to2 == (uint32_t)rn || to == to2)
        return false;
    uint32_t add = 0x0b000000 | (rng_next(&g->rng) & 0x1f03e0) | rt; /* add wt, wn, wm */
    uint32_t words[3] = {load, add, word};
    bool between = rt != 31 && rt != (uint32_t)rn && rng_chance(&g->rng, 50);
    words[1] = between ? add : word;
    g->monitor = true;
    return gen_emit_group(g, words, between ? 3 : 2);
}

/* --- pointer authentication ------------------------------------------------------------------- */

/*
 * Signatures differ between implementations (the algorithm and the keys are their own; here
 * they are empty), so whatever is signed is authenticated or stripped before anything else can
 * look at it.
 */
enum {
    PAC_AUT = (int)0xdac10000,      /* op << 10 | rn << 5 | rd */
    PAC_AUT_ZERO = (int)0xdac123e0, /* op << 10 | rd */
    XPACI = (int)0xdac143e0,        /* d << 10 | rd */
    AUTHENTICATE = 4 << 10,
    HINT = (int)0xd503201f,
};

static uint32_t hint(unsigned number) { return (uint32_t)HINT | number << 5; }

/* PAC and AUT of the same key and modifier: an identity */
static bool emit_pac(struct gen *g, const struct row *row)
{
    bool zero = !strcmp(row->name, "PAC_AUT_zero");
    int rd = gen_clean(g, 0, false);
    if (rd < 0)
        return false;
    uint32_t key = rng_below(&g->rng, 4) << 10, rn = rng_below(&g->rng, 32);
    if (rn == (uint32_t)rd)
        return false;
    gen_pin(g, (unsigned)rd, user_address(g));
    g->pinned &= g->loop ? ~(1u << rd) : ~0u; /* it keeps its value */
    uint32_t pac = (uint32_t)(zero ? PAC_AUT_ZERO : (int)((uint32_t)PAC_AUT | rn << 5)) | key;
    uint32_t words[2] = {pac | (uint32_t)rd, pac | AUTHENTICATE | (uint32_t)rd};
    bool done = gen_emit_group(g, words, 2);
    g->pinned |= 1u << rd;
    return done;
}

static bool emit_xpac(struct gen *g, const struct row *row)
{
    int rd = gen_clean(g, 0, false);
    if (rd < 0 || g->loop)
        return false;
    uint32_t word = gen_word(g, row);
    gen_pin(g, (unsigned)rd, user_address(g));
    field_set(row, &word, "rd", (uint32_t)rd);
    return gen_emit(g, row, word);
}

/* The result is a signature: it is overwritten. */
static bool emit_pacga(struct gen *g, const struct row *row)
{
    uint32_t word = gen_word(g, row), rd = word & 31;
    uint32_t words[2] = {word, 0xd2800000 | rd}; /* movz xd, 0 */
    return gen_emit_group(g, words, 2);
}

/* Hints that sign X17 with X16, or X30 with SP or zero, with their opposites */
static bool emit_hint(struct gen *g, const struct row *row)
{
    static const uint8_t sign[] = {8, 10, 24, 25, 26, 27}; /* the opposite: + 4 */
    if (rng_chance(&g->rng, 80))
        return gen_emit(g, row, gen_word(g, row));
    unsigned number = rng_chance(&g->rng, 20) ? 7 : sign[rng_below(&g->rng, COUNT(sign))];
    unsigned reg = number == 8 || number == 10 ? 17 : 30;
    if (!is_clean(g, reg) || g->loop)
        return false;
    gen_pin(g, reg, user_address(g));
    uint32_t words[2] = {hint(number), hint(number + 4)};
    return gen_emit_group(g, words, number == 7 ? 1 : 2);
}

/* Signs a register, branches by it, and strips it: to the instruction after the branch. */
static bool emit_branch_authenticated(struct gen *g, const struct row *row)
{
    uint32_t word = gen_word(g, row), m = field_get(row, word, "m", 0);
    bool ret = !strcmp(row->name, "RETA"), link = !strncmp(row->name, "BL", 2);
    int rn = ret ? 30 : gen_clean(g, 1u << 30, false);
    if (rn < 0 || !is_clean(g, (unsigned)rn) || (link && g->loop && g->pinned >> 30 & 1))
        return false;
    uint32_t reg = (uint32_t)rn, sign = (uint32_t)PAC_AUT_ZERO | m << 10 | reg;
    if (ret) {
        sign = (uint32_t)PAC_AUT | m << 10 | 31 << 5 | reg;
    } else {
        uint32_t rm = field_get(row, word, "rm", NOT_REG);
        field_set(row, &word, "rn", reg);
        if (rm == reg)
            return false;
        if (rm != NOT_REG)
            sign = (uint32_t)PAC_AUT | m << 10 | rm << 5 | reg;
    }
    gen_pin(g, reg, g->address + 4 * (g->block->n + 3));
    g->pinned &= g->loop ? ~(1u << reg) : ~0u; /* it is back at its value in the end */
    uint32_t words[3] = {sign, word, (uint32_t)XPACI | reg};
    bool done = gen_emit_group(g, words, 3);
    g->pinned |= 1u << reg;
    return done;
}

/* LDRAA, LDRAB: the base is signed first, and stripped afterwards. */
static bool emit_load_authenticated(struct gen *g, const struct row *row)
{
    uint32_t word = gen_word(g, row), w = field_get(row, word, "w", 0);
    uint32_t raw = field_get(row, word, "imm10", 0) << 9 | field_get(row, word, "imm9", 0);
    int64_t offset = (int64_t)((uint64_t)raw << 54) >> 51;
    int rn = gen_clean(g, 1u << field_get(row, word, "rt", 0), false);
    if (rn < 0 || g->loop)
        return false;
    uint32_t reg = (uint32_t)rn, key = 2 + field_get(row, word, "m", 0);
    field_set(row, &word, "rn", reg);
    gen_pin(g, reg, memory_target(&g->rng, 1) - (uint64_t)offset);
    uint32_t words[3] = {(uint32_t)PAC_AUT_ZERO | key << 10 | reg, word,
                         (uint32_t)XPACI | 1 << 10 | reg};
    return gen_emit_group(g, words, w ? 2 : 3);
}

/* --- the tables ------------------------------------------------------------------------------- */

#define SIGNATURES "signatures are an implementation's own; here they are empty"
#define TARGET "the target must be code of the case"
#define ADDRESS "the operand is an address"

static const struct special table[] = {
    {"B", emit_branch, TARGET},
    {"BL", emit_branch, TARGET},
    {"B_cond", emit_branch, TARGET},
    {"CBZ", emit_branch, TARGET},
    {"CBNZ", emit_branch, TARGET},
    {"TBZ", emit_branch, TARGET},
    {"TBNZ", emit_branch, TARGET},
    {"BR", emit_branch_register, TARGET},
    {"BLR", emit_branch_register, TARGET},
    {"RET", emit_branch_register, TARGET},
    {"SVC", emit_svc, "only a system call that does not exist leaves the world alone"},
    {"BRK", emit_brk, "ends the case"},
    {"MRS", emit_sysreg, "clocks and ID registers are an implementation's own"},
    {"MSR_reg", emit_sysreg, "reserved bits are open"},
    {"IC_IVAU", emit_cache, ADDRESS},
    {"DC_ZVA", emit_cache, "the size of the block is an implementation's own; the least is 64"},
    {"DC_CVAC", emit_cache, ADDRESS},
    {"DC_CVAU", emit_cache, ADDRESS},
    {"DC_CVAP", emit_cache, ADDRESS},
    {"DC_CVADP", emit_cache, ADDRESS},
    {"DC_CIVAC", emit_cache, ADDRESS},
    {"STXR", emit_store_exclusive, "without its load-exclusive the outcome is open"},
    {"STXP", emit_store_exclusive, "without its load-exclusive the outcome is open"},
    {"PAC_AUT", emit_pac, SIGNATURES},
    {"PAC_AUT_zero", emit_pac, SIGNATURES},
    {"XPAC", emit_xpac, "the size of an address is an implementation's own"},
    {"PACGA", emit_pacga, SIGNATURES},
    {"HINT", emit_hint, SIGNATURES},
    {"BRAZ", emit_branch_authenticated, SIGNATURES},
    {"BLRAZ", emit_branch_authenticated, SIGNATURES},
    {"RETA", emit_branch_authenticated, SIGNATURES},
    {"BRA", emit_branch_authenticated, SIGNATURES},
    {"BLRA", emit_branch_authenticated, SIGNATURES},
    {"LDRA", emit_load_authenticated, SIGNATURES},
};

const struct special *special_find(const char *row)
{
    for (unsigned k = 0; k < COUNT(table); k++) {
        if (!strcmp(table[k].row, row))
            return &table[k];
    }
    return NULL;
}

/* Words that a peer with a later architecture may execute, or that are emitted in pairs. */
static const struct avoid {
    const char *row;
    uint32_t mask, value;
    const char *why;
} avoided[] = {
    {"FCVT_f", 0x00c18000, 0x00410000, "BFCVT of FEAT_BF16, which is not implemented here"},
    {"HINT", 0x00000fe0, 7 << 5, "XPACLRI: see emit_hint()"},
    {"HINT", 0x00000f60, 8 << 5, "PACIA1716, AUTIA1716: see emit_hint()"},
    {"HINT", 0x00000f60, 10 << 5, "PACIB1716, AUTIB1716: see emit_hint()"},
    {"HINT", 0x00000f00, 24 << 5, "PACIASP, AUTIASP and the like: see emit_hint()"},
    {"HINT", 0x00000fe0, 40 << 5, "CHKFEAT of FEAT_CHK changes X16"},
};

bool special_avoid(const struct row *row, uint32_t word)
{
    for (unsigned k = 0; k < COUNT(avoided); k++) {
        if ((word & avoided[k].mask) == avoided[k].value && !strcmp(avoided[k].row, row->name))
            return true;
    }
    return false;
}

/* Rows whose behaviour an older peer has wrong, each seen to be right in a newer one. */
static const struct {
    const char *row;
    uint32_t mask, value;
    const char *why;
} wrong[] = {
    {"DC_CVAP", 0, 0, "is undefined"},
    {"DC_CVADP", 0, 0, "is undefined"},
    {"FCVTZS_sih", 0, 0, "sign extends into the rest of the register"},
    {"LDAPR", 0, 0, "does not fault when it crosses 16 bytes"},
    {"FJCVTZS", 0, 0, "sets Z for a number that is not in range"},
    {"CASP", 0x001f0000, 0x001e0000, "with X30 and XZR writes SP"},
};

bool special_peer_wrong(const struct block *block)
{
    for (unsigned k = 1; k <= block->n; k++) {
        for (unsigned w = 0; block->at[k].row != NO_ROW && w < COUNT(wrong); w++) {
            if ((block->code[k] & wrong[w].mask) == wrong[w].value &&
                !strcmp(rows[block->at[k].row].name, wrong[w].row))
                return true;
        }
    }
    return false;
}
