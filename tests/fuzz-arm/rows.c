/* SPDX-License-Identifier: MIT */
/* The rows of the decode tables, as `decodegen.py --list --table ...` prints them. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz-arm/fuzz.h"

struct row *rows;
unsigned n_rows, first_row[TABLE_COUNT + 1];

static _Noreturn void bad(const char *path, unsigned line, const char *text)
{
    fprintf(stderr, "fuzz: %s:%u: %s\n", path, line, text);
    exit(2);
}

/* NAME=SHIFT:WIDTH+SHIFT:WIDTH*SCALE or !MASK:VALUE */
static bool parse_item(struct row *row, char *item)
{
    unsigned a, b;
    if (sscanf(item, "!%x:%x", &a, &b) == 2) {
        unsigned k = row->n_exclusions++;
        if (k >= sizeof row->exclusions / sizeof row->exclusions[0])
            return false;
        row->exclusions[k].mask = a;
        row->exclusions[k].value = b;
        return true;
    }
    struct field *f = &row->fields[row->n_fields++];
    char *at = strchr(item, '=');
    if (row->n_fields > sizeof row->fields / sizeof row->fields[0] || !at || at - item > 11)
        return false;
    memcpy(f->name, item, (size_t)(at - item));
    for (char *piece = strtok(at + 1, "+"); piece; piece = strtok(NULL, "+")) {
        if (f->n_pieces == 4 || sscanf(piece, "%u:%u", &a, &b) != 2)
            return false;
        f->piece[f->n_pieces].shift = (uint8_t)a;
        f->piece[f->n_pieces++].width = (uint8_t)b;
    }
    return true;
}

static bool parse_row(struct row *row, char *line, enum table table)
{
    int used;
    char *save, *item;
    memset(row, 0, sizeof *row);
    row->table = table;
    if (sscanf(line, "%23s %x %x %*s%n", row->name, &row->mask, &row->value, &used) != 3)
        return false;
    for (item = strtok_r(line + used, " \n", &save); item; item = strtok_r(NULL, " \n", &save)) {
        if (!parse_item(row, item))
            return false;
    }
    return true;
}

void rows_read(const char *path)
{
    static const char *const tables[TABLE_COUNT] = {"[a32]", "[t16]", "[t32]", "[vfp]"};
    char line[512];
    int table = -1;
    FILE *in = fopen(path, "r");
    if (!in)
        bad(path, 0, "cannot be read");
    while (fgets(line, sizeof line, in)) {
        if (line[0] == '[') {
            if (++table == TABLE_COUNT || strncmp(line, tables[table], 5))
                bad(path, n_rows, "another table was expected");
            first_row[table] = n_rows;
            continue;
        }
        rows = realloc(rows, (n_rows + 1) * sizeof *rows);
        if (!rows || table < 0 || !parse_row(&rows[n_rows], line, (enum table)table))
            bad(path, n_rows + 1, "is no row");
        n_rows++;
    }
    fclose(in);
    if (table != TABLE_VFP)
        bad(path, n_rows, "lacks tables");
    first_row[TABLE_COUNT] = n_rows;
}

const struct field *row_field(const struct row *row, const char *name)
{
    for (unsigned k = 0; k < row->n_fields; k++) {
        if (!strcmp(row->fields[k].name, name))
            return &row->fields[k];
    }
    return NULL;
}

unsigned field_width(const struct field *f)
{
    unsigned width = 0;
    for (unsigned k = 0; k < f->n_pieces; k++)
        width += f->piece[k].width;
    return width;
}

uint32_t field_get(const struct field *f, uint32_t word)
{
    uint32_t value = 0;
    for (unsigned k = 0; k < f->n_pieces; k++) {
        uint32_t mask = (uint32_t)((UINT64_C(1) << f->piece[k].width) - 1);
        value = value << f->piece[k].width | (word >> f->piece[k].shift & mask);
    }
    return value;
}

void field_set(const struct field *f, uint32_t *word, uint32_t value)
{
    for (unsigned k = f->n_pieces; k-- > 0;) {
        uint32_t mask = (uint32_t)((UINT64_C(1) << f->piece[k].width) - 1);
        *word &= ~(mask << f->piece[k].shift);
        *word |= (value & mask) << f->piece[k].shift;
        value >>= f->piece[k].width;
    }
}
