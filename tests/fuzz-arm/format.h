/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzer of 32-bit ARM rows (fuzz.c, on the build machine) and the program that runs its
 * cases (guest.c and guest.S, an ARM Linux program) say to each other: two files, handed over as
 * descriptors 3 (a batch of cases, read) and 4 (its results, written), and where memory is.
 * Constants only, when an assembler reads it.
 *
 * Batch: struct fuzz_header; at FUZZ_CASES_OFFSET an array of struct fuzz_case; at code_offset the
 * code of case k in slot k, FUZZ_SLOT_BYTES each, which is mapped at FUZZ_CODE.
 */
#ifndef TESTS_FUZZ_ARM_FORMAT_H
#define TESTS_FUZZ_ARM_FORMAT_H

#define FUZZ_EXIT 0x1f00000    /* where an A32 case ends; the first address of guest.S */
#define FUZZ_EXIT_T 0x1f00080  /* where a Thumb case ends */
#define FUZZ_CODE 0x2000000
#define FUZZ_SLOT_BYTES 256
/* Data: three pages between unmapped ones; what is compared is their hash. */
#define FUZZ_DATA 0x10000000
#define FUZZ_PAGE 0x1000
#define FUZZ_DATA_BYTES (3 * FUZZ_PAGE)
/* A page where branches find their targets: no other store may change them. */
#define FUZZ_CELLS 0x18000000
#define FUZZ_CELLS_USED 1024 /* zero at the begin of each run */

/* Byte offsets in struct fuzz_case and struct fuzz_result. */
#define FUZZ_AT_CPSR 60
#define FUZZ_AT_FPSCR 64
#define FUZZ_AT_V 80

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#define FUZZ_MAGIC 0x41323332u

struct fuzz_header {
    uint32_t magic, file_bytes, code_offset, code_bytes;
    uint32_t first, count; /* cases [first, count) are run */
};
#define FUZZ_CASES_OFFSET 64

struct fuzz_case {
    uint32_t r[15], cpsr, fpscr;
    uint32_t thumb, repeat, memory_seed;
    uint64_t v[32]; /* D0..D31 */
};

struct fuzz_result {
    uint32_t r[15], cpsr, fpscr;
    uint32_t hash, done, signal;
    uint64_t v[32];
    uint32_t pc, fault_address, signal_code, unused; /* if signal is not 0 */
};

_Static_assert(offsetof(struct fuzz_case, cpsr) == FUZZ_AT_CPSR, "cpsr");
_Static_assert(offsetof(struct fuzz_case, fpscr) == FUZZ_AT_FPSCR, "fpscr");
_Static_assert(offsetof(struct fuzz_case, v) == FUZZ_AT_V, "v");
_Static_assert(offsetof(struct fuzz_result, v) == FUZZ_AT_V, "v");
#endif

#endif
