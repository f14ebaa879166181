/* SPDX-License-Identifier: MIT */
/*
 * Slots that overlap: random regions that read and write g whole, in halves and in quarters, with
 * side exits, accesses that may fault and helpers between, against a model that does the same to
 * bytes.  What a value holds above the bytes that were read does not matter: the model keeps count of
 * those that do.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/ir/harness.h"

enum { MAX_STEPS = 48, REGIONS = 400, RUNS = 12 };
enum kind { GET, PUT, ADD, XOR, SPLIT, EXIT, CALL, LOAD, N_KINDS };

struct step {
    enum kind kind;
    unsigned bytes, place; /* GET, PUT: the slot */
    unsigned a, b;         /* values, by step; EXIT, LOAD: of l */
    unsigned valid;        /* bytes of the result that count */
};

static struct ir ir;
static struct step step[MAX_STEPS];
static unsigned n_steps;
static uint64_t cell; /* what LOAD reads */

static unsigned below(unsigned n) { return (unsigned)(test_random() % n); }

/* --- programs ------------------------------------------------------------------------------------- */

/* An earlier step with a value of at least `bytes`, or MAX_STEPS. */
static unsigned find_value(unsigned before, unsigned bytes)
{
    for (unsigned tries = 0; before && tries < 8; tries++) {
        const unsigned k = below(before);
        if (step[k].valid >= bytes)
            return k;
    }
    return MAX_STEPS;
}

/* mostly: the width that most slots of the program have */
static void make_step(unsigned n, unsigned mostly)
{
    struct step *s = &step[n];
    *s = (struct step){.kind = (enum kind)below(N_KINDS), .bytes = below(4) ? mostly : 4u << below(3)};
    s->place = below(TEST_G * 16 / s->bytes);
    s->a = s->b = below(TEST_L);
    switch (s->kind) {
    case PUT: case ADD: case XOR: case SPLIT:
        s->a = find_value(n, s->kind == PUT ? s->bytes : s->kind == SPLIT ? 16 : 4);
        s->b = find_value(n, 4);
        if (s->a == MAX_STEPS || s->b == MAX_STEPS)
            s->kind = GET;
        break;
    case EXIT: case CALL: case LOAD:
        if (below(3))
            s->kind = GET;
        break;
    default:
        break;
    }
    if (s->kind == GET)
        s->valid = s->bytes;
    else if (s->kind == ADD || s->kind == XOR)
        s->valid = step[s->a].valid < step[s->b].valid ? step[s->a].valid : step[s->b].valid;
    else if (s->kind == SPLIT)
        s->valid = 8;
}

static void make_program(void)
{
    const unsigned mostly = 4u << below(3);
    n_steps = 4 + below(MAX_STEPS - 4);
    for (unsigned n = 0; n < n_steps; n++)
        make_step(n, mostly);
}

static unsigned slot_of(const struct step *s)
{
    return (s->bytes == 16 ? SLOT_G1 : s->bytes == 8 ? SLOT_G2 : SLOT_G4) + s->place;
}

static uint64_t pc_of(unsigned n) { return 0x100 + 4 * (uint64_t)n; }

static void build(void)
{
    ir_ref v[MAX_STEPS] = {0};
    ir_reset(&ir);
    for (unsigned n = 0; n < n_steps; n++) {
        const struct step *s = &step[n];
        ir_insn(&ir, pc_of(n), 0);
        switch (s->kind) {
        case GET: v[n] = ir_get(&ir, slot_of(s)); break;
        case PUT: ir_put(&ir, slot_of(s), v[s->a]); break;
        case ADD: v[n] = ir_vadd(&ir, IR_LANE_S, v[s->a], v[s->b]); break;
        case XOR: v[n] = ir_vxor(&ir, IR_LANE_S, v[s->a], v[s->b]); break;
        case SPLIT: v[n] = ir_vhi64(&ir, IR_LANE_D, v[s->a]); break;
        case CALL: ir_call(&ir, HELPER_COUNT_UP, ir_const(&ir, IR_I64, 1), 0, 0, 0); break;
        case LOAD:
            ir_put(&ir, SLOT_L + 6, ir_load(&ir, IR_I64, 3, ir_get(&ir, SLOT_L + 5), 0));
            break;
        default: {
            const ir_ref l = ir_get(&ir, SLOT_L + (s->a & 3)), bit = ir_const(&ir, IR_I64, 1);
            ir_exit_if(&ir, IR_NE, ir_flags_and(&ir, IR_I64, l, bit), pc_of(n) + 2);
        }
        }
    }
    ir_goto_pc(&ir, pc_of(n_steps));
}

/* --- the model ------------------------------------------------------------------------------------- */

static uint8_t *bytes_of(struct test_cpu *cpu, const struct step *s)
{
    return (uint8_t *)cpu->g + s->place * s->bytes;
}

/* Runs the program; returns the pc at which it leaves. */
static uint64_t model(struct test_cpu *cpu, bool faults)
{
    tcg_v128 v[MAX_STEPS];
    memset(v, 0, sizeof v);
    for (unsigned n = 0; n < n_steps; n++) {
        const struct step *s = &step[n];
        switch (s->kind) {
        case GET: memcpy(&v[n], bytes_of(cpu, s), s->bytes); break;
        case PUT: memcpy(bytes_of(cpu, s), &v[s->a], s->bytes); break;
        case SPLIT: v[n].d[0] = v[s->a].d[1]; break;
        case CALL: cpu->l[7]++; break;
        case LOAD:
            if (faults)
                return pc_of(n);
            cpu->l[6] = cell;
            break;
        case EXIT:
            if (cpu->l[s->a & 3] & 1)
                return pc_of(n) + 2;
            break;
        default:
            for (unsigned k = 0; k < 4; k++)
                v[n].s[k] = s->kind == ADD ? v[s->a].s[k] + v[s->b].s[k] : v[s->a].s[k] ^ v[s->b].s[k];
        }
    }
    return pc_of(n_steps);
}

static bool same(const struct test_cpu *a, const struct test_cpu *b)
{
    return !memcmp(a->g, b->g, sizeof a->g) && !memcmp(a->l, b->l, sizeof a->l);
}

static void describe(const struct test_cpu *want, const struct test_cpu *got, uint64_t pc)
{
    printf("left at %#" PRIx64 ", not %#" PRIx64 "\n", got->tcg.pc, pc);
    for (unsigned k = 0; k < TEST_G; k++)
        printf("  g%u %016" PRIx64 "_%016" PRIx64 ", not %016" PRIx64 "_%016" PRIx64 "\n", k,
               got->g[k].d[1], got->g[k].d[0], want->g[k].d[1], want->g[k].d[0]);
    ir_print(&ir, stdout);
}

static void run(void *code)
{
    static struct test_cpu cpu, want;
    const bool faults = !below(3);
    test_cpu_reset(&cpu);
    for (unsigned k = 0; k < 4; k++)
        if (below(4))
            cpu.l[k] &= ~UINT64_C(1);
    cpu.l[5] = faults ? 8 : (uint64_t)(uintptr_t)&cell;
    want = cpu;
    const uint64_t pc = model(&want, faults);
    test_run(&cpu, code);
    if (test_case_wrong(same(&cpu, &want) && cpu.tcg.pc == pc))
        describe(&want, &cpu, pc);
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    ir_init(&ir, &test_guest);
    cell = test_random();
    for (unsigned k = 0; k < REGIONS; k++) {
        make_program();
        build();
        void *code = test_compile(&ir);
        for (unsigned n = 0; n < RUNS; n++)
            run(code);
        test_release(code);
    }
    test_row("groups");
    ir_free(&ir);
    return test_end();
}
