/* SPDX-License-Identifier: MIT */
/* Reading rows, and running them: see guest_code.h. */
#define _GNU_SOURCE
#include "tests/codegen/guest_code.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A64 constants are 64 bits wide, as those of most programs; AddressSanitizer leaves these alone. */
static uint8_t *const code_base = (uint8_t *)0x500000000000;
static uint8_t *const data_base = (uint8_t *)0x500010000000;
static uint8_t *const low_code_base = (uint8_t *)0x50000000; /* A32 and T32 */
static uint8_t *const low_data_base = (uint8_t *)0x50800000;
enum { CODE_BYTES = 1 << 20, DATA_BYTES = 1 << 16, PLACE_BYTES = 1024 };

_Static_assert((int)A64_EXC_SVC == (int)A32_EXC_SVC, "row_run() knows one");

static struct tcg_cpu *running;

/* --- rows --------------------------------------------------------------------------------------- */

static _Noreturn void fail(const char *path, unsigned line, const char *what)
{
    fprintf(stderr, "%s:%u: %s\n", path, line, what);
    exit(2);
}

/* The next field of *at, up to `|` or the end of the line. */
static bool field(char **at, char *to, size_t size)
{
    if (!*at)
        return false;
    char *begin = *at + strspn(*at, " "), *end = strchr(begin, '|');
    *at = end ? end + 1 : NULL;
    end = end ? end : begin + strcspn(begin, "\n");
    while (end > begin && end[-1] == ' ')
        end--;
    if ((size_t)(end - begin) >= size)
        return false;
    memcpy(to, begin, (size_t)(end - begin));
    to[end - begin] = '\0';
    return true;
}

static bool words(struct row *row, const char *text)
{
    for (char *end; *text; text = end) {
        unsigned long word = strtoul(text, &end, 16);
        if (end == text || row->n_words == ROW_MAX_WORDS)
            return false;
        row->word[row->n_words++] = (uint32_t)word;
    }
    return row->n_words > 0;
}

struct row *rows_read(const char *path, unsigned *n)
{
    static char line[4096], text[2048];
    FILE *file = fopen(path, "r");
    struct row *rows = NULL;
    *n = 0;
    if (!file)
        fail(path, 0, "cannot be read");
    for (unsigned number = 1; fgets(line, sizeof line, file); number++) {
        char *at = line;
        if (*line == '#' || *line == '\n')
            continue;
        rows = realloc(rows, (*n + 1) * sizeof *rows);
        if (!rows)
            abort();
        struct row *row = &rows[(*n)++];
        memset(row, 0, sizeof *row);
        if (!field(&at, row->kind, sizeof row->kind) || !field(&at, row->text, sizeof row->text) ||
            !field(&at, text, sizeof text) || !words(row, text) ||
            !field(&at, row->figures, sizeof row->figures) || at)
            fail(path, number, "not `kind | assembly | words | figures`");
        row->isa = !strncmp(row->kind, "a32 ", 4) ? ROW_A32 : !strncmp(row->kind, "t32 ", 4) ? ROW_T32 : ROW_A64;
    }
    fclose(file);
    return rows;
}

/* --- running ------------------------------------------------------------------------------------ */

static const uint8_t *code(void *opaque, uint64_t address, uint64_t *avail, int *sig, int *why)
{
    const uint64_t first = (uintptr_t)(address >> 32 ? code_base : low_code_base);
    (void)opaque, (void)sig, (void)why;
    if (address < first || address >= first + CODE_BYTES)
        return NULL;
    *avail = first + CODE_BYTES - address;
    return (const uint8_t *)(uintptr_t)address;
}

static void on_fault(int sig, siginfo_t *info, void *ucontext)
{
    if (!running || !tcg_host_fault(running, sig, info, ucontext))
        abort();
}

static void map_fixed(uint8_t *at, size_t size)
{
    if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
             0) != at) {
        fprintf(stderr, "no memory at %p\n", (void *)at);
        exit(2);
    }
}

/* Once. */
static void set_up(void)
{
    static bool done;
    if (done)
        return;
    done = true;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE};
    map_fixed(code_base, CODE_BYTES);
    map_fixed(data_base, DATA_BYTES);
    map_fixed(low_code_base, CODE_BYTES);
    map_fixed(low_data_base, DATA_BYTES);
    for (unsigned k = 0; k < sizeof signals / sizeof *signals; k++)
        sigaction(signals[k], &action, NULL);
}

static struct tcg *open_guest(const struct guest *guest, const struct tcg_options *options,
                              struct tcg_cpu **cpu)
{
    const struct tcg_mem_ops mem = {.code = code, .address_bits = guest->address_bits};
    set_up();
    struct tcg *tcg = tcg_new(guest, &mem, options);
    *cpu = tcg ? tcg_cpu_new(tcg) : NULL;
    if (!*cpu) {
        fprintf(stderr, "the translator cannot start\n");
        exit(2);
    }
    return tcg;
}

struct tcg *row_open(const struct row *row, const struct tcg_options *options, struct tcg_cpu **cpu)
{
    return open_guest(row->isa == ROW_A64 ? &a64_guest : &a32_guest, options, cpu);
}

void row_close(struct tcg *tcg, struct tcg_cpu *cpu)
{
    tcg_cpu_free(cpu);
    tcg_free(tcg);
}

struct tcg *guest_open(const struct tcg_options *options, struct a64_cpu **cpu)
{
    struct tcg_cpu *any;
    struct tcg *tcg = open_guest(&a64_guest, options, &any);
    *cpu = (struct a64_cpu *)any;
    return tcg;
}

void guest_close(struct tcg *tcg, struct a64_cpu *cpu) { row_close(tcg, &cpu->tcg); }

uint64_t guest_place(const struct row *row, unsigned copies)
{
    static const uint32_t svcs[] = {[ROW_A64] = 0xd4000001, [ROW_A32] = 0xef000000, [ROW_T32] = 0xdf00df00};
    static size_t used;
    const uint32_t svc = svcs[row->isa];
    set_up();
    uint8_t *p = (row->isa == ROW_A64 ? code_base : low_code_base) + used;
    used += PLACE_BYTES;
    if (used > CODE_BYTES || (copies * row->n_words + 1) * sizeof svc > PLACE_BYTES) {
        fprintf(stderr, "%s: too much code\n", row->text);
        exit(2);
    }
    const uint64_t at = (uintptr_t)p;
    for (unsigned k = 0; k < copies; k++, p += row->n_words * sizeof svc)
        memcpy(p, row->word, row->n_words * sizeof svc);
    memcpy(p, &svc, sizeof svc);
    return at | (row->isa == ROW_T32);
}

void guest_set(struct a64_cpu *cpu, uint64_t at, uint64_t x0)
{
    static const double d[2] = {1.25, 0.75};
    static const float s[2] = {1.25f, 0.75f};
    cpu->x[0] = x0;
    cpu->x[1] = (uintptr_t)data_base + DATA_BYTES / 2;
    for (unsigned k = 2; k < 29; k++)
        cpu->x[k] = 2 * k + 1;
    cpu->x[31] = (uintptr_t)data_base + DATA_BYTES / 4;
    for (unsigned k = 0; k < 32; k++)
        memcpy(&cpu->v[k], k < 16 ? (const void *)d : (const void *)s, k < 16 ? sizeof d : sizeof s);
    cpu->tcg.pc = at;
}

void row_set(const struct row *row, struct tcg_cpu *cpu, uint64_t at, uint64_t count)
{
    static const double d[2] = {1.25, 0.75};
    static const float s[4] = {1.25f, 0.75f, 1.25f, 0.75f};
    if (row->isa == ROW_A64) {
        guest_set((struct a64_cpu *)cpu, at, count);
        return;
    }
    struct a32_cpu *arm = (struct a32_cpu *)cpu;
    arm->r[0] = (uint32_t)count;
    arm->r[1] = (uint32_t)(uintptr_t)low_data_base + DATA_BYTES / 2;
    for (unsigned k = 2; k < 13; k++)
        arm->r[k] = 2 * k + 1;
    arm->r[13] = (uint32_t)(uintptr_t)low_data_base + DATA_BYTES / 4;
    for (unsigned k = 0; k < 16; k++)
        memcpy(&arm->q[k], k < 8 ? (const void *)d : (const void *)s, sizeof d);
    cpu->pc = at;
}

void row_run(struct tcg_cpu *cpu)
{
    running = cpu;
    unsigned exc;
    do
        exc = tcg_run(cpu);
    while (exc == TCG_EXC_INTERRUPT);
    running = NULL;
    if (exc != A64_EXC_SVC) {
        fprintf(stderr, "exception %u at %#" PRIx64 "\n", exc, cpu->pc);
        exit(2);
    }
}

void guest_run(struct a64_cpu *cpu) { row_run(&cpu->tcg); }
