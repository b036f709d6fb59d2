/* SPDX-License-Identifier: MIT */
/*
 * Calls on who runs when: niceness, priorities of input and output, processors. On Linux each belongs to a
 * thread; 0 is the one that asks. Policies are sys_policy.c's.
 */
#include <asm/errno.h>
#include <linux/ioprio.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/time_types.h>

#include "arch/smp.h"
#include "arch/usercopy.h"
#include "kernel/lib/string.h"
#include "kernel/proc/task.h"
#include "syscall/schedule.h"
#include "syscall/table.h"

#define NICENESS_OFFSET 20 /* getpriority gives no negative numbers */

struct task *schedule_named(int tid)
{
    return task_get(process_current(), tid ? tid : thread_current()->tid);
}

bool schedule_of(int tid, struct thread_schedule *out)
{
    struct task *task = schedule_named(tid);
    if (!task)
        return false;
    *out = task_schedule(task);
    task_put(task);
    return true;
}

long schedule_change_of(int tid, schedule_change change, const void *wish)
{
    struct task *task = schedule_named(tid);
    if (!task)
        return -ESRCH;
    int error = task_change_schedule(task, change, wish);
    task_put(task);
    return error;
}

long sys_sched_yield(void)
{
    sched_yield();
    return 0;
}

/* ---- One or all --------------------------------------------------------------------------------*/

/* `which` and `who` as getpriority has them name one thread, or all of a group or of a user, which are those
 * of this process: there is no other, and a user is named by its number, of which there is only 0. Calls
 * one(task, context) for each; 0, or -errno if there is none. */
static long for_each_named(int which, int who, void (*one)(struct task *task, void *context),
                           void *context)
{
    struct task *task;
    if (which != PRIO_PROCESS && which != PRIO_PGRP && which != PRIO_USER)
        return -EINVAL;
    if (which == PRIO_PROCESS) {
        task = schedule_named(who);
        if (!task)
            return -ESRCH;
        one(task, context);
        task_put(task);
        return 0;
    }
    if (who != 0 && (which == PRIO_USER || who != process_current()->pid))
        return -ESRCH;
    for (int tid = 1; (task = task_get_next(process_current(), tid)) != NULL; tid++) {
        tid = task->tid;
        one(task, context);
        task_put(task);
    }
    return 0;
}

/* ---- Niceness ----------------------------------------------------------------------------------*/

s8 schedule_niceness(int wish)
{
    return MAX(-NICENESS_OFFSET, MIN(wish, NICENESS_OFFSET - 1));
}

static void find_least_nice(struct task *task, void *least)
{
    *(int *)least = MIN(*(int *)least, task_schedule(task).niceness);
}

long sys_getpriority(int which, int who)
{
    int least = NICENESS_OFFSET;
    long error = for_each_named(which, who, find_least_nice, &least);
    return error != 0 ? error : NICENESS_OFFSET - least;
}

static int change_niceness(struct task *task, struct thread_schedule *schedule, const void *wish)
{
    (void)task;
    schedule->niceness = *(const s8 *)wish;
    return 0;
}

static void set_niceness(struct task *task, void *niceness)
{
    (void)task_change_schedule(task, change_niceness, niceness);
}

long sys_setpriority(int which, int who, int niceness)
{
    s8 wish = schedule_niceness(niceness);
    return for_each_named(which, who, set_niceness, &wish);
}

/* ---- Input and output --------------------------------------------------------------------------*/

/* The kind that getpriority knows by another number. */
static int io_kind(int which)
{
    return (int)((u32)which - IOPRIO_WHO_PROCESS + PRIO_PROCESS);
}

static void get_io_priority(struct task *task, void *out)
{
    *(int *)out = __atomic_load_n(&task->io_priority, __ATOMIC_RELAXED);
}

/* Where none is set, policy and niceness say (Linux include/linux/ioprio.h: __get_task_ioprio). */
static void find_best_io_priority(struct task *task, void *best)
{
    int priority;
    get_io_priority(task, &priority);
    if (IOPRIO_PRIO_CLASS(priority) == IOPRIO_CLASS_NONE) {
        struct thread_schedule schedule = task_schedule(task);
        int class = schedule.priority != 0          ? IOPRIO_CLASS_RT
                    : schedule.policy == SCHED_IDLE ? IOPRIO_CLASS_IDLE
                                                    : IOPRIO_CLASS_BE;
        priority = IOPRIO_PRIO_VALUE(class, (schedule.niceness + NICENESS_OFFSET) / 5);
    }
    *(int *)best = MIN(*(int *)best, priority);
}

long sys_ioprio_get(int which, int who)
{
    int priority = INT32_MAX;
    bool one = which == IOPRIO_WHO_PROCESS;
    long error = for_each_named(io_kind(which), who, one ? get_io_priority : find_best_io_priority,
                                &priority);
    return error != 0 ? error : priority;
}

static void set_io_priority(struct task *task, void *priority)
{
    __atomic_store_n(&task->io_priority, *(int *)priority, __ATOMIC_RELAXED);
}

long sys_ioprio_set(int which, int who, int priority)
{
    int data = IOPRIO_PRIO_DATA(priority);
    switch (IOPRIO_PRIO_CLASS(priority)) {
    case IOPRIO_CLASS_RT:
    case IOPRIO_CLASS_BE:
        if (data >= IOPRIO_NR_LEVELS)
            return -EINVAL;
        break;
    case IOPRIO_CLASS_IDLE:
        break;
    case IOPRIO_CLASS_NONE:
        if (data != 0)
            return -EINVAL;
        break;
    default:
        return -EINVAL;
    }
    return for_each_named(io_kind(which), who, set_io_priority, &priority);
}

/* ---- Processors --------------------------------------------------------------------------------*/

long sys_sched_getaffinity(int pid, unsigned size, uptr set)
{
    struct thread_schedule schedule;
    unsigned bits = size * 8; /* which is 0 for 2^29, on Linux as well */
    if (bits < cpu_count() || size % sizeof(u64) != 0)
        return -EINVAL;
    if (!schedule_of(pid, &schedule))
        return -ESRCH;
    u64 processors = schedule.affinity & sched_online();
    return usercopy_to(set, &processors, sizeof(processors)) ? -EFAULT : (long)sizeof(processors);
}

static int change_affinity(struct task *task, struct thread_schedule *schedule, const void *wish)
{
    (void)task;
    schedule->affinity = *(const u64 *)wish;
    return 0;
}

long sys_sched_setaffinity(int pid, unsigned size, uptr set)
{
    struct thread_schedule ignored;
    u64 wish = 0;
    if (usercopy_from(&wish, set, MIN(size, (unsigned)sizeof(wish))) != 0)
        return -EFAULT;
    if (!schedule_of(pid, &ignored))
        return -ESRCH;
    wish &= sched_online();
    if (wish == 0 || !sched_wait_online(wish))
        return -EINVAL;
    return schedule_change_of(pid, change_affinity, &wish);
}

long sys_getcpu(uptr cpu, uptr node, uptr cache)
{
    u32 number = cpu_index(), zero = 0;
    (void)cache; /* unused since Linux 2.6.24 */
    if (cpu.addr != 0 && usercopy_to(cpu, &number, sizeof(number)) != 0)
        return -EFAULT;
    return node.addr != 0 && usercopy_to(node, &zero, sizeof(zero)) != 0 ? -EFAULT : 0;
}
