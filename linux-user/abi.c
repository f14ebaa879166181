/* SPDX-License-Identifier: MIT */
/* The ABIs of this build: a line for each, of what --target-list chose. */
#include <elf.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
        if (k && !strncmp(other, "wrong architecture", 18)) {
            const size_t at = strlen(problem);
            snprintf(problem + at, 160 - at, ", %s", abis[k]->name);
        } else {
            memcpy(problem, other, sizeof other);
            if (strncmp(other, "wrong architecture", 18)) /* this one comes closest */
                return;
        }
    }
}

/* ---- binfmt_misc -------------------------------------------------------------------------------- */

enum { MAGIC_SIZE = 20 }; /* up to e_machine */

static void print_bytes(const unsigned char bytes[MAGIC_SIZE])
{
    for (unsigned k = 0; k < MAGIC_SIZE; k++)
        printf("\\x%02x", bytes[k]);
}

/* The flags: P, argv[0] is kept; F, the runner is opened now, so that it works inside any root. */
static void print_binfmt(const struct lu_abi *abi, const char *runner)
{
    const bool big = abi->elf_data == ELFDATA2MSB;
    unsigned char magic[MAGIC_SIZE] = ELFMAG, mask[MAGIC_SIZE];
    magic[EI_CLASS] = abi->elf_class;
    magic[EI_DATA] = abi->elf_data;
    magic[EI_VERSION] = EV_CURRENT;
    magic[EI_NIDENT + big] = ET_EXEC; /* or ET_DYN, which is one more */
    magic[EI_NIDENT + 2 + big] = (unsigned char)abi->elf_machine;
    memset(mask, 0xff, sizeof mask);
    memset(mask + EI_OSABI, 0, EI_NIDENT - EI_OSABI);
    mask[EI_NIDENT + big] = 0xfe;
    printf(":dragoman-%s:M::", abi->name);
    print_bytes(magic);
    putchar(':');
    print_bytes(mask);
    printf(":%s:PF\n", runner);
}

void lu_abi_print_binfmt(void)
{
    char runner[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", runner, sizeof runner - 1);
    if (n <= 0)
        lu_fatal(1, "-binfmt: where this program is, /proc does not tell");
    runner[n] = '\0';
    for (unsigned k = 0; abis[k]; k++)
        print_binfmt(abis[k], runner);
}
