/* SPDX-License-Identifier: MIT */
/* The address space: what the mmap family does to memory, to code in it, and not to its host. */
#define _GNU_SOURCE
#include "check.h"

#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include "encode.h" /* the architecture's words */
#include "space.h"  /* and what else it has of its own */

enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE, RX = PROT_READ | PROT_EXEC };
enum { ANON = MAP_PRIVATE | MAP_ANONYMOUS };

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

/* The signal that an access raises, 0 if none. */
static int touch(volatile char *p, int write)
{
    handle(SIGSEGV, on_fault, 0);
    handle(SIGBUS, on_fault, 0);
    caught = 0;
    if (!sigsetjmp(escape, 1)) {
        if (write)
            *p = 1;
        else
            (void)*p;
    }
    return caught;
}

static void *map(size_t n, int prot) { return mmap(NULL, n, prot, ANON, -1, 0); }

static void test_protection(void)
{
    char *p = map(4 * PAGE, RW);
    CHECK(mprotect(p + PAGE, PAGE, PROT_READ) == 0);
    CHECK(mprotect(p + 2 * PAGE, PAGE, PROT_NONE) == 0);
    CHECK(!touch(p, 1) && !touch(p + PAGE, 0) && touch(p + PAGE, 1) == SIGSEGV);
    CHECK(caught_code == SEGV_ACCERR && caught_at == p + PAGE);
    CHECK(touch(p + 2 * PAGE, 0) == SIGSEGV && caught_code == SEGV_ACCERR);
    munmap(p + 3 * PAGE, PAGE);
    CHECK(touch(p + 3 * PAGE, 0) == SIGSEGV && caught_code == SEGV_MAPERR);
    CHECK(mprotect(p, 4 * PAGE, RW) == -1 && errno == ENOMEM);
    CHECK(!touch(p + 2 * PAGE, 1)); /* up to the hole it was done */
    CHECK(mprotect(p + 1, PAGE, RW) == -1 && errno == EINVAL);
}

static void test_remap(void)
{
    char *p = map(4 * PAGE, RW), *gone = map(16 * PAGE, RW);
    strcpy(p + 3 * PAGE, "hello");
    char *q = mremap(p, 4 * PAGE, 16 * PAGE, MREMAP_MAYMOVE);
    CHECK(q != MAP_FAILED && !strcmp(q + 3 * PAGE, "hello"));
    CHECK(q == p || touch(p, 0) == SIGSEGV);
    char *r = mremap(q, 16 * PAGE, 2 * PAGE, 0);
    CHECK(r == q && touch(q + 2 * PAGE, 0) == SIGSEGV);
    strcpy(q, "again");
    CHECK(mremap(q, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, gone + PAGE) == gone + PAGE);
    CHECK(!strcmp(gone + PAGE, "again") && touch(q, 0) == SIGSEGV);
    CHECK(mremap(q, PAGE, PAGE * 2, MREMAP_MAYMOVE) == MAP_FAILED && errno == EFAULT);
}

static void test_brk(void)
{
    char *first = sbrk(0);
    CHECK(sbrk(10 * PAGE) == first);
    memset(first, 1, 10 * PAGE);
    CHECK(sbrk(-9 * PAGE) == first + 10 * PAGE);
    CHECK(touch(first + 9 * PAGE, 0) == SIGSEGV);
    CHECK(sbrk(9 * PAGE) == first + PAGE && first[5 * PAGE] == 0);
    CHECK(brk(TOO_HIGH) == -1 && errno == ENOMEM);
}

static void test_shm(void)
{
    int id = shmget(IPC_PRIVATE, 2 * PAGE, IPC_CREAT | 0600);
    char *a = shmat(id, NULL, 0), *b = shmat(id, NULL, SHM_RDONLY);
    CHECK(a != (void *)-1 && b != (void *)-1);
    strcpy(a, "shared");
    CHECK(!strcmp(b, "shared") && touch(b, 1) == SIGSEGV);
    CHECK(shmdt(a) == 0 && touch(a, 0) == SIGSEGV && shmdt(a) == -1 && errno == EINVAL);
    CHECK(shmdt(b) == 0);
    shmctl(id, IPC_RMID, NULL);
}

/* ---- the host's mappings ---------------------------------------------------------------------------- */

/* Whatever the guest maps or unmaps where it has nothing itself, the program goes on. */
static void test_fixed_elsewhere(void)
{
    enum { STEP = 1 << 20 };
    uintptr_t here = (uintptr_t)map(PAGE, RW) & -(uintptr_t)STEP;
    int done = 0;
    for (int k = -300; k < 300 && (k < 0 || here + k * STEP + STEP > here); k++) {
        uintptr_t p = here + k * STEP;
        void *free_place = mmap((void *)p, STEP, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
        if (free_place == MAP_FAILED) {
            CHECK(errno == EEXIST);
            /* Ours in part, or the host's: must not be replaced behind its back. */
            continue;
        }
        memset(free_place, 0xee, STEP);
        done++;
        CHECK(munmap(free_place, STEP) == 0);
    }
    CHECK(done > 10);
}

static void test_unmap_everything(void)
{
    int status = -1;
    pid_t child = fork();
    if (!child)
        unmap_everything();
    waitpid(child, &status, 0);
    CHECK(status == 44 << 8);
}

static void test_map_over_everything(void)
{
    int status = -1;
    pid_t child = fork();
    if (!child)
        map_over_everything();
    waitpid(child, &status, 0);
    CHECK(status == 44 << 8);
}

/* A stack of a program's own: it grows down to what is touched, but not near other memory. */
static void test_grows(void)
{
    enum { PAGES = 1024, GAP = 256 };
    char *area = map(PAGES * PAGE, PROT_NONE), *top = area + (PAGES - 1) * PAGE;
    const int flags = ANON | MAP_FIXED | MAP_GROWSDOWN;
    munmap(area, PAGES * PAGE);
    CHECK(mmap(area, PAGE, RW, ANON | MAP_FIXED, -1, 0) == area);
    CHECK(mmap(top, PAGE, RW, flags, -1, 0) == top);
    *top = 7;
    CHECK(!touch(top - 1, 1) && !touch(top - 300 * PAGE, 0) && top[-300 * PAGE] == 0 && top[-1] == 1);
    CHECK(!touch(top - 200 * PAGE, 1) && *top == 7);
    CHECK(touch(area + GAP * PAGE - PAGE, 0) == SIGSEGV && caught_code == SEGV_MAPERR);
    CHECK(!touch(area + (GAP + 1) * PAGE, 1));
    CHECK(mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0) == MAP_FAILED &&
          errno == EINVAL);
}

#ifdef __aarch64__ /* 32-bit programs are there themselves */
/* A null pointer is one, however near such a mapping is. */
static void test_grows_to_null(void)
{
    char *low = (char *)0x40000;
    const int flags = ANON | MAP_FIXED_NOREPLACE | MAP_GROWSDOWN;
    CHECK(mmap(low, PAGE, RW, flags, -1, 0) == low);
    CHECK(!touch(low - 0x10000, 1));
    CHECK(touch((char *)0x10, 0) == SIGSEGV && caught_code == SEGV_MAPERR);
}
#endif

/* ---- code -------------------------------------------------------------------------------------------- */

/* A function that returns the value, less than 256. */
static void write_code(void *p, unsigned value)
{
    uint32_t code[] = {move_at_once(value), RET};
    memcpy(p, code, sizeof code);
    __builtin___clear_cache(p, (char *)p + sizeof code);
}

static int run_code(void *p) { return call(p, 0, 0); }

/* The signal that calling p raises, or 0. */
static int try_code(void *p)
{
    handle(SIGSEGV, on_fault, 0);
    handle(SIGBUS, on_fault, 0);
    caught = 0;
    if (!sigsetjmp(escape, 1))
        run_code(p);
    return caught;
}

static void warm(void *p, int value)
{
    for (int k = 0; k < 2000; k++)
        CHECK(run_code(p) == value);
}

static void test_code_rewritten(void)
{
    char *p = map(PAGE, RW | PROT_EXEC);
    for (int k = 0; k < 50; k++) {
        write_code(p, k);
        warm(p, k);
    }
}

static void test_code_unmapped(void)
{
    char *p = map(2 * PAGE, RW | PROT_EXEC);
    write_code(p + PAGE, 5);
    warm(p + PAGE, 5);
    munmap(p + PAGE, PAGE);
    CHECK(try_code(p + PAGE) == SIGSEGV && caught_code == SEGV_MAPERR && caught_at == p + PAGE);
}

static void test_code_protected(void)
{
    char *p = map(PAGE, RW);
    write_code(p, 6);
    CHECK(try_code(p) == SIGSEGV && caught_code == SEGV_ACCERR);
    mprotect(p, PAGE, RX);
    warm(p, 6);
    mprotect(p, PAGE, RW);
    CHECK(try_code(p) == SIGSEGV && caught_code == SEGV_ACCERR);
    write_code(p, 7);
    mprotect(p, PAGE, RX);
    warm(p, 7);
}

static void test_code_mapped_over(void)
{
    char *p = map(PAGE, RW | PROT_EXEC), name[] = "/tmp/code-XXXXXX";
    write_code(p, 8);
    warm(p, 8);
    int fd = mkstemp(name);
    uint32_t code[] = {move(9), RET};
    CHECK(write(fd, code, sizeof code) == sizeof code);
    CHECK(mmap(p, PAGE, RX, MAP_PRIVATE | MAP_FIXED, fd, 0) == p);
    warm(p, 9);
    char *q = map(PAGE, RW | PROT_EXEC);
    write_code(q, 10);
    warm(q, 10);
    CHECK(mremap(q, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p) == p);
    warm(p, 10);
    CHECK(try_code(q) == SIGSEGV);
    unlink(name);
}

/* Code that is written through another mapping of the same memory. */
static void test_code_alias(void)
{
    int fd = memfd_create("code", 0);
    CHECK(ftruncate(fd, PAGE) == 0);
    char *w = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), *x = mmap(NULL, PAGE, RX, MAP_SHARED, fd, 0);
    for (int k = 0; k < 20; k++) {
        write_code(w, 100 + k);
        __builtin___clear_cache(x, x + 8);
        warm(x, 100 + k);
    }
}

/* A loop in code that another thread takes out of it. */
static char *loop_code;

static void *run_loop(void *arg)
{
    (void)arg;
    return (void *)(intptr_t)run_code(loop_code);
}

static void test_code_other_thread(void)
{
    for (int round = 0; round < 20; round++) {
        pthread_t t;
        void *result;
        loop_code = map(PAGE, RW | PROT_EXEC);
        /* A branch to itself, which becomes a NOP. */
        uint32_t *here = (uint32_t *)loop_code, code[] = {branch(here, here), move(3), RET};
        memcpy(loop_code, code, sizeof code);
        __builtin___clear_cache(loop_code, loop_code + sizeof code);
        pthread_create(&t, NULL, run_loop, NULL);
        usleep(1000);
        __atomic_store_n(here, NOP, __ATOMIC_RELEASE);
        __builtin___clear_cache(loop_code, loop_code + 4);
        pthread_join(t, &result);
        CHECK((intptr_t)result == 3);
        munmap(loop_code, PAGE);
    }
}

static void test_code_across_pages(void)
{
    char *p = map(3 * PAGE, RW | PROT_EXEC);
    /* nops that lead into the next page */
    for (int k = 0; k < 16; k++)
        ((uint32_t *)(p + PAGE))[-1 - k] = NOP;
    write_code(p + PAGE, 11);
    warm(p + PAGE - 64, 11);
    write_code(p + PAGE, 12);
    warm(p + PAGE - 64, 12);
    mprotect(p + PAGE, PAGE, RW);
    CHECK(try_code(p + PAGE - 64) == SIGSEGV && caught_at == p + PAGE);
    mprotect(p + PAGE, PAGE, RX);
    warm(p + PAGE - 64, 12);
}

static void test_code_beyond_file(void)
{
    FILE *f = tmpfile();
    char *p = mmap(NULL, 2 * PAGE, RX, MAP_SHARED, fileno(f), 0);
    CHECK(try_code(p) == SIGBUS && caught_code == BUS_ADRERR && caught_at == p);
    uint32_t nops[PAGE / 4];
    for (int k = 0; k < PAGE / 4; k++)
        nops[k] = NOP;
    CHECK(write(fileno(f), nops, PAGE) == PAGE); /* leads into what is not there */
    CHECK(try_code(p + PAGE - 64) == SIGBUS && caught_at == p + PAGE);
    uint32_t code[] = {move(13), RET};
    CHECK(write(fileno(f), code, sizeof code) == sizeof code);
    warm(p + PAGE - 64, 13);
}

/* Code that goes away while it is translated. */
static char *volatile flicker;

static void *map_and_unmap(void *arg)
{
    while (!*(volatile int *)arg) {
        char *p = mmap(flicker, 16 * PAGE, RW | PROT_EXEC, ANON | MAP_FIXED, -1, 0);
        for (int k = 0; k < 16; k++)
            write_code(p + k * PAGE, 20 + k);
        mmap(p, 16 * PAGE, PROT_NONE, ANON | MAP_FIXED, -1, 0);
    }
    return NULL;
}

static void test_code_flickers(void)
{
    pthread_t t;
    int stop = 0;
    flicker = map(16 * PAGE, PROT_NONE);
    /* mmap makes zeros before code is written: undefined instructions, or such as lead on */
    handle(SIGILL, on_fault, SA_NODEFER);
    pthread_create(&t, NULL, map_and_unmap, &stop);
    for (int k = 0; k < 20000; k++) {
        handle(SIGSEGV, on_fault, SA_NODEFER);
        if (!sigsetjmp(escape, 1)) {
            int result = run_code(flicker + k % 16 * PAGE);
            CHECK(result == 20 + k % 16 || (ZEROS_LEAD_ON && (!result || (result > 20 + k % 16 && result < 36))));
        }
    }
    stop = 1;
    pthread_join(t, NULL);
}

/* ---- /proc ---------------------------------------------------------------------------------------------- */

static void test_maps(void)
{
    char line[512], perms[5];
    unsigned long start, end, stack_at = (uintptr_t)&line, code_at = (uintptr_t)test_maps;
    int stack = 0, code = 0, host = 0;
    FILE *f = fopen("/proc/self/maps", "r");
    char *hole = map(3 * PAGE, RW);
    int seen_hole = 0;
    mprotect(hole + PAGE, PAGE, PROT_READ | PROT_EXEC);
    f = freopen("/proc/self/maps", "r", f);
    while (fgets(line, sizeof line, f)) {
        CHECK(sscanf(line, "%lx-%lx %4s", &start, &end, perms) == 3);
        if (start <= stack_at && stack_at < end)
            stack = strstr(line, "[stack]") && !strcmp(perms, "rw-p");
        if (start <= code_at && code_at < end)
            code = !strcmp(perms, "r-xp") && strchr(line, '/');
        if (start == (uintptr_t)hole + PAGE)
            seen_hole = end == start + PAGE && !strcmp(perms, "r-xp");
        host |= strstr(line, "/dragoman\n") != NULL; /* the runner, not its folder */
    }
    CHECK(stack && code && seen_hole && !host);
    fclose(f);
}

static size_t read_all(const char *name, char *buf, size_t size)
{
    int fd = open(name, O_RDONLY);
    ssize_t n = read(fd, buf, size - 1);
    close(fd);
    buf[n < 0 ? 0 : n] = '\0';
    return n < 0 ? 0 : n;
}

extern char **environ;
static char **program_argv;

static void test_proc_self(void)
{
    char buf[65536], link[4096] = "";
    size_t n = read_all("/proc/self/auxv", buf, sizeof buf);
    unsigned long hwcap = 0, entry = 0;
    for (size_t k = 0; k + sizeof(auxv_entry) <= n; k += sizeof(auxv_entry)) {
        auxv_entry aux;
        memcpy(&aux, buf + k, sizeof aux);
        hwcap = aux.a_type == AT_HWCAP ? aux.a_un.a_val : hwcap;
        entry = aux.a_type == AT_ENTRY ? aux.a_un.a_val : entry;
    }
    CHECK(hwcap == getauxval(AT_HWCAP) && entry == getauxval(AT_ENTRY));
    read_all("/proc/self/cmdline", buf, sizeof buf);
    CHECK(!strcmp(buf, program_argv[0]));
    read_all("/proc/self/environ", buf, sizeof buf);
    CHECK(!environ[0] || !strcmp(buf, environ[0]));
    CHECK(readlink("/proc/self/exe", link, sizeof link - 1) > 0);
    CHECK(!strcmp(strrchr(link, '/'), strrchr(program_argv[0], '/')));
    read_all("/proc/self/exe", buf, sizeof buf);
    CHECK(!memcmp(buf, ELFMAG, 4) && ((elf_header *)buf)->e_machine == MACHINE);
    read_all("/proc/cpuinfo", buf, sizeof buf);
    CHECK(strstr(buf, "CPU architecture: 8") && strstr(buf, CPU_FEATURE));
    read_all("/proc/self/comm", buf, sizeof buf);
    CHECK(!strncmp(buf, "space", 5));
    read_all("/proc/self/stat", buf, sizeof buf);
    CHECK(strstr(buf, "(space)") && atoi(buf) == getpid());
}

static void test_auxv(void)
{
    CHECK(getauxval(AT_PAGESZ) == PAGE && getauxval(AT_UID) == getuid());
    CHECK(!strcmp((char *)getauxval(AT_PLATFORM), PLATFORM));
    CHECK(!strcmp((char *)getauxval(AT_EXECFN), program_argv[0]));
    const unsigned char *random = (void *)getauxval(AT_RANDOM);
    int zeros = 0;
    for (int k = 0; k < 16; k++)
        zeros += !random[k];
    CHECK(zeros < 8);
    program_header *phdr = (void *)getauxval(AT_PHDR);
    CHECK(getauxval(AT_PHENT) == sizeof *phdr && getauxval(AT_PHNUM) < 32);
    CHECK(((uintptr_t)__builtin_frame_address(0) & STACK_MASK) == 0);
}

int main(int argc, char **argv)
{
    (void)argc;
    program_argv = argv;
    run("protection", test_protection);
    run("mremap", test_remap);
    run("brk", test_brk);
    run("MAP_GROWSDOWN", test_grows);
#ifdef __aarch64__
    run("MAP_GROWSDOWN near address 0", test_grows_to_null);
#endif
    run("System V segments", test_shm);
    run("mapping where nothing is", test_fixed_elsewhere);
    run("munmap and mprotect of everything", test_unmap_everything);
    run("MAP_FIXED over everything", test_map_over_everything);
    run("code that is rewritten", test_code_rewritten);
    run("code that is unmapped", test_code_unmapped);
    run("code that loses PROT_EXEC", test_code_protected);
    run("code that is mapped over", test_code_mapped_over);
    run("code that is written elsewhere", test_code_alias);
    run("code changed by another thread", test_code_other_thread);
    run("code across a page border", test_code_across_pages);
    run("code beyond the end of a file", test_code_beyond_file);
    run("code that comes and goes", test_code_flickers);
    run("/proc/self/maps", test_maps);
    run("/proc/self", test_proc_self);
    run("auxiliary vector", test_auxv);
    return finish();
}
