/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a block: where its instructions are, where its branches lead, and the loop around it.
 */
#include <string.h>

#include "tests/fuzz-arm/gen.h"

uint32_t layout_mov(bool thumb, bool top, unsigned reg, uint32_t half)
{
    if (thumb)
        return (top ? 0xf2c00000 : 0xf2400000) | (half >> 12) << 16 | (half >> 11 & 1) << 26 |
               (half >> 8 & 7) << 12 | reg << 8 | (half & 0xff);
    return (top ? 0xe3400000 : 0xe3000000) | (half >> 12) << 16 | reg << 12 | (half & 0xfff);
}

void layout_places(const struct block *b, unsigned at[BLOCK_MAX + 1])
{
    unsigned n = 4;
    for (unsigned k = 0; k < b->n; k++) {
        if (!b->insn[k].thumb) /* behind a branch from Thumb code */
            n = (n + 3) & ~3u;
        at[k] = n;
        n += b->insn[k].bytes;
    }
    at[b->n] = b->ends_thumb ? n : (n + 3) & ~3u;
}

/* --- targets ---------------------------------------------------------------------------------- */

/* No branch leads into the middle of what prepares an instruction, nor into an IT block if there is
 * something left in it for which registers were prepared before the IT. */
static bool may_land(const struct block *b, unsigned k)
{
    if (k >= b->n || !k)
        return true;
    for (unsigned j = k; j < b->n && b->insn[j].it; j++) {
        const int row = b->insn[j].row;
        if (row >= 0 && (b->insn[j].flow || gen_is_prepared(&rows[row])))
            return false;
    }
    return b->insn[k - 1].row != ROW_PREPARES;
}

bool layout_is_start(const struct block *b, unsigned k)
{
    return !b->insn[k].it && (!k || b->insn[k - 1].row != ROW_PREPARES);
}

/* The instruction to which branch k goes; b->n: the end. */
static unsigned target(const struct block *b, unsigned k)
{
    unsigned last = k + 1; /* nothing beyond a change of the instruction set */
    while (last < b->n && !b->insn[last].switches)
        last++;
    unsigned to = k + 1 + b->insn[k].skip;
    to = to > last ? last : to;
    while (to < last && !may_land(b, to))
        to++;
    while (to > k + 1 && !may_land(b, to))
        to--;
    return to;
}

static bool set_at(const struct block *b, unsigned k)
{
    return k < b->n ? b->insn[k].thumb : b->ends_thumb;
}

static uint32_t pc_of(const struct insn *i, uint32_t at)
{
    return at + (i->thumb ? 4 : 8);
}

/* The value that MOVW and MOVT at k load. */
static uint32_t loaded(const struct block *b, const unsigned *at, uint32_t base,
                       const struct insn *i)
{
    const struct insn *branch = &b->insn[i->of];
    const unsigned to = target(b, (unsigned)i->of);
    uint32_t v = base + at[to];
    if (i->load == LOAD_ADDRESS)
        v |= set_at(b, to);
    else
        v -= pc_of(branch, base + at[i->of]);
    if (i->load == LOAD_HALFWORDS)
        v >>= 1;
    return ((i->sign < 0 ? -v : v) + i->add) ^ i->eor;
}

/* The offset fields of a branch of `bytes` from the value that pc has. */
static void set_offset(const struct row *row, uint32_t *word, int32_t bytes)
{
    uint32_t half = (uint32_t)bytes >> 1;
    field_set(row, word, "imm24", (uint32_t)bytes >> 2);
    field_set(row, word, "h", half & 1);
    field_set(row, word, "imm8", half);
    field_set(row, word, "imm6", bytes < 0 ? 63 : 0);
    field_set(row, word, "imm10", bytes < 0 ? 1023 : 0);
    field_set(row, word, "imm", half); /* CBZ */
    field_set(row, word, "imm11", !strcmp(row->name, "BLX_t32") ? half >> 1 : half);
    field_set(row, word, "s", bytes < 0);
    field_set(row, word, "j1", !strncmp(row->name, "B_cond", 6) ? bytes < 0 : 1);
    field_set(row, word, "j2", !strncmp(row->name, "B_cond", 6) ? bytes < 0 : 1);
}

static uint32_t branch_word(const struct block *b, const unsigned *at, unsigned k)
{
    const struct insn *i = &b->insn[k];
    uint32_t word = i->word, pc = pc_of(i, at[k]);
    if (i->flow == FLOW_EXCHANGE && i->thumb)
        pc &= ~3u;
    set_offset(&rows[i->row], &word, (int32_t)(at[target(b, k)] - pc));
    return word;
}

/* --- bytes ------------------------------------------------------------------------------------ */

static unsigned put(uint8_t *to, uint32_t word, unsigned bytes, bool thumb)
{
    uint16_t half[2] = {(uint16_t)(word >> 16), (uint16_t)word};
    if (thumb)
        memcpy(to, half, bytes);
    else
        memcpy(to, &word, 4);
    return bytes;
}

/* B.W or B to the guest's exit. */
static void put_exit(uint8_t *to, uint32_t at, bool thumb)
{
    if (!thumb) {
        put(to, 0xea000000 | ((FUZZ_EXIT - (at + 8)) >> 2 & 0xffffff), 4, false);
        return;
    }
    uint32_t offset = FUZZ_EXIT_T - (at + 4), s = offset >> 31;
    uint32_t j1 = ~(offset >> 23 ^ s) & 1, j2 = ~(offset >> 22 ^ s) & 1;
    put(to,
        0xf0009000 | s << 26 | (offset >> 12 & 0x3ff) << 16 | j1 << 13 | j2 << 11 |
            (offset >> 1 & 0x7ff),
        4, true);
}

/* SUBS counter, counter, #1; BNE to the first instruction, which is `back` bytes before. */
static unsigned put_loop(const struct block *b, uint8_t *to, unsigned back)
{
    if (b->counter == NO_COUNTER)
        return 0;
    if (!b->thumb) {
        put(to, 0xe2500001 | (uint32_t)b->counter << 16 | (uint32_t)b->counter << 12, 4, false);
        put(to + 4, 0x1a000000 | ((uint32_t)(-(int32_t)back - 12) >> 2 & 0xffffff), 4, false);
        return 8;
    }
    uint32_t offset = (uint32_t)(-(int32_t)back - 8);
    put(to, 0xf1b00001 | (uint32_t)b->counter << 16 | (uint32_t)b->counter << 8, 4, true);
    put(to + 4, 0xf4408000 | 0x2800 | (offset >> 12 & 0x3f) << 16 | (offset >> 1 & 0x7ff), 4, true);
    return 8;
}

unsigned layout_code(const struct block *b, unsigned slot, uint8_t code[FUZZ_SLOT_BYTES])
{
    const uint32_t base = FUZZ_CODE + slot * FUZZ_SLOT_BYTES;
    unsigned at[BLOCK_MAX + 1];
    layout_places(b, at);
    memset(code, 0, FUZZ_SLOT_BYTES);
    put(code, 0xee1def50, 4, b->thumb); /* mrc p15, 0, lr, c13, c0, 2 */
    for (unsigned k = 0; k < b->n; k++) {
        const struct insn *i = &b->insn[k];
        uint32_t word = i->word;
        if (i->load && i->of >= 0) {
            const uint32_t v = loaded(b, at, base, i);
            word = layout_mov(i->thumb, i->upper, word >> (i->thumb ? 8 : 12) & 15,
                              i->upper ? v >> 16 : v & 0xffff);
        } else if (i->flow >= FLOW_DIRECT && i->flow <= FLOW_EXCHANGE) {
            word = branch_word(b, at, k);
        }
        put(code + at[k], word, i->bytes, i->thumb);
    }
    unsigned end = at[b->n] + put_loop(b, code + at[b->n], at[b->n] - 4);
    put_exit(code + end, base + end, b->ends_thumb);
    return end;
}
