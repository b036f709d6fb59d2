/* SPDX-License-Identifier: MIT */
/* The entries of a poller; fs/poll.h has the idea. */
#include "fs/poll.h"

#include "kernel/core/panic.h"

void poller_add(struct poller *poller, struct wait_queue *queue)
{
    if (!poller)
        return;
    if (poller->count == poller->capacity)
        panic("a file named more than %d wait queues", POLL_QUEUES_PER_FILE);
    struct poll_entry *entry = &poller->entries[poller->count++];
    entry->queue = queue;
    entry->owner = poller->owner;
    if (!poller->wake) {
        wait_begin(queue, &entry->wait);
        return;
    }
    entry->wait.wake = poller->wake;
    entry->wait.exclusive = poller->exclusive;
    wait_add(queue, &entry->wait);
}

void poller_end(struct poller *poller)
{
    while (poller->count != 0) {
        struct poll_entry *entry = &poller->entries[--poller->count];
        if (poller->wake)
            wait_remove(entry->queue, &entry->wait);
        else
            wait_end(entry->queue, &entry->wait);
    }
}
