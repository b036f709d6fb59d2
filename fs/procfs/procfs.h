/* SPDX-License-Identifier: MIT */
/*
 * procfs and sysfs: what programs read about themselves and the system.
 *
 * Both are empty but for what the owners of the data add (fs/procfs/node.h says how).
 */
#ifndef FS_PROCFS_PROCFS_H
#define FS_PROCFS_PROCFS_H

#include "fs/procfs/node.h"

/* The file systems, to be mounted on /proc and /sys. Once each. NULL: out of memory. */
struct superblock *procfs_create(void);
struct superblock *sysfs_create(void);

/* Add files, as node_fs_add does; before or after the above, but before a program runs. */
void procfs_add(const struct node *nodes, size_t count);
void sysfs_add(const struct node *nodes, size_t count);

#endif
