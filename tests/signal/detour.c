/* SPDX-License-Identifier: MIT */
/*
 * Hot loops that call a function which now and then does not return to behind the call: its return is part
 * of the loop as the translator sees it, and must lead elsewhere then.
 */
#include "check.h"

#include <stdint.h>

/* Calls a function n times.  Each thousandth call does not come back to behind the call, but to a place that
 * counts for 10000, where others count for 1.  One loads the return address to the link register, the other
 * one to where it is taken from at once, if there is such an instruction. */
uintptr_t by_link(uintptr_t n, uintptr_t left), by_load(uintptr_t n, uintptr_t left);

#ifdef __aarch64__
#define LOOP(name, back)                                                                           \
    ".globl " name "\n.type " name ", %function\n" name ": stp x29, x30, [sp, #-16]!\nmov x3, #0\n"  \
    "1: bl 5f\nadd x3, x3, #1\nsubs x0, x0, #1\nb.ne 1b\nb 3f\n"                                   \
    "2: mov x4, #10000\nadd x3, x3, x4\nsubs x0, x0, #1\nb.ne 1b\n"                                \
    "3: mov x0, x3\nldp x29, x30, [sp], #16\nret\n"                                                \
    "5: str x30, [sp, #-16]!\nsubs x1, x1, #1\nb.ne 4f\nmov x1, #1000\nadr x2, 2b\nstr x2, [sp]\n" \
    "4: " back "\n"
__asm__(".text\n" LOOP("by_link", "ldr x30, [sp], #16\nret") LOOP("by_load", "ldr x5, [sp], #16\nret x5"));
#else
#define LOOP(name, back)                                                                           \
    ".globl " name "\n.type " name ", %function\n" name ": push {r4, lr}\nmov r3, #0\n"            \
    "1: bl 5f\nadd r3, r3, #1\nsubs r0, r0, #1\nbne 1b\nb 3f\n"                                    \
    ".type " name "_2, %function\n" name "_2: movw r4, #10000\nadd r3, r3, r4\nsubs r0, r0, #1\nbne 1b\n" \
    "3: mov r0, r3\npop {r4, pc}\n"                                                                \
    "5: push {r4, lr}\nsubs r1, r1, #1\nbne 4f\nmovw r1, #1000\nmovw r2, #:lower16:" name "_2\n"   \
    "movt r2, #:upper16:" name "_2\nstr r2, [sp, #4]\n4: " back "\n"
__asm__(".text\n.align 2\n" LOOP("by_link", "ldr r4, [sp], #4\nldr lr, [sp], #4\nbx lr")
        LOOP("by_load", "pop {r4, pc}"));
#endif

enum { ROUNDS = 300000, EACH = 1000 };

static void test(uintptr_t (*loop)(uintptr_t, uintptr_t))
{
    for (uintptr_t first = 1; first <= EACH; first += 333) {
        const uintptr_t detours = (ROUNDS - first) / EACH + 1;
        CHECK(loop(ROUNDS, first) == ROUNDS - detours + 10000 * detours);
    }
}

static void test_link(void) { test(by_link); }
static void test_load(void) { test(by_load); }

int main(void)
{
    run("by the link register", test_link);
    run("by a loaded address", test_load);
    return finish();
}
