/* SPDX-License-Identifier: MIT */
/*
 * A map from a number to a pointer, dense or sparse: the pages of a file by their index.
 *
 * A tree of nodes with 64 slots, only as high as the largest index needs; an item at index 0 alone
 * needs no node at all. Memory for nodes comes from the caller's two functions, so that this file
 * stays pure. Not locked; the caller does that.
 */
#ifndef KERNEL_LIB_RADIX_H
#define KERNEL_LIB_RADIX_H

#include "kernel/lib/types.h"

#define RADIX_BITS  6
#define RADIX_SLOTS (1u << RADIX_BITS)

struct radix_node {
    u64 used; /* bit n: slots[n] is not NULL */
    u8 shift; /* index >> shift & 63 is the slot; 0: the slots are items */
    void *slots[RADIX_SLOTS];
};

struct radix_memory {
    void *(*alloc)(size_t size); /* NULL: out of memory; contents do not matter */
    void (*free)(void *node);
};

struct radix {
    const struct radix_memory *memory;
    void *root; /* an item (height 0) or a node; NULL: empty */
    u32 height; /* levels of nodes */
    u64 count;  /* items */
};

static inline void radix_init(struct radix *tree, const struct radix_memory *memory)
{
    *tree = (struct radix){.memory = memory};
}

/* The item at `index`, or NULL. */
void *radix_find(const struct radix *tree, u64 index);

/* Put `item` (not NULL) at an index where nothing is. 0, -EEXIST or -ENOMEM. */
int radix_insert(struct radix *tree, u64 index, void *item) MUST_CHECK;

/* Put another item (not NULL) where one is; the old one. */
void *radix_replace(struct radix *tree, u64 index, void *item);

/* Take out and return the item at `index`; NULL: there is none. */
void *radix_remove(struct radix *tree, u64 index);

/* The first item at or above *index, whose place *index becomes; NULL: none. */
void *radix_next(const struct radix *tree, u64 *index);

/* The first index at or above `index` without an item. */
u64 radix_next_gap(const struct radix *tree, u64 index);

#endif
