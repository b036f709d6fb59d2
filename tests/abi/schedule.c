/* SPDX-License-Identifier: MIT */
/* Niceness, priorities and policies: what is set is checked and told again. */
#include "tests/abi/check.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#define NOBODY 0x3fffffff

static void test_niceness(void)
{
    struct call_case cases[] = {
        {"getpriority of an unknown kind", __NR_getpriority, {3, 0}, -EINVAL},
        {"getpriority of nobody", __NR_getpriority, {PRIO_PROCESS, NOBODY}, -ESRCH},
        {"setpriority of nobody", __NR_setpriority, {PRIO_PGRP, NOBODY, 1}, -ESRCH},
        {"setpriority of an unknown kind", __NR_setpriority, {-1, 0, 1}, -EINVAL},
        {"setpriority", __NR_setpriority, {PRIO_PROCESS, 0, 5}, 0},
        {"getpriority", __NR_getpriority, {PRIO_PROCESS, 0}, 15},
        {"setpriority beyond the end", __NR_setpriority, {PRIO_PROCESS, 0, 100}, 0},
        {"getpriority at the end", __NR_getpriority, {PRIO_PROCESS, 0}, 1},
    };
    CHECK_CALLS(cases);
    check_result("getpriority by number", call(__NR_getpriority, PRIO_PROCESS, call(__NR_getpid)),
                 1);
}

#define IO_PRIORITY(class, level) ((class) << 13 | (level))

static void test_io_priority(void)
{
    struct call_case cases[] = {
        {"ioprio_get of an unknown kind", __NR_ioprio_get, {0, 0}, -EINVAL},
        {"ioprio_get of nobody", __NR_ioprio_get, {1, NOBODY}, -ESRCH},
        {"ioprio_set of no class with a level", __NR_ioprio_set, {1, 0, 1}, -EINVAL},
        {"ioprio_set of an unknown class", __NR_ioprio_set, {1, 0, IO_PRIORITY(4, 0)}, -EINVAL},
        {"ioprio_set", __NR_ioprio_set, {1, 0, IO_PRIORITY(2, 6)}, 0},
        {"ioprio_get", __NR_ioprio_get, {1, 0}, IO_PRIORITY(2, 6)},
        {"ioprio_set to idle", __NR_ioprio_set, {1, 0, IO_PRIORITY(3, 0)}, 0},
        {"ioprio_get of idle", __NR_ioprio_get, {1, 0}, IO_PRIORITY(3, 0)},
    };
    CHECK_CALLS(cases);
}

static void test_policy(void)
{
    int zero = 0, one = 1, got = 77;
    struct timespec slice;
    struct call_case cases[] = {
        {"highest of SCHED_FIFO", __NR_sched_get_priority_max, {SCHED_FIFO}, 99},
        {"lowest of SCHED_RR", __NR_sched_get_priority_min, {SCHED_RR}, 1},
        {"highest of SCHED_BATCH", __NR_sched_get_priority_max, {SCHED_BATCH}, 0},
        {"highest of an unknown policy", __NR_sched_get_priority_max, {4}, -EINVAL},
        {"lowest of an unknown policy", __NR_sched_get_priority_min, {-1}, -EINVAL},
        {"policy", __NR_sched_getscheduler, {0}, SCHED_NORMAL},
        {"policy of nobody", __NR_sched_getscheduler, {NOBODY}, -ESRCH},
        {"policy of -1", __NR_sched_getscheduler, {-1}, -EINVAL},
        {"parameters", __NR_sched_getparam, {0, (long)&got}, 0},
        {"parameters into nothing", __NR_sched_getparam, {0, 0}, -EINVAL},
        {"parameters into nowhere", __NR_sched_getparam, {0, KERNEL_ADDRESS}, -EFAULT},
        {"parameters of nobody", __NR_sched_getparam, {NOBODY, (long)&got}, -ESRCH},
        {"a normal priority of 1", __NR_sched_setscheduler, {0, SCHED_NORMAL, (long)&one}, -EINVAL},
        {"FIFO without one", __NR_sched_setscheduler, {0, SCHED_FIFO, (long)&zero}, -EINVAL},
        {"policy -1", __NR_sched_setscheduler, {0, -1, (long)&zero}, -EINVAL},
        {"policy 4", __NR_sched_setscheduler, {0, 4, (long)&zero}, -EINVAL},
        {"no parameters", __NR_sched_setscheduler, {0, SCHED_BATCH, 0}, -EINVAL},
        {"parameters from nowhere",
         __NR_sched_setscheduler,
         {0, SCHED_BATCH, KERNEL_ADDRESS},
         -EFAULT},
        {"SCHED_BATCH", __NR_sched_setscheduler, {0, SCHED_BATCH, (long)&zero}, 0},
        {"it is", __NR_sched_getscheduler, {0}, SCHED_BATCH},
        {"the parameters again", __NR_sched_setparam, {0, (long)&zero}, 0},
        {"wrong ones", __NR_sched_setparam, {0, (long)&one}, -EINVAL},
        {"slice of nobody", __NR_sched_rr_get_interval, {NOBODY, (long)&slice}, -ESRCH},
        {"slice into nowhere", __NR_sched_rr_get_interval, {0, KERNEL_ADDRESS}, -EFAULT},
        {"slice", __NR_sched_rr_get_interval, {0, (long)&slice}, 0},
    };
    CHECK_CALLS(cases);
    check("the priority is 0", got == 0);
    check("a slice is a time", slice.tv_sec == 0 && slice.tv_nsec >= 0);
}

static volatile int begun, stop;

static void *spin(void *unused)
{
    begun = 1;
    while (!stop)
        ;
    return unused;
}

/* Two threads on one processor, one of which never lets go of it: the creator gets it back, from the new
 * thread's first slice and after a sleep. */
static void test_slices(void)
{
    unsigned cpu;
    pthread_t thread;

    getcpu(&cpu, NULL);
    unsigned long only[16] = {0};
    only[cpu / 64] = 1UL << cpu % 64;
    check_result("one processor", call(__NR_sched_setaffinity, 0, sizeof(only), only), 0);
    check("a thread", pthread_create(&thread, NULL, spin, NULL) == 0);
    while (!begun)
        ;
    check("both have run", 1);
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    stop = 1;
    check("and it ends", pthread_join(thread, NULL) == 0);
}

int main(void)
{
    test_niceness();
    test_io_priority();
    test_policy();
    test_slices();
    return check_finish();
}
