/* SPDX-License-Identifier: MIT */
/*
 * Waiting for several files at once.
 *
 * A poller is handed to each file's poll operation, which names the queues that tell of a change.
 * With poll and select, the running thread enters them, and poller_end takes it out of all; between
 * poller_add and the sleep a wake-up is not lost, since the thread counts as blocked from there on.
 * With epoll, a function enters them and stays. The files must outlive the entries.
 */
#ifndef FS_POLL_H
#define FS_POLL_H

#include "kernel/core/wait.h"

/* Queues that one file may name: its input's and its output's. */
#define POLL_QUEUES_PER_FILE 2

struct poll_entry {
    struct wait_queue *queue;
    struct wait_entry wait;
    void *owner; /* the poller's */
};

struct poller {
    struct poll_entry *entries;
    size_t count, capacity;
    /* NULL: the running thread waits. Else as in struct wait_entry; it finds its poll_entry around
     * the wait_entry, and in there `owner`. */
    bool (*wake)(struct wait_entry *entry, u32 events);
    bool exclusive;
    void *owner;
};

/* What a file without a poll operation answers: it never makes anybody wait (Linux's
 * DEFAULT_POLLMASK). */
#define POLL_ALWAYS_READY (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)

/* Enter `queue`; does nothing when `poller` is NULL. */
void poller_add(struct poller *poller, struct wait_queue *queue);

/* Leave all queues. */
void poller_end(struct poller *poller);

#endif
