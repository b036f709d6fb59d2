/* SPDX-License-Identifier: MIT */
/* The first program: C, linked statically with glibc. */
#include <stdio.h>

int main(void)
{
    puts("Hello from C with glibc");
    return 0;
}
