/* SPDX-License-Identifier: MIT */
/* The contended side of a mutex. */
#include "kernel/core/mutex.h"

#define PATIENCE   8     /* sleeps for nothing, before the lock is reserved */
#define SPIN_TICKS 20000 /* of the TSC: some microseconds, less than a sleep and a wake-up take */

/* Whether the holder gave it up soon enough. Who was taken off its processor, or sleeps, will not: what we
 * can see of that is that its processor is ours, or idle. */
static bool take_soon(struct mutex *mutex)
{
    u64 end = cpu_read_tsc() + SPIN_TICKS;
    do {
        u32 holder = __atomic_load_n(&mutex->held, __ATOMIC_RELAXED);
        if (holder == 0 && mutex_try(mutex))
            return true;
        if (holder & MUTEX_RESERVED)
            return false;
        if (holder != 0 && (holder - 1 == cpu_index() || sched_is_idle(holder - 1)))
            return false;
        cpu_relax();
    } while (cpu_read_tsc() < end);
    return false;
}

/* For one thread at a time. From now on whoever gives the lock up wakes it, the first of those who wait. */
static bool reserve(struct mutex *mutex)
{
    return !(__atomic_fetch_or(&mutex->held, MUTEX_RESERVED, __ATOMIC_RELAXED) & MUTEX_RESERVED);
}

void mutex_lock_slow(struct mutex *mutex)
{
    struct wait_entry entry;
    bool reserved = false;
    if (take_soon(mutex))
        return;
    for (u32 sleeps = 0;; sleeps++) {
        if (sleeps >= PATIENCE && !reserved)
            reserved = reserve(mutex);
        u32 free = reserved ? MUTEX_RESERVED : 0;
        wait_begin_exclusive(&mutex->waiters, &entry, reserved);
        bool taken = mutex_try_from(mutex, free);
        if (!taken)
            sched_block();
        wait_end(&mutex->waiters, &entry);
        if (taken || mutex_try_from(mutex, free))
            return;
    }
}
