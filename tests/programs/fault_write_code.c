/* SPDX-License-Identifier: MIT */
/* Writes to its own code, which is not writable: SIGSEGV, status 139. */
#include <stdio.h>

int main(void)
{
    int (*volatile code)(void) = main;

    puts("before the fault");
    fflush(stdout);
    *(volatile char *)code = 0;
    puts("after the fault");
    return 0;
}
