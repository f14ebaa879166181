/* SPDX-License-Identifier: MIT */
/* The initial stack, laid out as Linux's binfmt_elf does: strings on top, then auxv, envp, argv. */
#define _GNU_SOURCE
#include "linux-user/convert.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { MAX_AUXV = 24 };

/* A stack under construction; addresses are the guest's. */
struct stack {
    uint64_t sp;
    uint64_t auxv[MAX_AUXV][2];
    unsigned n_auxv;
};

uint64_t lu_stack_size(void)
{
    const uint64_t least = 128 * 1024, most = lu.abi->stack_top ? 256ull << 20 : 1ull << 30;
    const uint64_t usual = 8ull << 20;
    uint64_t size = lu.options.stack_size;
    struct rlimit limit;
    if (!size)
        size = getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur > most ? usual : limit.rlim_cur;
    size = size < least ? least : size;
    return (size + LU_PAGE_SIZE - 1) & -LU_PAGE_SIZE;
}

static void map_stack(bool exec)
{
    uint64_t size = lu_stack_size();
    int prot = PROT_READ | PROT_WRITE | (exec ? PROT_EXEC : 0);
    /* One page below stays inaccessible. */
    int where = lu.abi->stack_top ? MAP_FIXED_NOREPLACE : 0;
    uint64_t at = lu.abi->stack_top ? lu.base + lu.abi->stack_top - size - LU_PAGE_SIZE : 0;
    int64_t low = lu_mmap(at, size + LU_PAGE_SIZE, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK | where, -1, 0);
    if (low < 0 || lu_mprotect(low + LU_PAGE_SIZE, size, prot))
        lu_fatal(126, "no memory for a stack of %llu bytes", (unsigned long long)size);
    lu.stack_low = low + LU_PAGE_SIZE;
    lu.stack_high = lu.stack_low + size;
    lu_mm_set_kind(lu.stack_low, size, LU_MAP_STACK);
}

/* The stack is ours until the program runs, so plain writes do. */
static uint64_t push(struct stack *s, const void *data, size_t n)
{
    if (s->sp - lu.stack_low < n + LU_PAGE_SIZE)
        lu_fatal(126, "arguments and environment do not fit onto the stack (-s)");
    s->sp -= n;
    memcpy(lu_ptr(s->sp), data, n);
    return s->sp;
}

static uint64_t push_string(struct stack *s, const char *text)
{
    return push(s, text, strlen(text) + 1);
}

static unsigned word_size(void)
{
    return lu.abi->elf_class == ELFCLASS64 ? 8 : 4;
}

/* A word of the guest's; returns where the next goes. */
static uint8_t *put_word(uint8_t *to, uint64_t value)
{
    lu_store(to, value, word_size());
    return to + word_size();
}

/* An address in the guest's terms. */
static uint64_t guest(uint64_t address)
{
    return address ? address - lu.base : 0;
}

static void aux(struct stack *s, uint64_t type, uint64_t value)
{
    s->auxv[s->n_auxv][0] = type;
    s->auxv[s->n_auxv++][1] = value;
}

static void fill_auxv(struct stack *s, const struct lu_image *image, uint64_t random,
                      uint64_t exec_fn, uint64_t platform)
{
    if (lu.vdso)
        aux(s, AT_SYSINFO_EHDR, guest(lu.vdso));
    aux(s, AT_MINSIGSTKSZ, lu.abi->frame_size);
    aux(s, AT_HWCAP, lu.abi->hwcap(1));
    aux(s, AT_PAGESZ, LU_PAGE_SIZE);
    aux(s, AT_CLKTCK, sysconf(_SC_CLK_TCK));
    aux(s, AT_PHDR, guest(image->phdr));
    aux(s, AT_PHENT, image->phent);
    aux(s, AT_PHNUM, image->phnum);
    aux(s, AT_BASE, guest(image->interp_base));
    aux(s, AT_FLAGS, 0);
    aux(s, AT_ENTRY, guest(image->entry));
    aux(s, AT_UID, getuid());
    aux(s, AT_EUID, geteuid());
    aux(s, AT_GID, getgid());
    aux(s, AT_EGID, getegid());
    aux(s, AT_SECURE, getauxval(AT_SECURE));
    aux(s, AT_RANDOM, guest(random));
    aux(s, AT_HWCAP2, lu.abi->hwcap(2));
    aux(s, AT_EXECFN, guest(exec_fn));
    aux(s, AT_PLATFORM, guest(platform));
    aux(s, AT_NULL, 0);
}

static unsigned count(char *const strings[])
{
    unsigned n = 0;
    while (strings[n])
        n++;
    return n;
}

/* Pushes strings so that the first has the lowest address, as Linux has it; returns that. */
static uint64_t push_strings(struct stack *s, char *const strings[], unsigned n)
{
    while (n > 0)
        push_string(s, strings[--n]);
    return s->sp;
}

/* Writes one guest pointer for each of the n strings that begin at `at`, and a NULL. */
static uint8_t *write_pointers(uint8_t *to, uint64_t at, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        to = put_word(to, guest(at));
        at += strlen(lu_ptr(at)) + 1;
    }
    return put_word(to, 0);
}

uint64_t lu_stack_build(const struct lu_image *image, char *const argv[], char *const envp[])
{
    struct stack s = {0};
    unsigned argc = count(argv), envc = count(envp);
    uint8_t random[16];
    map_stack(image->exec_stack);
    s.sp = lu.stack_high - 8;
    uint64_t exec_fn = push_string(&s, lu.exec_fn);
    lu.env_end = exec_fn;
    lu.env_start = lu.arg_end = push_strings(&s, envp, envc);
    lu.arg_start = push_strings(&s, argv, argc);
    uint64_t platform = push_string(&s, lu.abi->platform ? lu.abi->platform : lu.abi->machine);
    lu_random(random, sizeof random);
    uint64_t random_at = push(&s, random, sizeof random);
    fill_auxv(&s, image, random_at, exec_fn, platform);

    /* argc, argv, NULL, envp, NULL, auxv: words of the ABI. */
    uint64_t size = (1 + argc + 1 + envc + 1 + 2 * s.n_auxv) * word_size();
    if (s.sp - lu.stack_low < size + 2 * LU_PAGE_SIZE)
        lu_fatal(126, "arguments and environment do not fit onto the stack (-s)");
    uint64_t sp = (s.sp - size) & -16ull;
    uint8_t *to = put_word(lu_ptr(sp), argc);
    to = write_pointers(to, lu.arg_start, argc);
    to = write_pointers(to, lu.env_start, envc);
    lu.auxv_start = (uintptr_t)to;
    for (unsigned k = 0; k < s.n_auxv; k++)
        to = put_word(put_word(to, s.auxv[k][0]), s.auxv[k][1]);
    lu.auxv_end = (uintptr_t)to;
    return sp;
}
