/* SPDX-License-Identifier: MIT */
/*
 * A root file system on the host: the kernel's own tmpfs, dentries, path walk and unpacking over
 * fake_memory.h. fs_begin makes an empty root; fs_end takes it apart again, so that the address
 * sanitizer reports every reference that was dropped once too often, or once too little.
 */
#ifndef TESTS_HOST_FAKE_FS_H
#define TESTS_HOST_FAKE_FS_H

#define __KERNEL__ /* the C library's headers would be asked for S_IF* */
#include <linux/stat.h>
#undef __KERNEL__

#include "tests/host/fake_memory.h"

#include "fs/change.c"
#include "fs/dentry.c"
#include "fs/inode.c"
#include "fs/mount.c"
#include "fs/page_cache/page_cache.c"
#include "fs/page_cache/page_cache_copy.c"
#include "fs/path.c"
#include "fs/tmpfs/tmpfs.c"
#include "fs/tmpfs/tmpfs_file.c"
#include "kernel/core/log.h"

/* ---- What is not tested here ------------------------------------------------------------------*/

const struct file_ops fifo_file_ops;
u32 notify_watch_count; /* nobody watches: the functions below are never called */

void notify_deliver_dentry(struct dentry *dentry, u32 mask)
{
    (void)dentry;
    (void)mask;
}

void notify_deliver(struct inode *inode, u32 mask, const char *name, size_t length)
{
    (void)inode;
    (void)mask;
    (void)name;
    (void)length;
}

void notify_deliver_gone(struct inode *inode)
{
    (void)inode;
}

void notify_deliver_move(struct inode *from, const char *old_name, size_t old_length,
                         struct inode *to, const char *name, size_t length, struct inode *moved,
                         struct inode *replaced)
{
    (void)from;
    (void)old_name;
    (void)old_length;
    (void)to;
    (void)name;
    (void)length;
    (void)moved;
    (void)replaced;
}

void lock_table_free(struct lock_table *table)
{
    (void)table;
}

void xattr_free(struct inode *inode)
{
    (void)inode;
}

s64 file_seek_plain(struct file *file, s64 offset, unsigned whence)
{
    (void)whence;
    file->position = offset;
    return offset;
}

void log_print(int level, const char *format, ...)
{
    (void)level;
    (void)format;
}

static u64 fake_now = 1000000000UL * 2000000000UL;

u64 time_real_ns(void)
{
    return fake_now++;
}

void vm_object_init(struct vm_object *object, const struct vm_object_ops *ops)
{
    object->ops = ops;
    object->refs = 1;
}

void vm_object_get(struct vm_object *object)
{
    object->refs++;
}

void vm_object_put(struct vm_object *object)
{
    if (object && --object->refs == 0)
        object->ops->destroy(object);
}

void vm_object_unmap_pages(struct vm_object *object, u64 first, u64 last, bool copies)
{
    (void)object;
    (void)first;
    (void)last;
    (void)copies;
}

/* ---- The root ---------------------------------------------------------------------------------*/

static struct path fs_root;
static struct path_context fs_place;

static inline void fs_begin(void)
{
    struct superblock *sb = tmpfs_create(0);
    if (!sb || mount_root(sb, &fs_root) != 0)
        abort();
    fs_place = (struct path_context){fs_root, fs_root};
}

/* The first name with a cookie above `after`, with a reference; NULL: the end. */
static inline struct dentry *fs_next_child(struct dentry *dir, u64 after)
{
    struct dentry *entry = dentry_first_pinned(dir, after, &(struct dentry_cursor){0});
    if (entry)
        dentry_get(entry);
    return entry;
}

/* Take all names out of a directory. */
static inline void fs_empty(struct dentry *dir)
{
    struct dentry *entry;
    while ((entry = fs_next_child(dir, 0))) {
        fs_empty(entry);
        dentry_remove(entry);
        dentry_put(entry);
    }
}

/* Every reference is given back: nothing of it is left. */
static inline void fs_end(void)
{
    struct superblock *sb = fs_root.mount->sb;
    struct tmpfs *fs = tmpfs_of(sb);
    fs_empty(sb->root);
    if (fake_mutexes_held != 0 || fake_locks_held != 0 || fs_root.mount->refs != 2)
        abort();
    path_put(&fs_root);
    list_del(&fs_root.mount->link);
    dentry_put(fs_root.mount->root);
    kfree(fs_root.mount);
    if (sb->root->refs != 1 || fs->inodes != 1)
        abort();
    dentry_put(sb->root);
    if (fs->inodes != 0 || fs->budget.used != 0 || fake_pages != 0)
        abort();
    kfree(fs);
}

#endif
