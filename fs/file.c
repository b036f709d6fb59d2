/* SPDX-License-Identifier: MIT */
/* Open files: references, and the seek that files with a size share. */
#include "fs/file.h"

#include <asm/errno.h>
#include <linux/fs.h>

#include "fs/anon/epoll.h"
#include "fs/lock.h"
#include "fs/notify.h"
#include "fs/path.h"
#include "kernel/core/refcount.h"
#include "mm/heap.h"

struct file *file_create(const struct file_ops *ops, u32 flags, void *object)
{
    struct file *file = kzalloc(sizeof(*file));
    if (!file)
        return NULL;
    file->ops = ops;
    file->refs = 1;
    file->flags = flags;
    file->object = object;
    mutex_init(&file->position_lock, LOCK_POSITION);
    return file;
}

struct file *file_create_on(const struct path *path, const struct file_ops *ops, u32 flags)
{
    struct file *file = file_create(ops, flags, NULL);
    if (!file)
        return NULL;
    path_get(path);
    file->mount = path->mount;
    file->dentry = path->dentry;
    file->inode = path->dentry->inode;
    inode_get(file->inode);
    return file;
}

void file_get(struct file *file)
{
    ref_take(&file->refs);
}

void file_put(struct file *file)
{
    if (!ref_drop(&file->refs))
        return;
    if (file->opened)
        notify_file(file, file_writable(file) ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
    file_locks_ended(file);
    if (file->watches)
        epoll_forget_file(file);
    if (file->ops->release)
        file->ops->release(file);
    inode_put(file->inode);
    if (file->dentry)
        path_put(&(struct path){file->mount, file->dentry});
    kfree(file);
}

s64 file_seek_plain(struct file *file, s64 offset, unsigned whence)
{
    s64 base = whence == SEEK_SET   ? 0
               : whence == SEEK_CUR ? (s64)file->position
               : whence == SEEK_END ? (s64)file->inode->size
                                    : -1;
    s64 position;
    if (base < 0 || __builtin_add_overflow(base, offset, &position) || position < 0)
        return -EINVAL;
    file->position = position;
    return position;
}
