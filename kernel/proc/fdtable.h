/* SPDX-License-Identifier: MIT */
/* Descriptors: small numbers for open files. May be called by any thread of the process. */
#ifndef KERNEL_PROC_FDTABLE_H
#define KERNEL_PROC_FDTABLE_H

#include "fs/file.h"
#include "kernel/core/spinlock.h"

#define FD_CHUNK 64 /* descriptors that are allocated together */

struct fd_chunk {
    struct file *files[FD_CHUNK]; /* NULL: free */
    u8 close_on_exec[FD_CHUNK];   /* one byte each */
};

struct fdtable {
    struct spinlock lock;     /* guards all below */
    struct fd_chunk **chunks; /* NULL: none of its descriptors was ever open */
    u32 capacity;             /* descriptors below this have a place in `chunks` */
    u32 lowest_free;          /* no descriptor below is free */
};

void fdtable_init(struct fdtable *table);
/* Close all descriptors and free the table. */
void fdtable_fini(struct fdtable *table);

/* The lowest descriptor from `from` on that is open, or -1. */
s64 fdtable_next(struct fdtable *table, s64 from);

/* The file behind `fd` with a reference for the caller, or NULL. */
struct file *fdtable_get(struct fdtable *table, int fd);

/* Install `file` (whose reference moves into the table) at the lowest free descriptor from `lowest`
 * on and below `limit`. The descriptor, -EMFILE, -ENOMEM (the caller then keeps the reference). */
int fdtable_install(struct fdtable *table, struct file *file, int lowest, u64 limit,
                    bool close_on_exec) MUST_CHECK;

/* Install at `fd`, closing what was there. 0, -EBADF (beyond `limit`), -ENOMEM. */
int fdtable_replace(struct fdtable *table, struct file *file, int fd, u64 limit,
                    bool close_on_exec) MUST_CHECK;

/* 0 or -EBADF. */
int fdtable_close(struct fdtable *table, int fd) MUST_CHECK;

/* FD_CLOEXEC of a descriptor: 0 or 1, or -EBADF; and setting it: 0 or -EBADF. */
int fdtable_get_close_on_exec(struct fdtable *table, int fd) MUST_CHECK;
int fdtable_set_close_on_exec(struct fdtable *table, int fd, bool on) MUST_CHECK;

#endif
