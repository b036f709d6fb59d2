/* SPDX-License-Identifier: MIT */
/*
 * An open file: what a descriptor stands for.
 *
 * Reference counted; each kind of file fills a table of operations. Operations may sleep and copy
 * to and from the program themselves. A NULL operation answers as Linux does for such a file.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include "kernel/core/mutex.h"
#include "kernel/lib/types.h"

struct dentry;
struct epoll_item;
struct file;
struct inode;
struct lock_table;
struct mount;
struct poller;
struct stat;
struct statfs;
struct vm_object;

struct path;

/* Where getdents puts entries. */
struct dir_context {
    /* 0, or negative when the buffer is full (the walk then stops, this entry not taken). */
    int (*emit)(struct dir_context *context, const char *name, size_t length, u64 inode,
                u8 type /* DT_* */, u64 next_offset);
};

/* As the position of a write: the end of the file, wherever that is (RWF_APPEND). */
#define POSITION_END (~0UL)

struct file_ops {
    /* The file was opened by name: make what it needs, or replace file->ops. 0 or -errno. */
    int (*open)(struct file *file);
    /* Bytes moved at *position (which advances) for files that have one, or -errno. Files without a
     * position (pipes, terminals) get a position that nobody looks at. */
    long (*read)(struct file *file, uptr buffer, size_t size, u64 *position);
    long (*write)(struct file *file, uptr buffer, size_t size, u64 *position);
    /* The same with kernel memory, for splice, sendfile and their kin. NULL: they say -EINVAL. */
    long (*read_kernel)(struct file *file, void *buffer, size_t size, u64 *position);
    long (*write_kernel)(struct file *file, const void *buffer, size_t size, u64 *position);
    /* What is ready now, as POLL* bits; with a poller, the queues that tell of a change. */
    u32 (*poll)(struct file *file, struct poller *poller);
    long (*ioctl)(struct file *file, u32 request, u64 argument);
    /* New position or -errno; NULL: -ESPIPE. `file_seek_plain` serves files with a size. */
    s64 (*seek)(struct file *file, s64 offset, unsigned whence);
    /* Emit entries from *position on. */
    int (*readdir)(struct file *file, struct dir_context *context, u64 *position);
    /* Fill the members that the file knows; NULL: the inode's are told. */
    void (*stat)(struct file *file, struct stat *status);
    /* An inode with a reference for a file without one, by which /proc/self/fd opens it anew; NULL:
     * out of memory. NULL operation: it cannot be opened anew (-ENXIO). */
    struct inode *(*inode)(struct file *file);
    /* The object a mapping shows (with a reference). *vma_flags has VMA_SHARED as asked and may get
     * VMA_READ_ONLY. NULL operation: inode->object, or -ENODEV without one. */
    int (*map)(struct file *file, u32 prot, u32 *vma_flags, struct vm_object **out);
    int (*truncate)(struct file *file, u64 size);
    int (*fallocate)(struct file *file, int mode, u64 offset, u64 length);
    int (*sync)(struct file *file);
    /* A descriptor was closed (each time, not only the last): record locks go. */
    void (*flush)(struct file *file);
    /* The last reference is gone. */
    void (*release)(struct file *file);
    bool direct; /* O_DIRECT may be asked for */
};

struct file {
    const struct file_ops *ops;
    u32 refs;
    u32 flags;  /* O_* status flags and access mode; F_SETFL changes them atomically */
    u32 detail; /* the kind's own */
    struct mutex position_lock;
    u64 position;               /* guarded by position_lock */
    struct mount *mount;        /* where it was opened; NULL: no name (pipes, sockets) */
    struct dentry *dentry;      /* both hold references */
    struct inode *inode;        /* dentry's, or the file's own; NULL: none at all */
    void *object;               /* the kind's own */
    struct epoll_item *watches; /* of the epolls that watch this file: fs/anon/epoll.c */
    struct lock_table *locks;   /* of a file without an inode: fs/lock.c */
    int owner;                  /* F_SETOWN: who would get signals; 0: nobody */
    u8 owner_type;              /* F_OWNER_* */
    u8 owner_signal;            /* F_SETSIG */
    bool opened;                /* by name, so that its end is told (fs/notify.h) */
    const char *kind; /* for /proc/self/fd of nameless files: "pipe", "anon_inode:[eventfd]" */
};

/* A nameless file with one reference, or NULL. */
struct file *file_create(const struct file_ops *ops, u32 flags, void *object);

/* A file on a path, which gets references of its own. */
struct file *file_create_on(const struct path *path, const struct file_ops *ops, u32 flags);

void file_get(struct file *file);
/* Drop a reference; the last one releases the file. */
void file_put(struct file *file);

/* lseek for files whose end is inode->size: SEEK_SET, SEEK_CUR, SEEK_END. */
s64 file_seek_plain(struct file *file, s64 offset, unsigned whence);

static inline bool file_readable(const struct file *file)
{
    return (file->flags & 3) != 1; /* O_ACCMODE, O_WRONLY */
}

static inline bool file_writable(const struct file *file)
{
    return (file->flags & 3) != 0;
}

#endif
