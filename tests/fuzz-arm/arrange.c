/* SPDX-License-Identifier: MIT */
/*
 * What a row needs to be well defined is arranged by instructions before it (before its IT block): an
 * address in a register, the address of an instruction ahead in a register or in memory.
 */
#include <string.h>

#include "tests/fuzz-arm/gen.h"

static bool chance(struct gen *g, unsigned percent)
{
    return rng_chance(&g->rng, percent);
}

/* --- kinds of rows ---------------------------------------------------------------------------- */

static bool starts_with_any(const struct row *row, const char *const *names)
{
    for (unsigned k = 0; names[k]; k++) {
        if (gen_starts(row->name, names[k]))
            return true;
    }
    return false;
}

bool arrange_is_memory(const struct row *row)
{
    static const char *const names[] = {"LDR", "STR",  "LDM", "STM", "LDA", "STL",
                                        "SWP", "PUSH", "POP", "VLD", "VST", NULL};
    return starts_with_any(row, names);
}

enum flow arrange_flow(const struct row *row)
{
    static const struct {
        const char *name;
        enum flow flow;
    } flows[] = {
        {"B", FLOW_DIRECT},         {"BL", FLOW_DIRECT},        {"B_cond", FLOW_DIRECT},
        {"B_t16", FLOW_DIRECT},     {"B_cond_w", FLOW_DIRECT},  {"B_w", FLOW_DIRECT},
        {"BL_t32", FLOW_DIRECT},    {"CBZ", FLOW_COMPARE},      {"CBNZ", FLOW_COMPARE},
        {"BLX_imm", FLOW_EXCHANGE}, {"BLX_t32", FLOW_EXCHANGE}, {"BX", FLOW_REGISTER},
        {"BXJ", FLOW_REGISTER},     {"BLX_reg", FLOW_REGISTER}, {"TBB", FLOW_TABLE},
        {"TBH", FLOW_TABLE},
    };
    for (unsigned k = 0; k < sizeof flows / sizeof flows[0]; k++) {
        if (!strcmp(row->name, flows[k].name))
            return flows[k].flow;
    }
    return FLOW_NONE;
}

/* --- preparations ----------------------------------------------------------------------------- */

/* May these registers be given values before the IT block that is in the making? */
static bool usable(const struct gen *g, uint32_t regs)
{
    if (g->thumb && regs >> 13 & 1)
        regs |= 1u << 12;
    return !g->it || !(regs & (g->reserved | g->named));
}

static struct insn *prepare(struct gen *g, uint32_t word, unsigned bytes)
{
    static struct insn none;
    struct block *b = g->before;
    if (b->n == BLOCK_MAX)
        return &none;
    struct insn *i = &b->insn[b->n++];
    *i = (struct insn){
        .word = word, .bytes = (uint8_t)bytes, .thumb = g->thumb, .row = ROW_PREPARES};
    return i;
}

/* reg = value by MOVW and MOVT; SP by way of R12 in Thumb. */
static void load_register(struct gen *g, unsigned reg, uint32_t v)
{
    unsigned r = g->thumb && reg == 13 ? 12 : reg;
    prepare(g, layout_mov(g->thumb, false, r, v & 0xffff), 4);
    prepare(g, layout_mov(g->thumb, true, r, v >> 16), 4);
    if (r != reg)
        prepare(g, 0x46e50000, 2); /* mov sp, r12 */
    g->reserved |= (uint16_t)(1u << r | 1u << reg);
}

/* reg = what is made of the address of the instruction to which the next branch goes (enum load). */
static void load_target(struct gen *g, unsigned reg, enum load load, int sign, uint32_t add,
                        uint32_t eor)
{
    for (unsigned top = 0; top < 2; top++) {
        struct insn *i = prepare(g, layout_mov(g->thumb, top, reg, 0), 4);
        i->load = (uint8_t)load;
        i->upper = top;
        i->of = OF_NEXT_BRANCH;
        i->sign = (int8_t)sign;
        i->add = add;
        i->eor = eor;
    }
    g->reserved |= (uint16_t)(1u << reg);
}

/* A register for a moment, which is none of `taken`. */
static unsigned scratch(struct gen *g, uint32_t taken)
{
    unsigned r;
    taken |= g->it ? g->reserved : 0;
    do
        r = rng_below(&g->rng, 13);
    while (taken >> r & 1 && (taken & 0x1fff) != 0x1fff);
    return r;
}

/* Stores what is made of the next branch's target in memory; size: 0 byte, 1 halfword, 2 word. */
static void store_target(struct gen *g, enum load load, uint32_t address, unsigned size)
{
    static const uint32_t a32[] = {0xe5c00000, 0xe1c000b0, 0xe5800000};
    static const uint32_t t32[] = {0xf8800000, 0xf8a00000, 0xf8c00000};
    const uint16_t reserved = g->reserved;
    unsigned base = scratch(g, 0), data = scratch(g, 1u << base);
    load_register(g, base, address);
    load_target(g, data, load, 1, 0, 0);
    prepare(g, g->thumb ? t32[size] | base << 16 | data << 12 : a32[size] | base << 16 | data << 12,
            4);
    g->reserved = reserved;
}

/* --- memory ----------------------------------------------------------------------------------- */

static uint32_t random_address(struct gen *g, const struct row *row)
{
    static const char *const in_words[] = {"LDM",  "STM", "POP", "PUSH", "LDRD",
                                           "STRD", "VLD", "VST", NULL};
    bool ordered = strstr(row->name, "EX") || gen_starts(row->name, "LDA") ||
                   gen_starts(row->name, "STL") || gen_starts(row->name, "SWP");
    uint32_t at = FUZZ_DATA + FUZZ_DATA_BYTES / 2 + rng_below(&g->rng, 256);
    if (chance(g, 8)) /* at an end of what is mapped */
        at = FUZZ_DATA + (chance(g, 50) ? 0 : FUZZ_DATA_BYTES) + rng_below(&g->rng, 32) - 16;
    if (chance(g, 2))
        at = 0x40000 + rng_below(&g->rng, 4096) * 4; /* not mapped */
    return ordered ? at & ~7u : starts_with_any(row, in_words) || chance(g, 60) ? at & ~3u : at;
}

/* Of a word, with room around it for a register list. */
static uint32_t cell_address(struct gen *g)
{
    return (FUZZ_CELLS + FUZZ_CELLS_USED / 4 + rng_below(&g->rng, FUZZ_CELLS_USED / 2)) & ~3u;
}

/* Base and index; the base last, but SP first, for it takes R12. */
static void load_base_index(struct gen *g, unsigned rn, uint32_t base, unsigned rm, uint32_t index)
{
    if (rn == 13)
        load_register(g, rn, base);
    if (rm < 15)
        load_register(g, rm, index);
    if (rn < 13 || rn == 14)
        load_register(g, rn, base);
}

void arrange_memory(struct gen *g, int index, uint32_t word, unsigned bytes)
{
    const struct row *row = &rows[index];
    uint32_t rn = field_get(row, word, "rn", 13), rm = field_get(row, word, "rm", 16);
    if (row->table == TABLE_VFP && (rm == 13 || rm == 15))
        rm = 16; /* no index */
    if ((row->table == TABLE_VFP && rn == 15) || (rm == rn && row->table != TABLE_VFP) ||
        rm == 15 || (rn == 13 && rm == 12 && g->thumb))
        return;
    if (rm != 16 && rm != rn) {
        if (field_get(row, word, "type", 0) != 2)
            field_set(row, &word, "type", 0);
        field_set(row, &word, "imm5", field_get(row, word, "imm5", 0) & 3);
    }
    const uint32_t regs = gen_registers(row, word);
    if (!usable(g, (rn < 15 ? 1u << rn : 0) | (rm < 15 ? 1u << rm : 0)) ||
        (g->it && regs & g->reserved))
        return;
    load_base_index(g, rn, random_address(g, row), rm == rn ? 16 : rm, rng_below(&g->rng, 100));
    gen_append(g, word, bytes, index);
}

/* --- branches --------------------------------------------------------------------------------- */

static void append_branch(struct gen *g, int index, uint32_t word, unsigned bytes, enum flow flow)
{
    const bool always = g->thumb ? !g->it : word >> 28 >= 14;
    struct insn *i = gen_append(g, word, bytes, index);
    if (!i)
        return;
    i->flow = (uint8_t)flow;
    i->skip = (uint8_t)(1 + rng_below(&g->rng, 3));
    for (unsigned k = 0; g->before == g->b && k < g->b->n; k++) {
        if (g->b->insn[k].load && g->b->insn[k].of == OF_NEXT_BRANCH)
            g->b->insn[k].of = (int8_t)(g->b->n - 1);
    }
    const bool exchanges = flow == FLOW_EXCHANGE || flow == FLOW_REGISTER || flow == FLOW_LOAD ||
                           flow == FLOW_LIST || (flow == FLOW_ALU && !g->thumb);
    if (exchanges && always && g->may_switch && (flow == FLOW_EXCHANGE || chance(g, 40))) {
        i->switches = true;
        g->thumb = !g->thumb;
    }
    if (flow == FLOW_COMPARE) /* goes forward, over something */
        gen_append(g, 0xbf000000, 2, ROW_FILLER);
}

/* BX, BXJ, BLX Rm */
static bool prepare_register(struct gen *g, const struct row *row, uint32_t word)
{
    uint32_t rm = field_get(row, word, "rm", 15);
    if (rm == 13 || rm == 15 || !usable(g, 1u << rm))
        return false;
    load_target(g, rm, LOAD_ADDRESS, 1, 0, 0);
    return true;
}

/* TBB, TBH */
static bool prepare_table(struct gen *g, const struct row *row, uint32_t word)
{
    const uint32_t rn = field_get(row, word, "rn", 15), rm = field_get(row, word, "rm", 15);
    const unsigned size = row->name[2] == 'H';
    const uint32_t address = cell_address(g) + rng_below(&g->rng, 4), v = rng_below(&g->rng, 100);
    if (rn > 12 || rm > 12 || rn == rm || !usable(g, 1u << rn | 1u << rm))
        return false;
    store_target(g, LOAD_HALFWORDS, address, size);
    load_base_index(g, rn, address - (v << size), rm, v);
    return true;
}

/* LDR to PC */
static bool prepare_load(struct gen *g, const struct row *row, uint32_t word)
{
    const uint32_t rn = field_get(row, word, "rn", 15), rm = field_get(row, word, "rm", 16);
    const uint32_t address = cell_address(g), v = rng_below(&g->rng, 100);
    uint32_t offset =
        rm == 16 ? field_get(row, word, "imm", 0) : v << field_get(row, word, "imm5", 0);
    if (!field_get(row, word, "u", strstr(row->name, "neg") ? 0 : 1))
        offset = -offset;
    if (strstr(row->name, "post") || !field_get(row, word, "p", 1))
        offset = 0;
    if (rn == 15 || rm == 13 || rm == 14 || rm == 15 || rn == rm || (rn == 13 && rm == 12) ||
        !usable(g, 1u << rn | (rm < 15 ? 1u << rm : 0)))
        return false;
    store_target(g, LOAD_ADDRESS, address, 2);
    load_base_index(g, rn, address - offset, rm, v);
    return true;
}

/* LDM, POP with PC */
static bool prepare_list(struct gen *g, const struct row *row, uint32_t word)
{
    const uint32_t rn = field_get(row, word, "rn", 13), address = cell_address(g);
    const uint32_t list = field_get(row, word, "list", 0), low = field_get(row, word, "low", 0);
    const unsigned words = (unsigned)__builtin_popcount(list) + (unsigned)__builtin_popcount(low);
    uint32_t top = 4 * (words - 1); /* of PC's word, above Rn */
    if (gen_starts(row->name, "LDMIB"))
        top += 4;
    else if (gen_starts(row->name, "LDMDA"))
        top = 0;
    else if (gen_starts(row->name, "LDMDB"))
        top = -4u;
    if (rn == 15 || !usable(g, 1u << rn) || (g->it && gen_registers(row, word) & g->reserved))
        return false;
    store_target(g, LOAD_ADDRESS, address + top, 2);
    load_base_index(g, rn, address, 16, 0);
    return true;
}

static uint32_t expand_imm(uint32_t imm)
{
    unsigned by = imm >> 8 << 1;
    imm &= 0xff;
    return by ? imm >> by | imm << (32 - by) : imm;
}

/* The operands for which the result is the target's address. */
static bool prepare_alu(struct gen *g, const struct row *row, uint32_t word)
{
    const uint32_t rn = field_get(row, word, "rn", 16), rm = field_get(row, word, "rm", 16);
    const uint32_t x = (uint32_t)rng_next(&g->rng);
    if (rn == 15 || rm == 15 || rn == 13 || rm == 13 || rn == rm || (g->it && !usable(g, 1u << rm)))
        return false;
    if (g->thumb) { /* MOV, ADD of T16; bit 0 does not count */
        bool add = gen_starts(row->name, "ADD");
        load_target(g, rm, add ? LOAD_OFFSET : LOAD_ADDRESS, 1, 0, chance(g, 50));
        return true;
    }
    if (rm == 16) {
        const uint32_t imm = expand_imm(field_get(row, word, "imm", 0));
        const bool eor = gen_starts(row->name, "EOR"), sub = gen_starts(row->name, "SUB");
        load_target(g, rn, LOAD_ADDRESS, 1, eor ? 0 : sub ? imm : -imm, eor ? imm : 0);
        return true;
    }
    if (gen_starts(row->name, "AND") || gen_starts(row->name, "ORR") ||
        gen_starts(row->name, "BIC"))
        load_target(g, rn, LOAD_ADDRESS, 1, 0, 0);
    else if (rn != 16)
        load_register(g, rn, x);
    if (gen_starts(row->name, "BIC"))
        load_register(g, rm, x & 0xc0000000); /* above all code */
    else if (gen_starts(row->name, "ADD"))
        load_target(g, rm, LOAD_ADDRESS, 1, -x, 0);
    else if (gen_starts(row->name, "SUB"))
        load_target(g, rm, LOAD_ADDRESS, -1, x, 0);
    else if (gen_starts(row->name, "RSB"))
        load_target(g, rm, LOAD_ADDRESS, 1, x, 0);
    else if (gen_starts(row->name, "EOR"))
        load_target(g, rm, LOAD_ADDRESS, 1, 0, x);
    else
        load_target(g, rm, LOAD_ADDRESS, 1, 0, gen_starts(row->name, "MVN") ? ~0u : 0);
    return true;
}

void arrange_branch(struct gen *g, int index, uint32_t word, unsigned bytes, enum flow flow)
{
    const struct row *row = &rows[index];
    bool ok = true;
    switch (flow) {
    case FLOW_EXCHANGE: ok = g->may_switch && !g->it; break;
    case FLOW_REGISTER: ok = prepare_register(g, row, word); break;
    case FLOW_TABLE: ok = prepare_table(g, row, word); break;
    case FLOW_LOAD: ok = prepare_load(g, row, word); break;
    case FLOW_LIST: ok = prepare_list(g, row, word); break;
    case FLOW_ALU: ok = prepare_alu(g, row, word); break;
    default: break;
    }
    if (ok)
        append_branch(g, index, word, bytes, flow);
}

enum flow arrange_pc_form(struct gen *g, const struct row *row, uint32_t *word)
{
    static const char *const loads[] = {"LDR_imm",  "LDR_reg", "LDR_neg",
                                        "LDR_post", "LDR_pre", NULL};
    static const char *const alu[] = {"AND_reg", "EOR_reg", "SUB_reg", "RSB_reg", "ADD_reg",
                                      "ORR_reg", "MOV_reg", "BIC_reg", "MVN_reg", "ADD_imm",
                                      "SUB_imm", "EOR_imm", NULL};
    const bool a32 = row->table == TABLE_A32;
    if (row->table != TABLE_T16 && starts_with_any(row, loads)) {
        if (a32 && !field_get(row, *word, "p", 1) && field_get(row, *word, "w", 0)) /* LDRT */
            return FLOW_NONE;
        field_set(row, word, "rt", 15);
        field_set(row, word, "type", 0);
        field_set(row, word, "imm5", rng_below(&g->rng, 4));
        return FLOW_LOAD;
    }
    if (row->table != TABLE_T16 && gen_starts(row->name, "LDM")) {
        uint32_t list = field_get(row, *word, "list", 0) | 0x8000;
        if (field_get(row, *word, "w", 0) || !a32)
            list &= ~(1u << field_get(row, *word, "rn", 0));
        if (!a32)
            list &= 0x9fff;
        field_set(row, word, "list", list);
        return list & (list - 1) ? FLOW_LIST : FLOW_NONE;
    }
    if (!strcmp(row->name, "POP")) {
        field_set(row, word, "list", 1);
        return FLOW_LIST;
    }
    if (!strcmp(row->name, "MOV_high") || !strcmp(row->name, "ADD_high") ||
        (a32 && starts_with_any(row, alu))) {
        field_set(row, word, "rd", 15);
        field_set(row, word, "s", 0);
        field_set(row, word, "type", 0);
        field_set(row, word, "imm5", 0);
        return FLOW_ALU;
    }
    return FLOW_NONE;
}

/* --- system ----------------------------------------------------------------------------------- */

/* Calls whose result is the same in both runners, and which change nothing. */
static bool arrange_svc(struct gen *g, int index, uint32_t word, unsigned bytes)
{
    static const uint16_t calls[] = {158 /* sched_yield */, 199 /* getuid32 */,
                                     201 /* geteuid32 */};
    enum { SEMIHOSTING = 0xab };
    if (!usable(g, 1u << 7))
        return false;
    if (!g->thumb)
        field_set(&rows[index], &word, "imm", 0); /* else: the old ABI's number */
    else if (field_get(&rows[index], word, "imm", 0) == SEMIHOSTING)
        return false;
    load_register(g, 7, calls[rng_below(&g->rng, 3)]);
    return gen_append(g, word, bytes, index);
}

static void set_cp15(const struct row *row, uint32_t *word, const uint8_t reg[4])
{
    static const char *const fields[] = {"opc1", "crn", "crm", "opc2"};
    for (unsigned k = 0; k < 4; k++)
        field_set(row, word, fields[k], reg[k]);
}

bool arrange_system(struct gen *g, int index, uint32_t word, unsigned bytes)
{
    /* TPIDRURW, CP15ISB, CP15DSB, CP15DMB; TPIDRURO */
    static const uint8_t writes[4][4] = {{0, 13, 0, 2}, {0, 7, 5, 4}, {0, 7, 10, 4}, {0, 7, 10, 5}};
    static const uint8_t reads[2][4] = {{0, 13, 0, 2}, {0, 13, 0, 3}};
    enum { FPSCR = 1, FPSCR_BITS = (int)0xf3c0009f }; /* no vectors, and DN, FZ now and then */
    const struct row *row = &rows[index];
    if (!strcmp(row->name, "SVC")) {
        arrange_svc(g, index, word, bytes);
    } else if (cover_excepted(row->name)) {
        return true;
    } else if (!strcmp(row->name, "MRC") || !strcmp(row->name, "MCR")) {
        const unsigned k = rng_below(&g->rng, 4);
        set_cp15(row, &word, row->name[1] == 'R' ? reads[k & 1] : writes[k]);
        if (!g->it || !(gen_registers(row, word) & g->reserved))
            gen_append(g, word, 4, index);
    } else if (!strcmp(row->name, "VMRS") || !strcmp(row->name, "VMSR")) {
        const uint32_t rt = field_get(row, word, "rt", 15);
        field_set(row, &word, "reg", FPSCR);
        if (rt == 13 || (row->name[2] == 'S' && (rt == 15 || !usable(g, 1u << rt))) ||
            (g->it && gen_registers(row, word) & g->reserved))
            return true;
        if (row->name[2] == 'S')
            load_register(g, rt,
                          (uint32_t)rng_next(&g->rng) & (uint32_t)FPSCR_BITS &
                              (chance(g, 70) ? ~0x03000000u : ~0u));
        gen_append(g, word, 4, index);
    } else {
        return false;
    }
    return true;
}
