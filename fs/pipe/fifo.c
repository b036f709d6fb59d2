/* SPDX-License-Identifier: MIT */
/*
 * Named pipes: the pipe that all files open on one inode share, and the rendezvous at opening
 * (man 7 fifo).
 *
 * Open named pipes hang in a list that is searched by inode: there are never many. A pipe lives as
 * long as a file is open on it; what was written and not read is lost then, as on Linux.
 * Locks: fifos_lock guards the list and the count of files; then pipe->lock.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>

#include "fs/pipe/pipe_internal.h"

static struct mutex fifos_lock = MUTEX_INIT(fifos_lock, LOCK_FIFOS);
static struct list_head fifos = LIST_HEAD_INIT(fifos);

static struct pipe *find_locked(const struct inode *inode)
{
    struct pipe *pipe;
    list_for_each_entry(pipe, &fifos, link)
    {
        if (pipe->inode == inode)
            return pipe;
    }
    pipe = pipe_alloc(PIPE_SLOTS_DEFAULT);
    if (!pipe)
        return NULL;
    pipe->inode = inode;
    list_add(&pipe->link, &fifos);
    return pipe;
}

/* The inode's pipe, counting one file more, or NULL. */
static struct pipe *fifo_get(const struct inode *inode)
{
    mutex_lock(&fifos_lock);
    struct pipe *pipe = find_locked(inode);
    if (pipe)
        pipe->files++;
    mutex_unlock(&fifos_lock);
    return pipe;
}

static void fifo_put(struct pipe *pipe)
{
    mutex_lock(&fifos_lock);
    bool last = --pipe->files == 0;
    if (last)
        list_del(&pipe->link);
    mutex_unlock(&fifos_lock);
    if (last)
        pipe_free(pipe);
}

/* Sleep until the other side was opened once more since `seen`, even if it is closed again by now. */
static int wait_for_partner_locked(struct pipe *pipe, const u32 *ever)
{
    u32 seen = *ever;
    mutex_unlock(&pipe->lock);
    int result = wait_event(&pipe->opened, __atomic_load_n(ever, __ATOMIC_RELAXED) != seen);
    mutex_lock(&pipe->lock);
    return *ever != seen ? 0 : result;
}

static void join_locked(struct pipe *pipe, const struct file *file)
{
    u32 reads = file_readable(file), writes = file_writable(file);
    __atomic_store_n(&pipe->readers, pipe->readers + reads, __ATOMIC_RELEASE);
    __atomic_store_n(&pipe->writers, pipe->writers + writes, __ATOMIC_RELEASE);
    __atomic_store_n(&pipe->readers_ever, pipe->readers_ever + reads, __ATOMIC_RELEASE);
    __atomic_store_n(&pipe->writers_ever, pipe->writers_ever + writes, __ATOMIC_RELEASE);
    wait_wake_any(&pipe->opened, 0);
}

/* Join, and wait for the other side. On failure the file has left again. */
static int connect_locked(struct pipe *pipe, struct file *file, bool nonblock)
{
    bool reads = file_readable(file), writes = file_writable(file);
    if (writes && !reads && nonblock && pipe->readers == 0)
        return -ENXIO;
    join_locked(pipe, file);
    int error = 0;
    if (reads && !writes && pipe->writers == 0) {
        if (nonblock)
            file->detail = pipe->writers_ever; /* no POLLHUP before a writer came and went */
        else
            error = wait_for_partner_locked(pipe, &pipe->writers_ever);
    } else if (writes && !reads && pipe->readers == 0) {
        error = wait_for_partner_locked(pipe, &pipe->readers_ever);
    }
    return error;
}

int fifo_open(struct inode *inode, u32 flags, struct file *file)
{
    if ((flags & O_ACCMODE) == O_ACCMODE)
        return -EINVAL;
    struct pipe *pipe = fifo_get(inode);
    if (!pipe)
        return -ENOMEM;
    mutex_lock(&pipe->lock);
    int error = connect_locked(pipe, file, flags & O_NONBLOCK);
    mutex_unlock(&pipe->lock);
    if (error == 0)
        file->object = pipe;
    else if (error != -ENXIO)
        pipe_leave(pipe, file);
    if (error != 0)
        fifo_put(pipe);
    return error;
}

static int fifo_file_open(struct file *file)
{
    return fifo_open(file->inode, file->flags, file);
}

static void fifo_file_release(struct file *file)
{
    struct pipe *pipe = file->object;
    if (!pipe)
        return; /* the open failed */
    pipe_leave(pipe, file);
    fifo_put(pipe);
}

const struct file_ops fifo_file_ops = {
    .open = fifo_file_open,
    .read = pipe_file_read,
    .write = pipe_file_write,
    .read_kernel = pipe_file_read_kernel,
    .write_kernel = pipe_file_write_kernel,
    .poll = pipe_file_poll,
    .ioctl = pipe_file_ioctl,
    .direct = true,
    .release = fifo_file_release,
};
