/* SPDX-License-Identifier: MIT */
/* Finding out what a program is (exec.c), for execve and for main.c. */
#ifndef LINUX_USER_EXEC_H
#define LINUX_USER_EXEC_H

#include "linux-user/linux-user.h"

enum { LU_EXEC_MAX_BEFORE = 16 };

struct lu_exec_target {
    enum {
        LU_EXEC_GUEST,
        LU_EXEC_HOST,
        LU_EXEC_SCRIPT
    } kind;              /* HOST: any that is not the guest's */
    char name[PATH_MAX]; /* the guest's: a script's interpreter, or what was asked for */
    char path[PATH_MAX]; /* the host's */
    int fd;              /* the program's if it was given as one, else -1 */
    bool skip_argv0;     /* a script: name and the last n_before of before[] replace argv[0] */
    char *before[LU_EXEC_MAX_BEFORE];
    unsigned n_before;
    const struct lu_abi *abi; /* of a GUEST */
    bool found;               /* the program itself is there */
    char problem[160];        /* on errors and for HOST: why we cannot run it; "" says errno */
};

/* Remembers where the translator itself is; own: argv[0] or AT_EXECFN. */
void lu_exec_init(const char *own);

/* Memory that is given back in one go. */
struct lu_block;
void lu_exec_free(struct lu_block **arena);

/* Finds what runs the program `name` (guest path; open as fd unless that is -1), through scripts.
 * 0 or -errno as execve would give.  Strings of *target are in the arena. */
int lu_exec_resolve(struct lu_block **arena, struct lu_exec_target *target, const char *name,
                    int fd);

/* The program's arguments: a NULL-terminated array in the arena; the strings stay the target's and
 * argv's.  NULL if there is no memory. */
char **lu_exec_argv(struct lu_block **arena, const struct lu_exec_target *target,
                    char *const argv[], unsigned argc);

/* Undoes what the previous translator did to the environment. */
void lu_exec_unescape(char **envp);

#endif
