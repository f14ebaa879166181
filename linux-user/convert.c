/* SPDX-License-Identifier: MIT */
/* The layouts of structs.def and the copiers; see convert.h. */
#define _GNU_SOURCE
#include "linux-user/convert.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "linux-user/structs.h"

/* What a guest's field is.  S and U: sign and bits. */
enum kind {
    KIND_U8, KIND_S8, KIND_U16, KIND_S16, KIND_U32, KIND_S32, KIND_U64, KIND_S64,
    KIND_PTR,   /* an address, 32 bits */
    KIND_PTR64, /* an address in a field of 64 bits */
    KIND_HIGH,  /* the upper 32 bits of the host's member, which a field before it began */
    KIND_INODE, /* lu_fold_inode() in 32 bits */
    KIND_INODE64,
    KIND_LIMIT, /* 32 bits; what does not fit is all ones, which means "no limit" */
    KIND_NSEC,  /* 64 bits of which the lower 32 count: a long of the host's */
    KIND_MOST,  /* 32 bits; what is more than an int holds is the largest int */
    KIND_ID16,  /* 16 bits of an identity; one that does not fit is 65534 (linux/highuid.h) */
    KIND_SET,   /* signals: two words of 32 bits, the lower first */
};

static const uint8_t kind_size[] = {1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 4, 4, 8, 4, 8, 4, 2, 8};

enum { TIGHT = 1 }; /* no padding at the end */

struct field {
    uint16_t id;
    uint16_t host_at, host_size, count; /* host_size 0: padding of the guest's */
    uint8_t kind;
};

#define STRUCT(id, type, flags) typedef type host_##id;
#define FIELD(id, member, kind)
#define ARRAY(id, member, kind)
#define PAD(id, kind, n)
#include "linux-user/structs.def"
#undef STRUCT
#undef FIELD
#undef ARRAY

#define SIZE(id, member) sizeof(((host_##id *)NULL)->member)

static const struct field fields[] = {
#define STRUCT(id, type, flags)
#define FIELD(id, member, kind)                                                                    \
    {LU_STRUCT_##id, offsetof(host_##id, member), SIZE(id, member), 1, KIND_##kind},
#define ARRAY(id, member, kind)                                                                    \
    {LU_STRUCT_##id, offsetof(host_##id, member), SIZE(id, member[0]),                             \
     SIZE(id, member) / SIZE(id, member[0]), KIND_##kind},
#undef PAD
#define PAD(id, kind, n) {LU_STRUCT_##id, 0, 0, n, KIND_##kind},
#include "linux-user/structs.def"
#undef STRUCT
#undef FIELD
#undef ARRAY
#undef PAD
};

enum { N_FIELDS = sizeof fields / sizeof fields[0] };

static const struct {
    uint16_t host_size, flags;
} structs[LU_STRUCT_COUNT] = {
#define STRUCT(id, type, flags) [LU_STRUCT_##id] = {sizeof(type), flags},
#define FIELD(id, member, kind)
#define ARRAY(id, member, kind)
#define PAD(id, kind, n)
#include "linux-user/structs.def"
#undef STRUCT
#undef FIELD
#undef ARRAY
#undef PAD
};

static uint16_t guest_at[N_FIELDS];
static struct layout {
    uint16_t size, first, n;
    bool same;
} layouts[LU_STRUCT_COUNT];
static bool big;

/* ---- numbers --------------------------------------------------------------------------------- */

/* In the host's byte order, which is little-endian on all hosts that there are. */
static uint64_t load_host(const uint8_t *p, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, p, size);
    return value;
}

static uint64_t swap(uint64_t value, unsigned size)
{
    return big ? __builtin_bswap64(value) >> (64 - 8 * size) : value;
}

uint64_t lu_load(const void *from, unsigned size)
{
    return swap(load_host(from, size), size);
}

void lu_store(void *to, uint64_t value, unsigned size)
{
    value = swap(value, size);
    memcpy(to, &value, size);
}

static bool is_signed(unsigned kind)
{
    return kind < KIND_PTR ? kind & 1 : kind == KIND_NSEC;
}

static uint64_t extend(uint64_t value, unsigned size, bool with_sign)
{
    unsigned shift = 64 - 8 * size;
    return with_sign ? (uint64_t)((int64_t)(value << shift) >> shift) : value << shift >> shift;
}

uint32_t lu_fold_inode(uint64_t inode)
{
    uint32_t folded = (uint32_t)(inode * 0x9e3779b97f4a7c15ull >> 32);
    return inode >> 32 ? folded | !folded : (uint32_t)inode;
}

static uint64_t value_to_guest(unsigned kind, uint64_t value)
{
    switch (kind) {
    case KIND_PTR:
    case KIND_PTR64: return value ? value - lu.base : 0;
    case KIND_HIGH: return value >> 32;
    case KIND_INODE:
    case KIND_INODE64: return lu_fold_inode(value);
    case KIND_LIMIT: return value > UINT32_MAX ? UINT32_MAX : value;
    case KIND_MOST: return value > INT32_MAX ? INT32_MAX : value;
    case KIND_ID16: return value > UINT16_MAX ? 65534 : value;
    default: return value;
    }
}

static uint64_t value_from_guest(unsigned kind, uint64_t value)
{
    switch (kind) {
    case KIND_PTR:
    case KIND_PTR64: return value ? value + lu.base : 0;
    case KIND_LIMIT: return value == UINT32_MAX ? UINT64_MAX : value;
    case KIND_NSEC: return extend(value, 4, true);
    default: return value;
    }
}

/* ---- layouts --------------------------------------------------------------------------------- */

static unsigned alignment(unsigned kind)
{
    unsigned size = kind == KIND_SET ? 4 : kind_size[kind];
    return size == 8 ? lu.abi->align64 : size;
}

static bool looks_same(const struct field *f, unsigned at)
{
    return f->host_size && f->host_at == at && f->host_size == kind_size[f->kind] &&
           (!big || f->host_size == 1) && f->kind != KIND_HIGH && f->kind != KIND_INODE64 &&
           f->kind != KIND_NSEC && !(lu.base && f->kind == KIND_PTR64);
}

static void lay_out(unsigned id, unsigned first, unsigned n)
{
    unsigned at = 0, widest = 1;
    bool same = true;

    for (unsigned k = first; k < first + n; k++) {
        const struct field *f = &fields[k];
        unsigned align = alignment(f->kind);
        at = (at + align - 1) & -align;
        widest = align > widest ? align : widest;
        guest_at[k] = at;
        same &= !f->host_size || looks_same(f, at);
        at += kind_size[f->kind] * f->count;
    }
    if (!(structs[id].flags & TIGHT))
        at = (at + widest - 1) & -widest;
    layouts[id] = (struct layout){at, first, n, same && at == structs[id].host_size};
}

void lu_convert_init(void)
{
    big = lu.abi->elf_data == ELFDATA2MSB;
    for (unsigned first = 0, n; first < N_FIELDS; first += n) {
        for (n = 1; first + n < N_FIELDS && fields[first + n].id == fields[first].id; n++)
            ;
        lay_out(fields[first].id, first, n);
    }
}

size_t lu_struct_size(enum lu_struct id)
{
    return layouts[id].size;
}

size_t lu_struct_host_size(enum lu_struct id)
{
    return structs[id].host_size;
}

bool lu_struct_same(enum lu_struct id)
{
    return layouts[id].same;
}

/* ---- copiers --------------------------------------------------------------------------------- */

static uint64_t load_field(const struct field *f, const uint8_t *p)
{
    if (f->kind == KIND_SET)
        return lu_load(p, 4) | lu_load(p + 4, 4) << 32;
    return extend(lu_load(p, kind_size[f->kind]), kind_size[f->kind], is_signed(f->kind));
}

static void store_field(const struct field *f, uint8_t *p, uint64_t value)
{
    if (f->kind == KIND_SET) {
        lu_store(p, (uint32_t)value, 4);
        lu_store(p + 4, value >> 32, 4);
    } else {
        lu_store(p, value, kind_size[f->kind]);
    }
}

void lu_struct_from_guest(enum lu_struct id, void *host, const void *guest)
{
    const struct layout *l = &layouts[id];

    memset(host, 0, structs[id].host_size);
    for (unsigned k = l->first; k < l->first + l->n; k++) {
        const struct field *f = &fields[k];
        const uint8_t *from = (const uint8_t *)guest + guest_at[k];
        uint8_t *to = (uint8_t *)host + f->host_at;
        unsigned count = f->host_size && f->kind != KIND_HIGH ? f->count : 0;
        for (; count; count--, from += kind_size[f->kind], to += f->host_size) {
            uint64_t value = value_from_guest(f->kind, load_field(f, from));
            memcpy(to, &value, f->host_size);
        }
    }
}

void lu_struct_to_guest(enum lu_struct id, void *guest, const void *host)
{
    const struct layout *l = &layouts[id];

    memset(guest, 0, l->size);
    for (unsigned k = l->first; k < l->first + l->n; k++) {
        const struct field *f = &fields[k];
        const uint8_t *from = (const uint8_t *)host + f->host_at;
        uint8_t *to = (uint8_t *)guest + guest_at[k];
        unsigned count = f->host_size ? f->count : 0;
        for (; count; count--, from += f->host_size, to += kind_size[f->kind]) {
            uint64_t value = extend(load_host(from, f->host_size), f->host_size,
                                    is_signed(f->kind));
            store_field(f, to, value_to_guest(f->kind, value));
        }
    }
}

enum { LARGEST = 512 };

int lu_struct_get(struct lu_task *t, enum lu_struct id, void *host, uint64_t address)
{
    uint8_t guest[LARGEST];

    if (layouts[id].size > LARGEST || lu_copy_from(t, guest, address, layouts[id].size))
        return -EFAULT;
    lu_struct_from_guest(id, host, guest);
    return 0;
}

int lu_struct_put(struct lu_task *t, enum lu_struct id, uint64_t address, const void *host)
{
    uint8_t guest[LARGEST];

    if (layouts[id].size > LARGEST)
        return -EFAULT;
    lu_struct_to_guest(id, guest, host);
    return lu_copy_to(t, address, guest, layouts[id].size);
}
