/* SPDX-License-Identifier: MIT */
/*
 * The encoder of the x86-64 back end against capstone: each instruction with many registers,
 * addresses and immediates is emitted and must disassemble to what was meant, to the last byte.
 * Prints a line for each wrong one, and the sums.
 */
#include <capstone/capstone.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "backends/x86_64/x64.h"

static csh disassembler;
static uint8_t buffer[64];
static struct cg cg;
static unsigned passed, failed;

static const char *const names64[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
static const char *const names32[16] = {"eax", "ecx", "edx",  "ebx",  "esp",  "ebp",  "esi",  "edi",
                                        "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d"};
static const char *const names16[16] = {"ax",  "cx",  "dx",   "bx",   "sp",   "bp",   "si",   "di",
                                        "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w"};
static const char *const names8[16] = {"al",  "cl",  "dl",   "bl",   "spl",  "bpl",  "sil",  "dil",
                                       "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b"};

static uint64_t random_state = 88172645463325252u;
static unsigned random_below(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 20) % n;
}

static void begin(void)
{
    cg.p = cg.start = buffer;
    cg.end = buffer + sizeof buffer;
}

/* Blanks out; "ptr" and the size before it depend on the disassembler's taste. */
static void normalise(char *to, size_t n, const char *from)
{
    static const char *const skip[] = {"byte ptr ", "word ptr ", "dword ptr ", "qword ptr ",
                                       "xmmword ptr ", "ptr "};
    size_t k = 0;

    while (*from && k + 1 < n) {
        size_t len = 0;
        for (unsigned s = 0; s < sizeof skip / sizeof *skip && !len; s++)
            if (!strncmp(from, skip[s], strlen(skip[s])))
                len = strlen(skip[s]);
        if (len)
            from += len;
        else if (*from++ != ' ')
            to[k++] = from[-1];
    }
    to[k] = 0;
}

/* Narrowing conversions from memory may be spelt with the size of the operand, as in vcvtpd2psx. */
static bool same_name(const char *got, const char *want)
{
    const size_t n = strlen(want);

    return !strncmp(got, want, n) && (!got[n] || (got[n] == 'x' && !got[n + 1]));
}

/* What was emitted since begin() is one instruction: mnemonic and operands as wanted. */
static void check(const char *mnemonic, const char *operands)
{
    char want[128], got[128] = "nothing";
    cs_insn *insn = NULL;
    const size_t size = (size_t)(cg.p - buffer);
    const size_t n = cs_disasm(disassembler, buffer, size, 0x1000, 0, &insn);

    normalise(want, sizeof want, operands);
    if (n)
        normalise(got, sizeof got, insn[0].op_str);
    if (n == 1 && insn[0].size == size && same_name(insn[0].mnemonic, mnemonic) &&
        !strcmp(want, got)) {
        passed++;
    } else if (failed++ < 50) {
        printf("wanted %s %s, got", mnemonic, operands);
        for (size_t k = 0; k < n; k++)
            printf(" %s %s;", insn[k].mnemonic, insn[k].op_str);
        for (size_t k = 0; k < size; k++)
            printf(" %02x", buffer[k]);
        printf("\n");
    }
    if (n)
        cs_free(insn, n);
}

/* --- memory operands ------------------------------------------------------------------------- */

static struct x64_mem random_mem(char *text, size_t n)
{
    static const int32_t disps[] = {0, 1, -1, 127, -128, 128, -129, 0x12345, -0x12345, INT32_MAX};
    struct x64_mem m = x64_at(random_below(16), disps[random_below(10)]);
    char index[24] = "", disp[24] = "";

    if (random_below(2)) {
        do
            m.index = (uint8_t)random_below(16);
        while (m.index == RSP);
        m.scale = (uint8_t)random_below(4);
        snprintf(index, sizeof index, m.scale ? "+%s*%u" : "+%s", names64[m.index], 1u << m.scale);
    }
    if (m.disp) {
        const unsigned size = m.disp < 0 ? -(unsigned)m.disp : (unsigned)m.disp;
        snprintf(disp, sizeof disp, size < 10 ? "%c%x" : "%c0x%x", m.disp < 0 ? '-' : '+', size);
    }
    snprintf(text, n, "[%s%s%s]", names64[m.base], index, disp);
    return m;
}

/* --- integer instructions --------------------------------------------------------------------- */

static void test_alu(void)
{
    static const char *const alu[8] = {"add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"};
    char text[96], mem[64];

    for (unsigned k = 0; k < 8; k++) {
        for (unsigned n = 0; n < 64; n++) {
            const bool wide = random_below(2);
            const char *const *names = wide ? names64 : names32;
            const uint32_t w = wide ? X_W : 0;
            const unsigned d = random_below(16), s = random_below(16);
            struct x64_mem m;

            begin();
            x64_alu_rr(&cg, w, (enum x64_alu)k, d, s);
            snprintf(text, sizeof text, "%s, %s", names[d], names[s]);
            check(alu[k], text);
            begin();
            m = random_mem(mem, sizeof mem);
            x64_alu_rm(&cg, w, (enum x64_alu)k, d, &m);
            snprintf(text, sizeof text, "%s, %s", names[d], mem);
            check(alu[k], text);
            begin();
            x64_alu_mi(&cg, w, (enum x64_alu)k, &m, 77 + (int32_t)n * 7);
            snprintf(text, sizeof text, "%s, 0x%x", mem, 77 + n * 7);
            check(alu[k], text);
            begin();
            x64_alu_ri(&cg, w, (enum x64_alu)k, d, 66 + (int32_t)n * 9);
            snprintf(text, sizeof text, "%s, 0x%x", names[d], 66 + n * 9);
            check(alu[k], text);
        }
    }
}

static void test_moves(void)
{
    static const uint64_t imms[] = {0, 5, 0x7fffffff, 0x80000000, 0xffffffff, 0x123456789a,
                                    0x7123456789abcdef};
    char text[96], mem[64];

    for (unsigned n = 0; n < 200; n++) {
        const unsigned d = random_below(16), s = random_below(16);
        const uint64_t imm = imms[n % 7];
        struct x64_mem m;

        begin();
        x64_mov_ri(&cg, d, imm);
        snprintf(text, sizeof text, imm < 10 ? "%s, %lu" : "%s, 0x%lx",
                 imm <= UINT32_MAX ? names32[d] : names64[d], (unsigned long)imm);
        check(imm <= UINT32_MAX ? "mov" : "movabs", text);
        begin();
        x64_mov_ri(&cg, d, (uint64_t)-100);
        snprintf(text, sizeof text, "%s, -0x64", names64[d]);
        check("mov", text);
        begin();
        m = random_mem(mem, sizeof mem);
        x64_mov_mr(&cg, X_W, &m, s);
        snprintf(text, sizeof text, "%s, %s", mem, names64[s]);
        check("mov", text);
        begin();
        x64_mov_rm(&cg, 0, d, &m);
        snprintf(text, sizeof text, "%s, %s", names32[d], mem);
        check("mov", text);
        begin();
        x64_mov_mi(&cg, 0, &m, 0x1234);
        snprintf(text, sizeof text, "%s, 0x1234", mem);
        check("mov", text);
        begin();
        x64_lea(&cg, X_W, d, &m);
        snprintf(text, sizeof text, "%s, %s", names64[d], mem);
        check("lea", text);
        begin();
        x64_rm(&cg, X_BYTE | 0x88, s, &m);
        snprintf(text, sizeof text, "%s, %s", mem, names8[s]);
        check("mov", text);
        begin();
        x64_rm(&cg, X_66 | 0x89, s, &m);
        snprintf(text, sizeof text, "%s, %s", mem, names16[s]);
        check("mov", text);
    }
}

/* Two registers: opcode word, text, names of the first and the second. */
static void test_pairs(void)
{
    static const struct { const char *text; uint32_t op; const char *const *d, *const *s; } rows[] = {
        {"movzx", X_MOVZX8 | X_BYTE, names32, names8}, {"movzx", X_MOVZX16, names32, names16},
        {"movsx", X_MOVSX8 | X_BYTE | X_W, names64, names8}, {"movsx", X_MOVSX16, names32, names16},
        {"movsxd", X_MOVSXD, names64, names32}, {"imul", X_IMUL, names32, names32},
        {"imul", X_IMUL | X_W, names64, names64}, {"bsr", X_BSR | X_W, names64, names64},
        {"bsf", X_BSF, names32, names32}, {"tzcnt", X_TZCNT | X_W, names64, names64},
        {"lzcnt", X_LZCNT, names32, names32}, {"lzcnt", X_LZCNT | X_W, names64, names64},
        {"crc32", X_CRC32_8, names32, names8}, {"crc32", X_CRC32, names32, names32},
        {"crc32", X_CRC32 | X_W, names64, names64}, {"xchg", X_W | 0x87, NULL, NULL},
        {"cmovne", X_0F | 0x45, names32, names32}, {"cmovl", X_0F | 0x4c | X_W, names64, names64},
    };
    char text[64];

    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        for (unsigned n = 0; n < 60 && rows[k].d; n++) {
            const unsigned d = random_below(16), s = random_below(16);

            begin();
            x64_rr(&cg, rows[k].op, d, s);
            snprintf(text, sizeof text, "%s, %s", rows[k].d[d], rows[k].s[s]);
            check(rows[k].text, text);
        }
    }
}

static void test_vex_integer(void)
{
    static const struct { const char *text; uint32_t op; bool count_last; } rows[] = {
        {"andn", X_ANDN, false}, {"shlx", X_SHLX, true}, {"shrx", X_SHRX, true},
        {"sarx", X_SARX, true},  {"pext", X_PEXT, false}, {"pdep", X_PDEP, false},
    };
    char text[64];

    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        for (unsigned n = 0; n < 100; n++) {
            const unsigned d = random_below(16), v = random_below(16), m = random_below(16);
            const bool wide = n & 1;
            const char *const *names = wide ? names64 : names32;

            begin();
            x64_vex_rr(&cg, rows[k].op | (wide ? X_W : 0), d, v, m);
            snprintf(text, sizeof text, "%s, %s, %s", names[d], names[rows[k].count_last ? m : v],
                     names[rows[k].count_last ? v : m]);
            check(rows[k].text, text);
        }
    }
}

static void test_shifts(void)
{
    static const char *const shifts[8] = {"rol", "ror", NULL, NULL, "shl", "shr", NULL, "sar"};
    static const char *const cc[16] = {"o", "no", "b", "ae", "e", "ne", "be", "a",
                                       "s", "ns", "p", "np", "l", "ge", "le", "g"};
    char text[64];

    for (unsigned k = 0; k < 8; k++) {
        for (unsigned d = 0; d < 16 && shifts[k]; d++) {
            begin();
            x64_shift_ri(&cg, X_W, (enum x64_shift)k, d, 37);
            snprintf(text, sizeof text, "%s, 0x25", names64[d]);
            check(shifts[k], text);
            begin();
            x64_shift_cl(&cg, 0, (enum x64_shift)k, d);
            snprintf(text, sizeof text, "%s, cl", names32[d]);
            check(shifts[k], text);
        }
    }
    for (unsigned k = 0; k < 16; k++) {
        for (unsigned d = 0; d < 16; d++) {
            begin();
            x64_setcc(&cg, (enum x64_cc)k, d);
            snprintf(text, sizeof text, "set%s", cc[k]);
            check(text, names8[d]);
        }
    }
    for (unsigned d = 0; d < 16; d++) {
        begin();
        x64_bswap(&cg, X_W, d);
        check("bswap", names64[d]);
        begin();
        x64_bswap(&cg, 0, d);
        check("bswap", names32[d]);
    }
}

/* --- vector instructions ------------------------------------------------------------------------ */

enum vshape { TWO = 1, IMM = 2, SKIP = 4, GPR_RM = 8, GPR_REG = 16 };

/* What vops.def does not say: shapes other than d, a, b, and other spellings. */
static const struct { const char *name; unsigned shape; const char *text; } special[] = {
    {"MOVDQA", TWO, 0}, {"MOVUPS", TWO, 0}, {"MOVAPS", TWO, 0}, {"MOVDQU", TWO, 0}, {"MOVQ", TWO, 0},
    {"MOVDDUP", TWO, 0}, {"MOVSHDUP", TWO, 0}, {"MOVSLDUP", TWO, 0}, {"PTEST", TWO, 0},
    {"MOVD", TWO | GPR_RM, 0}, {"PEXTRW", TWO | IMM | GPR_REG, 0},
    {"PINSRB", IMM | GPR_RM, 0}, {"PINSRW", IMM | GPR_RM, 0}, {"PINSRD", IMM | GPR_RM, 0},
    {"MOVMSKPS", TWO | GPR_REG, 0}, {"MOVMSKPD", TWO | GPR_REG, 0}, {"PMOVMSKB", TWO | GPR_REG, 0},
    {"INSERTPS", IMM, 0}, {"PALIGNR", IMM, 0}, {"SHUFPS", IMM, 0}, {"SHUFPD", IMM, 0},
    {"PBLENDW", IMM, 0}, {"BLENDPS", IMM, 0}, {"BLENDPD", IMM, 0},
    {"PSHUFD", TWO | IMM, 0}, {"PSHUFLW", TWO | IMM, 0}, {"PSHUFHW", TWO | IMM, 0},
    {"PABSB", TWO, 0}, {"PABSW", TWO, 0}, {"PABSD", TWO, 0}, {"PHMINPOSUW", TWO, 0},
    {"SQRTPS", TWO, 0}, {"SQRTPD", TWO, 0}, {"UCOMISS", TWO, 0}, {"UCOMISD", TWO, 0},
    {"COMISS", TWO, 0}, {"COMISD", TWO, 0}, {"ROUNDPS", TWO | IMM, 0}, {"ROUNDPD", TWO | IMM, 0},
    {"ROUNDSS", IMM, 0}, {"ROUNDSD", IMM, 0},
    {"CVTPS2PD", TWO, 0}, {"CVTPD2PS", TWO, 0}, {"CVTDQ2PS", TWO, 0}, {"CVTPS2DQ", TWO, 0},
    {"CVTTPS2DQ", TWO, 0}, {"CVTDQ2PD", TWO, 0}, {"CVTTSS2SI", TWO | GPR_REG, 0},
    {"CVTTSD2SI", TWO | GPR_REG, 0}, {"CVTSS2SI", TWO | GPR_REG, 0}, {"CVTSD2SI", TWO | GPR_REG, 0},
    {"CVTSI2SS", GPR_RM, 0}, {"CVTSI2SD", GPR_RM, 0}, {"PCLMULQDQ", IMM, 0}, {"AESIMC", TWO, 0},
    /* stores swap the operands; shift groups, comparisons and blends have tests or forms of their own */
    {"MOVDQA_ST", SKIP, 0}, {"MOVUPS_ST", SKIP, 0}, {"MOVAPS_ST", SKIP, 0}, {"MOVDQU_ST", SKIP, 0},
    {"MOVD_ST", SKIP, 0}, {"MOVQ_ST", SKIP, 0}, {"MOVSS_ST", SKIP, 0}, {"MOVSD_ST", SKIP, 0},
    {"PEXTRB", SKIP, 0}, {"PEXTRD", SKIP, 0}, {"PEXTRW_ST", SKIP, 0},
    {"PSHIFTW", SKIP, 0}, {"PSHIFTD", SKIP, 0}, {"PSHIFTQ", SKIP, 0}, {"PBLENDVB", SKIP, 0},
    {"BLENDVPS", SKIP, 0}, {"BLENDVPD", SKIP, 0},
    {"CMPPS", SKIP, 0}, {"CMPPD", SKIP, 0}, {"CMPSS", SKIP, 0}, {"CMPSD", SKIP, 0},
    {"SHA256RNDS2", SKIP, 0}, {"SHA256MSG1", SKIP, 0}, {"SHA256MSG2", SKIP, 0},
    {"SHA1RNDS4", SKIP, 0}, {"SHA1NEXTE", SKIP, 0}, {"SHA1MSG1", SKIP, 0}, {"SHA1MSG2", SKIP, 0},
    {"GF2P8AFFINEQB", SKIP, 0}, {"GF2P8MULB", SKIP, 0}, /* no VEX form in older disassemblers */
};

static unsigned shape_of(const char *name)
{
    if (!strncmp(name, "EV_", 3) || name[0] == 'V')
        return SKIP;
    if (!strncmp(name, "PMOVSX", 6) || !strncmp(name, "PMOVZX", 6))
        return TWO;
    for (unsigned k = 0; k < sizeof special / sizeof *special; k++)
        if (!strcmp(special[k].name, name))
            return special[k].shape;
    return 0;
}

static void lower(char *to, const char *from, bool vex)
{
    if (vex)
        *to++ = 'v';
    while (*from)
        *to++ = (char)tolower(*from++);
    *to = 0;
}

static const char *vector(unsigned r)
{
    static char text[8][8];
    static unsigned next;

    next = (next + 1) % 8;
    snprintf(text[next], sizeof text[next], "xmm%u", r);
    return text[next];
}

/* d = a op b, with an immediate or not, from the shape; rm: b, or a memory operand. */
static void check_vector(const char *name, unsigned shape, bool vex, unsigned d, unsigned a,
                         const char *rm)
{
    char text[128], mnemonic[32];
    const char *dest = shape & GPR_REG ? names32[d] : vector(d);
    const char *imm = shape & IMM ? ", 3" : "";

    lower(mnemonic, name, vex);
    if (vex && !(shape & TWO))
        snprintf(text, sizeof text, "%s, %s, %s%s", dest, vector(a), rm, imm);
    else
        snprintf(text, sizeof text, "%s, %s%s", dest, rm, imm);
    check(mnemonic, text);
}

static void test_vector(const char *name, uint32_t op)
{
    const unsigned shape = shape_of(name);
    const bool scalar_move = !strcmp(name, "MOVSS") || !strcmp(name, "MOVSD") ||
                             !strcmp(name, "MOVHLPS") || !strcmp(name, "MOVLHPS");
    char mem[64];

    if (shape & SKIP)
        return;
    for (unsigned n = 0; n < 24; n++) {
        const unsigned d = random_below(16), a = random_below(16), b = random_below(16);
        const char *rm = shape & GPR_RM ? names32[b] : vector(b);
        struct x64_mem m;

        begin();
        x64_rr(&cg, op, d, b);
        if (shape & IMM)
            x64_u8(&cg, 3);
        check_vector(name, shape, false, d, a, rm);
        begin();
        x64_vex_rr(&cg, op, d, shape & TWO ? 0 : a, b);
        if (shape & IMM)
            x64_u8(&cg, 3);
        check_vector(name, shape, true, d, a, rm);
        if (scalar_move || shape & GPR_REG)
            continue;
        begin();
        m = random_mem(mem, sizeof mem);
        x64_vex_rm(&cg, op, d, shape & TWO ? 0 : a, &m);
        if (shape & IMM)
            x64_u8(&cg, 3);
        check_vector(name, shape, true, d, a, mem);
    }
}

/* VEX forms of 256 bits, as vec_half.c uses them: the text's numbers are those of registers d, a, b. */
static void test_ymm(void)
{
    static const struct { const char *mnemonic; uint32_t op; bool two; int imm; const char *text; } rows[] = {
        {"vaddps", V_ADDPS, false, -1, "ymm%u, ymm%u, ymm%u"},
        {"vaddpd", V_ADDPD, false, -1, "ymm%u, ymm%u, ymm%u"},
        {"vpaddq", V_PADDQ, false, -1, "ymm%u, ymm%u, ymm%u"},
        {"vpand", V_PAND, false, -1, "ymm%u, ymm%u, ymm%u"},
        {"vsqrtps", V_SQRTPS, true, -1, "ymm%u, ymm%u"},
        {"vroundps", V_ROUNDPS, true, 3, "ymm%u, ymm%u, 3"},
        {"vptest", V_PTEST, true, -1, "ymm%u, ymm%u"},
        {"vcvttps2dq", V_CVTTPS2DQ, true, -1, "ymm%u, ymm%u"},
        {"vcvtph2ps", V_VCVTPH2PS, true, -1, "ymm%u, xmm%u"},
        {"vcvtps2pd", V_CVTPS2PD, true, -1, "ymm%u, xmm%u"},
        {"vcvtpd2ps", V_CVTPD2PS, true, -1, "xmm%u, ymm%u"},
        {"vpmovsxwd", V_PMOVSXWD, true, -1, "ymm%u, xmm%u"},
        {"vmovmskps", V_MOVMSKPS, true, -1, NULL},
        {"vcvtps2ph", V_VCVTPS2PH, true, 4, "xmm%2$u, ymm%1$u, 4"},
        {"vextractf128", V_VEXTRACTF128, true, 1, "xmm%2$u, ymm%1$u, 1"},
    };
    char text[64];

    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        for (unsigned n = 0; n < 40; n++) {
            const unsigned d = random_below(16), a = random_below(16), b = random_below(16);

            begin();
            x64_vex_rr(&cg, rows[k].op | X_YMM, d, rows[k].two ? 0 : a, b);
            if (rows[k].imm >= 0)
                x64_u8(&cg, (unsigned)rows[k].imm);
            if (!rows[k].text)
                snprintf(text, sizeof text, "%s, ymm%u", names32[d], b);
            else if (rows[k].two)
                snprintf(text, sizeof text, rows[k].text, d, b);
            else
                snprintf(text, sizeof text, rows[k].text, d, a, b);
            check(rows[k].mnemonic, text);
        }
    }
    begin();
    x64_vzeroupper(&cg);
    check("vzeroupper", "");
}

/* EVEX forms, as the GNU assembler encodes them (older disassemblers know few of 128 bits): the bytes
 * behind 62 of op xmm1, xmm7, xmm5; op xmm11, xmm14, xmm10; op xmm3, xmm12, xmm9; `two`: without the
 * second operand. */
static void test_evex(void)
{
    static const uint8_t regs[3][3] = {{1, 7, 5}, {11, 14, 10}, {3, 12, 9}};
    static const struct { uint32_t op; bool two; uint64_t bytes[3]; } rows[] = {
        {V_EV_PSRAQ, 0, {0xf1c508e2cd, 0x518d08e2da, 0xd19d08e2d9}}, /* vpsraq */
        {V_EV_PABSQ, 1, {0xf2fd081fcd, 0x52fd081fda, 0xd2fd081fd9}}, /* vpabsq */
        {V_EV_PMULLQ, 0, {0xf2c50840cd, 0x528d0840da, 0xd29d0840d9}}, /* vpmullq */
        {V_EV_PMINSQ, 0, {0xf2c50839cd, 0x528d0839da, 0xd29d0839d9}}, /* vpminsq */
        {V_EV_PMINUQ, 0, {0xf2c5083bcd, 0x528d083bda, 0xd29d083bd9}}, /* vpminuq */
        {V_EV_PMAXSQ, 0, {0xf2c5083dcd, 0x528d083dda, 0xd29d083dd9}}, /* vpmaxsq */
        {V_EV_PMAXUQ, 0, {0xf2c5083fcd, 0x528d083fda, 0xd29d083fd9}}, /* vpmaxuq */
        {V_EV_PSLLVW, 0, {0xf2c50812cd, 0x528d0812da, 0xd29d0812d9}}, /* vpsllvw */
        {V_EV_PSRLVW, 0, {0xf2c50810cd, 0x528d0810da, 0xd29d0810d9}}, /* vpsrlvw */
        {V_EV_PSRAVW, 0, {0xf2c50811cd, 0x528d0811da, 0xd29d0811d9}}, /* vpsravw */
        {V_EV_PSRAVQ, 0, {0xf2c50846cd, 0x528d0846da, 0xd29d0846d9}}, /* vpsravq */
        {V_VPSLLVD, 0, {0xf2450847cd, 0x520d0847da, 0xd21d0847d9}}, /* vpsllvd */
        {V_VPSRLVQ, 0, {0xf2c50845cd, 0x528d0845da, 0xd29d0845d9}}, /* vpsrlvq */
        {V_VPSRAVD, 0, {0xf2450846cd, 0x520d0846da, 0xd21d0846d9}}, /* vpsravd */
        {V_EV_PLZCNTD, 1, {0xf27d0844cd, 0x527d0844da, 0xd27d0844d9}}, /* vplzcntd */
        {V_EV_PLZCNTQ, 1, {0xf2fd0844cd, 0x52fd0844da, 0xd2fd0844d9}}, /* vplzcntq */
        {V_EV_POPCNTB, 1, {0xf27d0854cd, 0x527d0854da, 0xd27d0854d9}}, /* vpopcntb */
        {V_EV_CVTQQ2PD, 1, {0xf1fe08e6cd, 0x51fe08e6da, 0xd1fe08e6d9}}, /* vcvtqq2pd */
        {V_EV_CVTUQQ2PD, 1, {0xf1fe087acd, 0x51fe087ada, 0xd1fe087ad9}}, /* vcvtuqq2pd */
        {V_EV_CVTUDQ2PS, 1, {0xf17f087acd, 0x517f087ada, 0xd17f087ad9}}, /* vcvtudq2ps */
        {V_EV_CVTTPD2QQ, 1, {0xf1fd087acd, 0x51fd087ada, 0xd1fd087ad9}}, /* vcvttpd2qq */
        {V_EV_CVTTPD2UQQ, 1, {0xf1fd0878cd, 0x51fd0878da, 0xd1fd0878d9}}, /* vcvttpd2uqq */
        {V_EV_CVTTPS2UDQ, 1, {0xf17c0878cd, 0x517c0878da, 0xd17c0878d9}}, /* vcvttps2udq */
    };

    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        for (unsigned n = 0; n < 3; n++) {
            uint64_t got = 0;

            begin();
            x64_evex_rr(&cg, rows[k].op, regs[n][0], rows[k].two ? 0 : regs[n][1], regs[n][2], 0);
            for (unsigned i = 0; i < 6; i++)
                got = got << 8 | buffer[i];
            if (cg.p - buffer == 6 && got == (rows[k].bytes[n] | (uint64_t)0x62 << 40)) {
                passed++;
            } else {
                failed++;
                printf("EVEX row %u: got %lx\n", k, (unsigned long)got);
            }
        }
    }
}

/* The same with registers 16 to 31, mask registers, 256 bits, immediates (-1: none). */
static void test_evex_high(void)
{
    static const struct {
        uint32_t op;
        uint8_t reg, v, rm, k;
        int imm;
        uint8_t bytes[7];
    } rows[] = {
        {V_EV_PSLLVW, 17, 23, 5, X64_256, -1, {0x62, 0xe2, 0xc5, 0x20, 0x12, 0xcd}}, /* vpsllvw ymm17,ymm23,ymm5 */
        {V_PADDQ | X_WEV, 27, 14, 26, 0, -1, {0x62, 0x01, 0x8d, 0x08, 0xd4, 0xda}}, /* vpaddq xmm27,xmm14,xmm26 */
        {V_EV_PRORQ, 0, 19, 28, 0, 9, {0x62, 0x91, 0xe5, 0x00, 0x72, 0xc4, 0x09}}, /* vprorq xmm19,xmm28,0x9 */
        {V_EV_PCMPB | X_W, 2, 19, 25, X64_256 | 1, 4, {0x62, 0x93, 0xe5, 0x21, 0x3f, 0xd1, 0x04}}, /* vpcmpneqw k2{k1},ymm19,ymm25 */
        {V_EV_PBLENDMD, 11, 30, 10, 3, -1, {0x62, 0x52, 0x0d, 0x03, 0x64, 0xda}}, /* vpblendmd xmm11{k3},xmm30,xmm10 */
        {V_EV_PMOVWB, 18, 0, 9, X64_256, -1, {0x62, 0xc2, 0x7e, 0x28, 0x30, 0xd1}}, /* vpmovwb xmm9,ymm18 */
        {V_EV_PMOVM2B, 8, 0, 2, 0, -1, {0x62, 0x72, 0x7e, 0x08, 0x28, 0xc2}}, /* vpmovm2b xmm8,k2 */
        {V_EV_PSHIFTQ73, 2, 31, 16, 0, 7, {0x62, 0xb1, 0x85, 0x00, 0x73, 0xd0, 0x07}}, /* vpsrlq xmm31,xmm16,0x7 */
        {V_EV_PTERNLOGD, 3, 17, 24, 0, 0x96, {0x62, 0x93, 0x75, 0x00, 0x25, 0xd8, 0x96}}, /* vpternlogd xmm3,xmm17,xmm24,0x96 */
        {V_ADDPD | X_WEV, 9, 12, 3, X64_512, -1, {0x62, 0x71, 0x9d, 0x48, 0x58, 0xcb}}, /* vaddpd zmm9,zmm12,zmm3 */
        {V_CVTPS2PD, 5, 0, 10, X64_512, -1, {0x62, 0xd1, 0x7c, 0x48, 0x5a, 0xea}}, /* vcvtps2pd zmm5,ymm10 */
        {V_CVTPD2PS | X_WEV, 10, 0, 5, X64_512, -1, {0x62, 0x71, 0xfd, 0x48, 0x5a, 0xd5}}, /* vcvtpd2ps ymm10,zmm5 */
    };

    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        begin();
        x64_evex_rr(&cg, rows[k].op, rows[k].reg, rows[k].v, rows[k].rm, rows[k].k);
        if (rows[k].imm >= 0)
            x64_u8(&cg, (unsigned)rows[k].imm);
        if (cg.p - buffer == (rows[k].imm >= 0 ? 7 : 6) &&
            !memcmp(buffer, rows[k].bytes, (size_t)(cg.p - buffer))) {
            passed++;
        } else {
            failed++;
            printf("EVEX row %u of registers 16 to 31 differs\n", k);
        }
    }
}

static void test_vector_shifts(void)
{
    static const struct { uint32_t op; unsigned ext; const char *text; } rows[] = {
        {V_PSHIFTW, 2, "vpsrlw"}, {V_PSHIFTW, 4, "vpsraw"}, {V_PSHIFTW, 6, "vpsllw"},
        {V_PSHIFTD, 2, "vpsrld"}, {V_PSHIFTD, 4, "vpsrad"}, {V_PSHIFTD, 6, "vpslld"},
        {V_PSHIFTQ, 2, "vpsrlq"}, {V_PSHIFTQ, 6, "vpsllq"}, {V_PSHIFTQ, 3, "vpsrldq"},
        {V_PSHIFTQ, 7, "vpslldq"},
    };
    char text[64];

    x64_features = 1u << X64_BIT_AVX;
    for (unsigned k = 0; k < sizeof rows / sizeof *rows; k++) {
        for (unsigned n = 0; n < 40; n++) {
            const unsigned d = random_below(16), a = random_below(16);

            begin();
            x64_vshift(&cg, rows[k].op, rows[k].ext, d, a, 5);
            snprintf(text, sizeof text, "%s, %s, 5", vector(d), vector(a));
            check(rows[k].text, text);
        }
    }
}

int main(void)
{
    static const struct { const char *name; uint32_t op; } vops[] = {
#define VOP(name, word) {#name, word},
#include "backends/x86_64/vops.def"
    };

    if (cs_open(CS_ARCH_X86, CS_MODE_64, &disassembler) != CS_ERR_OK)
        return 77;
    test_alu();
    test_moves();
    test_pairs();
    test_vex_integer();
    test_shifts();
    for (unsigned k = 0; k < sizeof vops / sizeof *vops; k++)
        test_vector(vops[k].name, vops[k].op);
    test_ymm();
    test_evex();
    test_evex_high();
    test_vector_shifts();
    cs_close(&disassembler);
    printf("%u passed, %u failed, 0 skipped\n", passed, failed);
    return failed != 0;
}
