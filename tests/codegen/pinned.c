/* SPDX-License-Identifier: MIT */
/*
 * How many host instructions hot guest instructions become, against tests/codegen/pinned.def, which
 * says what is counted.  scripts/pin writes new figures there.
 *
 *   pinned FILE           compares; prints a line for each difference, and the sums
 *   pinned --print FILE   prints the figures of each row, a line each
 */
#define _GNU_SOURCE
#include <capstone/capstone.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "backends/x86_64/x64.h"
#include "tcg/run/run.h"
#include "tests/codegen/guest_code.h"

static csh disassembler;

/* Figures are those of a CPU with exactly these features and the baseline; most have them. */
static const uint32_t wanted =
    1u << X64_BIT_LZCNT | 1u << X64_BIT_BMI1 | 1u << X64_BIT_BMI2 | 1u << X64_BIT_MOVBE |
    1u << X64_BIT_AES | 1u << X64_BIT_PCLMUL | 1u << X64_BIT_AVX | 1u << X64_BIT_F16C |
    1u << X64_BIT_FMA | 1u << X64_BIT_AVX2;

/* Hides all others from the back end. */
static void hide_features(void)
{
    static const char *const names[] = {
#define FEATURE(name, text, leaf, subleaf, reg, bit, needs) text,
#include "backends/x86_64/features.def"
    };
    char list[512] = "";
    for (unsigned k = 0; k < sizeof names / sizeof *names; k++)
        if (!(wanted >> k & 1))
            strcat(strcat(list, names[k]), ",");
    setenv("DRAGOMAN_X64_DISABLE", list, 1);
}

/* --- the main path of a region ------------------------------------------------------------------- */

/* Bytes of data behind the instruction: a call of a routine that leaves the region. */
static unsigned data_behind(const struct tcg *tcg, const cs_insn *i)
{
    if (i->id != X86_INS_CALL || i->detail->x86.operands[0].type != X86_OP_IMM)
        return 0;
    const uintptr_t to = (uintptr_t)i->detail->x86.operands[0].imm;
    return to == (uintptr_t)tcg->routines[X64_R_RAISE] ? sizeof(struct x64_raise_data) : 0;
}

static unsigned count_main(const struct tcg *tcg, const struct tcg_region *r)
{
    const uint8_t *p = r->code;
    size_t left = r->main_size;
    uint64_t address = (uintptr_t)p;
    unsigned n = 0;
    cs_insn *i = cs_malloc(disassembler);
    while (left && cs_disasm_iter(disassembler, &p, &left, &address, i)) {
        const unsigned skip = data_behind(tcg, i);
        n += !skip && i->id != X86_INS_NOP;
        p += skip;
        address += skip;
        left -= skip < left ? skip : left;
    }
    cs_free(i, 1);
    if (left) {
        fprintf(stderr, "host code that capstone does not know at %p\n", (const void *)p);
        exit(2);
    }
    return n;
}

/* Translates `copies` of the row, as tcg_run() would, without running them. */
static unsigned count_copies(const struct row *row, unsigned copies)
{
    const struct tcg_options options = {.no_cold = true, .foreground = true};
    struct tcg_cpu *cpu;
    struct tcg *tcg = row_open(row, &options, &cpu);
    row_set(row, cpu, guest_place(row, copies), 0);
    cpu->run_mode |= tcg->fp_traps ? TCG_RUN_FPTRAP : 0;
    const unsigned n = count_main(tcg, tcg_find(cpu));
    tcg_leave_code(cpu);
    row_close(tcg, cpu);
    return n;
}

static void figures_insn(const struct row *row, char *to, size_t size)
{
    const unsigned two = count_copies(row, 2);
    snprintf(to, size, "%u %d", count_copies(row, 1), (int)(count_copies(row, 3) - two));
}

/* --- loops: counted by the host's trap flag --------------------------------------------------------- */

static const struct tcg *stepped;
static unsigned long steps;

static void on_step(int sig, siginfo_t *info, void *ucontext)
{
    const ucontext_t *u = ucontext;
    const uintptr_t pc = (uintptr_t)u->uc_mcontext.gregs[REG_RIP];
    (void)sig, (void)info;
    steps += pc - (uintptr_t)stepped->code.base < stepped->code.size;
}

static void trap_flag(bool on)
{
    if (on)
        __asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
    else
        __asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
}

/* Host instructions inside the code cache for that many iterations. */
static unsigned long count_run(const struct row *row, struct tcg_cpu *cpu, uint64_t at, unsigned iterations)
{
    row_set(row, cpu, at, iterations);
    steps = 0;
    trap_flag(true);
    row_run(cpu);
    trap_flag(false);
    return steps;
}

static void figures_loop(const struct row *row, char *to, size_t size)
{
    enum { WARM = 20000, FEW = 10, MANY = 30 };
    const struct tcg_options options = {.foreground = true};
    const uint64_t at = guest_place(row, 1);
    struct tcg_cpu *cpu;
    struct tcg *tcg = row_open(row, &options, &cpu);
    stepped = tcg;
    for (unsigned k = 0; k < 4; k++) {
        row_set(row, cpu, at, WARM);
        row_run(cpu);
    }
    const unsigned long few = count_run(row, cpu, at, FEW), many = count_run(row, cpu, at, MANY);
    row_close(tcg, cpu);
    snprintf(to, size, "%.1f", (double)(many - few) / (MANY - FEW));
}

/* --- all -------------------------------------------------------------------------------------------- */

static void figures(const struct row *row, char *to, size_t size)
{
    if (!strcmp(row->kind + strlen(row->kind) - strlen("loop"), "loop"))
        figures_loop(row, to, size);
    else
        figures_insn(row, to, size);
}

/* Is this a host of the kind that the figures are for, Invalid raising SIGFPE included? */
static bool suitable(void)
{
    const struct tcg_options options = {.no_cold = true, .foreground = true};
    struct a64_cpu *cpu;
    struct tcg *tcg = guest_open(&options, &cpu);
    const bool ok = x64_features == wanted && tcg->fp_traps;
    guest_close(tcg, cpu);
    return ok;
}

int main(int argc, char **argv)
{
    const bool print = argc > 1 && !strcmp(argv[1], "--print");
    const struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    unsigned n, passed = 0;
    if (argc != 2 + print) {
        fprintf(stderr, "usage: pinned [--print] FILE\n");
        return 2;
    }
    struct row *rows = rows_read(argv[argc - 1], &n);
    sigaction(SIGTRAP, &action, NULL);
    hide_features();
    if (!suitable()) {
        printf("0 passed, 0 failed, %u skipped: the figures are for CPUs with AVX2, AES and more\n", n);
        return 0;
    }
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &disassembler))
        return 2;
    cs_option(disassembler, CS_OPT_DETAIL, CS_OPT_ON);
    for (unsigned k = 0; k < n; k++) {
        char now[64];
        figures(&rows[k], now, sizeof now);
        if (print)
            printf("%s\n", now);
        else if (strcmp(now, rows[k].figures) != 0)
            printf("not ok: %s: %s, pinned are %s\n", rows[k].text, now, rows[k].figures);
        passed += !strcmp(now, rows[k].figures);
    }
    if (!print)
        printf("%u passed, %u failed, 0 skipped%s\n", passed, n - passed,
               passed == n ? "" : "\nIf this is meant to be: scripts/pin");
    free(rows);
    return !print && passed != n;
}
