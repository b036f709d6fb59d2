/* SPDX-License-Identifier: MIT */
/*
 * What an epoll watches: adding, changing and removing (man 2 epoll_ctl), and files that close.
 *
 * tree_lock is held by every change of what is watched by whom, so that the search for circles sees
 * a tree at rest, and an epoll and a file that it watches can go away at the same time. It comes
 * before all locks of epoll.c.
 */
#include <asm/errno.h>
#include <asm/poll.h>

#include "fs/anon/epoll_internal.h"
#include "mm/heap.h"

/* An epoll that watches one that watches one ...: at most so many in a row (Linux's EP_MAX_NESTS
 * and the one at the end). */
#define NESTING_MAX 5

/* What may stand beside EPOLLEXCLUSIVE (man 2 epoll_ctl). */
#define EXCLUSIVE_ALLOWED \
    (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

static struct mutex tree_lock = MUTEX_INIT(tree_lock, LOCK_EPOLL_TREE);

/* ---- The tree of items ------------------------------------------------------------------------*/

static int key_compare(const struct epoll_item *item, const struct file *file, int fd)
{
    if (item->file != file)
        return file < item->file ? -1 : 1;
    return (fd > item->fd) - (fd < item->fd);
}

/* The item, or NULL with the place where it belongs. */
static struct epoll_item *item_find(struct epoll *epoll, const struct file *file, int fd,
                                    struct rb_node **parent, struct rb_node ***link)
{
    *parent = NULL;
    *link = &epoll->items.node;
    while (**link) {
        struct epoll_item *item = rb_entry(**link, struct epoll_item, node);
        int order = key_compare(item, file, fd);
        if (order == 0)
            return item;
        *parent = **link;
        *link = order < 0 ? &(*parent)->left : &(*parent)->right;
    }
    return NULL;
}

/* Let the item's function into the queues of its file, which answers what it has. */
static u32 queues_enter(struct epoll_item *item)
{
    struct poller poller = {
        .entries = item->queues,
        .capacity = POLL_QUEUES_PER_FILE,
        .wake = epoll_item_wake,
        .exclusive = item->event.events & EPOLLEXCLUSIVE,
        .owner = item,
    };
    u32 events = item->file->ops->poll(item->file, &poller);
    item->queue_count = poller.count;
    return events & item->event.events;
}

static void queues_leave(struct epoll_item *item)
{
    struct poller poller = {
        .entries = item->queues, .count = item->queue_count, .wake = epoll_item_wake};
    poller_end(&poller);
}

/* Undo item_add. Tree and epoll locked; the epoll of an item in its file's list is alive. */
static void item_remove_locked(struct epoll_item *item)
{
    struct epoll *epoll = item->epoll;
    queues_leave(item);
    struct epoll_item **link = &item->file->watches;
    while (*link != item)
        link = &(*link)->next_watch;
    *link = item->next_watch;
    u64 flags = spin_lock_irqsave(&epoll->ready_lock);
    list_del(&item->ready_link);
    spin_unlock_irqrestore(&epoll->ready_lock, flags);
    rb_erase(&epoll->items, &item->node, NULL);
    kfree(item);
}

static int item_add_locked(struct epoll *epoll, struct file *target, int fd,
                           const struct epoll_event *event, struct rb_node *parent,
                           struct rb_node **link)
{
    struct epoll_item *item = kzalloc(sizeof(*item));
    if (!item)
        return -ENOMEM;
    item->epoll = epoll;
    item->file = target;
    item->fd = fd;
    item->event = *event;
    list_init(&item->ready_link);
    item->next_watch = target->watches;
    target->watches = item;
    rb_insert(&epoll->items, &item->node, parent, link, NULL);
    if (queues_enter(item) != 0)
        epoll_item_ready(item);
    return 0;
}

static void item_change_locked(struct epoll_item *item, const struct epoll_event *event)
{
    item->event.data = event->data;
    __atomic_store_n(&item->event.events, event->events, __ATOMIC_SEQ_CST);
    if (epoll_item_poll(item) != 0)
        epoll_item_ready(item);
}

/* ---- Nesting ----------------------------------------------------------------------------------*/

/* How many epolls in a row are watched from `file` on down, itself included; more than NESTING_MAX
 * when there are too many or `forbidden` is among them. */
static u32 depth_below(const struct file *file, const struct file *forbidden, u32 room)
{
    if (!file_is_epoll(file))
        return 0;
    if (file == forbidden || room == 0)
        return NESTING_MAX + 1;
    u32 deepest = 0;
    const struct rb_node *node = rb_first(&epoll_of(file)->items);
    for (; node && deepest <= NESTING_MAX; node = rb_next(node)) {
        const struct epoll_item *item = rb_entry(node, struct epoll_item, node);
        deepest = MAX(deepest, depth_below(item->file, forbidden, room - 1));
    }
    return deepest + 1;
}

/* The same upwards: `file` and who watches it. */
static u32 depth_above(const struct file *file, u32 room)
{
    u32 highest = 0;
    for (const struct epoll_item *item = file->watches; item; item = item->next_watch) {
        if (room == 0)
            return NESTING_MAX + 1;
        highest = MAX(highest, depth_above(item->epoll->file, room - 1));
    }
    return highest + 1;
}

static bool may_watch(const struct file *file, const struct file *target)
{
    u32 above = depth_above(file, NESTING_MAX);
    return above + depth_below(target, file, NESTING_MAX) <= NESTING_MAX;
}

/* ---- Operations -------------------------------------------------------------------------------*/

static int control_locked(struct epoll *epoll, int operation, struct file *target, int fd,
                          const struct epoll_event *event)
{
    struct rb_node *parent, **link;
    struct epoll_item *item = item_find(epoll, target, fd, &parent, &link);
    if (operation == EPOLL_CTL_ADD)
        return item ? -EEXIST : item_add_locked(epoll, target, fd, event, parent, link);
    if (operation != EPOLL_CTL_DEL && operation != EPOLL_CTL_MOD)
        return -EINVAL;
    if (!item)
        return -ENOENT;
    if (operation == EPOLL_CTL_DEL)
        item_remove_locked(item);
    else if (item->event.events & EPOLLEXCLUSIVE)
        return -EINVAL;
    else
        item_change_locked(item, event);
    return 0;
}

/* man 2 epoll_ctl: what EPOLLEXCLUSIVE allows. */
static bool exclusive_ok(int operation, const struct file *target, u32 events)
{
    if (operation == EPOLL_CTL_DEL || !(events & EPOLLEXCLUSIVE))
        return true;
    return operation == EPOLL_CTL_ADD && !file_is_epoll(target) && !(events & ~EXCLUSIVE_ALLOWED);
}

int epoll_control(struct file *file, int operation, struct file *target, int fd,
                  const struct epoll_event *event)
{
    if (!target->ops->poll)
        return -EPERM;
    if (file == target || !file_is_epoll(file))
        return -EINVAL;
    struct epoll_event wanted = {0};
    if (operation != EPOLL_CTL_DEL)
        wanted = *event;
    if (!exclusive_ok(operation, target, wanted.events))
        return -EINVAL;
    wanted.events = (wanted.events & ~EPOLLWAKEUP) | POLLERR | POLLHUP;
    mutex_lock(&tree_lock);
    int error = -ELOOP;
    if (operation != EPOLL_CTL_ADD || !file_is_epoll(target) || may_watch(file, target)) {
        struct epoll *epoll = epoll_of(file);
        mutex_lock(&epoll->lock);
        error = control_locked(epoll, operation, target, fd, &wanted);
        mutex_unlock(&epoll->lock);
    }
    mutex_unlock(&tree_lock);
    return error;
}

void epoll_clear(struct epoll *epoll)
{
    mutex_lock(&tree_lock);
    mutex_lock(&epoll->lock);
    while (epoll->items.node)
        item_remove_locked(rb_entry(epoll->items.node, struct epoll_item, node));
    mutex_unlock(&epoll->lock);
    mutex_unlock(&tree_lock);
}

void epoll_forget_file(struct file *file)
{
    mutex_lock(&tree_lock);
    while (file->watches) {
        struct epoll *epoll = file->watches->epoll;
        mutex_lock(&epoll->lock);
        item_remove_locked(file->watches);
        mutex_unlock(&epoll->lock);
    }
    mutex_unlock(&tree_lock);
}
