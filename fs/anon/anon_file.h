/* SPDX-License-Identifier: MIT */
/*
 * Files without a name or an inode: what eventfd, epoll and their kin share.
 */
#ifndef FS_ANON_ANON_FILE_H
#define FS_ANON_ANON_FILE_H

#include "fs/file.h"

/* st_dev of what has no file system: minor numbers of major 0, as on Linux. */
#define ANON_DEVICE_SOCKETS 9
#define ANON_DEVICE_PIPES   13
#define ANON_DEVICE_OTHERS  14

/* A file with one reference, or NULL. `kind` is what /proc/self/fd shows: "anon_inode:[eventfd]". */
struct file *anon_file_create(const struct file_ops *ops, u32 flags, void *object,
                              const char *kind);

/* The stat operation of all of them: one inode, no type, mode 0600. */
void anon_file_stat(struct file *file, struct stat *status);

#endif
