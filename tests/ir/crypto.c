/* SPDX-License-Identifier: MIT */
/*
 * The cryptographic ops put together as their instructions are meant to be: AES-128 of FIPS 197
 * appendix B, and SHA-1, SHA-256 and SHA-512 of the message "abc" (FIPS 180-4, examples of the
 * Cryptographic Standards and Guidelines pages).  Each op is a region of its own.
 */
#include <string.h>

#include "tests/ir/rows.h"

/* Runs d = op(a, b, c) with the engine. */
static tcg_v128 run(uint16_t opc, tcg_v128 a, tcg_v128 b, tcg_v128 c)
{
    static struct ir ir;
    static struct test_cpu cpu;
    struct ir_op op = {.opc = opc, .type = IR_V128, .mod = IR_ROUND_DYN};
    const tcg_v128 in[3] = {a, b, c};
    uint8_t types[4];

    if (!ir.guest)
        ir_init(&ir, &test_guest);
    ir_reset(&ir);
    ir_insn(&ir, 0, 0);
    const unsigned n = ir_arg_types(&ir, ir_emit(&ir, op), types);
    ir.n--;
    test_cpu_reset(&cpu);
    for (unsigned k = 0; k < n; k++) {
        op.arg[k] = ir_get(&ir, SLOT_V + k);
        cpu.v[k] = in[k];
    }
    ir_put(&ir, SLOT_V + 3, ir_emit(&ir, op));
    ir_goto_pc(&ir, 4);
    void *code = test_compile(&ir);
    test_run(&cpu, code);
    test_release(code);
    return cpu.v[3];
}

static const tcg_v128 none;
#define V1(name, a)       run(IR_v##name, a, none, none)
#define V2(name, a, b)    run(IR_v##name, a, b, none)
#define V3(name, a, b, c) run(IR_v##name, a, b, c)

static tcg_v128 words(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return (tcg_v128){.s = {a, b, c, d}};
}

static void check(const char *what, const void *got, const void *wanted, size_t n)
{
    if (test_case_wrong(!memcmp(got, wanted, n)))
        printf("%s is wrong\n", what);
}

/* --- AES-128, FIPS 197 appendices A.1 and B ------------------------------------------------------ */

static const tcg_v128 aes_key = {.b = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7,
                                       0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c}};
static const tcg_v128 aes_plain = {.b = {0x32, 0x43, 0xf6, 0xa8, 0x88, 0x5a, 0x30, 0x8d, 0x31, 0x31,
                                         0x98, 0xa2, 0xe0, 0x37, 0x07, 0x34}};
static const tcg_v128 aes_cipher = {.b = {0x39, 0x25, 0x84, 0x1d, 0x02, 0xdc, 0x09, 0xfb, 0xdc,
                                          0x11, 0x85, 0x97, 0x19, 0x6a, 0x0b, 0x32}};

/* With all four columns equal, AESE leaves SubWord() of that column in each. */
static uint32_t sub_word(uint32_t w)
{
    return V2(aese, words(w, w, w, w), none).s[0];
}

static void expand_key(tcg_v128 key[11])
{
    uint8_t rcon = 1;

    key[0] = aes_key;
    for (unsigned k = 1; k < 11; k++) {
        const uint32_t last = key[k - 1].s[3];
        uint32_t t = sub_word(last >> 8 | last << 24) ^ rcon;

        for (unsigned i = 0; i < 4; i++)
            key[k].s[i] = t ^= key[k - 1].s[i];
        rcon = (uint8_t)(rcon << 1 ^ (rcon & 0x80 ? 0x1b : 0));
    }
}

static void test_aes(void)
{
    tcg_v128 key[11], x = aes_plain;

    expand_key(key);
    for (unsigned k = 0; k < 9; k++)
        x = V1(aesmc, V2(aese, x, key[k]));
    x = V2(xor, V2(aese, x, key[9]), key[10]);
    check("AES-128 encryption", &x, &aes_cipher, 16);
    /* The equivalent inverse cipher (5.3.5). */
    for (unsigned k = 10; k > 1; k--)
        x = V1(aesimc, V2(aesd, x, k == 10 ? key[k] : V1(aesimc, key[k])));
    x = V2(xor, V2(aesd, x, V1(aesimc, key[1])), key[0]);
    check("AES-128 decryption", &x, &aes_plain, 16);
    test_row("AES-128 (FIPS 197)");
}

/* --- SHA: the one block of the message "abc" ----------------------------------------------------- */

static tcg_v128 add_words(tcg_v128 a, tcg_v128 b)
{
    for (unsigned i = 0; i < 4; i++)
        a.s[i] += b.s[i];
    return a;
}

static void test_sha1(void)
{
    static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    static const uint16_t opc[4] = {IR_vsha1c, IR_vsha1p, IR_vsha1m, IR_vsha1p};
    static const uint32_t digest[5] = {0xa9993e36, 0x4706816a, 0xba3e2571, 0x7850c26c, 0x9cd0d89d};
    const tcg_v128 start = words(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
    const uint32_t start_e = 0xc3d2e1f0;
    tcg_v128 w[20] = {words(0x61626380, 0, 0, 0), none, none, words(0, 0, 0, 24)};
    tcg_v128 abcd = start, e = words(start_e, 0, 0, 0);

    for (unsigned i = 0; i < 20; i++) {
        if (i >= 4)
            w[i] = V2(sha1su1, V3(sha1su0, w[i - 4], w[i - 3], w[i - 2]), w[i - 1]);
        const uint32_t c = k[i / 5];
        const tcg_v128 next_e = V1(sha1h, abcd);
        abcd = run(opc[i / 5], abcd, e, add_words(w[i], words(c, c, c, c)));
        e = next_e;
    }
    const tcg_v128 sum = add_words(abcd, start);
    const uint32_t got[5] = {sum.s[0], sum.s[1], sum.s[2], sum.s[3], e.s[0] + start_e};
    check("SHA-1", got, digest, sizeof digest);
    test_row("SHA-1 (FIPS 180-4)");
}

/* Fractions of the cube roots of the first primes, by integer arithmetic: the constants of SHA-512,
 * of which those of SHA-256 are the upper halves. */
static uint64_t cube_root_fraction(unsigned prime)
{
    /* r = floor(cbrt(prime) * 2^64) is below 2^67; compare r^3 with prime * 2^192 in 32-bit digits. */
    unsigned __int128 r = 0;

    for (int bit = 67; bit >= 0; bit--) {
        const unsigned __int128 t = r | (unsigned __int128)1 << bit;
        uint64_t square[6] = {0}, cube[9] = {0};
        const uint64_t d[3] = {(uint32_t)t, (uint32_t)(t >> 32), (uint32_t)(t >> 64)};
        for (unsigned i = 0; i < 3; i++) {
            uint64_t carry = 0;
            for (unsigned j = 0; j < 3; j++) {
                const uint64_t sum = square[i + j] + d[i] * d[j] + carry;
                square[i + j] = (uint32_t)sum;
                carry = sum >> 32;
            }
            square[i + 3] += carry;
        }
        for (unsigned i = 0; i < 3; i++) {
            uint64_t carry = 0;
            for (unsigned j = 0; j < 6; j++) {
                const uint64_t sum = cube[i + j] + d[i] * square[j] + carry;
                cube[i + j] = (uint32_t)sum;
                carry = sum >> 32;
            }
            cube[i + 6] += carry;
        }
        if (cube[8] == 0 && cube[7] == 0 && cube[6] < prime)
            r = t;
    }
    return (uint64_t)r;
}

static void cube_roots(uint64_t *k, unsigned n)
{
    for (unsigned p = 2, found = 0; found < n; p++) {
        bool prime = true;
        for (unsigned q = 2; q * q <= p; q++)
            prime &= p % q != 0;
        if (prime)
            k[found++] = cube_root_fraction(p);
    }
}

static void test_sha256(const uint64_t k[64])
{
    static const uint32_t digest[8] = {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
                                       0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad};
    const tcg_v128 start[2] = {words(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a),
                               words(0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19)};
    tcg_v128 w[16] = {words(0x61626380, 0, 0, 0), none, none, words(0, 0, 0, 24)};
    tcg_v128 abcd = start[0], efgh = start[1];

    for (unsigned i = 0; i < 16; i++) {
        if (i >= 4)
            w[i] = V3(sha256su1, V2(sha256su0, w[i - 4], w[i - 3]), w[i - 2], w[i - 1]);
        const tcg_v128 c = words((uint32_t)(k[4 * i] >> 32), (uint32_t)(k[4 * i + 1] >> 32),
                                 (uint32_t)(k[4 * i + 2] >> 32), (uint32_t)(k[4 * i + 3] >> 32));
        const tcg_v128 wk = add_words(w[i], c), old = abcd;
        abcd = V3(sha256h, abcd, efgh, wk);
        efgh = V3(sha256h2, efgh, old, wk);
    }
    const tcg_v128 got[2] = {add_words(abcd, start[0]), add_words(efgh, start[1])};
    check("SHA-256", got, digest, sizeof digest);
    test_row("SHA-256 (FIPS 180-4)");
}

static tcg_v128 pair(uint64_t a, uint64_t b)
{
    return (tcg_v128){{a, b}};
}
static tcg_v128 add_pairs(tcg_v128 a, tcg_v128 b)
{
    return pair(a.d[0] + b.d[0], a.d[1] + b.d[1]);
}
static tcg_v128 middle(tcg_v128 a, tcg_v128 b)
{
    return pair(a.d[1], b.d[0]);
}
static tcg_v128 swapped(tcg_v128 a)
{
    return pair(a.d[1], a.d[0]);
}

/* Two rounds a step, with the instructions in the order for which they were made: SHA512H takes
 * (h g) + W + K in Qd, (g f) in Qn, (e d) in Qm; SHA512H2 that sum, (c d) and (a b). */
static void test_sha512(const uint64_t k[80])
{
    static const uint64_t digest[8] = {0xddaf35a193617aba, 0xcc417349ae204131, 0x12e6fa4e89a97ea2,
                                       0x0a9eeee64b55d39a, 0x2192992a274fc1a8, 0x36ba3c23a3feebbd,
                                       0x454d4423643ce80e, 0x2a9ac94fa54ca49f};
    const tcg_v128 start[4] = {
        pair(0x6a09e667f3bcc908, 0xbb67ae8584caa73b), pair(0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1),
        pair(0x510e527fade682d1, 0x9b05688c2b3e6c1f), pair(0x1f83d9abfb41bd6b, 0x5be0cd19137e2179)};
    tcg_v128 w[40] = {pair(0x6162638000000000, 0)};
    tcg_v128 ab = start[0], cd = start[1], ef = start[2], gh = start[3];

    w[7] = pair(0, 24);
    for (unsigned i = 0; i < 40; i++) {
        if (i >= 8)
            w[i] = V3(sha512su1, V2(sha512su0, w[i - 8], w[i - 7]), w[i - 1],
                      middle(w[i - 4], w[i - 3]));
        const tcg_v128 wk = swapped(add_pairs(w[i], pair(k[2 * i], k[2 * i + 1])));
        const tcg_v128 t1 = V3(sha512h, add_pairs(wk, gh), middle(ef, gh), middle(cd, ef));
        gh = ef;
        ef = add_pairs(cd, t1);
        const tcg_v128 next = V3(sha512h2, t1, cd, ab);
        cd = ab;
        ab = next;
    }
    const tcg_v128 got[4] = {add_pairs(ab, start[0]), add_pairs(cd, start[1]),
                             add_pairs(ef, start[2]), add_pairs(gh, start[3])};
    check("SHA-512", got, digest, sizeof digest);
    test_row("SHA-512 (FIPS 180-4)");
}

void test_crypto(void)
{
    uint64_t k[80];

    if (!test_wanted("AES SHA"))
        return;
    cube_roots(k, 80);
    test_aes();
    test_sha1();
    test_sha256(k);
    test_sha512(k);
}
