/* SPDX-License-Identifier: MIT */
/* The rows of the decode tables, as `decodegen.py --list` prints them. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

struct row *rows;
unsigned n_rows;

static _Noreturn void bad(const char *path, unsigned line, const char *text)
{
    fprintf(stderr, "fuzz: %s:%u: %s\n", path, line, text);
    exit(2);
}

/* NAME=SHIFT:WIDTH or !MASK:VALUE */
static bool parse_item(struct row *row, const char *item)
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
    if (row->n_fields > sizeof row->fields / sizeof row->fields[0] ||
        sscanf(item, "%7[^=]=%u:%u", f->name, &a, &b) != 3)
        return false;
    f->shift = (uint8_t)a;
    f->width = (uint8_t)b;
    return true;
}

static bool parse_row(struct row *row, char *line)
{
    int used;
    memset(row, 0, sizeof *row);
    if (sscanf(line, "%15s %x %x %*s%n", row->name, &row->mask, &row->value, &used) != 3)
        return false;
    for (char *item = strtok(line + used, " \n"); item; item = strtok(NULL, " \n")) {
        if (!parse_item(row, item))
            return false;
    }
    row->special = special_find(row->name);
    return true;
}

void rows_read(const char *path)
{
    char line[512];
    FILE *in = fopen(path, "r");
    if (!in)
        bad(path, 0, "cannot be read");
    while (fgets(line, sizeof line, in)) {
        rows = realloc(rows, (n_rows + 1) * sizeof *rows);
        if (!rows || !parse_row(&rows[n_rows], line))
            bad(path, n_rows + 1, "is no row");
        n_rows++;
    }
    fclose(in);
    if (!n_rows)
        bad(path, 1, "has no rows");
}

struct row *rows_find(const char *name)
{
    for (unsigned k = 0; k < n_rows; k++) {
        if (!strcmp(rows[k].name, name))
            return &rows[k];
    }
    return NULL;
}

int rows_match(uint32_t word)
{
    for (unsigned k = 0; k < n_rows; k++) {
        const struct row *row = &rows[k];
        bool match = (word & row->mask) == row->value;
        for (unsigned e = 0; match && e < row->n_exclusions; e++)
            match = (word & row->exclusions[e].mask) != row->exclusions[e].value;
        if (match)
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

uint32_t field_get(const struct row *row, uint32_t word, const char *name, uint32_t missing)
{
    const struct field *f = row_field(row, name);
    return f ? word >> f->shift & ((1u << f->width) - 1) : missing;
}

void field_set(const struct row *row, uint32_t *word, const char *name, uint32_t value)
{
    const struct field *f = row_field(row, name);
    if (f) {
        uint32_t mask = ((1u << f->width) - 1) << f->shift;
        *word = (*word & ~mask) | (value << f->shift & mask);
    }
}
