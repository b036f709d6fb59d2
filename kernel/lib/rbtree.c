/* SPDX-License-Identifier: MIT */
/*
 * The red-black tree; the contract is in rbtree.h.
 *
 * Invariants: the root is black, no red node has a red child, and every way from a node down to a
 * missing child passes the same number of black nodes; a missing child is black. Left and right are
 * told apart by a direction, so that each case is written once and mirrored by `!side`.
 *
 * Augmented values: a rotation recomputes the two nodes that it turned; the subtree's sequence of
 * nodes, and so the value at its top, stays. Only insertion and removal walk up.
 */
#include "kernel/lib/rbtree.h"

enum side { LEFT, RIGHT };

static inline struct rb_node **child_link(struct rb_node *node, enum side side)
{
    return side == LEFT ? &node->left : &node->right;
}

static inline struct rb_node *child(const struct rb_node *node, enum side side)
{
    return side == LEFT ? node->left : node->right;
}

static inline bool is_red(const struct rb_node *node)
{
    return node != NULL && node->red;
}

static inline enum side side_of(const struct rb_node *node, const struct rb_node *parent)
{
    return node == parent->left ? LEFT : RIGHT;
}

/* What points at `old` shall point at `new`, which may be NULL. Children are not touched. */
static void replace(struct rb_root *root, struct rb_node *parent, const struct rb_node *old,
                    struct rb_node *new)
{
    if (parent == NULL)
        root->node = new;
    else
        *child_link(parent, side_of(old, parent)) = new;
    if (new != NULL)
        new->parent = parent;
}

/* `node` goes down to `side`, its child on the other side comes up. */
static void rotate(struct rb_root *root, struct rb_node *node, enum side side,
                   rb_augment_fn augment)
{
    struct rb_node *top = child(node, !side);
    struct rb_node *middle = child(top, side);

    replace(root, node->parent, node, top);
    *child_link(node, !side) = middle;
    if (middle != NULL)
        middle->parent = node;
    *child_link(top, side) = node;
    node->parent = top;
    if (augment != NULL) {
        augment(node);
        augment(top);
    }
}

void rb_augment_changed(struct rb_node *node, rb_augment_fn augment)
{
    while (node != NULL && augment(node))
        node = node->parent;
}

/* `node` is red and may have a red parent: the only rule that an insertion breaks. */
static void insert_fix(struct rb_root *root, struct rb_node *node, rb_augment_fn augment)
{
    struct rb_node *parent;

    while (is_red(parent = node->parent)) {
        struct rb_node *grand = parent->parent; /* there is one: the root is not red */
        enum side side = side_of(parent, grand);
        struct rb_node *uncle = child(grand, !side);

        if (!is_red(uncle)) {
            if (node == child(parent, !side)) {
                rotate(root, parent, side, augment);
                parent = node;
            }
            parent->red = false;
            grand->red = true;
            rotate(root, grand, !side, augment);
            return;
        }
        parent->red = false;
        uncle->red = false;
        grand->red = true;
        node = grand;
    }
    root->node->red = false;
}

void rb_insert(struct rb_root *root, struct rb_node *node, struct rb_node *parent,
               struct rb_node **link, rb_augment_fn augment)
{
    *node = (struct rb_node){.parent = parent, .red = parent != NULL};
    *link = node;
    if (parent == NULL) { /* alone, as in most run queues and timer trees */
        if (augment != NULL)
            augment(node);
        return;
    }
    if (augment != NULL) {
        augment(node);
        rb_augment_changed(parent, augment);
    }
    insert_fix(root, node, augment);
}

/* The ways through `node` (a missing child of `parent` when NULL) are one black node short. */
static void erase_fix(struct rb_root *root, struct rb_node *node, struct rb_node *parent,
                      rb_augment_fn augment)
{
    while (parent != NULL && !is_red(node)) {
        enum side side = side_of(node, parent);
        struct rb_node *sibling = child(parent, !side); /* there is one: its side is longer */

        if (sibling->red) {
            sibling->red = false;
            parent->red = true;
            rotate(root, parent, side, augment);
            sibling = child(parent, !side);
        }
        if (is_red(sibling->left) || is_red(sibling->right)) {
            if (!is_red(child(sibling, !side))) {
                child(sibling, side)->red = false;
                sibling->red = true;
                rotate(root, sibling, !side, augment);
                sibling = child(parent, !side);
            }
            sibling->red = parent->red;
            parent->red = false;
            child(sibling, !side)->red = false;
            rotate(root, parent, side, augment);
            return;
        }
        sibling->red = true;
        node = parent;
        parent = node->parent;
    }
    if (node != NULL)
        node->red = false;
}

/* After `node` was taken out and `moved` (or nothing) put in its place: all from `bottom` up. */
static void augment_erased(struct rb_node *bottom, const struct rb_node *moved,
                           rb_augment_fn augment)
{
    bool must = moved != NULL;

    for (; bottom != NULL; bottom = bottom->parent) {
        /* `moved` has new children, so that a value unchanged below it proves nothing above. */
        bool changed = augment(bottom);
        if (bottom == moved)
            must = false;
        else if (!changed && !must)
            return;
    }
}

void rb_erase(struct rb_root *root, struct rb_node *node, rb_augment_fn augment)
{
    if (node->parent == NULL && node->left == NULL && node->right == NULL) {
        root->node = NULL;
        return;
    }
    /* With two children it is the next node that leaves its place, to take over this one's. */
    struct rb_node *leaver = node->left != NULL && node->right != NULL ? rb_next(node) : node;
    struct rb_node *orphan = leaver->left != NULL ? leaver->left : leaver->right;
    struct rb_node *bottom = leaver->parent;
    bool shorter = !leaver->red;

    replace(root, leaver->parent, leaver, orphan);
    if (leaver != node) {
        leaver->left = node->left;
        leaver->right = node->right;
        leaver->red = node->red;
        replace(root, node->parent, node, leaver);
        leaver->left->parent = leaver;
        if (leaver->right != NULL)
            leaver->right->parent = leaver;
        if (bottom == node)
            bottom = leaver;
    }
    if (augment != NULL)
        augment_erased(bottom, leaver != node ? leaver : NULL, augment);
    if (shorter)
        erase_fix(root, orphan, bottom, augment);
}

void rb_exchange(struct rb_root *root, struct rb_node *old, struct rb_node *node)
{
    *node = *old;
    if (node->left != NULL)
        node->left->parent = node;
    if (node->right != NULL)
        node->right->parent = node;
    replace(root, old->parent, old, node);
}

static struct rb_node *outermost(struct rb_node *node, enum side side)
{
    while (node != NULL && child(node, side) != NULL)
        node = child(node, side);
    return node;
}

/*
 * The neighbour in order: down once and back to the middle, or up until coming from the other side.
 */
static struct rb_node *neighbour(const struct rb_node *node, enum side side)
{
    if (child(node, side) != NULL)
        return outermost(child(node, side), !side);
    while (node->parent != NULL && node == child(node->parent, side))
        node = node->parent;
    return node->parent;
}

struct rb_node *rb_first(const struct rb_root *root)
{
    return outermost(root->node, LEFT);
}

struct rb_node *rb_last(const struct rb_root *root)
{
    return outermost(root->node, RIGHT);
}

struct rb_node *rb_next(const struct rb_node *node)
{
    return neighbour(node, RIGHT);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
    return neighbour(node, LEFT);
}
