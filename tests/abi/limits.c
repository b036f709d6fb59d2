/* SPDX-License-Identifier: MIT */
/* prlimit64, getrlimit, setrlimit, getrusage: limits are told, kept and checked. */
#include "tests/abi/check.h"

#include <linux/resource.h>

static struct rlimit64 limit;
static struct rlimit64 old;

static void test_errors(void)
{
    static struct rlimit64 wrong = {.rlim_cur = 2, .rlim_max = 1};
    struct call_case cases[] = {
        {"a resource nobody knows", __NR_prlimit64, {0, RLIM_NLIMITS, 0, (long)&old}, -EINVAL},
        {"resource -1", __NR_prlimit64, {0, -1, 0, (long)&old}, -EINVAL},
        {"a process nobody knows",
         __NR_prlimit64,
         {0x3fffffff, RLIMIT_STACK, 0, (long)&old},
         -ESRCH},
        {"more than the maximum", __NR_prlimit64, {0, RLIMIT_CORE, (long)&wrong, 0}, -EINVAL},
        {"from nowhere", __NR_prlimit64, {0, RLIMIT_CORE, (long)KERNEL_ADDRESS, 0}, -EFAULT},
        {"into nowhere", __NR_prlimit64, {0, RLIMIT_CORE, 0, (long)KERNEL_ADDRESS}, -EFAULT},
        {"neither new nor old", __NR_prlimit64, {0, RLIMIT_STACK, 0, 0}, 0},
        {"getrlimit into nowhere", __NR_getrlimit, {RLIMIT_STACK, 0}, -EFAULT},
        {"getrlimit of nothing", __NR_getrlimit, {99, (long)&old}, -EINVAL},
    };

    CHECK_CALLS(cases);
}

static void test_all_readable(void)
{
    bool good = true;

    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        good &= call(__NR_prlimit64, 0, resource, NULL, &limit) == 0;
        good &= limit.rlim_cur <= limit.rlim_max;
    }
    check("every resource has its limits", good);
}

static void test_set(void)
{
    check_result("read one", call(__NR_prlimit64, 0, RLIMIT_CORE, NULL, &old), 0);
    limit = (struct rlimit64){.rlim_cur = 0, .rlim_max = old.rlim_max};
    check_result("set it", call(__NR_prlimit64, 0, RLIMIT_CORE, &limit, NULL), 0);
    limit = (struct rlimit64){.rlim_cur = 77, .rlim_max = 77};
    check_result("read it back", call(__NR_getrlimit, RLIMIT_CORE, &limit), 0);
    check("it is what was set", limit.rlim_cur == 0 && limit.rlim_max == old.rlim_max);
    check_result("set and read at once", call(__NR_prlimit64, 0, RLIMIT_CORE, &old, &limit), 0);
    check("what was read is the old one", limit.rlim_cur == 0);
    check_result("by the process's own number",
                 call(__NR_prlimit64, call(__NR_getpid), RLIMIT_CORE, NULL, &limit), 0);
    check("it is back", limit.rlim_cur == old.rlim_cur && limit.rlim_max == old.rlim_max);
}

static void test_stack(void)
{
    call(__NR_prlimit64, 0, RLIMIT_STACK, NULL, &limit);
    check("the stack may grow to at least 64 KiB", limit.rlim_cur >= 65536);
    call(__NR_prlimit64, 0, RLIMIT_NOFILE, NULL, &limit);
    check("there may be at least 64 descriptors", limit.rlim_cur >= 64);
}

int main(void)
{
    test_errors();
    test_all_readable();
    test_set();
    test_stack();
    return check_finish();
}
