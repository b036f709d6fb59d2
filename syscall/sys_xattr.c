/* SPDX-License-Identifier: MIT */
/* The twelve calls on extended attributes: each by a path, by a path whose last link is not
 * followed, and by a descriptor. */
#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/limits.h>
#include <linux/xattr.h>

#include "arch/usercopy.h"
#include "fs/notify.h"
#include "fs/xattr.h"
#include "syscall/descriptor.h"
#include "syscall/names.h"
#include "syscall/table.h"

/* One of the four operations, with its arguments. */
struct request {
    long (*perform)(struct inode *inode, const struct request *request);
    uptr name, buffer;
    size_t size;
    int flags;
    bool changes;
};

static long perform_on_path(uptr path, u32 walk, const struct request *request)
{
    struct path place;
    long result = names_walk(AT_FDCWD, path, walk, &place);
    if (result != 0)
        return result;
    result = request->perform(place.dentry->inode, request);
    if (result == 0 && request->changes)
        notify_dentry(place.dentry, IN_ATTRIB);
    path_put(&place);
    return result;
}

static long perform_on_file(int fd, const struct request *request)
{
    struct file *file = descriptor_get(fd);
    if (!file)
        return -EBADF;
    long result = request->perform(file->inode, request);
    if (result == 0 && request->changes && file->dentry)
        notify_dentry(file->dentry, IN_ATTRIB);
    file_put(file);
    return result;
}

/* An attribute's name. 0, -EFAULT, or -ERANGE when it is empty or too long. */
static long name_in(char *name, uptr user)
{
    long length = usercopy_string(name, user, XATTR_NAME_MAX + 1);
    return length == 0 || length == -ENAMETOOLONG ? -ERANGE : MIN(length, 0);
}

static long set(struct inode *inode, const struct request *request)
{
    char name[XATTR_NAME_MAX + 1];
    if (request->flags & ~(XATTR_CREATE | XATTR_REPLACE))
        return -EINVAL;
    long error = name_in(name, request->name);
    return error != 0 ? error
                      : xattr_set(inode, name, request->buffer, request->size, request->flags);
}

static long get(struct inode *inode, const struct request *request)
{
    char name[XATTR_NAME_MAX + 1];
    long error = name_in(name, request->name);
    return error != 0 ? error : xattr_get(inode, name, request->buffer, request->size);
}

static long list(struct inode *inode, const struct request *request)
{
    return xattr_list(inode, request->buffer, request->size);
}

static long remove(struct inode *inode, const struct request *request)
{
    char name[XATTR_NAME_MAX + 1];
    long error = name_in(name, request->name);
    return error != 0 ? error : xattr_remove(inode, name);
}

#define SET    (&(struct request){set, name, value, size, flags, true})
#define GET    (&(struct request){get, name, value, size, 0, false})
#define LIST   (&(struct request){list, UPTR(0), names, size, 0, false})
#define REMOVE (&(struct request){remove, name, UPTR(0), 0, 0, true})

long sys_setxattr(uptr path, uptr name, uptr value, size_t size, int flags)
{
    return perform_on_path(path, WALK_FOLLOW, SET);
}

long sys_lsetxattr(uptr path, uptr name, uptr value, size_t size, int flags)
{
    return perform_on_path(path, 0, SET);
}

long sys_fsetxattr(int fd, uptr name, uptr value, size_t size, int flags)
{
    return perform_on_file(fd, SET);
}

long sys_getxattr(uptr path, uptr name, uptr value, size_t size)
{
    return perform_on_path(path, WALK_FOLLOW, GET);
}

long sys_lgetxattr(uptr path, uptr name, uptr value, size_t size)
{
    return perform_on_path(path, 0, GET);
}

long sys_fgetxattr(int fd, uptr name, uptr value, size_t size)
{
    return perform_on_file(fd, GET);
}

long sys_listxattr(uptr path, uptr names, size_t size)
{
    return perform_on_path(path, WALK_FOLLOW, LIST);
}

long sys_llistxattr(uptr path, uptr names, size_t size)
{
    return perform_on_path(path, 0, LIST);
}

long sys_flistxattr(int fd, uptr names, size_t size)
{
    return perform_on_file(fd, LIST);
}

long sys_removexattr(uptr path, uptr name)
{
    return perform_on_path(path, WALK_FOLLOW, REMOVE);
}

long sys_lremovexattr(uptr path, uptr name)
{
    return perform_on_path(path, 0, REMOVE);
}

long sys_fremovexattr(int fd, uptr name)
{
    return perform_on_file(fd, REMOVE);
}
