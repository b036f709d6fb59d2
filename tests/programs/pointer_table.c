/* SPDX-License-Identifier: MIT */
/*
 * A static-pie program without any start-up code, whose output depends on a table of pointers
 * (R_X86_64_RELATIVE in DT_RELA). Nothing in the program relocates the table: the kernel must.
 * Linux does not, and the program ends there with status 139.
 */
#include <asm/unistd.h>

static long call(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

static const char *const words[] = {"Hello ", "from ", "a ", "table ", "of ", "pointers\n"};
static const char *const *volatile table = words;

__attribute__((noreturn, force_align_arg_pointer)) void _start(void)
{
    for (int i = 0; i < 6; i++) {
        const char *word = table[i];
        long length = 0;

        while (word[length] != 0)
            length++;
        call(__NR_write, 1, (long)word, length);
    }
    call(__NR_exit_group, 0, 0, 0);
    __builtin_unreachable();
}
