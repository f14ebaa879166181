/* SPDX-License-Identifier: MIT */
/* The vDSO: a shared object that is in memory from the start, whose functions read clocks (vdso.c).
 * Includes linux-user.h. */
#ifndef LINUX_USER_VDSO_H
#define LINUX_USER_VDSO_H

#include "linux-user/linux-user.h"

enum { LU_VDSO_MOST = 8 };

/* What an ABI's vDSO has; a constant of the ABI's. */
struct lu_vdso {
    const uint32_t *code; /* little-endian instructions, position-independent */
    size_t n_code;        /* words */
    const char *version;  /* of all symbols */
    unsigned n_symbols;
    struct {
        const char *name;
        unsigned at, n; /* the function's first word and how many it has */
    } symbols[LU_VDSO_MOST];
};

/* Writes v as an ELF image of the running ABI's class and byte order to `to`, which has `size` bytes
 * of zeroes.  It is linked to address 0.  Returns its size; 0 if it does not fit. */
size_t lu_vdso_write(const struct lu_vdso *v, uint8_t *to, size_t size);

#endif
