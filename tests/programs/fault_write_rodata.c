/* SPDX-License-Identifier: MIT */
/* Writes to a constant, which lies in a read-only segment: SIGSEGV, status 139. */
#include <stdio.h>

static const int constant[1024] = {1};

int main(void)
{
    const int *volatile place = constant;

    puts("before the fault");
    fflush(stdout);
    *(volatile int *)place = 2;
    puts("after the fault");
    return 0;
}
