/* SPDX-License-Identifier: MIT */
/*
 * The host's side of structs.def: the kernel's structures, where the C library's are others or
 * none.
 */
#ifndef LINUX_USER_STRUCTS_H
#define LINUX_USER_STRUCTS_H

#include <mqueue.h>
#include <net/if.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <linux/blkpg.h>
#include <linux/fb.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/kd.h>
#include <linux/keyctl.h>
#include <linux/loop.h>
#include <linux/rtc.h>
#include <linux/sched.h>
#include <linux/serial.h>
#include <linux/usbdevice_fs.h>
#include <scsi/sg.h>

/* One number behind a pointer. */
struct lu_long { int64_t value; };
struct lu_word { uint64_t value; };
struct lu_int { int32_t value; };
struct lu_half { uint32_t value; };
struct lu_pair { int32_t value[2]; };
struct lu_set { uint64_t value; };

/* Of 64-bit ABIs; see sys_sigaltstack(). */
struct lu_stack { uint64_t sp; int32_t flags, pad; uint64_t size; };
struct lu_mask_arg { uint64_t set, size; };
struct lu_sigevent { uint64_t value; int32_t signo, notify, tid, pad[11]; };
struct lu_epoll_event { uint32_t events, pad; uint64_t data; };
struct lu_flock { int16_t type, whence; int32_t pad; int64_t start, len; int32_t pid, pad2; };
struct lu_timespecs { struct timespec at[2]; };
struct lu_timestamping { struct timespec at[3]; }; /* linux/errqueue.h */
struct lu_timevals { struct timeval at[2]; };
struct lu_utimbuf { int64_t actime, modtime; };
struct lu_ifconf { int32_t len, pad; uint64_t buf; };
struct lu_fprog { uint16_t len, pad[3]; uint64_t filter; };
struct lu_termios { uint32_t flags[4]; uint8_t chars[20]; };
struct lu_winsize { uint16_t value[4]; };
struct lu_geometry { uint8_t heads, sectors; uint16_t cylinders; uint64_t start; };
/* net/route.h; the C library's has the same members. */
struct lu_rtentry {
    uint64_t pad1;
    uint8_t addresses[3 * 16]; /* destination, gateway, mask */
    uint16_t flags, pad2;
    uint64_t pad3;
    uint8_t tos, class;
    int16_t pad4[3], metric;
    uint64_t dev, mtu, window;
    uint16_t irtt;
};
/* linux/input.h, as the one of its effects that has a pointer */
struct lu_ff_effect {
    uint16_t head[7], pad, wave[9], pad2;
    uint32_t length;
    uint64_t data;
};
struct lu_mtd_oob { uint32_t start, length; uint64_t ptr; };
struct lu_drm_version {
    int32_t version[3];
    uint64_t name_len, name, date_len, date, desc_len, desc;
};
struct lu_drm_unique { uint64_t length, unique; };
struct lu_pollfd { int32_t fd; int16_t events, revents; };
/* linux/stat.h, whose end grows. */
struct lu_statx {
    uint32_t stx_mask, stx_blksize;
    uint64_t stx_attributes;
    uint32_t stx_nlink, stx_uid, stx_gid;
    uint16_t stx_mode, pad;
    uint64_t stx_ino, stx_size, stx_blocks, stx_attributes_mask;
    struct { int64_t tv_sec; uint32_t tv_nsec, pad; } stx_atime, stx_btime, stx_ctime, stx_mtime;
    uint32_t stx_rdev_major, stx_rdev_minor, stx_dev_major, stx_dev_minor;
    uint64_t more[14];
};
/* asm-generic/sembuf.h for 64-bit machines; x86-64 has two more members. */
struct lu_semid64 {
    struct ipc_perm sem_perm;
    int64_t sem_otime, sem_ctime;
    uint64_t sem_nsems, unused3, unused4;
};
struct lu_waitv { uint64_t val, uaddr; uint32_t flags, reserved; };

#endif
