/* SPDX-License-Identifier: MIT */
/*
 * Two sockets that are connected with each other (man 2 socketpair): a stream of bytes each way.
 *
 * There are no others yet. That a program gets SIGPIPE with -EPIPE is the system call's business.
 */
#ifndef FS_PIPE_SOCKETPAIR_H
#define FS_PIPE_SOCKETPAIR_H

#include "fs/file.h"

/* A new pair of stream sockets, one reference each. `flags`: O_NONBLOCK. 0 or -ENOMEM. */
int socketpair_create(struct file *ends[2], u32 flags) MUST_CHECK;

/* Whether a file is a socket. */
bool socketpair_is_end(const struct file *file);

/* The file's read and write; `flags`: O_NONBLOCK for this transfer. */
long socketpair_receive(struct file *file, uptr buffer, size_t size, u32 flags);
long socketpair_send(struct file *file, uptr buffer, size_t size, u32 flags);

/* shutdown(2): this side receives or sends no more, nor does the other in its turn. */
void socketpair_shut(struct file *file, bool receiving, bool sending);

#endif
