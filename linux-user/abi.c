/* SPDX-License-Identifier: MIT */
/* The ABIs of this build: a line for each, of what --target-list chose. */
#include <string.h>

#include "linux-user/linux-user.h"

static const struct lu_abi *const abis[] = {
#ifdef TARGET_AARCH64
    &lu_abi_aarch64,
#endif
#ifdef TARGET_ARM
    &lu_abi_arm,
    &lu_abi_armeb,
#endif
    NULL,
};

const struct lu_abi *lu_abi_number(unsigned k)
{
    return k < sizeof abis / sizeof abis[0] ? abis[k] : NULL;
}

const struct lu_abi *lu_abi_for(const void *head, size_t n)
{
    char problem[160];
    for (unsigned k = 0; abis[k]; k++) {
        if (!lu_elf_check(abis[k], head, n, problem))
            return abis[k];
    }
    return NULL;
}

void lu_abi_explain(const void *head, size_t n, char problem[160])
{
    char other[160];
    for (unsigned k = 0; abis[k]; k++) {
        lu_elf_check(abis[k], head, n, other);
        if (!k || strncmp(other, "wrong architecture", 18)) /* the one that comes closest */
            memcpy(problem, other, sizeof other);
    }
}
