/* SPDX-License-Identifier: MIT */
/*
 * From optimised IR to host code and its side table.  The side table holds nothing that depends on
 * where code is, the guest's or the host's; of the code struct cg_reloc lists what does.  Includes host.h.
 */
#ifndef TCG_CODEGEN_CODEGEN_H
#define TCG_CODEGEN_CODEGEN_H

#include "tcg/host.h"

/* An exit to a known pc: the patchable displacement is `at` bytes behind the code's start, where it leads
 * while not chained `unchained` bytes.  call: by a call; call_return: it is taken when a call that left by
 * another one returns. */
struct cg_link { uint64_t pc; uint32_t at, unchained; bool call, call_return; struct cg_label label; };

/* A place in a region's code whose value depends on where something is. */
enum cg_reloc_kind {
    CG_RELOC_GUEST,  /* 8 bytes, `value`: a guest address that moves with its image */
    CG_RELOC_GUEST32, /* 4 bytes: the same, of a 32-bit guest */
    CG_RELOC_CACHE,  /* 4 bytes, relative to their own place (and a constant): what is `value` bytes
                        behind the code cache's first byte; negative: the count of this region's number in
                        struct cg's heat */
    CG_RELOC_REGION, /* 4 bytes, `value`: the region's number */
};
struct cg_reloc {
    uint32_t offset; /* in the region's code */
    enum cg_reloc_kind kind;
    uint64_t value;
};

struct cg_output {
    uint8_t *code;
    uint32_t code_size;
    uint32_t main_size;      /* the first part of it: all but what is out of line */
    const uint8_t *snap;     /* side table; owned by the struct cg until the next region */
    uint32_t snap_size;
    struct cg_link *links;
    uint32_t n_links;
    const struct cg_reloc *relocs; /* in order of emission; owned like snap; none unless cg->record */
    uint32_t n_relocs;
};

/* A generator, reused for any number of regions by one thread at a time. */
void cg_init(struct cg *cg, const struct host *host);
void cg_free(struct cg *cg);

/* Emits ir at [at, end).  0, -ENOSPC if it does not fit, -E2BIG if the region needs more spill
 * slots than there are (lift fewer instructions). */
int cg_region(struct cg *cg, struct ir *ir, uint8_t *at, uint8_t *end, uint32_t region_id,
              uint32_t seed, struct cg_output *out);

/* Rebuilds guest state in `cpu` as of host offset `offset` (of the faulting instruction, or of a
 * call's return address) from the registers that `host` reads out of `ucontext` (NULL: values are
 * in memory only, stack at `stack`).  Sets cpu->pc.  False: no entry for that offset.
 * Async-signal-safe. */
bool cg_restore(struct tcg_cpu *cpu, const struct host *host, const struct guest *guest,
                const uint8_t *snap, uint32_t snap_size, uint64_t region_pc, uint32_t offset,
                const void *ucontext, uintptr_t stack);
/* -d ra */
void cg_dump_snap(const uint8_t *snap, uint32_t snap_size, const struct guest *guest, FILE *out);

#endif
