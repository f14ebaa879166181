/* SPDX-License-Identifier: MIT */
/* What rows.h declares: rows as `decodegen.py --list` prints them, random numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/rows.h"

struct row *rows;
unsigned n_rows, first_row[ROWS_MAX_TABLES + 1];

/* --- reading ---------------------------------------------------------------------------------- */

static _Noreturn void bad(const char *path, unsigned line, const char *text)
{
    fprintf(stderr, "fuzz: %s:%u: %s\n", path, line, text);
    exit(2);
}

/* NAME=SHIFT:WIDTH+SHIFT:WIDTH... or !MASK:VALUE */
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
        f->width = (uint8_t)(f->width + b);
    }
    return true;
}

static bool parse_row(struct row *row, char *line, unsigned table)
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

void rows_read(const char *path, const char *const *tables, unsigned n_tables)
{
    char line[512];
    unsigned table = 0; /* how many have begun */
    FILE *in = fopen(path, "r");
    if (!in)
        bad(path, 0, "cannot be read");
    while (fgets(line, sizeof line, in)) {
        if (line[0] == '[') {
            if (table == n_tables || strncmp(line + 1, tables[table], strlen(tables[table])))
                bad(path, n_rows, "another table was expected");
            first_row[table++] = n_rows;
            continue;
        }
        rows = realloc(rows, (n_rows + 1) * sizeof *rows);
        if (!rows || (n_tables && !table) || !parse_row(&rows[n_rows], line, table ? table - 1 : 0))
            bad(path, n_rows + 1, "is no row");
        n_rows++;
    }
    fclose(in);
    if (!n_rows || table != n_tables)
        bad(path, n_rows, "lacks rows");
    first_row[n_tables] = n_rows;
}

/* --- rows and fields -------------------------------------------------------------------------- */

struct row *rows_find(const char *name)
{
    for (unsigned k = 0; k < n_rows; k++) {
        if (!strcmp(rows[k].name, name))
            return &rows[k];
    }
    return NULL;
}

bool row_excludes(const struct row *row, uint32_t word)
{
    for (unsigned e = 0; e < row->n_exclusions; e++) {
        if ((word & row->exclusions[e].mask) == row->exclusions[e].value)
            return true;
    }
    return false;
}

int rows_match(uint32_t word)
{
    for (unsigned k = 0; k < n_rows; k++) {
        if ((word & rows[k].mask) == rows[k].value && !row_excludes(&rows[k], word))
            return (int)k;
    }
    return -1;
}

const struct field *row_field(const struct row *row, const char *name)
{
    for (unsigned k = 0; k < row->n_fields; k++) {
        if (!strcmp(row->fields[k].name, name))
            return &row->fields[k];
    }
    return NULL;
}

uint32_t field_value(const struct field *f, uint32_t word)
{
    uint32_t value = 0;
    for (unsigned k = 0; k < f->n_pieces; k++) {
        uint32_t mask = (uint32_t)((UINT64_C(1) << f->piece[k].width) - 1);
        value = value << f->piece[k].width | (word >> f->piece[k].shift & mask);
    }
    return value;
}

void field_put(const struct field *f, uint32_t *word, uint32_t value)
{
    for (unsigned k = f->n_pieces; k-- > 0;) {
        uint32_t mask = (uint32_t)((UINT64_C(1) << f->piece[k].width) - 1);
        *word &= ~(mask << f->piece[k].shift);
        *word |= (value & mask) << f->piece[k].shift;
        value >>= f->piece[k].width;
    }
}

uint32_t field_get(const struct row *row, uint32_t word, const char *name, uint32_t missing)
{
    const struct field *f = row_field(row, name);
    return f ? field_value(f, word) : missing;
}

void field_set(const struct row *row, uint32_t *word, const char *name, uint32_t value)
{
    const struct field *f = row_field(row, name);
    if (f)
        field_put(f, word, value);
}

/* --- random numbers --------------------------------------------------------------------------- */

uint64_t rng_next(struct rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

unsigned rng_below(struct rng *rng, unsigned n)
{
    return (unsigned)((rng_next(rng) >> 32) * n >> 32);
}

bool rng_chance(struct rng *rng, unsigned percent)
{
    return rng_below(rng, 100) < percent;
}
