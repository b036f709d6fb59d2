/* SPDX-License-Identifier: MIT */
/*
 * Mappings in a red-black tree by address. Each node also knows the free gap below it (less what a
 * stack keeps free) and the largest such gap in its subtree, so that a place for a new mapping is
 * found in O(log n).
 */
#include "mm/vma.h"

#include <asm/errno.h>

#include "mm/heap.h"

static struct vma *vma_of(struct rb_node *node)
{
    return node ? rb_entry(node, struct vma, node) : NULL;
}

static bool update_gap_max(struct rb_node *node)
{
    struct vma *vma = vma_of(node);
    u64 largest = vma->gap;
    if (node->left)
        largest = MAX(largest, vma_of(node->left)->gap_max);
    if (node->right)
        largest = MAX(largest, vma_of(node->right)->gap_max);
    bool changed = largest != vma->gap_max;
    vma->gap_max = largest;
    return changed;
}

struct vma *vma_next(const struct vma *vma)
{
    return vma_of(rb_next(&vma->node));
}

struct vma *vma_prev(const struct vma *vma)
{
    return vma_of(rb_prev(&vma->node));
}

static void update_gap(struct vma *vma)
{
    const struct vma *below = vma_prev(vma);
    vaddr_t bottom = below ? below->end : 0, top = vma_gap_end(vma);
    vma->gap = top > bottom ? top - bottom : 0;
    rb_augment_changed(&vma->node, update_gap_max);
}

void vma_resized(struct rb_root *tree, struct vma *vma)
{
    (void)tree;
    struct vma *above = vma_next(vma);
    update_gap(vma);
    if (above)
        update_gap(above);
}

struct vma *vma_find(const struct rb_root *tree, vaddr_t address)
{
    struct vma *found = NULL;
    for (struct rb_node *node = tree->node; node;) {
        struct vma *vma = vma_of(node);
        if (vma->end > address) {
            found = vma;
            node = node->left;
        } else {
            node = node->right;
        }
    }
    return found;
}

static bool continues(const struct vma *low, const struct vma *high)
{
    return low->end == high->start && low->prot == high->prot && low->flags == high->flags &&
           low->object == high->object && !(low->flags & VMA_GROWS_DOWN) &&
           (!low->object || low->offset + (low->end - low->start) == high->offset);
}

static void object_attach(struct vma *vma)
{
    struct vm_object *object = vma->object;
    vm_object_get(object);
    spin_lock(&object->mappings_lock);
    list_add(&vma->object_link, &object->mappings);
    spin_unlock(&object->mappings_lock);
}

static void object_detach(struct vma *vma)
{
    struct vm_object *object = vma->object;
    spin_lock(&object->mappings_lock);
    list_del(&vma->object_link);
    if (list_empty(&object->mappings))
        __atomic_store_n(&vma->space->objects_left, true, __ATOMIC_RELAXED);
    spin_unlock(&object->mappings_lock);
    vm_object_put(object);
}

void vma_remove(struct rb_root *tree, struct vma *vma)
{
    struct vma *above = vma_next(vma);
    vma->space->vma_count--;
    rb_erase(tree, &vma->node, update_gap_max);
    if (above)
        update_gap(above);
    if (vma->object)
        object_detach(vma);
    kfree(vma);
}

struct vma *vma_join(struct rb_root *tree, struct vma *vma)
{
    struct vma *above = vma_next(vma), *below = vma_prev(vma);
    if (above && continues(vma, above)) {
        vaddr_t end = above->end;
        vma_remove(tree, above);
        vma->end = end;
        vma_resized(tree, vma);
    }
    if (below && continues(below, vma)) {
        vaddr_t end = vma->end;
        vma_remove(tree, vma);
        below->end = end;
        vma_resized(tree, below);
        return below;
    }
    return vma;
}

static void tree_insert(struct rb_root *tree, struct vma *vma)
{
    struct rb_node **link = &tree->node, *parent = NULL;
    while (*link) {
        parent = *link;
        link = vma->start < vma_of(parent)->start ? &parent->left : &parent->right;
    }
    vma->space->vma_count++;
    vma->gap = vma->gap_max = 0;
    rb_insert(tree, &vma->node, parent, link, update_gap_max);
    vma_resized(tree, vma);
}

struct vma *vma_insert(struct rb_root *tree, struct vma *vma)
{
    if (vma->object)
        object_attach(vma);
    tree_insert(tree, vma);
    return vma_join(tree, vma);
}

int vma_split(struct rb_root *tree, struct vma *vma, vaddr_t address)
{
    struct vma *upper = kmalloc(sizeof(*upper));
    if (!upper)
        return -ENOMEM;
    *upper = *vma;
    upper->start = address;
    upper->offset += address - vma->start;
    if (upper->object)
        object_attach(upper);
    vma->end = address;
    tree_insert(tree, upper);
    return 0;
}

/* Highest fit in the subtree. A gap lies below its node, so the order from the top is: right
 * subtree, the node's gap, left subtree. */
static vaddr_t room_in_subtree(const struct rb_node *node, vaddr_t low, vaddr_t high, u64 length)
{
    while (node) {
        const struct vma *vma = rb_entry(node, struct vma, node);
        if (vma->gap_max < length || vma->gap_max == 0)
            return 0;
        if (vma->end < high) {
            vaddr_t found = room_in_subtree(node->right, low, high, length);
            if (found)
                return found;
        }
        vaddr_t gap_end = vma_gap_end(vma);
        vaddr_t top = MIN(gap_end, high), bottom = MAX(gap_end - vma->gap, low);
        if (top > bottom && top - bottom >= length)
            return top - length;
        if (vma->start <= low)
            return 0;
        node = node->left;
    }
    return 0;
}

vaddr_t vma_find_room(const struct rb_root *tree, vaddr_t low, vaddr_t high, u64 length)
{
    struct vma *highest = vma_of(rb_last(tree));
    vaddr_t bottom = highest ? MAX(highest->end, low) : low;
    if (bottom < high && high - bottom >= length)
        return high - length;
    return room_in_subtree(tree->node, low, high, length);
}
