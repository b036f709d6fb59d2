/* SPDX-License-Identifier: MIT */
/* Between tmpfs.c (the tree) and tmpfs_file.c (open files). */
#ifndef FS_TMPFS_TMPFS_INTERNAL_H
#define FS_TMPFS_TMPFS_INTERNAL_H

#include "fs/inode.h"
#include "fs/page_cache/page_cache.h"

extern const struct file_ops tmpfs_directory_ops;

/* inode_ops.truncate: the inode is locked. */
int tmpfs_truncate(struct inode *inode, u64 size) MUST_CHECK;

/* inode_ops.make_object: likewise. */
int tmpfs_make_object(struct inode *inode) MUST_CHECK;

/* Of an open file. */
static inline struct page_cache *tmpfs_cache(const struct inode *inode)
{
    return page_cache_of(inode->object);
}

#endif
