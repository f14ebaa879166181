/* SPDX-License-Identifier: MIT */
/*
 * Loading ELF programs.  Nothing in the file is trusted: every offset and size is checked against
 * the file and against overflow before it is used.
 */
#define _GNU_SOURCE
#include "linux-user/linux-user.h"

#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Position-independent programs go here: far from what the kernel hands out by itself, and the
 * same each time, so that translations can be kept.  32-bit ones where Linux puts them, at two
 * thirds of their space. */
#define PIE_BASE 0x5500000000ull

static uint64_t pie_base(void)
{
    return lu.abi->task_size ? lu.base + (lu.abi->task_size / 3 * 2 & -LU_PAGE_SIZE) : PIE_BASE;
}

enum { PROBLEM = 160, MAX_PHDRS = 1024 };

/* Header and program header, whatever the class and byte order of the file. */
struct header {
    uint16_t type, machine, phentsize, phnum;
    uint32_t flags;
    uint64_t entry, phoff;
};

struct segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, filesz, memsz, align;
};

struct file {
    int fd;
    uint64_t size;
    bool wide, big; /* ELFCLASS64, ELFDATA2MSB */
    struct header head;
    struct segment *segments;
    char interp[PATH_MAX]; /* "" if none */
};

static const struct {
    uint16_t machine;
    const char *name;
} machines[] = {
    {EM_386, "32-bit x86"},
    {EM_X86_64, "x86-64"},
    {EM_ARM, "32-bit ARM"},
    {EM_AARCH64, "AArch64"},
    {EM_MIPS, "MIPS"},
    {EM_PPC, "PowerPC"},
    {EM_PPC64, "64-bit PowerPC"},
    {EM_RISCV, "RISC-V"},
    {EM_S390, "S/390"},
    {EM_SPARCV9, "SPARC V9"},
    {EM_SPARC, "SPARC"},
    {EM_IA_64, "Itanium"},
    {EM_68K, "m68k"},
    {EM_ALPHA, "Alpha"},
    {EM_PARISC, "PA-RISC"},
    {EM_SH, "SuperH"},
    {258 /* EM_LOONGARCH */, "LoongArch"},
};

static const char *machine_name(uint16_t machine, char buf[32])
{
    for (unsigned k = 0; k < sizeof machines / sizeof machines[0]; k++) {
        if (machines[k].machine == machine)
            return machines[k].name;
    }
    snprintf(buf, 32, "machine %u", machine);
    return buf;
}

/* ---- reading -------------------------------------------------------------------------------------- */

static uint64_t number(bool big, const uint8_t *p, unsigned size)
{
    uint64_t value = 0;
    for (unsigned k = 0; k < size; k++)
        value |= (uint64_t)p[k] << 8 * (big ? size - 1 - k : k);
    return value;
}

/* The member of the 64-bit or the 32-bit struct at p. */
#define GET(f, p, s, member)                                                   \
    ((f)->wide ? number((f)->big, (p) + __builtin_offsetof(Elf64_##s, member), \
                        sizeof(((Elf64_##s *)0)->member))                      \
               : number((f)->big, (p) + __builtin_offsetof(Elf32_##s, member), \
                        sizeof(((Elf32_##s *)0)->member)))

/* Identification and header: 0, or -ENOEXEC with the problem. */
static int parse_header(struct file *f, const uint8_t *p, size_t n, char *problem)
{
    if (n < 4 || memcmp(p, ELFMAG, SELFMAG)) {
        snprintf(problem, PROBLEM, "not an ELF program");
        return -ENOEXEC;
    }
    f->wide = n > EI_CLASS && p[EI_CLASS] == ELFCLASS64;
    f->big = n > EI_DATA && p[EI_DATA] == ELFDATA2MSB;
    if (n < (f->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr))) {
        snprintf(problem, PROBLEM, "truncated ELF header");
        return -ENOEXEC;
    }
    f->head = (struct header){
        .type = GET(f, p, Ehdr, e_type),
        .machine = GET(f, p, Ehdr, e_machine),
        .flags = GET(f, p, Ehdr, e_flags),
        .phentsize = GET(f, p, Ehdr, e_phentsize),
        .phnum = GET(f, p, Ehdr, e_phnum),
        .entry = GET(f, p, Ehdr, e_entry),
        .phoff = GET(f, p, Ehdr, e_phoff),
    };
    return 0;
}

/* Linux on ARM: programs of the EABI, version 4 or 5; big-endian ones with little-endian code. */
static bool check_arm(const struct file *f, char *problem)
{
    uint32_t version = f->head.flags & EF_ARM_EABIMASK;
    if (version != EF_ARM_EABI_VER4 && version != EF_ARM_EABI_VER5)
        snprintf(problem, PROBLEM, "it is for the old ARM ABI, not for the EABI");
    else if (f->big && !(f->head.flags & EF_ARM_BE8))
        snprintf(problem, PROBLEM, "it is for ARM in the old big-endian mode (BE-32), not BE-8");
    else
        return true;
    return false;
}

static int check_header(const struct lu_abi *abi, const struct file *f, const uint8_t *p,
                        char *problem)
{
    char buf[32];
    if ((p[EI_CLASS] != ELFCLASS64 && p[EI_CLASS] != ELFCLASS32) ||
        (p[EI_DATA] != ELFDATA2LSB && p[EI_DATA] != ELFDATA2MSB) || p[EI_VERSION] != EV_CURRENT) {
        snprintf(problem, PROBLEM, "corrupt ELF header");
        return -ENOEXEC;
    }
    if (f->head.machine != abi->elf_machine || p[EI_CLASS] != abi->elf_class ||
        p[EI_DATA] != abi->elf_data) {
        snprintf(problem, PROBLEM, "wrong architecture: it is for %s%s, not for %s",
                 machine_name(f->head.machine, buf),
                 p[EI_DATA] != abi->elf_data ? " (big-endian)" : "", abi->name);
        return -ENOEXEC;
    }
    if (f->head.machine == EM_ARM && !check_arm(f, problem))
        return -ENOEXEC;
    if (f->head.type != ET_EXEC && f->head.type != ET_DYN) {
        snprintf(problem, PROBLEM, "an ELF file, but no program (%s)",
                 f->head.type == ET_REL    ? "relocatable object"
                 : f->head.type == ET_CORE ? "core dump"
                                           : "unknown type");
        return -ENOEXEC;
    }
    return 0;
}

int lu_elf_check(const struct lu_abi *abi, const void *head, size_t n, char problem[PROBLEM])
{
    struct file f = {0};
    int r = parse_header(&f, head, n, problem);
    return r ? r : check_header(abi, &f, head, problem);
}

static int corrupt(char *problem, const char *what)
{
    snprintf(problem, PROBLEM, "truncated or corrupt ELF file: %s", what);
    return -ENOEXEC;
}

/* One program header against the file and the address space. */
static const char *check_segment(const struct file *f, const struct segment *s)
{
    uint64_t limit = f->wide ? 1ull << 47 : LU_4G;
    if (s->type != PT_LOAD && s->type != PT_INTERP)
        return NULL;
    /* A segment of .bss alone may name an offset that the file does not have. */
    if (s->filesz && (s->offset > f->size || s->filesz > f->size - s->offset))
        return "a segment lies beyond its end";
    if (s->type == PT_INTERP)
        return s->filesz < 2 || s->filesz > PATH_MAX ? "bad interpreter name" : NULL;
    if (s->memsz < s->filesz || s->vaddr >= limit || s->memsz > limit - s->vaddr)
        return "a segment's size is impossible";
    if ((s->offset ^ s->vaddr) & (LU_PAGE_SIZE - 1))
        return "a segment is not aligned";
    return NULL;
}

static int read_segments(struct file *f, char *problem)
{
    unsigned n = f->head.phnum;
    size_t size = f->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    if (!n || n > MAX_PHDRS || f->head.phentsize != size)
        return corrupt(problem, "bad program headers");
    if (f->head.phoff > f->size || n * size > f->size - f->head.phoff)
        return corrupt(problem, "program headers lie beyond its end");
    uint8_t *raw = malloc(n * size);
    f->segments = calloc(n, sizeof *f->segments);
    if (!raw || !f->segments || pread(f->fd, raw, n * size, f->head.phoff) != (ssize_t)(n * size)) {
        free(raw);
        return corrupt(problem, "program headers cannot be read");
    }
    const char *bad = NULL;
    for (unsigned k = 0; k < n && !bad; k++) {
        const uint8_t *p = raw + k * size;
        struct segment *s = &f->segments[k];
        *s = (struct segment){GET(f, p, Phdr, p_type),   GET(f, p, Phdr, p_flags),
                              GET(f, p, Phdr, p_offset), GET(f, p, Phdr, p_vaddr),
                              GET(f, p, Phdr, p_filesz), GET(f, p, Phdr, p_memsz),
                              GET(f, p, Phdr, p_align)};
        bad = check_segment(f, s);
        if (!bad && s->type == PT_INTERP && !f->interp[0]) {
            if (pread(f->fd, f->interp, s->filesz, s->offset) != (ssize_t)s->filesz ||
                f->interp[s->filesz - 1])
                bad = "bad interpreter name";
        }
    }
    free(raw);
    return bad ? corrupt(problem, bad) : 0;
}

static int file_open(struct file *f, const struct lu_abi *abi, int fd, char *problem)
{
    uint8_t head[sizeof(Elf64_Ehdr)];
    struct stat st;
    memset(f, 0, sizeof *f);
    f->fd = fd;
    if (fstat(fd, &st))
        return -errno;
    f->size = st.st_size;
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0) {
        int error = errno;
        snprintf(problem, PROBLEM, "cannot be read: %s", strerror(error));
        return -error;
    }
    int r = parse_header(f, head, n, problem);
    if (!r)
        r = check_header(abi, f, head, problem);
    return r ? r : read_segments(f, problem);
}

static void file_done(struct file *f)
{
    free(f->segments);
}

/* ---- mapping ---------------------------------------------------------------------------------------- */

static uint64_t page_up(uint64_t x)
{
    return (x + LU_PAGE_SIZE - 1) & -LU_PAGE_SIZE;
}
static uint64_t page_down(uint64_t x)
{
    return x & -LU_PAGE_SIZE;
}

struct span {
    uint64_t low, high, align;
};

static struct span span_of(const struct file *f)
{
    struct span s = {UINT64_MAX, 0, LU_PAGE_SIZE};
    for (unsigned k = 0; k < f->head.phnum; k++) {
        const struct segment *p = &f->segments[k];
        if (p->type != PT_LOAD)
            continue;
        if (page_down(p->vaddr) < s.low)
            s.low = page_down(p->vaddr);
        if (page_up(p->vaddr + p->memsz) > s.high)
            s.high = page_up(p->vaddr + p->memsz);
        if (p->align > s.align && p->align <= 1ull << 30 && !(p->align & (p->align - 1)))
            s.align = p->align;
    }
    return s;
}

/* Reserves the whole image; *bias is what to add to its addresses.  where: 0 is anywhere. */
static int reserve(const struct file *f, struct span s, uint64_t where, uint64_t *bias)
{
    enum { RESERVE = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE };
    uint64_t size = s.high - s.low, slack = s.align - LU_PAGE_SIZE;
    int64_t r;
    *bias = lu.base;
    if (f->head.type == ET_EXEC) {
        /* Not over the host's own mappings. */
        r = lu_mmap(s.low + lu.base, size, PROT_NONE, RESERVE | MAP_FIXED, -1, 0);
        return r < 0 ? r : 0;
    }
    r = lu_mmap(where, size + slack, PROT_NONE, RESERVE, -1, 0);
    if (r < 0)
        return r;
    uint64_t base = r + ((s.low - r) & (s.align - 1)); /* so that the bias is aligned */
    if (base > (uint64_t)r)
        lu_munmap(r, base - r);
    if (base - r < slack)
        lu_munmap(base + size, slack - (base - r));
    *bias = base - s.low;
    return 0;
}

static int segment_prot(const struct segment *s)
{
    return (s->flags & PF_R ? PROT_READ : 0) | (s->flags & PF_W ? PROT_WRITE : 0) |
           (s->flags & PF_X ? PROT_EXEC : 0);
}

static int map_segment(const struct file *f, const struct segment *s, uint64_t bias)
{
    uint64_t start = page_down(s->vaddr + bias), file_end = s->vaddr + bias + s->filesz;
    uint64_t end = page_up(s->vaddr + bias + s->memsz), zero_from = page_up(file_end);
    int prot = segment_prot(s);
    int64_t r;
    if (s->filesz) {
        r = lu_mmap(start, file_end - start, prot, MAP_PRIVATE | MAP_FIXED, f->fd,
                    page_down(s->offset));
        if (r < 0)
            return r;
        if (s->memsz > s->filesz && prot & PROT_WRITE)
            memset(lu_ptr(file_end), 0, (end < zero_from ? end : zero_from) - file_end);
    } else {
        zero_from = start;
    }
    if (end > zero_from) {
        r = lu_mmap(zero_from, end - zero_from, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                    0);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Where the program headers are in memory. */
static uint64_t phdr_address(const struct file *f, uint64_t bias)
{
    for (unsigned k = 0; k < f->head.phnum; k++) {
        const struct segment *s = &f->segments[k];
        if (s->type == PT_PHDR)
            return s->vaddr + bias;
        if (s->type == PT_LOAD && f->head.phoff >= s->offset &&
            f->head.phoff - s->offset < s->filesz)
            return s->vaddr + bias + (f->head.phoff - s->offset);
    }
    return 0;
}

static void note_areas(const struct file *f, uint64_t bias, struct lu_image *image)
{
    image->code_start = UINT64_MAX;
    for (unsigned k = 0; k < f->head.phnum; k++) {
        const struct segment *s = &f->segments[k];
        uint64_t start = s->vaddr + bias, end = start + s->filesz;
        if (s->type == PT_GNU_STACK)
            image->exec_stack = s->flags & PF_X;
        if (s->type != PT_LOAD)
            continue;
        if (start < image->code_start)
            image->code_start = start;
        if (s->flags & PF_X && end > image->code_end)
            image->code_end = end;
        if (start > image->data_start)
            image->data_start = start;
        if (end > image->data_end)
            image->data_end = end;
        if (start + s->memsz > image->brk)
            image->brk = start + s->memsz;
    }
}

static int map_file(struct file *f, uint64_t where, uint64_t *bias, char *problem)
{
    struct span s = span_of(f);
    if (s.low >= s.high)
        return corrupt(problem, "nothing to load");
    int r = reserve(f, s, where, bias);
    for (unsigned k = 0; !r && k < f->head.phnum; k++) {
        if (f->segments[k].type == PT_LOAD)
            r = map_segment(f, &f->segments[k], *bias);
    }
    if (r)
        snprintf(problem, PROBLEM, "cannot be mapped at %#llx: %s", (unsigned long long)s.low,
                 strerror(-r));
    return r;
}

void lu_interpreter_problem(const char *name, int error, char problem[PROBLEM])
{
    const char *prefix = lu.options.ld_prefix;
    struct stat st;
    const int n = snprintf(problem, PROBLEM, "its interpreter %.50s: %s", name, strerror(error));
    char *end = problem + n;
    if (!prefix)
        snprintf(end, PROBLEM - n, " (-L says where the guest's libraries are)");
    else if (stat(prefix, &st) || !S_ISDIR(st.st_mode))
        snprintf(end, PROBLEM - n, " (-L %.40s: there is no such folder)", prefix);
    else
        snprintf(end, PROBLEM - n, " (it is not under -L %.40s either)", prefix);
}

static int load_interpreter(const char *name, struct lu_image *image, char *problem)
{
    char buf[PATH_MAX], why[PROBLEM] = "";
    struct file f;
    uint64_t bias;
    int fd = open(lu_path(name, buf, 0), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        int error = errno;
        lu_interpreter_problem(name, error, problem);
        return -error;
    }
    int r = file_open(&f, lu.abi, fd, why);
    if (!r)
        r = map_file(&f, 0, &bias, why);
    if (!r) {
        image->interp_base = bias;
        image->start_pc = f.head.entry + bias;
    } else {
        snprintf(problem, PROBLEM, "its interpreter %.50s: %.80s", name,
                 why[0] ? why : strerror(-r));
    }
    file_done(&f);
    close(fd);
    return r;
}

int lu_elf_load(int fd, struct lu_image *image, char problem[PROBLEM])
{
    struct file f;
    uint64_t bias;
    memset(image, 0, sizeof *image);
    problem[0] = '\0';
    int r = file_open(&f, lu.abi, fd, problem);
    if (!r)
        r = map_file(&f, pie_base(), &bias, problem);
    if (!r) {
        image->load_bias = bias;
        image->entry = image->start_pc = f.head.entry + bias;
        image->phdr = phdr_address(&f, bias);
        image->phnum = f.head.phnum;
        image->phent = f.head.phentsize;
        note_areas(&f, bias, image);
        if (f.interp[0])
            r = load_interpreter(f.interp, image, problem);
    }
    if (r && !problem[0])
        snprintf(problem, PROBLEM, "%s", strerror(-r));
    file_done(&f);
    return r;
}

int lu_elf_interpreter(const struct lu_abi *abi, int fd, char *name, size_t size,
                       char problem[PROBLEM])
{
    struct file f;
    int r = file_open(&f, abi, fd, problem);
    if (!r)
        snprintf(name, size, "%s", f.interp);
    file_done(&f);
    return r;
}
