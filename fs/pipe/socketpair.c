/* SPDX-License-Identifier: MIT */
/*
 * A pair of sockets is two pipes, crosswise. What goes beyond pipes is the end: a direction that was
 * shut on one side is shut for both, what was sent before can still be received, and whoever closes
 * a socket with something left to receive resets the other [net/unix/af_unix.c of Linux].
 * Locks: those of the pipes.
 */
#include "fs/pipe/socketpair.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/stat.h>

#include "arch/usercopy.h"
#include "fs/anon/anon_file.h"
#include "fs/pipe/pipe_internal.h"
#include "fs/poll.h"
#include "mm/heap.h"

/* 256 KiB each way. Linux counts 208 KiB, of which its bookkeeping takes a share. */
#define SLOTS 64

struct pair {
    u32 open;           /* ends */
    struct pipe *to[2]; /* the pipe from which an end reads; file->detail is the end's number */
    bool was_reset[2];  /* the next receive at the end says so, once */
    u64 number[2];
};

static struct pipe *in_of(const struct file *file)
{
    const struct pair *pair = file->object;
    return pair->to[file->detail];
}

static struct pipe *out_of(const struct file *file)
{
    const struct pair *pair = file->object;
    return pair->to[!file->detail];
}

static bool is_shut(const struct pipe *pipe)
{
    return __atomic_load_n(&pipe->writers, __ATOMIC_ACQUIRE) == 0;
}

/* -ECONNRESET once, when there is nothing left to receive. */
static long receive(struct file *file, const struct pipe_place *to, size_t size, u32 flags)
{
    struct pair *pair = file->object;
    long result = pipe_read(in_of(file), flags, to, size);
    if (result == 0 && size != 0 &&
        __atomic_exchange_n(&pair->was_reset[file->detail], false, __ATOMIC_RELAXED))
        return -ECONNRESET;
    return result;
}

long socketpair_receive(struct file *file, uptr buffer, size_t size, u32 flags)
{
    return receive(file, &(struct pipe_place){buffer.addr, false}, size, flags);
}

long socketpair_send(struct file *file, uptr buffer, size_t size, u32 flags)
{
    return pipe_write(out_of(file), flags, &(struct pipe_place){buffer.addr, false}, size);
}

static long socket_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)position;
    return socketpair_receive(file, buffer, size, file->flags & O_NONBLOCK);
}

static long socket_write(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)position;
    return socketpair_send(file, buffer, size, file->flags & O_NONBLOCK);
}

static long socket_read_kernel(struct file *file, void *buffer, size_t size, u64 *position)
{
    (void)position;
    return receive(file, &(struct pipe_place){(u64)buffer, true}, size, file->flags & O_NONBLOCK);
}

static long socket_write_kernel(struct file *file, const void *buffer, size_t size, u64 *position)
{
    (void)position;
    return pipe_write(out_of(file), file->flags & O_NONBLOCK,
                      &(struct pipe_place){(u64)buffer, true}, size);
}

static u32 socket_poll(struct file *file, struct poller *poller)
{
    struct pipe *in = in_of(file), *out = out_of(file);
    const struct pair *pair = file->object;
    poller_add(poller, &in->readable);
    poller_add(poller, &out->writable);
    u32 events = __atomic_load_n(&pair->was_reset[file->detail], __ATOMIC_RELAXED) ? POLLERR : 0;
    if (is_shut(in))
        events |= POLLRDHUP | POLLIN | POLLRDNORM | (is_shut(out) ? POLLHUP : 0);
    else if (!pipe_is_empty(in))
        events |= POLLIN | POLLRDNORM;
    return events | (pipe_is_full(out) ? 0 : POLLOUT | POLLWRNORM | POLLWRBAND);
}

static long socket_ioctl(struct file *file, u32 request, u64 argument)
{
    if (request != FIONREAD)
        return -ENOTTY;
    int count = pipe_bytes_waiting(in_of(file));
    return usercopy_to(UPTR(argument), &count, sizeof(count)) ? -EFAULT : 0;
}

static void socket_stat(struct file *file, struct stat *status)
{
    const struct pair *pair = file->object;
    status->st_dev = ANON_DEVICE_SOCKETS;
    status->st_ino = pair->number[file->detail];
    status->st_mode = S_IFSOCK | 0777;
    status->st_nlink = 1;
    status->st_blksize = PAGE_SIZE;
}

void socketpair_shut(struct file *file, bool receiving, bool sending)
{
    if (receiving)
        pipe_shut(in_of(file));
    if (sending)
        pipe_shut(out_of(file));
}

static void pair_free(struct pair *pair)
{
    for (unsigned i = 0; i < 2; i++)
        if (pair->to[i])
            pipe_free(pair->to[i]);
    kfree(pair);
}

static void socket_release(struct file *file)
{
    struct pair *pair = file->object;
    if (!pipe_is_empty(in_of(file)))
        __atomic_store_n(&pair->was_reset[!file->detail], true, __ATOMIC_RELAXED);
    socketpair_shut(file, true, true);
    if (__atomic_sub_fetch(&pair->open, 1, __ATOMIC_ACQ_REL) == 0)
        pair_free(pair);
}

static const struct file_ops socket_file_ops = {
    .read = socket_read,
    .write = socket_write,
    .read_kernel = socket_read_kernel,
    .write_kernel = socket_write_kernel,
    .poll = socket_poll,
    .ioctl = socket_ioctl,
    .stat = socket_stat,
    .release = socket_release,
};

bool socketpair_is_end(const struct file *file)
{
    return file->ops == &socket_file_ops;
}

static struct pair *pair_create(void)
{
    static u64 last_number;
    struct pair *pair = kzalloc(sizeof(*pair));
    if (!pair)
        return NULL;
    for (unsigned i = 0; i < 2; i++) {
        pair->to[i] = pipe_alloc(SLOTS);
        pair->number[i] = __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
    }
    if (pair->to[0] && pair->to[1])
        return pair;
    pair_free(pair);
    return NULL;
}

static struct file *end_create(struct pair *pair, unsigned side, u32 flags)
{
    struct file *file = anon_file_create(&socket_file_ops, O_RDWR | flags, pair, "socket");
    if (!file)
        return NULL;
    file->detail = side;
    pair->open++;
    pair->to[side]->readers = pair->to[!side]->writers = 1;
    return file;
}

int socketpair_create(struct file *ends[2], u32 flags)
{
    struct pair *pair = pair_create();
    if (!pair)
        return -ENOMEM;
    ends[0] = end_create(pair, 0, flags & O_NONBLOCK);
    if (!ends[0]) {
        pair_free(pair);
        return -ENOMEM;
    }
    ends[1] = end_create(pair, 1, flags & O_NONBLOCK);
    if (ends[1])
        return 0;
    file_put(ends[0]); /* frees the pair */
    return -ENOMEM;
}
