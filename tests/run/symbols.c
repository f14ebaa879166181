/* SPDX-License-Identifier: MIT */
/*
 * The runner's names of functions (linux-user/symbols.c), asked about this program and its C library:
 * a host's program is an ELF file like a guest's, and addresses are the same.
 */
#include <stdlib.h>
#include <string.h>

#include "linux-user/linux-user.h"

static unsigned passed, failed;
static int data = 1;

static void check(const char *what, uint64_t pc, const char *name, uint64_t start)
{
    uint64_t got = 0;
    const char *is = lu_symbol(pc, &got);
    const bool ok = name ? is && !strcmp(is, name) && got == start : !is;
    passed += ok;
    failed += !ok;
    if (!ok)
        printf("not ok: %s: %s\n", what, is ? is : "no name");
}

__attribute__((noinline)) static void a_static_function(void)
{
    data++;
    __asm__ volatile("nop");
}

int main(void)
{
    const uint64_t own = (uintptr_t)main, other = (uintptr_t)a_static_function,
                   libc = (uintptr_t)labs, local = (uintptr_t)&own;
    a_static_function();
    check("main", own, "main", own);
    check("in main", own + 5, "main", own);
    check("a static function", other, "a_static_function", other);
    check("a function of the C library", libc, "labs", libc);
    check("data", (uintptr_t)&data, NULL, 0);
    check("the stack", local, NULL, 0);
    check("nothing", 4096, NULL, 0);
    check("main, again", own, "main", own);
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
