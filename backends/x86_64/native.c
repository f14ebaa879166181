/* SPDX-License-Identifier: MIT */
/*
 * Tells the translator that this back end is the machine's own: the one definition that another
 * back end's library would replace.
 */
#include "backends/x86_64/x64.h"
#include "tcg/run/run.h"

const struct host *const tcg_native_host = &x64_host;
