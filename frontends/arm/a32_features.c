/* SPDX-License-Identifier: MIT */
/*
 * What CPU the 32-bit ARM guest sees: features, HWCAP, models.  Everything follows from
 * a32_features.def and the table of models.
 */
#include <string.h>

#include "frontends/arm/a32.h"

static const struct feature {
    const char *name;
    uint8_t word, bit;
} features[A32_FEAT_COUNT] = {
#define FEATURE(id, name, word, bit) [A32_FEAT_##id] = {name, word, bit},
#include "frontends/arm/a32_features.def"
};

#define BIT(id) (UINT64_C(1) << A32_FEAT_##id)
#define ALL ((UINT64_C(1) << A32_FEAT_COUNT) - 1)
#define V5TEJ (1 | BIT(V4T) | BIT(THUMB) | BIT(FASTMULT) | BIT(V5T) | BIT(V5TE) | BIT(SWP))
#define V6K (V5TEJ | BIT(V6) | BIT(V6K) | BIT(TLS))
#define V7A (V6K | BIT(V6T2) | BIT(V7))
#define VFPV3 (BIT(VFP) | BIT(VFP3) | BIT(VFPD32) | BIT(NEON))
#define VFPV4 (VFPV3 | BIT(HALFFP) | BIT(VFP4))
#define V7VE (V7A | BIT(V7MP) | VFPV4 | BIT(IDIVA) | BIT(IDIVT) | BIT(LPAE))
#define V8_0 ((V7VE | BIT(V8)) & ~BIT(SWP))
#define CRYPTO (BIT(AES) | BIT(PMULL) | BIT(SHA1) | BIT(SHA2))

static const struct model {
    const char *name, *platform;
    uint32_t midr;
    unsigned architecture;
    uint64_t features;
} models[] = {
    /* The first is the default: all that is implemented, of no real maker (as QEMU's "max"). */
    {"max", "v8l", 0x000f0510, 8, ALL},
    {"arm926", "v5l", 0x41069265, 5, V5TEJ | BIT(VFP)},
    {"arm1176", "v6l", 0x410fb767, 7, V6K | BIT(VFP)},
    {"cortex-a7", "v7l", 0x410fc075, 7, V7VE},
    {"cortex-a8", "v7l", 0x410fc080, 7, V7A | VFPV3},
    {"cortex-a9", "v7l", 0x410fc090, 7, V7A | BIT(V7MP) | VFPV3 | BIT(HALFFP)},
    {"cortex-a15", "v7l", 0x412fc0f1, 7, V7VE},
    {"cortex-a53", "v8l", 0x410fd034, 8, V8_0 | CRYPTO | BIT(CRC32)},
};
static const struct model *model = &models[0];

uint64_t a32_features = ALL;

bool a32_select_cpu(const char *name)
{
    for (unsigned k = 0; k < sizeof models / sizeof models[0]; k++) {
        if (!strcmp(name, models[k].name)) {
            model = &models[k];
            a32_features = model->features;
            return true;
        }
    }
    return false;
}

const char *a32_cpu_model(unsigned k)
{
    return k < sizeof models / sizeof models[0] ? models[k].name : NULL;
}

uint32_t a32_midr(void) { return model->midr; }
const char *a32_platform(void) { return model->platform; }
unsigned a32_architecture(void) { return model->architecture; }

static bool enabled(unsigned k) { return k != A32_FEAT_NONE && a32_features >> k & 1; }

/* VFPv3 with 16 double registers has a bit of its own, which no row can say. */
enum { HWCAP_VFPV3D16 = 1 << 14 };

static uint32_t hwcap_word(unsigned word)
{
    uint32_t bits = 0;
    for (unsigned k = 0; k < A32_FEAT_COUNT; k++) {
        if (enabled(k) && features[k].word == word) {
            bits |= UINT32_C(1) << features[k].bit;
        }
    }
    return bits;
}

uint32_t a32_hwcap(void)
{
    bool d16 = enabled(A32_FEAT_VFP3) && !enabled(A32_FEAT_VFPD32);
    return hwcap_word(1) | (d16 ? HWCAP_VFPV3D16 : 0);
}
uint32_t a32_hwcap2(void) { return hwcap_word(2); }

/* Names in the order of their bits, as Linux prints them. */
static char *append_names(char *end, unsigned word)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        for (unsigned k = 0; k < A32_FEAT_COUNT; k++) {
            if (enabled(k) && features[k].word == word && features[k].bit == bit) {
                size_t n = strlen(features[k].name);
                memcpy(end, features[k].name, n);
                end += n;
                *end++ = ' ';
            }
        }
    }
    return end;
}

const char *a32_cpuinfo_features(void)
{
    static char text[A32_FEAT_COUNT * 12 + 1];
    char *end = append_names(append_names(text, 1), 2);
    if (end != text) {
        end--;
    }
    *end = 0;
    return text;
}
