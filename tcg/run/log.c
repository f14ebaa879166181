/* SPDX-License-Identifier: MIT */
/* What -d shows of regions, and the counters of -d stats. */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "tcg/run/run.h"

bool tcg_log_wanted(const struct tcg *tcg, uint64_t pc, unsigned item)
{
    if (!(tcg->opt.log & item))
        return false;
    pc = guest_code_address(tcg->guest, pc);
    for (unsigned k = 0; k < tcg->opt.n_dfilter; k++)
        if (pc >= tcg->opt.dfilter[k].first && pc <= tcg->opt.dfilter[k].last)
            return true;
    return !tcg->opt.n_dfilter;
}

static void disas(const struct tcg *tcg, int arch, int mode, const void *code, size_t n,
                  uint64_t address)
{
    FILE *out = tcg->opt.log_file;
    if (tcg->opt.disas) {
        tcg->opt.disas(out, arch, mode, code, n, address);
        return;
    }
    for (size_t k = 0; k < n; k++)
        fprintf(out, "%02x%s", ((const uint8_t *)code)[k], k % 16 == 15 || k + 1 == n ? "\n" : " ");
}

void tcg_log_in_asm(struct tcg *tcg, const struct tcg_lifted *l, uint64_t pc)
{
    int mode = guest_disas_mode(tcg->guest, pc);
    for (unsigned k = 0; k < l->n_ranges; k++) {
        uint64_t at = l->range[k].start, avail;
        int sig, code;
        fprintf(tcg->opt.log_file, "IN: %#" PRIx64 "\n", at);
        while (at < l->range[k].end) {
            const uint8_t *p = tcg->mem.code(tcg->mem.opaque, at, &avail, &sig, &code);
            if (!p)
                break;
            uint64_t n = l->range[k].end - at < avail ? l->range[k].end - at : avail;
            disas(tcg, tcg->guest->capstone_arch, mode, p, n, at);
            at += n;
        }
    }
}

void tcg_log_out_asm(struct tcg *tcg, const struct tcg_region *r)
{
    fprintf(tcg->opt.log_file, "OUT: %" PRIu32 " bytes at %p for %#" PRIx64 "\n", r->code_size,
            (const void *)r->code, r->pc);
    disas(tcg, tcg->host->capstone_arch, tcg->host->capstone_mode, r->code, r->code_size,
          (uintptr_t)r->code);
}

/* --- -d stats ------------------------------------------------------------------------------------- */

uint64_t tcg_log_clock(const struct tcg *tcg)
{
    struct timespec t;
    if (!(tcg->opt.log & TCG_LOG_STATS))
        return 0;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* What a measured time has too much: that of reading the clock, once. */
static uint64_t clock_cost(const struct tcg *tcg)
{
    uint64_t least = UINT64_MAX;
    for (unsigned k = 0; k < 1000; k++) {
        const uint64_t start = tcg_log_clock(tcg), n = tcg_log_clock(tcg) - start;
        least = n < least ? n : least;
    }
    return least;
}

static uint64_t without(uint64_t ns, uint64_t clocks)
{
    return ns > clocks ? ns - clocks : 0;
}

static struct tcg_insn_row *insn_row(const struct tcg_insn_set *s, uint64_t pc)
{
    uint64_t k = pc * 0x9e3779b97f4a7c15u >> 20;
    while (s->row[k &= s->n_rows - 1].used && s->row[k].pc != pc)
        k++;
    return &s->row[k];
}

/* Twice as many rows.  Without memory the count is over. */
static bool insn_set_grow(struct tcg_insn_set *s)
{
    struct tcg_insn_set more = {.n_rows = s->n_rows ? s->n_rows * 2 : 1 << 12, .n = s->n,
                                .n_compiled = s->n_compiled};
    more.row = calloc(more.n_rows, sizeof *more.row);
    if (!more.row)
        return false;
    for (uint64_t k = 0; k < s->n_rows; k++)
        if (s->row[k].used)
            *insn_row(&more, s->row[k].pc) = s->row[k];
    free(s->row);
    *s = more;
    return true;
}

static void insn_set_add(struct tcg_insn_set *s, uint64_t pc, bool compiled)
{
    if (s->n * 2 >= s->n_rows && !insn_set_grow(s))
        return;
    struct tcg_insn_row *row = insn_row(s, pc);
    s->n += !row->used;
    s->n_compiled += compiled && !row->compiled;
    *row = (struct tcg_insn_row){pc, true, row->compiled || compiled};
}

void tcg_log_insns(struct tcg *tcg, const struct ir *ir, bool compiled)
{
    for (ir_ref r = 1; tcg->insns && r < ir->n; r++)
        if (ir->ops[r].opc == IR_insn)
            insn_set_add(tcg->insns, (uint64_t)ir->ops[r].imm, compiled);
}

static double ratio(uint64_t a, uint64_t b)
{
    return b ? (double)a / (double)b : 0;
}

static void log_tiers(const struct tcg *tcg)
{
    const struct tcg_stats *s = &tcg->stats;
    FILE *out = tcg->opt.log_file;
    const uint64_t clock = clock_cost(tcg), cold_ns = without(s->cold_ns, s->cold * clock);
    uint64_t ns = cold_ns;
    fprintf(out, "interpreted once: lines %" PRIu64 ", guest instructions %" PRIu64 "; lifted in %" PRIu64
            " ns, %.0f ns an instruction\n", s->cold, s->cold_insns, cold_ns,
            ratio(cold_ns, s->cold_insns));
    for (unsigned k = TCG_TIER_1; k <= TCG_TIER_2; k++) {
        const struct tcg_tier_stats *t = &s->tier[k];
        const uint64_t tier_ns = without(t->ns, t->regions * clock);
        ns += tier_ns;
        fprintf(out, "tier %u: regions %" PRIu64 ", guest instructions %" PRIu64 ", host bytes %" PRIu64
                " (%.1f an instruction), side tables %" PRIu64 "; translated in %" PRIu64
                " ns, %.0f ns an instruction\n", k, t->regions, t->insns, t->code_bytes,
                ratio(t->code_bytes, t->insns), t->snap_bytes, tier_ns, ratio(tier_ns, t->insns));
    }
    if (tcg->insns)
        fprintf(out, "distinct guest instructions %" PRIu64 ", of which %" PRIu64 " compiled; all of translation: "
                "%" PRIu64 " ns, %.0f ns for each\n", tcg->insns->n, tcg->insns->n_compiled, ns,
                ratio(ns, tcg->insns->n));
}

static void log_exits(const struct tcg *tcg)
{
    static const char *const names[CG_EXIT_KINDS] = {"direct jumps", "calls", "indirect jumps",
                                                     "returns", "exceptions"};
    const struct tcg_stats *s = &tcg->stats;
    FILE *out = tcg->opt.log_file;
    for (unsigned k = 0; tcg->counts && k < CG_EXIT_KINDS; k++)
        fprintf(out, "%s %s %" PRIu64 "%s", k ? "," : "exits taken:", names[k],
                tcg->counts[CG_COUNT_EXITS + k], k + 1 < CG_EXIT_KINDS ? "" : "\n");
    fprintf(out, "look-ups out of line %" PRIu64 ": direct exits %" PRIu64
            ", indirect branches not in the table and ended regions %" PRIu64
            ", after interpreted lines %" PRIu64 ", entries from outside %" PRIu64 "\n", s->lookups,
            s->found[TCG_FROM_LINK], s->found[TCG_FROM_EMITTED], s->found[TCG_FROM_COLD],
            s->found[TCG_FROM_CALLER]);
    fprintf(out, "exits chained %" PRIu64 ", regions invalidated %" PRIu64 ", of which unchanged %" PRIu64
            ", flushes %" PRIu64 "\n", s->chained, s->invalidated, s->revived, s->flushes);
}

/* The largest of n counts, TOP of them at most; each is looked for among what is left. */
static void log_top(FILE *out, const char *what, const uint64_t *counts, unsigned n,
                    const char *(*name)(const void *of, unsigned k), const void *of)
{
    enum { TOP = 20 };
    uint64_t last = UINT64_MAX, total = 0;
    unsigned last_k = 0;
    for (unsigned k = 0; k < n; k++)
        total += counts[k];
    fprintf(out, "%s %" PRIu64 "\n", what, total);
    for (unsigned row = 0; row < TOP; row++) {
        unsigned best = n;
        for (unsigned k = 0; k < n; k++)
            if (counts[k] && (counts[k] < last || (counts[k] == last && k > last_k)) &&
                (best == n || counts[k] > counts[best]))
                best = k;
        if (best == n)
            break;
        last = counts[best];
        last_k = best;
        fprintf(out, "  %12" PRIu64 "  %s\n", last, name(of, best));
    }
}

static const char *op_name(const void *of, unsigned k)
{
    (void)of;
    return ir_opinfo[k].name;
}

static const char *helper_name(const void *of, unsigned k)
{
    return ((const struct guest *)of)->helpers[k].name;
}

void tcg_log_stats(const struct tcg *tcg)
{
    FILE *out = tcg->opt.log_file;
    log_tiers(tcg);
    log_exits(tcg);
    if (!tcg->counts)
        return;
    log_top(out, "slow paths taken", tcg->counts, IR_OPC_COUNT, op_name, NULL);
    log_top(out, "helpers called", tcg->counts + CG_COUNT_HELPERS, tcg->guest->n_helpers, helper_name,
            tcg->guest);
}
