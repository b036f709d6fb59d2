/* SPDX-License-Identifier: MIT */
/* Wait queues; wait.h has the idea. */
#include "kernel/core/wait.h"

void wait_queue_init(struct wait_queue *queue)
{
    spin_init(&queue->lock);
    list_init(&queue->waiters);
}

void wait_wake_all(struct wait_queue *queue)
{
    u64 flags = spin_lock_irqsave(&queue->lock);
    struct wait_entry *entry;
    list_for_each_entry(entry, &queue->waiters, link) thread_wake(entry->thread);
    spin_unlock_irqrestore(&queue->lock, flags);
}

void wait_begin(struct wait_queue *queue, struct wait_entry *entry)
{
    entry->thread = thread_current();
    u64 flags = spin_lock_irqsave(&queue->lock);
    list_add_tail(&entry->link, &queue->waiters);
    spin_unlock_irqrestore(&queue->lock, flags);
    sched_prepare_block();
}

void wait_end(struct wait_queue *queue, struct wait_entry *entry)
{
    sched_cancel_block();
    u64 flags = spin_lock_irqsave(&queue->lock);
    list_del(&entry->link);
    spin_unlock_irqrestore(&queue->lock, flags);
}
