/* SPDX-License-Identifier: MIT */
/* Control flow: setjmp, coroutines, deep recursion, computed goto, function pointers, variable
 * arguments, structures by value.  Output must not depend on the CPU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

static jmp_buf jump;
static ucontext_t main_context, co_context[2];
static char co_stack[2][65536];

struct small { short a; char b; };
struct floats { float x, y, z; };
struct large { long v[9]; double d; };

static int thrower(int depth)
{
    volatile char pad[100];
    pad[depth % 100] = 1;
    if (depth <= 0)
        longjmp(jump, 42);
    return thrower(depth - 1) + pad[depth % 100];
}

static void coroutine(int id, int limit)
{
    double x = id;
    for (int i = 0; i < limit; i++) {
        x = x * 1.5 + i;
        printf("[%d %d %g]", id, i, x);
        swapcontext(&co_context[id], i & 1 ? &main_context : &co_context[1 - id]);
    }
    printf("[%d done]", id);
}

static double sum(const char *types, ...)
{
    va_list args, copy;
    double total = 0;
    va_start(args, types);
    va_copy(copy, args);
    for (; *types; types++)
        switch (*types) {
        case 'i': total += va_arg(args, int); break;
        case 'd': total += va_arg(args, double); break;
        case 'l': total += va_arg(args, long); break;
        case 'f': total += va_arg(args, struct floats).y; break;
        case 's': total += (double)strlen(va_arg(args, char *)); break;
        case 'L': total += va_arg(args, struct large).v[8]; break;
        }
    total += va_arg(copy, int);
    va_end(args);
    va_end(copy);
    return total;
}

static struct large change(struct large l, struct small s, struct floats f)
{
    l.v[0] += s.a * s.b;
    l.d += f.x * f.y - f.z;
    return l;
}

static int interpret(const char *program)
{
    static const void *const labels[] = {&&end, &&inc, &&dbl, &&neg, &&loop};
    int value = 1, loops = 0;
    const char *pc = program;
    goto *labels[(int)*pc];
inc:
    value++;
    goto *labels[(int)*++pc];
dbl:
    value *= 2;
    goto *labels[(int)*++pc];
neg:
    value = -value;
    goto *labels[(int)*++pc];
loop:
    if (++loops < 5)
        pc = program - 1;
    goto *labels[(int)*++pc];
end:
    return value;
}

static int ackermann(int m, int n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

int main(void)
{
    int jumped = setjmp(jump);
    if (jumped == 0)
        thrower(500);
    printf("jumped %d\n", jumped);
    for (int i = 0; i < 2; i++) {
        getcontext(&co_context[i]);
        co_context[i].uc_stack.ss_sp = co_stack[i];
        co_context[i].uc_stack.ss_size = sizeof co_stack[i];
        co_context[i].uc_link = &main_context;
        makecontext(&co_context[i], (void (*)(void))coroutine, 2, i, 4 + i);
    }
    for (int i = 0; i < 4; i++)
        swapcontext(&main_context, &co_context[i & 1]);
    printf("\n");
    struct floats f = {1.5f, 2.5f, 3.5f};
    struct large l = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, 0.5};
    printf("%g %g\n", sum("idlfsL", 1, 2.5, 3L, f, "four", l),
           sum("ddddddddddiiiiiiiiii", 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 1, 2, 3, 4, 5, 6, 7,
               8, 9, 10));
    l = change(l, (struct small){-300, 7}, f);
    printf("%ld %g\n", l.v[0], l.d);
    printf("%d %d\n", interpret("\1\2\2\3\4\0"), ackermann(2, 300));
    int numbers[500];
    for (int i = 0; i < 500; i++)
        numbers[i] = (i * 7919 + 13) % 1009 - 500;
    qsort(numbers, 500, sizeof *numbers, compare);
    for (int i = 0; i < 500; i += 50)
        printf("%d ", numbers[i]);
    printf("\n");
    exit(77);
}
