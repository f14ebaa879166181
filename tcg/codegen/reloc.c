/* SPDX-License-Identifier: MIT */
/*
 * What in a region's code depends on where things are: recorded if it is asked for (cg->record), so that
 * the code can be moved or stored.  Nothing else in it may; tests/codegen/stray.c looks for what does.
 */
#include "tcg/codegen/cg.h"

static void record(struct cg *cg, unsigned skip, enum cg_reloc_kind kind, uint64_t value)
{
    struct cg_priv *p = cg->priv;
    if (!cg->record)
        return;
    p->relocs = cg_grow(p->relocs, &p->cap_relocs, p->n_relocs + 1, sizeof *p->relocs);
    p->relocs[p->n_relocs++] = (struct cg_reloc){
        .offset = (uint32_t)(cg->p - cg->start) + skip, .kind = kind, .value = value};
}

void cg_guest_address(struct cg *cg, unsigned skip, uint64_t value)
{
    record(cg, skip, CG_RELOC_GUEST, value);
}

void cg_guest_address32(struct cg *cg, unsigned skip, uint32_t value)
{
    record(cg, skip, CG_RELOC_GUEST32, value);
}

void cg_cache_distance(struct cg *cg, const uint8_t *target)
{
    record(cg, 0, CG_RELOC_CACHE, (uint64_t)(target - cg->cache));
}

void cg_region_number(struct cg *cg)
{
    record(cg, 0, CG_RELOC_REGION, cg->region_id);
}
