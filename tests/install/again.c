/* SPDX-License-Identifier: MIT */
/* Executes the program that it is told under another name; that one prints the name it was called by. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc > 1) {
        char name[4096];
        snprintf(name, sizeof name, "again of %s", argv[1]);
        return execl(argv[1], name, (char *)0);
    }
    printf("%s\n", argv[0]);
    return 0;
}
