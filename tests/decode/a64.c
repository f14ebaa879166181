/* SPDX-License-Identifier: MIT */
/*
 * The A64 decode tables: every row decodes words of its own to itself, no two rows match one word,
 * and what a row accepts is what an independent decoder (capstone) knows by that name.
 *
 *   a64 [WORDS [SEED]]     words for each row and in all; prints TAP
 */
#include <capstone/capstone.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "frontends/arm/a64_lift.h"

static uint64_t random_state = 1;
static unsigned failures;

static uint32_t random32(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t x = random_state ^ random_state >> 33;
    return (uint32_t)(x * UINT64_C(0xff51afd7ed558ccd) >> 32);
}

/* Matching by the table alone, without the generated decision tree. */
static bool row_matches(const struct a64_row_info *row, uint32_t word)
{
    if ((word & row->mask) != row->value) {
        return false;
    }
    for (unsigned k = 0; k < row->n_exclusions; k++) {
        if ((word & row->exclusion[k].mask) == row->exclusion[k].value) {
            return false;
        }
    }
    return true;
}

static uint32_t random_word_of(const struct a64_row_info *row)
{
    for (;;) {
        uint32_t word = (random32() & ~row->mask) | row->value;
        if (row_matches(row, word)) {
            return word;
        }
    }
}

static void report(unsigned bad, const char *what)
{
    printf("%s - %s\n", bad ? "not ok" : "ok", what);
    failures += bad != 0;
}

/* --- the tables alone ------------------------------------------------------------------------------- */

static void test_round_trip(unsigned words)
{
    unsigned bad = 0;
    for (int k = 0; k < A64_ROW_COUNT; k++) {
        for (unsigned n = 0; n < words; n++) {
            uint32_t word = random_word_of(&a64_rows[k]);
            int got = a64_decode(word);
            if (got != k && bad++ < 10) {
                printf("# %08" PRIx32 " is of %s, decoded to %s\n", word, a64_rows[k].name,
                       got < 0 ? "nothing" : a64_rows[got].name);
            }
        }
    }
    report(bad, "words of a row decode to it");
}

static void test_unique(unsigned words)
{
    unsigned bad = 0;
    for (unsigned n = 0; n < words; n++) {
        uint32_t word = random32();
        int found = -1, count = 0;
        for (int k = 0; k < A64_ROW_COUNT; k++) {
            if (row_matches(&a64_rows[k], word)) {
                found = k;
                count++;
            }
        }
        if ((count > 1 || a64_decode(word) != found) && bad++ < 10) {
            printf("# %08" PRIx32 ": %d rows match, decoded to %d\n", word, count,
                   a64_decode(word));
        }
    }
    report(bad, "random words match one row at most, and decode to that");
}

static void test_names(void)
{
    unsigned bad = 0;
    for (int k = 0; k < A64_ROW_COUNT; k++) {
        const char *name = a64_rows[k].name;
        bad += !name || !isupper((unsigned char)name[0]) || !a64_rows[k].lift;
        for (int j = 0; j < k; j++) {
            bad += !strcmp(name, a64_rows[j].name);
        }
    }
    report(bad, "every row has a name of its own and a lifter");
}

/* --- against capstone --------------------------------------------------------------------------------- */

static csh disassembler;
static struct ir ir;

/* Does the front end take the word, reserved values of fields included? */
static bool lifts(int row, uint32_t word)
{
    struct tcg_lift l = {.ir = &ir, .pc = 0x10000, .next_pc = 0x10004, .run_mode = TCG_RUN_ONE_INSN};
    struct a64_lift s = {.l = &l, .ir = &ir, .pc = l.pc, .insn = word, .features = a64_features};
    ir_reset(&ir);
    return a64_rows[row].lift(&s, word);
}

/* Mnemonic of a word, empty if capstone does not know it. */
static void mnemonic(uint32_t word, char *out, size_t n)
{
    cs_insn *insn;
    out[0] = '\0';
    if (cs_disasm(disassembler, (const uint8_t *)&word, 4, 0x10000, 1, &insn) == 1) {
        snprintf(out, n, "%s", insn->mnemonic);
        cs_free(insn, 1);
    }
}

/* Rows whose mnemonics are not their name up to the first '_', in lower case: all that the manual
 * gives the encoding, preferred aliases included.  A name ending in * is a prefix. */
static const char *const aliases[][2] = {
#define MNEMONICS(row, list) {#row, list},
#include "tests/decode/a64_mnemonics.def"
};

static bool listed(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; *p;) {
        size_t length = strcspn(p, " ");
        if (p[length - 1] == '*' ? n >= length - 1 && !strncmp(p, word, length - 1)
                                 : n == length && !strncmp(p, word, n)) {
            return true;
        }
        p += length + strspn(p + length, " ");
    }
    return false;
}

static bool mnemonic_fits(const char *row, const char *mnemonic)
{
    char base[64];
    size_t n = strcspn(row, "_");
    for (size_t k = 0; k <= n; k++) {
        base[k] = k < n ? (char)tolower((unsigned char)row[k]) : '\0';
    }
    size_t length = strlen(base);
    if (!strncmp(base, mnemonic, length) && (!mnemonic[length] || !strcmp(mnemonic + length, "2"))) {
        return true;
    }
    for (size_t k = 0; k < sizeof aliases / sizeof aliases[0]; k++) {
        if (!strcmp(aliases[k][0], row) && listed(aliases[k][1], mnemonic)) {
            return true;
        }
    }
    return false;
}

static void test_mnemonics(unsigned words)
{
    unsigned bad = 0, known = 0;
    for (int k = 0; k < A64_ROW_COUNT; k++) {
        unsigned bad_row = 0;
        for (unsigned n = 0; n < words; n++) {
            uint32_t word = random_word_of(&a64_rows[k]);
            char name[64];
            mnemonic(word, name, sizeof name);
            if (!name[0] || !lifts(k, word)) {
                continue;
            }
            known++;
            if (!mnemonic_fits(a64_rows[k].name, name) && bad_row++ < 3) {
                printf("# %08" PRIx32 ": %s here, %s there\n", word, a64_rows[k].name, name);
            }
        }
        bad += bad_row;
    }
    report(bad || !known, "rows are what capstone calls by their name");
}

/* What capstone knows and EL0 may not execute, or capstone takes though reserved. */
static bool not_for_el0(const char *name)
{
    return listed("hvc smc hlt dcps1 dcps2 dcps3 eret eretaa eretab drps msr mrs sys sysl at dc ic tlbi",
                  name);
}

/* Words that break a should-be-one bit, which capstone ignores and which are UNDEFINED here. */
static bool breaks_should_be(uint32_t word)
{
    static const uint32_t rows[][3] = {
        {0x3fa00000, 0x08000000, 0x00007c00}, /* STXR, LDXR: Rt2 */
        {0x3fe00000, 0x08400000, 0x001f7c00}, /* LDXR: Rs, Rt2 */
        {0xbfe00000, 0x88600000, 0x001f0000}, /* LDXP: Rs */
        {0x3fa00000, 0x08800000, 0x001f7c00}, /* STLR, LDAR */
        {0x3fa0fc00, 0x38a0c000, 0x001f0000}, /* LDAPR: Rs */
        {0xff608000, 0x9b400000, 0x00007c00}, /* SMULH, UMULH: Ra */
    };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        if ((word & rows[k][0]) == rows[k][1] && (word & rows[k][2]) != rows[k][2]) {
            return true;
        }
    }
    return false;
}

static void test_missing(unsigned words)
{
    unsigned bad = 0, known = 0;
    for (unsigned n = 0; n < words; n++) {
        /* Half of the words near a row: one bit off. */
        uint32_t word = n & 1 ? random32()
                              : random_word_of(&a64_rows[random32() % A64_ROW_COUNT]) ^
                                    1u << random32() % 32;
        char name[64];
        mnemonic(word, name, sizeof name);
        if (!name[0] || not_for_el0(name) || breaks_should_be(word)) {
            continue;
        }
        known++;
        int row = a64_decode(word);
        if ((row < 0 || !lifts(row, word)) && bad++ < 20) {
            printf("# %08" PRIx32 " (%s) is UNDEFINED here (%s)\n", word, name,
                   row < 0 ? "no row" : a64_rows[row].name);
        }
    }
    report(bad || !known, "what capstone knows has a row");
}

int main(int argc, char **argv)
{
    unsigned words = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 200;
    random_state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    ir_init(&ir, &a64_guest);
    test_names();
    test_round_trip(words);
    test_unique(words * 1000);
    if (cs_open(CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, &disassembler) != CS_ERR_OK) {
        printf("ok - mnemonics # SKIP capstone has no A64\n");
        return failures != 0;
    }
    test_mnemonics(words);
    test_missing(words * 1000);
    cs_close(&disassembler);
    ir_free(&ir);
    return failures != 0;
}
