/* SPDX-License-Identifier: MIT */
/* Prints its arguments and its environment, one per line, each in brackets. */
#include <stdio.h>

int main(int argc, char **argv, char **envp)
{
    printf("argc %d\n", argc);
    for (int i = 0; i < argc; i++)
        printf("argv[%d] [%s]\n", i, argv[i]);
    if (argv[argc] != NULL)
        return 1;
    for (int i = 0; envp[i] != NULL; i++)
        printf("envp[%d] [%s]\n", i, envp[i]);
    return 0;
}
