/* SPDX-License-Identifier: MIT */
/*
 * Dentries: names in directories, and the cache of them.
 *
 * A dentry hangs under its parent and in a global hash table by (parent, name). One without an inode
 * is negative: the name is known not to exist. tmpfs keeps its directories as dentries alone
 * (`pinned` ones are never dropped); other file systems fill the cache by lookup.
 * Locks: dcache_lock (a spinlock) guards the hash table and all links between dentries; whether a
 * name exists in a directory changes only with that directory's inode lock held as well.
 */
#ifndef FS_DENTRY_H
#define FS_DENTRY_H

#include "fs/inode.h"
#include "kernel/lib/list.h"

#define NAME_LENGTH_MAX    255
#define DENTRY_INLINE_NAME 48

struct dentry {
    struct dentry *parent; /* holds a reference; the root's is itself */
    struct inode *inode;   /* NULL: negative */
    u32 refs;
    u32 hash;
    u16 name_length;
    bool pinned;                           /* its directory's content: lives until it is unlinked */
    bool hashed;                           /* can be found; false once it was removed */
    u32 mounts;                            /* how many mounts sit on it */
    struct dentry *hash_next, **hash_link; /* its chain, and what points to it there */
    /* The directory in order: entries by `cookie`, which grows with every new name and never
     * changes, so that getdents goes on where it was even when names come and go. */
    u64 cookie;
    struct list_head sibling;  /* in parent->children */
    struct list_head children; /* by cookie */
    u64 next_cookie;
    u64 removals; /* of children, ever */
    char *name;   /* NUL-terminated; inline_name when short */
    char inline_name[DENTRY_INLINE_NAME];
};

/* Where the reading of a directory stopped. */
struct dentry_cursor {
    struct dentry *entry; /* the last one; NULL: none yet. No reference: */
    u64 removals;         /* it is there as long as its directory's are so many */
};

/* A name that a dentry may get, with the memory for it. */
struct dentry_name {
    char *text; /* NUL-terminated; NULL: `inline_text` */
    size_t length;
    char inline_text[DENTRY_INLINE_NAME];
};

/* The root of a new file system. Takes over the reference of `inode`. NULL: out of memory. */
struct dentry *dentry_create_root(struct inode *inode);

/* What the two functions below want to know. */
u32 dentry_hash(const struct dentry *parent, const char *name, size_t length);

/* Find `name` under `parent` in the cache, with a reference; NULL: not cached. */
struct dentry *dentry_find(struct dentry *parent, const char *name, size_t length, u32 hash);

/* A new negative dentry with a reference, in the cache; or the one of that name which another thread made
 * since the caller looked. NULL: out of memory. */
struct dentry *dentry_create(struct dentry *parent, const char *name, size_t length, u32 hash);

/* A dentry that cannot be found, for a file without a name that was opened in `parent` (O_TMPFILE):
 * `inode`, whose reference it takes over, unless out of memory (NULL). */
struct dentry *dentry_create_nameless(struct dentry *parent, struct inode *inode);

/* Give a negative dentry its inode (whose reference it takes over). One that another thread gave an inode
 * meanwhile keeps that. */
void dentry_attach(struct dentry *dentry, struct inode *inode);

/* Take a name out of its directory: it can no longer be found; open files keep it. */
void dentry_remove(struct dentry *dentry);

/* Everything about a name that can fail. 0 or -ENOMEM. */
int dentry_name_prepare(struct dentry_name *name, const char *text, size_t length) MUST_CHECK;
void dentry_name_free(struct dentry_name *name);

/* Move a dentry to another name, which it takes over; what was there was removed before. */
void dentry_move(struct dentry *dentry, struct dentry *parent, struct dentry_name *name);
/* Let two dentries change places. */
void dentry_exchange(struct dentry *first, struct dentry *second);

/* True when `dir` has an entry (that is not negative). */
bool dentry_has_children(struct dentry *dir);

/* The first entry of `dir` with a cookie above `after`, found quickly if it follows the cursor, and
 * the one after another; NULL: the end. The directory is locked and its entries are pinned, so none
 * needs a reference. */
struct dentry *dentry_first_pinned(struct dentry *dir, u64 after,
                                   const struct dentry_cursor *cursor);
struct dentry *dentry_next_pinned(struct dentry *entry);
/* Let the cursor be at an entry of such a directory. */
void dentry_cursor_set(struct dentry_cursor *cursor, struct dentry *entry);

/* The directory that holds `dentry`, with a reference, and its name there (`name` has room for
 * NAME_LENGTH_MAX and a NUL); NULL for the root of a file system. */
struct dentry *dentry_get_parent(struct dentry *dentry, char *name);

/* The directory above, with a reference: for "..". */
struct dentry *dentry_get_above(struct dentry *dentry);

/* Hold all names and all links between dentries: for those who go up from one to another. Spinlock rules. */
u64 dentry_links_lock(void);
void dentry_links_unlock(u64 flags);

void dentry_get(struct dentry *dentry);
void dentry_put(struct dentry *dentry); /* NULL is allowed */

#endif
