/* SPDX-License-Identifier: MIT */
/*
 * Telling those who watch that something happened to a file (man 7 inotify).
 *
 * These are called where it happened, after it did; fs/anon/inotify.c delivers. As long as nothing
 * is watched anywhere, each costs one load and a branch. Threads only, no spinlock held; inode
 * locks may be. The masks are IN_* of <linux/inotify.h>; IN_ISDIR is found out here.
 */
#ifndef FS_NOTIFY_H
#define FS_NOTIFY_H

#include <linux/inotify.h>

#include "fs/dentry.h"

/* How many watches there are. */
extern u32 notify_watch_count;

/* What the functions below do when there are any. */
void notify_deliver_dentry(struct dentry *dentry, u32 mask);
void notify_deliver(struct inode *inode, u32 mask, const char *name, size_t length);
void notify_deliver_gone(struct inode *inode);
void notify_deliver_move(struct inode *from, const char *old_name, size_t old_length,
                         struct inode *to, const char *name, size_t length, struct inode *moved,
                         struct inode *replaced);

static inline bool notify_needed(void)
{
    return unlikely(__atomic_load_n(&notify_watch_count, __ATOMIC_RELAXED) != 0);
}

static inline u32 notify_directory_bit(const struct inode *inode)
{
    return inode_is(inode, S_IFDIR) ? IN_ISDIR : 0;
}

/* To the inode behind a name and, with the name, to its directory: IN_ACCESS, IN_MODIFY, IN_ATTRIB,
 * IN_OPEN, IN_CLOSE_*. */
static inline void notify_dentry(struct dentry *dentry, u32 mask)
{
    if (notify_needed())
        notify_deliver_dentry(dentry, mask);
}

/* The same for an open file, if it has a name and was opened by it. */
static inline void notify_file(const struct file *file, u32 mask)
{
    if (notify_needed() && file->opened)
        notify_deliver_dentry(file->dentry, mask);
}

/* To the inode alone: a link came or went (IN_ATTRIB). */
static inline void notify_inode(struct inode *inode, u32 mask)
{
    if (notify_needed())
        notify_deliver(inode, mask | notify_directory_bit(inode), NULL, 0);
}

/* To both directories and to the inode that moved; `replaced` (or NULL) lost its name by it. */
static inline void notify_move(struct inode *from, const char *old_name, size_t old_length,
                               struct inode *to, const char *name, size_t length,
                               struct inode *moved, struct inode *replaced)
{
    if (notify_needed())
        notify_deliver_move(from, old_name, old_length, to, name, length, moved, replaced);
}

/* To a directory, about a name in it: IN_CREATE, IN_DELETE, with IN_ISDIR or not. */
static inline void notify_name(struct inode *dir, u32 mask, const char *name, size_t length)
{
    if (notify_needed())
        notify_deliver(dir, mask, name, length);
}

/* The last name of an inode is gone, and no file is open by it: IN_DELETE_SELF, and nobody watches
 * it any more. */
static inline void notify_gone(struct inode *inode)
{
    if (notify_needed())
        notify_deliver_gone(inode);
}

#endif
