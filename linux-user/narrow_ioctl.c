/* SPDX-License-Identifier: MIT */
/*
 * ioctl for 32-bit ABIs.  Most payloads have members of fixed sizes and look the same; `rows` has
 * those that do not, and requests whose number differs because the size of a payload is in it.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "linux-user/ioctl.h"
#include "linux-user/narrow.h"
#include "linux-user/structs.h"

enum payload { IFREQ, IFREQ_DATA, IFCONF, STRUCT_IN, STRUCT_OUT, SAME };

static const struct row {
    uint32_t first, last; /* the guest's requests */
    uint32_t host;        /* the host's for `first` */
    enum payload payload;
    enum lu_struct id;
} rows[] = {
    {0x8912, 0x8912, 0x8912, IFCONF, LU_STRUCT_ifconf},         /* SIOCGIFCONF */
    {0x8910, 0x8937, 0x8910, IFREQ, LU_STRUCT_COUNT},           /* SIOCGIFNAME... */
    {0x8942, 0x8943, 0x8942, IFREQ, LU_STRUCT_COUNT},           /* SIOCGIFTXQLEN */
    {0x8946, 0x8946, 0x8946, IFREQ_DATA, LU_STRUCT_COUNT},      /* SIOCETHTOOL */
    {0x8947, 0x8949, 0x8947, IFREQ, LU_STRUCT_COUNT},           /* SIOCGMIIPHY... */
    {0x8990, 0x8995, 0x8990, IFREQ, LU_STRUCT_COUNT},           /* SIOCBOND... */
    {0x89a2, 0x89a3, 0x89a2, IFREQ, LU_STRUCT_COUNT},           /* SIOCBRADDIF */
    {0x89b0, 0x89b1, 0x89b0, IFREQ_DATA, LU_STRUCT_COUNT},      /* SIOCSHWTSTAMP */
    {0x8906, 0x8906, 0x8906, STRUCT_OUT, LU_STRUCT_timeval32},  /* SIOCGSTAMP */
    {0x8907, 0x8907, 0x8907, STRUCT_OUT, LU_STRUCT_timespec32}, /* SIOCGSTAMPNS */
    {0x1260, 0x1260, 0x1260, STRUCT_OUT, LU_STRUCT_word},       /* BLKGETSIZE */
    {0x0301, 0x0301, 0x0301, STRUCT_OUT, LU_STRUCT_geometry},   /* HDIO_GETGEO */
    {0x80041270, 0x80041270, 0x80081270, SAME, 0},              /* BLKBSZGET */
    {0x40041271, 0x40041271, 0x40081271, SAME, 0},              /* BLKBSZSET */
    {0x80041272, 0x80041272, 0x80081272, SAME, 0},              /* BLKGETSIZE64 */
    {0x80046601, 0x80046601, 0x80086601, SAME, 0},              /* FS_IOC_GETFLAGS: an int */
    {0x40046602, 0x40046602, 0x40086602, SAME, 0},              /* FS_IOC_SETFLAGS */
    {0x80047601, 0x80047601, 0x80087601, SAME, 0},              /* FS_IOC_GETVERSION */
    {0x40047602, 0x40047602, 0x40087602, SAME, 0},              /* FS_IOC_SETVERSION */
};

static const struct row *find(uint32_t code)
{
    for (unsigned k = 0; k < sizeof rows / sizeof rows[0]; k++)
        if (code >= rows[k].first && code <= rows[k].last)
            return &rows[k];
    return NULL;
}

/* ---- network interfaces ------------------------------------------------------------------------ */

/* struct ifreq: a name and a union, the largest of whose members has longs in 64-bit ABIs. */
enum { GUEST_IFREQ = 32, AT_DATA = 16 };

static int ifreq_in(struct lu_narrow *n, uint32_t guest, bool data)
{
    struct ifreq *host = lu_scratch(n->t, sizeof *host, guest);
    uint64_t pointer;

    if (!host || lu_copy_from(n->t, host, n->arg[2], GUEST_IFREQ))
        return host ? -EFAULT : -ENOMEM;
    if (data) {
        pointer = lu_narrow_ptr(lu_load((uint8_t *)host + AT_DATA, 4));
        memcpy((uint8_t *)host + AT_DATA, &pointer, sizeof pointer);
    }
    n->arg[2] = (uintptr_t)host;
    return 0;
}

static int ifconf_in(struct lu_narrow *n, uint32_t guest)
{
    struct lu_ifconf *host = lu_scratch(n->t, sizeof *host, guest);

    if (!host || lu_struct_get(n->t, LU_STRUCT_ifconf, host, n->arg[2]))
        return host ? -EFAULT : -ENOMEM;
    n->arg[2] = (uintptr_t)host;
    if (!host->buf || host->len < 0 || host->len > 1 << 20)
        return 0;
    host->len = host->len / GUEST_IFREQ * sizeof(struct ifreq);
    host->buf = (uintptr_t)lu_scratch(n->t, host->len, 0);
    return host->buf ? 0 : -ENOMEM;
}

static int ifconf_out(struct lu_narrow *n, uint32_t guest)
{
    struct lu_ifconf *host = lu_ptr(n->arg[2]), was;
    unsigned count = host->len / sizeof(struct ifreq);

    if (lu_struct_get(n->t, LU_STRUCT_ifconf, &was, lu_narrow_ptr(guest)))
        return -EFAULT;
    for (unsigned k = 0; was.buf && k < count; k++)
        if (lu_copy_to(n->t, was.buf + k * GUEST_IFREQ,
                       lu_ptr(host->buf + k * sizeof(struct ifreq)), GUEST_IFREQ))
            return -EFAULT;
    was.len = count * GUEST_IFREQ;
    return lu_struct_put(n->t, LU_STRUCT_ifconf, lu_narrow_ptr(guest), &was);
}

/* ---- the call ------------------------------------------------------------------------------------ */

/* What the table for -strace knows of numbers behind pointers, for the other byte order. */
static const struct row *common(uint32_t code)
{
    static const struct row ints[] = {{.payload = STRUCT_IN, .id = LU_STRUCT_s32},
                                      {.payload = STRUCT_OUT, .id = LU_STRUCT_s32},
                                      {.payload = STRUCT_IN, .id = LU_STRUCT_termios},
                                      {.payload = STRUCT_OUT, .id = LU_STRUCT_termios},
                                      {.payload = STRUCT_IN, .id = LU_STRUCT_winsize},
                                      {.payload = STRUCT_OUT, .id = LU_STRUCT_winsize}};
    const struct lu_ioctl *row = lu_ioctl_find(code);

    return row && row->kind >= LU_IOCTL_INT && lu_narrow_swaps() ? &ints[row->kind - LU_IOCTL_INT]
                                                                 : NULL;
}

static int before(struct lu_narrow *n, const struct row *row)
{
    const struct lu_ioctl *known = lu_ioctl_find(n->arg[1]);
    uint32_t guest = n->reg[2];
    bool value = known && (known->kind == LU_IOCTL_VALUE || known->kind == LU_IOCTL_NOARG);

    n->arg[2] = value ? guest : lu_narrow_ptr(guest);
    if (!row || !guest)
        return 0;
    switch (row->payload) {
    case IFREQ:
    case IFREQ_DATA: return ifreq_in(n, guest, row->payload == IFREQ_DATA);
    case IFCONF: return ifconf_in(n, guest);
    case STRUCT_IN:
    case STRUCT_OUT:
        return lu_narrow_struct(n, row->id, guest, row->payload == STRUCT_IN, &n->arg[2]);
    case SAME: break;
    }
    return 0;
}

int lu_narrow_ioctl(struct lu_narrow *n, unsigned i, bool after)
{
    uint32_t code = n->reg[1], guest = n->reg[2];
    const struct row *row = find(code);

    (void)i;
    if (!after) {
        n->arg[0] = n->reg[0];
        n->arg[1] = row && row->host ? row->host + (code - row->first) : code;
        return before(n, row ? row : common(code));
    }
    row = row ? row : common(code);
    if (n->result < 0 || !row || !guest)
        return 0;
    switch (row->payload) {
    case IFREQ: return lu_copy_to(n->t, lu_narrow_ptr(guest), lu_ptr(n->arg[2]), GUEST_IFREQ);
    case IFCONF: return ifconf_out(n, guest);
    case STRUCT_OUT: return lu_narrow_back(n, row->id, guest, n->arg[2]);
    default: return 0;
    }
}
