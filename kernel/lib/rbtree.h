/* SPDX-License-Identifier: MIT */
/*
 * An intrusive red-black tree.
 *
 * The user embeds a `struct rb_node`, searches by itself (a typed loop over left and right, which
 * also finds the link where a new node belongs) and calls rb_insert on that link. A node may carry
 * a value about its whole subtree, such as the largest gap between the areas in it: the augment
 * callback recomputes a node's value from its own fields and from its two children, and the tree
 * calls it wherever a subtree changes. That value must depend only on the sequence of nodes in the
 * subtree, not on its shape. For "largest gap" keep three: lowest start, highest end, largest gap
 * (max of the children's gaps, start - left's highest end, right's lowest start - end).
 *
 * Not locked; the caller does that. All operations but rb_augment's callback are O(log n), and
 * nothing recurses.
 */
#ifndef KERNEL_LIB_RBTREE_H
#define KERNEL_LIB_RBTREE_H

#include "kernel/lib/types.h"

struct rb_node {
    struct rb_node *parent; /* NULL at the root */
    struct rb_node *left;
    struct rb_node *right;
    bool red;
};

struct rb_root {
    struct rb_node *node; /* NULL: empty */
};

#define rb_entry(node, type, member) container_of(node, type, member)

/*
 * Recomputes what `node` keeps about its subtree; both children's values are right (they may be
 * NULL). Returns whether the value changed: the walk towards the root may stop when it did not.
 */
typedef bool (*rb_augment_fn)(struct rb_node *node);

/*
 * Hangs `node` at `*link`, which is NULL and is either &root->node (parent NULL), &parent->left or
 * &parent->right, then rebalances. The node's own fields are filled before. `augment` may be NULL.
 */
void rb_insert(struct rb_root *root, struct rb_node *node, struct rb_node *parent,
               struct rb_node **link, rb_augment_fn augment);

/* Takes `node` out of the tree. `augment` may be NULL. */
void rb_erase(struct rb_root *root, struct rb_node *node, rb_augment_fn augment);

/* Puts `node` in the place of `old`, where it belongs in the order as well. Augmented values: as if the
 * node's own fields had changed. */
void rb_exchange(struct rb_root *root, struct rb_node *old, struct rb_node *node);

/* To be called after a node's own fields changed in place: recomputes it and what lies above. */
void rb_augment_changed(struct rb_node *node, rb_augment_fn augment);

/* In order; NULL past the ends and in an empty tree. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

#endif
