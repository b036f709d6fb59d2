/* SPDX-License-Identifier: MIT */
/* Divides by zero: SIGFPE, status 136. */
#include <stdio.h>

int main(void)
{
    int quotient = 1, rest = 0;

    puts("before the fault");
    fflush(stdout);
    __asm__ volatile("idivl %2" : "+a"(quotient), "+d"(rest) : "r"(0));
    puts("after the fault");
    return 0;
}
