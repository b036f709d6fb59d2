/* SPDX-License-Identifier: MIT */
/* Threads for the programs of tests/abi, made by pthread_create: what they do may need the C library. */
#ifndef TESTS_ABI_WORKERS_H
#define TESTS_ABI_WORKERS_H

#include <pthread.h>
#include <stdatomic.h>

#include "tests/abi/threads/watch.h"

/* A thread that makes one call, or some, and ends with a result. */
struct worker {
    pthread_t thread;
    atomic_int tid;
    long (*body)(struct worker *self);
    long argument;
    long result;
};

/* Start it; its tid is known afterwards. Ends the program on failure. */
void worker_start(struct worker *worker, long (*body)(struct worker *self), long argument);

/* Wait until it sleeps in a system call. */
void worker_asleep(const struct worker *worker);

/* Wait for its end: its result. */
long worker_end(struct worker *worker);

#endif
