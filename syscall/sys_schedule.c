/* SPDX-License-Identifier: MIT */
/*
 * Calls on who runs when: niceness, policies, priorities, processors.
 *
 * There is one thread on one processor, which runs as long as it wants to. What the program sets is
 * checked and told again as on Linux, and has no effect, as on an otherwise idle Linux.
 */
#include <asm/errno.h>
#include <linux/ioprio.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/time_types.h>

#include "arch/usercopy.h"
#include "kernel/proc/process.h"
#include "syscall/table.h"

#define REALTIME_MIN    1
#define REALTIME_MAX    99
#define ROUND_ROBIN_NS  100000000 /* Linux include/linux/sched/rt.h: RR_TIMESLICE */
#define NICENESS_OFFSET 20        /* getpriority gives no negative numbers */

static bool is_own_id(int id)
{
    return id == 0 || id == process_current()->pid;
}

long sys_sched_yield(void)
{
    sched_yield();
    return 0;
}

/* ---- Niceness ----------------------------------------------------------------------------------*/

/* Whether `which` and `who` name the process; a user is named by its number, and there is only 0. */
static long check_who(int which, int who)
{
    if (which != PRIO_PROCESS && which != PRIO_PGRP && which != PRIO_USER)
        return -EINVAL;
    return who == 0 || (which != PRIO_USER && who == process_current()->pid) ? 0 : -ESRCH;
}

long sys_getpriority(int which, int who)
{
    long error = check_who(which, who);
    return error != 0 ? error : NICENESS_OFFSET - process_current()->niceness;
}

long sys_setpriority(int which, int who, int niceness)
{
    long error = check_who(which, who);
    if (error == 0)
        process_current()->niceness = MAX(-NICENESS_OFFSET, MIN(niceness, NICENESS_OFFSET - 1));
    return error;
}

static long check_io_who(int which, int who)
{
    if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER)
        return -EINVAL;
    return check_who(which - IOPRIO_WHO_PROCESS + PRIO_PROCESS, who);
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
    return is_own_id(pid) ? process_current()->schedule.policy : -ESRCH;
}

long sys_sched_getparam(int pid, uptr parameters)
{
    struct sched_param own = {process_current()->schedule.priority};
    if (pid < 0 || parameters.addr == 0)
        return -EINVAL;
    if (!is_own_id(pid))
        return -ESRCH;
    return usercopy_to(parameters, &own, sizeof(own)) != 0 ? -EFAULT : 0;
}

static long set_policy(int pid, int policy, uptr parameters)
{
    struct sched_param wanted;
    if (pid < 0 || parameters.addr == 0)
        return -EINVAL;
    if (usercopy_from(&wanted, parameters, sizeof(wanted)) != 0)
        return -EFAULT;
    if (!is_own_id(pid))
        return -ESRCH;
    int plain = policy & ~SCHED_RESET_ON_FORK;
    if (!is_policy(plain) || plain == SCHED_DEADLINE) /* which needs sched_setattr's numbers */
        return -EINVAL;
    if (is_realtime(plain)
            ? wanted.sched_priority < REALTIME_MIN || wanted.sched_priority > REALTIME_MAX
            : wanted.sched_priority != 0)
        return -EINVAL;
    process_current()->schedule = (struct process_schedule){policy, wanted.sched_priority};
    return 0;
}

long sys_sched_setscheduler(int pid, int policy, uptr parameters)
{
    return policy < 0 ? -EINVAL : set_policy(pid, policy, parameters);
}

long sys_sched_setparam(int pid, uptr parameters)
{
    return set_policy(pid, process_current()->schedule.policy, parameters);
}

/* 0 means without end: nothing takes the processor away. */
long sys_sched_rr_get_interval(int pid, uptr interval)
{
    if (pid < 0)
        return -EINVAL;
    if (!is_own_id(pid))
        return -ESRCH;
    int policy = process_current()->schedule.policy & ~SCHED_RESET_ON_FORK;
    struct __kernel_timespec slice = {.tv_nsec = policy == SCHED_RR ? ROUND_ROBIN_NS : 0};
    return usercopy_to(interval, &slice, sizeof(slice)) != 0 ? -EFAULT : 0;
}

/* ---- Processors --------------------------------------------------------------------------------*/

long sys_sched_getaffinity(int pid, unsigned size, uptr set)
{
    u64 processors = 1;
    unsigned bits = size * 8; /* which is 0 for 2^29, on Linux as well */
    if (bits == 0 || size % sizeof(processors) != 0)
        return -EINVAL;
    if (!is_own_id(pid))
        return -ESRCH;
    return usercopy_to(set, &processors, sizeof(processors)) ? -EFAULT : (long)sizeof(processors);
}

long sys_sched_setaffinity(int pid, unsigned size, uptr set)
{
    u64 wish = 0;
    if (usercopy_from(&wish, set, MIN(size, (unsigned)sizeof(wish))) != 0)
        return -EFAULT;
    if (!is_own_id(pid))
        return -ESRCH;
    return wish & 1 ? 0 : -EINVAL;
}

long sys_getcpu(uptr cpu, uptr node, uptr cache)
{
    u32 zero = 0;
    (void)cache; /* unused since Linux 2.6.24 */
    if (cpu.addr != 0 && usercopy_to(cpu, &zero, sizeof(zero)) != 0)
        return -EFAULT;
    return node.addr != 0 && usercopy_to(node, &zero, sizeof(zero)) != 0 ? -EFAULT : 0;
}
