/* SPDX-License-Identifier: MIT */
/*
 * prctl: what a process says about itself and asks of itself, one option at a time. Options that
 * Linux has only with certain processors or settings are EINVAL, as there.
 */
#include <asm/errno.h>
#include <linux/prctl.h>

#include "arch/usercopy.h"
#include "kernel/lib/string.h"
#include "kernel/proc/process.h"
#include "syscall/table.h"

#define TIMER_SLACK_NS 50000 /* Linux's default */

static long set_name(uptr user)
{
    char name[PROCESS_NAME_MAX] = "";
    long length = usercopy_string(name, user, sizeof(name));
    if (length == -EFAULT)
        return -EFAULT;
    name[sizeof(name) - 1] = '\0'; /* a longer one is cut */
    task_set_name(task_current(), name);
    return 0;
}

static long get_name(uptr user)
{
    char name[PROCESS_NAME_MAX];
    task_name(task_current(), name);
    return usercopy_to(user, name, sizeof(name)) ? -EFAULT : 0;
}

/* PR_SET_THP_DISABLE and PR_GET_THP_DISABLE. */
static long huge_pages(bool set, u64 disable, u64 rest)
{
    struct aspace *space = &process_current()->space;
    if (rest != 0 || (!set && disable != 0))
        return -EINVAL;
    if (!set)
        return __atomic_load_n(&space->no_huge, __ATOMIC_RELAXED);
    __atomic_store_n(&space->no_huge, disable != 0, __ATOMIC_RELAXED);
    return 0;
}

static long capability_bounding(int option, u64 capability)
{
    struct capabilities *own = &task_current()->capabilities;
    if (capability > CAP_LAST_CAP)
        return -EINVAL;
    if (option == PR_CAPBSET_READ)
        return own->bounding >> capability & 1;
    if (!(own->effective & 1UL << CAP_SETPCAP))
        return -EPERM;
    own->bounding &= ~(1UL << capability);
    return 0;
}

static long capability_ambient(u64 operation, u64 capability)
{
    struct capabilities *own = &task_current()->capabilities;
    if (operation == PR_CAP_AMBIENT_CLEAR_ALL) {
        own->ambient = 0;
        return capability == 0 ? 0 : -EINVAL;
    }
    if (capability > CAP_LAST_CAP)
        return -EINVAL;
    u64 bit = 1UL << capability;
    switch (operation) {
    case PR_CAP_AMBIENT_IS_SET:
        return (own->ambient & bit) != 0;
    case PR_CAP_AMBIENT_RAISE:
        if (!(own->permitted & own->inheritable & bit))
            return -EPERM;
        own->ambient |= bit;
        return 0;
    case PR_CAP_AMBIENT_LOWER:
        own->ambient &= ~bit;
        return 0;
    default:
        return -EINVAL;
    }
}

/* A wish that is 0 or 1. */
static long set_flag(bool *flag, u64 value)
{
    if (value > 1)
        return -EINVAL;
    *flag = value != 0;
    return 0;
}

static long put_int(u64 user, int value)
{
    return usercopy_to(UPTR(user), &value, sizeof(value)) ? -EFAULT : 0;
}

static long no_new_privileges(bool set, u64 second, u64 rest)
{
    if (second != set || rest != 0)
        return -EINVAL;
    if (!set)
        return task_current()->wishes.no_new_privileges;
    task_current()->wishes.no_new_privileges = true;
    return 0;
}

/* Sleeps end when they should, whatever is allowed: the number is only kept. */
static long timer_slack(u64 nanoseconds)
{
    task_current()->wishes.timer_slack = (s64)nanoseconds <= 0 ? 0 : nanoseconds;
    return 0;
}

static long death_signal(u64 signal)
{
    if (signal > SIGNAL_COUNT)
        return -EINVAL;
    task_current()->wishes.death_signal = (int)signal;
    return 0;
}

long sys_prctl(int option, u64 second, u64 third, u64 fourth, u64 fifth)
{
    struct process_wishes *wishes = &process_current()->wishes;
    struct task_wishes *own = &task_current()->wishes;
    switch (option) {
    case PR_SET_NAME:
        return set_name(UPTR(second));
    case PR_GET_NAME:
        return get_name(UPTR(second));
    case PR_SET_THP_DISABLE:
    case PR_GET_THP_DISABLE:
        return huge_pages(option == PR_SET_THP_DISABLE, second, third | fourth | fifth);
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
        return capability_bounding(option, second);
    case PR_CAP_AMBIENT:
        return fourth == 0 && fifth == 0 ? capability_ambient(second, third) : -EINVAL;
    case PR_SET_NO_NEW_PRIVS:
    case PR_GET_NO_NEW_PRIVS:
        return no_new_privileges(option == PR_SET_NO_NEW_PRIVS, second, third | fourth | fifth);
    case PR_SET_DUMPABLE:
        return set_flag(&wishes->dumpable, second);
    case PR_GET_DUMPABLE:
        return wishes->dumpable;
    case PR_SET_KEEPCAPS:
        return set_flag(&own->keep_capabilities, second);
    case PR_GET_KEEPCAPS:
        return own->keep_capabilities;
    case PR_SET_CHILD_SUBREAPER:
        wishes->subreaper = second != 0;
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return put_int(second, wishes->subreaper);
    case PR_SET_PDEATHSIG:
        return death_signal(second);
    case PR_GET_PDEATHSIG:
        return put_int(second, own->death_signal);
    case PR_GET_TID_ADDRESS:
        return usercopy_to(UPTR(second), &task_current()->clear_child_tid, sizeof(u64)) ? -EFAULT
                                                                                        : 0;
    case PR_SET_TIMERSLACK:
        return timer_slack(second);
    case PR_GET_TIMERSLACK:
        return (long)(own->timer_slack ? own->timer_slack : TIMER_SLACK_NS);
    case PR_GET_TSC:
        return put_int(second, PR_TSC_ENABLE);
    case PR_SET_TIMING:
        return second == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
    case PR_GET_TIMING:
        return PR_TIMING_STATISTICAL;
    case PR_GET_SECCOMP:
    case PR_GET_SECUREBITS:
        return 0;
    default:
        return -EINVAL;
    }
}
