/* SPDX-License-Identifier: MIT */
/*
 * An open file: what a descriptor stands for.
 *
 * Reference counted; each kind of file fills a table of operations. Operations may sleep and copy
 * to and from the program themselves. A NULL operation answers as Linux does for such a file.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include "kernel/lib/types.h"

struct file;
struct poller;
struct stat;

struct file_ops {
    /* Bytes moved, or -errno; less than asked only as Linux would. */
    long (*read)(struct file *file, uptr buffer, size_t size);
    long (*write)(struct file *file, uptr buffer, size_t size);
    /* What is ready now, as POLL* bits; with a poller, the queues that tell of a change. */
    u32 (*poll)(struct file *file, struct poller *poller);
    long (*ioctl)(struct file *file, u32 request, u64 argument);
    /* Fill the members that the file knows; the rest is zero (kernel memory). */
    void (*stat)(struct file *file, struct stat *status);
    void (*release)(struct file *file);
};

struct file {
    const struct file_ops *ops;
    u32 refs;
    u32 flags; /* O_* status flags and access mode; F_SETFL changes them atomically */
    void *object;
};

/* A file with one reference, or NULL. */
struct file *file_create(const struct file_ops *ops, u32 flags, void *object);
void file_get(struct file *file);
/* Drop a reference; the last one releases the file. */
void file_put(struct file *file);

#endif
