/* SPDX-License-Identifier: MIT */
/* What `space` needs of A32 and T32. */
typedef Elf32_Ehdr elf_header;
typedef Elf32_Phdr program_header;
typedef Elf32_auxv_t auxv_entry;
enum { MACHINE = EM_ARM };
#define CPU_FEATURE " neon "
#define PLATFORM "v8l"
#define TOO_HIGH ((void *)0xfffff000) /* for brk */
enum { STACK_MASK = 3, ZEROS_LEAD_ON = 1 }; /* zeros are ANDEQ R0, R0, R0 or MOVS R0, R0 */

/* munmap() and mprotect(); both exit with 44 if all is well. */
static void unmap_everything(void)
{
    /* All above the program itself, its stack too: registers alone are left. */
    __asm__ volatile("movw r0, #0\n movt r0, #0x2000\n movw r1, #0\n movt r1, #0xdfff\n movw r7, #91\n"
                     "svc #0\n mov r4, r0\n"
                     "movw r0, #0\n movt r0, #0x2000\n movw r1, #0\n movt r1, #0xdfff\n mov r2, #0\n"
                     "movw r7, #125\n svc #0\n"
                     "cmp r4, #0\n ite eq\n moveq r0, #44\n movne r0, #45\n"
                     "movw r7, #248\n svc #0" ::: "r0", "r1", "r2", "r4", "r7", "memory", "cc");
}

static void map_over_everything(void)
{
    /* mmap2(MAP_FIXED) of what ends at the last page. */
    __asm__ volatile("movw r0, #0\n movt r0, #0x2000\n movw r1, #0\n movt r1, #0xe000\n mov r2, #0\n"
                     "movw r3, #0x4032\n mvn r4, #0\n mov r5, #0\n movw r7, #192\n svc #0\n"
                     "cmn r0, #12\n ite eq\n moveq r0, #44\n movne r0, #45\n"
                     "movw r7, #248\n svc #0" ::: "r0", "r1", "r2", "r3", "r4", "r5", "r7", "memory", "cc");
}
