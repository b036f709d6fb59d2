/* SPDX-License-Identifier: MIT */
/* The calls on inotify (man 7 inotify); fs/anon/inotify.c does the work. */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>

#include "fs/anon/inotify.h"
#include "syscall/descriptor.h"
#include "syscall/names.h"
#include "syscall/table.h"

#define WATCH_FLAGS                                                                           \
    (IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_ADD | IN_MASK_CREATE | IN_ISDIR | \
     IN_ONESHOT)
#define WATCH_BITS (IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | WATCH_FLAGS)

long sys_inotify_init1(int flags)
{
    struct file *file;
    if (flags & ~(IN_CLOEXEC | IN_NONBLOCK))
        return -EINVAL;
    long error = inotify_create(flags & IN_NONBLOCK, &file);
    return error != 0 ? error : descriptor_new(file, flags & IN_CLOEXEC);
}

long sys_inotify_init(void)
{
    return sys_inotify_init1(0);
}

static long add_watch(struct file *file, uptr path, u32 mask)
{
    struct path place;
    u32 walk = (mask & IN_DONT_FOLLOW ? 0 : WALK_FOLLOW) | (mask & IN_ONLYDIR ? WALK_DIRECTORY : 0);
    if ((mask & IN_MASK_ADD) && (mask & IN_MASK_CREATE))
        return -EINVAL;
    if (!file_is_inotify(file))
        return -EINVAL;
    long result = names_walk(AT_FDCWD, path, walk, &place);
    if (result != 0)
        return result;
    result = inotify_add(file, place.dentry->inode, mask);
    path_put(&place);
    return result;
}

long sys_inotify_add_watch(int fd, uptr path, u32 mask)
{
    if ((mask & ~WATCH_BITS) || !(mask & WATCH_BITS))
        return -EINVAL;
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long result = add_watch(file, path, mask);
    file_put(file);
    return result;
}

long sys_inotify_rm_watch(int fd, int watch)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long error = file_is_inotify(file) ? inotify_remove(file, watch) : -EINVAL;
    file_put(file);
    return error;
}
