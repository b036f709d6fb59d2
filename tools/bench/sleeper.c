/* SPDX-License-Identifier: MIT */
/* Says hello and sleeps, so that the memory of the machine around it can be looked at. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
    puts("Hello from the sleeper");
    fflush(stdout);
    sleep(30);
    return 0;
}
