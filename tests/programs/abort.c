/* SPDX-License-Identifier: MIT */
/* Ends itself by abort(): SIGABRT, status 134. What C++ and Rust do when all is lost. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    puts("before the abort");
    fflush(stdout);
    abort();
}
