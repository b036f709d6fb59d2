/* SPDX-License-Identifier: MIT */
/* Inodes: life and death, and what stat says of them. */
#include "fs/inode.h"

#include <asm/stat.h>

#include "fs/lock.h"
#include "fs/page_cache/page_cache.h"
#include "fs/xattr.h"
#include "kernel/core/refcount.h"
#include "kernel/core/time.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

#define STAT_BLOCK 512

static s64 fixed_time; /* 0: it goes on */

void inode_fix_time(bool fixed)
{
    fixed_time = fixed ? (s64)time_real_ns() : 0;
}

static s64 time_of_change(void)
{
    return unlikely(fixed_time != 0) ? fixed_time : (s64)time_real_ns();
}

struct inode *inode_create(struct superblock *sb, const struct inode_ops *ops,
                           const struct file_ops *file_ops, u32 mode)
{
    struct inode *inode = kzalloc(sizeof(*inode));
    if (!inode)
        return NULL;
    inode->ops = ops;
    inode->file_ops = file_ops;
    inode->sb = sb;
    inode->number = __atomic_add_fetch(&sb->next_inode, 1, __ATOMIC_RELAXED);
    inode->refs = 1;
    inode->mode = mode;
    inode->nlink = 1;
    mutex_init(&inode->lock, LOCK_INODE);
    inode->atime = inode->mtime = inode->ctime = inode->btime = time_of_change();
    return inode;
}

int inode_need_object(struct inode *inode)
{
    int error = 0;
    if (inode->object || !inode->ops->make_object)
        return 0;
    mutex_lock(&inode->lock);
    if (!inode->object)
        error = inode->ops->make_object(inode);
    mutex_unlock(&inode->lock);
    return error;
}

void inode_get(struct inode *inode)
{
    ref_take(&inode->refs);
}

void inode_put(struct inode *inode)
{
    if (!inode || !ref_drop(&inode->refs))
        return;
    if (inode->ops->destroy)
        inode->ops->destroy(inode);
    vm_object_put(inode->object);
    lock_table_free(inode->locks);
    xattr_free(inode);
    kfree(inode);
}

/* Pages that hold data. Without an object they are all somewhere else. */
static u64 pages_of(const struct inode *inode)
{
    if (inode->object)
        return page_cache_owned(page_cache_of(inode->object));
    return inode->ops->make_object ? (inode->size + PAGE_SIZE - 1) >> PAGE_SHIFT : 0;
}

/* Before 1970 the seconds are negative and the nanoseconds are not. */
static void split_time(s64 time, unsigned long *seconds, unsigned long *nanoseconds)
{
    const s64 second = NS_PER_SECOND;
    s64 rest = time % second;
    *seconds = time / second - (rest < 0);
    *nanoseconds = rest + (rest < 0 ? second : 0);
}

void inode_stat(struct inode *inode, struct stat *out)
{
    memset(out, 0, sizeof(*out));
    mutex_lock(&inode->lock);
    if (inode->ops->refresh)
        inode->ops->refresh(inode);
    out->st_dev = inode->sb->device;
    out->st_ino = inode->number;
    out->st_mode = inode->mode;
    out->st_nlink = inode->nlink;
    out->st_uid = inode->uid;
    out->st_gid = inode->gid;
    out->st_rdev = inode->device;
    out->st_size = inode->size;
    out->st_blksize = inode->sb->block_size ? inode->sb->block_size : PAGE_SIZE;
    if (inode_is(inode, S_IFREG))
        out->st_blocks = pages_of(inode) * (PAGE_SIZE / STAT_BLOCK);
    split_time(inode->atime, &out->st_atime, &out->st_atime_nsec);
    split_time(inode->mtime, &out->st_mtime, &out->st_mtime_nsec);
    split_time(inode->ctime, &out->st_ctime, &out->st_ctime_nsec);
    mutex_unlock(&inode->lock);
}

void inode_touch_data(struct inode *inode)
{
    inode->mtime = inode->ctime = time_of_change();
}

void inode_touch_meta(struct inode *inode)
{
    inode->ctime = time_of_change();
}
