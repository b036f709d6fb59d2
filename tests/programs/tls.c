/* SPDX-License-Identifier: MIT */
/* Thread-local variables of the first thread: initial values, zeroes, and alignment (PT_TLS). */
#include <stdint.h>
#include <stdio.h>

static _Thread_local int initialised = 1234;
static _Thread_local char byte = 7;
static _Thread_local _Alignas(64) char line[64] = "aligned";
static _Thread_local _Alignas(256) uint64_t zeroes[100];

int main(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < 100; i++)
        sum += ((volatile uint64_t *)zeroes)[i];
    int aligned = ((uintptr_t)line & 63) == 0 && ((uintptr_t)zeroes & 255) == 0;
    printf("tls %d %d %s %lu %s\n", initialised, byte, line, (unsigned long)sum,
           aligned ? "aligned" : "misaligned");
    return !(initialised == 1234 && byte == 7 && sum == 0 && aligned);
}
