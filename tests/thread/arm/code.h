/* SPDX-License-Identifier: MIT */
/* Programs of `code` for A32 and T32. */

/* r0: how often; r1: address of `here`.  r5 sums what `here` puts into r3, which is one more each time:
 * by the system call cacheflush. */
#ifdef __thumb__
#define NEXT "#0x10000" /* MOVW's immediate in the word; its low 8 bits */
#define SET ".thumb\n"
enum { REWRITES = 250 };
#else
#define NEXT "#1"
#define SET ".arm\n"
enum { REWRITES = 2000 };
#endif
extern const uint32_t rewriting[], rewriting_here[], rewriting_end[];
__asm__(".pushsection .text\n.syntax unified\n" SET ".balign 4\nrewriting:\n"
        "push {r4-r8, lr}\n mov r8, r0\n mov r6, r1\n mov r5, #0\n .balign 4\n"
        "rewriting_here: movw r3, #0\n"
        "add r5, r5, r3\n ldr r4, [r6]\n add r4, r4, " NEXT "\n str r4, [r6]\n"
        "mov r0, r6\n add r1, r6, #4\n mov r2, #0\n movw r7, #2\n movt r7, #15\n svc #0\n"
        "subs r8, r8, #1\n bne rewriting_here\n"
        "mov r0, r5\n pop {r4-r8, pc}\n"
        ".balign 4\nrewriting_end:\n.popsection");
#define REWRITING_HERE ((uintptr_t)rewriting_here - (uintptr_t)rewriting)
#define REWRITING_BYTES ((uintptr_t)rewriting_end - (uintptr_t)rewriting)

/* r0: rounds; r2 = r2 * 5 + 1 in loops through three regions, a call and an indirect branch */
extern const uint32_t lasting[], lasting_end[];
__asm__(".pushsection .text\n.syntax unified\n" SET ".balign 4\nlasting:\n"
        "mov r12, lr\n mov r2, #0\n adr r3, 1f\n"
        "0: cmp r0, #0\n beq 3f\n mov pc, r3\n nop\n"
        ".balign 4\n1: add r2, r2, r2, lsl #2\n bl 2f\n sub r0, r0, #1\n b 0b\n nop\n"
        "2: add r2, r2, #1\n bx lr\n nop\n nop\n nop\n"
        "3: mov r0, r2\n bx r12\n"
        ".balign 4\nlasting_end:\n.popsection");
#define LASTING_BYTES ((uintptr_t)lasting_end - (uintptr_t)lasting)
