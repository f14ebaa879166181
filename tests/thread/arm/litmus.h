/* SPDX-License-Identifier: MIT */
/* The pieces of `litmus` for A32 and T32. */

/* A thread's code: a is the address of x, b of y, r the result; c, d, e, r4, r5, r12, d31 are scratch. */
#define THREAD(name, n, ...)                                                                       \
    static void name(struct cell *cell)                                                            \
    {                                                                                              \
        uint32_t r = 0, s1, s2, s3;                                                                \
        __asm__ volatile(".syntax unified\n" __VA_ARGS__                                           \
                         : [r] "+&r"(r), [c] "=&r"(s1), [d] "=&r"(s2), [e] "=&r"(s3)               \
                         : [a] "r"(&cell->x), [b] "r"(&cell->y), [one] "r"(1), [two] "r"(2)        \
                         : "memory", "cc", "r4", "r5", "r12", "lr", "d31");                        \
        cell->r[n] = r;                                                                            \
    }

/* Store buffering. */
#define STR(to) "str %[one], [%[" to "]]\n"
#define LDR(from) "ldr %[r], [%[" from "]]\n"
#define STL(to) "stl %[one], [%[" to "]]\n"
#define LDA(from) "lda %[r], [%[" from "]]\n"
#define DMB "dmb ish\n"
#define CP15_BARRIER "mov r12, #0\n mcr p15, 0, r12, c7, c10, 5\n" /* ARMv6's */
#define KUSER_BARRIER "movw r12, #0x0fa0\n movt r12, #0xffff\n blx r12\n" /* the kernel's helper */
#define STREX(to) "1: ldrex %[c], [%[" to "]]\n strex %[d], %[one], [%[" to "]]\n cmp %[d], #0\n bne 1b\n"
#define STLEX(to) "1: ldrex %[c], [%[" to "]]\n stlex %[d], %[one], [%[" to "]]\n cmp %[d], #0\n bne 1b\n"
#define STRD(to) "mov r4, %[one]\n mov r5, %[one]\n strd r4, r5, [%[" to "]]\n"
#define LDRD(from) "ldrd r4, r5, [%[" from "]]\n mov %[r], r4\n"
#define VSTR(to) "vmov d31, %[one], %[one]\n vstr d31, [%[" to "]]\n"
#define VLD1(from) "vld1.32 {d31[0]}, [%[" from "]]\n vmov.32 %[r], d31[0]\n"
SB(sb_plain, STR("a"), STR("b"), LDR("a"), LDR("b"))
SB(sb_stl_lda, STL("a"), STL("b"), LDA("a"), LDA("b"))
SB(sb_stlb_ldab, "stlb %[one], [%[a]]\n", "stlb %[one], [%[b]]\n", "ldab %[r], [%[a]]\n", "ldab %[r], [%[b]]\n")
SB(sb_stlh_ldah, "stlh %[one], [%[a]]\n", "stlh %[one], [%[b]]\n", "ldah %[r], [%[a]]\n", "ldah %[r], [%[b]]\n")
SB(sb_dmb, STR("a") DMB, STR("b") DMB, LDR("a"), LDR("b"))
SB(sb_dmb_sy, STR("a") "dmb sy\n", STR("b") "dmb sy\n", LDR("a"), LDR("b"))
SB(sb_dsb, STR("a") "dsb ish\n", STR("b") "dsb ish\n", LDR("a"), LDR("b"))
SB(sb_kuser, STR("a") KUSER_BARRIER, STR("b") KUSER_BARRIER, LDR("a"), LDR("b"))
#ifndef __thumb__ /* gas takes it for ARMv6 alone, whose Thumb has no coprocessors */
SB(sb_cp15, STR("a") CP15_BARRIER, STR("b") CP15_BARRIER, LDR("a"), LDR("b"))
#endif
SB(sb_dmb_simd, VSTR("a") DMB, VSTR("b") DMB, VLD1("a"), VLD1("b"))
SB(sb_dmb_pair, STRD("a") DMB, STRD("b") DMB, LDRD("a"), LDRD("b"))
SB(sb_dmb_many, "stm %[a], {%[one], %[two]}\n" DMB, "stm %[b], {%[one], %[two]}\n" DMB,
   "ldm %[a], {r4, r5}\n mov %[r], r4\n", "ldm %[b], {r4, r5}\n mov %[r], r4\n")
SB(sb_strex_dmb, STREX("a") DMB, STREX("b") DMB, LDR("a"), LDR("b"))
SB(sb_stlex, STLEX("a"), STLEX("b"), LDA("a"), LDA("b"))
SB(sb_stl_ldaex, STL("a"), STL("b"), "ldaex %[r], [%[a]]\n", "ldaex %[r], [%[b]]\n")

/* Message passing: data in x, flag in y.  The reader's result: 1 both seen, 2 the flag alone. */
#define MP(name, write, read)                                                                      \
    THREAD(name##_0, 0, write)                                                                     \
    THREAD(name##_1, 1, read "cmp %[c], #1\n it eq\n cmpeq %[d], #0\n"                             \
                             "ite eq\n addeq %[r], %[c], #1\n movne %[r], %[c]\n")
#define FLAG(insn) insn " %[c], [%[b]]\n"
#define DATA "ldr %[d], [%[a]]\n"
MP(mp_plain, STR("a") STR("b"), FLAG("ldr") DATA)
MP(mp_dmb, STR("a") DMB STR("b"), FLAG("ldr") DMB DATA)
MP(mp_dmb_st_ld, STR("a") "dmb ishst\n" STR("b"), FLAG("ldr") "dmb ishld\n" DATA)
MP(mp_stl_lda, STR("a") STL("b"), FLAG("lda") DATA)
MP(mp_stl_ldaex, STR("a") STL("b"), FLAG("ldaex") DATA)
MP(mp_dmb_control_isb, STR("a") DMB STR("b"), FLAG("ldr") "cmp %[c], #1\n bne 1f\n1: isb\n" DATA)
MP(mp_stl_dependency, STR("a") STL("b"), FLAG("ldr") "eor %[d], %[c], %[c]\n ldr %[d], [%[a], %[d]]\n")
MP(mp_stlex_lda, STR("a") STLEX("b"), FLAG("lda") DATA)
MP(mp_strex_ldrex, STR("a") DMB STREX("b"), FLAG("ldrex") DMB DATA)
MP(mp_simd, VSTR("a") STL("b"), FLAG("lda") "vldr d31, [%[a]]\n vmov.32 %[d], d31[0]\n")
MP(mp_pair, STRD("a") STL("b"), FLAG("lda") "ldrd r4, r5, [%[a]]\n mov %[d], r5\n")
MP(mp_bytes, "strb %[one], [%[a]]\n stlb %[one], [%[b]]\n", "ldab %[c], [%[b]]\n ldrb %[d], [%[a]]\n")

/* Load buffering. */
LB(lb_dmb, LDR("a") DMB, LDR("b") DMB, STR("a"), STR("b"))
LB(lb_lda, LDA("a"), LDA("b"), STR("a"), STR("b"))
LB(lb_stl, LDR("a"), LDR("b"), STL("a"), STL("b"))
LB(lb_data, LDR("a") "orr %[c], %[r], #1\n", LDR("b") "orr %[c], %[r], #1\n", "str %[c], [%[a]]\n",
   "str %[c], [%[b]]\n")
LB(lb_ldaex, "ldaex %[r], [%[a]]\n", "ldaex %[r], [%[b]]\n", STR("a"), STR("b"))

/* S, R, 2+2W: stores against stores. */
THREAD(s_dmb_0, 0, "str %[two], [%[a]]\n" DMB STR("b"))
THREAD(s_dmb_1, 1, LDR("b") DMB STR("a"))
THREAD(s_stl_0, 0, "str %[two], [%[a]]\n" STL("b"))
THREAD(s_stl_1, 1, LDA("b") STR("a"))
THREAD(r_plain_0, 0, STR("a") STR("b"))
THREAD(r_plain_1, 1, "str %[two], [%[b]]\n" LDR("a"))
THREAD(r_dmb_0, 0, STR("a") DMB STR("b"))
THREAD(r_dmb_1, 1, "str %[two], [%[b]]\n" DMB LDR("a"))
THREAD(r_stl_0, 0, STL("a") STL("b"))
THREAD(r_stl_1, 1, "stl %[two], [%[b]]\n" LDA("a"))
THREAD(two_dmb_0, 0, "str %[one], [%[a]]\n dmb ishst\n str %[two], [%[b]]\n")
THREAD(two_dmb_1, 1, "str %[one], [%[b]]\n dmb ishst\n str %[two], [%[a]]\n")
THREAD(two_stl_0, 0, "str %[one], [%[a]]\n stl %[two], [%[b]]\n")
THREAD(two_stl_1, 1, "str %[one], [%[b]]\n stl %[two], [%[a]]\n")

/* Coherence of one location: a second load may not see an older value; r1 is 3 if it does. */
THREAD(corr_0, 0, "str %[one], [%[a]]\n str %[two], [%[a]]\n")
THREAD(corr_1, 1, "ldr %[c], [%[a]]\n ldr %[d], [%[a]]\n cmp %[c], %[d]\n it hi\n movhi %[r], #3\n")
/* LDRD and LDREXD of 8 aligned bytes see one STRD or STREXD. */
THREAD(whole_0, 0, STRD("a"))
THREAD(whole_1, 1, "ldrd r4, r5, [%[a]]\n cmp r4, r5\n it ne\n movne %[r], #3\n")
THREAD(whole_ex_0, 0, "ldrexd r4, r5, [%[a]]\n" STRD("a"))
THREAD(whole_ex_1, 1, "ldrexd r4, r5, [%[a]]\n cmp r4, r5\n it ne\n movne %[r], #3\n")

static const struct shape shapes[] = {
    ROW(sb_plain, both_zero, false),
    ROW(sb_stl_lda, both_zero, true),
    ROW(sb_stlb_ldab, both_zero, true),
    ROW(sb_stlh_ldah, both_zero, true),
    ROW(sb_dmb, both_zero, true),
    ROW(sb_dmb_sy, both_zero, true),
    ROW(sb_dsb, both_zero, true),
    ROW(sb_kuser, both_zero, true),
#ifndef __thumb__
    ROW(sb_cp15, both_zero, true),
#endif
    ROW(sb_dmb_simd, both_zero, true),
    ROW(sb_dmb_pair, both_zero, true),
    ROW(sb_dmb_many, both_zero, true),
    ROW(sb_strex_dmb, both_zero, true),
    ROW(sb_stlex, both_zero, true),
    ROW(sb_stl_ldaex, both_zero, true),
    ROW(mp_plain, stale, false),
    ROW(mp_dmb, stale, true),
    ROW(mp_dmb_st_ld, stale, true),
    ROW(mp_stl_lda, stale, true),
    ROW(mp_stl_ldaex, stale, true),
    ROW(mp_dmb_control_isb, stale, true),
    ROW(mp_stl_dependency, stale, true),
    ROW(mp_stlex_lda, stale, true),
    ROW(mp_strex_ldrex, stale, true),
    ROW(mp_simd, stale, true),
    ROW(mp_pair, stale, true),
    ROW(mp_bytes, stale, true),
    ROW(lb_dmb, both_one, true),
    ROW(lb_lda, both_one, true),
    ROW(lb_stl, both_one, true),
    ROW(lb_data, both_one, true),
    ROW(lb_ldaex, both_one, true),
    ROW(s_dmb, s_outcome, true),
    ROW(s_stl, s_outcome, true),
    ROW(r_plain, r_outcome, false),
    ROW(r_dmb, r_outcome, true),
    ROW(r_stl, r_outcome, true),
    ROW(two_dmb, two_two_w, true),
    ROW(two_stl, two_two_w, true),
    ROW(corr, backwards, true),
    ROW(whole, backwards, true),
    ROW(whole_ex, backwards, true),
};
