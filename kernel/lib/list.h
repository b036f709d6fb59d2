/* SPDX-License-Identifier: MIT */
/*
 * An intrusive, circular, doubly linked list.
 *
 * The head is a node like the others, so that no operation has a special case. A node belongs to at
 * most one list; list_del leaves it pointing at itself, so that a second list_del does no harm and
 * list_empty(&node) asks "is it on no list". Locking is the caller's.
 */
#ifndef KERNEL_LIB_LIST_H
#define KERNEL_LIB_LIST_H

#include "kernel/lib/types.h"

struct list_head {
    struct list_head *next;
    struct list_head *prev;
};

/* A static initialiser: struct list_head queue = LIST_HEAD_INIT(queue); */
#define LIST_HEAD_INIT(name) \
    {                        \
        &(name), &(name)     \
    }

static inline void list_init(struct list_head *list)
{
    list->next = list;
    list->prev = list;
}

static inline bool list_empty(const struct list_head *list)
{
    return list->next == list;
}

/* Puts `node`, which is on no list, right after `where`: after a head it becomes the first. */
static inline void list_add(struct list_head *node, struct list_head *where)
{
    node->next = where->next;
    node->prev = where;
    where->next->prev = node;
    where->next = node;
}

/* Puts `node`, which is on no list, right before `where`: before a head it becomes the last. */
static inline void list_add_tail(struct list_head *node, struct list_head *where)
{
    list_add(node, where->prev);
}

static inline void list_del(struct list_head *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/* Moves all nodes of `from` to the end of `to`; `from` is empty afterwards. */
static inline void list_splice_tail(struct list_head *from, struct list_head *to)
{
    if (list_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

/* The structure of `type` whose `member` is `node`. */
#define list_entry(node, type, member) container_of(node, type, member)

/* The first or last structure, NULL when the list is empty. */
#define list_first(head, type, member) \
    (list_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_last(head, type, member) \
    (list_empty(head) ? NULL : list_entry((head)->prev, type, member))

#define list_for_each(node, head) \
    for ((node) = (head)->next; (node) != (head); (node) = (node)->next)

/* `item` is a pointer to the structure; the body must not unlink it. */
#define list_for_each_entry(item, head, member)                                                 \
    for ((item) = list_entry((head)->next, typeof(*(item)), member); &(item)->member != (head); \
         (item) = list_entry((item)->member.next, typeof(*(item)), member))

#define list_for_each_entry_reverse(item, head, member)                                         \
    for ((item) = list_entry((head)->prev, typeof(*(item)), member); &(item)->member != (head); \
         (item) = list_entry((item)->member.prev, typeof(*(item)), member))

/* The same, and the body may unlink or free `item`, but not `following`. */
#define list_for_each_entry_safe(item, following, head, member)                 \
    for ((item) = list_entry((head)->next, typeof(*(item)), member),            \
        (following) = list_entry((item)->member.next, typeof(*(item)), member); \
         &(item)->member != (head); (item) = (following),                       \
        (following) = list_entry((following)->member.next, typeof(*(item)), member))

#endif
