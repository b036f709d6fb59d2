/* SPDX-License-Identifier: MIT */
/*
 * devfs: the devices of every Linux system, and links to the program's own files.
 *
 * The operations are registered by device number (fs/open.h), so that a node in an archive or one
 * made by mknod works as well. /dev/shm is an empty directory to mount a tmpfs on.
 */
#ifndef FS_DEVFS_DEVFS_H
#define FS_DEVFS_DEVFS_H

#include "fs/inode.h"
#include "kernel/dev/tty.h"

#define DEVFS_TTY_LINES 4 /* ttyS0 to ttyS3 */

/* The file system, to be mounted on /dev. Once. NULL: out of memory. */
struct superblock *devfs_create(void);

/* `tty` is what /dev/console and /dev/tty mean. */
void devfs_set_console(struct tty *tty);

/* `tty` is /dev/ttyS<line>; `line` below DEVFS_TTY_LINES. */
void devfs_add_tty(u32 line, struct tty *tty);

/* `tty` is this machine's screen: /dev/tty0 and /dev/tty1, which are one, as there is no second to
 * change to. NULL: there is none. */
void devfs_add_screen(struct tty *tty);

/* The device number of the terminal behind /dev/console, as in st_rdev. */
u32 devfs_console_number(void);

#endif
