/* SPDX-License-Identifier: MIT */
/* Recurses until its stack is used up: SIGSEGV, status 139. */
#include <stdio.h>

__attribute__((noinline)) static int recurse(volatile int *above)
{
    volatile int here[256];

    here[0] = *above + 1;
    return here[0] != 0 ? recurse(here) + here[0] : 0;
}

int main(void)
{
    volatile int start = 0;

    puts("before the fault");
    fflush(stdout);
    printf("%d\n", recurse(&start));
    puts("after the fault");
    return 0;
}
