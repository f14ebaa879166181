/* SPDX-License-Identifier: MIT */
/* What each architecture decides for itself: one row per enum fp_rules. */
#include "tcg/fp/parts.h"

const struct fp_rule_row fp_rule_rows[] = {
    [FP_RULES_ARM] =
        {
            .nan_choice = NAN_SIGNALLING_FIRST,
            .int_invalid = INT_SATURATE,
            .addend_first = true,
        },
    [FP_RULES_X86] =
        {
            .nan_choice = NAN_FIRST,
            .int_invalid = INT_INDEFINITE,
            .nan_negative = true,
            .quiet_addend_hides = true,
            .tiny_after = true,
            .flush_is_inexact = true,
            .reports_denormals = true,
            .separate_daz = true,
            .min_is_select = true,
        },
    /* MIPS64 volume I, 5.8.1 "Exception conditions": tininess is detected after rounding. */
    [FP_RULES_MIPS] =
        {
            .nan_choice = NAN_DEFAULT_IF_SIGNALLING,
            .int_invalid = INT_MAX_POSITIVE,
            .quiet_is_zero = true,
            .addend_first = true,
            .tiny_after = true,
            .flush_is_inexact = true,
            .min_is_number = true,
        },
    [FP_RULES_MIPS2008] =
        {
            .nan_choice = NAN_SIGNALLING_FIRST,
            .int_invalid = INT_SATURATE,
            .addend_first = true,
            .tiny_after = true,
            .flush_is_inexact = true,
            .min_is_number = true,
        },
};
