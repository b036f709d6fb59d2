/* SPDX-License-Identifier: MIT */
/* A counter as a file (man 2 eventfd): written to add, read to take all or, a semaphore, one. */
#ifndef FS_ANON_EVENTFD_H
#define FS_ANON_EVENTFD_H

#include "fs/file.h"

/* `flags`: O_NONBLOCK. A file with one reference, or NULL: out of memory. */
struct file *eventfd_create(u32 initial, bool semaphore, u32 flags);

#endif
