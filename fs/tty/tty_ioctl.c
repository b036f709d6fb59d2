/* SPDX-License-Identifier: MIT */
/*
 * The requests of terminals (man 2 ioctl_tty). One session with one process group is all there is so far, so
 * a terminal is theirs or nobody's.
 */
#include <asm/errno.h>
#include <asm/ioctls.h>

#include "arch/usercopy.h"
#include "fs/tty/tty_file.h"
#include "kernel/lib/string.h"

#define DISCIPLINE_TTY 0 /* N_TTY */

static long put(uptr user, const void *bytes, size_t size)
{
    return usercopy_to(user, bytes, size) == 0 ? 0 : -EFAULT;
}

static long put_int(uptr user, int value)
{
    return put(user, &value, sizeof(value));
}

/* ---- Settings ---------------------------------------------------------------------------------*/

/* Linux's struct termios is the first part of its struct termios2; the speeds follow. */
_Static_assert(offsetof(struct termios2, c_ispeed) == ALIGN_UP(sizeof(struct termios), 4),
               "asm-generic/termbits.h");

static long get_termios(struct tty *tty, uptr user, size_t size)
{
    struct termios2 settings;
    tty_get_termios(tty, &settings);
    return put(user, &settings, size);
}

/* `size`: of the structure that the program has, with or without speeds. */
static long set_termios(struct tty *tty, uptr user, size_t size, int when)
{
    struct termios2 settings;
    tty_get_termios(tty, &settings);
    if (usercopy_from(&settings, user, size) != 0)
        return -EFAULT;
    return tty_set_termios(tty, &settings, when);
}

/* System V's struct termio has the lower halves of the flags and the first characters. */
static long get_termio(struct tty *tty, uptr user)
{
    struct termios2 settings;
    tty_get_termios(tty, &settings);
    struct termio old = {
        .c_iflag = settings.c_iflag,
        .c_oflag = settings.c_oflag,
        .c_cflag = settings.c_cflag,
        .c_lflag = settings.c_lflag,
        .c_line = settings.c_line,
    };
    memcpy(old.c_cc, settings.c_cc, sizeof(old.c_cc));
    return put(user, &old, sizeof(old));
}

static tcflag_t with_lower(tcflag_t flags, u16 lower)
{
    return (flags & ~0xffffu) | lower;
}

static long set_termio(struct tty *tty, uptr user, int when)
{
    struct termios2 settings;
    struct termio old;
    if (usercopy_from(&old, user, sizeof(old)) != 0)
        return -EFAULT;
    tty_get_termios(tty, &settings);
    settings.c_iflag = with_lower(settings.c_iflag, old.c_iflag);
    settings.c_oflag = with_lower(settings.c_oflag, old.c_oflag);
    settings.c_cflag = with_lower(settings.c_cflag, old.c_cflag);
    settings.c_lflag = with_lower(settings.c_lflag, old.c_lflag);
    settings.c_line = old.c_line;
    memcpy(settings.c_cc, old.c_cc, sizeof(old.c_cc));
    return tty_set_termios(tty, &settings, when);
}

static long ioctl_settings(struct tty *tty, u32 request, uptr user)
{
    const size_t old = sizeof(struct termios), with_speeds = sizeof(struct termios2);
    switch (request) {
    case TCGETS:
        return get_termios(tty, user, old);
    case TCSETS:
        return set_termios(tty, user, old, TCSANOW);
    case TCSETSW:
        return set_termios(tty, user, old, TCSADRAIN);
    case TCSETSF:
        return set_termios(tty, user, old, TCSAFLUSH);
    case TCGETS2:
        return get_termios(tty, user, with_speeds);
    case TCSETS2:
        return set_termios(tty, user, with_speeds, TCSANOW);
    case TCSETSW2:
        return set_termios(tty, user, with_speeds, TCSADRAIN);
    case TCSETSF2:
        return set_termios(tty, user, with_speeds, TCSAFLUSH);
    case TCGETA:
        return get_termio(tty, user);
    case TCSETA:
        return set_termio(tty, user, TCSANOW);
    case TCSETAW:
        return set_termio(tty, user, TCSADRAIN);
    case TCSETAF:
        return set_termio(tty, user, TCSAFLUSH);
    default:
        return -ENOTTY;
    }
}

static long get_winsize(struct tty *tty, uptr user)
{
    struct winsize size;
    tty_get_winsize(tty, &size);
    return put(user, &size, sizeof(size));
}

static long set_winsize(struct tty *tty, uptr user)
{
    struct winsize size;
    if (usercopy_from(&size, user, sizeof(size)) != 0)
        return -EFAULT;
    tty_set_winsize(tty, &size);
    return 0;
}

static long set_discipline(uptr user)
{
    int discipline;
    if (usercopy_from(&discipline, user, sizeof(discipline)) != 0)
        return -EFAULT;
    return discipline == DISCIPLINE_TTY ? 0 : -EINVAL;
}

/* ---- Whose terminal it is ---------------------------------------------------------------------*/

static long get_owner(const struct tty *tty, int owner, uptr user)
{
    return tty == tty_controlling() ? put_int(user, owner) : -ENOTTY;
}

static long set_foreground(const struct tty *tty, uptr user)
{
    int group;
    if (tty != tty_controlling())
        return -ENOTTY;
    if (usercopy_from(&group, user, sizeof(group)) != 0)
        return -EFAULT;
    if (group < 0)
        return -EINVAL;
    return group == tty->foreground ? 0 : -ESRCH;
}

/* ---- The device -------------------------------------------------------------------------------*/

/* Nobody is kept out: the program may administer the system [Linux tty_io.c: tty_reopen]. */
static long set_exclusive(struct tty *tty, bool exclusive)
{
    __atomic_store_n(&tty->exclusive, exclusive, __ATOMIC_RELAXED);
    return 0;
}

static long get_exclusive(const struct tty *tty, uptr user)
{
    return put_int(user, __atomic_load_n(&tty->exclusive, __ATOMIC_RELAXED));
}

#define MODEM_OURS (TIOCM_DTR | TIOCM_RTS | TIOCM_OUT1 | TIOCM_OUT2 | TIOCM_LOOP)

static long get_modem(const struct tty *tty, uptr user)
{
    return tty->ops->get_modem ? put_int(user, tty->ops->get_modem(tty->device)) : -ENOTTY;
}

static long set_modem(const struct tty *tty, u32 request, uptr user)
{
    u32 lines;
    if (!tty->ops->set_modem)
        return -ENOTTY;
    if (usercopy_from(&lines, user, sizeof(lines)) != 0)
        return -EFAULT;
    u32 mask = MODEM_OURS & (request == TIOCMSET ? ~0u : lines);
    tty->ops->set_modem(tty->device, mask, request == TIOCMBIC ? 0 : lines);
    return 0;
}

/* ---- Input and output -------------------------------------------------------------------------*/

static long flush_queue(struct tty *tty, u64 queue)
{
    if (queue > TCIOFLUSH)
        return -EINVAL;
    tty_flush(tty, queue);
    return 0;
}

/* tcdrain asks for this with an argument; without one it would send a BREAK, which no device here can
 * [Linux tty_io.c: then it is 0, too]. */
static long drain(struct tty *tty)
{
    return tty_wait_until_sent(tty);
}

/* As if the byte had been typed. */
static long type_byte(struct tty *tty, uptr user)
{
    u8 byte;
    if (usercopy_from(&byte, user, sizeof(byte)) != 0)
        return -EFAULT;
    tty_receive(tty, &byte, sizeof(byte));
    return 0;
}

long tty_ioctl(struct file *file, u32 request, u64 argument)
{
    struct tty *tty = file->object;
    uptr user = UPTR(argument);
    switch (request) {
    case TIOCGWINSZ:
        return get_winsize(tty, user);
    case TIOCSWINSZ:
        return set_winsize(tty, user);
    case TIOCGPGRP:
        return get_owner(tty, tty->foreground, user);
    case TIOCGSID:
        return get_owner(tty, tty->session, user);
    case TIOCSPGRP:
        return set_foreground(tty, user);
    case TIOCSCTTY:
        return tty_session_take(tty);
    case TIOCNOTTY:
        return tty_session_leave(tty);
    case FIONREAD:
        return put_int(user, tty_input_count(tty));
    case TIOCOUTQ:
        return put_int(user, tty_output_count(tty));
    case TIOCSTI:
        return type_byte(tty, user);
    case TCFLSH:
        return flush_queue(tty, argument);
    case TCXONC:
        return tty_flow(tty, argument);
    case TCSBRK:
    case TCSBRKP:
        return drain(tty);
    case TIOCEXCL:
        return set_exclusive(tty, true);
    case TIOCNXCL:
        return set_exclusive(tty, false);
    case TIOCGEXCL:
        return get_exclusive(tty, user);
    case TIOCMGET:
        return get_modem(tty, user);
    case TIOCMSET:
    case TIOCMBIS:
    case TIOCMBIC:
        return set_modem(tty, request, user);
    case TIOCGETD:
        return put_int(user, DISCIPLINE_TTY);
    case TIOCSETD:
        return set_discipline(user);
    default:
        return ioctl_settings(tty, request, user);
    }
}
