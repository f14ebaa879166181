/* SPDX-License-Identifier: MIT */
/* What -d shows of regions. */
#include <inttypes.h>

#include "tcg/run/run.h"

bool tcg_log_wanted(const struct tcg *tcg, uint64_t pc, unsigned item)
{
    if (!(tcg->opt.log & item))
        return false;
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

void tcg_log_in_asm(struct tcg *tcg, const struct tcg_lifted *l)
{
    for (unsigned k = 0; k < l->n_ranges; k++) {
        uint64_t at = l->range[k].start, avail;
        int sig, code;
        fprintf(tcg->opt.log_file, "IN: %#" PRIx64 "\n", at);
        while (at < l->range[k].end) {
            const uint8_t *p = tcg->mem.code(tcg->mem.opaque, at, &avail, &sig, &code);
            if (!p)
                break;
            uint64_t n = l->range[k].end - at < avail ? l->range[k].end - at : avail;
            disas(tcg, tcg->guest->capstone_arch, tcg->guest->capstone_mode, p, n, at);
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

void tcg_log_stats(const struct tcg *tcg)
{
    const struct tcg_stats *s = &tcg->stats;
    FILE *out = tcg->opt.log_file;
    fprintf(out, "regions made %" PRIu64 ", guest instructions in them %" PRIu64
            ", host bytes %" PRIu64 "\n", s->regions, s->insns, s->code_bytes);
    fprintf(out, "lines interpreted once %" PRIu64 ", guest instructions in them %" PRIu64 "\n",
            s->cold, s->cold_insns);
    fprintf(out, "look-ups out of line %" PRIu64 ", exits chained %" PRIu64
            ", regions invalidated %" PRIu64 ", flushes %" PRIu64 "\n",
            s->lookups, s->chained, s->invalidated, s->flushes);
}
