/* SPDX-License-Identifier: MIT */
/*
 * bpf() for 32-bit ABIs.  Its argument has fields of 64 bits for addresses, so that it looks the same
 * on all machines; where guest addresses are not the host's (-mem-base), those of the known commands
 * are made so.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "linux-user/narrow.h"

enum { ANY = -1, TRACE_ITER = 28, TRACE_KPROBE_MULTI = 42, MOST = 4096 };

/* A command's fields that are addresses; type: for this attach_type alone. */
static const struct address {
    uint16_t command, at;
    int16_t type;
} addresses[] = {
#define A(command, field)          {BPF_##command, offsetof(union bpf_attr, field), ANY}
#define AT(command, at, type)      {BPF_##command, at, type} /* younger than many headers */
    A(MAP_LOOKUP_ELEM, key), A(MAP_LOOKUP_ELEM, value),
    A(MAP_UPDATE_ELEM, key), A(MAP_UPDATE_ELEM, value),
    A(MAP_DELETE_ELEM, key),
    A(MAP_GET_NEXT_KEY, key), A(MAP_GET_NEXT_KEY, next_key),
    A(MAP_LOOKUP_AND_DELETE_ELEM, key), A(MAP_LOOKUP_AND_DELETE_ELEM, value),
    A(PROG_LOAD, insns), A(PROG_LOAD, license), A(PROG_LOAD, log_buf), A(PROG_LOAD, func_info),
    A(PROG_LOAD, line_info), AT(PROG_LOAD, 120 /* fd_array */, ANY),
    AT(PROG_LOAD, 128 /* core_relos */, ANY),
    A(OBJ_PIN, pathname), A(OBJ_GET, pathname),
    A(PROG_TEST_RUN, test.data_in), A(PROG_TEST_RUN, test.data_out),
    A(PROG_TEST_RUN, test.ctx_in), A(PROG_TEST_RUN, test.ctx_out),
    A(OBJ_GET_INFO_BY_FD, info.info),
    A(PROG_QUERY, query.prog_ids), AT(PROG_QUERY, 32 /* prog_attach_flags */, ANY),
    A(RAW_TRACEPOINT_OPEN, raw_tracepoint.name),
    A(BTF_LOAD, btf), A(BTF_LOAD, btf_log_buf),
    A(TASK_FD_QUERY, task_fd_query.buf),
    A(MAP_LOOKUP_BATCH, batch.in_batch), A(MAP_LOOKUP_BATCH, batch.out_batch),
    A(MAP_LOOKUP_BATCH, batch.keys), A(MAP_LOOKUP_BATCH, batch.values),
    A(MAP_LOOKUP_AND_DELETE_BATCH, batch.in_batch), A(MAP_LOOKUP_AND_DELETE_BATCH, batch.out_batch),
    A(MAP_LOOKUP_AND_DELETE_BATCH, batch.keys), A(MAP_LOOKUP_AND_DELETE_BATCH, batch.values),
    A(MAP_UPDATE_BATCH, batch.keys), A(MAP_UPDATE_BATCH, batch.values),
    A(MAP_DELETE_BATCH, batch.keys),
    AT(LINK_CREATE, 16 /* iter_info */, TRACE_ITER),
    AT(LINK_CREATE, 24 /* kprobe_multi.syms */, TRACE_KPROBE_MULTI),
    AT(LINK_CREATE, 32 /* kprobe_multi.addrs */, TRACE_KPROBE_MULTI),
    AT(LINK_CREATE, 40 /* kprobe_multi.cookies */, TRACE_KPROBE_MULTI),
#undef A
#undef AT
};

/* Adds `by` to the addresses of a command in attr, of which there are `size` bytes. */
static void move(uint64_t command, uint8_t *attr, uint32_t size, uint64_t by)
{
    const int32_t type = ((const union bpf_attr *)attr)->link_create.attach_type;
    uint64_t value;

    for (unsigned k = 0; k < sizeof addresses / sizeof addresses[0]; k++) {
        const struct address *a = &addresses[k];
        if (a->command != command || a->at + sizeof value > size || (a->type != ANY && a->type != type))
            continue;
        memcpy(&value, attr + a->at, sizeof value);
        value += value ? by : 0;
        memcpy(attr + a->at, &value, sizeof value);
    }
}

int lu_narrow_bpf_attr(struct lu_narrow *n, unsigned i, bool after)
{
    const uint64_t address = lu_narrow_ptr(n->raw[i]);
    const uint32_t size = after ? n->arg[i + 1] : n->reg[n->next + 1];
    uint8_t *host;

    if (after) {
        if (n->arg[i] == address)
            return 0;
        move(n->arg[0], lu_ptr(n->arg[i]), size, -lu.base);
        return lu_copy_to(n->t, address, lu_ptr(n->arg[i]), size);
    }
    lu_narrow_take(n);
    n->arg[i] = address;
    if (!lu.base || !n->raw[i] || size > MOST)
        return 0; /* the kernel says so */
    host = lu_scratch(n->t, size < sizeof(union bpf_attr) ? sizeof(union bpf_attr) : size, n->raw[i]);
    if (!host || lu_copy_from(n->t, host, address, size))
        return host ? -EFAULT : -ENOMEM;
    move(n->arg[0], host, size, lu.base);
    n->arg[i] = (uintptr_t)host;
    return 0;
}
