/* SPDX-License-Identifier: MIT */
/*
 * What the CPU is: executes each instruction of probe.S and prints `NAME yes` or `NAME no` (SIGILL);
 * then what the auxiliary vector and /proc/cpuinfo tell.  Built for ARMv5TE with soft float, so that it
 * runs on every model.
 */
#include <elf.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

extern const struct {
    void (*run)(void *);
    const char *name;
    int wide;
} probes[];

static sigjmp_buf back;

static void handler(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

int main(void)
{
    static _Alignas(16) uint32_t scratch[4];
    static int thumb2;
    char line[256];
    signal(SIGILL, handler);
    setlinebuf(stdout);
    for (unsigned k = 0; probes[k].run; k++) {
        /* Before Thumb-2 a 32-bit Thumb instruction is half of a BL. */
        volatile int missing = probes[k].wide && !thumb2;
        missing = missing || sigsetjmp(back, 1);
        if (!missing)
            probes[k].run(scratch);
        if (!strcmp(probes[k].name, "movw"))
            thumb2 = !missing;
        printf("%s %s\n", probes[k].name, missing ? "no" : "yes");
    }
    printf("hwcap %lx\nhwcap2 %lx\nplatform %s\n", getauxval(AT_HWCAP), getauxval(AT_HWCAP2),
           (const char *)getauxval(AT_PLATFORM));
    FILE *in = fopen("/proc/cpuinfo", "r");
    while (in && fgets(line, sizeof line, in) && line[0] != '\n') {
        if (!strncmp(line, "Features", 8) || !strncmp(line, "CPU ", 4))
            printf("cpuinfo %s", line);
    }
    return 0;
}
