/* SPDX-License-Identifier: MIT */
/*
 * The decode tables of A32, T16 and T32: random words of each row decode to that row, and capstone
 * calls them by its name (arm_mnemonics.def lists the exceptions).
 *
 *   arm [words a row]
 */
#include <capstone/capstone.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontends/arm/a32_lift.h"

struct table {
    const char *name;
    const struct a32_row_info *rows;
    int n_rows;
    int (*decode)(uint32_t insn);
    int mode;
};

static const struct table tables[] = {
    {"a32", a32_rows, A32_ROW_COUNT, a32_decode, CS_MODE_ARM | CS_MODE_V8},
    {"t16", t16_rows, T16_ROW_COUNT, t16_decode, CS_MODE_THUMB | CS_MODE_V8},
    {"t32", t32_rows, T32_ROW_COUNT, t32_decode, CS_MODE_THUMB | CS_MODE_V8},
};

static const struct exception {
    const char *table, *row, *mnemonics;
} exceptions[] = {
#define NAME(table, row, mnemonics) {table, row, mnemonics},
#include "tests/decode/arm_mnemonics.def"
};

static unsigned passed, failed;

static uint32_t random_word(void)
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 32);
}

/* A word of the row; A32: always executed, where it has a condition. */
static uint32_t word_of(const struct table *t, const struct a32_row_info *row)
{
    for (;;) {
        uint32_t word = (random_word() & ~row->mask) | row->value;
        bool excluded = false;
        if (t->decode == a32_decode && !(row->mask >> 28))
            word = (word & 0x0fffffff) | 0xe0000000;
        for (unsigned k = 0; k < row->n_exclusions; k++)
            excluded |= (word & row->exclusion[k].mask) == row->exclusion[k].value &&
                        row->exclusion[k].mask;
        if (!excluded)
            return word;
    }
}

static const char *mnemonics(const struct table *t, const char *row)
{
    for (unsigned k = 0; k < sizeof exceptions / sizeof exceptions[0]; k++) {
        if ((!*exceptions[k].table || !strcmp(exceptions[k].table, t->name)) &&
            !strcmp(exceptions[k].row, row))
            return exceptions[k].mnemonics;
    }
    return NULL;
}

/* Is `said` one of the mnemonics, with a suffix (s, a condition, .w, halves of registers)? */
static bool fits(const char *said, const char *list)
{
    for (const char *at = list; *at;) {
        size_t n = strcspn(at, " ");
        if (!strncmp(said, at, n))
            return true;
        at += n + (at[n] == ' ');
    }
    return false;
}

static bool named_right(const struct table *t, const char *row, const char *said)
{
    char plain[32];
    const char *list = mnemonics(t, row);
    size_t n = 0;
    for (; !list && (isupper((unsigned char)row[n]) || isdigit((unsigned char)row[n])); n++)
        plain[n] = (char)tolower((unsigned char)row[n]);
    plain[n] = 0;
    return fits(said, list ? list : plain);
}

/* What capstone calls the word; false if it does not know it. */
static bool disassemble(csh handle, const struct table *t, uint32_t word, char said[32])
{
    uint16_t half[2] = {(uint16_t)(word >> 16), (uint16_t)word};
    uint8_t bytes[4];
    bool thumb = t->mode & CS_MODE_THUMB;
    cs_insn *insn;
    memcpy(bytes, thumb ? (const void *)half : (const void *)&word, 4);
    if (!cs_disasm(handle, bytes, t->decode == t16_decode ? 2 : 4, 0x1000, 1, &insn))
        return false;
    snprintf(said, 32, "%s", insn->mnemonic);
    cs_free(insn, 1);
    return true;
}

static void wrong(const struct table *t, const struct a32_row_info *row, uint32_t word, const char *how)
{
    printf("%s %s: %08x %s\n", t->name, row->name, word, how);
    failed++;
}

static void test_row(csh handle, const struct table *t, int index, unsigned words)
{
    const struct a32_row_info *row = &t->rows[index];
    const char *list = mnemonics(t, row->name);
    unsigned known = 0;
    for (unsigned k = 0; k < words; k++) {
        uint32_t word = word_of(t, row);
        char said[32];
        if (t->decode(word) != index) {
            wrong(t, row, word, "decodes to another row");
            return;
        }
        if (!disassemble(handle, t, word, said))
            continue;
        known++;
        if (!(list && !strcmp(list, "SKIP")) && !named_right(t, row->name, said)) {
            wrong(t, row, word, said);
            return;
        }
    }
    if (!known && !(list && !strcmp(list, "SKIP"))) {
        wrong(t, row, row->value, "is unknown to capstone");
        return;
    }
    passed++;
}

int main(int argc, char **argv)
{
    unsigned words = argc > 1 ? (unsigned)atoi(argv[1]) : 200;
    for (unsigned k = 0; k < sizeof tables / sizeof tables[0]; k++) {
        csh handle;
        if (cs_open(CS_ARCH_ARM, (cs_mode)tables[k].mode, &handle) != CS_ERR_OK)
            return 2;
        for (int row = 0; row < tables[k].n_rows; row++)
            test_row(handle, &tables[k], row, words);
        cs_close(&handle);
    }
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
