/* SPDX-License-Identifier: MIT */
/* Executes a breakpoint without a debugger: SIGTRAP, status 133. */
#include <stdio.h>

int main(void)
{
    puts("before the fault");
    fflush(stdout);
    __asm__ volatile("int3");
    puts("after the fault");
    return 0;
}
