/* SPDX-License-Identifier: MIT */
/* Calls on the process, its thread and its limits. */
#include <asm/errno.h>
#include <asm/prctl.h>
#include <linux/rseq.h>
#include <linux/sched.h>

#include "arch/context.h"
#include "arch/upcalls.h"
#include "arch/usercopy.h"
#include "kernel/lib/string.h"
#include "kernel/proc/rseq.h"
#include "kernel/proc/task.h"
#include "syscall/table.h"

#define ROBUST_LIST_HEAD_SIZE 24      /* <linux/futex.h>: struct robust_list_head */
#define OPEN_FILES_HARD_MAX   1048576 /* Linux's default fs.nr_open */

static bool is_own_id(int id)
{
    return id == 0 || id == process_current()->pid;
}

long sys_getpid(void)
{
    return process_current()->pid;
}

long sys_gettid(void)
{
    return thread_current()->tid;
}

long sys_getppid(void)
{
    return process_current()->parent_pid;
}

long sys_exit_group(int status)
{
    process_exit((u8)status);
}

long sys_exit(int status)
{
    task_exit((u8)status); /* the last thread takes the process along */
}

long sys_set_tid_address(uptr word)
{
    task_current()->clear_child_tid = word.addr;
    return thread_current()->tid;
}

long sys_set_robust_list(uptr head, size_t size)
{
    if (size != ROBUST_LIST_HEAD_SIZE)
        return -EINVAL;
    task_current()->robust_list = head.addr;
    return 0;
}

long sys_get_robust_list(int tid, uptr head, uptr size)
{
    u64 list_size = ROBUST_LIST_HEAD_SIZE;
    struct task *task = task_get(process_current(), tid ? tid : thread_current()->tid);
    if (!task)
        return -ESRCH;
    u64 list = task->robust_list;
    task_put(task);
    if (usercopy_to(size, &list_size, sizeof(list_size)) != 0 ||
        usercopy_to(head, &list, sizeof(list)) != 0)
        return -EFAULT;
    return 0;
}

long sys_rseq(uptr area, unsigned size, int flags, unsigned signature)
{
    if (flags & RSEQ_FLAG_UNREGISTER)
        return flags == RSEQ_FLAG_UNREGISTER ? rseq_unregister(area, size, signature) : -EINVAL;
    return flags != 0 ? -EINVAL : rseq_register(area, size, signature);
}

static long put_base(u64 user, u64 base)
{
    return usercopy_to(UPTR(user), &base, sizeof(base)) ? -EFAULT : 0;
}

long sys_arch_prctl(int code, u64 argument)
{
    switch (code) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
        if (argument >= USER_LIMIT)
            return -EPERM;
        if (code == ARCH_SET_FS)
            context_set_fs_base(argument);
        else
            context_set_gs_base(argument);
        return 0;
    case ARCH_GET_FS:
        return put_base(argument, context_fs_base());
    case ARCH_GET_GS:
        return put_base(argument, context_gs_base());
    default:
        return -EINVAL;
    }
}

/* "Read" is all ones; otherwise what was, and the new one is set. No bit of it has an effect before
 * there is execve. */
long sys_personality(unsigned wanted)
{
    struct process *process = process_current();
    if (wanted != UINT32_MAX)
        return __atomic_exchange_n(&process->personality, wanted, __ATOMIC_RELAXED);
    return __atomic_load_n(&process->personality, __ATOMIC_RELAXED);
}

/* ---- Limits -----------------------------------------------------------------------------------*/

static struct rlimit64 limit_get(unsigned resource)
{
    const struct rlimit64 *limit = &process_current()->limits[resource];
    return (struct rlimit64){__atomic_load_n(&limit->rlim_cur, __ATOMIC_RELAXED),
                             __atomic_load_n(&limit->rlim_max, __ATOMIC_RELAXED)};
}

static long limit_set(unsigned resource, const struct rlimit64 *limit)
{
    struct process *process = process_current();
    if (limit->rlim_cur > limit->rlim_max)
        return -EINVAL;
    if (resource == RLIMIT_NOFILE && limit->rlim_max > OPEN_FILES_HARD_MAX)
        return -EPERM;
    __atomic_store_n(&process->limits[resource].rlim_max, limit->rlim_max, __ATOMIC_RELAXED);
    __atomic_store_n(&process->limits[resource].rlim_cur, limit->rlim_cur, __ATOMIC_RELAXED);
    process_apply_limits(process);
    if (resource == RLIMIT_CPU)
        process_cpu_limit_changed(process);
    return 0;
}

long sys_prlimit64(int pid, unsigned resource, uptr limit, uptr old)
{
    struct rlimit64 new_limit, old_limit;
    if (resource >= RLIM_NLIMITS)
        return -EINVAL;
    if (limit.addr != 0 && usercopy_from(&new_limit, limit, sizeof(new_limit)) != 0)
        return -EFAULT;
    if (!is_own_id(pid))
        return -ESRCH;
    old_limit = limit_get(resource);
    if (limit.addr != 0) {
        long error = limit_set(resource, &new_limit);
        if (error != 0)
            return error;
    }
    if (old.addr != 0 && usercopy_to(old, &old_limit, sizeof(old_limit)) != 0)
        return -EFAULT;
    return 0;
}

long sys_getrlimit(unsigned resource, uptr limit)
{
    if (resource >= RLIM_NLIMITS)
        return -EINVAL;
    struct rlimit64 current = limit_get(resource);
    return usercopy_to(limit, &current, sizeof(current)) ? -EFAULT : 0;
}

long sys_setrlimit(unsigned resource, uptr limit)
{
    struct rlimit64 new_limit;
    if (usercopy_from(&new_limit, limit, sizeof(new_limit)) != 0)
        return -EFAULT;
    return resource >= RLIM_NLIMITS ? -EINVAL : limit_set(resource, &new_limit);
}
