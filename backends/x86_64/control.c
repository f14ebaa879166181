/* SPDX-License-Identifier: MIT */
/*
 * Leaving a region: chained exits, indirect branches, raised exceptions; calls of helpers.
 * Includes x64.h.
 */
#include <stdlib.h>

#include "backends/x86_64/x64.h"

static void test_request(struct cg *cg)
{
    const struct x64_mem request = X64_CPU(exit_request);

    x64_alu_mi(cg, 0, ALU_CMP, &request, 0);
}

void x64_emit_poll(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem request = X64_CPU(exit_request), left = X64_CPU(polls_left);

    x64_alu_mi(cg, 0, cg->count_polls ? ALU_SUB : ALU_CMP, cg->count_polls ? &left : &request,
               cg->count_polls);
    x64_jcc(cg, cg->count_polls ? CC_S : CC_NE, i->label);
}

/* --- chained exits ----------------------------------------------------------------------------------------- */

/* Most links are never taken, so until they are chained they share what leaves: each is four bytes that say
 * which it is and jump to the end of a group.  The groups are as long as a short jump reaches. */
enum { LINK_GROUP = 32, LINK_BYTES = 4, GROUP_END = 5 + sizeof(struct tcg_exit_data) };
_Static_assert(LINK_BYTES + GROUP_END <= X64_UNCHAINED_BYTES, "a group of one link");

void x64_unchained(struct cg *cg, uint32_t n)
{
    for (uint32_t first = 0; first < n; first += LINK_GROUP) {
        const uint32_t in_group = n - first < LINK_GROUP ? n - first : LINK_GROUP;

        for (uint32_t k = 0; k < in_group; k++) {
            x64_bind(cg, cg_unchained(cg, first + k));
            x64_u32(cg, 0xeb00b0 | k << 8 | LINK_BYTES * (in_group - k - 1) << 24); /* MOV AL, k; JMP */
        }
        x64_call(cg, cg->routines[X64_R_EXIT_LINK]);
        cg_region_number(cg);
        x64_u32(cg, cg->region_id); /* struct tcg_exit_data */
        x64_u32(cg, first);
    }
}

/* JMP or CALL with a displacement that can be patched. */
static void patchable(struct cg *cg, bool call, uint32_t link)
{
    x64_align(cg, 1, 4);
    cg_link_at(cg, link, cg->p + 1);
    x64_forward(cg, call ? 0xe8 : 0xe9, cg_unchained(cg, link));
}

/* Adds step to the region's count in cg->heat or in those behind it. */
static void count_in(struct cg *cg, uint32_t first, int32_t step)
{
    const struct x64_mem mine = {.base = X64_RIP, .index = X64_NO_REG,
                                 .target = (const uint8_t *)(cg->heat + first + cg->region_id)};

    x64_alu_mi(cg, 0, ALU_ADD, &mine, step);
}

static void entry_full(struct cg *cg, struct cg_ool *o)
{
    x64_bind(cg, &o->from);
    cg_guest_address(cg, 2, cg->ir->entry_pc);
    x64_u8(cg, 0x48); /* MOV RAX, imm64 */
    x64_u8(cg, 0xb8);
    x64_u64(cg, cg->ir->entry_pc);
    x64_jmp_to(cg, cg->routines[X64_R_EXIT_PC]);
}

void x64_count_entry(struct cg *cg)
{
    count_in(cg, TCG_MAX_REGIONS, cg->entry_step);
    x64_jcc(cg, CC_O, &cg_ool(cg, entry_full, NULL)->from);
}

/* Kicked?  Then as if the link were not chained. */
static void poll_link(struct cg *cg, uint32_t link)
{
    test_request(cg);
    x64_jcc(cg, CC_NE, cg_unchained(cg, link));
}

/* Jumps backwards count: often enough for tier 2? */
void x64_goto_pc(struct cg *cg, uint32_t link, bool poll)
{
    if (poll)
        poll_link(cg, link);
    if (poll && cg->count_jumps) {
        count_in(cg, 0, cg->heat_step);
        x64_jcc(cg, CC_O, cg_unchained(cg, link));
    }
    patchable(cg, false, link);
}

/*
 * Calls and returns are the host's own, so that its return stack buffer predicts them.  RSP is that of the
 * return stack, which emitted code alone uses, so no guest can break it: a return finds there the place
 * behind the last call that has not returned, comes with the guest's target in RAX, and the code there
 * checks it.  Where it does not match (longjmp, coroutines, code that was interpreted made the call) the
 * entry is gone, and the target is looked up like that of any indirect jump.  The bottom entry is
 * R_EMPTY.  Entries lead into regions that may be dead by now, but not freed: a flush empties the stack,
 * as does what empties the table of indirect branches.
 *
 * No poll is needed at a return that matches: without calls and jumps backwards, which poll, a guest soon
 * runs out of them.
 */

/* Behind the call. */
static void landing(struct cg *cg, const struct cg_return *ret)
{
    uint8_t *other;

    cg_guest_address(cg, 2, ret->pc);
    x64_u8(cg, 0x48); /* MOV RCX, imm64 */
    x64_u8(cg, 0xb9);
    x64_u64(cg, ret->pc);
    x64_alu_rr(cg, X_W, ALU_CMP, RAX, RCX);
    other = x64_jcc8(cg, CC_NE);
    patchable(cg, false, ret->link);
    x64_here8(cg, other);
    x64_jmp_to(cg, cg->routines[X64_R_INDIRECT]);
}

void x64_call_pc(struct cg *cg, uint32_t link, bool poll, const struct cg_return *ret)
{
    if (poll)
        poll_link(cg, link);
    patchable(cg, true, link);
    landing(cg, ret);
}

void x64_chain(uint8_t *at, const uint8_t *to)
{
    const int32_t rel = (int32_t)(to - (at + 4));

    __atomic_store_n((int32_t *)(void *)at, rel, __ATOMIC_RELEASE);
}

/* --- indirect branches --------------------------------------------------------------------------------------- */

void x64_look_up(struct cg *cg, unsigned insn, uint8_t *out[2])
{
    const struct x64_mem table = X64_CPU(jump_cache), mask = X64_CPU(jump_mask);
    struct x64_mem entry = x64_at(RDX, offsetof(struct tcg_jump, pc));

    _Static_assert(sizeof(struct tcg_jump) == 16, "entries are 4 << 2 bytes apart");
    test_request(cg);
    out[0] = x64_jcc8(cg, CC_NE);
    x64_mov_rr(cg, 0, RCX, RAX);
    x64_mov_rm(cg, X_W, RDX, &table);
    x64_alu_rm(cg, 0, ALU_AND, RCX, &mask);
    entry.index = RCX;
    entry.scale = 2;
    x64_alu_rm(cg, X_W, ALU_CMP, RAX, &entry);
    out[1] = x64_jcc8(cg, CC_NE);
    entry.disp = offsetof(struct tcg_jump, code);
    x64_rm(cg, 0xff, insn, &entry);
}

void x64_goto_ind(struct cg *cg, const struct cg_operand *pc, enum ir_ind kind)
{
    uint8_t *out[2];

    x64_load_int(cg, IR_I64, RAX, pc);
    if (kind == IR_IND_RET) {
        x64_u8(cg, 0xc3);
        return;
    }
    x64_look_up(cg, 4, out);
    x64_here8(cg, out[0]);
    x64_here8(cg, out[1]);
    x64_jmp_to(cg, cg->routines[X64_R_EXIT_PC]);
}

void x64_call_ind(struct cg *cg, const struct cg_operand *pc, const struct cg_return *ret)
{
    uint8_t *out[2], *back;

    x64_load_int(cg, IR_I64, RAX, pc);
    x64_look_up(cg, 2, out);
    back = cg->p;
    landing(cg, ret);
    x64_here8(cg, out[0]);
    x64_here8(cg, out[1]);
    x64_call(cg, cg->routines[X64_R_EXIT_PC]);
    x64_u8(cg, 0xeb); /* JMP */
    x64_u8(cg, (unsigned)(back - (cg->p + 1)) & 0xff);
}

void x64_raise(struct cg *cg, unsigned exc, int64_t arg, uint64_t pc)
{
    x64_call(cg, cg->routines[X64_R_RAISE]);
    x64_u32(cg, exc); /* struct x64_raise_data */
    if (exc == TCG_EXC_FETCH)
        cg_guest_address(cg, 0, (uint64_t)arg);
    x64_u64(cg, (uint64_t)arg);
    cg_guest_address(cg, 0, pc);
    x64_u64(cg, pc);
}

void x64_to_c_stack(struct cg *cg)
{
    const struct x64_mem calls = X64_CPU(ret_sp), host = X64_CPU(host_sp);

    x64_mov_mr(cg, X_W, &calls, RSP);
    x64_mov_rm(cg, X_W, RSP, &host);
}

void x64_from_c_stack(struct cg *cg)
{
    const struct x64_mem calls = X64_CPU(ret_sp);

    x64_mov_rm(cg, X_W, RSP, &calls);
}

/* --- helpers -------------------------------------------------------------------------------------------- */

void x64_count(struct cg *cg, unsigned index)
{
    const struct x64_mem table = X64_CPU(counts);
    const struct x64_mem count = x64_at(RAX, 8 * (int32_t)index);

    x64_mov_rm(cg, X_W, RAX, &table);
    x64_rm(cg, X_W | 0xff, 0, &count); /* INC */
}

static void call_helper(struct cg *cg, const struct cg_inst *i)
{
    const struct x64_mem cpu = x64_state(0), table = X64_CPU(helpers);
    const struct x64_mem fn = x64_at(RAX, 8 * i->op->mod);

    x64_to_c_stack(cg);
    if (cg->count)
        x64_count(cg, CG_COUNT_HELPERS + i->op->mod);
    x64_lea(cg, X_W, RDI, &cpu);
    x64_mov_rm(cg, X_W, RAX, &table);
    x64_rm(cg, 0xff, 2, &fn); /* CALL */
    cg_fault_point(cg, i, cg->p);
    x64_from_c_stack(cg);
}

static bool in_reg(const struct cg_operand *o, unsigned r) { return o->kind == CG_REG && o->reg == r; }

/* Argument k in register r. */
static void argument(struct cg *cg, const struct cg_inst *i, unsigned k, unsigned r)
{
    enum ir_type t;

    if (i->a[k].kind == CG_NONE) {
        if (k < cg->ir->guest->helpers[i->op->mod].n_args)
            x64_mov_ri(cg, r, 0);
        return;
    }
    t = ir_result_type(cg->ir, i->op->arg[k]);
    x64_load_int(cg, t == IR_I64 ? IR_I64 : IR_I32, r, &i->a[k]);
}

/* uint64_t fn(cpu rdi, a rsi, b rdx, c rcx, d r8) */
void x64_emit_call(struct cg *cg, const struct cg_inst *i)
{
    argument(cg, i, 1, RDX);
    argument(cg, i, 2, RCX);
    if (in_reg(&i->a[3], RSI) && in_reg(&i->a[0], R8)) {
        x64_rr(cg, X_W | 0x87, RSI, R8); /* XCHG */
    } else if (in_reg(&i->a[3], RSI)) {
        argument(cg, i, 3, R8);
        argument(cg, i, 0, RSI);
    } else {
        argument(cg, i, 0, RSI);
        argument(cg, i, 3, R8);
    }
    call_helper(cg, i);
    if (i->d.kind == CG_REG)
        x64_mov_rr(cg, i->op->type == IR_I64 ? X_W : 0, i->d.reg, RAX);
}

/* void fn(cpu rdi, d rsi, a rdx, b rcx, c r8, imm r9): vectors go through cpu->varg. */
void x64_emit_vcall(struct cg *cg, const struct cg_inst *i)
{
    static const uint8_t regs[4] = {RSI, RDX, RCX, R8};
    const struct x64_mem first = X64_CPU(varg);

    for (unsigned k = 0; k < 3; k++) {
        struct x64_mem m = first;

        m.disp += 16 * ((int32_t)k + 1);
        if (i->a[k].kind != CG_NONE)
            x64_v2m(cg, V_MOVAPS_ST, x64_vec(cg, &i->a[k], X64_VSCRATCH0), &m);
    }
    for (unsigned k = 0; k < 4; k++) {
        struct x64_mem m = first;

        m.disp += 16 * (int32_t)k;
        x64_lea(cg, X_W, regs[k], &m);
    }
    x64_mov_ri(cg, R9, (uint64_t)i->op->imm);
    call_helper(cg, i);
    if (i->d.kind == CG_REG)
        x64_v2m(cg, V_MOVAPS, i->d.reg, &first);
}
