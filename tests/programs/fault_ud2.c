/* SPDX-License-Identifier: MIT */
/* Executes an undefined instruction: SIGILL, status 132. */
#include <stdio.h>

int main(void)
{
    puts("before the fault");
    fflush(stdout);
    __asm__ volatile("ud2");
    puts("after the fault");
    return 0;
}
