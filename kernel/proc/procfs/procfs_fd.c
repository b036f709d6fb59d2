/* SPDX-License-Identifier: MIT */
/*
 * /proc/self/fd and fdinfo: the open descriptors (man 5 proc_pid_fd, proc_pid_fdinfo).
 *
 * Opening a link here opens the file's inode anew. A file that has an inode but no name (memfd)
 * gets a name for that purpose, in a mount that nothing leads to.
 */
#include <asm/errno.h>
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "kernel/lib/string.h"
#include "kernel/proc/procfs/procfs_internal.h"
#include "mm/heap.h"

static struct mount nameless = {.parent = &nameless};

/* The lowest descriptor from `from` on that is open. */
static s64 next_fd(const struct node_place *parent, s64 from)
{
    return procfs_has_ended(parent) ? -1 : fdtable_next(&procfs_process(parent)->files, from);
}

static int last_number(const struct node_place *place)
{
    return place->numbers[place->depth - 1];
}

/* With a reference, or NULL. */
static struct file *find_file(const struct node_place *place)
{
    return fdtable_get(&procfs_process(place)->files, last_number(place));
}

/* The link can be read and written as the file can, and tells so. */
static u32 fd_mode(const struct node_place *place)
{
    struct file *file = find_file(place);
    if (!file)
        return 0;
    bool path_only = file->flags & O_PATH;
    u32 mode = (file_readable(file) && !path_only ? 0500 : 0) |
               (file_writable(file) && !path_only ? 0300 : 0);
    file_put(file);
    return mode;
}

const struct node_family procfs_fd_family = {.next = next_fd, .mode = fd_mode};
const struct node_family procfs_fdinfo_family = {.next = next_fd};

static u64 inode_number(struct file *file)
{
    struct stat status = {0};
    if (file->inode)
        return file->inode->number;
    if (file->ops->stat)
        file->ops->stat(file, &status);
    return status.st_ino;
}

static void show_nameless(struct text_builder *text, struct file *file)
{
    const char *kind = file->kind ? file->kind : "anon_inode:[file]";
    if (strchr(kind, '[') || kind[0] == '/')
        text_add_string(text, kind);
    else
        text_print(text, "%s:[%lu]", kind, inode_number(file));
}

int procfs_show_fd(struct text_builder *text, const struct node_place *place)
{
    struct file *file = find_file(place);
    if (!file)
        return -ENOENT;
    if (!file->dentry)
        show_nameless(text, file);
    else if (file->mount == &nameless)
        text_add_string(text, file->dentry->name);
    else
        procfs_add_path(text, &(struct path){file->mount, file->dentry}, "");
    file_put(file);
    return 0;
}

/* A name for `inode`, whose reference is taken over. */
static int name_inode(const struct file *file, struct inode *inode, struct path *out)
{
    size_t length = file->kind ? strlen(file->kind) : 0;
    char *name = kmalloc(length + 1);
    struct dentry *dentry = name ? dentry_create_root(inode) : NULL;
    if (!dentry) {
        inode_put(inode);
        kfree(name);
        return -ENOMEM;
    }
    memcpy(name, file->kind, length);
    name[length] = '\0';
    dentry->name = name; /* freed with the dentry */
    dentry->name_length = length;
    nameless.sb = inode->sb;
    *out = (struct path){&nameless, dentry};
    __atomic_add_fetch(&nameless.refs, 1, __ATOMIC_RELAXED);
    return 0;
}

/* What to open, of a file that was not opened by name. */
static int follow_nameless(struct file *file, struct path *out)
{
    if (!file->inode && !file->ops->inode)
        return -ENXIO;
    struct inode *inode = file->inode;
    if (inode)
        inode_get(inode);
    else
        inode = file->ops->inode(file);
    return inode ? name_inode(file, inode, out) : -ENOMEM;
}

int procfs_follow_fd(const struct node_place *place, struct path *out)
{
    struct file *file = find_file(place);
    int error = 0;
    if (!file)
        return -ENOENT;
    if (file->dentry) {
        *out = (struct path){file->mount, file->dentry};
        path_get(out);
    } else {
        error = follow_nameless(file, out);
    }
    file_put(file);
    return error;
}

int procfs_show_fdinfo(struct text_builder *text, const struct node_place *place)
{
    struct fdtable *table = &procfs_process(place)->files;
    int fd = last_number(place);
    struct file *file = fdtable_get(table, fd);
    if (!file)
        return -ENOENT;
    u32 flags = file->flags | (fdtable_get_close_on_exec(table, fd) == 1 ? O_CLOEXEC : 0);
    text_print(text, "pos:\t%lu\nflags:\t0%o\nmnt_id:\t%d\nino:\t%lu\n", file->position, flags,
               file->mount ? file->mount->id : 0, inode_number(file));
    file_put(file);
    return 0;
}
