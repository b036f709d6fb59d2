/* SPDX-License-Identifier: MIT */
/*
 * Linked with -z max-page-size=2M: p_align is 2 MiB, and the load base must be a multiple of it
 * (ELF gABI ch. 5: p_vaddr and the address agree modulo p_align). Linux does so for static-pie
 * since 6.10; before that it prints `misaligned`.
 */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>

extern const Elf64_Ehdr __ehdr_start;
static int data[3] = {1, 2, 3};
static int zeroes[300000];

int main(void)
{
    const Elf64_Phdr *phdr = (const Elf64_Phdr *)getauxval(AT_PHDR);
    uint64_t align = 0;
    int sum = 0;

    for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) {
        if (phdr[i].p_type == PT_LOAD && phdr[i].p_align > align)
            align = phdr[i].p_align;
    }
    for (int i = 0; i < 300000; i += 100)
        sum += ((volatile int *)zeroes)[i];
    int aligned = ((uintptr_t)&__ehdr_start & (align - 1)) == 0;
    printf("p_align %#lx, %s, data %d %d %d, bss %d\n", (unsigned long)align,
           aligned ? "aligned" : "misaligned", data[0], data[1], data[2], sum);
    return !(align == 0x200000 && aligned && sum == 0);
}
