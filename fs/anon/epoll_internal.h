/* SPDX-License-Identifier: MIT */
/* Between epoll.c, which waits, and epoll_control.c, which says for what. */
#ifndef FS_ANON_EPOLL_INTERNAL_H
#define FS_ANON_EPOLL_INTERNAL_H

#include "fs/anon/epoll.h"
#include "fs/poll.h"
#include "kernel/core/mutex.h"
#include "kernel/lib/list.h"
#include "kernel/lib/rbtree.h"

struct epoll {
    struct mutex lock;         /* guards items, and each item's event; held while files are asked */
    struct rb_root items;      /* by file and descriptor */
    struct file *file;         /* its own */
    struct wait_queue waiters; /* those in epoll_wait, and pollers of the epoll itself */
    struct spinlock ready_lock; /* guards the rest */
    struct list_head ready;     /* items that may be ready */
    bool asking;                /* somebody took all of them, and may give some back */
};

/* One watched file. */
struct epoll_item {
    struct rb_node node;
    struct epoll *epoll;
    struct file *file; /* not a reference: a file that goes away takes its items along */
    int fd;
    struct epoll_event event;    /* what is asked for; `events` is 0 but for flags when disarmed */
    struct list_head ready_link; /* in epoll->ready or on its way through epoll_wait */
    struct epoll_item *next_watch; /* of the same file: file->watches */
    u32 queue_count;
    struct poll_entry queues[POLL_QUEUES_PER_FILE];
};

/* Flags among the events, which say how to report and not what. */
#define EPOLL_FLAGS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)

extern const struct file_ops epoll_file_ops;

static inline struct epoll *epoll_of(const struct file *file)
{
    return file->object;
}

/* What the item's file has of what is asked for, now. epoll->lock held. */
u32 epoll_item_poll(struct epoll_item *item);

/* Put the item on the ready list if it is on none, and wake who waits. Any context. */
void epoll_item_ready(struct epoll_item *item);

/* The function in the file's queues. */
bool epoll_item_wake(struct wait_entry *entry, u32 events);

/* Remove all items; by the release operation. */
void epoll_clear(struct epoll *epoll);

#endif
