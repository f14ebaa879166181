/* SPDX-License-Identifier: MIT */
/* What the files of this folder share: the AArch64 Linux ABI. */
#ifndef LINUX_USER_AARCH64_ABI_H
#define LINUX_USER_AARCH64_ABI_H

#include "frontends/arm/a64.h"
#include "linux-user/linux-user.h"

enum { A64_FRAME_SIZE = 4720 }; /* the frame and the record under it, as AT_MINSIGSTKSZ tells */

bool a64_signal_frame(struct lu_task *t, int sig, const siginfo_t *info,
                      const struct lu_sigaction *action, uint64_t saved_mask);
int64_t a64_sigreturn(struct lu_task *t, bool rt);
size_t a64_trampoline(void *to);

static inline struct a64_cpu *a64_of(struct lu_task *t)
{
    return (struct a64_cpu *)t->cpu;
}

#endif
