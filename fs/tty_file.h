/* SPDX-License-Identifier: MIT */
/* A terminal as an open file. */
#ifndef FS_TTY_FILE_H
#define FS_TTY_FILE_H

#include "fs/file.h"
#include "kernel/dev/tty.h"

/* A file for `tty` with O_* `flags`; to programs it is /dev/console. NULL: out of memory. */
struct file *tty_file_create(struct tty *tty, u32 flags);

/* The operations of a terminal's file that has an inode; file->object is the struct tty. */
extern const struct file_ops tty_named_ops;

#endif
