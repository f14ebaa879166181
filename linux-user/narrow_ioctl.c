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

enum payload { IFREQ, IFREQ_DATA, IFCONF, I2C_MESSAGES, SCSI, STRUCT_IN, STRUCT_OUT, STRUCT_BOTH, SAME };

/* asm-generic/ioctl.h: who reads (1: the kernel, 2: the program), a driver's letter, number, size */
#define REQUEST(dir, type, nr, size) ((uint32_t)(dir) << 30 | (size) << 16 | (type) << 8 | (nr))
/* A row for one request; for one whose number has the size of a payload that is larger in the host. */
#define ONE(code, payload, id) {code, code, code, payload, LU_STRUCT_##id}
#define SIZED(dir, type, nr, size, host_size, payload, id)                                        \
    {REQUEST(dir, type, nr, size), REQUEST(dir, type, nr, size),                                  \
     REQUEST(dir, type, nr, host_size), payload, LU_STRUCT_##id}

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
    {0x8990, 0x8992, 0x8990, IFREQ, LU_STRUCT_COUNT},           /* SIOCBONDENSLAVE... */
    {0x8993, 0x8994, 0x8993, IFREQ_DATA, LU_STRUCT_COUNT},      /* SIOCBONDSLAVEINFOQUERY... */
    {0x8995, 0x8995, 0x8995, IFREQ, LU_STRUCT_COUNT},           /* SIOCBONDCHANGEACTIVE */
    {0x89a2, 0x89a3, 0x89a2, IFREQ, LU_STRUCT_COUNT},           /* SIOCBRADDIF */
    {0x89b0, 0x89b1, 0x89b0, IFREQ_DATA, LU_STRUCT_COUNT},      /* SIOCSHWTSTAMP */
    {0x89f0, 0x89ff, 0x89f0, IFREQ_DATA, LU_STRUCT_COUNT},      /* SIOCDEVPRIVATE... */
    {0x8906, 0x8906, 0x8906, STRUCT_OUT, LU_STRUCT_timeval32},  /* SIOCGSTAMP */
    {0x8907, 0x8907, 0x8907, STRUCT_OUT, LU_STRUCT_timespec32}, /* SIOCGSTAMPNS */
    {0x1260, 0x1260, 0x1260, STRUCT_OUT, LU_STRUCT_word},       /* BLKGETSIZE */
    {0x0301, 0x0301, 0x0301, STRUCT_OUT, LU_STRUCT_geometry},   /* HDIO_GETGEO */
    /* network */
    ONE(0x8970, STRUCT_BOTH, ifmap),                            /* SIOCGIFMAP */
    ONE(0x8971, STRUCT_IN, ifmap),                              /* SIOCSIFMAP */
    ONE(0x890b, STRUCT_IN, rtentry),                            /* SIOCADDRT */
    ONE(0x890c, STRUCT_IN, rtentry),                            /* SIOCDELRT */
    {0x400454ca, 0x400454ca, 0x400454ca, IFREQ, LU_STRUCT_COUNT}, /* TUNSETIFF */
    {0x800454d2, 0x800454d2, 0x800454d2, IFREQ, LU_STRUCT_COUNT}, /* TUNGETIFF */
    SIZED(1, 'T', 213, 8, 16, STRUCT_IN, fprog),                /* TUNATTACHFILTER */
    SIZED(1, 'T', 214, 8, 16, STRUCT_IN, fprog),                /* TUNDETACHFILTER */
    SIZED(1, 't', 70, 8, 16, STRUCT_IN, fprog),                 /* PPPIOCSACTIVE */
    SIZED(1, 't', 71, 8, 16, STRUCT_IN, fprog),                 /* PPPIOCSPASS */
    /* terminals, consoles, frame buffers */
    ONE(0x541e, STRUCT_OUT, serial),                            /* TIOCGSERIAL */
    ONE(0x541f, STRUCT_IN, serial),                             /* TIOCSSERIAL */
    ONE(0x4b72, STRUCT_BOTH, font_op),                          /* KDFONTOP */
    ONE(0x4b66, STRUCT_BOTH, two_and_pointer),                  /* GIO_UNIMAP */
    ONE(0x4b67, STRUCT_IN, two_and_pointer),                    /* PIO_UNIMAP */
    ONE(0x4602, STRUCT_OUT, fb_fix),                            /* FBIOGET_FSCREENINFO */
    ONE(0x4604, STRUCT_BOTH, fb_cmap),                          /* FBIOGETCMAP */
    ONE(0x4605, STRUCT_IN, fb_cmap),                            /* FBIOPUTCMAP */
    SIZED(3, 'd', 0, 36, 64, STRUCT_BOTH, drm_version),         /* DRM_IOCTL_VERSION */
    SIZED(3, 'd', 1, 8, 16, STRUCT_BOTH, drm_unique),           /* DRM_IOCTL_GET_UNIQUE */
    /* disks */
    ONE(0x4c02, STRUCT_IN, loop_info),                          /* LOOP_SET_STATUS */
    ONE(0x4c03, STRUCT_OUT, loop_info),                         /* LOOP_GET_STATUS */
    ONE(0x1269, STRUCT_IN, blkpg),                              /* BLKPG */
    ONE(0x1263, STRUCT_OUT, word),                              /* BLKRAGET */
    ONE(0x1265, STRUCT_OUT, word),                              /* BLKFRAGET */
    ONE(0x0309, STRUCT_OUT, word),                              /* HDIO_GET_32BIT */
    ONE(0x2285, SCSI, sg_io),                                   /* SG_IO */
    SIZED(3, 'M', 3, 12, 16, STRUCT_BOTH, mtd_oob),             /* MEMWRITEOOB */
    SIZED(3, 'M', 4, 12, 16, STRUCT_BOTH, mtd_oob),             /* MEMREADOOB */
    SIZED(1, 'f', 7, 4, 8, STRUCT_IN, word),                    /* EXT4_IOC_GROUP_EXTEND */
    /* clocks, input, buses */
    SIZED(2, 'p', 0x0b, 4, 8, STRUCT_OUT, word),                /* RTC_IRQP_READ */
    SIZED(1, 'p', 0x0c, 4, 8, SAME, COUNT),                     /* RTC_IRQP_SET: a number */
    SIZED(2, 'p', 0x0d, 4, 8, STRUCT_OUT, word),                /* RTC_EPOCH_READ */
    SIZED(1, 'p', 0x0e, 4, 8, SAME, COUNT),                     /* RTC_EPOCH_SET: a number */
    SIZED(2, 'p', 0x11, 28, 32, STRUCT_OUT, rtc_pll),           /* RTC_PLL_GET */
    SIZED(1, 'p', 0x12, 28, 32, STRUCT_IN, rtc_pll),            /* RTC_PLL_SET */
    SIZED(1, 'E', 0x80, 44, 48, STRUCT_BOTH, ff_effect),        /* EVIOCSFF */
    SIZED(3, 'U', 0, 16, 24, STRUCT_IN, usb_control),           /* USBDEVFS_CONTROL */
    SIZED(3, 'U', 2, 16, 24, STRUCT_IN, usb_bulk),              /* USBDEVFS_BULK */
    SIZED(3, 'U', 18, 12, 16, STRUCT_IN, usb_ioctl),            /* USBDEVFS_IOCTL */
    ONE(0x0705, STRUCT_OUT, word),                              /* I2C_FUNCS */
    ONE(0x0707, I2C_MESSAGES, i2c_rdwr),                        /* I2C_RDWR */
    ONE(0x0720, STRUCT_IN, i2c_smbus),                          /* I2C_SMBUS */
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

/* Requests whose numbers do not tell that their payloads have other sizes: without a conversion the
 * host's kernel would take parts of other members for addresses. */
static const struct {
    uint32_t first, last;
} refused[] = {
    {0x2286, 0x2286}, /* SG_GET_REQUEST_TABLE */
    {0x530e, 0x530e}, /* CDROMREADAUDIO */
    {0x5393, 0x5393}, /* CDROM_SEND_PACKET */
    {0x8940, 0x8941}, /* SIOCGIFBR, SIOCSIFBR */
    {0x894a, 0x894a}, /* SIOCWANDEV */
    {0x8b0b, 0x8b13}, /* SIOCGIWRANGE... */
    {0x8b16, 0x8b1d}, /* SIOCSIWMLME... */
    {0x8b2a, 0x8b2b}, /* SIOCSIWENCODE... */
    {0x8b30, 0x8b31}, /* SIOCSIWGENIE... */
    {0x8b34, 0x8b36}, /* SIOCSIWENCODEEXT... */
    {0x8be0, 0x8bff}, /* SIOCIWFIRSTPRIV... */
};

/* Where guest addresses are not the host's, also those whose payloads the host's kernel converts, as its
 * drivers know 32-bit programs: USBDEVFS_SUBMITURB. */
static bool is_refused(uint32_t code)
{
    for (unsigned k = 0; k < sizeof refused / sizeof refused[0]; k++)
        if (code >= refused[k].first && code <= refused[k].last)
            return true;
    return lu.base && code == REQUEST(2, 'U', 10, 44);
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
    if (!host->buf || host->len < 0)
        return 0;
    host->len = host->len < 1 << 20 ? host->len : 1 << 20;
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

/* A header that points to an array of messages, each of which points to its bytes. */
static int i2c_in(struct lu_narrow *n, uint32_t guest)
{
    struct i2c_rdwr_ioctl_data *host;
    uint64_t messages;
    int error = lu_narrow_struct(n, LU_STRUCT_i2c_rdwr, guest, true, &n->arg[2]);

    if (error || n->arg[2] == lu_narrow_ptr(guest))
        return error;
    host = lu_ptr(n->arg[2]);
    if (host->nmsgs > I2C_RDWR_IOCTL_MAX_MSGS)
        return -EINVAL;
    error = lu_narrow_array(n, LU_STRUCT_i2c_msg, (uint32_t)((uintptr_t)host->msgs - lu.base),
                            host->nmsgs, true, &messages);
    host->msgs = lu_ptr(messages);
    return error;
}

/* A SCSI command.  Its data may be a vector; and what does not begin with this letter is struct
 * sg_io_v4 of linux/bsg.h, whose fields are of fixed sizes. */
static int scsi_in(struct lu_narrow *n, uint32_t guest)
{
    struct sg_io_hdr *host;
    uint64_t vector;
    int error = lu_narrow_struct(n, LU_STRUCT_sg_io, guest, true, &n->arg[2]);

    if (error || n->arg[2] == lu_narrow_ptr(guest))
        return error;
    host = lu_ptr(n->arg[2]);
    if (host->interface_id != 'S') {
        n->arg[2] = lu_narrow_ptr(guest);
        return 0;
    }
    if (!host->iovec_count)
        return 0;
    if (host->iovec_count > LU_IOV_MOST)
        return -EINVAL;
    error = lu_narrow_iovec(n->t, host->dxferp ? (uintptr_t)host->dxferp - lu.base : 0,
                            host->iovec_count, &vector);
    host->dxferp = lu_ptr(vector);
    return error;
}

static int scsi_out(struct lu_narrow *n, uint32_t guest)
{
    struct sg_io_hdr was, *host = lu_ptr(n->arg[2]);

    if (n->arg[2] == lu_narrow_ptr(guest))
        return 0;
    if (lu_struct_get(n->t, LU_STRUCT_sg_io, &was, lu_narrow_ptr(guest)))
        return -EFAULT;
    host->dxferp = was.dxferp;
    return lu_struct_put(n->t, LU_STRUCT_sg_io, lu_narrow_ptr(guest), host);
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
    case I2C_MESSAGES: return i2c_in(n, guest);
    case SCSI: return scsi_in(n, guest);
    case STRUCT_IN:
    case STRUCT_OUT:
    case STRUCT_BOTH:
        return lu_narrow_struct(n, row->id, guest, row->payload != STRUCT_OUT, &n->arg[2]);
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
        if (is_refused(code)) {
            lu_log(TCG_LOG_UNIMP, "ioctl %#x is not converted for 32-bit programs", code);
            n->arg[2] = guest;
            return -ENOTTY;
        }
        return before(n, row ? row : common(code));
    }
    row = row ? row : common(code);
    if (n->result < 0 || !row || !guest)
        return 0;
    switch (row->payload) {
    case IFREQ: return lu_copy_to(n->t, lu_narrow_ptr(guest), lu_ptr(n->arg[2]), GUEST_IFREQ);
    case IFCONF: return ifconf_out(n, guest);
    case SCSI: return scsi_out(n, guest);
    case STRUCT_BOTH:
    case STRUCT_OUT: return lu_narrow_back(n, row->id, guest, n->arg[2]);
    default: return 0;
    }
}
