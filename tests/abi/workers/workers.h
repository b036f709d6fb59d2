/* SPDX-License-Identifier: MIT */
/* What tests with several threads share: workers whose sleep can be waited for, and futex(2) itself. */
#ifndef TESTS_ABI_WORKERS_H
#define TESTS_ABI_WORKERS_H

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define MS 1000000L

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
void thread_asleep(int tid);

/* Wait for its end: its result. */
long worker_end(struct worker *worker);

/* Field 18 of /proc/self/task/TID/stat: below -1 with a real-time priority, which may be inherited. */
long thread_priority(int tid);

/* Give a thread (0: the own one) SCHED_FIFO with this priority, or SCHED_OTHER with 0. */
void thread_set_fifo(int tid, int priority);

/* futex(2), raw. */
long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout,
           uint32_t *word2, uint32_t value3);

/* `ns` nanoseconds from now, on a clock. */
struct timespec time_from_now(int clock, long ns);

#endif
