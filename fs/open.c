/* SPDX-License-Identifier: MIT */
/*
 * Opening: find or create the inode, check what may be done with it, make the file.
 */
#include "fs/open.h"

#include <asm/errno.h>
#include <asm/fcntl.h>

#include "fs/change.h"
#include "fs/notify.h"
#include "kernel/core/spinlock.h"

#define DEVICES_MAX 64

/* Registered at start, then only read. */
static struct device {
    u32 type;
    u64 number;
    const struct file_ops *ops;
} devices[DEVICES_MAX];
static u32 device_count;

int device_register(u32 type, u64 device, const struct file_ops *ops)
{
    if (device_count == DEVICES_MAX)
        return -ENOSPC;
    devices[device_count++] = (struct device){type, device, ops};
    return 0;
}

const struct file_ops *device_ops(u32 type, u64 device)
{
    for (u32 i = 0; i < device_count; i++)
        if (devices[i].type == type && devices[i].number == device)
            return devices[i].ops;
    return NULL;
}

static const struct file_ops path_file_ops; /* O_PATH: nothing can be done to it */

static bool wants_write(u32 flags)
{
    return (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
}

static int check_type(const struct inode *inode, u32 flags)
{
    if (inode_is(inode, S_IFLNK))
        return flags & O_PATH ? 0 : -ELOOP;
    if (inode_is(inode, S_IFDIR))
        return !(flags & O_PATH) && (wants_write(flags) || (flags & O_CREAT)) ? -EISDIR : 0;
    if (flags & O_DIRECTORY)
        return -ENOTDIR;
    if (inode->is_running && wants_write(flags) && !(flags & O_PATH))
        return -ETXTBSY;
    return inode_is(inode, S_IFSOCK) && !(flags & O_PATH) ? -ENXIO : 0;
}

static const struct file_ops *ops_of(const struct inode *inode)
{
    if (inode_is(inode, S_IFCHR) || inode_is(inode, S_IFBLK)) {
        if (inode->file_ops)
            return inode->file_ops;
        return device_ops(inode->mode & S_IFMT, inode->device);
    }
    return inode->file_ops;
}

static int truncate_now(struct dentry *dentry)
{
    struct inode *inode = dentry->inode;
    if (!inode_is(inode, S_IFREG) || !inode->ops->truncate)
        return 0;
    mutex_lock(&inode->lock);
    int error = inode->ops->truncate(inode, 0);
    mutex_unlock(&inode->lock);
    if (error == 0)
        notify_dentry(dentry, IN_MODIFY);
    return error;
}

/* Make a file for `path` (whose references stay the caller's). */
static int open_path(const struct path *path, u32 flags, bool created, struct file **out)
{
    struct inode *inode = path->dentry->inode;
    int error = check_type(inode, flags);
    if (error != 0)
        return error;
    const struct file_ops *ops = flags & O_PATH ? &path_file_ops : ops_of(inode);
    if (!ops)
        return -ENXIO;
    if ((flags & O_DIRECT) && !ops->direct && !(flags & O_PATH))
        return -EINVAL;
    if (!(flags & O_PATH))
        error = inode_need_object(inode);
    if (error == 0 && (flags & O_TRUNC) && !(flags & O_PATH) && !created)
        error = truncate_now(path->dentry);
    if (error != 0)
        return error;
    u32 kept = flags & O_PATH ? flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW)
                              : flags & ~(u32)(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC);
    struct file *file = file_create_on(path, ops, kept);
    if (!file)
        return -ENOMEM;
    if (ops->open)
        error = ops->open(file);
    file->flags &= ~(u32)O_NOCTTY; /* for that alone */
    if (error != 0) {
        file_put(file);
        return error;
    }
    file->opened = !(flags & O_PATH);
    notify_file(file, IN_OPEN);
    *out = file;
    return 0;
}

/* The last component, created if it is missing. */
static int open_creating(const struct path *parent, const struct last_name *last,
                         const struct path_context *context, const struct open_how_kernel *how,
                         struct file **out)
{
    struct dentry *dentry;
    if (last->is_dot || last->is_dotdot || last->is_root)
        return how->flags & O_EXCL ? -EEXIST : -EISDIR;
    if (last->trailing_slash)
        return -EISDIR;
    for (;;) {
        int error = fs_create(parent, last, S_IFREG | (how->mode & 07777), 0, &dentry);
        bool created = error == 0;
        if (created) {
            struct path path = {parent->mount, dentry};
            error = open_path(&path, how->flags & ~(u32)O_TRUNC, true, out);
            dentry_put(dentry);
            return error;
        }
        if (error != -EEXIST && error != -EPERM)
            return error;
        bool exists = error == -EEXIST;
        if (exists && (how->flags & O_EXCL))
            return -EEXIST;
        /* It is there (and no link that could be followed, or WALK_FOLLOW had followed it). */
        struct path path;
        struct path name_start = *parent;
        char name[NAME_LENGTH_MAX + 1];
        if (last->length > NAME_LENGTH_MAX)
            return -ENAMETOOLONG;
        for (size_t i = 0; i < last->length; i++)
            name[i] = last->name[i];
        name[last->length] = '\0';
        error = path_walk(context, &name_start, name,
                          how->walk | (how->flags & O_NOFOLLOW ? 0 : WALK_FOLLOW), &path);
        if (error == -ENOENT && exists)
            continue; /* removed in between */
        if (error == -ENOENT)
            return -EPERM;
        if (error != 0)
            return error;
        error = open_path(&path, how->flags, false, out);
        path_put(&path);
        return error;
    }
}

/* A file in the directory `dir` that has no name. */
static int open_nameless(const struct path *dir, const struct open_how_kernel *how,
                         struct file **out)
{
    struct inode *parent = dir->dentry->inode, *inode;
    if (!parent->ops->nameless)
        return -EOPNOTSUPP;
    mutex_lock(&parent->lock);
    int error = parent->ops->nameless(parent, how->mode & 07777, how->flags & O_EXCL, &inode);
    mutex_unlock(&parent->lock);
    if (error != 0)
        return error;
    struct path path = {dir->mount, dentry_create_nameless(dir->dentry, inode)};
    if (!path.dentry) {
        inode_put(inode);
        return -ENOMEM;
    }
    error = open_path(&path, how->flags & ~(u32)O_DIRECTORY, true, out);
    if (error == 0)
        (*out)->flags |= O_DIRECTORY; /* as it was asked for: F_GETFL tells */
    dentry_put(path.dentry);
    return error;
}

static int open_existing(const struct path *path, const struct open_how_kernel *how,
                         struct file **out)
{
    return how->flags & __O_TMPFILE ? open_nameless(path, how, out)
                                    : open_path(path, how->flags, false, out);
}

int file_open(const struct path_context *context, const struct path *start, const char *name,
              const struct open_how_kernel *how, struct file **out)
{
    u32 follow = how->flags & O_NOFOLLOW ? 0 : WALK_FOLLOW;
    struct path path;
    int error;
    if ((how->flags & O_CREAT) && !(how->flags & O_PATH)) {
        struct last_name last;
        if (how->flags & O_EXCL)
            follow = 0;
        error = path_walk_parent(context, start, name, how->walk | follow, &path, &last);
        if (error != 0)
            return error;
        error = open_creating(&path, &last, context, how, out);
        path_last_free(&last);
    } else {
        u32 directory = how->flags & O_DIRECTORY ? WALK_DIRECTORY : 0;
        error = path_walk(context, start, name, how->walk | follow | directory, &path);
        if (error != 0)
            return error;
        error = open_existing(&path, how, out);
    }
    path_put(&path);
    return error;
}
