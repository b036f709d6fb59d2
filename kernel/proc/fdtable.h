/* SPDX-License-Identifier: MIT */
/* Descriptors: small numbers for open files. May be called by any thread of the process. */
#ifndef KERNEL_PROC_FDTABLE_H
#define KERNEL_PROC_FDTABLE_H

#include "fs/file.h"
#include "kernel/core/spinlock.h"

struct fdtable {
    struct spinlock lock; /* guards all below */
    struct file **files;  /* NULL: free */
    u8 *close_on_exec;    /* one byte each */
    u32 capacity;
    u32 lowest_free; /* no descriptor below is free */
};

void fdtable_init(struct fdtable *table);
/* Close all descriptors and free the table. */
void fdtable_fini(struct fdtable *table);

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
