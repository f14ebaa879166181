/* SPDX-License-Identifier: MIT */
/* What the files of this folder share: the ARM EABI of Linux, little-endian and BE-8. */
#ifndef LINUX_USER_ARM_ABI_H
#define LINUX_USER_ARM_ABI_H

#include "frontends/arm/a32.h"
#include "linux-user/linux-user.h"

enum { A32_FRAME_SIZE = 888 + 8 }; /* the larger frame, and what aligning it may take */

bool a32_signal_frame(struct lu_task *t, int sig, const siginfo_t *info,
                      const struct lu_sigaction *action, uint64_t saved_mask);
int64_t a32_sigreturn(struct lu_task *t, bool rt);
size_t a32_trampoline(void *to);
extern const struct lu_vdso a32_vdso, a32_vdso_be;
/* CPSR.E of programs of this ABI. */
uint32_t a32_endian_bit(void);

static inline struct a32_cpu *a32_of(struct lu_task *t)
{
    return (struct a32_cpu *)t->cpu;
}

#endif
