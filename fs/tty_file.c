/* SPDX-License-Identifier: MIT */
/*
 * Between a tty, which knows kernel buffers, and the program: copies in and out by the piece, and
 * the terminal requests of ioctl(2) (man 2 ioctl_tty).
 */
#include "fs/tty_file.h"

#include <asm/errno.h>
#include <asm/ioctls.h>

#include "arch/usercopy.h"
#include "fs/poll.h"
#include "kernel/lib/string.h"

#define PIECE 2048 /* bytes on the kernel stack at a time; Linux moves as many */

static struct tty *tty_of(const struct file *file)
{
    return file->object;
}

long tty_file_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    (void)position;
    u8 piece[PIECE];
    long got = tty_read(tty_of(file), piece, MIN(size, sizeof(piece)), file->flags);
    if (got <= 0)
        return got;
    return usercopy_to(buffer, piece, got) == 0 ? got : -EFAULT;
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

static long get_termios(struct tty *tty, uptr user)
{
    struct termios termios;
    tty_get_termios(tty, &termios);
    return usercopy_to(user, &termios, sizeof(termios)) == 0 ? 0 : -EFAULT;
}

static long set_termios(struct tty *tty, uptr user, int when)
{
    struct termios termios;
    if (usercopy_from(&termios, user, sizeof(termios)) != 0)
        return -EFAULT;
    tty_set_termios(tty, &termios, when);
    return 0;
}

static long get_winsize(struct tty *tty, uptr user)
{
    struct winsize size;
    tty_get_winsize(tty, &size);
    return usercopy_to(user, &size, sizeof(size)) == 0 ? 0 : -EFAULT;
}

static long set_winsize(struct tty *tty, uptr user)
{
    struct winsize size;
    if (usercopy_from(&size, user, sizeof(size)) != 0)
        return -EFAULT;
    tty_set_winsize(tty, &size);
    return 0;
}

static long put_int(uptr user, int value)
{
    return usercopy_to(user, &value, sizeof(value)) == 0 ? 0 : -EFAULT;
}

static long flush_queue(struct tty *tty, u64 queue)
{
    if (queue > TCIOFLUSH)
        return -EINVAL;
    tty_flush(tty, queue);
    return 0;
}

static long tty_file_ioctl(struct file *file, u32 request, u64 argument)
{
    struct tty *tty = tty_of(file);
    uptr user = UPTR(argument);
    switch (request) {
    case TCGETS:
        return get_termios(tty, user);
    case TCSETS:
        return set_termios(tty, user, TCSANOW);
    case TCSETSW:
        return set_termios(tty, user, TCSADRAIN);
    case TCSETSF:
        return set_termios(tty, user, TCSAFLUSH);
    case TIOCGWINSZ:
        return get_winsize(tty, user);
    case TIOCSWINSZ:
        return set_winsize(tty, user);
    case FIONREAD:
        return put_int(user, tty_input_count(tty));
    case TIOCOUTQ:
        return put_int(user, tty_output_count(tty));
    case TCFLSH:
        return flush_queue(tty, argument);
    default:
        return -ENOTTY;
    }
}

const struct file_ops tty_file_ops = {
    .read = tty_file_read,
    .write = tty_file_write,
    .read_kernel = tty_file_read_kernel,
    .write_kernel = tty_file_write_kernel,
    .poll = tty_file_poll,
    .ioctl = tty_file_ioctl,
};
