/* SPDX-License-Identifier: MIT */
/* Compares two results of a case, and shows them. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

/* --- what counts ------------------------------------------------------------------------------ */

enum { SIGNAL_ILL = 4, SIGNAL_BUS = 7, SIGNAL_SEGV = 11 };
enum { NZCV_BITS = (int)0xf0000000, FPCR_BITS = 0x07c80000 };

static bool counts_fpsr(const struct block *block)
{
    return block->state.flags >> FUZZ_FPSR_BIT & 1;
}

/* An access over the border of two pages of which one faults: the address told may be that of
 * the access or of the page (ARM ARM D1.13.5: FAR is any address of the access that faults).
 * a: the peer's. */
static bool same_fault_address(const struct fuzz_result *a, const struct fuzz_result *b)
{
    /* The x86-64 kernel does not tell addresses beyond 47 bits; a peer passes its 0 on. */
    if (a->fault_address == 0 && b->fault_address >> 47)
        return true;
    /* Linux shows the address without its tag (SA_EXPOSE_TAGBITS is not set), not all peers do. */
    uint64_t low = a->fault_address << 8, high = b->fault_address << 8;
    if (low > high) {
        uint64_t swap = low;
        low = high;
        high = swap;
    }
    return low == high || (high - low < 64 << 8 && (high >> 8) % FUZZ_PAGE == 0);
}

/* Linux says ILL_ILLOPC; some peers say ILL_ILLOPN. */
static bool same_code(const struct fuzz_result *a, const struct fuzz_result *b)
{
    return a->signal_code == b->signal_code || a->signal == SIGNAL_ILL;
}

static bool differs_signal(const struct fuzz_result *a, const struct fuzz_result *b)
{
    if (a->signal != b->signal || a->ill_mask != b->ill_mask)
        return true;
    return a->signal && (a->pc != b->pc || !same_code(a, b) || !same_fault_address(a, b));
}

/* Bytes of memory that count: all, but what a store that faulted left where it was to store is
 * open (B2.2.1: a store is single-copy atomic only where it is aligned). */
static bool memory_counts(const struct fuzz_result *r, unsigned at)
{
    return !(r->signal == SIGNAL_SEGV || r->signal == SIGNAL_BUS) || at < FUZZ_WINDOW ||
           at >= FUZZ_WINDOW + FUZZ_EDGE;
}

static unsigned differences_memory(const struct fuzz_result *a, const struct fuzz_result *b)
{
    unsigned count = 0;
    if (!memcmp(a->state.memory, b->state.memory, FUZZ_MEMORY))
        return 0;
    for (unsigned k = 0; k < FUZZ_MEMORY; k++)
        count += memory_counts(a, k) && a->state.memory[k] != b->state.memory[k];
    return count;
}

/* V registers whose value is open: those that a load of several was to write when it faulted
 * (D1.13.4: they become UNKNOWN). */
static uint32_t unknown_vectors(const struct block *block, const struct fuzz_result *r)
{
    unsigned at = (unsigned)(r->pc % FUZZ_SLOT_BYTES / 4);
    if ((r->signal != SIGNAL_SEGV && r->signal != SIGNAL_BUS) || at > block->n ||
        block->at[at].row == NO_ROW)
        return 0;
    const struct row *row = &rows[block->at[at].row];
    uint32_t word = block->code[at], rt = word & 31, rt2 = field_get(row, word, "rt2", NOT_REG);
    if (!memory_is(row) || !(word >> 26 & 1))
        return 0;
    if (rt2 != NOT_REG)
        return 1u << rt | 1u << rt2;
    bool structure = !(word >> 28 & 3);
    uint64_t four = UINT64_C(15) << rt; /* after V31 comes V0 */
    return structure ? (uint32_t)(four | four >> 32) : 0;
}

unsigned compare(const struct block *block, const struct fuzz_result *peer,
                 const struct fuzz_result *ours)
{
    const struct fuzz_state *p = &peer->state, *o = &ours->state;
    unsigned count = differs_signal(peer, ours);
    if (!peer->done || !ours->done)
        return peer->done != ours->done;
    for (unsigned k = 0; k < 31; k++)
        count += p->x[k] != o->x[k];
    uint32_t unknown = unknown_vectors(block, peer);
    for (unsigned k = 0; k < 32; k++) {
        bool differs = p->v[k][0] != o->v[k][0] || p->v[k][1] != o->v[k][1];
        count += differs && !(unknown >> k & 1);
    }
    count += p->sp != o->sp;
    count += ((p->nzcv ^ o->nzcv) & (uint32_t)NZCV_BITS) != 0;
    count += ((p->fpcr ^ o->fpcr) & FPCR_BITS) != 0;
    count += counts_fpsr(block) && p->fpsr != o->fpsr;
    return count + differences_memory(peer, ours);
}

/* --- showing it ------------------------------------------------------------------------------- */

/* The disassembly of the block's instructions by binutils; empty where there is none. */
static void disassemble(const struct block *block, uint64_t address, char text[][80])
{
    char path[] = "/tmp/fuzz-XXXXXX", command[256], line[256];
    memset(text, 0, (size_t)FUZZ_SLOT_WORDS * 80);
    int fd = mkstemp(path);
    if (fd < 0)
        return;
    if (write(fd, block->code, 4 * (block->n + 1)) > 0) {
        snprintf(command, sizeof command,
                 "aarch64-linux-gnu-objdump -D -b binary -m aarch64 --adjust-vma=%#" PRIx64
                 " %s 2>/dev/null", address, path);
        FILE *in = popen(command, "r");
        while (in && fgets(line, sizeof line, in)) {
            uint64_t at;
            unsigned word;
            int used;
            if (sscanf(line, "%" SCNx64 ": %x %n", &at, &word, &used) == 2 && at >= address &&
                at - address < FUZZ_SLOT_BYTES) {
                line[strcspn(line, "\n")] = 0;
                snprintf(text[(at - address) / 4], 80, "%s", line + used);
                for (char *c = text[(at - address) / 4]; *c; c++)
                    *c = *c == '\t' ? ' ' : *c;
            }
        }
        if (in)
            pclose(in);
    }
    close(fd);
    unlink(path);
}

enum { INSN_NOP = (int)0xd503201f };

void compare_print_code(FILE *out, const struct block *block, uint64_t address)
{
    char text[FUZZ_SLOT_WORDS][80];
    disassemble(block, address, text);
    for (unsigned k = 1; k <= block->n; k++) {
        if (block->code[k] == (uint32_t)INSN_NOP && block->at[k].row == NO_ROW)
            continue; /* the minimiser took it out */
        const char *name = block->at[k].row == NO_ROW ? "" : rows[block->at[k].row].name;
        fprintf(out, "    %08" PRIx64 ":  %08" PRIx32 "  %-44s %s\n", address + 4 * k,
                block->code[k], text[k], name);
    }
}

/* Registers that the code names, as bits: X and SP below, V above. */
static uint64_t mentioned(const struct block *block)
{
    static const char *const names[] = {"rd", "rn", "rm", "ra", "rt", "rt2", "rs"};
    uint64_t set = 0;
    for (unsigned k = 1; k <= block->n; k++) {
        if (block->at[k].row == NO_ROW)
            continue;
        const struct row *row = &rows[block->at[k].row];
        for (unsigned f = 0; f < sizeof names / sizeof names[0]; f++) {
            uint32_t reg = field_get(row, block->code[k], names[f], 99);
            if (reg < 32)
                set |= UINT64_C(0x100000001) << reg;
        }
    }
    return set;
}

static void print_word(FILE *out, const char *name, uint64_t first, uint64_t p, uint64_t o)
{
    fprintf(out, "  %c %-5s %32" PRIx64 " %32" PRIx64 " %32" PRIx64 "\n", p != o ? '*' : ' ', name,
            first, p, o);
}

static void print_vector(FILE *out, unsigned k, const uint64_t *i, const uint64_t *p,
                         const uint64_t *o)
{
    char name[8];
    snprintf(name, sizeof name, "v%u", k);
    fprintf(out, "  %c %-5s", p[0] != o[0] || p[1] != o[1] ? '*' : ' ', name);
    fprintf(out, " %016" PRIx64 "%016" PRIx64, i[1], i[0]);
    fprintf(out, " %016" PRIx64 "%016" PRIx64, p[1], p[0]);
    fprintf(out, " %016" PRIx64 "%016" PRIx64 "\n", o[1], o[0]);
}

static void print_registers(FILE *out, const struct block *block, const struct fuzz_state *p,
                            const struct fuzz_state *o)
{
    const struct fuzz_state *i = &block->state;
    uint64_t set = mentioned(block);
    for (unsigned k = 0; k < 32; k++) {
        char name[8] = "sp";
        if (k < 31)
            snprintf(name, sizeof name, "x%u", k);
        /* x[31] is sp */
        if (set >> k & 1 || p->x[k % 31] != o->x[k % 31] || k == 31)
            print_word(out, name, k < 31 ? i->x[k] : i->sp, k < 31 ? p->x[k] : p->sp,
                       k < 31 ? o->x[k] : o->sp);
    }
    for (unsigned k = 0; k < 32; k++) {
        if (set >> (32 + k) & 1 || p->v[k][0] != o->v[k][0] || p->v[k][1] != o->v[k][1])
            print_vector(out, k, i->v[k], p->v[k], o->v[k]);
    }
    print_word(out, "nzcv", i->nzcv, p->nzcv, o->nzcv);
    print_word(out, "fpcr", i->fpcr, p->fpcr, o->fpcr);
    if (counts_fpsr(block))
        print_word(out, "fpsr", i->fpsr, p->fpsr, o->fpsr);
}

static uint64_t memory_address(unsigned at)
{
    return at < FUZZ_WINDOW               ? FUZZ_WINDOW_AT + at
           : at < FUZZ_WINDOW + FUZZ_EDGE ? FUZZ_EDGE_AT + at - FUZZ_WINDOW
                                          : FUZZ_ZVA_AT + at - FUZZ_WINDOW - FUZZ_EDGE;
}

void compare_print(FILE *out, const struct block *block, uint64_t address,
                   const struct fuzz_result *peer, const struct fuzz_result *ours)
{
    compare_print_code(out, block, address);
    if (!peer->done || !ours->done) {
        fprintf(out, "    %s did not finish it\n", peer->done ? "dragoman" : "the peer");
        return;
    }
    fprintf(out, "    %-5s %32s %32s %32s\n", "", "before", "peer", "dragoman");
    print_registers(out, block, &peer->state, &ours->state);
    unsigned shown = 0;
    for (unsigned k = 0; k < FUZZ_MEMORY && shown < 24; k++) {
        uint8_t p = peer->state.memory[k], o = ours->state.memory[k];
        if (p != o && memory_counts(peer, k) && ++shown)
            fprintf(out, "  * byte at %08" PRIx64 ": %02x, peer %02x, dragoman %02x\n",
                    memory_address(k), block->state.memory[k], p, o);
    }
    if (peer->ill_mask || ours->ill_mask)
        print_word(out, "undef", 0, peer->ill_mask, ours->ill_mask);
    if (peer->signal || ours->signal)
        fprintf(out, "  %c signal %u code %d at pc %" PRIx64 " address %" PRIx64
                ", dragoman: signal %u code %d at pc %" PRIx64 " address %" PRIx64 "\n",
                differs_signal(peer, ours) ? '*' : ' ', peer->signal, (int)peer->signal_code,
                peer->pc, peer->fault_address, ours->signal, (int)ours->signal_code, ours->pc,
                ours->fault_address);
}
