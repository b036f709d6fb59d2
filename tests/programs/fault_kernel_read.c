/* SPDX-License-Identifier: MIT */
/* Reads from the kernel's half of the address space: SIGSEGV, status 139. For ring 3 only. */
#include <stdio.h>

int main(void)
{
    volatile char *volatile kernel = (volatile char *)0xffffffff80000000;

    puts("before the fault");
    fflush(stdout);
    (void)*kernel;
    puts("after the fault");
    return 0;
}
