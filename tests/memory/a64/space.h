/* SPDX-License-Identifier: MIT */
/* What `space` needs of A64. */
typedef Elf64_Ehdr elf_header;
typedef Elf64_Phdr program_header;
typedef Elf64_auxv_t auxv_entry;
enum { MACHINE = EM_AARCH64 };
#define CPU_FEATURE " asimd "
#define PLATFORM "aarch64"
#define TOO_HIGH ((void *)(1l << 50)) /* for brk */
enum { STACK_MASK = 15, ZEROS_LEAD_ON = 0 };

/* munmap() and mprotect(); both exit with 44 if all is well. */
static void unmap_everything(void)
{
    /* All above the program itself, its stack too: registers alone are left. */
    __asm__ volatile("mov x0, #0x10000000000\n mov x1, #0x7ff000000000\n sub x1, x1, x0\n"
                     "mov x8, #215\n svc #0\n mov x9, x0\n"
                     "mov x0, #0x10000000000\n mov x1, #0x7ff000000000\n sub x1, x1, x0\n"
                     "mov x2, #0\n mov x8, #226\n svc #0\n"
                     "cmp x9, #0\n mov x0, #44\n mov x1, #45\n csel x0, x0, x1, eq\n"
                     "mov x8, #94\n svc #0" ::: "x0", "x1", "x2", "x8", "x9", "memory");
}

static void map_over_everything(void)
{
    /* mmap(MAP_FIXED) over the same range must fail as a whole. */
    __asm__ volatile("mov x0, #0x10000000000\n mov x1, #0x7ff000000000\n sub x1, x1, x0\n"
                     "mov x2, #0\n mov x3, #0x4032\n mov x4, #-1\n mov x5, #0\n"
                     "mov x8, #222\n svc #0\n cmn x0, #12\n mov x0, #44\n mov x1, #45\n"
                     "csel x0, x0, x1, eq\n mov x8, #94\n svc #0"
                     ::: "x0", "x1", "x2", "x3", "x4", "x5", "x8", "memory");
}
