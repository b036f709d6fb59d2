/* SPDX-License-Identifier: MIT */
/*
 * Epolls as files: the ready list, and waiting (man 7 epoll, man 2 epoll_wait).
 *
 * An item comes on the ready list by a wake-up of its file. Only asking the file tells whether it is
 * ready: epoll_wait takes items from the list one by one, asks, and reports. A level-triggered one
 * goes back to the end of the list, to be asked again the next time; an edge-triggered one comes
 * back with the next wake-up.
 * Locks, in this order: epoll_control.c's tree_lock; epoll->lock, of an outer epoll before that of
 * one that it watches; a wait queue's lock; epoll->ready_lock. Watching cannot go in circles, so
 * the order of nested ones is one.
 */
#include <asm/errno.h>
#include <asm/fcntl.h>
#include <asm/poll.h>

#include "arch/usercopy.h"
#include "fs/anon/anon_file.h"
#include "fs/anon/epoll_internal.h"
#include "mm/heap.h"

u32 epoll_item_poll(struct epoll_item *item)
{
    return item->file->ops->poll(item->file, NULL) & item->event.events;
}

/* While another thread asks the items, there may be some left for us: epoll->lock tells when it is done. */
static bool has_ready(struct epoll *epoll)
{
    if (__atomic_load_n(&epoll->ready.next, __ATOMIC_RELAXED) != &epoll->ready)
        return true;
    u64 flags = spin_lock_irqsave(&epoll->ready_lock);
    bool ready = epoll->asking || !list_empty(&epoll->ready);
    spin_unlock_irqrestore(&epoll->ready_lock, flags);
    return ready;
}

/* True when the item was not on its way already. */
static bool enlist(struct epoll_item *item)
{
    struct epoll *epoll = item->epoll;
    u64 flags = spin_lock_irqsave(&epoll->ready_lock);
    bool added = list_empty(&item->ready_link);
    if (added)
        list_add_tail(&item->ready_link, &epoll->ready);
    spin_unlock_irqrestore(&epoll->ready_lock, flags);
    return added;
}

void epoll_item_ready(struct epoll_item *item)
{
    enlist(item);
    wait_wake_any(&item->epoll->waiters, POLLIN | POLLRDNORM);
}

/* Whether a wake-up counts as used by an exclusive item: somebody waits, and for this. */
static bool is_of_use(const struct epoll_item *item, u32 events)
{
    u32 kind = events & (POLLIN | POLLOUT);
    const struct list_head *waiters = &item->epoll->waiters.waiters;
    return __atomic_load_n(&waiters->next, __ATOMIC_RELAXED) != waiters &&
           (kind == 0 || (kind & item->event.events & (POLLIN | POLLOUT)));
}

bool epoll_item_wake(struct wait_entry *entry, u32 events)
{
    struct epoll_item *item = container_of(entry, struct poll_entry, wait)->owner;
    u32 wanted = __atomic_load_n(&item->event.events, __ATOMIC_RELAXED);
    if ((wanted & ~EPOLL_FLAGS) == 0 || (events != 0 && (events & wanted) == 0))
        return false;
    bool used = is_of_use(item, events);
    epoll_item_ready(item);
    return used;
}

/* The next item to ask, no longer on any list, or NULL. */
static struct epoll_item *take_next(struct epoll *epoll, struct list_head *list)
{
    u64 flags = spin_lock_irqsave(&epoll->ready_lock);
    struct epoll_item *item = list_first(list, struct epoll_item, ready_link);
    if (item)
        list_del(&item->ready_link);
    spin_unlock_irqrestore(&epoll->ready_lock, flags);
    return item;
}

/* Move the ready list into `list`; what becomes ready from now on waits for the next round. */
static void take_all(struct epoll *epoll, struct list_head *list)
{
    list_init(list);
    u64 flags = spin_lock_irqsave(&epoll->ready_lock);
    list_splice_tail(&epoll->ready, list);
    epoll->asking = true;
    spin_unlock_irqrestore(&epoll->ready_lock, flags);
}

/* What was not asked comes before all others. */
static void give_back(struct epoll *epoll, struct list_head *list)
{
    u64 flags = spin_lock_irqsave(&epoll->ready_lock);
    list_splice_tail(&epoll->ready, list);
    list_splice_tail(list, &epoll->ready);
    epoll->asking = false;
    spin_unlock_irqrestore(&epoll->ready_lock, flags);
}

/* Put an item that could not be reported back in front. */
static void put_first(struct epoll_item *item, struct list_head *list)
{
    u64 flags = spin_lock_irqsave(&item->epoll->ready_lock);
    list_del(&item->ready_link); /* a wake-up may have come meanwhile */
    list_add(&item->ready_link, list);
    spin_unlock_irqrestore(&item->epoll->ready_lock, flags);
}

/* After it was reported. */
static void rearm(struct epoll_item *item)
{
    u32 events = item->event.events;
    if (events & EPOLLONESHOT)
        __atomic_store_n(&item->event.events, events & EPOLL_FLAGS, __ATOMIC_RELAXED);
    else if (!(events & EPOLLET))
        enlist(item);
}

/* Ask the items that may be ready and report those that are. */
static long report_ready(struct epoll *epoll, uptr events, int capacity)
{
    struct list_head list;
    struct epoll_item *item;
    long count = 0;
    mutex_lock(&epoll->lock);
    take_all(epoll, &list);
    while (count < capacity && (item = take_next(epoll, &list))) {
        struct epoll_event event = {.events = epoll_item_poll(item), .data = item->event.data};
        if (event.events == 0)
            continue;
        if (usercopy_to(UPTR_ADD(events, count * sizeof(event)), &event, sizeof(event)) != 0) {
            put_first(item, &list);
            count = count ? count : -EFAULT;
            break;
        }
        rearm(item);
        count++;
    }
    give_back(epoll, &list);
    mutex_unlock(&epoll->lock);
    return count;
}

long epoll_wait(struct file *file, uptr events, int capacity, u64 deadline)
{
    struct epoll *epoll = epoll_of(file);
    for (;;) {
        long count = has_ready(epoll) ? report_ready(epoll, events, capacity) : 0;
        if (count != 0 || deadline == 0)
            return count;
        int error = wait_event_until(&epoll->waiters, has_ready(epoll), deadline);
        if (error == -ETIMEDOUT)
            deadline = 0; /* one last look */
        else if (error != 0)
            return error;
    }
}

/* Ready when any item is; items that turn out not to be leave the list. */
static u32 epoll_file_poll(struct file *file, struct poller *poller)
{
    struct epoll *epoll = epoll_of(file);
    struct list_head list;
    struct epoll_item *item;
    u32 events = 0;
    poller_add(poller, &epoll->waiters);
    if (!has_ready(epoll))
        return 0;
    mutex_lock(&epoll->lock);
    take_all(epoll, &list);
    while (events == 0 && (item = take_next(epoll, &list))) {
        if (epoll_item_poll(item) == 0)
            continue;
        put_first(item, &list);
        events = POLLIN | POLLRDNORM;
    }
    give_back(epoll, &list);
    mutex_unlock(&epoll->lock);
    return events;
}

static void epoll_file_release(struct file *file)
{
    epoll_clear(file->object);
    kfree(file->object);
}

const struct file_ops epoll_file_ops = {
    .poll = epoll_file_poll,
    .stat = anon_file_stat,
    .release = epoll_file_release,
};

bool file_is_epoll(const struct file *file)
{
    return file->ops == &epoll_file_ops;
}

struct file *epoll_create(void)
{
    struct epoll *epoll = kzalloc(sizeof(*epoll));
    if (!epoll)
        return NULL;
    mutex_init(&epoll->lock, LOCK_EPOLL);
    spin_init_zeroed(&epoll->ready_lock, LOCK_EPOLL_READY);
    wait_queue_init(&epoll->waiters);
    list_init(&epoll->ready);
    struct file *file = anon_file_create(&epoll_file_ops, O_RDWR, epoll, "anon_inode:[eventpoll]");
    if (!file)
        kfree(epoll);
    else
        epoll->file = file;
    return file;
}
