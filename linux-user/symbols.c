/* SPDX-License-Identifier: MIT */
/*
 * Names of guest functions, for perf (-perfmap, -jitdump): the symbol tables of the files that are
 * mapped where the code is.  Read at the first question about a mapping and kept; a file that is
 * mapped later where another one was gets that one's names.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "linux-user/linux-user.h"

struct symbol {
    uint64_t start, size; /* start: guest address */
    char *name;
};

/* One executable mapping.  No symbols: it is of no ELF file, or of one without any. */
struct image {
    uint64_t start, end;
    struct symbol *symbols; /* in order of start */
    size_t n;
};

static struct image *images; /* guarded by the translator's lock */
static size_t n_images;

static int by_start(const void *a, const void *b)
{
    const struct symbol *s = a, *t = b;
    return s->start < t->start ? -1 : s->start > t->start;
}

/* Functions of a symbol table that are inside the image. */
static void add_symbols(struct image *image, Elf *elf, Elf_Scn *section, const GElf_Shdr *head,
                        uint64_t bias)
{
    Elf_Data *data = elf_getdata(section, NULL);
    const size_t n = data && head->sh_entsize ? data->d_size / head->sh_entsize : 0;
    image->symbols = calloc(n + 1, sizeof *image->symbols);
    for (size_t k = 0; image->symbols && k < n; k++) {
        GElf_Sym s;
        if (!gelf_getsym(data, (int)k, &s) || GELF_ST_TYPE(s.st_info) != STT_FUNC || !s.st_value)
            continue;
        const uint64_t at = s.st_value + bias;
        const char *name = elf_strptr(elf, head->sh_link, s.st_name);
        /* Assembly often gives no size: then the first instruction has the name. */
        if (name && *name && at >= image->start && at < image->end)
            image->symbols[image->n++] =
                (struct symbol){at, s.st_size ? s.st_size : 4, strdup(name)};
    }
    if (image->n)
        qsort(image->symbols, image->n, sizeof *image->symbols, by_start);
}

/* Guest address less the file's own, for what is mapped from `offset` at `start`; false: none of the
 * file's segments. */
static bool find_bias(Elf *elf, uint64_t start, uint64_t offset, uint64_t *bias)
{
    size_t n;
    GElf_Phdr p;
    if (elf_getphdrnum(elf, &n))
        return false;
    for (size_t k = 0; k < n; k++) {
        if (!gelf_getphdr(elf, (int)k, &p) || p.p_type != PT_LOAD || !(p.p_flags & PF_X) ||
            offset + LU_PAGE_SIZE <= p.p_offset || offset >= p.p_offset + p.p_filesz)
            continue;
        *bias = start - offset + p.p_offset - p.p_vaddr;
        return true;
    }
    return false;
}

static void read_symbols(struct image *image, const char *path, uint64_t offset)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
    Elf_Scn *section = NULL, *chosen = NULL;
    GElf_Shdr head, chosen_head = {0};
    uint64_t bias;
    if (elf && find_bias(elf, image->start, offset, &bias)) {
        while ((section = elf_nextscn(elf, section)) && gelf_getshdr(section, &head)) {
            if (head.sh_type != SHT_SYMTAB && (head.sh_type != SHT_DYNSYM || chosen))
                continue;
            chosen = section;
            chosen_head = head;
        }
        if (chosen)
            add_symbols(image, elf, chosen, &chosen_head, bias);
    }
    if (elf)
        elf_end(elf);
    if (fd >= 0)
        close(fd);
}

/* The mapping around the host address of guest pc becomes an image; NULL: nothing is there. */
static const struct image *add_image(uint64_t pc)
{
    char line[PATH_MAX + 128];
    FILE *maps = fopen("/proc/self/maps", "re");
    const uint64_t shift = (uint64_t)(uintptr_t)lu_ptr(0), at = pc + shift;
    const struct image *found = NULL;
    elf_version(EV_CURRENT);
    while (maps && !found && fgets(line, sizeof line, maps)) {
        uint64_t start, end, offset;
        int path = 0;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %n", &start, &end, &offset,
                   &path) != 3 || at < start || at >= end)
            continue;
        struct image *grown = realloc(images, (n_images + 1) * sizeof *images);
        if (!grown)
            break;
        images = grown;
        struct image *image = &images[n_images++];
        *image = (struct image){.start = start - shift, .end = end - shift};
        line[strcspn(line, "\n")] = '\0';
        if (path && line[path] == '/')
            read_symbols(image, line + path, offset);
        found = image;
    }
    if (maps)
        fclose(maps);
    return found;
}

static const struct image *find_image(uint64_t pc)
{
    for (size_t k = 0; k < n_images; k++)
        if (pc >= images[k].start && pc < images[k].end)
            return &images[k];
    return add_image(pc);
}

const char *lu_symbol(uint64_t pc, uint64_t *start)
{
    const struct image *image = find_image(pc);
    size_t low = 0, high = image ? image->n : 0;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (image->symbols[middle].start <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || pc - image->symbols[low - 1].start >= image->symbols[low - 1].size)
        return NULL;
    *start = image->symbols[low - 1].start;
    return image->symbols[low - 1].name;
}
