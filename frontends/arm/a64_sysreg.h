/* SPDX-License-Identifier: MIT */
/*
 * Numbers and constant values of the system registers that EL0 can name.  Private to
 * frontends/arm.  A number is the `sysreg` field of MRS: op0<0>, op1, CRn, CRm, op2.
 */
#ifndef FRONTENDS_ARM_A64_SYSREG_H
#define FRONTENDS_ARM_A64_SYSREG_H

#include <stdbool.h>
#include <stdint.h>

#define A64_SYSREG(op0, op1, crn, crm, op2) \
    (((op0) & 1) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

enum {
    A64_CTR_EL0 = A64_SYSREG(3, 3, 0, 0, 1),
    A64_DCZID_EL0 = A64_SYSREG(3, 3, 0, 0, 7),
    A64_NZCV = A64_SYSREG(3, 3, 4, 2, 0),
    A64_FPCR = A64_SYSREG(3, 3, 4, 4, 0),
    A64_FPSR = A64_SYSREG(3, 3, 4, 4, 1),
    A64_TPIDR_EL0 = A64_SYSREG(3, 3, 13, 0, 2),
    A64_TPIDRRO_EL0 = A64_SYSREG(3, 3, 13, 0, 3),
    A64_CNTFRQ_EL0 = A64_SYSREG(3, 3, 14, 0, 0),
    A64_CNTVCT_EL0 = A64_SYSREG(3, 3, 14, 0, 2),
};

enum {
    A64_LINE_BYTES = 64, /* of a cache, as CTR_EL0 says */
    A64_ZVA_BYTES = 64,
};

/* CTR_EL0: 64-byte lines everywhere (DminLine, IminLine, CWG, ERG = 4 words' log2), physically
 * indexed instruction cache; IDC = 1 (no DC CVAU needed), DIC = 0: IC IVAU tells us of new code. */
#define A64_CTR_EL0_VALUE INT64_C(0x9444c004)
#define A64_DCZID_EL0_VALUE 4          /* 16 words, DC ZVA allowed */
#define A64_CNTFRQ_EL0_VALUE 1000000000 /* CNTVCT_EL0 counts nanoseconds (as ARMv8.6 demands) */

/* Value of an ID register as Linux shows it to EL0; false if it is none that Linux emulates. */
bool a64_id_register(unsigned sysreg, uint64_t *value);

#endif
