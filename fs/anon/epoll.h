/* SPDX-License-Identifier: MIT */
/*
 * Interest in many files, kept in the kernel (man 7 epoll).
 *
 * Each watched file's wait queues carry a function of ours; a wake-up puts the file on the epoll's
 * ready list, and waiting asks only the files on that list. An epoll is a file itself, and may be
 * watched by another one.
 */
#ifndef FS_ANON_EPOLL_H
#define FS_ANON_EPOLL_H

#include "fs/file.h"
#include "kernel/abi/event_files.h"

/* A file with one reference, or NULL: out of memory. */
struct file *epoll_create(void);

bool file_is_epoll(const struct file *file);

/* epoll_ctl(2) for `target`, open as `fd`, which are its key together. `event` is not looked at by
 * EPOLL_CTL_DEL. 0, -EINVAL, -EPERM (never makes anybody wait), -EEXIST, -ENOENT, -ELOOP, -ENOMEM. */
int epoll_control(struct file *file, int operation, struct file *target, int fd,
                  const struct epoll_event *event) MUST_CHECK;

/* Wait until a watched file is ready or `deadline` has passed (0: do not wait; WAIT_FOREVER), and
 * write at most `capacity` events to `events`. Their number, -EFAULT or -EINTR. */
long epoll_wait(struct file *file, uptr events, int capacity, u64 deadline) MUST_CHECK;

/* A watched file loses its last reference: no epoll may look at it any more. By file_put alone. */
void epoll_forget_file(struct file *file);

#endif
