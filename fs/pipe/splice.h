/* SPDX-License-Identifier: MIT */
/*
 * Moving bytes between files inside the kernel (man 2 splice, tee, vmsplice, sendfile,
 * copy_file_range).
 *
 * Files take part that can read or write kernel memory (file_ops: read_kernel, write_kernel); for
 * others the answer is -EINVAL. From a file into a pipe bytes are copied once, into pages that the
 * pipe then has; from a pipe into a file once; between pipes pages move, or are shared. Between two
 * files there is a buffer, and two copies.
 * All return the number of bytes moved, 0 at the end of the input, or -errno with none moved. With
 * `nonblock`, -EAGAIN instead of waiting for a pipe; they never wait once something was moved.
 */
#ifndef FS_PIPE_SPLICE_H
#define FS_PIPE_SPLICE_H

#include "fs/pipe/pipe.h"

long splice_file_to_file(struct file *in, u64 *in_position, struct file *out, u64 *out_position,
                         size_t size) MUST_CHECK;
long splice_file_to_pipe(struct file *in, u64 *position, struct pipe *out, size_t size,
                         bool nonblock) MUST_CHECK;
long splice_pipe_to_file(struct pipe *in, struct file *out, u64 *position, size_t size,
                         bool nonblock) MUST_CHECK;

/* Move pages, or share them if the input is to keep its bytes (tee). */
long splice_pipe_to_pipe(struct pipe *in, struct pipe *out, size_t size, bool keep,
                         bool nonblock) MUST_CHECK;

/* Copies all the same: what the program does with its memory afterwards must not be seen. */
long splice_user_to_pipe(uptr from, struct pipe *out, size_t size, bool nonblock) MUST_CHECK;
long splice_pipe_to_user(struct pipe *in, uptr to, size_t size, bool nonblock) MUST_CHECK;

#endif
