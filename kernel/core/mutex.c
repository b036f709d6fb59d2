/* SPDX-License-Identifier: MIT */
/* The contended side of a mutex. */
#include "kernel/core/mutex.h"

void mutex_lock_slow(struct mutex *mutex)
{
    struct wait_entry entry;
    for (;;) {
        wait_begin_exclusive(&mutex->waiters, &entry);
        bool taken = mutex_try(mutex);
        if (!taken)
            sched_block();
        wait_end(&mutex->waiters, &entry);
        if (taken || mutex_try(mutex))
            return;
    }
}
