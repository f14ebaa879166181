/* SPDX-License-Identifier: MIT */
/*
 * The ELF image around a vDSO's code: what a dynamic linker and a C library look at to find a symbol
 * and its version, and no more.  In this order: header, program headers, dynamic section, symbols and
 * their versions, hash table, strings, code.
 */
#include "linux-user/vdso.h"

#include <elf.h>
#include <string.h>

#include "linux-user/convert.h"

enum { N_PHDR = 2, N_DYN = 10, OF_SONAME = 1, OF_SYMBOLS = 2 };
static const char soname[] = "linux-vdso.so.1";

/* An image under construction. */
struct image {
    uint8_t *to;
    size_t size, at; /* `at` may come to be beyond size: then it does not fit */
    bool wide;
};

static void put(struct image *m, uint64_t value, unsigned size)
{
    if (m->at + size <= m->size)
        lu_store(m->to + m->at, value, size);
    m->at += size;
}

static void put_word(struct image *m, uint64_t value)
{
    put(m, value, m->wide ? 8 : 4);
}

static void put_bytes(struct image *m, const void *bytes, size_t n)
{
    if (m->at + n <= m->size)
        memcpy(m->to + m->at, bytes, n);
    m->at += n;
}

static void align(struct image *m, size_t to)
{
    m->at = (m->at + to - 1) & -to;
}

/* Where each part is; known once all were written a first time. */
struct parts {
    size_t dynamic, symbols, versym, verdef, hash, strings, strings_size, code, end;
};

static uint32_t elf_hash(const char *name)
{
    uint32_t h = 0;
    for (; *name; name++) {
        h = (h << 4) + (unsigned char)*name;
        h = (h ^ (h >> 28 << 4)) & 0x0fffffff;
    }
    return h;
}

/* The string's offset in the string table, whose order is: "", soname, version, symbols. */
static size_t string_at(const struct lu_vdso *v, const char *wanted)
{
    size_t at = 1;
    const char *all[2 + LU_VDSO_MOST] = {soname, v->version};
    for (unsigned k = 0; k < v->n_symbols; k++)
        all[2 + k] = v->symbols[k].name;
    for (unsigned k = 0; k < 2 + v->n_symbols && all[k] != wanted; k++)
        at += strlen(all[k]) + 1;
    return at;
}

static void put_headers(struct image *m, const struct parts *p)
{
    const unsigned char ident[EI_NIDENT] = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, lu.abi->elf_class,
                                            lu.abi->elf_data, EV_CURRENT};
    const struct { uint32_t type, flags; size_t at, end, align; } ph[N_PHDR] = {
        {PT_LOAD, PF_R | PF_X, 0, p->end, LU_PAGE_SIZE},
        {PT_DYNAMIC, PF_R, p->dynamic, p->symbols, 8}};
    put_bytes(m, ident, sizeof ident);
    put(m, ET_DYN, 2);
    put(m, lu.abi->elf_machine, 2);
    put(m, EV_CURRENT, 4);
    put_word(m, 0); /* e_entry */
    put_word(m, m->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr));
    put_word(m, 0); /* e_shoff */
    put(m, lu.abi->elf_machine == EM_ARM ? EF_ARM_EABI_VER5 : 0, 4);
    put(m, m->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr), 2);
    put(m, m->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr), 2);
    put(m, N_PHDR, 2);
    put(m, m->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr), 2);
    put(m, 0, 4); /* e_shnum, e_shstrndx */
    for (unsigned k = 0; k < N_PHDR; k++) {
        put(m, ph[k].type, 4);
        if (m->wide)
            put(m, ph[k].flags, 4);
        put_word(m, ph[k].at);
        put_word(m, ph[k].at); /* p_vaddr */
        put_word(m, ph[k].at); /* p_paddr */
        put_word(m, ph[k].end - ph[k].at);
        put_word(m, ph[k].end - ph[k].at);
        if (!m->wide)
            put(m, ph[k].flags, 4);
        put_word(m, ph[k].align);
    }
}

static void put_dynamic(struct image *m, const struct lu_vdso *v, const struct parts *p)
{
    const uint64_t dyn[N_DYN][2] = {
        {DT_SONAME, string_at(v, soname)},
        {DT_HASH, p->hash},
        {DT_STRTAB, p->strings},
        {DT_SYMTAB, p->symbols},
        {DT_STRSZ, p->strings_size},
        {DT_SYMENT, m->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym)},
        {DT_VERSYM, p->versym},
        {DT_VERDEF, p->verdef},
        {DT_VERDEFNUM, 2},
        {DT_NULL, 0},
    };
    for (unsigned k = 0; k < N_DYN; k++) {
        put_word(m, dyn[k][0]);
        put_word(m, dyn[k][1]);
    }
}

static void put_symbol(struct image *m, size_t name, uint64_t value, uint64_t size, unsigned info)
{
    const unsigned section = info ? 1 : SHN_UNDEF; /* any that is not undefined */
    put(m, name, 4);
    if (!m->wide) {
        put(m, value, 4);
        put(m, size, 4);
    }
    put(m, info, 1);
    put(m, 0, 1);
    put(m, section, 2);
    if (m->wide) {
        put(m, value, 8);
        put(m, size, 8);
    }
}

static void put_verdef(struct image *m, unsigned flags, unsigned index, const char *name, size_t at,
                       bool last)
{
    put(m, 1, 2); /* vd_version */
    put(m, flags, 2);
    put(m, index, 2);
    put(m, 1, 2); /* vd_cnt */
    put(m, elf_hash(name), 4);
    put(m, sizeof(Elf32_Verdef), 4);
    put(m, last ? 0 : sizeof(Elf32_Verdef) + sizeof(Elf32_Verdaux), 4);
    put(m, at, 4);
    put(m, 0, 4);
}

static void put_symbols(struct image *m, const struct lu_vdso *v, struct parts *p)
{
    p->symbols = m->at;
    put_symbol(m, 0, 0, 0, 0);
    for (unsigned k = 0; k < v->n_symbols; k++)
        put_symbol(m, string_at(v, v->symbols[k].name), p->code + 4 * v->symbols[k].at,
                   4 * v->symbols[k].n, ELF32_ST_INFO(STB_GLOBAL, STT_FUNC));
    p->versym = m->at;
    put(m, 0, 2);
    for (unsigned k = 0; k < v->n_symbols; k++)
        put(m, OF_SYMBOLS, 2);
    align(m, 4);
    p->verdef = m->at;
    put_verdef(m, VER_FLG_BASE, OF_SONAME, soname, string_at(v, soname), false);
    put_verdef(m, 0, OF_SYMBOLS, v->version, string_at(v, v->version), true);
    /* One bucket: few symbols, and they are looked up once. */
    p->hash = m->at;
    put(m, 1, 4);
    put(m, v->n_symbols + 1, 4);
    put(m, 1, 4);
    put(m, 0, 4);
    for (unsigned k = 1; k <= v->n_symbols; k++)
        put(m, k < v->n_symbols ? k + 1 : 0, 4);
}

static void put_all(struct image *m, const struct lu_vdso *v, struct parts *p)
{
    put_headers(m, p);
    p->dynamic = m->at;
    put_dynamic(m, v, p);
    put_symbols(m, v, p);
    p->strings = m->at;
    put(m, 0, 1);
    put_bytes(m, soname, sizeof soname);
    put_bytes(m, v->version, strlen(v->version) + 1);
    for (unsigned k = 0; k < v->n_symbols; k++)
        put_bytes(m, v->symbols[k].name, strlen(v->symbols[k].name) + 1);
    p->strings_size = m->at - p->strings;
    align(m, 16);
    p->code = m->at;
    put_bytes(m, v->code, v->n_code * sizeof v->code[0]);
    p->end = m->at;
}

size_t lu_vdso_write(const struct lu_vdso *v, uint8_t *to, size_t size)
{
    struct parts parts = {0};
    struct image m = {.to = to, .size = size, .wide = lu.abi->elf_class == ELFCLASS64};
    for (unsigned pass = 0; pass < 2; pass++) { /* the second knows where things are */
        m.at = 0;
        put_all(&m, v, &parts);
    }
    return m.at <= size ? m.at : 0;
}
