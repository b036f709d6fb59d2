/* SPDX-License-Identifier: MIT */
/* Niceness, priorities and policies: what is set is checked and told again. */
#include "tests/abi/check.h"

#include <linux/sched.h>
#define sched_param linux_sched_param /* the C library has it, too */
#include <linux/sched/types.h>
#undef sched_param
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

#define SIZE     sizeof(struct sched_attr)
#define FIRST    SCHED_ATTR_SIZE_VER0
#define KEEP_ALL (SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS)
#define SET(what)           \
    {                       \
        0, (long)&(what), 0 \
    }

/* All in one structure, which may be of another version. */
static void test_attributes(void)
{
    struct sched_attr got,
        fifo = {.size = SIZE,
                .sched_policy = SCHED_FIFO,
                .sched_flags = SCHED_FLAG_RESET_ON_FORK,
                .sched_priority = 7},
        keep = {.sched_policy = SCHED_BATCH, .sched_flags = KEEP_ALL, .sched_nice = 3},
        policy = {.size = FIRST,
                  .sched_policy = SCHED_BATCH,
                  .sched_flags = SCHED_FLAG_KEEP_PARAMS},
        nice = {.size = SIZE, .sched_nice = 99}, small = {.size = FIRST - 1},
        wrong = {.size = SIZE, .sched_policy = 77}, negative = {.size = SIZE, .sched_policy = -1u},
        bits = {.size = SIZE, .sched_flags = 1 << 7},
        high = {.size = SIZE, .sched_policy = SCHED_FIFO, .sched_priority = 100},
        none = {.size = SIZE, .sched_policy = SCHED_RR},
        one = {.size = SIZE, .sched_policy = SCHED_BATCH, .sched_priority = 1},
        clamp = {.size = FIRST, .sched_flags = SCHED_FLAG_UTIL_CLAMP_MIN};
    struct {
        struct sched_attr known;
        char unknown[8];
    } large = {.known = {.size = sizeof(large), .sched_policy = SCHED_BATCH}},
      later = {.known = {.size = sizeof(later)}, .unknown = {1}};
    struct call_case cases[] = {
        {"attributes of a FIFO thread", __NR_sched_setattr, SET(fifo), 0},
        {"its policy", __NR_sched_getscheduler, {0}, SCHED_FIFO | SCHED_RESET_ON_FORK},
        {"its attributes", __NR_sched_getattr, {0, (long)&got, SIZE, 0}, 0},
        {"all stay", __NR_sched_setattr, SET(keep), 0},
        {"they did", __NR_sched_getscheduler, {0}, SCHED_FIFO | SCHED_RESET_ON_FORK},
        {"another policy with this priority", __NR_sched_setattr, SET(policy), -EINVAL},
        {"a priority too high", __NR_sched_setattr, SET(high), -EINVAL},
        {"RR without a priority", __NR_sched_setattr, SET(none), -EINVAL},
        {"BATCH with one", __NR_sched_setattr, SET(one), -EINVAL},
        {"a niceness that is none", __NR_sched_setattr, SET(nice), 0},
        {"is the next one", __NR_getpriority, {PRIO_PROCESS, 0}, 1},
        {"another policy", __NR_sched_setattr, SET(policy), 0},
        {"keeps the niceness", __NR_getpriority, {PRIO_PROCESS, 0}, 1},
        {"too small a structure", __NR_sched_setattr, SET(small), -E2BIG},
        {"a larger one", __NR_sched_setattr, SET(large), 0},
        {"without a niceness", __NR_getpriority, {PRIO_PROCESS, 0}, 20},
        {"one of what is to come", __NR_sched_setattr, SET(later), -E2BIG},
        {"an unknown policy", __NR_sched_setattr, SET(wrong), -EINVAL},
        {"a negative one", __NR_sched_setattr, SET(negative), -EINVAL},
        {"unknown flags", __NR_sched_setattr, SET(bits), -EINVAL},
        {"a clamp that has no place", __NR_sched_setattr, SET(clamp), -EINVAL},
        {"attributes of nobody", __NR_sched_setattr, {NOBODY, (long)&nice, 0}, -ESRCH},
        {"of -1", __NR_sched_setattr, {-1, (long)&nice, 0}, -EINVAL},
        {"flags of the call", __NR_sched_setattr, {0, (long)&nice, 1}, -EINVAL},
        {"attributes of nothing", __NR_sched_setattr, {0, 0, 0}, -EINVAL},
        {"from nowhere", __NR_sched_setattr, {0, KERNEL_ADDRESS, 0}, -EFAULT},
        {"into nothing", __NR_sched_getattr, {0, 0, SIZE, 0}, -EINVAL},
        {"into nowhere", __NR_sched_getattr, {0, KERNEL_ADDRESS, SIZE, 0}, -EFAULT},
        {"into too little", __NR_sched_getattr, {0, (long)&got, FIRST - 1, 0}, -EINVAL},
        {"into too much", __NR_sched_getattr, {0, (long)&got, 4097, 0}, -EINVAL},
        {"with flags", __NR_sched_getattr, {0, (long)&got, SIZE, 1}, -EINVAL},
        {"of nobody", __NR_sched_getattr, {NOBODY, (long)&got, SIZE, 0}, -ESRCH},
    };
    CHECK_CALLS(cases);
    check("the attributes were those", got.size == SIZE && got.sched_policy == SCHED_FIFO &&
                                           got.sched_flags == SCHED_FLAG_RESET_ON_FORK &&
                                           got.sched_priority == 7 && got.sched_nice == 0);
    check("the size is told", small.size == SIZE && later.known.size == SIZE);
    check_result("the first version", call(__NR_sched_getattr, 0, &got, FIRST, 0), 0);
    check("has its size", got.size == FIRST && got.sched_policy == SCHED_BATCH);
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
    test_attributes();
    test_slices();
    return check_finish();
}
