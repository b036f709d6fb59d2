/* SPDX-License-Identifier: MIT */
/* A timer as a file (man 2 timerfd_create): read to wait, and to learn how often it has expired. */
#ifndef FS_ANON_TIMERFD_H
#define FS_ANON_TIMERFD_H

#include "fs/file.h"

/* What timerfd_settime sets, in nanoseconds. */
struct timerfd_setting {
    u64 value; /* 0: disarm */
    u64 interval;
    bool absolute;
    bool cancel_on_set; /* of an absolute one on the date: reads fail when the date is set */
};

/* `on_date`: CLOCK_REALTIME, else time since boot. `flags`: O_NONBLOCK. A file with one reference,
 * or NULL: out of memory. */
struct file *timerfd_create(bool on_date, u32 flags);

bool file_is_timerfd(const struct file *file);

/* Arm or disarm. The time to the next expiry and the interval as they were, in *left and *interval.
 * 0, or -ECANCELED (armed all the same): the date was set since it was last looked at. */
int timerfd_set(struct file *file, const struct timerfd_setting *setting, u64 *left,
                u64 *interval) MUST_CHECK;

/* The time to the next expiry (0: not armed) and the interval. */
void timerfd_get(struct file *file, u64 *left, u64 *interval);

#endif
