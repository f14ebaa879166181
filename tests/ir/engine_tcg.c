/* SPDX-License-Identifier: MIT */
/*
 * The engines that run a region through the whole translator: a guest whose one "instruction" at
 * each address lifts to the region that was registered there.  Any other address raises, so that
 * whatever leaves the region comes back with the pc that it left for.
 */
#include <stdlib.h>
#include <string.h>

#include "tcg/tcg.h"
#include "tests/ir/engines.h"

enum { CODE_BASE = 0x40000000, CODE_STEP = 64, MAX_CODES = 1 << 20 };
enum { EXC_LEFT = TCG_EXC_GUEST + 100 };

struct code {
    uint64_t pc;
    const struct ir *ir; /* NULL once released */
};

static struct tcg *tcg;
static struct guest guest;
static struct code *codes;
static unsigned n_codes;
static _Thread_local struct test_cpu *own; /* this thread's CPU in the translator */

/* --- the guest ------------------------------------------------------------------------------ */

static const uint8_t *code_bytes(void *opaque, uint64_t addr, uint64_t *avail, int *sig, int *why)
{
    static const uint8_t bytes[4096];

    (void)opaque, (void)sig, (void)why;
    *avail = sizeof bytes - addr % sizeof bytes;
    return bytes;
}

static void copy_region(struct ir *to, const struct ir *from)
{
    to->n = 1;
    for (ir_ref r = 1; r < from->n; r++)
        ir_emit(to, from->ops[r]);
    to->n_blocks = 0;
    while (to->n_blocks < from->n_blocks)
        ir_block_begin(to, 0, NULL);
    memcpy(to->blocks, from->blocks, from->n_blocks * sizeof *to->blocks);
    if (to->cap_edge_args < from->n_edge_args) {
        to->cap_edge_args = from->n_edge_args;
        to->edge_args = realloc(to->edge_args, to->cap_edge_args * sizeof *to->edge_args);
        if (!to->edge_args)
            abort();
    }
    to->n_edge_args = from->n_edge_args;
    if (from->n_edge_args)
        memcpy(to->edge_args, from->edge_args, from->n_edge_args * sizeof *to->edge_args);
}

static void lift(struct tcg_lift *l)
{
    const uint64_t k = (l->pc - CODE_BASE) / CODE_STEP;

    if (l->pc % CODE_STEP == 0 && k < n_codes && codes[k].ir)
        copy_region(l->ir, codes[k].ir);
    else
        ir_raise(l->ir, EXC_LEFT, 0, l->pc);
    l->done = true;
}

static void reset(struct tcg_cpu *cpu)
{
    (void)cpu;
}
static uint64_t clean_address(uint64_t address)
{
    return address;
}
static void dump(const struct tcg_cpu *cpu, FILE *out)
{
    fprintf(out, "pc %" PRIx64 "\n", cpu->pc);
}

/* --- the engine ----------------------------------------------------------------------------- */

bool engine_tcg_open(const struct engine *engine)
{
    const struct tcg_mem_ops mem = {
        .code = code_bytes, .address_bits = test_narrow() ? 32 : 64, .base = test_base};
    const struct tcg_options options = {
        .accel = engine->interpreted ? TCG_ACCEL_INTERP : TCG_ACCEL_JIT,
        .tier = TCG_TIER_1, /* regions come from the test whole: no graph is to be found */
        .no_cold = true, /* an engine is not to be another for the first run */
        .verify = true,
        .disabled_passes = engine->disabled_passes,
        .ra_seed = engine->shuffled ? (uint32_t)test_random() | 1 : 0};

    guest = test_guest;
    guest.address_bits = mem.address_bits;
    guest.lift = lift;
    guest.reset = reset;
    guest.clean_address = clean_address;
    guest.dump = dump;
    codes = calloc(MAX_CODES, sizeof *codes);
    tcg = codes ? tcg_new(&guest, &mem, &options) : NULL;
    return tcg != NULL;
}

void *engine_tcg_compile(struct ir *ir)
{
    if (n_codes == MAX_CODES)
        abort();
    codes[n_codes] = (struct code){CODE_BASE + (uint64_t)n_codes * CODE_STEP, ir};
    return &codes[n_codes++];
}

void engine_tcg_release(void *code)
{
    ((struct code *)code)->ir = NULL;
}

/* What a test sets and looks at, from one CPU to the other. */
static void copy_state(struct test_cpu *to, const struct test_cpu *from)
{
    memcpy(to->l, from->l, sizeof *to - offsetof(struct test_cpu, l));
    to->tcg.fp = from->tcg.fp;
    to->tcg.fp_std = from->tcg.fp_std;
    to->tcg.run_mode = from->tcg.run_mode;
    to->tcg.qc = from->tcg.qc;
    to->tcg.excl_addr = from->tcg.excl_addr;
    to->tcg.excl_val = from->tcg.excl_val;
    to->tcg.excl_size = from->tcg.excl_size;
}

enum ir_left engine_tcg_run(struct test_cpu *cpu, void *code)
{
    static _Thread_local unsigned runs;
    if (++runs % 256 == 0)
        engine_tcg_thread_end(); /* a CPU that saw many FP traps would get other code */
    if (!own)
        own = (struct test_cpu *)tcg_cpu_new(tcg);
    copy_state(own, cpu);
    own->tcg.pc = ((struct code *)code)->pc;
    const unsigned exc = tcg_run(&own->tcg);
    copy_state(cpu, own);
    cpu->tcg.pc = own->tcg.pc;
    cpu->tcg.exc = exc;
    cpu->tcg.exc_arg = own->tcg.exc_arg;
    cpu->tcg.fault_addr = own->tcg.fault_addr;
    cpu->tcg.fault_write = own->tcg.fault_write;
    return exc == EXC_LEFT ? IR_LEFT_GOTO : IR_LEFT_EXC;
}

void engine_tcg_thread_end(void)
{
    if (own)
        tcg_cpu_free(&own->tcg);
    own = NULL;
}

bool engine_tcg_fault(int sig, siginfo_t *info, void *ucontext)
{
    return own && tcg_host_fault(&own->tcg, sig, info, ucontext);
}

void engine_tcg_close(void)
{
    engine_tcg_thread_end();
    tcg_free(tcg);
    free(codes);
}
