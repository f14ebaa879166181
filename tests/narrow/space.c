/* SPDX-License-Identifier: MIT */
/* The 4 GiB of a 32-bit program: where mappings go, what lies at their ends, what /proc tells. */
#define _GNU_SOURCE
#include "check.h"

#include <elf.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE, ANON = MAP_PRIVATE | MAP_ANONYMOUS };
#define TOP UINT32_C(0xffff0000)

static sigjmp_buf escape;
static volatile int caught, caught_code;
static void *volatile caught_at;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    (void)context;
    caught = sig;
    caught_code = info->si_code;
    caught_at = info->si_addr;
    siglongjmp(escape, 1);
}

/* The signal that reading a word raises, 0 if none. */
static int touch(uintptr_t at)
{
    uint32_t word;
    handle(SIGSEGV, on_fault, 0);
    handle(SIGBUS, on_fault, 0);
    caught = 0;
    if (!sigsetjmp(escape, 1))
        __asm__ volatile("ldr %0, [%1]" : "=r"(word) : "r"(at) : "memory");
    return caught;
}

static char *map(size_t n) { return mmap(NULL, n, RW, ANON, -1, 0); }

static void test_places(void)
{
    char *a = map(PAGE), *b = map(PAGE);
    CHECK(a != MAP_FAILED && b == a - PAGE); /* from the top down */
    CHECK((uintptr_t)a < TOP && (uintptr_t)&a < TOP && (uintptr_t)&a > 0xf0000000);
    CHECK(munmap(a, PAGE) == 0 && touch((uintptr_t)a) == SIGSEGV && caught_code == SEGV_MAPERR);
    CHECK(map(PAGE) == a); /* the highest hole */
    char *hint = (char *)0x50000000;
    CHECK(mmap(hint, PAGE, RW, ANON, -1, 0) == hint);
    CHECK(mmap(hint, PAGE, RW, ANON, -1, 0) != hint);
    CHECK(mmap(hint, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED && errno == EEXIST);
    CHECK(mmap(hint + PAGE, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0) == hint + PAGE);
    CHECK(mmap(hint, 2 * PAGE, PROT_READ, ANON | MAP_FIXED, -1, 0) == hint);
    CHECK(mmap((void *)0xfffff000, PAGE, RW, ANON | MAP_FIXED, -1, 0) == MAP_FAILED && errno == ENOMEM);
    CHECK(mmap(NULL, 0xfffff000, RW, ANON | MAP_NORESERVE, -1, 0) == MAP_FAILED && errno == ENOMEM);
    CHECK(mmap(NULL, 0, RW, ANON, -1, 0) == MAP_FAILED && errno == EINVAL);
}

static void test_full(void)
{
    enum { PART = 256 << 20 };
    char *part[16];
    int n = 0;
    while (n < 16 && (part[n] = mmap(NULL, PART, PROT_NONE, ANON | MAP_NORESERVE, -1, 0)) != MAP_FAILED)
        n++;
    CHECK(n >= 10 && n < 16 && errno == ENOMEM); /* some 3 GiB, and no more than there is */
    for (int k = 0; k < n; k++)
        CHECK(munmap(part[k], PART) == 0);
    CHECK((part[0] = map(PAGE)) != MAP_FAILED && touch((uintptr_t)part[0]) == 0);
}

static void test_remap(void)
{
    char *low = map(16 * PAGE);
    munmap(low + 4 * PAGE, 12 * PAGE);
    strcpy(low + 3 * PAGE, "hello");
    CHECK(mremap(low, 4 * PAGE, 8 * PAGE, 0) == low && !strcmp(low + 3 * PAGE, "hello"));
    low[8 * PAGE - 1] = 1;
    CHECK(mremap(low, 8 * PAGE, 2 * PAGE, 0) == low && touch((uintptr_t)low + 2 * PAGE) == SIGSEGV);
    CHECK(caught_code == SEGV_MAPERR && caught_at == low + 2 * PAGE);
    strcpy(low, "again");
    CHECK(mmap(low + 2 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == low + 2 * PAGE);
    CHECK(mremap(low, 2 * PAGE, 4 * PAGE, 0) == MAP_FAILED && errno == ENOMEM);
    char *moved = mremap(low, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE);
    CHECK(moved != MAP_FAILED && moved != low && (uintptr_t)moved < TOP && !strcmp(moved, "again"));
    CHECK(touch((uintptr_t)low) == SIGSEGV);
    CHECK(mremap(moved, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, low - 64 * PAGE) ==
          low - 64 * PAGE);
    CHECK(touch((uintptr_t)moved) == SIGSEGV && !strcmp(low - 64 * PAGE, "again"));
}

static void test_brk(void)
{
    char *first = sbrk(0);
    CHECK(sbrk(10 * PAGE) == first);
    memset(first, 1, 10 * PAGE);
    CHECK(sbrk(-9 * PAGE) == first + 10 * PAGE && touch((uintptr_t)first + 9 * PAGE) == SIGSEGV);
    CHECK(sbrk(9 * PAGE) == first + PAGE && first[5 * PAGE] == 0);
    CHECK(sbrk(0x7f000000) == (void *)-1 || sbrk(0x7f000000) == (void *)-1);
}

static void test_shm(void)
{
    int id = shmget(IPC_PRIVATE, 2 * PAGE, IPC_CREAT | 0600);
    struct shmid_ds info;
    char *a = shmat(id, NULL, 0), *b = shmat(id, NULL, SHM_RDONLY);
    CHECK(a != (void *)-1 && b != (void *)-1 && (uintptr_t)a < TOP && ((uintptr_t)a & 0x3fff) == 0);
    strcpy(a, "shared");
    CHECK(!strcmp(b, "shared"));
    CHECK(shmctl(id, IPC_STAT, &info) == 0 && info.shm_nattch == 2 && info.shm_segsz == 2 * PAGE &&
          info.shm_cpid == getpid() && (info.shm_perm.mode & 0777) == 0600);
    CHECK(shmat(id, a, 0) == (void *)-1 && errno == EINVAL);
    CHECK(shmat(id, a, SHM_REMAP | SHM_RDONLY) == a && !strcmp(a, "shared"));
    CHECK(shmdt(b) == 0 && touch((uintptr_t)b) == SIGSEGV && caught_code == SEGV_MAPERR);
    CHECK(shmdt(b) == -1 && errno == EINVAL);
    shmctl(id, IPC_RMID, NULL);
}

/* Accesses around the end: addresses wrap, and nothing of the host's is ever seen. */
static void test_ends(void)
{
    uint32_t word;
    CHECK(touch(0) == SIGSEGV && caught_at == NULL && caught_code == SEGV_MAPERR);
    CHECK(touch(0xfffffffc) == SIGSEGV && touch(0xfffffffe) == SIGSEGV && touch(0xffffffff) == SIGSEGV);
    CHECK(touch(TOP + 0x1000) == SIGSEGV);
    caught = 0;
    if (!sigsetjmp(escape, 1))
        __asm__ volatile("ldr %0, [%1, #8]" : "=r"(word) : "r"(0xfffffffcu) : "memory");
    CHECK(caught == SIGSEGV && caught_at == (void *)4);
    CHECK(touch(TOP + 0xffc) == 0 && *(uint32_t *)(TOP + 0xffc) == 5); /* the helpers' version */
    CHECK(syscall(SYS_write, 1, 0xfffffffe, 8) == -1 && errno == EFAULT);
    CHECK(syscall(SYS_getcwd, 0xfffff000, 4096) == -1 && errno == EFAULT);
}

static void test_unmap_everything(void)
{
    int status = -1;
    pid_t child = fork();
    if (!child)
        syscall(SYS_munmap, 0x10000, 0xfffe0000 - 0x10000);
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void test_maps(void)
{
    char line[512], perms[5];
    unsigned long long start, end;
    int stack = 0, vectors = 0, heap = 0, host = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    sbrk(PAGE);
    while (fgets(line, sizeof line, f)) {
        CHECK(sscanf(line, "%llx-%llx %4s", &start, &end, perms) == 3 && end <= UINT64_C(0x100000000));
        if (start <= (uintptr_t)&line && (uintptr_t)&line < end)
            stack = strstr(line, "[stack]") && !strcmp(perms, "rw-p");
        vectors |= start == TOP && strstr(line, "[vectors]") && !strcmp(perms, "r-xp");
        heap |= strstr(line, "[heap]") != NULL;
        host |= strstr(line, "/dragoman\n") != NULL;
    }
    CHECK(stack && vectors && heap && !host);
    fclose(f);
}

static size_t read_all(const char *name, char *buf, size_t size)
{
    FILE *f = fopen(name, "r");
    size_t n = fread(buf, 1, size - 1, f);
    buf[n] = 0;
    fclose(f);
    return n;
}

static void test_self(void)
{
    static char buf[65536];
    struct utsname name;
    unsigned long hwcap = 0;
    size_t n = read_all("/proc/self/auxv", buf, sizeof buf);
    for (size_t k = 0; k + 8 <= n; k += 8)
        if (((Elf32_auxv_t *)(buf + k))->a_type == AT_HWCAP)
            hwcap = ((Elf32_auxv_t *)(buf + k))->a_un.a_val;
    CHECK(hwcap == getauxval(AT_HWCAP) && hwcap & HWCAP_ARM_THUMB && hwcap & HWCAP_ARM_TLS);
    CHECK(getauxval(AT_PAGESZ) == PAGE && getauxval(AT_PHENT) == sizeof(Elf32_Phdr));
    CHECK(!strcmp((char *)getauxval(AT_PLATFORM), "v8l"));
    CHECK(uname(&name) == 0 && !strcmp(name.machine, "armv8l"));
    read_all("/proc/self/exe", buf, sizeof buf);
    CHECK(!memcmp(buf, ELFMAG, 4) && ((Elf32_Ehdr *)buf)->e_machine == EM_ARM);
    read_all("/proc/cpuinfo", buf, sizeof buf);
    CHECK(strstr(buf, "CPU architecture: 8") && strstr(buf, " neon ") && strstr(buf, "\nHardware\t:"));
    CHECK((uintptr_t)getauxval(AT_RANDOM) < TOP && (uintptr_t)getauxval(AT_ENTRY) < TOP);
}

/* Field 23 of /proc/self/stat. */
static unsigned long long memory_size(void)
{
    static char buf[4096];
    unsigned long long size = 0;
    read_all("/proc/self/stat", buf, sizeof buf);
    sscanf(strrchr(buf, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
                              "%*u %llu", &size);
    return size;
}

static void test_size(void)
{
    unsigned long long before = memory_size();
    CHECK(before > 16 * PAGE && before < UINT64_C(1) << 32);
    CHECK(map(5000 * PAGE) != MAP_FAILED && memory_size() == before + 5000 * PAGE);
}

/* Another thread's files show what the process's do. */
static void *in_thread(void *arg)
{
    char name[64], line[512];
    unsigned long long start, end;
    unsigned n = 0;
    (void)arg;
    snprintf(name, sizeof name, "/proc/self/task/%d/maps", (int)syscall(SYS_gettid));
    FILE *f = fopen(name, "r");
    for (; f && fgets(line, sizeof line, f); n++)
        CHECK(sscanf(line, "%llx-%llx", &start, &end) == 2 && end <= UINT64_C(0x100000000));
    CHECK(n > 4);
    snprintf(name, sizeof name, "/proc/%d/task/%d/stat", (int)getpid(), (int)syscall(SYS_gettid));
    read_all(name, line, sizeof line);
    CHECK(atoi(line) == syscall(SYS_gettid));
    CHECK(access("/proc/self/task/1/maps", F_OK) == -1 && errno == ENOENT);
    CHECK(getpid() == 1 || fopen("/proc/self/task/1/maps", "r") == NULL);
    return NULL;
}

static void test_thread(void)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, in_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

int main(void)
{
    run("where mappings go", test_places);
    run("a full space", test_full);
    run("mremap", test_remap);
    run("brk", test_brk);
    run("System V segments", test_shm);
    run("the ends", test_ends);
    run("munmap of everything", test_unmap_everything);
    run("/proc/self/maps", test_maps);
    run("/proc/self", test_self);
    run("/proc/self/stat", test_size);
    run("/proc/self/task", test_thread);
    return finish();
}
