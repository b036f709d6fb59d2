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
#ifdef DEBUG_KERNEL
    u32 class;
    struct thread *owner;
#endif
};

#ifdef DEBUG_KERNEL
#define MUTEX_INIT(name, class_)                                 \
    {                                                            \
        WAIT_QUEUE_INIT((name).waiters), false, (class_), (NULL) \
    }
#else
#define MUTEX_INIT(name, class_)               \
    {                                          \
        WAIT_QUEUE_INIT((name).waiters), false \
    }
#endif

static inline void mutex_init(struct mutex *mutex, enum lock_class class)
{
    (void)class;
    wait_queue_init(&mutex->waiters);
    mutex->held = false;
#ifdef DEBUG_KERNEL
    mutex->class = class;
    mutex->owner = NULL;
#endif
}

/* Take it if it is free; does not sleep. */
static inline bool mutex_try(struct mutex *mutex)
{
    bool taken = !__atomic_exchange_n(&mutex->held, true, __ATOMIC_ACQUIRE);
    if (taken)
        lock_debug_mutex_taken(mutex);
    return taken;
}

/* Sleep until the lock is free, and take it; signals do not interrupt. */
void mutex_lock_slow(struct mutex *mutex);

static inline void mutex_lock(struct mutex *mutex)
{
    lock_debug_mutex_wanted(mutex);
    if (unlikely(!mutex_try(mutex)))
        mutex_lock_slow(mutex);
}

static inline void mutex_unlock(struct mutex *mutex)
{
    lock_debug_mutex_given(mutex);
    __atomic_store_n(&mutex->held, false, __ATOMIC_RELEASE);
    wait_wake_any(&mutex->waiters, 0); /* one: those who wait are exclusive */
}

#endif
