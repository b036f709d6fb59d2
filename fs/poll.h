/* SPDX-License-Identifier: MIT */
/*
 * Waiting for several files at once.
 *
 * A poller is handed to each file's poll operation, which enters the running thread into the queues
 * that tell of a change; poller_end takes it out of all of them. The caller has called
 * sched_prepare_block before: from then on the thread counts as blocked, and a wake-up between its
 * look at a file and its sleep is not lost.
 */
#ifndef FS_POLL_H
#define FS_POLL_H

#include "kernel/core/wait.h"

/* Queues that one file may name: its input's and its output's. */
#define POLL_QUEUES_PER_FILE 2

struct poller {
    struct poll_entry {
        struct wait_queue *queue;
        struct wait_entry wait;
    } * entries;
    size_t count, capacity;
};

/* Enter the running thread into `queue`; does nothing when `poller` is NULL. */
void poller_add(struct poller *poller, struct wait_queue *queue);

/* Take the thread out of all queues. */
void poller_end(struct poller *poller);

#endif
