/* SPDX-License-Identifier: MIT */
/*
 * Pipes without a name have no inode until somebody opens one of their files anew through
 * /proc/self/fd (`cat /dev/stdin`): then one is made for that, which keeps the pipe alive.
 */
#include <asm/stat.h>
#include <linux/magic.h>

#include "fs/anon/anon_file.h"
#include "fs/pipe/pipe_internal.h"
#include "kernel/core/time.h"

static struct superblock pipefs = {
    .type = "pipefs", .magic = PIPEFS_MAGIC, .device = ANON_DEVICE_PIPES};

struct inode *pipefs_inode_create(const struct inode_ops *ops, const struct file_ops *file_ops,
                                  u64 number)
{
    struct inode *inode = inode_create(&pipefs, ops, file_ops, S_IFIFO | 0600);
    if (inode)
        inode->number = number;
    return inode;
}

void pipefs_stat(struct stat *status, u64 number)
{
    status->st_dev = ANON_DEVICE_PIPES;
    status->st_ino = number;
    status->st_mode = S_IFIFO | 0600;
    status->st_nlink = 1;
    status->st_blksize = PAGE_SIZE;
}

/* Both directions may be asked for; nobody waits for a partner [fs/pipe/pipe.c of Linux, fifo_open]. */
int pipe_file_reopen(struct file *file)
{
    struct pipe *pipe = file->inode->private;
    pipe_join(pipe, file);
    file->object = pipe;
    return 0;
}

static void forget_pipe(struct inode *inode)
{
    pipe_unref(inode->private);
}

static const struct inode_ops pipe_inode_ops = {.destroy = forget_pipe};

struct inode *pipe_file_inode(struct file *file)
{
    struct pipe *pipe = file->object;
    struct inode *inode = pipefs_inode_create(&pipe_inode_ops, file->ops, pipe->number);
    if (inode) {
        __atomic_add_fetch(&pipe->files, 1, __ATOMIC_RELAXED);
        inode->private = pipe;
    }
    return inode;
}
