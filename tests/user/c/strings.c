/* SPDX-License-Identifier: MIT */
/* The C library's string and memory functions at every alignment, up to a page's end.  Output must not depend on the CPU. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <wchar.h>

enum { PAGE = 65536, SIZE = 300 };

static uint64_t sum;

static void mix(long value)
{
    sum = (sum ^ (uint64_t)value) * 0x9e3779b97f4a7c15u + 1;
}

/* A buffer that ends where its page does: reading past it is a fault. */
static unsigned char *at_end(void)
{
    unsigned char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                            -1, 0);
    mprotect(p + PAGE, PAGE, PROT_NONE);
    return p + PAGE;
}

static void fill(unsigned char *p, int n, int seed)
{
    for (int i = 0; i < n; i++)
        p[i] = (unsigned char)('a' + (i * 7 + seed) % 26);
}

static void one(unsigned char *a, unsigned char *b, int n)
{
    fill(a, n, 3);
    fill(b, n, 3);
    a[n - 1] = b[n - 1] = 0;
    mix((long)strlen((char *)a) + strcmp((char *)a, (char *)b));
    mix(strchr((char *)a, 'k') ? strchr((char *)a, 'k') - (char *)a : -1);
    mix(strrchr((char *)a, 'q') ? strrchr((char *)a, 'q') - (char *)a : -1);
    mix((unsigned char *)memchr(a, 0, (size_t)n) - a);
    mix((long)strnlen((char *)a, (size_t)(n + 1) / 2));
    mix((long)strspn((char *)a, "adghknoruvy") + (long)strcspn((char *)a, "xz"));
    if (n > 2) {
        b[n / 2] ^= 1;
        int order = memcmp(a, b, (size_t)n);
        mix((order > 0) - (order < 0));
        order = strncmp((char *)a, (char *)b, (size_t)n / 2);
        mix(order);
    }
    memmove(a, a + n / 3, (size_t)(n - n / 3));
    memmove(b + n / 4, b, (size_t)(n - n / 4));
    memset(a + n / 2, n, (size_t)(n / 3));
    for (int i = 0; i < n; i++)
        mix(a[i] * 256 + b[i]);
}

int main(void)
{
    unsigned char *a = at_end(), *b = at_end();
    for (int n = 1; n < SIZE; n++)
        one(a - n, b - n, n);
    for (int x = 0; x < 33; x++)
        for (int n = 1; n < 140; n += 3)
            one(a - SIZE + x, b - SIZE + x * 5 % 32, n);
    printf("%016llx\n", (unsigned long long)sum);

    char text[] = "one,two;;three four", *save, copy[64];
    for (char *t = strtok_r(text, ",; ", &save); t; t = strtok_r(NULL, ",; ", &save))
        printf("<%s>", t);
    printf(" %s %s\n", stpcpy(copy, "abc") - 3, strstr("haystack with needle in", "needle"));
    snprintf(copy, sizeof copy, "%-6s|%6.2f|%+05d|%#x|%c", "ab", 2.5, 42, 255, 'z');
    printf("%s %lu %ls\n", copy, strtoul("0x7fzz", NULL, 0), L"wide");
    return 0;
}
