/* SPDX-License-Identifier: MIT */
/*
 * Open files and directories of a tmpfs.
 *
 * Writing and everything that changes a size holds the inode's lock; reading holds none, because
 * the page cache knows where the file ends. Reading a directory holds its lock, so that no name
 * changes under our hands; positions are 0 for ".", 1 for "..", and a name's cookie plus 1 behind
 * that, which stays what it is when other names come and go.
 */
#include "fs/tmpfs/tmpfs.h"

#include <asm/errno.h>
#include <asm/fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>

#include "fs/dentry.h"
#include "fs/tmpfs/tmpfs_internal.h"
#include "kernel/core/time.h"
#include "mm/heap.h"

#define SIZE_MAX_BYTES        (~0UL >> 1) /* off_t */
#define FIRST_COOKIE_POSITION 2           /* what follows ".." */

u64 (*tmpfs_growth_limit)(u64 wanted);

static u64 growth_limit(u64 wanted)
{
    return tmpfs_growth_limit ? MIN(tmpfs_growth_limit(wanted), SIZE_MAX_BYTES) : SIZE_MAX_BYTES;
}

/* Linux's "relatime": only when it tells more than it did, so that reading mostly writes nothing. */
static void note_read(const struct file *file)
{
    struct inode *inode = file->inode;
    if (!(file->flags & O_NOATIME) &&
        (inode->atime <= inode->mtime || inode->atime <= inode->ctime))
        inode->atime = time_real_ns();
}

static long note_moved(const struct file *file, long moved, u64 *position)
{
    if (moved > 0) {
        *position += moved;
        note_read(file);
    }
    return moved;
}

static long file_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    long moved = page_cache_read(tmpfs_cache(file->inode), *position, buffer, size);
    return note_moved(file, moved, position);
}

static long file_read_kernel(struct file *file, void *buffer, size_t size, u64 *position)
{
    long moved = page_cache_read_kernel(tmpfs_cache(file->inode), *position, buffer, size);
    return note_moved(file, moved, position);
}

/* How many of `size` bytes may be written at `position`; -EFBIG: none. */
static long allowed_size(u64 position, size_t size)
{
    u64 limit = growth_limit(position + 1); /* the first byte has to fit */
    if (position >= limit)
        return -EFBIG;
    return MIN(size, limit - position);
}

struct write {
    uptr user;
    const void *kernel; /* NULL: the user address counts */
};

static long write_locked(struct inode *inode, const struct write *from, size_t size, u64 position)
{
    struct page_cache *cache = tmpfs_cache(inode);
    long allowed = allowed_size(position, size);
    if (allowed < 0)
        return allowed;
    u64 end = position + allowed, old_size = inode->size;
    if (end > old_size)
        page_cache_resize(cache, end);
    long moved = from->kernel ? page_cache_write_kernel(cache, position, from->kernel, allowed)
                              : page_cache_write(cache, position, from->user, allowed);
    u64 reached = moved > 0 ? position + moved : 0;
    inode->size = MAX(old_size, reached);
    if (end > inode->size) /* it was less than hoped */
        page_cache_resize(cache, inode->size);
    if (moved > 0)
        inode_touch_data(inode);
    return moved;
}

static long write_file(struct file *file, const struct write *from, size_t size, u64 *position)
{
    struct inode *inode = file->inode;
    if (size == 0)
        return 0;
    mutex_lock(&inode->lock);
    bool append = (file->flags & O_APPEND) || *position == POSITION_END;
    u64 start = append ? inode->size : *position;
    long moved = write_locked(inode, from, size, start);
    mutex_unlock(&inode->lock);
    if (moved > 0)
        *position = start + moved;
    return moved;
}

static long file_write(struct file *file, uptr buffer, size_t size, u64 *position)
{
    return write_file(file, &(struct write){.user = buffer}, size, position);
}

static long file_write_kernel(struct file *file, const void *buffer, size_t size, u64 *position)
{
    return write_file(file, &(struct write){.kernel = buffer}, size, position);
}

static s64 file_seek(struct file *file, s64 offset, unsigned whence)
{
    struct inode *inode = file->inode;
    if (whence != SEEK_DATA && whence != SEEK_HOLE)
        return file_seek_plain(file, offset, whence);
    if (offset < 0 || (u64)offset >= inode->size)
        return -ENXIO;
    u64 found = whence == SEEK_DATA ? page_cache_next_data(tmpfs_cache(inode), offset)
                                    : page_cache_next_hole(tmpfs_cache(inode), offset);
    if (whence == SEEK_DATA && found >= inode->size)
        return -ENXIO;
    file->position = found;
    return found;
}

int tmpfs_truncate(struct inode *inode, u64 size)
{
    if (size > inode->size && size > growth_limit(size))
        return -EFBIG;
    int error = inode->object ? 0 : tmpfs_make_object(inode);
    if (error != 0)
        return error;
    page_cache_resize(tmpfs_cache(inode), size);
    inode->size = size;
    inode_touch_data(inode);
    return 0;
}

/* Zeros for a range: a hole, or pages where there are none. */
static int fallocate_locked(struct inode *inode, int mode, u64 start, u64 end)
{
    struct page_cache *cache = tmpfs_cache(inode);
    int error = 0;
    if (mode & FALLOC_FL_PUNCH_HOLE)
        error = page_cache_punch(cache, start, end);
    if (error == 0 && !(mode & FALLOC_FL_PUNCH_HOLE))
        error = page_cache_allocate(cache, start, end);
    if (error == 0 && !(mode & FALLOC_FL_KEEP_SIZE) && end > inode->size) {
        page_cache_resize(cache, end);
        inode->size = end;
    }
    if (error == 0)
        inode_touch_data(inode);
    return error;
}

static int file_fallocate(struct file *file, int mode, u64 offset, u64 length)
{
    const int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (mode != punch && (mode & ~FALLOC_FL_KEEP_SIZE))
        return -EOPNOTSUPP;
    u64 end = offset + length;
    bool grows = mode != punch && end > file->inode->size; /* even if it keeps its size */
    if (end < offset || end > SIZE_MAX_BYTES || (grows && end > growth_limit(end)))
        return -EFBIG;
    mutex_lock(&file->inode->lock);
    int error = fallocate_locked(file->inode, mode, offset, end);
    mutex_unlock(&file->inode->lock);
    return error;
}

/* Memory is where it belongs. */
static int file_sync(struct file *file)
{
    (void)file;
    return 0;
}

const struct file_ops tmpfs_file_ops = {
    .read = file_read,
    .write = file_write,
    .read_kernel = file_read_kernel,
    .write_kernel = file_write_kernel,
    .seek = file_seek,
    .fallocate = file_fallocate,
    .sync = file_sync,
    .direct = true,
};

/* file->object of a directory that was read from. */
struct reading {
    u64 last; /* the cookie of the last name there was when reading began: who makes a name for each
               * one that is read must come to an end */
    struct dentry_cursor cursor;
};

static u8 entry_type(const struct inode *inode)
{
    return inode->mode >> 12; /* DT_* are the type bits of the mode (Linux fs_types.c) */
}

/* "." and ".." are the first one and two bytes of the same string. True when both are told. */
static bool emit_dots(const struct dentry *dir, struct dir_context *context, u64 *position)
{
    const struct inode *inodes[] = {dir->inode, dir->parent->inode};
    for (; *position < FIRST_COOKIE_POSITION; ++*position)
        if (context->emit(context, "..", *position + 1, inodes[*position]->number,
                          entry_type(inodes[*position]), *position + 1) != 0)
            return false;
    return true;
}

static void emit_names(struct dentry *dir, struct dir_context *context, struct reading *reading,
                       u64 *position)
{
    struct dentry *taken = NULL;
    struct dentry *entry =
        dentry_first_pinned(dir, *position - FIRST_COOKIE_POSITION, &reading->cursor);
    for (; entry && entry->cookie <= reading->last; entry = dentry_next_pinned(entry)) {
        u64 next = entry->cookie + FIRST_COOKIE_POSITION;
        if (context->emit(context, entry->name, entry->name_length, entry->inode->number,
                          entry_type(entry->inode), next) != 0)
            break;
        *position = next;
        taken = entry;
    }
    if (taken)
        dentry_cursor_set(&reading->cursor, taken);
}

static int directory_read(struct file *file, struct dir_context *context, u64 *position)
{
    struct dentry *dir = file->dentry;
    struct reading *reading = file->object;
    if (!reading)
        file->object = reading = kzalloc(sizeof(*reading));
    if (!reading)
        return -ENOMEM;
    mutex_lock(&file->inode->lock);
    if (*position == 0 || reading->last == 0)
        reading->last = dir->next_cookie;
    if (emit_dots(dir, context, position))
        emit_names(dir, context, reading, position);
    mutex_unlock(&file->inode->lock);
    note_read(file);
    return 0;
}

static void directory_release(struct file *file)
{
    kfree(file->object);
}

static s64 directory_seek(struct file *file, s64 offset, unsigned whence)
{
    if (whence != SEEK_SET && whence != SEEK_CUR)
        return -EINVAL;
    return file_seek_plain(file, offset, whence);
}

const struct file_ops tmpfs_directory_ops = {
    .seek = directory_seek,
    .readdir = directory_read,
    .release = directory_release,
    .sync = file_sync,
};
