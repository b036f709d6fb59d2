/* SPDX-License-Identifier: MIT */
/* What the calls share that wait for descriptors: poll, select, epoll_wait and their kin. */
#ifndef SYSCALL_WAIT_FOR_H
#define SYSCALL_WAIT_FOR_H

#include "fs/file.h"

/* A file that is waited for. */
struct wait_item {
    struct file *file; /* with a reference; NULL: nothing is asked, `ready` stays as it is */
    u32 wanted;        /* POLL* bits */
    u32 ready;         /* those of them that the file has */
};

/* Wait until an item is ready, or until `deadline` (0: do not wait; WAIT_FOREVER). How many are,
 * 0 after the deadline, -EINTR, -ENOMEM. */
long wait_for_items(struct wait_item *items, size_t count, u64 deadline) MUST_CHECK;

/* Drop the references. */
void wait_items_put(struct wait_item *items, size_t count);

/* The deadline that a struct timespec in the program gives: null means WAIT_FOREVER, a zero one 0.
 * 0, -EFAULT, -EINVAL. */
long wait_deadline(uptr timeout, u64 *deadline) MUST_CHECK;
/* That of a number of milliseconds, negative for WAIT_FOREVER. */
u64 wait_deadline_ms(int timeout);
/* What is left until then, in nanoseconds. */
u64 wait_left(u64 deadline);
/* Write that over the struct timespec, as Linux does if it was not zero. False: the memory is read-only,
 * which is no error. */
bool wait_write_left(uptr timeout, u64 deadline);
/* What a call answers that wrote back what is left of its time: after a signal without a handler it is made
 * again for the rest, unless that could not be written (Linux fs/select.c: poll_select_finish). */
long wait_result(long result, bool left_written);

/* Block other signals while waiting (nothing if `mask` is null). 0, -EINVAL, -EFAULT. */
long wait_mask_begin(uptr mask, size_t set_size) MUST_CHECK;
/* After the wait; if a signal interrupted it, the old mask comes back when its handler is done. */
void wait_mask_end(uptr mask, long result);

#endif
