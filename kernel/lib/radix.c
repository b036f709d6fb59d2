/* SPDX-License-Identifier: MIT */
/*
 * The tree; the contract is in radix.h.
 *
 * Invariants: no node is empty; a node's bit in `used` says whether its slot is filled; the tree of
 * height h holds indices below 64^h (height 0: only index 0).
 */
#include <asm/errno.h>

#include "kernel/lib/radix.h"

/* 64^11 is beyond 64 bits: a tree of this height holds any index. */
#define HEIGHT_MAX 11

static u64 slot_of(u64 index, const struct radix_node *node)
{
    return index >> node->shift & (RADIX_SLOTS - 1);
}

/* The largest index that a tree of `height` can hold. */
static u64 reach(u32 height)
{
    return height >= HEIGHT_MAX ? ~0UL : (1UL << height * RADIX_BITS) - 1;
}

void *radix_find(const struct radix *tree, u64 index)
{
    if (index > reach(tree->height))
        return NULL;
    void *at = tree->root;
    for (u32 level = tree->height; level != 0 && at; level--) {
        struct radix_node *node = at;
        at = node->slots[slot_of(index, node)];
    }
    return at;
}

static void node_set(struct radix_node *node, u64 slot, void *value)
{
    node->slots[slot] = value;
    node->used |= 1UL << slot;
}

static struct radix_node *node_create(const struct radix *tree, u32 level)
{
    struct radix_node *node = tree->memory->alloc(sizeof(*node));
    if (!node)
        return NULL;
    *node = (struct radix_node){.shift = (u8)((level - 1) * RADIX_BITS)};
    return node;
}

/* Put nodes above the root until `index` can be held. */
static int grow(struct radix *tree, u64 index)
{
    while (index > reach(tree->height)) {
        if (tree->root) {
            struct radix_node *node = node_create(tree, tree->height + 1);
            if (!node)
                return -ENOMEM;
            node_set(node, 0, tree->root);
            tree->root = node;
        }
        tree->height++;
    }
    return 0;
}

/* An empty tree has no height; a node alone at the left edge of the tree is not needed. */
static void shrink(struct radix *tree)
{
    while (tree->height != 0) {
        struct radix_node *node = tree->root;
        if (node && node->used != 1)
            return;
        if (node) {
            tree->root = node->slots[0];
            tree->memory->free(node);
        }
        tree->height--;
    }
}

/* Free the nodes on the way to `index` that hold nothing. */
static void prune(struct radix *tree, u64 index)
{
    struct radix_node *path[HEIGHT_MAX];
    u32 depth = 0;
    void *at = tree->root;
    for (u32 level = tree->height; level != 0 && at; level--) {
        struct radix_node *node = at;
        path[depth++] = node;
        at = node->slots[slot_of(index, node)];
    }
    while (depth != 0 && path[depth - 1]->used == 0) {
        tree->memory->free(path[--depth]);
        if (depth == 0) {
            tree->root = NULL;
        } else {
            struct radix_node *above = path[depth - 1];
            above->slots[slot_of(index, above)] = NULL;
            above->used &= ~(1UL << slot_of(index, above));
        }
    }
    shrink(tree);
}

int radix_insert(struct radix *tree, u64 index, void *item)
{
    if (grow(tree, index) != 0)
        goto out_of_memory;
    struct radix_node *above = NULL;
    void **link = &tree->root;
    for (u32 level = tree->height; level != 0; level--) {
        struct radix_node *node = *link;
        if (!node) {
            node = node_create(tree, level);
            if (!node)
                goto out_of_memory;
            *link = node;
            if (above)
                above->used |= 1UL << slot_of(index, above);
        }
        above = node;
        link = &node->slots[slot_of(index, node)];
    }
    if (*link)
        return -EEXIST;
    *link = item;
    if (above)
        above->used |= 1UL << slot_of(index, above);
    tree->count++;
    return 0;
out_of_memory:
    prune(tree, index);
    return -ENOMEM;
}

/* The slot of an index that has an item, and its node (NULL: the root itself); NULL: no item. */
static void **find_slot(struct radix *tree, u64 index, struct radix_node **holder)
{
    *holder = NULL;
    if (index > reach(tree->height))
        return NULL;
    void **link = &tree->root;
    for (u32 level = tree->height; level != 0 && *link; level--) {
        *holder = *link;
        link = &(*holder)->slots[slot_of(index, *holder)];
    }
    return *link ? link : NULL;
}

void *radix_replace(struct radix *tree, u64 index, void *item)
{
    struct radix_node *holder;
    void **slot = find_slot(tree, index, &holder);
    if (!slot)
        return NULL;
    void *old = *slot;
    *slot = item;
    return old;
}

void *radix_remove(struct radix *tree, u64 index)
{
    struct radix_node *holder;
    void **slot = find_slot(tree, index, &holder);
    if (!slot)
        return NULL;
    void *item = *slot;
    *slot = NULL;
    tree->count--;
    if (holder)
        holder->used &= ~(1UL << slot_of(index, holder));
    if (!holder || holder->used <= 1)
        prune(tree, index);
    return item;
}

/* One try from the root: the item at or above *index, or NULL with *index moved to where the search
 * goes on (0 when there is nothing more). */
static void *next_from(const struct radix *tree, u64 *index)
{
    void *at = tree->root;
    for (u32 level = tree->height; level != 0; level--) {
        const struct radix_node *node = at;
        u64 slot = slot_of(*index, node), later = node->used >> slot;
        if (later == 0) { /* nothing more in this node: behind it */
            *index = (*index | reach(level)) + 1;
            return NULL;
        }
        u32 skip = (u32)__builtin_ctzll(later);
        if (skip != 0) /* the first index of another slot */
            *index = ((*index >> node->shift) + skip) << node->shift;
        at = node->slots[slot + skip];
    }
    return at;
}

void *radix_next(const struct radix *tree, u64 *index)
{
    while (tree->root && *index <= reach(tree->height)) {
        void *item = next_from(tree, index);
        if (item || *index == 0)
            return item;
    }
    return NULL;
}

u64 radix_next_gap(const struct radix *tree, u64 index)
{
    while (tree->root && index <= reach(tree->height)) {
        const struct radix_node *node = NULL;
        void *at = tree->root;
        for (u32 level = tree->height; level != 0; level--) {
            node = at;
            at = node->slots[slot_of(index, node)];
            if (!at)
                return index;
        }
        if (!node) /* height 0: one item at index 0 */
            return index + 1;
        u64 gaps = ~node->used >> slot_of(index, node);
        if (gaps != 0)
            return index + (u32)__builtin_ctzll(gaps);
        index = (index | (RADIX_SLOTS - 1)) + 1;
        if (index == 0)
            return 0;
    }
    return index;
}
