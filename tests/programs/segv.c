/* SPDX-License-Identifier: MIT */
/* Writes through a null pointer: SIGSEGV, status 139. */
#include <stdio.h>

int main(void)
{
    int *volatile nowhere = NULL;

    puts("before the fault");
    fflush(stdout);
    *(volatile int *)nowhere = 1;
    puts("after the fault");
    return 0;
}
