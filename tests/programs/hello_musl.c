/* SPDX-License-Identifier: MIT */
/* C, linked statically with musl, whose start-up asks other things of a kernel than glibc's. */
#include <stdio.h>

int main(void)
{
    puts("Hello from C with musl");
    return 0;
}
