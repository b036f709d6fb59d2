/* SPDX-License-Identifier: MIT */
/*
 * Putting entries of an archive into the tree; what replaces what is as in Linux's
 * init/initramfs.c (clean_path): an entry of the same type as what is there takes its place over,
 * another one replaces it, if it is not a directory with something in it.
 */
#include <asm/errno.h>

#include "fs/change.h"
#include "fs/initramfs/initramfs_internal.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

static void forget_directory(struct unpack *unpack)
{
    if (unpack->directory_known)
        path_put(&unpack->directory);
    unpack->directory_known = false;
}

/* A directory for the last component of `name`, in one that is there. */
static int make_directory(struct unpack *unpack, const char *name)
{
    struct path parent;
    struct last_name last;
    int error = path_walk_parent(&unpack->place, &unpack->place.root, name, 0, &parent, &last);
    if (error != 0)
        return error;
    error = fs_create(&parent, &last, S_IFDIR | 0755, 0, NULL);
    path_last_free(&last);
    path_put(&parent);
    return error == -EEXIST ? -ENOTDIR : error;
}

static int walk_to_directory(struct unpack *unpack, const char *name, struct path *out)
{
    return path_walk(&unpack->place, &unpack->place.root, name, WALK_FOLLOW | WALK_DIRECTORY, out);
}

/* Make those of directory_name's components that are missing. */
static int make_parents(struct unpack *unpack)
{
    char *name = unpack->directory_name;
    for (char *end = name + 1;; end++) {
        struct path ignored;
        char after = *end;
        if (after != '/' && after != '\0')
            continue;
        *end = '\0';
        int error = walk_to_directory(unpack, name, &ignored);
        if (error == 0)
            path_put(&ignored);
        else if (error == -ENOENT)
            error = make_directory(unpack, name);
        *end = after;
        if (error != 0 || after == '\0')
            return error;
    }
}

/* Let unpack->directory be the one named by the first `length` bytes of `name`. */
static int enter_directory(struct unpack *unpack, const char *name, size_t length)
{
    if (length == 0) {
        name = "/";
        length = 1;
    }
    if (unpack->directory_known && length == unpack->directory_length &&
        memcmp(name, unpack->directory_name, length) == 0)
        return 0;
    if (length >= PATH_MAX)
        return -ENAMETOOLONG;
    forget_directory(unpack);
    memcpy(unpack->directory_name, name, length);
    unpack->directory_name[length] = '\0';
    unpack->directory_length = length;
    int error = walk_to_directory(unpack, unpack->directory_name, &unpack->directory);
    if (error == -ENOENT) {
        error = make_parents(unpack);
        if (error == 0)
            error = walk_to_directory(unpack, unpack->directory_name, &unpack->directory);
    }
    unpack->directory_known = error == 0;
    return error;
}

static size_t without_slashes(const char *name, size_t length)
{
    while (length != 0 && name[length - 1] == '/')
        length--;
    return length;
}

/* Is there a slash? Eight bytes a step: names are scanned once for every file of an archive. */
static bool has_slash(const char *text, size_t length)
{
    const u64 ones = 0x0101010101010101UL;
    u64 word;
    for (; length >= sizeof(word); text += sizeof(word), length -= sizeof(word)) {
        memcpy(&word, text, sizeof(word));
        word ^= ones * '/';
        if (((word - ones) & ~word & ones << 7) != 0)
            return true;
    }
    for (; length != 0; text++, length--)
        if (*text == '/')
            return true;
    return false;
}

/* An entry of the directory that the one before it was in: that is entered already. */
static bool is_neighbour(const struct unpack *unpack, const struct unpack_entry *entry,
                         struct last_name *last)
{
    size_t length = unpack->directory_length;
    if (!unpack->directory_known || entry->name_length < length + 2 || entry->name[length] != '/' ||
        memcmp(entry->name, unpack->directory_name, length) != 0)
        return false;
    last->name = entry->name + length + 1;
    last->length = entry->name_length - length - 1;
    return last->name[0] != '.' && !has_slash(last->name, last->length);
}

/* Split a name, and enter its directory. The last component may be no name at all. */
static int enter_parent(struct unpack *unpack, const struct unpack_entry *entry,
                        struct last_name *last)
{
    const char *name = entry->name;
    *last = (struct last_name){0};
    if (is_neighbour(unpack, entry, last))
        return 0;
    size_t end = without_slashes(name, entry->name_length), start = end;
    while (start != 0 && name[start - 1] != '/')
        start--;
    size_t length = end - start;
    *last = (struct last_name){.name = name + start, .length = length};
    last->is_root = length == 0;
    last->is_dot = length == 1 && name[start] == '.';
    last->is_dotdot = length == 2 && name[start] == '.' && name[start + 1] == '.';
    if (last->is_dot || last->is_dotdot) /* the whole of it names a directory */
        start = end;
    return enter_directory(unpack, name, without_slashes(name, start));
}

/* Directories change when names are put into them: their time is set at the end. */
static int remember_time(struct unpack *unpack, struct inode *inode, s64 mtime)
{
    struct directory_time *time = kmalloc(sizeof(*time));
    if (!time)
        return -ENOMEM;
    inode_get(inode);
    *time = (struct directory_time){unpack->times, inode, mtime};
    unpack->times = time;
    return 0;
}

static int set_attributes(struct unpack *unpack, const struct unpack_entry *entry,
                          struct inode *inode)
{
    inode->uid = entry->uid;
    inode->gid = entry->gid;
    if (!S_ISLNK(entry->mode))
        inode->mode = (inode->mode & S_IFMT) | (entry->mode & 07777);
    if (S_ISDIR(entry->mode))
        return remember_time(unpack, inode, entry->mtime);
    inode->atime = inode->mtime = entry->mtime;
    return 0;
}

/* The file's bytes are the module's from now on. */
static int set_data(struct unpack *unpack, const struct unpack_entry *entry, struct inode *inode)
{
    if (inode->file_ops != &tmpfs_file_ops)
        return -EOPNOTSUPP;
    tmpfs_borrow(inode, unpack->physical + (entry->data - unpack->bytes), entry->data_size);
    return 0;
}

static int fill(struct unpack *unpack, const struct unpack_entry *entry, struct inode *inode)
{
    int error = S_ISREG(entry->mode) ? set_data(unpack, entry, inode) : 0;
    return error != 0 ? error : set_attributes(unpack, entry, inode);
}

/* fs_create without what it does for others: nobody else is there yet, neither to be locked out nor
 * to be told, and the directory's time is in the archive. */
static int create_quickly(struct unpack *unpack, const struct unpack_entry *entry,
                          const struct last_name *last, struct dentry **out)
{
    struct dentry *dir = unpack->directory.dentry;
    const struct inode_ops *ops = dir->inode->ops;
    if (last->length > NAME_LENGTH_MAX)
        return -ENAMETOOLONG;
    if (ops->lookup || !ops->create)
        return fs_create(&unpack->directory, last, entry->mode, entry->device, out);
    u32 hash = dentry_hash(dir, last->name, last->length);
    struct dentry *dentry = dentry_find(dir, last->name, last->length, hash);
    if (dentry) {
        dentry_put(dentry);
        return -EEXIST;
    }
    dentry = dentry_create(dir, last->name, last->length, hash);
    if (!dentry)
        return -ENOMEM;
    int error = ops->create(dir->inode, dentry, entry->mode, entry->device);
    if (error != 0)
        dentry_put(dentry);
    *out = dentry;
    return error;
}

/* Make the entry anew. */
static int create(struct unpack *unpack, const struct unpack_entry *entry,
                  const struct last_name *last, struct dentry **out)
{
    const struct path *parent = &unpack->directory;
    if (!S_ISLNK(entry->mode))
        return create_quickly(unpack, entry, last, out);
    if (entry->link_length >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(unpack->link, entry->link, entry->link_length);
    unpack->link[entry->link_length] = '\0';
    int error = fs_symlink(parent, last, unpack->link);
    return error != 0 ? error : path_lookup(parent->dentry, last->name, last->length, out);
}

static bool can_take_over(const struct unpack_entry *entry, const struct inode *inode)
{
    return (S_ISDIR(entry->mode) && inode_is(inode, S_IFDIR)) ||
           (entry->reuse && S_ISREG(entry->mode) && inode_is(inode, S_IFREG));
}

/* Something of that name is there: take it over, or replace it. */
static int create_over(struct unpack *unpack, const struct unpack_entry *entry,
                       const struct last_name *last, struct dentry **out)
{
    int error = path_lookup(unpack->directory.dentry, last->name, last->length, out);
    if (error != 0 || can_take_over(entry, (*out)->inode))
        return error;
    error = fs_unlink(&unpack->directory, last, inode_is((*out)->inode, S_IFDIR));
    dentry_put(*out);
    return error != 0 ? error : create(unpack, entry, last, out);
}

/* "." or "/" or "a/..": the directory that was entered. */
static int place_at_directory(struct unpack *unpack, const struct unpack_entry *entry,
                              struct path *out)
{
    if (!S_ISDIR(entry->mode))
        return -EISDIR;
    if (out) {
        *out = unpack->directory;
        path_get(out);
    }
    return set_attributes(unpack, entry, unpack->directory.dentry->inode);
}

static bool names_nothing(const struct last_name *last)
{
    return last->is_root || last->is_dot || last->is_dotdot;
}

int unpack_place(struct unpack *unpack, const struct unpack_entry *entry, struct path *out)
{
    struct last_name last;
    struct dentry *dentry;
    if (entry->name_length == 0)
        return -ENOENT;
    int error = enter_parent(unpack, entry, &last);
    if (error != 0)
        return error;
    if (names_nothing(&last))
        return place_at_directory(unpack, entry, out);
    error = create(unpack, entry, &last, &dentry);
    if (error == -EEXIST)
        error = create_over(unpack, entry, &last, &dentry);
    if (error != 0)
        return error;
    error = fill(unpack, entry, dentry->inode);
    if (error == 0 && out) {
        *out = (struct path){unpack->directory.mount, dentry};
        path_get(out);
    }
    dentry_put(dentry);
    return error;
}

/* Something of that name is there: the file itself, or what it replaces. */
static int link_over(struct unpack *unpack, const struct last_name *last, const struct path *old)
{
    const struct path *parent = &unpack->directory;
    struct dentry *dentry;
    int error = path_lookup(parent->dentry, last->name, last->length, &dentry);
    if (error != 0)
        return error;
    bool same = dentry->inode == old->dentry->inode;
    if (!same)
        error = fs_unlink(parent, last, inode_is(dentry->inode, S_IFDIR));
    dentry_put(dentry);
    return error != 0 || same ? error : fs_link(old, parent, last);
}

int unpack_link(struct unpack *unpack, const struct unpack_entry *entry, const struct path *old)
{
    struct last_name last;
    int error = enter_parent(unpack, entry, &last);
    if (error == 0)
        error = names_nothing(&last) ? -EISDIR : fs_link(old, &unpack->directory, &last);
    if (error == -EEXIST)
        error = link_over(unpack, &last, old);
    struct inode *inode = old->dentry->inode;
    if (error == 0 && entry->data_size != 0 && inode_is(inode, S_IFREG))
        error = fill(unpack, entry, inode);
    return error;
}

void unpack_finish(struct unpack *unpack)
{
    /* In the order of the archive: the last entry of a name counts. */
    struct directory_time *oldest = NULL, *next;
    for (struct directory_time *time = unpack->times; time; time = next) {
        next = time->next;
        time->next = oldest;
        oldest = time;
    }
    for (struct directory_time *time = oldest; time; time = next) {
        next = time->next;
        time->inode->atime = time->inode->mtime = time->mtime;
        inode_put(time->inode);
        kfree(time);
    }
    forget_directory(unpack);
}
