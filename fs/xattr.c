/* SPDX-License-Identifier: MIT */
/*
 * A list in the order of names on each inode. Linux fs/xattr.c and mm/shmem.c for which error comes
 * first.
 */
#include "fs/xattr.h"

#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/xattr.h>

#include "arch/usercopy.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

struct xattr {
    struct xattr *next;
    size_t size;
    const char *name; /* in the same block: behind the value */
    u8 value[];
};

/* Are there attributes in this namespace? 0, -EINVAL for a prefix without a name, -EOPNOTSUPP. */
static int check_namespace(const struct inode *inode, const char *name)
{
    static const char *const kept[] = {XATTR_SECURITY_PREFIX, XATTR_TRUSTED_PREFIX,
                                       XATTR_USER_PREFIX};
    if (!inode || inode->sb->magic != TMPFS_MAGIC)
        return -EOPNOTSUPP;
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
        size_t length = strlen(kept[i]);
        if (strncmp(name, kept[i], length) == 0)
            return name[length] != '\0' ? 0 : -EINVAL;
    }
    return -EOPNOTSUPP;
}

/* Only files and directories have attributes for users. */
static bool has_no_user_namespace(const struct inode *inode, const char *name)
{
    return strncmp(name, XATTR_USER_PREFIX, XATTR_USER_PREFIX_LEN) == 0 &&
           !(inode && (inode_is(inode, S_IFREG) || inode_is(inode, S_IFDIR)));
}

static int check_write(const struct inode *inode, const char *name)
{
    return has_no_user_namespace(inode, name) ? -EPERM : check_namespace(inode, name);
}

/* Where `name` hangs, or would. Locked. */
static struct xattr **find_locked(struct inode *inode, const char *name, bool *found)
{
    struct xattr **link = &inode->xattrs;
    int order = 1;
    while (*link && (order = strcmp((*link)->name, name)) < 0)
        link = &(*link)->next;
    *found = *link && order == 0;
    return link;
}

static long xattr_create(const char *name, uptr value, size_t size, struct xattr **out)
{
    size_t name_size = strlen(name) + 1;
    struct xattr *xattr = kmalloc(sizeof(*xattr) + size + name_size);
    if (!xattr)
        return -ENOMEM;
    if (usercopy_from(xattr->value, value, size) != 0) {
        kfree(xattr);
        return -EFAULT;
    }
    memcpy(xattr->value + size, name, name_size);
    xattr->name = (const char *)xattr->value + size;
    xattr->size = size;
    *out = xattr;
    return 0;
}

/* The capabilities of a file have a form that the kernel reads (man 7 capabilities). */
static bool is_capability_value(const struct xattr *xattr)
{
    u32 magic;
    if (xattr->size < sizeof(magic))
        return false;
    memcpy(&magic, xattr->value, sizeof(magic));
    switch (magic & VFS_CAP_REVISION_MASK) {
    case VFS_CAP_REVISION_2:
        return xattr->size == XATTR_CAPS_SZ_2;
    case VFS_CAP_REVISION_3:
        return xattr->size == XATTR_CAPS_SZ_3;
    default:
        return false;
    }
}

static int put_locked(struct inode *inode, struct xattr *xattr, int flags, struct xattr **old)
{
    bool found;
    struct xattr **link = find_locked(inode, xattr->name, &found);
    if (found && (flags & XATTR_CREATE))
        return -EEXIST;
    if (!found && (flags & XATTR_REPLACE))
        return -ENODATA;
    *old = found ? *link : NULL;
    xattr->next = found ? (*link)->next : *link;
    *link = xattr;
    inode_touch_meta(inode);
    return 0;
}

long xattr_set(struct inode *inode, const char *name, uptr value, size_t size, int flags)
{
    struct xattr *xattr, *old = NULL;
    if (size > XATTR_SIZE_MAX)
        return -E2BIG;
    long error = xattr_create(name, value, size, &xattr);
    if (error != 0)
        return error;
    if (size != 0 && strcmp(name, XATTR_NAME_CAPS) == 0 && !is_capability_value(xattr))
        error = -EINVAL;
    if (error == 0)
        error = check_write(inode, name);
    if (error == 0) {
        mutex_lock(&inode->lock);
        error = put_locked(inode, xattr, flags, &old);
        mutex_unlock(&inode->lock);
    }
    kfree(error != 0 ? xattr : old);
    return error;
}

static long copy_out(const struct xattr *xattr, uptr buffer, size_t size)
{
    if (size == 0)
        return xattr->size;
    if (size < xattr->size)
        return -ERANGE;
    return usercopy_to(buffer, xattr->value, xattr->size) == 0 ? (long)xattr->size : -EFAULT;
}

long xattr_get(struct inode *inode, const char *name, uptr buffer, size_t size)
{
    bool found;
    if (has_no_user_namespace(inode, name))
        return -ENODATA;
    long result = check_namespace(inode, name);
    if (result != 0)
        return result;
    mutex_lock(&inode->lock);
    struct xattr **link = find_locked(inode, name, &found);
    result = found ? copy_out(*link, buffer, size) : -ENODATA;
    mutex_unlock(&inode->lock);
    return result;
}

static long copy_names_locked(const struct inode *inode, uptr buffer, size_t size)
{
    size_t done = 0;
    for (struct xattr *xattr = inode->xattrs; xattr; xattr = xattr->next) {
        size_t length = strlen(xattr->name) + 1;
        if (size != 0 && usercopy_to(UPTR_ADD(buffer, done), xattr->name, length) != 0)
            return -EFAULT;
        done += length;
    }
    return done;
}

long xattr_list(struct inode *inode, uptr buffer, size_t size)
{
    if (!inode)
        return 0;
    size = MIN(size, (size_t)XATTR_LIST_MAX);
    mutex_lock(&inode->lock);
    size_t needed = copy_names_locked(inode, buffer, 0);
    long result = size == 0 || needed <= size ? copy_names_locked(inode, buffer, size)
                  : size == XATTR_LIST_MAX    ? -E2BIG
                                              : -ERANGE;
    mutex_unlock(&inode->lock);
    return result;
}

long xattr_remove(struct inode *inode, const char *name)
{
    bool found;
    long error = check_write(inode, name);
    if (error != 0)
        return error;
    mutex_lock(&inode->lock);
    struct xattr **link = find_locked(inode, name, &found);
    struct xattr *xattr = found ? *link : NULL;
    if (found) {
        *link = xattr->next;
        inode_touch_meta(inode);
    }
    mutex_unlock(&inode->lock);
    kfree(xattr);
    return found ? 0 : -ENODATA;
}

void xattr_free(struct inode *inode)
{
    while (inode->xattrs) {
        struct xattr *next = inode->xattrs->next;
        kfree(inode->xattrs);
        inode->xattrs = next;
    }
}
