/* SPDX-License-Identifier: MIT */
/*
 * The engine that compiles: the code generator with this machine's back end, without the run loop.
 * A region is entered once and leaves by its first exit.  Includes harness.h, codegen.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backends/x86_64/x64.h"
#include "tcg/codegen/codegen.h"
#include "tests/ir/harness.h"

enum { CODE_BYTES = 16 << 20, ROUTINES = 64, MAX_HELPERS = 16 };

static uint8_t *code_base, *code_free, *code_first;
static uint8_t *routines[ROUTINES];
static void *helpers[MAX_HELPERS];
static struct tcg_jump jumps[TCG_JUMP_SIZE];
static struct cg generator;

struct compiled {
    struct ir *ir;
    const uint8_t *code;
};

static void start(void)
{
    const char *why = NULL;

    if (x64_host.init(&why) != 0) {
        fprintf(stderr, "%s\n", why);
        exit(77);
    }
    code_base = mmap(NULL, CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code_base == MAP_FAILED)
        abort();
    cg_init(&generator, &x64_host);
    generator.routines = routines;
    generator.address_bits = 64;
    generator.p = generator.start = code_base;
    generator.end = code_base + CODE_BYTES;
    code_free = code_first = code_base + x64_host.emit_runtime(&generator);
    for (unsigned k = 0; k < test_guest.n_helpers; k++)
        helpers[k] = test_guest.helpers[k].fn;
    for (unsigned k = 0; k < TCG_JUMP_SIZE; k++)
        jumps[k].pc = 1;
}

static void *host_compile(struct ir *ir)
{
    struct compiled *c = malloc(sizeof *c);
    struct cg_output out;

    if (!code_base)
        start();
    if (!c || cg_region(&generator, ir, code_free, code_base + CODE_BYTES, 0, 0, &out) != 0) {
        fprintf(stderr, "region does not compile\n");
        abort();
    }
    *c = (struct compiled){ir, out.code};
    code_free += (out.code_size + 63) & ~63u;
    if (code_free - code_base > CODE_BYTES / 2)
        code_free = code_first; /* earlier regions have been released by then */
    return c;
}

/* A goto and an exit_if both leave with a pc: which one has that pc? */
static enum ir_left how_left(const struct test_cpu *cpu, const struct ir *ir)
{
    if (cpu->tcg.exc)
        return IR_LEFT_EXC;
    for (ir_ref r = 1; r < ir->n; r++)
        if (ir->ops[r].opc == IR_exit_if && (uint64_t)ir->ops[r].imm == cpu->tcg.pc)
            return IR_LEFT_EXIT;
    return IR_LEFT_GOTO;
}

static enum ir_left host_run(struct test_cpu *cpu, void *code)
{
    const struct compiled *c = code;

    cpu->tcg.host_table = (void *const *)routines;
    cpu->tcg.helpers = helpers;
    cpu->tcg.jump_cache = jumps;
    cpu->tcg.host_fpcr = x64_host.fpcr(&cpu->tcg.fp);
    x64_host.enter(&cpu->tcg, c->code);
    return how_left(cpu, c->ir);
}

static void host_release(void *code)
{
    free(code);
}

const struct engine test_engine_host = {"jit", host_compile, host_run, host_release};
