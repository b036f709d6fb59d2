/* SPDX-License-Identifier: MIT */
/* Making pipes (man 2 pipe). Reading and writing them are file operations. */
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "arch/usercopy.h"
#include "fs/pipe/pipe.h"
#include "syscall/descriptor.h"
#include "syscall/table.h"

/* O_NOTIFICATION_PIPE, <linux/watch_queue.h>: an option of Linux that we do not have. */
#define NOTIFICATIONS O_EXCL

/* Give both files a descriptor; they are taken over, also on failure. */
static long install_both(struct file *files[2], bool close_on_exec, int fds[2])
{
    long first = descriptor_new(files[0], close_on_exec);
    if (first < 0) {
        file_put(files[1]);
        return first;
    }
    long second = descriptor_new(files[1], close_on_exec);
    if (second < 0) {
        int error = fdtable_close(&process_current()->files, first);
        return error != 0 ? error : second;
    }
    fds[0] = first;
    fds[1] = second;
    return 0;
}

long descriptor_new_pair(struct file *files[2], bool close_on_exec, uptr user)
{
    int fds[2];
    long error = install_both(files, close_on_exec, fds);
    if (error != 0)
        return error;
    if (usercopy_to(user, fds, sizeof(fds)) == 0)
        return 0;
    /* Whoever guessed the numbers may have closed them: that is no reason for another error. */
    for (int i = 0; i < 2; i++)
        error = fdtable_close(&process_current()->files, fds[i]);
    return -EFAULT;
}

static long pipe_new(uptr user, int flags)
{
    struct file *ends[2];
    long error = pipe_create(&ends[0], &ends[1], flags);
    return error != 0 ? error : descriptor_new_pair(ends, flags & O_CLOEXEC, user);
}

long sys_pipe2(uptr fds, int flags)
{
    if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT | NOTIFICATIONS))
        return -EINVAL;
    return flags & NOTIFICATIONS ? -ENOPKG : pipe_new(fds, flags);
}

long sys_pipe(uptr fds)
{
    return pipe_new(fds, 0);
}
