/* SPDX-License-Identifier: MIT */
/*
 * Loops that go back by a jump that a line of code may follow, and close by a jump forward: a signal must end
 * them all the same.  Each is entered in its upper half, so that it is the upper half which becomes
 * the line that the lower one is part of.
 */
#include "check.h"

#include <setjmp.h>

static sigjmp_buf out;
static volatile sig_atomic_t left;

static void leave(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info, (void)context;
    left = 1;
    siglongjmp(out, 1);
}

#ifdef __aarch64__
#define COUNT "add x0, x0, #1\n"
#define UNLESS_ZERO(to) "cbnz x0, " to "\n"
#define LOST "x0"
#else
#define COUNT "adds r0, r0, #1\n"
#define UNLESS_ZERO(to) "bne " to "\n"
#define LOST "r0", "cc"
#endif

#define TEST(name, code)                                                                           \
    static void name(void)                                                                         \
    {                                                                                              \
        handle(SIGALRM, leave, 0);                                                                 \
        alarm(1);                                                                                  \
        if (!sigsetjmp(out, 1))                                                                    \
            __asm__ volatile(code : : : LOST);                                                     \
        CHECK(left);                                                                               \
    }
TEST(conditional, "b 2f\n1: " COUNT UNLESS_ZERO("2f") "b 3f\n nop\n2: " COUNT "b 1b\n3:")
TEST(unconditional, "b 2f\n1: " COUNT "b 2f\n nop\n2: " COUNT "b 1b\n")
TEST(three, "b 3f\n1: " COUNT "b 2f\n nop\n2: " COUNT UNLESS_ZERO("3f") "b 4f\n nop\n3: " COUNT "b 1b\n4:")

int main(void)
{
    run("a branch forward closes a loop", conditional);
    run("a jump forward closes a loop", unconditional);
    run("a loop of three parts", three);
    return finish();
}
