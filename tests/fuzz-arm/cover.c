/* SPDX-License-Identifier: MIT */
/*
 * What the blocks that ran to their end have had: rows, conditions, IT states, branches by kind and by
 * the instruction sets that they lead from and to, big-endian data.
 */
#include <string.h>

#include "tests/fuzz-arm/gen.h"

static const char *const conditions[15] = {"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc",
                                           "hi", "ls", "ge", "lt", "gt", "le", "al"};
static const char *const flow_names[FLOW_COUNT] = {
    [FLOW_DIRECT] = "B, BL",        [FLOW_COMPARE] = "CBZ",    [FLOW_EXCHANGE] = "BLX <label>",
    [FLOW_REGISTER] = "BX, BLX Rm", [FLOW_TABLE] = "TBB, TBH", [FLOW_LOAD] = "LDR pc",
    [FLOW_LIST] = "LDM, POP pc",    [FLOW_ALU] = "ALU pc",
};

/* Rows that are left out; tests/cpu executes them. */
static const struct {
    const char *name, *why;
} exceptions[] = {
    {"MRRC", "the virtual counter, which Linux lets programs read, but the peer raises SIGILL"},
};

const char *cover_excepted(const char *row)
{
    for (unsigned k = 0; k < sizeof exceptions / sizeof exceptions[0]; k++) {
        if (!strcmp(row, exceptions[k].name))
            return exceptions[k].why;
    }
    return NULL;
}

static struct {
    uint64_t a32[15], it[15], mask[16], place[5][5]; /* place: of an IT block's length */
    uint64_t flow[FLOW_COUNT][2][2], flow_in_it[FLOW_COUNT], memory_in_it;
} seen;

/* --- counting --------------------------------------------------------------------------------- */

static unsigned left_in_it(uint8_t it)
{
    return it & 15 ? 4 - (unsigned)__builtin_ctz(it & 15) : 0;
}

static void cover_it(const struct block *b, unsigned k, unsigned *length)
{
    const struct insn *i = &b->insn[k];
    if (k == 0 || !b->insn[k - 1].it || left_in_it(b->insn[k - 1].it) == 1) {
        *length = left_in_it(i->it);
        seen.mask[i->it & 15]++;
    }
    seen.it[i->it >> 4]++;
    seen.place[*length][*length - left_in_it(i->it) + 1]++;
    seen.flow_in_it[i->flow]++;
    seen.memory_in_it += i->row >= 0 && arrange_is_memory(&rows[i->row]);
}

void cover_block(const struct block *b)
{
    unsigned length = 0;
    for (unsigned k = 0; k < b->n; k++) {
        const struct insn *i = &b->insn[k];
        if (i->it)
            cover_it(b, k, &length);
        seen.flow[i->flow][i->thumb][i->thumb ^ i->switches]++;
        if (i->row < 0)
            continue;
        struct row *row = &rows[i->row];
        row->executed++;
        row->executed_big += b->big;
        if (!i->thumb && !(row->mask >> 28))
            seen.a32[i->word >> 28]++;
    }
}

void cover_trap(const struct block *b, uint32_t pc)
{
    unsigned at[BLOCK_MAX + 1];
    layout_places(b, at);
    for (unsigned k = 0; k < b->n; k++) {
        const int row = b->insn[k].row;
        if (at[k] == pc % FUZZ_SLOT_BYTES && row >= 0 &&
            (gen_starts(rows[row].name, "BKPT") || gen_starts(rows[row].name, "UDF")))
            rows[row].executed++;
    }
}

/* --- reporting -------------------------------------------------------------------------------- */

static unsigned count(const char *what, const char *name, uint64_t n)
{
    printf(" %s %llu", name, (unsigned long long)n);
    if (!n)
        printf(" <-- %s", what);
    return !n;
}

static unsigned report_conditions(const char *title, const uint64_t n[15])
{
    unsigned missing = 0;
    printf("%s:", title);
    for (unsigned k = 0; k < 15; k++)
        missing += count("never", conditions[k], n[k]);
    putchar('\n');
    return missing;
}

static unsigned report_it(void)
{
    unsigned missing = report_conditions("conditions in IT blocks", seen.it);
    printf("IT masks:");
    for (unsigned k = 1; k < 16; k++) {
        char name[8];
        snprintf(name, sizeof name, "%x:", k);
        missing += count("never", name, seen.mask[k]);
    }
    printf("\nplaces in IT blocks:");
    for (unsigned n = 1; n <= 4; n++) {
        for (unsigned p = 1; p <= n; p++) {
            char name[12];
            snprintf(name, sizeof name, "%u/%u:", p, n);
            missing += count("never", name, seen.place[n][p]);
        }
    }
    printf("\nat the end of IT blocks:");
    for (unsigned f = FLOW_DIRECT; f < FLOW_COUNT; f++) {
        if (f != FLOW_COMPARE && f != FLOW_EXCHANGE)
            missing += count("never", flow_names[f], seen.flow_in_it[f]);
    }
    missing += count("never", "loads, stores:", seen.memory_in_it);
    putchar('\n');
    return missing;
}

/* Whether a kind of branch exists from one set to another. */
static bool flow_exists(unsigned flow, unsigned from, unsigned to)
{
    switch (flow) {
    case FLOW_DIRECT: return from == to;
    case FLOW_COMPARE:
    case FLOW_TABLE: return from && to;
    case FLOW_EXCHANGE: return from != to;
    case FLOW_ALU: return !from || to;
    default: return true;
    }
}

static unsigned report_flow(bool a32, bool thumb)
{
    static const char *const sets[] = {"A32", "Thumb"};
    unsigned missing = 0;
    for (unsigned f = FLOW_DIRECT; f < FLOW_COUNT; f++) {
        printf("%s:", flow_names[f]);
        for (unsigned k = 0; k < 4; k++) {
            char name[20];
            snprintf(name, sizeof name, "%s-%s", sets[k >> 1], sets[k & 1]);
            if (flow_exists(f, k >> 1, k & 1) && (k >> 1 ? thumb : a32))
                missing += count("never", name, seen.flow[f][k >> 1][k & 1]);
        }
        putchar('\n');
    }
    return missing;
}

static unsigned report_rows(unsigned tables)
{
    unsigned never = 0, little = 0;
    for (unsigned k = 0; k < n_rows; k++) {
        const char *why = cover_excepted(rows[k].name);
        if (tables >> rows[k].table & 1 && why)
            printf("left out: %s, %s\n", rows[k].name, why);
        if (tables >> rows[k].table & 1 && !rows[k].executed && !why)
            printf("%s %s", never++ ? "" : "rows never executed:", rows[k].name);
    }
    puts(never ? "" : "rows never executed: none");
    for (unsigned k = 0; k < n_rows; k++) {
        if (tables >> rows[k].table & 1 && arrange_is_memory(&rows[k]) && !rows[k].executed_big)
            printf("%s %s", little++ ? "" : "loads and stores never big-endian:", rows[k].name);
    }
    puts(little ? "" : "loads and stores never big-endian: none");
    return never + little;
}

unsigned cover_report(unsigned tables)
{
    const bool a32 = tables >> TABLE_A32 & 1,
               thumb = tables >> TABLE_T16 & 1 || tables >> TABLE_T32 & 1;
    unsigned missing = report_rows(tables);
    if (a32)
        missing += report_conditions("conditions in A32", seen.a32);
    if (thumb)
        missing += report_it();
    return missing + report_flow(a32, thumb);
}
