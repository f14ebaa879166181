/* SPDX-License-Identifier: MIT */
/*
 * Executes the program that it is told under another name, in another root folder if it is told one; that
 * one prints the name it was called by.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc > 2 && chroot(argv[2]))
        return 1;
    if (argc > 1) {
        char name[4096];
        snprintf(name, sizeof name, "again of %s", argv[1]);
        return execl(argv[1], name, (char *)0);
    }
    printf("%s\n", argv[0]);
    return 0;
}
