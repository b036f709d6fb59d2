/* SPDX-License-Identifier: MIT */
/* Reads from a non-canonical address (a general protection fault, no page fault): SIGSEGV, 139. */
#include <stdio.h>

int main(void)
{
    volatile char *volatile nowhere = (volatile char *)0x0900000000000000;

    puts("before the fault");
    fflush(stdout);
    (void)*nowhere;
    puts("after the fault");
    return 0;
}
