/* SPDX-License-Identifier: MIT */
/* Wait queues; wait.h has the idea. */
#include "kernel/core/wait.h"

void wait_queue_init(struct wait_queue *queue)
{
    spin_init(&queue->lock, LOCK_WAIT_QUEUE);
    list_init(&queue->waiters);
}

/* Whether anybody woke up by it. */
static bool entry_wake(struct wait_entry *entry, u32 events)
{
    if (entry->wake)
        return entry->wake(entry, events);
    thread_wake(entry->thread);
    return true;
}

void wait_wake_events(struct wait_queue *queue, u32 events)
{
    u64 flags = spin_lock_irqsave(&queue->lock);
    bool exclusive_done = false;
    struct wait_entry *entry;
    list_for_each_entry(entry, &queue->waiters, link)
    {
        if (!entry->exclusive)
            entry_wake(entry, events);
        else if (!exclusive_done)
            exclusive_done = entry_wake(entry, events);
    }
    spin_unlock_irqrestore(&queue->lock, flags);
}

static void add(struct wait_queue *queue, struct wait_entry *entry, bool first)
{
    u64 flags = spin_lock_irqsave(&queue->lock);
    list_add(&entry->link, first ? &queue->waiters : queue->waiters.prev);
    spin_unlock_irqrestore(&queue->lock, flags);
    /* What the caller looks at next must not be older than the entry: see wait_wake_any. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void wait_add(struct wait_queue *queue, struct wait_entry *entry)
{
    add(queue, entry, false);
}

void wait_remove(struct wait_queue *queue, struct wait_entry *entry)
{
    u64 flags = spin_lock_irqsave(&queue->lock);
    list_del(&entry->link);
    spin_unlock_irqrestore(&queue->lock, flags);
}

static void begin(struct wait_queue *queue, struct wait_entry *entry, bool exclusive, bool first)
{
    entry->thread = thread_current();
    entry->wake = NULL;
    entry->exclusive = exclusive;
    add(queue, entry, first);
    sched_prepare_block();
}

void wait_begin(struct wait_queue *queue, struct wait_entry *entry)
{
    begin(queue, entry, false, false);
}

void wait_begin_exclusive(struct wait_queue *queue, struct wait_entry *entry, bool first)
{
    begin(queue, entry, true, first);
}

void wait_end(struct wait_queue *queue, struct wait_entry *entry)
{
    sched_cancel_block();
    wait_remove(queue, entry);
}

int wait_sleep(u64 deadline)
{
    struct wait_queue nobody = WAIT_QUEUE_INIT(nobody);
    return wait_event_until(&nobody, false, deadline);
}
