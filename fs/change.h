/* SPDX-License-Identifier: MIT */
/*
 * Changes of the tree: making, removing and renaming names. `parent` and `last` come from
 * path_walk_parent; the functions lock the directories themselves and follow Linux's order of
 * checks. All return 0 or -errno.
 */
#ifndef FS_CHANGE_H
#define FS_CHANGE_H

#include "fs/path.h"

/* A file, directory, fifo, socket or device (S_IF* in `mode`, umask already applied). The inode's
 * dentry goes to *out with a reference unless NULL. -EEXIST, -EISDIR ... */
int fs_create(const struct path *parent, const struct last_name *last, u32 mode, u64 device,
              struct dentry **out) MUST_CHECK;
int fs_symlink(const struct path *parent, const struct last_name *last,
               const char *target) MUST_CHECK;
int fs_link(const struct path *old, const struct path *parent,
            const struct last_name *last) MUST_CHECK;
int fs_unlink(const struct path *parent, const struct last_name *last, bool directory) MUST_CHECK;
/* `flags`: RENAME_NOREPLACE, RENAME_EXCHANGE. */
int fs_rename(const struct path *old_parent, const struct last_name *old_last,
              const struct path *new_parent, const struct last_name *new_last,
              u32 flags) MUST_CHECK;

#endif
