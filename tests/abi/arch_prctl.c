/* SPDX-License-Identifier: MIT */
/*
 * The bases of FS and GS. The C library's thread-local storage hangs on FS, so that nothing of it
 * may be called while FS points elsewhere: only raw system calls are.
 */
#include "tests/abi/check.h"

#include <asm/prctl.h>
#include <time.h>

#define ARCH_CET_STATUS 0x3001 /* asked by glibc 2.27 to 2.31; never part of Linux */

static uint64_t words[2] = {0x1122334455667788, 0x99aabbccddeeff00};

static uint64_t gs_first_word(void)
{
    uint64_t word;

    __asm__ volatile("mov %%gs:0, %0" : "=r"(word));
    return word;
}

static uint64_t fs_first_word(void)
{
    uint64_t word;

    __asm__ volatile("mov %%fs:0, %0" : "=r"(word));
    return word;
}

__attribute__((optimize("no-stack-protector"))) static bool fs_moves(uint64_t own)
{
    struct timespec moment = {.tv_nsec = 1000000};
    uint64_t asked = 0, read, slept;
    long set = call(__NR_arch_prctl, ARCH_SET_FS, words);

    read = fs_first_word();
    call(__NR_arch_prctl, ARCH_GET_FS, &asked);
    call(__NR_nanosleep, &moment, NULL);
    slept = fs_first_word();
    call(__NR_arch_prctl, ARCH_SET_FS, own);
    return set == 0 && read == words[0] && asked == (uint64_t)(uintptr_t)words && slept == words[0];
}

static void test_gs(void)
{
    struct timespec moment = {.tv_nsec = 1000000};
    uint64_t base = 0;

    check_result("ARCH_SET_GS", call(__NR_arch_prctl, ARCH_SET_GS, &words[1]), 0);
    check("GS reads there", gs_first_word() == words[1]);
    check_result("ARCH_GET_GS", call(__NR_arch_prctl, ARCH_GET_GS, &base), 0);
    check("it tells the same", base == (uint64_t)(uintptr_t)&words[1]);
    call(__NR_getppid);
    call(__NR_nanosleep, &moment, NULL);
    check("GS survives calls and a sleep", gs_first_word() == words[1]);
    check_result("ARCH_SET_GS to 0", call(__NR_arch_prctl, ARCH_SET_GS, 0), 0);
    call(__NR_arch_prctl, ARCH_GET_GS, &base);
    check("it is 0", base == 0);
}

static void test_errors(void)
{
    uint64_t word;
    struct call_case cases[] = {
        {"CET status", __NR_arch_prctl, {ARCH_CET_STATUS, (long)&word}, -EINVAL},
        {"an unknown code", __NR_arch_prctl, {0x7777, (long)&word}, -EINVAL},
        {"FS in the kernel", __NR_arch_prctl, {ARCH_SET_FS, (long)KERNEL_ADDRESS}, -EPERM},
        {"FS non-canonical", __NR_arch_prctl, {ARCH_SET_FS, (long)NON_CANONICAL}, -EPERM},
        {"FS beyond user space", __NR_arch_prctl, {ARCH_SET_FS, (long)user_end()}, -EPERM},
        {"GS in the kernel", __NR_arch_prctl, {ARCH_SET_GS, (long)KERNEL_ADDRESS}, -EPERM},
        {"GS non-canonical", __NR_arch_prctl, {ARCH_SET_GS, (long)NON_CANONICAL}, -EPERM},
        {"ARCH_GET_FS into nowhere", __NR_arch_prctl, {ARCH_GET_FS, 0}, -EFAULT},
        {"ARCH_GET_GS into the kernel",
         __NR_arch_prctl,
         {ARCH_GET_GS, (long)KERNEL_ADDRESS},
         -EFAULT},
    };

    CHECK_CALLS(cases);
}

int main(void)
{
    uint64_t own = 0;

    check_result("ARCH_GET_FS", call(__NR_arch_prctl, ARCH_GET_FS, &own), 0);
    check("FS holds its own address there", own == fs_first_word());
    test_errors();
    check("FS is as before", own == fs_first_word());
    check("FS moves, and survives calls and a sleep", fs_moves(own));
    test_gs();
    return check_finish();
}
