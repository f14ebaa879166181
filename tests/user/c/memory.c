/* SPDX-License-Identifier: MIT */
/* Mappings: fixed, shared, grown, moved, protected, of files; brk; code made at run time is not
 * here.  Output must not depend on the CPU. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 65536 };

static unsigned char *map(void *at, size_t size, int flags)
{
    return mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void private_pages(void)
{
    unsigned char *p = map(NULL, 8 * PAGE, 0);
    for (int i = 0; i < 8; i++)
        p[i * PAGE] = (unsigned char)(i + 1);
    printf("unmap a hole %d\n", munmap(p + 2 * PAGE, PAGE));
    printf("read a hole %zd\n", write(STDERR_FILENO, p + 2 * PAGE, 0));
    unsigned char *hole = map(p + 2 * PAGE, PAGE, MAP_FIXED);
    printf("fill it %d, zero %d, neighbours %d %d\n", hole == p + 2 * PAGE, *hole, p[PAGE],
           p[3 * PAGE]);
    printf("taken %d\n", map(p, PAGE, MAP_FIXED_NOREPLACE) == MAP_FAILED && errno == EEXIST);
    unsigned char *grown = mremap(p, 8 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    printf("grown %d %d %d\n", grown[0], grown[7 * PAGE], grown[63 * PAGE]);
    printf("shrunk %d\n", mremap(grown, 64 * PAGE, 4 * PAGE, 0) == grown);
    unsigned char *to = map(NULL, 4 * PAGE, 0);
    unsigned char *moved = mremap(grown, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    printf("moved %d %d\n", moved == to, to[3 * PAGE]);
    madvise(to, PAGE, MADV_DONTNEED);
    printf("dropped %d\n", to[0]);
    printf("bad: %d %d\n", mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED,
           munmap((void *)1, PAGE));
}

static void files(void)
{
    char name[] = "memory-XXXXXX";
    int fd = mkstemp(name);
    if (ftruncate(fd, 3 * PAGE) || pwrite(fd, "hello", 5, PAGE) != 5)
        exit(1);
    char *shared = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *own = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
    shared[PAGE] = 'J';
    own[1] = 'u';
    char back[6] = "";
    printf("%zd ", pread(fd, back, 5, PAGE));
    printf("%s %s %d\n", back, own, msync(shared, 3 * PAGE, MS_SYNC));
    pid_t child = fork();
    if (child == 0) {
        memcpy(shared, "child", 6);
        own[2] = 'x';
        _exit(0);
    }
    waitpid(child, NULL, 0);
    printf("%s %s\n", shared, own);
    int memory = memfd_create("x", MFD_CLOEXEC);
    printf("memfd %d\n", ftruncate(memory, PAGE));
    char *one = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    char *two = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, memory, 0);
    strcpy(one, "seen through two mappings");
    puts(two);
    unlink(name);
}

int main(void)
{
    private_pages();
    files();
    char *start = sbrk(0);
    printf("brk %d", sbrk(10 * PAGE) == start);
    memset(start, 7, 10 * PAGE);
    printf(" %d", start[10 * PAGE - 1]);
    printf(" %d\n", brk(start));
    uint64_t sum = 0;
    void *blocks[200];
    for (int i = 0; i < 200; i++) {
        blocks[i] = malloc((size_t)i * i * 13 + 1);
        memset(blocks[i], i, (size_t)i * i * 13 + 1);
        if (i % 3 == 0)
            blocks[i] = realloc(blocks[i], (size_t)i * 50 + 1);
    }
    for (int i = 0; i < 200; i++) {
        sum = sum * 31 + *(unsigned char *)blocks[i];
        free(blocks[i]);
    }
    printf("heap %llu\n", (unsigned long long)sum);
    return 0;
}
