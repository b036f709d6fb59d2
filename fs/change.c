/* SPDX-License-Identifier: MIT */
/*
 * Making, removing and renaming names (Linux fs/namei.c for which error comes first).
 *
 * Locks: the directory's inode; of two directories the one above the other first, as removing a directory
 * takes them, else the lower address. rename_lock keeps the shape of the tree while a directory moves, so
 * that it cannot become its own ancestor.
 */
#include "fs/change.h"

#include <asm/errno.h>
#include <linux/fs.h>

#include "fs/notify.h"

static struct mutex rename_lock = MUTEX_INIT(rename_lock, LOCK_RENAME);

static struct inode *inode_at(const struct path *path)
{
    return path->dentry->inode;
}

/* A directory that was removed takes no new names. */
static bool is_dead(const struct path *dir)
{
    return dir->dentry != dir->mount->root && !dir->dentry->hashed;
}

/* The dentry for a new name, negative, with the directory locked. On error it is unlocked. */
static int begin_new(const struct path *parent, const struct last_name *last, bool directory,
                     struct dentry **out)
{
    *out = NULL;
    if (last->is_dot || last->is_dotdot || last->is_root)
        return -EEXIST;
    mutex_lock(&inode_at(parent)->lock);
    int error =
        is_dead(parent) ? -ENOENT : path_lookup(parent->dentry, last->name, last->length, out);
    if (error == 0 && (*out)->inode)
        error = -EEXIST;
    else if (error == 0 && last->trailing_slash && !directory)
        error = -ENOENT;
    if (error == 0)
        return 0;
    mutex_unlock(&inode_at(parent)->lock);
    dentry_put(*out);
    return error;
}

static void end_new(const struct path *parent, const struct last_name *last, struct dentry *dentry,
                    int error)
{
    if (error == 0)
        inode_touch_data(inode_at(parent));
    mutex_unlock(&inode_at(parent)->lock);
    if (error == 0)
        notify_name(inode_at(parent), IN_CREATE | notify_directory_bit(dentry->inode), last->name,
                    last->length);
    dentry_put(dentry);
}

int fs_create(const struct path *parent, const struct last_name *last, u32 mode, u64 device,
              struct dentry **out)
{
    struct dentry *dentry;
    struct inode *dir = inode_at(parent);
    int error = begin_new(parent, last, S_ISDIR(mode), &dentry);
    if (error != 0)
        return error;
    error = dir->ops->create ? dir->ops->create(dir, dentry, mode, device) : -EPERM;
    if (error == 0 && out) {
        dentry_get(dentry);
        *out = dentry;
    }
    end_new(parent, last, dentry, error);
    return error;
}

int fs_symlink(const struct path *parent, const struct last_name *last, const char *target)
{
    struct dentry *dentry;
    struct inode *dir = inode_at(parent);
    int error = begin_new(parent, last, false, &dentry);
    if (error != 0)
        return error;
    error = dir->ops->symlink ? dir->ops->symlink(dir, dentry, target) : -EPERM;
    end_new(parent, last, dentry, error);
    return error;
}

int fs_link(const struct path *old, const struct path *parent, const struct last_name *last)
{
    struct dentry *dentry;
    struct inode *dir = inode_at(parent), *target = inode_at(old);
    int error = begin_new(parent, last, false, &dentry);
    if (error != 0)
        return error;
    if (target->sb != dir->sb)
        error = -EXDEV;
    else if (inode_is(target, S_IFDIR) || !dir->ops->link)
        error = -EPERM;
    else
        error = dir->ops->link(dir, dentry, target);
    if (error == 0)
        notify_inode(target, IN_ATTRIB);
    end_new(parent, last, dentry, error);
    return error;
}

static int check_removable(const struct dentry *dentry, const struct last_name *last,
                           bool directory)
{
    bool is_directory = inode_is(dentry->inode, S_IFDIR);
    if (directory && !is_directory)
        return -ENOTDIR;
    if (!directory && is_directory)
        return -EISDIR;
    if (!directory && last->trailing_slash)
        return -ENOTDIR;
    return dentry->mounts != 0 ? -EBUSY : 0;
}

/* Take the name away; the inode loses a link. The directory is locked. */
static int remove_locked(struct inode *dir, struct dentry *dentry)
{
    int error = dir->ops->unlink ? dir->ops->unlink(dir, dentry) : -EPERM;
    if (error != 0)
        return error;
    dentry_remove(dentry);
    inode_touch_data(dir);
    return 0;
}

int fs_unlink(const struct path *parent, const struct last_name *last, bool directory)
{
    struct dentry *dentry = NULL;
    struct inode *dir = inode_at(parent);
    if (last->is_root)
        return directory ? -EBUSY : -EISDIR;
    if (last->is_dot)
        return directory ? -EINVAL : -EISDIR;
    if (last->is_dotdot)
        return directory ? -ENOTEMPTY : -EISDIR;
    mutex_lock(&dir->lock);
    int error = path_find(parent->dentry, last->name, last->length, &dentry);
    if (error == 0) {
        error = check_removable(dentry, last, directory);
        if (error == 0)
            error = remove_locked(dir, dentry);
    }
    mutex_unlock(&dir->lock);
    if (error == 0 && !directory)
        notify_inode(dentry->inode, IN_ATTRIB);
    dentry_put(dentry);
    if (error == 0)
        notify_name(dir, IN_DELETE | (directory ? IN_ISDIR : 0), last->name, last->length);
    return error;
}

/* With rename_lock held no directory gets another parent. */
static bool is_below(const struct dentry *dentry, const struct dentry *ancestor)
{
    for (; dentry != ancestor; dentry = dentry->parent)
        if (dentry->parent == dentry)
            return false;
    return true;
}

static void lock_two(struct dentry *first, struct dentry *second)
{
    struct inode *one = first->inode, *other = second->inode;
    bool swapped =
        one != other && (is_below(first, second) || (one > other && !is_below(second, first)));
    mutex_lock(swapped ? &other->lock : &one->lock);
    if (one != other)
        mutex_lock(swapped ? &one->lock : &other->lock);
}

static void unlock_two(struct dentry *first, struct dentry *second)
{
    mutex_unlock(&first->inode->lock);
    if (first->inode != second->inode)
        mutex_unlock(&second->inode->lock);
}

struct rename {
    const struct path *old_parent, *new_parent;
    const struct last_name *old_last, *new_last;
    struct dentry *old, *new;
    u32 flags;
};

static int check_target(const struct rename *r)
{
    bool moves_directory = inode_is(r->old->inode, S_IFDIR);
    if (!r->new->inode) {
        if (r->flags & RENAME_EXCHANGE)
            return -ENOENT;
        return r->new_last->trailing_slash && !moves_directory ? -ENOTDIR : 0;
    }
    if (r->flags & RENAME_NOREPLACE)
        return -EEXIST;
    if (r->flags & RENAME_EXCHANGE)
        return r->new->mounts != 0 ? -EBUSY : 0;
    bool onto_directory = inode_is(r->new->inode, S_IFDIR);
    if (moves_directory && !onto_directory)
        return -ENOTDIR;
    if (!moves_directory && onto_directory)
        return -EISDIR;
    return r->new->mounts != 0 ? -EBUSY : 0;
}

static int check_rename(const struct rename *r)
{
    if (r->old_last->trailing_slash && !inode_is(r->old->inode, S_IFDIR))
        return -ENOTDIR;
    if (is_below(r->new_parent->dentry, r->old))
        return -EINVAL;
    if (r->new->inode && is_below(r->old_parent->dentry, r->new))
        return r->flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
    if (r->old->mounts != 0)
        return -EBUSY;
    return is_dead(r->new_parent) ? -ENOENT : check_target(r);
}

/* A directory that changes its parent takes its ".." along. */
static void move_parent_link(struct inode *from, struct inode *to, const struct dentry *moved)
{
    if (from != to && inode_is(moved->inode, S_IFDIR)) {
        from->nlink--;
        to->nlink++;
    }
}

static void tell_rename(const struct rename *r)
{
    struct inode *from = inode_at(r->old_parent), *to = inode_at(r->new_parent);
    const struct last_name *old = r->old_last, *new = r->new_last;
    bool exchange = r->flags & RENAME_EXCHANGE;
    notify_move(from, old->name, old->length, to, new->name, new->length, r->old->inode,
                exchange ? NULL : r->new->inode);
    if (exchange)
        notify_move(to, new->name, new->length, from, old->name, old->length, r->new->inode, NULL);
}

static int exchange_locked(const struct rename *r)
{
    struct inode *from = inode_at(r->old_parent), *to = inode_at(r->new_parent);
    from->ops->rename(from, r->old, to);
    to->ops->rename(to, r->new, from);
    dentry_exchange(r->old, r->new);
    move_parent_link(from, to, r->old);
    move_parent_link(to, from, r->new);
    inode_touch_meta(r->new->inode);
    return 0;
}

static int move_locked(const struct rename *r)
{
    struct inode *from = inode_at(r->old_parent), *to = inode_at(r->new_parent);
    struct dentry_name name;
    int error = dentry_name_prepare(&name, r->new_last->name, r->new_last->length);
    if (error != 0)
        return error;
    if (r->new->inode)
        error = remove_locked(to, r->new);
    else
        dentry_remove(r->new);
    if (error != 0) {
        dentry_name_free(&name);
        return error;
    }
    /* From here on nothing can fail. */
    from->ops->rename(from, r->old, to);
    dentry_move(r->old, r->new_parent->dentry, &name);
    move_parent_link(from, to, r->old);
    return 0;
}

static int rename_locked(const struct rename *r)
{
    struct inode *from = inode_at(r->old_parent), *to = inode_at(r->new_parent);
    int error = check_rename(r);
    if (error != 0 || r->old->inode == r->new->inode)
        return error; /* two links of one file: nothing to do */
    if (!from->ops->rename)
        return -EPERM;
    error = r->flags & RENAME_EXCHANGE ? exchange_locked(r) : move_locked(r);
    if (error != 0)
        return error;
    inode_touch_data(from);
    inode_touch_data(to);
    inode_touch_meta(r->old->inode);
    tell_rename(r);
    return 0;
}

static bool is_no_name(const struct last_name *last)
{
    return last->is_dot || last->is_dotdot || last->is_root;
}

int fs_rename(const struct path *old_parent, const struct last_name *old_last,
              const struct path *new_parent, const struct last_name *new_last, u32 flags)
{
    struct rename r = {old_parent, new_parent, old_last, new_last, NULL, NULL, flags};
    if (old_parent->mount != new_parent->mount)
        return -EXDEV;
    if (is_no_name(old_last))
        return -EBUSY;
    if (is_no_name(new_last))
        return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
    mutex_lock(&rename_lock);
    lock_two(old_parent->dentry, new_parent->dentry);
    int error = path_find(old_parent->dentry, old_last->name, old_last->length, &r.old);
    if (error == 0)
        error = path_lookup(new_parent->dentry, new_last->name, new_last->length, &r.new);
    if (error == 0)
        error = rename_locked(&r);
    unlock_two(old_parent->dentry, new_parent->dentry);
    mutex_unlock(&rename_lock);
    dentry_put(r.new);
    dentry_put(r.old);
    return error;
}
