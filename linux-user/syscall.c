/* SPDX-License-Identifier: MIT */
/*
 * Dispatch of system calls: from the guest's number to the row of syscalls.def, from there to our
 * own handler or to the host's call of the same name.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>

#include "linux-user/host_nr.h"
#include "linux-user/narrow.h"
#include "linux-user/strace.h"
#include "linux-user/syscall.h"

const struct lu_sys_row lu_sys_rows[LU_SYS_COUNT] = {
    [LU_SYS_NONE] = {.name = NULL, .format = "x,x,x,x,x,x", .kind = LU_SYS_KIND_NONE},
#define SYS(name_, format_, handler_)                                                              \
    [LU_SYS_##name_] = {#name_, format_, LU_SYS_KIND_OWN, -1, handler_, 0, NULL},
#define PASS(name_, format_)                                                                       \
    [LU_SYS_##name_] = {#name_, format_, LU_SYS_KIND_PASS, __NR_##name_, NULL, 0, NULL},
#define WAIT(name_, format_)                                                                       \
    [LU_SYS_##name_] = {#name_, format_, LU_SYS_KIND_WAIT, __NR_##name_, NULL, 0, NULL},
#define ALONE(name_, format_)                                                                      \
    [LU_SYS_##name_] = {#name_, format_, LU_SYS_KIND_ALONE, __NR_##name_, NULL, 0, NULL},
#define NONE(name_, format_)                                                                       \
    [LU_SYS_##name_] = {#name_, format_, LU_SYS_KIND_NONE, -1, NULL, 0, NULL},
#define LIKE(id_, name_, format_, target_, arguments_)                                             \
    [LU_SYS_##id_] = {#name_, format_, LU_SYS_KIND_LIKE, -1, NULL, LU_SYS_##target_, arguments_},
#include "linux-user/syscalls.def"
#undef SYS
#undef PASS
#undef WAIT
#undef ALONE
#undef NONE
#undef LIKE
};

static const struct {
    const char *name; /* struct lu_abi's */
    const struct lu_syscall_abi *abi;
} abis[] = {
    {"aarch64", &lu_syscall_abi_aarch64},
    {"arm", &lu_syscall_abi_arm},
    {"armeb", &lu_syscall_abi_arm},
};

const struct lu_syscall_abi *lu_syscall_abi(void)
{
    static const struct lu_syscall_abi *found;

    for (unsigned k = 0; !found && k < sizeof abis / sizeof abis[0]; k++)
        if (!strcmp(abis[k].name, lu.abi->name))
            found = abis[k].abi;
    if (!found)
        lu_fatal(1, "no system calls for %s", lu.abi->name);
    return found;
}

const struct lu_sys_row *lu_sys_row(uint64_t nr)
{
    const struct lu_syscall_abi *abi = lu_syscall_abi();
    uint64_t k = nr - abi->private_base;
    if (abi->n_private_rows && k < abi->n_private_rows)
        return &lu_sys_rows[abi->private_rows[k]];
    return &lu_sys_rows[nr < abi->n_rows ? abi->rows[nr] : LU_SYS_NONE];
}

/* Says once for each number that a guest misses a call. */
static int64_t unimplemented(const struct lu_sys_row *row, uint64_t nr)
{
    static atomic_uint_least64_t seen[16]; /* a bit a number; those beyond share the last word's */
    uint64_t slot = nr < 64 * 15 ? nr : 64 * 15 + nr % 64, bit = 1ull << slot % 64;

    if (!(atomic_fetch_or(&seen[slot / 64], bit) & bit))
        lu_log(TCG_LOG_UNIMP, "system call %llu (%s) is not implemented", (unsigned long long)nr,
               row->name ? row->name : "unknown");
    return -ENOSYS;
}

/* An argument of the call that a row is like; see syscalls.def. */
static uint64_t like_argument(char which, const uint64_t arg[6])
{
    switch (which) {
    case 'C': return AT_FDCWD;
    case 'N': return AT_SYMLINK_NOFOLLOW;
    case 'R': return AT_REMOVEDIR;
    case 'W': return O_CREAT | O_WRONLY | O_TRUNC; /* the same on all our ABIs but MIPS */
    case '8': return 8;
    case 'z': return 0;
    default: return arg[which - '0'];
    }
}

static int64_t call(struct lu_task *t, const struct lu_sys_row *row, uint64_t nr,
                    const uint64_t arg[6])
{
    uint64_t other[6] = {0};

    switch (row->kind) {
    case LU_SYS_KIND_OWN:
        return row->handler(t, arg);
    case LU_SYS_KIND_ALONE:
        tcg_settle(t->cpu);
        /* fall through */
    case LU_SYS_KIND_PASS:
        return lu_host_syscall6(row->host_nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
    case LU_SYS_KIND_WAIT:
        return lu_safe_syscall6(row->host_nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
    case LU_SYS_KIND_LIKE:
        for (unsigned k = 0; row->arguments[k]; k++)
            other[k] = like_argument(row->arguments[k], arg);
        return call(t, &lu_sys_rows[row->target], nr, other);
    case LU_SYS_KIND_NONE:
        break;
    }
    return unimplemented(row, nr);
}

static int64_t traced_call(struct lu_task *t, const struct lu_sys_row *row, uint64_t nr,
                           const uint64_t arg[6])
{
    struct lu_strace_call trace;
    int64_t result;

    if (!lu.options.strace)
        return call(t, row, nr, arg);
    lu_strace_enter(t, &trace, row, nr, arg);
    result = call(t, row, nr, arg);
    lu_strace_leave(t, &trace, result);
    return result;
}

/* A call of a 32-bit ABI. */
static int64_t narrow_call(struct lu_task *t, const struct lu_sys_row *row, uint64_t nr,
                           const uint64_t *reg)
{
    struct lu_narrow n;
    struct lu_strace_call trace;
    int64_t result = lu_narrow_before(&n, t, row, reg);

    if (lu.options.strace)
        lu_strace_enter(t, &trace, row, nr, n.arg);
    if (!result)
        result = lu_narrow_after(&n, call(t, row, nr, n.arg));
    if (lu.options.strace)
        lu_strace_leave(t, &trace, result);
    return result;
}

int64_t lu_syscall(struct lu_task *t, uint64_t nr, const uint64_t *arg)
{
    const struct lu_sys_row *row = lu_sys_row(nr);

    t->syscall_nr = nr;
    return lu.abi->narrow ? narrow_call(t, row, nr, arg) : traced_call(t, row, nr, arg);
}

int64_t sys_private(struct lu_task *t, const uint64_t arg[6])
{
    return lu.abi->private_call ? lu.abi->private_call(t, arg) : -ENOSYS;
}
