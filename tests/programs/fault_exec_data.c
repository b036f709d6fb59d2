/* SPDX-License-Identifier: MIT */
/* Jumps into its own data, which is not executable: SIGSEGV, status 139. */
#include <stdio.h>

static unsigned char code[] = {0xc3}; /* ret */

int main(void)
{
    void (*volatile jump)(void) = (void (*)(void))code;

    puts("before the fault");
    fflush(stdout);
    jump();
    puts("after the fault");
    return 0;
}
