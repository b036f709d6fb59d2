/* SPDX-License-Identifier: MIT */
/* Calls on policies: SCHED_OTHER, BATCH, IDLE, FIFO and RR; SCHED_DEADLINE is not there. */
#include <asm/errno.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/time_types.h>

#include "arch/usercopy.h"
#include "kernel/lib/string.h"
#include "syscall/decode.h"
#include "syscall/schedule.h"
#include "syscall/table.h"

#define REALTIME_MIN   1
#define REALTIME_MAX   99
#define ROUND_ROBIN_NS 100000000 /* Linux include/linux/sched/rt.h: RR_TIMESLICE */
#define FAIR_SLICE_NS  4000000   /* sched_balance.c */

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
    struct task *task = schedule_named(pid);
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

#define POLICY_STAYS   (-1)
#define NICENESS_STAYS 127

struct policy_wish {
    int policy; /* or POLICY_STAYS, and then whether it is reset on fork, too */
    bool resets_on_fork;
    bool parameters_stay; /* whatever the two below say */
    u32 priority;
    s8 niceness; /* or NICENESS_STAYS */
};

/* SCHED_DEADLINE is not there. */
static int change_policy(struct task *task, struct thread_schedule *schedule, const void *context)
{
    const struct policy_wish *wish = context;
    int policy = wish->policy == POLICY_STAYS ? schedule->policy : wish->policy;
    u32 priority = wish->parameters_stay ? schedule->priority : wish->priority;
    if (!is_policy(policy) || policy == SCHED_DEADLINE)
        return -EINVAL;
    if (is_realtime(policy) ? priority < REALTIME_MIN || priority > REALTIME_MAX : priority != 0)
        return -EINVAL;
    if (!is_realtime(policy) && !wish->parameters_stay && wish->niceness != NICENESS_STAYS)
        schedule->niceness = wish->niceness;
    schedule->policy = policy;
    schedule->priority = priority;
    if (wish->policy != POLICY_STAYS)
        task->resets_on_fork = wish->resets_on_fork;
    return 0;
}

static long set_policy(int pid, int policy, uptr parameters)
{
    struct sched_param wanted;
    if (pid < 0 || parameters.addr == 0)
        return -EINVAL;
    if (usercopy_from(&wanted, parameters, sizeof(wanted)) != 0)
        return -EFAULT;
    struct policy_wish wish = {
        .policy = policy == POLICY_STAYS ? policy : policy & ~SCHED_RESET_ON_FORK,
        .resets_on_fork = policy & SCHED_RESET_ON_FORK,
        .priority = wanted.sched_priority,
        .niceness = NICENESS_STAYS,
    };
    return schedule_change_of(pid, change_policy, &wish);
}

long sys_sched_setscheduler(int pid, int policy, uptr parameters)
{
    return policy < 0 ? -EINVAL : set_policy(pid, policy, parameters);
}

long sys_sched_setparam(int pid, uptr parameters)
{
    return set_policy(pid, POLICY_STAYS, parameters);
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

/* ---- All in one structure ----------------------------------------------------------------------*/

/* Into `out`, as Linux's sched_copy_attr does. */
static long read_attributes(uptr user, struct sched_attr *out)
{
    u32 size, known = sizeof(*out);
    if (usercopy_from(&size, UPTR_ADD(user, offsetof(struct sched_attr, size)), sizeof(size)) != 0)
        return -EFAULT;
    size = size ? size : SCHED_ATTR_SIZE_VER0;
    long error = size < SCHED_ATTR_SIZE_VER0 ? -E2BIG : decode_versioned(user, size, out, known);
    if (error == -E2BIG)
        (void)!usercopy_to(UPTR_ADD(user, offsetof(struct sched_attr, size)), &known,
                           sizeof(known));
    else if (error == 0 && (out->sched_flags & SCHED_FLAG_UTIL_CLAMP) &&
             size < SCHED_ATTR_SIZE_VER1)
        error = -EINVAL;
    return error;
}

long sys_sched_setattr(int pid, uptr attributes, unsigned flags)
{
    struct sched_attr wanted;
    if (attributes.addr == 0 || pid < 0 || flags != 0)
        return -EINVAL;
    long error = read_attributes(attributes, &wanted);
    if (error != 0)
        return error;
    bool policy_stays = wanted.sched_flags & SCHED_FLAG_KEEP_POLICY;
    if ((int)wanted.sched_policy < 0 || (wanted.sched_flags & ~(u64)SCHED_FLAG_ALL))
        return -EINVAL;
    if (wanted.sched_flags & SCHED_FLAG_UTIL_CLAMP)
        return -EOPNOTSUPP; /* as without CONFIG_UCLAMP_TASK */
    struct policy_wish wish = {
        .policy = policy_stays ? POLICY_STAYS : (int)wanted.sched_policy,
        .resets_on_fork = wanted.sched_flags & SCHED_FLAG_RESET_ON_FORK,
        .parameters_stay = wanted.sched_flags & SCHED_FLAG_KEEP_PARAMS,
        .priority = wanted.sched_priority,
        .niceness = schedule_niceness(wanted.sched_nice),
    };
    return schedule_change_of(pid, change_policy, &wish);
}

long sys_sched_getattr(int pid, uptr attributes, unsigned size, unsigned flags)
{
    if (attributes.addr == 0 || pid < 0 || size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE ||
        flags != 0)
        return -EINVAL;
    struct task *task = schedule_named(pid);
    if (!task)
        return -ESRCH;
    struct thread_schedule schedule = task_schedule(task);
    struct sched_attr out = {
        .size = MIN(size, (unsigned)sizeof(out)),
        .sched_policy = schedule.policy,
        .sched_flags = task->resets_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0,
        .sched_nice = is_realtime(schedule.policy) ? 0 : schedule.niceness,
        .sched_priority = schedule.priority,
    };
    task_put(task);
    return usercopy_to(attributes, &out, out.size) != 0 ? -EFAULT : 0;
}
