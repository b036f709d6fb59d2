/* SPDX-License-Identifier: MIT */
/*
 * A lock that sleeps: for threads only, and the one to hold over user copies and allocations. (Not
 * an address space's: a user copy may fault, and the fault takes that one.)
 */
#ifndef KERNEL_CORE_MUTEX_H
#define KERNEL_CORE_MUTEX_H

#include "kernel/core/wait.h"

struct mutex {
    struct wait_queue waiters;
    bool held;
};

#define MUTEX_INIT(name)                       \
    {                                          \
        WAIT_QUEUE_INIT((name).waiters), false \
    }

static inline void mutex_init(struct mutex *mutex)
{
    wait_queue_init(&mutex->waiters);
    mutex->held = false;
}

static inline bool mutex_try(struct mutex *mutex)
{
    return !__atomic_exchange_n(&mutex->held, true, __ATOMIC_ACQUIRE);
}

/* Sleep until the lock is free, and take it; signals do not interrupt. */
void mutex_lock_slow(struct mutex *mutex);

static inline void mutex_lock(struct mutex *mutex)
{
    if (unlikely(!mutex_try(mutex)))
        mutex_lock_slow(mutex);
}

static inline void mutex_unlock(struct mutex *mutex)
{
    __atomic_store_n(&mutex->held, false, __ATOMIC_RELEASE);
    wait_wake_any(&mutex->waiters, 0); /* one: those who wait are exclusive */
}

#endif
