/* SPDX-License-Identifier: MIT */
/* Descriptors of the running process, as the calls use them. */
#ifndef SYSCALL_DESCRIPTOR_H
#define SYSCALL_DESCRIPTOR_H

#include <asm/fcntl.h>

#include "fs/file.h"
#include "kernel/proc/process.h"

/* The file behind `fd` with a reference (file_put), or NULL; one opened with O_PATH counts as
 * closed for most calls: descriptor_get_any takes it too. */
static inline struct file *descriptor_get_any(int fd)
{
    return fdtable_get(&process_current()->files, fd);
}

static inline struct file *descriptor_get(int fd)
{
    struct file *file = descriptor_get_any(fd);
    if (file && (file->flags & O_PATH)) {
        file_put(file);
        return NULL;
    }
    return file;
}

static inline u64 descriptor_limit(void)
{
    return process_limit(process_current(), RLIMIT_NOFILE);
}

/* A new descriptor for `file`, whose reference it takes over, also on failure. */
static inline long descriptor_new(struct file *file, bool close_on_exec)
{
    long fd =
        fdtable_install(&process_current()->files, file, 0, descriptor_limit(), close_on_exec);
    if (fd < 0)
        file_put(file);
    return fd;
}

/* New descriptors for two files, whose references it takes over, told as an array at `fds`: 0 or
 * -errno (sys_pipe.c). */
long descriptor_new_pair(struct file *files[2], bool close_on_exec, uptr fds);

/* F_SETFL (sys_open.c): 0 or -EINVAL. */
long descriptor_set_status(struct file *file, u64 wanted);

/* Commands of fcntl beyond duplicates and flags: locks, pipe sizes, seals. */
long fcntl_other(struct file *file, unsigned command, u64 argument);

#endif
