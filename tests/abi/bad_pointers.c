/* SPDX-License-Identifier: MIT */
/*
 * Every pointer of every call, bad in every way (hostile/pointers.c): each must answer -EFAULT, and
 * the program must go on. Here the process, its time and its signals; bad_pointers_files.c has names
 * and files, bad_pointers_events.c what waits.
 */
#include "tests/abi/check.h"
#include "tests/abi/hostile/pointers.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

static char buffer[4096];
static char pages[4 * PAGE] __attribute__((aligned(PAGE)));
static int word;
static struct __user_cap_header_struct capabilities = {_LINUX_CAPABILITY_VERSION_3, 0};
static struct iovec vector;
static char exe[] = "/proc/self/exe";

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
    {"getresuid effective", __NR_getresuid, {(long)buffer, 0, (long)buffer}, 1, IS_WRITTEN},
    {"getresuid saved", __NR_getresuid, {(long)buffer, (long)buffer, 0}, 2, IS_WRITTEN},
    {"getresgid", __NR_getresgid, {0, (long)buffer, (long)buffer}, 0, IS_WRITTEN},
    {"getresgid effective", __NR_getresgid, {(long)buffer, 0, (long)buffer}, 1, IS_WRITTEN},
    {"getresgid saved", __NR_getresgid, {(long)buffer, (long)buffer, 0}, 2, IS_WRITTEN},
    {"sysinfo", __NR_sysinfo, {0}, 0, IS_WRITTEN},
    {"gettimeofday zone", __NR_gettimeofday, {0, 0}, 1, MAY_BE_NULL | IS_WRITTEN},
    {"time", __NR_time, {0}, 0, MAY_BE_NULL | IS_WRITTEN},
    {"times", __NR_times, {0}, 0, MAY_BE_NULL | IS_WRITTEN},
    {"getrlimit", __NR_getrlimit, {RLIMIT_CORE, 0}, 1, IS_WRITTEN},
    {"setrlimit", __NR_setrlimit, {RLIMIT_CORE, 0}, 1, 0},
    {"getrusage", __NR_getrusage, {RUSAGE_SELF, 0}, 1, IS_WRITTEN},
    {"setgroups", __NR_setgroups, {2, 0}, 1, 0},
    {"capget header", __NR_capget, {0, (long)buffer}, 0, IS_WRITTEN},
    {"capget", __NR_capget, {(long)&capabilities, 0}, 1, MAY_BE_NULL | IS_WRITTEN},
    {"capset header", __NR_capset, {0, (long)buffer}, 0, IS_WRITTEN},
    {"capset", __NR_capset, {(long)&capabilities, 0}, 1, 0},
    {"sched_setaffinity", __NR_sched_setaffinity, {0, 8, 0}, 2, 0},
    {"sched_getparam", __NR_sched_getparam, {0, 0}, 1, MAY_BE_NULL | IS_WRITTEN},
    {"sched_setparam", __NR_sched_setparam, {0, 0}, 1, MAY_BE_NULL},
    {"sched_setscheduler", __NR_sched_setscheduler, {0, 0, 0}, 2, MAY_BE_NULL},
    {"sched_rr_get_interval", __NR_sched_rr_get_interval, {0, 0}, 1, IS_WRITTEN},
    {"PR_SET_NAME", __NR_prctl, {PR_SET_NAME, 0}, 1, 0},
    {"PR_GET_NAME", __NR_prctl, {PR_GET_NAME, 0}, 1, IS_WRITTEN},
    {"PR_GET_PDEATHSIG", __NR_prctl, {PR_GET_PDEATHSIG, 0}, 1, IS_WRITTEN},
    {"get_robust_list", __NR_get_robust_list, {0, 0, (long)buffer}, 1, IS_WRITTEN},
    {"get_robust_list size", __NR_get_robust_list, {0, (long)buffer, 0}, 2, IS_WRITTEN},
    {"clock_getres", __NR_clock_getres, {CLOCK_MONOTONIC, 0}, 1, MAY_BE_NULL | IS_WRITTEN},
    {"getcpu", __NR_getcpu, {0, 0, 0}, 0, MAY_BE_NULL | IS_WRITTEN},
    {"getcpu node", __NR_getcpu, {0, 0, 0}, 1, MAY_BE_NULL | IS_WRITTEN},
    {"futex time", __NR_futex, {(long)&word, FUTEX_WAIT_PRIVATE, 1, 0}, 3, MAY_BE_NULL},
    {"futex wait with bits",
     __NR_futex,
     {0, FUTEX_WAIT_BITSET_PRIVATE, 1, 0, 0, 1},
     0,
     NO_STRADDLE},
    {"mincore", __NR_mincore, {(long)pages, 4 * PAGE, 0}, 2, IS_WRITTEN},
};

/* The parts of vectors are pointers as well. */
static void part_run(const char *kind, void *pointer)
{
    char name[80];

    vector = (struct iovec){.iov_base = pointer, .iov_len = 2};
    snprintf(name, sizeof(name), "writev part: %s", kind);
    check_result(name, call(__NR_writev, 1, &vector, 1), -EFAULT);
}

int main(void)
{
    pointers_check(calls, ARRAY_LENGTH(calls));
    pointers_each(part_run);
    return check_finish();
}
