/* SPDX-License-Identifier: MIT */
/* The pieces of `litmus` for A64. */

/* A thread's code: a is the address of x, b of y, r the result; c, d, e are scratch. */
#define THREAD(name, n, ...)                                                                       \
    static void name(struct cell *cell)                                                            \
    {                                                                                              \
        uint64_t r = 0, s1, s2, s3;                                                                \
        __asm__ volatile(".arch_extension lse\n.arch_extension rcpc\n" __VA_ARGS__                 \
                         : [r] "+&r"(r), [c] "=&r"(s1), [d] "=&r"(s2), [e] "=&r"(s3)               \
                         : [a] "r"(&cell->x), [b] "r"(&cell->y), [one] "r"(1ull), [two] "r"(2ull)  \
                         : "memory", "cc");                                                        \
        cell->r[n] = r;                                                                            \
    }

/* Store buffering. */
#define STR(to) "str %[one], [%[" to "]]\n"
#define LDR(from) "ldr %[r], [%[" from "]]\n"
#define STLR(to) "stlr %[one], [%[" to "]]\n"
#define LDAR(from) "ldar %[r], [%[" from "]]\n"
#define DMB "dmb ish\n"
SB(sb_plain, STR("a"), STR("b"), LDR("a"), LDR("b"))
SB(sb_stlr_ldar, STLR("a"), STLR("b"), LDAR("a"), LDAR("b"))
SB(sb_stlr_ldar_w, "stlr %w[one], [%[a]]\n", "stlr %w[one], [%[b]]\n", "ldar %w[r], [%[a]]\n", "ldar %w[r], [%[b]]\n")
SB(sb_stlrb_ldarb, "stlrb %w[one], [%[a]]\n", "stlrb %w[one], [%[b]]\n", "ldarb %w[r], [%[a]]\n", "ldarb %w[r], [%[b]]\n")
SB(sb_dmb, STR("a") DMB, STR("b") DMB, LDR("a"), LDR("b"))
SB(sb_dmb_sy, STR("a") "dmb sy\n", STR("b") "dmb sy\n", LDR("a"), LDR("b"))
SB(sb_dsb, STR("a") "dsb ish\n", STR("b") "dsb ish\n", LDR("a"), LDR("b"))
SB(sb_dmb_simd, "fmov d31, %[one]\n str d31, [%[a]]\n" DMB, "fmov d31, %[one]\n str d31, [%[b]]\n" DMB,
   "ldr d31, [%[a]]\n fmov %[r], d31\n", "ldr d31, [%[b]]\n fmov %[r], d31\n")
SB(sb_dmb_pair, "stp %[one], %[one], [%[a]]\n" DMB, "stp %[one], %[one], [%[b]]\n" DMB,
   "ldp %[r], %[c], [%[a]]\n", "ldp %[r], %[c], [%[b]]\n")
SB(sb_swpl, "swpl %[one], %[c], [%[a]]\n", "swpl %[one], %[c], [%[b]]\n", LDAR("a"), LDAR("b"))
SB(sb_ldaddal, "ldaddal %[one], %[c], [%[a]]\n", "ldaddal %[one], %[c], [%[b]]\n", LDAR("a"), LDAR("b"))
SB(sb_casal, "mov %[c], #0\n casal %[c], %[one], [%[a]]\n", "mov %[c], #0\n casal %[c], %[one], [%[b]]\n",
   LDAR("a"), LDAR("b"))
#define STLXR(to) "1: ldxr %[c], [%[" to "]]\n stlxr %w[d], %[one], [%[" to "]]\n cbnz %w[d], 1b\n"
SB(sb_stlxr, STLXR("a"), STLXR("b"), LDAR("a"), LDAR("b"))
SB(sb_stlr_swpa, STLR("a"), STLR("b"), "mov %[c], #0\n ldadda %[c], %[r], [%[a]]\n",
   "mov %[c], #0\n ldadda %[c], %[r], [%[b]]\n")
SB(sb_stlr_ldaxr, STLR("a"), STLR("b"), "ldaxr %[r], [%[a]]\n", "ldaxr %[r], [%[b]]\n")

/* Message passing: data in x, flag in y.  The reader's result: 1 both seen, 2 the flag alone. */
#define MP(name, write, read)                                                                      \
    THREAD(name##_0, 0, write)                                                                     \
    THREAD(name##_1, 1, read "cmp %[c], #1\n ccmp %[d], #0, #0, eq\n cinc %[r], %[c], eq\n")
#define FLAG(insn) insn " %[c], [%[b]]\n"
#define DATA "ldr %[d], [%[a]]\n"
MP(mp_plain, STR("a") STR("b"), FLAG("ldr") DATA)
MP(mp_dmb, STR("a") DMB STR("b"), FLAG("ldr") DMB DATA)
MP(mp_dmb_st_ld, STR("a") "dmb ishst\n" STR("b"), FLAG("ldr") "dmb ishld\n" DATA)
MP(mp_stlr_ldar, STR("a") STLR("b"), FLAG("ldar") DATA)
MP(mp_stlr_ldapr, STR("a") STLR("b"), FLAG("ldapr") DATA)
MP(mp_stlr_ldaxr, STR("a") STLR("b"), FLAG("ldaxr") DATA)
MP(mp_stlr_dependency, STR("a") STLR("b"), FLAG("ldr") "eor %[d], %[c], %[c]\n ldr %[d], [%[a], %[d]]\n")
MP(mp_stlxr_ldar, STR("a") STLXR("b"), FLAG("ldar") DATA)
MP(mp_swpl_ldar, STR("a") "swpl %[one], %[c], [%[b]]\n", FLAG("ldar") DATA)
MP(mp_ldaddl_ldadda, STR("a") "ldaddl %[one], %[c], [%[b]]\n",
   "mov %[e], #0\n ldadda %[e], %[c], [%[b]]\n" DATA)
MP(mp_casl_casa, STR("a") "mov %[c], #0\n casl %[c], %[one], [%[b]]\n",
   "mov %[c], #7\n casa %[c], %[one], [%[b]]\n" DATA)
MP(mp_stset, STR("a") DMB "stset %[one], [%[b]]\n", FLAG("ldapr") DATA)
MP(mp_simd, "fmov d31, %[one]\n str d31, [%[a]]\n" STLR("b"), FLAG("ldar") "ldr d31, [%[a]]\n fmov %[d], d31\n")
MP(mp_bytes, "strb %w[one], [%[a]]\n stlrb %w[one], [%[b]]\n",
   "ldarb %w[c], [%[b]]\n ldrb %w[d], [%[a]]\n")

/* Load buffering. */
LB(lb_dmb, LDR("a") DMB, LDR("b") DMB, STR("a"), STR("b"))
LB(lb_ldar, LDAR("a"), LDAR("b"), STR("a"), STR("b"))
LB(lb_ldapr, "ldapr %[r], [%[a]]\n", "ldapr %[r], [%[b]]\n", STR("a"), STR("b"))
LB(lb_stlr, LDR("a"), LDR("b"), STLR("a"), STLR("b"))
LB(lb_data, LDR("a") "orr %[c], %[r], #1\n", LDR("b") "orr %[c], %[r], #1\n", "str %[c], [%[a]]\n",
   "str %[c], [%[b]]\n")
LB(lb_ldaxr, "ldaxr %[r], [%[a]]\n", "ldaxr %[r], [%[b]]\n", STR("a"), STR("b"))

/* S, R, 2+2W: stores against stores. */
THREAD(s_dmb_0, 0, "str %[two], [%[a]]\n" DMB STR("b"))
THREAD(s_dmb_1, 1, LDR("b") DMB STR("a"))
THREAD(s_stlr_0, 0, "str %[two], [%[a]]\n" STLR("b"))
THREAD(s_stlr_1, 1, LDAR("b") STR("a"))
THREAD(r_plain_0, 0, STR("a") STR("b"))
THREAD(r_plain_1, 1, "str %[two], [%[b]]\n" LDR("a"))
THREAD(r_dmb_0, 0, STR("a") DMB STR("b"))
THREAD(r_dmb_1, 1, "str %[two], [%[b]]\n" DMB LDR("a"))
THREAD(r_stlr_0, 0, STLR("a") STLR("b"))
THREAD(r_stlr_1, 1, "stlr %[two], [%[b]]\n" LDAR("a"))
THREAD(two_dmb_0, 0, "str %[one], [%[a]]\n dmb ishst\n str %[two], [%[b]]\n")
THREAD(two_dmb_1, 1, "str %[one], [%[b]]\n dmb ishst\n str %[two], [%[a]]\n")
THREAD(two_stlr_0, 0, "str %[one], [%[a]]\n stlr %[two], [%[b]]\n")
THREAD(two_stlr_1, 1, "str %[one], [%[b]]\n stlr %[two], [%[a]]\n")

/* Coherence of one location: a second load may not see an older value; r1 is 3 if it does. */
THREAD(corr_0, 0, "str %[one], [%[a]]\n str %[two], [%[a]]\n")
THREAD(corr_1, 1, "ldr %[c], [%[a]]\n ldr %[d], [%[a]]\n cmp %[c], %[d]\n mov %[e], #3\n"
                  "csel %[r], %[e], %[r], hi\n")

static const struct shape shapes[] = {
    ROW(sb_plain, both_zero, false),
    ROW(sb_stlr_ldar, both_zero, true),
    ROW(sb_stlr_ldar_w, both_zero, true),
    ROW(sb_stlrb_ldarb, both_zero, true),
    ROW(sb_dmb, both_zero, true),
    ROW(sb_dmb_sy, both_zero, true),
    ROW(sb_dsb, both_zero, true),
    ROW(sb_dmb_simd, both_zero, true),
    ROW(sb_dmb_pair, both_zero, true),
    ROW(sb_swpl, both_zero, true),
    ROW(sb_ldaddal, both_zero, true),
    ROW(sb_casal, both_zero, true),
    ROW(sb_stlxr, both_zero, true),
    ROW(sb_stlr_swpa, both_zero, true),
    ROW(sb_stlr_ldaxr, both_zero, true),
    ROW(mp_plain, stale, false),
    ROW(mp_dmb, stale, true),
    ROW(mp_dmb_st_ld, stale, true),
    ROW(mp_stlr_ldar, stale, true),
    ROW(mp_stlr_ldapr, stale, true),
    ROW(mp_stlr_ldaxr, stale, true),
    ROW(mp_stlr_dependency, stale, true),
    ROW(mp_stlxr_ldar, stale, true),
    ROW(mp_swpl_ldar, stale, true),
    ROW(mp_ldaddl_ldadda, stale, true),
    ROW(mp_casl_casa, stale, true),
    ROW(mp_stset, stale, true),
    ROW(mp_simd, stale, true),
    ROW(mp_bytes, stale, true),
    ROW(lb_dmb, both_one, true),
    ROW(lb_ldar, both_one, true),
    ROW(lb_ldapr, both_one, true),
    ROW(lb_stlr, both_one, true),
    ROW(lb_data, both_one, true),
    ROW(lb_ldaxr, both_one, true),
    ROW(s_dmb, s_outcome, true),
    ROW(s_stlr, s_outcome, true),
    ROW(r_plain, r_outcome, false),
    ROW(r_dmb, r_outcome, true),
    ROW(r_stlr, r_outcome, true),
    ROW(two_dmb, two_two_w, true),
    ROW(two_stlr, two_two_w, true),
    ROW(corr, backwards, true),
};
