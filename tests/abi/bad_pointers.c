/* SPDX-License-Identifier: MIT */
/*
 * Every pointer of every call, bad in every way: null, in the kernel, non-canonical, at the end of
 * user space, not mapped, without permission, into a hole; and read-only where the kernel would
 * write. Each must answer -EFAULT, and the program must go on.
 */
#include "tests/abi/check.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

#define MAY_BE_NULL 1 /* a null pointer means something else */
#define IS_WRITTEN  2 /* the kernel writes there */
#define NO_STRADDLE 4 /* a part may be done, or alignment is checked before */

static char buffer[4096];
static struct iovec vector;
static char exe[] = "/proc/self/exe";

struct pointer_case {
    const char *name;
    long number;
    long arguments[6];
    int pointer; /* which of the arguments is the bad one */
    int flags;
};

static const struct pointer_case calls[] = {
    {"write", __NR_write, {1, 0, 2}, 1, 0},
    {"writev", __NR_writev, {1, 0, 1}, 1, 0},
    {"readv", __NR_readv, {0, 0, 1}, 1, 0},
    {"fstat", __NR_fstat, {1, 0}, 1, IS_WRITTEN},
    {"newfstatat path", __NR_newfstatat, {1, 0, (long)buffer, AT_EMPTY_PATH}, 1, MAY_BE_NULL},
    {"newfstatat", __NR_newfstatat, {1, (long)"", 0, AT_EMPTY_PATH}, 2, IS_WRITTEN},
    {"ARCH_GET_FS", __NR_arch_prctl, {ARCH_GET_FS, 0}, 1, IS_WRITTEN},
    {"prlimit64 new", __NR_prlimit64, {0, RLIMIT_CORE, 0, 0}, 2, MAY_BE_NULL},
    {"prlimit64 old", __NR_prlimit64, {0, RLIMIT_CORE, 0, 0}, 3, MAY_BE_NULL | IS_WRITTEN},
    {"readlink path", __NR_readlink, {0, (long)buffer, 64}, 0, 0},
    {"readlink", __NR_readlink, {(long)exe, 0, 64}, 1, IS_WRITTEN},
    {"readlinkat path", __NR_readlinkat, {AT_FDCWD, 0, (long)buffer, 64}, 1, 0},
    {"readlinkat", __NR_readlinkat, {AT_FDCWD, (long)exe, 0, 64}, 2, IS_WRITTEN},
    {"getrandom", __NR_getrandom, {0, 16, 0}, 0, IS_WRITTEN | NO_STRADDLE},
    {"rt_sigaction new", __NR_rt_sigaction, {SIGUSR1, 0, 0, 8}, 1, MAY_BE_NULL},
    {"rt_sigaction old", __NR_rt_sigaction, {SIGUSR1, 0, 0, 8}, 2, MAY_BE_NULL | IS_WRITTEN},
    {"rt_sigprocmask new", __NR_rt_sigprocmask, {SIG_UNBLOCK, 0, 0, 8}, 1, MAY_BE_NULL},
    {"rt_sigprocmask old", __NR_rt_sigprocmask, {0, 0, 0, 8}, 2, MAY_BE_NULL | IS_WRITTEN},
    {"sigaltstack new", __NR_sigaltstack, {0, 0}, 0, MAY_BE_NULL},
    {"sigaltstack old", __NR_sigaltstack, {0, 0}, 1, MAY_BE_NULL | IS_WRITTEN},
    {"poll", __NR_poll, {0, 1, 0}, 0, IS_WRITTEN},
    {"sched_getaffinity", __NR_sched_getaffinity, {0, 1024, 0}, 2, IS_WRITTEN},
    {"uname", __NR_uname, {0}, 0, IS_WRITTEN},
    {"clock_gettime", __NR_clock_gettime, {CLOCK_MONOTONIC, 0}, 1, IS_WRITTEN},
    {"nanosleep", __NR_nanosleep, {0, 0}, 0, 0},
    {"clock_nanosleep", __NR_clock_nanosleep, {CLOCK_MONOTONIC, 0, 0, 0}, 2, 0},
    {"futex wait", __NR_futex, {0, FUTEX_WAIT_PRIVATE, 1}, 0, NO_STRADDLE},
    {"gettimeofday", __NR_gettimeofday, {0, 0}, 0, MAY_BE_NULL | IS_WRITTEN},
    {"getresuid", __NR_getresuid, {0, (long)buffer, (long)buffer}, 0, IS_WRITTEN},
    {"sysinfo", __NR_sysinfo, {0}, 0, IS_WRITTEN},
};

static void case_run(const struct pointer_case *row, const char *kind, void *pointer)
{
    char name[80];
    long a[6];

    memcpy(a, row->arguments, sizeof(a));
    a[row->pointer] = (long)pointer;
    snprintf(name, sizeof(name), "%s: %s", row->name, kind);
    check_result(name, call6(row->number, a[0], a[1], a[2], a[3], a[4], a[5]), -EFAULT);
}

/* The parts of vectors are pointers as well. */
static void vectors_run(const char *kind, void *pointer)
{
    char name[80];

    vector = (struct iovec){.iov_base = pointer, .iov_len = 2};
    snprintf(name, sizeof(name), "writev part: %s", kind);
    check_result(name, call(__NR_writev, 1, &vector, 1), -EFAULT);
}

int main(void)
{
    char *straddling = page_before_hole() - 1;
    struct {
        const char *kind;
        void *pointer;
        int unless; /* flags with which it is left out */
        int only;   /* flags without which it is left out */
    } pointers[] = {
        {"null", NULL, MAY_BE_NULL, 0},
        {"the first page", (void *)64, 0, 0},
        {"in the kernel", (void *)KERNEL_ADDRESS, 0, 0},
        {"the beginning of the kernel's half", (void *)0xffff800000000000, 0, 0},
        {"the last address", (void *)-8, 0, 0},
        {"non-canonical", (void *)NON_CANONICAL, 0, 0},
        {"the end of user space", (void *)USER_END, 0, 0},
        {"not mapped", page_unmapped(), 0, 0},
        {"without permission", page_protected(PROT_NONE), 0, 0},
        {"into a hole", straddling, NO_STRADDLE, 0},
        {"read-only", page_protected(PROT_READ), 0, IS_WRITTEN},
        {"code", (void *)(uintptr_t)main, 0, IS_WRITTEN},
    };

    for (size_t c = 0; c < ARRAY_LENGTH(calls); c++) {
        for (size_t p = 0; p < ARRAY_LENGTH(pointers); p++) {
            *straddling = '/'; /* a call before may have written its first byte */
            if ((calls[c].flags & pointers[p].unless) == 0 &&
                (calls[c].flags & pointers[p].only) == pointers[p].only)
                case_run(&calls[c], pointers[p].kind, pointers[p].pointer);
        }
    }
    for (size_t p = 0; p < ARRAY_LENGTH(pointers); p++) {
        if (pointers[p].only == 0)
            vectors_run(pointers[p].kind, pointers[p].pointer);
    }
    return check_finish();
}
