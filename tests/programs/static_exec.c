/* SPDX-License-Identifier: MIT */
/* A plain static executable (ET_EXEC): it runs at the address it was linked at, or not at all. */
#include <elf.h>
#include <stdio.h>

extern const Elf64_Ehdr __ehdr_start;

int main(void)
{
    printf("type %u at %p\n", (unsigned)__ehdr_start.e_type, (const void *)&__ehdr_start);
    return __ehdr_start.e_type == ET_EXEC ? 0 : 1;
}
