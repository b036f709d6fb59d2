/* SPDX-License-Identifier: MIT */
/*
 * Calls on who runs when: niceness, policies, priorities, processors. On Linux each belongs to a thread;
 * 0 is the one that asks.
 */
#include <asm/errno.h>
#include <linux/ioprio.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/time_types.h>

#include "arch/smp.h"
#include "arch/usercopy.h"
#include "kernel/lib/string.h"
#include "kernel/proc/task.h"
#include "syscall/table.h"

#define REALTIME_MIN    1
#define REALTIME_MAX    99
#define ROUND_ROBIN_NS  100000000 /* Linux include/linux/sched/rt.h: RR_TIMESLICE */
#define FAIR_SLICE_NS   4000000   /* sched_balance.c */
#define NICENESS_OFFSET 20        /* getpriority gives no negative numbers */

/* A thread's schedule, or a change of it. False: there is no such thread. */
static bool schedule_of(int tid, struct thread_schedule *out)
{
    struct task *task = task_get(process_current(), tid ? tid : thread_current()->tid);
    if (!task)
        return false;
    *out = task_schedule(task);
    task_put(task);
    return true;
}

static bool schedule_change(int tid, const struct thread_schedule *schedule)
{
    struct task *task = task_get(process_current(), tid ? tid : thread_current()->tid);
    if (!task)
        return false;
    task_set_schedule(task, schedule);
    task_put(task);
    return true;
}

long sys_sched_yield(void)
{
    sched_yield();
    return 0;
}

/* ---- Niceness ----------------------------------------------------------------------------------*/

/* The first thread that `which` and `who` name, or -errno: all of a group or of a user are those of this
 * process, and a user is named by its number, of which there is only 0. */
static long first_of(int which, int who)
{
    if (which != PRIO_PROCESS && which != PRIO_PGRP && which != PRIO_USER)
        return -EINVAL;
    int own = which == PRIO_PROCESS ? thread_current()->tid : process_current()->pid;
    if (who == 0)
        return own;
    if (which != PRIO_PROCESS)
        return which == PRIO_PGRP && who == own ? own : -ESRCH;
    struct thread_schedule ignored;
    return who > 0 && schedule_of(who, &ignored) ? who : -ESRCH;
}

long sys_getpriority(int which, int who)
{
    struct thread_schedule schedule;
    long tid = first_of(which, who);
    if (tid < 0)
        return tid;
    return schedule_of(tid, &schedule) ? NICENESS_OFFSET - schedule.niceness : -ESRCH;
}

static void set_niceness(int tid, int niceness)
{
    struct thread_schedule schedule;
    if (!schedule_of(tid, &schedule))
        return;
    schedule.niceness = niceness;
    (void)schedule_change(tid, &schedule);
}

long sys_setpriority(int which, int who, int niceness)
{
    long first = first_of(which, who);
    if (first < 0)
        return first;
    niceness = MAX(-NICENESS_OFFSET, MIN(niceness, NICENESS_OFFSET - 1));
    if (which == PRIO_PROCESS) {
        set_niceness(first, niceness);
        return 0;
    }
    struct task *task;
    for (int tid = 1; (task = task_get_next(process_current(), tid)) != NULL; tid++) {
        tid = task->tid;
        set_niceness(tid, niceness);
        task_put(task);
    }
    return 0;
}

static long check_io_who(int which, int who)
{
    if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER)
        return -EINVAL;
    return MIN(first_of(which - IOPRIO_WHO_PROCESS + PRIO_PROCESS, who), 0L);
}

long sys_ioprio_get(int which, int who)
{
    long error = check_io_who(which, who);
    return error != 0 ? error : process_current()->io_priority;
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
    long error = check_io_who(which, who);
    if (error == 0)
        process_current()->io_priority = priority;
    return error;
}

/* ---- Policies ----------------------------------------------------------------------------------*/

static bool is_realtime(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_policy(int policy)
{
    return is_realtime(policy) || policy == SCHED_NORMAL || policy == SCHED_BATCH ||
           policy == SCHED_IDLE || policy == SCHED_DEADLINE;
}

long sys_sched_get_priority_max(int policy)
{
    return is_realtime(policy) ? REALTIME_MAX : is_policy(policy) ? 0 : -EINVAL;
}

long sys_sched_get_priority_min(int policy)
{
    return is_realtime(policy) ? REALTIME_MIN : is_policy(policy) ? 0 : -EINVAL;
}

long sys_sched_getscheduler(int pid)
{
    if (pid < 0)
        return -EINVAL;
    struct task *task = task_get(process_current(), pid ? pid : thread_current()->tid);
    if (!task)
        return -ESRCH;
    long policy = task_schedule(task).policy | (task->resets_on_fork ? SCHED_RESET_ON_FORK : 0);
    task_put(task);
    return policy;
}

long sys_sched_getparam(int pid, uptr parameters)
{
    struct thread_schedule schedule;
    if (pid < 0 || parameters.addr == 0)
        return -EINVAL;
    if (!schedule_of(pid, &schedule))
        return -ESRCH;
    struct sched_param own = {schedule.priority};
    return usercopy_to(parameters, &own, sizeof(own)) != 0 ? -EFAULT : 0;
}

/* The policy without its flag, or -EINVAL. SCHED_DEADLINE is not there. */
static long check_policy(int policy, u32 priority)
{
    int plain = policy & ~SCHED_RESET_ON_FORK;
    if (!is_policy(plain) || plain == SCHED_DEADLINE)
        return -EINVAL;
    if (is_realtime(plain) ? priority < REALTIME_MIN || priority > REALTIME_MAX : priority != 0)
        return -EINVAL;
    return plain;
}

static long change_policy(int pid, int policy, u32 priority, const int *niceness)
{
    struct task *task = task_get(process_current(), pid ? pid : thread_current()->tid);
    if (!task)
        return -ESRCH;
    long plain = check_policy(policy, priority);
    if (plain >= 0) {
        struct thread_schedule schedule = task_schedule(task);
        schedule.policy = plain;
        schedule.priority = priority;
        if (niceness && !is_realtime(plain))
            schedule.niceness = MAX(-NICENESS_OFFSET, MIN(*niceness, NICENESS_OFFSET - 1));
        task->resets_on_fork = policy & SCHED_RESET_ON_FORK;
        task_set_schedule(task, &schedule);
    }
    task_put(task);
    return plain < 0 ? plain : 0;
}

static long set_policy(int pid, int policy, uptr parameters)
{
    struct sched_param wanted;
    if (pid < 0 || parameters.addr == 0)
        return -EINVAL;
    if (usercopy_from(&wanted, parameters, sizeof(wanted)) != 0)
        return -EFAULT;
    return change_policy(pid, policy, wanted.sched_priority, NULL);
}

long sys_sched_setscheduler(int pid, int policy, uptr parameters)
{
    return policy < 0 ? -EINVAL : set_policy(pid, policy, parameters);
}

long sys_sched_setparam(int pid, uptr parameters)
{
    long policy = sys_sched_getscheduler(pid);
    return policy < 0 ? policy : set_policy(pid, policy, parameters);
}

/* 0 means without end: nothing takes the processor away. */
long sys_sched_rr_get_interval(int pid, uptr interval)
{
    struct thread_schedule schedule;
    if (pid < 0)
        return -EINVAL;
    if (!schedule_of(pid, &schedule))
        return -ESRCH;
    long ns = schedule.policy == SCHED_FIFO ? 0
              : schedule.policy == SCHED_RR ? ROUND_ROBIN_NS
                                            : FAIR_SLICE_NS;
    struct __kernel_timespec slice = {.tv_nsec = ns};
    return usercopy_to(interval, &slice, sizeof(slice)) != 0 ? -EFAULT : 0;
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

long sys_sched_setaffinity(int pid, unsigned size, uptr set)
{
    struct thread_schedule schedule;
    u64 wish = 0;
    if (usercopy_from(&wish, set, MIN(size, (unsigned)sizeof(wish))) != 0)
        return -EFAULT;
    if (!schedule_of(pid, &schedule))
        return -ESRCH;
    wish &= sched_online();
    if (wish == 0 || !sched_wait_online(wish))
        return -EINVAL;
    schedule.affinity = wish;
    return schedule_change(pid, &schedule) ? 0 : -ESRCH;
}

long sys_getcpu(uptr cpu, uptr node, uptr cache)
{
    u32 number = cpu_index(), zero = 0;
    (void)cache; /* unused since Linux 2.6.24 */
    if (cpu.addr != 0 && usercopy_to(cpu, &number, sizeof(number)) != 0)
        return -EFAULT;
    return node.addr != 0 && usercopy_to(node, &zero, sizeof(zero)) != 0 ? -EFAULT : 0;
}
