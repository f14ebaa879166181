/* SPDX-License-Identifier: MIT */
/* Which passes there are, and in which order they run. */
#include "tcg/opt/opt.h"

const struct opt_pass_info opt_passes[OPT_PASS_COUNT] = {
#define PASS(name, help) {#name, help},
#include "tcg/opt/passes.def"
};

void opt_run(struct ir *ir, unsigned disabled, bool verify)
{
    if (ir->groups)
        opt_group(ir);
    if (verify)
        ir_verify(ir, "group");
    opt_forward(ir, disabled);
    if (verify)
        ir_verify(ir, "forward");
    if (!(disabled >> OPT_dce & 1))
        opt_dce(ir);
    if (verify)
        ir_verify(ir, "dce");
    if (!(disabled >> OPT_lanes & 1))
        opt_lanes(ir);
    if (!(disabled >> OPT_search & 1))
        opt_search(ir);
    if (verify && ir->batches)
        ir_verify(ir, "lanes");
}
