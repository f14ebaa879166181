/* SPDX-License-Identifier: MIT */
/*
 * What CPU the A64 guest sees: features, HWCAP, ID registers, models.  Everything follows from
 * a64_features.def.
 */
#include <string.h>

#include "frontends/arm/a64.h"
#include "frontends/arm/a64_sysreg.h"

/* Fields of ID registers, (register << 8 | lsb) so that one word names a field. */
enum { ISAR0 = 0x600, ISAR1 = 0x601, PFR0 = 0x400, PFR1 = 0x401 };

static const struct feature {
    const char *name;
    uint8_t word, bit;
    uint16_t reg; /* CRm << 8 | op2 */
    uint8_t lsb, value;
} features[A64_FEAT_COUNT] = {
#define FEATURE(id, name, word, bit, reg, lsb, value) \
    [A64_FEAT_##id] = {name, word, bit, reg, lsb, value},
#include "frontends/arm/a64_features.def"
};

#define BIT(id) (UINT64_C(1) << A64_FEAT_##id)
#define ALL ((UINT64_C(1) << A64_FEAT_COUNT) - 1)
#define V8_0 (1 | BIT(FP) | BIT(ASIMD) | BIT(CPUID))
#define CRYPTO (BIT(AES) | BIT(PMULL) | BIT(SHA1) | BIT(SHA2))
#define V8_2 (V8_0 | BIT(CRC32) | BIT(LSE) | BIT(RDM) | BIT(FPHP) | BIT(FP16) | BIT(DCPOP))

static const struct model {
    const char *name;
    uint32_t midr;
    uint64_t features;
} models[] = {
    /* The first is the default: all that is implemented, of no real maker (as QEMU's "max"). */
    {"max", 0x000f0510, ALL},
    {"cortex-a53", 0x410fd034, V8_0 | CRYPTO | BIT(CRC32)},
    {"cortex-a57", 0x411fd070, V8_0 | CRYPTO | BIT(CRC32)},
    {"cortex-a72", 0x410fd083, V8_0 | CRYPTO | BIT(CRC32)},
    {"cortex-a76", 0x414fd0b1, V8_2 | CRYPTO | BIT(LRCPC) | BIT(DOTPROD)},
    {"neoverse-n1", 0x414fd0c1, V8_2 | CRYPTO | BIT(LRCPC) | BIT(DOTPROD)},
};
static const struct model *model = &models[0];

uint64_t a64_features = ALL;

bool a64_select_cpu(const char *name)
{
    for (unsigned k = 0; k < sizeof models / sizeof models[0]; k++) {
        if (!strcmp(name, models[k].name)) {
            model = &models[k];
            a64_features = model->features;
            return true;
        }
    }
    return false;
}

const char *a64_cpu_model(unsigned k)
{
    return k < sizeof models / sizeof models[0] ? models[k].name : NULL;
}

uint32_t a64_midr(void) { return model->midr; }

static bool enabled(unsigned k) { return k != A64_FEAT_NONE && a64_features >> k & 1; }

static uint64_t hwcap_word(unsigned word)
{
    uint64_t bits = 0;
    for (unsigned k = 0; k < A64_FEAT_COUNT; k++) {
        if (enabled(k) && features[k].word == word) {
            bits |= UINT64_C(1) << features[k].bit;
        }
    }
    return bits;
}

uint64_t a64_hwcap(void) { return hwcap_word(1); }
uint64_t a64_hwcap2(void) { return hwcap_word(2); }

const char *a64_cpuinfo_features(void)
{
    static char text[A64_FEAT_COUNT * 12];
    char *end = text;
    for (unsigned k = 0; k < A64_FEAT_COUNT; k++) {
        if (enabled(k)) {
            size_t n = strlen(features[k].name);
            if (end != text) {
                *end++ = ' ';
            }
            memcpy(end, features[k].name, n + 1);
            end += n;
        }
    }
    return text;
}

/* What Linux shows of fields that it hides from EL0, or that no feature here fills: the "safe
 * values" of arch/arm64's documentation (cpu-feature-registers). */
static uint64_t id_base(unsigned reg)
{
    switch (reg) {
    case 0x000: return a64_midr();
    case 0x005: return UINT64_C(1) << 31; /* MPIDR_EL1: RES1 */
    case PFR0: return 0x11;               /* EL1, EL0: AArch64 only */
    case 0x500: return 6;                 /* DFR0: debug architecture of v8.0 */
    case 0x700: return 0xff000000;        /* MMFR0: no 4 KiB, 64 KiB granule at stage 1 */
    default: return 0;
    }
}

bool a64_id_register(unsigned sysreg, uint64_t *value)
{
    unsigned crm = sysreg >> 3 & 15, op2 = sysreg & 7, reg = crm << 8 | op2;
    /* Linux emulates op0 = 3, op1 = CRn = 0: of CRm = 0 three registers, and CRm = 2 to 7. */
    bool main_id = reg == 0x000 || reg == 0x005 || reg == 0x006;
    if (sysreg >> 7 != A64_SYSREG(3, 0, 0, 0, 0) >> 7 || crm > 7 || (crm < 2 && !main_id)) {
        return false;
    }
    uint64_t v = id_base(reg);
    for (unsigned k = 0; k < A64_FEAT_COUNT; k++) {
        if (enabled(k) && features[k].reg == reg &&
            (v >> features[k].lsb & 15) < features[k].value) {
            v &= ~(UINT64_C(15) << features[k].lsb);
            v |= (uint64_t)features[k].value << features[k].lsb;
        }
    }
    *value = v;
    return true;
}
