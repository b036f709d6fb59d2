/* SPDX-License-Identifier: MIT */
/*
 * Executes HLT. Ring 3 gets a general protection fault: SIGSEGV, status 139. In ring 0 the
 * instruction is allowed and merely waits for an interrupt, so this program is for ring 3 only.
 */
#include <stdio.h>

int main(void)
{
    puts("before the fault");
    fflush(stdout);
    __asm__ volatile("hlt");
    puts("after the fault");
    return 0;
}
