/* SPDX-License-Identifier: MIT */
/*
 * Places in the tree, and the walk from a name to a place (man 7 path_resolution).
 *
 * A path is a dentry and the mount through which it was reached. The walk needs no process: whoever
 * calls brings a path_context.
 */
#ifndef FS_PATH_H
#define FS_PATH_H

#include "fs/dentry.h"

struct mount;

struct path {
    struct mount *mount;
    struct dentry *dentry;
};

/* Who asks: held references; the walk takes its own. */
struct path_context {
    struct path root;
    struct path cwd;
};

/* How to walk. */
#define WALK_FOLLOW           (1u << 0) /* follow a link in the last component */
#define WALK_DIRECTORY        (1u << 1) /* the result must be a directory */
#define WALK_EMPTY_OK         (1u << 2) /* "" is the start itself (AT_EMPTY_PATH) */
#define WALK_PARENT           (1u << 3) /* stop before the last component: path_walk_parent sets it */
/* openat2's resolve flags (RESOLVE_* of <linux/openat2.h>) shifted up. */
#define WALK_RESOLVE(resolve) ((u32)(resolve) << 8)

/* Resolve `name` (a kernel string of at most PATH_MAX bytes with its NUL) from `start`. 0 with a
 * path whose references are the caller's (path_put), or -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG,
 * -EACCES, -EXDEV (resolve flags). */
int path_walk(const struct path_context *context, const struct path *start, const char *name,
              u32 flags, struct path *out) MUST_CHECK;

/* The last component of a name, as creating, removing and renaming see it. */
struct last_name {
    const char *name; /* in the caller's string or in `link` */
    size_t length;
    bool trailing_slash;
    bool is_dot, is_dotdot, is_root; /* not a name at all */
    char *link; /* where a followed link's target is kept; path_last_free frees it */
};

/* Resolve all but the last component: `parent` is a directory. */
int path_walk_parent(const struct path_context *context, const struct path *start, const char *name,
                     u32 flags, struct path *parent, struct last_name *last) MUST_CHECK;
void path_last_free(struct last_name *last);

/* Look one name up in a directory (its inode unlocked): a dentry with a reference, negative when
 * there is no such name. 0, -ENOTDIR, -ENAMETOOLONG, -ENOMEM. */
int path_lookup(struct dentry *dir, const char *name, size_t length,
                struct dentry **out) MUST_CHECK;
/* The same, or -ENOENT when there is no such name. */
int path_find(struct dentry *dir, const char *name, size_t length, struct dentry **out) MUST_CHECK;

void path_get(const struct path *path);
void path_put(const struct path *path);

/* The absolute name of a path as seen from `root`, at the end of `buffer` (NUL-terminated): a
 * pointer into it, or NULL when it does not fit. An unlinked one gets " (deleted)". */
char *path_name(const struct path *path, const struct path *root, char *buffer, size_t size);

/* Does going up from `path` lead to `root`? (No: after chroot without chdir, as a rule.) */
bool path_is_below(const struct path *path, const struct path *root);

/* Mounts. The first becomes the root of all. 0 or -errno. */
struct mount {
    struct superblock *sb;
    struct dentry *root;
    struct mount *parent;
    struct dentry *mountpoint;
    struct list_head link; /* in the list of all mounts, in order of mounting */
    u32 flags;             /* MS_* */
    u32 refs;
    int id;
};
int mount_root(struct superblock *sb, struct path *out) MUST_CHECK;
int mount_at(struct superblock *sb, const struct path *where, u32 flags) MUST_CHECK;
/* Call `visit` for each mount, in order. */
void mount_for_each(void (*visit)(const struct mount *mount, void *context), void *context);

#endif
