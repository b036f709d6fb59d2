/* SPDX-License-Identifier: MIT */
/*
 * Pipes (man 7 pipe) and named pipes (man 7 fifo).
 *
 * Reading and writing are file operations. A write without a reader answers -EPIPE; that the
 * program gets SIGPIPE as well is the system call's business, since fs knows no processes.
 */
#ifndef FS_PIPE_PIPE_H
#define FS_PIPE_PIPE_H

#include "fs/inode.h"

struct pipe;

/* A new pipe: two files with one reference each. `flags`: O_NONBLOCK, O_DIRECT (every write is a
 * packet of its own). 0 or -ENOMEM. */
int pipe_create(struct file **read_end, struct file **write_end, u32 flags) MUST_CHECK;

/* The pipe behind a file, or NULL when it is none. */
struct pipe *pipe_of(const struct file *file);

/* F_GETPIPE_SZ and F_SETPIPE_SZ: the capacity in bytes, also after it was set (it is rounded up to
 * a power of two of pages). -EBADF: not a pipe; -EBUSY: it holds more than that; -EINVAL; -ENOMEM. */
long pipe_get_size(const struct file *file) MUST_CHECK;
long pipe_set_size(struct file *file, u64 size) MUST_CHECK;

/* What stat says of a pipe without a name, but for its times. */
void pipefs_stat(struct stat *status, u64 number);

/* An inode with one reference for a pipe without a name (fs/pipe/pipefs.c), or NULL. */
struct inode *pipefs_inode_create(const struct inode_ops *ops, const struct file_ops *file_ops,
                                  u64 number);

/* For the inodes of named pipes: inode->file_ops. */
extern const struct file_ops fifo_file_ops;

/* What fifo_file_ops does at open: connect `file`, whose inode is `inode`, with all other files that
 * are open on it. Waits for the other side as fifo(7) says, unless `flags` has O_NONBLOCK. 0,
 * -ENXIO (nobody reads), -EINTR, -EINVAL, -ENOMEM. */
int fifo_open(struct inode *inode, u32 flags, struct file *file) MUST_CHECK;

#endif
