/* SPDX-License-Identifier: MIT */
/* The initial stack, laid out as Linux's binfmt_elf does: strings on top, then auxv, envp, argv. */
#define _GNU_SOURCE
#include "linux-user/linux-user.h"

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

static uint64_t stack_size(void)
{
    const uint64_t least = 128 * 1024, most = 1ull << 30, usual = 8ull << 20;
    uint64_t size = lu.options.stack_size;
    struct rlimit limit;
    if (!size)
        size = getrlimit(RLIMIT_STACK, &limit) || limit.rlim_cur > most ? usual : limit.rlim_cur;
    size = size < least ? least : size;
    return (size + LU_PAGE_SIZE - 1) & -LU_PAGE_SIZE;
}

static void map_stack(bool exec)
{
    uint64_t size = stack_size();
    int prot = PROT_READ | PROT_WRITE | (exec ? PROT_EXEC : 0);
    /* One page below stays inaccessible. */
    int64_t low = lu_mmap(0, size + LU_PAGE_SIZE, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
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

static void aux(struct stack *s, uint64_t type, uint64_t value)
{
    s->auxv[s->n_auxv][0] = type;
    s->auxv[s->n_auxv++][1] = value;
}

static void fill_auxv(struct stack *s, const struct lu_image *image, uint64_t random,
                      uint64_t exec_fn, uint64_t platform)
{
    aux(s, AT_MINSIGSTKSZ, lu.abi->frame_size);
    aux(s, AT_HWCAP, lu.abi->hwcap(1));
    aux(s, AT_PAGESZ, LU_PAGE_SIZE);
    aux(s, AT_CLKTCK, sysconf(_SC_CLK_TCK));
    aux(s, AT_PHDR, image->phdr);
    aux(s, AT_PHENT, image->phent);
    aux(s, AT_PHNUM, image->phnum);
    aux(s, AT_BASE, image->interp_base);
    aux(s, AT_FLAGS, 0);
    aux(s, AT_ENTRY, image->entry);
    aux(s, AT_UID, getuid());
    aux(s, AT_EUID, geteuid());
    aux(s, AT_GID, getgid());
    aux(s, AT_EGID, getegid());
    aux(s, AT_SECURE, getauxval(AT_SECURE));
    aux(s, AT_RANDOM, random);
    aux(s, AT_HWCAP2, lu.abi->hwcap(2));
    aux(s, AT_EXECFN, exec_fn);
    aux(s, AT_PLATFORM, platform);
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
static uint64_t *write_pointers(uint64_t *to, uint64_t at, unsigned n)
{
    for (unsigned k = 0; k < n; k++) {
        *to++ = at;
        at += strlen(lu_ptr(at)) + 1;
    }
    *to++ = 0;
    return to;
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
    uint64_t platform = push_string(&s, lu.abi->machine);
    lu_random(random, sizeof random);
    uint64_t random_at = push(&s, random, sizeof random);
    fill_auxv(&s, image, random_at, exec_fn, platform);

    /* argc, argv, NULL, envp, NULL, auxv: words of the ABI, which has 64 bits so far. */
    uint64_t words = 1 + argc + 1 + envc + 1 + 2 * s.n_auxv;
    if (s.sp - lu.stack_low < words * 8 + 2 * LU_PAGE_SIZE)
        lu_fatal(126, "arguments and environment do not fit onto the stack (-s)");
    uint64_t sp = (s.sp - words * 8) & -16ull;
    uint64_t *to = lu_ptr(sp);
    *to++ = argc;
    to = write_pointers(to, lu.arg_start, argc);
    to = write_pointers(to, lu.env_start, envc);
    memcpy(to, s.auxv, s.n_auxv * sizeof s.auxv[0]);
    lu.auxv_start = (uintptr_t)to;
    lu.auxv_end = lu.auxv_start + s.n_auxv * sizeof s.auxv[0];
    return sp;
}
