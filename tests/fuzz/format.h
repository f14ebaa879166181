/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzer (fuzz.c, on the build machine) and the program that runs its cases (guest.c and
 * guest.S, an A64 Linux program) say to each other: two files, handed over as descriptors 3 (a
 * batch of cases, read) and 4 (its results, written), and where memory is.  Constants only, when
 * an assembler reads it.
 *
 * Batch: struct fuzz_header; at FUZZ_CASES_OFFSET an array of struct fuzz_state; at code_offset
 * the code of case k in slot k, FUZZ_SLOT_BYTES each, which is mapped at FUZZ_CODE.
 * Results: an array of struct fuzz_result.
 */
#ifndef TESTS_FUZZ_FORMAT_H
#define TESTS_FUZZ_FORMAT_H

/* Addresses.  The code is in reach of a B from and to the program's own (FUZZ_EXIT). */
#define FUZZ_EXIT 0x400000 /* where a case ends; the first address of guest.S */
#define FUZZ_CODE 0x2000000
#define FUZZ_SLOT_WORDS 64
#define FUZZ_SLOT_BYTES 256
#define FUZZ_LITERALS 40 /* words from here on are data, for LDR (literal) */

/*
 * Data: pages 0 and 1 are writable, what is compared are the FUZZ_WINDOW bytes around their
 * border; page 3 is writable, its last FUZZ_EDGE bytes are compared, after it nothing is mapped;
 * page 5 is read-only; of page 7, for DC ZVA, the first FUZZ_ZVA bytes are compared.  Nothing is
 * mapped between them.
 */
#define FUZZ_DATA 0x10000000
#define FUZZ_PAGE 0x1000
#define FUZZ_WINDOW 1024
#define FUZZ_EDGE 128
#define FUZZ_ZVA 64
#define FUZZ_MEMORY (FUZZ_WINDOW + FUZZ_EDGE + FUZZ_ZVA)
#define FUZZ_WINDOW_AT (FUZZ_DATA + FUZZ_PAGE - FUZZ_WINDOW / 2)
#define FUZZ_EDGE_AT (FUZZ_DATA + 4 * FUZZ_PAGE - FUZZ_EDGE)
#define FUZZ_READONLY_AT (FUZZ_DATA + 5 * FUZZ_PAGE)
#define FUZZ_ZVA_AT (FUZZ_DATA + 7 * FUZZ_PAGE)

/* struct fuzz_state.flags */
#define FUZZ_FPSR_BIT 0     /* set FPSR, read it back at once, and at the end */
#define FUZZ_SKIP_ILL_BIT 1 /* go on after an instruction that is undefined */
#define FUZZ_REPEAT_BIT 8   /* from here on: how often the case runs, each time from its state */

/* Byte offsets in struct fuzz_state, with which struct fuzz_result begins. */
#define FUZZ_AT_X 0
#define FUZZ_AT_SP 248
#define FUZZ_AT_NZCV 256
#define FUZZ_AT_FPCR 264
#define FUZZ_AT_FPSR 272
#define FUZZ_AT_FLAGS 280
#define FUZZ_AT_V 288

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#define FUZZ_MAGIC UINT64_C(0x7a7a756634366132)

struct fuzz_header {
    uint64_t magic;
    uint64_t file_bytes, code_offset, code_bytes;
    uint32_t first, count; /* cases [first, count) are run */
};
#define FUZZ_CASES_OFFSET 64

struct fuzz_state {
    uint64_t x[31], sp;
    uint64_t nzcv, fpcr, fpsr;
    uint64_t flags; /* of a case; unused in a result */
    uint64_t v[32][2];
    uint8_t memory[FUZZ_MEMORY]; /* window, edge, ZVA */
};

struct fuzz_result {
    struct fuzz_state state;
    uint64_t done;     /* 1 when all of this is valid */
    uint64_t ill_mask; /* bit k: word k of the slot was undefined, and skipped */
    uint64_t pc, fault_address;
    uint32_t signal, signal_code; /* 0: the case ran to its end; else pc and fault_address count */
};

_Static_assert(offsetof(struct fuzz_state, sp) == FUZZ_AT_SP, "fuzz_state.sp");
_Static_assert(offsetof(struct fuzz_state, nzcv) == FUZZ_AT_NZCV, "fuzz_state.nzcv");
_Static_assert(offsetof(struct fuzz_state, fpcr) == FUZZ_AT_FPCR, "fuzz_state.fpcr");
_Static_assert(offsetof(struct fuzz_state, fpsr) == FUZZ_AT_FPSR, "fuzz_state.fpsr");
_Static_assert(offsetof(struct fuzz_state, flags) == FUZZ_AT_FLAGS, "fuzz_state.flags");
_Static_assert(offsetof(struct fuzz_state, v) == FUZZ_AT_V, "fuzz_state.v");
#endif

#endif
