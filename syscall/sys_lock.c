/* SPDX-License-Identifier: MIT */
/* Locks on files, and the commands of fcntl that belong to one kind of file each: sizes of pipes,
 * seals; and who would be told by a signal, which is recorded and nothing more. */
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "arch/usercopy.h"
#include "fs/anon/memfd.h"
#include "fs/lock.h"
#include "fs/pipe/pipe.h"
#include "syscall/descriptor.h"
#include "syscall/table.h"

/* A lock is asked for again when a signal interrupted the wait, if the handler says so. */
static long restartable(long result)
{
    return result == -EINTR ? -ERESTARTSYS : result;
}

/* Locks of the process belong to its table of descriptors, which may be shared; the others to the
 * open file, and say no process. */
static long own_lock(struct file *file, const struct flock *asked, bool of_file,
                     struct record_lock *lock)
{
    if (of_file && asked->l_pid != 0)
        return -EINVAL;
    lock->owner = of_file ? (const void *)file : &process_current()->files;
    lock->pid = of_file ? -1 : process_current()->pid;
    return 0;
}

static long set_lock(struct file *file, unsigned command, uptr user)
{
    struct flock asked;
    struct record_lock lock;
    bool of_file = command == F_OFD_SETLK || command == F_OFD_SETLKW;
    bool wait = command == F_SETLKW || command == F_OFD_SETLKW;
    if (usercopy_from(&asked, user, sizeof(asked)) != 0)
        return -EFAULT;
    long error = record_lock_decode(file, &asked, &lock);
    if (error == 0)
        error = record_lock_check(file, &lock);
    if (error == 0)
        error = own_lock(file, &asked, of_file, &lock);
    return error != 0 ? error : restartable(record_lock_set(file, &lock, wait));
}

static long get_lock(struct file *file, unsigned command, uptr user)
{
    struct flock asked;
    struct record_lock lock;
    bool of_file = command == F_OFD_GETLK;
    if (usercopy_from(&asked, user, sizeof(asked)) != 0)
        return -EFAULT;
    if (!of_file && asked.l_type == F_UNLCK)
        return -EINVAL;
    long error = record_lock_decode(file, &asked, &lock);
    if (error == 0)
        error = own_lock(file, &asked, of_file, &lock);
    if (error != 0)
        return error;
    record_lock_test(file, &lock);
    record_lock_encode(&lock, &asked);
    return usercopy_to(user, &asked, sizeof(asked)) == 0 ? 0 : -EFAULT;
}

/* ---- Who gets signals -------------------------------------------------------------------------*/

/* 0: nobody; else there must be such a one. */
static long set_owner(struct file *file, int type, int id)
{
    bool known =
        id == process_current()->pid || (type == F_OWNER_TID && id == thread_current()->tid);
    if (id != 0 && !known)
        return -ESRCH;
    file->owner = id;
    file->owner_type = type;
    return 0;
}

/* A negative number is a group of processes. */
static long set_owner_number(struct file *file, int number)
{
    if (number == INT32_MIN)
        return -EINVAL;
    return number < 0 ? set_owner(file, F_OWNER_PGRP, -number)
                      : set_owner(file, F_OWNER_PID, number);
}

static long set_owner_from(struct file *file, uptr user)
{
    struct f_owner_ex owner;
    if (usercopy_from(&owner, user, sizeof(owner)) != 0)
        return -EFAULT;
    if (owner.type != F_OWNER_TID && owner.type != F_OWNER_PID && owner.type != F_OWNER_PGRP)
        return -EINVAL;
    return set_owner(file, owner.type, owner.pid);
}

static long get_owner_to(const struct file *file, uptr user)
{
    struct f_owner_ex owner = {.type = file->owner_type, .pid = file->owner};
    return usercopy_to(user, &owner, sizeof(owner)) == 0 ? 0 : -EFAULT;
}

static long set_signal(struct file *file, u64 signal)
{
    if (signal > SIGNAL_COUNT)
        return -EINVAL;
    file->owner_signal = signal;
    return 0;
}

static long fcntl_owner(struct file *file, unsigned command, u64 argument)
{
    switch (command) {
    case F_SETOWN:
        return set_owner_number(file, (int)argument);
    case F_GETOWN:
        return file->owner_type == F_OWNER_PGRP ? -file->owner : file->owner;
    case F_SETOWN_EX:
        return set_owner_from(file, UPTR(argument));
    case F_GETOWN_EX:
        return get_owner_to(file, UPTR(argument));
    case F_SETSIG:
        return set_signal(file, argument);
    case F_GETSIG:
        return file->owner_signal;
    default:
        return -EINVAL;
    }
}

/* ---- fcntl and flock --------------------------------------------------------------------------*/

long fcntl_other(struct file *file, unsigned command, u64 argument)
{
    switch (command) {
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return set_lock(file, command, UPTR(argument));
    case F_GETLK:
    case F_OFD_GETLK:
        return get_lock(file, command, UPTR(argument));
    case F_SETPIPE_SZ:
        return (int)argument < 0 ? -EINVAL : pipe_set_size(file, (u32)argument);
    case F_GETPIPE_SZ:
        return pipe_get_size(file);
    case F_ADD_SEALS:
        return memfd_add_seals(file, (u32)argument);
    case F_GET_SEALS:
        return memfd_get_seals(file);
    case F_GETLEASE:
        return F_UNLCK; /* nobody ever has one: F_SETLEASE is -EINVAL */
    default:
        return fcntl_owner(file, command, argument);
    }
}

long sys_flock(int fd, int operation)
{
    int type;
    switch (operation & ~LOCK_NB) {
    case LOCK_SH:
        type = F_RDLCK;
        break;
    case LOCK_EX:
        type = F_WRLCK;
        break;
    case LOCK_UN:
        type = F_UNLCK;
        break;
    default:
        /* Mandatory locks are gone from Linux as well, which takes the request and does nothing. */
        return operation & LOCK_MAND ? 0 : -EINVAL;
    }
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long result = restartable(whole_lock_set(file, type, !(operation & LOCK_NB)));
    file_put(file);
    return result;
}
