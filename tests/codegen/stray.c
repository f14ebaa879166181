/* SPDX-License-Identifier: MIT */
/*
 * Emitted code and side tables hold no address but what struct cg_reloc lists.  The same guest image,
 * loops made of random words of every row (stray_a64.c, stray_arm.c), is translated by two processes: at
 * another guest address (A64), with the code cache, the heap and the program itself elsewhere, and each region with another number at
 * another place in the cache.  Once the recorded places are made equal, all bytes are.
 *
 *   stray [SEED]
 *   stray SEED GUEST 0|1 FD     one of the two: writes what it makes to FD
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/codegen/stray.h"
#include "tcg/run/run.h"

enum { N_MODES = 3, N_TIERS = 2 };

static const enum tcg_tier tiers[N_TIERS] = {TCG_TIER_1, TCG_TIER_2};
static const char *const mode_name[N_MODES] = {"masked", "trapping", "exact"};
static const uint32_t run_modes[N_MODES] = {0, TCG_RUN_FPTRAP, TCG_RUN_FPEXACT};

static const struct stray_guest *const guests[] = {
    &stray_a64,
#ifdef TARGET_ARM
    &stray_a32, &stray_t32, &stray_a32_base, &stray_t32_base,
#endif
};
enum { N_GUESTS = sizeof guests / sizeof guests[0] };

static const struct stray_guest *guest;
static uint8_t *image;
static size_t image_bytes;

static uint64_t image_base;

static const uint8_t *code(void *opaque, uint64_t address, uint64_t *avail, int *sig, int *why)
{
    const uint64_t offset = address - image_base;
    (void)opaque, (void)sig, (void)why;
    if (offset >= image_bytes)
        return NULL;
    *avail = image_bytes - offset;
    return image + offset;
}

/* --- one process -------------------------------------------------------------------------------- */

/* What is written: for each region a struct made, its code with the recorded places cleared, its
 * relocations, its side table. */
struct made {
    uint32_t slot, tier, mode;
    uint32_t loops; /* of more than one block */
    uint32_t code_size, n_relocs, snap_size;
};
/* Of the process: the second is not to be where the first is. */
struct places { uintptr_t program, heap, stack, cache; };

static FILE *to;

static void put(const void *data, size_t n)
{
    if (n && fwrite(data, n, 1, to) != 1)
        exit(2);
}

static int32_t read32(const uint8_t *at)
{
    int32_t v;
    memcpy(&v, at, sizeof v);
    return v;
}

/* Is it the region's count, of jumps or of entries, that lies `value` bytes behind the cache's start? */
static bool is_count(const struct tcg *tcg, const struct tcg_region *r, int64_t value)
{
    const uint8_t *at = tcg->code.base + value;
    return at == (const uint8_t *)&tcg->heat[r->id] || at == (const uint8_t *)&tcg->heat[TCG_MAX_REGIONS + r->id];
}

/* Clears the place, after a look at what is there; a guest address becomes an offset in the image. */
static struct cg_reloc settle(const struct tcg *tcg, const struct tcg_region *r, uint8_t *bytes,
                              struct cg_reloc reloc)
{
    uint8_t *at = bytes + reloc.offset;
    uint64_t value;
    if (reloc.kind == CG_RELOC_GUEST32) {
        if ((uint32_t)read32(at) != (uint32_t)reloc.value)
            reloc.kind = 1000;
        memset(at, 0, 4);
        reloc.value -= image_base;
        return reloc;
    }
    if (reloc.kind == CG_RELOC_GUEST) {
        memcpy(&value, at, 8);
        if (value != reloc.value)
            reloc.kind = 1000; /* equal to nothing */
        memset(at, 0, 8);
        reloc.value -= image_base;
        return reloc;
    }
    if (reloc.kind == CG_RELOC_REGION && (uint32_t)read32(at) != r->id)
        reloc.kind = 1000;
    if (reloc.kind == CG_RELOC_CACHE) { /* what is left: the tail of the instruction */
        const int64_t place = r->code + reloc.offset - tcg->code.base;
        if ((int64_t)reloc.value < 0 && !is_count(tcg, r, (int64_t)reloc.value))
            reloc.kind = 1000;
        reloc.value = (uint64_t)(read32(at) + place - (int64_t)reloc.value);
    } else {
        reloc.value = 0;
    }
    memset(at, 0, 4);
    return reloc;
}

static void write_region(const struct tcg *tcg, const struct tcg_region *r, struct made m)
{
    struct cg_reloc *relocs = calloc(r->n_relocs + 1, sizeof *relocs);
    uint8_t *bytes = malloc(r->code_size + 1);
    if (!relocs || !bytes)
        exit(2);
    memcpy(bytes, r->code, r->code_size);
    for (uint32_t k = 0; k < r->n_relocs; k++)
        relocs[k] = settle(tcg, r, bytes, r->relocs[k]);
    m.loops = r->loops;
    m.code_size = r->code_size;
    m.n_relocs = r->n_relocs;
    m.snap_size = r->snap_size;
    put(&m, sizeof m);
    put(bytes, m.code_size);
    put(relocs, m.n_relocs * sizeof *relocs);
    put(r->snap, m.snap_size);
    free(bytes);
    free(relocs);
}

static const struct tcg_region *region_at(struct tcg_cpu *cpu, uint64_t pc, uint32_t run_mode)
{
    cpu->pc = pc;
    cpu->run_mode = run_mode;
    const struct tcg_region *r = tcg_find(cpu);
    tcg_leave_code(cpu);
    return r;
}

static int one_process(unsigned which)
{
    const struct tcg_mem_ops mem = {
        .code = code, .address_bits = guest->address_bits, .base = guest->mem_base[which]};
    const uint64_t base = guest->base[which];
    const bool second = which;
    image_base = base;
    for (unsigned t = 0; t < N_TIERS; t++) {
        const struct tcg_options options = {.tier = tiers[t], .relocations = true};
        void *hole = malloc(second ? 100000 : 100);
        struct tcg *tcg = tcg_new(guest->guest, &mem, &options);
        struct tcg_cpu *cpu = tcg ? tcg_cpu_new(tcg) : NULL;
        if (!cpu || !hole)
            return 2;
        if (t == 0) {
            const struct places p = {(uintptr_t)&one_process, (uintptr_t)hole, (uintptr_t)&p,
                                     (uintptr_t)tcg->code.base};
            put(&p, sizeof p);
        }
        if (second) /* another number, another place in the cache */
            region_at(cpu, (base - 8) | guest->pc_bits, 0);
        for (uint32_t mode = 0; mode < N_MODES; mode++)
            for (uint32_t k = 0; k < guest->n_slots; k++)
                write_region(tcg, region_at(cpu, (base + k * STRAY_SLOT_BYTES) | guest->pc_bits, run_modes[mode]),
                             (struct made){.slot = k, .tier = t, .mode = mode});
        tcg_cpu_free(cpu);
        tcg_free(tcg);
        free(hole);
    }
    return fflush(to) ? 2 : 0;
}

/* --- both --------------------------------------------------------------------------------------- */

struct dump { const uint8_t *p, *end; };

static struct dump run_process(const char *self, uint64_t seed, unsigned number, unsigned which)
{
    char arg[4][32];
    int status = -1;
    const int fd = memfd_create("stray", 0);
    snprintf(arg[0], sizeof arg[0], "%" PRIu64, seed);
    snprintf(arg[1], sizeof arg[1], "%u", number);
    snprintf(arg[2], sizeof arg[2], "%u", which);
    snprintf(arg[3], sizeof arg[3], "%d", fd);
    fflush(stdout);
    const pid_t pid = fork();
    if (pid == 0) {
        execl(self, self, arg[0], arg[1], arg[2], arg[3], (char *)NULL);
        _exit(127);
    }
    if (fd < 0 || pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
        fprintf(stderr, "stray: process %u of %s ended with %#x\n", which, guests[number]->name, status);
        exit(2);
    }
    const off_t size = lseek(fd, 0, SEEK_END);
    const uint8_t *p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED)
        exit(2);
    return (struct dump){p, p + size};
}

static const void *take(struct dump *d, size_t n)
{
    const uint8_t *at = d->p;
    if ((size_t)(d->end - at) < n) {
        fprintf(stderr, "stray: a process wrote too little\n");
        exit(2);
    }
    d->p += n;
    return at;
}

/* A region as written. */
struct region { struct made m; const uint8_t *code; const uint8_t *relocs; const uint8_t *snap; };

static struct region take_region(struct dump *d)
{
    struct region r;
    memcpy(&r.m, take(d, sizeof r.m), sizeof r.m);
    r.code = take(d, r.m.code_size);
    r.relocs = take(d, r.m.n_relocs * sizeof(struct cg_reloc));
    r.snap = take(d, r.m.snap_size);
    return r;
}

static unsigned first_difference(const uint8_t *a, const uint8_t *b, unsigned n)
{
    unsigned k = 0;
    while (k < n && a[k] == b[k])
        k++;
    return k;
}

/* NULL if they are equal. */
static const char *difference(const struct region *a, const struct region *b, unsigned *at)
{
    *at = 0;
    if (a->m.code_size != b->m.code_size)
        return "the size of the code";
    *at = first_difference(a->code, b->code, a->m.code_size);
    if (*at < a->m.code_size)
        return "code";
    if (a->m.n_relocs != b->m.n_relocs)
        return "the number of relocations";
    *at = first_difference(a->relocs, b->relocs, a->m.n_relocs * sizeof(struct cg_reloc));
    if (*at < a->m.n_relocs * sizeof(struct cg_reloc))
        return "a relocation";
    if (a->m.snap_size != b->m.snap_size)
        return "the size of the side table";
    *at = first_difference(a->snap, b->snap, a->m.snap_size);
    return *at < a->m.snap_size ? "the side table" : NULL;
}

static void print_around(const char *which, const uint8_t *p, unsigned n, unsigned at)
{
    printf("  %s:", which);
    for (unsigned k = at > 12 ? at - 12 : 0; k < n && k < at + 12; k++)
        printf(k == at ? " [%02x]" : " %02x", p[k]);
    putchar('\n');
}

static void report(const struct region *a, const struct region *b, const char *what, unsigned at)
{
    const uint8_t *slot = image + a->m.slot * STRAY_SLOT_BYTES;
    printf("not ok: %s, %s, %s, tier %u: %s differs at %u\n", guest->name, guest->row_name(a->m.slot),
           mode_name[a->m.mode], a->m.tier + 1, what, at);
    printf("  bytes");
    for (unsigned k = 0; k < STRAY_SLOT_BYTES; k++)
        printf(" %02x", slot[k]);
    putchar('\n');
    if (!strcmp(what, "code")) {
        print_around("first", a->code, a->m.code_size, at);
        print_around("second", b->code, b->m.code_size, at);
    }
}

static bool moved(const struct places *a, const struct places *b)
{
    return a->program != b->program && a->heap != b->heap && a->stack != b->stack &&
           a->cache != b->cache;
}

/* Of one guest; counts into *passed and *failed. */
static void compare(const char *self, uint64_t seed, unsigned number, unsigned *passed, unsigned *failed)
{
    struct dump d[2];
    unsigned differences = 0, at;
    uint64_t relocs = 0, loops = 0;
    const unsigned n = guest->n_slots * N_MODES * N_TIERS;
    for (unsigned k = 0; k < 2; k++)
        d[k] = run_process(self, seed, number, k);
    const struct places *p[2] = {take(&d[0], sizeof *p[0]), take(&d[1], sizeof *p[1])};
    if (!moved(p[0], p[1])) {
        printf("ok # SKIP addresses are not random here\n");
        return;
    }
    for (unsigned k = 0; k < n; k++) {
        const struct region a = take_region(&d[0]), b = take_region(&d[1]);
        const char *what = difference(&a, &b, &at);
        if (what && differences++ < 10)
            report(&a, &b, what, at);
        relocs += a.m.n_relocs;
        loops += a.m.loops;
    }
    if (loops < guest->n_slots / 10) {
        printf("not ok: %s: there are too few loops to test\n", guest->name);
        differences++;
    }
    printf("%s: seed %" PRIu64 ", %" PRIu64 " relocations, %" PRIu64 " loops\n", guest->name, seed, relocs, loops);
    *passed += n - differences;
    *failed += differences;
}

static void use(unsigned number, uint64_t seed)
{
    guest = guests[number];
    free(image);
    image_bytes = guest->n_slots * STRAY_SLOT_BYTES;
    image = calloc(1, image_bytes);
    if (!image)
        exit(2);
    stray_seed(seed);
    for (unsigned k = 0; k < guest->n_slots; k++)
        guest->make_slot(k, image + k * STRAY_SLOT_BYTES);
}

int main(int argc, char **argv)
{
    const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    unsigned passed = 0, failed = 0;
    if (argc == 5) {
        use((unsigned)atoi(argv[2]), seed);
        to = fdopen(atoi(argv[4]), "w");
        return to ? one_process((unsigned)atoi(argv[3])) : 2;
    }
    for (unsigned k = 0; k < N_GUESTS; k++) {
        use(k, seed);
        compare("/proc/self/exe", seed, k, &passed, &failed);
    }
    if (passed + failed)
        printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
