/* SPDX-License-Identifier: MIT */
/* The command line (options.c).  Only main.c and exec.c need it. */
#ifndef LINUX_USER_OPTIONS_H
#define LINUX_USER_OPTIONS_H

#include "linux-user/linux-user.h"

/* Reads variables and options into *options (zeroed by the caller); -h, -version and the lists
 * print and exit, mistakes end in lu_fatal().  Returns the index of the program in argv, argc if
 * there is none. */
int lu_options_parse(struct lu_options *options, int argc, char **argv);

/* Turns options->log_items into options->log (and strace). */
void lu_log_items(struct lu_options *options);

/* Parses -dfilter into a new array at *ranges; returns how many. */
unsigned lu_dfilter(const char *text, struct tcg_range **ranges);

/* -accel and -tier (NULL: the default) and -opt, a mask for struct tcg_options. */
enum tcg_accel lu_accel(const char *name);
enum tcg_tier lu_tier(const char *name);
unsigned lu_disabled_passes(const char *text);

enum { LU_MAX_EXEC_OPTIONS = 80, LU_EXEC_OPTION_SPACE = 1024 };
/* Writes the options that a program which we execve for the guest is to be run with: at most
 * LU_MAX_EXEC_OPTIONS pointers, to strings that live for ever or in space[LU_EXEC_OPTION_SPACE], which
 * takes the numbers.  Returns how many. */
unsigned lu_options_for_exec(const struct lu_options *options, const char **argv, char *space);

#endif
