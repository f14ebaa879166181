/* SPDX-License-Identifier: MIT */
/* The walk over a row's words, and conversions of single arguments; see narrow.h. */
#include "linux-user/narrow.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- scratch memory -------------------------------------------------------------------------- */

/* What an identity of more than 16 bits shows as (linux/highuid.h). */
enum { OVERFLOW_ID = 65534 };

enum { SCRATCH_SIZE = 16 * 1024, MAX_RECORDS = 64 };

struct lu_scratch {
    struct extra { /* what did not fit */
        struct extra *next;
        max_align_t data[];
    } * extra;
    size_t used;
    unsigned n_records;
    struct record {
        const uint8_t *at;
        size_t size;
        uint32_t guest;
    } record[MAX_RECORDS];
    max_align_t data[SCRATCH_SIZE / sizeof(max_align_t)];
};

static void reset(struct lu_scratch *s)
{
    s->used = s->n_records = 0;
    while (s->extra) {
        struct extra *next = s->extra->next;
        free(s->extra);
        s->extra = next;
    }
}

void lu_scratch_free(struct lu_task *t)
{
    if (t->scratch)
        reset(t->scratch);
    free(t->scratch);
    t->scratch = NULL;
}

static void *allocate(struct lu_scratch *s, size_t size)
{
    struct extra *extra;

    size = (size + 15) & -16ull;
    if (size <= sizeof s->data - s->used) {
        s->used += size;
        return (uint8_t *)s->data + s->used - size;
    }
    extra = malloc(sizeof *extra + size);
    if (!extra)
        return NULL;
    extra->next = s->extra;
    s->extra = extra;
    return extra->data;
}

void *lu_scratch(struct lu_task *t, size_t size, uint32_t guest)
{
    struct lu_scratch *s = t->scratch;
    void *at = s ? allocate(s, size ? size : 1) : NULL;

    if (!at)
        return NULL;
    memset(at, 0, size);
    if (s->n_records < MAX_RECORDS)
        s->record[s->n_records++] = (struct record){at, size, guest};
    return at;
}

uint64_t lu_guest_address(const struct lu_task *t, uint64_t address)
{
    const struct lu_scratch *s = t->scratch;

    for (unsigned k = 0; s && k < s->n_records; k++) {
        uint64_t offset = address - (uintptr_t)s->record[k].at;
        if (offset < s->record[k].size)
            return (uint32_t)(s->record[k].guest + offset);
    }
    return address - lu.base <= UINT32_MAX ? address - lu.base : address;
}

/* ---- what becomes of a word ------------------------------------------------------------------ */

enum how {
    HOW_VALUE,
    HOW_LONG,
    HOW_POINTER,
    HOW_PAIR,
    HOW_LOW_HIGH,
    HOW_HIGH_LOW,
    HOW_PAGES,
    HOW_IN,
    HOW_OUT,
    HOW_BOTH,
    HOW_CALL
};

struct conversion {
    const char *word;
    enum how how;
    enum lu_struct id;
    lu_narrow_fn *fn;
};

static const struct conversion conversions[] = {
#define VALUE                               HOW_VALUE, 0, NULL
#define LONG                                HOW_LONG, 0, NULL
#define POINTER                             HOW_POINTER, 0, NULL
#define PAIR                                HOW_PAIR, 0, NULL
#define LOW_HIGH                            HOW_LOW_HIGH, 0, NULL
#define HIGH_LOW                            HOW_HIGH_LOW, 0, NULL
#define PAGES                               HOW_PAGES, 0, NULL
#define IN(id)                              HOW_IN, LU_STRUCT_##id, NULL
#define OUT(id)                             HOW_OUT, LU_STRUCT_##id, NULL
#define BOTH(id)                            HOW_BOTH, LU_STRUCT_##id, NULL
#define CALL(fn)                            HOW_CALL, 0, lu_narrow_##fn
#define W(word, function, when, conversion) {#word, conversion},
#include "linux-user/strace_words.def"
#undef W
};

/* What is no word is a table of names: a number. */
static const struct conversion *find_conversion(const char *word, size_t length)
{
    for (unsigned k = 0; k < sizeof conversions / sizeof conversions[0]; k++)
        if (!strncmp(conversions[k].word, word, length) && !conversions[k].word[length])
            return &conversions[k];
    return find_conversion("x", 1);
}

/* A row's words, looked up once. */
static struct plan {
    bool ready;
    bool address, id16; /* the result is one */
    uint8_t n;
    const struct conversion *word[6];
} plans[LU_SYS_COUNT];

static const struct plan *plan_of(const struct lu_sys_row *row)
{
    struct plan *p = &plans[row - lu_sys_rows], made = {.ready = true};
    const char *word = row->format + (row->format[0] == '!');

    if (__atomic_load_n(&p->ready, __ATOMIC_ACQUIRE))
        return p;
    while (*word && *word != '=') {
        size_t length = strcspn(word, ",=");
        made.word[made.n++] = find_conversion(word, length);
        word += length + (word[length] == ',');
    }
    made.address = !strcmp(word, "=addr");
    made.id16 = !strcmp(word, "=id16");
    /* Threads that come here at once write the same. */
    p->address = made.address;
    p->id16 = made.id16;
    p->n = made.n;
    memcpy(p->word, made.word, sizeof p->word);
    __atomic_store_n(&p->ready, true, __ATOMIC_RELEASE);
    return p;
}

/* ---- arguments ------------------------------------------------------------------------------- */

uint32_t lu_narrow_take(struct lu_narrow *n)
{
    return n->next < 8 ? n->reg[n->next++] : 0;
}

/* 64 bits in two registers; in the order of the guest's memory, unless `low_first`. */
static uint64_t take_pair(struct lu_narrow *n, bool aligned, bool low_first)
{
    uint64_t first, second;

    n->next += aligned && n->next & 1;
    first = lu_narrow_take(n);
    second = lu_narrow_take(n);
    return lu_narrow_swaps() && !low_first ? first << 32 | second : second << 32 | first;
}

int lu_narrow_struct(struct lu_narrow *n, enum lu_struct id, uint32_t guest, bool in, uint64_t *to)
{
    void *host;

    *to = lu_narrow_ptr(guest);
    if (!guest || lu_struct_same(id))
        return 0;
    host = lu_scratch(n->t, lu_struct_host_size(id), guest);
    if (!host)
        return -ENOMEM;
    /* If there is no memory the kernel finds out, after what it looks at before. */
    if (in ? lu_struct_get(n->t, id, host, *to) : lu_copy_from(n->t, host, *to, 1))
        return 0;
    *to = (uintptr_t)host;
    return 0;
}

int lu_narrow_back(struct lu_narrow *n, enum lu_struct id, uint32_t guest, uint64_t to)
{
    if (to == lu_narrow_ptr(guest)) /* nothing was converted */
        return 0;
    return lu_struct_put(n->t, id, lu_narrow_ptr(guest), lu_ptr(to));
}

int lu_narrow_array(struct lu_narrow *n, enum lu_struct id, uint32_t guest, uint32_t count, bool in,
                    uint64_t *to)
{
    enum { MOST = 1 << 20 };
    size_t size = lu_struct_size(id), host_size = lu_struct_host_size(id);
    uint8_t *host, *from;

    *to = lu_narrow_ptr(guest);
    if (!guest || !count || lu_struct_same(id))
        return 0;
    if (count > MOST)
        return -EINVAL;
    host = lu_scratch(n->t, count * host_size, guest);
    if (!host)
        return -ENOMEM;
    if (in) {
        from = lu_scratch(n->t, count * size, guest);
        if (!from || lu_copy_from(n->t, from, *to, count * size))
            return from ? 0 : -ENOMEM;
        for (uint32_t k = 0; k < count; k++)
            lu_struct_from_guest(id, host + k * host_size, from + k * size);
    }
    *to = (uintptr_t)host;
    return 0;
}

int lu_narrow_array_back(struct lu_narrow *n, enum lu_struct id, uint32_t guest, uint32_t count,
                         uint64_t to)
{
    if (to == lu_narrow_ptr(guest))
        return 0;
    for (uint32_t k = 0; k < count; k++)
        if (lu_struct_put(n->t, id, lu_narrow_ptr(guest) + k * lu_struct_size(id),
                          lu_ptr(to + k * lu_struct_host_size(id))))
            return -EFAULT;
    return 0;
}

bool lu_narrow_swaps(void)
{
    return lu.abi->elf_data == ELFDATA2MSB;
}

static int before_word(struct lu_narrow *n, const struct conversion *c, unsigned i)
{
    switch (c->how) {
    case HOW_VALUE: n->arg[i] = n->raw[i] = lu_narrow_take(n); return 0;
    case HOW_LONG: n->arg[i] = (int64_t)(int32_t)lu_narrow_take(n); return 0;
    case HOW_POINTER: n->arg[i] = lu_narrow_ptr(lu_narrow_take(n)); return 0;
    case HOW_PAIR:
    case HOW_LOW_HIGH:
        n->arg[i] =
            take_pair(n, c->how == HOW_PAIR && lu.abi->pairs_aligned, c->how == HOW_LOW_HIGH);
        return 0;
    case HOW_HIGH_LOW:
        n->arg[i] = (uint64_t)lu_narrow_take(n) << 32;
        n->arg[i] |= lu_narrow_take(n);
        return 0;
    case HOW_PAGES: n->arg[i] = lu_narrow_take(n) * 4096ull; return 0;
    case HOW_IN:
    case HOW_OUT:
    case HOW_BOTH:
        n->raw[i] = lu_narrow_take(n);
        return lu_narrow_struct(n, c->id, n->raw[i], c->how != HOW_OUT, &n->arg[i]);
    case HOW_CALL: n->raw[i] = n->reg[n->next < 8 ? n->next : 7]; return c->fn(n, i, false);
    }
    return 0;
}

int lu_narrow_before(struct lu_narrow *n, struct lu_task *t, const struct lu_sys_row *row,
                     const uint64_t *reg)
{
    const struct plan *p = plan_of(row);
    int result = 0;

    if (!t->scratch)
        t->scratch = calloc(1, sizeof *t->scratch);
    else
        reset(t->scratch);
    n->t = t;
    n->row = row;
    n->next = 0;
    memcpy(n->reg, reg, sizeof n->reg);
    memset(n->arg, 0, sizeof n->arg);
    for (unsigned i = 0; i < p->n; i++) {
        int error = before_word(n, p->word[i], i);
        result = result ? result : error;
    }
    return result;
}

static int after_word(struct lu_narrow *n, const struct conversion *c, unsigned i)
{
    if (c->how == HOW_CALL)
        return c->fn(n, i, true);
    if (c->how == HOW_OUT || c->how == HOW_BOTH)
        return n->result < 0 ? 0 : lu_narrow_back(n, c->id, n->raw[i], n->arg[i]);
    return 0;
}

int64_t lu_narrow_after(struct lu_narrow *n, int64_t result)
{
    const struct plan *p = plan_of(n->row);

    n->result = result;
    if (result < 0 && result != -EINTR)
        return result;
    for (unsigned i = 0; i < p->n; i++) {
        int error = after_word(n, p->word[i], i);
        if (error && n->result >= 0)
            n->result = error;
    }
    if (p->id16 && n->result > 0xffff)
        return OVERFLOW_ID;
    return p->address && n->result > 0 ? n->result - (int64_t)lu.base : n->result;
}
