/* SPDX-License-Identifier: MIT */
/*
 * Open files whose text is made up, and open directories of them.
 *
 * The text is made when the file is read from its beginning, and kept for the reads that follow: a
 * program that reads in small pieces sees one state of affairs, one that goes back to the
 * beginning sees the next (Linux's seq_file does the same).
 * Lock: shown->lock guards the text.
 */
#include <asm/errno.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include "arch/usercopy.h"
#include "fs/procfs/node_internal.h"
#include "kernel/lib/string.h"

#define STORE_MAX     (PAGE_SIZE - 1) /* bytes in one write */
#define FIRST_ENTRIES 2               /* positions of "." and ".." */

struct shown {
    struct mutex lock; /* guards all below */
    bool made;
    struct text_builder text;
};

static bool may_not_write(const struct inode *inode)
{
    const char *prefix = node_fs_of(inode)->strict_prefix;
    const struct made *made = made_of(inode);
    return !made->node->store && prefix && strncmp(made->path, prefix, strlen(prefix)) == 0;
}

static int node_open(struct file *file)
{
    if (file_writable(file) && may_not_write(file->inode))
        return -EACCES;
    struct shown *shown = kzalloc(sizeof(*shown));
    if (!shown)
        return -ENOMEM;
    mutex_init(&shown->lock, LOCK_SHOWN);
    text_init(&shown->text, &node_text_memory);
    file->object = shown;
    return 0;
}

static void node_release(struct file *file)
{
    struct shown *shown = file->object;
    if (!shown)
        return;
    text_clear(&shown->text);
    kfree(shown);
}

static int make_text_locked(const struct file *file, struct shown *shown, u64 position)
{
    if (shown->made && position != 0)
        return 0;
    text_clear(&shown->text);
    int error = node_show(made_of(file->inode), &shown->text);
    shown->made = error == 0;
    return error;
}

/* To the program, until its memory ends. Bytes or -EFAULT. */
static long copy_out(const struct text_builder *text, u64 position, uptr buffer, size_t size)
{
    size_t done = 0;
    while (done < size && position + done < text->length) {
        size_t count;
        const char *piece = text_piece(text, position + done, &count);
        count = MIN(count, size - done);
        size_t left = usercopy_to(UPTR_ADD(buffer, done), piece, count);
        done += count - left;
        if (left != 0)
            return done ? (long)done : -EFAULT;
    }
    return done;
}

/* To `kernel` when that is not NULL, else to the program. */
static long read_any(struct file *file, uptr buffer, void *kernel, size_t size, u64 *position)
{
    struct shown *shown = file->object;
    mutex_lock(&shown->lock);
    long done = make_text_locked(file, shown, *position);
    if (done == 0)
        done = kernel ? (long)text_copy(&shown->text, *position, kernel, size)
                      : copy_out(&shown->text, *position, buffer, size);
    mutex_unlock(&shown->lock);
    *position += MAX(done, 0L);
    return done;
}

static long node_read(struct file *file, uptr buffer, size_t size, u64 *position)
{
    return read_any(file, buffer, NULL, size, position);
}

static long node_read_kernel(struct file *file, void *buffer, size_t size, u64 *position)
{
    return read_any(file, UPTR(0), buffer, size, position);
}

static long node_write(struct file *file, uptr buffer, size_t size, u64 *position)
{
    const struct made *made = made_of(file->inode);
    if (!made->node->store)
        return -EIO;
    size = MIN(size, STORE_MAX);
    char *bytes = kmalloc(size + 1);
    if (!bytes)
        return -ENOMEM;
    long error = usercopy_from(bytes, buffer, size) ? -EFAULT : 0;
    bytes[size] = '\0';
    if (error == 0)
        error = made->node->store(&made->place, bytes, size);
    kfree(bytes);
    if (error != 0)
        return error;
    *position += size;
    return size;
}

static s64 node_seek(struct file *file, s64 offset, unsigned whence)
{
    return whence == SEEK_END ? -EINVAL : file_seek_plain(file, offset, whence);
}

const struct file_ops node_file_ops = {
    .open = node_open,
    .read = node_read,
    .read_kernel = node_read_kernel,
    .write = node_write,
    .seek = node_seek,
    .release = node_release,
};

static int emit_dots(const struct file *file, struct dir_context *context, u64 *position)
{
    const struct inode *self = file->inode, *above = file->dentry->parent->inode;
    if (*position == 0) {
        if (context->emit(context, ".", 1, self->number, S_IFDIR >> 12, 1) < 0)
            return -1;
        *position = 1;
    }
    if (*position == 1) {
        if (context->emit(context, "..", 2, above->number, S_IFDIR >> 12, FIRST_ENTRIES) < 0)
            return -1;
        *position = FIRST_ENTRIES;
    }
    return 0;
}

static void emit_entries(struct file *file, struct dir_context *context, u64 *position,
                         struct node_entry *entry)
{
    u64 cookie = *position - FIRST_ENTRIES;
    while (node_next_entry(file->inode, &cookie, entry)) {
        u32 mode = node_mode(node_fs_of(file->inode), &entry->made);
        if (context->emit(context, entry->name, strlen(entry->name),
                          node_inode_number(&entry->made), (mode & S_IFMT) >> 12,
                          cookie + FIRST_ENTRIES) < 0)
            return;
        *position = cookie + FIRST_ENTRIES;
    }
}

static int node_readdir(struct file *file, struct dir_context *context, u64 *position)
{
    struct node_entry *entry = kmalloc(sizeof(*entry));
    if (!entry)
        return -ENOMEM;
    if (emit_dots(file, context, position) == 0)
        emit_entries(file, context, position, entry);
    kfree(entry);
    return 0;
}

const struct file_ops node_directory_ops = {
    .readdir = node_readdir,
    .seek = file_seek_plain,
};
