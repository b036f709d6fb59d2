/* SPDX-License-Identifier: MIT */
/*
 * Watching files and directories (man 7 inotify): an inotify is a file that is read for events.
 * What happens is told by the hooks of fs/notify.h.
 */
#ifndef FS_ANON_INOTIFY_H
#define FS_ANON_INOTIFY_H

#include "fs/file.h"

struct inode;

/* As /proc/sys/fs/inotify says: max_user_instances, max_user_watches, max_queued_events. */
#define INOTIFY_INSTANCES_MAX 128
#define INOTIFY_WATCHES_MAX   65536
#define INOTIFY_EVENTS_MAX    16384

/* `flags`: O_NONBLOCK. 0 with a file of one reference, -EMFILE (too many of them), -ENOMEM. */
int inotify_create(u32 flags, struct file **out) MUST_CHECK;

bool file_is_inotify(const struct file *file);

/* Watch an inode for the events of `mask`, or change the watch there is. IN_MASK_ADD,
 * IN_MASK_CREATE, IN_ONESHOT, IN_EXCL_UNLINK count; the flags about the path do not. The watch's
 * number, -EEXIST, -ENOSPC, -ENOMEM. */
long inotify_add(struct file *file, struct inode *inode, u32 mask) MUST_CHECK;

/* 0, or -EINVAL: no such watch. */
int inotify_remove(struct file *file, int watch) MUST_CHECK;

#endif
