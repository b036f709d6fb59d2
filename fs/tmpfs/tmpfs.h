/* SPDX-License-Identifier: MIT */
/*
 * tmpfs: a file system in memory. Names are pinned dentries, the bytes of files are page caches.
 *
 * Its pages count against a limit (-ENOSPC beyond it); what a file borrows from a boot module does
 * not. There is one inode for every page of memory (Linux: for two, but its inodes are larger).
 */
#ifndef FS_TMPFS_TMPFS_H
#define FS_TMPFS_TMPFS_H

#include "fs/inode.h"

/* An empty file system whose root has mode 0755. `size_limit`: bytes that its files may hold
 * together, rounded up to pages; 0: half of memory. NULL: out of memory. It stays for good. */
struct superblock *tmpfs_create(u64 size_limit);

/* A regular file that has no name and never gets one (memfd): one reference. NULL: out of memory or
 * inodes. */
struct inode *tmpfs_nameless_file(struct superblock *sb, u32 mode);

/* Let an empty regular file of a tmpfs show the `size` bytes at physical `base`, which stay for good,
 * until they are written over. What it had is forgotten. */
void tmpfs_borrow(struct inode *inode, paddr_t base, u64 size);

/* The operations of its open regular files, for kinds of files that are built on them. */
extern const struct file_ops tmpfs_file_ops;

/* How far the running program may let a file grow, in bytes (RLIMIT_FSIZE); it wants to have
 * `wanted`, and if that is more, it is told (SIGXFSZ). A write that starts at the limit or beyond
 * is -EFBIG then, one that reaches over it is cut off. Set by whoever knows processes; NULL: no
 * limit. */
extern u64 (*tmpfs_growth_limit)(u64 wanted);

#endif
