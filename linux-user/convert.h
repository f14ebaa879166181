/* SPDX-License-Identifier: MIT */
/*
 * Structures of 32-bit and big-endian ABIs.  structs.def states each once, by its fields; from that
 * come its layout (with the alignment and byte order of the running ABI) and the two copiers.
 * Handlers work on the host's structures; what the guest's look like is known here alone.
 *
 * Includes linux-user.h.  Only ABIs with `narrow` set use it.
 */
#ifndef LINUX_USER_CONVERT_H
#define LINUX_USER_CONVERT_H

#include "linux-user/linux-user.h"

enum lu_struct {
#define STRUCT(id, type, flags) LU_STRUCT_##id,
#define FIELD(id, member, kind)
#define ARRAY(id, member, kind)
#define PAD(id, kind, n)
#include "linux-user/structs.def"
#undef STRUCT
#undef FIELD
#undef ARRAY
#undef PAD
    LU_STRUCT_COUNT
};

/* Computes the layouts for lu.abi; before any of the following, once. */
void lu_convert_init(void);

/* Bytes that the structure has in the guest and in the host. */
size_t lu_struct_size(enum lu_struct id);
size_t lu_struct_host_size(enum lu_struct id);
/* True if both look the same, so that nothing need be copied. */
bool lu_struct_same(enum lu_struct id);
/* The host's from the guest's (members that the guest has not are 0) and back (padding is 0). */
void lu_struct_from_guest(enum lu_struct id, void *host, const void *guest);
void lu_struct_to_guest(enum lu_struct id, void *guest, const void *host);
/* The same with the guest's in its memory: 0 or -EFAULT. */
int lu_struct_get(struct lu_task *t, enum lu_struct id, void *host, uint64_t address);
int lu_struct_put(struct lu_task *t, enum lu_struct id, uint64_t address, const void *host);

/* Numbers of `size` bytes in the guest's byte order. */
uint64_t lu_load(const void *from, unsigned size);
void lu_store(void *to, uint64_t value, unsigned size);

/* Numbers for inodes that fit into 32 bits: itself if it does, else a hash that is never 0 and the
 * same in every process.  Directory entries and stat agree. */
uint32_t lu_fold_inode(uint64_t inode);

/* dirent.c, around fork(). */
void lu_dirent_fork_prepare(void);
void lu_dirent_fork_done(void);

#endif
