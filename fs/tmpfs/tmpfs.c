/* SPDX-License-Identifier: MIT */
/*
 * The tree of a tmpfs: its inodes and its names.
 *
 * Every name is a dentry that the directory pins, so there is nothing to look up that is not in the
 * dentry cache. A directory that was removed has no links any more and takes no new names; that is
 * decided with its own lock held.
 */
#include "fs/tmpfs/tmpfs.h"

#include <asm/errno.h>
#include <asm/statfs.h>
#include <linux/limits.h>
#include <linux/magic.h>

#include "fs/dentry.h"
#include "fs/pipe/pipe.h"
#include "fs/tmpfs/tmpfs_internal.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"
#include "mm/page.h"

/* Linux counts a name as this many bytes of its directory (BOGO_DIRENT_SIZE). */
#define NAME_BYTES   20
/* Minor numbers of the devices without a major, st_dev of file systems in memory. */
#define FIRST_DEVICE 21

struct tmpfs {
    struct superblock sb;
    struct page_budget budget;
    u64 inodes; /* atomic */
    u64 inode_limit;
};

static struct tmpfs *tmpfs_of(struct superblock *sb)
{
    return container_of(sb, struct tmpfs, sb);
}

static const struct inode_ops file_inode_ops, directory_inode_ops, link_inode_ops,
    special_inode_ops;

static const struct inode_ops *inode_ops_for(u32 mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return &file_inode_ops;
    case S_IFDIR:
        return &directory_inode_ops;
    case S_IFLNK:
        return &link_inode_ops;
    default:
        return &special_inode_ops;
    }
}

/* Devices have the operations that are registered for their number; see fs/open.c. */
static const struct file_ops *file_ops_for(u32 mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return &tmpfs_file_ops;
    case S_IFDIR:
        return &tmpfs_directory_ops;
    case S_IFIFO:
        return &fifo_file_ops;
    default:
        return NULL;
    }
}

/* 0 with an inode of one reference and one link (a directory: two), -ENOSPC, -ENOMEM. */
static int make_inode(struct tmpfs *fs, u32 mode, struct inode **out)
{
    if (__atomic_add_fetch(&fs->inodes, 1, __ATOMIC_RELAXED) > fs->inode_limit) {
        __atomic_sub_fetch(&fs->inodes, 1, __ATOMIC_RELAXED);
        return -ENOSPC;
    }
    struct inode *inode = inode_create(&fs->sb, inode_ops_for(mode), file_ops_for(mode), mode);
    if (!inode)
        goto no_inode;
    if (S_ISDIR(mode)) {
        inode->nlink = 2;
        inode->size = 2 * NAME_BYTES; /* "." and ".." */
    }
    *out = inode;
    return 0;
no_inode:
    __atomic_sub_fetch(&fs->inodes, 1, __ATOMIC_RELAXED);
    return -ENOMEM;
}

/* A regular file has no object until it is opened for the first time: `private` is the physical
 * address of what it borrows, if anything. */
int tmpfs_make_object(struct inode *inode)
{
    struct page_cache *cache = page_cache_create(&tmpfs_of(inode->sb)->budget);
    if (!cache)
        return -ENOMEM;
    if (inode->private)
        page_cache_borrow(cache, (paddr_t)inode->private, inode->size);
    inode->private = NULL;
    __atomic_store_n(&inode->object, page_cache_object(cache), __ATOMIC_RELEASE);
    return 0;
}

void tmpfs_borrow(struct inode *inode, paddr_t base, u64 size)
{
    mutex_lock(&inode->lock);
    if (inode->object) {
        page_cache_resize(tmpfs_cache(inode), 0);
        if (size != 0)
            page_cache_borrow(tmpfs_cache(inode), base, size);
    } else {
        inode->private = size != 0 ? (void *)base : NULL;
    }
    inode->size = size;
    mutex_unlock(&inode->lock);
}

/* A regular file whose object is there and which no name leads to. */
static int make_nameless(struct tmpfs *fs, u32 mode, struct inode **out)
{
    int error = make_inode(fs, S_IFREG | (mode & ~S_IFMT), out);
    if (error != 0)
        return error;
    (*out)->nlink = 0;
    error = tmpfs_make_object(*out);
    if (error != 0)
        inode_put(*out);
    return error;
}

static void destroy_inode(struct inode *inode)
{
    __atomic_sub_fetch(&tmpfs_of(inode->sb)->inodes, 1, __ATOMIC_RELAXED);
    if (inode_is(inode, S_IFLNK))
        kfree(inode->private);
}

/* The name is the directory's from now on; it takes over the reference of `inode`. */
static void enter(struct inode *dir, struct dentry *dentry, struct inode *inode)
{
    dentry_attach(dentry, inode);
    dentry_get(dentry);
    dentry->pinned = true;
    dir->size += NAME_BYTES;
}

/* As on Linux, what is made in a set-group-id directory belongs to its group. */
static void inherit_group(const struct inode *dir, struct inode *inode)
{
    if (!(dir->mode & S_ISGID))
        return;
    inode->gid = dir->gid;
    if (inode_is(inode, S_IFDIR))
        inode->mode |= S_ISGID;
}

static int tmpfs_make(struct inode *dir, struct dentry *dentry, u32 mode, u64 device)
{
    struct inode *inode;
    if (dir->nlink == 0)
        return -ENOENT;
    int error = make_inode(tmpfs_of(dir->sb), mode, &inode);
    if (error != 0)
        return error;
    if (S_ISCHR(mode) || S_ISBLK(mode))
        inode->device = device;
    inherit_group(dir, inode);
    if (S_ISDIR(mode))
        dir->nlink++;
    enter(dir, dentry, inode);
    return 0;
}

static int tmpfs_symlink(struct inode *dir, struct dentry *dentry, const char *target)
{
    struct inode *inode;
    size_t length = strlen(target);
    if (dir->nlink == 0)
        return -ENOENT;
    if (length >= PATH_MAX)
        return -ENAMETOOLONG;
    int error = make_inode(tmpfs_of(dir->sb), S_IFLNK | 0777, &inode);
    if (error != 0)
        return error;
    char *text = kmalloc(length + 1);
    if (!text) {
        inode_put(inode);
        return -ENOMEM;
    }
    memcpy(text, target, length + 1);
    inode->private = text;
    inode->size = length;
    inherit_group(dir, inode);
    enter(dir, dentry, inode);
    return 0;
}

/* `private` of a file without a link that may get its first (O_TMPFILE); one whose last link was
 * removed may not. */
static char linkable;

static int tmpfs_link(struct inode *dir, struct dentry *dentry, struct inode *target)
{
    mutex_lock(&target->lock);
    bool ok = dir->nlink != 0 && (target->nlink != 0 || target->private == &linkable);
    if (ok) {
        target->nlink++;
        if (target->private == &linkable)
            target->private = NULL;
        inode_touch_meta(target);
        inode_get(target);
        enter(dir, dentry, target);
    }
    mutex_unlock(&target->lock);
    return ok ? 0 : -ENOENT;
}

static int tmpfs_unlink(struct inode *dir, struct dentry *dentry)
{
    struct inode *inode = dentry->inode;
    bool directory = inode_is(inode, S_IFDIR);
    mutex_lock(&inode->lock);
    bool full = directory && dentry_has_children(dentry);
    if (!full) {
        inode->nlink -= directory ? 2 : 1;
        inode_touch_meta(inode);
    }
    mutex_unlock(&inode->lock);
    if (full)
        return -ENOTEMPTY;
    if (directory)
        dir->nlink--;
    dir->size -= NAME_BYTES;
    return 0;
}

static void tmpfs_rename(struct inode *dir, struct dentry *dentry, struct inode *to_dir)
{
    (void)dentry;
    dir->size -= NAME_BYTES;
    to_dir->size += NAME_BYTES;
}

static long tmpfs_readlink(struct inode *inode, char *buffer, size_t size)
{
    size_t length = MIN(inode->size, size);
    memcpy(buffer, inode->private, length);
    return length;
}

/* As the directory would have it, but for the name. */
static int tmpfs_nameless(struct inode *dir, u32 mode, bool exclusive, struct inode **out)
{
    if (dir->nlink == 0)
        return -ENOENT;
    int error = make_nameless(tmpfs_of(dir->sb), mode, out);
    if (error != 0)
        return error;
    inherit_group(dir, *out);
    (*out)->private = exclusive ? NULL : &linkable;
    return 0;
}

static const struct inode_ops file_inode_ops = {
    .make_object = tmpfs_make_object,
    .truncate = tmpfs_truncate,
    .destroy = destroy_inode,
};

static const struct inode_ops directory_inode_ops = {
    .create = tmpfs_make,
    .symlink = tmpfs_symlink,
    .link = tmpfs_link,
    .unlink = tmpfs_unlink,
    .rename = tmpfs_rename,
    .nameless = tmpfs_nameless,
    .destroy = destroy_inode,
};

static const struct inode_ops link_inode_ops = {
    .readlink = tmpfs_readlink,
    .destroy = destroy_inode,
};

static const struct inode_ops special_inode_ops = {
    .destroy = destroy_inode,
};

struct inode *tmpfs_nameless_file(struct superblock *sb, u32 mode)
{
    struct inode *inode;
    return make_nameless(tmpfs_of(sb), mode, &inode) == 0 ? inode : NULL;
}

static void tmpfs_statfs(struct superblock *sb, struct statfs *out)
{
    const struct tmpfs *fs = tmpfs_of(sb);
    out->f_type = sb->magic;
    out->f_bsize = out->f_frsize = PAGE_SIZE;
    out->f_blocks = fs->budget.limit;
    out->f_bfree = out->f_bavail = fs->budget.limit - MIN(fs->budget.used, fs->budget.limit);
    out->f_files = fs->inode_limit;
    out->f_ffree = fs->inode_limit - MIN(fs->inodes, fs->inode_limit);
    out->f_namelen = NAME_LENGTH_MAX;
}

struct superblock *tmpfs_create(u64 size_limit)
{
    static u64 next_device = FIRST_DEVICE;
    struct tmpfs *fs = kzalloc(sizeof(*fs));
    struct inode *root;
    if (!fs)
        return NULL;
    fs->sb = (struct superblock){.type = "tmpfs", .magic = TMPFS_MAGIC, .statfs = tmpfs_statfs};
    fs->sb.device = __atomic_fetch_add(&next_device, 1, __ATOMIC_RELAXED);
    fs->inode_limit = page_total_count();
    fs->budget.limit =
        size_limit ? ALIGN_UP(size_limit, PAGE_SIZE) >> PAGE_SHIFT : page_total_count() / 2;
    if (make_inode(fs, S_IFDIR | 0755, &root) != 0)
        goto no_root;
    fs->sb.root = dentry_create_root(root);
    if (fs->sb.root)
        return &fs->sb;
    inode_put(root);
no_root:
    kfree(fs);
    return NULL;
}
