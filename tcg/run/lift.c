/* SPDX-License-Identifier: MIT */
/*
 * Finding and lifting a region of tier 1: from one entry along fall-through and direct jumps, a
 * straight line with side exits, until an indirect jump, a call, a known region or the limit.
 * graph.c has its basic blocks lifted here too.
 */
#include <string.h>

#include "tcg/opt/opt.h"
#include "tcg/run/run.h"

struct finder {
    struct tcg_lift lift;
    struct tcg_lifted *out;
    const struct tcg_lift_how *how;
    unsigned at;                    /* the block of how->path that is being lifted */
};

static struct finder *finder_of(const struct tcg_lift *l)
{
    return (struct finder *)((char *)l - offsetof(struct finder, lift));
}

static uint64_t address_of(const struct tcg_lift *l, uint64_t pc)
{
    return guest_code_address(l->ir->guest, pc);
}

static bool covered(const struct finder *f, uint64_t pc)
{
    const struct tcg_lifted *o = f->out;
    pc = address_of(&f->lift, pc);
    for (unsigned k = 0; k < o->n_ranges; k++)
        if (pc >= o->range[k].start && pc < o->range[k].end)
            return true;
    return false;
}

/* As mem.code(), with what it said before. */
static const uint8_t *code_at(struct tcg *tcg, uint64_t address, uint64_t *avail)
{
    enum { PAGE = 1 << TCG_PAGE_BITS };
    struct tcg_code_page *p = &tcg->code_page[(address >> TCG_PAGE_BITS) % TCG_CODE_PAGES];
    const uint64_t offset = address % PAGE;
    int sig, code;
    *avail = PAGE - offset;
    if (p->bytes && p->page == address >> TCG_PAGE_BITS)
        return p->bytes + offset;
    const uint8_t *bytes = tcg->mem.code(tcg->mem.opaque, address, avail, &sig, &code);
    if (bytes && *avail >= PAGE - offset)
        *p = (struct tcg_code_page){address >> TCG_PAGE_BITS, bytes - offset};
    return bytes;
}

/* Code of the page that is fetched from, from p at `address` on, n bytes at most. */
static void remember_code(struct tcg_lift *l, const uint8_t *p, uint64_t address, uint64_t n)
{
    const uint64_t page_left = (1u << TCG_PAGE_BITS) - address % (1u << TCG_PAGE_BITS);
    l->code = p;
    l->code_start = address;
    l->code_size = n < page_left ? n : page_left;
}

/* n bytes, maybe of two pages, maybe looked at before. */
static bool fetch(struct tcg_lift *l, uint64_t address, uint8_t *to, unsigned n)
{
    if (l->ahead_end && address >= l->ahead_start && address + n <= l->ahead_end) {
        memcpy(to, l->tcg->ahead + (address - l->ahead_start), n);
        n = 0;
    }
    while (n) {
        uint64_t avail = 0;
        const uint8_t *p = code_at(l->tcg, address, &avail);
        if (!p || !avail || address >> TCG_PAGE_BITS == l->tcg->lift_bad) {
            if (!l->done)
                ir_raise(l->ir, TCG_EXC_FETCH, (int64_t)address, l->pc);
            l->done = true;
            return false;
        }
        remember_code(l, p, address, avail);
        unsigned k = l->code_size < n ? (unsigned)l->code_size : n;
        memcpy(to, p, k);
        to += k;
        address += k;
        n -= k;
    }
    return true;
}

/* As tcg_lift_fetch(); what is left of the page is remembered.  Once for each line, so with a short way. */
bool tcg_lift_fetch_new(struct tcg_lift *l, uint64_t address, void *bytes, unsigned n)
{
    enum { PAGE = 1 << TCG_PAGE_BITS };
    const uint64_t page = address / PAGE, offset = address % PAGE;
    const struct tcg_code_page *known = &l->tcg->code_page[page % TCG_CODE_PAGES];
    l->fetched = address + n;
    if (n == 4 && known->bytes && known->page == page && offset + 4 <= PAGE && !l->ahead_end &&
        page != l->tcg->lift_bad) {
        remember_code(l, known->bytes + offset, address, PAGE);
        memcpy(bytes, l->code, 4);
    } else if (!fetch(l, address, bytes, n)) {
        return false;
    }
    l->code_hash = tcg_code_hash(l->code_hash, bytes, n);
    return true;
}

static void end(struct tcg_lift *l)
{
    l->done = true;
}

static bool touches(const struct tcg_range64 *r, uint64_t address)
{
    return address >= r->start && address <= r->end;
}

/* Guest ranges of the line, the instruction being lifted counted. */
static unsigned ranges(const struct finder *f)
{
    const struct tcg_lifted *o = f->out;
    const struct tcg_range64 *last = o->n_ranges ? &o->range[o->n_ranges - 1] : NULL;
    return o->n_ranges + !(last && touches(last, address_of(&f->lift, f->lift.pc)));
}

/* Is it known that the guest went on at pc, from the block that is being lifted? */
static bool on_path(const struct finder *f, uint64_t pc)
{
    const struct tcg_path *p = f->how->path;
    return p && f->at + 1 < p->n && p->pc[f->at + 1] == pc;
}

/* Is the instruction at pc in the line? */
static bool lifted(const struct finder *f, uint64_t pc)
{
    const struct ir *ir = f->lift.ir;
    for (ir_ref r = 1; r < ir->n; r++)
        if (ir->ops[r].opc == IR_insn && (uint64_t)ir->ops[r].imm == pc)
            return true;
    return false;
}

/* Would the line come round at pc?  Its ranges tell, but a path comes by what was only peeked at, too. */
static bool comes_round(const struct finder *f, uint64_t pc)
{
    return covered(f, pc) && (!on_path(f, pc) || lifted(f, pc));
}

/* Where more is to be asked than whether a region may be known there. */
static bool ends_at_all(const struct finder *f, uint64_t pc)
{
    const struct tcg_lift *l = &f->lift;
    if (f->how->line == TCG_LINE_BLOCK)
        return pc == l->skip_to || tcg_graph_leader(f->how->graph, f->how->context, pc);
    const struct tcg_region *r = tcg_lookup(l->tcg, pc, l->mode, l->run_mode);
    return on_path(f, pc) ? comes_round(f, pc) || (r && r->tier == 2) : r != NULL;
}

/* A line ends where a known region begins; one along a path only at a loop that is one region, or where
 * it comes round. */
static inline bool ends_at(const struct finder *f, uint64_t pc)
{
    const struct tcg_lift *l = &f->lift;
    return (tcg_filter_has(l->tcg, l->tcg->known, pc, l->mode) || f->how->line == TCG_LINE_BLOCK ||
            f->how->path) && ends_at_all(f, pc);
}

/* May the line go on at `target`? */
static bool may_follow(struct tcg_lift *l, uint64_t target)
{
    struct finder *f = finder_of(l);
    uint64_t at = address_of(l, target), here = address_of(l, l->pc);
    return !(l->run_mode & TCG_RUN_ONE_INSN) && f->how->line != TCG_LINE_BLOCK &&
           ranges(f) < (f->how->path ? TCG_TRACE_RANGES : TCG_LINE_RANGES) &&
           l->n_insns + 1 < l->limit && !comes_round(f, target) &&
           !(at >= here && at < here + l->ir->guest->max_insn_bytes) && !ends_at(f, target);
}

static bool backwards(const struct tcg_lift *l, uint64_t pc)
{
    return address_of(l, pc) <= address_of(l, l->pc);
}

/* Backwards a line goes only along a path, where no loop has been found, and polls: jumps backwards are what
 * is counted, and lines that lead to each other in a ring are left by them. */
static bool may_go_back(struct tcg_lift *l, uint64_t target)
{
    const struct finder *f = finder_of(l);
    if (!backwards(l, target) || f->how->line == TCG_LINE_TO_BRANCH)
        return true;
    const struct tcg_region *r = tcg_lookup(l->tcg, target, l->mode, l->run_mode);
    return on_path(f, target) && r && r->lukewarm;
}

static void go_on_at(struct tcg_lift *l, uint64_t target)
{
    const struct finder *f = finder_of(l);
    if (f->how->line == TCG_LINE_TO_BRANCH)
        tcg_see(l->tcg, target, l->mode); /* it is about to run */
    else if (backwards(l, target))
        ir_emit(l->ir, (struct ir_op){.opc = IR_poll, .imm = (int64_t)target});
    l->next_pc = target;
}

void tcg_lift_goto(struct tcg_lift *l, uint64_t target)
{
    if (may_follow(l, target) && may_go_back(l, target)) {
        go_on_at(l, target);
        return;
    }
    ir_goto_pc(l->ir, target);
    end(l);
}

void tcg_lift_call(struct tcg_lift *l, uint64_t target)
{
    ir_call_pc(l->ir, target, l->next_pc);
    end(l);
}

/* Does the line follow the branch? */
static bool goes_there(struct tcg_lift *l, uint64_t taken)
{
    return !(l->run_mode & TCG_RUN_ONE_INSN) && on_path(finder_of(l), taken) && taken != l->next_pc &&
           may_follow(l, taken) && may_go_back(l, taken);
}

void tcg_lift_branch(struct tcg_lift *l, enum ir_cond cond, ir_ref flags, uint64_t taken)
{
    if (cond >= IR_AL) {
        tcg_lift_goto(l, taken);
        return;
    }
    l->exits = true;
    if (goes_there(l, taken)) {
        ir_exit_if(l->ir, cond ^ 1, flags, l->next_pc);
        go_on_at(l, taken);
        return;
    }
    ir_exit_if(l->ir, cond, flags, taken);
}

/* Does the line go on where the instruction is skipped?  Along a path, if the guest did; else past a conditional
 * call, where what follows it has run: mostly the way out of code that a JIT has made.  The other way leads to
 * the same instruction, so it cannot be the line's first. */
static bool skips(struct tcg_lift *l, uint64_t pc)
{
    const struct finder *f = finder_of(l);
    const struct tcg_path *p = f->how->path;
    if (!l->n_insns || f->how->line != TCG_LINE || l->run_mode & TCG_RUN_ONE_INSN)
        return false;
    if (p && f->at + 1 < p->n)
        return on_path(f, pc) && p->by_exit[f->at + 1];
    return l->calls && tcg_seen(l->tcg, pc, l->mode, l->run_mode);
}

bool tcg_lift_unless(struct tcg_lift *l, enum ir_cond cond, ir_ref flags)
{
    if (!l->n_insns || finder_of(l)->how->line != TCG_LINE || l->run_mode & TCG_RUN_ONE_INSN)
        return false;
    ir_exit_if(l->ir, cond, flags, l->pc);
    return true;
}

/* The instruction is not run in this line: an exit to it leads on, and need not poll. */
static void drop_insn(struct ir *ir)
{
    ir_ref r = ir->n - 1;
    while (ir->ops[r].opc != IR_insn)
        r--;
    ir->ops[r].opc = IR_NOP;
}

bool tcg_lift_skip(struct tcg_lift *l, enum ir_cond cond, ir_ref flags, uint64_t pc)
{
    l->exits = true;
    if (!skips(l, pc)) {
        ir_exit_if(l->ir, cond, flags, pc);
        l->skip_to = pc;
        return false;
    }
    if (finder_of(l)->how->path)
        drop_insn(l->ir);
    ir_exit_if(l->ir, cond ^ 1, flags, l->pc);
    if (l->peeked < address_of(l, pc))
        l->peeked = address_of(l, pc);
    return true;
}

bool tcg_lift_peek(struct tcg_lift *l, uint64_t address, void *bytes, unsigned n)
{
    const uint64_t at = address - l->code_start;
    if (at + n > l->code_size || at + n < n || address < l->fetched ||
        address + n - l->fetched > TCG_AHEAD)
        return false;
    if (l->ahead_start > l->fetched || l->ahead_end < l->fetched)
        l->ahead_start = l->ahead_end = l->fetched;
    memmove(l->tcg->ahead, l->tcg->ahead + (l->fetched - l->ahead_start), l->ahead_end - l->fetched);
    l->ahead_start = l->fetched;
    if (l->ahead_end < address + n) {
        const uint64_t from = l->ahead_end - l->code_start;
        if (from > at + n)
            return false; /* it lies before the page */
        memcpy(l->tcg->ahead + (l->ahead_end - l->ahead_start), l->code + from, at + n - from);
        l->ahead_end = address + n;
    }
    memcpy(bytes, l->tcg->ahead + (address - l->ahead_start), n);
    l->peeked = address + n;
    return true;
}

/* The line does not go on at the end of what was fetched: what was only looked at there, before pc, where it
 * does, is hashed too. */
static void hash_ahead(struct tcg_lift *l, const struct tcg_lifted *o, uint64_t pc)
{
    uint64_t end = o->n_ranges ? o->range[o->n_ranges - 1].end : 0;
    if (pc >= l->fetched && pc < end)
        end = pc;
    if (l->fetched >= l->ahead_start && end <= l->ahead_end)
        for (uint64_t at = l->fetched; at < end; at += 2)
            l->code_hash = tcg_code_hash(l->code_hash, l->tcg->ahead + (at - l->ahead_start), 2);
}

void tcg_lift_indirect(struct tcg_lift *l, ir_ref target, enum ir_ind kind)
{
    if (kind == IR_IND_CALL)
        ir_call_ind(l->ir, target, l->next_pc);
    else
        ir_goto_ind(l->ir, target, kind);
    end(l);
}

void tcg_lift_raise(struct tcg_lift *l, unsigned exc, int64_t arg, uint64_t pc)
{
    ir_raise(l->ir, exc, arg, pc);
    end(l);
}

void tcg_lift_end(struct tcg_lift *l)
{
    ir_raise(l->ir, TCG_EXC_NONE, 0, l->next_pc);
    end(l);
}

/* One instruction joins the region's guest ranges; what lies behind the last may be in one already. */
static void cover(struct tcg_lifted *o, uint64_t pc, uint64_t end_pc)
{
    struct tcg_range64 *last = o->n_ranges ? &o->range[o->n_ranges - 1] : NULL;
    if (last && pc == last->end) { /* straight on, mostly */
        last->end = end_pc;
        return;
    }
    if (last && touches(last, pc)) {
        if (last->end < end_pc)
            last->end = end_pc;
        return;
    }
    o->range[o->n_ranges++] = (struct tcg_range64){pc, end_pc};
}

/* Does a side exit end the line before pc?  It does where code is only to be interpreted, and where
 * what follows has never run: compiling it would be a bet against the odds. */
static bool at_side_exit(const struct finder *f, uint64_t pc)
{
    const struct tcg_lift *l = &f->lift;
    return l->exits && l->ir->ops[l->ir->n - 1].opc == IR_exit_if && !on_path(f, pc) &&
           (f->how->line != TCG_LINE || !tcg_seen(l->tcg, pc, l->mode, l->run_mode));
}

/* Gets of what is known are left out at once where nobody is to see the IR as it was lifted. */
static bool promotes(const struct tcg *tcg, const struct tcg_lift_how *how)
{
    return how->line != TCG_LINE_BLOCK && tcg->opt.accel == TCG_ACCEL_JIT &&
           !(tcg->opt.log & TCG_LOG_IR) && !(tcg->opt.disabled_passes >> OPT_promote & 1);
}

static void lift_line(struct tcg *tcg, struct ir *ir, const struct tcg_cpu *cpu, uint64_t at,
                      const struct tcg_lift_how *how, struct tcg_lifted *out)
{
    const struct guest *guest = tcg->guest;
    struct finder f;
    struct tcg_lift *l = &f.lift;
    const volatile size_t size = sizeof f; /* not to be cleared by a string instruction, which is slow to start */
    memset(&f, 0, size);
    f.out = out;
    f.how = how;
    l->ir = ir;
    l->tcg = tcg;
    l->pc = at;
    l->mode = cpu->mode;
    l->run_mode = cpu->run_mode;
    l->limit = how->max_insns;
    l->fp_status = atomic_load_explicit(&tcg->fp_status, memory_order_relaxed);
    out->n_ranges = 0;
    ir_reset(ir);
    ir->guest = guest;
    ir->entry_pc = at;
    ir->mode = cpu->mode;
    ir->run_mode = cpu->run_mode;
    if (promotes(tcg, how))
        ir_promote(ir);
    for (;;) {
        uint64_t pc = l->pc;
        if (l->n_insns &&
            (l->n_insns >= how->max_insns || at_side_exit(&f, pc) || ends_at(&f, pc))) {
            ir_goto_pc(ir, pc);
            break;
        }
        const uint64_t start = address_of(l, pc);
        if (l->ahead_end && start != l->fetched)
            hash_ahead(l, out, start);
        if (how->path)
            f.at += on_path(&f, pc);
        l->next_pc = pc + guest->insn_align;
        ir_mk(ir, IR_insn, IR_NONE, 0, 0, 0, 0, (int64_t)pc, 0, 0);
        uint64_t straight = start + guest->max_insn_bytes;
        guest->lift(l);
        if (guest->insn_align != guest->max_insn_bytes && l->fetched > start && l->fetched < straight)
            straight = l->fetched;
        if (l->peeked > straight)
            straight = l->peeked;
        l->peeked = 0;
        cover(out, start, straight);
        l->n_insns++;
        if (l->done)
            break;
        l->pc = l->next_pc;
    }
    if (l->ahead_end)
        hash_ahead(l, out, UINT64_MAX);
    out->n_insns = l->n_insns;
    out->code_hash = l->code_hash;
}

void tcg_lift_region(struct tcg *tcg, struct ir *ir, const struct tcg_cpu *cpu, uint64_t pc,
                     const struct tcg_lift_how *how, struct tcg_lifted *out)
{
    tcg->lift_bad = UINT64_MAX;
    /* tcg_host_fault() comes back to here when reading code faults: the file that is mapped was
     * cut, or another thread has just unmapped it. */
    sigsetjmp(tcg->lift_recover, 0);
    __atomic_store_n(&tcg->lifting, cpu->thread, __ATOMIC_RELEASE);
    lift_line(tcg, ir, cpu, pc, how, out);
    __atomic_store_n(&tcg->lifting, NULL, __ATOMIC_RELEASE);
}

/* The hash of the code that r was made from, as it is now; another one if it cannot be fetched. */
static uint64_t hash_now(struct tcg *tcg, const struct tcg_region *r)
{
    uint64_t hash = 0, avail;
    int sig, code;
    for (unsigned k = 0; k < r->n_ranges; k++)
        for (uint64_t at = r->range[k].start, end = r->range[k].end; at < end; at += avail) {
            const uint8_t *p = tcg->mem.code(tcg->mem.opaque, at, &avail, &sig, &code);
            if (!p || avail < 2)
                return ~r->code_hash;
            avail = avail < end - at ? avail & ~UINT64_C(1) : end - at;
            for (uint64_t n = 0; n < avail; n += 2)
                hash = tcg_code_hash(hash, p + n, 2);
        }
    return hash;
}

bool tcg_code_unchanged(struct tcg *tcg, const struct tcg_cpu *cpu, const struct tcg_region *r)
{
    volatile bool same = false;
    tcg->lift_bad = UINT64_MAX;
    if (sigsetjmp(tcg->lift_recover, 0) == 0) {
        __atomic_store_n(&tcg->lifting, cpu->thread, __ATOMIC_RELEASE);
        same = hash_now(tcg, r) == r->code_hash;
    }
    __atomic_store_n(&tcg->lifting, NULL, __ATOMIC_RELEASE);
    return same;
}
