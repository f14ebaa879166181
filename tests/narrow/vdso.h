/* SPDX-License-Identifier: MIT */
/* Finds a symbol of the vDSO as a dynamic linker does, by the ELF specification.  No C library. */
#ifndef VDSO_H
#define VDSO_H

#include <elf.h>
#include <stddef.h>

static int vdso_same(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static unsigned long vdso_hash(const char *name)
{
    unsigned long h = 0, g;
    for (; *name; name++) {
        h = (h << 4) + (unsigned char)*name;
        g = h & 0xf0000000;
        h = (h ^ g >> 24) & ~g;
    }
    return h;
}

/* The version definition with this index has this name, whose hash is right. */
static int vdso_version(const char *base, unsigned verdef, const char *strings, unsigned index,
                        const char *version)
{
    const Elf32_Verdef *def = (const void *)(base + verdef);
    for (;;) {
        const Elf32_Verdaux *aux = (const void *)((const char *)def + def->vd_aux);
        if (def->vd_ndx == index)
            return def->vd_hash == vdso_hash(version) && vdso_same(strings + aux->vda_name, version);
        if (!def->vd_next)
            return 0;
        def = (const void *)((const char *)def + def->vd_next);
    }
}

/* The function's address, or NULL. */
static void *vdso_symbol(const char *base, const char *name, const char *version)
{
    const Elf32_Ehdr *eh = (const void *)base;
    const Elf32_Phdr *ph = (const void *)(base + eh->e_phoff);
    unsigned long at[0x70] = {0}, verdef = 0, versym = 0;
    const Elf32_Dyn *dyn = NULL;
    for (int k = 0; k < eh->e_phnum; k++)
        if (ph[k].p_type == PT_DYNAMIC)
            dyn = (const void *)(base + ph[k].p_vaddr);
    for (; dyn && dyn->d_tag; dyn++) {
        if (dyn->d_tag < 0x70)
            at[dyn->d_tag] = dyn->d_un.d_ptr;
        verdef = dyn->d_tag == DT_VERDEF ? dyn->d_un.d_ptr : verdef;
        versym = dyn->d_tag == DT_VERSYM ? dyn->d_un.d_ptr : versym;
    }
    if (!at[DT_HASH] || !at[DT_SYMTAB] || !at[DT_STRTAB] || !verdef || !versym)
        return NULL;
    const Elf32_Word *hash = (const void *)(base + at[DT_HASH]);
    const Elf32_Sym *symbols = (const void *)(base + at[DT_SYMTAB]);
    const char *strings = base + at[DT_STRTAB];
    const Elf32_Half *versions = (const void *)(base + versym);
    for (unsigned bucket = 0; bucket < hash[0]; bucket++) /* all, for want of a division */
        for (unsigned k = hash[2 + bucket]; k; k = hash[2 + hash[0] + k])
            if (k < hash[1] && symbols[k].st_shndx && ELF32_ST_TYPE(symbols[k].st_info) == STT_FUNC &&
                vdso_same(strings + symbols[k].st_name, name) &&
                vdso_version(base, verdef, strings, versions[k], version))
                return (void *)(base + symbols[k].st_value);
    return NULL;
}

#endif
