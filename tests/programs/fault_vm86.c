/* SPDX-License-Identifier: MIT */
/*
 * Asks for virtual-8086 mode by a 32-bit IRET, which long mode does not have: SIGSEGV, 139. QEMU's
 * emulation grants it (without SMAP), and the kernel has to cope with what traps from there.
 */
#include <stdio.h>
#include <sys/mman.h>

#define LOW_MEMORY 0x20000
#define LOW_SIZE   0x10000
#define RFLAGS_VM  0x20000
#define ENDLESS    0xfeeb /* jmp short to itself */

int main(void)
{
    unsigned char *low = mmap((void *)LOW_MEMORY, LOW_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (low == MAP_FAILED)
        return 1;
    puts("before the fault");
    fflush(stdout);
    /* IP, CS, flags, SP, SS, ES, DS, FS, GS: the loop lies at CS * 16 + IP. */
    const unsigned frame[] = {
        0x8000, LOW_MEMORY >> 4, RFLAGS_VM | 0x202, 0x9000, LOW_MEMORY >> 4, 0, 0, 0, 0};
    unsigned *stack = (unsigned *)(low + 0xf000);
    *(unsigned short *)(low + 0x8000) = ENDLESS;
    for (unsigned i = 0; i < sizeof(frame) / sizeof(frame[0]); i++)
        stack[i] = frame[i];
    __asm__ volatile("mov %0, %%rsp\n\tiretl" : : "r"(stack) : "memory");
    return 0;
}
