/* SPDX-License-Identifier: MIT */
/*
 * Between a tty, which knows kernel buffers, and the program: copies in and out by the piece. The requests
 * of ioctl are in fs/tty/tty_ioctl.c.
 */
#include "fs/tty/tty_file.h"

#include <asm/errno.h>
#include <asm/ioctls.h>

#include "arch/usercopy.h"
#include "fs/poll.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

#define PIECE 2048 /* bytes on the kernel stack at a time; Linux moves as many */
#define SMALL 256  /* what is read without an allocation */

static struct tty *tty_of(const struct file *file)
{
    return file->object;
}

static long read_through(struct file *file, uptr buffer, u8 *piece, size_t size)
{
    long got = tty_read(tty_of(file), piece, size, file->flags);
    if (got <= 0)
        return got;
    return usercopy_to(buffer, piece, got) == 0 ? got : -EFAULT;
}

/* A whole line at once, and as much without lines. */
static NOINLINE long read_much(struct file *file, uptr buffer, size_t size)
{
    u8 *piece = kmalloc(TTY_LINE_MAX);
    if (!piece)
        return -ENOMEM;
    long got = read_through(file, buffer, piece, MIN(size, (size_t)TTY_LINE_MAX));
    kfree(piece);
    return got;
}

long tty_file_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)position;
    u8 piece[SMALL];
    return size <= SMALL ? read_through(file, buffer, piece, size) : read_much(file, buffer, size);
}

long tty_file_write(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)position;
    u8 piece[PIECE];
    size_t done = 0;
    while (done < size) {
        size_t want = MIN(size - done, sizeof(piece));
        /* A piece that cannot be read whole is not written at all, as on Linux. */
        if (usercopy_from(piece, UPTR_ADD(buffer, done), want) != 0)
            return done ? (long)done : -EFAULT;
        long put = tty_write(tty_of(file), piece, want, file->flags);
        if (put < 0)
            return done ? (long)done : put;
        done += put;
        if ((size_t)put < want)
            break;
    }
    return done;
}

long tty_file_read_kernel(struct file *file, void *buffer, size_t size, u64 *position)
{
    (void)position;
    return tty_read(tty_of(file), buffer, size, file->flags);
}

long tty_file_write_kernel(struct file *file, const void *buffer, size_t size, u64 *position)
{
    (void)position;
    return tty_write(tty_of(file), buffer, size, file->flags);
}

static u32 tty_file_poll(struct file *file, struct poller *poller)
{
    poller_add(poller, &tty_of(file)->input_wait);
    poller_add(poller, &tty_of(file)->output_wait);
    return tty_poll(tty_of(file));
}

const struct file_ops tty_file_ops = {
    .read = tty_file_read,
    .write = tty_file_write,
    .read_kernel = tty_file_read_kernel,
    .write_kernel = tty_file_write_kernel,
    .poll = tty_file_poll,
    .ioctl = tty_ioctl,
};
