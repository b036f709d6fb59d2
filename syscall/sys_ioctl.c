/* SPDX-License-Identifier: MIT */
/*
 * ioctl: the requests that every file understands (Linux fs/ioctl.c: do_vfs_ioctl), before those of
 * its kind.
 */
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/stat.h>

#include "arch/usercopy.h"
#include "fs/page_cache/page_cache.h"
#include "syscall/descriptor.h"
#include "syscall/table.h"

static bool file_is(const struct file *file, u32 type)
{
    return file->inode && inode_is(file->inode, type);
}

/* What has bytes or names on a file system, rather than a device or a queue behind it. */
static bool is_stored(const struct file *file)
{
    return file_is(file, S_IFREG) || file_is(file, S_IFDIR) || file_is(file, S_IFLNK);
}

static long put_int(u64 argument, int value)
{
    return usercopy_to(UPTR(argument), &value, sizeof(value)) ? -EFAULT : 0;
}

/* FIONBIO and FIOASYNC: a flag on or off. */
static long set_flag(struct file *file, u32 flag, u64 argument)
{
    int value;
    if (usercopy_from(&value, UPTR(argument), sizeof(value)) != 0)
        return -EFAULT;
    u32 wanted = value ? file->flags | flag : file->flags & ~flag;
    if (flag == FASYNC && wanted != file->flags && file->ops->seek)
        return -ENOTTY;
    return descriptor_set_status(file, wanted);
}

/* How many bytes a file, a directory or a link takes. */
static long put_size(const struct file *file, u64 argument)
{
    const struct inode *inode = file->inode;
    s64 size = 0;
    if (!is_stored(file))
        return -ENOTTY;
    if (inode->object && page_cache_is(inode->object))
        size = page_cache_owned(page_cache_of(inode->object)) * PAGE_SIZE;
    return usercopy_to(UPTR(argument), &size, sizeof(size)) ? -EFAULT : 0;
}

/* Files that share their bytes: nothing here can, but what is asked for is checked first (Linux
 * fs/remap_range.c). */
static long clone_range(const struct file *to, int from_fd)
{
    struct file *from = descriptor_get(from_fd);
    if (!from)
        return -EBADF;
    long error = -EOPNOTSUPP;
    if (file_is(from, S_IFDIR) || file_is(to, S_IFDIR))
        error = -EISDIR;
    else if (!file_is(from, S_IFREG) || !file_is(to, S_IFREG))
        error = -EINVAL;
    else if (!file_readable(from) || !file_writable(to) || (to->flags & O_APPEND))
        error = -EBADF;
    else if (from->inode->sb != to->inode->sb)
        error = -EXDEV;
    file_put(from);
    return error;
}

static long clone_range_from(const struct file *to, u64 argument)
{
    struct file_clone_range range;
    if (usercopy_from(&range, UPTR(argument), sizeof(range)) != 0)
        return -EFAULT;
    return clone_range(to, (int)range.src_fd);
}

static long kind_ioctl(struct file *file, unsigned request, u64 argument)
{
    return file->ops->ioctl ? file->ops->ioctl(file, request, argument) : -ENOTTY;
}

/* Requests of regular files. */
static long regular_ioctl(struct file *file, unsigned request, u64 argument)
{
    switch (request) {
    case FIONREAD:
        return put_int(argument, (int)(file->inode->size - file->position));
    case FIBMAP: /* no file lies on blocks */
        return -EINVAL;
    default:
        return kind_ioctl(file, request, argument);
    }
}

static long file_ioctl(struct file *file, int fd, unsigned request, u64 argument)
{
    switch (request) {
    case FIOCLEX:
    case FIONCLEX:
        return fdtable_set_close_on_exec(&process_current()->files, fd, request == FIOCLEX);
    case FIONBIO:
        return set_flag(file, O_NONBLOCK, argument);
    case FIOASYNC:
        return set_flag(file, FASYNC, argument);
    case FIOQSIZE:
        return put_size(file, argument);
    case FIGETBSZ:
        return put_int(argument, PAGE_SIZE);
    case FICLONE:
        return clone_range(file, (int)argument);
    case FICLONERANGE:
        return clone_range_from(file, argument);
    case FS_IOC_FIEMAP: /* no file lies on blocks; Linux says so of every kind of file */
        return -EOPNOTSUPP;
    case FS_IOC_GETFLAGS: /* lsattr: none of them is set */
        if (is_stored(file) && file->inode->sb->magic == TMPFS_MAGIC)
            return put_int(argument, 0);
        break;
    default:
        break;
    }
    return file_is(file, S_IFREG) ? regular_ioctl(file, request, argument)
                                  : kind_ioctl(file, request, argument);
}

long sys_ioctl(int fd, unsigned request, u64 argument)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long result = file_ioctl(file, fd, request, argument);
    file_put(file);
    return result == -EINTR && request != TCSBRK && request != TCSBRKP ? -ERESTARTSYS : result;
}
