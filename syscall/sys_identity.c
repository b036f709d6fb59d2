/* SPDX-License-Identifier: MIT */
/*
 * Calls on user and group numbers, capabilities, sessions and groups of processes.
 *
 * The program is root, and root is the only user there is, as in a user namespace of Linux that
 * maps nothing but number 0 (man 7 user_namespaces): every other number is EINVAL. So nothing has to
 * be checked when a file is opened, and a program that wants to lose its rights is told that it
 * cannot. It is the only process, and leads its group and its session.
 */
#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/limits.h>

#include "arch/usercopy.h"
#include "kernel/proc/task.h"
#include "syscall/table.h"

#define UNCHANGED  ((u32)-1)
#define CAPABLE(c) (1UL << (c))

/* ---- Users and groups --------------------------------------------------------------------------*/

long sys_getuid(void)
{
    return 0;
}

long sys_geteuid(void)
{
    return 0;
}

long sys_getgid(void)
{
    return 0;
}

long sys_getegid(void)
{
    return 0;
}

static long put_three_ids(uptr first, uptr second, uptr third)
{
    u32 id = 0;
    return usercopy_to(first, &id, sizeof(id)) || usercopy_to(second, &id, sizeof(id)) ||
                   usercopy_to(third, &id, sizeof(id))
               ? -EFAULT
               : 0;
}

long sys_getresuid(uptr real, uptr effective, uptr saved)
{
    return put_three_ids(real, effective, saved);
}

long sys_getresgid(uptr real, uptr effective, uptr saved)
{
    return put_three_ids(real, effective, saved);
}

/* A number to become, where -1 means none for setuid and setgid. */
static long become(u32 id)
{
    return id == 0 ? 0 : -EINVAL;
}

static bool is_possible(u32 id)
{
    return id == 0 || id == UNCHANGED;
}

long sys_setuid(unsigned id)
{
    return become(id);
}

long sys_setgid(unsigned id)
{
    return become(id);
}

long sys_setreuid(unsigned real, unsigned effective)
{
    return is_possible(real) && is_possible(effective) ? 0 : -EINVAL;
}

long sys_setregid(unsigned real, unsigned effective)
{
    return is_possible(real) && is_possible(effective) ? 0 : -EINVAL;
}

long sys_setresuid(unsigned real, unsigned effective, unsigned saved)
{
    return is_possible(real) && is_possible(effective) && is_possible(saved) ? 0 : -EINVAL;
}

long sys_setresgid(unsigned real, unsigned effective, unsigned saved)
{
    return is_possible(real) && is_possible(effective) && is_possible(saved) ? 0 : -EINVAL;
}

/* These two have no errors: they return what was, and is. */
long sys_setfsuid(unsigned id)
{
    (void)id;
    return 0;
}

long sys_setfsgid(unsigned id)
{
    (void)id;
    return 0;
}

/* Supplementary groups: so many times number 0. */
long sys_getgroups(int size, uptr groups)
{
    int count = process_current()->group_count;
    if (size < 0)
        return -EINVAL;
    if (size == 0)
        return count;
    if (size < count)
        return -EINVAL;
    return usercopy_zero(groups, (size_t)count * sizeof(u32)) != 0 ? -EFAULT : count;
}

long sys_setgroups(int count, uptr groups)
{
    if ((unsigned)count > NGROUPS_MAX)
        return -EINVAL;
    for (int i = 0; i < count; i++) {
        u32 id;
        if (usercopy_from(&id, UPTR_ADD(groups, (size_t)i * sizeof(id)), sizeof(id)) != 0)
            return -EFAULT;
        if (id != 0)
            return -EINVAL;
    }
    process_current()->group_count = count;
    return 0;
}

/* ---- Capabilities (man 2 capget) ---------------------------------------------------------------*/

/* How many words a set has in this version of the header; 0: no such version, and the header has
 * been told ours. */
static long words_of_version(uptr header, u32 version, size_t *words)
{
    static const u32 ours = _LINUX_CAPABILITY_VERSION_3;
    *words = version == _LINUX_CAPABILITY_VERSION_1 ? _LINUX_CAPABILITY_U32S_1
             : version == _LINUX_CAPABILITY_VERSION_2 || version == _LINUX_CAPABILITY_VERSION_3
                 ? _LINUX_CAPABILITY_U32S_3
                 : 0;
    if (*words != 0)
        return 0;
    return usercopy_to(header, &ours, sizeof(ours)) != 0 ? -EFAULT : -EINVAL;
}

long sys_capget(uptr header, uptr data)
{
    struct __user_cap_header_struct head;
    struct __user_cap_data_struct sets[2];
    size_t words;
    if (usercopy_from(&head, header, sizeof(head)) != 0)
        return -EFAULT;
    long error = words_of_version(header, head.version, &words);
    if (data.addr == 0 || error != 0)
        return data.addr == 0 && error == -EINVAL ? 0 : error;
    if (head.pid < 0)
        return -EINVAL;
    struct task *task = task_get(process_current(), head.pid != 0 ? head.pid : task_current()->tid);
    if (!task)
        return -ESRCH;
    const struct capabilities *own = &task->capabilities;
    for (size_t i = 0; i < words; i++)
        sets[i] = (struct __user_cap_data_struct){
            .effective = (u32)(own->effective >> (32 * i)),
            .permitted = (u32)(own->permitted >> (32 * i)),
            .inheritable = (u32)(own->inheritable >> (32 * i)),
        };
    task_put(task);
    return usercopy_to(data, sets, words * sizeof(sets[0])) != 0 ? -EFAULT : 0;
}

/* Whether the rules of man 7 capabilities let a process go from `own` to `wanted`. */
static bool may_change(const struct capabilities *own, const struct capabilities *wanted)
{
    u64 inheritable = own->inheritable | own->bounding;
    if (!(own->effective & CAPABLE(CAP_SETPCAP)))
        inheritable &= own->inheritable | own->permitted;
    return !(wanted->inheritable & ~inheritable) && !(wanted->permitted & ~own->permitted) &&
           !(wanted->effective & ~wanted->permitted);
}

long sys_capset(uptr header, uptr data)
{
    struct capabilities *own = &task_current()->capabilities;
    struct __user_cap_header_struct head;
    struct __user_cap_data_struct sets[2] = {0};
    size_t words;
    if (usercopy_from(&head, header, sizeof(head)) != 0)
        return -EFAULT;
    long error = words_of_version(header, head.version, &words);
    if (error != 0)
        return error;
    if (head.pid != 0 && head.pid != task_current()->tid)
        return -EPERM;
    if (usercopy_from(sets, data, words * sizeof(sets[0])) != 0)
        return -EFAULT;
    struct capabilities wanted = *own;
    wanted.effective = (sets[0].effective | (u64)sets[1].effective << 32) & CAPABILITIES_ALL;
    wanted.permitted = (sets[0].permitted | (u64)sets[1].permitted << 32) & CAPABILITIES_ALL;
    wanted.inheritable = (sets[0].inheritable | (u64)sets[1].inheritable << 32) & CAPABILITIES_ALL;
    if (!may_change(own, &wanted))
        return -EPERM;
    wanted.ambient &= wanted.permitted & wanted.inheritable;
    *own = wanted;
    return 0;
}

/* ---- Sessions and groups of processes ----------------------------------------------------------*/

static bool is_own_id(int id)
{
    return id == 0 || id == process_current()->pid;
}

long sys_getpgrp(void)
{
    return process_current()->pid;
}

long sys_getpgid(int pid)
{
    return is_own_id(pid) ? process_current()->pid : -ESRCH;
}

long sys_getsid(int pid)
{
    return is_own_id(pid) ? process_current()->pid : -ESRCH;
}

/* The leader of a session stays in its group. */
long sys_setpgid(int pid, int group)
{
    if (group < 0)
        return -EINVAL;
    return is_own_id(pid) ? -EPERM : -ESRCH;
}

/* The leader of a group cannot begin a session. */
long sys_setsid(void)
{
    return -EPERM;
}
