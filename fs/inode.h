/* SPDX-License-Identifier: MIT */
/*
 * Inodes: files, directories, links and devices, apart from their names.
 *
 * A file system fills two tables: what can be done to the inode by name (inode_ops) and what can be
 * done to an open file (file_ops, fs/file.h). Names are dentries (fs/dentry.h). Reference counted:
 * a dentry, an open file and a mapping each hold one.
 * Lock: inode->lock guards the fields marked so, and the entries of a directory. Where two
 * directories are locked, the one with the lower address comes first; a directory before what it
 * contains.
 */
#ifndef FS_INODE_H
#define FS_INODE_H

#include <linux/stat.h>

#include "fs/file.h"
#include "kernel/core/mutex.h"
#include "kernel/lib/types.h"
#include "mm/vm_object.h"

struct dentry;
struct inode;
struct dir_context;

/* One mounted file system: where its inode numbers count and what statfs says. */
struct superblock {
    const char *type; /* "tmpfs", "proc", ...: as /proc/mounts shows it */
    u64 magic;        /* f_type of statfs: <linux/magic.h> */
    u64 device;       /* st_dev, as makedev encodes it */
    u32 block_size;   /* st_blksize; 0: a page */
    u64 next_inode;   /* last inode number given out; atomic */
    struct dentry *root;
    /* Fill f_blocks, f_bfree, f_files, ...; NULL: all zero. */
    void (*statfs)(struct superblock *sb, struct statfs *out);
};

struct inode_ops {
    /* Directories that make their entries up as they are asked for (procfs): find `name` and give
     * an inode with a reference. NULL: all entries are dentries in memory (tmpfs). 0 or -ENOENT. */
    int (*lookup)(struct inode *dir, const char *name, size_t length, struct inode **out);
    /* True when a dentry found in the cache may still be used; NULL: always. */
    bool (*still_valid)(struct inode *inode);

    /* Changes of a directory: `dentry` is negative and its parent's inode (`dir`) is locked. They
     * attach the new inode to the dentry (dentry_attach). NULL: -EPERM (-EROFS). */
    int (*create)(struct inode *dir, struct dentry *dentry, u32 mode, u64 device);
    int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
    int (*link)(struct inode *dir, struct dentry *dentry, struct inode *target);
    /* May the entry be removed? For rmdir: -ENOTEMPTY. The caller then detaches it. */
    int (*unlink)(struct inode *dir, struct dentry *dentry);
    /* `dentry` moves to `to_dir`, by the caller, who also counts links: keep the sizes of both.
     * NULL: names cannot move (-EPERM). */
    void (*rename)(struct inode *dir, struct dentry *dentry, struct inode *to_dir);
    /* An inode without a link that may get one unless `exclusive` (O_TMPFILE), with one reference.
     * NULL: -EOPNOTSUPP. */
    int (*nameless)(struct inode *dir, u32 mode, bool exclusive, struct inode **out);

    /* A symbolic link's target into `buffer`; the length, not NUL-terminated, or -errno. */
    long (*readlink)(struct inode *inode, char *buffer, size_t size);
    /* Links whose target is an object, not a name (/proc/self/fd/1, /proc/self/exe): the path with
     * references. NULL: an ordinary link. */
    int (*follow)(struct inode *inode, struct path *out);
    /* Give the inode its object, made when it is first needed (inode locked). 0 or -ENOMEM. */
    int (*make_object)(struct inode *inode);
    /* Change the size (inode locked). NULL: -EINVAL. */
    int (*truncate)(struct inode *inode, u64 size);
    /* Called at stat to bring `size` and the like up to date; NULL: they always are. */
    void (*refresh)(struct inode *inode);
    /* The last reference is gone: free what `private` holds. */
    void (*destroy)(struct inode *inode);
};

struct inotify_watch;
struct lock_table;
struct xattr;

struct inode {
    const struct inode_ops *ops;
    const struct file_ops *file_ops; /* for files opened on it */
    struct superblock *sb;
    struct vm_object *object; /* its pages, for mappings; NULL: none, or inode_need_object first */
    u64 number;
    u64 device; /* st_rdev of device nodes */
    u32 refs;
    bool is_running; /* a program's file: opening it for writing is ETXTBSY */

    struct mutex lock; /* guards all below */
    u32 mode;          /* type and permissions */
    u32 nlink;
    u32 uid, gid;
    u64 size;
    s64 atime, mtime, ctime, btime; /* nanoseconds since 1970 */
    struct xattr *xattrs;           /* fs/xattr.c */
    struct lock_table *locks;       /* fs/lock.c, which has its own lock */
    struct inotify_watch *watches;  /* fs/anon/inotify.c, likewise */
    void *private;                  /* the file system's */
};

/* A new inode with one reference and one link, times now. NULL: out of memory. */
struct inode *inode_create(struct superblock *sb, const struct inode_ops *ops,
                           const struct file_ops *file_ops, u32 mode);
void inode_get(struct inode *inode);
/* Drop a reference (NULL allowed); the last one destroys the inode, whatever nlink is. */
void inode_put(struct inode *inode);

/* Whoever opens or runs a regular file asks for its object first; most files of an archive never need
 * one. 0 (there may still be none) or -ENOMEM. */
int inode_need_object(struct inode *inode) MUST_CHECK;

/* Fill Linux's struct stat. Takes inode->lock. */
void inode_stat(struct inode *inode, struct stat *out);

/* While `fixed`, inodes that are made or changed get the time of this call: reading the clock for
 * each name of an archive would cost more than its inode. */
void inode_fix_time(bool fixed);

/* Note a change: mtime and ctime, or ctime alone. */
void inode_touch_data(struct inode *inode);
void inode_touch_meta(struct inode *inode);

static inline bool inode_is(const struct inode *inode, u32 type)
{
    return (inode->mode & S_IFMT) == type;
}

#endif
