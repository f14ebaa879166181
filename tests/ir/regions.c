/* SPDX-License-Identifier: MIT */
/*
 * Whole regions: state, control flow over blocks with parameters, ways of leaving, helpers, and
 * exact state at a fault.  A case is a program with its own C version to compare with.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/ir/harness.h"

static struct ir ir;

/* --- programs on l0, l1 with the result in l7 ---------------------------------------------------- */

static const uint8_t longs[4] = {IR_I64, IR_I64, IR_I64, IR_I64};

static ir_ref constant(int64_t x)
{
    return ir_const(&ir, IR_I64, x);
}
static ir_ref compared(ir_ref a, ir_ref b)
{
    return ir_flags_sub(&ir, IR_I64, a, b);
}
static ir_ref param(uint32_t block, unsigned k)
{
    return ir_block_param(&ir, block, k);
}

static ir_ref start(unsigned k)
{
    if (k == 0) {
        ir_block_begin(&ir, 0, NULL);
        ir_insn(&ir, 0x100, 0);
    }
    return ir_get(&ir, SLOT_L + k);
}

static void result(ir_ref r)
{
    ir_put(&ir, SLOT_L + 7, r);
    ir_goto_pc(&ir, 0x104);
}

/* l7 = 1 + ... + l0 % 100: one loop, two parameters. */
static void build_sum(void)
{
    const ir_ref l0 = start(0), zero = constant(0);
    const ir_ref n = ir_and(&ir, IR_I64, l0, constant(63));
    ir_jump(&ir, 1, (ir_ref[]){n, zero}, 2);
    ir_block_begin(&ir, 2, longs);
    const ir_ref i = param(1, 0), sum = param(1, 1);
    const ir_ref more = ir_add(&ir, IR_I64, sum, i);
    const ir_ref next = ir_sub(&ir, IR_I64, i, constant(1));
    ir_branch(&ir, IR_GT, compared(next, constant(0)), 1, (ir_ref[]){next, more}, 2, 2,
              (ir_ref[]){more}, 1);
    ir_block_begin(&ir, 1, longs);
    result(param(2, 0));
}

static uint64_t model_sum(const struct test_cpu *cpu)
{
    const uint64_t n = cpu->l[0] & 63;

    return n * (n + 1) / 2;
}

/* Euclid: the parameters of the loop change places. */
static void build_gcd(void)
{
    const ir_ref a = start(0), b = start(1);
    ir_jump(&ir, 1, (ir_ref[]){a, b}, 2);
    ir_block_begin(&ir, 2, longs);
    const ir_ref x = param(1, 0), y = param(1, 1);
    ir_branch(&ir, IR_EQ, compared(y, constant(0)), 3, NULL, 0, 2, NULL, 0);
    ir_block_begin(&ir, 0, NULL);
    const ir_ref q = ir_divu(&ir, IR_I64, x, y);
    const ir_ref rest = ir_sub(&ir, IR_I64, x, ir_mul(&ir, IR_I64, q, y));
    ir_jump(&ir, 1, (ir_ref[]){y, rest}, 2);
    ir_block_begin(&ir, 0, NULL);
    result(x);
}

static uint64_t model_gcd(const struct test_cpu *cpu)
{
    uint64_t a = cpu->l[0], b = cpu->l[1];

    while (b) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Steps of Collatz' sequence from l0 % 4096 + 1: a diamond in a loop. */
static void build_collatz(void)
{
    const ir_ref l0 = start(0), one = constant(1), zero = constant(0);
    const ir_ref from = ir_add(&ir, IR_I64, ir_zext(&ir, IR_I64, l0, 12), one);
    ir_jump(&ir, 1, (ir_ref[]){from, zero}, 2);
    ir_block_begin(&ir, 2, longs); /* 1: n, steps */
    const ir_ref n = param(1, 0), steps = param(1, 1);
    ir_branch(&ir, IR_LS, compared(n, one), 6, NULL, 0, 2, NULL, 0);
    ir_block_begin(&ir, 0, NULL);
    const ir_ref odd = ir_flags_and(&ir, IR_I64, n, one);
    ir_branch(&ir, IR_NE, odd, 3, NULL, 0, 4, NULL, 0);
    ir_block_begin(&ir, 0, NULL);
    const ir_ref tripled = ir_add(&ir, IR_I64, ir_mul(&ir, IR_I64, n, constant(3)), one);
    ir_jump(&ir, 5, &tripled, 1);
    ir_block_begin(&ir, 0, NULL);
    const ir_ref half = ir_shr(&ir, IR_I64, n, one);
    ir_jump(&ir, 5, &half, 1);
    ir_block_begin(&ir, 1, longs);
    const ir_ref count = ir_add(&ir, IR_I64, steps, one);
    ir_jump(&ir, 1, (ir_ref[]){param(5, 0), count}, 2);
    ir_block_begin(&ir, 0, NULL);
    result(steps);
}

static uint64_t model_collatz(const struct test_cpu *cpu)
{
    uint64_t n = (cpu->l[0] & 4095) + 1, steps = 0;

    for (; n > 1; steps++)
        n = n % 2 ? 3 * n + 1 : n / 2;
    return steps;
}

/* Three values go round (l0 mod 16) times, in an edge of parameters that are each other's sources;
 * one of them arrives twice. */
static void build_rotation(void)
{
    const ir_ref l0 = start(0), n = ir_and(&ir, IR_I64, l0, constant(15));
    const ir_ref x = start(1), y = ir_get(&ir, SLOT_L + 2), z = ir_get(&ir, SLOT_L + 3);
    ir_jump(&ir, 1, (ir_ref[]){n, x, y, z}, 4);
    ir_block_begin(&ir, 4, longs);
    const ir_ref a = param(1, 1), b = param(1, 2), c = param(1, 3);
    const ir_ref next = ir_sub(&ir, IR_I64, param(1, 0), constant(1));
    ir_branch(&ir, IR_PL, compared(next, constant(0)), 1, (ir_ref[]){next, c, a, b}, 4, 2,
              (ir_ref[]){b, a, b, c}, 4);
    ir_block_begin(&ir, 4, longs);
    ir_ref mixed = param(2, 0);
    for (unsigned k = 1; k < 4; k++)
        mixed = ir_add(&ir, IR_I64, ir_mul(&ir, IR_I64, mixed, constant(31)), param(2, k));
    result(mixed);
}

static uint64_t model_rotation(const struct test_cpu *cpu)
{
    uint64_t v[3] = {cpu->l[1], cpu->l[2], cpu->l[3]};

    for (uint64_t n = cpu->l[0] & 15; n > 0; n--) {
        const uint64_t last = v[2];
        v[2] = v[1];
        v[1] = v[0];
        v[0] = last;
    }
    return ((v[1] * 31 + v[0]) * 31 + v[1]) * 31 + v[2];
}

/* Flags, a vector and an i32 as parameters: l0 mod 32 times v = v + v0, w = w + carry. */
static void build_mixed(void)
{
    static const uint8_t types[4] = {IR_I64, IR_FLAGS, IR_V128, IR_I32};
    const ir_ref l0 = start(0), n = ir_and(&ir, IR_I64, l0, constant(31)), l1 = start(1);
    const ir_ref v0 = ir_get(&ir, SLOT_V), f = ir_get(&ir, SLOT_F), w = ir_get(&ir, SLOT_W);
    ir_jump(&ir, 1, (ir_ref[]){n, f, v0, w}, 4);
    ir_block_begin(&ir, 4, types);
    const ir_ref vector = ir_vadd(&ir, IR_LANE_S, param(1, 2), v0);
    const ir_ref lane = ir_vtoi(&ir, IR_I64, IR_LANE_D, vector, 1);
    const ir_ref sum = ir_adc(&ir, IR_I32, param(1, 3), ir_trunc(&ir, lane), param(1, 1));
    const ir_ref flags = ir_flags_adc(&ir, IR_I64, lane, l1, param(1, 1));
    const ir_ref next = ir_sub(&ir, IR_I64, param(1, 0), constant(1));
    ir_branch(&ir, IR_PL, compared(next, constant(0)), 1, (ir_ref[]){next, flags, vector, sum}, 4,
              2, (ir_ref[]){sum, vector}, 2);
    ir_block_begin(&ir, 2, (const uint8_t[]){IR_I32, IR_V128});
    ir_put(&ir, SLOT_V + 7, param(2, 1));
    const ir_ref high = ir_vtoi(&ir, IR_I64, IR_LANE_D, param(2, 1), 0);
    result(ir_xor(&ir, IR_I64, high, ir_zext64(&ir, param(2, 0))));
}

static uint64_t model_mixed(const struct test_cpu *cpu)
{
    tcg_v128 v = cpu->v[0];
    uint32_t w = cpu->w[0];
    bool carry = cpu->f[0] & TCG_FLAG_C;

    for (uint64_t n = (cpu->l[0] & 31) + 1; n > 0; n--) {
        for (unsigned i = 0; i < 4; i++)
            v.s[i] += cpu->v[0].s[i];
        w += (uint32_t)v.d[1] + carry;
        carry = (unsigned __int128)v.d[1] + cpu->l[1] + carry > UINT64_MAX;
    }
    return v.d[0] ^ w;
}

/* Bubble sort of eight numbers in memory, a loop in a loop, then a hash of them. */
static _Alignas(16) uint64_t numbers[8];

static ir_ref sort_element(ir_ref i, int64_t disp)
{
    const ir_ref where = ir_shl(&ir, IR_I64, i, constant(3));

    return ir_load(&ir, IR_I64, 3, ir_add(&ir, IR_I64, ir_get(&ir, SLOT_L + 2), where), disp);
}

static void build_sort(void)
{
    const ir_ref seven = (start(0), constant(7)), zero = constant(0);
    ir_jump(&ir, 1, &seven, 1);
    ir_block_begin(&ir, 1, longs); /* 1: last */
    ir_jump(&ir, 2, &zero, 1);
    ir_block_begin(&ir, 1, longs); /* 2: i */
    const ir_ref i = param(2, 0), base = ir_get(&ir, SLOT_L + 2);
    const ir_ref x = ir_load_x(&ir, IR_I64, 3, base, i, 3), y = sort_element(i, 8);
    ir_branch(&ir, IR_HI, compared(x, y), 3, NULL, 0, 4, NULL, 0);
    ir_block_begin(&ir, 0, NULL); /* 3: exchange */
    ir_store_x(&ir, 3, base, i, 3, y);
    ir_store(&ir, 3, ir_add(&ir, IR_I64, base, ir_shl(&ir, IR_I64, i, constant(3))), 8, x);
    ir_jump(&ir, 4, NULL, 0);
    ir_block_begin(&ir, 0, NULL); /* 4 */
    const ir_ref next = ir_add(&ir, IR_I64, i, constant(1));
    ir_branch(&ir, IR_CC, compared(next, param(1, 0)), 2, &next, 1, 5, NULL, 0);
    ir_block_begin(&ir, 0, NULL); /* 5 */
    const ir_ref last = ir_sub(&ir, IR_I64, param(1, 0), constant(1));
    ir_branch(&ir, IR_NE, compared(last, constant(0)), 1, &last, 1, 6, NULL, 0);
    ir_block_begin(&ir, 0, NULL); /* 6 */
    ir_ref hash = constant(0);
    for (unsigned k = 0; k < 8; k++) {
        const ir_ref e = ir_load(&ir, IR_I64, 3, ir_get(&ir, SLOT_L + 2), 8 * k);
        hash = ir_xor(&ir, IR_I64, ir_mul(&ir, IR_I64, hash, constant(1000003)), e);
    }
    result(hash);
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static uint64_t model_sort(const struct test_cpu *cpu)
{
    uint64_t sorted[8], hash = 0;

    (void)cpu;
    memcpy(sorted, numbers, sizeof sorted);
    qsort(sorted, 8, 8, compare_numbers);
    for (unsigned k = 0; k < 8; k++)
        hash = hash * 1000003 ^ sorted[k];
    return hash;
}

/* What a put holds counts from there on; a get sees it. */
static void build_slots(void)
{
    const ir_ref a = start(0), b = start(1);
    ir_put(&ir, SLOT_L, b);
    ir_put(&ir, SLOT_L + 1, a);
    const ir_ref now_b = ir_get(&ir, SLOT_L), now_a = ir_get(&ir, SLOT_L + 1);
    ir_put(&ir, SLOT_L + 1, constant(-1));
    ir_put(&ir, SLOT_L + 1, ir_sub(&ir, IR_I64, now_b, now_a));
    ir_put(&ir, SLOT_L, a);
    result(ir_get(&ir, SLOT_L + 1));
}

static uint64_t model_slots(const struct test_cpu *cpu)
{
    return cpu->l[1] - cpu->l[0];
}

/* Helpers: four operands, fewer, an i32 result, one that changes a slot, one of vectors. */
static void build_helpers(void)
{
    const ir_ref a = start(0), b = start(1), w = ir_get(&ir, SLOT_W);
    const ir_ref v[3] = {ir_get(&ir, SLOT_V), ir_get(&ir, SLOT_V + 1), ir_get(&ir, SLOT_V + 2)};
    const ir_ref x = ir_call(&ir, HELPER_MIX, a, b, a, w);
    const ir_ref y = ir_call(&ir, HELPER_MIX_W, x, b, 0, 0);
    ir_put(&ir, SLOT_L + 7, x);
    ir_call(&ir, HELPER_COUNT_UP, ir_zext64(&ir, y), 0, 0, 0);
    const ir_ref vector = ir_vcall(&ir, HELPER_VMIX, v[0], v[1], v[2], 77);
    const ir_ref sum =
        ir_add(&ir, IR_I64, ir_get(&ir, SLOT_L + 7), ir_vtoi(&ir, IR_I64, IR_LANE_D, vector, 1));
    result(ir_add(&ir, IR_I64, sum, b));
}

static uint64_t model_helpers(const struct test_cpu *cpu)
{
    const uint64_t a = cpu->l[0], b = cpu->l[1];
    const uint64_t x = a + 3 * b + 5 * a + 7 * (uint64_t)cpu->w[0];
    const uint64_t v = cpu->v[0].d[1] + 3 * cpu->v[1].d[1] + 5 * cpu->v[2].d[1] + 77;

    return x + (uint32_t)(x + 3 * b) + v + b;
}

/* More vector parameters than the host has registers, each a constant on the way in and on the way
 * round: (l0 mod 4) + 1 rounds. */
enum { N_CONSTANTS = 20 };

static void build_constants(void)
{
    uint8_t types[N_CONSTANTS + 2] = {IR_I64, IR_V128};
    ir_ref args[N_CONSTANTS + 2];
    const ir_ref l0 = start(0);
    args[0] = ir_and(&ir, IR_I64, l0, constant(3));
    args[1] = ir_get(&ir, SLOT_V);
    for (unsigned k = 0; k < N_CONSTANTS; k++) {
        types[k + 2] = IR_V128;
        args[k + 2] = ir_vconst(&ir, k + 1, 7 * k);
    }
    ir_jump(&ir, 1, args, N_CONSTANTS + 2);
    ir_block_begin(&ir, N_CONSTANTS + 2, types);
    ir_ref sum = param(1, 1);
    for (unsigned k = 0; k < N_CONSTANTS; k++)
        sum = ir_vadd(&ir, IR_LANE_D, sum, param(1, k + 2));
    args[0] = ir_sub(&ir, IR_I64, param(1, 0), constant(1));
    args[1] = sum;
    for (unsigned k = 0; k < N_CONSTANTS; k++)
        args[k + 2] = ir_vconst(&ir, 1000 * k, 3 * k);
    ir_branch(&ir, IR_PL, compared(args[0], constant(0)), 1, args, N_CONSTANTS + 2, 2, &sum, 1);
    ir_block_begin(&ir, 1, types + 1);
    result(ir_xor(&ir, IR_I64, ir_vtoi(&ir, IR_I64, IR_LANE_D, param(2, 0), 0),
                  ir_vtoi(&ir, IR_I64, IR_LANE_D, param(2, 0), 1)));
}

static uint64_t model_constants(const struct test_cpu *cpu)
{
    tcg_v128 v = cpu->v[0];

    for (unsigned n = 0; n <= (cpu->l[0] & 3); n++)
        for (unsigned k = 0; k < N_CONSTANTS; k++) {
            v.d[0] += n ? 1000 * k : k + 1;
            v.d[1] += n ? 3 * k : 7 * k;
        }
    return v.d[0] ^ v.d[1];
}

static const struct program {
    const char *name;
    void (*build)(void);
    uint64_t (*model)(const struct test_cpu *cpu);
} programs[] = {
    {"sum", build_sum, model_sum},
    {"gcd", build_gcd, model_gcd},
    {"Collatz", build_collatz, model_collatz},
    {"rotation", build_rotation, model_rotation},
    {"mixed types", build_mixed, model_mixed},
    {"sort", build_sort, model_sort},
    {"slots", build_slots, model_slots},
    {"helpers", build_helpers, model_helpers},
    {"constants", build_constants, model_constants},
};

static void run_program(const struct program *program)
{
    static struct test_cpu cpu;

    ir_reset(&ir);
    program->build();
    ir_verify(&ir, "the test");
    void *code = test_compile(&ir);
    for (unsigned run = 0; run < 100; run++) {
        test_cpu_reset(&cpu);
        cpu.l[2] = (uint64_t)(uintptr_t)numbers;
        for (unsigned k = 0; k < 8; k++)
            numbers[k] = test_integer(64);
        const uint64_t a = cpu.l[0], b = cpu.l[1], wanted = program->model(&cpu);
        const enum ir_left left = test_run(&cpu, code);
        const bool right = left == IR_LEFT_GOTO && cpu.tcg.pc == 0x104 && cpu.l[7] == wanted;
        if (test_case_wrong(right))
            printf("%s of %" PRIx64 ", %" PRIx64 ": %" PRIx64 ", not %" PRIx64 "\n", program->name,
                   a, b, cpu.l[7], wanted);
    }
    test_release(code);
    test_row(program->name);
}

/* --- ways of leaving ------------------------------------------------------------------------------ */

static bool holds(unsigned cond, uint32_t f)
{
    return ir_cond_holds((enum ir_cond)cond, f);
}

/* Slots that were put before the exit have their new values, later ones do not. */
static void test_exit_if(void)
{
    static struct test_cpu cpu;

    for (unsigned cond = 0; cond < 16; cond++) {
        ir_reset(&ir);
        ir_insn(&ir, 0x100, 0);
        ir_put(&ir, SLOT_L, constant(1));
        ir_exit_if(&ir, (enum ir_cond)cond, ir_get(&ir, SLOT_F), 0x900);
        ir_put(&ir, SLOT_L, constant(2));
        ir_goto_pc(&ir, 0x104);
        ir_verify(&ir, "the test");
        void *code = test_compile(&ir);
        for (unsigned run = 0; run < 64; run++) {
            test_cpu_reset(&cpu);
            const bool out = holds(cond, cpu.f[0]);
            const enum ir_left left = test_run(&cpu, code);
            test_case_wrong(left == IR_LEFT_GOTO && cpu.tcg.pc == (out ? 0x900 : 0x104) &&
                            cpu.l[0] == (out ? 1 : 2));
        }
        test_release(code);
    }
    test_row("exit_if");
}

static void test_indirect(void)
{
    static struct test_cpu cpu;

    static const enum ir_ind hints[] = {IR_IND_JUMP, IR_IND_CALL, IR_IND_RET};

    for (unsigned k = 0; k < 3; k++) {
        ir_reset(&ir);
        ir_insn(&ir, 0x100, 0);
        if (hints[k] == IR_IND_CALL)
            ir_call_ind(&ir, ir_get(&ir, SLOT_L + 3), 0x104);
        else
            ir_goto_ind(&ir, ir_get(&ir, SLOT_L + 3), hints[k]);
        ir_verify(&ir, "the test");
        void *code = test_compile(&ir);
        test_cpu_reset(&cpu);
        const enum ir_left left = test_run(&cpu, code);
        test_case_wrong(left == IR_LEFT_GOTO && cpu.tcg.pc == cpu.l[3]);
        test_release(code);
    }
    test_row("goto_ind");
}

static void test_raise(void)
{
    static struct test_cpu cpu;

    ir_reset(&ir);
    ir_insn(&ir, 0x100, 0);
    ir_put(&ir, SLOT_L, ir_get(&ir, SLOT_L + 1));
    ir_raise(&ir, TCG_EXC_GUEST + 3, -5, 0x1234);
    ir_verify(&ir, "the test");
    void *code = test_compile(&ir);
    test_cpu_reset(&cpu);
    const enum ir_left left = test_run(&cpu, code);
    test_case_wrong(left == IR_LEFT_EXC && cpu.tcg.exc == TCG_EXC_GUEST + 3 &&
                    cpu.tcg.exc_arg == -5 && cpu.tcg.pc == 0x1234 && cpu.l[0] == cpu.l[1]);
    test_release(code);
    test_row("raise");
}

/* Flags by every way they are used: cc, sel, branch, from each op that makes them. */
static void test_flag_uses(void)
{
    static struct test_cpu cpu;

    for (unsigned cond = 0; cond < 14; cond++) {
        for (unsigned wide = 0; wide < 2; wide++) {
            const enum ir_type t = wide ? IR_I64 : IR_I32;
            ir_reset(&ir);
            ir_block_begin(&ir, 0, NULL);
            ir_insn(&ir, 0x100, 0);
            const ir_ref a = ir_get(&ir, test_slot(t)), b = ir_get(&ir, test_slot(t) + 1);
            const ir_ref f = ir_flags_sub(&ir, t, a, b);
            ir_put(&ir, SLOT_F + 1, f);
            ir_put(&ir, SLOT_W + 5, ir_cc(&ir, IR_I32, (enum ir_cond)cond, f));
            ir_put(&ir, test_slot(t) + 6, ir_sel(&ir, t, (enum ir_cond)cond, f, a, b));
            ir_put(&ir, SLOT_W + 7, ir_nzcv(&ir, f));
            ir_branch(&ir, (enum ir_cond)cond, f, 1, NULL, 0, 2, NULL, 0);
            ir_block_begin(&ir, 0, NULL);
            ir_goto_pc(&ir, 0x200);
            ir_block_begin(&ir, 0, NULL);
            ir_goto_pc(&ir, 0x300);
            ir_verify(&ir, "the test");
            void *code = test_compile(&ir);
            for (unsigned run = 0; run < 40; run++) {
                test_cpu_reset(&cpu);
                const union ir_val x = test_read_slot(&cpu, t, 0), y = test_read_slot(&cpu, t, 1);
                test_run(&cpu, code);
                const uint32_t flags = cpu.f[1];
                const bool yes = holds(cond, flags);
                const union ir_val chosen = test_read_slot(&cpu, t, 6);
                test_case_wrong(cpu.w[5] == yes && chosen.l == (yes ? x.l : y.l) &&
                                !!(flags & TCG_FLAG_Z) == (x.l == y.l) &&
                                !!(flags & TCG_FLAG_C) == (x.l >= y.l) &&
                                !!(flags & TCG_FLAG_N) == cpu.w[7] >> 31 &&
                                cpu.tcg.pc == (yes ? 0x200 : 0x300));
            }
            test_release(code);
        }
    }
    test_row("uses of flags");
}

/* --- faults --------------------------------------------------------------------------------------- */

/* Two instructions; the second faults after its own ops have run, before its puts. */
static void build_fault(uint16_t opc)
{
    ir_reset(&ir);
    ir_insn(&ir, 0x100, 0);
    ir_put(&ir, SLOT_L, constant(11));
    ir_put(&ir, SLOT_V, ir_vconst(&ir, 5, 6));
    ir_put(&ir, SLOT_F, ir_flags_sub(&ir, IR_I64, constant(1), constant(1)));
    ir_insn(&ir, 0x104, 0);
    const ir_ref base = ir_get(&ir, SLOT_L + 1), x = ir_get(&ir, SLOT_L + 2);
    ir_mk(&ir, opc, IR_I64, 0, base, opc == IR_cas ? x : 0,
          opc >= IR_rmw || opc == IR_store ? x : 0, 0, 0, 3);
    ir_put(&ir, SLOT_L, constant(22));
    ir_insn(&ir, 0x108, 0);
    ir_goto_pc(&ir, 0x10c);
    ir_verify(&ir, "the test");
}

static void test_faults(void)
{
    static const uint16_t ops[] = {IR_load, IR_store, IR_load_excl, IR_rmw, IR_cas};
    static struct test_cpu cpu;
    void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    for (unsigned k = 0; k < 5; k++) {
        build_fault(ops[k]);
        test_cpu_reset(&cpu);
        cpu.l[1] = (uint64_t)(uintptr_t)page;
        void *code = test_compile(&ir);
        const enum ir_left left = test_run(&cpu, code);
        test_release(code);
        const bool right = left == IR_LEFT_EXC && cpu.tcg.exc == TCG_EXC_MEM &&
                           cpu.tcg.pc == 0x104 && cpu.l[0] == 11 && cpu.v[0].d[0] == 5 &&
                           cpu.v[0].d[1] == 6 && cpu.f[0] == (TCG_FLAG_Z | TCG_FLAG_C);
        if (test_case_wrong(right))
            printf("%s: pc %" PRIx64 "\n", ir_opinfo[ops[k]].name, cpu.tcg.pc);
    }
    munmap(page, 4096);
    test_row("state at a fault");
}

int main(int argc, char **argv)
{
    test_start(argc, argv);
    ir_init(&ir, &test_guest);
    for (unsigned k = 0; k < sizeof programs / sizeof *programs; k++)
        if (test_wanted(programs[k].name))
            run_program(&programs[k]);
    test_exit_if();
    test_indirect();
    test_raise();
    test_flag_uses();
    test_faults();
    ir_free(&ir);
    return test_end();
}
