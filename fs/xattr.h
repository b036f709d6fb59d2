/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes: names with values that hang on an inode (man 7 xattr).
 *
 * tmpfs keeps security.* and trusted.*, as it does on Linux 6.1 without POSIX ACLs; user.* and all
 * other file systems answer -EOPNOTSUPP. `inode` may be NULL: a file without one has no attributes.
 * Lock: the functions take inode->lock themselves.
 */
#ifndef FS_XATTR_H
#define FS_XATTR_H

#include "fs/inode.h"

/* Set `name` to the `size` bytes at `value`. `flags`: XATTR_CREATE, XATTR_REPLACE. 0, -EOPNOTSUPP,
 * -EPERM, -EINVAL, -E2BIG, -EFAULT, -ENOMEM, -EEXIST, -ENODATA. */
long xattr_set(struct inode *inode, const char *name, uptr value, size_t size,
               int flags) MUST_CHECK;

/* Copy a value out. Its size, also when `size` is 0 and nothing is copied; -ENODATA, -ERANGE (does
 * not fit), -EFAULT. */
long xattr_get(struct inode *inode, const char *name, uptr buffer, size_t size) MUST_CHECK;

/* Copy all names out, each with its NUL. Their size likewise. */
long xattr_list(struct inode *inode, uptr buffer, size_t size) MUST_CHECK;

/* 0 or -ENODATA. */
long xattr_remove(struct inode *inode, const char *name) MUST_CHECK;

/* All attributes of an inode that ends. By inode_put. */
void xattr_free(struct inode *inode);

#endif
