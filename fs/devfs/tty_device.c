/* SPDX-License-Identifier: MIT */
/*
 * Terminals by name: /dev/console and /dev/tty are the program's console, /dev/ttyS<n> a line of
 * its own where there is one, /dev/tty0 and /dev/tty1 the screen.
 *
 * The table is filled at start and then only read.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/stat.h>

#include "fs/devfs/devfs_internal.h"
#include "fs/open.h"
#include "fs/tty/tty_file.h"

#define SCREEN_NAMES 2

static struct tty *console, *screen;
static struct tty *lines[DEVFS_TTY_LINES];

void devfs_set_console(struct tty *tty)
{
    console = tty;
}

void devfs_add_tty(u32 line, struct tty *tty)
{
    lines[line] = tty;
}

void devfs_add_screen(struct tty *tty)
{
    screen = tty;
}

u32 devfs_console_number(void)
{
    return console == screen ? DEVICE_SCREEN + 1 : DEVICE_TTYS;
}

static s64 next_line(const struct node_place *parent, s64 from)
{
    (void)parent;
    for (s64 line = from; line < DEVFS_TTY_LINES; line++)
        if (lines[line])
            return line;
    return -1;
}

static s64 next_screen(const struct node_place *parent, s64 from)
{
    (void)parent;
    return screen && from < SCREEN_NAMES ? from : -1;
}

const struct node_family tty_family = {.next = next_line};
const struct node_family screen_family = {.next = next_screen};

static struct tty *find_tty(u64 device)
{
    if (device >= DEVICE_TTYS && device < DEVICE_TTYS + DEVFS_TTY_LINES)
        return lines[device - DEVICE_TTYS];
    if (device >= DEVICE_SCREEN && device < DEVICE_SCREEN + SCREEN_NAMES)
        return screen;
    return device == DEVICE_TTY ? tty_controlling() : console;
}

static int tty_device_open(struct file *file)
{
    file->object = find_tty(file->inode->device);
    file->ops = &tty_file_ops;
    if (!file->object)
        return -ENXIO;
    /* A session without a terminal gets the one that its leader reads from next. */
    bool may_control = file->inode->device != DEVICE_CONSOLE && file_readable(file);
    if (may_control && !(file->flags & O_NOCTTY))
        (void)tty_session_take(file->object);
    return 0;
}

static const struct file_ops tty_device_ops = {.open = tty_device_open};

int tty_devices_register(void)
{
    int error = device_register(S_IFCHR, DEVICE_CONSOLE, &tty_device_ops);
    if (error == 0)
        error = device_register(S_IFCHR, DEVICE_TTY, &tty_device_ops);
    for (u32 line = 0; error == 0 && line < DEVFS_TTY_LINES; line++)
        error = device_register(S_IFCHR, DEVICE_TTYS + line, &tty_device_ops);
    for (u32 name = 0; error == 0 && name < SCREEN_NAMES; name++)
        error = device_register(S_IFCHR, DEVICE_SCREEN + name, &tty_device_ops);
    return error;
}
