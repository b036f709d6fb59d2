/* SPDX-License-Identifier: MIT */
/* A terminal as an open file: file->object is the struct tty. */
#ifndef FS_TTY_TTY_FILE_H
#define FS_TTY_TTY_FILE_H

#include "fs/file.h"
#include "kernel/dev/tty.h"

/* The operations of a file that was opened by a terminal's name. */
extern const struct file_ops tty_file_ops;

/* The requests of ioctl (fs/tty/tty_ioctl.c). */
long tty_ioctl(struct file *file, u32 request, u64 argument);

/* Those of them that only move bytes, for all that has a tty below (fs/tty/console_stream.c). */
long tty_file_read(struct file *file, uptr buffer, size_t size, u64 *position);
long tty_file_write(struct file *file, uptr buffer, size_t size, u64 *position);
long tty_file_read_kernel(struct file *file, void *buffer, size_t size, u64 *position);
long tty_file_write_kernel(struct file *file, const void *buffer, size_t size, u64 *position);

#endif
