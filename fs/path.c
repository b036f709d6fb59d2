/* SPDX-License-Identifier: MIT */
/*
 * The walk from a name to a place (man 7 path_resolution; Linux Documentation/filesystems/
 * path-lookup.rst for the corner cases).
 *
 * The walk goes component by component and holds a reference to where it stands. Links are followed
 * by continuing with the target's text in place of the link, with the rest of the name kept for
 * afterwards: a stack of names, not recursion.
 */
#include "fs/path.h"

#include <asm/errno.h>
#include <linux/limits.h>
#include <linux/openat2.h>

#include "fs/path_internal.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

#define LINKS_MAX 40 /* Linux: MAXSYMLINKS */

struct walk {
    const struct path_context *context;
    struct path start; /* for RESOLVE_BENEATH and RESOLVE_IN_ROOT; no reference of its own */
    struct path at;    /* where the walk stands; holds references */
    const char *name;  /* what is still to be resolved */
    u32 flags;
    u32 links;                   /* followed so far */
    char *texts[LINKS_MAX];      /* targets being walked, innermost last; ours to free */
    const char *rest[LINKS_MAX]; /* what follows each of them */
    u32 depth;
};

#define RESOLVING(walk, flag) ((walk)->flags & WALK_RESOLVE(flag))

void path_get(const struct path *path)
{
    __atomic_add_fetch(&path->mount->refs, 1, __ATOMIC_RELAXED);
    dentry_get(path->dentry);
}

void path_put(const struct path *path)
{
    /* Mounts stay for good: their count is for those who look whether one is busy. */
    __atomic_sub_fetch(&path->mount->refs, 1, __ATOMIC_RELAXED);
    dentry_put(path->dentry);
}

static void walk_move(struct walk *walk, struct mount *mount, struct dentry *dentry)
{
    struct path next = {mount, dentry};
    path_get(&next);
    path_put(&walk->at);
    walk->at = next;
}

/* One name down or up, in the same mount: the reference of `dentry` becomes the walk's. */
static inline void walk_step(struct walk *walk, struct dentry *dentry)
{
    struct dentry *before = walk->at.dentry;
    walk->at.dentry = dentry;
    dentry_put(before);
}

static bool same_place(const struct path *left, const struct path *right)
{
    return left->mount == right->mount && left->dentry == right->dentry;
}

static const struct path *walk_root(const struct walk *walk)
{
    return RESOLVING(walk, RESOLVE_IN_ROOT) ? &walk->start : &walk->context->root;
}

static int jump_to_root(struct walk *walk)
{
    const struct path *root = walk_root(walk);
    if (RESOLVING(walk, RESOLVE_BENEATH))
        return -EXDEV;
    if (RESOLVING(walk, RESOLVE_NO_XDEV) && root->mount != walk->at.mount)
        return -EXDEV;
    walk_move(walk, root->mount, root->dentry);
    return 0;
}

/* Into whatever is mounted here. */
static int enter_mounts(struct walk *walk)
{
    struct mount *mount;
    while (walk->at.dentry->mounts != 0 && (mount = mount_on(&walk->at))) {
        if (RESOLVING(walk, RESOLVE_NO_XDEV))
            return -EXDEV;
        walk_move(walk, mount, mount->root);
    }
    return 0;
}

static inline int cross_mounts(struct walk *walk)
{
    return unlikely(walk->at.dentry->mounts != 0) ? enter_mounts(walk) : 0;
}

static int go_up(struct walk *walk)
{
    if (same_place(&walk->at, walk_root(walk)) || same_place(&walk->at, &walk->context->root))
        return RESOLVING(walk, RESOLVE_BENEATH) ? -EXDEV : 0;
    if (RESOLVING(walk, RESOLVE_BENEATH) && same_place(&walk->at, &walk->start))
        return -EXDEV;
    while (walk->at.dentry == walk->at.mount->root && walk->at.mount->parent != walk->at.mount) {
        if (RESOLVING(walk, RESOLVE_NO_XDEV))
            return -EXDEV;
        walk_move(walk, walk->at.mount->parent, walk->at.mount->mountpoint);
    }
    walk_step(walk, dentry_get_above(walk->at.dentry));
    return cross_mounts(walk);
}

/* One from the cache, unless it is out of date. */
static struct dentry *find_valid(struct dentry *dir, const char *name, size_t length, u32 hash)
{
    struct dentry *dentry = dentry_find(dir, name, length, hash);
    struct inode *inode = dentry ? dentry->inode : NULL;
    if (!inode || !inode->ops->still_valid || inode->ops->still_valid(inode))
        return dentry;
    dentry_remove(dentry);
    dentry_put(dentry);
    return NULL;
}

/* Ask the file system. `dentry` is negative (its reference is taken over), or NULL: then one is
 * made if there is such a name, or else if `make` says so. -ENOENT: nothing there, nothing made. */
static int look_up_new(struct dentry *dir, const char *name, size_t length, u32 hash, bool make,
                       struct dentry *dentry, struct dentry **out)
{
    struct inode *found = NULL;
    int error = -ENOENT;
    if (dir->inode->ops->lookup)
        error = dir->inode->ops->lookup(dir->inode, name, length, &found);
    if (error != 0 && (error != -ENOENT || !make)) {
        dentry_put(dentry);
        return error;
    }
    if (!dentry)
        dentry = dentry_create(dir, name, length, hash);
    if (!dentry) {
        inode_put(found);
        return -ENOMEM;
    }
    if (found)
        dentry_attach(dentry, found);
    *out = dentry;
    return 0;
}

static int look_up(struct dentry *dir, const char *name, size_t length, bool make,
                   struct dentry **out)
{
    if (!dir->inode || !inode_is(dir->inode, S_IFDIR))
        return -ENOTDIR;
    if (length > NAME_LENGTH_MAX)
        return -ENAMETOOLONG;
    u32 hash = dentry_hash(dir, name, length);
    struct dentry *dentry = find_valid(dir, name, length, hash);
    if (!dentry || (!dentry->inode && (!make || dir->inode->ops->lookup)))
        return look_up_new(dir, name, length, hash, make, dentry, out);
    *out = dentry;
    return 0;
}

int path_lookup(struct dentry *dir, const char *name, size_t length, struct dentry **out)
{
    return look_up(dir, name, length, true, out);
}

int path_find(struct dentry *dir, const char *name, size_t length, struct dentry **out)
{
    return look_up(dir, name, length, false, out);
}

/* Continue with the target of a link; the rest of the name waits. */
static int enter_link(struct walk *walk, struct inode *inode)
{
    if (RESOLVING(walk, RESOLVE_NO_SYMLINKS) || ++walk->links > LINKS_MAX ||
        walk->depth == LINKS_MAX)
        return -ELOOP;
    char *text = kmalloc(PATH_MAX);
    if (!text)
        return -ENOMEM;
    long length = inode->ops->readlink(inode, text, PATH_MAX - 1);
    if (length <= 0) {
        kfree(text);
        return length < 0 ? (int)length : -ENOENT;
    }
    text[length] = '\0';
    walk->texts[walk->depth] = text;
    walk->rest[walk->depth++] = walk->name;
    walk->name = text;
    return text[0] == '/' ? jump_to_root(walk) : 0;
}

static int follow_link(struct walk *walk, struct dentry *dentry)
{
    struct inode *inode = dentry->inode;
    if (!inode->ops->follow)
        return enter_link(walk, inode);
    if (RESOLVING(walk, RESOLVE_NO_MAGICLINKS) || RESOLVING(walk, RESOLVE_NO_SYMLINKS))
        return -ELOOP;
    if (RESOLVING(walk, RESOLVE_BENEATH) || RESOLVING(walk, RESOLVE_IN_ROOT))
        return -EXDEV;
    struct path target;
    int error = inode->ops->follow(inode, &target);
    if (error == 0) {
        path_put(&walk->at);
        walk->at = target;
    }
    return error;
}

/* Leave texts that are used up; true when something of the name is left. */
static bool skip_to_component(struct walk *walk)
{
    for (;;) {
        const char *name = walk->name;
        while (*name == '/')
            name++;
        walk->name = name;
        if (*name != '\0')
            return true;
        if (walk->depth == 0)
            return false;
        walk->name = walk->rest[--walk->depth];
        kfree(walk->texts[walk->depth]);
    }
}

static size_t component_length(const char *name)
{
    size_t length = 0;
    while (name[length] != '\0' && name[length] != '/')
        length++;
    return length;
}

/* Is nothing but slashes left after `name`, in no text? */
static bool is_last_slow(const struct walk *walk, const char *name)
{
    for (u32 depth = walk->depth;;) {
        while (*name == '/')
            name++;
        if (*name != '\0')
            return false;
        if (depth == 0)
            return true;
        name = walk->rest[--depth];
    }
}

/* Most names go on behind a single slash. */
static inline bool is_last(const struct walk *walk, const char *name)
{
    bool goes_on = name[0] == '/' && name[1] != '/' && name[1] != '\0';
    return !goes_on && is_last_slow(walk, name);
}

static bool slash_follows_slow(const struct walk *walk, const char *name)
{
    for (u32 depth = walk->depth;;) {
        if (*name == '/')
            return true;
        if (depth == 0)
            return false;
        name = walk->rest[--depth];
    }
}

static inline bool slash_follows(const struct walk *walk, const char *name)
{
    return *name == '/' || (walk->depth != 0 && slash_follows_slow(walk, name));
}

/* One component: `name` of `length`. `last` and `slash` as above. */
static int step(struct walk *walk, const char *name, size_t length, bool last, bool slash)
{
    struct dentry *dentry;
    if (!inode_is(walk->at.dentry->inode, S_IFDIR))
        return -ENOTDIR;
    if (length == 1 && name[0] == '.')
        return 0;
    if (length == 2 && name[0] == '.' && name[1] == '.')
        return go_up(walk);
    int error = path_find(walk->at.dentry, name, length, &dentry);
    if (error != 0)
        return error;
    bool follow = !last || slash || (walk->flags & WALK_FOLLOW);
    if (likely(!inode_is(dentry->inode, S_IFLNK) || !follow)) {
        walk_step(walk, dentry);
        return cross_mounts(walk);
    }
    error = follow_link(walk, dentry);
    dentry_put(dentry);
    return error;
}

static int walk_begin(struct walk *walk, const struct path_context *context,
                      const struct path *start, const char *name, u32 flags)
{
    memset(walk, 0, offsetof(struct walk, texts));
    walk->depth = 0;
    walk->context = context;
    walk->start = *start;
    walk->flags = flags;
    walk->name = name;
    walk->at = *start;
    path_get(&walk->at);
    return name[0] == '/' ? jump_to_root(walk) : 0;
}

static void walk_end(struct walk *walk, int error)
{
    while (walk->depth != 0)
        kfree(walk->texts[--walk->depth]);
    if (error != 0)
        path_put(&walk->at);
}

int path_walk(const struct path_context *context, const struct path *start, const char *name,
              u32 flags, struct path *out)
{
    struct walk walk;
    if (name[0] == '\0' && !(flags & WALK_EMPTY_OK))
        return -ENOENT;
    int error = walk_begin(&walk, context, start, name, flags);
    bool slash = flags & WALK_DIRECTORY;
    while (error == 0 && skip_to_component(&walk)) {
        const char *component = walk.name;
        size_t length = component_length(component);
        walk.name += length;
        bool slash_here = slash_follows(&walk, walk.name);
        slash = slash_here || (flags & WALK_DIRECTORY);
        error = step(&walk, component, length, is_last(&walk, walk.name), slash_here);
    }
    if (error == 0 && slash && !inode_is(walk.at.dentry->inode, S_IFDIR))
        error = -ENOTDIR;
    walk_end(&walk, error);
    *out = walk.at;
    return error;
}

static void set_last(struct last_name *last, const char *name, size_t length, bool slash)
{
    *last = (struct last_name){.name = name, .length = length, .trailing_slash = slash};
    last->is_dot = length == 1 && name[0] == '.';
    last->is_dotdot = length == 2 && name[0] == '.' && name[1] == '.';
    last->is_root = length == 0;
}

/* With WALK_FOLLOW (creating through a dangling link, as open does) a link in the last place is
 * followed, so that the name found last is the target's. */
static int last_is_followed(struct walk *walk, const char *name, size_t length, bool *followed)
{
    struct dentry *dentry;
    *followed = false;
    if (!(walk->flags & WALK_FOLLOW))
        return 0;
    int error = path_find(walk->at.dentry, name, length, &dentry);
    if (error != 0)
        return error == -ENOENT ? 0 : error;
    if (inode_is(dentry->inode, S_IFLNK) && !dentry->inode->ops->follow) {
        *followed = true;
        error = follow_link(walk, dentry);
    }
    dentry_put(dentry);
    return error;
}

int path_walk_parent(const struct path_context *context, const struct path *start, const char *name,
                     u32 flags, struct path *parent, struct last_name *last)
{
    struct walk walk;
    if (name[0] == '\0')
        return -ENOENT;
    int error = walk_begin(&walk, context, start, name, flags);
    set_last(last, "", 0, false);
    while (error == 0 && skip_to_component(&walk)) {
        const char *component = walk.name;
        size_t length = component_length(component);
        walk.name += length;
        bool slash = slash_follows(&walk, walk.name), followed = false;
        bool is_dots = component[0] == '.' && (length == 1 || (length == 2 && component[1] == '.'));
        if (!is_last(&walk, walk.name)) {
            error = step(&walk, component, length, false, true);
            continue;
        }
        if (!inode_is(walk.at.dentry->inode, S_IFDIR))
            error = -ENOTDIR;
        else if (!is_dots)
            error = last_is_followed(&walk, component, length, &followed);
        if (error != 0 || followed)
            continue;
        set_last(last, component, length, slash);
        break;
    }
    if (error == 0 && walk.depth != 0) { /* the name lies in a link's text: keep that one */
        last->link = walk.texts[--walk.depth];
    }
    walk_end(&walk, error);
    *parent = walk.at;
    return error;
}

void path_last_free(struct last_name *last)
{
    kfree(last->link);
}

/* Put `text` in front of what is at `*at`; false when it does not fit. */
static bool prepend(char *buffer, char **at, const char *text, size_t length)
{
    if ((size_t)(*at - buffer) < length)
        return false;
    *at -= length;
    memcpy(*at, text, length);
    return true;
}

/* One name up, or out of a mount; false at the top of all. The links are locked. */
static bool step_up(struct path *here)
{
    bool at_root = here->dentry == here->mount->root;
    if (at_root && here->mount->parent == here->mount)
        return false;
    *here = at_root ? (struct path){here->mount->parent, here->mount->mountpoint}
                    : (struct path){here->mount, here->dentry->parent};
    return true;
}

bool path_is_below(const struct path *path, const struct path *root)
{
    struct path here = *path;
    u64 flags = dentry_links_lock();
    bool below = true;
    while (below && !same_place(&here, root))
        below = step_up(&here);
    dentry_links_unlock(flags);
    return below;
}

static char *name_locked(const struct path *path, const struct path *root, char *buffer,
                         size_t size)
{
    static const char deleted[] = " (deleted)";
    struct path here = *path;
    char *at = buffer + size;
    bool ok = prepend(buffer, &at, "", 1);
    bool is_root = here.dentry == here.mount->root;
    if (!is_root && !here.dentry->hashed)
        ok = ok && prepend(buffer, &at, deleted, sizeof(deleted) - 1);
    bool any = false;
    while (ok && !same_place(&here, root)) {
        const struct dentry *dentry = here.dentry;
        bool has_name = dentry != here.mount->root;
        if (!step_up(&here))
            break;
        if (has_name)
            ok = prepend(buffer, &at, dentry->name, dentry->name_length) &&
                 prepend(buffer, &at, "/", 1);
        any |= has_name;
    }
    if (ok && !any)
        ok = prepend(buffer, &at, "/", 1);
    return ok ? at : NULL;
}

char *path_name(const struct path *path, const struct path *root, char *buffer, size_t size)
{
    u64 flags = dentry_links_lock();
    char *name = name_locked(path, root, buffer, size);
    dentry_links_unlock(flags);
    return name;
}
