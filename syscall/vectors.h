/* SPDX-License-Identifier: MIT */
/*
 * readv and writev of files without a position: pipes, terminals.
 *
 * All vectors together are one operation: a write is as atomic as one of a single buffer, a packet
 * fills several vectors, and a read that got something does not wait for the rest. So the bytes
 * pass through a buffer of the kernel, as far as one is needed.
 */
#ifndef SYSCALL_VECTORS_H
#define SYSCALL_VECTORS_H

#include <linux/uio.h>

#include "fs/file.h"

/* Whether the file has what it takes (file_ops: read_kernel, write_kernel); others have to take the
 * vectors one by one. */
static inline bool vectors_in_one(const struct file *file)
{
    return !file->ops->seek && file->ops->read_kernel && file->ops->write_kernel;
}

/* `count` checked vectors. Bytes moved or -errno, as of file_ops.read and write. */
long vectors_read_stream(struct file *file, const struct iovec *vectors, size_t count) MUST_CHECK;
long vectors_write_stream(struct file *file, const struct iovec *vectors, size_t count) MUST_CHECK;

#endif
