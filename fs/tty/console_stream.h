/* SPDX-License-Identifier: MIT */
/*
 * The console as pipes: standard input, output and error of a program whose host gave it files or
 * pipes, not a terminal (`tty=raw`). To the program they are pipes with the host at the other end:
 * programs write for files, not for people, and buffer whole blocks.
 */
#ifndef FS_TTY_CONSOLE_STREAM_H
#define FS_TTY_CONSOLE_STREAM_H

#include "fs/file.h"
#include "kernel/dev/tty.h"

/* A file of one reference that reads from `tty` (`flags`: O_RDONLY) or writes to it (O_WRONLY).
 * NULL: out of memory. */
struct file *console_stream_create(struct tty *tty, u32 flags);

#endif
