/* SPDX-License-Identifier: MIT */
/*
 * What the tests of threads see of any thread, by its number, and do with it; and the time. Nothing here needs
 * the C library's thread-local storage, so that threads of threads.h may call it as those of workers.h do.
 */
#ifndef TESTS_ABI_WATCH_H
#define TESTS_ABI_WATCH_H

#include <linux/futex.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define MS 1000000L /* in nanoseconds */

/* The text of a file, as far as one read gives it, with a NUL; of one in /proc/self/task/TID. Its length or
 * -errno. */
long file_read(const char *path, char *text, unsigned long size);
long thread_file_read(int tid, const char *name, char *text, unsigned long size);

/* The letter of /proc/self/task/TID/stat, or 0: there is no such thread. */
char thread_state(int tid);

/* Wait until the thread sleeps in a system call, or has ended. */
void thread_wait_asleep(int tid);

/* Field 18 of /proc/self/task/TID/stat: below -1 with a real-time priority, which may be inherited. */
long thread_priority(int tid);

/* Give a thread (0: the own one) SCHED_FIFO with this priority, or SCHED_OTHER with 0. */
void thread_set_fifo(int tid, int priority);

/* The value of a line of /proc/self/task/TID/status. False: there is none. */
bool thread_status(int tid, const char *label, char *value, unsigned long size);

/* How many threads /proc/self/status counts, and wait until there are so many. */
long thread_count(void);
void thread_wait_count(long count);

/* futex(2), raw. */
long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout,
           uint32_t *word2, uint32_t value3);

void milliseconds_sleep(long ms);
int64_t nanoseconds_now(void);

/* `ns` nanoseconds from now, on a clock. */
struct timespec time_from_now(int clock, long ns);

#endif
