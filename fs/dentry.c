/* SPDX-License-Identifier: MIT */
/*
 * The dentry cache: a hash table over (parent, name), a list by cookie in each directory.
 *
 * A dentry holds its parent. Unpinned dentries without other references are dropped at once when
 * their last reference goes, except that negative ones are not kept at all: with all names of
 * tmpfs in memory, a miss costs one hash chain and a cached miss would cost the same.
 */
#include "fs/dentry.h"

#include <asm/errno.h>

#include "fs/notify.h"
#include "kernel/core/refcount.h"
#include "kernel/core/spinlock.h"
#include "kernel/lib/fmt.h"
#include "kernel/lib/string.h"
#include "mm/heap.h"

#define CHAINS_AT_START \
    256 /* a power of two; four times as many when there are twice as many names */

/* Guards the table and all links between dentries. */
static struct spinlock dcache_lock = SPINLOCK_INIT(LOCK_DCACHE);
static struct dentry *first_chains[CHAINS_AT_START];
static struct dentry **chains = first_chains;
static u32 chain_count = CHAINS_AT_START, hashed_count;

/* Less than eight bytes as a number. */
static u64 load_tail(const char *name, size_t length)
{
    u64 word = 0;
    u32 four;
    u16 two;
    if (length & 4) {
        memcpy(&four, name, sizeof(four));
        word = four;
        name += sizeof(four);
    }
    if (length & 2) {
        memcpy(&two, name, sizeof(two));
        word = word << 16 | two;
        name += sizeof(two);
    }
    return length & 1 ? word << 8 | (u8)*name : word;
}

/* Eight bytes a step; the product's upper half depends on every bit of what went in. */
u32 dentry_hash(const struct dentry *parent, const char *name, size_t length)
{
    const u64 factor = 0x9e3779b97f4a7c15UL; /* 2^64 divided by the golden ratio, odd */
    u64 hash = (u64)parent >> 4 ^ length << 56, word;
    for (; length >= sizeof(word); name += sizeof(word), length -= sizeof(word)) {
        memcpy(&word, name, sizeof(word));
        hash = (hash ^ word) * factor;
        hash ^= hash >> 29;
    }
    return (u32)((hash ^ load_tail(name, length)) * factor >> 32);
}

static void chain_insert(struct dentry **table, u32 count, struct dentry *dentry)
{
    struct dentry **head = &table[dentry->hash & (count - 1)];
    dentry->hash_next = *head;
    dentry->hash_link = head;
    if (*head)
        (*head)->hash_link = &dentry->hash_next;
    *head = dentry;
}

static void chain_remove(struct dentry *dentry)
{
    *dentry->hash_link = dentry->hash_next;
    if (dentry->hash_next)
        dentry->hash_next->hash_link = dentry->hash_link;
}

/* Longer chains are only slower: without memory the table stays as it is. */
static void table_grow_locked(void)
{
    u32 count = chain_count * 4;
    struct dentry **table = kzalloc(count * sizeof(*table));
    if (!table)
        return;
    for (u32 i = 0; i < chain_count; i++) {
        for (struct dentry *dentry = chains[i], *next; dentry; dentry = next) {
            next = dentry->hash_next;
            chain_insert(table, count, dentry);
        }
    }
    if (chains != first_chains)
        kfree(chains);
    chains = table;
    chain_count = count;
}

static bool set_name(struct dentry *dentry, const char *name, size_t length)
{
    char *to = dentry->inline_name;
    if (length >= sizeof(dentry->inline_name))
        to = kmalloc(length + 1);
    if (!to)
        return false;
    memcpy(to, name, length);
    to[length] = '\0';
    dentry->name = to;
    dentry->name_length = length;
    return true;
}

int dentry_name_prepare(struct dentry_name *name, const char *text, size_t length)
{
    char *to = name->inline_text;
    if (length >= sizeof(name->inline_text))
        to = kmalloc(length + 1);
    if (!to)
        return -ENOMEM;
    memcpy(to, text, length);
    to[length] = '\0';
    name->text = to == name->inline_text ? NULL : to;
    name->length = length;
    return 0;
}

void dentry_name_free(struct dentry_name *name)
{
    kfree(name->text);
}

/* Give a dentry the name, and `name` the one it had. */
static void swap_name(struct dentry *dentry, struct dentry_name *name)
{
    struct dentry_name old = {.text = dentry->name, .length = dentry->name_length};
    if (dentry->name == dentry->inline_name) {
        old.text = NULL;
        memcpy(old.inline_text, dentry->inline_name, sizeof(old.inline_text));
    }
    if (!name->text)
        memcpy(dentry->inline_name, name->inline_text, sizeof(dentry->inline_name));
    dentry->name = name->text ? name->text : dentry->inline_name;
    dentry->name_length = name->length;
    *name = old;
}

static void free_name(struct dentry *dentry)
{
    if (dentry->name != dentry->inline_name)
        kfree(dentry->name);
}

static struct dentry *dentry_alloc(const char *name, size_t length)
{
    struct dentry *dentry = kmalloc(sizeof(*dentry));
    if (!dentry)
        return NULL;
    memset(dentry, 0, offsetof(struct dentry, inline_name));
    list_init(&dentry->children);
    if (!set_name(dentry, name, length)) {
        kfree(dentry);
        return NULL;
    }
    dentry->refs = 1;
    return dentry;
}

struct dentry *dentry_create_root(struct inode *inode)
{
    struct dentry *root = dentry_alloc("/", 1);
    if (!root)
        return NULL;
    root->parent = root;
    root->inode = inode;
    root->pinned = true;
    return root;
}

static void insert_child_locked(struct dentry *parent, struct dentry *dentry, u32 hash)
{
    dentry->cookie = ++parent->next_cookie;
    list_add_tail(&dentry->sibling, &parent->children);
    dentry->hash = hash;
    if (++hashed_count > 2 * chain_count)
        table_grow_locked();
    chain_insert(chains, chain_count, dentry);
    dentry->hashed = true;
}

static void remove_child_locked(struct dentry *dentry)
{
    if (!dentry->hashed)
        return;
    list_del(&dentry->sibling);
    dentry->parent->removals++;
    chain_remove(dentry);
    hashed_count--;
    dentry->hashed = false;
}

static inline struct dentry *find_locked(const struct dentry *parent, const char *name,
                                         size_t length, u32 hash)
{
    struct dentry *dentry = chains[hash & (chain_count - 1)];
    while (dentry && (dentry->hash != hash || dentry->parent != parent ||
                      dentry->name_length != length || memcmp(dentry->name, name, length) != 0))
        dentry = dentry->hash_next;
    if (dentry)
        dentry_get(dentry);
    return dentry;
}

struct dentry *dentry_find(struct dentry *parent, const char *name, size_t length, u32 hash)
{
    u64 flags = spin_lock_irqsave(&dcache_lock);
    struct dentry *dentry = find_locked(parent, name, length, hash);
    spin_unlock_irqrestore(&dcache_lock, flags);
    return dentry;
}

struct dentry *dentry_create(struct dentry *parent, const char *name, size_t length, u32 hash)
{
    struct dentry *dentry = dentry_alloc(name, length);
    if (!dentry)
        return NULL;
    u64 flags = spin_lock_irqsave(&dcache_lock);
    struct dentry *other = find_locked(parent, name, length, hash);
    if (likely(!other)) {
        dentry_get(parent);
        dentry->parent = parent;
        insert_child_locked(parent, dentry, hash);
    }
    spin_unlock_irqrestore(&dcache_lock, flags);
    if (likely(!other))
        return dentry;
    free_name(dentry);
    kfree(dentry);
    return other;
}

struct dentry *dentry_create_nameless(struct dentry *parent, struct inode *inode)
{
    char name[24]; /* as Linux calls them */
    size_t length = fmt_snprintf(name, sizeof(name), "#%lu", inode->number);
    struct dentry *dentry = dentry_alloc(name, length);
    if (!dentry)
        return NULL;
    dentry_get(parent);
    dentry->parent = parent;
    dentry->inode = inode;
    return dentry;
}

void dentry_attach(struct dentry *dentry, struct inode *inode)
{
    struct inode *none = NULL;
    if (!__atomic_compare_exchange_n(&dentry->inode, &none, inode, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED))
        inode_put(inode);
}

void dentry_remove(struct dentry *dentry)
{
    u64 flags = spin_lock_irqsave(&dcache_lock);
    remove_child_locked(dentry);
    bool was_pinned = dentry->pinned;
    dentry->pinned = false;
    spin_unlock_irqrestore(&dcache_lock, flags);
    if (was_pinned)
        dentry_put(dentry); /* the directory's own reference */
}

/* Under another parent, with the reference that goes with it. */
static void insert_moved_locked(struct dentry *parent, struct dentry *dentry)
{
    dentry->parent = parent;
    insert_child_locked(parent, dentry, dentry_hash(parent, dentry->name, dentry->name_length));
}

void dentry_move(struct dentry *dentry, struct dentry *parent, struct dentry_name *name)
{
    u64 flags = spin_lock_irqsave(&dcache_lock);
    struct dentry *old_parent = dentry->parent;
    remove_child_locked(dentry);
    swap_name(dentry, name);
    dentry_get(parent);
    insert_moved_locked(parent, dentry);
    spin_unlock_irqrestore(&dcache_lock, flags);
    dentry_name_free(name);
    dentry_put(old_parent);
}

/* Their names and places change; what they name stays with them. */
void dentry_exchange(struct dentry *first, struct dentry *second)
{
    struct dentry_name name = {0};
    u64 flags = spin_lock_irqsave(&dcache_lock);
    struct dentry *first_parent = first->parent, *second_parent = second->parent;
    remove_child_locked(first);
    remove_child_locked(second);
    swap_name(first, &name);
    swap_name(second, &name);
    swap_name(first, &name);
    insert_moved_locked(second_parent, first);
    insert_moved_locked(first_parent, second);
    spin_unlock_irqrestore(&dcache_lock, flags);
}

/* The one at `node` or the first behind it that is not negative (those are nobody's business);
 * NULL: the end of `dir`. */
static struct dentry *skip_negative_locked(struct dentry *dir, struct list_head *node)
{
    while (node != &dir->children && !list_entry(node, struct dentry, sibling)->inode)
        node = node->next;
    return node == &dir->children ? NULL : list_entry(node, struct dentry, sibling);
}

/* From the beginning: what was read before was mostly removed since, or this is not needed. */
static struct dentry *find_above_locked(struct dentry *dir, u64 cookie)
{
    struct list_head *node = dir->children.next;
    while (node != &dir->children && list_entry(node, struct dentry, sibling)->cookie <= cookie)
        node = node->next;
    return skip_negative_locked(dir, node);
}

bool dentry_has_children(struct dentry *dir)
{
    u64 flags = spin_lock_irqsave(&dcache_lock);
    bool found = skip_negative_locked(dir, dir->children.next);
    spin_unlock_irqrestore(&dcache_lock, flags);
    return found;
}

struct dentry *dentry_first_pinned(struct dentry *dir, u64 after,
                                   const struct dentry_cursor *cursor)
{
    u64 flags = spin_lock_irqsave(&dcache_lock);
    bool known =
        cursor->entry && cursor->removals == dir->removals && cursor->entry->cookie == after;
    struct dentry *entry = known ? skip_negative_locked(dir, cursor->entry->sibling.next)
                                 : find_above_locked(dir, after);
    spin_unlock_irqrestore(&dcache_lock, flags);
    return entry;
}

struct dentry *dentry_next_pinned(struct dentry *entry)
{
    u64 flags = spin_lock_irqsave(&dcache_lock);
    entry = skip_negative_locked(entry->parent, entry->sibling.next);
    spin_unlock_irqrestore(&dcache_lock, flags);
    return entry;
}

void dentry_cursor_set(struct dentry_cursor *cursor, struct dentry *entry)
{
    u64 flags = spin_lock_irqsave(&dcache_lock);
    *cursor = (struct dentry_cursor){entry, entry->parent->removals};
    spin_unlock_irqrestore(&dcache_lock, flags);
}

struct dentry *dentry_get_parent(struct dentry *dentry, char *name)
{
    u64 flags = spin_lock_irqsave(&dcache_lock);
    struct dentry *parent = dentry->parent == dentry ? NULL : dentry->parent;
    if (parent) {
        dentry_get(parent);
        memcpy(name, dentry->name, dentry->name_length + 1);
    }
    spin_unlock_irqrestore(&dcache_lock, flags);
    return parent;
}

struct dentry *dentry_get_above(struct dentry *dentry)
{
    u64 flags = spin_lock_irqsave(&dcache_lock);
    struct dentry *parent = dentry->parent;
    dentry_get(parent);
    spin_unlock_irqrestore(&dcache_lock, flags);
    return parent;
}

u64 dentry_links_lock(void)
{
    return spin_lock_irqsave(&dcache_lock);
}

void dentry_links_unlock(u64 flags)
{
    spin_unlock_irqrestore(&dcache_lock, flags);
}

void dentry_get(struct dentry *dentry)
{
    ref_take(&dentry->refs);
}

/* Without the lock, as long as somebody else has a reference, too. */
static bool put_shared(struct dentry *dentry)
{
    u32 refs = __atomic_load_n(&dentry->refs, __ATOMIC_RELAXED);
    while (refs > 1)
        if (__atomic_compare_exchange_n(&dentry->refs, &refs, refs - 1, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
            return true;
    return false;
}

/* The last reference, taken with the lock held, as finding a dentry takes one: no longer in the
 * table, it cannot be found any more. */
static bool put_last(struct dentry *dentry)
{
    u64 flags = spin_lock_irqsave(&dcache_lock);
    bool last = ref_drop(&dentry->refs);
    if (last)
        remove_child_locked(dentry);
    spin_unlock_irqrestore(&dcache_lock, flags);
    return last;
}

void dentry_put(struct dentry *dentry)
{
    while (dentry && !put_shared(dentry) && put_last(dentry)) {
        struct dentry *parent = dentry->parent == dentry ? NULL : dentry->parent;
        if (dentry->inode && dentry->inode->nlink == 0)
            notify_gone(dentry->inode);
        inode_put(dentry->inode);
        free_name(dentry);
        kfree(dentry);
        dentry = parent;
    }
}
