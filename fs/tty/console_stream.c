/* SPDX-License-Identifier: MIT */
/* The console as pipes; console_stream.h has the idea. */
#include "fs/tty/console_stream.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/stat.h>

#include "arch/usercopy.h"
#include "fs/anon/anon_file.h"
#include "fs/pipe/pipe.h"
#include "fs/poll.h"
#include "fs/tty/tty_file.h"

/* st_ino of the first one; pipes of the program's own count up from 1. */
#define FIRST_NUMBER (1UL << 31)

static struct tty *tty_of(const struct file *file)
{
    return file->object;
}

static u32 stream_poll(struct file *file, struct poller *poller)
{
    struct tty *tty = tty_of(file);
    if (!file_readable(file)) {
        poller_add(poller, &tty->output_wait);
        return tty_poll(tty) & (POLLOUT | POLLWRNORM);
    }
    poller_add(poller, &tty->input_wait);
    bool ended = tty_input_ended(tty);
    u32 there = tty_input_count(tty) != 0 ? POLLIN | POLLRDNORM : 0;
    return there | (ended ? POLLHUP : 0);
}

static long stream_ioctl(struct file *file, u32 request, u64 argument)
{
    if (request != FIONREAD)
        return -ENOTTY;
    int count = file_readable(file) ? tty_input_count(tty_of(file)) : 0;
    return usercopy_to(UPTR(argument), &count, sizeof(count)) != 0 ? -EFAULT : 0;
}

/* Two numbers for each tty, one for each direction. */
static u64 number_of(const struct file *file)
{
    return FIRST_NUMBER + ((u64)tty_of(file) & (FIRST_NUMBER - 2)) + file_writable(file);
}

static void stream_stat(struct file *file, struct stat *status)
{
    pipefs_stat(status, number_of(file));
}

static const struct inode_ops stream_inode_ops;
static const struct file_ops stream_ops;

static struct inode *stream_inode(struct file *file)
{
    struct inode *inode = pipefs_inode_create(&stream_inode_ops, &stream_ops, number_of(file));
    if (inode)
        inode->private = tty_of(file);
    return inode;
}

static int stream_reopen(struct file *file)
{
    file->object = file->inode->private;
    return 0;
}

static const struct file_ops stream_ops = {
    .open = stream_reopen,
    .read = tty_file_read,
    .write = tty_file_write,
    .read_kernel = tty_file_read_kernel,
    .write_kernel = tty_file_write_kernel,
    .poll = stream_poll,
    .ioctl = stream_ioctl,
    .stat = stream_stat,
    .inode = stream_inode,
};

struct file *console_stream_create(struct tty *tty, u32 flags)
{
    return anon_file_create(&stream_ops, flags, tty, "pipe");
}
