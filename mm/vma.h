/* SPDX-License-Identifier: MIT */
/*
 * The tree of mappings: finding, placing, splitting, joining. No page tables here; the caller holds
 * the space's lock.
 */
#ifndef MM_VMA_H
#define MM_VMA_H

#include "mm/aspace.h"

/* Linux keeps this much free below a stack that grows (stack_guard_gap, 256 pages). */
#define STACK_GUARD_GAP (256 * PAGE_SIZE)

/* First mapping that ends above `address`, or NULL. */
struct vma *vma_find(const struct rb_root *tree, vaddr_t address);
struct vma *vma_next(const struct vma *vma);
struct vma *vma_prev(const struct vma *vma);

/* Add a mapping whose place is free; fields but gaps are filled. It takes a reference to its object
 * and enters that object's list. Joins it with its neighbours where they continue each other, and
 * returns the mapping that holds it now (it may have been freed). */
struct vma *vma_insert(struct rb_root *tree, struct vma *vma);

/* Take a mapping out, also of its object's list, and free it. */
void vma_remove(struct rb_root *tree, struct vma *vma);

/* Cut a mapping in two at `address`, strictly inside. 0 or -ENOMEM. */
int vma_split(struct rb_root *tree, struct vma *vma, vaddr_t address) MUST_CHECK;

/* `start` or `end` was changed in place, without passing a neighbour. */
void vma_resized(struct rb_root *tree, struct vma *vma);

/* Try to join a mapping with its neighbours after its fields changed; returns the joined one. */
struct vma *vma_join(struct rb_root *tree, struct vma *vma);

/* Where the room for others ends below a mapping: a stack keeps a gap. */
static inline vaddr_t vma_gap_end(const struct vma *vma)
{
    if (!(vma->flags & VMA_GROWS_DOWN))
        return vma->start;
    return vma->start > STACK_GUARD_GAP ? vma->start - STACK_GUARD_GAP : 0;
}

/* Highest address in [low, high) at which `length` bytes are free, or 0. */
vaddr_t vma_find_room(const struct rb_root *tree, vaddr_t low, vaddr_t high, u64 length);

#endif
